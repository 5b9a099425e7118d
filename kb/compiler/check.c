/*
 * check.c - what needs the whole model: references, repetitions, contradictions.
 *
 * Two questions are the same when nothing differs but what search does not see: they are normalized
 * as at ask time and only letters, digits and ideographs are compared.
 *
 *   "怎么 退款？" and "怎麼退款!"   ->  the same question
 *
 * The rule that a question has one entry is the one editors break most, so it must also hold for a
 * million of them: a map from the hash of the compared form to its first occurrence, and a second
 * look at both texts where hashes agree. Nothing else here costs more than one look-up per thing.
 *
 * A list of questions from another system (.tsv, .csv, .jsonl) cannot be put right by hand, so what
 * still gives a working knowledge base is a warning there: of equal questions the entry with the
 * smaller id answers, empty ones are skipped. In a pack an editor wrote, both are errors. The guard
 * of outgoing answers (guard.c) is for packs alone.
 */
#include "compiler/front.h"
#include "compiler/guard.h"
#include "compiler/policy.h"
#include "text/text.h"
#include "text/unihan.h"

#include <stdio.h>
#include <string.h>

/* One bit each in a word of 64; see jieda__entry_row. */
#define PLACEHOLDER_COUNT_MAX 64
/* Names compared for "did you mean" in one check; past it findings go without. */
#define SUGGEST_COUNT_MAX ((size_t)1000 * 1000)

#define REPORT_ERROR(c, pos, ...)                                                                  \
    jieda__report((c)->diagnostics, JIEDA_SEVERITY_ERROR, pos, __VA_ARGS__)

typedef struct place_index {
    const jieda__places *places;
    jieda__map map;
} place_index;

enum { PLACES_SOURCE, PLACES_PACK_LEXICON, PLACES_BASE_LEXICON, PLACES_COUNT };

typedef struct checker {
    const jieda__source *source;
    jieda__diagnostics *diagnostics;
    const jieda_allocator *alloc;
    jieda__arena scratch; /* reset for each text */
    place_index places[PLACES_COUNT];
    jieda__names entries;
    jieda__names categories;
    jieda__names slots;
    jieda__names placeholders;
    size_t suggest_count; /* names that may still be compared */
    jieda__map questions; /* compared form -> index into refs, first occurrences only */
    struct question_ref {
        uint32_t entry;
        uint32_t question;
    } * refs;
    size_t ref_count;
    jieda__guard *guard;     /* NULL for lists of questions */
    jieda__arena keys;       /* of the approved contacts; lives through the check */
    jieda_str *approved;     /* keys, source->approved_count of them */
    jieda__map approved_map; /* hash of a key -> its index */
    jieda_status status;     /* JIEDA_E_NOMEM once something failed */
} checker;

/* ---- places ---------------------------------------------------------------------------------- */

static uint64_t address_key(const char *text)
{
    return jieda__hash_mix((uint64_t)(uintptr_t)text);
}

static void index_places(checker *c, size_t which, const jieda__places *places)
{
    place_index *index = &c->places[which];

    index->places = places;
    jieda__map_init(&index->map, c->alloc);
    for (size_t i = 0; i < places->count; i++) {
        if (!jieda__map_add(&index->map, address_key(places->items[i].text), (uint32_t)i))
            c->status = JIEDA_E_NOMEM;
    }
}

static jieda__pos place_of(const checker *c, jieda_str text, jieda__pos otherwise)
{
    for (size_t i = 0; i < PLACES_COUNT; i++) {
        const place_index *index = &c->places[i];
        size_t at = 0;
        uint32_t found;

        while (jieda__map_next(&index->map, address_key(text.ptr), &at, &found)) {
            if (index->places->items[found].text == text.ptr)
                return index->places->items[found].pos;
        }
    }
    return otherwise;
}

/* ---- comparing texts as search does ---------------------------------------------------------- */

/* The compared form of a text, in c->scratch: code points of letters, digits and ideographs. */
static bool content(checker *c, jieda_str text, const uint32_t **cps_out, size_t *count_out)
{
    jieda__text normal;
    uint32_t *cps;
    size_t count = 0;

    *count_out = 0;
    if (jieda__text_normalize(&c->scratch, text, &normal) != JIEDA_OK) {
        c->status = JIEDA_E_NOMEM;
        return false;
    }
    cps = jieda__arena_alloc(&c->scratch, (normal.count + 1) * sizeof *cps);
    if (!cps) {
        c->status = JIEDA_E_NOMEM;
        return false;
    }
    for (size_t i = 0; i < normal.count; i++)
        if (!jieda__char_is_separator(&normal.chars[i]))
            cps[count++] = normal.chars[i].cp;
    *cps_out = cps;
    *count_out = count;
    return true;
}

/* The hash of the compared form; returns its length, 0 for a text without content. Out of memory it
 * returns 1, for the text is not known to be empty; c->status then ends the check. */
static size_t content_key(checker *c, jieda_str text, uint64_t *key_out)
{
    const uint32_t *cps = NULL;
    size_t count = 0;

    jieda__arena_reset(&c->scratch);
    *key_out = 0;
    if (!content(c, text, &cps, &count))
        return 1;
    *key_out = jieda__hash(JIEDA__HASH_SEED, cps, count * sizeof *cps);
    return count;
}

static bool same_content(checker *c, jieda_str a, jieda_str b)
{
    const uint32_t *cps_a, *cps_b;
    size_t count_a, count_b;

    jieda__arena_reset(&c->scratch);
    return content(c, a, &cps_a, &count_a) && content(c, b, &cps_b, &count_b) &&
           count_a == count_b && memcmp(cps_a, cps_b, count_a * sizeof *cps_a) == 0;
}

/* ---- did you mean ---------------------------------------------------------------------------- */

static jieda__phrase nearest(checker *c, jieda_str wanted, const jieda__names *names, size_t count,
                             const char *otherwise)
{
    jieda__suggestion suggestion = jieda__suggest(wanted);

    for (size_t i = 0; i < count && c->suggest_count > 0; i++, c->suggest_count--)
        jieda__suggest_offer(&suggestion, jieda__names_at(names, i));
    return jieda__suggest_fix(&suggestion, otherwise);
}

/* ---- ids, titles, dates ---------------------------------------------------------------------- */

bool jieda__is_id(jieda_str id, bool dots)
{
    bool begins = true; /* at the begin of a part */

    if (id.len > JIEDA__ID_BYTES_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char ch = id.ptr[i];

        if (ch == '.' && dots && !begins) {
            begins = true;
            continue;
        }
        if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_'))
            return false;
        begins = false;
    }
    return !begins;
}

