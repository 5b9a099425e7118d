/*
 * incidents.c - what is wrong at the moment, from JSON to "does it concern this entry?".
 *
 * Topics are resolved to entries once, when the incidents are read: a bit an entry.
 */
#include "api/exchange.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define INCIDENT_COUNT_MAX 64
#define JSON_BYTES_MAX ((size_t)1024 * 1024)
#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

typedef struct incident {
    jieda_str id;
    jieda_str *notices; /* by language; ptr NULL where there is none */
    int64_t from;       /* INT64_MIN: since ever */
    int64_t until;      /* INT64_MAX: until it is taken away */
    unsigned char *entries;
} incident;

struct jieda_incidents {
    const jieda_allocator *alloc;
    jieda__arena arena;
    incident items[INCIDENT_COUNT_MAX];
    size_t count;
};

typedef struct incident_reader {
    const jieda_engine *engine;
    jieda__reader *kb_reader;
    jieda_incidents *out;
    uint32_t *parents; /* of categories */
    size_t number;     /* of the incident at hand, from 1 */
    jieda_error *err;
} incident_reader;

static jieda_status no_memory(const incident_reader *r)
{
    return jieda__fail(r->err, JIEDA_E_NOMEM, "out of memory");
}

static jieda_status wrong(const incident_reader *r, const char *what)
{
    return jieda__fail(r->err, JIEDA_E_FORMAT, "incident %zu: %s", r->number, what);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* "2026-03-12T16:00:00+08:00", seconds may be missing, "Z" for +00:00. */
static bool read_time(const char *text, int64_t *out)
{
    int year, month, day, hour, minute, second = 0, used = 0, zone_hour = 0, zone_minute = 0;
    char sign;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d%n", &year, &month, &day, &hour, &minute, &used) != 5)
        return false;
    text += used;
    if (sscanf(text, ":%2d%n", &second, &used) == 1)
        text += used;
    if (strcmp(text, "Z") != 0) {
        used = 0;
        if (sscanf(text, "%c%2d:%2d%n", &sign, &zone_hour, &zone_minute, &used) != 3 ||
            (sign != '+' && sign != '-') || text[used] != '\0')
            return false;
        zone_minute = (zone_hour * 60 + zone_minute) * (sign == '-' ? -1 : 1);
    }
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = jieda__days_of_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
           (int64_t)zone_minute * 60;
    return true;
}

static jieda_status read_bound(const incident_reader *r, const cJSON *object, const char *key,
                               int64_t missing, int64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    *out = missing;
    if (item && (!cJSON_IsString(item) || !read_time(item->valuestring, out)))
        return jieda__fail(r->err, JIEDA_E_FORMAT,
                           "incident %zu: \"%s\" must be a time such as 2026-03-12T16:00:00+08:00",
                           r->number, key);
    return JIEDA_OK;
}

/* ---- topics ---------------------------------------------------------------------------------- */

static jieda_status read_parents(incident_reader *r)
{
    const jieda__kb *kb = r->engine->kb;
    sqlite3_stmt *stmt = jieda__reader_statement(r->kb_reader, JIEDA__STMT_CATEGORIES, r->err);
    int rc;

    if (!stmt)
        return r->err->status;
    r->parents = jieda__arena_alloc(&r->out->arena, (kb->category_count + 1) * sizeof *r->parents);
    if (!r->parents)
        return no_memory(r);
    for (uint32_t i = 0; i < kb->category_count; i++)
        r->parents[i] = JIEDA__NONE;
    sqlite3_bind_int64(stmt, 1, 0);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_int64 ord = sqlite3_column_int64(stmt, 0), parent = sqlite3_column_int64(stmt, 1);

        if (sqlite3_column_type(stmt, 1) != SQLITE_NULL && ord >= 0 && ord < kb->category_count &&
            parent >= 0 && parent < kb->category_count)
            r->parents[ord] = (uint32_t)parent;
    }
    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? JIEDA_OK : jieda__reader_fail(r->kb_reader, r->err);
}

