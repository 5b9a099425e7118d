/*
 * json_test.c - strict JSON: what is refused, where, and that positions follow the tree.
 */
#include "compiler/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct log {
    char text[2048];
} log;

static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    log *l = ctx;
    size_t len = strlen(l->text);

    snprintf(l->text + len, sizeof l->text - len, "%s%s@%u:%u", len ? " " : "", finding->rule,
             finding->line, finding->column);
}

typedef struct fixture {
    jieda__arena arena;
    jieda__diagnostics diagnostics;
    jieda__places places;
    jieda__json json;
    log log;
} fixture;

static void open_fixture(fixture *f)
{
    memset(f, 0, sizeof *f);
    jieda__arena_init(&f->arena, jieda__default_allocator(), SIZE_MAX);
    f->diagnostics.fn = on_finding;
    f->diagnostics.ctx = &f->log;
    jieda__json_init(&f->json, &f->arena, &f->diagnostics, "t.json", &f->places);
}

static void close_fixture(fixture *f)
{
    jieda__json_free(&f->json);
    jieda__arena_free(&f->arena);
}

/* `findings` is "" where the text is read; then it must also have a tree. */
static const struct {
    const char *name, *text, *findings;
} cases[] = {
    {"an object", "{\"a\": [1, true, null, \"x\"]}", ""},
    {"a byte order mark is skipped", "\xEF\xBB\xBF{}", ""},
    {"white space around", " \r\n\t[] \n", ""},
    {"all escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u4e2d\\ud83d\\ude00\"", ""},
    {"a replacement character is text", "\"\xEF\xBF\xBD\"", ""},
    {"numbers of every shape", "[0, -0, 1.5, -2e10, 3E-5, 9007199254740992]", ""},
    {"32 levels", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", ""},
    {"an empty key", "{\"\": 1}", ""},

    {"nothing", "", "bad-json@1:1"},
    {"only space", " \n ", "bad-json@2:2"},
    {"a word", "nope", "bad-json@1:1"},
    {"half a literal", "[tru]", "bad-json@1:2"},
    {"a minus alone", "[-]", "bad-json@1:3"},
    {"a leading zero", "[012]", "bad-json@1:3"},
    {"a point without digits", "[1.]", "bad-json@1:4"},
    {"an exponent without digits", "[1e+]", "bad-json@1:5"},
    {"a comma at the end of a list", "[1,\n]", "bad-json@2:1"},
    {"a comma at the end of an object", "{\"a\":1,}", "bad-json@1:8"},
    {"two commas", "[1,,2]", "bad-json@1:4"},
    {"a missing comma", "[1 2]", "bad-json@1:4"},
    {"a missing colon", "{\"a\" 1}", "bad-json@1:6"},
    {"a key without quotes", "{a: 1}", "bad-json@1:2"},
    {"a number as key", "{1: 1}", "bad-json@1:2"},
    {"an object that does not end", "{\"a\": 1", "bad-json@1:8"},
    {"a string that does not end", "\"ab", "bad-json@1:4"},
    {"the wrong bracket", "[1}", "bad-json@1:3"},
    {"a raw line break", "\"a\nb\"", "bad-json@1:3"},
    {"a raw tab, and on", "\"a\tb\x01\"", "bad-json@1:3 bad-json@1:5"},
    {"columns count code points", "[\"退款\", 退]", "bad-json@1:8"},
    {"an invisible byte", "[\x01]", "bad-json@1:2"},
    {"text behind", "{} {}", "trailing-text@1:4"},
    {"33 levels", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     "too-deep@1:33"},
    {"bytes that are not UTF-8", "[\"\xff\", \"\xc0\x80\", \"\xed\xa0\x80\"]",
     "bad-utf8@1:3 bad-utf8@1:8 bad-utf8@1:9 bad-utf8@1:13 bad-utf8@1:14 bad-utf8@1:14"},
    {"U+0000 as an escape", "\"\\u0000\"", "bad-escape@1:2"},
    {"a lone high surrogate", "\"\\ud83dx\"", "bad-escape@1:2"},
    {"a lone low surrogate", "\"\\ude00\"", "bad-escape@1:2"},
    {"two high surrogates", "\"\\ud83d\\ud83d\\ude00\"", "bad-escape@1:2"},
    {"an escape JSON lacks", "\"\\x41\"", "bad-escape@1:2"},
    {"a short \\u", "\"\\u12\"", "bad-escape@1:2"},
    {"an escape at the end", "\"\\", "bad-escape@1:2 bad-json@1:3"},
    {"an integer past 2^53", "[9007199254740993]", "bad-number@1:2"},
    {"a very long integer", "[111111111111111111111111111111]", "bad-number@1:2"},
    {"a number cJSON would cut",
     "[0.11111111111111111111111111111111111111111111111111111111111111]", "bad-number@1:2"},
    {"a float past the range", "[1e999]", "bad-number@1:2"},
    {"all that does not break the structure, in one go", "[1e999, \"\\q\", \"\xff\"]",
     "bad-number@1:2 bad-escape@1:10 bad-utf8@1:16"},
};

static void texts_are_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        bool read;

        open_fixture(&f);
        read = jieda__json_read(&f.json, jieda__str(cases[i].text), 1);
        if (strcmp(f.log.text, cases[i].findings) != 0)
            fail_msg("%s: %s", cases[i].name, f.log.text);
        if (read != (cases[i].findings[0] == '\0'))
            fail_msg("%s: read %d", cases[i].name, read);
        close_fixture(&f);
    }
}

