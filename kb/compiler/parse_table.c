/*
 * parse_table.c - lists of questions: .tsv, .csv and .jsonl, up to millions of lines.
 *
 * All three say the same: id, question, and perhaps the answer. A repeated id adds a question.
 *
 *   refund<TAB>How do I get my money back?<TAB>Open the order and tap Refund.
 *   refund<TAB>I want a refund
 *     -> entry "refund", two questions, one answer
 *
 *   .tsv    as it stands: no quoting, so no tab or line break inside a field
 *   .csv    RFC 4180: "a, b", "say ""hi""", line breaks inside quotes
 *   .jsonl  {"id": "refund", "question": "...", "answer": "..."} on each line
 *
 * No header, empty lines are skipped, CRLF and a byte order mark are tolerated. Such lists come
 * from other systems, so they are not asked for titles, categories or languages: the title is the
 * first question, the language zh.
 *
 * Reading is in two passes. The first makes a short row per line, whose fields point into the text,
 * and numbers the ids through a hash map; then the sizes of all arrays are known, and the second
 * fills them without growing anything. A model entry is some 400 bytes, so growing an array of a
 * million of them by doubling would cost more than everything else here, and they stand in a block
 * of their own, which the back end gives back as soon as the entries are written.
 */
#include "compiler/json.h"
#include "compiler/parse.h"

#include <string.h>

#define ID_BYTES_MAX 200u
#define LINE_BYTES_MAX ((size_t)1024 * 1024)
#define COLUMN_COUNT_MAX 3u

typedef struct row {
    const char *id;
    const char *question;
    const char *answer; /* NULL: none */
    uint32_t id_len;
    uint32_t question_len;
    uint32_t answer_len;
    uint32_t entry;
    uint32_t line; /* of the question */
    uint32_t column;
    uint32_t answer_line;
    uint32_t answer_column;
} row;

typedef struct field {
    jieda_str text;
    uint32_t line;
    uint32_t column;
} field;

typedef struct table {
    jieda__arena *arena;
    jieda__diagnostics *diagnostics;
    const char *file;
    jieda_str text;
    row *rows;
    size_t row_count;
    size_t row_capacity;
    jieda__map ids; /* hash of an id -> its first row */
    uint32_t entry_count;
    jieda_status status;
} table;

static uint32_t column_of(const char *begin, const char *at)
{
    uint32_t column = 1;

    for (; begin < at; begin++)
        column += ((unsigned char)*begin & 0xC0) != 0x80;
    return column;
}

static jieda__pos pos_in(const table *t, uint32_t line, uint32_t column)
{
    return (jieda__pos){t->file, line, column};
}

/* ---- rows ------------------------------------------------------------------------------------ */

static row *push_row(table *t)
{
    if (t->row_count == t->row_capacity) {
        size_t capacity = t->row_capacity ? t->row_capacity * 2 : 256;
        const jieda_allocator *alloc = t->arena->alloc;
        row *grown = alloc->resize(alloc->ctx, t->rows, capacity * sizeof *grown);

        if (!grown) {
            t->status = JIEDA_E_NOMEM;
            return NULL;
        }
        t->rows = grown;
        t->row_capacity = capacity;
    }
    return &t->rows[t->row_count++];
}

/* The number of the id's entry; a new one if no row before has the id. */
static uint32_t entry_of(table *t, jieda_str id)
{
    uint64_t key = jieda__hash(JIEDA__HASH_SEED, id.ptr, id.len);
    size_t at = 0;
    uint32_t first;

    while (jieda__map_next(&t->ids, key, &at, &first)) {
        const row *other = &t->rows[first];

        if (other->id_len == id.len && memcmp(other->id, id.ptr, id.len) == 0)
            return other->entry;
    }
    if (!jieda__map_add(&t->ids, key, (uint32_t)t->row_count))
        t->status = JIEDA_E_NOMEM;
    return t->entry_count++;
}

