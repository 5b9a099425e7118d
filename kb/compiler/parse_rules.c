/*
 * parse_rules.c - rules.json, the wordings that mean more than a question: JSON to model.
 *
 *   {"format": 1,
 *    "defs": {"me": "我|俺|本人"},                    named fragments, for readable patterns
 *    "rules": [
 *      {"id": "fraud.scammed", "intent": "fraud", "priority": 50,
 *       "action": "handoff", "reason": "fraud", "entry": "fraud.scam",
 *       "patterns": ["{{me}}.{0,6}被骗"],             searched in the text
 *       "pinyin": ["wo (?:gang )?bei pian"],          searched in its syllables
 *       "unless": ["怎么.{0,4}防"],                   and this must not be there
 *       "examples": {"match": ["我刚被骗了"], "no_match": ["怎么防止被骗"]}}]}
 *
 * {{me}} becomes (?:我|俺|本人), in patterns and in later defs, so there is no recursion. Every
 * pattern is compiled here, though only the build keeps one: what PCRE2 objects to is then reported
 * at its place, column and all, while the text is at hand. Each def must be a pattern of its own;
 * what is wrong with one is said there and not again where it is used.
 *
 *   "(?:{{me}}|你"      the fault is at character 14 of (?:(?:我|俺|本人)|你, but is shown behind
 *                       the 你 of the source; one inside the filled-in part at its {{
 */
#include "compiler/json.h"
#include "compiler/parse.h"
#include "intent/pattern.h"
#include "intent/rules.h"

#include <stdio.h>
#include <string.h>

typedef struct def {
    jieda_str name;
    jieda_str text; /* filled in; ptr NULL: broken, which has been reported */
} def;

typedef struct parser {
    jieda__json *json;
    def *defs;
    size_t def_count;
    jieda__json_value def_object; /* all of them, for those that come too late */
} parser;

/* ---- filling in ------------------------------------------------------------------------------ */

/* Which byte of the source a byte of the filled-in text comes from. */
typedef struct span {
    size_t begin; /* in the filled-in text */
    size_t source;
    bool filled; /* all of it comes from the {{ there */
} span;

typedef struct filling {
    jieda__buf text;
    span *spans;
    size_t span_count;
    bool broken; /* reported */
} filling;

static bool add_span(parser *p, filling *f, size_t source, bool filled)
{
    span *grown = jieda__grow(p->json->arena, f->spans, f->span_count, sizeof *grown);

    if (!grown) {
        p->json->status = JIEDA_E_NOMEM;
        return false;
    }
    f->spans = grown;
    f->spans[f->span_count++] = (span){f->text.len, source, filled};
    return true;
}

static size_t source_offset(const filling *f, size_t offset)
{
    size_t i = f->span_count;

    while (i > 1 && f->spans[i - 1].begin > offset)
        i--;
    return f->spans[i - 1].source + (f->spans[i - 1].filled ? 0 : offset - f->spans[i - 1].begin);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static const def *find_def(const parser *p, jieda_str name)
{
    for (size_t i = 0; i < p->def_count; i++)
        if (jieda__str_equal(p->defs[i].name, name))
            return &p->defs[i];
    return NULL;
}

static void report_unknown_def(parser *p, jieda__pos pos, jieda_str name)
{
    jieda__suggestion suggestion = jieda__suggest(name);

    for (jieda__json_value v = jieda__json_child(p->def_object); p->def_object.item && v.item;
         v = jieda__json_next(p->json, v)) {
        if (jieda__str_equal(jieda__str(v.item->string), name)) {
            jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "unknown-def",
                          "def \"%s\" is used before it is complete; move it above what uses it",
                          jieda__quote(name).text);
            return;
        }
    }
    for (size_t i = 0; i < p->def_count; i++)
        jieda__suggest_offer(&suggestion, p->defs[i].name);
    jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "unknown-def",
                  "unknown def \"%s\"; %s", jieda__quote(name).text,
                  jieda__suggest_fix(&suggestion, "add it to \"defs\"").text);
}

