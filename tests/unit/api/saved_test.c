/*
 * saved_test.c - a conversation goes on elsewhere: in another engine, over another knowledge base;
 * and told again it is the same to the byte.
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

typedef struct bytes {
    char *ptr;
    size_t len;
} bytes;

static bytes saved(jieda_session *s)
{
    bytes out;
    jieda_str text;
    jieda_error err = {0};

    if (jieda_session_save(s, &text, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    out = (bytes){malloc(text.len), text.len};
    assert_non_null(out.ptr);
    memcpy(out.ptr, text.ptr, text.len);
    return out;
}

static void load(jieda_session *s, bytes from)
{
    jieda_error err = {0};

    if (jieda_session_load(s, from.ptr, from.len, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

static void another_engine_goes_on(void **state)
{
    jieda_options options = desk_options(&host);
    jieda_engine *other = fixture_open(files.kb, &options);
    jieda_session *s = fixture_session(other);
    const jieda_message *list;
    const jieda_reply *r;
    jieda_ticket ticket;
    size_t count;
    bytes state_bytes;

    (void)state;
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    state_bytes = saved(session);
    assert_true(state_bytes.len < 400);
    load(s, state_bytes);
    r = ask(s, "zzzzz vvvvv"); /* the second miss */
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_string_equal(host.events[0].conversation, "c1");
    free(state_bytes.ptr);
    state_bytes = saved(s);
    load(session, state_bytes);
    assert_int_equal(jieda_session_ticket(session, &ticket), JIEDA_OWNER_QUEUE);
    assert_str(ticket.id, host.events[0].ticket_id);
    ask(session, "喂");
    assert_int_equal(host.events[1].event, JIEDA_HANDOFF_MESSAGE);
    assert_string_equal(host.events[1].ticket_id, host.events[0].ticket_id);
    assert_int_equal(jieda_transcript(session, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, 6);
    assert_str(list[0].text, "qqqqq");
    free(state_bytes.ptr);
    jieda_session_free(s);
    jieda_close(other);
}

static void settings_are_the_sessions(void **state)
{
    jieda_session *s = fixture_session(engine);
    bytes state_bytes;

    (void)state;
    jieda_session_set_language(session, "en", NULL);
    jieda_session_set_tag(session, "version", str("2"), NULL);
    state_bytes = saved(session);
    load(s, state_bytes);
    assert_str(ask(s, "退款多久到账")->language, "zh");
    assert_int_not_equal(ask(s, "体验版新功能介绍")->decision, JIEDA_DECISION_ANSWER);
    load(session, state_bytes);
    assert_str(ask(session, "退款多久到账")->language, "en");
    free(state_bytes.ptr);
    jieda_session_free(s);
}

static void what_is_refused_leaves_the_session_as_it_was(void **state)
{
    bytes state_bytes;
    jieda_error err = {0};

    (void)state;
    ask(session, "qqqqq");
    state_bytes = saved(session);
    for (size_t i = 0; i < state_bytes.len; i++) {
        jieda_status st;

        state_bytes.ptr[i] ^= 0x55;
        st = jieda_session_load(session, state_bytes.ptr, state_bytes.len, &err);
        assert_int_equal(st, i == 3 ? JIEDA_E_VERSION : JIEDA_E_FORMAT);
        assert_true(err.message[0] != '\0');
        state_bytes.ptr[i] ^= 0x55;
        assert_int_not_equal(jieda_session_load(session, state_bytes.ptr, i, NULL), JIEDA_OK);
    }
    assert_int_equal(jieda_session_load(session, NULL, 0, &err), JIEDA_E_FORMAT);
    assert_int_equal(jieda_session_load(session, NULL, 5, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_load(NULL, state_bytes.ptr, state_bytes.len, &err),
                     JIEDA_E_INVALID);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_HANDOFF); /* the second */
    free(state_bytes.ptr);
}

