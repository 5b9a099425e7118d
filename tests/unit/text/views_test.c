/*
 * views_test.c - what matching sees of a text: characters as written, the same with synonyms and
 * question words folded, the sound; and the terms all that gives the index.
 *
 * The base lexicon is data and grows; cases use words it will always fold. A view reads as its
 * units by "|"; question classes stand as <HOW>.
 */
#include "support/kb_fixture.h"

#include "text/unihan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

static fixture_lexicon base;
static jieda__arena arena; /* of one test */

static int set_up_all(void **state)
{
    (void)state;
    fixture_lexicon_init(&base);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    fixture_lexicon_free(&base);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jieda__arena_free(&arena);
    return 0;
}

static jieda__reading read_text(jieda_str input)
{
    jieda__reading reading;

    assert_int_equal(jieda__text_read(&arena, base.lexicon, input, &reading), JIEDA_OK);
    return reading;
}

/* The units by "|". */
static const char *show(const jieda__reading *r, const jieda__units *units)
{
    char *out = jieda__arena_zero(&arena, 8192, 1);
    size_t used = 0;

    for (size_t i = 0; i < units->count; i++) {
        const jieda__unit *u = &units->items[i];
        const char *form = u->kind == JIEDA__UNIT_CLASS ? "%s<%.*s>" : "%s%.*s";
        jieda_str text = units == &r->pinyin ? jieda__str(jieda__text_syllable_name(u->cp))
                                             : jieda__unit_utf8(&arena, base.lexicon, &r->text, u);

        used +=
            (size_t)snprintf(out + used, 8192 - used, form, i ? "|" : "", (int)text.len, text.ptr);
    }
    return out;
}

static const struct {
    const char *name, *input;
    const char *raw, *canonical, *pinyin; /* NULL: not looked at */
} view_cases[] = {
    {"the raw view is what was written", "退款１２怎么还没到啊", "退|款|12|怎|么|还|没|到|啊", NULL,
     NULL},
    {"Latin words and numbers are one unit", "iPhone15怎么退", "iphone|15|怎|么|退", NULL, NULL},
    {"signs are in no view", "退，款？", "退|款", "退|款", "tui|kuan"},
    {"synonyms fold", "退钱", "退|钱", "退|款", "tui|qian"},
    {"and are one unit when the first is a Latin word", "登陆", NULL, "登|录", NULL},
    {"question words fold to their class", "怎么退款", NULL, "<HOW>|退|款", NULL},
    {"whatever their wording", "咋整退款", NULL, "<HOW>|退|款", NULL},
    {"also in letters", "zenme退款", NULL, "<HOW>|退|款", NULL},
    {"fillers are dropped", "请问退款的进度", "请|问|退|款|的|进|度", "退|款|进|度", NULL},
    {"and all of a polite sentence is", "请问一下麻烦您退款啊", NULL, "退|款", NULL},
    {"but never everything", "请问", "请|问", "请|问", NULL},
    {"not even of several", "请问的了吗", NULL, "请|问|的|了|吗", NULL},
    {"a protected word keeps what is in it", "支付宝改天", NULL, "支|付|宝|改|天", NULL},
    {"the view of nothing is empty", "？", "", "", ""},
    {"characters have their sound", "支付失败", NULL, NULL, "zhi|fu|shi|bai"},
    {"pinyin is cut into syllables", "zhifushibai", "zhifushibai", NULL, "zhi|fu|shi|bai"},
    {"with capitals too", "ZhiFu", NULL, NULL, "zhi|fu"},
    {"in full width too", "ｚｈｉｆｕ", NULL, NULL, "zhi|fu"},
    {"the fewest syllables win", "xian", NULL, NULL, "xian"},
    {"of two ways the longer first syllable wins", "fangan", NULL, NULL, "fang|an"},
    {"a v is a u with dots", "lvshi", NULL, NULL, "lv|shi"},
    {"the longest syllables", "zhuangshuangchuang", NULL, NULL, "zhuang|shuang|chuang"},
    {"pinyin beside characters", "tuikuan多久", NULL, NULL, "tui|kuan|duo|jiu"},
    {"English is no pinyin", "payment", "payment", NULL, ""},
    {"nor is half a syllable", "zhif", NULL, NULL, ""},
    {"one letter is no syllable", "a", NULL, NULL, ""},
    {"numbers have no sound", "退12款", NULL, NULL, "tui|kuan"},
    {"a word's reading overrides its characters'", "银行", NULL, NULL, "yin|hang"},
    {"and another word another's", "重复", NULL, NULL, "chong|fu"},
    {"within a sentence", "重要的银行行长", NULL, NULL, "zhong|yao|de|yin|hang|hang|zhang"},
    {"a character alone has its first reading", "行", NULL, NULL, "xing"},
    {"Traditional sounds the same", "支付失敗", NULL, NULL, "zhi|fu|shi|bai"},
};

