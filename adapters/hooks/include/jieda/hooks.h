/*
 * jieda/hooks.h - ready-made hooks for jieda_options.handoff, and the durable outbox behind them.
 *
 *     hook          stores an event by                       its context
 *     file          appending a line to a JSONL file         jieda_file_hook_options
 *     command       running a program of the host's          jieda_command_hook_options
 *     outbox        a row in an SQLite file; a webhook or     jieda_outbox
 *                   any other sender takes it from there
 *
 *     jieda_outbox *outbox;
 *     jieda_webhook *webhook;
 *     jieda_outbox_open("tickets.outbox", NULL, &outbox, &err);
 *     jieda_webhook_new(&webhook_options, &webhook, &err);
 *     options.handoff = jieda_outbox_hook; // of jieda_open()
 *     options.handoff_ctx = outbox;
 *     ... and on the host's timer, on whatever thread:
 *     jieda_outbox_deliver(outbox, NULL, 100, jieda_webhook_send, webhook, NULL, &err);
 *
 * A library of its own (libjieda-hooks), so that an app that only asks links no libcurl and no
 * libcrypto; it uses the types of jieda.h and no symbol of libjieda. It starts no thread, prints
 * nothing, reads no environment (a command inherits the host's) and installs no signal handler.
 * Its own memory comes from malloc(); SQLite, libcurl and libcrypto keep theirs. docs/HOOKS.md
 * shows what a receiver has to do.
 */
#ifndef JIEDA_HOOKS_H
#define JIEDA_HOOKS_H

#include "jieda/jieda.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Milliseconds since 1970-01-01T00:00:00Z: retries need more than seconds. */
typedef int64_t jieda_clock_ms_fn(void *ctx);

/** What a visitor is told of an event that is stored: JIEDA_HANDOFF_ACCEPTED, _BUSY or _CLOSED, by
 *  the host's hours and queue. Called after it was stored, on the asking thread; anything else
 *  reads as accepted. */
typedef jieda_handoff_result jieda_staffing_fn(void *ctx, const jieda_handoff *handoff);

/* ---- file ------------------------------------------------------------------------------------ */

/** Begin with JIEDA_FILE_HOOK_OPTIONS_INIT. Fields are only ever appended. Borrowed until
 *  jieda_close(); must not change. */
typedef struct jieda_file_hook_options {
    uint32_t version;
    const char *path;            /* made with mode 0600 if it is missing; its folder must exist */
    jieda_staffing_fn *staffing; /* NULL: accepted */
    void *staffing_ctx;          /* borrowed; passed back unread */
    jieda_log_fn *log;           /* NULL: silent. Called on the asking thread */
    void *log_ctx;
} jieda_file_hook_options;

#define JIEDA_FILE_HOOK_OPTIONS_INIT                                                               \
    {                                                                                              \
        1, NULL, NULL, NULL, NULL, NULL                                                            \
    }

/** A jieda_handoff_fn that appends one line to a file:
 *
 *      {"event":"opened","idempotency_key":"...","conversation_id":"...","ticket":{...}}
 *
 *  The file is opened for each event, so it may be renamed away at any time. Threads and processes
 *  may share it (flock). A crash may leave half a line, which gets a line of its own, and an event
 *  twice: readers skip what is no JSON and take each key once.
 *  @param options  a jieda_file_hook_options.
 *  @return JIEDA_HANDOFF_FAILED unless the line is on the disk (fsync); else what `staffing` says.
 */
JIEDA_API jieda_handoff_result jieda_file_hook(void *options, const jieda_handoff *handoff);

/* ---- command --------------------------------------------------------------------------------- */

/** Begin with JIEDA_COMMAND_HOOK_OPTIONS_INIT. Fields are only ever appended. Borrowed until
 *  jieda_close(); must not change. */
typedef struct jieda_command_hook_options {
    uint32_t version;
    /* Path of the program and its arguments, ended by NULL. No shell reads it, nor is the path
     * searched for; arguments are seen by every user of the machine, so a secret is no argument. */
    const char *const *argv;
    uint32_t
        timeout_ms; /* 1..600000; the visitor waits as long. Then it and its group are killed */
    bool inherit_output; /* stdout and stderr are the host's; else they go to /dev/null */
    jieda_log_fn *log;   /* NULL: silent. Called on the asking thread */
    void *log_ctx;
} jieda_command_hook_options;

