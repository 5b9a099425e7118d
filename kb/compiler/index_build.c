/*
 * index_build.c - questions become the tables matching reads: terms, views, entries, profiles.
 *
 * Two passes. The first reads every question and numbers its terms in the order they appear,
 * counting in how many questions each occurs. The second, when all weights are known, lays the
 * terms out as a hash table, translates the numbers to its slots, and sums up each question's mass,
 * so that nothing about a stored question is computed while a visitor waits.
 */
#include "compiler/compiler.h"

#include <stdlib.h>
#include <string.h>

/* Scratch memory of one question's reading. */
#define READ_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PROGRESS_STEP 4096

/* ---- numbering terms ------------------------------------------------------------------------- */

typedef struct term_table {
    const jieda_allocator *alloc;
    uint64_t *terms; /* by hash; 0 = free */
    uint32_t *numbers;
    uint32_t *df;      /* by number */
    uint32_t *last_in; /* by number: question that counted it last, + 1 */
    size_t capacity;
    size_t count;
} term_table;

static void term_table_free(term_table *t)
{
    jieda__dealloc(t->alloc, t->terms);
    jieda__dealloc(t->alloc, t->numbers);
    jieda__dealloc(t->alloc, t->df);
    jieda__dealloc(t->alloc, t->last_in);
}

static bool resize_u32(const jieda_allocator *alloc, uint32_t **array, size_t count)
{
    uint32_t *grown = alloc->resize(alloc->ctx, *array, count * sizeof *grown);

    if (grown)
        *array = grown;
    return grown != NULL;
}

static bool term_table_grow(term_table *t)
{
    size_t capacity = t->capacity ? t->capacity * 2 : 1u << 14;
    uint64_t *terms = jieda__alloc_zero(t->alloc, capacity, sizeof *terms);
    uint32_t *numbers = jieda__alloc(t->alloc, capacity * sizeof *numbers);

    if (!terms || !numbers || !resize_u32(t->alloc, &t->df, capacity) ||
        !resize_u32(t->alloc, &t->last_in, capacity)) {
        jieda__dealloc(t->alloc, terms);
        jieda__dealloc(t->alloc, numbers);
        return false;
    }
    for (size_t i = 0; i < t->capacity; i++) {
        size_t slot = t->terms[i] & (capacity - 1);

        if (!t->terms[i])
            continue;
        while (terms[slot])
            slot = (slot + 1) & (capacity - 1);
        terms[slot] = t->terms[i];
        numbers[slot] = t->numbers[i];
    }
    jieda__dealloc(t->alloc, t->terms);
    jieda__dealloc(t->alloc, t->numbers);
    t->terms = terms;
    t->numbers = numbers;
    t->capacity = capacity;
    return true;
}

/* The term's number; counts it once for `question`. JIEDA__NONE when out of memory. */
static uint32_t count_term(term_table *t, uint64_t term, uint32_t question)
{
    size_t slot;
    uint32_t number;

    if (t->count * 2 >= t->capacity && !term_table_grow(t))
        return JIEDA__NONE;
    slot = term & (t->capacity - 1);
    while (t->terms[slot] && t->terms[slot] != term)
        slot = (slot + 1) & (t->capacity - 1);
    if (!t->terms[slot]) {
        t->terms[slot] = term;
        t->numbers[slot] = (uint32_t)t->count;
        t->df[t->count] = 0;
        t->last_in[t->count] = 0;
        t->count++;
    }
    number = t->numbers[slot];
    if (t->last_in[number] != question + 1) {
        t->last_in[number] = question + 1;
        t->df[number]++;
    }
    return number;
}

/* ---- views ----------------------------------------------------------------------------------- */

typedef struct view_builder {
    uint32_t *first;
    jieda__buf unit; /* uint32_t[] */
    jieda__buf pair;
} view_builder;

typedef struct index_builder {
    const jieda__build *build;
    const jieda__lexicon *lexicon;
    jieda__built_index *out;
    term_table terms;
    jieda__question_row *rows;
    view_builder views[JIEDA__VIEW_COUNT];
    jieda__arena scratch;
} index_builder;

