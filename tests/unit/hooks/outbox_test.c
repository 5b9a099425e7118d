/*
 * outbox_test.c - what is stored stays stored, once, in order; what is damaged is refused; what is
 * erased is gone.
 */
#include "unit/hooks/outbox_fixture.h"

#include <sqlite3.h>
#include <sys/stat.h>

static void what_was_stored_is_there_after_closing(void **state)
{
    struct stat info;

    (void)state;
    put("k1", "c1", "{\"n\":1}");
    put("k2", "c1", "{\"n\":2}");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    reopen();
    assert_counts(2, 0, 0);
    deliver(100);
    assert_sent("k1 k2");
    assert_int_equal(sent.bad_body, 0);
    reopen();
    assert_counts(0, 2, 0);
    deliver(100);
    assert_sent("k1 k2");
}

static void a_retry_is_no_second_message(void **state)
{
    (void)state;
    assert_int_equal(put("k1", "c1", "first"), JIEDA_OUTBOX_STORED);
    assert_int_equal(put("k1", "c1", "first"), JIEDA_OUTBOX_KNOWN);
    assert_int_equal(put("k1", "c1", "other"), JIEDA_OUTBOX_KEPT_FIRST);
    assert_int_equal(put("k1", "c2", "first"), JIEDA_OUTBOX_KNOWN);
    assert_counts(1, 0, 0);
    deliver(1);
    assert_string_equal(sent.last_body, "first");
    assert_int_equal(put("k1", "c1", "first"), JIEDA_OUTBOX_KNOWN);
    assert_int_equal(put("k1", "c1", "other"), JIEDA_OUTBOX_KEPT_FIRST);
    deliver(1);
    assert_sent("k1");
}

static void a_batch_is_stored_as_a_whole(void **state)
{
    jieda_outbox_message batch[3] = {message("k1", "c1", "1"), message("k2", "c1", "2"),
                                     message("k1", "c1", "3")};
    jieda_outbox_put_result results[3];

    (void)state;
    assert_ok(jieda_outbox_put(outbox, batch, 3, results, &err));
    assert_int_equal(results[0], JIEDA_OUTBOX_STORED);
    assert_int_equal(results[1], JIEDA_OUTBOX_STORED);
    assert_int_equal(results[2], JIEDA_OUTBOX_KEPT_FIRST);
    batch[0] = message("k3", "c1", "1");
    batch[2] = message("", "c1", "3");
    assert_int_equal(jieda_outbox_put(outbox, batch, 3, results, &err), JIEDA_E_INVALID);
    assert_counts(2, 0, 0);
    assert_int_equal(jieda_outbox_put(outbox, batch, 0, NULL, &err), JIEDA_E_INVALID);
}

