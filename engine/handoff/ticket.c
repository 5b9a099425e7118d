/*
 * ticket.c - see ticket.h. The JSON of a ticket is described by docs/handoff.schema.json.
 *
 * cJSON's memory is process-wide; a failed add is remembered and reported once at the end.
 */
#include "handoff/ticket.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "jieda/handoff/1"
#define SECONDS_PER_DAY 86400
/* Candidates in a ticket, and runs of characters each has in common with what was typed. */
#define CANDIDATE_COUNT 5
#define MATCHED_COUNT_MAX 8

/* ---- states ---------------------------------------------------------------------------------- */

/* The first states and the last one are kept. */
static void note_state(jieda__ticket *t, jieda_ticket_state state, int64_t now)
{
    if (t->history_count < JIEDA__HISTORY_COUNT_MAX)
        t->history_count++;
    t->history[t->history_count - 1].time = now;
    t->history[t->history_count - 1].state = (uint8_t)state;
    t->state = (uint8_t)state;
}

/* 'T' and 15 of 32 letters and digits, 75 bits of two hashes: names the n-th episode of this
 * conversation, so that a repeated attempt to open it is the same ticket. The time it began keeps
 * apart what a host gave the same id. */
static void name_ticket(jieda__dialog *dialog)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t hash =
        jieda__hash(JIEDA__HASH_SEED, dialog->conversation, strlen(dialog->conversation));
    uint64_t episode = jieda__hash_mix((uint64_t)dialog->begun) + dialog->episode_count;
    uint64_t half[2] = {jieda__hash_mix(hash ^ episode), jieda__hash_mix(~hash + episode)};
    char *id = dialog->ticket.id;

    id[0] = 'T';
    for (int i = 1; i < JIEDA__TICKET_ID_LEN; i++) {
        uint64_t *from = &half[i % 2];

        id[i] = letters[*from % 32];
        *from /= 32;
    }
    id[JIEDA__TICKET_ID_LEN] = '\0';
}

/* An event that was not taken is given up. Its number is spent, for the receiver may have it after
 * all, and would take what comes next under its key for the same. */
static void give_up_unstored(jieda__ticket *t)
{
    t->event_count += t->unstored > 0;
    t->unstored = 0;
}

static jieda_status need_open(const jieda__dialog *dialog, jieda_error *err)
{
    if (dialog->owner == JIEDA_OWNER_BOT)
        return jieda__fail(err, JIEDA_E_NOT_FOUND, "this conversation has no open ticket");
    return JIEDA_OK;
}

jieda_status jieda__ticket_accept(jieda__dialog *dialog, jieda_str agent, int64_t now,
                                  jieda_error *err)
{
    if (need_open(dialog, err) != JIEDA_OK)
        return JIEDA_E_NOT_FOUND;
    dialog->owner = JIEDA_OWNER_AGENT;
    jieda__name_set(dialog->ticket.agent, agent);
    note_state(&dialog->ticket, JIEDA_TICKET_AGENT, now);
    return JIEDA_OK;
}

jieda_status jieda__ticket_close(jieda__dialog *dialog, int64_t now, jieda_error *err)
{
    if (need_open(dialog, err) != JIEDA_OK)
        return JIEDA_E_NOT_FOUND;
    dialog->owner = JIEDA_OWNER_BOT;
    dialog->ticket.closed = now;
    give_up_unstored(&dialog->ticket); /* whoever closes it has it */
    note_state(&dialog->ticket, JIEDA_TICKET_CLOSED, now);
    return JIEDA_OK;
}

jieda_status jieda__ticket_return(jieda__dialog *dialog, int64_t now, jieda_error *err)
{
    if (need_open(dialog, err) != JIEDA_OK)
        return JIEDA_E_NOT_FOUND;
    dialog->owner = JIEDA_OWNER_QUEUE;
    note_state(&dialog->ticket, JIEDA_TICKET_QUEUED, now);
    return JIEDA_OK;
}

jieda_ticket jieda__ticket_view(const jieda__dialog *dialog)
{
    const jieda__ticket *t = &dialog->ticket;

    if (t->id[0] == '\0')
        return (jieda_ticket){.id = {"", 0}, .reason = "", .queue = {"", 0}};
    return (jieda_ticket){
        .id = jieda__str(t->id),
        .reason = jieda__reason_name(t->reason),
        .priority = (jieda_priority)t->priority,
        .state = (jieda_ticket_state)t->state,
        .queue = jieda__str(t->queue),
        .created = t->created,
        .due = t->due,
        .stored = t->unstored == 0,
    };
}

