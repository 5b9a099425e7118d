/*
 * pair.c - what can be computed of two texts: ratios and sparse grams; see pair.h.
 *
 * Texts are short, some dozen units, so overlaps are plain double loops over hashes: no table is
 * built or cleared.
 */
#include "match/pair.h"

#include "text/unihan.h"

#include <math.h>
#include <string.h>

/* Units of a kind (only here, only there, common) that are paired with each other. */
#define ASSOCIATION_COUNT_MAX 24u

uint32_t jieda__unit_hash(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

uint32_t jieda__syllable_hash(uint32_t syllable)
{
    /* By name, for numbers of syllables follow the Unicode version and models outlive it. */
    jieda_str name = jieda__str(jieda__text_syllable_name(syllable));

    return (uint32_t)(jieda__hash(JIEDA__HASH_SEED, name.ptr, name.len) >> 32);
}

uint32_t jieda__unit_sound(const jieda__unit *unit)
{
    uint32_t syllable = unit->kind == JIEDA__UNIT_CHAR ? jieda__text_syllable(unit->cp) : 0;

    return syllable ? jieda__syllable_hash(syllable) : jieda__unit_hash(unit->key);
}

static void put_hash(jieda__side_view *view, uint32_t hash)
{
    if (view->count < JIEDA__SIDE_UNIT_MAX)
        view->hash[view->count++] = hash;
}

/* The syllables a unit of letters is spelled with ("zhifu"), or the unit. `next` walks the pinyin
 * view, which is in the order of the text. */
static void put_spelled(jieda__side_view *sound, const jieda__unit *unit,
                        const jieda__units *pinyin, size_t *next)
{
    uint32_t before = sound->count;

    while (*next < pinyin->count && pinyin->items[*next].first < unit->first)
        (*next)++;
    for (; *next < pinyin->count && pinyin->items[*next].first == unit->first; (*next)++)
        put_hash(sound, jieda__syllable_hash(pinyin->items[*next].cp));
    if (sound->count == before)
        put_hash(sound, jieda__unit_hash(unit->key));
}

void jieda__side_read(jieda__side *side, const jieda__reading *reading)
{
    size_t next = 0;

    side->raw.count = side->canon.count = side->sound.count = 0;
    for (size_t i = 0; i < reading->raw.count; i++)
        put_hash(&side->raw, jieda__unit_hash(reading->raw.items[i].key));
    for (size_t i = 0; i < reading->canonical.count; i++) {
        const jieda__unit *unit = &reading->canonical.items[i];

        put_hash(&side->canon, jieda__unit_hash(unit->key));
        if (unit->kind != JIEDA__UNIT_WORD) /* a question class sounds like itself */
            put_hash(&side->sound, jieda__unit_sound(unit));
        else
            put_spelled(&side->sound, unit, &reading->pinyin, &next);
    }
    side->question_classes = reading->question_classes;
    side->negation_count = reading->negation_count;
}

/* ---- ratios ---------------------------------------------------------------------------------- */

static float dice(float common, float mass, float other_mass)
{
    float sum = mass + other_mass;

    return sum > 0.0f ? 2.0f * common / sum : 0.0f;
}

static float ratio_of(float part, float whole)
{
    return whole > 0.0f ? part / whole : 0.0f;
}

/* Weight in common, as multisets. */
static float common_weight(const jieda__side_view *a, const jieda__side_view *b)
{
    uint64_t taken = 0;
    float sum = 0.0f;

    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t k = 0; k < b->count; k++) {
            if (a->hash[i] == b->hash[k] && !(taken >> k & 1)) {
                taken |= 1ULL << k;
                sum += a->weight[i];
                break;
            }
        }
    }
    return sum;
}

/* Dice of pairs of units `from` to `to` places apart; a pair weighs what its units do. */
static float pair_dice(const jieda__side_view *a, const jieda__side_view *b, uint32_t from,
                       uint32_t to)
{
    bool taken[2 * JIEDA__SIDE_UNIT_MAX] = {false};
    float common = 0.0f, mass = 0.0f;

    for (uint32_t gap = from; gap <= to; gap++) {
        for (uint32_t k = gap; k < b->count; k++)
            mass += b->weight[k - gap] + b->weight[k];
        for (uint32_t i = gap; i < a->count; i++)
            mass += a->weight[i - gap] + a->weight[i];
    }
    for (uint32_t gap = from; gap <= to; gap++) {
        for (uint32_t i = gap; i < a->count; i++) {
            bool found = false;

            for (uint32_t other = from; other <= to && !found; other++) {
                bool *used = taken + (other - from) * JIEDA__SIDE_UNIT_MAX;

                for (uint32_t k = other; k < b->count && !found; k++) {
                    if (a->hash[i] == b->hash[k] && a->hash[i - gap] == b->hash[k - other] &&
                        !used[k]) {
                        used[k] = found = true;
                        common += a->weight[i - gap] + a->weight[i];
                    }
                }
            }
        }
    }
    return mass > 0.0f ? 2.0f * common / mass : 0.0f;
}

