/*
 * ticket_test.c - what becomes of a ticket: its states, its events and their keys, and the document
 * a person receives. Over the made-up turns of heard.h; the hook is the test's.
 */
#include "unit/dialog/heard.h"

#include "handoff/ticket.h"

#include <cjson/cJSON.h>

#define EVENT_COUNT_MAX 32

typedef struct event {
    jieda_handoff_event event;
    jieda_priority priority;
    int64_t due;
    char key[48], ticket_id[32], conversation[72], reason[32], queue[32];
    char *json;
} event;

static struct {
    jieda_handoff_result result;
    event list[EVENT_COUNT_MAX];
    size_t count;
} hook;

static jieda__policy policy;
static jieda__arena arena;
static jieda__dialog dialog;
static int64_t now;
static const char *last_words;

static void copy(char *to, size_t size, jieda_str from)
{
    snprintf(to, size, "%.*s", (int)from.len, from.ptr);
}

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *h)
{
    event *e = &hook.list[hook.count++];

    (void)ctx;
    assert_true(hook.count <= EVENT_COUNT_MAX);
    e->event = h->event;
    e->priority = h->priority;
    e->due = h->due;
    copy(e->key, sizeof e->key, h->idempotency_key);
    copy(e->ticket_id, sizeof e->ticket_id, h->ticket_id);
    copy(e->conversation, sizeof e->conversation, h->conversation_id);
    copy(e->reason, sizeof e->reason, str(h->reason));
    copy(e->queue, sizeof e->queue, h->queue);
    e->json = strndup(h->ticket.ptr, h->ticket.len);
    return hook.result;
}

static int set_up(void **state)
{
    (void)state;
    memset(&hook, 0, sizeof hook);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    policy = heard_policy();
    jieda__arena_init(&arena, jieda__default_allocator(), (size_t)1024 * 1024);
    jieda__dialog_init(&dialog, str("c1"));
    now = HEARD_NOW;
    last_words = "";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < hook.count; i++)
        free(hook.list[i].json);
    jieda__arena_free(&arena);
    return 0;
}

/* ---- taking turns ---------------------------------------------------------------------------- */

static jieda__desk desk(void)
{
    static const jieda_candidate candidates[] = {
        {{"info", 4}, {"Title", 5}, {"a question", 10}, 1.5f, 0.25f}};
    static const jieda_str needs[] = {{"order_number", 12}, {"amount", 6}};

    return (jieda__desk){
        .arena = &arena,
        .kb = &heard_kb,
        .policy = &policy,
        .tags = &(const jieda__bindings){.count = 0},
        .hook = {on_handoff, NULL},
        .now = now,
        .channel = {"app", 3},
        .language = {"zh", 2},
        .incident = {"outage-1", 8},
        .query = str(last_words),
        .candidates = candidates,
        .candidate_count = 1,
        .needs = needs,
        .need_count = 2,
    };
}

/* One turn: the visitor says something (NULL: presses a button), and this is done. */
static jieda__handover take(const char *words, jieda__ticket_act act, uint32_t reason,
                            uint32_t priority)
{
    jieda__turn turn = {.decision = JIEDA_DECISION_HANDOFF,
                        .entry = JIEDA__NONE,
                        .why = "rule",
                        .rule = &heard_rules[R_PERSON],
                        .ticket = act,
                        .reason = reason,
                        .priority = priority};
    jieda__handover out;
    jieda__desk d;

    now += 60;
    last_words = words ? words : "";
    if (words)
        jieda__dialog_say(&dialog, JIEDA_ROLE_VISITOR, now, "", str(words));
    dialog.turn_count++;
    memcpy(dialog.decision_id, "abcd1234", 9);
    d = desk();
    assert_int_equal(jieda__ticket_take(&d, &turn, &dialog, &out, NULL), JIEDA_OK);
    return out;
}

static jieda__handover request(const char *words)
{
    return take(words, JIEDA__TICKET_OPEN, JIEDA__REASON_REQUESTED, JIEDA__NONE);
}

static jieda__handover append(const char *words)
{
    return take(words, JIEDA__TICKET_APPEND, dialog.ticket.reason, dialog.ticket.priority);
}

