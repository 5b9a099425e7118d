/*
 * lexicon_build.c - lexicons as authored become one double array.
 *
 * Words come from four places, later ones adding meaning to earlier ones: the base lexicon, the
 * pack's, single characters the readings name, and words mined from the knowledge base's own
 * questions. Everything passes through the normalizer first, so that a lexicon may be written in
 * any width, case or script.
 *
 * A word's path cost (see segment.c) is what makes segmentation prefer it: COST_WORD for a word of
 * two characters or more, a little more for a mined one, and more again for a single character, so
 * that the path with the fewest and longest pieces wins.
 */
#include "compiler/compiler.h"
#include "text/unihan.h"

#include <stdlib.h>
#include <string.h>

enum { COST_WORD = 100, COST_MINED = 104, COST_SINGLE = 106, COST_UNKNOWN = 120 };

/* Scratch memory of one question. */
#define READ_BYTES_MAX ((size_t)256 * 1024 * 1024)
/* Longer words are passed over: a path step looks this far. */
#define WORD_LENGTH_MAX 16

/* ---- a table of words ------------------------------------------------------------------------ */

typedef struct entry_word {
    uint32_t *cps;
    uint32_t length;
    uint32_t flags;
    const uint32_t *canon; /* in the arena */
    uint32_t canon_count;
    uint16_t *reading; /* `length` syllables, or NULL */
    uint64_t opposites[2];
    uint64_t hash;
} entry_word;

typedef struct word_table {
    jieda__arena *arena;
    entry_word *items;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* index + 1 by hash, 0 = free */
    size_t slot_count;
} word_table;

static uint64_t hash_of(const uint32_t *cps, size_t count)
{
    return jieda__hash(JIEDA__HASH_SEED, cps, count * sizeof *cps);
}

