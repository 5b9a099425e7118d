/*
 * browse_test.c - looking around without asking: categories, entries, one entry, type-ahead,
 * tokens.
 *
 * What is listed is what this visitor may see now, in authored order and in the session's language;
 * completions are distinct entries found by characters, pinyin or initials. None of it counts as a
 * turn of the dialog or calls a hook.
 */
#include "shop.h"

static fixture files;
static jieda_engine *engine;
static jieda_session *session;
static int hook_calls;

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    (void)handoff;
    hook_calls++;
    return JIEDA_HANDOFF_ACCEPTED;
}

static int open_shop(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    (void)state;
    fixture_make(&files, shop_pack, shop_entries, NULL);
    options.handoff = on_handoff;
    engine = fixture_open(files.kb, &options);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

static int new_session(void **state)
{
    (void)state;
    session = fixture_session(engine);
    hook_calls = 0;
    return 0;
}

static int free_session(void **state)
{
    (void)state;
    assert_int_equal(hook_calls, 0);
    jieda_session_free(session);
    return 0;
}

/* The ids of a list, joined by a blank. */
static const char *ids(const jieda_option *list, size_t count)
{
    static char joined[1024];
    size_t len = 0;

    joined[0] = '\0';
    for (size_t i = 0; i < count && len < sizeof joined; i++)
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%.*s", i ? " " : "",
                                (int)list[i].entry_id.len, list[i].entry_id.ptr);
    return joined;
}

/* ---- categories and entries ------------------------------------------------------------------ */

static void categories_stand_in_authored_order(void **state)
{
    static const struct {
        const char *id, *parent, *title;
        uint32_t entries;
    } expected[] = {
        {"money", "", "资金", 0},
        {"refund", "money", "退款", 2},
        {"account", "", "账户", 2}, /* of four: one wants a tag, one a placeholder */
        {"chat", "", "闲聊", 1},
    };
    const jieda_category *list;
    size_t count;

    (void)state;
    assert_int_equal(jieda_categories(session, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < count; i++) {
        assert_str(list[i].id, expected[i].id);
        assert_str(list[i].parent, expected[i].parent);
        assert_str(list[i].title, expected[i].title);
        assert_int_equal(list[i].entry_count, expected[i].entries);
    }
}

static void categories_follow_language_and_visitor(void **state)
{
    const jieda_category *list;
    size_t count;

    (void)state;
    jieda_session_set_language(session, "en", NULL);
    jieda_session_set_tag(session, "version", str("2.1"), NULL);
    jieda_session_set_placeholder(session, "hotline", str("1"), NULL);
    assert_int_equal(jieda_categories(session, &list, &count, NULL), JIEDA_OK);
    assert_str(list[1].title, "Refunds");
    assert_int_equal(list[2].entry_count, 4);
}

static const struct {
    const char *name, *category, *language, *tag, *hotline; /* NULL: not set */
    const char *ids, *first_title;
} listings[] = {
    {"in authored order, not by id", "refund", NULL, NULL, NULL, "refund.apply refund.eta",
     "怎么申请退款"},
    {"without what may not be shown", "account", NULL, NULL, NULL,
     "account.password account.stolen", "忘记密码"},
    {"with what a tag opens", "account", NULL, "2", NULL,
     "account.password account.stolen account.beta", "忘记密码"},
    {"with what a placeholder opens", "account", NULL, NULL, "1",
     "account.password account.stolen account.hotline", "忘记密码"},
    {"in a language", "refund", "en", NULL, NULL, "refund.apply refund.eta",
     "How to request a refund"},
    {"a parent's children are not its own", "money", NULL, NULL, NULL, "", ""},
};

static void entries_are_listed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof listings / sizeof *listings; i++) {
        jieda_session *s = fixture_session(engine);
        const jieda_option *list;
        size_t count;

        jieda_session_set_language(s, listings[i].language, NULL);
        if (listings[i].tag)
            jieda_session_set_tag(s, "version", str(listings[i].tag), NULL);
        if (listings[i].hotline)
            jieda_session_set_placeholder(s, "hotline", str(listings[i].hotline), NULL);
        assert_int_equal(jieda_entries(s, listings[i].category, &list, &count, NULL), JIEDA_OK);
        if (strcmp(ids(list, count), listings[i].ids) != 0)
            fail_msg("%s: %s", listings[i].name, ids(list, count));
        if (count > 0)
            assert_str(list[0].title, listings[i].first_title);
        jieda_session_free(s);
    }
}

