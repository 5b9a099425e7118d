/*
 * outbox_threads_test.c - threads share an outbox: some store, some pump, one looks and purges.
 * Built with the thread sanitizer this proves more than with any other.
 */
#include "unit/hooks/outbox_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PUTTER_COUNT = 2, PUMP_COUNT = 2, PUT_COUNT = 150, CONVERSATION_COUNT = 5 };

/* What each conversation's receiver saw last; a conversation has one message under way at a time,
 * so only the order is to be proved, not the counting. */
static atomic_int last[PUTTER_COUNT][CONVERSATION_COUNT];
static atomic_int taken, wrong, putters_left;

static void take_in_order(void *ctx, const jieda_outbox_item *item, jieda_outbox_outcome *outcome)
{
    int putter, conversation, number;
    char key[32];

    (void)ctx;
    copy_text(key, sizeof key, item->message.idempotency_key);
    if (sscanf(key, "k%d-%d-%d", &putter, &conversation, &number) != 3 ||
        atomic_exchange(&last[putter][conversation], number) != number - 1)
        atomic_fetch_add(&wrong, 1);
    atomic_fetch_add(&taken, 1);
    outcome->delivery = JIEDA_DELIVERY_DONE;
}

static void *put_many(void *ctx)
{
    int putter = *(int *)ctx;

    for (int i = 0; i < PUT_COUNT; i++) {
        char key[32], conversation[32];
        jieda_handoff handoff;

        snprintf(conversation, sizeof conversation, "c%d-%d", putter, i % CONVERSATION_COUNT);
        snprintf(key, sizeof key, "k%d-%d-%d", putter, i % CONVERSATION_COUNT,
                 i / CONVERSATION_COUNT + 1);
        handoff = event(key, conversation, "{}");
        if (jieda_outbox_hook(outbox, &handoff) != JIEDA_HANDOFF_ACCEPTED)
            atomic_fetch_add(&wrong, 1);
    }
    atomic_fetch_sub(&putters_left, 1);
    return NULL;
}

static void *pump(void *ctx)
{
    jieda_outbox_tally tally = {0, 0};

    (void)ctx;
    while (atomic_load(&putters_left) > 0 || atomic_load(&taken) < PUTTER_COUNT * PUT_COUNT)
        if (jieda_outbox_deliver(outbox, NULL, 10, take_in_order, NULL, &tally, NULL) != JIEDA_OK) {
            atomic_fetch_add(&wrong, 1);
            break;
        }
    return NULL;
}

static void *look(void *ctx)
{
    (void)ctx;
    while (atomic_load(&putters_left) > 0) {
        jieda_outbox_counts counts;
        int64_t due;

        if (jieda_outbox_stats(outbox, &counts, NULL) != JIEDA_OK ||
            jieda_outbox_next_due(outbox, NULL, &due, NULL) != JIEDA_OK ||
            jieda_outbox_purge(outbox, now, NULL, NULL) != JIEDA_OK)
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void threads_share_an_outbox(void **state)
{
    pthread_t threads[PUTTER_COUNT + PUMP_COUNT + 1];
    int numbers[PUTTER_COUNT], count = 0;

    (void)state;
    atomic_store(&putters_left, PUTTER_COUNT);
    for (int i = 0; i < PUTTER_COUNT; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[count++], NULL, put_many, &numbers[i]), 0);
    }
    for (int i = 0; i < PUMP_COUNT; i++)
        assert_int_equal(pthread_create(&threads[count++], NULL, pump, NULL), 0);
    assert_int_equal(pthread_create(&threads[count++], NULL, look, NULL), 0);
    while (count > 0)
        pthread_join(threads[--count], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_counts(0, PUTTER_COUNT * PUT_COUNT, 0);
}

/* ---- making one ------------------------------------------------------------------------------ */

enum { MAKER_COUNT = 4, ROUND_COUNT = 40 };

static char made_path[128];
static atomic_int makers_ready;

static void *make(void *ctx)
{
    jieda_outbox *made;

    (void)ctx;
    atomic_fetch_add(&makers_ready, 1);
    while (atomic_load(&makers_ready) < MAKER_COUNT) {
    }
    if (jieda_outbox_open(made_path, NULL, &made, NULL) == JIEDA_OK)
        jieda_outbox_close(made);
    else
        atomic_fetch_add(&wrong, 1);
    return NULL;
}

/* The first ones to open a file make its tables; the others must not take a half-made one for a
 * database of something else. */
static void many_may_make_one_at_once(void **state)
{
    pthread_t threads[MAKER_COUNT];

    (void)state;
    atomic_store(&wrong, 0);
    for (int round = 0; round < ROUND_COUNT; round++) {
        char name[32];

        snprintf(name, sizeof name, "made%d", round);
        path_in(&folder, name, made_path);
        atomic_store(&makers_ready, 0);
        for (int i = 0; i < MAKER_COUNT; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, make, NULL), 0);
        for (int i = 0; i < MAKER_COUNT; i++)
            pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(threads_share_an_outbox),
        test(many_may_make_one_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
