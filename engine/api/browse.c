/*
 * browse.c - looking around without asking: categories, entries, type-ahead, tokens.
 */
#include "api/exchange.h"

#include <stdlib.h>
#include <string.h>

#define SUGGEST_COUNT_LIMIT 20
/* Keys of a prefix looked at; a one-letter prefix has thousands. */
#define SUGGEST_ROW_MAX 400

typedef struct request {
    jieda_session *session;
    jieda__reader *reader;
    jieda__renderer renderer;
    jieda_error *err;
    jieda_error ignored;
} request;

/* Every function here begins and ends the same way. */
static jieda_status begin(request *q, jieda_session *session, jieda_error *err)
{
    jieda_status st;

    q->session = session;
    q->err = err ? err : &q->ignored;
    if (!session)
        return jieda__fail(q->err, JIEDA_E_INVALID, "a session is needed");
    jieda__session_begin(session);
    st = jieda__engine_borrow(session->engine, &q->reader, q->err);
    q->renderer = (jieda__renderer){
        session, q->reader, session->language == JIEDA__NONE ? 0 : session->language, q->err};
    return st;
}

static jieda_status end(request *q, jieda_status st)
{
    jieda__engine_give_back(q->session->engine, q->reader);
    return st;
}

static jieda_status no_memory(request *q)
{
    return jieda__fail(q->err, JIEDA_E_NOMEM, "out of memory");
}

static uint32_t find_category(const jieda__kb *kb, const char *id)
{
    for (uint32_t i = 0; i < kb->category_count; i++)
        if (jieda__str_equal(kb->categories[i], jieda__str(id)))
            return i;
    return JIEDA__NONE;
}

jieda_status jieda_categories(jieda_session *session, const jieda_category **list_out,
                              size_t *count_out, jieda_error *err)
{
    request q;
    jieda_status st = begin(&q, session, err);
    const jieda__kb *kb;
    jieda__visitor visitor;
    jieda_category *list;
    sqlite3_stmt *stmt;
    int rc = SQLITE_DONE;

    *list_out = NULL;
    *count_out = 0;
    if (st != JIEDA_OK)
        return st;
    kb = session->engine->kb;
    list = jieda__arena_zero(&session->arena, kb->category_count + 1, sizeof *list);
    if (!list)
        return end(&q, no_memory(&q));
    stmt = jieda__reader_statement(q.reader, JIEDA__STMT_CATEGORIES, q.err);
    if (!stmt)
        return end(&q, q.err->status);
    sqlite3_bind_int64(stmt, 1, q.renderer.language);
    for (uint32_t i = 0; i < kb->category_count; i++)
        list[i].id = list[i].title = kb->categories[i];
    while (st == JIEDA_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_int64 ord = sqlite3_column_int64(stmt, 0), parent = sqlite3_column_int64(stmt, 1);
        bool has_parent = sqlite3_column_type(stmt, 1) != SQLITE_NULL;

        if (ord < 0 || ord >= kb->category_count)
            continue;
        if (has_parent && parent >= 0 && parent < kb->category_count)
            list[ord].parent = kb->categories[parent];
        list[ord].title = jieda__arena_copy(&session->arena,
                                            (jieda_str){(const char *)sqlite3_column_text(stmt, 2),
                                                        (size_t)sqlite3_column_bytes(stmt, 2)});
        if (!list[ord].title.ptr)
            st = no_memory(&q);
    }
    sqlite3_reset(stmt);
    if (st == JIEDA_OK && rc != SQLITE_DONE)
        st = jieda__reader_fail(q.reader, q.err);
    visitor = jieda__session_visitor(session, q.reader, q.err);
    for (uint32_t e = 0; st == JIEDA_OK && e < kb->entry_count; e++)
        if (kb->entries[e].category != JIEDA__NONE && jieda__visitor_may_see(&visitor, e))
            list[kb->entries[e].category].entry_count++;
    if (st == JIEDA_OK)
        st = visitor.status;
    if (st == JIEDA_OK) {
        *list_out = list;
        *count_out = kb->category_count;
    }
    return end(&q, st);
}