/* raw[at] is the "{{". Returns where it ends. */
static size_t fill_in(parser *p, filling *f, jieda__json_value value, jieda_str raw, size_t at)
{
    size_t end = at + 2;
    jieda_str name;
    const def *found;

    while (end < raw.len && is_name_char(raw.ptr[end]))
        end++;
    name = (jieda_str){raw.ptr + at + 2, end - at - 2};
    if (name.len == 0 || raw.len - end < 2 || raw.ptr[end] != '}' || raw.ptr[end + 1] != '}') {
        jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR,
                      jieda__json_inside(p->json, value, at), "bad-def",
                      "\"{{\" begins no {{name}}; name a def, or write braces as \\{\\{");
        f->broken = true;
        return raw.len;
    }
    found = find_def(p, name);
    if (!found)
        report_unknown_def(p, jieda__json_inside(p->json, value, at), name);
    f->broken = f->broken || !found || !found->text.ptr;
    if (found && add_span(p, f, at, true)) {
        jieda__buf_cstr(&f->text, "(?:");
        jieda__buf_str(&f->text, found->text);
        jieda__buf_byte(&f->text, ')');
    }
    return end + 2;
}

static void fill(parser *p, filling *f, jieda__json_value value, jieda_str raw)
{
    size_t at = 0;
    bool plain = false; /* the last span goes on */

    add_span(p, f, 0, false);
    while (at < raw.len && p->json->status == JIEDA_OK) {
        size_t len = raw.ptr[at] == '\\' && at + 1 < raw.len ? 2 : 1;

        if (raw.len - at >= 2 && raw.ptr[at] == '{' && raw.ptr[at + 1] == '{') {
            at = fill_in(p, f, value, raw, at);
            plain = false;
            continue;
        }
        if (!plain && !add_span(p, f, at, false))
            return;
        plain = true;
        jieda__buf_append(&f->text, raw.ptr + at, len);
        at += len;
    }
}

/* ---- patterns -------------------------------------------------------------------------------- */

static size_t char_count(const char *bytes, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += (bytes[i] & 0xC0) != 0x80;
    return count;
}

typedef enum pattern_kind {
    OF_TEXT = 0,
    OF_SOUND,
    OF_DEF,
} pattern_kind;

/* Whether the filled-in text is a pattern a rule may have; reports it if not. */
static bool check_pattern(parser *p, const filling *f, jieda__json_value value, jieda_str text,
                          pattern_kind kind)
{
    jieda__json *json = p->json;
    jieda__pattern_fault fault;
    jieda_status st;

    for (size_t i = 0; kind == OF_SOUND && i < text.len; i++) {
        if ((text.ptr[i] & 0x80) == 0)
            continue;
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR,
                      jieda__json_inside(json, value, source_offset(f, i)), "pattern",
                      "\"pinyin\" is searched in syllables without tones; write a-z and spaces");
        return false;
    }
    st = jieda__pattern_check(json->arena->alloc, text, &fault);
    if (st == JIEDA_E_NOMEM)
        json->status = st;
    if (st == JIEDA_OK || (kind == OF_DEF && fault.is_empty))
        return true;
    if (st == JIEDA_E_FORMAT)
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR,
                      jieda__json_inside(json, value, source_offset(f, fault.offset)), "pattern",
                      "pattern \"%s\", at character %zu: %s; %s", jieda__quote(text).text,
                      char_count(text.ptr, fault.offset) + 1, fault.message, fault.fix);
    return false;
}

/* A string that is a pattern, filled in. False: reported, or out of memory. */
static bool parse_pattern(parser *p, jieda__json_value value, const char *name, pattern_kind kind,
                          jieda_str *out)
{
    jieda__json *json = p->json;
    filling f = {0};
    jieda_str raw;
    bool ok;

    *out = (jieda_str){NULL, 0};
    if (!jieda__json_copy(json, value, name, &raw))
        return false;
    jieda__buf_init(&f.text, json->arena->alloc, JIEDA__PATTERN_BYTES_MAX);
    fill(p, &f, value, raw);
    if (f.text.status == JIEDA_E_NOMEM)
        json->status = JIEDA_E_NOMEM;
    ok = json->status == JIEDA_OK && !f.broken;
    if (ok && f.text.status == JIEDA_E_LIMIT) {
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                      "pattern",
                      "pattern \"%s\" has more than %u bytes, its defs filled in; split it in two",
                      jieda__quote(raw).text, JIEDA__PATTERN_BYTES_MAX);
        ok = false;
    }
    if (ok)
        *out = jieda__arena_copy(json->arena, (jieda_str){f.text.ptr, f.text.len});
    if (ok && !out->ptr)
        json->status = JIEDA_E_NOMEM;
    ok = ok && out->ptr && check_pattern(p, &f, value, *out, kind);
    jieda__buf_free(&f.text);
    return ok;
}

