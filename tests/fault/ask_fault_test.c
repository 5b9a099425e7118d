/*
 * ask_fault_test.c - each allocation of a call on a session fails once, and then all from there on.
 *
 * Ours must come back as JIEDA_E_NOMEM; SQLite's may also be tolerated, and then the result must be
 * whole: a list cut short in silence is the bug this test is for. Whatever failed, no hook was
 * called, the dialog is as it was before, and the session answers as if nothing had happened.
 *
 * Each call runs on a fresh session, where it opens a connection and prepares statements, and on
 * one that was asked before. SQLite makes a thousand allocations a call, most of them alike: of
 * these, all fail for the first call, every nineteenth for the others.
 */
#include "fault/faulty.h"
#include "unit/api/shop.h"

static fixture files;
static int hook_calls;

static bool on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    (void)handoff;
    hook_calls++;
    return true;
}

static int make_shop(void **state)
{
    char lexicon[512];

    (void)state;
    fixture_folder(&files);
    fixture_write(&files, "pack.json", shop_pack);
    fixture_write(&files, "entries.json", shop_entries);
    fixture_write_small_lexicon(&files, lexicon);
    fixture_compile_with(&files, lexicon);
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

static const struct {
    const char *name;
    jieda_status (*run)(jieda_session *, const char *, digest *, jieda_error *);
    const char *text;
} calls[] = {
    {"an answer with steps, actions, needs and links", do_ask, "怎么申请退款"},
    {"an answer in English", do_ask, "how long does a refund take"},
    {"a search by sound", do_ask, "zenme shenqing tuikuan"},
    {"small talk", do_ask, "你好"},
    {"a handoff", do_ask, "账号被盗了怎么办"},
    {"an entry with a tag among the candidates", do_ask, "体验版新功能介绍"},
    {"an explanation", do_explain, "忘记密码怎么办，退款"},
    {"type-ahead", do_suggest, "tuikuan"},
    {"one entry", do_entry, "refund.apply"},
    {"entries of a category", do_entries, "account"},
    {"categories", do_categories, ""},
    {"tokens", do_tokens, "怎么申请退款１２"},
};

/* ---- failing --------------------------------------------------------------------------------- */

enum { OURS, SQLITE, CJSON };

static jieda_engine *open_engine(const jieda_allocator *allocator)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    options.allocator = allocator;
    options.handoff = on_handoff;
    return fixture_open(files.kb, &options);
}

static jieda_session *new_session(const jieda_engine *engine)
{
    jieda_session *session = fixture_session(engine);

    jieda_session_set_tag(session, "version", str("2"), NULL);
    return session;
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
    jieda_error err = {0};
    jieda_status st;

    actual.len = 0;
    if (warm) /* the first miss of two: a failed call must not forget it */
        assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    hook_calls = 0;
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
        assert_int_equal(hook_calls, 0);
        /* The dialog is as before: warm, the next miss is the second; fresh, it is the first. */
        assert_int_equal(ask(session, "qqqqq")->decision,
                         warm ? JIEDA_DECISION_HANDOFF : JIEDA_DECISION_CLARIFY);
        jieda_session_reset(session);
        actual.len = 0;
        if (calls[which].run(session, calls[which].text, &actual, &err) != JIEDA_OK)
            fail_msg("%s, after allocation %zu failed: %s", calls[which].name, n, err.message);
        if (strcmp(actual.text, expected->text) != 0)
            fail_msg("%s, after allocation %zu failed: \"%.300s\" instead of \"%.300s\"",
                     calls[which].name, n, actual.text, expected->text);
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
        jieda_engine *engine = open_engine(NULL);
        jieda_session *session = new_session(engine);

        expected.len = 0;
        assert_int_equal(calls[which].run(session, calls[which].text, &expected, NULL), JIEDA_OK);
        assert_true(expected.len > 10);
        jieda_session_free(session);
        jieda_close(engine);
        for (int i = 0; i < 4; i++) {
            bool for_ever = i & 1, warm = i & 2;
            size_t step = memory != SQLITE ? 1 : for_ever ? 41 : which > 0 ? 19 : 1, n = 0;

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
            engine = fixture_open(files.kb, &options);
            session = new_session(engine);
            actual.len = 0;
            hook_calls = 0;
            st = calls[which].run(session, calls[which].text, &actual, &err);
            enough = st == JIEDA_OK;
            if (enough ? strcmp(actual.text, expected.text) != 0
                       : st != JIEDA_E_NOMEM || err.status != st || hook_calls > 0)
                fail_msg("%s in %zu bytes: %s, \"%.300s\"", calls[which].name, bytes,
                         jieda_status_name(st), enough ? actual.text : err.message);
            jieda_session_free(session);
            jieda_close(engine);
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
        cmocka_unit_test(sqlite_gets_everything_back),
    };

    faulty_libraries();
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
