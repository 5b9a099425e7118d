/*
 * desk.h - the shop of shop.h with a support desk: rules, a policy, and a host that writes down all
 * it is handed, under a clock the test sets.
 *
 * The general queue is open from 08:00 to 22:00 at +08:00, the safety queue always. A person takes
 * over at the second miss and at the third answer that is the same.
 */
#ifndef JIEDA_TESTS_DESK_H
#define JIEDA_TESTS_DESK_H

#include "shop.h"

#include <cjson/cJSON.h>

#define DESK_MONDAY_NOON 1793592000 /* 2026-11-02T12:00:00+08:00 */
#define DESK_EVENT_COUNT_MAX 64
#define DESK_TEXT_BYTES (256 * 1024)

/* clang-format off: it would cut the strings to pieces */
#define DESK_RULE(id, rest, patterns, example)                                                     \
    "{'id': '" id "', 'intent': '" id "', " rest ", 'patterns': [" patterns                        \
    "], 'examples': {'match': ['" example "']}}"
#define DESK_ACT(action, patterns, example)                                                        \
    DESK_RULE("act." action, "'action': '" action "'", patterns, example)

static const char
    desk_rules[] = "{'format': 1, 'rules': [" DESK_RULE("fraud",
                                                        "'action': 'handoff', 'reason': 'fraud', "
                                                        "'entry': 'account.stolen', 'priority': 5",
                                                        "'我被骗了|scammed me'", "我被骗了") "," DESK_RULE("distress",
                                                                                                           "'action': 'handoff', 'reason': 'distress', 'priority': 5", "'不想活了'", "我不想活了") "," DESK_RULE("complaint", "'action': 'handoff', 'reason': 'complaint'", "'我要投诉'", "我要投诉") "," DESK_RULE("person", "'action': 'handoff', 'reason': 'requested'", "'转人工|human agent'", "转人工") "," DESK_RULE("calm",
                                                                                                                                                                                                                                                                                                                                                                                                                            "'action': 'calm', 'priority': 1", "'新闻里'", "新闻里的事") "," DESK_RULE("remind",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "'action': 'remind'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "'陌生人'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "给陌生人转账") "," DESK_ACT("none_of_these",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "'^都不是$'", "都不是") "," DESK_ACT("choose",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "'^第?(?<n>[0-9一二三]|最后)一?个?$'", "第二个") "," DESK_ACT("yes",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "'^(?:是的|好的)$'", "是的") "," DESK_ACT("no", "'^不用$'", "不用") "," DESK_ACT("skip", "'^跳过$'", "跳过") "," DESK_ACT("correct", "'^不对,?我问的是(?<rest>.+)$', '^问错了$'", "不对，我问的是退款") "," DESK_ACT("unhelpful",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "'^没用$'", "没用") "," DESK_ACT("resolved",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "'^解决了$'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "解决了") "," DESK_ACT("ticket_progress",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "'^工单进度$'", "工单进度") "," DESK_ACT("ticket_cancel",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "'^不用人工了$'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "不用人工了") "," DESK_ACT("ticket_reopen",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "'^还没解决$'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "还没解决") "," DESK_ACT("transcript",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "'^发我聊天记录$'",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                 "发我聊天记录") "]}";

static const char desk_policy[] =
    "{'format': 1, 'hours': [{'days': ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],"
    "   'from': '08:00', 'to': '22:00'}],"
    " 'queues': ["
    "   {'id': 'general', 'title': {'zh': '人工', 'en': 'Support'}, 'wait_minutes': 10},"
    "   {'id': 'safety', 'title': {'zh': '安全', 'en': 'Safety'}, 'always_open': true,"
    "    'wait_minutes': 2},"
    "   {'id': 'complaints', 'title': {'zh': '投诉', 'en': 'Complaints'}},"
    "   {'id': 'vip', 'title': {'zh': '贵宾', 'en': 'VIP'}, 'wait_minutes': 1}],"
    " 'handoff': {'fraud': {'priority': 'P0', 'queue': 'safety', 'due_minutes': 5},"
    "   'distress': {'priority': 'P0', 'queue': 'safety', 'due_minutes': 5},"
    "   'complaint': {'priority': 'P1', 'queue': 'complaints', 'due_minutes': 60}},"
    " 'tags': [{'tag': 'vip', 'values': ['1'], 'queue': 'vip', 'raise': 1}],"
    " 'identity_check': ['account.close'],"
    " 'reminders': [{'id': 'stranger', 'rules': ['remind'],"
    "   'text': {'zh': '小心陌生人。', 'en': 'Beware of strangers.'}},"
    "   {'id': 'refunds', 'topics': ['refund.apply'],"
    "   'text': {'zh': '退款不收费。', 'en': 'Refunds are free.'}}]}";

/* An entry that always hands over and has needs, and one that is near to a wish for a person, so
 * that no other is. */
/* clang-format off */
static const char desk_entries[] =
    "{'entries': [{'id': 'account.close', " SHOP_TITLE("注销账户", "Close an account") ","
    " 'category': 'account', " SHOP_QUESTIONS("'注销账户', '我不想用了要销户'",
                                              "'close my account'") ","
    " 'answers': [" SHOP_ANSWER("注销要人工核对。", "A person checks this.") "],"
    " 'needs': ['order_number', 'amount'], 'handoff': {'policy': 'always', 'priority': 'P2'}},"
    "{'id': 'service.person', " SHOP_TITLE("人工服务", "A person") ","
    " 'category': 'account', " SHOP_QUESTIONS("'转人工', '人工服务在哪'", "'human agent'") ","
    " 'answers': [" SHOP_ANSWER("回复转人工。", "Say so.") "]}]}";
/* clang-format on */

/* clang-format on */

