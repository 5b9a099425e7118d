/*
 * redact_test.c - what leaves the engine holds nothing personal, and everything else as it was.
 *
 *   - rows: utterances and what becomes of them;
 *   - properties over every row, over generated numbers of each kind in random groups and scripts,
 *     and over random soup: ranges ascend and are in bounds, the text is well-formed and of one
 *     line, redacting twice changes nothing, no digits of the value are left;
 *   - the memory of a conversation, cutting, memory that runs out, the worst of long texts.
 *
 * JIEDA_SEED gives another draw.
 */
#include "intent/redact.h"

#include "fault/faulty.h"

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define NOW 1795245600 /* 2026-11-21T07:20:00Z */
#define LONG_BYTES ((size_t)64 * 1024)

static const struct {
    const char *input, *redacted;
} rows[] = {
    {"怎么申请退款", "怎么申请退款"},
    {"", ""},
    {"我手机138 0013 8000，密码是abc123，订单202611211234",
     "我手机[手机号#1]，密码是[密码]，订单202611211234"},
    {"我手机是一三八零零一三八零零零", "我手机是[手机号#1]"},
    {"13800138000手机号换了", "[手机号#1]手机号换了"},
    {"13800138000换成13900139000，13800138000不用了", "[手机号#1]换成[手机号#2]，[手机号#1]不用了"},
    {"138-0013-8000和一三八零零一三八零零零是一个号", "[手机号#1]和[手机号#1]是一个号"},
    {"+86 138 0013 8000", "[手机号#1]"},
    {"tel:13800138000", "tel:[手机号#1]"},
    {"https://a.cn/?tel=13800138000&x=1", "https://a.cn/?tel=[手机号#1]&x=1"},
    {"电话010-12345678", "电话[电话#1]"},
    {"卡号6222 0212 3456 7890 123", "卡号[银行卡#1]"},
    {"６２２２０２１２３４５６７８９０１２８绑不上", "[银行卡#1]绑不上"},
    {"身份证11010519491231002X", "身份证[身份证#1]"},
    {"邮箱ABC@qq.com收不到", "邮箱[邮箱#1]收不到"},
    {"护照E12345678", "护照[证件#1]"},
    {"验证码123456", "验证码[验证码]"},
    {"验证码123456，再发654321是验证码", "验证码[验证码]，再发[验证码]是验证码"},
    {"cvv 123", "cvv [CVV]"},
    {"my password is abc123!", "my password is [密码]"},
    {"密码从123456改成654321", "密码从[密码]改成[密码]"},
    {"4200001234202611211380013800", "4200001234202611211380013800"},
    {"2026112122001138001380001234 没到", "2026112122001138001380001234 没到"},
    {"订单号6222021234567890128", "订单号6222021234567890128"},
    {"打95588没人接，400-800-1234也是", "打95588没人接，400-800-1234也是"},
    {"投诉到12315和110", "投诉到12315和110"},
    {"昨天下午转了五百块给招行尾号1234", "昨天下午转了五百块给招行尾号1234"},
    {"错误码E1234", "错误码E1234"},
    {"[手机号#1]打不通", "[手机号#1]打不通"},
    {"验证码[验证码] 3456", "验证码[验证码] 3456"},
    {"[银行卡#1] 500元", "[银行卡#1] 500元"},
    {"一行\n两行\t三\r\n行", "一行 两行 三  行"},
    {"退\x01\x7F款", "退款"},
    {"退\xFF款\xE5", "退\xEF\xBF\xBD款\xEF\xBF\xBD"},
    {"\xE2\x80\xAE退款\xE2\x80\xAC", "退款"},
    {"138\xE2\x80\x8B"
     "0013\xE2\x80\x8B"
     "8000",
     "[手机号#1]"},
    {"138\xFF"
     "00138000",
     "[手机号#1]"},
};

static const jieda__pii_memory no_memory = {.salt = 7};

static uint64_t seed_state;

static uint32_t draw(uint32_t below)
{
    seed_state += 0x9E3779B97F4A7C15u;
    return (uint32_t)((jieda__hash_mix(seed_state) >> 33) % below);
}

static void seed(void)
{
    const char *given = getenv("JIEDA_SEED");

    seed_state = given ? strtoull(given, NULL, 10) : 20261121;
    print_message("JIEDA_SEED=%llu\n", (unsigned long long)seed_state);
}

