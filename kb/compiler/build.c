/*
 * build.c - jieda_build(): front end, back end, in order.
 */
#include "compiler/compiler.h"
#include "compiler/files.h"
#include "match/model.h"

#include <string.h>

/* Models of large sources live in memory whole. */
#define BUILD_BYTES_MAX (SIZE_MAX / 2)

jieda_status jieda__progress(const jieda__build *build, const char *stage, uint64_t done,
                             uint64_t total, jieda_error *err)
{
    if (build->progress && !build->progress(build->progress_ctx, stage, done, total))
        return jieda__fail(err, JIEDA_E_CANCELLED, "stopped while %s; nothing was written", stage);
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

/* Errors alone. */
static jieda_status errors_status(const jieda__diagnostics *diagnostics, const char *source_path,
                                  jieda_error *err)
{
    if (diagnostics->error_count == 0)
        return JIEDA_OK;
    jieda__fail(err, JIEDA_E_FORMAT, "%u error%s in the source; nothing was written",
                diagnostics->error_count, diagnostics->error_count == 1 ? "" : "s");
    jieda__error_source(err, source_path);
    return JIEDA_E_FORMAT;
}

/* The paths and what was found so far. */
typedef struct build_job {
    const char *source_path, *out_path;
    const char *model_path; /* NULL or "": none */
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
        jieda__file_discard(temporary);
        return st;
    }
    return jieda__file_publish(temporary, job->out_path, file_bytes_out, err);
}

static jieda_status compile(const jieda__build *build, const build_job *job,
                            jieda_build_result *result, jieda_error *err)
{
    jieda__compiled_lexicon lexicon;
    jieda__built_index index;
    char *temporary = NULL;
    bool has_model = job->model_path && *job->model_path;
    jieda__model model;
    jieda_status st = JIEDA_OK;

    if (has_model)
        st = jieda__model_read(
            build->arena, job->model_path, jieda__lexicon_authored_hash(build->source),
            "train it again with `jieda train`, or build without it", &model, err);
    if (st != JIEDA_OK)
        return st;
    st = jieda__lexicon_compile(build, &lexicon, err);
    result->word_count = lexicon.word_count;
    if (st == JIEDA_OK)
        st = jieda__index_list(build, &index, err);
    if (st == JIEDA_OK)
        st = jieda__rules_test(build, &index, lexicon.lexicon, job->diagnostics, err);
    if (st == JIEDA_OK)
        st = errors_status(job->diagnostics, job->source_path, err);
    if (st == JIEDA_OK) {
        result->entry_count = index.entry_count;
        for (uint32_t i = 0; i < index.question_count; i++)
            result->question_count += index.questions[i].kind == JIEDA__QUESTION_POSITIVE;
        st = jieda__kb_write(build, job->out_path, &lexicon, has_model ? &model : NULL, &index,
                             &temporary, err);
    }
    if (st == JIEDA_OK)
        st = test_and_publish(build, job, temporary, &index, &result->file_bytes, err);
    jieda__compiled_lexicon_free(build->alloc, &lexicon);
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

    st = jieda__source_open(&arena, source_path, options->base_lexicon_path,
                            options->source_bytes_max, &diagnostics, source, err);
    if (st == JIEDA_OK)
        st = errors_status(&diagnostics, source_path, err);
    if (st == JIEDA_OK)
        st = compile(&build,
                     &(build_job){source_path, out_path,
                                  options->model_path ? options->model_path : source->model_path,
                                  &diagnostics, options->strict},
                     &result, err);
    result.error_count = diagnostics.error_count;
    result.warning_count = diagnostics.warning_count;
    if (result_out)
        *result_out = result;
    jieda__source_release(source, build.alloc);
    jieda__arena_free(&arena);
    return st;
}
