/*
 * normalize_property_test.c - over all of Unicode and over random mixtures of its nasty corners:
 *
 *   - normalizing twice changes nothing, so that index and query meet however often each was
 * folded;
 *   - ranges rise, lie on code point borders of the original, and are inside it;
 *   - what comes out is what text.h promises: no controls, no private use, no space at the ends, no
 *     two spaces in a row.
 *
 * The first test takes every code point once, alone and between others; the second draws sequences
 * from classes of code points that meet in real and in hostile text. JIEDA_SEED gives another draw.
 */
#include "support/kb_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define RANDOM_TEXT_COUNT 60000

/* The text as hex bytes, for a message one can paste into a test. */
static const char *hex(jieda_str text)
{
    static char out[4 * 512 + 1];
    size_t used = 0;

    for (size_t i = 0; i < text.len && used + 5 < sizeof out; i++)
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "\\x%02X", (unsigned char)text.ptr[i]);
    return out;
}

/* Whether a code point, or an ill-formed piece, begins at `at`; the end of the text is a border. */
static void mark_borders(jieda_str text, bool *borders)
{
    memset(borders, 0, text.len + 1);
    for (size_t at = 0; at < text.len;) {
        uint32_t cp;

        borders[at] = true;
        at += jieda__utf8_decode((const unsigned char *)text.ptr + at, text.len - at, &cp);
    }
    borders[text.len] = true;
}

static void check_text(jieda__arena *arena, jieda_str input)
{
    jieda__text text, again;
    jieda_str once, twice;
    bool *borders = jieda__arena_alloc(arena, input.len + 1);

    mark_borders(input, borders);
    assert_int_equal(jieda__text_normalize(arena, input, &text), JIEDA_OK);
    for (size_t i = 0; i < text.count; i++) {
        const jieda__char *c = &text.chars[i];
        bool space = c->kind == JIEDA__CHAR_SPACE;

        if (c->begin >= c->end || c->end > input.len || !borders[c->begin] || !borders[c->end])
            fail_msg("character %zu has range [%u,%u): %s", i, c->begin, c->end, hex(input));
        if (i > 0 && (c->begin < c[-1].begin || c->end < c[-1].end))
            fail_msg("range %zu goes back: %s", i, hex(input));
        if (c->cp < 0x20 || (c->cp >= 0x7F && c->cp < 0xA0) || (c->cp >= 0xD800 && c->cp < 0xF900))
            fail_msg("U+%04X got through: %s", c->cp, hex(input));
        if (space && (i == 0 || i + 1 == text.count || c[-1].kind == JIEDA__CHAR_SPACE))
            fail_msg("a space at an end or twice: %s", hex(input));
        if (c->kind > JIEDA__CHAR_DIGIT || space != (c->cp == ' '))
            fail_msg("U+%04X is of kind %u: %s", c->cp, c->kind, hex(input));
    }
    once = jieda__text_utf8(arena, text.chars, text.count);
    assert_int_equal(jieda__text_normalize(arena, once, &again), JIEDA_OK);
    twice = jieda__text_utf8(arena, again.chars, again.count);
    if (!jieda__str_equal(once, twice)) {
        print_error("once  %s\n", hex(once));
        print_error("twice %s\n", hex(twice));
        fail_msg("normalizing twice changes the text: %s", hex(input));
    }
    for (size_t i = 0; i < text.count; i++)
        if (text.chars[i].kind != again.chars[i].kind)
            fail_msg("the kind of character %zu changes: %s", i, hex(input));
    jieda__arena_reset(arena);
}

