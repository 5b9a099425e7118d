/*
 * comparer_test.c - two questions are scored with a model or without one, and what cannot be used
 * is refused.
 */
#include "unit/trainer/lessons.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static fixture files;
static char model_path[160], other_path[160];

static void train(const char *base_lexicon, const char *out)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;
    char pairs[160];
    const char *const inputs[] = {lesson_path(&files, "pairs.tsv", pairs)};
    jieda_error err = {0};

    options.sparse_bits = 10;
    options.base_lexicon_path = base_lexicon;
    if (jieda_train(inputs, 1, out, &options, NULL, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
}

static int make_models(void **state)
{
    char lexicon[512];

    (void)state;
    fixture_folder(&files);
    fixture_write_small_lexicon(&files, lexicon);
    lesson_write_pairs(&files, "pairs.tsv", 20);
    train(NULL, lesson_path(&files, "model", model_path));
    train(lexicon, lesson_path(&files, "other", other_path));
    return 0;
}

static int remove_models(void **state)
{
    (void)state;
    fixture_remove(&files);
    return 0;
}

static jieda_comparer *open_comparer(const char *model)
{
    jieda_comparer *comparer = NULL;
    jieda_error err = {0};

    if (jieda_comparer_open(model, NULL, &comparer, &err) != JIEDA_OK)
        fail_msg("%s: %s", err.source, err.message);
    assert_non_null(comparer);
    return comparer;
}

static double score(jieda_comparer *comparer, const char *a, const char *b)
{
    double value = -1;

    assert_int_equal(jieda_comparer_score(comparer, str(a), str(b), &value, NULL), JIEDA_OK);
    assert_true(value >= 0 && value <= 1);
    return value;
}

static const char *const texts[] = {
    "怎么绑定银行卡",
    "银行卡可以绑定吗",
    "我的红包能不能退",
    "tuikuan 要多久",
    "退款要多久",
    "12306",
    "",
    "？",
    "\xff\xfe\x80",
    "why",
};

static void scores_are_symmetric_and_from_0_to_1(void **state)
{
    (void)state;
    for (int trained = 0; trained < 2; trained++) {
        jieda_comparer *comparer = open_comparer(trained ? model_path : NULL);

        for (size_t i = 0; i < COUNT(texts); i++)
            for (size_t k = 0; k < COUNT(texts); k++)
                assert_true(fabs(score(comparer, texts[i], texts[k]) -
                                 score(comparer, texts[k], texts[i])) < 1e-5);
        jieda_comparer_close(comparer);
    }
}

static void untrained_an_equal_question_is_1_and_a_strange_one_0(void **state)
{
    jieda_comparer *comparer = open_comparer(NULL);

    (void)state;
    assert_true(fabs(score(comparer, "怎么绑定银行卡", "怎么绑定银行卡") - 1) < 1e-6);
    assert_true(score(comparer, "怎么绑定银行卡", "余额") == 0);
    assert_true(score(comparer, "怎么绑定银行卡", "") == 0);
    assert_true(score(comparer, "怎么绑定银行卡", "如何绑定银行卡") >
                score(comparer, "怎么绑定银行卡", "怎么注销账户"));
    assert_true(score(comparer, "退款", "tuikuan") > 0);
    jieda_comparer_close(comparer);
}

static void what_many_texts_hold_counts_for_little(void **state)
{
    jieda_comparer *comparer = open_comparer(NULL);
    double before = score(comparer, "红包过期", "红包退款"), after;

    (void)state;
    for (int i = 0; i < 50; i++) {
        char text[64];

        snprintf(text, sizeof text, "红包第%d个", i);
        assert_int_equal(jieda_comparer_count(comparer, str(text), NULL), JIEDA_OK);
    }
    after = score(comparer, "红包过期", "红包退款");
    assert_true(after < before / 2);
    assert_true(fabs(score(comparer, "红包过期", "红包过期") - 1) < 1e-6);
    jieda_comparer_close(comparer);
}

static void a_model_knows_what_it_was_taught(void **state)
{
    jieda_comparer *comparer = open_comparer(model_path);
    size_t right = 0;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        char a[64], b[64], c[64];

        lesson_question(a, sizeof a, i * 7, i);
        lesson_question(b, sizeof b, i * 7, i + 1);
        lesson_question(c, sizeof c, i * 7 + 1, i + 1);
        right += score(comparer, a, b) > score(comparer, a, c);
    }
    assert_true(right >= 8);
    jieda_comparer_close(comparer);
}

