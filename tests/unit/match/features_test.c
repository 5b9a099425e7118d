/*
 * features_test.c - what a feature says about two texts, whatever it weighs.
 *
 * Each case compiles its questions into a small knowledge base and compares an utterance with one
 * of them, so the tests hold for any fitted weights: equal texts give 1, order, negation, opposite
 * operations and question classes are seen, homophones share their sound, and a profile knows the
 * entry an utterance is typical of.
 */
#include "fixture.h"

#include "match/match.h"

/* A fixture, opened below the public interface. */
typedef struct opened {
    fixture files;
    jieda__kb *kb;
    jieda__reader *reader;
    jieda__arena arena;
} opened;

static void open_pack(opened *o, const char *entries, const char *lexicon_path)
{
    jieda_error err = {0};

    fixture_make(&o->files, FIXTURE_PACK_ZH, entries, lexicon_path);
    if (jieda__kb_open(jieda__default_allocator(), o->files.kb, NULL, 0, &o->kb, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    assert_int_equal(jieda__reader_open(o->kb, &o->reader, &err), JIEDA_OK);
    jieda__arena_init(&o->arena, jieda__default_allocator(), (size_t)64 * 1024 * 1024);
}

static void close_pack(opened *o)
{
    jieda__arena_free(&o->arena);
    jieda__reader_close(o->reader);
    jieda__kb_close(o->kb);
    fixture_remove(&o->files);
}

/* The ordinal of the question with this text. */
static uint32_t question_of(opened *o, const char *text)
{
    jieda_error err = {0};
    sqlite3_stmt *stmt = jieda__reader_statement(o->reader, JIEDA__STMT_QUESTION_TEXT, &err);
    uint32_t found = JIEDA__NONE;

    assert_non_null(stmt);
    for (uint32_t i = 0; i < o->kb->question_count && found == JIEDA__NONE; i++) {
        sqlite3_bind_int64(stmt, 1, i);
        if (sqlite3_step(stmt) == SQLITE_ROW &&
            strcmp((const char *)sqlite3_column_text(stmt, 0), text) == 0)
            found = i;
        sqlite3_reset(stmt);
    }
    if (found == JIEDA__NONE)
        fail_msg("no question \"%s\"", text);
    return found;
}

static void prepare(opened *o, const char *utterance, jieda__reading *reading, jieda__query *query)
{
    assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, jieda__str(utterance), reading),
                     JIEDA_OK);
    assert_int_equal(jieda__query_init(query, &o->arena, o->kb, reading, false), JIEDA_OK);
}

static void compare(opened *o, const char *utterance, const char *question,
                    float feature[JIEDA__FEATURE_COUNT])
{
    jieda__reading reading;
    jieda__query query;

    prepare(o, utterance, &reading, &query);
    jieda__query_features(&query, question_of(o, question), feature);
}

/* ---- a shelf of questions, one entry each ---------------------------------------------------- */

static const char *const shelf[] = {
    "怎么绑定银行卡", "怎么解绑银行卡",   "账户怎么冻结",     "账户怎么解冻",
    "怎么转入余额",   "怎么转出余额",     "怎么开通免密支付", "怎么关闭免密支付",
    "退款已到账",     "退款未到账",       "我转给他",         "他转给我",
    "提现可以收费",   "提现不可以收费",   "退款在哪里看",     "退款为什么失败",
    "支付密码忘了",   "怎么重复扣款投诉", "付款码",           "why did my payment fail",
};

static int open_shelf(void **state)
{
    static opened o;
    char *entries = malloc(64 * 1024);
    size_t len = 0;

    assert_non_null(entries);
    len += (size_t)sprintf(entries + len, "{'entries': [");
    for (size_t i = 0; i < sizeof shelf / sizeof *shelf; i++)
        len +=
            (size_t)sprintf(entries + len,
                            "%s{'id': 'e%zu', 'title': {'zh': 'e'}, 'questions': {'zh': ['%s']}, "
                            "'answers': [{'lang': 'zh', 'text': 'a'}]}",
                            i ? "," : "", i, shelf[i]);
    sprintf(entries + len, "]}");
    memset(&o, 0, sizeof o);
    open_pack(&o, entries, FIXTURE_WALLET_LEXICON);
    free(entries);
    *state = &o;
    return 0;
}