/* ---- the document ---------------------------------------------------------------------------- */

typedef struct writer {
    const jieda__desk *desk;
    const jieda__dialog *dialog;
    const jieda__turn *turn;
    const jieda__service *service;
    jieda_handoff_event event;
    cJSON *root;
    bool failed;
} writer;

static cJSON *add(writer *w, cJSON *parent, const char *key, cJSON *item)
{
    bool added =
        parent && item &&
        (key ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item));

    if (added)
        return item;
    cJSON_Delete(item);
    w->failed = true;
    return NULL;
}

static void add_text(writer *w, cJSON *parent, const char *key, jieda_str text)
{
    jieda_str copy = jieda__arena_copy(w->desk->arena, text); /* cJSON wants a NUL */

    add(w, parent, key, copy.ptr ? cJSON_CreateString(copy.ptr) : NULL);
}

static void add_cstr(writer *w, cJSON *parent, const char *key, const char *text)
{
    add(w, parent, key, cJSON_CreateString(text));
}

static void add_whole(writer *w, cJSON *parent, const char *key, int64_t value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%lld", (long long)value);
    add(w, parent, key, cJSON_CreateRaw(digits));
}

static void add_real(writer *w, cJSON *parent, const char *key, float value)
{
    char digits[32];

    snprintf(digits, sizeof digits, "%.4f", (double)value);
    add(w, parent, key, cJSON_CreateRaw(digits));
}

static void add_priority(writer *w, cJSON *parent, const char *key, uint32_t priority)
{
    const char name[] = {'P', (char)('0' + priority % 4), '\0'};

    add_cstr(w, parent, key, name);
}

static void add_transcript(writer *w)
{
    static const char *const roles[] = {"visitor", "bot", "agent"};
    cJSON *list = add(w, w->root, "transcript", cJSON_CreateArray());
    const jieda__said *said;

    for (size_t i = 0; (said = jieda__dialog_said(w->dialog, i)) != NULL; i++) {
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());

        add_cstr(w, item, "role", roles[said->role]);
        add_whole(w, item, "time", said->time);
        add_cstr(w, item, "text", said->text);
        if (said->decision_id[0])
            add_cstr(w, item, "decision_id", said->decision_id);
    }
}

/* Runs of units of the question that the utterance holds: what matched. They are words of the
 * knowledge base, never only the visitor's. */
static void add_matched(writer *w, cJSON *candidate, jieda_str question)
{
    cJSON *list = add(w, candidate, "matched", cJSON_CreateArray());
    const jieda__reading *typed = w->desk->reading;
    jieda__reading known;
    size_t count = 0, run = 0;

    if (!typed)
        return;
    if (jieda__text_read(w->desk->arena, w->desk->kb->lexicon, question, &known) != JIEDA_OK) {
        w->failed = true;
        return;
    }
    for (size_t i = 0; i <= known.raw.count && count < MATCHED_COUNT_MAX; i++) {
        bool common = false;

        for (size_t k = 0; i < known.raw.count && k < typed->raw.count && !common; k++)
            common = typed->raw.items[k].key == known.raw.items[i].key;
        if (common) {
            run++;
        } else if (run > 0) {
            uint32_t first = known.raw.items[i - run].first;
            const jieda__unit *last = &known.raw.items[i - 1];
            uint32_t begin = known.text.chars[first].begin;
            uint32_t end = known.text.chars[last->first + last->count - 1].end;

            add_text(w, list, NULL, (jieda_str){question.ptr + begin, end - begin});
            count++;
            run = 0;
        }
    }
}

static void add_candidates(writer *w)
{
    cJSON *list = add(w, w->root, "candidates", cJSON_CreateArray());

    for (size_t i = 0; i < w->desk->candidate_count && i < CANDIDATE_COUNT; i++) {
        const jieda_candidate *c = &w->desk->candidates[i];
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());

        add_text(w, item, "entry_id", c->entry_id);
        add_text(w, item, "title", c->title);
        add_text(w, item, "question", c->question);
        add_real(w, item, "confidence", c->confidence);
        add_real(w, item, "score", c->score);
        add_matched(w, item, c->question);
    }
}

static void add_slots(writer *w)
{
    cJSON *slots = add(w, w->root, "slots", cJSON_CreateObject());
    cJSON *missing = add(w, w->root, "missing", cJSON_CreateArray());
    cJSON *tried = add(w, w->root, "tried", cJSON_CreateArray());

    for (size_t i = 0; i < w->dialog->slot_count; i++)
        add_cstr(w, slots, jieda__slot_name(w->dialog->slots[i].kind), w->dialog->slots[i].value);
    for (size_t i = 0; i < w->desk->need_count; i++)
        if (!jieda__dialog_knows(w->dialog, w->desk->needs[i]))
            add_text(w, missing, NULL, w->desk->needs[i]);
    for (size_t i = 0; i < w->dialog->tried_count; i++)
        add_cstr(w, tried, NULL, w->dialog->tried[i]);
}

