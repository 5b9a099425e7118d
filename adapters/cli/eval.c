/*
 * eval.c - `jieda eval`: how well does a knowledge base do on a labelled set?
 *
 * There are three kinds of sets, told apart by their first row:
 *
 *   questions  怎么退款 TAB refund.apply            the answer and its rank
 *   urgent     有人盗刷我的卡 TAB 1 TAB fraud         whether a person is called, and why
 *   dialogs    {"id": ..., "turns": [...]}        the decision and the entry of every turn
 *
 * A row is a fresh conversation. Tickets are taken and go nowhere. The set is read line by line, so
 * its length costs nothing but the times.
 */
#include "eval.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_ROWS 50
#define UNKNOWN_COUNT_MAX 10 /* warnings about ids of the set that are no entry */
#define ID_BYTES_MAX 256

static const eval_kind *const kinds[] = {&eval_questions, &eval_urgent, &eval_dialogs};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* ---- for the kinds --------------------------------------------------------------------------- */

int eval_bad_line(const evaluation *e, size_t column, const char *format, ...)
{
    char message[256], place[32] = "";
    va_list list;

    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    out_progress_end(e->c);
    if (column > 0)
        snprintf(place, sizeof place, ":%zu", column);
    out_error(e->c, "%s:%llu%s: %s", e->a->words[0], (unsigned long long)e->reader->number, place,
              message);
    return CLI_FILE;
}

static bool add_time(eval_times *times, uint64_t elapsed_us)
{
    if (times->count == times->capacity) {
        size_t capacity = times->capacity ? times->capacity * 2 : 1024;
        uint64_t *us = realloc(times->us, capacity * sizeof *us);

        if (!us)
            return false;
        times->us = us;
        times->capacity = capacity;
    }
    times->us[times->count++] = elapsed_us;
    return true;
}

int eval_ask(evaluation *e, jieda_str question, bool fresh, const jieda_reply **reply_out)
{
    jieda_error err = {0};
    uint64_t elapsed_us;

    if (kb_ask(&e->k, question, fresh, reply_out, &elapsed_us, &err) != JIEDA_OK) {
        out_progress_end(e->c);
        return out_library_error(e->c, &err);
    }
    return add_time(&e->times, elapsed_us) ? CLI_OK : out_of_memory(e->c);
}

void eval_warn_unknown(evaluation *e, jieda_str id)
{
    char name[ID_BYTES_MAX];

    if (e->unknown_count == UNKNOWN_COUNT_MAX || eval_is_wildcard(id) || id.len >= sizeof name)
        return;
    memcpy(name, id.ptr, id.len);
    name[id.len] = '\0';
    if (kb_has_entry(&e->k, name))
        return;
    e->unknown_count++;
    out_progress_end(e->c);
    out_error(e->c, "%s:%llu: warning: no entry \"%s\" may be shown; correct the id",
              e->a->words[0], (unsigned long long)e->reader->number, name);
}

