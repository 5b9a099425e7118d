/*
 * pair_test.c - what can be computed of two texts is what pair.h says.
 *
 * Ratios are checked on sides written by hand: a letter is a unit that weighs 1, a capital one that
 * weighs 3, so every expected number can be worked out on paper. Symmetry, limits and spelling are
 * checked on texts as the base lexicon reads them.
 */
#include "fixture.h"
#include "support/kb_fixture.h"

#include "match/model.h"
#include "text/unihan.h"

#include <ctype.h>
#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define READ_BYTES_MAX ((size_t)64 * 1024 * 1024)

static fixture_lexicon base;

static int make_lexicon(void **state)
{
    (void)state;
    fixture_lexicon_init(&base);
    return 0;
}

static int free_lexicon(void **state)
{
    (void)state;
    fixture_lexicon_free(&base);
    return 0;
}

static void assert_near(const char *what, double actual, double expected)
{
    if (!(fabs(actual - expected) < 1e-5))
        fail_msg("%s: %.7g where %.7g was expected", what, actual, expected);
}

/* ---- sides ----------------------------------------------------------------------------------- */

static void write_view(jieda__side_view *view, const char *letters)
{
    *view = (jieda__side_view){0};
    for (; *letters; letters++) {
        view->hash[view->count] = (uint32_t)*letters * 0x9e3779b1u;
        view->weight[view->count] = isupper((unsigned char)*letters) ? 3.0f : 1.0f;
        view->mass += view->weight[view->count++];
    }
}

static void write_side(jieda__side *side, const char *raw, const char *canon, const char *sound)
{
    side->question_classes = side->negation_count = 0;
    write_view(&side->raw, raw);
    write_view(&side->canon, canon);
    write_view(&side->sound, sound);
}

static void read_side(jieda__side *side, jieda_str text)
{
    jieda__arena arena;
    jieda__reading reading;

    jieda__arena_init(&arena, jieda__default_allocator(), READ_BYTES_MAX);
    assert_int_equal(jieda__text_read(&arena, base.lexicon, text, &reading), JIEDA_OK);
    jieda__side_read(side, &reading);
    jieda__arena_free(&arena);
}

/* Weights that differ from unit to unit, as a model's do. */
static void read_weighed(jieda__side *side, const char *text)
{
    static uint8_t idf[JIEDA__IDF_COUNT];

    if (idf[0] == 0)
        for (uint32_t i = 0; i < JIEDA__IDF_COUNT; i++)
            idf[i] = (uint8_t)(1 + jieda__hash_mix(i) % 200);
    read_side(side, str(text));
    jieda__side_weigh(side, idf);
}

/* ---- ratios ---------------------------------------------------------------------------------- */

static const struct ratio_case {
    const char *a, *b;
    double canon, cover_min, cover_max, pair, skip, order, length;
} ratio_cases[] = {
    {"abcd", "abcd", 1, 1, 1, 1, 1, 1, 1},
    {"abc", "ab", 4.0 / 5, 2.0 / 3, 1, 2.0 / 3, 0, 4.0 / 5, 2.0 / 3},
    {"abcd", "dcba", 1, 1, 1, 0, 0, 1.0 / 4, 1},
    {"abcd", "acbd", 1, 1, 1, 0, 1.0 / 3, 3.0 / 4, 1},
    {"aab", "abb", 2.0 / 3, 2.0 / 3, 2.0 / 3, 1.0 / 2, 1, 2.0 / 3, 1}, /* of multisets */
    {"aaaa", "a", 2.0 / 5, 1.0 / 4, 1, 0, 0, 2.0 / 5, 1.0 / 4},
    {"axb", "ayzb", 4.0 / 7, 1.0 / 2, 2.0 / 3, 0, 1.0 / 2, 4.0 / 7,
     3.0 / 4},                                                    /* one or two between */
    {"axyzb", "ab", 4.0 / 7, 2.0 / 5, 1, 0, 0, 4.0 / 7, 2.0 / 5}, /* three are too many */
    {"Ab", "Ac", 3.0 / 4, 3.0 / 4, 3.0 / 4, 0, 0, 3.0 / 4, 1},
    {"AbA", "A", 6.0 / 10, 3.0 / 7, 1, 0, 0, 6.0 / 10, 1.0 / 3},
    {"abA", "Aab", 1, 1, 1, 4.0 / 12, 0, 3.0 / 5, 1}, /* the weightiest, not the longest */
    {"abc", "xyz", 0, 0, 0, 0, 0, 0, 1},
    {"abc", "", 0, 0, 0, 0, 0, 0, 0},
    {"", "", 0, 0, 0, 0, 0, 0, 0},
    {"a", "a", 1, 1, 1, 0, 0, 1, 1}, /* a single unit has no neighbours */
};

