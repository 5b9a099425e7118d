/*
 * pair_fit.c - the pair model: ratios, sparse grams and the cosine of every pair, three logistic
 * regressions over them, and what their scores are worth.
 *
 * Every number a pair is judged by here comes from a model that has not seen its questions: the
 * cosine from the embedding without their fold, and for the stack and the calibration the logits,
 * too, from regressions without it. Else the model would learn to trust what it merely remembers.
 */
#include "trainer/trainer.h"

#include <math.h>
#include <string.h>

/* The inverse strength of the L2 penalty, as in liblinear; and of a fit with a handful of weights,
 * which needs none. */
#define COST 0.3
#define COST_FEW 100.0
#define STEP_COUNT_MAX 100u
/* Standardised ratios are scaled by this against sparse values: the penalty weighs by scale. */
#define RATIO_SCALE 0.3

#define RATIO_COUNT JIEDA__RATIO_COUNT
#define COSINE_COLUMN RATIO_COUNT
#define SPARSE_COLUMN (RATIO_COUNT + 1)

typedef struct pair_fit {
    const jieda__corpus *corpus;
    const jieda__embedding_job *embeddings;
    jieda__arena *arena;
    uint32_t sparse_bits;
    size_t count; /* of pairs */
    float *cosine;
    uint8_t *label;
    double mean[RATIO_COUNT], deviation[RATIO_COUNT];
    jieda__design design;
    jieda__train_log *log;
    /* fits 0..FOLD_COUNT-1 are joint without a fold, FOLD_COUNT joint, then the same of plain */
    double *weights[2 * (JIEDA__FOLD_COUNT + 1)];
    jieda_status status[2 * (JIEDA__FOLD_COUNT + 1)];
    float *joint, *plain; /* out-of-fold logits */
} pair_fit;

#define FIT_COUNT (2 * (JIEDA__FOLD_COUNT + 1))

/* ---- the design ------------------------------------------------------------------------------ */

/* A model of nothing but vectors, to encode with. */
static void view_rows(const jieda__embedding_job *job, jieda__model_header *header, uint32_t *rank,
                      jieda__model *out)
{
    uint32_t before = 0;

    for (size_t i = 0; i < JIEDA__EMBEDDING_ROW_COUNT / 64; i++) {
        rank[i] = before;
        before += (uint32_t)__builtin_popcountll(job->known[i]);
    }
    *header = (jieda__model_header){.row_count = before, .stranger = job->stranger};
    *out = (jieda__model){.header = header, .known = job->known, .rank = rank, .rows = job->rows};
}

static void encode(const pair_fit *f, const jieda__model *model, uint32_t question,
                   int8_t vector[JIEDA__EMBEDDING_SIZE])
{
    const jieda__train_question *q = &f->corpus->questions[question];
    uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];

    for (uint32_t i = 0; i < q->row_count; i++)
        rows[i] = q->rows[i];
    jieda__model_encode_rows(model, rows, q->row_count, vector);
}

static void find_cosines(pair_fit *f, uint32_t fold)
{
    uint32_t rank[JIEDA__EMBEDDING_ROW_COUNT / 64];
    jieda__model_header header;
    jieda__model model;

    view_rows(&f->embeddings[fold], &header, rank, &model);
    for (size_t i = 0; i < f->count; i++) {
        const jieda__train_pair *p = &f->corpus->pairs[i];
        int8_t a[JIEDA__EMBEDDING_SIZE], b[JIEDA__EMBEDDING_SIZE];

        if (!jieda__pair_tests(f->corpus, p, fold))
            continue;
        encode(f, &model, p->a, a);
        encode(f, &model, p->b, b);
        f->cosine[i] = jieda__vector_cosine(a, b);
    }
}

