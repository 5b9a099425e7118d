/*
 * parse_policy_test.c - policy.json: which numbers and rows become of which words.
 *
 * What is wrong with a policy, and how that is worded, is in golden/kb_errors/policy-*.
 */
#include "compiler/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_BYTES_MAX 65536

typedef struct log {
    char text[2048];
} log;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(log *l, const char *format, ...)
{
    size_t used = strlen(l->text);
    va_list args;

    va_start(args, format);
    vsnprintf(l->text + used, sizeof l->text - used, format, args);
    va_end(args);
}

static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    add(ctx, " %s", finding->rule);
}

/* A pack of one file with this policy, whose quotes are single ones. */
typedef struct parsed {
    jieda__arena arena;
    jieda__source source;
    log findings;
} parsed;

static void parse(parsed *p, const char *policy)
{
    static char text[TEXT_BYTES_MAX];
    jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &p->findings};
    jieda_error err = {0};

    memset(p, 0, sizeof *p);
    jieda__arena_init(&p->arena, jieda__default_allocator(), SIZE_MAX);
    snprintf(text, sizeof text,
             "{'format':1,'name':'shop','title':{'zh':'小店','en':'Shop'},'languages':['zh','en'],"
             "'entries':[{'id':'a','title':{'zh':'甲','en':'A'},'questions':{'zh':['怎么退款']},"
             "'answers':[{'lang':'zh','text':'点'},{'lang':'en','text':'tap'}]}],'policy':%s}",
             policy);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    assert_int_equal(jieda__pack_parse(&p->arena, "pack.json", jieda__str(text), true, &diagnostics,
                                       &p->source, &err),
                     JIEDA_OK);
    assert_int_equal(jieda__source_check(&p->arena, &p->source, &diagnostics, &err), JIEDA_OK);
    assert_non_null(p->source.policy);
}

static void parsed_free(parsed *p)
{
    jieda__arena_free(&p->arena);
}

static void add_spans(log *out, const char *name, const jieda__policy_span *spans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(out, "%s %d %u-%u;", name, spans[i].day, spans[i].from, spans[i].to);
}

/* Everything that a policy has besides numbers, in a line. */
static void describe(const jieda__src_policy *p, log *out)
{
    add_spans(out, "week", p->hours, p->hour_count);
    add_spans(out, "date", p->open, p->open_count);
    for (size_t i = 0; i < p->closed_count; i++)
        add(out, "closed %d;", p->closed[i]);
    for (size_t i = 0; i < p->queue_count; i++)
        add(out, "queue %.*s %u %u;", (int)p->queues[i].id.len, p->queues[i].id.ptr,
            p->queues[i].row.wait_minutes, p->queues[i].row.always_open);
    for (size_t i = 0; i < p->level_count; i++)
        add(out, "level %u %u %d %d;", p->levels[i].complaints, p->levels[i].due_minutes,
            (int)p->levels[i].priority, (int)p->levels[i].queue);
    for (size_t i = 0; i < p->tag_count; i++)
        add(out, "tag %s=%s %d %u;", p->tags[i].name.ptr, p->tags[i].value.ptr,
            (int)p->tags[i].row.queue, p->tags[i].row.raise);
    for (size_t i = 0; i < p->always_count; i++)
        add(out, "always %s %s;", p->always[i].entry.text.ptr,
            jieda__reason_name(p->always[i].reason));
    for (size_t i = 0; i < p->never.count; i++)
        add(out, "never %s;", p->never.items[i].text.ptr);
    for (size_t i = 0; i < p->identity_check.count; i++)
        add(out, "identity %s;", p->identity_check.items[i].text.ptr);
    for (size_t i = 0; i < p->reminder_count; i++)
        add(out, "reminder %s %zu %zu;", p->reminders[i].id.ptr, p->reminders[i].topics.count,
            p->reminders[i].rules.count);
    for (size_t i = 0; i < JIEDA__MESSAGE_COUNT; i++)
        for (size_t l = 0; l < 2; l++)
            if (p->messages[i].text[l].len > 0)
                add(out, "%s %zu %s;", jieda__message_texts[i].name, l, p->messages[i].text[l].ptr);
}