static bool table_grow(word_table *t)
{
    size_t slot_count = t->slot_count ? t->slot_count * 2 : 16384;
    entry_word *items = jieda__arena_alloc(t->arena, slot_count / 2 * sizeof *items);
    uint32_t *slots = jieda__arena_zero(t->arena, slot_count, sizeof *slots);

    if (!items || !slots)
        return false;
    if (t->count)
        memcpy(items, t->items, t->count * sizeof *items);
    for (size_t i = 0; i < t->count; i++) {
        size_t slot = items[i].hash & (slot_count - 1);

        while (slots[slot])
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    t->items = items;
    t->capacity = slot_count / 2;
    t->slots = slots;
    t->slot_count = slot_count;
    return true;
}

/* The word with these code points, added if it is new; NULL when out of memory. */
static entry_word *table_put(word_table *t, const uint32_t *cps, size_t length)
{
    uint64_t hash = hash_of(cps, length);
    size_t slot;
    entry_word *word;

    if (t->count == t->capacity && !table_grow(t))
        return NULL;
    slot = hash & (t->slot_count - 1);
    while (t->slots[slot]) {
        word = &t->items[t->slots[slot] - 1];
        if (word->hash == hash && word->length == length &&
            memcmp(word->cps, cps, length * sizeof *cps) == 0)
            return word;
        slot = (slot + 1) & (t->slot_count - 1);
    }
    word = &t->items[t->count];
    *word = (entry_word){.length = (uint32_t)length, .hash = hash};
    word->cps = jieda__arena_alloc(t->arena, length * sizeof *cps);
    if (!word->cps)
        return NULL;
    memcpy(word->cps, cps, length * sizeof *cps);
    t->slots[slot] = (uint32_t)++t->count;
    return word;
}

/* Adds an authored word. `*out` is NULL for one that is empty, too long, or broken by a separator
 * after normalization: such a word can never match and is passed over. */
static jieda_status put_text(word_table *t, jieda_str text, entry_word **out)
{
    jieda__text norm;
    uint32_t cps[WORD_LENGTH_MAX];
    jieda_status st = jieda__text_normalize(t->arena, text, &norm);

    *out = NULL;
    if (st != JIEDA_OK)
        return st;
    if (norm.count == 0 || norm.count > WORD_LENGTH_MAX)
        return JIEDA_OK;
    for (size_t i = 0; i < norm.count; i++) {
        if (jieda__char_is_separator(&norm.chars[i]))
            return JIEDA_OK;
        cps[i] = norm.chars[i].cp;
    }
    *out = table_put(t, cps, norm.count);
    return *out ? JIEDA_OK : JIEDA_E_NOMEM;
}

static jieda_status put_all(word_table *t, const jieda__src_words *words, uint32_t flags)
{
    for (size_t i = 0; i < words->count; i++) {
        entry_word *word;
        jieda_status st = put_text(t, words->items[i], &word);

        if (st != JIEDA_OK)
            return st;
        if (word)
            word->flags |= flags;
    }
    return JIEDA_OK;
}

/* ---- from the authored lexicons -------------------------------------------------------------- */

typedef struct class_names {
    jieda_str name[JIEDA__QUESTION_CLASS_COUNT_MAX];
    uint32_t count;
} class_names;

static jieda_status put_classes(word_table *t, const jieda__src_lexicon *src, class_names *classes)
{
    for (size_t c = 0; c < src->class_count; c++) {
        uint32_t id = 0;
        uint32_t *canon = jieda__arena_alloc(t->arena, sizeof *canon);

        if (!canon)
            return JIEDA_E_NOMEM;
        while (id < classes->count && !jieda__str_equal(classes->name[id], src->classes[c].name))
            id++;
        if (id == classes->count)
            classes->name[classes->count++] = src->classes[c].name;
        *canon = JIEDA__QUESTION_CLASS_FIRST + id;
        for (size_t i = 0; i < src->classes[c].words.count; i++) {
            entry_word *word;
            jieda_status st = put_text(t, src->classes[c].words.items[i], &word);

            if (st != JIEDA_OK)
                return st;
            if (!word)
                continue;
            word->flags |= JIEDA__WORD_QUESTION;
            word->canon = canon;
            word->canon_count = 1;
        }
    }
    return JIEDA_OK;
}

static jieda_status put_synonyms(word_table *t, const jieda__src_lexicon *src)
{
    for (size_t g = 0; g < src->synonym_count; g++) {
        const jieda__src_words *group = &src->synonyms[g];
        const uint32_t *canon = NULL;
        uint32_t canon_count = 0;

        for (size_t i = 0; i < group->count; i++) {
            entry_word *word;
            jieda_status st = put_text(t, group->items[i], &word);

            if (st != JIEDA_OK)
                return st;
            if (!word)
                continue;
            if (!canon) {
                canon = word->cps; /* the arena's copy outlives a growing table */
                canon_count = word->length;
            }
            if (word->flags & JIEDA__WORD_QUESTION)
                continue;
            word->flags |= JIEDA__WORD_SYNONYM;
            word->canon = canon;
            word->canon_count = canon_count;
        }
    }
    return JIEDA_OK;
}

static jieda_status put_readings(word_table *t, const jieda__src_lexicon *src)
{
    for (size_t i = 0; i < src->reading_count; i++) {
        const char *at = src->readings[i].syllables.ptr;
        const char *end = at + src->readings[i].syllables.len;
        entry_word *word;
        uint16_t *reading;
        uint32_t count = 0;
        jieda_status st = put_text(t, src->readings[i].word, &word);

        if (st != JIEDA_OK)
            return st;
        if (!word)
            continue;
        reading = jieda__arena_zero(t->arena, word->length, sizeof *reading);
        if (!reading)
            return JIEDA_E_NOMEM;
        while (at < end && count < word->length) {
            const char *stop = memchr(at, ' ', (size_t)(end - at));

            if (!stop)
                stop = end;
            if (stop == at) { /* two spaces */
                at++;
                continue;
            }
            reading[count++] = (uint16_t)jieda__text_syllable_find(at, (size_t)(stop - at));
            at = stop < end ? stop + 1 : end;
        }
        word->reading = reading;
    }
    return JIEDA_OK;
}

static jieda_status put_opposites(word_table *t, const jieda__src_lexicon *src,
                                  uint32_t *pair_count)
{
    for (size_t p = 0; p < src->opposite_count; p++) {
        for (int side = 0; side < 2; side++) {
            const jieda__src_words *words = &src->opposites[p].sides[side];

            for (size_t i = 0; i < words->count; i++) {
                entry_word *word;
                jieda_status st = put_text(t, words->items[i], &word);

                if (st != JIEDA_OK)
                    return st;
                if (word && *pair_count < JIEDA__OPPOSITE_PAIR_COUNT_MAX)
                    word->opposites[side] |= 1ULL << *pair_count;
            }
        }
        if (*pair_count < JIEDA__OPPOSITE_PAIR_COUNT_MAX)
            ++*pair_count;
    }
    return JIEDA_OK;
}

static jieda_status put_lexicon(word_table *t, const jieda__src_lexicon *src, class_names *classes,
                                uint32_t *pair_count)
{
    jieda_status st = put_all(t, &src->words, 0);

    if (st == JIEDA_OK)
        st = put_classes(t, src, classes);
    if (st == JIEDA_OK)
        st = put_all(t, &src->fillers, JIEDA__WORD_FILLER);
    if (st == JIEDA_OK)
        st = put_synonyms(t, src);
    if (st == JIEDA_OK)
        st = put_all(t, &src->protected_words, JIEDA__WORD_PROTECTED);
    if (st == JIEDA_OK)
        st = put_all(t, &src->negations, JIEDA__WORD_NEGATION);
    if (st == JIEDA_OK)
        st = put_all(t, &src->negation_exceptions, JIEDA__WORD_NOT_NEGATION);
    if (st == JIEDA_OK)
        st = put_opposites(t, src, pair_count);
    if (st == JIEDA_OK)
        st = put_readings(t, src);
    return st;
}

static const entry_word *table_find(const word_table *t, const uint32_t *cps, size_t length)
{
    uint64_t hash = hash_of(cps, length);
    size_t slot = hash & (t->slot_count - 1);

    for (; t->slots[slot]; slot = (slot + 1) & (t->slot_count - 1)) {
        const entry_word *word = &t->items[t->slots[slot] - 1];

        if (word->hash == hash && word->length == length &&
            memcmp(word->cps, cps, length * sizeof *cps) == 0)
            return word;
    }
    return NULL;
}

/* A longer word names the operation of a word inside it, of the longest one where several do:
 * 绑定银行卡 is 绑定, 未解绑 is 解绑 and not 绑. Segmentation would hide it otherwise. */
static void inherit_opposites(const word_table *t, entry_word *word)
{
    for (uint32_t length = word->length - 1; length >= 1; length--) {
        uint64_t settled = word->opposites[0] | word->opposites[1];

        for (uint32_t first = 0; first + length <= word->length; first++) {
            const entry_word *part = table_find(t, word->cps + first, length);

            for (int side = 0; part && side < 2; side++)
                word->opposites[side] |= part->opposites[side] & ~settled;
        }
    }
}

/* Where two lists claim a word, the one that keeps more meaning wins. */
static void settle_flags(word_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        entry_word *word = &t->items[i];

        if (word->flags & JIEDA__WORD_PROTECTED) {
            word->flags &= ~(uint32_t)(JIEDA__WORD_SYNONYM | JIEDA__WORD_FILLER);
            if (!(word->flags & JIEDA__WORD_QUESTION))
                word->canon_count = 0;
        }
        if (word->flags & (JIEDA__WORD_QUESTION | JIEDA__WORD_SYNONYM))
            word->flags &= ~(uint32_t)JIEDA__WORD_FILLER;
        if (word->flags & JIEDA__WORD_NOT_NEGATION)
            word->flags &= ~(uint32_t)JIEDA__WORD_NEGATION;
    }
}

