/*
 * rules_build.c - rules become section "rules", and must do what their examples say.
 *
 * The section is laid out as intent/rules.h has it: rules by falling priority, then as authored, so
 * that the engine need not sort what matches. Examples are run by the engine's own code on the
 * section that will be written, with the pack's words: what holds here holds there.
 */
#include "compiler/compiler.h"
#include "compiler/front.h"
#include "intent/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory of one example. */
#define EXAMPLE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* ---- the section ----------------------------------------------------------------------------- */

static int by_rank(const void *left, const void *right)
{
    const jieda__src_rule *a = *(const jieda__src_rule *const *)left;
    const jieda__src_rule *b = *(const jieda__src_rule *const *)right;

    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    return a < b ? -1 : a > b; /* of one array, in authored order */
}

/* The rules as they are numbered in the section; in the build's arena. */
static const jieda__src_rule **rank(const jieda__build *build)
{
    const jieda__source *source = build->source;
    const jieda__src_rule **ranked =
        jieda__arena_alloc(build->arena, (source->rule_count + 1) * sizeof *ranked);

    for (size_t i = 0; ranked && i < source->rule_count; i++)
        ranked[i] = &source->rules[i];
    if (ranked && source->rule_count > 1)
        qsort(ranked, source->rule_count, sizeof *ranked, by_rank);
    return ranked;
}

static uint32_t entry_ordinal(const jieda__built_index *index, jieda_str id)
{
    for (uint32_t i = 0; id.len > 0 && i < index->entry_count; i++)
        if (jieda__str_equal(index->entries[i]->id, id))
            return i;
    return JIEDA__NONE;
}

static jieda__rule_row row_of(const jieda__src_rule *rule, const jieda__built_index *index)
{
    return (jieda__rule_row){.entry = entry_ordinal(index, rule->entry),
                             .pattern_count = (uint16_t)rule->patterns.count,
                             .pinyin_count = (uint16_t)rule->pinyin.count,
                             .unless_count = (uint16_t)rule->unless.count,
                             .priority = (int16_t)rule->priority,
                             .action = (uint8_t)rule->action,
                             .reason = (uint8_t)rule->reason,
                             .ticket_priority = (uint8_t)rule->ticket_priority};
}

/* Writes strings one behind the other and where each begins. */
typedef struct string_writer {
    jieda__buf *first;
    jieda__buf bytes;
} string_writer;

static void put_string(string_writer *w, jieda_str text)
{
    uint32_t begin = (uint32_t)w->bytes.len;

    jieda__buf_append(w->first, &begin, sizeof begin);
    jieda__buf_str(&w->bytes, text);
}

static void put_patterns(string_writer *w, const jieda__src_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        put_string(w, patterns->items[i].text);
}

static jieda_status lay_out(const jieda__build *build, const jieda__built_index *index,
                            const jieda__src_rule **ranked, jieda__buf *out)
{
    uint32_t count = (uint32_t)build->source->rule_count;
    jieda__rules_header header = {.magic = JIEDA__RULES_MAGIC, .rule_count = count};
    string_writer w = {.first = out};
    jieda_status st;

    jieda__buf_init(&w.bytes, build->alloc, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++)
        header.pattern_count += (uint32_t)(ranked[i]->patterns.count + ranked[i]->pinyin.count +
                                           ranked[i]->unless.count);
    jieda__buf_append(out, &header, sizeof header);
    for (uint32_t i = 0; i < count; i++) {
        jieda__rule_row row = row_of(ranked[i], index);

        jieda__buf_append(out, &row, sizeof row);
    }
    for (uint32_t i = 0; i < count; i++) {
        put_string(&w, ranked[i]->id);
        put_string(&w, ranked[i]->intent);
    }
    for (uint32_t i = 0; i < count; i++) {
        put_patterns(&w, &ranked[i]->patterns);
        put_patterns(&w, &ranked[i]->pinyin);
        put_patterns(&w, &ranked[i]->unless);
    }
    put_string(&w, (jieda_str){NULL, 0}); /* the end */
    jieda__buf_append(out, w.bytes.ptr, w.bytes.len);
    st = w.bytes.status != JIEDA_OK ? w.bytes.status : out->status;
    jieda__buf_free(&w.bytes);
    return st;
}

jieda_status jieda__rules_build(const jieda__build *build, const jieda__built_index *index,
                                jieda__blob *out)
{
    const jieda__src_rule **ranked;
    jieda__buf section;
    jieda_status st;

    *out = (jieda__blob){0};
    if (build->source->rule_count == 0)
        return JIEDA_OK;
    ranked = rank(build);
    if (!ranked)
        return JIEDA_E_NOMEM;
    jieda__buf_init(&section, build->alloc, UINT32_MAX);
    st = lay_out(build, index, ranked, &section);
    if (st == JIEDA_OK)
        *out = (jieda__blob){section.ptr, section.len};
    else
        jieda__buf_free(&section);
    return st;
}

