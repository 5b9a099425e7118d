/*
 * visitor_test.c - which entries may this visitor see now?
 *
 * Conditions and bindings are pure and are tabled here; validity, `when` and unbound placeholders
 * are asked through the public interface, over a small pack whose entries all answer to one
 * wording, with a clock of the test's own.
 */
#include "fixture.h"

#include "dialog/visitor.h"

#define DAY 86400

/* ---- conditions ------------------------------------------------------------------------------ */

static const struct {
    const char *condition, *value;
    bool holds;
} conditions[] = {
    {"ios", "ios", true},
    {"ios", "android", false},
    {"ios", "ios ", false},
    {"ios", "iOS", false},
    {"!=ios", "android", true},
    {"!=ios", "ios", false},
    {">=3.2", "3.2", true},
    {">=3.2", "3.2.0", true},
    {">=3.2.0", "3.2", true},
    {">=3.2", "3.2.1", true},
    {">=3.2", "3.10", true}, /* ten is more than two: parts are numbers, not text */
    {">=3.2", "4", true},
    {">=3.2", "3.1.99", false},
    {">=3.2", "3.1", false},
    {">=3.2", "3", false},
    {">3.2", "3.2", false},
    {">3.2", "3.2.0", false},
    {">3.2", "3.2.1", true},
    {"<=3.2", "3.2", true},
    {"<=3.2", "3.2.0", true},
    {"<=3.2", "3.2.1", false},
    {"<3.2", "3.1", true},
    {"<3.2", "3.2", false},
    {"<10", "9", true},
    {"<9", "10", false},
    {">=1", "01", true},
    {">=3.2", "3.2-beta", true}, /* what is no digit ends the number */
    {">=1", "beta", false},
    {">=0", "beta", true},
    {"<1", "", true},
    {">=18446744073709551615", "99999999999999999999999", true}, /* saturates, does not wrap */
    {"<2", "99999999999999999999999", false},
    {"=3", "3", false}, /* no operator of ours: a plain value */
    {"=3", "=3", true},
};

static void a_condition_compares(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (jieda__condition_holds(str(conditions[i].condition), str(conditions[i].value)) !=
            conditions[i].holds)
            fail_msg("\"%s\" %s for \"%s\"", conditions[i].condition,
                     conditions[i].holds ? "does not hold" : "holds", conditions[i].value);
}

/* ---- bindings -------------------------------------------------------------------------------- */

static void a_binding_is_set_replaced_and_removed(void **state)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    jieda__bindings b = {0};
    char volatile_name[] = "brand", volatile_value[] = "uPay";

    (void)state;
    assert_null(jieda__bindings_get(&b, str("brand")).ptr);
    assert_int_equal(jieda__bindings_set(&b, alloc, volatile_name, str(volatile_value), NULL),
                     JIEDA_OK);
    memset(volatile_name, 'x', sizeof volatile_name - 1); /* both were copied */
    memset(volatile_value, 'x', sizeof volatile_value - 1);
    assert_str(jieda__bindings_get(&b, str("brand")), "uPay");
    assert_int_equal(jieda__bindings_set(&b, alloc, "city", str("Macau"), NULL), JIEDA_OK);
    assert_int_equal(jieda__bindings_set(&b, alloc, "brand", str("U"), NULL), JIEDA_OK);
    assert_int_equal(b.count, 2);
    assert_str(jieda__bindings_get(&b, str("brand")), "U");
    assert_str(jieda__bindings_get(&b, str("city")), "Macau");
    assert_null(jieda__bindings_get(&b, str("bran")).ptr);
    assert_int_equal(jieda__bindings_set(&b, alloc, "brand", str(""), NULL), JIEDA_OK);
    assert_int_equal(jieda__bindings_set(&b, alloc, "none", str(""), NULL), JIEDA_OK);
    assert_int_equal(b.count, 1);
    assert_null(jieda__bindings_get(&b, str("brand")).ptr);
    assert_str(jieda__bindings_get(&b, str("city")), "Macau");
    jieda__bindings_free(&b, alloc);
    assert_int_equal(b.count, 0);
}

static void a_binding_has_a_name(void **state)
{
    jieda__bindings b = {0};
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda__bindings_set(&b, jieda__default_allocator(), "", str("x"), &err),
                     JIEDA_E_INVALID);
    assert_int_equal(jieda__bindings_set(&b, jieda__default_allocator(), NULL, str("x"), &err),
                     JIEDA_E_INVALID);
    assert_true(err.message[0] != '\0');
    assert_int_equal(b.count, 0);
}