/* `fields` in the order id, question, answer; the answer may be missing. */
static void add_row(table *t, const field *fields, size_t count)
{
    static const char *const header[] = {"id", "question"};
    jieda_str id = fields[0].text;
    uint32_t entry;
    row *r;

    if (id.len == 0 || jieda__is_blank(id)) {
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR,
                      pos_in(t, fields[0].line, fields[0].column), "empty-id",
                      "a row without an id; put one in the first column");
        return;
    }
    if (id.len > ID_BYTES_MAX) {
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR,
                      pos_in(t, fields[0].line, fields[0].column), "bad-id",
                      "id \"%s\" is longer than %u bytes; shorten it", jieda__quote(id).text,
                      ID_BYTES_MAX);
        return;
    }
    if (t->row_count == 0 && jieda__str_equal(id, jieda__str(header[0])) &&
        jieda__str_equal(fields[1].text, jieda__str(header[1])))
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING,
                      pos_in(t, fields[0].line, fields[0].column), "table-header",
                      "this row looks like a header, but is read as an entry; remove it");
    entry = entry_of(t, id);
    r = push_row(t);
    if (!r || t->status != JIEDA_OK)
        return;
    *r = (row){.id = id.ptr,
               .id_len = (uint32_t)id.len,
               .question = fields[1].text.ptr,
               .question_len = (uint32_t)fields[1].text.len,
               .entry = entry,
               .line = fields[1].line,
               .column = fields[1].column};
    if (count > 2 && !jieda__is_blank(fields[2].text)) {
        r->answer = fields[2].text.ptr;
        r->answer_len = (uint32_t)fields[2].text.len;
        r->answer_line = fields[2].line;
        r->answer_column = fields[2].column;
    }
}

static void report_columns(table *t, jieda__pos pos, size_t count)
{
    if (count < 2)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, pos, "missing-column",
                      "a row without a question; write id, question and perhaps an answer");
    else
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, pos, "extra-column",
                      "a fourth column; write id, question and perhaps an answer");
}

/* Whether a line or record can be used: not too long, UTF-8, no NUL. Reports what is wrong. */
static bool check_bytes(table *t, jieda_str bytes, uint32_t line)
{
    const char *nul = bytes.len ? memchr(bytes.ptr, '\0', bytes.len) : NULL;
    size_t valid;
    const char *bad, *begin = bytes.ptr;

    if (bytes.len > LINE_BYTES_MAX) {
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, pos_in(t, line, 1), "line-too-long",
                      "a row of more than 1 MB; shorten it, or close a quote before it");
        return false;
    }
    valid = jieda__utf8_valid_prefix(bytes.ptr, bytes.len);
    if (!nul && valid == bytes.len)
        return true;
    bad = nul && nul < bytes.ptr + valid ? nul : bytes.ptr + valid;
    for (const char *p = begin; p < bad; p++) {
        if (*p == '\n') {
            line++;
            begin = p + 1;
        }
    }
    if (bad == nul)
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, pos_in(t, line, column_of(begin, bad)),
                      "nul-byte", "a NUL byte; save the file as UTF-8 text");
    else
        jieda__report(t->diagnostics, JIEDA_SEVERITY_ERROR, pos_in(t, line, column_of(begin, bad)),
                      "bad-utf8", "byte 0x%02X is not UTF-8; save the file as UTF-8",
                      (unsigned)(unsigned char)*bad);
    return false;
}

/* ---- .tsv ------------------------------------------------------------------------------------ */

static void parse_tsv_line(table *t, jieda_str text, uint32_t line)
{
    field fields[COLUMN_COUNT_MAX];
    const char *at = text.ptr, *end = text.ptr + text.len;
    size_t count = 0;

    for (;;) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab ? tab : end;

        if (count == COLUMN_COUNT_MAX) {
            report_columns(t, pos_in(t, line, column_of(text.ptr, at)), count + 1);
            return;
        }
        fields[count].text = (jieda_str){at, (size_t)(stop - at)};
        fields[count].line = line;
        fields[count].column = column_of(text.ptr, at);
        count++;
        if (!tab)
            break;
        at = tab + 1;
    }
    if (count < 2)
        report_columns(t, pos_in(t, line, 1), count);
    else
        add_row(t, fields, count);
}

