/*
 * exchange.c - see exchange.h.
 */
#include "api/exchange.h"

#include <string.h>

#define NEED_COUNT_MAX 16

static jieda_status no_memory(jieda__exchange *x)
{
    return jieda__fail(x->err, JIEDA_E_NOMEM, "out of memory");
}

/* ---- begin and end --------------------------------------------------------------------------- */

jieda_status jieda__exchange_begin(jieda__exchange *x, jieda_session *session, jieda_error *err)
{
    const jieda_options *options = &session->engine->options;
    jieda__reader *reader;
    jieda_status st;

    memset(x, 0, sizeof *x);
    x->session = session;
    x->err = err ? err : &x->ignored;
    x->now = options->clock(options->clock_ctx);
    jieda__session_begin(session);
    st = jieda__engine_borrow(session->engine, &reader, x->err);
    if (st != JIEDA_OK)
        return st;
    x->renderer = (jieda__renderer){
        session, reader, session->language == JIEDA__NONE ? 0 : session->language, x->err};
    x->next = jieda__arena_alloc(&session->arena, sizeof *x->next);
    if (!x->next)
        return no_memory(x);
    *x->next = session->dialog;
    jieda__dialog_begin(x->next, x->now, session->engine->policy.session_seconds);
    return JIEDA_OK;
}

jieda_status jieda__exchange_end(jieda__exchange *x, jieda_status st)
{
    if (x->renderer.reader)
        jieda__engine_give_back(x->session->engine, x->renderer.reader);
    return st;
}

/* ---- hear ------------------------------------------------------------------------------------ */

static jieda_status match(void *ctx, const jieda__reading *reading, jieda__matches *out,
                          jieda_error *err)
{
    jieda__exchange *x = ctx;

    return jieda__session_match(x->session, x->renderer.reader, reading, out, err);
}

static void offer_to_vault(const jieda__exchange *x)
{
    const jieda_options *options = &x->session->engine->options;
    const jieda__redaction *redaction = &x->heard->redaction;

    for (size_t i = 0; options->vault && i < redaction->count; i++)
        if (redaction->items[i].value.len > 0)
            options->vault(options->vault_ctx, jieda__str(x->next->conversation),
                           redaction->items[i].placeholder,
                           jieda__slot_name(redaction->items[i].kind), redaction->items[i].value);
}

/* Facts are kept, personal ones as their placeholders, secrets not at all. */
static void keep_slots(jieda__exchange *x)
{
    const jieda__redaction *redaction = &x->heard->redaction;

    for (size_t i = 0; i < x->heard->slot_count; i++) {
        const jieda__slot *slot = &x->heard->slots[i];
        jieda_str value = slot->value;

        if (jieda__slot_is_secret(slot->kind))
            continue;
        for (size_t k = 0; k < redaction->count; k++)
            if (redaction->items[k].kind == slot->kind &&
                jieda__str_equal(
                    redaction->items[k].value,
                    (jieda_str){x->heard->utterance.ptr + slot->begin, slot->end - slot->begin}))
                value = redaction->items[k].placeholder;
        if (jieda__slot_is_personal(slot->kind) && value.ptr == slot->value.ptr)
            continue;
        jieda__dialog_keep_slot(x->next, (uint8_t)slot->kind, value);
    }
}

jieda_status jieda__exchange_hear(jieda__exchange *x, jieda_str utterance)
{
    jieda_session *session = x->session;
    const jieda_engine *engine = session->engine;
    jieda__visitor visitor = jieda__session_visitor(session, x->renderer.reader, x->err);
    jieda__ear ear = {
        .arena = &session->arena,
        .kb = engine->kb,
        .rules = engine->rules,
        .policy = &engine->policy,
        .match = match,
        .match_ctx = x,
        .may_see = jieda__visitor_may_see,
        .may_see_ctx = &visitor,
        .now = x->now,
    };
    jieda_status st;

    if (utterance.len > JIEDA_UTTERANCE_BYTES_MAX)
        return jieda__fail(x->err, JIEDA_E_LIMIT,
                           "the utterance has %zu bytes; at most %d are read", utterance.len,
                           JIEDA_UTTERANCE_BYTES_MAX);
    x->heard = jieda__arena_alloc(&session->arena, sizeof *x->heard);
    if (!x->heard)
        return no_memory(x);
    st = jieda__hear(&ear, x->next, &x->next->pii, utterance, x->heard, x->err);
    if (st != JIEDA_OK)
        return st;
    if (x->heard->hits.limit_count > 0)
        jieda__engine_log(engine, JIEDA_LOG_WARNING,
                          "%u patterns gave up on a message, such as one of rule %.*s",
                          x->heard->hits.limit_count, (int)x->heard->hits.limited->id.len,
                          x->heard->hits.limited->id.ptr);
    keep_slots(x);
    x->turn = jieda__turn_decide(engine->kb, &engine->policy, x->heard, x->now, x->next);
    x->heard->may_see = NULL; /* the visitor was of this call */
    x->renderer.language = jieda__session_language(session, &x->heard->reading, x->turn.matches);
    return visitor.status;
}

