/*
 * parse_table_test.c - lists of questions: which rows become which entries.
 */
#include "compiler/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TSV JIEDA__TABLE_TSV
#define CSV JIEDA__TABLE_CSV
#define JSONL JIEDA__TABLE_JSONL

typedef struct log {
    char text[4096];
} log;

static void add(log *l, const char *text, size_t len)
{
    size_t used = strlen(l->text);

    snprintf(l->text + used, sizeof l->text - used, "%.*s", (int)len, text);
}

static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    char text[100];

    snprintf(text, sizeof text, " %s@%u:%u", finding->rule, finding->line, finding->column);
    add(ctx, text, strlen(text));
}

/* "id: question@line:column question... = answer", an entry a line; then the findings. */
static const struct {
    const char *name;
    jieda__table_kind kind;
    const char *text, *model, *findings;
} cases[] = {
    {"nothing", TSV, "", "", ""},
    {"a line", TSV, "a\t退款\n", "a: 退款@1:3\n", ""},
    {"no line break at the end", TSV, "a\t退款", "a: 退款@1:3\n", ""},
    {"an answer", TSV, "a\t退款\t点\n", "a: 退款@1:3 = 点\n", ""},
    {"an empty answer is none", TSV, "a\t退款\t\n", "a: 退款@1:3\n", ""},
    {"a repeated id adds a question", TSV, "a\tx\nb\ty\na\tz\n", "a: x@1:3 z@3:3\nb: y@2:3\n", ""},
    {"the answer may come later", TSV, "a\tx\na\ty\tA\n", "a: x@1:3 y@2:3 = A\n", ""},
    {"another answer", TSV, "a\tx\tA\na\ty\tB\na\tz\tA", "a: x@1:3 y@2:3 z@3:3 = A\n",
     " duplicate-answer@2:5"},
    {"CRLF, empty lines, byte order mark", TSV,
     "\xEF\xBB\xBF"
     "a\tx\r\n\r\n\nb\ty\r\n",
     "a: x@1:3\nb: y@4:3\n", ""},
    {"quotes are text", TSV, "a\t\"x\"\n", "a: \"x\"@1:3\n", ""},
    {"columns count code points", TSV, "退款\tx\n", "退款: x@1:4\n", ""},
    {"an empty question stays, for the check to tell", TSV, "a\t\n", "a: @1:3\n", ""},
    {"no second column", TSV, "a\n\nb\tx\n", "b: x@3:3\n", " missing-column@1:1"},
    {"a fourth column", TSV, "a\tx\ty\tz\tz\nb\tx\n", "b: x@2:3\n", " extra-column@1:7"},
    {"an empty id", TSV, "\tx\n \ty\n", "", " empty-id@1:1 empty-id@2:1"},
    {"bad UTF-8", TSV, "a\tx\xff\nb\ty\n", "b: y@2:3\n", " bad-utf8@1:4"},
    {"a header", TSV, "id\tquestion\n", "id: question@1:4\n", " table-header@1:1"},

    {"plain fields", CSV, "a,退款,点\nb,x\n", "a: 退款@1:3 = 点\nb: x@2:3\n", ""},
    {"quoted fields", CSV, "\"a\",\"x, y\",\"A\"\r\n", "a: x, y@1:5 = A\n", ""},
    {"doubled quotes", CSV, "a,\"say \"\"hi\"\"\"\n", "a: say \"hi\"@1:3\n", ""},
    {"only a doubled quote", CSV, "a,\"\"\"\"\n", "a: \"@1:3\n", ""},
    {"line breaks in quotes", CSV, "a,\"x\ny\",\"1\r\n2\"\nb,z\n",
     "a: x\ny@1:3 = 1\r\n2\nb: z@4:3\n", ""},
    {"an empty quoted field", CSV, "a,\"\"\n", "a: @1:3\n", ""},
    {"spaces are text", CSV, "a, x \n", "a:  x @1:3\n", ""},
    {"CRLF, empty lines, byte order mark", CSV,
     "\xEF\xBB\xBF"
     "a,x\r\n\r\n\nb,y",
     "a: x@1:3\nb: y@4:3\n", ""},
    {"a comma at the end", CSV, "a,x,\n", "a: x@1:3\n", ""},
    {"a quote inside", CSV, "a,x\"y\nb,z\n", "b: z@2:3\n", " bad-csv@1:4"},
    {"text behind a quote", CSV, "a,\"x\"y\nb,z\n", "b: z@2:3\n", " bad-csv@1:6"},
    {"an open quote", CSV, "a,x\nb,\"y\nc,z\n", "a: x@1:3\n", " bad-csv@2:3"},
    {"one column", CSV, "a\nb,x\n", "b: x@2:3\n", " missing-column@1:1"},
    {"five columns", CSV, "a,x,y,z,z\nb,x\n", "b: x@2:3\n", " extra-column@1:7"},
    {"bad UTF-8 on a second line", CSV, "a,\"x\n退\xff\"\nb,y\n", "b: y@3:3\n", " bad-utf8@2:2"},
    {"an empty id", CSV, ",x\n", "", " empty-id@1:1"},

    {"objects", JSONL,
     "{\"id\":\"a\",\"question\":\"退\\u6b3e\"}\n{\"id\":\"b\",\"question\":\"x\","
     "\"answer\":\"A\"}\n",
     "a: 退款@1:22\nb: x@2:22 = A\n", ""},
    {"CRLF, empty lines, byte order mark", JSONL,
     "\xEF\xBB\xBF{\"id\":\"a\",\"question\":\"x\"}\r\n\r\n\n", "a: x@1:22\n", ""},
    {"a syntax error on a line", JSONL, "{\"id\":\"a\",}\n{\"id\":\"b\",\"question\":\"x\"}\n",
     "b: x@2:22\n", " bad-json@1:11"},
    {"another key", JSONL, "{\"id\":\"a\",\"question\":\"x\",\"lang\":\"zh\"}\n", "a: x@1:22\n",
     " unknown-key@1:26"},
    {"a missing key", JSONL, "{\"id\":\"a\"}\n", "", " missing-key@1:1"},
    {"a number for an id", JSONL, "{\"id\":1,\"question\":\"x\"}\n", "", " wrong-type@1:7"},
    {"a list", JSONL, "[]\n", "", " wrong-type@1:1"},
    {"an empty id", JSONL, "{\"id\":\"\",\"question\":\"x\"}\n", "", " empty-id@1:7"},
    {"a key twice", JSONL, "{\"id\":\"a\",\"question\":\"x\",\"id\":\"b\"}\n", "a: x@1:22\n",
     " duplicate-key@1:26"},
};

