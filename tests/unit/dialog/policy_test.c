/*
 * policy_test.c - what a policy says, at which time of which day.
 *
 * Packs are compiled with the policy under test, so what is tested is what an editor wrote. Times
 * are local to the policy, "2026-11-23 09:00" (a Monday), unless a case says otherwise; damage is
 * done to the bytes of the section.
 */
#include "support/kb_fixture.h"

#include "dialog/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DAMAGE_COUNT 4000

/* A pack with this policy, compiled and opened. */
typedef struct pack {
    fixture_bytes bytes;
    jieda__kb *kb;
    jieda__policy policy;
} pack;

/* Entries in the order of their ordinals: care, close, lost, refund. Quotes of the policy are
 * single. */
static pack pack_with(const char *policy)
{
    static const char before[] =
        "{'format':1,'name':'shop','title':{'zh':'小店','en':'Shop'},'languages':['zh','en'],"
        "'categories':[{'id':'money','title':{'zh':'钱','en':'Money'}},"
        "{'id':'back','title':{'zh':'退','en':'Back'},'parent':'money'},"
        "{'id':'me','title':{'zh':'我','en':'Me'}}],"
        "'entries':["
        "{'id':'refund','title':{'zh':'退款','en':'Refund'},'category':'back','risk':'money',"
        "'handoff':{'policy':'offer'},'questions':{'zh':['怎么退款']},"
        "'answers':[{'lang':'zh','text':'点'},{'lang':'en','text':'tap'}]},"
        "{'id':'lost','title':{'zh':'被盗','en':'Theft'},'category':'money','risk':'fraud',"
        "'handoff':{'policy':'always'},'questions':{'zh':['钱被偷了']},"
        "'answers':[{'lang':'zh','text':'冻结'},{'lang':'en','text':'freeze'}]},"
        "{'id':'close','title':{'zh':'注销','en':'Close'},'category':'me','risk':'account',"
        "'questions':{'zh':['怎么注销']},"
        "'answers':[{'lang':'zh','text':'点'},{'lang':'en','text':'tap'}]},"
        "{'id':'care','title':{'zh':'小心','en':'Care'},'category':'me',"
        "'questions':{'zh':['要小心什么']},"
        "'answers':[{'lang':'zh','text':'小心'},{'lang':'en','text':'care'}]}]";
    pack p = {0};
    jieda_error err = {0};
    jieda__buf text;

    jieda__buf_init(&text, jieda__default_allocator(), SIZE_MAX);
    jieda__buf_cstr(&text, before);
    if (policy) {
        jieda__buf_cstr(&text, ",'policy':");
        jieda__buf_cstr(&text, policy);
    }
    jieda__buf_cstr(&text, "}");
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\'')
            text.ptr[i] = '"';
    p.bytes = fixture_kb_build("pack.json", (jieda_str){text.ptr, text.len});
    jieda__buf_free(&text);
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, p.bytes.ptr, p.bytes.len, &p.kb, &err),
        JIEDA_OK);
    assert_int_equal(jieda__policy_load(p.kb, &p.policy, &err), JIEDA_OK);
    return p;
}

static void pack_free(pack *p)
{
    jieda__kb_close(p->kb);
    fixture_bytes_free(&p->bytes);
}

/* Seconds of "2026-11-23 09:00" at that many minutes from UTC. */
static int64_t at(const char *text, int32_t offset_minutes)
{
    int64_t day = jieda__days_from_date((jieda_str){text, 10});
    int hour = atoi(text + 11), minute = atoi(text + 14);

    return day * 86400 + hour * 3600 + minute * 60 - (int64_t)offset_minutes * 60;
}

static void assert_time(const char *name, int64_t actual, const char *expected, int32_t offset)
{
    int64_t wanted = expected ? at(expected, offset) : 0;

    if (actual != wanted)
        fail_msg("%s: %+lld minutes off", name, (long long)(actual - wanted) / 60);
}

static void assert_text(jieda_str actual, const char *expected)
{
    if (!jieda__str_equal(actual, jieda__str(expected)))
        fail_msg("\"%.*s\" where \"%s\" was expected", (int)actual.len, actual.ptr, expected);
}

/* ---- hours ----------------------------------------------------------------------------------- */

#define WEEK                                                                                       \
    "'hours':[{'days':['mon','tue','wed','thu','fri'],'from':'08:00','to':'22:00'},"               \
    "{'days':['sat'],'from':'10:00','to':'12:00'},{'days':['sat'],'from':'13:00','to':'18:00'}]"
#define NIGHT                                                                                      \
    "'hours':[{'days':['fri'],'from':'20:00','to':'24:00'},"                                       \
    "{'days':['sat'],'from':'00:00','to':'02:00'}]"
