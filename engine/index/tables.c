/*
 * tables.c - the binary tables of a .kb: checked whole, then used where they stand.
 *
 * The bytes may be damaged or hostile, so everything is looked at once when the file is opened, and
 * matching needs no checks: offsets ascend and end where the array ends, every unit id, entry and
 * set of opposites is in range, and every view of every question decodes to units within its
 * bounds. Nothing is checked that can only make an answer wrong (the order within a bucket, say).
 */
#include "index/index.h"

#include <string.h>

static jieda_status damaged(jieda_error *err, const char *what)
{
    return jieda__fail(err, JIEDA_E_FORMAT, "damaged knowledge base (%s); build it again", what);
}

/* Walks a section: gives `count` items of `size` bytes and moves on, NULL when it is too short. */
typedef struct cursor {
    const char *at;
    size_t left;
} cursor;

static const void *take(cursor *c, uint64_t count, size_t size)
{
    const char *items = c->at;
    uint64_t bytes = count * size;

    if (count > c->left || bytes > c->left)
        return NULL;
    c->at += bytes;
    c->left -= (size_t)bytes;
    return items;
}

static bool check_offsets(const uint32_t *first, uint32_t count, uint32_t end)
{
    if (first[0] != 0 || first[count] != end)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (first[i] > first[i + 1])
            return false;
    return true;
}

static bool take_lookup(cursor *c, jieda__lookup *out)
{
    const uint32_t *head = take(c, 2, sizeof *head);

    if (!head || head[0] < 1 || head[0] > JIEDA__LOOKUP_BITS_MAX)
        return false;
    out->bits = head[0];
    out->count = head[1];
    out->first = take(c, ((uint64_t)1 << out->bits) + 1, sizeof *out->first);
    out->items = take(c, out->count, sizeof *out->items);
    return out->first && out->items && check_offsets(out->first, 1u << out->bits, out->count);
}

/* Whether every value of a look-up is below `end`. */
static bool check_values(const jieda__lookup *lookup, uint32_t end)
{
    for (uint32_t i = 0; i < lookup->count; i++)
        if (lookup->items[i].value >= end)
            return false;
    return true;
}

uint32_t jieda__lookup_find(const jieda__lookup *lookup, uint64_t key)
{
    uint32_t bucket = (uint32_t)(key >> (64 - lookup->bits)), check = (uint32_t)key;

    for (uint32_t i = lookup->first[bucket], end = lookup->first[bucket + 1]; i < end; i++)
        if (lookup->items[i].check == check)
            return lookup->items[i].value;
    return JIEDA__NONE;
}

/* ---- sections -------------------------------------------------------------------------------- */

static bool load_terms(jieda__kb *kb, cursor c)
{
    const uint32_t *counts = take(&c, 1 + JIEDA__VIEW_COUNT, sizeof *counts);

    if (!counts || !take_lookup(&c, &kb->terms) ||
        !check_values(&kb->terms, JIEDA__NONE)) /* a frequency past N weighs as N does */
        return false;
    kb->question_count = counts[0];
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        jieda__view_units *view = &kb->views[v];

        view->count = counts[1 + v];
        if (view->count > JIEDA__UNIT_ID_END || !take_lookup(&c, &view->ids))
            return false;
        view->document_frequency = take(&c, view->count, sizeof *view->document_frequency);
        view->hash = take(&c, view->count, sizeof *view->hash);
        view->sound = take(&c, view->count, sizeof *view->sound);
        if (!view->document_frequency || !view->hash || !view->sound ||
            !check_values(&view->ids, view->count))
            return false;
    }
    return true;
}

/* Whether [at, end) holds whole units of a view and no more of them than a view may have. */
static bool check_codes(const uint16_t *at, const uint16_t *end, uint32_t unit_count)
{
    size_t count = 0;

    while (at < end) {
        uint32_t id = *at++;

        if (id == JIEDA__CODE_GAP) {
            if (at == end || *at == JIEDA__CODE_GAP)
                return false;
            id = *at++;
        }
        if (id >= JIEDA__CODE_LONG) {
            if (at == end)
                return false;
            id = JIEDA__CODE_LONG + ((id - JIEDA__CODE_LONG) << 16) + *at++;
        }
        if (id >= unit_count || ++count > JIEDA__UNIT_COUNT_MAX)
            return false;
    }
    return true;
}

