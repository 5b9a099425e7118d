/*
 * compare.c - `jieda compare`: how alike are the two questions of each line?
 *
 * A line is `question TAB question [TAB label]`, raw: no quotes, no escapes. Standard output has
 * one line for each line of the file, its score, whatever else there is; with a label in every line
 * the agreement follows on standard error (or, with --json, instead of the scores on standard
 * output).
 *
 * The file is read twice: what is labelled, and without a model what is rare, shows only at its
 * end.
 */
#include "cli.h"

#include "jieda/build.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_LINES 1000
#define BAD_LINE_COUNT_MAX 10 /* warnings about lines that are no pair */

typedef struct comparison {
    cli *c;
    const args *a;
    jieda_comparer *comparer;
    line_reader *reader;
    double *scores, *labels;
    size_t count, capacity; /* of pairs */
    size_t line_count, label_count, bad_count;
} comparison;

typedef struct pair {
    jieda_str a, b, label; /* label: {NULL, 0} if there is none */
} pair;

static jieda_str cut_field(jieda_str *rest)
{
    const char *tab = rest->len ? memchr(rest->ptr, '\t', rest->len) : NULL;
    jieda_str field = {rest->ptr, tab ? (size_t)(tab - rest->ptr) : rest->len};

    *rest = tab ? (jieda_str){tab + 1, rest->len - field.len - 1} : (jieda_str){NULL, 0};
    return field;
}

/* False for a line without a tab. */
static bool read_pair(jieda_str line, pair *out)
{
    out->a = cut_field(&line);
    if (!line.ptr)
        return false;
    out->b = cut_field(&line);
    out->label = line.ptr ? cut_field(&line) : line;
    return true;
}

static bool read_label(jieda_str text, double *out)
{
    char copy[32], *end;

    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && isfinite(*out);
}

/* ---- two passes ------------------------------------------------------------------------------ */

typedef int each_line(comparison *x, jieda_str line, bool too_long);

static int for_each_line(comparison *x, each_line *each)
{
    const char *path = x->a->words[0];
    int fd = open(path, O_RDONLY | O_CLOEXEC), code = CLI_OK;
    line_status got;
    jieda_str line;
    bool too_long;

    if (fd < 0) {
        out_error(x->c, "%s: %s; check the path", path, strerror(errno));
        return CLI_FILE;
    }
    line_init(x->reader, fd);
    while (code == CLI_OK && (got = line_next(x->reader, &line, &too_long)) != LINE_END) {
        if (got == LINE_FAILED) {
            out_error(x->c, "%s: cannot be read: %s", path, strerror(errno));
            code = CLI_FILE;
        } else if (got == LINE_INTERRUPTED) {
            code = CLI_INTERRUPTED;
        } else {
            code = each(x, line, too_long);
        }
    }
    close(fd);
    return code;
}

/* Counts lines and labels, and what the questions are made of. */
static int survey_line(comparison *x, jieda_str line, bool too_long)
{
    jieda_error err = {0};
    double label;
    pair p;

    x->line_count++;
    if (too_long || !read_pair(line, &p))
        return CLI_OK;
    x->label_count += read_label(p.label, &label);
    if (x->a->model || x->a->kb)
        return CLI_OK;
    if (jieda_comparer_count(x->comparer, p.a, &err) != JIEDA_OK ||
        jieda_comparer_count(x->comparer, p.b, &err) != JIEDA_OK)
        return out_library_error(x->c, &err);
    return CLI_OK;
}

static void warn_bad_line(comparison *x, bool too_long)
{
    if (x->bad_count++ < BAD_LINE_COUNT_MAX)
        out_error(x->c, "%s:%llu: %s; its score is 0", x->a->words[0],
                  (unsigned long long)x->reader->number,
                  too_long ? "the line is too long" : "no tab, so no second question");
}

