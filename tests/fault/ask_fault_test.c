/*
 * ask_fault_test.c - each allocation of a call on a session fails once, and then all from there on.
 *
 * Ours must come back as JIEDA_E_NOMEM; SQLite's may also be tolerated, and then the result must be
 * whole: a list cut short in silence is the bug this test is for. Whatever failed, the dialog is as
 * it was before, to the byte, and the session answers as if nothing had happened; a hook that was
 * called before the failure is called again with the same ticket and the same key.
 *
 * Each call runs on a fresh session, where it opens a connection and prepares statements, and on
 * one that was asked before. SQLite makes a thousand allocations a call, most of them alike: of
 * these, all fail for the first call, every nineteenth or fewer for the others. Of cJSON's, which
 * are as many in an explanation, each fails once on a fresh session, every seventh otherwise.
 */
#include "fault/faulty.h"
#include "unit/api/shop.h"

static fixture files;
static char last_key[48]; /* of the hook's last call; "" = none since it was emptied */

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    snprintf(last_key, sizeof last_key, "%.*s", (int)handoff->idempotency_key.len,
             handoff->idempotency_key.ptr);
    return JIEDA_HANDOFF_ACCEPTED;
}

static int64_t at_noon(void *ctx)
{
    (void)ctx;
    return 1793592000; /* 2026-11-02T12:00:00+08:00 */
}

static void remember_a_conversation(void);

static int make_shop(void **state)
{
    char lexicon[512];

    (void)state;
    fixture_folder(&files);
    fixture_write(&files, "pack.json", shop_pack);
    fixture_write(&files, "entries.json", shop_entries);
    fixture_write_small_lexicon(&files, lexicon);
    fixture_compile_with(&files, lexicon);
    remember_a_conversation();
    return 0;
}

static int remove_shop(void **state)
{
    (void)state;
    fixture_remove(&files);
    return 0;
}

/* ---- the calls, each with all it gives as text ----------------------------------------------- */

typedef struct digest {
    char text[64 * 1024];
    size_t len;
} digest;

static void put(digest *d, jieda_str text)
{
    assert_true(d->len + text.len + 2 < sizeof d->text);
    if (text.len)
        memcpy(d->text + d->len, text.ptr, text.len);
    d->len += text.len;
    d->text[d->len++] = '|';
    d->text[d->len] = '\0';
}

static void put_number(digest *d, double number)
{
    char text[32];

    snprintf(text, sizeof text, "%.6g", number);
    put(d, str(text));
}

static void put_options(digest *d, const jieda_option *list, size_t count)
{
    put_number(d, (double)count);
    for (size_t i = 0; i < count; i++) {
        put(d, list[i].entry_id);
        put(d, list[i].title);
    }
}

static void put_reply(digest *d, const jieda_reply *r)
{
    put_number(d, r->decision);
    put(d, r->language);
    put(d, r->entry_id);
    put(d, r->title);
    put(d, r->answer);
    put(d, r->intent);
    put(d, r->why);
    for (size_t i = 0; i < r->step_count; i++)
        put(d, r->steps[i]);
    for (size_t i = 0; i < r->action_count; i++) {
        put(d, r->actions[i].label);
        put(d, r->actions[i].link);
    }
    for (size_t i = 0; i < r->need_count; i++)
        put(d, r->needs[i]);
    put_options(d, r->related, r->related_count);
    put_options(d, r->options, r->option_count);
    for (size_t i = 0; i < r->candidate_count; i++) {
        put(d, r->candidates[i].entry_id);
        put(d, r->candidates[i].title);
        put(d, r->candidates[i].question);
        put_number(d, (double)r->candidates[i].confidence);
    }
    put_number(d, r->handoff_accepted);
    put(d, r->ticket.id);
    put(d, str(r->ticket.reason));
    put(d, r->prompt);
    for (size_t i = 0; i < r->notice_count; i++)
        put(d, r->notices[i]);
    for (size_t i = 0; i < r->slot_count; i++)
        put(d, r->slots[i].value);
}

static jieda_status do_ask(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_reply *reply;
    jieda_status st = jieda_ask(s, str(text), &reply, err);

    assert_int_equal(reply != NULL, st == JIEDA_OK);
    if (st == JIEDA_OK)
        put_reply(d, reply);
    return st;
}

static jieda_status do_entry(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_reply *reply = (const jieda_reply *)(const void *)&files;
    jieda_status st = jieda_entry(s, text, &reply, err);

    assert_int_equal(reply != NULL, st == JIEDA_OK);
    if (st == JIEDA_OK)
        put_reply(d, reply);
    return st;
}