#define JIEDA_COMMAND_HOOK_OPTIONS_INIT                                                            \
    {                                                                                              \
        1, NULL, 10000, false, NULL, NULL                                                          \
    }

/** A jieda_handoff_fn that runs a program with the ticket, one line of JSON, as its standard input
 *  (a file of that length: it may be read in part, or not at all).
 *
 *      exit status 0     stored: JIEDA_HANDOFF_ACCEPTED
 *      exit status 75    stored, but everybody is busy: JIEDA_HANDOFF_BUSY
 *      anything else, a signal, or not done in time: JIEDA_HANDOFF_FAILED
 *
 *  The program sees the same idempotency_key when an event is tried again, also after a timeout.
 *  It has the host's environment, an empty signal mask, and a process group of its own. Threads:
 *  any number at once. The host must not ignore SIGCHLD nor wait for children it does not know, or
 *  the exit status is lost and the event counts as failed.
 *  @param options  a jieda_command_hook_options. */
JIEDA_API jieda_handoff_result jieda_command_hook(void *options, const jieda_handoff *handoff);

/* ---- outbox ---------------------------------------------------------------------------------- */

/** Longest idempotency key, conversation id and content type, in bytes; longest destination;
 * longest body. */
#define JIEDA_OUTBOX_NAME_BYTES_MAX 200
#define JIEDA_OUTBOX_DESTINATION_BYTES_MAX 1000
#define JIEDA_OUTBOX_BODY_BYTES_MAX ((size_t)16 * 1024 * 1024)
/** Most messages of one jieda_outbox_put() and of one jieda_outbox_claim(). */
#define JIEDA_OUTBOX_BATCH_COUNT_MAX 1000
/** No retry, Retry-After included, waits longer: 24 hours. */
#define JIEDA_OUTBOX_DELAY_MS_MAX 86400000
/** Keys of delivered messages are known for so long after their bodies were purged. */
#define JIEDA_OUTBOX_KEY_DAYS 30

/** Messages that must arrive: kept in an SQLite file until a receiver took them, sent again until
 *  then, and in order within one conversation and destination. Each arrives at least once, always
 *  with the same idempotency key, so a receiver that takes a key once takes each message once.
 *  Threads: internally locked; sending happens outside the lock. Several processes of one machine
 *  may open the same file; it must not lie on a network file system. */
typedef struct jieda_outbox jieda_outbox;

/** Begin with JIEDA_OUTBOX_OPTIONS_INIT. Fields are only ever appended. */
typedef struct jieda_outbox_options {
    uint32_t version;
    uint32_t busy_timeout_ms; /* how long to wait for another process's lock */
    uint32_t backoff_base_ms; /* >= 1; longest wait after the first failure, doubled by each more */
    uint32_t backoff_max_ms;  /* up to this; at least the base, at most JIEDA_OUTBOX_DELAY_MS_MAX */
    uint32_t attempt_count_max; /* tries after which a message is dead; 0: it is tried for ever */
    /* Who claimed a message has so long to settle it, else it is sent again: more than a sender's
     * timeout. 1..JIEDA_OUTBOX_DELAY_MS_MAX. */
    uint32_t lease_ms;
    uint64_t seed;               /* of the waits; 0: random */
    const char *destination;     /* of what jieda_outbox_hook() stores. Copied */
    jieda_clock_ms_fn *clock;    /* NULL: the system's wall clock. Threads may call it at once */
    void *clock_ctx;             /* borrowed; passed back unread */
    jieda_staffing_fn *staffing; /* NULL: accepted */
    void *staffing_ctx;
    jieda_log_fn *log; /* NULL: silent. Called on the thread that called the outbox */
    void *log_ctx;
} jieda_outbox_options;

#define JIEDA_OUTBOX_OPTIONS_INIT                                                                  \
    {                                                                                              \
        1, 5000, 1000, 600000, 0, 60000, 0, "tickets", NULL, NULL, NULL, NULL, NULL, NULL          \
    }