#define HOLIDAYS                                                                                   \
    WEEK ",'closed':['2026-11-24','2026-11-25'],"                                                  \
         "'open':[{'date':'2026-11-29','from':'09:00','to':'11:00'},"                              \
         "{'date':'2026-11-26','from':'12:00','to':'13:00'},"                                      \
         "{'date':'2026-11-26','from':'15:00','to':'16:00'}]"
#define QUEUES                                                                                     \
    "'queues':[{'id':'desk','title':{'zh':'前台','en':'Desk'},'wait_minutes':10},"               \
    "{'id':'safety','title':{'zh':'安全','en':'Safety'},'always_open':true,'wait_minutes':2},"   \
    "{'id':'vip','title':{'zh':'贵宾','en':'Priority'}}],"

/* Queue 0; `due` is of a reason that is due after 60 minutes. Monday is 2026-11-23. */
static const struct {
    const char *name, *policy, *now;
    bool open;
    const char *opens, *due; /* `opens` NULL: never */
} hours[] = {
    {"without hours, always", "{}", "2026-11-22 03:00", true, "2026-11-22 03:00",
     "2026-11-22 04:00"},
    {"in the middle of a day", "{" WEEK "}", "2026-11-23 09:00", true, "2026-11-23 09:00",
     "2026-11-23 10:00"},
    {"the first minute is open", "{" WEEK "}", "2026-11-23 08:00", true, "2026-11-23 08:00",
     "2026-11-23 09:00"},
    {"the minute before is not", "{" WEEK "}", "2026-11-23 07:59", false, "2026-11-23 08:00",
     "2026-11-23 09:00"},
    {"the last minute is open", "{" WEEK "}", "2026-11-23 21:59", true, "2026-11-23 21:59",
     "2026-11-24 08:59"},
    {"closing time is not", "{" WEEK "}", "2026-11-23 22:00", false, "2026-11-24 08:00",
     "2026-11-24 09:00"},
    {"due at closing time", "{" WEEK "}", "2026-11-23 21:00", true, "2026-11-23 21:00",
     "2026-11-23 22:00"},
    {"what is left of a day, and the next", "{" WEEK "}", "2026-11-23 21:30", true,
     "2026-11-23 21:30", "2026-11-24 08:30"},
    {"over a break", "{" WEEK "}", "2026-11-28 11:30", true, "2026-11-28 11:30",
     "2026-11-28 13:30"},
    {"in a break", "{" WEEK "}", "2026-11-28 12:30", false, "2026-11-28 13:00", "2026-11-28 14:00"},
    {"over the weekend", "{" WEEK "}", "2026-11-28 17:30", true, "2026-11-28 17:30",
     "2026-11-30 08:30"},
    {"on a day without hours", "{" WEEK "}", "2026-11-29 10:00", false, "2026-11-30 08:00",
     "2026-11-30 09:00"},
    {"before midnight", "{" NIGHT "}", "2026-11-27 23:30", true, "2026-11-27 23:30",
     "2026-11-28 00:30"},
    {"midnight itself", "{" NIGHT "}", "2026-11-28 00:00", true, "2026-11-28 00:00",
     "2026-11-28 01:00"},
    {"the end of the night, a week on", "{" NIGHT "}", "2026-11-28 01:30", true, "2026-11-28 01:30",
     "2026-12-04 20:30"},
    {"before closed dates", "{" HOLIDAYS "}", "2026-11-23 21:30", true, "2026-11-23 21:30",
     "2026-11-26 12:30"},
    {"on a closed date", "{" HOLIDAYS "}", "2026-11-24 09:00", false, "2026-11-26 12:00",
     "2026-11-26 13:00"},
    {"a date's own hours, in two parts", "{" HOLIDAYS "}", "2026-11-26 12:30", true,
     "2026-11-26 12:30", "2026-11-26 15:30"},
    {"a date's own hours stand in place of its weekday's", "{" HOLIDAYS "}", "2026-11-26 09:00",
     false, "2026-11-26 12:00", "2026-11-26 13:00"},
    {"open on a day that has no hours", "{" HOLIDAYS "}", "2026-11-29 10:30", true,
     "2026-11-29 10:30", "2026-11-30 08:30"},
    {"always open whatever the hours",
     "{'queues':[{'id':'a','title':{'zh':'a','en':'a'},'always_open':true}]," WEEK "}",
     "2026-11-29 03:00", true, "2026-11-29 03:00", "2026-11-29 04:00"},
};

