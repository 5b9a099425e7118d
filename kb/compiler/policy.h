/*
 * policy.h - the policy of a source: policy.json as its editor wrote it.
 *
 * Numbers that were left out are the engine's defaults already. What names something inside the
 * policy (a queue) is its ordinal; what names something outside (an entry, a category, a rule) is
 * still a name, which check.c looks up and policy_build.c turns into ordinals.
 */
#ifndef JIEDA__KB_POLICY_H
#define JIEDA__KB_POLICY_H

#include "compiler/compiler.h"
#include "dialog/policy.h"

typedef struct jieda__src_name {
    jieda_str text;
    jieda__pos pos;
} jieda__src_name;

typedef struct jieda__src_names {
    jieda__src_name *items;
    size_t count;
} jieda__src_names;

typedef struct jieda__src_queue {
    jieda_str id;
    jieda__localized title;
    jieda__policy_queue row;
    jieda__pos pos;
} jieda__src_queue;

typedef struct jieda__src_tag { /* one value of a tag */
    jieda_str name;
    jieda_str value;
    jieda__policy_tag row;
} jieda__src_tag;

typedef struct jieda__src_always {
    jieda__src_name entry;
    uint32_t reason;
} jieda__src_always;

typedef struct jieda__src_reminder {
    jieda_str id;
    jieda__src_names topics; /* ids of entries and categories */
    jieda__src_names rules;
    jieda__localized text;
    jieda__pos pos;
} jieda__src_reminder;

/* Spans, dates and levels are in the order of the section's rows. */
typedef struct jieda__src_policy {
    jieda__policy_header header; /* numbers; counts of rows are set where they are written */
    jieda__src_queue *queues;    /* at least one */
    size_t queue_count;
    jieda__policy_span *hours;
    size_t hour_count;
    jieda__policy_span *open;
    size_t open_count;
    int32_t *closed;
    size_t closed_count;
    jieda__policy_level *levels;
    size_t level_count;
    jieda__src_tag *tags;
    size_t tag_count;
    jieda__src_always *always;
    size_t always_count;
    jieda__src_names never;
    jieda__src_names identity_check;
    jieda__src_reminder *reminders;
    size_t reminder_count;
    jieda__localized messages[JIEDA__MESSAGE_COUNT];
} jieda__src_policy;

/* Section "policy"; empty without one. @return JIEDA_E_NOMEM. */
jieda_status jieda__policy_build(const jieda__build *build, const jieda__built_index *index,
                                 jieda__blob *out);

#endif
