/*
 * desk.c - where tickets and feedback go when nobody sits behind the tool.
 *
 * Trying a knowledge base must not call anybody, but without a hook the engine has no tickets, and
 * then half of a conversation cannot be tried. So this hook accepts everything, and with --tickets
 * appends each event to a file, a line of JSON, in the form of the file hook of libjieda-hooks:
 *
 *   {"event":"opened","idempotency_key":"...","conversation_id":"...","ticket":{...}}
 *
 * That hook is the one for real tickets: it syncs and locks the file. This one only appends; a line
 * that could not be written is a ticket that was not stored, and the visitor is told so.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int open_file(const cli *c, const char *path, FILE **out)
{
    if (!path)
        return CLI_OK;
    *out = fopen(path, "a");
    if (*out)
        return CLI_OK;
    out_error(c, "cannot write to %s: %s; check the path", path, strerror(errno));
    return CLI_FILE;
}

int desk_open(const cli *c, const args *a, desk *out)
{
    int code;

    *out = (desk){.c = c, .tickets_path = a->tickets, .feedback_path = a->feedback};
    code = open_file(c, a->tickets, &out->tickets);
    return code == CLI_OK ? open_file(c, a->feedback, &out->feedback) : code;
}

static void close_file(FILE *file)
{
    if (file)
        fclose(file);
}

void desk_close(desk *d)
{
    close_file(d->tickets);
    close_file(d->feedback);
}

/* Appends one line and frees `json`; NULL means that memory ran out. */
static bool append(const desk *d, FILE *file, const char *path, cJSON *json)
{
    char *line = json ? cJSON_PrintUnformatted(json) : NULL;
    bool ok = line != NULL;

    cJSON_Delete(json);
    errno = 0;
    ok = ok && fputs(line, file) >= 0 && fputc('\n', file) >= 0 && fflush(file) == 0;
    if (!ok)
        out_error(d->c, "cannot write to %s: %s; see whether its disk is full", path,
                  line ? strerror(errno) : "out of memory");
    clearerr(file);
    cJSON_free(line);
    return ok;
}

/* ---- tickets --------------------------------------------------------------------------------- */

/* The ticket is JSON already. */
static bool put_document(cJSON *object, const char *key, jieda_str json)
{
    char *text = text_repair(json);
    cJSON *item = text ? cJSON_CreateRaw(text) : NULL;

    free(text);
    if (item && cJSON_AddItemToObject(object, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

static cJSON *event_json(const jieda_handoff *handoff)
{
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_str(o, "event", text_of(jieda_handoff_event_name(handoff->event))) &&
        json_put_str(o, "idempotency_key", handoff->idempotency_key) &&
        json_put_str(o, "conversation_id", handoff->conversation_id) &&
        put_document(o, "ticket", handoff->ticket))
        return o;
    cJSON_Delete(o);
    return NULL;
}

jieda_handoff_result desk_take(void *ctx, const jieda_handoff *handoff)
{
    desk *d = ctx;

    if (d->tickets && !append(d, d->tickets, d->tickets_path, event_json(handoff)))
        return JIEDA_HANDOFF_FAILED;
    if (handoff->event != JIEDA_HANDOFF_MESSAGE)
        snprintf(d->news, sizeof d->news, "%s: ticket %.*s P%d %s -> queue %.*s",
                 jieda_handoff_event_name(handoff->event), (int)handoff->ticket_id.len,
                 handoff->ticket_id.ptr, (int)handoff->priority, handoff->reason,
                 (int)handoff->queue.len, handoff->queue.ptr);
    return JIEDA_HANDOFF_ACCEPTED;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static const char *kind_name(jieda_feedback_kind kind)
{
    static const char *const names[] = {
        [JIEDA_FEEDBACK_HELPFUL] = "helpful",
        [JIEDA_FEEDBACK_UNHELPFUL] = "unhelpful",
        [JIEDA_FEEDBACK_SATISFACTION] = "satisfaction",
        [JIEDA_FEEDBACK_COMMENT] = "comment",
    };

    return names[kind];
}

static cJSON *feedback_json(jieda_str conversation_id, const jieda_feedback *feedback)
{
    cJSON *o = cJSON_CreateObject();

    if (o && json_put_str(o, "conversation_id", conversation_id) &&
        json_put_str(o, "decision_id", feedback->decision_id) &&
        json_put_str(o, "kind", text_of(kind_name(feedback->kind))) &&
        json_put_whole(o, "stars", feedback->stars) &&
        json_put_str(o, "comment", feedback->comment))
        return o;
    cJSON_Delete(o);
    return NULL;
}

bool desk_note(void *ctx, jieda_str conversation_id, const jieda_feedback *feedback)
{
    const desk *d = ctx;

    return !d->feedback ||
           append(d, d->feedback, d->feedback_path, feedback_json(conversation_id, feedback));
}
