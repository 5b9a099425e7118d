/*
 * trainer_test.c - jieda_train() from outside: what it takes, what it refuses, and that the same
 * lessons give the same file.
 *
 * Quality is not asked for here, only that there is a model and that it is the right one; a small
 * base lexicon and few pairs keep a training below a second.
 */
#include "unit/trainer/lessons.h"

#include "match/model.h"

#include <math.h>
#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PAIR_COUNT 40
#define INPUT_COUNT_MAX 3

/* What was reported, one a line: "file:line:severity[rule]", the file without its folder. */
typedef struct findings {
    char text[2000];
    size_t len;
} findings;

typedef struct outcome {
    jieda_status status;
    jieda_train_result result;
    jieda_error err;
    findings findings;
} outcome;

static fixture files;
static char lexicon_path[512];

static int make_folder(void **state)
{
    (void)state;
    fixture_folder(&files);
    fixture_write_small_lexicon(&files, lexicon_path);
    lesson_write_pairs(&files, "pairs.tsv", PAIR_COUNT);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    fixture_remove(&files);
    return 0;
}

static void keep_finding(void *ctx, const jieda_diagnostic *d)
{
    findings *f = ctx;
    size_t name = d->file.len;

    while (name > 0 && d->file.ptr[name - 1] != '/')
        name--;
    f->len += (size_t)snprintf(f->text + f->len, sizeof f->text - f->len, "%.*s:%u:%s[%s]\n",
                               (int)(d->file.len - name), d->file.ptr + name, d->line,
                               d->severity == JIEDA_SEVERITY_ERROR ? "error" : "warning", d->rule);
    assert_true(f->len < sizeof f->text);
    assert_true(d->message.len > 0);
}

static jieda_train_options small_options(void)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;

    options.sparse_bits = 10;
    options.base_lexicon_path = lexicon_path;
    return options;
}

/* Trains from files of the folder, `names` parted by spaces, to one named `out`. */
static void train(const char *names, const char *out, jieda_train_options options, outcome *o)
{
    char list[200], paths[INPUT_COUNT_MAX][160], model[160];
    const char *inputs[INPUT_COUNT_MAX];
    size_t count = 0;

    memset(o, 0, sizeof *o);
    snprintf(list, sizeof list, "%s", names);
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        assert_true(count < INPUT_COUNT_MAX);
        inputs[count] = lesson_path(&files, name, paths[count]);
        count++;
    }
    options.diagnostic = keep_finding;
    options.diagnostic_ctx = &o->findings;
    o->status =
        jieda_train(inputs, count, lesson_path(&files, out, model), &options, &o->result, &o->err);
    if (o->status != JIEDA_OK && (o->err.status != o->status || o->err.message[0] == '\0'))
        fail_msg("%s without a reason", jieda_status_name(o->status));
}

static void train_well(const char *names, const char *out, outcome *o)
{
    train(names, out, small_options(), o);
    if (o->status != JIEDA_OK)
        fail_msg("%s: %s\n%s", names, o->err.message, o->findings.text);
}

/* Free it. */
static char *model_bytes(const char *name, size_t *len)
{
    char path[160];

    return read_whole(lesson_path(&files, name, path), len);
}

static void remove_model(const char *name)
{
    char path[160];

    assert_int_equal(unlink(lesson_path(&files, name, path)), 0);
}

/* ---- the same lessons, the same file --------------------------------------------------------- */

static void assert_same_file(const char *one, const char *other)
{
    size_t len_a, len_b;
    char *a = model_bytes(one, &len_a), *b = model_bytes(other, &len_b);

    if (len_a != len_b || memcmp(a, b, len_a) != 0)
        fail_msg("%s and %s differ", one, other);
    free(a);
    free(b);
}

