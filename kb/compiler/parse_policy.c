/*
 * parse_policy.c - policy.json: who takes over when, how soon, and what the bot says itself.
 *
 *   {"format": 1,
 *    "answer_percent": {"info": 60, "money": 72}, "misses_before_handoff": 2,
 *    "time_zone": "+08:00", "hours": [{"days": ["mon"], "from": "08:00", "to": "22:00"}],
 *    "queues": [{"id": "general", "title": {"zh": "人工客服"}}],
 *    "handoff": {"fraud": {"priority": "P0", "queue": "general", "due_minutes": 5}}, ...}
 *
 * Every key is optional; what is left out is as if there were no policy. Rows are put into the
 * order the engine wants them in here, because overlaps show only then. A span does not cross
 * midnight: "20:00" to "02:00" is two of them, "20:00" to "24:00" and, the day after, "00:00" to
 * "02:00".
 */
#include "compiler/parse.h"
#include "compiler/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTER_MAX 100u /* of misses and the like */

typedef struct parser {
    jieda__json *json;
    jieda__source *source;
    jieda__src_policy *out;
} parser;

#define REPORT(p, value, ...)                                                                      \
    jieda__report((p)->json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos((p)->json, value), \
                  __VA_ARGS__)

/* ---- values ---------------------------------------------------------------------------------- */

/* An integer that may be absent: then `out` is as it was. */
static void parse_number(parser *p, jieda__json_value value, const char *name, uint32_t min,
                         uint32_t max, uint32_t *out)
{
    if (!value.item)
        return;
    if (value.item->valuedouble < min || value.item->valuedouble > max)
        REPORT(p, value, "out-of-range", "\"%s\" is %.0f; write %u to %u", name,
               value.item->valuedouble, min, max);
    else
        *out = (uint32_t)value.item->valueint;
}

/* Items of a list, zeroed; NULL when there are none, too many, or no memory. */
static void *parse_list(parser *p, jieda__json_value value, const char *name, size_t max,
                        size_t size)
{
    char quoted[64];
    size_t count;

    snprintf(quoted, sizeof quoted, "\"%s\"", name);
    if (!value.item || !jieda__json_filled(p->json, value, quoted))
        return NULL;
    count = jieda__json_count(value);
    if (count > max) {
        REPORT(p, value, "too-many-rows", "\"%s\" has %zu items; at most %zu are possible", name,
               count, max);
        return NULL;
    }
    return jieda__json_alloc(p->json, count, size);
}

static void parse_names(parser *p, jieda__json_value value, const char *name, jieda__src_names *out)
{
    out->items = parse_list(p, value, name, SIZE_MAX, sizeof *out->items);
    if (!out->items)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(p->json, v)) {
        char item_name[64];

        snprintf(item_name, sizeof item_name, "an item of \"%s\"", name);
        if (jieda__json_copy(p->json, v, item_name, &out->items[out->count].text))
            out->items[out->count++].pos = jieda__json_pos(p->json, v);
    }
}

static void parse_priority(parser *p, jieda__json_value value, uint32_t *out)
{
    static const char *const words[] = {"P0", "P1", "P2", "P3"};
    size_t index;

    if (!value.item)
        return;
    index = jieda__json_enum(p->json, value, "\"priority\"", words, 4);
    if (index < 4)
        *out = (uint32_t)index;
}

/* Queues were read before. */
static void parse_queue_name(parser *p, jieda__json_value value, uint32_t *out)
{
    jieda__suggestion suggestion;
    jieda_str name;

    if (!value.item)
        return;
    name = jieda__str(value.item->valuestring);
    suggestion = jieda__suggest(name);
    for (uint32_t i = 0; i < p->out->queue_count; i++) {
        if (jieda__str_equal(p->out->queues[i].id, name)) {
            *out = i;
            return;
        }
        jieda__suggest_offer(&suggestion, p->out->queues[i].id);
    }
    REPORT(p, value, "unknown-queue", "unknown queue \"%s\"; %s", jieda__quote(name).text,
           jieda__suggest_fix(&suggestion, "add it to \"queues\"").text);
}

/* Two digits at `at`; 100 if they are none. */
static uint32_t two_digits(const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return 100;
    return (uint32_t)(at[0] - '0') * 10 + (uint32_t)(at[1] - '0');
}

