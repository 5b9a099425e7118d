/*
 * prompt.c - what the bot says besides the answer: it asks back, tells of the ticket, warns.
 *
 * The sentences are the policy's (policy.json, "messages"), or the built-in ones; {{fields}} are
 * filled here.
 */
#include "api/exchange.h"

#include <stdio.h>
#include <string.h>

#define PROMPT_BYTES_MAX ((size_t)64 * 1024)
/* Incident, secret warning, reminders. */
#define NOTICE_COUNT_MAX (2 + JIEDA__REMINDERS_MAX)

typedef struct speaker {
    jieda__exchange *x;
    jieda_reply *reply;
    jieda__buf out;
} speaker;

/* ---- fields ---------------------------------------------------------------------------------- */

static bool is_chinese(const speaker *s)
{
    return s->x->language.len >= 2 && memcmp(s->x->language.ptr, "zh", 2) == 0;
}

/* "11月23日 08:00" where the language is Chinese, else "2026-11-23 08:00". */
static void put_time(speaker *s, int64_t time)
{
    const jieda__policy *policy = &s->x->session->engine->policy;
    jieda__civil civil = jieda__civil_time(time + (int64_t)policy->utc_offset_minutes * 60);
    char text[64];

    if (is_chinese(s))
        snprintf(text, sizeof text, "%d月%d日 %02d:%02d", civil.month, civil.day, civil.hour,
                 civil.minute);
    else
        snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day,
                 civil.hour, civil.minute);
    jieda__buf_cstr(&s->out, text);
}

static size_t missing_count(const speaker *s)
{
    size_t count = 0;

    for (size_t i = 0; i < s->x->need_count; i++)
        count += !jieda__dialog_knows(s->x->next, s->x->needs[i]);
    return count;
}

static void put_missing(speaker *s)
{
    size_t count = 0;

    for (size_t i = 0; i < s->x->need_count; i++) {
        if (jieda__dialog_knows(s->x->next, s->x->needs[i]))
            continue;
        if (count++ > 0)
            jieda__buf_cstr(&s->out, is_chinese(s) ? "、" : ", ");
        jieda__buf_str(&s->out, s->x->need_titles[i]);
    }
}

/* A queue that a newer policy no longer has is the first one. */
static uint32_t find_queue(const jieda__policy *policy, jieda_str id)
{
    for (uint32_t i = 0; i < policy->header->queue_count; i++)
        if (jieda__str_equal(jieda__policy_queue_id(policy, i), id))
            return i;
    return 0;
}

/* What is not known is not put in numbers. */
static void put_wait(speaker *s, uint32_t minutes)
{
    char text[32];

    snprintf(text, sizeof text, is_chinese(s) ? "约 %u 分钟" : "about %u min", minutes);
    if (minutes == 0)
        jieda__buf_cstr(&s->out, is_chinese(s) ? "视排队情况而定" : "depends on the queue");
    else
        jieda__buf_cstr(&s->out, text);
}

static void put_field(speaker *s, jieda_str name)
{
    const jieda__exchange *x = s->x;
    const jieda__ticket *t = &x->next->ticket;
    const jieda__policy *policy = &x->session->engine->policy;

    if (jieda__str_equal(name, jieda__str("ticket"))) {
        jieda__buf_cstr(&s->out, t->id);
    } else if (jieda__str_equal(name, jieda__str("queue"))) {
        jieda__buf_str(&s->out,
                       jieda__policy_queue_title(policy, find_queue(policy, jieda__str(t->queue)),
                                                 x->renderer.language));
    } else if (jieda__str_equal(name, jieda__str("wait"))) {
        put_wait(s, x->handover.service.wait_minutes);
    } else if (jieda__str_equal(name, jieda__str("opens"))) {
        if (x->handover.service.opens > 0)
            put_time(s, x->handover.service.opens);
        else
            jieda__buf_cstr(&s->out, is_chinese(s) ? "另行通知" : "to be announced");
    } else if (jieda__str_equal(name, jieda__str("due"))) {
        put_time(s, t->due);
    } else if (jieda__str_equal(name, jieda__str("created"))) {
        put_time(s, t->created);
    } else if (jieda__str_equal(name, jieda__str("agent"))) {
        jieda__buf_str(&s->out, t->agent[0] ? jieda__str(t->agent)
                                            : jieda__policy_default_title(x->language));
    } else if (jieda__str_equal(name, jieda__str("slots"))) {
        put_missing(s);
    } else if (jieda__str_equal(name, jieda__str("question")) && s->reply->option_count > 0) {
        jieda__buf_str(&s->out, s->reply->options[0].title);
    }
}

