/*
 * features.c - compares one utterance with one stored question.
 *
 * All terms of the utterance, of every view, stand in one small hash table; a stored question is a
 * run of unit ids, so an overlap is a walk along them with one probe each. Pairs are stored
 * nowhere: two neighbouring units that both occur in the utterance are probed as a pair. Multisets
 * are compared by stamping: a term met in this question carries its number, nothing is cleared
 * between questions.
 */
#include "match/match.h"

#include <string.h>

#define FILTER_BITS JIEDA__QUERY_FILTER_BITS

/* What a match by sound alone is worth of one by characters. */
#define SOUND_DISCOUNT 0.85f

/* The place of a term in the table: unit `id` of a view, or the pair of `before` and `id`. Ids have
 * 29 bits (JIEDA__UNIT_ID_END). Never 0. */
static uint64_t unit_key(jieda__view view, uint32_t id)
{
    return (uint64_t)(view + 1) << 60 | id;
}

static uint64_t pair_key(jieda__view view, uint32_t before, uint32_t id)
{
    return unit_key(view, id) | (uint64_t)(before + 1) << 29;
}

static jieda__query_term *find_term(const jieda__query *query, uint64_t key)
{
    /* Knuth's multiplicative hash, 64 bits wide; the upper half is the mixed one. */
    uint32_t slot = (uint32_t)(key * 0x9E3779B97F4A7C15ULL >> 32) & query->term_mask;

    while (query->terms[slot].key != key && query->terms[slot].key != 0)
        slot = (slot + 1) & query->term_mask;
    return &query->terms[slot];
}

/* Adds one occurrence of a term that `df` questions hold and returns its weight. A question left
 * out does not count, and it holds every term of its own text. */
static float add_term(jieda__query *query, uint64_t key, uint64_t term, uint32_t df, bool of_sound)
{
    jieda__query_term *slot;

    if (df <= query->left_out)
        return jieda__term_weight(query->kb->question_count, 0);
    slot = find_term(query, key);
    if (slot->key == 0) {
        query->list[query->list_count++] = (uint32_t)(slot - query->terms);
        slot->key = key;
        slot->term = term;
        slot->of_sound = of_sound;
        slot->weight = jieda__term_weight(query->kb->question_count, df - query->left_out);
    }
    slot->count++;
    return slot->weight;
}

/* Adds a unit; *id_out is its id, JIEDA__NONE if no question has it. */
static float add_unit(jieda__query *query, jieda__view view, jieda__term_kind kind, uint64_t key,
                      uint32_t *id_out)
{
    const jieda__view_units *units = &query->kb->views[view];
    uint32_t id = jieda__kb_unit(query->kb, view, key);

    *id_out = id;
    if (id == JIEDA__NONE)
        return jieda__term_weight(query->kb->question_count, 0);
    query->filter[view][id % FILTER_BITS / 64] |= 1ULL << (id % 64);
    return add_term(query, unit_key(view, id), jieda__term(kind, key),
                    units->document_frequency[id], view == JIEDA__VIEW_PINYIN);
}

/* @param raw_ids  written for the raw view. */
static void add_view(jieda__query *query, jieda__view view, const jieda__units *units,
                     jieda__term_kind kind, jieda__term_kind pair_kind, uint32_t *raw_ids)
{
    uint32_t before = JIEDA__NONE;

    for (size_t i = 0; i < units->count; i++) {
        const jieda__unit *unit = &units->items[i];
        uint32_t id;

        query->mass[view] += add_unit(query, view, kind, unit->key, &id);
        if (view == JIEDA__VIEW_RAW)
            raw_ids[i] = id;
        if (i > 0 && unit->glued) {
            uint64_t term = jieda__term_pair(pair_kind, unit[-1].key, unit->key);
            /* Of units nobody has, nobody has the pair. */
            uint32_t df = before == JIEDA__NONE || id == JIEDA__NONE
                              ? 0
                              : jieda__kb_document_frequency(query->kb, term);

            query->pair_mass[view] +=
                add_term(query, pair_key(view, before, id), term, df, view == JIEDA__VIEW_PINYIN);
        }
        before = id;
    }
}

