/*
 * embedding.c - trains the vectors of characters and syllables.
 *
 * A text is the weighted sum of its grams' vectors, normalised. Of a batch of pairs that mean the
 * same, each question must be nearer to its partner than to all other texts at hand: the other
 * pairs, random questions out of pairs that do not mean the same, and one labelled near miss of
 * each question that has one (InfoNCE: van den Oord et al. 2018, in both directions). Adam (Kingma,
 * Ba 2015), the rate falling linearly. Each time a text is used, some of its grams are dropped, so
 * that no single one is relied on: what that is worth on domains with few pairs is in
 * docs/MATCHING.md.
 *
 * Training is in 128 dimensions; the principal 64 of the training texts are kept, which also
 * removes noise, and stored as int8 with one scale.
 */
#include "trainer/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 128        /* dimensions while training */
#define BATCH 128        /* pairs */
#define RANDOM_COUNT 128 /* random questions a batch */
#define TEXT_COUNT_MAX (3 * BATCH + RANDOM_COUNT)
#define TEMPERATURE 0.1f
#define DROPPED 0.1f /* share of grams */
#define RATE 2e-3f
#define RATE_END 0.02f   /* of the start */
#define SCALAR_RATE 5.0f /* of the rate: the grams' weights learn faster than their vectors */
/* Of a component at the start: 1 / sqrt(WIDTH), so that vectors have length one. */
#define START_SIZE 0.0883883f
/* Texts that must hold a gram for it to have a vector: what is met once says nothing. */
#define ROW_USE_MIN 2
#define PATIENCE 2u /* epochs without a better one */
/* Share of values that the int8 scale leaves uncut. */
#define SCALE_QUANTILE 0.9999

#define ROW_COUNT JIEDA__EMBEDDING_ROW_COUNT
#define SIZE JIEDA__EMBEDDING_SIZE

/* 0..1 */
static float random_share(jieda__random *r)
{
    return (float)(jieda__random_next(r) >> 40) / (float)(1 << 24);
}

/* Sum of twelve uniform numbers less six: normal enough for a start, and the same everywhere. */
static float random_normal(jieda__random *r)
{
    float sum = -6.0f;

    for (int i = 0; i < 12; i++)
        sum += random_share(r);
    return sum;
}

typedef struct near_miss {
    uint32_t question, other;
} near_miss;

typedef struct trainer {
    const jieda__corpus *corpus;
    jieda__random random;
    uint32_t *local;  /* row -> its number among the rows in use, UINT32_MAX */
    uint32_t *row_of; /* and back */
    uint32_t row_count;
    float *vectors, *vector_m, *vector_v, *vector_g; /* [row_count][WIDTH] */
    float *scalar, *scalar_m, *scalar_v, *scalar_g;  /* [row_count] */
    jieda__train_pair *positives;
    size_t positive_count;
    uint32_t *pool; /* questions of negative pairs */
    size_t pool_count;
    near_miss *misses; /* by question */
    size_t miss_count;
    /* one batch */
    uint32_t text[TEXT_COUNT_MAX];
    uint32_t kept[TEXT_COUNT_MAX][JIEDA__SIDE_ROW_COUNT_MAX]; /* rows not dropped */
    uint32_t kept_count[TEXT_COUNT_MAX];
    float *sum, *unit, *unit_g; /* [TEXT_COUNT_MAX][WIDTH] */
    float norm[TEXT_COUNT_MAX];
    float *similarity;
    uint64_t step, step_count;
    /* judging an epoch by the pairs that were left out */
    jieda__train_pair *tests;
    size_t test_count;
    double *test_score, *test_label;
    float *best_vectors, *best_scalar;
} trainer;

static float dot(const float *a, const float *b)
{
    float lane[16] = {0}, sum = 0.0f;

    for (int i = 0; i < WIDTH; i += 16)
        for (int k = 0; k < 16; k++)
            lane[k] += a[i + k] * b[i + k];
    for (int k = 0; k < 16; k++)
        sum += lane[k];
    return sum;
}

static void add_scaled(float *to, const float *from, float scale)
{
    for (int i = 0; i < WIDTH; i++)
        to[i] += scale * from[i];
}

