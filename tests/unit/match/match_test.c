/*
 * match_test.c - the order of entries and what their confidence depends on.
 *
 * Scores move whenever weights are fitted, so nothing here pins one: the tests compare. Matching is
 * deterministic, ties go to the smaller entry id, not[] questions and out-of-scope questions weigh
 * against, a filtered entry is never there, a left-out question is not seen, and every confidence
 * is within 0..1.
 */
#include "fixture.h"

#include "match/match.h"

#include <math.h>

typedef struct opened {
    fixture files;
    jieda__kb *kb;
    jieda__reader *reader;
    jieda__arena arena;
} opened;

static const char pack_zh[] = FIXTURE_PACK_ZH;
static const char pack_with_out_of_scope[] =
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'],"
    " 'out_of_scope': {'zh': ['怎么申请贷款', '贷款利率是多少', '今天天气怎么样']}}";

static void open_pack(opened *o, const char *pack, const char *entries)
{
    jieda_error err = {0};

    memset(o, 0, sizeof *o);
    fixture_make(&o->files, pack, entries, NULL);
    if (jieda__kb_open(jieda__default_allocator(), o->files.kb, NULL, 0, &o->kb, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    assert_int_equal(jieda__reader_open(o->kb, &o->reader, &err), JIEDA_OK);
    jieda__arena_init(&o->arena, jieda__default_allocator(), (size_t)256 * 1024 * 1024);
}

static void close_pack(opened *o)
{
    jieda__arena_free(&o->arena);
    jieda__reader_close(o->reader);
    jieda__kb_close(o->kb);
    fixture_remove(&o->files);
}

static jieda__match_options default_options(void)
{
    return (jieda__match_options){
        .weights = &jieda__default_weights,
        .posting_count_max = 1000,
        .rerank_count_max = 48,
        .leave_out = JIEDA__NONE,
    };
}

static jieda__matches match_with(opened *o, const char *utterance,
                                 const jieda__match_options *options)
{
    jieda__reading reading;
    jieda__matches matches;
    jieda_error err = {0};

    assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, jieda__str(utterance), &reading),
                     JIEDA_OK);
    if (jieda__match_run(o->reader, &o->arena, &reading, options, &matches, &err) != JIEDA_OK)
        fail_msg("%s: %s", utterance, err.message);
    return matches;
}

static jieda__matches match(opened *o, const char *utterance)
{
    jieda__match_options options = default_options();

    return match_with(o, utterance, &options);
}

static const jieda__match *of_entry(opened *o, const jieda__matches *matches, const char *id)
{
    for (size_t i = 0; i < matches->count; i++)
        if (jieda__str_equal(jieda__kb_entry_id(o->kb, matches->items[i].entry), jieda__str(id)))
            return &matches->items[i];
    return NULL;
}

