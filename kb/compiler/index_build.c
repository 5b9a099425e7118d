/*
 * index_build.c - questions become the tables matching reads: terms, views, entries, profiles.
 *
 * Each question is read once. Its units are numbered in the order they first appear, which is
 * nearly the order of their frequency, and written as the 16-bit codes of the file; beside them
 * there is only a count for every unit and every pair. When all questions are in and all weights
 * are known, the units get their final numbers, by falling frequency, the codes are written again,
 * and each question's masses are summed up, so that nothing about a stored question is computed
 * while a visitor waits.
 */
#include "compiler/compiler.h"
#include "compiler/front.h"
#include "match/pair.h"

#include <stdlib.h>
#include <string.h>

/* Keys a bucket of a look-up holds on average, at most twice: one cache line of them. */
#define LOOKUP_BUCKET_COUNT 4

void jieda__blob_free(const jieda_allocator *alloc, jieda__blob *blob)
{
    jieda__dealloc(alloc, blob->bytes);
    *blob = (jieda__blob){0};
}

/* Memory of a section, zeroed; NULL when there is none. */
static void *new_section(const jieda_allocator *alloc, jieda__blob *blob, size_t len)
{
    blob->bytes = jieda__alloc_zero(alloc, 1, len);
    blob->len = blob->bytes ? len : 0;
    return blob->bytes;
}

/* ---- look-ups -------------------------------------------------------------------------------- */

/* A look-up being filled: all keys are counted, then all are placed. */
typedef struct lookup_writer {
    uint32_t bits;
    uint32_t *first;
    jieda__lookup_item *items;
} lookup_writer;

static uint32_t lookup_bits(size_t count)
{
    uint32_t bits = 1;

    while (bits < JIEDA__LOOKUP_BITS_MAX && ((size_t)LOOKUP_BUCKET_COUNT << bits) < count)
        bits++;
    return bits;
}

static size_t lookup_size(size_t count)
{
    return (2 + ((size_t)1 << lookup_bits(count)) + 1) * sizeof(uint32_t) +
           count * sizeof(jieda__lookup_item);
}

/* Begins one at `at`, zeroed; returns what comes after it. */
static char *lookup_begin(lookup_writer *w, char *at, size_t count)
{
    uint32_t *head = (uint32_t *)(void *)at;

    w->bits = head[0] = lookup_bits(count);
    head[1] = (uint32_t)count;
    w->first = head + 2;
    w->items = (jieda__lookup_item *)(void *)(w->first + ((size_t)1 << w->bits) + 1);
    return at + lookup_size(count);
}

static void lookup_count(lookup_writer *w, uint64_t key)
{
    w->first[key >> (64 - w->bits)]++;
}

/* From counts to where each bucket ends: placing counts down again to where it begins. */
static void lookup_counted(lookup_writer *w)
{
    uint32_t end = 0;

    for (size_t i = 0; i <= (size_t)1 << w->bits; i++)
        end = w->first[i] += end;
}

static void lookup_place(lookup_writer *w, uint64_t key, uint32_t value)
{
    w->items[--w->first[key >> (64 - w->bits)]] = (jieda__lookup_item){(uint32_t)key, value};
}

/* Sorts each bucket, so that the order of placing does not show. */
static void lookup_end(lookup_writer *w)
{
    for (size_t b = 0; b < (size_t)1 << w->bits; b++) {
        for (uint32_t i = w->first[b] + 1; i < w->first[b + 1]; i++) {
            jieda__lookup_item item = w->items[i];
            uint32_t k = i;

            for (; k > w->first[b] &&
                   (w->items[k - 1].check > item.check ||
                    (w->items[k - 1].check == item.check && w->items[k - 1].value > item.value));
                 k--)
                w->items[k] = w->items[k - 1];
            w->items[k] = item;
        }
    }
}

/* ---- counting -------------------------------------------------------------------------------- */

/* In how many questions each pair stands. One cache line a look-up: there are millions of them. */
typedef struct pair_count {
    uint64_t term; /* 0 = free */
    uint32_t df;
    uint32_t last_in; /* question that counted it last, + 1 */
} pair_count;

typedef struct pair_table {
    const jieda_allocator *alloc;
    pair_count *items; /* by hash */
    size_t capacity;   /* a power of two */
    size_t count;
} pair_table;

static pair_count *pair_at(const pair_table *t, uint64_t term)
{
    size_t slot = term & (t->capacity - 1);

    while (t->items[slot].term && t->items[slot].term != term)
        slot = (slot + 1) & (t->capacity - 1);
    return &t->items[slot];
}

static bool pair_table_grow(pair_table *t)
{
    pair_table old = *t;

    t->capacity = old.capacity ? old.capacity * 2 : 1u << 12;
    t->items = jieda__alloc_zero(t->alloc, t->capacity, sizeof *t->items);
    if (!t->items) {
        *t = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++)
        if (old.items[i].term)
            *pair_at(t, old.items[i].term) = old.items[i];
    jieda__dealloc(t->alloc, old.items);
    return true;
}

