/*
 * explain.c - why a question is decided as it is, as one JSON document.
 *
 * Everything that decides is here: how the text was read, which terms were searched, every feature
 * with its weight, the thresholds; and for an entry someone expected, the first step at which it
 * lost. cJSON builds the document; its memory is the process's, whatever allocator the engine has.
 */
#include "api/exchange.h"
#include "text/unihan.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define DETAIL_BYTES 240

typedef struct explainer {
    jieda_session *session;
    jieda__renderer renderer;
    const jieda__heard *heard;
    const jieda__reading *reading;
    const jieda__matches *matches;
    const jieda__turn *turn;
    cJSON *root;
    bool failed; /* cJSON ran out of memory */
    jieda_error *err;
} explainer;

/* ---- building -------------------------------------------------------------------------------- */

static cJSON *add(explainer *x, cJSON *object, const char *name, cJSON *item)
{
    if (!item || !object || !cJSON_AddItemToObject(object, name, item)) {
        cJSON_Delete(item);
        x->failed = true;
        return NULL;
    }
    return item;
}

static cJSON *push(explainer *x, cJSON *array, cJSON *item)
{
    if (!item || !array || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        x->failed = true;
        return NULL;
    }
    return item;
}

/* A JSON string of any bytes: ill-formed ones become U+FFFD, as the engine reads them. */
static cJSON *string(explainer *x, jieda_str text)
{
    jieda__buf buf;
    cJSON *item = NULL;

    jieda__buf_init(&buf, x->session->engine->alloc, 4 * (size_t)JIEDA_UTTERANCE_BYTES_MAX);
    for (size_t at = 0; at < text.len;) {
        uint32_t cp;

        at += jieda__utf8_decode((const unsigned char *)text.ptr + at, text.len - at, &cp);
        jieda__buf_utf8(&buf, cp ? cp : JIEDA__REPLACEMENT);
    }
    jieda__buf_byte(&buf, '\0');
    if (buf.status == JIEDA_OK)
        item = cJSON_CreateString(buf.ptr);
    jieda__buf_free(&buf);
    return item;
}

static void add_number(explainer *x, cJSON *object, const char *name, double value)
{
    add(x, object, name, cJSON_CreateNumber(value));
}

/* A float as people write it: 0.42, not 0.41999998688697815. */
static double shown(float value)
{
    char digits[32];
    double number;

    snprintf(digits, sizeof digits, "%.5g", (double)value);
    return sscanf(digits, "%lf", &number) == 1 ? number : 0.0;
}

/* ---- how it was read ------------------------------------------------------------------------- */

static void explain_units(explainer *x, cJSON *views, const char *name, const jieda__units *units)
{
    const jieda__lexicon *lexicon = x->session->engine->kb->lexicon;
    cJSON *list = add(x, views, name, cJSON_CreateArray());

    for (size_t i = 0; i < units->count; i++)
        push(x, list,
             string(x, jieda__unit_utf8(&x->session->arena, lexicon, &x->reading->text,
                                        &units->items[i])));
}

static void explain_reading(explainer *x)
{
    const jieda__reading *r = x->reading;
    const jieda__lexicon *lexicon = x->session->engine->kb->lexicon;
    cJSON *views = add(x, x->root, "views", cJSON_CreateObject());
    cJSON *list;

    explain_units(x, views, "raw", &r->raw);
    explain_units(x, views, "canonical", &r->canonical);
    list = add(x, views, "words", cJSON_CreateArray());
    for (size_t i = 0; i < r->segments.count; i++)
        push(x, list,
             string(x,
                    jieda__text_utf8(&x->session->arena, r->text.chars + r->segments.items[i].first,
                                     r->segments.items[i].count)));
    list = add(x, views, "pinyin", cJSON_CreateArray());
    for (size_t i = 0; i < r->pinyin.count; i++)
        push(x, list, cJSON_CreateString(jieda__text_syllable_name(r->pinyin.items[i].cp)));
    list = add(x, x->root, "question_classes", cJSON_CreateArray());
    for (uint32_t c = 0; c < JIEDA__QUESTION_CLASS_COUNT_MAX; c++)
        if (r->question_classes >> c & 1)
            push(x, list,
                 cJSON_CreateString(
                     jieda__lexicon_class_name(lexicon, JIEDA__QUESTION_CLASS_FIRST + c)));
    add_number(x, x->root, "negations", r->negation_count);
    add(x, x->root, "opposites", cJSON_CreateBool(r->opposites[0] || r->opposites[1]));
}

