/*
 * json.c - replies as JSON: the contract with scripts. The order of keys is part of it.
 *
 *   {"question":"怎么退款","decision":"answer","id":"refund.apply","confidence":0.93,
 *    "title":"...","answer":"...","options":[],"candidates":[...],"intent":"refund",
 *    "handoff":null,"handoff_offer":true,"language":"zh","steps":[...],"actions":[...],
 *    "needs":[...],"related":[...],"why":"confident","slots":{"amount":"88"},"notices":[],
 *    "prompt":null,"decision_id":"k3v9q0tm","rule":null,"incident":null,"elapsed_us":412}
 *
 * Once the conversation has a ticket, and until another one is opened, "handoff" is
 *
 *   {"reason":"fraud","priority":"P0","ticket_id":"T4Q...","state":"queued","queue":"safety",
 *    "due":1767232800}
 *
 * with the state "queued", "agent" or "closed"; "due" counts seconds since 1970-01-01 UTC. While it
 * is queued or with an agent, every decision is "handoff". Shown to a visitor are, in this order:
 * notices, answer, prompt, options.
 *
 * A question that was refused, or that asks nothing, has the same keys, empty, and "error" after
 * them. cJSON's memory is process-wide; every function here tells of its failure, and the half-made
 * object is freed.
 */
#include "cli.h"

#include <math.h>
#include <stdlib.h>

static bool put(cJSON *object, const char *key, cJSON *value)
{
    if (value && cJSON_AddItemToObject(object, key, value))
        return true;
    cJSON_Delete(value);
    return false;
}

static cJSON *string(jieda_str text)
{
    char *repaired = text_repair(text);
    cJSON *item = repaired ? cJSON_CreateString(repaired) : NULL;

    free(repaired);
    return item;
}

bool json_put_str(cJSON *object, const char *key, jieda_str text)
{
    return put(object, key, string(text));
}

bool json_put_str_or_null(cJSON *object, const char *key, jieda_str text)
{
    return put(object, key, text.len > 0 ? string(text) : cJSON_CreateNull());
}

bool json_put_real(cJSON *object, const char *key, double value)
{
    char digits[32];

    /* A float printed as the double it became has nine digits of noise: 0.93 as 0.930000007. */
    snprintf(digits, sizeof digits, "%.6g", isfinite(value) ? value : 0.0);
    return put(object, key, cJSON_CreateRaw(digits));
}

bool json_put_whole(cJSON *object, const char *key, uint64_t value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    return put(object, key, cJSON_CreateRaw(digits));
}

static bool append(cJSON *array, cJSON *item)
{
    if (item && cJSON_AddItemToArray(array, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static bool put_strings(cJSON *object, const char *key, const jieda_str *list, size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, key);
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < count; i++)
        ok = append(array, string(list[i]));
    return ok;
}

/* An object that is already part of a tree, so that its owner frees it. */
static cJSON *append_object(cJSON *array)
{
    cJSON *item = cJSON_CreateObject();

    return append(array, item) ? item : NULL;
}

static bool put_options(cJSON *object, const char *key, const jieda_option *list, size_t count,
                        bool with_confidence)
{
    cJSON *array = cJSON_AddArrayToObject(object, key);
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < count; i++) {
        cJSON *item = append_object(array);

        ok = item && json_put_str(item, "id", list[i].entry_id) &&
             json_put_str(item, "title", list[i].title) &&
             (!with_confidence || json_put_real(item, "confidence", list[i].confidence));
    }
    return ok;
}

static bool put_candidates(cJSON *object, const jieda_reply *reply)
{
    cJSON *array = cJSON_AddArrayToObject(object, "candidates");
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < reply->candidate_count; i++) {
        const jieda_candidate *candidate = &reply->candidates[i];
        cJSON *item = append_object(array);

        ok = item && json_put_str(item, "id", candidate->entry_id) &&
             json_put_str(item, "title", candidate->title) &&
             json_put_real(item, "score", candidate->score) &&
             json_put_real(item, "confidence", candidate->confidence);
    }
    return ok;
}

