/*
 * policy.h - how sure must an answer be, and who takes over how soon? An operator's numbers.
 *
 * The compiler turns policy.json into section "policy"; a knowledge base without it has the
 * defaults of policy.c. Everything stands where the section is mapped: nothing is copied.
 *
 * Everything here is pure. Time is the caller's, in seconds since 1970-01-01 UTC; local time is UTC
 * plus one fixed offset, for a library that is embedded cannot count on a time zone database. So
 * there is no daylight saving time: a service that has it lists the days that differ.
 */
#ifndef JIEDA__POLICY_H
#define JIEDA__POLICY_H

#include "index/index.h"
#include "intent/reason.h"

#include "jieda/jieda.h"

/* ---- messages -------------------------------------------------------------------------------- */

/* What the bot says itself. Names, fields and texts stand in messages.c. */
enum jieda__message {
    JIEDA__MESSAGE_NONE = 0,
    JIEDA__MESSAGE_CLARIFY,         /* which of these did you mean? */
    JIEDA__MESSAGE_CLARIFY_MENU,    /* nothing is near: choose a topic */
    JIEDA__MESSAGE_NONE_OF_THESE,   /* label of the last option */
    JIEDA__MESSAGE_CHOSEN_NONE,     /* the visitor chose it */
    JIEDA__MESSAGE_QUEUED,          /* a ticket is stored */
    JIEDA__MESSAGE_BUSY,            /* stored, but it will take longer */
    JIEDA__MESSAGE_CLOSED,          /* stored, but nobody works now */
    JIEDA__MESSAGE_UNDELIVERED,     /* not stored; tried again with the next message */
    JIEDA__MESSAGE_URGENT_QUEUED,   /* stored with priority P0 */
    JIEDA__MESSAGE_WAITING,         /* the visitor writes while queued */
    JIEDA__MESSAGE_ESCALATED,       /* the open ticket became more urgent */
    JIEDA__MESSAGE_CANCELLED,       /* by the visitor */
    JIEDA__MESSAGE_REOPENED,        /* not solved after all */
    JIEDA__MESSAGE_PROGRESS_QUEUED, /* asked how far the ticket is */
    JIEDA__MESSAGE_PROGRESS_AGENT,
    JIEDA__MESSAGE_PROGRESS_CLOSED,
    JIEDA__MESSAGE_PROGRESS_NONE,
    JIEDA__MESSAGE_NEED_SLOTS,      /* what a person will want to know */
    JIEDA__MESSAGE_SECRET_WARNING,  /* a password or code was sent and dropped */
    JIEDA__MESSAGE_REPEATED,        /* the same answer again */
    JIEDA__MESSAGE_SECOND_QUESTION, /* the message held another question */
    JIEDA__MESSAGE_UNHELPFUL_SORRY,
    JIEDA__MESSAGE_RESOLVED,
    JIEDA__MESSAGE_CORRECT_ASK, /* the visitor takes back what was asked */
    JIEDA__MESSAGE_THANKS_FEEDBACK,
    JIEDA__MESSAGE_TRANSCRIPT_HEAD,
    JIEDA__MESSAGE_ROLE_VISITOR, /* labels of its lines */
    JIEDA__MESSAGE_ROLE_BOT,
    JIEDA__MESSAGE_ROLE_AGENT,
    JIEDA__MESSAGE_HANDOFF_NO_HOOK, /* a person should take over, and there is no ticket desk */
    JIEDA__MESSAGE_COUNT,
};

typedef struct jieda__message_text {
    const char *name;   /* in policy.json */
    const char *fields; /* that it may use as {{field}}, separated by spaces; "" */
    const char *zh;
    const char *en;
} jieda__message_text;

/* What is built in, by enum jieda__message; NONE is empty. */
extern const jieda__message_text jieda__message_texts[JIEDA__MESSAGE_COUNT];

/* ---- the section ----------------------------------------------------------------------------- */

#define JIEDA__POLICY_MAGIC 0x3150444au /* "JDP1" */
#define JIEDA__POLICY_QUEUE_COUNT_MAX 16u
#define JIEDA__POLICY_LEVEL_COUNT_MAX 8u
#define JIEDA__POLICY_TAG_COUNT_MAX 256u /* pairs of tag and value */
#define JIEDA__POLICY_REMINDER_COUNT_MAX 64u
#define JIEDA__POLICY_SPAN_COUNT_MAX 512u /* of hours by weekday, and of special dates */
#define JIEDA__POLICY_SESSION_MINUTES_MAX 10080u
#define JIEDA__POLICY_REOPEN_HOURS_MAX 720u
#define JIEDA__POLICY_OFFSET_MINUTES_MAX 840 /* and no less than minus that */
#define JIEDA__POLICY_DUE_MINUTES_MAX 43200u
#define JIEDA__POLICY_WAIT_MINUTES_MAX 1440u