static void assert_best(opened *o, const char *utterance, const char *id)
{
    jieda__matches matches = match(o, utterance);

    if (matches.count == 0)
        fail_msg("\"%s\" matches nothing", utterance);
    assert_str(jieda__kb_entry_id(o->kb, matches.items[0].entry), id);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* clang-format off: it would cut the strings to pieces */
static const char topics[] = FIXTURE_ENTRIES(
    FIXTURE_ENTRY("bind", "'怎么绑定银行卡', '添加一张银行卡'", "") "," FIXTURE_ENTRY(
        "coupon", "'优惠券用不了', '优惠券怎么用', '红包用不出去'",
        "") "," FIXTURE_ENTRY("invoice", "'怎么开发票', '电子发票在哪里下载', '发票抬头写错了'",
                              "") "," FIXTURE_ENTRY("password", "'忘记支付密码', '支付密码怎么改'",
                                                    "") "," FIXTURE_ENTRY("refund",
                                                                          "'怎么申请退款', "
                                                                          "'我要退款', "
                                                                          "'退款怎么操作'",
                                                                          ""));
/* clang-format on */

static void the_nearest_entry_is_best(void **state)
{
    static const struct {
        const char *utterance, *id;
    } asked[] = {
        {"怎么申请退款", "refund"},          {"我想申请退款", "refund"},
        {"银行卡怎么绑定", "bind"},          {"支付密码忘记了", "password"},
        {"之付密码忘记了", "password"},      {"開發票", "invoice"},
        {"youhuiquan zenme yong", "coupon"},
    };
    opened o;

    (void)state;
    open_pack(&o, pack_zh, topics);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        assert_best(&o, asked[i].utterance, asked[i].id);
    close_pack(&o);
}

static void matching_is_deterministic(void **state)
{
    static const char *const asked[] = {
        "怎么申请退款", "发票", "怎么", "银行卡支付密码优惠券", "x", "zenme tuikuan", "今天天气"};
    opened o;

    (void)state;
    open_pack(&o, pack_zh, topics);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        jieda__matches first = match(&o, asked[i]);

        for (int again = 0; again < 3; again++) {
            jieda__matches next = match(&o, asked[i]);

            assert_int_equal(next.count, first.count);
            for (size_t k = 0; k < first.count; k++) {
                assert_int_equal(next.items[k].entry, first.items[k].entry);
                assert_int_equal(next.items[k].question, first.items[k].question);
                assert_true(next.items[k].score == first.items[k].score);
                assert_true(next.items[k].confidence == first.items[k].confidence);
            }
        }
    }
    close_pack(&o);
}

static void matches_descend_and_name_each_entry_once(void **state)
{
    static const char *const asked[] = {"怎么申请退款", "怎么办", "支付密码和发票",
                                        "优惠券 银行卡"};
    opened o;

    (void)state;
    open_pack(&o, pack_zh, topics);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        jieda__matches m = match(&o, asked[i]);

        for (size_t k = 1; k < m.count; k++) {
            assert_true(m.items[k - 1].score >= m.items[k].score);
            for (size_t j = 0; j < k; j++)
                assert_int_not_equal(m.items[j].entry, m.items[k].entry);
        }
        for (size_t k = 0; k < m.count; k++)
            assert_int_equal(o.kb->questions[m.items[k].question].entry, m.items[k].entry);
    }
    close_pack(&o);
}

/* The nearest question of two entries differs only in a word the utterance does not have: all
 * features are equal, and neither authored order nor chance decides. */
static void ties_go_to_the_smaller_entry_id(void **state)
{
    /* clang-format off: it would cut the strings to pieces */
    static const char *const orders[] = {
        FIXTURE_ENTRIES(FIXTURE_ENTRY("b.twin", "'鲸鱼甲'", "") "," FIXTURE_ENTRY(
            "a.twin", "'鲸鱼乙'", "") "," FIXTURE_ENTRY("c.twin", "'鲸鱼丙'", "")),
        FIXTURE_ENTRIES(FIXTURE_ENTRY("c.twin", "'鲸鱼甲'", "") "," FIXTURE_ENTRY(
            "b.twin", "'鲸鱼乙'", "") "," FIXTURE_ENTRY("a.twin", "'鲸鱼丙'", "")),
        FIXTURE_ENTRIES(FIXTURE_ENTRY("a.twin", "'鲸鱼丙'", "") "," FIXTURE_ENTRY(
            "c.twin", "'鲸鱼乙'", "") "," FIXTURE_ENTRY("b.twin", "'鲸鱼甲'", "")),
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        opened o;
        jieda__matches m;

        open_pack(&o, pack_zh, orders[i]);
        m = match(&o, "鲸鱼");
        assert_int_equal(m.count, 3);
        assert_true(m.items[0].score == m.items[2].score);
        assert_str(jieda__kb_entry_id(o.kb, m.items[0].entry), "a.twin");
        assert_str(jieda__kb_entry_id(o.kb, m.items[1].entry), "b.twin");
        assert_str(jieda__kb_entry_id(o.kb, m.items[2].entry), "c.twin");
        close_pack(&o);
    }
}

/* ---- what weighs against --------------------------------------------------------------------- */

