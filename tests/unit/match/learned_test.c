/*
 * learned_test.c - what a model in a knowledge base changes about matching.
 *
 * One small model is trained on made-up lessons that say, many times over, that 折扣码 and 优惠券
 * are the same. Three knowledge bases are compiled: with it; without it; with it, but without
 * questions out of scope. Scores move with every change of the trainer, so the tests compare: with
 * and without the model, a stored question and the text it was made of, a question and itself.
 */
#include "unit/trainer/lessons.h"

#include "dialog/policy.h"
#include "match/meaning.h"
#include "support/kb_fixture.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define OPERATION_COUNT 16

typedef struct opened {
    jieda__kb *kb;
    jieda__reader *reader;
    jieda__learned learned;
    jieda__arena arena;
} opened;

static fixture files;
static char lexicon_path[512];
static opened with, without, unbounded;

/* ---- the knowledge bases --------------------------------------------------------------------- */

static const char pack[] =
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'],"
    " 'out_of_scope': {'zh': ['怎么申请贷款', '贷款利率是多少', '今天天气热不热', '猋骉鱻']}}";
static const char pack_unbounded[] = FIXTURE_PACK_ZH;

/* What lessons.h asks about, three wordings each, and what is tested. */
static void write_entries(void)
{
    char *text = malloc(65536), a[64], b[64], c[64];
    size_t len;

    assert_non_null(text);
    len = (size_t)snprintf(
        text, 65536, "{'entries': [%s, %s, %s, %s", FIXTURE_ENTRY("coupon", "'优惠券使用'", ""),
        FIXTURE_ENTRY("charge", "'为什么没到账呢', '手续费怎么算', '没扣手续费，zenme算 VIP'", ""),
        FIXTURE_ENTRY("limit", "'转出限额不能改吗', '每日限额', '单笔限额'",
                      ", 'not': {'zh': ['信用卡限额']}"),
        FIXTURE_ENTRY("long",
                      "'我昨天晚上在楼下的小超市里买了一大堆东西然后用手机付钱的时候屏幕突然"
                      "黑掉了今天早上打开一看发现同一笔交易居然扣了两次而且店家说只收到过一"
                      "次请问剩下那次究竟跑到哪里去了呀'",
                      ""));
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        lesson_question(a, sizeof a, i * 7, 0);
        lesson_question(b, sizeof b, i * 7, 1);
        lesson_question(c, sizeof c, i * 7, 4);
        len += (size_t)snprintf(text + len, 65536 - len,
                                ", {'id': 'o%02zu', 'title': {'zh': '%s'}, 'questions': {'zh': "
                                "['%s', '%s', '%s']}, 'answers': [{'lang': 'zh', 'text': 'a'}]}",
                                i, a, a, b, c);
    }
    snprintf(text + len, 65536 - len, "]}");
    fixture_write(&files, "entries.json", text);
    free(text);
}

/* The pairs of lessons.h, and pairs of one meaning that share no character. */
static void write_lessons(void)
{
    static const char *const asked[][2] = {
        {"折扣码", "优惠券"},         {"折扣码失效", "优惠券过期"}, {"折扣码填哪", "优惠券使用"},
        {"输入折扣码", "使用优惠券"}, {"有折扣码", "领优惠券"},     {"折扣码无效", "优惠券使用"},
    };
    char *pairs = lesson_pairs(60), *text = malloc(65536);
    size_t len;

    assert_non_null(text);
    len = (size_t)snprintf(text, 65536, "%s", pairs);
    for (size_t i = 0; i < 36; i++) {
        char other[64];

        lesson_question(other, sizeof other, i * 3, i);
        len += (size_t)snprintf(text + len, 65536 - len, "%s\t%s\t1\n%s\t%s\t0\n",
                                asked[i % COUNT(asked)][0], asked[i % COUNT(asked)][1],
                                asked[i % COUNT(asked)][i / 6 % 2], other);
    }
    lesson_write(&files, "pairs.tsv", text);
    free(text);
    free(pairs);
}

static void train(void)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;
    char pairs[160], model[160];
    const char *const inputs[] = {files.folder, lesson_path(&files, "pairs.tsv", pairs)};
    jieda_error err = {0};

    options.sparse_bits = JIEDA__SPARSE_BITS_MIN;
    options.base_lexicon_path = lexicon_path;
    options.diagnostic = fixture_print_finding;
    if (jieda_train(inputs, COUNT(inputs), lesson_path(&files, "a.model", model), &options, NULL,
                    &err) != JIEDA_OK)
        fail_msg("%s", err.message);
}

