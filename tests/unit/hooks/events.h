/*
 * events.h - what every test of a hook needs: an event, a log that remembers, a folder.
 */
#ifndef JIEDA_TESTS_EVENTS_H
#define JIEDA_TESTS_EVENTS_H

#include "fixture.h"

#include "jieda/hooks.h"

#include <signal.h>
#include <sys/resource.h>

static inline jieda_handoff event(const char *key, const char *conversation, const char *ticket)
{
    return (jieda_handoff){
        .event = JIEDA_HANDOFF_OPENED,
        .reason = "requested",
        .priority = JIEDA_PRIORITY_P2,
        .ticket_id = str("T000000000000001"),
        .idempotency_key = str(key),
        .conversation_id = str(conversation),
        .queue = str("general"),
        .ticket = str(ticket),
    };
}

typedef struct log_lines {
    char text[2048]; /* of all lines, each with a newline */
    size_t count;
} log_lines;

static inline void remember_line(void *ctx, jieda_log_level level, jieda_str line)
{
    log_lines *log = ctx;
    size_t used = strlen(log->text);

    (void)level;
    snprintf(log->text + used, sizeof log->text - used, "%.*s\n", (int)line.len, line.ptr);
    log->count++;
}

/* Says what `ctx` points to. */
static inline jieda_handoff_result say(void *ctx, const jieda_handoff *handoff)
{
    (void)handoff;
    return *(jieda_handoff_result *)ctx;
}

static inline void path_in(const fixture *f, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", f->folder, name);
}

/* A disk that is full: no file of this process grows past `bytes`. SIGXFSZ is ignored, so that the
 * write fails instead. */
static inline void disk_fills_up_at(size_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void disk_has_room(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif
