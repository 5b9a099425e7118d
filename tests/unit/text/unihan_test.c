/*
 * unihan_test.c - checks the Han tables: pairs and readings by example, the rest over all Unicode.
 *
 * The examples are sentences customers write, for a table can be formally right and still miss the
 * characters a help desk reads daily.
 */
#include "text/unihan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define CODE_POINT_MAX 0x10FFFFu

static const struct {
    const char *name;
    const char32_t *traditional, *simplified;
} simplify_cases[] = {
    {"a refund by transfer folds", U"轉帳退款", U"转帐退款"},
    {"an account question folds", U"請問帳號餘額怎麼查詢", U"请问帐号余额怎么查询"},
    {"after is not the queen", U"七天後退貨", U"七天后退货"},
    {"dry means dry", U"乾燥機", U"干燥机"},
    {"zhu is the particle zhe", U"等著收貨", U"等着收货"},
    {"inside keeps one form", U"裡面裏面", U"里面里面"},
    {"a reply is a reply", U"請儘快回覆", U"请尽快回复"},
    {"understand loses its eye", U"瞭解", U"了解"},
    {"to levy and to borrow", U"徵收憑藉", U"征收凭借"},
    {"folding card and passbook", U"摺疊存摺", U"折叠存折"},
    {"clocks and the surname", U"鍾鐘", U"钟钟"},
    {"several forms, the everyday one", U"開買賬線蘋願", U"开买账线苹愿"},
    {"Taiwan's own characters", U"妳佔用週末旅遊淨重認証", U"你占用周末旅游净重认证"},
    {"consult has an invented form in Unihan", U"諮詢委託讚鑑餵", U"咨询委托赞鉴喂"},
    {"Hong Kong's shapes", U"説綫牀羣鷄衞滙", U"说线床群鸡卫汇"},
    {"a chain goes to its end", U"薴苧", U"苎苎"},
    {"a form above U+FFFF, in names", U"頫頠", U"\U0002B5AF\U0002CC5F"},
    {"Osaka and Nezha are written so everywhere", U"大阪哪吒", U"大阪哪吒"},
    {"Simplified text stays", U"我要退款,订单12号", U"我要退款,订单12号"},
    {"other scripts stay", U"aZ９ かな 한글 😀", U"aZ９ かな 한글 😀"},
};

static const struct {
    const char *name;
    const char32_t *text;
    const char *syllables; /* by spaces; "-" where there is none */
} syllable_cases[] = {
    {"pay", U"支付", "zhi fu"},
    {"two dots are v", U"绿女略虐", "lv nv lve nve"},
    {"after j q x y u has no dots to lose", U"居去需月", "ju qu xu yue"},
    {"homophones share a number", U"只支之知", "zhi zhi zhi zhi"},
    {"Traditional characters have a reading of their own", U"轉帳後", "zhuan zhang hou"},
    {"the longest names", U"装床双", "zhuang chuang shuang"},
    {"zero is read in years", U"二〇二四", "er ling er si"},
    {"a standard character above U+FFFF", U"\U0002B5AF", "fu"},
    {"the first of several readings", U"行长重", "xing zhang zhong"},
    {"what is no Han character has none", U"a1,かハ한😀", "- - - - - - -"},
};

static const struct {
    const char *name, *spelling;
    size_t len;
    const char *found; /* "" = no such syllable */
} find_cases[] = {
    {"a plain one", "zhong", 5, "zhong"}, {"without NUL", "zhongguo", 5, "zhong"},
    {"the first", "a", 1, "a"},           {"the last", "zuo", 3, "zuo"},
    {"lue is lve", "lue", 3, "lve"},      {"nue is nve", "nue", 3, "nve"},
    {"lve itself", "lve", 3, "lve"},      {"lv is not lu", "lv", 2, "lv"},
    {"half a syllable", "zhon", 4, ""},   {"upper case", "ZHONG", 5, ""},
    {"a tone number", "zhong1", 6, ""},   {"empty", "", 0, ""},
    {"NULL of no length", NULL, 0, ""},   {"NUL inside", "a\0", 2, ""},
    {"NUL alone", "\0", 1, ""},           {"six bytes", "zhuang", 6, "zhuang"},
    {"seven bytes", "zhuangg", 7, ""},    {"beyond ASCII", "l\xC3\xBC", 3, ""},
};

static void simplify_gives_the_everyday_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof simplify_cases / sizeof *simplify_cases; i++) {
        const char32_t *from = simplify_cases[i].traditional;
        const char32_t *to = simplify_cases[i].simplified;
        size_t at = 0;

        for (; from[at] != 0; at++) {
            uint32_t got = jieda__text_simplify(from[at]);
            if (got != to[at])
                fail_msg("%s: U+%04X gives U+%04X, not U+%04X", simplify_cases[i].name,
                         (unsigned)from[at], (unsigned)got, (unsigned)to[at]);
        }
        assert_int_equal(to[at], 0);
    }
}