/* ---- data ------------------------------------------------------------------------------------ */

static bool trains_on(const jieda__embedding_job *job, uint32_t question)
{
    return job->corpus->questions[question].fold != job->without_fold;
}

static int by_question(const void *left, const void *right)
{
    const near_miss *a = left, *b = right;

    if (a->question != b->question)
        return a->question < b->question ? -1 : 1;
    return a->other < b->other ? -1 : a->other > b->other;
}

static void collect_pairs(trainer *t, const jieda__embedding_job *job)
{
    for (size_t i = 0; i < t->corpus->pair_count; i++) {
        const jieda__train_pair *p = &t->corpus->pairs[i];

        if (jieda__pair_tests(t->corpus, p, job->without_fold)) {
            t->test_label[t->test_count] = p->label;
            t->tests[t->test_count++] = *p;
        }
        if (!jieda__pair_teaches(t->corpus, p, job->without_fold))
            continue;
        if (p->label) {
            t->positives[t->positive_count++] = *p;
            continue;
        }
        t->pool[t->pool_count++] = p->a;
        t->pool[t->pool_count++] = p->b;
        t->misses[t->miss_count++] = (near_miss){p->a, p->b};
        t->misses[t->miss_count++] = (near_miss){p->b, p->a};
    }
    if (t->miss_count > 1)
        qsort(t->misses, t->miss_count, sizeof *t->misses, by_question);
}

/* A near miss of a question, one of several at random; UINT32_MAX if there is none. */
static uint32_t pick_miss(trainer *t, uint32_t question)
{
    size_t low = 0, high = t->miss_count, end;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (t->misses[middle].question < question)
            low = middle + 1;
        else
            high = middle;
    }
    for (end = low; end < t->miss_count && t->misses[end].question == question;)
        end++;
    return end == low ? UINT32_MAX
                      : t->misses[low + jieda__random_below(&t->random, end - low)].other;
}

/* Numbers the rows that the questions trained on use, and starts their weights. */
static bool number_rows(trainer *t, const jieda__embedding_job *job, jieda__arena *arena)
{
    uint32_t *df = jieda__arena_zero(arena, ROW_COUNT, sizeof *df);
    double total = 0;

    t->local = jieda__arena_alloc(arena, ROW_COUNT * sizeof *t->local);
    t->row_of = jieda__arena_alloc(arena, ROW_COUNT * sizeof *t->row_of);
    t->scalar = jieda__arena_alloc(arena, ROW_COUNT * sizeof *t->scalar);
    if (!df || !t->local || !t->row_of || !t->scalar)
        return false;
    for (size_t q = 0; q < t->corpus->question_count; q++) {
        const jieda__train_question *question = &t->corpus->questions[q];

        if (!trains_on(job, (uint32_t)q))
            continue;
        total++;
        for (uint32_t i = 0; i < question->row_count; i++)
            df[question->rows[i]]++;
    }
    for (uint32_t row = 0; row < ROW_COUNT; row++) {
        t->local[row] = UINT32_MAX;
        if (df[row] >= ROW_USE_MIN) {
            t->local[row] = t->row_count;
            t->row_of[t->row_count] = row;
            t->scalar[t->row_count++] = (float)log(1 + total / (df[row] + 1));
        }
    }
    return true;
}