/* ---- words mined from the questions ---------------------------------------------------------- */

/* New-word discovery by internal cohesion and outer freedom: a sequence of two to four characters
 * is a word if it occurs often, far more often than its parts would by chance (pointwise mutual
 * information over its weakest cut), and if what stands before and after it varies. */
enum { MINED_LENGTH_MAX = 4, MINED_COUNT_MIN = 6, MINED_NEIGHBOUR_MIN = 4 };
#define MINED_QUESTION_MAX 50000 /* questions read; more teach nothing new */

typedef struct ngram {
    uint64_t key;
    uint32_t cps[MINED_LENGTH_MAX];
    uint32_t length;
    uint32_t count;
    uint32_t left[MINED_NEIGHBOUR_MIN]; /* distinct neighbours seen, 0 = free place */
    uint32_t right[MINED_NEIGHBOUR_MIN];
} ngram;

typedef struct ngram_table {
    const jieda_allocator *alloc;
    jieda__arena scratch; /* of one question */
    ngram *items;         /* by hash; count 0 = free */
    size_t capacity;
    size_t used;
    uint64_t char_count;
} ngram_table;

static ngram *ngram_find(const ngram_table *t, const uint32_t *cps, uint32_t length)
{
    uint64_t key = hash_of(cps, length) + length;
    size_t slot = key & (t->capacity - 1);

    while (t->items[slot].count && t->items[slot].key != key)
        slot = (slot + 1) & (t->capacity - 1);
    t->items[slot].key = key;
    return &t->items[slot];
}

