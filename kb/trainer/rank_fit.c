/*
 * rank_fit.c - what the features of a knowledge base's entries are worth, and what confidence a
 * score deserves.
 *
 * The knowledge base is asked its own questions, each while it is left out, by the model that has
 * not seen it: three knowledge bases are made, one for each fold. Some are asked with a typing
 * error or in pinyin, as people type. Ranking weights maximise the likelihood of the right entry
 * under a softmax over the entries found (listwise). Confidence is a logistic regression of "the
 * best entry is right" over three kinds of questions: those; the same with their own entry hidden,
 * so that the best is wrong; and the ones listed as out of scope.
 */
#include "trainer/rank_fit.h"

#include "match/learned.h"
#include "text/unihan.h"

#include <math.h>
#include <string.h>

#define LIST_MAX 24 /* entries of a question that are weighed against each other */
#define RANK_STEPS 400
#define JUDGE_STEPS 1500
/* Questions that must find their entry: a dozen weights cannot be told from a few. */
#define QUESTION_COUNT_MIN 200u
#define L2 1e-4
/* How much an out-of-scope question and one whose entry is hidden count, against one of the rest.
 */
#define OUT_OF_SCOPE_WEIGHT 2.0f
#define HIDDEN_WEIGHT 0.3f
#define READ_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define PROGRESS_STEP 256u

typedef struct sample {
    int gold; /* which of the entries is right */
    int count;
    float feature[LIST_MAX][JIEDA__FEATURE_COUNT];
} sample;

typedef struct judged {
    float signal[JIEDA__SIGNAL_COUNT];
    float weight;
    bool right;
} judged;

/* Characters of the knowledge base by their sound. */
enum { HOMOPHONE_MAX = 24 };
typedef struct homophones {
    uint32_t cps[JIEDA__SYLLABLE_COUNT + 1][HOMOPHONE_MAX];
    uint32_t count[JIEDA__SYLLABLE_COUNT + 1];
} homophones;

typedef struct rank_fit {
    const jieda__rank_inputs *in;
    const jieda_allocator *alloc;
    jieda__arena scratch;
    homophones *homophones;
    jieda__kb *kb[JIEDA__FOLD_COUNT];
    jieda__learned learned[JIEDA__FOLD_COUNT];
    jieda__reader *reader[JIEDA__FOLD_COUNT];
    jieda__weights weights;
    sample *samples;
    size_t sample_count, asked_count, right_count;
    judged *judged;
    size_t judged_count;
    jieda_error *err;
} rank_fit;

/* The guards (opposite, not) do not rank: they cap the confidence. The same text is never met,
 * since it is left out. */
static bool is_fitted(const jieda__rank_inputs *in, int feature)
{
    return !in->fixed[feature] && feature != JIEDA__FEATURE_EXACT &&
           feature != JIEDA__FEATURE_OPPOSITE && feature != JIEDA__FEATURE_NOT;
}

/* Similarity can only speak for an entry, and a crowd around it only against: weights are kept from
 * crossing zero, which costs nothing measurable and keeps an explanation readable. A pack of few
 * entries would have the crowd speak for the topic that most of those found share. */
static double on_its_side(int feature, double weight)
{
    if (feature == JIEDA__FEATURE_NEGATION)
        return weight;
    if (feature == JIEDA__FEATURE_CROWD)
        return weight > 0 ? 0 : weight;
    return weight < 0 ? 0 : weight;
}

/* ---- as people type -------------------------------------------------------------------------- */

static jieda_status collect_homophones(rank_fit *f)
{
    for (size_t q = 0; q < f->in->question_count; q++) {
        jieda__text text;

        jieda__arena_reset(&f->scratch);
        if (jieda__text_normalize(&f->scratch, f->in->questions[q].text, &text) != JIEDA_OK)
            return JIEDA_E_NOMEM;
        for (size_t i = 0; i < text.count; i++) {
            uint32_t syllable = jieda__text_syllable(text.chars[i].cp), known = 0;
            uint32_t *count = &f->homophones->count[syllable];

            while (known < *count && f->homophones->cps[syllable][known] != text.chars[i].cp)
                known++;
            if (syllable && known == *count && *count < HOMOPHONE_MAX)
                f->homophones->cps[syllable][(*count)++] = text.chars[i].cp;
        }
    }
    return JIEDA_OK;
}