#define JIEDA__DAY_MINUTES 1440u

/* What a reason of handoff gives a ticket. */
typedef struct jieda__policy_reason {
    uint32_t priority; /* 0..3 */
    uint32_t queue;
    uint32_t due_minutes;
} jieda__policy_reason;

/* Numbers first, then how many rows of everything follow. */
typedef struct jieda__policy_header {
    uint32_t magic;
    uint32_t answer_percent[JIEDA__ENTRY_RISK_COUNT];
    uint32_t option_percent;
    uint32_t danger_percent;
    uint32_t urgent_percent;
    uint32_t miss_count_max;
    uint32_t repeat_count_max;
    uint32_t session_minutes;
    uint32_t reopen_hours;
    int32_t utc_offset_minutes;
    jieda__policy_reason reasons[JIEDA__REASON_COUNT];
    uint32_t language_count;
    uint32_t message_count; /* JIEDA__MESSAGE_COUNT */
    uint32_t queue_count;   /* at least one */
    uint32_t hour_count;    /* 0: every queue is always open */
    uint32_t open_count;
    uint32_t closed_count;
    uint32_t level_count;
    uint32_t tag_count;
    uint32_t entry_count; /* of the knowledge base; 0: no entry differs from what it says itself */
    uint32_t reminder_count;
    uint32_t topic_count;
    uint32_t rule_count;
} jieda__policy_header;

typedef struct jieda__policy_queue {
    uint32_t wait_minutes; /* 0: unknown */
    uint32_t always_open;  /* 0 or 1 */
} jieda__policy_queue;

/* Open from `from` to `to`, minutes of a local day, 0 <= from < to <= 1440. `day` is 0 (Monday) to
 * 6, or days since 1970-01-01 of a date. Rows ascend by day, then time, and do not overlap. */
typedef struct jieda__policy_span {
    int32_t day;
    uint16_t from;
    uint16_t to;
} jieda__policy_span;

typedef struct jieda__policy_level { /* rows ascend by `complaints` */
    uint32_t complaints;             /* from so many in one conversation on */
    uint32_t due_minutes;
    uint32_t priority; /* JIEDA__NONE: the reason's */
    uint32_t queue;    /* JIEDA__NONE: the reason's */
} jieda__policy_level;

typedef struct jieda__policy_tag {
    uint32_t queue; /* JIEDA__NONE: the reason's */
    uint32_t raise; /* 0..3 */
} jieda__policy_tag;

typedef struct jieda__policy_reminder {
    uint32_t topic_count; /* of the entries that follow one another; ascending in each reminder */
    uint32_t rule_count;
} jieda__policy_reminder;

/* Bits of an entry's byte: what the policy says of its handoff, and the reason that has. */
#define JIEDA__POLICY_ENTRY_OWN 0u
#define JIEDA__POLICY_ENTRY_NEVER 1u
#define JIEDA__POLICY_ENTRY_ALWAYS 2u
#define JIEDA__POLICY_ENTRY_HANDOFF 3u /* mask */
#define JIEDA__POLICY_ENTRY_REASON 4u  /* shift; JIEDA__REASON_NONE: by its risk */

/* Section "policy": header; rows of queues, hours, open dates (both spans), closed dates (int32_t
 * days), levels, tags, reminders; uint32_t topics, which are entry ordinals; one byte an entry,
 * padded to four; uint32_t first[text_count + 1]; then bytes of texts:
 * of each queue its id and its title in each language; of each tag its name and value; of each
 * reminder its id and text in each language; the rule ids of all reminders; and for each language
 * its messages, of NONE too, "" where the built-in one is used. */

/* ---- the policy ------------------------------------------------------------------------------ */

/* Engine lifetime, immutable. Points into the knowledge base it was loaded from, or into constants.
 */
typedef struct jieda__policy {
    float answer_confidence_min[JIEDA__ENTRY_RISK_COUNT]; /* 0..1 */
    float option_confidence_min;
    /* Confidence on all entries that hand over for fraud or distress, and on those that do for a
     * complaint or a wish for a person, from which one is called although none is sure. */
    float danger_confidence_min;
    float urgent_confidence_min;
    uint32_t miss_count_max;   /* misses in a row after which a person takes over; 0 = never */
    uint32_t repeat_count_max; /* the how many-th same answer in a row calls a person; 0 = none */
    uint32_t session_seconds;  /* of silence, after which a conversation is a new one */
    uint32_t reopen_seconds;   /* after which a closed ticket stays closed */
    int32_t utc_offset_minutes;
    uint64_t hash;              /* names the content; 0: the defaults */
    const jieda_str *languages; /* the knowledge base's */
    uint32_t language_count;
    const jieda__policy_header *header;
    const jieda__policy_queue *queues;
    const jieda__policy_span *hours;
    const jieda__policy_span *open;
    const int32_t *closed;
    const jieda__policy_level *levels;
    const jieda__policy_tag *tags;
    const jieda__policy_reminder *reminders;
    const uint32_t *topics;
    const uint8_t *entries; /* NULL: none differs */
    const uint32_t *first;  /* NULL: the default's texts */
    const char *bytes;
} jieda__policy;