static void put_number(jieda__buf *buf, uint32_t number)
{
    jieda__buf_append(buf, &number, sizeof number);
}

/* Adds the units of one view of one question; false when out of memory. */
static bool put_view(index_builder *b, jieda__view which, const jieda__units *units,
                     uint32_t question, jieda__term_kind kind, jieda__term_kind pair_kind)
{
    view_builder *view = &b->views[which];

    for (size_t i = 0; i < units->count; i++) {
        const jieda__unit *unit = &units->items[i];
        uint32_t number = count_term(&b->terms, jieda__term(kind, unit->key), question);
        uint32_t pair = JIEDA__NONE;

        if (number == JIEDA__NONE)
            return false;
        if (i > 0 && unit->glued) {
            pair = count_term(&b->terms, jieda__term_pair(pair_kind, unit[-1].key, unit->key),
                              question);
            if (pair == JIEDA__NONE)
                return false;
        }
        put_number(&view->unit, number);
        put_number(&view->pair, pair);
    }
    return view->unit.status == JIEDA_OK && view->pair.status == JIEDA_OK;
}

static bool put_words(index_builder *b, const jieda__reading *r, uint32_t question)
{
    view_builder *view = &b->views[JIEDA__VIEW_WORD];

    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *segment = &r->segments.items[i];
        uint32_t number;

        if (!jieda__segment_is_word(b->lexicon, segment))
            continue;
        number = count_term(
            &b->terms,
            jieda__term(JIEDA__TERM_WORD, jieda__word_key(b->lexicon, &r->text, segment)),
            question);
        if (number == JIEDA__NONE)
            return false;
        put_number(&view->unit, number);
    }
    return view->unit.status == JIEDA_OK;
}

static jieda_status read_question(index_builder *b, uint32_t question)
{
    const jieda__built_question *src = &b->out->questions[question];
    jieda__question_row *row = &b->rows[question];
    jieda__reading r;
    jieda_status st;

    jieda__arena_reset(&b->scratch);
    st = jieda__text_read(&b->scratch, b->lexicon, src->text, &r);
    if (st != JIEDA_OK)
        return st;
    *row = (jieda__question_row){
        .entry = src->entry,
        .opposites = {r.opposites[0], r.opposites[1]},
        .kind = src->kind,
        .negation_count = (uint8_t)(r.negation_count < UINT8_MAX ? r.negation_count : UINT8_MAX),
        .language = src->language};
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
        b->views[v].first[question] = (uint32_t)(b->views[v].unit.len / sizeof(uint32_t));
    if (!put_view(b, JIEDA__VIEW_RAW, &r.raw, question, JIEDA__TERM_RAW, JIEDA__TERM_RAW_PAIR) ||
        !put_view(b, JIEDA__VIEW_CANON, &r.canonical, question, JIEDA__TERM_CANON,
                  JIEDA__TERM_CANON_PAIR) ||
        !put_words(b, &r, question) ||
        !put_view(b, JIEDA__VIEW_PINYIN, &r.pinyin, question, JIEDA__TERM_PINYIN,
                  JIEDA__TERM_PINYIN_PAIR))
        return JIEDA_E_NOMEM;
    return JIEDA_OK;
}

/* ---- sections -------------------------------------------------------------------------------- */

static void *new_section(const jieda__build *build, jieda__blob *blob, size_t len)
{
    blob->bytes = jieda__arena_zero(build->arena, 1, len);
    blob->len = len;
    return blob->bytes;
}