static void assert_counted(const outcome *o, const char *name)
{
    struct stat info;
    char path[160];

    assert_int_equal(o->result.error_count, 0);
    assert_int_equal(o->result.warning_count, 0);
    assert_int_equal(o->result.pair_count, PAIR_COUNT);
    assert_in_range(o->result.positive_count, PAIR_COUNT / 4, PAIR_COUNT * 3 / 4);
    assert_in_range(o->result.question_count, 2, 2 * PAIR_COUNT);
    assert_in_range(o->result.epoch_count, 1, 100);
    assert_true(o->result.auroc > 0.5 && o->result.auroc <= 1);
    assert_true(o->result.spearman > 0 && o->result.spearman <= 1);
    assert_int_equal(stat(lesson_path(&files, name, path), &info), 0);
    assert_int_equal(o->result.file_bytes, info.st_size);
}

static void the_number_of_threads_changes_nothing(void **state)
{
    static const uint32_t counts[] = {1, 2, 4};

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        jieda_train_options options = small_options();
        const char *name = i == 0 ? "one" : "other";
        outcome o;

        options.seed = 9;
        options.thread_count = counts[i];
        train("pairs.tsv", name, options, &o);
        assert_int_equal(o.status, JIEDA_OK);
        assert_counted(&o, name);
        if (i > 0)
            assert_same_file("one", "other");
    }
    remove_model("other");
}

/* Not only the seed that is noted in it: what was learned. */
static void another_seed_is_another_model(void **state)
{
    jieda_train_options options = small_options();
    size_t len_a, len_b;
    jieda__model a, b;
    char *one, *other;
    outcome o;

    (void)state;
    options.seed = 10;
    train("pairs.tsv", "other", options, &o);
    assert_int_equal(o.status, JIEDA_OK);
    one = model_bytes("one", &len_a); /* of the test before */
    other = model_bytes("other", &len_b);
    assert_int_equal(jieda__model_load(one, len_a, &a, NULL), JIEDA_OK);
    assert_int_equal(jieda__model_load(other, len_b, &b, NULL), JIEDA_OK);
    assert_int_equal(a.header->row_count, b.header->row_count);
    assert_int_equal(a.header->lexicon_hash, b.header->lexicon_hash);
    assert_memory_not_equal(a.rows, b.rows, a.header->row_count * (size_t)JIEDA__EMBEDDING_SIZE);
    free(one);
    free(other);
    remove_model("one");
    remove_model("other");
}

/* ---- lists of pairs -------------------------------------------------------------------------- */

static const struct list_case {
    const char *name, *text;
    uint32_t pair_count, question_count;
} lists[] = {
    {"the least there can be", "怎么退款\t如何退款\t1\n怎么退款\t怎么提现\t0\n", 2, 3},
    {"line ends of all kinds, more columns",
     "\n怎么退款\t如何退款\t1\tnote\t2\r\n\r\n怎么退款\t怎么提现\t0\t\r\n退款\t提现\t0", 3, 5},
    {"pairs twice, a question with itself, contradictions",
     "怎么退款\t怎么退款\t1\n怎么退款\t怎么退款\t1\n退款\t提现\t0\n退款\t提现\t0\n退款\t提现\t1\n",
     5, 3},
    {"ill-formed bytes, questions that hold no word",
     "\xff\xfe退款\t\xe9\x80退款\t1\n退款\t\x80\t0\n？\t！\t1\n？\t退款\t0\n", 4, 6},
    {"all are connected",
     "怎么退款\t如何退款\t1\n如何退款\t退款怎么弄\t1\n退款怎么弄\t在哪里退款\t1\n"
     "在哪里退款\t在哪里提现\t0\n在哪里提现\t怎么提现\t1\n怎么提现\t怎么退款\t0\n",
     6, 6},
};

