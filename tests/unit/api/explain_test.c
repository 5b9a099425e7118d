/*
 * explain_test.c - the document jieda_explain() gives is JSON, is complete, and names the step at
 * which an expected entry lost.
 *
 * The document's shape is a contract with `jieda explain` and with whoever reads it; numbers in it
 * are checked against the reply of jieda_ask(), never pinned.
 */
#include "shop.h"

#include <cjson/cJSON.h>

static fixture files;
static jieda_engine *engine, *timid, *confident;
static jieda_session *session;

static int open_shop(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    (void)state;
    fixture_make(&files, shop_pack, shop_entries, NULL);
    engine = fixture_open(files.kb, NULL);
    session = fixture_session(engine);
    options.answer_confidence_min_info = options.answer_confidence_min_money = 1.0f;
    timid = fixture_open(files.kb, &options);
    options.answer_confidence_min_info = options.answer_confidence_min_money = 0.0f;
    confident = fixture_open(files.kb, &options);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    jieda_session_free(session);
    jieda_close(confident);
    jieda_close(timid);
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

static cJSON *explained(jieda_session *s, jieda_str utterance, const char *expect)
{
    jieda_str json;
    jieda_error err = {0};
    cJSON *root;

    if (jieda_explain(s, utterance, expect, &json, &err) != JIEDA_OK)
        fail_msg("%.*s: %s", (int)utterance.len, utterance.ptr, err.message);
    root = cJSON_ParseWithLengthOpts(json.ptr, json.len + 1, NULL, 1);
    if (!root)
        fail_msg("no JSON: %.*s", (int)json.len, json.ptr);
    assert_null(memchr(json.ptr, '\n', json.len)); /* one line */
    return root;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsString(item))
        fail_msg("no string \"%s\"", name);
    return item->valuestring;
}

/* cmocka compares floats; these are doubles. */
static void assert_near(double actual, double expected, double gap)
{
    if (actual < expected - gap || actual > expected + gap)
        fail_msg("%f, not %f", actual, expected);
}

static void the_document_is_complete(void **state)
{
    static const struct {
        const char *name;
        int kind;
    } keys[] = {
        {"question", cJSON_String},
        {"normalized", cJSON_String},
        {"decision", cJSON_String},
        {"why", cJSON_String},
        {"id", cJSON_String},
        {"views", cJSON_Object},
        {"question_classes", cJSON_Array},
        {"negations", cJSON_Number},
        {"terms", cJSON_Array},
        {"candidate_questions", cJSON_Number},
        {"matches", cJSON_Array},
        {"thresholds", cJSON_Object},
        {"expect", cJSON_NULL},
    };
    static const char *const views[] = {"raw", "canonical", "words", "pinyin"};
    static const char *const thresholds[] = {"answer_info", "answer_money", "option"};
    cJSON *root = explained(session, str("怎么申请退款"), NULL);

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, keys[i].name);

        if (!item || (item->type & 0xFF) != keys[i].kind)
            fail_msg("\"%s\" is missing or of another type", keys[i].name);
    }
    for (size_t i = 0; i < sizeof views / sizeof *views; i++)
        assert_true(cJSON_GetArraySize(
                        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "views"), views[i])) > 0);
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++)
        assert_true(cJSON_IsNumber(
            cJSON_GetObjectItem(cJSON_GetObjectItem(root, "thresholds"), thresholds[i])));
    assert_string_equal(text_of(root, "question"), "怎么申请退款");
    assert_string_equal(text_of(root, "decision"), "answer");
    assert_string_equal(text_of(root, "id"), "refund.apply");
    assert_string_equal(
        cJSON_GetArrayItem(cJSON_GetObjectItem(root, "question_classes"), 0)->valuestring, "HOW");
    cJSON_Delete(root);
}