/* ---- render ---------------------------------------------------------------------------------- */

static jieda_status render_candidates(jieda__exchange *x, jieda_reply *reply)
{
    const jieda__kb *kb = x->session->engine->kb;
    const jieda__matches *matches = x->turn.matches;
    size_t count = matches ? matches->count : 0;
    jieda_candidate *list;
    jieda_status st = JIEDA_OK;

    if (count > JIEDA_CANDIDATE_COUNT_MAX)
        count = JIEDA_CANDIDATE_COUNT_MAX;
    list = jieda__arena_alloc(&x->session->arena, (count + 1) * sizeof *list);
    if (!list)
        return no_memory(x);
    for (size_t i = 0; st == JIEDA_OK && i < count; i++) {
        const jieda__match *m = &matches->items[i];

        list[i] = (jieda_candidate){.score = m->score, .confidence = m->confidence};
        list[i].entry_id = jieda__kb_entry_id(kb, m->entry);
        list[i].title = jieda__kb_entry_title(kb, m->entry, x->renderer.language);
        st = jieda__render_question(&x->renderer, m->question, &list[i].question);
    }
    reply->candidates = list;
    reply->candidate_count = count;
    reply->confidence = count > 0 ? matches->items[0].confidence : 0.0f;
    return st;
}

static jieda_status render_options(jieda__exchange *x, jieda_reply *reply)
{
    const jieda__kb *kb = x->session->engine->kb;
    jieda_option *list =
        jieda__arena_alloc(&x->session->arena, JIEDA_OPTION_COUNT_MAX * sizeof *list);

    if (!list)
        return no_memory(x);
    for (size_t i = 0; i < x->turn.option_count; i++) {
        uint32_t entry = x->turn.options[i].entry;

        list[i] = (jieda_option){
            .entry_id = jieda__kb_entry_id(kb, entry),
            .title = jieda__kb_entry_title(kb, entry, x->renderer.language),
            .confidence = x->turn.options[i].confidence,
        };
    }
    reply->options = list;
    reply->option_count = x->turn.option_count;
    return JIEDA_OK;
}

static jieda_status render_slots(jieda__exchange *x, jieda_reply *reply)
{
    size_t count = x->next->slot_count;
    jieda_slot *list = jieda__arena_alloc(&x->session->arena, (count + 1) * sizeof *list);

    if (!list)
        return no_memory(x);
    for (size_t i = 0; i < count; i++) {
        list[i].name = jieda__str(jieda__slot_name(x->next->slots[i].kind));
        list[i].value = jieda__arena_copy(&x->session->arena, jieda__str(x->next->slots[i].value));
        if (!list[i].value.ptr)
            return no_memory(x);
    }
    reply->slots = list;
    reply->slot_count = count;
    return JIEDA_OK;
}

/* What an agent will ask for: of the entry the turn is about, or that was answered last. */
static jieda_status find_needs(jieda__exchange *x)
{
    const jieda__kb *kb = x->session->engine->kb;
    uint32_t entry = x->turn.entry;
    jieda_str *ids, *titles;

    if (x->turn.decision == JIEDA_DECISION_ANSWER || x->turn.decision == JIEDA_DECISION_SMALLTALK)
        return JIEDA_OK;
    if (entry == JIEDA__NONE || !kb->entries[entry].has_needs)
        entry = jieda__kb_find_entry(kb, jieda__str(x->next->last_entry));
    if (entry == JIEDA__NONE)
        return JIEDA_OK;
    ids = jieda__arena_alloc(&x->session->arena, NEED_COUNT_MAX * sizeof *ids);
    titles = jieda__arena_alloc(&x->session->arena, NEED_COUNT_MAX * sizeof *titles);
    if (!ids || !titles)
        return no_memory(x);
    x->needs = ids;
    x->need_titles = titles;
    return jieda__render_needs(&x->renderer, entry, ids, titles, NEED_COUNT_MAX, &x->need_count);
}

/* A ticket that waits for what it needs does not wait when all of that was said before. */
static void open_if_known(jieda__exchange *x, jieda_reply *reply)
{
    size_t known = 0;

    if (x->turn.prompt != JIEDA__MESSAGE_NEED_SLOTS)
        return;
    for (size_t i = 0; i < x->need_count; i++)
        known += jieda__dialog_knows(x->next, x->needs[i]);
    if (known < x->need_count)
        return;
    x->turn.decision = reply->decision = JIEDA_DECISION_HANDOFF;
    x->turn.why = "needs-given";
    reply->why = jieda__str(x->turn.why);
    x->turn.ticket = JIEDA__TICKET_OPEN;
    x->turn.prompt = JIEDA__MESSAGE_NONE;
    x->next->pending = JIEDA__PENDING_NONE;
}

/* Eight of 32 letters and digits, 40 bits: names the n-th decision of a conversation. */
static void name_decision(jieda__dialog *next, jieda_str kb_hash)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint64_t hash = jieda__hash(JIEDA__HASH_SEED, next->conversation, strlen(next->conversation));

    hash = jieda__hash(hash, kb_hash.ptr, kb_hash.len);
    hash = jieda__hash_mix(hash ^ next->turn_count);
    for (int i = 0; i < JIEDA__DECISION_ID_LEN; i++) {
        next->decision_id[i] = letters[hash % 32];
        hash /= 32;
    }
    next->decision_id[JIEDA__DECISION_ID_LEN] = '\0';
}

