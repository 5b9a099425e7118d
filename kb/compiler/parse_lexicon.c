/*
 * parse_lexicon.c - the lexicon of a language or of a pack: JSON to model.
 *
 *   {"format": 1, "language": "zh",
 *    "interrogatives": {"HOW": ["怎么", "如何"]},      question words by class
 *    "fillers": ["请问"],                              may be dropped
 *    "synonyms": [["退款", "退钱"]],                   the first word stands for all
 *    "protected": ["支付宝"], "words": ["银行卡"],     never folded; only kept whole
 *    "readings": {"重复": "chong fu"},                 where one character at a time reads wrong
 *    "opposites": [["转入", ["转出", "转走"]]],        what must not be confused
 *    "negations": ["没"], "negation_exceptions": ["没事"]}
 *
 * Every key is optional in a pack's lexicon, which adds to the base. Texts are kept as authored;
 * what contradicts itself across lists is found by check.c.
 */
#include "compiler/json.h"
#include "compiler/parse.h"

#include <string.h>

static void parse_words(jieda__json *json, jieda__json_value value, const char *name,
                        jieda__src_words *out)
{
    if (!value.item)
        return;
    out->pos = jieda__json_pos(json, value);
    jieda__json_strings(json, value, name, &out->items, &out->count);
}

static void parse_classes(jieda__json *json, jieda__json_value value, jieda__src_lexicon *out)
{
    if (!value.item || !jieda__json_filled(json, value, "\"interrogatives\""))
        return;
    out->classes = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->classes);
    if (!out->classes)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        struct jieda__src_class *item = &out->classes[out->class_count];

        if (!jieda__json_expect(json, v, JIEDA__JSON_LIST, "a question class", "[\"word\", ...]"))
            continue;
        item->name = jieda__arena_copy(json->arena, jieda__str(v.item->string));
        if (!item->name.ptr) {
            json->status = JIEDA_E_NOMEM;
            return;
        }
        parse_words(json, v, "a question class", &item->words);
        item->words.pos = jieda__json_key_pos(json, v);
        out->class_count++;
    }
}

static void parse_synonyms(jieda__json *json, jieda__json_value value, jieda__src_lexicon *out)
{
    if (!value.item || !jieda__json_filled(json, value, "\"synonyms\""))
        return;
    out->synonyms = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->synonyms);
    if (!out->synonyms)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        if (!jieda__json_expect(json, v, JIEDA__JSON_LIST, "a group of synonyms",
                                "[\"word\", \"synonym\", ...]"))
            continue;
        if (jieda__json_count(v) == 1)
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, v),
                          "wrong-length",
                          "a group of synonyms with one word; add another or remove the group");
        parse_words(json, v, "a group of synonyms", &out->synonyms[out->synonym_count]);
        if (out->synonyms[out->synonym_count].count > 0)
            out->synonym_count++;
    }
}

static void parse_readings(jieda__json *json, jieda__json_value value, jieda__src_lexicon *out)
{
    if (!value.item || !jieda__json_filled(json, value, "\"readings\""))
        return;
    out->readings = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->readings);
    if (!out->readings)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        struct jieda__src_reading *item = &out->readings[out->reading_count];

        if (!jieda__json_string(json, v, "a reading", &item->syllables))
            continue;
        item->word = jieda__arena_copy(json->arena, jieda__str(v.item->string));
        item->pos = jieda__json_key_pos(json, v);
        if (!item->word.ptr) {
            json->status = JIEDA_E_NOMEM;
            return;
        }
        out->reading_count++;
    }
}

static void parse_side(jieda__json *json, jieda__json_value value, jieda__src_words *out)
{
    static const char name[] = "a side of a pair of opposites";

    if (!jieda__json_expect(json, value, JIEDA__JSON_STRING | JIEDA__JSON_LIST, name,
                            "\"word\" or [\"word\", ...]"))
        return;
    if (cJSON_IsArray(value.item)) {
        parse_words(json, value, name, out);
        return;
    }
    out->pos = jieda__json_pos(json, value);
    out->items = jieda__json_alloc(json, 1, sizeof *out->items);
    if (out->items && jieda__json_string(json, value, name, out->items))
        out->count = 1;
}

