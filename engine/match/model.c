/*
 * model.c - reads a model and scores with it; see model.h.
 */
#include "match/model.h"

#include "match/vectors.h"

#include <math.h>
#include <string.h>

#define SIZE JIEDA__EMBEDDING_SIZE
#define KNOWN_WORDS (JIEDA__EMBEDDING_ROW_COUNT / 64)

/* ---- loading --------------------------------------------------------------------------------- */

static jieda_status damaged(jieda_error *err, const char *what)
{
    return jieda__fail(err, JIEDA_E_FORMAT, "damaged model (%s); train it again", what);
}

/* Gives the next part and moves on; NULL when the model is too short. */
static const void *take(const char *bytes, size_t len, size_t *at, size_t part)
{
    const char *begin = bytes + *at;

    if (part > len - *at)
        return NULL;
    *at += (part + JIEDA__MODEL_ALIGN - 1) / JIEDA__MODEL_ALIGN * JIEDA__MODEL_ALIGN;
    if (*at > len)
        *at = len;
    return begin;
}

static bool are_finite(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i]) < 1e6f)) /* false for NaN */
            return false;
    return true;
}

static bool is_finite_linear(const jieda__linear *linear)
{
    return are_finite(linear->ratio, JIEDA__RATIO_COUNT) && are_finite(&linear->cosine, 1) &&
           are_finite(&linear->sparse_scale, 1) && are_finite(&linear->bias, 1);
}

static bool check_numbers(const jieda__model_header *h)
{
    return is_finite_linear(&h->joint) && is_finite_linear(&h->plain) &&
           are_finite(&h->stack_cosine, 1) && are_finite(&h->stack_plain, 1) &&
           are_finite(&h->stack_bias, 1) && are_finite(&h->calibration_scale, 1) &&
           are_finite(&h->calibration_bias, 1) && h->has_weights <= 1 &&
           are_finite(h->weights.feature, JIEDA__FEATURE_COUNT) &&
           are_finite(h->weights.signal, JIEDA__SIGNAL_COUNT) &&
           are_finite(&h->weights.signal_bias, 1) && h->stranger >= 0 && h->stranger <= 127;
}

/* Each word's rank is the number of known rows before it, so no row is out of range. */
static bool check_ranks(const jieda__model *m)
{
    uint32_t before = 0;

    for (uint32_t i = 0; i < KNOWN_WORDS; i++) {
        if (m->rank[i] != before)
            return false;
        before += (uint32_t)__builtin_popcountll(m->known[i]);
    }
    return before == m->header->row_count;
}

uint64_t jieda__model_hash(const void *bytes, size_t len)
{
    jieda__model_header header;

    memcpy(&header, bytes, sizeof header);
    header.content_hash = 0;
    return jieda__hash(jieda__hash(JIEDA__HASH_SEED, &header, sizeof header),
                       (const char *)bytes + sizeof header, len - sizeof header);
}

jieda_status jieda__model_load(const void *bytes, size_t len, jieda__model *out, jieda_error *err)
{
    const jieda__model_header *h = bytes;
    size_t at = 0;

    if (len < sizeof *h || h->magic != JIEDA__MODEL_MAGIC)
        return jieda__fail(err, JIEDA_E_FORMAT, "not a model; make one with `jieda train`");
    if (h->text_version != JIEDA__TEXT_VERSION)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "the model is of text version %u, this jieda has %u; train it again",
                           h->text_version, JIEDA__TEXT_VERSION);
    if (h->bytes != len || h->row_count > JIEDA__EMBEDDING_ROW_COUNT ||
        h->sparse_bits < JIEDA__SPARSE_BITS_MIN || h->sparse_bits > JIEDA__SPARSE_BITS_MAX ||
        !check_numbers(h))
        return damaged(err, "header");
    if (jieda__model_hash(bytes, len) != h->content_hash)
        return damaged(err, "content");
    take(bytes, len, &at, sizeof *h);
    *out = (jieda__model){.header = h};
    out->provenance = (jieda_str){take(bytes, len, &at, h->provenance_bytes), h->provenance_bytes};
    out->idf = take(bytes, len, &at, JIEDA__IDF_COUNT);
    out->known = take(bytes, len, &at, KNOWN_WORDS * sizeof *out->known);
    out->rank = take(bytes, len, &at, KNOWN_WORDS * sizeof *out->rank);
    out->rows = take(bytes, len, &at, (size_t)h->row_count * SIZE);
    out->joint = take(bytes, len, &at, (size_t)1 << h->sparse_bits);
    out->plain = take(bytes, len, &at, (size_t)1 << h->sparse_bits);
    if (!out->provenance.ptr || !out->idf || !out->known || !out->rank || !out->rows ||
        !out->joint || !out->plain || !check_ranks(out))
        return damaged(err, "length");
    return JIEDA_OK;
}

