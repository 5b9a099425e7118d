/*
 * lines.c - lines of any length in bounded memory, and Ctrl-C.
 *
 * A flag alone would lose the Ctrl-C that comes between looking at the flag and waiting in read():
 * the wait would begin all the same. So the handler also writes to a pipe, and every wait is a
 * poll() of the input and that pipe; a byte in it is never taken out, so no later wait begins
 * either.
 *
 * Reads with read(2), not stdio: a signal must end a wait at once, a line may hold NUL bytes, and a
 * line of a gigabyte must cost no more than LINE_BYTES_MAX. One byte more than that is kept, for a
 * line of exactly the limit may end in CR LF, and the CR is not part of it.
 *
 *   "a\r\nb\0c\nd" -> "a"  "b\0c"  "d"
 */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t interrupted;

/* Read and write end; written to by the handler only. */
static int wake_up[2] = {-1, -1};

static void on_interrupt(int number)
{
    int kept = errno;

    (void)number;
    if (interrupted)
        _exit(CLI_INTERRUPTED);
    interrupted = 1;
    if (write(wake_up[1], "", 1) < 0) {
        /* The pipe was never full; the flag still ends the next step. */
    }
    errno = kept;
}

static void on_interrupt_exit(int number)
{
    (void)number;
    _exit(CLI_INTERRUPTED);
}

static void handle(void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler; /* no SA_RESTART: a read must return */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

void interrupt_catch(void)
{
    if (wake_up[0] < 0 && pipe(wake_up) != 0) {
        interrupt_exit(); /* nothing to wake a wait with */
        return;
    }
    handle(on_interrupt);
}

void interrupt_exit(void)
{
    handle(on_interrupt_exit);
}

wait_status wait_for_input(int fd)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = wake_up[0], .events = POLLIN}};
    bool signalled;

    if (interrupted)
        return WAIT_INTERRUPTED;
    signalled = poll(fds, 2, -1) < 0 && errno == EINTR;
    if (interrupted)
        return WAIT_INTERRUPTED;
    return signalled ? WAIT_SIGNAL : WAIT_READY; /* what is wrong, read() says */
}

void line_init(line_reader *r, int fd)
{
    r->fd = fd;
    r->begin = r->end = 0;
    r->finished = false;
    r->number = 0;
}

static line_status fill(line_reader *r)
{
    ssize_t got;

    for (;;) {
        wait_status waited = wait_for_input(r->fd);

        if (waited == WAIT_INTERRUPTED)
            return LINE_INTERRUPTED;
        if (waited == WAIT_SIGNAL)
            continue;
        got = read(r->fd, r->block, sizeof r->block);
        if (got >= 0)
            break;
        if (errno != EINTR)
            return LINE_FAILED;
    }
    r->begin = 0;
    r->end = (size_t)got;
    r->finished = got == 0;
    return got == 0 ? LINE_END : LINE_READ;
}

line_status line_next(line_reader *r, jieda_str *line, bool *too_long)
{
    size_t len = 0;
    bool any = false, skipped = false, complete = false;

    while (!complete) {
        const char *lf;
        size_t piece, kept;

        if (r->begin == r->end) {
            line_status st = r->finished ? LINE_END : fill(r);

            if (st == LINE_END && any)
                break; /* the last line has no LF */
            if (st != LINE_READ)
                return st;
        }
        lf = memchr(r->block + r->begin, '\n', r->end - r->begin);
        piece = lf ? (size_t)(lf - (r->block + r->begin)) : r->end - r->begin;
        kept = piece < sizeof r->line - len ? piece : sizeof r->line - len;
        memcpy(r->line + len, r->block + r->begin, kept);
        len += kept;
        any = true;
        skipped = skipped || kept < piece;
        complete = lf != NULL;
        r->begin += piece + complete;
    }
    r->number++;
    if (!skipped && len > 0 && r->line[len - 1] == '\r')
        len--;
    *too_long = len > LINE_BYTES_MAX;
    *line = (jieda_str){r->line, *too_long ? LINE_BYTES_MAX : len};
    return LINE_READ;
}

int line_each_of_stdin(const cli *c, line_fn *each, void *ctx)
{
    line_reader *r = malloc(sizeof *r);
    line_status st;
    jieda_str line;
    bool too_long;

    if (!r)
        return out_of_memory(c);
    line_init(r, STDIN_FILENO);
    do
        st = line_next(r, &line, &too_long);
    while (st == LINE_READ && each(ctx, line, too_long, r->number) && !interrupted);
    if (st == LINE_FAILED)
        out_error(c, "cannot read standard input: %s; give it a file or a pipe", strerror(errno));
    free(r);
    if (st == LINE_FAILED)
        return CLI_FILE;
    return interrupted ? CLI_INTERRUPTED : CLI_OK;
}