/* Parents were checked by the compiler; a damaged circle ends after as many steps as there are. */
static bool is_below(const incident_reader *r, uint32_t category, uint32_t root)
{
    for (uint32_t steps = 0; category != JIEDA__NONE && steps <= r->engine->kb->category_count;
         steps++) {
        if (category == root)
            return true;
        category = r->parents[category];
    }
    return false;
}

static jieda_status read_topic(incident_reader *r, const cJSON *item, incident *out)
{
    const jieda__kb *kb = r->engine->kb;
    uint32_t entry, category = JIEDA__NONE;

    if (!cJSON_IsString(item))
        return wrong(r, "\"topics\" must be a list of category or entry ids");
    entry = jieda__kb_find_entry(kb, jieda__str(item->valuestring));
    for (uint32_t i = 0; i < kb->category_count; i++)
        if (jieda__str_equal(kb->categories[i], jieda__str(item->valuestring)))
            category = i;
    if (entry == JIEDA__NONE && category == JIEDA__NONE)
        return jieda__fail(r->err, JIEDA_E_NOT_FOUND,
                           "incident %zu: no category or entry \"%.64s\"", r->number,
                           item->valuestring);
    if (entry != JIEDA__NONE)
        out->entries[entry / 8] |= (unsigned char)(1u << entry % 8);
    for (uint32_t e = 0; category != JIEDA__NONE && e < kb->entry_count; e++)
        if (is_below(r, kb->entries[e].category, category))
            out->entries[e / 8] |= (unsigned char)(1u << e % 8);
    return JIEDA_OK;
}

/* ---- one incident ---------------------------------------------------------------------------- */

static jieda_status read_notice(incident_reader *r, const cJSON *object, incident *out)
{
    const jieda__kb *kb = r->engine->kb;
    const cJSON *item;
    bool any = false;

    if (!cJSON_IsObject(object))
        return wrong(r, "\"notice\" must hold a text for each language");
    cJSON_ArrayForEach(item, object)
    {
        for (uint32_t i = 0; i < kb->language_count; i++) {
            if (!jieda__str_equal(kb->languages[i], jieda__str(item->string)))
                continue;
            if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
                return wrong(r, "a notice must be a text");
            out->notices[i] = jieda__arena_copy(&r->out->arena, jieda__str(item->valuestring));
            if (!out->notices[i].ptr)
                return no_memory(r);
            any = true;
        }
    }
    return any ? JIEDA_OK : wrong(r, "\"notice\" has no text in a language of the knowledge base");
}

static jieda_status read_incident(incident_reader *r, const cJSON *object)
{
    const jieda__kb *kb = r->engine->kb;
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(object, "id"), *item;
    const cJSON *topics = cJSON_GetObjectItemCaseSensitive(object, "topics");
    incident *out;
    jieda_status st;

    if (!cJSON_IsObject(object))
        return wrong(r, "it must be an object");
    if (r->out->count == INCIDENT_COUNT_MAX)
        return jieda__fail(r->err, JIEDA_E_LIMIT, "more than %d incidents", INCIDENT_COUNT_MAX);
    if (!cJSON_IsString(id) || id->valuestring[0] == '\0' ||
        strlen(id->valuestring) > JIEDA__NAME_BYTES_MAX)
        return wrong(r, "\"id\" must be a text of 1 to 64 bytes");
    if (!cJSON_IsArray(topics) || cJSON_GetArraySize(topics) == 0)
        return wrong(r, "\"topics\" must be a list of category or entry ids");
    out = &r->out->items[r->out->count];
    out->id = jieda__arena_copy(&r->out->arena, jieda__str(id->valuestring));
    out->notices = jieda__arena_zero(&r->out->arena, kb->language_count + 1, sizeof *out->notices);
    out->entries = jieda__arena_zero(&r->out->arena, kb->entry_count / 8 + 1, 1);
    if (!out->id.ptr || !out->notices || !out->entries)
        return no_memory(r);
    st = read_notice(r, cJSON_GetObjectItemCaseSensitive(object, "notice"), out);
    if (st == JIEDA_OK)
        st = read_bound(r, object, "from", INT64_MIN, &out->from);
    if (st == JIEDA_OK)
        st = read_bound(r, object, "until", INT64_MAX, &out->until);
    cJSON_ArrayForEach(item, topics)
    {
        if (st == JIEDA_OK)
            st = read_topic(r, item, out);
    }
    if (st == JIEDA_OK)
        r->out->count++;
    return st;
}

