/*
 * pattern.h - one regular expression of a rule: checked, compiled, searched for at a bounded price.
 *
 * Patterns come from a pack's editor, texts from anyone, so neither may make a search hang. PCRE2
 * is asked for as many steps as the caller allows and no more; and a pattern is not tried at all on
 * a text that lacks the letters it needs, which is what most patterns lack in most texts.
 */
#ifndef JIEDA__INTENT_PATTERN_H
#define JIEDA__INTENT_PATTERN_H

#include "base/base.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define JIEDA__PATTERN_BYTES_MAX 4096u

/* ---- what a text must hold ------------------------------------------------------------------- */

/* Which strings of three bytes (one Chinese character, or three letters) occur in a text, as a set
 * of hashes: one that is not in the set is not in the text. */
#define JIEDA__GRAM_BITS 13u

typedef struct jieda__grams {
    uint64_t set[(1u << JIEDA__GRAM_BITS) / 64];
} jieda__grams;

void jieda__grams_fill(jieda__grams *grams, const char *bytes, size_t len);

/* A string the text must hold: grams of it, the first again where it has fewer than four. */
typedef struct jieda__literal {
    uint16_t gram[4];
} jieda__literal;

/* A need: one of these strings. */
#define JIEDA__NEED_LITERAL_MAX 24u
#define JIEDA__NEED_MAX 2u

typedef struct jieda__need {
    uint32_t count;  /* 0: nothing is needed */
    uint32_t rarity; /* how seldom a text meets it; the smaller, the seldomer */
    jieda__literal literals[JIEDA__NEED_LITERAL_MAX];
} jieda__need;

/* What every text has in which the pattern occurs. A pattern that is not understood whole needs
 * nothing, so this errs on one side only:
 *
 *   我.{0,6}(?:被|让人)(?:骗|坑)   needs 被 or 让人, and 骗 or 坑
 *   \d+元?                         needs nothing */
void jieda__pattern_needs(jieda_str pattern, jieda__need needs_out[JIEDA__NEED_MAX]);

static inline bool jieda__grams_have(const jieda__grams *grams, uint32_t gram)
{
    return grams->set[gram / 64] >> (gram % 64) & 1;
}

/* ---- compiling ------------------------------------------------------------------------------- */

/* PCRE2's memory out of `alloc`; NULL when there is none. */
pcre2_general_context *jieda__pattern_memory(const jieda_allocator *alloc);

typedef struct jieda__pattern_fault {
    size_t offset; /* byte of the pattern */
    bool is_empty; /* nothing is wrong but that it matches the empty text */
    const char *fix;
    char message[120];
} jieda__pattern_fault;

/* Whether a rule may have this pattern, with what is wrong if not.
 * @return JIEDA_E_FORMAT then; JIEDA_E_NOMEM. */
jieda_status jieda__pattern_check(const jieda_allocator *alloc, jieda_str pattern,
                                  jieda__pattern_fault *fault_out);

/* Compiles it to be searched for from a given place on: `pcre2_match` with that start offset finds
 * its first occurrence at or behind it, all in one attempt, so that a match limit bounds the search
 * and not only each of its attempts. NULL if it does not compile, and why in PCRE2's numbers.
 * @param context  owns the memory; may be NULL. */
pcre2_code *jieda__pattern_compile(jieda_str pattern, pcre2_compile_context *context,
                                   int *error_out);

#endif