static int close_shelf(void **state)
{
    close_pack(*state);
    return 0;
}

/* ---- overlap --------------------------------------------------------------------------------- */

static void a_question_is_equal_to_itself(void **state)
{
    for (size_t i = 0; i < sizeof shelf / sizeof *shelf; i++) {
        float feature[JIEDA__FEATURE_COUNT];

        compare(*state, shelf[i], shelf[i], feature);
        assert_float_equal(feature[JIEDA__FEATURE_RAW], 1.0f, 1e-3f);
        assert_float_equal(feature[JIEDA__FEATURE_COVER_QUESTION], 1.0f, 1e-3f);
        assert_true(feature[JIEDA__FEATURE_NEGATION] == 0.0f);
        assert_true(feature[JIEDA__FEATURE_OPPOSITE] == 0.0f);
    }
}

static void dice_is_symmetric_and_a_share(void **state)
{
    static const jieda__feature symmetric[] = {JIEDA__FEATURE_RAW, JIEDA__FEATURE_OPPOSITE,
                                               JIEDA__FEATURE_NEGATION};

    for (size_t a = 0; a < sizeof shelf / sizeof *shelf; a++) {
        for (size_t b = a + 1; b < sizeof shelf / sizeof *shelf; b++) {
            float forth[JIEDA__FEATURE_COUNT], back[JIEDA__FEATURE_COUNT];

            compare(*state, shelf[a], shelf[b], forth);
            compare(*state, shelf[b], shelf[a], back);
            for (size_t s = 0; s < sizeof symmetric / sizeof *symmetric; s++) {
                float gap = forth[symmetric[s]] - back[symmetric[s]];

                if (gap > 1e-4f || gap < -1e-4f)
                    fail_msg("%s / %s: %s is %f one way, %f the other", shelf[a], shelf[b],
                             jieda__feature_name(symmetric[s]), (double)forth[symmetric[s]],
                             (double)back[symmetric[s]]);
            }
            for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
                assert_true(forth[f] >= 0.0f && forth[f] <= 1.001f);
        }
    }
}

/* ---- tables: one feature, one pair ----------------------------------------------------------- */