/* clang-format off: it would cut the strings to pieces */
static const char with_not[] = FIXTURE_ENTRIES(FIXTURE_ENTRY(
    "apply", "'怎么申请退款', '申请退款'",
    ", 'not': {'zh': ['申请退款被拒绝了']}") "," FIXTURE_ENTRY("rejected", "'退款被拒绝'",
                                                               "") "," FIXTURE_ENTRY("invoice",
                                                                                     "'怎么开发票'",
                                                                                     ""));
/* clang-format on */

/* A guard: such an entry may be offered, never answered. */
static void a_nearer_not_question_pushes_its_entry_down(void **state)
{
    const jieda__match *apply;
    jieda__matches m;
    opened o;

    (void)state;
    open_pack(&o, pack_zh, with_not);
    m = match(&o, "申请退款被拒绝了");
    assert_str(jieda__kb_entry_id(o.kb, m.items[0].entry), "rejected");
    apply = of_entry(&o, &m, "apply");
    assert_non_null(apply);
    assert_true(apply->feature[JIEDA__FEATURE_NOT] == 1.0f);
    assert_true(apply->confidence < 0.5f);

    /* Its own questions, and other entries, are none of the not[] question's business. */
    m = match(&o, "怎么申请退款");
    assert_str(jieda__kb_entry_id(o.kb, m.items[0].entry), "apply");
    for (size_t i = 0; i < m.count; i++)
        assert_true(m.items[i].feature[JIEDA__FEATURE_NOT] == 0.0f);
    close_pack(&o);
}

/* Alone in its pack an entry has no rival: the same words as question and as not[]. */
static void a_guarded_entry_is_never_confident(void **state)
{
    static const struct {
        const char *name, *entries, *utterance;
        bool guarded;
    } guards[] = {
        {"a not[] question asked word for word",
         FIXTURE_ENTRIES(
             FIXTURE_ENTRY("a", "'怎么绑定银行卡'", ", 'not': {'zh': ['绑定银行卡收费吗']}")),
         "绑定银行卡收费吗", true},
        {"the question itself",
         FIXTURE_ENTRIES(
             FIXTURE_ENTRY("a", "'怎么绑定银行卡'", ", 'not': {'zh': ['绑定银行卡收费吗']}")),
         "怎么绑定银行卡", false},
        {"an opposite operation", FIXTURE_ENTRIES(FIXTURE_ENTRY("a", "'怎么绑定银行卡'", "")),
         "怎么解绑银行卡", true},
        {"the same operation", FIXTURE_ENTRIES(FIXTURE_ENTRY("a", "'怎么解绑银行卡'", "")),
         "怎么解绑银行卡", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        opened o;
        jieda__matches m;

        open_pack(&o, pack_zh, guards[i].entries);
        m = match(&o, guards[i].utterance);
        if (m.count != 1 || (m.items[0].confidence < 0.5f) != guards[i].guarded)
            fail_msg("%s: confidence %f", guards[i].name,
                     m.count ? (double)m.items[0].confidence : -1.0);
        close_pack(&o);
    }
}

static void a_not_question_alone_is_no_candidate(void **state)
{
    opened o;
    jieda__matches m;

    (void)state;
    open_pack(
        &o, pack_zh,
        FIXTURE_ENTRIES(FIXTURE_ENTRY("apply", "'怎么申请退款'", ", 'not': {'zh': ['鲸鱼']}")));
    m = match(&o, "鲸鱼");
    assert_null(of_entry(&o, &m, "apply"));
    close_pack(&o);
}

/* clang-format off: it would cut the strings to pieces */
static const char loan_like[] =
    FIXTURE_ENTRIES(FIXTURE_ENTRY("refund", "'怎么申请退款', '我要退款'", "") "," FIXTURE_ENTRY(
        "fee", "'提现手续费是多少', '手续费怎么收'", ""));
/* clang-format on */

static void an_out_of_scope_question_lowers_the_confidence(void **state)
{
    static const struct {
        const char *utterance, *entry;
    } asked[] = {
        {"怎么申请贷款", "refund"},
        {"贷款利率是多少", "fee"},
        {"怎么申请个贷款", "refund"},
    };
    opened open_scope, closed_scope;

    (void)state;
    open_pack(&open_scope, pack_zh, loan_like);
    open_pack(&closed_scope, pack_with_out_of_scope, loan_like);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        jieda__matches before = match(&open_scope, asked[i].utterance);
        jieda__matches after = match(&closed_scope, asked[i].utterance);
        const jieda__match *was = of_entry(&open_scope, &before, asked[i].entry);
        const jieda__match *is = of_entry(&closed_scope, &after, asked[i].entry);

        assert_int_equal(before.out_of_scope_question, JIEDA__NONE);
        assert_int_not_equal(after.out_of_scope_question, JIEDA__NONE);
        assert_non_null(was);
        if (is && is->confidence >= was->confidence)
            fail_msg("%s: %f with the out-of-scope question, %f without", asked[i].utterance,
                     (double)is->confidence, (double)was->confidence);
    }
    close_pack(&closed_scope);
    close_pack(&open_scope);
}

