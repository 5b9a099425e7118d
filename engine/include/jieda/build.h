/*
 * jieda/build.h - compile knowledge base sources to one .kb file.
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
} jieda_build_options;

#define JIEDA_BUILD_OPTIONS_INIT                                                                   \
    {                                                                                              \
        1, NULL, NULL, NULL, NULL, NULL, NULL, (size_t)2048 * 1024 * 1024, false                   \
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

#ifdef __cplusplus
}
#endif
#endif