static void names_and_values_are_bounded(void **state)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    static char longest[JIEDA_BINDING_BYTES_MAX + 2];
    jieda__bindings b = {0};

    (void)state;
    memset(longest, 'x', JIEDA_BINDING_BYTES_MAX);
    assert_int_equal(jieda__bindings_set(&b, alloc, longest, str("x"), NULL), JIEDA_OK);
    assert_int_equal(jieda__bindings_set(&b, alloc, "x", str(longest), NULL), JIEDA_OK);
    longest[JIEDA_BINDING_BYTES_MAX] = 'x';
    assert_int_equal(jieda__bindings_set(&b, alloc, longest, str("x"), NULL), JIEDA_E_LIMIT);
    assert_int_equal(jieda__bindings_set(&b, alloc, "x", str(longest), NULL), JIEDA_E_LIMIT);
    /* A refused value leaves the old one. */
    assert_int_equal(jieda__bindings_get(&b, str("x")).len, JIEDA_BINDING_BYTES_MAX);
    jieda__bindings_free(&b, alloc);
}

static void their_number_is_bounded(void **state)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    jieda__bindings b = {0};
    char name[16];

    (void)state;
    for (int i = 0; i < JIEDA_BINDING_COUNT_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(jieda__bindings_set(&b, alloc, name, str("v"), NULL), JIEDA_OK);
    }
    assert_int_equal(jieda__bindings_set(&b, alloc, "more", str("v"), NULL), JIEDA_E_LIMIT);
    /* Full is not stuck: replacing, removing and then adding work. */
    assert_int_equal(jieda__bindings_set(&b, alloc, "n0", str("w"), NULL), JIEDA_OK);
    assert_str(jieda__bindings_get(&b, str("n0")), "w");
    assert_int_equal(jieda__bindings_set(&b, alloc, "more", str(""), NULL), JIEDA_OK);
    assert_int_equal(jieda__bindings_set(&b, alloc, "n63", str(""), NULL), JIEDA_OK);
    assert_int_equal(jieda__bindings_set(&b, alloc, "more", str("v"), NULL), JIEDA_OK);
    assert_int_equal(b.count, JIEDA_BINDING_COUNT_MAX);
    jieda__bindings_free(&b, alloc);
}

/* ---- entries --------------------------------------------------------------------------------- */

static const char pack[] =
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'],"
    " 'placeholders': {'hotline': {}, 'desk': {}, 'brand': {'default': {'zh': 'W'}}},"
    " 'categories': [{'id': 'all', 'title': {'zh': 'all'}}]}";

#define HIDDEN(id, question, rest) FIXTURE_ENTRY(id, "'" question "'", ", 'category': 'all'" rest)

#define WITH_ANSWER(id, question, answer)                                                          \
    "{'id': '" id "', 'title': {'zh': '" id "'}, 'category': 'all',"                               \
    " 'questions': {'zh': ['" question "']}, 'answers': [{'lang': 'zh', " answer "}]}"

/* clang-format off: it would cut the strings to pieces */
static const char entries[] = "{'entries': [" HIDDEN("always", "春游鲸鱼甲", "") "," HIDDEN("from", "春游鲸鱼乙", ", 'valid_from': '2026-03-01'") "," HIDDEN("to",
                                                                                                                                                             "春游鲸鱼丙", ", 'valid_to': '2026-03-31'") "," HIDDEN("march", "春游鲸鱼丁", ", 'valid_from': '2026-03-01', 'valid_to': '2026-03-31'") "," HIDDEN("one_day", "春游鲸鱼戊", ", 'valid_from': '2028-02-29', 'valid_to': '2028-02-29'") "," HIDDEN("ios", "春游鲸鱼庚", ", 'when': {'platform': 'ios'}") "," HIDDEN("mobile",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "春游鲸鱼辛", ", 'when': {'platform': ['ios', 'android']}") "," HIDDEN("new_ios", "春游鲸鱼壬",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      ", 'when': {'platform': 'ios', 'version': '>=3.2'}") "," HIDDEN("not_web",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      "春游鲸鱼癸",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                      ", 'when': {'platform': '!=web'}") "," WITH_ANSWER("hotline",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "春游鲸鱼子", "'text': 'call {{hotline}}'") "," WITH_ANSWER("desk",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "春游鲸鱼丑",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "'text': 'at', 'actions': [{'label': 'go', 'link': 'x://{{desk}}'}]") "," WITH_ANSWER("brand",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "春游鲸鱼寅",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "'text': 'by {{brand}}'") "]}";
/* clang-format on */

static int64_t now;

static int64_t clock_of_test(void *ctx)
{
    (void)ctx;
    return now;
}