static void lists_are_read_leniently(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        const struct list_case *c = &lists[i];
        size_t len;
        char *bytes;
        jieda__model model;
        outcome o;

        lesson_write(&files, "list.tsv", c->text);
        train("list.tsv", "model", small_options(), &o);
        if (o.status != JIEDA_OK || o.result.pair_count != c->pair_count ||
            o.result.question_count != c->question_count)
            fail_msg("%s: %s, %u pairs of %u questions", c->name, o.err.message,
                     o.result.pair_count, o.result.question_count);
        assert_true(o.result.auroc >= 0 && o.result.auroc <= 1);
        assert_true(o.result.spearman >= -1.000001 && o.result.spearman <= 1.000001);
        bytes = model_bytes("model", &len);
        assert_int_equal(jieda__model_load(bytes, len, &model, NULL), JIEDA_OK);
        free(bytes);
        remove_model("model");
    }
    remove_model("list.tsv");
}

static void several_lists_teach_together(void **state)
{
    outcome o;

    (void)state;
    lesson_write(&files, "more.tsv", "怎么退款\t如何退款\t1\n怎么退款\t怎么提现\t0\n");
    lesson_write(&files, "rest.tsv", "怎么退款\t退款怎么弄\t1\n");
    train_well("more.tsv rest.tsv", "model", &o);
    assert_int_equal(o.result.pair_count, 3);
    assert_int_equal(o.result.question_count, 4);
    remove_model("model");
    remove_model("more.tsv");
    remove_model("rest.tsv");
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void lines_that_are_no_pair_are_all_reported(void **state)
{
    size_t before = lesson_file_count(&files);
    outcome o;

    (void)state;
    lesson_write(&files, "bad.tsv",
                 "怎么退款\t如何退款\t1\n"
                 "怎么退款\t怎么提现\n" /* no label */
                 "怎么退款\n"           /* no second question */
                 "\t怎么提现\t0\n"      /* an empty one */
                 "怎么退款\t  \t0\r\n"  /* a blank one */
                 "\n"
                 "怎么退款\t怎么提现\t2\n" /* another label */
                 "怎么退款\t怎么提现\t0.5\n"
                 "怎么退款\t怎么提现\t\n"
                 "怎么退款\t怎么提现\t0\n");
    train("bad.tsv pairs.tsv", "model", small_options(), &o);
    assert_int_equal(o.status, JIEDA_E_FORMAT);
    assert_string_equal(o.findings.text, "bad.tsv:2:error[bad-pair]\n"
                                         "bad.tsv:3:error[bad-pair]\n"
                                         "bad.tsv:4:error[bad-pair]\n"
                                         "bad.tsv:5:error[bad-pair]\n"
                                         "bad.tsv:7:error[bad-pair]\n"
                                         "bad.tsv:8:error[bad-pair]\n"
                                         "bad.tsv:9:error[bad-pair]\n");
    assert_int_equal(o.result.error_count, 7);
    remove_model("bad.tsv");
    assert_int_equal(lesson_file_count(&files), before);
}

#define FEEDBACK(utterance, entry, right)                                                          \
    "{\"utterance\": \"" utterance "\", \"entry\": \"" entry "\", \"right\": " right "}\n"

static const struct refused_case {
    const char *name, *inputs, *out;
    const char *text; /* of list.tsv */
    jieda_status expected;
    const char *message, *source; /* parts of them */
} refused[] = {
    {"no positives", "list.tsv", "model", "怎么退款\t怎么提现\t0\n怎么退款\t怎么充值\t0\n",
     JIEDA_E_FORMAT, "nothing to learn from", ""},
    {"positives only", "list.tsv", "model", "怎么退款\t如何退款\t1\n怎么提现\t如何提现\t1\n",
     JIEDA_E_FORMAT, "nothing to learn from", ""},
    {"two sources", "kb.tsv list.tsv", "model", "a\t怎么退款\n", JIEDA_E_INVALID, "second source",
     "list.tsv"},
    {"feedback without a source", "pairs.tsv feedback.jsonl", "model", "", JIEDA_E_INVALID,
     "source", "feedback.jsonl"},
    {"a missing file", "pairs.tsv nosuch.tsv", "model", "", JIEDA_E_IO, "", "nosuch.tsv"},
    {"a place that is no folder", "list.tsv", "nosuch/model",
     "怎么退款\t如何退款\t1\n怎么退款\t怎么提现\t0\n", JIEDA_E_IO, "", "nosuch/model"},
};

static void what_cannot_be_learned_from_is_refused(void **state)
{
    (void)state;
    lesson_write(&files, "kb.tsv", "a\t怎么退款\n");
    lesson_write(&files, "feedback.jsonl", FEEDBACK("退款", "a", "1"));
    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct refused_case *c = &refused[i];
        size_t before;
        outcome o;

        lesson_write(&files, "list.tsv", c->text);
        before = lesson_file_count(&files);
        train(c->inputs, c->out, small_options(), &o);
        if (o.status != c->expected || !strstr(o.err.message, c->message) ||
            !strstr(o.err.source, c->source))
            fail_msg("%s: %s, \"%s: %s\"", c->name, jieda_status_name(o.status), o.err.source,
                     o.err.message);
        assert_int_equal(lesson_file_count(&files), before);
    }
    remove_model("list.tsv");
    remove_model("kb.tsv");
    remove_model("feedback.jsonl");
}

