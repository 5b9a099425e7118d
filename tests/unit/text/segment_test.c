/*
 * segment_test.c - the cheapest path through the lexicon, and what no lexicon may cut.
 *
 * The base lexicon is data and grows; the cases use words that any Chinese lexicon of a help desk
 * has. That pieces tile every text is tests/property/segment_property_test.c.
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

#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

static fixture_lexicon base;

static int set_up(void **state)
{
    (void)state;
    fixture_lexicon_init(&base);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_lexicon_free(&base);
    return 0;
}

static const struct {
    const char *name, *input, *pieces;
} cases[] = {
    {"the cheapest path, not the greedy one", "怎么办理退款", "怎么办理|退款"},
    {"a long word cannot strand what follows", "怎么办理由", "怎么办|理由"},
    {"words of the lexicon", "银行卡密码", "银行卡|密码"},
    {"a character no word covers stands alone", "龘银行龘", "龘|银行|龘"},
    {"full-width digits fold", "订单１２３", "订单|123"},
    {"scripts split", "iPhone怎么退", "iphone|怎么|退"},
    {"letters and digits split", "iPhone15怎么退", "iphone|15|怎么|退"},
    {"a Latin word is whole", "transaction", "transaction"},
    {"words of letters split at spaces", "how do I get a refund", "how|do|i|get|a|refund"},
    {"a long number is whole", "6222020200112233445", "6222020200112233445"},
    {"a number with a point is two", "12.50元", "12|50|元"},
    {"a word of letters in the lexicon is not cut out of a longer one", "zenmeyang", "zenmeyang"},
    {"but found when it stands alone", "zenme退", "zenme|退"},
    {"signs separate and are no piece", "退款，多久？", "退款|多久"},
    {"no word reaches over a sign", "银，行", "银|行"},
    {"nor over a space", "银 行", "银|行"},
    {"nor over an emoji", "银😀行", "银|行"},
    {"nor over an ill-formed byte", "银\xFF行", "银|行"},
    {"but over what vanishes", "银\xE2\x80\x8B行", "银行"},
    {"a mark stays with its letter", "na\xC3\xAFve q\xCC\x81q", "naïve|q\xCC\x81q"},
    {"nothing", "", ""},
    {"only signs", "？！。", ""},
};

static void each_text_is_cut_at_its_words(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda__text text;
        jieda__segments segments;
        jieda__buf got;

        assert_int_equal(jieda__text_normalize(&arena, jieda__str(cases[i].input), &text),
                         JIEDA_OK);
        assert_int_equal(jieda__text_segment(&arena, base.lexicon, &text, &segments), JIEDA_OK);
        jieda__buf_init(&got, jieda__default_allocator(), 1024);
        for (size_t k = 0; k < segments.count; k++) {
            const jieda__segment *s = &segments.items[k];

            jieda__buf_cstr(&got, k ? "|" : "");
            jieda__buf_str(&got, jieda__text_utf8(&arena, text.chars + s->first, s->count));
            if (s->word)
                assert_int_equal(jieda__lexicon_word(base.lexicon, s->word)->length, s->count);
        }
        if (!jieda__str_equal((jieda_str){got.ptr, got.len}, jieda__str(cases[i].pieces)))
            fail_msg("%s: got \"%.*s\"", cases[i].name, (int)got.len, got.ptr);
        jieda__buf_free(&got);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static void without_a_lexicon_characters_words_and_numbers_are_pieces(void **state)
{
    jieda__arena arena;
    jieda__text text;
    jieda__segments segments;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__text_normalize(&arena, jieda__str("退款iPhone15"), &text);
    assert_int_equal(jieda__text_segment(&arena, NULL, &text, &segments), JIEDA_OK);
    assert_int_equal(segments.count, 4);
    assert_int_equal(segments.items[2].count, 6);
    assert_int_equal(segments.items[3].first, 8);
    jieda__arena_free(&arena);
}

static void the_longest_text_is_cut_in_one_go(void **state)
{
    enum { COUNT = JIEDA_UTTERANCE_BYTES_MAX / 18 };
    jieda__arena arena;
    jieda__text text;
    jieda__segments segments;
    char *input = malloc((size_t)COUNT * 18);

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        memcpy(input + i * 18, "怎么办理退款", 18);
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__text_normalize(&arena, (jieda_str){input, (size_t)COUNT * 18}, &text);
    assert_int_equal(jieda__text_segment(&arena, base.lexicon, &text, &segments), JIEDA_OK);
    assert_int_equal(segments.count, 2 * COUNT);
    assert_int_equal(segments.items[2 * COUNT - 1].first + segments.items[2 * COUNT - 1].count,
                     text.count);
    free(input);
    jieda__arena_free(&arena);
}

/* The base lexicon with another cost of a character no word covers; the largest that loads. */
static jieda__lexicon *dear_lexicon(char *copy)
{
    jieda__lexicon_header *header = (jieda__lexicon_header *)(void *)copy;
    jieda__lexicon *dear = NULL;

    memcpy(copy, base.blob.bytes, base.blob.len);
    for (header->unknown_cost = UINT16_MAX; !dear && header->unknown_cost > 0;
         header->unknown_cost /= 2)
        (void)jieda__lexicon_load(jieda__default_allocator(), copy, base.blob.len, &dear, NULL);
    assert_non_null(dear);
    header->unknown_cost = header->unknown_cost * 2 + 1;
    return dear;
}

