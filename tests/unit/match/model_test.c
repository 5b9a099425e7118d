/*
 * model_test.c - a model is read as it was written, or refused; its vectors and scores are what
 * model.h says.
 *
 * The model is trained here from made-up pairs. Damage is of three kinds: a file cut short, a bit
 * flipped, and bytes changed by somebody who makes the size and the hash right again. Whatever is
 * not refused is used, with the sanitizers watching.
 */
#include "support/kb_fixture.h"
#include "unit/trainer/lessons.h"

#include "match/model.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SIZE JIEDA__EMBEDDING_SIZE
#define READ_BYTES_MAX ((size_t)64 * 1024 * 1024)

static fixture files;
static fixture_lexicon base;
static char *bytes; /* the good model */
static size_t len;
static jieda__model model;

static int make_model(void **state)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;
    char pairs[160], path[160];
    const char *const inputs[] = {pairs};
    jieda_error err = {0};

    (void)state;
    fixture_lexicon_init(&base);
    fixture_folder(&files);
    lesson_path(&files, "pairs.tsv", pairs);
    lesson_write_pairs(&files, "pairs.tsv", 200);
    options.sparse_bits = 10;
    if (jieda_train(inputs, 1, lesson_path(&files, "model", path), &options, NULL, &err) !=
            JIEDA_OK ||
        !(bytes = read_whole(path, &len)) ||
        jieda__model_load(bytes, len, &model, &err) != JIEDA_OK)
        fail_msg("no model: %s", err.message);
    return 0;
}

static int free_model(void **state)
{
    (void)state;
    free(bytes);
    fixture_remove(&files);
    fixture_lexicon_free(&base);
    return 0;
}

static void read_side(jieda__side *side, const char *text)
{
    jieda__arena arena;
    jieda__reading reading;

    jieda__arena_init(&arena, jieda__default_allocator(), READ_BYTES_MAX);
    assert_int_equal(jieda__text_read(&arena, base.lexicon, str(text), &reading), JIEDA_OK);
    jieda__side_read(side, &reading);
    jieda__arena_free(&arena);
}

static void score_with(const jieda__model *m, const char *one, const char *other,
                       jieda__pair_score *out)
{
    int8_t vector_a[SIZE], vector_b[SIZE];
    jieda__side a, b;

    read_side(&a, one);
    read_side(&b, other);
    jieda__side_weigh(&a, m->idf);
    jieda__side_weigh(&b, m->idf);
    jieda__model_encode(m, &a, vector_a);
    jieda__model_encode(m, &b, vector_b);
    jieda__model_score(m, &a, &b, jieda__vector_cosine(vector_a, vector_b), out);
}