static void hours_are_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        pack p = pack_with(hours[i].policy);
        const char *name = hours[i].name;
        int64_t now = at(hours[i].now, 480);
        jieda__service service = jieda__policy_service(&p.policy, JIEDA__REASON_NO_MATCH,
                                                       JIEDA__NONE, 0, NULL, NULL, now);

        if (jieda__policy_open(&p.policy, 0, now) != hours[i].open)
            fail_msg("%s: open is %d", name, !hours[i].open);
        assert_time(name, jieda__policy_next_open(&p.policy, 0, now), hours[i].opens, 480);
        assert_time(name, service.due, hours[i].due, 480);
        assert_int_equal(service.open, hours[i].open);
        assert_time(name, service.opens, hours[i].open ? NULL : hours[i].opens, 480);
        pack_free(&p);
    }
}

static void offsets_move_the_day(void **state)
{
    static const struct {
        const char *zone, *now_utc, *opens_utc;
    } cases[] = {
        {"+08:00", "2026-11-22 23:59", "2026-11-23 00:00"}, /* Monday 08:00 there */
        {"+00:00", "2026-11-23 07:59", "2026-11-23 08:00"},
        {"-05:00", "2026-11-23 12:59", "2026-11-23 13:00"},
        {"+05:45", "2026-11-23 02:14", "2026-11-23 02:15"},
        {"+14:00", "2026-11-22 17:59", "2026-11-22 18:00"},
        {"-14:00", "2026-11-23 21:59", "2026-11-23 22:00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char policy[200];
        pack p;

        snprintf(policy, sizeof policy,
                 "{'time_zone':'%s','hours':[{'days':['mon'],'from':'08:00','to':'09:00'}]}",
                 cases[i].zone);
        p = pack_with(policy);
        assert_false(jieda__policy_open(&p.policy, 0, at(cases[i].now_utc, 0)));
        assert_time(cases[i].zone, jieda__policy_next_open(&p.policy, 0, at(cases[i].now_utc, 0)),
                    cases[i].opens_utc, 0);
        assert_true(jieda__policy_open(&p.policy, 0, at(cases[i].opens_utc, 0)));
        pack_free(&p);
    }
}

static void any_clock_will_do(void **state)
{
    static const int64_t clocks[] = {INT64_MIN, -1, 0, 1, 253402300799, INT64_MAX};
    pack p = pack_with("{'time_zone':'-14:00'," HOLIDAYS "}");

    (void)state;
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        jieda__service service = jieda__policy_service(&p.policy, JIEDA__REASON_REQUESTED,
                                                       JIEDA__NONE, 0, NULL, NULL, clocks[i]);

        assert_true(service.due > 0);
        assert_true(service.open || service.opens > 0);
    }
    pack_free(&p);
}

/* It opens on Mondays, and the next sixty are holidays. */
static void a_desk_that_never_opens_has_a_deadline(void **state)
{
    char policy[2048] = "{'hours':[{'days':['mon'],'from':'08:00','to':'09:00'}],'closed':[";
    int64_t now = at("2026-11-23 08:30", 480);
    pack p;
    jieda__service service;

    (void)state;
    for (int week = 0; week < 60; week++) {
        time_t monday = (time_t)now + week * 7 * 86400;
        char date[16];

        strftime(date, sizeof date, "%Y-%m-%d", gmtime(&monday));
        snprintf(policy + strlen(policy), sizeof policy - strlen(policy), "%s'%s'",
                 week > 0 ? "," : "", date);
    }
    strcat(policy, "]}");
    p = pack_with(policy);
    service =
        jieda__policy_service(&p.policy, JIEDA__REASON_REQUESTED, JIEDA__NONE, 0, NULL, NULL, now);
    assert_false(service.open);
    assert_int_equal(service.opens, 0);
    assert_int_equal(service.due, now + 15 * 60);
    pack_free(&p);
}

/* ---- service --------------------------------------------------------------------------------- */

#define SERVICE                                                                                    \
    "{" QUEUES WEEK ",'handoff':{"                                                                 \
    "'fraud':{'priority':'P0','queue':'safety','due_minutes':5},"                                  \
    "'complaint':{'priority':'P2','queue':'desk','due_minutes':30},"                               \
    "'no_match':{'priority':'P3'},"                                                                \
    "'requested':{'priority':'P2','queue':'desk','due_minutes':15}},"                              \
    "'complaint_levels':[{'complaints':2,'due_minutes':10},"                                       \
    "{'complaints':4,'due_minutes':5,'priority':'P1','queue':'safety'}],"                          \
    "'tags':[{'tag':'vip','values':['1','gold'],'queue':'vip','raise':1},"                         \
    "{'tag':'staff','values':['yes'],'raise':3}]}"

#define ASK JIEDA__NONE

