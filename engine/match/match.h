/*
 * match.h - how sure are we? Candidate questions become ranked entries with a confidence.
 *
 * Three steps, each visible in `jieda explain`:
 *
 *   select   a cheap score (characters and sound) over all candidate questions keeps the best few
 *   rank     all features of those; an entry stands for its best question, plus what its wordings
 *            have in common
 *   judge    a logistic function of the odds against all rivals, the score and a few more gives the
 *            calibrated confidence; thresholds are the caller's
 *
 * Weights are a model's (`jieda train` fits them by asking a knowledge base its own questions, each
 * while it is left out), or those of weights.c for a knowledge base without a model.
 */
#ifndef JIEDA__MATCH_H
#define JIEDA__MATCH_H

#include "index/index.h"

/* What is computed of an utterance and one question. Weight in common = sum over units as
 * multisets, weighted by document frequency (index/weight.c). */
typedef enum jieda__feature {
    JIEDA__FEATURE_EXACT = 0,      /* 1 if they are the same text but for what separates words */
    JIEDA__FEATURE_RAW,            /* Dice of the raw units: 2 * common / (both weights) */
    JIEDA__FEATURE_COVER_QUESTION, /* share of the question the utterance covers, canonical */
    JIEDA__FEATURE_NEGATION,       /* 1 if one is negated an odd number of times and one even */
    JIEDA__FEATURE_OPPOSITE,       /* 1 if they name opposite operations: a guard, see judge() */
    JIEDA__FEATURE_COSINE,         /* of their learned vectors; this and CENTRE to PAIR 0 without */
    /* and of an utterance and one entry */
    JIEDA__FEATURE_PROFILE,       /* share of the utterance typical of the entry's wordings */
    JIEDA__FEATURE_PROFILE_SOUND, /* the same of its sound */
    JIEDA__FEATURE_CENTRE,        /* cosine of the utterance and the mean of its wordings */
    JIEDA__FEATURE_CROWD,         /* mean cosine of that mean and those of the rivals nearest to it,
                                     of the leading entries, the others having the most of these */
    JIEDA__FEATURE_PAIR,          /* logit of the learned pair model with its best wording, bounded;
                                     of the leading entries, the others having the least of these */
    JIEDA__FEATURE_SUPPORT,       /* mean score of the entry's next best wordings, if it has any */
    JIEDA__FEATURE_NOT, /* 1 if a not[] question of the entry is nearer than its best wording: a
                           guard */
    JIEDA__FEATURE_COUNT,
    JIEDA__FEATURE_OF_ENTRY = JIEDA__FEATURE_PROFILE,
} jieda__feature;

/* What the confidence is computed of. */
typedef enum jieda__signal {
    JIEDA__SIGNAL_ODDS = 0, /* log odds of the entry against all others and the nearest out-of-scope
                               question, as a softmax of their scores has them; bounded */
    JIEDA__SIGNAL_SCORE,    /* without what EXACT adds */
    JIEDA__SIGNAL_COVER_QUESTION, /* the feature of that name */
    JIEDA__SIGNAL_SHORT,          /* 1 / units of the utterance: 卡 may mean anything */
    JIEDA__SIGNAL_CENTRE,         /* the feature of that name */
    JIEDA__SIGNAL_PAIR,           /* the feature of that name */
    JIEDA__SIGNAL_COUNT,
} jieda__signal;

typedef struct jieda__weights {
    float feature[JIEDA__FEATURE_COUNT];
    float signal[JIEDA__SIGNAL_COUNT];
    float signal_bias;
} jieda__weights;

extern const jieda__weights jieda__default_weights;

/* What the same text is worth: more than all else together. Not fitted, for a wording that is left
 * out is never met. */
#define JIEDA__EXACT_WEIGHT 40.0f

/* "raw", "negation", ...; static. */
const char *jieda__feature_name(jieda__feature feature);
const char *jieda__signal_name(jieda__signal signal);

/* One entry, judged. */
typedef struct jieda__match {
    uint32_t entry;
    uint32_t question; /* its nearest wording */
    float feature[JIEDA__FEATURE_COUNT];
    float signal[JIEDA__SIGNAL_COUNT];
    float score;
    float confidence; /* 0..1 */
} jieda__match;