static jieda__handover escalate(const char *words)
{
    return take(words, JIEDA__TICKET_ESCALATE, JIEDA__REASON_FRAUD, JIEDA_PRIORITY_P0);
}

static jieda__handover cancel(void)
{
    return take("不用了", JIEDA__TICKET_CANCEL, JIEDA__REASON_NONE, JIEDA__NONE);
}

static jieda__handover reopen(void)
{
    return take("没解决", JIEDA__TICKET_REOPEN, dialog.ticket.reason, JIEDA__NONE);
}

static void assert_event(size_t i, jieda_handoff_event expected, unsigned number)
{
    char key[48];

    if (i >= hook.count)
        fail_msg("%zu events, none numbered %zu", hook.count, i);
    snprintf(key, sizeof key, "%s/%u", dialog.ticket.id, number);
    assert_string_equal(jieda_handoff_event_name(hook.list[i].event),
                        jieda_handoff_event_name(expected));
    assert_string_equal(hook.list[i].key, key);
    assert_string_equal(hook.list[i].ticket_id, dialog.ticket.id);
    assert_string_equal(hook.list[i].conversation, "c1");
}

/* ---- states ---------------------------------------------------------------------------------- */

static void a_ticket_is_opened(void **state)
{
    jieda__handover out = request("转人工");
    jieda_ticket view = jieda__ticket_view(&dialog);

    (void)state;
    assert_true(out.called);
    assert_int_equal(out.result, JIEDA_HANDOFF_ACCEPTED);
    assert_true(out.service.open);
    assert_int_equal(hook.count, 1);
    assert_event(0, JIEDA_HANDOFF_OPENED, 1);
    assert_int_equal(dialog.owner, JIEDA_OWNER_QUEUE);
    assert_int_equal(strlen(dialog.ticket.id), JIEDA__TICKET_ID_LEN);
    assert_int_equal(dialog.ticket.id[0], 'T');
    assert_int_equal(strspn(dialog.ticket.id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
                     JIEDA__TICKET_ID_LEN);
    assert_string_equal(view.reason, "requested");
    assert_int_equal(view.priority, JIEDA_PRIORITY_P2);
    assert_int_equal(view.state, JIEDA_TICKET_QUEUED);
    assert_true(view.stored);
    assert_int_equal(view.created, now);
    assert_int_equal(view.due, now + 15 * 60);
    assert_string_equal(hook.list[0].reason, "requested");
    assert_int_equal(hook.list[0].priority, JIEDA_PRIORITY_P2);
    assert_int_equal(hook.list[0].due, view.due);
    assert_string_equal(hook.list[0].queue, "general");
}

static void the_whole_life_of_a_ticket(void **state)
{
    char id[32];

    (void)state;
    request("转人工");
    snprintf(id, sizeof id, "%s", dialog.ticket.id);
    append("我的钱没到");
    escalate("我被骗了");
    assert_int_equal(dialog.ticket.reason, JIEDA__REASON_FRAUD);
    assert_int_equal(dialog.ticket.priority, JIEDA_PRIORITY_P0);
    assert_int_equal(jieda__ticket_accept(&dialog, str("小王"), now, NULL), JIEDA_OK);
    assert_int_equal(dialog.owner, JIEDA_OWNER_AGENT);
    assert_string_equal(dialog.ticket.agent, "小王");
    append("还在吗");
    assert_int_equal(jieda__ticket_return(&dialog, now, NULL), JIEDA_OK);
    assert_int_equal(dialog.owner, JIEDA_OWNER_QUEUE);
    assert_int_equal(jieda__ticket_accept(&dialog, str(""), now, NULL), JIEDA_OK);
    assert_int_equal(jieda__ticket_close(&dialog, now, NULL), JIEDA_OK);
    assert_int_equal(dialog.owner, JIEDA_OWNER_BOT);
    assert_int_equal(dialog.ticket.state, JIEDA_TICKET_CLOSED);
    assert_int_equal(dialog.ticket.closed, now);
    reopen();
    assert_int_equal(dialog.owner, JIEDA_OWNER_QUEUE);
    assert_int_equal(dialog.ticket.closed, 0);
    assert_int_equal(dialog.ticket.priority, JIEDA_PRIORITY_P0); /* as it was */
    cancel();
    assert_int_equal(dialog.owner, JIEDA_OWNER_BOT);
    assert_string_equal(dialog.ticket.id, id); /* one ticket all along */
    assert_int_equal(hook.count, 6);
    assert_event(0, JIEDA_HANDOFF_OPENED, 1);
    assert_event(1, JIEDA_HANDOFF_MESSAGE, 2);
    assert_event(2, JIEDA_HANDOFF_ESCALATED, 3);
    assert_event(3, JIEDA_HANDOFF_MESSAGE, 4);
    assert_event(4, JIEDA_HANDOFF_REOPENED, 5);
    assert_event(5, JIEDA_HANDOFF_CANCELLED, 6);
    /* A new episode is another ticket, whose numbers begin anew. */
    request("转人工");
    assert_string_not_equal(dialog.ticket.id, id);
    assert_event(6, JIEDA_HANDOFF_OPENED, 1);
}

static void what_is_not_open_is_not_found(void **state)
{
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda__ticket_accept(&dialog, str("a"), now, &err), JIEDA_E_NOT_FOUND);
    assert_true(err.message[0] != '\0');
    assert_int_equal(jieda__ticket_close(&dialog, now, NULL), JIEDA_E_NOT_FOUND);
    assert_int_equal(jieda__ticket_return(&dialog, now, NULL), JIEDA_E_NOT_FOUND);
    request("转人工");
    cancel();
    assert_int_equal(jieda__ticket_close(&dialog, now, NULL), JIEDA_E_NOT_FOUND);
    assert_string_equal(jieda__ticket_view(&dialog).reason, "requested"); /* still told of */
    jieda__dialog_init(&dialog, str("c1"));
    assert_int_equal(jieda__ticket_view(&dialog).id.len, 0);
    assert_int_equal(jieda__ticket_view(&dialog).state, JIEDA_TICKET_NONE);
}

