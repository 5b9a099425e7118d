/*
 * handoff.h - when does a person take over? Hands a turn to the host's hook.
 *
 * Only carries what the turn decided; it decides nothing and keeps nothing.
 */
#ifndef JIEDA__HANDOFF_H
#define JIEDA__HANDOFF_H

#include "dialog/dialog.h"

typedef struct jieda__handoff_hook {
    jieda_handoff_fn *fn; /* NULL: nobody is called */
    void *ctx;
} jieda__handoff_hook;

/* Calls the hook for a turn whose decision is handoff. @return whether a person will see it. */
bool jieda__handoff_call(const jieda__handoff_hook *hook, const jieda__turn *turn,
                         jieda_str utterance, jieda_str language, jieda_str entry_id,
                         const jieda_candidate *candidates, size_t candidate_count);

#endif