/* Days of the week count from Monday, 0; dates from 1970-01-01: 2027-02-06 is 20855. */
static const struct {
    const char *name, *policy, *model, *findings;
} cases[] = {
    {"nothing", "{}", "queue general 0 0;", ""},
    {"format may be said inside a pack", "{'format':1}", "queue general 0 0;", ""},
    {"spans by day and time, whatever their order",
     "{'hours':[{'days':['sun','mon'],'from':'13:00','to':'24:00'},"
     "{'days':['mon'],'from':'00:00','to':'13:00'}]}",
     "week 0 0-780;week 0 780-1440;week 6 780-1440;queue general 0 0;", ""},
    {"a day named twice is one", "{'hours':[{'days':['tue','tue'],'from':'08:00','to':'08:01'}]}",
     "week 1 480-481;queue general 0 0;", ""},
    {"dates in order",
     "{'closed':['2027-02-07','2027-02-06','1970-01-01'],"
     "'open':[{'date':'2027-02-09','from':'09:00','to':'10:00'},"
     "{'date':'2027-02-08','from':'09:00','to':'10:00'}]}",
     "date 20857 540-600;date 20858 540-600;closed 0;closed 20855;closed 20856;queue general 0 0;",
     ""},
    {"queues as authored",
     "{'queues':[{'id':'b','title':{'zh':'乙','en':'B'},'always_open':true},"
     "{'id':'a','title':{'zh':'甲','en':'A'},'always_open':false,'wait_minutes':1440}]}",
     "queue b 0 1;queue a 1440 0;", ""},
    {"levels and tags, with what they may leave out",
     "{'complaint_levels':[{'complaints':1,'due_minutes':43200},"
     "{'complaints':100,'due_minutes':1,'priority':'P1','queue':'general'}],"
     "'tags':[{'tag':'vip','values':['1','gold'],'raise':3},"
     "{'tag':'age','values':['80'],'queue':'general'}]}",
     "queue general 0 0;level 1 43200 -1 -1;level 100 1 1 0;tag vip=1 -1 3;tag vip=gold -1 3;"
     "tag age=80 0 0;",
     ""},
    {"an entry is always handed over and needs an identity check elsewhere",
     "{'entries':{'always':[{'entry':'a','reason':'identity_check'}]}}",
     "queue general 0 0;always a identity_check;", ""},
    {"an entry that never is may need one", "{'entries':{'never':['a']},'identity_check':['a']}",
     "queue general 0 0;never a;identity a;", ""},
    {"but not one that always is",
     "{'entries':{'always':[{'entry':'a','reason':'policy'}]},'identity_check':['a']}",
     "queue general 0 0;always a policy;identity a;", " policy-conflict"},
    {"a reminder and messages",
     "{'reminders':[{'id':'care','topics':['a'],'text':{'zh':'小心','en':'Care'}}],"
     "'messages':{'queued':{'en':'{{wait}}{{ticket}}{{wait}}'},'clarify':{'zh':'哪个}}？'}}}",
     "queue general 0 0;reminder care 1 0;clarify 0 哪个}}？;queued 1 {{wait}}{{ticket}}{{wait}};",
     ""},
    {"what is wrong is left out",
     "{'hours':[{'days':['mon'],'from':'09:00','to':'09:00'},"
     "{'days':['mon'],'from':'09:00','to':'09:01'}],'closed':['2027-02-29','2027-02-06']}",
     "week 0 540-541;closed 20855;queue general 0 0;", " inverted-hours bad-date"},
    {"no list where one belongs", "{'closed':'2027-02-06'}", "queue general 0 0;", " wrong-type"},
};

static void policies_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parsed p;
        log model = {""};

        parse(&p, cases[i].policy);
        describe(p.source.policy, &model);
        if (strcmp(model.text, cases[i].model) != 0 ||
            strcmp(p.findings.text, cases[i].findings) != 0)
            fail_msg("%s\n--- model\n%s\n--- findings\n%s", cases[i].name, model.text,
                     p.findings.text);
        parsed_free(&p);
    }
}