static void bodies_are_bytes(void **state)
{
    static const char bytes[] = "a\0b\xff";
    jieda_outbox_message m = message("k1", "c1", "");
    jieda_outbox_item *items;
    size_t count;

    (void)state;
    m.body = (jieda_str){bytes, sizeof bytes};
    assert_ok(jieda_outbox_put(outbox, &m, 1, NULL, &err));
    assert_int_equal(put("k2", "c2", ""), JIEDA_OUTBOX_STORED);
    assert_ok(jieda_outbox_claim(outbox, NULL, 10, &items, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(items[0].message.body.len, sizeof bytes);
    assert_memory_equal(items[0].message.body.ptr, bytes, sizeof bytes);
    assert_int_equal(items[1].message.body.len, 0);
    assert_str(items[0].message.content_type, "application/json");
    assert_str(items[0].message.conversation_id, "c1");
    assert_str(items[0].message.destination, "desk");
    assert_int_equal(items[0].created_ms, now);
    assert_int_equal(items[0].attempt, 1);
    jieda_outbox_items_free(items, count);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static char long_text[JIEDA_OUTBOX_DESTINATION_BYTES_MAX + 2];

static jieda_str repeated(size_t len)
{
    memset(long_text, 'a', len);
    return (jieda_str){long_text, len};
}

static const struct {
    const char *name;
    size_t offset, len_max;
} limit_cases[] = {
    {"key", offsetof(jieda_outbox_message, idempotency_key), JIEDA_OUTBOX_NAME_BYTES_MAX},
    {"conversation", offsetof(jieda_outbox_message, conversation_id), JIEDA_OUTBOX_NAME_BYTES_MAX},
    {"content type", offsetof(jieda_outbox_message, content_type), JIEDA_OUTBOX_NAME_BYTES_MAX},
    {"destination", offsetof(jieda_outbox_message, destination),
     JIEDA_OUTBOX_DESTINATION_BYTES_MAX},
};

static void each_name_has_a_longest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limit_cases / sizeof *limit_cases; i++)
        for (size_t past = 0; past <= 1; past++) {
            jieda_outbox_message m = message("k", "c", "{}");
            jieda_str text = repeated(limit_cases[i].len_max + past);

            memcpy((char *)&m + limit_cases[i].offset, &text, sizeof text);
            if (jieda_outbox_put(outbox, &m, 1, NULL, &err) != (past ? JIEDA_E_LIMIT : JIEDA_OK))
                fail_msg("%s of %zu bytes", limit_cases[i].name, text.len);
        }
}

static void a_body_has_a_longest(void **state)
{
    char *body = calloc(1, JIEDA_OUTBOX_BODY_BYTES_MAX + 1);
    jieda_outbox_message m = message("k", "c", "");

    (void)state;
    assert_non_null(body);
    m.body = (jieda_str){body, JIEDA_OUTBOX_BODY_BYTES_MAX};
    assert_ok(jieda_outbox_put(outbox, &m, 1, NULL, &err));
    m.idempotency_key = str("k2");
    m.body.len++;
    assert_int_equal(jieda_outbox_put(outbox, &m, 1, NULL, &err), JIEDA_E_LIMIT);
    deliver(10);
    assert_sent("k");
    free(body);
}

static const struct {
    const char *name;
    const char *key, *conversation, *destination, *content_type;
    jieda_status status;
} name_cases[] = {
    {"no key", "", "c", "d", "", JIEDA_E_INVALID},
    {"a space in a key", "a b", "c", "d", "", JIEDA_E_INVALID},
    {"a line break in a key", "a\r\nb", "c", "d", "", JIEDA_E_INVALID},
    {"a key beyond ASCII", "退", "c", "d", "", JIEDA_E_INVALID},
    {"no conversation", "k1", "", "d", "", JIEDA_OK},
    {"a conversation beyond ASCII", "k2", "退 款", "d", "", JIEDA_OK},
    {"a control character in a conversation", "k3", "a\nb", "d", "", JIEDA_E_INVALID},
    {"no destination", "k4", "c", "", "", JIEDA_E_INVALID},
    {"a control character in a destination", "k5", "c", "a\tb", "", JIEDA_E_INVALID},
    {"a content type with a parameter", "k6", "c", "d", "text/plain; charset=utf-8", JIEDA_OK},
    {"a line break in a content type", "k7", "c", "d", "text/plain\r\nX: y", JIEDA_E_INVALID},
};

static void names_go_into_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof name_cases / sizeof *name_cases; i++) {
        jieda_outbox_message m = {
            .idempotency_key = str(name_cases[i].key),
            .conversation_id = str(name_cases[i].conversation),
            .destination = str(name_cases[i].destination),
            .content_type = str(name_cases[i].content_type),
            .body = str("{}"),
        };

        if (jieda_outbox_put(outbox, &m, 1, NULL, &err) != name_cases[i].status)
            fail_msg("%s: %s", name_cases[i].name, err.message);
    }
}

static void options_have_ranges(void **state)
{
    jieda_outbox_options cases[9];
    jieda_outbox *other;

    (void)state;
    for (size_t i = 0; i < 9; i++)
        cases[i] = test_options();
    cases[0].backoff_base_ms = 0;
    cases[1].backoff_base_ms = 2000, cases[1].backoff_max_ms = 1999;
    cases[2].backoff_max_ms = JIEDA_OUTBOX_DELAY_MS_MAX + 1;
    cases[3].lease_ms = 0;
    cases[4].lease_ms = JIEDA_OUTBOX_DELAY_MS_MAX + 1;
    cases[5].destination = NULL;
    cases[6].destination = "";
    cases[7].busy_timeout_ms = (uint32_t)INT32_MAX + 1;
    repeated(JIEDA_OUTBOX_DESTINATION_BYTES_MAX + 1);
    cases[8].destination = long_text;
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(jieda_outbox_open(path, &cases[i], &other, &err), JIEDA_E_INVALID);
        assert_null(other);
    }
    assert_int_equal(jieda_outbox_open("", NULL, &other, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_outbox_open(":memory:", NULL, &other, &err), JIEDA_E_INVALID);
    jieda_outbox_close(NULL);
}