static void explain_terms(explainer *x)
{
    const jieda__candidates *candidates = &x->matches->candidates;
    const jieda__kb *kb = x->session->engine->kb;
    cJSON *list = add(x, x->root, "terms", cJSON_CreateArray());

    for (size_t i = 0; i < candidates->term_count; i++) {
        const jieda__search_term *term = &candidates->terms[i];
        cJSON *item = push(x, list, cJSON_CreateObject());

        add(x, item, "text", string(x, term->text));
        add(x, item, "class", cJSON_CreateString(jieda_token_class_name(term->token_class)));
        add_number(x, item, "df", term->df);
        add_number(x, item, "weight", shown(jieda__term_weight(kb->question_count, term->df)));
        add(x, item, "searched", cJSON_CreateBool(term->used));
    }
    add_number(x, x->root, "candidate_questions", (double)candidates->count);
}

/* ---- how it was weighed ---------------------------------------------------------------------- */

static void explain_values(explainer *x, cJSON *object, const char *name, const float *values,
                           const float *weights, int count, const char *(*name_of)(int))
{
    cJSON *list = add(x, object, name, cJSON_CreateArray());

    for (int i = 0; i < count; i++) {
        cJSON *item = push(x, list, cJSON_CreateObject());

        add(x, item, "name", cJSON_CreateString(name_of(i)));
        add_number(x, item, "value", shown(values[i]));
        add_number(x, item, "weight", shown(weights[i]));
        add_number(x, item, "points", shown(values[i] * weights[i]));
    }
}

static const char *feature_name(int i)
{
    return jieda__feature_name((jieda__feature)i);
}

static const char *signal_name(int i)
{
    return jieda__signal_name((jieda__signal)i);
}

static jieda_status explain_matches(explainer *x)
{
    const jieda__weights *weights = jieda__learned_weights(&x->session->engine->learned);
    cJSON *list = add(x, x->root, "matches", cJSON_CreateArray());
    jieda_status st = JIEDA_OK;
    jieda_str text;

    for (size_t i = 0; st == JIEDA_OK && i < x->matches->count; i++) {
        const jieda__match *m = &x->matches->items[i];
        cJSON *item = push(x, list, cJSON_CreateObject());

        add(x, item, "id", string(x, jieda__kb_entry_id(x->renderer.reader->kb, m->entry)));
        st = jieda__render_question(&x->renderer, m->question, &text);
        if (st == JIEDA_OK)
            add(x, item, "question", string(x, text));
        add_number(x, item, "score", shown(m->score));
        add_number(x, item, "confidence", shown(m->confidence));
        add(x, item, "guard",
            jieda__match_guard(m) ? cJSON_CreateString(jieda__match_guard(m)) : cJSON_CreateNull());
        explain_values(x, item, "features", m->feature, weights->feature, JIEDA__FEATURE_COUNT,
                       feature_name);
        explain_values(x, item, "signals", m->signal, weights->signal, JIEDA__SIGNAL_COUNT,
                       signal_name);
    }
    if (st == JIEDA_OK && x->matches->out_of_scope_question != JIEDA__NONE) {
        cJSON *item = add(x, x->root, "out_of_scope", cJSON_CreateObject());

        st = jieda__render_question(&x->renderer, x->matches->out_of_scope_question, &text);
        if (st == JIEDA_OK)
            add(x, item, "question", string(x, text));
        add_number(x, item, "score", shown(x->matches->out_of_scope_score));
    } else {
        add(x, x->root, "out_of_scope", cJSON_CreateNull());
    }
    return st;
}

/* ---- why not --------------------------------------------------------------------------------- */

static bool any_of_entry(const jieda__kb *kb, const uint32_t *questions, size_t count,
                         uint32_t entry)
{
    for (size_t i = 0; i < count; i++)
        if (kb->questions[questions[i]].entry == entry &&
            kb->questions[questions[i]].kind == JIEDA__QUESTION_POSITIVE)
            return true;
    return false;
}

/* The feature that cost match `lost` most against match `won`. */
static jieda__feature worst_feature(const jieda__weights *weights, const jieda__match *lost,
                                    const jieda__match *won)
{
    jieda__feature worst = 0;
    float gap_of_worst = 0.0f;

    for (jieda__feature f = 0; f < JIEDA__FEATURE_COUNT; f++) {
        float gap = (won->feature[f] - lost->feature[f]) * weights->feature[f];

        if (gap > gap_of_worst) {
            gap_of_worst = gap;
            worst = f;
        }
    }
    return worst;
}

