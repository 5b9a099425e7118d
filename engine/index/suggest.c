/*
 * suggest.c - which questions begin with what a visitor has typed so far?
 *
 * A question is offered by its characters, its pinyin or its initials. These keys are stored
 * nowhere: at a million questions they would be the largest table of the file, used by the fewest.
 * The section holds only which key comes after which, and the few keys a binary search compares are
 * made again from the questions' texts, by the function the compiler sorted them with:
 *
 *   "怎么退款？" -> 怎么退款, zenmetuikuan, zmtk
 */
#include "index/index.h"
#include "text/unihan.h"

#include <string.h>

/* Scratch memory of one question's reading. */
#define READ_BYTES_MAX ((size_t)256 * 1024 * 1024)

static jieda_str pinyin_key(jieda__arena *arena, const jieda__reading *reading, bool initials)
{
    char *key = jieda__arena_alloc(arena, reading->pinyin.count * JIEDA__SYLLABLE_BYTES_MAX + 1);
    size_t len = 0;

    for (size_t i = 0; key && i < reading->pinyin.count; i++) {
        jieda_str name = jieda__str(jieda__text_syllable_name(reading->pinyin.items[i].cp));
        size_t take = initials ? 1 : name.len;

        memcpy(key + len, name.ptr, take);
        len += take;
    }
    return (jieda_str){key, key ? len : 0};
}

jieda_str jieda__suggest_key(jieda__arena *arena, const jieda__reading *reading,
                             jieda__suggest_kind kind)
{
    jieda_str key = kind == JIEDA__SUGGEST_TEXT
                        ? jieda__text_without_separators(arena, &reading->text)
                        : pinyin_key(arena, reading, kind == JIEDA__SUGGEST_INITIALS);

    if (key.len > JIEDA__SUGGEST_KEY_BYTES_MAX)
        key.len = 0;
    return key;
}

/* One search: the connection, and memory for the key it looks at. */
typedef struct search {
    jieda__reader *reader;
    jieda__arena scratch;
    jieda_error *err;
} search;

/* Compares the first bytes of a key, as many as the prefix has, with the prefix. */
static jieda_status compare(search *s, uint32_t ref, jieda_str prefix, int *order_out)
{
    sqlite3_stmt *stmt = jieda__reader_statement(s->reader, JIEDA__STMT_QUESTION_TEXT, s->err);
    jieda__reading reading;
    jieda_str text = {"", 0}, key = {NULL, 0};
    int rc;

    if (!stmt)
        return s->err->status;
    jieda__arena_reset(&s->scratch);
    sqlite3_bind_int64(stmt, 1, jieda__suggest_question(ref));
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        text = (jieda_str){(const char *)sqlite3_column_text(stmt, 0),
                           (size_t)sqlite3_column_bytes(stmt, 0)};
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        if (jieda__text_read(&s->scratch, s->reader->kb->lexicon, text, &reading) == JIEDA_OK)
            key = jieda__suggest_key(&s->scratch, &reading, (jieda__suggest_kind)(ref & 3));
        rc = key.ptr ? SQLITE_OK : SQLITE_NOMEM;
    }
    sqlite3_reset(stmt);
    if (rc == SQLITE_NOMEM)
        return jieda__fail(s->err, JIEDA_E_NOMEM, "out of memory");
    if (rc != SQLITE_OK)
        return jieda__reader_fail(s->reader, s->err);
    if (key.len > prefix.len)
        key.len = prefix.len;
    *order_out = jieda__str_compare(key, prefix);
    return JIEDA_OK;
}

/* The first key from `low` on that does not come before the prefix; with `past`, that comes after
 * all that begin with it. */
static jieda_status find_border(search *s, jieda_str prefix, bool past, uint32_t low, uint32_t *out)
{
    const jieda__kb *kb = s->reader->kb;
    uint32_t high = kb->suggest_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = 0;
        jieda_status st = compare(s, kb->suggest[mid], prefix, &order);

        if (st != JIEDA_OK)
            return st;
        if (order < 0 || (past && order == 0))
            low = mid + 1;
        else
            high = mid;
    }
    *out = low;
    return JIEDA_OK;
}

jieda_status jieda__suggest_find(jieda__reader *reader, jieda_str prefix, uint32_t *first_out,
                                 uint32_t *end_out, jieda_error *err)
{
    search s = {.reader = reader, .err = err};
    jieda_status st;

    jieda__arena_init(&s.scratch, reader->kb->alloc, READ_BYTES_MAX);
    st = find_border(&s, prefix, false, 0, first_out);
    if (st == JIEDA_OK)
        st = find_border(&s, prefix, true, *first_out, end_out);
    jieda__arena_free(&s.scratch);
    return st;
}