/* Counts the pair once for `question`; false when out of memory. */
static bool count_pair(pair_table *t, uint64_t term, uint32_t question)
{
    pair_count *pair;

    if (t->count * 4 >= t->capacity * 3 && !pair_table_grow(t))
        return false;
    pair = pair_at(t, term);
    if (!pair->term) {
        pair->term = term;
        t->count++;
    }
    if (pair->last_in != question + 1) {
        pair->last_in = question + 1;
        pair->df++;
    }
    return true;
}

/* The units of one view: numbered from 0 as they appear. */
typedef struct unit_count {
    uint64_t key;
    uint32_t df;
    uint32_t last_in;
    uint32_t sound; /* of the unit, as jieda__unit_sound() */
} unit_count;

typedef struct unit_table {
    const jieda_allocator *alloc;
    uint32_t *slots;   /* by hash: number + 1, 0 = free */
    size_t capacity;   /* a power of two */
    unit_count *units; /* by number; capacity / 2 places */
    uint32_t count;
} unit_table;

static bool unit_table_grow(unit_table *t)
{
    size_t capacity = t->capacity ? t->capacity * 2 : 1u << 10;
    uint32_t *slots = jieda__alloc_zero(t->alloc, capacity, sizeof *slots);
    unit_count *units =
        slots ? t->alloc->resize(t->alloc->ctx, t->units, capacity / 2 * sizeof *units) : NULL;

    if (!units) {
        jieda__dealloc(t->alloc, slots);
        return false;
    }
    for (uint32_t i = 0; i < t->count; i++) {
        size_t slot = units[i].key & (capacity - 1);

        while (slots[slot])
            slot = (slot + 1) & (capacity - 1);
        slots[slot] = i + 1;
    }
    jieda__dealloc(t->alloc, t->slots);
    t->slots = slots;
    t->units = units;
    t->capacity = capacity;
    return true;
}

/* The unit's number; counts it once for `question`. JIEDA__NONE when out of memory. */
static uint32_t count_unit(unit_table *t, uint64_t key, uint32_t question)
{
    size_t slot;
    unit_count *unit;

    if ((size_t)t->count * 2 >= t->capacity && !unit_table_grow(t))
        return JIEDA__NONE;
    slot = key & (t->capacity - 1);
    while (t->slots[slot] && t->units[t->slots[slot] - 1].key != key)
        slot = (slot + 1) & (t->capacity - 1);
    if (!t->slots[slot]) {
        t->units[t->count] = (unit_count){.key = key};
        t->slots[slot] = ++t->count;
    }
    unit = &t->units[t->slots[slot] - 1];
    if (unit->last_in != question + 1) {
        unit->last_in = question + 1;
        unit->df++;
    }
    return t->slots[slot] - 1;
}

static void unit_table_free(unit_table *t)
{
    jieda__dealloc(t->alloc, t->slots);
    jieda__dealloc(t->alloc, t->units);
}

/* ---- one question ---------------------------------------------------------------------------- */

struct jieda__index_builder {
    const jieda_allocator *alloc;
    const jieda__lexicon *lexicon;
    const jieda__built_index *index;
    pair_table pairs;
    unit_table units[JIEDA__VIEW_COUNT];
    jieda__question_row *rows;
    jieda__buf codes;         /* uint16_t[], units by number */
    jieda__buf opposite_sets; /* jieda__opposite_set[] */
    jieda__map opposite_map;  /* hash of a set -> its index */
};

static const jieda__term_kind unit_kinds[JIEDA__VIEW_COUNT] = {
    [JIEDA__VIEW_RAW] = JIEDA__TERM_RAW,
    [JIEDA__VIEW_CANON] = JIEDA__TERM_CANON,
    [JIEDA__VIEW_WORD] = JIEDA__TERM_WORD,
    [JIEDA__VIEW_PINYIN] = JIEDA__TERM_PINYIN,
};
/* Words have none. */
static const jieda__term_kind pair_kinds[JIEDA__VIEW_COUNT] = {
    [JIEDA__VIEW_RAW] = JIEDA__TERM_RAW_PAIR,
    [JIEDA__VIEW_CANON] = JIEDA__TERM_CANON_PAIR,
    [JIEDA__VIEW_PINYIN] = JIEDA__TERM_PINYIN_PAIR,
};

jieda__index_builder *jieda__index_builder_new(const jieda__build *build,
                                               const jieda__lexicon *lexicon,
                                               const jieda__built_index *index)
{
    jieda__index_builder *b = jieda__alloc_zero(build->alloc, 1, sizeof *b);
    jieda__opposite_set none = {{0, 0}};

    if (!b)
        return NULL;
    b->alloc = build->alloc;
    b->lexicon = lexicon;
    b->index = index;
    b->pairs.alloc = build->alloc;
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
        b->units[v].alloc = build->alloc;
    jieda__buf_init(&b->codes, build->alloc, SIZE_MAX / 2);
    jieda__buf_init(&b->opposite_sets, build->alloc, SIZE_MAX / 2);
    jieda__map_init(&b->opposite_map, build->alloc);
    b->rows = jieda__alloc(build->alloc, index->question_count * sizeof *b->rows);
    jieda__buf_append(&b->opposite_sets, &none, sizeof none);
    if (!b->rows || b->opposite_sets.status != JIEDA_OK) {
        jieda__index_builder_free(b);
        return NULL;
    }
    return b;
}