typedef struct jieda__matches {
    jieda__match *items; /* best first; ties go to the smaller entry id */
    size_t count;
    float out_of_scope_score;       /* best out-of-scope question; 0 if none came near */
    uint32_t out_of_scope_question; /* or JIEDA__NONE */
    jieda__candidates candidates;
    uint32_t *ranked; /* questions whose features were computed */
    size_t ranked_count;
} jieda__matches;

/* Whether an entry may be shown to this visitor now. */
typedef bool jieda__entry_filter(void *ctx, uint32_t entry);

typedef struct jieda__match_options {
    const struct jieda__learned *learned; /* NULL: none */
    const jieda__weights *weights;        /* NULL: the learned ones, else the built-in */
    uint32_t posting_count_max;           /* 0: what suits the knowledge base */
    uint32_t rerank_count_max;
    jieda__entry_filter *filter; /* NULL: all */
    void *filter_ctx;
    uint32_t leave_out; /* a question to overlook, for fitting; JIEDA__NONE = none */
} jieda__match_options;

/* Everything in `out` lives in `arena`. */
jieda_status jieda__match_run(jieda__reader *reader, jieda__arena *arena,
                              const jieda__reading *reading, const jieda__match_options *options,
                              jieda__matches *out, jieda_error *err);

/* The guard that caps the confidence of a match, NULL if none does: "opposite" or "not". Binding is
 * not unbinding, however alike the words; and what an editor listed under not[] must not lead here.
 * Such an entry may be offered, never answered. */
const char *jieda__match_guard(const jieda__match *match);

/* ---- features.c ------------------------------------------------------------------------------ */

/* The utterance, ready to be compared: its terms with their weights in one small hash table. */
typedef struct jieda__query_term {
    uint64_t key;  /* see features.c; 0 = free slot */
    uint64_t term; /* its identity, by which profiles know it */
    uint32_t count;
    float weight;
    uint32_t stamp; /* question it was last compared with */
    uint32_t left;  /* of `count`, not yet met in that question */
    bool of_sound;  /* a syllable or a pair of them */
} jieda__query_term;

#define JIEDA__QUERY_FILTER_BITS 2048

typedef struct jieda__query {
    const jieda__kb *kb;
    uint32_t left_out; /* 1 if a question holding all these terms is left out, else 0 */
    jieda__query_term *terms;
    uint32_t term_mask;
    uint32_t *list; /* slots in use, in the order of the utterance */
    size_t list_count;
    /* of each view: bit of every unit id, modulo its size */
    uint64_t filter[JIEDA__VIEW_COUNT][JIEDA__QUERY_FILTER_BITS / 64];
    uint32_t stamp;
    float mass[JIEDA__VIEW_COUNT];
    float pair_mass[JIEDA__VIEW_COUNT];
    const uint32_t *raw_ids; /* units of the raw view in order, JIEDA__NONE for unknown ones */
    size_t raw_count;
    uint32_t negation_count;
    uint64_t opposites[2];
    /* The utterance has no ideograph and all its words are pinyin: sound stands in for characters.
     */
    bool sound_only;
} jieda__query;

/* @param left_out  the utterance is a question of the knowledge base, asked while it is left out.
 */
jieda_status jieda__query_init(jieda__query *query, jieda__arena *arena, const jieda__kb *kb,
                               const jieda__reading *reading, bool left_out);
/* Dice of raw units, plus Dice of syllables if `by_sound`, 0..2: what selection goes by. */
float jieda__query_quick_score(jieda__query *query, uint32_t question, bool by_sound);
/* Fills the features of a question; those of an entry are left 0. */
void jieda__query_features(jieda__query *query, uint32_t question,
                           float feature[JIEDA__FEATURE_COUNT]);
/* Fills the profile features of a match as if these questions were its entry's only wordings. */
void jieda__query_own_profile(jieda__query *query, const uint32_t *questions, size_t count,
                              jieda__match *match);
/* Fills the profile features of matches, which must ascend by entry. `leave_out` as in the
 * options. */
void jieda__query_profiles(jieda__query *query, jieda__match *matches, size_t count,
                           uint32_t leave_out);

#endif
