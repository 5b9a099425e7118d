/*
 * corpus_test.c - questions are numbered once, and folds keep together what would give answers
 * away.
 */
#include "support/kb_fixture.h"
#include "unit/trainer/lessons.h"

#include "trainer/trainer.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CORPUS_BYTES_MAX ((size_t)256 * 1024 * 1024)

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

typedef struct opened {
    jieda__arena arena;
    jieda__corpus corpus;
} opened;

static void begin(opened *o, uint64_t seed)
{
    jieda__arena_init(&o->arena, jieda__default_allocator(), CORPUS_BYTES_MAX);
    jieda__corpus_init(&o->corpus, &o->arena, base.lexicon, seed);
}

static void end(opened *o)
{
    jieda__corpus_free(&o->corpus);
    jieda__arena_free(&o->arena);
}

static uint32_t number_of(opened *o, const char *text)
{
    uint32_t question = UINT32_MAX;

    assert_int_equal(jieda__corpus_question(&o->corpus, str(text), &question), JIEDA_OK);
    assert_true(question < o->corpus.question_count);
    return question;
}

/* `count` different questions. */
static void add_questions(opened *o, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[64];

        snprintf(text, sizeof text, "第%zu个问题怎么办", i);
        assert_int_equal(number_of(o, text), i);
    }
}

static void connect(opened *o, uint32_t a, uint32_t b, bool connects)
{
    assert_int_equal(jieda__corpus_pair(&o->corpus, a, b, (a + b) % 2, connects), JIEDA_OK);
}

static void equal_texts_are_one_question(void **state)
{
    opened o;

    (void)state;
    begin(&o, 1);
    assert_int_equal(number_of(&o, "怎么退款"), 0);
    assert_int_equal(number_of(&o, "退款要多久"), 1);
    assert_int_equal(number_of(&o, "怎么退款"), 0);
    assert_int_equal(number_of(&o, ""), 2);
    assert_int_equal(number_of(&o, "退款要多久"), 1);
    assert_int_equal(number_of(&o, ""), 2);
    assert_int_equal(o.corpus.question_count, 3);
    end(&o);
}

static void a_question_is_the_side_of_its_text(void **state)
{
    static const char *const texts[] = {"怎么退款，钱没收到",      "zhifu mima 忘了", "", "？",
                                        "why did my payment fail", "不可以吗"};
    opened o;

    (void)state;
    begin(&o, 1);
    for (size_t i = 0; i < COUNT(texts); i++)
        number_of(&o, texts[i]);
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    for (size_t i = 0; i < COUNT(texts); i++) {
        jieda__side stored, side;
        jieda__reading reading;
        jieda__arena arena;
        uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];
        size_t row_count;

        jieda__arena_init(&arena, jieda__default_allocator(), CORPUS_BYTES_MAX);
        assert_int_equal(jieda__text_read(&arena, base.lexicon, str(texts[i]), &reading), JIEDA_OK);
        jieda__side_read(&side, &reading);
        jieda__arena_free(&arena);
        jieda__side_weigh(&side, o.corpus.idf);
        jieda__corpus_side(&o.corpus, (uint32_t)i, &stored);
        for (int v = 0; v < 3; v++) {
            const jieda__side_view *a = v == 0 ? &side.raw : v == 1 ? &side.canon : &side.sound;
            const jieda__side_view *b = v == 0   ? &stored.raw
                                        : v == 1 ? &stored.canon
                                                 : &stored.sound;

            assert_int_equal(a->count, b->count);
            assert_memory_equal(a->hash, b->hash, a->count * sizeof *a->hash);
            assert_memory_equal(a->weight, b->weight, a->count * sizeof *a->weight);
            assert_true(a->mass == b->mass);
        }
        assert_int_equal(side.question_classes, stored.question_classes);
        assert_int_equal(side.negation_count, stored.negation_count);
        row_count = jieda__embedding_rows(&side, rows);
        assert_int_equal(row_count, o.corpus.questions[i].row_count);
        for (size_t k = 0; k < row_count; k++)
            assert_int_equal(rows[k], o.corpus.questions[i].rows[k]);
    }
    end(&o);
}

static void what_pairs_connect_shares_a_fold(void **state)
{
    size_t used[JIEDA__FOLD_COUNT] = {0};
    opened o;

    (void)state;
    begin(&o, 7);
    add_questions(&o, 300);
    for (uint32_t i = 0; i < 300; i += 10) /* thirty groups of ten, tied in different ways */
        for (uint32_t k = 1; k < 10; k++)
            connect(&o, i % 20 ? i + k : i + k - 1, i % 20 ? i : i + k, true);
    connect(&o, 299, 0, true); /* and the first and the last group are one */
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t fold = o.corpus.questions[i].fold;

        assert_true(fold < JIEDA__FOLD_COUNT);
        assert_int_equal(fold, o.corpus.questions[i / 10 * 10].fold);
        used[fold]++;
    }
    assert_int_equal(o.corpus.questions[0].fold, o.corpus.questions[299].fold);
    for (size_t i = 0; i < JIEDA__FOLD_COUNT; i++)
        assert_true(used[i] >= 30);
    end(&o);
}