void jieda__index_builder_free(jieda__index_builder *b)
{
    if (!b)
        return;
    jieda__dealloc(b->alloc, b->pairs.items);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
        unit_table_free(&b->units[v]);
    jieda__dealloc(b->alloc, b->rows);
    jieda__buf_free(&b->codes);
    jieda__buf_free(&b->opposite_sets);
    jieda__map_free(&b->opposite_map);
    jieda__dealloc(b->alloc, b);
}

/* Codes of one question: at most a gap and a long id a unit. */
typedef struct code_writer {
    uint16_t codes[JIEDA__VIEW_COUNT * (1 + 3 * JIEDA__UNIT_COUNT_MAX)];
    size_t count;
} code_writer;

static void put_code(code_writer *w, uint32_t id, bool gap)
{
    if (gap)
        w->codes[w->count++] = JIEDA__CODE_GAP;
    if (id >= JIEDA__CODE_LONG) {
        id -= JIEDA__CODE_LONG;
        w->codes[w->count++] = (uint16_t)(JIEDA__CODE_LONG + (id >> 16));
    }
    w->codes[w->count++] = (uint16_t)id;
}

/* Adds the units of one view of one question. */
static jieda_status add_units(jieda__index_builder *b, code_writer *w, jieda__view view,
                              const jieda__units *units, uint32_t question)
{
    size_t before = w->count;

    for (size_t i = 0; i < units->count; i++) {
        const jieda__unit *unit = &units->items[i];
        uint32_t number = count_unit(&b->units[view], unit->key, question);
        bool paired = i > 0 && unit->glued;

        if (number == JIEDA__NONE ||
            (paired &&
             !count_pair(&b->pairs, jieda__term_pair(pair_kinds[view], unit[-1].key, unit->key),
                         question)))
            return JIEDA_E_NOMEM;
        if (number >= JIEDA__UNIT_ID_END)
            return JIEDA_E_LIMIT;
        if (b->units[view].units[number].df == 1) /* new, or as good as */
            b->units[view].units[number].sound = jieda__unit_sound(unit);
        put_code(w, number, i > 0 && !unit->glued);
    }
    w->codes[view] = (uint16_t)(w->count - before);
    return JIEDA_OK;
}

static jieda_status add_words(jieda__index_builder *b, code_writer *w, const jieda__reading *r,
                              uint32_t question)
{
    size_t before = w->count;

    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *segment = &r->segments.items[i];
        uint32_t number;

        if (!jieda__segment_is_word(b->lexicon, segment))
            continue;
        number = count_unit(&b->units[JIEDA__VIEW_WORD],
                            jieda__word_key(b->lexicon, &r->text, segment), question);
        if (number == JIEDA__NONE)
            return JIEDA_E_NOMEM;
        if (number >= JIEDA__UNIT_ID_END)
            return JIEDA_E_LIMIT;
        put_code(w, number, false);
    }
    w->codes[JIEDA__VIEW_WORD] = (uint16_t)(w->count - before);
    return JIEDA_OK;
}

/* The number of a set of opposites; JIEDA__NONE when out of memory. */
static uint32_t number_opposites(jieda__index_builder *b, const uint64_t side[2])
{
    jieda__opposite_set set = {{side[0], side[1]}};
    uint64_t key = jieda__hash(JIEDA__HASH_SEED, &set, sizeof set);
    uint32_t number = (uint32_t)(b->opposite_sets.len / sizeof set), found;
    size_t at = 0;

    if (side[0] == 0 && side[1] == 0)
        return 0;
    while (jieda__map_next(&b->opposite_map, key, &at, &found))
        if (memcmp(b->opposite_sets.ptr + found * sizeof set, &set, sizeof set) == 0)
            return found;
    jieda__buf_append(&b->opposite_sets, &set, sizeof set);
    if (b->opposite_sets.status != JIEDA_OK || !jieda__map_add(&b->opposite_map, key, number))
        return JIEDA__NONE;
    return number;
}

jieda_status jieda__index_add(jieda__index_builder *b, uint32_t question, const jieda__reading *r)
{
    const jieda__built_question *src = &b->index->questions[question];
    code_writer w;
    size_t first_code = b->codes.len / sizeof *w.codes;
    uint32_t opposites = number_opposites(b, r->opposites);
    jieda_status st = opposites == JIEDA__NONE ? JIEDA_E_NOMEM : JIEDA_OK;

    w.count = JIEDA__VIEW_COUNT;
    if (st == JIEDA_OK)
        st = add_units(b, &w, JIEDA__VIEW_RAW, &r->raw, question);
    if (st == JIEDA_OK)
        st = add_units(b, &w, JIEDA__VIEW_CANON, &r->canonical, question);
    if (st == JIEDA_OK)
        st = add_words(b, &w, r, question);
    if (st == JIEDA_OK)
        st = add_units(b, &w, JIEDA__VIEW_PINYIN, &r->pinyin, question);
    if (st != JIEDA_OK)
        return st;
    if (first_code + w.count > UINT32_MAX)
        return JIEDA_E_LIMIT;
    b->rows[question] = (jieda__question_row){
        .entry = src->entry,
        .first_code = (uint32_t)first_code,
        .opposites = opposites,
        .kind = src->kind,
        .negation_count = (uint8_t)(r->negation_count < UINT8_MAX ? r->negation_count : UINT8_MAX),
        .language = src->language};
    jieda__buf_append(&b->codes, w.codes, w.count * sizeof *w.codes);
    return b->codes.status;
}

