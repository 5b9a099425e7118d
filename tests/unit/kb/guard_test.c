/*
 * guard_test.c - what the guard finds in answers, and what it lets pass.
 *
 * A finding stops a build, so the cases that must give none are as many as those that must.
 * Findings are written "kind:text", joined by "|"; a request for a secret is "secret". The answers
 * of the wallet pack, which careful people wrote, must pass whole.
 */
#include "fixture.h"

#include "compiler/guard.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)

typedef struct guard_case {
    const char *name, *text, *found;
} guard_case;

static const guard_case contacts[] = {
    {"a mobile number", "加微信13800138000", "phone number:13800138000"},
    {"a mobile number in groups", "打 138-0013-8000 找我", "phone number:138-0013-8000"},
    {"a mobile number of the country", "+86 13800138000", "phone number:+86 13800138000"},
    {"full-width digits", "电话：１３８００１３８０００", "phone number:13800138000"},
    {"a 400 number", "客服：400-123-4567。", "phone number:400-123-4567"},
    {"a 400 number at one go", "请打4001234567", "phone number:4001234567"},
    {"an 800 number with spaces", "call 800 820 8820 now", "phone number:800 820 8820"},
    {"dashes of all kinds", "400—123–4567", "phone number:400-123-4567"},
    {"a land line", "致电010-66668888", "phone number:010-66668888"},
    {"a land line of four", "0755 8888 1234", "phone number:0755 8888 1234"},
    {"a land line in brackets", "(021)58881234", "phone number:(021)58881234"},
    {"a land line from abroad", "+86 10 6666 8888", "phone number:+86 10 6666 8888"},
    {"a bank's line needs no call", "工商银行：95588；建设银行：95533",
     "service line:95588|service line:95533"},
    {"an agent is no unit", "拨打95588人工服务", "service line:95588"},
    {"the police", "再拨110报警", "service line:110"},
    {"the police in English", "report to the police on 110.", "service line:110"},
    {"a list of lines", "拨打110、119或120", "service line:110|service line:119|service line:120"},
    {"a line and what it is for", "反诈专线96110", "service line:96110"},
    {"a line with its name behind", "可向12315平台反映", "service line:12315"},
    {"a carrier", "短信发送到10086", ""},
    {"a carrier that is called", "拨打10086办理", "service line:10086"},
    {"six digits that are called", "致电967777", "service line:967777"},
    {"a link", "见https://shop.example/help?id=1。", "link:https://shop.example/help?id=1"},
    {"a link in brackets", "(http://shop.example)", "link:http://shop.example"},
    {"a link in capitals", "HTTPS://SHOP.EXAMPLE/A", "link:HTTPS://SHOP.EXAMPLE/A"},
    {"a www link", "打开www.shop.example，登录", "link:www.shop.example"},
    {"a bare domain", "官网是shop.com.cn，请核对", "link:shop.com.cn"},
    {"a bare domain with a path", "shop.top/help", "link:shop.top/help"},
    {"a domain before a full stop", "Visit pay.shop.com.", "link:pay.shop.com"},
    {"an e-mail address", "写信到Help.Me@shop.example。", "e-mail address:Help.Me@shop.example"},
    {"an address is no domain besides", "a@shop.com", "e-mail address:a@shop.com"},
    {"a bank card", "卡号6222021234567890123", "card number:6222021234567890123"},
    {"a bank card in groups", "6222 0212 3456 7890 123", "card number:6222 0212 3456 7890 123"},
    {"an ID number", "身份证11010119900307123X", "ID number:11010119900307123X"},
    {"the same number once", "拨打110，再拨打110", "service line:110"},
    {"invisible signs inside",
     "1380\xE2\x80\x8B"
     "0138000",
     "phone number:13800138000"},
    {"ill-formed bytes around", "\xff拨打110\xfe", "service line:110"},
};