/* "HH:MM", "24:00" too, in minutes; JIEDA__NONE if it is none. */
static uint32_t clock_minutes(jieda_str text)
{
    uint32_t hour, minute;

    if (text.len != 5 || text.ptr[2] != ':')
        return JIEDA__NONE;
    hour = two_digits(text.ptr);
    minute = two_digits(text.ptr + 3);
    if (minute > 59 || hour > 24 || (hour == 24 && minute > 0))
        return JIEDA__NONE;
    return hour * 60 + minute;
}

static void parse_time_zone(parser *p, jieda__json_value value)
{
    jieda_str text;
    uint32_t minutes = JIEDA__NONE;

    if (!value.item)
        return;
    text = jieda__str(value.item->valuestring);
    if (text.len == 6 && (text.ptr[0] == '+' || text.ptr[0] == '-'))
        minutes = clock_minutes((jieda_str){text.ptr + 1, 5});
    if (minutes > JIEDA__POLICY_OFFSET_MINUTES_MAX)
        REPORT(p, value, "bad-time",
               "time zone \"%s\" is none; write what is to be added to UTC, \"-14:00\" to "
               "\"+14:00\"",
               jieda__quote(text).text);
    else
        p->out->header.utc_offset_minutes =
            text.ptr[0] == '-' ? -(int32_t)minutes : (int32_t)minutes;
}

/* ---- hours ----------------------------------------------------------------------------------- */

/* A span and where it was written. */
typedef struct placed_span {
    jieda__policy_span span;
    jieda__pos pos;
} placed_span;

/* False: reported. */
static bool parse_from_to(parser *p, jieda__json_value from, jieda__json_value to,
                          jieda__policy_span *out)
{
    const jieda__json_value times[2] = {from, to};
    uint32_t minutes[2];
    bool ok = true;

    if (!from.item || !to.item)
        return false;
    for (size_t i = 0; i < 2; i++) {
        jieda_str text = jieda__str(times[i].item->valuestring);

        minutes[i] = clock_minutes(text);
        if (minutes[i] != JIEDA__NONE)
            continue;
        REPORT(p, times[i], "bad-time", "\"%s\" is no time of day; write HH:MM, 00:00 to 24:00",
               jieda__quote(text).text);
        ok = false;
    }
    if (ok && minutes[0] >= minutes[1]) {
        REPORT(p, to, "inverted-hours",
               "hours end before they begin; for hours past midnight write two spans, one to "
               "\"24:00\" and one of the day after from \"00:00\"");
        ok = false;
    }
    out->from = (uint16_t)minutes[0];
    out->to = (uint16_t)minutes[1];
    return ok;
}

/* By day and time, then as written. */
static int compare_spans(const void *a, const void *b)
{
    const placed_span *x = a, *y = b;

    if (x->span.day != y->span.day)
        return x->span.day < y->span.day ? -1 : 1;
    if (x->span.from != y->span.from)
        return x->span.from < y->span.from ? -1 : 1;
    if (x->pos.line != y->pos.line)
        return x->pos.line < y->pos.line ? -1 : 1;
    return x->pos.column < y->pos.column ? -1 : x->pos.column > y->pos.column;
}

/* Sorts spans and takes them over; reports those that overlap. */
static void keep_spans(parser *p, placed_span *spans, size_t count, const char *name,
                       jieda__policy_span **out, size_t *count_out)
{
    jieda__policy_span *rows = jieda__json_alloc(p->json, count, sizeof *rows);

    if (!rows)
        return;
    qsort(spans, count, sizeof *spans, compare_spans);
    for (size_t i = 0; i < count; i++) {
        const placed_span *before = i > 0 ? &spans[i - 1] : NULL;

        rows[i] = spans[i].span;
        if (before && before->span.day == spans[i].span.day && before->span.to > spans[i].span.from)
            jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR, spans[i].pos,
                          "overlapping-hours",
                          "\"%s\" overlap those at %s; let each time of day be in one of them",
                          name, jieda__place_phrase(before->pos).text);
    }
    *out = rows;
    *count_out = count;
}

