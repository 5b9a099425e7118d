/*
 * match.c - select, rank, judge; see match.h.
 */
#include "match/match.h"

#include "match/meaning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Document-frequency budgets; see posting_budget(). */
#define POSTING_COUNT 400u
#define POSTING_COUNT_WITH_VECTORS 150u
/* Distinct entries ranked even when one entry's many wordings fill the whole selection. */
#define ENTRY_COUNT_MIN 12
/* Wordings beside the best that support an entry. */
#define SUPPORT_COUNT 3
/* Questions out of scope that make up what an entry of them would be. */
#define OUTSIDE_COUNT 4
/* Resolution of the histogram that finds the selection's threshold. */
#define BIN_COUNT 512
#define QUICK_SCORE_MAX 2.0f
/* Candidates between asking for one's memory and looking at it; 4 to 24 measure the same. */
#define PREFETCH_DISTANCE 8
/* Questions sorted at most in search of more entries. */
#define FRONT_COUNT_MAX 512
/* Dice of the best candidate's characters below which sound is searched as well. */
#define SOUND_NEEDED_BELOW 0.5f
/* Leading entries that make each other's crowd. */
#define RIVAL_COUNT 24
/* Entries the pair model is asked about, how far behind the first they may be, and the bound of its
 * logits. */
#define PAIR_COUNT 12
#define PAIR_REACH 8.0f
#define PAIR_LOGIT_MAX 6.0f
#define LOG_ODDS_MAX 8.0f
/* Confidence of the entry that has the utterance word for word: an editor said what it means. */
#define EXACT_CONFIDENCE_MIN 0.95f
/* Confidence of an entry a guard speaks against: below every sensible threshold. */
#define GUARDED_CONFIDENCE_MAX 0.3f

typedef struct quick {
    uint32_t question;
    float score;
} quick;

typedef struct scored {
    uint32_t question;
    uint32_t entry;
    float score; /* of the question's features alone */
    float feature[JIEDA__FEATURE_COUNT];
} scored;

/* The centres of the leading entries. */
typedef struct rivals {
    size_t count;
    int8_t centres[RIVAL_COUNT][JIEDA__EMBEDDING_SIZE];
    int32_t products[RIVAL_COUNT]; /* scratch */
} rivals;

/* ---- select ---------------------------------------------------------------------------------- */

static int by_quick_score(const void *left, const void *right)
{
    const quick *a = left, *b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->question < b->question ? -1 : a->question > b->question;
}

static size_t bin_of(float score)
{
    size_t bin = (size_t)(score * ((float)BIN_COUNT / QUICK_SCORE_MAX));

    return bin < BIN_COUNT ? bin : BIN_COUNT - 1;
}

/* Moves the questions of the best bins, at least `want` of them if there are, to the front, sorts
 * them and returns how many they are. A full sort of thousands would cost more than the matching.
 */
static size_t best_to_front(quick *list, size_t count, size_t want)
{
    uint32_t bins[BIN_COUNT] = {0};
    size_t threshold = BIN_COUNT, kept = 0, in_front = 0;

    for (size_t i = 0; i < count; i++)
        bins[bin_of(list[i].score)]++;
    while (threshold > 0 && kept < want)
        kept += bins[--threshold];
    for (size_t i = 0; i < count; i++) {
        if (bin_of(list[i].score) >= threshold) {
            quick swap = list[in_front];

            list[in_front++] = list[i];
            list[i] = swap;
        }
    }
    if (in_front > 1)
        qsort(list, in_front, sizeof *list, by_quick_score);
    return in_front;
}

/* Whether an entry is already among the scored; the list is short. */
static bool has_entry(const scored *list, size_t count, uint32_t entry)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].entry == entry)
            return true;
    return false;
}

