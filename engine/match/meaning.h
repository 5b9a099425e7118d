/*
 * meaning.h - what the learned parts say of an utterance: candidates the index cannot find, and
 * features.
 */
#ifndef JIEDA__MEANING_H
#define JIEDA__MEANING_H

#include "match/learned.h"

/* Entries a search by meaning proposes. */
#define JIEDA__MEANING_ENTRY_COUNT 24u
/* And questions out of scope: they are rivals, and each stands for itself. */
#define JIEDA__MEANING_OUTSIDE_COUNT 4u

/* The utterance as the learned parts see it. Request lifetime. */
typedef struct jieda__meaning {
    const jieda__learned *learned; /* NULL: there is none, and the functions below are not called */
    uint32_t leave_out;            /* a question to overlook, or JIEDA__NONE */
    jieda__side side;
    int8_t vector[JIEDA__EMBEDDING_SIZE];
} jieda__meaning;

/* @param learned  NULL or without a model: none. */
void jieda__meaning_init(jieda__meaning *meaning, const jieda__learned *learned,
                         const jieda__reading *reading, uint32_t leave_out);

/* The vector of a question. */
const int8_t *jieda__meaning_vector(const jieda__meaning *meaning, uint32_t question);
/* Cosine of the utterance and a question. */
float jieda__meaning_cosine(const jieda__meaning *meaning, uint32_t question);
/* The vector of the mean of an entry's wordings; all zero if it has none. */
void jieda__meaning_centre(const jieda__meaning *meaning, uint32_t entry,
                           int8_t centre[JIEDA__EMBEDDING_SIZE]);
/* The wording of an entry nearest to the utterance, JIEDA__NONE if it has none. */
uint32_t jieda__meaning_wording(const jieda__meaning *meaning, uint32_t entry);
/* The entries nearest to the utterance, best first, but for those less than half as near as the
 * best.
 * @return how many. */
size_t jieda__meaning_entries(const jieda__meaning *meaning,
                              uint32_t entries[JIEDA__MEANING_ENTRY_COUNT]);
/* The questions out of scope nearest to the utterance, best first. @return how many. */
size_t jieda__meaning_outside(const jieda__meaning *meaning,
                              uint32_t questions[JIEDA__MEANING_OUTSIDE_COUNT]);
/* How the pair model judges the utterance and a question. */
void jieda__meaning_pair(const jieda__meaning *meaning, uint32_t question, jieda__pair_score *out);

/* ---- crowds ---------------------------------------------------------------------------------- */

/* How crowded it is around a vector: its mean cosine with the six nearest centres of its rivals.
 * After A. Conneau et al., "Word Translation Without Parallel Data" (2018, section 2.3), which
 * corrects nearest neighbours so, with ten; here six is as good or better. */
#define JIEDA__CROWD_COUNT 6u

/* The products with them, best first; 0 where there are fewer, and for those below. So one more
 * entry that is not alike changes nothing or little. */
typedef struct jieda__crowd {
    int32_t nearest[JIEDA__CROWD_COUNT];
} jieda__crowd;

/* Of each of the centres among the others. @param products  room for `count`. */
void jieda__crowds_find(const int8_t *centres, size_t count, jieda__crowd *crowds,
                        int32_t *products);
/* Of a vector that is none of the centres. */
void jieda__crowd_find(const int8_t vector[JIEDA__EMBEDDING_SIZE], const int8_t *centres,
                       size_t count, jieda__crowd *out, int32_t *products);
/* 0..1 */
float jieda__crowd_cosine(const jieda__crowd *crowd);

#endif
