/*
 * vectors_test.c - inner products and the entries nearest to a vector.
 *
 * Products must be those of a plain loop whichever kernel the processor has, and a search without
 * clusters must be that of brute force, ties included. Sections are made by hand where all of them
 * is looked at, and by the builder where clusters matter: there each stored vector must be found,
 * and every entry stand in one place, in the cluster that is nearest to it. What is damaged is
 * refused; what cannot be told from a good one may answer wrongly, but from inside the section.
 */
#include "fixture.h"

#include "match/model.h"
#include "match/vectors.h"
#include "support/kb_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SIZE ((size_t)JIEDA__EMBEDDING_SIZE)
#define ARENA_BYTES ((size_t)256 * 1024 * 1024)

static fixture_random rnd;

static int seed(void **state)
{
    (void)state;
    rnd = fixture_random_init("vectors_test");
    return 0;
}

static int8_t any_component(void)
{
    return (int8_t)((int)fixture_random_below(&rnd, 255) - 127);
}

static void fill(int8_t *rows, size_t count)
{
    for (size_t i = 0; i < count * SIZE; i++)
        rows[i] = any_component();
}

static int32_t product_of(const int8_t *a, const int8_t *b)
{
    int32_t sum = 0;

    for (size_t i = 0; i < SIZE; i++)
        sum += (int32_t)a[i] * b[i];
    return sum;
}

/* ---- products -------------------------------------------------------------------------------- */

/* Blocks of exactly their size, so that the address sanitizer sees one row too many. */
static void check_products(const int8_t *vector, const int8_t *rows, size_t count)
{
    int32_t *products = malloc((count + 1) * sizeof *products);
    int8_t *copy = malloc(count ? count * SIZE : 1), *one = malloc(SIZE);

    assert_true(products && copy && one);
    memcpy(one, vector, SIZE);
    if (count > 0)
        memcpy(copy, rows, count * SIZE);
    products[count] = 4711; /* must stay */
    jieda__vectors_multiply(one, copy, count, products);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(products[i], product_of(vector, rows + i * SIZE));
    assert_int_equal(products[count], 4711);
    free(products);
    free(copy);
    free(one);
}

static void products_are_those_of_a_plain_loop(void **state)
{
    static const size_t counts[] = {0, 1, 2, 7, 8, 255, 256, 257};
    static int8_t rows[257 * JIEDA__EMBEDDING_SIZE];
    int8_t vector[JIEDA__EMBEDDING_SIZE];

    (void)state;
    for (int round = 0; round < 20; round++) {
        fill(vector, 1);
        fill(rows, 257);
        for (size_t i = 0; i < COUNT(counts); i++)
            check_products(vector, rows, counts[i]);
    }
}

static void extremes_do_not_overflow(void **state)
{
    /* -128 is in no good file, but a damaged one may hold it */
    static const int8_t extremes[] = {127, -127, -128, 0, 1, -1};
    static int8_t rows[COUNT(extremes) * JIEDA__EMBEDDING_SIZE];
    int8_t vector[JIEDA__EMBEDDING_SIZE];
    int32_t product;

    (void)state;
    for (size_t r = 0; r < COUNT(extremes); r++)
        memset(rows + r * SIZE, extremes[r], SIZE);
    for (size_t r = 0; r < COUNT(extremes); r++) {
        memset(vector, extremes[r], SIZE);
        check_products(vector, rows, COUNT(extremes));
        for (size_t i = 1; i < SIZE; i += 2)
            vector[i] = (int8_t)(127 - 254 * (i % 4 == 1)); /* signs that alternate */
        check_products(vector, rows, COUNT(extremes));
    }
    memset(vector, -127, SIZE);
    jieda__vectors_multiply(vector, rows, 1, &product);
    assert_int_equal(product, -127 * 127 * (int32_t)SIZE);
}

static void cosines_stay_within_one(void **state)
{
    (void)state;
    assert_true(jieda__product_cosine(127 * 127) == 1.0f);
    assert_true(jieda__product_cosine(-127 * 127) == -1.0f);
    assert_true(jieda__product_cosine(0) == 0.0f);
    assert_true(jieda__product_cosine(127 * 127 + 300) == 1.0f);
    assert_true(jieda__product_cosine(-127 * 127 - 300) == -1.0f);
}

/* ---- sections by hand ------------------------------------------------------------------------ */