/* @param model  a file of the folder, or NULL */
static void open_kb(opened *o, const char *name, const char *model)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    char kb[160], path[160];
    jieda_error err = {0};

    options.base_lexicon_path = lexicon_path;
    options.diagnostic = fixture_print_finding;
    options.model_path = model ? lesson_path(&files, model, path) : "";
    lesson_path(&files, name, kb);
    if (jieda_build(files.folder, kb, &options, NULL, &err) != JIEDA_OK ||
        jieda__kb_open(jieda__default_allocator(), kb, NULL, 0, &o->kb, &err) != JIEDA_OK ||
        jieda__reader_open(o->kb, &o->reader, &err) != JIEDA_OK ||
        jieda__learned_load(o->kb, &o->learned, &err) != JIEDA_OK)
        fail_msg("%s: %s", name, err.message);
    jieda__arena_init(&o->arena, jieda__default_allocator(), ARENA_BYTES);
}

static void close_kb(opened *o)
{
    jieda__arena_free(&o->arena);
    jieda__reader_close(o->reader);
    jieda__kb_close(o->kb);
}

static int open_all(void **state)
{
    (void)state;
    fixture_folder(&files);
    fixture_write_small_lexicon(&files, lexicon_path);
    fixture_write(&files, "pack.json", pack);
    write_entries();
    write_lessons();
    train();
    open_kb(&with, "with.kb", "a.model");
    open_kb(&without, "without.kb", NULL);
    fixture_write(&files, "pack.json", pack_unbounded);
    open_kb(&unbounded, "unbounded.kb", "a.model");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_kb(&with);
    close_kb(&without);
    close_kb(&unbounded);
    fixture_remove(&files);
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* Lives as long as the arena. */
static jieda__reading *read_text(opened *o, jieda_str text)
{
    jieda__reading *reading = jieda__arena_alloc(&o->arena, sizeof *reading);

    assert_non_null(reading);
    assert_int_equal(jieda__text_read(&o->arena, o->kb->lexicon, text, reading), JIEDA_OK);
    return reading;
}

/* Lives as long as the arena. */
static jieda_str text_of_question(opened *o, uint32_t question)
{
    jieda_error err = {0};
    sqlite3_stmt *stmt = jieda__reader_statement(o->reader, JIEDA__STMT_QUESTION_TEXT, &err);
    jieda_str text;

    assert_non_null(stmt);
    sqlite3_bind_int64(stmt, 1, question);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    text = jieda__arena_copy(&o->arena, jieda__str((const char *)sqlite3_column_text(stmt, 0)));
    sqlite3_reset(stmt);
    assert_non_null(text.ptr);
    return text;
}

static const jieda__reading *read_question(opened *o, uint32_t question)
{
    return read_text(o, text_of_question(o, question));
}

static jieda__meaning meaning_of(opened *o, const jieda__reading *reading, uint32_t leave_out)
{
    jieda__meaning meaning;

    jieda__meaning_init(&meaning, &o->learned, reading, leave_out);
    assert_ptr_equal(meaning.learned, o->learned.present ? &o->learned : NULL);
    return meaning;
}

typedef struct shown {
    uint32_t hidden; /* entry */
    size_t asked;
} shown;

static bool is_shown(void *ctx, uint32_t entry)
{
    shown *s = ctx;

    s->asked++;
    return entry != s->hidden;
}

static jieda__matches match_filtered(opened *o, jieda_str utterance, shown *filter)
{
    jieda__match_options options = {
        .learned = &o->learned,
        .posting_count_max = 1000,
        .rerank_count_max = 48,
        .filter = filter ? is_shown : NULL,
        .filter_ctx = filter,
        .leave_out = JIEDA__NONE,
    };
    jieda__matches matches;
    jieda_error err = {0};

    if (jieda__match_run(o->reader, &o->arena, read_text(o, utterance), &options, &matches, &err) !=
        JIEDA_OK)
        fail_msg("%.*s: %s", (int)utterance.len, utterance.ptr, err.message);
    return matches;
}

static jieda__matches match(opened *o, const char *utterance)
{
    return match_filtered(o, jieda__str(utterance), NULL);
}

static uint32_t entry_named(const opened *o, const char *id)
{
    for (uint32_t e = 0; e < o->kb->entry_count; e++)
        if (jieda__str_equal(jieda__kb_entry_id(o->kb, e), jieda__str(id)))
            return e;
    fail_msg("no entry %s", id);
    return JIEDA__NONE;
}

static const jieda__match *of_entry(const jieda__matches *matches, uint32_t entry)
{
    for (size_t i = 0; i < matches->count; i++)
        if (matches->items[i].entry == entry)
            return &matches->items[i];
    return NULL;
}

static bool was_ranked(const jieda__matches *matches, uint32_t question)
{
    for (size_t i = 0; i < matches->ranked_count; i++)
        if (matches->ranked[i] == question)
            return true;
    return false;
}

/* ---- stored questions ------------------------------------------------------------------------ */

static void assert_same_view(const char *name, jieda_str text, const jieda__side_view *stored,
                             const jieda__side_view *read)
{
    if (stored->count != read->count)
        fail_msg("%.*s: %u units of %s stored, %u read", (int)text.len, text.ptr, stored->count,
                 name, read->count);
    for (uint32_t i = 0; i < read->count; i++) {
        if (stored->hash[i] != read->hash[i])
            fail_msg("%.*s: unit %u of %s differs", (int)text.len, text.ptr, i, name);
        assert_true(stored->weight[i] == read->weight[i]);
    }
    assert_true(stored->mass == read->mass);
}

/* Letters that may be pinyin: their syllables are not stored beside the canonical units. */
static bool has_letters(jieda_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'a' && text.ptr[i] <= 'z')
            return true;
    return false;
}