/* The same order and confidences as asking, and features whose points add up to the score. */
static void it_tells_what_asking_would_decide(void **state)
{
    static const char *const asked[] = {"怎么申请退款",
                                        "退款多久",
                                        "密码忘了",
                                        "你好",
                                        "qqqqq",
                                        "账号被盗了怎么办",
                                        "how long does a refund take",
                                        "？？"};

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        cJSON *root = explained(session, str(asked[i]), NULL), *matches, *match;
        const jieda_reply *r;
        int at = 0;

        jieda_session_reset(session);
        r = ask(session, asked[i]);
        jieda_session_reset(session);
        assert_string_equal(text_of(root, "decision"), jieda_decision_name(r->decision));
        assert_str(r->why, text_of(root, "why"));
        if (r->entry_id.len > 0)
            assert_str(r->entry_id, text_of(root, "id"));
        else
            assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "id")));
        matches = cJSON_GetObjectItem(root, "matches");
        assert_true(cJSON_GetArraySize(matches) >= (int)r->candidate_count);
        cJSON_ArrayForEach(match, matches)
        {
            const cJSON *feature;
            double points = 0, score = cJSON_GetObjectItem(match, "score")->valuedouble;

            if (at < (int)r->candidate_count) {
                assert_str(r->candidates[at].entry_id, text_of(match, "id"));
                assert_str(r->candidates[at].question, text_of(match, "question"));
                assert_near(cJSON_GetObjectItem(match, "confidence")->valuedouble,
                            (double)r->candidates[at].confidence, 1e-4);
            }
            cJSON_ArrayForEach(feature, cJSON_GetObjectItem(match, "features")) points +=
                cJSON_GetObjectItem(feature, "points")->valuedouble;
            assert_near(points, score, 0.005 + score * 0.001);
            at++;
        }
        cJSON_Delete(root);
    }
}

static void an_empty_question_is_explained_too(void **state)
{
    cJSON *root = explained(session, str(""), NULL);

    (void)state;
    assert_string_equal(text_of(root, "decision"), "none");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "matches")), 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "id")));
    cJSON_Delete(root);
}

/* Quotes, controls, NUL, broken bytes: the document is JSON all the same, and valid UTF-8. */
static void any_bytes_give_json(void **state)
{
    static const char odd[] = "退\"款\\\n\x01\0\xFF\xE9\x80\xF0\x9F\x98\x80{{x}}";
    cJSON *root = explained(session, (jieda_str){odd, sizeof odd - 1}, NULL);
    const char *question = text_of(root, "question");

    (void)state;
    assert_int_equal(strncmp(question, "退\"款\\\n\x01", 10), 0);
    assert_non_null(strstr(question, "\xEF\xBF\xBD")); /* U+FFFD */
    assert_null(strchr(question, '\xFF'));
    cJSON_Delete(root);
}

static void the_longest_utterance_is_explained(void **state)
{
    char *text = malloc(JIEDA_UTTERANCE_BYTES_MAX + 1);
    jieda_str json;
    jieda_error err = {0};
    cJSON *root;

    (void)state;
    assert_non_null(text);
    memset(text, 0xFF, JIEDA_UTTERANCE_BYTES_MAX + 1); /* each byte becomes three */
    root = explained(session, (jieda_str){text, JIEDA_UTTERANCE_BYTES_MAX}, NULL);
    assert_int_equal(strlen(text_of(root, "question")), 3 * JIEDA_UTTERANCE_BYTES_MAX);
    cJSON_Delete(root);
    assert_int_equal(
        jieda_explain(session, (jieda_str){text, JIEDA_UTTERANCE_BYTES_MAX + 1}, NULL, &json, &err),
        JIEDA_E_LIMIT);
    assert_null(json.ptr);
    free(text);
}

/* ---- why not --------------------------------------------------------------------------------- */

enum { DEFAULT, TIMID, CONFIDENT };

