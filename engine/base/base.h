/*
 * base.h - memory, bytes and errors: what every layer above stands on.
 *
 * Three lifetimes exist in jieda (engine, session, request); base gives each its container: plain
 * blocks from the host's allocator for the engine, an arena for a session's requests. Nothing here
 * knows about language, files or databases.
 */
#ifndef JIEDA__BASE_H
#define JIEDA__BASE_H

#include "jieda/types.h"

#include <stdarg.h>
#include <stdbool.h>

/* ---- memory ---------------------------------------------------------------------------------- */

/* The C library's realloc and free, for hosts that inject nothing. Static lifetime. */
const jieda_allocator *jieda__default_allocator(void);

/* NULL when out of memory. `size` 0 still gives a unique block, so NULL always means failure. */
void *jieda__alloc(const jieda_allocator *alloc, size_t size);
void *jieda__alloc_zero(const jieda_allocator *alloc, size_t count, size_t size);
void jieda__dealloc(const jieda_allocator *alloc, void *ptr); /* NULL is a no-op */

/* Request memory: bump allocation out of blocks, all given back at once. Zero-initialise the struct
 * and set `alloc` and `bytes_max`; the first allocation gets the first block. Threads: one at a
 * time. */
typedef struct jieda__arena_block jieda__arena_block;

typedef struct jieda__arena {
    const jieda_allocator *alloc;
    jieda__arena_block *blocks; /* newest first */
    size_t used;                /* bytes used of the newest block */
    size_t total;               /* bytes of all blocks, <= bytes_max */
    size_t bytes_max;
} jieda__arena;

void jieda__arena_init(jieda__arena *arena, const jieda_allocator *alloc, size_t bytes_max);
/* 16-byte aligned, not zeroed. NULL when out of memory or past bytes_max. */
void *jieda__arena_alloc(jieda__arena *arena, size_t size);
void *jieda__arena_zero(jieda__arena *arena, size_t count, size_t size);
/* A NUL-terminated copy; {NULL, 0} when out of memory. */
jieda_str jieda__arena_copy(jieda__arena *arena, jieda_str text);
/* Empties it and keeps one block for the next request. */
void jieda__arena_reset(jieda__arena *arena);
void jieda__arena_free(jieda__arena *arena);

/* ---- bytes ----------------------------------------------------------------------------------- */

/* A growing byte buffer born with its maximum. After a failed append `status` is set and every
 * further append is a no-op, so a writer checks once at the end. */
typedef struct jieda__buf {
    const jieda_allocator *alloc;
    char *ptr;
    size_t len;
    size_t capacity;
    size_t bytes_max;
    jieda_status status;
} jieda__buf;

void jieda__buf_init(jieda__buf *buf, const jieda_allocator *alloc, size_t bytes_max);
void jieda__buf_append(jieda__buf *buf, const void *bytes, size_t len);
void jieda__buf_str(jieda__buf *buf, jieda_str text);
void jieda__buf_cstr(jieda__buf *buf, const char *text);
void jieda__buf_byte(jieda__buf *buf, char byte);
void jieda__buf_utf8(jieda__buf *buf, uint32_t cp);
void jieda__buf_free(jieda__buf *buf);

jieda_str jieda__str(const char *cstr); /* borrowed; NULL gives the empty slice */
bool jieda__str_equal(jieda_str a, jieda_str b);
int jieda__str_compare(jieda_str a, jieda_str b); /* by bytes */

/* ---- UTF-8 ----------------------------------------------------------------------------------- */

#define JIEDA__REPLACEMENT 0xFFFDu

/* Decodes one code point at `bytes` (len > 0) and returns the bytes it took, 1..4. An ill-formed
 * sequence gives U+FFFD and takes its longest valid prefix, at least one byte (Unicode 15, section
 * 3.9, "maximal subpart"). */
size_t jieda__utf8_decode(const unsigned char *bytes, size_t len, uint32_t *cp_out);
/* Writes 1..4 bytes; a surrogate or a value past U+10FFFF is written as U+FFFD. */
size_t jieda__utf8_encode(uint32_t cp, char out[4]);
/* The first byte that does not belong to well-formed UTF-8, or len when all do. */
size_t jieda__utf8_valid_prefix(const char *bytes, size_t len);

/* ---- hashes ---------------------------------------------------------------------------------- */

/* A 64-bit multiply-xor hash, eight bytes a step: identifies content and finds damage; it does not
 * withstand an attacker. Little-endian hosts only, as is the .kb format. Start with
 * JIEDA__HASH_SEED. */
#define JIEDA__HASH_SEED 0xcbf29ce484222325ULL
uint64_t jieda__hash(uint64_t seed, const void *bytes, size_t len);
/* splitmix64's finalizer (public domain, S. Vigna): spreads small integers over 64 bits. */
uint64_t jieda__hash_mix(uint64_t value);

/* ---- calendar -------------------------------------------------------------------------------- */

/* Days from 1970-01-01 to a date; months 1..12, days 1..31. */
int64_t jieda__days_of_date(int year, int month, int day);

typedef struct jieda__civil {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
    int hour;
    int minute;
} jieda__civil;

/* The date and time `seconds` after 1970-01-01T00:00. */
jieda__civil jieda__civil_time(int64_t seconds);

/* ---- errors ---------------------------------------------------------------------------------- */

/* Fills `err` (may be NULL) and returns `status`, so that a failing line reads
 * `return jieda__fail(err, JIEDA_E_FORMAT, "...")`. Long messages are cut on a code point. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
jieda_status
jieda__fail(jieda_error *err, jieda_status status, const char *format, ...);
void jieda__error_source(jieda_error *err, const char *source); /* sets err->source if err */

#endif
