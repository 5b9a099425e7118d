/*
 * cli.h - what the files of the command line tool share.
 *
 * The tool is a guest of the library like any other: it includes the public headers and nothing
 * else of the engine. Every command is a function of a `cli` (streams, colours) and parsed
 * arguments, and returns an exit code; only main() ends the process, except for a second Ctrl-C.
 *
 * Layers, each using those before it:
 *   text.c    bytes: repairing UTF-8, columns on a terminal, did-you-mean
 *   output.c  stdout and stderr: colours, errors, a reader that went away
 *   args.c    the table of options
 *   lines.c   lines of any length in bounded memory, Ctrl-C
 *   files.c   small files as a whole
 *   json.c    replies as JSON (the contract with scripts)
 *   desk.c    where tickets and feedback go
 *   kb.c      a knowledge base and a session made from the arguments
 *   reply.c   replies for people
 *   one file for each command or pair of commands
 */
#ifndef JIEDA_CLI_H
#define JIEDA_CLI_H

#include "jieda/build.h"
#include "jieda/jieda.h"

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes; `jieda help` lists them. */
enum {
    CLI_OK = 0,
    CLI_FAILED = 1, /* the source has errors, or a minimum was missed */
    CLI_USAGE = 2,
    CLI_FILE = 3,     /* a file could not be read or written, or is no knowledge base */
    CLI_INTERNAL = 4, /* out of memory, or a mistake of ours */
    CLI_INTERRUPTED = 130,
};

typedef struct cli {
    bool color_out, color_err; /* a terminal, and NO_COLOR is not set */
    bool terminal_out, terminal_err;
    int out_errno; /* why stdout no longer takes anything, 0 if it does */
} cli;

/* ---- text.c ---------------------------------------------------------------------------------- */

jieda_str text_of(const char *s); /* a C string as a slice */
bool text_equal(jieda_str a, const char *b);
bool text_begins(jieda_str text, const char *prefix);
/* A NUL-terminated copy (free it) that is valid UTF-8: an ill-formed byte and a NUL become U+FFFD.
 * NULL without memory. */
char *text_repair(jieda_str text);
/* The longest part of at most bytes_max bytes that does not end inside a code point. */
jieda_str text_cut(jieda_str text, size_t bytes_max);
/* One character at `p` (1..4 bytes) is stored; an ill-formed byte is U+FFFD and 1 byte long. */
size_t text_decode(jieda_str text, size_t at, uint32_t *cp_out);
/* Columns a text fills on a terminal: ideographs are two wide. */
size_t text_width(jieda_str text);
/* The word of `count` that is nearest to `wanted`, NULL if none is near. */
const char *text_nearest(const char *wanted, const char *const *words, size_t count);

/* ---- output.c -------------------------------------------------------------------------------- */

typedef enum style {
    STYLE_NONE,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_RED,
    STYLE_GREEN,
    STYLE_YELLOW
} style;

void out_init(cli *c);
/* For stdout; "" where there are no colours. */
const char *out_style(const cli *c, style s);
const char *out_error_style(const cli *c, style s); /* for stderr */
/* Text of a knowledge base or a visitor for people: control characters, which could steer the
 * terminal, become U+FFFD; newline and tab stay. */
