/*
 * segment_property_test.c - over random texts: pieces tile what is not a separator, in order and
 * without overlap, and a lexicon word is a piece that is that word.
 *
 * Texts mix lexicon words with characters, letters, digits, signs and broken bytes. The views are
 * checked along: every unit lies in the text, and the raw units are the text.
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
#define TEXT_COUNT 30000

static const char *const pieces[] = {
    "怎么", "怎么办", "办理",  "退款", "理由", "银行", "银行卡",   "行", "重复",         "没",
    "收到", "没收到", "的",    "请问", "支付", "宝",   "款",       "到", "账",           "户",
    "a",    "iphone", "zenme", "zhi",  "fu",   "X",    "1",        "15", "２",           " ",
    "，",   "?",      "😀",     "\xFF", "\xE9", "é",    "\xCC\x81", "か", "\xE3\x82\x99", "한",
    "ᄀ",   "ᅡ",     "轉",    "ไทย",
};

static bool is_separator(const jieda__char *c)
{
    return c->kind == JIEDA__CHAR_SPACE || c->kind == JIEDA__CHAR_PUNCT;
}

static void check_segments(const jieda__lexicon *lexicon, const jieda__reading *r,
                           const char *input)
{
    const jieda__text *text = &r->text;
    size_t at = 0;

    for (size_t i = 0; i < r->segments.count; i++) {
        const jieda__segment *s = &r->segments.items[i];
        uint32_t ids[16];
        bool found = s->word == 0;

        while (at < text->count && is_separator(&text->chars[at]))
            at++;
        if (s->first != at || s->count == 0 || s->first + s->count > text->count)
            fail_msg("piece %zu is [%u,+%u), not at %zu: %s", i, s->first, s->count, at, input);
        for (size_t k = s->first; k < s->first + s->count; k++)
            if (is_separator(&text->chars[k]))
                fail_msg("piece %zu holds a separator: %s", i, input);
        if (s->word) {
            size_t count =
                jieda__lexicon_prefixes(lexicon, text->chars + s->first, s->count, ids, 16);

            for (size_t k = 0; k < count; k++)
                found = found || (ids[k] == s->word &&
                                  jieda__lexicon_word(lexicon, ids[k])->length == s->count);
        }
        if (!found)
            fail_msg("piece %zu is no word: %s", i, input);
        at += s->count;
        /* Letters of one word and digits of one number stay together. */
        if (at < text->count && text->chars[at].kind == text->chars[at - 1].kind &&
            text->chars[at].kind != JIEDA__CHAR_IDEOGRAPH)
            fail_msg("a cut inside a word at %zu: %s", at, input);
    }
    while (at < text->count && is_separator(&text->chars[at]))
        at++;
    if (at != text->count)
        fail_msg("the pieces end at %zu of %zu: %s", at, text->count, input);
}

static void check_views(const jieda__reading *r, const char *input)
{
    const jieda__units *views[] = {&r->raw, &r->canonical, &r->pinyin};
    size_t covered = 0, expected = 0;

    for (size_t v = 0; v < 3; v++)
        for (size_t i = 0; i < views[v]->count; i++) {
            const jieda__unit *u = &views[v]->items[i];

            if (u->count == 0 || u->first + u->count > r->text.count)
                fail_msg("unit %zu of view %zu is outside: %s", i, v, input);
            if (i > 0 && u->first < u[-1].first)
                fail_msg("unit %zu of view %zu goes back: %s", i, v, input);
        }
    for (size_t i = 0; i < r->raw.count; i++)
        covered += r->raw.items[i].count;
    for (size_t i = 0; i < r->text.count; i++)
        expected += !is_separator(&r->text.chars[i]);
    assert_int_equal(covered, expected);
    assert_true(r->canonical.count > 0 || r->raw.count == 0);
}

static void check_terms(jieda__arena *arena, const jieda__lexicon *lexicon, const jieda__reading *r,
                        size_t len)
{
    for (int pinyin = 0; pinyin < 2; pinyin++) {
        jieda__index_terms terms;

        assert_int_equal(jieda__text_index_terms(arena, lexicon, r, pinyin, &terms), JIEDA_OK);
        for (size_t i = 0; i < terms.count; i++) {
            const jieda__index_term *t = &terms.items[i];

            assert_true(t->begin < t->end && t->end <= len && t->text.len > 0);
            assert_null(memchr(t->text.ptr, '"', t->text.len)); /* it goes into a MATCH string */
            assert_null(memchr(t->text.ptr, '\0', t->text.len));
        }
    }
}

static void pieces_tile_every_text(void **state)
{
    fixture_random random = fixture_random_init("property/segment");
    fixture_lexicon base;
    jieda__arena arena;

    (void)state;
    fixture_lexicon_init(&base);
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t n = 0; n < TEXT_COUNT; n++) {
        char input[512] = "";
        size_t len = 0;

        for (uint32_t k = fixture_random_below(&random, 14); k > 0; k--) {
            const char *piece =
                pieces[fixture_random_below(&random, sizeof pieces / sizeof *pieces)];

            memcpy(input + len, piece, strlen(piece));
            len += strlen(piece);
        }
        for (int with = 0; with < 2; with++) {
            const jieda__lexicon *lexicon = with ? base.lexicon : NULL;
            jieda__reading r;

            assert_int_equal(jieda__text_read(&arena, lexicon, (jieda_str){input, len}, &r),
                             JIEDA_OK);
            check_segments(lexicon, &r, input);
            check_views(&r, input);
            check_terms(&arena, lexicon, &r, len);
            jieda__arena_reset(&arena);
        }
    }
    jieda__arena_free(&arena);
    fixture_lexicon_free(&base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_tile_every_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