static const struct {
    const char *name, *asked, *question;
    jieda__feature feature;
    float least, most;
} cases[] = {
    {"bind is not unbind", "怎么绑定银行卡", "怎么解绑银行卡", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"bind is bind", "银行卡绑定", "怎么绑定银行卡", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"unbind is unbind", "银行卡解绑", "怎么解绑银行卡", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"freeze is not thaw", "账户怎么冻结", "账户怎么解冻", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"thaw is not freeze", "我要解冻账户", "账户怎么冻结", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"thaw is thaw", "我要解冻账户", "账户怎么解冻", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"moving in is not moving out", "怎么转入余额", "怎么转出余额", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"moving in is moving in", "钱转进来", "怎么转入余额", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"on is not off", "开通免密支付", "怎么关闭免密支付", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"off is not on", "关掉免密支付", "怎么开通免密支付", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"off is off, by a synonym", "停用免密", "怎么关闭免密支付", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"arrived is not arrived not", "退款已到账", "退款未到账", JIEDA__FEATURE_OPPOSITE, 1, 1},
    {"arrived not is arrived not", "退款还没到账", "退款未到账", JIEDA__FEATURE_OPPOSITE, 0, 0},
    {"both sides are on no side", "绑定和解绑的区别", "怎么解绑银行卡", JIEDA__FEATURE_OPPOSITE, 0,
     0},
    {"a negation turns round", "提现可以收费", "提现不可以收费", JIEDA__FEATURE_NEGATION, 1, 1},
    {"and back", "提现不可以收费", "提现可以收费", JIEDA__FEATURE_NEGATION, 1, 1},
    {"twice not is not once not", "提现不是不可以收费", "提现不可以收费", JIEDA__FEATURE_NEGATION,
     1, 1},
    {"twice not is yes", "提现不是不可以收费", "提现可以收费", JIEDA__FEATURE_NEGATION, 0, 0},
    {"a look-alike does not negate", "特别想知道提现可以收费", "提现可以收费",
     JIEDA__FEATURE_NEGATION, 0, 0},
    {"A-not-A asks and does not negate", "提现能不能收费", "提现可以收费", JIEDA__FEATURE_NEGATION,
     0, 0},
    {"nothing in common is nothing", "今晚吃火锅", "付款码", JIEDA__FEATURE_RAW, 0, 0},
    {"nothing in common covers nothing", "今晚吃火锅", "付款码", JIEDA__FEATURE_COVER_QUESTION, 0,
     0},
    {"a longer text covers all of a shorter", "我的付款码找不到了", "付款码",
     JIEDA__FEATURE_COVER_QUESTION, 0.999f, 1.001f},
    {"case and width fold", "ＷＨＹ did MY payment fail", "why did my payment fail",
     JIEDA__FEATURE_RAW, 0.999f, 1.001f},
    {"Traditional folds", "怎麼綁定銀行卡", "怎么绑定银行卡", JIEDA__FEATURE_RAW, 0.999f, 1.001f},
    {"a repeated unit counts as often as it is there", "付款码付款码", "付款码", JIEDA__FEATURE_RAW,
     0.5f, 0.75f},
    {"a homophone typo is another text", "之富密码忘了", "支付密码忘了", JIEDA__FEATURE_RAW, 0.1f,
     0.9f},
    {"pinyin stands in for the text, at a discount", "zhifu mima wang le", "支付密码忘了",
     JIEDA__FEATURE_RAW, 0.5f, 0.99f},
    {"in the coverage too", "zhifu mima wang le", "支付密码忘了", JIEDA__FEATURE_COVER_QUESTION,
     0.5f, 0.99f},
    {"English is no pinyin", "why did my payment fail", "支付密码忘了", JIEDA__FEATURE_RAW, 0, 0},
    {"a synonym is another text", "如何绑定银行卡", "怎么绑定银行卡", JIEDA__FEATURE_RAW, 0.1f,
     0.95f},
    {"and covers the question", "如何绑定银行卡", "怎么绑定银行卡", JIEDA__FEATURE_COVER_QUESTION,
     0.999f, 1.001f},
    {"a shorter text covers part of a longer", "绑定", "怎么绑定银行卡",
     JIEDA__FEATURE_COVER_QUESTION, 0.01f, 0.9f},
};

