/*
 * kb_test.c - a .kb file opens whole or not at all.
 *
 * Each refusal is tried from a compiled knowledge base with one thing changed, so a check that is
 * lost makes exactly its case fail. Sections are changed twice: with their old hash, which is how a
 * bad disk looks, and with the right one, which is how an attacker's file does; then it must be
 * refused or survive being asked.
 */
#include "support/kb_fixture.h"

#include "jieda/jieda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#define HOSTILE_FLIP_COUNT 40

static fixture_bytes good;

static const char *const sections[] = {
    JIEDA__SECTION_LEXICON, JIEDA__SECTION_TERMS,    JIEDA__SECTION_QUESTIONS,
    JIEDA__SECTION_ENTRIES, JIEDA__SECTION_PROFILES, JIEDA__SECTION_NAMES,
};
#define SECTION_COUNT (sizeof sections / sizeof *sections)

static int set_up(void **state)
{
    (void)state;
    good = fixture_kb_build("pack.json", jieda__str(fixture_pack));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_bytes_free(&good);
    return 0;
}

static jieda_status open_bytes(const void *bytes, size_t len, jieda_error *err)
{
    jieda_engine *engine = (jieda_engine *)(uintptr_t)1;
    jieda_status st;

    memset(err, 0, sizeof *err);
    st = jieda_open_memory(bytes, len, NULL, &engine, err);
    if (st != JIEDA_OK) {
        assert_null(engine);
        assert_int_equal(err->status, st);
        assert_true(err->message[0] != '\0');
    }
    jieda_close(engine);
    return st;
}

static void a_good_file_opens(void **state)
{
    jieda__kb *kb = NULL;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, good.ptr, good.len, &kb, &err), JIEDA_OK);
    assert_int_equal(kb->entry_count, 5);
    assert_int_equal(kb->language_count, 2);
    assert_int_equal(kb->category_count, 3);
    assert_int_equal(kb->placeholder_count, 2);
    assert_true(jieda__str_equal(kb->name, jieda__str("shop")));
    /* Entries stand in order of their ids. */
    assert_true(jieda__str_equal(jieda__kb_entry_id(kb, 0), jieda__str("coin")));
    assert_true(jieda__str_equal(jieda__kb_entry_id(kb, 4), jieda__str("stolen")));
    assert_true(jieda__str_equal(jieda__kb_entry_title(kb, 0, 0), jieda__str("小店币是什么")));
    assert_true(jieda__str_equal(jieda__kb_entry_title(kb, 0, 1), jieda__str("Shop coins")));
    jieda__kb_close(kb);
}

static void every_term_of_every_question_is_in_the_table(void **state)
{
    jieda__kb *kb = NULL;
    uint32_t in_use = 0;

    (void)state;
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, good.ptr, good.len, &kb, NULL), JIEDA_OK);
    for (uint32_t i = 0; i < kb->term_capacity; i++) {
        if (kb->terms[i] == 0)
            continue;
        in_use++;
        assert_int_equal(jieda__kb_term(kb, kb->terms[i]), i);
        assert_in_range(kb->document_frequency[i], 1, kb->question_count);
    }
    assert_true(in_use > 100);
    assert_int_equal(jieda__kb_term(kb, 12345), JIEDA__NONE);
    jieda__kb_close(kb);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void what_is_no_knowledge_base_is_refused(void **state)
{
    static const char text[] = "{\"format\": 1}";
    char *page = calloc(1, 4096);
    sqlite3 *db = NULL;
    sqlite3_int64 len;
    unsigned char *foreign;
    jieda_error err;

    (void)state;
    assert_int_equal(open_bytes("", 0, &err), JIEDA_E_FORMAT);
    assert_int_equal(open_bytes(text, sizeof text - 1, &err), JIEDA_E_FORMAT);
    assert_int_equal(open_bytes(page, 4096, &err), JIEDA_E_FORMAT);
    memcpy(page, "SQLite format 3", 16);
    assert_int_equal(open_bytes(page, 4096, &err), JIEDA_E_FORMAT);
    free(page);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE section(name, hash, data)", NULL, NULL, NULL);
    foreign = sqlite3_serialize(db, "main", &len, 0);
    assert_int_equal(open_bytes(foreign, (size_t)len, &err), JIEDA_E_FORMAT);
    assert_non_null(strstr(err.message, "not a knowledge base"));
    sqlite3_free(foreign);
    sqlite3_close(db);
}

static void a_file_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < good.len; len += len < 1024 ? 37 : 1531) {
        unsigned char *cut = malloc(len ? len : 1);
        jieda_error err;

        memcpy(cut, good.ptr, len);
        if (open_bytes(cut, len, &err) != JIEDA_E_FORMAT)
            fail_msg("%zu of %zu bytes: %s", len, good.len, err.message);
        free(cut);
    }
}