/* Fills `picked` from the sorted front: the best `max` questions, then more entries' best. */
static void pick(const jieda__kb *kb, const quick *list, size_t front, size_t max, scored *picked,
                 size_t *count, size_t *entries)
{
    *count = *entries = 0;
    for (size_t i = 0; i < front && *count < max + ENTRY_COUNT_MIN; i++) {
        uint32_t entry = kb->questions[list[i].question].entry;
        bool fresh = !has_entry(picked, *count, entry);

        if (*count < max || (fresh && *entries < ENTRY_COUNT_MIN)) {
            picked[(*count)++] = (scored){.question = list[i].question, .entry = entry};
            *entries += fresh;
        }
    }
}

/* Among a million questions a candidate is in no cache, and waiting for one after the other is most
 * of what comparing them would cost. So those ahead are asked for: the row first, for it says where
 * the codes are; of these two cache lines, which hold a question of some fifteen units. */
#define PREFETCH_AHEAD(kb, list, count, i)                                                         \
    do {                                                                                           \
        if ((i) + 2 * PREFETCH_DISTANCE < (count))                                                 \
            JIEDA__PREFETCH(&(kb)->questions[(list)[(i) + 2 * PREFETCH_DISTANCE]]);                \
        if ((i) + PREFETCH_DISTANCE < (count)) {                                                   \
            const uint16_t *codes =                                                                \
                (kb)->codes + (kb)->questions[(list)[(i) + PREFETCH_DISTANCE]].first_code;         \
                                                                                                   \
            JIEDA__PREFETCH(codes);                                                                \
            JIEDA__PREFETCH((const char *)codes + 64);                                             \
        }                                                                                          \
    } while (0)

/* Quick scores of all candidates that may be shown. @return how many. */
static size_t score_quickly(jieda__query *query, const jieda__match_options *options,
                            const jieda__candidates *candidates, bool by_sound, quick *list,
                            float *best_out)
{
    const jieda__kb *kb = query->kb;
    size_t count = 0;

    *best_out = 0.0f;
    for (size_t i = 0; i < candidates->count; i++) {
        uint32_t question = candidates->questions[i], entry = kb->questions[question].entry;
        float score;

        PREFETCH_AHEAD(kb, candidates->questions, candidates->count, i);
        if (question == options->leave_out)
            continue;
        if (options->filter && entry != JIEDA__NONE && !options->filter(options->filter_ctx, entry))
            continue;
        score = jieda__query_quick_score(query, question, by_sound);
        list[count++] = (quick){question, score};
        if (score > *best_out)
            *best_out = score;
    }
    return count;
}

static bool has_question(const scored *list, size_t count, uint32_t question)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].question == question)
            return true;
    return false;
}

/* Adds the nearest wording of each entry that is near by meaning, and the nearest questions out of
 * scope: the index finds no paraphrase that shares no rare character. */
static size_t pick_by_meaning(const jieda__meaning *meaning, const jieda__match_options *options,
                              scored *picked, size_t count)
{
    uint32_t entries[JIEDA__MEANING_ENTRY_COUNT], outside[JIEDA__MEANING_OUTSIDE_COUNT];
    size_t outside_count, entry_count = jieda__meaning_entries(meaning, entries);

    for (size_t i = 0; i < entry_count; i++) {
        uint32_t question;

        if (options->filter && !options->filter(options->filter_ctx, entries[i]))
            continue;
        question = jieda__meaning_wording(meaning, entries[i]);
        if (question != JIEDA__NONE && !has_question(picked, count, question))
            picked[count++] = (scored){.question = question, .entry = entries[i]};
    }
    outside_count = jieda__meaning_outside(meaning, outside);
    for (size_t i = 0; i < outside_count; i++)
        if (!has_question(picked, count, outside[i]))
            picked[count++] = (scored){.question = outside[i], .entry = JIEDA__NONE};
    return count;
}

/* Postings that pay. Where a model's vectors of all entries are compared, what few words find in
 * common adds little: on the wallet pack 150 instead of 400 take a quarter off the time and lose
 * nothing (docs/MATCHING.md). Past that many entries vectors are looked for in clusters, which may
 * miss some. */
