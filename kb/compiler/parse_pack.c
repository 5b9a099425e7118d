/*
 * parse_pack.c - packs and their entries: JSON to model.
 *
 * Each object has a table of the keys it knows, with their types and an example that a finding can
 * show; jieda__json_keys() does the rest. What is wrong is reported and left out of the model, so
 * later checks see only what is well-formed and add no noise.
 *
 * Languages are indices into the pack's list. When pack.json is so broken that the list is unknown,
 * entries are still read, to find what is wrong with them in the same run: each language they name
 * is then taken as it comes (source->pack_read stays false).
 */
#include "compiler/json.h"
#include "compiler/parse.h"

#include <stdio.h>
#include <string.h>

#define LANGUAGE_NONE UINT32_MAX

typedef struct parser {
    jieda__json json;
    jieda__source *source;
} parser;

/* ---- shared with parse_lexicon.c ------------------------------------------------------------- */

void jieda__format_check(jieda__json *json, jieda__json_value value)
{
    if (!value.item || value.item->valueint == 1)
        return;
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                  "unknown-format", "format %d is not known; this compiler reads format 1",
                  value.item->valueint);
}

jieda_status jieda__parse_status(jieda_status status, const char *file, jieda_error *err)
{
    if (status == JIEDA_OK)
        return JIEDA_OK;
    if (status == JIEDA_E_LIMIT)
        jieda__fail(err, status, "a source file must be smaller than 4 GB");
    else
        jieda__fail(err, status, "out of memory while reading a source");
    jieda__error_source(err, file);
    return status;
}

/* ---- languages ------------------------------------------------------------------------------- */

/* "zh", "en", "zh-Hant" */
static bool is_language(jieda_str text)
{
    size_t letters = 0;

    while (letters < text.len && text.ptr[letters] >= 'a' && text.ptr[letters] <= 'z')
        letters++;
    if (letters < 2 || letters > 3 || text.len > 35)
        return false;
    for (size_t i = letters; i < text.len; i++) {
        char c = text.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (i == letters ? c != '-' : !alnum && c != '-')
            return false;
    }
    return text.ptr[text.len - 1] != '-';
}

static bool add_language(jieda__json *json, jieda__source *source, jieda_str name)
{
    jieda_str copy = jieda__arena_copy(json->arena, name);

    if (!copy.ptr) {
        json->status = JIEDA_E_NOMEM;
        return false;
    }
    source->languages[source->language_count++] = copy;
    return true;
}

static uint32_t find_language(const jieda__source *source, jieda_str name)
{
    for (uint32_t i = 0; i < source->language_count; i++) {
        if (jieda__str_equal(source->languages[i], name))
            return i;
    }
    return LANGUAGE_NONE;
}

static uint32_t language_index(jieda__json *json, jieda__source *source, jieda_str name,
                               jieda__pos pos)
{
    uint32_t index = find_language(source, name);
    jieda__suggestion suggestion;

    if (index != LANGUAGE_NONE)
        return index;
    if (!source->pack_read) {
        if (source->language_count < JIEDA__LANGUAGE_COUNT_MAX && add_language(json, source, name))
            return (uint32_t)source->language_count - 1;
        return LANGUAGE_NONE;
    }
    suggestion = jieda__suggest(name);
    for (size_t i = 0; i < source->language_count; i++)
        jieda__suggest_offer(&suggestion, source->languages[i]);
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "unknown-language",
                  "language \"%s\" is not one of the pack's; %s", jieda__quote(name).text,
                  jieda__suggest_fix(&suggestion, "add it to \"languages\" of the pack").text);
    return LANGUAGE_NONE;
}

static void parse_languages(parser *p, jieda__json_value value)
{
    jieda__json *json = &p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"languages\""))
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__pos pos = jieda__json_pos(json, v);
        jieda_str name;

        if (!jieda__json_expect(json, v, JIEDA__JSON_STRING, "a language", "\"zh\""))
            continue;
        name = jieda__str(v.item->valuestring);
        if (!is_language(name))
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-language",
                          "\"%s\" is no language tag; write one like \"zh\", \"en\" or \"zh-Hant\"",
                          jieda__quote(name).text);
        else if (find_language(p->source, name) != LANGUAGE_NONE)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-language",
                          "language \"%s\" twice; remove one", jieda__quote(name).text);
        else if (p->source->language_count == JIEDA__LANGUAGE_COUNT_MAX)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-language",
                          "more than %d languages; split the pack", JIEDA__LANGUAGE_COUNT_MAX);
        else if (!add_language(json, p->source, name))
            return;
    }
}

