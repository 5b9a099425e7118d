/*
 * state_test.c - what is remembered, and its bytes.
 *
 * A dialog filled to its brim and an empty one are saved and loaded; every shorter and every
 * changed copy of the bytes is refused and leaves what it would have replaced alone.
 */
#include "fixture.h"

#include "dialog/state.h"

#define EMPTY_BYTES_MAX 200
#define FULL_BYTES_MAX (16 * 1024)

static jieda__buf saved_bytes(const jieda__dialog *dialog)
{
    jieda__buf buf;

    jieda__buf_init(&buf, jieda__default_allocator(), 64 * 1024);
    jieda__dialog_save(dialog, &buf);
    assert_int_equal(buf.status, JIEDA_OK);
    return buf;
}

static void fill_text(char *text, size_t len, unsigned n)
{
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (i + n) % 26);
    text[len] = '\0';
}

static void fill_ticket(jieda__ticket *t)
{
    fill_text(t->id, JIEDA__TICKET_ID_LEN, 1);
    t->reason = JIEDA__REASON_COUNT - 1;
    t->priority = JIEDA_PRIORITY_P3;
    t->state = JIEDA_TICKET_CLOSED;
    t->level = 255;
    t->needs_asked = 1;
    t->unstored = 1 + JIEDA_HANDOFF_CANCELLED;
    t->event_count = UINT32_MAX;
    t->created = 1793000000;
    t->due = 253402300799;
    t->closed = 1793000001;
    fill_text(t->queue, JIEDA__NAME_BYTES_MAX, 2);
    fill_text(t->agent, JIEDA__NAME_BYTES_MAX, 3);
    fill_text(t->incident, JIEDA__NAME_BYTES_MAX, 4);
    fill_text(t->entry, JIEDA__ENTRY_ID_BYTES_MAX, 5);
    t->history_count = JIEDA__HISTORY_COUNT_MAX;
    for (int i = 0; i < JIEDA__HISTORY_COUNT_MAX; i++) {
        t->history[i].time = 1793000000 + i;
        t->history[i].state = (uint8_t)(i % (JIEDA_TICKET_CLOSED + 1));
    }
    t->satisfaction = 5;
}

/* Every place holds as much as it can. `dialog` becomes the same bytes each time. */
static void fill(jieda__dialog *d)
{
    memset(d, 0, sizeof *d);
    fill_text(d->conversation, JIEDA__NAME_BYTES_MAX, 0);
    d->owner = JIEDA_OWNER_AGENT;
    d->pending = JIEDA__PENDING_COUNT - 1;
    d->turn_count = d->episode_count = d->miss_count = UINT32_MAX;
    d->complaint_count = d->repeat_count = UINT32_MAX;
    d->reminded = UINT64_MAX;
    d->begun = 1792000000;
    d->last_time = 1793000000;
    fill_text(d->decision_id, JIEDA__DECISION_ID_LEN, 0);
    fill_text(d->last_entry, JIEDA__ENTRY_ID_BYTES_MAX, 0);
    d->option_count = JIEDA_OPTION_COUNT_MAX;
    for (unsigned i = 0; i < JIEDA_OPTION_COUNT_MAX; i++)
        fill_text(d->options[i], JIEDA__ENTRY_ID_BYTES_MAX, i);
    d->asked_slot = JIEDA__SLOT_KIND_COUNT;
    d->needs_reason = JIEDA__REASON_COUNT - 1;
    d->needs_priority = JIEDA_PRIORITY_P3;
    d->tried_count = JIEDA__TRIED_COUNT_MAX;
    for (unsigned i = 0; i < JIEDA__TRIED_COUNT_MAX; i++)
        fill_text(d->tried[i], JIEDA__ENTRY_ID_BYTES_MAX, i);
    d->slot_count = JIEDA__KNOWN_SLOT_COUNT_MAX;
    for (unsigned i = 0; i < JIEDA__KNOWN_SLOT_COUNT_MAX; i++) {
        d->slots[i].kind = (uint8_t)i;
        fill_text(d->slots[i].value, JIEDA__NAME_BYTES_MAX, i);
    }
    fill_ticket(&d->ticket);
    d->pii.salt = UINT64_MAX;
    d->pii.count = JIEDA__PII_VALUE_MAX;
    for (int i = 0; i < JIEDA__PII_VALUE_MAX; i++) {
        d->pii.items[i].name = (uint8_t)(i % JIEDA__PII_NAME_COUNT);
        d->pii.items[i].number = 255;
        d->pii.items[i].check = UINT16_MAX;
    }
    memset(d->pii.last_number, 255, sizeof d->pii.last_number);
    for (unsigned i = 0; i < JIEDA__TRANSCRIPT_COUNT_MAX; i++) {
        d->transcript[i].role = (uint8_t)(i % (JIEDA_ROLE_AGENT + 1));
        d->transcript[i].time = 1793000000 + (int64_t)i;
        fill_text(d->transcript[i].decision_id, JIEDA__DECISION_ID_LEN, i);
        fill_text(d->transcript[i].text, JIEDA__MESSAGE_BYTES_MAX, i);
    }
    d->said_count = JIEDA__TRANSCRIPT_COUNT_MAX;
}