static void ratios_are_what_can_be_worked_out_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(ratio_cases); i++) {
        const struct ratio_case *c = &ratio_cases[i / 2];
        const char *one = i % 2 ? c->b : c->a, *other = i % 2 ? c->a : c->b;
        const struct {
            jieda__ratio ratio;
            const char *name;
            double expected;
        } wanted[] = {
            {JIEDA__RATIO_CANON, "canon", c->canon},
            {JIEDA__RATIO_COVER_MIN, "cover_min", c->cover_min},
            {JIEDA__RATIO_COVER_MAX, "cover_max", c->cover_max},
            {JIEDA__RATIO_PAIR, "pair", c->pair},
            {JIEDA__RATIO_SKIP, "skip", c->skip},
            {JIEDA__RATIO_SOUND, "sound", c->canon},
            {JIEDA__RATIO_ORDER, "order", c->order},
            {JIEDA__RATIO_NEGATION, "negation", 0},
            {JIEDA__RATIO_CLASS, "class", -1},
            {JIEDA__RATIO_LENGTH, "length", c->length},
            {JIEDA__RATIO_RAW, "raw", c->canon},
            {JIEDA__RATIO_RAW_ORDER, "raw_order", c->order},
        };
        float ratio[JIEDA__RATIO_COUNT];
        jieda__side a, b;

        assert_int_equal(COUNT(wanted), JIEDA__RATIO_COUNT);
        write_side(&a, one, one, one);
        write_side(&b, other, other, other);
        jieda__pair_ratios(&a, &b, ratio);
        for (size_t k = 0; k < COUNT(wanted); k++) {
            char what[80];

            snprintf(what, sizeof what, "\"%s\" and \"%s\", %s", one, other, wanted[k].name);
            assert_near(what, (double)ratio[wanted[k].ratio], wanted[k].expected);
        }
    }
}

static void each_view_has_its_own_ratios(void **state)
{
    float ratio[JIEDA__RATIO_COUNT];
    jieda__side a, b;

    (void)state;
    write_side(&a, "ab", "cdef", "gh");
    write_side(&b, "ba", "cdxy", "gi");
    jieda__pair_ratios(&a, &b, ratio);
    assert_near("raw", (double)ratio[JIEDA__RATIO_RAW], 1);
    assert_near("raw order", (double)ratio[JIEDA__RATIO_RAW_ORDER], 0.5);
    assert_near("canon", (double)ratio[JIEDA__RATIO_CANON], 0.5);
    assert_near("order", (double)ratio[JIEDA__RATIO_ORDER], 0.5);
    assert_near("sound", (double)ratio[JIEDA__RATIO_SOUND], 0.5);
    write_side(&b, "ba", "cdxy", "gh");
    jieda__pair_ratios(&a, &b, ratio);
    assert_near("sound", (double)ratio[JIEDA__RATIO_SOUND], 1);
    assert_near("canon", (double)ratio[JIEDA__RATIO_CANON], 0.5);
}

static const struct mark_case {
    uint32_t classes_a, classes_b, negations_a, negations_b;
    double class_ratio, negation;
} mark_cases[] = {
    {0, 0, 0, 0, -1, 0},  {1, 0, 1, 0, 0, 1},       {1, 1, 1, 1, 1, 0},
    {3, 1, 2, 0, 0.5, 0}, {6, 3, 3, 2, 1.0 / 3, 1}, {0x80000000u, 0x80000001u, 3, 1, 0.5, 0},
};

