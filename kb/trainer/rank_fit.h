/*
 * rank_fit.h - weights and confidence of a knowledge base, fitted by asking it questions.
 */
#ifndef JIEDA__KB_RANK_FIT_H
#define JIEDA__KB_RANK_FIT_H

#include "trainer/trainer.h"

/* One question to ask. */
typedef struct jieda__rank_question {
    jieda_str text;
    uint32_t fold;      /* ask the knowledge base whose model has not seen it */
    uint32_t entry;     /* the right one, JIEDA__NONE for a question out of scope */
    uint32_t leave_out; /* the question of the knowledge base it is, or JIEDA__NONE */
} jieda__rank_question;

typedef struct jieda__rank_inputs {
    const jieda_allocator *alloc;
    jieda__train_log *log;
    /* The knowledge base, made with the model that has not seen a fold, by fold. */
    char *kb_paths[JIEDA__FOLD_COUNT];
    const jieda__rank_question *questions;
    size_t question_count;
    uint32_t posting_count_max;
    uint32_t rerank_count_max;
    jieda__weights start;
    bool fixed[JIEDA__FEATURE_COUNT]; /* keep the weight it starts with */
} jieda__rank_inputs;

typedef struct jieda__ranking {
    jieda__weights weights;
    double top1;    /* share of the questions whose entry is found that are ranked first; 0..1 */
    bool is_fitted; /* false: too few questions; the weights are those it started with */
    double found;   /* share of the questions whose entry is among those weighed; 0..1 */
} jieda__ranking;

#define JIEDA__RANK_ROUND_COUNT 2 /* what is reported as done, in all */

/* @return JIEDA_E_NOMEM, JIEDA_E_CANCELLED; what opening and asking return. */
jieda_status jieda__rank_fit(const jieda__rank_inputs *in, jieda__ranking *out, jieda_error *err);

/* ---- rank_learn.c ---------------------------------------------------------------------------- */

typedef struct jieda__rank_lesson {
    jieda__corpus *corpus;
    jieda__source *source;
    bool of_pairs; /* there is no source: questions that mean the same are made into a list */
    const jieda__trained *trained; /* [JIEDA__FOLD_COUNT], their lexicon hashes set */
    const jieda__compiled_lexicon *lexicon;
    const char *beside; /* temporary files are made beside this path */
    jieda__train_log *log;
} jieda__rank_lesson;

/* Makes the knowledge bases of the folds, asks them, and takes them away. */
jieda_status jieda__rank_learn(const jieda__rank_lesson *lesson, jieda__ranking *out,
                               jieda_error *err);

#endif