static void parse_hours(parser *p, jieda__json_value value)
{
    enum { DAYS, FROM, TO, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [DAYS] = {"days", JIEDA__JSON_LIST, true, "[\"mon\", \"tue\"]"},
        [FROM] = {"from", JIEDA__JSON_STRING, true, "\"08:00\""},
        [TO] = {"to", JIEDA__JSON_STRING, true, "\"22:00\""},
    };
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    jieda__json *json = p->json;
    placed_span *spans =
        parse_list(p, value, "hours", JIEDA__POLICY_SPAN_COUNT_MAX / 7, 7 * sizeof *spans);
    size_t count = 0;

    if (!spans)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__policy_span span = {0};
        jieda__json_value at[COUNT];
        unsigned seen = 0;

        if (!jieda__json_keys(json, v, "an item of \"hours\"", keys, COUNT, at) ||
            !parse_from_to(p, at[FROM], at[TO], &span) || !at[DAYS].item ||
            !jieda__json_filled(json, at[DAYS], "\"days\""))
            continue;
        for (jieda__json_value d = jieda__json_child(at[DAYS]); d.item;
             d = jieda__json_next(json, d)) {
            size_t day = jieda__json_enum(json, d, "a day", names, 7);

            if (day == 7 || seen & 1u << day)
                continue; /* a day named twice is that day */
            seen |= 1u << day;
            span.day = (int32_t)day;
            spans[count++] = (placed_span){span, jieda__json_pos(json, d)};
        }
    }
    keep_spans(p, spans, count, "hours", &p->out->hours, &p->out->hour_count);
}

/* The days since 1970-01-01 of a date; false if it is none, which is reported. */
static bool parse_date(parser *p, jieda__json_value value, int32_t *out)
{
    jieda_str text = jieda__str(value.item->valuestring);

    if (jieda__date_number(text) == 0) {
        REPORT(p, value, "bad-date",
               "date \"%s\" is none; write a day of the calendar as YYYY-MM-DD",
               jieda__quote(text).text);
        return false;
    }
    *out = jieda__days_from_date(text);
    return true;
}

static void parse_open(parser *p, jieda__json_value value)
{
    enum { DATE, FROM, TO, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [DATE] = {"date", JIEDA__JSON_STRING, true, "\"2027-02-14\""},
        [FROM] = {"from", JIEDA__JSON_STRING, true, "\"09:00\""},
        [TO] = {"to", JIEDA__JSON_STRING, true, "\"18:00\""},
    };
    jieda__json *json = p->json;
    placed_span *spans = parse_list(p, value, "open", JIEDA__POLICY_SPAN_COUNT_MAX, sizeof *spans);
    size_t count = 0;

    if (!spans)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__policy_span span = {0};
        jieda__json_value at[COUNT];

        if (jieda__json_keys(json, v, "an item of \"open\"", keys, COUNT, at) &&
            parse_from_to(p, at[FROM], at[TO], &span) && at[DATE].item &&
            parse_date(p, at[DATE], &span.day))
            spans[count++] = (placed_span){span, jieda__json_pos(json, at[DATE])};
    }
    keep_spans(p, spans, count, "open", &p->out->open, &p->out->open_count);
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return x < y ? -1 : x > y;
}

/* After the dates that are open. */
static void parse_closed(parser *p, jieda__json_value value)
{
    jieda__json *json = p->json;
    int32_t *days = parse_list(p, value, "closed", JIEDA__POLICY_SPAN_COUNT_MAX, sizeof *days);
    size_t count = 0;

    if (!days)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        bool again = false;
        int32_t day;

        if (!jieda__json_expect(json, v, JIEDA__JSON_STRING, "an item of \"closed\"",
                                "\"2027-02-06\"") ||
            !parse_date(p, v, &day))
            continue;
        for (size_t i = 0; i < count && !again; i++)
            again = days[i] == day;
        for (size_t i = 0; i < p->out->open_count && !again; i++)
            again = p->out->open[i].day == day;
        if (again)
            REPORT(p, v, "date-conflict",
                   "date \"%s\" is twice in \"closed\", or in \"open\" too; keep it in one",
                   v.item->valuestring);
        else
            days[count++] = day;
    }
    qsort(days, count, sizeof *days, compare_days);
    p->out->closed = days;
    p->out->closed_count = count;
}

/* ---- queues and service ---------------------------------------------------------------------- */

/* The one queue of a policy that names none. */
static void add_default_queue(parser *p)
{
    const jieda__source *source = p->source;
    jieda__src_queue *queue = jieda__json_alloc(p->json, 1, sizeof *queue);

    if (!queue)
        return;
    queue->id = jieda__str(jieda__policy_default_queue);
    queue->row.always_open = 0;
    for (size_t i = 0; i < source->language_count; i++)
        queue->title.text[i] = jieda__policy_default_title(source->languages[i]);
    p->out->queues = queue;
    p->out->queue_count = 1;
}

