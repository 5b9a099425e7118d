/*
 * kb.c - opens a .kb file: maps it, finds its sections, reads its names.
 *
 * The bytes may be damaged or hostile. SQLite guards its own pages; every section of ours is hashed
 * and then checked whole once (tables.c), so that matching needs no checks. Looking at all of a
 * large file would leave all of it resident, so the pages of a large mapping are given back as the
 * check goes on; what questions touch comes back by itself.
 */
#include "index/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* A mapping past this is given back after the check: a small one is soon touched whole anyway. */
#define RESIDENT_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* ---- the file -------------------------------------------------------------------------------- */

static jieda_status map_file(jieda__kb *kb, const char *path, jieda_error *err)
{
    struct stat info;
    void *bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return jieda__fail(err, JIEDA_E_IO, "cannot open: %s", strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return jieda__fail(err, JIEDA_E_IO, "not a regular file");
    }
    if (info.st_size < 512) {
        close(fd);
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "not a knowledge base; build one with `jieda build`");
    }
    bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return jieda__fail(err, JIEDA_E_IO, "cannot map: %s", strerror(errno));
    kb->bytes = bytes;
    kb->len = (size_t)info.st_size;
    kb->mapped = true;
    return JIEDA_OK;
}

static uint32_t big_endian_32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The fixed places of SQLite's file header (https://www.sqlite.org/fileformat2.html, 1.3). */
static jieda_status check_header(jieda__kb *kb, jieda_error *err)
{
    uint64_t page_size;

    if (kb->len < 512 || memcmp(kb->bytes, "SQLite format 3", 16) != 0 ||
        big_endian_32(kb->bytes + 68) != JIEDA__KB_APPLICATION_ID)
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "not a knowledge base; build one with `jieda build`");
    if (big_endian_32(kb->bytes + 60) != JIEDA__KB_SCHEMA_VERSION)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "knowledge base format %u, this jieda reads %d; build it again",
                           big_endian_32(kb->bytes + 60), JIEDA__KB_SCHEMA_VERSION);
    page_size = (uint64_t)kb->bytes[16] << 8 | kb->bytes[17];
    if (page_size == 1)
        page_size = 65536; /* as the format has it */
    if (page_size < 512 || page_size * big_endian_32(kb->bytes + 28) > kb->len)
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "damaged knowledge base (cut short); build it again");
    kb->database_len = (size_t)(page_size * big_endian_32(kb->bytes + 28));
    return JIEDA_OK;
}

/* ---- sections -------------------------------------------------------------------------------- */

static jieda_status damaged(jieda_error *err, const char *what)
{
    return jieda__fail(err, JIEDA_E_FORMAT, "damaged knowledge base (%s); build it again", what);
}

/* Reads a blob of known length straight into a heap block: sqlite3_column_blob() would make a copy
 * first, and page faults are most of what opening costs. */
static jieda_status read_blob(const jieda__kb *kb, sqlite3 *db, sqlite3_int64 rowid,
                              sqlite3_int64 len, void **out, const char *name, jieda_error *err)
{
    sqlite3_blob *blob = NULL;
    jieda_status st = JIEDA_OK;

    if (len <= 0 || len > INT32_MAX || (uint64_t)len > kb->len ||
        sqlite3_blob_open(db, "main", "section", "data", rowid, 0, &blob) != SQLITE_OK) {
        sqlite3_blob_close(blob);
        return damaged(err, name);
    }
    *out = jieda__alloc(kb->alloc, (size_t)len);
    if (!*out)
        st = jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    else if (sqlite3_blob_bytes(blob) != len ||
             sqlite3_blob_read(blob, *out, (int)len, 0) != SQLITE_OK)
        st = damaged(err, name);
    sqlite3_blob_close(blob);
    return st;
}

/* What the row of a section says. */
typedef struct section_row {
    sqlite3_int64 rowid;
    uint64_t hash;
    sqlite3_int64 offset; /* from the end of the database */
    sqlite3_int64 len;
} section_row;

/* @return JIEDA_E_NOT_FOUND, with `err` filled as for a damaged file, if there is no such row. */
static jieda_status find_section(sqlite3 *db, const char *name, section_row *out, jieda_error *err)
{
    sqlite3_stmt *stmt = NULL;
    jieda_status st = JIEDA_OK;
    int rc;

    if (sqlite3_prepare_v2(db, "SELECT rowid, hash, offset, length FROM section WHERE name = ?1",
                           -1, &stmt, NULL) != SQLITE_OK)
        return damaged(err, name);
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *out = (section_row){sqlite3_column_int64(stmt, 0), (uint64_t)sqlite3_column_int64(stmt, 1),
                             sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3)};
    else
        st = rc == SQLITE_NOMEM ? jieda__fail(err, JIEDA_E_NOMEM, "out of memory")
                                : damaged(err, name);
    if (rc == SQLITE_DONE)
        st = JIEDA_E_NOT_FOUND;
    sqlite3_finalize(stmt);
    return st;
}

/* Lets the system take back the whole pages of [bytes, bytes + len), whose size differs by system.
 */
static void release_pages(const jieda__kb *kb, const unsigned char *bytes, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t skip = (page - (uintptr_t)bytes % page) % page;

    if (kb->mapped && kb->len > RESIDENT_BYTES_MAX && skip < len)
        (void)madvise((void *)(uintptr_t)(bytes + skip), len - skip, MADV_DONTNEED);
}

static jieda_status load_section(jieda__kb *kb, sqlite3 *db, const char *name, bool may_be_missing,
                                 jieda_error *err)
{
    size_t behind = kb->len - kb->database_len;
    const unsigned char *bytes;
    section_row row;
    jieda_status st = find_section(db, name, &row, err);

    if (st == JIEDA_E_NOT_FOUND)
        return may_be_missing ? JIEDA_OK : JIEDA_E_FORMAT;
    if (st != JIEDA_OK)
        return st;
    if (row.offset < 0 || row.offset % JIEDA__SECTION_ALIGN != 0 || row.len <= 0)
        return damaged(err, name);
    if ((uint64_t)row.offset > behind || (uint64_t)row.len > behind - (size_t)row.offset)
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "damaged knowledge base (%s is cut off: truncated, or rewritten by "
                           "another program); build it again",
                           name);
    bytes = kb->bytes + kb->database_len + row.offset;
    if (jieda__hash(JIEDA__HASH_SEED, bytes, (size_t)row.len) != row.hash)
        return damaged(err, name);
    st = jieda__tables_load(kb, name, bytes, (size_t)row.len, err);
    release_pages(kb, bytes, (size_t)row.len);
    return st;
}

static jieda_status load_sections(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    static const char *const names[JIEDA__MAPPED_SECTION_COUNT] = {
        JIEDA__SECTION_TERMS,    JIEDA__SECTION_ENTRIES, JIEDA__SECTION_QUESTIONS,
        JIEDA__SECTION_PROFILES, JIEDA__SECTION_NAMES,   JIEDA__SECTION_SUGGEST,
        JIEDA__SECTION_MODEL,    JIEDA__SECTION_VECTORS, JIEDA__SECTION_RULES,
        JIEDA__SECTION_POLICY,
    };
    /* The last four come with a model, with rules and with a policy. */
    const size_t needed = JIEDA__MAPPED_SECTION_COUNT - 4;
    jieda_status st = JIEDA_OK;

    for (size_t i = 0; st == JIEDA_OK && i < JIEDA__MAPPED_SECTION_COUNT; i++)
        st = load_section(kb, db, names[i], i >= needed, err);
    return st;
}

/* The lexicon hash is bound in: an index cut with another lexicon would miss in silence. */
static jieda_status check_lexicon_hash(const jieda__kb *kb, uint64_t hash, jieda_error *err)
{
    char hex[17];

    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash);
    if (kb->lexicon_hash.len != 16 || memcmp(hex, kb->lexicon_hash.ptr, 16) != 0)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "the index was built with another lexicon (%.16s); build it again",
                           kb->lexicon_hash.ptr);
    return JIEDA_OK;
}

static jieda_status load_lexicon(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    section_row row;
    uint64_t hash;
    jieda_status st = find_section(db, JIEDA__SECTION_LEXICON, &row, err);

    if (st == JIEDA_E_NOT_FOUND)
        st = JIEDA_E_FORMAT;
    if (st == JIEDA_OK)
        st = read_blob(kb, db, row.rowid, row.len, &kb->lexicon_bytes, JIEDA__SECTION_LEXICON, err);
    if (st != JIEDA_OK)
        return st;
    hash = jieda__hash(JIEDA__HASH_SEED, kb->lexicon_bytes, (size_t)row.len);
    if (hash != row.hash)
        return damaged(err, JIEDA__SECTION_LEXICON);
    st = check_lexicon_hash(kb, hash, err);
    if (st != JIEDA_OK)
        return st;
    return jieda__lexicon_load(kb->alloc, kb->lexicon_bytes, (size_t)row.len, &kb->lexicon, err);
}

/* ---- names ----------------------------------------------------------------------------------- */

static jieda_status read_meta(jieda__kb *kb, sqlite3 *db, const char *key, jieda_str *out,
                              jieda_error *err)
{
    sqlite3_stmt *stmt = NULL;
    jieda_status st = JIEDA_OK;

    if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key = ?1", -1, &stmt, NULL) !=
        SQLITE_OK)
        return damaged(err, "meta");
    sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        jieda_str text = {(const char *)sqlite3_column_text(stmt, 0),
                          (size_t)sqlite3_column_bytes(stmt, 0)};

        *out = jieda__arena_copy(&kb->arena, text);
        if (!out->ptr)
            st = jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    } else {
        st = damaged(err, "meta");
    }
    sqlite3_finalize(stmt);
    return st;
}

/* Reads a list of texts whose ordinals are 0, 1, 2, ... */
static jieda_status read_names(jieda__kb *kb, sqlite3 *db, const char *sql, uint32_t count_max,
                               jieda_str **out, uint32_t *count_out, jieda_error *err)
{
    sqlite3_stmt *stmt = NULL;
    jieda_status st = JIEDA_OK;
    uint32_t count = 0, capacity = 16;
    jieda_str *names = jieda__arena_alloc(&kb->arena, capacity * sizeof *names);
    int rc;

    if (!names)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return damaged(err, "names");
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        jieda_str text = {(const char *)sqlite3_column_text(stmt, 1),
                          (size_t)sqlite3_column_bytes(stmt, 1)};

        if (sqlite3_column_int64(stmt, 0) != count || count == count_max) {
            st = damaged(err, "names");
            break;
        }
        if (count == capacity) {
            jieda_str *grown = jieda__arena_alloc(&kb->arena, 2 * capacity * sizeof *grown);

            if (!grown) {
                st = jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
                break;
            }
            memcpy(grown, names, capacity * sizeof *grown);
            names = grown;
            capacity *= 2;
        }
        names[count] = jieda__arena_copy(&kb->arena, text);
        if (!names[count++].ptr) {
            st = jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
            break;
        }
    }
    if (st == JIEDA_OK && rc != SQLITE_DONE) /* a list cut short must not pass for a whole one */
        st = rc == SQLITE_NOMEM ? jieda__fail(err, JIEDA_E_NOMEM, "out of memory")
                                : damaged(err, "names");
    sqlite3_finalize(stmt);
    *out = names;
    *count_out = count;
    return st;
}

static jieda_status load_names(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    jieda_str text_version = {0};
    uint32_t title_count;
    jieda_status st = read_meta(kb, db, "text_version", &text_version, err);

    if (st != JIEDA_OK)
        return st;
    if (strtoul(text_version.ptr, NULL, 10) != JIEDA__TEXT_VERSION)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "built with tokenizer version %.16s, this jieda has %u; build it again",
                           text_version.ptr, JIEDA__TEXT_VERSION);
    st = read_meta(kb, db, "name", &kb->name, err);
    if (st == JIEDA_OK)
        st = read_meta(kb, db, "title", &kb->title, err);
    if (st == JIEDA_OK)
        st = read_meta(kb, db, "content_hash", &kb->content_hash, err);
    if (st == JIEDA_OK)
        st = read_meta(kb, db, "lexicon_hash", &kb->lexicon_hash, err);
    if (st == JIEDA_OK)
        st = read_meta(kb, db, "authored_hash", &kb->authored_hash, err);
    if (st == JIEDA_OK)
        st = read_meta(kb, db, "wording_hash", &kb->wording_hash, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db, "SELECT ord, tag FROM language ORDER BY ord", 8, &kb->languages,
                        &kb->language_count, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db, "SELECT ord, id FROM category ORDER BY ord", UINT16_MAX,
                        &kb->categories, &kb->category_count, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db,
                        "SELECT c.ord * (SELECT count(*) FROM language) + l.ord, "
                        "coalesce(t.title, '') FROM category c CROSS JOIN language l "
                        "LEFT JOIN category_title t ON t.category = c.ord AND t.language = l.ord "
                        "ORDER BY c.ord, l.ord",
                        UINT16_MAX * 8u, &kb->category_titles, &title_count, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db, "SELECT ord, name FROM placeholder ORDER BY ord", 64,
                        &kb->placeholders, &kb->placeholder_count, err);
    if (st == JIEDA_OK &&
        (kb->language_count == 0 || title_count != kb->category_count * kb->language_count))
        st = damaged(err, "languages");
    return st;
}

/* ---- open and close -------------------------------------------------------------------------- */

/* Tables are read where they stand, so their place must suit the largest number in them. */
static jieda_status borrow(jieda__kb *kb, const void *bytes, size_t len, jieda_error *err)
{
    kb->bytes = bytes;
    kb->len = len;
    if ((uintptr_t)bytes % sizeof(uint64_t) == 0)
        return JIEDA_OK;
    kb->copy = jieda__alloc(kb->alloc, len);
    if (!kb->copy)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    memcpy(kb->copy, bytes, len);
    kb->bytes = kb->copy;
    return JIEDA_OK;
}

jieda_status jieda__kb_open(const jieda_allocator *alloc, const char *path, const void *bytes,
                            size_t len, jieda__kb **out, jieda_error *err)
{
    jieda__kb *kb = jieda__alloc_zero(alloc, 1, sizeof *kb);
    sqlite3 *db = NULL;
    jieda_status st = JIEDA_OK;

    *out = NULL;
    if (!kb)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    kb->alloc = alloc;
    jieda__arena_init(&kb->arena, alloc, NAME_ARENA_BYTES_MAX);
    if (path) {
        st = map_file(kb, path, err);
    } else {
        st = borrow(kb, bytes, len, err);
    }
    if (st == JIEDA_OK)
        st = check_header(kb, err);
    if (st == JIEDA_OK)
        st = jieda__kb_connect(kb, &db, err);
    if (st == JIEDA_OK)
        st = load_names(kb, db, err);
    if (st == JIEDA_OK)
        st = load_lexicon(kb, db, err);
    if (st == JIEDA_OK)
        st = load_sections(kb, db, err);
    sqlite3_close(db);
    if (st != JIEDA_OK) {
        if (path)
            jieda__error_source(err, path);
        jieda__kb_close(kb);
        return st;
    }
    *out = kb;
    return JIEDA_OK;
}

void jieda__kb_close(jieda__kb *kb)
{
    if (!kb)
        return;
    jieda__lexicon_free(kb->lexicon);
    jieda__dealloc(kb->alloc, kb->lexicon_bytes);
    jieda__arena_free(&kb->arena);
    if (kb->mapped)
        munmap((void *)(uintptr_t)kb->bytes, kb->len);
    jieda__dealloc(kb->alloc, kb->copy);
    jieda__dealloc(kb->alloc, kb);
}