static void add_pii(writer *w)
{
    cJSON *list = add(w, w->root, "pii", cJSON_CreateArray());
    const jieda__redaction *redaction = w->desk->redaction;

    for (size_t i = 0; redaction && i < redaction->count; i++) {
        cJSON *item = add(w, list, NULL, cJSON_CreateObject());

        add_text(w, item, "placeholder", redaction->items[i].placeholder);
        add_cstr(w, item, "kind", jieda__slot_name(redaction->items[i].kind));
    }
}

static void add_trace(writer *w)
{
    cJSON *trace = add(w, w->root, "trace", cJSON_CreateObject());
    char hash[17];

    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)w->desk->policy->hash);
    add_text(w, trace, "kb", w->desk->kb->name);
    add_text(w, trace, "kb_hash", w->desk->kb->content_hash);
    add_cstr(w, trace, "engine", JIEDA_VERSION);
    add_cstr(w, trace, "policy", hash);
    add_cstr(w, trace, "decision_id", w->dialog->decision_id);
    add_text(w, trace, "rule", w->turn->rule ? w->turn->rule->id : (jieda_str){"", 0});
    add_cstr(w, trace, "why", w->turn->why);
    add_whole(w, trace, "clock", w->desk->now);
    add_whole(w, trace, "turn", w->dialog->turn_count);
}

static void add_states(writer *w)
{
    const jieda__ticket *t = &w->dialog->ticket;
    cJSON *hours = add(w, w->root, "hours", cJSON_CreateObject());
    cJSON *flags = add(w, w->root, "risk_flags", cJSON_CreateArray());
    cJSON *history;

    add(w, hours, "open", cJSON_CreateBool(w->service->open));
    add_whole(w, hours, "opens", w->service->opens);
    add_whole(w, hours, "wait_minutes", w->service->wait_minutes);
    if (t->reason == JIEDA__REASON_FRAUD || t->reason == JIEDA__REASON_DISTRESS)
        add_cstr(w, flags, NULL, jieda__reason_name(t->reason));
    if (w->desk->redaction && w->desk->redaction->secret)
        add_cstr(w, flags, NULL, "secret_sent");
    add_cstr(w, w->root, "state", jieda_ticket_state_name((jieda_ticket_state)t->state));
    history = add(w, w->root, "history", cJSON_CreateArray());
    for (size_t i = 0; i < t->history_count; i++) {
        cJSON *item = add(w, history, NULL, cJSON_CreateObject());

        add_whole(w, item, "time", t->history[i].time);
        add_cstr(w, item, "state",
                 jieda_ticket_state_name((jieda_ticket_state)t->history[i].state));
    }
}

static void write_document(writer *w, jieda_str key)
{
    const jieda__ticket *t = &w->dialog->ticket;

    add_cstr(w, w->root, "schema", SCHEMA);
    add_cstr(w, w->root, "event", jieda_handoff_event_name(w->event));
    add_cstr(w, w->root, "ticket_id", t->id);
    add_text(w, w->root, "idempotency_key", key);
    add_cstr(w, w->root, "conversation_id", w->dialog->conversation);
    add_whole(w, w->root, "created", t->created);
    add_whole(w, w->root, "due", t->due);
    add_whole(w, w->root, "expires",
              t->created + (int64_t)JIEDA__TICKET_KEPT_DAYS * SECONDS_PER_DAY);
    add_whole(w, w->root, "level", t->level);
    add_priority(w, w->root, "priority", t->priority);
    add_cstr(w, w->root, "queue", t->queue);
    add_cstr(w, w->root, "reason", jieda__reason_name(t->reason));
    add_text(w, w->root, "channel", w->desk->channel);
    add_text(w, w->root, "language", w->desk->language);
    add_text(w, w->root, "query", jieda__redact_cut(w->desk->query, JIEDA__MESSAGE_BYTES_MAX));
    add_cstr(w, w->root, "entry_id", t->entry);
    add_transcript(w);
    add_candidates(w);
    add_slots(w);
    add_pii(w);
    add_cstr(w, w->root, "incident_id", t->incident);
    add_states(w);
    add_whole(w, w->root, "satisfaction", t->satisfaction);
    add_trace(w);
}

