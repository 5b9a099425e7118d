/*
 * hear.c - see hear.h.
 *
 * What costs a matching (some 150 us) is only done where it may change the decision: sentences, if
 * the whole is not sure or a second question follows; the topic, if a short utterance is not sure.
 */
#include "dialog/hear.h"

/* A follow-up leaves out what both know; a longer utterance says what it is about. So few leave it
 * out surely: "要手续费吗". Units. */
#define FOLLOWUP_UNIT_MAX 16
#define ELLIPSIS_UNIT_MAX 6
/* A longer title is no noun that somebody types. Units. */
#define TOPIC_UNIT_MAX 4
/* A shorter message is one thought, whatever commas are in it: "用钱包付款，显示异常". Units. */
#define STORY_UNIT_MIN 30
/* Fewer units are no sentence of their own: "你好，". */
#define SENTENCE_UNIT_MIN 4
/* Bytes of a message in which facts and personal data are looked for. */
#define SLOT_BYTES_MAX 4096
/* Sentences of a message that are looked at; of more, the first and the last ones. */
#define SENTENCE_COUNT_MAX 24

/* ---- what is sure ---------------------------------------------------------------------------- */

size_t jieda__best_faq(const jieda__kb *kb, const jieda__matches *matches)
{
    for (size_t i = 0; i < matches->count; i++)
        if (!kb->entries[matches->items[i].entry].smalltalk)
            return i;
    return SIZE_MAX;
}

bool jieda__is_sure(const jieda__kb *kb, const jieda__policy *policy, const jieda__match *match)
{
    const jieda__entry_row *entry = &kb->entries[match->entry];
    /* A greeting for an answer is no answer at all. */
    float of_risk =
        policy->answer_confidence_min[entry->smalltalk ? JIEDA__ENTRY_RISK_MONEY : entry->risk];
    float of_info = policy->answer_confidence_min[JIEDA__ENTRY_RISK_INFO];
    bool hands_over =
        jieda__policy_entry_handoff(policy, kb, match->entry) == JIEDA__ENTRY_HANDOFF_ALWAYS;

    return !jieda__match_guard(match) &&
           match->confidence >= (hands_over && of_info < of_risk ? of_info : of_risk);
}

size_t jieda__sure_faq(const jieda__kb *kb, const jieda__policy *policy,
                       const jieda__matches *matches)
{
    size_t best = jieda__best_faq(kb, matches);

    return best != SIZE_MAX && jieda__is_sure(kb, policy, &matches->items[best]) ? best : SIZE_MAX;
}

uint32_t jieda__sure_entry(const jieda__kb *kb, const jieda__policy *policy,
                           const jieda__matches *matches)
{
    size_t sure = jieda__sure_faq(kb, policy, matches);

    if (sure == SIZE_MAX && matches->count > 0 && kb->entries[matches->items[0].entry].smalltalk &&
        jieda__is_sure(kb, policy, &matches->items[0]))
        sure = 0;
    return sure == SIZE_MAX ? JIEDA__NONE : matches->items[sure].entry;
}

/* ---- sentences ------------------------------------------------------------------------------- */

typedef struct sentence {
    size_t first; /* chars [first, end) */
    size_t end;
    bool asks_on;
    uint32_t question_classes;
} sentence;

static bool ends_sentence(const jieda__char *c)
{
    switch (c->cp) {
    case '?':
    case '!':
    case '.':
    case ',':
    case ';':
    case 0x3001: /* 、 */
    case 0x3002: /* 。 */
    case 0x2026: /* … */
        return true;
    default:
        return false;
    }
}

/* A dot between digits ends nothing. */
static bool inside_number(const jieda__text *text, size_t i)
{
    return i > 0 && i + 1 < text->count && text->chars[i - 1].kind == JIEDA__CHAR_DIGIT &&
           text->chars[i + 1].kind == JIEDA__CHAR_DIGIT;
}

static bool counts_as_unit(const jieda__char *c)
{
    return c->kind == JIEDA__CHAR_IDEOGRAPH || c->kind == JIEDA__CHAR_LETTER ||
           c->kind == JIEDA__CHAR_DIGIT;
}

/* Where a word like 另外 begins, as an index of chars; text->count if there is none. */
static size_t joint_of(const jieda__heard *heard)
{
    for (size_t i = 0; i < heard->hits.count; i++) {
        if (heard->hits.items[i].rule->action != JIEDA__RULE_JOIN)
            continue;
        for (size_t k = 0; k < heard->reading.text.count; k++)
            if (heard->reading.text.chars[k].begin >= heard->hits.items[i].begin)
                return k;
    }
    return heard->reading.text.count;
}

