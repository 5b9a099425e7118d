/*
 * hear.h - what may this utterance mean? Everything a decision needs, before anything is decided.
 *
 * Rules that hold, facts and personal details in it, and matches: of the whole, of its sentences
 * where the whole is not sure or asks twice, and, of a short one, together with what the
 * conversation is about.
 */
#ifndef JIEDA__DIALOG_HEAR_H
#define JIEDA__DIALOG_HEAR_H

#include "dialog/policy.h"
#include "dialog/state.h"
#include "intent/intent.h"
#include "intent/rules.h"

/* Sentences of a long message that are matched one by one. */
#define JIEDA__PART_COUNT_MAX 6

/* A sentence, or several short ones. */
typedef struct jieda__part {
    jieda_str text; /* of the original */
    bool asks_on;   /* a question mark or a word like 另外 stands between it and the one before */
    jieda__matches matches;
} jieda__part;

typedef struct jieda__heard {
    jieda_str utterance;
    jieda__reading reading;
    jieda__rule_hits hits;
    jieda__slot *slots;
    size_t slot_count;
    jieda__redaction redaction;
    bool corrects;                /* "不是，我问的是…": matches are of what follows */
    jieda__entry_filter *may_see; /* the ear's, for entries that rules and options name */
    void *may_see_ctx;
    jieda__matches matches;  /* of the whole */
    jieda__matches followup; /* of the topic and the whole; count 0 if that gave nothing sure */
    bool elliptical;         /* it leaves out what it is about, so the topic comes first */
    jieda__part parts[JIEDA__PART_COUNT_MAX];
    size_t part_count; /* 0: it was not cut */
    bool names_topic;  /* it is the title of a category and nothing else */
    bool story;        /* long: one of its parts may be all that is asked */
} jieda__heard;

/* Runs the matcher for this visitor. */
typedef jieda_status jieda__matcher_fn(void *ctx, const jieda__reading *reading,
                                       jieda__matches *out, jieda_error *err);

typedef struct jieda__ear {
    jieda__arena *arena;
    const jieda__kb *kb;
    const jieda__rules *rules;
    const jieda__policy *policy;
    jieda__matcher_fn *match;
    void *match_ctx;
    /* Whether an entry may be shown to this visitor now; a jieda__entry_filter. */
    jieda__entry_filter *may_see;
    void *may_see_ctx;
    int64_t now;
} jieda__ear;

/* @param dialog  as it is when the utterance comes. @param pii  gets its new placeholders.
 * Everything in `out` lives in the arena. */
jieda_status jieda__hear(const jieda__ear *ear, const jieda__dialog *dialog, jieda__pii_memory *pii,
                         jieda_str utterance, jieda__heard *out, jieda_error *err);

/* ---- what is sure ---------------------------------------------------------------------------- */

/* The best entry that is no small talk; SIZE_MAX if there is none. */
size_t jieda__best_faq(const jieda__kb *kb, const jieda__matches *matches);
/* Whether a match needs no asking back: no guard speaks against it, and its confidence is what its
 * risk asks for. One that always hands over needs no more than information does: a person called in
 * vain loses a minute, one not called loses the money. */
bool jieda__is_sure(const jieda__kb *kb, const jieda__policy *policy, const jieda__match *match);
/* The best FAQ entry if it is sure, else SIZE_MAX. */
size_t jieda__sure_faq(const jieda__kb *kb, const jieda__policy *policy,
                       const jieda__matches *matches);
/* The entry that these matches alone would be answered with: a sure FAQ entry, else small talk that
 * leads and is sure; JIEDA__NONE if there is none. */
uint32_t jieda__sure_entry(const jieda__kb *kb, const jieda__policy *policy,
                           const jieda__matches *matches);

#endif
