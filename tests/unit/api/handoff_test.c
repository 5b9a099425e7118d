/*
 * handoff_test.c - from "I want a person" to the end of a ticket, as a host and a visitor see it.
 */
#include "desk.h"

#define HOUR ((int64_t)3600)

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

static jieda_ticket ticket(void)
{
    jieda_ticket t;

    jieda_session_ticket(session, &t);
    return t;
}

static jieda_owner owner(void)
{
    jieda_ticket t;

    return jieda_session_ticket(session, &t);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void what_the_visitor_is_told(void **state)
{
    const jieda_reply *r = ask(session, "转人工");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_true(r->handoff_accepted);
    assert_str(r->rule, "person");
    assert_str(r->why, "rule");
    assert_int_equal(r->ticket.state, JIEDA_TICKET_QUEUED);
    assert_string_equal(r->ticket.reason, "requested");
    assert_str(r->ticket.queue, "general");
    assert_true(r->ticket.stored);
    assert_int_equal(r->ticket.due, host.now + 15 * 60);
    assert_holds(r->prompt, "已为您转接人工");
    assert_holds(r->prompt, "约 10 分钟");
    assert_holds(r->prompt, host.events[0].ticket_id);
    assert_int_equal(owner(), JIEDA_OWNER_QUEUE);
}

static const struct {
    const char *name, *said;
    int64_t after; /* noon, seconds */
    jieda_handoff_result result;
    const char *language, *told, *untold; /* NULL: anything goes */
} openings[] = {
    {"in English", "human agent", 0, JIEDA_HANDOFF_ACCEPTED, "en", "about 10 min", "{{"},
    {"busy", "转人工", 0, JIEDA_HANDOFF_BUSY, "zh", "咨询较多", "10 分钟"},
    {"after hours, by the policy", "转人工", 11 * HOUR, JIEDA_HANDOFF_ACCEPTED, "zh",
     "下次服务时间：11月3日 08:00", "已为您转接"},
    {"after hours, due in the morning", "转人工", 11 * HOUR, JIEDA_HANDOFF_ACCEPTED, "zh",
     "11月3日 08:15前", NULL},
    {"after hours in English", "human agent", 11 * HOUR, JIEDA_HANDOFF_ACCEPTED, "en",
     "2026-11-03 08:00", NULL},
    {"closed, by the host, who does not say until when", "转人工", 0, JIEDA_HANDOFF_CLOSED, "zh",
     "另行通知", "1月1日"},
    {"not stored", "转人工", 0, JIEDA_HANDOFF_FAILED, "zh", "暂时没能转给人工", "工单号"},
    {"in danger", "我被骗了", 0, JIEDA_HANDOFF_ACCEPTED, "zh", "紧急情况", NULL},
    {"in danger at night, whose queue is always open", "我被骗了", 14 * HOUR,
     JIEDA_HANDOFF_ACCEPTED, "zh", "紧急情况", "服务时间"},
    {"in danger, and nobody is there", "我被骗了", 0, JIEDA_HANDOFF_CLOSED, "zh",
     "不是人工服务时间", "已按紧急情况通知"},
    {"in danger, and not stored", "我被骗了", 0, JIEDA_HANDOFF_FAILED, "zh", "官方热线",
     "已按紧急情况通知"},
    {"a queue whose wait nobody knows", "我要投诉", 0, JIEDA_HANDOFF_ACCEPTED, "zh",
     "预计等待视排队情况而定", NULL},
};

static void the_truth_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        const jieda_reply *r;

        jieda_session_reset(session);
        jieda_session_set_language(session, openings[i].language, NULL);
        host.now = DESK_MONDAY_NOON + openings[i].after;
        host.result = openings[i].result;
        r = ask(session, openings[i].said);
        if (r->decision != JIEDA_DECISION_HANDOFF || !holds(r->prompt, openings[i].told) ||
            (openings[i].untold && holds(r->prompt, openings[i].untold)))
            fail_msg("%s: %s, \"%.*s\"", openings[i].name, jieda_decision_name(r->decision),
                     (int)r->prompt.len, r->prompt.ptr);
        assert_int_equal(r->handoff_accepted, openings[i].result != JIEDA_HANDOFF_FAILED);
        assert_int_equal(r->ticket.stored, openings[i].result != JIEDA_HANDOFF_FAILED);
    }
}