static void options_that_make_no_sense_are_refused(void **state)
{
    char path[160], out[160];
    const char *const inputs[] = {lesson_path(&files, "pairs.tsv", path)};
    jieda_error err = {0};
    size_t before = lesson_file_count(&files);

    (void)state;
    lesson_path(&files, "model", out);
    for (int i = 0; i < 6; i++) {
        jieda_train_options options = small_options();

        options.version = i == 0 ? 0 : i == 1 ? 2 : 1;
        options.thread_count = i == 2 ? 0 : i == 3 ? 17 : 1;
        options.sparse_bits = i == 4 ? 9 : i == 5 ? 21 : 10;
        err.status = JIEDA_OK;
        assert_int_equal(jieda_train(inputs, 1, out, &options, NULL, &err), JIEDA_E_INVALID);
        assert_int_equal(err.status, JIEDA_E_INVALID);
    }
    assert_int_equal(jieda_train(NULL, 1, out, NULL, NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_train(inputs, 0, out, NULL, NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_train(inputs, 1, NULL, NULL, NULL, NULL), JIEDA_E_INVALID);
    assert_int_equal(lesson_file_count(&files), before);
}

static void more_than_the_bound_is_not_read(void **state)
{
    jieda_train_options options = small_options();
    outcome o;

    (void)state;
    options.source_bytes_max = 1000;
    train("pairs.tsv", "model", options, &o);
    assert_int_equal(o.status, JIEDA_E_LIMIT);
}

/* ---- progress -------------------------------------------------------------------------------- */

typedef struct watch {
    size_t calls, stop_at; /* 1 = the first; 0 = never */
} watch;

static bool watch_progress(void *ctx, const char *stage, uint64_t done, uint64_t total, double loss)
{
    watch *w = ctx;

    assert_true(stage && stage[0] && done <= total && isfinite(loss) && loss >= 0);
    return ++w->calls != w->stop_at;
}

static void a_stopped_training_leaves_what_was_there(void **state)
{
    jieda_train_options options = small_options();
    watch all = {0};
    size_t before, len;
    char *bytes;
    outcome o;

    (void)state;
    lesson_write_pairs(&files, "few.tsv", 10);
    options.progress = watch_progress;
    options.progress_ctx = &all;
    train("few.tsv", "unstopped", options, &o);
    assert_int_equal(o.status, JIEDA_OK);
    assert_true(all.calls >= 5);
    remove_model("unstopped");
    for (int i = 0; i < 4; i++) {
        watch w = {.stop_at = i == 0 ? 1 : i == 1 ? all.calls / 2 : all.calls};

        lesson_write(&files, "model", "as it was");
        before = lesson_file_count(&files);
        options.progress_ctx = &w;
        options.thread_count = i == 3 ? 4 : 1;
        train("few.tsv", "model", options, &o);
        assert_int_equal(o.status, JIEDA_E_CANCELLED);
        if (i < 3) /* other threads may not have heard of it */
            assert_int_equal(w.calls, w.stop_at);
        bytes = model_bytes("model", &len);
        assert_string_equal(bytes, "as it was");
        free(bytes);
        assert_int_equal(lesson_file_count(&files), before);
    }
    remove_model("model");
    remove_model("few.tsv");
}

/* ---- knowledge bases ------------------------------------------------------------------------- */

#define LIST                                                                                       \
    "refund\t怎么退款\t打开订单\nrefund\t我要退钱\nrefund\t退费在哪里点\n"       \
    "hours\t几点开门\t九点\nhours\t营业到几点\nhours\t周末开门吗\n"                \
    "card\t怎么绑定银行卡\t点钱包\ncard\t银行卡绑定在哪里\n"

static void a_list_of_questions_teaches_by_itself(void **state)
{
    outcome o;

    (void)state;
    lesson_write(&files, "kb.tsv", LIST);
    train_well("kb.tsv", "model", &o);
    assert_int_equal(o.result.question_count, 8);
    assert_true(o.result.positive_count > 0 && o.result.positive_count < o.result.pair_count);
    assert_string_equal(o.findings.text, "");
    remove_model("kb.tsv");
    remove_model("model");
}

static void feedback_adds_pairs_and_pairs_add_theirs(void **state)
{
    outcome alone, with;

    (void)state;
    lesson_write(&files, "kb.tsv", LIST);
    train_well("kb.tsv", "model", &alone);
    lesson_write(&files, "feedback.jsonl",
                 FEEDBACK("钱怎么退给我", "refund", "1") "\r\n" FEEDBACK("绑定亲情卡", "card", "0")
                     FEEDBACK("几点关门", "horus", "1"));
    train_well("feedback.jsonl kb.tsv", "model", &with); /* the source need not be the first */
    assert_int_equal(with.result.question_count, alone.result.question_count + 2);
    assert_int_equal(with.result.pair_count, alone.result.pair_count + 3 + 2);
    assert_int_equal(with.result.positive_count, alone.result.positive_count + 3);
    assert_int_equal(with.result.warning_count, 1);
    assert_string_equal(with.findings.text, "feedback.jsonl:4:warning[unknown-entry]\n");
    lesson_write(&files, "more.tsv", "怎么退款\t如何退款\t1\n怎么退款\t怎么提现\t0\n");
    train_well("kb.tsv more.tsv", "model", &with);
    assert_int_equal(with.result.pair_count, alone.result.pair_count + 2);
    remove_model("feedback.jsonl");
    remove_model("more.tsv");
    remove_model("kb.tsv");
    remove_model("model");
}

static void malformed_feedback_is_refused_with_its_place(void **state)
{
    outcome o;

    (void)state;
    lesson_write(&files, "kb.tsv", LIST);
    lesson_write(&files, "feedback.jsonl",
                 FEEDBACK("退款", "refund",
                          "1") "{\"utterance\": \"退款\"\n"
                               "{\"utterance\": \"退款\", \"entry\": \"refund\"}\n" FEEDBACK(
                                   "退款", "refund", "\"yes\""));
    train("kb.tsv feedback.jsonl", "model", small_options(), &o);
    assert_int_equal(o.status, JIEDA_E_FORMAT);
    assert_int_equal(o.result.error_count, 3);
    for (int line = 2; line <= 4; line++) {
        char place[40];

        snprintf(place, sizeof place, "feedback.jsonl:%d:error[", line);
        assert_non_null(strstr(o.findings.text, place));
    }
    remove_model("feedback.jsonl");
    remove_model("kb.tsv");
}

static void errors_of_a_source_are_reported_as_by_the_compiler(void **state)
{
    outcome o;

    (void)state;
    fixture_write(&files, "pack.json", "{'format': 1, 'nme': 'x'}");
    train("pack.json pairs.tsv", "model", small_options(), &o);
    assert_int_equal(o.status, JIEDA_E_FORMAT);
    assert_true(o.result.error_count > 0);
    assert_non_null(strstr(o.findings.text, "pack.json:1:error[unknown-key]"));
    remove_model("pack.json");
}

/* A pack of one file; `rest` goes into it, `refund` into an entry. */
static void write_pack(const char *rest, const char *refund)
{
    char text[2000];

    snprintf(
        text, sizeof text,
        "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'], %s"
        "'entries': ["
        "{'id': 'refund', 'title': {'zh': 'r'}, 'questions': {'zh': ['怎么退款', '我要退钱']}, "
        "%s 'answers': [{'lang': 'zh', 'text': 'a'}]},"
        "{'id': 'hours', 'title': {'zh': 'h'}, 'questions': {'zh': ['几点开门', '营业到几点', "
        "'周末开门吗']}, 'answers': [{'lang': 'zh', 'text': 'a'}]}]}",
        rest, refund);
    fixture_write(&files, "pack.json", text);
}

static void what_an_entry_is_not_teaches_too(void **state)
{
    outcome without, with;

    (void)state;
    write_pack("", "");
    train_well("pack.json", "model", &without);
    assert_int_equal(without.result.question_count, 5);
    write_pack("", "'not': {'zh': ['退款一直没到', '退货怎么寄']},");
    train_well("pack.json", "model", &with);
    assert_int_equal(with.result.question_count, 7);
    assert_int_equal(with.result.positive_count, without.result.positive_count);
    assert_int_equal(with.result.pair_count, without.result.pair_count + 4); /* two wordings each */
    remove_model("model");
    remove_model("pack.json");
}

static void questions_out_of_scope_are_near_misses(void **state)
{
    outcome o;

    (void)state;
    write_pack("'out_of_scope': {'zh': ['今天天气怎么样', '附近有什么好吃的']},", "");
    train_well("pack.json", "model", &o);
    assert_int_equal(o.result.question_count, 7);
    assert_true(o.result.positive_count > 0 && o.result.positive_count < o.result.pair_count);
    remove_model("model");
    remove_model("pack.json");
}

/* A model goes with the words that were folded when it learned. */
static void a_model_is_bound_to_the_lexicon_of_its_source(void **state)
{
    static const char *const lexicons[] = {
        "", "'lexicon': {'format': 1, 'language': 'zh', 'synonyms': [['开门', '营业']]},"};
    uint64_t hashes[3];

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        jieda__model model;
        outcome o;
        size_t len;
        char *bytes;

        write_pack(lexicons[i % 2], i == 2 ? "'not': {'zh': ['退货怎么寄']}," : "");
        train_well("pack.json", "model", &o);
        bytes = model_bytes("model", &len);
        assert_int_equal(jieda__model_load(bytes, len, &model, NULL), JIEDA_OK);
        hashes[i] = model.header->lexicon_hash;
        free(bytes);
    }
    assert_true(hashes[0] != hashes[1]);
    assert_true(hashes[0] == hashes[2]); /* other questions, the same words */
    remove_model("model");
    remove_model("pack.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_threads_changes_nothing),
        cmocka_unit_test(another_seed_is_another_model),
        cmocka_unit_test(lists_are_read_leniently),
        cmocka_unit_test(several_lists_teach_together),
        cmocka_unit_test(lines_that_are_no_pair_are_all_reported),
        cmocka_unit_test(what_cannot_be_learned_from_is_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(more_than_the_bound_is_not_read),
        cmocka_unit_test(a_stopped_training_leaves_what_was_there),
        cmocka_unit_test(a_list_of_questions_teaches_by_itself),
        cmocka_unit_test(feedback_adds_pairs_and_pairs_add_theirs),
        cmocka_unit_test(malformed_feedback_is_refused_with_its_place),
        cmocka_unit_test(errors_of_a_source_are_reported_as_by_the_compiler),
        cmocka_unit_test(what_an_entry_is_not_teaches_too),
        cmocka_unit_test(questions_out_of_scope_are_near_misses),
        cmocka_unit_test(a_model_is_bound_to_the_lexicon_of_its_source),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
