/*
 * chat_commands.c - the commands of a conversation on a terminal.
 *
 * An app has buttons, an agent has a desk; here both are words that begin with /. Each is one call
 * of the library, so that a conversation with everything that can happen to it can be tried before
 * anybody writes an adapter. In files and pipes there are none: there a line is what a visitor
 * says.
 */
#include "chat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATE_BYTES_MAX ((size_t)1024 * 1024) /* of a saved conversation; real ones have 12 kB */
#define TIME_BYTES 32

typedef void command_fn(chat *t, jieda_str rest);

typedef struct chat_word {
    const char *name;
    const char *argument; /* in the help; "" if there is none, "[X]" if it may be left out */
    const char *help;
    command_fn *run;
} chat_word;

/* ---- helpers --------------------------------------------------------------------------------- */

/* The visitor goes on after any failure; most remedies are another command. */
static void complain(const chat *t, const jieda_error *err)
{
    out_error(t->c, "%s", err->message[0] ? err->message : jieda_status_name(err->status));
}

static void tell(const chat *t, const char *what)
{
    printf("%s%s%s\n\n", out_style(t->c, STYLE_DIM), what, out_style(t->c, STYLE_NONE));
}

static void answer(chat *t, jieda_status st, const jieda_reply *reply, const jieda_error *err)
{
    if (st == JIEDA_OK)
        chat_show(t, reply);
    else
        complain(t, err);
}

static void done(chat *t, jieda_status st, const char *what, const jieda_error *err)
{
    if (st == JIEDA_OK)
        tell(t, what);
    else
        complain(t, err);
}

