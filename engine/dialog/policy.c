/*
 * policy.c - the section "policy", checked whole once, and what follows from it.
 *
 * A due time is counted in minutes a queue is open: "60 minutes" asked for at 21:30, half an hour
 * before it closes, is 08:30 the next day. The days ahead are walked one by one, at most
 * DAYS_AHEAD_MAX of them; a year of holidays still ends.
 */
#include "dialog/policy.h"

#include <assert.h>
#include <string.h>

#define DAYS_AHEAD_MAX 400
#define DAY_SECONDS 86400
/* Clocks past this year say nothing; arithmetic on them would. 9999-12-31T23:59:59Z */
#define NOW_MAX 253402300799

/* ---- defaults -------------------------------------------------------------------------------- */

/* Numbers without a source are a support desk's usual promises and those the thresholds of
 * docs/MATCHING.md were measured at. China has one time zone and no daylight saving time. */
const jieda__policy_header jieda__policy_default_header = {
    .magic = JIEDA__POLICY_MAGIC,
    .answer_percent = {69, 74, 74, 74},
    .option_percent = 5,
    .danger_percent = 50,
    .urgent_percent = 60,
    .miss_count_max = 2,
    .repeat_count_max = 3,
    .session_minutes = 30,
    .reopen_hours = 72,
    .utc_offset_minutes = 8 * 60,
    .reasons =
        {
            [JIEDA__REASON_NONE] = {3, 0, 60},
            [JIEDA__REASON_REQUESTED] = {2, 0, 15},
            [JIEDA__REASON_FRAUD] = {0, 0, 5},
            [JIEDA__REASON_DISTRESS] = {0, 0, 5},
            [JIEDA__REASON_COMPLAINT] = {1, 0, 60},
            [JIEDA__REASON_REPEATED_MISS] = {2, 0, 30},
            [JIEDA__REASON_NO_MATCH] = {3, 0, 60},
            [JIEDA__REASON_UNHELPFUL] = {2, 0, 30},
            [JIEDA__REASON_POLICY] = {2, 0, 30},
            [JIEDA__REASON_IDENTITY_CHECK] = {2, 0, 30},
        },
    .message_count = JIEDA__MESSAGE_COUNT,
    .queue_count = 1,
};

const char jieda__policy_default_queue[] = "general";

static const jieda__policy_queue default_queues[] = {{.wait_minutes = 0, .always_open = 1}};

/* ---- loading --------------------------------------------------------------------------------- */

/* Walks the section: gives `count` items of `size` bytes and moves on, NULL when it is too short.
 */
typedef struct cursor {
    const char *at;
    size_t left;
} cursor;

static const void *take(cursor *c, uint64_t count, size_t size)
{
    const char *items = c->at;
    uint64_t bytes = count * size;

    if (count > c->left || bytes > c->left)
        return NULL;
    c->at += bytes;
    c->left -= (size_t)bytes;
    return items;
}

static bool check_queue_or_none(const jieda__policy_header *h, uint32_t queue)
{
    return queue == JIEDA__NONE || queue < h->queue_count;
}

static bool check_numbers(const jieda__kb *kb, const jieda__policy_header *h)
{
    bool ok = h->magic == JIEDA__POLICY_MAGIC && h->option_percent <= 100 &&
              h->danger_percent <= 100 && h->urgent_percent <= 100 && h->session_minutes >= 1 &&
              h->session_minutes <= JIEDA__POLICY_SESSION_MINUTES_MAX &&
              h->reopen_hours <= JIEDA__POLICY_REOPEN_HOURS_MAX &&
              h->utc_offset_minutes >= -JIEDA__POLICY_OFFSET_MINUTES_MAX &&
              h->utc_offset_minutes <= JIEDA__POLICY_OFFSET_MINUTES_MAX &&
              h->language_count == kb->language_count && h->message_count == JIEDA__MESSAGE_COUNT &&
              h->queue_count >= 1 && h->queue_count <= JIEDA__POLICY_QUEUE_COUNT_MAX &&
              h->hour_count <= JIEDA__POLICY_SPAN_COUNT_MAX &&
              h->open_count <= JIEDA__POLICY_SPAN_COUNT_MAX &&
              h->closed_count <= JIEDA__POLICY_SPAN_COUNT_MAX &&
              h->level_count <= JIEDA__POLICY_LEVEL_COUNT_MAX &&
              h->tag_count <= JIEDA__POLICY_TAG_COUNT_MAX &&
              (h->entry_count == 0 || h->entry_count == kb->entry_count) &&
              h->reminder_count <= JIEDA__POLICY_REMINDER_COUNT_MAX;

    for (int i = 0; i < JIEDA__ENTRY_RISK_COUNT; i++)
        ok = ok && h->answer_percent[i] <= 100;
    for (int i = 0; ok && i < JIEDA__REASON_COUNT; i++)
        ok = h->reasons[i].priority <= 3 && h->reasons[i].queue < h->queue_count &&
             h->reasons[i].due_minutes <= JIEDA__POLICY_DUE_MINUTES_MAX;
    return ok;
}