static void a_stored_question_is_the_side_of_its_text(void **state)
{
    uint32_t spelled = 0, classes = 0, negations = 0, full = 0;

    (void)state;
    for (uint32_t q = 0; q < with.kb->question_count; q++) {
        jieda_str text = text_of_question(&with, q);
        const jieda__reading *reading = read_question(&with, q);
        jieda__side stored, read;

        jieda__learned_side(&with.learned, q, &stored);
        jieda__side_read(&read, reading);
        jieda__side_weigh(&read, with.learned.model.idf);
        assert_same_view("raw", text, &stored.raw, &read.raw);
        assert_same_view("canon", text, &stored.canon, &read.canon);
        if (has_letters(text))
            spelled++;
        else
            assert_same_view("sound", text, &stored.sound, &read.sound);
        assert_int_equal(stored.question_classes, read.question_classes);
        assert_int_equal(stored.negation_count, read.negation_count);
        classes += read.question_classes != 0;
        negations += read.negation_count != 0;
        full += read.raw.count == JIEDA__SIDE_UNIT_MAX;
    }
    /* all of these were among them */
    assert_int_equal(spelled, 1);
    assert_true(classes > 0 && negations > 0 && full > 0);
}

static void a_question_is_nearest_to_itself(void **state)
{
    (void)state;
    for (uint32_t q = 0; q < with.kb->question_count; q++) {
        jieda__meaning meaning = meaning_of(&with, read_question(&with, q), JIEDA__NONE);
        float own = jieda__meaning_cosine(&meaning, q);

        assert_true(own > 0.96f && own <= 1.0f);
        for (uint32_t other = 0; other < with.kb->question_count; other++)
            assert_true(jieda__meaning_cosine(&meaning, other) <= own + 0.03f);
    }
}

static void where_questions_out_of_scope_begin(void **state)
{
    (void)state;
    assert_int_equal(with.learned.first_out_of_scope, with.kb->question_count - 4);
    assert_int_equal(unbounded.learned.first_out_of_scope, unbounded.kb->question_count);
}

/* ---- leaving one out ------------------------------------------------------------------------- */

static float centre_cosine(const jieda__meaning *meaning, uint32_t entry)
{
    int8_t centre[JIEDA__EMBEDDING_SIZE];

    jieda__meaning_centre(meaning, entry, centre);
    return jieda__vector_cosine(meaning->vector, centre);
}

