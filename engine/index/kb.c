/*
 * kb.c - opens a .kb file: maps it, checks it, reads its binary sections into memory.
 *
 * The bytes may be damaged or hostile. SQLite guards its own pages; every table of ours is checked
 * whole here once, so that matching needs no checks: offsets ascend and end where the array ends,
 * every term id and every entry ordinal is in range.
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
static jieda_status check_header(const jieda__kb *kb, jieda_error *err)
{
    if (kb->len < 512 || memcmp(kb->bytes, "SQLite format 3", 16) != 0 ||
        big_endian_32(kb->bytes + 68) != JIEDA__KB_APPLICATION_ID)
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "not a knowledge base; build one with `jieda build`");
    if (big_endian_32(kb->bytes + 60) != JIEDA__KB_SCHEMA_VERSION)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "knowledge base format %u, this jieda reads %d; build it again",
                           big_endian_32(kb->bytes + 60), JIEDA__KB_SCHEMA_VERSION);
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

/* Copies a section to a heap block. @return JIEDA_E_FORMAT if it is missing or its hash is wrong.
 */
static jieda_status read_section(const jieda__kb *kb, sqlite3 *db, const char *name, void **out,
                                 size_t *len_out, jieda_error *err)
{
    sqlite3_stmt *stmt = NULL;
    jieda_status st;
    int rc;

    *out = NULL;
    if (sqlite3_prepare_v2(db, "SELECT rowid, hash, length(data) FROM section WHERE name = ?1", -1,
                           &stmt, NULL) != SQLITE_OK)
        return damaged(err, name);
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        *len_out = (size_t)sqlite3_column_int64(stmt, 2);
        st = read_blob(kb, db, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 2), out,
                       name, err);
        if (st == JIEDA_OK && jieda__hash(JIEDA__HASH_SEED, *out, *len_out) !=
                                  (uint64_t)sqlite3_column_int64(stmt, 1))
            st = damaged(err, name);
    } else {
        st = rc == SQLITE_NOMEM ? jieda__fail(err, JIEDA_E_NOMEM, "out of memory")
                                : damaged(err, name);
    }
    sqlite3_finalize(stmt);
    return st;
}

/* Walks a section: gives `count` items of `size` bytes and moves on, NULL when it is too short. */
typedef struct cursor {
    const char *at;
    size_t left;
} cursor;

static const void *take(cursor *c, uint64_t count, size_t size)
{
    const char *items = c->at;
    uint64_t bytes = count * size;

    if (count > c->left || bytes > c->left)
        return NULL;
    c->at += bytes;
    c->left -= (size_t)bytes;
    return items;
}

static jieda_status load_terms(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    cursor c;
    const jieda__terms_header *h;
    uint64_t free_slots = 0;
    jieda_status st = read_section(kb, db, JIEDA__SECTION_TERMS, &kb->sections[1], &c.left, err);

    if (st != JIEDA_OK)
        return st;
    c.at = kb->sections[1];
    h = take(&c, 1, sizeof *h);
    if (!h || h->capacity == 0 || (h->capacity & (h->capacity - 1)) != 0)
        return damaged(err, "terms");
    kb->terms = take(&c, h->capacity, sizeof *kb->terms);
    kb->document_frequency = take(&c, h->capacity, sizeof *kb->document_frequency);
    if (!kb->terms || !kb->document_frequency)
        return damaged(err, "terms");
    for (uint32_t i = 0; i < h->capacity; i++)
        free_slots += kb->terms[i] == 0;
    if (free_slots == 0) /* a probe must find an end */
        return damaged(err, "terms");
    kb->term_capacity = h->capacity;
    kb->question_count = h->question_count;
    return JIEDA_OK;
}

static bool check_offsets(const uint32_t *first, uint32_t count, uint32_t end)
{
    if (first[0] != 0 || first[count] != end)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (first[i] > first[i + 1])
            return false;
    return true;
}

static bool check_ids(const uint32_t *ids, uint32_t count, uint32_t capacity, bool may_be_none)
{
    for (uint32_t i = 0; i < count; i++)
        if (ids[i] >= capacity && !(may_be_none && ids[i] == JIEDA__NONE))
            return false;
    return true;
}

static bool is_mass(float value)
{
    return value >= 0.0f && value < 1e9f; /* false for NaN */
}

