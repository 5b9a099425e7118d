/*
 * self_test.c - asks the new file what its editors promise, before it is renamed into place.
 *
 * Two promises are in a source. An entry's tests[] say what should come of a wording nobody listed;
 * and every question says "who asks this means my entry", so asked as it is it must lead there
 * first. Both are asked as jieda_ask() would with default options, but of every entry, whatever
 * its validity, tags or placeholders: a build knows no visitor. And being the same text counts for
 * nothing: a question that is found only word for word leads its neighbours astray.
 *
 *   question "绑卡失败" of account.bind_card  ->  best match payment.failed: lost-question
 *
 * What fails is a warning: the file is sound, only not as good as its editors think. A pack of
 * thousands of questions can lose hundreds when a lexicon changes, so only the first are listed.
 */
#include "compiler/compiler.h"
#include "compiler/front.h"
#include "dialog/hear.h"
#include "jieda/jieda.h"
#include "match/learned.h"

#include <stdio.h>

#define FINDING_COUNT_MAX 50u
#define TOP_COUNT 3
#define PROGRESS_STEP 512

typedef struct tester {
    const jieda__build *build;
    jieda__diagnostics *diagnostics;
    jieda__reader *reader;
    jieda__policy policy;
    jieda__match_options match;
    jieda__arena arena; /* of one question */
    uint64_t done, total;
    uint32_t failed_count, lost_count;
    jieda_error *err;
} tester;

/* Whether one more finding of its rule is still listed. */
static bool count_finding(uint32_t *count)
{
    return ++*count <= FINDING_COUNT_MAX;
}

static void report_more(tester *t, uint32_t count, const char *rule)
{
    if (count > FINDING_COUNT_MAX)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING, (jieda__pos){0}, rule,
                      "%u more of these; correct the ones listed and build again",
                      count - FINDING_COUNT_MAX);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static jieda_status ask(tester *t, jieda_str text, jieda__reading *reading, jieda__matches *matches)
{
    jieda_status st = JIEDA_OK;

    if (t->done % PROGRESS_STEP == 0)
        st = jieda__progress(t->build, "testing", t->done, t->total, t->err);
    if (st != JIEDA_OK)
        return st;
    t->done++;
    *matches = (jieda__matches){.out_of_scope_question = JIEDA__NONE};
    jieda__arena_reset(&t->arena);
    st = jieda__text_read(&t->arena, t->reader->kb->lexicon, text, reading);
    if (st != JIEDA_OK)
        return jieda__fail(t->err, st, "out of memory");
    if (reading->raw.count == 0)
        return JIEDA_OK;
    return jieda__match_run(t->reader, &t->arena, reading, &t->match, matches, t->err);
}

/* "refund.eta" with 43% */
static jieda__phrase match_phrase(const tester *t, const jieda__match *match)
{
    jieda__phrase phrase;

    snprintf(phrase.text, sizeof phrase.text, "\"%.300s\" with %d%%",
             jieda__quote(jieda__kb_entry_id(t->reader->kb, match->entry)).text,
             (int)(match->confidence * 100.0f + 0.5f));
    return phrase;
}

/* What came: the answered entry, else the best one, else nothing. */
static jieda__phrase outcome(const tester *t, const jieda__matches *matches, uint32_t answered)
{
    jieda__phrase phrase;

    for (size_t i = 0; i < matches->count; i++) {
        if (matches->items[i].entry == answered) {
            snprintf(phrase.text, sizeof phrase.text, "%.340s answered",
                     match_phrase(t, &matches->items[i]).text);
            return phrase;
        }
    }
    if (matches->count > 0)
        snprintf(phrase.text, sizeof phrase.text, "nothing was sure enough, %.340s came first",
                 match_phrase(t, &matches->items[0]).text);
    else
        snprintf(phrase.text, sizeof phrase.text, "nothing was found");
    return phrase;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static bool is_near(const jieda__matches *matches, uint32_t entry)
{
    for (size_t i = 0; i < matches->count && i < TOP_COUNT; i++) {
        if (matches->items[i].entry == entry)
            return true;
    }
    return false;
}

static jieda_status run_test(tester *t, const jieda__src_entry *entry, uint32_t ordinal,
                             const jieda__src_test *test)
{
    static const char *const wanted[] = {
        [JIEDA__EXPECT_ANSWER] = "to be answered with",
        [JIEDA__EXPECT_TOP3] = "among the best three",
        [JIEDA__EXPECT_NOT] = "not to be answered with",
    };
    jieda__reading reading;
    jieda__matches matches;
    uint32_t answered;
    bool passed;
    jieda_status st;

    st = ask(t, test->ask, &reading, &matches);
    if (st != JIEDA_OK)
        return st;
    answered = jieda__sure_entry(t->reader->kb, &t->policy, &matches);
    if (test->expect == JIEDA__EXPECT_TOP3)
        passed = is_near(&matches, ordinal);
    else
        passed = (answered == ordinal) == (test->expect == JIEDA__EXPECT_ANSWER);
    if (!passed && count_finding(&t->failed_count))
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING, test->pos, "failed-test",
                      "test \"%s\" expects \"%s\" %s, but %s; reword the questions, or see `jieda "
                      "explain ... --expect %s`",
                      jieda__quote(test->ask).text, jieda__quote(entry->id).text,
                      wanted[test->expect], outcome(t, &matches, answered).text,
                      jieda__quote(entry->id).text);
    return JIEDA_OK;
}