static void the_first_states_and_the_last_are_kept(void **state)
{
    (void)state;
    request("转人工");
    for (int i = 0; i < 20; i++) {
        now++;
        jieda__ticket_accept(&dialog, str(""), now, NULL);
        now++;
        jieda__ticket_return(&dialog, now, NULL);
    }
    jieda__ticket_close(&dialog, now + 1, NULL);
    assert_int_equal(dialog.ticket.history_count, JIEDA__HISTORY_COUNT_MAX);
    assert_int_equal(dialog.ticket.history[0].state, JIEDA_TICKET_QUEUED);
    assert_int_equal(dialog.ticket.history[0].time, HEARD_NOW + 60);
    assert_int_equal(dialog.ticket.history[JIEDA__HISTORY_COUNT_MAX - 1].state,
                     JIEDA_TICKET_CLOSED);
    assert_int_equal(dialog.ticket.history[JIEDA__HISTORY_COUNT_MAX - 1].time, now + 1);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The id comes of the conversation and the number of the episode alone. */
static void the_same_episode_has_the_same_id(void **state)
{
    char first[32], second[32];

    (void)state;
    request("转人工");
    snprintf(first, sizeof first, "%s", dialog.ticket.id);
    jieda__dialog_init(&dialog, str("c1"));
    now += 1000000;
    take("我被骗了", JIEDA__TICKET_OPEN, JIEDA__REASON_FRAUD, JIEDA_PRIORITY_P0);
    assert_string_equal(dialog.ticket.id, first);
    cancel();
    request("转人工");
    snprintf(second, sizeof second, "%s", dialog.ticket.id);
    assert_string_not_equal(second, first);
    jieda__dialog_init(&dialog, str("c2"));
    request("转人工");
    assert_string_not_equal(dialog.ticket.id, first);
    assert_string_not_equal(dialog.ticket.id, second);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ids_do_not_meet(void **state)
{
    enum { CONVERSATIONS = 100, EPISODES = 20 };
    static char ids[CONVERSATIONS * EPISODES][JIEDA__TICKET_ID_LEN + 1];
    size_t count = 0;

    (void)state;
    for (int c = 0; c < CONVERSATIONS; c++) {
        char name[32];

        snprintf(name, sizeof name, "conversation-%d", c);
        jieda__dialog_init(&dialog, str(name));
        for (int e = 0; e < EPISODES; e++) {
            request("转人工");
            memcpy(ids[count++], dialog.ticket.id, JIEDA__TICKET_ID_LEN + 1);
            free(hook.list[--hook.count].json);
            dialog.owner = JIEDA_OWNER_BOT;
        }
    }
    qsort(ids, count, sizeof *ids, by_text);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void the_same_words_while_waiting_are_no_event(void **state)
{
    (void)state;
    request("转人工");
    append("有人吗");
    assert_int_equal(hook.count, 2);
    assert_false(append("有人吗").called);
    assert_false(append("有人吗").called);
    jieda__dialog_say(&dialog, JIEDA_ROLE_BOT, now, "", str("in between"));
    assert_false(append("有人吗").called);
    assert_int_equal(hook.count, 2);
    assert_true(append("有没有人").called);
    assert_true(append("有人吗").called);
    assert_int_equal(hook.count, 4);
    assert_event(3, JIEDA_HANDOFF_MESSAGE, 4);
    assert_false(append(NULL).called); /* a button says nothing */
}

static void asking_again_opens_no_second_ticket(void **state)
{
    (void)state;
    request("转人工");
    for (int i = 0; i < 5; i++)
        append("转人工"); /* what jieda__turn_decide() makes of it while queued */
    assert_int_equal(hook.count, 1);
    assert_int_equal(dialog.episode_count, 1);
}

static void escalating_never_lowers_a_priority(void **state)
{
    (void)state;
    take("x", JIEDA__TICKET_OPEN, JIEDA__REASON_REQUESTED, JIEDA_PRIORITY_P0);
    assert_int_equal(dialog.ticket.priority, JIEDA_PRIORITY_P0);
    take("y", JIEDA__TICKET_ESCALATE, JIEDA__REASON_COMPLAINT, JIEDA_PRIORITY_P1);
    assert_int_equal(dialog.ticket.reason, JIEDA__REASON_COMPLAINT);
    assert_int_equal(dialog.ticket.priority, JIEDA_PRIORITY_P0);
}

/* ---- a hook that fails ----------------------------------------------------------------------- */

static void a_ticket_that_was_not_taken_is_tried_again(void **state)
{
    jieda__handover out;

    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    out = request("转人工");
    assert_int_equal(out.result, JIEDA_HANDOFF_FAILED);
    assert_false(jieda__ticket_view(&dialog).stored);
    assert_int_equal(dialog.owner, JIEDA_OWNER_QUEUE);
    append("喂");       /* fails too */
    out = append("喂"); /* the same words are tried as well: it is the ticket that is told */
    assert_int_equal(out.result, JIEDA_HANDOFF_FAILED);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    out = append("还在吗");
    assert_true(out.called);
    assert_true(jieda__ticket_view(&dialog).stored);
    assert_int_equal(hook.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_event(i, JIEDA_HANDOFF_OPENED, 1);         /* the same key each time */
    assert_non_null(strstr(hook.list[3].json, "还在吗")); /* what was said meanwhile is in it */
    append("又怎么了");
    assert_event(4, JIEDA_HANDOFF_MESSAGE, 2);
}

static void it_is_tried_again_whatever_the_visitor_says(void **state)
{
    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    request("转人工");
    hook.result = JIEDA_HANDOFF_BUSY;
    take("怎么退款", JIEDA__TICKET_KEEP, 0, JIEDA__NONE);
    assert_event(1, JIEDA_HANDOFF_OPENED, 1);
    assert_true(jieda__ticket_view(&dialog).stored);
}

static void a_message_that_was_not_taken_keeps_its_key_to_itself(void **state)
{
    (void)state;
    request("转人工");
    hook.result = JIEDA_HANDOFF_FAILED;
    append("第一句");
    assert_false(jieda__ticket_view(&dialog).stored);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    append("第一句"); /* said again, because the visitor was told it did not arrive */
    assert_event(1, JIEDA_HANDOFF_MESSAGE, 2);
    assert_event(2, JIEDA_HANDOFF_MESSAGE, 2);
    assert_true(jieda__ticket_view(&dialog).stored);
    hook.result = JIEDA_HANDOFF_FAILED;
    append("第二句");
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    escalate("我被骗了"); /* another event has another key, even if the message arrived after all */
    assert_int_equal(hook.count, 5);
    assert_event(3, JIEDA_HANDOFF_MESSAGE, 3);
    assert_event(4, JIEDA_HANDOFF_ESCALATED, 4);
    assert_non_null(strstr(hook.list[4].json, "第二句"));
}

static void danger_is_not_forgotten_with_an_event_that_fails(void **state)
{
    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    request("转人工");
    escalate("我被骗了");
    assert_int_equal(dialog.ticket.reason, JIEDA__REASON_FRAUD);
    assert_int_equal(dialog.ticket.priority, JIEDA_PRIORITY_P0);
    assert_event(1, JIEDA_HANDOFF_OPENED, 1);
    assert_string_equal(hook.list[1].reason, "fraud");
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    append("快来人");
    assert_event(2, JIEDA_HANDOFF_OPENED, 1);
    assert_int_equal(hook.list[2].priority, JIEDA_PRIORITY_P0);
}

static void an_opened_ticket_is_retried_before_it_is_escalated(void **state)
{
    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    request("转人工");
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    escalate("我被骗了");
    assert_int_equal(hook.count, 3);
    assert_event(1, JIEDA_HANDOFF_OPENED, 1);
    assert_event(2, JIEDA_HANDOFF_ESCALATED, 2);
}

static void a_ticket_nobody_has_is_cancelled_without_a_word(void **state)
{
    jieda__handover out;

    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    request("转人工");
    out = cancel();
    assert_false(out.called);
    assert_int_equal(dialog.owner, JIEDA_OWNER_BOT);
    assert_int_equal(dialog.ticket.state, JIEDA_TICKET_CLOSED);
    assert_int_equal(hook.count, 1);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    assert_false(take("怎么退款", JIEDA__TICKET_KEEP, 0, JIEDA__NONE).called);
}

static void cancelling_is_done_at_once_and_told_until_it_is_heard(void **state)
{
    (void)state;
    request("转人工");
    hook.result = JIEDA_HANDOFF_FAILED;
    append("快点");
    cancel(); /* outdoes the message */
    assert_int_equal(dialog.owner, JIEDA_OWNER_BOT);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    take("怎么退款", JIEDA__TICKET_KEEP, 0, JIEDA__NONE);
    assert_int_equal(hook.count, 4);
    assert_event(1, JIEDA_HANDOFF_MESSAGE, 2);
    assert_event(2, JIEDA_HANDOFF_CANCELLED, 3);
    assert_event(3, JIEDA_HANDOFF_CANCELLED, 3);
}

static void reopening_outdoes_a_cancelling_nobody_heard(void **state)
{
    (void)state;
    request("转人工");
    hook.result = JIEDA_HANDOFF_FAILED;
    cancel();
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    reopen();
    assert_int_equal(hook.count, 3);
    assert_event(1, JIEDA_HANDOFF_CANCELLED, 2);
    assert_event(2, JIEDA_HANDOFF_REOPENED, 3);
    assert_int_equal(dialog.owner, JIEDA_OWNER_QUEUE);
}

static void a_new_ticket_does_not_wait_for_an_old_cancelling(void **state)
{
    char first[32];

    (void)state;
    request("转人工");
    snprintf(first, sizeof first, "%s", dialog.ticket.id);
    hook.result = JIEDA_HANDOFF_FAILED;
    cancel();
    take("我被骗了", JIEDA__TICKET_OPEN, JIEDA__REASON_FRAUD, JIEDA_PRIORITY_P0);
    assert_int_equal(hook.count, 4);
    assert_int_equal(hook.list[2].event, JIEDA_HANDOFF_CANCELLED);
    assert_string_equal(hook.list[2].ticket_id, first);
    assert_event(3, JIEDA_HANDOFF_OPENED, 1);
    assert_string_not_equal(dialog.ticket.id, first);
    assert_int_equal(dialog.ticket.unstored, 1 + JIEDA_HANDOFF_OPENED);
}

static void whoever_closes_a_ticket_has_it(void **state)
{
    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    request("转人工");
    jieda__ticket_close(&dialog, now, NULL);
    hook.result = JIEDA_HANDOFF_ACCEPTED;
    assert_false(take("怎么退款", JIEDA__TICKET_KEEP, 0, JIEDA__NONE).called);
    reopen(); /* which is no event under the key of the one that failed */
    assert_event(1, JIEDA_HANDOFF_REOPENED, 2);
}

/* ---- no hook, and a closed desk -------------------------------------------------------------- */

static void without_a_hook_there_are_no_tickets(void **state)
{
    jieda__turn turn = {.decision = JIEDA_DECISION_HANDOFF,
                        .entry = JIEDA__NONE,
                        .why = "rule",
                        .ticket = JIEDA__TICKET_OPEN,
                        .reason = JIEDA__REASON_REQUESTED,
                        .priority = JIEDA__NONE};
    jieda__desk d = desk();
    jieda__handover out;

    (void)state;
    d.hook.fn = NULL;
    assert_int_equal(jieda__ticket_take(&d, &turn, &dialog, &out, NULL), JIEDA_OK);
    assert_false(out.called);
    assert_int_equal(dialog.owner, JIEDA_OWNER_BOT);
    assert_string_equal(dialog.ticket.id, "");
}

static void a_closed_desk_says_when_it_opens(void **state)
{
    static const jieda__policy_queue queues[] = {{10, 0}};
    static jieda__policy_span hours[7];
    jieda__policy_header header = jieda__policy_default_header;
    jieda__handover out;

    (void)state;
    for (int day = 0; day < 7; day++)
        hours[day] = (jieda__policy_span){day, 8 * 60, 22 * 60};
    header.hour_count = 7;
    policy.header = &header;
    policy.queues = queues;
    policy.hours = hours;
    now = HEARD_NOW + (int64_t)11 * 3600; /* 23:00 */
    out = request("转人工");
    assert_false(out.service.open);
    assert_int_equal(out.service.opens, HEARD_NOW + (int64_t)20 * 3600);
    assert_int_equal(dialog.ticket.due, HEARD_NOW + (int64_t)20 * 3600 + 15 * 60);
    out = append("x"); /* what follows knows it as well */
    assert_false(out.service.open);
    assert_non_null(strstr(hook.list[1].json, "\"hours\":{\"open\":false"));
    now = HEARD_NOW + (int64_t)21 * 3600;
    out = append("y");
    assert_true(out.service.open);
    assert_int_equal(out.service.wait_minutes, 10);
    assert_non_null(
        strstr(hook.list[2].json, "\"hours\":{\"open\":true,\"opens\":0,\"wait_minutes\":10}"));
}

/* ---- the document ---------------------------------------------------------------------------- */

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsString(item))
        fail_msg("\"%s\" is no text", key);
    return item->valuestring;
}

static double number_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsNumber(item))
        fail_msg("\"%s\" is no number", key);
    return item->valuedouble;
}

