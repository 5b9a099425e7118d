/*
 * weights.c - what each feature and signal is worth without a model; see match.h.
 *
 * Printed by `tools/fit_weights wallet.kb --set raw=6`; docs/MATCHING.md has the ablation table.
 * The weight of raw is set, not fitted: the wallet pack alone, with its 190 wordings an
 * entry, would leave it near 1, but a list of questions with one wording each needs it.
 *
 * Those of cosine and centre are the wallet pack's model's, rounded: they are for a model trained
 * on too few questions to have weights of its own. Without a model these features are 0.
 */
#include "match/match.h"

const jieda__weights jieda__default_weights = {
    .feature =
        {
            [JIEDA__FEATURE_EXACT] = JIEDA__EXACT_WEIGHT,
            [JIEDA__FEATURE_RAW] = 6.0000f,
            [JIEDA__FEATURE_COVER_QUESTION] = 0.8349f,
            [JIEDA__FEATURE_NEGATION] = -0.2771f,
            [JIEDA__FEATURE_COSINE] = 3.7f,
            [JIEDA__FEATURE_PROFILE] = 10.9735f,
            [JIEDA__FEATURE_PROFILE_SOUND] = 3.2638f,
            [JIEDA__FEATURE_CENTRE] = 2.4f,
            [JIEDA__FEATURE_SUPPORT] = 0.8109f,
        },
    .signal =
        {
            [JIEDA__SIGNAL_ODDS] = 0.4619f,
            [JIEDA__SIGNAL_SCORE] = 0.1180f,
            [JIEDA__SIGNAL_COVER_QUESTION] = 0.7512f,
            [JIEDA__SIGNAL_SHORT] = -1.6933f,
        },
    .signal_bias = -1.7354f,
};

const char *jieda__feature_name(jieda__feature feature)
{
    static const char *const names[JIEDA__FEATURE_COUNT] = {
        [JIEDA__FEATURE_EXACT] = "exact",
        [JIEDA__FEATURE_RAW] = "raw",
        [JIEDA__FEATURE_COVER_QUESTION] = "cover_question",
        [JIEDA__FEATURE_NEGATION] = "negation",
        [JIEDA__FEATURE_OPPOSITE] = "opposite",
        [JIEDA__FEATURE_PROFILE] = "profile",
        [JIEDA__FEATURE_PROFILE_SOUND] = "profile_sound",
        [JIEDA__FEATURE_SUPPORT] = "support",
        [JIEDA__FEATURE_COSINE] = "cosine",
        [JIEDA__FEATURE_CENTRE] = "centre",
        [JIEDA__FEATURE_CROWD] = "crowd",
        [JIEDA__FEATURE_PAIR] = "pair",
        [JIEDA__FEATURE_NOT] = "not",
    };

    return names[feature];
}

const char *jieda__signal_name(jieda__signal signal)
{
    static const char *const names[JIEDA__SIGNAL_COUNT] = {
        [JIEDA__SIGNAL_ODDS] = "odds",
        [JIEDA__SIGNAL_SCORE] = "score",
        [JIEDA__SIGNAL_COVER_QUESTION] = "cover_question",
        [JIEDA__SIGNAL_SHORT] = "short",
        [JIEDA__SIGNAL_CENTRE] = "centre",
        [JIEDA__SIGNAL_PAIR] = "pair",
    };

    return names[signal];
}
