/*
 * turn_test.c - the order of decision, over the made-up utterances of heard.h.
 *
 * Each case is one line: the dialog before, the rules that hold, what matched, and what follows.
 */
#include "unit/dialog/heard.h"

static jieda__policy policy;

static int load_policy(void **state)
{
    (void)state;
    policy = heard_policy();
    return 0;
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* What the dialog is like before. */
typedef enum before {
    FRESH,
    MISSED,       /* once */
    OFFERED,      /* options "info" and "money", after a miss */
    OFFERED_MORE, /* one option, "money", the second question of a message */
    OFFERED_GONE, /* options of an older knowledge base: "info", and two it has no more */
    NEEDS,        /* what the ticket about "close" needs was asked for */
    ANSWERED,     /* "info", once */
    ANSWERED_2,   /* twice */
    QUEUED,       /* with a ticket that somebody asked for */
    QUEUED_FRAUD,
    WITH_AGENT,
    CLOSED,     /* an hour ago */
    CLOSED_OLD, /* too long ago to be reopened */
} before;

static void offer_before(jieda__dialog *d, const char *a, const char *b, const char *c)
{
    const char *const ids[] = {a, b, c};

    d->pending = JIEDA__PENDING_OPTIONS;
    for (int i = 0; i < 3 && ids[i]; i++)
        jieda__id_set(d->options[d->option_count++], str(ids[i]));
}

static void set_before(jieda__dialog *d, before what)
{
    jieda__dialog_init(d, str("c1"));
    switch (what) {
    case FRESH:
        break;
    case MISSED:
        d->miss_count = 1;
        break;
    case OFFERED:
        d->miss_count = 1;
        offer_before(d, "info", "money", NULL);
        break;
    case OFFERED_MORE:
        offer_before(d, "money", NULL, NULL);
        break;
    case OFFERED_GONE:
        d->miss_count = 1;
        offer_before(d, "gone", "info", "gone too");
        break;
    case NEEDS:
        d->pending = JIEDA__PENDING_NEEDS;
        d->needs_reason = JIEDA__REASON_POLICY;
        d->needs_priority = JIEDA_PRIORITY_P2;
        jieda__id_set(d->last_entry, str("close"));
        break;
    case ANSWERED:
    case ANSWERED_2:
        jieda__id_set(d->last_entry, str("info"));
        d->repeat_count = what == ANSWERED ? 1 : 2;
        break;
    case QUEUED:
        heard_queue(d, JIEDA__REASON_REQUESTED, JIEDA_OWNER_QUEUE);
        break;
    case QUEUED_FRAUD:
        heard_queue(d, JIEDA__REASON_FRAUD, JIEDA_OWNER_QUEUE);
        break;
    case WITH_AGENT:
        heard_queue(d, JIEDA__REASON_REQUESTED, JIEDA_OWNER_AGENT);
        break;
    case CLOSED:
    case CLOSED_OLD:
        heard_queue(d, JIEDA__REASON_REQUESTED, JIEDA_OWNER_BOT);
        d->ticket.state = JIEDA_TICKET_CLOSED;
        d->ticket.closed = HEARD_NOW - (what == CLOSED ? 3600 : (int64_t)policy.reopen_seconds + 1);
        break;
    }
}

static jieda__turn decide(jieda__dialog *d, utterance *u)
{
    return jieda__turn_decide(&heard_kb, &policy, &u->heard, HEARD_NOW, d);
}

/* Short names, so that a case is one line. */
enum { NOTHING, ANSWER, CLARIFY, SMALLTALK, HANDOFF };
enum { KEEP, OPEN, APPEND, ESCALATE, REOPEN, CANCEL };
#define NO JIEDA__NONE
#define WHY_REASON(name) JIEDA__REASON_##name

static const struct {
    const char *name;
    before before;
    const char *text, *number; /* "" for nothing asked; of a choice */
    int rules[HEARD_HIT_COUNT_MAX];
    seen list[HEARD_MATCH_COUNT_MAX];
    int decision; /* as jieda_decision */
    uint32_t entry;
    size_t options;
    const char *why;
    int ticket; /* as jieda__ticket_act */
    uint32_t reason;
    uint32_t misses; /* then */
} cases[] = {
    /* clang-format off: a line each */
    {"nothing asked is nothing", FRESH, "", "", {0}, {{0}}, NOTHING, NO, 0, "empty", KEEP, 0, 0},
    {"nothing asked keeps the misses",
     MISSED,
     "",
     "",
     {0},
     {{0}},
     NOTHING,
     NO,
     0,
     "empty",
     KEEP,
     0,
     1},
    {"nothing asked does not look at matches",
     MISSED,
     "",
     "",
     {0},
     {{INFO, .9f}},
     NOTHING,
     NO,
     0,
     "empty",
     KEEP,
     0,
     1},
    {"nothing asked while queued is nothing",
     QUEUED,
     "",
     "",
     {0},
     {{0}},
     NOTHING,
     NO,
     0,
     "empty",
     KEEP,
     0,
     0},

    /* 5: FAQ */
    {"a sure entry is answered",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"an answer forgives the misses",
     MISSED,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"on the threshold is sure",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .50f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"below it is not",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .49f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"money wants more",
     FRESH,
     "x",
     "",
     {0},
     {{MONEY, .59f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"and gets it",
     FRESH,
     "x",
     "",
     {0},
     {{MONEY, .60f}},
     ANSWER,
     MONEY,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"offering a person is still an answer",
     FRESH,
     "x",
     "",
     {0},
     {{MONEY, .9f}, {INFO, .2f}},
     ANSWER,
     MONEY,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"only the best is judged",
     FRESH,
     "x",
     "",
     {0},
     {{MONEY, .55f}, {INFO, .54f}},
     CLARIFY,
     NO,
     2,
     "ambiguous",
     KEEP,
     0,
     1},
    {"an entry without category is answered",
     FRESH,
     "x",
     "",
     {0},
     {{PLAIN, .9f}},
     ANSWER,
     PLAIN,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"policy always hands over",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"and forgives the misses",
     MISSED,
     "x",
     "",
     {0},
     {{FRAUD, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"as soon as information would be answered",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .5f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"but not before",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .49f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"what needs something asks for it first",
     FRESH,
     "x",
     "",
     {0},
     {{CLOSE, .9f}},
     CLARIFY,
     CLOSE,
     0,
     "needs",
     KEEP,
     WHY_REASON(POLICY),
     0},

    /* 6 and 7 */
    {"small talk is answered",
     FRESH,
     "x",
     "",
     {0},
     {{HELLO, .9f}},
     SMALLTALK,
     HELLO,
     0,
     "smalltalk",
     KEEP,
     0,
     0},
    {"small talk forgives the misses",
     MISSED,
     "x",
     "",
     {0},
     {{HELLO, .9f}},
     SMALLTALK,
     HELLO,
     0,
     "smalltalk",
     KEEP,
     0,
     0},
    {"small talk never outranks a sure entry",
     FRESH,
     "x",
     "",
     {0},
     {{HELLO, .99f}, {INFO, .5f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"nor one that hands over",
     FRESH,
     "x",
     "",
     {0},
     {{HELLO, .99f}, {FRAUD, .6f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"but an unsure one",
     FRESH,
     "x",
     "",
     {0},
     {{HELLO, .9f}, {INFO, .3f}},
     SMALLTALK,
     HELLO,
     0,
     "smalltalk",
     KEEP,
     0,
     0},
    {"second small talk is not answered",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .4f}, {HELLO, .39f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"unsure small talk is a miss and no option",
     FRESH,
     "x",
     "",
     {0},
     {{HELLO, .4f}},
     CLARIFY,
     NO,
     0,
     "no-match",
     KEEP,
     0,
     1},
    {"nothing found is a miss", FRESH, "x", "", {0}, {{0}}, CLARIFY, NO, 0, "no-match", KEEP, 0, 1},
    {"at most three options",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .3f}, {MONEY, .29f}, {NEVER, .28f}, {PLAIN, .27f}},
     CLARIFY,
     NO,
     3,
     "ambiguous",
     KEEP,
     0,
     1},
    {"an option on its threshold",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .10f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"none below it", FRESH, "x", "", {0}, {{INFO, .09f}}, CLARIFY, NO, 0, "no-match", KEEP, 0, 1},
    {"small talk among them is passed over",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .3f}, {HELLO, .29f}, {MONEY, .28f}},
     CLARIFY,
     NO,
     2,
     "ambiguous",
     KEEP,
     0,
     1},
    {"a second miss hands over",
     MISSED,
     "x",
     "",
     {0},
     {{0}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"whatever came near",
     MISSED,
     "x",
     "",
     {0},
     {{INFO, .49f}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},

    /* 1 to 3: by a rule, by a sure entry, by several of danger */
    {"a rule of distress",
     FRESH,
     "x",
     "",
     {R_DISTRESS},
     {{0}},
     HANDOFF,
     CRISIS,
     0,
     "rule",
     OPEN,
     WHY_REASON(DISTRESS),
     0},
    {"a rule of fraud",
     FRESH,
     "x",
     "",
     {R_FRAUD},
     {{INFO, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"a rule of complaint",
     FRESH,
     "x",
     "",
     {R_COMPLAINT},
     {{INFO, .9f}},
     HANDOFF,
     NO,
     0,
     "rule",
     OPEN,
     WHY_REASON(COMPLAINT),
     0},
    {"a rule for a person",
     FRESH,
     "x",
     "",
     {R_PERSON},
     {{INFO, .9f}},
     HANDOFF,
     NO,
     0,
     "rule",
     OPEN,
     WHY_REASON(REQUESTED),
     0},
    {"an entry of distress",
     FRESH,
     "x",
     "",
     {0},
     {{CRISIS, .9f}},
     HANDOFF,
     CRISIS,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(DISTRESS),
     0},
    {"an entry of complaint",
     FRESH,
     "x",
     "",
     {0},
     {{UPSET, .9f}},
     HANDOFF,
     UPSET,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(COMPLAINT),
     0},
    {"an entry for a person",
     FRESH,
     "x",
     "",
     {0},
     {{HUMAN, .9f}},
     HANDOFF,
     HUMAN,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(REQUESTED),
     0},
    {"distress before fraud, both by rule",
     FRESH,
     "x",
     "",
     {R_FRAUD, R_DISTRESS},
     {{0}},
     HANDOFF,
     CRISIS,
     0,
     "rule",
     OPEN,
     WHY_REASON(DISTRESS),
     0},
    {"an entry of distress before a rule of fraud",
     FRESH,
     "x",
     "",
     {R_FRAUD},
     {{CRISIS, .9f}},
     HANDOFF,
     CRISIS,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(DISTRESS),
     0},
    {"an entry of fraud before a rule of complaint",
     FRESH,
     "x",
     "",
     {R_COMPLAINT},
     {{FRAUD, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"an entry of complaint before a rule for a person",
     FRESH,
     "x",
     "",
     {R_PERSON},
     {{UPSET, .9f}},
     HANDOFF,
     UPSET,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(COMPLAINT),
     0},
    {"two entries of fraud that together are sure",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .35f}, {INFO, .30f}, {FRAUD, .25f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"two that are not",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .30f}, {INFO, .29f}, {FRAUD, .20f}},
     CLARIFY,
     NO,
     2,
     "ambiguous",
     KEEP,
     0,
     1},
    {"fraud and distress are one danger",
     FRESH,
     "x",
     "",
     {0},
     {{FRAUD, .30f}, {CRISIS, .30f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"danger behind a sure entry calls nobody",
     FRESH,
     "x",
     "",
     {0},
     {{INFO, .60f}, {FRAUD, .40f}, {FRAUD, .30f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"complaints need more than danger does",
     FRESH,
     "x",
     "",
     {0},
     {{UPSET, .35f}, {INFO, .30f}, {UPSET, .22f}},
     CLARIFY,
     NO,
     2,
     "ambiguous",
     KEEP,
     0,
     1},

    /* calm */
    {"calm outdoes a request",
     FRESH,
     "x",
     "",
     {R_CALM, R_PERSON},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"and a complaint of no greater priority",
     FRESH,
     "x",
     "",
     {R_CALM, R_COMPLAINT},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"but not a fraud of greater priority",
     FRESH,
     "x",
     "",
     {R_CALM, R_FRAUD},
     {{INFO, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     OPEN,
     WHY_REASON(FRAUD),
     0},
    {"unless it is as great",
     FRESH,
     "x",
     "",
     {R_CALM_ALL, R_FRAUD},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"calm outdoes danger that sums up",
     FRESH,
     "x",
     "",
     {R_CALM},
     {{FRAUD, .35f}, {FRAUD, .30f}},
     CLARIFY,
     NO,
     1,
     "ambiguous",
     KEEP,
     0,
     1},
    {"calm alone decides nothing",
     FRESH,
     "x",
     "",
     {R_CALM},
     {{0}},
     CLARIFY,
     NO,
     0,
     "no-match",
     KEEP,
     0,
     1},

    /* 4: options */
    {"the first option",
     OFFERED,
     "x",
     "1",
     {R_CHOOSE},
     {{0}},
     ANSWER,
     INFO,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"the second in Chinese",
     OFFERED,
     "x",
     "二",
     {R_CHOOSE},
     {{0}},
     ANSWER,
     MONEY,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"the last", OFFERED, "x", "最后", {R_CHOOSE}, {{0}}, ANSWER, MONEY, 0, "chosen", KEEP, 0, 0},
    {"a bare digit without any rule",
     OFFERED,
     "2",
     "",
     {0},
     {{0}},
     ANSWER,
     MONEY,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"an option out of range shows them again",
     OFFERED,
     "x",
     "3",
     {R_CHOOSE},
     {{0}},
     CLARIFY,
     NO,
     2,
     "no-such-option",
     KEEP,
     0,
     1},
    {"none of these is a miss",
     OFFERED,
     "x",
     "",
     {R_NONE_OF_THESE},
     {{0}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"so is a plain no",
     OFFERED,
     "x",
     "",
     {R_NO},
     {{0}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"an option named in words, though unsure",
     OFFERED,
     "x",
     "",
     {0},
     {{MONEY, .31f}},
     ANSWER,
     MONEY,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"too unsure",
     OFFERED,
     "x",
     "",
     {0},
     {{MONEY, .29f}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"words of no option are a question",
     OFFERED,
     "x",
     "",
     {0},
     {{PLAIN, .9f}},
     ANSWER,
     PLAIN,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"no number without options",
     FRESH,
     "2",
     "2",
     {R_CHOOSE},
     {{0}},
     CLARIFY,
     NO,
     0,
     "no-match",
     KEEP,
     0,
     1},
    {"yes to a second question",
     OFFERED_MORE,
     "x",
     "",
     {R_YES},
     {{0}},
     ANSWER,
     MONEY,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"yes to two options chooses none",
     OFFERED,
     "x",
     "",
     {R_YES},
     {{0}},
     HANDOFF,
     NO,
     0,
     "repeated-miss",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"no after a second question ends it",
     OFFERED_MORE,
     "x",
     "",
     {R_NO},
     {{0}},
     SMALLTALK,
     NO,
     0,
     "declined",
     KEEP,
     0,
     0},
    {"an option the knowledge base still has",
     OFFERED_GONE,
     "x",
     "2",
     {R_CHOOSE},
     {{0}},
     ANSWER,
     INFO,
     0,
     "chosen",
     KEEP,
     0,
     0},
    {"one it has no more shows what is left",
     OFFERED_GONE,
     "x",
     "1",
     {R_CHOOSE},
     {{0}},
     CLARIFY,
     NO,
     1,
     "no-such-option",
     KEEP,
     0,
     1},

    /* 4: needs */
    {"whatever comes goes into the ticket",
     NEEDS,
     "x",
     "",
     {0},
     {{0}},
     HANDOFF,
     NO,
     0,
     "needs-given",
     OPEN,
     WHY_REASON(POLICY),
     0},
    {"a skip too",
     NEEDS,
     "x",
     "",
     {R_SKIP},
     {{0}},
     HANDOFF,
     NO,
     0,
     "needs-skipped",
     OPEN,
     WHY_REASON(POLICY),
     0},
    {"but danger comes first",
     NEEDS,
     "x",
     "",
     {R_FRAUD},
     {{0}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     OPEN,
     WHY_REASON(FRAUD),
     0},

    /* 4: words about the conversation */
    {"a transcript at any time",
     FRESH,
     "x",
     "",
     {R_TRANSCRIPT},
     {{0}},
     ANSWER,
     NO,
     0,
     "transcript",
     KEEP,
     0,
     0},
    {"unhelpful after an answer",
     ANSWERED,
     "x",
     "",
     {R_UNHELPFUL},
     {{0}},
     CLARIFY,
     NO,
     0,
     "unhelpful",
     KEEP,
     0,
     1},
    {"unhelpful after a miss hands over",
     MISSED,
     "x",
     "",
     {R_UNHELPFUL},
     {{0}},
     HANDOFF,
     NO,
     0,
     "unhelpful",
     OPEN,
     WHY_REASON(UNHELPFUL),
     0},
    {"unhelpful of nothing is a question",
     FRESH,
     "x",
     "",
     {R_UNHELPFUL},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"corrected after an answer",
     ANSWERED,
     "x",
     "",
     {R_CORRECT},
     {{0}},
     CLARIFY,
     NO,
     0,
     "corrected",
     KEEP,
     0,
     1},
    {"resolved after an answer",
     ANSWERED,
     "x",
     "",
     {R_RESOLVED},
     {{0}},
     SMALLTALK,
     NO,
     0,
     "resolved",
     KEEP,
     0,
     0},
    {"resolved of nothing is a question",
     FRESH,
     "x",
     "",
     {R_RESOLVED},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"progress of a closed ticket",
     CLOSED,
     "x",
     "",
     {R_PROGRESS},
     {{0}},
     ANSWER,
     NO,
     0,
     "ticket-progress",
     KEEP,
     0,
     0},
    {"reopened while it can be",
     CLOSED,
     "x",
     "",
     {R_REOPEN},
     {{0}},
     HANDOFF,
     NO,
     0,
     "reopened",
     REOPEN,
     WHY_REASON(REQUESTED),
     0},
    {"unhelpful reopens it too",
     CLOSED,
     "x",
     "",
     {R_UNHELPFUL},
     {{0}},
     HANDOFF,
     NO,
     0,
     "reopened",
     REOPEN,
     WHY_REASON(REQUESTED),
     0},
    {"too late to reopen",
     CLOSED_OLD,
     "x",
     "",
     {R_REOPEN},
     {{0}},
     CLARIFY,
     NO,
     0,
     "no-match",
     KEEP,
     0,
     1},
    {"a new request after a closed one",
     CLOSED,
     "x",
     "",
     {R_PERSON},
     {{0}},
     HANDOFF,
     NO,
     0,
     "rule",
     OPEN,
     WHY_REASON(REQUESTED),
     0},

    /* the same answer again */
    {"a second time",
     ANSWERED,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     ANSWER,
     INFO,
     0,
     "confident",
     KEEP,
     0,
     0},
    {"a third time",
     ANSWERED_2,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     HANDOFF,
     INFO,
     0,
     "repeated-answer",
     OPEN,
     WHY_REASON(REPEATED_MISS),
     0},
    {"another answer begins anew",
     ANSWERED_2,
     "x",
     "",
     {0},
     {{MONEY, .9f}},
     ANSWER,
     MONEY,
     0,
     "confident",
     KEEP,
     0,
     0},

    /* while a ticket waits */
    {"words go to the ticket",
     QUEUED,
     "x",
     "",
     {0},
     {{0}},
     HANDOFF,
     NO,
     0,
     "queued",
     APPEND,
     WHY_REASON(REQUESTED),
     0},
    {"the bot helps on",
     QUEUED,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     HANDOFF,
     INFO,
     0,
     "queued",
     APPEND,
     WHY_REASON(REQUESTED),
     0},
    {"but is not sure is mute",
     QUEUED,
     "x",
     "",
     {0},
     {{INFO, .4f}},
     HANDOFF,
     NO,
     0,
     "queued",
     APPEND,
     WHY_REASON(REQUESTED),
     0},
    {"danger raises it",
     QUEUED,
     "x",
     "",
     {R_FRAUD},
     {{0}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     ESCALATE,
     WHY_REASON(FRAUD),
     0},
    {"so does a complaint",
     QUEUED,
     "x",
     "",
     {R_COMPLAINT},
     {{0}},
     HANDOFF,
     NO,
     0,
     "rule",
     ESCALATE,
     WHY_REASON(COMPLAINT),
     0},
    {"and an entry of danger",
     QUEUED,
     "x",
     "",
     {0},
     {{FRAUD, .9f}},
     HANDOFF,
     FRAUD,
     0,
     "entry-hands-over",
     ESCALATE,
     WHY_REASON(FRAUD),
     0},
    {"asking for a person again raises nothing",
     QUEUED,
     "x",
     "",
     {R_PERSON},
     {{0}},
     HANDOFF,
     NO,
     0,
     "rule",
     APPEND,
     WHY_REASON(REQUESTED),
     0},
    {"nor does a complaint about fraud",
     QUEUED_FRAUD,
     "x",
     "",
     {R_COMPLAINT},
     {{0}},
     HANDOFF,
     NO,
     0,
     "rule",
     APPEND,
     WHY_REASON(COMPLAINT),
     0},
    {"fraud again raises nothing",
     QUEUED_FRAUD,
     "x",
     "",
     {R_FRAUD},
     {{0}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     APPEND,
     WHY_REASON(FRAUD),
     0},
    {"but never distress",
     FRESH,
     "x",
     "",
     {R_CALM_ALL, R_FRAUD, R_DISTRESS},
     {{INFO, .9f}},
     HANDOFF,
     CRISIS,
     0,
     "rule",
     OPEN,
     WHY_REASON(DISTRESS),
     0},
    {"distress raises fraud",
     QUEUED_FRAUD,
     "x",
     "",
     {R_DISTRESS},
     {{0}},
     HANDOFF,
     CRISIS,
     0,
     "rule",
     ESCALATE,
     WHY_REASON(DISTRESS),
     0},
    {"it may be cancelled",
     QUEUED,
     "x",
     "",
     {R_CANCEL},
     {{0}},
     SMALLTALK,
     NO,
     0,
     "cancelled",
     CANCEL,
     0,
     0},
    {"not while in danger",
     QUEUED,
     "x",
     "",
     {R_CANCEL, R_FRAUD},
     {{0}},
     HANDOFF,
     FRAUD,
     0,
     "rule",
     ESCALATE,
     WHY_REASON(FRAUD),
     0},
    {"progress is told",
     QUEUED,
     "x",
     "",
     {R_PROGRESS},
     {{0}},
     HANDOFF,
     NO,
     0,
     "queued",
     APPEND,
     WHY_REASON(REQUESTED),
     0},

    /* while an agent answers */
    {"the bot is mute",
     WITH_AGENT,
     "x",
     "",
     {0},
     {{INFO, .9f}},
     HANDOFF,
     NO,
     0,
     "with-agent",
     APPEND,
     WHY_REASON(REQUESTED),
     0},
    {"danger is raised, without an answer",
     WITH_AGENT,
     "x",
     "",
     {R_FRAUD},
     {{0}},
     HANDOFF,
     NO,
     0,
     "rule",
     ESCALATE,
     WHY_REASON(FRAUD),
     0},
    {"it may be cancelled there too",
     WITH_AGENT,
     "x",
     "",
     {R_CANCEL},
     {{0}},
     SMALLTALK,
     NO,
     0,
     "cancelled",
     CANCEL,
     0,
     0},
    /* clang-format on */
};

static void the_order_of_decision(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static utterance u;
        jieda__dialog d;
        jieda__turn turn;

        set_before(&d, cases[i].before);
        heard_make(&u, cases[i].text, cases[i].rules, HEARD_HIT_COUNT_MAX, cases[i].number,
                   cases[i].list);
        turn = decide(&d, &u);
        if ((int)turn.decision != cases[i].decision || turn.entry != cases[i].entry ||
            turn.option_count != cases[i].options || strcmp(turn.why, cases[i].why) != 0 ||
            (int)turn.ticket != cases[i].ticket || turn.reason != cases[i].reason ||
            d.miss_count != cases[i].misses) {
            print_error(
                "%s: %s, entry %d, %zu options, \"%s\", act %d, reason %s, then %u misses\n",
                cases[i].name, jieda_decision_name(turn.decision), (int)turn.entry,
                turn.option_count, turn.why, turn.ticket, jieda__reason_name(turn.reason),
                d.miss_count);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

/* Each tier with everything that a lower one would take. */
static const struct {
    const char *name;
    before before;
    int rule;
    seen match;
    const char *why;
    uint32_t reason;
} tiers[] = {
    {"distress", FRESH, R_DISTRESS, {0, 0}, "rule", JIEDA__REASON_DISTRESS},
    {"fraud", FRESH, R_FRAUD, {0, 0}, "rule", JIEDA__REASON_FRAUD},
    {"complaint", FRESH, R_COMPLAINT, {0, 0}, "rule", JIEDA__REASON_COMPLAINT},
    {"a person", FRESH, R_PERSON, {0, 0}, "rule", JIEDA__REASON_REQUESTED},
    {"options", OFFERED, R_CHOOSE, {0, 0}, "chosen", JIEDA__REASON_NONE},
    {"needs", NEEDS, R_NONE, {0, 0}, "needs-given", JIEDA__REASON_POLICY},
    {"an act", FRESH, R_TRANSCRIPT, {0, 0}, "transcript", JIEDA__REASON_NONE},
    {"FAQ", FRESH, R_NONE, {PLAIN, 0.9f}, "confident", JIEDA__REASON_NONE},
    {"small talk", FRESH, R_NONE, {HELLO, 0.95f}, "smalltalk", JIEDA__REASON_NONE},
    {"fallback", FRESH, R_NONE, {0, 0}, "no-match", JIEDA__REASON_NONE},
};

static void every_tier_outdoes_every_lower_one(void **state)
{
    const size_t count = sizeof tiers / sizeof *tiers;

    (void)state;
    for (size_t high = 0; high < count; high++) {
        for (size_t low = high; low < count; low++) {
            before what = tiers[high].before != FRESH ? tiers[high].before : tiers[low].before;
            const int rules[] = {tiers[high].rule,
                                 tiers[low].rule == tiers[high].rule ? R_NONE : tiers[low].rule};
            seen list[3] = {{0}};
            size_t seen_count = 0;
            static utterance u;
            jieda__dialog d;
            jieda__turn turn;

            if (tiers[high].before != FRESH && tiers[low].before != FRESH && high != low)
                continue; /* one thing is pending at a time */
            if (tiers[low].match.confidence > 0.0f)
                list[seen_count++] = tiers[low].match;
            if (tiers[high].match.confidence > 0.0f && high != low)
                list[seen_count++] = tiers[high].match;
            set_before(&d, what);
            heard_make(&u, "x", rules, 2, "1", list);
            turn = decide(&d, &u);
            if (strcmp(turn.why, tiers[high].why) != 0 || turn.reason != tiers[high].reason)
                fail_msg("%s against %s: \"%s\" for %s", tiers[high].name, tiers[low].name,
                         turn.why, jieda__reason_name(turn.reason));
        }
    }
}

/* ---- guards, options ------------------------------------------------------------------------- */

static void what_a_guard_speaks_against_is_not_sure(void **state)
{
    static utterance u;
    static const seen sure[] = {{INFO, 0.9f}, {0}}, danger[] = {{FRAUD, 0.9f}, {0}};
    jieda__dialog d;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", sure);
    u.matches[0].feature[JIEDA__FEATURE_OPPOSITE] = 1.0f;
    assert_string_equal(decide(&d, &u).why, "ambiguous");
    set_before(&d, OFFERED); /* nor is it an option named in words */
    heard_make(&u, "x", NULL, 0, "", sure);
    u.matches[0].feature[JIEDA__FEATURE_NOT] = 1.0f;
    assert_string_equal(decide(&d, &u).why, "repeated-miss");
    set_before(&d, FRESH); /* nor is it part of a sum of danger */
    heard_make(&u, "x", NULL, 0, "", danger);
    u.matches[0].feature[JIEDA__FEATURE_NOT] = 1.0f;
    assert_string_equal(decide(&d, &u).why, "ambiguous");
}

static void options_are_the_best_ones_in_order_and_remembered(void **state)
{
    static const seen list[] = {{INFO, 0.4f},  {HELLO, 0.35f}, {MONEY, 0.3f},
                                {PLAIN, 0.2f}, {NEVER, 0.15f}, {0}};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", list);
    turn = decide(&d, &u);
    assert_int_equal(turn.option_count, 3);
    assert_int_equal(turn.options[0].entry, INFO);
    assert_int_equal(turn.options[1].entry, MONEY); /* past the small talk */
    assert_int_equal(turn.options[2].entry, PLAIN);
    assert_true(turn.options[1].confidence == 0.3f);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_CLARIFY);
    assert_int_equal(d.pending, JIEDA__PENDING_OPTIONS);
    assert_int_equal(d.option_count, 3);
    assert_string_equal(d.options[1], "money");
}

static void options_of_an_older_knowledge_base_are_not_shown(void **state)
{
    static const int choose[] = {R_CHOOSE};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, OFFERED_GONE);
    heard_make(&u, "x", choose, 1, "3", NULL);
    turn = decide(&d, &u);
    assert_int_equal(turn.option_count, 1);
    assert_int_equal(turn.options[0].entry, INFO);
    set_before(&d, FRESH); /* when all are gone there is nothing to show again */
    offer_before(&d, "gone", "gone too", NULL);
    heard_make(&u, "x", choose, 1, "1", NULL);
    assert_string_equal(decide(&d, &u).why, "no-match");
}

/* ---- several turns --------------------------------------------------------------------------- */

/* Turns of one dialog: '-' is a miss, '+' an answer, 's' small talk, 'e' nothing asked. */
static const struct {
    const char *name;
    uint32_t miss_count_max;
    const char *turns, *decisions; /* c clarify, H handoff, a answer, s small talk, n none */
} dialogs[] = {
    {"the second miss in a row hands over", 2, "--", "cH"},
    {"then it begins anew", 2, "----", "cHcH"},
    {"an answer between starts anew", 2, "-+--", "cacH"},
    {"small talk between starts anew", 2, "-s--", "cscH"},
    {"an empty utterance is no miss and no answer", 2, "-e-", "cnH"},
    {"three are allowed", 3, "---", "ccH"},
    {"the first already hands over", 1, "-+-", "HaH"},
    {"0 never hands over", 0, "------", "cccccc"},
};

static void misses_in_a_row(void **state)
{
    static const char letters[] = "nacsH"; /* by jieda_decision */

    (void)state;
    for (size_t i = 0; i < sizeof dialogs / sizeof *dialogs; i++) {
        jieda__dialog d;
        char got[16] = "";

        set_before(&d, FRESH);
        policy.miss_count_max = dialogs[i].miss_count_max;
        for (size_t k = 0; dialogs[i].turns[k]; k++) {
            static const seen answer[] = {{INFO, 0.9f}, {0}}, hello[] = {{HELLO, 0.9f}, {0}};
            char what = dialogs[i].turns[k];
            static utterance u;

            heard_make(&u, what == 'e' ? "" : "x", NULL, 0, "",
                       what == '+'   ? answer
                       : what == 's' ? hello
                                     : NULL);
            got[k] = letters[decide(&d, &u).decision];
        }
        if (strcmp(got, dialogs[i].decisions) != 0)
            fail_msg("%s: %s, not %s", dialogs[i].name, got, dialogs[i].decisions);
    }
    policy.miss_count_max = 2;
}

/* A single miss that already hands over has another reason: nothing was ever near. */
static void a_first_miss_that_hands_over_found_nothing(void **state)
{
    static const seen near[] = {{INFO, 0.3f}, {0}};
    static utterance u;
    jieda__dialog d;

    (void)state;
    policy.miss_count_max = 1;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", NULL);
    assert_int_equal(decide(&d, &u).reason, JIEDA__REASON_NO_MATCH);
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", near);
    assert_int_equal(decide(&d, &u).reason, JIEDA__REASON_REPEATED_MISS);
    policy.miss_count_max = 2;
}

static void the_same_answer_is_repeated_with_an_offer_and_then_by_a_person(void **state)
{
    static const seen info[] = {{INFO, 0.9f}, {0}}, never[] = {{NEVER, 0.9f}, {0}};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", info);
    turn = decide(&d, &u);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_NONE);
    assert_false(turn.offers_person);
    turn = decide(&d, &u);
    assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_REPEATED);
    assert_true(turn.offers_person);
    turn = decide(&d, &u);
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    assert_string_equal(turn.why, "repeated-answer");
    assert_int_equal(d.repeat_count, 0);
    /* One that never hands over is given as often as it is asked for, without an offer. */
    heard_make(&u, "x", NULL, 0, "", never);
    for (int i = 0; i < 6; i++) {
        turn = decide(&d, &u);
        assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
        assert_false(turn.offers_person);
    }
    /* So is every one where the policy counts none. */
    policy.repeat_count_max = 0;
    heard_make(&u, "x", NULL, 0, "", info);
    for (int i = 0; i < 6; i++)
        assert_int_equal(decide(&d, &u).decision, JIEDA_DECISION_ANSWER);
    policy.repeat_count_max = 3;
}

static void needs_are_asked_for_once(void **state)
{
    static const seen close[] = {{CLOSE, 0.9f}, {0}};
    static const int fraud[] = {R_FRAUD};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", close);
    turn = decide(&d, &u);
    assert_string_equal(turn.why, "needs");
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_NEED_SLOTS);
    assert_int_equal(d.pending, JIEDA__PENDING_NEEDS);
    assert_int_equal(d.needs_reason, JIEDA__REASON_POLICY);
    assert_int_equal(d.needs_priority, 2);
    turn = decide(&d, &u); /* even the same question again */
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(turn.ticket, JIEDA__TICKET_OPEN);
    assert_string_equal(turn.why, "needs-given");
    assert_int_equal(turn.priority, 2);
    assert_int_equal(d.pending, JIEDA__PENDING_NONE);
    /* Whoever is in danger is asked for nothing. */
    set_before(&d, FRESH);
    heard_make(&u, "x", fraud, 1, "", close);
    turn = decide(&d, &u);
    assert_int_equal(turn.ticket, JIEDA__TICKET_OPEN);
    assert_int_equal(turn.priority, JIEDA_PRIORITY_P0);
}

/* ---- sentences, topics ----------------------------------------------------------------------- */

static const seen nothing[] = {{0}}, sure_info[] = {{INFO, 0.9f}, {0}},
                  sure_plain[] = {{PLAIN, 0.9f}, {0}}, sure_fraud[] = {{FRAUD, 0.9f}, {0}},
                  near_plain[] = {{PLAIN, 0.3f}, {0}};

static void two_questions_are_answered_one_and_offered_one(void **state)
{
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", sure_info);
    heard_part(&u, false, sure_info);
    heard_part(&u, true, sure_plain);
    turn = decide(&d, &u);
    assert_string_equal(turn.why, "two-questions");
    assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
    assert_int_equal(turn.entry, INFO);
    assert_int_equal(turn.option_count, 1);
    assert_int_equal(turn.options[0].entry, PLAIN);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_SECOND_QUESTION);
    assert_ptr_equal(turn.matches, &u.heard.parts[0].matches);
    assert_int_equal(d.pending, JIEDA__PENDING_OPTIONS);
    assert_int_equal(d.miss_count, 0);
}

static void two_sentences_of_one_question_are_one(void **state)
{
    static utterance u;
    jieda__dialog d;

    (void)state;
    set_before(&d, FRESH); /* nothing stands between them */
    heard_make(&u, "x", NULL, 0, "", sure_info);
    heard_part(&u, false, sure_info);
    heard_part(&u, false, sure_plain);
    assert_string_equal(decide(&d, &u).why, "confident");
    set_before(&d, FRESH); /* the same entry twice */
    heard_make(&u, "x", NULL, 0, "", sure_info);
    heard_part(&u, false, sure_info);
    heard_part(&u, true, sure_info);
    assert_string_equal(decide(&d, &u).why, "confident");
    set_before(&d, FRESH); /* the second is not sure */
    heard_make(&u, "x", NULL, 0, "", sure_info);
    heard_part(&u, false, sure_info);
    heard_part(&u, true, near_plain);
    assert_string_equal(decide(&d, &u).why, "confident");
}

static void a_first_question_that_hands_over_offers_nothing(void **state)
{
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", nothing);
    heard_part(&u, false, sure_fraud);
    heard_part(&u, true, sure_plain);
    turn = decide(&d, &u);
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(turn.reason, JIEDA__REASON_FRAUD);
    assert_int_equal(turn.option_count, 0);
}

static void one_sure_sentence_of_a_story_is_answered(void **state)
{
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", nothing);
    u.heard.story = true;
    heard_part(&u, false, nothing);
    heard_part(&u, false, sure_plain);
    turn = decide(&d, &u);
    assert_string_equal(turn.why, "sentence");
    assert_int_equal(turn.entry, PLAIN);
    /* Two of different things: which? */
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", nothing);
    u.heard.story = true;
    heard_part(&u, false, sure_info);
    heard_part(&u, false, sure_plain);
    turn = decide(&d, &u);
    assert_int_equal(turn.decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(turn.option_count, 2);
    /* The one that the whole agrees with. */
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", near_plain);
    u.heard.story = true;
    heard_part(&u, false, sure_info);
    heard_part(&u, false, sure_plain);
    turn = decide(&d, &u);
    assert_string_equal(turn.why, "sentence");
    assert_int_equal(turn.entry, PLAIN);
}

static void what_is_said_instead_is_answered(void **state)
{
    static const int correct[] = {R_CORRECT};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, ANSWERED);
    heard_make(&u, "x", correct, 1, "", sure_plain);
    u.heard.corrects = true;
    turn = decide(&d, &u);
    assert_string_equal(turn.why, "corrected");
    assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
    assert_int_equal(turn.entry, PLAIN);
}

/* ---- what else a turn says ------------------------------------------------------------------- */

static void a_handoff_says_why_and_how_urgent(void **state)
{
    static const int person[] = {R_PERSON};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", NULL, 0, "", sure_fraud);
    turn = decide(&d, &u);
    assert_int_equal(turn.priority, 0); /* the entry's */
    assert_null(turn.rule);
    set_before(&d, FRESH);
    heard_make(&u, "x", person, 1, "", sure_info);
    turn = decide(&d, &u);
    assert_int_equal(turn.priority, JIEDA_PRIORITY_P2); /* the rule's */
    assert_ptr_equal(turn.rule, &heard_rules[R_PERSON]);
    set_before(&d, MISSED);
    heard_make(&u, "x", NULL, 0, "", nothing);
    turn = decide(&d, &u);
    assert_int_equal(turn.priority, JIEDA__NONE); /* the policy's */
}

static void complaints_are_counted(void **state)
{
    static const int complaint[] = {R_COMPLAINT};
    static utterance u;
    jieda__dialog d;

    (void)state;
    set_before(&d, FRESH);
    heard_make(&u, "x", complaint, 1, "", nothing);
    for (uint32_t i = 1; i <= 3; i++) {
        decide(&d, &u);
        assert_int_equal(d.complaint_count, i);
    }
}

static void what_is_asked_while_waiting_is_told(void **state)
{
    static const int progress[] = {R_PROGRESS}, transcript[] = {R_TRANSCRIPT};
    static utterance u;
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, QUEUED);
    heard_make(&u, "x", progress, 1, "", nothing);
    assert_int_equal(decide(&d, &u).prompt, JIEDA__MESSAGE_PROGRESS_QUEUED);
    set_before(&d, WITH_AGENT);
    heard_make(&u, "x", transcript, 1, "", nothing);
    turn = decide(&d, &u);
    assert_true(turn.transcript);
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    set_before(&d, CLOSED);
    heard_make(&u, "x", progress, 1, "", nothing);
    assert_int_equal(decide(&d, &u).prompt, JIEDA__MESSAGE_PROGRESS_CLOSED);
    set_before(&d, FRESH);
    heard_make(&u, "x", transcript, 1, "", nothing);
    assert_int_equal(decide(&d, &u).prompt, JIEDA__MESSAGE_TRANSCRIPT_HEAD);
}

static const struct {
    const char *name;
    seen list[HEARD_MATCH_COUNT_MAX];
    uint32_t intent; /* category */
} intents[] = {
    {"the best entry's category", {{INFO, 0.9f}}, HELP},
    {"two of a category outweigh one", {{INFO, 0.4f}, {MONEY, 0.3f}, {FRAUD, 0.3f}}, PAY},
    {"an entry without category is passed over", {{PLAIN, 0.9f}, {INFO, 0.2f}}, HELP},
    {"no category at all", {{PLAIN, 0.9f}}, JIEDA__NONE},
    {"nothing near enough", {{INFO, 0.05f}, {MONEY, 0.04f}}, JIEDA__NONE},
    {"nothing found", {{0}}, JIEDA__NONE},
    {"ties keep the better match's", {{MONEY, 0.3f}, {INFO, 0.3f}}, PAY},
};

static void the_intent_is_the_likeliest_category(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof intents / sizeof *intents; i++) {
        static utterance u;
        jieda__dialog d;
        jieda__turn turn;

        set_before(&d, FRESH);
        heard_make(&u, "x", NULL, 0, "", intents[i].list);
        turn = decide(&d, &u);
        if (turn.intent != intents[i].intent)
            fail_msg("%s: category %u, not %u", intents[i].name, turn.intent, intents[i].intent);
    }
}

static void deciding_is_pure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static utterance u, unchanged;
        jieda__dialog a, b;
        jieda__turn first, again;

        set_before(&a, cases[i].before);
        b = a;
        heard_make(&u, cases[i].text, cases[i].rules, HEARD_HIT_COUNT_MAX, cases[i].number,
                   cases[i].list);
        unchanged = u;
        first = decide(&a, &u);
        again = decide(&b, &u);
        assert_int_equal(first.decision, again.decision);
        assert_int_equal(first.entry, again.entry);
        assert_int_equal(first.option_count, again.option_count);
        assert_memory_equal(&a, &b, sizeof a);
        assert_memory_equal(&u, &unchanged, sizeof u);
    }
}

/* ---- buttons --------------------------------------------------------------------------------- */

static void looking_at_an_entry_calls_nobody(void **state)
{
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, MISSED);
    turn = jieda__turn_of_entry(&heard_kb, &policy, INFO, &d);
    assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
    assert_string_equal(turn.why, "browsed");
    assert_true(turn.confidence == 1.0f);
    assert_int_equal(turn.intent, HELP);
    assert_int_equal(d.miss_count, 0); /* ends a row of misses */
    assert_string_equal(d.last_entry, "info");
    turn = jieda__turn_of_entry(&heard_kb, &policy, HELLO, &d);
    assert_int_equal(turn.decision, JIEDA_DECISION_SMALLTALK);
    for (int i = 0; i < 5; i++) {
        turn = jieda__turn_of_entry(&heard_kb, &policy, PLAIN, &d);
        assert_int_equal(turn.decision, JIEDA_DECISION_ANSWER);
    }
    for (uint32_t entry = 0; entry < ENTRY_COUNT; entry++) {
        turn = jieda__turn_of_entry(&heard_kb, &policy, entry, &d);
        assert_int_equal(turn.ticket, JIEDA__TICKET_KEEP);
        assert_int_not_equal(d.pending, JIEDA__PENDING_NEEDS);
        assert_int_equal(turn.offers_person, turn.decision == JIEDA_DECISION_HANDOFF);
    }
    assert_int_equal(d.owner, JIEDA_OWNER_BOT);
}

static void buttons_are_as_if_said(void **state)
{
    jieda__dialog d;
    jieda__turn turn;

    (void)state;
    set_before(&d, MISSED);
    turn = jieda__turn_of_request(&heard_kb, &policy, &d);
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(turn.ticket, JIEDA__TICKET_OPEN);
    assert_int_equal(turn.reason, JIEDA__REASON_REQUESTED);
    assert_int_equal(d.miss_count, 0);
    set_before(&d, QUEUED);
    assert_int_equal(jieda__turn_of_request(&heard_kb, &policy, &d).ticket, JIEDA__TICKET_APPEND);
    turn = jieda__turn_of_cancel(&d);
    assert_int_equal(turn.ticket, JIEDA__TICKET_CANCEL);
    assert_int_equal(turn.decision, JIEDA_DECISION_SMALLTALK);
    set_before(&d, ANSWERED);
    turn = jieda__turn_of_unhelpful(&heard_kb, &policy, &d);
    assert_int_equal(turn.decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_UNHELPFUL_SORRY);
    turn = jieda__turn_of_unhelpful(&heard_kb, &policy, &d);
    assert_int_equal(turn.decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(turn.reason, JIEDA__REASON_UNHELPFUL);
    turn = jieda__turn_of_feedback();
    assert_int_equal(turn.decision, JIEDA_DECISION_NONE);
    assert_int_equal(turn.prompt, JIEDA__MESSAGE_THANKS_FEEDBACK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_decision),
        cmocka_unit_test(every_tier_outdoes_every_lower_one),
        cmocka_unit_test(what_a_guard_speaks_against_is_not_sure),
        cmocka_unit_test(options_are_the_best_ones_in_order_and_remembered),
        cmocka_unit_test(options_of_an_older_knowledge_base_are_not_shown),
        cmocka_unit_test(misses_in_a_row),
        cmocka_unit_test(a_first_miss_that_hands_over_found_nothing),
        cmocka_unit_test(the_same_answer_is_repeated_with_an_offer_and_then_by_a_person),
        cmocka_unit_test(needs_are_asked_for_once),
        cmocka_unit_test(two_questions_are_answered_one_and_offered_one),
        cmocka_unit_test(two_sentences_of_one_question_are_one),
        cmocka_unit_test(a_first_question_that_hands_over_offers_nothing),
        cmocka_unit_test(one_sure_sentence_of_a_story_is_answered),
        cmocka_unit_test(what_is_said_instead_is_answered),
        cmocka_unit_test(a_handoff_says_why_and_how_urgent),
        cmocka_unit_test(complaints_are_counted),
        cmocka_unit_test(what_is_asked_while_waiting_is_told),
        cmocka_unit_test(the_intent_is_the_likeliest_category),
        cmocka_unit_test(deciding_is_pure),
        cmocka_unit_test(looking_at_an_entry_calls_nobody),
        cmocka_unit_test(buttons_are_as_if_said),
    };

    return cmocka_run_group_tests(tests, load_policy, NULL);
}