static void the_document_holds_everything(void **state)
{
    static const char *const keys[] = {"schema",
                                       "event",
                                       "ticket_id",
                                       "idempotency_key",
                                       "conversation_id",
                                       "created",
                                       "due",
                                       "expires",
                                       "level",
                                       "priority",
                                       "queue",
                                       "reason",
                                       "channel",
                                       "language",
                                       "query",
                                       "entry_id",
                                       "transcript",
                                       "candidates",
                                       "slots",
                                       "missing",
                                       "tried",
                                       "pii",
                                       "incident_id",
                                       "hours",
                                       "risk_flags",
                                       "state",
                                       "history",
                                       "satisfaction",
                                       "trace"};
    cJSON *root, *item;

    (void)state;
    jieda__dialog_say(&dialog, JIEDA_ROLE_VISITOR, now, "", str("怎么退款"));
    jieda__dialog_say(&dialog, JIEDA_ROLE_BOT, now, "abcdefgh", str("退款"));
    jieda__dialog_keep_slot(&dialog, JIEDA__SLOT_AMOUNT, str("5.00 CNY"));
    jieda__dialog_keep_tried(&dialog, str("money"));
    jieda__id_set(dialog.last_entry, str("money"));
    take("我被骗了", JIEDA__TICKET_OPEN, JIEDA__REASON_FRAUD, JIEDA_PRIORITY_P0);
    root = cJSON_Parse(hook.list[0].json);
    assert_non_null(root);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!cJSON_GetObjectItemCaseSensitive(root, keys[i]))
            fail_msg("there is no \"%s\"", keys[i]);
    assert_int_equal(cJSON_GetArraySize(root), sizeof keys / sizeof *keys);
    assert_string_equal(text_of(root, "schema"), "jieda/handoff/1");
    assert_string_equal(text_of(root, "event"), "opened");
    assert_string_equal(text_of(root, "ticket_id"), dialog.ticket.id);
    assert_string_equal(text_of(root, "idempotency_key"), hook.list[0].key);
    assert_string_equal(text_of(root, "conversation_id"), "c1");
    assert_string_equal(text_of(root, "priority"), "P0");
    assert_string_equal(text_of(root, "reason"), "fraud");
    assert_string_equal(text_of(root, "queue"), "general");
    assert_string_equal(text_of(root, "channel"), "app");
    assert_string_equal(text_of(root, "query"), "我被骗了");
    assert_string_equal(text_of(root, "entry_id"), "money"); /* what it was about before */
    assert_string_equal(text_of(root, "incident_id"), "outage-1");
    assert_string_equal(text_of(root, "state"), "queued");
    assert_true(number_of(root, "created") == (double)now);
    assert_true(number_of(root, "expires") ==
                (double)(now + (int64_t)JIEDA__TICKET_KEPT_DAYS * 86400));
    item = cJSON_GetObjectItemCaseSensitive(root, "transcript");
    assert_int_equal(cJSON_GetArraySize(item), 3);
    assert_string_equal(text_of(cJSON_GetArrayItem(item, 1), "role"), "bot");
    assert_string_equal(text_of(cJSON_GetArrayItem(item, 1), "decision_id"), "abcdefgh");
    assert_null(cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(item, 0), "decision_id"));
    item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "candidates"), 0);
    assert_string_equal(text_of(item, "entry_id"), "info");
    assert_true(number_of(item, "confidence") == 0.25);
    assert_string_equal(text_of(cJSON_GetObjectItemCaseSensitive(root, "slots"), "amount"),
                        "5.00 CNY");
    item = cJSON_GetObjectItemCaseSensitive(root, "missing");
    assert_int_equal(cJSON_GetArraySize(item), 1);
    assert_string_equal(cJSON_GetArrayItem(item, 0)->valuestring, "order_number");
    item = cJSON_GetObjectItemCaseSensitive(root, "tried");
    assert_string_equal(cJSON_GetArrayItem(item, 0)->valuestring, "money");
    item = cJSON_GetObjectItemCaseSensitive(root, "risk_flags");
    assert_string_equal(cJSON_GetArrayItem(item, 0)->valuestring, "fraud");
    item = cJSON_GetObjectItemCaseSensitive(root, "trace");
    assert_string_equal(text_of(item, "kb"), "made up");
    assert_string_equal(text_of(item, "kb_hash"), "0123456789abcdef");
    assert_string_equal(text_of(item, "engine"), JIEDA_VERSION);
    assert_string_equal(text_of(item, "policy"), "0000000000000000");
    assert_string_equal(text_of(item, "decision_id"), "abcd1234");
    assert_string_equal(text_of(item, "rule"), "person");
    assert_string_equal(text_of(item, "why"), "rule");
    assert_true(number_of(item, "clock") == (double)now);
    cJSON_Delete(root);
}

