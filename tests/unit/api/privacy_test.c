/*
 * privacy_test.c - personal data go to the vault and nowhere else, secrets nowhere at all.
 *
 * Canaries of every kind, in several writings, are planted wherever a visitor or an agent can put
 * them; then everything the engine gives out or keeps is searched for their digits and letters: the
 * hook's documents, feedback, log, transcripts, saved states, replies.
 */
#include "desk.h"

#include "base/base.h"

static fixture files;
static desk_host host;
static jieda_engine *engine;

static int open_desk(void **state)
{
    jieda_options options = desk_options(&host);

    (void)state;
    desk_make(&files);
    desk_host_forget(&host);
    engine = fixture_open(files.kb, &options);
    return 0;
}

static int close_desk(void **state)
{
    (void)state;
    jieda_close(engine);
    desk_host_forget(&host);
    fixture_remove(&files);
    return 0;
}

/* ---- canaries -------------------------------------------------------------------------------- */

static const struct {
    const char *name, *text;
    const char *bare; /* what of it must not be found, once folded */
    bool secret;
    const char *placeholder;
} canaries[] = {
    {"a mobile number", "手机13912345678", "13912345678", false, "[手机号#"},
    {"in full width", "手机１３９１２３４５６７８", "13912345678", false, "[手机号#"},
    {"with spaces", "手机 139 1234 5678", "13912345678", false, "[手机号#"},
    {"with hyphens", "手机139-1234-5678", "13912345678", false, "[手机号#"},
    {"in Chinese digits", "手机一三九一二三四五六七八", "13912345678", false, "[手机号#"},
    {"with a country code", "+86 13912345678", "13912345678", false, "[手机号#"},
    {"with nothing around it", "13912345678", "13912345678", false, "[手机号#"},
    {"a landline", "电话010-62345678", "62345678", false, "[电话#"},
    {"a bank card", "卡号6222021234567890128", "6222021234567890128", false, "[银行卡#"},
    {"a bank card in groups", "6222 0212 3456 7890 128", "6222021234567890128", false, "[银行卡#"},
    {"a bank card in full width", "６２２２０２１２３４５６７８９０１２８", "6222021234567890128",
     false, "[银行卡#"},
    {"an ID number", "身份证11010519491231002X", "11010519491231002x", false, "[身份证#"},
    {"an ID number with spaces", "110105 19491231 002X", "11010519491231002x", false, "[身份证#"},
    {"an e-mail address", "邮箱canary.bird@example.com", "canary.bird", false, "[邮箱#"},
    {"a passport", "护照号E87654321", "e87654321", false, "[证件#"},
    {"a password", "密码是Qx7canary9", "qx7canary9", true, "[密码]"},
    {"a password in English", "my password is Qx7canary9", "qx7canary9", true, "[密码]"},
    {"a code by SMS", "验证码是908172", "908172", true, "[验证码]"},
    {"a code before its word", "908172是验证码", "908172", true, "[验证码]"},
    {"a CVV", "cvv是739", "739", true, "[CVV]"},
};

#define CANARY_COUNT (sizeof canaries / sizeof *canaries)

/* Lower case, full width made half, Chinese digits made digits, and only letters, digits and dots:
 * a canary cannot hide behind separators. */
static void fold(jieda_str text, char *out)
{
    static const char *const digits[] = {"零", "一", "二", "三", "四",
                                         "五", "六", "七", "八", "九"};
    size_t at = 0, len = 0;

    while (at < text.len) {
        const unsigned char *p = (const unsigned char *)text.ptr + at;
        uint32_t cp;
        size_t step = jieda__utf8_decode(p, text.len - at, &cp);

        if (cp >= 0xFF01 && cp <= 0xFF5E)
            cp -= 0xFEE0;
        if (cp < 0x80 && (strchr("0123456789.abcdefghijklmnopqrstuvwxyz", (int)cp) && cp))
            out[len++] = (char)cp;
        else if (cp >= 'A' && cp <= 'Z')
            out[len++] = (char)(cp + 32);
        for (int d = 0; d < 10 && step == 3; d++)
            if (memcmp(p, digits[d], 3) == 0)
                out[len++] = (char)('0' + d);
        at += step;
    }
    out[len] = '\0';
}