/* ---- events ---------------------------------------------------------------------------------- */

static jieda_status call_hook(const jieda__desk *desk, const jieda__turn *turn, uint32_t number,
                              jieda_handoff_event event, const jieda__dialog *dialog,
                              const jieda__service *service, jieda_handoff_result *result,
                              jieda_error *err)
{
    const jieda__ticket *t = &dialog->ticket;
    writer w = {desk, dialog, turn, service, event, cJSON_CreateObject(), false};
    char key[JIEDA__TICKET_ID_LEN + 16];
    jieda_handoff handoff = {
        .event = event,
        .reason = jieda__reason_name(t->reason),
        .priority = (jieda_priority)t->priority,
        .ticket_id = jieda__str(t->id),
        .conversation_id = jieda__str(dialog->conversation),
        .queue = jieda__str(t->queue),
        .due = t->due,
    };
    char *printed;

    snprintf(key, sizeof key, "%s/%u", t->id, number);
    handoff.idempotency_key = jieda__str(key);
    write_document(&w, handoff.idempotency_key);
    printed = w.root && !w.failed ? cJSON_PrintUnformatted(w.root) : NULL;
    cJSON_Delete(w.root);
    if (!printed)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    handoff.ticket = jieda__str(printed);
    *result = desk->hook.fn(desk->hook.ctx, &handoff);
    cJSON_free(printed);
    return JIEDA_OK;
}

/* Numbers the event and hands it over; one that is not taken keeps its number. */
static jieda_status send(const jieda__desk *desk, const jieda__turn *turn,
                         jieda_handoff_event event, jieda__dialog *next, jieda__handover *out,
                         jieda_error *err)
{
    jieda__ticket *t = &next->ticket;
    jieda_status st;

    t->event_count++;
    st = call_hook(desk, turn, t->event_count, event, next, &out->service, &out->result, err);
    if (st != JIEDA_OK)
        return st;
    out->called = true;
    if (out->result != JIEDA_HANDOFF_FAILED) {
        t->unstored = 0;
        return JIEDA_OK;
    }
    t->unstored = (uint8_t)(1 + event);
    t->event_count--;
    return JIEDA_OK;
}

static jieda_str bound_tag(const void *tags, jieda_str name)
{
    return jieda__bindings_get(tags, name);
}

/* Reason, priority, queue and times by the policy. */
static void serve(const jieda__desk *desk, uint32_t reason, uint32_t priority, jieda__dialog *next,
                  jieda__handover *out)
{
    jieda__ticket *t = &next->ticket;

    out->service = jieda__policy_service(desk->policy, reason, priority, next->complaint_count,
                                         bound_tag, desk->tags, desk->now);
    t->reason = (uint8_t)reason;
    t->priority = (uint8_t)out->service.priority;
    t->level = (uint8_t)out->service.level;
    t->due = out->service.due;
    jieda__name_set(t->queue, jieda__policy_queue_id(desk->policy, out->service.queue));
}

static void about(const jieda__desk *desk, const jieda__turn *turn, jieda__dialog *next)
{
    jieda__name_set(next->ticket.incident, desk->incident);
    jieda__id_set(next->ticket.entry, turn->entry != JIEDA__NONE
                                          ? jieda__kb_entry_id(desk->kb, turn->entry)
                                          : jieda__str(next->last_entry));
}

static jieda_status open_ticket(const jieda__desk *desk, const jieda__turn *turn,
                                jieda__dialog *next, jieda__handover *out, jieda_error *err)
{
    jieda__ticket *t = &next->ticket;

    memset(t, 0, sizeof *t);
    next->episode_count++;
    name_ticket(next);
    t->created = desk->now;
    serve(desk, turn->reason, turn->priority, next, out);
    about(desk, turn, next);
    note_state(t, JIEDA_TICKET_QUEUED, desk->now);
    next->owner = JIEDA_OWNER_QUEUE;
    return send(desk, turn, JIEDA_HANDOFF_OPENED, next, out, err);
}

static jieda_status reopen(const jieda__desk *desk, const jieda__turn *turn, jieda__dialog *next,
                           jieda__handover *out, jieda_error *err)
{
    jieda__ticket *t = &next->ticket;

    serve(desk, t->reason, t->priority, next, out);
    t->closed = 0;
    next->owner = JIEDA_OWNER_QUEUE;
    note_state(t, JIEDA_TICKET_QUEUED, desk->now);
    return send(desk, turn, JIEDA_HANDOFF_REOPENED, next, out, err);
}

