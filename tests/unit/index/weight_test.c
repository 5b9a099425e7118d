/*
 * weight_test.c - a term's weight is positive, finite, and falls with how many questions hold it.
 *
 * No value is pinned: the formula may be tuned, these properties are what matching stands on.
 */
#include "index/index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

static void a_weight_is_positive_and_finite_whatever_a_file_says(void **state)
{
    static const uint32_t counts[] = {0, 1, 2, 100, 9999, 10000, 10001, 1000000, UINT32_MAX};
    size_t n = sizeof counts / sizeof *counts;

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            float weight = jieda__term_weight(counts[i], counts[k]);

            if (!(weight > 0.0f) || !isfinite(weight))
                fail_msg("N %u, df %u: %f", counts[i], counts[k], (double)weight);
        }
}

static void the_rarer_the_heavier(void **state)
{
    static const uint32_t counts[] = {10, 2000, 20000, 1000000};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (uint32_t df = 1; df < counts[i]; df += 1 + df / 3)
            assert_true(jieda__term_weight(counts[i], df) >
                        jieda__term_weight(counts[i], df + 1 + df / 3));
}

/* What an old question weighs must not move when a small knowledge base gets another topic. */
static void a_small_knowledge_base_may_grow_without_a_change(void **state)
{
    (void)state;
    assert_true(jieda__term_weight(100, 3) == jieda__term_weight(5000, 3));
    assert_true(jieda__term_weight(1000000, 3) > jieda__term_weight(100, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_positive_and_finite_whatever_a_file_says),
        cmocka_unit_test(the_rarer_the_heavier),
        cmocka_unit_test(a_small_knowledge_base_may_grow_without_a_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
