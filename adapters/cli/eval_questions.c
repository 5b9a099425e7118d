/*
 * eval_questions.c - is the right entry found, and is it answered?
 *
 * A line of the set is `question TAB id[,id...]`; further columns are ignored. A row with any id
 * but "oos" is in the knowledge base; one with "oos" alone must not be answered. "exchange.how,oos"
 * is in it, and abstaining is fine too.
 *
 * The rank of a row is the place of the first expected id in: the reply's entry, if it has one,
 * then the candidates without it. That measures ranking whatever was decided:
 *
 *   expected refund.apply; reply: clarify, candidates refund.eta, refund.apply      -> rank 2
 *   expected refund.apply; reply: answer refund.eta, candidates eta, apply   -> rank 2, wrong
 *
 * Where a person is what the visitor needs (fraud, complaints), any handoff is right. Shares are of
 * the rows in the knowledge base, or of the out-of-scope rows where the name says so.
 */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

#define RANK_MAX 10
#define TOP_COUNT 3

typedef struct counts {
    uint64_t in_kb; /* rows some entry answers; the next seven count among these */
    uint64_t top1, top3, top10;
    double reciprocal_sum; /* of 1/rank for ranks up to 10 */
    uint64_t right;        /* answered, and the entry is an expected one */
    uint64_t wrong;        /* answered, and it is not */
    uint64_t clarified;
    uint64_t oos, oos_answered; /* rows no entry answers, and those answered all the same */
} counts;

/* One row of the set and what became of it; everything is borrowed. */
typedef struct row {
    jieda_str question, expected;
    bool in_kb;
    size_t rank; /* of the first expected entry, 0 if it is not among the candidates */
    bool right, wrong, oos_answered;
    const jieda_reply *reply;
} row;

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

/* The next expected id, without the empty ones. */
static bool next_id(jieda_str *rest, jieda_str *id)
{
    while (eval_next_field(rest, ',', id)) {
        *id = trim(*id);
        if (id->len > 0)
            return true;
    }
    return false;
}

static bool accepts(jieda_str expected, jieda_str entry_id)
{
    jieda_str id;

    while (next_id(&expected, &id))
        if (eval_id_accepts(id, entry_id))
            return true;
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

static void judge(row *r)
{
    jieda_decision decision = r->reply->decision;
    bool wants_person, accepted = accepts(r->expected, r->reply->entry_id);

    classify(r->expected, &r->in_kb, &wants_person);
    if (!r->in_kb) {
        r->oos_answered = decision == JIEDA_DECISION_ANSWER;
        return;
    }
    if (decision == JIEDA_DECISION_HANDOFF && wants_person) {
        r->rank = 1;
        r->right = true;
        return;
    }
    r->rank = rank_of(r->reply, r->expected);
    r->right =
        accepted && (decision == JIEDA_DECISION_ANSWER || decision == JIEDA_DECISION_SMALLTALK ||
                     decision == JIEDA_DECISION_HANDOFF);
    r->wrong = decision == JIEDA_DECISION_ANSWER && !accepted;
}

static void count(counts *n, const row *r)
{
    if (!r->in_kb) {
        n->oos++;
        n->oos_answered += r->oos_answered;
        return;
    }
    n->in_kb++;
    n->top1 += r->rank == 1;
    n->top3 += r->rank >= 1 && r->rank <= 3;
    n->top10 += r->rank >= 1;
    n->reciprocal_sum += r->rank ? 1.0 / (double)r->rank : 0.0;
    n->right += r->right;
    n->wrong += r->wrong;
    n->clarified += r->reply->decision == JIEDA_DECISION_CLARIFY;
}

/* ---- misses ---------------------------------------------------------------------------------- */

static const char *miss_name(const row *r)
{
    if (!r->in_kb)
        return "oos-answered";
    return r->wrong ? "wrong" : "miss";
}

static size_t top_count(const jieda_reply *reply)
{
    return reply->candidate_count < TOP_COUNT ? reply->candidate_count : TOP_COUNT;
}

/* Tabs between the fields, so that sort and cut work on the list. */
static void print_miss(const cli *c, const row *r)
{
    const jieda_reply *reply = r->reply;

    printf("%s%s%s\trank %zu\t", out_style(c, r->wrong ? STYLE_RED : STYLE_YELLOW), miss_name(r),
           out_style(c, STYLE_NONE), r->rank);
    out_text(stdout, r->question);
    printf("\texpected ");
    out_text(stdout, r->expected);
    printf("\tgot ");
    out_text(stdout, reply->entry_id.len ? reply->entry_id : text_of("-"));
    printf("\t%s %.2f\t", jieda_decision_name(reply->decision), (double)reply->confidence);
    for (size_t i = 0; i < top_count(reply); i++) {
        printf("%s", i > 0 ? ", " : "");
        out_text(stdout, reply->candidates[i].entry_id);
        printf(" %.2f", (double)reply->candidates[i].confidence);
    }
    fputc('\n', stdout);
}

static bool put_top(cJSON *object, const jieda_reply *reply)
{
    cJSON *array = cJSON_AddArrayToObject(object, "top");
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < top_count(reply); i++) {
        cJSON *item = cJSON_CreateObject();

        ok = item && json_put_str(item, "id", reply->candidates[i].entry_id) &&
             json_put_real(item, "confidence", reply->candidates[i].confidence) &&
             cJSON_AddItemToArray(array, item);
        if (!ok)
            cJSON_Delete(item);
    }
    return ok;
}

