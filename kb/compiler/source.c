/*
 * source.c - finds and reads the files of a source.
 *
 * What a path means is decided by what it names: a folder holds a pack (pack.json, lexicon.json,
 * rules.json, policy.json, and the entries in every other *.json), a .json file is a pack in one
 * piece, .tsv, .csv and .jsonl are lists of questions. A folder's pack.model goes into its .kb as
 * it is. Other files, its subfolders and hidden files (editors leave some) are passed over. Entries
 * are read in byte order of their file names: the same source gives the same .kb on every machine,
 * whatever order its file system lists them in.
 *
 * Files are read whole into the model's arena, where lists of questions stay and are pointed into.
 */
#define _POSIX_C_SOURCE 200809L

#include "compiler/front.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct reader {
    jieda__arena *arena;
    jieda__diagnostics *diagnostics;
    jieda__source *out;
    jieda_error *err;
    size_t bytes_left;
    uint64_t hash;
} reader;

static jieda_status out_of_memory(reader *r, const char *path)
{
    jieda__fail(r->err, JIEDA_E_NOMEM, "out of memory while reading a source");
    jieda__error_source(r->err, path);
    return JIEDA_E_NOMEM;
}

static jieda_status fail_io(reader *r, const char *path, const char *message)
{
    jieda__fail(r->err, JIEDA_E_IO, "%s", message);
    jieda__error_source(r->err, path);
    return JIEDA_E_IO;
}

static jieda_status fail_errno(reader *r, const char *path, int number)
{
    char message[100] = "cannot be read";

    strerror_r(number, message, sizeof message);
    return fail_io(r, path, message);
}

/* ---- files ----------------------------------------------------------------------------------- */

static jieda_status read_open_file(reader *r, FILE *file, const char *path, jieda_str *text_out)
{
    struct stat info;
    size_t size, got;
    char *bytes;

    if (fstat(fileno(file), &info) != 0)
        return fail_errno(r, path, errno);
    if ((uintmax_t)info.st_size > r->bytes_left) {
        jieda__fail(r->err, JIEDA_E_LIMIT,
                    "the source is larger than source_bytes_max; raise it or split the source");
        jieda__error_source(r->err, path);
        return JIEDA_E_LIMIT;
    }
    size = (size_t)info.st_size;
    bytes = jieda__arena_alloc(r->arena, size + 1);
    if (!bytes)
        return out_of_memory(r, path);
    got = fread(bytes, 1, size + 1, file);
    if (ferror(file))
        return fail_io(r, path, "cannot be read");
    if (got != size)
        return fail_io(r, path, "changed while it was being read; try again");
    bytes[size] = '\0';
    r->bytes_left -= size;
    r->hash = jieda__hash(r->hash, bytes, size);
    *text_out = (jieda_str){bytes, size};
    return JIEDA_OK;
}

static jieda_status read_file(reader *r, const char *path, jieda_str *text_out)
{
    FILE *file = fopen(path, "rb");
    jieda_status st;

    if (!file)
        return fail_errno(r, path, errno);
    st = read_open_file(r, file, path, text_out);
    fclose(file);
    return st;
}

/* ---- folders --------------------------------------------------------------------------------- */

typedef struct names {
    jieda_str *items;
    size_t count;
} names;

static bool has_suffix(jieda_str name, const char *suffix)
{
    size_t len = strlen(suffix);

    if (name.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name.ptr[name.len - len + i];

        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != suffix[i])
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return jieda__str_compare(*(const jieda_str *)a, *(const jieda_str *)b);
}

/* Not a folder, and no pipe or device, which could not be read to an end. */
static bool is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* "folder/name", in the arena, since positions keep pointing at it. */
static const char *join(reader *r, const char *folder, const char *name)
{
    size_t len = strlen(folder), size;
    char *path;

    while (len > 1 && folder[len - 1] == '/')
        len--;
    size = len + strlen(name) + 2;
    path = jieda__arena_alloc(r->arena, size);
    if (path)
        snprintf(path, size, "%.*s/%s", (int)len, folder, name);
    return path;
}