static void check_id(checker *c, jieda_str id, jieda__pos pos, bool dots, const char *what)
{
    if (jieda__is_id(id, dots))
        return;
    REPORT_ERROR(c, pos, "bad-id", "id \"%s\" of %s; write a-z, 0-9 and _%s, at most %u bytes",
                 jieda__quote(id).text, what, dots ? ", parts joined by \".\"" : "",
                 JIEDA__ID_BYTES_MAX);
}

/* A title in each language of the pack. Without any the parser has said so. */
static void check_title(checker *c, const jieda__localized *title, jieda__pos pos, const char *rule,
                        const char *what, jieda_str id)
{
    const jieda__source *source = c->source;
    bool any = false;

    for (size_t i = 0; i < source->language_count; i++) {
        if (!any && title->text[i].len) {
            pos = place_of(c, title->text[i], pos);
            any = true;
        }
    }
    for (size_t i = 0; any && source->pack_read && i < source->language_count; i++) {
        if (title->text[i].len == 0)
            REPORT_ERROR(c, pos, rule, "%s \"%s\" is missing in \"%.*s\"; add \"%.*s\": \"...\"",
                         what, jieda__quote(id).text, (int)source->languages[i].len,
                         source->languages[i].ptr, (int)source->languages[i].len,
                         source->languages[i].ptr);
    }
}

uint32_t jieda__date_number(jieda_str text)
{
    static const uint32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint32_t parts[3] = {0};
    uint32_t day_count;
    size_t part = 0;

    if (text.len != 10)
        return 0;
    for (size_t i = 0; i < 10; i++) {
        char ch = text.ptr[i];

        if (i == 4 || i == 7) {
            if (ch != '-')
                return 0;
            part++;
        } else if (ch >= '0' && ch <= '9') {
            parts[part] = parts[part] * 10 + (uint32_t)(ch - '0');
        } else {
            return 0;
        }
    }
    if (parts[0] < 1970 || parts[1] < 1 || parts[1] > 12)
        return 0;
    day_count = days[parts[1] - 1];
    if (parts[1] == 2 && parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0))
        day_count = 29;
    if (parts[2] < 1 || parts[2] > day_count)
        return 0;
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static uint32_t check_date(checker *c, jieda_str text, const char *name, jieda__pos pos)
{
    uint32_t date;

    if (text.len == 0)
        return 0;
    date = jieda__date_number(text);
    if (date == 0)
        REPORT_ERROR(c, place_of(c, text, pos), "bad-date",
                     "%s \"%s\" is no date; write a day of the calendar as YYYY-MM-DD", name,
                     jieda__quote(text).text);
    return date;
}

/* ---- categories ------------------------------------------------------------------------------ */

static void check_cycles(checker *c)
{
    const jieda__source *source = c->source;
    uint32_t *seen = jieda__alloc_zero(c->alloc, source->category_count + 1, sizeof *seen);

    if (!seen) {
        c->status = JIEDA_E_NOMEM;
        return;
    }
    /* Each walk upwards stamps what it passes; meeting its own stamp again is a cycle. */
    for (uint32_t i = 0; i < source->category_count; i++) {
        uint32_t at = i;

        while (at != JIEDA__NAME_NONE && seen[at] == 0) {
            seen[at] = i + 1;
            at = jieda__names_find(&c->categories, source->categories[at].parent);
        }
        if (at != JIEDA__NAME_NONE && seen[at] == i + 1)
            REPORT_ERROR(c, place_of(c, source->categories[at].parent, source->categories[at].pos),
                         "category-cycle",
                         "category \"%s\" is above itself; take \"parent\" from one of the circle",
                         jieda__quote(source->categories[at].id).text);
    }
    jieda__dealloc(c->alloc, seen);
}

static void check_categories(checker *c)
{
    const jieda__source *source = c->source;

    for (uint32_t i = 0; i < source->category_count; i++) {
        const jieda__src_category *category = &source->categories[i];
        uint32_t first = jieda__names_find(&c->categories, category->id);

        if (category->id.len) {
            check_id(c, category->id, category->pos, true, "a category");
            if (first != i && first != JIEDA__NAME_NONE)
                REPORT_ERROR(c, category->pos, "duplicate-id",
                             "category \"%s\" again, first at %s; rename or remove one",
                             jieda__quote(category->id).text,
                             jieda__place_phrase(source->categories[first].pos).text);
        }
        check_title(c, &category->title, category->pos, "missing-title", "the title of category",
                    category->id);
        if (category->parent.len &&
            jieda__names_find(&c->categories, category->parent) == JIEDA__NAME_NONE)
            REPORT_ERROR(c, place_of(c, category->parent, category->pos), "unknown-category",
                         "unknown parent category \"%s\"; %s", jieda__quote(category->parent).text,
                         nearest(c, category->parent, &c->categories, source->category_count,
                                 "add it to \"categories\" of the pack")
                             .text);
    }
    check_cycles(c);
}

static void check_entry_category(checker *c, const jieda__src_entry *entry)
{
    const jieda__source *source = c->source;

    if (!source->pack_read || source->is_table)
        return;
    if (entry->category.len == 0) {
        if (source->category_count > 0)
            REPORT_ERROR(c, entry->pos, "missing-category",
                         "entry \"%s\" has no category; add \"category\" with one of the pack's",
                         jieda__quote(entry->id).text);
        return;
    }
    if (jieda__names_find(&c->categories, entry->category) == JIEDA__NAME_NONE)
        REPORT_ERROR(c, place_of(c, entry->category, entry->pos), "unknown-category",
                     "unknown category \"%s\"; %s", jieda__quote(entry->category).text,
                     nearest(c, entry->category, &c->categories, source->category_count,
                             "add it to \"categories\" of the pack")
                         .text);
}

/* ---- placeholders ---------------------------------------------------------------------------- */

static const char *find_braces(const char *at, const char *end)
{
    for (; end - at >= 2; at++) {
        at = memchr(at, '{', (size_t)(end - at) - 1);
        if (!at)
            return NULL;
        if (at[1] == '{')
            return at;
    }
    return NULL;
}

