/*
 * features.c - compares one utterance with one stored question.
 *
 * All terms of the utterance, of every view, stand in one small hash table, since a term's id
 * already says its view; a stored question is a run of ids, so an overlap is a walk along them with
 * one probe each. Multisets are compared by stamping: a term met in this question carries its
 * number, nothing is cleared between questions.
 */
#include "match/match.h"

#include <string.h>

#define FILTER_BITS JIEDA__QUERY_FILTER_BITS

/* What a match by sound alone is worth of one by characters. */
#define SOUND_DISCOUNT 0.85f

static jieda__query_term *find_term(const jieda__query *query, uint32_t id)
{
    uint32_t slot = (id * 0x9E3779B1u) & query->term_mask; /* Knuth's multiplicative hash */

    while (query->terms[slot].id != id && query->terms[slot].id != JIEDA__NONE)
        slot = (slot + 1) & query->term_mask;
    return &query->terms[slot];
}

/* In how many questions a term stands; a question left out does not count, and it holds every term
 * of its own text. */
static uint32_t df_of(const jieda__query *query, uint32_t id)
{
    return id == JIEDA__NONE ? 0 : query->kb->document_frequency[id] - query->left_out;
}

/* Adds one occurrence and returns its weight. */
static float add_term(jieda__query *query, uint64_t term, bool of_sound)
{
    const jieda__kb *kb = query->kb;
    uint32_t id = jieda__kb_term(kb, term);
    jieda__query_term *slot;

    if (df_of(query, id) == 0)
        return jieda__term_weight(kb->question_count, 0);
    slot = find_term(query, id);
    if (slot->id == JIEDA__NONE) {
        query->filter[id % FILTER_BITS / 64] |= 1ULL << (id % 64);
        query->list[query->list_count++] = (uint32_t)(slot - query->terms);
        slot->id = id;
        slot->of_sound = of_sound;
        slot->weight = jieda__term_weight(kb->question_count, df_of(query, id));
    }
    slot->count++;
    return slot->weight;
}

static void add_view(jieda__query *query, jieda__view view, const jieda__units *units,
                     jieda__term_kind kind, jieda__term_kind pair_kind)
{
    bool of_sound = view == JIEDA__VIEW_PINYIN;

    for (size_t i = 0; i < units->count; i++) {
        const jieda__unit *unit = &units->items[i];

        query->mass[view] += add_term(query, jieda__term(kind, unit->key), of_sound);
        if (i > 0 && unit->glued)
            query->pair_mass[view] +=
                add_term(query, jieda__term_pair(pair_kind, unit[-1].key, unit->key), of_sound);
    }
}

static void add_words(jieda__query *query, const jieda__reading *r)
{
    const jieda__lexicon *lexicon = query->kb->lexicon;

    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *segment = &r->segments.items[i];

        if (jieda__segment_is_word(lexicon, segment))
            query->mass[JIEDA__VIEW_WORD] += add_term(
                query, jieda__term(JIEDA__TERM_WORD, jieda__word_key(lexicon, &r->text, segment)),
                false);
    }
}

/* "zhifu shibai" is all pinyin; "app zenme" and "how" are not. */
static bool is_sound_only(const jieda__reading *reading)
{
    size_t letters = 0, covered = 0;
    uint32_t last = JIEDA__NONE;

    for (size_t i = 0; i < reading->raw.count; i++) {
        const jieda__unit *unit = &reading->raw.items[i];

        if (unit->kind != JIEDA__UNIT_WORD)
            return false;
        letters += reading->text.chars[unit->first].kind == JIEDA__CHAR_LETTER;
    }
    /* Syllables cut from one word share its range. */
    for (size_t i = 0; i < reading->pinyin.count; i++) {
        covered += reading->pinyin.items[i].first != last;
        last = reading->pinyin.items[i].first;
    }
    return letters > 0 && covered == letters && reading->pinyin.count >= 2;
}