/* A section's bytes and where its parts begin. */
typedef struct section {
    char *bytes;
    size_t len;
    size_t cluster_first, entries, places, by_place;
} section;

static size_t padded(size_t len)
{
    return (len + JIEDA__VECTOR_ALIGN - 1) / JIEDA__VECTOR_ALIGN * JIEDA__VECTOR_ALIGN;
}

static uint32_t number_at(const section *s, size_t part, size_t i)
{
    uint32_t number;

    memcpy(&number, s->bytes + part + i * sizeof number, sizeof number);
    return number;
}

static void set_number(section *s, size_t part, size_t i, uint32_t number)
{
    memcpy(s->bytes + part + i * sizeof number, &number, sizeof number);
}

/* Random vectors in a random order of places; clusters of about the same size. */
static section make_section(jieda__vectors_header h)
{
    section s = {.cluster_first = padded(sizeof h) + padded(h.cluster_count * SIZE)};

    s.entries = s.cluster_first + padded((h.cluster_count + 1) * sizeof(uint32_t));
    s.places = s.entries + padded(h.entry_count * sizeof(uint32_t));
    s.by_place = s.places + padded(h.entry_count * sizeof(uint32_t));
    s.len = s.by_place + (h.entry_count + h.question_count) * SIZE;
    s.bytes = calloc(1, s.len);
    assert_non_null(s.bytes);
    memcpy(s.bytes, &h, sizeof h);
    fill((int8_t *)s.bytes + padded(sizeof h), h.cluster_count);
    for (uint32_t i = 0; i <= h.cluster_count && h.cluster_count > 0; i++)
        set_number(&s, s.cluster_first, i,
                   (uint32_t)((uint64_t)h.entry_count * i / h.cluster_count));
    for (uint32_t i = 0; i < h.entry_count; i++) {
        uint32_t other = fixture_random_below(&rnd, i + 1);

        set_number(&s, s.entries, i, number_at(&s, s.entries, other));
        set_number(&s, s.entries, other, i);
    }
    for (uint32_t i = 0; i < h.entry_count; i++)
        set_number(&s, s.places, number_at(&s, s.entries, i), i);
    fill((int8_t *)s.bytes + s.by_place, h.entry_count + h.question_count);
    return s;
}

static jieda__vectors load(const section *s)
{
    jieda__vectors_header h;
    jieda__vectors v;
    jieda_error err = {0};

    memcpy(&h, s->bytes, sizeof h);
    if (jieda__vectors_load(s->bytes, s->len, h.entry_count, h.question_count, &v, &err) !=
        JIEDA_OK)
        fail_msg("%s", err.message);
    return v;
}

/* ---- search without clusters ----------------------------------------------------------------- */