static void one_feature_of_two_texts(void **state)
{
    size_t failed = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float feature[JIEDA__FEATURE_COUNT], value;

        compare(*state, cases[i].asked, cases[i].question, feature);
        value = feature[cases[i].feature];
        if (value < cases[i].least || value > cases[i].most) {
            print_error("%s: %s of \"%s\" and \"%s\" is %.4f, not within %.3f..%.3f\n",
                        cases[i].name, jieda__feature_name(cases[i].feature), cases[i].asked,
                        cases[i].question, (double)value, (double)cases[i].least,
                        (double)cases[i].most);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

static void features_of_an_entry_are_left_alone(void **state)
{
    float feature[JIEDA__FEATURE_COUNT];

    compare(*state, "付款码", "付款码", feature);
    for (int f = JIEDA__FEATURE_OF_ENTRY; f < JIEDA__FEATURE_COUNT; f++)
        assert_true(feature[f] == 0.0f);
}

static void the_quick_score_is_the_dice_of_characters(void **state)
{
    opened *o = *state;
    uint32_t question = question_of(o, "支付密码忘了");
    float feature[JIEDA__FEATURE_COUNT];
    jieda__reading reading;
    jieda__query query;

    prepare(o, "之富密码忘了", &reading, &query);
    jieda__query_features(&query, question, feature);
    assert_float_equal(jieda__query_quick_score(&query, question, false),
                       feature[JIEDA__FEATURE_RAW], 1e-5f);
}

static void comparing_again_gives_the_same(void **state)
{
    opened *o = *state;
    float first[JIEDA__FEATURE_COUNT], again[JIEDA__FEATURE_COUNT];
    uint32_t question = question_of(o, "怎么绑定银行卡");
    jieda__reading reading;
    jieda__query query;

    prepare(o, "银行卡怎么绑定银行卡", &reading, &query);
    jieda__query_features(&query, question, first);
    for (uint32_t q = 0; q < o->kb->question_count; q++)
        jieda__query_features(&query, q, again);
    jieda__query_features(&query, question, again);
    assert_memory_equal(first, again, sizeof first);
}

static void by_sound_counts_syllables_in_context(void **state)
{
    static const struct {
        const char *asked, *question;
        float least, most; /* of the sound alone */
    } sounds[] = {
        {"之富密码忘了", "支付密码忘了", 0.999f, 1.001f},
        {"zhifumima wangle", "支付密码忘了", 0.999f, 1.001f},
        {"zenme chongfu koukuan tousu", "怎么重复扣款投诉", 0.999f, 1.001f}, /* chong, not zhong */
        {"退款在哪里看", "支付密码忘了", 0.0f, 0.3f},
    };

    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        uint32_t question = question_of(*state, sounds[i].question);
        jieda__reading reading;
        jieda__query query;
        float sound;

        prepare(*state, sounds[i].asked, &reading, &query);
        sound = jieda__query_quick_score(&query, question, true) -
                jieda__query_quick_score(&query, question, false);
        if (sound < sounds[i].least || sound > sounds[i].most)
            fail_msg("%s / %s: %f", sounds[i].asked, sounds[i].question, (double)sound);
    }
}

static void a_question_class_is_read_whatever_its_word(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } pairs[] = {
        {"退款在哪里看", "退款去哪儿看", true},    {"怎么开通", "如何开通", true},
        {"退款在哪里看", "退款为什么失败", false}, {"看退款", "退款在哪里看", false},
        {"忘了密码", "支付密码忘了", true},
    };
    opened *o = *state;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        jieda__reading a, b;

        assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, str(pairs[i].a), &a),
                         JIEDA_OK);
        assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, str(pairs[i].b), &b),
                         JIEDA_OK);
        if ((a.question_classes == b.question_classes) != pairs[i].same)
            fail_msg("%s / %s: %x, %x", pairs[i].a, pairs[i].b, a.question_classes,
                     b.question_classes);
    }
}

static void names_are_distinct(void **state)
{
    (void)state;
    for (int a = 0; a < JIEDA__FEATURE_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(jieda__feature_name((jieda__feature)a),
                                    jieda__feature_name((jieda__feature)b));
    for (int a = 0; a < JIEDA__SIGNAL_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(jieda__signal_name((jieda__signal)a),
                                    jieda__signal_name((jieda__signal)b));
}

/* ---- profiles -------------------------------------------------------------------------------- */

/* Two entries of several wordings; 发票 is typical of one, 优惠券 of the other, 钱包 of both. */
/* clang-format off: it would cut the strings to pieces */
static const char profile_entries[] = FIXTURE_ENTRIES(FIXTURE_ENTRY(
    "coupon", "'优惠券怎么用', '钱包优惠券过期', '优惠券在哪', '优惠券用不了'",
    "") "," FIXTURE_ENTRY("invoice", "'发票怎么开', '钱包发票抬头', '要开发票', '发票寄到哪里'",
                          "") "," FIXTURE_ENTRY("lonely", "'忘记密码'", ""));
/* clang-format on */

static void profile_of(opened *o, const char *utterance, uint32_t leave_out, float out[3])
{
    jieda__match matches[3];
    jieda__reading reading;
    jieda__query query;

    memset(matches, 0, sizeof matches);
    for (uint32_t e = 0; e < 3; e++)
        matches[e].entry = e;
    assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, jieda__str(utterance), &reading),
                     JIEDA_OK);
    assert_int_equal(
        jieda__query_init(&query, &o->arena, o->kb, &reading, leave_out != JIEDA__NONE), JIEDA_OK);
    jieda__query_profiles(&query, matches, 3, leave_out);
    for (int e = 0; e < 3; e++)
        out[e] = matches[e].feature[JIEDA__FEATURE_PROFILE];
}