/* ---- texts by language ----------------------------------------------------------------------- */

void jieda__localized_parse(jieda__json *json, jieda__source *source, jieda__json_value value,
                            const char *name, jieda__localized *out)
{
    if (!value.item ||
        !jieda__json_expect(json, value, JIEDA__JSON_OBJECT, name, "{\"zh\": \"...\"}") ||
        !jieda__json_filled(json, value, name))
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        uint32_t language =
            language_index(json, source, jieda__str(v.item->string), jieda__json_key_pos(json, v));
        jieda_str text;

        if (jieda__json_string(json, v, name, &text) && language != LANGUAGE_NONE)
            out->text[language] = text;
    }
}

static void parse_localized(parser *p, jieda__json_value value, const char *name,
                            jieda__localized *out)
{
    jieda__localized_parse(&p->json, p->source, value, name, out);
}

static void parse_questions(parser *p, jieda__json_value value, const char *name,
                            jieda__src_question **items_out, size_t *count_out)
{
    jieda__json *json = &p->json;
    jieda__src_question *items;
    char list_name[64];
    size_t max = 0, count = 0;

    *count_out = 0;
    if (!value.item || !jieda__json_filled(json, value, name))
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v))
        max += jieda__json_count(v);
    items = jieda__json_alloc(json, max, sizeof *items);
    if (!items)
        return;
    snprintf(list_name, sizeof list_name, "a language of %s", name);
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        uint32_t language = language_index(json, p->source, jieda__str(v.item->string),
                                           jieda__json_key_pos(json, v));

        if (!jieda__json_expect(json, v, JIEDA__JSON_LIST, list_name, "[\"...\"]") ||
            !jieda__json_filled(json, v, list_name))
            continue;
        for (jieda__json_value q = jieda__json_child(v); q.item; q = jieda__json_next(json, q)) {
            jieda__src_question *item = &items[count];

            if (!jieda__json_copy(json, q, "a question", &item->text) || language == LANGUAGE_NONE)
                continue;
            item->language = language;
            item->pos = jieda__json_pos(json, q);
            count++;
        }
    }
    *items_out = items;
    *count_out = count;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void parse_actions(parser *p, jieda__json_value value, jieda__src_answer *out)
{
    enum { LABEL, LINK, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [LABEL] = {"label", JIEDA__JSON_STRING, true, "\"查看账单\""},
        [LINK] = {"link", JIEDA__JSON_STRING, true, "\"{{app_scheme}}://bill\""},
    };
    jieda__json *json = &p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"actions\""))
        return;
    out->actions = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->actions);
    if (!out->actions)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_action *action = &out->actions[out->action_count];
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "an action", keys, COUNT, at) || !at[LABEL].item ||
            !at[LINK].item)
            continue;
        if (jieda__json_string(json, at[LABEL], "\"label\"", &action->label) &&
            jieda__json_string(json, at[LINK], "\"link\"", &action->link))
            out->action_count++;
    }
}

