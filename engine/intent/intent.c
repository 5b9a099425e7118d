/*
 * intent.c - sums the candidates' confidence by category; see intent.h.
 */
#include "intent/intent.h"

uint32_t jieda__intent_category(const jieda__kb *kb, const jieda__matches *matches,
                                float confidence_min)
{
    uint32_t best = JIEDA__NONE;
    float best_sum = 0.0f;

    if (matches->count == 0 || matches->items[0].confidence < confidence_min)
        return JIEDA__NONE;
    /* A dozen matches: the quadratic walk is shorter than any table. Ties keep the better match. */
    for (size_t i = 0; i < matches->count; i++) {
        uint32_t category = kb->entries[matches->items[i].entry].category;
        float sum = 0.0f;

        if (category == JIEDA__NONE)
            continue;
        for (size_t k = i; k < matches->count; k++)
            if (kb->entries[matches->items[k].entry].category == category)
                sum += matches->items[k].confidence;
        if (sum > best_sum) {
            best = category;
            best_sum = sum;
        }
    }
    return best;
}