/* ---- what can go wrong with a file ----------------------------------------------------------- */

static void a_full_disk_stores_nothing(void **state)
{
    size_t len = 400000;
    char *body = calloc(1, len);
    jieda_outbox_message m = message("big", "c2", "");
    jieda_handoff handoff = event("T1-9", "c9", "{}");

    (void)state;
    assert_non_null(body);
    put("k1", "c1", "{}");
    m.body = (jieda_str){body, len};
    disk_fills_up_at(200000);
    assert_int_equal(jieda_outbox_put(outbox, &m, 1, NULL, &err), JIEDA_E_IO);
    disk_fills_up_at(1); /* not even one page more */
    assert_int_equal(jieda_outbox_hook(outbox, &handoff), JIEDA_HANDOFF_FAILED);
    assert_int_equal(lines.count, 1);
    disk_has_room();
    assert_counts(1, 0, 0);
    assert_int_equal(jieda_outbox_hook(outbox, &handoff), JIEDA_HANDOFF_ACCEPTED);
    assert_ok(jieda_outbox_put(outbox, &m, 1, NULL, &err));
    reopen();
    deliver(100);
    assert_sent("k1 T1-9 big");
    free(body);
}

static void a_folder_must_be_there_and_writable(void **state)
{
    static const char *const paths[] = {"/no/such/folder/outbox", "/proc/outbox", "/tmp"};
    jieda_outbox *other;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(jieda_outbox_open(paths[i], NULL, &other, &err), JIEDA_E_IO);
        assert_null(other);
        assert_string_equal(err.source, paths[i]);
    }
    if (geteuid() != 0) { /* root may write anywhere */
        jieda_outbox_close(outbox);
        outbox = NULL;
        assert_int_equal(chmod(folder.folder, 0500), 0);
        assert_int_equal(jieda_outbox_open(path, NULL, &other, &err), JIEDA_E_IO);
        assert_int_equal(chmod(folder.folder, 0700), 0);
    }
}

static void execute(const char *file, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_file_of_something_else_is_left_alone(void **state)
{
    char other_path[128], *before, *after;
    size_t before_len, after_len;
    jieda_outbox *other;

    (void)state;
    path_in(&folder, "other", other_path);
    write_whole(other_path, "this is no database, but it is longer than nothing\n", 51);
    assert_int_equal(jieda_outbox_open(other_path, NULL, &other, &err), JIEDA_E_FORMAT);
    unlink(other_path);
    execute(other_path, "CREATE TABLE item (id)");
    before = read_whole(other_path, &before_len);
    assert_int_equal(jieda_outbox_open(other_path, NULL, &other, &err), JIEDA_E_FORMAT);
    after = read_whole(other_path, &after_len);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, before_len);
    free(before);
    free(after);
}

static void a_newer_outbox_is_refused(void **state)
{
    jieda_outbox *other;

    (void)state;
    put("k1", "c1", "{}");
    jieda_outbox_close(outbox);
    outbox = NULL;
    execute(path, "PRAGMA user_version = 2");
    assert_int_equal(jieda_outbox_open(path, NULL, &other, &err), JIEDA_E_VERSION);
    execute(path, "PRAGMA user_version = 0");
    assert_int_equal(jieda_outbox_open(path, NULL, &other, &err), JIEDA_E_FORMAT);
    execute(path, "PRAGMA user_version = 1; ALTER TABLE item DROP COLUMN reason");
    assert_int_equal(jieda_outbox_open(path, NULL, &other, &err), JIEDA_E_FORMAT);
    execute(path, "ALTER TABLE item ADD COLUMN reason TEXT");
    assert_ok(jieda_outbox_open(path, NULL, &other, &err));
    jieda_outbox_close(other);
}