static void parse_answer(parser *p, jieda__json_value value, jieda__src_entry *entry)
{
    enum { LANG, CHANNEL, TEXT, STEPS, NOTE, ACTIONS, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [LANG] = {"lang", JIEDA__JSON_STRING, true, "\"zh\""},
        [CHANNEL] = {"channel", JIEDA__JSON_STRING, false, "\"text\""},
        [TEXT] = {"text", JIEDA__JSON_STRING, true, "\"...\""},
        [STEPS] = {"steps", JIEDA__JSON_LIST, false, "[\"...\"]"},
        [NOTE] = {"note", JIEDA__JSON_STRING, false, "\"...\""},
        [ACTIONS] = {"actions", JIEDA__JSON_LIST, false,
                     "[{\"label\": \"...\", \"link\": \"...\"}]"},
    };
    jieda__json *json = &p->json;
    jieda__src_answer answer = {.channel = {"text", 4}, .note = {"", 0}};
    jieda__json_value at[COUNT];

    if (!jieda__json_keys(json, value, "an answer", keys, COUNT, at))
        return;
    answer.pos = jieda__json_pos(json, value);
    answer.language = LANGUAGE_NONE;
    if (at[LANG].item)
        answer.language = language_index(json, p->source, jieda__str(at[LANG].item->valuestring),
                                         jieda__json_pos(json, at[LANG]));
    if (at[CHANNEL].item)
        jieda__json_string(json, at[CHANNEL], "\"channel\"", &answer.channel);
    if (at[TEXT].item)
        jieda__json_string(json, at[TEXT], "\"text\"", &answer.text);
    if (at[STEPS].item)
        jieda__json_strings(json, at[STEPS], "\"steps\"", &answer.steps, &answer.step_count);
    if (at[NOTE].item)
        jieda__json_string(json, at[NOTE], "\"note\"", &answer.note);
    parse_actions(p, at[ACTIONS], &answer);
    if (answer.language != LANGUAGE_NONE && json->status == JIEDA_OK)
        entry->answers[entry->answer_count++] = answer;
}

static void parse_answers(parser *p, jieda__json_value value, jieda__src_entry *entry)
{
    jieda__json *json = &p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"answers\""))
        return;
    entry->answers = jieda__json_alloc(json, jieda__json_count(value), sizeof *entry->answers);
    if (!entry->answers)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v))
        parse_answer(p, v, entry);
}

/* ---- the rest of an entry -------------------------------------------------------------------- */

static void parse_handoff(parser *p, jieda__json_value value, jieda__src_entry *entry)
{
    enum { POLICY, PRIORITY, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [POLICY] = {"policy", JIEDA__JSON_STRING, true, "\"never\""},
        [PRIORITY] = {"priority", JIEDA__JSON_STRING, false, "\"P3\""},
    };
    static const char *const policies[] = {"never", "offer", "always"};
    static const char *const priorities[] = {"P0", "P1", "P2", "P3"};
    jieda__json_value at[COUNT];
    size_t index;

    if (!value.item || !jieda__json_keys(&p->json, value, "\"handoff\"", keys, COUNT, at))
        return;
    if (at[POLICY].item) {
        index = jieda__json_enum(&p->json, at[POLICY], "\"policy\"", policies, 3);
        if (index < 3)
            entry->handoff = (jieda__handoff_policy)index;
    }
    if (at[PRIORITY].item) {
        index = jieda__json_enum(&p->json, at[PRIORITY], "\"priority\"", priorities, 4);
        if (index < 4)
            entry->priority = (uint32_t)index;
    }
}

static void parse_when(parser *p, jieda__json_value value, jieda__src_entry *entry)
{
    jieda__json *json = &p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"when\""))
        return;
    entry->when = jieda__json_alloc(json, jieda__json_count(value), sizeof *entry->when);
    if (!entry->when)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        static const char name[] = "a condition of \"when\"";
        jieda__src_condition *condition = &entry->when[entry->when_count];

        if (!jieda__json_expect(json, v, JIEDA__JSON_STRING | JIEDA__JSON_LIST, name,
                                "\"value\" or [\"value\", ...]"))
            continue;
        if (cJSON_IsArray(v.item)) {
            jieda__json_strings(json, v, name, &condition->values, &condition->value_count);
        } else {
            condition->values = jieda__json_alloc(json, 1, sizeof *condition->values);
            if (!condition->values)
                return;
            condition->value_count = jieda__json_string(json, v, name, condition->values);
        }
        condition->tag = jieda__arena_copy(json->arena, jieda__str(v.item->string));
        if (!condition->tag.ptr) {
            json->status = JIEDA_E_NOMEM;
            return;
        }
        if (jieda__is_blank(condition->tag))
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_key_pos(json, v),
                          "empty-string", "a tag of \"when\" is empty; name a tag the host sets");
        entry->when_count += condition->value_count > 0;
    }
}

