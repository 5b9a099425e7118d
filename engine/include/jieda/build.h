/*
 * jieda/build.h - compile knowledge base sources to one .kb file, train models, compare questions.
 *
 * A library of its own (libjieda-build), so that an app that only asks carries no compiler.
 */
#ifndef JIEDA_BUILD_H
#define JIEDA_BUILD_H

#include "jieda/types.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum jieda_severity {
    JIEDA_SEVERITY_WARNING = 0,
    JIEDA_SEVERITY_ERROR,
} jieda_severity;

/** One finding about a source. Borrowed for the call. */
typedef struct jieda_diagnostic {
    jieda_severity severity;
    jieda_str file;
    uint32_t line;    /* 1-based; 0 = the whole file */
    uint32_t column;  /* 1-based, in code points; 0 = the whole line */
    const char *rule; /* a stable id such as "unknown-key"; docs/KB.md lists them */
    jieda_str message;
    jieda_str fix; /* what to do about it */
} jieda_diagnostic;

typedef void jieda_diagnostic_fn(void *ctx, const jieda_diagnostic *diagnostic);

/** `done` of `total` steps of the stage named `stage` are done; called every few thousand. Return
 *  false to stop: the build leaves nothing behind and returns JIEDA_E_CANCELLED. */
typedef bool jieda_progress_fn(void *ctx, const char *stage, uint64_t done, uint64_t total);

/** Begin with JIEDA_BUILD_OPTIONS_INIT. Fields are only ever appended. */
typedef struct jieda_build_options {
    uint32_t version;
    const jieda_allocator *allocator; /* NULL: realloc and free. Borrowed for the call */
    jieda_diagnostic_fn *diagnostic;  /* NULL: findings are only counted */
    void *diagnostic_ctx;
    jieda_progress_fn *progress; /* NULL: none */
    void *progress_ctx;
    /* The base lexicon: path of a JSON file, or NULL for the one compiled into the library. */
    const char *base_lexicon_path;
    size_t source_bytes_max; /* bound of all source files together, bytes */
    bool strict;             /* warnings, too, prevent the .kb; all are still reported first */
    /* Made by jieda_train(). NULL: the source folder's pack.model if there is one; "": none. */
    const char *model_path;
} jieda_build_options;

#define JIEDA_BUILD_OPTIONS_INIT                                                                   \
    {                                                                                              \
        1, NULL, NULL, NULL, NULL, NULL, NULL, (size_t)2048 * 1024 * 1024, false, NULL             \
    }

typedef struct jieda_build_result {
    uint32_t error_count;
    uint32_t warning_count;
    uint32_t entry_count;
    uint32_t question_count;
    uint32_t word_count; /* words of the compiled lexicon, mined ones included */
    uint64_t file_bytes;
} jieda_build_result;

/** Compiles a source to a .kb file.
 *
 *  @param source_path  a folder with pack.json, or a .json pack in one file, or a .tsv, .csv or
 *                      .jsonl list of questions.
 *  @param out_path     written beside itself and renamed into place last: a reader sees the old
 * file or the new one. Equal input gives an equal file, byte for byte.
 *  @param result_out   may be NULL; counts, filled on success and on JIEDA_E_FORMAT.
 *  Before the file is renamed into place it is asked the source's own tests and questions; what
 *  goes astray is a warning. Lists (.tsv, .csv, .jsonl) are not asked.
 *  @return JIEDA_E_FORMAT if the source has errors, or warnings and options->strict: all were
 *          reported in one pass and nothing was written. JIEDA_E_IO, JIEDA_E_NOMEM, JIEDA_E_LIMIT,
 * JIEDA_E_CANCELLED. Threads: any number of builds side by side, each on one thread. */
JIEDA_API jieda_status jieda_build(const char *source_path, const char *out_path,
                                   const jieda_build_options *options,
                                   jieda_build_result *result_out, jieda_error *err);

/* ---- training -------------------------------------------------------------------------------- */

/** As jieda_progress_fn, with what is being made smaller, 0 where there is nothing to show. Called
 *  on any of the trainer's threads, one at a time. */
typedef bool jieda_train_progress_fn(void *ctx, const char *stage, uint64_t done, uint64_t total,
                                     double loss);

