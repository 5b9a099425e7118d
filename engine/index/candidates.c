/*
 * candidates.c - which questions share something rare with the utterance?
 *
 * FTS5 enumerates, nothing more. Terms are taken rarest first until the document-frequency budget
 * is spent, so the work is bounded whatever is asked and however large the knowledge base; a fixed
 * number of terms would not do (four "rare" tokens can all be common). The two that are asked for
 * in any case are bounded by rows: of a term in a tenth of a million questions the first thousands
 * stand for all. All tokens count later, in C.
 *
 * Sound is a channel of its own, asked only when the characters found nothing near: syllables find
 * homophone typos and pinyin input.
 */
#include "index/index.h"

#include <stdlib.h>
#include <string.h>

/* Fewer terms than this are asked for whatever they cost: one rare character may be a typo. */
#define TERM_COUNT_MIN 2
/* Share of the budget the pinyin channel may use. */
#define PINYIN_BUDGET_DIVISOR 2

static int by_rarity(const void *left, const void *right)
{
    const jieda__search_term *a = left, *b = right;
    int order;

    if (a->df != b->df)
        return a->df < b->df ? -1 : 1;
    /* Of two equally rare terms the longer first: a pair is better evidence than a character. */
    if (a->text.len != b->text.len)
        return a->text.len > b->text.len ? -1 : 1;
    order = jieda__str_compare(a->text, b->text);
    return order;
}

/* The distinct terms of the utterance that any question holds, rarest first. */
static jieda_status collect_terms(const jieda__kb *kb, jieda__arena *arena,
                                  const jieda__reading *reading, bool pinyin,
                                  jieda__search_term **out, size_t *count_out)
{
    jieda__index_terms terms;
    jieda__search_term *list;
    size_t count = 0, kept = 0;
    jieda_status st = jieda__text_index_terms(arena, kb->lexicon, reading, pinyin, &terms);

    if (st != JIEDA_OK)
        return st;
    list = jieda__arena_alloc(arena, terms.count * sizeof *list);
    if (!list)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < terms.count; i++) {
        list[count++] = (jieda__search_term){
            .text = terms.items[i].text,
            .df = jieda__kb_document_frequency(kb, terms.items[i].term),
            .token_class = terms.items[i].token_class,
        };
    }
    if (count > 1)
        qsort(list, count, sizeof *list, by_rarity);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !jieda__str_equal(list[i].text, list[kept - 1].text))
            list[kept++] = list[i];
    *out = list;
    *count_out = kept;
    return JIEDA_OK;
}

/* Marks the rarest terms until the budget is spent: the term that crosses it still counts, if it
 * alone would fit, for it may be the first with a meaning. */
static void choose_terms(jieda__search_term *terms, size_t count, uint64_t budget)
{
    size_t used = 0;
    uint64_t spent = 0;

    for (size_t i = 0; i < count; i++) {
        if (terms[i].df == 0)
            continue;
        if (used >= TERM_COUNT_MIN && (spent >= budget || terms[i].df > budget))
            break;
        terms[i].used = true;
        spent += terms[i].df;
        used++;
    }
}

/* Writes the MATCH expression of the used ones among terms[0, count), "" if there is none.
 *   "\x02退款" OR "\x02=退款"
 * A term holds letters, digits and ideographs, a sigil of ours, never a quote. */
static jieda_status write_match(jieda__arena *arena, const jieda__search_term *terms, size_t count,
                                jieda_str *out)
{
    size_t bytes = 1;
    char *match, *at;

    for (size_t i = 0; i < count; i++)
        bytes += terms[i].used ? terms[i].text.len + 7 : 0;
    at = match = jieda__arena_alloc(arena, bytes);
    if (!match)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!terms[i].used)
            continue;
        if (at != match) {
            memcpy(at, " OR ", 4);
            at += 4;
        }
        *at++ = '"';
        *at++ = JIEDA__FTS5_EXACT;
        memcpy(at, terms[i].text.ptr, terms[i].text.len);
        at += terms[i].text.len;
        *at++ = '"';
    }
    *at = '\0';
    *out = (jieda_str){match, (size_t)(at - match)};
    return JIEDA_OK;
}

/* Makes room for one more question; false when out of memory. */
static bool reserve(jieda__arena *arena, jieda__candidates *list, size_t *capacity)
{
    size_t grown = *capacity ? *capacity * 2 : 1024;
    uint32_t *bigger;

    if (list->count < *capacity)
        return true;
    bigger = jieda__arena_alloc(arena, grown * sizeof *bigger);
    if (!bigger)
        return false;
    if (list->count)
        memcpy(bigger, list->questions, list->count * sizeof *bigger);
    list->questions = bigger;
    *capacity = grown;
    return true;
}

