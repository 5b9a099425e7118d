/*
 * unihan_table.h - the shape of the tables in unihan_table.c.
 *
 * Only unihan.c reads them. Nearly every character of a question lies in U+3400..U+9FFF, so that
 * range is indexed (2 x 54 KB) and the few hundred characters outside are sorted pairs. Written by
 * hand; the .c beside it is generated. If you change a name or number here, change
 * tools/gen_unihan.py too.
 */
#ifndef JIEDA_TEXT_UNIHAN_TABLE_H
#define JIEDA_TEXT_UNIHAN_TABLE_H

#include "text/unihan.h"

#include <stddef.h>
#include <stdint.h>

/* The indexed range: extension A, the hexagrams between, and the main block. */
#define JIEDA__UNIHAN_FIRST 0x3400u
#define JIEDA__UNIHAN_LAST 0x9FFFu
#define JIEDA__UNIHAN_COUNT (JIEDA__UNIHAN_LAST - JIEDA__UNIHAN_FIRST + 1)

/* A Simplified form above U+FFFF does not fit 16 bits: from here on a value is an index into
 * jieda__unihan_astral. No Han character starts at D800 (surrogates, private use), so none is lost:
 * 0xD801 -> jieda__unihan_astral[1]. */
#define JIEDA__UNIHAN_ASTRAL 0xD800u

/* What a character outside the indexed range has: its Simplified form or its syllable. */
typedef struct jieda__unihan_far {
    uint32_t cp;
    uint32_t value;
} jieda__unihan_far;

/* [cp - FIRST]: the Simplified form, or 0 where that is the character itself. */
extern const uint16_t jieda__unihan_simplified[JIEDA__UNIHAN_COUNT];
extern const uint32_t jieda__unihan_astral[];
extern const jieda__unihan_far jieda__unihan_far_simplified[]; /* by rising cp */
extern const size_t jieda__unihan_far_simplified_count;

/* [cp - FIRST]: number of the syllable, 0 where there is none. */
extern const uint16_t jieda__unihan_syllables[JIEDA__UNIHAN_COUNT];
extern const jieda__unihan_far jieda__unihan_far_syllables[]; /* by rising cp */
extern const size_t jieda__unihan_far_syllables_count;

/* [syllable]: NUL-padded, in strcmp() order, [0] empty. */
extern const char jieda__unihan_names[JIEDA__SYLLABLE_COUNT + 1][JIEDA__SYLLABLE_BYTES_MAX + 1];

#endif