/* ---- examples -------------------------------------------------------------------------------- */

typedef struct tester {
    const jieda__lexicon *lexicon;
    const jieda__rules *rules;
    jieda__diagnostics *diagnostics;
    jieda__arena arena; /* of one example */
} tester;

static jieda_status try_example(tester *t, const jieda__rule *rule, jieda_str text,
                                jieda__rule_trial *out)
{
    jieda__reading reading;
    jieda_status st;

    jieda__arena_reset(&t->arena);
    st = jieda__text_read(&t->arena, t->lexicon, text, &reading);
    return st == JIEDA_OK ? jieda__rules_try(t->rules, &t->arena, &reading, rule, out) : st;
}

/* pattern "我.{0,6}被骗" at pack/rules.json:8:20 */
static jieda__phrase pattern_phrase(const jieda__src_pattern *pattern)
{
    jieda__phrase phrase;

    snprintf(phrase.text, sizeof phrase.text, "\"%.160s\" at %.200s",
             jieda__quote(pattern->text).text, jieda__place_phrase(pattern->pos).text);
    phrase.text[jieda__utf8_valid_prefix(phrase.text, strlen(phrase.text))] = '\0';
    return phrase;
}

static void report_match(tester *t, const jieda__src_rule *rule, const jieda__src_pattern *example,
                         const jieda__rule_trial *trial)
{
    if (trial->matched && trial->unless == JIEDA__NONE)
        return;
    if (trial->matched)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, example->pos, "failed-example",
                      "\"%s\" should match rule \"%s\", but its \"unless\" %s does too; narrow it",
                      jieda__quote(example->text).text, jieda__quote(rule->id).text,
                      pattern_phrase(&rule->unless.items[trial->unless]).text);
    else
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, example->pos, "failed-example",
                      "\"%s\" should match rule \"%s\", but none of its patterns does%s; widen one",
                      jieda__quote(example->text).text, jieda__quote(rule->id).text,
                      trial->limit_count ? ", and some take too many steps to tell" : "");
}

static void report_no_match(tester *t, const jieda__src_rule *rule,
                            const jieda__src_pattern *example, const jieda__rule_trial *trial)
{
    const jieda__src_patterns *patterns = trial->hit.pinyin ? &rule->pinyin : &rule->patterns;

    if (trial->matched && trial->unless == JIEDA__NONE)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, example->pos, "failed-example",
                      "\"%s\" should not match rule \"%s\", but its pattern %s does; narrow it or "
                      "add an \"unless\"",
                      jieda__quote(example->text).text, jieda__quote(rule->id).text,
                      pattern_phrase(&patterns->items[trial->hit.pattern]).text);
}

static jieda_status test_rule(tester *t, const jieda__rule *rule, const jieda__src_rule *source)
{
    jieda__rule_trial trial;
    jieda_status st = JIEDA_OK;

    for (size_t i = 0; st == JIEDA_OK && i < source->matches.count; i++) {
        st = try_example(t, rule, source->matches.items[i].text, &trial);
        if (st == JIEDA_OK)
            report_match(t, source, &source->matches.items[i], &trial);
    }
    for (size_t i = 0; st == JIEDA_OK && i < source->no_matches.count; i++) {
        st = try_example(t, rule, source->no_matches.items[i].text, &trial);
        if (st == JIEDA_OK)
            report_no_match(t, source, &source->no_matches.items[i], &trial);
    }
    return st;
}

jieda_status jieda__rules_test(const jieda__build *build, const jieda__built_index *index,
                               const jieda__lexicon *lexicon, jieda__diagnostics *diagnostics,
                               jieda_error *err)
{
    const jieda__src_rule **ranked = rank(build);
    tester t = {.lexicon = lexicon, .diagnostics = diagnostics};
    jieda__rules *rules = NULL;
    jieda__blob section = {0};
    jieda_status st = JIEDA_E_NOMEM;

    jieda__arena_init(&t.arena, build->alloc, EXAMPLE_BYTES_MAX);
    if (ranked)
        st = jieda__rules_build(build, index, &section);
    if (st == JIEDA_OK)
        st = jieda__rules_load(build->alloc, (jieda_str){section.bytes, section.len},
                               index->entry_count, &rules, err);
    t.rules = rules;
    for (size_t i = 0; st == JIEDA_OK && i < jieda__rules_count(rules); i++)
        st = test_rule(&t, jieda__rules_at(rules, i), ranked[i]);
    jieda__arena_free(&t.arena);
    jieda__rules_free(rules);
    jieda__blob_free(build->alloc, &section);
    return st == JIEDA_E_NOMEM ? jieda__fail(err, st, "out of memory") : st;
}