/* The first `max` questions of a MATCH expression, ascending. */
static jieda_status enumerate(jieda__reader *reader, jieda__arena *arena,
                              enum jieda__statement which, jieda_str match, size_t max,
                              jieda__candidates *out, jieda_error *err)
{
    sqlite3_stmt *stmt;
    size_t capacity = 0;
    int rc = SQLITE_DONE;

    *out = (jieda__candidates){0};
    if (match.len == 0)
        return JIEDA_OK;
    stmt = jieda__reader_statement(reader, which, err);
    if (!stmt)
        return err->status;
    sqlite3_bind_text(stmt, 1, match.ptr, (int)match.len, SQLITE_STATIC);
    while (out->count < max && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_int64 rowid = sqlite3_column_int64(stmt, 0);

        if (rowid < 1 || rowid > reader->kb->question_count)
            continue; /* a damaged index may name rows that do not exist */
        if (!reserve(arena, out, &capacity)) {
            sqlite3_reset(stmt);
            return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        }
        out->questions[out->count++] = (uint32_t)(rowid - 1);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? JIEDA_OK : jieda__reader_fail(reader, err);
}

/* Merges two ascending lists into the first one's place, distinct. */
static jieda_status merge(jieda__arena *arena, jieda__candidates *out, const uint32_t *more,
                          size_t more_count)
{
    uint32_t *merged = jieda__arena_alloc(arena, (out->count + more_count) * sizeof *merged);
    size_t a = 0, b = 0, n = 0;

    if (!merged)
        return JIEDA_E_NOMEM;
    while (a < out->count || b < more_count) {
        uint32_t next;

        if (b == more_count || (a < out->count && out->questions[a] <= more[b]))
            next = out->questions[a++];
        else
            next = more[b++];
        if (n == 0 || merged[n - 1] != next)
            merged[n++] = next;
    }
    out->questions = merged;
    out->count = n;
    return JIEDA_OK;
}

/* Asks for terms[0, count) and adds what is found. */
static jieda_status add_questions(jieda__reader *reader, jieda__arena *arena,
                                  enum jieda__statement which, const jieda__search_term *terms,
                                  size_t count, size_t max, jieda__candidates *out,
                                  jieda_error *err)
{
    jieda__candidates found;
    jieda_str match;
    jieda_status st = write_match(arena, terms, count, &match);

    if (st != JIEDA_OK)
        return jieda__fail(err, st, "out of memory");
    st = enumerate(reader, arena, which, match, max, &found, err);
    if (st != JIEDA_OK || found.count == 0)
        return st;
    if (out->count == 0) {
        out->questions = found.questions;
        out->count = found.count;
        return JIEDA_OK;
    }
    st = merge(arena, out, found.questions, found.count);
    return st == JIEDA_OK ? st : jieda__fail(err, st, "out of memory");
}

/* Looks one channel's terms up and adds what is found. */
static jieda_status search(jieda__reader *reader, jieda__arena *arena,
                           const jieda__reading *reading, bool pinyin, uint32_t budget,
                           jieda__candidates *out, jieda_error *err)
{
    enum jieda__statement which = pinyin ? JIEDA__STMT_PINYIN_POSTINGS : JIEDA__STMT_POSTINGS;
    jieda__search_term *terms, *all;
    size_t term_count, together = 0;
    jieda_status st = collect_terms(reader->kb, arena, reading, pinyin, &terms, &term_count);

    if (st != JIEDA_OK)
        return jieda__fail(err, st, "out of memory");
    choose_terms(terms, term_count, budget);
    /* A term too common to be read to the end is asked for alone: cut off together with others,
     * theirs would be lost with its own. Terms ascend by frequency, so these come last; what is
     * within a caller's larger budget is paid for. */
    while (together < term_count &&
           (!terms[together].used || terms[together].df <= JIEDA__CANDIDATE_ROW_MAX ||
            terms[together].df <= budget))
        together++;
    st = add_questions(reader, arena, which, terms, together, SIZE_MAX, out, err);
    for (size_t i = together; st == JIEDA_OK && i < term_count; i++)
        st = add_questions(reader, arena, which, &terms[i], 1, JIEDA__CANDIDATE_ROW_MAX, out, err);
    if (st != JIEDA_OK)
        return st;
    all = jieda__arena_alloc(arena, (out->term_count + term_count) * sizeof *all);
    if (!all)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    if (out->term_count)
        memcpy(all, out->terms, out->term_count * sizeof *all);
    if (term_count)
        memcpy(all + out->term_count, terms, term_count * sizeof *all);
    out->terms = all;
    out->term_count += term_count;
    return JIEDA_OK;
}

jieda_status jieda__candidates_find(jieda__reader *reader, jieda__arena *arena,
                                    const jieda__reading *reading, uint32_t posting_count_max,
                                    jieda__candidates *out, jieda_error *err)
{
    *out = (jieda__candidates){0};
    return search(reader, arena, reading, false, posting_count_max, out, err);
}

jieda_status jieda__candidates_find_by_sound(jieda__reader *reader, jieda__arena *arena,
                                             const jieda__reading *reading,
                                             uint32_t posting_count_max, jieda__candidates *out,
                                             jieda_error *err)
{
    return search(reader, arena, reading, true, posting_count_max / PINYIN_BUDGET_DIVISOR, out,
                  err);
}
