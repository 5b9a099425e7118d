/*
 * turn_test.c - the order of decision.
 *
 * jieda__turn_decide() is pure, so its input is written by hand: a knowledge base of five entries,
 * and matches that name an entry and a confidence. Each case is one line: what matched, how many
 * misses came before, and what follows. Thresholds: 0.50 for info, 0.60 for the other risks, 0.10
 * for an option; a person takes over at the second miss.
 */
#include "fixture.h"

#include "dialog/dialog.h"

enum { INFO, MONEY, FRAUD, HELLO, PLAIN, ENTRY_COUNT };

static const jieda__entry_row entries[ENTRY_COUNT] = {
    [INFO] = {.category = 0, .risk = JIEDA__ENTRY_RISK_INFO, .priority = 3},
    [MONEY] = {.category = 1,
               .risk = JIEDA__ENTRY_RISK_MONEY,
               .handoff = JIEDA__ENTRY_HANDOFF_OFFER,
               .priority = 1},
    [FRAUD] = {.category = 1,
               .risk = JIEDA__ENTRY_RISK_FRAUD,
               .handoff = JIEDA__ENTRY_HANDOFF_ALWAYS,
               .priority = 0},
    [HELLO] = {.category = 2, .risk = JIEDA__ENTRY_RISK_INFO, .smalltalk = 1},
    [PLAIN] = {.category = JIEDA__NONE, .risk = JIEDA__ENTRY_RISK_INFO},
};

static const jieda__kb kb = {.entries = entries, .entry_count = ENTRY_COUNT};

static const jieda__policy policy = {
    .answer_confidence_min = {0.50f, 0.60f, 0.60f, 0.60f},
    .option_confidence_min = 0.10f,
    .miss_count_max = 2,
};

typedef struct seen {
    uint32_t entry;
    float confidence;
} seen;

#define MATCH_COUNT_MAX 6

static jieda__turn decide_with(const jieda__policy *rules, const seen *list, uint32_t misses,
                               bool asked)
{
    jieda__match items[MATCH_COUNT_MAX];
    jieda__matches matches = {.items = items, .out_of_scope_question = JIEDA__NONE};
    jieda__dialog dialog = {.miss_count = misses};

    memset(items, 0, sizeof items);
    while (matches.count < MATCH_COUNT_MAX && list[matches.count].confidence > 0.0f) {
        items[matches.count].entry = list[matches.count].entry;
        items[matches.count].confidence = list[matches.count].confidence;
        matches.count++;
    }
    return jieda__turn_decide(&kb, rules, &dialog, &matches, asked);
}

#define NO SIZE_MAX

/* Short names, so that a case is one line. */
enum { NOTHING, ANSWER, CLARIFY, SMALLTALK, HANDOFF };
enum { SILENT, ASKED };