static uint32_t posting_budget(const jieda__kb *kb, const jieda__match_options *options)
{
    bool all_compared = options->learned && options->learned->present &&
                        kb->entry_count <= JIEDA__UNCLUSTERED_COUNT_MAX;

    if (options->posting_count_max > 0)
        return options->posting_count_max;
    return all_compared ? POSTING_COUNT_WITH_VECTORS : POSTING_COUNT;
}

static jieda_status select_questions(jieda__reader *reader, jieda__arena *arena,
                                     const jieda__reading *reading, jieda__query *query,
                                     const jieda__meaning *meaning,
                                     const jieda__match_options *options,
                                     jieda__candidates *candidates, scored **out, size_t *count_out,
                                     jieda_error *err)
{
    const jieda__kb *kb = reader->kb;
    size_t list_count, count = 0, entries = 0, max = options->rerank_count_max;
    scored *picked = jieda__arena_alloc(
        arena, (max + ENTRY_COUNT_MIN + JIEDA__MEANING_ENTRY_COUNT + JIEDA__MEANING_OUTSIDE_COUNT) *
                   sizeof *picked);
    quick *list;
    float best;
    jieda_status st = jieda__candidates_find(reader, arena, reading,
                                             posting_budget(reader->kb, options), candidates, err);

    if (st != JIEDA_OK)
        return st;
    list = jieda__arena_alloc(arena, (candidates->count + 1) * sizeof *list);
    if (!list || !picked)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    list_count = score_quickly(query, options, candidates, false, list, &best);
    if (best < SOUND_NEEDED_BELOW) {
        st = jieda__candidates_find_by_sound(reader, arena, reading,
                                             posting_budget(reader->kb, options), candidates, err);
        if (st != JIEDA_OK)
            return st;
        list = jieda__arena_alloc(arena, (candidates->count + 1) * sizeof *list);
        if (!list)
            return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        list_count = score_quickly(query, options, candidates, true, list, &best);
    }
    /* One entry's many wordings may fill the whole selection: then look further for others. */
    for (size_t want = max; entries < ENTRY_COUNT_MIN; want *= 4) {
        size_t front = best_to_front(list, list_count, want);

        pick(kb, list, front, max, picked, &count, &entries);
        if (front == list_count || want >= FRONT_COUNT_MAX)
            break;
    }
    *out = picked;
    *count_out = meaning->learned ? pick_by_meaning(meaning, options, picked, count) : count;
    return JIEDA_OK;
}

/* ---- rank ------------------------------------------------------------------------------------ */

static float weigh(const float *weight, const float *value, size_t count)
{
    float sum = 0.0f;

    for (size_t i = 0; i < count; i++)
        sum += weight[i] * value[i];
    return sum;
}

static int by_score(const void *left, const void *right)
{
    const jieda__match *a = left, *b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static void sort_by_score(const jieda__weights *weights, jieda__matches *out)
{
    for (size_t i = 0; i < out->count; i++)
        out->items[i].score = weigh(weights->feature, out->items[i].feature, JIEDA__FEATURE_COUNT);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_score);
}

/* Mean score of the best wordings of an entry (JIEDA__NONE: of what is out of scope) but one. */
static float support(const jieda__kb *kb, const scored *list, size_t count, uint32_t entry,
                     uint32_t but)
{
    float best[SUPPORT_COUNT] = {0}, sum = 0.0f;

    for (size_t i = 0; i < count; i++) {
        float score = list[i].score;

        if (list[i].entry != entry || list[i].question == but ||
            kb->questions[list[i].question].kind == JIEDA__QUESTION_NOT)
            continue;
        for (size_t s = 0; s < SUPPORT_COUNT; s++) {
            if (score > best[s]) {
                float swap = best[s];

                best[s] = score;
                score = swap;
            }
        }
    }
    for (size_t s = 0; s < SUPPORT_COUNT; s++)
        sum += best[s];
    return sum / SUPPORT_COUNT;
}