static jieda_status render(jieda__exchange *x, jieda_reply *reply)
{
    const jieda__kb *kb = x->session->engine->kb;
    jieda_status st = render_candidates(x, reply);

    reply->decision = x->turn.decision;
    reply->why = jieda__str(x->turn.why);
    reply->rule = x->turn.rule ? x->turn.rule->id : (jieda_str){"", 0};
    reply->language = x->language = kb->languages[x->renderer.language];
    reply->asked_slot = "";
    if (x->turn.intent != JIEDA__NONE)
        reply->intent = kb->categories[x->turn.intent];
    if (st == JIEDA_OK && x->turn.entry != JIEDA__NONE) {
        st = jieda__render_entry(&x->renderer, x->turn.entry, reply);
        reply->confidence = x->turn.confidence;
    }
    reply->handoff_offer = reply->handoff_offer || x->turn.offers_person;
    if (st == JIEDA_OK)
        st = render_options(x, reply);
    if (st == JIEDA_OK)
        st = find_needs(x);
    if (st == JIEDA_OK)
        open_if_known(x, reply);
    return st;
}

/* ---- finish ---------------------------------------------------------------------------------- */

static jieda_status take_ticket(jieda__exchange *x, const jieda_reply *reply)
{
    const jieda_engine *engine = x->session->engine;
    jieda__desk desk = {
        .arena = &x->session->arena,
        .kb = engine->kb,
        .policy = &engine->policy,
        .tags = &x->session->tags,
        .hook = {engine->options.handoff, engine->options.handoff_ctx},
        .now = x->now,
        .channel = jieda__str(x->session->channel),
        .language = x->language,
        .incident = reply->incident,
        .query = x->heard ? x->heard->redaction.text : (jieda_str){"", 0},
        .reading = x->heard ? &x->heard->reading : NULL,
        .redaction = x->heard ? &x->heard->redaction : NULL,
        .candidates = reply->candidates,
        .candidate_count = reply->candidate_count,
        .needs = x->needs,
        .need_count = x->need_count,
    };

    return jieda__ticket_take(&desk, &x->turn, x->next, &x->handover, x->err);
}

/* What an agent reads of a reply: its title, else what the bot said. */
static void record_reply(jieda__exchange *x, const jieda_reply *reply)
{
    jieda_str said = reply->title.len > 0 ? reply->title : reply->prompt;

    if (x->turn.decision == JIEDA_DECISION_SMALLTALK && reply->answer.len > 0)
        said = reply->answer;
    if (x->turn.decision != JIEDA_DECISION_NONE)
        jieda__dialog_say(x->next, JIEDA_ROLE_BOT, x->now, x->next->decision_id, said);
}

static void find_incident(jieda__exchange *x, jieda_reply *reply, jieda_str *notice)
{
    const jieda__matches *matches = x->turn.matches;
    uint32_t entry = x->turn.entry;

    if (entry == JIEDA__NONE && matches && matches->count > 0 &&
        matches->items[0].confidence >= x->session->engine->policy.option_confidence_min)
        entry = matches->items[0].entry;
    *notice = (jieda_str){"", 0};
    if (!x->session->incidents || entry == JIEDA__NONE ||
        !jieda__incident_of(x->session->incidents, entry, x->now, x->renderer.language,
                            &reply->incident, notice))
        reply->incident = (jieda_str){"", 0};
}

jieda_status jieda__exchange_finish(jieda__exchange *x)
{
    jieda_session *session = x->session;
    jieda_reply *reply = &session->reply;
    jieda_status st;

    x->next->turn_count++;
    x->next->last_time = x->now;
    /* Thanks for feedback are no decision of their own: what is said next is still of the one
     * rated. */
    if (x->heard || x->turn.decision != JIEDA_DECISION_NONE || !x->next->decision_id[0])
        name_decision(x->next, session->engine->kb->content_hash);
    if (x->heard)
        jieda__dialog_say(x->next, JIEDA_ROLE_VISITOR, x->now, "", x->heard->redaction.text);
    st = render(x, reply);
    if (st == JIEDA_OK)
        find_incident(x, reply, &x->incident_notice);
    if (st == JIEDA_OK)
        st = take_ticket(x, reply);
    if (st == JIEDA_OK)
        st = jieda__exchange_speak(x, reply);
    if (st == JIEDA_OK)
        st = render_slots(x, reply);
    if (st != JIEDA_OK)
        return st;
    record_reply(x, reply);
    if (x->heard)
        offer_to_vault(x);
    session->dialog = *x->next;
    reply->handoff_accepted = x->handover.called && x->handover.result != JIEDA_HANDOFF_FAILED;
    reply->decision_id = jieda__str(session->dialog.decision_id);
    reply->ticket = jieda__ticket_view(&session->dialog);
    return JIEDA_OK;
}