/* Names the first step at which the entry lost, in the order of the pipeline. */
static const char *losing_step(explainer *x, uint32_t entry, char detail[DETAIL_BYTES])
{
    const jieda__matches *matches = x->matches;
    const jieda__kb *kb = x->session->engine->kb;
    jieda__visitor visitor = jieda__session_visitor(x->session, x->renderer.reader, x->err);
    size_t rank = 0;
    const char *guard;

    if (!jieda__visitor_may_see(&visitor, entry)) {
        snprintf(detail, DETAIL_BYTES, "%s",
                 visitor.withheld_count
                     ? "its answer has a placeholder that is not bound"
                     : "out of its validity, or its `when` does not hold for the tags given");
        return "not-shown";
    }
    /* What is near by meaning is ranked without having been searched for. */
    if (!any_of_entry(kb, matches->ranked, matches->ranked_count, entry)) {
        if (any_of_entry(kb, matches->candidates.questions, matches->candidates.count, entry)) {
            snprintf(detail, DETAIL_BYTES,
                     "its questions share too little text and sound with this one "
                     "to be among the %zu that were ranked",
                     matches->ranked_count);
            return "not-selected";
        }
        snprintf(detail, DETAIL_BYTES,
                 "none of its questions holds a term that was searched; add "
                 "a question in these words, or a synonym");
        return "not-found";
    }
    if (x->turn->rule && x->turn->entry != entry) {
        snprintf(detail, DETAIL_BYTES, "rule \"%.*s\" decides before any entry",
                 (int)x->turn->rule->id.len, x->turn->rule->id.ptr);
        return "ruled-out";
    }
    while (rank < matches->count && matches->items[rank].entry != entry)
        rank++;
    if (x->turn->entry == entry) { /* perhaps second to small talk, which outranks no FAQ entry */
        snprintf(detail, DETAIL_BYTES, "it is what was decided");
        return "won";
    }
    if (rank > 0 && rank < matches->count) {
        jieda__feature f = worst_feature(jieda__learned_weights(&x->session->engine->learned),
                                         &matches->items[rank], &matches->items[0]);

        snprintf(detail, DETAIL_BYTES,
                 "rank %zu of %zu, %.3f points behind the best; most of it by "
                 "\"%s\" (%.2f against %.2f)",
                 rank + 1, matches->count,
                 (double)(matches->items[0].score - matches->items[rank].score),
                 jieda__feature_name(f), (double)matches->items[rank].feature[f],
                 (double)matches->items[0].feature[f]);
        return "outranked";
    }
    if (x->turn->entry != JIEDA__NONE) {
        snprintf(detail, DETAIL_BYTES,
                 "best, but small talk gives way to an FAQ entry that is sure");
        return "outranked";
    }
    guard = jieda__match_guard(&matches->items[0]);
    if (guard)
        snprintf(detail, DETAIL_BYTES,
                 "best, but the guard \"%s\" caps its confidence at %.3f, below the threshold",
                 guard, (double)matches->items[0].confidence);
    else
        snprintf(detail, DETAIL_BYTES, "best, but its confidence %.3f is below the threshold%s",
                 (double)matches->items[0].confidence,
                 matches->out_of_scope_score > matches->items[0].score
                     ? "; an out-of-scope question is nearer"
                     : "");
    return "not-sure";
}

static jieda_status explain_expected(explainer *x, const char *expect_id)
{
    const jieda__kb *kb = x->session->engine->kb;
    char detail[DETAIL_BYTES];
    cJSON *item;

    if (!expect_id) {
        add(x, x->root, "expect", cJSON_CreateNull());
        return JIEDA_OK;
    }
    for (uint32_t e = 0; e < kb->entry_count; e++) {
        jieda_str id = jieda__kb_entry_id(kb, e);

        if (!jieda__str_equal(id, jieda__str(expect_id)))
            continue;
        item = add(x, x->root, "expect", cJSON_CreateObject());
        add(x, item, "id", string(x, id));
        add(x, item, "step", cJSON_CreateString(losing_step(x, e, detail)));
        add(x, item, "detail", string(x, jieda__str(detail)));
        return JIEDA_OK;
    }
    return jieda__fail(x->err, JIEDA_E_NOT_FOUND, "no entry \"%.64s\"", expect_id);
}

/* ---- the document ---------------------------------------------------------------------------- */

/* The rules that hold, best first, with the bytes of the question they matched. */
static void explain_rules(explainer *x)
{
    const jieda__rule_hits *hits = &x->heard->hits;
    cJSON *list = add(x, x->root, "rules", cJSON_CreateArray());

    for (size_t i = 0; i < hits->count; i++) {
        const jieda__rule_hit *hit = &hits->items[i];
        cJSON *item = push(x, list, cJSON_CreateObject());

        add(x, item, "id", string(x, hit->rule->id));
        add(x, item, "action", cJSON_CreateString(jieda__rule_action_names[hit->rule->action]));
        add_number(x, item, "priority", hit->rule->priority);
        add(x, item, "searched", cJSON_CreateString(hit->pinyin ? "pinyin" : "text"));
        add_number(x, item, "pattern", hit->pattern);
        add_number(x, item, "begin", hit->begin);
        add_number(x, item, "end", hit->end);
    }
    add_number(x, x->root, "patterns_given_up", hits->limit_count);
}