static void parse_tests(parser *p, jieda__json_value value, jieda__src_entry *entry)
{
    enum { ASK, EXPECT, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ASK] = {"ask", JIEDA__JSON_STRING, true, "\"...\""},
        [EXPECT] = {"expect", JIEDA__JSON_STRING, true, "\"answer\""},
    };
    static const char *const expects[] = {"answer", "top3", "not"};
    jieda__json *json = &p->json;

    if (!value.item || !jieda__json_filled(json, value, "\"tests\""))
        return;
    entry->tests = jieda__json_alloc(json, jieda__json_count(value), sizeof *entry->tests);
    if (!entry->tests)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_test test = {0};
        jieda__json_value at[COUNT];
        size_t expect = 3;

        if (!jieda__json_keys(json, v, "a test", keys, COUNT, at))
            continue;
        if (at[EXPECT].item)
            expect = jieda__json_enum(json, at[EXPECT], "\"expect\"", expects, 3);
        if (!at[ASK].item || !jieda__json_copy(json, at[ASK], "\"ask\"", &test.ask) || expect == 3)
            continue;
        test.expect = (jieda__test_expect)expect;
        test.pos = jieda__json_pos(json, at[ASK]);
        entry->tests[entry->test_count++] = test;
    }
}

static void parse_text(parser *p, jieda__json_value value, const char *name, jieda_str *out)
{
    *out = (jieda_str){"", 0};
    if (value.item)
        jieda__json_string(&p->json, value, name, out);
}

static void parse_ids(parser *p, jieda__json_value value, const char *name, jieda_str **items_out,
                      size_t *count_out)
{
    if (value.item)
        jieda__json_strings(&p->json, value, name, items_out, count_out);
}

static void parse_entry(parser *p, jieda__json_value value)
{
    enum {
        ID,
        TITLE,
        CATEGORY,
        RISK,
        QUESTIONS,
        NOT,
        ANSWERS,
        NEEDS,
        RELATED,
        FOLLOWUPS,
        HANDOFF,
        WHEN,
        VALID_FROM,
        VALID_TO,
        REVIEW_BY,
        OWNER,
        SOURCE,
        TESTS,
        COUNT,
    };
    static const jieda__json_key keys[COUNT] = {
        [ID] = {"id", JIEDA__JSON_STRING, true, "\"refund.apply\""},
        [TITLE] = {"title", JIEDA__JSON_OBJECT, true, "{\"zh\": \"...\"}"},
        [CATEGORY] = {"category", JIEDA__JSON_STRING, false, "\"refund\""},
        [RISK] = {"risk", JIEDA__JSON_STRING, false, "\"info\""},
        [QUESTIONS] = {"questions", JIEDA__JSON_OBJECT, true, "{\"zh\": [\"...\"]}"},
        [NOT] = {"not", JIEDA__JSON_OBJECT, false, "{\"zh\": [\"...\"]}"},
        [ANSWERS] = {"answers", JIEDA__JSON_LIST, true, "[{\"lang\": \"zh\", \"text\": \"...\"}]"},
        [NEEDS] = {"needs", JIEDA__JSON_LIST, false, "[\"order_number\"]"},
        [RELATED] = {"related", JIEDA__JSON_LIST, false, "[\"refund.eta\"]"},
        [FOLLOWUPS] = {"followups", JIEDA__JSON_LIST, false, "[\"refund.eta\"]"},
        [HANDOFF] = {"handoff", JIEDA__JSON_OBJECT, false,
                     "{\"policy\": \"offer\", \"priority\": \"P2\"}"},
        [WHEN] = {"when", JIEDA__JSON_OBJECT, false, "{\"platform\": [\"ios\", \"android\"]}"},
        [VALID_FROM] = {"valid_from", JIEDA__JSON_STRING, false, "\"2026-01-01\""},
        [VALID_TO] = {"valid_to", JIEDA__JSON_STRING, false, "\"2026-12-31\""},
        [REVIEW_BY] = {"review_by", JIEDA__JSON_STRING, false, "\"2027-06-30\""},
        [OWNER] = {"owner", JIEDA__JSON_STRING, false, "\"payments\""},
        [SOURCE] = {"source", JIEDA__JSON_STRING, false, "\"...\""},
        [TESTS] = {"tests", JIEDA__JSON_LIST, false,
                   "[{\"ask\": \"...\", \"expect\": \"answer\"}]"},
    };
    static const char *const risks[] = {"info", "money", "account", "fraud"};
    jieda__json *json = &p->json;
    jieda__source *source = p->source;
    jieda__src_entry entry = {.priority = 3};
    jieda__json_value at[COUNT];
    jieda__src_entry *grown;

    if (!jieda__json_keys(json, value, "an entry", keys, COUNT, at))
        return;
    entry.pos = jieda__json_pos(json, at[ID].item ? at[ID] : value);
    parse_text(p, at[ID], "\"id\"", &entry.id);
    parse_localized(p, at[TITLE], "\"title\"", &entry.title);
    parse_text(p, at[CATEGORY], "\"category\"", &entry.category);
    if (at[RISK].item) {
        size_t risk = jieda__json_enum(json, at[RISK], "\"risk\"", risks, 4);

        entry.risk = risk < 4 ? (jieda__risk)risk : JIEDA__RISK_INFO;
    }
    parse_questions(p, at[QUESTIONS], "\"questions\"", &entry.questions, &entry.question_count);
    parse_questions(p, at[NOT], "\"not\"", &entry.not_questions, &entry.not_count);
    parse_answers(p, at[ANSWERS], &entry);
    parse_ids(p, at[NEEDS], "\"needs\"", &entry.needs, &entry.need_count);
    parse_ids(p, at[RELATED], "\"related\"", &entry.related, &entry.related_count);
    parse_ids(p, at[FOLLOWUPS], "\"followups\"", &entry.followups, &entry.followup_count);
    parse_handoff(p, at[HANDOFF], &entry);
    parse_when(p, at[WHEN], &entry);
    parse_text(p, at[VALID_FROM], "\"valid_from\"", &entry.valid_from);
    parse_text(p, at[VALID_TO], "\"valid_to\"", &entry.valid_to);
    parse_text(p, at[REVIEW_BY], "\"review_by\"", &entry.review_by);
    parse_text(p, at[OWNER], "\"owner\"", &entry.owner);
    parse_text(p, at[SOURCE], "\"source\"", &entry.source);
    parse_tests(p, at[TESTS], &entry);

    grown = jieda__grow(json->arena, source->entries, source->entry_count, sizeof *grown);
    if (!grown || json->status != JIEDA_OK) {
        json->status = JIEDA_E_NOMEM;
        return;
    }
    source->entries = grown;
    source->entries[source->entry_count++] = entry;
}

