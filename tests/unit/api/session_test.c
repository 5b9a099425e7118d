/*
 * session_test.c - asking: what a reply holds, and what a session remembers.
 *
 * Over the shop of shop.h, whose questions are asked word for word, so that decisions hold for any
 * fitted weights; where that is not enough, the thresholds are the test's. Limits are asked on them
 * and one past them; after a failed call the dialog is as it was before.
 */
#include "desk.h"

static fixture files;

/* What the handoff hook was given, copied: it is borrowed for the call. */
typedef struct called {
    int count;
    jieda_handoff_result result;
    char reason[32], utterance[64], language[8], entry[32], best[32];
    jieda_priority priority;
    size_t candidate_count;
} called;

static called hook;
static jieda_engine *engine;    /* default thresholds */
static jieda_engine *timid;     /* never sure of anything */
static jieda_engine *confident; /* sure of everything */
static jieda_session *session;  /* of `engine`, a fresh one for each test */

static void copy_text(char *to, size_t size, jieda_str from)
{
    snprintf(to, size, "%.*s", (int)from.len, from.ptr ? from.ptr : "");
}

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    called *c = ctx;
    cJSON *ticket = cJSON_ParseWithLength(handoff->ticket.ptr, handoff->ticket.len);
    const cJSON *candidates = cJSON_GetObjectItem(ticket, "candidates");

    assert_non_null(ticket);
    c->count++;
    snprintf(c->reason, sizeof c->reason, "%s", handoff->reason);
    snprintf(c->utterance, sizeof c->utterance, "%s",
             cJSON_GetObjectItem(ticket, "query")->valuestring);
    snprintf(c->language, sizeof c->language, "%s",
             cJSON_GetObjectItem(ticket, "language")->valuestring);
    snprintf(c->entry, sizeof c->entry, "%s", cJSON_GetObjectItem(ticket, "entry_id")->valuestring);
    c->priority = handoff->priority;
    c->candidate_count = (size_t)cJSON_GetArraySize(candidates);
    if (c->candidate_count > 0)
        snprintf(c->best, sizeof c->best, "%s",
                 cJSON_GetObjectItem(cJSON_GetArrayItem(candidates, 0), "entry_id")->valuestring);
    cJSON_Delete(ticket);
    return c->result;
}

static int open_shop(void **state)
{
    jieda_options options = JIEDA_OPTIONS_INIT;

    (void)state;
    fixture_make(&files, shop_pack, shop_entries, NULL);
    options.handoff = on_handoff;
    options.handoff_ctx = &hook;
    engine = fixture_open(files.kb, &options);
    options.answer_confidence_min_info = options.answer_confidence_min_money = 1.0f;
    options.option_confidence_min = 0.0f;
    timid = fixture_open(files.kb, &options);
    options.answer_confidence_min_info = options.answer_confidence_min_money = 0.0f;
    confident = fixture_open(files.kb, &options);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    jieda_close(confident);
    jieda_close(timid);
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

static int new_session(void **state)
{
    (void)state;
    hook = (called){.result = JIEDA_HANDOFF_ACCEPTED};
    session = fixture_session(engine);
    return 0;
}

static int free_session(void **state)
{
    (void)state;
    jieda_session_free(session);
    return 0;
}

/* ---- decisions ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *utterance;
    jieda_decision decision;
    const char *entry; /* "" for none */
} decisions[] = {
    {"a question of the pack", "怎么申请退款", JIEDA_DECISION_ANSWER, "refund.apply"},
    {"another of its entry", "退款要等几天", JIEDA_DECISION_ANSWER, "refund.eta"},
    {"in English", "how long does a refund take", JIEDA_DECISION_ANSWER, "refund.eta"},
    {"in Traditional characters", "忘記密碼怎麼辦", JIEDA_DECISION_ANSWER, "account.password"},
    {"full width and shouted", "ＲＥＳＥＴ my password！！！", JIEDA_DECISION_ANSWER,
     "account.password"},
    {"with noise around it", "  怎么申请退款？？\n", JIEDA_DECISION_ANSWER, "refund.apply"},
    {"a greeting", "你好", JIEDA_DECISION_SMALLTALK, "chat.hello"},
    {"a handoff by policy", "账号被盗了怎么办", JIEDA_DECISION_HANDOFF, "account.stolen"},
    {"nothing", "", JIEDA_DECISION_NONE, ""},
    {"spaces", " \t\n　", JIEDA_DECISION_NONE, ""},
    {"an emoji", "😀", JIEDA_DECISION_NONE, ""},
    {"emoji and spaces", " 😀 🎉🎉 ", JIEDA_DECISION_NONE, ""},
    {"zero-width characters", "\xE2\x80\x8B\xEF\xBB\xBF", JIEDA_DECISION_NONE, ""},
    {"ill-formed bytes", "\xFF\xFE\x80", JIEDA_DECISION_NONE, ""},
    {"punctuation says something, if not what", "？？？", JIEDA_DECISION_CLARIFY, ""},
    {"what no question knows", "qqqqq", JIEDA_DECISION_CLARIFY, ""},
};