/* Cuts at punctuation and before the joint; what is too short for a sentence joins the next one. Of
 * too many the middle is dropped. @return how many. */
static size_t cut_sentences(const jieda__heard *heard, sentence out[SENTENCE_COUNT_MAX])
{
    const jieda__text *text = &heard->reading.text;
    size_t joint = joint_of(heard), count = 0, units = 0;
    sentence s = {0};
    bool asks_on = false;

    for (size_t i = 0; i <= text->count; i++) {
        bool at_end = i == text->count, at_joint = i == joint && !at_end;
        bool mark = !at_end && ends_sentence(&text->chars[i]) && !inside_number(text, i);

        if (at_end || mark || at_joint) {
            bool asked = !at_end && text->chars[i].cp == '?';

            if (units >= SENTENCE_UNIT_MIN || (at_end && units > 0)) {
                s.end = i;
                s.asks_on = asks_on;
                if (count == SENTENCE_COUNT_MAX) {
                    for (size_t k = SENTENCE_COUNT_MAX / 2; k + 1 < count; k++)
                        out[k] = out[k + 1];
                    count--;
                }
                out[count++] = s;
                s.first = mark ? i + 1 : i;
                units = 0;
                asks_on = asked || at_joint;
            } else {
                asks_on = asks_on || asked || at_joint;
            }
        }
        if (!at_end)
            units += counts_as_unit(&text->chars[i]);
    }
    return count;
}

static jieda_str sentence_text(const jieda__heard *heard, const sentence *s)
{
    const jieda__char *chars = heard->reading.text.chars;
    uint32_t begin = chars[s->first].begin, end = chars[s->end - 1].end;

    return (jieda_str){heard->utterance.ptr + begin, end - begin};
}

/* Keeps the sentences most likely to be the question: those with question words, then the later
 * ones. Order stays. */
static size_t choose_sentences(sentence *list, size_t count)
{
    while (count > JIEDA__PART_COUNT_MAX) {
        size_t drop = 0;

        while (drop < count && list[drop].question_classes)
            drop++;
        if (drop == count)
            drop = 0;
        for (size_t i = drop; i + 1 < count; i++)
            list[i] = list[i + 1];
        count--;
    }
    return count;
}

static jieda_status hear_parts(const jieda__ear *ear, jieda__heard *heard, jieda_error *err)
{
    sentence list[SENTENCE_COUNT_MAX];
    size_t count = cut_sentences(heard, list);
    jieda__reading reading;

    if (count < 2)
        return JIEDA_OK;
    for (size_t i = 0; count > JIEDA__PART_COUNT_MAX && i < count; i++) {
        if (jieda__text_read(ear->arena, ear->kb->lexicon, sentence_text(heard, &list[i]),
                             &reading) != JIEDA_OK)
            return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        list[i].question_classes = reading.question_classes;
    }
    count = choose_sentences(list, count);
    for (size_t i = 0; i < count; i++) {
        jieda__part *part = &heard->parts[i];
        jieda_status st;

        part->text = sentence_text(heard, &list[i]);
        part->asks_on = list[i].asks_on;
        if (jieda__text_read(ear->arena, ear->kb->lexicon, part->text, &reading) != JIEDA_OK)
            return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        st = ear->match(ear->match_ctx, &reading, &part->matches, err);
        if (st != JIEDA_OK)
            return st;
    }
    heard->part_count = count;
    return JIEDA_OK;
}

static bool asks_twice(const jieda__heard *heard)
{
    const jieda__text *text = &heard->reading.text;

    if (joint_of(heard) < text->count)
        return true;
    for (size_t i = 0; i + SENTENCE_UNIT_MIN < text->count; i++)
        if (text->chars[i].cp == '?')
            return true;
    return false;
}

/* ---- the topic ------------------------------------------------------------------------------- */

static bool has_ideograph(const jieda__reading *reading)
{
    for (size_t i = 0; i < reading->text.count; i++)
        if (reading->text.chars[i].kind == JIEDA__CHAR_IDEOGRAPH)
            return true;
    return false;
}

static const jieda__match *find_match(const jieda__matches *matches, uint32_t entry)
{
    for (size_t i = 0; i < matches->count; i++)
        if (matches->items[i].entry == entry)
            return &matches->items[i];
    return NULL;
}

