/*
 * write.c - everything becomes one file: an SQLite database, and its sections behind it.
 *
 * The file is made under a temporary name in the same folder, where it can still be tested, then
 * synced and renamed into place, so a reader sees the old file or the new one and a failed build
 * leaves nothing behind. There is one transaction, no WAL and no clock, so equal input gives equal
 * bytes.
 *
 * Questions go through once: each is read once, and its reading serves the index, the keys of
 * type-ahead and both FTS5 tables. Where a section stands is counted from the end of the database,
 * so that its row can be written before that end is known.
 */
#include "compiler/compiler.h"
#include "compiler/files.h"
#include "compiler/policy.h"
#include "match/model.h"
#include "text/unihan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char schema_sql[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    /* offset: from the end of the database; data: the lexicon's alone */
    "CREATE TABLE section(name TEXT PRIMARY KEY, hash INTEGER NOT NULL, offset INTEGER,"
    " length INTEGER NOT NULL, data BLOB);"
    "CREATE TABLE language(ord INTEGER PRIMARY KEY, tag TEXT NOT NULL);"
    "CREATE TABLE category(ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent INTEGER);"
    "CREATE TABLE category_title(category INTEGER, language INTEGER, title TEXT NOT NULL,"
    " PRIMARY KEY(category, language)) WITHOUT ROWID;"
    "CREATE TABLE slot_title(slot TEXT, language INTEGER, title TEXT NOT NULL,"
    " PRIMARY KEY(slot, language)) WITHOUT ROWID;"
    "CREATE TABLE placeholder(ord INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE placeholder_default(placeholder INTEGER, language INTEGER, value TEXT NOT NULL,"
    " PRIMARY KEY(placeholder, language)) WITHOUT ROWID;"
    /* ord: ascending by id; position: as authored */
    "CREATE TABLE entry(ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, category INTEGER,"
    " position INTEGER NOT NULL, review_by TEXT, owner TEXT, source TEXT);"
    "CREATE TABLE entry_need(entry INTEGER, ord INTEGER, slot TEXT NOT NULL,"
    " PRIMARY KEY(entry, ord)) WITHOUT ROWID;"
    "CREATE TABLE entry_link(entry INTEGER, ord INTEGER, kind TEXT NOT NULL, target INTEGER,"
    " PRIMARY KEY(entry, ord)) WITHOUT ROWID;"
    "CREATE TABLE entry_when(entry INTEGER, ord INTEGER, tag TEXT NOT NULL, value TEXT NOT NULL,"
    " PRIMARY KEY(entry, ord)) WITHOUT ROWID;"
    "CREATE TABLE question(ord INTEGER PRIMARY KEY, entry INTEGER, kind INTEGER, language INTEGER,"
    " text TEXT NOT NULL);"
    "CREATE TABLE answer(ord INTEGER PRIMARY KEY, entry INTEGER, language INTEGER,"
    " channel TEXT NOT NULL, text TEXT NOT NULL, note TEXT NOT NULL);"
    "CREATE UNIQUE INDEX answer_by_entry ON answer(entry, language, channel);"
    "CREATE TABLE answer_step(answer INTEGER, ord INTEGER, text TEXT NOT NULL,"
    " PRIMARY KEY(answer, ord)) WITHOUT ROWID;"
    "CREATE TABLE answer_action(answer INTEGER, ord INTEGER, label TEXT NOT NULL, link TEXT NOT "
    "NULL,"
    " PRIMARY KEY(answer, ord)) WITHOUT ROWID;"
    "CREATE VIRTUAL TABLE question_fts USING fts5(text, content='', detail=none, columnsize=0,"
    " tokenize='jieda');"
    "CREATE VIRTUAL TABLE question_pinyin USING fts5(text, content='', detail=none, columnsize=0,"
    " tokenize='jieda pinyin');";

/* Loading in bulk. FTS5 collects postings in memory (bytes of each table) and writes each load once
 * instead of merging as it goes; one merge at the end reads them all. Its settings are not what the
 * file is used with, so they are set back. */
