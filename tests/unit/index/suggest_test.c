/*
 * suggest_test.c - the keys of type-ahead stand in order, and a search finds all that begin alike.
 *
 * Run over the wallet pack and compared with what a look at every key finds, so that the compiler,
 * which sorts keys, and the engine, which makes them again to compare them, cannot disagree unseen.
 */
#include "index/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

static jieda__kb *kb;
static jieda__reader *reader;
static jieda__arena arena; /* of the keys */
static jieda_str *keys;    /* by place in kb->suggest */

static jieda_str make_key(uint32_t ref)
{
    sqlite3_stmt *stmt = jieda__reader_statement(reader, JIEDA__STMT_QUESTION_TEXT, NULL);
    jieda__arena scratch;
    jieda__reading r;
    jieda_str key;

    jieda__arena_init(&scratch, jieda__default_allocator(), ARENA_BYTES_MAX);
    sqlite3_bind_int64(stmt, 1, jieda__suggest_question(ref));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(jieda__text_read(&scratch, kb->lexicon,
                                      jieda__str((const char *)sqlite3_column_text(stmt, 0)), &r),
                     JIEDA_OK);
    key = jieda__arena_copy(&arena, jieda__suggest_key(&scratch, &r, ref & 3));
    sqlite3_reset(stmt);
    jieda__arena_free(&scratch);
    return key;
}

static int set_up(void **state)
{
    jieda_error err = {0};

    (void)state;
    if (jieda__kb_open(jieda__default_allocator(), JIEDA_WALLET_KB, NULL, 0, &kb, &err) !=
            JIEDA_OK ||
        jieda__reader_open(kb, &reader, &err) != JIEDA_OK) {
        print_error("%s: %s\n", JIEDA_WALLET_KB, err.message);
        return -1;
    }
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    keys = malloc(kb->suggest_count * sizeof *keys);
    for (uint32_t i = 0; i < kb->suggest_count; i++)
        keys[i] = make_key(kb->suggest[i]);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(keys);
    jieda__arena_free(&arena);
    jieda__reader_close(reader);
    jieda__kb_close(kb);
    return 0;
}

static void keys_ascend_then_questions(void **state)
{
    (void)state;
    assert_true(kb->suggest_count > kb->question_count);
    for (uint32_t i = 0; i < kb->suggest_count; i++) {
        int order = i ? jieda__str_compare(keys[i - 1], keys[i]) : -1;

        assert_true(keys[i].len > 0);
        if (order > 0 || (order == 0 && jieda__suggest_question(kb->suggest[i - 1]) >=
                                            jieda__suggest_question(kb->suggest[i])))
            fail_msg("\"%s\" stands before \"%s\"", keys[i - 1].ptr, keys[i].ptr);
    }
}

static void every_wording_has_a_key_of_its_text(void **state)
{
    bool *seen = calloc(kb->question_count, sizeof *seen);

    (void)state;
    for (uint32_t i = 0; i < kb->suggest_count; i++)
        if ((kb->suggest[i] & 3) == JIEDA__SUGGEST_TEXT)
            seen[jieda__suggest_question(kb->suggest[i])] = true;
    for (uint32_t q = 0; q < kb->question_count; q++)
        assert_int_equal(seen[q], kb->questions[q].kind == JIEDA__QUESTION_POSITIVE);
    free(seen);
}

static void a_search_finds_what_begins_so_and_nothing_else(void **state)
{
    static const char *const prefixes[] = {"退",   "退款", "怎么", "z",    "zm",   "zenme", "how",
                                           "howd", "龘",   "zzzz", "\x01", "\xFF", "1",     "t"};

    (void)state;
    for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
        jieda_str prefix = jieda__str(prefixes[p]);
        uint32_t first, end;

        assert_int_equal(jieda__suggest_find(reader, prefix, &first, &end, NULL), JIEDA_OK);
        assert_true(first <= end && end <= kb->suggest_count);
        for (uint32_t i = 0; i < kb->suggest_count; i++) {
            bool begins =
                keys[i].len >= prefix.len && memcmp(keys[i].ptr, prefix.ptr, prefix.len) == 0;

            if (begins != (i >= first && i < end))
                fail_msg("\"%s\": \"%s\" %s", prefixes[p], keys[i].ptr,
                         begins ? "is missing" : "is found");
        }
    }
}

static void a_key_that_is_too_long_is_none(void **state)
{
    static char text[JIEDA__SUGGEST_KEY_BYTES_MAX + 8];
    jieda__reading r;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 7); /* no run that normalization shortens */
    for (size_t past = 0; past < 2; past++) {
        size_t len = JIEDA__SUGGEST_KEY_BYTES_MAX + past;

        assert_int_equal(jieda__text_read(&arena, kb->lexicon, (jieda_str){text, len}, &r),
                         JIEDA_OK);
        assert_int_equal(jieda__suggest_key(&arena, &r, JIEDA__SUGGEST_TEXT).len, past ? 0 : len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_ascend_then_questions),
        cmocka_unit_test(every_wording_has_a_key_of_its_text),
        cmocka_unit_test(a_search_finds_what_begins_so_and_nothing_else),
        cmocka_unit_test(a_key_that_is_too_long_is_none),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