/* On Monday at 09:00; `tag` is "name=value". */
static const struct {
    const char *name;
    uint32_t reason, asked, complaints;
    const char *tag;
    const char *queue;
    uint32_t priority, due_minutes, wait_minutes, level;
} services[] = {
    {"as the reason says", JIEDA__REASON_REQUESTED, ASK, 0, "", "desk", 2, 15, 10, 0},
    {"a reason left out", JIEDA__REASON_IDENTITY_CHECK, ASK, 0, "", "desk", 2, 30, 10, 0},
    {"a rule makes it more urgent", JIEDA__REASON_REQUESTED, 0, 0, "", "desk", 0, 15, 10, 0},
    {"an entry makes nothing less urgent", JIEDA__REASON_FRAUD, 3, 0, "", "safety", 0, 5, 2, 0},
    {"the first complaint", JIEDA__REASON_COMPLAINT, ASK, 1, "", "desk", 2, 30, 10, 0},
    {"the second", JIEDA__REASON_COMPLAINT, ASK, 2, "", "desk", 2, 10, 10, 1},
    {"the third is as the second", JIEDA__REASON_COMPLAINT, ASK, 3, "", "desk", 2, 10, 10, 1},
    {"the fourth", JIEDA__REASON_COMPLAINT, ASK, 4, "", "safety", 1, 5, 2, 2},
    {"any more", JIEDA__REASON_COMPLAINT, ASK, UINT32_MAX - 1, "", "safety", 1, 5, 2, 2},
    {"a level makes nothing less urgent", JIEDA__REASON_COMPLAINT, 0, 4, "", "safety", 0, 5, 2, 2},
    {"complaints do not count for what is none", JIEDA__REASON_REQUESTED, ASK, 4, "", "desk", 2, 15,
     10, 0},
    {"a tag", JIEDA__REASON_REQUESTED, ASK, 0, "vip=gold", "vip", 1, 15, 0, 0},
    {"its other value", JIEDA__REASON_REQUESTED, ASK, 0, "vip=1", "vip", 1, 15, 0, 0},
    {"none of its values", JIEDA__REASON_REQUESTED, ASK, 0, "vip=2", "desk", 2, 15, 10, 0},
    {"a tag raises to P1", JIEDA__REASON_NO_MATCH, ASK, 0, "staff=yes", "desk", 1, 60, 10, 0},
    {"and not beyond", JIEDA__REASON_REQUESTED, 1, 0, "staff=yes", "desk", 1, 15, 10, 0},
    {"danger has its own queue", JIEDA__REASON_FRAUD, ASK, 0, "vip=gold", "safety", 0, 5, 2, 0},
};

static jieda_str tag_of(const void *ctx, jieda_str name)
{
    const char *tag = ctx, *sign = strchr(tag, '=');

    if (!sign || !jieda__str_equal(name, (jieda_str){tag, (size_t)(sign - tag)}))
        return (jieda_str){NULL, 0};
    return jieda__str(sign + 1);
}

static void service_follows_reason_level_and_tags(void **state)
{
    pack p = pack_with(SERVICE);
    int64_t now = at("2026-11-23 09:00", 480);

    (void)state;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        jieda__service s =
            jieda__policy_service(&p.policy, services[i].reason, services[i].asked,
                                  services[i].complaints, tag_of, services[i].tag, now);

        if (s.priority != services[i].priority || s.level != services[i].level ||
            s.wait_minutes != services[i].wait_minutes ||
            s.due != now + services[i].due_minutes * 60)
            fail_msg("%s: P%u due in %lld wait %u level %u", services[i].name, s.priority,
                     (long long)(s.due - now) / 60, s.wait_minutes, s.level);
        assert_text(jieda__policy_queue_id(&p.policy, s.queue), services[i].queue);
    }
    pack_free(&p);
}

static void a_closed_desk_has_no_wait_and_a_due_time_in_its_hours(void **state)
{
    pack p = pack_with(SERVICE);
    int64_t now = at("2026-11-23 23:00", 480);
    jieda__service desk =
        jieda__policy_service(&p.policy, JIEDA__REASON_REQUESTED, JIEDA__NONE, 0, tag_of, "", now);
    jieda__service safety =
        jieda__policy_service(&p.policy, JIEDA__REASON_FRAUD, JIEDA__NONE, 0, tag_of, "", now);

    (void)state;
    assert_false(desk.open);
    assert_int_equal(desk.wait_minutes, 0);
    assert_time("opens", desk.opens, "2026-11-24 08:00", 480);
    assert_time("due", desk.due, "2026-11-24 08:15", 480);
    assert_true(safety.open);
    assert_int_equal(safety.opens, 0);
    assert_time("due", safety.due, "2026-11-23 23:05", 480);
    pack_free(&p);
}

/* ---- entries and reminders ------------------------------------------------------------------- */

enum { CARE, CLOSE, LOST, REFUND, ENTRY_COUNT };