static void parse_entries(parser *p, jieda__json_value value)
{
    if (!value.item || !jieda__json_filled(&p->json, value, "\"entries\""))
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item && p->json.status == JIEDA_OK;
         v = jieda__json_next(&p->json, v))
        parse_entry(p, v);
}

/* ---- the pack -------------------------------------------------------------------------------- */

/* A key of an object that is itself a name ("slots": {"amount": ...}), copied and noted. */
static bool parse_name(parser *p, jieda__json_value value, jieda_str *out)
{
    jieda__json *json = &p->json;

    *out = jieda__arena_copy(json->arena, jieda__str(value.item->string));
    if (!out->ptr ||
        !jieda__places_add(json->arena, json->places, *out, jieda__json_key_pos(json, value)))
        json->status = JIEDA_E_NOMEM;
    return json->status == JIEDA_OK;
}

static void parse_placeholders(parser *p, jieda__json_value value)
{
    enum { TITLE, DEFAULT, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [TITLE] = {"title", JIEDA__JSON_OBJECT | JIEDA__JSON_STRING, false, "\"...\""},
        [DEFAULT] = {"default", JIEDA__JSON_OBJECT | JIEDA__JSON_STRING, false,
                     "\"...\", or {\"zh\": \"...\"} by language"},
    };
    jieda__json *json = &p->json;
    jieda__source *source = p->source;

    if (!value.item || !jieda__json_filled(json, value, "\"placeholders\""))
        return;
    source->placeholders =
        jieda__json_alloc(json, jieda__json_count(value), sizeof *source->placeholders);
    if (!source->placeholders)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_placeholder *item = &source->placeholders[source->placeholder_count];
        jieda__json_value at[COUNT];
        jieda__localized title = {0};
        jieda_str text;

        if (!jieda__json_keys(json, v, "a placeholder", keys, COUNT, at) ||
            !parse_name(p, v, &item->name))
            continue;
        /* For editors, so it is only checked; one language is enough. */
        if (cJSON_IsObject(at[TITLE].item))
            parse_localized(p, at[TITLE], "\"title\"", &title);
        else if (at[TITLE].item)
            jieda__json_string(json, at[TITLE], "\"title\"", &text);
        if (cJSON_IsObject(at[DEFAULT].item)) {
            parse_localized(p, at[DEFAULT], "\"default\"", &item->fallback);
        } else if (at[DEFAULT].item &&
                   jieda__json_string(json, at[DEFAULT], "\"default\"", &text)) {
            for (size_t i = 0; i < source->language_count; i++)
                item->fallback.text[i] = text;
        }
        source->placeholder_count++;
    }
}

