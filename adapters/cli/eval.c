/*
 * eval.c - `jieda eval`: how well does a knowledge base answer a set of questions?
 *
 * A line of the set is `question TAB id[,id...]`; further columns are ignored. A row with any id
 * but "oos" is in the knowledge base; one with "oos" alone must not be answered. "exchange.how,oos"
 * is in it, and abstaining is fine too.
 *
 * The rank of a row is the place of the first expected id in: the reply's entry, if it has one,
 * then the candidates without it. That measures ranking whatever was decided:
 *
 *   expected refund.apply; reply: clarify, candidates refund.eta, refund.apply      -> rank 2
 *   expected refund.apply; reply: answer refund.eta, candidates eta, apply          -> rank 2,
 * wrong
 *
 * Where a person is what the visitor needs (fraud, complaints), any handoff is right. Each row is a
 * fresh conversation. The set is read line by line, so its length costs nothing but the times.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RANK_MAX 10
#define PROGRESS_ROWS 50
#define UNKNOWN_COUNT_MAX 10 /* warnings about ids of the set that are no entry */
#define ID_BYTES_MAX 256

typedef struct evaluation {
    cli *c;
    kb k;
    const args *a;
    line_reader *reader;
    eval_figures figures;
    cJSON *misses; /* NULL unless both --json and --misses */
    size_t unknown_count;
} evaluation;

/* ---- expected ids ---------------------------------------------------------------------------- */