/* Lays the terms out for reading and returns, by number, the slot each one got. */
static uint32_t *write_terms(index_builder *b)
{
    const term_table *t = &b->terms;
    uint32_t *slot_of = jieda__alloc(t->alloc, (t->count + 1) * sizeof *slot_of);
    uint32_t capacity = 64;
    jieda__terms_header *header;
    uint64_t *terms;
    uint32_t *df;

    while (capacity < t->count + t->count / 2)
        capacity *= 2;
    header = new_section(b->build, &b->out->terms,
                         sizeof *header + capacity * (sizeof *terms + sizeof *df));
    if (!slot_of || !header) {
        jieda__dealloc(t->alloc, slot_of);
        return NULL;
    }
    *header = (jieda__terms_header){.capacity = capacity,
                                    .term_count = (uint32_t)t->count,
                                    .question_count = b->out->question_count};
    terms = (uint64_t *)(header + 1);
    df = (uint32_t *)(terms + capacity);
    for (size_t i = 0; i < t->capacity; i++) {
        uint32_t slot;

        if (!t->terms[i])
            continue;
        slot = (uint32_t)t->terms[i] & (capacity - 1);
        while (terms[slot])
            slot = (slot + 1) & (capacity - 1);
        terms[slot] = t->terms[i];
        df[slot] = t->df[t->numbers[i]];
        slot_of[t->numbers[i]] = slot;
    }
    return slot_of;
}

static void sum_masses(index_builder *b)
{
    uint32_t n = b->out->question_count;

    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        const view_builder *view = &b->views[v];
        const uint32_t *unit = (const uint32_t *)(const void *)view->unit.ptr;
        const uint32_t *pair = (const uint32_t *)(const void *)view->pair.ptr;

        for (uint32_t q = 0; q < n; q++) {
            for (uint32_t i = view->first[q]; i < view->first[q + 1]; i++) {
                b->rows[q].mass[v] += jieda__term_weight(n, b->terms.df[unit[i]]);
                if (v != JIEDA__VIEW_WORD && pair[i] != JIEDA__NONE)
                    b->rows[q].pair_mass[v] += jieda__term_weight(n, b->terms.df[pair[i]]);
            }
        }
    }
}

static char *put_slots(char *at, const jieda__buf *numbers, const uint32_t *slot_of)
{
    const uint32_t *number = (const uint32_t *)(const void *)numbers->ptr;

    for (size_t i = 0; i < numbers->len / sizeof *number; i++) {
        uint32_t slot = number[i] == JIEDA__NONE ? JIEDA__NONE : slot_of[number[i]];

        memcpy(at, &slot, sizeof slot);
        at += sizeof slot;
    }
    return at;
}

static bool write_questions(index_builder *b, const uint32_t *slot_of)
{
    uint32_t n = b->out->question_count;
    jieda__questions_header header = {.question_count = n};
    size_t len = sizeof header + n * sizeof *b->rows;
    char *at;

    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        header.unit_count[v] = (uint32_t)(b->views[v].unit.len / sizeof(uint32_t));
        len += (n + 1) * sizeof(uint32_t) + b->views[v].unit.len;
        if (v != JIEDA__VIEW_WORD)
            len += b->views[v].pair.len;
    }
    at = new_section(b->build, &b->out->questions_section, len);
    if (!at)
        return false;
    memcpy(at, &header, sizeof header);
    at += sizeof header;
    memcpy(at, b->rows, n * sizeof *b->rows);
    at += n * sizeof *b->rows;
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        memcpy(at, b->views[v].first, (n + 1) * sizeof(uint32_t));
        at += (n + 1) * sizeof(uint32_t);
        at = put_slots(at, &b->views[v].unit, slot_of);
        if (v != JIEDA__VIEW_WORD)
            at = put_slots(at, &b->views[v].pair, slot_of);
    }
    return true;
}

int32_t jieda__days_from_date(jieda_str date)
{
    int year = 0, month = 0, day = 0;
    int era, year_of_era, day_of_year;

    for (size_t i = 0; i < date.len; i++) {
        int digit = date.ptr[i] - '0';

        if (i < 4)
            year = year * 10 + digit;
        else if (i == 5 || i == 6)
            month = month * 10 + digit;
        else if (i == 8 || i == 9)
            day = day * 10 + digit;
    }
    /* H. Hinnant, "chrono-compatible low-level date algorithms" (public domain), days_from_civil.
     */
    year -= month <= 2;
    era = year / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int32_t)(era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                     day_of_year - 719468);
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