/* ---- round trips ----------------------------------------------------------------------------- */

static void assert_round_trip(const jieda__dialog *dialog, size_t bytes_max)
{
    jieda__buf bytes = saved_bytes(dialog), again;
    jieda__dialog loaded;
    jieda_error err = {0};

    if (bytes.len > bytes_max)
        fail_msg("%zu bytes; at most %zu were expected", bytes.len, bytes_max);
    memset(&loaded, 0xAA, sizeof loaded);
    assert_int_equal(jieda__dialog_load(bytes.ptr, bytes.len, &loaded, &err), JIEDA_OK);
    again = saved_bytes(&loaded);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.ptr, bytes.ptr, bytes.len);
    jieda__buf_free(&again);
    jieda__buf_free(&bytes);
}

static void an_empty_dialog_is_small(void **state)
{
    jieda__dialog dialog;

    (void)state;
    jieda__dialog_init(&dialog, (jieda_str){NULL, 0});
    assert_round_trip(&dialog, EMPTY_BYTES_MAX);
}

static void a_full_dialog_comes_back_whole(void **state)
{
    static jieda__dialog dialog, loaded;
    jieda__buf bytes;

    (void)state;
    fill(&dialog);
    assert_round_trip(&dialog, FULL_BYTES_MAX);
    bytes = saved_bytes(&dialog);
    memset(&loaded, 0, sizeof loaded);
    assert_int_equal(jieda__dialog_load(bytes.ptr, bytes.len, &loaded, NULL), JIEDA_OK);
    /* Nothing in it is lost: it was zero where fill() put nothing, so that all bytes are equal. */
    assert_memory_equal(&loaded, &dialog, sizeof dialog);
    jieda__buf_free(&bytes);
}

static void a_time_no_calendar_has_is_bounded(void **state)
{
    static jieda__dialog dialog, loaded;
    jieda__buf bytes;

    (void)state;
    fill(&dialog);
    dialog.ticket.due = INT64_MAX;
    dialog.ticket.created = -5;
    bytes = saved_bytes(&dialog);
    assert_int_equal(jieda__dialog_load(bytes.ptr, bytes.len, &loaded, NULL), JIEDA_OK);
    assert_int_equal(loaded.ticket.due, 253402300799);
    assert_int_equal(loaded.ticket.created, 0);
    jieda__buf_free(&bytes);
}