static void a_conversations_name_is_a_line_of_text(void **state)
{
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";

    (void)state;
    assert_int_equal(jieda_session_set_conversation(session, str(""), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_set_conversation(session, str("a\tb"), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_set_conversation(session, str("\xE9"), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_set_conversation(session, (jieda_str){longest, 65}, NULL),
                     JIEDA_E_INVALID);
    assert_int_equal(jieda_session_set_conversation(NULL, str("a"), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_set_conversation(session, str(longest), NULL), JIEDA_OK);
    ask(session, "转人工");
    assert_string_equal(host.events[0].conversation, longest);
}

/* ---- over a newer knowledge base ------------------------------------------------------------- */

/* The same pack with one refund entry only; entries are numbered anew. */
static const char fewer_entries[] =
    "{'entries': [{'id': 'refund.eta', 'title': {'zh': '退款多久到账', 'en': 'Refund'},"
    " 'category': 'refund', 'questions': {'zh': ['退款多久到账']},"
    " 'answers': [{'lang': 'zh', 'text': '一到三天。'}, {'lang': 'en', 'text': 'Days.'}]}]}";
static const char fewer_policy[] = "{'format': 1, 'misses_before_handoff': 5}";

static void make_fewer(fixture *f)
{
    fixture_folder(f);
    fixture_write(f, "pack.json", shop_pack);
    fixture_write(f, "entries.json", fewer_entries);
    fixture_write(f, "rules.json",
                  "{'format': 1, 'rules': [{'id': 'choose', 'intent': 'choose', 'action': 'choose',"
                  " 'patterns': ['^(?<n>[0-9])$'], 'examples': {'match': ['2']}}]}");
    fixture_write(f, "policy.json", fewer_policy);
    fixture_compile(f);
}

static void what_a_newer_knowledge_base_has_not_is_forgotten(void **state)
{
    static const char *const said[] = {"1", "2", "3", "9", "那多久", "都不是", "退款多久到账"};
    jieda_options options = desk_options(&host);
    jieda_engine *newer, *timid; /* that is never sure, and so asks back */
    jieda_session *s, *asked;
    bytes state_bytes;
    fixture other;

    (void)state;
    make_fewer(&other);
    newer = fixture_open(other.kb, &options);
    options.answer_confidence_min_info = options.answer_confidence_min_money = 1.0f;
    options.option_confidence_min = 0.0f;
    timid = fixture_open(files.kb, &options);
    s = fixture_session(newer);
    asked = fixture_session(timid);
    assert_int_equal(jieda_entry(asked, "refund.apply", &(const jieda_reply *){NULL}, NULL),
                     JIEDA_OK);
    assert_int_equal(ask(asked, "退款密码")->option_count, 3); /* of which one is still there */
    state_bytes = saved(asked);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const jieda_reply *r;

        load(s, state_bytes);
        r = ask(s, said[i]);
        for (size_t k = 0; k < r->option_count; k++)
            assert_str(r->options[k].entry_id, "refund.eta");
        if (r->entry_id.len > 0)
            assert_str(r->entry_id, "refund.eta");
    }
    free(state_bytes.ptr);
    jieda_session_free(asked);
    jieda_session_free(s);
    jieda_close(timid);
    jieda_close(newer);
    fixture_remove(&other);
}

static void an_open_ticket_never_is(void **state)
{
    jieda_options options = desk_options(&host);
    jieda_engine *newer;
    jieda_session *s;
    const jieda_reply *r;
    bytes state_bytes;
    fixture other;

    (void)state;
    make_fewer(&other);
    newer = fixture_open(other.kb, &options);
    s = fixture_session(newer);
    host.result = JIEDA_HANDOFF_FAILED;
    ask(session, "我要投诉"); /* its queue and its entry are gone in the newer one */
    state_bytes = saved(session);
    load(s, state_bytes);
    host.result = JIEDA_HANDOFF_ACCEPTED;
    r = ask(s, "喂");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->ticket.id, host.events[0].ticket_id);
    assert_str(r->ticket.queue, "complaints");
    assert_string_equal(host.events[1].key, host.events[0].key);
    assert_int_equal(host.events[1].event, JIEDA_HANDOFF_OPENED);
    assert_int_equal(jieda_handoff_cancel(s, &r, NULL), JIEDA_OK);
    free(state_bytes.ptr);
    jieda_session_free(s);
    jieda_close(newer);
    fixture_remove(&other);
}

/* ---- told again ------------------------------------------------------------------------------ */

/* A conversation of everything; all it leaves, one after the other. */
static void tell(jieda_engine *with, desk_host *to, char out[DESK_TEXT_BYTES])
{
    static const char *const said[] = {
        "你好",
        "怎么申请退款",
        "我的手机13800138000，订单号2026110212",
        "退款密码",
        "1",
        "没用",
        "转人工",
        "快点，邮箱a.b@example.com",
        "我被骗了",
        "发我聊天记录",
        "密码是abc123",
    };
    jieda_session *s = desk_session(with, "told-again");
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_SATISFACTION, .stars = 4, .comment = {"好", 3}};
    bytes state_bytes;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const jieda_reply *r = ask(s, said[i]);

        to->now += 7;
        desk_append(out, r->decision_id, " ");
        desk_append(out, r->answer, " ");
        desk_append(out, r->prompt, "\n");
    }
    jieda_handoff_accepted(s, str("小王"), NULL);
    jieda_handoff_said(s, str("您的13800138000收到短信了吗"), NULL);
    jieda_handoff_closed(s, NULL);
    assert_int_equal(jieda_feedback_give(s, &f, NULL, NULL), JIEDA_OK);
    ask(s, "还没解决");
    for (size_t i = 0; i < to->event_count; i++) {
        desk_append(out, str(to->events[i].key), " ");
        desk_append(out, str(to->events[i].json), "\n");
    }
    state_bytes = saved(s);
    for (size_t i = 0; i < state_bytes.len; i++) {
        char hex[3];

        snprintf(hex, sizeof hex, "%02x", (unsigned char)state_bytes.ptr[i]);
        desk_append(out, str(hex), "");
    }
    free(state_bytes.ptr);
    jieda_session_free(s);
}

static void a_conversation_told_again_gives_the_same_bytes(void **state)
{
    static char first[DESK_TEXT_BYTES], again[DESK_TEXT_BYTES];
    jieda_options options = desk_options(&host);
    jieda_engine *other = fixture_open(files.kb, &options);

    (void)state;
    tell(engine, &host, first);
    assert_true(host.event_count >= 4);
    desk_host_forget(&host);
    tell(engine, &host, again);
    assert_string_equal(again, first);
    desk_host_forget(&host);
    tell(other, &host, again);
    assert_string_equal(again, first);
    jieda_close(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_engine_goes_on),
        TEST(settings_are_the_sessions),
        TEST(what_is_refused_leaves_the_session_as_it_was),
        TEST(a_conversations_name_is_a_line_of_text),
        TEST(what_a_newer_knowledge_base_has_not_is_forgotten),
        TEST(an_open_ticket_never_is),
        TEST(a_conversation_told_again_gives_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
