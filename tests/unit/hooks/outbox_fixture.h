/*
 * outbox_fixture.h - an outbox in a folder of its own, with a clock that stands still and a
 * receiver that remembers what it took.
 */
#ifndef JIEDA_TESTS_OUTBOX_FIXTURE_H
#define JIEDA_TESTS_OUTBOX_FIXTURE_H

#include "unit/hooks/events.h"

#define TEST_BEGIN_MS 1793000000000

static fixture folder;
static char path[128];
static jieda_outbox *outbox;
static jieda_error err;
static log_lines lines;
static int64_t now;

/* What the receiver does with the next messages, and what it took, "k1 k2". */
static struct receiver {
    jieda_outbox_outcome outcome; /* of everything but: */
    const char *fails;            /* this key fails, or NULL */
    char keys[8192];
    char last_body[64], last_destination[64], last_conversation[64];
    size_t attempts;
    size_t bad_body; /* bodies that do not fit their lengths */
} sent;

static inline int64_t test_clock(void *ctx)
{
    return *(int64_t *)ctx;
}

static inline jieda_outbox_options test_options(void)
{
    jieda_outbox_options options = JIEDA_OUTBOX_OPTIONS_INIT;

    options.clock = test_clock;
    options.clock_ctx = &now;
    options.seed = 1;
    options.destination = "desk";
    options.log = remember_line;
    options.log_ctx = &lines;
    return options;
}

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        if ((call) != JIEDA_OK)                                                                    \
            fail_msg("%s: %s: %s", #call, err.source, err.message);                                \
    } while (0)

static inline int begin_outbox(void **state)
{
    jieda_outbox_options options = test_options();

    (void)state;
    fixture_folder(&folder);
    path_in(&folder, "outbox", path);
    memset(&lines, 0, sizeof lines);
    memset(&sent, 0, sizeof sent);
    sent.outcome.delivery = JIEDA_DELIVERY_DONE;
    now = TEST_BEGIN_MS;
    assert_ok(jieda_outbox_open(path, &options, &outbox, &err));
    return 0;
}

static inline int end_outbox(void **state)
{
    (void)state;
    jieda_outbox_close(outbox);
    fixture_remove(&folder);
    return 0;
}

#define test(function) cmocka_unit_test_setup_teardown(function, begin_outbox, end_outbox)

static inline void reopen_with(const jieda_outbox_options *options)
{
    jieda_outbox_close(outbox);
    assert_ok(jieda_outbox_open(path, options, &outbox, &err));
}

static inline void reopen(void)
{
    jieda_outbox_options options = test_options();

    reopen_with(&options);
}

static inline jieda_outbox_message message(const char *key, const char *conversation,
                                           const char *body)
{
    return (jieda_outbox_message){
        .idempotency_key = str(key),
        .conversation_id = str(conversation),
        .destination = str("desk"),
        .body = str(body),
    };
}

static inline jieda_outbox_put_result put_to(const char *key, const char *conversation,
                                             const char *destination, const char *body)
{
    jieda_outbox_message m = message(key, conversation, body);
    jieda_outbox_put_result result;

    m.destination = str(destination);
    assert_ok(jieda_outbox_put(outbox, &m, 1, &result, &err));
    return result;
}

static inline jieda_outbox_put_result put(const char *key, const char *conversation,
                                          const char *body)
{
    return put_to(key, conversation, "desk", body);
}

/* Many messages, stored by the hundred. */
static struct pile {
    char keys[100][16];
    jieda_outbox_message messages[100];
    size_t count;
} pile;

static inline void put_flush(void)
{
    if (pile.count > 0)
        assert_ok(jieda_outbox_put(outbox, pile.messages, pile.count, NULL, &err));
    pile.count = 0;
}

static inline void put_fast(const char *key, const char *conversation, const char *body)
{
    snprintf(pile.keys[pile.count], sizeof *pile.keys, "%s", key);
    pile.messages[pile.count] = message(pile.keys[pile.count], conversation, body);
    if (++pile.count == 100)
        put_flush();
}

static inline void copy_text(char *out, size_t size, jieda_str text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.ptr);
}

static inline void receive(void *ctx, const jieda_outbox_item *item, jieda_outbox_outcome *outcome)
{
    struct receiver *r = ctx;
    jieda_str key = item->message.idempotency_key;
    size_t used = strlen(r->keys);

    r->attempts++;
    if (r->fails && key.len == strlen(r->fails) && memcmp(key.ptr, r->fails, key.len) == 0) {
        snprintf(outcome->reason, sizeof outcome->reason, "told to fail");
        return;
    }
    *outcome = r->outcome;
    if (outcome->delivery != JIEDA_DELIVERY_DONE)
        return;
    snprintf(r->keys + used, sizeof r->keys - used, "%s%.*s", used > 0 ? " " : "", (int)key.len,
             key.ptr);
    copy_text(r->last_body, sizeof r->last_body, item->message.body);
    copy_text(r->last_destination, sizeof r->last_destination, item->message.destination);
    copy_text(r->last_conversation, sizeof r->last_conversation, item->message.conversation_id);
    r->bad_body += memchr(item->message.body.ptr, '\0', item->message.body.len) != NULL;
}

static inline jieda_outbox_tally deliver(size_t count_max)
{
    jieda_outbox_tally tally;

    assert_ok(jieda_outbox_deliver(outbox, NULL, count_max, receive, &sent, &tally, &err));
    return tally;
}

static inline int64_t next_due(void)
{
    int64_t due;

    assert_ok(jieda_outbox_next_due(outbox, NULL, &due, &err));
    return due;
}

#define assert_sent(expected) assert_string_equal(sent.keys, expected)

static inline void assert_counts(uint64_t pending, uint64_t delivered, uint64_t dead)
{
    jieda_outbox_counts counts;

    assert_ok(jieda_outbox_stats(outbox, &counts, &err));
    assert_int_equal(counts.pending, pending);
    assert_int_equal(counts.delivered, delivered);
    assert_int_equal(counts.dead, dead);
}

#endif