static bool write_entries(index_builder *b)
{
    const jieda__source *source = b->build->source;
    uint32_t n = b->out->entry_count;
    uint32_t *at = new_section(b->build, &b->out->entries_section,
                               2 * sizeof *at + n * sizeof(jieda__entry_row));
    jieda__entry_row *rows;

    if (!at)
        return false;
    at[0] = n;
    rows = (jieda__entry_row *)(void *)(at + 2);
    for (uint32_t q = 0; q < b->out->question_count; q++)
        if (b->out->questions[q].kind == JIEDA__QUESTION_POSITIVE) {
            jieda__entry_row *row = &rows[b->out->questions[q].entry];

            if (row->wording_count++ == 0)
                row->first_question = q;
        }
    for (uint32_t i = 0; i < n; i++) {
        const jieda__src_entry *entry = b->out->entries[i];
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
    }
    return true;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool write_names(index_builder *b)
{
    const jieda__source *source = b->build->source;
    size_t languages = source->language_count;
    size_t count = b->out->entry_count * (1 + languages), len = 0, n = 0;
    uint32_t *at;
    char *bytes;

    for (uint32_t e = 0; e < b->out->entry_count; e++) {
        len += b->out->entries[e]->id.len;
        for (size_t l = 0; l < languages; l++)
            len += b->out->entries[e]->title.text[l].len;
    }
    at = new_section(b->build, &b->out->names, (2 + count + 1) * sizeof *at + len);
    if (!at)
        return false;
    at[0] = b->out->entry_count;
    at[1] = (uint32_t)languages;
    at += 2;
    bytes = (char *)(at + count + 1);
    len = 0;
    for (uint32_t e = 0; e < b->out->entry_count; e++) {
        for (size_t l = 0; l <= languages; l++) {
            jieda_str text =
                l == 0 ? b->out->entries[e]->id : b->out->entries[e]->title.text[l - 1];

            at[n++] = (uint32_t)len;
            if (text.len)
                memcpy(bytes + len, text.ptr, text.len);
            len += text.len;
        }
    }
    at[n] = (uint32_t)len;
    return true;
}

/* ---- profiles -------------------------------------------------------------------------------- */

/* One term seen in one wording: sorted, they give the shares. */
typedef struct sighting {
    uint32_t term;
    uint32_t entry;
    uint32_t question;
} sighting;

static int by_term_entry_question(const void *left, const void *right)
{
    const sighting *a = left, *b = right;

    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    if (a->entry != b->entry)
        return a->entry < b->entry ? -1 : 1;
    return a->question < b->question ? -1 : a->question > b->question;
}

/* Every term of every wording of entries with several. An
 * entry with one wording needs no profile: its question says the same. */
static jieda_status collect_sightings(index_builder *b, const uint32_t *slot_of,
                                      const jieda__entry_row *entries, jieda__buf *out)
{
    for (uint32_t q = 0; q < b->out->question_count; q++) {
        const jieda__built_question *question = &b->out->questions[q];

        if (question->kind != JIEDA__QUESTION_POSITIVE ||
            entries[question->entry].wording_count < 2)
            continue;
        for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
            const view_builder *view = &b->views[v];
            const uint32_t *unit = (const uint32_t *)(const void *)view->unit.ptr;
            const uint32_t *pair = (const uint32_t *)(const void *)view->pair.ptr;

            for (uint32_t i = view->first[q]; i < view->first[q + 1]; i++) {
                sighting seen = {slot_of[unit[i]], question->entry, q};

                jieda__buf_append(out, &seen, sizeof seen);
                if (v == JIEDA__VIEW_WORD || pair[i] == JIEDA__NONE)
                    continue;
                seen.term = slot_of[pair[i]];
                jieda__buf_append(out, &seen, sizeof seen);
            }
        }
    }
    return out->status;
}

/* How many wordings of each entry there are by language: [entry * JIEDA__LANGUAGE_COUNT_MAX + l].
 */
static void count_wordings(const jieda__built_index *index, uint32_t *wordings)
{
    for (uint32_t q = 0; q < index->question_count; q++)
        if (index->questions[q].kind == JIEDA__QUESTION_POSITIVE)
            wordings[index->questions[q].entry * JIEDA__LANGUAGE_COUNT_MAX +
                     index->questions[q].language]++;
}

