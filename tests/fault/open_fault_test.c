/*
 * open_fault_test.c - each allocation of opening a knowledge base fails once.
 *
 * Ours must come back as JIEDA_E_NOMEM, with a message, NULL for the engine and nothing allocated.
 * SQLite tolerates some of its own; then the engine must say the same of itself and answer the same
 * as one opened in plenty.
 */
#include "fault/faulty.h"
#include "unit/api/shop.h"

static fixture files;
static char *bytes;
static size_t bytes_len;

static int make_shop(void **state)
{
    (void)state;
    fixture_make(&files, shop_pack, shop_entries, NULL);
    bytes = read_whole(files.kb, &bytes_len);
    return 0;
}

static int remove_shop(void **state)
{
    (void)state;
    free(bytes);
    fixture_remove(&files);
    return 0;
}

static jieda_status open_shop(bool from_memory, const jieda_allocator *allocator,
                              jieda_engine **engine, jieda_error *err)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    options.allocator = allocator;
    return from_memory ? jieda_open_memory(bytes, bytes_len, &options, engine, err)
                       : jieda_open(files.kb, &options, engine, err);
}

/* What an engine says of itself and of one question. */
static void describe(const jieda_engine *engine, char out[512])
{
    jieda_session *session = fixture_session(engine);
    const jieda_category *categories;
    const jieda_reply *reply;
    jieda_kb_info info;
    size_t count;
    int len;

    jieda_info(engine, &info);
    len = snprintf(out, 512, "%.*s %.*s %.*s %u %u %u", (int)info.name.len, info.name.ptr,
                   (int)info.title.len, info.title.ptr, (int)info.content_hash.len,
                   info.content_hash.ptr, info.entry_count, info.question_count, info.word_count);
    assert_int_equal(jieda_session_set_language(session, "en", NULL), JIEDA_OK);
    assert_int_equal(jieda_categories(session, &categories, &count, NULL), JIEDA_OK);
    len += snprintf(out + len, 512 - (size_t)len, " %zu", count);
    reply = ask(session, "怎么申请退款");
    snprintf(out + len, 512 - (size_t)len, " %d %.*s", (int)reply->decision, (int)reply->answer.len,
             reply->answer.ptr);
    jieda_session_free(session);
}

static void open_with_faults(bool from_memory, bool for_ever, bool in_sqlite)
{
    fault own = {0}, *struck = in_sqlite ? &sqlite_fault : &own;
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_engine *engine;
    char expected[512], actual[512];
    size_t n;

    assert_int_equal(open_shop(from_memory, NULL, &engine, NULL), JIEDA_OK);
    describe(engine, expected);
    jieda_close(engine);
    for (n = 0;; n++) {
        jieda_error err = {0};
        jieda_status st;

        fault_arm(struck, n, for_ever);
        engine = (jieda_engine *)(void *)&files;
        st = open_shop(from_memory, &allocator, &engine, &err);
        fault_disarm(struck);
        if (st == JIEDA_OK) {
            assert_non_null(engine);
            describe(engine, actual);
            if (strcmp(actual, expected) != 0)
                fail_msg("allocation %zu: \"%s\" where \"%s\" was expected", n, actual, expected);
        } else if (engine) {
            fail_msg("allocation %zu: an engine after a failure", n);
        }
        jieda_close(engine);
        if (own.alive != 0)
            fail_msg("allocation %zu: %zu blocks leak", n, own.alive);
        if (!struck->fired)
            break;
        if (in_sqlite ? st != JIEDA_OK && !is_failure_of_sqlite(st, &err)
                      : st != JIEDA_E_NOMEM || err.status != st || err.message[0] == '\0')
            fail_msg("allocation %zu: %s, \"%s\"", n, jieda_status_name(st), err.message);
    }
    assert_true(n > 5);
}

static void each_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        open_with_faults(i & 1, i & 2, false);
}

static void each_allocation_of_sqlite_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        open_with_faults(i & 1, i & 2, true);
}

static void each_allocation_of_a_session_may_fail(void **state)
{
    fault own = {0};
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_engine *engine;

    (void)state;
    assert_int_equal(open_shop(false, &allocator, &engine, NULL), JIEDA_OK);
    for (size_t n = 0;; n++) {
        jieda_session *session = NULL;
        jieda_error err = {0};
        jieda_status st;

        fault_arm(&own, n, false);
        st = jieda_session_new(engine, &session, &err);
        if (st == JIEDA_OK)
            st = jieda_session_set_tag(session, "version", str("2"), &err);
        if (st == JIEDA_OK)
            st = jieda_session_set_placeholder(session, "hotline", str("95000"), &err);
        if (st == JIEDA_OK) /* replacing needs memory as well, before the old value goes */
            st = jieda_session_set_placeholder(session, "hotline", str("95001"), &err);
        fault_disarm(&own);
        if (own.fired) {
            assert_int_equal(st, JIEDA_E_NOMEM);
            assert_int_equal(err.status, JIEDA_E_NOMEM);
        }
        jieda_session_free(session);
        if (!own.fired) {
            assert_int_equal(st, JIEDA_OK);
            assert_true(n >= 7);
            break;
        }
    }
    jieda_close(engine);
    assert_int_equal(own.alive, 0);
}

static void a_failed_binding_keeps_the_old_value(void **state)
{
    fault own = {0};
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_engine *engine;
    jieda_session *session;

    (void)state;
    assert_int_equal(open_shop(false, &allocator, &engine, NULL), JIEDA_OK);
    session = fixture_session(engine);
    assert_int_equal(jieda_session_set_placeholder(session, "hotline", str("95000"), NULL),
                     JIEDA_OK);
    for (size_t n = 0; n < 2; n++) {
        fault_arm(&own, n, false);
        assert_int_equal(jieda_session_set_placeholder(session, "hotline", str("1"), NULL),
                         JIEDA_E_NOMEM);
        fault_disarm(&own);
        assert_str(ask(session, "客服热线号码")->answer, "请拨95000。");
    }
    jieda_session_free(session);
    jieda_close(engine);
    assert_int_equal(own.alive, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ours_may_fail),
        cmocka_unit_test(each_allocation_of_sqlite_may_fail),
        cmocka_unit_test(each_allocation_of_a_session_may_fail),
        cmocka_unit_test(a_failed_binding_keeps_the_old_value),
    };

    faulty_libraries();
    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
