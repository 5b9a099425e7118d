/*
 * lexicon_test.c - a compiled lexicon finds its words and what they mean, and a damaged one is
 * refused or harmless.
 *
 * The lexicon is the base one, compiled by the compiler, so the serialized form is tested from both
 * ends. "Harmless" means: whatever loads must survive being asked, under the sanitizers.
 */
#include "support/kb_fixture.h"

#include "text/unihan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define FLIP_COUNT 1500

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
    const char *name, *text;
    const char *words; /* that begin the text, shortest first */
} prefix_cases[] = {
    {"all words that begin here", "怎么办理退款", "怎么 怎么办 怎么办理"},
    {"a word inside is none", "又怎么", ""},
    {"nothing is known of it", "龘龘", ""},
    {"Latin words", "zenme", "zenme"},
    {"half a word", "怎", ""},
    {"the whole text and no more", "怎么", "怎么"},
    {"another script's code point", "😀", ""},
    {"nothing", "", ""},
};

static void prefixes_are_the_words_that_begin_here(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof prefix_cases / sizeof *prefix_cases; i++) {
        jieda__text text;
        uint32_t ids[16];
        size_t found;
        jieda__buf got;

        assert_int_equal(jieda__text_normalize(&arena, jieda__str(prefix_cases[i].text), &text),
                         JIEDA_OK);
        found = jieda__lexicon_prefixes(base.lexicon, text.chars, text.count, ids, 16);
        jieda__buf_init(&got, jieda__default_allocator(), 1024);
        for (size_t k = 0; k < found; k++) {
            size_t length = jieda__lexicon_word(base.lexicon, ids[k])->length;

            jieda__buf_cstr(&got, k ? " " : "");
            jieda__buf_str(&got, jieda__text_utf8(&arena, text.chars, length));
        }
        if (!jieda__str_equal((jieda_str){got.ptr, got.len}, jieda__str(prefix_cases[i].words)))
            fail_msg("%s: got \"%.*s\"", prefix_cases[i].name, (int)got.len, got.ptr);
        jieda__buf_free(&got);
    }
    jieda__arena_free(&arena);
}

static void no_more_prefixes_are_written_than_there_is_room_for(void **state)
{
    jieda__arena arena;
    jieda__text text;
    uint32_t ids[3] = {0, 77, 77};

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    jieda__text_normalize(&arena, jieda__str("怎么办理"), &text);
    assert_int_equal(jieda__lexicon_prefixes(base.lexicon, text.chars, text.count, ids, 1), 1);
    assert_int_equal(ids[1], 77);
    assert_int_equal(jieda__lexicon_prefixes(base.lexicon, text.chars, text.count, ids, 0), 0);
    jieda__arena_free(&arena);
}

/* The word that is the whole text, or NULL. */
static const jieda__word *find_word(const jieda__lexicon *lexicon, const char *utf8)
{
    jieda__arena arena;
    jieda__text text;
    uint32_t ids[16];
    size_t found;
    const jieda__word *word = NULL;

    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    assert_int_equal(jieda__text_normalize(&arena, jieda__str(utf8), &text), JIEDA_OK);
    found = jieda__lexicon_prefixes(lexicon, text.chars, text.count, ids, 16);
    for (size_t k = 0; k < found; k++)
        if (jieda__lexicon_word(lexicon, ids[k])->length == text.count)
            word = jieda__lexicon_word(lexicon, ids[k]);
    jieda__arena_free(&arena);
    return word;
}

