/*
 * train.c - `jieda train`: a knowledge base and labelled pairs in, one model out.
 *
 * Findings go to stderr as those of `jieda build` do, the summary to stdout, progress and loss to a
 * terminal only.
 */
#include "cli.h"

#include "jieda/build.h"

#include <unistd.h>

static bool print_progress(void *ctx, const char *stage, uint64_t done, uint64_t total, double loss)
{
    const cli *c = ctx;
    char what[120];

    if (c->terminal_err) {
        if (loss > 0)
            snprintf(what, sizeof what, "%s, loss %.4f", stage, loss);
        else
            snprintf(what, sizeof what, "%s", stage);
        out_progress(c, what, done, total);
    }
    return !interrupted;
}

/* What the machine has, but no more than there is work for. */
static uint32_t default_threads(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > 4 ? 4 : (uint32_t)count;
}

int run_train(cli *c, const args *a)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;
    jieda_train_result result = {0};
    jieda_error err = {0};
    double begin = out_seconds();
    jieda_status st;

    options.diagnostic = out_diagnostic;
    options.diagnostic_ctx = c;
    options.progress = print_progress;
    options.progress_ctx = c;
    options.seed = a->seed;
    options.thread_count = a->threads ? a->threads : default_threads();
    options.sparse_bits = a->sparse_bits;
    interrupt_catch();
    st = jieda_train(a->words, a->word_count, a->output, &options, &result, &err);
    out_progress_end(c);
    if (st == JIEDA_E_CANCELLED)
        return CLI_INTERRUPTED;
    if (st != JIEDA_OK) {
        int code = out_library_error(c, &err);

        return err.status == JIEDA_E_FORMAT || err.status == JIEDA_E_LIMIT ? CLI_FAILED : code;
    }
    out_text(stdout, text_of(a->output));
    printf(": %u questions, %u pairs (%u mean the same), %u epochs, AUROC %.3f, "
           "left out and asked %.1f %% first, %.0f kB, %.0f s\n",
           result.question_count, result.pair_count, result.positive_count, result.epoch_count,
           result.auroc, 100 * result.ranked_first, (double)result.file_bytes / 1e3,
           out_seconds() - begin);
    return CLI_OK;
}