static bool put_actions(cJSON *object, const jieda_reply *reply)
{
    cJSON *array = cJSON_AddArrayToObject(object, "actions");
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < reply->action_count; i++) {
        cJSON *item = append_object(array);

        ok = item && json_put_str(item, "label", reply->actions[i].label) &&
             json_put_str(item, "link", reply->actions[i].link);
    }
    return ok;
}

static bool put_slots(cJSON *object, const jieda_reply *reply)
{
    cJSON *slots = cJSON_AddObjectToObject(object, "slots");
    bool ok = slots != NULL;

    for (size_t i = 0; ok && i < reply->slot_count; i++) {
        char *name = text_repair(reply->slots[i].name);

        ok = name && json_put_str(slots, name, reply->slots[i].value);
        free(name);
    }
    return ok;
}

bool json_put_handoff(cJSON *object, const char *key, const jieda_ticket *ticket)
{
    const char priority[] = {'P', (char)('0' + (int)ticket->priority), '\0'};
    cJSON *item;

    if (ticket->id.len == 0)
        return put(object, key, cJSON_CreateNull());
    item = cJSON_AddObjectToObject(object, key);
    return item && json_put_str(item, "reason", text_of(ticket->reason)) &&
           json_put_str(item, "priority", text_of(priority)) &&
           json_put_str(item, "ticket_id", ticket->id) &&
           json_put_str(item, "state", text_of(jieda_ticket_state_name(ticket->state))) &&
           json_put_str(item, "queue", ticket->queue) &&
           json_put_whole(item, "due", (uint64_t)ticket->due);
}

/* @param error  why there is no reply, or NULL. */
static bool put_reply(cJSON *o, jieda_str question, const jieda_reply *reply, uint64_t elapsed_us,
                      const char *error)
{
    size_t options =
        reply->option_count < JIEDA_OPTION_COUNT_MAX ? reply->option_count : JIEDA_OPTION_COUNT_MAX;

    return json_put_str(o, "question", question) &&
           json_put_str(o, "decision", text_of(jieda_decision_name(reply->decision))) &&
           json_put_str_or_null(o, "id", reply->entry_id) &&
           json_put_real(o, "confidence", reply->confidence) &&
           json_put_str_or_null(o, "title", reply->title) &&
           json_put_str_or_null(o, "answer", reply->answer) &&
           put_options(o, "options", reply->options, options, true) && put_candidates(o, reply) &&
           json_put_str_or_null(o, "intent", reply->intent) &&
           json_put_handoff(o, "handoff", &reply->ticket) &&
           cJSON_AddBoolToObject(o, "handoff_offer", reply->handoff_offer) &&
           json_put_str_or_null(o, "language", reply->language) &&
           put_strings(o, "steps", reply->steps, reply->step_count) && put_actions(o, reply) &&
           put_strings(o, "needs", reply->needs, reply->need_count) &&
           put_options(o, "related", reply->related, reply->related_count, false) &&
           json_put_str_or_null(o, "why", reply->why) && put_slots(o, reply) &&
           put_strings(o, "notices", reply->notices, reply->notice_count) &&
           json_put_str_or_null(o, "prompt", reply->prompt) &&
           json_put_str_or_null(o, "decision_id", reply->decision_id) &&
           json_put_str_or_null(o, "rule", reply->rule) &&
           json_put_str_or_null(o, "incident", reply->incident) &&
           json_put_whole(o, "elapsed_us", elapsed_us) &&
           (!error || json_put_str(o, "error", text_of(error)));
}

static cJSON *reply_object(jieda_str question, const jieda_reply *reply, uint64_t elapsed_us,
                           const char *error)
{
    cJSON *object = cJSON_CreateObject();

    if (object && put_reply(object, question, reply, elapsed_us, error))
        return object;
    cJSON_Delete(object);
    return NULL;
}

cJSON *json_reply(jieda_str question, const jieda_reply *reply, uint64_t elapsed_us)
{
    return reply_object(
        question, reply, elapsed_us,
        reply->decision == JIEDA_DECISION_NONE ? "nothing was asked; type a question" : NULL);
}

cJSON *json_refusal(jieda_str question, const char *error)
{
    static const jieda_reply nothing = {.decision = JIEDA_DECISION_NONE};

    return reply_object(question, &nothing, 0, error);
}