static jieda_status redact(jieda__arena *arena, jieda__pii_memory *memory, jieda_str original,
                           jieda__redaction *out)
{
    jieda__text text;
    jieda__slot *slots;
    size_t count;
    jieda_status st = jieda__text_normalize(arena, original, &text);

    if (st == JIEDA_OK)
        st = jieda__slots_find(arena, &text, original, NOW, 480, JIEDA__SLOT_NONE, &slots, &count);
    return st == JIEDA_OK ? jieda__redact(arena, memory, original, slots, count, out) : st;
}

/* What holds of every utterance. */
static jieda__redaction check_text(jieda__arena *arena, jieda_str original)
{
    jieda__pii_memory memory = no_memory;
    jieda__redaction once, twice;
    jieda__text text;
    jieda__slot *slots;
    size_t count, free_from = 0;

    assert_int_equal(jieda__text_normalize(arena, original, &text), JIEDA_OK);
    assert_int_equal(
        jieda__slots_find(arena, &text, original, NOW, 480, JIEDA__SLOT_NONE, &slots, &count),
        JIEDA_OK);
    for (size_t i = 0; i < count; i++) {
        assert_true(slots[i].begin >= free_from && slots[i].begin < slots[i].end);
        assert_true(slots[i].end <= original.len);
        free_from = slots[i].end;
    }
    assert_int_equal(jieda__redact(arena, &memory, original, slots, count, &once), JIEDA_OK);
    assert_int_equal(jieda__utf8_valid_prefix(once.text.ptr, once.text.len), once.text.len);
    for (size_t i = 0; i < once.text.len; i++)
        assert_true((unsigned char)once.text.ptr[i] >= 0x20 && once.text.ptr[i] != 0x7F);
    assert_int_equal(redact(arena, &memory, once.text, &twice), JIEDA_OK);
    if (!jieda__str_equal(once.text, twice.text))
        fail_msg("\"%.*s\" became \"%s\", and that \"%s\"", (int)original.len, original.ptr,
                 once.text.ptr, twice.text.ptr);
    for (size_t i = 0; i < once.count; i++) {
        const jieda__pii_item *item = &once.items[i];

        assert_true(item->placeholder.ptr >= once.text.ptr &&
                    item->placeholder.ptr + item->placeholder.len <= once.text.ptr + once.text.len);
        assert_true(item->placeholder.len < JIEDA__PLACEHOLDER_BYTES_MAX);
        assert_int_equal(jieda__slot_is_secret(item->kind), item->value.len == 0);
        assert_int_equal(jieda__slot_is_secret(item->kind), item->number == 0);
    }
    return once;
}

static void each_row_is_redacted(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].input);
        char *exact = malloc(len ? len : 1); /* no NUL at the end to hide behind */

        memcpy(exact, rows[i].input, len);
        assert_str(check_text(&arena, (jieda_str){exact, len}).text, rows[i].redacted);
        free(exact);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static void an_item_names_its_value(void **state)
{
    jieda__arena arena;
    jieda__pii_memory memory = no_memory;
    jieda__redaction r;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    assert_int_equal(redact(&arena, &memory, str("手机138-0013-8000 密码是abc123"), &r), JIEDA_OK);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.items[0].kind, JIEDA__SLOT_PHONE);
    assert_str(r.items[0].placeholder, "[手机号#1]");
    assert_str(r.items[0].value, "138-0013-8000");
    assert_int_equal(r.items[1].kind, JIEDA__SLOT_PASSWORD);
    assert_str(r.items[1].placeholder, "[密码]");
    assert_int_equal(r.items[1].value.len, 0);
    assert_true(r.secret);
    assert_int_equal(redact(&arena, &memory, str("手机13800138000"), &r), JIEDA_OK);
    assert_false(r.secret);
    jieda__arena_free(&arena);
}

static void only_personal_kinds_are_personal(void **state)
{
    static const bool personal[JIEDA__SLOT_KIND_COUNT] = {
        [JIEDA__SLOT_PHONE] = true, [JIEDA__SLOT_BANK_CARD] = true, [JIEDA__SLOT_ID_NUMBER] = true,
        [JIEDA__SLOT_CODE] = true,  [JIEDA__SLOT_PASSWORD] = true,  [JIEDA__SLOT_CVV] = true,
        [JIEDA__SLOT_EMAIL] = true, [JIEDA__SLOT_PASSPORT] = true,
    };

    (void)state;
    for (int kind = 0; kind < JIEDA__SLOT_KIND_COUNT; kind++)
        assert_int_equal(jieda__slot_is_personal((jieda__slot_kind)kind), personal[kind]);
}