static const char begin_load_sql[] =
    "INSERT INTO question_fts(question_fts, rank) VALUES('hashsize', 33554432);"
    "INSERT INTO question_fts(question_fts, rank) VALUES('automerge', 0);"
    "INSERT INTO question_fts(question_fts, rank) VALUES('crisismerge', 1000);"
    "INSERT INTO question_pinyin(question_pinyin, rank) VALUES('hashsize', 33554432);"
    "INSERT INTO question_pinyin(question_pinyin, rank) VALUES('automerge', 0);"
    "INSERT INTO question_pinyin(question_pinyin, rank) VALUES('crisismerge', 1000);";
static const char end_load_sql[] =
    "INSERT INTO question_fts(question_fts) VALUES('optimize');"
    "INSERT INTO question_pinyin(question_pinyin) VALUES('optimize');"
    "DELETE FROM question_fts_config WHERE k IN ('hashsize', 'automerge', 'crisismerge');"
    "DELETE FROM question_pinyin_config WHERE k IN ('hashsize', 'automerge', 'crisismerge');";

#define PROGRESS_STEP 4096
/* Scratch memory of one question's reading. */
#define READ_BYTES_MAX ((size_t)256 * 1024 * 1024)

typedef struct writer {
    const jieda__build *build;
    const jieda__source *source;
    jieda__built_index *index;
    const jieda__lexicon *lexicon;
    const jieda__model *model;     /* NULL: none */
    const jieda__reading *reading; /* of the question being written, for the tokenizer */
    jieda__blob sections[JIEDA__MAPPED_SECTION_COUNT];
    sqlite3 *db;
    jieda_error *err;
} writer;

/* In the order they stand in the file. */
enum { TERMS, QUESTIONS, ENTRIES, PROFILES, NAMES, SUGGEST, RULES, POLICY, VECTORS, MODEL };

static const char *const section_names[JIEDA__MAPPED_SECTION_COUNT] = {
    [TERMS] = JIEDA__SECTION_TERMS,     [QUESTIONS] = JIEDA__SECTION_QUESTIONS,
    [ENTRIES] = JIEDA__SECTION_ENTRIES, [PROFILES] = JIEDA__SECTION_PROFILES,
    [NAMES] = JIEDA__SECTION_NAMES,     [SUGGEST] = JIEDA__SECTION_SUGGEST,
    [RULES] = JIEDA__SECTION_RULES,     [POLICY] = JIEDA__SECTION_POLICY,
    [VECTORS] = JIEDA__SECTION_VECTORS, [MODEL] = JIEDA__SECTION_MODEL,
};

static jieda_status write_failed(writer *w)
{
    if (sqlite3_errcode(w->db) == SQLITE_NOMEM)
        return jieda__fail(w->err, JIEDA_E_NOMEM, "out of memory");
    return jieda__fail(w->err, JIEDA_E_IO, "cannot write the knowledge base: %.100s",
                       sqlite3_errmsg(w->db));
}

/* From a status of a step that filled no error. */
static jieda_status no_room(writer *w, jieda_status st)
{
    if (st == JIEDA_E_LIMIT)
        return jieda__fail(w->err, st,
                           "more questions than a knowledge base holds; split the source");
    return st == JIEDA_OK ? st : jieda__fail(w->err, st, "out of memory");
}

static jieda_status run(writer *w, const char *sql)
{
    return sqlite3_exec(w->db, sql, NULL, NULL, NULL) == SQLITE_OK ? JIEDA_OK : write_failed(w);
}

/* Inserts one row: 'i' takes int64_t, 's' a jieda_str, 'n' nothing (NULL). */
static jieda_status insert(writer *w, sqlite3_stmt **stmt, const char *sql, const char *types, ...)
{
    va_list args;
    int rc;

    if (!*stmt && sqlite3_prepare_v2(w->db, sql, -1, stmt, NULL) != SQLITE_OK)
        return write_failed(w);
    va_start(args, types);
    for (int i = 0; types[i]; i++) {
        if (types[i] == 'i') {
            sqlite3_bind_int64(*stmt, i + 1, va_arg(args, int64_t));
        } else if (types[i] == 's') {
            jieda_str text = va_arg(args, jieda_str);

            sqlite3_bind_text(*stmt, i + 1, text.ptr ? text.ptr : "", (int)text.len, SQLITE_STATIC);
        } else {
            sqlite3_bind_null(*stmt, i + 1);
        }
    }
    va_end(args);
    rc = sqlite3_step(*stmt);
    sqlite3_reset(*stmt);
    return rc == SQLITE_DONE ? JIEDA_OK : write_failed(w);
}