static bool check_spans(const jieda__policy_span *spans, uint32_t count, int32_t day_min,
                        int32_t day_max)
{
    for (uint32_t i = 0; i < count; i++) {
        const jieda__policy_span *span = &spans[i];

        if (span->day < day_min || span->day > day_max || span->from >= span->to ||
            span->to > JIEDA__DAY_MINUTES)
            return false;
        if (i > 0 &&
            (span->day < span[-1].day || (span->day == span[-1].day && span->from < span[-1].to)))
            return false;
    }
    return true;
}

static bool check_rows(const jieda__policy *p, const jieda__policy_header *h)
{
    bool ok = check_spans(p->hours, h->hour_count, 0, 6) &&
              check_spans(p->open, h->open_count, 0, INT32_MAX);

    for (uint32_t i = 0; i < h->queue_count; i++)
        ok = ok && p->queues[i].wait_minutes <= JIEDA__POLICY_WAIT_MINUTES_MAX &&
             p->queues[i].always_open <= 1;
    for (uint32_t i = 1; i < h->closed_count; i++)
        ok = ok && p->closed[i - 1] < p->closed[i];
    for (uint32_t i = 0; i < h->level_count; i++)
        ok = ok && (i == 0 || p->levels[i - 1].complaints < p->levels[i].complaints) &&
             p->levels[i].due_minutes <= JIEDA__POLICY_DUE_MINUTES_MAX &&
             (p->levels[i].priority <= 3 || p->levels[i].priority == JIEDA__NONE) &&
             check_queue_or_none(h, p->levels[i].queue);
    for (uint32_t i = 0; i < h->tag_count; i++)
        ok = ok && p->tags[i].raise <= 3 && check_queue_or_none(h, p->tags[i].queue);
    return ok;
}

static bool check_reminders(const jieda__policy *p, const jieda__policy_header *h,
                            uint32_t entry_count)
{
    uint64_t topic_count = 0, rule_count = 0;

    for (uint32_t i = 0; i < h->reminder_count; i++) {
        topic_count += p->reminders[i].topic_count;
        rule_count += p->reminders[i].rule_count;
    }
    if (topic_count != h->topic_count || rule_count != h->rule_count)
        return false;
    for (uint32_t i = 0; i < h->topic_count; i++)
        if (p->topics[i] >= entry_count)
            return false;
    for (uint32_t i = 0; i < h->entry_count; i++)
        if ((p->entries[i] & JIEDA__POLICY_ENTRY_HANDOFF) > JIEDA__POLICY_ENTRY_ALWAYS ||
            p->entries[i] >> JIEDA__POLICY_ENTRY_REASON >= JIEDA__REASON_COUNT)
            return false;
    return true;
}

/* Where the texts of each kind begin. */
static uint32_t first_tag_text(const jieda__policy_header *h)
{
    return h->queue_count * (1 + h->language_count);
}

static uint32_t first_reminder_text(const jieda__policy_header *h)
{
    return first_tag_text(h) + h->tag_count * 2;
}

static uint32_t first_rule_text(const jieda__policy_header *h)
{
    return first_reminder_text(h) + h->reminder_count * (1 + h->language_count);
}

