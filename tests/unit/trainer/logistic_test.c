/*
 * logistic_test.c - the fit is where a slow and certain way finds the minimum, too.
 *
 * That way is gradient descent on the objective of trainer.h, written down again: thousands of
 * small steps on problems of a few weights. Where the minimum is known in closed form, that is
 * asked for instead.
 */
#include "fixture.h"
#include "support/kb_fixture.h"

#include "trainer/trainer.h"

#include <math.h>

#define COLUMN_MAX 4u
#define ROW_MAX 60u
#define STEPS 200u

/* A small matrix with every cell written out. */
typedef struct problem {
    uint64_t first[ROW_MAX + 1];
    uint32_t column[ROW_MAX * COLUMN_MAX];
    float value[ROW_MAX * COLUMN_MAX];
    uint8_t label[ROW_MAX];
    jieda__design design;
} problem;

static void begin(problem *p, size_t columns)
{
    memset(p, 0, sizeof *p);
    p->design = (jieda__design){.column_count = columns,
                                .first = p->first,
                                .column = p->column,
                                .value = p->value,
                                .label = p->label,
                                .column_out = UINT32_MAX};
}

static void add_row(problem *p, const float *values, uint8_t label)
{
    size_t row = p->design.row_count++;
    uint64_t at = p->first[row];

    for (uint32_t c = 0; c < p->design.column_count; c++) {
        if (values[c] != 0.0f) {
            p->column[at] = c;
            p->value[at++] = values[c];
        }
    }
    p->first[row + 1] = at;
    p->label[row] = label;
}

/* Labels that follow the first two columns by a margin, `noise` of 10 of them by chance. No value
 * is 0, so every row has all cells. */
static void make_problem(problem *p, fixture_random *random, size_t columns, size_t rows,
                         uint32_t noise)
{
    begin(p, columns);
    while (p->design.row_count < rows) {
        float values[COLUMN_MAX], rule;

        for (size_t c = 0; c < columns; c++)
            values[c] = ((float)fixture_random_below(random, 2000) + 0.5f) / 1000.0f - 1.0f;
        rule = values[0] - values[1 % columns] / 2;
        if (fabsf(rule) < 0.05f)
            continue;
        add_row(p, values,
                fixture_random_below(random, 10) < noise ? fixture_random_below(random, 2) != 0
                                                         : rule > 0);
    }
}

static double objective(const jieda__design *d, const uint8_t *use, double cost, const double *w)
{
    double sum = 0;

    for (size_t c = 0; c < d->column_count; c++)
        sum += w[c] * w[c] / 2;
    for (size_t row = 0; row < d->row_count; row++) {
        double z = w[d->column_count];

        if (use && !use[row])
            continue;
        for (uint64_t i = d->first[row]; i < d->first[row + 1]; i++)
            z += d->column[i] == d->column_out ? 0 : w[d->column[i]] * (double)d->value[i];
        sum += cost * log1p(exp(d->label[row] ? -z : z));
    }
    return sum;
}

static void descend(const jieda__design *d, const uint8_t *use, double cost, double *w)
{
    /* 1 / a bound of the curvature: 1 + cost / 4 * sum of |x|^2 */
    double rate = 1 / (1 + cost / 4 * (double)d->row_count * (double)(d->column_count + 1));

    for (int step = 0; step < 60000; step++) {
        double g[COLUMN_MAX + 1] = {0};

        for (size_t c = 0; c < d->column_count; c++)
            g[c] = w[c];
        for (size_t row = 0; row < d->row_count; row++) {
            double z = w[d->column_count], slope;

            if (use && !use[row])
                continue;
            for (uint64_t i = d->first[row]; i < d->first[row + 1]; i++)
                z += d->column[i] == d->column_out ? 0 : w[d->column[i]] * (double)d->value[i];
            slope = cost * (1 / (1 + exp(-z)) - d->label[row]);
            for (uint64_t i = d->first[row]; i < d->first[row + 1]; i++)
                if (d->column[i] != d->column_out)
                    g[d->column[i]] += slope * (double)d->value[i];
            g[d->column_count] += slope;
        }
        for (size_t c = 0; c <= d->column_count; c++)
            w[c] -= rate * g[c];
    }
}

