/*
 * vectors_build.c - questions become vectors, entries their means, many entries clusters.
 *
 * Clusters are made by k-means on the sphere (Dhillon, Modha 2001): a centroid is the normalised
 * sum of its members. Finding them on a sample is as good and costs little; then every entry goes
 * to its nearest centroid. All sums are of integers, in one order: equal input, equal bytes.
 */
#include "compiler/compiler.h"
#include "match/model.h"
#include "match/vectors.h"

#include <math.h>
#include <string.h>

#define SIZE JIEDA__EMBEDDING_SIZE
/* Entries a cluster should hold: half as many are as many clusters again to compare. */
#define CLUSTER_SIZE 512u
#define SAMPLE_COUNT_MAX 32768u
#define ROUND_COUNT 6
#define PROGRESS_STEP 65536u

struct jieda__vectors_builder {
    const jieda__build *build;
    const jieda__model *model;
    const jieda__built_index *index;
    int8_t *questions; /* [question_count][SIZE] */
    bool one_each;     /* every question is the one wording of its entry */
};

static void normalise(const int32_t *sum, int8_t *out)
{
    double square = 0, scale;

    for (int i = 0; i < SIZE; i++)
        square += (double)sum[i] * (double)sum[i];
    scale = square > 0 ? 127 / sqrt(square) : 0;
    for (int i = 0; i < SIZE; i++)
        out[i] = (int8_t)lrint(sum[i] * scale);
}

jieda__vectors_builder *jieda__vectors_builder_new(const jieda__build *build,
                                                   const jieda__model *model,
                                                   const jieda__built_index *index)
{
    jieda__vectors_builder *b = jieda__alloc_zero(build->alloc, 1, sizeof *b);

    if (!b)
        return NULL;
    *b = (jieda__vectors_builder){.build = build, .model = model, .index = index};
    b->questions = jieda__alloc(build->alloc, (size_t)index->question_count * SIZE);
    if (!b->questions) {
        jieda__vectors_builder_free(b);
        return NULL;
    }
    b->one_each = index->question_count == index->entry_count;
    for (uint32_t q = 0; q < index->question_count && b->one_each; q++)
        b->one_each = index->questions[q].kind == JIEDA__QUESTION_POSITIVE &&
                      (q == 0 || index->questions[q].entry != index->questions[q - 1].entry);
    return b;
}

void jieda__vectors_builder_free(jieda__vectors_builder *b)
{
    if (!b)
        return;
    jieda__dealloc(b->build->alloc, b->questions);
    jieda__dealloc(b->build->alloc, b);
}

void jieda__vectors_add(jieda__vectors_builder *b, uint32_t question, const jieda__reading *reading)
{
    jieda__side side;

    jieda__side_read(&side, reading);
    jieda__model_encode(b->model, &side, b->questions + (size_t)question * SIZE);
}

/* Each entry's mean; an entry without wordings has none and is near to nothing. */
static void find_means(const jieda__vectors_builder *b, int8_t *entries)
{
    uint32_t n = b->index->question_count;
    int32_t sum[SIZE] = {0};

    memset(entries, 0, (size_t)b->index->entry_count * SIZE);
    for (uint32_t q = 0; q < n; q++) {
        const jieda__built_question *question = &b->index->questions[q];

        if (question->kind != JIEDA__QUESTION_POSITIVE)
            continue;
        for (int i = 0; i < SIZE; i++)
            sum[i] += b->questions[(size_t)q * SIZE + (size_t)i];
        /* wordings of an entry stand together */
        if (q + 1 == n || b->index->questions[q + 1].kind != JIEDA__QUESTION_POSITIVE ||
            b->index->questions[q + 1].entry != question->entry) {
            normalise(sum, entries + (size_t)question->entry * SIZE);
            memset(sum, 0, sizeof sum);
        }
    }
}

/* ---- clusters -------------------------------------------------------------------------------- */

static uint32_t nearest_centroid(const int8_t *centroids, uint32_t count, const int8_t *vector)
{
    int32_t products[JIEDA__CLUSTER_COUNT_MAX];
    uint32_t best = 0;

    jieda__vectors_multiply(vector, centroids, count, products);
    for (uint32_t i = 1; i < count; i++)
        if (products[i] > products[best])
            best = i;
    return best;
}

/* The entry that stands for sample `i` of `count`: an even stride, so no chance is needed. */
static const int8_t *sample_at(const int8_t *entries, uint32_t entry_count, uint32_t count,
                               uint32_t i)
{
    return entries + (size_t)((uint64_t)i * entry_count / count) * SIZE;
}

