/*
 * fuzz_model.c - a model from anywhere: it is refused, or its vectors and scores are numbers.
 *
 * Random bytes never get past the hash of the content, so the first byte of the input picks how the
 * rest is used (modulo 4):
 *
 *   0   the rest is the file itself
 *   1   the same, with magic, version, size and hash made right
 *   2   patches of a good model: offset of 3 bytes (big-endian), value
 *   3   the same, made right again
 *
 * An offset past the end counts from the start again. The good model is trained when the target
 * starts, so patches outlive a change of the format; the seed `whole` is such a file, and where the
 * format has moved on it is one more that must be refused.
 */
#include "support/kb_fixture.h"

#include "match/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODE_COUNT 4
#define PATCH_BYTES 4
#define READ_BYTES_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static const char lessons[] = "怎么绑定银行卡\t银行卡在哪里绑定\t1\n"
                              "怎么绑定银行卡\t怎么解绑银行卡\t0\n"
                              "忘了支付密码\tzhifu mima wang le\t1\n"
                              "忘了支付密码\t支付密码怎么改\t0\n"
                              "红包退到哪里\t退回的红包去哪了\t1\n"
                              "红包退到哪里\t红包不能退吗\t0\n";

/* Trains the good model from a file of a folder of its own. */
static fixture_bytes train(void)
{
    jieda_train_options options = JIEDA_TRAIN_OPTIONS_INIT;
    char folder[] = "/tmp/jieda-fixture-XXXXXX", pairs[64], out[64];
    const char *const inputs[] = {pairs};
    jieda_error err = {0};
    fixture_bytes model;
    FILE *file;

    check(mkdtemp(folder) != NULL);
    snprintf(pairs, sizeof pairs, "%s/pairs.tsv", folder);
    snprintf(out, sizeof out, "%s/model", folder);
    file = fopen(pairs, "wb");
    check(file && fputs(lessons, file) >= 0 && fclose(file) == 0);
    options.sparse_bits = JIEDA__SPARSE_BITS_MIN;
    if (jieda_train(inputs, 1, out, &options, NULL, &err) != JIEDA_OK) {
        fprintf(stderr, "the model of the target: %s\n", err.message);
        abort();
    }
    model = fixture_read_file(out);
    unlink(pairs);
    unlink(out);
    rmdir(folder);
    return model;
}

#define TEXT_COUNT 5

/* Made once; lives until the program ends, so the leak checker finds it reachable. */
typedef struct target {
    fixture_bytes model;
    fixture_lexicon base;
    jieda__side sides[TEXT_COUNT];
} target;

static const target *get_target(void)
{
    static const char *const texts[TEXT_COUNT] = {"怎么绑定银行卡", "我的红包不能退吗，zenme ban",
                                                  "why 42 of them", "", "猋骉鱻"};
    static target t;

    if (t.model.ptr)
        return &t;
    fixture_lexicon_init(&t.base);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        jieda__arena arena;
        jieda__reading reading;

        jieda__arena_init(&arena, jieda__default_allocator(), READ_BYTES_MAX);
        check(jieda__text_read(&arena, t.base.lexicon, jieda__str(texts[i]), &reading) == JIEDA_OK);
        jieda__side_read(&t.sides[i], &reading);
        jieda__arena_free(&arena);
    }
    t.model = train();
    return &t;
}

static void patch(unsigned char *bytes, size_t len, const uint8_t *data, size_t size)
{
    for (; size >= PATCH_BYTES; data += PATCH_BYTES, size -= PATCH_BYTES) {
        size_t at = (size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2];

        bytes[at % len] = data[3];
    }
}

static void make_right(unsigned char *bytes, size_t len)
{
    jieda__model_header header;

    if (len < sizeof header)
        return;
    memcpy(&header, bytes, sizeof header);
    header.magic = JIEDA__MODEL_MAGIC;
    header.text_version = JIEDA__TEXT_VERSION;
    header.bytes = len;
    memcpy(bytes, &header, sizeof header);
    header.content_hash = jieda__model_hash(bytes, len);
    memcpy(bytes, &header, sizeof header);
}

static void check_vector(const int8_t vector[JIEDA__EMBEDDING_SIZE])
{
    double square = 0;

    for (int i = 0; i < JIEDA__EMBEDDING_SIZE; i++)
        square += (double)vector[i] * vector[i];
    check(square == 0 || fabs(sqrt(square) - 127) <= 4);
}

static void use(const jieda__model *model, const target *t)
{
    int8_t vectors[TEXT_COUNT][JIEDA__EMBEDDING_SIZE];
    jieda__side sides[TEXT_COUNT];

    (void)jieda__hash(JIEDA__HASH_SEED, model->provenance.ptr,
                      model->provenance.len); /* reads it */
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        sides[i] = t->sides[i];
        jieda__side_weigh(&sides[i], model->idf);
        jieda__model_encode(model, &sides[i], vectors[i]);
        check_vector(vectors[i]);
    }
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        for (size_t k = 0; k < TEXT_COUNT; k++) {
            jieda__pair_score score;

            jieda__model_score(model, &sides[i], &sides[k],
                               jieda__vector_cosine(vectors[i], vectors[k]), &score);
            check(isfinite(score.cosine) && isfinite(score.joint) && isfinite(score.plain) &&
                  isfinite(score.stack) && score.chance >= 0.0f && score.chance <= 1.0f);
        }
    }
    for (uint32_t row = 0; row < JIEDA__EMBEDDING_ROW_COUNT; row += 61) {
        jieda__model_encode_rows(model, &row, 1, vectors[0]);
        check_vector(vectors[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const target *t = get_target();
    unsigned mode = size > 0 ? data[0] % MODE_COUNT : 0;
    jieda__model model;
    jieda_error err = {0};
    unsigned char *bytes;
    size_t len;

    if (size > 0) {
        data++;
        size--;
    }
    len = mode < 2 ? size : t->model.len;
    bytes = malloc(len ? len : 1); /* of exactly this size, aligned as a read file is */
    check(bytes != NULL);
    if (len)
        memcpy(bytes, mode < 2 ? data : t->model.ptr, len);
    if (mode >= 2)
        patch(bytes, len, data, size);
    if (mode % 2)
        make_right(bytes, len);
    if (jieda__model_load(bytes, len, &model, &err) == JIEDA_OK)
        use(&model, t);
    else
        check(err.message[0] != '\0'); /* a refusal says why */
    free(bytes);
    return 0;
}