/* One question's units by number, read back from its codes. */
typedef struct unit_list {
    uint32_t items[JIEDA__UNIT_COUNT_MAX]; /* with JIEDA__UNIT_GAP */
    size_t count;
} unit_list;

static void read_units(const jieda__index_builder *b, uint32_t question, jieda__view view,
                       unit_list *out)
{
    const uint16_t *counts =
        (const uint16_t *)(const void *)b->codes.ptr + b->rows[question].first_code;
    const uint16_t *at = counts + JIEDA__VIEW_COUNT, *end;

    for (int v = 0; v < (int)view; v++)
        at += counts[v];
    end = at + counts[view];
    for (out->count = 0; at < end; out->count++)
        out->items[out->count] = jieda__unit_next(&at);
}

/* The term of the pair that position i of the list ends, 0 if there is none. */
static uint64_t pair_term(const jieda__index_builder *b, jieda__view view, const unit_list *list,
                          size_t i)
{
    const unit_count *units = b->units[view].units;

    if (view == JIEDA__VIEW_WORD || i == 0 || (list->items[i] & JIEDA__UNIT_GAP))
        return 0;
    return jieda__term_pair(pair_kinds[view], units[list->items[i - 1] & ~JIEDA__UNIT_GAP].key,
                            units[list->items[i]].key);
}

/* ---- section "terms" ------------------------------------------------------------------------- */

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

/* New ids of a view's units, by number: the commonest first, then as they appeared. NULL when out
 * of memory. */
static uint32_t *renumber(const unit_table *t)
{
    uint64_t *order = jieda__alloc(t->alloc, t->count * sizeof *order);
    uint32_t *ids = jieda__alloc(t->alloc, t->count * sizeof *ids);

    if (order && ids) {
        for (uint32_t i = 0; i < t->count; i++)
            order[i] = (uint64_t)(UINT32_MAX - t->units[i].df) << 32 | i;
        if (t->count > 1)
            qsort(order, t->count, sizeof *order, by_number);
        for (uint32_t i = 0; i < t->count; i++)
            ids[(uint32_t)order[i]] = i;
    } else {
        jieda__dealloc(t->alloc, ids);
        ids = NULL;
    }
    jieda__dealloc(t->alloc, order);
    return ids;
}

/* Writes one view's units; returns what comes after them. */
static char *write_view_units(const unit_table *t, const uint32_t *ids, char *at)
{
    lookup_writer w;
    uint32_t *df, *hash, *sound;

    df = (uint32_t *)(void *)lookup_begin(&w, at, t->count);
    hash = df + t->count;
    sound = hash + t->count;
    for (uint32_t i = 0; i < t->count; i++)
        lookup_count(&w, t->units[i].key);
    lookup_counted(&w);
    for (uint32_t i = 0; i < t->count; i++) {
        lookup_place(&w, t->units[i].key, ids[i]);
        df[ids[i]] = t->units[i].df;
        hash[ids[i]] = jieda__unit_hash(t->units[i].key);
        sound[ids[i]] = t->units[i].sound;
    }
    lookup_end(&w);
    return (char *)(sound + t->count);
}

/* The index looks up units and pairs; of canonical units only pairs are asked for by term. */
static void write_term_lookup(const jieda__index_builder *b, char *at, size_t count)
{
    lookup_writer w;

    lookup_begin(&w, at, count);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < b->pairs.capacity; i++) {
            const pair_count *pair = &b->pairs.items[i];

            if (pair->term && pass == 0)
                lookup_count(&w, pair->term);
            else if (pair->term)
                lookup_place(&w, pair->term, pair->df);
        }
        for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
            for (uint32_t i = 0; v != JIEDA__VIEW_CANON && i < b->units[v].count; i++) {
                const unit_count *unit = &b->units[v].units[i];

                if (pass == 0)
                    lookup_count(&w, jieda__term(unit_kinds[v], unit->key));
                else
                    lookup_place(&w, jieda__term(unit_kinds[v], unit->key), unit->df);
            }
        }
        if (pass == 0)
            lookup_counted(&w);
    }
    lookup_end(&w);
}

static jieda_status write_terms(const jieda__index_builder *b,
                                uint32_t *const ids[JIEDA__VIEW_COUNT], jieda__blob *out)
{
    size_t term_count = b->pairs.count, len = (1 + JIEDA__VIEW_COUNT) * sizeof(uint32_t);
    uint32_t *head;
    char *at;

    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        term_count += v == JIEDA__VIEW_CANON ? 0 : b->units[v].count;
        len += lookup_size(b->units[v].count) + 3 * sizeof(uint32_t) * b->units[v].count;
    }
    if (term_count > UINT32_MAX)
        return JIEDA_E_LIMIT;
    len += lookup_size(term_count);
    head = new_section(b->alloc, out, len);
    if (!head)
        return JIEDA_E_NOMEM;
    head[0] = b->index->question_count;
    at = (char *)(head + 1 + JIEDA__VIEW_COUNT);
    write_term_lookup(b, at, term_count);
    at += lookup_size(term_count);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        head[1 + v] = b->units[v].count;
        at = write_view_units(&b->units[v], ids[v], at);
    }
    return JIEDA_OK;
}

