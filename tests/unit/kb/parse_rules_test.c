/*
 * parse_rules_test.c - rules.json as the compiler reads it, and what a build makes of it.
 *
 * What is refused, and where, stands in tests/golden/kb_errors/rules-*; this is about what is read,
 * and about examples, which only a build can judge.
 */
#include "compiler/json.h"
#include "fixture.h"
#include "index/index.h"
#include "intent/rules.h"
#include "support/kb_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct log {
    char text[4096];
} log;

static void on_finding(void *ctx, const jieda_diagnostic *d)
{
    log *l = ctx;
    size_t len = strlen(l->text);
    const char *name = strrchr(d->file.ptr ? d->file.ptr : "", '/');

    if (d->severity != JIEDA_SEVERITY_ERROR)
        return;
    snprintf(l->text + len, sizeof l->text - len, "%s:%u:%u %s: %.*s\n", name ? name + 1 : "",
             d->line, d->column, d->rule, (int)d->message.len, d->message.ptr);
}

/* ---- what is read ---------------------------------------------------------------------------- */

static const char rules[] =
    "{\"format\": 1,\n"
    " \"defs\": {\"me\": \"我|俺\", \"lost\": \"{{me}}被骗\"},\n"
    " \"rules\": [\n"
    "  {\"id\": \"a\", \"intent\": \"fraud\", \"action\": \"handoff\", \"reason\": \"complaint\",\n"
    "   \"patterns\": [\"{{lost}}(?:了|过)\", \"\\\\{\\\\{\"], \"unless\": [\"没{{lost}}\"],\n"
    "   \"examples\": {\"match\": [\"我被骗了\", \"{{\"], \"no_match\": [\"被骗\"]}},\n"
    "  {\"id\": \"b\", \"intent\": \"b\", \"action\": \"handoff\", \"reason\": \"distress\",\n"
    "   \"ticket_priority\": \"P3\", \"entry\": \"x\", \"priority\": -7,\n"
    "   \"pinyin\": [\"jiu ming\"], \"examples\": {\"match\": [\"救命\"]}}]}";

static void a_file_is_read(void **state)
{
    jieda__diagnostics diagnostics = {.fn = on_finding};
    jieda__source source = {0};
    jieda__arena arena;
    jieda_error err = {0};
    log findings = {""};

    (void)state;
    diagnostics.ctx = &findings;
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX / 2);
    assert_int_equal(
        jieda__rules_parse(&arena, "/rules.json", str(rules), &diagnostics, &source, &err),
        JIEDA_OK);
    assert_string_equal(findings.text, "");
    assert_int_equal(source.rule_count, 2);
    assert_str(source.rules[0].id, "a");
    assert_str(source.rules[0].intent, "fraud");
    assert_int_equal(source.rules[0].entry.len, 0);
    assert_int_equal(source.rules[0].priority, 0);
    assert_int_equal(source.rules[0].action, JIEDA__RULE_HANDOFF);
    assert_int_equal(source.rules[0].reason, JIEDA__REASON_COMPLAINT);
    assert_int_equal(source.rules[0].ticket_priority, 1);
    assert_int_equal(source.rules[0].patterns.count, 2);
    assert_str(source.rules[0].patterns.items[0].text, "(?:(?:我|俺)被骗)(?:了|过)");
    assert_int_equal(source.rules[0].patterns.items[0].pos.line, 5);
    assert_int_equal(source.rules[0].patterns.items[0].pos.column, 17);
    assert_str(source.rules[0].patterns.items[1].text, "\\{\\{");
    assert_str(source.rules[0].unless.items[0].text, "没(?:(?:我|俺)被骗)");
    assert_int_equal(source.rules[0].pinyin.count, 0);
    assert_int_equal(source.rules[0].matches.count, 2);
    assert_str(source.rules[0].no_matches.items[0].text, "被骗");
    assert_int_equal(source.rules[1].priority, -7);
    assert_int_equal(source.rules[1].ticket_priority, 3);
    assert_str(source.rules[1].entry, "x");
    assert_str(source.rules[1].pinyin.items[0].text, "jiu ming");
    jieda__arena_free(&arena);
}