/* ---- the document ---------------------------------------------------------------------------- */

/* Line and column of a byte. */
static void place(jieda_error *err, jieda_str json, const char *at)
{
    if (!err)
        return;
    err->line = err->column = 1;
    for (const char *p = json.ptr; p < at && p < json.ptr + json.len; p++) {
        if (*p == '\n') {
            err->line++;
            err->column = 1;
        } else if (((unsigned char)*p & 0xC0) != 0x80) {
            err->column++;
        }
    }
}

static jieda_status read_document(incident_reader *r, jieda_str json)
{
    const char *end = NULL;
    size_t valid = jieda__utf8_valid_prefix(json.ptr, json.len);
    cJSON *root = cJSON_ParseWithLengthOpts(json.ptr, valid, &end, 0);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "incidents"), *item;
    jieda_status st;

    if (!root || valid < json.len) { /* cJSON would take ill-formed text */
        cJSON_Delete(root);
        st = jieda__fail(r->err, JIEDA_E_FORMAT, "this is no JSON");
        place(r->err, json, valid < json.len || !end ? json.ptr + valid : end);
        return st;
    }
    st = cJSON_IsArray(list)
             ? read_parents(r)
             : jieda__fail(r->err, JIEDA_E_FORMAT, "{\"incidents\": [...]} was expected");
    cJSON_ArrayForEach(item, list)
    {
        r->number++;
        if (st == JIEDA_OK)
            st = read_incident(r, item);
    }
    cJSON_Delete(root);
    return st;
}

jieda_status jieda_incidents_read(const jieda_engine *engine, jieda_str json,
                                  jieda_incidents **incidents_out, jieda_error *err)
{
    jieda_error ignored;
    incident_reader r = {.engine = engine, .err = err ? err : &ignored};
    /* The engine is immutable to its users; its pool is not, and is safe to share. */
    jieda_engine *pool = (jieda_engine *)(uintptr_t)engine;
    jieda_status st;

    if (!engine || !incidents_out || (!json.ptr && json.len))
        return jieda__fail(err, JIEDA_E_INVALID, "an engine, JSON and a place are needed");
    *incidents_out = NULL;
    if (json.len > JSON_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "more than %zu bytes of incidents", JSON_BYTES_MAX);
    r.out = jieda__alloc_zero(engine->alloc, 1, sizeof *r.out);
    if (!r.out)
        return no_memory(&r);
    r.out->alloc = engine->alloc;
    jieda__arena_init(&r.out->arena, engine->alloc, ARENA_BYTES_MAX);
    st = jieda__engine_borrow(pool, &r.kb_reader, r.err);
    if (st == JIEDA_OK) {
        st = read_document(&r, json);
        jieda__engine_give_back(pool, r.kb_reader);
    }
    if (st == JIEDA_OK)
        *incidents_out = r.out;
    else
        jieda_incidents_free(r.out);
    return st;
}

void jieda_incidents_free(jieda_incidents *incidents)
{
    if (!incidents)
        return;
    jieda__arena_free(&incidents->arena);
    jieda__dealloc(incidents->alloc, incidents);
}

bool jieda__incident_of(const jieda_incidents *incidents, uint32_t entry, int64_t now,
                        uint32_t language, jieda_str *id_out, jieda_str *notice_out)
{
    for (size_t i = 0; i < incidents->count; i++) {
        const incident *in = &incidents->items[i];

        if (now < in->from || now >= in->until || !(in->entries[entry / 8] >> entry % 8 & 1))
            continue;
        *id_out = in->id;
        *notice_out = in->notices[language];
        for (uint32_t k = 0; !notice_out->ptr; k++)
            *notice_out = in->notices[k]; /* one there is */
        return true;
    }
    return false;
}