static void an_out_of_scope_question_is_never_a_match(void **state)
{
    opened o;
    jieda__matches m;

    (void)state;
    open_pack(&o, pack_with_out_of_scope, loan_like);
    m = match(&o, "今天天气怎么样");
    for (size_t i = 0; i < m.count; i++)
        assert_int_not_equal(m.items[i].entry, JIEDA__NONE);
    m = match(&o, "怎么申请退款");
    assert_str(jieda__kb_entry_id(o.kb, m.items[0].entry), "refund");
    close_pack(&o);
}

/* ---- options --------------------------------------------------------------------------------- */

typedef struct only {
    uint32_t hidden;
    size_t calls;
} only;

static bool hide_one(void *ctx, uint32_t entry)
{
    only *o = ctx;

    o->calls++;
    assert_int_not_equal(entry, JIEDA__NONE); /* an out-of-scope question has no entry to ask of */
    return entry != o->hidden;
}

static bool hide_all(void *ctx, uint32_t entry)
{
    (void)ctx;
    (void)entry;
    return false;
}

static void a_filtered_entry_is_not_there(void **state)
{
    opened o;
    jieda__match_options options = default_options();
    jieda__matches m;
    only hidden = {0};

    (void)state;
    open_pack(&o, pack_with_out_of_scope, topics);
    m = match(&o, "怎么申请退款");
    assert_str(jieda__kb_entry_id(o.kb, m.items[0].entry), "refund");
    hidden.hidden = m.items[0].entry;
    options.filter = hide_one;
    options.filter_ctx = &hidden;
    m = match_with(&o, "怎么申请退款", &options);
    assert_true(hidden.calls > 0);
    assert_null(of_entry(&o, &m, "refund"));
    for (size_t i = 0; i < m.ranked_count; i++)
        assert_int_not_equal(o.kb->questions[m.ranked[i]].entry, hidden.hidden);
    options.filter = hide_all;
    m = match_with(&o, "怎么申请退款", &options);
    assert_int_equal(m.count, 0);
    close_pack(&o);
}

static void a_left_out_question_is_not_seen(void **state)
{
    opened o;
    jieda__match_options options = default_options();
    jieda__matches m;
    float with;

    (void)state;
    open_pack(&o, pack_zh, topics);
    m = match(&o, "怎么申请退款");
    with = m.items[0].score;
    options.leave_out = m.items[0].question;
    m = match_with(&o, "怎么申请退款", &options);
    for (size_t i = 0; i < m.count; i++)
        assert_int_not_equal(m.items[i].question, options.leave_out);
    for (size_t i = 0; i < m.ranked_count; i++)
        assert_int_not_equal(m.ranked[i], options.leave_out);
    assert_true(m.items[0].score < with);
    close_pack(&o);
}

static void rerank_count_bounds_what_is_ranked(void **state)
{
    opened o;
    jieda__match_options options = default_options();

    (void)state;
    open_pack(&o, pack_zh, topics);
    for (uint32_t max = 1; max <= 16; max *= 2) {
        jieda__matches m;

        options.rerank_count_max = max;
        m = match_with(&o, "怎么支付退款发票优惠券银行卡", &options);
        assert_true(m.count >= 1);
        assert_true(m.count <= m.ranked_count);
        assert_true(m.ranked_count <= max + 12); /* ENTRY_COUNT_MIN of match.c */
    }
    close_pack(&o);
}