static void wordings_that_are_not_connected_fall_one_by_one(void **state)
{
    size_t apart = 0;
    opened o;

    (void)state;
    begin(&o, 7);
    add_questions(&o, 200);
    for (uint32_t i = 1; i < 200; i++)
        connect(&o, i - 1, i, false);
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    for (uint32_t i = 1; i < 200; i++)
        apart += o.corpus.questions[i].fold != o.corpus.questions[i - 1].fold;
    assert_true(apart > 80); /* 133 are to be expected */
    end(&o);
}

/* Writes the folds of a hundred questions in groups of four whose pairs come in an order. */
static void folds_of(uint64_t seed, bool backwards, uint32_t folds[100])
{
    opened o;

    begin(&o, seed);
    add_questions(&o, 100);
    for (uint32_t n = 0; n < 100; n++) {
        uint32_t i = backwards ? 99 - n : n;

        if (i % 4 != 3)
            connect(&o, backwards ? i + 1 : i, backwards ? i : i + 1, true);
    }
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    for (size_t i = 0; i < 100; i++)
        folds[i] = o.corpus.questions[i].fold;
    end(&o);
}

static void folds_depend_on_the_seed_alone(void **state)
{
    uint32_t folds[100], again[100];
    size_t others = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        folds_of(seed, false, folds);
        folds_of(seed, false, again);
        assert_memory_equal(folds, again, sizeof folds);
        folds_of(seed, true, again); /* the order of the pairs, and who is `a`, do not matter */
        assert_memory_equal(folds, again, sizeof folds);
        folds_of(seed + 1, false, again);
        others += memcmp(folds, again, sizeof folds) != 0;
    }
    assert_int_equal(others, 5);
}

/* A pair is judged once, by a model that did not learn from it. */
static void no_model_judges_what_taught_it(void **state)
{
    opened o;

    (void)state;
    begin(&o, 3);
    add_questions(&o, 60);
    for (uint32_t i = 1; i < 60; i++)
        connect(&o, i - 1, i, i % 3 == 0);
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    for (size_t i = 0; i < o.corpus.pair_count; i++) {
        const jieda__train_pair *pair = &o.corpus.pairs[i];
        size_t judged = 0;

        for (uint32_t fold = 0; fold < JIEDA__FOLD_COUNT; fold++) {
            bool tests = jieda__pair_tests(&o.corpus, pair, fold);
            bool teaches = jieda__pair_teaches(&o.corpus, pair, fold);

            assert_false(tests && teaches);
            if (teaches)
                assert_true(o.corpus.questions[pair->a].fold != fold &&
                            o.corpus.questions[pair->b].fold != fold);
            judged += tests;
        }
        assert_int_equal(judged, 1);
        assert_true(jieda__pair_teaches(&o.corpus, pair, JIEDA__FOLD_NONE));
        assert_false(jieda__pair_tests(&o.corpus, pair, JIEDA__FOLD_NONE));
    }
    end(&o);
}

static void what_all_questions_hold_weighs_least(void **state)
{
    jieda__side side;
    opened o;

    (void)state;
    begin(&o, 1);
    number_of(&o, "红包退款");
    number_of(&o, "红包提现");
    number_of(&o, "红包过期");
    assert_int_equal(jieda__corpus_seal(&o.corpus), JIEDA_OK);
    jieda__corpus_side(&o.corpus, 0, &side);
    assert_int_equal(side.raw.count, 4);
    assert_true(side.raw.weight[0] < side.raw.weight[2]); /* 红 and 退 */
    assert_true(side.raw.weight[1] < side.raw.weight[3]);
    end(&o);
}

static void random_numbers_come_from_the_seed_and_stay_below(void **state)
{
    jieda__random one = {5}, same = {5}, other = {6};
    size_t equal = 0, seen[7] = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t n = jieda__random_next(&one);

        assert_int_equal(n, jieda__random_next(&same));
        equal += n == jieda__random_next(&other);
    }
    assert_int_equal(equal, 0);
    for (int i = 0; i < 7000; i++)
        seen[jieda__random_below(&one, 7)]++;
    for (size_t i = 0; i < 7; i++)
        assert_in_range(seen[i], 800, 1200);
    assert_int_equal(jieda__random_below(&one, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_texts_are_one_question),
        cmocka_unit_test(a_question_is_the_side_of_its_text),
        cmocka_unit_test(what_pairs_connect_shares_a_fold),
        cmocka_unit_test(wordings_that_are_not_connected_fall_one_by_one),
        cmocka_unit_test(folds_depend_on_the_seed_alone),
        cmocka_unit_test(no_model_judges_what_taught_it),
        cmocka_unit_test(what_all_questions_hold_weighs_least),
        cmocka_unit_test(random_numbers_come_from_the_seed_and_stay_below),
    };

    return cmocka_run_group_tests(tests, make_lexicon, free_lexicon);
}
