/*
 * vectors.c - int8 inner products, and the search over them; see vectors.h.
 *
 * The kernel is chosen at run time: AVX2 where the processor has it, else plain C, which compilers
 * vectorise with what every processor of the target has. Both sum integers, so both give the same.
 */
#include "match/vectors.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_AVX2 1
#include <immintrin.h>
#else
#define HAVE_AVX2 0
#endif

#define SIZE JIEDA__EMBEDDING_SIZE
#define BLOCK 256u /* rows multiplied before the best are picked */

/* ---- products -------------------------------------------------------------------------------- */

static void multiply_plain(const int8_t *vector, const int8_t *rows, size_t count,
                           int32_t *products)
{
    for (size_t r = 0; r < count; r++, rows += SIZE) {
        int32_t sum = 0;

        for (int i = 0; i < SIZE; i++)
            sum += vector[i] * rows[i];
        products[r] = sum;
    }
}

#if HAVE_AVX2
/* Sixteen int8 at a time are widened and multiplied in pairs to int32. */
__attribute__((target("avx2"))) static void multiply_avx2(const int8_t *vector, const int8_t *rows,
                                                          size_t count, int32_t *products)
{
    __m256i wide[SIZE / 16];

    for (int i = 0; i < SIZE / 16; i++)
        wide[i] = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(vector + i * 16)));
    for (size_t r = 0; r < count; r++, rows += SIZE) {
        __m256i sum = _mm256_setzero_si256();
        __m128i half;

        for (int i = 0; i < SIZE / 16; i++) {
            __m256i row = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(rows + i * 16)));

            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(wide[i], row));
        }
        half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
        half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
        products[r] = _mm_cvtsi128_si32(half);
    }
}
#endif

void jieda__vectors_multiply(const int8_t vector[SIZE], const int8_t *rows, size_t count,
                             int32_t *products)
{
#if HAVE_AVX2
    if (__builtin_cpu_supports("avx2")) {
        multiply_avx2(vector, rows, count, products);
        return;
    }
#endif
    multiply_plain(vector, rows, count, products);
}

/* ---- loading --------------------------------------------------------------------------------- */

typedef struct cursor {
    const char *bytes;
    size_t at, len;
} cursor;

static const void *take(cursor *c, uint64_t count, size_t size)
{
    uint64_t bytes = count * size;
    const char *begin = c->bytes + c->at;

    if (bytes > c->len - c->at)
        return NULL;
    bytes = (bytes + JIEDA__VECTOR_ALIGN - 1) / JIEDA__VECTOR_ALIGN * JIEDA__VECTOR_ALIGN;
    c->at = bytes > c->len - c->at ? c->len : c->at + (size_t)bytes;
    return begin;
}

/* Places ascend through the clusters, and entries and places are each other's inverse. */
static bool check_places(const jieda__vectors *v)
{
    if (v->cluster_count > 0 &&
        (v->cluster_first[0] != 0 || v->cluster_first[v->cluster_count] != v->entry_count))
        return false;
    for (uint32_t i = 0; i < v->cluster_count; i++)
        if (v->cluster_first[i] > v->cluster_first[i + 1])
            return false;
    for (uint32_t i = 0; i < v->entry_count; i++)
        if (v->entries[i] >= v->entry_count || v->places[v->entries[i]] != i)
            return false;
    return true;
}