static jieda_status do_explain(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    jieda_str json;
    jieda_status st = jieda_explain(s, str(text), "account.password", &json, err);

    assert_int_equal(json.ptr != NULL, st == JIEDA_OK);
    if (st == JIEDA_OK)
        put(d, json);
    return st;
}

static jieda_status do_suggest(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_option *list;
    size_t count;
    jieda_status st = jieda_suggest(s, str(text), 10, &list, &count, err);

    if (st == JIEDA_OK)
        put_options(d, list, count);
    return st;
}

static jieda_status do_entries(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_option *list;
    size_t count;
    jieda_status st = jieda_entries(s, text, &list, &count, err);

    if (st == JIEDA_OK)
        put_options(d, list, count);
    return st;
}

static jieda_status do_categories(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_category *list;
    size_t count;
    jieda_status st = jieda_categories(s, &list, &count, err);

    (void)text;
    for (size_t i = 0; st == JIEDA_OK && i < count; i++) {
        put(d, list[i].id);
        put(d, list[i].parent);
        put(d, list[i].title);
        put_number(d, list[i].entry_count);
    }
    return st;
}

static jieda_status do_tokens(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_token *list;
    jieda_str normalized;
    size_t count;
    jieda_status st = jieda_tokens(s, str(text), &list, &count, &normalized, err);

    for (size_t i = 0; st == JIEDA_OK && i < count; i++)
        put(d, list[i].text);
    if (st == JIEDA_OK)
        put(d, normalized);
    return st;
}

static jieda_status do_request(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_reply *reply;
    jieda_status st = jieda_handoff_request(s, &reply, err);

    (void)text;
    assert_int_equal(reply != NULL, st == JIEDA_OK);
    if (st == JIEDA_OK)
        put_reply(d, reply);
    return st;
}

static jieda_status do_feedback(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_UNHELPFUL, .comment = str(text)};
    const jieda_reply *reply;
    jieda_status st = jieda_feedback_give(s, &f, &reply, err);

    assert_int_equal(reply != NULL, st == JIEDA_OK);
    if (st == JIEDA_OK)
        put_reply(d, reply);
    return st;
}

static jieda_status do_save(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    jieda_str bytes;
    jieda_status st = jieda_session_save(s, &bytes, err);

    (void)text;
    assert_int_equal(bytes.ptr != NULL, st == JIEDA_OK);
    for (size_t i = 0; st == JIEDA_OK && i < bytes.len; i++)
        put_number(d, (unsigned char)bytes.ptr[i]);
    return st;
}

/* A conversation saved before, and what was said in it. */
static char told[1024];
static size_t told_len;

static jieda_status do_load(jieda_session *s, const char *text, digest *d, jieda_error *err)
{
    const jieda_message *list;
    const jieda_reply *reply;
    size_t count;
    jieda_status st = jieda_session_load(s, told, told_len, err);

    if (st == JIEDA_OK)
        st = jieda_transcript(s, &list, &count, err);
    for (size_t i = 0; st == JIEDA_OK && i < count; i++)
        put(d, list[i].text);
    if (st == JIEDA_OK)
        st = jieda_ask(s, str(text), &reply, err);
    if (st == JIEDA_OK)
        put_reply(d, reply);
    return st;
}

static const struct {
    const char *name;
    jieda_status (*run)(jieda_session *, const char *, digest *, jieda_error *);
    const char *text;
    size_t stride; /* of SQLite's allocations that fail */
} calls[] = {
    {"an answer with steps, actions, needs and links", do_ask, "怎么申请退款", 1},
    {"an answer in English", do_ask, "how long does a refund take", 19},
    {"a search by sound", do_ask, "zenme shenqing tuikuan", 19},
    {"small talk", do_ask, "你好", 19},
    {"a handoff", do_ask, "账号被盗了怎么办", 19},
    {"an entry with a tag among the candidates", do_ask, "体验版新功能介绍", 19},
    {"an explanation", do_explain, "忘记密码怎么办，退款", 19},
    {"type-ahead", do_suggest, "tuikuan", 19},
    {"one entry", do_entry, "refund.apply", 19},
    {"entries of a category", do_entries, "account", 19},
    {"categories", do_categories, "", 19},
    {"tokens", do_tokens, "怎么申请退款１２", 19},
    {"personal data", do_ask, "怎么申请退款，我的手机13800138000", 89},
    {"a person by button", do_request, "", 89},
    {"feedback", do_feedback, "打13800138000给我", 89},
    {"saving", do_save, "", 89},
    {"loading and going on", do_load, "怎么申请退款", 89},
};