/* ---- .csv ------------------------------------------------------------------------------------ */

typedef struct csv {
    table *t;
    const char *at;
    const char *end;
    const char *line_begin;
    uint32_t line;
} csv;

static bool at_line_end(const csv *c)
{
    return c->at == c->end || *c->at == '\n' ||
           (*c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n'));
}

/* c->at is at the end of a line; goes to the next one. */
static void end_line(csv *c)
{
    if (c->at < c->end && *c->at == '\r')
        c->at++;
    if (c->at < c->end && *c->at == '\n')
        c->at++;
    c->line++;
    c->line_begin = c->at;
}

static void skip_line(csv *c)
{
    while (!at_line_end(c))
        c->at++;
    end_line(c);
}

static bool bad_csv(csv *c, const char *at, const char *message)
{
    jieda__report(c->t->diagnostics, JIEDA_SEVERITY_ERROR,
                  pos_in(c->t, c->line, column_of(c->line_begin, at)), "bad-csv", "%s", message);
    return false;
}

/* "say ""hi""" without its outer quotes -> say "hi" */
static bool undouble(table *t, jieda_str *text)
{
    char *copy = jieda__arena_alloc(t->arena, text->len + 1);
    size_t len = 0;

    if (!copy) {
        t->status = JIEDA_E_NOMEM;
        return false;
    }
    for (size_t i = 0; i < text->len; i++) {
        copy[len++] = text->ptr[i];
        i += text->ptr[i] == '"';
    }
    *text = (jieda_str){copy, len};
    return true;
}

static bool parse_quoted(csv *c, field *out)
{
    const char *open = c->at, *open_line = c->line_begin;
    uint32_t line = c->line;
    bool doubled = false;

    for (c->at++;; c->at++) {
        if (c->at == c->end) {
            c->line = line;
            c->line_begin = open_line;
            return bad_csv(c, open, "a quote that is never closed; close it");
        }
        if (*c->at == '\n') {
            c->line++;
            c->line_begin = c->at + 1;
        } else if (*c->at == '"') {
            if (c->at + 1 == c->end || c->at[1] != '"')
                break;
            doubled = true;
            c->at++;
        }
    }
    out->text = (jieda_str){open + 1, (size_t)(c->at - open - 1)};
    c->at++;
    if (!at_line_end(c) && *c->at != ',')
        return bad_csv(c, c->at,
                       "text behind a closing quote; double a quote that belongs to the text");
    return !doubled || undouble(c->t, &out->text);
}

static bool parse_field(csv *c, field *out)
{
    const char *begin = c->at;

    if (!at_line_end(c) && *c->at == '"')
        return parse_quoted(c, out);
    for (; !at_line_end(c) && *c->at != ','; c->at++) {
        if (*c->at == '"')
            return bad_csv(c, c->at,
                           "a quote inside a field; put the field in quotes and double this one");
    }
    out->text = (jieda_str){begin, (size_t)(c->at - begin)};
    return true;
}

static void parse_record(csv *c)
{
    field fields[COLUMN_COUNT_MAX + 1];
    const char *begin = c->at;
    uint32_t line = c->line;
    size_t count = 0;

    for (;;) {
        field spare, *out = count <= COLUMN_COUNT_MAX ? &fields[count] : &spare;

        out->line = c->line;
        if (out != &spare) /* columns are counted from the line's begin: only where one is used */
            out->column = column_of(c->line_begin, c->at);
        if (!parse_field(c, out)) {
            skip_line(c);
            return;
        }
        count++;
        if (at_line_end(c))
            break;
        c->at++; /* the comma */
    }
    if (check_bytes(c->t, (jieda_str){begin, (size_t)(c->at - begin)}, line)) {
        const field *extra = &fields[COLUMN_COUNT_MAX];

        if (count < 2)
            report_columns(c->t, pos_in(c->t, line, 1), count);
        else if (count > COLUMN_COUNT_MAX)
            report_columns(c->t, pos_in(c->t, extra->line, extra->column), count);
        else
            add_row(c->t, fields, count);
    }
    end_line(c);
}

static void parse_csv(table *t)
{
    csv c = {t, t->text.ptr, t->text.ptr + t->text.len, t->text.ptr, 1};

    while (c.at < c.end && t->status == JIEDA_OK) {
        if (at_line_end(&c))
            end_line(&c);
        else
            parse_record(&c);
    }
}

/* ---- .jsonl ---------------------------------------------------------------------------------- */

static void parse_jsonl_line(table *t, jieda__json *json, jieda_str text, uint32_t line)
{
    static const jieda__json_key keys[COLUMN_COUNT_MAX] = {
        {"id", JIEDA__JSON_STRING, true, "\"...\""},
        {"question", JIEDA__JSON_STRING, true, "\"...\""},
        {"answer", JIEDA__JSON_STRING, false, "\"...\""},
    };
    jieda__json_value at[COLUMN_COUNT_MAX];
    field fields[COLUMN_COUNT_MAX];
    size_t count = 0;

    if (!jieda__json_read(json, text, line) ||
        !jieda__json_keys(json, jieda__json_root(json), "a row", keys, COLUMN_COUNT_MAX, at) ||
        !at[0].item || !at[1].item)
        return;
    for (; count < COLUMN_COUNT_MAX && at[count].item; count++) {
        jieda__pos pos = jieda__json_pos(json, at[count]);

        fields[count] =
            (field){jieda__arena_copy(t->arena, jieda__str(at[count].item->valuestring)), pos.line,
                    pos.column};
        if (!fields[count].text.ptr) {
            t->status = JIEDA_E_NOMEM;
            return;
        }
    }
    add_row(t, fields, count);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void parse_lines(table *t, jieda__json *json)
{
    const char *at = t->text.ptr, *end = t->text.ptr + t->text.len;

    for (uint32_t line = 1; at < end && t->status == JIEDA_OK; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        jieda_str text = {at, (size_t)(stop - at)};

        if (text.len > 0 && text.ptr[text.len - 1] == '\r')
            text.len--;
        at = newline ? newline + 1 : end;
        if (text.len == 0 || !check_bytes(t, text, line))
            continue;
        if (json)
            parse_jsonl_line(t, json, text, line);
        else
            parse_tsv_line(t, text, line);
    }
}

/* ---- the second pass ------------------------------------------------------------------------- */

/* Entries, questions and answers are three arrays in one block, of which each entry gets a share.
 */
static jieda__src_entry *share_out(table *t, jieda__source *out)
{
    size_t answer_count = 0;
    jieda__src_question *questions;
    jieda__src_answer *answers;
    jieda__src_entry *entries;

    for (size_t i = 0; i < t->row_count; i++)
        answer_count += t->rows[i].answer != NULL;
    entries =
        jieda__alloc_zero(t->arena->alloc, 1,
                          t->entry_count * sizeof *entries + t->row_count * sizeof *questions +
                              answer_count * sizeof *answers);
    if (!entries)
        return NULL;
    out->list = entries;
    questions = (jieda__src_question *)(entries + t->entry_count);
    answers = (jieda__src_answer *)(questions + t->row_count);
    for (size_t i = 0; i < t->row_count; i++) {
        jieda__src_entry *entry = &entries[t->rows[i].entry];

        entry->question_count++;
        entry->answer_count += t->rows[i].answer != NULL;
    }
    for (uint32_t e = 0; e < t->entry_count; e++) {
        entries[e].questions = questions;
        questions += entries[e].question_count;
        entries[e].question_count = 0;
        entries[e].answers = answers;
        answers += entries[e].answer_count;
        entries[e].answer_count = 0;
    }
    return entries;
}

void jieda__source_release(jieda__source *source, const jieda_allocator *alloc)
{
    if (!source->list)
        return;
    jieda__dealloc(alloc, source->list);
    source->list = NULL;
    source->entries = NULL;
    source->entry_count = 0;
}

static void fill_answer(table *t, jieda__src_entry *entry, const row *r)
{
    jieda_str text = {r->answer, r->answer_len};
    jieda__pos pos = pos_in(t, r->answer_line, r->answer_column);

    if (entry->answer_count == 0) {
        entry->answers[entry->answer_count++] =
            (jieda__src_answer){.channel = {"text", 4}, .text = text, .note = {"", 0}, .pos = pos};
        return;
    }
    if (!jieda__str_equal(entry->answers[0].text, text))
        jieda__report(t->diagnostics, JIEDA_SEVERITY_WARNING, pos, "duplicate-answer",
                      "another answer of \"%s\", the first is on line %u; keep one",
                      jieda__quote(entry->id).text, entry->answers[0].pos.line);
}

static void fill_entry(table *t, jieda__src_entry *entry, const row *r)
{
    static const jieda_str none = {"", 0};

    entry->id = (jieda_str){r->id, r->id_len};
    entry->title.text[0] = (jieda_str){r->question, r->question_len};
    entry->category = entry->valid_from = entry->valid_to = entry->review_by = none;
    entry->owner = entry->source = none;
    entry->priority = 3;
    entry->pos = pos_in(t, r->line, 1);
}

static jieda_status build(table *t, jieda__source *out)
{
    jieda__src_entry *entries;

    if (t->row_count == 0)
        return JIEDA_OK;
    entries = share_out(t, out);
    if (!entries)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < t->row_count; i++) {
        const row *r = &t->rows[i];
        jieda__src_entry *entry = &entries[r->entry];

        if (entry->question_count == 0)
            fill_entry(t, entry, r);
        entry->questions[entry->question_count++] =
            (jieda__src_question){{r->question, r->question_len}, 0, pos_in(t, r->line, r->column)};
        if (r->answer)
            fill_answer(t, entry, r);
    }
    out->entries = entries;
    out->entry_count = t->entry_count;
    return JIEDA_OK;
}

jieda_status jieda__table_parse(jieda__arena *arena, const char *file, jieda_str text,
                                jieda__table_kind kind, jieda__diagnostics *diagnostics,
                                jieda__source *out, jieda_error *err)
{
    table t = {.arena = arena, .diagnostics = diagnostics, .file = file, .text = text};
    jieda__json json;

    jieda__map_init(&t.ids, arena->alloc);
    jieda__json_init(&json, arena, diagnostics, file, &out->places);
    if (text.len == 0)
        t.text.ptr = ""; /* also for {NULL, 0}: pointers into it are computed */
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        t.text.ptr += 3;
        t.text.len -= 3;
    }
    out->is_table = true;
    out->pack_read = true;
    out->languages[0] = (jieda_str){"zh", 2};
    out->language_count = 1;
    if (text.len >= UINT32_MAX)
        t.status = JIEDA_E_LIMIT; /* row and line numbers have 32 bits */
    else if (kind == JIEDA__TABLE_CSV)
        parse_csv(&t);
    else
        parse_lines(&t, kind == JIEDA__TABLE_JSONL ? &json : NULL);
    if (t.status == JIEDA_OK)
        t.status = json.status;
    if (t.status == JIEDA_OK)
        t.status = build(&t, out);
    jieda__json_free(&json);
    jieda__map_free(&t.ids);
    jieda__dealloc(arena->alloc, t.rows);
    return jieda__parse_status(t.status, file, err);
}