static bool make_room(trainer *t, const jieda__embedding_job *job, jieda__arena *arena)
{
    size_t pairs = t->corpus->pair_count + 1, cells;
    float **tables[] = {&t->vectors, &t->vector_m, &t->vector_v, &t->vector_g, &t->best_vectors};
    float **rows[] = {&t->scalar_m, &t->scalar_v, &t->scalar_g, &t->best_scalar};
    float **texts[] = {&t->sum, &t->unit, &t->unit_g};

    t->positives = jieda__arena_alloc(arena, pairs * sizeof *t->positives);
    t->tests = jieda__arena_alloc(arena, pairs * sizeof *t->tests);
    t->test_label = jieda__arena_alloc(arena, pairs * sizeof *t->test_label);
    t->test_score = jieda__arena_alloc(arena, pairs * sizeof *t->test_score);
    t->pool = jieda__arena_alloc(arena, 2 * pairs * sizeof *t->pool);
    t->misses = jieda__arena_alloc(arena, 2 * pairs * sizeof *t->misses);
    t->similarity = jieda__arena_alloc(arena, TEXT_COUNT_MAX * sizeof *t->similarity);
    if (!t->positives || !t->tests || !t->test_label || !t->test_score || !t->pool || !t->misses ||
        !t->similarity || !number_rows(t, job, arena))
        return false;
    cells = (size_t)t->row_count * WIDTH + 1;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (!(*tables[i] = jieda__arena_zero(arena, cells, sizeof(float))))
            return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!(*rows[i] = jieda__arena_zero(arena, t->row_count + 1u, sizeof(float))))
            return false;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!(*texts[i] =
                  jieda__arena_alloc(arena, sizeof(float) * TEXT_COUNT_MAX * (size_t)WIDTH)))
            return false;
    for (size_t i = 0; i + 1 < cells; i++)
        t->vectors[i] = random_normal(&t->random) * START_SIZE;
    return true;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static void encode(const trainer *t, uint32_t question, float *sum)
{
    const jieda__train_question *q = &t->corpus->questions[question];

    memset(sum, 0, WIDTH * sizeof *sum);
    for (uint32_t i = 0; i < q->row_count; i++) {
        uint32_t row = t->local[q->rows[i]];

        if (row != UINT32_MAX)
            add_scaled(sum, t->vectors + (size_t)row * WIDTH, t->scalar[row]);
    }
}

/* The texts of a batch, with some of their grams dropped. */
static void encode_texts(trainer *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const jieda__train_question *q = &t->corpus->questions[t->text[i]];
        float *sum = t->sum + i * WIDTH, *unit = t->unit + i * WIDTH;

        t->kept_count[i] = 0;
        memset(sum, 0, WIDTH * sizeof *sum);
        for (uint32_t r = 0; r < q->row_count; r++) {
            uint32_t row = t->local[q->rows[r]];

            if (row == UINT32_MAX || random_share(&t->random) < DROPPED)
                continue;
            t->kept[i][t->kept_count[i]++] = row;
            add_scaled(sum, t->vectors + (size_t)row * WIDTH, t->scalar[row]);
        }
        t->norm[i] = sqrtf(dot(sum, sum)) + 1e-6f;
        for (int k = 0; k < WIDTH; k++)
            unit[k] = sum[k] / t->norm[i];
    }
    memset(t->unit_g, 0, count * WIDTH * sizeof(float));
}

/* Adds the loss of text i, whose partner is text `partner`, against texts [first, first + count)
 * but for itself and what is the same question as one of the two. */
static double contrast(trainer *t, size_t i, size_t partner, size_t first, size_t count)
{
    const float *unit = t->unit + i * WIDTH;
    float top = -2.0f / TEMPERATURE, *s = t->similarity;
    double sum = 0;

    for (size_t k = 0; k < count; k++) {
        size_t other = first + k;

        s[k] = -INFINITY;
        if (other != partner &&
            (t->text[other] == t->text[i] || t->text[other] == t->text[partner]))
            continue;
        s[k] = dot(unit, t->unit + other * WIDTH) / TEMPERATURE;
        if (s[k] > top)
            top = s[k];
    }
    for (size_t k = 0; k < count; k++)
        sum += expf(s[k] - top);
    for (size_t k = 0; k < count; k++) {
        size_t other = first + k;
        float slope;

        if (s[k] == -INFINITY)
            continue;
        slope = (expf(s[k] - top) / (float)sum - (other == partner ? 1.0f : 0.0f)) / TEMPERATURE /
                BATCH;
        add_scaled(t->unit_g + i * WIDTH, t->unit + other * WIDTH, slope);
        add_scaled(t->unit_g + other * WIDTH, unit, slope);
    }
    return -(s[partner - first] - top - log(sum));
}