static jieda_status list_folder(reader *r, const char *path, names *out)
{
    DIR *dir = opendir(path);
    struct dirent *item;
    jieda_status st = JIEDA_OK;

    if (!dir)
        return fail_errno(r, path, errno);
    while (st == JIEDA_OK && (item = readdir(dir)) != NULL) {
        jieda_str name = jieda__str(item->d_name);
        jieda_str *grown;

        if (name.ptr[0] == '.' || !has_suffix(name, ".json") ||
            jieda__str_equal(name, jieda__str("pack.json")) ||
            jieda__str_equal(name, jieda__str("lexicon.json")) ||
            jieda__str_equal(name, jieda__str("rules.json")) ||
            jieda__str_equal(name, jieda__str("policy.json")))
            continue;
        name = jieda__arena_copy(r->arena, name);
        grown = jieda__grow(r->arena, out->items, out->count, sizeof *grown);
        if (!name.ptr || !grown) {
            st = out_of_memory(r, path);
            break;
        }
        out->items = grown;
        out->items[out->count++] = name;
    }
    closedir(dir);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, compare_names);
    return st;
}

static jieda_status read_folder(reader *r, const char *path)
{
    const char *pack = join(r, path, "pack.json");
    const char *lexicon = join(r, path, "lexicon.json");
    const char *rules = join(r, path, "rules.json");
    const char *policy = join(r, path, "policy.json");
    const char *model = join(r, path, "pack.model");
    names files = {0};
    jieda_str text;
    jieda_status st;

    if (!pack || !lexicon || !rules || !policy || !model)
        return out_of_memory(r, path);
    if (!is_file(pack))
        return fail_io(r, path, "a folder without pack.json; a pack begins with one");
    if (is_file(model))
        r->out->model_path = model;
    st = list_folder(r, path, &files);
    if (st == JIEDA_OK)
        st = read_file(r, pack, &text);
    if (st == JIEDA_OK)
        st = jieda__pack_parse(r->arena, pack, text, false, r->diagnostics, r->out, r->err);
    if (st == JIEDA_OK && is_file(lexicon)) {
        st = read_file(r, lexicon, &text);
        if (st == JIEDA_OK)
            st = jieda__lexicon_parse(r->arena, lexicon, text, r->diagnostics,
                                      &r->out->pack_lexicon, r->err);
    }
    if (st == JIEDA_OK && is_file(rules)) {
        st = read_file(r, rules, &text);
        if (st == JIEDA_OK)
            st = jieda__rules_parse(r->arena, rules, text, r->diagnostics, r->out, r->err);
    }
    if (st == JIEDA_OK && is_file(policy)) {
        st = read_file(r, policy, &text);
        if (st == JIEDA_OK)
            st = jieda__policy_parse(r->arena, policy, text, r->diagnostics, r->out, r->err);
    }
    for (size_t i = 0; st == JIEDA_OK && i < files.count; i++) {
        const char *file = join(r, path, files.items[i].ptr);

        if (!file)
            return out_of_memory(r, path);
        if (!is_file(file))
            continue;
        st = read_file(r, file, &text);
        if (st == JIEDA_OK)
            st = jieda__entries_parse(r->arena, file, text, r->diagnostics, r->out, r->err);
    }
    return st;
}

/* ---- what a path means ----------------------------------------------------------------------- */

static jieda_status read_single(reader *r, const char *path)
{
    static const struct {
        const char *suffix;
        jieda__table_kind kind;
    } tables[] = {
        {".tsv", JIEDA__TABLE_TSV}, {".csv", JIEDA__TABLE_CSV}, {".jsonl", JIEDA__TABLE_JSONL}};
    jieda_str copy = jieda__arena_copy(r->arena, jieda__str(path));
    jieda_status st;
    jieda_str text;
    size_t i = 0;

    if (!copy.ptr)
        return out_of_memory(r, path);
    while (i < 3 && !has_suffix(copy, tables[i].suffix))
        i++;
    if (i == 3 && !has_suffix(copy, ".json"))
        return fail_io(r, path,
                       "unknown kind of source; known are folders, .json, .tsv, .csv and .jsonl");
    st = read_file(r, path, &text);
    if (st != JIEDA_OK)
        return st;
    if (i == 3)
        return jieda__pack_parse(r->arena, copy.ptr, text, true, r->diagnostics, r->out, r->err);
    return jieda__table_parse(r->arena, copy.ptr, text, tables[i].kind, r->diagnostics, r->out,
                              r->err);
}

jieda_status jieda__source_read(jieda__arena *arena, const char *path, size_t source_bytes_max,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err)
{
    reader r = {arena, diagnostics, out, err, source_bytes_max, JIEDA__HASH_SEED};
    struct stat info;
    jieda_status st;

    memset(out, 0, sizeof *out);
    if (stat(path, &info) != 0)
        return fail_errno(&r, path, errno);
    /* Opening a pipe would wait for its other end. */
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))
        return fail_io(&r, path, "neither a folder nor a file");
    st = S_ISDIR(info.st_mode) ? read_folder(&r, path) : read_single(&r, path);
    out->content_hash = r.hash;
    return st;
}