/* ---- failing --------------------------------------------------------------------------------- */

enum { OURS, SQLITE, CJSON };

static jieda_engine *open_engine(const jieda_allocator *allocator)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    options.allocator = allocator;
    options.handoff = on_handoff;
    options.clock = at_noon;
    return fixture_open(files.kb, &options);
}

static jieda_session *new_session(const jieda_engine *engine)
{
    jieda_session *session = fixture_session(engine);

    jieda_session_set_tag(session, "version", str("2"), NULL);
    assert_int_equal(jieda_session_set_conversation(session, str("c1"), NULL), JIEDA_OK);
    return session;
}

/* The first miss of two. */
static void warm_up(jieda_session *session)
{
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
}

typedef struct snapshot {
    char bytes[1024];
    size_t len;
} snapshot;

static void take_snapshot(jieda_session *session, snapshot *out)
{
    jieda_str bytes;

    assert_int_equal(jieda_session_save(session, &bytes, NULL), JIEDA_OK);
    assert_true(bytes.len < sizeof out->bytes);
    memcpy(out->bytes, bytes.ptr, bytes.len);
    out->len = bytes.len;
}

static void remember_a_conversation(void)
{
    jieda_engine *engine = open_engine(NULL);
    jieda_session *session = new_session(engine);
    jieda_str bytes;

    ask(session, "退款多久到账");
    assert_int_equal(jieda_session_save(session, &bytes, NULL), JIEDA_OK);
    assert_true(bytes.len <= sizeof told);
    memcpy(told, bytes.ptr, bytes.len);
    told_len = bytes.len;
    jieda_session_free(session);
    jieda_close(engine);
}

/* One call with allocation n failing. @return whether there was an allocation n. */
static bool call_with_fault(size_t which, int memory, size_t n, bool for_ever, bool warm,
                            const digest *expected)
{
    static digest actual;
    fault own = {0}, *const faults[] = {&own, &sqlite_fault, &cjson_fault};
    fault *struck = faults[memory];
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_engine *engine = open_engine(&allocator);
    jieda_session *session = new_session(engine);
    snapshot before, after;
    jieda_error err = {0};
    jieda_status st;

    actual.len = 0;
    if (warm)
        warm_up(session);
    take_snapshot(session, &before);
    last_key[0] = '\0';
    fault_arm(struck, n, for_ever);
    st = calls[which].run(session, calls[which].text, &actual, &err);
    fault_disarm(struck);
    if (st == JIEDA_OK) {
        if (strcmp(actual.text, expected->text) != 0)
            fail_msg("%s, allocation %zu: in silence \"%.300s\" instead of \"%.300s\"",
                     calls[which].name, n, actual.text, expected->text);
        if (struck->fired && memory != SQLITE)
            fail_msg("%s, allocation %zu: failed unnoticed", calls[which].name, n);
    } else {
        if (memory == SQLITE ? !is_failure_of_sqlite(st, &err)
                             : st != JIEDA_E_NOMEM || err.status != st || err.message[0] == '\0')
            fail_msg("%s, allocation %zu: %s, \"%s\"", calls[which].name, n, jieda_status_name(st),
                     err.message);
        char failed_key[sizeof last_key];

        memcpy(failed_key, last_key, sizeof last_key);
        take_snapshot(session, &after);
        if (calls[which].run != do_load) { /* which is two calls, of which the first may be done */
            assert_int_equal(after.len, before.len);
            assert_memory_equal(after.bytes, before.bytes, before.len);
        }
        actual.len = 0;
        if (calls[which].run(session, calls[which].text, &actual, &err) != JIEDA_OK)
            fail_msg("%s, after allocation %zu failed: %s", calls[which].name, n, err.message);
        if (strcmp(actual.text, expected->text) != 0)
            fail_msg("%s, after allocation %zu failed: \"%.300s\" instead of \"%.300s\"",
                     calls[which].name, n, actual.text, expected->text);
        if (failed_key[0])
            assert_string_equal(last_key, failed_key);
    }
    jieda_session_free(session);
    jieda_close(engine);
    if (own.alive != 0)
        fail_msg("%s, allocation %zu: %zu blocks leak", calls[which].name, n, own.alive);
    return struck->fired;
}

