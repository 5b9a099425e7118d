/*
 * handoff.c - what agents and buttons do: tickets, feedback, the saved conversation.
 */
#include "api/exchange.h"

#include <string.h>

#define STATE_BYTES_MAX ((size_t)64 * 1024)
#define COMMENT_BYTES_MAX 4096

/* ---- what agents do -------------------------------------------------------------------------- */

static int64_t now_of(const jieda_session *session)
{
    const jieda_options *options = &session->engine->options;

    return options->clock(options->clock_ctx);
}

static jieda_status need_session(const jieda_session *session, jieda_error *err)
{
    return session ? JIEDA_OK : jieda__fail(err, JIEDA_E_INVALID, "a session is needed");
}

/* Names stand in tickets and saved conversations: UTF-8 of one line. */
static jieda_status check_name(jieda_str name, const char *what, jieda_error *err)
{
    if (!name.ptr || name.len < 1 || name.len > JIEDA__NAME_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_INVALID, "%s has 1 to %d bytes", what,
                           JIEDA__NAME_BYTES_MAX);
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7F)
            return jieda__fail(err, JIEDA_E_INVALID, "%s has no control characters", what);
    if (jieda__utf8_valid_prefix(name.ptr, name.len) != name.len)
        return jieda__fail(err, JIEDA_E_INVALID, "%s is UTF-8", what);
    return JIEDA_OK;
}

jieda_status jieda_handoff_accepted(jieda_session *session, jieda_str agent, jieda_error *err)
{
    jieda_status st = need_session(session, err);

    if (st == JIEDA_OK && agent.len > 0)
        st = check_name(agent, "an agent's name", err);
    return st == JIEDA_OK ? jieda__ticket_accept(&session->dialog, agent, now_of(session), err)
                          : st;
}

jieda_status jieda_handoff_closed(jieda_session *session, jieda_error *err)
{
    jieda_status st = need_session(session, err);

    return st == JIEDA_OK ? jieda__ticket_close(&session->dialog, now_of(session), err) : st;
}

jieda_status jieda_handoff_returned(jieda_session *session, jieda_error *err)
{
    jieda_status st = need_session(session, err);

    return st == JIEDA_OK ? jieda__ticket_return(&session->dialog, now_of(session), err) : st;
}

/* Redacts what did not go through a turn. Needs a request of its own, begun. */
static jieda_status redact(jieda__exchange *x, jieda_str text, jieda_str *out)
{
    const jieda_engine *engine = x->session->engine;
    jieda__reading reading;
    jieda__slot *slots;
    size_t slot_count;
    jieda__redaction redaction;

    if (text.len > JIEDA_UTTERANCE_BYTES_MAX)
        return jieda__fail(x->err, JIEDA_E_LIMIT, "the text has %zu bytes; at most %d are read",
                           text.len, JIEDA_UTTERANCE_BYTES_MAX);
    if (jieda__text_read(&x->session->arena, engine->kb->lexicon, text, &reading) != JIEDA_OK ||
        jieda__slots_find(&x->session->arena, &reading.text, text, x->now,
                          engine->policy.utc_offset_minutes, JIEDA__SLOT_NONE, &slots,
                          &slot_count) != JIEDA_OK ||
        jieda__redact(&x->session->arena, &x->next->pii, text, slots, slot_count, &redaction) !=
            JIEDA_OK)
        return jieda__fail(x->err, JIEDA_E_NOMEM, "out of memory");
    *out = redaction.text;
    return JIEDA_OK;
}

jieda_status jieda_handoff_said(jieda_session *session, jieda_str text, jieda_error *err)
{
    jieda__exchange x;
    jieda_str redacted;
    jieda_status st = need_session(session, err);

    if (st != JIEDA_OK)
        return st;
    if (!text.ptr && text.len)
        return jieda__fail(err, JIEDA_E_INVALID, "the text has a length and no bytes");
    st = jieda__exchange_begin(&x, session, err);
    if (st == JIEDA_OK)
        st = redact(&x, text, &redacted);
    if (st == JIEDA_OK) {
        jieda__dialog_say(x.next, JIEDA_ROLE_AGENT, x.now, "", redacted);
        session->dialog = *x.next;
    }
    return jieda__exchange_end(&x, st);
}