static void an_unknown_category_is_not_found(void **state)
{
    const jieda_option *list;
    size_t count;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_entries(session, "refunds", &list, &count, &err), JIEDA_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "refunds"));
    /* "" stands for the entries without a category; the shop has none. */
    assert_int_equal(jieda_entries(session, "", &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, 0);
    assert_int_equal(jieda_entries(session, NULL, &list, &count, NULL), JIEDA_E_NOT_FOUND);
}

/* ---- one entry ------------------------------------------------------------------------------- */

static void an_entry_shows_as_if_asked_for(void **state)
{
    const jieda_reply *r;

    (void)state;
    assert_int_equal(jieda_entry(session, "refund.apply", &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    assert_str(r->entry_id, "refund.apply");
    assert_str(r->language, "zh");
    assert_str(r->intent, "refund");
    assert_true(r->confidence == 1.0f);
    assert_int_equal(r->step_count, 3);
    assert_int_equal(r->candidate_count, 0);
    assert_true(r->handoff_offer);
    assert_int_equal(jieda_entry(session, "chat.hello", &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_SMALLTALK);
    jieda_session_set_language(session, "en", NULL);
    assert_int_equal(jieda_entry(session, "refund.eta", &r, NULL), JIEDA_OK);
    assert_str(r->answer, "One to three days.");
}

static void showing_an_entry_that_hands_over_calls_nobody(void **state)
{
    const jieda_reply *r;

    (void)state;
    assert_int_equal(jieda_entry(session, "account.stolen", &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->answer, "先冻结账号。");
    assert_true(r->handoff_offer); /* whoever wants a person may ask for one */
    assert_int_equal(r->ticket.id.len, 0);
    assert_false(r->handoff_accepted); /* free_session() looks at the hook */
}

static void an_entry_that_is_not_there_or_not_now_is_not_found(void **state)
{
    static const char *const missing[] = {"refund", "refund.apply2", "", "account.beta",
                                          "account.hotline"};
    jieda_error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        const jieda_reply *r = (const jieda_reply *)(const void *)&files;

        assert_int_equal(jieda_entry(session, missing[i], &r, &err), JIEDA_E_NOT_FOUND);
        assert_null(r);
        assert_true(err.message[0] != '\0');
    }
    assert_int_equal(jieda_entry(session, NULL, &(const jieda_reply *){NULL}, &err),
                     JIEDA_E_NOT_FOUND);
}

static void browsing_is_no_turn_of_the_dialog(void **state)
{
    const jieda_category *categories;
    const jieda_option *list;
    const jieda_token *tokens;
    jieda_str json;
    size_t count;

    (void)state;
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(jieda_categories(session, &categories, &count, NULL), JIEDA_OK);
    assert_int_equal(jieda_entries(session, "refund", &list, &count, NULL), JIEDA_OK);
    assert_int_equal(jieda_suggest(session, str("退"), 5, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(jieda_tokens(session, str("退款"), &tokens, &count, NULL, NULL), JIEDA_OK);
    assert_int_equal(jieda_explain(session, str("qqqqq"), NULL, &json, NULL), JIEDA_OK);
    /* The miss from before is still there: the next one is the second. */
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(hook_calls, 1);
    hook_calls = 0;
}

static void a_chosen_entry_ends_a_row_of_misses(void **state)
{
    const jieda_reply *r;

    (void)state;
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(jieda_entry(session, "refund.apply", &r, NULL), JIEDA_OK);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    jieda_session_reset(session);
}

/* Type-ahead hands out texts of the session; asking one of them is what they are for. */
static void a_text_of_the_last_result_can_be_asked(void **state)
{
    const jieda_option *list;
    const jieda_reply *r;
    size_t count;

    (void)state;
    assert_int_equal(jieda_suggest(session, str("退"), 5, &list, &count, NULL), JIEDA_OK);
    assert_true(count > 0);
    assert_int_equal(jieda_ask(session, list[0].title, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    assert_int_equal(jieda_ask(session, r->candidates[0].question, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    jieda_session_reset(session);
}

/* ---- type-ahead ------------------------------------------------------------------------------ */

static const struct {
    const char *name, *prefix;
    size_t max;
    const char *ids; /* in key order */
} completions[] = {
    {"by characters", "退款", 20, "refund.eta refund.apply"},
    {"by one character", "怎", 20, "refund.apply"},
    {"by a whole question", "密码忘了", 20, "account.password"},
    {"by Traditional characters", "退款多久到賬", 20, "refund.eta"},
    {"by pinyin", "zenmeshenqing", 20, "refund.apply"},
    {"by pinyin with blanks, shouted", "ZENME shen", 20, "refund.apply"},
    {"by initials", "zmsq", 20, "refund.apply"},
    {"by initials of another", "wjmm", 20, "account.password"},
    {"by English words", "how long", 20, "refund.eta"},
    {"past punctuation", "怎么，申请", 20, "refund.apply"},
    {"not by the middle", "申请退款", 20, ""},
    {"not past the end", "密码忘了吗", 20, ""},
    {"not what may not be shown", "体验", 20, ""},
    {"not out-of-scope questions", "今天天气", 20, ""},
    {"nothing for nothing", "", 20, ""},
    {"nothing for punctuation", "？", 20, ""},
    {"as many as wanted", "退款", 1, "refund.eta"},
};

static void a_prefix_is_completed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        const jieda_option *list;
        size_t count;

        assert_int_equal(jieda_suggest(session, str(completions[i].prefix), completions[i].max,
                                       &list, &count, NULL),
                         JIEDA_OK);
        if (strcmp(ids(list, count), completions[i].ids) != 0)
            fail_msg("%s: \"%s\" gives \"%s\", not \"%s\"", completions[i].name,
                     completions[i].prefix, ids(list, count), completions[i].ids);
    }
}

/* 退款多久到账 and 退款要等几天 are of one entry, which is offered once, with the first of them. */
static void a_completion_is_the_question_as_authored(void **state)
{
    const jieda_option *list;
    size_t count;

    (void)state;
    assert_int_equal(jieda_suggest(session, str("tuikuan"), 20, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        assert_true(list[i].title.len > 6 && memcmp(list[i].title.ptr, "退款", 6) == 0);
    assert_ptr_not_equal(list[0].entry_id.ptr, list[1].entry_id.ptr);
}

static void type_ahead_has_limits(void **state)
{
    static char long_prefix[JIEDA_UTTERANCE_BYTES_MAX + 1];
    const jieda_option *list;
    size_t count;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_suggest(session, str("退"), 0, &list, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_suggest(session, str("退"), 21, &list, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(count, 0);
    assert_int_equal(jieda_suggest(session, str("退"), 1, &list, &count, &err), JIEDA_OK);
    assert_int_equal(jieda_suggest(session, str("退"), 20, &list, &count, &err), JIEDA_OK);
    memset(long_prefix, 'x', sizeof long_prefix);
    assert_int_equal(jieda_suggest(session, (jieda_str){long_prefix, sizeof long_prefix}, 5, &list,
                                   &count, &err),
                     JIEDA_E_LIMIT);
    assert_int_equal(jieda_suggest(session, (jieda_str){long_prefix, sizeof long_prefix - 1}, 5,
                                   &list, &count, &err),
                     JIEDA_OK);
    assert_int_equal(count, 0);
}

static void a_prefix_may_hold_any_bytes(void **state)
{
    static const char odd[] = "退\0\xFF%_'\"款\xE9";
    const jieda_option *list;
    size_t count;

    (void)state;
    assert_int_equal(
        jieda_suggest(session, (jieda_str){odd, sizeof odd - 1}, 5, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(jieda_suggest(session, str("%"), 5, &list, &count, NULL), JIEDA_OK);
    assert_int_equal(count, 0);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void tokens_come_by_class_with_their_place(void **state)
{
    static const char text[] = "怎麼退款１２";
    const jieda_token *list;
    jieda_str normalized;
    size_t count, of_class[5] = {0};
    jieda_token_class last = JIEDA_TOKEN_UNIGRAM;

    (void)state;
    assert_int_equal(jieda_tokens(session, str(text), &list, &count, &normalized, NULL), JIEDA_OK);
    assert_str(normalized, "怎么退款12");
    for (size_t i = 0; i < count; i++) {
        of_class[list[i].token_class]++;
        assert_true(list[i].begin < list[i].end && list[i].end <= sizeof text - 1);
        assert_true(list[i].text.len > 0);
    }
    for (int c = 0; c < 5; c++)
        assert_true(of_class[c] > 0);
    assert_int_equal(of_class[JIEDA_TOKEN_UNIGRAM], 5); /* 怎 么 退 款 12 */
    assert_int_equal(list[0].token_class, JIEDA_TOKEN_UNIGRAM);
    assert_str(list[0].text, "怎");
    assert_int_equal(list[0].begin, 0);
    assert_int_equal(list[0].end, 3);
    assert_str(list[1].text, "么"); /* normalized, yet in the place of 麼 */
    assert_int_equal(list[1].begin, 3);
    assert_str(list[4].text, "12");
    assert_int_equal(list[4].begin, 12);
    assert_int_equal(list[4].end, 18); /* full-width digits are three bytes each */
    /* The canonical view comes last, its question word folded to a class. */
    last = list[count - 1].token_class;
    assert_int_equal(last, JIEDA_TOKEN_CANONICAL);
    for (size_t i = 0; i < count; i++)
        if (list[i].token_class == JIEDA_TOKEN_CANONICAL) {
            assert_str(list[i].text, "HOW");
            assert_int_equal(list[i].begin, 0);
            assert_int_equal(list[i].end, 6);
            break;
        }
}

static void nothing_has_no_tokens(void **state)
{
    const jieda_token *list;
    jieda_str normalized;
    size_t count;

    (void)state;
    assert_int_equal(jieda_tokens(session, str(""), &list, &count, &normalized, NULL), JIEDA_OK);
    assert_int_equal(count, 0);
    assert_int_equal(normalized.len, 0);
    assert_int_equal(jieda_tokens(session, str("😀"), &list, &count, NULL, NULL), JIEDA_OK);
    assert_int_equal(count, 0);
}

static void tokens_have_the_limit_of_an_utterance(void **state)
{
    static char text[JIEDA_UTTERANCE_BYTES_MAX + 1];
    const jieda_token *list;
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : 'a';
    assert_int_equal(
        jieda_tokens(session, (jieda_str){text, sizeof text - 1}, &list, &count, NULL, NULL),
        JIEDA_OK);
    assert_int_equal(
        jieda_tokens(session, (jieda_str){text, sizeof text}, &list, &count, NULL, NULL),
        JIEDA_E_LIMIT);
}

static void names_of_token_classes(void **state)
{
    (void)state;
    assert_string_equal(jieda_token_class_name(JIEDA_TOKEN_UNIGRAM), "unigram");
    assert_string_equal(jieda_token_class_name(JIEDA_TOKEN_BIGRAM), "bigram");
    assert_string_equal(jieda_token_class_name(JIEDA_TOKEN_WORD), "word");
    assert_string_equal(jieda_token_class_name(JIEDA_TOKEN_PINYIN), "pinyin");
    assert_string_equal(jieda_token_class_name(JIEDA_TOKEN_CANONICAL), "canonical");
}

static void a_session_is_needed(void **state)
{
    const jieda_category *categories;
    const jieda_option *list;
    const jieda_token *tokens;
    const jieda_reply *reply;
    size_t count;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_categories(NULL, &categories, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_entries(NULL, "refund", &list, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_entry(NULL, "refund.eta", &reply, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_suggest(NULL, str("x"), 1, &list, &count, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_tokens(NULL, str("x"), &tokens, &count, NULL, &err), JIEDA_E_INVALID);
    assert_true(err.message[0] != '\0');
    assert_int_equal(jieda_entry(NULL, "refund.eta", &reply, NULL), JIEDA_E_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(categories_stand_in_authored_order),
        TEST(categories_follow_language_and_visitor),
        TEST(entries_are_listed),
        TEST(an_unknown_category_is_not_found),
        TEST(an_entry_shows_as_if_asked_for),
        TEST(showing_an_entry_that_hands_over_calls_nobody),
        TEST(an_entry_that_is_not_there_or_not_now_is_not_found),
        TEST(browsing_is_no_turn_of_the_dialog),
        TEST(a_chosen_entry_ends_a_row_of_misses),
        TEST(a_text_of_the_last_result_can_be_asked),
        TEST(a_prefix_is_completed),
        TEST(a_completion_is_the_question_as_authored),
        TEST(type_ahead_has_limits),
        TEST(a_prefix_may_hold_any_bytes),
        TEST(tokens_come_by_class_with_their_place),
        TEST(nothing_has_no_tokens),
        TEST(tokens_have_the_limit_of_an_utterance),
        TEST(names_of_token_classes),
        TEST(a_session_is_needed),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
