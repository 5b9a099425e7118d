/*
 * weights.c - what each feature and signal is worth; see match.h.
 */
#include "match/match.h"

const jieda__weights jieda__default_weights = {
    .feature =
        {
            [JIEDA__FEATURE_RAW] = 1.2574f,
            [JIEDA__FEATURE_RAW_PAIR] = 0.0000f,
            [JIEDA__FEATURE_CANON] = 0.0000f,
            [JIEDA__FEATURE_CANON_PAIR] = 0.0000f,
            [JIEDA__FEATURE_WORD] = 0.0000f,
            [JIEDA__FEATURE_PINYIN] = 0.0000f,
            [JIEDA__FEATURE_PINYIN_PAIR] = 0.0000f,
            [JIEDA__FEATURE_ORDER] = 0.0000f,
            [JIEDA__FEATURE_COVER_ASKED] = 1.5072f,
            [JIEDA__FEATURE_COVER_QUESTION] = 1.6502f,
            [JIEDA__FEATURE_CLASS] = -0.3292f,
            [JIEDA__FEATURE_NEGATION] = -0.4036f,
            [JIEDA__FEATURE_OPPOSITE] = 0.1579f,
            [JIEDA__FEATURE_PROFILE] = 10.7878f,
            [JIEDA__FEATURE_PROFILE_SOUND] = 5.4391f,
            [JIEDA__FEATURE_SUPPORT] = 1.1144f,
            [JIEDA__FEATURE_NOT] = -0.1117f,
        },
    .signal =
        {
            [JIEDA__SIGNAL_SCORE] = 0.0447f,
            [JIEDA__SIGNAL_LEAD] = 0.4012f,
            [JIEDA__SIGNAL_OUT_OF_SCOPE] = 0.2188f,
            [JIEDA__SIGNAL_RAW] = -0.6096f,
            [JIEDA__SIGNAL_COVER_ASKED] = -0.4555f,
            [JIEDA__SIGNAL_COVER_QUESTION] = 0.5073f,
            [JIEDA__SIGNAL_PROFILE] = -1.0057f,
            [JIEDA__SIGNAL_UNKNOWN] = -0.1469f,
            [JIEDA__SIGNAL_OPPOSITE] = -0.2950f,
            [JIEDA__SIGNAL_SHORT] = -1.4497f,
        },
    .signal_bias = -2.4451f,
};

const char *jieda__feature_name(jieda__feature feature)
{
    static const char *const names[JIEDA__FEATURE_COUNT] = {
        "raw",         "raw_pair", "canon",         "canon_pair",     "word",  "pinyin",
        "pinyin_pair", "order",    "cover_asked",   "cover_question", "class", "negation",
        "opposite",    "profile",  "profile_sound", "support",        "not"};

    return names[feature];
}

const char *jieda__signal_name(jieda__signal signal)
{
    static const char *const names[JIEDA__SIGNAL_COUNT] = {
        "score",          "lead",    "out_of_scope", "raw",      "cover_asked",
        "cover_question", "profile", "unknown",      "opposite", "short"};

    return names[signal];
}
