/*
 * fts5_tokenizer_test.c - SQLite's index cuts text as the matcher does, and no text can make a
 * query fail.
 *
 * Two ways of asking are tested: the engine's, one exact term behind JIEDA__FTS5_EXACT, and a
 * plain MATCH from the sqlite3 shell, where the text between quotes is tokenized.
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

static fixture_lexicon base;
static sqlite3 *db; /* of one test */

static const char *const rows[] = {
    "怎么申请退款", "退钱多久到账", "iPhone15怎么付款", "重复扣款了", "how do I get a refund",
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static int set_up_all(void **state)
{
    (void)state;
    fixture_lexicon_init(&base);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    fixture_lexicon_free(&base);
    return 0;
}

static void run(const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static void fill(const char *table)
{
    char *sql = sqlite3_mprintf("INSERT INTO %s(rowid, text) VALUES(?1, ?2)", table);
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)i + 1);
        sqlite3_bind_text(stmt, 2, rows[i], -1, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
}

#define FTS5(name, arguments)                                                                      \
    "CREATE VIRTUAL TABLE " name " USING fts5(text, content='', detail=none, columnsize=0,"        \
    " tokenize='jieda" arguments "');"

static int set_up(void **state)
{
    jieda_error err = {0};

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(jieda__fts5_register(db, base.lexicon, NULL, &err), JIEDA_OK);
    run(FTS5("words", "") FTS5("sounds", " pinyin"));
    fill("words");
    fill("sounds");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return 0;
}

/* The rows a MATCH expression finds, as digits; the message in `out` when it fails. */
static int match(const char *table, const char *expression, size_t len, char *out, size_t size)
{
    char *sql =
        sqlite3_mprintf("SELECT rowid FROM %s WHERE %s MATCH ?1 ORDER BY rowid", table, table);
    sqlite3_stmt *stmt = NULL;
    size_t used = 0;
    int rc;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    sqlite3_bind_text(stmt, 1, expression, (int)len, SQLITE_STATIC);
    out[0] = '\0';
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && used + 2 < size)
        used += (size_t)snprintf(out + used, size - used, "%d", sqlite3_column_int(stmt, 0));
    if (rc != SQLITE_DONE)
        snprintf(out, size, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return rc;
}

static const struct {
    const char *name, *table, *expression, *rows;
} cases[] = {
    {"one character", "words", "\"\x02退\"", "12"},
    {"two characters", "words", "\"\x02退款\"", "1"},
    {"a word meets its synonym", "words", "\"\x02=退款\"", "12"},
    {"a Latin word", "words", "\"\x02iphone\"", "3"},
    {"a number", "words",
     "\"\x02"
     "15\"",
     "3"},
    {"two Latin words", "words", "\"\x02get a\"", "5"},
    {"terms combine", "words", "\"\x02重复\" OR \"\x02iphone\"", "34"},
    {"a term nobody has", "words", "\"\x02龘\"", ""},
    {"a class of its own: no syllable among words", "words", "\"\x02~tui\"", ""},
    {"a syllable", "sounds", "\"\x02~tui\"", "12"},
    {"a pair of syllables", "sounds", "\"\x02~tui~kuan\"", "1"},
    {"the reading of a word", "sounds", "\"\x02~chong~fu\"", "4"},
    {"no character among syllables", "sounds", "\"\x02退\"", ""},
    {"a plain query of one character", "words", "\"退\"", "12"},
    {"a plain query of two finds any of its terms", "words", "\"退款\"", "1234"},
    {"a plain query folds", "words", "\"ＩＰＨＯＮＥ\"", "3"},
    {"a plain query of sounds", "sounds", "\"tuikuan\"", "1234"},
    {"a homophone by sound", "sounds", "\"冲付\"", "34"},
    {"a sign alone finds nothing", "words", "\"？\"", ""},
    {"an empty string finds nothing", "words", "\"\"", ""},
    {"the mark alone is no term", "words", "\"\x02\"", ""},
};

static void every_class_of_term_can_be_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[200];
        int rc = match(cases[i].table, cases[i].expression, strlen(cases[i].expression), got,
                       sizeof got);

        /* 款 is in rows 1, 3 (付款) and 4 (扣款). */
        if (rc != SQLITE_DONE || strcmp(got, cases[i].rows) != 0)
            fail_msg("%s: %s", cases[i].name, got);
    }
}

