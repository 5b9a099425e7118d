/*
 * normalize_test.c - one form for every text: what folds, what separates, what is squeezed, and
 * that each character still knows the bytes it came from.
 *
 * Examples only; that normalizing twice changes nothing, over all of Unicode, is
 * tests/property/normalize_property_test.c.
 */
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

static const struct {
    const char *name, *input, *normalized;
} cases[] = {
    {"plain Chinese stays", "怎么申请退款", "怎么申请退款"},
    {"full-width digits fold", "订单１２３", "订单123"},
    {"full-width letters fold", "Ａｐｐ打不开", "app打不开"},
    {"full-width signs fold", "多少（元）？！，", "多少(元)?!,"},
    {"the full stop stays its own", "好。", "好。"},
    {"an ideographic space is a space", "退款　多久", "退款 多久"},
    {"case folds", "iPhone WIFI", "iphone wifi"},
    {"case folds beyond ASCII", "ÀÉ Straße ΣΑΣ Я", "àé strasse σασ я"},
    {"circled and Roman numbers fold", "①②Ⅳ", "12iv"},
    {"a ligature comes apart", "ﬁle ㏄", "file cc"},
    {"half-width kana folds with its mark", "ｶﾞ", "ガ"},
    {"a composed and a decomposed letter are one", "cafe\xCC\x81", "café"},
    {"Hangul jamo compose", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "한"},
    {"Traditional is Simplified", "轉帳後餘額沒變", "转帐后余额没变"},
    {"a compatibility ideograph is its own", "\xEF\xA4\x80", "岂"}, /* U+F900, to 豈, to 岂 */
    {"zero-width characters vanish", "退\xE2\x80\x8B款\xEF\xBB\xBF多\xE2\x80\x8D久", "退款多久"},
    {"a soft hyphen vanishes",
     "re\xC2\xAD"
     "fund",
     "refund"},
    {"direction marks vanish", "\xE2\x80\xAE退款\xE2\x80\xAC", "退款"},
    {"a variation selector vanishes", "退\xEF\xB8\x8E款", "退款"},
    {"control characters vanish", "退\x01款\x7F多\x1B久", "退款多久"},
    {"white space of any kind is one space", "退款 \t\r\n 多久", "退款 多久"},
    {"a line and a paragraph separator are spaces", "退\xE2\x80\xA8款\xE2\x80\xA9多", "退 款 多"},
    {"NEL is a space", "退\xC2\x85款", "退 款"},
    {"no space at the ends", "  退款  ", "退款"},
    {"an emoji is a border", "退款😀多久", "退款 多久"},
    {"a family of emoji is one border", "退款👨‍👩‍👧‍👦多久", "退款 多久"},
    {"a flag is one border", "退款🇨🇳多久", "退款 多久"},
    {"a skin tone is part of it", "退款👍🏽多久", "退款 多久"},
    {"emoji at the ends leave nothing", "😭退款😭😭", "退款"},
    {"a keycap keeps its digit", "1\xEF\xB8\x8F\xE2\x83\xA3", "1"},
    {"a symbol is a border", "退款→多久©", "退款 多久"},
    {"money signs stay", "¥100$5", "¥100$5"},
    {"the same sign is squeezed", "退款！！！？？", "退款!?"},
    {"different signs are not", "退款?!?!", "退款?!?!"},
    {"dots of an ellipsis are squeezed", "退款……", "退款."},
    {"laughter is squeezed to two", "哈哈哈哈", "哈哈"},
    {"two are left alone", "天天看看", "天天看看"},
    {"letters are squeezed to two", "heeeelllo", "heello"},
    {"digits are left alone", "13800000000", "13800000000"},
    {"full-width digits are left alone too", "１１１１", "1111"},
    {"squeezing looks at what is folded", "ＡaAaＡ", "aa"},
    {"squeezing sees through what vanishes", "哈\xE2\x80\x8B哈\xE2\x80\x8B哈哈", "哈哈"},
    {"an ill-formed byte separates", "退\xFF款", "退 款"},
    {"several ill-formed bytes separate once", "退\x80\xC0\xF5款", "退 款"},
    {"a character cut short separates", "退款\xE5\xA4", "退款"},
    {"what follows a lone lead byte stays", "退\xE5z款", "退 z款"},
    {"what follows a character cut short stays", "退\xE5\xA4z款", "退 z款"},
    {"a lead byte too many separates", "退\xE5\xE6\xAC\xBE", "退 款"},
    {"a surrogate separates", "退\xED\xA0\xBD\xED\xB8\x80款", "退 款"},
    {"a mark on nothing vanishes", "\xCC\x81退\xCC\x81款", "退款"},
    {"private use never gets through", "退\xEE\x80\x80款", "退 款"},
    {"an unassigned code point separates", "退\xF3\xA0\x8A\x80款", "退 款"},
    {"nothing", "", ""},
    {"only what vanishes or separates", " \xE2\x80\x8B😀\xFF\x01 ", ""},
    {"Cyrillic and Greek are letters", "Привет Αθήνα", "привет αθήνα"},
    {"Arabic digits of other scripts fold no further", "٣", "٣"},
};

