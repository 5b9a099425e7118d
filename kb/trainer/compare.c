/*
 * compare.c - the pair score of two texts, for who has no engine open: `jieda compare`.
 *
 * Without a model the score is the mean of three overlaps: of canonical units, of syllables, of the
 * text as written. What is rare is then learned from the texts that are to be compared, for a
 * general list of rare characters says little about a domain.
 */
#include "trainer/trainer.h"

#include <math.h>
#include <stdlib.h>

#define READ_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct jieda_comparer {
    const jieda_allocator *alloc;
    jieda__arena arena;   /* model and lexicon */
    jieda__arena scratch; /* one reading */
    jieda__kb *kb;
    jieda__compiled_lexicon base;
    const jieda__lexicon *lexicon;
    bool has_model;
    jieda__model model;
    /* without a model */
    uint32_t text_count;
    uint32_t df[JIEDA__IDF_COUNT], last_in[JIEDA__IDF_COUNT];
    uint8_t idf[JIEDA__IDF_COUNT];
    bool weighed;
};

static jieda_status open_lexicon(jieda_comparer *c, const char *kb_path, uint64_t *hash_out,
                                 jieda_error *err)
{
    jieda__diagnostics diagnostics = {0};
    jieda__source source = {0};
    jieda_status st;

    if (kb_path) {
        st = jieda__kb_open(c->alloc, kb_path, NULL, 0, &c->kb, err);
        if (st != JIEDA_OK) {
            jieda__error_source(err, kb_path);
            return st;
        }
        c->lexicon = c->kb->lexicon;
        *hash_out = strtoull(c->kb->authored_hash.ptr, NULL, 16);
        if (c->kb->model.len == 0)
            return JIEDA_OK;
        st = jieda__model_load(c->kb->model.ptr, c->kb->model.len, &c->model, err);
        c->has_model = st == JIEDA_OK;
        return st;
    }
    st = jieda__source_open(&c->arena, NULL, NULL, 0, &diagnostics, &source, err);
    if (st == JIEDA_OK)
        st = jieda__lexicon_compile(
            &(jieda__build){.alloc = c->alloc, .arena = &c->arena, .source = &source}, &c->base,
            err);
    c->lexicon = c->base.lexicon;
    *hash_out = jieda__lexicon_authored_hash(&source);
    return st;
}

jieda_status jieda_comparer_open(const char *model_path, const char *kb_path, jieda_comparer **out,
                                 jieda_error *err)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    jieda_comparer *c = jieda__alloc_zero(alloc, 1, sizeof *c);
    uint64_t lexicon_hash = 0;
    jieda_error ignored;
    jieda_status st;

    if (!err)
        err = &ignored;
    *out = NULL;
    if (!c)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    c->alloc = alloc;
    jieda__arena_init(&c->arena, alloc, SIZE_MAX / 2);
    jieda__arena_init(&c->scratch, alloc, READ_BYTES_MAX);
    st = open_lexicon(c, kb_path, &lexicon_hash, err);
    if (st == JIEDA_OK && model_path) {
        st = jieda__model_read(&c->arena, model_path, lexicon_hash,
                               "give the knowledge base it was trained for, or train it again",
                               &c->model, err);
        c->has_model = st == JIEDA_OK;
    }
    if (st != JIEDA_OK) {
        jieda_comparer_close(c);
        return st;
    }
    *out = c;
    return JIEDA_OK;
}

void jieda_comparer_close(jieda_comparer *c)
{
    if (!c)
        return;
    jieda__compiled_lexicon_free(c->alloc, &c->base);
    jieda__kb_close(c->kb);
    jieda__arena_free(&c->scratch);
    jieda__arena_free(&c->arena);
    jieda__dealloc(c->alloc, c);
}

static jieda_status read_side(jieda_comparer *c, jieda_str text, jieda__side *side,
                              jieda_error *err)
{
    jieda__reading reading;

    if (text.len > JIEDA_UTTERANCE_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "a question is longer than %u bytes",
                           JIEDA_UTTERANCE_BYTES_MAX);
    jieda__arena_reset(&c->scratch);
    if (jieda__text_read(&c->scratch, c->lexicon, text, &reading) != JIEDA_OK)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    jieda__side_read(side, &reading);
    return JIEDA_OK;
}

static void count_view(jieda_comparer *c, const jieda__side_view *view, jieda__idf_kind kind)
{
    for (uint32_t i = 0; i < view->count; i++) {
        uint32_t slot = jieda__idf_slot(view->hash[i], kind);

        if (c->last_in[slot] != c->text_count) {
            c->last_in[slot] = c->text_count;
            c->df[slot]++;
        }
    }
}

jieda_status jieda_comparer_count(jieda_comparer *c, jieda_str text, jieda_error *err)
{
    jieda__side side;
    jieda_status st = read_side(c, text, &side, err);

    if (st != JIEDA_OK)
        return st;
    c->text_count++;
    c->weighed = false;
    count_view(c, &side.raw, JIEDA__IDF_RAW);
    count_view(c, &side.canon, JIEDA__IDF_CANON);
    count_view(c, &side.sound, JIEDA__IDF_SOUND);
    return JIEDA_OK;
}

static double untrained_score(jieda_comparer *c, jieda__side *a, jieda__side *b)
{
    float ratio[JIEDA__RATIO_COUNT];

    if (!c->weighed)
        for (uint32_t i = 0; i < JIEDA__IDF_COUNT; i++)
            c->idf[i] = jieda__idf_of(c->text_count, c->df[i]);
    c->weighed = true;
    jieda__side_weigh(a, c->idf);
    jieda__side_weigh(b, c->idf);
    jieda__pair_ratios(a, b, ratio);
    return (double)(ratio[JIEDA__RATIO_CANON] + ratio[JIEDA__RATIO_SOUND] +
                    ratio[JIEDA__RATIO_RAW]) /
           3;
}

jieda_status jieda_comparer_score(jieda_comparer *c, jieda_str a, jieda_str b, double *score_out,
                                  jieda_error *err)
{
    int8_t vector_a[JIEDA__EMBEDDING_SIZE], vector_b[JIEDA__EMBEDDING_SIZE];
    jieda__side side_a, side_b;
    jieda__pair_score score;
    jieda_status st = read_side(c, a, &side_a, err);

    if (st == JIEDA_OK)
        st = read_side(c, b, &side_b, err);
    if (st != JIEDA_OK)
        return st;
    if (!c->has_model) {
        *score_out = untrained_score(c, &side_a, &side_b);
        return JIEDA_OK;
    }
    jieda__side_weigh(&side_a, c->model.idf);
    jieda__side_weigh(&side_b, c->model.idf);
    jieda__model_encode(&c->model, &side_a, vector_a);
    jieda__model_encode(&c->model, &side_b, vector_b);
    jieda__model_score(&c->model, &side_a, &side_b, jieda__vector_cosine(vector_a, vector_b),
                       &score);
    /* From the logit once more, in double: near 1 a float has no room for the order. */
    *score_out = 1 / (1 + exp(-jieda__pair_logit(&c->model, &score)));
    return JIEDA_OK;
}