static void question_classes_and_negations_are_compared_as_sets_and_parity(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mark_cases); i++) {
        const struct mark_case *c = &mark_cases[i];
        float ratio[JIEDA__RATIO_COUNT];
        jieda__side a, b;

        write_side(&a, "a", "a", "a");
        write_side(&b, "a", "a", "a");
        a.question_classes = c->classes_a;
        b.question_classes = c->classes_b;
        a.negation_count = c->negations_a;
        b.negation_count = c->negations_b;
        jieda__pair_ratios(&a, &b, ratio);
        assert_near("class", (double)ratio[JIEDA__RATIO_CLASS], c->class_ratio);
        assert_near("negation", (double)ratio[JIEDA__RATIO_NEGATION], c->negation);
        jieda__pair_ratios(&b, &a, ratio);
        assert_near("class, swapped", (double)ratio[JIEDA__RATIO_CLASS], c->class_ratio);
        assert_near("negation, swapped", (double)ratio[JIEDA__RATIO_NEGATION], c->negation);
    }
}

static void a_side_knows_what_its_text_asks_and_denies(void **state)
{
    float ratio[JIEDA__RATIO_COUNT];
    jieda__side a, b;

    (void)state;
    read_weighed(&a, "怎么退款");
    read_weighed(&b, "如何退款");
    jieda__pair_ratios(&a, &b, ratio);
    assert_near("one class", (double)ratio[JIEDA__RATIO_CLASS], 1);
    assert_near("the same canonical units", (double)ratio[JIEDA__RATIO_CANON], 1);
    assert_true(ratio[JIEDA__RATIO_RAW] < 1.0f);
    read_weighed(&a, "密码能改吗");
    read_weighed(&b, "密码不能改吗");
    jieda__pair_ratios(&a, &b, ratio);
    assert_near("no class", (double)ratio[JIEDA__RATIO_CLASS], -1);
    assert_near("one is negated", (double)ratio[JIEDA__RATIO_NEGATION], 1);
}

/* ---- sparse grams ---------------------------------------------------------------------------- */

/* Grams of a text are its distinct units and neighbours; then come units that only one text has, by
 * those of the other, and by the common ones. */
static const struct sparse_case {
    const char *a, *b;
    uint32_t count;
} sparse_cases[] = {
    {"", "", 0},
    {"a", "", 1},
    {"ab", "ab", 3},               /* a b ab */
    {"aa", "a", 2},                /* a, aa */
    {"ab", "cd", 6 + 4},           /* a b ab c d cd, 2 x 2 */
    {"ab", "ac", 5 + 1 + 2},       /* a b ab c ac, b:c, b:a c:a */
    {"abc", "abd", 7 + 1 + 2 * 2}, /* a b c ab bc d bd, c:d, c d by a b */
    {"abcd", "a", 7 + 0 + 3},      /* nothing to pair b c d with but a */
};

static void sparse_grams_are_as_many_as_there_are_units_to_pair(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sparse_cases); i++) {
        const struct sparse_case *c = &sparse_cases[i];
        jieda__sparse sparse;
        jieda__side a, b;

        write_side(&a, "", c->a, "");
        write_side(&b, "", c->b, "");
        jieda__pair_sparse(&a, &b, &sparse);
        if (sparse.count != c->count)
            fail_msg("\"%s\" and \"%s\": %u grams where %u were expected", c->a, c->b, sparse.count,
                     c->count);
        jieda__pair_sparse(&b, &a, &sparse);
        assert_int_equal(sparse.count, c->count);
        for (uint32_t k = 0; k < sparse.count; k++)
            assert_true(sparse.value[k] > 0.0f && sparse.value[k] <= 2.0f);
    }
}

