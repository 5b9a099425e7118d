/*
 * meaning.c - the learned parts, asked about one utterance; see meaning.h.
 */
#include "match/meaning.h"

#include <math.h>
#include <string.h>

#define SIZE JIEDA__EMBEDDING_SIZE
/* Wordings multiplied at a time. */
#define BLOCK 128u

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
    uint32_t best = JIEDA__NONE;
    int32_t best_product = 0, products[BLOCK];

    if (row->wording_count == 1 || l->vectors.question_count == 0)
        return row->wording_count && row->first_question != meaning->leave_out ? row->first_question
                                                                               : JIEDA__NONE;
    for (uint32_t at = 0; at < row->wording_count; at += BLOCK) {
        uint32_t count = row->wording_count - at < BLOCK ? row->wording_count - at : BLOCK;

        jieda__vectors_multiply(meaning->vector,
                                l->vectors.by_question + (size_t)(row->first_question + at) * SIZE,
                                count, products);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t question = row->first_question + at + i;

            if (question != meaning->leave_out &&
                (best == JIEDA__NONE || products[i] > best_product)) {
                best = question;
                best_product = products[i];
            }
        }
    }
    return best;
}

size_t jieda__meaning_entries(const jieda__meaning *meaning,
                              uint32_t entries[JIEDA__MEANING_ENTRY_COUNT])
{
    jieda__nearest nearest[JIEDA__MEANING_ENTRY_COUNT];
    size_t count = jieda__vectors_nearest(&meaning->learned->vectors, meaning->vector, nearest,
                                          JIEDA__MEANING_ENTRY_COUNT);
    size_t found = 0;

    for (size_t i = 0; i < count && nearest[i].product > nearest[0].product / 2; i++)
        entries[found++] = nearest[i].entry;
    return found;
}

size_t jieda__meaning_outside(const jieda__meaning *meaning,
                              uint32_t questions[JIEDA__MEANING_OUTSIDE_COUNT])
{
    const jieda__learned *l = meaning->learned;
    int32_t best[JIEDA__MEANING_OUTSIDE_COUNT], products[BLOCK];
    uint32_t end = l->vectors.question_count;
    size_t found = 0;

    for (uint32_t at = l->first_out_of_scope; at < end; at += BLOCK) {
        uint32_t count = end - at < BLOCK ? end - at : BLOCK;

        jieda__vectors_multiply(meaning->vector, l->vectors.by_question + (size_t)at * SIZE, count,
                                products);
        for (uint32_t i = 0; i < count; i++) {
            size_t place = found;

            if (at + i == meaning->leave_out ||
                (found == JIEDA__MEANING_OUTSIDE_COUNT && products[i] <= best[found - 1]))
                continue;
            if (found < JIEDA__MEANING_OUTSIDE_COUNT)
                found++;
            else
                place--;
            for (; place > 0 && products[i] > best[place - 1]; place--) {
                best[place] = best[place - 1];
                questions[place] = questions[place - 1];
            }
            best[place] = products[i];
            questions[place] = at + i;
        }
    }
    return found;
}

void jieda__meaning_pair(const jieda__meaning *meaning, uint32_t question, jieda__pair_score *out)
{
    jieda__side stored;

    jieda__learned_side(meaning->learned, question, &stored);
    jieda__model_score(&meaning->learned->model, &meaning->side, &stored,
                       jieda__meaning_cosine(meaning, question), out);
}
