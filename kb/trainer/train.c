/*
 * train.c - jieda_train(): inputs, folds, fits, one file.
 */
#include "compiler/files.h"
#include "trainer/rank_fit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_COUNT_MAX 10u
#define TRAIN_BYTES_MAX (SIZE_MAX / 2)
/* Slots of the hashed tables: about four a pair. */
#define SPARSE_BITS_LEAST 15u
#define SPARSE_BITS_MOST 18u

/* ---- reporting ------------------------------------------------------------------------------- */

struct jieda__train_log {
    pthread_mutex_t mutex;
    jieda_train_progress_fn *progress;
    void *ctx;
    const char *stage;
    uint64_t done, total;
    bool cancelled;
};

bool jieda__train_report(jieda__train_log *log, uint32_t done, double loss)
{
    bool go_on;

    if (!log)
        return true;
    pthread_mutex_lock(&log->mutex);
    log->done += done;
    if (!log->cancelled && log->progress &&
        !log->progress(log->ctx, log->stage, log->done, log->total, loss))
        log->cancelled = true;
    go_on = !log->cancelled;
    pthread_mutex_unlock(&log->mutex);
    return go_on;
}

static void begin_stage(jieda__train_log *log, const char *stage, uint64_t total)
{
    log->stage = stage;
    log->done = 0;
    log->total = total;
}

/* ---- the run --------------------------------------------------------------------------------- */

typedef struct run {
    const jieda_allocator *alloc;
    const jieda_train_options *options;
    jieda__arena *arena;
    const char *const *paths; /* of the inputs */
    size_t path_count;
    jieda__input_kind *kinds; /* of each */
    jieda__train_log log;
    jieda__diagnostics diagnostics;
    jieda__source source;
    jieda__corpus corpus;
    jieda__embedding_job embeddings[JIEDA__FOLD_COUNT + 1]; /* the last learns from all */
    jieda__trained trained[JIEDA__FOLD_COUNT + 1];
    cJSON *provenance;
    jieda_train_result *result;
    jieda_error *err;
} run;

static jieda_status fail(run *r, jieda_status st)
{
    if (st == JIEDA_E_NOMEM)
        return jieda__fail(r->err, st, "out of memory");
    if (st == JIEDA_E_CANCELLED)
        return jieda__fail(r->err, st, "stopped; nothing was written");
    return st;
}

/* Reads everything there is to learn from into the corpus. */
static jieda_status read_inputs(run *r)
{
    jieda__train_inputs in = {.corpus = &r->corpus,
                              .diagnostics = &r->diagnostics,
                              .bytes_left = r->options->source_bytes_max};
    jieda_status st = JIEDA_OK;

    in.provenance = cJSON_AddArrayToObject(r->provenance, "inputs");
    if (!in.provenance)
        return fail(r, JIEDA_E_NOMEM);
    for (int pass = 0; pass < 2; pass++) { /* the source first: feedback names its entries */
        for (size_t i = 0; i < r->path_count && st == JIEDA_OK; i++) {
            const char *path = r->paths[i];

            if ((r->kinds[i] == JIEDA__INPUT_SOURCE) != (pass == 0))
                continue;
            if (r->kinds[i] == JIEDA__INPUT_SOURCE) {
                in.source = &r->source;
                in.source_path = path;
                st = jieda__learn_source(&in, r->err);
            } else if (r->kinds[i] == JIEDA__INPUT_PAIRS) {
                st = jieda__learn_pairs(&in, path, r->err);
            } else if (in.source) {
                st = jieda__learn_feedback(&in, path, r->err);
            } else {
                st = jieda__fail(r->err, JIEDA_E_INVALID,
                                 "feedback names entries; give their source as well");
                jieda__error_source(r->err, path);
            }
        }
    }
    return st;
}