static const struct {
    const char *name, *utterance, *expect;
    int thresholds;
    const char *step;
} steps[] = {
    {"what is decided won", "怎么申请退款", "refund.apply", DEFAULT, "won"},
    {"a handoff is won as well", "账号被盗了怎么办", "account.stolen", DEFAULT, "won"},
    {"and small talk", "你好", "chat.hello", DEFAULT, "won"},
    {"a `when` that does not hold", "体验版新功能介绍", "account.beta", DEFAULT, "not-shown"},
    {"a placeholder nobody bound", "客服热线号码", "account.hotline", DEFAULT, "not-shown"},
    {"no term in common", "qqqqq", "refund.apply", DEFAULT, "not-found"},
    {"nothing asked", "", "refund.apply", DEFAULT, "not-found"},
    {"another entry is nearer", "退款多久到账", "refund.apply", DEFAULT, "outranked"},
    {"another is nearer, and sure enough", "退款多久到账", "refund.apply", CONFIDENT, "outranked"},
    {"best, but not sure enough", "怎么申请退款", "refund.apply", TIMID, "not-sure"},
    /* The FAQ entry is second to the greeting and decided all the same. */
    {"second to small talk, and won", "你好，密", "account.password", CONFIDENT, "won"},
    {"small talk, which outranks no FAQ entry", "你好，密", "chat.hello", CONFIDENT, "outranked"},
};

static void the_first_step_at_which_it_lost_is_named(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        jieda_engine *of[] = {engine, timid, confident};
        jieda_session *s = fixture_session(of[steps[i].thresholds]);
        cJSON *root = explained(s, str(steps[i].utterance), steps[i].expect);
        const cJSON *expect = cJSON_GetObjectItem(root, "expect");

        assert_string_equal(text_of(expect, "id"), steps[i].expect);
        assert_true(text_of(expect, "detail")[0] != '\0');
        if (strcmp(text_of(expect, "step"), steps[i].step) != 0) {
            print_error("%s: %s (%s), not %s\n", steps[i].name, text_of(expect, "step"),
                        text_of(expect, "detail"), steps[i].step);
            failed++;
        }
        cJSON_Delete(root);
        jieda_session_free(s);
    }
    assert_int_equal(failed, 0);
}

static void the_reason_names_the_remedy(void **state)
{
    cJSON *root = explained(session, str("客服热线号码"), "account.hotline");

    (void)state;
    assert_non_null(strstr(text_of(cJSON_GetObjectItem(root, "expect"), "detail"), "placeholder"));
    cJSON_Delete(root);
    root = explained(session, str("体验版新功能介绍"), "account.beta");
    assert_non_null(strstr(text_of(cJSON_GetObjectItem(root, "expect"), "detail"), "when"));
    cJSON_Delete(root);
}

static void an_entry_that_does_not_exist_is_not_found(void **state)
{
    jieda_str json;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_explain(session, str("退款"), "refund", &json, &err), JIEDA_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "refund"));
    assert_null(json.ptr);
    assert_int_equal(jieda_explain(session, str("退款"), "", &json, &err), JIEDA_E_NOT_FOUND);
}

static void arguments_are_checked(void **state)
{
    jieda_str json;

    (void)state;
    assert_int_equal(jieda_explain(NULL, str("x"), NULL, &json, NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_explain(session, str("x"), NULL, NULL, NULL), JIEDA_E_INVALID);
    assert_int_equal(jieda_explain(session, (jieda_str){NULL, 1}, NULL, &json, NULL),
                     JIEDA_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_complete),
        cmocka_unit_test(it_tells_what_asking_would_decide),
        cmocka_unit_test(an_empty_question_is_explained_too),
        cmocka_unit_test(any_bytes_give_json),
        cmocka_unit_test(the_longest_utterance_is_explained),
        cmocka_unit_test(the_first_step_at_which_it_lost_is_named),
        cmocka_unit_test(the_reason_names_the_remedy),
        cmocka_unit_test(an_entry_that_does_not_exist_is_not_found),
        cmocka_unit_test(arguments_are_checked),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
