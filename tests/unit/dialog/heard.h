/*
 * heard.h - made-up knowledge bases and made-up utterances: what the matcher and the rules would
 * say, written by hand.
 *
 * Deciding is pure, so all its input can be. Thresholds are 0.50 for information and 0.60 for other
 * risks, 0.10 for an option; a person takes over at the second miss and at the third answer that is
 * the same.
 */
#ifndef JIEDA_TESTS_HEARD_H
#define JIEDA_TESTS_HEARD_H

#include "fixture.h"

#include "dialog/turn.h"

/* By id, as entries always are. */
enum { CLOSE, CRISIS, FRAUD, HELLO, HUMAN, INFO, MONEY, NEVER, PLAIN, UPSET, ENTRY_COUNT };
enum { HELP, PAY, CHAT };

static const jieda__entry_row heard_entries[ENTRY_COUNT] = {
    [CLOSE] = {.category = HELP,
               .handoff = JIEDA__ENTRY_HANDOFF_ALWAYS,
               .priority = 2,
               .has_needs = 1},
    [CRISIS] = {.category = HELP, .priority = 0},
    [FRAUD] = {.category = PAY,
               .risk = JIEDA__ENTRY_RISK_FRAUD,
               .handoff = JIEDA__ENTRY_HANDOFF_ALWAYS,
               .priority = 0},
    [HELLO] = {.category = CHAT, .smalltalk = 1},
    [HUMAN] = {.category = HELP, .priority = 3},
    [INFO] = {.category = HELP, .handoff = JIEDA__ENTRY_HANDOFF_OFFER, .priority = 3},
    [MONEY] = {.category = PAY,
               .risk = JIEDA__ENTRY_RISK_MONEY,
               .handoff = JIEDA__ENTRY_HANDOFF_OFFER,
               .priority = 1},
    [NEVER] = {.category = HELP, .priority = 3},
    [PLAIN] = {.category = JIEDA__NONE, .priority = 3},
    [UPSET] = {.category = HELP, .priority = 3},
};

/* What the policy says of them. */
#define ALWAYS_FOR(reason) (JIEDA__POLICY_ENTRY_ALWAYS | ((reason) << JIEDA__POLICY_ENTRY_REASON))
static const uint8_t heard_policy_entries[ENTRY_COUNT] = {
    [CRISIS] = ALWAYS_FOR(JIEDA__REASON_DISTRESS),
    [HUMAN] = ALWAYS_FOR(JIEDA__REASON_REQUESTED),
    [NEVER] = JIEDA__POLICY_ENTRY_NEVER,
    [UPSET] = ALWAYS_FOR(JIEDA__REASON_COMPLAINT),
};

/* Id and title of each; the titles are empty. */
static const char heard_names[] = "closecrisisfraudhellohumaninfomoneyneverplainupset";
static const uint32_t heard_name_first[ENTRY_COUNT * 2 + 1] = {
    0, 5, 5, 11, 11, 16, 16, 21, 21, 26, 26, 30, 30, 35, 35, 40, 40, 45, 45, 50, 50};

static jieda_str heard_language = {"zh", 2};
static jieda_str heard_categories[] = {{"help", 4}, {"pay", 3}, {"chat", 4}};
static jieda_str heard_category_titles[] = {{"帮助", 6}, {"支付", 6}, {"闲聊", 6}};

static const jieda__kb heard_kb = {
    .entries = heard_entries,
    .entry_count = ENTRY_COUNT,
    .name_first = heard_name_first,
    .name_bytes = heard_names,
    .name = {"made up", 7},
    .content_hash = {"0123456789abcdef", 16},
    .languages = &heard_language,
    .language_count = 1,
    .categories = heard_categories,
    .category_titles = heard_category_titles,
    .category_count = 3,
};

static inline jieda__policy heard_policy(void)
{
    jieda__policy policy;

    assert_int_equal(jieda__policy_load(&heard_kb, &policy, NULL), JIEDA_OK);
    policy.entries = heard_policy_entries;
    policy.answer_confidence_min[JIEDA__ENTRY_RISK_INFO] = 0.50f;
    for (int risk = JIEDA__ENTRY_RISK_INFO + 1; risk < JIEDA__ENTRY_RISK_COUNT; risk++)
        policy.answer_confidence_min[risk] = 0.60f;
    policy.option_confidence_min = 0.10f;
    policy.danger_confidence_min = 0.55f;
    policy.urgent_confidence_min = 0.60f;
    policy.miss_count_max = 2;
    policy.repeat_count_max = 3;
    return policy;
}

