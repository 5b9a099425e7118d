/*
 * trainer.h - the offline trainer: questions and labelled pairs of them become a model.
 *
 *   corpus       questions read once, pairs of them, weights of their units, folds
 *   embedding    the vectors of characters and syllables, by contrast (InfoNCE)
 *   logistic     large sparse logistic regressions
 *   pair_fit     ratios, sparse grams and out-of-fold cosines of all pairs; the pair model
 *   inputs       knowledge base sources, lists of pairs and feedback become a corpus
 *   model_write  the flat file of match/model.h
 *   train        jieda_train(): the order of it all
 *
 * Deterministic: every random number comes from the seed and the number of the job that uses it,
 * and jobs that run side by side share nothing they write, so the number of threads changes
 * nothing.
 */
#ifndef JIEDA__KB_TRAINER_H
#define JIEDA__KB_TRAINER_H

#include "compiler/compiler.h"
#include "compiler/front.h"
#include "jieda/build.h"
#include "match/model.h"

#include <cjson/cJSON.h>

/* ---- corpus ---------------------------------------------------------------------------------- */

/* A model that judges its own training pairs trusts itself too much. So questions fall into folds,
 * each fold is left out of a training once, and pairs are judged by the model that did not see
 * them. */
#define JIEDA__FOLD_COUNT 3u
#define JIEDA__FOLD_NONE UINT32_MAX

/* One question: the hashes of its side, packed. */
typedef struct jieda__train_question {
    jieda_str text;   /* borrowed */
    uint32_t *hashes; /* raw, canonical, sound */
    uint16_t *rows;   /* of the embedding, distinct */
    uint8_t raw_count, canon_count, sound_count, row_count;
    uint32_t question_classes;
    uint32_t negation_count;
    uint32_t component; /* a question it is connected with by pairs; the root is its own */
    uint32_t fold;
} jieda__train_question;

typedef struct jieda__train_pair {
    uint32_t a,
        b; /* questions; `a` is who asks: the pair is judged by the model without a's fold */
    uint8_t label; /* 1 = they mean the same */
} jieda__train_pair;

/* Equal texts are one question. Zero-initialise, then jieda__corpus_init(). */
typedef struct jieda__corpus {
    jieda__arena *arena; /* lives as long as the corpus */
    const jieda__lexicon *lexicon;
    jieda__arena scratch;
    jieda__map by_text;
    jieda__train_question *questions;
    size_t question_count;
    jieda__train_pair *pairs;
    size_t pair_count;
    uint8_t *idf; /* [JIEDA__IDF_COUNT] */
    uint64_t seed;
} jieda__corpus;

void jieda__corpus_init(jieda__corpus *corpus, jieda__arena *arena, const jieda__lexicon *lexicon,
                        uint64_t seed);
void jieda__corpus_free(jieda__corpus *corpus);
/* Numbers a question. @param text  must live as long as the corpus. @return JIEDA_E_NOMEM. */
jieda_status jieda__corpus_question(jieda__corpus *corpus, jieda_str text, uint32_t *question_out);
/* @param connects  the two belong into one fold: what one pair teaches, a neighbour would give
 * away. */
jieda_status jieda__corpus_pair(jieda__corpus *corpus, uint32_t a, uint32_t b, bool label,
                                bool connects);
/* When all is in: folds and weights. */
jieda_status jieda__corpus_seal(jieda__corpus *corpus);
/* Fills a side from a question of a sealed corpus, weighed. */
void jieda__corpus_side(const jieda__corpus *corpus, uint32_t question, jieda__side *out);
/* Whether a model without `fold` may learn from the pair, and whether it may judge it. */
bool jieda__pair_teaches(const jieda__corpus *corpus, const jieda__train_pair *pair, uint32_t fold);
bool jieda__pair_tests(const jieda__corpus *corpus, const jieda__train_pair *pair, uint32_t fold);

/* splitmix64 (public domain, S. Vigna). */
typedef struct jieda__random {
    uint64_t state;
} jieda__random;

uint64_t jieda__random_next(jieda__random *random);
size_t jieda__random_below(jieda__random *random, size_t n); /* n > 0 */

/* ---- figures --------------------------------------------------------------------------------- */

/* Chance that a random positive (label 1) scores above a random negative (0), ties half; 0.5
 * without both. */
double jieda__auroc(const jieda_allocator *alloc, const double *score, const double *label,
                    size_t count);
/* Rank correlation of score and label, ties sharing their mean rank, as C-MTEB computes it; -1..1,
 * 0 if one of them does not vary. NAN when out of memory; so jieda__auroc(). */
double jieda__spearman(const jieda_allocator *alloc, const double *score, const double *label,
                       size_t count);

/* ---- inputs ---------------------------------------------------------------------------------- */

/* What is learned from. The model of a source is NULL where only pairs are given. */
typedef struct jieda__train_inputs {
    jieda__source *source;
    const char *source_path;
    jieda__corpus *corpus;
    jieda__diagnostics *diagnostics;
    cJSON *provenance; /* of each input: its name, kind, hash and size */
    size_t bytes_left;
} jieda__train_inputs;