bool eval_add_miss(evaluation *e, cJSON *item)
{
    if (item && cJSON_AddItemToArray(e->misses, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* ---- the kind -------------------------------------------------------------------------------- */

static const eval_kind *kind_of(jieda_str line)
{
    jieda_str text, must, reason;

    if (text_begins(line, "{"))
        return &eval_dialogs;
    if (eval_next_field(&line, '\t', &text) && eval_next_field(&line, '\t', &must) &&
        eval_next_field(&line, '\t', &reason) && (text_equal(must, "0") || text_equal(must, "1")))
        return &eval_urgent;
    return &eval_questions;
}

static const eval_kind *kind_named(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

/* A minimum that nothing is held against would pass for ever. */
static int check_minima(const evaluation *e)
{
    const args *a = e->a;
    const struct {
        option o;
        bool given;
        const char *name;
    } minima[] = {{OPTION_MIN_TOP1, a->min_top1 >= 0, "min-top1"},
                  {OPTION_MIN_TOP3, a->min_top3 >= 0, "min-top3"},
                  {OPTION_MIN_RIGHT, a->min_right >= 0, "min-answered-right"},
                  {OPTION_MAX_WRONG, a->max_wrong >= 0, "max-wrong"},
                  {OPTION_MIN_RECALL, a->min_recall >= 0, "min-recall"},
                  {OPTION_MAX_FALSE_ALARMS, a->max_false_alarms >= 0, "max-false-alarms"},
                  {OPTION_MIN_TURNS, a->min_turns >= 0, "min-turns"}};

    for (size_t i = 0; i < sizeof minima / sizeof *minima; i++) {
        if (!minima[i].given || (e->kind->minima & OPTION_BIT(minima[i].o)))
            continue;
        out_error(e->c, "--%s means nothing for %s, a set of %s; leave it out", minima[i].name,
                  a->words[0], e->kind->name);
        return CLI_USAGE;
    }
    return CLI_OK;
}

static int choose_kind(evaluation *e, jieda_str first_row)
{
    e->kind = e->a->as ? kind_named(e->a->as) : kind_of(first_row);
    e->counts = calloc(1, e->kind->counts_size);
    return e->counts ? check_minima(e) : out_of_memory(e->c);
}

/* ---- the set --------------------------------------------------------------------------------- */

static int take_line(evaluation *e, jieda_str line, bool too_long)
{
    int code = CLI_OK;

    if (e->reader->number == 1 && text_begins(line, "\xEF\xBB\xBF"))
        line = (jieda_str){line.ptr + 3, line.len - 3};
    if (line.len == 0)
        return CLI_OK;
    if (too_long)
        return eval_bad_line(e, 0, "the line is longer than %d bytes; shorten it", LINE_BYTES_MAX);
    if (!e->kind)
        code = choose_kind(e, line);
    return code == CLI_OK ? e->kind->take(e, line) : code;
}

static int read_set(evaluation *e)
{
    jieda_str line;
    bool too_long;
    line_status st;
    int code = CLI_OK;

    while ((st = line_next(e->reader, &line, &too_long)) == LINE_READ) {
        code = take_line(e, line, too_long);
        if (code != CLI_OK || interrupted || !out_flush(e->c))
            break;
        if (e->reader->number % PROGRESS_ROWS == 0)
            out_progress(e->c, "asked", e->reader->number, 0);
    }
    if (st == LINE_FAILED) {
        out_error(e->c, "cannot read %s: %s; give a file of `question TAB id` lines",
                  e->a->words[0], strerror(errno));
        return CLI_FILE;
    }
    out_progress_end(e->c);
    if (code != CLI_OK)
        return code;
    return interrupted || st == LINE_INTERRUPTED ? CLI_INTERRUPTED : CLI_OK;
}

static int evaluate(evaluation *e, int fd)
{
    int code;

    line_init(e->reader, fd);
    interrupt_catch();
    code = read_set(e);
    if (code != CLI_OK || !out_flush(e->c))
        return code;
    if (e->times.count == 0) {
        out_error(e->c, "%s holds no rows; write %s lines", e->a->words[0],
                  e->kind ? e->kind->wants : eval_questions.wants);
        return CLI_FILE;
    }
    eval_times_sort(&e->times);
    return e->kind->report(e);
}

int run_eval(cli *c, const args *a)
{
    evaluation e = {.c = c, .a = a};
    int fd = open(a->words[0], O_RDONLY | O_CLOEXEC);
    int code;

    if (fd < 0) {
        out_error(c, "cannot read %s: %s; check the path", a->words[0], strerror(errno));
        return CLI_FILE;
    }
    e.reader = malloc(sizeof *e.reader);
    if (a->json && a->misses)
        e.misses = cJSON_CreateArray();
    if (!e.reader || (a->json && a->misses && !e.misses))
        code = out_of_memory(c);
    else
        code = kb_open_desk(c, a, &e.k);
    if (code == CLI_OK)
        code = evaluate(&e, fd);
    if (e.counts && e.kind->free_counts)
        e.kind->free_counts(&e);
    kb_close(&e.k);
    cJSON_Delete(e.misses);
    free(e.counts);
    free(e.times.us);
    free(e.reader);
    close(fd);
    return code;
}
