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

static const int8_t *vector_of(const jieda__meaning *meaning, uint32_t question)
{
    const jieda__learned *l = meaning->learned;

    return jieda__vector_of_question(&l->vectors, question, l->kb->questions[question].entry);
}

float jieda__meaning_cosine(const jieda__meaning *meaning, uint32_t question)
{
    return jieda__vector_cosine(meaning->vector, vector_of(meaning, question));
}

/* As if the question that is left out were no wording of its entry. */
static float centre_without(const jieda__meaning *meaning, const jieda__entry_row *row)
{
    int32_t sum[SIZE] = {0};
    float product = 0.0f, square = 0.0f;

    for (uint32_t i = 0; i < row->wording_count; i++) {
        uint32_t question = row->first_question + i;
        const int8_t *vector = vector_of(meaning, question);

        for (int k = 0; question != meaning->leave_out && k < SIZE; k++)
            sum[k] += vector[k];
    }
    for (int k = 0; k < SIZE; k++) {
        product += (float)sum[k] * (float)meaning->vector[k];
        square += (float)sum[k] * (float)sum[k];
    }
    return square > 0.0f ? product / (127.0f * sqrtf(square)) : 0.0f;
}

float jieda__meaning_centre(const jieda__meaning *meaning, uint32_t entry)
{
    const jieda__kb *kb = meaning->learned->kb;

    if (meaning->leave_out != JIEDA__NONE && kb->questions[meaning->leave_out].entry == entry)
        return centre_without(meaning, &kb->entries[entry]);
    return jieda__vector_cosine(meaning->vector,
                                jieda__vector_of_entry(&meaning->learned->vectors, entry));
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