static jieda_str trim(jieda_str text)
{
    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    while (text.len > 0 && text.ptr[0] == ' ') {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* Cuts the next field off `rest`, which is empty and NULL after the last one. */
static bool next_field(jieda_str *rest, char separator, jieda_str *field)
{
    const char *end;

    if (!rest->ptr)
        return false;
    end = memchr(rest->ptr, separator, rest->len);
    *field = (jieda_str){rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    *rest = end ? (jieda_str){end + 1, rest->len - field->len - 1} : (jieda_str){NULL, 0};
    return true;
}

/* The next expected id, without the empty ones. */
static bool next_id(jieda_str *rest, jieda_str *id)
{
    while (next_field(rest, ',', id)) {
        *id = trim(*id);
        if (id->len > 0)
            return true;
    }
    return false;
}

static bool is_wildcard(jieda_str id)
{
    return id.len > 2 && memcmp(id.ptr + id.len - 2, ".*", 2) == 0;
}

static bool accepts(jieda_str expected, jieda_str entry_id)
{
    jieda_str id;

    while (entry_id.len > 0 && next_id(&expected, &id)) {
        if (id.len == entry_id.len && memcmp(id.ptr, entry_id.ptr, id.len) == 0)
            return true;
        if (is_wildcard(id) && entry_id.len >= id.len &&
            memcmp(id.ptr, entry_id.ptr, id.len - 1) == 0)
            return true;
    }
    return false;
}

/* Whether some entry is expected, and whether it is one a person should take over. */
static void classify(jieda_str expected, bool *in_kb, bool *wants_person)
{
    jieda_str id;

    *in_kb = *wants_person = false;
    while (next_id(&expected, &id)) {
        *in_kb = *in_kb || !text_equal(id, "oos");
        *wants_person = *wants_person || text_begins(id, "fraud.") ||
                        text_equal(id, "service.human") || text_equal(id, "service.complaint");
    }
}

/* ---- one row --------------------------------------------------------------------------------- */

static size_t rank_of(const jieda_reply *reply, jieda_str expected)
{
    size_t rank = 0;

    if (reply->entry_id.len > 0) {
        rank++;
        if (accepts(expected, reply->entry_id))
            return rank;
    }
    for (size_t i = 0; i < reply->candidate_count && rank < RANK_MAX; i++) {
        jieda_str id = reply->candidates[i].entry_id;

        if (id.len == reply->entry_id.len && memcmp(id.ptr, reply->entry_id.ptr, id.len) == 0)
            continue; /* counted before */
        rank++;
        if (accepts(expected, id))
            return rank;
    }
    return 0;
}

static void judge(eval_row *row)
{
    jieda_decision decision = row->reply->decision;
    bool wants_person, accepted = accepts(row->expected, row->reply->entry_id);

    classify(row->expected, &row->in_kb, &wants_person);
    if (!row->in_kb) {
        row->oos_answered = decision == JIEDA_DECISION_ANSWER;
        return;
    }
    if (decision == JIEDA_DECISION_HANDOFF && wants_person) {
        row->rank = 1;
        row->right = true;
        return;
    }
    row->rank = rank_of(row->reply, row->expected);
    row->right =
        accepted && (decision == JIEDA_DECISION_ANSWER || decision == JIEDA_DECISION_SMALLTALK ||
                     decision == JIEDA_DECISION_HANDOFF);
    row->wrong = decision == JIEDA_DECISION_ANSWER && !accepted;
}

static void count(eval_figures *f, const eval_row *row)
{
    if (!row->in_kb) {
        f->oos++;
        f->oos_answered += row->oos_answered;
        return;
    }
    f->in_kb++;
    f->top1 += row->rank == 1;
    f->top3 += row->rank >= 1 && row->rank <= 3;
    f->top10 += row->rank >= 1;
    f->reciprocal_sum += row->rank ? 1.0 / (double)row->rank : 0.0;
    f->right += row->right;
    f->wrong += row->wrong;
    f->clarified += row->reply->decision == JIEDA_DECISION_CLARIFY;
}

static bool add_time(eval_figures *f, uint64_t elapsed_us)
{
    if (f->elapsed_count == f->elapsed_capacity) {
        size_t capacity = f->elapsed_capacity ? f->elapsed_capacity * 2 : 1024;
        uint64_t *times = realloc(f->elapsed_us, capacity * sizeof *times);

        if (!times)
            return false;
        f->elapsed_us = times;
        f->elapsed_capacity = capacity;
    }
    f->elapsed_us[f->elapsed_count++] = elapsed_us;
    return true;
}

static bool list_miss(evaluation *e, const eval_row *row)
{
    cJSON *item;

    if (!e->a->misses || (row->in_kb ? row->rank == 1 && !row->wrong : !row->oos_answered))
        return true;
    if (!e->misses) {
        out_progress_end(e->c);
        eval_print_miss(e->c, row);
        return true;
    }
    item = eval_miss_json(row);
    if (item && cJSON_AddItemToArray(e->misses, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* A typing error in the set looks like a weakness of the knowledge base: say so. Only rows without
 * a rank can have one. The reply is gone afterwards. */
static void warn_unknown(evaluation *e, const eval_row *row)
{
    jieda_str rest = row->expected, id;
    char name[ID_BYTES_MAX];

    while (row->in_kb && row->rank == 0 && e->unknown_count < UNKNOWN_COUNT_MAX &&
           next_id(&rest, &id)) {
        if (is_wildcard(id) || text_equal(id, "oos") || id.len >= sizeof name)
            continue;
        memcpy(name, id.ptr, id.len);
        name[id.len] = '\0';
        if (kb_has_entry(&e->k, name))
            continue;
        e->unknown_count++;
        out_progress_end(e->c);
        out_error(e->c, "%s:%llu: warning: no entry \"%s\" may be shown; correct the id",
                  e->a->words[0], (unsigned long long)e->reader->number, name);
    }
}

static int ask_row(evaluation *e, jieda_str question, jieda_str expected)
{
    eval_row row = {.question = question, .expected = expected};
    jieda_error err = {0};
    uint64_t elapsed_us;

    if (kb_ask(&e->k, question, true, &row.reply, &elapsed_us, &err) != JIEDA_OK)
        return out_library_error(e->c, &err);
    judge(&row);
    count(&e->figures, &row);
    if (!add_time(&e->figures, elapsed_us) || !list_miss(e, &row))
        return out_of_memory(e->c);
    warn_unknown(e, &row);
    return CLI_OK;
}

/* ---- the set --------------------------------------------------------------------------------- */

static int bad_line(const evaluation *e, const char *what)
{
    out_progress_end(e->c);
    out_error(e->c, "%s:%llu: %s", e->a->words[0], (unsigned long long)e->reader->number, what);
    return CLI_FILE;
}

static int read_row(evaluation *e, jieda_str line, bool too_long)
{
    jieda_str rest = line, question, expected, id, ids;

    if (e->reader->number == 1 && text_begins(rest, "\xEF\xBB\xBF"))
        rest = (jieda_str){rest.ptr + 3, rest.len - 3};
    if (rest.len == 0)
        return CLI_OK;
    if (too_long)
        return bad_line(e, "the line is longer than 65536 bytes; shorten it");
    next_field(&rest, '\t', &question);
    if (!next_field(&rest, '\t', &expected))
        return bad_line(e, "no tab; write `question TAB id[,id...]`");
    ids = expected;
    if (!next_id(&ids, &id))
        return bad_line(e, "no id after the tab; write an entry's id, or oos");
    return ask_row(e, question, expected);
}

static int read_set(evaluation *e)
{
    jieda_str line;
    bool too_long;
    line_status st;
    int code = CLI_OK;

    while ((st = line_next(e->reader, &line, &too_long)) == LINE_READ) {
        code = read_row(e, line, too_long);
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
    if (e->figures.elapsed_count == 0) {
        out_error(e->c, "%s holds no rows; write `question TAB id[,id...]` lines", e->a->words[0]);
        return CLI_FILE;
    }
    code = eval_report(e->c, e->a, &e->figures, e->misses);
    e->misses = NULL; /* taken over */
    return code;
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
        code = kb_open(c, a, &e.k);
    if (code == CLI_OK)
        code = evaluate(&e, fd);
    kb_close(&e.k);
    cJSON_Delete(e.misses);
    free(e.figures.elapsed_us);
    free(e.reader);
    close(fd);
    return code;
}