static void add_words(jieda__query *query, const jieda__reading *r)
{
    const jieda__lexicon *lexicon = query->kb->lexicon;

    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *segment = &r->segments.items[i];
        uint32_t id;

        if (jieda__segment_is_word(lexicon, segment))
            query->mass[JIEDA__VIEW_WORD] +=
                add_unit(query, JIEDA__VIEW_WORD, JIEDA__TERM_WORD,
                         jieda__word_key(lexicon, &r->text, segment), &id);
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
    uint32_t *raw_ids;

    memset(query, 0, sizeof *query);
    query->kb = kb;
    query->left_out = left_out;
    while (capacity < 2 * term_count)
        capacity *= 2;
    query->terms = jieda__arena_alloc(arena, capacity * sizeof *query->terms);
    query->list = jieda__arena_alloc(arena, (term_count + 1) * sizeof *query->list);
    raw_ids = jieda__arena_alloc(arena, (reading->raw.count + 1) * sizeof *raw_ids);
    if (!query->terms || !query->list || !raw_ids)
        return JIEDA_E_NOMEM;
    query->term_mask = (uint32_t)capacity - 1;
    memset(query->terms, 0, capacity * sizeof *query->terms);

    add_view(query, JIEDA__VIEW_RAW, &reading->raw, JIEDA__TERM_RAW, JIEDA__TERM_RAW_PAIR, raw_ids);
    query->raw_ids = raw_ids;
    query->raw_count = reading->raw.count;
    add_view(query, JIEDA__VIEW_CANON, &reading->canonical, JIEDA__TERM_CANON,
             JIEDA__TERM_CANON_PAIR, NULL);
    add_words(query, reading);
    add_view(query, JIEDA__VIEW_PINYIN, &reading->pinyin, JIEDA__TERM_PINYIN,
             JIEDA__TERM_PINYIN_PAIR, NULL);
    query->sound_only = is_sound_only(reading);
    query->negation_count = reading->negation_count;
    query->opposites[0] = reading->opposites[0];
    query->opposites[1] = reading->opposites[1];
    return JIEDA_OK;
}

/* Whether a unit may be one of the utterance's. Nearly every unit of a stored question is foreign
 * to it: one bit says so. */
static inline bool may_hold(const uint64_t *filter, uint32_t id)
{
    return filter[id % FILTER_BITS / 64] >> (id % 64) & 1;
}

/* The weight of one more occurrence of a term, 0 if the utterance has no more of it. */
static float meet(jieda__query *query, uint64_t key)
{
    jieda__query_term *term = find_term(query, key);

    if (term->key == 0)
        return 0.0f;
    if (term->stamp != query->stamp) {
        term->stamp = query->stamp;
        term->left = term->count;
    }
    if (term->left == 0)
        return 0.0f;
    term->left--;
    return term->weight;
}

/* Weight in common of the utterance's units and a question's, as multisets. */
static float common_units(jieda__query *query, uint32_t question, jieda__view view)
{
    const uint64_t *filter = query->filter[view];
    const uint16_t *at, *end = jieda__question_codes(query->kb, view, question, &at);
    float sum = 0.0f;

    while (at < end) {
        uint32_t id = jieda__unit_next(&at) & ~JIEDA__UNIT_GAP;

        if (may_hold(filter, id))
            sum += meet(query, unit_key(view, id));
    }
    return sum;
}

