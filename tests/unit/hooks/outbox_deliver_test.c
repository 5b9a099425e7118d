/*
 * outbox_deliver_test.c - order, waits, leases and the dead, by a clock that the test moves.
 */
#include "unit/hooks/outbox_fixture.h"

#include "hooks/outbox.h"

/* ---- order ----------------------------------------------------------------------------------- */

static void conversations_keep_their_order(void **state)
{
    (void)state;
    put("a1", "a", "{}");
    put("a2", "a", "{}");
    put("b1", "b", "{}");
    put("a3", "a", "{}");
    put("b2", "b", "{}");
    sent.fails = "a1";
    assert_int_equal(deliver(100).failed, 1);
    assert_sent("b1 b2"); /* a waits for its head, b does not */
    sent.fails = NULL;
    now = next_due();
    assert_int_equal(deliver(100).done, 3);
    assert_sent("b1 b2 a1 a2 a3");
}

static void destinations_do_not_wait_for_each_other(void **state)
{
    jieda_outbox_tally tally;
    int64_t due;

    (void)state;
    put_to("a1", "a", "desk", "{}");
    put_to("a2", "a", "wechat", "{}");
    put_to("a3", "a", "wechat", "{}");
    assert_ok(jieda_outbox_deliver(outbox, "wechat", 100, receive, &sent, &tally, &err));
    assert_sent("a2 a3");
    assert_ok(jieda_outbox_next_due(outbox, "wechat", &due, &err));
    assert_true(due == INT64_MAX);
    assert_ok(jieda_outbox_next_due(outbox, "desk", &due, &err));
    assert_int_equal(due, now);
    deliver(100);
    assert_sent("a2 a3 a1");
}

static void without_a_conversation_there_is_no_order(void **state)
{
    (void)state;
    put("k1", "", "{}");
    put("k2", "", "{}");
    sent.fails = "k1";
    deliver(100);
    assert_sent("k2");
}

static void the_pump_stops_where_it_is_told(void **state)
{
    jieda_outbox_tally tally;

    (void)state;
    put("k1", "a", "{}");
    put("k2", "b", "{}");
    put("k3", "c", "{}");
    tally = deliver(2);
    assert_int_equal(tally.done, 2);
    assert_int_equal(deliver(0).done, 0);
    tally = deliver(2);
    assert_int_equal(tally.done, 1);
    assert_int_equal(tally.failed, 0);
}

enum { MANY_COUNT = 5000, MANY_CONVERSATIONS = 50 };

/* What each conversation's receiver saw last. */
static void check_order(void *ctx, const jieda_outbox_item *item, jieda_outbox_outcome *outcome)
{
    int *last = ctx, number, conversation;
    char key[32];

    copy_text(key, sizeof key, item->message.idempotency_key);
    assert_int_equal(sscanf(key, "m%d-%d", &conversation, &number), 2);
    assert_int_equal(number, last[conversation] + 1);
    last[conversation] = number;
    outcome->delivery = JIEDA_DELIVERY_DONE;
}

static void thousands_stay_in_order(void **state)
{
    static char names[MANY_CONVERSATIONS][16]; /* a pile borrows them */
    static int last[MANY_CONVERSATIONS];
    jieda_outbox_tally tally;

    (void)state;
    memset(last, 0, sizeof last);
    for (int i = 0; i < MANY_CONVERSATIONS; i++)
        snprintf(names[i], sizeof *names, "c%d", i);
    for (int i = 0; i < MANY_COUNT; i++) {
        int conversation = i % MANY_CONVERSATIONS;
        char key[16];

        snprintf(key, sizeof key, "m%d-%d", conversation, i / MANY_CONVERSATIONS + 1);
        put_fast(key, names[conversation], "{}");
    }
    put_flush();
    assert_ok(jieda_outbox_deliver(outbox, NULL, MANY_COUNT + 1, check_order, last, &tally, &err));
    assert_int_equal(tally.done, MANY_COUNT);
    assert_counts(0, MANY_COUNT, 0);
}