static const struct {
    const char *name, *sql;
    jieda_status status;
    const char *message; /* a part of it */
} change_cases[] = {
    {"another application's id", "PRAGMA application_id = 1", JIEDA_E_FORMAT,
     "not a knowledge base"},
    {"a newer format", "PRAGMA user_version = 99", JIEDA_E_VERSION, "format 99"},
    {"an older format", "PRAGMA user_version = 0", JIEDA_E_VERSION, "build it again"},
    {"another tokenizer", "UPDATE meta SET value = '999' WHERE key = 'text_version'",
     JIEDA_E_VERSION, "tokenizer version 999"},
    {"no tokenizer version", "DELETE FROM meta WHERE key = 'text_version'", JIEDA_E_FORMAT,
     "damaged"},
    {"another lexicon's hash",
     "UPDATE meta SET value = '0123456789abcdef' WHERE key = 'lexicon_hash'", JIEDA_E_VERSION,
     "another lexicon (0123456789abcdef)"},
    {"a short lexicon hash", "UPDATE meta SET value = '' WHERE key = 'lexicon_hash'",
     JIEDA_E_VERSION, "another lexicon"},
    {"no name", "DELETE FROM meta WHERE key = 'name'", JIEDA_E_FORMAT, "damaged"},
    {"no table of sections", "DROP TABLE section", JIEDA_E_FORMAT, "damaged"},
    {"no table of meta", "DROP TABLE meta", JIEDA_E_FORMAT, "damaged"},
    {"no language", "DELETE FROM language", JIEDA_E_FORMAT, "damaged"},
    {"one language less", "DELETE FROM language WHERE ord = 1", JIEDA_E_FORMAT, "damaged"},
    {"a gap in the languages", "UPDATE language SET ord = 5 WHERE ord = 1", JIEDA_E_FORMAT,
     "damaged"},
    {"no categories", "DELETE FROM category", JIEDA_E_FORMAT, "damaged"},
    {"sections that are text", "UPDATE section SET data = 'text'", JIEDA_E_FORMAT, "damaged"},
    {"sections that are nothing", "UPDATE section SET data = x''", JIEDA_E_FORMAT, "damaged"},
    {"meta as a view", "ALTER TABLE meta RENAME TO m; CREATE VIEW meta AS SELECT * FROM m",
     JIEDA_E_FORMAT, "damaged"},
};

static void each_change_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof change_cases / sizeof *change_cases; i++) {
        fixture_bytes changed = fixture_kb_change(good, change_cases[i].sql);
        jieda_error err;
        jieda_status st = open_bytes(changed.ptr, changed.len, &err);

        if (st != change_cases[i].status || !strstr(err.message, change_cases[i].message))
            fail_msg("%s: %s, %s", change_cases[i].name, jieda_status_name(st), err.message);
        fixture_bytes_free(&changed);
    }
}

static void a_missing_section_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        char sql[100];
        fixture_bytes changed;
        jieda_error err;

        snprintf(sql, sizeof sql, "DELETE FROM section WHERE name = '%s'", sections[i]);
        changed = fixture_kb_change(good, sql);
        assert_int_equal(open_bytes(changed.ptr, changed.len, &err), JIEDA_E_FORMAT);
        assert_non_null(strstr(err.message, sections[i]));
        fixture_bytes_free(&changed);
    }
}

/* ---- sections -------------------------------------------------------------------------------- */

static void a_flipped_byte_in_any_section_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        fixture_bytes data = fixture_kb_section(good, sections[i]);
        /* The first bytes of a section occur once in the file, unless cut by a page border. */
        for (size_t k = 0; k < 8; k++) {
            char sql[200];
            fixture_bytes changed;
            jieda_error err;
            size_t at = data.len * k / 8;

            snprintf(sql, sizeof sql,
                     "UPDATE section SET data = CAST(substr(data, 1, %zu) || x'%02x' ||"
                     " substr(data, %zu) AS BLOB) WHERE name = '%s'",
                     at, data.ptr[at] ^ 0x10, at + 2, sections[i]);
            changed = fixture_kb_change(good, sql);
            if (open_bytes(changed.ptr, changed.len, &err) != JIEDA_E_FORMAT ||
                !strstr(err.message, "damaged"))
                fail_msg("%s, byte %zu: %s", sections[i], at, err.message);
            fixture_bytes_free(&changed);
        }
        fixture_bytes_free(&data);
    }
}

