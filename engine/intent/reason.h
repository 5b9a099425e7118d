/*
 * reason.h - why does a person take over? One list for rules, policies and tickets.
 */
#ifndef JIEDA__REASON_H
#define JIEDA__REASON_H

#include <stdint.h>

typedef enum jieda__reason {
    JIEDA__REASON_NONE = 0,
    JIEDA__REASON_REQUESTED,      /* the visitor wants a person */
    JIEDA__REASON_FRAUD,          /* money is being lost, or an account was taken over */
    JIEDA__REASON_DISTRESS,       /* somebody may be in danger */
    JIEDA__REASON_COMPLAINT,      /* about the service itself */
    JIEDA__REASON_REPEATED_MISS,  /* asked back too often */
    JIEDA__REASON_NO_MATCH,       /* nothing near was found */
    JIEDA__REASON_UNHELPFUL,      /* answered, and it did not help */
    JIEDA__REASON_POLICY,         /* the entry says that a person does it */
    JIEDA__REASON_IDENTITY_CHECK, /* a person must make sure who asks first */
    JIEDA__REASON_COUNT,
} jieda__reason;

/* "requested", "fraud", ...: as in tickets, rules.json and policy.json; "none". Static. */
const char *jieda__reason_name(uint32_t reason);

#endif
