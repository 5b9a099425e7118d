/*
 * lexicon.h - a loaded lexicon laid open, for the loops of this folder.
 *
 * Reading one question takes some forty steps through the double array; as calls into lexicon.c
 * they cost more than the memory they read. Only text/ includes this: for everyone else a lexicon
 * is what text.h says.
 */
#ifndef JIEDA__TEXT_LEXICON_H
#define JIEDA__TEXT_LEXICON_H

#include "text/text.h"

/* Code points below this find their symbol by index, others by binary search. */
#define JIEDA__LEXICON_DIRECT_COUNT 0xA000u

struct jieda__lexicon {
    const jieda_allocator *alloc;
    const jieda__lexicon_header *header;
    const uint32_t *symbols;
    const jieda__lexicon_node *nodes;
    const jieda__word *words;
    const uint32_t *canon;
    const uint16_t *readings;
    const uint16_t *opposites;
    const char *class_names;
    uint16_t *direct; /* symbol of each code point below DIRECT_COUNT, 0 = none */
};

/* The symbol of a code point past DIRECT_COUNT. */
uint32_t jieda__lexicon_far_symbol(const jieda__lexicon *lexicon, uint32_t cp);

/* 0 = the code point is in no word. */
static inline uint32_t jieda__lexicon_symbol(const jieda__lexicon *lexicon, uint32_t cp)
{
    return cp < JIEDA__LEXICON_DIRECT_COUNT ? lexicon->direct[cp]
                                            : jieda__lexicon_far_symbol(lexicon, cp);
}

/* The node one code point further; 0, which is the root and nobody's child, when no word goes on
 * like this. */
static inline uint32_t jieda__lexicon_child(const jieda__lexicon *lexicon, uint32_t node,
                                            uint32_t cp)
{
    uint32_t symbol = jieda__lexicon_symbol(lexicon, cp);
    uint32_t child = lexicon->nodes[node].base;

    if (symbol == 0 || child == 0)
        return 0;
    child += symbol;
    return lexicon->nodes[child].check == node + 1 ? child : 0;
}

/* The word that ends at `node`, `length` code points below the root; 0 = none. A hostile double
 * array may claim a word of another length here: that is none. */
static inline uint32_t jieda__lexicon_word_at(const jieda__lexicon *lexicon, uint32_t node,
                                              size_t length)
{
    uint32_t id = lexicon->nodes[node].word;

    return id && lexicon->words[id - 1].length == length ? id : 0;
}

#endif
