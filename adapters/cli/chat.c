/*
 * chat.c - `jieda chat`: one conversation.
 *
 * On a terminal it has line editing and history through libedit, and commands that begin with /
 * (chat_commands.c). Without one, or with --json, it is `ask` from standard input that remembers: a
 * program talks to it, so there is no banner, no prompt, and "/quit" is a question like any other.
 * Options are the engine's business: "2", "第二个" and "都不是" go to it like everything else.
 *
 * libedit edits wide characters of the locale. The tool reads no environment, so it asks for a
 * UTF-8 locale by name. libedit's own reader starts again after the first signal, so that Ctrl-C
 * would have to be pressed twice; hence read_char() here, which ends the line at once. Leaving
 * through el_end() puts the terminal back as it was, in every case.
 */
#include "chat.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_COUNT_MAX 500

/* ---- libedit --------------------------------------------------------------------------------- */

static bool use_utf8_locale(void)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_CTYPE, names[i]))
            return true;
    return false;
}

/* One byte of the terminal: 1, 0 at its end, -1 after Ctrl-C or an error. */
static int read_byte(EditLine *el, char *byte)
{
    for (;;) {
        wait_status waited = wait_for_input(STDIN_FILENO);
        ssize_t got;

        if (waited == WAIT_INTERRUPTED)
            return -1;
        if (waited == WAIT_SIGNAL) {
            el_set(el, EL_REFRESH); /* the window changed, or a stopped process goes on */
            continue;
        }
        got = read(STDIN_FILENO, byte, 1);
        if (got >= 0)
            return (int)got;
        if (errno != EINTR)
            return -1;
    }
}

/* One character, as EL_GETCFN wants it; a broken sequence reads as U+FFFD. */
static int read_char(EditLine *el, wchar_t *out)
{
    char bytes[4];
    size_t len = 0, want = 1;
    uint32_t cp;

    while (len < want) {
        int got = read_byte(el, &bytes[len]);

        if (got <= 0)
            return got;
        if (len++ == 0) {
            unsigned char first = (unsigned char)bytes[0];

            want = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
        } else if (((unsigned char)bytes[len - 1] & 0xC0) != 0x80) {
            break;
        }
    }
    text_decode((jieda_str){bytes, len}, 0, &cp);
    *out = (wchar_t)cp;
    return 1;
}

static char *prompt(EditLine *el)
{
    static char text[] = "> ";

    (void)el;
    return text;
}

static EditLine *start_editing(History *past)
{
    EditLine *el = el_init("jieda", stdin, stdout, stderr);
    HistEvent event;

    if (!el)
        return NULL;
    history(past, &event, H_SETSIZE, HISTORY_COUNT_MAX);
    history(past, &event, H_SETUNIQUE, 1);
    el_set(el, EL_PROMPT, prompt);
    el_set(el, EL_EDITOR, "emacs");
    el_set(el, EL_SIGNAL, 1); /* puts the terminal right around Ctrl-Z and the like */
    el_set(el, EL_HIST, history, past);
    el_wset(el, EL_GETCFN, read_char);
    return el;
}

/* ---- the conversation ------------------------------------------------------------------------ */

void chat_show(chat *t, const jieda_reply *reply)
{
    desk *d = &t->k->desk;

    reply_print(t->c, t->k->session, reply);
    if (d->news[0]) {
        printf("%s", out_style(t->c, STYLE_DIM));
        out_text(stdout, text_of(d->news));
        if (d->tickets)
            printf(" (in %s; nobody is called)", d->tickets_path);
        else
            printf(" (nobody is called; --tickets FILE keeps it)");
        printf("%s\n", out_style(t->c, STYLE_NONE));
        d->news[0] = '\0';
    }
    fputc('\n', stdout);
}

static void take_turn(chat *t, jieda_str line)
{
    const jieda_reply *reply = NULL;
    jieda_error err = {0};
    uint64_t elapsed_us;

    if (kb_ask(t->k, line, false, &reply, &elapsed_us, &err) != JIEDA_OK) {
        out_library_error(t->c, &err);
        return;
    }
    snprintf(t->decision_id, sizeof t->decision_id, "%.*s", (int)reply->decision_id.len,
             reply->decision_id.ptr);
    chat_show(t, reply);
}

static jieda_str trim(const char *line, int count)
{
    jieda_str text = {line, count > 0 ? (size_t)count : 0};

    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    while (text.len > 0 && strchr(" \t", text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* NULL at the end of input or after Ctrl-C. */
static const char *read_line(EditLine *el, int *count)
{
    const char *line;

    /* Before the prompt is shown: what is typed right after it must not meet the cooked terminal,
     * which would keep a Ctrl-D to itself. */
    el_set(el, EL_PREP_TERM, 1);
    line = el_gets(el, count);
    return *count > 0 ? line : NULL;
}

static void converse(chat *t, EditLine *el, History *past)
{
    HistEvent event;
    const char *line;
    int count;

    while (!interrupted && (line = read_line(el, &count)) != NULL) {
        jieda_str text = trim(line, count);

        if (interrupted)
            return;
        if (text.len == 0)
            continue;
        history(past, &event, H_ENTER, line);
        if (text.ptr[0] == '/')
            chat_command(t, text);
        else
            take_turn(t, text);
        if (t->quit || !out_flush(t->c))
            return;
    }
    fputc('\n', stdout); /* the shell's prompt belongs on a line of its own */
}

static void banner(const chat *t)
{
    jieda_kb_info info;

    jieda_info(t->k->engine, &info);
    printf("%s", out_style(t->c, STYLE_BOLD));
    out_text(stdout, info.title.len ? info.title : info.name);
    printf("%s (jieda %s, %u entries)\nType a question; /help lists commands; /quit or Ctrl-D "
           "leaves.\n\n",
           out_style(t->c, STYLE_NONE), jieda_version(), info.entry_count);
    out_flush(t->c);
}

static int chat_on_terminal(cli *c, kb *k)
{
    chat t = {.c = c, .k = k};
    History *past = history_init();
    EditLine *el = past ? start_editing(past) : NULL;
    int code = CLI_OK;

    if (el) {
        interrupt_catch();
        banner(&t);
        converse(&t, el, past);
        el_end(el);
    } else {
        code = out_of_memory(c);
    }
    if (past)
        history_end(past);
    return interrupted ? CLI_INTERRUPTED : code;
}

int run_chat(cli *c, const args *a)
{
    bool editing = !a->json && c->terminal_out && isatty(STDIN_FILENO) == 1 && use_utf8_locale();
    kb k;
    int code = kb_open_desk(c, a, &k);

    if (code == CLI_OK)
        code = editing ? chat_on_terminal(c, &k) : ask_stdin(c, &k, a->json, false);
    kb_close(&k);
    return code;
}