/* One question in four is asked with a homophone in place of one character, one in twenty in
 * pinyin. Which ones, and what is replaced, depends on the question's number alone. What visitors
 * typed themselves is left as it is. */
static jieda_status as_typed(rank_fit *f, uint32_t question, jieda_str *out)
{
    uint64_t dice = jieda__hash_mix(question + 1);
    bool as_authored = f->in->questions[question].leave_out != JIEDA__NONE;
    jieda__text norm;
    jieda__buf buf;
    size_t at;

    *out = f->in->questions[question].text;
    if (!as_authored || (dice % 4 != 0 && dice % 20 != 1))
        return JIEDA_OK;
    if (jieda__text_normalize(&f->scratch, *out, &norm) != JIEDA_OK)
        return JIEDA_E_NOMEM;
    if (norm.count == 0)
        return JIEDA_OK;
    at = dice / 32 % norm.count;
    jieda__buf_init(&buf, f->alloc, JIEDA_UTTERANCE_BYTES_MAX);
    for (size_t i = 0; i < norm.count; i++) {
        uint32_t cp = norm.chars[i].cp, syllable = jieda__text_syllable(cp);
        uint32_t count = f->homophones->count[syllable];

        if (dice % 20 == 1 && syllable)
            jieda__buf_cstr(&buf, jieda__text_syllable_name(syllable));
        else if (dice % 4 == 0 && i == at && count > 1)
            jieda__buf_utf8(&buf, f->homophones->cps[syllable][dice / 8192 % count]);
        else
            jieda__buf_utf8(&buf, cp);
    }
    if (buf.status == JIEDA_OK)
        *out = jieda__arena_copy(&f->scratch, (jieda_str){buf.ptr, buf.len});
    jieda__buf_free(&buf);
    /* Spelled out, a long question may be longer than an utterance: then it is asked as it is. */
    return buf.status == JIEDA_E_NOMEM || !out->ptr ? JIEDA_E_NOMEM : JIEDA_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool is_not(void *ctx, uint32_t entry)
{
    return entry != *(const uint32_t *)ctx;
}

/* Asks the knowledge base that has not seen the question. */
static jieda_status ask(rank_fit *f, jieda_str text, uint32_t question, uint32_t *hidden_entry,
                        jieda__matches *out)
{
    uint32_t fold = f->in->questions[question].fold;
    jieda__match_options options = {.weights = &f->weights,
                                    .learned = &f->learned[fold],
                                    .posting_count_max = f->in->posting_count_max,
                                    .rerank_count_max = f->in->rerank_count_max,
                                    .filter = hidden_entry ? is_not : NULL,
                                    .filter_ctx = hidden_entry,
                                    .leave_out = f->in->questions[question].leave_out};
    jieda__reading reading;
    jieda_status st = jieda__text_read(&f->scratch, f->kb[fold]->lexicon, text, &reading);

    if (st != JIEDA_OK)
        return jieda__fail(f->err, st, "out of memory");
    return jieda__match_run(f->reader[fold], &f->scratch, &reading, &options, out, f->err);
}

/* Asks question q as people would type it. @param text_out  which is kept until the next one. */
static jieda_status ask_as_typed(rank_fit *f, uint32_t q, jieda_str *text_out, jieda__matches *out)
{
    jieda_status st;

    jieda__arena_reset(&f->scratch);
    st = as_typed(f, q, text_out);
    if (st == JIEDA_OK)
        st = ask(f, *text_out, q, NULL, out);
    if (st == JIEDA_OK && q % PROGRESS_STEP == 0 && !jieda__train_report(f->in->log, 0, 0))
        st = JIEDA_E_CANCELLED;
    return st;
}

static jieda_status collect_samples(rank_fit *f)
{
    f->sample_count = f->asked_count = 0;
    for (uint32_t q = 0; q < f->in->question_count; q++) {
        sample *s = &f->samples[f->sample_count];
        jieda__matches matches;
        jieda_str text;
        jieda_status st;

        if (f->in->questions[q].entry == JIEDA__NONE)
            continue;
        st = ask_as_typed(f, q, &text, &matches);
        if (st != JIEDA_OK)
            return st;
        *s = (sample){.gold = -1};
        for (size_t i = 0; i < matches.count && s->count < LIST_MAX; i++) {
            if (matches.items[i].entry == f->in->questions[q].entry)
                s->gold = s->count;
            memcpy(s->feature[s->count++], matches.items[i].feature, sizeof s->feature[0]);
        }
        f->asked_count++;
        f->sample_count += s->gold >= 0;
    }
    return JIEDA_OK;
}

static void add_judged(rank_fit *f, const jieda__matches *matches, uint32_t gold, float weight)
{
    judged *j = &f->judged[f->judged_count];

    if (matches->count == 0)
        return;
    memcpy(j->signal, matches->items[0].signal, sizeof j->signal);
    j->right = matches->items[0].entry == gold;
    j->weight = weight;
    f->judged_count++;
}

static jieda_status collect_judged(rank_fit *f)
{
    f->judged_count = 0;
    for (uint32_t q = 0; q < f->in->question_count; q++) {
        const jieda__rank_question *question = &f->in->questions[q];
        uint32_t hidden = question->entry;
        jieda__matches matches;
        jieda_str text;
        jieda_status st;

        st = ask_as_typed(f, q, &text, &matches);
        if (st != JIEDA_OK)
            return st;
        if (question->entry == JIEDA__NONE) {
            add_judged(f, &matches, JIEDA__NONE, OUT_OF_SCOPE_WEIGHT);
            continue;
        }
        add_judged(f, &matches, question->entry, 1.0f);
        st = ask(f, text, q, &hidden, &matches);
        if (st != JIEDA_OK)
            return st;
        add_judged(f, &matches, JIEDA__NONE, HIDDEN_WEIGHT);
    }
    return JIEDA_OK;
}

/* ---- ranking --------------------------------------------------------------------------------- */

static void rank_gradient(rank_fit *f, const double *w, double *gradient)
{
    f->right_count = 0;
    memset(gradient, 0, JIEDA__FEATURE_COUNT * sizeof *gradient);
    for (size_t n = 0; n < f->sample_count; n++) {
        const sample *s = &f->samples[n];
        double score[LIST_MAX] = {0}, top = -1e9, sum = 0;
        int best = 0;

        for (int i = 0; i < s->count; i++) {
            for (int k = 0; k < JIEDA__FEATURE_COUNT; k++)
                score[i] += w[k] * (double)s->feature[i][k];
            best = score[i] > top ? i : best;
            top = score[i] > top ? score[i] : top;
        }
        for (int i = 0; i < s->count; i++)
            sum += exp(score[i] - top);
        f->right_count += best == s->gold;
        for (int i = 0; i < s->count; i++) {
            double p = exp(score[i] - top) / sum - (i == s->gold);

            for (int k = 0; k < JIEDA__FEATURE_COUNT; k++)
                gradient[k] += p * (double)s->feature[i][k];
        }
    }
}

/* One step of Adam (Kingma, Ba 2015) for one weight. */
typedef struct adam {
    double m, v;
} adam;

static double adam_step(adam *a, double gradient, double rate, int step)
{
    a->m = 0.9 * a->m + 0.1 * gradient;
    a->v = 0.999 * a->v + 0.001 * gradient * gradient;
    return rate * (a->m / (1 - pow(0.9, step))) / (sqrt(a->v / (1 - pow(0.999, step))) + 1e-8);
}

static void fit_ranking(rank_fit *f)
{
    double w[JIEDA__FEATURE_COUNT], gradient[JIEDA__FEATURE_COUNT];
    adam state[JIEDA__FEATURE_COUNT] = {{0}};

    for (int k = 0; k < JIEDA__FEATURE_COUNT; k++)
        w[k] = (double)f->weights.feature[k];
    for (int step = 1; step <= RANK_STEPS && f->sample_count > 0; step++) {
        double rate = 0.2 * (1 - (double)step / (RANK_STEPS + 1));

        rank_gradient(f, w, gradient);
        for (int k = 0; k < JIEDA__FEATURE_COUNT; k++) {
            if (!is_fitted(f->in, k))
                continue;
            w[k] -= adam_step(&state[k], gradient[k] / (double)f->sample_count + 2 * L2 * w[k],
                              rate, step);
            w[k] = on_its_side(k, w[k]);
        }
    }
    for (int k = 0; k < JIEDA__FEATURE_COUNT; k++)
        f->weights.feature[k] = (float)w[k];
}

/* ---- confidence ------------------------------------------------------------------------------ */

static void fit_confidence(rank_fit *f)
{
    enum { N = JIEDA__SIGNAL_COUNT + 1 };
    double w[N] = {0};
    adam state[N] = {{0}};

    for (int step = 1; step <= JUDGE_STEPS && f->judged_count > 0; step++) {
        double gradient[N] = {0}, total = 0;
        double rate = 0.1 * (1 - (double)step / (JUDGE_STEPS + 1));

        for (size_t n = 0; n < f->judged_count; n++) {
            const judged *j = &f->judged[n];
            double z = w[N - 1], slope;

            for (int i = 0; i < N - 1; i++)
                z += w[i] * (double)j->signal[i];
            slope = (double)j->weight * (1 / (1 + exp(-z)) - j->right);
            total += (double)j->weight;
            for (int i = 0; i < N - 1; i++)
                gradient[i] += slope * (double)j->signal[i];
            gradient[N - 1] += slope;
        }
        for (int i = 0; i < N; i++) {
            w[i] -= adam_step(&state[i], gradient[i] / total + (i < N - 1 ? 2 * L2 * w[i] : 0),
                              rate, step);
            if (w[i] < 0 && (i == JIEDA__SIGNAL_ODDS || i == JIEDA__SIGNAL_SCORE))
                w[i] = 0; /* being nearer is no reason to doubt */
        }
    }
    for (int i = 0; i < JIEDA__SIGNAL_COUNT; i++)
        f->weights.signal[i] = (float)w[i];
    f->weights.signal_bias = (float)w[N - 1];
}

/* ---- the order of it all --------------------------------------------------------------------- */

static jieda_status open_folds(rank_fit *f)
{
    for (uint32_t i = 0; i < JIEDA__FOLD_COUNT; i++) {
        jieda_status st = jieda__kb_open(f->alloc, f->in->kb_paths[i], NULL, 0, &f->kb[i], f->err);

        if (st == JIEDA_OK)
            st = jieda__learned_load(f->kb[i], &f->learned[i], f->err);
        if (st == JIEDA_OK)
            st = jieda__reader_open(f->kb[i], &f->reader[i], f->err);
        if (st != JIEDA_OK)
            return st;
    }
    return JIEDA_OK;
}

static jieda_status fit(rank_fit *f)
{
    jieda_status st = open_folds(f);

    if (st == JIEDA_OK)
        st = collect_homophones(f);
    /* Which wording stands for an entry depends on the weights: fit, look again, fit. */
    for (int round = 0; round < JIEDA__RANK_ROUND_COUNT && st == JIEDA_OK; round++) {
        st = collect_samples(f);
        if (st == JIEDA_OK)
            fit_ranking(f);
        if (st == JIEDA_OK && !jieda__train_report(f->in->log, 1, 0))
            st = JIEDA_E_CANCELLED;
    }
    if (st == JIEDA_OK)
        st = collect_judged(f);
    if (st == JIEDA_OK)
        fit_confidence(f);
    return st;
}

jieda_status jieda__rank_fit(const jieda__rank_inputs *in, jieda__ranking *out, jieda_error *err)
{
    rank_fit f = {.in = in, .alloc = in->alloc, .weights = in->start, .err = err};
    jieda_status st = JIEDA_E_NOMEM;

    jieda__arena_init(&f.scratch, in->alloc, READ_BYTES_MAX);
    f.homophones = jieda__alloc_zero(in->alloc, 1, sizeof *f.homophones);
    f.samples = jieda__alloc(in->alloc, (in->question_count + 1) * sizeof *f.samples);
    f.judged = jieda__alloc(in->alloc, (2 * in->question_count + 1) * sizeof *f.judged);
    if (f.homophones && f.samples && f.judged)
        st = fit(&f);
    for (uint32_t i = 0; i < JIEDA__FOLD_COUNT; i++) {
        jieda__reader_close(f.reader[i]);
        jieda__kb_close(f.kb[i]);
    }
    jieda__dealloc(in->alloc, f.homophones);
    jieda__dealloc(in->alloc, f.samples);
    jieda__dealloc(in->alloc, f.judged);
    jieda__arena_free(&f.scratch);
    *out =
        (jieda__ranking){.weights = f.weights, .is_fitted = f.sample_count >= QUESTION_COUNT_MIN};
    if (!out->is_fitted)
        out->weights = in->start;
    if (f.sample_count > 0) {
        out->top1 = (double)f.right_count / (double)f.sample_count;
        out->found = (double)f.sample_count / (double)f.asked_count;
    }
    return st;
}