/* A gram both have, and one that one has, are not the same lesson. */
static void a_common_gram_is_another_than_a_one_sided_one(void **state)
{
    jieda__sparse common, one_sided;
    jieda__side a, b, nothing;

    (void)state;
    write_side(&a, "", "a", "");
    write_side(&b, "", "a", "");
    write_side(&nothing, "", "", "");
    jieda__pair_sparse(&a, &b, &common);
    jieda__pair_sparse(&a, &nothing, &one_sided);
    assert_int_equal(common.count, 1);
    assert_int_equal(one_sided.count, 1);
    assert_int_not_equal(common.hash[0], one_sided.hash[0]);
}

static void the_longest_pairs_fit(void **state)
{
    (void)state;
    for (uint32_t shared = 0; shared <= JIEDA__SIDE_UNIT_MAX; shared++) {
        jieda__side a, b;
        jieda__sparse sparse;

        write_side(&a, "", "", "");
        write_side(&b, "", "", "");
        a.canon.count = b.canon.count = JIEDA__SIDE_UNIT_MAX;
        for (uint32_t i = 0; i < JIEDA__SIDE_UNIT_MAX; i++) {
            a.canon.hash[i] = (uint32_t)jieda__hash_mix(i);
            b.canon.hash[i] = (uint32_t)jieda__hash_mix(i < shared ? i : 1000 + i);
        }
        jieda__pair_sparse(&a, &b, &sparse);
        assert_true(sparse.count > JIEDA__SIDE_UNIT_MAX && sparse.count <= JIEDA__SPARSE_COUNT_MAX);
        for (uint32_t i = 0; i < sparse.count; i++)
            assert_true(sparse.value[i] > 0.0f && sparse.value[i] <= 2.0f);
    }
}

/* ---- symmetry -------------------------------------------------------------------------------- */

static const char *const texts[] = {
    "怎么退款",
    "退款要几天才能到银行卡里面",
    "我的钱还没有收到，是不是退错账户了",
    "钱包里的余额能不能转到别人的银行卡上，手续费要收多少",
    "余额转到银行卡要手续费吗",
    "zenme tuikuan",
    "iPhone 15 上面看不到红包",
    "红包在 iPhone15 的哪个页面",
    "不要不要不要",
    "账户冻结了怎么解冻，解冻以后怎么再冻结",
    "why did my payment fail",
    "？！",
    "",
};

typedef struct gram {
    uint32_t hash;
    float value;
} gram;

static int by_gram(const void *left, const void *right)
{
    const gram *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->value < b->value ? -1 : a->value > b->value;
}

static uint32_t sorted_grams(const jieda__side *a, const jieda__side *b,
                             gram out[JIEDA__SPARSE_COUNT_MAX])
{
    jieda__sparse sparse;

    jieda__pair_sparse(a, b, &sparse);
    for (uint32_t i = 0; i < sparse.count; i++)
        out[i] = (gram){sparse.hash[i], sparse.value[i]};
    qsort(out, sparse.count, sizeof *out, by_gram);
    return sparse.count;
}

static void it_does_not_matter_which_text_comes_first(void **state)
{
    static gram one[JIEDA__SPARSE_COUNT_MAX], other[JIEDA__SPARSE_COUNT_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t k = 0; k < COUNT(texts); k++) {
            float ratio[JIEDA__RATIO_COUNT], swapped[JIEDA__RATIO_COUNT];
            jieda__side a, b;
            uint32_t count;

            read_weighed(&a, texts[i]);
            read_weighed(&b, texts[k]);
            jieda__pair_ratios(&a, &b, ratio);
            jieda__pair_ratios(&b, &a, swapped);
            for (size_t r = 0; r < JIEDA__RATIO_COUNT; r++) {
                char what[300];

                snprintf(what, sizeof what, "\"%s\" and \"%s\", ratio %zu", texts[i], texts[k], r);
                assert_near(what, (double)swapped[r], (double)ratio[r]);
                assert_true(ratio[r] >= (r == JIEDA__RATIO_CLASS ? -1.0f : 0.0f) &&
                            ratio[r] <= 1.00001f);
            }
            count = sorted_grams(&a, &b, one);
            assert_int_equal(sorted_grams(&b, &a, other), count);
            for (uint32_t g = 0; g < count; g++)
                if (one[g].hash != other[g].hash || one[g].value != other[g].value)
                    fail_msg("\"%s\" and \"%s\": other grams when swapped", texts[i], texts[k]);
        }
    }
}