/* A text with {{placeholders}}. */
static void check_template(checker *c, jieda_str text, jieda__pos otherwise)
{
    const jieda__source *source = c->source;
    const char *at, *end;

    if (text.len == 0)
        return; /* also a text that is missing, {NULL, 0} */
    end = text.ptr + text.len;
    for (at = find_braces(text.ptr, end); at; at = find_braces(at, end)) {
        jieda_str name;

        at += 2;
        name = (jieda_str){at, 0};
        while (at < end && *at != '}' && *at != '{')
            at++;
        name.len = (size_t)(at - name.ptr);
        if (!jieda__is_id(name, false) || end - at < 2 || at[0] != '}' || at[1] != '}') {
            REPORT_ERROR(c, place_of(c, text, otherwise), "bad-placeholder",
                         "\"{{\" that begins no placeholder; write {{name}} without spaces");
            continue;
        }
        at += 2;
        if (source->pack_read && jieda__names_find(&c->placeholders, name) == JIEDA__NAME_NONE)
            REPORT_ERROR(c, place_of(c, text, otherwise), "unknown-placeholder",
                         "unknown placeholder \"{{%s}}\"; %s", jieda__quote(name).text,
                         nearest(c, name, &c->placeholders, source->placeholder_count,
                                 source->is_table ? "lists of questions have none"
                                                  : "add it to \"placeholders\" of the pack")
                             .text);
    }
}

/* ---- contacts and secrets -------------------------------------------------------------------- */

static bool is_approved(checker *c, jieda_str contact)
{
    jieda_str key = jieda__guard_key(&c->scratch, contact);
    size_t at = 0;
    uint32_t index;

    if (!key.ptr) {
        c->status = JIEDA_E_NOMEM;
        return true;
    }
    while (jieda__map_next(&c->approved_map, jieda__hash(JIEDA__HASH_SEED, key.ptr, key.len), &at,
                           &index)) {
        if (jieda__str_equal(c->approved[index], key))
            return true;
    }
    return false;
}

/* A text that a visitor is shown. @param what  whose it is: "an answer of" the entry `id`.
 * @param remedy  besides approval. */
static void check_contacts(checker *c, const char *what, jieda_str id, jieda_str text,
                           jieda__pos otherwise, bool is_link, const char *remedy)
{
    jieda__guard_findings findings;
    jieda__pos pos;

    if (!c->guard || text.len == 0 || c->status != JIEDA_OK)
        return;
    jieda__arena_reset(&c->scratch);
    if (jieda__guard_scan(c->guard, &c->scratch, text, is_link, &findings) != JIEDA_OK)
        c->status = JIEDA_E_NOMEM;
    pos = findings.count > 0 ? place_of(c, text, otherwise) : otherwise;
    for (size_t i = 0; i < findings.count && c->status == JIEDA_OK; i++) {
        const jieda__guard_finding *finding = &findings.items[i];

        if (!finding->what)
            REPORT_ERROR(c, pos, "asks-for-secret",
                         "%s \"%s\" asks for a secret, \"%s\"; take that out, no support "
                         "asks for a password, an SMS code or a CVV",
                         what, jieda__quote(id).text, jieda__quote(finding->text).text);
        else if (c->source->pack_read && !is_approved(c, finding->text))
            REPORT_ERROR(c, pos, "unapproved-contact",
                         "%s \"%s\" gives the %s \"%s\", which is not approved; add it to "
                         "\"approved\" in pack.json if it is official, or %s",
                         what, jieda__quote(id).text, finding->what,
                         jieda__quote(finding->text).text, remedy);
    }
}

/* Any text of an answer. */
static void check_outgoing(checker *c, const jieda__src_entry *entry,
                           const jieda__src_answer *answer, jieda_str text, bool is_link)
{
    check_template(c, text, answer->pos);
    check_contacts(c, "an answer of", entry->id, text, answer->pos, is_link,
                   "use a placeholder such as {{hotline}}");
}

static void check_question_braces(checker *c, const jieda__src_question *question)
{
    if (question->text.len &&
        find_braces(question->text.ptr, question->text.ptr + question->text.len))
        jieda__report(c->diagnostics,
                      c->source->is_table ? JIEDA_SEVERITY_WARNING : JIEDA_SEVERITY_ERROR,
                      question->pos, "placeholder-in-question",
                      "\"{{\" in a question; write the words visitors type, placeholders are for "
                      "answers");
}

/* ---- questions ------------------------------------------------------------------------------- */

/* The first occurrence of a question, or NULL. Text and key belong together. */
static const struct question_ref *find_question(checker *c, uint64_t key, jieda_str text)
{
    size_t at = 0;
    uint32_t index;

    while (jieda__map_next(&c->questions, key, &at, &index)) {
        const struct question_ref *ref = &c->refs[index];

        if (same_content(c, c->source->entries[ref->entry].questions[ref->question].text, text))
            return ref;
    }
    return NULL;
}

static void report_same_question(checker *c, uint32_t e, const jieda__src_question *question,
                                 const struct question_ref *first)
{
    const jieda__source *source = c->source;
    const jieda__src_entry *other = &source->entries[first->entry];
    jieda__phrase place = jieda__place_phrase(other->questions[first->question].pos);

    if (first->entry == e)
        jieda__report(c->diagnostics, JIEDA_SEVERITY_WARNING, question->pos, "repeated-question",
                      "question \"%s\" says the same as the one at %s; remove one",
                      jieda__quote(question->text).text, place.text);
    else if (source->is_table)
        jieda__report(c->diagnostics, JIEDA_SEVERITY_WARNING, question->pos, "duplicate-question",
                      "question \"%s\" is also in entry \"%s\", at %s; remove one, else the entry "
                      "with the smaller id answers",
                      jieda__quote(question->text).text, jieda__quote(other->id).text, place.text);
    else
        REPORT_ERROR(c, question->pos, "duplicate-question",
                     "question \"%s\" is also in entry \"%s\", at %s; keep it where it fits best",
                     jieda__quote(question->text).text, jieda__quote(other->id).text, place.text);
}

static void check_question(checker *c, uint32_t e, uint32_t q)
{
    const jieda__source *source = c->source;
    const jieda__src_question *question = &source->entries[e].questions[q];
    const struct question_ref *first;
    uint64_t key;

    check_question_braces(c, question);
    if (content_key(c, question->text, &key) == 0) {
        if (source->is_table)
            jieda__report(c->diagnostics, JIEDA_SEVERITY_WARNING, question->pos, "empty-question",
                          "a question without letters or digits is skipped; write it in words");
        else
            REPORT_ERROR(c, question->pos, "empty-question",
                         "question \"%s\" has no letters or digits; write it in words",
                         jieda__quote(question->text).text);
        return;
    }
    first = find_question(c, key, question->text);
    if (first) {
        report_same_question(c, e, question, first);
        return;
    }
    c->refs[c->ref_count] = (struct question_ref){e, q};
    if (!jieda__map_add(&c->questions, key, (uint32_t)c->ref_count++))
        c->status = JIEDA_E_NOMEM;
}