static bool ngram_grow(ngram_table *t)
{
    ngram_table old = *t;

    t->capacity = t->capacity ? t->capacity * 2 : 1u << 15;
    t->items = jieda__alloc_zero(t->alloc, t->capacity, sizeof *t->items);
    if (!t->items) {
        *t = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++)
        if (old.items[i].count)
            *ngram_find(t, old.items[i].cps, old.items[i].length) = old.items[i];
    jieda__dealloc(t->alloc, old.items);
    return true;
}

static void add_neighbour(uint32_t places[MINED_NEIGHBOUR_MIN], uint32_t cp)
{
    for (int i = 0; i < MINED_NEIGHBOUR_MIN; i++) {
        if (places[i] == cp)
            return;
        if (places[i] == 0) {
            places[i] = cp;
            return;
        }
    }
}

static jieda_status count_ngrams(ngram_table *t, jieda_str question)
{
    jieda__text text;
    jieda_status st;

    jieda__arena_reset(&t->scratch);
    st = jieda__text_normalize(&t->scratch, question, &text);
    if (st != JIEDA_OK)
        return st;
    for (size_t i = 0; i < text.count; i++) {
        uint32_t cps[MINED_LENGTH_MAX];

        for (uint32_t n = 0; n < MINED_LENGTH_MAX && i + n < text.count; n++) {
            const jieda__char *c = &text.chars[i + n];
            ngram *gram;

            if (c->kind != JIEDA__CHAR_IDEOGRAPH)
                break;
            cps[n] = c->cp;
            if (t->used * 2 >= t->capacity && !ngram_grow(t))
                return JIEDA_E_NOMEM;
            gram = ngram_find(t, cps, n + 1);
            if (gram->count++ == 0) {
                t->used++;
                gram->length = n + 1;
                memcpy(gram->cps, cps, (n + 1) * sizeof *cps);
            }
            /* The end of a text is a neighbour like any other. */
            add_neighbour(gram->left, i > 0 ? text.chars[i - 1].cp : 1);
            add_neighbour(gram->right, i + n + 1 < text.count ? text.chars[i + n + 1].cp : 1);
        }
        t->char_count += text.chars[i].kind == JIEDA__CHAR_IDEOGRAPH;
    }
    return JIEDA_OK;
}

static bool is_cohesive(const ngram_table *t, const ngram *gram)
{
    /* A pointwise mutual information of 3.5 nats, without a logarithm. */
    const double ratio = 33.1; /* e^3.5 */

    for (uint32_t cut = 1; cut < gram->length; cut++) {
        double a = ngram_find(t, gram->cps, cut)->count;
        double b = ngram_find(t, gram->cps + cut, gram->length - cut)->count;

        if ((double)gram->count * (double)t->char_count < ratio * a * b)
            return false;
    }
    return true;
}

/* A filler or question word at either end belongs to the sentence, not to the word. */
static bool has_loose_end(const word_table *words, const ngram *gram)
{
    for (uint32_t n = 1; n < gram->length; n++) {
        for (int end = 0; end < 2; end++) {
            const uint32_t *cps = end ? gram->cps + gram->length - n : gram->cps;
            const entry_word *word = table_find(words, cps, n);

            if (word &&
                (word->flags & (JIEDA__WORD_FILLER | JIEDA__WORD_QUESTION | JIEDA__WORD_NEGATION)))
                return true;
        }
    }
    return false;
}

static int by_cps(const void *left, const void *right)
{
    const ngram *a = *(const ngram *const *)left, *b = *(const ngram *const *)right;

    for (uint32_t i = 0; i < a->length && i < b->length; i++)
        if (a->cps[i] != b->cps[i])
            return a->cps[i] < b->cps[i] ? -1 : 1;
    return a->length == b->length ? 0 : a->length < b->length ? -1 : 1;
}