static int best_first(const void *left, const void *right)
{
    const jieda__nearest *a = left, *b = right;

    if (a->product != b->product)
        return a->product > b->product ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* All entries, best first. */
static jieda__nearest *search_all(const jieda__vectors *v, const int8_t *vector)
{
    jieda__nearest *all = malloc((v->entry_count + 1) * sizeof *all);

    assert_non_null(all);
    for (uint32_t e = 0; e < v->entry_count; e++)
        all[e] = (jieda__nearest){e, product_of(vector, jieda__vector_of_entry(v, e))};
    qsort(all, v->entry_count, sizeof *all, best_first);
    return all;
}

static void check_search(const jieda__vectors *v, const int8_t *vector)
{
    static const size_t maxima[] = {0, 1, 2, 31, 32, 33, 1000};
    jieda__nearest *all = search_all(v, vector);

    for (size_t m = 0; m < COUNT(maxima); m++) {
        size_t max = maxima[m];
        size_t bound = max < JIEDA__NEAREST_COUNT_MAX ? max : JIEDA__NEAREST_COUNT_MAX;
        size_t wanted = bound < v->entry_count ? bound : v->entry_count;
        jieda__nearest *found = malloc((max + 1) * sizeof *found);

        assert_non_null(found);
        assert_int_equal(jieda__vectors_nearest(v, vector, found, max), wanted);
        for (size_t i = 0; i < wanted; i++) {
            assert_int_equal(found[i].id, all[i].id);
            assert_int_equal(found[i].product, all[i].product);
        }
        free(found);
    }
    free(all);
}

static void a_search_is_that_of_brute_force(void **state)
{
    static const uint32_t counts[] = {0, 1, 2, 31, 32, 33, 255, 256, 257, 1000};
    int8_t vector[JIEDA__EMBEDDING_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        section s = make_section((jieda__vectors_header){.entry_count = counts[i]});
        jieda__vectors v = load(&s);

        for (int round = 0; round < 5; round++) {
            fill(vector, 1);
            check_search(&v, vector);
        }
        free(s.bytes);
    }
}

/* Many of one product: copies of three vectors, and a vector that is nothing to any. */
static void ties_go_to_the_smaller_entry(void **state)
{
    section s = make_section((jieda__vectors_header){.entry_count = 700});
    int8_t *rows = (int8_t *)s.bytes + s.by_place, zero[JIEDA__EMBEDDING_SIZE] = {0};
    jieda__vectors v;

    (void)state;
    for (size_t i = 3; i < 700; i++)
        memcpy(rows + i * SIZE, rows + i % 3 * SIZE, SIZE);
    v = load(&s);
    for (size_t i = 0; i < 3; i++)
        check_search(&v, rows + i * SIZE);
    check_search(&v, zero);
    free(s.bytes);
}

static void a_question_without_a_vector_of_its_own_has_its_entrys(void **state)
{
    section each = make_section((jieda__vectors_header){.entry_count = 5});
    section own = make_section((jieda__vectors_header){.entry_count = 5, .question_count = 8});
    jieda__vectors v = load(&each), w = load(&own);

    (void)state;
    assert_ptr_equal(jieda__vector_of_question(&v, 7, 3), jieda__vector_of_entry(&v, 3));
    assert_ptr_equal(jieda__vector_of_question(&w, 7, 3), w.by_question + 7 * SIZE);
    assert_ptr_equal(jieda__vector_of_question(&w, 7, JIEDA__NONE), w.by_question + 7 * SIZE);
    assert_ptr_equal(w.by_question, w.by_place + 5 * SIZE);
    free(each.bytes);
    free(own.bytes);
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Loads `len` bytes from a block of just that size, and searches what was not refused. */
static jieda_status try_load(const section *s, size_t len, uint32_t entry_count,
                             uint32_t question_count)
{
    char *copy = malloc(len ? len : 1);
    jieda__nearest found[JIEDA__NEAREST_COUNT_MAX];
    int8_t vector[JIEDA__EMBEDDING_SIZE];
    jieda__vectors v;
    jieda_error err = {0};
    jieda_status st;

    assert_non_null(copy);
    memcpy(copy, s->bytes, len);
    st = jieda__vectors_load(copy, len, entry_count, question_count, &v, &err);
    if (st == JIEDA_OK) {
        size_t count;

        fill(vector, 1);
        count = jieda__vectors_nearest(&v, vector, found, JIEDA__NEAREST_COUNT_MAX);
        for (size_t i = 0; i < count; i++)
            assert_true(found[i].id < entry_count);
        for (uint32_t e = 0; e < entry_count; e++)
            (void)product_of(vector, jieda__vector_of_entry(&v, e));
    } else {
        assert_int_equal(st, JIEDA_E_FORMAT);
        assert_true(strstr(err.message, "vectors") != NULL);
    }
    free(copy);
    return st;
}

static const jieda__vectors_header shapes[] = {
    {40, 0, 0, 0}, {40, 50, 0, 0}, {40, 50, 3, 0}, {40, 0, 40, 0}, {1, 1, 1, 0},
};

static void every_truncation_is_refused(void **state)
{
    jieda__vectors v;
    jieda_error err = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        uint32_t entries = shapes[i].entry_count, questions = shapes[i].question_count;
        section s = make_section(shapes[i]);

        for (size_t len = 0; len < s.len; len++)
            if (try_load(&s, len, entries, questions) == JIEDA_OK)
                fail_msg("shape %zu: %zu of %zu bytes are taken", i, len, s.len);
        assert_int_equal(try_load(&s, s.len, entries, questions), JIEDA_OK);
        free(s.bytes);
    }
    assert_int_equal(jieda__vectors_load(NULL, 0, 0, 0, &v, &err), JIEDA_E_FORMAT);
}

static void a_header_of_other_counts_is_refused(void **state)
{
    static const uint32_t wrong[] = {0, 1, 39, 41, 49, 51, 0x7fffffff, 0x80000000, UINT32_MAX};
    static const uint32_t clusters[] = {JIEDA__CLUSTER_COUNT_MAX + 1, 0x01000000, 0x04000000,
                                        UINT32_MAX - 1, UINT32_MAX};
    section s = make_section(shapes[2]);

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(try_load(&s, s.len, wrong[i], 50), JIEDA_E_FORMAT);
        assert_int_equal(try_load(&s, s.len, 40, wrong[i]), JIEDA_E_FORMAT);
        set_number(&s, 0, 0, wrong[i]);
        assert_int_equal(try_load(&s, s.len, 40, 50), JIEDA_E_FORMAT);
        assert_int_equal(try_load(&s, s.len, wrong[i], 50), JIEDA_E_FORMAT);
        set_number(&s, 0, 0, 40);
    }
    for (size_t i = 0; i < COUNT(clusters); i++) {
        set_number(&s, 0, 2, clusters[i]);
        assert_int_equal(try_load(&s, s.len, 40, 50), JIEDA_E_FORMAT);
    }
    free(s.bytes);
}