static const struct {
    const char *name, *word;
    uint32_t flags;    /* exactly these */
    const char *canon; /* class name or canonical form, "" if none */
} meaning_cases[] = {
    {"a plain word", "银行卡", 0, ""},
    {"a question word has its class", "咋整", JIEDA__WORD_QUESTION, "HOW"},
    {"written in letters too", "zenme", JIEDA__WORD_QUESTION, "HOW"},
    {"one written in Traditional is the same word", "怎麼", JIEDA__WORD_QUESTION, "HOW"},
    {"a filler", "请问", JIEDA__WORD_FILLER, ""},
    {"a synonym folds to the first of its group", "退钱", JIEDA__WORD_SYNONYM, "退款"},
    {"a protected word folds to nothing", "支付宝", JIEDA__WORD_PROTECTED, ""},
    {"a negation", "尚未", JIEDA__WORD_NEGATION, ""},
    {"what only looks like one", "不但", JIEDA__WORD_NOT_NEGATION, ""},
    {"a negation that is a synonym", "没办法", JIEDA__WORD_NEGATION | JIEDA__WORD_SYNONYM, "无法"},
};

static void each_word_means_what_was_authored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof meaning_cases / sizeof *meaning_cases; i++) {
        const jieda__word *word = find_word(base.lexicon, meaning_cases[i].word);
        const uint32_t *canon;
        char got[64] = "";
        size_t used = 0;

        if (!word)
            fail_msg("%s: no such word", meaning_cases[i].name);
        canon = jieda__lexicon_canon(base.lexicon, word);
        if (word->flags & JIEDA__WORD_QUESTION)
            snprintf(got, sizeof got, "%s", jieda__lexicon_class_name(base.lexicon, canon[0]));
        else
            for (size_t k = 0; k < word->canon_count; k++)
                used += jieda__utf8_encode(canon[k], got + used);
        if (word->flags != meaning_cases[i].flags || strcmp(got, meaning_cases[i].canon) != 0)
            fail_msg("%s: flags %x, canon \"%s\"", meaning_cases[i].name, word->flags, got);
    }
}

static void readings_override_character_by_character(void **state)
{
    static const char *const expected[] = {"yin", "hang"};
    const jieda__word *word = find_word(base.lexicon, "银行");
    const uint16_t *reading;

    (void)state;
    assert_non_null(word);
    reading = jieda__lexicon_reading(base.lexicon, word);
    assert_non_null(reading);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(jieda__text_syllable_name(reading[i]), expected[i]);
    assert_null(jieda__lexicon_reading(base.lexicon, find_word(base.lexicon, "请问")));
}

static void opposites_are_two_sides_of_one_pair(void **state)
{
    const jieda__word *in = find_word(base.lexicon, "转入");
    const jieda__word *out = find_word(base.lexicon, "转走");

    (void)state;
    assert_int_equal(in->opposite_count, 1);
    assert_int_equal(out->opposite_count, 1);
    assert_int_equal(*jieda__lexicon_opposites(base.lexicon, in) ^
                         *jieda__lexicon_opposites(base.lexicon, out),
                     1);
}

static void an_unknown_class_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(jieda__lexicon_class_name(base.lexicon, 0), "");
    assert_string_equal(jieda__lexicon_class_name(base.lexicon, JIEDA__QUESTION_CLASS_FIRST + 1000),
                        "");
    assert_string_equal(jieda__lexicon_class_name(base.lexicon, UINT32_MAX), "");
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Loads bytes from a block of exactly their size. */
static jieda_status load(const void *bytes, size_t len, jieda__lexicon **out, void **block,
                         jieda_error *err)
{
    *block = malloc(len ? len : 1);
    assert_non_null(*block);
    memcpy(*block, bytes, len);
    return jieda__lexicon_load(jieda__default_allocator(), *block, len, out, err);
}

