/*
 * ticket.h - when a person takes over: the ticket, its states and events, and the host's hook.
 *
 *          open             accepted            closed
 *   bot ----------> queued ----------> agent ----------> closed (bot)
 *    ^   cancel       ^    <----------  |                   |
 *    +----------------+     returned                        |
 *                     +--------- reopen --------------------+
 *
 * One ticket an episode, one owner at a time. A ticket's id comes of the conversation and the
 * number of the episode, an event's key of the ticket and the number of the event: what is tried
 * again has the same key. What the hook did not take is tried again with the visitor's next
 * message; a ticket is never forgotten before that.
 */
#ifndef JIEDA__HANDOFF_TICKET_H
#define JIEDA__HANDOFF_TICKET_H

#include "dialog/turn.h"
#include "dialog/visitor.h"

/* How long a closed ticket is told of, and kept by its receiver, is in its "expires": days. */
#define JIEDA__TICKET_KEPT_DAYS 180

typedef struct jieda__handoff_hook {
    jieda_handoff_fn *fn; /* NULL: there are no tickets */
    void *ctx;
} jieda__handoff_hook;

/* What an event is made of. */
typedef struct jieda__desk {
    jieda__arena *arena;
    const jieda__kb *kb;
    const jieda__policy *policy;
    const jieda__bindings *tags;
    jieda__handoff_hook hook;
    int64_t now;
    jieda_str channel;
    jieda_str language;
    jieda_str incident;                /* id, "" = none */
    jieda_str query;                   /* redacted; "" if the visitor pressed a button */
    const jieda__reading *reading;     /* NULL likewise */
    const jieda__redaction *redaction; /* NULL likewise */
    const jieda_candidate *candidates;
    size_t candidate_count;
    const jieda_str *needs; /* slot ids of what the entry at hand needs */
    size_t need_count;
} jieda__desk;

/* What the visitor has to be told. */
typedef struct jieda__handover {
    bool called; /* the hook was, for an event of this turn */
    jieda_handoff_result result;
    jieda__service service; /* of the conversation's ticket */
} jieda__handover;

/* Does to the ticket what the turn says and hands the event to the hook; first, an earlier event
 * that the hook did not take, unless this one says as much. Without a hook it does nothing.
 * @return JIEDA_E_NOMEM. A refusal by the hook is no failure. */
jieda_status jieda__ticket_take(const jieda__desk *desk, const jieda__turn *turn,
                                jieda__dialog *next, jieda__handover *out, jieda_error *err);

/* What agents do. @return JIEDA_E_NOT_FOUND if no ticket is open. */
jieda_status jieda__ticket_accept(jieda__dialog *dialog, jieda_str agent, int64_t now,
                                  jieda_error *err);
jieda_status jieda__ticket_close(jieda__dialog *dialog, int64_t now, jieda_error *err);
jieda_status jieda__ticket_return(jieda__dialog *dialog, int64_t now, jieda_error *err);

/* The ticket as the public header shows it; strings point into the dialog. */
jieda_ticket jieda__ticket_view(const jieda__dialog *dialog);

#endif
