/*
 * output.c - stdout for results, stderr for everything about them.
 *
 * A reader that went away (`jieda eval ... | head -1`) is no error: SIGPIPE is ignored, the next
 * flush sees EPIPE, the command stops and the tool exits quietly. A full disk is an error. Both are
 * noticed at out_flush(), so commands call it after each thing a reader may be waiting for.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A closed standard stream must not become the first file that is opened: a knowledge base read as
 * questions, or written over by answers. /dev/null takes its place, opened the wrong way round, so
 * that using it fails as using the closed stream did. */
static void keep_standard_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(CLI_INTERNAL); /* nowhere to say why */
}

void out_init(cli *c)
{
    const char *no_color = getenv("NO_COLOR");
    bool color = !no_color || !*no_color;

    keep_standard_streams();
    *c = (cli){.terminal_out = isatty(STDOUT_FILENO) == 1,
               .terminal_err = isatty(STDERR_FILENO) == 1};
    c->color_out = color && c->terminal_out;
    c->color_err = color && c->terminal_err;
    signal(SIGPIPE, SIG_IGN);
}

static const char *style_code(bool color, style s)
{
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                        "\033[31m", "\033[32m", "\033[33m"};

    return color ? codes[s] : "";
}

const char *out_style(const cli *c, style s)
{
    return style_code(c->color_out, s);
}

const char *out_error_style(const cli *c, style s)
{
    return style_code(c->color_err, s);
}

static bool steers_terminal(uint32_t cp)
{
    return (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7F && cp < 0xA0);
}

void out_text(FILE *file, jieda_str text)
{
    uint32_t cp;
    size_t len;

    for (size_t at = 0; at < text.len; at += len) {
        len = text_decode(text, at, &cp);
        /* U+FFFD stands for an ill-formed byte, or for itself. */
        if (steers_terminal(cp) || cp == 0xFFFD)
            fputs("\xEF\xBF\xBD", file);
        else
            fwrite(text.ptr + at, 1, len, file);
    }
}

void out_cell(FILE *file, jieda_str text, size_t columns)
{
    size_t width = text_width(text);

    if (width > columns) {
        size_t fits = 0, used = 0;

        while (fits < text.len) {
            uint32_t cp;
            size_t len = text_decode(text, fits, &cp);
            size_t wide = text_width((jieda_str){text.ptr + fits, len});

            if (used + wide + 3 > columns)
                break;
            used += wide;
            fits += len;
        }
        out_text(file, (jieda_str){text.ptr, fits});
        fputs("...", file);
        width = used + 3;
    } else {
        out_text(file, text);
    }
    for (; width < columns; width++)
        fputc(' ', file);
}

bool out_flush(cli *c)
{
    if (c->out_errno == 0) {
        errno = 0;
        if (fflush(stdout) != 0 || ferror(stdout))
            c->out_errno = errno ? errno : EIO;
    }
    return c->out_errno == 0;
}

int out_finish(cli *c, int code)
{
    if (out_flush(c) || c->out_errno == EPIPE)
        return code;
    out_error(c, "cannot write to standard output: %s; see whether its disk is full",
              strerror(c->out_errno));
    return code == CLI_OK ? CLI_FILE : code;
}

void out_error(const cli *c, const char *format, ...)
{
    char message[2048]; /* may quote a file or an argument: no control byte reaches the terminal */
    va_list list;

    fprintf(stderr, "%sjieda:%s ", out_error_style(c, STYLE_RED), out_error_style(c, STYLE_NONE));
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    out_text(stderr, text_of(message));
    fputc('\n', stderr);
}

int out_of_memory(const cli *c)
{
    out_error(c, "out of memory; close other programs and try again");
    return CLI_INTERNAL;
}

/* What a person can do about a status, and the exit code it stands for. */
static const char *remedy(jieda_status status, int *code)
{
    *code = CLI_USAGE;
    switch (status) {
    case JIEDA_OK:
        break;
    case JIEDA_E_NOMEM:
        *code = CLI_INTERNAL;
        return "close other programs and try again";
    case JIEDA_E_LIMIT:
        return "make it shorter";
    case JIEDA_E_INVALID:
        return "`jieda help` tells what is taken";
    case JIEDA_E_IO:
        *code = CLI_FILE;
        return "check the path, its permissions and the free space";
    case JIEDA_E_FORMAT:
        *code = CLI_FILE;
        return "make it again with `jieda build`";
    case JIEDA_E_VERSION:
        *code = CLI_FILE;
        return "make it again with this version's `jieda build`";
    case JIEDA_E_NOT_FOUND:
        return "`jieda browse` lists what there is";
    case JIEDA_E_CANCELLED:
        *code = CLI_INTERRUPTED;
        return "run it again to finish";
    }
    *code = CLI_INTERNAL;
    return "please report this";
}

int out_library_error(const cli *c, const jieda_error *err)
{
    int code;
    const char *fix = remedy(err->status, &code);
    const char *message = err->message[0] ? err->message : jieda_status_name(err->status);
    char place[160] = "";

    if (err->source[0] && err->line)
        snprintf(place, sizeof place, "%s:%u:%u: ", err->source, err->line, err->column);
    else if (err->source[0])
        snprintf(place, sizeof place, "%s: ", err->source);
    if (strstr(message, "; ")) /* it brings its own remedy */
        out_error(c, "%s%s", place, message);
    else
        out_error(c, "%s%s; %s", place, message, fix);
    return code;
}

void out_progress(const cli *c, const char *what, uint64_t done, uint64_t total)
{
    if (!c->terminal_err)
        return;
    if (total > 0)
        fprintf(stderr, "\r\033[K%s %llu/%llu", what, (unsigned long long)done,
                (unsigned long long)total);
    else
        fprintf(stderr, "\r\033[K%s %llu", what, (unsigned long long)done);
    fflush(stderr);
}

void out_progress_end(const cli *c)
{
    if (c->terminal_err)
        fputs("\r\033[K", stderr);
}

int out_json(cli *c, cJSON *json)
{
    char *line = json ? cJSON_PrintUnformatted(json) : NULL;

    cJSON_Delete(json);
    if (!line)
        return out_of_memory(c);
    fputs(line, stdout);
    fputc('\n', stdout);
    cJSON_free(line);
    out_flush(c);
    return CLI_OK;
}

void out_diagnostic(void *ctx, const jieda_diagnostic *d)
{
    const cli *c = ctx;
    bool is_error = d->severity == JIEDA_SEVERITY_ERROR;

    out_progress_end(c);
    out_text(stderr, d->file);
    if (d->line)
        fprintf(stderr, ":%u", d->line);
    if (d->line && d->column)
        fprintf(stderr, ":%u", d->column);
    fprintf(stderr, "%s%s%s[%s]:%s ", d->file.len ? ": " : "",
            out_error_style(c, is_error ? STYLE_RED : STYLE_YELLOW), is_error ? "error" : "warning",
            d->rule, out_error_style(c, STYLE_NONE));
    out_text(stderr, d->message);
    if (d->fix.len) {
        fputs("; ", stderr);
        out_text(stderr, d->fix);
    }
    fputc('\n', stderr);
}

double out_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
