/*
 * fit_weights.c - fits the numbers of engine/match/weights.c.
 *
 *   fit_weights FILE.kb [--without FEATURE]... [--set FEATURE=W]... [--eval SET.tsv]... [--rounds
 * N]
 *
 * Data: the knowledge base's own questions. Each is asked while it is left out of the knowledge
 * base, so that its entry must be found by its other wordings; some with a typing error. Ranking
 * weights maximise the likelihood of the right entry under a softmax over the entries found
 * (listwise, L2). Confidence weights are a logistic regression of "the best entry is right" over
 * three kinds of questions: those of the knowledge base; the same with their own entry hidden, so
 * that the best is wrong; and the out-of-scope ones, left out likewise.
 *
 * --set fixes a weight; --rounds 0 fits nothing. --without fits without a feature and
 * is how the ablation table of docs/MATCHING.md is made;
 * --eval prints top-1 and top-3 of a labelled set (question TAB id[,id...]) with the fitted
 * weights. Prints initialisers to paste. Deterministic: no randomness, one thread.
 */
#include "match/match.h"
#include "text/unihan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 24
#define RANK_STEPS 400
#define JUDGE_STEPS 1500
#define L2_RANK 1e-4
#define L2_JUDGE 1e-4

typedef struct sample {
    int gold; /* index of the right entry, -1 = none */
    int count;
    float feature[LIST_MAX][JIEDA__FEATURE_COUNT];
} sample;

typedef struct judged {
    float signal[JIEDA__SIGNAL_COUNT];
    int right;
    float weight;
} judged;

/* Similarity can only speak for an entry: its weight is kept from going below zero, which costs
 * nothing measurable and keeps an explanation readable. What may speak against one is listed.
 * The guards (opposite, not) do not rank: they cap the confidence. */
static bool may_be_negative(int feature)
{
    return feature == JIEDA__FEATURE_NEGATION;
}

static jieda__kb *kb;
static jieda__reader *reader;
static jieda__arena arena;
static jieda__weights weights;
static bool without[JIEDA__FEATURE_COUNT];
static bool fixed[JIEDA__FEATURE_COUNT];

static void die(const char *what)
{
    fprintf(stderr, "fit_weights: %s\n", what);
    exit(1);
}

static jieda_str question_text(uint32_t question)
{
    jieda_error err;
    sqlite3_stmt *stmt = jieda__reader_statement(reader, JIEDA__STMT_QUESTION_TEXT, &err);
    jieda_str text;

    sqlite3_bind_int64(stmt, 1, question);
    if (sqlite3_step(stmt) != SQLITE_ROW)
        die("a question has no text");
    text = jieda__arena_copy(&arena, (jieda_str){(const char *)sqlite3_column_text(stmt, 0),
                                                 (size_t)sqlite3_column_bytes(stmt, 0)});
    sqlite3_reset(stmt);
    return text;
}

/* ---- typing errors --------------------------------------------------------------------------- */

/* Characters of the knowledge base by their sound. */
enum { HOMOPHONE_MAX = 24 };
static uint32_t homophones[JIEDA__SYLLABLE_COUNT + 1][HOMOPHONE_MAX];
static int homophone_count[JIEDA__SYLLABLE_COUNT + 1];

static void collect_homophones(void)
{
    for (uint32_t q = 0; q < kb->question_count; q++) {
        jieda__text text;

        jieda__arena_reset(&arena);
        if (jieda__text_normalize(&arena, question_text(q), &text) != JIEDA_OK)
            die("out of memory");
        for (size_t i = 0; i < text.count; i++) {
            uint32_t syllable = jieda__text_syllable(text.chars[i].cp);
            int *count = &homophone_count[syllable], known = 0;

            while (known < *count && homophones[syllable][known] != text.chars[i].cp)
                known++;
            if (syllable && known == *count && *count < HOMOPHONE_MAX)
                homophones[syllable][(*count)++] = text.chars[i].cp;
        }
    }
}

/* One question in four is asked with a homophone in place of one character, one in twenty in
 * pinyin, as people type. Which ones, and what is replaced, depends on the question's number alone.
 */