/* ---- what buttons do ------------------------------------------------------------------------- */

typedef jieda__turn turn_fn(jieda__exchange *x);

static jieda_status press(jieda_session *session, turn_fn *turn, const jieda_reply **reply_out,
                          jieda_error *err)
{
    jieda__exchange x;
    jieda_status st = need_session(session, err);

    if (reply_out)
        *reply_out = NULL;
    if (st != JIEDA_OK)
        return st;
    st = jieda__exchange_begin(&x, session, err);
    if (st == JIEDA_OK) {
        x.turn = turn(&x);
        st = jieda__exchange_finish(&x);
    }
    if (st == JIEDA_OK && reply_out)
        *reply_out = &session->reply;
    return jieda__exchange_end(&x, st);
}

static jieda__turn request_turn(jieda__exchange *x)
{
    const jieda_engine *engine = x->session->engine;

    return jieda__turn_of_request(engine->kb, &engine->policy, x->next);
}

static jieda__turn cancel_turn(jieda__exchange *x)
{
    return jieda__turn_of_cancel(x->next);
}

jieda_status jieda_handoff_request(jieda_session *session, const jieda_reply **reply_out,
                                   jieda_error *err)
{
    return press(session, request_turn, reply_out, err);
}

jieda_status jieda_handoff_cancel(jieda_session *session, const jieda_reply **reply_out,
                                  jieda_error *err)
{
    if (session && session->dialog.owner == JIEDA_OWNER_BOT)
        return jieda__fail(err, JIEDA_E_NOT_FOUND, "this conversation has no open ticket");
    return press(session, cancel_turn, reply_out, err);
}

/* ---- feedback -------------------------------------------------------------------------------- */

static jieda_status check_feedback(const jieda_feedback *f, jieda_error *err)
{
    bool rated = f->kind == JIEDA_FEEDBACK_SATISFACTION;

    if ((unsigned)f->kind > JIEDA_FEEDBACK_COMMENT)
        return jieda__fail(err, JIEDA_E_INVALID, "no such kind of feedback");
    if (rated ? f->stars < 1 || f->stars > 5 : f->stars != 0)
        return jieda__fail(err, JIEDA_E_INVALID, "satisfaction has 1 to 5 stars, the others none");
    if ((!f->comment.ptr && f->comment.len) || (!f->decision_id.ptr && f->decision_id.len))
        return jieda__fail(err, JIEDA_E_INVALID, "a text has a length and no bytes");
    if (f->comment.len > COMMENT_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "a comment has at most %d bytes", COMMENT_BYTES_MAX);
    if (f->kind == JIEDA_FEEDBACK_COMMENT && f->comment.len == 0)
        return jieda__fail(err, JIEDA_E_INVALID, "a comment needs words");
    return JIEDA_OK;
}

/* Tells the host, redacted, and keeps the stars with the ticket. */
static jieda_status store_feedback(jieda__exchange *x, const jieda_feedback *given)
{
    const jieda_options *options = &x->session->engine->options;
    jieda_feedback redacted = *given;
    jieda_status st = redact(x, given->comment, &redacted.comment);

    if (st != JIEDA_OK)
        return st;
    if (redacted.decision_id.len == 0)
        redacted.decision_id = jieda__str(x->next->decision_id);
    if (given->kind == JIEDA_FEEDBACK_SATISFACTION)
        x->next->ticket.satisfaction = (uint8_t)given->stars;
    if (options->feedback &&
        !options->feedback(options->feedback_ctx, jieda__str(x->next->conversation), &redacted))
        return jieda__fail(x->err, JIEDA_E_IO, "the feedback could not be stored");
    return JIEDA_OK;
}