jieda_status jieda_entries(jieda_session *session, const char *category_id,
                           const jieda_option **list_out, size_t *count_out, jieda_error *err)
{
    request q;
    jieda_status st = begin(&q, session, err);
    const jieda__kb *kb;
    jieda__visitor visitor;
    uint32_t category, *found;
    size_t found_count = 0, count = 0;
    jieda_option *list;
    sqlite3_stmt *stmt;
    int rc = SQLITE_DONE;

    *list_out = NULL;
    *count_out = 0;
    if (st != JIEDA_OK)
        return st;
    kb = session->engine->kb;
    category = category_id ? find_category(kb, category_id) : JIEDA__NONE;
    if (category == JIEDA__NONE && !(category_id && *category_id == '\0'))
        return end(&q, jieda__fail(q.err, JIEDA_E_NOT_FOUND, "no category \"%.64s\"",
                                   category_id ? category_id : ""));
    found = jieda__arena_alloc(&session->arena, ((size_t)kb->entry_count + 1) * sizeof *found);
    list = jieda__arena_zero(&session->arena, (size_t)kb->entry_count + 1, sizeof *list);
    if (!found || !list)
        return end(&q, no_memory(&q));
    stmt = jieda__reader_statement(q.reader, JIEDA__STMT_CATEGORY_ENTRIES, q.err);
    if (!stmt)
        return end(&q, q.err->status);
    if (category == JIEDA__NONE)
        sqlite3_bind_null(stmt, 1);
    else
        sqlite3_bind_int64(stmt, 1, category);
    while (found_count < kb->entry_count && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_int64 entry = sqlite3_column_int64(stmt, 0);

        if (entry >= 0 && entry < kb->entry_count)
            found[found_count++] = (uint32_t)entry;
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = jieda__reader_fail(q.reader, q.err);
    sqlite3_reset(stmt);
    if (st != JIEDA_OK)
        return end(&q, st);
    visitor = jieda__session_visitor(session, q.reader, q.err);
    for (size_t i = 0; i < found_count; i++) {
        if (!jieda__visitor_may_see(&visitor, found[i]))
            continue;
        list[count].entry_id = jieda__kb_entry_id(kb, found[i]);
        list[count++].title = jieda__kb_entry_title(kb, found[i], q.renderer.language);
    }
    *list_out = list;
    *count_out = count;
    return end(&q, visitor.status);
}

jieda_status jieda_entry(jieda_session *session, const char *entry_id,
                         const jieda_reply **reply_out, jieda_error *err)
{
    jieda__exchange x;
    jieda__visitor visitor;
    const char *id = entry_id ? entry_id : "";
    uint32_t entry;
    jieda_status st;

    *reply_out = NULL;
    if (!session)
        return jieda__fail(err, JIEDA_E_INVALID, "a session is needed");
    st = jieda__exchange_begin(&x, session, err);
    if (st != JIEDA_OK)
        return jieda__exchange_end(&x, st);
    entry = jieda__kb_find_entry(session->engine->kb, jieda__str(id));
    if (entry == JIEDA__NONE)
        return jieda__exchange_end(&x,
                                   jieda__fail(x.err, JIEDA_E_NOT_FOUND, "no entry \"%.64s\"", id));
    visitor = jieda__session_visitor(session, x.renderer.reader, x.err);
    if (!jieda__visitor_may_see(&visitor, entry))
        return jieda__exchange_end(&x,
                                   visitor.status != JIEDA_OK
                                       ? visitor.status
                                       : jieda__fail(x.err, JIEDA_E_NOT_FOUND,
                                                     "entry \"%.64s\" may not be shown now", id));
    x.turn = jieda__turn_of_entry(session->engine->kb, &session->engine->policy, entry, x.next);
    st = jieda__exchange_finish(&x);
    if (st == JIEDA_OK)
        *reply_out = &session->reply;
    return jieda__exchange_end(&x, st);
}

/* ---- type-ahead ------------------------------------------------------------------------------ */

/* An entry to suggest, by its earliest matching wording: editors put the standard one first. */
typedef struct suggestion {
    uint32_t entry;
    uint32_t question;
    uint32_t position; /* of the wording within its entry */
} suggestion;

static int by_position(const void *left, const void *right)
{
    const suggestion *a = left, *b = right;

    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

/* Notes a matching question, one per entry. */
static void note_suggestion(const jieda__kb *kb, uint32_t question, suggestion *list, size_t *count)
{
    suggestion fresh = {.entry = kb->questions[question].entry, .question = question};
    size_t i = 0;

    if (fresh.entry == JIEDA__NONE || *count == SUGGEST_ROW_MAX)
        return;
    fresh.position = question - kb->entries[fresh.entry].first_question;
    while (i < *count && list[i].entry != fresh.entry)
        i++;
    if (i == *count)
        list[(*count)++] = fresh;
    else if (fresh.position < list[i].position)
        list[i] = fresh;
}

static jieda_status find_suggestions(request *q, jieda_str key, suggestion *list, size_t *count)
{
    const jieda__kb *kb = q->session->engine->kb;
    uint32_t first, end;
    jieda_status st = jieda__suggest_find(q->reader, key, &first, &end, q->err);

    if (st != JIEDA_OK)
        return st;
    for (uint32_t i = first; i < end && i - first < SUGGEST_ROW_MAX; i++)
        note_suggestion(kb, jieda__suggest_question(kb->suggest[i]), list, count);
    return JIEDA_OK;
}

static jieda_status run_suggest(request *q, jieda_str key, size_t count_max, jieda_option *list,
                                size_t *count_out)
{
    const jieda__kb *kb = q->session->engine->kb;
    jieda__visitor visitor = jieda__session_visitor(q->session, q->reader, q->err);
    suggestion *found = jieda__arena_alloc(&q->session->arena, SUGGEST_ROW_MAX * sizeof *found);
    size_t found_count = 0;
    jieda_status st;

    if (!found)
        return no_memory(q);
    st = find_suggestions(q, key, found, &found_count);
    if (found_count > 1)
        qsort(found, found_count, sizeof *found, by_position);
    for (size_t i = 0; st == JIEDA_OK && i < found_count && *count_out < count_max; i++) {
        jieda_option *option = &list[*count_out];

        if (!jieda__visitor_may_see(&visitor, found[i].entry))
            continue;
        option->entry_id = jieda__kb_entry_id(kb, found[i].entry);
        st = jieda__render_question(&q->renderer, found[i].question, &option->title);
        ++*count_out;
    }
    return st == JIEDA_OK ? visitor.status : st;
}

jieda_status jieda_suggest(jieda_session *session, jieda_str prefix, size_t count_max,
                           const jieda_option **list_out, size_t *count_out, jieda_error *err)
{
    request q;
    jieda_status st = begin(&q, session, err);
    jieda__text text;
    jieda_option *list;
    jieda_str key;

    if (st != JIEDA_OK)
        return st;
    *list_out = NULL;
    *count_out = 0;
    if (count_max < 1 || count_max > SUGGEST_COUNT_LIMIT)
        return end(&q, jieda__fail(q.err, JIEDA_E_INVALID, "count_max must be within 1..%d",
                                   SUGGEST_COUNT_LIMIT));
    if (!prefix.ptr && prefix.len)
        return end(&q, jieda__fail(q.err, JIEDA_E_INVALID, "the prefix has a length and no bytes"));
    if (prefix.len > JIEDA_UTTERANCE_BYTES_MAX)
        return end(&q, jieda__fail(q.err, JIEDA_E_LIMIT, "the prefix is longer than %d bytes",
                                   JIEDA_UTTERANCE_BYTES_MAX));
    list = jieda__arena_zero(&session->arena, count_max, sizeof *list);
    if (!list || jieda__text_normalize(&session->arena, prefix, &text) != JIEDA_OK)
        return end(&q, no_memory(&q));
    key = jieda__text_without_separators(&session->arena, &text);
    if (!key.ptr)
        return end(&q, no_memory(&q));
    if (key.len > 0)
        st = run_suggest(&q, key, count_max, list, count_out);
    *list_out = list;
    return end(&q, st);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

const char *jieda_token_class_name(jieda_token_class token_class)
{
    static const char *const names[] = {"unigram", "bigram", "word", "pinyin", "canonical"};

    return names[token_class];
}

static jieda_status list_tokens(request *q, const jieda__reading *r, jieda_token **out,
                                size_t *count_out)
{
    const jieda__lexicon *lexicon = q->session->engine->kb->lexicon;
    jieda__arena *arena = &q->session->arena;
    jieda__index_terms terms[2];
    jieda_token *list;
    size_t count = 0;

    if (jieda__text_index_terms(arena, lexicon, r, false, &terms[0]) != JIEDA_OK ||
        jieda__text_index_terms(arena, lexicon, r, true, &terms[1]) != JIEDA_OK)
        return no_memory(q);
    list = jieda__arena_alloc(arena, (terms[0].count + terms[1].count + r->canonical.count + 1) *
                                         sizeof *list);
    if (!list)
        return no_memory(q);
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < terms[i].count; k++)
            list[count++] = (jieda_token){terms[i].items[k].token_class, terms[i].items[k].text,
                                          terms[i].items[k].begin, terms[i].items[k].end};
    for (size_t i = 0; i < r->canonical.count; i++) {
        const jieda__unit *u = &r->canonical.items[i];
        jieda_str text = jieda__unit_utf8(arena, lexicon, &r->text, u);

        if (!text.ptr)
            return no_memory(q);
        list[count++] = (jieda_token){JIEDA_TOKEN_CANONICAL, text, r->text.chars[u->first].begin,
                                      r->text.chars[u->first + u->count - 1].end};
    }
    *out = list;
    *count_out = count;
    return JIEDA_OK;
}

jieda_status jieda_tokens(jieda_session *session, jieda_str text, const jieda_token **list_out,
                          size_t *count_out, jieda_str *normalized_out, jieda_error *err)
{
    request q;
    jieda_status st = begin(&q, session, err);
    jieda__reading reading;
    jieda_token *list = NULL;

    if (st != JIEDA_OK)
        return st;
    *list_out = NULL;
    *count_out = 0;
    if (!text.ptr && text.len)
        return end(&q, jieda__fail(q.err, JIEDA_E_INVALID, "the text has a length and no bytes"));
    st = jieda__session_read(session, text, &reading, q.err);
    if (st == JIEDA_OK)
        st = list_tokens(&q, &reading, &list, count_out);
    if (st == JIEDA_OK && normalized_out) {
        *normalized_out = jieda__text_utf8(&session->arena, reading.text.chars, reading.text.count);
        if (!normalized_out->ptr)
            st = no_memory(&q);
    }
    *list_out = list;
    return end(&q, st);
}
