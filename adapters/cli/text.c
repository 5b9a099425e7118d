/*
 * text.c - bytes that came from anywhere: repairing UTF-8, measuring columns, finding near words.
 *
 * JSON and terminals want valid UTF-8; questions arrive as they please. The rule is the library's:
 * each byte that does not belong to a well-formed sequence reads as U+FFFD. A NUL becomes U+FFFD
 * too, because cJSON's strings end at one:
 *
 *   "退\xff款\0x" -> "退\xEF\xBF\xBD款\xEF\xBF\xBDx"
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define NEAREST_BYTES_MAX 64

jieda_str text_of(const char *s)
{
    return (jieda_str){s, s ? strlen(s) : 0};
}

bool text_equal(jieda_str a, const char *b)
{
    return a.len == strlen(b) && (a.len == 0 || memcmp(a.ptr, b, a.len) == 0);
}

bool text_begins(jieda_str text, const char *prefix)
{
    size_t len = strlen(prefix);

    return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

/* The length a first byte announces, and the least code point that needs it; 0: no first byte. */
static size_t sequence(unsigned char first, uint32_t *bits, uint32_t *least)
{
    if (first < 0x80) {
        *bits = first;
        *least = 0;
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        *bits = first & 0x1Fu;
        *least = 0x80;
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        *bits = first & 0x0Fu;
        *least = 0x800;
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        *bits = first & 0x07u;
        *least = 0x10000;
        return 4;
    }
    return 0;
}

/* As text_decode(), but tells an ill-formed byte (0) from a U+FFFD that was written (3). */
static size_t decode_strict(jieda_str text, size_t at, uint32_t *cp_out)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    uint32_t cp, least;
    size_t len = sequence(*p, &cp, &least);

    if (len == 0 || len > text.len - at)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        cp = cp << 6 | (p[i] & 0x3Fu);
    }
    if (cp < least || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return 0;
    *cp_out = cp;
    return len;
}

size_t text_decode(jieda_str text, size_t at, uint32_t *cp_out)
{
    size_t len = decode_strict(text, at, cp_out);

    if (len > 0)
        return len;
    *cp_out = 0xFFFD;
    return 1;
}

char *text_repair(jieda_str text)
{
    char *out = malloc(text.len * 3 + 1); /* each byte may become U+FFFD */
    size_t len = 0, took;
    uint32_t cp;

    if (!out)
        return NULL;
    for (size_t at = 0; at < text.len; at += took) {
        took = decode_strict(text, at, &cp);
        if (took == 0 || cp == 0) {
            memcpy(out + len, REPLACEMENT, 3);
            len += 3;
            took = 1;
        } else {
            memcpy(out + len, text.ptr + at, took);
            len += took;
        }
    }
    out[len] = '\0';
    return out;
}

jieda_str text_cut(jieda_str text, size_t bytes_max)
{
    if (text.len <= bytes_max)
        return text;
    for (size_t back = 0; back < 4 && back < bytes_max; back++) {
        if (((unsigned char)text.ptr[bytes_max - back] & 0xC0) != 0x80)
            return (jieda_str){text.ptr, bytes_max - back};
    }
    return (jieda_str){text.ptr, bytes_max}; /* no UTF-8 anyway */
}

/* ---- columns --------------------------------------------------------------------------------- */

typedef struct range {
    uint32_t first, last;
} range;

static bool in_ranges(uint32_t cp, const range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return false;
}

/* Not wcwidth(): that follows the locale, which the tool does not read. The ranges are the blocks a
 * support chat sees, not all of UAX #11. */
static size_t cell_width(uint32_t cp)
{
    static const range none[] = {
        {0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0x20D0, 0x20FF}};
    static const range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                 {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                 {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                                 {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF},
                                 {0x20000, 0x3FFFD}};

    if (cp < 0x300)
        return 1;
    if (in_ranges(cp, none, sizeof none / sizeof *none))
        return 0;
    return in_ranges(cp, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t text_width(jieda_str text)
{
    size_t width = 0;
    uint32_t cp;

    for (size_t at = 0; at < text.len;) {
        at += text_decode(text, at, &cp);
        width += cell_width(cp);
    }
    return width;
}

/* ---- did you mean ---------------------------------------------------------------------------- */

/* Levenshtein distance with swaps; both texts at most NEAREST_BYTES_MAX bytes. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[NEAREST_BYTES_MAX + 1][NEAREST_BYTES_MAX + 1];

    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (size_t k = 0; k <= b_len; k++)
        d[0][k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t k = 1; k <= b_len; k++) {
            size_t best = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);

            if (d[i - 1][k] + 1 < best)
                best = d[i - 1][k] + 1;
            if (d[i][k - 1] + 1 < best)
                best = d[i][k - 1] + 1;
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                d[i - 2][k - 2] + 1 < best)
                best = d[i - 2][k - 2] + 1;
            d[i][k] = best;
        }
    }
    return d[a_len][b_len];
}

const char *text_nearest(const char *wanted, const char *const *words, size_t count)
{
    size_t len = strlen(wanted), best = len / 3 + 2; /* a third of the letters, and at least one */
    const char *nearest = NULL;

    if (len > NEAREST_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t word_len = strlen(words[i]), distance;

        if (word_len > NEAREST_BYTES_MAX)
            continue;
        distance = edit_distance(wanted, len, words[i], word_len);
        /* A distance as long as a word says that nothing of it is left. */
        if (distance < best && distance < word_len && distance < len) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
