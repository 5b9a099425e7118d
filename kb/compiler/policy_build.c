/*
 * policy_build.c - the policy of a source -> section "policy".
 *
 * Names become ordinals here: a reminder's topic becomes every entry it stands for, so that the
 * engine looks for one number and knows nothing of the tree of categories.
 */
#include "compiler/front.h"
#include "compiler/policy.h"

#include <stdlib.h>
#include <string.h>

typedef struct builder {
    const jieda__source *source;
    const jieda__src_policy *policy;
    const jieda__built_index *index;
    jieda__arena *arena;
    jieda__policy_header header;
    uint8_t *entries;          /* NULL: the policy says nothing of entries */
    uint32_t *entry_category;  /* by entry, JIEDA__NONE */
    uint32_t *category_parent; /* by category, JIEDA__NONE */
    uint32_t *topic_counts;    /* by reminder */
    jieda__buf topics;
    jieda__buf out;
    jieda__buf bytes; /* of texts */
} builder;

/* ---- names to ordinals ----------------------------------------------------------------------- */

static uint32_t find_entry(const builder *b, jieda_str id)
{
    uint32_t low = 0, high = b->index->entry_count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (jieda__str_compare(b->index->entries[mid]->id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < b->index->entry_count && jieda__str_equal(b->index->entries[low]->id, id)
               ? low
               : JIEDA__NONE;
}

/* Which category each entry is in, and which each category. */
static bool map_categories(builder *b, const jieda_allocator *alloc)
{
    const jieda__source *s = b->source;
    jieda__names names;
    bool ok =
        jieda__names_init(&names, alloc, s->categories, s->category_count, sizeof *s->categories);

    b->entry_category =
        jieda__arena_alloc(b->arena, (b->index->entry_count + 1) * sizeof *b->entry_category);
    b->category_parent =
        jieda__arena_alloc(b->arena, (s->category_count + 1) * sizeof *b->category_parent);
    ok = ok && b->entry_category && b->category_parent;
    for (uint32_t i = 0; ok && i < b->index->entry_count; i++)
        b->entry_category[i] = jieda__names_find(&names, b->index->entries[i]->category);
    for (size_t i = 0; ok && i < s->category_count; i++)
        b->category_parent[i] = jieda__names_find(&names, s->categories[i].parent);
    jieda__names_free(&names);
    return ok;
}

/* Whether an entry stands in the category of that id, or in one below it. */
static bool is_below(const builder *b, uint32_t entry, jieda_str category)
{
    uint32_t at = b->entry_category[entry];

    while (at != JIEDA__NONE && !jieda__str_equal(b->source->categories[at].id, category))
        at = b->category_parent[at];
    return at != JIEDA__NONE;
}

static bool is_topic(const builder *b, uint32_t entry, const jieda__src_names *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        if (jieda__str_equal(b->index->entries[entry]->id, topics->items[i].text) ||
            is_below(b, entry, topics->items[i].text))
            return true;
    return false;
}

static void resolve_topics(builder *b)
{
    for (size_t r = 0; r < b->policy->reminder_count; r++) {
        const jieda__src_names *topics = &b->policy->reminders[r].topics;

        for (uint32_t entry = 0; topics->count > 0 && entry < b->index->entry_count; entry++) {
            if (!is_topic(b, entry, topics))
                continue;
            jieda__buf_append(&b->topics, &entry, sizeof entry);
            b->topic_counts[r]++;
            b->header.topic_count++;
        }
    }
}

static void set_entry(builder *b, jieda_str id, uint32_t handoff, uint32_t reason)
{
    uint32_t entry = find_entry(b, id);

    if (entry == JIEDA__NONE)
        return; /* not of a source that was checked */
    if (handoff != JIEDA__POLICY_ENTRY_OWN)
        b->entries[entry] = (uint8_t)((b->entries[entry] & ~JIEDA__POLICY_ENTRY_HANDOFF) | handoff);
    if (reason != JIEDA__REASON_NONE)
        b->entries[entry] = (uint8_t)((b->entries[entry] & JIEDA__POLICY_ENTRY_HANDOFF) |
                                      reason << JIEDA__POLICY_ENTRY_REASON);
}

static bool resolve_entries(builder *b)
{
    const jieda__src_policy *p = b->policy;

    if (p->always_count + p->never.count + p->identity_check.count == 0)
        return true;
    b->header.entry_count = b->index->entry_count;
    b->entries = jieda__arena_zero(b->arena, (size_t)b->index->entry_count + 4, 1);
    if (!b->entries)
        return false;
    for (size_t i = 0; i < p->always_count; i++)
        set_entry(b, p->always[i].entry.text, JIEDA__POLICY_ENTRY_ALWAYS, p->always[i].reason);
    for (size_t i = 0; i < p->never.count; i++)
        set_entry(b, p->never.items[i].text, JIEDA__POLICY_ENTRY_NEVER, JIEDA__REASON_NONE);
    for (size_t i = 0; i < p->identity_check.count; i++)
        set_entry(b, p->identity_check.items[i].text, JIEDA__POLICY_ENTRY_OWN,
                  JIEDA__REASON_IDENTITY_CHECK);
    return true;
}

/* ---- the section ----------------------------------------------------------------------------- */

static void set_counts(builder *b)
{
    const jieda__src_policy *p = b->policy;
    jieda__policy_header *h = &b->header;

    h->language_count = (uint32_t)b->source->language_count;
    h->queue_count = (uint32_t)p->queue_count;
    h->hour_count = (uint32_t)p->hour_count;
    h->open_count = (uint32_t)p->open_count;
    h->closed_count = (uint32_t)p->closed_count;
    h->level_count = (uint32_t)p->level_count;
    h->tag_count = (uint32_t)p->tag_count;
    h->reminder_count = (uint32_t)p->reminder_count;
    for (size_t i = 0; i < p->reminder_count; i++)
        h->rule_count += (uint32_t)p->reminders[i].rules.count;
}

static void put_rows(builder *b)
{
    const jieda__src_policy *p = b->policy;

    jieda__buf_append(&b->out, &b->header, sizeof b->header);
    for (size_t i = 0; i < p->queue_count; i++)
        jieda__buf_append(&b->out, &p->queues[i].row, sizeof p->queues[i].row);
    jieda__buf_append(&b->out, p->hours, p->hour_count * sizeof *p->hours);
    jieda__buf_append(&b->out, p->open, p->open_count * sizeof *p->open);
    jieda__buf_append(&b->out, p->closed, p->closed_count * sizeof *p->closed);
    jieda__buf_append(&b->out, p->levels, p->level_count * sizeof *p->levels);
    for (size_t i = 0; i < p->tag_count; i++)
        jieda__buf_append(&b->out, &p->tags[i].row, sizeof p->tags[i].row);
    for (size_t i = 0; i < p->reminder_count; i++) {
        jieda__policy_reminder row = {b->topic_counts[i], (uint32_t)p->reminders[i].rules.count};

        jieda__buf_append(&b->out, &row, sizeof row);
    }
    jieda__buf_append(&b->out, b->topics.ptr, b->topics.len);
    jieda__buf_append(&b->out, b->entries, ((size_t)b->header.entry_count + 3) / 4 * 4);
}

/* Writes where a text begins, and the text behind those before. */
static void put_text(builder *b, jieda_str text)
{
    uint32_t begin = (uint32_t)b->bytes.len;

    jieda__buf_append(&b->out, &begin, sizeof begin);
    jieda__buf_str(&b->bytes, text);
}

static void put_localized(builder *b, const jieda__localized *texts)
{
    for (size_t l = 0; l < b->source->language_count; l++)
        put_text(b, texts->text[l]);
}

static void put_texts(builder *b)
{
    const jieda__src_policy *p = b->policy;

    for (size_t i = 0; i < p->queue_count; i++) {
        put_text(b, p->queues[i].id);
        put_localized(b, &p->queues[i].title);
    }
    for (size_t i = 0; i < p->tag_count; i++) {
        put_text(b, p->tags[i].name);
        put_text(b, p->tags[i].value);
    }
    for (size_t i = 0; i < p->reminder_count; i++) {
        put_text(b, p->reminders[i].id);
        put_localized(b, &p->reminders[i].text);
    }
    for (size_t i = 0; i < p->reminder_count; i++)
        for (size_t k = 0; k < p->reminders[i].rules.count; k++)
            put_text(b, p->reminders[i].rules.items[k].text);
    for (size_t l = 0; l < b->source->language_count; l++)
        for (size_t m = 0; m < JIEDA__MESSAGE_COUNT; m++)
            put_text(b, p->messages[m].text[l]);
    put_text(b, (jieda_str){NULL, 0}); /* the end */
    jieda__buf_append(&b->out, b->bytes.ptr, b->bytes.len);
}

static jieda_status lay_out(builder *b, const jieda_allocator *alloc)
{
    jieda_status st;

    b->header = b->policy->header;
    b->topic_counts =
        jieda__arena_zero(b->arena, b->policy->reminder_count + 1, sizeof *b->topic_counts);
    if (!b->topic_counts || !map_categories(b, alloc) || !resolve_entries(b))
        return JIEDA_E_NOMEM;
    jieda__buf_init(&b->topics, alloc, UINT32_MAX);
    jieda__buf_init(&b->bytes, alloc, UINT32_MAX);
    resolve_topics(b);
    set_counts(b);
    put_rows(b);
    put_texts(b);
    st = b->topics.status != JIEDA_OK  ? b->topics.status
         : b->bytes.status != JIEDA_OK ? b->bytes.status
                                       : b->out.status;
    jieda__buf_free(&b->topics);
    jieda__buf_free(&b->bytes);
    return st;
}

jieda_status jieda__policy_build(const jieda__build *build, const jieda__built_index *index,
                                 jieda__blob *out)
{
    builder b = {.source = build->source,
                 .policy = build->source->policy,
                 .index = index,
                 .arena = build->arena};
    jieda_status st;

    *out = (jieda__blob){0};
    if (!b.policy)
        return JIEDA_OK;
    jieda__buf_init(&b.out, build->alloc, UINT32_MAX);
    st = lay_out(&b, build->alloc);
    if (st == JIEDA_OK)
        *out = (jieda__blob){b.out.ptr, b.out.len};
    else
        jieda__buf_free(&b.out);
    return st;
}
