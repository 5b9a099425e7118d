/*
 * engine_test.c - opening, closing and what an engine says of itself.
 *
 * A path and a block of memory give the same engine; every argument that makes no sense is refused
 * with a message and leaves NULL behind; options are checked whole; an allocator given is the only
 * one used and gets everything back.
 */
#include "shop.h"

static fixture files;

static int make_shop(void **state)
{
    (void)state;
    fixture_make(&files, shop_pack, shop_entries, NULL);
    return 0;
}

static int remove_shop(void **state)
{
    (void)state;
    fixture_remove(&files);
    return 0;
}

static void a_path_and_memory_give_the_same_engine(void **state)
{
    static const char *const asked[] = {"怎么申请退款", "密码忘了", "你好",
                                        "how long does a refund take"};
    size_t len;
    char *bytes = read_whole(files.kb, &len);
    jieda_engine *engines[2];
    jieda_session *sessions[2];
    jieda_kb_info info[2];

    (void)state;
    engines[0] = fixture_open(files.kb, NULL);
    assert_int_equal(jieda_open_memory(bytes, len, NULL, &engines[1], NULL), JIEDA_OK);
    for (int i = 0; i < 2; i++) {
        sessions[i] = fixture_session(engines[i]);
        jieda_info(engines[i], &info[i]);
        assert_str(info[i].name, "shop");
        assert_str(info[i].title, "小店");
        assert_int_equal(info[i].content_hash.len, 16);
        assert_int_equal(info[i].lexicon_hash.len, 16);
        assert_int_equal(info[i].entry_count, 7);
        assert_int_equal(info[i].question_count, 16 + 10);
        assert_true(info[i].word_count > 100);
    }
    assert_memory_equal(info[0].content_hash.ptr, info[1].content_hash.ptr, 16);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const jieda_reply *a = ask(sessions[0], asked[i]), *b = ask(sessions[1], asked[i]);

        assert_int_equal(a->decision, b->decision);
        assert_int_equal(a->candidate_count, b->candidate_count);
        assert_true(a->confidence == b->confidence);
        assert_int_equal(a->answer.len, b->answer.len);
        assert_memory_equal(a->answer.ptr, b->answer.ptr, a->answer.len);
    }
    for (int i = 0; i < 2; i++) {
        jieda_session_free(sessions[i]);
        jieda_close(engines[i]);
    }
    free(bytes);
}

/* An engine holds what it opened: the file may be replaced or removed under it. */
static void a_removed_file_harms_no_open_engine(void **state)
{
    fixture other;
    jieda_engine *engine;
    jieda_session *session;

    (void)state;
    fixture_make(&other, shop_pack, shop_entries, NULL);
    engine = fixture_open(other.kb, NULL);
    fixture_remove(&other);
    session = fixture_session(engine);
    assert_int_equal(ask(session, "怎么申请退款")->decision, JIEDA_DECISION_ANSWER);
    jieda_session_free(session);
    jieda_close(engine);
}

static void closing_nothing_is_nothing(void **state)
{
    (void)state;
    jieda_close(NULL);
    jieda_session_free(NULL);
}

/* ---- what cannot be opened ------------------------------------------------------------------- */

static void assert_refused(jieda_status st, jieda_status expected, jieda_engine *const *engine,
                           const jieda_error *err)
{
    if (st != expected)
        fail_msg("status \"%s\", not \"%s\"", jieda_status_name(st), jieda_status_name(expected));
    assert_null(*engine);
    assert_int_equal(err->status, expected);
    assert_true(err->message[0] != '\0');
    assert_null(strchr(err->message, '\n'));
}

#define SOMETHING ((jieda_engine *)(void *)&files) /* must be overwritten with NULL */

static void a_path_must_name_a_knowledge_base(void **state)
{
    char path[192];
    jieda_engine *engine = SOMETHING;
    jieda_error err = {0};

    (void)state;
    snprintf(path, sizeof path, "%s/none.kb", files.folder);
    assert_refused(jieda_open(path, NULL, &engine, &err), JIEDA_E_IO, &engine, &err);
    assert_string_equal(err.source, path);
    engine = SOMETHING;
    assert_refused(jieda_open(files.folder, NULL, &engine, &err), JIEDA_E_IO, &engine, &err);
    engine = SOMETHING;
    assert_refused(jieda_open("", NULL, &engine, &err), JIEDA_E_IO, &engine, &err);
    snprintf(path, sizeof path, "%s/pack.json", files.folder);
    engine = SOMETHING;
    assert_refused(jieda_open(path, NULL, &engine, &err), JIEDA_E_FORMAT, &engine, &err);
    snprintf(path, sizeof path, "%s/empty.kb", files.folder);
    write_whole(path, "", 0);
    engine = SOMETHING;
    assert_refused(jieda_open(path, NULL, &engine, &err), JIEDA_E_FORMAT, &engine, &err);
}