static jieda_status count_all(ngram_table *t, const jieda__source *source)
{
    size_t seen = 0;

    for (size_t e = 0; e < source->entry_count; e++) {
        const jieda__src_entry *entry = &source->entries[e];

        for (size_t q = 0; q < entry->question_count; q++) {
            jieda_status st;

            if (seen++ == MINED_QUESTION_MAX)
                return JIEDA_OK;
            st = count_ngrams(t, entry->questions[q].text);
            if (st != JIEDA_OK)
                return st;
        }
    }
    return JIEDA_OK;
}

/* Puts the n-grams that are words among the others, in the order of their characters. */
static jieda_status put_mined(const ngram_table *t, word_table *words)
{
    const ngram **found = jieda__alloc(t->alloc, (t->used + 1) * sizeof *found);
    size_t found_count = 0;
    jieda_status st = found ? JIEDA_OK : JIEDA_E_NOMEM;

    for (size_t i = 0; found && i < t->capacity; i++) {
        const ngram *gram = &t->items[i];

        if (gram->length >= 2 && gram->count >= MINED_COUNT_MIN &&
            gram->left[MINED_NEIGHBOUR_MIN - 1] && gram->right[MINED_NEIGHBOUR_MIN - 1] &&
            is_cohesive(t, gram) && !has_loose_end(words, gram))
            found[found_count++] = gram;
    }
    if (found_count > 1)
        qsort(found, found_count, sizeof *found, by_cps);
    for (size_t i = 0; st == JIEDA_OK && i < found_count; i++) {
        size_t before = words->count;
        entry_word *word = table_put(words, found[i]->cps, found[i]->length);

        if (!word)
            st = JIEDA_E_NOMEM;
        else if (words->count > before)
            word->flags |= JIEDA__WORD_MINED;
    }
    jieda__dealloc(t->alloc, found);
    return st;
}

static jieda_status mine_words(const jieda__build *build, word_table *words)
{
    ngram_table t = {.alloc = build->alloc};
    jieda_status st = ngram_grow(&t) ? JIEDA_OK : JIEDA_E_NOMEM;

    jieda__arena_init(&t.scratch, build->alloc, READ_BYTES_MAX);
    if (st == JIEDA_OK)
        st = count_all(&t, build->source);
    if (st == JIEDA_OK)
        st = put_mined(&t, words);
    jieda__arena_free(&t.scratch);
    jieda__dealloc(t.alloc, t.items);
    return st;
}

/* ---- the double array ------------------------------------------------------------------------ */

static int word_order(const void *left, const void *right)
{
    const entry_word *a = left, *b = right;

    for (uint32_t i = 0; i < a->length && i < b->length; i++)
        if (a->cps[i] != b->cps[i])
            return a->cps[i] < b->cps[i] ? -1 : 1;
    return a->length == b->length ? 0 : a->length < b->length ? -1 : 1;
}

static int cp_order(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a == b ? 0 : a < b ? -1 : 1;
}

typedef struct double_array {
    const jieda_allocator *alloc;
    jieda__lexicon_node *nodes; /* heap */
    size_t capacity;
    size_t used;       /* one past the highest node in use */
    size_t first_free; /* no free node before it */
    uint32_t symbol_count;
    const uint32_t *symbols;
    const entry_word *words;
} double_array;

static bool nodes_reserve(double_array *da, size_t need)
{
    size_t capacity = da->capacity ? da->capacity : 65536;
    jieda__lexicon_node *grown;

    if (need <= da->capacity)
        return true;
    while (capacity < need)
        capacity *= 2;
    grown = da->alloc->resize(da->alloc->ctx, da->nodes, capacity * sizeof *grown);
    if (!grown)
        return false;
    memset(grown + da->capacity, 0, (capacity - da->capacity) * sizeof *grown);
    da->nodes = grown;
    da->capacity = capacity;
    return true;
}

static uint32_t symbol_of(const double_array *da, uint32_t cp)
{
    const uint32_t *found =
        bsearch(&cp, da->symbols, da->symbol_count, sizeof *da->symbols, cp_order);

    return (uint32_t)(found - da->symbols) + 1;
}

/* A base at which every child symbol's place is free; 0 when out of memory. */
static uint32_t find_base(double_array *da, const uint32_t *children, size_t count)
{
    size_t at = da->first_free > children[0] ? da->first_free : (size_t)children[0] + 1;

    for (;; at++) {
        size_t base = at - children[0];
        bool fits = base > 0;

        if (!nodes_reserve(da, base + da->symbol_count + 2))
            return 0;
        for (size_t i = 0; fits && i < count; i++)
            fits = da->nodes[base + children[i]].check == 0 && base + children[i] != 0;
        if (fits)
            return (uint32_t)base;
    }
}