/* ---- waits ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t attempt;
    jieda_delivery delivery;
    int64_t retry_after_ms;
    int64_t least, most; /* of the wait, by the default options */
} delay_cases[] = {
    {"the first failure", 1, JIEDA_DELIVERY_FAILED, 0, 0, 1000},
    {"the second", 2, JIEDA_DELIVERY_FAILED, 0, 0, 2000},
    {"the third", 3, JIEDA_DELIVERY_FAILED, 0, 0, 4000},
    {"the tenth", 10, JIEDA_DELIVERY_FAILED, 0, 0, 512000},
    {"the eleventh reaches the most", 11, JIEDA_DELIVERY_FAILED, 0, 0, 600000},
    {"the hundredth", 100, JIEDA_DELIVERY_FAILED, 0, 0, 600000},
    {"the last that can be counted", UINT32_MAX, JIEDA_DELIVERY_FAILED, 0, 0, 600000},
    {"refused", 1, JIEDA_DELIVERY_REFUSED, 0, 300000, 600000},
    {"refused again", 50, JIEDA_DELIVERY_REFUSED, 0, 300000, 600000},
    {"asked for a wait", 1, JIEDA_DELIVERY_FAILED, 30000, 30000, 31000},
    {"asked for a long wait", 3, JIEDA_DELIVERY_FAILED, 7200000, 7200000, 7204000},
    {"asked for too long", 1, JIEDA_DELIVERY_FAILED, INT64_MAX, JIEDA_OUTBOX_DELAY_MS_MAX,
     JIEDA_OUTBOX_DELAY_MS_MAX},
    {"asked for nonsense", 1, JIEDA_DELIVERY_FAILED, -5, 0, 1000},
};