static void parse_queues(parser *p, jieda__json_value value)
{
    enum { ID, TITLE, ALWAYS_OPEN, WAIT_MINUTES, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ID] = {"id", JIEDA__JSON_STRING, true, "\"general\""},
        [TITLE] = {"title", JIEDA__JSON_OBJECT, true, "{\"zh\": \"...\"}"},
        [ALWAYS_OPEN] = {"always_open", JIEDA__JSON_BOOLEAN, false, "true"},
        [WAIT_MINUTES] = {"wait_minutes", JIEDA__JSON_INTEGER, false, "10"},
    };
    jieda__json *json = p->json;
    jieda__src_policy *out = p->out;

    out->queues =
        parse_list(p, value, "queues", JIEDA__POLICY_QUEUE_COUNT_MAX, sizeof *out->queues);
    if (!out->queues)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_queue *queue = &out->queues[out->queue_count];
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "a queue", keys, COUNT, at) || !at[ID].item ||
            !jieda__json_string(json, at[ID], "\"id\"", &queue->id))
            continue;
        queue->pos = jieda__json_pos(json, at[ID]);
        jieda__localized_parse(json, p->source, at[TITLE], "\"title\"", &queue->title);
        queue->row.always_open = cJSON_IsTrue(at[ALWAYS_OPEN].item) ? 1 : 0;
        parse_number(p, at[WAIT_MINUTES], "wait_minutes", 0, JIEDA__POLICY_WAIT_MINUTES_MAX,
                     &queue->row.wait_minutes);
        out->queue_count++;
    }
}

static void parse_handoff(parser *p, jieda__json_value value)
{
    enum { PRIORITY, QUEUE, DUE_MINUTES, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [PRIORITY] = {"priority", JIEDA__JSON_STRING, false, "\"P2\""},
        [QUEUE] = {"queue", JIEDA__JSON_STRING, false, "\"general\""},
        [DUE_MINUTES] = {"due_minutes", JIEDA__JSON_INTEGER, false, "15"},
    };
    static const char name[] = "a reason of \"handoff\"";
    jieda__json_key reasons[JIEDA__REASON_COUNT - 1];
    jieda__json_value found[JIEDA__REASON_COUNT - 1], at[COUNT];
    jieda__json *json = p->json;

    for (uint32_t i = 1; i < JIEDA__REASON_COUNT; i++)
        reasons[i - 1] = (jieda__json_key){jieda__reason_name(i), JIEDA__JSON_OBJECT, false,
                                           "{\"priority\": \"P2\", \"due_minutes\": 15}"};
    if (!value.item || !jieda__json_filled(json, value, "\"handoff\"") ||
        !jieda__json_keys(json, value, "\"handoff\"", reasons, JIEDA__REASON_COUNT - 1, found))
        return;
    for (uint32_t i = 1; i < JIEDA__REASON_COUNT; i++) {
        jieda__policy_reason *row = &p->out->header.reasons[i];

        if (!found[i - 1].item || !jieda__json_filled(json, found[i - 1], name) ||
            !jieda__json_keys(json, found[i - 1], name, keys, COUNT, at))
            continue;
        parse_priority(p, at[PRIORITY], &row->priority);
        parse_queue_name(p, at[QUEUE], &row->queue);
        parse_number(p, at[DUE_MINUTES], "due_minutes", 1, JIEDA__POLICY_DUE_MINUTES_MAX,
                     &row->due_minutes);
    }
}

static void parse_levels(parser *p, jieda__json_value value)
{
    enum { COMPLAINTS, DUE_MINUTES, PRIORITY, QUEUE, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [COMPLAINTS] = {"complaints", JIEDA__JSON_INTEGER, true, "2"},
        [DUE_MINUTES] = {"due_minutes", JIEDA__JSON_INTEGER, true, "60"},
        [PRIORITY] = {"priority", JIEDA__JSON_STRING, false, "\"P1\""},
        [QUEUE] = {"queue", JIEDA__JSON_STRING, false, "\"complaints\""},
    };
    jieda__json *json = p->json;
    jieda__src_policy *out = p->out;

    out->levels = parse_list(p, value, "complaint_levels", JIEDA__POLICY_LEVEL_COUNT_MAX,
                             sizeof *out->levels);
    if (!out->levels)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__policy_level level = {0, 0, JIEDA__NONE, JIEDA__NONE};
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "a complaint level", keys, COUNT, at))
            continue;
        parse_number(p, at[COMPLAINTS], "complaints", 1, COUNTER_MAX, &level.complaints);
        parse_number(p, at[DUE_MINUTES], "due_minutes", 1, JIEDA__POLICY_DUE_MINUTES_MAX,
                     &level.due_minutes);
        parse_priority(p, at[PRIORITY], &level.priority);
        parse_queue_name(p, at[QUEUE], &level.queue);
        if (level.complaints == 0 || level.due_minutes == 0)
            continue; /* reported */
        if (out->level_count > 0 &&
            out->levels[out->level_count - 1].complaints >= level.complaints)
            REPORT(p, at[COMPLAINTS], "level-order",
                   "\"complaints\" do not rise from level to level; order them by it");
        else
            out->levels[out->level_count++] = level;
    }
}