jieda_status jieda__vectors_load(const void *bytes, size_t len, uint32_t entry_count,
                                 uint32_t question_count, jieda__vectors *out, jieda_error *err)
{
    cursor c = {.bytes = bytes, .len = len};
    const jieda__vectors_header *h = take(&c, 1, sizeof *h);
    bool ok = h && h->entry_count == entry_count &&
              (h->question_count == 0 || h->question_count == question_count) &&
              h->cluster_count <= JIEDA__CLUSTER_COUNT_MAX;

    if (ok) {
        *out = (jieda__vectors){h->entry_count,
                                h->question_count,
                                h->cluster_count,
                                NULL,
                                NULL,
                                NULL,
                                NULL,
                                NULL,
                                NULL};
        out->centroids = take(&c, h->cluster_count, SIZE);
        out->cluster_first = take(&c, (uint64_t)h->cluster_count + 1, sizeof *out->cluster_first);
        out->entries = take(&c, entry_count, sizeof *out->entries);
        out->places = take(&c, entry_count, sizeof *out->places);
        out->by_place = take(&c, entry_count, SIZE);
        out->by_question = take(&c, h->question_count, SIZE);
        ok = out->centroids && out->cluster_first && out->entries && out->places && out->by_place &&
             out->by_question && check_places(out);
    }
    return ok ? JIEDA_OK
              : jieda__fail(err, JIEDA_E_FORMAT,
                            "damaged knowledge base (vectors); build it again");
}

/* ---- search ---------------------------------------------------------------------------------- */

/* The best so far, best first. */
typedef struct top {
    jieda__nearest *items;
    size_t count, max;
} top;

static bool is_better(const jieda__nearest *a, const jieda__nearest *b)
{
    return a->product != b->product ? a->product > b->product : a->id < b->id;
}

static void offer(top *t, uint32_t id, int32_t product)
{
    jieda__nearest one = {id, product};
    size_t at;

    if (t->count == t->max && !is_better(&one, &t->items[t->max - 1]))
        return;
    at = t->count < t->max ? t->count++ : t->max - 1;
    while (at > 0 && is_better(&one, &t->items[at - 1])) {
        t->items[at] = t->items[at - 1];
        at--;
    }
    t->items[at] = one;
}

/* Offers rows [from, end) but one. @param ids  what a row is; NULL: its number. */
static void scan(const int8_t *rows, const uint32_t *ids, const int8_t *vector, uint32_t from,
                 uint32_t end, uint32_t but, top *best)
{
    int32_t products[BLOCK];

    for (uint32_t at = from; at < end; at += BLOCK) {
        uint32_t count = end - at < BLOCK ? end - at : BLOCK;

        jieda__vectors_multiply(vector, rows + (size_t)at * SIZE, count, products);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t id = ids ? ids[at + i] : at + i;

            if (id != but &&
                (best->count < best->max || products[i] >= best->items[best->max - 1].product))
                offer(best, id, products[i]);
        }
    }
}

size_t jieda__vectors_nearest_questions(const jieda__vectors *v, const int8_t vector[SIZE],
                                        uint32_t from, uint32_t end, uint32_t but,
                                        jieda__nearest *out, size_t max)
{
    top best = {out, 0, max};

    scan(v->by_question, NULL, vector, from, end, but, &best);
    return best.count;
}

size_t jieda__vectors_nearest(const jieda__vectors *v, const int8_t vector[SIZE],
                              jieda__nearest *out, size_t max)
{
    top best = {out, 0, max < JIEDA__NEAREST_COUNT_MAX ? max : JIEDA__NEAREST_COUNT_MAX};
    int32_t products[JIEDA__CLUSTER_COUNT_MAX];
    uint32_t scanned = 0;

    if (best.max == 0)
        return 0;
    if (v->cluster_count == 0) {
        scan(v->by_place, v->entries, vector, 0, v->entry_count, UINT32_MAX, &best);
        return best.count;
    }
    jieda__vectors_multiply(vector, v->centroids, v->cluster_count, products);
    while (scanned < JIEDA__SCAN_COUNT) {
        uint32_t nearest = 0;

        for (uint32_t i = 1; i < v->cluster_count; i++)
            if (products[i] > products[nearest])
                nearest = i;
        if (products[nearest] == INT32_MIN)
            break; /* all were looked into */
        scan(v->by_place, v->entries, vector, v->cluster_first[nearest],
             v->cluster_first[nearest + 1], UINT32_MAX, &best);
        scanned += v->cluster_first[nearest + 1] - v->cluster_first[nearest];
        products[nearest] = INT32_MIN;
    }
    return best.count;
}
