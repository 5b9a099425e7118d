/*
 * figures.c - how well scores agree with labels.
 */
#include "trainer/trainer.h"

#include <math.h>
#include <stdlib.h>

typedef struct point {
    double score, label;
    double score_rank, label_rank; /* less the mean rank */
} point;

static int by_score(const void *left, const void *right)
{
    const point *a = left, *b = right;

    return a->score < b->score ? -1 : a->score > b->score;
}

static int by_label(const void *left, const void *right)
{
    const point *a = left, *b = right;

    return a->label < b->label ? -1 : a->label > b->label;
}

static point *points_new(const jieda_allocator *alloc, const double *score, const double *label,
                         size_t count)
{
    point *points = jieda__alloc(alloc, count * sizeof *points);

    for (size_t i = 0; points && i < count; i++)
        points[i] = (point){.score = score[i], .label = label[i]};
    return points;
}

static void sort(point *points, size_t count, int (*order)(const void *, const void *))
{
    if (count > 1)
        qsort(points, count, sizeof *points, order);
}

/* Where the run of equal scores that begins at `from` ends, and the labels in it. */
static size_t run_end(const point *points, size_t count, size_t from, double *label_sum)
{
    size_t end = from;

    *label_sum = 0;
    while (end < count && points[end].score == points[from].score)
        *label_sum += points[end++].label;
    return end;
}

double jieda__auroc(const jieda_allocator *alloc, const double *score, const double *label,
                    size_t count)
{
    point *points = points_new(alloc, score, label, count);
    double negatives_below = 0, positives_below = 0, wins = 0;

    if (!points)
        return NAN;
    sort(points, count, by_score);
    for (size_t i = 0, end; i < count; i = end) {
        double positives, negatives;

        end = run_end(points, count, i, &positives);
        negatives = (double)(end - i) - positives;
        wins += positives * (negatives_below + negatives / 2);
        negatives_below += negatives;
        positives_below += positives;
    }
    jieda__dealloc(alloc, points);
    if (positives_below == 0 || negatives_below == 0)
        return 0.5;
    return wins / (positives_below * negatives_below);
}

double jieda__spearman(const jieda_allocator *alloc, const double *score, const double *label,
                       size_t count)
{
    point *points = points_new(alloc, score, label, count);
    double middle = ((double)count - 1) / 2, product = 0, squares_a = 0, squares_b = 0;

    if (!points)
        return NAN;
    sort(points, count, by_score);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && points[end].score == points[i].score;)
            end++;
        for (size_t k = i; k < end; k++)
            points[k].score_rank = (double)(i + end - 1) / 2 - middle;
    }
    sort(points, count, by_label);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && points[end].label == points[i].label;)
            end++;
        for (size_t k = i; k < end; k++)
            points[k].label_rank = (double)(i + end - 1) / 2 - middle;
    }
    for (size_t i = 0; i < count; i++) {
        product += points[i].score_rank * points[i].label_rank;
        squares_a += points[i].score_rank * points[i].score_rank;
        squares_b += points[i].label_rank * points[i].label_rank;
    }
    jieda__dealloc(alloc, points);
    return squares_a > 0 && squares_b > 0 ? product / sqrt(squares_a * squares_b) : 0;
}

/* Walks down the scores: at each, all above it are taken for positive. */
static bool best_f1(const double *score, const double *label, size_t count, jieda_agreement *out)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    point *points = points_new(alloc, score, label, count);
    double positive_count = 0, found = 0;

    if (!points)
        return false;
    sort(points, count, by_score);
    for (size_t i = 0; i < count; i++)
        positive_count += label[i];
    out->best_f1 = out->best_f1_threshold = 0;
    for (size_t i = count; i-- > 0;) {
        double f1;

        found += points[i].label;
        if (i > 0 && points[i - 1].score == points[i].score)
            continue;
        f1 = 2 * found / ((double)(count - i) + positive_count);
        if (f1 > out->best_f1) {
            out->best_f1 = f1;
            out->best_f1_threshold = points[i].score;
        }
    }
    jieda__dealloc(alloc, points);
    return true;
}

jieda_status jieda_agreement_measure(const double *score, const double *label, size_t count,
                                     jieda_agreement *out, jieda_error *err)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    bool binary = true, ok = true;

    for (size_t i = 0; i < count; i++) {
        binary = binary && (label[i] == 0 || label[i] == 1);
        ok = ok && !isnan(score[i]) && !isnan(label[i]);
    }
    if (!ok)
        return jieda__fail(err, JIEDA_E_INVALID, "a score or label is no number");
    *out = (jieda_agreement){.auroc = NAN, .best_f1 = NAN, .best_f1_threshold = NAN};
    out->spearman = jieda__spearman(alloc, score, label, count);
    ok = !isnan(out->spearman);
    if (binary) {
        out->auroc = jieda__auroc(alloc, score, label, count);
        ok = ok && !isnan(out->auroc) && best_f1(score, label, count, out);
    }
    return ok ? JIEDA_OK : jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
}