void out_text(FILE *file, jieda_str text);
/* The same, then spaces up to `columns` columns. Longer text is cut with "...". */
void out_cell(FILE *file, jieda_str text, size_t columns);
/* Hands on what was written. False once stdout takes nothing more: stop then. */
bool out_flush(cli *c);
/* The exit code after a command returned `code`: reports an unwritable stdout. */
int out_finish(cli *c, int code);
/* "jieda: message" on stderr. */
void out_error(const cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Reports a failure of the library, with a remedy; returns the exit code. */
int out_library_error(const cli *c, const jieda_error *err);
int out_of_memory(const cli *c);
/* A line on a terminal's stderr that the next one overwrites; nothing elsewhere. */
void out_progress(const cli *c, const char *what, uint64_t done, uint64_t total);
void out_progress_end(const cli *c);
/* A finding as editors parse it, `file:line:col: error[rule]: message; fix`. `ctx` is the cli. */
void out_diagnostic(void *ctx, const jieda_diagnostic *diagnostic);
/* Seconds of a clock that only goes forward. */
double out_seconds(void);
/* Prints one compact line and frees `json`; NULL means that memory ran out. Exit code. */
int out_json(cli *c, cJSON *json);

/* ---- args.c ---------------------------------------------------------------------------------- */

typedef enum option {
    OPTION_KB,
    OPTION_OUTPUT,
    OPTION_MODEL,
    OPTION_NO_MODEL,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_SPARSE_BITS,
    OPTION_STRICT,
    OPTION_JSON,
    OPTION_LANG,
    OPTION_TAG,
    OPTION_SET,
    OPTION_CHANNEL,
    OPTION_EXPECT,
    OPTION_COUNT,
    OPTION_RANGES,
    OPTION_MISSES,
    OPTION_MIN_TOP1,
    OPTION_MIN_TOP3,
    OPTION_MIN_RIGHT,
    OPTION_MAX_WRONG,
    OPTION_AS,
    OPTION_MIN_RECALL,
    OPTION_MAX_FALSE_ALARMS,
    OPTION_MIN_TURNS,
    OPTION_TICKETS,
    OPTION_FEEDBACK,
    OPTION_INCIDENTS,
    OPTION_HELP,
    OPTION_KINDS,
} option;

#define OPTION_BIT(o) (1u << (o))
_Static_assert(OPTION_KINDS <= 32, "a bit for each option");
/* What every command takes that has a session. */
#define OPTIONS_SESSION                                                                            \
    (OPTION_BIT(OPTION_KB) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_LANG) |                   \
     OPTION_BIT(OPTION_TAG) | OPTION_BIT(OPTION_SET) | OPTION_BIT(OPTION_CHANNEL))

#define WORD_COUNT_MAX 64

/* Everything points into argv. */
typedef struct args {
    const char *kb, *output, *model, *lang, *channel, *expect; /* NULL: not given */
    const char *as, *tickets, *feedback, *incidents;
    const char *tags[JIEDA_BINDING_COUNT_MAX], *sets[JIEDA_BINDING_COUNT_MAX];
    size_t tag_count, set_count;
    bool json, strict, no_model, ranges, misses, help;
    size_t count;                         /* -n */
    double min_top1, min_top3, min_right; /* 0..1; below 0: not given */
    double min_recall, max_false_alarms, min_turns;
    long max_wrong; /* below 0: not given */
    uint64_t seed;
    uint32_t threads, sparse_bits;     /* 0: not given */
    const char *words[WORD_COUNT_MAX]; /* what is no option */
    size_t word_count;
} args;

typedef struct command {
    const char *name;
    const char *synopsis; /* after the name */
    const char *summary;  /* one line */
    const char *details;  /* paragraphs; "" for none */
    unsigned options;     /* OPTION_BIT()s */
    size_t word_count_min, word_count_max;
    const char *word_name; /* of the first word, in messages */
    int (*run)(cli *c, const args *a);
} command;

/* Reads argv after the command's name. CLI_OK or CLI_USAGE, which was reported. */
int args_parse(const cli *c, const command *cmd, int argc, char **argv, args *out);
/* The options of a command, a line each. */
void args_help(const command *cmd);

/* ---- lines.c --------------------------------------------------------------------------------- */

extern volatile sig_atomic_t interrupted; /* Ctrl-C was pressed */

/* From now on Ctrl-C sets `interrupted`; a second one ends the process with 130. */
void interrupt_catch(void);
/* From now on Ctrl-C ends the process with 130 at once: for work that cannot be stopped midway. */
void interrupt_exit(void);

/* Waits until read() on `fd` would return; another signal, such as that of a changed window, ends
 * the wait too. */
typedef enum wait_status { WAIT_READY, WAIT_SIGNAL, WAIT_INTERRUPTED } wait_status;
wait_status wait_for_input(int fd);

#define LINE_BYTES_MAX JIEDA_UTTERANCE_BYTES_MAX

typedef enum line_status { LINE_READ, LINE_END, LINE_INTERRUPTED, LINE_FAILED } line_status;

typedef struct line_reader {
    int fd;
    size_t begin, end; /* unread bytes in `block` */
    bool finished;
    uint64_t number; /* of the line last read, 1-based */
    char block[65536];
    char line[LINE_BYTES_MAX + 1]; /* one more: a CR that is stripped */
} line_reader;

/* Starts reading an open file. A reader is 128 KiB: keep it off the stack. */
void line_init(line_reader *r, int fd);
/* The next line without its LF, CRLF or the end of the file; it lives until the next call. A line
 * of more than LINE_BYTES_MAX bytes is cut there, its rest skipped, and `*too_long` set. */