/* As much of JSON Schema as docs/handoff.schema.json needs: which keys there are, and which words a
 * text may be. @return the faults. */
static size_t check_schema(const cJSON *schema, const cJSON *value, const char *where)
{
    const cJSON *properties = cJSON_GetObjectItem(schema, "properties"), *item;
    const cJSON *words = cJSON_GetObjectItem(schema, "enum");
    const cJSON *only = cJSON_GetObjectItem(schema, "const");
    bool found = words == NULL;
    size_t faults = 0;

    cJSON_ArrayForEach(item, words) found = found || cJSON_Compare(item, value, true);
    if (!found || (only && !cJSON_Compare(only, value, true))) {
        print_error("%s: no such word\n", where);
        faults++;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(schema, "required"))
    {
        if (cJSON_GetObjectItemCaseSensitive(value, item->valuestring))
            continue;
        print_error("%s: no \"%s\"\n", where, item->valuestring);
        faults++;
    }
    for (item = properties && cJSON_IsObject(value) ? value->child : NULL; item;
         item = item->next) {
        const cJSON *property = cJSON_GetObjectItemCaseSensitive(properties, item->string);

        if (property) {
            faults += check_schema(property, item, item->string);
        } else {
            print_error("%s: \"%s\" is not in the schema\n", where, item->string);
            faults++;
        }
    }
    for (item = cJSON_IsArray(value) ? value->child : NULL; item; item = item->next)
        faults += check_schema(cJSON_GetObjectItem(schema, "items"), item, where);
    return faults;
}

