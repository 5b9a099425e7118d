/*
 * learned.h - the learned parts of an opened knowledge base: its model and its vectors.
 *
 * A knowledge base without them is matched by its untrained part alone.
 */
#ifndef JIEDA__LEARNED_H
#define JIEDA__LEARNED_H

#include "match/model.h"
#include "match/vectors.h"

/* Points into the kb's bytes. Engine lifetime; immutable; share freely. */
typedef struct jieda__learned {
    const jieda__kb *kb;
    bool present;
    uint32_t first_out_of_scope; /* from here on questions are out of scope */
    jieda__model model;
    jieda__vectors vectors;
    uint32_t class_hashes[JIEDA__QUESTION_CLASS_COUNT_MAX]; /* of the units of question classes */
} jieda__learned;

/* @return JIEDA_OK with `present` false if the kb has no model; JIEDA_E_FORMAT, JIEDA_E_VERSION. */
jieda_status jieda__learned_load(const jieda__kb *kb, jieda__learned *out, jieda_error *err);

/* The weights to rank and judge with: the model's, else the built-in ones. NULL has none. */
const jieda__weights *jieda__learned_weights(const jieda__learned *learned);

/* A stored question as one side of a pair, weighed. */
void jieda__learned_side(const jieda__learned *learned, uint32_t question, jieda__side *out);

#endif
