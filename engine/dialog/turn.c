/*
 * turn.c - see turn.h. Each tier is one function that takes the turn or passes.
 */
#include "dialog/turn.h"

#include <string.h>

/* An option named in words is chosen with less confidence than an answer needs: it was offered. */
#define OPTION_NAMED_CONFIDENCE_MIN 0.30f

typedef struct decider {
    const jieda__kb *kb;
    const jieda__policy *policy;
    const jieda__heard *heard;
    int64_t now;
    jieda__dialog *next;
    jieda__turn turn;
} decider;

/* ---- rules ----------------------------------------------------------------------------------- */

/* The best hit of an action, NULL if there is none. */
static const jieda__rule_hit *hit_of(const decider *d, uint8_t action)
{
    for (size_t i = 0; i < d->heard->hits.count; i++)
        if (d->heard->hits.items[i].rule->action == action)
            return &d->heard->hits.items[i];
    return NULL;
}

static bool acts(const decider *d, uint8_t action)
{
    return hit_of(d, action) != NULL;
}

/* The best rule that hands over for this reason and that no look-alike outdoes. */
static const jieda__rule *rule_for(const decider *d, uint32_t reason)
{
    const jieda__rule_hit *calm = hit_of(d, JIEDA__RULE_CALM);

    for (size_t i = 0; i < d->heard->hits.count; i++) {
        const jieda__rule *rule = d->heard->hits.items[i].rule;

        if (rule->action == JIEDA__RULE_HANDOFF && rule->reason == reason &&
            (!calm || reason == JIEDA__REASON_DISTRESS || rule->priority > calm->rule->priority))
            return rule;
    }
    return NULL;
}

/* ---- entries --------------------------------------------------------------------------------- */

static bool hands_over_for(const decider *d, uint32_t entry, uint32_t reason)
{
    return jieda__policy_entry_handoff(d->policy, d->kb, entry) == JIEDA__ENTRY_HANDOFF_ALWAYS &&
           jieda__policy_entry_reason(d->policy, d->kb, entry) == reason;
}

/* Words that reply to the bot, such as 都不是, and say nothing of their own. */
static bool is_reply(const decider *d)
{
    static const uint8_t replies[] = {JIEDA__RULE_NONE_OF_THESE, JIEDA__RULE_CHOOSE,
                                      JIEDA__RULE_YES, JIEDA__RULE_NO, JIEDA__RULE_SKIP};

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        if (acts(d, replies[i]))
            return true;
    return false;
}

static bool is_danger(uint32_t reason)
{
    return reason == JIEDA__REASON_FRAUD || reason == JIEDA__REASON_DISTRESS;
}

/* "上次被盗的事解决了，今天又被盗刷了": a sentence that is sure of fraud, and that no rule which
 * calms speaks of. */
static const jieda__match *fraud_beside_calm(const decider *d)
{
    const jieda__heard *heard = d->heard;

    for (size_t i = 0; i < heard->part_count; i++) {
        const jieda__part *part = &heard->parts[i];
        size_t begin = (size_t)(part->text.ptr - heard->utterance.ptr);
        size_t sure = jieda__sure_faq(d->kb, d->policy, &part->matches);
        bool calmed = sure == SIZE_MAX ||
                      !hands_over_for(d, part->matches.items[sure].entry, JIEDA__REASON_FRAUD);

        for (size_t k = 0; !calmed && k < heard->hits.count; k++) {
            const jieda__rule_hit *hit = &heard->hits.items[k];

            calmed = hit->rule->action == JIEDA__RULE_CALM && hit->begin < begin + part->text.len &&
                     hit->end > begin;
        }
        if (!calmed)
            return &part->matches.items[sure];
    }
    return NULL;
}

/* The best match that hands over for this reason, if the confidence on all of them is enough and
 * nothing else is sure. A rule that calms outdoes it, but not for distress: what looks like a
 * question may hide a farewell. Words of an editor go before: where a rule hands over for another
 * reason, that is what is wanted. */