/* Weight of the weightiest common subsequence. */
static float common_order(const jieda__side_view *a, const jieda__side_view *b)
{
    float best[JIEDA__SIDE_UNIT_MAX + 1] = {0};

    for (uint32_t i = 0; i < a->count; i++) {
        float diagonal = 0.0f; /* best[k] of the row before */

        for (uint32_t k = 0; k < b->count; k++) {
            float above = best[k + 1];
            float with = a->hash[i] == b->hash[k] ? diagonal + a->weight[i] : 0.0f;

            if (with > best[k + 1])
                best[k + 1] = with;
            if (best[k] > best[k + 1])
                best[k + 1] = best[k];
            diagonal = above;
        }
    }
    return best[b->count];
}

static float bits_ratio(uint32_t a, uint32_t b)
{
    if ((a | b) == 0)
        return -1.0f;
    return (float)__builtin_popcount(a & b) / (float)__builtin_popcount(a | b);
}

void jieda__pair_ratios(const jieda__side *a, const jieda__side *b, float ratio[JIEDA__RATIO_COUNT])
{
    float common = common_weight(&a->canon, &b->canon);
    float cover_a = ratio_of(common, a->canon.mass), cover_b = ratio_of(common, b->canon.mass);
    float shorter = (float)(a->canon.count < b->canon.count ? a->canon.count : b->canon.count);
    float longer = (float)(a->canon.count > b->canon.count ? a->canon.count : b->canon.count);

    ratio[JIEDA__RATIO_CANON] = dice(common, a->canon.mass, b->canon.mass);
    ratio[JIEDA__RATIO_COVER_MIN] = cover_a < cover_b ? cover_a : cover_b;
    ratio[JIEDA__RATIO_COVER_MAX] = cover_a > cover_b ? cover_a : cover_b;
    ratio[JIEDA__RATIO_PAIR] = pair_dice(&a->canon, &b->canon, 1, 1);
    ratio[JIEDA__RATIO_SKIP] = pair_dice(&a->canon, &b->canon, 2, 3);
    ratio[JIEDA__RATIO_SOUND] =
        dice(common_weight(&a->sound, &b->sound), a->sound.mass, b->sound.mass);
    ratio[JIEDA__RATIO_ORDER] =
        dice(common_order(&a->canon, &b->canon), a->canon.mass, b->canon.mass);
    ratio[JIEDA__RATIO_NEGATION] = (a->negation_count ^ b->negation_count) & 1 ? 1.0f : 0.0f;
    ratio[JIEDA__RATIO_CLASS] = bits_ratio(a->question_classes, b->question_classes);
    ratio[JIEDA__RATIO_LENGTH] = ratio_of(shorter, longer);
    ratio[JIEDA__RATIO_RAW] = dice(common_weight(&a->raw, &b->raw), a->raw.mass, b->raw.mass);
    ratio[JIEDA__RATIO_RAW_ORDER] = dice(common_order(&a->raw, &b->raw), a->raw.mass, b->raw.mass);
}

/* ---- sparse grams ---------------------------------------------------------------------------- */

/* Kinds of sparse grams, the salt of their hashes. */
enum { SPARSE_PAIR = 0, SPARSE_COMMON, SPARSE_ONE_SIDED, SPARSE_ASSOCIATION, SPARSE_CONTEXT };

/* How much a gram of the kind says, against one that is common or one-sided. */
#define ONE_VALUE 2.0f
#define ASSOCIATION_VALUE 1.0f
#define CONTEXT_VALUE 1.5f

static uint32_t mix(uint32_t a, uint32_t b, uint32_t salt)
{
    return (uint32_t)(jieda__hash_mix(((uint64_t)a << 32 | b) + salt * 0x9e3779b97f4a7c15ULL) >>
                      32);
}

static void put(jieda__sparse *out, uint32_t hash, float value)
{
    if (out->count == JIEDA__SPARSE_COUNT_MAX)
        return;
    out->hash[out->count] = hash;
    out->value[out->count++] = value;
}

/* Distinct grams of a text: its units, then its neighbouring pairs. */
typedef struct gram_set {
    uint32_t gram[2 * JIEDA__SIDE_UNIT_MAX];
    bool common[2 * JIEDA__SIDE_UNIT_MAX]; /* the other text has it too */
    uint32_t unit_count;
    uint32_t count;
} gram_set;

