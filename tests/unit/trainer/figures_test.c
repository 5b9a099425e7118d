/*
 * figures_test.c - how well scores agree with labels, worked out by hand and by the slow
 * definition.
 */
#include "fixture.h"
#include "support/kb_fixture.h"

#include "trainer/trainer.h"

#include <math.h>

#define COUNT_MAX 40

static const struct figure_case {
    const char *name;
    size_t count;
    double score[6], label[6];
    double spearman, auroc, best_f1, threshold;
} cases[] = {
    {"in order", 4, {1, 2, 3, 4}, {0, 0, 1, 1}, 0.894427190999916, 1, 1, 3},
    {"in reverse", 4, {4, 3, 2, 1}, {0, 0, 1, 1}, -0.894427190999916, 0, 2.0 / 3, 1},
    /* ranks of scores 0.5 0.5 2 3, of labels 0.5 2.5 0.5 2.5 */
    {"a tie across labels", 4, {1, 1, 2, 3}, {0, 1, 0, 1}, 0.235702260395516, 0.625, 2.0 / 3, 3},
    {"the order of lines does not matter",
     4,
     {3, 1, 2, 1},
     {1, 1, 0, 0},
     0.235702260395516,
     0.625,
     2.0 / 3,
     3},
    {"all scores tie", 4, {7, 7, 7, 7}, {0, 1, 1, 1}, 0, 0.5, 6.0 / 7, 7},
    {"all labels are 1", 3, {1, 2, 3}, {1, 1, 1}, 0, 0.5, 1, 1},
    {"all labels are 0", 3, {1, 2, 3}, {0, 0, 0}, 0, 0.5, 0, 0},
    {"a single pair", 1, {0.5}, {1}, 0, 0.5, 1, 0.5},
    {"one of each", 2, {-1, -2}, {1, 0}, 1, 1, 1, -1},
    {"a long way down", 5, {5, 4, 3, 2, 1}, {0, 1, 1, 1, 0}, 0, 0.5, 6.0 / 7, 2},
    {"infinite scores", 3, {-INFINITY, 0, INFINITY}, {0, 0, 1}, 0.866025403784439, 1, 1, INFINITY},
};

static void assert_near(const char *name, const char *what, double actual, double expected)
{
    if (actual != expected && !(fabs(actual - expected) < 1e-9))
        fail_msg("%s: %s is %.12g where %.12g was expected", name, what, actual, expected);
}

static void figures_are_what_can_be_worked_out_by_hand(void **state)
{
    const jieda_allocator *alloc = jieda__default_allocator();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct figure_case *c = &cases[i];
        jieda_error err = {0};
        jieda_agreement a;

        assert_int_equal(jieda_agreement_measure(c->score, c->label, c->count, &a, &err), JIEDA_OK);
        assert_near(c->name, "Spearman", a.spearman, c->spearman);
        assert_near(c->name, "AUROC", a.auroc, c->auroc);
        assert_near(c->name, "best F1", a.best_f1, c->best_f1);
        assert_near(c->name, "threshold", a.best_f1_threshold, c->threshold);
        assert_near(c->name, "Spearman", jieda__spearman(alloc, c->score, c->label, c->count),
                    c->spearman);
        assert_near(c->name, "AUROC", jieda__auroc(alloc, c->score, c->label, c->count), c->auroc);
    }
}

static void nothing_measured_is_no_agreement(void **state)
{
    jieda_error err = {0};
    jieda_agreement a;

    (void)state;
    assert_int_equal(jieda_agreement_measure(NULL, NULL, 0, &a, &err), JIEDA_OK);
    assert_true(a.spearman == 0 && a.auroc == 0.5 && a.best_f1 == 0);
}