static void explain_slots(explainer *x)
{
    cJSON *list = add(x, x->root, "slots", cJSON_CreateArray());

    for (size_t i = 0; i < x->heard->slot_count; i++) {
        const jieda__slot *slot = &x->heard->slots[i];
        cJSON *item = push(x, list, cJSON_CreateObject());

        add(x, item, "name", cJSON_CreateString(jieda__slot_name(slot->kind)));
        add_number(x, item, "begin", slot->begin);
        add_number(x, item, "end", slot->end);
    }
}

static void explain_turn(explainer *x)
{
    const jieda__policy *policy = &x->session->engine->policy;
    const jieda__turn *turn = x->turn;
    cJSON *thresholds;

    add(x, x->root, "decision", cJSON_CreateString(jieda_decision_name(turn->decision)));
    add(x, x->root, "why", cJSON_CreateString(turn->why));
    add(x, x->root, "rule", turn->rule ? string(x, turn->rule->id) : cJSON_CreateNull());
    add(x, x->root, "reason",
        turn->reason ? cJSON_CreateString(jieda__reason_name(turn->reason)) : cJSON_CreateNull());
    add(x, x->root, "id",
        turn->entry != JIEDA__NONE
            ? string(x, jieda__kb_entry_id(x->session->engine->kb, turn->entry))
            : cJSON_CreateNull());
    thresholds = add(x, x->root, "thresholds", cJSON_CreateObject());
    add_number(x, thresholds, "answer_info",
               shown(policy->answer_confidence_min[JIEDA__ENTRY_RISK_INFO]));
    add_number(x, thresholds, "answer_money",
               shown(policy->answer_confidence_min[JIEDA__ENTRY_RISK_MONEY]));
    add_number(x, thresholds, "option", shown(policy->option_confidence_min));
    add_number(x, thresholds, "misses", policy->miss_count_max);
}

static jieda_status write_document(explainer *x, jieda_str utterance, const char *expect_id)
{
    jieda_status st;

    add(x, x->root, "question", string(x, utterance));
    add(x, x->root, "redacted", string(x, x->heard->redaction.text));
    add(x, x->root, "normalized",
        string(x, jieda__text_utf8(&x->session->arena, x->reading->text.chars,
                                   x->reading->text.count)));
    explain_turn(x);
    explain_reading(x);
    explain_rules(x);
    explain_slots(x);
    explain_terms(x);
    st = explain_matches(x);
    if (st == JIEDA_OK)
        st = explain_expected(x, expect_id);
    if (st == JIEDA_OK && x->failed)
        st = jieda__fail(x->err, JIEDA_E_NOMEM, "out of memory");
    return st;
}

static jieda_status explain(jieda__exchange *exchange, jieda_str utterance, const char *expect_id,
                            jieda_str *json_out)
{
    jieda_session *session = exchange->session;
    explainer x = {
        .session = session,
        .renderer = exchange->renderer,
        .heard = exchange->heard,
        .reading = &exchange->heard->reading,
        .matches = exchange->turn.matches,
        .turn = &exchange->turn,
        .err = exchange->err,
        .root = cJSON_CreateObject(),
    };
    jieda_status st = write_document(&x, utterance, expect_id);
    char *printed = NULL;

    if (st == JIEDA_OK) {
        printed = cJSON_PrintUnformatted(x.root);
        *json_out = printed ? jieda__arena_copy(&session->arena, jieda__str(printed))
                            : (jieda_str){NULL, 0};
        if (!json_out->ptr)
            st = jieda__fail(x.err, JIEDA_E_NOMEM, "out of memory");
    }
    cJSON_free(printed);
    cJSON_Delete(x.root);
    return st;
}

jieda_status jieda_explain(jieda_session *session, jieda_str utterance, const char *expect_id,
                           jieda_str *json_out, jieda_error *err)
{
    jieda__exchange x;
    jieda_status st;

    if (!session || !json_out || (!utterance.ptr && utterance.len))
        return jieda__fail(err, JIEDA_E_INVALID, "a session, an utterance and a place are needed");
    *json_out = (jieda_str){NULL, 0};
    st = jieda__exchange_begin(&x, session, err);
    if (st == JIEDA_OK)
        st = jieda__exchange_hear(&x, utterance);
    if (st == JIEDA_OK)
        st = explain(&x, utterance, expect_id, json_out);
    return jieda__exchange_end(&x, st);
}