/* Matches "<topic> <utterance>" into heard->followup. */
static jieda_status match_with(const jieda__ear *ear, jieda_str topic, jieda__heard *heard,
                               jieda_error *err)
{
    jieda__reading reading;
    jieda__buf text;
    jieda_status st;

    jieda__buf_init(&text, ear->arena->alloc, JIEDA_UTTERANCE_BYTES_MAX * 2);
    jieda__buf_str(&text, topic);
    jieda__buf_byte(&text, ' ');
    jieda__buf_str(&text, heard->utterance);
    st = text.status;
    if (st == JIEDA_OK)
        st = jieda__text_read(ear->arena, ear->kb->lexicon, (jieda_str){text.ptr, text.len},
                              &reading);
    jieda__buf_free(&text);
    if (st != JIEDA_OK)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    return ear->match(ear->match_ctx, &reading, &heard->followup, err);
}

/* Whether what was found with the topic is of the topic, and found not by the topic alone. */
static bool goes_on(const jieda__ear *ear, const jieda__heard *heard, uint32_t last_entry,
                    float confidence_min)
{
    size_t sure = jieda__sure_faq(ear->kb, ear->policy, &heard->followup);
    const jieda__match *alone;
    uint32_t entry;

    if (sure == SIZE_MAX)
        return false;
    entry = heard->followup.items[sure].entry;
    alone = find_match(&heard->matches, entry);
    return alone && alone->confidence >= confidence_min &&
           ear->kb->entries[entry].category == ear->kb->entries[last_entry].category;
}

/* "那多久能到" after an answer about refunds: first with the title of its category, which leaves
 * open what is asked, then with the entry's own, which all but answers it. */
static jieda_status hear_followup(const jieda__ear *ear, uint32_t last_entry, jieda__heard *heard,
                                  jieda_error *err)
{
    uint32_t language = has_ideograph(&heard->reading) || ear->kb->language_count < 2 ? 0 : 1;
    uint32_t category = ear->kb->entries[last_entry].category;
    jieda_str topics[2] = {{"", 0}, jieda__kb_entry_title(ear->kb, last_entry, language)};
    float confidence_min[2] = {0.0f, ear->policy->option_confidence_min};

    if (category != JIEDA__NONE)
        topics[0] = jieda__kb_category_title(ear->kb, category, language);
    for (int i = 0; i < 2; i++) {
        jieda_status st;

        if (topics[i].len == 0)
            continue;
        st = match_with(ear, topics[i], heard, err);
        if (st != JIEDA_OK || goes_on(ear, heard, last_entry, confidence_min[i]))
            return st;
    }
    heard->followup.count = 0;
    return JIEDA_OK;
}

/* Titles are compared as authored; those that are not normalized text are no short nouns. */
static bool names_topic(const jieda__ear *ear, const jieda__heard *heard)
{
    const jieda__kb *kb = ear->kb;
    jieda_str text;

    if (heard->reading.raw.count > TOPIC_UNIT_MAX)
        return false;
    text = jieda__text_utf8(ear->arena, heard->reading.text.chars, heard->reading.text.count);
    for (uint32_t i = 0; i < kb->category_count * kb->language_count; i++)
        if (kb->category_titles[i].len > 0 && jieda__str_equal(kb->category_titles[i], text))
            return true;
    return false;
}

static bool has_hit(const jieda__heard *heard, uint8_t action)
{
    for (size_t i = 0; i < heard->hits.count; i++)
        if (heard->hits.items[i].rule->action == action)
            return true;
    return false;
}

/* ---- everything ------------------------------------------------------------------------------ */