/* ---- questions ------------------------------------------------------------------------------- */

/* The best match, passing over entries whose own not[] speaks against it: listing a question there
 * is one of the remedies, so it must quiet the warning. NULL if there is none. */
static const jieda__match *winner(const jieda__matches *matches)
{
    for (size_t i = 0; i < matches->count; i++) {
        if (matches->items[i].feature[JIEDA__FEATURE_NOT] == 0.0f)
            return &matches->items[i];
    }
    return NULL;
}

static jieda_status run_question(tester *t, const jieda__src_entry *entry, uint32_t ordinal,
                                 const jieda__src_question *question)
{
    const jieda__match *best;
    jieda__reading reading;
    jieda__matches matches;
    jieda_status st;

    st = ask(t, question->text, &reading, &matches);
    if (st != JIEDA_OK)
        return st;
    best = winner(&matches);
    if ((best && best->entry == ordinal) || !count_finding(&t->lost_count))
        return JIEDA_OK;
    if (best)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING, question->pos, "lost-question",
                      "question \"%s\" of \"%s\" leads to %s; move it, reword it, or list it under "
                      "that entry's \"not\"",
                      jieda__quote(question->text).text, jieda__quote(entry->id).text,
                      match_phrase(t, best).text);
    else
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING, question->pos, "lost-question",
                      "question \"%s\" of \"%s\" leads to no entry; reword it",
                      jieda__quote(question->text).text, jieda__quote(entry->id).text);
    return JIEDA_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static jieda_status run_entry(tester *t, const jieda__src_entry *entry, uint32_t ordinal)
{
    jieda_status st = JIEDA_OK;

    for (size_t i = 0; st == JIEDA_OK && i < entry->question_count; i++) {
        if (entry->questions[i].text.len <= JIEDA_UTTERANCE_BYTES_MAX)
            st = run_question(t, entry, ordinal, &entry->questions[i]);
    }
    for (size_t i = 0; st == JIEDA_OK && i < entry->test_count; i++) {
        if (entry->tests[i].ask.len <= JIEDA_UTTERANCE_BYTES_MAX)
            st = run_test(t, entry, ordinal, &entry->tests[i]);
    }
    return st;
}

/* Entries in the order they were written, so that findings are in it too. */
static jieda_status run_all(tester *t, const jieda__built_index *index)
{
    const jieda__source *source = t->build->source;
    uint32_t *ordinals =
        jieda__alloc_zero(t->build->alloc, source->entry_count + 1, sizeof *ordinals);
    jieda_status st = JIEDA_OK;

    if (!ordinals)
        return jieda__fail(t->err, JIEDA_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < index->entry_count; i++)
        ordinals[index->entries[i] - source->entries] = i;
    for (size_t i = 0; i < source->entry_count; i++)
        t->total += source->entries[i].test_count + source->entries[i].question_count;
    for (size_t i = 0; st == JIEDA_OK && i < source->entry_count; i++)
        st = run_entry(t, &source->entries[i], ordinals[i]);
    jieda__dealloc(t->build->alloc, ordinals);
    if (st == JIEDA_OK) {
        report_more(t, t->failed_count, "failed-test");
        report_more(t, t->lost_count, "lost-question");
    }
    return st;
}

jieda_status jieda__self_test(const jieda__build *build, const char *path,
                              const jieda__built_index *index, jieda__diagnostics *diagnostics,
                              jieda_error *err)
{
    static const jieda_options defaults = JIEDA_OPTIONS_INIT;
    tester t = {.build = build,
                .diagnostics = diagnostics,
                .match = {.posting_count_max = defaults.posting_count_max,
                          .rerank_count_max = defaults.rerank_count_max,
                          .leave_out = JIEDA__NONE},
                .err = err};
    jieda__learned learned;
    jieda__weights weights;
    jieda__kb *kb = NULL;
    jieda_status st;

    if (build->source->is_table)
        return JIEDA_OK; /* nobody can put a list right by hand, and it may hold a million */
    jieda__arena_init(&t.arena, build->alloc, defaults.request_bytes_max);
    st = jieda__kb_open(build->alloc, path, NULL, 0, &kb, err);
    if (st == JIEDA_OK)
        st = jieda__learned_load(kb, &learned, err);
    if (st == JIEDA_OK)
        st = jieda__policy_load(kb, &t.policy, err);
    t.match.learned = &learned;
    if (st == JIEDA_OK) {
        weights = *jieda__learned_weights(&learned);
        weights.feature[JIEDA__FEATURE_EXACT] = 0.0f;
        t.match.weights = &weights;
    }
    if (st == JIEDA_OK)
        st = jieda__reader_open(kb, &t.reader, err);
    if (st == JIEDA_OK)
        st = run_all(&t, index);
    jieda__reader_close(t.reader);
    jieda__kb_close(kb);
    jieda__arena_free(&t.arena);
    return st;
}