static void places_that_contradict_are_refused(void **state)
{
    section s = make_section(shapes[2]);
    const size_t parts[] = {s.entries, s.places};

    (void)state;
    for (size_t part = 0; part < COUNT(parts); part++) {
        for (size_t i = 0; i < 40; i++) {
            uint32_t good = number_at(&s, parts[part], i);
            const uint32_t wrong[] = {good + 1, good - 1, 40, good ^ 0x80000000, UINT32_MAX};

            for (size_t k = 0; k < COUNT(wrong); k++) {
                set_number(&s, parts[part], i, wrong[k]);
                assert_int_equal(try_load(&s, s.len, 40, 50), JIEDA_E_FORMAT);
            }
            set_number(&s, parts[part], i, good);
        }
    }
    free(s.bytes);
}

static void clusters_that_do_not_ascend_to_the_end_are_refused(void **state)
{
    static const uint32_t wrong[][4] = {
        {1, 13, 26, 40}, {0, 13, 26, 39}, {0, 13, 26, 41},         {0, 26, 13, 40},
        {0, 41, 41, 40}, {0, 13, 26, 0},  {0, UINT32_MAX, 26, 40}, {UINT32_MAX, 13, 26, 40},
    };
    section s = make_section(shapes[2]);

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        for (size_t k = 0; k < 4; k++)
            set_number(&s, s.cluster_first, k, wrong[i][k]);
        assert_int_equal(try_load(&s, s.len, 40, 50), JIEDA_E_FORMAT);
    }
    for (size_t k = 0; k < 4; k++) /* all in the last: odd, but sound */
        set_number(&s, s.cluster_first, k, k < 3 ? 0 : 40);
    assert_int_equal(try_load(&s, s.len, 40, 50), JIEDA_OK);
    free(s.bytes);
}

static void no_flipped_bit_reads_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        section s = make_section(shapes[i]);

        for (size_t bit = 0; bit < s.by_place * 8; bit++) {
            s.bytes[bit / 8] = (char)(s.bytes[bit / 8] ^ 1 << bit % 8);
            (void)try_load(&s, s.len, shapes[i].entry_count, shapes[i].question_count);
            s.bytes[bit / 8] = (char)(s.bytes[bit / 8] ^ 1 << bit % 8);
        }
        free(s.bytes);
    }
}

/* ---- sections of the builder ----------------------------------------------------------------- */

/* A model that training never touched: every row is a stranger, so texts lie as their characters
 * let them. What vectors are made of is all there is of it. */
static const jieda__model_header no_lessons = {.stranger = 16};
static const uint64_t none_known[JIEDA__EMBEDDING_ROW_COUNT / 64];
static const uint32_t none_before[JIEDA__EMBEDDING_ROW_COUNT / 64];
static const jieda__model model = {.header = &no_lessons, .known = none_known, .rank = none_before};

/* One of 20,000 topics, its first three characters, and three of its own. */
static void write_text(char *out, size_t size, uint32_t number)
{
    uint64_t topic = jieda__hash_mix(number % 20000 + 1), own = jieda__hash_mix(number + 1000000);
    jieda__buf buf;

    jieda__buf_init(&buf, jieda__default_allocator(), size);
    for (int i = 0; i < 6; i++) {
        uint32_t cp = 0x4e00 + (uint32_t)((i < 3 ? topic : own) >> (i % 3 * 16) & 0xfff);
        const char utf8[] = {(char)(0xe0 | cp >> 12), (char)(0x80 | (cp >> 6 & 0x3f)),
                             (char)(0x80 | (cp & 0x3f))};

        jieda__buf_append(&buf, utf8, sizeof utf8);
    }
    assert_true(buf.status == JIEDA_OK && buf.len < size);
    memcpy(out, buf.ptr, buf.len);
    out[buf.len] = '\0';
    jieda__buf_free(&buf);
}