static void check_not(checker *c, uint32_t e, const jieda__src_question *question)
{
    const struct question_ref *ref;
    uint64_t key;

    check_question_braces(c, question);
    if (content_key(c, question->text, &key) == 0) {
        REPORT_ERROR(c, question->pos, "empty-question",
                     "question \"%s\" has no letters or digits; write it in words",
                     jieda__quote(question->text).text);
        return;
    }
    ref = find_question(c, key, question->text);
    if (ref && ref->entry == e)
        REPORT_ERROR(c, question->pos, "question-in-not",
                     "\"%s\" is under \"not\" and, at %s, a question of the same entry; remove one",
                     jieda__quote(question->text).text,
                     jieda__place_phrase(c->source->entries[e].questions[ref->question].pos).text);
}

static void check_out_of_scope(checker *c)
{
    const jieda__source *source = c->source;

    for (size_t i = 0; i < source->out_of_scope_count && c->status == JIEDA_OK; i++) {
        const jieda__src_question *question = &source->out_of_scope[i];
        const struct question_ref *ref;
        uint64_t key;

        check_question_braces(c, question);
        if (content_key(c, question->text, &key) == 0) {
            REPORT_ERROR(c, question->pos, "empty-question",
                         "question \"%s\" has no letters or digits; write it in words",
                         jieda__quote(question->text).text);
            continue;
        }
        ref = find_question(c, key, question->text);
        if (ref)
            REPORT_ERROR(
                c, question->pos, "out-of-scope-question",
                "\"%s\" is out of scope, but entry \"%s\" answers it at %s; remove one",
                jieda__quote(question->text).text,
                jieda__quote(source->entries[ref->entry].id).text,
                jieda__place_phrase(source->entries[ref->entry].questions[ref->question].pos).text);
    }
}

/* ---- entries --------------------------------------------------------------------------------- */

static void check_links(checker *c, const jieda__src_entry *entry, const jieda_str *ids,
                        size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        jieda__pos pos = place_of(c, ids[i], entry->pos);

        if (jieda__str_equal(ids[i], entry->id))
            REPORT_ERROR(c, pos, "self-reference", "\"%s\" of \"%s\" names itself; remove it", key,
                         jieda__quote(entry->id).text);
        else if (!c->source->entries_broken &&
                 jieda__names_find(&c->entries, ids[i]) == JIEDA__NAME_NONE)
            REPORT_ERROR(c, pos, "unknown-entry", "unknown entry \"%s\" in \"%s\"; %s",
                         jieda__quote(ids[i]).text, key,
                         nearest(c, ids[i], &c->entries, c->source->entry_count,
                                 "write the entry or remove its id")
                             .text);
    }
}

static void check_needs(checker *c, const jieda__src_entry *entry)
{
    for (size_t i = 0; i < entry->need_count; i++) {
        jieda_str id = entry->needs[i];

        if (c->source->pack_read && jieda__names_find(&c->slots, id) == JIEDA__NAME_NONE)
            REPORT_ERROR(
                c, place_of(c, id, entry->pos), "unknown-slot",
                "unknown slot \"%s\" in \"needs\"; %s", jieda__quote(id).text,
                nearest(c, id, &c->slots, c->source->slot_count, "add it to \"slots\" of the pack")
                    .text);
    }
}

/* Each language needs an answer that works everywhere, that is in the channel "text". */
static void check_languages(checker *c, const jieda__src_entry *entry)
{
    static const jieda_str text_channel = {"text", 4};
    const jieda__source *source = c->source;
    bool answered[JIEDA__LANGUAGE_COUNT_MAX] = {false};

    /* Without any answer the parser has said so. */
    if (!source->pack_read || source->is_table || entry->answer_count == 0)
        return;
    for (size_t i = 0; i < entry->answer_count; i++) {
        if (jieda__str_equal(entry->answers[i].channel, text_channel))
            answered[entry->answers[i].language] = true;
    }
    for (size_t i = 0; i < source->language_count; i++) {
        if (!answered[i])
            REPORT_ERROR(c, entry->answers[0].pos, "missing-language",
                         "entry \"%s\" has no answer in \"%.*s\" for channel \"text\"; add one",
                         jieda__quote(entry->id).text, (int)source->languages[i].len,
                         source->languages[i].ptr);
    }
}

static void check_answers(checker *c, const jieda__src_entry *entry)
{
    for (size_t i = 0; i < entry->answer_count && c->status == JIEDA_OK; i++) {
        const jieda__src_answer *answer = &entry->answers[i];

        check_outgoing(c, entry, answer, answer->text, false);
        for (size_t k = 0; k < answer->step_count; k++)
            check_outgoing(c, entry, answer, answer->steps[k], false);
        check_outgoing(c, entry, answer, answer->note, false);
        for (size_t k = 0; k < answer->action_count; k++) {
            check_outgoing(c, entry, answer, answer->actions[k].label, false);
            check_outgoing(c, entry, answer, answer->actions[k].link, true);
        }
        /* Real entries have a handful of answers; the bound keeps a hostile one linear. */
        for (size_t k = i > 64 ? i - 64 : 0; k < i; k++) {
            const jieda__src_answer *other = &entry->answers[k];

            if (other->language == answer->language &&
                jieda__str_equal(other->channel, answer->channel)) {
                REPORT_ERROR(c, answer->pos, "duplicate-answer",
                             "a second answer for the language and channel of the one at %s; "
                             "remove one",
                             jieda__place_phrase(other->pos).text);
                break;
            }
        }
    }
    check_languages(c, entry);
}

static void check_when(checker *c, const jieda__src_entry *entry)
{
    static const char *const operators[] = {">=", "<=", "!=", ">", "<"};

    for (size_t i = 0; i < entry->when_count; i++) {
        const jieda__src_condition *condition = &entry->when[i];

        for (size_t k = 0; k < condition->value_count; k++) {
            jieda_str value = condition->values[k], rest = value;

            for (size_t o = 0; o < sizeof operators / sizeof *operators; o++) {
                size_t len = strlen(operators[o]);

                if (value.len >= len && memcmp(value.ptr, operators[o], len) == 0) {
                    rest = (jieda_str){value.ptr + len, value.len - len};
                    break;
                }
            }
            if (jieda__is_blank(rest))
                REPORT_ERROR(c, place_of(c, value, entry->pos), "empty-condition",
                             "condition \"%s\" compares with nothing; add a value behind it",
                             jieda__quote(value).text);
        }
    }
}

static void check_dates(checker *c, const jieda__src_entry *entry)
{
    uint32_t from = check_date(c, entry->valid_from, "\"valid_from\"", entry->pos);
    uint32_t to = check_date(c, entry->valid_to, "\"valid_to\"", entry->pos);

    check_date(c, entry->review_by, "\"review_by\"", entry->pos);
    if (from && to && from > to)
        REPORT_ERROR(c, place_of(c, entry->valid_to, entry->pos), "date-order",
                     "\"valid_to\" is before \"valid_from\"; swap or correct them");
}

