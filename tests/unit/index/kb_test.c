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
    JIEDA__SECTION_LEXICON,  JIEDA__SECTION_TERMS, JIEDA__SECTION_QUESTIONS, JIEDA__SECTION_ENTRIES,
    JIEDA__SECTION_PROFILES, JIEDA__SECTION_NAMES, JIEDA__SECTION_SUGGEST,
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

/* What the tables say of a question is what its text reads as: the same units in the same order,
 * with gaps where it has some, each counted. */
static void a_question_reads_back_from_its_codes(void **state)
{
    jieda__kb *kb = NULL;
    jieda__reader *reader = NULL;
    jieda__arena arena;
    sqlite3_stmt *stmt;
    size_t gap_count = 0;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), (size_t)16 << 20);
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, good.ptr, good.len, &kb, NULL), JIEDA_OK);
    assert_int_equal(jieda__reader_open(kb, &reader, NULL), JIEDA_OK);
    stmt = jieda__reader_statement(reader, JIEDA__STMT_QUESTION_TEXT, NULL);
    for (uint32_t q = 0; q < kb->question_count; q++) {
        jieda__reading r;

        jieda__arena_reset(&arena);
        sqlite3_bind_int64(stmt, 1, q);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(jieda__text_read(&arena, kb->lexicon,
                                          jieda__str((const char *)sqlite3_column_text(stmt, 0)),
                                          &r),
                         JIEDA_OK);
        sqlite3_reset(stmt);
        for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
            const jieda__units *units = v == JIEDA__VIEW_RAW     ? &r.raw
                                        : v == JIEDA__VIEW_CANON ? &r.canonical
                                                                 : &r.pinyin;
            uint32_t ids[JIEDA__UNIT_COUNT_MAX];
            size_t count = jieda__question_units(kb, v, q, ids, JIEDA__UNIT_COUNT_MAX);

            if (v == JIEDA__VIEW_WORD)
                continue;
            assert_int_equal(count, units->count);
            for (size_t i = 0; i < count; i++) {
                uint32_t id = ids[i] & ~JIEDA__UNIT_GAP;

                assert_int_equal(id, jieda__kb_unit(kb, v, units->items[i].key));
                assert_int_equal(kb->views[v].hash[id], (uint32_t)(units->items[i].key >> 32));
                assert_in_range(kb->views[v].document_frequency[id], 1, kb->question_count);
                if (i > 0)
                    assert_int_equal(units->items[i].glued, !(ids[i] & JIEDA__UNIT_GAP));
                gap_count += (ids[i] & JIEDA__UNIT_GAP) != 0;
            }
            assert_int_equal(jieda__question_units(kb, v, q, ids, 1), count ? 1 : 0);
        }
    }
    assert_true(gap_count > 0);
    jieda__reader_close(reader);
    jieda__kb_close(kb);
    jieda__arena_free(&arena);
}

static void common_units_have_small_numbers_and_unknown_ones_none(void **state)
{
    jieda__kb *kb = NULL;

    (void)state;
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, good.ptr, good.len, &kb, NULL), JIEDA_OK);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        assert_int_equal(jieda__kb_unit(kb, v, 12345), JIEDA__NONE);
        for (uint32_t i = 1; i < kb->views[v].count; i++)
            assert_true(kb->views[v].document_frequency[i] <=
                        kb->views[v].document_frequency[i - 1]);
    }
    assert_int_equal(jieda__kb_document_frequency(kb, 12345), 0);
    jieda__kb_close(kb);
}