/* Questions as the compiler lists them, read and handed to the builder. */
static section build(jieda__built_question *questions, uint32_t question_count,
                     uint32_t entry_count)
{
    jieda__arena arena, scratch;
    jieda__build job = {.alloc = jieda__default_allocator(), .arena = &arena};
    jieda__built_index index = {
        .questions = questions, .question_count = question_count, .entry_count = entry_count};
    jieda__vectors_builder *builder = jieda__vectors_builder_new(&job, &model, &index);
    fixture_lexicon base;
    jieda__blob blob = {0};
    jieda_error err = {0};
    section s;

    assert_non_null(builder);
    fixture_lexicon_init(&base);
    jieda__arena_init(&arena, job.alloc, ARENA_BYTES);
    jieda__arena_init(&scratch, job.alloc, ARENA_BYTES);
    for (uint32_t q = 0; q < question_count; q++) {
        jieda__reading reading;
        char text[32];

        write_text(text, sizeof text, q);
        assert_int_equal(jieda__text_read(&scratch, base.lexicon, jieda__str(text), &reading),
                         JIEDA_OK);
        jieda__vectors_add(builder, q, &reading);
        jieda__arena_reset(&scratch);
    }
    if (jieda__vectors_finish(builder, &blob, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    s = (section){.bytes = malloc(blob.len), .len = blob.len};
    assert_non_null(s.bytes);
    memcpy(s.bytes, blob.bytes, blob.len);
    jieda__blob_free(job.alloc, &blob);
    jieda__vectors_builder_free(builder);
    fixture_lexicon_free(&base);
    jieda__arena_free(&scratch);
    jieda__arena_free(&arena);
    return s;
}

/* Each question the one wording of its entry. */
static section build_list(uint32_t count)
{
    jieda__built_question *questions = calloc(count, sizeof *questions);
    section s;

    assert_non_null(questions);
    for (uint32_t q = 0; q < count; q++)
        questions[q].entry = q;
    s = build(questions, count, count);
    free(questions);
    return s;
}

static void check_clusters(const jieda__vectors *v)
{
    int32_t products[JIEDA__CLUSTER_COUNT_MAX];
    bool *seen = calloc(v->entry_count, sizeof *seen);

    assert_non_null(seen);
    assert_int_equal(v->cluster_first[0], 0);
    assert_int_equal(v->cluster_first[v->cluster_count], v->entry_count);
    for (uint32_t c = 0; c < v->cluster_count; c++) {
        for (uint32_t at = v->cluster_first[c]; at < v->cluster_first[c + 1]; at++) {
            uint32_t entry = v->entries[at];

            assert_true(entry < v->entry_count && !seen[entry]);
            seen[entry] = true;
            assert_int_equal(v->places[entry], at);
            if (at > v->cluster_first[c])
                assert_true(entry > v->entries[at - 1]);
            jieda__vectors_multiply(v->by_place + at * SIZE, v->centroids, v->cluster_count,
                                    products);
            for (uint32_t i = 0; i < v->cluster_count; i++)
                assert_true(products[i] <= products[c]);
        }
    }
    free(seen);
}

/* More than are compared one by one. */
static void every_clustered_vector_finds_itself(void **state)
{
    const uint32_t count = JIEDA__UNCLUSTERED_COUNT_MAX + 500, step = 7;
    section s = build_list(count);
    jieda__nearest found[JIEDA__NEAREST_COUNT_MAX];
    uint32_t asked = 0, best_of_all = 0;
    jieda__vectors v;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda__vectors_load(s.bytes, s.len, count, count, &v, &err), JIEDA_OK);
    assert_in_range(v.cluster_count, 2, JIEDA__CLUSTER_COUNT_MAX);
    check_clusters(&v);
    for (uint32_t e = 0; e < count; e += step, asked++) {
        const int8_t *own = jieda__vector_of_entry(&v, e);
        size_t n = jieda__vectors_nearest(&v, own, found, JIEDA__NEAREST_COUNT_MAX);

        assert_int_equal(n, JIEDA__NEAREST_COUNT_MAX);
        for (size_t i = 1; i < n; i++)
            assert_true(best_first(&found[i - 1], &found[i]) < 0);
        /* another may be its equal: then the smaller comes first */
        if (found[0].id != e && memcmp(jieda__vector_of_entry(&v, found[0].id), own, SIZE) != 0)
            fail_msg("entry %u finds %u, whose product is %d", e, found[0].id, found[0].product);
        assert_true(found[0].id <= e);
    }
    /* And of the second best, which few clusters may hide, most are the true ones. */
    for (uint32_t e = 0; e < count; e += count / 50) {
        const int8_t *own = jieda__vector_of_entry(&v, e);
        jieda__nearest *all = search_all(&v, own);

        jieda__vectors_nearest(&v, own, found, 2);
        best_of_all += found[1].product == all[1].product;
        free(all);
    }
    print_message("%u entries in %u clusters: %u of %u find themselves, %u of 51 the next\n", count,
                  v.cluster_count, asked, asked, best_of_all);
    assert_true(best_of_all >= 40);
    free(s.bytes);
}

static void few_entries_are_not_clustered(void **state)
{
    section s = build_list(300), again = build_list(300);
    jieda__vectors v;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda__vectors_load(s.bytes, s.len, 300, 300, &v, &err), JIEDA_OK);
    assert_int_equal(v.cluster_count, 0);
    assert_int_equal(v.question_count, 0);
    for (uint32_t e = 0; e < 300; e++) {
        assert_int_equal(v.entries[e], e);
        check_search(&v, jieda__vector_of_entry(&v, e));
    }
    assert_int_equal(again.len, s.len);
    assert_memory_equal(again.bytes, s.bytes, s.len);
    free(s.bytes);
    free(again.bytes);
}

