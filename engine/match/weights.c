/*
 * weights.c - what each feature and signal is worth; see match.h.
 *
 * Printed by `tools/fit_weights wallet.kb --set raw=6`; docs/MATCHING.md has the ablation table.
 * The weight of raw is set, not fitted: the wallet pack alone, with its hundred and more wordings
 * an entry, would leave it near 1, but a list of questions with one wording each needs it.
 */
#include "match/match.h"

const jieda__weights jieda__default_weights = {
    .feature =
        {
            [JIEDA__FEATURE_RAW] = 6.0000f,
            [JIEDA__FEATURE_COVER_QUESTION] = 0.8312f,
            [JIEDA__FEATURE_NEGATION] = -0.3070f,
            [JIEDA__FEATURE_PROFILE] = 10.7614f,
            [JIEDA__FEATURE_PROFILE_SOUND] = 3.2130f,
            [JIEDA__FEATURE_SUPPORT] = 0.8433f,
        },
    .signal =
        {
            [JIEDA__SIGNAL_LEAD] = 0.4494f,
            [JIEDA__SIGNAL_SCORE] = 0.1850f,
            [JIEDA__SIGNAL_COVER_QUESTION] = 0.7641f,
            [JIEDA__SIGNAL_SHORT] = -2.2006f,
        },
    .signal_bias = -2.9092f,
};

const char *jieda__feature_name(jieda__feature feature)
{
    static const char *const names[JIEDA__FEATURE_COUNT] = {
        [JIEDA__FEATURE_RAW] = "raw",           [JIEDA__FEATURE_COVER_QUESTION] = "cover_question",
        [JIEDA__FEATURE_NEGATION] = "negation", [JIEDA__FEATURE_OPPOSITE] = "opposite",
        [JIEDA__FEATURE_PROFILE] = "profile",   [JIEDA__FEATURE_PROFILE_SOUND] = "profile_sound",
        [JIEDA__FEATURE_SUPPORT] = "support",   [JIEDA__FEATURE_NOT] = "not",
    };

    return names[feature];
}

const char *jieda__signal_name(jieda__signal signal)
{
    static const char *const names[JIEDA__SIGNAL_COUNT] = {
        [JIEDA__SIGNAL_LEAD] = "lead",
        [JIEDA__SIGNAL_SCORE] = "score",
        [JIEDA__SIGNAL_COVER_QUESTION] = "cover_question",
        [JIEDA__SIGNAL_SHORT] = "short",
    };

    return names[signal];
}