static bool check_views(const jieda__kb *kb, const jieda__question_row *row, uint32_t code_count)
{
    const uint16_t *counts, *at;
    uint32_t left;

    if (row->first_code > code_count || code_count - row->first_code < JIEDA__VIEW_COUNT)
        return false;
    counts = kb->codes + row->first_code;
    left = code_count - row->first_code - JIEDA__VIEW_COUNT;
    at = counts + JIEDA__VIEW_COUNT;
    for (int v = 0; v < JIEDA__VIEW_COUNT; v++) {
        if (counts[v] > left || !check_codes(at, at + counts[v], kb->views[v].count))
            return false;
        at += counts[v];
        left -= counts[v];
    }
    return true;
}

static bool is_mass(float value)
{
    return value >= 0.0f && value < 1e9f; /* false for NaN */
}

static bool check_question(const jieda__kb *kb, const jieda__question_row *row,
                           const jieda__questions_header *h)
{
    bool ok = row->kind == JIEDA__QUESTION_OUT_OF_SCOPE
                  ? row->entry == JIEDA__NONE
                  : row->kind < JIEDA__QUESTION_OUT_OF_SCOPE && row->entry < kb->entry_count;

    for (int m = 0; m < JIEDA__MASS_COUNT; m++)
        ok = ok && is_mass(row->mass[m]);
    return ok && row->language < kb->language_count && row->opposites < h->opposite_count &&
           check_views(kb, row, h->code_count);
}

static bool load_questions(jieda__kb *kb, cursor c)
{
    const jieda__questions_header *h = take(&c, 1, sizeof *h);

    if (!h || h->question_count != kb->question_count)
        return false;
    kb->opposites = take(&c, h->opposite_count, sizeof *kb->opposites);
    kb->questions = take(&c, h->question_count, sizeof *kb->questions);
    kb->codes = take(&c, h->code_count, sizeof *kb->codes);
    if (!kb->opposites || !kb->questions || !kb->codes)
        return false;
    for (uint32_t i = 0; i < h->question_count; i++)
        if (!check_question(kb, &kb->questions[i], h))
            return false;
    return true;
}

static bool load_entries(jieda__kb *kb, cursor c)
{
    const uint32_t *count = take(&c, 2, sizeof *count); /* count, then padding to 8 bytes */

    if (!count)
        return false;
    kb->entry_count = *count;
    kb->entries = take(&c, kb->entry_count, sizeof *kb->entries);
    if (!kb->entries)
        return false;
    kb->always_visible = true;
    for (uint32_t i = 0; i < kb->entry_count; i++) {
        const jieda__entry_row *row = &kb->entries[i];

        if ((row->category != JIEDA__NONE && row->category >= kb->category_count) ||
            row->risk >= JIEDA__ENTRY_RISK_COUNT || row->handoff >= JIEDA__ENTRY_HANDOFF_COUNT ||
            row->priority > 3 || row->smalltalk > 1 || row->has_when > 1 ||
            (uint64_t)row->first_question + row->wording_count > kb->question_count)
            return false;
        if (row->valid_from != INT32_MIN || row->valid_to != INT32_MAX || row->placeholders ||
            row->has_when)
            kb->always_visible = false;
    }
    return true;
}

static bool load_profiles(jieda__kb *kb, cursor c)
{
    const uint32_t *counts = take(&c, 2, sizeof *counts);

    if (!counts || !take_lookup(&c, &kb->profile_terms) ||
        !check_values(&kb->profile_terms, counts[0]))
        return false;
    kb->profile_first = take(&c, (uint64_t)counts[0] + 1, sizeof *kb->profile_first);
    kb->profile_items = take(&c, counts[1], sizeof *kb->profile_items);
    kb->profile_item_count = counts[1];
    if (!kb->profile_first || !kb->profile_items ||
        !check_offsets(kb->profile_first, counts[0], counts[1]))
        return false;
    for (uint32_t i = 0; i < counts[1]; i++) {
        const jieda__profile_item *item = &kb->profile_items[i];

        if (item->entry >= kb->entry_count || !is_mass(item->share) || !is_mass(item->share_of_one))
            return false;
    }
    return true;
}

static bool load_names(jieda__kb *kb, cursor c)
{
    const uint32_t *counts = take(&c, 3, sizeof *counts);
    uint64_t count;

    if (!counts || counts[0] != kb->entry_count || counts[1] != kb->language_count || counts[2] > 1)
        return false;
    kb->titles_are_questions = counts[2] == 1;
    count = (uint64_t)kb->entry_count * (1 + kb->language_count);
    kb->name_first = take(&c, count + 1, sizeof *kb->name_first);
    kb->name_bytes = c.at;
    return kb->name_first && count <= UINT32_MAX && c.left <= UINT32_MAX &&
           check_offsets(kb->name_first, (uint32_t)count, (uint32_t)c.left);
}