static const struct {
    const char *name, *said, *reason;
    jieda_priority priority;
    const char *queue;
    int64_t due; /* minutes */
} reasons[] = {
    {"a wish for a person", "转人工", "requested", JIEDA_PRIORITY_P2, "general", 15},
    {"fraud", "我被骗了", "fraud", JIEDA_PRIORITY_P0, "safety", 5},
    {"distress", "我不想活了", "distress", JIEDA_PRIORITY_P0, "safety", 5},
    {"a complaint", "我要投诉", "complaint", JIEDA_PRIORITY_P1, "complaints", 60},
    {"an entry of fraud", "账号被盗了怎么办", "fraud", JIEDA_PRIORITY_P0, "safety", 5},
};

static void the_policy_says_who_and_how_soon(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        const jieda_ticket *t;

        jieda_session_reset(session);
        t = &ask(session, reasons[i].said)->ticket;
        if (strcmp(t->reason, reasons[i].reason) != 0 || t->priority != reasons[i].priority ||
            t->due != host.now + reasons[i].due * 60)
            fail_msg("%s: %s, P%d, due in %d s", reasons[i].name, t->reason, t->priority,
                     (int)(t->due - host.now));
        assert_str(t->queue, reasons[i].queue);
    }
    jieda_session_reset(session);
    jieda_session_set_tag(session, "vip", str("1"), NULL);
    ask(session, "转人工");
    assert_str(ticket().queue, "vip");
    assert_int_equal(ticket().priority, JIEDA_PRIORITY_P1);
    jieda_session_reset(session);
    ask(session, "我被骗了"); /* danger has its own queue, whoever is in it */
    assert_str(ticket().queue, "safety");
}

/* ---- needs ----------------------------------------------------------------------------------- */

static void what_a_person_needs_is_asked_for_once(void **state)
{
    const jieda_reply *r = ask(session, "注销账户");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_str(r->entry_id, "account.close");
    assert_holds(r->answer, "注销要人工核对");
    assert_holds(r->prompt, "订单号、金额");
    assert_string_equal(r->asked_slot, "order_number");
    assert_int_equal(host.event_count, 0);
    r = ask(session, "2026110212"); /* a bare number is what was asked for */
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->why, "needs-given");
    assert_int_equal(r->slot_count, 1);
    assert_str(r->slots[0].name, "order_number");
    assert_str(r->slots[0].value, "2026110212");
    assert_int_equal(host.event_count, 1);
    assert_string_equal(host.events[0].reason, "identity_check");
    assert_non_null(strstr(host.events[0].json, "\"missing\":[\"amount\"]"));
    assert_non_null(strstr(host.events[0].json, "\"order_number\":\"2026110212\""));
    assert_string_equal(r->asked_slot, ""); /* not again */
    assert_false(holds(r->prompt, "订单号"));
}

static void they_may_be_skipped(void **state)
{
    const jieda_reply *r;

    (void)state;
    ask(session, "注销账户");
    r = ask(session, "跳过");
    assert_str(r->why, "needs-skipped");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(host.event_count, 1);
}

static void what_is_known_is_not_asked_for(void **state)
{
    const jieda_reply *r;

    (void)state;
    ask(session, "订单号2026110212，花了500元");
    r = ask(session, "注销账户");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->ticket.id, host.events[0].ticket_id);
    assert_int_equal(host.event_count, 1);
    assert_string_equal(host.events[0].reason, "identity_check");
    assert_holds(r->prompt, "工单号");
    assert_int_equal(owner(), JIEDA_OWNER_QUEUE);
}