static double length_of(const int8_t vector[SIZE])
{
    double square = 0;

    for (int i = 0; i < SIZE; i++)
        square += (double)vector[i] * vector[i];
    return sqrt(square);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void a_trained_model_loads_and_holds_no_text_of_what_it_was_trained_on(void **state)
{
    char *text = lesson_pairs(1);
    size_t question_len = strcspn(text, "\t");

    (void)state;
    assert_int_equal(model.header->bytes, len);
    assert_int_equal(model.header->text_version, JIEDA__TEXT_VERSION);
    assert_int_equal(model.header->sparse_bits, 10);
    assert_true(model.header->row_count > 0);
    assert_true(model.provenance.len > 2 && model.provenance.ptr[0] == '{' &&
                model.provenance.ptr[model.provenance.len - 1] == '}');
    assert_true(question_len > 6);
    for (size_t i = 0; i + question_len <= len; i++)
        assert_int_not_equal(memcmp(bytes + i, text, question_len), 0);
    free(text);
}

/* Takes the load's word for it: refused with a reason, or good for use. @return whether loaded. */
static bool load_and_use(const void *data, size_t size, jieda_status *st_out)
{
    static const char *const pairs[][2] = {
        {"怎么绑定银行卡", "银行卡可以绑定吗"},
        {"", "why did my payment fail 12"},
    };
    jieda_error err = {0};
    jieda__model m;

    *st_out = jieda__model_load(data, size, &m, &err);
    if (*st_out != JIEDA_OK) {
        if ((*st_out != JIEDA_E_FORMAT && *st_out != JIEDA_E_VERSION) || err.status != *st_out ||
            !strstr(err.message, "; "))
            fail_msg("refused with %s, \"%s\"", jieda_status_name(*st_out), err.message);
        return false;
    }
    for (size_t i = 0; i < COUNT(pairs); i++) {
        jieda__pair_score score;

        score_with(&m, pairs[i][0], pairs[i][1], &score);
        if (!isfinite(score.cosine) || !isfinite(score.joint) || !isfinite(score.plain) ||
            !isfinite(score.stack) || !(score.chance >= 0.0f && score.chance <= 1.0f))
            fail_msg("a score that is no number");
    }
    return true;
}

/* A block of exactly this size, so that the address sanitizer sees one byte too many. */
static char *copy_of(size_t size)
{
    char *copy = malloc(size ? size : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, size < len ? size : len);
    return copy;
}

/* What somebody who knows the format would do. */
static void make_right(char *copy, size_t size)
{
    jieda__model_header *h = (jieda__model_header *)(void *)copy;

    h->bytes = size;
    h->content_hash = jieda__model_hash(copy, size);
}

static void a_file_cut_short_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < len; size += size < 1024 || size + 1024 > len ? 1 : 61) {
        char *copy = copy_of(size);
        jieda_status st;

        if (load_and_use(copy, size, &st))
            fail_msg("loaded after %zu of %zu bytes", size, len);
        assert_int_equal(st, JIEDA_E_FORMAT);
        if (size >= sizeof(jieda__model_header)) {
            make_right(copy, size);
            if (load_and_use(copy, size, &st))
                fail_msg("loaded after %zu of %zu bytes, made right again", size, len);
        }
        free(copy);
    }
}

static void a_file_that_goes_on_is_refused(void **state)
{
    char *copy = copy_of(len + 1);
    jieda_status st;

    (void)state;
    copy[len] = 0;
    assert_false(load_and_use(copy, len + 1, &st));
    free(copy);
}

static void a_flipped_bit_behind_the_header_is_refused(void **state)
{
    fixture_random random = fixture_random_init("a_flipped_bit_behind_the_header_is_refused");
    size_t head = sizeof(jieda__model_header);
    char *copy = copy_of(len);

    (void)state;
    for (int i = 0; i < 1500; i++) {
        size_t at = head + fixture_random_below(&random, (uint32_t)(len - head));
        char bit = (char)(1 << fixture_random_below(&random, 8));
        jieda_status st;

        copy[at] ^= bit;
        if (load_and_use(copy, len, &st))
            fail_msg("loaded with another byte %zu", at);
        assert_int_equal(st, JIEDA_E_FORMAT);
        copy[at] ^= bit;
    }
    free(copy);
}

static void a_flipped_bit_of_the_header_is_refused_or_does_no_harm(void **state)
{
    char *copy = copy_of(len);
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < 8 * sizeof(jieda__model_header); i++) {
        jieda_status st;

        copy[i / 8] ^= (char)(1 << i % 8);
        refused += !load_and_use(copy, len, &st);
        copy[i / 8] ^= (char)(1 << i % 8);
    }
    free(copy);
    assert_true(refused >= 8 * 32); /* at least all of magic, version, hash, size and counts */
}