/** Opens an outbox, and makes the file (mode 0600) if it is missing; its folder must exist and be
 *  writable, for two more files stand beside it while it is open.
 *
 *  @param options     NULL for the defaults; copied.
 *  @param outbox_out  set on JIEDA_OK, else NULL; close with jieda_outbox_close().
 *  @return JIEDA_E_IO if the file cannot be made, read or written; JIEDA_E_FORMAT if it is no
 * outbox or damaged (damage that does not show yet is told by the call that meets it);
 *          JIEDA_E_VERSION if a newer jieda made it; JIEDA_E_INVALID; JIEDA_E_NOMEM. */
JIEDA_API jieda_status jieda_outbox_open(const char *path, const jieda_outbox_options *options,
                                         jieda_outbox **outbox_out, jieda_error *err);

/** NULL is a no-op. No call on the outbox may be under way. */
JIEDA_API void jieda_outbox_close(jieda_outbox *outbox);

/** Something to send. Borrowed for the call. */
typedef struct jieda_outbox_message {
    jieda_str idempotency_key; /* 1..JIEDA_OUTBOX_NAME_BYTES_MAX bytes of printable ASCII */
    jieda_str conversation_id; /* no control characters; "": it keeps no order */
    jieda_str destination;  /* 1..JIEDA_OUTBOX_DESTINATION_BYTES_MAX bytes, no control characters;
                               a name the sender understands, not a secret */
    jieda_str content_type; /* printable ASCII and spaces; "": application/json */
    jieda_str body;         /* any bytes, up to JIEDA_OUTBOX_BODY_BYTES_MAX */
} jieda_outbox_message;

typedef enum jieda_outbox_put_result {
    JIEDA_OUTBOX_STORED = 0,
    JIEDA_OUTBOX_KNOWN,      /* the key was there with the same body: nothing changed */
    JIEDA_OUTBOX_KEPT_FIRST, /* the key was there with another body, which stays */
} jieda_outbox_put_result;

/** Stores messages, all of them or none. On JIEDA_OK they are on the disk.
 *
 *  @param count        1..JIEDA_OUTBOX_BATCH_COUNT_MAX.
 *  @param results_out  `count` results, or NULL.
 *  @return JIEDA_E_INVALID or JIEDA_E_LIMIT for a message that makes no sense or is too long;
 *          JIEDA_E_IO if it could not be stored, such as on a full disk; JIEDA_E_FORMAT;
 *          JIEDA_E_NOMEM. */
JIEDA_API jieda_status jieda_outbox_put(jieda_outbox *outbox, const jieda_outbox_message *messages,
                                        size_t count, jieda_outbox_put_result *results_out,
                                        jieda_error *err);

/** A jieda_handoff_fn that stores the ticket, as JSON, for options.destination.
 *  @param outbox  a jieda_outbox.
 *  @return JIEDA_HANDOFF_FAILED unless it is on the disk; else what `staffing` says. */
JIEDA_API jieda_handoff_result jieda_outbox_hook(void *outbox, const jieda_handoff *handoff);

/** A message to be sent now. */
typedef struct jieda_outbox_item {
    jieda_outbox_message message;
    int64_t created_ms; /* when it was stored */
    uint32_t attempt;   /* 1 for the first */
    uint64_t lease;     /* who claimed it; for jieda_outbox_settle() */
    void *memory;       /* the strings' */
} jieda_outbox_item;

typedef enum jieda_delivery {
    JIEDA_DELIVERY_FAILED = 0, /* try again after a while, longer each time */
    JIEDA_DELIVERY_DONE,       /* the receiver has it */
    JIEDA_DELIVERY_REFUSED,    /* it will fail until somebody mends something: try again rarely */
} jieda_delivery;

/** What became of one attempt. Zero-initialised it is a failure. */
typedef struct jieda_outbox_outcome {
    jieda_delivery delivery;
    int64_t retry_after_ms; /* what the receiver asked for; 0: nothing. Ignored when done */
    char reason[96];        /* why not, one line; kept with the message. Holds no secret */
} jieda_outbox_outcome;