static void every_event_is_as_its_schema_says(void **state)
{
    char *bytes = read_whole(JIEDA_SOURCE_DIR "/docs/handoff.schema.json", NULL);
    cJSON *schema = cJSON_Parse(bytes);

    (void)state;
    assert_non_null(schema);
    jieda__dialog_keep_slot(&dialog, JIEDA__SLOT_AMOUNT, str("5.00 CNY"));
    request("转人工");
    append("快点");
    escalate("我被骗了");
    cancel();
    reopen();
    assert_int_equal(hook.count, 5);
    for (size_t i = 0; i < hook.count; i++) {
        cJSON *root = cJSON_Parse(hook.list[i].json);

        assert_non_null(root);
        assert_int_equal(check_schema(schema, root, "the ticket"), 0);
        cJSON_Delete(root);
    }
    cJSON_Delete(schema);
    free(bytes);
}

static void odd_texts_make_good_json(void **state)
{
    cJSON *root;

    (void)state;
    memcpy(dialog.ticket.agent, "\"\\", 3);
    request("he said \"no\" \\ and 😀");
    root = cJSON_Parse(hook.list[0].json);
    assert_non_null(root);
    assert_string_equal(text_of(root, "query"), "he said \"no\" \\ and 😀");
    assert_null(strchr(hook.list[0].json, '\n')); /* one line: hosts keep it as such */
    cJSON_Delete(root);
}

