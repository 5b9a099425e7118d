/*
 * reply.c - rows of the knowledge base become texts a visitor reads.
 *
 * Placeholders are filled here: the host's binding first, else the pack's default in this language.
 * One without either cannot occur: its entry was withheld before matching (dialog/visitor.c).
 */
#include "api/api.h"

#include <stdio.h>
#include <string.h>

#define RENDERED_BYTES_MAX ((size_t)1024 * 1024)
#define RELATED_COUNT_MAX 6
#define LIST_COUNT_MAX 64 /* steps, actions, needs of one answer */

static jieda_status no_memory(jieda__renderer *r)
{
    return jieda__fail(r->err, JIEDA_E_NOMEM, "out of memory");
}

/* A prepared statement with up to two integers bound; NULL with r->err filled. */
static sqlite3_stmt *query(jieda__renderer *r, enum jieda__statement which, int64_t first,
                           int64_t second)
{
    sqlite3_stmt *stmt = jieda__reader_statement(r->reader, which, r->err);

    if (!stmt)
        return NULL;
    sqlite3_bind_int64(stmt, 1, first);
    if (sqlite3_bind_parameter_count(stmt) >= 2)
        sqlite3_bind_int64(stmt, 2, second);
    return stmt;
}

static jieda_str column(sqlite3_stmt *stmt, int i)
{
    const char *text = (const char *)sqlite3_column_text(stmt, i);

    return text ? (jieda_str){text, (size_t)sqlite3_column_bytes(stmt, i)} : (jieda_str){NULL, 0};
}

/* ---- placeholders ---------------------------------------------------------------------------- */

static jieda_status put_placeholder(jieda__renderer *r, jieda_str name, jieda__buf *out)
{
    const jieda__kb *kb = r->reader->kb;
    jieda_str bound = jieda__bindings_get(&r->session->placeholders, name);
    sqlite3_stmt *stmt;
    uint32_t p = 0;
    int rc;

    if (bound.ptr) {
        jieda__buf_str(out, bound);
        return JIEDA_OK;
    }
    while (p < kb->placeholder_count && !jieda__str_equal(kb->placeholders[p], name))
        p++;
    stmt = query(r, JIEDA__STMT_PLACEHOLDER, p, r->language);
    if (!stmt)
        return r->err->status;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        jieda__buf_str(out, column(stmt, 0));
    sqlite3_reset(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? JIEDA_OK : jieda__reader_fail(r->reader, r->err);
}

/* The end of the placeholder whose "{{" is at `at`, past its "}}"; 0 if it is none. */
static size_t placeholder_end(jieda_str text, size_t at)
{
    if (at + 4 >= text.len || text.ptr[at] != '{' || text.ptr[at + 1] != '{')
        return 0;
    for (size_t i = at + 2; i + 1 < text.len; i++)
        if (text.ptr[i] == '}' && text.ptr[i + 1] == '}')
            return i + 2;
    return 0;
}

/* Copies a text into the arena with its placeholders filled. */
static jieda_status fill(jieda__renderer *r, jieda_str text, jieda_str *out)
{
    jieda__buf buf;
    jieda_status st = JIEDA_OK;
    size_t plain = 0; /* where the text not yet copied begins */

    if (text.len == 0 || !memchr(text.ptr, '{', text.len)) {
        *out = jieda__arena_copy(&r->session->arena, text);
        return out->ptr ? JIEDA_OK : no_memory(r);
    }
    jieda__buf_init(&buf, r->session->engine->alloc, RENDERED_BYTES_MAX);
    for (size_t i = 0; st == JIEDA_OK && i < text.len;) {
        size_t end = placeholder_end(text, i);

        if (end == 0) {
            i++;
            continue;
        }
        jieda__buf_append(&buf, text.ptr + plain, i - plain);
        st = put_placeholder(r, (jieda_str){text.ptr + i + 2, end - i - 4}, &buf);
        i = plain = end;
    }
    jieda__buf_append(&buf, text.ptr + plain, text.len - plain);
    if (st == JIEDA_OK && buf.status != JIEDA_OK)
        st = no_memory(r);
    if (st == JIEDA_OK) {
        *out = jieda__arena_copy(&r->session->arena, (jieda_str){buf.ptr, buf.len});
        if (!out->ptr)
            st = no_memory(r);
    }
    jieda__buf_free(&buf);
    return st;
}

/* ---- single texts ---------------------------------------------------------------------------- */

/* The first row's text, "" if there is no row. */
static jieda_status one_text(jieda__renderer *r, enum jieda__statement which, int64_t first,
                             int64_t second, jieda_str *out)
{
    sqlite3_stmt *stmt = query(r, which, first, second);
    int rc;

    *out = (jieda_str){"", 0};
    if (!stmt)
        return r->err->status;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *out = jieda__arena_copy(&r->session->arena, column(stmt, 0));
        rc = out->ptr ? SQLITE_DONE : SQLITE_NOMEM;
    }
    sqlite3_reset(stmt);
    if (rc == SQLITE_NOMEM)
        return no_memory(r);
    return rc == SQLITE_DONE ? JIEDA_OK : jieda__reader_fail(r->reader, r->err);
}