/** Sends one message and says what became of it. Borrowed for the call. Must not call the outbox.
 */
typedef void jieda_send_fn(void *ctx, const jieda_outbox_item *item,
                           jieda_outbox_outcome *outcome_out);

typedef struct jieda_outbox_tally {
    size_t done;
    size_t failed; /* refused ones, too */
} jieda_outbox_tally;

/** The pump: sends what is due, one message at a time on this thread, until nothing is due or
 *  `count_max` were tried. A message is due when it is at the head of its conversation's messages
 *  to that destination and its wait is over. Several threads and processes may pump at once.
 *
 *  @param destination  only what goes there; NULL: everything.
 *  @param tally_out    may be NULL; written on failure, too.
 *  @return JIEDA_E_IO and the like if the file failed, not if a receiver did. */
JIEDA_API jieda_status jieda_outbox_deliver(jieda_outbox *outbox, const char *destination,
                                            size_t count_max, jieda_send_fn *send, void *send_ctx,
                                            jieda_outbox_tally *tally_out, jieda_error *err);

/** The two halves of the pump, for a host that has many requests under way. Claims up to
 * `count_max` (1..JIEDA_OUTBOX_BATCH_COUNT_MAX) messages that are due, at most one of a
 * conversation and destination; each is this caller's for options.lease_ms.
 *  @param items_out  set on JIEDA_OK, NULL if nothing is due; free with jieda_outbox_items_free().
 */
JIEDA_API jieda_status jieda_outbox_claim(jieda_outbox *outbox, const char *destination,
                                          size_t count_max, jieda_outbox_item **items_out,
                                          size_t *count_out, jieda_error *err);
JIEDA_API void jieda_outbox_items_free(jieda_outbox_item *items, size_t count);

/** Says what became of claimed messages, in one transaction: done ones are over, others wait. Of a
 *  lease that ran out only JIEDA_DELIVERY_DONE still counts. After a power failure a settled
 * message may be sent once more. */
JIEDA_API jieda_status jieda_outbox_settle(jieda_outbox *outbox, const jieda_outbox_item *items,
                                           const jieda_outbox_outcome *outcomes, size_t count,
                                           jieda_error *err);

/** @param due_ms_out  when jieda_outbox_deliver() will have something to do: a time by the outbox's
 *                     clock, in the past if it has now; INT64_MAX if nothing waits. */
JIEDA_API jieda_status jieda_outbox_next_due(jieda_outbox *outbox, const char *destination,
                                             int64_t *due_ms_out, jieda_error *err);

typedef struct jieda_outbox_counts {
    uint64_t pending;
    uint64_t delivered; /* those whose keys are still known */
    uint64_t dead;
    int64_t oldest_ms; /* age of the oldest pending one; 0 if there is none */
} jieda_outbox_counts;

JIEDA_API jieda_status jieda_outbox_stats(jieda_outbox *outbox, jieda_outbox_counts *counts_out,
                                          jieda_error *err);

/** Called for each dead message, oldest first, within jieda_outbox_dead(). Must not call the
 * outbox. Return false to stop. */
typedef bool jieda_outbox_dead_fn(void *ctx, const jieda_outbox_message *message,
                                  uint32_t attempt_count, jieda_str reason);

JIEDA_API jieda_status jieda_outbox_dead(jieda_outbox *outbox, jieda_outbox_dead_fn *each,
                                         void *ctx, jieda_error *err);

/** Gives a dead message all its tries again, behind what its conversation has waiting.
 *  @param idempotency_key  which; "": all of them.
 *  @return JIEDA_E_NOT_FOUND if no dead message has that key. */
JIEDA_API jieda_status jieda_outbox_retry(jieda_outbox *outbox, jieda_str idempotency_key,
                                          jieda_error *err);

/** Erases the bodies of what was delivered before that time, and the keys JIEDA_OUTBOX_KEY_DAYS
 *  later. What is pending or dead stays.
 *  @param count_out  may be NULL; how many bodies. */
JIEDA_API jieda_status jieda_outbox_purge(jieda_outbox *outbox, int64_t before_ms,
                                          uint64_t *count_out, jieda_error *err);

