/*
 * build.c - jieda_build(): front end, back end, in order.
 */
#include "compiler/compiler.h"

#include "compiler/base_lexicon.h"

#include <stdio.h>
#include <string.h>

/* Models of large sources live in memory whole. */
#define BUILD_BYTES_MAX (SIZE_MAX / 2)
#define LEXICON_FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)

jieda_status jieda__progress(const jieda__build *build, const char *stage, uint64_t done,
                             uint64_t total, jieda_error *err)
{
    if (build->progress && !build->progress(build->progress_ctx, stage, done, total))
        return jieda__fail(err, JIEDA_E_CANCELLED, "stopped while %s; nothing was written", stage);
    return JIEDA_OK;
}

/* The base lexicon's text: a file's, or the one compiled in. */
static jieda_status base_lexicon_text(jieda__arena *arena, const char *path, jieda_str *out,
                                      jieda_error *err)
{
    FILE *file;
    char *bytes;
    size_t len;

    if (!path) {
        *out = (jieda_str){(const char *)jieda__base_lexicon, jieda__base_lexicon_len};
        return JIEDA_OK;
    }
    file = fopen(path, "rb");
    if (!file) {
        jieda_status st = jieda__fail(err, JIEDA_E_IO, "cannot open the base lexicon");

        jieda__error_source(err, path);
        return st;
    }
    bytes = jieda__arena_alloc(arena, LEXICON_FILE_BYTES_MAX);
    len = bytes ? fread(bytes, 1, LEXICON_FILE_BYTES_MAX, file) : 0;
    fclose(file);
    if (!bytes)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    *out = (jieda_str){bytes, len};
    return JIEDA_OK;
}

/* With `strict`, what was only warned of stops the build as well. */
static jieda_status strict_status(const jieda__diagnostics *diagnostics, bool strict,
                                  const char *source_path, jieda_error *err)
{
    if (!strict || diagnostics->warning_count == 0)
        return JIEDA_OK;
    jieda__fail(err, JIEDA_E_FORMAT, "%u warning%s in the source; nothing was written",
                diagnostics->warning_count, diagnostics->warning_count == 1 ? "" : "s");
    jieda__error_source(err, source_path);
    return JIEDA_E_FORMAT;
}

/* The paths and what was found so far. */
typedef struct build_job {
    const char *source_path, *out_path;
    jieda__diagnostics *diagnostics;
    bool strict;
} build_job;

static jieda_status test_and_publish(const jieda__build *build, const build_job *job,
                                     const char *temporary, const jieda__built_index *index,
                                     uint64_t *file_bytes_out, jieda_error *err)
{
    jieda_status st = jieda__self_test(build, temporary, index, job->diagnostics, err);

    if (st == JIEDA_OK)
        st = strict_status(job->diagnostics, job->strict, job->source_path, err);
    if (st != JIEDA_OK) {
        jieda__kb_discard(temporary);
        return st;
    }
    return jieda__kb_publish(temporary, job->out_path, file_bytes_out, err);
}

static jieda_status compile(const jieda__build *build, const build_job *job,
                            jieda_build_result *result, jieda_error *err)
{
    jieda__blob lexicon_blob = {0};
    jieda__lexicon *lexicon = NULL;
    jieda__built_index index;
    char *temporary = NULL;
    jieda_status st;

    st = jieda__lexicon_build(build, &lexicon_blob, &result->word_count, err);
    if (st == JIEDA_OK)
        st = jieda__lexicon_load(build->alloc, lexicon_blob.bytes, lexicon_blob.len, &lexicon, err);
    if (st == JIEDA_OK)
        st = jieda__index_list(build, &index, err);
    if (st == JIEDA_OK) {
        result->entry_count = index.entry_count;
        for (uint32_t i = 0; i < index.question_count; i++)
            result->question_count += index.questions[i].kind == JIEDA__QUESTION_POSITIVE;
        st = jieda__kb_write(build, job->out_path, &lexicon_blob, lexicon, &index, &temporary, err);
    }
    if (st == JIEDA_OK)
        st = test_and_publish(build, job, temporary, &index, &result->file_bytes, err);
    jieda__lexicon_free(lexicon);
    jieda__blob_free(build->alloc, &lexicon_blob);
    return st;
}

jieda_status jieda_build(const char *source_path, const char *out_path,
                         const jieda_build_options *options, jieda_build_result *result_out,
                         jieda_error *err)
{
    static const jieda_build_options defaults = JIEDA_BUILD_OPTIONS_INIT;
    jieda__source *source;
    jieda__diagnostics diagnostics = {0};
    jieda_build_result result = {0};
    jieda_error ignored;
    jieda__arena arena;
    jieda__build build;
    jieda_str base_text;
    jieda_status st;

    if (!options)
        options = &defaults;
    if (!err)
        err = &ignored;
    if (!source_path || !out_path)
        return jieda__fail(err, JIEDA_E_INVALID, "source and output paths are needed");
    if (options->version != defaults.version)
        return jieda__fail(err, JIEDA_E_INVALID, "begin options with JIEDA_BUILD_OPTIONS_INIT");
    build = (jieda__build){.alloc =
                               options->allocator ? options->allocator : jieda__default_allocator(),
                           .arena = &arena,
                           .progress = options->progress,
                           .progress_ctx = options->progress_ctx};
    diagnostics.fn = options->diagnostic;
    diagnostics.ctx = options->diagnostic_ctx;
    jieda__arena_init(&arena, build.alloc, BUILD_BYTES_MAX);
    source = jieda__arena_zero(&arena, 1, sizeof *source);
    if (!source)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    build.source = source;

    st = jieda__source_read(&arena, source_path, options->source_bytes_max, &diagnostics, source,
                            err);
    if (st == JIEDA_OK)
        st = base_lexicon_text(&arena, options->base_lexicon_path, &base_text, err);
    if (st == JIEDA_OK)
        st = jieda__lexicon_parse(
            &arena, options->base_lexicon_path ? options->base_lexicon_path : "base lexicon",
            base_text, &diagnostics, &source->base_lexicon, err);
    if (st == JIEDA_OK)
        st = jieda__source_check(&arena, source, &diagnostics, err);
    if (st == JIEDA_OK && diagnostics.error_count > 0) {
        st = jieda__fail(err, JIEDA_E_FORMAT, "%u error%s in the source; nothing was written",
                         diagnostics.error_count, diagnostics.error_count == 1 ? "" : "s");
        jieda__error_source(err, source_path);
    }
    if (st == JIEDA_OK)
        st = compile(&build, &(build_job){source_path, out_path, &diagnostics, options->strict},
                     &result, err);
    result.error_count = diagnostics.error_count;
    result.warning_count = diagnostics.warning_count;
    if (result_out)
        *result_out = result;
    jieda__source_release(source, build.alloc);
    jieda__arena_free(&arena);
    return st;
}