/* Places the children of `node`, whose words are words[low, high) and share `depth` characters. */
static bool place(double_array *da, uint32_t node, size_t low, size_t high, uint32_t depth,
                  jieda__arena *scratch)
{
    uint32_t *children;
    size_t count = 0, i = low;
    uint32_t base;

    if (i < high && da->words[i].length == depth)
        da->nodes[node].word = (uint32_t)++i; /* ids are index + 1 */
    if (i == high)
        return true;
    children = jieda__arena_alloc(scratch, (high - i) * sizeof *children);
    if (!children)
        return false;
    for (size_t k = i; k < high; k++) {
        uint32_t symbol = symbol_of(da, da->words[k].cps[depth]);

        if (count == 0 || children[count - 1] != symbol)
            children[count++] = symbol;
    }
    base = find_base(da, children, count);
    if (base == 0)
        return false;
    da->nodes[node].base = base;
    for (size_t k = 0; k < count; k++) {
        da->nodes[base + children[k]].check = node + 1;
        if (base + children[k] + 1 > da->used)
            da->used = base + children[k] + 1;
    }
    while (da->first_free < da->capacity && da->nodes[da->first_free].check != 0)
        da->first_free++;
    for (size_t k = 0; k < count; k++) {
        size_t end = i;

        while (end < high && symbol_of(da, da->words[end].cps[depth]) == children[k])
            end++;
        if (!place(da, base + children[k], i, end, depth + 1, scratch))
            return false;
        i = end;
    }
    return true;
}

/* ---- the section ----------------------------------------------------------------------------- */

static jieda_status collect_symbols(const word_table *t, jieda__arena *arena, uint32_t **out,
                                    uint32_t *count_out)
{
    size_t total = 0, kept = 0;
    uint32_t *cps;

    for (size_t i = 0; i < t->count; i++)
        total += t->items[i].length;
    cps = jieda__arena_alloc(arena, (total + 1) * sizeof *cps);
    if (!cps)
        return JIEDA_E_NOMEM;
    total = 0;
    for (size_t i = 0; i < t->count; i++) {
        memcpy(cps + total, t->items[i].cps, t->items[i].length * sizeof *cps);
        total += t->items[i].length;
    }
    if (total > 1)
        qsort(cps, total, sizeof *cps, cp_order);
    for (size_t i = 0; i < total; i++)
        if (kept == 0 || cps[kept - 1] != cps[i])
            cps[kept++] = cps[i];
    *out = cps;
    *count_out = (uint32_t)kept;
    return JIEDA_OK;
}

static uint16_t cost_of(const entry_word *word)
{
    if (word->length == 1)
        return COST_SINGLE;
    return word->flags & JIEDA__WORD_MINED ? COST_MINED : COST_WORD;
}

static void put_padding(jieda__buf *buf)
{
    while (buf->status == JIEDA_OK && buf->len % 4 != 0)
        jieda__buf_byte(buf, 0);
}

