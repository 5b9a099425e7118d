/*
 * suggest_build.c - sorts the keys type-ahead looks for; index/suggest.c says what they are.
 *
 * Three million strings with long beginnings in common are what multikey quicksort is for (J.
 * Bentley, R. Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997): it compares
 * one byte at a time and never one twice that a range is known to share. It sorts in place, so that
 * the keys, gone when their order is known, are the only memory it needs.
 */
#include "compiler/compiler.h"

#include <stdlib.h>
#include <string.h>

/* Shorter ranges are sorted by insertion. */
#define INSERTION_COUNT_MAX 12

typedef struct key_ref {
    uint32_t key; /* offset of its bytes */
    uint32_t ref; /* as in the section */
} key_ref;

void jieda__suggest_builder_init(jieda__suggest_builder *builder, const jieda_allocator *alloc)
{
    builder->alloc = alloc;
    jieda__buf_init(&builder->keys, alloc, UINT32_MAX);
    jieda__buf_init(&builder->refs, alloc, SIZE_MAX / 2);
}

jieda_status jieda__suggest_add(jieda__suggest_builder *builder, jieda__arena *scratch,
                                uint32_t question, const jieda__reading *reading)
{
    for (uint32_t kind = 0; kind < JIEDA__SUGGEST_KIND_COUNT; kind++) {
        jieda_str key = jieda__suggest_key(scratch, reading, (jieda__suggest_kind)kind);
        key_ref item = {(uint32_t)builder->keys.len, question << 2 | kind};

        if (!key.ptr)
            return JIEDA_E_NOMEM;
        if (key.len == 0)
            continue;
        jieda__buf_str(&builder->keys, key);
        jieda__buf_byte(&builder->keys, '\0');
        jieda__buf_append(&builder->refs, &item, sizeof item);
    }
    return builder->keys.status != JIEDA_OK ? builder->keys.status : builder->refs.status;
}

/* ---- sorting --------------------------------------------------------------------------------- */

static void swap(key_ref *a, key_ref *b)
{
    key_ref kept = *a;

    *a = *b;
    *b = kept;
}

static int by_key(const char *keys, const key_ref *a, const key_ref *b, size_t depth)
{
    int order = strcmp(keys + a->key + depth, keys + b->key + depth);

    if (order)
        return order;
    return a->ref < b->ref ? -1 : a->ref > b->ref;
}

static void insertion_sort(const char *keys, key_ref *list, size_t count, size_t depth)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && by_key(keys, &list[k - 1], &list[k], depth) > 0; k--)
            swap(&list[k - 1], &list[k]);
}

static int by_ref(const void *left, const void *right)
{
    const key_ref *a = left, *b = right;

    return a->ref < b->ref ? -1 : a->ref > b->ref;
}

static unsigned byte_of(const char *keys, const key_ref *item, size_t depth)
{
    return (unsigned char)keys[item->key + depth];
}

/* Sorts keys that agree in their first `depth` bytes. The part that agrees in one byte more, which
 * may be all of them, is gone on with in place; those on either side, smaller each time, by
 * recursion. */
static void sort_keys(const char *keys, key_ref *list, size_t count, size_t depth)
{
    while (count > INSERTION_COUNT_MAX) {
        unsigned pivot = byte_of(keys, &list[count / 2], depth);
        size_t less = 0, at = 0, more = count;

        while (at < more) {
            unsigned byte = byte_of(keys, &list[at], depth);

            if (byte < pivot)
                swap(&list[less++], &list[at++]);
            else if (byte > pivot)
                swap(&list[at], &list[--more]);
            else
                at++;
        }
        sort_keys(keys, list, less, depth);
        if (pivot == 0)
            qsort(list + less, more - less, sizeof *list, by_ref); /* equal throughout */
        sort_keys(keys, list + more, count - more, depth);
        if (pivot == 0)
            return;
        list += less;
        count = more - less;
        depth++;
    }
    insertion_sort(keys, list, count, depth);
}

jieda_status jieda__suggest_finish(jieda__suggest_builder *builder, jieda__blob *out)
{
    const char *keys = builder->keys.ptr;
    key_ref *list = (key_ref *)(void *)builder->refs.ptr;
    size_t count = builder->refs.len / sizeof *list;
    uint32_t *at = jieda__alloc(builder->alloc, (count + 1) * sizeof *at);
    uint32_t kept = 0;

    if (!at)
        return JIEDA_E_NOMEM;
    if (count > 0)
        sort_keys(keys, list, count, 0);
    for (size_t i = 0; i < count; i++) {
        /* Pinyin and initials of one syllable of one letter are the same: once is enough. */
        if (i > 0 && list[i].ref >> 2 == list[i - 1].ref >> 2 &&
            strcmp(keys + list[i].key, keys + list[i - 1].key) == 0)
            continue;
        at[++kept] = list[i].ref;
    }
    at[0] = kept;
    *out = (jieda__blob){at, ((size_t)kept + 1) * sizeof *at};
    return JIEDA_OK;
}

void jieda__suggest_builder_free(jieda__suggest_builder *builder)
{
    jieda__buf_free(&builder->keys);
    jieda__buf_free(&builder->refs);
}