/* Overwrites each page in turn: whatever is read from then on is an answer or an error. */
static void a_damaged_file_is_an_error_not_a_crash(void **state)
{
    char *bytes, *damaged;
    size_t len, errors = 0;

    (void)state;
    put("k1", "c1", "{}");
    put("k2", "c1", "{}");
    jieda_outbox_close(outbox);
    outbox = NULL;
    bytes = read_whole(path, &len);
    damaged = malloc(len);
    assert_non_null(damaged);
    for (size_t page = 0; page < len / 4096; page++) {
        jieda_outbox *other;
        jieda_outbox_counts counts;
        jieda_outbox_item *items;
        jieda_outbox_message m = message("k3", "c1", "{}");
        jieda_status results[5];
        size_t count;

        memcpy(damaged, bytes, len);
        memset(damaged + page * 4096 + (page == 0 ? 100 : 0), 0x5A, 2000);
        write_whole(path, damaged, len);
        if (jieda_outbox_open(path, NULL, &other, &err) != JIEDA_OK) {
            assert_int_equal(err.status, JIEDA_E_FORMAT);
            errors++;
            continue;
        }
        results[0] = jieda_outbox_stats(other, &counts, &err);
        results[1] = jieda_outbox_put(other, &m, 1, NULL, &err);
        results[2] = jieda_outbox_claim(other, NULL, 10, &items, &count, &err);
        jieda_outbox_items_free(items, count);
        results[3] = jieda_outbox_erase(other, str("c1"), NULL, &err);
        results[4] = jieda_outbox_purge(other, INT64_MAX, NULL, &err);
        for (int i = 0; i < 5; i++)
            if (results[i] != JIEDA_OK) {
                assert_int_equal(results[i], JIEDA_E_FORMAT);
                errors++;
            }
        jieda_outbox_close(other);
    }
    assert_true(errors >= len / 4096);
    free(bytes);
    free(damaged);
}

static void a_lock_of_another_process_is_waited_for(void **state)
{
    jieda_outbox_options options = test_options();
    jieda_outbox *other;
    jieda_outbox_message m = message("k1", "c1", "{}");
    sqlite3 *db;

    (void)state;
    options.busy_timeout_ms = 50;
    assert_ok(jieda_outbox_open(path, &options, &other, &err));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(jieda_outbox_put(other, &m, 1, NULL, &err), JIEDA_E_IO);
    assert_non_null(strstr(err.message, "locked"));
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_ok(jieda_outbox_put(other, &m, 1, NULL, &err));
    sqlite3_close(db);
    jieda_outbox_close(other);
}

/* ---- looking and erasing --------------------------------------------------------------------- */

static void stats_say_how_old_the_oldest_is(void **state)
{
    jieda_outbox_counts counts;

    (void)state;
    assert_ok(jieda_outbox_stats(outbox, &counts, &err));
    assert_int_equal(counts.pending + counts.delivered + counts.dead, 0);
    assert_int_equal(counts.oldest_ms, 0);
    put("k1", "c1", "{}");
    now += 5000;
    put("k2", "c2", "{}");
    now += 1000;
    assert_ok(jieda_outbox_stats(outbox, &counts, &err));
    assert_int_equal(counts.oldest_ms, 6000);
    deliver(1);
    assert_ok(jieda_outbox_stats(outbox, &counts, &err));
    assert_int_equal(counts.oldest_ms, 1000);
}

/* Whether any file of the outbox holds these bytes. */
static bool found_on_disk(const char *text)
{
    static const char *const names[] = {"outbox", "outbox-wal"};
    bool found = false;

    for (size_t i = 0; i < 2; i++) {
        char name[128], *bytes;
        size_t len;

        path_in(&folder, names[i], name);
        if (access(name, F_OK) != 0)
            continue;
        bytes = read_whole(name, &len);
        for (size_t at = 0; !found && at + strlen(text) <= len; at++)
            found = memcmp(bytes + at, text, strlen(text)) == 0;
        free(bytes);
    }
    return found;
}