static const jieda__match *match_for(const decider *d, uint32_t reason)
{
    const jieda__matches *matches = &d->heard->matches;
    size_t sure = jieda__sure_faq(d->kb, d->policy, matches);
    bool calm = acts(d, JIEDA__RULE_CALM);
    const jieda__match *best = NULL;
    float sum = 0.0f;

    if (calm && reason == JIEDA__REASON_FRAUD)
        return fraud_beside_calm(d);
    if (sure != SIZE_MAX && hands_over_for(d, matches->items[sure].entry, reason))
        return calm && reason != JIEDA__REASON_DISTRESS ? NULL : &matches->items[sure];
    if (sure != SIZE_MAX || calm || acts(d, JIEDA__RULE_HANDOFF) || is_reply(d))
        return NULL;
    for (size_t i = 0; i < matches->count; i++) {
        const jieda__match *m = &matches->items[i];
        uint32_t other = jieda__policy_entry_reason(d->policy, d->kb, m->entry);

        if (jieda__match_guard(m) || !hands_over_for(d, m->entry, other) ||
            (other != reason && !(is_danger(other) && is_danger(reason))))
            continue;
        best = best ? best : m;
        sum += m->confidence;
    }
    if (!best || !hands_over_for(d, best->entry, reason))
        return NULL;
    return sum >= (is_danger(reason) ? d->policy->danger_confidence_min
                                     : d->policy->urgent_confidence_min)
               ? best
               : NULL;
}

/* A remembered id as an ordinal. */
static uint32_t entry_of(const decider *d, const char *id)
{
    return jieda__kb_find_entry(d->kb, jieda__str(id));
}

/* ---- taking a turn --------------------------------------------------------------------------- */

static bool ticket_open(const jieda__dialog *dialog)
{
    return dialog->owner != JIEDA_OWNER_BOT;
}

/* The bot's part of the conversation begins anew: nothing is pending, nothing was missed. */
static void settle(jieda__dialog *next)
{
    next->pending = JIEDA__PENDING_NONE;
    next->option_count = 0;
    next->miss_count = 0;
}

/* Matches were of entries that may be shown; rules and options name any. */
static bool may_see(const decider *d, uint32_t entry)
{
    return entry != JIEDA__NONE &&
           (!d->heard || !d->heard->may_see || d->heard->may_see(d->heard->may_see_ctx, entry));
}

static void show_entry(decider *d, uint32_t entry, float confidence)
{
    d->turn.entry = entry;
    d->turn.confidence = confidence;
}

static void offer(decider *d, uint32_t entry, float confidence)
{
    if (d->turn.option_count < JIEDA_OPTION_COUNT_MAX)
        d->turn.options[d->turn.option_count++] = (jieda__choice){entry, confidence};
}

/* Which reason an open ticket rises to. */
static int gravity(uint32_t reason)
{
    switch (reason) {
    case JIEDA__REASON_DISTRESS:
        return 4;
    case JIEDA__REASON_FRAUD:
        return 3;
    case JIEDA__REASON_COMPLAINT:
        return 2;
    case JIEDA__REASON_REQUESTED:
        return 1;
    default:
        return 0;
    }
}

static void hand_over(decider *d, uint32_t reason, uint32_t priority, const char *why)
{
    d->turn.decision = JIEDA_DECISION_HANDOFF;
    d->turn.why = why;
    d->turn.reason = reason;
    d->turn.priority = priority;
    if (!ticket_open(d->next)) {
        d->turn.ticket = JIEDA__TICKET_OPEN;
    } else if (gravity(reason) > gravity(d->next->ticket.reason)) {
        d->turn.ticket = JIEDA__TICKET_ESCALATE;
    } else {
        d->turn.ticket = JIEDA__TICKET_APPEND;
    }
    if (reason == JIEDA__REASON_COMPLAINT &&
        d->heard) /* who looks at the entry does not complain */
        d->next->complaint_count++;
    settle(d->next);
}

