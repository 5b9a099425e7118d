/*
 * lexicon.c - reads a compiled lexicon: which words begin here, and what does each mean?
 *
 * The words stand in a double array (J. Aoe, "An Efficient Digital Search Algorithm by Using a
 * Double-Array Structure", 1989): the child of node n by symbol s is node base[n] + s, and it is
 * one if check[child] == n + 1. A step is one addition and one comparison. Symbols are dense
 * numbers of the code points that occur in any word, so the array stays near the number of nodes.
 *
 * The bytes come out of a .kb file and are checked whole once, so that look-ups need no checks.
 */
#include "text/lexicon.h"

#define CLASS_NAME_BYTES 16

/* Takes `count` items of `size` bytes from the front of the rest, padded to 4 bytes. */
static const void *take(const char **at, size_t *left, uint64_t count, size_t size)
{
    const char *section = *at;
    uint64_t bytes = (count * size + 3) & ~(uint64_t)3;

    if (count > *left || bytes > *left)
        return NULL;
    *at += bytes;
    *left -= (size_t)bytes;
    return section;
}

static jieda_status check_words(const jieda__lexicon *lex, jieda_error *err)
{
    const jieda__lexicon_header *h = lex->header;

    for (uint32_t i = 0; i < h->word_count; i++) {
        const jieda__word *word = &lex->words[i];

        if ((uint64_t)word->canon_first + word->canon_count > h->canon_count ||
            (uint64_t)word->opposite_first + word->opposite_count > h->opposite_count ||
            word->length == 0 || word->cost == 0 ||
            (word->reading_first &&
             (uint64_t)word->reading_first + word->length > h->reading_count))
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: word %u points outside its tables",
                               i);
        if ((word->flags & JIEDA__WORD_QUESTION) &&
            (word->canon_count != 1 ||
             lex->canon[word->canon_first] - JIEDA__QUESTION_CLASS_FIRST >= h->class_count))
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: word %u has no question class", i);
    }
    /* A canonical form becomes a search term, quoted: no byte of it may end the quotation. */
    for (uint32_t i = 0; i < h->canon_count; i++)
        if (lex->canon[i] < 0x30 || lex->canon[i] > 0x10FFFF)
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: canonical form %u is no text", i);
    for (uint32_t i = 0; i < h->opposite_count; i++)
        if (lex->opposites[i] >= 2 * h->pair_count)
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: opposite mark %u is out of range", i);
    return JIEDA_OK;
}

static jieda_status check_nodes(const jieda__lexicon *lex, jieda_error *err)
{
    const jieda__lexicon_header *h = lex->header;

    for (uint32_t i = 1; i < h->symbol_count; i++)
        if (lex->symbols[i - 1] >= lex->symbols[i])
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: symbols are not ascending");
    for (uint32_t i = 0; i < h->node_count; i++) {
        const jieda__lexicon_node *node = &lex->nodes[i];

        /* base + symbol must not leave the array; then no step needs a check. */
        if ((uint64_t)node->base + h->symbol_count >= h->node_count && node->base)
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: node %u points outside", i);
        if (node->word > h->word_count)
            return jieda__fail(err, JIEDA_E_FORMAT, "lexicon: node %u has no such word", i);
    }
    return JIEDA_OK;
}

