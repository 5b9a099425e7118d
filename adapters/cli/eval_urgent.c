/*
 * eval_urgent.c - is a person called when one must be, and not when one need not?
 *
 * A line of the set is `text TAB 1 or 0 TAB reason`; further columns are ignored. 1: a person must
 * be called at once, and the reason is why. 0: an answer or a question back is wanted.
 *
 *   有人盗刷我的卡 TAB 1 TAB fraud   handoff, P0..P2                     handed over
 *                              handoff, P3, or anything else        missed
 *   怎么防止盗刷  TAB 0 TAB none    handoff, whatever its priority       false alarm
 *
 * A row that is handed over may still have the wrong reason, or, being danger (fraud, distress),
 * less than P0. All reasons stand in a table: what each row wanted against what it got.
 */
#include "eval.h"

#include <string.h>

/* Of the rows, and of tickets; "none" is first. */
static const char *const reasons[] = {"none",      "fraud",         "distress", "complaint",
                                      "requested", "repeated_miss", "no_match", "unhelpful",
                                      "policy",    "identity_check"};

#define REASON_COUNT (sizeof reasons / sizeof *reasons)
#define REASON_UNKNOWN REASON_COUNT

typedef struct counts {
    uint64_t urgent;                          /* rows with 1; the next four count among these */
    uint64_t handed_over;                     /* with P0..P2 */
    uint64_t right_reason;                    /* of those handed over */
    uint64_t danger, danger_first;            /* fraud and distress, and those with P0 */
    uint64_t calm, false_alarms;              /* rows with 0 */
    uint64_t got[REASON_COUNT][REASON_COUNT]; /* by reason wanted, by reason got */
} counts;

/* One row and what became of it; everything is borrowed. */
typedef struct row {
    jieda_str text;
    bool urgent;
    size_t wanted, got; /* indices of reasons */
    const char *wrong;  /* why it is listed, NULL if it is right */
    const jieda_reply *reply;
} row;

static size_t reason_of(jieda_str name)
{
    for (size_t i = 0; i < REASON_COUNT; i++)
        if (text_equal(name, reasons[i]))
            return i;
    return REASON_UNKNOWN;
}

static bool is_danger(size_t reason)
{
    return strcmp(reasons[reason], "fraud") == 0 || strcmp(reasons[reason], "distress") == 0;
}

/* ---- one row --------------------------------------------------------------------------------- */

static bool has_ticket(const row *r)
{
    return r->reply->decision == JIEDA_DECISION_HANDOFF && r->reply->ticket.id.len > 0;
}

static bool is_handed_over(const row *r)
{
    return has_ticket(r) && r->reply->ticket.priority <= JIEDA_PRIORITY_P2;
}

static void judge(row *r)
{
    const jieda_ticket *ticket = &r->reply->ticket;
    size_t got = has_ticket(r) ? reason_of(text_of(ticket->reason)) : 0;

    r->got = got == REASON_UNKNOWN ? 0 : got;
    if (!r->urgent)
        r->wrong = r->reply->decision == JIEDA_DECISION_HANDOFF ? "false-alarm" : NULL;
    else if (!is_handed_over(r))
        r->wrong = "missed";
    else if (is_danger(r->wanted) && ticket->priority != JIEDA_PRIORITY_P0)
        r->wrong = "not-first";
    else if (r->got != r->wanted)
        r->wrong = "reason";
}

static void count(counts *n, const row *r)
{
    n->got[r->wanted][r->got]++;
    if (!r->urgent) {
        n->calm++;
        n->false_alarms += r->wrong != NULL;
        return;
    }
    n->urgent++;
    n->handed_over += is_handed_over(r);
    n->right_reason += is_handed_over(r) && r->got == r->wanted;
    if (is_danger(r->wanted)) {
        n->danger++;
        n->danger_first += has_ticket(r) && r->reply->ticket.priority == JIEDA_PRIORITY_P0;
    }
}

/* ---- misses ---------------------------------------------------------------------------------- */

/* The rule, else why without one. */
static jieda_str cause(const jieda_reply *reply)
{
    return reply->rule.len ? reply->rule : reply->why;
}

static void print_miss(const cli *c, const row *r)
{
    const jieda_reply *reply = r->reply;
    bool grave = strcmp(r->wrong, "missed") == 0 || strcmp(r->wrong, "not-first") == 0;

    printf("%s%s%s\t", out_style(c, grave ? STYLE_RED : STYLE_YELLOW), r->wrong,
           out_style(c, STYLE_NONE));
    out_text(stdout, r->text);
    printf("\texpected %s\tgot %s", reasons[r->wanted], jieda_decision_name(reply->decision));
    if (has_ticket(r))
        printf(" P%d %s", (int)reply->ticket.priority, reply->ticket.reason);
    fputc('\t', stdout);
    out_text(stdout, reply->entry_id.len ? reply->entry_id : text_of("-"));
    printf(" %.2f\t", (double)reply->confidence);
    out_text(stdout, cause(reply));
    fputc('\n', stdout);
}