static void entries_hand_over_as_listed(void **state)
{
    static const struct {
        const char *policy;
        struct {
            uint8_t handoff;
            uint32_t reason;
        } entries[ENTRY_COUNT];
    } cases[] = {
        {"{}",
         {[CARE] = {JIEDA__ENTRY_HANDOFF_NEVER, JIEDA__REASON_POLICY},
          [CLOSE] = {JIEDA__ENTRY_HANDOFF_NEVER, JIEDA__REASON_POLICY},
          [LOST] = {JIEDA__ENTRY_HANDOFF_ALWAYS, JIEDA__REASON_FRAUD},
          [REFUND] = {JIEDA__ENTRY_HANDOFF_OFFER, JIEDA__REASON_POLICY}}},
        {"{'entries':{'always':[{'entry':'care','reason':'distress'}],'never':['lost','refund']},"
         "'identity_check':['close','lost']}",
         {[CARE] = {JIEDA__ENTRY_HANDOFF_ALWAYS, JIEDA__REASON_DISTRESS},
          [CLOSE] = {JIEDA__ENTRY_HANDOFF_NEVER, JIEDA__REASON_IDENTITY_CHECK},
          [LOST] = {JIEDA__ENTRY_HANDOFF_NEVER, JIEDA__REASON_IDENTITY_CHECK},
          [REFUND] = {JIEDA__ENTRY_HANDOFF_NEVER, JIEDA__REASON_POLICY}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pack p = pack_with(cases[i].policy);

        for (uint32_t e = 0; e < ENTRY_COUNT; e++) {
            assert_int_equal(jieda__policy_entry_handoff(&p.policy, p.kb, e),
                             cases[i].entries[e].handoff);
            assert_int_equal(jieda__policy_entry_reason(&p.policy, p.kb, e),
                             cases[i].entries[e].reason);
        }
        pack_free(&p);
    }
}

#define RULES                                                                                      \
    "'rules':{'rules':[{'id':'remind.code','intent':'code','action':'remind',"                     \
    "'patterns':['验证码'],'examples':{'match':['验证码']}}]}"

static void reminders_are_found_by_topic_and_rule(void **state)
{
    static const struct {
        const char *name;
        uint32_t entry;
        const char *rule, *found; /* indices */
    } cases[] = {
        {"an entry", CARE, NULL, "1"},
        {"a category with those below it", REFUND, NULL, "03456"},
        {"the category itself", LOST, NULL, "03456"},
        {"in two topics of one reminder", CLOSE, NULL, "1"},
        {"a rule alone", JIEDA__NONE, "remind.code", "2"},
        {"another rule", JIEDA__NONE, "remind", ""},
        {"both", CARE, "remind.code", "12"},
        {"no more than four", REFUND, "remind.code", "0234"},
        {"nothing", JIEDA__NONE, NULL, ""},
    };
    pack p = pack_with("{'reminders':["
                       "{'id':'a','topics':['money'],'text':{'zh':'甲','en':'A'}},"
                       "{'id':'b','topics':['me','care'],'text':{'zh':'乙','en':'B'}},"
                       "{'id':'c','rules':['remind.code'],'text':{'zh':'丙','en':'C'}},"
                       "{'id':'d','topics':['money'],'text':{'zh':'丁','en':'D'}},"
                       "{'id':'e','topics':['money'],'text':{'zh':'戊','en':'E'}},"
                       "{'id':'f','topics':['money'],'text':{'zh':'己','en':'F'}},"
                       "{'id':'g','topics':['money'],'text':{'zh':'庚','en':'G'}}"
                       "]}," RULES);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda_str rules[2] = {jieda__str("other"), jieda__str(cases[i].rule)};
        uint32_t found[JIEDA__REMINDERS_MAX];
        size_t count = jieda__policy_reminders(&p.policy, p.kb, cases[i].entry, rules,
                                               cases[i].rule ? 2 : 1, found);
        size_t wanted = strlen(cases[i].found);

        if (count != (wanted > JIEDA__REMINDERS_MAX ? JIEDA__REMINDERS_MAX : wanted))
            fail_msg("%s: %zu found", cases[i].name, count);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(found[k], cases[i].found[k] - '0');
    }
    assert_text(jieda__policy_reminder_text(&p.policy, 2, 0), "丙");
    assert_text(jieda__policy_reminder_text(&p.policy, 6, 1), "G");
    pack_free(&p);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void messages_are_the_packs_then_the_built_in_ones(void **state)
{
    pack plain = pack_with(NULL);
    pack own = pack_with("{'messages':{'clarify':{'zh':'哪个？'},'queued':{'en':'{{wait}}!'}}}");

    (void)state;
    assert_text(jieda__message(&plain.policy, plain.kb, JIEDA__MESSAGE_CLARIFY, 0),
                jieda__message_texts[JIEDA__MESSAGE_CLARIFY].zh);
    assert_text(jieda__message(&plain.policy, plain.kb, JIEDA__MESSAGE_CLARIFY, 1),
                jieda__message_texts[JIEDA__MESSAGE_CLARIFY].en);
    assert_text(jieda__message(&own.policy, own.kb, JIEDA__MESSAGE_CLARIFY, 0), "哪个？");
    assert_text(jieda__message(&own.policy, own.kb, JIEDA__MESSAGE_CLARIFY, 1),
                jieda__message_texts[JIEDA__MESSAGE_CLARIFY].en);
    assert_text(jieda__message(&own.policy, own.kb, JIEDA__MESSAGE_QUEUED, 0),
                jieda__message_texts[JIEDA__MESSAGE_QUEUED].zh);
    assert_text(jieda__message(&own.policy, own.kb, JIEDA__MESSAGE_QUEUED, 1), "{{wait}}!");
    assert_text(jieda__message(&own.policy, own.kb, JIEDA__MESSAGE_NONE, 0), "");
    pack_free(&plain);
    pack_free(&own);
}

static void a_language_of_neither_falls_back(void **state)
{
    jieda_str languages[] = {jieda__str("ja"), jieda__str("zh-Hant"), jieda__str("zhx")};
    jieda__kb kb = {.languages = languages, .language_count = 3};
    jieda__policy policy;

    (void)state;
    assert_int_equal(jieda__policy_load(&kb, &policy, NULL), JIEDA_OK);
    assert_text(jieda__message(&policy, &kb, JIEDA__MESSAGE_NONE_OF_THESE, 0), "None of these");
    assert_text(jieda__message(&policy, &kb, JIEDA__MESSAGE_NONE_OF_THESE, 1), "都不是");
    assert_text(jieda__message(&policy, &kb, JIEDA__MESSAGE_NONE_OF_THESE, 2), "None of these");
    languages[0] = jieda__str("zh");
    assert_text(jieda__message(&policy, &kb, JIEDA__MESSAGE_NONE_OF_THESE, 2), "都不是");
    assert_text(jieda__policy_queue_title(&policy, 0, 0), "人工客服");
    assert_text(jieda__policy_queue_title(&policy, 0, 2), "Customer service");
}

/* Each built-in text uses each of its fields, in both languages, and no other. */
static void built_in_messages_use_their_fields(void **state)
{
    (void)state;
    for (size_t i = 1; i < JIEDA__MESSAGE_COUNT; i++) {
        const jieda__message_text *message = &jieda__message_texts[i];
        const char *texts[] = {message->zh, message->en};

        assert_true(message->name && message->name[0] != '\0');
        for (size_t t = 0; t < 2; t++) {
            size_t braces = 0, fields = 0;
            char list[128], *field;

            assert_true(texts[t][0] != '\0');
            for (const char *a = texts[t]; (a = strstr(a, "{{")) != NULL; a += 2)
                braces++;
            snprintf(list, sizeof list, "%s", message->fields);
            for (field = strtok(list, " "); field; field = strtok(NULL, " ")) {
                char braced[64];

                snprintf(braced, sizeof braced, "{{%s}}", field);
                if (!strstr(texts[t], braced))
                    fail_msg("%s does not use %s", message->name, braced);
                fields++;
            }
            assert_int_equal(braces, fields);
        }
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void without_a_policy_the_defaults_hold(void **state)
{
    pack none = pack_with(NULL), empty = pack_with("{'option_percent':5}");

    (void)state;
    assert_int_equal(none.policy.hash, 0);
    assert_true(empty.policy.hash != 0);
    assert_true(none.policy.answer_confidence_min[JIEDA__ENTRY_RISK_INFO] == 0.69f);
    assert_true(none.policy.answer_confidence_min[JIEDA__ENTRY_RISK_FRAUD] == 0.74f);
    assert_true(none.policy.option_confidence_min == 0.05f);
    assert_int_equal(none.policy.miss_count_max, 2);
    assert_int_equal(none.policy.repeat_count_max, 3);
    assert_int_equal(none.policy.session_seconds, 1800);
    assert_int_equal(none.policy.reopen_seconds, 72 * 3600);
    assert_int_equal(none.policy.utc_offset_minutes, 480);
    assert_text(jieda__policy_queue_id(&none.policy, 0), "general");
    assert_text(jieda__policy_queue_id(&empty.policy, 0), "general");
    assert_text(jieda__policy_queue_title(&empty.policy, 0, 0), "人工客服");
    assert_text(jieda__policy_queue_title(&empty.policy, 0, 1), "Customer service");
    for (uint32_t reason = 0; reason < JIEDA__REASON_COUNT; reason++) {
        jieda__service a =
            jieda__policy_service(&none.policy, reason, JIEDA__NONE, 9, tag_of, "vip=1", 1000);
        jieda__service b =
            jieda__policy_service(&empty.policy, reason, JIEDA__NONE, 9, tag_of, "vip=1", 1000);

        assert_int_equal(a.priority, b.priority);
        assert_int_equal(a.due, b.due);
        assert_true(a.open && b.open);
    }
    pack_free(&none);
    pack_free(&empty);
}

static void options_stand_above_the_policy(void **state)
{
    pack p = pack_with("{'answer_percent':{'info':10,'account':20},'option_percent':30,"
                       "'misses_before_handoff':4}");
    jieda_options options = JIEDA_OPTIONS_INIT;

    (void)state;
    jieda__policy_override(&p.policy, &options);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_INFO] == 0.10f);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_MONEY] == 0.74f);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_ACCOUNT] == 0.20f);
    assert_true(p.policy.option_confidence_min == 0.30f);
    assert_int_equal(p.policy.miss_count_max, 4);
    options.answer_confidence_min_info = 0.0f;
    options.answer_confidence_min_money = 0.5f;
    options.option_confidence_min = 0.0f;
    options.miss_count_max = 0;
    jieda__policy_override(&p.policy, &options);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_INFO] == 0.0f);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_ACCOUNT] == 0.5f);
    assert_true(p.policy.answer_confidence_min[JIEDA__ENTRY_RISK_FRAUD] == 0.5f);
    assert_true(p.policy.option_confidence_min == 0.0f);
    assert_int_equal(p.policy.miss_count_max, 0);
    pack_free(&p);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Asks everything of a policy that was accepted; the sanitizers look on. */
static void use_everything(const jieda__policy *policy, const jieda__kb *kb)
{
    const jieda_str rules[] = {jieda__str("remind.code")};
    uint32_t found[JIEDA__REMINDERS_MAX];
    size_t bytes = 0;

    for (uint32_t reason = 0; reason < JIEDA__REASON_COUNT; reason++) {
        jieda__service s = jieda__policy_service(policy, reason, JIEDA__NONE, 3, tag_of, "vip=1",
                                                 at("2026-11-23 23:00", 480));

        assert_true(s.priority <= 3);
        bytes += jieda__policy_queue_id(policy, s.queue).len;
        bytes += jieda__policy_queue_title(policy, s.queue, 1).len;
    }
    for (uint32_t entry = 0; entry < kb->entry_count; entry++) {
        size_t count = jieda__policy_reminders(policy, kb, entry, rules, 1, found);

        for (size_t i = 0; i < count; i++)
            bytes += jieda__policy_reminder_text(policy, found[i], 1).len;
        assert_true(jieda__policy_entry_handoff(policy, kb, entry) < JIEDA__ENTRY_HANDOFF_COUNT);
        assert_true(jieda__policy_entry_reason(policy, kb, entry) < JIEDA__REASON_COUNT);
    }
    for (int message = 0; message < JIEDA__MESSAGE_COUNT; message++)
        bytes += jieda__message(policy, kb, (enum jieda__message)message, 0).len;
    assert_true(bytes > 0);
}

