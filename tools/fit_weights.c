/*
 * fit_weights.c - fits the numbers of engine/match/weights.c, which hold for knowledge bases
 * without a model.
 *
 *   fit_weights FILE.kb [--set FEATURE=WEIGHT]...
 *
 * Data: the questions of a knowledge base made without a model, each asked while it is left out;
 * see kb/trainer/rank_fit.c. --set fixes a weight, at 0 to see what a feature is worth. Prints
 * initialisers to paste. Deterministic: no randomness, one thread.
 */
#include "trainer/rank_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "fit_weights: %s\n", what);
    exit(1);
}

static jieda_str question_text(jieda__reader *reader, jieda__arena *arena, uint32_t question)
{
    jieda_error err;
    sqlite3_stmt *stmt = jieda__reader_statement(reader, JIEDA__STMT_QUESTION_TEXT, &err);
    jieda_str text;

    if (!stmt)
        die(err.message);
    sqlite3_bind_int64(stmt, 1, question);
    if (sqlite3_step(stmt) != SQLITE_ROW)
        die("a question has no text");
    text = jieda__arena_copy(arena, (jieda_str){(const char *)sqlite3_column_text(stmt, 0),
                                                (size_t)sqlite3_column_bytes(stmt, 0)});
    sqlite3_reset(stmt);
    if (!text.ptr)
        die("out of memory");
    return text;
}

static void read_questions(const char *path, jieda__arena *arena, jieda__rank_inputs *in)
{
    jieda__rank_question *questions;
    jieda__reader *reader;
    jieda_error err;
    jieda__kb *kb;

    if (jieda__kb_open(arena->alloc, path, NULL, 0, &kb, &err) != JIEDA_OK ||
        jieda__reader_open(kb, &reader, &err) != JIEDA_OK)
        die(err.message);
    if (kb->model.len > 0)
        die("the knowledge base has a model, which has weights of its own; build it without");
    questions = jieda__arena_alloc(arena, kb->question_count * sizeof *questions);
    if (!questions)
        die("out of memory");
    for (uint32_t q = 0; q < kb->question_count; q++)
        if (kb->questions[q].kind != JIEDA__QUESTION_NOT)
            questions[in->question_count++] =
                (jieda__rank_question){.text = question_text(reader, arena, q),
                                       .entry = kb->questions[q].entry,
                                       .leave_out = q};
    in->questions = questions;
    jieda__reader_close(reader);
    jieda__kb_close(kb);
}

/* "raw=6" */
static void set_weight(const char *text, jieda__rank_inputs *in)
{
    size_t len = strcspn(text, "=");

    for (int f = 0; text[len] && f < JIEDA__FEATURE_COUNT; f++) {
        const char *name = jieda__feature_name((jieda__feature)f);

        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            in->start.feature[f] = strtof(text + len + 1, NULL);
            in->fixed[f] = true;
            return;
        }
    }
    die("--set takes FEATURE=WEIGHT, and there is no such feature");
}

static void print_ranking(const jieda__ranking *ranking)
{
    const jieda__weights *w = &ranking->weights;

    fprintf(stderr, "%.2f %% of the questions find their entry, of these %.2f %% first\n",
            100 * ranking->found, 100 * ranking->top1);
    for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
        printf("    feature %-15s %9.4ff\n", jieda__feature_name((jieda__feature)f),
               (double)w->feature[f]);
    for (int s = 0; s < JIEDA__SIGNAL_COUNT; s++)
        printf("    signal  %-15s %9.4ff\n", jieda__signal_name((jieda__signal)s),
               (double)w->signal[s]);
    printf("    signal_bias             %9.4ff\n", (double)w->signal_bias);
}

int main(int argc, char **argv)
{
    const jieda_options defaults = JIEDA_OPTIONS_INIT;
    jieda__rank_inputs in = {.alloc = jieda__default_allocator(),
                             .posting_count_max = defaults.posting_count_max,
                             .rerank_count_max = defaults.rerank_count_max,
                             .start = jieda__default_weights};
    jieda__ranking ranking;
    jieda__arena arena;
    jieda_error err;

    if (argc < 2 || argc % 2)
        die("usage: fit_weights FILE.kb [--set FEATURE=WEIGHT]...");
    jieda__arena_init(&arena, in.alloc, (size_t)1 << 30);
    for (int i = 2; i < argc; i += 2) {
        if (strcmp(argv[i], "--set") != 0)
            die("the only option is --set");
        set_weight(argv[i + 1], &in);
    }
    read_questions(argv[1], &arena, &in);
    for (uint32_t fold = 0; fold < JIEDA__FOLD_COUNT; fold++)
        in.kb_paths[fold] = argv[1];
    if (jieda__rank_fit(&in, &ranking, &err) != JIEDA_OK)
        die("cannot fit");
    print_ranking(&ranking);
    jieda__arena_free(&arena);
    return 0;
}
