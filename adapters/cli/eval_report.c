/*
 * eval_report.c - the figures of an evaluation, for people and as JSON, and the minima they must
 * reach.
 *
 * Shares are of the rows in the knowledge base, or of the out-of-scope rows where the name says so;
 * a share of nothing is 0. Times are nearest-rank percentiles over all rows.
 */
#include "cli.h"

#include <stdlib.h>

#define TOP_COUNT 3

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0.0;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Of sorted times; the least one that `percent` of them do not exceed. */
static uint64_t percentile(const eval_figures *f, unsigned percent)
{
    size_t rank = (f->elapsed_count * percent + 99) / 100;

    return f->elapsed_count ? f->elapsed_us[rank > 0 ? rank - 1 : 0] : 0;
}

/* ---- misses ---------------------------------------------------------------------------------- */

static const char *kind(const eval_row *row)
{
    if (!row->in_kb)
        return "oos-answered";
    return row->wrong ? "wrong" : "miss";
}

static size_t top_count(const jieda_reply *reply)
{
    return reply->candidate_count < TOP_COUNT ? reply->candidate_count : TOP_COUNT;
}

/* Tabs between the fields, so that sort and cut work on the list. */
void eval_print_miss(const cli *c, const eval_row *row)
{
    const jieda_reply *reply = row->reply;

    printf("%s%s%s\trank %zu\t", out_style(c, row->wrong ? STYLE_RED : STYLE_YELLOW), kind(row),
           out_style(c, STYLE_NONE), row->rank);
    out_text(stdout, row->question);
    printf("\texpected ");
    out_text(stdout, row->expected);
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

cJSON *eval_miss_json(const eval_row *row)
{
    const jieda_reply *reply = row->reply;
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_str(o, "kind", text_of(kind(row))) && json_put_whole(o, "rank", row->rank) &&
        json_put_str(o, "question", row->question) && json_put_str(o, "expected", row->expected) &&
        json_put_str_or_null(o, "id", reply->entry_id) &&
        json_put_str(o, "decision", text_of(jieda_decision_name(reply->decision))) &&
        json_put_real(o, "confidence", reply->confidence) && put_top(o, reply))
        return o;
    cJSON_Delete(o);
    return NULL;
}

/* ---- figures --------------------------------------------------------------------------------- */

static void print_count(const char *name, uint64_t part, uint64_t whole)
{
    printf("%-20s %7llu  %6.2f %%\n", name, (unsigned long long)part, 100.0 * share(part, whole));
}

static void print_figures(const eval_figures *f)
{
    printf("%-20s %7llu\n", "rows in KB", (unsigned long long)f->in_kb);
    print_count("top-1", f->top1, f->in_kb);
    print_count("top-3", f->top3, f->in_kb);
    print_count("top-10", f->top10, f->in_kb);
    printf("%-20s %7.4f\n", "MRR@10", f->in_kb ? f->reciprocal_sum / (double)f->in_kb : 0.0);
    print_count("answered and right", f->right, f->in_kb);
    print_count("wrong confident", f->wrong, f->in_kb);
    print_count("clarified", f->clarified, f->in_kb);
    printf("%-20s %7llu\n", "oos rows", (unsigned long long)f->oos);
    print_count("oos answered", f->oos_answered, f->oos);
    printf("%-20s %7llu us\n%-20s %7llu us\n", "p50", (unsigned long long)percentile(f, 50), "p99",
           (unsigned long long)percentile(f, 99));
}

/* NULL without memory; `misses` may be NULL and is taken over. */
static cJSON *figures_json(const eval_figures *f, bool passed, cJSON *misses)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && json_put_whole(o, "rows_in_kb", f->in_kb) &&
              json_put_whole(o, "top1_count", f->top1) &&
              json_put_real(o, "top1", share(f->top1, f->in_kb)) &&
              json_put_whole(o, "top3_count", f->top3) &&
              json_put_real(o, "top3", share(f->top3, f->in_kb)) &&
              json_put_whole(o, "top10_count", f->top10) &&
              json_put_real(o, "top10", share(f->top10, f->in_kb)) &&
              json_put_real(o, "mrr10", f->in_kb ? f->reciprocal_sum / (double)f->in_kb : 0.0) &&
              json_put_whole(o, "answered_right_count", f->right) &&
              json_put_real(o, "answered_right", share(f->right, f->in_kb)) &&
              json_put_whole(o, "wrong_confident_count", f->wrong) &&
              json_put_real(o, "wrong_confident", share(f->wrong, f->in_kb)) &&
              json_put_whole(o, "clarified_count", f->clarified) &&
              json_put_real(o, "clarified", share(f->clarified, f->in_kb)) &&
              json_put_whole(o, "oos_rows", f->oos) &&
              json_put_whole(o, "oos_answered_count", f->oos_answered) &&
              json_put_real(o, "oos_answered", share(f->oos_answered, f->oos)) &&
              json_put_whole(o, "p50_us", percentile(f, 50)) &&
              json_put_whole(o, "p99_us", percentile(f, 99)) &&
              cJSON_AddBoolToObject(o, "passed", passed);

    if (ok && misses) {
        ok = cJSON_AddItemToObject(o, "misses", misses);
        misses = ok ? NULL : misses;
    }
    cJSON_Delete(misses);
    if (ok)
        return o;
    cJSON_Delete(o);
    return NULL;
}

/* ---- minima ---------------------------------------------------------------------------------- */

static bool reaches(const cli *c, const char *name, double value, double least)
{
    /* 9 of 10 rows reach 0.9, whatever the division left over. */
    if (least < 0 || value + 1e-9 >= least)
        return true;
    out_error(c, "%s is %.4f, below the minimum of %g; --misses lists why", name, value, least);
    return false;
}

static bool passes(const cli *c, const args *a, const eval_figures *f)
{
    bool top1 = reaches(c, "top-1", share(f->top1, f->in_kb), a->min_top1);
    bool top3 = reaches(c, "top-3", share(f->top3, f->in_kb), a->min_top3);
    bool right = reaches(c, "answered and right", share(f->right, f->in_kb), a->min_right);
    bool wrong = a->max_wrong < 0 || f->wrong <= (uint64_t)a->max_wrong;

    if (!wrong)
        out_error(c, "%llu rows were answered wrongly, more than %ld; --misses lists them",
                  (unsigned long long)f->wrong, a->max_wrong);
    return top1 && top3 && right && wrong;
}

int eval_report(cli *c, const args *a, eval_figures *f, cJSON *misses)
{
    bool passed;
    int code = CLI_OK;

    if (f->elapsed_count > 0)
        qsort(f->elapsed_us, f->elapsed_count, sizeof *f->elapsed_us, by_value);
    if (!a->json)
        print_figures(f);
    out_flush(c); /* the figures before what is said about them */
    passed = passes(c, a, f);
    if (a->json)
        code = out_json(c, figures_json(f, passed, misses));
    return code == CLI_OK && !passed ? CLI_FAILED : code;
}
