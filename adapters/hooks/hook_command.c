/*
 * hook_command.c - runs a program of the host's for each event.
 *
 * The ticket is the program's standard input, as a file in memory rather than a pipe: nothing has
 * to be fed while the program runs, one that never reads cannot block, and there is no SIGPIPE. The
 * file has no name and is gone with the last who has it open.
 *
 * The end is waited for by looking, at intervals of 1 to 16 ms: a wait with a timeout would need
 * SIGCHLD, which is the host's, or a process descriptor, which is Linux's alone. Until it is waited
 * for, a dead child keeps its number, so killing the group cannot hit a stranger.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* EX_TEMPFAIL of sysexits.h. */
#define EXIT_BUSY 75

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

/* The ticket as one line in a file to be read from its beginning, or -1. */
static int make_input(jieda_str ticket)
{
    int fd = memfd_create("jieda-ticket", MFD_CLOEXEC);
    size_t begin = 0;

    if (fd < 0)
        return -1;
    /* In JSON a newline only stands between tokens, where a space is as good. */
    for (size_t i = 0; i <= ticket.len; i++) {
        bool last = i == ticket.len;

        if (!last && ticket.ptr[i] != '\n' && ticket.ptr[i] != '\r')
            continue;
        if (!write_all(fd, ticket.ptr + begin, i - begin) || !write_all(fd, last ? "\n" : " ", 1)) {
            close(fd);
            return -1;
        }
        begin = i + 1;
    }
    if (lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Returns 0 or an errno. */
static int start(const jieda_command_hook_options *options, int input, pid_t *pid_out)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    int rc = posix_spawn_file_actions_init(&actions);

    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return rc;
    }
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* a host ignores it, a program relies on it */
    sigaddset(&defaults, SIGCHLD);
    rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF);
    if (rc == 0)
        rc = posix_spawnattr_setpgroup(&attributes, 0);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(&attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(&attributes, &defaults);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    for (int fd = STDOUT_FILENO; rc == 0 && !options->inherit_output && fd <= STDERR_FILENO; fd++)
        rc = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn(pid_out, options->argv[0], &actions, &attributes,
                         (char *const *)options->argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Waits for the end, at most until the timeout. @return whether *status_out was written; if not,
 * the program was killed, or somebody else waited for it (errno ECHILD). */
static bool wait_for(pid_t pid, uint32_t timeout_ms, int *status_out)
{
    int64_t end = jieda__hooks_monotonic_ms() + timeout_ms;
    int64_t pause_ms = 1;
    pid_t got;

    for (;;) {
        struct timespec pause;
        int64_t left;

        got = waitpid(pid, status_out, WNOHANG);
        if (got == pid)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        left = end - jieda__hooks_monotonic_ms();
        if (left <= 0)
            break;
        pause_ms = pause_ms < left ? pause_ms : left;
        pause = (struct timespec){.tv_nsec = (long)pause_ms * 1000000};
        nanosleep(&pause, NULL);
        pause_ms = pause_ms < 16 ? pause_ms * 2 : 16;
    }
    kill(-pid, SIGKILL);
    do
        got = waitpid(pid, status_out, 0);
    while (got < 0 && errno == EINTR);
    errno = ETIMEDOUT;
    return false;
}

static jieda_handoff_result fail(const jieda_command_hook_options *options,
                                 const jieda_handoff *handoff, const char *what, int number)
{
    char why[JIEDA__HOOKS_WHY_BYTES] = "";

    if (number != 0)
        jieda__hooks_why(number, why);
    jieda__hooks_log(options->log, options->log_ctx, JIEDA_LOG_ERROR,
                     "command hook: ticket %.*s was not taken by %s: %s%s%s",
                     (int)handoff->ticket_id.len, handoff->ticket_id.ptr, options->argv[0], what,
                     number != 0 ? ": " : "", why);
    return JIEDA_HANDOFF_FAILED;
}

jieda_handoff_result jieda_command_hook(void *ctx, const jieda_handoff *handoff)
{
    const jieda_command_hook_options *options = ctx;
    int input = make_input(handoff->ticket);
    int rc, status = 0;
    pid_t pid;

    if (input < 0)
        return fail(options, handoff, "cannot make its input", errno);
    rc = start(options, input, &pid);
    close(input);
    if (rc != 0)
        return fail(options, handoff, "cannot run it", rc);
    if (!wait_for(pid, options->timeout_ms, &status))
        return fail(options, handoff, "no exit status", errno);
    if (!WIFEXITED(status))
        return fail(options, handoff, "ended by a signal", 0);
    if (WEXITSTATUS(status) == 0)
        return JIEDA_HANDOFF_ACCEPTED;
    if (WEXITSTATUS(status) == EXIT_BUSY)
        return JIEDA_HANDOFF_BUSY;
    return fail(options, handoff, "its exit status is neither 0 nor 75", 0);
}