static void parse_opposites(jieda__json *json, jieda__json_value value, jieda__src_lexicon *out)
{
    if (!value.item || !jieda__json_filled(json, value, "\"opposites\""))
        return;
    out->opposites = jieda__json_alloc(json, jieda__json_count(value), sizeof *out->opposites);
    if (!out->opposites)
        return;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        struct jieda__src_opposite *item = &out->opposites[out->opposite_count];
        jieda__json_value side = jieda__json_child(v);

        if (!jieda__json_expect(json, v, JIEDA__JSON_LIST, "a pair of opposites",
                                "[\"word\", \"its opposite\"]"))
            continue;
        if (jieda__json_count(v) != 2) {
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, v),
                          "wrong-length",
                          "a pair of opposites has two sides, not %zu; write [\"word\", "
                          "\"its opposite\"]",
                          jieda__json_count(v));
            continue;
        }
        parse_side(json, side, &item->sides[0]);
        parse_side(json, jieda__json_next(json, side), &item->sides[1]);
        if (item->sides[0].count > 0 && item->sides[1].count > 0)
            out->opposite_count++;
        else
            memset(item, 0, sizeof *item);
    }
}

void jieda__lexicon_parse_value(jieda__json *json, jieda__json_value value, bool whole,
                                jieda__src_lexicon *out)
{
    enum {
        FORMAT,
        LANGUAGE,
        INTERROGATIVES,
        FILLERS,
        SYNONYMS,
        PROTECTED,
        WORDS,
        READINGS,
        OPPOSITES,
        NEGATIONS,
        NEGATION_EXCEPTIONS,
        COUNT,
    };
    jieda__json_key keys[COUNT] = {
        [FORMAT] = {"format", JIEDA__JSON_INTEGER, whole, "1"},
        [LANGUAGE] = {"language", JIEDA__JSON_STRING, false, "\"zh\""},
        [INTERROGATIVES] = {"interrogatives", JIEDA__JSON_OBJECT, false, "{\"HOW\": [\"怎么\"]}"},
        [FILLERS] = {"fillers", JIEDA__JSON_LIST, false, "[\"请问\"]"},
        [SYNONYMS] = {"synonyms", JIEDA__JSON_LIST, false, "[[\"退款\", \"退钱\"]]"},
        [PROTECTED] = {"protected", JIEDA__JSON_LIST, false, "[\"支付宝\"]"},
        [WORDS] = {"words", JIEDA__JSON_LIST, false, "[\"银行卡\"]"},
        [READINGS] = {"readings", JIEDA__JSON_OBJECT, false, "{\"重复\": \"chong fu\"}"},
        [OPPOSITES] = {"opposites", JIEDA__JSON_LIST, false, "[[\"转入\", \"转出\"]]"},
        [NEGATIONS] = {"negations", JIEDA__JSON_LIST, false, "[\"没\"]"},
        [NEGATION_EXCEPTIONS] = {"negation_exceptions", JIEDA__JSON_LIST, false, "[\"没事\"]"},
    };
    jieda__json_value at[COUNT];
    jieda__places *places = json->places;
    jieda_str language;

    json->places = &out->places;
    if (jieda__json_keys(json, value, "a lexicon", keys, COUNT, at)) {
        jieda__format_check(json, at[FORMAT]);
        if (at[LANGUAGE].item)
            jieda__json_string(json, at[LANGUAGE], "\"language\"", &language);
        parse_classes(json, at[INTERROGATIVES], out);
        parse_words(json, at[FILLERS], "\"fillers\"", &out->fillers);
        parse_synonyms(json, at[SYNONYMS], out);
        parse_words(json, at[PROTECTED], "\"protected\"", &out->protected_words);
        parse_words(json, at[WORDS], "\"words\"", &out->words);
        parse_readings(json, at[READINGS], out);
        parse_opposites(json, at[OPPOSITES], out);
        parse_words(json, at[NEGATIONS], "\"negations\"", &out->negations);
        parse_words(json, at[NEGATION_EXCEPTIONS], "\"negation_exceptions\"",
                    &out->negation_exceptions);
    }
    json->places = places;
}

jieda_status jieda__lexicon_parse(jieda__arena *arena, const char *file, jieda_str text,
                                  jieda__diagnostics *diagnostics, jieda__src_lexicon *out,
                                  jieda_error *err)
{
    jieda__json json;

    jieda__json_init(&json, arena, diagnostics, file, &out->places);
    if (jieda__json_read(&json, text, 1))
        jieda__lexicon_parse_value(&json, jieda__json_root(&json), true, out);
    jieda__json_free(&json);
    return jieda__parse_status(json.status, file, err);
}