static bool find_centroids(const jieda_allocator *alloc, const int8_t *entries,
                           uint32_t entry_count, int8_t *centroids, uint32_t count)
{
    uint32_t samples = entry_count < SAMPLE_COUNT_MAX ? entry_count : SAMPLE_COUNT_MAX;
    int32_t *sums = jieda__alloc(alloc, (size_t)count * SIZE * sizeof *sums);

    if (!sums)
        return false;
    for (uint32_t c = 0; c < count; c++)
        memcpy(centroids + (size_t)c * SIZE, sample_at(entries, entry_count, count, c), SIZE);
    for (int round = 0; round < ROUND_COUNT; round++) {
        memset(sums, 0, (size_t)count * SIZE * sizeof *sums);
        for (uint32_t s = 0; s < samples; s++) {
            const int8_t *vector = sample_at(entries, entry_count, samples, s);
            int32_t *sum = sums + (size_t)nearest_centroid(centroids, count, vector) * SIZE;

            for (int i = 0; i < SIZE; i++)
                sum[i] += vector[i];
        }
        for (uint32_t c = 0; c < count; c++)
            normalise(sums + (size_t)c * SIZE, centroids + (size_t)c * SIZE);
    }
    jieda__dealloc(alloc, sums);
    return true;
}

/* Gives every entry its place: in its cluster, in the order of entries. */
static jieda_status place_entries(const jieda__vectors_builder *b, const int8_t *entries,
                                  const int8_t *centroids, uint32_t cluster_count,
                                  uint32_t *cluster_first, uint32_t *entry_at, uint32_t *place_of,
                                  jieda_error *err)
{
    uint32_t n = b->index->entry_count, before = 0;

    if (cluster_count == 0) {
        for (uint32_t e = 0; e < n; e++)
            entry_at[e] = place_of[e] = e;
        return JIEDA_OK;
    }
    for (uint32_t e = 0; e < n; e++) {
        jieda_status st =
            e % PROGRESS_STEP ? JIEDA_OK : jieda__progress(b->build, "grouping vectors", e, n, err);

        if (st != JIEDA_OK)
            return st;
        place_of[e] = nearest_centroid(centroids, cluster_count, entries + (size_t)e * SIZE);
        cluster_first[place_of[e]]++;
    }
    for (uint32_t c = 0; c <= cluster_count; c++) {
        uint32_t size = cluster_first[c];

        cluster_first[c] = before;
        before += size;
    }
    for (uint32_t e = 0; e < n; e++) {
        uint32_t place = cluster_first[place_of[e]]++;

        entry_at[place] = e;
        place_of[e] = place;
    }
    for (uint32_t c = cluster_count; c > 0; c--) /* they moved on by one cluster */
        cluster_first[c] = cluster_first[c - 1];
    cluster_first[0] = 0;
    return JIEDA_OK;
}

/* ---- the section ----------------------------------------------------------------------------- */

static size_t padded(uint64_t len)
{
    return (size_t)((len + JIEDA__VECTOR_ALIGN - 1) / JIEDA__VECTOR_ALIGN * JIEDA__VECTOR_ALIGN);
}

static void *cut(char **at, uint64_t len)
{
    char *begin = *at;

    *at += padded(len);
    return begin;
}

jieda_status jieda__vectors_finish(jieda__vectors_builder *b, jieda__blob *out, jieda_error *err)
{
    const jieda_allocator *alloc = b->build->alloc;
    uint32_t n = b->index->entry_count;
    jieda__vectors_header header = {.entry_count = n,
                                    .question_count = b->one_each ? 0 : b->index->question_count};
    int8_t *entries = jieda__alloc(alloc, (size_t)n * SIZE), *centroids, *vectors;
    uint32_t *cluster_first, *entry_at, *place_of;
    jieda_status st;
    char *at;

    if (n > JIEDA__UNCLUSTERED_COUNT_MAX)
        header.cluster_count = n / CLUSTER_SIZE < JIEDA__CLUSTER_COUNT_MAX
                                   ? n / CLUSTER_SIZE
                                   : JIEDA__CLUSTER_COUNT_MAX;
    out->len = padded(sizeof header) + padded((uint64_t)header.cluster_count * SIZE) +
               padded((header.cluster_count + 1ULL) * 4) + 2 * padded(n * 4ULL) +
               padded((uint64_t)n * SIZE) + padded((uint64_t)header.question_count * SIZE);
    out->bytes = jieda__alloc_zero(alloc, 1, out->len);
    if (!entries || !out->bytes) {
        jieda__dealloc(alloc, entries);
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    }
    at = out->bytes;
    memcpy(cut(&at, sizeof header), &header, sizeof header);
    centroids = cut(&at, (uint64_t)header.cluster_count * SIZE);
    cluster_first = cut(&at, (header.cluster_count + 1ULL) * 4);
    entry_at = cut(&at, n * 4ULL);
    place_of = cut(&at, n * 4ULL);
    vectors = cut(&at, (uint64_t)n * SIZE);
    if (header.question_count > 0)
        memcpy(at, b->questions, (size_t)header.question_count * SIZE);
    find_means(b, entries);
    st = header.cluster_count == 0 ||
                 find_centroids(alloc, entries, n, centroids, header.cluster_count)
             ? JIEDA_OK
             : jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    if (st == JIEDA_OK)
        st = place_entries(b, entries, centroids, header.cluster_count, cluster_first, entry_at,
                           place_of, err);
    for (uint32_t place = 0; st == JIEDA_OK && place < n; place++)
        memcpy(vectors + (size_t)place * SIZE, entries + (size_t)entry_at[place] * SIZE, SIZE);
    jieda__dealloc(alloc, entries);
    return st;
}
