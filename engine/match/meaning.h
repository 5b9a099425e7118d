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

/* Cosine of the utterance and a question. */
float jieda__meaning_cosine(const jieda__meaning *meaning, uint32_t question);
/* Cosine of the utterance and the mean of an entry's wordings. */
float jieda__meaning_centre(const jieda__meaning *meaning, uint32_t entry);
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

#endif
