/*
 * eval_report.c - what the reports of all kinds of sets are made of.
 *
 * A share of nothing is 0. Times are nearest-rank percentiles over everything that was asked.
 */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

/* ---- fields ---------------------------------------------------------------------------------- */

bool eval_next_field(jieda_str *rest, char separator, jieda_str *field)
{
    const char *end;

    if (!rest->ptr)
        return false;
    end = memchr(rest->ptr, separator, rest->len);
    *field = (jieda_str){rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    *rest = end ? (jieda_str){end + 1, rest->len - field->len - 1} : (jieda_str){NULL, 0};
    return true;
}

bool eval_is_wildcard(jieda_str id)
{
    return id.len > 2 && memcmp(id.ptr + id.len - 2, ".*", 2) == 0;
}

bool eval_id_accepts(jieda_str expected, jieda_str entry_id)
{
    if (entry_id.len == 0)
        return false;
    if (expected.len == entry_id.len && memcmp(expected.ptr, entry_id.ptr, entry_id.len) == 0)
        return true;
    return eval_is_wildcard(expected) && entry_id.len >= expected.len &&
           memcmp(expected.ptr, entry_id.ptr, expected.len - 1) == 0;
}

/* ---- shares ---------------------------------------------------------------------------------- */

double eval_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0.0;
}

void eval_print_count(const char *name, uint64_t part, uint64_t whole)
{
    printf("%-20s %7llu  %6.2f %%\n", name, (unsigned long long)part,
           100.0 * eval_share(part, whole));
}

void eval_print_number(const char *name, uint64_t number)
{
    printf("%-20s %7llu\n", name, (unsigned long long)number);
}

bool eval_count_json(cJSON *object, const char *name, uint64_t part, uint64_t whole)
{
    char count_name[64];

    snprintf(count_name, sizeof count_name, "%s_count", name);
    return json_put_whole(object, count_name, part) &&
           json_put_real(object, name, eval_share(part, whole));
}

/* ---- times ----------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void eval_times_sort(eval_times *times)
{
    if (times->count > 0)
        qsort(times->us, times->count, sizeof *times->us, by_value);
}

/* Of sorted times; the least one that `percent` of them do not exceed. */
static uint64_t percentile(const eval_times *times, unsigned percent)
{
    size_t rank = (times->count * percent + 99) / 100;

    return times->count ? times->us[rank > 0 ? rank - 1 : 0] : 0;
}

void eval_times_print(const eval_times *times)
{
    printf("%-20s %7llu us\n%-20s %7llu us\n", "p50", (unsigned long long)percentile(times, 50),
           "p99", (unsigned long long)percentile(times, 99));
}

bool eval_times_json(cJSON *object, const eval_times *times)
{
    return json_put_whole(object, "p50_us", percentile(times, 50)) &&
           json_put_whole(object, "p99_us", percentile(times, 99));
}

/* ---- minima ---------------------------------------------------------------------------------- */

/* 9 of 10 rows reach 0.9, whatever the division left over. */
#define ROUNDING 1e-9

bool eval_reaches(const cli *c, const char *name, double value, double least)
{
    if (least < 0 || value + ROUNDING >= least)
        return true;
    out_error(c, "%s is %.4f, below the minimum of %g; --misses lists why", name, value, least);
    return false;
}

bool eval_keeps_to(const cli *c, const char *name, double value, double most)
{
    if (most < 0 || value <= most + ROUNDING)
        return true;
    out_error(c, "%s is %.4f, above the maximum of %g; --misses lists why", name, value, most);
    return false;
}

int eval_finish(evaluation *e, cJSON *report, bool passed)
{
    bool ok = !e->a->json || (report && cJSON_AddBoolToObject(report, "passed", passed));
    int code = CLI_OK;

    if (ok && e->misses) {
        ok = cJSON_AddItemToObject(report, "misses", e->misses);
        e->misses = ok ? NULL : e->misses;
    }
    if (!ok) {
        cJSON_Delete(report);
        report = NULL;
    }
    if (e->a->json)
        code = out_json(e->c, report);
    return code == CLI_OK && !passed ? CLI_FAILED : code;
}