/* ---- rules ----------------------------------------------------------------------------------- */

enum {
    R_NONE,
    R_DISTRESS,
    R_FRAUD,
    R_COMPLAINT,
    R_PERSON,
    R_CALM,     /* outdoes person and complaint, not fraud and distress */
    R_CALM_ALL, /* outdoes all of them */
    R_NONE_OF_THESE,
    R_CHOOSE,
    R_YES,
    R_NO,
    R_SKIP,
    R_CORRECT,
    R_UNHELPFUL,
    R_RESOLVED,
    R_PROGRESS,
    R_CANCEL,
    R_REOPEN,
    R_TRANSCRIPT,
    R_COUNT
};

#define HEARD_HANDS(id_, reason_, entry_, order, p)                                                \
    {                                                                                              \
        .id = {id_, sizeof id_ - 1}, .action = JIEDA__RULE_HANDOFF, .reason = (reason_),           \
        .entry = (entry_), .priority = (order), .ticket_priority = (p)                             \
    }
#define HEARD_ACTS(id_, action_)                                                                   \
    {                                                                                              \
        .id = {id_, sizeof id_ - 1}, .action = (action_), .entry = JIEDA__NONE                     \
    }

static const jieda__rule heard_rules[R_COUNT] = {
    [R_DISTRESS] = HEARD_HANDS("distress", JIEDA__REASON_DISTRESS, CRISIS, 9, JIEDA_PRIORITY_P0),
    [R_FRAUD] = HEARD_HANDS("fraud", JIEDA__REASON_FRAUD, FRAUD, 9, JIEDA_PRIORITY_P0),
    [R_COMPLAINT] =
        HEARD_HANDS("complaint", JIEDA__REASON_COMPLAINT, JIEDA__NONE, 2, JIEDA_PRIORITY_P1),
    [R_PERSON] = HEARD_HANDS("person", JIEDA__REASON_REQUESTED, JIEDA__NONE, 1, JIEDA_PRIORITY_P2),
    [R_CALM] = {.id = {"calm", 4}, .action = JIEDA__RULE_CALM, .entry = JIEDA__NONE, .priority = 2},
    [R_CALM_ALL] = {.id = {"calm_all", 8},
                    .action = JIEDA__RULE_CALM,
                    .entry = JIEDA__NONE,
                    .priority = 9},
    [R_NONE_OF_THESE] = HEARD_ACTS("none_of_these", JIEDA__RULE_NONE_OF_THESE),
    [R_CHOOSE] = HEARD_ACTS("choose", JIEDA__RULE_CHOOSE),
    [R_YES] = HEARD_ACTS("yes", JIEDA__RULE_YES),
    [R_NO] = HEARD_ACTS("no", JIEDA__RULE_NO),
    [R_SKIP] = HEARD_ACTS("skip", JIEDA__RULE_SKIP),
    [R_CORRECT] = HEARD_ACTS("correct", JIEDA__RULE_CORRECT),
    [R_UNHELPFUL] = HEARD_ACTS("unhelpful", JIEDA__RULE_UNHELPFUL),
    [R_RESOLVED] = HEARD_ACTS("resolved", JIEDA__RULE_RESOLVED),
    [R_PROGRESS] = HEARD_ACTS("progress", JIEDA__RULE_TICKET_PROGRESS),
    [R_CANCEL] = HEARD_ACTS("cancel", JIEDA__RULE_TICKET_CANCEL),
    [R_REOPEN] = HEARD_ACTS("reopen", JIEDA__RULE_TICKET_REOPEN),
    [R_TRANSCRIPT] = HEARD_ACTS("transcript", JIEDA__RULE_TRANSCRIPT),
};

/* ---- an utterance ---------------------------------------------------------------------------- */