/* Appends a message with its fields filled, after a line break if something is there already. */
static void put_message(speaker *s, enum jieda__message which)
{
    const jieda_engine *engine = s->x->session->engine;
    jieda_str text = jieda__message(&engine->policy, engine->kb, which, s->x->renderer.language);

    if (text.len == 0)
        return;
    if (s->out.len > 0)
        jieda__buf_byte(&s->out, '\n');
    while (text.len > 0) {
        const char *open = memchr(text.ptr, '{', text.len);
        size_t plain = open ? (size_t)(open - text.ptr) : text.len, end = plain;

        jieda__buf_append(&s->out, text.ptr, plain);
        while (end < text.len && text.ptr[end] != '}')
            end++;
        if (plain + 4 <= text.len && text.ptr[plain + 1] == '{' && end + 1 < text.len) {
            put_field(s, (jieda_str){text.ptr + plain + 2, end - plain - 2});
            end += 2;
        } else if (plain < text.len) {
            jieda__buf_byte(&s->out, '{');
            end = plain + 1;
        }
        text.ptr += end;
        text.len -= end;
    }
}

/* ---- the prompt ------------------------------------------------------------------------------ */

/* What a handoff says of its ticket. */
static enum jieda__message ticket_message(const jieda__exchange *x)
{
    const jieda__handover *h = &x->handover;
    const jieda__ticket *t = &x->next->ticket;

    if (!x->session->engine->options.handoff)
        return JIEDA__MESSAGE_HANDOFF_NO_HOOK;
    if (h->called && h->result == JIEDA_HANDOFF_FAILED && x->turn.ticket != JIEDA__TICKET_CANCEL)
        return JIEDA__MESSAGE_UNDELIVERED;
    /* Whoever is in danger must know it when nobody reads his ticket now. */
    if ((x->turn.ticket == JIEDA__TICKET_OPEN || x->turn.ticket == JIEDA__TICKET_ESCALATE ||
         x->turn.ticket == JIEDA__TICKET_REOPEN) &&
        (h->result == JIEDA_HANDOFF_CLOSED || !h->service.open))
        return JIEDA__MESSAGE_CLOSED;
    switch (x->turn.ticket) {
    case JIEDA__TICKET_OPEN:
        if (t->priority == JIEDA_PRIORITY_P0)
            return JIEDA__MESSAGE_URGENT_QUEUED;
        return h->result == JIEDA_HANDOFF_BUSY ? JIEDA__MESSAGE_BUSY : JIEDA__MESSAGE_QUEUED;
    case JIEDA__TICKET_ESCALATE:
        return JIEDA__MESSAGE_ESCALATED;
    case JIEDA__TICKET_REOPEN:
        return JIEDA__MESSAGE_REOPENED;
    case JIEDA__TICKET_CANCEL:
        return JIEDA__MESSAGE_CANCELLED;
    case JIEDA__TICKET_APPEND:
        return x->turn.prompt == JIEDA__MESSAGE_NONE && x->next->owner == JIEDA_OWNER_QUEUE
                   ? JIEDA__MESSAGE_WAITING
                   : JIEDA__MESSAGE_NONE;
    case JIEDA__TICKET_KEEP:
        break;
    }
    return JIEDA__MESSAGE_NONE;
}

/* The state a visitor asks for is the one of now. */
static enum jieda__message turn_message(const jieda__exchange *x)
{
    if (x->turn.prompt == JIEDA__MESSAGE_PROGRESS_QUEUED && x->next->owner == JIEDA_OWNER_AGENT)
        return JIEDA__MESSAGE_PROGRESS_AGENT;
    return x->turn.prompt;
}

/* Once a ticket, never where somebody is in danger: what an agent will want to know. */
static bool asks_needs(const speaker *s)
{
    const jieda__exchange *x = s->x;

    if (x->turn.prompt == JIEDA__MESSAGE_NEED_SLOTS)
        return missing_count(s) > 0;
    return x->turn.ticket == JIEDA__TICKET_OPEN && x->session->engine->options.handoff &&
           x->next->ticket.priority != JIEDA_PRIORITY_P0 && !x->next->ticket.needs_asked &&
           strncmp(x->turn.why, "needs-", 6) != 0 && missing_count(s) > 0;
}

/* The kind of a slot id as the dialog keeps it: 1 + kind, 0 for an id that no kind has. */
static uint8_t asked_kind(const char *id)
{
    for (int kind = 0; kind < JIEDA__SLOT_KIND_COUNT; kind++)
        if (strcmp(jieda__slot_name((jieda__slot_kind)kind), id) == 0)
            return (uint8_t)(1 + kind);
    return 0;
}

static const char *first_missing(const speaker *s)
{
    for (size_t i = 0; i < s->x->need_count; i++)
        if (!jieda__dialog_knows(s->x->next, s->x->needs[i]))
            return s->x->needs[i].ptr; /* of the arena, with a NUL */
    return "";
}

static jieda_status finish_text(speaker *s, jieda_str *out)
{
    jieda_status st = s->out.status;

    if (st == JIEDA_OK) {
        *out = jieda__arena_copy(&s->x->session->arena, (jieda_str){s->out.ptr, s->out.len});
        st = out->ptr ? JIEDA_OK : JIEDA_E_NOMEM;
    }
    s->out.len = 0;
    return st == JIEDA_OK ? JIEDA_OK : jieda__fail(s->x->err, JIEDA_E_NOMEM, "out of memory");
}

