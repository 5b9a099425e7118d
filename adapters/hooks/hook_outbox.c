/*
 * hook_outbox.c - stores each event of a ticket in a durable outbox, whose pump sends it later: the
 * visitor waits for a disk and not for a ticket desk.
 */
#include "outbox.h"

#include <string.h>

jieda_handoff_result jieda_outbox_hook(void *ctx, const jieda_handoff *handoff)
{
    jieda_outbox *outbox = ctx;
    const jieda_outbox_options *options = &outbox->options;
    jieda_outbox_put_result result;
    jieda_error err = {0};
    jieda_outbox_message message = {
        .idempotency_key = handoff->idempotency_key,
        .conversation_id = handoff->conversation_id,
        .destination = {options->destination, strlen(options->destination)},
        .body = handoff->ticket,
    };

    if (jieda_outbox_put(outbox, &message, 1, &result, &err) != JIEDA_OK) {
        jieda__hooks_log(options->log, options->log_ctx, JIEDA_LOG_ERROR,
                         "outbox: ticket %.*s was not stored: %s", (int)handoff->ticket_id.len,
                         handoff->ticket_id.ptr, err.message);
        return JIEDA_HANDOFF_FAILED;
    }
    if (result == JIEDA_OUTBOX_KEPT_FIRST)
        jieda__hooks_log(options->log, options->log_ctx, JIEDA_LOG_WARNING,
                         "outbox: ticket %.*s came again with another body; the first is kept",
                         (int)handoff->ticket_id.len, handoff->ticket_id.ptr);
    return jieda__hooks_stored(options->staffing, options->staffing_ctx, handoff);
}
