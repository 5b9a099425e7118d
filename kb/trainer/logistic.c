/*
 * logistic.c - logistic regression over a large sparse matrix, by L-BFGS.
 *
 * The problem is convex and smooth, some hundred thousand weights wide; L-BFGS (Nocedal, Wright:
 * Numerical Optimization, 2nd ed., algorithm 7.4) with a backtracking line search needs some dozen
 * passes over the data and no tuning. One thread and a fixed order of summation: equal input, equal
 * bits.
 */
#include "trainer/trainer.h"

#include <math.h>
#include <string.h>

#define MEMORY 8
#define TRIAL_COUNT_MAX 24

typedef struct lbfgs {
    double *s[MEMORY], *y[MEMORY];
    double rho[MEMORY];
    uint32_t count; /* pairs stored so far */
} lbfgs;

double jieda__logistic_logit(const jieda__design *d, size_t row, const double *w)
{
    double z = w[d->column_count];

    for (uint64_t i = d->first[row]; i < d->first[row + 1]; i++)
        if (d->column[i] != d->column_out)
            z += w[d->column[i]] * d->value[i];
    return z;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double loss_and_gradient(const jieda__design *d, const uint8_t *use, double cost,
                                const double *w, double *g)
{
    size_t n = d->column_count;
    double loss = 0.5 * dot(w, w, n);

    memcpy(g, w, n * sizeof *g);
    g[n] = 0;
    for (size_t row = 0; row < d->row_count; row++) {
        double z, p, slope;

        if (use && !use[row])
            continue;
        z = jieda__logistic_logit(d, row, w);
        p = 1 / (1 + exp(-z));
        /* log(1 + exp(-|z|)) does not overflow */
        loss += cost * (log1p(exp(-fabs(z))) +
                        (z > 0 ? (d->label[row] ? 0 : z) : (d->label[row] ? -z : 0)));
        slope = cost * (p - d->label[row]);
        for (uint64_t i = d->first[row]; i < d->first[row + 1]; i++)
            if (d->column[i] != d->column_out)
                g[d->column[i]] += slope * d->value[i];
        g[n] += slope;
    }
    return loss;
}

/* The two-loop recursion: direction = -H * g. */
static void find_direction(const lbfgs *memory, const double *g, double *direction, size_t n)
{
    double alpha[MEMORY];
    uint32_t stored = memory->count < MEMORY ? memory->count : MEMORY;

    for (size_t i = 0; i < n; i++)
        direction[i] = -g[i];
    for (uint32_t k = 0; k < stored; k++) {
        uint32_t at = (memory->count - 1 - k) % MEMORY;

        alpha[k] = memory->rho[at] * dot(memory->s[at], direction, n);
        for (size_t i = 0; i < n; i++)
            direction[i] -= alpha[k] * memory->y[at][i];
    }
    if (stored > 0) {
        uint32_t last = (memory->count - 1) % MEMORY;
        double scale = 1 / (memory->rho[last] * dot(memory->y[last], memory->y[last], n));

        for (size_t i = 0; i < n; i++)
            direction[i] *= scale;
    }
    for (uint32_t k = stored; k-- > 0;) {
        uint32_t at = (memory->count - 1 - k) % MEMORY;
        double beta = memory->rho[at] * dot(memory->y[at], direction, n);

        for (size_t i = 0; i < n; i++)
            direction[i] += (alpha[k] - beta) * memory->s[at][i];
    }
}

/* Keeps the last step if the curvature along it is positive, as it is but for rounding. */
static void remember(lbfgs *memory, const double *w, const double *next, const double *g,
                     const double *next_g, size_t n)
{
    uint32_t at = memory->count % MEMORY;
    double curvature = 0;

    for (size_t i = 0; i < n; i++) {
        memory->s[at][i] = next[i] - w[i];
        memory->y[at][i] = next_g[i] - g[i];
        curvature += memory->s[at][i] * memory->y[at][i];
    }
    if (curvature <= 1e-12)
        return;
    memory->rho[at] = 1 / curvature;
    memory->count++;
}

jieda_status jieda__logistic_fit(const jieda_allocator *alloc, const jieda__design *d,
                                 const uint8_t *use, double cost, uint32_t step_count, double *w)
{
    size_t n = d->column_count + 1;
    double *block = jieda__alloc_zero(alloc, (2 * MEMORY + 4) * n, sizeof *block);
    double *g = block, *next_g = block + n, *next = block + 2 * n, *direction = block + 3 * n;
    lbfgs memory = {0};
    double loss;

    if (!block)
        return JIEDA_E_NOMEM;
    for (size_t k = 0; k < MEMORY; k++) {
        memory.s[k] = block + (4 + k) * n;
        memory.y[k] = block + (4 + MEMORY + k) * n;
    }
    loss = loss_and_gradient(d, use, cost, w, g);
    for (uint32_t step = 0; step < step_count; step++) {
        double slope, next_loss = 0, rate = 1;
        int trial = 0;

        find_direction(&memory, g, direction, n);
        if (memory.count == 0)
            rate = 1 / (1 + sqrt(dot(g, g, n)));
        slope = dot(g, direction, n);
        for (; trial < TRIAL_COUNT_MAX; trial++, rate /= 2) {
            for (size_t i = 0; i < n; i++)
                next[i] = w[i] + rate * direction[i];
            next_loss = loss_and_gradient(d, use, cost, next, next_g);
            if (next_loss <= loss + 1e-4 * rate * slope) /* Armijo's condition */
                break;
        }
        if (trial == TRIAL_COUNT_MAX)
            break;
        remember(&memory, w, next, g, next_g, n);
        memcpy(w, next, n * sizeof *w);
        memcpy(g, next_g, n * sizeof *g);
        if (loss - next_loss < 1e-7 * loss)
            break;
        loss = next_loss;
    }
    jieda__dealloc(alloc, block);
    return JIEDA_OK;
}