typedef enum jieda__input_kind {
    JIEDA__INPUT_SOURCE = 0, /* a knowledge base: folder, .json, .tsv, .csv, .jsonl */
    JIEDA__INPUT_PAIRS,      /* .tsv: question TAB question TAB 0|1 */
    JIEDA__INPUT_FEEDBACK,   /* .jsonl: {"utterance", "entry", "right"} */
} jieda__input_kind;

/* Tells pairs and feedback from lists of questions by the first line. */
jieda_status jieda__input_kind_of(const char *path, jieda__input_kind *out, jieda_error *err);
/* Adds what a source teaches: its wordings belong together, its not[] and near misses do not. */
jieda_status jieda__learn_source(jieda__train_inputs *inputs, jieda_error *err);
jieda_status jieda__learn_pairs(jieda__train_inputs *inputs, const char *path, jieda_error *err);
/* Needs the source, whose entries it names. */
jieda_status jieda__learn_feedback(jieda__train_inputs *inputs, const char *path, jieda_error *err);

/* ---- reporting ------------------------------------------------------------------------------- */

/* Progress of jobs that run side by side, on whichever thread; internally locked. */
typedef struct jieda__train_log jieda__train_log;
/* @param log  NULL: nobody listens. @return false: the caller wants no more of it. */
bool jieda__train_report(jieda__train_log *log, uint32_t done, double loss);

/* ---- embedding ------------------------------------------------------------------------------- */

typedef struct jieda__embedding_job {
    const jieda__corpus *corpus;
    const jieda_allocator *alloc;
    jieda__train_log *log;
    uint32_t without_fold; /* JIEDA__FOLD_NONE: learn from all */
    uint32_t epoch_count_max;
    /* in: epochs to train, 0 = stop where the fold that is left out is judged best; out: which */
    uint32_t epoch_count;
    /* out */
    int8_t *rows; /* [JIEDA__EMBEDDING_ROW_COUNT][JIEDA__EMBEDDING_SIZE], of the job's arena */
    uint64_t known[JIEDA__EMBEDDING_ROW_COUNT / 64];
    int32_t stranger;
    jieda__arena arena;
    jieda_status status;
} jieda__embedding_job;

/* Trains; free job->arena afterwards. */
void jieda__embedding_train(jieda__embedding_job *job);

/* ---- logistic -------------------------------------------------------------------------------- */

/* Rows of a sparse matrix with their labels. */
typedef struct jieda__design {
    size_t row_count;
    size_t column_count;
    const uint64_t *first; /* [row_count + 1] */
    const uint32_t *column;
    const float *value;
    const uint8_t *label;
    uint32_t column_out; /* a column read as 0; UINT32_MAX: none */
} jieda__design;

/* Minimises |w|^2 / 2 + cost * sum of log losses; the bias w[column_count] is not punished.
 * @param use  [row_count], 0 = leave this row out; NULL: all.
 * @param w    column_count + 1, the start and the result. */
jieda_status jieda__logistic_fit(const jieda_allocator *alloc, const jieda__design *design,
                                 const uint8_t *use, double cost, uint32_t step_count, double *w);
double jieda__logistic_logit(const jieda__design *design, size_t row, const double *w);

/* ---- pair model ------------------------------------------------------------------------------ */

/* What training leaves behind, before it is one file. */
typedef struct jieda__trained {
    jieda__model_header header; /* but for the sizes and hashes of the file */
    const uint8_t *idf;
    const uint64_t *known;
    const int8_t *rows; /* the known ones, packed */
    const int8_t *joint;
    const int8_t *plain;
    double auroc; /* out-of-fold figures of the pair score */
    double spearman;
} jieda__trained;

/* Fits joint, plain, stack and calibration: of each fold, without it, and last of all pairs.
 * @param embeddings  trained, [JIEDA__FOLD_COUNT + 1]; the last on everything.
 * @param out         as many; tables live in the corpus's arena. The figures are the last one's. */
jieda_status jieda__pair_fit(const jieda__corpus *corpus, const jieda__embedding_job *embeddings,
                             uint32_t sparse_bits, uint32_t thread_count, jieda__train_log *log,
                             jieda__trained *out);

/* ---- the file -------------------------------------------------------------------------------- */

/* Lays a model out as match/model.h reads it, in the arena. @param provenance  JSON. */
jieda_status jieda__model_lay_out(jieda__arena *arena, const jieda__trained *trained,
                                  const char *provenance, jieda__blob *out);
/* Writes it beside `path` and renames it into place. */
jieda_status jieda__model_save(jieda__arena *arena, const jieda__blob *model, const char *path,
                               jieda_error *err);

/* ---- threads --------------------------------------------------------------------------------- */

#define JIEDA__THREAD_COUNT_MAX 16u

/* Calls run(ctx, i) for every i below count, on up to thread_count threads, the caller's among
 * them. */
typedef void jieda__job_fn(void *ctx, size_t index);
void jieda__run_jobs(jieda__job_fn *run, void *ctx, size_t count, uint32_t thread_count);

#endif