/** Begin with JIEDA_TRAIN_OPTIONS_INIT. Fields are only ever appended. */
typedef struct jieda_train_options {
    uint32_t version;
    const jieda_allocator *allocator; /* NULL: realloc and free. Several threads use it at once */
    jieda_diagnostic_fn *diagnostic;
    void *diagnostic_ctx;
    jieda_train_progress_fn *progress;
    void *progress_ctx;
    const char *base_lexicon_path; /* as of jieda_build() */
    size_t source_bytes_max;
    uint64_t seed;
    uint32_t thread_count; /* 1..16; the result is the same */
    /* The hashed tables have 2^sparse_bits slots, 10..20; 0: by the number of pairs. */
    uint32_t sparse_bits;
} jieda_train_options;

#define JIEDA_TRAIN_OPTIONS_INIT                                                                   \
    {                                                                                              \
        1, NULL, NULL, NULL, NULL, NULL, NULL, (size_t)2048 * 1024 * 1024, 0, 1, 0                 \
    }

typedef struct jieda_train_result {
    uint32_t error_count;
    uint32_t warning_count;
    uint32_t question_count;
    uint32_t pair_count;
    uint32_t positive_count;
    uint32_t epoch_count;
    double auroc;    /* of the pair score, each pair judged by a model that has not seen it; 0..1 */
    double spearman; /* -1..1 */
    /* Share of the source's questions whose entry came first when each was asked while it was left
     * out, some with typing errors; with pairs alone, of questions asked of a list of the others.
     */
    double ranked_first;
    uint64_t file_bytes;
} jieda_train_result;

/** Learns what means the same, and writes a model that jieda_build() puts into a .kb.
 *
 *  @param inputs    what jieda_build() takes as a source, at most one; lists of labelled pairs
 *                   (.tsv: question TAB question TAB 0 or 1); and, with a source, feedback (.jsonl:
 *                   {"utterance": "...", "entry": "id", "right": 0 or 1}). Told apart by their
 * first line. A source's wordings teach by themselves.
 *  @param out_path  written beside itself and renamed into place last.
 *  The same inputs in the same order, seed and machine give the same file, byte for byte, whatever
 *  the number of threads.
 *  @return JIEDA_E_FORMAT if an input has errors (all reported) or there is nothing to learn from;
 *          JIEDA_E_IO, JIEDA_E_NOMEM, JIEDA_E_LIMIT, JIEDA_E_CANCELLED, JIEDA_E_INVALID. */
JIEDA_API jieda_status jieda_train(const char *const *inputs, size_t input_count,
                                   const char *out_path, const jieda_train_options *options,
                                   jieda_train_result *result_out, jieda_error *err);

/* ---- comparing pairs ------------------------------------------------------------------------- */

/** Scores how alike two questions are. One thread at a time. */
typedef struct jieda_comparer jieda_comparer;

/** @param model_path  NULL: the knowledge base's model, or the untrained part.
 *  @param kb_path     whose lexicon and weights are used; NULL: the base lexicon.
 *  A model trained with another lexicon is refused with JIEDA_E_VERSION. */
JIEDA_API jieda_status jieda_comparer_open(const char *model_path, const char *kb_path,
                                           jieda_comparer **out, jieda_error *err);
JIEDA_API void jieda_comparer_close(jieda_comparer *comparer);
/** Without a model and a knowledge base, what is rare is learned from the texts counted here. */
JIEDA_API jieda_status jieda_comparer_count(jieda_comparer *comparer, jieda_str text,
                                            jieda_error *err);
/** @param score_out  0..1, higher = closer: with a model the chance that both mean the same. */
JIEDA_API jieda_status jieda_comparer_score(jieda_comparer *comparer, jieda_str a, jieda_str b,
                                            double *score_out, jieda_error *err);

/** How well scores agree with labels; the last three are NAN unless all labels are 0 or 1. */
typedef struct jieda_agreement {
    double spearman; /* rank correlation, ties sharing their mean rank; -1..1 */
    double auroc;    /* 0..1 */
    double best_f1;  /* of "score >= threshold", over all thresholds; 0..1 */
    double best_f1_threshold;
} jieda_agreement;

JIEDA_API jieda_status jieda_agreement_measure(const double *score, const double *label,
                                               size_t count, jieda_agreement *out,
                                               jieda_error *err);

#ifdef __cplusplus
}
#endif
#endif