static void parse_slots(parser *p, jieda__json_value value)
{
    jieda__json *json = &p->json;
    jieda__source *source = p->source;

    if (!value.item || !jieda__json_filled(json, value, "\"slots\""))
        return;
    source->slots = jieda__json_alloc(json, jieda__json_count(value), sizeof *source->slots);
    if (!source->slots)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_slot *slot = &source->slots[source->slot_count];

        if (!parse_name(p, v, &slot->id))
            return;
        parse_localized(p, v, "the title of a slot", &slot->title);
        source->slot_count++;
    }
}

static void parse_categories(parser *p, jieda__json_value value)
{
    enum { ID, TITLE, PARENT, KIND, COUNT };
    static const jieda__json_key keys[COUNT] = {
        [ID] = {"id", JIEDA__JSON_STRING, true, "\"refund\""},
        [TITLE] = {"title", JIEDA__JSON_OBJECT, true, "{\"zh\": \"...\"}"},
        [PARENT] = {"parent", JIEDA__JSON_STRING, false, "\"payment\""},
        [KIND] = {"kind", JIEDA__JSON_STRING, false, "\"faq\""},
    };
    static const char *const kinds[] = {"faq", "smalltalk"};
    jieda__json *json = &p->json;
    jieda__source *source = p->source;

    if (!value.item || !jieda__json_filled(json, value, "\"categories\""))
        return;
    source->categories =
        jieda__json_alloc(json, jieda__json_count(value), sizeof *source->categories);
    if (!source->categories)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        jieda__src_category *category = &source->categories[source->category_count];
        jieda__json_value at[COUNT];

        if (!jieda__json_keys(json, v, "a category", keys, COUNT, at))
            continue;
        category->pos = jieda__json_pos(json, at[ID].item ? at[ID] : v);
        parse_text(p, at[ID], "\"id\"", &category->id);
        parse_localized(p, at[TITLE], "\"title\"", &category->title);
        parse_text(p, at[PARENT], "\"parent\"", &category->parent);
        if (at[KIND].item) {
            size_t kind = jieda__json_enum(json, at[KIND], "\"kind\"", kinds, 2);

            category->kind = kind < 2 ? (jieda__category_kind)kind : JIEDA__CATEGORY_FAQ;
        }
        source->category_count++;
    }
}

