/*
 * rules.h - what does the visitor want? The rules an editor wrote, as the engine runs them.
 *
 * A rule says which wordings mean something that is not a question to look up: a cry for help, a
 * wish for a person, "the second one". The compiler turns rules.json into section "rules"; this
 * reads it once and then runs it on every utterance. Rules say what was said and never what to do:
 * that is the dialogue's.
 *
 * Two texts are searched. The rule text is the normalized text without the spaces between
 * characters of scripts that have none (我 被 骗 了 -> 我被骗了), the sound its syllables:
 *
 *   转人供, zhuan rengong, ZhuanRenGong   ->   " zhuan ren gong "
 *
 * Of a long message the first 2,000 and the last 1,000 characters are read, in pieces of 256 that
 * overlap by 64: a match lies within a piece, `^` is the message's begin and `$` its end. Of the
 * sound the 512 syllables a reading has, in pieces of 128 that overlap by 32.
 */
#ifndef JIEDA__RULES_H
#define JIEDA__RULES_H

#include "index/index.h"
#include "intent/reason.h"

/* ---- what a rule is -------------------------------------------------------------------------- */

typedef enum jieda__rule_action {
    JIEDA__RULE_HANDOFF = 0,
    JIEDA__RULE_ANSWER,
    JIEDA__RULE_CALM,   /* a look-alike: nothing here is urgent */
    JIEDA__RULE_REMIND, /* only marks */
    JIEDA__RULE_NONE_OF_THESE,
    JIEDA__RULE_CHOOSE, /* group "n": which */
    JIEDA__RULE_YES,
    JIEDA__RULE_NO,
    JIEDA__RULE_SKIP,
    JIEDA__RULE_CORRECT,   /* group "rest": what is meant instead */
    JIEDA__RULE_JOIN,      /* what follows is another question */
    JIEDA__RULE_FOLLOW_UP, /* it goes on about what was answered: 那多久能到 */
    JIEDA__RULE_UNHELPFUL,
    JIEDA__RULE_RESOLVED,
    JIEDA__RULE_TICKET_PROGRESS,
    JIEDA__RULE_TICKET_CANCEL,
    JIEDA__RULE_TICKET_REOPEN,
    JIEDA__RULE_TRANSCRIPT,
    JIEDA__RULE_ACTION_COUNT,
} jieda__rule_action;

/* As rules.json spells them. */
extern const char *const jieda__rule_action_names[JIEDA__RULE_ACTION_COUNT];

#define JIEDA__RULE_COUNT_MAX 512u
#define JIEDA__RULE_PATTERN_COUNT_MAX 64u /* of a rule's patterns, of its pinyin, of its unless */
#define JIEDA__RULE_PRIORITY_MAX 1000     /* and no less than minus that */

typedef struct jieda__rule {
    jieda_str id; /* these two live as long as the section */
    jieda_str intent;
    uint32_t entry;         /* ordinal, or JIEDA__NONE */
    uint32_t first_pattern; /* of its patterns, then pinyin, then unless, in the section's order */
    uint16_t pattern_count;
    uint16_t pinyin_count;
    uint16_t unless_count;
    int16_t priority;
    uint8_t action;          /* jieda__rule_action */
    uint8_t reason;          /* jieda__reason */
    uint8_t ticket_priority; /* 0..3 */
} jieda__rule;

/* ---- the section ----------------------------------------------------------------------------- */

/* Section "rules": header, rule_count rows by falling priority, then as authored; then uint32_t
 * first[2 * rule_count + pattern_count + 1], then bytes: id and intent of each rule, then all
 * patterns, in order of their rules, {{defs}} filled in. */
#define JIEDA__RULES_MAGIC 0x3152444au /* "JDR1" */

typedef struct jieda__rules_header {
    uint32_t magic;
    uint32_t rule_count;
    uint32_t pattern_count;
    uint32_t reserved;
} jieda__rules_header;

typedef struct jieda__rule_row {
    uint32_t entry;
    uint16_t pattern_count;
    uint16_t pinyin_count;
    uint16_t unless_count;
    int16_t priority;
    uint8_t action;
    uint8_t reason;
    uint8_t ticket_priority;
    uint8_t reserved;
} jieda__rule_row;

/* ---- running --------------------------------------------------------------------------------- */

/* Compiled rules. Engine lifetime; immutable, share freely. */
typedef struct jieda__rules jieda__rules;

/* Checks the section whole and compiles its patterns, to machine code where the system allows it.
 * Machine code is PCRE2's own memory, everything else `alloc`'s.
 * @param section      borrowed while the rules live, aligned to 4 bytes; empty: there are none.
 * @param entry_count  of the knowledge base, which ordinals must be below.
 * @return JIEDA_E_FORMAT if it is damaged, or a pattern is none to this PCRE2; JIEDA_E_NOMEM. */
jieda_status jieda__rules_load(const jieda_allocator *alloc, jieda_str section,
                               uint32_t entry_count, jieda__rules **out, jieda_error *err);
void jieda__rules_free(jieda__rules *rules);

size_t jieda__rules_count(const jieda__rules *rules);
const jieda__rule *jieda__rules_at(const jieda__rules *rules, size_t index);

/* Where a rule matched. */
typedef struct jieda__rule_hit {
    const jieda__rule *rule;
    jieda_str group_n; /* named groups, as in the text searched, which is in the arena; ptr NULL */
    jieda_str group_rest; /* where the pattern has none, or it took no part */
    uint32_t pattern;     /* index into the rule's patterns, or into its pinyin */
    bool pinyin;
    uint32_t begin; /* bytes of the original */
    uint32_t end;
} jieda__rule_hit;

typedef struct jieda__rule_hits {
    jieda__rule_hit *items; /* best first: priority, then authored order */
    size_t count;
    /* Patterns that took too many steps and were given up, or were not tried because earlier ones
     * had used up the message's. They read as no match; but an `unless` that was given up does not
     * hold back a handoff for fraud or distress, for a person in danger comes first, and holds back
     * every other rule. */
    uint32_t limit_count;
    const jieda__rule *limited; /* the first rule with one, NULL */
} jieda__rule_hits;

/* @return JIEDA_E_NOMEM, else JIEDA_OK; `out` lives in `arena`. */
jieda_status jieda__rules_match(const jieda__rules *rules, jieda__arena *arena,
                                const jieda__reading *reading, jieda__rule_hits *out);

/* What one rule makes of an utterance, for whoever asks why. */
typedef struct jieda__rule_trial {
    bool matched;        /* a pattern did, whatever `unless` says */
    jieda__rule_hit hit; /* where, if it did */
    uint32_t unless;     /* the index of the one that holds it back, JIEDA__NONE */
    uint32_t limit_count;
} jieda__rule_trial;

jieda_status jieda__rules_try(const jieda__rules *rules, jieda__arena *arena,
                              const jieda__reading *reading, const jieda__rule *rule,
                              jieda__rule_trial *out);

#endif