static void check_tests(checker *c, const jieda__src_entry *entry)
{
    for (size_t i = 0; i < entry->test_count; i++) {
        uint64_t key;

        if (content_key(c, entry->tests[i].ask, &key) == 0)
            REPORT_ERROR(c, entry->tests[i].pos, "empty-test",
                         "test \"%s\" asks nothing; write a question in words",
                         jieda__quote(entry->tests[i].ask).text);
    }
}

static void check_entry(checker *c, uint32_t e)
{
    const jieda__source *source = c->source;
    const jieda__src_entry *entry = &source->entries[e];

    if (!source->is_table && entry->id.len) {
        uint32_t first = jieda__names_find(&c->entries, entry->id);

        check_id(c, entry->id, entry->pos, true, "an entry");
        if (first != e && first != JIEDA__NAME_NONE)
            REPORT_ERROR(c, entry->pos, "duplicate-id",
                         "entry \"%s\" again, first at %s; rename or merge them",
                         jieda__quote(entry->id).text,
                         jieda__place_phrase(source->entries[first].pos).text);
    }
    check_title(c, &entry->title, entry->pos, "missing-title", "the title of entry", entry->id);
    check_entry_category(c, entry);
    for (uint32_t q = 0; q < entry->question_count && c->status == JIEDA_OK; q++)
        check_question(c, e, q);
    for (size_t i = 0; i < entry->not_count && c->status == JIEDA_OK; i++)
        check_not(c, e, &entry->not_questions[i]);
    check_answers(c, entry);
    check_needs(c, entry);
    check_links(c, entry, entry->related, entry->related_count, "related");
    check_links(c, entry, entry->followups, entry->followup_count, "followups");
    check_when(c, entry);
    check_dates(c, entry);
    check_tests(c, entry);
}

/* ---- the pack -------------------------------------------------------------------------------- */

static void check_pack(checker *c)
{
    const jieda__source *source = c->source;
    jieda__pos nowhere = {0};

    check_title(c, &source->title, nowhere, "missing-title", "the title of pack", source->name);
    if (source->placeholder_count > PLACEHOLDER_COUNT_MAX)
        jieda__report(c->diagnostics, JIEDA_SEVERITY_ERROR,
                      place_of(c, source->placeholders[PLACEHOLDER_COUNT_MAX].name, nowhere),
                      "too-many-placeholders", "more than %d placeholders; remove some",
                      PLACEHOLDER_COUNT_MAX);
    for (size_t i = 0; i < source->placeholder_count; i++) {
        const jieda__src_placeholder *item = &source->placeholders[i];
        jieda__pos pos = place_of(c, item->name, nowhere);

        check_id(c, item->name, pos, false, "a placeholder");
        check_title(c, &item->fallback, pos, "missing-language", "the default of placeholder",
                    item->name);
    }
    for (size_t i = 0; i < source->slot_count; i++) {
        const jieda__src_slot *slot = &source->slots[i];
        jieda__pos pos = place_of(c, slot->id, nowhere);

        check_id(c, slot->id, pos, false, "a slot");
        check_title(c, &slot->title, pos, "missing-title", "the title of slot", slot->id);
    }
    check_categories(c);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void check_rules(checker *c)
{
    const jieda__source *source = c->source;
    jieda__names names;

    if (!jieda__names_init(&names, c->alloc, source->rules, source->rule_count,
                           sizeof *source->rules))
        c->status = JIEDA_E_NOMEM;
    for (uint32_t i = 0; i < source->rule_count && c->status == JIEDA_OK; i++) {
        const jieda__src_rule *rule = &source->rules[i];
        uint32_t first = jieda__names_find(&names, rule->id);

        if (rule->id.len)
            check_id(c, rule->id, rule->pos, true, "a rule");
        if (first != i && first != JIEDA__NAME_NONE)
            REPORT_ERROR(c, rule->pos, "duplicate-id",
                         "rule \"%s\" again, first at %s; rename or merge them",
                         jieda__quote(rule->id).text,
                         jieda__place_phrase(source->rules[first].pos).text);
        if (rule->intent.len)
            check_id(c, rule->intent, place_of(c, rule->intent, rule->pos), true, "an intent");
        if (rule->entry.len && !source->entries_broken &&
            jieda__names_find(&c->entries, rule->entry) == JIEDA__NAME_NONE)
            REPORT_ERROR(c, place_of(c, rule->entry, rule->pos), "unknown-entry",
                         "unknown entry \"%s\" in rule \"%s\"; %s", jieda__quote(rule->entry).text,
                         jieda__quote(rule->id).text,
                         nearest(c, rule->entry, &c->entries, source->entry_count,
                                 "write the entry or remove its id")
                             .text);
    }
    jieda__names_free(&names);
}

/* ---- policy ---------------------------------------------------------------------------------- */

static void check_policy_entry(checker *c, const jieda__src_name *name, const char *key)
{
    if (!c->source->entries_broken &&
        jieda__names_find(&c->entries, name->text) == JIEDA__NAME_NONE)
        REPORT_ERROR(c, name->pos, "unknown-entry", "unknown entry \"%s\" in \"%s\"; %s",
                     jieda__quote(name->text).text, key,
                     nearest(c, name->text, &c->entries, c->source->entry_count,
                             "write the entry or remove its id")
                         .text);
}

/* An entry stands once in "always" and "never", and once in "always" and "identity_check", which
 * both say why it hands over. Lists of a policy are short, so each is compared with each. */
static void check_policy_twice(checker *c, const jieda__src_name *names[], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        size_t k = 0;

        while (k < i && !jieda__str_equal(names[k]->text, names[i]->text))
            k++;
        if (k < i)
            REPORT_ERROR(c, names[i]->pos, "policy-conflict",
                         "entry \"%s\" again, first at %s; let the policy say one thing of it",
                         jieda__quote(names[i]->text).text,
                         jieda__place_phrase(names[k]->pos).text);
    }
}

static void check_policy_entries(checker *c, const jieda__src_policy *policy)
{
    size_t max = policy->always_count + policy->never.count + policy->identity_check.count;
    const jieda__src_name **names = jieda__arena_alloc(&c->keys, (max + 1) * sizeof *names);
    size_t count = 0;

    if (!names) {
        c->status = JIEDA_E_NOMEM;
        return;
    }
    for (size_t i = 0; i < policy->always_count; i++) {
        names[count++] = &policy->always[i].entry;
        check_policy_entry(c, &policy->always[i].entry, "always");
    }
    for (size_t i = 0; i < policy->never.count; i++) {
        names[count++] = &policy->never.items[i];
        check_policy_entry(c, &policy->never.items[i], "never");
    }
    check_policy_twice(c, names, count);
    count = policy->always_count;
    for (size_t i = 0; i < policy->identity_check.count; i++) {
        names[count++] = &policy->identity_check.items[i];
        check_policy_entry(c, &policy->identity_check.items[i], "identity_check");
    }
    check_policy_twice(c, names, count);
}