static void what_decides_how_the_file_is_read_is_refused_when_it_is_wrong(void **state)
{
    static const struct {
        const char *name;
        size_t offset, size;
        uint64_t values[4]; /* 0 behind the last */
        jieda_status expected;
    } cases[] = {
#define FIELD(name)                                                                                \
#name, offsetof(jieda__model_header, name), sizeof(((jieda__model_header *)0)->name)
        {FIELD(magic), {1, UINT32_MAX, JIEDA__MODEL_MAGIC + 1}, JIEDA_E_FORMAT},
        {FIELD(text_version), {JIEDA__TEXT_VERSION + 1, UINT32_MAX}, JIEDA_E_VERSION},
        {FIELD(content_hash), {1, UINT64_MAX}, JIEDA_E_FORMAT},
        {FIELD(bytes), {1, 64, UINT64_MAX}, JIEDA_E_FORMAT},
        {FIELD(provenance_bytes), {UINT32_MAX, INT32_MAX, 1u << 20}, JIEDA_E_FORMAT},
        {FIELD(row_count), {1, JIEDA__EMBEDDING_ROW_COUNT + 1, UINT32_MAX}, JIEDA_E_FORMAT},
        {FIELD(sparse_bits), {9, 12, 21, UINT32_MAX}, JIEDA_E_FORMAT},
        {FIELD(stranger), {128, UINT32_MAX, 0x80000000u}, JIEDA_E_FORMAT},
        {FIELD(has_weights), {2, UINT32_MAX}, JIEDA_E_FORMAT},
        {FIELD(stack_bias), {0x7fc00000u, 0x7f800000u, 0xff800000u}, JIEDA_E_FORMAT}, /* NaN, inf */
        {FIELD(calibration_scale), {0x7fc00000u, 0x7f800000u}, JIEDA_E_FORMAT},
        {FIELD(joint), {0x7fc00000u, 0x7f800000u}, JIEDA_E_FORMAT}, /* its first ratio */
#undef FIELD
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < COUNT(cases[i].values) && cases[i].values[k]; k++) {
            char *copy = copy_of(len);
            jieda_status st;

            memcpy(copy + cases[i].offset, &cases[i].values[k], cases[i].size == 8 ? 8 : 4);
            if (load_and_use(copy, len, &st) || st != cases[i].expected)
                fail_msg("%s = %llu: %s", cases[i].name, (unsigned long long)cases[i].values[k],
                         jieda_status_name(st));
            free(copy);
        }
    }
}

/* Only the ranks, of all that follows the header, say where to read. */
static void bytes_changed_on_purpose_are_refused_or_do_no_harm(void **state)
{
    fixture_random random = fixture_random_init("bytes_changed_on_purpose");
    size_t head = sizeof(jieda__model_header);
    size_t known = (size_t)((const char *)model.known - bytes);
    size_t rows = (size_t)((const char *)model.rows - bytes);
    size_t loaded = 0;

    (void)state;
    for (int i = 0; i < 600; i++) {
        /* every other one where rows are counted */
        size_t from = i % 2 ? known : head, to = i % 2 ? rows : len;
        char *copy = copy_of(len);
        jieda_status st;

        for (uint32_t n = 1 + fixture_random_below(&random, 8); n > 0; n--)
            copy[from + fixture_random_below(&random, (uint32_t)(to - from))] =
                (char)fixture_random_next(&random);
        make_right(copy, len);
        loaded += load_and_use(copy, len, &st);
        free(copy);
    }
    assert_true(loaded > 100 && loaded < 500);
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void vectors_have_length_127(void **state)
{
    fixture_random random = fixture_random_init("vectors_have_length_127");
    int8_t vector[SIZE], again[SIZE];
    char text[64];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];
        jieda__side side;
        size_t count;

        lesson_question(text, sizeof text, i * 7, i);
        read_side(&side, text);
        jieda__model_encode(&model, &side, vector);
        if (fabs(length_of(vector) - 127) > 4) /* each of 64 components is off by at most 1/2 */
            fail_msg("\"%s\": length %f", text, length_of(vector));
        count = jieda__embedding_rows(&side, rows);
        jieda__model_encode_rows(&model, rows, count, again);
        assert_memory_equal(vector, again, SIZE);
    }
    for (size_t i = 0; i < 1000; i++) { /* known and unknown, up to as many as there can be */
        uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];
        size_t count = 1 + fixture_random_below(&random, JIEDA__SIDE_ROW_COUNT_MAX);

        for (size_t k = 0; k < count; k++)
            rows[k] = fixture_random_below(&random, JIEDA__EMBEDDING_ROW_COUNT);
        jieda__model_encode_rows(&model, rows, count, vector);
        assert_true(fabs(length_of(vector) - 127) <= 4);
        assert_true(fabsf(jieda__vector_cosine(vector, vector) - 1.0f) < 0.07f);
    }
}

