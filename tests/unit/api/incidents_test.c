/*
 * incidents_test.c - what is wrong at the moment: read from JSON, told to those it concerns.
 */
#include "desk.h"

static fixture files;
static desk_host host;
static jieda_engine *engine;
static jieda_session *session;

static int open_desk(void **state)
{
    jieda_options options = desk_options(&host);

    (void)state;
    desk_make(&files);
    engine = fixture_open(files.kb, &options);
    return 0;
}

static int close_desk(void **state)
{
    (void)state;
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

static int new_session(void **state)
{
    (void)state;
    desk_host_forget(&host);
    session = desk_session(engine, "c1");
    return 0;
}

static int free_session(void **state)
{
    (void)state;
    jieda_session_free(session);
    desk_host_forget(&host);
    return 0;
}

/* JSON with 'single quotes'. */
static jieda_status read_json(const char *text, jieda_incidents **out, jieda_error *err)
{
    size_t len = strlen(text);
    char *json = malloc(len + 1); /* of this size, so that the sanitizer sees the end */
    jieda_status st;

    assert_non_null(json);
    for (size_t i = 0; i < len; i++)
        json[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    st = jieda_incidents_read(engine, (jieda_str){json, len}, out, err);
    free(json); /* nothing of it is kept */
    return st;
}

static jieda_incidents *incidents(const char *text)
{
    jieda_incidents *out;
    jieda_error err = {0};

    if (read_json(text, &out, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    return out;
}

#define INCIDENT(id, topics, rest)                                                                 \
    "{'id': '" id "', 'topics': [" topics "], 'notice': {'zh': '" id " 维护中'}" rest "}"
#define LIST(items) "{'incidents': [" items "]}"

static const struct {
    const char *name, *json, *asked, *incident; /* "" for none */
} topics[] = {
    {"an entry", LIST(INCIDENT("a", "'refund.eta'", "")), "退款多久到账", "a"},
    {"not another entry", LIST(INCIDENT("a", "'refund.eta'", "")), "怎么申请退款", ""},
    {"a category", LIST(INCIDENT("a", "'refund'", "")), "怎么申请退款", "a"},
    {"a category with those below it", LIST(INCIDENT("a", "'money'", "")), "怎么申请退款", "a"},
    {"not another category", LIST(INCIDENT("a", "'account'", "")), "怎么申请退款", ""},
    {"several topics", LIST(INCIDENT("a", "'account', 'refund.eta'", "")), "退款多久到账", "a"},
    {"the first of several", LIST(INCIDENT("a", "'money'", "") "," INCIDENT("b", "'refund'", "")),
     "怎么申请退款", "a"},
    {"what it concerns, not the first",
     LIST(INCIDENT("a", "'account'", "") "," INCIDENT("b", "'refund'", "")), "怎么申请退款", "b"},
    {"none at all", LIST(""), "怎么申请退款", ""},
    {"from now on", LIST(INCIDENT("a", "'refund'", ", 'from': '2026-11-02T12:00:00+08:00'")),
     "怎么申请退款", "a"},
    {"not before", LIST(INCIDENT("a", "'refund'", ", 'from': '2026-11-02T12:00:01+08:00'")),
     "怎么申请退款", ""},
    {"until then", LIST(INCIDENT("a", "'refund'", ", 'until': '2026-11-02T04:00:01Z'")),
     "怎么申请退款", "a"},
    {"and no longer", LIST(INCIDENT("a", "'refund'", ", 'until': '2026-11-02T04:00Z'")),
     "怎么申请退款", ""},
    {"in another zone", LIST(INCIDENT("a", "'refund'", ", 'until': '2026-11-01T23:30:01-04:30'")),
     "怎么申请退款", "a"},
};

static void an_incident_concerns_its_topics_in_its_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        jieda_incidents *list = incidents(topics[i].json);
        const jieda_reply *r;

        jieda_session_reset(session);
        jieda_session_set_incidents(session, list);
        r = ask(session, topics[i].asked);
        if (r->incident.len != strlen(topics[i].incident) ||
            memcmp(r->incident.ptr, topics[i].incident, r->incident.len) != 0)
            fail_msg("%s: \"%.*s\"", topics[i].name, (int)r->incident.len, r->incident.ptr);
        if (topics[i].incident[0])
            assert_holds(r->notices[0], "维护中");
        assert_true(r->answer.len > 0); /* the answer stays */
        jieda_session_set_incidents(session, NULL);
        assert_int_equal(ask(session, topics[i].asked)->incident.len, 0);
        jieda_incidents_free(list);
    }
}

static void a_notice_is_in_the_visitors_language_or_in_one_there_is(void **state)
{
    jieda_incidents *list = incidents(
        LIST("{'id': 'both', 'topics': ['refund'], 'notice': {'zh': '退款慢', 'en': 'slow'}}, "
             "{'id': 'one', 'topics': ['account'], 'notice': {'en': 'late', 'fr': 'tard'}}"));

    (void)state;
    jieda_session_set_incidents(session, list);
    assert_str(ask(session, "退款多久到账")->notices[0], "退款慢");
    assert_str(ask(session, "密码忘了")->notices[0], "late");
    jieda_session_set_language(session, "en", NULL);
    assert_str(ask(session, "退款多久到账")->notices[0], "slow");
    jieda_incidents_free(list);
}

static void a_ticket_names_its_incident(void **state)
{
    jieda_incidents *list = incidents(LIST(INCIDENT("outage", "'account'", "")));
    const jieda_reply *r;

    (void)state;
    jieda_session_set_incidents(session, list);
    r = ask(session, "账号被盗了怎么办");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->incident, "outage");
    assert_non_null(strstr(host.events[0].json, "\"incident_id\":\"outage\""));
    jieda_incidents_free(list);
}

static void an_incident_is_told_when_asking_back_too(void **state)
{
    jieda_incidents *list = incidents(LIST(INCIDENT("outage", "'refund', 'account'", "")));
    const jieda_reply *r;

    (void)state;
    jieda_session_set_incidents(session, list);
    r = ask(session, "退款密码");
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_str(r->incident, "outage");
    jieda_incidents_free(list);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static const struct {
    const char *name, *json;
    jieda_status status;
    uint32_t line, column; /* 0: not told */
    const char *message;   /* part of it */
} refusals[] = {
    {"nothing", "", JIEDA_E_FORMAT, 1, 1, "JSON"},
    {"no JSON", "{\n 'incidents': [,]}", JIEDA_E_FORMAT, 2, 16, "JSON"},
    {"Chinese before the fault counts by characters", "{'维护': ,}", JIEDA_E_FORMAT, 1, 8, "JSON"},
    {"ill-formed text", "{'incidents': [], 'x': '\xFF'}", JIEDA_E_FORMAT, 1, 25, "JSON"},
    {"another document", "{'entries': []}", JIEDA_E_FORMAT, 0, 0, "incidents"},
    {"a list", "[]", JIEDA_E_FORMAT, 0, 0, "incidents"},
    {"no object", LIST("1"), JIEDA_E_FORMAT, 0, 0, "incident 1"},
    {"no id", LIST("{'topics': ['refund'], 'notice': {'zh': 'x'}}"), JIEDA_E_FORMAT, 0, 0, "id"},
    {"an empty id", LIST(INCIDENT("", "'refund'", "")), JIEDA_E_FORMAT, 0, 0, "id"},
    {"an id of 65 bytes",
     LIST(INCIDENT("01234567890123456789012345678901234567890123456789012345678901234", "'refund'",
                   "")),
     JIEDA_E_FORMAT, 0, 0, "id"},
    {"no topics", LIST(INCIDENT("a", "", "")), JIEDA_E_FORMAT, 0, 0, "topics"},
    {"a topic that is no text", LIST(INCIDENT("a", "1", "")), JIEDA_E_FORMAT, 0, 0, "topics"},
    {"an unknown topic in the second",
     LIST(INCIDENT("a", "'refund'", "") "," INCIDENT("b", "'refunds'", "")), JIEDA_E_NOT_FOUND, 0,
     0, "incident 2: no category or entry \"refunds\""},
    {"no notice", LIST("{'id': 'a', 'topics': ['refund']}"), JIEDA_E_FORMAT, 0, 0, "notice"},
    {"a notice in no language of the pack",
     LIST("{'id': 'a', 'topics': ['refund'], 'notice': {'fr': 'x'}}"), JIEDA_E_FORMAT, 0, 0,
     "language"},
    {"an empty notice", LIST("{'id': 'a', 'topics': ['refund'], 'notice': {'zh': ''}}"),
     JIEDA_E_FORMAT, 0, 0, "notice"},
    {"a time without a zone", LIST(INCIDENT("a", "'refund'", ", 'from': '2026-11-02T12:00:00'")),
     JIEDA_E_FORMAT, 0, 0, "from"},
    {"no such month", LIST(INCIDENT("a", "'refund'", ", 'until': '2026-13-02T12:00:00Z'")),
     JIEDA_E_FORMAT, 0, 0, "until"},
    {"a time that is a number", LIST(INCIDENT("a", "'refund'", ", 'until': 5")), JIEDA_E_FORMAT, 0,
     0, "until"},
    {"something behind the time",
     LIST(INCIDENT("a", "'refund'", ", 'until': '2026-11-02T12:00:00Zx'")), JIEDA_E_FORMAT, 0, 0,
     "until"},
};

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        jieda_incidents *out = (jieda_incidents *)(void *)&files;
        jieda_error err = {0};
        jieda_status st = read_json(refusals[i].json, &out, &err);

        if (st != refusals[i].status || out || err.status != st || err.line != refusals[i].line ||
            err.column != refusals[i].column || !strstr(err.message, refusals[i].message))
            fail_msg("%s: %s, %u:%u: %s", refusals[i].name, jieda_status_name(st), err.line,
                     err.column, err.message);
        assert_int_not_equal(read_json(refusals[i].json, &out, NULL), JIEDA_OK);
    }
}