/** Erases everything of a conversation, delivered or not; what is being sent at the moment may
 * still arrive. The bytes are overwritten in the file, in its log as soon as no other process reads
 * it.
 *  @param count_out  may be NULL; how many messages. */
JIEDA_API jieda_status jieda_outbox_erase(jieda_outbox *outbox, jieda_str conversation_id,
                                          uint64_t *count_out, jieda_error *err);

/* ---- webhook --------------------------------------------------------------------------------- */

/** Posts messages to one URL over HTTP or HTTPS. One thread at a time; keeps its connection open.
 *  A host with several threads calls curl_global_init() before the first of them starts. */
typedef struct jieda_webhook jieda_webhook;

/** Begin with JIEDA_WEBHOOK_OPTIONS_INIT. Fields are only ever appended. */
typedef struct jieda_webhook_options {
    uint32_t version;
    const char *url;  /* http: or https:, without user and password. Copied */
    jieda_str secret; /* key of the signature, any bytes; "": nothing is signed. Copied */
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;   /* of the whole request; less than the outbox's lease_ms */
    const char *ca_path;   /* PEM file of trusted authorities; NULL: the system's. Copied */
    const char *proxy;     /* NULL: none, whatever the environment says. Copied */
    jieda_clock_fn *clock; /* NULL: the system's wall clock; time of the signature */
    void *clock_ctx;       /* borrowed; passed back unread */
} jieda_webhook_options;

#define JIEDA_WEBHOOK_OPTIONS_INIT                                                                 \
    {                                                                                              \
        1, NULL, {NULL, 0}, 5000, 20000, NULL, NULL, NULL, NULL                                    \
    }

/** @param webhook_out  set on JIEDA_OK, else NULL; free with jieda_webhook_free().
 *  @return JIEDA_E_INVALID for a URL that is none or of another scheme; JIEDA_E_NOMEM. */
JIEDA_API jieda_status jieda_webhook_new(const jieda_webhook_options *options,
                                         jieda_webhook **webhook_out, jieda_error *err);
JIEDA_API void jieda_webhook_free(jieda_webhook *webhook); /* NULL is a no-op */

/** A jieda_send_fn whose context is a jieda_webhook. Follows no redirect, always verifies TLS,
 *  ignores what the response says but its status, as jieda_webhook_judge() reads it. */
JIEDA_API void jieda_webhook_send(void *webhook, const jieda_outbox_item *item,
                                  jieda_outbox_outcome *outcome_out);

/** The header lines of a request, for a host that sends by itself. NUL-terminated, "Name: value".
 */
typedef struct jieda_webhook_headers {
    char content_type[JIEDA_OUTBOX_NAME_BYTES_MAX + 16];
    char idempotency_key[JIEDA_OUTBOX_NAME_BYTES_MAX + 20];
    char timestamp[48]; /* X-Jieda-Timestamp: seconds since 1970-01-01 UTC */
    char signature[96]; /* X-Jieda-Signature: v1=HEX; "" without a secret */
} jieda_webhook_headers;

/** Makes them: the signature is HMAC-SHA256, keyed with the secret, of the timestamp's digits, a
 *  full stop, and the body. Pure.
 *  @return JIEDA_E_INVALID for a message whose key or content type is no header; JIEDA_E_NOMEM. */
JIEDA_API jieda_status jieda_webhook_prepare(jieda_str secret, const jieda_outbox_message *message,
                                             int64_t timestamp, jieda_webhook_headers *headers_out,
                                             jieda_error *err);

/** What an HTTP status means for a message. Pure.
 *
 *      2xx                      done
 *      409                      done: the receiver says that it has this key
 *      408, 425, 429, 5xx       failed: again by the schedule, not before Retry-After
 *      anything else            refused: 3xx, 401, 404, ... A wrong URL or secret is mended by a
 *                               person, so the message is kept and tried again rarely
 *
 *  @param retry_after_s  seconds of the Retry-After header; 0 without one. */
JIEDA_API void jieda_webhook_judge(long http_status, int64_t retry_after_s,
                                   jieda_outbox_outcome *outcome_out);

#ifdef __cplusplus
}
#endif
#endif