static void what_is_asked_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
        const jieda_reply *reply;

        jieda_session_reset(session);
        reply = ask(session, decisions[i].utterance);
        if (reply->decision != decisions[i].decision ||
            reply->entry_id.len != strlen(decisions[i].entry) ||
            memcmp(reply->entry_id.ptr ? reply->entry_id.ptr : "", decisions[i].entry,
                   reply->entry_id.len) != 0)
            fail_msg("%s: %s of \"%.*s\" (%.3f)", decisions[i].name,
                     jieda_decision_name(reply->decision), (int)reply->entry_id.len,
                     reply->entry_id.ptr ? reply->entry_id.ptr : "", (double)reply->confidence);
    }
}

/* ---- the reply ------------------------------------------------------------------------------- */

static void a_reply_holds_the_whole_answer(void **state)
{
    const jieda_reply *r = ask(session, "怎么申请退款");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    assert_str(r->language, "zh");
    assert_str(r->entry_id, "refund.apply");
    assert_str(r->title, "怎么申请退款");
    assert_str(r->answer, "在本店的订单里申请。\n1. 打开订单\n2. 点申请退款\n3. 等本店处理\n"
                          "以页面显示为准。");
    assert_int_equal(r->step_count, 3);
    assert_str(r->steps[2], "等本店处理");
    assert_int_equal(r->action_count, 1);
    assert_str(r->actions[0].label, "看订单");
    assert_str(r->actions[0].link, "app://本店/orders");
    assert_int_equal(r->need_count, 2);
    assert_str(r->needs[0], "订单号");
    assert_str(r->needs[1], "金额");
    assert_int_equal(r->related_count, 2);
    assert_str(r->related[0].entry_id,
               "refund.eta"); /* what follows stands before what is beside */
    assert_str(r->related[1].entry_id, "account.password");
    assert_str(r->related[1].title, "忘记密码");
    assert_str(r->intent, "refund");
    assert_str(r->why, "confident");
    assert_true(r->handoff_offer);
    assert_false(r->handoff_accepted);
    assert_int_equal(r->option_count, 0);
    assert_true(r->confidence > 0.5f && r->confidence <= 1.0f);
    assert_true(r->candidate_count >= 2 && r->candidate_count <= JIEDA_CANDIDATE_COUNT_MAX);
    assert_str(r->candidates[0].entry_id, "refund.apply");
    assert_str(r->candidates[0].question, "怎么申请退款");
    assert_true(r->candidates[0].confidence == r->confidence);
    for (size_t i = 1; i < r->candidate_count; i++)
        assert_true(r->candidates[i - 1].score >= r->candidates[i].score);
}

static void an_answer_may_be_lead_alone(void **state)
{
    const jieda_reply *r = ask(session, "退款多久到账");

    (void)state;
    assert_str(r->answer, "一到三天。");
    assert_int_equal(r->step_count, 0);
    assert_int_equal(r->action_count, 0);
    assert_int_equal(r->need_count, 0);
    assert_int_equal(r->related_count, 0);
    assert_false(r->handoff_offer);
}

static void nothing_asked_has_nothing_in_it(void **state)
{
    const jieda_reply *r = ask(session, "");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_NONE);
    assert_str(r->why, "empty");
    assert_int_equal(r->answer.len, 0);
    assert_int_equal(r->candidate_count, 0);
    assert_int_equal(r->option_count, 0);
    assert_true(r->confidence == 0.0f);
}