/* ---- section "questions" --------------------------------------------------------------------- */

/* Sums the weights of one view's units and pairs, in their order. */
static void sum_masses(const jieda__index_builder *b, jieda__view view, const unit_list *list,
                       float *mass, float *pair_mass)
{
    uint32_t n = b->index->question_count;

    for (size_t i = 0; i < list->count; i++) {
        uint32_t number = list->items[i] & ~JIEDA__UNIT_GAP;

        *mass += jieda__term_weight(n, b->units[view].units[number].df);
        if (pair_mass && pair_term(b, view, list, i))
            *pair_mass +=
                jieda__term_weight(n, pair_at(&b->pairs, pair_term(b, view, list, i))->df);
    }
}

static void write_question(const jieda__index_builder *b, uint32_t *const ids[JIEDA__VIEW_COUNT],
                           uint32_t question, jieda__question_row *row, code_writer *w)
{
    unit_list list;

    w->count = JIEDA__VIEW_COUNT;
    for (jieda__view v = 0; v < JIEDA__VIEW_COUNT; v++) {
        size_t before = w->count;

        read_units(b, question, v, &list);
        if (v == JIEDA__VIEW_RAW)
            sum_masses(b, v, &list, &row->mass[JIEDA__MASS_RAW], NULL);
        else if (v == JIEDA__VIEW_CANON)
            sum_masses(b, v, &list, &row->mass[JIEDA__MASS_CANON], NULL);
        else if (v == JIEDA__VIEW_PINYIN)
            sum_masses(b, v, &list, &row->mass[JIEDA__MASS_PINYIN],
                       &row->mass[JIEDA__MASS_PINYIN_PAIR]);
        for (size_t i = 0; i < list.count; i++)
            put_code(w, ids[v][list.items[i] & ~JIEDA__UNIT_GAP],
                     (list.items[i] & JIEDA__UNIT_GAP) != 0);
        w->codes[v] = (uint16_t)(w->count - before);
    }
}

/* The codes follow the rows, whose place is kept free until they are known. */
static jieda_status write_questions(const jieda__index_builder *b,
                                    uint32_t *const ids[JIEDA__VIEW_COUNT], jieda__blob *out)
{
    uint32_t n = b->index->question_count;
    jieda__questions_header header = {
        .question_count = n,
        .opposite_count = (uint32_t)(b->opposite_sets.len / sizeof(jieda__opposite_set))};
    size_t rows_at = sizeof header + b->opposite_sets.len, codes_at;
    size_t code_count = 0;
    code_writer w;
    jieda__buf buf;

    jieda__buf_init(&buf, b->alloc, SIZE_MAX / 2);
    jieda__buf_append(&buf, &header, sizeof header);
    jieda__buf_append(&buf, b->opposite_sets.ptr, b->opposite_sets.len);
    jieda__buf_append(&buf, b->rows, n * sizeof *b->rows);
    codes_at = buf.len;
    for (uint32_t q = 0; q < n && buf.status == JIEDA_OK; q++) {
        jieda__question_row row = b->rows[q];

        code_count = (buf.len - codes_at) / sizeof *w.codes;
        write_question(b, ids, q, &row, &w);
        if (code_count + w.count > UINT32_MAX)
            buf.status = JIEDA_E_LIMIT;
        row.first_code = (uint32_t)code_count;
        jieda__buf_append(&buf, w.codes, w.count * sizeof *w.codes);
        if (buf.status == JIEDA_OK)
            memcpy(buf.ptr + rows_at + q * sizeof row, &row, sizeof row);
    }
    if (buf.status != JIEDA_OK) {
        jieda_status st = buf.status;

        jieda__buf_free(&buf);
        return st;
    }
    header.code_count = (uint32_t)((buf.len - codes_at) / sizeof *w.codes);
    memcpy(buf.ptr, &header, sizeof header);
    *out = (jieda__blob){buf.ptr, buf.len};
    return JIEDA_OK;
}

/* ---- section "entries" ----------------------------------------------------------------------- */

int32_t jieda__days_from_date(jieda_str date)
{
    int year = 0, month = 0, day = 0;

    for (size_t i = 0; i < date.len; i++) {
        int digit = date.ptr[i] - '0';

        if (i < 4)
            year = year * 10 + digit;
        else if (i == 5 || i == 6)
            month = month * 10 + digit;
        else if (i == 8 || i == 9)
            day = day * 10 + digit;
    }
    return (int32_t)jieda__days_of_date(year, month, day);
}

