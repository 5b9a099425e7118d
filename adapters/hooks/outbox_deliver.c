/*
 * outbox_deliver.c - gets messages out of the outbox: claim, send, settle.
 *
 * A claim is a lease: the row is due again when the lease runs out. Who dies while sending
 * therefore loses nothing; the message is sent again with the same key. An attempt counts when it
 * begins, so a message whose sending kills the process dies, too, where attempts are limited.
 *
 * The wait after a failure is drawn evenly from 0 to backoff_base * 2^(attempt - 1), at most
 * backoff_max ("full jitter": a receiver that comes back is not met by everybody at once). A
 * refused message waits between half of backoff_max and all of it: sending a wrong secret more
 * often mends nothing. What a receiver asks for (Retry-After) comes on top.
 *
 *     attempt   1      2      3      4      5   ...   10         11
 *     0 to      1 s    2 s    4 s    8 s    16 s      8 min 32s  10 min
 */
#include "outbox.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64 (public domain, S. Vigna). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

int64_t jieda__outbox_delay_ms(const jieda_outbox_options *options, uint32_t attempt,
                               const jieda_outbox_outcome *outcome, uint64_t *random)
{
    uint64_t ceiling = options->backoff_base_ms, floor = 0, asked = 0, delay;

    for (uint32_t i = 1; i < attempt && ceiling < options->backoff_max_ms; i++)
        ceiling *= 2;
    if (outcome->delivery == JIEDA_DELIVERY_REFUSED || ceiling > options->backoff_max_ms)
        ceiling = options->backoff_max_ms;
    if (outcome->delivery == JIEDA_DELIVERY_REFUSED)
        floor = ceiling / 2;
    if (outcome->retry_after_ms > 0)
        asked = outcome->retry_after_ms < JIEDA_OUTBOX_DELAY_MS_MAX
                    ? (uint64_t)outcome->retry_after_ms
                    : JIEDA_OUTBOX_DELAY_MS_MAX;
    delay = asked + floor + next_random(random) % (ceiling - floor + 1);
    return (int64_t)(delay < JIEDA_OUTBOX_DELAY_MS_MAX ? delay : JIEDA_OUTBOX_DELAY_MS_MAX);
}

/* ---- reading what is due --------------------------------------------------------------------- */

static char *copy(char *at, jieda_str from, jieda_str *to)
{
    if (from.len > 0)
        memcpy(at, from.ptr, from.len);
    *to = (jieda_str){at, from.len};
    return at + from.len;
}

/* The row a statement stands on, in memory of its own; false if out of memory. */
static bool read_item(sqlite3_stmt *s, jieda_outbox_item *item)
{
    jieda_str texts[5];
    size_t len = 1;
    char *at;

    for (int i = 0; i < 5; i++) {
        texts[i] = jieda__outbox_column(s, i);
        len += texts[i].len;
    }
    at = item->memory = malloc(len);
    if (!at)
        return false;
    at = copy(at, texts[0], &item->message.idempotency_key);
    at = copy(at, texts[1], &item->message.conversation_id);
    at = copy(at, texts[2], &item->message.destination);
    at = copy(at, texts[3], &item->message.content_type);
    copy(at, texts[4], &item->message.body);
    item->created_ms = sqlite3_column_int64(s, 5);
    item->attempt = (uint32_t)sqlite3_column_int64(s, 6) + 1;
    return true;
}

static jieda_status reset_after_clock_went_back(jieda_outbox *o, int64_t now, jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_CLOCK_WENT_BACK);

    sqlite3_bind_int64(s, 1, now);
    sqlite3_bind_int64(s, 2, now + JIEDA_OUTBOX_DELAY_MS_MAX);
    return jieda__outbox_run(o, s, err);
}

