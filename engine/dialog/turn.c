/*
 * turn.c - the fixed order of decision.
 *
 * - Nothing was asked: none.
 * - The best FAQ entry is sure enough for its risk: answer, or, sooner, handoff if its policy says
 *   always.
 * - The best entry is small talk and sure enough: smalltalk. So small talk cannot outrank an FAQ
 *   entry: "你好，怎么退款" is about a refund.
 * - A miss, the first ones in a row: clarify, with the nearest entries as options.
 * - A miss again: handoff.
 *
 * An entry a guard speaks against (jieda__match_guard) is never sure, whatever the thresholds.
 */
#include "dialog/dialog.h"

/* Priority of a handoff no entry asked for. */
#define PRIORITY_OF_MISS 2

jieda__policy jieda__policy_from_options(const jieda_options *options)
{
    jieda__policy policy = {
        .option_confidence_min = options->option_confidence_min,
        .miss_count_max = options->miss_count_max,
    };

    for (int risk = 0; risk < JIEDA__ENTRY_RISK_COUNT; risk++)
        policy.answer_confidence_min[risk] = risk == JIEDA__ENTRY_RISK_INFO
                                                 ? options->answer_confidence_min_info
                                                 : options->answer_confidence_min_money;
    return policy;
}

/* The best entry that is no small talk, SIZE_MAX if there is none. */
static size_t best_faq(const jieda__kb *kb, const jieda__matches *matches)
{
    for (size_t i = 0; i < matches->count; i++)
        if (!kb->entries[matches->items[i].entry].smalltalk)
            return i;
    return SIZE_MAX;
}

/* The confidence an entry needs. One that always hands over needs no more than information does,
 * whatever its risk: a person called in vain loses a minute, one not called loses the money. */
static float confidence_min(const jieda__policy *policy, const jieda__entry_row *entry)
{
    float of_risk = policy->answer_confidence_min[entry->risk];
    float of_info = policy->answer_confidence_min[JIEDA__ENTRY_RISK_INFO];

    return entry->handoff == JIEDA__ENTRY_HANDOFF_ALWAYS && of_info < of_risk ? of_info : of_risk;
}

static bool is_sure(const jieda__kb *kb, const jieda__policy *policy, const jieda__match *match)
{
    return !jieda__match_guard(match) &&
           match->confidence >= confidence_min(policy, &kb->entries[match->entry]);
}

static void offer_options(const jieda__kb *kb, const jieda__policy *policy,
                          const jieda__matches *matches, jieda__turn *turn)
{
    for (size_t i = 0; i < matches->count && turn->option_count < JIEDA_OPTION_COUNT_MAX; i++)
        if (matches->items[i].confidence >= policy->option_confidence_min &&
            !kb->entries[matches->items[i].entry].smalltalk)
            turn->options[turn->option_count++] = i;
}

jieda__turn jieda__turn_decide(const jieda__kb *kb, const jieda__policy *policy,
                               const jieda__dialog *dialog, const jieda__matches *matches,
                               bool asked_something)
{
    jieda__turn turn = {.match = SIZE_MAX, .intent = JIEDA__NONE, .after = *dialog};
    size_t faq = best_faq(kb, matches);

    if (!asked_something) {
        turn.decision = JIEDA_DECISION_NONE;
        turn.why = "empty";
        return turn;
    }
    turn.intent = jieda__intent_category(kb, matches, policy->option_confidence_min);
    if (faq != SIZE_MAX && is_sure(kb, policy, &matches->items[faq])) {
        const jieda__entry_row *entry = &kb->entries[matches->items[faq].entry];

        turn.match = faq;
        turn.after.miss_count = 0;
        if (entry->handoff == JIEDA__ENTRY_HANDOFF_ALWAYS) {
            turn.decision = JIEDA_DECISION_HANDOFF;
            turn.handoff_reason = "policy";
            turn.priority = entry->priority;
            turn.why = "entry-hands-over";
        } else {
            turn.decision = JIEDA_DECISION_ANSWER;
            turn.why = "confident";
        }
        return turn;
    }
    if (matches->count > 0 && faq != 0 && is_sure(kb, policy, &matches->items[0])) {
        turn.decision = JIEDA_DECISION_SMALLTALK;
        turn.match = 0;
        turn.after.miss_count = 0;
        turn.why = "smalltalk";
        return turn;
    }
    turn.after.miss_count++;
    if (policy->miss_count_max > 0 && turn.after.miss_count >= policy->miss_count_max) {
        turn.decision = JIEDA_DECISION_HANDOFF;
        turn.handoff_reason = "repeated_miss";
        turn.priority = PRIORITY_OF_MISS;
        turn.why = "repeated-miss";
        turn.after.miss_count = 0;
        return turn;
    }
    turn.decision = JIEDA_DECISION_CLARIFY;
    offer_options(kb, policy, matches, &turn);
    turn.why = turn.option_count > 0 ? "ambiguous" : "no-match";
    return turn;
}