static uint32_t first_message_text(const jieda__policy_header *h)
{
    return first_rule_text(h) + h->rule_count;
}

static bool take_texts(jieda__policy *p, cursor *c)
{
    uint64_t count = (uint64_t)first_message_text(p->header) +
                     (uint64_t)JIEDA__MESSAGE_COUNT * p->header->language_count;

    p->first = take(c, count + 1, sizeof *p->first);
    p->bytes = c->at;
    if (!p->first || p->first[0] != 0 || p->first[count] != c->left)
        return false;
    for (uint64_t i = 0; i < count; i++)
        if (p->first[i] > p->first[i + 1])
            return false;
    return true;
}

static bool load_section(jieda__policy *p, const jieda__kb *kb)
{
    cursor c = {kb->policy_bytes.ptr, kb->policy_bytes.len};
    const jieda__policy_header *h = take(&c, 1, sizeof *h);

    if (!h || !check_numbers(kb, h))
        return false;
    p->header = h;
    p->queues = take(&c, h->queue_count, sizeof *p->queues);
    p->hours = take(&c, h->hour_count, sizeof *p->hours);
    p->open = take(&c, h->open_count, sizeof *p->open);
    p->closed = take(&c, h->closed_count, sizeof *p->closed);
    p->levels = take(&c, h->level_count, sizeof *p->levels);
    p->tags = take(&c, h->tag_count, sizeof *p->tags);
    p->reminders = take(&c, h->reminder_count, sizeof *p->reminders);
    p->topics = take(&c, h->topic_count, sizeof *p->topics);
    p->entries = take(&c, ((uint64_t)h->entry_count + 3) / 4 * 4, 1);
    if (!p->queues || !p->hours || !p->open || !p->closed || !p->levels || !p->tags ||
        !p->reminders || !p->topics || !p->entries)
        return false;
    return check_rows(p, h) && check_reminders(p, h, kb->entry_count) && take_texts(p, &c);
}

static void set_numbers(jieda__policy *p)
{
    const jieda__policy_header *h = p->header;

    for (int i = 0; i < JIEDA__ENTRY_RISK_COUNT; i++)
        p->answer_confidence_min[i] = (float)h->answer_percent[i] / 100.0f;
    p->option_confidence_min = (float)h->option_percent / 100.0f;
    p->danger_confidence_min = (float)h->danger_percent / 100.0f;
    p->urgent_confidence_min = (float)h->urgent_percent / 100.0f;
    p->miss_count_max = h->miss_count_max;
    p->repeat_count_max = h->repeat_count_max;
    p->session_seconds = h->session_minutes * 60;
    p->reopen_seconds = h->reopen_hours * 3600;
    p->utc_offset_minutes = h->utc_offset_minutes;
}

jieda_status jieda__policy_load(const jieda__kb *kb, jieda__policy *out, jieda_error *err)
{
    *out = (jieda__policy){.header = &jieda__policy_default_header,
                           .queues = default_queues,
                           .languages = kb->languages,
                           .language_count = kb->language_count};
    if (kb->policy_bytes.len > 0) {
        if (!load_section(out, kb))
            return jieda__fail(err, JIEDA_E_FORMAT, "damaged knowledge base (%s); build it again",
                               JIEDA__SECTION_POLICY);
        if (out->header->entry_count == 0)
            out->entries = NULL;
        out->hash = jieda__hash(JIEDA__HASH_SEED, kb->policy_bytes.ptr, kb->policy_bytes.len);
    }
    set_numbers(out);
    return JIEDA_OK;
}