static jieda_status speak_prompt(speaker *s)
{
    jieda__exchange *x = s->x;
    bool asks = asks_needs(s);

    if (x->turn.decision != JIEDA_DECISION_NONE) /* it said nothing in between, else */
        x->next->asked_slot = 0;
    if (x->turn.decision == JIEDA_DECISION_HANDOFF || x->turn.ticket == JIEDA__TICKET_CANCEL)
        put_message(s, ticket_message(x));
    if (x->turn.prompt != JIEDA__MESSAGE_NEED_SLOTS && !x->turn.transcript)
        put_message(s, turn_message(x));
    s->reply->none_of_these = (jieda_str){"", 0};
    if (x->turn.decision == JIEDA_DECISION_CLARIFY && x->turn.option_count > 0)
        s->reply->none_of_these =
            jieda__message(&x->session->engine->policy, x->session->engine->kb,
                           JIEDA__MESSAGE_NONE_OF_THESE, x->renderer.language);
    if (asks) {
        put_message(s, JIEDA__MESSAGE_NEED_SLOTS);
        s->reply->asked_slot = first_missing(s);
        x->next->asked_slot = asked_kind(s->reply->asked_slot);
        x->next->ticket.needs_asked = 1;
    }
    return finish_text(s, &s->reply->prompt);
}

/* ---- the transcript -------------------------------------------------------------------------- */

static jieda_status speak_transcript(speaker *s)
{
    static const enum jieda__message roles[] = {JIEDA__MESSAGE_ROLE_VISITOR,
                                                JIEDA__MESSAGE_ROLE_BOT, JIEDA__MESSAGE_ROLE_AGENT};
    const jieda__said *said;

    if (!s->x->turn.transcript)
        return JIEDA_OK;
    put_message(s, JIEDA__MESSAGE_TRANSCRIPT_HEAD);
    for (size_t i = 0; (said = jieda__dialog_said(s->x->next, i)) != NULL; i++) {
        put_message(s, roles[said->role]); /* on a line of its own */
        put_time(s, said->time);
        jieda__buf_cstr(&s->out, "  ");
        jieda__buf_cstr(&s->out, said->text);
    }
    return finish_text(s, &s->reply->answer);
}

/* ---- notices --------------------------------------------------------------------------------- */

/* Reminders whose topic or rule this turn touches and that this conversation has not had. */
static size_t find_reminders(speaker *s, jieda_str *out)
{
    const jieda_engine *engine = s->x->session->engine;
    const jieda__rule_hits *hits = s->x->heard ? &s->x->heard->hits : NULL;
    jieda_str rules[JIEDA__REMINDERS_MAX];
    uint32_t found[JIEDA__REMINDERS_MAX];
    size_t rule_count = 0, count, kept = 0;

    for (size_t i = 0; hits && i < hits->count && rule_count < JIEDA__REMINDERS_MAX; i++)
        if (hits->items[i].rule->action == JIEDA__RULE_REMIND)
            rules[rule_count++] = hits->items[i].rule->id;
    count = jieda__policy_reminders(&engine->policy, engine->kb, s->x->turn.entry, rules,
                                    rule_count, found);
    for (size_t i = 0; i < count; i++) {
        if (s->x->next->reminded >> found[i] & 1)
            continue;
        s->x->next->reminded |= 1ULL << found[i];
        out[kept++] =
            jieda__policy_reminder_text(&engine->policy, found[i], s->x->renderer.language);
    }
    return kept;
}

static jieda_status speak_notices(speaker *s)
{
    const jieda_engine *engine = s->x->session->engine;
    jieda_str *list = jieda__arena_alloc(&s->x->session->arena, NOTICE_COUNT_MAX * sizeof *list);
    bool mute = s->x->next->owner == JIEDA_OWNER_AGENT;

    if (!list)
        return jieda__fail(s->x->err, JIEDA_E_NOMEM, "out of memory");
    s->reply->notices = list;
    if (s->x->heard && s->x->heard->redaction.secret)
        list[s->reply->notice_count++] = jieda__message(
            &engine->policy, engine->kb, JIEDA__MESSAGE_SECRET_WARNING, s->x->renderer.language);
    if (s->x->incident_notice.len > 0 && !mute)
        list[s->reply->notice_count++] = s->x->incident_notice;
    if (!mute)
        s->reply->notice_count += find_reminders(s, list + s->reply->notice_count);
    return JIEDA_OK;
}

jieda_status jieda__exchange_speak(jieda__exchange *x, jieda_reply *reply)
{
    speaker s = {.x = x, .reply = reply};
    jieda_status st;

    jieda__buf_init(&s.out, x->session->engine->alloc, PROMPT_BYTES_MAX);
    st = speak_notices(&s);
    if (st == JIEDA_OK)
        st = speak_prompt(&s);
    if (st == JIEDA_OK)
        st = speak_transcript(&s);
    jieda__buf_free(&s.out);
    return st;
}