static cJSON *miss_json(const row *r)
{
    const jieda_reply *reply = r->reply;
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_str(o, "kind", text_of(miss_name(r))) && json_put_whole(o, "rank", r->rank) &&
        json_put_str(o, "question", r->question) && json_put_str(o, "expected", r->expected) &&
        json_put_str_or_null(o, "id", reply->entry_id) &&
        json_put_str(o, "decision", text_of(jieda_decision_name(reply->decision))) &&
        json_put_real(o, "confidence", reply->confidence) && put_top(o, reply))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static bool list_miss(evaluation *e, const row *r)
{
    if (!e->a->misses || (r->in_kb ? r->rank == 1 && !r->wrong : !r->oos_answered))
        return true;
    if (e->misses)
        return eval_add_miss(e, miss_json(r));
    out_progress_end(e->c);
    print_miss(e->c, r);
    return true;
}

/* ---- a line ---------------------------------------------------------------------------------- */

static int ask_row(evaluation *e, jieda_str question, jieda_str expected)
{
    row r = {.question = question, .expected = expected};
    jieda_str rest = expected, id;
    bool unranked;
    int code = eval_ask(e, question, true, &r.reply);

    if (code != CLI_OK)
        return code;
    judge(&r);
    count(e->counts, &r);
    if (!list_miss(e, &r))
        return out_of_memory(e->c);
    unranked = r.in_kb && r.rank == 0; /* only then an id can be misspelt */
    while (unranked && next_id(&rest, &id))
        if (!text_equal(id, "oos"))
            eval_warn_unknown(e, id);
    return CLI_OK;
}

static int take(evaluation *e, jieda_str line)
{
    jieda_str rest = line, question, expected, id, ids;

    eval_next_field(&rest, '\t', &question);
    if (!eval_next_field(&rest, '\t', &expected))
        return eval_bad_line(e, 0, "no tab; write `question TAB id[,id...]`");
    ids = expected;
    if (!next_id(&ids, &id))
        return eval_bad_line(e, 0, "no id after the tab; write an entry's id, or oos");
    return ask_row(e, question, expected);
}

/* ---- figures --------------------------------------------------------------------------------- */

static double mean_reciprocal(const counts *n)
{
    return n->in_kb ? n->reciprocal_sum / (double)n->in_kb : 0.0;
}

static void print_figures(const counts *n, const eval_times *times)
{
    eval_print_number("rows in KB", n->in_kb);
    eval_print_count("top-1", n->top1, n->in_kb);
    eval_print_count("top-3", n->top3, n->in_kb);
    eval_print_count("top-10", n->top10, n->in_kb);
    printf("%-20s %7.4f\n", "MRR@10", mean_reciprocal(n));
    eval_print_count("answered and right", n->right, n->in_kb);
    eval_print_count("wrong confident", n->wrong, n->in_kb);
    eval_print_count("clarified", n->clarified, n->in_kb);
    eval_print_number("oos rows", n->oos);
    eval_print_count("oos answered", n->oos_answered, n->oos);
    eval_times_print(times);
}

/* NULL without memory. */
static cJSON *figures_json(const counts *n, const eval_times *times)
{
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_whole(o, "rows_in_kb", n->in_kb) &&
        eval_count_json(o, "top1", n->top1, n->in_kb) &&
        eval_count_json(o, "top3", n->top3, n->in_kb) &&
        eval_count_json(o, "top10", n->top10, n->in_kb) &&
        json_put_real(o, "mrr10", mean_reciprocal(n)) &&
        eval_count_json(o, "answered_right", n->right, n->in_kb) &&
        eval_count_json(o, "wrong_confident", n->wrong, n->in_kb) &&
        eval_count_json(o, "clarified", n->clarified, n->in_kb) &&
        json_put_whole(o, "oos_rows", n->oos) &&
        eval_count_json(o, "oos_answered", n->oos_answered, n->oos) && eval_times_json(o, times))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static bool passes(const cli *c, const args *a, const counts *n)
{
    bool top1 = eval_reaches(c, "top-1", eval_share(n->top1, n->in_kb), a->min_top1);
    bool top3 = eval_reaches(c, "top-3", eval_share(n->top3, n->in_kb), a->min_top3);
    bool right =
        eval_reaches(c, "answered and right", eval_share(n->right, n->in_kb), a->min_right);
    bool wrong = a->max_wrong < 0 || n->wrong <= (uint64_t)a->max_wrong;

    if (!wrong)
        out_error(c, "%llu rows were answered wrongly, more than %ld; --misses lists them",
                  (unsigned long long)n->wrong, a->max_wrong);
    return top1 && top3 && right && wrong;
}

static int report(evaluation *e)
{
    const counts *n = e->counts;
    bool passed;

    if (!e->a->json)
        print_figures(n, &e->times);
    out_flush(e->c); /* the figures before what is said about them */
    passed = passes(e->c, e->a, n);
    return eval_finish(e, e->a->json ? figures_json(n, &e->times) : NULL, passed);
}

const eval_kind eval_questions = {
    .name = "questions",
    .wants = "`question TAB id[,id...]`",
    .minima = OPTION_BIT(OPTION_MIN_TOP1) | OPTION_BIT(OPTION_MIN_TOP3) |
              OPTION_BIT(OPTION_MIN_RIGHT) | OPTION_BIT(OPTION_MAX_WRONG),
    .counts_size = sizeof(counts),
    .take = take,
    .report = report,
};