/* Texts as a visitor might send them; between quotes, quotes doubled, none is a syntax error. */
static void no_quoted_text_is_an_error(void **state)
{
    static const jieda_str texts[] = {
        {"\"", 1},
        {"\"\"\"", 3},
        {"退款\" OR \"x", 13},
        {"NEAR(a b)", 9},
        {"a AND b OR NOT c", 16},
        {"* ^ : - + ( ) { }", 17},
        {"text : x", 8},
        {"'; DROP TABLE words; --", 23},
        {"\xFF\xFE\x80", 3},
        {"退款\xE9\x80", 8},
        {"\xE2\x80\x8B", 3},
        {"\x01\x02\x03", 3},
        {"=退款", 7},
        {"~tui", 4},
        {"%s%n", 4},
        {"😀👨‍👩‍👧", 22},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char expression[200], got[200];
        size_t len = 0;

        expression[len++] = '"';
        for (size_t k = 0; k < texts[i].len; k++) {
            if (texts[i].ptr[k] == '"')
                expression[len++] = '"';
            expression[len++] = texts[i].ptr[k];
        }
        expression[len++] = '"';
        for (int t = 0; t < 2; t++)
            if (match(t ? "sounds" : "words", expression, len, got, sizeof got) != SQLITE_DONE)
                fail_msg("text %zu: %s", i, got);
    }
}

static void a_row_may_hold_a_nul_or_broken_bytes_or_nothing(void **state)
{
    static const jieda_str texts[] = {{"退\0货", 7}, {"\xFF退\xE9", 5}, {"", 0}, {"？", 3}};
    sqlite3_stmt *stmt = NULL;
    char got[200];

    (void)state;
    assert_int_equal(
        sqlite3_prepare_v2(db, "INSERT INTO words(rowid, text) VALUES(?1, ?2)", -1, &stmt, NULL),
        SQLITE_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sqlite3_bind_int64(stmt, 1, (sqlite3_int64)i + 6);
        sqlite3_bind_text(stmt, 2, texts[i].ptr, (int)texts[i].len, SQLITE_STATIC);
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    assert_int_equal(match("words", "\"\x02货\"", 6, got, sizeof got), SQLITE_DONE);
    assert_string_equal(got, "6"); /* a control character vanishes, what follows stays */
    match("words", "\"\x02退\"", 6, got, sizeof got);
    assert_string_equal(got, "1267");
}

static void other_arguments_are_refused(void **state)
{
    static const char *const sql[] = {FTS5("bad", " bopomofo"), FTS5("bad", " pinyin pinyin"),
                                      FTS5("bad", " pinyin 1")};

    (void)state;
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++)
        assert_int_not_equal(sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_OK);
    run(FTS5("good", " PINYIN"));
}

/* ---- without the engine's lexicon ------------------------------------------------------------ */

static int open_without_lexicon(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(jieda__fts5_register(db, NULL, NULL, NULL), JIEDA_OK);
    return 0;
}

static void put_lexicon(const void *bytes, size_t len)
{
    sqlite3_stmt *stmt = NULL;

    run("CREATE TABLE section(name TEXT PRIMARY KEY, hash INTEGER, data BLOB)");
    assert_int_equal(
        sqlite3_prepare_v2(db, "INSERT INTO section VALUES('lexicon', 0, ?1)", -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_blob64(stmt, 1, bytes, len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
}

static void a_foreign_database_goes_without_words(void **state)
{
    char got[200];

    (void)state;
    run(FTS5("words", "") FTS5("sounds", " pinyin"));
    fill("words");
    fill("sounds");
    match("words", "\"\x02退款\"", 9, got, sizeof got);
    assert_string_equal(got, "1");
    match("words", "\"\x02=退款\"", 10, got, sizeof got);
    assert_string_equal(got, "");
    match("sounds", "\"\x02~tui\"", 7, got, sizeof got);
    assert_string_equal(got, "12");
}

static void a_knowledge_base_brings_its_lexicon(void **state)
{
    char got[200];

    (void)state;
    put_lexicon(base.blob.bytes, base.blob.len);
    run(FTS5("words", ""));
    fill("words");
    match("words", "\"\x02=退款\"", 10, got, sizeof got);
    assert_string_equal(got, "12");
}

static void a_damaged_lexicon_is_an_error_and_no_crash(void **state)
{
    (void)state;
    put_lexicon(base.blob.bytes, base.blob.len - 1);
    assert_int_not_equal(sqlite3_exec(db, FTS5("words", ""), NULL, NULL, NULL), SQLITE_OK);
    run("UPDATE section SET data = x''");
    assert_int_not_equal(sqlite3_exec(db, FTS5("words", ""), NULL, NULL, NULL), SQLITE_OK);
    run("UPDATE section SET data = NULL");
    assert_int_not_equal(sqlite3_exec(db, FTS5("words", ""), NULL, NULL, NULL), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_class_of_term_can_be_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_quoted_text_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_may_hold_a_nul_or_broken_bytes_or_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(other_arguments_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_foreign_database_goes_without_words, open_without_lexicon,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_knowledge_base_brings_its_lexicon, open_without_lexicon,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_lexicon_is_an_error_and_no_crash,
                                        open_without_lexicon, tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