/* Bits of the placeholders without a default that occur in `text`. */
static uint64_t unbound_in(const jieda__source *source, jieda_str text, uint32_t language)
{
    uint64_t bits = 0;

    for (size_t p = 0; p < source->placeholder_count && p < 64; p++) {
        const jieda__src_placeholder *placeholder = &source->placeholders[p];

        if (placeholder->fallback.text[language].len > 0)
            continue;
        for (size_t i = 0; i + placeholder->name.len + 4 <= text.len; i++)
            if (memcmp(text.ptr + i, "{{", 2) == 0 &&
                memcmp(text.ptr + i + 2, placeholder->name.ptr, placeholder->name.len) == 0 &&
                memcmp(text.ptr + i + 2 + placeholder->name.len, "}}", 2) == 0)
                bits |= 1ULL << p;
    }
    return bits;
}

static uint64_t unbound_placeholders(const jieda__source *source, const jieda__src_entry *entry)
{
    uint64_t bits = 0;

    for (size_t a = 0; a < entry->answer_count; a++) {
        const jieda__src_answer *answer = &entry->answers[a];

        bits |= unbound_in(source, answer->text, answer->language);
        bits |= unbound_in(source, answer->note, answer->language);
        for (size_t i = 0; i < answer->step_count; i++)
            bits |= unbound_in(source, answer->steps[i], answer->language);
        for (size_t i = 0; i < answer->action_count; i++)
            bits |= unbound_in(source, answer->actions[i].label, answer->language) |
                    unbound_in(source, answer->actions[i].link, answer->language);
    }
    return bits;
}

static bool write_entries(const jieda__build *build, const jieda__built_index *index,
                          jieda__blob *out)
{
    const jieda__source *source = build->source;
    uint32_t n = index->entry_count;
    uint32_t *at = new_section(build->alloc, out, 2 * sizeof *at + n * sizeof(jieda__entry_row));
    jieda__entry_row *rows;

    if (!at)
        return false;
    at[0] = n;
    rows = (jieda__entry_row *)(void *)(at + 2);
    for (uint32_t q = 0; q < index->question_count; q++)
        if (index->questions[q].kind == JIEDA__QUESTION_POSITIVE) {
            jieda__entry_row *row = &rows[index->questions[q].entry];

            if (row->wording_count++ == 0)
                row->first_question = q;
        }
    for (uint32_t i = 0; i < n; i++) {
        const jieda__src_entry *entry = index->entries[i];
        jieda__entry_row *row = &rows[i];

        row->category = JIEDA__NONE;
        for (size_t c = 0; c < source->category_count; c++) {
            if (jieda__str_equal(source->categories[c].id, entry->category)) {
                row->category = (uint32_t)c;
                row->smalltalk = source->categories[c].kind == JIEDA__CATEGORY_SMALLTALK;
            }
        }
        row->valid_from =
            entry->valid_from.len ? jieda__days_from_date(entry->valid_from) : INT32_MIN;
        row->valid_to = entry->valid_to.len ? jieda__days_from_date(entry->valid_to) : INT32_MAX;
        row->placeholders = unbound_placeholders(source, entry);
        row->risk = (uint8_t)entry->risk;
        row->handoff = (uint8_t)entry->handoff;
        row->priority = (uint8_t)entry->priority;
        row->has_when = entry->when_count > 0;
        row->has_needs = entry->need_count > 0;
    }
    return true;
}

/* ---- section "names"
 * ----------------------------------------------------------------------------------- */

static bool write_names(const jieda__build *build, const jieda__built_index *index,
                        jieda__blob *out)
{
    size_t languages = build->source->language_count;
    size_t count = index->entry_count * (1 + languages), len = 0, n = 0;
    uint32_t *at;
    char *bytes;

    for (uint32_t e = 0; e < index->entry_count; e++) {
        len += index->entries[e]->id.len;
        for (size_t l = 0; l < languages; l++)
            len += index->entries[e]->title.text[l].len;
    }
    at = new_section(build->alloc, out, (3 + count + 1) * sizeof *at + len);
    if (!at)
        return false;
    at[0] = index->entry_count;
    at[1] = (uint32_t)languages;
    at[2] = build->source->is_table;
    at += 3;
    bytes = (char *)(at + count + 1);
    len = 0;
    for (uint32_t e = 0; e < index->entry_count; e++) {
        for (size_t l = 0; l <= languages; l++) {
            jieda_str text = l == 0 ? index->entries[e]->id : index->entries[e]->title.text[l - 1];

            at[n++] = (uint32_t)len;
            if (text.len)
                memcpy(bytes + len, text.ptr, text.len);
            len += text.len;
        }
    }
    at[n] = (uint32_t)len;
    return true;
}

jieda_status jieda__entries_build(const jieda__build *build, const jieda__built_index *index,
                                  jieda__blob *entries_out, jieda__blob *names_out)
{
    return write_entries(build, index, entries_out) && write_names(build, index, names_out)
               ? JIEDA_OK
               : JIEDA_E_NOMEM;
}

/* ---- section "profiles" ---------------------------------------------------------------------- */

/* One term seen in one wording of an entry: sorted, they give the shares. */
typedef struct sighting {
    uint32_t *counter; /* of the term: stands for it */
    uint32_t question;
} sighting;

