/*
 * hashes.c - names what a model depends on.
 *
 * A model is bound to the lexicon it was trained with, for another one would fold other synonyms
 * and give other units. Words mined from questions are left out: they fold nothing, and a model
 * should outlive a new wording. What it learned from are the wordings: an older model works with
 * newer ones, but not as well as it could. Answers, rules and the policy teach it nothing.
 */
#include "compiler/compiler.h"

static uint64_t hash_text(uint64_t hash, jieda_str text)
{
    uint64_t len = text.len;

    hash = jieda__hash(hash, &len, sizeof len); /* so that neighbours do not run together */
    return jieda__hash(hash, text.ptr, text.len);
}

static uint64_t hash_words(uint64_t hash, const jieda__src_words *words)
{
    uint64_t count = words->count;

    hash = jieda__hash(hash, &count, sizeof count);
    for (size_t i = 0; i < words->count; i++)
        hash = hash_text(hash, words->items[i]);
    return hash;
}

static uint64_t hash_lexicon(uint64_t hash, const jieda__src_lexicon *lexicon)
{
    uint64_t counts[] = {lexicon->class_count, lexicon->synonym_count, lexicon->reading_count,
                         lexicon->opposite_count};

    hash = jieda__hash(hash, counts, sizeof counts);
    for (size_t i = 0; i < lexicon->class_count; i++)
        hash = hash_words(hash_text(hash, lexicon->classes[i].name), &lexicon->classes[i].words);
    hash = hash_words(hash, &lexicon->fillers);
    for (size_t i = 0; i < lexicon->synonym_count; i++)
        hash = hash_words(hash, &lexicon->synonyms[i]);
    hash = hash_words(hash, &lexicon->protected_words);
    hash = hash_words(hash, &lexicon->words);
    for (size_t i = 0; i < lexicon->reading_count; i++)
        hash =
            hash_text(hash_text(hash, lexicon->readings[i].word), lexicon->readings[i].syllables);
    for (size_t i = 0; i < lexicon->opposite_count; i++)
        for (int side = 0; side < 2; side++)
            hash = hash_words(hash, &lexicon->opposites[i].sides[side]);
    hash = hash_words(hash, &lexicon->negations);
    return hash_words(hash, &lexicon->negation_exceptions);
}

uint64_t jieda__lexicon_authored_hash(const jieda__source *source)
{
    return hash_lexicon(hash_lexicon(JIEDA__HASH_SEED, &source->base_lexicon),
                        &source->pack_lexicon);
}

static uint64_t hash_questions(uint64_t hash, const jieda__src_question *questions, size_t count)
{
    uint64_t number = count;

    hash = jieda__hash(hash, &number, sizeof number);
    for (size_t i = 0; i < count; i++)
        hash = hash_text(hash, questions[i].text);
    return hash;
}

uint64_t jieda__wording_hash(const jieda__source *source)
{
    uint64_t hash = jieda__lexicon_authored_hash(source);

    for (size_t i = 0; i < source->entry_count; i++) {
        const jieda__src_entry *entry = &source->entries[i];

        hash = hash_text(hash_text(hash, entry->id), entry->category);
        hash = hash_questions(hash, entry->questions, entry->question_count);
        hash = hash_questions(hash, entry->not_questions, entry->not_count);
    }
    return hash_questions(hash, source->out_of_scope, source->out_of_scope_count);
}