static jieda_status hear_matches(const jieda__ear *ear, const jieda__dialog *dialog,
                                 jieda__heard *heard, jieda_error *err)
{
    uint32_t last_entry = jieda__kb_find_entry(ear->kb, jieda__str(dialog->last_entry));
    jieda__reading rest;
    const jieda__reading *reading = &heard->reading;
    jieda_status st;
    size_t sure;

    for (size_t i = 0; i < heard->hits.count && !heard->corrects; i++) {
        const jieda__rule_hit *hit = &heard->hits.items[i];

        if (hit->rule->action != JIEDA__RULE_CORRECT || hit->group_rest.len == 0)
            continue;
        if (jieda__text_read(ear->arena, ear->kb->lexicon, hit->group_rest, &rest) != JIEDA_OK)
            return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        heard->corrects = rest.raw.count > 0;
        reading = heard->corrects ? &rest : reading;
    }
    if (reading->raw.count == 0)
        return JIEDA_OK;
    heard->names_topic = names_topic(ear, heard);
    st = ear->match(ear->match_ctx, reading, &heard->matches, err);
    if (st != JIEDA_OK)
        return st;
    sure = jieda__sure_faq(ear->kb, ear->policy, &heard->matches);
    heard->story = reading->raw.count >= STORY_UNIT_MIN;
    /* What was taken back is not asked, whatever sentence it stands in. */
    if (!heard->corrects && (asks_twice(heard) || has_hit(heard, JIEDA__RULE_CALM) ||
                             (sure == SIZE_MAX && heard->story)))
        st = hear_parts(ear, heard, err);
    if (st != JIEDA_OK || last_entry == JIEDA__NONE || heard->corrects ||
        reading->raw.count > FOLLOWUP_UNIT_MAX)
        return st;
    heard->elliptical =
        reading->raw.count <= ELLIPSIS_UNIT_MAX || has_hit(heard, JIEDA__RULE_FOLLOW_UP);
    if (sure == SIZE_MAX ||
        (heard->elliptical && ear->kb->entries[heard->matches.items[sure].entry].category !=
                                  ear->kb->entries[last_entry].category))
        st = hear_followup(ear, last_entry, heard, err);
    return st;
}

/* What was asked for tells what a bare number is. */
static int expected_slot(const jieda__dialog *dialog)
{
    return dialog->asked_slot > 0 ? dialog->asked_slot - 1 : JIEDA__SLOT_NONE;
}

/* An order number that was asked for and passes for a card number is taken for one: the one is
 * asked for again, the other would be out. */
static jieda_status find_slots(const jieda__ear *ear, const jieda__text *text, jieda_str original,
                               int expect, jieda__heard *heard)
{
    jieda_status st =
        jieda__slots_find(ear->arena, text, original, ear->now, ear->policy->utc_offset_minutes,
                          JIEDA__SLOT_NONE, &heard->slots, &heard->slot_count);

    if (expect == JIEDA__SLOT_NONE)
        return st;
    for (size_t i = 0; st == JIEDA_OK && i < heard->slot_count; i++)
        if (jieda__slot_is_personal(heard->slots[i].kind))
            return JIEDA_OK;
    if (st == JIEDA_OK)
        st =
            jieda__slots_find(ear->arena, text, original, ear->now, ear->policy->utc_offset_minutes,
                              expect, &heard->slots, &heard->slot_count);
    return st;
}

/* Facts and personal data of the head of a message. Nothing of the rest leaves the engine: what is
 * kept of a message is JIEDA__MESSAGE_BYTES_MAX. */
static jieda_status hear_slots(const jieda__ear *ear, const jieda__dialog *dialog,
                               jieda__pii_memory *pii, jieda__heard *heard)
{
    jieda__text head = heard->reading.text;
    jieda_str utterance = heard->utterance;
    jieda_status st;

    if (utterance.len > SLOT_BYTES_MAX) {
        while (head.count > 0 && head.chars[head.count - 1].end > SLOT_BYTES_MAX)
            head.count--;
        utterance.len = head.count > 0 ? head.chars[head.count - 1].end : 0;
    }
    st = find_slots(ear, &head, utterance, expected_slot(dialog), heard);
    if (st != JIEDA_OK)
        return st;
    return jieda__redact(ear->arena, pii, utterance, heard->slots, heard->slot_count,
                         &heard->redaction);
}

jieda_status jieda__hear(const jieda__ear *ear, const jieda__dialog *dialog, jieda__pii_memory *pii,
                         jieda_str utterance, jieda__heard *out, jieda_error *err)
{
    jieda_status st = JIEDA_OK;

    *out = (jieda__heard){
        .utterance = utterance,
        .may_see = ear->may_see,
        .may_see_ctx = ear->may_see_ctx,
    };
    out->matches.out_of_scope_question = JIEDA__NONE;
    if (jieda__text_read(ear->arena, ear->kb->lexicon, utterance, &out->reading) != JIEDA_OK ||
        hear_slots(ear, dialog, pii, out) != JIEDA_OK ||
        jieda__rules_match(ear->rules, ear->arena, &out->reading, &out->hits) != JIEDA_OK)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    if (out->reading.text.count > 0)
        st = hear_matches(ear, dialog, out, err);
    return st;
}