/* Sums the sightings of one term in one entry, from list[*at] on. The share is that of the language
 * in which it is largest: ten English wordings are not drowned in two hundred Chinese ones. */
static jieda__profile_item sum_share(const sighting *list, size_t count, size_t *at,
                                     const jieda__built_question *questions,
                                     const uint32_t *wordings)
{
    const sighting *first = &list[*at];
    uint32_t seen[JIEDA__LANGUAGE_COUNT_MAX] = {0}, last = JIEDA__NONE;
    jieda__profile_item item = {.entry = first->entry};

    for (; *at < count && list[*at].term == first->term && list[*at].entry == first->entry; ++*at) {
        seen[questions[list[*at].question].language] += list[*at].question != last;
        last = list[*at].question;
    }
    for (uint32_t l = 0; l < JIEDA__LANGUAGE_COUNT_MAX; l++) {
        uint32_t of = wordings[first->entry * JIEDA__LANGUAGE_COUNT_MAX + l];

        if (seen[l] > 0 && (float)seen[l] / (float)of > item.share) {
            item.share = (float)seen[l] / (float)of;
            item.share_of_one = 1.0f / (float)of;
        }
    }
    return item;
}

/* Turns sorted sightings into items and per-term offsets. `first` has capacity + 1 places. */
static void sum_shares(const sighting *list, size_t count, const jieda__built_question *questions,
                       const uint32_t *wordings, uint32_t capacity, uint32_t *first,
                       jieda__buf *items)
{
    uint32_t term = 0;

    for (size_t i = 0; i < count;) {
        size_t before = items->len, entries = 0;
        uint32_t this_term = list[i].term;

        while (term <= this_term)
            first[term++] = (uint32_t)(before / sizeof(jieda__profile_item));
        while (i < count && list[i].term == this_term) {
            jieda__profile_item item = sum_share(list, count, &i, questions, wordings);

            jieda__buf_append(items, &item, sizeof item);
            entries++;
        }
        if (entries > JIEDA__PROFILE_ENTRY_MAX)
            items->len = before;
    }
    while (term <= capacity)
        first[term++] = (uint32_t)(items->len / sizeof(jieda__profile_item));
}

static jieda_status write_profiles(index_builder *b, const uint32_t *slot_of)
{
    uint32_t capacity = ((const jieda__terms_header *)b->out->terms.bytes)->capacity;
    const jieda__entry_row *rows =
        (const jieda__entry_row *)(const void *)((const uint32_t *)b->out->entries_section.bytes +
                                                 2);
    uint32_t *first = jieda__arena_alloc(b->build->arena, ((size_t)capacity + 1) * sizeof *first);
    uint32_t *wordings = jieda__arena_zero(
        b->build->arena, ((size_t)b->out->entry_count + 1) * JIEDA__LANGUAGE_COUNT_MAX,
        sizeof *wordings);
    jieda__buf sightings, items;
    jieda_status st = first && wordings ? JIEDA_OK : JIEDA_E_NOMEM;
    char *at;

    jieda__buf_init(&sightings, b->build->alloc, SIZE_MAX / 2);
    jieda__buf_init(&items, b->build->alloc, SIZE_MAX / 2);
    if (st == JIEDA_OK)
        st = collect_sightings(b, slot_of, rows, &sightings);
    if (st == JIEDA_OK) {
        size_t count = sightings.len / sizeof(sighting);

        if (count > 1)
            qsort(sightings.ptr, count, sizeof(sighting), by_term_entry_question);
        count_wordings(b->out, wordings);
        sum_shares((const sighting *)(const void *)sightings.ptr, count, b->out->questions,
                   wordings, capacity, first, &items);
        st = items.status;
    }
    if (st == JIEDA_OK) {
        size_t first_len = ((size_t)capacity + 1) * sizeof *first;

        at = new_section(b->build, &b->out->profiles, 2 * sizeof(uint32_t) + first_len + items.len);
        if (at) {
            memcpy(at, (uint32_t[2]){capacity, first[capacity]}, 2 * sizeof(uint32_t));
            memcpy(at + 2 * sizeof(uint32_t), first, first_len);
            if (items.len)
                memcpy(at + 2 * sizeof(uint32_t) + first_len, items.ptr, items.len);
        } else {
            st = JIEDA_E_NOMEM;
        }
    }
    jieda__buf_free(&sightings);
    jieda__buf_free(&items);
    return st;
}