static const guard_case harmless[] = {
    {"nothing", "打开订单，点“申请退款”。", ""},
    {"an amount of 110", "退110元到余额", ""},
    {"an amount with a sign", "扣¥110", ""},
    {"a discount", "电话费充值满120减10", ""},
    {"a count", "每天最多拨打120次", ""},
    {"minutes", "报警后110分钟内", ""},
    {"characters", "call it in up to 120 characters", ""},
    {"a decimal", "拨打费用1.110", ""},
    {"thousands", "共95,588元", ""},
    {"an amount of five digits", "不超过95000", ""},
    {"an amount with its unit", "95588元以内", ""},
    {"a range", "95000-96000", ""},
    {"110 without a call", "额外说明110如下", ""},
    {"a password nobody should have", "不要用生日、手机尾号或12345、123456做密码", ""},
    {"a date", "2024-11-22 10:00:00", ""},
    {"two dates", "2024-01-01 2024-12-31", ""},
    {"a time stamp", "20241122101530", ""},
    {"days", "一般1-3个工作日，最长7个工作日", ""},
    {"hours", "9:00-21:00，7x24小时", ""},
    {"an order number", "例如订单号：4001234567", ""},
    {"a card's tail", "尾号1234的卡，6222 **** **** 1234", ""},
    {"digits of a code", "6位数字验证码", ""},
    {"sums in a row", "100 200 400 500 1000 2000 元", ""},
    {"a number too long for all", "12345678901234567890123", ""},
    {"a version", "请升级到 3.2.110 版", ""},
    {"a missing space after a full stop", "Check your balance.Top up if it is low.", ""},
    {"a file", "选择bill.pdf", ""},
    {"a placeholder", "拨打{{hotline}}，或打开{{app_scheme}}://bill", ""},
    {"a host that is a placeholder", "https://{{host}}/help", ""},
    {"a host that only begins so", "https://{{host}}.shop.com/", "link:https://{{host}}.shop.com/"},
    {"an address at a placeholder", "help@{{domain}}", ""},
    {"a name with @", "微博@小店", ""},
};

static const guard_case links[] = {
    {"a deep link", "{{app_scheme}}://bill", ""},
    {"ids in a deep link", "shop://bill?id=6222021234567890123&no=4001234567", ""},
    {"a line in a path", "shop://bank/95588", ""},
    {"a phone link", "tel:95588", "phone number:95588"},
    {"a phone link with a sign", "tel:+86-10-66668888", "phone number:+86-10-66668888"},
    {"a phone link of a placeholder", "tel:{{hotline}}", ""},
    {"a mobile number", "shop://chat?to=13800138000", "phone number:13800138000"},
    {"a web link", "https://shop.example/help", "link:https://shop.example/help"},
    {"a web link of a placeholder", "https://{{host}}/help", ""},
    {"a mail link", "mailto:help@shop.example", "e-mail address:help@shop.example"},
};

static const guard_case requests[] = {
    {"send the code", "请把收到的验证码发给客服", "secret"},
    {"send it here", "请将短信验证码发送到本对话", "secret"},
    {"provide", "请提供短信验证码", "secret"},
    {"provide among others", "请提供姓名、卡号和支付密码", "secret"},
    {"tell us", "麻烦告诉我们您的登录密码", "secret"},
    {"reply", "请回复验证码", "secret"},
    {"report to the agent", "需要您把CVV报给客服", "secret"},
    {"the secret first", "验证码发给我们即可", "secret"},
    {"the safety code", "请先提供卡背面的安全码", "secret"},
    {"to check who it is", "请提供短信验证码验证身份", "secret"},
    {"another clause is negated", "不要着急，请把验证码告诉客服", "secret"},
    {"others that contain 别", "请把识别码和密码告诉客服", "secret"},
    {"English", "Please send us your SMS code.", "secret"},
    {"English support", "Tell support your password and we will help", "secret"},
    {"English reply", "Reply with your CVV", "secret"},
    {"English code received", "Please tell us the code you received.", "secret"},
    {"English, other clause negated", "Do not worry, just send us your verification code",
     "secret"},
    {"English, behind", "To go on, share your PIN with our support team", "secret"},
};