static jieda_status load_questions(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    cursor c;
    const jieda__questions_header *h;
    jieda_status st =
        read_section(kb, db, JIEDA__SECTION_QUESTIONS, &kb->sections[2], &c.left, err);

    if (st != JIEDA_OK)
        return st;
    c.at = kb->sections[2];
    h = take(&c, 1, sizeof *h);
    if (!h || h->question_count != kb->question_count)
        return damaged(err, "questions");
    kb->questions = take(&c, h->question_count, sizeof *kb->questions);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        jieda__view_table *view = &kb->views[v];
        uint32_t units = h->unit_count[v];

        view->first = take(&c, (uint64_t)h->question_count + 1, sizeof *view->first);
        view->unit = take(&c, units, sizeof *view->unit);
        if (!view->first || !view->unit || !check_offsets(view->first, h->question_count, units) ||
            !check_ids(view->unit, units, kb->term_capacity, false))
            return damaged(err, "questions");
        if (v == JIEDA__VIEW_WORD)
            continue;
        view->pair = take(&c, units, sizeof *view->pair);
        if (!view->pair || !check_ids(view->pair, units, kb->term_capacity, true))
            return damaged(err, "questions");
    }
    for (uint32_t i = 0; i < h->question_count; i++) {
        const jieda__question_row *row = &kb->questions[i];
        bool ok = row->kind == JIEDA__QUESTION_OUT_OF_SCOPE ? row->entry == JIEDA__NONE
                                                            : row->entry < kb->entry_count;

        for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
            ok = ok && is_mass(row->mass[v]) && is_mass(row->pair_mass[v]);
        if (!ok || row->kind > JIEDA__QUESTION_OUT_OF_SCOPE || row->language >= kb->language_count)
            return damaged(err, "questions");
    }
    return JIEDA_OK;
}

static jieda_status load_entries(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    cursor c;
    const uint32_t *count;
    jieda_status st = read_section(kb, db, JIEDA__SECTION_ENTRIES, &kb->sections[3], &c.left, err);

    if (st != JIEDA_OK)
        return st;
    c.at = kb->sections[3];
    count = take(&c, 2, sizeof *count); /* count, then padding to 8 bytes */
    if (!count)
        return damaged(err, "entries");
    kb->entry_count = *count;
    kb->entries = take(&c, kb->entry_count, sizeof *kb->entries);
    if (!kb->entries)
        return damaged(err, "entries");
    for (uint32_t i = 0; i < kb->entry_count; i++) {
        const jieda__entry_row *row = &kb->entries[i];

        if ((row->category != JIEDA__NONE && row->category >= kb->category_count) ||
            row->risk >= JIEDA__ENTRY_RISK_COUNT || row->handoff >= JIEDA__ENTRY_HANDOFF_COUNT ||
            row->priority > 3 || row->smalltalk > 1 || row->has_when > 1 ||
            (uint64_t)row->first_question + row->wording_count > kb->question_count)
            return damaged(err, "entries");
    }
    return JIEDA_OK;
}

static jieda_status load_profiles(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    cursor c;
    const uint32_t *counts;
    jieda_status st = read_section(kb, db, JIEDA__SECTION_PROFILES, &kb->sections[4], &c.left, err);

    if (st != JIEDA_OK)
        return st;
    c.at = kb->sections[4];
    counts = take(&c, 2, sizeof *counts);
    if (!counts || counts[0] != kb->term_capacity)
        return damaged(err, "profiles");
    kb->profile_first = take(&c, (uint64_t)kb->term_capacity + 1, sizeof *kb->profile_first);
    kb->profile_items = take(&c, counts[1], sizeof *kb->profile_items);
    kb->profile_item_count = counts[1];
    if (!kb->profile_first || !kb->profile_items ||
        !check_offsets(kb->profile_first, kb->term_capacity, counts[1]))
        return damaged(err, "profiles");
    for (uint32_t i = 0; i < counts[1]; i++) {
        const jieda__profile_item *item = &kb->profile_items[i];

        if (item->entry >= kb->entry_count || !is_mass(item->share) || !is_mass(item->share_of_one))
            return damaged(err, "profiles");
    }
    return JIEDA_OK;
}

