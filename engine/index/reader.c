/*
 * reader.c - one connection to the .kb and its prepared statements.
 *
 * Every reader looks at the same bytes through SQLite's in-memory VFS in read-only mode, so opening
 * one is cheap, replacing the file on disk under a running engine harms nobody, and a knowledge
 * base inside an app bundle needs no file at all. SQLite's memory is SQLite's: its hooks are
 * process-wide.
 */
#include "index/index.h"

#include <string.h>

/* Rows of the file's tables; the compiler (kb/compiler/write.c) creates them. */
static const char *const statement_sql[JIEDA__STMT_COUNT] = {
    [JIEDA__STMT_POSTINGS] = "SELECT rowid FROM question_fts WHERE question_fts MATCH ?1",
    [JIEDA__STMT_PINYIN_POSTINGS] =
        "SELECT rowid FROM question_pinyin WHERE question_pinyin MATCH ?1",
    [JIEDA__STMT_QUESTION_TEXT] = "SELECT text FROM question WHERE ord = ?1",
    /* The channel asked for if the entry has it, else "text". Not by ORDER BY, which would make
     * SQLite open a temporary database for each answer. */
    [JIEDA__STMT_ANSWER] = "SELECT ord, text, note FROM answer "
                           "WHERE entry = ?1 AND language = ?2 AND channel = ?3 "
                           "UNION ALL SELECT ord, text, note FROM answer "
                           "WHERE entry = ?1 AND language = ?2 AND channel = 'text' LIMIT 1",
    [JIEDA__STMT_ANSWER_STEPS] = "SELECT text FROM answer_step WHERE answer = ?1 ORDER BY ord",
    [JIEDA__STMT_ANSWER_ACTIONS] =
        "SELECT label, link FROM answer_action WHERE answer = ?1 ORDER BY ord",
    [JIEDA__STMT_NEEDS] =
        "SELECT t.title, n.slot FROM entry_need n JOIN slot_title t ON t.slot = n.slot "
        "WHERE n.entry = ?1 AND t.language = ?2 ORDER BY n.ord",
    [JIEDA__STMT_RELATED] = "SELECT target FROM entry_link WHERE entry = ?1 ORDER BY ord",
    [JIEDA__STMT_WHEN] = "SELECT tag, value FROM entry_when WHERE entry = ?1 ORDER BY ord",
    [JIEDA__STMT_CATEGORIES] =
        "SELECT c.ord, c.parent, t.title FROM category c JOIN category_title "
        "t ON t.category = c.ord AND t.language = ?1 ORDER BY c.ord",
    [JIEDA__STMT_CATEGORY_ENTRIES] = "SELECT ord FROM entry WHERE category IS ?1 ORDER BY position",
    [JIEDA__STMT_PLACEHOLDER] =
        "SELECT value FROM placeholder_default WHERE placeholder = ?1 AND language = ?2",
};

jieda_status jieda__reader_fail(jieda__reader *reader, jieda_error *err)
{
    int rc = sqlite3_errcode(reader->db);

    if (rc == SQLITE_NOMEM)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    return jieda__fail(err, JIEDA_E_FORMAT, "damaged knowledge base (%.80s); build it again",
                       sqlite3_errmsg(reader->db));
}

/* A hostile file must not make SQLite run code of its choice: no triggers or views of its own, no
 * functions with side effects, no writes to shadow tables, no ATTACH. */
static void harden(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
}

jieda_status jieda__kb_connect(const jieda__kb *kb, sqlite3 **out, jieda_error *err)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    *out = NULL;
    if (rc == SQLITE_OK)
        rc = sqlite3_deserialize(db, "main", (unsigned char *)(uintptr_t)kb->bytes,
                                 (sqlite3_int64)kb->database_len, (sqlite3_int64)kb->database_len,
                                 SQLITE_DESERIALIZE_READONLY);
    if (rc != SQLITE_OK) {
        sqlite3_close(db);
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    }
    harden(db);
    *out = db;
    return JIEDA_OK;
}

jieda_status jieda__reader_open(const jieda__kb *kb, jieda__reader **out, jieda_error *err)
{
    jieda__reader *reader = jieda__alloc_zero(kb->alloc, 1, sizeof *reader);
    jieda_status st;

    *out = NULL;
    if (!reader)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    reader->kb = kb;
    st = jieda__kb_connect(kb, &reader->db, err);
    if (st == JIEDA_OK)
        st = jieda__fts5_register(reader->db, kb->lexicon, NULL, err);
    if (st != JIEDA_OK) {
        jieda__reader_close(reader);
        return st;
    }
    *out = reader;
    return JIEDA_OK;
}

void jieda__reader_close(jieda__reader *reader)
{
    if (!reader)
        return;
    for (int i = 0; i < JIEDA__STMT_COUNT; i++)
        sqlite3_finalize(reader->statements[i]);
    sqlite3_close(reader->db);
    jieda__dealloc(reader->kb->alloc, reader);
}

sqlite3_stmt *jieda__reader_statement(jieda__reader *reader, enum jieda__statement which,
                                      jieda_error *err)
{
    sqlite3_stmt **stmt = &reader->statements[which];

    if (!*stmt && sqlite3_prepare_v3(reader->db, statement_sql[which], -1,
                                     SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK) {
        jieda__reader_fail(reader, err);
        return NULL;
    }
    return *stmt;
}