/* An answer, unless it was given too often; where the entry always hands over, a handoff. */
static void answer(decider *d, uint32_t entry, float confidence, const char *why)
{
    jieda_str id = jieda__kb_entry_id(d->kb, entry);
    bool again = id.len > 0 && jieda__str_equal(id, jieda__str(d->next->last_entry));
    uint8_t handoff = jieda__policy_entry_handoff(d->policy, d->kb, entry);
    uint32_t repeat_max = d->policy->repeat_count_max;

    show_entry(d, entry, confidence);
    settle(d->next);
    d->next->repeat_count = again ? d->next->repeat_count + 1 : 1;
    jieda__id_set(d->next->last_entry, id);
    jieda__dialog_keep_tried(d->next, id);
    /* A question about danger is answered with the entry about it, and calls nobody. */
    if (handoff == JIEDA__ENTRY_HANDOFF_ALWAYS && !(d->heard && acts(d, JIEDA__RULE_CALM))) {
        hand_over(d, jieda__policy_entry_reason(d->policy, d->kb, entry),
                  d->kb->entries[entry].priority, "entry-hands-over");
    } else if (repeat_max > 0 && d->next->repeat_count >= repeat_max &&
               handoff != JIEDA__ENTRY_HANDOFF_NEVER) {
        hand_over(d, JIEDA__REASON_REPEATED_MISS, JIEDA__NONE, "repeated-answer");
        d->next->repeat_count = 0;
    } else {
        d->turn.decision = JIEDA_DECISION_ANSWER;
        d->turn.why = why;
        if (d->next->repeat_count > 1) {
            d->turn.prompt = JIEDA__MESSAGE_REPEATED;
            d->turn.offers_person = handoff != JIEDA__ENTRY_HANDOFF_NEVER;
        }
    }
}

/* Asks back, or, once too often, calls a person. Options are those offered before. */
static void miss(decider *d, uint32_t reason, const char *why, enum jieda__message prompt)
{
    uint32_t miss_max = d->policy->miss_count_max;

    d->next->miss_count++;
    if (miss_max > 0 && d->next->miss_count >= miss_max) {
        d->turn.option_count = 0;
        hand_over(d, reason, JIEDA__NONE,
                  reason == JIEDA__REASON_UNHELPFUL ? "unhelpful" : "repeated-miss");
        return;
    }
    d->turn.decision = JIEDA_DECISION_CLARIFY;
    d->turn.why = why;
    d->turn.prompt = prompt;
    d->next->pending = JIEDA__PENDING_NONE;
    d->next->option_count = 0;
}

/* ---- 1 to 3: a person at once ---------------------------------------------------------------- */

static bool decide_urgent(decider *d)
{
    static const uint32_t order[] = {JIEDA__REASON_DISTRESS, JIEDA__REASON_FRAUD,
                                     JIEDA__REASON_COMPLAINT, JIEDA__REASON_REQUESTED};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const jieda__rule *rule = rule_for(d, order[i]);
        const jieda__match *match = rule ? NULL : match_for(d, order[i]);

        if (rule) {
            d->turn.rule = rule;
            if (may_see(d, rule->entry))
                show_entry(d, rule->entry, 1.0f);
            hand_over(d, order[i], rule->ticket_priority, "rule");
            return true;
        }
        if (match) {
            show_entry(d, match->entry, match->confidence);
            hand_over(d, order[i], d->kb->entries[match->entry].priority, "entry-hands-over");
            return true;
        }
    }
    return false;
}

/* ---- 4: what was asked, and words about the conversation --------------------------------------
 */

/* The number in "2", "第二个", "最后一个", counted from 1; 0 if there is none. */
static size_t number_of(jieda_str text, size_t count)
{
    static const char *const digits[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};

    if (text.len == 1 && *text.ptr >= '1' && *text.ptr <= '9')
        return (size_t)(*text.ptr - '0');
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        if (jieda__str_equal(text, jieda__str(digits[i])))
            return i + 1;
    if (jieda__str_equal(text, jieda__str("两")))
        return 2;
    if (jieda__str_equal(text, jieda__str("最后")) || jieda__str_equal(text, jieda__str("last")))
        return count;
    return 0;
}