static void simplifying_twice_changes_nothing(void **state)
{
    size_t mapped_count = 0;

    (void)state;
    for (uint32_t cp = 0; cp <= CODE_POINT_MAX; cp++) {
        uint32_t form = jieda__text_simplify(cp);
        if (form == cp)
            continue;
        mapped_count++;
        assert_int_equal(jieda__text_simplify(form), form);
        /* Only Han goes to Han, and never to a compatibility ideograph, which NFKC would move on.
         */
        assert_true(cp >= 0x3400);
        assert_true((form >= 0x3400 && form <= 0x9FFF) || (form >= 0x20000 && form < 0x2F800) ||
                    (form >= 0x30000 && form <= 0x323AF));
        assert_false(cp >= 0xF900 && cp <= 0xFAFF);
    }
    /* A gross check that the table is there: the everyday set alone is about 2500. */
    assert_in_range(mapped_count, 3000, 8000);
}

static void a_simplified_form_keeps_a_reading(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= CODE_POINT_MAX; cp++) {
        uint32_t form = jieda__text_simplify(cp);
        if (jieda__text_syllable(cp) != 0 && jieda__text_syllable(form) == 0)
            fail_msg("U+%04X has a reading, its form U+%04X none", (unsigned)cp, (unsigned)form);
    }
}

static void syllable_gives_the_first_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof syllable_cases / sizeof *syllable_cases; i++) {
        char got[128] = "";
        size_t len = 0;

        for (const char32_t *cp = syllable_cases[i].text; *cp != 0; cp++) {
            uint32_t syllable = jieda__text_syllable(*cp);
            const char *name = syllable != 0 ? jieda__text_syllable_name(syllable) : "-";
            len += (size_t)snprintf(got + len, sizeof got - len, "%s%s", len > 0 ? " " : "", name);
            assert_true(len < sizeof got);
        }
        if (strcmp(got, syllable_cases[i].syllables) != 0)
            fail_msg("%s: got \"%s\"", syllable_cases[i].name, got);
    }
}

static void the_main_block_has_syllables_and_surrogates_have_none(void **state)
{
    size_t silent_count = 0;

    (void)state;
    for (uint32_t cp = 0; cp <= CODE_POINT_MAX; cp++)
        assert_true(jieda__text_syllable(cp) <= JIEDA__SYLLABLE_COUNT);
    for (uint32_t cp = 0x4E00; cp <= 0x9FA5; cp++)
        silent_count += jieda__text_syllable(cp) == 0;
    assert_true(silent_count < 200); /* Japanese and Korean inventions */
    for (uint32_t cp = 0xD800; cp <= 0xDFFF; cp++) {
        assert_int_equal(jieda__text_syllable(cp), 0);
        assert_int_equal(jieda__text_simplify(cp), cp);
    }
}

static void find_is_the_inverse_of_name(void **state)
{
    size_t longest = 0;

    (void)state;
    for (uint32_t syllable = 1; syllable <= JIEDA__SYLLABLE_COUNT; syllable++) {
        const char *name = jieda__text_syllable_name(syllable);
        size_t len = strlen(name);

        assert_in_range(len, 1, JIEDA__SYLLABLE_BYTES_MAX);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz"), len);
        assert_int_equal(jieda__text_syllable_find(name, len), syllable);
        if (len > longest)
            longest = len;
    }
    assert_int_equal(longest, JIEDA__SYLLABLE_BYTES_MAX);
}

static void find_takes_names_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof find_cases / sizeof *find_cases; i++) {
        uint32_t syllable = jieda__text_syllable_find(find_cases[i].spelling, find_cases[i].len);
        const char *name = jieda__text_syllable_name(syllable);
        if (strcmp(name, find_cases[i].found) != 0)
            fail_msg("%s: found \"%s\"", find_cases[i].name, name);
    }
}

static void numbers_out_of_range_are_harmless(void **state)
{
    static const uint32_t numbers[] = {CODE_POINT_MAX + 1, 0x7FFFFFFF, 0x80000000, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_int_equal(jieda__text_simplify(numbers[i]), numbers[i]);
        assert_int_equal(jieda__text_syllable(numbers[i]), 0);
        assert_string_equal(jieda__text_syllable_name(numbers[i]), "");
    }
    assert_string_equal(jieda__text_syllable_name(0), "");
    assert_string_not_equal(jieda__text_syllable_name(JIEDA__SYLLABLE_COUNT), "");
    assert_string_equal(jieda__text_syllable_name(JIEDA__SYLLABLE_COUNT + 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simplify_gives_the_everyday_form),
        cmocka_unit_test(simplifying_twice_changes_nothing),
        cmocka_unit_test(a_simplified_form_keeps_a_reading),
        cmocka_unit_test(syllable_gives_the_first_reading),
        cmocka_unit_test(the_main_block_has_syllables_and_surrogates_have_none),
        cmocka_unit_test(find_is_the_inverse_of_name),
        cmocka_unit_test(find_takes_names_and_nothing_else),
        cmocka_unit_test(numbers_out_of_range_are_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