enum { COUPON, INVOICE, LONELY };

static void a_profile_prefers_the_typical_entry(void **state)
{
    opened o = {0};
    float profile[3];

    (void)state;
    open_pack(&o, profile_entries, NULL);
    profile_of(&o, "我的优惠券", JIEDA__NONE, profile);
    assert_true(profile[COUPON] > 2 * profile[INVOICE]);
    profile_of(&o, "电子发票", JIEDA__NONE, profile);
    assert_true(profile[INVOICE] > 2 * profile[COUPON]);
    /* What half of both say is typical of neither more than of the other. */
    profile_of(&o, "钱包", JIEDA__NONE, profile);
    assert_true(profile[COUPON] > 0.0f);
    assert_float_equal(profile[COUPON], profile[INVOICE], 1e-4f);
    profile_of(&o, "鲸鱼", JIEDA__NONE, profile);
    assert_true(profile[COUPON] == 0.0f && profile[INVOICE] == 0.0f);
    close_pack(&o);
}

static void a_left_out_wording_does_not_shape_the_profile(void **state)
{
    opened o = {0};
    float with[3], without[3];

    (void)state;
    open_pack(&o, profile_entries, NULL);
    profile_of(&o, "发票寄到哪里", JIEDA__NONE, with);
    profile_of(&o, "发票寄到哪里", question_of(&o, "发票寄到哪里"), without);
    /* 寄到哪里 stands in that wording alone, 发票 in all of its entry. */
    assert_true(with[INVOICE] > without[INVOICE]);
    assert_true(without[INVOICE] > 0.0f);
    assert_true(without[INVOICE] > without[COUPON]);
    /* A single wording left out leaves nothing that is typical. */
    profile_of(&o, "忘记密码", question_of(&o, "忘记密码"), without);
    assert_true(without[LONELY] == 0.0f);
    close_pack(&o);
}

static void matches_that_are_not_there_get_no_profile(void **state)
{
    opened o = {0};
    jieda__match only = {.entry = INVOICE};
    jieda__reading reading;
    jieda__query query;

    (void)state;
    open_pack(&o, profile_entries, NULL);
    prepare(&o, "优惠券怎么用", &reading, &query);
    jieda__query_profiles(&query, &only, 1, JIEDA__NONE);
    assert_true(only.feature[JIEDA__FEATURE_PROFILE] < 0.3f);
    jieda__query_profiles(&query, &only, 0, JIEDA__NONE);
    close_pack(&o);
}

int main(void)
{
    const struct CMUnitTest of_shelf[] = {
        cmocka_unit_test(a_question_is_equal_to_itself),
        cmocka_unit_test(dice_is_symmetric_and_a_share),
        cmocka_unit_test(one_feature_of_two_texts),
        cmocka_unit_test(features_of_an_entry_are_left_alone),
        cmocka_unit_test(the_quick_score_is_the_dice_of_characters),
        cmocka_unit_test(comparing_again_gives_the_same),
        cmocka_unit_test(by_sound_counts_syllables_in_context),
        cmocka_unit_test(a_question_class_is_read_whatever_its_word),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(names_are_distinct),
        cmocka_unit_test(a_profile_prefers_the_typical_entry),
        cmocka_unit_test(a_left_out_wording_does_not_shape_the_profile),
        cmocka_unit_test(matches_that_are_not_there_get_no_profile),
    };
    int failed = cmocka_run_group_tests(of_shelf, open_shelf, close_shelf);

    return failed + cmocka_run_group_tests(others, NULL, NULL);
}