static void parse_defs(parser *p, jieda__json_value value)
{
    jieda__json *json = p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"defs\""))
        return;
    p->def_object = value;
    p->defs = jieda__json_alloc(json, jieda__json_count(value), sizeof *p->defs);
    if (!p->defs)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        def item = {.name = jieda__str(v.item->string)};
        bool named = item.name.len > 0;

        for (size_t i = 0; i < item.name.len; i++)
            named = named && is_name_char(item.name.ptr[i]);
        if (!named)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_key_pos(json, v),
                          "bad-id", "id \"%s\" of a def; write a-z, 0-9 and _",
                          jieda__quote(item.name).text);
        if (!parse_pattern(p, v, "a def", OF_DEF, &item.text))
            item.text = (jieda_str){NULL, 0};
        p->defs[p->def_count++] = item;
    }
}

static void parse_patterns(parser *p, jieda__json_value value, const char *name, pattern_kind kind,
                           jieda__src_patterns *out)
{
    jieda__json *json = p->json;
    char item_name[64];

    if (!value.item || !jieda__json_filled(json, value, name))
        return;
    out->items = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->items);
    if (!out->items)
        return;
    snprintf(item_name, sizeof item_name, "an item of %s", name);
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_pattern *item = &out->items[out->count];

        item->pos = jieda__json_pos(json, v);
        out->count += parse_pattern(p, v, item_name, kind, &item->text);
    }
    if (jieda__json_count(value) > JIEDA__RULE_PATTERN_COUNT_MAX)
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                      "too-many-patterns", "%s has more than %u items; split the rule", name,
                      JIEDA__RULE_PATTERN_COUNT_MAX);
}

static void parse_texts(parser *p, jieda__json_value value, const char *name,
                        jieda__src_patterns *out)
{
    jieda__json *json = p->json;

    if (!value.item || !jieda__json_filled(json, value, name))
        return;
    out->items = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->items);
    if (!out->items)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_pattern *item = &out->items[out->count];

        item->pos = jieda__json_pos(json, v);
        out->count += jieda__json_copy(json, v, "an example", &item->text);
    }
}

/* ---- rules ----------------------------------------------------------------------------------- */

enum {
    ID,
    INTENT,
    PRIORITY,
    ACTION,
    REASON,
    TICKET_PRIORITY,
    ENTRY,
    PATTERNS,
    PINYIN,
    UNLESS,
    EXAMPLES,
    COUNT,
};

static const jieda__json_key rule_keys[COUNT] = {
    [ID] = {"id", JIEDA__JSON_STRING, true, "\"fraud.scammed\""},
    [INTENT] = {"intent", JIEDA__JSON_STRING, true, "\"fraud\""},
    [PRIORITY] = {"priority", JIEDA__JSON_INTEGER, false, "0"},
    [ACTION] = {"action", JIEDA__JSON_STRING, true, "\"handoff\""},
    [REASON] = {"reason", JIEDA__JSON_STRING, false, "\"fraud\""},
    [TICKET_PRIORITY] = {"ticket_priority", JIEDA__JSON_STRING, false, "\"P0\""},
    [ENTRY] = {"entry", JIEDA__JSON_STRING, false, "\"fraud.scam\""},
    [PATTERNS] = {"patterns", JIEDA__JSON_LIST, false, "[\"被骗\"]"},
    [PINYIN] = {"pinyin", JIEDA__JSON_LIST, false, "[\"bei pian\"]"},
    [UNLESS] = {"unless", JIEDA__JSON_LIST, false, "[\"怎么\"]"},
    [EXAMPLES] = {"examples", JIEDA__JSON_OBJECT, true, "{\"match\": [\"...\"]}"},
};

