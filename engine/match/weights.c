/*
 * weights.c - what each feature and signal is worth; see match.h.
 */
#include "match/match.h"

const jieda__weights jieda__default_weights = {
    .feature =
        {
            [JIEDA__FEATURE_RAW] = 1.3324f,
            [JIEDA__FEATURE_RAW_PAIR] = -0.4218f,
            [JIEDA__FEATURE_CANON] = -0.9427f,
            [JIEDA__FEATURE_CANON_PAIR] = -0.1448f,
            [JIEDA__FEATURE_WORD] = -0.4659f,
            [JIEDA__FEATURE_PINYIN] = 0.4373f,
            [JIEDA__FEATURE_PINYIN_PAIR] = -0.0792f,
            [JIEDA__FEATURE_ORDER] = 0.4950f,
            [JIEDA__FEATURE_COVER_ASKED] = 1.9389f,
            [JIEDA__FEATURE_COVER_QUESTION] = 1.9760f,
            [JIEDA__FEATURE_CLASS] = -0.3248f,
            [JIEDA__FEATURE_NEGATION] = -0.4129f,
            [JIEDA__FEATURE_OPPOSITE] = 0.0583f,
            [JIEDA__FEATURE_PROFILE] = 14.6825f,
            [JIEDA__FEATURE_SUPPORT] = 1.0241f,
            [JIEDA__FEATURE_NOT] = -0.1223f,
        },
    .signal =
        {
            [JIEDA__SIGNAL_SCORE] = 0.1114f,
            [JIEDA__SIGNAL_LEAD] = 0.4007f,
            [JIEDA__SIGNAL_OUT_OF_SCOPE] = 0.2093f,
            [JIEDA__SIGNAL_RAW] = -0.4639f,
            [JIEDA__SIGNAL_COVER_ASKED] = -0.9103f,
            [JIEDA__SIGNAL_COVER_QUESTION] = 0.3476f,
            [JIEDA__SIGNAL_PROFILE] = -1.4904f,
            [JIEDA__SIGNAL_UNKNOWN] = -0.7089f,
            [JIEDA__SIGNAL_OPPOSITE] = -0.0067f,
        },
    .signal_bias = -2.5799f,
};

const char *jieda__feature_name(jieda__feature feature)
{
    static const char *const names[JIEDA__FEATURE_COUNT] = {
        "raw",         "raw_pair",       "canon",       "canon_pair",
        "word",        "pinyin",         "pinyin_pair", "order",
        "cover_asked", "cover_question", "class",       "negation",
        "opposite",    "profile",        "support",     "not"};

    return names[feature];
}

const char *jieda__signal_name(jieda__signal signal)
{
    static const char *const names[JIEDA__SIGNAL_COUNT] = {
        "score",          "lead",    "out_of_scope", "raw",     "cover_asked",
        "cover_question", "profile", "unknown",      "opposite"};

    return names[signal];
}