/* The path's sum must not wrap, whatever a hostile file says a character costs. */
static void the_dearest_lexicon_cuts_the_longest_text_too(void **state)
{
    enum { COUNT = JIEDA_UTTERANCE_BYTES_MAX / 3 };
    char *input = malloc((size_t)COUNT * 3), *copy = malloc(base.blob.len);
    jieda__lexicon *dear = dear_lexicon(copy);
    jieda__segments segments = {0};
    jieda__arena arena;
    jieda__text text;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        memcpy(input + i * 3, "㌀", 3); /* four characters each: アパート */
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__text_normalize(&arena, (jieda_str){input, (size_t)COUNT * 3}, &text);
    assert_int_equal(text.count, 4 * COUNT);
    assert_int_equal(jieda__text_segment(&arena, dear, &text, &segments), JIEDA_OK);
    assert_int_equal(segments.count, 4 * COUNT);
    assert_int_equal(segments.items[0].first, 0);
    jieda__lexicon_free(dear);
    free(input);
    free(copy);
    jieda__arena_free(&arena);
}

/* Not the cost keeps a Latin word whole, but that no word ends inside it. */
static void a_latin_word_is_whole_however_cheap_its_parts_are(void **state)
{
    char *copy = malloc(base.blob.len);
    jieda__lexicon *dear = dear_lexicon(copy);
    jieda__segments segments;
    jieda__arena arena;
    jieda__text text;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__text_normalize(&arena, jieda__str("zenmezenme"), &text);
    assert_int_equal(jieda__text_segment(&arena, dear, &text, &segments), JIEDA_OK);
    assert_int_equal(segments.count, 1);
    assert_int_equal(segments.items[0].word, 0);
    jieda__lexicon_free(dear);
    free(copy);
    jieda__arena_free(&arena);
}

static void out_of_memory_is_said(void **state)
{
    jieda__arena room, none;
    jieda__text text;
    jieda__segments segments;

    (void)state;
    jieda__arena_init(&room, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__arena_init(&none, jieda__default_allocator(), 32);
    jieda__text_normalize(&room, jieda__str("怎么办理退款"), &text);
    assert_int_equal(jieda__text_segment(&none, base.lexicon, &text, &segments), JIEDA_E_NOMEM);
    assert_int_equal(segments.count, 0);
    jieda__arena_free(&room);
    jieda__arena_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_cut_at_its_words),
        cmocka_unit_test(without_a_lexicon_characters_words_and_numbers_are_pieces),
        cmocka_unit_test(the_longest_text_is_cut_in_one_go),
        cmocka_unit_test(the_dearest_lexicon_cuts_the_longest_text_too),
        cmocka_unit_test(a_latin_word_is_whole_however_cheap_its_parts_are),
        cmocka_unit_test(out_of_memory_is_said),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
