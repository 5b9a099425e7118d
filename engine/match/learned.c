/*
 * learned.c - opens the learned parts of a knowledge base; see learned.h.
 */
#include "match/learned.h"

/* Whether an entry's vector may stand for its question: every question is the one wording of its
 * entry. */
static bool is_one_each(const jieda__kb *kb)
{
    for (uint32_t q = 0; q < kb->question_count; q++)
        if (kb->questions[q].kind != JIEDA__QUESTION_POSITIVE || kb->questions[q].entry != q)
            return false;
    return kb->question_count == kb->entry_count;
}

jieda_status jieda__learned_load(const jieda__kb *kb, jieda__learned *out, jieda_error *err)
{
    jieda_status st;

    *out = (jieda__learned){.kb = kb};
    if (kb->model.len == 0)
        return JIEDA_OK;
    st = jieda__model_load(kb->model.ptr, kb->model.len, &out->model, err);
    if (st == JIEDA_OK)
        st = jieda__vectors_load(kb->vectors.ptr, kb->vectors.len, kb->entry_count,
                                 kb->question_count, &out->vectors, err);
    if (st == JIEDA_OK && out->vectors.question_count == 0 && !is_one_each(kb))
        st = jieda__fail(err, JIEDA_E_FORMAT, "damaged knowledge base (vectors); build it again");
    if (st != JIEDA_OK)
        return st;
    out->first_out_of_scope = kb->question_count;
    while (out->first_out_of_scope > 0 &&
           kb->questions[out->first_out_of_scope - 1].kind == JIEDA__QUESTION_OUT_OF_SCOPE)
        out->first_out_of_scope--;
    for (uint32_t i = 0; i < JIEDA__QUESTION_CLASS_COUNT_MAX; i++)
        out->class_hashes[i] =
            jieda__unit_hash(jieda__unit_key_of_cp(JIEDA__QUESTION_CLASS_FIRST + i));
    out->present = true;
    return JIEDA_OK;
}

const jieda__weights *jieda__learned_weights(const jieda__learned *learned)
{
    return learned && learned->present && learned->model.header->has_weights
               ? &learned->model.header->weights
               : &jieda__default_weights;
}

static void decode(const jieda__kb *kb, jieda__view view, uint32_t question, const uint32_t *names,
                   jieda__side_view *out)
{
    uint32_t units[JIEDA__SIDE_UNIT_MAX];

    out->count = (uint32_t)jieda__question_units(kb, view, question, units, JIEDA__SIDE_UNIT_MAX);
    for (uint32_t i = 0; i < out->count; i++)
        out->hash[i] = names[units[i] & ~JIEDA__UNIT_GAP];
}

/* Question classes are units of the canonical view, so they need not be stored beside it. */
static uint32_t find_classes(const jieda__learned *learned, const jieda__side_view *canon)
{
    uint32_t classes = 0;

    for (uint32_t i = 0; i < canon->count; i++)
        for (uint32_t c = 0; c < JIEDA__QUESTION_CLASS_COUNT_MAX; c++)
            if (canon->hash[i] == learned->class_hashes[c])
                classes |= 1u << c;
    return classes;
}

void jieda__learned_side(const jieda__learned *learned, uint32_t question, jieda__side *out)
{
    const jieda__kb *kb = learned->kb;
    const jieda__view_units *canon = &kb->views[JIEDA__VIEW_CANON];

    decode(kb, JIEDA__VIEW_RAW, question, kb->views[JIEDA__VIEW_RAW].hash, &out->raw);
    decode(kb, JIEDA__VIEW_CANON, question, canon->hash, &out->canon);
    decode(kb, JIEDA__VIEW_CANON, question, canon->sound, &out->sound);
    out->question_classes = find_classes(learned, &out->canon);
    out->negation_count = kb->questions[question].negation_count;
    jieda__side_weigh(out, learned->model.idf);
}