static const struct {
    const char *name;
    seen list[MATCH_COUNT_MAX]; /* confidence 0 ends it */
    uint32_t misses;            /* before */
    bool asked;
    int decision; /* as jieda_decision */
    size_t match;
    size_t options;
    const char *why;
    uint32_t after; /* misses then */
} cases[] = {
    {"nothing asked is nothing", {{0}}, 0, SILENT, NOTHING, NO, 0, "empty", 0},
    {"nothing asked keeps the misses", {{0}}, 1, SILENT, NOTHING, NO, 0, "empty", 1},
    {"nothing asked does not look at matches",
     {{INFO, 0.9f}},
     1,
     SILENT,
     NOTHING,
     NO,
     0,
     "empty",
     1},

    {"a sure entry is answered", {{INFO, 0.9f}}, 0, ASKED, ANSWER, 0, 0, "confident", 0},
    {"an answer forgives the misses", {{INFO, 0.9f}}, 1, ASKED, ANSWER, 0, 0, "confident", 0},
    {"on the threshold is sure", {{INFO, 0.50f}}, 0, ASKED, ANSWER, 0, 0, "confident", 0},
    {"below it is not", {{INFO, 0.49f}}, 0, ASKED, CLARIFY, NO, 1, "ambiguous", 1},
    {"money wants more", {{MONEY, 0.59f}}, 0, ASKED, CLARIFY, NO, 1, "ambiguous", 1},
    {"and gets it", {{MONEY, 0.60f}}, 0, ASKED, ANSWER, 0, 0, "confident", 0},
    {"offering a person is still an answer",
     {{MONEY, 0.9f}, {INFO, 0.2f}},
     0,
     ASKED,
     ANSWER,
     0,
     0,
     "confident",
     0},
    {"only the best is judged",
     {{MONEY, 0.55f}, {INFO, 0.54f}},
     0,
     ASKED,
     CLARIFY,
     NO,
     2,
     "ambiguous",
     1},
    {"an entry without category is answered",
     {{PLAIN, 0.9f}},
     0,
     ASKED,
     ANSWER,
     0,
     0,
     "confident",
     0},

    {"policy always hands over", {{FRAUD, 0.9f}}, 0, ASKED, HANDOFF, 0, 0, "entry-hands-over", 0},
    {"and forgives the misses", {{FRAUD, 0.9f}}, 1, ASKED, HANDOFF, 0, 0, "entry-hands-over", 0},
    {"as soon as information would be answered",
     {{FRAUD, 0.5f}},
     0,
     ASKED,
     HANDOFF,
     0,
     0,
     "entry-hands-over",
     0},
    {"but not before", {{FRAUD, 0.49f}}, 0, ASKED, CLARIFY, NO, 1, "ambiguous", 1},

    {"small talk is answered", {{HELLO, 0.9f}}, 0, ASKED, SMALLTALK, 0, 0, "smalltalk", 0},
    {"small talk forgives the misses", {{HELLO, 0.9f}}, 1, ASKED, SMALLTALK, 0, 0, "smalltalk", 0},
    {"small talk never outranks a sure FAQ entry",
     {{HELLO, 0.99f}, {INFO, 0.5f}},
     0,
     ASKED,
     ANSWER,
     1,
     0,
     "confident",
     0},
    {"nor one that hands over",
     {{HELLO, 0.99f}, {FRAUD, 0.6f}},
     0,
     ASKED,
     HANDOFF,
     1,
     0,
     "entry-hands-over",
     0},
    {"but an unsure one", {{HELLO, 0.9f}, {INFO, 0.3f}}, 0, ASKED, SMALLTALK, 0, 0, "smalltalk", 0},
    {"second small talk is not answered",
     {{INFO, 0.4f}, {HELLO, 0.39f}},
     0,
     ASKED,
     CLARIFY,
     NO,
     1,
     "ambiguous",
     1},
    {"unsure small talk is a miss, and no option",
     {{HELLO, 0.4f}},
     0,
     ASKED,
     CLARIFY,
     NO,
     0,
     "no-match",
     1},

    {"nothing found is a miss", {{0}}, 0, ASKED, CLARIFY, NO, 0, "no-match", 1},
    {"at most three options",
     {{INFO, 0.3f}, {MONEY, 0.29f}, {FRAUD, 0.28f}, {PLAIN, 0.27f}},
     0,
     ASKED,
     CLARIFY,
     NO,
     3,
     "ambiguous",
     1},
    {"an option on its threshold", {{INFO, 0.10f}}, 0, ASKED, CLARIFY, NO, 1, "ambiguous", 1},
    {"none below it", {{INFO, 0.09f}}, 0, ASKED, CLARIFY, NO, 0, "no-match", 1},
    {"small talk among them is passed over",
     {{INFO, 0.3f}, {HELLO, 0.29f}, {MONEY, 0.28f}},
     0,
     ASKED,
     CLARIFY,
     NO,
     2,
     "ambiguous",
     1},

    {"a second miss hands over", {{0}}, 1, ASKED, HANDOFF, NO, 0, "repeated-miss", 0},
    {"whatever came near", {{INFO, 0.49f}}, 1, ASKED, HANDOFF, NO, 0, "repeated-miss", 0},
};

static void the_order_of_decision(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda__turn turn = decide_with(&policy, cases[i].list, cases[i].misses, cases[i].asked);

        if ((int)turn.decision != cases[i].decision || turn.match != cases[i].match ||
            turn.option_count != cases[i].options || strcmp(turn.why, cases[i].why) != 0 ||
            turn.after.miss_count != cases[i].after)
            fail_msg("%s: %s, match %zd, %zu options, \"%s\", then %u misses", cases[i].name,
                     jieda_decision_name(turn.decision), (ssize_t)turn.match, turn.option_count,
                     turn.why, turn.after.miss_count);
        /* A reason belongs to every handoff and to nothing else. */
        assert_int_equal(turn.handoff_reason != NULL, turn.decision == JIEDA_DECISION_HANDOFF);
    }
}