static void danger_is_asked_for_nothing(void **state)
{
    const jieda_reply *r;

    (void)state;
    ask(session, "怎么申请退款"); /* has needs */
    r = ask(session, "我被骗了");
    assert_string_equal(r->asked_slot, "");
    assert_false(holds(r->prompt, "订单号"));
    assert_str(r->answer, "先冻结账号。");
}

static void a_request_asks_with_its_ticket(void **state)
{
    const jieda_reply *r;

    (void)state;
    ask(session, "怎么申请退款");
    r = ask(session, "转人工"); /* the ticket is there at once; what helps is asked for besides */
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_holds(r->prompt, "订单号、金额");
    assert_string_equal(r->asked_slot, "order_number");
    assert_int_equal(host.event_count, 1);
    r = ask(session, "还要多久");
    assert_string_equal(r->asked_slot, "");
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void the_bot_helps_on_while_the_ticket_waits(void **state)
{
    char id[32];
    const jieda_reply *r;

    (void)state;
    desk_put(id, sizeof id, ask(session, "转人工")->ticket.id);
    r = ask(session, "退款多久到账");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->answer, "一到三天。");
    assert_str(r->ticket.id, id);
    assert_holds(r->prompt, "约 10 分钟");
    assert_int_equal(host.event_count, 2);
    assert_int_equal(host.events[1].event, JIEDA_HANDOFF_MESSAGE);
    ask(session, "退款多久到账");
    assert_int_equal(host.event_count, 2); /* the same words are no news */
    r = ask(session, "工单进度");
    assert_holds(r->prompt, id);
    assert_holds(r->prompt, "11月2日 12:00");
    r = ask(session, "我被骗了");
    assert_holds(r->prompt, "已升级");
    assert_str(r->answer, "先冻结账号。");
    assert_string_equal(r->ticket.reason, "fraud");
    assert_int_equal(r->ticket.priority, JIEDA_PRIORITY_P0);
    assert_str(r->ticket.queue, "safety");
    assert_str(r->ticket.id, id);
    r = ask(session, "不用人工了");
    assert_int_equal(r->decision, JIEDA_DECISION_SMALLTALK);
    assert_int_equal(r->ticket.state, JIEDA_TICKET_CLOSED);
    assert_holds(r->prompt, "已取消工单");
    assert_int_equal(owner(), JIEDA_OWNER_BOT);
    assert_int_equal(ask(session, "怎么申请退款")->decision, JIEDA_DECISION_ANSWER);
}

static void the_bot_is_mute_while_an_agent_answers(void **state)
{
    const jieda_reply *r;

    (void)state;
    assert_int_equal(jieda_handoff_accepted(session, str("小王"), NULL), JIEDA_E_NOT_FOUND);
    ask(session, "转人工");
    assert_int_equal(jieda_handoff_accepted(session, str("小王"), NULL), JIEDA_OK);
    assert_int_equal(owner(), JIEDA_OWNER_AGENT);
    r = ask(session, "给陌生人转账，怎么申请退款"); /* an answer, reminders: none of it */
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(r->answer.len, 0);
    assert_int_equal(r->prompt.len, 0);
    assert_int_equal(r->option_count, 0);
    assert_int_equal(r->notice_count, 0);
    assert_int_equal(host.events[host.event_count - 1].event, JIEDA_HANDOFF_MESSAGE);
    assert_int_equal(jieda_handoff_said(session, str("我来处理"), NULL), JIEDA_OK);
    assert_holds(ask(session, "工单进度")->prompt, "小王");
    assert_int_equal(jieda_handoff_returned(session, NULL), JIEDA_OK);
    assert_int_equal(owner(), JIEDA_OWNER_QUEUE);
    assert_str(ask(session, "退款多久到账")->answer, "一到三天。");
    assert_int_equal(jieda_handoff_accepted(session, str(""), NULL), JIEDA_OK);
    assert_holds(ask(session, "工单进度")->prompt, "由人工客服处理");
    assert_int_equal(jieda_handoff_closed(session, NULL), JIEDA_OK);
    assert_int_equal(owner(), JIEDA_OWNER_BOT);
    assert_int_equal(ticket().state, JIEDA_TICKET_CLOSED);
    assert_int_equal(ask(session, "怎么申请退款")->decision, JIEDA_DECISION_ANSWER);
}