jieda_status jieda__query_init(jieda__query *query, jieda__arena *arena, const jieda__kb *kb,
                               const jieda__reading *reading, bool left_out)
{
    size_t term_count =
        2 * (reading->raw.count + reading->canonical.count + reading->pinyin.count) +
        reading->segments.count;
    size_t capacity = 64;

    memset(query, 0, sizeof *query);
    query->kb = kb;
    query->left_out = left_out;
    while (capacity < 2 * term_count)
        capacity *= 2;
    query->terms = jieda__arena_alloc(arena, capacity * sizeof *query->terms);
    query->list = jieda__arena_alloc(arena, (term_count + 1) * sizeof *query->list);
    if (!query->terms || !query->list)
        return JIEDA_E_NOMEM;
    query->term_mask = (uint32_t)capacity - 1;
    for (size_t i = 0; i < capacity; i++)
        query->terms[i] = (jieda__query_term){.id = JIEDA__NONE};

    add_view(query, JIEDA__VIEW_RAW, &reading->raw, JIEDA__TERM_RAW, JIEDA__TERM_RAW_PAIR);
    add_view(query, JIEDA__VIEW_CANON, &reading->canonical, JIEDA__TERM_CANON,
             JIEDA__TERM_CANON_PAIR);
    add_words(query, reading);
    add_view(query, JIEDA__VIEW_PINYIN, &reading->pinyin, JIEDA__TERM_PINYIN,
             JIEDA__TERM_PINYIN_PAIR);
    query->sound_only = is_sound_only(reading);
    query->negation_count = reading->negation_count;
    query->opposites[0] = reading->opposites[0];
    query->opposites[1] = reading->opposites[1];
    return JIEDA_OK;
}

/* Weight in common of the utterance and ids[first, end); as multisets. */
static float common_weight(jieda__query *query, const uint32_t *ids, uint32_t first, uint32_t end)
{
    float sum = 0.0f;

    for (uint32_t i = first; i < end; i++) {
        jieda__query_term *term;

        /* Nearly every unit of a stored question is foreign to the utterance: one bit says so. */
        if (!(query->filter[ids[i] % FILTER_BITS / 64] >> (ids[i] % 64) & 1) ||
            ids[i] == JIEDA__NONE)
            continue;
        term = find_term(query, ids[i]);
        if (term->id == JIEDA__NONE)
            continue;
        if (term->stamp != query->stamp) {
            term->stamp = query->stamp;
            term->left = term->count;
        }
        if (term->left > 0) {
            term->left--;
            sum += term->weight;
        }
    }
    return sum;
}

static float dice(float common, float mass, float other_mass)
{
    float sum = mass + other_mass;

    return sum > 0.0f ? 2.0f * common / sum : 0.0f;
}

static float share(float part, float whole)
{
    return whole > 0.0f ? part / whole : 0.0f;
}

static float view_dice(jieda__query *query, uint32_t question, jieda__view view)
{
    const jieda__view_table *table = &query->kb->views[view];

    return dice(
        common_weight(query, table->unit, table->first[question], table->first[question + 1]),
        query->mass[view], query->kb->questions[question].mass[view]);
}

float jieda__query_quick_score(jieda__query *query, uint32_t question, bool by_sound)
{
    float score;

    query->stamp++;
    score = view_dice(query, question, JIEDA__VIEW_RAW);
    return by_sound ? score + view_dice(query, question, JIEDA__VIEW_PINYIN) : score;
}

static bool has_opposite(const jieda__query *query, const jieda__question_row *row)
{
    uint64_t only0 = query->opposites[0] & ~query->opposites[1];
    uint64_t only1 = query->opposites[1] & ~query->opposites[0];
    uint64_t other0 = row->opposites[0] & ~row->opposites[1];
    uint64_t other1 = row->opposites[1] & ~row->opposites[0];

    return ((only0 & other1) | (only1 & other0)) != 0;
}

static void raise(float *feature, float to)
{
    if (*feature < to)
        *feature = to;
}

/* Lets sound stand in for characters, at a discount. */
static void use_sound(jieda__query *query, uint32_t question, float feature[JIEDA__FEATURE_COUNT])
{
    const jieda__view_table *sound = &query->kb->views[JIEDA__VIEW_PINYIN];
    float asked = query->mass[JIEDA__VIEW_PINYIN];
    float mass = query->kb->questions[question].mass[JIEDA__VIEW_PINYIN];
    float common = SOUND_DISCOUNT * common_weight(query, sound->unit, sound->first[question],
                                                  sound->first[question + 1]);

    raise(&feature[JIEDA__FEATURE_RAW], dice(common, asked, mass));
    raise(&feature[JIEDA__FEATURE_COVER_QUESTION], share(common, mass));
}

void jieda__query_features(jieda__query *query, uint32_t question,
                           float feature[JIEDA__FEATURE_COUNT])
{
    const jieda__question_row *row = &query->kb->questions[question];
    const jieda__view_table *canon = &query->kb->views[JIEDA__VIEW_CANON];
    float common;

    query->stamp++;
    memset(feature, 0, JIEDA__FEATURE_COUNT * sizeof *feature);
    feature[JIEDA__FEATURE_RAW] = view_dice(query, question, JIEDA__VIEW_RAW);
    common = common_weight(query, canon->unit, canon->first[question], canon->first[question + 1]);
    feature[JIEDA__FEATURE_COVER_QUESTION] = share(common, row->mass[JIEDA__VIEW_CANON]);
    feature[JIEDA__FEATURE_NEGATION] =
        (query->negation_count ^ row->negation_count) & 1 ? 1.0f : 0.0f;
    feature[JIEDA__FEATURE_OPPOSITE] = has_opposite(query, row) ? 1.0f : 0.0f;
    if (query->sound_only)
        use_sound(query, question, feature);
}

