/*
 * fuzz_state.c - any bytes are loaded as a saved conversation: refused, or a conversation that goes
 * on.
 *
 * Bytes as they come are almost always refused for their hash, which keeps out damage and no
 * attacker; so the input is also given magic, version and hash, and then read as far as the fields
 * go. What loads is saved again to the same bytes, and takes turns of every kind.
 */
#include "base/base.h"
#include "jieda/jieda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 16384
#define HEAD_BYTES 4
#define HASH_BYTES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static int64_t at_noon(void *ctx)
{
    (void)ctx;
    return 1793592000; /* 2026-11-02T12:00:00+08:00 */
}

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    check(handoff->ticket.len > 2 && handoff->ticket.ptr[0] == '{');
    check(jieda__utf8_valid_prefix(handoff->ticket.ptr, handoff->ticket.len) ==
          handoff->ticket.len);
    return (jieda_handoff_result)(handoff->ticket.len % 4);
}

static jieda_engine *wallet(void)
{
    static jieda_engine *engine;
    jieda_options options = JIEDA_OPTIONS_INIT;
    jieda_error err = {0};

    options.handoff = on_handoff;
    options.clock = at_noon;
    if (!engine && jieda_open(JIEDA_WALLET_KB, &options, &engine, &err) != JIEDA_OK) {
        fprintf(stderr, "%s: %s\n", JIEDA_WALLET_KB, err.message);
        abort();
    }
    return engine;
}

static void go_on(jieda_session *session)
{
    static const char *const said[] = {"2", "没用", "转人工", "我被骗了", "工单进度", "怎么退款"};
    jieda_feedback feedback = {.kind = JIEDA_FEEDBACK_UNHELPFUL};
    const jieda_message *list;
    const jieda_reply *reply;
    jieda_ticket ticket;
    size_t count;

    jieda_session_ticket(session, &ticket);
    check(jieda_transcript(session, &list, &count, NULL) == JIEDA_OK);
    for (size_t i = 0; i < count; i++)
        check(jieda__utf8_valid_prefix(list[i].text.ptr, list[i].text.len) == list[i].text.len);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        check(jieda_ask(session, jieda__str(said[i]), &reply, NULL) == JIEDA_OK);
        check(reply->option_count <= JIEDA_OPTION_COUNT_MAX);
    }
    check(jieda_feedback_give(session, &feedback, &reply, NULL) == JIEDA_OK);
    jieda_handoff_accepted(session, jieda__str("a"), NULL);
    jieda_handoff_closed(session, NULL);
}

static void load(const void *bytes, size_t len)
{
    jieda_session *session = NULL;
    jieda_str saved;
    jieda_status st;

    check(jieda_session_new(wallet(), &session, NULL) == JIEDA_OK);
    st = jieda_session_load(session, bytes, len, NULL);
    check(st == JIEDA_OK || st == JIEDA_E_FORMAT || st == JIEDA_E_VERSION);
    if (st == JIEDA_OK) {
        static char first[BYTES_MAX * 4];
        size_t first_len;

        check(jieda_session_save(session, &saved, NULL) == JIEDA_OK);
        check(saved.len <= sizeof first);
        first_len = saved.len;
        memcpy(first, saved.ptr, first_len);
        check(jieda_session_load(session, first, first_len, NULL) == JIEDA_OK);
        check(jieda_session_save(session, &saved, NULL) == JIEDA_OK);
        check(saved.len == first_len && memcmp(saved.ptr, first, first_len) == 0);
        go_on(session);
        check(jieda_session_save(session, &saved, NULL) == JIEDA_OK);
        check(jieda_session_load(session, saved.ptr, saved.len, NULL) == JIEDA_OK);
    }
    jieda_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *forged;
    uint64_t hash;

    if (size > BYTES_MAX)
        return 0;
    load(data, size);
    forged = malloc(HEAD_BYTES + size + HASH_BYTES);
    check(forged != NULL);
    memcpy(forged, "JDS\1", HEAD_BYTES);
    if (size > 0)
        memcpy(forged + HEAD_BYTES, data, size);
    hash = jieda__hash(JIEDA__HASH_SEED, forged, HEAD_BYTES + size);
    memcpy(forged + HEAD_BYTES + size, &hash, HASH_BYTES);
    load(forged, HEAD_BYTES + size + HASH_BYTES);
    free(forged);
    return 0;
}