static void parse_examples(parser *p, jieda__json_value value, jieda__src_rule *out)
{
    enum { MATCH, NO_MATCH, EXAMPLE_COUNT };
    static const jieda__json_key keys[EXAMPLE_COUNT] = {
        [MATCH] = {"match", JIEDA__JSON_LIST, true, "[\"...\"]"},
        [NO_MATCH] = {"no_match", JIEDA__JSON_LIST, false, "[\"...\"]"},
    };
    jieda__json_value at[EXAMPLE_COUNT];

    if (!value.item || !jieda__json_keys(p->json, value, "\"examples\"", keys, EXAMPLE_COUNT, at))
        return;
    parse_texts(p, at[MATCH], "\"match\"", &out->matches);
    parse_texts(p, at[NO_MATCH], "\"no_match\"", &out->no_matches);
}

/* A key that the rule's action has no use for. */
static void check_misplaced(parser *p, jieda__json_value value, const char *key, uint32_t action)
{
    if (value.item)
        jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR,
                      jieda__json_key_pos(p->json, value), "misplaced-key",
                      "\"%s\" in a rule whose action is \"%s\"; remove it", key,
                      jieda__rule_action_names[action]);
}

static void check_needed(parser *p, jieda__json_value rule, jieda__json_value value, int key,
                         uint32_t action)
{
    if (!value.item)
        jieda__report(p->json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(p->json, rule),
                      "missing-key", "a rule whose action is \"%s\" without \"%s\"; add \"%s\": %s",
                      jieda__rule_action_names[action], rule_keys[key].name, rule_keys[key].name,
                      rule_keys[key].example);
}

/* Why a person takes over, and how soon that is. The other reasons are the dialogue's. */
static void parse_reason(parser *p, jieda__json_value value, jieda__src_rule *out)
{
    static const struct {
        jieda__reason reason;
        uint32_t ticket_priority;
    } reasons[] = {
        {JIEDA__REASON_REQUESTED, 2}, {JIEDA__REASON_FRAUD, 0},  {JIEDA__REASON_DISTRESS, 0},
        {JIEDA__REASON_COMPLAINT, 1}, {JIEDA__REASON_POLICY, 2}, {JIEDA__REASON_IDENTITY_CHECK, 2},
    };
    enum { REASON_COUNT = sizeof reasons / sizeof *reasons };
    const char *names[REASON_COUNT];
    size_t index;

    for (size_t i = 0; i < REASON_COUNT; i++)
        names[i] = jieda__reason_name(reasons[i].reason);
    index = jieda__json_enum(p->json, value, "\"reason\"", names, REASON_COUNT);
    if (index == REASON_COUNT)
        return;
    out->reason = reasons[index].reason;
    out->ticket_priority = reasons[index].ticket_priority;
}

/* What the rule leads to. */
static void parse_action(parser *p, jieda__json_value rule, const jieda__json_value *at,
                         jieda__src_rule *out)
{
    static const char *const priorities[] = {"P0", "P1", "P2", "P3"};
    jieda__json *json = p->json;
    size_t index;

    if (!at[ACTION].item)
        return;
    index = jieda__json_enum(json, at[ACTION], "\"action\"", jieda__rule_action_names,
                             JIEDA__RULE_ACTION_COUNT);
    if (index == JIEDA__RULE_ACTION_COUNT)
        return;
    out->action = (uint32_t)index;
    if (out->action != JIEDA__RULE_HANDOFF) {
        check_misplaced(p, at[REASON], "reason", out->action);
        check_misplaced(p, at[TICKET_PRIORITY], "ticket_priority", out->action);
        if (out->action == JIEDA__RULE_ANSWER)
            check_needed(p, rule, at[ENTRY], ENTRY, out->action);
        else
            check_misplaced(p, at[ENTRY], "entry", out->action);
        return;
    }
    check_needed(p, rule, at[REASON], REASON, out->action);
    if (at[REASON].item)
        parse_reason(p, at[REASON], out);
    if (at[TICKET_PRIORITY].item) {
        index = jieda__json_enum(json, at[TICKET_PRIORITY], "\"ticket_priority\"", priorities, 4);
        out->ticket_priority = index < 4 ? (uint32_t)index : out->ticket_priority;
    }
}

