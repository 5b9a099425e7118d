/*
 * guard.h - what an outgoing answer must not hold: contacts nobody approved, requests for secrets.
 */
#ifndef JIEDA__KB_GUARD_H
#define JIEDA__KB_GUARD_H

#include "base/base.h"

/* Findings reported of one text; what is past it shows once the first are corrected. */
#define JIEDA__GUARD_FINDING_COUNT_MAX 32

typedef struct jieda__guard_finding {
    const char *what; /* static, "phone number"; NULL: the text asks for a secret */
    jieda_str text;   /* the contact, or the words that ask; in the arena of the scan */
} jieda__guard_finding;

typedef struct jieda__guard_findings {
    jieda__guard_finding items[JIEDA__GUARD_FINDING_COUNT_MAX];
    size_t count;
} jieda__guard_findings;

/* The compiled patterns of one build. Threads: one at a time. */
typedef struct jieda__guard jieda__guard;

/* NULL when out of memory. @param alloc  borrowed until jieda__guard_free(). */
jieda__guard *jieda__guard_new(const jieda_allocator *alloc);
void jieda__guard_free(jieda__guard *guard);

/* Reads one text of an answer. The same contact is found once.
 * @param is_link  the text is an action's link, where digits are mostly ids.
 * @return JIEDA_E_NOMEM, else JIEDA_OK, also where a pattern reached its limit: that one then found
 *         nothing. */
jieda_status jieda__guard_scan(jieda__guard *guard, jieda__arena *arena, jieda_str text,
                               bool is_link, jieda__guard_findings *out);

/* The form in which contacts are compared: "４００-123 4567" and "4001234567" are one, and so are
 * "Help@Shop.example" and "help@shop.example". {NULL, 0} when out of memory. */
jieda_str jieda__guard_key(jieda__arena *arena, jieda_str contact);

#endif