/* Means and deviations of the ratios, and how many sparse values there are in all. */
static uint64_t measure_ratios(pair_fit *f)
{
    double sum[RATIO_COUNT] = {0}, squares[RATIO_COUNT] = {0}, n = (double)f->count;
    uint64_t sparse_count = 0;
    jieda__sparse sparse;
    jieda__side a, b;

    for (size_t i = 0; i < f->count; i++) {
        float ratio[RATIO_COUNT];

        jieda__corpus_side(f->corpus, f->corpus->pairs[i].a, &a);
        jieda__corpus_side(f->corpus, f->corpus->pairs[i].b, &b);
        jieda__pair_ratios(&a, &b, ratio);
        jieda__pair_sparse(&a, &b, &sparse);
        sparse_count += sparse.count;
        for (int r = 0; r < RATIO_COUNT; r++) {
            sum[r] += (double)ratio[r];
            squares[r] += (double)ratio[r] * (double)ratio[r];
        }
    }
    for (int r = 0; r < RATIO_COUNT; r++) {
        double variance = squares[r] / n - sum[r] / n * (sum[r] / n);

        f->mean[r] = sum[r] / n;
        f->deviation[r] = variance > 1e-12 ? sqrt(variance) : 1;
    }
    return sparse_count;
}

static jieda_status make_design(pair_fit *f)
{
    uint64_t cells = measure_ratios(f) + f->count * SPARSE_COLUMN, at = 0;
    uint64_t *first = jieda__arena_alloc(f->arena, (f->count + 1) * sizeof *first);
    uint32_t *column = jieda__arena_alloc(f->arena, cells * sizeof *column);
    float *value = jieda__arena_alloc(f->arena, cells * sizeof *value);
    jieda__sparse sparse;
    jieda__side a, b;

    if (!first || !column || !value)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < f->count; i++) {
        float ratio[RATIO_COUNT];

        first[i] = at;
        jieda__corpus_side(f->corpus, f->corpus->pairs[i].a, &a);
        jieda__corpus_side(f->corpus, f->corpus->pairs[i].b, &b);
        jieda__pair_ratios(&a, &b, ratio);
        jieda__pair_sparse(&a, &b, &sparse);
        for (uint32_t r = 0; r < RATIO_COUNT; r++) {
            column[at] = r;
            value[at++] = (float)(((double)ratio[r] - f->mean[r]) / f->deviation[r] * RATIO_SCALE);
        }
        column[at] = COSINE_COLUMN;
        value[at++] = f->cosine[i];
        for (uint32_t k = 0; k < sparse.count; k++) {
            column[at] = SPARSE_COLUMN + (sparse.hash[k] >> (32 - f->sparse_bits));
            value[at++] = sparse.value[k];
        }
    }
    first[f->count] = at;
    f->design = (jieda__design){.row_count = f->count,
                                .column_count = SPARSE_COLUMN + ((size_t)1 << f->sparse_bits),
                                .first = first,
                                .column = column,
                                .value = value,
                                .label = f->label};
    return JIEDA_OK;
}

/* ---- fitting --------------------------------------------------------------------------------- */

static void fit_one(void *ctx, size_t index)
{
    pair_fit *f = ctx;
    uint32_t fold = (uint32_t)(index % (JIEDA__FOLD_COUNT + 1));
    bool is_plain = index > JIEDA__FOLD_COUNT;
    jieda__design design = f->design;
    uint8_t *use = jieda__alloc(f->arena->alloc, f->count);

    f->status[index] = JIEDA_E_NOMEM;
    if (!use)
        return;
    for (size_t i = 0; i < f->count; i++)
        use[i] = jieda__pair_teaches(f->corpus, &f->corpus->pairs[i], fold);
    design.column_out = is_plain ? COSINE_COLUMN : UINT32_MAX;
    f->status[index] =
        jieda__logistic_fit(f->arena->alloc, &design, use, COST, STEP_COUNT_MAX, f->weights[index]);
    jieda__dealloc(f->arena->alloc, use);
    if (f->status[index] == JIEDA_OK && !jieda__train_report(f->log, 1, 0))
        f->status[index] = JIEDA_E_CANCELLED;
}