/* Entry 0: one wording, 1: three, 2: none; then a not[] question of entry 0, and one out of scope:
 * neither makes part of a mean. */
static void an_entry_is_the_mean_of_its_wordings(void **state)
{
    jieda__built_question questions[] = {
        {.entry = 0},
        {.entry = 1},
        {.entry = 1},
        {.entry = 1},
        {.entry = 0, .kind = JIEDA__QUESTION_NOT},
        {.entry = JIEDA__NONE, .kind = JIEDA__QUESTION_OUT_OF_SCOPE},
    };
    static const int8_t zero[JIEDA__EMBEDDING_SIZE];
    section s = build(questions, COUNT(questions), 3);
    double square = 0.0, product = 0.0, length = 0.0;
    const int8_t *mean;
    jieda__vectors v;
    jieda_error err = {0};

    (void)state;
    assert_int_equal(jieda__vectors_load(s.bytes, s.len, 3, COUNT(questions), &v, &err), JIEDA_OK);
    assert_int_equal(v.question_count, COUNT(questions));
    assert_true(product_of(jieda__vector_of_entry(&v, 0), v.by_question) > 126 * 126);
    assert_memory_equal(jieda__vector_of_entry(&v, 2), zero, SIZE);
    mean = jieda__vector_of_entry(&v, 1);
    for (size_t i = 0; i < SIZE; i++) {
        int sum =
            v.by_question[SIZE + i] + v.by_question[2 * SIZE + i] + v.by_question[3 * SIZE + i];

        square += (double)sum * sum;
        length += (double)mean[i] * mean[i];
        product += (double)sum * mean[i];
    }
    assert_true(product * product > 0.998 * square * length && product > 0.0);
    assert_true(length > 124.0 * 124.0 && length < 130.0 * 130.0);
    free(s.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_those_of_a_plain_loop),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(cosines_stay_within_one),
        cmocka_unit_test(a_search_is_that_of_brute_force),
        cmocka_unit_test(ties_go_to_the_smaller_entry),
        cmocka_unit_test(a_question_without_a_vector_of_its_own_has_its_entrys),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_header_of_other_counts_is_refused),
        cmocka_unit_test(places_that_contradict_are_refused),
        cmocka_unit_test(clusters_that_do_not_ascend_to_the_end_are_refused),
        cmocka_unit_test(no_flipped_bit_reads_outside),
        cmocka_unit_test(every_clustered_vector_finds_itself),
        cmocka_unit_test(few_entries_are_not_clustered),
        cmocka_unit_test(an_entry_is_the_mean_of_its_wordings),
    };

    return cmocka_run_group_tests_name("vectors", tests, seed, NULL);
}