/* From the gradient of the unit vectors to that of rows and weights. */
static void backward(trainer *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float *unit = t->unit + i * WIDTH, *g = t->unit_g + i * WIDTH;
        float along = dot(g, unit);

        for (int k = 0; k < WIDTH; k++)
            g[k] = (g[k] - along * unit[k]) / t->norm[i];
        for (uint32_t r = 0; r < t->kept_count[i]; r++) {
            uint32_t row = t->kept[i][r];

            t->scalar_g[row] += dot(t->vectors + (size_t)row * WIDTH, g);
            add_scaled(t->vector_g + (size_t)row * WIDTH, g, t->scalar[row]);
        }
    }
}

static void adam(float *w, float *m, float *v, float *g, size_t count, float rate, float correct_m,
                 float correct_v)
{
    for (size_t i = 0; i < count; i++) {
        m[i] = 0.9f * m[i] + 0.1f * g[i];
        v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
        w[i] -= rate * (m[i] / correct_m) / (sqrtf(v[i] / correct_v) + 1e-8f);
        g[i] = 0.0f;
    }
}

static void update(trainer *t)
{
    float progress = (float)t->step / (float)t->step_count;
    float rate = RATE * (1.0f - (1.0f - RATE_END) * progress);
    float correct_m, correct_v;

    t->step++;
    correct_m = (float)(1 - pow(0.9, (double)t->step));
    correct_v = (float)(1 - pow(0.999, (double)t->step));
    adam(t->vectors, t->vector_m, t->vector_v, t->vector_g, (size_t)t->row_count * WIDTH, rate,
         correct_m, correct_v);
    adam(t->scalar, t->scalar_m, t->scalar_v, t->scalar_g, t->row_count, rate * SCALAR_RATE,
         correct_m, correct_v);
}

/* Texts: anchors, partners, random ones, near misses of the anchors. */
static double train_batch(trainer *t, const jieda__train_pair *pairs, size_t count)
{
    size_t texts = 2 * count;
    double loss = 0;

    for (size_t i = 0; i < count; i++) {
        bool turn = jieda__random_next(&t->random) & 1;

        t->text[i] = turn ? pairs[i].b : pairs[i].a;
        t->text[count + i] = turn ? pairs[i].a : pairs[i].b;
    }
    for (size_t i = 0; i < RANDOM_COUNT && t->pool_count > 0; i++)
        t->text[texts++] = t->pool[jieda__random_below(&t->random, t->pool_count)];
    for (size_t i = 0; i < count; i++) {
        uint32_t miss = pick_miss(t, t->text[i]);

        if (miss != UINT32_MAX)
            t->text[texts++] = miss;
    }
    encode_texts(t, texts);
    for (size_t i = 0; i < count; i++) {
        loss += contrast(t, i, count + i, count, texts - count);
        loss += contrast(t, count + i, i, 0, texts);
    }
    backward(t, texts);
    update(t);
    return loss / (double)(2 * count);
}

/* ---- fewer dimensions, eight bits ------------------------------------------------------------ */

/* Eigenvectors of a symmetric matrix by Jacobi's rotations (Golub, Van Loan: Matrix Computations,
 * 8.5): columns of `vectors`, values on the diagonal of `a`. */
static void diagonalise(double *a, double *vectors)
{
    for (int i = 0; i < WIDTH; i++)
        for (int k = 0; k < WIDTH; k++)
            vectors[i * WIDTH + k] = i == k;
    for (int sweep = 0; sweep < 30; sweep++) {
        double off = 0;

        for (int p = 0; p < WIDTH; p++) {
            for (int q = p + 1; q < WIDTH; q++) {
                double apq = a[p * WIDTH + q], theta, tangent, c, s;

                off += apq * apq;
                if (fabs(apq) < 1e-14)
                    continue;
                theta = (a[q * WIDTH + q] - a[p * WIDTH + p]) / (2 * apq);
                tangent = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                c = 1 / sqrt(tangent * tangent + 1);
                s = tangent * c;
                for (int k = 0; k < WIDTH; k++) {
                    double kp = a[k * WIDTH + p], kq = a[k * WIDTH + q];

                    a[k * WIDTH + p] = c * kp - s * kq;
                    a[k * WIDTH + q] = s * kp + c * kq;
                }
                for (int k = 0; k < WIDTH; k++) {
                    double pk = a[p * WIDTH + k], qk = a[q * WIDTH + k];

                    a[p * WIDTH + k] = c * pk - s * qk;
                    a[q * WIDTH + k] = s * pk + c * qk;
                }
                for (int k = 0; k < WIDTH; k++) {
                    double kp = vectors[k * WIDTH + p], kq = vectors[k * WIDTH + q];

                    vectors[k * WIDTH + p] = c * kp - s * kq;
                    vectors[k * WIDTH + q] = s * kp + c * kq;
                }
            }
        }
        if (off < 1e-18)
            break;
    }
}