static jieda_status find_due(jieda_outbox *o, const char *destination, int64_t now,
                             size_t count_max, jieda_outbox_item *items, size_t *count_out,
                             jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, destination ? JIEDA__SQL_DUE_OF : JIEDA__SQL_DUE);
    jieda_status st = JIEDA_OK;
    int rc;

    sqlite3_bind_int64(s, 1, now);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)count_max);
    if (destination)
        jieda__outbox_bind_text(s, 3, (jieda_str){destination, strlen(destination)});
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!read_item(s, &items[*count_out])) {
            st = jieda__hooks_fail(err, JIEDA_E_NOMEM, o->path, "out of memory");
            break;
        }
        ++*count_out;
    }
    if (st == JIEDA_OK && rc != SQLITE_DONE)
        st = jieda__outbox_fail(o, rc, "cannot read the outbox", err);
    sqlite3_reset(s);
    return st;
}

static jieda_status lease(jieda_outbox *o, const jieda_outbox_item *item, int64_t until,
                          jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_LEASE);

    jieda__outbox_bind_text(s, 1, item->message.idempotency_key);
    sqlite3_bind_int64(s, 2, until);
    sqlite3_bind_int64(s, 3, (sqlite3_int64)item->lease);
    return jieda__outbox_run(o, s, err);
}

/* ---- settling -------------------------------------------------------------------------------- */

/* What comes next in the queue may be sent now. */
static jieda_status promote(jieda_outbox *o, const jieda_outbox_message *message, jieda_error *err)
{
    sqlite3_stmt *s = jieda__outbox_statement(o, JIEDA__SQL_PROMOTE);

    jieda__outbox_bind_text(s, 1, message->conversation_id);
    jieda__outbox_bind_text(s, 2, message->destination);
    return jieda__outbox_run(o, s, err);
}

static jieda_status settle_one(jieda_outbox *o, const jieda_outbox_item *item,
                               const jieda_outbox_outcome *outcome, int64_t now, jieda_error *err)
{
    const uint32_t most = o->options.attempt_count_max;
    bool done = outcome->delivery == JIEDA_DELIVERY_DONE;
    bool dead = !done && most > 0 && item->attempt >= most;
    sqlite3_stmt *s = jieda__outbox_statement(o, done   ? JIEDA__SQL_DELIVERED
                                                 : dead ? JIEDA__SQL_BURY
                                                        : JIEDA__SQL_LATER);
    jieda_status st;

    jieda__outbox_bind_text(s, 1, item->message.idempotency_key);
    if (done || dead)
        sqlite3_bind_int64(s, 2, now);
    else
        sqlite3_bind_int64(
            s, 2, now + jieda__outbox_delay_ms(&o->options, item->attempt, outcome, &o->random));
    if (!done) {
        jieda__outbox_bind_text(
            s, 3, (jieda_str){outcome->reason, strnlen(outcome->reason, sizeof outcome->reason)});
        sqlite3_bind_int64(s, 4, (sqlite3_int64)item->lease);
    }
    st = jieda__outbox_run(o, s, err);
    if (st != JIEDA_OK || (!done && !dead) || sqlite3_changes(o->db) == 0)
        return st;
    if (dead)
        jieda__hooks_log(o->options.log, o->options.log_ctx, JIEDA_LOG_ERROR,
                         "outbox: message %.*s is dead after %u attempts",
                         (int)item->message.idempotency_key.len, item->message.idempotency_key.ptr,
                         item->attempt);
    return promote(o, &item->message, err);
}

jieda_status jieda_outbox_settle(jieda_outbox *o, const jieda_outbox_item *items,
                                 const jieda_outbox_outcome *outcomes, size_t count,
                                 jieda_error *err)
{
    jieda_status st;

    pthread_mutex_lock(&o->lock);
    st = jieda__outbox_begin(o, false, err);
    if (st == JIEDA_OK) {
        int64_t now = jieda__outbox_now(o);

        for (size_t i = 0; st == JIEDA_OK && i < count; i++)
            st = settle_one(o, &items[i], &outcomes[i], now, err);
        st = jieda__outbox_end(o, st, err);
    }
    pthread_mutex_unlock(&o->lock);
    return st;
}