static void parse_tags(parser *p, jieda__json_value value)
{
    enum { TAG, VALUES, QUEUE, RAISE, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [TAG] = {"tag", JIEDA__JSON_STRING, true, "\"vip\""},
        [VALUES] = {"values", JIEDA__JSON_LIST, true, "[\"1\"]"},
        [QUEUE] = {"queue", JIEDA__JSON_STRING, false, "\"vip\""},
        [RAISE] = {"raise", JIEDA__JSON_INTEGER, false, "1"},
    };
    jieda__json *json = p->json;
    jieda__src_policy *out = p->out;

    if (!value.item || !jieda__json_filled(json, value, "\"tags\""))
        return;
    out->tags = jieda__json_alloc(json, JIEDA__POLICY_TAG_COUNT_MAX, sizeof *out->tags);
    if (!out->tags)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_tag tag = {.row = {JIEDA__NONE, 0}};
        jieda__json_value at[COUNT];
        jieda_str *values = NULL;
        size_t value_count = 0;

        if (!jieda__json_keys(json, v, "a tag", keys, COUNT, at))
            continue;
        parse_queue_name(p, at[QUEUE], &tag.row.queue);
        parse_number(p, at[RAISE], "raise", 1, 3, &tag.row.raise);
        if (!at[QUEUE].item && !at[RAISE].item)
            REPORT(p, v, "missing-key",
                   "a tag without \"queue\" or \"raise\" changes nothing; add one of them");
        if (at[VALUES].item)
            jieda__json_strings(json, at[VALUES], "\"values\"", &values, &value_count);
        if (!at[TAG].item || !jieda__json_string(json, at[TAG], "\"tag\"", &tag.name))
            continue;
        if (value_count > JIEDA__POLICY_TAG_COUNT_MAX - out->tag_count) {
            REPORT(p, at[VALUES], "too-many-rows",
                   "\"tags\" have more than %u values together; remove some",
                   JIEDA__POLICY_TAG_COUNT_MAX);
            return;
        }
        for (size_t i = 0; i < value_count; i++) {
            tag.value = values[i];
            out->tags[out->tag_count++] = tag;
        }
    }
}

/* ---- entries and reminders ------------------------------------------------------------------- */

/* A reason from "requested" on; JIEDA__REASON_NONE: reported. */
static uint32_t parse_reason(parser *p, jieda__json_value value)
{
    const char *words[JIEDA__REASON_COUNT - 1];
    size_t index;

    for (uint32_t i = 1; i < JIEDA__REASON_COUNT; i++)
        words[i - 1] = jieda__reason_name(i);
    index = jieda__json_enum(p->json, value, "\"reason\"", words, JIEDA__REASON_COUNT - 1);
    return index < JIEDA__REASON_COUNT - 1 ? (uint32_t)index + 1 : JIEDA__REASON_NONE;
}

static void parse_always(parser *p, jieda__json_value value)
{
    enum { ENTRY, REASON, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ENTRY] = {"entry", JIEDA__JSON_STRING, true, "\"fraud.freeze\""},
        [REASON] = {"reason", JIEDA__JSON_STRING, true, "\"fraud\""},
    };
    jieda__json *json = p->json;
    jieda__src_policy *out = p->out;

    out->always = parse_list(p, value, "always", SIZE_MAX, sizeof *out->always);
    if (!out->always)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_always always = {0};
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "an item of \"always\"", keys, COUNT, at))
            continue;
        if (at[REASON].item)
            always.reason = parse_reason(p, at[REASON]);
        if (!at[ENTRY].item ||
            !jieda__json_copy(json, at[ENTRY], "\"entry\"", &always.entry.text) ||
            always.reason == JIEDA__REASON_NONE)
            continue;
        always.entry.pos = jieda__json_pos(json, at[ENTRY]);
        out->always[out->always_count++] = always;
    }
}

