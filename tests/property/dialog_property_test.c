/*
 * dialog_property_test.c - what holds in every conversation, over random ones.
 *
 * One owner and at most one open ticket; while it is open every decision but an empty one is a
 * handoff or ends it; keys of events rise by one from 1 in each ticket, and a key given twice is
 * the same event; the state survives being saved and loaded between any two turns.
 */
#include "support/kb_fixture.h"
#include "unit/api/desk.h"

#define CONVERSATION_COUNT 60
#define TURN_COUNT 40

static const char *const said[] = {
    "怎么申请退款",   "退款多久到账",
    "退款密码",       "注销账户",
    "转人工",         "我被骗了",
    "我要投诉",       "我不想活了",
    "qqqqq",          "1",
    "第二个",         "都不是",
    "不用",           "跳过",
    "没用",           "解决了",
    "工单进度",       "不用人工了",
    "还没解决",       "发我聊天记录",
    "你好",           "",
    "订单2026110212", "手机13800138000",
    "密码是abc123",   "不对，我问的是退款多久到账",
    "给陌生人转账",
};

static desk_host host;

/* Says, presses, answers as an agent, goes away, comes back, or moves to another session. */
static void take_turn(fixture_random *random, const jieda_engine *engine, jieda_session **session)
{
    static const int64_t pauses[] = {1, 60, 3600, 100 * 3600};
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_UNHELPFUL};
    jieda_session *s = *session;
    jieda_str bytes;

    host.result = (jieda_handoff_result)fixture_random_below(random, 4);
    host.now += pauses[fixture_random_below(random, 4)];
    switch (fixture_random_below(random, 16)) {
    case 0:
        jieda_handoff_accepted(s, str("a"), NULL);
        break;
    case 1:
        jieda_handoff_closed(s, NULL);
        break;
    case 2:
        jieda_handoff_returned(s, NULL);
        break;
    case 3:
        assert_int_equal(jieda_handoff_request(s, NULL, NULL), JIEDA_OK);
        break;
    case 4:
        jieda_handoff_cancel(s, NULL, NULL);
        break;
    case 5:
        assert_int_equal(jieda_feedback_give(s, &f, NULL, NULL), JIEDA_OK);
        break;
    case 6:
        assert_int_equal(jieda_session_save(s, &bytes, NULL), JIEDA_OK);
        *session = fixture_session(engine);
        assert_int_equal(jieda_session_load(*session, bytes.ptr, bytes.len, NULL), JIEDA_OK);
        jieda_session_free(s);
        break;
    default:
        ask(s, said[fixture_random_below(random, sizeof said / sizeof *said)]);
    }
}

static void check_session(jieda_session *session, jieda_owner before, const jieda_reply *r)
{
    jieda_ticket ticket;
    jieda_owner owner = jieda_session_ticket(session, &ticket);

    assert_int_equal(owner == JIEDA_OWNER_QUEUE, ticket.state == JIEDA_TICKET_QUEUED);
    assert_int_equal(owner == JIEDA_OWNER_AGENT, ticket.state == JIEDA_TICKET_AGENT);
    if (before == JIEDA_OWNER_BOT || !r || r->decision == JIEDA_DECISION_NONE)
        return;
    assert_int_equal(r->decision,
                     owner == JIEDA_OWNER_BOT ? JIEDA_DECISION_SMALLTALK : JIEDA_DECISION_HANDOFF);
    if (before == JIEDA_OWNER_AGENT)
        assert_int_equal(r->answer.len > 0 && !holds(r->answer, "记录"), false);
}

/* Events of one ticket: 1, 2, 3, ..., each again only while it was not taken. */
static void check_keys(size_t *checked, unsigned *last_number, char last_ticket[32],
                       jieda_handoff_event *last_event)
{
    for (; *checked < host.event_count; (*checked)++) {
        const desk_event *e = &host.events[*checked];
        unsigned number = (unsigned)strtoul(strchr(e->key, '/') + 1, NULL, 10);

        assert_memory_equal(e->key, e->ticket_id, strlen(e->ticket_id));
        if (strcmp(last_ticket, e->ticket_id) != 0) {
            assert_int_equal(e->event, JIEDA_HANDOFF_OPENED);
            assert_int_equal(number, 1);
        } else if (number == *last_number) {
            assert_int_equal(e->event, *last_event);
        } else {
            assert_int_equal(number, *last_number + 1);
            assert_int_not_equal(e->event, JIEDA_HANDOFF_OPENED);
        }
        *last_number = number;
        *last_event = e->event;
        snprintf(last_ticket, 32, "%s", e->ticket_id);
        cJSON_Delete(desk_document(e));
    }
}

static void random_conversations_keep_their_promises(void **state)
{
    fixture_random random = fixture_random_init("dialog_property_test");
    jieda_options options = desk_options(&host);
    jieda_engine *engine;
    fixture files;

    (void)state;
    desk_make(&files);
    engine = fixture_open(files.kb, &options);
    for (int c = 0; c < CONVERSATION_COUNT; c++) {
        jieda_session *session;
        jieda_handoff_event last_event = JIEDA_HANDOFF_OPENED;
        char name[32], last_ticket[32] = "";
        unsigned last_number = 0;
        size_t checked = 0;

        desk_host_forget(&host);
        snprintf(name, sizeof name, "conversation-%d", c);
        session = desk_session(engine, name);
        for (int turn = 0; turn < TURN_COUNT; turn++) {
            const jieda_reply *r = NULL;
            jieda_ticket ticket;
            jieda_owner before;

            take_turn(&random, engine, &session);
            check_session(session, JIEDA_OWNER_BOT, NULL);
            before = jieda_session_ticket(session, &ticket);
            r = ask(session, said[fixture_random_below(&random, sizeof said / sizeof *said)]);
            check_session(session, before, r);
            check_keys(&checked, &last_number, last_ticket, &last_event);
            if (host.event_count + 4 > DESK_EVENT_COUNT_MAX)
                break;
        }
        jieda_session_free(session);
    }
    desk_host_forget(&host);
    jieda_close(engine);
    fixture_remove(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_conversations_keep_their_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