/* The texts of something by language: there in each of them, without {{placeholders}}, which only
 * answers have. */
static void check_policy_texts(checker *c, const jieda__localized *texts, jieda__pos pos,
                               const char *rule, const char *what, jieda_str id)
{
    check_title(c, texts, pos, rule, what, id);
    for (size_t i = 0; i < c->source->language_count; i++) {
        jieda_str text = texts->text[i];

        if (text.len > 0 && find_braces(text.ptr, text.ptr + text.len))
            REPORT_ERROR(c, place_of(c, text, pos), "bad-placeholder",
                         "\"{{\" in %s \"%s\"; write the words themselves, placeholders are for "
                         "answers",
                         what, jieda__quote(id).text);
        check_contacts(c, what, id, text, pos, false, "take it out");
    }
}

static void check_reminder(checker *c, const jieda__names *rules,
                           const jieda__src_reminder *reminder)
{
    const jieda__source *source = c->source;

    check_id(c, reminder->id, reminder->pos, true, "a reminder");
    check_policy_texts(c, &reminder->text, reminder->pos, "missing-language",
                       "the text of reminder", reminder->id);
    for (size_t i = 0; i < reminder->topics.count; i++) {
        const jieda__src_name *topic = &reminder->topics.items[i];

        jieda__phrase fix;

        if (source->entries_broken || !source->pack_read ||
            jieda__names_find(&c->entries, topic->text) != JIEDA__NAME_NONE ||
            jieda__names_find(&c->categories, topic->text) != JIEDA__NAME_NONE)
            continue;
        fix = nearest(c, topic->text, &c->entries, source->entry_count, "");
        if (fix.text[0] == '\0')
            fix = nearest(c, topic->text, &c->categories, source->category_count,
                          "name an entry or a category of the pack");
        REPORT_ERROR(c, topic->pos, "unknown-topic",
                     "unknown topic \"%s\", neither an entry nor a category; %s",
                     jieda__quote(topic->text).text, fix.text);
    }
    for (size_t i = 0; i < reminder->rules.count; i++) {
        const jieda__src_name *rule = &reminder->rules.items[i];

        if (jieda__names_find(rules, rule->text) == JIEDA__NAME_NONE)
            REPORT_ERROR(
                c, rule->pos, "unknown-rule", "unknown rule \"%s\"; %s",
                jieda__quote(rule->text).text,
                nearest(c, rule->text, rules, source->rule_count, "write the rule or remove its id")
                    .text);
    }
}

/* The id of one of several records of a kind. */
static void check_policy_id(checker *c, const jieda__names *names, size_t index, jieda__pos pos,
                            const char *what)
{
    jieda_str id = jieda__names_at(names, index);
    uint32_t first = jieda__names_find(names, id);

    if (first != index && first != JIEDA__NAME_NONE)
        REPORT_ERROR(c, pos, "duplicate-id", "%s \"%s\" again; rename or remove one", what,
                     jieda__quote(id).text);
}

static void check_policy(checker *c)
{
    const jieda__source *source = c->source;
    const jieda__src_policy *policy = source->policy;
    jieda__names queues = {0}, reminders = {0}, rules = {0};
    bool ok;

    if (!policy)
        return;
    ok = jieda__names_init(&queues, c->alloc, policy->queues, policy->queue_count,
                           sizeof *policy->queues);
    ok &= jieda__names_init(&reminders, c->alloc, policy->reminders, policy->reminder_count,
                            sizeof *policy->reminders);
    ok &= jieda__names_init(&rules, c->alloc, source->rules, source->rule_count,
                            sizeof *source->rules);
    if (!ok)
        c->status = JIEDA_E_NOMEM;
    for (size_t i = 0; i < policy->queue_count && c->status == JIEDA_OK; i++) {
        const jieda__src_queue *queue = &policy->queues[i];

        check_id(c, queue->id, queue->pos, false, "a queue");
        check_policy_id(c, &queues, i, queue->pos, "queue");
        check_policy_texts(c, &queue->title, queue->pos, "missing-title", "the title of queue",
                           queue->id);
    }
    for (size_t i = 0; i < policy->reminder_count && c->status == JIEDA_OK; i++) {
        check_policy_id(c, &reminders, i, policy->reminders[i].pos, "reminder");
        check_reminder(c, &rules, &policy->reminders[i]);
    }
    for (size_t i = 0; i < JIEDA__MESSAGE_COUNT && c->status == JIEDA_OK; i++)
        for (size_t l = 0; l < source->language_count; l++)
            check_contacts(c, "message", jieda__str(jieda__message_texts[i].name),
                           policy->messages[i].text[l], (jieda__pos){0}, false, "take it out");
    if (c->status == JIEDA_OK)
        check_policy_entries(c, policy);
    jieda__names_free(&queues);
    jieda__names_free(&reminders);
    jieda__names_free(&rules);
}

/* ---- lexicons -------------------------------------------------------------------------------- */

/* A word met in a group of synonyms or in a question class. */
typedef struct member {
    jieda_str word;
    jieda_str owner; /* the group's first word; the class's name */
    jieda__pos pos;
    uint32_t lexicon; /* 0 base, 1 pack */
    uint32_t group;
} member;

typedef struct members {
    jieda__map map;
    member *items;
    size_t count;
} members;

static bool members_init(checker *c, members *m, size_t max)
{
    *m = (members){0};
    jieda__map_init(&m->map, c->alloc);
    m->items = jieda__alloc_zero(c->alloc, max + 1, sizeof *m->items);
    if (!m->items)
        c->status = JIEDA_E_NOMEM;
    return m->items != NULL;
}

static void members_free(checker *c, members *m)
{
    jieda__map_free(&m->map);
    jieda__dealloc(c->alloc, m->items);
}

/* The word's first occurrence, or NULL after noting it as such. */
static const member *members_meet(checker *c, members *m, const member *item)
{
    uint64_t key;
    size_t at = 0;
    uint32_t found;

    if (content_key(c, item->word, &key) == 0)
        return NULL; /* reported as empty-word */
    while (jieda__map_next(&m->map, key, &at, &found)) {
        if (same_content(c, m->items[found].word, item->word))
            return &m->items[found];
    }
    m->items[m->count] = *item;
    if (!jieda__map_add(&m->map, key, (uint32_t)m->count++))
        c->status = JIEDA_E_NOMEM;
    return NULL;
}

