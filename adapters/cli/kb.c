/*
 * kb.c - a knowledge base and one visitor of it, as the arguments describe them.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* More than the library reads, so that it is the one to say so. */
#define INCIDENT_BYTES_MAX ((size_t)2 * 1024 * 1024)

typedef jieda_status bind_fn(jieda_session *session, const char *name, jieda_str value,
                             jieda_error *err);

/* `text` is NAME=VALUE. */
static jieda_status bind(jieda_session *session, bind_fn *set, const char *text, jieda_error *err)
{
    const char *equals = strchr(text, '=');
    size_t len = (size_t)(equals - text);
    char *name = malloc(len + 1);
    jieda_status st;

    if (!name) {
        *err = (jieda_error){.status = JIEDA_E_NOMEM, .message = "out of memory"};
        return JIEDA_E_NOMEM;
    }
    memcpy(name, text, len);
    name[len] = '\0';
    st = set(session, name, text_of(equals + 1), err);
    free(name);
    return st;
}

static jieda_status apply(jieda_session *session, const args *a, jieda_error *err)
{
    jieda_status st = JIEDA_OK;

    if (a->lang)
        st = jieda_session_set_language(session, a->lang, err);
    if (st == JIEDA_OK && a->channel)
        st = jieda_session_set_channel(session, a->channel, err);
    for (size_t i = 0; st == JIEDA_OK && i < a->tag_count; i++)
        st = bind(session, jieda_session_set_tag, a->tags[i], err);
    for (size_t i = 0; st == JIEDA_OK && i < a->set_count; i++)
        st = bind(session, jieda_session_set_placeholder, a->sets[i], err);
    return st;
}

/* A misspelt --set would change nothing, in silence. @return the first name the knowledge base does
 * not know, or NULL. */
static const char *unknown_placeholder(const kb *k, const args *a)
{
    jieda_kb_info info;

    jieda_info(k->engine, &info);
    for (size_t i = 0; i < a->set_count; i++) {
        size_t len = strcspn(a->sets[i], "=");
        bool known = false;

        for (uint32_t p = 0; p < info.placeholder_count; p++)
            known = known || (info.placeholders[p].len == len &&
                              strncmp(info.placeholders[p].ptr, a->sets[i], len) == 0);
        if (!known)
            return a->sets[i];
    }
    return NULL;
}

/* The remedy lies in the command line, not in a file. */
static int refuse_settings(const cli *c, const args *a, const jieda_error *err)
{
    if (err->status == JIEDA_E_INVALID && a->lang) {
        out_error(c, "%s; leave --lang out or name one that `languages` in its source lists",
                  err->message);
        return CLI_USAGE;
    }
    return out_library_error(c, err);
}

/* Withheld entries and the like: what an editor trying a knowledge base wants to know. */
static void print_log(void *ctx, jieda_log_level level, jieda_str line)
{
    kb *k = ctx;

    if (level < JIEDA_LOG_WARNING)
        return;
    /* The same warning comes with every question: once is enough. */
    if (level == JIEDA_LOG_WARNING && k->warned)
        return;
    k->warned = k->warned || level == JIEDA_LOG_WARNING;
    out_error(k->c, "%s%.*s", level == JIEDA_LOG_WARNING ? "warning: " : "", (int)line.len,
              line.ptr);
}

/* `options` has the desk's hooks, or none. */
static int open_with(const cli *c, const args *a, jieda_options *options, kb *out)
{
    jieda_error err = {0};
    const char *unknown;

    options->log = print_log;
    options->log_ctx = out;
    if (jieda_open(a->kb, options, &out->engine, &err) != JIEDA_OK ||
        jieda_session_new(out->engine, &out->session, &err) != JIEDA_OK)
        return out_library_error(c, &err);
    unknown = unknown_placeholder(out, a);
    if (unknown) {
        out_error(c, "--set %s: the knowledge base has no such placeholder; see its pack.json",
                  unknown);
        return CLI_USAGE;
    }
    if (apply(out->session, a, &err) != JIEDA_OK)
        return refuse_settings(c, a, &err);
    return CLI_OK;
}

int kb_open(const cli *c, const args *a, kb *out)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    *out = (kb){.c = c};
    return open_with(c, a, &options, out);
}

/* ---- incidents ------------------------------------------------------------------------------- */

/* The remedy lies in the file. */
static int refuse_incidents(const cli *c, const char *path, const jieda_error *err)
{
    char place[32] = "";

    if (err->status == JIEDA_E_NOMEM)
        return out_of_memory(c);
    if (err->line)
        snprintf(place, sizeof place, ":%u:%u", err->line, err->column);
    out_error(c, "%s%s: %s; jieda_incidents_read() in jieda/jieda.h shows the form", path, place,
              err->message);
    return CLI_FILE;
}

static int read_incidents(const cli *c, const char *path, kb *out)
{
    char *json;
    size_t len;
    jieda_error err = {0};
    int code = file_read(c, path, INCIDENT_BYTES_MAX, &json, &len);

    if (code == CLI_OK && jieda_incidents_read(out->engine, (jieda_str){json, len}, &out->incidents,
                                               &err) != JIEDA_OK)
        code = refuse_incidents(c, path, &err);
    if (code == CLI_OK)
        jieda_session_set_incidents(out->session, out->incidents);
    free(json);
    return code;
}

int kb_open_desk(const cli *c, const args *a, kb *out)
{
    jieda_options options = JIEDA_OPTIONS_INIT;
    int code;

    *out = (kb){.c = c};
    options.handoff = desk_take;
    options.handoff_ctx = &out->desk;
    options.feedback = desk_note;
    options.feedback_ctx = &out->desk;
    code = desk_open(c, a, &out->desk);
    if (code == CLI_OK)
        code = open_with(c, a, &options, out);
    if (code == CLI_OK && a->incidents)
        code = read_incidents(c, a->incidents, out);
    return code;
}

void kb_close(kb *k)
{
    jieda_session_free(k->session);
    jieda_incidents_free(k->incidents);
    jieda_close(k->engine);
    desk_close(&k->desk);
    *k = (kb){0};
}

/* ---- asking ---------------------------------------------------------------------------------- */

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

jieda_status kb_ask(kb *k, jieda_str question, bool fresh, const jieda_reply **reply_out,
                    uint64_t *elapsed_us, jieda_error *err)
{
    jieda_status st;
    uint64_t begin;

    if (fresh)
        jieda_session_reset(k->session);
    begin = now_us();
    st = jieda_ask(k->session, question, reply_out, err);
    *elapsed_us = now_us() - begin;
    return st;
}

bool kb_has_entry(kb *k, const char *id)
{
    const jieda_reply *reply;

    return jieda_entry(k->session, id, &reply, NULL) == JIEDA_OK;
}