/* ---- small tables ---------------------------------------------------------------------------- */

static jieda_status write_meta(writer *w, const jieda__blob *lexicon_blob)
{
    sqlite3_stmt *stmt = NULL;
    const char *sql = "INSERT INTO meta VALUES(?1, ?2)";
    char content[17], lexicon[17], authored[17], wording[17], version[16];
    jieda_status st;

    snprintf(content, sizeof content, "%016llx", (unsigned long long)w->source->content_hash);
    snprintf(
        lexicon, sizeof lexicon, "%016llx",
        (unsigned long long)jieda__hash(JIEDA__HASH_SEED, lexicon_blob->bytes, lexicon_blob->len));
    snprintf(authored, sizeof authored, "%016llx",
             (unsigned long long)jieda__lexicon_authored_hash(w->source));
    snprintf(wording, sizeof wording, "%016llx",
             (unsigned long long)jieda__wording_hash(w->source));
    snprintf(version, sizeof version, "%u", JIEDA__TEXT_VERSION);
    st = insert(w, &stmt, sql, "ss", jieda__str("text_version"), jieda__str(version));
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("name"), w->source->name);
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("title"), w->source->title.text[0]);
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("content_hash"), jieda__str(content));
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("lexicon_hash"), jieda__str(lexicon));
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("authored_hash"), jieda__str(authored));
    if (st == JIEDA_OK)
        st = insert(w, &stmt, sql, "ss", jieda__str("wording_hash"), jieda__str(wording));
    sqlite3_finalize(stmt);
    return st;
}

static jieda_status write_lexicon(writer *w, const jieda__blob *blob)
{
    sqlite3_stmt *stmt = NULL;
    int rc;

    if (sqlite3_prepare_v2(
            w->db, "INSERT INTO section VALUES('" JIEDA__SECTION_LEXICON "', ?1, NULL, ?2, ?3)", -1,
            &stmt, NULL) != SQLITE_OK)
        return write_failed(w);
    sqlite3_bind_int64(stmt, 1,
                       (sqlite3_int64)jieda__hash(JIEDA__HASH_SEED, blob->bytes, blob->len));
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)blob->len);
    sqlite3_bind_blob64(stmt, 3, blob->bytes, blob->len, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? JIEDA_OK : write_failed(w);
}

/* Where the sections will stand. */
static jieda_status write_section_rows(writer *w)
{
    sqlite3_stmt *stmt = NULL;
    jieda_status st = JIEDA_OK;
    int64_t offset = 0;

    for (int i = 0; st == JIEDA_OK && i < JIEDA__MAPPED_SECTION_COUNT; i++) {
        const jieda__blob *blob = &w->sections[i];

        if (blob->len == 0)
            continue; /* without rules, policy or model */
        st = insert(w, &stmt, "INSERT INTO section VALUES(?1, ?2, ?3, ?4, NULL)", "siii",
                    jieda__str(section_names[i]),
                    (int64_t)jieda__hash(JIEDA__HASH_SEED, blob->bytes, blob->len), offset,
                    (int64_t)blob->len);
        offset += (int64_t)((blob->len + JIEDA__SECTION_ALIGN - 1) / JIEDA__SECTION_ALIGN *
                            JIEDA__SECTION_ALIGN);
    }
    sqlite3_finalize(stmt);
    return st;
}

/* Inserts the languages' texts of one owner; owner is an ordinal, or an id for slots. */
static jieda_status write_localized(writer *w, sqlite3_stmt **stmt, const char *sql, int64_t ord,
                                    jieda_str id, const jieda__localized *localized)
{
    jieda_status st = JIEDA_OK;

    for (size_t l = 0; st == JIEDA_OK && l < w->source->language_count; l++) {
        if (localized->text[l].len == 0)
            continue;
        st = id.ptr ? insert(w, stmt, sql, "sis", id, (int64_t)l, localized->text[l])
                    : insert(w, stmt, sql, "iis", ord, (int64_t)l, localized->text[l]);
    }
    return st;
}