static const jieda__src_lexicon *lexicon_at(const checker *c, uint32_t which)
{
    return which == 0 ? &c->source->base_lexicon : &c->source->pack_lexicon;
}

static void check_synonyms(checker *c)
{
    members m;
    size_t max = 0;

    for (uint32_t l = 0; l < 2; l++) {
        for (size_t g = 0; g < lexicon_at(c, l)->synonym_count; g++)
            max += lexicon_at(c, l)->synonyms[g].count;
    }
    if (!members_init(c, &m, max))
        return;
    for (uint32_t l = 0; l < 2; l++) {
        const jieda__src_lexicon *lexicon = lexicon_at(c, l);

        for (uint32_t g = 0; g < lexicon->synonym_count; g++) {
            const jieda__src_words *group = &lexicon->synonyms[g];

            for (size_t i = 0; i < group->count && c->status == JIEDA_OK; i++) {
                member item = {group->items[i], group->items[0],
                               place_of(c, group->items[i], group->pos), l, g};
                const member *first = members_meet(c, &m, &item);

                if (!first || (first->lexicon == l && first->group == g))
                    continue;
                /* The pack extends a group of the base by beginning with the same word. */
                if (first->lexicon != l && same_content(c, first->owner, item.owner))
                    continue;
                REPORT_ERROR(c, item.pos, "synonym-conflict",
                             "\"%s\" is in two groups of synonyms, \"%s\" at %s and \"%s\"; keep "
                             "it in one",
                             jieda__quote(item.word).text, jieda__quote(first->owner).text,
                             jieda__place_phrase(first->pos).text, jieda__quote(item.owner).text);
            }
        }
    }
    members_free(c, &m);
}

static bool is_class_name(jieda_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 'A' || name.ptr[i] > 'Z')
            return false;
    }
    return name.len >= 1 && name.len <= 15;
}

/* A class of the pack with the name of one of the base's adds to it. */
static void check_class_names(checker *c)
{
    const jieda__src_lexicon *base = lexicon_at(c, 0);
    jieda__names names;
    size_t count = 0;

    if (!jieda__names_init(&names, c->alloc, base->classes, base->class_count,
                           sizeof *base->classes))
        c->status = JIEDA_E_NOMEM;
    for (uint32_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lexicon_at(c, l)->class_count; i++) {
            const struct jieda__src_class *item = &lexicon_at(c, l)->classes[i];

            if (!is_class_name(item->name))
                REPORT_ERROR(c, item->words.pos, "bad-class-name",
                             "question class \"%s\"; name it with 1 to 15 letters A-Z",
                             jieda__quote(item->name).text);
            if (l == 1 && jieda__names_find(&names, item->name) != JIEDA__NAME_NONE)
                continue;
            if (++count == JIEDA__QUESTION_CLASS_COUNT_MAX + 1)
                REPORT_ERROR(c, item->words.pos, "too-many-classes",
                             "more than %u question classes, the base's included; merge some",
                             JIEDA__QUESTION_CLASS_COUNT_MAX);
        }
    }
    jieda__names_free(&names);
}

static void check_classes(checker *c)
{
    members m;
    size_t max = 0;

    check_class_names(c);
    for (uint32_t l = 0; l < 2; l++) {
        for (size_t i = 0; i < lexicon_at(c, l)->class_count; i++)
            max += lexicon_at(c, l)->classes[i].words.count;
    }
    if (!members_init(c, &m, max))
        return;
    for (uint32_t l = 0; l < 2; l++) {
        const jieda__src_lexicon *lexicon = lexicon_at(c, l);

        for (uint32_t g = 0; g < lexicon->class_count; g++) {
            const struct jieda__src_class *group = &lexicon->classes[g];

            for (size_t i = 0; i < group->words.count && c->status == JIEDA_OK; i++) {
                jieda_str word = group->words.items[i];
                member item = {word, group->name, place_of(c, word, group->words.pos), l, g};
                const member *first = members_meet(c, &m, &item);

                if (first && !jieda__str_equal(first->owner, item.owner))
                    REPORT_ERROR(c, item.pos, "class-conflict",
                                 "\"%s\" is in two question classes, %s at %s and %s; keep it in "
                                 "one",
                                 jieda__quote(word).text, jieda__quote(first->owner).text,
                                 jieda__place_phrase(first->pos).text,
                                 jieda__quote(item.owner).text);
            }
        }
    }
    members_free(c, &m);
}

static void check_pair(checker *c, const struct jieda__src_opposite *pair)
{
    members m;

    if (!members_init(c, &m, pair->sides[0].count + pair->sides[1].count))
        return;
    for (uint32_t side = 0; side < 2; side++) {
        const jieda__src_words *words = &pair->sides[side];

        for (size_t i = 0; i < words->count && c->status == JIEDA_OK; i++) {
            member item = {.word = words->items[i],
                           .pos = place_of(c, words->items[i], words->pos),
                           .group = side};
            const member *first = members_meet(c, &m, &item);

            if (first && first->group != side)
                REPORT_ERROR(c, item.pos, "opposite-conflict",
                             "\"%s\" is on both sides of a pair of opposites; keep it on one",
                             jieda__quote(item.word).text);
        }
    }
    members_free(c, &m);
}

static void check_opposites(checker *c)
{
    size_t count = 0;

    for (uint32_t l = 0; l < 2; l++) {
        const jieda__src_lexicon *lexicon = lexicon_at(c, l);

        for (size_t i = 0; i < lexicon->opposite_count && c->status == JIEDA_OK; i++) {
            check_pair(c, &lexicon->opposites[i]);
            if (++count == JIEDA__OPPOSITE_PAIR_COUNT_MAX + 1)
                REPORT_ERROR(c, lexicon->opposites[i].sides[0].pos, "too-many-opposites",
                             "more than %u pairs of opposites, the base's included; merge some",
                             JIEDA__OPPOSITE_PAIR_COUNT_MAX);
        }
    }
}