static void each_reason_has_its_urgency(void **state)
{
    static const struct {
        const char *reason;
        uint32_t ticket_priority;
    } reasons[] = {{"requested", 2}, {"fraud", 0},  {"distress", 0},
                   {"complaint", 1}, {"policy", 2}, {"identity_check", 2}};

    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        jieda__diagnostics diagnostics = {0};
        jieda__source source = {0};
        jieda__arena arena;
        jieda_error err = {0};
        char text[300];

        snprintf(text, sizeof text,
                 "{\"format\": 1, \"rules\": [{\"id\": \"a\", \"intent\": \"a\", \"action\":"
                 " \"handoff\", \"reason\": \"%s\", \"patterns\": [\"x\"],"
                 " \"examples\": {\"match\": [\"x\"]}}]}",
                 reasons[i].reason);
        jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX / 2);
        assert_int_equal(
            jieda__rules_parse(&arena, "rules.json", str(text), &diagnostics, &source, &err),
            JIEDA_OK);
        assert_int_equal(diagnostics.error_count, 0);
        assert_string_equal(jieda__reason_name(source.rules[0].reason), reasons[i].reason);
        assert_int_equal(source.rules[0].ticket_priority, reasons[i].ticket_priority);
        jieda__arena_free(&arena);
    }
}

/* ---- places inside a string ------------------------------------------------------------------ */

/* `at` is a byte of the value, `column` where it is written. */
static const struct {
    const char *name, *text;
    size_t at;
    uint32_t line, column;
} insides[] = {
    {"the first byte", "\"abc\"", 0, 1, 2},
    {"one further", "\"abc\"", 2, 1, 4},
    {"the end", "\"abc\"", 3, 1, 5},
    {"past the end", "\"abc\"", 9, 1, 5},
    {"behind characters of three bytes", "\"退款x\"", 6, 1, 4},
    {"in the middle of one", "\"退款x\"", 4, 1, 3},
    {"behind a short escape", "\"\\tx\"", 1, 1, 4},
    {"behind an escaped quote", "\"\\\"x\"", 1, 1, 4},
    {"behind a long escape", "\"\\u9000x\"", 3, 1, 8},
    {"inside what it gives", "\"\\u9000x\"", 1, 1, 2},
    {"behind a surrogate pair", "\"\\ud83d\\ude00x\"", 4, 1, 14},
    {"on another line", " \r\n\n  \"退\\n款x\"", 7, 3, 8},
    {"behind a byte order mark", "\xEF\xBB\xBF\"ab\"", 1, 1, 3},
};

static void places_inside_strings_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(insides); i++) {
        jieda__diagnostics diagnostics = {0};
        jieda__places places = {0};
        jieda__arena arena;
        jieda__json json;
        jieda__pos pos;

        jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX / 2);
        jieda__json_init(&json, &arena, &diagnostics, "t.json", &places);
        assert_true(jieda__json_read(&json, str(insides[i].text), 1));
        pos = jieda__json_inside(&json, jieda__json_root(&json), insides[i].at);
        if (pos.line != insides[i].line || pos.column != insides[i].column)
            fail_msg("%s: %u:%u", insides[i].name, pos.line, pos.column);
        jieda__json_free(&json);
        jieda__arena_free(&arena);
    }
}

/* ---- a build --------------------------------------------------------------------------------- */

#define SHOP_ENTRIES                                                                               \
    FIXTURE_ENTRIES(FIXTURE_ENTRY("zoo", "'动物园在哪'",                                           \
                                  "") ", " FIXTURE_ENTRY("fraud", "'被骗了怎么办'", ""))
#define SHOP_RULE(rest)                                                                            \
    "{'format': 1, 'rules': [{'id': 'r', 'intent': 'fraud', 'action': 'answer',\n"                 \
    "  'entry': 'zoo', " rest "}]}"

