/*
 * model.h - a trained model as read: a flat file, or a section of a .kb, used in place.
 *
 * `jieda train` writes it (kb/trainer/model_write.c), `jieda build --model` puts it into a .kb as
 * it is. Little-endian; the parts follow the header in this order, each 64-byte aligned:
 *
 *   provenance  JSON for people: what it was trained on, the seed, its scores
 *   idf         uint8_t[JIEDA__IDF_COUNT]: weights of units by hash, in JIEDA__IDF_STEPs
 *   known       uint64_t[]: a bit for each row of the embedding that training used
 *   rank        uint32_t[]: known rows before each word of `known`
 *   rows        int8_t[row_count][JIEDA__EMBEDDING_SIZE], the known ones
 *   joint       int8_t[1 << sparse_bits]
 *   plain       the same, trained without the cosine
 *
 * A row that training never used is a vector of one length with signs from its number: it tells
 * strangers apart and costs nothing to keep.
 */
#ifndef JIEDA__MODEL_H
#define JIEDA__MODEL_H

#include "match/match.h"
#include "match/pair.h"

#define JIEDA__MODEL_MAGIC 0x324d444au /* "JDM2" */
#define JIEDA__MODEL_ALIGN 64u
#define JIEDA__IDF_COUNT (1u << 15)
#define JIEDA__IDF_STEP (1.0f / 16.0f)
#define JIEDA__SPARSE_BITS_MIN 10u
#define JIEDA__SPARSE_BITS_MAX 20u

/* A logistic model over ratios and sparse grams; `joint` has the cosine as well. */
typedef struct jieda__linear {
    float ratio[JIEDA__RATIO_COUNT];
    float cosine;
    float sparse_scale; /* of one step of the int8 table */
    float bias;
} jieda__linear;

typedef struct jieda__model_header {
    uint32_t magic;
    uint32_t text_version; /* JIEDA__TEXT_VERSION of the units */
    uint64_t lexicon_hash; /* of the authored words; see jieda__lexicon_authored_hash() */
    uint64_t content_hash; /* jieda__model_hash() */
    uint64_t bytes;        /* of the whole model */
    uint32_t provenance_bytes;
    uint32_t row_count;
    uint32_t sparse_bits;
    int32_t stranger; /* absolute value of each component of an unknown row */
    jieda__linear joint;
    jieda__linear plain;
    float stack_cosine; /* stack = stack_cosine * cosine + stack_plain * plain + stack_bias */
    float stack_plain;
    float stack_bias;
    float calibration_scale; /* chance = logistic(scale * (joint + stack) / 2 + bias) */
    float calibration_bias;
    uint32_t has_weights; /* the next are fitted; else the built-in ones hold */
    jieda__weights weights;
} jieda__model_header;

/* Borrows its bytes. Immutable; share freely. */
typedef struct jieda__model {
    const jieda__model_header *header;
    jieda_str provenance;
    const uint8_t *idf;
    const uint64_t *known;
    const uint32_t *rank;
    const int8_t *rows;
    const int8_t *joint;
    const int8_t *plain;
} jieda__model;

/* Checks everything (the bytes may be damaged or hostile) and fills `out`.
 * @param bytes  8-byte aligned, borrowed as long as `out` is used.
 * @return JIEDA_E_FORMAT, JIEDA_E_VERSION if another text version made it. */
jieda_status jieda__model_load(const void *bytes, size_t len, jieda__model *out, jieda_error *err);

/* Of all bytes, the place of the hash read as 0. @param len  a header at least. */
uint64_t jieda__model_hash(const void *bytes, size_t len);

/* Where the weight of a hash stands in `idf`, by view. */
typedef enum jieda__idf_kind {
    JIEDA__IDF_RAW = 1,
    JIEDA__IDF_CANON,
    JIEDA__IDF_SOUND,
} jieda__idf_kind;

uint32_t jieda__idf_slot(uint32_t hash, jieda__idf_kind kind);
/* The stored weight of what `df` of `count` texts hold. */
uint8_t jieda__idf_of(size_t count, uint32_t df);
/* Fills the weights of a side. */
void jieda__side_weigh(jieda__side *side, const uint8_t *idf);

/* The vector of a text: its rows' sum, of length 127. All zero for an empty one. */
void jieda__model_encode(const jieda__model *model, const jieda__side *side,
                         int8_t vector[JIEDA__EMBEDDING_SIZE]);
/* Rows to vectors, for who has no side: rows as of jieda__embedding_rows(). */
void jieda__model_encode_rows(const jieda__model *model, const uint32_t *rows, size_t count,
                              int8_t vector[JIEDA__EMBEDDING_SIZE]);

/* How alike two texts are: every number that counts. */
typedef struct jieda__pair_score {
    float cosine; /* -1..1 */
    float joint;  /* logits */
    float plain;
    float stack;
    float chance; /* 0..1, that they mean the same */
} jieda__pair_score;

/* @param a, b  weighed. */
void jieda__model_score(const jieda__model *model, const jieda__side *a, const jieda__side *b,
                        float cosine, jieda__pair_score *out);

/* The logit of the chance. */
double jieda__pair_logit(const jieda__model *model, const jieda__pair_score *score);

/* Cosine of two vectors of length 127. */
float jieda__vector_cosine(const int8_t *a, const int8_t *b);

#endif