/* The numbers of a knowledge base without policy.json: what a policy.json that leaves them out
 * means too. It has one queue, "general", and no rows else. */
extern const jieda__policy_header jieda__policy_default_header;
extern const char jieda__policy_default_queue[]; /* its id */
/* Its title in a language: "zh", "en"; English for another. */
jieda_str jieda__policy_default_title(jieda_str language);

/* Reads the section, checked whole, or the defaults where there is none.
 * @return JIEDA_E_FORMAT if it is damaged. */
jieda_status jieda__policy_load(const jieda__kb *kb, jieda__policy *out, jieda_error *err);

/* Options of an engine that were set stand above the policy. */
void jieda__policy_override(jieda__policy *policy, const jieda_options *options);

/* ---- entries --------------------------------------------------------------------------------- */

/* JIEDA__ENTRY_HANDOFF_NEVER, _OFFER or _ALWAYS: by the policy's lists, else the entry's own. */
uint8_t jieda__policy_entry_handoff(const jieda__policy *policy, const jieda__kb *kb,
                                    uint32_t entry);
/* The reason of a handoff that this entry calls for. */
uint32_t jieda__policy_entry_reason(const jieda__policy *policy, const jieda__kb *kb,
                                    uint32_t entry);

/* ---- service --------------------------------------------------------------------------------- */

/* The value of a host tag, {NULL, 0} if it is not set. */
typedef jieda_str jieda__policy_tag_fn(const void *ctx, jieda_str name);

/* What a ticket is to have. */
typedef struct jieda__service {
    uint32_t queue;
    uint32_t priority;     /* 0..3 */
    int64_t due;           /* when a person should have answered */
    bool open;             /* the queue is, now */
    int64_t opens;         /* when it is not: when it opens next; 0 = unknown */
    uint32_t wait_minutes; /* usual; 0 = unknown, or closed */
    uint32_t level;        /* of complaints, 1 up to the policy's; 0 = none */
} jieda__service;

/* Who takes over and how soon. The reason gives queue, priority and time; `priority_asked` of a
 * rule or an entry (JIEDA__NONE: none) makes it more urgent, never less. A complaint's level then
 * replaces the time and, where it has one, the queue; its priority makes it more urgent. The first
 * row of tags that the visitor has raises the priority, to P1 at most, and chooses the queue; but
 * not at P0: danger has its own queue, whoever is in it.
 * The time is counted in minutes the queue is open, so in wall time for one that always is.
 * @param complaint_count  in this conversation, this one included
 * @param tag              NULL: the visitor has none */
jieda__service jieda__policy_service(const jieda__policy *policy, uint32_t reason,
                                     uint32_t priority_asked, uint32_t complaint_count,
                                     jieda__policy_tag_fn *tag, const void *tag_ctx, int64_t now);

bool jieda__policy_open(const jieda__policy *policy, uint32_t queue, int64_t now);
/* When a queue is open next: `now` if it is, 0 if not within 400 days. */
int64_t jieda__policy_next_open(const jieda__policy *policy, uint32_t queue, int64_t now);

/* ---- texts ----------------------------------------------------------------------------------- */

/* All live as long as the policy. A language without a text has that of the first language. */

jieda_str jieda__policy_queue_id(const jieda__policy *policy, uint32_t queue);
jieda_str jieda__policy_queue_title(const jieda__policy *policy, uint32_t queue, uint32_t language);

#define JIEDA__REMINDERS_MAX 4u /* that one reply may have */

/* Reminders to show: those about the entry, and those whose rules matched, in authored order.
 * @param entry  JIEDA__NONE: about no entry.
 * @return how many were written to `out`: their indices. */
size_t jieda__policy_reminders(const jieda__policy *policy, const jieda__kb *kb, uint32_t entry,
                               const jieda_str *rule_ids, size_t rule_count,
                               uint32_t out[JIEDA__REMINDERS_MAX]);
jieda_str jieda__policy_reminder_text(const jieda__policy *policy, uint32_t index,
                                      uint32_t language);

/* With its {{fields}}. The policy's, else the built-in one if the language is Chinese or English,
 * else the same of the first language, else English. */
jieda_str jieda__message(const jieda__policy *policy, const jieda__kb *kb,
                         enum jieda__message which, uint32_t language);

#endif