static const struct {
    const char *name, *text, *findings;
} duplicates[] = {
    {"no key twice", "{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}", ""},
    {"a key twice", "{\"a\": 1,\n \"a\": 2}", "duplicate-key@2:2"},
    {"a key three times", "{\"a\": 1, \"a\": 2, \"a\": 3}",
     "duplicate-key@1:10 duplicate-key@1:18"},
    {"the same key by an escape", "{\"a\": 1, \"\\u0061\": 2}", "duplicate-key@1:10"},
    {"deep inside", "[{}, {\"x\": [{\"k\": 1, \"k\": 1}]}]", "duplicate-key@1:22"},
    {"keys differ by case", "{\"a\": 1, \"A\": 2}", ""},
    {"one of many keys",
     "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,"
     "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"c\":1}",
     "duplicate-key@1:104"},
};

static void duplicate_keys_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof duplicates / sizeof *duplicates; i++) {
        fixture f;

        open_fixture(&f);
        assert_true(jieda__json_read(&f.json, jieda__str(duplicates[i].text), 1));
        if (strcmp(f.log.text, duplicates[i].findings) != 0)
            fail_msg("%s: %s", duplicates[i].name, f.log.text);
        close_fixture(&f);
    }
}

/* "key_line:key_column>line:column" of each value in document order. */
static void walk(const jieda__json *json, jieda__json_value value, log *out)
{
    jieda__pos pos = jieda__json_pos(json, value);
    jieda__pos key = jieda__json_key_pos(json, value);
    size_t len = strlen(out->text);

    snprintf(out->text + len, sizeof out->text - len, "%s%u:%u>%u:%u", len ? " " : "", key.line,
             key.column, pos.line, pos.column);
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v))
        walk(json, v, out);
}

static void every_value_has_its_place(void **state)
{
    fixture f;
    log places = {""};

    (void)state;
    open_fixture(&f);
    assert_true(
        jieda__json_read(&f.json, jieda__str("{\"退\": [1, {}, []],\r\n  \"b\":\n \"x\"}"), 5));
    walk(&f.json, jieda__json_root(&f.json), &places);
    assert_string_equal(places.text, "5:1>5:1 5:2>5:7 5:8>5:8 5:11>5:11 5:15>5:15 6:3>7:2");
    close_fixture(&f);
}