static void there_is_a_limit(void **state)
{
    static char json[16 * 1024];
    jieda_incidents *out;
    jieda_error err = {0};

    (void)state;
    for (int count = 64; count <= 65; count++) {
        strcpy(json, "{'incidents': [");
        for (int i = 0; i < count; i++)
            snprintf(json + strlen(json), sizeof json - strlen(json),
                     "%s{'id': 'i%d', 'topics': ['refund'], 'notice': {'zh': 'x'}}", i ? "," : "",
                     i);
        strcat(json, "]}");
        assert_int_equal(read_json(json, &out, &err), count == 64 ? JIEDA_OK : JIEDA_E_LIMIT);
        jieda_incidents_free(out);
    }
    assert_int_equal(jieda_incidents_read(NULL, str("{}"), &out, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_incidents_read(engine, str("{}"), NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_incidents_read(engine, (jieda_str){NULL, 3}, &out, &err),
                     JIEDA_E_INVALID);
    jieda_incidents_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_incident_concerns_its_topics_in_its_time),
        TEST(a_notice_is_in_the_visitors_language_or_in_one_there_is),
        TEST(a_ticket_names_its_incident),
        TEST(an_incident_is_told_when_asking_back_too),
        TEST(what_is_wrong_is_named),
        TEST(there_is_a_limit),
    };

    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