static void each_view_of_each_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof view_cases / sizeof *view_cases; i++) {
        jieda__reading r = read_text(jieda__str(view_cases[i].input));
        const char *raw = show(&r, &r.raw), *canonical = show(&r, &r.canonical);
        const char *pinyin = show(&r, &r.pinyin);

        if ((view_cases[i].raw && strcmp(view_cases[i].raw, raw) != 0) ||
            (view_cases[i].canonical && strcmp(view_cases[i].canonical, canonical) != 0) ||
            (view_cases[i].pinyin && strcmp(view_cases[i].pinyin, pinyin) != 0))
            fail_msg("%s: raw %s canonical %s pinyin %s", view_cases[i].name, raw, canonical,
                     pinyin);
    }
}

static void units_know_their_place_and_what_touches(void **state)
{
    static const struct {
        const char *name, *input, *glued; /* a digit for each raw unit */
    } cases[] = {
        {"neighbours touch", "退款12", "011"},
        {"a sign parts them", "退，款", "00"},
        {"a space parts characters", "退 款", "00"},
        {"but not two Latin words", "get refund", "01"},
        {"nor a word and a number", "iphone 15", "01"},
        {"a sign parts words too", "get, refund", "00"},
        {"a space parts a word from a character", "iphone 退", "00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda__reading r = read_text(jieda__str(cases[i].input));
        char got[16] = "";

        assert_true(r.raw.count < sizeof got);
        for (size_t k = 0; k < r.raw.count; k++)
            got[k] = r.raw.items[k].glued ? '1' : '0';
        if (strcmp(got, cases[i].glued) != 0)
            fail_msg("%s: %s", cases[i].name, got);
    }
}

static void homophones_have_equal_syllables(void **state)
{
    static const struct {
        const char *name, *a, *b;
    } pairs[] = {
        {"a homophone typo", "支付", "只付"},
        {"another", "账号", "帐号"},
        {"characters and letters", "支付失败", "zhifushibai"},
        {"another reading by its word", "重复", "冲付"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        jieda__reading a = read_text(jieda__str(pairs[i].a));
        jieda__reading b = read_text(jieda__str(pairs[i].b));

        if (a.pinyin.count != b.pinyin.count)
            fail_msg("%s: %zu and %zu syllables", pairs[i].name, a.pinyin.count, b.pinyin.count);
        for (size_t k = 0; k < a.pinyin.count; k++)
            if (a.pinyin.items[k].key != b.pinyin.items[k].key)
                fail_msg("%s: syllable %zu differs", pairs[i].name, k);
    }
    /* And others have others. */
    assert_true(read_text(jieda__str("支")).pinyin.items[0].key !=
                read_text(jieda__str("付")).pinyin.items[0].key);
}

static void equal_texts_have_equal_keys_and_others_do_not(void **state)
{
    jieda__reading a = read_text(jieda__str("退款 ABC 12"));
    jieda__reading b = read_text(jieda__str("abc，款１２退"));
    static const size_t same[] = {3, 1, 0, 2}; /* of a.raw 退 款 abc 12 in b.raw */

    (void)state;
    assert_int_equal(a.raw.count, 4);
    assert_int_equal(b.raw.count, 4);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(a.raw.items[i].key == b.raw.items[k].key, same[i] == k);
}

static const struct {
    const char *name, *input;
    const char *classes;  /* of questions, in order of the base lexicon, by space */
    uint32_t negations;   /* parity is what counts */
    const char *opposite; /* a word of the other side, or NULL */
} meaning_cases[] = {
    {"a statement", "退款", "", 0, NULL},
    {"how", "怎么退款", "HOW", 0, NULL},
    {"two questions", "怎么退款要多久", "HOW HOWLONG", 0, NULL},
    {"a negation", "尚未退款", "", 1, NULL},
    {"what only looks like one", "不但密码", "", 0, NULL},
    {"a question that holds a negation does not negate", "能不能退款", "CAN", 0, NULL},
    {"an operation with an opposite", "转入", "", 0, "转出"},
    {"the other side by a longer word", "解除绑定", "", 0, "绑定"},
};

static void the_meaning_of_words_is_noted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof meaning_cases / sizeof *meaning_cases; i++) {
        jieda__reading r = read_text(jieda__str(meaning_cases[i].input));
        char got[128] = "";
        size_t used = 0;
        bool opposed = false;

        for (uint32_t c = 0; c < JIEDA__QUESTION_CLASS_COUNT_MAX; c++)
            if (r.question_classes >> c & 1)
                used += (size_t)snprintf(
                    got + used, sizeof got - used, "%s%s", used ? " " : "",
                    jieda__lexicon_class_name(base.lexicon, JIEDA__QUESTION_CLASS_FIRST + c));
        if (strcmp(got, meaning_cases[i].classes) != 0 ||
            r.negation_count % 2 != meaning_cases[i].negations % 2)
            fail_msg("%s: classes \"%s\", %u negations", meaning_cases[i].name, got,
                     r.negation_count);
        if (meaning_cases[i].opposite) {
            jieda__reading o = read_text(jieda__str(meaning_cases[i].opposite));

            opposed = (r.opposites[0] & o.opposites[1]) || (r.opposites[1] & o.opposites[0]);
            assert_true(!(r.opposites[0] & o.opposites[0]) && !(r.opposites[1] & o.opposites[1]));
        }
        if (opposed != (meaning_cases[i].opposite != NULL))
            fail_msg("%s: no opposites", meaning_cases[i].name);
    }
}