static void nothing_is_the_zero_vector(void **state)
{
    int8_t vector[SIZE];
    jieda__pair_score score;
    jieda__side side;

    (void)state;
    read_side(&side, " ？ ");
    memset(vector, 1, sizeof vector);
    jieda__model_encode(&model, &side, vector);
    assert_true(length_of(vector) == 0);
    score_with(&model, "", "", &score);
    assert_true(score.cosine == 0.0f && score.chance >= 0.0f && score.chance <= 1.0f);
}

static bool is_known(uint32_t row)
{
    return model.known[row / 64] >> (row % 64) & 1;
}

static void rows_never_seen_are_told_apart(void **state)
{
    static int8_t vectors[400][SIZE];
    size_t count = 0;

    (void)state;
    assert_true(model.header->stranger > 0);
    for (uint32_t row = 0; row < JIEDA__EMBEDDING_ROW_COUNT && count < COUNT(vectors); row += 17)
        if (!is_known(row))
            jieda__model_encode_rows(&model, &row, 1, vectors[count++]);
    assert_int_equal(count, COUNT(vectors));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) /* random signs: five deviations of 64 coins */
            assert_true(fabsf(jieda__vector_cosine(vectors[i], vectors[k])) < 0.75f);
}

static void rows_learned_are_where_they_were_put(void **state)
{
    uint32_t seen = 0;

    (void)state;
    for (uint32_t row = 0; row < JIEDA__EMBEDDING_ROW_COUNT; row++) {
        const int8_t *stored = model.rows + (size_t)seen * SIZE;
        int8_t vector[SIZE];
        double product = 0;

        if (!is_known(row))
            continue;
        jieda__model_encode_rows(&model, &row, 1, vector);
        for (int i = 0; i < SIZE; i++)
            product += (double)vector[i] * stored[i];
        if (length_of(stored) > 10) /* the same direction, but for rounding */
            assert_true(product / (length_of(vector) * length_of(stored)) > 0.98);
        seen++;
    }
    assert_int_equal(seen, model.header->row_count);
}

/* ---- scores ---------------------------------------------------------------------------------- */

static void scores_do_not_ask_which_text_comes_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < 60; i++) {
        jieda__pair_score score, swapped;
        char a[64], b[64];

        lesson_question(a, sizeof a, i, i);
        lesson_question(b, sizeof b, i + i % 3, i + 1);
        score_with(&model, a, b, &score);
        score_with(&model, b, a, &swapped);
        assert_true(score.cosine == swapped.cosine);
        assert_true(fabsf(score.joint - swapped.joint) < 1e-3f);
        assert_true(fabsf(score.stack - swapped.stack) < 1e-3f);
        assert_true(fabsf(score.chance - swapped.chance) < 1e-4f);
    }
}

static void the_chance_is_the_logistic_of_its_logit(void **state)
{
    (void)state;
    for (size_t i = 0; i < 60; i++) {
        jieda__pair_score score;
        char a[64], b[64];

        lesson_question(a, sizeof a, i, i);
        lesson_question(b, sizeof b, i + i % 3, i + 1);
        score_with(&model, a, b, &score);
        assert_true(fabs((double)score.chance - 1 / (1 + exp(-jieda__pair_logit(&model, &score)))) <
                    1e-5);
    }
}

/* On the very words it learned from: another wording is nearer than another operation. */
static void what_was_learned_shows(void **state)
{
    size_t right = 0, count = 0;

    (void)state;
    for (size_t i = 0; i < 50; i++, count++) {
        jieda__pair_score same, other;
        char a[64], b[64], c[64];

        lesson_question(a, sizeof a, i * 7, i);
        lesson_question(b, sizeof b, i * 7, i + 1);
        lesson_question(c, sizeof c, i * 7 + 2, i + 1);
        score_with(&model, a, b, &same);
        score_with(&model, a, c, &other);
        right += same.chance > other.chance;
    }
    assert_true(right * 10 >= count * 9);
}