static jieda_status load_entry_names(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    cursor c;
    const uint32_t *counts;
    uint64_t name_count;
    jieda_status st = read_section(kb, db, JIEDA__SECTION_NAMES, &kb->sections[5], &c.left, err);

    if (st != JIEDA_OK)
        return st;
    c.at = kb->sections[5];
    counts = take(&c, 2, sizeof *counts);
    if (!counts || counts[0] != kb->entry_count || counts[1] != kb->language_count)
        return damaged(err, "names");
    name_count = (uint64_t)kb->entry_count * (1 + kb->language_count);
    kb->name_first = take(&c, name_count + 1, sizeof *kb->name_first);
    kb->name_bytes = c.at;
    if (!kb->name_first || name_count > UINT32_MAX || c.left > UINT32_MAX ||
        !check_offsets(kb->name_first, (uint32_t)name_count, (uint32_t)c.left))
        return damaged(err, "names");
    return JIEDA_OK;
}

/* The lexicon hash is bound in: an index cut with another lexicon would miss in silence. */
static jieda_status check_lexicon_hash(const jieda__kb *kb, size_t len, jieda_error *err)
{
    char hex[17];

    snprintf(hex, sizeof hex, "%016llx",
             (unsigned long long)jieda__hash(JIEDA__HASH_SEED, kb->sections[0], len));
    if (kb->lexicon_hash.len != 16 || memcmp(hex, kb->lexicon_hash.ptr, 16) != 0)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "the index was built with another lexicon (%.16s); build it again",
                           kb->lexicon_hash.ptr);
    return JIEDA_OK;
}

static jieda_status load_lexicon(jieda__kb *kb, sqlite3 *db, jieda_error *err)
{
    size_t len;
    jieda_status st = read_section(kb, db, JIEDA__SECTION_LEXICON, &kb->sections[0], &len, err);

    if (st == JIEDA_OK)
        st = check_lexicon_hash(kb, len, err);
    if (st != JIEDA_OK)
        return st;
    return jieda__lexicon_load(kb->alloc, kb->sections[0], len, &kb->lexicon, err);
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
        st = read_names(kb, db, "SELECT ord, tag FROM language ORDER BY ord", 8, &kb->languages,
                        &kb->language_count, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db, "SELECT ord, id FROM category ORDER BY ord", UINT16_MAX,
                        &kb->categories, &kb->category_count, err);
    if (st == JIEDA_OK)
        st = read_names(kb, db, "SELECT ord, name FROM placeholder ORDER BY ord", 64,
                        &kb->placeholders, &kb->placeholder_count, err);
    if (st == JIEDA_OK && kb->language_count == 0)
        st = damaged(err, "languages");
    return st;
}

/* ---- open and close -------------------------------------------------------------------------- */

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
        kb->bytes = bytes;
        kb->len = len;
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
        st = load_terms(kb, db, err);
    if (st == JIEDA_OK)
        st = load_entries(kb, db, err);
    if (st == JIEDA_OK)
        st = load_questions(kb, db, err);
    if (st == JIEDA_OK)
        st = load_profiles(kb, db, err);
    if (st == JIEDA_OK)
        st = load_entry_names(kb, db, err);
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
    for (size_t i = 0; i < sizeof kb->sections / sizeof *kb->sections; i++)
        jieda__dealloc(kb->alloc, kb->sections[i]);
    jieda__arena_free(&kb->arena);
    if (kb->mapped)
        munmap((void *)(uintptr_t)kb->bytes, kb->len);
    jieda__dealloc(kb->alloc, kb);
}

uint32_t jieda__kb_term(const jieda__kb *kb, uint64_t term)
{
    uint32_t mask = kb->term_capacity - 1;
    uint32_t slot = (uint32_t)term & mask;

    while (kb->terms[slot] != 0) {
        if (kb->terms[slot] == term)
            return slot;
        slot = (slot + 1) & mask;
    }
    return JIEDA__NONE;
}

static jieda_str name_at(const jieda__kb *kb, size_t i)
{
    return (jieda_str){kb->name_bytes + kb->name_first[i],
                       kb->name_first[i + 1] - kb->name_first[i]};
}

jieda_str jieda__kb_entry_id(const jieda__kb *kb, uint32_t entry)
{
    return name_at(kb, (size_t)entry * (1 + kb->language_count));
}

jieda_str jieda__kb_entry_title(const jieda__kb *kb, uint32_t entry, uint32_t language)
{
    size_t base = (size_t)entry * (1 + kb->language_count) + 1;
    jieda_str title = name_at(kb, base + language);

    return title.len > 0 ? title : name_at(kb, base);
}
