/*
 * dialog.h - what was said before, who is asking, and what to do now?
 *
 * Turns matches into a decision in a fixed order: an FAQ entry that is sure enough, small talk, a
 * question back, and after several misses in a row a person. Which entries a visitor may see at all
 * is decided here too, before matching.
 */
#ifndef JIEDA__DIALOG_H
#define JIEDA__DIALOG_H

#include "intent/intent.h"

/* ---- who is asking --------------------------------------------------------------------------- */

/* A host tag or a placeholder's value. Strings are heap blocks of the session. */
typedef struct jieda__binding {
    char *name;
    char *value;
    size_t value_len;
} jieda__binding;

typedef struct jieda__bindings {
    jieda__binding items[JIEDA_BINDING_COUNT_MAX];
    size_t count;
} jieda__bindings;

/* Sets, replaces or (empty value) removes. @return JIEDA_E_LIMIT, JIEDA_E_INVALID, JIEDA_E_NOMEM.
 */
jieda_status jieda__bindings_set(jieda__bindings *bindings, const jieda_allocator *alloc,
                                 const char *name, jieda_str value, jieda_error *err);
void jieda__bindings_free(jieda__bindings *bindings, const jieda_allocator *alloc);
/* The value, or {NULL, 0}. */
jieda_str jieda__bindings_get(const jieda__bindings *bindings, jieda_str name);

/* What decides which entries a visitor may see. */
typedef struct jieda__visitor {
    jieda__reader *reader;
    const jieda__bindings *tags;
    uint64_t bound_placeholders; /* bit per placeholder of the knowledge base */
    int32_t today;               /* days since 1970-01-01 */
    uint32_t withheld_count;     /* entries hidden for want of a placeholder, in this call */
    uint32_t withheld_entry;     /* one of them, or JIEDA__NONE */
    jieda_error *err;            /* of a failed look-up; then `status` is set */
    jieda_status status;
} jieda__visitor;

/* A jieda__entry_filter with a jieda__visitor as context: in its validity, its `when` holds, its
 * answers can be completed. */
bool jieda__visitor_may_see(void *visitor, uint32_t entry);

/* Whether one `when` value holds for a tag: ">=1.2", ">1", "<=2", "<3" compare dotted numbers part
 * by part, "!=x" differs, anything else equals. */
bool jieda__condition_holds(jieda_str condition, jieda_str value);

/* ---- what to do ------------------------------------------------------------------------------ */

typedef struct jieda__policy {
    float answer_confidence_min[JIEDA__ENTRY_RISK_COUNT];
    float option_confidence_min;
    uint32_t miss_count_max;
} jieda__policy;

/* The part of an engine's options that decides. */
jieda__policy jieda__policy_from_options(const jieda_options *options);

/* What is remembered of a conversation. */
typedef struct jieda__dialog {
    uint32_t miss_count; /* in a row */
} jieda__dialog;

typedef struct jieda__turn {
    jieda_decision decision;
    size_t match; /* index of the entry the decision is about; SIZE_MAX = none */
    size_t options[JIEDA_OPTION_COUNT_MAX]; /* indices of matches offered when asking back */
    size_t option_count;
    uint32_t intent;            /* category ordinal, or JIEDA__NONE */
    const char *why;            /* static; see docs/ARCHITECTURE.md */
    const char *handoff_reason; /* static; NULL unless the decision is handoff */
    uint32_t priority;          /* of the handoff, 0..3 */
    jieda__dialog after;        /* the dialog once this turn is taken */
} jieda__turn;

/* Pure: the same matches, policy and dialog give the same turn. */
jieda__turn jieda__turn_decide(const jieda__kb *kb, const jieda__policy *policy,
                               const jieda__dialog *dialog, const jieda__matches *matches,
                               bool asked_something);

#endif
