/*
 * unihan.c - looks characters up in the generated tables.
 *
 * Called for every Han character of every question and every entry, so the common range costs one
 * comparison and one load. A two-stage table would be smaller, but for a second load that depends
 * on the first; 108 KB of constants, shared by all processes, is cheap enough.
 */
#include "text/unihan.h"

#include "text/unihan_table.h"

#include <string.h>

/* The value of `cp` among sorted pairs, or `none`. */
static uint32_t far_value(const jieda__unihan_far *pairs, size_t count, uint32_t cp, uint32_t none)
{
    size_t low = 0;
    size_t high = count;

    /* Letters, kana and emoji come by far more often than any character in here. */
    if (cp < pairs[0].cp || cp > pairs[count - 1].cp)
        return none;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairs[middle].cp < cp)
            low = middle + 1;
        else
            high = middle;
    }
    return pairs[low].cp == cp ? pairs[low].value : none;
}

uint32_t jieda__text_simplify(uint32_t cp)
{
    uint32_t form;

    /* Below FIRST the difference wraps and is large, so one comparison checks both ends. */
    if (cp - JIEDA__UNIHAN_FIRST >= JIEDA__UNIHAN_COUNT)
        return far_value(jieda__unihan_far_simplified, jieda__unihan_far_simplified_count, cp, cp);
    form = jieda__unihan_simplified[cp - JIEDA__UNIHAN_FIRST];
    if (form == 0)
        return cp;
    if (form >= JIEDA__UNIHAN_ASTRAL)
        return jieda__unihan_astral[form - JIEDA__UNIHAN_ASTRAL];
    return form;
}

uint32_t jieda__text_syllable(uint32_t cp)
{
    if (cp - JIEDA__UNIHAN_FIRST >= JIEDA__UNIHAN_COUNT)
        return far_value(jieda__unihan_far_syllables, jieda__unihan_far_syllables_count, cp, 0);
    return jieda__unihan_syllables[cp - JIEDA__UNIHAN_FIRST];
}

const char *jieda__text_syllable_name(uint32_t syllable)
{
    return jieda__unihan_names[syllable <= JIEDA__SYLLABLE_COUNT ? syllable : 0];
}

uint32_t jieda__text_syllable_find(const char *name, size_t len)
{
    char key[JIEDA__SYLLABLE_BYTES_MAX + 1] = {0};
    uint32_t low = 1;
    uint32_t high = JIEDA__SYLLABLE_COUNT + 1;

    /* A NUL inside would vanish in the padding and let "a\0" pass for "a". */
    if (len == 0 || len > JIEDA__SYLLABLE_BYTES_MAX || memchr(name, 0, len) != NULL)
        return 0;
    memcpy(key, name, len);
    if (strcmp(key, "lue") == 0 || strcmp(key, "nue") == 0)
        key[1] = 'v';
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(key, jieda__unihan_names[middle], sizeof key);
        if (order == 0)
            return middle;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}