/* ---- the memory of a conversation --------------------------------------------------------------
 */

static void check_turn(jieda__arena *arena, jieda__pii_memory *memory, const char *input,
                       const char *redacted)
{
    jieda__redaction r;

    assert_int_equal(redact(arena, memory, str(input), &r), JIEDA_OK);
    assert_str(r.text, redacted);
}

static void a_value_keeps_its_number(void **state)
{
    jieda__arena arena;
    jieda__pii_memory memory = no_memory;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    check_turn(&arena, &memory, "13800138000", "[手机号#1]");
    check_turn(&arena, &memory, "6222021234567890128", "[银行卡#1]");
    check_turn(&arena, &memory, "13900139000", "[手机号#2]");
    check_turn(&arena, &memory, "是138 0013 8000", "是[手机号#1]");
    check_turn(&arena, &memory, "A@qq.com a@QQ.com", "[邮箱#1] [邮箱#1]");
    check_turn(&arena, &memory, "密码是abc123", "密码是[密码]");
    assert_int_equal(memory.count, 4);
    jieda__arena_free(&arena);
}

static void a_full_memory_forgets_the_oldest(void **state)
{
    jieda__arena arena;
    jieda__pii_memory memory = no_memory;
    char input[32], redacted[32];

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (int i = 1; i <= JIEDA__PII_VALUE_MAX + 1; i++) {
        snprintf(input, sizeof input, "138001380%02d", i);
        snprintf(redacted, sizeof redacted, "[手机号#%d]", i);
        check_turn(&arena, &memory, input, redacted);
    }
    assert_int_equal(memory.count, JIEDA__PII_VALUE_MAX);
    check_turn(&arena, &memory, "13800138002", "[手机号#2]");
    check_turn(&arena, &memory, "13800138001", "[手机号#18]");
    for (int i = 0; i < 300; i++) {
        snprintf(input, sizeof input, "13900139%03d", i);
        assert_int_equal(redact(&arena, &memory, str(input), &(jieda__redaction){0}), JIEDA_OK);
    }
    check_turn(&arena, &memory, "13700137000", "[手机号#255]");
    jieda__arena_free(&arena);
}

static void salts_tell_conversations_apart(void **state)
{
    jieda__arena arena;
    jieda__pii_memory a = {.salt = 1}, b = {.salt = 2};

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    check_turn(&arena, &a, "13800138000", "[手机号#1]");
    check_turn(&arena, &b, "13800138000", "[手机号#1]");
    assert_int_not_equal(a.items[0].check, b.items[0].check);
    jieda__arena_free(&arena);
}

/* ---- cutting -----------------------------------------------------------------------------------
 */

static void a_cut_spares_placeholders(void **state)
{
    static const char *const names[] = {"[手机号#1]", "[电话#12]", "[银行卡#255]",
                                        "[身份证#1]", "[邮箱#1]",  "[证件#1]",
                                        "[验证码]",   "[密码]",    "[CVV]"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[96];
        size_t len = (size_t)snprintf(text, sizeof text, "号码[%s]好", names[i]);
        size_t begin = strlen("号码["), end = begin + strlen(names[i]);

        for (size_t max = 0; max <= len + 1; max++) {
            jieda_str head = jieda__redact_cut((jieda_str){text, len}, max);

            assert_true(head.len <= max && head.len <= len);
            assert_int_equal(jieda__utf8_valid_prefix(head.ptr, head.len), head.len);
            assert_true(head.len <= begin || head.len >= end);
            assert_true(max - head.len < 3 || (max > begin && max < end) || max > len);
        }
    }
    assert_str(jieda__redact_cut(str("[ab手机"), 4), "[ab");
    assert_str(jieda__redact_cut(str("[手机"), 4), "[手");
}

/* ---- generated numbers -------------------------------------------------------------------------
 */

static void draw_digits(char *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (char)('0' + draw(10));
    out[count] = '\0';
}

static void draw_card(char *out)
{
    static const char *const heads[] = {"62", "4", "51", "35", "34"};
    const char *head = heads[draw(5)];
    size_t count = head[0] == '6' ? 16 + draw(4) : head[1] == '4' ? 15 : 16;
    unsigned sum = 0;

    draw_digits(out, count);
    memcpy(out, head, strlen(head));
    for (size_t i = 1; i < count; i++) {
        unsigned digit = (unsigned)(out[count - 1 - i] - '0') * (i % 2 ? 2u : 1u);

        sum += digit / 10 + digit % 10;
    }
    out[count - 1] = (char)('0' + (10 - sum % 10) % 10);
}