#define HEARD_MATCH_COUNT_MAX 6
#define HEARD_HIT_COUNT_MAX 4
#define HEARD_CHAR_COUNT_MAX 64
#define HEARD_PART_COUNT_MAX 3

typedef struct seen {
    uint32_t entry;
    float confidence; /* 0 ends a list */
} seen;

typedef struct utterance {
    jieda__heard heard;
    jieda__match matches[HEARD_MATCH_COUNT_MAX];
    jieda__match followup[HEARD_MATCH_COUNT_MAX];
    jieda__match parts[HEARD_PART_COUNT_MAX][HEARD_MATCH_COUNT_MAX];
    jieda__rule_hit hits[HEARD_HIT_COUNT_MAX];
    jieda__char chars[HEARD_CHAR_COUNT_MAX];
} utterance;

static inline jieda__matches heard_matches(jieda__match *items, const seen *list)
{
    jieda__matches matches = {.items = items, .out_of_scope_question = JIEDA__NONE};

    memset(items, 0, HEARD_MATCH_COUNT_MAX * sizeof *items);
    while (list && matches.count < HEARD_MATCH_COUNT_MAX && list[matches.count].confidence > 0.0f) {
        items[matches.count].entry = list[matches.count].entry;
        items[matches.count].confidence = list[matches.count].confidence;
        items[matches.count].score = list[matches.count].confidence;
        matches.count++;
    }
    return matches;
}

/* Best first: greater priority, then in the order given. */
static inline void heard_hit(utterance *u, int rule)
{
    size_t at = u->heard.hits.count++;

    assert_true(at < HEARD_HIT_COUNT_MAX);
    while (at > 0 && u->hits[at - 1].rule->priority < heard_rules[rule].priority) {
        u->hits[at] = u->hits[at - 1];
        at--;
    }
    u->hits[at] = (jieda__rule_hit){.rule = &heard_rules[rule]};
}

/* @param text  whose characters the utterance has; "" for nothing asked
 * @param number  of a choice, "" if there is none */
static inline void heard_make(utterance *u, const char *text, const int *rules, size_t rule_count,
                              const char *number, const seen *list)
{
    size_t len = strlen(text);

    memset(u, 0, sizeof *u);
    u->heard.utterance = str(text);
    u->heard.redaction.text = str(text);
    u->heard.reading.text.chars = u->chars;
    for (size_t at = 0; at < len;) {
        jieda__char *c = &u->chars[u->heard.reading.text.count++];

        assert_true(u->heard.reading.text.count <= HEARD_CHAR_COUNT_MAX);
        c->begin = (uint32_t)at;
        at += jieda__utf8_decode((const unsigned char *)text + at, len - at, &c->cp);
        c->end = (uint32_t)at;
    }
    u->heard.hits.items = u->hits;
    for (size_t i = 0; i < rule_count; i++)
        if (rules[i] != R_NONE)
            heard_hit(u, rules[i]);
    for (size_t i = 0; i < u->heard.hits.count; i++)
        if (u->hits[i].rule->action == JIEDA__RULE_CHOOSE && number[0])
            u->hits[i].group_n = str(number);
    u->heard.matches = heard_matches(u->matches, list);
    u->heard.followup = heard_matches(u->followup, NULL);
}

static inline void heard_part(utterance *u, bool asks_on, const seen *list)
{
    size_t at = u->heard.part_count++;

    assert_true(at < HEARD_PART_COUNT_MAX);
    u->heard.parts[at].asks_on = asks_on;
    u->heard.parts[at].matches = heard_matches(u->parts[at], list);
}

#define HEARD_NOW 1793592000 /* 2026-11-02T12:00:00+08:00 */

/* With an open ticket for a reason. */
static inline void heard_queue(jieda__dialog *d, uint32_t reason, jieda_owner owner)
{
    d->owner = (uint8_t)owner;
    memcpy(d->ticket.id, "T000000000000001", 17);
    d->ticket.reason = (uint8_t)reason;
    d->ticket.priority = JIEDA_PRIORITY_P2;
    d->ticket.state = owner == JIEDA_OWNER_AGENT ? JIEDA_TICKET_AGENT : JIEDA_TICKET_QUEUED;
}

#endif