static void degrees_have_a_rank_correlation_only(void **state)
{
    static const double score[] = {0.1, 0.4, 0.2, 0.9}, label[] = {0, 2, 1, 4.5};
    jieda_error err = {0};
    jieda_agreement a;

    (void)state;
    assert_int_equal(jieda_agreement_measure(score, label, 4, &a, &err), JIEDA_OK);
    assert_near("degrees", "Spearman", a.spearman, 1);
    assert_true(isnan(a.auroc) && isnan(a.best_f1) && isnan(a.best_f1_threshold));
}

static void what_is_no_number_is_refused(void **state)
{
    static const double good[] = {0, 1, 1}, bad[] = {0, NAN, 1};
    jieda_error err = {0};
    jieda_agreement a;

    (void)state;
    assert_int_equal(jieda_agreement_measure(bad, good, 3, &a, &err), JIEDA_E_INVALID);
    assert_int_equal(err.status, JIEDA_E_INVALID);
    assert_int_equal(jieda_agreement_measure(good, bad, 3, &a, NULL), JIEDA_E_INVALID);
}

/* Mean rank of each value, by counting. */
static void rank(const double *value, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = 0;
        for (size_t k = 0; k < count; k++)
            out[i] += value[k] < value[i] ? 1 : value[k] == value[i] ? 0.5 : 0;
    }
}

static double correlation(const double *x, const double *y, size_t count)
{
    double mean_x = 0, mean_y = 0, product = 0, squares_x = 0, squares_y = 0;

    for (size_t i = 0; i < count; i++) {
        mean_x += x[i] / (double)count;
        mean_y += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        product += (x[i] - mean_x) * (y[i] - mean_y);
        squares_x += (x[i] - mean_x) * (x[i] - mean_x);
        squares_y += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return squares_x > 1e-12 && squares_y > 1e-12 ? product / sqrt(squares_x * squares_y) : 0;
}

static double f1_at(const double *score, const double *label, size_t count, double threshold)
{
    double right = 0, taken = 0, positives = 0;

    for (size_t i = 0; i < count; i++) {
        positives += label[i];
        taken += score[i] >= threshold;
        right += score[i] >= threshold ? label[i] : 0;
    }
    return 2 * right / (taken + positives);
}

static void figures_agree_with_their_definitions(void **state)
{
    fixture_random random = fixture_random_init("figures_agree_with_their_definitions");

    (void)state;
    for (int round = 0; round < 300; round++) {
        double score[COUNT_MAX], label[COUNT_MAX], rank_a[COUNT_MAX], rank_b[COUNT_MAX];
        size_t count = 2 + fixture_random_below(&random, COUNT_MAX - 1);
        uint32_t kinds = 1 + fixture_random_below(&random, 30); /* few: many ties */
        double wins = 0, chances = 0, best = 0;
        jieda_agreement a;

        for (size_t i = 0; i < count; i++) {
            score[i] = fixture_random_below(&random, kinds) / 7.0;
            label[i] = fixture_random_below(&random, 2);
        }
        for (size_t i = 0; i < count; i++) {
            double f1 = f1_at(score, label, count, score[i]);

            best = f1 > best ? f1 : best;
            for (size_t k = 0; k < count; k++) {
                if (label[i] == 1 && label[k] == 0) {
                    chances++;
                    wins += score[i] > score[k] ? 1 : score[i] == score[k] ? 0.5 : 0;
                }
            }
        }
        rank(score, count, rank_a);
        rank(label, count, rank_b);
        assert_int_equal(jieda_agreement_measure(score, label, count, &a, NULL), JIEDA_OK);
        assert_near("random", "Spearman", a.spearman, correlation(rank_a, rank_b, count));
        assert_near("random", "AUROC", a.auroc, chances > 0 ? wins / chances : 0.5);
        assert_near("random", "best F1", a.best_f1, best);
        if (best > 0)
            assert_near("random", "F1 at the threshold",
                        f1_at(score, label, count, a.best_f1_threshold), best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_what_can_be_worked_out_by_hand),
        cmocka_unit_test(nothing_measured_is_no_agreement),
        cmocka_unit_test(degrees_have_a_rank_correlation_only),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(figures_agree_with_their_definitions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