/* ---- claiming -------------------------------------------------------------------------------- */

/* Within a transaction. Whose sending has ended its sender as often as it may be tried, is dead. */
static jieda_status claim(jieda_outbox *o, const char *destination, size_t count_max,
                          jieda_outbox_item *items, size_t *count_out, jieda_error *err)
{
    static const jieda_outbox_outcome ended = {JIEDA_DELIVERY_FAILED, 0, "its sender ended"};
    const uint32_t most = o->options.attempt_count_max;
    int64_t now = jieda__outbox_now(o);
    jieda_status st = reset_after_clock_went_back(o, now, err);
    size_t found = 1;
    uint64_t token;

    sqlite3_randomness(sizeof token, &token); /* not of the seed, which two processes may share */
    while (st == JIEDA_OK && *count_out == 0 && found > 0) {
        found = 0;
        st = find_due(o, destination, now, count_max, items, &found, err);
        for (size_t i = 0; i < found; i++) {
            jieda_outbox_item *item = &items[*count_out];

            *item = items[i];
            item->lease = token;
            if (st == JIEDA_OK)
                st = lease(o, item, now + o->options.lease_ms, err);
            if (most == 0 || item->attempt <= most) {
                ++*count_out;
                continue;
            }
            if (st == JIEDA_OK)
                st = settle_one(o, item, &ended, now, err);
            free(item->memory);
        }
    }
    return st;
}

jieda_status jieda_outbox_claim(jieda_outbox *o, const char *destination, size_t count_max,
                                jieda_outbox_item **items_out, size_t *count_out, jieda_error *err)
{
    jieda_outbox_item *items;
    size_t count = 0;
    jieda_status st;

    *items_out = NULL;
    *count_out = 0;
    if (count_max == 0 || count_max > JIEDA_OUTBOX_BATCH_COUNT_MAX)
        return jieda__hooks_fail(err, JIEDA_E_INVALID, o->path,
                                 "1 to %d messages are claimed at a time",
                                 JIEDA_OUTBOX_BATCH_COUNT_MAX);
    items = calloc(count_max, sizeof *items);
    if (!items)
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, o->path, "out of memory");
    pthread_mutex_lock(&o->lock);
    st = jieda__outbox_begin(o, false, err);
    if (st == JIEDA_OK)
        st = jieda__outbox_end(o, claim(o, destination, count_max, items, &count, err), err);
    pthread_mutex_unlock(&o->lock);
    if (st != JIEDA_OK || count == 0) {
        jieda_outbox_items_free(items, count);
        return st;
    }
    *items_out = items;
    *count_out = count;
    return JIEDA_OK;
}

void jieda_outbox_items_free(jieda_outbox_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(items[i].memory);
    free(items);
}

/* ---- the pump -------------------------------------------------------------------------------- */

jieda_status jieda_outbox_deliver(jieda_outbox *o, const char *destination, size_t count_max,
                                  jieda_send_fn *send, void *send_ctx,
                                  jieda_outbox_tally *tally_out, jieda_error *err)
{
    jieda_outbox_tally tally = {0, 0};
    jieda_status st = JIEDA_OK;
    size_t claimed = 1;

    /* One at a time: a lease then covers one sending, however many wait. */
    while (st == JIEDA_OK && claimed > 0 && tally.done + tally.failed < count_max) {
        jieda_outbox_item *item;

        st = jieda_outbox_claim(o, destination, 1, &item, &claimed, err);
        if (st == JIEDA_OK && claimed > 0) {
            jieda_outbox_outcome outcome = {JIEDA_DELIVERY_FAILED, 0, ""};

            send(send_ctx, item, &outcome);
            if (outcome.delivery == JIEDA_DELIVERY_DONE)
                tally.done++;
            else
                tally.failed++;
            st = jieda_outbox_settle(o, item, &outcome, 1, err);
        }
        jieda_outbox_items_free(item, claimed);
    }
    if (tally_out)
        *tally_out = tally;
    return st;
}