static void parse_entries(parser *p, jieda__json_value value)
{
    enum { ALWAYS, NEVER, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ALWAYS] = {"always", JIEDA__JSON_LIST, false,
                    "[{\"entry\": \"...\", \"reason\": \"...\"}]"},
        [NEVER] = {"never", JIEDA__JSON_LIST, false, "[\"service.contact\"]"},
    };
    jieda__json_value at[COUNT];

    if (!value.item || !jieda__json_filled(p->json, value, "\"entries\"") ||
        !jieda__json_keys(p->json, value, "\"entries\"", keys, COUNT, at))
        return;
    parse_always(p, at[ALWAYS]);
    parse_names(p, at[NEVER], "never", &p->out->never);
}

static void parse_reminders(parser *p, jieda__json_value value)
{
    enum { ID, TOPICS, RULES, TEXT, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ID] = {"id", JIEDA__JSON_STRING, true, "\"stranger\""},
        [TOPICS] = {"topics", JIEDA__JSON_LIST, false, "[\"transfer\"]"},
        [RULES] = {"rules", JIEDA__JSON_LIST, false, "[\"remind.stranger\"]"},
        [TEXT] = {"text", JIEDA__JSON_OBJECT, true, "{\"zh\": \"...\"}"},
    };
    jieda__json *json = p->json;
    jieda__src_policy *out = p->out;

    out->reminders =
        parse_list(p, value, "reminders", JIEDA__POLICY_REMINDER_COUNT_MAX, sizeof *out->reminders);
    if (!out->reminders)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_reminder *reminder = &out->reminders[out->reminder_count];
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "a reminder", keys, COUNT, at) || !at[ID].item ||
            !jieda__json_string(json, at[ID], "\"id\"", &reminder->id))
            continue;
        reminder->pos = jieda__json_pos(json, at[ID]);
        if (!at[TOPICS].item && !at[RULES].item)
            REPORT(p, v, "missing-key",
                   "a reminder without \"topics\" or \"rules\" is never shown; add one of them");
        parse_names(p, at[TOPICS], "topics", &reminder->topics);
        parse_names(p, at[RULES], "rules", &reminder->rules);
        jieda__localized_parse(json, p->source, at[TEXT], "\"text\"", &reminder->text);
        out->reminder_count++;
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static bool has_field(const char *fields, const char *name, size_t len)
{
    for (const char *at = fields; *at;) {
        size_t field_len = strcspn(at, " ");

        if (field_len == len && memcmp(at, name, len) == 0)
            return true;
        at += field_len + (at[field_len] == ' ');
    }
    return false;
}

/* "{{ticket}}, {{queue}}" of "ticket queue". */
static jieda__phrase list_fields(const char *fields)
{
    jieda__phrase phrase = {""};
    size_t used = 0;

    for (const char *at = fields; *at;) {
        size_t len = strcspn(at, " ");

        used += (size_t)snprintf(phrase.text + used, sizeof phrase.text - used, "%s{{%.*s}}",
                                 used > 0 ? ", " : "", (int)len, at);
        at += len + (at[len] == ' ');
    }
    return phrase;
}

/* The fields a message's text uses are those it may. */
static void check_fields(parser *p, jieda__json_value value, const jieda__message_text *message)
{
    const char *at = value.item->valuestring;

    while ((at = strstr(at, "{{")) != NULL) {
        size_t len = strspn(at += 2, "abcdefghijklmnopqrstuvwxyz_");

        if (len == 0 || strncmp(at + len, "}}", 2) != 0)
            REPORT(p, value, "bad-placeholder",
                   "\"{{\" that begins no field; write {{name}} without spaces");
        else if (message->fields[0] == '\0')
            REPORT(p, value, "unknown-field",
                   "unknown field \"{{%.*s}}\" in message \"%s\"; it has none", (int)len, at,
                   message->name);
        else if (!has_field(message->fields, at, len))
            REPORT(p, value, "unknown-field",
                   "unknown field \"{{%.*s}}\" in message \"%s\"; it may use %s", (int)len, at,
                   message->name, list_fields(message->fields).text);
    }
}

