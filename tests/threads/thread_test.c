/*
 * thread_test.c - threads share an engine.
 *
 * Eight threads, one engine, a session each, two hundred questions each: every reply is the one a
 * single thread gets. Then threads that open and close sessions, and ask with different settings,
 * while others ask. Built with the thread sanitizer this proves more than with any other.
 */
#include "fixture.h"

#include <pthread.h>

enum { THREAD_COUNT = 8, ASK_COUNT = 200 };

static const char *const questions[] = {
    "怎么申请退款",
    "退款多久到账",
    "付款失败怎么办",
    "转错账了怎么办",
    "怎么绑定银行卡",
    "怎么解绑银行卡",
    "忘记支付密码怎么办",
    "账户被盗刷了怎么办",
    "zenme tuikuan",
    "怎麼開發票",
    "你好",
    "谢谢",
    "今天天气怎么样",
    "",
    "？？",
    "How do I request a refund?",
    "验正码收不到",
    "提现要手续费吗",
    "转人工客服",
    "qqqqq",
    "我的钱转到余额里",
    "怎么转账给别人",
    "优惠券用不了",
    "客服电话是多少",
};

#define QUESTION_COUNT (sizeof questions / sizeof *questions)

/* A reply in one number: FNV-1a over what a visitor sees of it. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3ULL;
    return hash;
}

static uint64_t hash_reply(const jieda_reply *r)
{
    uint64_t hash = hash_bytes(0xcbf29ce484222325ULL, &r->decision, sizeof r->decision);

    hash = hash_bytes(hash, r->answer.ptr, r->answer.len);
    hash = hash_bytes(hash, r->entry_id.ptr, r->entry_id.len);
    for (size_t i = 0; i < r->option_count; i++)
        hash = hash_bytes(hash, r->options[i].title.ptr, r->options[i].title.len);
    for (size_t i = 0; i < r->candidate_count; i++) {
        hash = hash_bytes(hash, r->candidates[i].question.ptr, r->candidates[i].question.len);
        hash = hash_bytes(hash, &r->candidates[i].score, sizeof r->candidates[i].score);
    }
    return hash;
}

/* cmocka's asserts jump and are the main thread's; a worker counts what went wrong instead. */
typedef struct worker {
    const jieda_engine *engine;
    const uint64_t *expected; /* [2][QUESTION_COUNT]: in Chinese, in English */
    unsigned number;
    unsigned wrong;
} worker;

/* Asks one question as if it were the first of its session. */
static bool is_as_expected(jieda_session *session, size_t question, uint64_t expected)
{
    const jieda_reply *reply;

    jieda_session_reset(session);
    return jieda_ask(session, str(questions[question]), &reply, NULL) == JIEDA_OK &&
           hash_reply(reply) == expected;
}

static void *ask_many(void *ctx)
{
    worker *w = ctx;
    jieda_session *session;

    if (jieda_session_new(w->engine, &session, NULL) != JIEDA_OK ||
        jieda_session_set_language(session, w->number % 2 ? "en" : "zh", NULL) != JIEDA_OK) {
        w->wrong = ASK_COUNT;
        return NULL;
    }
    for (size_t i = 0; i < ASK_COUNT; i++) { /* each thread in an order of its own */
        size_t question = (i * 7 + w->number * 5) % QUESTION_COUNT;

        w->wrong += !is_as_expected(session, question,
                                    w->expected[w->number % 2 * QUESTION_COUNT + question]);
    }
    jieda_session_free(session);
    return NULL;
}

static void *open_and_close(void *ctx)
{
    worker *w = ctx;

    for (size_t i = 0; i < ASK_COUNT / 4; i++) {
        const jieda_option *list;
        jieda_session *session;
        size_t count, question = (i + w->number) % QUESTION_COUNT;

        if (jieda_session_new(w->engine, &session, NULL) != JIEDA_OK) {
            w->wrong++;
            continue;
        }
        jieda_session_set_language(session, i % 2 ? "en" : "zh", NULL);
        w->wrong +=
            !is_as_expected(session, question, w->expected[i % 2 * QUESTION_COUNT + question]);
        w->wrong +=
            jieda_suggest(session, str("怎么"), 5, &list, &count, NULL) != JIEDA_OK || count != 5;
        jieda_session_free(session);
    }
    return NULL;
}

