/*
 * memory.c - the default allocator and the arena.
 *
 * An arena keeps its blocks in a list, newest first, and doubles block sizes, so that a request
 * that once needed much settles on one block that is simply rewound on the next request. Freed
 * memory is never handed out twice within a request, which makes lifetimes easy to see.
 */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK_MIN ((size_t)16 * 1024)
#define ARENA_ALIGN ((size_t)16)

struct jieda__arena_block {
    jieda__arena_block *next;
    size_t capacity; /* bytes after the header */
};

/* The header is padded so that the first allocation is aligned like every other. */
#define ARENA_HEADER ((sizeof(jieda__arena_block) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1))

static void *default_resize(void *ctx, void *ptr, size_t size)
{
    (void)ctx;
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, size);
}

const jieda_allocator *jieda__default_allocator(void)
{
    static const jieda_allocator allocator = {default_resize, NULL};

    return &allocator;
}

void *jieda__alloc(const jieda_allocator *alloc, size_t size)
{
    return alloc->resize(alloc->ctx, NULL, size ? size : 1);
}

void *jieda__alloc_zero(const jieda_allocator *alloc, size_t count, size_t size)
{
    void *ptr;

    if (size && count > SIZE_MAX / size)
        return NULL;
    ptr = jieda__alloc(alloc, count * size);
    if (ptr)
        memset(ptr, 0, count * size);
    return ptr;
}

void jieda__dealloc(const jieda_allocator *alloc, void *ptr)
{
    if (ptr)
        alloc->resize(alloc->ctx, ptr, 0);
}

void jieda__arena_init(jieda__arena *arena, const jieda_allocator *alloc, size_t bytes_max)
{
    memset(arena, 0, sizeof *arena);
    arena->alloc = alloc;
    arena->bytes_max = bytes_max;
}

static bool arena_grow(jieda__arena *arena, size_t size)
{
    size_t capacity = arena->blocks ? arena->blocks->capacity * 2 : ARENA_BLOCK_MIN;
    size_t left = arena->bytes_max - arena->total;
    jieda__arena_block *block;

    if (capacity < size)
        capacity = size;
    if (capacity > left)
        capacity = left;
    if (capacity < size)
        return false;
    block = jieda__alloc(arena->alloc, ARENA_HEADER + capacity);
    if (!block)
        return false;
    block->next = arena->blocks;
    block->capacity = capacity;
    arena->blocks = block;
    arena->used = 0;
    arena->total += capacity;
    return true;
}

void *jieda__arena_alloc(jieda__arena *arena, size_t size)
{
    void *ptr;

    if (size > SIZE_MAX - ARENA_ALIGN - ARENA_HEADER) /* rounding and header must not wrap */
        return NULL;
    size = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (size == 0)
        size = ARENA_ALIGN;
    if (!arena->blocks || size > arena->blocks->capacity - arena->used) {
        if (!arena_grow(arena, size))
            return NULL;
    }
    ptr = (char *)arena->blocks + ARENA_HEADER + arena->used;
    arena->used += size;
    return ptr;
}

void *jieda__arena_zero(jieda__arena *arena, size_t count, size_t size)
{
    void *ptr;

    if (size && count > SIZE_MAX / size)
        return NULL;
    ptr = jieda__arena_alloc(arena, count * size);
    if (ptr)
        memset(ptr, 0, count * size);
    return ptr;
}

jieda_str jieda__arena_copy(jieda__arena *arena, jieda_str text)
{
    char *copy = jieda__arena_alloc(arena, text.len + 1);

    if (!copy)
        return (jieda_str){NULL, 0};
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return (jieda_str){copy, text.len};
}

void jieda__arena_reset(jieda__arena *arena)
{
    /* The newest block is the largest: keep it, so a steady load allocates nothing. */
    jieda__arena_block *keep = arena->blocks;
    jieda__arena_block *block = keep ? keep->next : NULL;

    while (block) {
        jieda__arena_block *next = block->next;

        jieda__dealloc(arena->alloc, block);
        block = next;
    }
    if (keep) {
        keep->next = NULL;
        arena->total = keep->capacity;
    }
    arena->used = 0;
}

void jieda__arena_free(jieda__arena *arena)
{
    if (!arena->alloc)
        return;
    jieda__arena_reset(arena);
    jieda__dealloc(arena->alloc, arena->blocks);
    arena->blocks = NULL;
    arena->total = 0;
}