static const struct {
    const char *name, *input;
    const char *ranges; /* code point in UTF-8, [begin,end) */
} range_cases[] = {
    {"each character has its bytes", "退a款", "退[0,3) a[3,4) 款[4,7)"},
    {"the example of normalize.c", "退！！！款①Ａ", "退[0,3) ![3,12) 款[12,15) 1[15,18) a[18,21)"},
    {"folding keeps the wide bytes", "１２", "1[0,3) 2[3,6)"},
    {"Traditional keeps its bytes", "轉帳", "转[0,3) 帐[3,6)"},
    {"a form in four bytes keeps the three", "頫", "𫖯[0,3)"},
    {"parts of one character share its range", "㏄a", "c[0,3) c[0,3) a[3,4)"},
    {"a mark widens its letter",
     "e\xCC\x81"
     "f",
     "é[0,3) f[3,4)"},
    {"what vanishes is in nobody's range", "退\xE2\x80\x8B款", "退[0,3) 款[6,9)"},
    {"a squeezed run ends where it ends", "哈哈哈哈好", "哈[0,3) 哈[3,12) 好[12,15)"},
    {"a border covers all it came from", "退 😀\xFF款", "退[0,3)  [3,9) 款[9,12)"},
    {"leading space is skipped", "  退", "退[2,5)"},
    {"a control character vanishes", "退\x01款", "退[0,3) 款[4,7)"},
};

static jieda__text normalize(jieda__arena *arena, jieda_str input)
{
    jieda__text text;

    assert_int_equal(jieda__text_normalize(arena, input, &text), JIEDA_OK);
    return text;
}