/* A list of more different numbers than short codes: the last of them take two. */
static void more_units_than_short_codes_read_back(void **state)
{
    enum { QUESTIONS = 180, NUMBERS = 400 }; /* 72,000 units */
    size_t len = 0, long_count = 0;
    char *list = malloc((size_t)QUESTIONS * NUMBERS * 8 + QUESTIONS * 16);
    jieda__kb *kb = NULL;
    fixture_bytes bytes;
    uint32_t number = 100000;

    (void)state;
    for (int q = 0; q < QUESTIONS; q++) {
        len += (size_t)sprintf(list + len, "q%03d\t", q);
        for (int i = 0; i < NUMBERS; i++)
            len += (size_t)sprintf(list + len, "%u%c", number++, i % 2 ? ',' : ' ');
        list[len++] = '\n';
    }
    bytes = fixture_kb_build("list.tsv", (jieda_str){list, len});
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, bytes.ptr, bytes.len, &kb, NULL),
        JIEDA_OK);
    assert_int_equal(kb->views[JIEDA__VIEW_RAW].count, QUESTIONS * NUMBERS);
    number = 100000;
    for (uint32_t q = 0; q < QUESTIONS; q++) {
        uint32_t ids[JIEDA__UNIT_COUNT_MAX];

        assert_int_equal(jieda__question_units(kb, JIEDA__VIEW_RAW, q, ids, NUMBERS + 1), NUMBERS);
        for (int i = 0; i < NUMBERS; i++) { /* of equal frequency: numbered as they came */
            assert_int_equal(ids[i] & ~JIEDA__UNIT_GAP, number - 100000);
            assert_int_equal((ids[i] & JIEDA__UNIT_GAP) != 0, i > 0 && i % 2 == 0);
            long_count += (ids[i] & ~JIEDA__UNIT_GAP) >= JIEDA__CODE_LONG;
            number++;
        }
    }
    assert_true(long_count > 10000);
    jieda__kb_close(kb);
    fixture_bytes_free(&bytes);
    free(list);
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
    sqlite3_exec(db, "CREATE TABLE section(name, hash, offset, length, data)", NULL, NULL, NULL);
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
    {"a lexicon that is text", "UPDATE section SET data = 'text' WHERE name = 'lexicon'",
     JIEDA_E_FORMAT, "damaged"},
    {"a lexicon that is nothing", "UPDATE section SET data = x'' WHERE name = 'lexicon'",
     JIEDA_E_FORMAT, "damaged"},
    {"sections of no length", "UPDATE section SET length = 0", JIEDA_E_FORMAT, "damaged"},
    {"a section of a length below nothing", "UPDATE section SET length = -1 WHERE name = 'names'",
     JIEDA_E_FORMAT, "damaged"},
    {"a section before the first", "UPDATE section SET offset = -4096 WHERE name = 'names'",
     JIEDA_E_FORMAT, "damaged"},
    {"a section between places", "UPDATE section SET offset = offset + 8 WHERE name = 'names'",
     JIEDA_E_FORMAT, "damaged"},
    {"a section behind the file", "UPDATE section SET offset = 1 << 40 WHERE name = 'names'",
     JIEDA_E_FORMAT, "cut off"},
    {"a section past the end of the file",
     "UPDATE section SET length = 1 << 40 WHERE name = 'names'", JIEDA_E_FORMAT, "cut off"},
    {"a section of no place", "UPDATE section SET offset = NULL WHERE name = 'entries'",
     JIEDA_E_FORMAT, "damaged"},
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

/* Where a section's bytes stand in the file: its first bytes occur once. */
static size_t place_of(const fixture_bytes *data)
{
    for (size_t at = 0; at + data->len <= good.len; at += JIEDA__SECTION_ALIGN)
        if (memcmp(good.ptr + at, data->ptr, data->len) == 0)
            return at;
    fail_msg("a section is nowhere in the file");
    return 0;
}

static void a_flipped_byte_in_any_section_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        fixture_bytes data = fixture_kb_section(good, sections[i]);
        bool in_row = strcmp(sections[i], JIEDA__SECTION_LEXICON) == 0;
        size_t place = in_row ? 0 : place_of(&data);

        for (size_t k = 0; k < 8; k++) {
            fixture_bytes changed;
            jieda_error err;
            size_t at = data.len * k / 8;

            if (in_row) {
                char sql[200];

                snprintf(sql, sizeof sql,
                         "UPDATE section SET data = CAST(substr(data, 1, %zu) || x'%02x' ||"
                         " substr(data, %zu) AS BLOB) WHERE name = '%s'",
                         at, (unsigned char)data.ptr[at] ^ 0x10, at + 2, sections[i]);
                changed = fixture_kb_change(good, sql);
            } else {
                changed = fixture_kb_change(good, "SELECT 1"); /* a copy */
                changed.ptr[place + at] ^= 0x10;
            }
            if (open_bytes(changed.ptr, changed.len, &err) != JIEDA_E_FORMAT ||
                !strstr(err.message, "damaged"))
                fail_msg("%s, byte %zu: %s", sections[i], at, err.message);
            fixture_bytes_free(&changed);
        }
        fixture_bytes_free(&data);
    }
}