/* One number of a section, with the right hash. */
static const struct {
    const char *name, *section;
    size_t offset;
    uint32_t value;
} number_cases[] = {
    {"a capacity that is no power of two", JIEDA__SECTION_TERMS, 0, 1000},
    {"no capacity", JIEDA__SECTION_TERMS, 0, 0},
    {"more capacity than bytes", JIEDA__SECTION_TERMS, 0, 0x80000000},
    {"another number of questions", JIEDA__SECTION_TERMS, 8, 1},
    {"another number of questions", JIEDA__SECTION_QUESTIONS, 0, 1},
    {"more units than bytes", JIEDA__SECTION_QUESTIONS, 4, UINT32_MAX},
    {"a question of no entry", JIEDA__SECTION_QUESTIONS, sizeof(jieda__questions_header), 999},
    {"a mass that is no number", JIEDA__SECTION_QUESTIONS,
     sizeof(jieda__questions_header) + offsetof(jieda__question_row, mass), 0x7FC00000},
    {"a mass below nothing", JIEDA__SECTION_QUESTIONS,
     sizeof(jieda__questions_header) + offsetof(jieda__question_row, mass), 0xBF800000},
    {"a question of no kind", JIEDA__SECTION_QUESTIONS,
     sizeof(jieda__questions_header) + offsetof(jieda__question_row, kind), 0x03030303},
    {"more entries than bytes", JIEDA__SECTION_ENTRIES, 0, UINT32_MAX},
    {"a category that is none", JIEDA__SECTION_ENTRIES, 8, 77},
    {"a risk that is none", JIEDA__SECTION_ENTRIES, 8 + offsetof(jieda__entry_row, risk),
     0x01010109},
    {"a priority that is none", JIEDA__SECTION_ENTRIES, 8 + offsetof(jieda__entry_row, priority),
     0x00000004},
    {"profiles of another table of terms", JIEDA__SECTION_PROFILES, 0, 8},
    {"more profiles than bytes", JIEDA__SECTION_PROFILES, 4, UINT32_MAX},
    {"profiles that do not begin at 0", JIEDA__SECTION_PROFILES, 8, 1},
    {"names of other entries", JIEDA__SECTION_NAMES, 0, 4},
    {"names in other languages", JIEDA__SECTION_NAMES, 4, 1},
    {"names that do not begin at 0", JIEDA__SECTION_NAMES, 8, 1},
    {"names that go back", JIEDA__SECTION_NAMES, 12, UINT32_MAX},
};

static void a_number_out_of_range_is_refused_whatever_its_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof number_cases / sizeof *number_cases; i++) {
        fixture_bytes data = fixture_kb_section(good, number_cases[i].section), changed;
        jieda_error err;

        assert_true(number_cases[i].offset + 4 <= data.len);
        memcpy(data.ptr + number_cases[i].offset, &number_cases[i].value, 4);
        changed = fixture_kb_set_section(good, number_cases[i].section, data.ptr, data.len);
        if (open_bytes(changed.ptr, changed.len, &err) != JIEDA_E_FORMAT)
            fail_msg("%s of %s: it opens", number_cases[i].name, number_cases[i].section);
        fixture_bytes_free(&changed);
        fixture_bytes_free(&data);
    }
}

/* A probe for a term nobody has ends at a free slot; without one it would never end. */
static void a_table_of_terms_without_a_free_slot_is_refused(void **state)
{
    fixture_bytes data = fixture_kb_section(good, JIEDA__SECTION_TERMS), changed;
    jieda__terms_header *header = (jieda__terms_header *)(void *)data.ptr;
    uint64_t *terms = (uint64_t *)(void *)(header + 1);
    jieda_error err;

    (void)state;
    for (uint32_t i = 0; i < header->capacity; i++)
        terms[i] = terms[i] ? terms[i] : 1;
    changed = fixture_kb_set_section(good, JIEDA__SECTION_TERMS, data.ptr, data.len);
    assert_int_equal(open_bytes(changed.ptr, changed.len, &err), JIEDA_E_FORMAT);
    fixture_bytes_free(&changed);
    fixture_bytes_free(&data);
}

/* Asks everything of a file that was let in. */
static void use(const fixture_bytes *kb)
{
    static const char *const texts[] = {"怎么退款", "退钱一直没到",   "tuikuan",
                                        "hello",    "我的帐号被盗了", "iPhone15"};
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;

    if (jieda_open_memory(kb->ptr, kb->len, NULL, &engine, NULL) != JIEDA_OK)
        return;
    assert_int_equal(jieda_session_new(engine, &session, NULL), JIEDA_OK);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const jieda_reply *reply;
        const jieda_option *list;
        const jieda_category *categories;
        jieda_str json;
        size_t count;

        (void)jieda_ask(session, jieda__str(texts[i]), &reply, NULL);
        (void)jieda_explain(session, jieda__str(texts[i]), "coin", &json, NULL);
        (void)jieda_suggest(session, jieda__str(texts[i]), 5, &list, &count, NULL);
        (void)jieda_categories(session, &categories, &count, NULL);
        (void)jieda_entry(session, "refund.apply", &reply, NULL);
    }
    jieda_session_free(session);
    jieda_close(engine);
}