static void fit(const jieda__design *d, const uint8_t *use, double cost, double *w)
{
    assert_int_equal(jieda__logistic_fit(jieda__default_allocator(), d, use, cost, STEPS, w),
                     JIEDA_OK);
}

static void assert_same_minimum(const jieda__design *d, const uint8_t *use, double cost)
{
    double found[COLUMN_MAX + 1] = {0}, slow[COLUMN_MAX + 1] = {0};
    double reached, wanted;

    fit(d, use, cost, found);
    descend(d, use, cost, slow);
    reached = objective(d, use, cost, found);
    wanted = objective(d, use, cost, slow);
    if (!(reached <= wanted * (1 + 1e-5) + 1e-9))
        fail_msg("the objective is %.9g where %.9g can be reached", reached, wanted);
    for (size_t c = 0; c <= d->column_count; c++)
        if (!(fabs(found[c] - slow[c]) < 0.01 + 0.01 * fabs(slow[c])))
            fail_msg("weight %zu is %.6g where %.6g was expected", c, found[c], slow[c]);
}

static void the_bias_alone_is_the_odds(void **state)
{
    static const float nothing[1] = {0};

    (void)state;
    for (size_t positives = 1; positives < 20; positives++) {
        double w[2] = {0};
        problem p;

        begin(&p, 1);
        for (size_t i = 0; i < 20; i++)
            add_row(&p, nothing, i < positives);
        fit(&p.design, NULL, 1, w);
        assert_true(fabs(w[1] - log((double)positives / (double)(20 - positives))) < 1e-2);
        assert_true(w[0] == 0);
    }
}

/* At the minimum of |w|^2/2 + cost * sum of log losses, by symmetry without bias: w = 2n * cost * x
 * * (1 - p). */
static void a_symmetric_problem_meets_its_condition(void **state)
{
    static const double costs[] = {0.01, 0.3, 1, 10};

    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        double w[2] = {0};
        problem p;

        begin(&p, 1);
        for (int k = 0; k < 5; k++) {
            add_row(&p, (const float[]){1}, 1);
            add_row(&p, (const float[]){-1}, 0);
        }
        fit(&p.design, NULL, costs[i], w);
        assert_true(fabs(w[1]) < 1e-3);
        assert_true(fabs(w[0] - 10 * costs[i] / (1 + exp(w[0]))) < 1e-2 * (1 + w[0]));
    }
}

static void noisy_labels_are_fitted_as_a_slow_way_does(void **state)
{
    fixture_random random = fixture_random_init("noisy_labels_are_fitted_as_a_slow_way_does");
    static const double costs[] = {0.3, 1, 5};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        problem p;

        make_problem(&p, &random, 1 + i % COLUMN_MAX, ROW_MAX - i * 5, 5);
        assert_same_minimum(&p.design, NULL, costs[i % 3]);
    }
}

/* Without a penalty the weights would grow for ever. */
static void separable_labels_give_finite_weights(void **state)
{
    fixture_random random = fixture_random_init("separable_labels_give_finite_weights");

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        double w[COLUMN_MAX + 1] = {0};
        problem p;

        make_problem(&p, &random, 2 + i % 2, 40, 0);
        assert_same_minimum(&p.design, NULL, 0.3);
        fit(&p.design, NULL, 1e6, w);
        for (size_t row = 0; row < p.design.row_count; row++) {
            double logit = jieda__logistic_logit(&p.design, row, w);

            assert_true(isfinite(logit) && (logit > 0) == (p.label[row] == 1));
        }
    }
}

