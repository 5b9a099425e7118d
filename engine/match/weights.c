/*
 * weights.c - what each feature and signal is worth; see match.h.
 */
#include "match/match.h"

const jieda__weights jieda__default_weights = {
    .feature =
        {
            [JIEDA__FEATURE_RAW] = 1.3099f,
            [JIEDA__FEATURE_COVER_ASKED] = 1.5128f,
            [JIEDA__FEATURE_COVER_QUESTION] = 1.6633f,
            [JIEDA__FEATURE_CLASS] = -0.3384f,
            [JIEDA__FEATURE_NEGATION] = -0.3781f,
            [JIEDA__FEATURE_PROFILE] = 10.8029f,
            [JIEDA__FEATURE_PROFILE_SOUND] = 5.4763f,
            [JIEDA__FEATURE_SUPPORT] = 1.0701f,
        },
    .signal =
        {
            [JIEDA__SIGNAL_LEAD] = 0.3495f,
            [JIEDA__SIGNAL_SCORE] = 0.1830f,
            [JIEDA__SIGNAL_COVER_QUESTION] = 0.6248f,
            [JIEDA__SIGNAL_SHORT] = -1.2586f,
        },
    .signal_bias = -2.5955f,
};

const char *jieda__feature_name(jieda__feature feature)
{
    static const char *const names[JIEDA__FEATURE_COUNT] = {
        [JIEDA__FEATURE_RAW] = "raw",
        [JIEDA__FEATURE_COVER_ASKED] = "cover_asked",
        [JIEDA__FEATURE_COVER_QUESTION] = "cover_question",
        [JIEDA__FEATURE_CLASS] = "class",
        [JIEDA__FEATURE_NEGATION] = "negation",
        [JIEDA__FEATURE_OPPOSITE] = "opposite",
        [JIEDA__FEATURE_PROFILE] = "profile",
        [JIEDA__FEATURE_PROFILE_SOUND] = "profile_sound",
        [JIEDA__FEATURE_SUPPORT] = "support",
        [JIEDA__FEATURE_NOT] = "not",
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