static void asking_back_offers_distinct_entries(void **state)
{
    jieda_session *s = fixture_session(timid);
    const jieda_reply *r = ask(s, "退款密码");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_str(r->why, "ambiguous");
    assert_holds(r->prompt, "哪一个");
    assert_int_equal(r->entry_id.len, 0);
    assert_int_equal(r->answer.len, 0);
    assert_true(r->option_count >= 2 && r->option_count <= JIEDA_OPTION_COUNT_MAX);
    for (size_t i = 0; i < r->option_count; i++) {
        assert_true(r->options[i].title.len > 0);
        assert_true(r->options[i].confidence >= 0.0f && r->options[i].confidence <= 1.0f);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(r->options[i].entry_id.ptr, r->options[k].entry_id.ptr);
    }
    jieda_session_free(s);
}

static void a_threshold_of_nothing_answers_the_best(void **state)
{
    jieda_session *s = fixture_session(confident);
    const jieda_reply *r = ask(s, "要退款的");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    /* Small talk never outranks an FAQ entry, however near the one and far the other. */
    r = ask(s, "你好，密码忘了");
    assert_int_equal(r->decision, JIEDA_DECISION_ANSWER);
    assert_str(r->entry_id, "account.password");
    jieda_session_free(s);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void an_utterance_may_be_so_long_and_no_longer(void **state)
{
    char *longest = malloc(JIEDA_UTTERANCE_BYTES_MAX + 1);
    const jieda_reply *reply;
    jieda_error err = {0};

    (void)state;
    assert_non_null(longest);
    for (size_t i = 0; i + 3 <= JIEDA_UTTERANCE_BYTES_MAX + 1; i += 3)
        memcpy(longest + i, i % 2 ? "退" : "款", 3);
    longest[JIEDA_UTTERANCE_BYTES_MAX - 1] = longest[JIEDA_UTTERANCE_BYTES_MAX] = 'x';
    assert_int_equal(
        jieda_ask(session, (jieda_str){longest, JIEDA_UTTERANCE_BYTES_MAX}, &reply, &err),
        JIEDA_OK);
    assert_non_null(reply);
    assert_int_equal(
        jieda_ask(session, (jieda_str){longest, JIEDA_UTTERANCE_BYTES_MAX + 1}, &reply, &err),
        JIEDA_E_LIMIT);
    assert_null(reply);
    assert_int_equal(err.status, JIEDA_E_LIMIT);
    assert_non_null(strstr(err.message, "65537"));
    free(longest);
}

static void an_utterance_may_hold_any_bytes(void **state)
{
    static const char odd[] = "怎么\0申请\xFF退\xE9\x80款\xF0\x9F";
    const jieda_reply *reply;

    (void)state;
    assert_int_equal(jieda_ask(session, (jieda_str){odd, sizeof odd - 1}, &reply, NULL), JIEDA_OK);
    assert_int_equal(jieda_ask(session, (jieda_str){NULL, 0}, &reply, NULL), JIEDA_OK);
    assert_int_equal(reply->decision, JIEDA_DECISION_NONE);
}

static void arguments_are_checked(void **state)
{
    const jieda_reply *reply;
    jieda_session *made;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_session_new(NULL, &made, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_session_new(engine, NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_ask(NULL, str("x"), &reply, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_ask(session, str("x"), NULL, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_ask(session, (jieda_str){NULL, 3}, &reply, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_ask(NULL, str("x"), &reply, NULL), JIEDA_E_INVALID);
    assert_int_equal(err.status, JIEDA_E_INVALID);
    assert_true(err.message[0] != '\0');
}

static void tags_and_placeholders_are_bounded(void **state)
{
    char name[16];

    (void)state;
    for (int i = 0; i < JIEDA_BINDING_COUNT_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(jieda_session_set_tag(session, name, str("v"), NULL), JIEDA_OK);
        assert_int_equal(jieda_session_set_placeholder(session, name, str("v"), NULL), JIEDA_OK);
    }
    assert_int_equal(jieda_session_set_tag(session, "more", str("v"), NULL), JIEDA_E_LIMIT);
    assert_int_equal(jieda_session_set_placeholder(session, "more", str("v"), NULL), JIEDA_E_LIMIT);
    assert_int_equal(jieda_session_set_tag(session, "", str("v"), NULL), JIEDA_E_INVALID);
}

/* ---- language, channel, placeholders --------------------------------------------------------- */

static const struct {
    const char *name, *forced, *utterance, *language, *answer;
} languages[] = {
    {"characters are Chinese", NULL, "退款多久到账", "zh", "一到三天。"},
    {"an English question is English", NULL, "how long does a refund take", "en",
     "One to three days."},
    {"pinyin is Chinese", NULL, "tuikuan duojiu daozhang", "zh", "一到三天。"},
    {"forced English", "en", "退款多久到账", "en", "One to three days."},
    {"forced Chinese", "zh", "how long does a refund take", "zh", "一到三天。"},
    {"returned to automatic", "", "how long does a refund take", "en", "One to three days."},
};

static void the_language_follows_what_matched_unless_forced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        const jieda_reply *r;

        assert_int_equal(jieda_session_set_language(session, "en", NULL), JIEDA_OK);
        assert_int_equal(jieda_session_set_language(session, languages[i].forced, NULL), JIEDA_OK);
        r = ask(session, languages[i].utterance);
        if (r->decision != JIEDA_DECISION_ANSWER || r->language.len != 2 ||
            memcmp(r->language.ptr, languages[i].language, 2) != 0)
            fail_msg("%s: %s in %.*s", languages[i].name, jieda_decision_name(r->decision),
                     (int)r->language.len, r->language.ptr);
        assert_str(r->answer, languages[i].answer);
    }
}

static void everything_of_a_reply_is_in_its_language(void **state)
{
    const jieda_reply *r;

    (void)state;
    assert_int_equal(jieda_session_set_language(session, "en", NULL), JIEDA_OK);
    r = ask(session, "怎么申请退款");
    assert_str(r->title, "How to request a refund");
    assert_str(r->answer, "Ask the shop in the order.\n1. Open the order");
    assert_str(r->needs[0], "order number");
    assert_str(r->related[0].title, "When a refund arrives");
    assert_str(r->candidates[0].title, "How to request a refund");
    assert_str(r->candidates[0].question, "怎么申请退款"); /* as authored */
}

static void a_language_the_pack_lacks_is_refused(void **state)
{
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda_session_set_language(session, "en", NULL), JIEDA_OK);
    assert_int_equal(jieda_session_set_language(session, "fr", &err), JIEDA_E_INVALID);
    assert_non_null(strstr(err.message, "fr"));
    assert_str(ask(session, "退款多久到账")->language, "en"); /* the old one stays */
}

static void a_channel_is_preferred_and_falls_back_to_text(void **state)
{
    char long_name[64];

    (void)state;
    assert_int_equal(jieda_session_set_channel(session, "wechat", NULL), JIEDA_OK);
    assert_str(ask(session, "怎么申请退款")->answer, "在微信里申请。");
    assert_str(ask(session, "退款多久到账")->answer, "一到三天。"); /* has none for wechat */
    assert_int_equal(jieda_session_set_channel(session, "sms", NULL), JIEDA_OK);
    assert_int_equal(ask(session, "怎么申请退款")->step_count, 3);
    assert_int_equal(jieda_session_set_channel(session, "wechat", NULL), JIEDA_OK);
    assert_int_equal(jieda_session_set_channel(session, NULL, NULL), JIEDA_OK);
    assert_int_equal(ask(session, "怎么申请退款")->step_count, 3);
    memset(long_name, 'x', sizeof long_name);
    long_name[32] = '\0';
    assert_int_equal(jieda_session_set_channel(session, long_name, NULL), JIEDA_E_LIMIT);
    long_name[31] = '\0';
    assert_int_equal(jieda_session_set_channel(session, long_name, NULL), JIEDA_OK);
}

static void a_channel_without_this_language_falls_back_in_the_language(void **state)
{
    (void)state;
    jieda_session_set_channel(session, "wechat", NULL);
    jieda_session_set_language(session, "en", NULL);
    assert_str(ask(session, "怎么申请退款")->answer,
               "Ask the shop in the order.\n1. Open the order");
}

static void a_bound_placeholder_replaces_its_default(void **state)
{
    const jieda_reply *r;

    (void)state;
    jieda_session_set_placeholder(session, "brand", str("uPay{{brand}}"), NULL);
    r = ask(session, "怎么申请退款");
    assert_str(r->steps[2], "等uPay{{brand}}处理"); /* a value is never filled again */
    assert_str(r->actions[0].link, "app://uPay{{brand}}/orders");
    jieda_session_set_placeholder(session, "brand", str(""), NULL);
    assert_str(ask(session, "怎么申请退款")->steps[2], "等本店处理");
}

static void an_unbound_placeholder_is_never_shown(void **state)
{
    const jieda_reply *r = ask(session, "客服热线号码");

    (void)state;
    for (size_t i = 0; i < r->candidate_count; i++)
        assert_int_not_equal(r->candidates[i].entry_id.len, strlen("account.hotline"));
    jieda_session_reset(session);
    jieda_session_set_placeholder(session, "hotline", str("95000"), NULL);
    r = ask(session, "客服热线号码");
    assert_str(r->entry_id, "account.hotline");
    assert_str(r->answer, "请拨95000。");
}

static void a_tag_opens_its_entries(void **state)
{
    (void)state;
    assert_int_not_equal(ask(session, "体验版新功能介绍")->decision, JIEDA_DECISION_ANSWER);
    jieda_session_set_tag(session, "version", str("2.0"), NULL);
    assert_str(ask(session, "体验版新功能介绍")->entry_id, "account.beta");
}

/* ---- a person takes over --------------------------------------------------------------------- */

static void a_policy_calls_the_hook_with_what_is_known(void **state)
{
    const jieda_reply *r = ask(session, "账号被盗了怎么办");

    (void)state;
    assert_int_equal(hook.count, 1);
    assert_string_equal(hook.reason, "fraud");
    assert_string_equal(hook.utterance, "账号被盗了怎么办");
    assert_string_equal(hook.language, "zh");
    assert_string_equal(hook.entry, "account.stolen");
    assert_string_equal(hook.best, "account.stolen");
    assert_int_equal(hook.priority, JIEDA_PRIORITY_P0);
    assert_true(hook.candidate_count > 0 && hook.candidate_count <= r->candidate_count);
    assert_true(r->handoff_accepted);
    assert_str(r->answer, "先冻结账号。"); /* the steps go with it */
    assert_str(r->why, "entry-hands-over");
}

static void a_hook_that_fails_is_reported(void **state)
{
    const jieda_reply *r;

    (void)state;
    hook.result = JIEDA_HANDOFF_FAILED;
    r = ask(session, "账号被盗了怎么办");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(hook.count, 1);
    assert_false(r->handoff_accepted);
}

static void no_hook_changes_no_decision(void **state)
{
    jieda_engine *deaf = fixture_open(files.kb, NULL);
    jieda_session *s = fixture_session(deaf);
    const jieda_reply *r = ask(s, "账号被盗了怎么办");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_false(r->handoff_accepted);
    assert_int_equal(r->ticket.id.len, 0);
    assert_str(r->answer, "先冻结账号。");
    assert_holds(r->prompt, "App"); /* where to find a person instead */
    /* The conversation stays with the bot. */
    assert_str(ask(s, "怎么申请退款")->entry_id, "refund.apply");
    assert_int_equal(jieda_handoff_request(s, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(jieda_handoff_cancel(s, &r, NULL), JIEDA_E_NOT_FOUND);
    jieda_session_free(s);
    jieda_close(deaf);
}

static void the_second_miss_calls_the_hook(void **state)
{
    const jieda_reply *r = ask(session, "qqqqq");

    (void)state;
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_str(r->why, "no-match");
    assert_int_equal(hook.count, 0);
    r = ask(session, "zzzzz vvvvv");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_str(r->why, "repeated-miss");
    assert_int_equal(r->entry_id.len, 0);
    assert_int_equal(hook.count, 1);
    assert_string_equal(hook.reason, "repeated_miss");
    assert_string_equal(hook.utterance, "zzzzz vvvvv");
    assert_string_equal(hook.entry, "");
    assert_int_equal(hook.priority, JIEDA_PRIORITY_P2);
    /* While the ticket waits there are no misses; then it begins anew. */
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(jieda_handoff_cancel(session, NULL, NULL), JIEDA_OK);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
}

static void only_a_handoff_calls_the_hook(void **state)
{
    static const char *const harmless[] = {"怎么申请退款", "你好", "", "？？？", "退款多久到账"};

    (void)state;
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        ask(session, harmless[i]);
    assert_int_equal(hook.count, 0);
}

/* ---- what a session remembers ---------------------------------------------------------------- */

static void a_reset_forgets_misses_and_keeps_settings(void **state)
{
    const jieda_reply *r;

    (void)state;
    jieda_session_set_language(session, "en", NULL);
    jieda_session_set_placeholder(session, "hotline", str("95000"), NULL);
    jieda_session_set_tag(session, "version", str("2"), NULL);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    jieda_session_reset(session);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    r = ask(session, "客服热线号码");
    assert_str(r->answer, "Call 95000.");
    assert_str(ask(session, "体验版新功能介绍")->entry_id, "account.beta");
}

static void a_failed_call_leaves_the_dialog_as_it_was(void **state)
{
    static char too_long[JIEDA_UTTERANCE_BYTES_MAX + 1];
    const jieda_reply *reply;

    (void)state;
    memset(too_long, 'x', sizeof too_long);
    for (int i = 0; i < 5; i++)
        assert_int_equal(jieda_ask(session, (jieda_str){too_long, sizeof too_long}, &reply, NULL),
                         JIEDA_E_LIMIT);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY); /* the first miss */
    assert_int_equal(jieda_ask(session, (jieda_str){too_long, sizeof too_long}, &reply, NULL),
                     JIEDA_E_LIMIT);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_HANDOFF); /* the second */
    assert_int_equal(hook.count, 1);
}

static void two_sessions_do_not_share_a_dialog(void **state)
{
    jieda_session *other = fixture_session(engine);

    (void)state;
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(ask(other, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_HANDOFF);
    jieda_session_free(other);
}

static void a_reply_lives_until_the_next_call(void **state)
{
    const jieda_reply *first = ask(session, "怎么申请退款");
    char answer[256];

    (void)state;
    copy_text(answer, sizeof answer, first->answer);
    /* Another session's calls do not touch it. */
    for (int i = 0; i < 3; i++) {
        jieda_session *other = fixture_session(engine);

        ask(other, "密码忘了");
        jieda_session_free(other);
    }
    assert_str(first->answer, answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_asked_decides),
        TEST(a_reply_holds_the_whole_answer),
        TEST(an_answer_may_be_lead_alone),
        TEST(nothing_asked_has_nothing_in_it),
        TEST(asking_back_offers_distinct_entries),
        TEST(a_threshold_of_nothing_answers_the_best),
        TEST(an_utterance_may_be_so_long_and_no_longer),
        TEST(an_utterance_may_hold_any_bytes),
        TEST(arguments_are_checked),
        TEST(tags_and_placeholders_are_bounded),
        TEST(the_language_follows_what_matched_unless_forced),
        TEST(everything_of_a_reply_is_in_its_language),
        TEST(a_language_the_pack_lacks_is_refused),
        TEST(a_channel_is_preferred_and_falls_back_to_text),
        TEST(a_channel_without_this_language_falls_back_in_the_language),
        TEST(a_bound_placeholder_replaces_its_default),
        TEST(an_unbound_placeholder_is_never_shown),
        TEST(a_tag_opens_its_entries),
        TEST(a_policy_calls_the_hook_with_what_is_known),
        TEST(a_hook_that_fails_is_reported),
        TEST(no_hook_changes_no_decision),
        TEST(the_second_miss_calls_the_hook),
        TEST(only_a_handoff_calls_the_hook),
        TEST(a_reset_forgets_misses_and_keeps_settings),
        TEST(a_failed_call_leaves_the_dialog_as_it_was),
        TEST(two_sessions_do_not_share_a_dialog),
        TEST(a_reply_lives_until_the_next_call),
    };

    return cmocka_run_group_tests(tests, open_shop, close_shop);
}