static void a_left_out_question_is_no_part_of_its_centre(void **state)
{
    uint32_t entry = entry_named(&with, "o03");
    const jieda__entry_row *row = &with.kb->entries[entry];

    (void)state;
    assert_int_equal(row->wording_count, 3);
    for (uint32_t i = 0; i < row->wording_count; i++) {
        uint32_t question = row->first_question + i;
        const jieda__reading *reading = read_question(&with, question);
        jieda__meaning all = meaning_of(&with, reading, JIEDA__NONE);
        jieda__meaning rest = meaning_of(&with, reading, question);
        float sum[JIEDA__EMBEDDING_SIZE] = {0}, product = 0, square = 0, own = 0;

        for (uint32_t other = 0; other < row->wording_count; other++)
            for (int k = 0; other != i && k < JIEDA__EMBEDDING_SIZE; k++)
                sum[k] += jieda__vector_of_question(&with.learned.vectors,
                                                    row->first_question + other, entry)[k];
        for (int k = 0; k < JIEDA__EMBEDDING_SIZE; k++) {
            product += sum[k] * all.vector[k];
            square += sum[k] * sum[k];
            own += (float)all.vector[k] * all.vector[k];
        }
        assert_true(fabsf(centre_cosine(&rest, entry) - product / sqrtf(square) / sqrtf(own)) <
                    0.04f);
        assert_true(centre_cosine(&rest, entry) < centre_cosine(&all, entry));
        assert_int_equal(jieda__meaning_wording(&all, entry), question);
        assert_int_not_equal(jieda__meaning_wording(&rest, entry), question);
        /* of another entry nothing is left out */
        assert_true(centre_cosine(&rest, 0) == centre_cosine(&all, 0));
    }
}

static void an_entry_whose_one_wording_is_left_out_has_none(void **state)
{
    uint32_t entry = entry_named(&with, "coupon");
    uint32_t question = with.kb->entries[entry].first_question;
    jieda__meaning rest = meaning_of(&with, read_question(&with, question), question);

    (void)state;
    assert_true(centre_cosine(&rest, entry) == 0.0f);
    assert_int_equal(jieda__meaning_wording(&rest, entry), JIEDA__NONE);
}