/* The option that is meant; SIZE_MAX if none is. */
static size_t chosen_option(const decider *d)
{
    const jieda__rule_hit *choose = hit_of(d, JIEDA__RULE_CHOOSE);
    const jieda__text *text = &d->heard->reading.text;
    const jieda__matches *matches = &d->heard->matches;
    size_t count = d->next->option_count, number = 0, best;

    if (choose)
        number = number_of(choose->group_n, count);
    else if (text->count == 1 && text->chars[0].cp >= '1' && text->chars[0].cp <= '9')
        number = text->chars[0].cp - '0';
    else if (count == 1 && acts(d, JIEDA__RULE_YES))
        number = 1;
    if (number >= 1 && number <= count)
        return number - 1;
    best = jieda__best_faq(d->kb, matches);
    if (best == SIZE_MAX || matches->items[best].confidence < OPTION_NAMED_CONFIDENCE_MIN ||
        jieda__match_guard(&matches->items[best]))
        return SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (entry_of(d, d->next->options[i]) == matches->items[best].entry)
            return i;
    return SIZE_MAX;
}

static bool decide_option(decider *d)
{
    size_t option;
    uint32_t entry;

    if (d->next->pending != JIEDA__PENDING_OPTIONS)
        return false;
    if (acts(d, JIEDA__RULE_NONE_OF_THESE)) {
        miss(d, JIEDA__REASON_REPEATED_MISS, "none-of-these", JIEDA__MESSAGE_CHOSEN_NONE);
        return true;
    }
    option = chosen_option(d);
    entry = option == SIZE_MAX ? JIEDA__NONE : entry_of(d, d->next->options[option]);
    if (may_see(d, entry)) {
        answer(d, entry, 1.0f, "chosen");
        return true;
    }
    if (acts(d, JIEDA__RULE_NO) && d->next->miss_count == 0) { /* no second question, then */
        settle(d->next);
        d->turn.decision = JIEDA_DECISION_SMALLTALK;
        d->turn.why = "declined";
        d->turn.prompt = JIEDA__MESSAGE_RESOLVED;
        return true;
    }
    if (acts(d, JIEDA__RULE_NO)) {
        miss(d, JIEDA__REASON_REPEATED_MISS, "none-of-these", JIEDA__MESSAGE_CHOSEN_NONE);
        return true;
    }
    /* A number nobody offered: show them again, but for those a newer knowledge base has not. */
    if (hit_of(d, JIEDA__RULE_CHOOSE)) {
        for (size_t i = 0; i < d->next->option_count; i++)
            if (entry_of(d, d->next->options[i]) != JIEDA__NONE)
                offer(d, entry_of(d, d->next->options[i]), 0.0f);
        if (d->turn.option_count == 0)
            return false;
        d->turn.decision = JIEDA_DECISION_CLARIFY;
        d->turn.why = "no-such-option";
        d->turn.prompt = JIEDA__MESSAGE_CLARIFY;
        return true;
    }
    return false;
}

/* What a ticket needs was asked for: it is written now, with what came or without. */
static bool decide_needs(decider *d)
{
    uint32_t reason = d->next->needs_reason, priority = d->next->needs_priority;

    if (d->next->pending != JIEDA__PENDING_NEEDS)
        return false;
    show_entry(d, JIEDA__NONE, 0.0f);
    hand_over(d, reason, priority, acts(d, JIEDA__RULE_SKIP) ? "needs-skipped" : "needs-given");
    return true;
}

static bool reopens(const decider *d)
{
    const jieda__ticket *t = &d->next->ticket;

    return t->id[0] && t->state == JIEDA_TICKET_CLOSED &&
           d->now - t->closed <= (int64_t)d->policy->reopen_seconds;
}

