/*
 * compiler.h - the back end: a checked source becomes the tables of a .kb file.
 *
 *   lexicon_build   base and pack lexicons, words mined from the questions -> section "lexicon"
 *   index_build     questions -> sections "terms", "questions", "entries", "profiles"
 *   write           everything -> one SQLite file, under a temporary name
 *   self_test       asks that file its own tests and questions; then it is renamed into place
 */
#ifndef JIEDA__KB_COMPILER_H
#define JIEDA__KB_COMPILER_H

#include "compiler/source.h"
#include "index/index.h"

/* Progress and memory of one build. */
typedef struct jieda__build {
    const jieda_allocator *alloc;
    jieda__arena *arena; /* lives until the build ends */
    jieda_progress_fn *progress;
    void *progress_ctx;
    const jieda__source *source;
} jieda__build;

/* @return JIEDA_E_CANCELLED when the caller wants no more of it. */
jieda_status jieda__progress(const jieda__build *build, const char *stage, uint64_t done,
                             uint64_t total, jieda_error *err);

/* A section's bytes, in the build's arena. */
typedef struct jieda__blob {
    void *bytes;
    size_t len;
} jieda__blob;

/* Folds both lexicons and the words the questions themselves teach into one. */
jieda_status jieda__lexicon_build(const jieda__build *build, jieda__blob *out,
                                  uint32_t *word_count_out, jieda_error *err);

/* A question in the order of the file: by entry id, then as authored; then not[] questions; then
 * those out of scope. */
typedef struct jieda__built_question {
    jieda_str text;
    uint32_t entry; /* ordinal, or JIEDA__NONE */
    uint8_t kind;   /* jieda__question_kind */
    uint8_t language;
} jieda__built_question;

typedef struct jieda__built_index {
    const jieda__src_entry *
        *entries; /* by ordinal: ascending by id, so that ties go to the smaller */
    uint32_t entry_count;
    jieda__built_question *questions;
    uint32_t question_count;
    jieda__blob terms, questions_section, entries_section, profiles, names;
} jieda__built_index;

jieda_status jieda__index_build(const jieda__build *build, const jieda__lexicon *lexicon,
                                jieda__built_index *out, jieda_error *err);

/* Writes the whole file beside `path`, under a temporary name. After a failure there is none.
 * @param temporary_out  its name, in the build's arena: publish or discard it. */
jieda_status jieda__kb_write(const jieda__build *build, const char *path,
                             const jieda__blob *lexicon_blob, const jieda__lexicon *lexicon,
                             const jieda__built_index *index, char **temporary_out,
                             jieda_error *err);
/* Syncs a written file and renames it to `path`; after a failure it is gone. */
jieda_status jieda__kb_publish(const char *temporary, const char *path, uint64_t *file_bytes_out,
                               jieda_error *err);
void jieda__kb_discard(const char *temporary);

/* Asks a written file its entries' tests and questions and reports those that go astray as
 * warnings; a list of questions is not asked.
 * @return JIEDA_OK also when there are some; JIEDA_E_NOMEM, JIEDA_E_IO, JIEDA_E_FORMAT. */
jieda_status jieda__self_test(const jieda__build *build, const char *path,
                              const jieda__built_index *index, jieda__diagnostics *diagnostics,
                              jieda_error *err);

/* Days since 1970-01-01 of "YYYY-MM-DD", which must be valid. */
int32_t jieda__days_from_date(jieda_str date);

#endif