static int by_term_question(const void *left, const void *right)
{
    const sighting *a = left, *b = right;

    if (a->counter != b->counter)
        return (uintptr_t)a->counter < (uintptr_t)b->counter ? -1 : 1;
    return a->question < b->question ? -1 : a->question > b->question;
}

/* Every term has a number to itself, `last_in`, which is free when all questions are in. Term i of
 * them all in the order of the tables; false past the last, *counter_out NULL for a free place. */
static bool counter_at(const jieda__index_builder *b, size_t i, uint32_t **counter_out,
                       uint64_t *term_out)
{
    if (i < b->pairs.capacity) {
        *counter_out = b->pairs.items[i].term ? &b->pairs.items[i].last_in : NULL;
        *term_out = b->pairs.items[i].term;
        return true;
    }
    i -= b->pairs.capacity;
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        if (i < b->units[v].count) {
            *counter_out = &b->units[v].units[i].last_in;
            *term_out = jieda__term(unit_kinds[v], b->units[v].units[i].key);
            return true;
        }
        i -= b->units[v].count;
    }
    return false;
}

/* Every term of every wording of one entry, sorted. */
static size_t collect_sightings(const jieda__index_builder *b, const jieda__entry_row *row,
                                jieda__buf *out)
{
    unit_list list;
    size_t count;

    out->len = 0;
    for (uint32_t q = row->first_question; q < row->first_question + row->wording_count; q++) {
        for (jieda__view v = 0; v < JIEDA__VIEW_COUNT; v++) {
            read_units(b, q, v, &list);
            for (size_t i = 0; i < list.count; i++) {
                uint32_t number = list.items[i] & ~JIEDA__UNIT_GAP;
                uint64_t pair = pair_term(b, v, &list, i);
                sighting seen = {&b->units[v].units[number].last_in, q};

                jieda__buf_append(out, &seen, sizeof seen);
                if (!pair)
                    continue;
                seen.counter = &pair_at(&b->pairs, pair)->last_in;
                jieda__buf_append(out, &seen, sizeof seen);
            }
        }
    }
    count = out->len / sizeof(sighting);
    if (count > 1)
        qsort(out->ptr, count, sizeof(sighting), by_term_question);
    return count;
}

/* Sums the sightings of one term, from list[*at] on. The share is that of the language in which it
 * is largest: ten English wordings are not drowned in two hundred Chinese ones. */
static jieda__profile_item sum_share(const sighting *list, size_t count, size_t *at,
                                     const jieda__built_question *questions,
                                     const uint32_t wordings[JIEDA__LANGUAGE_COUNT_MAX])
{
    const sighting *first = &list[*at];
    uint32_t seen[JIEDA__LANGUAGE_COUNT_MAX] = {0}, last = JIEDA__NONE;
    jieda__profile_item item = {.entry = questions[first->question].entry};

    for (; *at < count && list[*at].counter == first->counter; ++*at) {
        seen[questions[list[*at].question].language] += list[*at].question != last;
        last = list[*at].question;
    }
    for (uint32_t l = 0; l < JIEDA__LANGUAGE_COUNT_MAX; l++) {
        if (seen[l] > 0 && (float)seen[l] / (float)wordings[l] > item.share) {
            item.share = (float)seen[l] / (float)wordings[l];
            item.share_of_one = 1.0f / (float)wordings[l];
        }
    }
    return item;
}

/* Goes through the terms of all entries with several wordings; an entry with one needs no profile,
 * its question says the same. Without `places` a term's counter counts its entries; with them it is
 * where the term's next item goes, JIEDA__NONE if it has none. */
static jieda_status pass_profiles(const jieda__index_builder *b, const jieda__blob *entries,
                                  jieda__profile_item *places)
{
    const jieda__entry_row *rows =
        (const jieda__entry_row *)(const void *)((const uint32_t *)entries->bytes + 2);
    const jieda__built_question *questions = b->index->questions;
    jieda__buf sightings;
    jieda_status st;

    jieda__buf_init(&sightings, b->alloc, SIZE_MAX / 2);
    for (uint32_t e = 0; e < b->index->entry_count && sightings.status == JIEDA_OK; e++) {
        uint32_t wordings[JIEDA__LANGUAGE_COUNT_MAX] = {0};
        const sighting *list;
        size_t count;

        if (rows[e].wording_count < 2)
            continue;
        for (uint32_t q = 0; q < rows[e].wording_count; q++)
            wordings[questions[rows[e].first_question + q].language]++;
        count = collect_sightings(b, &rows[e], &sightings);
        list = (const sighting *)(const void *)sightings.ptr;
        for (size_t i = 0; i < count;) {
            uint32_t *counter = list[i].counter;
            jieda__profile_item item = sum_share(list, count, &i, questions, wordings);

            if (!places)
                ++*counter;
            else if (*counter != JIEDA__NONE)
                places[(*counter)++] = item;
        }
    }
    st = sightings.status;
    jieda__buf_free(&sightings);
    return st;
}

/* Two passes over the entries, the first to count: sorting the items, of which common terms have
 * most and are then left out, would take gigabytes for a million wordings. */