static void an_agents_name_is_a_line_of_text(void **state)
{
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";

    (void)state;
    ask(session, "转人工");
    assert_int_equal(jieda_handoff_accepted(session, str("a\nb"), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_handoff_accepted(session, str("\xFF"), NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_handoff_accepted(session, (jieda_str){NULL, 3}, NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_handoff_accepted(session, (jieda_str){"0x", 2}, NULL), JIEDA_OK);
    assert_int_equal(jieda_handoff_accepted(session, str(longest), NULL), JIEDA_OK);
    assert_int_equal(owner(), JIEDA_OWNER_AGENT);
}

/* ---- reopening ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int64_t after; /* it was closed, seconds */
    bool reopens;
} reopenings[] = {
    {"a minute later", 60, true},
    {"at the end of the window, long after the session", 72 * HOUR, true},
    {"a second later", 72 * HOUR + 1, false},
};

static void a_closed_ticket_reopens_within_its_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reopenings / sizeof *reopenings; i++) {
        char id[32];
        const jieda_reply *r;

        jieda_session_reset(session);
        host.now = DESK_MONDAY_NOON;
        desk_put(id, sizeof id, ask(session, "转人工")->ticket.id);
        assert_int_equal(jieda_handoff_closed(session, NULL), JIEDA_OK);
        host.now += reopenings[i].after;
        r = ask(session, "还没解决");
        if ((r->decision == JIEDA_DECISION_HANDOFF) != reopenings[i].reopens)
            fail_msg("%s: %s", reopenings[i].name, jieda_decision_name(r->decision));
        if (reopenings[i].reopens) {
            assert_str(r->ticket.id, id);
            assert_holds(r->prompt, "已重新打开");
            assert_int_equal(host.events[host.event_count - 1].event, JIEDA_HANDOFF_REOPENED);
        }
    }
}

/* ---- buttons --------------------------------------------------------------------------------- */