/* Words about the conversation itself. They are only that after something was said. */
static bool decide_act(decider *d)
{
    bool has_ticket = d->next->ticket.id[0] != '\0';
    bool answered = d->next->last_entry[0] != '\0';

    if (acts(d, JIEDA__RULE_TRANSCRIPT)) {
        d->turn.decision = JIEDA_DECISION_ANSWER;
        d->turn.why = "transcript";
        d->turn.transcript = true;
        d->turn.prompt = JIEDA__MESSAGE_TRANSCRIPT_HEAD;
        return true;
    }
    if (acts(d, JIEDA__RULE_TICKET_PROGRESS) && has_ticket) {
        d->turn.decision = JIEDA_DECISION_ANSWER;
        d->turn.why = "ticket-progress";
        d->turn.prompt = JIEDA__MESSAGE_PROGRESS_CLOSED;
        return true;
    }
    if ((acts(d, JIEDA__RULE_TICKET_REOPEN) || acts(d, JIEDA__RULE_UNHELPFUL)) && reopens(d)) {
        d->turn.decision = JIEDA_DECISION_HANDOFF;
        d->turn.why = "reopened";
        d->turn.ticket = JIEDA__TICKET_REOPEN;
        d->turn.reason = d->next->ticket.reason;
        settle(d->next);
        return true;
    }
    if (acts(d, JIEDA__RULE_UNHELPFUL) && (answered || d->next->miss_count > 0)) {
        miss(d, JIEDA__REASON_UNHELPFUL, "unhelpful", JIEDA__MESSAGE_UNHELPFUL_SORRY);
        return true;
    }
    if ((acts(d, JIEDA__RULE_NONE_OF_THESE) || acts(d, JIEDA__RULE_CORRECT)) &&
        !d->heard->corrects && (answered || d->next->miss_count > 0)) {
        miss(d, JIEDA__REASON_REPEATED_MISS, "corrected", JIEDA__MESSAGE_CORRECT_ASK);
        return true;
    }
    return false;
}

/* ---- 5: FAQ ---------------------------------------------------------------------------------- */

static bool answer_from(decider *d, const jieda__matches *matches, const char *why)
{
    size_t sure = jieda__sure_faq(d->kb, d->policy, matches);

    if (sure == SIZE_MAX)
        return false;
    d->turn.matches = matches;
    answer(d, matches->items[sure].entry, matches->items[sure].confidence, why);
    return true;
}

/* Two sentences that ask for different things, the second after a question mark or 另外: answers
 * the first and offers the second. */
static bool decide_two_questions(decider *d)
{
    const jieda__heard *heard = d->heard;
    const jieda__match *first = NULL, *second = NULL;
    const jieda__matches *of_first = NULL;
    bool asks_on = false;

    for (size_t i = 0; i < heard->part_count && !second; i++) {
        const jieda__matches *matches = &heard->parts[i].matches;
        size_t sure = jieda__sure_faq(d->kb, d->policy, matches);

        asks_on = asks_on || (first && heard->parts[i].asks_on);
        if (sure == SIZE_MAX)
            continue;
        if (!first) {
            first = &matches->items[sure];
            of_first = matches;
        } else if (asks_on && matches->items[sure].entry != first->entry) {
            second = &matches->items[sure];
        }
    }
    if (!second)
        return false;
    d->turn.matches = of_first;
    answer(d, first->entry, first->confidence, "two-questions");
    if (d->turn.decision == JIEDA_DECISION_ANSWER) {
        offer(d, second->entry, second->confidence);
        d->turn.prompt = JIEDA__MESSAGE_SECOND_QUESTION;
    }
    return true;
}

static bool among_best(const jieda__matches *matches, uint32_t entry)
{
    for (size_t i = 0; i < matches->count && i < JIEDA_OPTION_COUNT_MAX; i++)
        if (matches->items[i].entry == entry)
            return true;
    return false;
}

/* One sentence of a long story that is sure, if no other is sure of something else, or the whole
 * agrees with it. */
static bool decide_sentence(decider *d)
{
    const jieda__heard *heard = d->heard;
    const jieda__matches *best = NULL;
    size_t best_at = 0;

    for (size_t i = 0; heard->story && i < heard->part_count; i++) {
        const jieda__matches *matches = &heard->parts[i].matches;
        size_t sure = jieda__sure_faq(d->kb, d->policy, matches);
        bool agreed, best_agreed;

        if (sure == SIZE_MAX)
            continue;
        if (!best) {
            best = matches;
            best_at = sure;
            continue;
        }
        if (matches->items[sure].entry == best->items[best_at].entry)
            continue;
        agreed = among_best(&heard->matches, matches->items[sure].entry);
        best_agreed = among_best(&heard->matches, best->items[best_at].entry);
        if (agreed == best_agreed) { /* two of them: ask which */
            offer(d, best->items[best_at].entry, best->items[best_at].confidence);
            offer(d, matches->items[sure].entry, matches->items[sure].confidence);
            return false;
        }
        if (agreed) {
            best = matches;
            best_at = sure;
        }
    }
    return best && answer_from(d, best, "sentence");
}