static void parse_rule(parser *p, jieda__json_value value, jieda__src_rule *out)
{
    jieda__json *json = p->json;
    jieda__json_value at[COUNT];

    if (!jieda__json_keys(json, value, "a rule", rule_keys, COUNT, at))
        return;
    out->pos = jieda__json_pos(json, at[ID].item ? at[ID] : value);
    if (at[ID].item)
        jieda__json_string(json, at[ID], "\"id\"", &out->id);
    if (at[INTENT].item)
        jieda__json_string(json, at[INTENT], "\"intent\"", &out->intent);
    if (at[ENTRY].item)
        jieda__json_string(json, at[ENTRY], "\"entry\"", &out->entry);
    if (at[PRIORITY].item) {
        out->priority = at[PRIORITY].item->valueint;
        if (out->priority < -JIEDA__RULE_PRIORITY_MAX || out->priority > JIEDA__RULE_PRIORITY_MAX)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR,
                          jieda__json_pos(json, at[PRIORITY]), "wrong-value",
                          "\"priority\" cannot be %d; write -%d to %d", out->priority,
                          JIEDA__RULE_PRIORITY_MAX, JIEDA__RULE_PRIORITY_MAX);
    }
    parse_action(p, value, at, out);
    parse_patterns(p, at[PATTERNS], "\"patterns\"", OF_TEXT, &out->patterns);
    parse_patterns(p, at[PINYIN], "\"pinyin\"", OF_SOUND, &out->pinyin);
    parse_patterns(p, at[UNLESS], "\"unless\"", OF_TEXT, &out->unless);
    if (!at[PATTERNS].item && !at[PINYIN].item)
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                      "missing-key",
                      "a rule without \"patterns\" and \"pinyin\"; add one, or it never matches");
    parse_examples(p, at[EXAMPLES], out);
}

static void parse_rules(parser *p, jieda__json_value value, jieda__source *out)
{
    jieda__json *json = p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"rules\""))
        return;
    if (jieda__json_count(value) > JIEDA__RULE_COUNT_MAX)
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                      "too-many-rules", "more than %u rules; merge some", JIEDA__RULE_COUNT_MAX);
    out->rules = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->rules);
    for (jieda__json_value v = jieda__json_child(value); v.item && json->status == JIEDA_OK;
         v = jieda__json_next(json, v))
        parse_rule(p, v, &out->rules[out->rule_count++]);
}

void jieda__rules_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                              jieda__source *out)
{
    enum { FORMAT, DEFS, RULES, KEY_COUNT };
    const jieda__json_key keys[KEY_COUNT] = {
        [FORMAT] = {"format", JIEDA__JSON_INTEGER, whole, "1"},
        [DEFS] = {"defs", JIEDA__JSON_OBJECT, false, "{\"me\": \"我|俺\"}"},
        [RULES] = {"rules", JIEDA__JSON_LIST, true, "[{\"id\": \"...\"}]"},
    };
    jieda__json_value at[KEY_COUNT];
    parser p = {.json = json};

    if (!jieda__json_keys(json, value, "a file of rules", keys, KEY_COUNT, at))
        return;
    jieda__format_check(json, at[FORMAT]);
    parse_defs(&p, at[DEFS]);
    parse_rules(&p, at[RULES], out);
}

jieda_status jieda__rules_parse(jieda__arena *arena, const char *file, jieda_str text,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err)
{
    jieda__json json;

    jieda__json_init(&json, arena, diagnostics, file, &out->places);
    if (jieda__json_read(&json, text, 1))
        jieda__rules_parse_value(&json, jieda__json_root(&json), true, out);
    jieda__json_free(&json);
    return jieda__parse_status(json.status, file, err);
}