/* VACUUM writes the database anew, and nothing behind it. */
static void a_file_without_its_sections_says_so(void **state)
{
    size_t pages = (size_t)(unsigned char)good.ptr[30] << 8 | (unsigned char)good.ptr[31];
    jieda_error err;

    (void)state;
    assert_int_equal(open_bytes(good.ptr, pages * 4096, &err), JIEDA_E_FORMAT);
    assert_non_null(strstr(err.message, "cut off"));
    assert_int_equal(open_bytes(good.ptr, good.len - JIEDA__SECTION_ALIGN, &err), JIEDA_E_FORMAT);
    assert_non_null(strstr(err.message, "cut off"));
}

/* Bytes inside a host's own file may stand anywhere. */
static void bytes_that_are_not_aligned_open_too(void **state)
{
    char *shifted = malloc(good.len + 8);
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;
    const jieda_reply *reply;

    (void)state;
    for (size_t by = 1; by < 8; by += 3) {
        memcpy(shifted + by, good.ptr, good.len);
        assert_int_equal(jieda_open_memory(shifted + by, good.len, NULL, &engine, NULL), JIEDA_OK);
        assert_int_equal(jieda_session_new(engine, &session, NULL), JIEDA_OK);
        assert_int_equal(jieda_ask(session, jieda__str("怎么退款"), &reply, NULL), JIEDA_OK);
        assert_true(jieda__str_equal(reply->entry_id, jieda__str("refund.apply")));
        jieda_session_free(session);
        jieda_close(engine);
    }
    free(shifted);
}

/* Offsets past this count from where the rows of section "questions" begin. */
#define ROWS ((size_t)1 << 30)

/* One number of a section, with the right hash. */
static const struct {
    const char *name, *section;
    size_t offset;
    uint32_t value;
} number_cases[] = {
    {"another number of questions", JIEDA__SECTION_TERMS, 0, 1},
    {"more units than ids", JIEDA__SECTION_TERMS, 4, UINT32_MAX},
    {"a look-up without bits", JIEDA__SECTION_TERMS, 20, 0},
    {"a look-up of too many bits", JIEDA__SECTION_TERMS, 20, 29},
    {"more buckets than bytes", JIEDA__SECTION_TERMS, 20, 28},
    {"more terms than bytes", JIEDA__SECTION_TERMS, 24, UINT32_MAX},
    {"buckets that do not begin at 0", JIEDA__SECTION_TERMS, 28, 1},
    {"buckets that go back", JIEDA__SECTION_TERMS, 32, UINT32_MAX},
    {"another number of questions", JIEDA__SECTION_QUESTIONS, 0, 1},
    {"no set of opposites", JIEDA__SECTION_QUESTIONS, 4, 0},
    {"more sets of opposites than bytes", JIEDA__SECTION_QUESTIONS, 4, UINT32_MAX},
    {"more codes than bytes", JIEDA__SECTION_QUESTIONS, 8, UINT32_MAX},
    {"fewer codes than questions have", JIEDA__SECTION_QUESTIONS, 8, 9},
    {"a question of no entry", JIEDA__SECTION_QUESTIONS, ROWS, 999},
    {"codes past the last", JIEDA__SECTION_QUESTIONS,
     ROWS + offsetof(jieda__question_row, first_code), 0x7FFFFFFF},
    {"a set of opposites that is none", JIEDA__SECTION_QUESTIONS,
     ROWS + offsetof(jieda__question_row, opposites), 77},
    {"a mass that is no number", JIEDA__SECTION_QUESTIONS,
     ROWS + offsetof(jieda__question_row, mass), 0x7FC00000},
    {"a mass below nothing", JIEDA__SECTION_QUESTIONS, ROWS + offsetof(jieda__question_row, mass),
     0xBF800000},
    {"a question of no kind", JIEDA__SECTION_QUESTIONS, ROWS + offsetof(jieda__question_row, kind),
     0x00000003},
    {"a question in no language", JIEDA__SECTION_QUESTIONS,
     ROWS + offsetof(jieda__question_row, kind), 0x00770000},
    {"more entries than bytes", JIEDA__SECTION_ENTRIES, 0, UINT32_MAX},
    {"a category that is none", JIEDA__SECTION_ENTRIES, 8, 77},
    {"a risk that is none", JIEDA__SECTION_ENTRIES, 8 + offsetof(jieda__entry_row, risk),
     0x01010109},
    {"a priority that is none", JIEDA__SECTION_ENTRIES, 8 + offsetof(jieda__entry_row, priority),
     0x00000004},
    {"profiles of more terms than bytes", JIEDA__SECTION_PROFILES, 0, UINT32_MAX},
    {"profiles of fewer terms than there are", JIEDA__SECTION_PROFILES, 0, 1},
    {"more profiles than bytes", JIEDA__SECTION_PROFILES, 4, UINT32_MAX},
    {"profiles whose look-up does not begin at 0", JIEDA__SECTION_PROFILES, 16, 1},
    {"names of other entries", JIEDA__SECTION_NAMES, 0, 4},
    {"names in other languages", JIEDA__SECTION_NAMES, 4, 1},
    {"titles that may be questions", JIEDA__SECTION_NAMES, 8, 2},
    {"names that do not begin at 0", JIEDA__SECTION_NAMES, 12, 1},
    {"names that go back", JIEDA__SECTION_NAMES, 16, UINT32_MAX},
    {"more keys than bytes", JIEDA__SECTION_SUGGEST, 0, UINT32_MAX},
    {"a key of no question", JIEDA__SECTION_SUGGEST, 4, 0x7FFFFFFC},
    {"a key of no kind", JIEDA__SECTION_SUGGEST, 4, 3},
};