static const guard_case no_requests[] = {
    {"do not tell", "请不要把验证码告诉任何人", ""},
    {"never ask", "客服绝不会要求您提供密码或验证码", ""},
    {"must not", "请勿将验证码发给客服", ""},
    {"别", "别把密码发给客服", ""},
    {"no need", "退款不需要您提供密码或短信验证码", ""},
    {"a button", "点“发送验证码”", ""},
    {"a button on a page", "请在登录页面点击发送验证码", ""},
    {"the system sends", "系统会将验证码发送到您的手机", ""},
    {"send again", "请稍后重新发送验证码", ""},
    {"enter", "请输入支付密码完成转账", ""},
    {"enter what was told", "请输入银行发给您的验证码", ""},
    {"swindlers", "骗子会让您把验证码发给他", ""},
    {"whoever asks", "凡要求您提供验证码的都是诈骗", ""},
    {"what the problem is", "请告诉我们是登录密码还是支付密码", ""},
    {"not received", "没收到验证码请告诉客服", ""},
    {"a picture of the error", "请提供密码错误的提示截图", ""},
    {"forgot it", "忘记支付密码可以告诉客服", ""},
    {"to reset it", "请提供身份信息以便重置密码", ""},
    {"a page", "请提交密码重置申请", ""},
    {"after giving it away", "如果已经把密码告诉客服，请马上修改", ""},
    {"a key word", "回复“密码”查看怎么修改", ""},
    {"English never", "Never share your password with anyone.", ""},
    {"English contraction", "We won't ask you to send us your code", ""},
    {"English please do not", "Please do not send passwords, SMS codes or full card numbers.", ""},
    {"English list", "Do not click, share your screen, give your password to anyone", ""},
    {"English enter", "Enter your payment password to confirm.", ""},
    {"English system", "We send a verification code to your phone.", ""},
    {"English problem", "Tell us if you forgot your password", ""},
    {"English which", "Tell us which password you mean", ""},
    {"English error", "Send us a screenshot of the password error", ""},
    {"English tail", "Send your question and check your password", ""},
};

static void render(const jieda__guard_findings *findings, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < findings->count; i++) {
        const jieda__guard_finding *f = &findings->items[i];
        int wrote = f->what ? snprintf(out + len, size - len, "%s%s:%.*s", i ? "|" : "", f->what,
                                       (int)f->text.len, f->text.ptr)
                            : snprintf(out + len, size - len, "%ssecret", i ? "|" : "");

        assert_true(wrote > 0 && (size_t)wrote < size - len);
        len += (size_t)wrote;
    }
}

static size_t check_cases(const guard_case *cases, size_t count, bool is_link)
{
    jieda__guard *guard = jieda__guard_new(jieda__default_allocator());
    size_t wrong = 0;

    assert_non_null(guard);
    for (size_t i = 0; i < count; i++) {
        jieda__arena arena;
        jieda__guard_findings findings;
        char found[1024];

        jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
        assert_int_equal(jieda__guard_scan(guard, &arena, str(cases[i].text), is_link, &findings),
                         JIEDA_OK);
        render(&findings, found, sizeof found);
        if (strcmp(found, cases[i].found) != 0) {
            print_error("%s: \"%s\" gives \"%s\", not \"%s\"\n", cases[i].name, cases[i].text,
                        found, cases[i].found);
            wrong++;
        }
        jieda__arena_free(&arena);
    }
    jieda__guard_free(guard);
    return wrong;
}

#define CHECK(cases, is_link)                                                                      \
    assert_int_equal(check_cases(cases, sizeof(cases) / sizeof *(cases), is_link), 0)

static void contacts_are_found(void **state)
{
    (void)state;
    CHECK(contacts, false);
}

static void what_is_no_contact_passes(void **state)
{
    (void)state;
    CHECK(harmless, false);
}

static void links_are_read_as_links(void **state)
{
    (void)state;
    CHECK(links, true);
}

static void requests_for_secrets_are_found(void **state)
{
    (void)state;
    CHECK(requests, false);
}

static void warnings_about_secrets_are_no_requests(void **state)
{
    (void)state;
    CHECK(no_requests, false);
}

static void contacts_are_compared_by_what_they_say(void **state)
{
    static const struct {
        const char *contact, *key;
    } cases[] = {
        {"400-123 4567", "4001234567"},
        {"４００１２３４５６７", "4001234567"},
        {"(010) 66668888", "01066668888"},
        {"Help@Shop.example", "help@shop.example"},
        {"https://A.example/B", "https://a.example/b"},
        {"11010119900307123X", "11010119900307123x"},
        {"", ""},
    };
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str(jieda__guard_key(&arena, str(cases[i].contact)), cases[i].key);
    jieda__arena_free(&arena);
}

