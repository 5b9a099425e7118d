/*
 * hook_file.c - one line of JSON for each event, appended to a file.
 *
 * The file is opened for each event. That costs little beside the fsync, lets a rotation rename the
 * file away at any time, and gives each call a lock of its own: flock() belongs to an open file, so
 * threads that shared one would not exclude each other.
 *
 * What a crash can leave is half a line without its newline. The next event then begins with a
 * newline, in the same write:
 *
 *     {"event":"opened","idempotency_key":"T1/1","conv
 *     {"event":"opened","idempotency_key":"T1/1","conversation_id":"c1","ticket":{...}}
 *
 * A write that ends early (full disk) is taken back by cutting the file where it was.
 */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The words of jieda_handoff_event_name(); repeated here so that the hooks need no symbol of the
 * engine. A test compares the two. */
static const char *event_name(jieda_handoff_event event)
{
    switch (event) {
    case JIEDA_HANDOFF_OPENED:
        return "opened";
    case JIEDA_HANDOFF_MESSAGE:
        return "message";
    case JIEDA_HANDOFF_ESCALATED:
        return "escalated";
    case JIEDA_HANDOFF_REOPENED:
        return "reopened";
    case JIEDA_HANDOFF_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

static char *put(char *at, jieda_str text)
{
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static char *put_cstr(char *at, const char *text)
{
    return put(at, (jieda_str){text, strlen(text)});
}

/* The line with a newline before and behind it; NULL if out of memory. */
static char *make_line(const jieda_handoff *handoff, size_t *len_out)
{
    jieda_str key = handoff->idempotency_key, conversation = handoff->conversation_id;
    char *line = malloc(JIEDA__HOOKS_JSON_BYTES_MAX(key.len) +
                        JIEDA__HOOKS_JSON_BYTES_MAX(conversation.len) + handoff->ticket.len + 128);
    char *at, *ticket;

    if (!line)
        return NULL;
    at = put_cstr(line, "\n{\"event\":\"");
    at = put_cstr(at, event_name(handoff->event));
    at = jieda__hooks_json(put_cstr(at, "\",\"idempotency_key\":"), key);
    at = jieda__hooks_json(put_cstr(at, ",\"conversation_id\":"), conversation);
    ticket = put_cstr(at, ",\"ticket\":");
    at = put(ticket, handoff->ticket);
    /* In JSON a newline only stands between tokens, where a space is as good. */
    for (; ticket < at; ticket++)
        if (*ticket == '\n' || *ticket == '\r')
            *ticket = ' ';
    at = put_cstr(at, "}\n");
    *len_out = (size_t)(at - line);
    return line;
}

/* A new file is in its folder for good once the folder is synced. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    free(folder);
    return ok;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    ssize_t wrote;

    do
        wrote = write(fd, bytes, len);
    while (wrote < 0 && errno == EINTR);
    if (wrote >= 0 && (size_t)wrote < len)
        errno = ENOSPC; /* of a regular file only that, or a limit, ends a write early */
    return wrote >= 0 && (size_t)wrote == len;
}

/* `line` begins with a newline, which is written only after half a line. */
static bool append_locked(int fd, const char *path, const char *line, size_t len)
{
    struct stat info;
    char last = '\n';

    if (fstat(fd, &info) != 0)
        return false;
    if (!S_ISREG(info.st_mode)) {
        errno = EINVAL;
        return false;
    }
    if (info.st_size > 0 && pread(fd, &last, 1, info.st_size - 1) != 1)
        return false;
    if (last == '\n') {
        line++;
        len--;
    }
    if (!write_all(fd, line, len)) {
        int kept = errno;

        if (ftruncate(fd, info.st_size) != 0) {
            /* The half line stays, and the next event begins a new one. */
        }
        errno = kept;
        return false;
    }
    return fsync(fd) == 0 && (info.st_size > 0 || sync_folder(path));
}

static bool append(const char *path, const char *line, size_t len)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    bool ok = false;
    int rc, kept;

    if (fd < 0)
        return false;
    do
        rc = flock(fd, LOCK_EX);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        ok = append_locked(fd, path, line, len);
    kept = errno;
    close(fd); /* gives the lock back */
    errno = kept;
    return ok;
}

jieda_handoff_result jieda_file_hook(void *ctx, const jieda_handoff *handoff)
{
    const jieda_file_hook_options *options = ctx;
    size_t len;
    char *line = make_line(handoff, &len);
    bool ok = line && append(options->path, line, len);

    if (!ok) {
        char why[JIEDA__HOOKS_WHY_BYTES] = "out of memory";

        if (line)
            jieda__hooks_why(errno, why);
        jieda__hooks_log(options->log, options->log_ctx, JIEDA_LOG_ERROR,
                         "file hook: ticket %.*s was not written to %s: %s",
                         (int)handoff->ticket_id.len, handoff->ticket_id.ptr, options->path, why);
    }
    free(line);
    return ok ? jieda__hooks_stored(options->staffing, options->staffing_ctx, handoff)
              : JIEDA_HANDOFF_FAILED;
}