static void damage_is_refused_or_harmless(void **state)
{
    pack p = pack_with("{" QUEUES HOLIDAYS ",'complaint_levels':[{'complaints':2,'due_minutes':9}],"
                       "'tags':[{'tag':'vip','values':['1'],'queue':'vip'}],"
                       "'entries':{'always':[{'entry':'care','reason':'distress'}]},"
                       "'reminders':[{'id':'a','topics':['money'],'rules':['remind.code'],"
                       "'text':{'zh':'甲','en':'A'}}],"
                       "'messages':{'clarify':{'zh':'哪个？'}}}," RULES);
    fixture_random random = fixture_random_init("damage_is_refused_or_harmless");
    jieda_str good = p.kb->policy_bytes;
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < DAMAGE_COUNT; i++) {
        bool cut = i % 4 == 0;
        size_t len = cut ? fixture_random_below(&random, (uint32_t)good.len) : good.len;
        unsigned char *bytes = malloc(len + 1); /* of its own, so that a read past it shows */
        jieda__policy policy;
        jieda_error err = {0};

        assert_non_null(bytes);
        memcpy(bytes, good.ptr, len);
        if (!cut)
            bytes[fixture_random_below(&random, (uint32_t)len)] ^=
                (unsigned char)(1u << fixture_random_below(&random, 8));
        p.kb->policy_bytes = (jieda_str){(const char *)bytes, len};
        if (jieda__policy_load(p.kb, &policy, &err) == JIEDA_OK) {
            assert_true(!cut || len == 0);
            use_everything(&policy, p.kb);
        } else {
            assert_int_equal(err.status, JIEDA_E_FORMAT);
            refused++;
        }
        free(bytes);
    }
    assert_true(refused > DAMAGE_COUNT / 4);
    pack_free(&p);
}