static void every_code_point_in_every_company_is_normalized_for_good(void **state)
{
    /* %s: the code point */
    static const struct {
        const char *before, *after;
    } companies[] = {{"", ""}, {"a", ""}, {"退", "款"}, {"か", "\xCC\x81"}, {"1", "\xE3\x82\x99"}};
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        /* Planes 4 to 13 are unassigned and 15, 16 private: their first rows stand for them. */
        if (cp >= 0x40000 && (cp & 0xFFFF) >= 0x200)
            continue;
        for (size_t i = 0; i < sizeof companies / sizeof *companies; i++) {
            char bytes[16];
            size_t len = strlen(companies[i].before);

            memcpy(bytes, companies[i].before, len);
            len += jieda__utf8_encode(cp, bytes + len);
            memcpy(bytes + len, companies[i].after, strlen(companies[i].after));
            len += strlen(companies[i].after);
            check_text(&arena, (jieda_str){bytes, len});
        }
    }
    jieda__arena_free(&arena);
}

/* Code points that act on their neighbours. */
static const uint32_t corners[] = {
    'a',     'A',     'z',     'i',     '1',      ' ',     '!',     '\t',    0x00,    0x01,
    0x7F,    0x85,    0xA0,    0xAD,    0xA8,     0xDF,    0x130,   0x17F,   0x300,   0x301,
    0x307,   0x308,   0x323,   0x338,   0x344,    0x345,   0x34F,   0x390,   0x3A3,   0x3C3,
    0x5B0,   0x5D0,   0x600,   0x627,   0x64B,    0x654,   0x660,   0x6DD,   0x93C,   0x915,
    0x94D,   0x9C7,   0x9BE,   0xE01,   0xE31,    0xE33,   0xE3A,   0xF71,   0xF72,   0xF73,
    0xF80,   0xF81,   0x1100,  0x1161,  0x11A8,   0x115F,  0x1160,  0x1FB3,  0x200B,  0x200D,
    0x200E,  0x2028,  0x20E3,  0x2126,  0x2163,   0x2460,  0x2E80,  0x3000,  0x3002,  0x3042,
    0x304B,  0x3099,  0x309A,  0x309B,  0x30AB,   0x30FC,  0x3131,  0x3164,  0x32D0,  0x3300,
    0x4E00,  0x6B3E,  0x8F49,  0x9000,  0x980B,   0xA66F,  0xAC00,  0xAC01,  0xD800,  0xE000,
    0xF900,  0xFB01,  0xFB1D,  0xFDFA,  0xFE0F,   0xFEFF,  0xFF01,  0xFF11,  0xFF21,  0xFF76,
    0xFF9E,  0xFFA0,  0xFFFD,  0xFFFF,  0x1D15E,  0x1D400, 0x1F1E8, 0x1F1F3, 0x1F3FD, 0x1F600,
    0x20000, 0x2F800, 0xE0001, 0xE0100, 0x10FFFF,
};

static uint32_t random_cp(fixture_random *random)
{
    switch (fixture_random_below(random, 8)) {
    case 0:
        return fixture_random_below(random, 0x3000);
    case 1:
        return fixture_random_below(random, 0x110000);
    case 2:
        return 0x300 + fixture_random_below(random, 0x70); /* combining marks */
    default:
        return corners[fixture_random_below(random, sizeof corners / sizeof *corners)];
    }
}

static void random_mixtures_are_normalized_for_good(void **state)
{
    fixture_random random = fixture_random_init("property/normalize");
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t n = 0; n < RANDOM_TEXT_COUNT; n++) {
        /* Mostly short, for a readable counterexample; now and then past every bound of a cluster.
         */
        uint32_t count = fixture_random_below(&random, n % 50 == 0 ? 100 : 9);
        char bytes[400];
        size_t len = 0;

        for (uint32_t i = 0; i < count; i++) {
            uint32_t kind = fixture_random_below(&random, 20);
            uint32_t repeat = kind == 0 ? 1 + fixture_random_below(&random, 4) : 1;
            uint32_t cp = random_cp(&random);

            for (; repeat > 0 && len + 4 <= sizeof bytes; repeat--) {
                if (kind == 1)
                    bytes[len++] = (char)(0x80 + fixture_random_below(&random, 0x80));
                else
                    len += jieda__utf8_encode(cp, bytes + len);
            }
        }
        check_text(&arena, (jieda_str){bytes, len});
    }
    jieda__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_in_every_company_is_normalized_for_good),
        cmocka_unit_test(random_mixtures_are_normalized_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