static void a_text_is_all_that_it_can_be_to_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        float ratio[JIEDA__RATIO_COUNT];
        jieda__side side;

        read_weighed(&side, texts[i]);
        if (side.canon.count < 4)
            continue;
        jieda__pair_ratios(&side, &side, ratio);
        for (size_t r = 0; r < JIEDA__RATIO_COUNT; r++)
            if (r != JIEDA__RATIO_NEGATION && r != JIEDA__RATIO_CLASS)
                assert_near(texts[i], (double)ratio[r], 1);
        assert_near(texts[i], (double)ratio[JIEDA__RATIO_NEGATION], 0);
        assert_true(ratio[JIEDA__RATIO_CLASS] == 1.0f || ratio[JIEDA__RATIO_CLASS] == -1.0f);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* `count` ideographs, all different. */
static jieda_str ideographs(jieda__buf *buf, size_t count)
{
    jieda__buf_init(buf, jieda__default_allocator(), 4096);
    for (size_t i = 0; i < count; i++)
        jieda__buf_utf8(buf, 0x4E00 + (uint32_t)i * 13);
    return (jieda_str){buf->ptr, buf->len};
}

static void units_past_the_limit_are_not_compared(void **state)
{
    static const size_t counts[] = {63, 64, 65, 66, 200, 600};
    uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];
    jieda__side longest;
    jieda__buf buf;

    (void)state;
    read_side(&longest, ideographs(&buf, JIEDA__SIDE_UNIT_MAX));
    jieda__buf_free(&buf);
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t kept = counts[i] < JIEDA__SIDE_UNIT_MAX ? counts[i] : JIEDA__SIDE_UNIT_MAX;
        jieda__side side;

        memset(&side, 0xA5, sizeof side);
        read_side(&side, ideographs(&buf, counts[i]));
        jieda__buf_free(&buf);
        assert_int_equal(side.raw.count, kept);
        assert_in_range(side.canon.count, 1, kept);
        assert_in_range(side.sound.count, 1, kept);
        assert_memory_equal(side.raw.hash, longest.raw.hash, kept * sizeof *side.raw.hash);
        assert_in_range(jieda__embedding_rows(&side, rows), 1, JIEDA__SIDE_ROW_COUNT_MAX);
    }
}

/* ---- embedding rows -------------------------------------------------------------------------- */

static void assert_rows(const jieda__side *side)
{
    uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX + 1];
    size_t count;

    rows[JIEDA__SIDE_ROW_COUNT_MAX] = 0x5EA15EA1;
    count = jieda__embedding_rows(side, rows);
    assert_int_equal(rows[JIEDA__SIDE_ROW_COUNT_MAX], 0x5EA15EA1);
    assert_true(count <= side->canon.count + side->sound.count);
    assert_true((count > 0) == (side->canon.count + side->sound.count > 0));
    for (size_t i = 0; i < count; i++)
        assert_true(rows[i] < JIEDA__EMBEDDING_ROW_COUNT && (i == 0 || rows[i - 1] < rows[i]));
}

static void rows_are_distinct_and_ascending(void **state)
{
    fixture_random random = fixture_random_init("rows_are_distinct_and_ascending");
    jieda__side side;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        read_side(&side, str(texts[i]));
        assert_rows(&side);
    }
    for (int i = 0; i < 500; i++) { /* few different units, so that some repeat */
        uint32_t kinds = 1 + fixture_random_below(&random, 200);

        write_side(&side, "", "", "");
        side.canon.count = fixture_random_below(&random, JIEDA__SIDE_UNIT_MAX + 1);
        side.sound.count = fixture_random_below(&random, JIEDA__SIDE_UNIT_MAX + 1);
        for (uint32_t k = 0; k < JIEDA__SIDE_UNIT_MAX; k++) {
            side.canon.hash[k] =
                (uint32_t)jieda__hash_mix(fixture_random_below(&random, kinds) + 1);
            side.sound.hash[k] =
                (uint32_t)jieda__hash_mix(fixture_random_below(&random, kinds) + 1);
        }
        assert_rows(&side);
    }
}