static jieda_str as_typed(jieda_str text, uint32_t question)
{
    uint64_t dice = jieda__hash_mix(question + 1);
    jieda__text norm;
    jieda__buf buf;
    size_t at;

    if (dice % 4 != 0 && dice % 20 != 1)
        return text;
    if (jieda__text_normalize(&arena, text, &norm) != JIEDA_OK || norm.count == 0)
        return text;
    at = dice / 32 % norm.count;
    jieda__buf_init(&buf, jieda__default_allocator(), 65536);
    for (size_t i = 0; i < norm.count; i++) {
        uint32_t cp = norm.chars[i].cp, syllable = jieda__text_syllable(cp);

        if (dice % 20 == 1 && syllable)
            jieda__buf_cstr(&buf, jieda__text_syllable_name(syllable));
        else if (dice % 4 == 0 && i == at && homophone_count[syllable] > 1)
            jieda__buf_utf8(
                &buf, homophones[syllable][dice / 8192 % (uint64_t)homophone_count[syllable]]);
        else
            jieda__buf_utf8(&buf, cp);
    }
    text = jieda__arena_copy(&arena, (jieda_str){buf.ptr, buf.len});
    jieda__buf_free(&buf);
    return text;
}

static bool is_not(void *context, uint32_t entry)
{
    return entry != *(const uint32_t *)context;
}

static void match(jieda_str text, uint32_t leave_out, const uint32_t *hidden_entry,
                  jieda__matches *out)
{
    jieda__match_options options = {.weights = &weights,
                                    .posting_count_max = 400,
                                    .rerank_count_max = 32,
                                    .filter = hidden_entry ? is_not : NULL,
                                    .filter_ctx = (void *)(uintptr_t)hidden_entry,
                                    .leave_out = leave_out};
    jieda__reading reading;
    jieda_error err;

    if (jieda__text_read(&arena, kb->lexicon, text, &reading) != JIEDA_OK ||
        jieda__match_run(reader, &arena, &reading, &options, out, &err) != JIEDA_OK)
        die("matching failed");
}

/* ---- ranking --------------------------------------------------------------------------------- */

static size_t collect_ranking(sample *samples)
{
    size_t count = 0, found = 0;

    for (uint32_t q = 0; q < kb->question_count; q++) {
        jieda__matches matches;
        sample *s = &samples[count];

        if (kb->questions[q].kind != JIEDA__QUESTION_POSITIVE)
            continue;
        jieda__arena_reset(&arena);
        match(as_typed(question_text(q), q), q, NULL, &matches);
        *s = (sample){.gold = -1};
        for (size_t i = 0; i < matches.count && s->count < LIST_MAX; i++) {
            if (matches.items[i].entry == kb->questions[q].entry)
                s->gold = s->count;
            memcpy(s->feature[s->count++], matches.items[i].feature, sizeof s->feature[0]);
        }
        found++;
        count += s->gold >= 0;
    }
    fprintf(stderr, "%zu of %zu questions find their entry\n", count, found);
    return count;
}

static double rank_loss(const sample *samples, size_t count, const double *w, double *gradient,
                        size_t *right)
{
    double loss = 0;

    memset(gradient, 0, JIEDA__FEATURE_COUNT * sizeof *gradient);
    *right = 0;
    for (size_t n = 0; n < count; n++) {
        const sample *s = &samples[n];
        double score[LIST_MAX] = {0}, top = -1e9, sum = 0;
        int best = 0;

        for (int i = 0; i < s->count; i++) {
            score[i] = 0;
            for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
                score[i] += w[f] * s->feature[i][f];
            if (score[i] > top) {
                top = score[i];
                best = i;
            }
        }
        for (int i = 0; i < s->count; i++)
            sum += exp(score[i] - top);
        loss -= score[s->gold] - top - log(sum);
        *right += best == s->gold;
        for (int i = 0; i < s->count; i++) {
            double p = exp(score[i] - top) / sum - (i == s->gold);

            for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
                gradient[f] += p * s->feature[i][f];
        }
    }
    return loss / (double)count;
}