static void a_hostile_section_with_the_right_hash_is_refused_or_harmless(void **state)
{
    fixture_random random = fixture_random_init("unit/index/kb");
    size_t refused = 0;

    (void)state;
    for (size_t i = 1; i < SECTION_COUNT; i++) { /* the lexicon has its own test */
        fixture_bytes data = fixture_kb_section(good, sections[i]);

        for (size_t n = 0; n < HOSTILE_FLIP_COUNT; n++) {
            unsigned char *copy = malloc(data.len);
            /* Every second time in the front, where the counts are. */
            size_t range = n % 2 ? data.len : data.len < 64 ? data.len : 64;
            size_t at = fixture_random_below(&random, (uint32_t)range) & ~(size_t)3;
            static const uint32_t values[] = {0, 1, 0x7FFFFFFF, UINT32_MAX, 0x80000000, 0x100};
            uint32_t value = values[fixture_random_below(&random, 6)];
            size_t len = n % 7 == 6 ? at + 1 : data.len; /* cut short sometimes */
            fixture_bytes changed;
            jieda_error err;

            memcpy(copy, data.ptr, data.len);
            if (at + 4 <= data.len)
                memcpy(copy + at, &value, 4);
            changed = fixture_kb_set_section(good, sections[i], copy, len);
            refused += open_bytes(changed.ptr, changed.len, &err) != JIEDA_OK;
            use(&changed);
            fixture_bytes_free(&changed);
            free(copy);
        }
        fixture_bytes_free(&data);
    }
    assert_true(refused > 20);
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void a_path_that_cannot_be_opened_is_named(void **state)
{
    static const struct {
        const char *name, *path;
        jieda_status status;
    } paths[] = {
        {"no such file", "/nonexistent/x.kb", JIEDA_E_IO},
        {"a folder", "/tmp", JIEDA_E_IO},
        {"a device", "/dev/null", JIEDA_E_IO},
        {"a text", JIEDA_SOURCE_DIR "/LICENSE", JIEDA_E_FORMAT},
        {"a short file", JIEDA_SOURCE_DIR "/.gitignore", JIEDA_E_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        jieda_engine *engine;
        jieda_error err = {0};
        jieda_status st = jieda_open(paths[i].path, NULL, &engine, &err);

        if (st != paths[i].status)
            fail_msg("%s: %s, %s", paths[i].name, jieda_status_name(st), err.message);
        assert_string_equal(err.source, paths[i].path);
        assert_null(engine);
    }
}

/* An open engine looks at the file it opened, also after another was renamed over it. */
static void a_file_may_be_replaced_under_an_open_engine(void **state)
{
    char folder[] = "/tmp/jieda-kb-XXXXXX", path[64], next[64];
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;
    const jieda_reply *reply;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.kb", folder);
    snprintf(next, sizeof next, "%s/b.kb", folder);
    file = fopen(path, "wb");
    assert_int_equal(fwrite(good.ptr, 1, good.len, file), good.len);
    fclose(file);
    assert_int_equal(jieda_open(path, NULL, &engine, NULL), JIEDA_OK);
    file = fopen(next, "wb");
    fputs("something else", file);
    fclose(file);
    assert_int_equal(rename(next, path), 0);
    assert_int_equal(jieda_session_new(engine, &session, NULL), JIEDA_OK);
    assert_int_equal(jieda_ask(session, jieda__str("怎么退款"), &reply, NULL), JIEDA_OK);
    assert_true(jieda__str_equal(reply->entry_id, jieda__str("refund.apply")));
    jieda_session_free(session);
    jieda_close(engine);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_opens),
        cmocka_unit_test(every_term_of_every_question_is_in_the_table),
        cmocka_unit_test(what_is_no_knowledge_base_is_refused),
        cmocka_unit_test(a_file_cut_short_anywhere_is_refused),
        cmocka_unit_test(each_change_is_refused_with_a_reason),
        cmocka_unit_test(a_missing_section_is_refused_by_name),
        cmocka_unit_test(a_flipped_byte_in_any_section_is_refused),
        cmocka_unit_test(a_number_out_of_range_is_refused_whatever_its_hash),
        cmocka_unit_test(a_table_of_terms_without_a_free_slot_is_refused),
        cmocka_unit_test(a_hostile_section_with_the_right_hash_is_refused_or_harmless),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        cmocka_unit_test(a_file_may_be_replaced_under_an_open_engine),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