static jieda_status write_pack(writer *w)
{
    sqlite3_stmt *language = NULL, *category = NULL, *category_title = NULL, *slot = NULL;
    sqlite3_stmt *placeholder = NULL, *fallback = NULL;
    const jieda__source *s = w->source;
    const jieda_str no_id = {NULL, 0};
    jieda_status st = JIEDA_OK;

    for (size_t i = 0; st == JIEDA_OK && i < s->language_count; i++)
        st = insert(w, &language, "INSERT INTO language VALUES(?1, ?2)", "is", (int64_t)i,
                    s->languages[i]);
    for (size_t i = 0; st == JIEDA_OK && i < s->category_count; i++) {
        int64_t parent = -1;

        for (size_t p = 0; p < s->category_count; p++)
            if (jieda__str_equal(s->categories[p].id, s->categories[i].parent))
                parent = (int64_t)p;
        st = parent >= 0 ? insert(w, &category, "INSERT INTO category VALUES(?1, ?2, ?3)", "isi",
                                  (int64_t)i, s->categories[i].id, parent)
                         : insert(w, &category, "INSERT INTO category VALUES(?1, ?2, ?3)", "isn",
                                  (int64_t)i, s->categories[i].id);
        if (st == JIEDA_OK)
            st =
                write_localized(w, &category_title, "INSERT INTO category_title VALUES(?1, ?2, ?3)",
                                (int64_t)i, no_id, &s->categories[i].title);
    }
    for (size_t i = 0; st == JIEDA_OK && i < s->slot_count; i++)
        st = write_localized(w, &slot, "INSERT INTO slot_title VALUES(?1, ?2, ?3)", 0,
                             s->slots[i].id, &s->slots[i].title);
    for (size_t i = 0; st == JIEDA_OK && i < s->placeholder_count; i++) {
        st = insert(w, &placeholder, "INSERT INTO placeholder VALUES(?1, ?2)", "is", (int64_t)i,
                    s->placeholders[i].name);
        if (st == JIEDA_OK)
            st = write_localized(w, &fallback, "INSERT INTO placeholder_default VALUES(?1, ?2, ?3)",
                                 (int64_t)i, no_id, &s->placeholders[i].fallback);
    }
    sqlite3_finalize(language);
    sqlite3_finalize(category);
    sqlite3_finalize(category_title);
    sqlite3_finalize(slot);
    sqlite3_finalize(placeholder);
    sqlite3_finalize(fallback);
    return st;
}

/* ---- entries --------------------------------------------------------------------------------- */

enum { ENTRY, NEED, LINK, WHEN, ANSWER, STEP, ACTION, STATEMENT_COUNT };

