/*
 * weight.c - how much does a term tell? The inverse document frequency of BM25,
 *
 *     ln(1 + (N - df + 0.5) / (df + 0.5))
 *
 * (S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework", 2009, eq. 3.5 with the usual
 * +1 inside the logarithm, which keeps it positive), with one change: N is at least
 * COLLECTION_SIZE_MIN. A knowledge base of a few thousand questions grows by a topic at a time, and
 * with the plain formula every weight would move with it; so the decision about an old question
 * would depend on new, unrelated entries.
 */
#include "index/index.h"

#include <math.h>

#define COLLECTION_SIZE_MIN 20000.0

float jieda__term_weight(uint32_t question_count, uint32_t df)
{
    double n = question_count > COLLECTION_SIZE_MIN ? question_count : COLLECTION_SIZE_MIN;

    if (df > n)
        df = (uint32_t)n;
    return (float)log(1.0 + (n - df + 0.5) / (df + 0.5));
}