static bool is_smalltalk(const decider *d)
{
    uint32_t entry = jieda__sure_entry(d->kb, d->policy, &d->heard->matches);

    return entry != JIEDA__NONE && d->kb->entries[entry].smalltalk;
}

/* "转账" names a topic and asks nothing: offers what is nearest in it. */
static bool decide_topic(decider *d)
{
    const jieda__heard *heard = d->heard;
    uint32_t category = d->turn.intent;
    size_t count = 0;

    if (category == JIEDA__NONE || !heard->names_topic)
        return false;
    for (size_t i = 0; i < heard->matches.count; i++)
        count += d->kb->entries[heard->matches.items[i].entry].category == category;
    if (count < 2)
        return false;
    for (size_t i = 0; i < heard->matches.count; i++)
        if (d->kb->entries[heard->matches.items[i].entry].category == category)
            offer(d, heard->matches.items[i].entry, heard->matches.items[i].confidence);
    d->turn.decision = JIEDA_DECISION_CLARIFY;
    d->turn.why = "topic";
    d->turn.prompt = JIEDA__MESSAGE_CLARIFY;
    return true;
}

static bool decide_faq(decider *d)
{
    const jieda__heard *heard = d->heard;
    const jieda__rule_hit *rule = hit_of(d, JIEDA__RULE_ANSWER);
    bool small_talk;

    if (rule && may_see(d, rule->rule->entry)) {
        d->turn.rule = rule->rule;
        answer(d, rule->rule->entry, 1.0f, "rule");
        return true;
    }
    if (heard->part_count > 0 && decide_two_questions(d))
        return true;
    small_talk = is_smalltalk(d);
    if (heard->elliptical && !small_talk && answer_from(d, &heard->followup, "follow-up"))
        return true;
    if (decide_topic(d) ||
        answer_from(d, &heard->matches, heard->corrects ? "corrected" : "confident"))
        return true;
    /* What follows is a guess, which small talk that is sure goes before. */
    return !small_talk && (answer_from(d, &heard->followup, "follow-up") || decide_sentence(d));
}

/* ---- 6 and 7 --------------------------------------------------------------------------------- */

static bool decide_smalltalk(decider *d)
{
    const jieda__match *best = &d->heard->matches.items[0];

    if (!is_smalltalk(d))
        return false;
    show_entry(d, best->entry, best->confidence);
    settle(d->next);
    d->turn.decision = JIEDA_DECISION_SMALLTALK;
    d->turn.why = "smalltalk";
    return true;
}

/* Asks how far a ticket is that there is not, and nothing the knowledge base is sure of. */
static bool decide_no_ticket(decider *d)
{
    if (!acts(d, JIEDA__RULE_TICKET_PROGRESS))
        return false;
    d->turn.decision = JIEDA_DECISION_ANSWER;
    d->turn.why = "no-ticket";
    d->turn.prompt = JIEDA__MESSAGE_PROGRESS_NONE;
    return true;
}

static bool decide_resolved(decider *d)
{
    if (!acts(d, JIEDA__RULE_RESOLVED) ||
        (d->next->last_entry[0] == '\0' && d->next->ticket.id[0] == '\0'))
        return false;
    settle(d->next);
    d->turn.decision = JIEDA_DECISION_SMALLTALK;
    d->turn.why = "resolved";
    d->turn.prompt = JIEDA__MESSAGE_RESOLVED;
    return true;
}