/* ---- the list of questions ------------------------------------------------------------------- */

static int by_id(const void *left, const void *right)
{
    const jieda__src_entry *a = *(const jieda__src_entry *const *)left;
    const jieda__src_entry *b = *(const jieda__src_entry *const *)right;

    return jieda__str_compare(a->id, b->id);
}

static jieda_status list_questions(const jieda__build *build, jieda__built_index *out)
{
    const jieda__source *source = build->source;
    size_t total = source->out_of_scope_count;
    uint32_t count = 0;

    out->entry_count = (uint32_t)source->entry_count;
    out->entries =
        jieda__arena_alloc(build->arena, (source->entry_count + 1) * sizeof *out->entries);
    if (!out->entries)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < source->entry_count; i++) {
        out->entries[i] = &source->entries[i];
        total += source->entries[i].question_count + source->entries[i].not_count;
    }
    if (source->entry_count > 1)
        qsort(out->entries, source->entry_count, sizeof *out->entries, by_id);
    out->questions = jieda__arena_alloc(build->arena, (total + 1) * sizeof *out->questions);
    if (!out->questions)
        return JIEDA_E_NOMEM;
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

jieda_status jieda__index_build(const jieda__build *build, const jieda__lexicon *lexicon,
                                jieda__built_index *out, jieda_error *err)
{
    index_builder b = {.build = build, .lexicon = lexicon, .out = out};
    uint32_t *slot_of = NULL;
    jieda_status st;

    memset(out, 0, sizeof *out);
    b.terms.alloc = build->alloc;
    jieda__arena_init(&b.scratch, build->alloc, READ_BYTES_MAX);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        jieda__buf_init(&b.views[v].unit, build->alloc, SIZE_MAX / 2);
        jieda__buf_init(&b.views[v].pair, build->alloc, SIZE_MAX / 2);
    }
    st = list_questions(build, out);
    if (st != JIEDA_OK)
        goto done;
    b.rows = jieda__alloc_zero(build->alloc, out->question_count, sizeof *b.rows);
    if (!b.rows)
        st = JIEDA_E_NOMEM;
    for (int v = 0; st == JIEDA_OK && v < JIEDA__VIEW_COUNT; v++) {
        b.views[v].first =
            jieda__arena_alloc(build->arena, ((size_t)out->question_count + 1) * sizeof(uint32_t));
        if (!b.views[v].first)
            st = JIEDA_E_NOMEM;
    }
    for (uint32_t q = 0; st == JIEDA_OK && q < out->question_count; q++) {
        if (q % PROGRESS_STEP == 0)
            st = jieda__progress(build, "reading questions", q, out->question_count, err);
        if (st == JIEDA_OK)
            st = read_question(&b, q);
    }
    if (st != JIEDA_OK)
        goto done;
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++)
        b.views[v].first[out->question_count] = (uint32_t)(b.views[v].unit.len / sizeof(uint32_t));
    slot_of = write_terms(&b);
    if (!slot_of) {
        st = JIEDA_E_NOMEM;
        goto done;
    }
    sum_masses(&b);
    if (!write_questions(&b, slot_of) || !write_entries(&b) || !write_names(&b))
        st = JIEDA_E_NOMEM;
    if (st == JIEDA_OK)
        st = write_profiles(&b, slot_of);

done:
    jieda__dealloc(build->alloc, slot_of);
    jieda__dealloc(build->alloc, b.rows);
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        jieda__buf_free(&b.views[v].unit);
        jieda__buf_free(&b.views[v].pair);
    }
    term_table_free(&b.terms);
    jieda__arena_free(&b.scratch);
    return st == JIEDA_E_NOMEM ? jieda__fail(err, st, "out of memory") : st;
}