static const char *time_text(int64_t seconds, char out[TIME_BYTES])
{
    time_t time = (time_t)seconds;
    struct tm parts;

    if (!gmtime_r(&time, &parts) || strftime(out, TIME_BYTES, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        snprintf(out, TIME_BYTES, "%lld s", (long long)seconds);
    return out;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static void give(chat *t, jieda_feedback feedback)
{
    const jieda_reply *reply = NULL;
    jieda_error err = {0};
    jieda_status st;

    feedback.decision_id = text_of(t->decision_id);
    st = jieda_feedback_give(t->k->session, &feedback, &reply, &err);
    answer(t, st, reply, &err);
}

static void run_good(chat *t, jieda_str rest)
{
    give(t, (jieda_feedback){.kind = JIEDA_FEEDBACK_HELPFUL, .comment = rest});
}

static void run_bad(chat *t, jieda_str rest)
{
    give(t, (jieda_feedback){.kind = JIEDA_FEEDBACK_UNHELPFUL, .comment = rest});
}

static void run_stars(chat *t, jieda_str rest)
{
    if (rest.len != 1 || rest.ptr[0] < '1' || rest.ptr[0] > '5') {
        out_error(t->c, "/stars takes 1 to 5, such as /stars 4");
        return;
    }
    give(t, (jieda_feedback){.kind = JIEDA_FEEDBACK_SATISFACTION,
                             .stars = (uint32_t)(rest.ptr[0] - '0')});
}

/* ---- a person -------------------------------------------------------------------------------- */

static void run_human(chat *t, jieda_str rest)
{
    const jieda_reply *reply = NULL;
    jieda_error err = {0};
    jieda_status st = jieda_handoff_request(t->k->session, &reply, &err);

    (void)rest;
    answer(t, st, reply, &err);
}

static void run_cancel(chat *t, jieda_str rest)
{
    const jieda_reply *reply = NULL;
    jieda_error err = {0};
    jieda_status st = jieda_handoff_cancel(t->k->session, &reply, &err);

    (void)rest;
    answer(t, st, reply, &err);
}

static void run_agent(chat *t, jieda_str rest)
{
    jieda_error err = {0};

    done(t, jieda_handoff_accepted(t->k->session, rest, &err),
         "an agent has the ticket; /say speaks, /close or /return ends it", &err);
}

static void run_close(chat *t, jieda_str rest)
{
    jieda_error err = {0};

    (void)rest;
    done(t, jieda_handoff_closed(t->k->session, &err), "the ticket is closed", &err);
}

static void run_return(chat *t, jieda_str rest)
{
    jieda_error err = {0};

    (void)rest;
    done(t, jieda_handoff_returned(t->k->session, &err), "the ticket waits in its queue again",
         &err);
}

static void run_say(chat *t, jieda_str rest)
{
    jieda_error err = {0};

    if (jieda_handoff_said(t->k->session, rest, &err) != JIEDA_OK) {
        complain(t, &err);
        return;
    }
    printf("%sagent:%s ", out_style(t->c, STYLE_BOLD), out_style(t->c, STYLE_NONE));
    out_text(stdout, rest);
    fputs("\n\n", stdout);
}

/* ---- looking at it --------------------------------------------------------------------------- */

static void run_ticket(chat *t, jieda_str rest)
{
    char created[TIME_BYTES], due[TIME_BYTES];
    jieda_ticket ticket;

    (void)rest;
    jieda_session_ticket(t->k->session, &ticket);
    if (ticket.id.len == 0) {
        tell(t, "this conversation has no ticket; /human opens one");
        return;
    }
    printf("%-10s%.*s\n%-10s%s\n%-10sP%d\n%-10s%s\n", "ticket", (int)ticket.id.len, ticket.id.ptr,
           "state", jieda_ticket_state_name(ticket.state), "priority", (int)ticket.priority,
           "reason", ticket.reason);
    printf("%-10s%.*s\n%-10s%s\n%-10s%s\n%-10s%s\n\n", "queue", (int)ticket.queue.len,
           ticket.queue.ptr, "created", time_text(ticket.created, created), "due",
           time_text(ticket.due, due), "stored", ticket.stored ? "yes" : "no");
}

static void run_transcript(chat *t, jieda_str rest)
{
    static const char *const roles[] = {
        [JIEDA_ROLE_VISITOR] = "visitor", [JIEDA_ROLE_BOT] = "bot", [JIEDA_ROLE_AGENT] = "agent"};
    const jieda_message *list;
    jieda_error err = {0};
    size_t count;

    (void)rest;
    if (jieda_transcript(t->k->session, &list, &count, &err) != JIEDA_OK) {
        complain(t, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char time[TIME_BYTES];

        printf("%s%s%s %-8s %-9.*s", out_style(t->c, STYLE_DIM), time_text(list[i].time, time),
               out_style(t->c, STYLE_NONE), roles[list[i].role], (int)list[i].decision_id.len,
               list[i].decision_id.ptr);
        out_text(stdout, list[i].text);
        fputc('\n', stdout);
    }
    tell(t, count > 0 ? "that is what a ticket shows of the conversation" : "nothing was said yet");
}

/* ---- keeping it ------------------------------------------------------------------------------ */

/* `rest` as a path; NULL, and a complaint, without one. Free it. */
static char *path_of(const chat *t, jieda_str rest, const char *word)
{
    char *path = rest.len > 0 ? malloc(rest.len + 1) : NULL;

    if (path) {
        memcpy(path, rest.ptr, rest.len);
        path[rest.len] = '\0';
    } else if (rest.len > 0) {
        out_of_memory(t->c);
    } else {
        out_error(t->c, "%s needs a file, such as %s talk.state", word, word);
    }
    return path;
}

static void run_save(chat *t, jieda_str rest)
{
    char *path = path_of(t, rest, "/save");
    jieda_error err = {0};
    jieda_str bytes;

    if (path && jieda_session_save(t->k->session, &bytes, &err) != JIEDA_OK)
        complain(t, &err);
    else if (path && file_write(t->c, path, bytes) == CLI_OK)
        tell(t, "the conversation is saved; /load goes on with it, here or elsewhere");
    free(path);
}

static void run_load(chat *t, jieda_str rest)
{
    char *path = path_of(t, rest, "/load"), *bytes = NULL;
    jieda_error err = {0};
    size_t len = 0;

    if (path && file_read(t->c, path, STATE_BYTES_MAX, &bytes, &len) == CLI_OK) {
        if (jieda_session_load(t->k->session, bytes, len, &err) == JIEDA_OK) {
            t->decision_id[0] = '\0';
            tell(t, "the conversation goes on; /transcript shows it");
        } else {
            complain(t, &err);
        }
    }
    free(bytes);
    free(path);
}

static void run_reset(chat *t, jieda_str rest)
{
    (void)rest;
    jieda_session_reset(t->k->session);
    t->decision_id[0] = '\0';
    tell(t, "a new conversation begins");
}

static void run_quit(chat *t, jieda_str rest)
{
    (void)rest;
    t->quit = true;
}

static command_fn run_help;

/* ---- the table ------------------------------------------------------------------------------- */

static const chat_word words[] = {
    {"/good", "[COMMENT]", "the last answer helped", run_good},
    {"/bad", "[COMMENT]", "it did not", run_bad},
    {"/stars", "N", "1 to 5 for the service", run_stars},
    {"/human", "", "the visitor presses the button that calls a person", run_human},
    {"/cancel", "", "the visitor needs no person any more", run_cancel},
    {"/agent", "[NAME]", "an agent takes the ticket", run_agent},
    {"/say", "TEXT", "the agent says it", run_say},
    {"/return", "", "the agent gives the conversation back to the queue", run_return},
    {"/close", "", "the agent is done", run_close},
    {"/ticket", "", "the ticket as it stands", run_ticket},
    {"/transcript", "", "what was said, as an agent reads it", run_transcript},
    {"/save", "FILE", "keep the conversation", run_save},
    {"/load", "FILE", "go on with one that was kept", run_load},
    {"/reset", "", "begin a new conversation", run_reset},
    {"/help", "", "these commands", run_help},
    {"/quit", "", "leave, as Ctrl-D does", run_quit},
};

#define WORD_COUNT (sizeof words / sizeof *words)

static void run_help(chat *t, jieda_str rest)
{
    (void)t;
    (void)rest;
    for (size_t i = 0; i < WORD_COUNT; i++) {
        char left[32];

        snprintf(left, sizeof left, "%s %s", words[i].name, words[i].argument);
        printf("  %-20s %s\n", left, words[i].help);
    }
    fputc('\n', stdout);
}

static void unknown(const chat *t, jieda_str name)
{
    const char *names[WORD_COUNT], *near;
    char wanted[64];

    for (size_t i = 0; i < WORD_COUNT; i++)
        names[i] = words[i].name;
    snprintf(wanted, sizeof wanted, "%.*s", (int)text_cut(name, sizeof wanted - 1).len, name.ptr);
    near = text_nearest(wanted, names, WORD_COUNT);
    if (near)
        out_error(t->c, "no command \"%s\"; did you mean %s?", wanted, near);
    else
        out_error(t->c, "no command \"%s\"; /help lists them", wanted);
}

void chat_command(chat *t, jieda_str line)
{
    const char *space = memchr(line.ptr, ' ', line.len);
    jieda_str name = {line.ptr, space ? (size_t)(space - line.ptr) : line.len};
    jieda_str rest = {line.ptr + name.len, line.len - name.len};

    while (rest.len > 0 && *rest.ptr == ' ')
        rest = (jieda_str){rest.ptr + 1, rest.len - 1};
    for (size_t i = 0; i < WORD_COUNT; i++) {
        if (!text_equal(name, words[i].name))
            continue;
        if (rest.len > 0 && words[i].argument[0] == '\0')
            out_error(t->c, "%s takes nothing; leave the rest out", words[i].name);
        else
            words[i].run(t, rest);
        return;
    }
    unknown(t, name);
}