/* ---- index terms ----------------------------------------------------------------------------- */

static const struct {
    const char *name, *input;
    bool pinyin;
    const char *terms; /* text[begin,end) of each */
} term_cases[] = {
    {"characters, pairs and words", "退款多", false,
     "退[0,3) 款[3,6) 多[6,9) 退款[0,6) 款多[3,9) =退款[0,6)"},
    {"ranges are those of the original", "退　１２", false, "退[0,3) 12[6,12)"},
    {"a pair of Latin words has its space", "get refund", false,
     "get[0,3) refund[4,10) get refund[0,10)"},
    {"what is apart makes no pair", "，退，get refund款", false,
     "退[3,6) get[9,12) refund[13,19) 款[19,22) get refund[9,19) refund款[13,22)"},
    {"a word is its canonical form", "退钱", false, "退[0,3) 钱[3,6) 退钱[0,6) =退款[0,6)"},
    {"question words and fillers are no words", "怎么的", false,
     "怎[0,3) 么[3,6) 的[6,9) 怎么[0,6) 么的[3,9)"},
    {"what vanishes inside widens a pair", "退\xE2\x80\x8B款", false,
     "退[0,3) 款[6,9) 退款[0,9) =退款[0,9)"},
    {"syllables and their pairs", "退款", true, "~tui[0,3) ~kuan[3,6) ~tui~kuan[0,6)"},
    {"syllables of letters have the letters' range", "tuikuan", true,
     "~tui[0,7) ~kuan[0,7) ~tui~kuan[0,7)"},
    {"no sound, no terms", "ok12", true, ""},
    {"nothing", "", false, ""},
};

static void the_index_gets_these_terms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof term_cases / sizeof *term_cases; i++) {
        jieda__reading r = read_text(jieda__str(term_cases[i].input));
        jieda__index_terms terms;
        char got[512] = " ";
        size_t used = 0;

        assert_int_equal(
            jieda__text_index_terms(&arena, base.lexicon, &r, term_cases[i].pinyin, &terms),
            JIEDA_OK);
        for (size_t k = 0; k < terms.count; k++)
            used += (size_t)snprintf(got + used, sizeof got - used, " %.*s[%u,%u)",
                                     (int)terms.items[k].text.len, terms.items[k].text.ptr,
                                     terms.items[k].begin, terms.items[k].end);
        if (strcmp(got + 1, term_cases[i].terms) != 0)
            fail_msg("%s: got \"%s\"", term_cases[i].name, got + 1);
    }
}