void jieda__policy_override(jieda__policy *policy, const jieda_options *options)
{
    for (int risk = 0; risk < JIEDA__ENTRY_RISK_COUNT; risk++) {
        float asked = risk == JIEDA__ENTRY_RISK_INFO ? options->answer_confidence_min_info
                                                     : options->answer_confidence_min_money;

        if (asked >= 0.0f)
            policy->answer_confidence_min[risk] = asked;
    }
    if (options->option_confidence_min >= 0.0f)
        policy->option_confidence_min = options->option_confidence_min;
    if (options->miss_count_max != JIEDA_POLICY_COUNT)
        policy->miss_count_max = options->miss_count_max;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static jieda_str text_at(const jieda__policy *p, uint32_t i)
{
    return (jieda_str){p->bytes + p->first[i], p->first[i + 1] - p->first[i]};
}

/* One of language_count texts that begin at `base`. */
static jieda_str text_in(const jieda__policy *p, uint32_t base, uint32_t language)
{
    jieda_str text = text_at(p, base + language);

    return text.len > 0 ? text : text_at(p, base);
}

/* "zh", "zh-Hant": the part before the first hyphen. */
static bool is_language(jieda_str tag, const char *primary)
{
    size_t len = strlen(primary);

    return tag.len >= len && memcmp(tag.ptr, primary, len) == 0 &&
           (tag.len == len || tag.ptr[len] == '-');
}

jieda_str jieda__policy_default_title(jieda_str language)
{
    return jieda__str(is_language(language, "zh") ? "人工客服" : "Customer service");
}

jieda_str jieda__policy_queue_id(const jieda__policy *policy, uint32_t queue)
{
    if (!policy->first)
        return jieda__str(jieda__policy_default_queue);
    return text_at(policy, queue * (1 + policy->header->language_count));
}

jieda_str jieda__policy_queue_title(const jieda__policy *policy, uint32_t queue, uint32_t language)
{
    if (!policy->first)
        return jieda__policy_default_title(policy->languages[language]);
    return text_in(policy, queue * (1 + policy->header->language_count) + 1, language);
}

jieda_str jieda__policy_reminder_text(const jieda__policy *policy, uint32_t index,
                                      uint32_t language)
{
    const jieda__policy_header *h = policy->header;

    return text_in(policy, first_reminder_text(h) + index * (1 + h->language_count) + 1, language);
}

/* The built-in text, {NULL, 0} for a language that has none. */
static jieda_str built_in(jieda_str language, enum jieda__message which)
{
    if (is_language(language, "zh"))
        return jieda__str(jieda__message_texts[which].zh);
    if (is_language(language, "en"))
        return jieda__str(jieda__message_texts[which].en);
    return (jieda_str){NULL, 0};
}

static jieda_str message_in(const jieda__policy *p, const jieda__kb *kb, enum jieda__message which,
                            uint32_t language)
{
    jieda_str text = {NULL, 0};

    if (p->first)
        text = text_at(p, first_message_text(p->header) + language * JIEDA__MESSAGE_COUNT +
                              (uint32_t)which);
    return text.len > 0 ? text : built_in(kb->languages[language], which);
}

jieda_str jieda__message(const jieda__policy *policy, const jieda__kb *kb,
                         enum jieda__message which, uint32_t language)
{
    jieda_str text = message_in(policy, kb, which, language);

    if (!text.ptr)
        text = message_in(policy, kb, which, 0);
    return text.ptr ? text : jieda__str(jieda__message_texts[which].en);
}

/* ---- entries --------------------------------------------------------------------------------- */

uint8_t jieda__policy_entry_handoff(const jieda__policy *policy, const jieda__kb *kb,
                                    uint32_t entry)
{
    uint32_t own = JIEDA__POLICY_ENTRY_OWN;

    if (policy->entries)
        own = policy->entries[entry] & JIEDA__POLICY_ENTRY_HANDOFF;
    if (own == JIEDA__POLICY_ENTRY_NEVER)
        return JIEDA__ENTRY_HANDOFF_NEVER;
    if (own == JIEDA__POLICY_ENTRY_ALWAYS)
        return JIEDA__ENTRY_HANDOFF_ALWAYS;
    return kb->entries[entry].handoff;
}

uint32_t jieda__policy_entry_reason(const jieda__policy *policy, const jieda__kb *kb,
                                    uint32_t entry)
{
    uint32_t reason = JIEDA__REASON_NONE;

    if (policy->entries)
        reason = (uint32_t)policy->entries[entry] >> JIEDA__POLICY_ENTRY_REASON;
    if (reason != JIEDA__REASON_NONE)
        return reason;
    return kb->entries[entry].risk == JIEDA__ENTRY_RISK_FRAUD ? JIEDA__REASON_FRAUD
                                                              : JIEDA__REASON_POLICY;
}

/* ---- reminders ------------------------------------------------------------------------------- */

static bool has_topic(const uint32_t *topics, uint32_t count, uint32_t entry)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (topics[mid] < entry)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && topics[low] == entry;
}

