/*
 * vectors.h - the vectors of a knowledge base, and the search for those nearest to an utterance.
 *
 * An entry's vector is the mean of its wordings' vectors. Searching them finds entries that share
 * no rare character with the utterance, which the index cannot. Up to some ten thousand entries all
 * are compared; beyond, entries are kept in clusters of similar ones and only the nearest clusters
 * are looked into, until JIEDA__SCAN_COUNT entries were compared: the work is bounded.
 *
 * Section "vectors", made by kb/compiler/vectors_build.c: a header, then, each 64-byte aligned,
 *   int8_t centroid[cluster_count][64]
 *   uint32_t cluster_first[cluster_count + 1]  places of a cluster's entries
 *   uint32_t entry[entry_count]                by place
 *   uint32_t place[entry_count]                by entry
 *   int8_t vector[entry_count][64]             by place
 *   int8_t question[question_count][64]        unless every question is the one wording of an entry
 */
#ifndef JIEDA__VECTORS_H
#define JIEDA__VECTORS_H

#include "match/pair.h"

#define JIEDA__VECTOR_ALIGN 64u
/* Entries compared at least, where there are so many. */
#define JIEDA__SCAN_COUNT 8192u
/* More entries than this are kept in clusters. */
#define JIEDA__UNCLUSTERED_COUNT_MAX 32768u
#define JIEDA__CLUSTER_COUNT_MAX 2048u
/* Entries a search gives. */
#define JIEDA__NEAREST_COUNT_MAX 32u

typedef struct jieda__vectors_header {
    uint32_t entry_count;
    uint32_t question_count; /* 0: a question's vector is its entry's */
    uint32_t cluster_count;  /* 0: not clustered */
    uint32_t reserved;
} jieda__vectors_header;

/* Points into the section's bytes. Immutable; share freely. */
typedef struct jieda__vectors {
    uint32_t entry_count;
    uint32_t question_count;
    uint32_t cluster_count;
    const int8_t *centroids;
    const uint32_t *cluster_first;
    const uint32_t *entries;
    const uint32_t *places;
    const int8_t *by_place;
    const int8_t *by_question;
} jieda__vectors;

/* Checks the bytes whole. @return JIEDA_E_FORMAT. */
jieda_status jieda__vectors_load(const void *bytes, size_t len, uint32_t entry_count,
                                 uint32_t question_count, jieda__vectors *out, jieda_error *err);

static inline const int8_t *jieda__vector_of_entry(const jieda__vectors *v, uint32_t entry)
{
    return v->by_place + (size_t)v->places[entry] * JIEDA__EMBEDDING_SIZE;
}

/* @param entry  the question's, JIEDA__NONE for one out of scope. */
static inline const int8_t *jieda__vector_of_question(const jieda__vectors *v, uint32_t question,
                                                      uint32_t entry)
{
    return v->question_count ? v->by_question + (size_t)question * JIEDA__EMBEDDING_SIZE
                             : jieda__vector_of_entry(v, entry);
}

typedef struct jieda__nearest {
    uint32_t id;     /* of the entry, or the question */
    int32_t product; /* inner product of two vectors of length 127 */
} jieda__nearest;

/* The `max` entries nearest to `vector`, best first, ties to the smaller entry. */
size_t jieda__vectors_nearest(const jieda__vectors *v, const int8_t vector[JIEDA__EMBEDDING_SIZE],
                              jieda__nearest *out, size_t max);

/* The same of questions [from, end) but `but` (JIEDA__NONE: all of them), where questions have
 * vectors of their own. @param max  1 or more. */
size_t jieda__vectors_nearest_questions(const jieda__vectors *v,
                                        const int8_t vector[JIEDA__EMBEDDING_SIZE], uint32_t from,
                                        uint32_t end, uint32_t but, jieda__nearest *out,
                                        size_t max);

/* Inner products of `vector` with `count` rows. */
void jieda__vectors_multiply(const int8_t vector[JIEDA__EMBEDDING_SIZE], const int8_t *rows,
                             size_t count, int32_t *products);
/* -1..1: components are rounded, so a product may be a little more than the lengths allow. */
static inline float jieda__product_cosine(int32_t product)
{
    float cosine = (float)product / (127.0f * 127.0f);

    return cosine > 1.0f ? 1.0f : cosine < -1.0f ? -1.0f : cosine;
}

#endif