/* basis[d][i]: the SIZE principal directions of the training texts, uncentred. */
static bool find_basis(trainer *t, const jieda__embedding_job *job, jieda__arena *arena,
                       float *basis)
{
    double *a = jieda__arena_zero(arena, (size_t)WIDTH * WIDTH, sizeof *a);
    double *vectors = jieda__arena_alloc(arena, sizeof *vectors * WIDTH * WIDTH);
    int order[WIDTH];

    if (!a || !vectors)
        return false;
    for (size_t q = 0; q < t->corpus->question_count; q++) {
        float sum[WIDTH], norm;

        if (!trains_on(job, (uint32_t)q))
            continue;
        encode(t, (uint32_t)q, sum);
        norm = dot(sum, sum) + 1e-12f;
        for (int i = 0; i < WIDTH; i++)
            for (int k = 0; k <= i; k++)
                a[i * WIDTH + k] += (double)(sum[i] * sum[k] / norm);
    }
    for (int i = 0; i < WIDTH; i++) {
        order[i] = i;
        for (int k = 0; k < i; k++)
            a[k * WIDTH + i] = a[i * WIDTH + k];
    }
    diagonalise(a, vectors);
    for (int i = 0; i < SIZE; i++) { /* the largest values first */
        for (int k = i + 1; k < WIDTH; k++) {
            if (a[order[k] * WIDTH + order[k]] > a[order[i] * WIDTH + order[i]]) {
                int swap = order[i];

                order[i] = order[k];
                order[k] = swap;
            }
        }
        for (int k = 0; k < WIDTH; k++)
            basis[i * WIDTH + k] = (float)vectors[k * WIDTH + order[i]];
    }
    return true;
}

static int by_value(const void *left, const void *right)
{
    float a = *(const float *)left, b = *(const float *)right;

    return a < b ? -1 : a > b;
}