jieda_status jieda__lexicon_load(const jieda_allocator *alloc, const void *bytes, size_t len,
                                 jieda__lexicon **out, jieda_error *err)
{
    const char *at = bytes;
    size_t left = len;
    jieda__lexicon *lex;
    const jieda__lexicon_header *h;
    jieda_status st;

    *out = NULL;
    lex = jieda__alloc_zero(alloc, 1, sizeof *lex);
    if (!lex)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    lex->alloc = alloc;
    h = lex->header = take(&at, &left, 1, sizeof *h);
    if (!h || h->magic != JIEDA__LEXICON_MAGIC || h->node_count == 0 ||
        h->pair_count > JIEDA__OPPOSITE_PAIR_COUNT_MAX ||
        h->class_count > JIEDA__QUESTION_CLASS_COUNT_MAX || h->unknown_cost == 0 ||
        h->unknown_cost > UINT16_MAX || h->symbol_count > UINT16_MAX) {
        st = jieda__fail(err, JIEDA_E_FORMAT, "lexicon: bad header");
        goto fail;
    }
    lex->symbols = take(&at, &left, h->symbol_count, sizeof *lex->symbols);
    lex->nodes = take(&at, &left, h->node_count, sizeof *lex->nodes);
    lex->words = take(&at, &left, h->word_count, sizeof *lex->words);
    lex->canon = take(&at, &left, h->canon_count, sizeof *lex->canon);
    lex->readings = take(&at, &left, h->reading_count, sizeof *lex->readings);
    lex->opposites = take(&at, &left, h->opposite_count, sizeof *lex->opposites);
    lex->class_names = take(&at, &left, h->class_count, CLASS_NAME_BYTES);
    if (!lex->symbols || !lex->nodes || !lex->words || !lex->canon || !lex->readings ||
        !lex->opposites || !lex->class_names) {
        st = jieda__fail(err, JIEDA_E_FORMAT, "lexicon: cut short");
        goto fail;
    }
    for (uint32_t i = 0; i < h->class_count; i++) {
        if (lex->class_names[i * CLASS_NAME_BYTES + CLASS_NAME_BYTES - 1] != '\0') {
            st = jieda__fail(err, JIEDA_E_FORMAT, "lexicon: class name without end");
            goto fail;
        }
    }
    st = check_words(lex, err);
    if (st == JIEDA_OK)
        st = check_nodes(lex, err);
    if (st != JIEDA_OK)
        goto fail;
    lex->direct = jieda__alloc_zero(alloc, JIEDA__LEXICON_DIRECT_COUNT, sizeof *lex->direct);
    if (!lex->direct) {
        st = jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
        goto fail;
    }
    for (uint32_t i = 0; i < h->symbol_count; i++)
        if (lex->symbols[i] < JIEDA__LEXICON_DIRECT_COUNT)
            lex->direct[lex->symbols[i]] = (uint16_t)(i + 1);
    *out = lex;
    return JIEDA_OK;

fail:
    jieda__lexicon_free(lex);
    return st;
}

void jieda__lexicon_free(jieda__lexicon *lexicon)
{
    if (!lexicon)
        return;
    jieda__dealloc(lexicon->alloc, lexicon->direct);
    jieda__dealloc(lexicon->alloc, lexicon);
}

size_t jieda__lexicon_word_count(const jieda__lexicon *lexicon)
{
    return lexicon->header->word_count;
}

uint32_t jieda__lexicon_far_symbol(const jieda__lexicon *lexicon, uint32_t cp)
{
    uint32_t low = 0, high = lexicon->header->symbol_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (lexicon->symbols[mid] < cp)
            low = mid + 1;
        else
            high = mid;
    }
    return low < lexicon->header->symbol_count && lexicon->symbols[low] == cp ? low + 1 : 0;
}

/* segment.c walks likewise for itself: a change here belongs there too. */
size_t jieda__lexicon_prefixes(const jieda__lexicon *lexicon, const jieda__char *chars,
                               size_t count, uint32_t *word_ids, size_t max)
{
    uint32_t node = 0;
    size_t found = 0;

    for (size_t i = 0; i < count && found < max; i++) {
        uint32_t id;

        node = jieda__lexicon_child(lexicon, node, chars[i].cp);
        if (node == 0)
            break;
        id = jieda__lexicon_word_at(lexicon, node, i + 1);
        if (id)
            word_ids[found++] = id;
    }
    return found;
}

const jieda__word *jieda__lexicon_word(const jieda__lexicon *lexicon, uint32_t word_id)
{
    return &lexicon->words[word_id - 1];
}

const uint32_t *jieda__lexicon_canon(const jieda__lexicon *lexicon, const jieda__word *word)
{
    return lexicon->canon + word->canon_first;
}

const uint16_t *jieda__lexicon_reading(const jieda__lexicon *lexicon, const jieda__word *word)
{
    return word->reading_first ? lexicon->readings + word->reading_first : NULL;
}

const uint16_t *jieda__lexicon_opposites(const jieda__lexicon *lexicon, const jieda__word *word)
{
    return lexicon->opposites + word->opposite_first;
}

const char *jieda__lexicon_class_name(const jieda__lexicon *lexicon, uint32_t class_cp)
{
    uint32_t index = class_cp - JIEDA__QUESTION_CLASS_FIRST;

    return index < lexicon->header->class_count ? lexicon->class_names + index * CLASS_NAME_BYTES
                                                : "";
}

uint32_t jieda__lexicon_unknown_cost(const jieda__lexicon *lexicon)
{
    return lexicon->header->unknown_cost;
}