/* Numbers of the header that must be refused, by their place. */
static void numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
        uint32_t value;
    } cases[] = {
        {"another format", offsetof(jieda__policy_header, magic), 1},
        {"a percentage", offsetof(jieda__policy_header, answer_percent), 101},
        {"the option's", offsetof(jieda__policy_header, option_percent), 101},
        {"danger's", offsetof(jieda__policy_header, danger_percent), 101},
        {"what is urgent's", offsetof(jieda__policy_header, urgent_percent), 101},
        {"no session", offsetof(jieda__policy_header, session_minutes), 0},
        {"a session that overflows", offsetof(jieda__policy_header, session_minutes), UINT32_MAX},
        {"reopening", offsetof(jieda__policy_header, reopen_hours), UINT32_MAX},
        {"an offset", offsetof(jieda__policy_header, utc_offset_minutes), 841},
        {"a negative one", offsetof(jieda__policy_header, utc_offset_minutes), (uint32_t)-841},
        {"a reason's priority", offsetof(jieda__policy_header, reasons), 4},
        {"a reason's queue", offsetof(jieda__policy_header, reasons) + 4, 1},
        {"a reason's time", offsetof(jieda__policy_header, reasons) + 8, UINT32_MAX},
        {"languages", offsetof(jieda__policy_header, language_count), 1},
        {"messages of another version", offsetof(jieda__policy_header, message_count), 3},
        {"no queue", offsetof(jieda__policy_header, queue_count), 0},
        {"too many queues", offsetof(jieda__policy_header, queue_count), 17},
        {"more hours than bytes", offsetof(jieda__policy_header, hour_count), 512},
        {"too many hours", offsetof(jieda__policy_header, hour_count), UINT32_MAX},
        {"too many dates", offsetof(jieda__policy_header, open_count), UINT32_MAX},
        {"too many closed dates", offsetof(jieda__policy_header, closed_count), UINT32_MAX},
        {"too many levels", offsetof(jieda__policy_header, level_count), 9},
        {"too many tags", offsetof(jieda__policy_header, tag_count), 257},
        {"another number of entries", offsetof(jieda__policy_header, entry_count), 3},
        {"too many reminders", offsetof(jieda__policy_header, reminder_count), 65},
        {"topics without reminders", offsetof(jieda__policy_header, topic_count), 1},
        {"more topics than bytes", offsetof(jieda__policy_header, topic_count), UINT32_MAX},
        {"rules without reminders", offsetof(jieda__policy_header, rule_count), 1},
        {"more rules than bytes", offsetof(jieda__policy_header, rule_count), UINT32_MAX},
    };
    pack p = pack_with("{'misses_before_handoff':2}");
    jieda_str good = p.kb->policy_bytes;
    unsigned char *bytes = malloc(good.len);

    (void)state;
    assert_non_null(bytes);
    p.kb->policy_bytes = (jieda_str){(const char *)bytes, good.len};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda__policy policy;
        jieda_error err = {0};

        memcpy(bytes, good.ptr, good.len);
        memcpy(bytes + cases[i].offset, &cases[i].value, sizeof cases[i].value);
        if (jieda__policy_load(p.kb, &policy, &err) != JIEDA_E_FORMAT)
            fail_msg("%s is accepted", cases[i].name);
    }
    free(bytes);
    pack_free(&p);
}

static void reasons_have_their_words(void **state)
{
    (void)state;
    assert_string_equal(jieda__reason_name(JIEDA__REASON_NONE), "none");
    for (uint32_t i = 0; i < JIEDA__REASON_COUNT; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(jieda__reason_name(i), jieda__reason_name(k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_are_as_written),
        cmocka_unit_test(offsets_move_the_day),
        cmocka_unit_test(any_clock_will_do),
        cmocka_unit_test(a_desk_that_never_opens_has_a_deadline),
        cmocka_unit_test(service_follows_reason_level_and_tags),
        cmocka_unit_test(a_closed_desk_has_no_wait_and_a_due_time_in_its_hours),
        cmocka_unit_test(entries_hand_over_as_listed),
        cmocka_unit_test(reminders_are_found_by_topic_and_rule),
        cmocka_unit_test(messages_are_the_packs_then_the_built_in_ones),
        cmocka_unit_test(a_language_of_neither_falls_back),
        cmocka_unit_test(built_in_messages_use_their_fields),
        cmocka_unit_test(without_a_policy_the_defaults_hold),
        cmocka_unit_test(options_stand_above_the_policy),
        cmocka_unit_test(damage_is_refused_or_harmless),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(reasons_have_their_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
