/*
 * train_fault_test.c - an allocation of jieda_train() fails once, and then all from there on.
 *
 * A training that fails says so with a message, leaks nothing, leaves the file that was there and
 * no other. Training takes tenths of a second, and what comes late in it is dear to reach: every
 * allocation of reading the inputs is tried, and of learning as many as fit into a test.
 */
#include "fault/faulty.h"
#include "unit/trainer/lessons.h"

/* Allocations of learning that fail, spread over all of them. */
#define TRIAL_COUNT_ONCE 7
#define TRIAL_COUNT_FOR_EVER 3

static const char pack[] =
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'],"
    " 'out_of_scope': {'zh': ['今天天气怎么样']}, 'entries': ["
    "{'id': 'refund', 'title': {'zh': 'r'}, 'questions': {'zh': ['怎么退款', '我要退钱']},"
    " 'not': {'zh': ['退货怎么寄']}, 'answers': [{'lang': 'zh', 'text': 'a'}]},"
    "{'id': 'hours', 'title': {'zh': 'h'}, 'questions': {'zh': ['几点开门', '营业到几点']},"
    " 'answers': [{'lang': 'zh', 'text': 'a'}]}]}";

static fixture files;
static char lexicon_path[512], pack_path[160], pairs_path[160], feedback_path[160], model_path[160];
static char *expected; /* the model, made in plenty */
static size_t expected_len;

static jieda_train_options options_of(const jieda_allocator *allocator)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;

    options.allocator = allocator;
    options.base_lexicon_path = lexicon_path;
    options.sparse_bits = 10;
    return options;
}

static jieda_status train(const jieda_train_options *options, jieda_error *err)
{
    const char *const inputs[] = {pack_path, pairs_path, feedback_path};

    return jieda_train(inputs, 3, model_path, options, NULL, err);
}

static int make_inputs(void **state)
{
    jieda_train_options options;
    jieda_error err = {0};

    (void)state;
    fixture_folder(&files);
    fixture_write_small_lexicon(&files, lexicon_path);
    fixture_write(&files, "pack.json", pack);
    lesson_write_pairs(&files, "pairs.tsv", 4);
    fixture_write(&files, "feedback.jsonl",
                  "{'utterance': '钱怎么退给我', 'entry': 'refund', 'right': 1}\n"
                  "{'utterance': '几点关门', 'entry': 'nosuch', 'right': 1}\n");
    lesson_path(&files, "pack.json", pack_path);
    lesson_path(&files, "pairs.tsv", pairs_path);
    lesson_path(&files, "feedback.jsonl", feedback_path);
    lesson_path(&files, "model", model_path);
    options = options_of(NULL);
    if (train(&options, &err) != JIEDA_OK)
        fail_msg("%s: %s", err.source, err.message);
    expected = read_whole(model_path, &expected_len);
    return 0;
}

static int remove_inputs(void **state)
{
    (void)state;
    free(expected);
    fixture_remove(&files);
    return 0;
}

/* Allocations of a training: before learning begins, which is where it gets dear, and in all. */
typedef struct allocations {
    const fault *counter; /* armed with SIZE_MAX */
    size_t of_reading, of_all;
} allocations;

static size_t counted(const fault *counter)
{
    return SIZE_MAX - counter->left;
}

static bool note_progress(void *ctx, const char *stage, uint64_t done, uint64_t total, double loss)
{
    allocations *a = ctx;

    (void)stage;
    (void)done;
    (void)total;
    (void)loss;
    if (a->of_reading == 0)
        a->of_reading = counted(a->counter);
    return true;
}

static allocations count_allocations(void)
{
    fault counter = {0};
    allocations a = {.counter = &counter};
    jieda_allocator allocator = {faulty_resize, &counter};
    jieda_train_options options = options_of(&allocator);

    options.progress = note_progress;
    options.progress_ctx = &a;
    fault_arm(&counter, SIZE_MAX, false);
    assert_int_equal(train(&options, NULL), JIEDA_OK);
    a.of_all = counted(&counter);
    assert_true(a.of_reading > 20 && a.of_reading < a.of_all);
    return a;
}

/* @return whether there was an allocation n. */
static bool train_with_fault(bool in_cjson, size_t n, bool for_ever)
{
    fault own = {0}, *struck = in_cjson ? &cjson_fault : &own;
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_train_options options = options_of(&allocator);
    jieda_error err = {0};
    jieda_status st;
    size_t len;
    char *bytes;

    fault_arm(struck, n, for_ever);
    st = train(&options, &err);
    fault_disarm(struck);
    if (own.alive != 0)
        fail_msg("allocation %zu: %zu blocks leak", n, own.alive);
    if (st == JIEDA_OK ? struck->fired
                       : st != JIEDA_E_NOMEM || err.status != st || err.message[0] == '\0')
        fail_msg("allocation %zu: %s, \"%s\"", n, jieda_status_name(st), err.message);
    bytes = read_whole(model_path, &len);
    if (len != expected_len || memcmp(bytes, expected, len) != 0)
        fail_msg("allocation %zu, %s: another file than expected", n, jieda_status_name(st));
    free(bytes);
    if (lesson_file_count(&files) != 5)
        fail_msg("allocation %zu, %s: a file is left behind", n, jieda_status_name(st));
    return struck->fired;
}

static void allocations_of_ours_may_fail(void **state)
{
    allocations a = count_allocations();

    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t trials = for_ever ? TRIAL_COUNT_FOR_EVER : TRIAL_COUNT_ONCE;
        size_t step = (a.of_all - a.of_reading) / trials + 1;

        for (size_t n = 0; n < a.of_all; n += n < a.of_reading ? 1 : step)
            if (!train_with_fault(false, n, for_ever))
                fail_msg("there was no allocation %zu of %zu", n, a.of_all);
        assert_false(train_with_fault(false, a.of_all, for_ever));
    }
}

static void allocations_of_cjson_may_fail(void **state)
{
    size_t n = 0;

    (void)state;
    while (train_with_fault(true, n, true))
        n += 5;
    assert_true(n > 20);
}

/* A failed first training leaves no file at all. */
static void a_failed_training_leaves_no_file(void **state)
{
    (void)state;
    assert_int_equal(unlink(model_path), 0);
    for (size_t n = 0; n < 60; n += 19) {
        fault own = {0};
        jieda_allocator allocator = {faulty_resize, &own};
        jieda_train_options options = options_of(&allocator);

        fault_arm(&own, n, true);
        assert_int_equal(train(&options, NULL), JIEDA_E_NOMEM);
        assert_int_equal(own.alive, 0);
        assert_int_equal(lesson_file_count(&files), 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_of_ours_may_fail),
        cmocka_unit_test(allocations_of_cjson_may_fail),
        cmocka_unit_test(a_failed_training_leaves_no_file),
    };

    faulty_libraries();
    return cmocka_run_group_tests(tests, make_inputs, remove_inputs);
}
