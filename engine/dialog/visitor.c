/*
 * visitor.c - which entries may this visitor see now?
 *
 * An entry out of its validity, one whose `when` does not hold, and one whose answer has a
 * placeholder nobody bound are no candidates at all: better to ask back than to answer with the
 * rule of another app version or with "{{hotline}}".
 */
#include "dialog/visitor.h"

#include <string.h>

/* ---- bindings -------------------------------------------------------------------------------- */

static char *copy_bytes(const jieda_allocator *alloc, const char *bytes, size_t len)
{
    char *copy = jieda__alloc(alloc, len + 1);

    if (copy) {
        if (len)
            memcpy(copy, bytes, len);
        copy[len] = '\0';
    }
    return copy;
}

static void remove_binding(jieda__bindings *bindings, const jieda_allocator *alloc, size_t i)
{
    jieda__dealloc(alloc, bindings->items[i].name);
    jieda__dealloc(alloc, bindings->items[i].value);
    bindings->items[i] = bindings->items[--bindings->count];
}

jieda_status jieda__bindings_set(jieda__bindings *bindings, const jieda_allocator *alloc,
                                 const char *name, jieda_str value, jieda_error *err)
{
    size_t name_len = name ? strlen(name) : 0, i = 0;
    jieda__binding fresh;

    if (name_len == 0)
        return jieda__fail(err, JIEDA_E_INVALID, "a tag or placeholder needs a name");
    if (!value.ptr && value.len)
        return jieda__fail(err, JIEDA_E_INVALID, "the value has a length and no bytes");
    if (name_len > JIEDA_BINDING_BYTES_MAX || value.len > JIEDA_BINDING_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "name or value is longer than %d bytes",
                           JIEDA_BINDING_BYTES_MAX);
    while (i < bindings->count && strcmp(bindings->items[i].name, name) != 0)
        i++;
    if (value.len == 0) {
        if (i < bindings->count)
            remove_binding(bindings, alloc, i);
        return JIEDA_OK;
    }
    if (i == JIEDA_BINDING_COUNT_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "more than %d tags or placeholders",
                           JIEDA_BINDING_COUNT_MAX);
    fresh = (jieda__binding){copy_bytes(alloc, name, name_len),
                             copy_bytes(alloc, value.ptr, value.len), value.len};
    if (!fresh.name || !fresh.value) {
        jieda__dealloc(alloc, fresh.name);
        jieda__dealloc(alloc, fresh.value);
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    }
    if (i < bindings->count)
        remove_binding(bindings, alloc, i);
    bindings->items[bindings->count++] = fresh;
    return JIEDA_OK;
}

void jieda__bindings_free(jieda__bindings *bindings, const jieda_allocator *alloc)
{
    while (bindings->count > 0)
        remove_binding(bindings, alloc, bindings->count - 1);
}

jieda_str jieda__bindings_get(const jieda__bindings *bindings, jieda_str name)
{
    for (size_t i = 0; i < bindings->count; i++)
        if (jieda__str_equal(jieda__str(bindings->items[i].name), name))
            return (jieda_str){bindings->items[i].value, bindings->items[i].value_len};
    return (jieda_str){NULL, 0};
}

/* ---- when ------------------------------------------------------------------------------------ */

/* The next part of a dotted number; anything that is no digit ends it. */
static uint64_t next_part(jieda_str *text)
{
    uint64_t part = 0;

    while (text->len > 0 && *text->ptr >= '0' && *text->ptr <= '9') {
        if (part < UINT64_MAX / 10 - 9)
            part = part * 10 + (uint64_t)(*text->ptr - '0');
        text->ptr++;
        text->len--;
    }
    if (text->len > 0 && *text->ptr == '.') {
        text->ptr++;
        text->len--;
    } else {
        text->len = 0;
    }
    return part;
}

static int compare_versions(jieda_str a, jieda_str b)
{
    while (a.len > 0 || b.len > 0) {
        uint64_t x = next_part(&a), y = next_part(&b);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static bool starts_with(jieda_str text, const char *prefix, jieda_str *rest)
{
    size_t len = strlen(prefix);

    if (text.len < len || memcmp(text.ptr, prefix, len) != 0)
        return false;
    *rest = (jieda_str){text.ptr + len, text.len - len};
    while (rest->len > 0 && *rest->ptr == ' ') { /* ">= 3.2" */
        rest->ptr++;
        rest->len--;
    }
    return true;
}

bool jieda__condition_holds(jieda_str condition, jieda_str value)
{
    jieda_str rest;

    if (starts_with(condition, ">=", &rest))
        return compare_versions(value, rest) >= 0;
    if (starts_with(condition, "<=", &rest))
        return compare_versions(value, rest) <= 0;
    if (starts_with(condition, "!=", &rest))
        return !jieda__str_equal(value, rest);
    if (starts_with(condition, ">", &rest))
        return compare_versions(value, rest) > 0;
    if (starts_with(condition, "<", &rest))
        return compare_versions(value, rest) < 0;
    return jieda__str_equal(value, condition);
}

/* Every tag the entry names must be set and match one of its values; rows of one tag are adjacent.
 */
static bool when_holds(jieda__visitor *visitor, uint32_t entry)
{
    sqlite3_stmt *stmt = jieda__reader_statement(visitor->reader, JIEDA__STMT_WHEN, visitor->err);
    bool holds = true, any = false;
    char tag[JIEDA_BINDING_BYTES_MAX + 1] = "";
    int rc;

    if (!stmt) {
        visitor->status = visitor->err->status;
        return false;
    }
    sqlite3_bind_int64(stmt, 1, entry);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        jieda_str name = {(const char *)sqlite3_column_text(stmt, 0),
                          (size_t)sqlite3_column_bytes(stmt, 0)};
        jieda_str condition = {(const char *)sqlite3_column_text(stmt, 1),
                               (size_t)sqlite3_column_bytes(stmt, 1)};
        jieda_str value = jieda__bindings_get(visitor->tags, name);

        if (!jieda__str_equal(name, jieda__str(tag))) {
            holds = holds && (any || tag[0] == '\0');
            any = false;
            if (name.len > JIEDA_BINDING_BYTES_MAX)
                name.len = JIEDA_BINDING_BYTES_MAX;
            memcpy(tag, name.ptr, name.len);
            tag[name.len] = '\0';
        }
        any = any || (value.ptr && jieda__condition_holds(condition, value));
    }
    holds = holds && any;
    if (rc != SQLITE_DONE)
        visitor->status = jieda__reader_fail(visitor->reader, visitor->err);
    sqlite3_reset(stmt);
    return holds && visitor->status == JIEDA_OK;
}

bool jieda__visitor_may_see(void *context, uint32_t entry)
{
    jieda__visitor *visitor = context;
    const jieda__entry_row *row = &visitor->reader->kb->entries[entry];

    if (visitor->today < row->valid_from || visitor->today > row->valid_to)
        return false;
    if (row->placeholders & ~visitor->bound_placeholders) {
        visitor->withheld_count++;
        visitor->withheld_entry = entry;
        return false;
    }
    return !row->has_when || when_holds(visitor, entry);
}