/* ---- the host -------------------------------------------------------------------------------- */

typedef struct desk_event {
    jieda_handoff_event event;
    jieda_priority priority;
    int64_t due;
    char ticket_id[32], key[48], conversation[72], reason[32], queue[32];
    char *json;
} desk_event;

typedef struct desk_host {
    int64_t now;
    jieda_handoff_result result; /* of the hook */
    bool keeps_feedback;
    desk_event events[DESK_EVENT_COUNT_MAX]; /* taken or not */
    size_t event_count;
    size_t feedback_count;
    jieda_feedback_kind feedback_kind;
    uint32_t stars;
    char feedback_id[32], comment[4200];
    char vault[DESK_TEXT_BYTES]; /* placeholder=value; of each */
    char log[DESK_TEXT_BYTES];   /* a line each */
} desk_host;

static inline void desk_put(char *to, size_t size, jieda_str text)
{
    assert_true(text.len < size);
    if (text.len > 0)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

static inline void desk_append(char to[DESK_TEXT_BYTES], jieda_str text, const char *end)
{
    size_t len = strlen(to);

    assert_true(len + text.len + strlen(end) < DESK_TEXT_BYTES);
    desk_put(to + len, DESK_TEXT_BYTES - len, text);
    strcat(to, end);
}

static inline jieda_handoff_result desk_on_handoff(void *ctx, const jieda_handoff *h)
{
    desk_host *host = ctx;
    desk_event *e = &host->events[host->event_count++];

    assert_true(host->event_count <= DESK_EVENT_COUNT_MAX);
    e->event = h->event;
    e->priority = h->priority;
    e->due = h->due;
    desk_put(e->ticket_id, sizeof e->ticket_id, h->ticket_id);
    desk_put(e->key, sizeof e->key, h->idempotency_key);
    desk_put(e->conversation, sizeof e->conversation, h->conversation_id);
    desk_put(e->reason, sizeof e->reason, str(h->reason));
    desk_put(e->queue, sizeof e->queue, h->queue);
    e->json = malloc(h->ticket.len + 1);
    assert_non_null(e->json);
    desk_put(e->json, h->ticket.len + 1, h->ticket);
    return host->result;
}

static inline bool desk_on_feedback(void *ctx, jieda_str conversation, const jieda_feedback *f)
{
    desk_host *host = ctx;

    (void)conversation;
    host->feedback_count++;
    host->feedback_kind = f->kind;
    host->stars = f->stars;
    desk_put(host->feedback_id, sizeof host->feedback_id, f->decision_id);
    desk_put(host->comment, sizeof host->comment, f->comment);
    return host->keeps_feedback;
}

static inline void desk_on_vault(void *ctx, jieda_str conversation, jieda_str placeholder,
                                 const char *kind, jieda_str value)
{
    desk_host *host = ctx;

    (void)conversation;
    desk_append(host->vault, placeholder, ":");
    desk_append(host->vault, str(kind), "=");
    desk_append(host->vault, value, ";");
}

static inline void desk_on_log(void *ctx, jieda_log_level level, jieda_str line)
{
    (void)level;
    desk_append(((desk_host *)ctx)->log, line, "\n");
}

static inline int64_t desk_clock(void *ctx)
{
    return ((const desk_host *)ctx)->now;
}

static inline void desk_host_forget(desk_host *host)
{
    for (size_t i = 0; i < host->event_count; i++)
        free(host->events[i].json);
    memset(host, 0, sizeof *host);
    host->now = DESK_MONDAY_NOON;
    host->result = JIEDA_HANDOFF_ACCEPTED;
    host->keeps_feedback = true;
}

static inline jieda_options desk_options(desk_host *host)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    options.clock = desk_clock;
    options.handoff = desk_on_handoff;
    options.feedback = desk_on_feedback;
    options.vault = desk_on_vault;
    options.log = desk_on_log;
    options.clock_ctx = options.handoff_ctx = options.feedback_ctx = host;
    options.vault_ctx = options.log_ctx = host;
    return options;
}

/* ---- the files ------------------------------------------------------------------------------- */

static inline void desk_write(const fixture *f)
{
    fixture_write(f, "pack.json", shop_pack);
    fixture_write(f, "entries.json", shop_entries);
    fixture_write(f, "more.json", desk_entries);
    fixture_write(f, "rules.json", desk_rules);
    fixture_write(f, "policy.json", desk_policy);
}

static inline void desk_make(fixture *f)
{
    fixture_folder(f);
    desk_write(f);
    fixture_compile(f);
}

static inline jieda_session *desk_session(const jieda_engine *engine, const char *conversation)
{
    jieda_session *session = fixture_session(engine);

    assert_int_equal(jieda_session_set_conversation(session, str(conversation), NULL), JIEDA_OK);
    return session;
}

/* ---- looking --------------------------------------------------------------------------------- */

static inline bool holds(jieda_str text, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= text.len; i++)
        if (memcmp(text.ptr + i, part, len) == 0)
            return true;
    return false;
}

static inline void assert_holds(jieda_str text, const char *part)
{
    if (!holds(text, part))
        fail_msg("\"%s\" is not in \"%.*s\"", part, (int)text.len, text.ptr ? text.ptr : "");
}

/* The document of an event; free it with cJSON_Delete(). */
static inline cJSON *desk_document(const desk_event *e)
{
    cJSON *root = cJSON_Parse(e->json);

    if (!root)
        fail_msg("this is no JSON: %s", e->json);
    return root;
}

static inline const char *desk_text(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsString(item))
        fail_msg("\"%s\" is no text", key);
    return item->valuestring;
}

static inline double desk_number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    if (!cJSON_IsNumber(item))
        fail_msg("\"%s\" is no number", key);
    return item->valuedouble;
}

#endif