/* Numbers of the engine's own (times, ids, hashes) may hold three digits in a row, so that a CVV is
 * looked for as it was written. */
static void assert_clean(const char *where, const char *name, size_t canary, jieda_str text)
{
    static char folded[DESK_TEXT_BYTES];

    assert_true(text.len < sizeof folded);
    fold(text, folded);
    if (strlen(canaries[canary].bare) > 3 ? strstr(folded, canaries[canary].bare) != NULL
                                          : holds(text, "cvv是739") || holds(text, "是739"))
        fail_msg("%s: %s is in %s: %.*s", name, canaries[canary].name, where,
                 (int)(text.len < 600 ? text.len : 600), text.ptr);
}

static void assert_reply_clean(const char *name, size_t canary, const jieda_reply *r)
{
    assert_clean("an answer", name, canary, r->answer);
    assert_clean("a prompt", name, canary, r->prompt);
    assert_clean("a title", name, canary, r->title);
    assert_clean("a decision's id", name, canary, r->decision_id);
    for (size_t i = 0; i < r->notice_count; i++)
        assert_clean("a notice", name, canary, r->notices[i]);
    for (size_t i = 0; i < r->slot_count; i++)
        assert_clean("a slot", name, canary, r->slots[i].value);
    for (size_t i = 0; i < r->option_count; i++)
        assert_clean("an option", name, canary, r->options[i].title);
    for (size_t i = 0; i < r->candidate_count; i++)
        assert_clean("a candidate", name, canary, r->candidates[i].question);
}

/* All that the host got or could get. */
static void assert_host_clean(const char *name, size_t canary, jieda_session *session)
{
    const jieda_message *list;
    jieda_str bytes;
    size_t count;

    for (size_t i = 0; i < host.event_count; i++)
        assert_clean("a ticket", name, canary, str(host.events[i].json));
    assert_clean("a comment", name, canary, str(host.comment));
    assert_clean("the log", name, canary, str(host.log));
    assert_int_equal(jieda_transcript(session, &list, &count, NULL), JIEDA_OK);
    for (size_t i = 0; i < count; i++)
        assert_clean("the transcript", name, canary, list[i].text);
    assert_int_equal(jieda_session_save(session, &bytes, NULL), JIEDA_OK);
    assert_clean("the saved state", name, canary, bytes);
    if (canaries[canary].secret)
        assert_clean("the vault", name, canary, str(host.vault));
}

/* ---- where they are planted ------------------------------------------------------------------ */

static void say(jieda_session *s, size_t canary, const char *format, const char *where)
{
    char words[512];
    const jieda_reply *r;

    snprintf(words, sizeof words, format, canaries[canary].text);
    r = ask(s, words);
    assert_reply_clean(where, canary, r);
    if (canaries[canary].secret && strstr(format, "%s")) {
        assert_true(r->notice_count > 0);
        assert_true(holds(r->notices[0], "请不要发送密码") ||
                    holds(r->notices[0], "never send a password"));
    }
    assert_host_clean(where, canary, s);
}