/* Groups the scored questions by entry: best wording, support, not[] evidence. */
static size_t group_by_entry(const jieda__kb *kb, const scored *list, size_t count,
                             jieda__match *matches)
{
    size_t match_count = 0;

    for (size_t i = 0; i < count; i++) {
        jieda__match *m = NULL;

        if (kb->questions[list[i].question].kind != JIEDA__QUESTION_POSITIVE)
            continue;
        for (size_t k = 0; k < match_count && !m; k++)
            if (matches[k].entry == list[i].entry)
                m = &matches[k];
        if (!m) {
            m = &matches[match_count++];
            *m = (jieda__match){.entry = list[i].entry, .question = JIEDA__NONE};
        }
        if (m->question == JIEDA__NONE || list[i].score > m->score) {
            m->question = list[i].question;
            m->score = list[i].score;
            memcpy(m->feature, list[i].feature, sizeof m->feature);
        }
    }
    for (size_t k = 0; k < match_count; k++) {
        matches[k].feature[JIEDA__FEATURE_SUPPORT] =
            support(kb, list, count, matches[k].entry, matches[k].question);
        for (size_t i = 0; i < count; i++)
            if (list[i].entry == matches[k].entry && list[i].score > matches[k].score &&
                kb->questions[list[i].question].kind == JIEDA__QUESTION_NOT)
                matches[k].feature[JIEDA__FEATURE_NOT] = 1.0f;
    }
    return match_count;
}

static int by_entry(const void *left, const void *right)
{
    const jieda__match *a = left, *b = right;

    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

/* The logit of the pair model, within what is worth telling apart. */
static float pair_feature(const jieda__meaning *meaning, uint32_t question)
{
    jieda__pair_score score;
    float logit;

    jieda__meaning_pair(meaning, question, &score);
    logit = (float)jieda__pair_logit(&meaning->learned->model, &score);
    return logit > PAIR_LOGIT_MAX    ? PAIR_LOGIT_MAX
           : logit < -PAIR_LOGIT_MAX ? -PAIR_LOGIT_MAX
                                     : logit;
}

/* Asks the pair model about the leading entries, for it is the dearest of the features: those near
 * enough to the first that it could matter. The others get the least of what these got, so that
 * they cannot gain by not being asked. */
static void judge_pairs(const jieda__meaning *meaning, jieda__match *matches, size_t count)
{
    float least = PAIR_LOGIT_MAX;

    for (size_t i = 0; i < count; i++) {
        if (i < PAIR_COUNT && matches[i].score > matches[0].score - PAIR_REACH) {
            matches[i].feature[JIEDA__FEATURE_PAIR] = pair_feature(meaning, matches[i].question);
            if (matches[i].feature[JIEDA__FEATURE_PAIR] < least)
                least = matches[i].feature[JIEDA__FEATURE_PAIR];
        } else {
            matches[i].feature[JIEDA__FEATURE_PAIR] = least;
        }
    }
}

/* The best of the questions out of scope, best first. */
static size_t nearest_outside(const scored *list, size_t count, uint32_t nearest[OUTSIDE_COUNT])
{
    float score[OUTSIDE_COUNT];
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        size_t place = found < OUTSIDE_COUNT ? found : OUTSIDE_COUNT - 1;

        if (list[i].entry != JIEDA__NONE ||
            (found == OUTSIDE_COUNT && list[i].score <= score[OUTSIDE_COUNT - 1]))
            continue;
        found = place + 1 > found ? place + 1 : found;
        for (; place > 0 && list[i].score > score[place - 1]; place--) {
            score[place] = score[place - 1];
            nearest[place] = nearest[place - 1];
        }
        score[place] = list[i].score;
        nearest[place] = list[i].question;
    }
    return found;
}

static void judge_centres(const jieda__meaning *meaning, jieda__match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int8_t centre[JIEDA__EMBEDDING_SIZE];

        jieda__meaning_centre(meaning, matches[i].entry, centre);
        matches[i].feature[JIEDA__FEATURE_CENTRE] = jieda__vector_cosine(meaning->vector, centre);
    }
}