typedef struct logged {
    int lines;
    jieda_log_level level;
    char last[512];
} logged;

static void keep_line(void *ctx, jieda_log_level level, jieda_str line)
{
    logged *log = ctx;

    log->lines++;
    log->level = level;
    snprintf(log->last, sizeof log->last, "%.*s", (int)line.len, line.ptr);
}

static fixture files;
static logged captured;
static jieda_engine *engine;

static int open_pack(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    (void)state;
    fixture_make(&files, pack, entries, NULL);
    options.clock = clock_of_test;
    options.log = keep_line;
    options.log_ctx = &captured;
    engine = fixture_open(files.kb, &options);
    return 0;
}

static int close_pack(void **state)
{
    (void)state;
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

/* Whether the entry may be shown, by every door: asking, browsing, showing, completing. They agree,
 * or the test fails. */
static bool is_shown(jieda_session *session, const char *id)
{
    const jieda_reply *reply;
    const jieda_option *list;
    size_t count;
    bool asked = false, browsed = false, shown, suggested = false;

    reply = ask(session, "春游鲸鱼");
    for (size_t i = 0; i < reply->candidate_count; i++)
        asked = asked || (reply->candidates[i].entry_id.len == strlen(id) &&
                          memcmp(reply->candidates[i].entry_id.ptr, id, strlen(id)) == 0);
    assert_int_equal(jieda_entries(session, "all", &list, &count, NULL), JIEDA_OK);
    for (size_t i = 0; i < count; i++)
        browsed = browsed || (list[i].entry_id.len == strlen(id) &&
                              memcmp(list[i].entry_id.ptr, id, strlen(id)) == 0);
    assert_int_equal(jieda_suggest(session, str("春游"), 20, &list, &count, NULL), JIEDA_OK);
    for (size_t i = 0; i < count; i++)
        suggested = suggested || (list[i].entry_id.len == strlen(id) &&
                                  memcmp(list[i].entry_id.ptr, id, strlen(id)) == 0);
    shown = jieda_entry(session, id, &reply, NULL) == JIEDA_OK;
    /* Ten candidates are reported of twelve entries: asking may miss what may be shown, never the
     * other way round. */
    if (asked && !shown)
        fail_msg("%s is a candidate, but may not be shown", id);
    if (shown != browsed || shown != suggested)
        fail_msg("%s: shown %d, browsed %d, suggested %d", id, shown, browsed, suggested);
    return shown;
}

/* Days from 1970-01-01; Howard Hinnant's days_from_civil. */
static int64_t day_of(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static const struct {
    const char *name, *id;
    int year, month, day, second; /* of the day, UTC */
    bool shown;
} dates[] = {
    {"the day before the first", "from", 2026, 2, 28, DAY - 1, false},
    {"the first day's first second", "from", 2026, 3, 1, 0, true},
    {"long after the first day", "from", 2099, 1, 1, 0, true},
    {"long before the last day", "to", 1999, 1, 1, 0, true},
    {"the last day's last second", "to", 2026, 3, 31, DAY - 1, true},
    {"the day after the last", "to", 2026, 4, 1, 0, false},
    {"the day before both", "march", 2026, 2, 28, DAY - 1, false},
    {"the first of both", "march", 2026, 3, 1, 0, true},
    {"between both", "march", 2026, 3, 15, 4711, true},
    {"the last of both", "march", 2026, 3, 31, DAY - 1, true},
    {"the day after both", "march", 2026, 4, 1, 0, false},
    {"the day before a leap day", "one_day", 2028, 2, 28, DAY - 1, false},
    {"a leap day", "one_day", 2028, 2, 29, 3600, true},
    {"the day after a leap day", "one_day", 2028, 3, 1, 0, false},
    {"a clock before 1970", "from", 1969, 12, 31, DAY - 1, false},
    {"a clock before 1970, no first day", "to", 1969, 12, 31, DAY - 1, true},
    {"an entry without dates", "always", 1969, 12, 31, DAY - 1, true},
};

static void validity_includes_its_first_and_last_day(void **state)
{
    jieda_session *session = fixture_session(engine);

    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        now = day_of(dates[i].year, dates[i].month, dates[i].day) * DAY + dates[i].second;
        if (is_shown(session, dates[i].id) != dates[i].shown)
            fail_msg("%s: \"%s\" is %s", dates[i].name, dates[i].id,
                     dates[i].shown ? "hidden" : "shown");
    }
    jieda_session_free(session);
}

static const struct {
    const char *name, *platform, *version; /* tags; NULL: not set */
    const char *id;
    bool shown;
} tags[] = {
    {"no tag at all", NULL, NULL, "ios", false},
    {"no tag at all, nor for !=", NULL, NULL, "not_web", false},
    {"the value asked for", "ios", NULL, "ios", true},
    {"another value", "android", NULL, "ios", false},
    {"the first alternative", "ios", NULL, "mobile", true},
    {"the second alternative", "android", NULL, "mobile", true},
    {"no alternative", "web", NULL, "mobile", false},
    {"all tags hold", "ios", "3.2.1", "new_ios", true},
    {"the first of two does not", "android", "3.2.1", "new_ios", false},
    {"the second of two does not", "ios", "3.1", "new_ios", false},
    {"one of two is not set", "ios", NULL, "new_ios", false},
    {"the other of two is not set", NULL, "3.2", "new_ios", false},
    {"a value that differs", "ios", NULL, "not_web", true},
    {"the value that must differ", "web", NULL, "not_web", false},
    {"tags do not hide an entry that asks for none", "web", "0", "always", true},
};

static void every_tag_of_when_must_hold(void **state)
{
    (void)state;
    now = day_of(2026, 3, 15) * DAY;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        jieda_session *session = fixture_session(engine);

        if (tags[i].platform)
            jieda_session_set_tag(session, "platform", str(tags[i].platform), NULL);
        if (tags[i].version)
            jieda_session_set_tag(session, "version", str(tags[i].version), NULL);
        if (is_shown(session, tags[i].id) != tags[i].shown)
            fail_msg("%s: \"%s\" is %s", tags[i].name, tags[i].id,
                     tags[i].shown ? "hidden" : "shown");
        jieda_session_free(session);
    }
}