static int keep(comparison *x, double score, double label)
{
    if (x->count == x->capacity) {
        size_t capacity = x->capacity ? 2 * x->capacity : 1024;
        double *scores = realloc(x->scores, capacity * sizeof *scores), *labels;

        if (!scores)
            return out_of_memory(x->c);
        x->scores = scores;
        labels = realloc(x->labels, capacity * sizeof *labels);
        if (!labels)
            return out_of_memory(x->c);
        x->labels = labels;
        x->capacity = capacity;
    }
    x->scores[x->count] = score;
    x->labels[x->count++] = label;
    return CLI_OK;
}

static int score_line(comparison *x, jieda_str line, bool too_long)
{
    bool labelled = x->label_count > 0 && x->label_count == x->line_count;
    jieda_error err = {0};
    double score = 0, label = 0;
    int code = CLI_OK;
    pair p;

    if (too_long || !read_pair(line, &p))
        warn_bad_line(x, too_long);
    else if (jieda_comparer_score(x->comparer, p.a, p.b, &score, &err) != JIEDA_OK)
        return out_library_error(x->c, &err);
    else if (labelled && read_label(p.label, &label))
        code = keep(x, score, label);
    if (!x->a->json && (printf("%.9g\n", score) < 0 || (x->c->terminal_out && !out_flush(x->c))))
        return CLI_FILE;
    if (x->reader->number % PROGRESS_LINES == 0)
        out_progress(x->c, "comparing", x->reader->number, x->line_count);
    return code;
}

/* ---- figures --------------------------------------------------------------------------------- */

static int report(comparison *x)
{
    jieda_agreement agreement;
    jieda_error err = {0};
    cJSON *json;

    if (x->count == 0) {
        if (x->label_count > 0)
            out_error(x->c, "%zu of %zu lines have a label, so no agreement is measured; label all",
                      x->label_count, x->line_count);
        if (x->a->json)
            out_error(x->c,
                      "--json prints the agreement with labels, and not every line of %s has "
                      "one; leave --json out",
                      x->a->words[0]);
        return x->a->json ? CLI_USAGE : CLI_OK;
    }
    if (jieda_agreement_measure(x->scores, x->labels, x->count, &agreement, &err) != JIEDA_OK)
        return out_library_error(x->c, &err);
    if (!x->a->json) {
        fprintf(stderr, "pairs %zu\nSpearman %.4f\n", x->count, agreement.spearman);
        if (!isnan(agreement.auroc))
            fprintf(stderr, "AUROC %.4f\nbest F1 %.4f (score >= %.6g)\n", agreement.auroc,
                    agreement.best_f1, agreement.best_f1_threshold);
        return CLI_OK;
    }
    json = cJSON_CreateObject();
    if (!json_put_whole(json, "pairs", x->count) ||
        !json_put_real(json, "spearman", agreement.spearman) ||
        (!isnan(agreement.auroc) &&
         (!json_put_real(json, "auroc", agreement.auroc) ||
          !json_put_real(json, "best_f1", agreement.best_f1) ||
          !json_put_real(json, "best_f1_threshold", agreement.best_f1_threshold)))) {
        cJSON_Delete(json);
        json = NULL;
    }
    return out_json(x->c, json);
}

int run_compare(cli *c, const args *a)
{
    comparison x = {.c = c, .a = a, .reader = malloc(sizeof *x.reader)};
    jieda_error err = {0};
    int code;

    if (!x.reader)
        return out_of_memory(c);
    interrupt_catch();
    code = jieda_comparer_open(a->model, a->kb, &x.comparer, &err) == JIEDA_OK
               ? for_each_line(&x, survey_line)
               : out_library_error(c, &err);
    if (code == CLI_OK)
        code = for_each_line(&x, score_line);
    out_progress_end(c);
    if (code == CLI_OK)
        code = report(&x);
    jieda_comparer_close(x.comparer);
    free(x.scores);
    free(x.labels);
    free(x.reader);
    return code;
}