static void run(const jieda_engine *engine, const uint64_t *expected,
                void *(*const bodies[THREAD_COUNT])(void *))
{
    worker workers[THREAD_COUNT];
    pthread_t threads[THREAD_COUNT];

    for (unsigned i = 0; i < THREAD_COUNT; i++) {
        workers[i] = (worker){.engine = engine, .expected = expected, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, bodies[i], &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREAD_COUNT; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREAD_COUNT; i++)
        if (workers[i].wrong > 0)
            fail_msg("thread %u: %u replies differ from those of a single thread", i,
                     workers[i].wrong);
}

static void expect_all(const jieda_engine *engine, uint64_t expected[2][QUESTION_COUNT])
{
    for (int language = 0; language < 2; language++) {
        jieda_session *session = fixture_session(engine);

        jieda_session_set_language(session, language ? "en" : "zh", NULL);
        for (size_t i = 0; i < QUESTION_COUNT; i++) {
            jieda_session_reset(session);
            expected[language][i] = hash_reply(ask(session, questions[i]));
        }
        jieda_session_free(session);
    }
}

static void eight_threads_reply_as_one(void **state)
{
    static uint64_t expected[2][QUESTION_COUNT];
    jieda_engine *engine = fixture_open(JIEDA_WALLET_KB, NULL);
    void *(*const bodies[THREAD_COUNT])(void *) = {ask_many, ask_many, ask_many, ask_many,
                                                   ask_many, ask_many, ask_many, ask_many};

    (void)state;
    expect_all(engine, expected);
    jieda_close(engine);
    /* A cold engine: the threads meet in its empty pool. */
    engine = fixture_open(JIEDA_WALLET_KB, NULL);
    run(engine, expected[0], bodies);
    jieda_close(engine);
}

static void sessions_come_and_go_while_others_ask(void **state)
{
    static uint64_t expected[2][QUESTION_COUNT];
    jieda_engine *engine = fixture_open(JIEDA_WALLET_KB, NULL);
    void *(*const bodies[THREAD_COUNT])(void *) = {ask_many,       open_and_close, open_and_close,
                                                   open_and_close, ask_many,       open_and_close,
                                                   open_and_close, open_and_close};

    (void)state;
    expect_all(engine, expected);
    run(engine, expected[0], bodies);
    jieda_close(engine);
}

/* Two engines over one file have nothing in common but the file. */
static void *open_engines(void *ctx)
{
    worker *w = ctx;

    for (int i = 0; i < 5; i++) {
        jieda_engine *engine;
        jieda_session *session = NULL;

        if (jieda_open(JIEDA_WALLET_KB, NULL, &engine, NULL) != JIEDA_OK) {
            w->wrong++;
            continue;
        }
        if (jieda_session_new(engine, &session, NULL) != JIEDA_OK)
            w->wrong++;
        else {
            jieda_session_set_language(session, "zh", NULL);
            w->wrong += !is_as_expected(session, w->number, w->expected[w->number]);
        }
        jieda_session_free(session);
        jieda_close(engine);
    }
    return NULL;
}

static void engines_open_side_by_side(void **state)
{
    static uint64_t expected[2][QUESTION_COUNT];
    jieda_engine *engine = fixture_open(JIEDA_WALLET_KB, NULL);
    void *(*const bodies[THREAD_COUNT])(void *) = {open_engines, open_engines, open_engines,
                                                   open_engines, open_engines, open_engines,
                                                   open_engines, open_engines};

    (void)state;
    expect_all(engine, expected);
    run(engine, expected[0], bodies);
    jieda_close(engine);
}

/* ---- the same conversation on each thread -----------------------------------------------------
 */

/* A hash over all that a conversation leaves: tickets as they were handed over, decision ids, and
 * the state at its end. */
static int64_t at_noon(void *ctx)
{
    (void)ctx;
    return 1793592000; /* 2026-11-02T12:00:00+08:00 */
}

static _Thread_local uint64_t told; /* the hook is called on the asking thread */

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    told = hash_bytes(told, handoff->idempotency_key.ptr, handoff->idempotency_key.len);
    told = hash_bytes(told, handoff->ticket.ptr, handoff->ticket.len);
    return JIEDA_HANDOFF_ACCEPTED;
}

static uint64_t tell(const jieda_engine *engine)
{
    static const char *const said[] = {
        "怎么申请退款", "我的手机13800138000", "qqqqq", "zzzzz", "转人工客服",
        "还要多久",     "账户被盗刷了怎么办"};
    jieda_session *session;
    const jieda_reply *reply;
    jieda_str state;

    told = 0xcbf29ce484222325ULL;
    if (jieda_session_new(engine, &session, NULL) != JIEDA_OK)
        return 0;
    jieda_session_set_conversation(session, str("the same"), NULL);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        if (jieda_ask(session, str(said[i]), &reply, NULL) != JIEDA_OK)
            told = 0;
        else
            told = hash_bytes(told, reply->decision_id.ptr, reply->decision_id.len);
    }
    if (jieda_session_save(session, &state, NULL) == JIEDA_OK)
        told = hash_bytes(told, state.ptr, state.len);
    jieda_session_free(session);
    return told;
}

static void *tell_again(void *ctx)
{
    worker *w = ctx;

    w->wrong += tell(w->engine) != *w->expected;
    return NULL;
}

static void a_conversation_is_the_same_on_every_thread(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;
    void *(*const bodies[THREAD_COUNT])(void *) = {tell_again, tell_again, tell_again, tell_again,
                                                   tell_again, tell_again, tell_again, tell_again};
    jieda_engine *engine;
    uint64_t expected;

    (void)state;
    options.handoff = on_handoff;
    options.clock = at_noon;
    engine = fixture_open(JIEDA_WALLET_KB, &options);
    expected = tell(engine);
    assert_true(expected != 0);
    run(engine, &expected, bodies);
    jieda_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_reply_as_one),
        cmocka_unit_test(sessions_come_and_go_while_others_ask),
        cmocka_unit_test(engines_open_side_by_side),
        cmocka_unit_test(a_conversation_is_the_same_on_every_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
