/*
 * build.c - `jieda build`: sources in, one .kb file out.
 *
 * Findings go to stderr in the form editors parse, `file:line:col: error[rule]: message; fix`, the
 * summary to stdout, progress to a terminal only. The build asks the entries' own tests itself and
 * warns; with --strict a warning stops it.
 */
#include "cli.h"

#include "jieda/build.h"

#include <sys/stat.h>

static bool print_progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
    const cli *c = ctx;

    if (c->terminal_err)
        out_progress(c, stage, done, total);
    return !interrupted;
}

/* Whether both names are one file: building over the source would destroy it. */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const char *plural(uint32_t count)
{
    return count == 1 ? "" : "s";
}

static int report_failure(const cli *c, bool strict, const jieda_build_result *result,
                          const jieda_error *err)
{
    int code;

    /* Only --strict fails on warnings alone. */
    if (result->error_count == 0 &&
        !(strict && result->warning_count > 0 && err->status == JIEDA_E_FORMAT)) {
        code = out_library_error(c, err);
        return err->status == JIEDA_E_FORMAT || err->status == JIEDA_E_LIMIT ? CLI_FAILED : code;
    }
    out_error(c, "%u error%s, %u warning%s; nothing was written", result->error_count,
              plural(result->error_count), result->warning_count, plural(result->warning_count));
    return CLI_FAILED;
}

int run_build(cli *c, const args *a)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    jieda_build_result result = {0};
    jieda_error err = {0};
    double begin = out_seconds();
    jieda_status st;

    if (same_file(a->words[0], a->output)) {
        out_error(c, "%s is both the source and the file to write; give -o another name",
                  a->output);
        return CLI_USAGE;
    }
    options.diagnostic = out_diagnostic;
    options.diagnostic_ctx = c;
    options.progress = print_progress;
    options.progress_ctx = c;
    options.strict = a->strict;
    options.model_path = a->no_model ? "" : a->model;
    interrupt_catch(); /* the old file stays until the new one is whole */
    st = jieda_build(a->words[0], a->output, &options, &result, &err);
    out_progress_end(c);
    if (st == JIEDA_E_CANCELLED)
        return CLI_INTERRUPTED;
    if (st != JIEDA_OK)
        return report_failure(c, a->strict, &result, &err);
    out_text(stdout, text_of(a->output));
    printf(": %u entries, %u questions, %u words, %.1f MB, %u warning%s, %.1f s\n",
           result.entry_count, result.question_count, result.word_count,
           (double)result.file_bytes / 1e6, result.warning_count, plural(result.warning_count),
           out_seconds() - begin);
    return CLI_OK;
}