static void make_source(fixture *f, const char *rules_text)
{
    fixture_folder(f);
    fixture_write(f, "pack.json", FIXTURE_PACK_ZH);
    fixture_write(f, "entries.json", SHOP_ENTRIES);
    if (rules_text)
        fixture_write(f, "rules.json", rules_text);
}

static jieda_status build(const fixture *f, const char *path, log *findings, jieda_error *err)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;

    findings->text[0] = '\0';
    options.diagnostic = on_finding;
    options.diagnostic_ctx = findings;
    return jieda_build(f->folder, path, &options, NULL, err);
}

static void rules_go_into_the_file(void **state)
{
    jieda__rules *loaded;
    jieda__kb *kb;
    jieda_error err = {0};
    log findings;
    fixture f;

    (void)state;
    make_source(&f, SHOP_RULE("'patterns': ['动物'], 'examples': {'match': ['动 物']}"));
    assert_int_equal(build(&f, f.kb, &findings, &err), JIEDA_OK);
    assert_int_equal(jieda__kb_open(jieda__default_allocator(), f.kb, NULL, 0, &kb, &err),
                     JIEDA_OK);
    assert_int_equal(
        jieda__rules_load(jieda__default_allocator(), kb->rules, kb->entry_count, &loaded, &err),
        JIEDA_OK);
    assert_int_equal(jieda__rules_count(loaded), 1);
    assert_str(jieda__kb_entry_id(kb, jieda__rules_at(loaded, 0)->entry), "zoo");
    jieda__rules_free(loaded);
    jieda__kb_close(kb);
    fixture_remove(&f);
}

static void without_rules_there_is_no_section(void **state)
{
    jieda__kb *kb;
    jieda_error err = {0};
    log findings;
    fixture f;

    (void)state;
    make_source(&f, NULL);
    assert_int_equal(build(&f, f.kb, &findings, &err), JIEDA_OK);
    assert_int_equal(jieda__kb_open(jieda__default_allocator(), f.kb, NULL, 0, &kb, &err),
                     JIEDA_OK);
    assert_int_equal(kb->rules.len, 0);
    jieda__kb_close(kb);
    fixture_remove(&f);
}

/* A pack in one file has the same rules as a folder. */
static void a_pack_in_one_file_may_have_rules(void **state)
{
    static const char pack[] =
        "{\"format\": 1, \"name\": \"p\", \"title\": {\"zh\": \"p\"}, \"languages\": [\"zh\"],"
        " \"entries\": [{\"id\": \"e\", \"title\": {\"zh\": \"e\"}, \"questions\": {\"zh\":"
        " [\"被骗\"]}, \"answers\": [{\"lang\": \"zh\", \"text\": \"好\"}]}],"
        " \"rules\": {\"rules\": [{\"id\": \"r\", \"intent\": \"r\", \"action\": \"calm\","
        " \"patterns\": [\"骗\"], \"examples\": {\"match\": [\"骗\"]}}]}}";
    fixture_bytes bytes = fixture_kb_build("pack.json", str(pack));
    fixture_bytes section = fixture_kb_section(bytes, JIEDA__SECTION_RULES);
    jieda__rules_header header;

    (void)state;
    assert_true(section.len > sizeof header);
    memcpy(&header, section.ptr, sizeof header);
    assert_int_equal(header.magic, JIEDA__RULES_MAGIC);
    assert_int_equal(header.rule_count, 1);
    fixture_bytes_free(&section);
    fixture_bytes_free(&bytes);
}