static void draw_id(char *out)
{
    static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    snprintf(out, 40, "%s%04u%04u%02u%02u%03u", draw(2) ? "44" : "11", draw(10000), 1940 + draw(80),
             1 + draw(12), 1 + draw(28), draw(1000));
    for (int i = 0; i < 17; i++)
        sum += weights[i] * (out[i] - '0');
    out[17] = "10X98765432"[sum % 11];
    out[18] = '\0';
}

static void draw_mobile(char *out)
{
    draw_digits(out, 11);
    out[0] = '1';
    out[1] = (char)('3' + draw(7));
}

/* Writes the number in groups of 1 to 8 with signs between, in digits of one kind or of many. */
static void write_in_groups(const char *number, char *out)
{
    static const char *const signs[] = {" ",  "-",   ".", "－",           "　",           "·",
                                        "  ", " - ", "—", "\xE2\x80\x8B", "\xE2\x80\x8D", "😀"};
    static const char *const chinese[] = {"零", "一", "二", "三", "四",
                                          "五", "六", "七", "八", "九"};
    const char *sign = signs[draw(12)];
    uint32_t script = draw(5), group_max = 1 + draw(8);
    size_t left = 1 + draw(group_max);

    for (*out = '\0'; *number; number++) {
        uint32_t of_digit = script == 4 ? draw(3) : script;

        if (left-- == 0) {
            strcat(out, sign);
            left = draw(group_max);
        }
        out += strlen(out);
        if (*number == 'X' || of_digit == 0 || of_digit == 3) {
            out[0] = *number;
            out[1] = '\0';
        } else if (of_digit == 1) {
            memcpy(out, "\xEF\xBC", 2);
            out[2] = (char)(0x90 + *number - '0');
            out[3] = '\0';
        } else {
            strcat(out, chinese[*number - '0']);
        }
    }
}