static void nothing_personal_leaves_a_conversation(void **state)
{
    (void)state;
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        jieda_session *s = desk_session(engine, "canary");
        jieda_feedback f = {.kind = JIEDA_FEEDBACK_COMMENT};
        const jieda_reply *r;
        char words[256];

        desk_host_forget(&host);
        say(s, i, "%s", "alone");
        say(s, i, "怎么申请退款，%s", "with a question");
        say(s, i, "退款密码 %s", "where it is asked back");
        say(s, i, "1，%s", "with an option");
        say(s, i, "不对，我问的是%s", "in a correction");
        say(s, i, "注销账户，%s", "with what has needs");
        say(s, i, "%s", "as what was asked for");
        say(s, i, "我要投诉 %s", "when it escalates");
        say(s, i, "%s，有人吗", "while queued");
        say(s, i, "发我聊天记录", "in the transcript");
        assert_int_equal(jieda_handoff_accepted(s, str("小王"), NULL), JIEDA_OK);
        say(s, i, "给你：%s", "to an agent");
        snprintf(words, sizeof words, "您的%s对吗", canaries[i].text);
        assert_int_equal(jieda_handoff_said(s, str(words), NULL), JIEDA_OK);
        assert_host_clean("said by an agent", i, s);
        assert_int_equal(jieda_handoff_closed(s, NULL), JIEDA_OK);
        f.comment = str(words);
        assert_int_equal(jieda_feedback_give(s, &f, &r, NULL), JIEDA_OK);
        assert_reply_clean("after feedback", i, r);
        assert_host_clean("in feedback", i, s);
        assert_non_null(strstr(host.comment, canaries[i].placeholder));
        assert_true(host.event_count >= 3);
        jieda_session_free(s);
    }
}

/* What leaves is what stands in its place. */
static void the_vault_alone_gets_originals(void **state)
{
    (void)state;
    for (size_t i = 0; i < CANARY_COUNT; i++) {
        jieda_session *s = desk_session(engine, "canary");
        const jieda_message *list;
        size_t count;

        desk_host_forget(&host);
        ask(s, canaries[i].text);
        assert_int_equal(jieda_transcript(s, &list, &count, NULL), JIEDA_OK);
        assert_holds(list[0].text, canaries[i].placeholder);
        if (canaries[i].secret) {
            assert_string_equal(host.vault, "");
        } else {
            static char folded[DESK_TEXT_BYTES];

            assert_non_null(strstr(host.vault, canaries[i].placeholder));
            fold(str(host.vault), folded);
            assert_non_null(strstr(folded, canaries[i].bare));
        }
        jieda_session_free(s);
    }
}

/* Many values at once, cut at the end of a remembered message: what is cut is cut whole. */
static void no_part_of_a_value_is_left_by_a_cut(void **state)
{
    (void)state;
    for (size_t padding = 340; padding < 420; padding++) {
        jieda_session *s = desk_session(engine, "canary");
        char words[1024];

        desk_host_forget(&host);
        memset(words, 'x', padding);
        snprintf(words + padding, sizeof words - padding, " 13912345678 6222021234567890128");
        ask(s, words);
        ask(s, "转人工");
        assert_host_clean("cut", 0, s);
        assert_host_clean("cut", 8, s);
        jieda_session_free(s);
    }
}

/* The same value is the same placeholder all along, also after the conversation was saved. */
static void an_agent_can_follow(void **state)
{
    jieda_session *s = desk_session(engine, "canary"), *later = fixture_session(engine);
    const jieda_message *list;
    jieda_str bytes;
    size_t count;

    (void)state;
    desk_host_forget(&host);
    ask(s, "手机13912345678");
    ask(s, "另一个是13800138000");
    assert_int_equal(jieda_session_save(s, &bytes, NULL), JIEDA_OK);
    assert_int_equal(jieda_session_load(later, bytes.ptr, bytes.len, NULL), JIEDA_OK);
    ask(later, "还是１３９ １２３４ ５６７８吧");
    assert_int_equal(jieda_transcript(later, &list, &count, NULL), JIEDA_OK);
    assert_holds(list[0].text, "[手机号#1]");
    assert_holds(list[2].text, "[手机号#2]");
    assert_holds(list[count - 2].text, "[手机号#1]");
    jieda_session_free(later);
    jieda_session_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_personal_leaves_a_conversation),
        cmocka_unit_test(the_vault_alone_gets_originals),
        cmocka_unit_test(no_part_of_a_value_is_left_by_a_cut),
        cmocka_unit_test(an_agent_can_follow),
    };

    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
