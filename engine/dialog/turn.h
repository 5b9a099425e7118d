/*
 * turn.h - what to do now? The fixed order of decision.
 *
 *   1 safety      a rule, else an entry that is sure: fraud, distress           handoff, P0
 *   2 complaint   the same                                                      handoff, P1
 *   3 person      the same: asked for                                           handoff
 *   4 flow        what the bot asked for: an option, what a ticket needs, and words about the
 *                 conversation itself: 都不是, 没用, 工单进度
 *   5 FAQ         an entry that is sure: answer, or handoff where it always hands over
 *   6 small talk  an entry that is sure
 *   7 fallback    clarify; after several misses in a row handoff
 *
 * While a ticket is open messages are handoff, with the same ticket: 1 to 3 may raise it, 4
 * may cancel it, and 5 only adds help while nobody has taken it.
 *
 * In 1 to 3 a rule that calms (怎么防止被盗刷) outdoes rules of no greater priority and every
 * entry, but neither distress nor another sentence that is sure of fraud.
 */
#ifndef JIEDA__DIALOG_TURN_H
#define JIEDA__DIALOG_TURN_H

#include "dialog/hear.h"

/* What to do with the ticket. */
typedef enum jieda__ticket_act {
    JIEDA__TICKET_KEEP = 0,
    JIEDA__TICKET_OPEN,     /* a new one */
    JIEDA__TICKET_APPEND,   /* the visitor said something more */
    JIEDA__TICKET_ESCALATE, /* its reason is graver now */
    JIEDA__TICKET_REOPEN,
    JIEDA__TICKET_CANCEL,
} jieda__ticket_act;

typedef struct jieda__choice {
    uint32_t entry;
    float confidence;
} jieda__choice;

typedef struct jieda__turn {
    jieda_decision decision;
    uint32_t entry; /* whose answer is shown; JIEDA__NONE = none */
    float confidence;
    const jieda__matches *matches; /* what was decided by; of the utterance if by none */
    jieda__choice options[JIEDA_OPTION_COUNT_MAX];
    size_t option_count;
    uint32_t intent;            /* category ordinal, or JIEDA__NONE */
    const char *why;            /* static; see docs/DIALOG.md */
    const jieda__rule *rule;    /* that decided, or NULL */
    enum jieda__message prompt; /* what to say besides; a handoff's is the ticket's to choose */
    jieda__ticket_act ticket;
    uint32_t reason;    /* jieda__reason of a ticket to open or escalate */
    uint32_t priority;  /* asked for, or JIEDA__NONE: the policy's */
    bool transcript;    /* show what was said */
    bool offers_person; /* whatever the entry says */
} jieda__turn;

/* Pure: the same utterance, dialog, policy and time give the same turn. `next` is the dialog so far
 * (see jieda__dialog_begin()) and becomes what it is once the turn is taken, but for the ticket. */
jieda__turn jieda__turn_decide(const jieda__kb *kb, const jieda__policy *policy,
                               const jieda__heard *heard, int64_t now, jieda__dialog *next);

/* The turn of an entry the visitor chose by a button. Opens no ticket. */
jieda__turn jieda__turn_of_entry(const jieda__kb *kb, const jieda__policy *policy, uint32_t entry,
                                 jieda__dialog *next);

/* The turn after an answer that did not help: asks what is wrong, or hands over. */
jieda__turn jieda__turn_of_unhelpful(const jieda__kb *kb, const jieda__policy *policy,
                                     jieda__dialog *next);

/* The turn of a visitor who presses 「转人工」, or cancels that. */
jieda__turn jieda__turn_of_request(const jieda__kb *kb, const jieda__policy *policy,
                                   jieda__dialog *next);
jieda__turn jieda__turn_of_cancel(jieda__dialog *next);

/* The turn that thanks for feedback. */
jieda__turn jieda__turn_of_feedback(void);

#endif