/* What a profile is made of: raw and canonical units and pairs, words; apart from them, sound. */
static const jieda__view profile_views[] = {JIEDA__VIEW_RAW, JIEDA__VIEW_CANON, JIEDA__VIEW_WORD};

static float profile_mass(const jieda__query *query)
{
    float mass = 0.0f;

    for (size_t v = 0; v < sizeof profile_views / sizeof *profile_views; v++)
        mass += query->mass[profile_views[v]] + query->pair_mass[profile_views[v]];
    return mass;
}

static float sound_mass(const jieda__query *query)
{
    return query->mass[JIEDA__VIEW_PINYIN] + query->pair_mass[JIEDA__VIEW_PINYIN];
}

static float view_common(jieda__query *query, uint32_t question, jieda__view view)
{
    const jieda__view_table *table = &query->kb->views[view];
    uint32_t first = table->first[question], end = table->first[question + 1];
    float sum = common_weight(query, table->unit, first, end);

    return table->pair ? sum + common_weight(query, table->pair, first, end) : sum;
}

/* Text by coverage, as a profile of many wordings would give; sound by Dice, for a single wording
 * that merely contains the utterance's common syllables says little. */
void jieda__query_own_profile(jieda__query *query, jieda__match *match)
{
    const jieda__question_row *row = &query->kb->questions[match->question];
    float sum = 0.0f;

    query->stamp++;
    for (size_t v = 0; v < sizeof profile_views / sizeof *profile_views; v++)
        sum += view_common(query, match->question, profile_views[v]);
    match->feature[JIEDA__FEATURE_PROFILE] = share(sum, profile_mass(query));
    match->feature[JIEDA__FEATURE_PROFILE_SOUND] =
        dice(view_common(query, match->question, JIEDA__VIEW_PINYIN), sound_mass(query),
             row->mass[JIEDA__VIEW_PINYIN] + row->pair_mass[JIEDA__VIEW_PINYIN]);
}

/* Adds what one term of the utterance says of each match. Both lists ascend by entry. */
static void add_profile_term(const jieda__kb *kb, const jieda__query_term *term, uint32_t own_entry,
                             float mass, jieda__feature feature, jieda__match *matches,
                             size_t count)
{
    const jieda__profile_item *item = kb->profile_items + kb->profile_first[term->id];
    const jieda__profile_item *end = kb->profile_items + kb->profile_first[term->id + 1];

    for (size_t m = 0; item < end && m < count; item++) {
        float typical = item->share;

        while (m < count && matches[m].entry < item->entry)
            m++;
        if (m == count || matches[m].entry != item->entry)
            continue;
        if (item->entry == own_entry)
            typical -= item->share_of_one;
        /* A term in a tenth of the wordings is as typical as one in all of them: an entry has many
         * ways of being asked for. */
        if (typical > 0.0f)
            matches[m].feature[feature] += term->weight * (float)term->count *
                                           (typical < 0.1f ? typical * 10.0f : 1.0f) / mass;
    }
}

void jieda__query_profiles(jieda__query *query, jieda__match *matches, size_t count,
                           uint32_t leave_out)
{
    const jieda__kb *kb = query->kb;
    float mass = profile_mass(query), sound = sound_mass(query);
    uint32_t own_entry = leave_out == JIEDA__NONE ? JIEDA__NONE : kb->questions[leave_out].entry;

    for (size_t i = 0; i < count; i++)
        if (kb->entries[matches[i].entry].wording_count == 1)
            jieda__query_own_profile(query, &matches[i]);
    for (size_t t = 0; t < query->list_count && kb->profile_item_count > 0; t++) {
        const jieda__query_term *term = &query->terms[query->list[t]];

        add_profile_term(kb, term, own_entry, term->of_sound ? sound : mass,
                         term->of_sound ? JIEDA__FEATURE_PROFILE_SOUND : JIEDA__FEATURE_PROFILE,
                         matches, count);
    }
    for (size_t i = 0; query->sound_only && i < count; i++)
        raise(&matches[i].feature[JIEDA__FEATURE_PROFILE],
              SOUND_DISCOUNT * matches[i].feature[JIEDA__FEATURE_PROFILE_SOUND]);
}