static void a_removed_tag_is_no_longer_set(void **state)
{
    jieda_session *session = fixture_session(engine);

    (void)state;
    jieda_session_set_tag(session, "platform", str("ios"), NULL);
    assert_true(is_shown(session, "ios"));
    jieda_session_set_tag(session, "platform", str(""), NULL);
    assert_false(is_shown(session, "ios"));
    jieda_session_free(session);
}

static void an_unbound_placeholder_withholds_its_entry(void **state)
{
    jieda_session *session = fixture_session(engine);
    const jieda_reply *reply;

    (void)state;
    assert_false(is_shown(session, "hotline"));
    assert_false(is_shown(session, "desk")); /* one of a link counts as well */
    assert_true(is_shown(session, "brand")); /* this one has a default */
    jieda_session_set_placeholder(session, "hotline", str("95000"), NULL);
    assert_true(is_shown(session, "hotline"));
    assert_false(is_shown(session, "desk"));
    assert_int_equal(jieda_entry(session, "hotline", &reply, NULL), JIEDA_OK);
    assert_str(reply->answer, "call 95000");
    jieda_session_set_placeholder(session, "hotline", str(""), NULL);
    assert_false(is_shown(session, "hotline"));
    jieda_session_free(session);
}

static void withholding_is_logged_without_the_visitors_text(void **state)
{
    jieda_session *session = fixture_session(engine);

    (void)state;
    captured = (logged){0};
    ask(session, "春游鲸鱼子");
    assert_int_equal(captured.lines, 1);
    assert_int_equal(captured.level, JIEDA_LOG_WARNING);
    assert_non_null(strstr(captured.last, "placeholder"));
    assert_null(strstr(captured.last, "鲸鱼"));
    assert_null(strchr(captured.last, '\n'));
    jieda_session_set_placeholder(session, "hotline", str("95000"), NULL);
    jieda_session_set_placeholder(session, "desk", str("1"), NULL);
    captured = (logged){0};
    ask(session, "春游鲸鱼子");
    assert_int_equal(captured.lines, 0);
    jieda_session_free(session);
}

int main(void)
{
    const struct CMUnitTest pure[] = {
        cmocka_unit_test(a_condition_compares),
        cmocka_unit_test(a_binding_is_set_replaced_and_removed),
        cmocka_unit_test(a_binding_has_a_name),
        cmocka_unit_test(names_and_values_are_bounded),
        cmocka_unit_test(their_number_is_bounded),
    };
    const struct CMUnitTest of_pack[] = {
        cmocka_unit_test(validity_includes_its_first_and_last_day),
        cmocka_unit_test(every_tag_of_when_must_hold),
        cmocka_unit_test(a_removed_tag_is_no_longer_set),
        cmocka_unit_test(an_unbound_placeholder_withholds_its_entry),
        cmocka_unit_test(withholding_is_logged_without_the_visitors_text),
    };
    int failed = cmocka_run_group_tests(pure, NULL, NULL);

    return failed + cmocka_run_group_tests(of_pack, open_pack, close_pack);
}