/* ---- sides ----------------------------------------------------------------------------------- */

uint32_t jieda__idf_slot(uint32_t hash, jieda__idf_kind kind)
{
    return (uint32_t)jieda__hash_mix(((uint64_t)hash << 8) + kind) % JIEDA__IDF_COUNT;
}

uint8_t jieda__idf_of(size_t count, uint32_t df)
{
    double n = (double)count;
    double weight = log(1 + (n - df + 0.5) / (df + 0.5)) / (double)JIEDA__IDF_STEP;

    return (uint8_t)(weight > 255 ? 255 : lrint(weight));
}

static void weigh_view(jieda__side_view *view, const uint8_t *idf, jieda__idf_kind kind)
{
    view->mass = 0.0f;
    for (uint32_t i = 0; i < view->count; i++) {
        view->weight[i] = (float)idf[jieda__idf_slot(view->hash[i], kind)] * JIEDA__IDF_STEP;
        view->mass += view->weight[i];
    }
}

void jieda__side_weigh(jieda__side *side, const uint8_t *idf)
{
    weigh_view(&side->raw, idf, JIEDA__IDF_RAW);
    weigh_view(&side->canon, idf, JIEDA__IDF_CANON);
    weigh_view(&side->sound, idf, JIEDA__IDF_SOUND);
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void add_row(const jieda__model *m, uint32_t row, int32_t sum[SIZE])
{
    uint64_t word = m->known[row / 64];

    if (word >> (row % 64) & 1) {
        uint64_t below = word & ((1ULL << (row % 64)) - 1);
        const int8_t *vector =
            m->rows + (size_t)(m->rank[row / 64] + (uint32_t)__builtin_popcountll(below)) * SIZE;

        for (int i = 0; i < SIZE; i++)
            sum[i] += vector[i];
    } else {
        uint64_t signs = jieda__hash_mix(row + 1);

        for (int i = 0; i < SIZE; i++)
            sum[i] += signs >> i & 1 ? m->header->stranger : -m->header->stranger;
    }
}

void jieda__model_encode_rows(const jieda__model *model, const uint32_t *rows, size_t count,
                              int8_t vector[SIZE])
{
    int32_t sum[SIZE] = {0};
    float square = 0.0f, scale;

    for (size_t i = 0; i < count; i++)
        add_row(model, rows[i], sum);
    for (int i = 0; i < SIZE; i++)
        square += (float)sum[i] * (float)sum[i];
    scale = square > 0.0f ? 127.0f / sqrtf(square) : 0.0f;
    for (int i = 0; i < SIZE; i++)
        vector[i] = (int8_t)lrintf((float)sum[i] * scale);
}

void jieda__model_encode(const jieda__model *model, const jieda__side *side, int8_t vector[SIZE])
{
    uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];

    jieda__model_encode_rows(model, rows, jieda__embedding_rows(side, rows), vector);
}

float jieda__vector_cosine(const int8_t *a, const int8_t *b)
{
    int32_t sum = 0;

    for (int i = 0; i < SIZE; i++)
        sum += a[i] * b[i];
    return jieda__product_cosine(sum);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static float linear_logit(const jieda__linear *linear, const float ratio[JIEDA__RATIO_COUNT],
                          float cosine, float sparse)
{
    float sum = linear->bias + linear->cosine * cosine + linear->sparse_scale * sparse;

    for (int i = 0; i < JIEDA__RATIO_COUNT; i++)
        sum += linear->ratio[i] * ratio[i];
    return sum;
}

void jieda__model_score(const jieda__model *model, const jieda__side *a, const jieda__side *b,
                        float cosine, jieda__pair_score *out)
{
    const jieda__model_header *h = model->header;
    float ratio[JIEDA__RATIO_COUNT], joint = 0.0f, plain = 0.0f;
    jieda__sparse sparse;

    jieda__pair_ratios(a, b, ratio);
    jieda__pair_sparse(a, b, &sparse);
    for (uint32_t i = 0; i < sparse.count; i++) {
        uint32_t slot = sparse.hash[i] >> (32 - h->sparse_bits);

        joint += sparse.value[i] * (float)model->joint[slot];
        plain += sparse.value[i] * (float)model->plain[slot];
    }
    out->cosine = cosine;
    out->joint = linear_logit(&h->joint, ratio, cosine, joint);
    out->plain = linear_logit(&h->plain, ratio, cosine, plain);
    out->stack = h->stack_cosine * cosine + h->stack_plain * out->plain + h->stack_bias;
    out->chance = 1.0f / (1.0f + expf(-(float)jieda__pair_logit(model, out)));
}

double jieda__pair_logit(const jieda__model *model, const jieda__pair_score *score)
{
    return (double)model->header->calibration_scale * 0.5 *
               ((double)score->joint + (double)score->stack) +
           (double)model->header->calibration_bias;
}