/* Each number on its bounds and one past them; `format` has the place of the number. */
static void numbers_have_bounds(void **state)
{
    static const struct {
        const char *format;
        size_t offset; /* in the header */
        int min, max;
    } numbers[] = {
#define NUMBER(format, field, min, max) {format, offsetof(jieda__policy_header, field), min, max}
        NUMBER("{'answer_percent':{'info':%d}}", answer_percent[JIEDA__ENTRY_RISK_INFO], 0, 100),
        NUMBER("{'answer_percent':{'fraud':%d}}", answer_percent[JIEDA__ENTRY_RISK_FRAUD], 0, 100),
        NUMBER("{'option_percent':%d}", option_percent, 0, 100),
        NUMBER("{'danger_percent':%d}", danger_percent, 0, 100),
        NUMBER("{'urgent_percent':%d}", urgent_percent, 0, 100),
        NUMBER("{'misses_before_handoff':%d}", miss_count_max, 0, 100),
        NUMBER("{'same_answers_before_handoff':%d}", repeat_count_max, 0, 100),
        NUMBER("{'session_minutes':%d}", session_minutes, 1, 10080),
        NUMBER("{'reopen_hours':%d}", reopen_hours, 0, 720),
        NUMBER("{'handoff':{'fraud':{'due_minutes':%d}}}", reasons[JIEDA__REASON_FRAUD].due_minutes,
               1, 43200),
#undef NUMBER
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (int past = 0; past < 2; past++)
            for (int upper = 0; upper < 2; upper++) {
                int value = upper ? numbers[i].max + past : numbers[i].min - past;
                char policy[128];
                uint32_t got;
                parsed p;

                snprintf(policy, sizeof policy, numbers[i].format, value);
                parse(&p, policy);
                memcpy(&got, (const char *)&p.source.policy->header + numbers[i].offset,
                       sizeof got);
                if (past ? strcmp(p.findings.text, " out-of-range") != 0
                         : p.findings.text[0] != '\0' || got != (uint32_t)value)
                    fail_msg("%s: %u, %s", policy, got, p.findings.text);
                parsed_free(&p);
            }
}

static void offsets_have_bounds(void **state)
{
    static const struct {
        const char *zone;
        int32_t minutes;
        bool good;
    } zones[] = {
        {"+08:00", 480, true},   {"-03:30", -210, true}, {"+14:00", 840, true},
        {"-14:00", -840, true},  {"+00:00", 0, true},    {"+14:01", 480, false},
        {"-15:00", 480, false},  {"+8:00", 480, false},  {"08:00", 480, false},
        {"+08:60", 480, false},  {"+24:00", 480, false}, {"Z", 480, false},
        {"+08:000", 480, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        char policy[64];
        parsed p;

        snprintf(policy, sizeof policy, "{'time_zone':'%s'}", zones[i].zone);
        parse(&p, policy);
        assert_int_equal(p.source.policy->header.utc_offset_minutes, zones[i].minutes);
        assert_string_equal(p.findings.text, zones[i].good ? "" : " bad-time");
        parsed_free(&p);
    }
}

/* Lists at their longest and one longer; `item` has the number of the item. */
static void lists_have_bounds(void **state)
{
    static const struct {
        const char *head, *item, *tail;
        int max;
    } lists[] = {
        {"{'queues':[", "{'id':'q%d','title':{'zh':'甲','en':'A'}}", "]}",
         JIEDA__POLICY_QUEUE_COUNT_MAX},
        {"{'complaint_levels':[", "{'complaints':%d,'due_minutes':60}", "]}",
         JIEDA__POLICY_LEVEL_COUNT_MAX},
        {"{'tags':[{'tag':'vip','raise':1,'values':[", "'%d'", "]}]}", JIEDA__POLICY_TAG_COUNT_MAX},
        {"{'reminders':[", "{'id':'r%d','topics':['a'],'text':{'zh':'甲','en':'A'}}", "]}",
         JIEDA__POLICY_REMINDER_COUNT_MAX},
        {"{'open':[", "{'date':'%d-01-01','from':'09:00','to':'10:00'}", "]}",
         JIEDA__POLICY_SPAN_COUNT_MAX},
        {"{'closed':[", "'%d-01-01'", "]}", JIEDA__POLICY_SPAN_COUNT_MAX},
        {"{'hours':[", "{'days':['mon'],'from':'00:%02d','to':'24:00'}", "]}",
         JIEDA__POLICY_SPAN_COUNT_MAX / 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (int past = 0; past < 2; past++) {
            static char policy[TEXT_BYTES_MAX];
            bool dates = strstr(lists[i].item, "-01-01") != NULL;
            parsed p;

            strcpy(policy, lists[i].head);
            for (int k = 1; k <= lists[i].max + past; k++) {
                size_t used = strlen(policy);

                used +=
                    (size_t)snprintf(policy + used, sizeof policy - used, "%s", k > 1 ? "," : "");
                snprintf(policy + used, sizeof policy - used, lists[i].item,
                         dates ? 1999 + k : k % 60);
            }
            strcat(policy, lists[i].tail);
            parse(&p, policy);
            if ((strstr(p.findings.text, "too-many-rows") != NULL) != past)
                fail_msg("%s%d: %s", lists[i].head, lists[i].max + past, p.findings.text);
            parsed_free(&p);
        }
}

/* The schemas know every message and every reason: what an editor completes is what is read. */
static void schemas_have_the_same_words(void **state)
{
    static const char *const schemas[] = {
        JIEDA_SOURCE_DIR "/kb/schema/policy.schema.json",
        JIEDA_SOURCE_DIR "/kb/schema/pack.schema.json",
    };

    (void)state;
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        FILE *file = fopen(schemas[i], "rb");
        char *text = calloc(1, 1024 * 1024);
        char word[64];

        assert_non_null(file);
        assert_non_null(text);
        assert_true(fread(text, 1, 1024 * 1024 - 1, file) > 0);
        fclose(file);
        for (size_t m = 1; m < JIEDA__MESSAGE_COUNT; m++) {
            snprintf(word, sizeof word, "\"%s\": {", jieda__message_texts[m].name);
            if (!strstr(text, word))
                fail_msg("%s lacks %s", schemas[i], word);
        }
        for (uint32_t r = 1; r < JIEDA__REASON_COUNT; r++) {
            snprintf(word, sizeof word, "\"%s\": {", jieda__reason_name(r));
            if (!strstr(text, word))
                fail_msg("%s lacks %s", schemas[i], word);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_are_read),           cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(offsets_have_bounds),         cmocka_unit_test(lists_have_bounds),
        cmocka_unit_test(schemas_have_the_same_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