static jieda_status write_profiles(const jieda__index_builder *b, const jieda__blob *entries,
                                   jieda__blob *out)
{
    size_t term_count = 0, item_count = 0, len;
    uint32_t *head, *first, *counter, number = 0, place = 0;
    jieda__profile_item *places;
    lookup_writer w;
    uint64_t term;
    jieda_status st;

    for (size_t i = 0; counter_at(b, i, &counter, &term); i++)
        if (counter)
            *counter = 0;
    st = pass_profiles(b, entries, NULL);
    if (st != JIEDA_OK)
        return st;
    for (size_t i = 0; counter_at(b, i, &counter, &term); i++) {
        if (!counter)
            continue;
        if (*counter == 0 || *counter > JIEDA__PROFILE_ENTRY_MAX) {
            *counter = JIEDA__NONE;
            continue;
        }
        term_count++;
        item_count += *counter;
    }
    len =
        (2 + term_count + 1) * sizeof *head + lookup_size(term_count) + item_count * sizeof *places;
    if (item_count >= JIEDA__NONE)
        return JIEDA_E_LIMIT;
    head = new_section(b->alloc, out, len);
    if (!head)
        return JIEDA_E_NOMEM;
    head[0] = (uint32_t)term_count;
    head[1] = (uint32_t)item_count;
    first = (uint32_t *)(void *)lookup_begin(&w, (char *)(head + 2), term_count);
    places = (jieda__profile_item *)(void *)(first + term_count + 1);
    for (size_t i = 0; counter_at(b, i, &counter, &term); i++)
        if (counter && *counter != JIEDA__NONE)
            lookup_count(&w, term);
    lookup_counted(&w);
    for (size_t i = 0; counter_at(b, i, &counter, &term); i++) {
        if (!counter || *counter == JIEDA__NONE)
            continue;
        lookup_place(&w, term, number);
        first[number++] = place;
        place += *counter;
        *counter = first[number - 1];
    }
    first[number] = place;
    lookup_end(&w);
    return pass_profiles(b, entries, places);
}

jieda_status jieda__index_finish(jieda__index_builder *b, const jieda__blob *entries,
                                 jieda__blob *terms_out, jieda__blob *questions_out,
                                 jieda__blob *profiles_out)
{
    uint32_t *ids[JIEDA__VIEW_COUNT] = {NULL};
    jieda_status st = JIEDA_OK;

    for (int v = 0; st == JIEDA_OK && v < JIEDA__VIEW_COUNT; v++) {
        ids[v] = renumber(&b->units[v]);
        if (!ids[v])
            st = JIEDA_E_NOMEM;
    }
    if (st == JIEDA_OK)
        st = write_profiles(b, entries, profiles_out);
    if (st == JIEDA_OK)
        st = write_questions(b, ids, questions_out);
    /* The questions were all that the codes and rows were kept for. */
    jieda__buf_free(&b->codes);
    jieda__dealloc(b->alloc, b->rows);
    b->rows = NULL;
    if (st == JIEDA_OK)
        st = write_terms(b, ids, terms_out);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
        jieda__dealloc(b->alloc, ids[v]);
    return st;
}

/* ---- the list of questions ------------------------------------------------------------------- */

static int by_id(const void *left, const void *right)
{
    const jieda__src_entry *a = *(const jieda__src_entry *const *)left;
    const jieda__src_entry *b = *(const jieda__src_entry *const *)right;

    return jieda__str_compare(a->id, b->id);
}

jieda_status jieda__index_list(const jieda__build *build, jieda__built_index *out, jieda_error *err)
{
    const jieda__source *source = build->source;
    size_t total = source->out_of_scope_count;
    uint32_t count = 0;

    out->entry_count = (uint32_t)source->entry_count;
    out->entries =
        jieda__arena_alloc(build->arena, (source->entry_count + 1) * sizeof *out->entries);
    if (!out->entries)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    for (size_t i = 0; i < source->entry_count; i++) {
        out->entries[i] = &source->entries[i];
        total += source->entries[i].question_count + source->entries[i].not_count;
    }
    if (source->entry_count > 1)
        qsort(out->entries, source->entry_count, sizeof *out->entries, by_id);
    out->questions = jieda__arena_alloc(build->arena, (total + 1) * sizeof *out->questions);
    if (!out->questions)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    for (uint32_t e = 0; e < out->entry_count; e++)
        for (size_t q = 0; q < out->entries[e]->question_count; q++)
            out->questions[count++] = (jieda__built_question){
                out->entries[e]->questions[q].text, e, JIEDA__QUESTION_POSITIVE,
                (uint8_t)out->entries[e]->questions[q].language};
    for (uint32_t e = 0; e < out->entry_count; e++)
        for (size_t q = 0; q < out->entries[e]->not_count; q++)
            out->questions[count++] = (jieda__built_question){
                out->entries[e]->not_questions[q].text, e, JIEDA__QUESTION_NOT,
                (uint8_t)out->entries[e]->not_questions[q].language};
    for (size_t q = 0; q < source->out_of_scope_count; q++)
        out->questions[count++] = (jieda__built_question){
            source->out_of_scope[q].text, JIEDA__NONE, JIEDA__QUESTION_OUT_OF_SCOPE,
            (uint8_t)source->out_of_scope[q].language};
    out->question_count = count;
    return JIEDA_OK;
}