/* Compares the leading entries with each other. An entry that is much like its rivals is near to
 * many utterances and so says less by being near to this one. The others get the most of what these
 * got, so that they cannot gain by not being asked. */
static void judge_crowds(const jieda__meaning *meaning, jieda__match *matches, size_t count,
                         rivals *out)
{
    jieda__crowd crowds[RIVAL_COUNT];
    float most = 0.0f;

    out->count = count < RIVAL_COUNT ? count : RIVAL_COUNT;
    for (size_t i = 0; i < out->count; i++)
        jieda__meaning_centre(meaning, matches[i].entry, out->centres[i]);
    jieda__crowds_find(out->centres[0], out->count, crowds, out->products);
    for (size_t i = 0; i < out->count; i++) {
        float crowd = jieda__crowd_cosine(&crowds[i]);

        matches[i].feature[JIEDA__FEATURE_CROWD] = crowd;
        most = crowd > most ? crowd : most;
    }
    for (size_t i = out->count; i < count; i++)
        matches[i].feature[JIEDA__FEATURE_CROWD] = most;
}

/* What is out of scope competes like an entry: by its nearest question, supported by the next. */
static void weigh_out_of_scope(jieda__query *query, const jieda__meaning *meaning, rivals *leading,
                               const jieda__weights *weights, const scored *list, size_t count,
                               jieda__matches *out)
{
    uint32_t nearest[OUTSIDE_COUNT];
    jieda__match rival = {.question = JIEDA__NONE};
    jieda__crowd crowd;
    size_t nearest_count = nearest_outside(list, count, nearest);

    if (nearest_count == 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (list[i].question == nearest[0])
            memcpy(rival.feature, list[i].feature, sizeof rival.feature);
    rival.question = nearest[0];
    jieda__query_own_profile(query, nearest, nearest_count, &rival);
    rival.feature[JIEDA__FEATURE_SUPPORT] =
        support(query->kb, list, count, JIEDA__NONE, rival.question);
    if (meaning->learned) {
        rival.feature[JIEDA__FEATURE_CENTRE] = rival.feature[JIEDA__FEATURE_COSINE];
        jieda__crowd_find(jieda__meaning_vector(meaning, rival.question), leading->centres[0],
                          leading->count, &crowd, leading->products);
        rival.feature[JIEDA__FEATURE_CROWD] = jieda__crowd_cosine(&crowd);
        rival.feature[JIEDA__FEATURE_PAIR] = pair_feature(meaning, rival.question);
    }
    out->out_of_scope_question = rival.question;
    out->out_of_scope_score = weigh(weights->feature, rival.feature, JIEDA__FEATURE_COUNT);
}

/* ---- judge ----------------------------------------------------------------------------------- */

const char *jieda__match_guard(const jieda__match *match)
{
    if (match->feature[JIEDA__FEATURE_OPPOSITE] > 0.0f)
        return jieda__feature_name(JIEDA__FEATURE_OPPOSITE);
    if (match->feature[JIEDA__FEATURE_NOT] > 0.0f)
        return jieda__feature_name(JIEDA__FEATURE_NOT);
    return NULL;
}

/* How the entry stands against everything else that was found: score - log(sum of exp(rivals)). */
static float log_odds(const jieda__matches *matches, size_t index)
{
    float own = matches->items[index].score, sum = 0.0f, odds;

    for (size_t i = 0; i < matches->count; i++)
        if (i != index)
            sum += expf(matches->items[i].score - own);
    if (matches->out_of_scope_question != JIEDA__NONE)
        sum += expf(matches->out_of_scope_score - own);
    odds = sum > 0.0f ? -logf(sum) : LOG_ODDS_MAX;
    return odds > LOG_ODDS_MAX ? LOG_ODDS_MAX : odds < -LOG_ODDS_MAX ? -LOG_ODDS_MAX : odds;
}

static void judge(const jieda__query *query, const jieda__reading *reading,
                  const jieda__weights *weights, jieda__matches *out)
{
    size_t units = query->sound_only ? reading->pinyin.count : reading->raw.count;
    float shortness = 1.0f / (float)(units ? units : 1);

    for (size_t i = 0; i < out->count; i++) {
        jieda__match *m = &out->items[i];
        float logit;

        m->signal[JIEDA__SIGNAL_ODDS] = log_odds(out, i);
        m->signal[JIEDA__SIGNAL_SCORE] =
            m->score - m->feature[JIEDA__FEATURE_EXACT] * weights->feature[JIEDA__FEATURE_EXACT];
        m->signal[JIEDA__SIGNAL_COVER_QUESTION] = m->feature[JIEDA__FEATURE_COVER_QUESTION];
        m->signal[JIEDA__SIGNAL_SHORT] = shortness;
        m->signal[JIEDA__SIGNAL_CENTRE] = m->feature[JIEDA__FEATURE_CENTRE];
        m->signal[JIEDA__SIGNAL_PAIR] = m->feature[JIEDA__FEATURE_PAIR];
        logit = weights->signal_bias + weigh(weights->signal, m->signal, JIEDA__SIGNAL_COUNT);
        m->confidence = 1.0f / (1.0f + expf(-logit));
        if (i == 0 && m->feature[JIEDA__FEATURE_EXACT] > 0.0f &&
            m->confidence < EXACT_CONFIDENCE_MIN)
            m->confidence = EXACT_CONFIDENCE_MIN;
        if (jieda__match_guard(m) && m->confidence > GUARDED_CONFIDENCE_MAX)
            m->confidence = GUARDED_CONFIDENCE_MAX;
    }
}

jieda_status jieda__match_run(jieda__reader *reader, jieda__arena *arena,
                              const jieda__reading *reading, const jieda__match_options *options,
                              jieda__matches *out, jieda_error *err)
{
    const jieda__kb *kb = reader->kb;
    const jieda__weights *weights =
        options->weights ? options->weights : jieda__learned_weights(options->learned);
    jieda__query query;
    jieda__meaning meaning;
    rivals leading;
    scored *list = NULL;
    size_t count = 0;
    jieda_status st;

    *out = (jieda__matches){.out_of_scope_question = JIEDA__NONE};
    if (jieda__query_init(&query, arena, kb, reading, options->leave_out != JIEDA__NONE) !=
        JIEDA_OK)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    jieda__meaning_init(&meaning, options->learned, reading, options->leave_out);
    st = select_questions(reader, arena, reading, &query, &meaning, options, &out->candidates,
                          &list, &count, err);
    if (st != JIEDA_OK)
        return st;
    out->items = jieda__arena_alloc(arena, (count + 1) * sizeof *out->items);
    out->ranked = jieda__arena_alloc(arena, (count + 1) * sizeof *out->ranked);
    if (!out->items || !out->ranked)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");

    out->ranked_count = count;
    for (size_t i = 0; i < count; i++) {
        out->ranked[i] = list[i].question;
        jieda__query_features(&query, list[i].question, list[i].feature);
        if (meaning.learned)
            list[i].feature[JIEDA__FEATURE_COSINE] =
                jieda__meaning_cosine(&meaning, list[i].question);
        list[i].score = weigh(weights->feature, list[i].feature, JIEDA__FEATURE_OF_ENTRY);
    }
    out->count = group_by_entry(kb, list, count, out->items);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_entry);
    jieda__query_profiles(&query, out->items, out->count, options->leave_out);
    if (meaning.learned)
        judge_centres(&meaning, out->items, out->count);
    sort_by_score(weights, out);
    if (meaning.learned) {
        judge_crowds(&meaning, out->items, out->count, &leading);
        judge_pairs(&meaning, out->items, out->count);
        sort_by_score(weights, out);
    }
    weigh_out_of_scope(&query, &meaning, &leading, weights, list, count, out);
    judge(&query, reading, weights, out);
    return JIEDA_OK;
}