static int64_t entry_ordinal(const jieda__built_index *index, jieda_str id)
{
    uint32_t low = 0, high = index->entry_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (jieda__str_compare(index->entries[mid]->id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == index->entry_count || !jieda__str_equal(index->entries[low]->id, id))
        return -1;
    return low;
}

static jieda_status write_links(writer *w, sqlite3_stmt **stmt, uint32_t ord, const char *kind,
                                const jieda_str *ids, size_t count, int64_t *position)
{
    jieda_status st = JIEDA_OK;

    for (size_t i = 0; st == JIEDA_OK && i < count; i++)
        st = insert(w, stmt, "INSERT INTO entry_link VALUES(?1, ?2, ?3, ?4)", "iisi", (int64_t)ord,
                    (*position)++, jieda__str(kind), entry_ordinal(w->index, ids[i]));
    return st;
}

static jieda_status write_answer(writer *w, sqlite3_stmt *stmts[], uint32_t ord,
                                 const jieda__src_answer *answer, int64_t answer_ord)
{
    jieda_status st = insert(w, &stmts[ANSWER], "INSERT INTO answer VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                             "iiisss", answer_ord, (int64_t)ord, (int64_t)answer->language,
                             answer->channel, answer->text, answer->note);

    for (size_t i = 0; st == JIEDA_OK && i < answer->step_count; i++)
        st = insert(w, &stmts[STEP], "INSERT INTO answer_step VALUES(?1, ?2, ?3)", "iis",
                    answer_ord, (int64_t)i, answer->steps[i]);
    for (size_t i = 0; st == JIEDA_OK && i < answer->action_count; i++)
        st = insert(w, &stmts[ACTION], "INSERT INTO answer_action VALUES(?1, ?2, ?3, ?4)", "iiss",
                    answer_ord, (int64_t)i, answer->actions[i].label, answer->actions[i].link);
    return st;
}

static jieda_status write_entry(writer *w, sqlite3_stmt *stmts[], uint32_t ord, int64_t *answer_ord)
{
    const jieda__src_entry *entry = w->index->entries[ord];
    const jieda__entry_row *rows =
        (const jieda__entry_row *)(const void *)((const uint32_t *)w->sections[ENTRIES].bytes + 2);
    const char *sql = "INSERT INTO entry VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    int64_t position = entry - w->source->entries, link = 0, condition = 0;
    jieda_status st;

    if (rows[ord].category == JIEDA__NONE)
        st = insert(w, &stmts[ENTRY], sql, "isnisss", (int64_t)ord, entry->id, position,
                    entry->review_by, entry->owner, entry->source);
    else
        st = insert(w, &stmts[ENTRY], sql, "isiisss", (int64_t)ord, entry->id,
                    (int64_t)rows[ord].category, position, entry->review_by, entry->owner,
                    entry->source);
    for (size_t i = 0; st == JIEDA_OK && i < entry->need_count; i++)
        st = insert(w, &stmts[NEED], "INSERT INTO entry_need VALUES(?1, ?2, ?3)", "iis",
                    (int64_t)ord, (int64_t)i, entry->needs[i]);
    /* What usually comes next stands before what is merely related. */
    if (st == JIEDA_OK)
        st = write_links(w, &stmts[LINK], ord, "followup", entry->followups, entry->followup_count,
                         &link);
    if (st == JIEDA_OK)
        st = write_links(w, &stmts[LINK], ord, "related", entry->related, entry->related_count,
                         &link);
    for (size_t i = 0; st == JIEDA_OK && i < entry->when_count; i++)
        for (size_t k = 0; st == JIEDA_OK && k < entry->when[i].value_count; k++)
            st = insert(w, &stmts[WHEN], "INSERT INTO entry_when VALUES(?1, ?2, ?3, ?4)", "iiss",
                        (int64_t)ord, condition++, entry->when[i].tag, entry->when[i].values[k]);
    for (size_t i = 0; st == JIEDA_OK && i < entry->answer_count; i++)
        st = write_answer(w, stmts, ord, &entry->answers[i], (*answer_ord)++);
    return st;
}

static jieda_status write_entries(writer *w)
{
    sqlite3_stmt *stmts[STATEMENT_COUNT] = {NULL};
    int64_t answer_ord = 0;
    jieda_status st = JIEDA_OK;

    for (uint32_t i = 0; st == JIEDA_OK && i < w->index->entry_count; i++) {
        if (i % PROGRESS_STEP == 0)
            st = jieda__progress(w->build, "writing entries", i, w->index->entry_count, w->err);
        if (st == JIEDA_OK)
            st = write_entry(w, stmts, i, &answer_ord);
    }
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(stmts[i]);
    if (st == JIEDA_OK) /* sorted once, not inserted a million times in no order */
        st = run(w, "CREATE INDEX entry_by_category ON entry(category, position)");
    return st;
}

/* ---- questions ------------------------------------------------------------------------------- */

enum { QUESTION_ROW, QUESTION_FTS, QUESTION_PINYIN, QUESTION_STATEMENT_COUNT };

/* What is made of the questions as they pass. */
typedef struct passage {
    jieda__index_builder *index;
    jieda__suggest_builder suggest;
    jieda__vectors_builder *vectors; /* NULL without a model */
    jieda__arena scratch;            /* of one question */
    sqlite3_stmt *stmts[QUESTION_STATEMENT_COUNT];
} passage;

static jieda_status write_question(writer *w, passage *p, uint32_t ord)
{
    const jieda__built_question *q = &w->index->questions[ord];
    jieda__reading reading;
    jieda_status st;

    jieda__arena_reset(&p->scratch);
    st = jieda__text_read(&p->scratch, w->lexicon, q->text, &reading);
    if (st == JIEDA_OK)
        st = jieda__index_add(p->index, ord, &reading);
    if (st == JIEDA_OK && q->kind == JIEDA__QUESTION_POSITIVE)
        st = jieda__suggest_add(&p->suggest, &p->scratch, ord, &reading);
    if (st == JIEDA_OK && p->vectors)
        jieda__vectors_add(p->vectors, ord, &reading);
    if (st != JIEDA_OK)
        return no_room(w, st);
    w->reading = &reading;
    st = insert(w, &p->stmts[QUESTION_ROW], "INSERT INTO question VALUES(?1, ?2, ?3, ?4, ?5)",
                "iiiis", (int64_t)ord, q->entry == JIEDA__NONE ? (int64_t)-1 : (int64_t)q->entry,
                (int64_t)q->kind, (int64_t)q->language, q->text);
    if (st == JIEDA_OK)
        st = insert(w, &p->stmts[QUESTION_FTS],
                    "INSERT INTO question_fts(rowid, text) VALUES(?1, ?2)", "is", (int64_t)ord + 1,
                    q->text);
    if (st == JIEDA_OK)
        st = insert(w, &p->stmts[QUESTION_PINYIN],
                    "INSERT INTO question_pinyin(rowid, text) VALUES(?1, ?2)", "is",
                    (int64_t)ord + 1, q->text);
    w->reading = NULL;
    return st;
}

static jieda_status pass_questions(writer *w, passage *p)
{
    jieda_status st = run(w, begin_load_sql);

    for (uint32_t i = 0; st == JIEDA_OK && i < w->index->question_count; i++) {
        if (i % PROGRESS_STEP == 0)
            st =
                jieda__progress(w->build, "reading questions", i, w->index->question_count, w->err);
        if (st == JIEDA_OK)
            st = write_question(w, p, i);
    }
    for (int i = 0; i < QUESTION_STATEMENT_COUNT; i++)
        sqlite3_finalize(p->stmts[i]);
    if (st == JIEDA_OK)
        st = jieda__progress(w->build, "sorting the index", 0, 1, w->err);
    if (st == JIEDA_OK)
        st = run(w, end_load_sql);
    return st;
}

/* The model goes in as it is. */
static bool copy_model(writer *w)
{
    jieda__blob *blob = &w->sections[MODEL];
    size_t len = (size_t)w->model->header->bytes;

    blob->bytes = jieda__alloc(w->build->alloc, len);
    if (!blob->bytes)
        return false;
    memcpy(blob->bytes, w->model->header, len); /* its file begins with the header */
    blob->len = len;
    return true;
}

static jieda_status write_questions(writer *w)
{
    passage p = {.index = jieda__index_builder_new(w->build, w->lexicon, w->index)};
    jieda_status st = p.index ? JIEDA_OK : no_room(w, JIEDA_E_NOMEM);

    jieda__arena_init(&p.scratch, w->build->alloc, READ_BYTES_MAX);
    jieda__suggest_builder_init(&p.suggest, w->build->alloc);
    if (st == JIEDA_OK && w->model) {
        p.vectors = jieda__vectors_builder_new(w->build, w->model, w->index);
        st = p.vectors && copy_model(w) ? JIEDA_OK : no_room(w, JIEDA_E_NOMEM);
    }
    if (st == JIEDA_OK)
        st = pass_questions(w, &p);
    if (st == JIEDA_OK)
        st = no_room(w, jieda__suggest_finish(&p.suggest, &w->sections[SUGGEST]));
    jieda__suggest_builder_free(&p.suggest);
    if (st == JIEDA_OK)
        st = no_room(w, jieda__index_finish(p.index, &w->sections[ENTRIES], &w->sections[TERMS],
                                            &w->sections[QUESTIONS], &w->sections[PROFILES]));
    jieda__index_builder_free(p.index);
    if (st == JIEDA_OK && p.vectors)
        st = jieda__vectors_finish(p.vectors, &w->sections[VECTORS], w->err);
    jieda__vectors_builder_free(p.vectors);
    jieda__arena_free(&p.scratch);
    return st;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Entries come first: of a list of questions the model, some 400 bytes an entry, is not needed
 * after them. */
static jieda_status write_rows(writer *w)
{
    jieda_status st = no_room(
        w, jieda__entries_build(w->build, w->index, &w->sections[ENTRIES], &w->sections[NAMES]));

    if (st == JIEDA_OK)
        st = no_room(w, jieda__rules_build(w->build, w->index, &w->sections[RULES]));
    if (st == JIEDA_OK)
        st = no_room(w, jieda__policy_build(w->build, w->index, &w->sections[POLICY]));
    if (st == JIEDA_OK)
        st = write_pack(w);
    if (st == JIEDA_OK)
        st = write_entries(w);
    if (st == JIEDA_OK && w->source->is_table) {
        w->index->entries = NULL;
        jieda__source_release(w->build->source, w->build->alloc);
    }
    if (st == JIEDA_OK)
        st = write_questions(w);
    return st;
}

static jieda_status write_all(writer *w, const jieda__blob *lexicon_blob)
{
    char pragmas[256];
    jieda_status st;

    /* 32 MB of pages: what is written in order needs few, what is sorted more. */
    snprintf(
        pragmas, sizeof pragmas,
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;"
        "PRAGMA cache_size = -32768;"
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA application_id = %d; PRAGMA user_version = %d;",
        JIEDA__KB_APPLICATION_ID, JIEDA__KB_SCHEMA_VERSION);
    st = run(w, pragmas);
    if (st == JIEDA_OK)
        st = run(w, "BEGIN");
    if (st == JIEDA_OK)
        st = run(w, schema_sql);
    if (st == JIEDA_OK)
        st = write_meta(w, lexicon_blob);
    if (st == JIEDA_OK)
        st = write_lexicon(w, lexicon_blob);
    if (st == JIEDA_OK)
        st = write_rows(w);
    if (st == JIEDA_OK)
        st = write_section_rows(w);
    if (st == JIEDA_OK)
        st = run(w, "COMMIT");
    return st;
}

/* Behind the closed database, whose pages are a multiple of JIEDA__SECTION_ALIGN. The last section
 * ends the file, so that one that was cut short shows. */
static jieda_status append_sections(writer *w, const char *path)
{
    static const char padding[JIEDA__SECTION_ALIGN];
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    bool ok = fd >= 0;
    size_t over = 0;

    for (int i = 0; ok && i < JIEDA__MAPPED_SECTION_COUNT; i++) {
        if (w->sections[i].len == 0)
            continue;
        ok = (over == 0 || jieda__file_append(fd, padding, JIEDA__SECTION_ALIGN - over)) &&
             jieda__file_append(fd, w->sections[i].bytes, w->sections[i].len);
        over = w->sections[i].len % JIEDA__SECTION_ALIGN;
    }
    if (!ok)
        jieda__fail(w->err, JIEDA_E_IO, "cannot write the knowledge base: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok ? JIEDA_OK : JIEDA_E_IO;
}

jieda_status jieda__kb_write(const jieda__build *build, const char *path,
                             const jieda__compiled_lexicon *lexicon, const jieda__model *model,
                             jieda__built_index *index, char **temporary_out, jieda_error *err)
{
    writer w = {.build = build,
                .source = build->source,
                .index = index,
                .lexicon = lexicon->lexicon,
                .model = model,
                .err = err};
    jieda_status st = jieda__file_temporary(build->arena, path, temporary_out, err);

    if (st != JIEDA_OK)
        return st;
    if (sqlite3_open_v2(*temporary_out, &w.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        st = jieda__fail(err, JIEDA_E_IO, "cannot write beside it");
    if (st == JIEDA_OK)
        st = jieda__fts5_register(w.db, lexicon->lexicon, &w.reading, err);
    if (st == JIEDA_OK)
        st = write_all(&w, &lexicon->blob);
    sqlite3_close(w.db);
    if (st == JIEDA_OK)
        st = append_sections(&w, *temporary_out);
    for (int i = 0; i < JIEDA__MAPPED_SECTION_COUNT; i++)
        jieda__blob_free(build->alloc, &w.sections[i]);
    if (st != JIEDA_OK) {
        jieda__file_discard(*temporary_out);
        jieda__error_source(err, path);
        *temporary_out = NULL;
    }
    return st;
}