static void a_handoff_says_why_and_how_urgent(void **state)
{
    static const seen fraud[] = {{FRAUD, 0.9f}, {0}}, nothing[] = {{0}};
    jieda__turn turn = decide_with(&policy, fraud, 0, true);

    (void)state;
    assert_string_equal(turn.handoff_reason, "policy");
    assert_int_equal(turn.priority, 0);
    turn = decide_with(&policy, nothing, 1, true);
    assert_string_equal(turn.handoff_reason, "repeated_miss");
    assert_int_equal(turn.priority, 2);
}

static void options_are_the_best_ones_in_order(void **state)
{
    static const seen list[] = {{INFO, 0.4f},  {HELLO, 0.35f}, {MONEY, 0.3f},
                                {PLAIN, 0.2f}, {FRAUD, 0.15f}, {0}};
    jieda__turn turn = decide_with(&policy, list, 0, true);

    (void)state;
    assert_int_equal(turn.option_count, 3);
    assert_int_equal(turn.options[0], 0);
    assert_int_equal(turn.options[1], 2); /* past the small talk */
    assert_int_equal(turn.options[2], 3);
}

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
    for (size_t d = 0; d < sizeof dialogs / sizeof *dialogs; d++) {
        jieda__policy rules = policy;
        uint32_t misses = 0;
        char got[16] = "";

        rules.miss_count_max = dialogs[d].miss_count_max;
        for (size_t i = 0; dialogs[d].turns[i]; i++) {
            static const seen answer[] = {{INFO, 0.9f}, {0}}, hello[] = {{HELLO, 0.9f}, {0}};
            static const seen nothing[] = {{0}};
            char what = dialogs[d].turns[i];
            jieda__turn turn = decide_with(&rules,
                                           what == '+'   ? answer
                                           : what == 's' ? hello
                                                         : nothing,
                                           misses, what != 'e');

            got[i] = letters[turn.decision];
            misses = turn.after.miss_count;
        }
        if (strcmp(got, dialogs[d].decisions) != 0)
            fail_msg("%s: %s, not %s", dialogs[d].name, got, dialogs[d].decisions);
    }
}

static const struct {
    const char *name;
    seen list[MATCH_COUNT_MAX];
    uint32_t intent; /* category */
} intents[] = {
    {"the best entry's category", {{INFO, 0.9f}}, 0},
    {"two of a category outweigh one", {{INFO, 0.4f}, {MONEY, 0.3f}, {FRAUD, 0.3f}}, 1},
    {"an entry without category is passed over", {{PLAIN, 0.9f}, {INFO, 0.2f}}, 0},
    {"no category at all", {{PLAIN, 0.9f}}, JIEDA__NONE},
    {"nothing near enough", {{INFO, 0.05f}, {MONEY, 0.04f}}, JIEDA__NONE},
    {"nothing found", {{0}}, JIEDA__NONE},
    {"ties keep the better match's", {{MONEY, 0.3f}, {INFO, 0.3f}}, 1},
};

static void the_intent_is_the_likeliest_category(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof intents / sizeof *intents; i++) {
        jieda__turn turn = decide_with(&policy, intents[i].list, 0, true);

        if (turn.intent != intents[i].intent)
            fail_msg("%s: category %u, not %u", intents[i].name, turn.intent, intents[i].intent);
    }
}

static void deciding_is_pure(void **state)
{
    static const seen list[] = {{INFO, 0.4f}, {MONEY, 0.3f}, {0}};
    jieda__turn first, again;

    (void)state;
    memset(&first, 0, sizeof first);
    memset(&again, 0, sizeof again);
    first = decide_with(&policy, list, 0, true);
    again = decide_with(&policy, list, 0, true);
    assert_int_equal(first.decision, again.decision);
    assert_int_equal(first.option_count, again.option_count);
    assert_int_equal(first.after.miss_count, again.after.miss_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_decision),
        cmocka_unit_test(a_handoff_says_why_and_how_urgent),
        cmocka_unit_test(options_are_the_best_ones_in_order),
        cmocka_unit_test(misses_in_a_row),
        cmocka_unit_test(the_intent_is_the_likeliest_category),
        cmocka_unit_test(deciding_is_pure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
