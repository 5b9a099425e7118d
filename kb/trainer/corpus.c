/*
 * corpus.c - questions and pairs of them, ready to be learned from; see trainer.h.
 *
 * Two kinds of folds. Labelled pairs from outside connect their questions, and all that is
 * connected stays together, for a pair of a neighbour would give away the answer. A knowledge
 * base's wordings fall one by one: there a visitor's words are new, but the entry's other wordings
 * are known, and that is how the model will be used.
 */
#include "trainer/trainer.h"

#include <string.h>

#define SCRATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)

uint64_t jieda__random_next(jieda__random *random)
{
    random->state += 0x9e3779b97f4a7c15ULL;
    return jieda__hash_mix(random->state);
}

size_t jieda__random_below(jieda__random *random, size_t n)
{
    return (size_t)(jieda__random_next(random) % n);
}

void jieda__corpus_init(jieda__corpus *corpus, jieda__arena *arena, const jieda__lexicon *lexicon,
                        uint64_t seed)
{
    *corpus = (jieda__corpus){.arena = arena, .lexicon = lexicon, .seed = seed};
    jieda__arena_init(&corpus->scratch, arena->alloc, SCRATCH_BYTES_MAX);
    jieda__map_init(&corpus->by_text, arena->alloc);
}

void jieda__corpus_free(jieda__corpus *corpus)
{
    jieda__arena_free(&corpus->scratch);
    jieda__map_free(&corpus->by_text);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static jieda_status pack(jieda__corpus *corpus, const jieda__side *side, jieda__train_question *q)
{
    uint32_t rows[JIEDA__SIDE_ROW_COUNT_MAX];
    size_t row_count = jieda__embedding_rows(side, rows);
    uint32_t *at;

    *q = (jieda__train_question){.raw_count = (uint8_t)side->raw.count,
                                 .canon_count = (uint8_t)side->canon.count,
                                 .sound_count = (uint8_t)side->sound.count,
                                 .row_count = (uint8_t)row_count,
                                 .question_classes = side->question_classes,
                                 .negation_count = side->negation_count,
                                 .component = (uint32_t)corpus->question_count,
                                 .fold = JIEDA__FOLD_NONE};
    q->hashes = jieda__arena_alloc(corpus->arena,
                                   (side->raw.count + side->canon.count + side->sound.count) *
                                       sizeof *q->hashes);
    q->rows = jieda__arena_alloc(corpus->arena, row_count * sizeof *q->rows);
    if (!q->hashes || !q->rows)
        return JIEDA_E_NOMEM;
    at = q->hashes;
    memcpy(at, side->raw.hash, side->raw.count * sizeof *at);
    at += side->raw.count;
    memcpy(at, side->canon.hash, side->canon.count * sizeof *at);
    at += side->canon.count;
    memcpy(at, side->sound.hash, side->sound.count * sizeof *at);
    for (size_t i = 0; i < row_count; i++)
        q->rows[i] = (uint16_t)rows[i];
    return JIEDA_OK;
}

jieda_status jieda__corpus_question(jieda__corpus *corpus, jieda_str text, uint32_t *question_out)
{
    uint64_t key = jieda__hash(JIEDA__HASH_SEED, text.ptr, text.len) | 1;
    jieda__train_question *grown;
    jieda__reading reading;
    jieda__side side;
    size_t at = 0;
    jieda_status st;

    /* 64 bits of hash are taken for the text: two that share them would be read as one. */
    if (jieda__map_next(&corpus->by_text, key, &at, question_out))
        return JIEDA_OK;
    jieda__arena_reset(&corpus->scratch);
    st = jieda__text_read(&corpus->scratch, corpus->lexicon, text, &reading);
    if (st != JIEDA_OK)
        return st;
    jieda__side_read(&side, &reading);
    grown = jieda__grow(corpus->arena, corpus->questions, corpus->question_count, sizeof *grown);
    if (!grown)
        return JIEDA_E_NOMEM;
    corpus->questions = grown;
    st = pack(corpus, &side, &grown[corpus->question_count]);
    if (st != JIEDA_OK)
        return st;
    grown[corpus->question_count].text = text;
    *question_out = (uint32_t)corpus->question_count;
    if (!jieda__map_add(&corpus->by_text, key, *question_out))
        return JIEDA_E_NOMEM;
    corpus->question_count++;
    return JIEDA_OK;
}

/* The root of a question's component; halves the path (Tarjan, van Leeuwen 1984). */
static uint32_t root_of(jieda__corpus *corpus, uint32_t question)
{
    jieda__train_question *q = corpus->questions;

    while (q[question].component != question) {
        q[question].component = q[q[question].component].component;
        question = q[question].component;
    }
    return question;
}

jieda_status jieda__corpus_pair(jieda__corpus *corpus, uint32_t a, uint32_t b, bool label,
                                bool connects)
{
    jieda__train_pair *grown =
        jieda__grow(corpus->arena, corpus->pairs, corpus->pair_count, sizeof *grown);

    if (!grown)
        return JIEDA_E_NOMEM;
    corpus->pairs = grown;
    grown[corpus->pair_count++] = (jieda__train_pair){a, b, label};
    if (connects) {
        uint32_t root_a = root_of(corpus, a), root_b = root_of(corpus, b);

        /* The smaller number is the root, whatever the order of the pairs. */
        corpus->questions[root_a < root_b ? root_b : root_a].component =
            root_a < root_b ? root_a : root_b;
    }
    return JIEDA_OK;
}

/* ---- sealing --------------------------------------------------------------------------------- */

static void count_once(uint32_t *df, uint32_t *last_in, uint32_t slot, uint32_t question)
{
    if (last_in[slot] == question + 1)
        return;
    last_in[slot] = question + 1;
    df[slot]++;
}

static jieda_status weigh_units(jieda__corpus *corpus)
{
    uint32_t *df = jieda__arena_zero(&corpus->scratch, JIEDA__IDF_COUNT, sizeof *df);
    uint32_t *last_in = jieda__arena_zero(&corpus->scratch, JIEDA__IDF_COUNT, sizeof *last_in);

    corpus->idf = jieda__arena_alloc(corpus->arena, JIEDA__IDF_COUNT);
    if (!df || !last_in || !corpus->idf)
        return JIEDA_E_NOMEM;
    for (uint32_t q = 0; q < corpus->question_count; q++) {
        const jieda__train_question *question = &corpus->questions[q];
        const uint32_t *at = question->hashes;

        for (uint32_t i = 0; i < question->raw_count; i++)
            count_once(df, last_in, jieda__idf_slot(*at++, JIEDA__IDF_RAW), q);
        for (uint32_t i = 0; i < question->canon_count; i++)
            count_once(df, last_in, jieda__idf_slot(*at++, JIEDA__IDF_CANON), q);
        for (uint32_t i = 0; i < question->sound_count; i++)
            count_once(df, last_in, jieda__idf_slot(*at++, JIEDA__IDF_SOUND), q);
    }
    for (uint32_t i = 0; i < JIEDA__IDF_COUNT; i++)
        corpus->idf[i] = jieda__idf_of(corpus->question_count, df[i]);
    return JIEDA_OK;
}

jieda_status jieda__corpus_seal(jieda__corpus *corpus)
{
    jieda__arena_reset(&corpus->scratch);
    for (uint32_t q = 0; q < corpus->question_count; q++)
        corpus->questions[q].fold =
            (uint32_t)(jieda__hash_mix(corpus->seed * 31 + root_of(corpus, q) + 1) %
                       JIEDA__FOLD_COUNT);
    return weigh_units(corpus);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const uint32_t *unpack(jieda__side_view *view, const uint32_t *hashes, uint32_t count)
{
    view->count = count;
    memcpy(view->hash, hashes, count * sizeof *hashes);
    return hashes + count;
}

void jieda__corpus_side(const jieda__corpus *corpus, uint32_t question, jieda__side *out)
{
    const jieda__train_question *q = &corpus->questions[question];
    const uint32_t *at = unpack(&out->raw, q->hashes, q->raw_count);

    at = unpack(&out->canon, at, q->canon_count);
    unpack(&out->sound, at, q->sound_count);
    out->question_classes = q->question_classes;
    out->negation_count = q->negation_count;
    jieda__side_weigh(out, corpus->idf);
}

bool jieda__pair_teaches(const jieda__corpus *corpus, const jieda__train_pair *pair, uint32_t fold)
{
    return corpus->questions[pair->a].fold != fold && corpus->questions[pair->b].fold != fold;
}

bool jieda__pair_tests(const jieda__corpus *corpus, const jieda__train_pair *pair, uint32_t fold)
{
    return corpus->questions[pair->a].fold == fold;
}
