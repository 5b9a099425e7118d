/*
 * pair.h - do two questions mean the same? The learned relevance of a pair of texts.
 *
 * Three learned parts, trained offline (kb/trainer) and stored in the .kb or in a model file:
 *
 *   embedding  every character and syllable has an int8 vector; a text is their sum, normalised.
 *              Its cosine finds paraphrases that share few characters
 *   sparse     a hashed table of what it means that both texts hold a gram, that only one does, and
 *              that one holds x where the other holds y
 *   ratios     a dozen weighted overlaps of the two texts, learned weights
 *
 * Two logistic models read them: `joint` all three at once, `plain` without the cosine, whose logit
 * a two-weight `stack` adds to the cosine. Their mean is the pair's score: joint is best in the
 * domain it was trained on, the stack where it was not.
 *
 * The parts and their sizes follow a study of light matchers; docs/MATCHING.md has the formulas and
 * what each part is worth.
 */
#ifndef JIEDA__PAIR_H
#define JIEDA__PAIR_H

#include "text/text.h"

/* Units of a text past this are not compared. */
#define JIEDA__SIDE_UNIT_MAX 64u

/* One text of a pair: hashes of its units and how rare they are. */
typedef struct jieda__side_view {
    uint32_t count;
    uint32_t hash[JIEDA__SIDE_UNIT_MAX];
    float weight[JIEDA__SIDE_UNIT_MAX]; /* inverse document frequency */
    float mass;                         /* sum of the weights */
} jieda__side_view;

typedef struct jieda__side {
    jieda__side_view raw;
    jieda__side_view canon;
    jieda__side_view sound; /* syllables of the canonical units; a unit without one as it is */
    uint32_t question_classes;
    uint32_t negation_count;
} jieda__side;

/* The hashes of a reading; weights are a model's, see jieda__side_weigh(). */
void jieda__side_read(jieda__side *side, const jieda__reading *reading);
/* The hash of a unit's key, and of a syllable, as sides hold them. */
uint32_t jieda__unit_hash(uint64_t key);
uint32_t jieda__syllable_hash(uint32_t syllable);
/* What a canonical unit sounds like: its syllable's hash, its own if it has none. */
uint32_t jieda__unit_sound(const jieda__unit *unit);

/* Ratios of two texts; all symmetric. Weighted overlaps are of multisets. */
typedef enum jieda__ratio {
    JIEDA__RATIO_CANON = 0, /* Dice of canonical units */
    JIEDA__RATIO_COVER_MIN, /* share of a text's canonical units the other has, the smaller */
    JIEDA__RATIO_COVER_MAX, /* and the larger */
    JIEDA__RATIO_PAIR,      /* Dice of neighbouring canonical units */
    JIEDA__RATIO_SKIP,      /* Dice of canonical units with one or two between */
    JIEDA__RATIO_SOUND,     /* Dice of syllables */
    JIEDA__RATIO_ORDER,     /* Dice of the weightiest common subsequence, canonical */
    JIEDA__RATIO_NEGATION,  /* 1 if one is negated an odd number of times, the other even */
    JIEDA__RATIO_CLASS,     /* Jaccard of question classes; -1 if neither has one */
    JIEDA__RATIO_LENGTH,    /* shorter / longer, in canonical units */
    JIEDA__RATIO_RAW,       /* Dice of raw units */
    JIEDA__RATIO_RAW_ORDER, /* as ORDER, raw */
    JIEDA__RATIO_COUNT,
} jieda__ratio;

void jieda__pair_ratios(const jieda__side *a, const jieda__side *b,
                        float ratio[JIEDA__RATIO_COUNT]);

/* Sparse grams of a pair: hashes, whose high bits are slots of a table, and their values. */
#define JIEDA__SPARSE_COUNT_MAX 2560u

typedef struct jieda__sparse {
    uint32_t count;
    uint32_t hash[JIEDA__SPARSE_COUNT_MAX];
    float value[JIEDA__SPARSE_COUNT_MAX];
} jieda__sparse;

void jieda__pair_sparse(const jieda__side *a, const jieda__side *b, jieda__sparse *out);

/* Rows of the embedding, by hash. */
#define JIEDA__EMBEDDING_ROW_COUNT (1u << 14)
#define JIEDA__EMBEDDING_SIZE 64 /* dimensions */
#define JIEDA__SIDE_ROW_COUNT_MAX (2 * JIEDA__SIDE_UNIT_MAX)

/* The rows of a text, distinct, ascending. @return how many, at most JIEDA__SIDE_ROW_COUNT_MAX. */
size_t jieda__embedding_rows(const jieda__side *side, uint32_t *rows);

#endif