static void parse_pack(parser *p, jieda__json_value root, bool whole)
{
    enum {
        FORMAT,
        NAME,
        TITLE,
        LANGUAGES,
        PLACEHOLDERS,
        SLOTS,
        CATEGORIES,
        OUT_OF_SCOPE,
        APPROVED,
        ENTRIES,
        LEXICON,
        RULES,
        POLICY,
        COUNT,
    };
    static const jieda__json_key keys[COUNT] = {
        [FORMAT] = {"format", JIEDA__JSON_INTEGER, true, "1"},
        [NAME] = {"name", JIEDA__JSON_STRING, true, "\"wallet\""},
        [TITLE] = {"title", JIEDA__JSON_OBJECT, true, "{\"zh\": \"...\"}"},
        [LANGUAGES] = {"languages", JIEDA__JSON_LIST, true, "[\"zh\", \"en\"]"},
        [PLACEHOLDERS] = {"placeholders", JIEDA__JSON_OBJECT, false,
                          "{\"brand\": {\"default\": \"...\"}}"},
        [SLOTS] = {"slots", JIEDA__JSON_OBJECT, false, "{\"amount\": {\"zh\": \"金额\"}}"},
        [CATEGORIES] = {"categories", JIEDA__JSON_LIST, false,
                        "[{\"id\": \"refund\", \"title\": {\"zh\": \"退款\"}}]"},
        [OUT_OF_SCOPE] = {"out_of_scope", JIEDA__JSON_OBJECT, false, "{\"zh\": [\"...\"]}"},
        [APPROVED] = {"approved", JIEDA__JSON_LIST, false, "[\"12315\"]"},
        [ENTRIES] = {"entries", JIEDA__JSON_LIST, false, "[{...}]"},
        [LEXICON] = {"lexicon", JIEDA__JSON_OBJECT, false, "{\"synonyms\": [[\"...\", \"...\"]]}"},
        [RULES] = {"rules", JIEDA__JSON_OBJECT, false, "{\"rules\": [{\"id\": \"...\"}]}"},
        [POLICY] = {"policy", JIEDA__JSON_OBJECT, false, "{\"misses_before_handoff\": 2}"},
    };
    jieda__json *json = &p->json;
    jieda__source *source = p->source;
    jieda__json_value at[COUNT];

    if (!jieda__json_keys(json, root, "a pack", keys, COUNT, at))
        return;
    jieda__format_check(json, at[FORMAT]);
    parse_languages(p, at[LANGUAGES]);
    source->pack_read = source->language_count > 0;
    parse_text(p, at[NAME], "\"name\"", &source->name);
    parse_localized(p, at[TITLE], "\"title\"", &source->title);
    parse_placeholders(p, at[PLACEHOLDERS]);
    parse_slots(p, at[SLOTS]);
    parse_categories(p, at[CATEGORIES]);
    parse_questions(p, at[OUT_OF_SCOPE], "\"out_of_scope\"", &source->out_of_scope,
                    &source->out_of_scope_count);
    if (at[APPROVED].item)
        jieda__json_strings(json, at[APPROVED], "\"approved\"", &source->approved,
                            &source->approved_count);
    if (whole) {
        if (!cJSON_GetObjectItemCaseSensitive(root.item, "entries"))
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, root),
                          "missing-key",
                          "a pack in one file without \"entries\"; add them, or name the folder to "
                          "read a pack of several files");
        parse_entries(p, at[ENTRIES]);
        if (at[LEXICON].item)
            jieda__lexicon_parse_value(json, at[LEXICON], false, &source->pack_lexicon);
        if (at[RULES].item)
            jieda__rules_parse_value(json, at[RULES], false, source);
        if (at[POLICY].item)
            jieda__policy_parse_value(json, at[POLICY], false, source);
        return;
    }
    for (size_t i = ENTRIES; i <= POLICY; i++) {
        if (at[i].item)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_key_pos(json, at[i]),
                          "misplaced-key", "\"%s\" in the pack.json of a folder; move it to %s",
                          keys[i].name,
                          i == ENTRIES   ? "a file of its own: {\"entries\": [...]}"
                          : i == LEXICON ? "lexicon.json"
                          : i == RULES   ? "rules.json"
                                         : "policy.json");
    }
}

jieda_status jieda__pack_parse(jieda__arena *arena, const char *file, jieda_str text, bool whole,
                               jieda__diagnostics *diagnostics, jieda__source *out,
                               jieda_error *err)
{
    parser p = {.source = out};

    out->pack_read = false;
    jieda__json_init(&p.json, arena, diagnostics, file, &out->places);
    if (jieda__json_read(&p.json, text, 1))
        parse_pack(&p, jieda__json_root(&p.json), whole);
    jieda__json_free(&p.json);
    return jieda__parse_status(p.json.status, file, err);
}

jieda_status jieda__entries_parse(jieda__arena *arena, const char *file, jieda_str text,
                                  jieda__diagnostics *diagnostics, jieda__source *out,
                                  jieda_error *err)
{
    static const jieda__json_key keys[] = {
        {"entries", JIEDA__JSON_LIST, true, "[{\"id\": \"...\"}]"},
    };
    parser p = {.source = out};
    jieda__json_value at[1];

    jieda__json_init(&p.json, arena, diagnostics, file, &out->places);
    if (jieda__json_read(&p.json, text, 1) &&
        jieda__json_keys(&p.json, jieda__json_root(&p.json), "a file of entries", keys, 1, at) &&
        at[0].item)
        parse_entries(&p, at[0]);
    else
        out->entries_broken = true;
    jieda__json_free(&p.json);
    return jieda__parse_status(p.json.status, file, err);
}