static void a_terms_class_goes_with_its_text(void **state)
{
    jieda__reading r = read_text(jieda__str("怎么退钱iPhone15 zhifu转账"));

    (void)state;
    for (int pinyin = 0; pinyin < 2; pinyin++) {
        jieda__index_terms terms;
        jieda_token_class before = JIEDA_TOKEN_UNIGRAM;

        assert_int_equal(jieda__text_index_terms(&arena, base.lexicon, &r, pinyin, &terms),
                         JIEDA_OK);
        assert_true(terms.count > 5);
        for (size_t i = 0; i < terms.count; i++) {
            const jieda__index_term *t = &terms.items[i];

            assert_true(t->token_class >= before); /* in order of class */
            assert_true(t->term != 0);
            assert_int_equal(t->token_class == JIEDA_TOKEN_WORD, t->text.ptr[0] == '=');
            assert_int_equal(t->token_class == JIEDA_TOKEN_PINYIN, t->text.ptr[0] == '~');
            assert_int_equal(t->token_class == JIEDA_TOKEN_PINYIN, pinyin);
            before = t->token_class;
            /* Equal texts are equal terms and the other way round. */
            for (size_t k = 0; k < i; k++)
                assert_int_equal(t->term == terms.items[k].term,
                                 jieda__str_equal(t->text, terms.items[k].text));
        }
    }
}

/* The reading stays a reading when the text is far longer than what is kept of it. */
static void long_texts_keep_their_head(void **state)
{
    static const char *const pieces[] = {"退款", "怎么", "zhifu ", "a1", "银行"};
    char *input = malloc(JIEDA_UTTERANCE_BYTES_MAX);

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i]), count = JIEDA_UTTERANCE_BYTES_MAX / len;
        jieda__index_terms terms;
        jieda__reading r;

        for (size_t k = 0; k < count; k++)
            memcpy(input + k * len, pieces[i], len);
        r = read_text((jieda_str){input, count * len});
        assert_in_range(r.raw.count, 1, JIEDA__UNIT_COUNT_MAX);
        assert_in_range(r.canonical.count, 1, JIEDA__UNIT_COUNT_MAX);
        assert_in_range(r.pinyin.count, 0, JIEDA__UNIT_COUNT_MAX);
        assert_int_equal(r.raw.count, JIEDA__UNIT_COUNT_MAX);
        for (int pinyin = 0; pinyin < 2; pinyin++) {
            assert_int_equal(jieda__text_index_terms(&arena, base.lexicon, &r, pinyin, &terms),
                             JIEDA_OK);
            assert_in_range(terms.count, 0, 3 * JIEDA__UNIT_COUNT_MAX);
        }
        jieda__arena_reset(&arena);
    }
    free(input);
}

static void without_a_lexicon_the_views_are_plain(void **state)
{
    jieda__reading r;
    jieda__index_terms terms;

    (void)state;
    assert_int_equal(jieda__text_read(&arena, NULL, jieda__str("请问退钱"), &r), JIEDA_OK);
    assert_int_equal(r.raw.count, 4);
    assert_int_equal(r.canonical.count, 4);
    assert_int_equal(r.pinyin.count, 4);
    assert_int_equal(r.question_classes, 0);
    assert_int_equal(jieda__text_index_terms(&arena, NULL, &r, false, &terms), JIEDA_OK);
    assert_int_equal(terms.count, 4 + 3);
}

static void out_of_memory_is_said_wherever_it_happens(void **state)
{
    size_t bytes = 0, failed = 0;

    (void)state;
    for (;; bytes += 512) {
        jieda__arena small;
        jieda__reading r;
        jieda__index_terms terms = {0};
        jieda_status st;

        jieda__arena_init(&small, jieda__default_allocator(), bytes);
        st = jieda__text_read(&small, base.lexicon, jieda__str("怎么退钱iPhone15啊"), &r);
        if (st == JIEDA_OK)
            st = jieda__text_index_terms(&small, base.lexicon, &r, false, &terms);
        jieda__arena_free(&small);
        if (st == JIEDA_OK)
            break;
        assert_int_equal(st, JIEDA_E_NOMEM);
        assert_int_equal(terms.count, 0);
        failed++;
    }
    assert_true(failed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_view_of_each_example, set_up, tear_down),
        cmocka_unit_test_setup_teardown(units_know_their_place_and_what_touches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(homophones_have_equal_syllables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_texts_have_equal_keys_and_others_do_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_meaning_of_words_is_noted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_index_gets_these_terms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_terms_class_goes_with_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_texts_keep_their_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_lexicon_the_views_are_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_memory_is_said_wherever_it_happens, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