line_status line_next(line_reader *r, jieda_str *line, bool *too_long);

/* Calls `each` for every line of standard input until it returns false. Exit code. */
typedef bool line_fn(void *ctx, jieda_str line, bool too_long, uint64_t number);
int line_each_of_stdin(const cli *c, line_fn *each, void *ctx);

/* ---- files.c --------------------------------------------------------------------------------- */

/* A file of at most bytes_max bytes; free what it gives. Exit code; a failure was reported. */
int file_read(const cli *c, const char *path, size_t bytes_max, char **bytes_out, size_t *len_out);
/* In place of what was there. Exit code; a failure was reported. */
int file_write(const cli *c, const char *path, jieda_str bytes);

/* ---- json.c ---------------------------------------------------------------------------------- */

/* Each returns false, or NULL, when memory ran out. */
bool json_put_str(cJSON *object, const char *key, jieda_str text);         /* always a string */
bool json_put_str_or_null(cJSON *object, const char *key, jieda_str text); /* null if empty */
bool json_put_real(cJSON *object, const char *key, double value);          /* six digits */
bool json_put_whole(cJSON *object, const char *key, uint64_t value);
/* A ticket by the contract; null if there is none. */
bool json_put_handoff(cJSON *object, const char *key, const jieda_ticket *ticket);
/* The reply object of the contract (docs of `jieda ask --json`). */
cJSON *json_reply(jieda_str question, const jieda_reply *reply, uint64_t elapsed_us);
/* The same for a question that was refused: decision "none", and why. */
cJSON *json_refusal(jieda_str question, const char *error);

/* ---- desk.c ---------------------------------------------------------------------------------- */

/* Who takes tickets and feedback: nobody, or files. */
typedef struct desk {
    const cli *c;
    const char *tickets_path, *feedback_path; /* of the arguments; NULL: not kept */
    FILE *tickets, *feedback;
    char news[256]; /* the last event of a ticket in a line, until its reader empties it */
} desk;

/* Opens the arguments' files. Exit code; desk_close() in any case. */
int desk_open(const cli *c, const args *a, desk *out);
void desk_close(desk *d);
/* The hooks. `ctx` is the desk. */
jieda_handoff_fn desk_take;
jieda_feedback_fn desk_note;

/* ---- kb.c ------------------------------------------------------------------------------------ */

typedef struct kb {
    jieda_engine *engine;
    jieda_session *session;
    jieda_incidents *incidents;
    desk desk;
    const cli *c;
    bool warned; /* the engine's first warning was shown */
} kb;

/* Opens the arguments' knowledge base and a session with their language, channel, tags and
 * placeholders. Reports what is wrong; exit code. kb_close() in any case. `out` must not move. */
int kb_open(const cli *c, const args *a, kb *out);
/* The same for conversations: there are tickets, feedback is taken, incidents are told of. */
int kb_open_desk(const cli *c, const args *a, kb *out);
void kb_close(kb *k);

/* jieda_ask() and how long it took. Starts a fresh session if `fresh`. */
jieda_status kb_ask(kb *k, jieda_str question, bool fresh, const jieda_reply **reply_out,
                    uint64_t *elapsed_us, jieda_error *err);
/* Whether there is an entry of this id that may be shown now. */
bool kb_has_entry(kb *k, const char *id);

/* ---- reply.c --------------------------------------------------------------------------------- */

/* A reply for people, in its language, on stdout. With `session`, topics are listed where the reply
 * asks to choose one; the reply is gone then. */
void reply_print(const cli *c, jieda_session *session, const jieda_reply *reply);

/* ---- commands -------------------------------------------------------------------------------- */

int run_build(cli *c, const args *a);
int run_ask(cli *c, const args *a);
int run_chat(cli *c, const args *a);
int run_explain(cli *c, const args *a);
int run_eval(cli *c, const args *a);
int run_browse(cli *c, const args *a);
int run_suggest(cli *c, const args *a);
int run_tokens(cli *c, const args *a);
int run_version(cli *c, const args *a);
int run_train(cli *c, const args *a);
int run_compare(cli *c, const args *a);

/* One question a line from standard input, answered by ask's rules; used by chat too. */
int ask_stdin(cli *c, kb *k, bool json, bool fresh);

#endif