static bool has_rule(const jieda__policy *p, uint32_t first, uint32_t count,
                     const jieda_str *rule_ids, size_t rule_count)
{
    for (uint32_t i = 0; i < count; i++)
        for (size_t k = 0; k < rule_count; k++)
            if (jieda__str_equal(text_at(p, first + i), rule_ids[k]))
                return true;
    return false;
}

size_t jieda__policy_reminders(const jieda__policy *policy, const jieda__kb *kb, uint32_t entry,
                               const jieda_str *rule_ids, size_t rule_count,
                               uint32_t out[JIEDA__REMINDERS_MAX])
{
    const uint32_t *topics = policy->topics;
    uint32_t rule = policy->header->reminder_count > 0 ? first_rule_text(policy->header) : 0;
    size_t count = 0;

    for (uint32_t i = 0; i < policy->header->reminder_count && count < JIEDA__REMINDERS_MAX; i++) {
        const jieda__policy_reminder *row = &policy->reminders[i];

        if ((entry < kb->entry_count && has_topic(topics, row->topic_count, entry)) ||
            has_rule(policy, rule, row->rule_count, rule_ids, rule_count))
            out[count++] = i;
        topics += row->topic_count;
        rule += row->rule_count;
    }
    return count;
}

/* ---- hours ----------------------------------------------------------------------------------- */

/* A moment in local time. */
typedef struct local_time {
    int32_t day; /* since 1970-01-01 */
    int32_t second;
} local_time;

static int64_t clamp_now(int64_t now)
{
    return now < 1 ? 1 : now > NOW_MAX ? NOW_MAX : now; /* 0 means unknown */
}

/* `now` is clamped, so only the offset can bring it below 0. */
static local_time to_local(const jieda__policy *p, int64_t now)
{
    int64_t local = now + (int64_t)p->utc_offset_minutes * 60 + DAY_SECONDS;

    return (local_time){(int32_t)(local / DAY_SECONDS) - 1, (int32_t)(local % DAY_SECONDS)};
}

static int64_t to_utc(const jieda__policy *p, int32_t day, int32_t second)
{
    return (int64_t)day * DAY_SECONDS + second - (int64_t)p->utc_offset_minutes * 60;
}

/* The spans of one day. */
typedef struct day_hours {
    const jieda__policy_span *spans;
    uint32_t count;
} day_hours;

static day_hours find_spans(const jieda__policy_span *spans, uint32_t count, int32_t day)
{
    uint32_t low = 0, high = count, end;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (spans[mid].day < day)
            low = mid + 1;
        else
            high = mid;
    }
    for (end = low; end < count && spans[end].day == day;)
        end++;
    return (day_hours){spans + low, end - low};
}

static bool is_closed_date(const jieda__policy *p, int32_t day)
{
    uint32_t low = 0, high = p->header->closed_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (p->closed[mid] < day)
            low = mid + 1;
        else
            high = mid;
    }
    return low < p->header->closed_count && p->closed[low] == day;
}

/* A date's own hours stand in place of its weekday's. */
static day_hours hours_of(const jieda__policy *p, int32_t day)
{
    day_hours special = find_spans(p->open, p->header->open_count, day);

    if (special.count > 0)
        return special;
    if (is_closed_date(p, day))
        return (day_hours){NULL, 0};
    /* 1970-01-01 was a Thursday, which is 3 counted from Monday; a day before it is -1. */
    return find_spans(p->hours, p->header->hour_count, (day + 3 + 7) % 7);
}

static bool is_always_open(const jieda__policy *p, uint32_t queue)
{
    return p->queues[queue].always_open || p->header->hour_count == 0;
}