static void a_question_past_the_bound_is_refused_and_no_more(void **state)
{
    jieda_str longest = {NULL, JIEDA_UTTERANCE_BYTES_MAX};
    char *text = malloc(JIEDA_UTTERANCE_BYTES_MAX + 1);
    jieda_comparer *comparer = open_comparer(NULL);
    double value = -1;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', JIEDA_UTTERANCE_BYTES_MAX + 1);
    longest.ptr = text;
    assert_int_equal(jieda_comparer_count(comparer, longest, NULL), JIEDA_OK);
    assert_int_equal(jieda_comparer_score(comparer, longest, longest, &value, NULL), JIEDA_OK);
    longest.len++;
    for (int i = 0; i < 3; i++) {
        jieda_str other = str("退款");
        jieda_error err = {0};
        jieda_status st = i == 0 ? jieda_comparer_count(comparer, longest, &err)
                                 : jieda_comparer_score(comparer, i == 1 ? longest : other,
                                                        i == 1 ? other : longest, &value, &err);

        assert_int_equal(st, JIEDA_E_LIMIT);
        assert_int_equal(err.status, JIEDA_E_LIMIT);
    }
    assert_true(fabs(score(comparer, "退款", "退款") - 1) < 1e-6);
    jieda_comparer_close(comparer);
    free(text);
}

static void what_cannot_be_used_is_refused_by_name(void **state)
{
    char pairs[160], nosuch[160];
    const struct {
        const char *model, *kb;
        jieda_status expected;
        const char *source;
    } cases[] = {
        {lesson_path(&files, "nosuch", nosuch), NULL, JIEDA_E_IO, "nosuch"},
        {lesson_path(&files, "pairs.tsv", pairs), NULL, JIEDA_E_FORMAT, "pairs.tsv"},
        {other_path, NULL, JIEDA_E_VERSION, "other"}, /* of another lexicon */
        {NULL, nosuch, JIEDA_E_IO, "nosuch"},
        {NULL, pairs, JIEDA_E_FORMAT, "pairs.tsv"},
        {files.folder, NULL, JIEDA_E_IO, files.folder},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        jieda_comparer *comparer = (jieda_comparer *)(void *)&files;
        jieda_error err = {0};
        jieda_status st = jieda_comparer_open(cases[i].model, cases[i].kb, &comparer, &err);

        if (st != cases[i].expected || err.status != st || !strstr(err.source, cases[i].source))
            fail_msg("case %zu: %s, \"%s: %s\"", i, jieda_status_name(st), err.source, err.message);
        assert_null(comparer);
        comparer = (jieda_comparer *)(void *)&files;
        assert_int_equal(jieda_comparer_open(cases[i].model, cases[i].kb, &comparer, NULL), st);
        assert_null(comparer);
    }
    jieda_comparer_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_symmetric_and_from_0_to_1),
        cmocka_unit_test(untrained_an_equal_question_is_1_and_a_strange_one_0),
        cmocka_unit_test(what_many_texts_hold_counts_for_little),
        cmocka_unit_test(a_model_knows_what_it_was_taught),
        cmocka_unit_test(a_question_past_the_bound_is_refused_and_no_more),
        cmocka_unit_test(what_cannot_be_used_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, make_models, remove_models);
}