static void a_reader_reads_one_text_after_another(void **state)
{
    fixture f;

    (void)state;
    open_fixture(&f);
    assert_true(jieda__json_read(&f.json, jieda__str("[1, 2]"), 1));
    assert_false(jieda__json_read(&f.json, jieda__str("[1, 2"), 2));
    assert_true(jieda__json_read(&f.json, jieda__str("{\"a\": 3}"), 3));
    assert_int_equal(jieda__json_count(jieda__json_root(&f.json)), 1);
    assert_string_equal(f.log.text, "bad-json@2:6");
    close_fixture(&f);
}

static void a_text_of_garbage_is_given_up(void **state)
{
    char garbage[200];
    fixture f;

    (void)state;
    open_fixture(&f);
    memset(garbage, 0xFF, sizeof garbage);
    garbage[0] = garbage[sizeof garbage - 1] = '"';
    assert_false(jieda__json_read(&f.json, (jieda_str){garbage, sizeof garbage}, 1));
    assert_int_equal(f.diagnostics.error_count, 20);
    close_fixture(&f);
}

static const struct {
    const char *wanted, *known, *suggestion;
} near[] = {
    {"anwsers", "answers", "answers"},
    {"moeny", "money", "money"},
    {"zn", "zh", "zh"},
    {"questions_", "questions", "questions"},
    {"colour", "answers", ""},
    {"x", "y", ""},
    {"refund.arrived", "refund.not_arrived", "refund.not_arrived"},
};

static void near_misses_are_suggested(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        jieda__suggestion s = jieda__suggest(jieda__str(near[i].wanted));

        jieda__suggest_offer(&s, jieda__str(near[i].known));
        assert_true(jieda__str_equal(s.best, jieda__str(near[i].suggestion)));
    }
}

static const struct {
    const char *text, *quoted;
} quotes[] = {
    {"plain 退款", "plain 退款"},
    {"a\"b\\c\n\t\r", "a\\\"b\\\\c\\n\\t\\r"},
    {"\x01\x7f", "\\u0001\\u007F"},
    {"bad \xff", "bad \xEF\xBF\xBD"},
    {"1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890"},
    {"12345678901234567890123456789012345678901", "1234567890123456789012345678901234567890..."},
};

static void quoted_text_is_one_short_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        assert_string_equal(jieda__quote(jieda__str(quotes[i].text)).text, quotes[i].quoted);
}

static void keep_fix(void *ctx, const jieda_diagnostic *finding)
{
    log *l = ctx;

    snprintf(l->text, sizeof l->text, "%.*s|%.*s", (int)finding->message.len, finding->message.ptr,
             (int)finding->fix.len, finding->fix.ptr);
}

static void a_fix_begins_outside_quotes(void **state)
{
    log l = {""};
    jieda__diagnostics d = {.fn = keep_fix, .ctx = &l};
    jieda__pos pos = {"f", 1, 1};

    (void)state;
    jieda__report(&d, JIEDA_SEVERITY_ERROR, pos, "r", "key \"%s\" is bad; fix; it",
                  jieda__quote(jieda__str("a\"; b")).text);
    assert_string_equal(l.text, "key \"a\\\"; b\" is bad|fix; it");
    jieda__report(&d, JIEDA_SEVERITY_WARNING, pos, "r", "no fix");
    assert_string_equal(l.text, "no fix|");
    assert_int_equal(d.error_count, 1);
    assert_int_equal(d.warning_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_or_refused),
        cmocka_unit_test(duplicate_keys_are_found),
        cmocka_unit_test(every_value_has_its_place),
        cmocka_unit_test(a_reader_reads_one_text_after_another),
        cmocka_unit_test(a_text_of_garbage_is_given_up),
        cmocka_unit_test(near_misses_are_suggested),
        cmocka_unit_test(quoted_text_is_one_short_line),
        cmocka_unit_test(a_fix_begins_outside_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
