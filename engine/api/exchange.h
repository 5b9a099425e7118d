/*
 * exchange.h - one turn of a conversation: from what came in to the reply, and the dialog after it.
 *
 *   begin    copies the dialog; everything after works on the copy
 *   hear     an utterance only: what it may mean
 *   decide   the turn: of an utterance, a button, a feedback
 *   finish   renders the reply, hands events over, keeps the copy
 *
 * A failure anywhere leaves the session's dialog as it was. The hook may have been called by then;
 * it is called with the same key when the visitor tries again.
 */
#ifndef JIEDA__API_EXCHANGE_H
#define JIEDA__API_EXCHANGE_H

#include "api/api.h"

typedef struct jieda__exchange {
    jieda_session *session;
    jieda__renderer renderer;
    jieda__heard *heard; /* NULL: no utterance */
    jieda__turn turn;
    jieda__dialog *next;
    jieda__handover handover;
    int64_t now;
    jieda_str language;
    jieda_str incident_notice; /* "" = none */
    const jieda_str *needs;    /* slot ids and titles of what the turn's ticket or entry needs */
    const jieda_str *need_titles;
    size_t need_count;
    jieda_error *err;
    jieda_error ignored;
} jieda__exchange;

/* Starts a request of the session; borrows a connection. End it with jieda__exchange_end(), also
 * after a failure. */
jieda_status jieda__exchange_begin(jieda__exchange *x, jieda_session *session, jieda_error *err);
/* @return `st`. */
jieda_status jieda__exchange_end(jieda__exchange *x, jieda_status st);

/* What the utterance may mean and what to do about it: sets heard and turn. Calls no hook. */
jieda_status jieda__exchange_hear(jieda__exchange *x, jieda_str utterance);

/* Renders x->turn into the session's reply, takes care of the ticket, keeps the dialog. */
jieda_status jieda__exchange_finish(jieda__exchange *x);

/* ---- prompt.c: what the bot says besides the answer -------------------------------------------
 */

/* Fills reply->notices and reply->prompt. */
jieda_status jieda__exchange_speak(jieda__exchange *x, jieda_reply *reply);

/* ---- incidents.c ------------------------------------------------------------------------------
 */

struct jieda_incidents;
/* The first incident that is on and concerns the entry: its id, and its notice in `language`.
 * False if there is none. */
bool jieda__incident_of(const jieda_incidents *incidents, uint32_t entry, int64_t now,
                        uint32_t language, jieda_str *id_out, jieda_str *notice_out);

#endif