/* Texts that would cost an unbounded pattern a quadratic time or its limits. */
static void hostile_texts_end_soon(void **state)
{
    static const char *const pieces[] = {"a",
                                         "a.",
                                         "1",
                                         "1 ",
                                         "{{",
                                         "请",
                                         "请把",
                                         "验证码",
                                         "不",
                                         "www.",
                                         "a@",
                                         "-",
                                         "please send your ",
                                         "拨打",
                                         "密码，",
                                         "http://",
                                         "110",
                                         " "};
    jieda__guard *guard = jieda__guard_new(jieda__default_allocator());
    const size_t len = 200000;
    char *text = malloc(len);

    (void)state;
    assert_non_null(guard);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t piece_len = strlen(pieces[i]);
        jieda__guard_findings findings;
        jieda__arena arena;

        for (size_t at = 0; at < len; at++)
            text[at] = pieces[i][at % piece_len];
        jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
        assert_int_equal(jieda__guard_scan(guard, &arena, (jieda_str){text, len}, false, &findings),
                         JIEDA_OK);
        assert_true(findings.count <= JIEDA__GUARD_FINDING_COUNT_MAX);
        jieda__arena_free(&arena);
    }
    free(text);
    jieda__guard_free(guard);
}

/* On the maximum and one past it. */
static void findings_of_a_text_are_bounded(void **state)
{
    jieda__guard *guard = jieda__guard_new(jieda__default_allocator());

    (void)state;
    assert_non_null(guard);
    for (size_t count = JIEDA__GUARD_FINDING_COUNT_MAX; count <= JIEDA__GUARD_FINDING_COUNT_MAX + 1;
         count++) {
        char text[(JIEDA__GUARD_FINDING_COUNT_MAX + 1) * 16] = "";
        jieda__guard_findings findings;
        jieda__arena arena;

        for (size_t i = 0; i < count; i++)
            sprintf(text + strlen(text), "138001380%02zu, ", i);
        jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
        assert_int_equal(jieda__guard_scan(guard, &arena, str(text), false, &findings), JIEDA_OK);
        assert_int_equal(findings.count, JIEDA__GUARD_FINDING_COUNT_MAX);
        jieda__arena_free(&arena);
    }
    jieda__guard_free(guard);
}

static void count_rule(void *ctx, const jieda_diagnostic *d)
{
    if (strcmp(d->rule, "asks-for-secret") == 0 || strcmp(d->rule, "unapproved-contact") == 0) {
        print_error("%.*s:%u: %.*s\n", (int)d->file.len, d->file.ptr, d->line, (int)d->message.len,
                    d->message.ptr);
        ++*(size_t *)ctx;
    }
}

static void the_wallet_pack_passes(void **state)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    jieda_error err = {0};
    size_t count = 0;
    fixture f;

    (void)state;
    fixture_folder(&f);
    options.diagnostic = count_rule;
    options.diagnostic_ctx = &count;
    assert_int_equal(jieda_build(JIEDA_SOURCE_DIR "/kb/wallet", f.kb, &options, NULL, &err),
                     JIEDA_OK);
    assert_int_equal(count, 0);
    fixture_remove(&f);
}

/* A list of questions comes from another system; nobody can put it right by hand. */
static void lists_are_not_guarded(void **state)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    jieda_error err = {0};
    char path[160];
    size_t count = 0;
    fixture f;

    (void)state;
    fixture_folder(&f);
    fixture_write(&f, "list.tsv", "a\t怎么联系你们\t请拨打110，把验证码发给客服\n");
    snprintf(path, sizeof path, "%s/list.tsv", f.folder);
    options.diagnostic = count_rule;
    options.diagnostic_ctx = &count;
    assert_int_equal(jieda_build(path, f.kb, &options, NULL, &err), JIEDA_OK);
    assert_int_equal(count, 0);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contacts_are_found),
        cmocka_unit_test(what_is_no_contact_passes),
        cmocka_unit_test(links_are_read_as_links),
        cmocka_unit_test(requests_for_secrets_are_found),
        cmocka_unit_test(warnings_about_secrets_are_no_requests),
        cmocka_unit_test(contacts_are_compared_by_what_they_say),
        cmocka_unit_test(hostile_texts_end_soon),
        cmocka_unit_test(findings_of_a_text_are_bounded),
        cmocka_unit_test(the_wallet_pack_passes),
        cmocka_unit_test(lists_are_not_guarded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