static void parse_messages(parser *p, jieda__json_value value)
{
    jieda__json_key keys[JIEDA__MESSAGE_COUNT - 1];
    jieda__json_value at[JIEDA__MESSAGE_COUNT - 1];
    jieda__json *json = p->json;

    for (size_t i = 1; i < JIEDA__MESSAGE_COUNT; i++)
        keys[i - 1] = (jieda__json_key){jieda__message_texts[i].name, JIEDA__JSON_OBJECT, false,
                                        "{\"zh\": \"...\"}"};
    if (!value.item || !jieda__json_filled(json, value, "\"messages\"") ||
        !jieda__json_keys(json, value, "\"messages\"", keys, JIEDA__MESSAGE_COUNT - 1, at))
        return;
    for (size_t i = 1; i < JIEDA__MESSAGE_COUNT; i++) {
        char name[64];

        snprintf(name, sizeof name, "message \"%s\"", jieda__message_texts[i].name);
        jieda__localized_parse(json, p->source, at[i - 1], name, &p->out->messages[i]);
        if (!at[i - 1].item)
            continue;
        for (jieda__json_value v = jieda__json_child(at[i - 1]); v.item;
             v = jieda__json_next(json, v))
            if (cJSON_IsString(v.item))
                check_fields(p, v, &jieda__message_texts[i]);
    }
}

/* ---- the policy ------------------------------------------------------------------------------ */

static void parse_percents(parser *p, jieda__json_value value)
{
    static const jieda__json_key keys[JIEDA__ENTRY_RISK_COUNT] = {
        [JIEDA__ENTRY_RISK_INFO] = {"info", JIEDA__JSON_INTEGER, false, "60"},
        [JIEDA__ENTRY_RISK_MONEY] = {"money", JIEDA__JSON_INTEGER, false, "72"},
        [JIEDA__ENTRY_RISK_ACCOUNT] = {"account", JIEDA__JSON_INTEGER, false, "72"},
        [JIEDA__ENTRY_RISK_FRAUD] = {"fraud", JIEDA__JSON_INTEGER, false, "72"},
    };
    jieda__json_value at[JIEDA__ENTRY_RISK_COUNT];

    if (!value.item || !jieda__json_filled(p->json, value, "\"answer_percent\"") ||
        !jieda__json_keys(p->json, value, "\"answer_percent\"", keys, JIEDA__ENTRY_RISK_COUNT, at))
        return;
    for (int i = 0; i < JIEDA__ENTRY_RISK_COUNT; i++)
        parse_number(p, at[i], keys[i].name, 0, 100, &p->out->header.answer_percent[i]);
}