static void find_logits(pair_fit *f)
{
    jieda__design design = f->design;

    for (size_t i = 0; i < f->count; i++) {
        uint32_t fold = f->corpus->questions[f->corpus->pairs[i].a].fold;

        design.column_out = UINT32_MAX;
        f->joint[i] = (float)jieda__logistic_logit(&design, i, f->weights[fold]);
        design.column_out = COSINE_COLUMN;
        f->plain[i] =
            (float)jieda__logistic_logit(&design, i, f->weights[JIEDA__FOLD_COUNT + 1 + fold]);
    }
}

/* A logistic regression of the labels on `count` columns of numbers. */
static jieda_status fit_few(const pair_fit *f, const float *const *columns, uint32_t count,
                            double *w)
{
    const jieda_allocator *alloc = f->arena->alloc;
    uint64_t *first = jieda__alloc(alloc, (f->count + 1) * sizeof *first);
    uint32_t *column = jieda__alloc(alloc, f->count * count * sizeof *column);
    float *value = jieda__alloc(alloc, f->count * count * sizeof *value);
    jieda_status st = JIEDA_E_NOMEM;

    if (first && column && value) {
        jieda__design design = {f->count, count, first, column, value, f->label, UINT32_MAX};

        for (size_t i = 0; i <= f->count; i++)
            first[i] = i * count;
        for (size_t i = 0; i < f->count; i++) {
            for (uint32_t c = 0; c < count; c++) {
                column[i * count + c] = c;
                value[i * count + c] = columns[c][i];
            }
        }
        st = jieda__logistic_fit(alloc, &design, NULL, COST_FEW, STEP_COUNT_MAX, w);
    }
    jieda__dealloc(alloc, first);
    jieda__dealloc(alloc, column);
    jieda__dealloc(alloc, value);
    return st;
}

/* ---- storing --------------------------------------------------------------------------------- */

/* From standardised ratios to plain ones, and the sparse weights to int8. */
static const int8_t *store(const pair_fit *f, const double *w, jieda__linear *out)
{
    size_t slots = (size_t)1 << f->sparse_bits;
    int8_t *table = jieda__arena_alloc(f->arena, slots);
    double largest = 1e-9, bias = w[f->design.column_count];

    if (!table)
        return NULL;
    for (int r = 0; r < RATIO_COUNT; r++) {
        double slope = w[r] * RATIO_SCALE / f->deviation[r];

        out->ratio[r] = (float)slope;
        bias -= slope * f->mean[r];
    }
    out->cosine = (float)w[COSINE_COLUMN];
    out->bias = (float)bias;
    for (size_t i = 0; i < slots; i++)
        if (fabs(w[SPARSE_COLUMN + i]) > largest)
            largest = fabs(w[SPARSE_COLUMN + i]);
    for (size_t i = 0; i < slots; i++)
        table[i] = (int8_t)lrint(w[SPARSE_COLUMN + i] * 127 / largest);
    out->sparse_scale = (float)(largest / 127);
    return table;
}

static jieda_status measure(const pair_fit *f, const float *score, jieda__trained *out)
{
    double *scores = jieda__arena_alloc(f->arena, f->count * sizeof *scores);
    double *labels = jieda__arena_alloc(f->arena, f->count * sizeof *labels);

    if (!scores || !labels)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < f->count; i++) {
        scores[i] = (double)score[i];
        labels[i] = f->label[i];
    }
    out->auroc = jieda__auroc(f->arena->alloc, scores, labels, f->count);
    out->spearman = jieda__spearman(f->arena->alloc, scores, labels, f->count);
    return isnan(out->auroc) || isnan(out->spearman) ? JIEDA_E_NOMEM : JIEDA_OK;
}

