/*
 * intent.h - what does the visitor want? The topic an utterance is probably about.
 *
 * Statistical: the category that holds most of the candidates' confidence, so that a wording no
 * entry answers still lands in its category. It is not good for telling danger from a question
 * about danger.
 */
#ifndef JIEDA__INTENT_H
#define JIEDA__INTENT_H

#include "match/match.h"

/* The category ordinal, or JIEDA__NONE if no candidate reaches `confidence_min`. */
uint32_t jieda__intent_category(const jieda__kb *kb, const jieda__matches *matches,
                                float confidence_min);

#endif