void jieda__policy_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                               jieda__source *source)
{
    enum {
        FORMAT,
        ANSWER_PERCENT,
        OPTION_PERCENT,
        DANGER_PERCENT,
        URGENT_PERCENT,
        MISSES,
        REPEATS,
        SESSION_MINUTES,
        REOPEN_HOURS,
        TIME_ZONE,
        HOURS,
        CLOSED,
        OPEN,
        QUEUES,
        HANDOFF,
        LEVELS,
        TAGS,
        ENTRIES,
        IDENTITY_CHECK,
        REMINDERS,
        MESSAGES,
        COUNT,
    };
    const jieda__json_key keys[COUNT] = {
        [FORMAT] = {"format", JIEDA__JSON_INTEGER, whole, "1"},
        [ANSWER_PERCENT] = {"answer_percent", JIEDA__JSON_OBJECT, false, "{\"info\": 60}"},
        [OPTION_PERCENT] = {"option_percent", JIEDA__JSON_INTEGER, false, "5"},
        [DANGER_PERCENT] = {"danger_percent", JIEDA__JSON_INTEGER, false, "50"},
        [URGENT_PERCENT] = {"urgent_percent", JIEDA__JSON_INTEGER, false, "60"},
        [MISSES] = {"misses_before_handoff", JIEDA__JSON_INTEGER, false, "2"},
        [REPEATS] = {"same_answers_before_handoff", JIEDA__JSON_INTEGER, false, "3"},
        [SESSION_MINUTES] = {"session_minutes", JIEDA__JSON_INTEGER, false, "30"},
        [REOPEN_HOURS] = {"reopen_hours", JIEDA__JSON_INTEGER, false, "72"},
        [TIME_ZONE] = {"time_zone", JIEDA__JSON_STRING, false, "\"+08:00\""},
        [HOURS] = {"hours", JIEDA__JSON_LIST, false,
                   "[{\"days\": [\"mon\"], \"from\": \"08:00\", \"to\": \"22:00\"}]"},
        [CLOSED] = {"closed", JIEDA__JSON_LIST, false, "[\"2027-02-06\"]"},
        [OPEN] = {"open", JIEDA__JSON_LIST, false,
                  "[{\"date\": \"2027-02-14\", \"from\": \"09:00\", \"to\": \"18:00\"}]"},
        [QUEUES] = {"queues", JIEDA__JSON_LIST, false,
                    "[{\"id\": \"general\", \"title\": {\"zh\": \"...\"}}]"},
        [HANDOFF] = {"handoff", JIEDA__JSON_OBJECT, false, "{\"fraud\": {\"priority\": \"P0\"}}"},
        [LEVELS] = {"complaint_levels", JIEDA__JSON_LIST, false,
                    "[{\"complaints\": 2, \"due_minutes\": 60}]"},
        [TAGS] = {"tags", JIEDA__JSON_LIST, false,
                  "[{\"tag\": \"vip\", \"values\": [\"1\"], \"raise\": 1}]"},
        [ENTRIES] = {"entries", JIEDA__JSON_OBJECT, false, "{\"never\": [\"service.contact\"]}"},
        [IDENTITY_CHECK] = {"identity_check", JIEDA__JSON_LIST, false, "[\"account.close\"]"},
        [REMINDERS] = {"reminders", JIEDA__JSON_LIST, false,
                       "[{\"id\": \"...\", \"topics\": [\"...\"], \"text\": {\"zh\": \"...\"}}]"},
        [MESSAGES] = {"messages", JIEDA__JSON_OBJECT, false, "{\"clarify\": {\"zh\": \"...\"}}"},
    };
    parser p = {json, source, jieda__json_alloc(json, 1, sizeof *p.out)};
    jieda__json_value at[COUNT];
    jieda__policy_header *header;

    if (!p.out || !jieda__json_keys(json, value, "a policy", keys, COUNT, at))
        return;
    p.out->header = jieda__policy_default_header;
    header = &p.out->header;
    jieda__format_check(json, at[FORMAT]);
    parse_percents(&p, at[ANSWER_PERCENT]);
    parse_number(&p, at[OPTION_PERCENT], "option_percent", 0, 100, &header->option_percent);
    parse_number(&p, at[DANGER_PERCENT], "danger_percent", 0, 100, &header->danger_percent);
    parse_number(&p, at[URGENT_PERCENT], "urgent_percent", 0, 100, &header->urgent_percent);
    parse_number(&p, at[MISSES], "misses_before_handoff", 0, COUNTER_MAX, &header->miss_count_max);
    parse_number(&p, at[REPEATS], "same_answers_before_handoff", 0, COUNTER_MAX,
                 &header->repeat_count_max);
    parse_number(&p, at[SESSION_MINUTES], "session_minutes", 1, JIEDA__POLICY_SESSION_MINUTES_MAX,
                 &header->session_minutes);
    parse_number(&p, at[REOPEN_HOURS], "reopen_hours", 0, JIEDA__POLICY_REOPEN_HOURS_MAX,
                 &header->reopen_hours);
    parse_time_zone(&p, at[TIME_ZONE]);
    parse_hours(&p, at[HOURS]);
    parse_open(&p, at[OPEN]);
    parse_closed(&p, at[CLOSED]);
    parse_queues(&p, at[QUEUES]);
    if (p.out->queue_count == 0)
        add_default_queue(&p);
    parse_handoff(&p, at[HANDOFF]);
    parse_levels(&p, at[LEVELS]);
    parse_tags(&p, at[TAGS]);
    parse_entries(&p, at[ENTRIES]);
    parse_names(&p, at[IDENTITY_CHECK], "identity_check", &p.out->identity_check);
    parse_reminders(&p, at[REMINDERS]);
    parse_messages(&p, at[MESSAGES]);
    source->policy = p.out;
}

jieda_status jieda__policy_parse(jieda__arena *arena, const char *file, jieda_str text,
                                 jieda__diagnostics *diagnostics, jieda__source *out,
                                 jieda_error *err)
{
    jieda__json json;

    jieda__json_init(&json, arena, diagnostics, file, &out->places);
    if (jieda__json_read(&json, text, 1))
        jieda__policy_parse_value(&json, jieda__json_root(&json), true, out);
    jieda__json_free(&json);
    return jieda__parse_status(json.status, file, err);
}