static void a_left_out_question_out_of_scope_is_not_met(void **state)
{
    uint32_t question = with.learned.first_out_of_scope, found[JIEDA__MEANING_OUTSIDE_COUNT];
    const jieda__reading *reading = read_question(&with, question);
    jieda__meaning all = meaning_of(&with, reading, JIEDA__NONE);
    jieda__meaning rest = meaning_of(&with, reading, question);

    (void)state;
    assert_int_equal(jieda__meaning_outside(&all, found), 4);
    assert_int_equal(found[0], question);
    for (size_t i = 1; i < 4; i++)
        assert_true(jieda__meaning_cosine(&all, found[i - 1]) >=
                    jieda__meaning_cosine(&all, found[i]));
    assert_int_equal(jieda__meaning_outside(&rest, found), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_not_equal(found[i], question);
}

/* ---- crowds ---------------------------------------------------------------------------------- */

/* Unit vectors along the axes but for the first `alike`, which are all along the first. */
static void write_centres(int8_t (*centres)[JIEDA__EMBEDDING_SIZE], size_t count, size_t alike)
{
    memset(centres, 0, count * sizeof *centres);
    for (size_t i = 0; i < count; i++)
        centres[i][i < alike ? 0 : i % JIEDA__EMBEDDING_SIZE] = 127;
}

static void a_crowd_is_the_mean_of_the_nearest(void **state)
{
    static const struct {
        const char *name;
        size_t count, alike;
        float first, last; /* of the first centre, one of those alike, and of the last */
    } cases[] = {
        {"none but itself", 1, 1, 0.0f, 0.0f},
        {"one other, not alike", 2, 1, 0.0f, 0.0f},
        {"one other, alike", 2, 2, 1.0f / 6, 1.0f / 6},
        {"those missing count 0", 5, 4, 0.5f, 0.0f},
        {"six others", 7, 7, 1.0f, 1.0f},
        {"the seventh and on do not count", 20, 15, 1.0f, 0.0f},
        {"of those not alike none counts", 40, 4, 0.5f, 0.0f},
    };
    int8_t centres[40][JIEDA__EMBEDDING_SIZE];
    jieda__crowd crowds[40], crowd;
    int32_t products[40];

    (void)state;
    for (size_t c = 0; c < COUNT(cases); c++) {
        size_t count = cases[c].count;

        write_centres(centres, count, cases[c].alike);
        jieda__crowds_find(centres[0], count, crowds, products);
        if (fabsf(jieda__crowd_cosine(&crowds[0]) - cases[c].first) > 1e-4f ||
            fabsf(jieda__crowd_cosine(&crowds[count - 1]) - cases[c].last) > 1e-4f)
            fail_msg("%s: %f, %f", cases[c].name, (double)jieda__crowd_cosine(&crowds[0]),
                     (double)jieda__crowd_cosine(&crowds[count - 1]));
        /* a vector beside the centres: the last one, asked among the others */
        jieda__crowd_find(centres[count - 1], centres[0], count - 1, &crowd, products);
        assert_memory_equal(&crowd, &crowds[count - 1], sizeof crowd);
    }
}

static void opposite_centres_are_no_crowd(void **state)
{
    int8_t centres[2][JIEDA__EMBEDDING_SIZE] = {{127}, {-127}};
    jieda__crowd crowds[2];
    int32_t products[2];

    (void)state;
    jieda__crowds_find(centres[0], 2, crowds, products);
    assert_true(jieda__crowd_cosine(&crowds[0]) == 0.0f);
}

/* ---- with and without a model ---------------------------------------------------------------- */

static const char paraphrase[] = "折扣码无效"; /* of 优惠券使用 */

static void without_a_model_nothing_is_learned(void **state)
{
    static const char *const asked[] = {"怎么绑定银行卡", "手续费怎么算", "贷款", paraphrase, ""};

    (void)state;
    assert_false(without.learned.present);
    assert_ptr_equal(jieda__learned_weights(&without.learned), &jieda__default_weights);
    assert_ptr_equal(jieda__learned_weights(NULL), &jieda__default_weights);
    for (size_t i = 0; i < COUNT(asked); i++) {
        jieda__matches matches = match(&without, asked[i]);

        for (size_t m = 0; m < matches.count; m++) {
            assert_true(matches.items[m].feature[JIEDA__FEATURE_COSINE] == 0.0f);
            assert_true(matches.items[m].feature[JIEDA__FEATURE_CENTRE] == 0.0f);
            assert_true(matches.items[m].feature[JIEDA__FEATURE_CROWD] == 0.0f);
            assert_true(matches.items[m].feature[JIEDA__FEATURE_PAIR] == 0.0f);
            assert_true(matches.items[m].signal[JIEDA__SIGNAL_CENTRE] == 0.0f);
            assert_true(matches.items[m].signal[JIEDA__SIGNAL_PAIR] == 0.0f);
        }
    }
    assert_int_equal(match(&without, "手续费怎么算").items[0].entry,
                     entry_named(&without, "charge"));
}

static void with_a_model_what_is_learned_counts(void **state)
{
    jieda__matches matches = match(&with, "银行卡绑定怎么弄");
    const jieda__match *first = &matches.items[0];

    (void)state;
    assert_true(with.learned.present);
    assert_true(matches.count > 1);
    assert_int_equal(first->entry, entry_named(&with, "o00"));
    assert_true(first->feature[JIEDA__FEATURE_COSINE] > 0.0f);
    assert_true(first->feature[JIEDA__FEATURE_CENTRE] > 0.0f);
    assert_true(first->feature[JIEDA__FEATURE_CROWD] > 0.0f);
    assert_true(first->feature[JIEDA__FEATURE_PAIR] != 0.0f);
    for (size_t i = 0; i < matches.count; i++) {
        const jieda__match *m = &matches.items[i];

        assert_true(fabsf(m->feature[JIEDA__FEATURE_COSINE]) <= 1.0f);
        assert_true(fabsf(m->feature[JIEDA__FEATURE_CENTRE]) <= 1.0f);
        assert_true(m->feature[JIEDA__FEATURE_CROWD] >= 0.0f);
        assert_true(m->feature[JIEDA__FEATURE_CROWD] <= 1.0f);
        assert_true(isfinite(m->feature[JIEDA__FEATURE_PAIR]));
        assert_true(m->feature[JIEDA__FEATURE_PAIR] <= first->feature[JIEDA__FEATURE_PAIR] ||
                    m->score <= first->score);
        assert_true(m->confidence >= 0.0f && m->confidence <= 1.0f);
        assert_true(m->signal[JIEDA__SIGNAL_CENTRE] == m->feature[JIEDA__FEATURE_CENTRE]);
        assert_true(m->signal[JIEDA__SIGNAL_PAIR] == m->feature[JIEDA__FEATURE_PAIR]);
    }
}

static void a_paraphrase_without_a_common_character_is_found(void **state)
{
    uint32_t coupon = entry_named(&with, "coupon"), nearest[JIEDA__MEANING_ENTRY_COUNT];
    uint32_t question = with.kb->entries[coupon].first_question;
    jieda__meaning meaning =
        meaning_of(&with, read_text(&with, jieda__str(paraphrase)), JIEDA__NONE);
    jieda__matches matches = match(&with, paraphrase), plain = match(&without, paraphrase);

    (void)state;
    /* if all were proposed, being among them would say nothing */
    assert_in_range(jieda__meaning_entries(&meaning, nearest), 1, with.kb->entry_count - 1);
    assert_int_equal(nearest[0], coupon);
    assert_true(was_ranked(&matches, question));
    assert_non_null(of_entry(&matches, coupon));
    assert_int_equal(matches.items[0].entry, coupon);
    assert_null(of_entry(&plain, entry_named(&without, "coupon")));
}

static void a_filter_hides_what_meaning_finds(void **state)
{
    shown filter = {entry_named(&with, "coupon"), 0};
    jieda__matches matches = match_filtered(&with, jieda__str(paraphrase), &filter);

    (void)state;
    assert_true(filter.asked > 0);
    assert_null(of_entry(&matches, filter.hidden));
    assert_false(was_ranked(&matches, with.kb->entries[filter.hidden].first_question));
}

static void no_question_is_ranked_twice(void **state)
{
    static const char *const asked[] = {"怎么绑定银行卡", paraphrase, "怎么申请贷款", "限额"};

    (void)state;
    for (size_t i = 0; i < COUNT(asked); i++) {
        jieda__matches matches = match(&with, asked[i]);

        for (size_t a = 0; a < matches.ranked_count; a++)
            for (size_t b = a + 1; b < matches.ranked_count; b++)
                assert_int_not_equal(matches.ranked[a], matches.ranked[b]);
    }
}

/* What is asked for without a policy, 0..1. */
static float threshold(int risk)
{
    return (float)jieda__policy_default_header.answer_percent[risk] / 100.0f;
}

static void a_wording_word_for_word_is_answered(void **state)
{
    (void)state;
    for (uint32_t q = 0; q < with.kb->question_count; q++) {
        jieda__matches matches;

        if (with.kb->questions[q].kind != JIEDA__QUESTION_POSITIVE)
            continue;
        matches = match_filtered(&with, text_of_question(&with, q), NULL);
        assert_true(matches.count > 0);
        assert_int_equal(matches.items[0].entry, with.kb->questions[q].entry);
        assert_int_equal(matches.items[0].question, q);
        assert_true(matches.items[0].confidence >= threshold(JIEDA__ENTRY_RISK_MONEY));
        assert_true(matches.items[0].confidence >= threshold(JIEDA__ENTRY_RISK_INFO));
    }
}

/* ---- out of scope ---------------------------------------------------------------------------- */

static void what_is_out_of_scope_competes(void **state)
{
    const char *asked = "怎么申请银行贷款"; /* and the pack has things to apply for */
    jieda__matches bounded = match(&with, asked), free_of = match(&unbounded, asked);
    const jieda__match *best = &bounded.items[0], *other;

    (void)state;
    assert_int_equal(bounded.out_of_scope_question, with.learned.first_out_of_scope);
    assert_true(bounded.out_of_scope_score > 0.0f);
    assert_int_equal(free_of.out_of_scope_question, JIEDA__NONE);
    assert_true(bounded.count > 0);
    other = of_entry(&free_of, best->entry); /* entries are the same, and so are their numbers */
    assert_non_null(other);
    assert_true(best->signal[JIEDA__SIGNAL_ODDS] < other->signal[JIEDA__SIGNAL_ODDS]);
}

/* The index knows none of its characters, so only meaning can have proposed a rival. */
static void the_nearest_outside_is_there_without_a_common_character(void **state)
{
    jieda__matches matches = match(&with, "龘靐齉"), plain = match(&without, "龘靐齉");

    (void)state;
    assert_int_equal(plain.out_of_scope_question, JIEDA__NONE);
    assert_in_range(matches.out_of_scope_question, with.learned.first_out_of_scope,
                    with.kb->question_count - 1);
}

static void word_for_word_out_of_scope_beats_every_entry(void **state)
{
    (void)state;
    for (uint32_t q = with.learned.first_out_of_scope; q < with.kb->question_count; q++) {
        jieda__matches matches = match_filtered(&with, text_of_question(&with, q), NULL);

        assert_int_equal(matches.out_of_scope_question, q);
        for (size_t i = 0; i < matches.count; i++)
            assert_true(matches.items[i].score < matches.out_of_scope_score);
    }
}

/* ---- loading --------------------------------------------------------------------------------- */

/* A model without vectors, and damaged ones, are refused; the engine says so too. */
static void a_model_needs_its_vectors(void **state)
{
    char path[160];
    fixture_bytes kb = fixture_read_file(lesson_path(&files, "with.kb", path));
    fixture_bytes vectors = fixture_kb_section(kb, JIEDA__SECTION_VECTORS);
    fixture_bytes model = fixture_kb_section(kb, JIEDA__SECTION_MODEL);
    fixture_bytes changed[3];
    jieda_engine *engine = NULL;
    jieda_error err = {0};

    (void)state;
    changed[0] = fixture_kb_set_section(kb, JIEDA__SECTION_VECTORS, vectors.ptr, vectors.len - 64);
    vectors.ptr[0] ^= 1;
    changed[1] = fixture_kb_set_section(kb, JIEDA__SECTION_VECTORS, vectors.ptr, vectors.len);
    model.ptr[model.len - 1] ^= 1;
    changed[2] = fixture_kb_set_section(kb, JIEDA__SECTION_MODEL, model.ptr, model.len);
    for (size_t i = 0; i < COUNT(changed); i++) {
        assert_int_equal(jieda_open_memory(changed[i].ptr, changed[i].len, NULL, &engine, &err),
                         JIEDA_E_FORMAT);
        assert_null(engine);
        assert_true(strstr(err.message, i < 2 ? "vectors" : "model") != NULL);
        fixture_bytes_free(&changed[i]);
    }
    fixture_bytes_free(&model);
    fixture_bytes_free(&vectors);
    fixture_bytes_free(&kb);
}

/* Without vectors of questions each has its entry's, which one out of scope has not. A section that
 * says so of such a knowledge base must be refused before anything is asked. */
static void vectors_of_entries_alone_need_one_wording_each(void **state)
{
    char path[160];
    fixture_bytes kb = fixture_read_file(lesson_path(&files, "with.kb", path));
    fixture_bytes vectors = fixture_kb_section(kb, JIEDA__SECTION_VECTORS), changed;
    jieda__vectors_header header;
    jieda_engine *engine = NULL;
    jieda_error err = {0};
    jieda_status st;

    (void)state;
    memcpy(&header, vectors.ptr, sizeof header);
    assert_int_equal(header.question_count, with.kb->question_count);
    header.question_count = 0;
    memcpy(vectors.ptr, &header, sizeof header);
    changed = fixture_kb_set_section(kb, JIEDA__SECTION_VECTORS, vectors.ptr, vectors.len);
    st = jieda_open_memory(changed.ptr, changed.len, NULL, &engine, &err);
    jieda_close(engine);
    fixture_bytes_free(&changed);
    fixture_bytes_free(&vectors);
    fixture_bytes_free(&kb);
    assert_int_equal(st, JIEDA_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_question_is_the_side_of_its_text),
        cmocka_unit_test(a_question_is_nearest_to_itself),
        cmocka_unit_test(where_questions_out_of_scope_begin),
        cmocka_unit_test(a_left_out_question_is_no_part_of_its_centre),
        cmocka_unit_test(an_entry_whose_one_wording_is_left_out_has_none),
        cmocka_unit_test(a_left_out_question_out_of_scope_is_not_met),
        cmocka_unit_test(a_crowd_is_the_mean_of_the_nearest),
        cmocka_unit_test(opposite_centres_are_no_crowd),
        cmocka_unit_test(without_a_model_nothing_is_learned),
        cmocka_unit_test(with_a_model_what_is_learned_counts),
        cmocka_unit_test(a_paraphrase_without_a_common_character_is_found),
        cmocka_unit_test(a_filter_hides_what_meaning_finds),
        cmocka_unit_test(no_question_is_ranked_twice),
        cmocka_unit_test(a_wording_word_for_word_is_answered),
        cmocka_unit_test(what_is_out_of_scope_competes),
        cmocka_unit_test(the_nearest_outside_is_there_without_a_common_character),
        cmocka_unit_test(word_for_word_out_of_scope_beats_every_entry),
        cmocka_unit_test(a_model_needs_its_vectors),
        cmocka_unit_test(vectors_of_entries_alone_need_one_wording_each),
    };

    return cmocka_run_group_tests_name("learned", tests, open_all, close_all);
}