static void a_column_left_out_is_not_used(void **state)
{
    fixture_random random = fixture_random_init("a_column_left_out_is_not_used");
    problem p;

    (void)state;
    make_problem(&p, &random, 3, 40, 3);
    for (uint32_t out = 0; out < 3; out++) {
        double w[COLUMN_MAX + 1] = {0}, without[COLUMN_MAX + 1] = {0};
        problem q;

        p.design.column_out = out;
        fit(&p.design, NULL, 1, w);
        assert_true(w[out] == 0);
        begin(&q, 2);
        for (size_t row = 0; row < p.design.row_count; row++) {
            const float *values = p.value + p.first[row];

            add_row(&q, (const float[]){values[out == 0], values[out == 2 ? 1 : 2]}, p.label[row]);
        }
        fit(&q.design, NULL, 1, without);
        assert_true(fabs(w[out == 0] - without[0]) < 1e-6);
        assert_true(fabs(w[out == 2 ? 1 : 2] - without[1]) < 1e-6);
        assert_true(fabs(w[3] - without[2]) < 1e-6);
        w[out] = 1000; /* nor is it read */
        for (size_t row = 0; row < p.design.row_count; row++)
            assert_true(fabs(jieda__logistic_logit(&p.design, row, w) -
                             jieda__logistic_logit(&q.design, row, without)) < 1e-5);
    }
}

static void rows_left_out_are_not_used(void **state)
{
    fixture_random random = fixture_random_init("rows_left_out_are_not_used");
    double w[COLUMN_MAX + 1] = {0}, without[COLUMN_MAX + 1] = {0};
    uint8_t use[ROW_MAX];
    problem p, q;

    (void)state;
    make_problem(&p, &random, 3, 50, 3);
    begin(&q, 3);
    for (size_t row = 0; row < p.design.row_count; row++) {
        use[row] = row % 3 != 0;
        if (use[row])
            add_row(&q, p.value + p.first[row], p.label[row]);
    }
    fit(&p.design, use, 1, w);
    fit(&q.design, NULL, 1, without);
    for (size_t c = 0; c < 4; c++)
        assert_true(w[c] == without[c]);
    assert_same_minimum(&p.design, use, 1);
}

static void nothing_to_learn_from_leaves_nothing(void **state)
{
    static const uint8_t none[ROW_MAX];
    fixture_random random = fixture_random_init("nothing_to_learn_from_leaves_nothing");
    double w[COLUMN_MAX + 1] = {0};
    problem p;

    (void)state;
    make_problem(&p, &random, 3, 10, 3);
    fit(&p.design, none, 1, w);
    for (size_t c = 0; c < 4; c++)
        assert_true(w[c] == 0);
    p.design.row_count = 0;
    fit(&p.design, NULL, 1, w);
    for (size_t c = 0; c < 4; c++)
        assert_true(w[c] == 0);
}

static void no_steps_change_nothing_and_more_never_do_harm(void **state)
{
    fixture_random random = fixture_random_init("no_steps_change_nothing_and_more_never_do_harm");
    const jieda_allocator *alloc = jieda__default_allocator();
    double start[COLUMN_MAX + 1] = {0.5, -2, 3, 1}, last = HUGE_VAL;
    problem p;

    (void)state;
    make_problem(&p, &random, 3, 40, 4);
    for (uint32_t steps = 0; steps < 20; steps++) {
        double w[COLUMN_MAX + 1], loss;

        memcpy(w, start, sizeof w);
        assert_int_equal(jieda__logistic_fit(alloc, &p.design, NULL, 1, steps, w), JIEDA_OK);
        if (steps == 0)
            assert_memory_equal(w, start, sizeof w);
        loss = objective(&p.design, NULL, 1, w);
        assert_true(loss <= last);
        last = loss;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bias_alone_is_the_odds),
        cmocka_unit_test(a_symmetric_problem_meets_its_condition),
        cmocka_unit_test(noisy_labels_are_fitted_as_a_slow_way_does),
        cmocka_unit_test(separable_labels_give_finite_weights),
        cmocka_unit_test(a_column_left_out_is_not_used),
        cmocka_unit_test(rows_left_out_are_not_used),
        cmocka_unit_test(nothing_to_learn_from_leaves_nothing),
        cmocka_unit_test(no_steps_change_nothing_and_more_never_do_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