/* The same of pairs. */
static float common_pairs(jieda__query *query, uint32_t question, jieda__view view)
{
    const uint64_t *filter = query->filter[view];
    const uint16_t *at, *end = jieda__question_codes(query->kb, view, question, &at);
    uint32_t before = JIEDA__NONE; /* JIEDA__NONE: one the utterance has not */
    float sum = 0.0f;

    while (at < end) {
        uint32_t unit = jieda__unit_next(&at), id = unit & ~JIEDA__UNIT_GAP;

        if (!may_hold(filter, id))
            id = JIEDA__NONE;
        else if (before != JIEDA__NONE && !(unit & JIEDA__UNIT_GAP))
            sum += meet(query, pair_key(view, before, id));
        before = id;
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

static float view_dice(jieda__query *query, uint32_t question, jieda__view view, jieda__mass mass)
{
    return dice(common_units(query, question, view), query->mass[view],
                query->kb->questions[question].mass[mass]);
}

float jieda__query_quick_score(jieda__query *query, uint32_t question, bool by_sound)
{
    float score;

    query->stamp++;
    score = view_dice(query, question, JIEDA__VIEW_RAW, JIEDA__MASS_RAW);
    if (by_sound)
        score += view_dice(query, question, JIEDA__VIEW_PINYIN, JIEDA__MASS_PINYIN);
    return score;
}

static bool has_opposite(const jieda__query *query, const jieda__opposite_set *other)
{
    uint64_t only0 = query->opposites[0] & ~query->opposites[1];
    uint64_t only1 = query->opposites[1] & ~query->opposites[0];
    uint64_t other0 = other->side[0] & ~other->side[1];
    uint64_t other1 = other->side[1] & ~other->side[0];

    return ((only0 & other1) | (only1 & other0)) != 0;
}

static bool is_same_text(const jieda__query *query, uint32_t question)
{
    const uint16_t *at, *end = jieda__question_codes(query->kb, JIEDA__VIEW_RAW, question, &at);

    for (size_t i = 0; i < query->raw_count; i++)
        if (at == end || (jieda__unit_next(&at) & ~JIEDA__UNIT_GAP) != query->raw_ids[i])
            return false;
    return at == end && query->raw_count > 0;
}

static void raise(float *feature, float to)
{
    if (*feature < to)
        *feature = to;
}

/* Lets sound stand in for characters, at a discount. */
static void use_sound(jieda__query *query, uint32_t question, float feature[JIEDA__FEATURE_COUNT])
{
    float asked = query->mass[JIEDA__VIEW_PINYIN];
    float mass = query->kb->questions[question].mass[JIEDA__MASS_PINYIN];
    float common = SOUND_DISCOUNT * common_units(query, question, JIEDA__VIEW_PINYIN);

    raise(&feature[JIEDA__FEATURE_RAW], dice(common, asked, mass));
    raise(&feature[JIEDA__FEATURE_COVER_QUESTION], share(common, mass));
}

void jieda__query_features(jieda__query *query, uint32_t question,
                           float feature[JIEDA__FEATURE_COUNT])
{
    const jieda__question_row *row = &query->kb->questions[question];

    query->stamp++;
    memset(feature, 0, JIEDA__FEATURE_COUNT * sizeof *feature);
    feature[JIEDA__FEATURE_EXACT] = is_same_text(query, question) ? 1.0f : 0.0f;
    feature[JIEDA__FEATURE_RAW] = view_dice(query, question, JIEDA__VIEW_RAW, JIEDA__MASS_RAW);
    feature[JIEDA__FEATURE_COVER_QUESTION] =
        share(common_units(query, question, JIEDA__VIEW_CANON), row->mass[JIEDA__MASS_CANON]);
    feature[JIEDA__FEATURE_NEGATION] =
        (query->negation_count ^ row->negation_count) & 1 ? 1.0f : 0.0f;
    feature[JIEDA__FEATURE_OPPOSITE] =
        has_opposite(query, &query->kb->opposites[row->opposites]) ? 1.0f : 0.0f;
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
    float sum = common_units(query, question, view);

    return view == JIEDA__VIEW_WORD ? sum : sum + common_pairs(query, question, view);
}

/* Text by coverage, as a profile of many wordings would give: one stamp for all questions, so that
 * a term of the utterance counts once. Sound by Dice of the first, for a wording that merely
 * contains the utterance's common syllables says little. */
void jieda__query_own_profile(jieda__query *query, const uint32_t *questions, size_t count,
                              jieda__match *match)
{
    const jieda__question_row *row = &query->kb->questions[questions[0]];
    float sum = 0.0f;

    query->stamp++;
    for (size_t i = 0; i < count; i++)
        for (size_t v = 0; v < sizeof profile_views / sizeof *profile_views; v++)
            sum += view_common(query, questions[i], profile_views[v]);
    match->feature[JIEDA__FEATURE_PROFILE] = share(sum, profile_mass(query));
    match->feature[JIEDA__FEATURE_PROFILE_SOUND] =
        dice(view_common(query, questions[0], JIEDA__VIEW_PINYIN), sound_mass(query),
             row->mass[JIEDA__MASS_PINYIN] + row->mass[JIEDA__MASS_PINYIN_PAIR]);
}

/* Adds what one term of the utterance says of each match. Both lists ascend by entry. */
static void add_profile_term(const jieda__kb *kb, const jieda__query_term *term, uint32_t own_entry,
                             float mass, jieda__feature feature, jieda__match *matches,
                             size_t count)
{
    uint32_t number = jieda__lookup_find(&kb->profile_terms, term->term);
    const jieda__profile_item *item, *end;

    if (number == JIEDA__NONE)
        return;
    item = kb->profile_items + kb->profile_first[number];
    end = kb->profile_items + kb->profile_first[number + 1];
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
            jieda__query_own_profile(query, &matches[i].question, 1, &matches[i]);
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