static void purged_bodies_are_gone_and_their_keys_known(void **state)
{
    const int64_t day = 86400000;
    uint64_t count;

    (void)state;
    put("k1", "c1", "body-of-one");
    put("k2", "c1", "body-of-two");
    deliver(1);
    now += day;
    deliver(1);
    put("k3", "c1", "body-of-three");
    assert_ok(jieda_outbox_purge(outbox, now, &count, &err)); /* before: k2 is delivered at `now` */
    assert_int_equal(count, 1);
    assert_false(found_on_disk("body-of-one"));
    assert_true(found_on_disk("body-of-two"));
    assert_true(found_on_disk("body-of-three"));
    assert_int_equal(put("k1", "c1", "body-of-one"), JIEDA_OUTBOX_KNOWN);
    assert_int_equal(put("k1", "c1", "other"), JIEDA_OUTBOX_KEPT_FIRST);
    assert_counts(1, 2, 0);

    now += JIEDA_OUTBOX_KEY_DAYS * day;
    assert_ok(jieda_outbox_purge(outbox, now, &count, &err));
    assert_int_equal(count, 1);
    assert_counts(1, 1, 0); /* what is pending stays, however old */
    assert_int_equal(put("k1", "c1", "other"), JIEDA_OUTBOX_STORED);
    assert_ok(jieda_outbox_purge(outbox, INT64_MIN, &count, &err));
    assert_int_equal(count, 0);
}

static void an_erased_conversation_is_gone(void **state)
{
    uint64_t count;

    (void)state;
    put("k1", "c1", "secret-of-one");
    put("k2", "c2", "secret-of-two");
    deliver(2);
    for (int i = 0; i < 2500; i++) { /* more than one transaction erases */
        char key[16];

        snprintf(key, sizeof key, "m%d", i);
        put_fast(key, "c1", "secret-of-one");
    }
    put_flush();
    assert_ok(jieda_outbox_erase(outbox, str("c1"), &count, &err));
    assert_int_equal(count, 2501);
    assert_false(found_on_disk("secret-of-one"));
    assert_true(found_on_disk("secret-of-two"));
    assert_counts(0, 1, 0);
    assert_ok(jieda_outbox_erase(outbox, str("nobody"), &count, &err));
    assert_int_equal(count, 0);
    put("k5", "c1", "{}"); /* begins anew */
    deliver(10);
    assert_sent("k1 k2 k5");
}

/* ---- the hook -------------------------------------------------------------------------------- */

static void the_hook_says_what_the_host_says(void **state)
{
    jieda_handoff_result said = JIEDA_HANDOFF_BUSY;
    jieda_outbox_options options = test_options();
    jieda_handoff handoff = event("T1-1", "c1", "{\"ticket\":1}");
    jieda_outbox *other;

    (void)state;
    options.staffing = say;
    options.staffing_ctx = &said;
    assert_int_equal(jieda_outbox_hook(outbox, &handoff), JIEDA_HANDOFF_ACCEPTED);
    assert_ok(jieda_outbox_open(path, &options, &other, &err));
    assert_int_equal(jieda_outbox_hook(other, &handoff), JIEDA_HANDOFF_BUSY);
    said = JIEDA_HANDOFF_CLOSED;
    assert_int_equal(jieda_outbox_hook(other, &handoff), JIEDA_HANDOFF_CLOSED);
    assert_int_equal(lines.count, 0);
    handoff.ticket = str("{\"ticket\":2}");
    assert_int_equal(jieda_outbox_hook(other, &handoff), JIEDA_HANDOFF_CLOSED);
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.text, "the first is kept"));
    handoff.idempotency_key = str("");
    assert_int_equal(jieda_outbox_hook(other, &handoff), JIEDA_HANDOFF_FAILED);
    jieda_outbox_close(other);
    assert_counts(1, 0, 0);
    deliver(1);
    assert_sent("T1-1");
    assert_string_equal(sent.last_body, "{\"ticket\":1}");
    assert_string_equal(sent.last_destination, "desk");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_was_stored_is_there_after_closing),
        test(a_retry_is_no_second_message),
        test(a_batch_is_stored_as_a_whole),
        test(bodies_are_bytes),
        test(each_name_has_a_longest),
        test(a_body_has_a_longest),
        test(names_go_into_headers),
        test(options_have_ranges),
        test(a_full_disk_stores_nothing),
        test(a_folder_must_be_there_and_writable),
        test(a_file_of_something_else_is_left_alone),
        test(a_newer_outbox_is_refused),
        test(a_damaged_file_is_an_error_not_a_crash),
        test(a_lock_of_another_process_is_waited_for),
        test(stats_say_how_old_the_oldest_is),
        test(purged_bodies_are_gone_and_their_keys_known),
        test(an_erased_conversation_is_gone),
        test(the_hook_says_what_the_host_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