/* ---- weights --------------------------------------------------------------------------------- */

static void what_is_rarer_weighs_more(void **state)
{
    static const size_t counts[] = {0, 1, 10, 1000, 1000000};

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++)
        for (uint32_t df = 1; df <= counts[i] && df < 3000; df++)
            assert_true(jieda__idf_of(counts[i], df) <= jieda__idf_of(counts[i], df - 1));
    assert_true(jieda__idf_of(1000000, 0) > jieda__idf_of(1000000, 1000));
    assert_true(jieda__idf_of(1000000, 1000) > jieda__idf_of(1000000, 900000));
    assert_int_equal(jieda__idf_of(1, 0), lrint(log(4.0) * 16)); /* 1 + 1.5 / 0.5 */
}

static void each_view_has_weights_of_its_own(void **state)
{
    size_t shared = 0;

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t hash = (uint32_t)jieda__hash_mix(i);
        uint32_t raw = jieda__idf_slot(hash, JIEDA__IDF_RAW);
        uint32_t canon = jieda__idf_slot(hash, JIEDA__IDF_CANON);
        uint32_t sound = jieda__idf_slot(hash, JIEDA__IDF_SOUND);

        assert_true(raw < JIEDA__IDF_COUNT && canon < JIEDA__IDF_COUNT && sound < JIEDA__IDF_COUNT);
        shared += raw == canon || raw == sound || canon == sound;
    }
    assert_true(shared <= 5);
}

static void a_side_weighs_what_its_units_do(void **state)
{
    jieda__side side;

    (void)state;
    read_side(&side, "怎么绑定银行卡，请问 iPhone15 可以吗");
    jieda__side_weigh(&side, model.idf);
    for (int v = 0; v < 3; v++) {
        const jieda__side_view *view = v == 0 ? &side.raw : v == 1 ? &side.canon : &side.sound;
        float mass = 0.0f;

        for (uint32_t i = 0; i < view->count; i++) {
            assert_true(view->weight[i] ==
                        (float)model.idf[jieda__idf_slot(view->hash[i],
                                                         (jieda__idf_kind)(JIEDA__IDF_RAW + v))] *
                            JIEDA__IDF_STEP);
            mass += view->weight[i];
        }
        assert_true(view->count > 0 && mass > 0.0f && fabsf(view->mass - mass) < 1e-3f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trained_model_loads_and_holds_no_text_of_what_it_was_trained_on),
        cmocka_unit_test(a_file_cut_short_is_refused),
        cmocka_unit_test(a_file_that_goes_on_is_refused),
        cmocka_unit_test(a_flipped_bit_behind_the_header_is_refused),
        cmocka_unit_test(a_flipped_bit_of_the_header_is_refused_or_does_no_harm),
        cmocka_unit_test(what_decides_how_the_file_is_read_is_refused_when_it_is_wrong),
        cmocka_unit_test(bytes_changed_on_purpose_are_refused_or_do_no_harm),
        cmocka_unit_test(vectors_have_length_127),
        cmocka_unit_test(nothing_is_the_zero_vector),
        cmocka_unit_test(rows_never_seen_are_told_apart),
        cmocka_unit_test(rows_learned_are_where_they_were_put),
        cmocka_unit_test(scores_do_not_ask_which_text_comes_first),
        cmocka_unit_test(the_chance_is_the_logistic_of_its_logit),
        cmocka_unit_test(what_was_learned_shows),
        cmocka_unit_test(what_is_rarer_weighs_more),
        cmocka_unit_test(each_view_has_weights_of_its_own),
        cmocka_unit_test(a_side_weighs_what_its_units_do),
    };

    return cmocka_run_group_tests(tests, make_model, free_model);
}