/* Adam (Kingma, Ba 2015) on all samples at once. */
static void fit_ranking(const sample *samples, size_t count)
{
    double w[JIEDA__FEATURE_COUNT], m[JIEDA__FEATURE_COUNT] = {0}, v[JIEDA__FEATURE_COUNT] = {0};
    double gradient[JIEDA__FEATURE_COUNT], loss = 0;
    size_t right = 0;

    for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
        w[f] = without[f] ? 0 : weights.feature[f];
    for (int step = 1; step <= RANK_STEPS; step++) {
        double rate = 0.2 * (1 - (double)step / (RANK_STEPS + 1));

        loss = rank_loss(samples, count, w, gradient, &right);
        for (int f = 0; f < JIEDA__FEATURE_COUNT; f++) {
            double g = gradient[f] / (double)count + 2 * L2_RANK * w[f];

            if (without[f] || fixed[f])
                continue;
            m[f] = 0.9 * m[f] + 0.1 * g;
            v[f] = 0.999 * v[f] + 0.001 * g * g;
            w[f] -=
                rate * (m[f] / (1 - pow(0.9, step))) / (sqrt(v[f] / (1 - pow(0.999, step))) + 1e-8);
            if (w[f] < 0 && !may_be_negative(f))
                w[f] = 0;
        }
    }
    fprintf(stderr, "ranking: loss %.4f, left-out top-1 %.4f\n", loss,
            (double)right / (double)count);
    for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
        weights.feature[f] = (float)w[f];
}

/* ---- confidence ------------------------------------------------------------------------------ */

static size_t add_judged(judged *list, size_t count, const jieda__matches *matches, uint32_t gold,
                         float weight)
{
    if (matches->count == 0)
        return count;
    memcpy(list[count].signal, matches->items[0].signal, sizeof list[count].signal);
    list[count].right = matches->items[0].entry == gold;
    list[count].weight = weight;
    return count + 1;
}

static size_t collect_judged(judged *list)
{
    size_t count = 0;

    for (uint32_t q = 0; q < kb->question_count; q++) {
        const jieda__question_row *row = &kb->questions[q];
        jieda__matches matches;
        jieda_str text;

        if (row->kind == JIEDA__QUESTION_NOT)
            continue;
        jieda__arena_reset(&arena);
        text = as_typed(question_text(q), q);
        match(text, q, NULL, &matches);
        if (row->kind == JIEDA__QUESTION_OUT_OF_SCOPE) {
            count = add_judged(list, count, &matches, JIEDA__NONE, 2.0f);
            continue;
        }
        count = add_judged(list, count, &matches, row->entry, 1.0f);
        match(text, q, &row->entry, &matches);
        count = add_judged(list, count, &matches, JIEDA__NONE, 0.3f);
    }
    return count;
}

static void fit_confidence(const judged *list, size_t count)
{
    enum { N = JIEDA__SIGNAL_COUNT + 1 };
    double w[N] = {0}, m[N] = {0}, v[N] = {0}, loss = 0;

    for (int step = 1; step <= JUDGE_STEPS; step++) {
        double gradient[N] = {0}, total = 0;
        double rate = 0.1 * (1 - (double)step / (JUDGE_STEPS + 1));

        loss = 0;
        for (size_t n = 0; n < count; n++) {
            double z = w[N - 1], p;

            for (int i = 0; i < N - 1; i++)
                z += w[i] * list[n].signal[i];
            p = 1 / (1 + exp(-z));
            loss -= list[n].weight * log(list[n].right ? p + 1e-12 : 1 - p + 1e-12);
            total += list[n].weight;
            for (int i = 0; i < N; i++)
                gradient[i] +=
                    list[n].weight * (p - list[n].right) * (i < N - 1 ? list[n].signal[i] : 1);
        }
        loss /= total;
        for (int i = 0; i < N; i++) {
            double g = gradient[i] / total + (i < N - 1 ? 2 * L2_JUDGE * w[i] : 0);

            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            w[i] -=
                rate * (m[i] / (1 - pow(0.9, step))) / (sqrt(v[i] / (1 - pow(0.999, step))) + 1e-8);
        }
    }
    fprintf(stderr, "confidence: loss %.4f over %zu questions\n", loss, count);
    for (int i = 0; i < JIEDA__SIGNAL_COUNT; i++)
        weights.signal[i] = (float)w[i];
    weights.signal_bias = (float)w[N - 1];
}