static void add_gram(gram_set *set, uint32_t from, uint32_t gram)
{
    for (uint32_t i = from; i < set->count; i++)
        if (set->gram[i] == gram)
            return;
    set->gram[set->count++] = gram;
}

static void collect_grams(const jieda__side_view *view, gram_set *set)
{
    set->count = 0;
    for (uint32_t i = 0; i < view->count; i++)
        add_gram(set, 0, view->hash[i]);
    set->unit_count = set->count;
    for (uint32_t i = 1; i < view->count; i++)
        add_gram(set, set->unit_count, mix(view->hash[i - 1], view->hash[i], SPARSE_PAIR));
}

static void mark_common(gram_set *a, const gram_set *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        bool of_unit = i < a->unit_count;
        uint32_t end = of_unit ? b->unit_count : b->count;

        a->common[i] = false;
        for (uint32_t k = of_unit ? 0 : b->unit_count; k < end && !a->common[i]; k++)
            a->common[i] = a->gram[i] == b->gram[k];
    }
}

/* Copies the first ASSOCIATION_COUNT_MAX units that are common, or are not. */
static uint32_t pick_units(const gram_set *set, bool common, uint32_t *out)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < set->unit_count && count < ASSOCIATION_COUNT_MAX; i++)
        if (set->common[i] == common)
            out[count++] = set->gram[i];
    return count;
}

/* All pairs of x and y, worth `value` together, however many they are. */
static void put_product(jieda__sparse *out, const uint32_t *x, uint32_t x_count, const uint32_t *y,
                        uint32_t y_count, uint32_t kind, bool ordered, float value)
{
    value /= sqrtf((float)(x_count * y_count) + 1.0f);
    for (uint32_t i = 0; i < x_count; i++)
        for (uint32_t k = 0; k < y_count; k++)
            put(out, ordered || x[i] < y[k] ? mix(x[i], y[k], kind) : mix(y[k], x[i], kind), value);
}

/* The order of the calls is part of the format: where a pair has too many grams, the last are cut.
 */
void jieda__pair_sparse(const jieda__side *a, const jieda__side *b, jieda__sparse *out)
{
    uint32_t one_sided[2 * ASSOCIATION_COUNT_MAX], common[ASSOCIATION_COUNT_MAX];
    uint32_t only_a_count, only_b_count, common_count;
    gram_set set_a, set_b;
    float value;

    out->count = 0;
    collect_grams(&a->canon, &set_a);
    collect_grams(&b->canon, &set_b);
    mark_common(&set_a, &set_b);
    mark_common(&set_b, &set_a);
    value = ONE_VALUE / sqrtf((float)(set_a.count + set_b.count) + 1.0f);
    for (uint32_t i = 0; i < set_a.count; i++)
        put(out, mix(set_a.gram[i], 0, set_a.common[i] ? SPARSE_COMMON : SPARSE_ONE_SIDED), value);
    for (uint32_t i = 0; i < set_b.count; i++)
        if (!set_b.common[i])
            put(out, mix(set_b.gram[i], 0, SPARSE_ONE_SIDED), value);

    common_count = pick_units(&set_a, true, common);
    only_a_count = pick_units(&set_a, false, one_sided);
    only_b_count = pick_units(&set_b, false, one_sided + only_a_count);
    put_product(out, one_sided, only_a_count, one_sided + only_a_count, only_b_count,
                SPARSE_ASSOCIATION, false, ASSOCIATION_VALUE);
    put_product(out, one_sided, only_a_count + only_b_count, common, common_count, SPARSE_CONTEXT,
                true, CONTEXT_VALUE);
}

/* ---- embedding ------------------------------------------------------------------------------- */

/* Salts of the rows, apart from the sparse grams'. */
enum { ROW_CANON = 16, ROW_SOUND };

/* Keeps the list ascending and distinct. */
static size_t put_rows(const jieda__side_view *view, uint32_t salt, uint32_t *rows, size_t count)
{
    for (uint32_t i = 0; i < view->count; i++) {
        uint32_t row = mix(view->hash[i], 0, salt) % JIEDA__EMBEDDING_ROW_COUNT;
        size_t at = count;

        while (at > 0 && rows[at - 1] > row)
            at--;
        if (at > 0 && rows[at - 1] == row)
            continue;
        memmove(rows + at + 1, rows + at, (count - at) * sizeof *rows);
        rows[at] = row;
        count++;
    }
    return count;
}

size_t jieda__embedding_rows(const jieda__side *side, uint32_t *rows)
{
    size_t count = put_rows(&side->canon, ROW_CANON, rows, 0);

    return put_rows(&side->sound, ROW_SOUND, rows, count);
}