/* Writes the rows in use as int8, and the length of a row that is not. */
static bool finish(trainer *t, jieda__embedding_job *job)
{
    jieda__arena *arena = &job->arena;
    size_t cells = (size_t)t->row_count * SIZE;
    float *basis = jieda__arena_alloc(arena, sizeof *basis * SIZE * WIDTH);
    float *rows = jieda__arena_alloc(arena, (cells + 1) * sizeof *rows);
    float *sorted = jieda__arena_alloc(arena, (cells + 1) * sizeof *sorted);
    float scale = 1.0f, stranger;

    job->rows = jieda__arena_alloc(arena, cells + 1);
    if (!basis || !rows || !sorted || !job->rows || !find_basis(t, job, arena, basis))
        return false;
    for (uint32_t row = 0; row < t->row_count; row++)
        for (size_t i = 0; i < SIZE; i++)
            rows[row * (size_t)SIZE + i] =
                t->scalar[row] * dot(t->vectors + (size_t)row * WIDTH, basis + i * WIDTH);
    for (size_t i = 0; i < cells; i++)
        sorted[i] = fabsf(rows[i]);
    if (cells > 1) {
        qsort(sorted, cells, sizeof *sorted, by_value);
        scale = 127.0f / (sorted[(size_t)((double)(cells - 1) * SCALE_QUANTILE)] + 1e-9f);
    }
    for (size_t i = 0; i < cells; i++) {
        float value = rows[i] * scale;

        job->rows[i] = (int8_t)lrintf(value > 127.0f ? 127.0f : value < -127.0f ? -127.0f : value);
    }
    /* What a row seen never would weigh at the start, as long as its share of the dimensions. */
    stranger = logf(1.0f + (float)t->corpus->question_count) * START_SIZE * scale;
    job->stranger = (int32_t)lrintf(stranger > 127.0f ? 127.0f : stranger);
    for (uint32_t row = 0; row < t->row_count; row++)
        job->known[t->row_of[row] / 64] |= 1ULL << (t->row_of[row] % 64);
    return true;
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static void shuffle(trainer *t)
{
    for (size_t i = t->positive_count; i > 1; i--) {
        size_t k = jieda__random_below(&t->random, i);
        jieda__train_pair swap = t->positives[i - 1];

        t->positives[i - 1] = t->positives[k];
        t->positives[k] = swap;
    }
}

static double train_epoch(trainer *t)
{
    double loss = 0;
    size_t batches = 0;

    shuffle(t);
    for (size_t i = 0; i < t->positive_count; i += BATCH, batches++)
        loss += train_batch(t, t->positives + i,
                            t->positive_count - i < BATCH ? t->positive_count - i : BATCH);
    return batches ? loss / (double)batches : 0;
}

/* How well cosines tell the labels of the pairs left out. */
static double judge_epoch(trainer *t, const jieda_allocator *alloc)
{
    for (size_t i = 0; i < t->test_count; i++) {
        float a[WIDTH], b[WIDTH];

        encode(t, t->tests[i].a, a);
        encode(t, t->tests[i].b, b);
        t->test_score[i] = (double)(dot(a, b) / (sqrtf(dot(a, a) * dot(b, b)) + 1e-9f));
    }
    return jieda__auroc(alloc, t->test_score, t->test_label, t->test_count);
}

static void copy_weights(trainer *t, float *vectors, float *scalar, const float *from_vectors,
                         const float *from_scalar)
{
    memcpy(vectors, from_vectors, (size_t)t->row_count * WIDTH * sizeof *vectors);
    memcpy(scalar, from_scalar, t->row_count * sizeof *scalar);
}

/* Trains until the pairs left out are judged no better, and goes back to the best epoch. */
static jieda_status train_until_best(trainer *t, jieda__embedding_job *job)
{
    double best = -1;

    for (uint32_t epoch = 1; epoch <= job->epoch_count_max; epoch++) {
        double loss = train_epoch(t), figure = judge_epoch(t, job->alloc);

        if (isnan(figure))
            return JIEDA_E_NOMEM;
        if (figure > best) {
            best = figure;
            job->epoch_count = epoch;
            copy_weights(t, t->best_vectors, t->best_scalar, t->vectors, t->scalar);
        }
        if (!jieda__train_report(job->log, 1, loss))
            return JIEDA_E_CANCELLED;
        if (epoch >= job->epoch_count + PATIENCE)
            break;
    }
    copy_weights(t, t->vectors, t->scalar, t->best_vectors, t->best_scalar);
    return JIEDA_OK;
}

static jieda_status train_so_many(trainer *t, jieda__embedding_job *job)
{
    for (uint32_t epoch = 1; epoch <= job->epoch_count; epoch++)
        if (!jieda__train_report(job->log, 1, train_epoch(t)))
            return JIEDA_E_CANCELLED;
    return JIEDA_OK;
}

void jieda__embedding_train(jieda__embedding_job *job)
{
    trainer *t;

    jieda__arena_init(&job->arena, job->alloc, SIZE_MAX / 2);
    memset(job->known, 0, sizeof job->known);
    job->status = JIEDA_E_NOMEM;
    t = jieda__arena_zero(&job->arena, 1, sizeof *t);
    if (!t)
        return;
    t->corpus = job->corpus;
    t->random.state = jieda__hash_mix(job->corpus->seed + 1) + job->without_fold;
    if (!make_room(t, job, &job->arena))
        return;
    collect_pairs(t, job);
    /* The rate falls as if all epochs were trained, so that the best one is the same everywhere. */
    t->step_count = job->epoch_count_max * ((t->positive_count + BATCH - 1) / BATCH) + 1;
    job->status =
        job->without_fold == JIEDA__FOLD_NONE ? train_so_many(t, job) : train_until_best(t, job);
    if (job->status == JIEDA_OK && !finish(t, job))
        job->status = JIEDA_E_NOMEM;
}
