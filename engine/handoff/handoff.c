/*
 * handoff.c - see handoff.h.
 */
#include "handoff/handoff.h"

bool jieda__handoff_call(const jieda__handoff_hook *hook, const jieda__turn *turn,
                         jieda_str utterance, jieda_str language, jieda_str entry_id,
                         const jieda_candidate *candidates, size_t candidate_count)
{
    jieda_handoff handoff = {
        .reason = turn->handoff_reason,
        .priority = (jieda_priority)turn->priority,
        .utterance = utterance,
        .language = language,
        .entry_id = entry_id,
        .candidates = candidates,
        .candidate_count = candidate_count,
    };

    return hook->fn && hook->fn(hook->ctx, &handoff);
}
