/*
 * compiler.h - the back end: a checked source becomes the tables of a .kb file.
 *
 *   lexicon_build   base and pack lexicons, words mined from the questions -> section "lexicon"
 *   index_build     entries -> sections "entries", "names"; questions, one reading at a time ->
 *                   sections "terms", "questions", "profiles"
 *   suggest_build   their keys -> section "suggest"
 *   rules_build     rules -> section "rules", and whether their examples hold
 *   policy_build    the policy -> section "policy" (policy.h)
 *   vectors_build   with a model: their vectors -> section "vectors"
 *   write           reads each question once, hands it to all of these and to SQLite -> one file,
 *                   under a temporary name
 *   self_test       asks that file its own tests and questions; then it is renamed into place
 *
 * A build of a million questions holds one compact copy of them and their counts, never their
 * readings, and gives back what a stage no longer needs.
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
    jieda__source *source;
} jieda__build;

/* @return JIEDA_E_CANCELLED when the caller wants no more of it. */
jieda_status jieda__progress(const jieda__build *build, const char *stage, uint64_t done,
                             uint64_t total, jieda_error *err);

/* Bytes of a section, on the heap. */
typedef struct jieda__blob {
    void *bytes;
    size_t len;
} jieda__blob;

void jieda__blob_free(const jieda_allocator *alloc, jieda__blob *blob);

/* Folds both lexicons and the words the questions themselves teach into one. */
jieda_status jieda__lexicon_build(const jieda__build *build, jieda__blob *out,
                                  uint32_t *word_count_out, jieda_error *err);

/* The lexicon as the engine reads it, with the bytes it reads from. */
typedef struct jieda__compiled_lexicon {
    jieda__blob blob;
    jieda__lexicon *lexicon;
    uint32_t word_count;
} jieda__compiled_lexicon;

jieda_status jieda__lexicon_compile(const jieda__build *build, jieda__compiled_lexicon *out,
                                    jieda_error *err);
void jieda__compiled_lexicon_free(const jieda_allocator *alloc, jieda__compiled_lexicon *lexicon);

/* Names the authored words of both lexicons, mined ones apart: what a model is bound to. */
uint64_t jieda__lexicon_authored_hash(const jieda__source *source);
/* Names those words and all wordings of entries and out of scope: what a model learns from. */
uint64_t jieda__wording_hash(const jieda__source *source);

/* Reads a source with its base lexicon and checks it.
 * @param source_path  NULL: the base lexicon alone.
 * @return JIEDA_OK also when findings were reported; else as jieda__source_read(). */
jieda_status jieda__source_open(jieda__arena *arena, const char *source_path,
                                const char *base_lexicon_path, size_t source_bytes_max,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err);

/* ---- index_build.c --------------------------------------------------------------------------- */

/* A question in the order of the file: by entry id, then as authored; then not[] questions; then
 * those out of scope. */
typedef struct jieda__built_question {
    jieda_str text;
    uint32_t entry; /* ordinal, or JIEDA__NONE */
    uint8_t kind;   /* jieda__question_kind */
    uint8_t language;
} jieda__built_question;

/* What the file is made of, in its order. In the build's arena. */
typedef struct jieda__built_index {
    const jieda__src_entry *
        *entries; /* by ordinal: ascending by id, so that ties go to the smaller; of a list of
                     questions gone once they are written */
    uint32_t entry_count;
    jieda__built_question *questions;
    uint32_t question_count;
} jieda__built_index;

jieda_status jieda__index_list(const jieda__build *build, jieda__built_index *out,
                               jieda_error *err);

/* Sections that need no reading: jieda__entry_row after 8 bytes, and what replies show. */
jieda_status jieda__entries_build(const jieda__build *build, const jieda__built_index *index,
                                  jieda__blob *entries_out, jieda__blob *names_out);

/* Takes the questions in order, then gives the sections made of them. */
typedef struct jieda__index_builder jieda__index_builder;

jieda__index_builder *jieda__index_builder_new(const jieda__build *build,
                                               const jieda__lexicon *lexicon,
                                               const jieda__built_index *index);