/* Reads texts that touch every table with whatever lexicon this is. */
static void use(const jieda__lexicon *lexicon)
{
    static const char *const texts[] = {
        "怎么办理退款",     "银行卡转入没到账怎么办", "不能登陆zenme", "请问支付宝啥时候能退钱啊",
        "取消绑定重复扣款", "为什么提不了现",
    };
    jieda__arena arena;

    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        jieda__reading reading;
        jieda__index_terms terms;

        if (jieda__text_read(&arena, lexicon, jieda__str(texts[i]), &reading) == JIEDA_OK) {
            (void)jieda__text_index_terms(&arena, lexicon, &reading, false, &terms);
            (void)jieda__text_index_terms(&arena, lexicon, &reading, true, &terms);
            for (size_t k = 0; k < reading.canonical.count; k++)
                (void)jieda__unit_utf8(&arena, lexicon, &reading.text, &reading.canonical.items[k]);
        }
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static void bytes_cut_short_are_refused(void **state)
{
    size_t step = 1;

    (void)state;
    for (size_t len = 0; len < base.blob.len; len += step) {
        jieda__lexicon *lexicon = NULL;
        jieda_error err = {0};
        void *block;

        if (load(base.blob.bytes, len, &lexicon, &block, &err) != JIEDA_E_FORMAT)
            fail_msg("%zu of %zu bytes load", len, base.blob.len);
        assert_null(lexicon);
        assert_non_null(strstr(err.message, "lexicon"));
        free(block);
        step = len < 100 ? 1 : base.blob.len / 50;
    }
}

static const struct {
    const char *name;
    size_t offset; /* of a uint32_t in the header */
    uint32_t value;
} header_cases[] = {
    {"another magic", offsetof(jieda__lexicon_header, magic), 0},
    {"too many symbols", offsetof(jieda__lexicon_header, symbol_count), UINT32_MAX},
    {"no nodes", offsetof(jieda__lexicon_header, node_count), 0},
    {"too many nodes", offsetof(jieda__lexicon_header, node_count), UINT32_MAX},
    {"too many words", offsetof(jieda__lexicon_header, word_count), UINT32_MAX},
    {"fewer words than nodes name", offsetof(jieda__lexicon_header, word_count), 1},
    {"too many canonical code points", offsetof(jieda__lexicon_header, canon_count), UINT32_MAX},
    {"no canonical code points", offsetof(jieda__lexicon_header, canon_count), 0},
    {"too many readings", offsetof(jieda__lexicon_header, reading_count), UINT32_MAX},
    {"too many opposites", offsetof(jieda__lexicon_header, opposite_count), UINT32_MAX},
    {"too many pairs", offsetof(jieda__lexicon_header, pair_count),
     JIEDA__OPPOSITE_PAIR_COUNT_MAX + 1},
    {"fewer pairs than marks name", offsetof(jieda__lexicon_header, pair_count), 0},
    {"too many classes", offsetof(jieda__lexicon_header, class_count),
     JIEDA__QUESTION_CLASS_COUNT_MAX + 1},
    {"fewer classes than words name", offsetof(jieda__lexicon_header, class_count), 0},
    {"characters that cost nothing", offsetof(jieda__lexicon_header, unknown_cost), 0},
    {"characters that cost too much", offsetof(jieda__lexicon_header, unknown_cost), UINT32_MAX},
};

static void a_wrong_header_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof header_cases / sizeof *header_cases; i++) {
        char *copy = malloc(base.blob.len);
        jieda__lexicon *lexicon;
        jieda_error err;
        void *block;

        memcpy(copy, base.blob.bytes, base.blob.len);
        memcpy(copy + header_cases[i].offset, &header_cases[i].value, sizeof(uint32_t));
        if (load(copy, base.blob.len, &lexicon, &block, &err) != JIEDA_E_FORMAT)
            fail_msg("%s: it loads", header_cases[i].name);
        free(block);
        free(copy);
    }
}

/* One field of one word or node, `offset` into it, of `size` bytes. */
static const struct {
    const char *name;
    bool of_word; /* else of a node */
    size_t offset, size;
    uint32_t value;
} field_cases[] = {
    {"a word without length", true, offsetof(jieda__word, length), 2, 0},
    {"a word that costs nothing", true, offsetof(jieda__word, cost), 2, 0},
    {"a canonical form outside", true, offsetof(jieda__word, canon_first), 4, UINT32_MAX},
    {"a canonical form too long", true, offsetof(jieda__word, canon_count), 2, UINT16_MAX},
    {"a reading outside", true, offsetof(jieda__word, reading_first), 4, UINT32_MAX},
    {"opposites outside", true, offsetof(jieda__word, opposite_first), 4, UINT32_MAX},
    {"too many opposites", true, offsetof(jieda__word, opposite_count), 2, UINT16_MAX},
    {"children outside", false, offsetof(jieda__lexicon_node, base), 4, 0x7FFFFFFF},
    {"a word that is none", false, offsetof(jieda__lexicon_node, word), 4, 0x7FFFFFFF},
};