/* The stack of plain and the cosine, then the chance that a pair means the same. */
static jieda_status fit_scores(pair_fit *f, jieda__trained *out)
{
    const float *stacked[] = {f->cosine, f->plain};
    float *score = jieda__arena_alloc(f->arena, f->count * sizeof *score);
    const float *columns[] = {score};
    double w[3] = {0}, calibration[2] = {1, 0};
    jieda_status st = score ? fit_few(f, stacked, 2, w) : JIEDA_E_NOMEM;

    if (st != JIEDA_OK)
        return st;
    out->header.stack_cosine = (float)w[0];
    out->header.stack_plain = (float)w[1];
    out->header.stack_bias = (float)w[2];
    for (size_t i = 0; i < f->count; i++)
        score[i] = 0.5f * (f->joint[i] + (float)w[0] * f->cosine[i] + (float)w[1] * f->plain[i] +
                           (float)w[2]);
    st = fit_few(f, columns, 1, calibration);
    out->header.calibration_scale = (float)calibration[0];
    out->header.calibration_bias = (float)calibration[1];
    if (st == JIEDA_OK)
        st = measure(f, score, out);
    return st;
}
/* The model of fits `joint` and joint + FOLD_COUNT + 1, and of the embedding of that number. */
static bool put_trained(const pair_fit *f, uint32_t joint, jieda__trained *out)
{
    out->header.sparse_bits = f->sparse_bits;
    out->header.stranger = f->embeddings[joint].stranger;
    out->joint = store(f, f->weights[joint], &out->header.joint);
    out->plain = store(f, f->weights[JIEDA__FOLD_COUNT + 1 + joint], &out->header.plain);
    out->idf = f->corpus->idf;
    out->known = f->embeddings[joint].known;
    out->rows = f->embeddings[joint].rows;
    return out->joint && out->plain;
}

jieda_status jieda__pair_fit(const jieda__corpus *corpus, const jieda__embedding_job *embeddings,
                             uint32_t sparse_bits, uint32_t thread_count, jieda__train_log *log,
                             jieda__trained *out)
{
    pair_fit f = {.corpus = corpus,
                  .embeddings = embeddings,
                  .arena = corpus->arena,
                  .sparse_bits = sparse_bits,
                  .count = corpus->pair_count,
                  .log = log};
    jieda__trained figures = {0};
    jieda_status st;

    f.cosine = jieda__arena_zero(f.arena, f.count, sizeof *f.cosine);
    f.label = jieda__arena_alloc(f.arena, f.count);
    f.joint = jieda__arena_alloc(f.arena, f.count * sizeof *f.joint);
    f.plain = jieda__arena_alloc(f.arena, f.count * sizeof *f.plain);
    if (!f.cosine || !f.label || !f.joint || !f.plain)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < f.count; i++)
        f.label[i] = corpus->pairs[i].label;
    for (uint32_t fold = 0; fold < JIEDA__FOLD_COUNT; fold++)
        find_cosines(&f, fold);
    st = make_design(&f);
    for (size_t i = 0; i < FIT_COUNT && st == JIEDA_OK; i++) {
        f.weights[i] = jieda__arena_zero(f.arena, f.design.column_count + 1, sizeof(double));
        if (!f.weights[i])
            st = JIEDA_E_NOMEM;
    }
    if (st != JIEDA_OK)
        return st;
    jieda__run_jobs(fit_one, &f, FIT_COUNT, thread_count);
    for (size_t i = 0; i < FIT_COUNT; i++)
        if (f.status[i] != JIEDA_OK)
            return f.status[i];
    find_logits(&f);
    st = fit_scores(&f, &figures);
    for (uint32_t i = 0; i <= JIEDA__FOLD_COUNT && st == JIEDA_OK; i++) {
        out[i] = figures; /* the stack and the calibration are of all folds together */
        if (!put_trained(&f, i, &out[i]))
            st = JIEDA_E_NOMEM;
    }
    return st;
}