jieda_status jieda__index_add(jieda__index_builder *builder, uint32_t question,
                              const jieda__reading *reading);
/* @param entries  section "entries": how many wordings each has. May be called once.
 * @return JIEDA_E_NOMEM, JIEDA_E_LIMIT (more distinct units than ids). */
jieda_status jieda__index_finish(jieda__index_builder *builder, const jieda__blob *entries,
                                 jieda__blob *terms_out, jieda__blob *questions_out,
                                 jieda__blob *profiles_out);
void jieda__index_builder_free(jieda__index_builder *builder);

/* ---- suggest_build.c ------------------------------------------------------------------------- */

/* Collects keys and sorts them. */
typedef struct jieda__suggest_builder {
    const jieda_allocator *alloc;
    jieda__buf keys; /* NUL-terminated, one after the other */
    jieda__buf refs; /* struct key_ref[] */
} jieda__suggest_builder;

void jieda__suggest_builder_init(jieda__suggest_builder *builder, const jieda_allocator *alloc);
/* @param scratch  keys are made there. */
jieda_status jieda__suggest_add(jieda__suggest_builder *builder, jieda__arena *scratch,
                                uint32_t question, const jieda__reading *reading);
jieda_status jieda__suggest_finish(jieda__suggest_builder *builder, jieda__blob *out);
void jieda__suggest_builder_free(jieda__suggest_builder *builder);

struct jieda__model;

/* Reads a model into the arena and checks it.
 * @param remedy  what to do if it was trained with another lexicon than the one of `lexicon_hash`.
 * @return JIEDA_E_VERSION then; what reading and loading return. `err` names the file. */
jieda_status jieda__model_read(jieda__arena *arena, const char *path, uint64_t lexicon_hash,
                               const char *remedy, struct jieda__model *out, jieda_error *err);

/* ---- rules_build.c --------------------------------------------------------------------------- */

/* Without rules the section is empty. Entries a rule names must be in the index. */
jieda_status jieda__rules_build(const jieda__build *build, const jieda__built_index *index,
                                jieda__blob *out);

/* Runs the section on the examples of its rules and reports those that do not hold as errors.
 * @return JIEDA_OK also when there are some; JIEDA_E_NOMEM. */
jieda_status jieda__rules_test(const jieda__build *build, const jieda__built_index *index,
                               const jieda__lexicon *lexicon, jieda__diagnostics *diagnostics,
                               jieda_error *err);

/* ---- vectors_build.c ------------------------------------------------------------------------- */

typedef struct jieda__vectors_builder jieda__vectors_builder;

/* NULL when out of memory. */
jieda__vectors_builder *jieda__vectors_builder_new(const jieda__build *build,
                                                   const struct jieda__model *model,
                                                   const jieda__built_index *index);
void jieda__vectors_add(jieda__vectors_builder *builder, uint32_t question,
                        const jieda__reading *reading);
jieda_status jieda__vectors_finish(jieda__vectors_builder *builder, jieda__blob *out,
                                   jieda_error *err);
void jieda__vectors_builder_free(jieda__vectors_builder *builder);

/* ---- write.c --------------------------------------------------------------------------------- */

/* Writes the whole file beside `path`, under a temporary name. After a failure there is none.
 * @param model          loaded, or NULL; its bytes go in as they are.
 * @param temporary_out  its name, in the build's arena: publish or discard it (files.h). */
jieda_status jieda__kb_write(const jieda__build *build, const char *path,
                             const jieda__compiled_lexicon *lexicon,
                             const struct jieda__model *model, jieda__built_index *index,
                             char **temporary_out, jieda_error *err);

/* Asks a written file its entries' tests and questions and reports those that go astray as
 * warnings; a list of questions is not asked.
 * @return JIEDA_OK also when there are some; JIEDA_E_NOMEM, JIEDA_E_IO, JIEDA_E_FORMAT. */
jieda_status jieda__self_test(const jieda__build *build, const char *path,
                              const jieda__built_index *index, jieda__diagnostics *diagnostics,
                              jieda_error *err);

/* Days since 1970-01-01 of "YYYY-MM-DD", which must be valid. */
int32_t jieda__days_from_date(jieda_str date);

#endif
