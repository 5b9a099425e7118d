/*
 * meaning.c - the learned parts, asked about one utterance; see meaning.h.
 */
#include "match/meaning.h"

#include <math.h>
#include <string.h>

#define SIZE JIEDA__EMBEDDING_SIZE

void jieda__meaning_init(jieda__meaning *meaning, const jieda__learned *learned,
                         const jieda__reading *reading, uint32_t leave_out)
{
    meaning->learned = learned && learned->present ? learned : NULL;
    meaning->leave_out = leave_out;
    if (!meaning->learned)
        return;
    jieda__side_read(&meaning->side, reading);
    jieda__side_weigh(&meaning->side, learned->model.idf);
    jieda__model_encode(&learned->model, &meaning->side, meaning->vector);
}

const int8_t *jieda__meaning_vector(const jieda__meaning *meaning, uint32_t question)
{
    const jieda__learned *l = meaning->learned;

    return jieda__vector_of_question(&l->vectors, question, l->kb->questions[question].entry);
}

float jieda__meaning_cosine(const jieda__meaning *meaning, uint32_t question)
{
    return jieda__vector_cosine(meaning->vector, jieda__meaning_vector(meaning, question));
}

/* As if the question that is left out were no wording of its entry. */
static void centre_without(const jieda__meaning *meaning, const jieda__entry_row *row,
                           int8_t centre[SIZE])
{
    int32_t sum[SIZE] = {0};
    float square = 0.0f, scale;

    for (uint32_t i = 0; i < row->wording_count; i++) {
        uint32_t question = row->first_question + i;
        const int8_t *vector = jieda__meaning_vector(meaning, question);

        for (int k = 0; question != meaning->leave_out && k < SIZE; k++)
            sum[k] += vector[k];
    }
    for (int k = 0; k < SIZE; k++)
        square += (float)sum[k] * (float)sum[k];
    scale = square > 0.0f ? 127.0f / sqrtf(square) : 0.0f;
    for (int k = 0; k < SIZE; k++)
        centre[k] = (int8_t)lrintf((float)sum[k] * scale);
}

void jieda__meaning_centre(const jieda__meaning *meaning, uint32_t entry, int8_t centre[SIZE])
{
    const jieda__kb *kb = meaning->learned->kb;

    if (meaning->leave_out != JIEDA__NONE && kb->questions[meaning->leave_out].entry == entry)
        centre_without(meaning, &kb->entries[entry], centre);
    else
        memcpy(centre, jieda__vector_of_entry(&meaning->learned->vectors, entry), SIZE);
}

static void join(jieda__crowd *crowd, int32_t product)
{
    size_t place = JIEDA__CROWD_COUNT - 1;

    if (product <= crowd->nearest[place])
        return;
    for (; place > 0 && product > crowd->nearest[place - 1]; place--)
        crowd->nearest[place] = crowd->nearest[place - 1];
    crowd->nearest[place] = product;
}

void jieda__crowds_find(const int8_t *centres, size_t count, jieda__crowd *crowds,
                        int32_t *products)
{
    memset(crowds, 0, count * sizeof *crowds);
    for (size_t i = 0; i < count; i++) {
        const int8_t *centre = centres + i * SIZE;

        /* each two once: these products are most of what a crowd costs */
        jieda__vectors_multiply(centre, centre + SIZE, count - i - 1, products);
        for (size_t k = i + 1; k < count; k++) {
            join(&crowds[i], products[k - i - 1]);
            join(&crowds[k], products[k - i - 1]);
        }
    }
}

void jieda__crowd_find(const int8_t vector[SIZE], const int8_t *centres, size_t count,
                       jieda__crowd *out, int32_t *products)
{
    memset(out, 0, sizeof *out);
    jieda__vectors_multiply(vector, centres, count, products);
    for (size_t i = 0; i < count; i++)
        join(out, products[i]);
}

float jieda__crowd_cosine(const jieda__crowd *crowd)
{
    int32_t sum = 0;

    for (size_t i = 0; i < JIEDA__CROWD_COUNT; i++)
        sum += crowd->nearest[i];
    return jieda__product_cosine(sum / (int32_t)JIEDA__CROWD_COUNT);
}

uint32_t jieda__meaning_wording(const jieda__meaning *meaning, uint32_t entry)
{
    const jieda__learned *l = meaning->learned;
    const jieda__entry_row *row = &l->kb->entries[entry];
    uint32_t first = row->first_question;
    jieda__nearest nearest;

    if (row->wording_count == 1 || l->vectors.question_count == 0)
        return row->wording_count && first != meaning->leave_out ? first : JIEDA__NONE;
    return jieda__vectors_nearest_questions(&l->vectors, meaning->vector, first,
                                            first + row->wording_count, meaning->leave_out,
                                            &nearest, 1)
               ? nearest.id
               : JIEDA__NONE;
}

size_t jieda__meaning_entries(const jieda__meaning *meaning,
                              uint32_t entries[JIEDA__MEANING_ENTRY_COUNT])
{
    jieda__nearest nearest[JIEDA__MEANING_ENTRY_COUNT];
    size_t count = jieda__vectors_nearest(&meaning->learned->vectors, meaning->vector, nearest,
                                          JIEDA__MEANING_ENTRY_COUNT);
    size_t found = 0;

    for (size_t i = 0; i < count && nearest[i].product > nearest[0].product / 2; i++)
        entries[found++] = nearest[i].id;
    return found;
}

size_t jieda__meaning_outside(const jieda__meaning *meaning,
                              uint32_t questions[JIEDA__MEANING_OUTSIDE_COUNT])
{
    const jieda__learned *l = meaning->learned;
    jieda__nearest nearest[JIEDA__MEANING_OUTSIDE_COUNT];
    /* Of a list, in which nothing is out of scope, questions have no vectors: then the range is
     * empty. */
    size_t count = jieda__vectors_nearest_questions(
        &l->vectors, meaning->vector, l->first_out_of_scope, l->vectors.question_count,
        meaning->leave_out, nearest, JIEDA__MEANING_OUTSIDE_COUNT);

    for (size_t i = 0; i < count; i++)
        questions[i] = nearest[i].id;
    return count;
}

void jieda__meaning_pair(const jieda__meaning *meaning, uint32_t question, jieda__pair_score *out)
{
    jieda__side stored;

    jieda__learned_side(meaning->learned, question, &stored);
    jieda__model_score(&meaning->learned->model, &meaning->side, &stored,
                       jieda__meaning_cosine(meaning, question), out);
}