static void describe(const jieda__source *source, log *out)
{
    for (size_t e = 0; e < source->entry_count; e++) {
        const jieda__src_entry *entry = &source->entries[e];

        add(out, entry->id.ptr, entry->id.len);
        add(out, ":", 1);
        assert_true(jieda__str_equal(entry->title.text[0], entry->questions[0].text));
        for (size_t q = 0; q < entry->question_count; q++) {
            char place[40];

            add(out, " ", 1);
            add(out, entry->questions[q].text.ptr, entry->questions[q].text.len);
            snprintf(place, sizeof place, "@%u:%u", entry->questions[q].pos.line,
                     entry->questions[q].pos.column);
            add(out, place, strlen(place));
        }
        assert_true(entry->answer_count <= 1);
        if (entry->answer_count) {
            add(out, " = ", 3);
            add(out, entry->answers[0].text.ptr, entry->answers[0].text.len);
        }
        add(out, "\n", 1);
    }
}

static void rows_become_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda__arena arena;
        log findings = {""}, model = {""};
        jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &findings};
        jieda__source source = {0};
        jieda_error err;

        jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
        assert_int_equal(jieda__table_parse(&arena, "t", jieda__str(cases[i].text), cases[i].kind,
                                            &diagnostics, &source, &err),
                         JIEDA_OK);
        assert_true(source.is_table && source.language_count == 1);
        describe(&source, &model);
        if (strcmp(model.text, cases[i].model) != 0)
            fail_msg("%s: model %s", cases[i].name, model.text);
        if (strcmp(findings.text, cases[i].findings) != 0)
            fail_msg("%s: findings %s", cases[i].name, findings.text);
        jieda__source_release(&source, arena.alloc);
        jieda__arena_free(&arena);
    }
}