jieda_status jieda__render_question(jieda__renderer *r, uint32_t question, jieda_str *out)
{
    jieda_str known = jieda__kb_question_text(r->reader->kb, question);

    if (known.ptr) {
        *out = known;
        return JIEDA_OK;
    }
    return one_text(r, JIEDA__STMT_QUESTION_TEXT, question, 0, out);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static jieda_status render_texts(jieda__renderer *r, enum jieda__statement which, int64_t first,
                                 int64_t second, const jieda_str **out, size_t *count_out)
{
    sqlite3_stmt *stmt = query(r, which, first, second);
    jieda_str *list = jieda__arena_alloc(&r->session->arena, LIST_COUNT_MAX * sizeof *list);
    size_t count = 0;
    jieda_status st = JIEDA_OK;
    int rc = SQLITE_DONE;

    if (!stmt)
        return r->err->status;
    if (!list)
        return no_memory(r);
    while (st == JIEDA_OK && count < LIST_COUNT_MAX && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        st = fill(r, column(stmt, 0), &list[count++]);
    if (st == JIEDA_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = jieda__reader_fail(r->reader, r->err);
    sqlite3_reset(stmt);
    *out = list;
    *count_out = count;
    return st;
}

jieda_status jieda__render_needs(jieda__renderer *r, uint32_t entry, jieda_str *ids,
                                 jieda_str *titles, size_t max, size_t *count_out)
{
    sqlite3_stmt *stmt = query(r, JIEDA__STMT_NEEDS, entry, r->language);
    jieda_status st = JIEDA_OK;
    size_t count = 0;
    int rc = SQLITE_DONE;

    *count_out = 0;
    if (!stmt)
        return r->err->status;
    while (st == JIEDA_OK && count < max && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        titles[count] = jieda__arena_copy(&r->session->arena, column(stmt, 0));
        ids[count] = jieda__arena_copy(&r->session->arena, column(stmt, 1));
        if (!titles[count].ptr || !ids[count].ptr)
            st = no_memory(r);
        count++;
    }
    if (st == JIEDA_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = jieda__reader_fail(r->reader, r->err);
    sqlite3_reset(stmt);
    if (st == JIEDA_OK)
        *count_out = count;
    return st;
}

static jieda_status render_actions(jieda__renderer *r, int64_t answer, jieda_reply *reply)
{
    sqlite3_stmt *stmt = query(r, JIEDA__STMT_ANSWER_ACTIONS, answer, 0);
    jieda_action *list = jieda__arena_alloc(&r->session->arena, LIST_COUNT_MAX * sizeof *list);
    jieda_status st = JIEDA_OK;
    size_t count = 0;
    int rc = SQLITE_DONE;

    if (!stmt)
        return r->err->status;
    if (!list)
        return no_memory(r);
    while (st == JIEDA_OK && count < LIST_COUNT_MAX && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        st = fill(r, column(stmt, 0), &list[count].label);
        if (st == JIEDA_OK)
            st = fill(r, column(stmt, 1), &list[count++].link);
    }
    if (st == JIEDA_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = jieda__reader_fail(r->reader, r->err);
    sqlite3_reset(stmt);
    reply->actions = list;
    reply->action_count = count;
    return st;
}

static jieda_status render_related(jieda__renderer *r, uint32_t entry, jieda_reply *reply)
{
    uint32_t targets[RELATED_COUNT_MAX] = {0};
    sqlite3_stmt *stmt = query(r, JIEDA__STMT_RELATED, entry, 0);
    jieda__visitor visitor = jieda__session_visitor(r->session, r->reader, r->err);
    size_t found = 0, count = 0;
    jieda_option *list;
    jieda_status st = JIEDA_OK;
    int rc = SQLITE_DONE;

    if (!stmt)
        return r->err->status;
    while (found < RELATED_COUNT_MAX && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_int64 target = sqlite3_column_int64(stmt, 0);
        bool seen = false;

        for (size_t i = 0; i < found; i++)
            seen = seen || targets[i] == target;
        if (!seen && target >= 0 && target < r->reader->kb->entry_count)
            targets[found++] = (uint32_t)target;
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = jieda__reader_fail(r->reader, r->err);
    sqlite3_reset(stmt);
    if (st != JIEDA_OK)
        return st;
    list = jieda__arena_zero(&r->session->arena, RELATED_COUNT_MAX, sizeof *list);
    if (!list)
        return no_memory(r);
    for (size_t i = 0; i < found; i++) {
        if (!jieda__visitor_may_see(&visitor, targets[i]))
            continue;
        list[count].entry_id = jieda__kb_entry_id(r->reader->kb, targets[i]);
        list[count++].title = jieda__kb_entry_title(r->reader->kb, targets[i], r->language);
    }
    reply->related = list;
    reply->related_count = count;
    return visitor.status;
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* Lead, numbered steps, note: what a channel without buttons shows. */
static jieda_status compose(jieda__renderer *r, jieda_str lead, jieda_str note, jieda_reply *reply)
{
    jieda__buf buf;
    char number[32];
    jieda_status st = JIEDA_OK;

    jieda__buf_init(&buf, r->session->engine->alloc, RENDERED_BYTES_MAX);
    jieda__buf_str(&buf, lead);
    for (size_t i = 0; i < reply->step_count; i++) {
        snprintf(number, sizeof number, "%s%zu. ", buf.len ? "\n" : "", i + 1);
        jieda__buf_cstr(&buf, number);
        jieda__buf_str(&buf, reply->steps[i]);
    }
    if (note.len > 0) {
        if (buf.len)
            jieda__buf_byte(&buf, '\n');
        jieda__buf_str(&buf, note);
    }
    reply->answer = jieda__arena_copy(&r->session->arena, (jieda_str){buf.ptr, buf.len});
    if (buf.status != JIEDA_OK || !reply->answer.ptr)
        st = no_memory(r);
    jieda__buf_free(&buf);
    return st;
}

/* The answer's ordinal, lead and note in this language, else in the pack's first; -1 if none. */
static jieda_status find_answer(jieda__renderer *r, uint32_t entry, int64_t *ord, jieda_str *lead,
                                jieda_str *note)
{
    const uint32_t languages[] = {r->language, 0};
    jieda_status st = JIEDA_OK;

    *ord = -1;
    for (size_t i = 0; st == JIEDA_OK && *ord < 0 && i < 2; i++) {
        sqlite3_stmt *stmt = query(r, JIEDA__STMT_ANSWER, entry, languages[i]);
        int rc;

        if (!stmt)
            return r->err->status;
        sqlite3_bind_text(stmt, 3, r->session->channel, -1, SQLITE_STATIC);
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW) {
            *ord = sqlite3_column_int64(stmt, 0);
            st = fill(r, column(stmt, 1), lead);
            if (st == JIEDA_OK)
                st = fill(r, column(stmt, 2), note);
        } else if (rc != SQLITE_DONE) {
            st = jieda__reader_fail(r->reader, r->err);
        }
        sqlite3_reset(stmt);
    }
    return st;
}

jieda_status jieda__render_entry(jieda__renderer *r, uint32_t entry, jieda_reply *reply)
{
    jieda_str lead = {"", 0}, note = {"", 0};
    int64_t answer;
    jieda_status st = find_answer(r, entry, &answer, &lead, &note);

    reply->entry_id = jieda__kb_entry_id(r->reader->kb, entry);
    reply->title = jieda__kb_entry_title(r->reader->kb, entry, r->language);
    if (st == JIEDA_OK && answer >= 0)
        st =
            render_texts(r, JIEDA__STMT_ANSWER_STEPS, answer, 0, &reply->steps, &reply->step_count);
    if (st == JIEDA_OK && answer >= 0)
        st = render_actions(r, answer, reply);
    if (st == JIEDA_OK)
        st = compose(r, lead, note, reply);
    if (st == JIEDA_OK)
        st = render_texts(r, JIEDA__STMT_NEEDS, entry, r->language, &reply->needs,
                          &reply->need_count);
    if (st == JIEDA_OK)
        st = render_related(r, entry, reply);
    reply->handoff_offer = r->reader->kb->entries[entry].handoff == JIEDA__ENTRY_HANDOFF_OFFER;
    return st;
}