static cJSON *miss_json(const row *r)
{
    const jieda_reply *reply = r->reply;
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_str(o, "kind", text_of(r->wrong)) && json_put_str(o, "text", r->text) &&
        json_put_str(o, "expected", text_of(reasons[r->wanted])) &&
        json_put_str(o, "decision", text_of(jieda_decision_name(reply->decision))) &&
        json_put_handoff(o, "handoff", &reply->ticket) &&
        json_put_str_or_null(o, "id", reply->entry_id) &&
        json_put_real(o, "confidence", reply->confidence) &&
        json_put_str_or_null(o, "rule", reply->rule) && json_put_str_or_null(o, "why", reply->why))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static bool list_miss(evaluation *e, const row *r)
{
    if (!e->a->misses || !r->wrong)
        return true;
    if (e->misses)
        return eval_add_miss(e, miss_json(r));
    out_progress_end(e->c);
    print_miss(e->c, r);
    return true;
}

/* ---- a line ---------------------------------------------------------------------------------- */

static int take(evaluation *e, jieda_str line)
{
    jieda_str must, reason;
    row r = {0};
    int code;

    eval_next_field(&line, '\t', &r.text);
    if (!eval_next_field(&line, '\t', &must) || !eval_next_field(&line, '\t', &reason))
        return eval_bad_line(e, 0, "too few columns; write `text TAB 1 or 0 TAB reason`");
    r.urgent = text_equal(must, "1");
    if (!r.urgent && !text_equal(must, "0"))
        return eval_bad_line(e, 0,
                             "the second column is neither 0 nor 1; write 1 where a person "
                             "must be called");
    r.wanted = reason_of(reason);
    if (r.wanted == REASON_UNKNOWN)
        return eval_bad_line(e, 0,
                             "no reason \"%.*s\"; write fraud, distress, complaint, "
                             "requested or none",
                             (int)text_cut(reason, 32).len, reason.ptr);
    code = eval_ask(e, r.text, true, &r.reply);
    if (code != CLI_OK)
        return code;
    judge(&r);
    count(e->counts, &r);
    return list_miss(e, &r) ? CLI_OK : out_of_memory(e->c);
}

/* ---- figures --------------------------------------------------------------------------------- */

static uint64_t total_of(const uint64_t by_reason[REASON_COUNT])
{
    uint64_t total = 0;

    for (size_t i = 0; i < REASON_COUNT; i++)
        total += by_reason[i];
    return total;
}

/* "fraud  58: fraud 55, complaint 1, none 2" */
static void print_reasons(const counts *n)
{
    for (size_t wanted = 0; wanted < REASON_COUNT; wanted++) {
        uint64_t total = total_of(n->got[wanted]);
        const char *separator = ": ";

        if (total == 0)
            continue;
        printf("  %-18s %7llu", reasons[wanted], (unsigned long long)total);
        for (size_t got = 0; got < REASON_COUNT; got++) {
            if (n->got[wanted][got] == 0)
                continue;
            printf("%s%s %llu", separator, reasons[got], (unsigned long long)n->got[wanted][got]);
            separator = ", ";
        }
        fputc('\n', stdout);
    }
}

static void print_figures(const counts *n, const eval_times *times)
{
    eval_print_number("urgent rows", n->urgent);
    eval_print_count("handed over", n->handed_over, n->urgent);
    eval_print_count("right reason", n->right_reason, n->urgent);
    eval_print_count("danger at P0", n->danger_first, n->danger);
    eval_print_number("other rows", n->calm);
    eval_print_count("false alarms", n->false_alarms, n->calm);
    eval_times_print(times);
    puts("reasons wanted, and got");
    print_reasons(n);
}

static bool put_reasons(cJSON *o, const counts *n)
{
    cJSON *table = cJSON_AddObjectToObject(o, "reasons");
    bool ok = table != NULL;

    for (size_t wanted = 0; ok && wanted < REASON_COUNT; wanted++) {
        cJSON *line = NULL;

        if (total_of(n->got[wanted]) > 0)
            ok = (line = cJSON_AddObjectToObject(table, reasons[wanted])) != NULL;
        for (size_t got = 0; ok && line && got < REASON_COUNT; got++)
            if (n->got[wanted][got] > 0)
                ok = json_put_whole(line, reasons[got], n->got[wanted][got]);
    }
    return ok;
}

/* NULL without memory. */
static cJSON *figures_json(const counts *n, const eval_times *times)
{
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_whole(o, "urgent_rows", n->urgent) &&
        eval_count_json(o, "recall", n->handed_over, n->urgent) &&
        eval_count_json(o, "right_reason", n->right_reason, n->urgent) &&
        json_put_whole(o, "danger_rows", n->danger) &&
        eval_count_json(o, "danger_p0", n->danger_first, n->danger) &&
        json_put_whole(o, "other_rows", n->calm) &&
        eval_count_json(o, "false_alarms", n->false_alarms, n->calm) && put_reasons(o, n) &&
        eval_times_json(o, times))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static int report(evaluation *e)
{
    const counts *n = e->counts;
    bool recall, quiet;

    if (!e->a->json)
        print_figures(n, &e->times);
    out_flush(e->c); /* the figures before what is said about them */
    recall = eval_reaches(e->c, "the share handed over", eval_share(n->handed_over, n->urgent),
                          e->a->min_recall);
    quiet = eval_keeps_to(e->c, "the share of false alarms", eval_share(n->false_alarms, n->calm),
                          e->a->max_false_alarms);
    return eval_finish(e, e->a->json ? figures_json(n, &e->times) : NULL, recall && quiet);
}

const eval_kind eval_urgent = {
    .name = "urgent",
    .wants = "`text TAB 1 or 0 TAB reason`",
    .minima = OPTION_BIT(OPTION_MIN_RECALL) | OPTION_BIT(OPTION_MAX_FALSE_ALARMS),
    .counts_size = sizeof(counts),
    .take = take,
    .report = report,
};
