/*
 * jieda/types.h - the words every other header of jieda speaks: slices, status, error, the three
 * things a host may inject (memory, log, clock). Include jieda.h or build.h instead of this file.
 */
#ifndef JIEDA_TYPES_H
#define JIEDA_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define JIEDA_API
#else
#define JIEDA_API __attribute__((visibility("default")))
#endif

/** A borrowed slice of UTF-8 bytes; not NUL-terminated. {NULL, 0} is the empty slice. */
typedef struct jieda_str {
    const char *ptr;
    size_t len; /* bytes */
} jieda_str;

/** What the caller can do about the outcome of a call. */
typedef enum jieda_status {
    JIEDA_OK = 0,
    JIEDA_E_NOMEM,     /* the allocator returned NULL, or a stated memory bound was reached */
    JIEDA_E_LIMIT,     /* an input is longer than its documented maximum */
    JIEDA_E_INVALID,   /* an argument makes no sense; see the message */
    JIEDA_E_IO,        /* a file could not be read or written */
    JIEDA_E_FORMAT,    /* the bytes are not what they should be (damaged .kb, malformed source) */
    JIEDA_E_VERSION,   /* a .kb of another format, tokenizer or lexicon version: build it again */
    JIEDA_E_NOT_FOUND, /* no such entry or category */
    JIEDA_E_CANCELLED, /* a hook of the caller's said to stop */
} jieda_status;

/** Where and why a call failed. Owned by the caller; needs no memory to fill.
 *  A function that takes one writes it only when it fails; it may be NULL. */
typedef struct jieda_error {
    jieda_status status;
    uint32_t line;     /* 1-based; 0 = no position */
    uint32_t column;   /* 1-based, in code points, as editors count */
    char source[96];   /* file or message id, "" if none */
    char message[160]; /* one line, no trailing period */
} jieda_error;

/** Memory for everything an engine, its sessions or a build allocates, except what SQLite and
 *  cJSON allocate, whose hooks are process-wide and therefore the host's to set.
 *  `resize` behaves like realloc: ptr NULL allocates, size 0 frees and returns NULL, and on failure
 *  it returns NULL and leaves the old block alone. Must be thread-safe when threads share an
 *  engine. `ctx` is passed back unread. */
typedef struct jieda_allocator {
    void *(*resize)(void *ctx, void *ptr, size_t size);
    void *ctx;
} jieda_allocator;

typedef enum jieda_log_level {
    JIEDA_LOG_DEBUG = 0,
    JIEDA_LOG_INFO,
    JIEDA_LOG_WARNING,
    JIEDA_LOG_ERROR,
} jieda_log_level;

/** Receives one line without newline; `line` lives during the call only. Called on the thread that
 *  made the engine call. Lines carry ids and counts, never a visitor's text. */
typedef void jieda_log_fn(void *ctx, jieda_log_level level, jieda_str line);

/** Seconds since 1970-01-01T00:00:00Z. Injected so that a test can replay a night. */
typedef int64_t jieda_clock_fn(void *ctx);

#ifdef __cplusplus
}
#endif
#endif