/* ---- a labelled set -------------------------------------------------------------------------- */

static bool is_among(jieda_str id, const char *ids)
{
    size_t len;

    for (; *ids; ids += len + (ids[len] == ',')) {
        len = strcspn(ids, ",");
        if (jieda__str_equal(id, (jieda_str){ids, len}))
            return true;
    }
    return false;
}

static void evaluate(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[70000];
    int rows = 0, top1 = 0, top3 = 0;

    if (!file)
        die("cannot open the labelled set");
    while (fgets(line, sizeof line, file)) {
        char *ids = strchr(line, '\t');
        jieda__matches matches;

        line[strcspn(line, "\r\n")] = '\0';
        if (!ids)
            continue;
        *ids++ = '\0';
        ids[strcspn(ids, "\t")] = '\0';
        if (strcmp(ids, "oos") == 0)
            continue;
        rows++;
        jieda__arena_reset(&arena);
        match((jieda_str){line, strlen(line)}, JIEDA__NONE, NULL, &matches);
        for (size_t i = 0; i < matches.count && i < 3; i++) {
            if (is_among(jieda__kb_entry_id(kb, matches.items[i].entry), ids)) {
                top1 += i == 0;
                top3++;
                break;
            }
        }
    }
    fclose(file);
    printf("%s: %d rows, top-1 %.4f, top-3 %.4f\n", path, rows, (double)top1 / rows,
           (double)top3 / rows);
}

static void print_weights(void)
{
    for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
        printf("    feature %-15s %9.4ff\n", jieda__feature_name((jieda__feature)f),
               (double)weights.feature[f]);
    for (int s = 0; s < JIEDA__SIGNAL_COUNT; s++)
        printf("    signal  %-15s %9.4ff\n", jieda__signal_name((jieda__signal)s),
               (double)weights.signal[s]);
    printf("    signal_bias             %9.4ff\n", (double)weights.signal_bias);
}

int main(int argc, char **argv)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    jieda_error err;
    sample *samples;
    judged *list;
    int rounds = 3;

    if (argc < 2)
        die("usage: fit_weights FILE.kb [--without F]... [--set F=W]... [--eval SET.tsv]... "
            "[--rounds N]");
    weights = jieda__default_weights;
    without[JIEDA__FEATURE_OPPOSITE] = without[JIEDA__FEATURE_NOT] = true;
    jieda__arena_init(&arena, alloc, (size_t)1 << 30);
    if (jieda__kb_open(alloc, argv[1], NULL, 0, &kb, &err) != JIEDA_OK ||
        jieda__reader_open(kb, &reader, &err) != JIEDA_OK)
        die(err.message);
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rounds") == 0)
            rounds = atoi(argv[i + 1]);
        for (int f = 0; f < JIEDA__FEATURE_COUNT; f++) {
            const char *name = jieda__feature_name((jieda__feature)f);
            size_t len = strlen(name);

            if (strcmp(argv[i], "--without") == 0 && strcmp(argv[i + 1], name) == 0)
                without[f] = true;
            if (strcmp(argv[i], "--set") == 0 && strncmp(argv[i + 1], name, len) == 0 &&
                argv[i + 1][len] == '=')
                weights.feature[f] = strtof(argv[i + 1] + len + 1, NULL);
            fixed[f] =
                fixed[f] || (strcmp(argv[i], "--set") == 0 &&
                             strncmp(argv[i + 1], name, len) == 0 && argv[i + 1][len] == '=');
        }
    }
    collect_homophones();
    samples = malloc(kb->question_count * sizeof *samples);
    list = malloc(2 * kb->question_count * sizeof *list);
    if (!samples || !list)
        die("out of memory");
    /* Which wording stands for an entry depends on the weights: fit, look again, fit. */
    for (int round = 0; round < rounds; round++)
        fit_ranking(samples, collect_ranking(samples));
    if (rounds > 0)
        fit_confidence(list, collect_judged(list));
    for (int i = 2; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--eval") == 0)
            evaluate(argv[i + 1]);
    print_weights();
    free(samples);
    free(list);
    jieda__arena_free(&arena);
    jieda__reader_close(reader);
    jieda__kb_close(kb);
    return 0;
}