/* A question that makes the row `len` bytes long; the text is the caller's. */
static char *long_row(size_t len)
{
    char *text = malloc(len + 8);

    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "a\t", 2);
    memcpy(text + len, "\nb\ty\n", 6);
    return text;
}

static void a_row_may_have_a_megabyte(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        size_t len = (size_t)1024 * 1024 + past;
        char *text = long_row(len);
        jieda__arena arena;
        log findings = {""};
        jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &findings};
        jieda__source source = {0};

        jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
        assert_int_equal(
            jieda__table_parse(&arena, "t", jieda__str(text), TSV, &diagnostics, &source, NULL),
            JIEDA_OK);
        assert_int_equal(source.entry_count, past ? 1 : 2);
        assert_string_equal(findings.text, past ? " line-too-long@1:1" : "");
        jieda__source_release(&source, arena.alloc);
        jieda__arena_free(&arena);
        free(text);
    }
}

static void an_id_may_have_200_bytes(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        size_t len = 200 + past;
        char text[300];
        jieda__arena arena;
        log findings = {""};
        jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &findings};
        jieda__source source = {0};

        memset(text, 'x', len);
        memcpy(text + len, "\tq\n", 4);
        jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
        assert_int_equal(
            jieda__table_parse(&arena, "t", jieda__str(text), TSV, &diagnostics, &source, NULL),
            JIEDA_OK);
        assert_string_equal(findings.text, past ? " bad-id@1:1" : "");
        jieda__source_release(&source, arena.alloc);
        jieda__arena_free(&arena);
    }
}

static void a_nul_byte_is_found(void **state)
{
    static const char text[] = "a\tx\0y\nb\tz\n";
    jieda__arena arena;
    log findings = {""};
    jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &findings};
    jieda__source source = {0};

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
    assert_int_equal(jieda__table_parse(&arena, "t", (jieda_str){text, sizeof text - 1}, TSV,
                                        &diagnostics, &source, NULL),
                     JIEDA_OK);
    assert_string_equal(findings.text, " nul-byte@1:4");
    assert_int_equal(source.entry_count, 1);
    jieda__source_release(&source, arena.alloc);
    jieda__arena_free(&arena);
}

static void a_source_is_bounded(void **state)
{
    jieda__arena arena;
    jieda__diagnostics diagnostics = {0};
    jieda__source source;
    jieda_error err;
    const char *path = JIEDA_TESTS_DIR "/golden/kb_errors/table-header/source.csv";
    size_t size = strlen("id,question,answer\nrefund,怎么退款,点退款\n");

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
    assert_int_equal(jieda__source_read(&arena, path, size, &diagnostics, &source, &err), JIEDA_OK);
    assert_true(source.content_hash != 0);
    jieda__source_release(&source, arena.alloc);
    assert_int_equal(source.entry_count, 0);
    assert_int_equal(jieda__source_read(&arena, path, size - 1, &diagnostics, &source, &err),
                     JIEDA_E_LIMIT);
    assert_int_equal(err.status, JIEDA_E_LIMIT);
    jieda__source_release(&source, arena.alloc);
    jieda__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_entries),      cmocka_unit_test(a_row_may_have_a_megabyte),
        cmocka_unit_test(an_id_may_have_200_bytes), cmocka_unit_test(a_nul_byte_is_found),
        cmocka_unit_test(a_source_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