/* Bytes changed at one place, and what comes of it. */
static const struct {
    const char *name;
    size_t at;
    unsigned char byte;
    jieda_status status;
} damages[] = {
    {"no SQLite file", 0, 'X', JIEDA_E_FORMAT},
    {"another application's file", 68, 0, JIEDA_E_FORMAT},
    {"another schema version", 63, 99, JIEDA_E_VERSION},
};

static void foreign_bytes_are_refused(void **state)
{
    size_t len;
    char *bytes = read_whole(files.kb, &len);

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        jieda_engine *engine = SOMETHING;
        jieda_error err = {0};
        char was = bytes[damages[i].at];

        bytes[damages[i].at] = (char)damages[i].byte;
        assert_refused(jieda_open_memory(bytes, len, NULL, &engine, &err), damages[i].status,
                       &engine, &err);
        bytes[damages[i].at] = was;
    }
    free(bytes);
}

/* Every length up to the whole: most are refused, none crashes, and none opens as something else.
 */
static void a_truncated_file_is_refused(void **state)
{
    size_t len;
    char *bytes = read_whole(files.kb, &len);

    (void)state;
    for (size_t cut = 0; cut < len; cut += cut < 1024 ? 101 : 4096 + 512) {
        jieda_engine *engine = SOMETHING;
        jieda_error err = {0};
        char *copy = malloc(cut + 1); /* of this size, so that the sanitizer sees the end */

        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        if (jieda_open_memory(copy, cut, NULL, &engine, &err) == JIEDA_OK)
            jieda_close(engine); /* the tail may hold nothing that opening reads */
        else
            assert_null(engine);
        free(copy);
    }
    free(bytes);
}

