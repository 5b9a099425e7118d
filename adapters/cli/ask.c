/*
 * ask.c - `jieda ask`: one question from the command line, or one a line from standard input.
 *
 * A program at the other end of a pipe counts lines: with --json every input line has exactly one
 * output line, also an empty, an over-long and a refused one, and it is flushed before the next
 * line is read. An over-long line never reaches the library; only its beginning is quoted back.
 */
#include "cli.h"

#include <stdlib.h>

/* How much of an over-long question is given back. */
#define QUOTED_BYTES_MAX 256

typedef struct asking {
    cli *c;
    kb *k;
    bool json;
    bool fresh;    /* each question is its own conversation */
    bool numbered; /* the question is a line of standard input */
    int code;
} asking;

/* The question was not answered: one JSON line, or one line on stderr. */
static void refuse(asking *a, jieda_str question, const char *error, uint64_t number)
{
    if (a->json) {
        int code = out_json(a->c, json_refusal(question, error));

        a->code = code == CLI_OK ? a->code : code;
    } else if (a->numbered) {
        out_error(a->c, "line %llu: %s", (unsigned long long)number, error);
    } else {
        out_error(a->c, "%s", error);
    }
}

/* A refusal by the library. Where the visitor cannot help it, the exit code tells as well. */
static void refuse_failed(asking *a, jieda_str question, const jieda_error *err, uint64_t number)
{
    if (err->status == JIEDA_E_NOMEM)
        a->code = CLI_INTERNAL;
    else if (err->status == JIEDA_E_FORMAT || err->status == JIEDA_E_IO)
        a->code = CLI_FILE;
    refuse(a, question, err->message[0] ? err->message : jieda_status_name(err->status), number);
}

static void show(asking *a, jieda_str question, const jieda_reply *reply, uint64_t elapsed_us)
{
    if (a->json) {
        int code = out_json(a->c, json_reply(question, reply, elapsed_us));

        a->code = code == CLI_OK ? a->code : code;
        return;
    }
    reply_print(a->c, a->k->session, reply);
    if (a->numbered)
        fputc('\n', stdout); /* answers have several lines: an empty one ends each */
    out_flush(a->c);
}

/* False once nobody reads the output any more, or memory is gone. */
static bool ask_line(void *ctx, jieda_str line, bool too_long, uint64_t number)
{
    asking *a = ctx;
    const jieda_reply *reply;
    jieda_error err = {0};
    uint64_t elapsed_us;
    char message[96];

    if (too_long) {
        snprintf(message, sizeof message,
                 "the question is longer than %d bytes; shorten it (its beginning is shown)",
                 JIEDA_UTTERANCE_BYTES_MAX);
        refuse(a, text_cut(line, QUOTED_BYTES_MAX), message, number);
    } else if (kb_ask(a->k, line, a->fresh, &reply, &elapsed_us, &err) == JIEDA_OK) {
        show(a, line, reply, elapsed_us);
    } else {
        refuse_failed(a, line, &err, number);
    }
    return out_flush(a->c);
}

int ask_stdin(cli *c, kb *k, bool json, bool fresh)
{
    asking a = {c, k, json, fresh, true, CLI_OK};
    int code;

    interrupt_catch();
    code = line_each_of_stdin(c, ask_line, &a);
    return code == CLI_OK ? a.code : code;
}

static int ask_once(cli *c, kb *k, bool json, const char *question)
{
    asking a = {c, k, json, true, false, CLI_OK};
    jieda_str text = text_of(question);
    bool too_long = text.len > JIEDA_UTTERANCE_BYTES_MAX;

    ask_line(&a, text, too_long, 1);
    return too_long ? CLI_USAGE : a.code;
}

int run_ask(cli *c, const args *a)
{
    kb k;
    int code = kb_open_desk(c, a, &k);

    if (code == CLI_OK)
        code = a->word_count > 0 ? ask_once(c, &k, a->json, a->words[0])
                                 : ask_stdin(c, &k, a->json, true);
    kb_close(&k);
    return code;
}