static void a_number_out_of_range_is_refused_whatever_its_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof number_cases / sizeof *number_cases; i++) {
        fixture_bytes data = fixture_kb_section(good, number_cases[i].section), changed;
        const jieda__questions_header *h = (const void *)data.ptr;
        size_t offset = number_cases[i].offset;
        jieda_error err;

        if (offset >= ROWS)
            offset += sizeof *h + h->opposite_count * sizeof(jieda__opposite_set) - ROWS;
        assert_true(offset + 4 <= data.len);
        memcpy(data.ptr + offset, &number_cases[i].value, 4);
        changed = fixture_kb_set_section(good, number_cases[i].section, data.ptr, data.len);
        if (open_bytes(changed.ptr, changed.len, &err) != JIEDA_E_FORMAT)
            fail_msg("%s of %s: it opens", number_cases[i].name, number_cases[i].section);
        fixture_bytes_free(&changed);
        fixture_bytes_free(&data);
    }
}

/* Codes that decode past the end of their view, or to nothing. */
static void codes_that_do_not_decode_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t at; /* of the first question's codes, after its four counts */
        uint16_t code;
    } codes[] = {
        {"more codes of a view than there are", 0, UINT16_MAX},
        {"a unit nobody has", JIEDA__VIEW_COUNT, 0xEFFF},
        {"a long id nobody has", JIEDA__VIEW_COUNT, 0xF800},
        {"two gaps", JIEDA__VIEW_COUNT, JIEDA__CODE_GAP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        fixture_bytes data = fixture_kb_section(good, JIEDA__SECTION_QUESTIONS), changed;
        const jieda__questions_header *h = (const void *)data.ptr;
        uint16_t *at = (uint16_t *)(void *)(data.ptr + sizeof *h +
                                            h->opposite_count * sizeof(jieda__opposite_set) +
                                            h->question_count * sizeof(jieda__question_row));
        jieda_error err;

        at[codes[i].at] = codes[i].code;
        if (codes[i].code == JIEDA__CODE_GAP)
            at[codes[i].at + 1] = JIEDA__CODE_GAP;
        changed = fixture_kb_set_section(good, JIEDA__SECTION_QUESTIONS, data.ptr, data.len);
        if (open_bytes(changed.ptr, changed.len, &err) != JIEDA_E_FORMAT)
            fail_msg("%s: it opens", codes[i].name);
        fixture_bytes_free(&changed);
        fixture_bytes_free(&data);
    }
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
        cmocka_unit_test(a_question_reads_back_from_its_codes),
        cmocka_unit_test(common_units_have_small_numbers_and_unknown_ones_none),
        cmocka_unit_test(more_units_than_short_codes_read_back),
        cmocka_unit_test(what_is_no_knowledge_base_is_refused),
        cmocka_unit_test(a_file_cut_short_anywhere_is_refused),
        cmocka_unit_test(each_change_is_refused_with_a_reason),
        cmocka_unit_test(a_missing_section_is_refused_by_name),
        cmocka_unit_test(a_flipped_byte_in_any_section_is_refused),
        cmocka_unit_test(a_number_out_of_range_is_refused_whatever_its_hash),
        cmocka_unit_test(codes_that_do_not_decode_are_refused),
        cmocka_unit_test(a_file_without_its_sections_says_so),
        cmocka_unit_test(bytes_that_are_not_aligned_open_too),
        cmocka_unit_test(a_hostile_section_with_the_right_hash_is_refused_or_harmless),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        cmocka_unit_test(a_file_may_be_replaced_under_an_open_engine),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