static void arguments_are_checked(void **state)
{
    jieda_engine *engine = SOMETHING;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_open(NULL, NULL, &engine, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_open(files.kb, NULL, NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_open_memory(NULL, 0, NULL, &engine, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_open_memory("", 0, NULL, &engine, &err), JIEDA_E_FORMAT);
    assert_null(engine);
    assert_int_equal(jieda_open(NULL, NULL, &engine, NULL), JIEDA_E_INVALID); /* err may be NULL */
}

/* ---- options --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t version;
    float info, money, option;
    uint32_t rerank;
    jieda_status status;
} options_cases[] = {
    {"the defaults", 1, 0.5f, 0.55f, 0.05f, 48, JIEDA_OK},
    {"the ends of the ranges", 1, 0.0f, 1.0f, 0.0f, 512, JIEDA_OK},
    {"one question ranked", 1, 0.5f, 0.55f, 0.05f, 1, JIEDA_OK},
    {"no version", 0, 0.5f, 0.55f, 0.05f, 48, JIEDA_E_INVALID},
    {"a version to come", 2, 0.5f, 0.55f, 0.05f, 48, JIEDA_E_INVALID},
    {"info above 1", 1, 1.01f, 0.55f, 0.05f, 48, JIEDA_E_INVALID},
    {"money below 0", 1, 0.5f, -0.01f, 0.05f, 48, JIEDA_E_INVALID},
    {"an option that is no number", 1, 0.5f, 0.55f, (float)(0.0 / 0.0), 48, JIEDA_E_INVALID},
    {"none ranked", 1, 0.5f, 0.55f, 0.05f, 0, JIEDA_E_INVALID},
    {"too many ranked", 1, 0.5f, 0.55f, 0.05f, 513, JIEDA_E_INVALID},
};

static void options_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof options_cases / sizeof *options_cases; i++) {
        jieda_options options = JIEDA_OPTIONS_INIT;
        jieda_engine *engine = SOMETHING;
        jieda_error err = {0};
        jieda_status st;

        options.version = options_cases[i].version;
        options.answer_confidence_min_info = options_cases[i].info;
        options.answer_confidence_min_money = options_cases[i].money;
        options.option_confidence_min = options_cases[i].option;
        options.rerank_count_max = options_cases[i].rerank;
        st = jieda_open(files.kb, &options, &engine, &err);
        if (st != options_cases[i].status)
            fail_msg("%s: %s", options_cases[i].name, jieda_status_name(st));
        assert_int_equal(engine != NULL, st == JIEDA_OK);
        jieda_close(engine);
    }
}

static void options_are_copied(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;
    jieda_engine *engine;
    jieda_session *session;

    (void)state;
    options.answer_confidence_min_info = options.answer_confidence_min_money = 1.0f;
    engine = fixture_open(files.kb, &options);
    memset(&options, 0, sizeof options);
    session = fixture_session(engine);
    /* Nothing is ever that sure. */
    assert_int_equal(ask(session, "退款多久到账")->decision, JIEDA_DECISION_CLARIFY);
    jieda_session_free(session);
    jieda_close(engine);
}

static void a_request_has_a_memory_bound(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;
    const jieda_reply *reply;
    jieda_engine *engine;
    jieda_session *session;
    jieda_error err = {0};

    (void)state;
    options.request_bytes_max = 1000;
    engine = fixture_open(files.kb, &options);
    session = fixture_session(engine);
    assert_int_equal(jieda_ask(session, str("怎么申请退款"), &reply, &err), JIEDA_E_NOMEM);
    assert_null(reply);
    assert_int_equal(err.status, JIEDA_E_NOMEM);
    jieda_session_free(session);
    jieda_close(engine);
}

typedef struct counted {
    size_t blocks, calls;
} counted;

static void *counting_resize(void *ctx, void *ptr, size_t size)
{
    counted *c = ctx;

    c->calls++;
    if (size == 0) {
        c->blocks -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    c->blocks += ptr == NULL;
    return realloc(ptr, size);
}

static void the_hosts_allocator_gets_everything_back(void **state)
{
    counted count = {0};
    jieda_allocator allocator = {counting_resize, &count};
    jieda_options options = JIEDA_OPTIONS_INIT;
    jieda_engine *engine;
    jieda_session *session;

    (void)state;
    options.allocator = &allocator;
    engine = fixture_open(files.kb, &options);
    session = fixture_session(engine);
    jieda_session_set_tag(session, "version", str("2"), NULL);
    jieda_session_set_placeholder(session, "hotline", str("1"), NULL);
    ask(session, "怎么申请退款");
    ask(session, "zenme shenqing tuikuan");
    assert_true(count.calls > 0);
    assert_true(count.blocks > 0);
    jieda_session_free(session);
    jieda_close(engine);
    assert_int_equal(count.blocks, 0);
}

static void names_are_words(void **state)
{
    static const jieda_status statuses[] = {JIEDA_OK,        JIEDA_E_NOMEM,    JIEDA_E_LIMIT,
                                            JIEDA_E_INVALID, JIEDA_E_IO,       JIEDA_E_FORMAT,
                                            JIEDA_E_VERSION, JIEDA_E_NOT_FOUND};

    (void)state;
    assert_string_equal(jieda_version(), JIEDA_VERSION);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(jieda_status_name(statuses[i]), jieda_status_name(statuses[k]));
    assert_string_equal(jieda_status_name((jieda_status)99), "unknown");
    assert_string_equal(jieda_decision_name(JIEDA_DECISION_NONE), "none");
    assert_string_equal(jieda_decision_name(JIEDA_DECISION_ANSWER), "answer");
    assert_string_equal(jieda_decision_name(JIEDA_DECISION_CLARIFY), "clarify");
    assert_string_equal(jieda_decision_name(JIEDA_DECISION_SMALLTALK), "smalltalk");
    assert_string_equal(jieda_decision_name(JIEDA_DECISION_HANDOFF), "handoff");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_and_memory_give_the_same_engine),
        cmocka_unit_test(a_removed_file_harms_no_open_engine),
        cmocka_unit_test(closing_nothing_is_nothing),
        cmocka_unit_test(a_path_must_name_a_knowledge_base),
        cmocka_unit_test(foreign_bytes_are_refused),
        cmocka_unit_test(a_truncated_file_is_refused),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(options_are_copied),
        cmocka_unit_test(a_request_has_a_memory_bound),
        cmocka_unit_test(the_hosts_allocator_gets_everything_back),
        cmocka_unit_test(names_are_words),
    };

    return cmocka_run_group_tests(tests, make_shop, remove_shop);
}