static void check_reading(checker *c, const struct jieda__src_reading *reading)
{
    jieda__pos pos = place_of(c, reading->syllables, reading->pos);
    const char *at = reading->syllables.ptr, *end = at + reading->syllables.len;
    size_t syllable_count = 0, char_count;
    uint64_t key;

    char_count = content_key(c, reading->word, &key);
    if (char_count == 0) {
        REPORT_ERROR(c, reading->pos, "empty-word",
                     "word \"%s\" has no letters or digits; remove it",
                     jieda__quote(reading->word).text);
        return;
    }
    while (at < end && c->status == JIEDA_OK) {
        const char *begin = at;
        jieda_str name;

        while (at < end && *at != ' ')
            at++;
        name = (jieda_str){begin, (size_t)(at - begin)};
        while (at < end && *at == ' ')
            at++;
        if (name.len == 0)
            continue;
        syllable_count++;
        if (jieda__text_syllable_find(name.ptr, name.len) == 0) {
            jieda__suggestion suggestion = jieda__suggest(name);

            for (uint32_t i = 1; i <= JIEDA__SYLLABLE_COUNT; i++)
                jieda__suggest_offer(&suggestion, jieda__str(jieda__text_syllable_name(i)));
            REPORT_ERROR(c, pos, "unknown-syllable", "unknown syllable \"%s\"; %s",
                         jieda__quote(name).text,
                         jieda__suggest_fix(&suggestion, "write pinyin without tones, v for u "
                                                         "with two dots")
                             .text);
        }
    }
    if (syllable_count != char_count && c->status == JIEDA_OK)
        REPORT_ERROR(c, pos, "bad-reading",
                     "reading \"%s\" has %zu syllables for the %zu characters of \"%s\"; write "
                     "one for each",
                     jieda__quote(reading->syllables).text, syllable_count, char_count,
                     jieda__quote(reading->word).text);
}

static void check_words(checker *c, const jieda__src_words *words)
{
    for (size_t i = 0; i < words->count && c->status == JIEDA_OK; i++) {
        uint64_t key;

        if (content_key(c, words->items[i], &key) == 0)
            REPORT_ERROR(c, place_of(c, words->items[i], words->pos), "empty-word",
                         "word \"%s\" has no letters or digits; remove it",
                         jieda__quote(words->items[i]).text);
    }
}

static void check_lexicon(checker *c, const jieda__src_lexicon *lexicon)
{
    for (size_t i = 0; i < lexicon->class_count; i++)
        check_words(c, &lexicon->classes[i].words);
    check_words(c, &lexicon->fillers);
    for (size_t i = 0; i < lexicon->synonym_count; i++)
        check_words(c, &lexicon->synonyms[i]);
    check_words(c, &lexicon->protected_words);
    check_words(c, &lexicon->words);
    for (size_t i = 0; i < lexicon->reading_count && c->status == JIEDA_OK; i++)
        check_reading(c, &lexicon->readings[i]);
    for (size_t i = 0; i < lexicon->opposite_count; i++) {
        check_words(c, &lexicon->opposites[i].sides[0]);
        check_words(c, &lexicon->opposites[i].sides[1]);
    }
    check_words(c, &lexicon->negations);
    check_words(c, &lexicon->negation_exceptions);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void guard_init(checker *c)
{
    const jieda__source *source = c->source;

    c->guard = jieda__guard_new(c->alloc);
    c->approved = jieda__arena_zero(&c->keys, source->approved_count + 1, sizeof *c->approved);
    if (!c->guard || !c->approved) {
        c->status = JIEDA_E_NOMEM;
        return;
    }
    for (uint32_t i = 0; i < source->approved_count; i++) {
        jieda_str key = jieda__guard_key(&c->keys, source->approved[i]);

        c->approved[i] = key;
        if (!key.ptr ||
            !jieda__map_add(&c->approved_map, jieda__hash(JIEDA__HASH_SEED, key.ptr, key.len), i)) {
            c->status = JIEDA_E_NOMEM;
            return;
        }
    }
}

static void checker_init(checker *c)
{
    const jieda__source *source = c->source;
    size_t question_count = 0;
    bool ok;

    jieda__arena_init(&c->scratch, c->alloc, SIZE_MAX);
    jieda__arena_init(&c->keys, c->alloc, SIZE_MAX);
    jieda__map_init(&c->questions, c->alloc);
    jieda__map_init(&c->approved_map, c->alloc);
    index_places(c, PLACES_SOURCE, &source->places);
    index_places(c, PLACES_PACK_LEXICON, &source->pack_lexicon.places);
    index_places(c, PLACES_BASE_LEXICON, &source->base_lexicon.places);
    ok = jieda__names_init(&c->entries, c->alloc, source->entries, source->entry_count,
                           sizeof *source->entries);
    ok &= jieda__names_init(&c->categories, c->alloc, source->categories, source->category_count,
                            sizeof *source->categories);
    ok &= jieda__names_init(&c->slots, c->alloc, source->slots, source->slot_count,
                            sizeof *source->slots);
    ok &= jieda__names_init(&c->placeholders, c->alloc, source->placeholders,
                            source->placeholder_count, sizeof *source->placeholders);
    for (size_t i = 0; i < source->entry_count; i++)
        question_count += source->entries[i].question_count;
    c->refs = jieda__alloc_zero(c->alloc, question_count + 1, sizeof *c->refs);
    if (!ok || !c->refs)
        c->status = JIEDA_E_NOMEM;
    if (c->status == JIEDA_OK && !source->is_table)
        guard_init(c);
}

static void checker_free(checker *c)
{
    for (size_t i = 0; i < PLACES_COUNT; i++)
        jieda__map_free(&c->places[i].map);
    jieda__names_free(&c->entries);
    jieda__names_free(&c->categories);
    jieda__names_free(&c->slots);
    jieda__names_free(&c->placeholders);
    jieda__map_free(&c->questions);
    jieda__map_free(&c->approved_map);
    jieda__guard_free(c->guard);
    jieda__arena_free(&c->keys);
    jieda__dealloc(c->alloc, c->refs);
    jieda__arena_free(&c->scratch);
}

jieda_status jieda__source_check(jieda__arena *arena, const jieda__source *source,
                                 jieda__diagnostics *diagnostics, jieda_error *err)
{
    checker c = {.source = source,
                 .diagnostics = diagnostics,
                 .alloc = arena->alloc,
                 .suggest_count = SUGGEST_COUNT_MAX,
                 .status = JIEDA_OK};

    checker_init(&c);
    if (c.status == JIEDA_OK) {
        check_pack(&c);
        for (uint32_t e = 0; e < source->entry_count && c.status == JIEDA_OK; e++)
            check_entry(&c, e);
        check_out_of_scope(&c);
        check_rules(&c);
        check_policy(&c);
    }
    if (c.status == JIEDA_OK) {
        check_synonyms(&c);
        check_classes(&c);
        check_opposites(&c);
        for (uint32_t l = 0; l < 2; l++)
            check_lexicon(&c, lexicon_at(&c, l));
    }
    checker_free(&c);
    if (c.status != JIEDA_OK)
        jieda__fail(err, c.status, "out of memory while checking a source");
    return c.status;
}