static void names_are_words(void **state)
{
    (void)state;
    assert_string_equal(jieda_handoff_event_name(JIEDA_HANDOFF_OPENED), "opened");
    assert_string_equal(jieda_handoff_event_name(JIEDA_HANDOFF_MESSAGE), "message");
    assert_string_equal(jieda_handoff_event_name(JIEDA_HANDOFF_ESCALATED), "escalated");
    assert_string_equal(jieda_handoff_event_name(JIEDA_HANDOFF_REOPENED), "reopened");
    assert_string_equal(jieda_handoff_event_name(JIEDA_HANDOFF_CANCELLED), "cancelled");
    assert_string_equal(jieda_ticket_state_name(JIEDA_TICKET_NONE), "none");
    assert_string_equal(jieda_ticket_state_name(JIEDA_TICKET_QUEUED), "queued");
    assert_string_equal(jieda_ticket_state_name(JIEDA_TICKET_AGENT), "agent");
    assert_string_equal(jieda_ticket_state_name(JIEDA_TICKET_CLOSED), "closed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_ticket_is_opened),
        TEST(the_whole_life_of_a_ticket),
        TEST(what_is_not_open_is_not_found),
        TEST(the_first_states_and_the_last_are_kept),
        TEST(the_same_episode_has_the_same_id),
        TEST(ids_do_not_meet),
        TEST(the_same_words_while_waiting_are_no_event),
        TEST(asking_again_opens_no_second_ticket),
        TEST(escalating_never_lowers_a_priority),
        TEST(a_ticket_that_was_not_taken_is_tried_again),
        TEST(it_is_tried_again_whatever_the_visitor_says),
        TEST(a_message_that_was_not_taken_keeps_its_key_to_itself),
        TEST(danger_is_not_forgotten_with_an_event_that_fails),
        TEST(an_opened_ticket_is_retried_before_it_is_escalated),
        TEST(a_ticket_nobody_has_is_cancelled_without_a_word),
        TEST(cancelling_is_done_at_once_and_told_until_it_is_heard),
        TEST(reopening_outdoes_a_cancelling_nobody_heard),
        TEST(a_new_ticket_does_not_wait_for_an_old_cancelling),
        TEST(whoever_closes_a_ticket_has_it),
        TEST(without_a_hook_there_are_no_tickets),
        TEST(a_closed_desk_says_when_it_opens),
        TEST(the_document_holds_everything),
        TEST(every_event_is_as_its_schema_says),
        TEST(odd_texts_make_good_json),
        TEST(names_are_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