static size_t shared_rows(const char *one, const char *other)
{
    uint32_t a[JIEDA__SIDE_ROW_COUNT_MAX], b[JIEDA__SIDE_ROW_COUNT_MAX];
    size_t count_a, count_b, shared = 0;
    jieda__side side;

    read_side(&side, str(one));
    count_a = jieda__embedding_rows(&side, a);
    read_side(&side, str(other));
    count_b = jieda__embedding_rows(&side, b);
    for (size_t i = 0; i < count_a; i++)
        for (size_t k = 0; k < count_b; k++)
            shared += a[i] == b[k];
    return shared;
}

static const struct spelling {
    const char *pinyin, *chinese;
    size_t syllables;
} spellings[] = {
    {"zhifu mima", "支付密码", 4}, {"ZhiFuMiMa", "支付密码", 4}, {"mima", "蜜妈", 2},
    {"支付mima", "zhifu密码", 4},  {"支付蜜妈", "支付密码", 4}, /* 支 and 付 share their characters
                                                                   as well */
};

static void what_is_spelled_in_pinyin_sounds_like_the_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(spellings); i++) {
        const struct spelling *s = &spellings[i];
        jieda__side a, b;

        read_side(&a, str(s->pinyin));
        read_side(&b, str(s->chinese));
        if (a.sound.count != s->syllables || b.sound.count != s->syllables ||
            memcmp(a.sound.hash, b.sound.hash, s->syllables * sizeof *a.sound.hash) != 0)
            fail_msg("\"%s\" does not sound like \"%s\"", s->pinyin, s->chinese);
        if (shared_rows(s->pinyin, s->chinese) < s->syllables)
            fail_msg("\"%s\" and \"%s\" share %zu rows", s->pinyin, s->chinese,
                     shared_rows(s->pinyin, s->chinese));
    }
    assert_int_equal(shared_rows("支付密码", "rnb"), 0);
}

/* Models outlive the table of syllables, so its numbers must not show. */
static void a_syllable_is_known_by_its_name(void **state)
{
    uint32_t one = jieda__text_syllable(0x652F), other = jieda__text_syllable(0x77E5); /* 支 知 */
    jieda__side side;

    (void)state;
    assert_int_not_equal(one, 0);
    assert_int_equal(jieda__syllable_hash(one), jieda__syllable_hash(other));
    assert_int_not_equal(jieda__syllable_hash(one),
                         jieda__syllable_hash(jieda__text_syllable(0x4ED8)));
    read_side(&side, str("支"));
    assert_int_equal(side.sound.count, 1);
    assert_int_equal(side.sound.hash[0], jieda__syllable_hash(one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios_are_what_can_be_worked_out_by_hand),
        cmocka_unit_test(each_view_has_its_own_ratios),
        cmocka_unit_test(question_classes_and_negations_are_compared_as_sets_and_parity),
        cmocka_unit_test(a_side_knows_what_its_text_asks_and_denies),
        cmocka_unit_test(sparse_grams_are_as_many_as_there_are_units_to_pair),
        cmocka_unit_test(a_common_gram_is_another_than_a_one_sided_one),
        cmocka_unit_test(the_longest_pairs_fit),
        cmocka_unit_test(it_does_not_matter_which_text_comes_first),
        cmocka_unit_test(a_text_is_all_that_it_can_be_to_itself),
        cmocka_unit_test(units_past_the_limit_are_not_compared),
        cmocka_unit_test(rows_are_distinct_and_ascending),
        cmocka_unit_test(what_is_spelled_in_pinyin_sounds_like_the_characters),
        cmocka_unit_test(a_syllable_is_known_by_its_name),
    };

    return cmocka_run_group_tests(tests, make_lexicon, free_lexicon);
}