/* What each input is, and which one is the source, NULL if there is none. */
static jieda_status find_kinds(run *r, const char **source_out)
{
    *source_out = NULL;
    r->kinds = jieda__arena_alloc(r->arena, r->path_count * sizeof *r->kinds);
    if (!r->kinds)
        return fail(r, JIEDA_E_NOMEM);
    for (size_t i = 0; i < r->path_count; i++) {
        jieda_status st = jieda__input_kind_of(r->paths[i], &r->kinds[i], r->err);

        if (st != JIEDA_OK)
            return st;
        if (r->kinds[i] != JIEDA__INPUT_SOURCE)
            continue;
        if (*source_out) {
            st = jieda__fail(r->err, JIEDA_E_INVALID,
                             "a second source; one model is trained for one knowledge base");
            jieda__error_source(r->err, r->paths[i]);
            return st;
        }
        *source_out = r->paths[i];
    }
    return JIEDA_OK;
}

static jieda_status check_lessons(run *r)
{
    size_t positive_count = 0;

    for (size_t i = 0; i < r->corpus.pair_count; i++)
        positive_count += r->corpus.pairs[i].label;
    r->result->question_count = (uint32_t)r->corpus.question_count;
    r->result->pair_count = (uint32_t)r->corpus.pair_count;
    r->result->positive_count = (uint32_t)positive_count;
    r->result->error_count = r->diagnostics.error_count;
    r->result->warning_count = r->diagnostics.warning_count;
    if (r->diagnostics.error_count > 0)
        return jieda__fail(r->err, JIEDA_E_FORMAT, "%u error%s in the inputs; nothing was written",
                           r->diagnostics.error_count, r->diagnostics.error_count == 1 ? "" : "s");
    if (positive_count == 0 || positive_count == r->corpus.pair_count)
        return jieda__fail(r->err, JIEDA_E_FORMAT,
                           "nothing to learn from: there must be questions that mean the same and "
                           "some that do not");
    return JIEDA_OK;
}