/* Walks the time a queue is open from `now` on, for `seconds` of it.
 * @return the moment they have passed; the first moment of them for 0; 0 if the days run out. */
static int64_t walk_hours(const jieda__policy *p, int64_t now, int64_t seconds)
{
    local_time from = to_local(p, now);

    for (int32_t i = 0; i < DAYS_AHEAD_MAX; i++) {
        int32_t day = from.day + i, begin = i == 0 ? from.second : 0;
        day_hours hours = hours_of(p, day);

        for (uint32_t k = 0; k < hours.count; k++) {
            int32_t open = hours.spans[k].from * 60, close = hours.spans[k].to * 60;

            if (open < begin)
                open = begin;
            if (open >= close)
                continue;
            if (seconds <= close - open)
                return to_utc(p, day, open + (int32_t)seconds);
            seconds -= close - open;
        }
    }
    return 0;
}

int64_t jieda__policy_next_open(const jieda__policy *policy, uint32_t queue, int64_t now)
{
    now = clamp_now(now);
    return is_always_open(policy, queue) ? now : walk_hours(policy, now, 0);
}

bool jieda__policy_open(const jieda__policy *policy, uint32_t queue, int64_t now)
{
    return jieda__policy_next_open(policy, queue, now) == clamp_now(now);
}

/* ---- service --------------------------------------------------------------------------------- */

static void apply_level(const jieda__policy *p, uint32_t complaint_count, jieda__service *service,
                        uint32_t *due_minutes)
{
    const jieda__policy_level *level;

    while (service->level < p->header->level_count &&
           p->levels[service->level].complaints <= complaint_count)
        service->level++;
    if (service->level == 0)
        return;
    level = &p->levels[service->level - 1];
    *due_minutes = level->due_minutes;
    if (level->priority < service->priority) /* not JIEDA__NONE, then */
        service->priority = level->priority;
    if (level->queue != JIEDA__NONE)
        service->queue = level->queue;
}

/* The first row whose tag has its value counts: rows stand in authored order. */
static void apply_tags(const jieda__policy *p, jieda__policy_tag_fn *tag, const void *tag_ctx,
                       jieda__service *service)
{
    uint32_t text = p->header->tag_count > 0 ? first_tag_text(p->header) : 0;

    for (uint32_t i = 0; i < p->header->tag_count; i++) {
        const jieda__policy_tag *row = &p->tags[i];
        jieda_str value = tag(tag_ctx, text_at(p, text + 2 * i));

        if (!value.ptr || !jieda__str_equal(value, text_at(p, text + 2 * i + 1)))
            continue;
        if (row->queue != JIEDA__NONE)
            service->queue = row->queue;
        if (service->priority > 1)
            service->priority =
                service->priority > row->raise + 1 ? service->priority - row->raise : 1;
        return;
    }
}

jieda__service jieda__policy_service(const jieda__policy *policy, uint32_t reason,
                                     uint32_t priority_asked, uint32_t complaint_count,
                                     jieda__policy_tag_fn *tag, const void *tag_ctx, int64_t now)
{
    const jieda__policy_reason *row = &policy->header->reasons[reason];
    jieda__service service = {.queue = row->queue, .priority = row->priority};
    uint32_t due_minutes = row->due_minutes;

    assert(reason < JIEDA__REASON_COUNT);
    now = clamp_now(now);
    if (priority_asked < service.priority)
        service.priority = priority_asked;
    if (reason == JIEDA__REASON_COMPLAINT)
        apply_level(policy, complaint_count, &service, &due_minutes);
    if (tag && service.priority > 0)
        apply_tags(policy, tag, tag_ctx, &service);
    service.due = now + (int64_t)due_minutes * 60;
    service.open = jieda__policy_open(policy, service.queue, now);
    if (!is_always_open(policy, service.queue)) {
        int64_t due = walk_hours(policy, now, (int64_t)due_minutes * 60);

        if (due != 0) /* a desk that never opens has a deadline all the same */
            service.due = due;
    }
    if (service.open)
        service.wait_minutes = policy->queues[service.queue].wait_minutes;
    else
        service.opens = jieda__policy_next_open(policy, service.queue, now);
    return service;
}