static void a_field_that_points_outside_is_refused(void **state)
{
    const jieda__lexicon_header *header = base.blob.bytes;
    size_t nodes = sizeof *header + header->symbol_count * sizeof(uint32_t);
    size_t words = nodes + header->node_count * sizeof(jieda__lexicon_node);
    char *copy = malloc(base.blob.len);

    (void)state;
    for (size_t i = 0; i < sizeof field_cases / sizeof *field_cases; i++) {
        size_t size = field_cases[i].of_word ? sizeof(jieda__word) : sizeof(jieda__lexicon_node);
        size_t count = field_cases[i].of_word ? header->word_count : header->node_count;

        for (size_t k = 0; k < 3; k++) { /* the first, one between, the last */
            size_t at = (field_cases[i].of_word ? words : nodes) + (count - 1) * k / 2 * size;
            jieda__lexicon *lexicon;
            void *block;

            memcpy(copy, base.blob.bytes, base.blob.len);
            memcpy(copy + at + field_cases[i].offset, &field_cases[i].value, field_cases[i].size);
            if (load(copy, base.blob.len, &lexicon, &block, NULL) != JIEDA_E_FORMAT)
                fail_msg("%s: it loads", field_cases[i].name);
            free(block);
        }
    }
    free(copy);
}

static void flipped_bytes_are_refused_or_harmless(void **state)
{
    fixture_random random = fixture_random_init("unit/text/lexicon");
    const jieda__lexicon_header *header = base.blob.bytes;
    /* Half of the flips go into nodes and words, whose fields are what could point outside. */
    size_t nodes = sizeof *header + header->symbol_count * sizeof(uint32_t);
    size_t tables =
        header->node_count * sizeof(jieda__lexicon_node) + header->word_count * sizeof(jieda__word);
    char *copy = malloc(base.blob.len);
    size_t refused = 0, loaded = 0;

    (void)state;
    for (size_t n = 0; n < FLIP_COUNT; n++) {
        jieda__lexicon *lexicon;
        jieda_error err = {0};
        jieda_status st;
        void *block;

        memcpy(copy, base.blob.bytes, base.blob.len);
        for (uint32_t flips = 1 + fixture_random_below(&random, 4); flips > 0; flips--) {
            size_t at = n % 2 ? nodes + fixture_random_below(&random, (uint32_t)tables)
                              : fixture_random_below(&random, (uint32_t)base.blob.len);

            copy[at] = (char)fixture_random_next(&random);
        }
        st = load(copy, base.blob.len, &lexicon, &block, &err);
        if (st == JIEDA_OK) {
            use(lexicon);
            loaded++;
        } else {
            assert_int_equal(st, JIEDA_E_FORMAT);
            assert_int_equal(err.status, JIEDA_E_FORMAT);
            refused++;
        }
        jieda__lexicon_free(lexicon);
        free(block);
    }
    free(copy);
    assert_true(refused > 0 && loaded > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_the_words_that_begin_here),
        cmocka_unit_test(no_more_prefixes_are_written_than_there_is_room_for),
        cmocka_unit_test(each_word_means_what_was_authored),
        cmocka_unit_test(readings_override_character_by_character),
        cmocka_unit_test(opposites_are_two_sides_of_one_pair),
        cmocka_unit_test(an_unknown_class_has_no_name),
        cmocka_unit_test(bytes_cut_short_are_refused),
        cmocka_unit_test(a_wrong_header_is_refused),
        cmocka_unit_test(a_field_that_points_outside_is_refused),
        cmocka_unit_test(flipped_bytes_are_refused_or_harmless),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
