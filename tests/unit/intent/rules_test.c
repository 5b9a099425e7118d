/*
 * rules_test.c - rules say what was said, in order of rank, and nothing makes them take long.
 *
 * Rules are written as in rules.json and go through the compiler's own code to the section, so that
 * a test shows what an editor would get. What takes long is not timed: patterns made for it must be
 * given up, and the sanitizers' slow build must still end soon.
 */
#include "fault/faulty.h"
#include "intent/rules.h"
#include "support/kb_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ENTRY_COUNT 2u
#define TEXT_BYTES_MAX ((size_t)JIEDA_UTTERANCE_BYTES_MAX)

static fixture_lexicon base;

/* Rules and what they came from. */
typedef struct pack {
    jieda__arena arena;
    jieda__source source;
    jieda__built_index index;
    jieda__src_entry entries[ENTRY_COUNT];
    jieda__blob section;
    jieda__rules *rules;
} pack;

static void on_finding(void *ctx, const jieda_diagnostic *d)
{
    (void)ctx;
    fail_msg("%u:%u: %.*s", d->line, d->column, (int)d->message.len, d->message.ptr);
}

/* @param list  the rules, with 'single quotes'; `defs` likewise, or "". */
static void open_pack(pack *p, const char *defs, const char *list)
{
    jieda__diagnostics diagnostics = {.fn = on_finding};
    static const jieda__src_entry *by_ordinal[ENTRY_COUNT];
    jieda_error err = {0};
    jieda__build build;
    jieda__buf text;

    memset(p, 0, sizeof *p);
    jieda__arena_init(&p->arena, jieda__default_allocator(), SIZE_MAX / 2);
    p->entries[0].id = str("fraud.scam");
    p->entries[1].id = str("service.human");
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        by_ordinal[i] = &p->entries[i];
    p->index = (jieda__built_index){.entries = by_ordinal, .entry_count = ENTRY_COUNT};
    jieda__buf_init(&text, jieda__default_allocator(), SIZE_MAX / 2);
    jieda__buf_cstr(&text, "{'format': 1, ");
    jieda__buf_cstr(&text, defs);
    jieda__buf_cstr(&text, "'rules': [");
    jieda__buf_cstr(&text, list);
    jieda__buf_cstr(&text, "]}");
    for (size_t i = 0; i < text.len; i++)
        text.ptr[i] = (char)(text.ptr[i] == '\'' ? '"' : text.ptr[i]);
    if (jieda__rules_parse(&p->arena, "rules.json", (jieda_str){text.ptr, text.len}, &diagnostics,
                           &p->source, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    jieda__buf_free(&text);
    build = (jieda__build){
        .alloc = jieda__default_allocator(), .arena = &p->arena, .source = &p->source};
    assert_int_equal(jieda__rules_build(&build, &p->index, &p->section), JIEDA_OK);
    if (jieda__rules_load(jieda__default_allocator(), (jieda_str){p->section.bytes, p->section.len},
                          ENTRY_COUNT, &p->rules, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
}

static void close_pack(pack *p)
{
    jieda__rules_free(p->rules);
    jieda__blob_free(jieda__default_allocator(), &p->section);
    jieda__arena_free(&p->arena);
}

#define RULE(id, action, rest)                                                                     \
    "{'id': '" id "', 'intent': '" id "', 'action': '" action                                      \
    "', 'examples': {'match': ['x']}, " rest "}"
#define HANDOFF(id, reason, rest) RULE(id, "handoff", "'reason': '" reason "', " rest)

/* One utterance: its reading and what the rules make of it, until the next. */
typedef struct turn {
    jieda__arena arena;
    jieda__reading reading;
    jieda__rule_hits hits;
} turn;

static void begin(turn *t)
{
    memset(t, 0, sizeof *t);
    jieda__arena_init(&t->arena, jieda__default_allocator(), (size_t)64 * 1024 * 1024);
}

static void say(turn *t, const pack *p, jieda_str text)
{
    jieda__arena_reset(&t->arena);
    assert_int_equal(jieda__text_read(&t->arena, base.lexicon, text, &t->reading), JIEDA_OK);
    assert_int_equal(jieda__rules_match(p->rules, &t->arena, &t->reading, &t->hits), JIEDA_OK);
}

static void end(turn *t)
{
    jieda__arena_free(&t->arena);
}

/* The ids of the rules that matched, in their order. */
static void assert_hits(const turn *t, const char *text, const char *ids)
{
    char got[512] = "";

    for (size_t i = 0; i < t->hits.count; i++) {
        size_t len = strlen(got);

        snprintf(got + len, sizeof got - len, "%s%.*s", i ? " " : "",
                 (int)t->hits.items[i].rule->id.len, t->hits.items[i].rule->id.ptr);
    }
    if (strcmp(got, ids) != 0)
        fail_msg("%s: \"%s\" where \"%s\" was expected", text, got, ids);
}

/* ---- what matches ---------------------------------------------------------------------------- */

static const char defs[] =
    "'defs': {'me': '我|俺', 'how': '怎么|如何', 'lost': '{{me}}.{0,4}被骗'}, ";
static const char rules[] = HANDOFF(
    "human", "requested",
    "'entry': 'service.human', 'patterns': ['转?人工', "
    "'\\\\bhuman\\\\b'],"
    " 'pinyin': ['zhuan ren gong'], 'unless': "
    "['不(?:要|用).{0,2}人工']") "," HANDOFF("fraud", "fraud",
                                             "'priority': "
                                             "50, "
                                             "'patterns': "
                                             "['{{lost}}',"
                                             " '钱.{0,4}"
                                             "转走'], "
                                             "'pinyin': "
                                             "['bei "
                                             "pian'],"
                                             " 'unless': "
                                             "['{{how}}.{"
                                             "0,4}(?:防|"
                                             "避免)', "
                                             "'没有?被骗'"
                                             "]") "," RULE("calm", "calm",
                                                           "'priori"
                                                           "ty': "
                                                           "60, "
                                                           "'patter"
                                                           "ns': "
                                                           "['{{"
                                                           "how}}.{"
                                                           "0,4}防'"
                                                           "]") "," RULE("answer", "answer",
                                                                         "'entry': "
                                                                         "'fraud.scam', "
                                                                         "'patterns': "
                                                                         "['^诈骗$']") "," RULE("ch"
                                                                                                "oo"
                                                                                                "s"
                                                                                                "e",
                                                                                                "ch"
                                                                                                "oo"
                                                                                                "s"
                                                                                                "e",
                                                                                                "'p"
                                                                                                "ri"
                                                                                                "or"
                                                                                                "it"
                                                                                                "y'"
                                                                                                ": "
                                                                                                "-1"
                                                                                                "00"
                                                                                                "0,"
                                                                                                " '"
                                                                                                "pa"
                                                                                                "tt"
                                                                                                "er"
                                                                                                "ns"
                                                                                                "':"
                                                                                                " ["
                                                                                                "'^"
                                                                                                "第"
                                                                                                "(?"
                                                                                                "<n"
                                                                                                ">["
                                                                                                "0-"
                                                                                                "9"
                                                                                                "一"
                                                                                                "二"
                                                                                                "三"
                                                                                                "])"
                                                                                                "个"
                                                                                                "$'"
                                                                                                ", "
                                                                                                "'^"
                                                                                                "选"
                                                                                                " ?"
                                                                                                "(?"
                                                                                                "<n"
                                                                                                ">["
                                                                                                "0-"
                                                                                                "9]"
                                                                                                ")$"
                                                                                                "'"
                                                                                                "]") "," RULE("correct",
                                                                                                              "correct",
                                                                                                              "'priority': 1000, 'patterns': ['^不对[,，]?我问的是(?<rest>.+)$']");

static const struct {
    const char *name, *text, *hits;
} cases[] = {
    {"nothing", "怎么退款", ""},
    {"an empty message", "", ""},
    {"a message of signs", "？？！", ""},
    {"a pattern", "我要转人工", "human"},
    {"by rank", "我刚被骗了，转人工", "fraud human"},
    {"unless", "不用人工", ""},
    {"unless anywhere in the text", "我被骗了,怎么防止再被骗", "calm"},
    {"a second unless", "我没被骗", ""},
    {"spaces between ideographs", "我 被 骗 了", "fraud"},
    {"emoji between ideographs", "我😭被😭骗", "fraud"},
    {"spaces beside letters stay", "选 2", "choose"},
    {"and beside nothing", "选2", "choose"},
    {"Traditional characters", "我被騙了", "fraud"},
    {"full width and capitals", "ＨＵＭＡＮ please", "human"},
    {"a word boundary", "humanity", ""},
    {"homophones", "转人供", "human"},
    {"typed pinyin", "zhuanrengong", "human"},
    {"typed in pieces", "zhuan rengong", "human"},
    {"typed with capitals", "ZhuanRenGong", "human"},
    {"half typed", "我 beipian le", "fraud"},
    {"an anchored pattern", "诈骗", "answer"},
    {"does not match inside", "诈骗短信", ""},
    {"named groups", "第二个", "choose"},
};

static void rules_match_by_rank(void **state)
{
    pack p;
    turn t;

    (void)state;
    open_pack(&p, defs, rules);
    begin(&t);
    for (size_t i = 0; i < COUNT(cases); i++) {
        say(&t, &p, str(cases[i].text));
        assert_hits(&t, cases[i].name, cases[i].hits);
        assert_int_equal(t.hits.limit_count, 0);
        assert_null(t.hits.limited);
    }
    end(&t);
    close_pack(&p);
}

static void a_rule_keeps_what_its_editor_wrote(void **state)
{
    static const struct {
        const char *id;
        uint32_t action, reason, ticket_priority, entry;
        int priority;
    } expected[] = {
        {"correct", JIEDA__RULE_CORRECT, JIEDA__REASON_NONE, 0, JIEDA__NONE, 1000},
        {"calm", JIEDA__RULE_CALM, JIEDA__REASON_NONE, 0, JIEDA__NONE, 60},
        {"fraud", JIEDA__RULE_HANDOFF, JIEDA__REASON_FRAUD, 0, JIEDA__NONE, 50},
        {"human", JIEDA__RULE_HANDOFF, JIEDA__REASON_REQUESTED, 2, 1, 0},
        {"answer", JIEDA__RULE_ANSWER, JIEDA__REASON_NONE, 0, 0, 0},
        {"choose", JIEDA__RULE_CHOOSE, JIEDA__REASON_NONE, 0, JIEDA__NONE, -1000},
    };
    pack p;

    (void)state;
    open_pack(&p, defs, rules);
    assert_int_equal(jieda__rules_count(p.rules), COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const jieda__rule *rule = jieda__rules_at(p.rules, i);

        assert_str(rule->id, expected[i].id);
        assert_str(rule->intent, expected[i].id);
        assert_int_equal(rule->action, expected[i].action);
        assert_int_equal(rule->reason, expected[i].reason);
        assert_int_equal(rule->ticket_priority, expected[i].ticket_priority);
        assert_int_equal(rule->entry, expected[i].entry);
        assert_int_equal(rule->priority, expected[i].priority);
    }
    close_pack(&p);
}

/* Every action can be written, and comes out as itself. */
static void every_action_is_carried(void **state)
{
    (void)state;
    for (uint32_t action = 0; action < JIEDA__RULE_ACTION_COUNT; action++) {
        char text[400];
        pack p;
        turn t;

        snprintf(text, sizeof text,
                 "{'id': 'a', 'intent': 'b', 'action': '%s', %s %s 'patterns': ['骗'],"
                 " 'examples': {'match': ['骗']}}",
                 jieda__rule_action_names[action],
                 action == JIEDA__RULE_HANDOFF ? "'reason': 'policy'," : "",
                 action == JIEDA__RULE_ANSWER ? "'entry': 'fraud.scam'," : "");
        open_pack(&p, "", text);
        begin(&t);
        say(&t, &p, str("被骗"));
        assert_int_equal(t.hits.count, 1);
        assert_int_equal(t.hits.items[0].rule->action, action);
        end(&t);
        close_pack(&p);
    }
}

/* `range` is what of the original matched. */
static const struct {
    const char *text, *rule, *range, *n, *rest;
    uint32_t pattern;
    bool pinyin;
} places[] = {
    {"请问：我 刚刚 被骗 了", "fraud", "我 刚刚 被骗", NULL, NULL, 0, false},
    {"余额的錢全部轉走了！", "fraud", "錢全部轉走", NULL, NULL, 1, false},
    {"人家beipian了", "fraud", "beipian", NULL, NULL, 0, true},
    {"好像贝片了吧", "fraud", "贝片", NULL, NULL, 0, true},
    {" ＨＵＭＡＮ!", "human", "ＨＵＭＡＮ", NULL, NULL, 1, false},
    {"第 二 个", "choose", "第 二 个", "二", NULL, 0, false},
    {"选 ７", "choose", "选 ７", "7", NULL, 1, false},
    {"不对，我问的是 提现 ATM", "correct", "不对，我问的是 提现 ATM", NULL, "提现 atm", 0, false},
};

static void a_hit_says_where(void **state)
{
    pack p;
    turn t;

    (void)state;
    open_pack(&p, defs, rules);
    begin(&t);
    for (size_t i = 0; i < COUNT(places); i++) {
        const jieda__rule_hit *hit;

        say(&t, &p, str(places[i].text));
        assert_hits(&t, places[i].text, places[i].rule);
        hit = t.hits.items;
        assert_str((jieda_str){places[i].text + hit->begin, hit->end - hit->begin},
                   places[i].range);
        assert_int_equal(hit->pattern, places[i].pattern);
        assert_int_equal(hit->pinyin, places[i].pinyin);
        assert_int_equal(hit->group_n.ptr != NULL, places[i].n != NULL);
        assert_int_equal(hit->group_rest.ptr != NULL, places[i].rest != NULL);
        if (places[i].n)
            assert_str(hit->group_n, places[i].n);
        if (places[i].rest)
            assert_str(hit->group_rest, places[i].rest);
    }
    end(&t);
    close_pack(&p);
}

static void a_match_of_nothing_has_a_place_too(void **state)
{
    pack p;
    turn t;

    (void)state;
    open_pack(&p, "", RULE("end", "yes", "'patterns': ['(?<=了)$', '(?=我)']"));
    begin(&t);
    say(&t, &p, str("好 了"));
    assert_hits(&t, "at the end", "end");
    assert_int_equal(t.hits.items[0].begin, t.hits.items[0].end);
    say(&t, &p, str("问我"));
    assert_int_equal(t.hits.items[0].begin, 3);
    assert_int_equal(t.hits.items[0].end, 3);
    end(&t);
    close_pack(&p);
}

static void more_rules_may_match_than_fit_at_first(void **state)
{
    jieda__buf list;
    pack p;
    turn t;

    (void)state;
    jieda__buf_init(&list, jieda__default_allocator(), SIZE_MAX / 2);
    for (int i = 0; i < 40; i++) {
        char rule[300];

        /* Urgent ones are tried first, and still stand where their rank puts them. */
        snprintf(rule, sizeof rule,
                 "%s{'id': 'r%02d', 'intent': 'x', 'priority': %d, 'action': 'handoff',"
                 " 'reason': '%s', 'patterns': ['骗'], 'examples': {'match': ['骗']}}",
                 i ? ", " : "", i, i / 4, i % 2 ? "fraud" : "complaint");
        jieda__buf_cstr(&list, rule);
    }
    jieda__buf_byte(&list, '\0');
    open_pack(&p, "", list.ptr);
    begin(&t);
    say(&t, &p, str("骗"));
    assert_int_equal(t.hits.count, 40);
    for (size_t i = 0; i < 40; i++)
        assert_ptr_equal(t.hits.items[i].rule, jieda__rules_at(p.rules, i));
    assert_str(t.hits.items[0].rule->id, "r36");
    assert_str(t.hits.items[39].rule->id, "r03");
    end(&t);
    close_pack(&p);
    jieda__buf_free(&list);
}

static void an_empty_section_has_no_rules(void **state)
{
    jieda__rules *none;
    jieda__rule_hits hits;
    turn t;

    (void)state;
    assert_int_equal(
        jieda__rules_load(jieda__default_allocator(), (jieda_str){NULL, 0}, 0, &none, NULL),
        JIEDA_OK);
    assert_int_equal(jieda__rules_count(none), 0);
    begin(&t);
    assert_int_equal(jieda__text_read(&t.arena, base.lexicon, str("转人工"), &t.reading), JIEDA_OK);
    assert_int_equal(jieda__rules_match(none, &t.arena, &t.reading, &hits), JIEDA_OK);
    assert_int_equal(hits.count, 0);
    end(&t);
    jieda__rules_free(none);
    jieda__rules_free(NULL);
}

static void a_trial_says_why(void **state)
{
    jieda__rule_trial trial;
    pack p;
    turn t;

    (void)state;
    open_pack(&p, defs, rules);
    begin(&t);
    say(&t, &p, str("我没被骗"));
    assert_int_equal(
        jieda__rules_try(p.rules, &t.arena, &t.reading, jieda__rules_at(p.rules, 2), &trial),
        JIEDA_OK);
    assert_true(trial.matched);
    assert_int_equal(trial.unless, 1);
    assert_int_equal(trial.hit.pattern, 0);
    say(&t, &p, str("怎么退款"));
    assert_int_equal(
        jieda__rules_try(p.rules, &t.arena, &t.reading, jieda__rules_at(p.rules, 2), &trial),
        JIEDA_OK);
    assert_false(trial.matched);
    say(&t, &p, str(""));
    assert_int_equal(
        jieda__rules_try(p.rules, &t.arena, &t.reading, jieda__rules_at(p.rules, 2), &trial),
        JIEDA_OK);
    assert_false(trial.matched);
    end(&t);
    close_pack(&p);
}

/* ---- long messages --------------------------------------------------------------------------- */

/* `count` characters no two of which are alike in a row, with `text` put at `at`. */
static jieda_str long_text(char *bytes, size_t count, size_t at, const char *text)
{
    static const char *const fill[] = {"春", "夏", "秋", "冬"};
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        const char *piece = i == at ? text : fill[i % 4];

        memcpy(bytes + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return (jieda_str){bytes, len};
}

static void long_messages_are_read_at_both_ends(void **state)
{
    static const struct {
        size_t count, at;
        const char *text, *hits;
    } lines[] = {
        {2990, 1999, "我被骗了", "fraud"}, /* read whole */
        {2990, 2500, "转人工", "human"},
        {6000, 0, "我被骗了", "fraud"},
        {6000, 1990, "转人工", "human"},
        {6000, 3000, "我被骗了", ""}, /* neither in the first 2,000 nor in the last 1,000 */
        {6000, 5990, "转人工", "human"},
        {6000, 5999, "我被骗了", "fraud"},
        {300, 299, "诈骗", ""}, /* ^ is the message's begin, not a piece's */
        {300, 0, "诈骗", ""},
        {1000, 190, "我春夏秋被骗了", "fraud"}, /* where pieces of 256 end and begin */
        {1000, 254, "我春夏秋被骗了", "fraud"},
        {1000, 384, "我春夏秋被骗了", "fraud"},
        {1000, 447, "我春夏秋被骗了", "fraud"},
    };
    char *bytes = malloc(TEXT_BYTES_MAX);
    pack p;
    turn t;

    (void)state;
    assert_non_null(bytes);
    open_pack(&p, defs, rules);
    begin(&t);
    for (size_t i = 0; i < COUNT(lines); i++) {
        jieda_str text = long_text(bytes, lines[i].count, lines[i].at, lines[i].text);

        say(&t, &p, text);
        assert_hits(&t, lines[i].text, lines[i].hits);
        assert_int_equal(t.hits.limit_count, 0);
        for (size_t h = 0; h < t.hits.count; h++) /* the place is right behind the cut as well */
            assert_true(t.hits.items[h].begin >= 3 * lines[i].at &&
                        t.hits.items[h].end <= 3 * lines[i].at + strlen(lines[i].text));
    }
    end(&t);
    close_pack(&p);
    free(bytes);
}

static void anchors_are_those_of_the_message(void **state)
{
    char *bytes = malloc(TEXT_BYTES_MAX);
    pack p;
    turn t;

    (void)state;
    assert_non_null(bytes);
    open_pack(
        &p, "",
        RULE("begin", "yes", "'patterns': ['^春']") "," RULE("end", "no", "'patterns': ['冬$']"));
    begin(&t);
    say(&t, &p, long_text(bytes, 10000, SIZE_MAX, ""));
    assert_hits(&t, "both", "begin end");
    assert_int_equal(t.hits.items[0].begin, 0);
    assert_int_equal(t.hits.items[1].end, 30000);
    say(&t, &p, long_text(bytes, 10001, 0, "秋"));
    assert_hits(&t, "neither", "");
    end(&t);
    close_pack(&p);
    free(bytes);
}

static void long_pinyin_is_read_in_pieces(void **state)
{
    static const size_t counts[] = {1, 120, 127, 128, 129, 250, 380, 500};
    pack p;
    turn t;

    (void)state;
    open_pack(&p, "",
              RULE("whole", "yes", "'pinyin': ['^ (?:chun )*bei pian $']") "," RULE(
                  "part", "yes", "'pinyin': [' bei pian ']"));
    begin(&t);
    for (size_t i = 0; i < COUNT(counts); i++) {
        char *bytes = malloc(5 * counts[i] + 9);
        size_t len = 0;

        assert_non_null(bytes);
        for (size_t k = 0; k < counts[i]; k++, len += 5)
            memcpy(bytes + len, "chun ", 5);
        memcpy(bytes + len, "beipian", 8);
        say(&t, &p, str(bytes));
        assert_hits(&t, "pinyin", counts[i] + 2 <= 128 ? "whole part" : "part");
        free(bytes);
    }
    end(&t);
    close_pack(&p);
}

/* ---- limits ---------------------------------------------------------------------------------- */

/* Each can take more steps than there are stars on some text of the list below. */
static const char *const slow[] = {
    "((?:ab)+)+[xy]",
    "(?:ab|a|b|ba)+[xy]",
    "(.*)*[xy]",
    ".*.*.*.*[xy]",
    "(?:.{0,8}){0,8}[xy]",
    "(\\\\w|\\\\w\\\\w)+[xy]",
    "^(?:(\\\\w+)\\\\1?)+[xy]",
    "(?<g>\\\\w(?&g)?)*[xy]",
    "[^x]*[^x]*[^x]*[xy]",
    "\\\\w+\\\\s*\\\\w+[xy]",
    "(\\\\w+\\\\w+)+[xy]",
    "(?:(\\\\w)(?=.*\\\\1))+[xy]",
    "(\\\\w+\\\\s?)*[xy]",
    "(?:(?:\\\\w?){9}){9}[xy]",
    "(?=(\\\\w+)+[xy])\\\\w",
    "(\\\\d+|\\\\w+)*[!?]",
};

/* Texts to be slow on, of `count` characters. */
static jieda_str slow_text(char *bytes, size_t which, size_t count)
{
    static const char *const fill[][4] = {{"a", "b", "a", "b"},
                                          {"1", "2", "3", "4"},
                                          {"春", "夏", "秋", "冬"},
                                          {"a", "1", "春", " "}};
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        const char *piece = fill[which][i % 4];

        memcpy(bytes + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return (jieda_str){bytes, len};
}

static void slow_patterns_are_given_up(void **state)
{
    static const size_t counts[] = {30, 255, 257, 4000, TEXT_BYTES_MAX / 3};
    char *bytes = malloc(TEXT_BYTES_MAX);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT(slow); i++) {
        uint32_t limit_count = 0;
        char list[300];
        pack p;
        turn t;

        snprintf(list, sizeof list,
                 "{'id': 'slow', 'intent': 'x', 'action': 'yes', 'patterns': ['%s'],"
                 " 'examples': {'match': ['x']}}",
                 slow[i]);
        open_pack(&p, "", list);
        begin(&t);
        for (size_t text = 0; text < 4; text++)
            for (size_t c = 0; c < COUNT(counts); c++) {
                say(&t, &p, slow_text(bytes, text, counts[c]));
                assert_int_equal(t.hits.count, 0);
                assert_true(t.hits.limit_count <= 1);
                assert_ptr_equal(t.hits.limited,
                                 t.hits.limit_count ? jieda__rules_at(p.rules, 0) : NULL);
                limit_count += t.hits.limit_count;
            }
        if (limit_count == 0)
            fail_msg("%s was never given up: it is no test", slow[i]);
        end(&t);
        close_pack(&p);
    }
    free(bytes);
}

/* Many of them: the message's budget ends, and what is urgent was tried before. */
static void a_message_has_one_budget(void **state)
{
    char *bytes = malloc(TEXT_BYTES_MAX);
    jieda__buf list;
    pack p;
    turn t;

    (void)state;
    assert_non_null(bytes);
    jieda__buf_init(&list, jieda__default_allocator(), SIZE_MAX / 2);
    for (int i = 0; i < 200; i++) {
        char rule[300];

        snprintf(rule, sizeof rule,
                 "{'id': 'slow%03d', 'intent': 'x', 'priority': 1000, 'action': 'yes',"
                 " 'patterns': ['%s'], 'examples': {'match': ['x']}}, ",
                 i, slow[(size_t)i % COUNT(slow)]);
        jieda__buf_cstr(&list, rule);
    }
    jieda__buf_cstr(&list, HANDOFF("late", "complaint", "'patterns': ['[冬4b]$']") "," HANDOFF(
                               "urgent", "distress", "'patterns': ['[冬4b]$']"));
    jieda__buf_byte(&list, '\0');
    open_pack(&p, "", list.ptr);
    begin(&t);
    for (size_t text = 0; text < 3; text++) {
        say(&t, &p, slow_text(bytes, text, TEXT_BYTES_MAX / 3 / 4 * 4));
        assert_hits(&t, "late ones are skipped", "urgent");
        assert_true(t.hits.limit_count > 100);
        assert_non_null(t.hits.limited);
        assert_memory_equal(t.hits.limited->id.ptr, "slow", 4);
    }
    end(&t);
    close_pack(&p);
    jieda__buf_free(&list);
    free(bytes);
}

static void an_unless_that_is_given_up_holds_back_what_is_not_urgent(void **state)
{
    pack p;
    turn t;

    (void)state;
    open_pack(
        &p, "",
        HANDOFF("fraud", "fraud", "'patterns': ['被骗'], 'unless': ['(\\\\w+)+[xy]']") "," HANDOFF(
            "distress", "distress",
            "'patterns': ['被骗'], 'unless': ['(\\\\w+)+[xy]']") "," HANDOFF("complaint",
                                                                             "complaint",
                                                                             "'patterns': "
                                                                             "['被骗'], "
                                                                             "'unless': "
                                                                             "['(\\\\w+)+[xy]"
                                                                             "']") "," RULE("calm",
                                                                                            "calm",
                                                                                            "'patte"
                                                                                            "rns': "
                                                                                            "['"
                                                                                            "被骗']"
                                                                                            ", "
                                                                                            "'unles"
                                                                                            "s': "
                                                                                            "['("
                                                                                            "\\\\w+"
                                                                                            ")+[xy]"
                                                                                            "']"));
    begin(&t);
    say(&t, &p, str("春夏秋冬春夏秋冬春夏秋冬春夏秋冬春夏秋冬春夏秋冬被骗"));
    assert_hits(&t, "given up", "fraud distress");
    assert_int_equal(t.hits.limit_count, 4);
    assert_str(t.hits.limited->id, "fraud");
    say(&t, &p, str("被骗"));
    assert_hits(&t, "told apart", "fraud distress complaint calm");
    say(&t, &p, str("被骗x"));
    assert_hits(&t, "held back", "");
    end(&t);
    close_pack(&p);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Whatever is loaded is used. */
static bool load_and_use(void *bytes, size_t len, uint32_t entry_count, turn *t)
{
    jieda__rules *loaded = NULL;
    jieda__rule_hits hits;
    jieda_error err = {0};
    jieda_status st = jieda__rules_load(jieda__default_allocator(), (jieda_str){bytes, len},
                                        entry_count, &loaded, &err);

    if (st != JIEDA_OK) {
        assert_int_equal(st, JIEDA_E_FORMAT);
        assert_int_equal(err.status, st);
        assert_true(err.message[0] != '\0');
        assert_null(loaded);
        return false;
    }
    assert_int_equal(jieda__rules_match(loaded, &t->arena, &t->reading, &hits), JIEDA_OK);
    for (size_t i = 0; i < hits.count; i++)
        assert_true(hits.items[i].rule->entry == JIEDA__NONE ||
                    hits.items[i].rule->entry < entry_count);
    jieda__rules_free(loaded);
    return true;
}

static void a_damaged_section_is_refused_or_harmless(void **state)
{
    static const unsigned char flips[] = {0x01, 0x80, 0xFF};
    size_t refused = 0;
    unsigned char *copy;
    pack p;
    turn t;

    (void)state;
    open_pack(&p, defs, rules);
    begin(&t);
    say(&t, &p, str("第二个我被骗了转人工 human"));
    copy = malloc(p.section.len);
    assert_non_null(copy);
    for (size_t at = 0; at < p.section.len; at++)
        for (size_t f = 0; f < COUNT(flips); f++) {
            memcpy(copy, p.section.bytes, p.section.len);
            copy[at] ^= flips[f];
            refused += !load_and_use(copy, p.section.len, ENTRY_COUNT, &t);
        }
    assert_true(refused > p.section.len / 2);
    memcpy(copy, p.section.bytes, p.section.len);
    for (size_t len = 1; len < p.section.len; len++)
        assert_false(load_and_use(copy, len, ENTRY_COUNT, &t));
    assert_true(load_and_use(copy, p.section.len, ENTRY_COUNT, &t));
    assert_false(load_and_use(copy, p.section.len, ENTRY_COUNT - 1, &t)); /* an entry too far */
    free(copy);
    end(&t);
    close_pack(&p);
}

static void set_row(unsigned char *section, size_t row, const jieda__rule_row *value)
{
    memcpy(section + sizeof(jieda__rules_header) + row * sizeof *value, value, sizeof *value);
}

static void rows_must_make_sense(void **state)
{
    static const struct {
        const char *name;
        jieda__rule_row row;
        bool ok;
    } rows[] = {
        {"as it was", {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_YES, 0, 0, 0}, true},
        {"an unknown action", {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_ACTION_COUNT, 0, 0, 0}, false},
        {"an unknown reason",
         {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_HANDOFF, JIEDA__REASON_COUNT, 0, 0},
         false},
        {"a handoff without reason",
         {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_HANDOFF, 0, 0, 0},
         false},
        {"a reason without handoff", {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_YES, 1, 0, 0}, false},
        {"an answer without entry", {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_ANSWER, 0, 0, 0}, false},
        {"an entry past the last", {ENTRY_COUNT, 1, 0, 0, 0, JIEDA__RULE_ANSWER, 0, 0, 0}, false},
        {"the last entry", {ENTRY_COUNT - 1, 1, 0, 0, 0, JIEDA__RULE_ANSWER, 0, 0, 0}, true},
        {"a priority too high", {JIEDA__NONE, 1, 0, 0, 1001, JIEDA__RULE_YES, 0, 0, 0}, false},
        {"a priority too low", {JIEDA__NONE, 1, 0, 0, -1001, JIEDA__RULE_YES, 0, 0, 0}, false},
        {"P4", {JIEDA__NONE, 1, 0, 0, 0, JIEDA__RULE_YES, 0, 4, 0}, false},
        {"a pattern that is not there", {JIEDA__NONE, 1, 1, 0, 0, JIEDA__RULE_YES, 0, 0, 0}, false},
        {"one fewer than there are", {JIEDA__NONE, 0, 0, 0, 0, JIEDA__RULE_YES, 0, 0, 0}, false},
        {"a pattern of another kind", {JIEDA__NONE, 0, 0, 1, 0, JIEDA__RULE_YES, 0, 0, 0}, true},
    };
    pack p;
    turn t;

    (void)state;
    open_pack(&p, "", RULE("yes", "yes", "'patterns': ['是']"));
    begin(&t);
    say(&t, &p, str("是"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_row(p.section.bytes, 0, &rows[i].row);
        if (load_and_use(p.section.bytes, p.section.len, ENTRY_COUNT, &t) != rows[i].ok)
            fail_msg("%s", rows[i].name);
    }
    end(&t);
    close_pack(&p);
}

/* ---- faults ---------------------------------------------------------------------------------- */

static void every_allocation_of_loading_may_fail(void **state)
{
    pack p;

    (void)state;
    open_pack(&p, defs, rules);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (size_t n = 0;; n++) {
            fault f = {0};
            jieda_allocator alloc = {faulty_resize, &f};
            jieda__rules *loaded = NULL;
            jieda_error err = {0};
            jieda_status st;

            fault_arm(&f, n, for_ever);
            st = jieda__rules_load(&alloc, (jieda_str){p.section.bytes, p.section.len}, ENTRY_COUNT,
                                   &loaded, &err);
            fault_disarm(&f);
            jieda__rules_free(loaded);
            assert_int_equal(f.alive, 0);
            assert_int_equal(st, f.fired ? JIEDA_E_NOMEM : JIEDA_OK);
            assert_int_equal(err.status, st);
            if (!f.fired)
                break;
        }
    }
    close_pack(&p);
}

static void every_allocation_of_matching_may_fail(void **state)
{
    char *bytes = malloc(TEXT_BYTES_MAX);
    jieda_str texts[2];
    pack p;

    (void)state;
    assert_non_null(bytes);
    open_pack(&p, defs, rules);
    texts[0] = str("我被骗了转人工");
    texts[1] = long_text(bytes, 6000, 10, "我被骗了");
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 0;; n++) {
            fault f = {0};
            jieda_allocator alloc = {faulty_resize, &f};
            jieda__rules *loaded = NULL;
            jieda__arena arena;
            jieda__reading reading;
            jieda__rule_hits hits;
            jieda_status st;

            assert_int_equal(jieda__rules_load(&alloc, (jieda_str){p.section.bytes, p.section.len},
                                               ENTRY_COUNT, &loaded, NULL),
                             JIEDA_OK);
            jieda__arena_init(&arena, &alloc, SIZE_MAX / 2);
            assert_int_equal(jieda__text_read(&arena, base.lexicon, texts[i % 2], &reading),
                             JIEDA_OK);
            fault_arm(&f, n, i / 2);
            st = jieda__rules_match(loaded, &arena, &reading, &hits);
            fault_disarm(&f);
            jieda__arena_free(&arena);
            jieda__rules_free(loaded);
            assert_int_equal(f.alive, 0);
            assert_int_equal(st, f.fired ? JIEDA_E_NOMEM : JIEDA_OK);
            if (!f.fired)
                break;
        }
    }
    close_pack(&p);
    free(bytes);
}

static void a_request_that_may_not_grow_says_so(void **state)
{
    pack p;
    turn t;

    (void)state;
    open_pack(&p, defs, rules);
    begin(&t);
    assert_int_equal(jieda__text_read(&t.arena, base.lexicon, str("我被骗了"), &t.reading),
                     JIEDA_OK);
    while (jieda__arena_alloc(&t.arena, 16))
        ; /* until there is no more */
    assert_int_equal(jieda__rules_match(p.rules, &t.arena, &t.reading, &t.hits), JIEDA_E_NOMEM);
    end(&t);
    close_pack(&p);
}

static int make_lexicon(void **state)
{
    (void)state;
    fixture_lexicon_init(&base);
    return 0;
}

static int free_lexicon(void **state)
{
    (void)state;
    fixture_lexicon_free(&base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_match_by_rank),
        cmocka_unit_test(a_rule_keeps_what_its_editor_wrote),
        cmocka_unit_test(every_action_is_carried),
        cmocka_unit_test(a_hit_says_where),
        cmocka_unit_test(a_match_of_nothing_has_a_place_too),
        cmocka_unit_test(more_rules_may_match_than_fit_at_first),
        cmocka_unit_test(an_empty_section_has_no_rules),
        cmocka_unit_test(a_trial_says_why),
        cmocka_unit_test(long_messages_are_read_at_both_ends),
        cmocka_unit_test(anchors_are_those_of_the_message),
        cmocka_unit_test(long_pinyin_is_read_in_pieces),
        cmocka_unit_test(slow_patterns_are_given_up),
        cmocka_unit_test(a_message_has_one_budget),
        cmocka_unit_test(an_unless_that_is_given_up_holds_back_what_is_not_urgent),
        cmocka_unit_test(a_damaged_section_is_refused_or_harmless),
        cmocka_unit_test(rows_must_make_sense),
        cmocka_unit_test(every_allocation_of_loading_may_fail),
        cmocka_unit_test(every_allocation_of_matching_may_fail),
        cmocka_unit_test(a_request_that_may_not_grow_says_so),
    };

    return cmocka_run_group_tests(tests, make_lexicon, free_lexicon);
}