jieda_status jieda_feedback_give(jieda_session *session, const jieda_feedback *feedback,
                                 const jieda_reply **reply_out, jieda_error *err)
{
    jieda__exchange x;
    jieda_status st = need_session(session, err);

    if (reply_out)
        *reply_out = NULL;
    if (st == JIEDA_OK && !feedback)
        st = jieda__fail(err, JIEDA_E_INVALID, "feedback is needed");
    if (st == JIEDA_OK)
        st = check_feedback(feedback, err);
    if (st != JIEDA_OK)
        return st;
    st = jieda__exchange_begin(&x, session, err);
    if (st == JIEDA_OK)
        st = store_feedback(&x, feedback);
    if (st == JIEDA_OK) {
        bool missed =
            feedback->kind == JIEDA_FEEDBACK_UNHELPFUL && x.next->owner == JIEDA_OWNER_BOT;

        x.turn =
            missed ? jieda__turn_of_unhelpful(session->engine->kb, &session->engine->policy, x.next)
                   : jieda__turn_of_feedback();
        st = jieda__exchange_finish(&x);
    }
    if (st == JIEDA_OK && reply_out)
        *reply_out = &session->reply;
    return jieda__exchange_end(&x, st);
}

/* ---- looking at the conversation ------------------------------------------------------------- */

jieda_owner jieda_session_ticket(jieda_session *session, jieda_ticket *ticket_out)
{
    *ticket_out = jieda__ticket_view(&session->dialog);
    return (jieda_owner)session->dialog.owner;
}

jieda_status jieda_transcript(jieda_session *session, const jieda_message **list_out,
                              size_t *count_out, jieda_error *err)
{
    const jieda__said *said;
    jieda_message *list;
    size_t count = 0;

    *list_out = NULL;
    *count_out = 0;
    if (need_session(session, err) != JIEDA_OK)
        return JIEDA_E_INVALID;
    jieda__session_begin(session);
    list = jieda__arena_alloc(&session->arena, JIEDA__TRANSCRIPT_COUNT_MAX * sizeof *list);
    if (!list)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    for (; (said = jieda__dialog_said(&session->dialog, count)) != NULL; count++)
        list[count] = (jieda_message){(jieda_role)said->role, said->time, jieda__str(said->text),
                                      jieda__str(said->decision_id)};
    *list_out = list;
    *count_out = count;
    return JIEDA_OK;
}

/* ---- the conversation as bytes --------------------------------------------------------------- */

jieda_status jieda_session_set_conversation(jieda_session *session, jieda_str id, jieda_error *err)
{
    jieda_status st = need_session(session, err);

    if (st == JIEDA_OK)
        st = check_name(id, "a conversation's id", err);
    if (st == JIEDA_OK)
        jieda__dialog_name(&session->dialog, id);
    return st;
}

jieda_status jieda_session_save(jieda_session *session, jieda_str *bytes_out, jieda_error *err)
{
    jieda__buf buf;
    jieda_status st = need_session(session, err);

    *bytes_out = (jieda_str){NULL, 0};
    if (st != JIEDA_OK)
        return st;
    jieda__session_begin(session);
    jieda__buf_init(&buf, session->engine->alloc, STATE_BYTES_MAX);
    jieda__dialog_save(&session->dialog, &buf);
    if (buf.status == JIEDA_OK)
        *bytes_out = jieda__arena_copy(&session->arena, (jieda_str){buf.ptr, buf.len});
    jieda__buf_free(&buf);
    return bytes_out->ptr ? JIEDA_OK : jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
}

jieda_status jieda_session_load(jieda_session *session, const void *bytes, size_t len,
                                jieda_error *err)
{
    if (need_session(session, err) != JIEDA_OK || (!bytes && len))
        return jieda__fail(err, JIEDA_E_INVALID, "a session and bytes are needed");
    return jieda__dialog_load(bytes, len, &session->dialog, err);
}

void jieda_session_set_incidents(jieda_session *session, const jieda_incidents *incidents)
{
    session->incidents = incidents;
}