static void buttons_do_what_words_do(void **state)
{
    const jieda_reply *r = NULL;

    (void)state;
    assert_int_equal(jieda_handoff_cancel(session, &r, NULL), JIEDA_E_NOT_FOUND);
    assert_null(r);
    assert_int_equal(jieda_handoff_request(session, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_string_equal(r->ticket.reason, "requested");
    assert_int_equal(host.event_count, 1);
    assert_int_equal(jieda_handoff_request(session, NULL, NULL), JIEDA_OK); /* pressed again */
    assert_int_equal(host.event_count, 1);
    assert_int_equal(jieda_handoff_cancel(session, &r, NULL), JIEDA_OK);
    assert_int_equal(r->ticket.state, JIEDA_TICKET_CLOSED);
    assert_int_equal(host.events[1].event, JIEDA_HANDOFF_CANCELLED);
    assert_int_equal(jieda_handoff_request(NULL, &r, NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_handoff_cancel(NULL, &r, NULL), JIEDA_E_INVALID);
}

/* ---- a hook that fails ----------------------------------------------------------------------- */

static void what_was_not_stored_is_tried_again_with_the_next_message(void **state)
{
    char id[32], key[48];
    const jieda_reply *r;

    (void)state;
    host.result = JIEDA_HANDOFF_FAILED;
    r = ask(session, "我被骗了");
    assert_false(r->ticket.stored);
    desk_put(id, sizeof id, r->ticket.id);
    desk_put(key, sizeof key, str(host.events[0].key));
    r = ask(session, "喂");
    assert_holds(r->prompt, "暂时没能转给人工");
    host.result = JIEDA_HANDOFF_ACCEPTED;
    r = ask(session, "喂");
    assert_str(r->ticket.id, id);
    assert_true(r->ticket.stored);
    assert_true(r->handoff_accepted);
    assert_int_equal(host.event_count, 3);
    assert_string_equal(host.events[1].key, key);
    assert_string_equal(host.events[2].key, key);
    ask(session, "有人吗");
    assert_int_equal(host.event_count, 4);
    assert_int_equal(host.events[3].event, JIEDA_HANDOFF_MESSAGE);
    assert_string_not_equal(host.events[3].key, key);
}

static void a_transcript_shows_all_sides(void **state)
{
    static const struct {
        jieda_role role;
        const char *text;
    } expected[] = {{JIEDA_ROLE_VISITOR, "转人工"},
                    {JIEDA_ROLE_BOT, "工单号"},
                    {JIEDA_ROLE_AGENT, "您好"},
                    {JIEDA_ROLE_VISITOR, "我的手机[手机号#1]"}};
    const jieda_message *list;
    const jieda_reply *r;
    size_t count;

    (void)state;
    ask(session, "转人工");
    jieda_handoff_accepted(session, str("小王"), NULL);
    jieda_handoff_said(session, str("您好"), NULL);
    ask(session, "我的手机13800138000");
    assert_int_equal(jieda_transcript(session, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(list[i].role, expected[i].role);
        assert_holds(list[i].text, expected[i].text);
        assert_int_equal(list[i].time, host.now);
        assert_int_equal(list[i].decision_id.len, list[i].role == JIEDA_ROLE_BOT ? 8 : 0);
    }
    r = ask(session, "发我聊天记录");
    assert_holds(r->answer, "以下是本次会话的最近记录");
    assert_holds(r->answer, "客服：11月2日 12:00  您好");
    assert_holds(r->answer, "我：11月2日 12:00  转人工");
    assert_int_equal(jieda_transcript(NULL, &list, &count, NULL), JIEDA_E_INVALID);
    assert_int_equal(count, 0);
}

static void a_reset_forgets_the_ticket_and_begins_another_conversation(void **state)
{
    char id[32], conversation[72];

    (void)state;
    desk_put(id, sizeof id, ask(session, "转人工")->ticket.id);
    desk_put(conversation, sizeof conversation, str(host.events[0].conversation));
    jieda_session_reset(session);
    assert_int_equal(owner(), JIEDA_OWNER_BOT);
    assert_int_equal(ticket().id.len, 0);
    assert_int_not_equal(ask(session, "怎么申请退款")->decision, JIEDA_DECISION_HANDOFF);
    ask(session, "转人工");
    assert_string_not_equal(host.events[1].ticket_id, id);
    assert_string_not_equal(host.events[1].conversation, conversation);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_visitor_is_told),
        TEST(the_truth_is_told),
        TEST(the_policy_says_who_and_how_soon),
        TEST(what_a_person_needs_is_asked_for_once),
        TEST(they_may_be_skipped),
        TEST(what_is_known_is_not_asked_for),
        TEST(danger_is_asked_for_nothing),
        TEST(a_request_asks_with_its_ticket),
        TEST(the_bot_helps_on_while_the_ticket_waits),
        TEST(the_bot_is_mute_while_an_agent_answers),
        TEST(an_agents_name_is_a_line_of_text),
        TEST(a_closed_ticket_reopens_within_its_window),
        TEST(buttons_do_what_words_do),
        TEST(what_was_not_stored_is_tried_again_with_the_next_message),
        TEST(a_transcript_shows_all_sides),
        TEST(a_reset_forgets_the_ticket_and_begins_another_conversation),
    };

    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