static void train_embedding(void *ctx, size_t index)
{
    run *r = ctx;

    jieda__embedding_train(&r->embeddings[index]);
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

static jieda_status train_embeddings(run *r)
{
    uint32_t epochs[JIEDA__FOLD_COUNT];

    for (uint32_t i = 0; i <= JIEDA__FOLD_COUNT; i++)
        r->embeddings[i] =
            (jieda__embedding_job){.corpus = &r->corpus,
                                   .alloc = r->alloc,
                                   .log = &r->log,
                                   .without_fold = i < JIEDA__FOLD_COUNT ? i : JIEDA__FOLD_NONE,
                                   .epoch_count_max = EPOCH_COUNT_MAX};
    begin_stage(&r->log, "learning vectors, each fold left out once",
                JIEDA__FOLD_COUNT * EPOCH_COUNT_MAX);
    jieda__run_jobs(train_embedding, r, JIEDA__FOLD_COUNT, r->options->thread_count);
    for (uint32_t i = 0; i < JIEDA__FOLD_COUNT; i++) {
        if (r->embeddings[i].status != JIEDA_OK)
            return fail(r, r->embeddings[i].status);
        epochs[i] = r->embeddings[i].epoch_count;
    }
    qsort(epochs, JIEDA__FOLD_COUNT, sizeof *epochs, by_number);
    r->result->epoch_count = epochs[JIEDA__FOLD_COUNT / 2];
    r->embeddings[JIEDA__FOLD_COUNT].epoch_count = r->result->epoch_count;
    begin_stage(&r->log, "learning vectors from everything", r->result->epoch_count);
    jieda__embedding_train(&r->embeddings[JIEDA__FOLD_COUNT]);
    return fail(r, r->embeddings[JIEDA__FOLD_COUNT].status);
}

static uint32_t sparse_bits(const run *r)
{
    uint32_t bits = SPARSE_BITS_LEAST;

    if (r->options->sparse_bits)
        return r->options->sparse_bits;
    while (bits < SPARSE_BITS_MOST && ((size_t)1 << bits) < 4 * r->corpus.pair_count)
        bits++;
    return bits;
}

static jieda_status fit_pairs(run *r)
{
    jieda_status st;

    begin_stage(&r->log, "fitting the pair model", 2 * (JIEDA__FOLD_COUNT + 1));
    st = jieda__pair_fit(&r->corpus, r->embeddings, sparse_bits(r), r->options->thread_count,
                         &r->log, r->trained);
    r->result->auroc = r->trained[JIEDA__FOLD_COUNT].auroc;
    r->result->spearman = r->trained[JIEDA__FOLD_COUNT].spearman;
    return fail(r, st);
}

static jieda_status fit_ranking(run *r, bool has_source, const jieda__compiled_lexicon *lexicon,
                                const char *out_path)
{
    jieda__trained *all = &r->trained[JIEDA__FOLD_COUNT];
    uint64_t lexicon_hash = jieda__lexicon_authored_hash(&r->source);
    jieda__ranking ranking;
    jieda_status st;

    begin_stage(&r->log, "asking it what it learned", JIEDA__RANK_ROUND_COUNT);
    for (uint32_t i = 0; i <= JIEDA__FOLD_COUNT; i++)
        r->trained[i].header.lexicon_hash = lexicon_hash;
    st = jieda__rank_learn(&(jieda__rank_lesson){.corpus = &r->corpus,
                                                 .source = &r->source,
                                                 .of_pairs = !has_source,
                                                 .trained = r->trained,
                                                 .lexicon = lexicon,
                                                 .beside = out_path,
                                                 .log = &r->log},
                           &ranking, r->err);
    all->header.has_weights = st == JIEDA_OK && ranking.is_fitted;
    all->header.weights = ranking.weights;
    r->result->ranked_first = ranking.top1 * ranking.found;
    return fail(r, st);
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool note_results(run *r)
{
    char hash[17], seed[24];
    const jieda_train_result *result = r->result;

    snprintf(hash, sizeof hash, "%016llx",
             (unsigned long long)r->trained[JIEDA__FOLD_COUNT].header.lexicon_hash);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->options->seed);
    return cJSON_AddStringToObject(r->provenance, "lexicon", hash) &&
           cJSON_AddStringToObject(r->provenance, "seed", seed) &&
           cJSON_AddNumberToObject(r->provenance, "questions", result->question_count) &&
           cJSON_AddNumberToObject(r->provenance, "pairs", result->pair_count) &&
           cJSON_AddNumberToObject(r->provenance, "positive", result->positive_count) &&
           cJSON_AddNumberToObject(r->provenance, "epochs", result->epoch_count) &&
           cJSON_AddNumberToObject(r->provenance, "auroc", result->auroc) &&
           cJSON_AddNumberToObject(r->provenance, "spearman", result->spearman) &&
           cJSON_AddNumberToObject(r->provenance, "ranked_first", result->ranked_first);
}

static jieda_status write_model(run *r, const char *out_path)
{
    jieda__blob blob;
    char *provenance;
    jieda_status st = JIEDA_E_NOMEM;

    provenance = note_results(r) ? cJSON_PrintUnformatted(r->provenance) : NULL;
    if (provenance)
        st = jieda__model_lay_out(r->arena, &r->trained[JIEDA__FOLD_COUNT], provenance, &blob);
    cJSON_free(provenance);
    if (st != JIEDA_OK)
        return fail(r, st);
    r->result->file_bytes = blob.len;
    return jieda__model_save(r->arena, &blob, out_path, r->err);
}

/* Minutes of training should not end in "no such folder". */
static jieda_status check_output(run *r, const char *out_path)
{
    char *temporary;
    jieda_status st = jieda__file_temporary(r->arena, out_path, &temporary, r->err);

    if (st == JIEDA_OK)
        jieda__file_discard(temporary);
    return st;
}

static jieda_status train(run *r, const char *out_path)
{
    const char *source_path;
    jieda__compiled_lexicon lexicon = {0};
    jieda_status st = check_output(r, out_path);

    if (st == JIEDA_OK)
        st = find_kinds(r, &source_path);
    if (st == JIEDA_OK)
        st = jieda__source_open(r->arena, source_path, r->options->base_lexicon_path,
                                r->options->source_bytes_max, &r->diagnostics, &r->source, r->err);
    if (st == JIEDA_OK && r->diagnostics.error_count == 0)
        st = jieda__lexicon_compile(
            &(jieda__build){.alloc = r->alloc, .arena = r->arena, .source = &r->source}, &lexicon,
            r->err);
    if (st != JIEDA_OK || !lexicon.lexicon) {
        jieda__compiled_lexicon_free(r->alloc, &lexicon);
        return st == JIEDA_OK ? check_lessons(r) : st; /* no lexicon: errors in the source */
    }
    jieda__corpus_init(&r->corpus, r->arena, lexicon.lexicon, r->options->seed);
    st = read_inputs(r);
    if (st == JIEDA_OK)
        st = check_lessons(r);
    if (st == JIEDA_OK)
        st = fail(r, jieda__corpus_seal(&r->corpus));
    if (st == JIEDA_OK)
        st = train_embeddings(r);
    if (st == JIEDA_OK)
        st = fit_pairs(r);
    if (st == JIEDA_OK)
        st = fit_ranking(r, source_path != NULL, &lexicon, out_path);
    if (st == JIEDA_OK)
        st = write_model(r, out_path);
    for (uint32_t i = 0; i <= JIEDA__FOLD_COUNT; i++)
        jieda__arena_free(&r->embeddings[i].arena);
    jieda__corpus_free(&r->corpus);
    jieda__compiled_lexicon_free(r->alloc, &lexicon);
    return st;
}

jieda_status jieda_train(const char *const *inputs, size_t input_count, const char *out_path,
                         const jieda_train_options *options, jieda_train_result *result_out,
                         jieda_error *err)
{
    jieda_train_options defaults = JIEDA_TRAIN_OPTIONS_INIT;
    jieda_train_result result = {0};
    jieda_error ignored;
    jieda__arena arena;
    run *r;
    jieda_status st;

    if (!options)
        options = &defaults;
    if (!err)
        err = &ignored;
    if (!inputs || input_count == 0 || !out_path)
        return jieda__fail(err, JIEDA_E_INVALID, "inputs and an output path are needed");
    if (options->version != defaults.version || options->thread_count < 1 ||
        options->thread_count > JIEDA__THREAD_COUNT_MAX ||
        (options->sparse_bits && (options->sparse_bits < JIEDA__SPARSE_BITS_MIN ||
                                  options->sparse_bits > JIEDA__SPARSE_BITS_MAX)))
        return jieda__fail(err, JIEDA_E_INVALID,
                           "begin options with JIEDA_TRAIN_OPTIONS_INIT; threads are 1 to 16");
    jieda__arena_init(&arena, options->allocator ? options->allocator : jieda__default_allocator(),
                      TRAIN_BYTES_MAX);
    r = jieda__arena_zero(&arena, 1, sizeof *r);
    if (!r)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    *r = (run){.alloc = arena.alloc,
               .options = options,
               .arena = &arena,
               .paths = inputs,
               .path_count = input_count,
               .log = {.progress = options->progress, .ctx = options->progress_ctx},
               .diagnostics = {.fn = options->diagnostic, .ctx = options->diagnostic_ctx},
               .provenance = cJSON_CreateObject(),
               .result = &result,
               .err = err};
    pthread_mutex_init(&r->log.mutex, NULL);
    st = r->provenance ? train(r, out_path) : fail(r, JIEDA_E_NOMEM);
    pthread_mutex_destroy(&r->log.mutex);
    cJSON_Delete(r->provenance);
    jieda__source_release(&r->source, arena.alloc);
    jieda__arena_free(&arena);
    if (result_out)
        *result_out = result;
    return st;
}