static void generated_numbers_never_get_through(void **state)
{
    static const char *const before[] = {"",  "我的是",   "tel:", "绑定",
                                         "a", "请看这个", "手机", "订单500元没到 "};
    static const char *const after[] = {"", "换了", "。谢谢", "abc", " ok", "打不通", "，一直不行"};
    static const char *const placeholders[] = {"[银行卡#1]", "[身份证#1]", "[手机号#1]"};
    jieda__arena arena;

    (void)state;
    seed();
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (int round = 0; round < 2000; round++) {
        char number[40], grouped[512], input[640];
        uint32_t kind = draw(3);
        const char *head = before[draw(8)], *tail = after[draw(7)];
        jieda__redaction r;
        const char *at;

        (kind == 0 ? draw_card : kind == 1 ? draw_id : draw_mobile)(number);
        write_in_groups(number, grouped);
        /* A name glued to X is no check digit; that an ID number stands out is not asked there. */
        snprintf(input, sizeof input, "%s%s%s", head, grouped, tail[0] == 'a' ? "" : tail);
        r = check_text(&arena, str(input));
        at = strstr(r.text.ptr, placeholders[kind]);
        if (r.count != 1 || !at)
            fail_msg("round %d: %s in \"%s\" became \"%s\"", round, number, input, r.text.ptr);
        /* Of what is left only the 500 has digits. */
        for (const char *p = r.text.ptr; *p; p++)
            if (*p >= '0' && *p <= '9' && (p < at || p > at + strlen(placeholders[kind])))
                assert_true(strncmp(p, "500", 3) == 0 || p[-1] == '5' || p[1] == (char)0xE5);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

/* Words, digits and signs in any order: nothing is asked but what holds of every utterance. */
static void soup_keeps_its_promises(void **state)
{
    static const char *const pieces[] = {"密码",
                                         "验证码",
                                         "卡号",
                                         "手机",
                                         "身份证",
                                         "订单号",
                                         "cvv",
                                         "尾号",
                                         "护照",
                                         "错误码",
                                         "是",
                                         "：",
                                         " ",
                                         "-",
                                         ",",
                                         "1",
                                         "12",
                                         "123456",
                                         "500",
                                         "元",
                                         "13800138000",
                                         "abc",
                                         "a1b2c3",
                                         "@",
                                         "qq.com",
                                         "昨天",
                                         "3点",
                                         "一",
                                         "两千五",
                                         "[密码]",
                                         "[手机号#1]",
                                         "的",
                                         "我",
                                         "\xFF",
                                         "\xE2\x80\x8B",
                                         "⑴",
                                         "零零零零",
                                         "○",
                                         "6222021234567890128",
                                         "11010519491231002X",
                                         "改成",
                                         "和",
                                         "is",
                                         "code",
                                         "password",
                                         "+86",
                                         "2026-11-03",
                                         "0",
                                         "(",
                                         ")",
                                         "。",
                                         "😀",
                                         "收到",
                                         "X"};
    jieda__arena arena;

    (void)state;
    seed();
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (int round = 0; round < 20000; round++) {
        char input[512] = "";

        for (uint32_t n = 1 + draw(8); n > 0; n--)
            strcat(input, pieces[draw(sizeof pieces / sizeof *pieces)]);
        check_text(&arena, str(input));
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

/* ---- limits ------------------------------------------------------------------------------------
 */

static void out_of_memory_changes_nothing(void **state)
{
    /* Long enough for slots and values to need more than the arena's first block. */
    static char input[40000];
    fault f = {0};
    jieda_allocator alloc = {faulty_resize, &f};
    size_t n;

    (void)state;
    for (size_t at = 0; at + 32 < sizeof input; at = strlen(input))
        snprintf(input + at, sizeof input - at, "手机138001%05zu零零零零，", at % 100000);
    for (n = 0;; n++) {
        jieda__arena arena;
        jieda__pii_memory memory = no_memory;
        jieda__redaction r;
        jieda_status st;

        jieda__arena_init(&arena, &alloc, ARENA_BYTES_MAX);
        fault_arm(&f, n, n % 2 == 1);
        st = redact(&arena, &memory, str(input), &r);
        fault_disarm(&f);
        jieda__arena_free(&arena);
        assert_int_equal(f.alive, 0);
        if (!f.fired) {
            assert_int_equal(st, JIEDA_OK);
            break;
        }
        assert_int_equal(st, JIEDA_E_NOMEM);
        assert_memory_equal(&memory, &no_memory, sizeof memory);
    }
    assert_true(n >= 3);
}

/* The arena's bound strikes between blocks too: every size up to enough. */
static void any_bound_of_memory_is_kept(void **state)
{
    jieda_str input = jieda__str("手机13800138000 邮箱abc@qq.com 密码是abc123 转了500元 零零零零");

    (void)state;
    for (size_t bytes = 0; bytes < 16384; bytes += 16) {
        jieda__arena arena;
        jieda__pii_memory memory = no_memory;
        jieda__redaction r;

        jieda__arena_init(&arena, jieda__default_allocator(), bytes);
        if (redact(&arena, &memory, input, &r) != JIEDA_OK)
            assert_memory_equal(&memory, &no_memory, sizeof memory);
        else
            assert_int_equal(r.count, 3);
        jieda__arena_free(&arena);
    }
}

static void long_texts_take_their_time_only_once(void **state)
{
    static const char *const pieces[] = {
        "1",        "1 ",          "一",   "1-",    "a@", "a.", "密码", "验证码",    "[",
        "[手机号#", "昨天",        "1,",   "6222 ", "零", "○",  "年",   "密码是a和", "\xFF",
        "卡号1",    "13800138000", "x@y.", "1,111", "万", "十", "是",   "密码 是"};
    char *input = malloc(LONG_BYTES);
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i]);
        jieda__pii_memory memory = no_memory;
        jieda__redaction r;

        for (size_t at = 0; at < LONG_BYTES; at++)
            input[at] = pieces[i][at % len];
        assert_int_equal(redact(&arena, &memory, (jieda_str){input, LONG_BYTES}, &r), JIEDA_OK);
        assert_int_equal(jieda__utf8_valid_prefix(r.text.ptr, r.text.len), r.text.len);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
    free(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_redacted),
        cmocka_unit_test(an_item_names_its_value),
        cmocka_unit_test(only_personal_kinds_are_personal),
        cmocka_unit_test(a_value_keeps_its_number),
        cmocka_unit_test(a_full_memory_forgets_the_oldest),
        cmocka_unit_test(salts_tell_conversations_apart),
        cmocka_unit_test(a_cut_spares_placeholders),
        cmocka_unit_test(generated_numbers_never_get_through),
        cmocka_unit_test(soup_keeps_its_promises),
        cmocka_unit_test(out_of_memory_changes_nothing),
        cmocka_unit_test(any_bound_of_memory_is_kept),
        cmocka_unit_test(long_texts_take_their_time_only_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