static bool load_suggest(jieda__kb *kb, cursor c)
{
    const uint32_t *count = take(&c, 1, sizeof *count);

    if (!count)
        return false;
    kb->suggest_count = *count;
    kb->suggest = take(&c, kb->suggest_count, sizeof *kb->suggest);
    if (!kb->suggest)
        return false;
    for (uint32_t i = 0; i < kb->suggest_count; i++)
        if (jieda__suggest_question(kb->suggest[i]) >= kb->question_count ||
            (kb->suggest[i] & 3) >= JIEDA__SUGGEST_KIND_COUNT)
            return false;
    return true;
}

static bool keep_model(jieda__kb *kb, cursor c)
{
    kb->model = (jieda_str){c.at, c.left};
    return true;
}

static bool keep_vectors(jieda__kb *kb, cursor c)
{
    kb->vectors = (jieda_str){c.at, c.left};
    return true;
}

static bool keep_rules(jieda__kb *kb, cursor c)
{
    kb->rules = (jieda_str){c.at, c.left};
    return true;
}

static bool keep_policy(jieda__kb *kb, cursor c)
{
    kb->policy_bytes = (jieda_str){c.at, c.left};
    return true;
}

jieda_status jieda__tables_load(jieda__kb *kb, const char *section, const void *bytes, size_t len,
                                jieda_error *err)
{
    static const struct {
        const char *section;
        bool (*load)(jieda__kb *kb, cursor c);
    } loaders[JIEDA__MAPPED_SECTION_COUNT] = {
        {JIEDA__SECTION_TERMS, load_terms},         {JIEDA__SECTION_ENTRIES, load_entries},
        {JIEDA__SECTION_QUESTIONS, load_questions}, {JIEDA__SECTION_PROFILES, load_profiles},
        {JIEDA__SECTION_NAMES, load_names},         {JIEDA__SECTION_SUGGEST, load_suggest},
        {JIEDA__SECTION_MODEL, keep_model},         {JIEDA__SECTION_VECTORS, keep_vectors},
        {JIEDA__SECTION_RULES, keep_rules},         {JIEDA__SECTION_POLICY, keep_policy},
    };

    for (size_t i = 0; i < JIEDA__MAPPED_SECTION_COUNT; i++)
        if (strcmp(loaders[i].section, section) == 0 && loaders[i].load(kb, (cursor){bytes, len}))
            return JIEDA_OK;
    return damaged(err, section);
}

/* ---- reading --------------------------------------------------------------------------------- */

uint32_t jieda__kb_document_frequency(const jieda__kb *kb, uint64_t term)
{
    uint32_t df = jieda__lookup_find(&kb->terms, term);

    return df == JIEDA__NONE ? 0 : df;
}

size_t jieda__question_units(const jieda__kb *kb, jieda__view view, uint32_t question,
                             uint32_t *out, size_t max)
{
    const uint16_t *at, *end = jieda__question_codes(kb, view, question, &at);
    size_t count = 0;

    while (at < end && count < max)
        out[count++] = jieda__unit_next(&at);
    return count;
}

static jieda_str name_at(const jieda__kb *kb, size_t i)
{
    return (jieda_str){kb->name_bytes + kb->name_first[i],
                       kb->name_first[i + 1] - kb->name_first[i]};
}

jieda_str jieda__kb_entry_id(const jieda__kb *kb, uint32_t entry)
{
    return name_at(kb, (size_t)entry * (1 + kb->language_count));
}

/* Ordinals ascend by id; see kb/compiler/index_build.c. */
uint32_t jieda__kb_find_entry(const jieda__kb *kb, jieda_str id)
{
    uint32_t low = 0, high = kb->entry_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = jieda__str_compare(jieda__kb_entry_id(kb, middle), id);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return JIEDA__NONE;
}

jieda_str jieda__kb_entry_title(const jieda__kb *kb, uint32_t entry, uint32_t language)
{
    size_t base = (size_t)entry * (1 + kb->language_count) + 1;
    jieda_str title = name_at(kb, base + language);

    return title.len > 0 ? title : name_at(kb, base);
}

jieda_str jieda__kb_question_text(const jieda__kb *kb, uint32_t question)
{
    uint32_t entry = kb->questions[question].entry;

    if (!kb->titles_are_questions || entry == JIEDA__NONE ||
        kb->entries[entry].first_question != question)
        return (jieda_str){NULL, 0};
    return jieda__kb_entry_title(kb, entry, 0);
}