static void call_with_faults(int memory)
{
    static digest expected;

    for (size_t which = 0; which < sizeof calls / sizeof *calls; which++) {
        for (int i = 0; i < 4; i++) {
            bool for_ever = i & 1, warm = i & 2;
            jieda_engine *engine = open_engine(NULL);
            jieda_session *session = new_session(engine);
            size_t step = memory == OURS    ? 1
                          : memory == CJSON ? (i > 0 ? 7 : 1)
                                            : calls[which].stride * (for_ever ? 3 : 1),
                   n = 0;

            expected.len = 0;
            if (warm)
                warm_up(session);
            assert_int_equal(calls[which].run(session, calls[which].text, &expected, NULL),
                             JIEDA_OK);
            assert_true(expected.len > 10);
            jieda_session_free(session);
            jieda_close(engine);
            if (memory == SQLITE && warm != (which > 0))
                continue;
            while (call_with_fault(which, memory, n, for_ever, warm, &expected))
                n += step;
            if (memory == OURS && !warm)
                assert_true(n > 0);
        }
    }
}

static void each_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    call_with_faults(OURS);
}

static void each_allocation_of_sqlite_may_fail(void **state)
{
    (void)state;
    call_with_faults(SQLITE);
}

static void each_allocation_of_cjson_may_fail(void **state)
{
    (void)state;
    call_with_faults(CJSON);
}

/* A request's arena asks the allocator for large blocks and rarely, so the tests above meet few of
 * its allocations. Its bound is another way to run out, and a finer one: it may stop at any of
 * them. */
static void a_request_may_reach_its_bound_anywhere(void **state)
{
    static digest expected, actual;

    (void)state;
    for (size_t which = 0; which < sizeof calls / sizeof *calls; which++) {
        jieda_options options = JIEDA_OPTIONS_INIT;
        jieda_engine *engine = open_engine(NULL);
        jieda_session *session = new_session(engine);
        bool enough = false;

        expected.len = 0;
        assert_int_equal(calls[which].run(session, calls[which].text, &expected, NULL), JIEDA_OK);
        jieda_session_free(session);
        jieda_close(engine);
        for (size_t bytes = 0; !enough; bytes += bytes < 4096 ? 256 : 64 + bytes / 128) {
            jieda_error err = {0};
            jieda_status st;

            options.request_bytes_max = bytes;
            options.handoff = on_handoff;
            options.clock = at_noon;
            engine = fixture_open(files.kb, &options);
            session = new_session(engine);
            actual.len = 0;
            last_key[0] = '\0';
            st = calls[which].run(session, calls[which].text, &actual, &err);
            enough = st == JIEDA_OK;
            if (enough ? strcmp(actual.text, expected.text) != 0
                       : st != JIEDA_E_NOMEM || err.status != st)
                fail_msg("%s in %zu bytes: %s, \"%.300s\"", calls[which].name, bytes,
                         jieda_status_name(st), enough ? actual.text : err.message);
            jieda_session_free(session);
            jieda_close(engine);
        }
    }
}

/* cJSON does not say why it gives up, so that what it cannot read for want of memory is no JSON. */
static void reading_incidents_may_fail_anywhere(void **state)
{
    static const char json[] =
        "{\"incidents\": [{\"id\": \"a\", \"topics\": [\"refund\", \"chat.hello\"],"
        " \"notice\": {\"zh\": \"x\"}, \"from\": \"2026-11-02T12:00:00Z\"}]}";

    (void)state;
    for (int memory = OURS; memory <= CJSON; memory++) {
        for (size_t n = 0;; n++) {
            fault own = {0}, *const faults[] = {&own, &sqlite_fault, &cjson_fault};
            jieda_allocator allocator = {faulty_resize, &own};
            jieda_engine *engine = open_engine(&allocator);
            jieda_incidents *incidents;
            jieda_error err = {0};
            jieda_status st;
            bool fired;

            fault_arm(faults[memory], n, false);
            st = jieda_incidents_read(engine, str(json), &incidents, &err);
            fault_disarm(faults[memory]);
            fired = faults[memory]->fired;
            assert_int_equal(incidents != NULL, st == JIEDA_OK);
            if (fired && memory != SQLITE && st != JIEDA_E_NOMEM &&
                !(memory == CJSON && st == JIEDA_E_FORMAT))
                fail_msg("allocation %zu: %s", n, jieda_status_name(st));
            jieda_incidents_free(incidents);
            jieda_close(engine);
            assert_int_equal(own.alive, 0);
            if (!fired)
                break;
        }
    }
}

static void sqlite_gets_everything_back(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_memory_used(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ours_may_fail),
        cmocka_unit_test(each_allocation_of_sqlite_may_fail),
        cmocka_unit_test(each_allocation_of_cjson_may_fail),
        cmocka_unit_test(a_request_may_reach_its_bound_anywhere),
        cmocka_unit_test(reading_incidents_may_fail_anywhere),
        cmocka_unit_test(sqlite_gets_everything_back),
    };

    faulty_libraries();
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