/* ---- confidence ------------------------------------------------------------------------------ */

static void a_confidence_is_within_0_and_1(void **state)
{
    static const char *const asked[] = {
        "怎么申请退款",
        "退",
        "怎么",
        "x",
        "。。。怎么。。。",
        "鲸鱼在唱歌",
        "zenme tuikuan",
        "12345",
        "怎么申请贷款",
        "退款退款退款退款退款退款退款",
    };
    opened o;

    (void)state;
    open_pack(&o, pack_with_out_of_scope, topics);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        jieda__matches m = match(&o, asked[i]);

        for (size_t k = 0; k < m.count; k++) {
            assert_true(isfinite(m.items[k].score));
            assert_true(m.items[k].confidence >= 0.0f && m.items[k].confidence <= 1.0f);
        }
    }
    close_pack(&o);
}

/* However absurd the weights, the logistic function stays in its range. */
static void a_confidence_is_within_0_and_1_whatever_the_weights(void **state)
{
    static const float sizes[] = {-1e6f, -100.0f, 0.0f, 100.0f, 1e6f};
    opened o;

    (void)state;
    open_pack(&o, pack_zh, topics);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        jieda__match_options options = default_options();
        jieda__weights weights = {.signal_bias = sizes[s]};
        jieda__matches m;

        for (int f = 0; f < JIEDA__FEATURE_COUNT; f++)
            weights.feature[f] = sizes[s];
        for (int f = 0; f < JIEDA__SIGNAL_COUNT; f++)
            weights.signal[f] = sizes[s];
        options.weights = &weights;
        m = match_with(&o, "怎么申请退款", &options);
        assert_true(m.count > 0);
        for (size_t k = 0; k < m.count; k++)
            assert_true(m.items[k].confidence >= 0.0f && m.items[k].confidence <= 1.0f);
    }
    close_pack(&o);
}

static void a_sure_match_is_surer_than_a_vague_one(void **state)
{
    opened o;
    jieda__matches sure, vague;

    (void)state;
    open_pack(&o, pack_zh, topics);
    sure = match(&o, "怎么申请退款");
    vague = match(&o, "鲸鱼怎么唱歌");
    assert_true(sure.count > 0);
    if (vague.count > 0)
        assert_true(sure.items[0].confidence > vague.items[0].confidence);
    close_pack(&o);
}

static void nothing_in_common_matches_nothing(void **state)
{
    opened o;
    jieda__matches m;

    (void)state;
    open_pack(&o, pack_zh, topics);
    m = match(&o, "qqq");
    assert_int_equal(m.count, 0);
    assert_int_equal(m.out_of_scope_question, JIEDA__NONE);
    close_pack(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_entry_is_best),
        cmocka_unit_test(matching_is_deterministic),
        cmocka_unit_test(matches_descend_and_name_each_entry_once),
        cmocka_unit_test(ties_go_to_the_smaller_entry_id),
        cmocka_unit_test(a_nearer_not_question_pushes_its_entry_down),
        cmocka_unit_test(a_guarded_entry_is_never_confident),
        cmocka_unit_test(a_not_question_alone_is_no_candidate),
        cmocka_unit_test(an_out_of_scope_question_lowers_the_confidence),
        cmocka_unit_test(an_out_of_scope_question_is_never_a_match),
        cmocka_unit_test(a_filtered_entry_is_not_there),
        cmocka_unit_test(a_left_out_question_is_not_seen),
        cmocka_unit_test(rerank_count_bounds_what_is_ranked),
        cmocka_unit_test(a_confidence_is_within_0_and_1),
        cmocka_unit_test(a_confidence_is_within_0_and_1_whatever_the_weights),
        cmocka_unit_test(a_sure_match_is_surer_than_a_vague_one),
        cmocka_unit_test(nothing_in_common_matches_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