static void each_example_has_its_form(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t len = strlen(cases[i].input);
        char *exact = malloc(len ? len : 1); /* no NUL at the end to hide behind */
        jieda__text text;
        jieda_str got;

        memcpy(exact, cases[i].input, len);
        text = normalize(&arena, (jieda_str){exact, len});
        got = jieda__text_utf8(&arena, text.chars, text.count);
        if (!jieda__str_equal(got, jieda__str(cases[i].normalized)))
            fail_msg("%s: got \"%s\"", cases[i].name, got.ptr);
        free(exact);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static void each_character_knows_its_bytes(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof range_cases / sizeof *range_cases; i++) {
        jieda__text text = normalize(&arena, jieda__str(range_cases[i].input));
        char got[512] = " ";
        size_t used = 0;

        for (size_t c = 0; c < text.count; c++) {
            char cp[4];
            int len = (int)jieda__utf8_encode(text.chars[c].cp, cp);

            used += (size_t)snprintf(got + used, sizeof got - used, " %.*s[%u,%u)", len, cp,
                                     text.chars[c].begin, text.chars[c].end);
        }
        if (strcmp(got + 1, range_cases[i].ranges) != 0)
            fail_msg("%s: got \"%s\"", range_cases[i].name, got + 1);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static const struct {
    const char *name;
    uint32_t cp;
    jieda__char_kind kind;
} kind_cases[] = {
    {"Han", 0x9000, JIEDA__CHAR_IDEOGRAPH},
    {"Han of extension A", 0x3400, JIEDA__CHAR_IDEOGRAPH},
    {"Han of extension B", 0x20000, JIEDA__CHAR_IDEOGRAPH},
    {"the repetition mark", 0x3005, JIEDA__CHAR_IDEOGRAPH},
    {"the zero of years", 0x3007, JIEDA__CHAR_IDEOGRAPH},
    {"kana", 0x304B, JIEDA__CHAR_IDEOGRAPH},
    {"zhuyin", 0x3105, JIEDA__CHAR_IDEOGRAPH},
    {"Hangul", 0xD55C, JIEDA__CHAR_IDEOGRAPH},
    {"Thai", 0x0E01, JIEDA__CHAR_IDEOGRAPH},
    {"a Thai vowel mark", 0x0E31, JIEDA__CHAR_IDEOGRAPH},
    {"Latin", 'a', JIEDA__CHAR_LETTER},
    {"Cyrillic", 0x0434, JIEDA__CHAR_LETTER},
    {"a digit", '7', JIEDA__CHAR_DIGIT},
    {"a digit of another script", 0x0663, JIEDA__CHAR_DIGIT},
    {"a sign", '?', JIEDA__CHAR_PUNCT},
    {"a Chinese full stop", 0x3002, JIEDA__CHAR_PUNCT},
    {"a currency", 0xA5, JIEDA__CHAR_PUNCT},
};

/* Alone they take a short cut, beside a mark the tables: both must say the same. */
static void full_width_forms_are_ascii_alone_and_beside_a_mark(void **state)
{
    static const char *const after[] = {"", "款", "\xCC\x81"};
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (uint32_t ascii = '!'; ascii <= '~'; ascii++) {
        for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
            char narrow[16] = "", wide[16] = "";
            jieda__text a, b;

            narrow[0] = (char)ascii;
            (void)jieda__utf8_encode(ascii + 0xFF01 - '!', wide);
            a = normalize(&arena, jieda__str(strcat(narrow, after[i])));
            b = normalize(&arena, jieda__str(strcat(wide, after[i])));
            if (!jieda__str_equal(jieda__text_utf8(&arena, a.chars, a.count),
                                  jieda__text_utf8(&arena, b.chars, b.count)))
                fail_msg("\"%s\" and \"%s\" differ", narrow, wide);
        }
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

static void each_character_has_its_kind(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof kind_cases / sizeof *kind_cases; i++) {
        char bytes[4];
        jieda__text text =
            normalize(&arena, (jieda_str){bytes, jieda__utf8_encode(kind_cases[i].cp, bytes)});

        if (text.count != 1 || text.chars[0].kind != (uint32_t)kind_cases[i].kind)
            fail_msg("%s: %zu characters of kind %u", kind_cases[i].name, text.count,
                     text.count ? text.chars[0].kind : 99);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

/* A NUL cannot stand in the table above. */
static void a_nul_is_a_control_character(void **state)
{
    jieda__arena arena;
    jieda__text text;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    text = normalize(&arena, (jieda_str){"退\0款", 7});
    assert_int_equal(text.count, 2);
    assert_int_equal(text.chars[1].begin, 4);
    text = normalize(&arena, (jieda_str){NULL, 0});
    assert_int_equal(text.count, 0);
    jieda__arena_free(&arena);
}

/* A "Zalgo" text: what one character may carry is bounded, and the work stays linear. */
static void a_flood_of_marks_keeps_thirty(void **state)
{
    enum { MARKS = 20000 };
    static char input[1 + 2 * MARKS + 3];
    jieda__arena arena;
    jieda__text text;
    size_t letters = 0;

    (void)state;
    input[0] = 'q';
    for (size_t i = 0; i < MARKS; i++) /* alternating, so that nothing is squeezed */
        memcpy(input + 1 + 2 * i, i % 2 ? "\xCC\x81" : "\xCC\xA3", 2);
    memcpy(input + 1 + 2 * MARKS, "退", 3);
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    text = normalize(&arena, (jieda_str){input, sizeof input});
    for (size_t i = 0; i < text.count; i++)
        letters += text.chars[i].kind == JIEDA__CHAR_LETTER;
    assert_in_range(letters, 2, 31);
    assert_int_equal(text.chars[text.count - 1].cp, 0x9000);
    assert_int_equal(text.chars[text.count - 1].begin, 1 + 2 * MARKS);
    assert_int_equal(text.chars[0].end, 1 + 2 * MARKS); /* the marks dropped were the letter's */
    jieda__arena_free(&arena);
}

/* Marks of one class that compose with no q, so that each stays and keeps its place. */
static void thirty_marks_are_kept_and_the_next_is_not(void **state)
{
    static const uint32_t marks[][2] = {{0x300, 0x314}, {0x363, 0x36F}};
    enum { KEPT = 30 };
    jieda__arena arena;
    char input[128] = "q";
    size_t len = 1, count = 0;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (uint32_t cp = marks[i][0]; cp <= marks[i][1]; cp++) {
            jieda__text text;

            len += jieda__utf8_encode(cp, input + len);
            count++;
            text = normalize(&arena, (jieda_str){input, len});
            assert_int_equal(text.count, 1 + (count < KEPT ? count : KEPT));
            assert_int_equal(text.chars[text.count - 1].end, len);
        }
    assert_true(count > KEPT);
    jieda__arena_free(&arena);
}

static void the_longest_utterance_of_any_kind_is_read_whole(void **state)
{
    static const struct {
        const char *name, *piece;
        size_t chars; /* per piece */
    } pieces[] = {
        {"Han", "退款", 2}, /* differing neighbours: nothing is squeezed */
        {"ASCII", "ab", 2},
        {"digits", "0", 1},
        {"squares that unfold to four", "㌀", 4},
        {"a ligature that unfolds to a sentence", "ﷺ", 18},
    };
    jieda__arena arena;
    char *input = malloc(JIEDA_UTTERANCE_BYTES_MAX);

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i].piece), count = JIEDA_UTTERANCE_BYTES_MAX / len;
        jieda__text text;

        for (size_t k = 0; k < count; k++)
            memcpy(input + k * len, pieces[i].piece, len);
        text = normalize(&arena, (jieda_str){input, count * len});
        if (text.count != count * pieces[i].chars)
            fail_msg("%s: %zu characters", pieces[i].name, text.count);
        assert_int_equal(text.chars[text.count - 1].end, count * len);
        jieda__arena_reset(&arena);
    }
    free(input);
    jieda__arena_free(&arena);
}

static void out_of_memory_is_said_wherever_it_happens(void **state)
{
    size_t bytes = 0;

    (void)state;
    for (;; bytes += 64) {
        jieda__arena arena;
        jieda__text text;
        jieda_status st;

        jieda__arena_init(&arena, jieda__default_allocator(), bytes);
        st = jieda__text_normalize(&arena, jieda__str("㌀㌁㌂㌃㌄㌅㌆㌇㌈㌉㌊㌋㌌㌍㌎㌏㌐㌑㌒㌓"),
                                   &text);
        jieda__arena_free(&arena);
        if (st == JIEDA_OK)
            break;
        assert_int_equal(st, JIEDA_E_NOMEM);
        assert_int_equal(text.count, 0);
    }
    assert_true(bytes > 1024); /* it grew on the way */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_has_its_form),
        cmocka_unit_test(each_character_knows_its_bytes),
        cmocka_unit_test(full_width_forms_are_ascii_alone_and_beside_a_mark),
        cmocka_unit_test(each_character_has_its_kind),
        cmocka_unit_test(a_nul_is_a_control_character),
        cmocka_unit_test(a_flood_of_marks_keeps_thirty),
        cmocka_unit_test(thirty_marks_are_kept_and_the_next_is_not),
        cmocka_unit_test(the_longest_utterance_of_any_kind_is_read_whole),
        cmocka_unit_test(out_of_memory_is_said_wherever_it_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