static jieda_status cancel(const jieda__desk *desk, const jieda__turn *turn, jieda__dialog *next,
                           jieda__handover *out, jieda_error *err)
{
    bool known = next->ticket.unstored != 1 + JIEDA_HANDOFF_OPENED;

    next->owner = JIEDA_OWNER_BOT;
    next->ticket.closed = desk->now;
    give_up_unstored(&next->ticket);
    note_state(&next->ticket, JIEDA_TICKET_CLOSED, desk->now);
    /* Nobody has what was never stored, so nobody need hear that it is not wanted. */
    return known ? send(desk, turn, JIEDA_HANDOFF_CANCELLED, next, out, err) : JIEDA_OK;
}

/* Whether an event that was not taken need not be tried again, for what is done now says as much.
 */
static bool outdoes(jieda__ticket_act act, uint8_t unstored)
{
    switch (act) {
    case JIEDA__TICKET_ESCALATE:
        return unstored == 1 + JIEDA_HANDOFF_MESSAGE || unstored == 1 + JIEDA_HANDOFF_ESCALATED;
    case JIEDA__TICKET_REOPEN:
    case JIEDA__TICKET_CANCEL:
        return true;
    default:
        return false;
    }
}

/* The same words again while waiting are no news; to an agent they may be another answer. */
static bool says_something_new(const jieda__desk *desk, const jieda__dialog *next)
{
    const jieda__said *said, *last = NULL, *before = NULL;

    if (next->owner == JIEDA_OWNER_AGENT)
        return desk->query.len > 0;
    for (size_t i = 0; (said = jieda__dialog_said(next, i)) != NULL; i++) {
        if (said->role != JIEDA_ROLE_VISITOR)
            continue;
        before = last;
        last = said;
    }
    return desk->query.len > 0 && (!before || strcmp(before->text, last->text) != 0);
}

jieda_status jieda__ticket_take(const jieda__desk *desk, const jieda__turn *turn,
                                jieda__dialog *next, jieda__handover *out, jieda_error *err)
{
    uint8_t unstored = next->ticket.unstored;
    jieda_status st = JIEDA_OK;

    *out = (jieda__handover){.result = JIEDA_HANDOFF_ACCEPTED};
    if (!desk->hook.fn)
        return JIEDA_OK;
    if (next->ticket.id[0])
        out->service =
            jieda__policy_service(desk->policy, next->ticket.reason, next->ticket.priority,
                                  next->complaint_count, bound_tag, desk->tags, desk->now);
    /* Also if an earlier event fails below: a graver reason must not be forgotten with it. */
    if (turn->ticket == JIEDA__TICKET_ESCALATE) {
        uint32_t had = next->ticket.priority;

        serve(desk, turn->reason, turn->priority < had ? turn->priority : had, next, out);
        about(desk, turn, next);
    }
    if (unstored > 1 + JIEDA_HANDOFF_OPENED && outdoes(turn->ticket, unstored)) {
        give_up_unstored(&next->ticket);
    } else if (unstored > 0 && turn->ticket != JIEDA__TICKET_CANCEL) {
        /* Its document is made anew, so what the visitor says now is in it. */
        st = send(desk, turn, (jieda_handoff_event)(unstored - 1), next, out, err);
        /* A new ticket is opened even so: what is lost then is that the old one is not needed. */
        if (st != JIEDA_OK || turn->ticket == JIEDA__TICKET_APPEND ||
            (out->result == JIEDA_HANDOFF_FAILED && turn->ticket != JIEDA__TICKET_OPEN))
            return st;
    }
    switch (turn->ticket) {
    case JIEDA__TICKET_KEEP:
        return JIEDA_OK;
    case JIEDA__TICKET_OPEN:
        return open_ticket(desk, turn, next, out, err);
    case JIEDA__TICKET_APPEND:
        return says_something_new(desk, next)
                   ? send(desk, turn, JIEDA_HANDOFF_MESSAGE, next, out, err)
                   : JIEDA_OK;
    case JIEDA__TICKET_ESCALATE:
        return send(desk, turn, JIEDA_HANDOFF_ESCALATED, next, out, err);
    case JIEDA__TICKET_REOPEN:
        return reopen(desk, turn, next, out, err);
    case JIEDA__TICKET_CANCEL:
        return cancel(desk, turn, next, out, err);
    }
    return JIEDA_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

const char *jieda_ticket_state_name(jieda_ticket_state state)
{
    static const char *const names[] = {"none", "queued", "agent", "closed"};

    return names[state];
}

const char *jieda_handoff_event_name(jieda_handoff_event event)
{
    static const char *const names[] = {"opened", "message", "escalated", "reopened", "cancelled"};

    return names[event];
}
