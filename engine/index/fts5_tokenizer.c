/*
 * fts5_tokenizer.c - lets SQLite FTS5 cut text exactly as the matcher does.
 *
 * Index and query must agree on what a token is, or recall drops in silence; so this file has no
 * rules of its own and only forwards to text/. Two differences: tokens of a query after the first
 * are "colocated", for FTS5 reads several tokens of one string as a phrase, which a detail=none
 * index refuses, and a question is no phrase; and a query string that begins with JIEDA__FTS5_EXACT
 * is one term already.
 *
 * The same source is also built as a loadable extension (JIEDA_SQLITE_EXTENSION), so that the
 * sqlite3 shell can query a knowledge base's index. SQLite 3.40 has only the first version of the
 * tokenizer interface. Allocations here are SQLite's, whose hooks are process-wide.
 */
#ifdef JIEDA_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#endif
#include "index/index.h"

#include <string.h>

/* A question's reading takes some hundred bytes a character; past this the text is refused. */
#define TOKENIZE_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* One registration of the tokenizer on a connection. */
typedef struct registration {
    sqlite3 *db;
    const jieda__lexicon *lexicon;      /* NULL: read each database's own */
    const jieda__reading *const *given; /* readings of rows, or NULL */
} registration;

/* One FTS5 table's tokenizer. */
typedef struct tokenizer {
    const jieda__lexicon *lexicon;
    const jieda__reading *const *given;
    jieda__lexicon *own; /* loaded by us, or NULL */
    void *own_bytes;
    bool pinyin;
    jieda__arena arena;
} tokenizer;

typedef int emit_fn(void *sink, int tflags, const char *token, int len, int begin, int end);

static void tokenizer_delete(Fts5Tokenizer *self)
{
    tokenizer *t = (tokenizer *)self;

    if (!t)
        return;
    jieda__arena_free(&t->arena);
    jieda__lexicon_free(t->own);
    sqlite3_free(t->own_bytes);
    sqlite3_free(t);
}

/* Reads the lexicon of the database the table lives in; having none is not an error. */
static int load_own_lexicon(tokenizer *t, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_OK;

    if (sqlite3_prepare_v2(db, "SELECT data FROM section WHERE name = '" JIEDA__SECTION_LEXICON "'",
                           -1, &stmt, NULL) != SQLITE_OK)
        return SQLITE_OK;
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(stmt, 0);
        int len = sqlite3_column_bytes(stmt, 0);

        t->own_bytes = sqlite3_malloc(len > 0 ? len : 1);
        if (!bytes) {
            rc = SQLITE_CORRUPT;
        } else if (!t->own_bytes) {
            rc = SQLITE_NOMEM;
        } else {
            memcpy(t->own_bytes, bytes, (size_t)len);
            if (jieda__lexicon_load(jieda__default_allocator(), t->own_bytes, (size_t)len, &t->own,
                                    NULL) != JIEDA_OK)
                rc = SQLITE_CORRUPT;
            t->lexicon = t->own;
        }
    }
    sqlite3_finalize(stmt);
    return rc;
}

static int tokenizer_create(void *context, const char **args, int arg_count, Fts5Tokenizer **out)
{
    registration *reg = context;
    tokenizer *t;
    int rc = SQLITE_OK;

    *out = NULL;
    if (arg_count > 1 || (arg_count == 1 && sqlite3_stricmp(args[0], "pinyin") != 0))
        return SQLITE_ERROR;
    t = sqlite3_malloc(sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    memset(t, 0, sizeof *t);
    t->pinyin = arg_count == 1;
    t->lexicon = reg->lexicon;
    t->given = reg->given;
    jieda__arena_init(&t->arena, jieda__default_allocator(), TOKENIZE_BYTES_MAX);
    if (!t->lexicon)
        rc = load_own_lexicon(t, reg->db);
    if (rc != SQLITE_OK) {
        tokenizer_delete((Fts5Tokenizer *)t);
        return rc;
    }
    *out = (Fts5Tokenizer *)t;
    return SQLITE_OK;
}

static int tokenizer_tokenize(Fts5Tokenizer *self, void *sink, int flags, const char *text, int len,
                              emit_fn *emit)
{
    tokenizer *t = (tokenizer *)self;
    const jieda__reading *reading = t->given ? *t->given : NULL;
    jieda__reading own;
    jieda__index_terms terms;
    int tflags = 0;

    if ((flags & FTS5_TOKENIZE_QUERY) && len > 1 && text[0] == JIEDA__FTS5_EXACT)
        return emit(sink, 0, text + 1, len - 1, 0, len);
    if (len <= 0)
        return SQLITE_OK;
    jieda__arena_reset(&t->arena);
    if (!reading) {
        if (jieda__text_read(&t->arena, t->lexicon, (jieda_str){text, (size_t)len}, &own) !=
            JIEDA_OK)
            return SQLITE_NOMEM;
        reading = &own;
    }
    if (jieda__text_index_terms(&t->arena, t->lexicon, reading, t->pinyin, &terms) != JIEDA_OK)
        return SQLITE_NOMEM;
    for (size_t i = 0; i < terms.count; i++) {
        const jieda__index_term *term = &terms.items[i];
        int rc = emit(sink, tflags, term->text.ptr, (int)term->text.len, (int)term->begin,
                      (int)term->end);

        if (rc != SQLITE_OK)
            return rc; /* FTS5 asked us to stop: hand its code back */
        if (flags & FTS5_TOKENIZE_QUERY)
            tflags = FTS5_TOKEN_COLOCATED;
    }
    return SQLITE_OK;
}

static fts5_api *find_fts5(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    fts5_api *api = NULL;

    if (sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &stmt, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(stmt, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    return api;
}

jieda_status jieda__fts5_register(sqlite3 *db, const jieda__lexicon *lexicon,
                                  const jieda__reading *const *given, jieda_error *err)
{
    fts5_tokenizer methods = {tokenizer_create, tokenizer_delete, tokenizer_tokenize};
    fts5_api *api = find_fts5(db);
    registration *reg;

    if (!api && sqlite3_errcode(db) == SQLITE_NOMEM)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    if (!api || api->iVersion < 2)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "this SQLite has no FTS5; install one built with it");
    reg = sqlite3_malloc(sizeof *reg);
    if (!reg)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    *reg = (registration){db, lexicon, given};
    /* FTS5 frees `reg` with the connection; when registration fails it has not taken it. */
    if (api->xCreateTokenizer(api, "jieda", reg, &methods, sqlite3_free) != SQLITE_OK) {
        sqlite3_free(reg);
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    }
    return JIEDA_OK;
}

#ifdef JIEDA_SQLITE_EXTENSION
/* The entry point SQLite derives from the file name libjieda-fts5.so or jieda_fts5.so. */
JIEDA_API int sqlite3_jiedafts_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

JIEDA_API int sqlite3_jiedafts_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    jieda_error err = {0};

    SQLITE_EXTENSION_INIT2(api);
    if (jieda__fts5_register(db, NULL, NULL, &err) == JIEDA_OK)
        return SQLITE_OK;
    if (message)
        *message = sqlite3_mprintf("%s", err.message);
    return SQLITE_ERROR;
}
#endif