/* Serialises in the order jieda__lexicon_header describes. */
static jieda_status serialise(const word_table *t, const double_array *da, uint32_t pair_count,
                              const class_names *classes, jieda__buf *out)
{
    jieda__buf canon, readings, opposites, words;
    size_t node_count = da->used + da->symbol_count + 1;
    jieda__lexicon_header header = {
        .magic = JIEDA__LEXICON_MAGIC,
        .symbol_count = da->symbol_count,
        .node_count = (uint32_t)node_count,
        .word_count = (uint32_t)t->count,
        .pair_count = pair_count,
        .class_count = classes->count,
        .unknown_cost = COST_UNKNOWN,
    };
    jieda_status st;

    jieda__buf_init(&canon, da->alloc, SIZE_MAX / 2);
    jieda__buf_init(&readings, da->alloc, SIZE_MAX / 2);
    jieda__buf_init(&opposites, da->alloc, SIZE_MAX / 2);
    jieda__buf_init(&words, da->alloc, SIZE_MAX / 2);
    jieda__buf_append(&readings, "\0", 2); /* index 0 means "no reading" */
    for (size_t i = 0; i < t->count; i++) {
        const entry_word *src = &t->items[i];
        jieda__word word = {.flags = src->flags,
                            .canon_first = (uint32_t)(canon.len / 4),
                            .canon_count = (uint16_t)src->canon_count,
                            .opposite_first = (uint32_t)(opposites.len / 2),
                            .length = (uint16_t)src->length,
                            .cost = cost_of(src)};

        jieda__buf_append(&canon, src->canon, src->canon_count * sizeof *src->canon);
        if (src->reading) {
            word.reading_first = (uint32_t)(readings.len / 2);
            jieda__buf_append(&readings, src->reading, src->length * sizeof *src->reading);
        }
        for (uint16_t pair = 0; pair < pair_count; pair++) {
            for (uint16_t side = 0; side < 2; side++) {
                uint16_t mark = (uint16_t)(2 * pair + side);

                if (src->opposites[side] >> pair & 1) {
                    jieda__buf_append(&opposites, &mark, sizeof mark);
                    word.opposite_count++;
                }
            }
        }
        jieda__buf_append(&words, &word, sizeof word);
    }
    header.canon_count = (uint32_t)(canon.len / 4);
    header.reading_count = (uint32_t)(readings.len / 2);
    header.opposite_count = (uint32_t)(opposites.len / 2);
    put_padding(&readings);
    put_padding(&opposites);

    jieda__buf_append(out, &header, sizeof header);
    jieda__buf_append(out, da->symbols, da->symbol_count * sizeof *da->symbols);
    jieda__buf_append(out, da->nodes, node_count * sizeof *da->nodes);
    jieda__buf_append(out, words.ptr, words.len);
    jieda__buf_append(out, canon.ptr, canon.len);
    jieda__buf_append(out, readings.ptr, readings.len);
    jieda__buf_append(out, opposites.ptr, opposites.len);
    for (uint32_t i = 0; i < classes->count; i++) {
        char name[16] = {0};

        memcpy(name, classes->name[i].ptr,
               classes->name[i].len < sizeof name ? classes->name[i].len : sizeof name - 1);
        jieda__buf_append(out, name, sizeof name);
    }
    st = out->status;
    if (canon.status || readings.status || opposites.status || words.status)
        st = JIEDA_E_NOMEM;
    jieda__buf_free(&canon);
    jieda__buf_free(&readings);
    jieda__buf_free(&opposites);
    jieda__buf_free(&words);
    return st;
}

jieda_status jieda__lexicon_build(const jieda__build *build, jieda__blob *out,
                                  uint32_t *word_count_out, jieda_error *err)
{
    word_table t = {.arena = build->arena};
    double_array da = {.alloc = build->alloc, .first_free = 1};
    class_names classes = {0};
    uint32_t pair_count = 0;
    uint32_t *symbols = NULL;
    jieda__buf buf;
    jieda_status st = table_grow(&t) ? JIEDA_OK : JIEDA_E_NOMEM;

    jieda__buf_init(&buf, build->alloc, SIZE_MAX / 2);
    if (st == JIEDA_OK)
        st = put_lexicon(&t, &build->source->base_lexicon, &classes, &pair_count);
    if (st == JIEDA_OK)
        st = put_lexicon(&t, &build->source->pack_lexicon, &classes, &pair_count);
    if (st == JIEDA_OK) {
        settle_flags(&t);
        st = mine_words(build, &t);
        for (size_t i = 0; i < t.count; i++)
            inherit_opposites(&t, &t.items[i]);
    }
    if (st != JIEDA_OK)
        goto done;
    if (t.count > 1)
        qsort(t.items, t.count, sizeof *t.items, word_order);
    st = collect_symbols(&t, build->arena, &symbols, &da.symbol_count);
    if (st != JIEDA_OK)
        goto done;
    da.symbols = symbols;
    da.words = t.items;
    da.used = 1;
    if (!nodes_reserve(&da, 1) || !place(&da, 0, 0, t.count, 0, build->arena) ||
        !nodes_reserve(&da, da.used + da.symbol_count + 2)) {
        st = JIEDA_E_NOMEM;
        goto done;
    }
    st = serialise(&t, &da, pair_count, &classes, &buf);
    if (st != JIEDA_OK)
        goto done;
    *out = (jieda__blob){buf.ptr, buf.len};
    buf = (jieda__buf){0};
    *word_count_out = (uint32_t)t.count;

done:
    jieda__dealloc(build->alloc, da.nodes);
    jieda__buf_free(&buf);
    return st == JIEDA_OK ? st : jieda__fail(err, st, "out of memory");
}