static void offer_matches(decider *d, const jieda__matches *matches)
{
    for (size_t i = 0; i < matches->count; i++) {
        const jieda__match *m = &matches->items[i];
        bool offered = false;

        for (size_t k = 0; k < d->turn.option_count; k++)
            offered = offered || d->turn.options[k].entry == m->entry;
        if (!offered && m->confidence >= d->policy->option_confidence_min &&
            !d->kb->entries[m->entry].smalltalk)
            offer(d, m->entry, m->confidence);
    }
}

static void fall_back(decider *d)
{
    offer_matches(d, &d->heard->matches);
    offer_matches(d, &d->heard->followup);
    for (size_t i = 0; i < d->heard->part_count; i++)
        offer_matches(d, &d->heard->parts[i].matches);
    if (d->turn.option_count > 0)
        miss(d, JIEDA__REASON_REPEATED_MISS, "ambiguous", JIEDA__MESSAGE_CLARIFY);
    else
        miss(d,
             d->policy->miss_count_max == 1 ? JIEDA__REASON_NO_MATCH : JIEDA__REASON_REPEATED_MISS,
             "no-match", JIEDA__MESSAGE_CLARIFY_MENU);
}

/* ---- while a ticket is open ------------------------------------------------------------------ */

static void decide_waiting(decider *d)
{
    bool with_agent = d->next->owner == JIEDA_OWNER_AGENT;
    bool urgent = decide_urgent(d);

    if (!urgent && acts(d, JIEDA__RULE_TICKET_CANCEL)) {
        d->turn.decision = JIEDA_DECISION_SMALLTALK;
        d->turn.why = "cancelled";
        d->turn.ticket = JIEDA__TICKET_CANCEL;
        settle(d->next);
        return;
    }
    if (!urgent) {
        const jieda__matches *matches = &d->heard->matches;
        size_t sure = jieda__sure_faq(d->kb, d->policy, matches);

        if (acts(d, JIEDA__RULE_TRANSCRIPT)) {
            d->turn.transcript = true;
            d->turn.prompt = JIEDA__MESSAGE_TRANSCRIPT_HEAD;
        } else if (acts(d, JIEDA__RULE_TICKET_PROGRESS)) {
            d->turn.prompt = JIEDA__MESSAGE_PROGRESS_QUEUED;
        } else if (sure != SIZE_MAX && !with_agent) {
            show_entry(d, matches->items[sure].entry, matches->items[sure].confidence);
        }
        d->turn.decision = JIEDA_DECISION_HANDOFF;
        d->turn.why = with_agent ? "with-agent" : "queued";
        d->turn.ticket = JIEDA__TICKET_APPEND;
        d->turn.reason = d->next->ticket.reason;
        d->turn.priority = d->next->ticket.priority;
    }
    if (with_agent)
        show_entry(d, JIEDA__NONE, 0.0f);
}

/* ---- the order ------------------------------------------------------------------------------- */

static decider begin(const jieda__kb *kb, const jieda__policy *policy, const jieda__heard *heard,
                     int64_t now, jieda__dialog *next)
{
    return (decider){
        .kb = kb,
        .policy = policy,
        .heard = heard,
        .now = now,
        .next = next,
        .turn = {.decision = JIEDA_DECISION_NONE,
                 .entry = JIEDA__NONE,
                 .matches = heard ? &heard->matches : NULL,
                 .intent = JIEDA__NONE,
                 .why = "empty",
                 .priority = JIEDA__NONE},
    };
}

/* What the visitor may choose next is remembered. */
static jieda__turn end(decider *d)
{
    if (d->turn.option_count > 0) {
        d->next->pending = JIEDA__PENDING_OPTIONS;
        d->next->option_count = (uint8_t)d->turn.option_count;
        for (size_t i = 0; i < d->turn.option_count; i++)
            jieda__id_set(d->next->options[i], jieda__kb_entry_id(d->kb, d->turn.options[i].entry));
    }
    return d->turn;
}

/* A ticket that an entry asks for, not the visitor, and that is not urgent waits until it was asked
 * once what an agent needs. */