static void saving_appends_and_says_when_it_cannot(void **state)
{
    jieda__dialog dialog;
    jieda__buf buf;

    (void)state;
    jieda__dialog_init(&dialog, str("c1"));
    jieda__buf_init(&buf, jieda__default_allocator(), 1024);
    jieda__buf_cstr(&buf, "before");
    jieda__dialog_save(&dialog, &buf);
    assert_int_equal(buf.status, JIEDA_OK);
    assert_memory_equal(buf.ptr, "beforeJDS", 9);
    assert_int_equal(jieda__dialog_load(buf.ptr + 6, buf.len - 6, &dialog, NULL), JIEDA_OK);
    jieda__buf_free(&buf);
    jieda__buf_init(&buf, jieda__default_allocator(), 20);
    jieda__dialog_save(&dialog, &buf);
    assert_int_not_equal(buf.status, JIEDA_OK);
    jieda__buf_free(&buf);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void assert_refused(const char *bytes, size_t len, jieda_status expected, const char *what)
{
    static jieda__dialog kept, before;
    jieda_error err = {0};
    char *copy = malloc(len + 1); /* of this size, so that the sanitizer sees the end */
    jieda_status st;

    assert_non_null(copy);
    memcpy(copy, bytes, len);
    copy = realloc(copy, len > 0 ? len : 1);
    fill(&kept);
    before = kept;
    st = jieda__dialog_load(copy, len, &kept, &err);
    if (st != expected || err.status != st || err.message[0] == '\0')
        fail_msg("%s: %s, \"%s\"", what, jieda_status_name(st), err.message);
    assert_memory_equal(&kept, &before, sizeof before);
    free(copy);
}

static void every_truncation_is_refused(void **state)
{
    static jieda__dialog dialog;
    jieda__buf bytes;

    (void)state;
    fill(&dialog);
    bytes = saved_bytes(&dialog);
    for (size_t len = 0; len < bytes.len; len += len < 700 ? 1 : 37)
        assert_refused(bytes.ptr, len, JIEDA_E_FORMAT, "truncated");
    jieda__buf_free(&bytes);
}

static void every_changed_byte_is_refused(void **state)
{
    jieda__dialog dialog;
    jieda__buf bytes;

    (void)state;
    jieda__dialog_init(&dialog, str("conversation-1"));
    jieda__dialog_say(&dialog, JIEDA_ROLE_VISITOR, 1793000000, "", str("怎么退款"));
    dialog.turn_count = 300;
    bytes = saved_bytes(&dialog);
    for (size_t i = 0; i < bytes.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bool newer;

            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
            newer = i == 3 && (unsigned char)bytes.ptr[3] > 1; /* the version stands there */
            assert_refused(bytes.ptr, bytes.len, newer ? JIEDA_E_VERSION : JIEDA_E_FORMAT,
                           "one bit changed");
            bytes.ptr[i] = (char)(bytes.ptr[i] ^ (1 << bit));
        }
    jieda__buf_free(&bytes);
}

static void bytes_behind_the_end_are_refused(void **state)
{
    jieda__dialog dialog;
    jieda__buf bytes;

    (void)state;
    jieda__dialog_init(&dialog, str("c"));
    bytes = saved_bytes(&dialog);
    jieda__buf_byte(&bytes, '\0');
    assert_refused(bytes.ptr, bytes.len, JIEDA_E_FORMAT, "one byte more");
    assert_refused("", 0, JIEDA_E_FORMAT, "nothing");
    assert_refused("JDS", 3, JIEDA_E_FORMAT, "a magic alone");
    assert_refused("{\"conversation\":1}", 18, JIEDA_E_FORMAT, "something else");
    jieda__buf_free(&bytes);
}

/* Bytes whose hash is right, as only somebody who writes them on purpose makes them. */
static void assert_forged_refused(jieda__dialog *dialog, const char *what)
{
    jieda__buf bytes = saved_bytes(dialog);

    assert_refused(bytes.ptr, bytes.len, JIEDA_E_FORMAT, what);
    jieda__buf_free(&bytes);
}

static void values_out_of_range_are_refused_whatever_the_hash(void **state)
{
    static jieda__dialog d;

    (void)state;
#define FORGED(change)                                                                             \
    do {                                                                                           \
        fill(&d);                                                                                  \
        change;                                                                                    \
        assert_forged_refused(&d, #change);                                                        \
    } while (0)
    FORGED(d.owner = JIEDA_OWNER_AGENT + 1);
    FORGED(d.pending = JIEDA__PENDING_COUNT);
    FORGED(d.asked_slot = JIEDA__SLOT_KIND_COUNT + 1);
    FORGED(d.needs_reason = JIEDA__REASON_COUNT);
    FORGED(d.slots[0].kind = JIEDA__SLOT_KIND_COUNT);
    FORGED(d.ticket.reason = JIEDA__REASON_COUNT);
    FORGED(d.ticket.priority = JIEDA_PRIORITY_P3 + 1);
    FORGED(d.ticket.state = JIEDA_TICKET_CLOSED + 1);
    FORGED(d.ticket.unstored = 2 + JIEDA_HANDOFF_CANCELLED);
    FORGED(d.ticket.history[2].state = JIEDA_TICKET_CLOSED + 1);
    FORGED(d.ticket.satisfaction = 6);
    FORGED(d.pii.items[3].name = JIEDA__PII_NAME_COUNT);
    FORGED(d.transcript[0].role = JIEDA_ROLE_AGENT + 1);
    FORGED(memcpy(d.transcript[0].text, "\xFF\xFE", 3)); /* ill-formed UTF-8 */
    FORGED(d.conversation[0] = '\0');
#undef FORGED
}

/* ---- the transcript -------------------------------------------------------------------------- */

static void the_ring_keeps_the_last_ones_in_order(void **state)
{
    static jieda__dialog d, loaded;
    jieda__buf bytes;
    char text[32];

    (void)state;
    jieda__dialog_init(&d, str("c"));
    assert_null(jieda__dialog_said(&d, 0));
    for (int i = 0; i < 100; i++) {
        size_t kept =
            i + 1 < JIEDA__TRANSCRIPT_COUNT_MAX ? (size_t)i + 1 : JIEDA__TRANSCRIPT_COUNT_MAX;

        snprintf(text, sizeof text, "message %d", i);
        jieda__dialog_say(&d, (jieda_role)(i % 3), 1000 + i, i % 3 == 1 ? "abcdefgh" : "",
                          str(text));
        assert_null(jieda__dialog_said(&d, kept));
        for (size_t k = 0; k < kept; k++) {
            snprintf(text, sizeof text, "message %zu", (size_t)i + 1 - kept + k);
            assert_string_equal(jieda__dialog_said(&d, k)->text, text);
        }
    }
    bytes = saved_bytes(&d);
    assert_int_equal(jieda__dialog_load(bytes.ptr, bytes.len, &loaded, NULL), JIEDA_OK);
    for (size_t k = 0; k < JIEDA__TRANSCRIPT_COUNT_MAX; k++) {
        const jieda__said *a = jieda__dialog_said(&d, k), *b = jieda__dialog_said(&loaded, k);

        assert_string_equal(a->text, b->text);
        assert_string_equal(a->decision_id, b->decision_id);
        assert_int_equal(a->role, b->role);
        assert_int_equal(a->time, b->time);
    }
    /* A loaded ring goes on where the saved one would. */
    jieda__dialog_say(&loaded, JIEDA_ROLE_BOT, 2000, "", str("next"));
    assert_string_equal(jieda__dialog_said(&loaded, JIEDA__TRANSCRIPT_COUNT_MAX - 1)->text, "next");
    assert_string_equal(jieda__dialog_said(&loaded, 0)->text, "message 77");
    jieda__buf_free(&bytes);
}

static void long_messages_are_cut_on_a_character(void **state)
{
    jieda__dialog d;
    char text[1024];

    (void)state;
    jieda__dialog_init(&d, str("c"));
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "退", 4);
    jieda__dialog_say(&d, JIEDA_ROLE_VISITOR, 1, "", str(text));
    assert_int_equal(strlen(jieda__dialog_said(&d, 0)->text), 399);
    memset(text, 'x', 390);
    memcpy(text + 390, "[银行卡#12]", sizeof "[银行卡#12]"); /* would be cut in two */
    jieda__dialog_say(&d, JIEDA_ROLE_VISITOR, 1, "", str(text));
    assert_int_equal(strlen(jieda__dialog_said(&d, 1)->text), 390);
    jieda__dialog_say(&d, JIEDA_ROLE_VISITOR, 1, "", str(""));
    assert_null(jieda__dialog_said(&d, 2)); /* nothing was said */
}

/* ---- slots and entries ----------------------------------------------------------------------- */

static void the_latest_value_of_a_slot_counts(void **state)
{
    jieda__dialog d;
    char longest[JIEDA__NAME_BYTES_MAX + 2];

    (void)state;
    jieda__dialog_init(&d, str("c"));
    assert_false(jieda__dialog_knows(&d, str("amount")));
    jieda__dialog_keep_slot(&d, JIEDA__SLOT_AMOUNT, str("1.00 CNY"));
    jieda__dialog_keep_slot(&d, JIEDA__SLOT_BANK, str("中国工商银行"));
    jieda__dialog_keep_slot(&d, JIEDA__SLOT_AMOUNT, str("2.00 CNY"));
    assert_int_equal(d.slot_count, 2);
    assert_string_equal(d.slots[0].value, "2.00 CNY");
    assert_true(jieda__dialog_knows(&d, str("amount")));
    assert_true(jieda__dialog_knows(&d, str("bank")));
    assert_false(jieda__dialog_knows(&d, str("phone")));
    fill_text(longest, JIEDA__NAME_BYTES_MAX + 1, 0);
    jieda__dialog_keep_slot(&d, JIEDA__SLOT_BANK, str(longest)); /* one byte too long: not kept */
    assert_string_equal(d.slots[1].value, "中国工商银行");
    for (unsigned kind = 0; kind < JIEDA__SLOT_KIND_COUNT; kind++)
        jieda__dialog_keep_slot(&d, (uint8_t)kind, str("v"));
    assert_int_equal(d.slot_count, JIEDA__KNOWN_SLOT_COUNT_MAX);
}

static void the_last_tried_entries_are_kept_once(void **state)
{
    jieda__dialog d;
    char id[24];

    (void)state;
    jieda__dialog_init(&d, str("c"));
    for (int i = 0; i < 12; i++) {
        snprintf(id, sizeof id, "entry.%d", i);
        jieda__dialog_keep_tried(&d, str(id));
        jieda__dialog_keep_tried(&d, str(id));
    }
    assert_int_equal(d.tried_count, JIEDA__TRIED_COUNT_MAX);
    assert_string_equal(d.tried[0], "entry.4");
    assert_string_equal(d.tried[JIEDA__TRIED_COUNT_MAX - 1], "entry.11");
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void a_conversation_without_a_name_gets_one_of_its_own(void **state)
{
    jieda__dialog a, b;

    (void)state;
    jieda__dialog_init(&a, (jieda_str){NULL, 0});
    jieda__dialog_init(&b, (jieda_str){NULL, 0});
    assert_int_equal(strlen(a.conversation), 16);
    assert_string_not_equal(a.conversation, b.conversation);
    assert_true(a.pii.salt != b.pii.salt);
}

/* So that a conversation told again gives the same bytes. */
static void the_salt_is_the_conversations(void **state)
{
    jieda__dialog a, b;
    uint64_t salt;

    (void)state;
    jieda__dialog_init(&a, str("c1"));
    jieda__dialog_init(&b, (jieda_str){NULL, 0});
    jieda__dialog_name(&b, str("c1"));
    assert_true(a.pii.salt == b.pii.salt);
    jieda__dialog_name(&b, str("c2"));
    assert_true(a.pii.salt != b.pii.salt);
    salt = a.pii.salt;
    a.pii.count = 1; /* with values remembered the salt they were hashed with stays */
    jieda__dialog_name(&a, str("c2"));
    assert_true(a.pii.salt == salt);
    assert_string_equal(a.conversation, "c2");
}

static void after_long_silence_the_topic_is_forgotten_and_the_ticket_not(void **state)
{
    static jieda__dialog d, before;
    const int64_t then = 1793000000;

    (void)state;
    fill(&d);
    d.last_time = then;
    before = d;
    jieda__dialog_begin(&d, then + 1800, 1800); /* just not */
    assert_memory_equal(&d, &before, sizeof d);
    jieda__dialog_begin(&d, then + 1801, 1800);
    assert_int_equal(d.pending, JIEDA__PENDING_NONE);
    assert_int_equal(d.miss_count, 0);
    assert_int_equal(d.complaint_count, 0);
    assert_int_equal(d.repeat_count, 0);
    assert_int_equal(d.reminded, 0);
    assert_int_equal(d.option_count, 0);
    assert_int_equal(d.asked_slot, 0);
    assert_int_equal(d.tried_count, 0);
    assert_int_equal(d.slot_count, 0);
    assert_string_equal(d.last_entry, "");
    assert_memory_equal(&d.ticket, &before.ticket, sizeof d.ticket);
    assert_memory_equal(&d.pii, &before.pii, sizeof d.pii);
    assert_memory_equal(d.transcript, before.transcript, sizeof d.transcript);
    assert_int_equal(d.owner, JIEDA_OWNER_AGENT);
    assert_int_equal(d.episode_count, before.episode_count); /* ticket ids are never used twice */
    assert_int_equal(d.turn_count, before.turn_count);
    assert_string_equal(d.conversation, before.conversation);
}

static void the_first_message_ends_no_silence(void **state)
{
    jieda__dialog d;

    (void)state;
    jieda__dialog_init(&d, str("c"));
    d.miss_count = 1;
    jieda__dialog_begin(&d, 1793000000, 1800);
    assert_int_equal(d.miss_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_dialog_is_small),
        cmocka_unit_test(a_full_dialog_comes_back_whole),
        cmocka_unit_test(a_time_no_calendar_has_is_bounded),
        cmocka_unit_test(saving_appends_and_says_when_it_cannot),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(values_out_of_range_are_refused_whatever_the_hash),
        cmocka_unit_test(the_ring_keeps_the_last_ones_in_order),
        cmocka_unit_test(long_messages_are_cut_on_a_character),
        cmocka_unit_test(the_latest_value_of_a_slot_counts),
        cmocka_unit_test(the_last_tried_entries_are_kept_once),
        cmocka_unit_test(a_conversation_without_a_name_gets_one_of_its_own),
        cmocka_unit_test(the_salt_is_the_conversations),
        cmocka_unit_test(after_long_silence_the_topic_is_forgotten_and_the_ticket_not),
        cmocka_unit_test(the_first_message_ends_no_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
