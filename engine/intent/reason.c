/*
 * reason.c - the words for reasons of a handoff.
 */
#include "intent/reason.h"

#include <assert.h>

const char *jieda__reason_name(uint32_t reason)
{
    static const char *const names[JIEDA__REASON_COUNT] = {
        [JIEDA__REASON_NONE] = "none",           [JIEDA__REASON_REQUESTED] = "requested",
        [JIEDA__REASON_FRAUD] = "fraud",         [JIEDA__REASON_DISTRESS] = "distress",
        [JIEDA__REASON_COMPLAINT] = "complaint", [JIEDA__REASON_REPEATED_MISS] = "repeated_miss",
        [JIEDA__REASON_NO_MATCH] = "no_match",   [JIEDA__REASON_UNHELPFUL] = "unhelpful",
        [JIEDA__REASON_POLICY] = "policy",       [JIEDA__REASON_IDENTITY_CHECK] = "identity_check",
    };

    assert(reason < JIEDA__REASON_COUNT);
    return names[reason];
}