static void ask_needs_first(decider *d)
{
    bool waits = d->turn.ticket == JIEDA__TICKET_OPEN && d->next->pending == JIEDA__PENDING_NONE &&
                 (d->turn.reason == JIEDA__REASON_POLICY ||
                  d->turn.reason == JIEDA__REASON_IDENTITY_CHECK) &&
                 d->turn.entry != JIEDA__NONE && d->turn.priority != JIEDA_PRIORITY_P0 &&
                 strcmp(d->turn.why, "entry-hands-over") == 0 &&
                 d->kb->entries[d->turn.entry].has_needs;

    if (!waits)
        return;
    d->turn.decision = JIEDA_DECISION_CLARIFY;
    d->turn.why = "needs";
    d->turn.ticket = JIEDA__TICKET_KEEP;
    d->turn.prompt = JIEDA__MESSAGE_NEED_SLOTS;
    d->next->pending = JIEDA__PENDING_NEEDS;
    d->next->needs_reason = (uint8_t)d->turn.reason;
    d->next->needs_priority =
        (uint8_t)(d->turn.priority == JIEDA__NONE ? JIEDA_PRIORITY_P2 : d->turn.priority);
}

jieda__turn jieda__turn_decide(const jieda__kb *kb, const jieda__policy *policy,
                               const jieda__heard *heard, int64_t now, jieda__dialog *next)
{
    decider d = begin(kb, policy, heard, now, next);

    if (heard->reading.text.count == 0)
        return d.turn;
    d.turn.intent = jieda__intent_category(kb, &heard->matches, policy->option_confidence_min);
    if (ticket_open(next))
        decide_waiting(&d);
    else if (!decide_urgent(&d) && !decide_option(&d) && !decide_needs(&d) && !decide_act(&d) &&
             !decide_faq(&d) && !decide_smalltalk(&d) && !decide_resolved(&d) &&
             !decide_no_ticket(&d))
        fall_back(&d);
    ask_needs_first(&d);
    return end(&d);
}

jieda__turn jieda__turn_of_entry(const jieda__kb *kb, const jieda__policy *policy, uint32_t entry,
                                 jieda__dialog *next)
{
    decider d = begin(kb, policy, NULL, 0, next);

    d.turn.intent = kb->entries[entry].category;
    if (kb->entries[entry].smalltalk) {
        show_entry(&d, entry, 1.0f);
        settle(next);
        d.turn.decision = JIEDA_DECISION_SMALLTALK;
        d.turn.why = "browsed";
    } else {
        next->repeat_count = 0; /* looking at it again is no complaint about it */
        answer(&d, entry, 1.0f, "browsed");
    }
    /* Looking at an entry calls nobody; whoever wants a person is offered one. */
    d.turn.offers_person = d.turn.decision == JIEDA_DECISION_HANDOFF;
    d.turn.ticket = JIEDA__TICKET_KEEP;
    return end(&d);
}

jieda__turn jieda__turn_of_unhelpful(const jieda__kb *kb, const jieda__policy *policy,
                                     jieda__dialog *next)
{
    decider d = begin(kb, policy, NULL, 0, next);

    miss(&d, JIEDA__REASON_UNHELPFUL, "unhelpful", JIEDA__MESSAGE_UNHELPFUL_SORRY);
    return end(&d);
}

jieda__turn jieda__turn_of_request(const jieda__kb *kb, const jieda__policy *policy,
                                   jieda__dialog *next)
{
    decider d = begin(kb, policy, NULL, 0, next);

    hand_over(&d, JIEDA__REASON_REQUESTED, JIEDA__NONE, "requested");
    return end(&d);
}

jieda__turn jieda__turn_of_feedback(void)
{
    decider d = begin(NULL, NULL, NULL, 0, NULL);

    d.turn.why = "feedback";
    d.turn.prompt = JIEDA__MESSAGE_THANKS_FEEDBACK;
    return d.turn;
}

jieda__turn jieda__turn_of_cancel(jieda__dialog *next)
{
    decider d = begin(NULL, NULL, NULL, 0, next);

    d.turn.decision = JIEDA_DECISION_SMALLTALK;
    d.turn.why = "cancelled";
    d.turn.ticket = JIEDA__TICKET_CANCEL;
    settle(next);
    return d.turn;
}