static void waits_grow_and_are_spread(void **state)
{
    jieda_outbox_options options = JIEDA_OUTBOX_OPTIONS_INIT;
    enum { DRAWS = 2000 };

    (void)state;
    for (size_t i = 0; i < sizeof delay_cases / sizeof *delay_cases; i++) {
        const int64_t width = delay_cases[i].most - delay_cases[i].least;
        jieda_outbox_outcome outcome = {delay_cases[i].delivery, delay_cases[i].retry_after_ms, ""};
        uint64_t random = 42;
        int64_t least = INT64_MAX, most = INT64_MIN;

        for (int n = 0; n < DRAWS; n++) {
            int64_t delay =
                jieda__outbox_delay_ms(&options, delay_cases[i].attempt, &outcome, &random);

            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        if (least < delay_cases[i].least || most > delay_cases[i].most ||
            least > delay_cases[i].least + width / 50 || most < delay_cases[i].most - width / 50)
            fail_msg("%s: %lld to %lld", delay_cases[i].name, (long long)least, (long long)most);
    }
}

static void a_seed_gives_the_same_night(void **state)
{
    int64_t first[20];

    (void)state;
    sent.outcome.delivery = JIEDA_DELIVERY_FAILED;
    for (int round = 0; round < 2; round++) {
        char key[16];

        now = TEST_BEGIN_MS;
        snprintf(key, sizeof key, "k%d", round);
        put(key, key, "{}");
        for (int i = 0; i < 20; i++) {
            assert_int_equal(deliver(1).failed, 1);
            now = next_due();
            if (round == 0)
                first[i] = now;
            else
                assert_int_equal(now, first[i]);
        }
        assert_ok(jieda_outbox_erase(outbox, str(key), NULL, &err));
        reopen(); /* the generator, too */
    }
}

static void nothing_is_sent_before_its_time(void **state)
{
    int64_t due;

    (void)state;
    put("k1", "a", "{}");
    assert_int_equal(next_due(), now);
    sent.outcome = (jieda_outbox_outcome){JIEDA_DELIVERY_FAILED, 5000, "HTTP 503"};
    assert_int_equal(deliver(100).failed, 1);
    due = next_due();
    assert_in_range(due, now + 5000, now + 6000);
    sent.outcome.delivery = JIEDA_DELIVERY_DONE;
    now = due - 1;
    assert_int_equal(deliver(100).done, 0);
    now = due;
    assert_int_equal(deliver(100).done, 1);
    assert_true(next_due() == INT64_MAX);
}

static void it_is_tried_for_ever(void **state)
{
    (void)state;
    put("k1", "a", "{}");
    sent.outcome.delivery = JIEDA_DELIVERY_REFUSED;
    for (int i = 0; i < 500; i++) {
        assert_int_equal(deliver(1).failed, 1);
        assert_in_range(next_due(), now + 300000, now + 600000);
        now = next_due();
    }
    sent.outcome.delivery = JIEDA_DELIVERY_DONE; /* the secret was mended */
    deliver(1);
    assert_sent("k1");
}

static void a_clock_that_goes_back_holds_nothing_up(void **state)
{
    (void)state;
    put("k1", "a", "{}");
    sent.outcome.delivery = JIEDA_DELIVERY_FAILED;
    deliver(1);
    now -= (int64_t)400 * 86400000;
    sent.outcome.delivery = JIEDA_DELIVERY_DONE;
    assert_int_equal(deliver(1).done, 1);
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void claim_one(jieda_outbox *from, jieda_outbox_item **item_out, size_t expected)
{
    size_t count;

    assert_ok(jieda_outbox_claim(from, NULL, 10, item_out, &count, &err));
    assert_int_equal(count, expected);
}

static void settle(jieda_outbox *in, const jieda_outbox_item *item, jieda_delivery delivery)
{
    jieda_outbox_outcome outcome = {delivery, 0, "settled"};

    assert_ok(jieda_outbox_settle(in, item, &outcome, 1, &err));
}

static void a_lease_is_one_process_only_and_ends(void **state)
{
    jieda_outbox_options options = test_options();
    jieda_outbox_item *mine, *theirs;
    jieda_outbox *other;

    (void)state;
    assert_ok(jieda_outbox_open(path, &options, &other, &err));
    put("k1", "a", "{}");
    put("k2", "a", "{}");
    claim_one(outbox, &mine, 1);
    claim_one(other, &theirs, 0);
    assert_int_equal(next_due(), now + options.lease_ms);
    now += options.lease_ms;
    claim_one(other, &theirs, 1); /* the same message, tried a second time */
    assert_str(theirs->message.idempotency_key, "k1");
    assert_int_equal(theirs->attempt, 2);
    settle(outbox, mine, JIEDA_DELIVERY_FAILED); /* too late to matter */
    assert_int_equal(next_due(), now + options.lease_ms);
    settle(other, theirs, JIEDA_DELIVERY_DONE);
    settle(outbox, mine, JIEDA_DELIVERY_FAILED);
    assert_counts(1, 1, 0);
    jieda_outbox_items_free(mine, 1);
    jieda_outbox_items_free(theirs, 1);
    claim_one(outbox, &mine, 1);
    assert_str(mine->message.idempotency_key, "k2");
    jieda_outbox_items_free(mine, 1);
    jieda_outbox_close(other);
}

static void what_arrived_late_has_arrived(void **state)
{
    jieda_outbox_item *mine, *theirs, *next;

    (void)state;
    put("k1", "a", "{}");
    put("k2", "a", "{}");
    claim_one(outbox, &mine, 1);
    now += JIEDA_OUTBOX_DELAY_MS_MAX;
    claim_one(outbox, &theirs, 1);
    settle(outbox, mine, JIEDA_DELIVERY_DONE);
    settle(outbox, theirs, JIEDA_DELIVERY_FAILED);
    settle(outbox, theirs, JIEDA_DELIVERY_DONE);
    assert_counts(1, 1, 0);
    claim_one(outbox, &next, 1);
    assert_str(next->message.idempotency_key, "k2");
    jieda_outbox_items_free(mine, 1);
    jieda_outbox_items_free(theirs, 1);
    jieda_outbox_items_free(next, 1);
}

static void a_claim_takes_one_of_each_conversation(void **state)
{
    jieda_outbox_outcome outcomes[3] = {{JIEDA_DELIVERY_DONE, 0, ""},
                                        {JIEDA_DELIVERY_FAILED, 0, "busy"},
                                        {JIEDA_DELIVERY_DONE, 0, ""}};
    jieda_outbox_item *items;
    size_t count;

    (void)state;
    put("a1", "a", "{}");
    put("a2", "a", "{}");
    put("b1", "b", "{}");
    put("c1", "c", "{}");
    assert_ok(jieda_outbox_claim(outbox, NULL, JIEDA_OUTBOX_BATCH_COUNT_MAX, &items, &count, &err));
    assert_int_equal(count, 3);
    assert_ok(jieda_outbox_settle(outbox, items, outcomes, count, &err));
    jieda_outbox_items_free(items, count);
    assert_counts(2, 2, 0);
    deliver(100);
    assert_sent("a2");
    assert_int_equal(jieda_outbox_claim(outbox, NULL, 0, &items, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(
        jieda_outbox_claim(outbox, NULL, JIEDA_OUTBOX_BATCH_COUNT_MAX + 1, &items, &count, &err),
        JIEDA_E_INVALID);
}

static void what_was_erased_while_it_was_sent_stays_erased(void **state)
{
    jieda_outbox_item *item;

    (void)state;
    put("k1", "a", "{}");
    put("k2", "a", "{}");
    claim_one(outbox, &item, 1);
    assert_ok(jieda_outbox_erase(outbox, str("a"), NULL, &err));
    settle(outbox, item, JIEDA_DELIVERY_DONE);
    jieda_outbox_items_free(item, 1);
    assert_counts(0, 0, 0);
}

/* ---- the dead -------------------------------------------------------------------------------- */

static void use_attempts(uint32_t count)
{
    jieda_outbox_options options = test_options();

    options.attempt_count_max = count;
    reopen_with(&options);
}

/* Remembers "key:attempts:reason". */
static bool list_dead(void *ctx, const jieda_outbox_message *m, uint32_t attempt_count,
                      jieda_str reason)
{
    char *text = ctx;
    size_t used = strlen(text);

    snprintf(text + used, 256 - used, "%s%.*s:%u:%.*s", used > 0 ? " " : "",
             (int)m->idempotency_key.len, m->idempotency_key.ptr, attempt_count, (int)reason.len,
             reason.ptr);
    return strlen(text) < 100;
}

static void assert_dead(const char *expected)
{
    char text[256] = "";

    assert_ok(jieda_outbox_dead(outbox, list_dead, text, &err));
    assert_string_equal(text, expected);
}

static void fail_until_nothing_is_due(void)
{
    while (next_due() != INT64_MAX) {
        now = next_due();
        deliver(100);
    }
}

static void the_dead_let_others_pass_and_can_be_revived(void **state)
{
    (void)state;
    use_attempts(3);
    put("k1", "a", "{}");
    put("k2", "a", "{}");
    put("k3", "a", "{}");
    sent.fails = "k1";
    fail_until_nothing_is_due();
    assert_int_equal(sent.attempts, 5);
    assert_sent("k2 k3");
    assert_dead("k1:3:told to fail");
    assert_counts(0, 2, 1);
    assert_int_equal(lines.count, 1);
    assert_int_equal(put("k1", "a", "{}"), JIEDA_OUTBOX_KNOWN);

    assert_int_equal(jieda_outbox_retry(outbox, str("k2"), &err), JIEDA_E_NOT_FOUND);
    put("k4", "a", "{}");
    assert_ok(jieda_outbox_retry(outbox, str("k1"), &err));
    assert_dead("");
    sent.fails = NULL;
    deliver(100);
    assert_sent("k2 k3 k4 k1"); /* behind what waited */
}

static void all_the_dead_can_be_revived(void **state)
{
    (void)state;
    use_attempts(1);
    sent.outcome.delivery = JIEDA_DELIVERY_REFUSED;
    put("a1", "a", "{}");
    put("a2", "a", "{}");
    put("b1", "b", "{}");
    fail_until_nothing_is_due();
    assert_counts(0, 0, 3);
    sent.outcome.delivery = JIEDA_DELIVERY_DONE;
    assert_ok(jieda_outbox_retry(outbox, str(""), &err));
    assert_counts(3, 0, 0);
    deliver(100);
    assert_sent("a1 a2 b1");                              /* each queue in its order */
    assert_ok(jieda_outbox_retry(outbox, str(""), &err)); /* there is none any more */
}

static void what_ends_its_sender_dies(void **state)
{
    (void)state;
    use_attempts(2);
    put("k1", "a", "{}");
    put("k2", "a", "{}");
    for (int i = 0; i < 2; i++) {
        jieda_outbox_item *item;

        claim_one(outbox, &item, 1); /* and never settled */
        assert_str(item->message.idempotency_key, "k1");
        jieda_outbox_items_free(item, 1);
        now = next_due();
    }
    deliver(100);
    assert_sent("k2");
    assert_dead("k1:3:its sender ended");
}

static void the_dead_may_turn_out_to_have_arrived(void **state)
{
    jieda_outbox_item *mine, *theirs;

    (void)state;
    use_attempts(2);
    put("k1", "a", "{}");
    claim_one(outbox, &mine, 1);
    now = next_due();
    claim_one(outbox, &theirs, 1);
    settle(outbox, theirs, JIEDA_DELIVERY_FAILED);
    assert_counts(0, 0, 1);
    settle(outbox, mine, JIEDA_DELIVERY_DONE);
    assert_counts(0, 1, 0);
    jieda_outbox_items_free(mine, 1);
    jieda_outbox_items_free(theirs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(conversations_keep_their_order),
        test(destinations_do_not_wait_for_each_other),
        test(without_a_conversation_there_is_no_order),
        test(the_pump_stops_where_it_is_told),
        test(thousands_stay_in_order),
        cmocka_unit_test(waits_grow_and_are_spread),
        test(a_seed_gives_the_same_night),
        test(nothing_is_sent_before_its_time),
        test(it_is_tried_for_ever),
        test(a_clock_that_goes_back_holds_nothing_up),
        test(a_lease_is_one_process_only_and_ends),
        test(what_arrived_late_has_arrived),
        test(a_claim_takes_one_of_each_conversation),
        test(what_was_erased_while_it_was_sent_stays_erased),
        test(the_dead_let_others_pass_and_can_be_revived),
        test(all_the_dead_can_be_revived),
        test(what_ends_its_sender_dies),
        test(the_dead_may_turn_out_to_have_arrived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