static const struct {
    const char *name, *rest, *findings;
} examples[] = {
    {"all hold",
     "'patterns': ['骗'], 'unless': ['防'],\n"
     "  'examples': {'match': ['被骗', '我 被 骗'], 'no_match': ['防骗', '转账']}",
     ""},
    {"one that must match does not",
     "'patterns': ['骗'],\n  'examples': {'match': ['被骗', '转账']}",
     "rules.json:3:32 failed-example: \"转账\" should match rule \"r\", but none of its patterns "
     "does\n"},
    {"one is held back",
     "'patterns': ['骗'],\n  'unless': ['x', '怎.防'],\n  'examples': {'match': ['怎么防骗']}",
     "rules.json:4:26 failed-example: \"怎么防骗\" should match rule \"r\", but its \"unless\" "
     "\"怎.防\" at rules.json:3:19 does too\n"},
    {"two that must not match do",
     "'patterns': ['转账', '骗'],\n  'pinyin': [' ti xian '],\n"
     "  'examples': {'match': ['被骗'], 'no_match': ['骗子', '提线']}",
     "rules.json:4:46 failed-example: \"骗子\" should not match rule \"r\", but its pattern \"骗\" "
     "at rules.json:2:38 does\n"
     "rules.json:4:52 failed-example: \"提线\" should not match rule \"r\", but its pattern "
     "\" ti xian \" at rules.json:3:14 does\n"},
    {"one takes too long",
     "'patterns': ['(\\\\w+)+[xy]'],\n"
     "  'examples': {'match': ['春夏秋冬春夏秋冬春夏秋冬春夏秋冬春夏秋冬', 'ax']}",
     "rules.json:3:26 failed-example: \"春夏秋冬春夏秋冬春夏秋冬春夏秋冬春夏秋冬\" should match "
     "rule "
     "\"r\", but none of its patterns does, and some take too many steps to tell\n"},
};

/* Places in messages are paths; the folder's name is none of a test's business. */
static void drop_folder(char *text, const char *folder)
{
    char prefix[80];
    size_t len;

    snprintf(prefix, sizeof prefix, "%s/", folder);
    len = strlen(prefix);
    for (char *at = strstr(text, prefix); at; at = strstr(at, prefix))
        memmove(at, at + len, strlen(at + len) + 1);
}

static void examples_must_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char text[1024];
        jieda_error err = {0};
        jieda_status st;
        log findings;
        fixture f;

        snprintf(text, sizeof text, SHOP_RULE("%s"), examples[i].rest);
        make_source(&f, text);
        st = build(&f, f.kb, &findings, &err);
        drop_folder(findings.text, f.folder);
        if (strcmp(findings.text, examples[i].findings) != 0)
            fail_msg("%s:\n%s--- expected\n%s", examples[i].name, findings.text,
                     examples[i].findings);
        assert_int_equal(st, examples[i].findings[0] ? JIEDA_E_FORMAT : JIEDA_OK);
        assert_int_equal(access(f.kb, F_OK), examples[i].findings[0] ? -1 : 0);
        fixture_remove(&f);
    }
}

static void equal_rules_give_equal_bytes(void **state)
{
    char again[128], *bytes[2];
    jieda_error err = {0};
    size_t len[2];
    log findings;
    fixture f;

    (void)state;
    make_source(&f, SHOP_RULE("'patterns': ['动物'], 'examples': {'match': ['动物']}"));
    snprintf(again, sizeof again, "%s/again.kb", f.folder);
    assert_int_equal(build(&f, f.kb, &findings, &err), JIEDA_OK);
    assert_int_equal(build(&f, again, &findings, &err), JIEDA_OK);
    bytes[0] = read_whole(f.kb, &len[0]);
    bytes[1] = read_whole(again, &len[1]);
    assert_int_equal(len[0], len[1]);
    assert_memory_equal(bytes[0], bytes[1], len[0]);
    free(bytes[0]);
    free(bytes[1]);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(each_reason_has_its_urgency),
        cmocka_unit_test(places_inside_strings_are_found),
        cmocka_unit_test(rules_go_into_the_file),
        cmocka_unit_test(without_rules_there_is_no_section),
        cmocka_unit_test(a_pack_in_one_file_may_have_rules),
        cmocka_unit_test(examples_must_hold),
        cmocka_unit_test(equal_rules_give_equal_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
