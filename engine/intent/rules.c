/*
 * rules.c - reads section "rules" and runs it; see rules.h.
 *
 * Most rules say nothing about most utterances, so a pattern is tried only on a text that has the
 * letters it needs (pattern.h). What is left is bounded in steps, not in time, so that a message is
 * read alike on a slow machine and a fast one:
 *
 *   a search gets a few steps for each character; where that does not do, four times as many, and
 *   so on to STEP_COUNT_MAX, where the pattern is given up for this message
 *   all searches of a message together get BUDGET
 *
 * A step of PCRE2's machine code took 0.5 to 2 ns when this was measured (2.1 GHz, PCRE2 10.42);
 * of its interpreter some ten times that, so there one counts as eight. Steps do not see how far a
 * class runs (\d+ over 3,000 digits, from each of them), which is what pieces are short for. With
 * 500 rules of patterns made to take long, a message of 64 KB took 8 ms; with 100 ordinary ones 1.3
 * ms, and a question of 17 characters 2.5 us.
 *
 * Urgent rules are tried first: whatever eats the budget must not keep a cry for help from being
 * heard.
 */
#include "intent/rules.h"

#include "intent/pattern.h"
#include "text/unihan.h"

#include <string.h>

#define HEAD_COUNT_MAX 2000u /* characters read of a long message's begin, and of its end */
#define TAIL_COUNT_MAX 1000u
#define TEXT_PIECE 256u
#define TEXT_OVERLAP 64u
#define SOUND_PIECE 128u
#define SOUND_OVERLAP 32u

/* Enough for most searches of 565 patterns written for a wallet; fewer made a message of 64 KB,
 * whose searches were then made twice, take three times as long. */
#define STEPS_PER_CHAR 2u
#define STEP_COUNT_MIN 32u
#define STEP_COUNT_MAX 65536u
#define STEP_GROWTH 4u
#define BUDGET 1200000u
#define INTERPRETED_FACTOR 8u
/* Of the interpreter alone; machine code has 32 KB of stack. */
#define DEPTH_MAX 10000u
#define HEAP_KIB_MAX 1024u
/* A named group is looked for in a pattern's first so many groups. */
#define GROUP_COUNT_MAX 64u

const char *const jieda__rule_action_names[JIEDA__RULE_ACTION_COUNT] = {
    [JIEDA__RULE_HANDOFF] = "handoff",
    [JIEDA__RULE_ANSWER] = "answer",
    [JIEDA__RULE_CALM] = "calm",
    [JIEDA__RULE_REMIND] = "remind",
    [JIEDA__RULE_NONE_OF_THESE] = "none_of_these",
    [JIEDA__RULE_CHOOSE] = "choose",
    [JIEDA__RULE_YES] = "yes",
    [JIEDA__RULE_NO] = "no",
    [JIEDA__RULE_SKIP] = "skip",
    [JIEDA__RULE_CORRECT] = "correct",
    [JIEDA__RULE_JOIN] = "join",
    [JIEDA__RULE_FOLLOW_UP] = "follow_up",
    [JIEDA__RULE_UNHELPFUL] = "unhelpful",
    [JIEDA__RULE_RESOLVED] = "resolved",
    [JIEDA__RULE_TICKET_PROGRESS] = "ticket_progress",
    [JIEDA__RULE_TICKET_CANCEL] = "ticket_cancel",
    [JIEDA__RULE_TICKET_REOPEN] = "ticket_reopen",
    [JIEDA__RULE_TRANSCRIPT] = "transcript",
};

typedef struct pattern {
    pcre2_code *code;
    uint32_t step_price;                 /* of one step, in the budget */
    uint32_t first_literal;              /* of its needs, one after the other */
    uint8_t need_count[JIEDA__NEED_MAX]; /* literals of each; 0: no need */
} pattern;

struct jieda__rules {
    const jieda_allocator *alloc;
    bool out_of_memory;             /* `alloc` failed while loading */
    pcre2_general_context *general; /* what loading allocates; notes failures above */
    pcre2_general_context *turn;    /* what searching allocates */
    pcre2_match_context *limits;    /* copied by each turn */
    jieda__rule *rules;             /* best first */
    uint32_t rule_count;
    uint32_t *order; /* in which rules are tried: the urgent ones, then the others */
    pattern *patterns;
    uint32_t pattern_count;
    jieda__literal *literals;
    uint32_t group_count; /* the most that any pattern has, with the whole match */
};

static bool is_urgent(const jieda__rule *rule)
{
    return rule->action == JIEDA__RULE_HANDOFF &&
           (rule->reason == JIEDA__REASON_FRAUD || rule->reason == JIEDA__REASON_DISTRESS);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void *take_noting(size_t size, void *ctx)
{
    jieda__rules *rules = ctx;
    void *ptr = jieda__alloc(rules->alloc, size);

    rules->out_of_memory = rules->out_of_memory || !ptr;
    return ptr;
}

static void give_noting(void *ptr, void *ctx)
{
    const jieda__rules *rules = ctx;

    jieda__dealloc(rules->alloc, ptr);
}

/* The tables of a section, every offset of which is in range. */
typedef struct tables {
    const jieda__rules_header *header;
    const jieda__rule_row *rows;
    const uint32_t *first;
    const char *bytes;
} tables;

static jieda_str string_at(const tables *t, uint32_t index)
{
    return (jieda_str){t->bytes + t->first[index], t->first[index + 1] - t->first[index]};
}

static bool take_tables(jieda_str section, tables *out)
{
    const jieda__rules_header *h = (const void *)section.ptr;
    size_t left = section.len, string_count;

    if (left < sizeof *h || (uintptr_t)section.ptr % sizeof(uint32_t) != 0)
        return false;
    left -= sizeof *h;
    if (h->magic != JIEDA__RULES_MAGIC || h->rule_count > JIEDA__RULE_COUNT_MAX ||
        h->pattern_count > 3 * JIEDA__RULE_COUNT_MAX * JIEDA__RULE_PATTERN_COUNT_MAX)
        return false;
    string_count = 2 * (size_t)h->rule_count + h->pattern_count;
    if (left < h->rule_count * sizeof *out->rows)
        return false;
    left -= h->rule_count * sizeof *out->rows;
    if (left < (string_count + 1) * sizeof *out->first)
        return false;
    left -= (string_count + 1) * sizeof *out->first;
    out->header = h;
    out->rows = (const void *)(h + 1);
    out->first = (const void *)(out->rows + h->rule_count);
    out->bytes = (const char *)(out->first + string_count + 1);
    if (out->first[0] != 0 || out->first[string_count] != left)
        return false;
    for (size_t i = 0; i < string_count; i++)
        if (out->first[i] > out->first[i + 1])
            return false;
    return true;
}

static bool is_text(jieda_str text)
{
    return text.len > 0 && jieda__utf8_valid_prefix(text.ptr, text.len) == text.len;
}

static bool take_rule(const tables *t, uint32_t index, uint32_t entry_count, uint32_t first_pattern,
                      jieda__rule *out)
{
    const jieda__rule_row *row = &t->rows[index];

    *out = (jieda__rule){.id = string_at(t, 2 * index),
                         .intent = string_at(t, 2 * index + 1),
                         .entry = row->entry,
                         .first_pattern = first_pattern,
                         .pattern_count = row->pattern_count,
                         .pinyin_count = row->pinyin_count,
                         .unless_count = row->unless_count,
                         .priority = row->priority,
                         .action = row->action,
                         .reason = row->reason,
                         .ticket_priority = row->ticket_priority};
    return is_text(out->id) && is_text(out->intent) &&
           (row->entry == JIEDA__NONE || row->entry < entry_count) &&
           row->pattern_count <= JIEDA__RULE_PATTERN_COUNT_MAX &&
           row->pinyin_count <= JIEDA__RULE_PATTERN_COUNT_MAX &&
           row->unless_count <= JIEDA__RULE_PATTERN_COUNT_MAX &&
           row->priority >= -JIEDA__RULE_PRIORITY_MAX &&
           row->priority <= JIEDA__RULE_PRIORITY_MAX && row->action < JIEDA__RULE_ACTION_COUNT &&
           row->reason < JIEDA__REASON_COUNT && row->ticket_priority <= 3 &&
           (row->action == JIEDA__RULE_HANDOFF) == (row->reason != JIEDA__REASON_NONE) &&
           (row->action != JIEDA__RULE_ANSWER || row->entry != JIEDA__NONE);
}

static bool take_rules(jieda__rules *rules, const tables *t, uint32_t entry_count)
{
    uint32_t pattern_count = 0, ordered = 0;

    for (uint32_t i = 0; i < rules->rule_count; i++) {
        jieda__rule *rule = &rules->rules[i];

        if (!take_rule(t, i, entry_count, pattern_count, rule))
            return false;
        pattern_count += (uint32_t)rule->pattern_count + rule->pinyin_count + rule->unless_count;
    }
    for (int urgent = 1; urgent >= 0; urgent--)
        for (uint32_t i = 0; i < rules->rule_count; i++)
            if (is_urgent(&rules->rules[i]) == (urgent == 1))
                rules->order[ordered++] = i;
    return pattern_count == rules->pattern_count;
}

static jieda_status damaged(jieda_error *err)
{
    return jieda__fail(err, JIEDA_E_FORMAT,
                       "damaged knowledge base (" JIEDA__SECTION_RULES "); build it again");
}

static jieda_status out_of_memory(jieda_error *err)
{
    return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
}

static jieda_status compile(jieda__rules *rules, jieda_str text, pcre2_compile_context *context,
                            pattern *out, jieda_error *err)
{
    uint32_t captures = 0;
    size_t machine_code = 0;
    int error;

    out->code = jieda__pattern_compile(text, context, &error);
    if (!out->code && error == PCRE2_ERROR_HEAP_FAILED)
        return out_of_memory(err);
    if (!out->code)
        return jieda__fail(err, JIEDA_E_FORMAT,
                           "a pattern of the rules is none to this PCRE2; build it again");
    /* Where memory may not be made executable there is the interpreter. */
    if (pcre2_jit_compile(out->code, PCRE2_JIT_COMPLETE) != 0 && rules->out_of_memory)
        return out_of_memory(err);
    pcre2_pattern_info(out->code, PCRE2_INFO_CAPTURECOUNT, &captures);
    pcre2_pattern_info(out->code, PCRE2_INFO_JITSIZE, &machine_code);
    out->step_price = machine_code ? 1 : INTERPRETED_FACTOR;
    if (captures >= GROUP_COUNT_MAX)
        captures = GROUP_COUNT_MAX - 1;
    if (captures + 1 > rules->group_count)
        rules->group_count = captures + 1;
    return JIEDA_OK;
}

static void keep_needs(jieda__buf *literals, const jieda__need *needs, pattern *out)
{
    out->first_literal = (uint32_t)(literals->len / sizeof(jieda__literal));
    for (size_t i = 0; i < JIEDA__NEED_MAX; i++) {
        out->need_count[i] = (uint8_t)needs[i].count;
        jieda__buf_append(literals, needs[i].literals, needs[i].count * sizeof *needs[i].literals);
    }
}

static jieda_status compile_all(jieda__rules *rules, const tables *t, jieda_error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(rules->general);
    jieda_status st = context ? JIEDA_OK : out_of_memory(err);
    jieda__buf literals;

    jieda__buf_init(&literals, rules->alloc, SIZE_MAX / 2);
    for (uint32_t i = 0; st == JIEDA_OK && i < rules->pattern_count; i++) {
        jieda_str text = string_at(t, 2 * rules->rule_count + i);
        jieda__need needs[JIEDA__NEED_MAX];

        st = compile(rules, text, context, &rules->patterns[i], err);
        jieda__pattern_needs(text, needs);
        keep_needs(&literals, needs, &rules->patterns[i]);
    }
    pcre2_compile_context_free(context);
    if (st == JIEDA_OK && literals.status != JIEDA_OK)
        st = out_of_memory(err);
    rules->literals = (jieda__literal *)(void *)literals.ptr;
    return st;
}

static jieda_status load(jieda__rules *rules, jieda_str section, uint32_t entry_count,
                         jieda_error *err)
{
    tables t;

    if (!take_tables(section, &t))
        return damaged(err);
    rules->general = pcre2_general_context_create(take_noting, give_noting, rules);
    rules->turn = jieda__pattern_memory(rules->alloc);
    rules->limits = rules->turn ? pcre2_match_context_create(rules->turn) : NULL;
    rules->rules = jieda__alloc_zero(rules->alloc, t.header->rule_count, sizeof *rules->rules);
    rules->order = jieda__alloc_zero(rules->alloc, t.header->rule_count, sizeof *rules->order);
    rules->patterns =
        jieda__alloc_zero(rules->alloc, t.header->pattern_count, sizeof *rules->patterns);
    if (!rules->general || !rules->limits || !rules->rules || !rules->order || !rules->patterns)
        return out_of_memory(err);
    rules->rule_count = t.header->rule_count;
    rules->pattern_count = t.header->pattern_count;
    if (!take_rules(rules, &t, entry_count))
        return damaged(err);
    pcre2_set_depth_limit(rules->limits, DEPTH_MAX);
    pcre2_set_heap_limit(rules->limits, HEAP_KIB_MAX);
    return compile_all(rules, &t, err);
}

jieda_status jieda__rules_load(const jieda_allocator *alloc, jieda_str section,
                               uint32_t entry_count, jieda__rules **out, jieda_error *err)
{
    jieda__rules *rules = jieda__alloc_zero(alloc, 1, sizeof *rules);
    jieda_status st = JIEDA_OK;

    *out = NULL;
    if (!rules)
        return out_of_memory(err);
    rules->alloc = alloc;
    if (section.len > 0)
        st = load(rules, section, entry_count, err);
    if (st != JIEDA_OK) {
        jieda__rules_free(rules);
        return st;
    }
    *out = rules;
    return JIEDA_OK;
}

void jieda__rules_free(jieda__rules *rules)
{
    if (!rules)
        return;
    for (uint32_t i = 0; i < rules->pattern_count; i++)
        pcre2_code_free(rules->patterns[i].code);
    pcre2_match_context_free(rules->limits);
    pcre2_general_context_free(rules->turn);
    pcre2_general_context_free(rules->general);
    jieda__dealloc(rules->alloc, rules->literals);
    jieda__dealloc(rules->alloc, rules->patterns);
    jieda__dealloc(rules->alloc, rules->order);
    jieda__dealloc(rules->alloc, rules->rules);
    jieda__dealloc(rules->alloc, rules);
}

size_t jieda__rules_count(const jieda__rules *rules)
{
    return rules->rule_count;
}

const jieda__rule *jieda__rules_at(const jieda__rules *rules, size_t index)
{
    return &rules->rules[index];
}

/* ---- what is searched ------------------------------------------------------------------------ */

typedef struct piece {
    uint32_t begin; /* bytes of the subject */
    uint32_t end;
    uint32_t item_count;
    jieda__grams grams;
} piece;

/* A text made for searching: items one after the other, characters or syllables. */
typedef struct subject {
    char *bytes;
    uint32_t *first;  /* the byte each item begins at, and the end */
    uint32_t *source; /* the index of each item in the reading, as text.chars or pinyin */
    size_t item_count;
    piece *pieces;
    size_t piece_count;
    size_t len;
} subject;

static bool new_subject(jieda__arena *arena, size_t item_max, size_t item_bytes_max, subject *out)
{
    *out = (subject){.bytes = jieda__arena_alloc(arena, item_max * item_bytes_max + 1),
                     .first = jieda__arena_alloc(arena, (item_max + 1) * sizeof *out->first),
                     .source = jieda__arena_alloc(arena, (item_max + 1) * sizeof *out->source)};
    return out->bytes && out->first && out->source;
}

static void begin_item(subject *s, size_t source)
{
    s->first[s->item_count] = (uint32_t)s->len;
    s->source[s->item_count++] = (uint32_t)source;
}

/* Cuts items [begin, end) into pieces. */
static void add_pieces(subject *s, size_t begin, size_t end, size_t size, size_t overlap)
{
    while (begin < end) {
        size_t stop = end - begin > size ? begin + size : end;
        piece *p = &s->pieces[s->piece_count++];

        p->begin = s->first[begin];
        p->end = s->first[stop];
        p->item_count = (uint32_t)(stop - begin);
        jieda__grams_fill(&p->grams, s->bytes + p->begin, p->end - p->begin);
        begin = stop == end ? end : stop - overlap;
    }
}

static bool new_pieces(jieda__arena *arena, subject *s, size_t size, size_t overlap)
{
    /* One for each step, and one more for each end. */
    size_t max = s->item_count / (size - overlap) + 2;

    s->first[s->item_count] = (uint32_t)s->len;
    s->pieces = jieda__arena_alloc(arena, max * sizeof *s->pieces);
    return s->pieces != NULL;
}

static bool is_dropped(const jieda__text *text, size_t i)
{
    return text->chars[i].kind == JIEDA__CHAR_SPACE && i > 0 && i + 1 < text->count &&
           text->chars[i - 1].kind == JIEDA__CHAR_IDEOGRAPH &&
           text->chars[i + 1].kind == JIEDA__CHAR_IDEOGRAPH;
}

static void add_chars(subject *s, const jieda__text *text, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        if (is_dropped(text, i))
            continue;
        begin_item(s, i);
        s->len += jieda__utf8_encode(text->chars[i].cp, s->bytes + s->len);
    }
}

static jieda_status make_text(jieda__arena *arena, const jieda__text *text, subject *out)
{
    bool cut = text->count > HEAD_COUNT_MAX + TAIL_COUNT_MAX;
    size_t head = cut ? HEAD_COUNT_MAX : text->count, head_items;

    if (!new_subject(arena, cut ? HEAD_COUNT_MAX + TAIL_COUNT_MAX + 1 : text->count, 4, out))
        return JIEDA_E_NOMEM;
    add_chars(out, text, 0, head);
    head_items = out->item_count;
    if (cut) {
        /* No text has one, and `.` does not match it. */
        begin_item(out, head - 1);
        out->bytes[out->len++] = '\n';
        add_chars(out, text, text->count - TAIL_COUNT_MAX, text->count);
    }
    if (!new_pieces(arena, out, TEXT_PIECE, TEXT_OVERLAP))
        return JIEDA_E_NOMEM;
    add_pieces(out, 0, head_items, TEXT_PIECE, TEXT_OVERLAP);
    if (cut)
        add_pieces(out, head_items + 1, out->item_count, TEXT_PIECE, TEXT_OVERLAP);
    return JIEDA_OK;
}

/* " zhuan ren gong ": an item is a syllable with the space before it, the last one also has that
 * behind it. So a piece ends in front of a space, and is searched with it. */
static jieda_status make_sound(jieda__arena *arena, const jieda__units *pinyin, subject *out)
{
    if (!new_subject(arena, pinyin->count, JIEDA__SYLLABLE_BYTES_MAX + 1, out))
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < pinyin->count; i++) {
        const char *name = jieda__text_syllable_name(pinyin->items[i].cp);
        size_t len = strlen(name);

        begin_item(out, i);
        out->bytes[out->len++] = ' ';
        memcpy(out->bytes + out->len, name, len);
        out->len += len;
    }
    if (out->item_count > 0)
        out->bytes[out->len++] = ' ';
    if (!new_pieces(arena, out, SOUND_PIECE, SOUND_OVERLAP))
        return JIEDA_E_NOMEM;
    add_pieces(out, 0, out->item_count, SOUND_PIECE, SOUND_OVERLAP);
    for (size_t i = 0; i + 1 < out->piece_count; i++) {
        piece *p = &out->pieces[i];

        p->end++;
        jieda__grams_fill(&p->grams, out->bytes + p->begin, p->end - p->begin);
    }
    return JIEDA_OK;
}

/* The item that a byte belongs to. */
static size_t item_at(const subject *s, size_t byte)
{
    size_t low = 0, high = s->item_count;

    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;

        if (s->first[mid] <= byte)
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* ---- searching ------------------------------------------------------------------------------- */

typedef struct matcher {
    const jieda__rules *rules;
    const jieda__reading *reading;
    subject text;
    subject sound;
    pcre2_match_context *limits;
    pcre2_match_data *data;
    uint32_t budget;
} matcher;

typedef enum outcome {
    NOT_FOUND = 0,
    FOUND,
    GIVEN_UP,
    FAILED, /* out of memory */
} outcome;

static bool has_needs(const jieda__rules *rules, const pattern *p, const jieda__grams *grams)
{
    const jieda__literal *at = rules->literals + p->first_literal;

    for (size_t n = 0; n < JIEDA__NEED_MAX; n++) {
        const jieda__literal *end = at + p->need_count[n];
        bool met = p->need_count[n] == 0;

        for (; at < end && !met; at++)
            met = jieda__grams_have(grams, at->gram[0]) && jieda__grams_have(grams, at->gram[1]) &&
                  jieda__grams_have(grams, at->gram[2]) && jieda__grams_have(grams, at->gram[3]);
        if (!met)
            return false;
        at = end;
    }
    return true;
}

static outcome search_piece(matcher *m, const pattern *p, const subject *s, const piece *where)
{
    uint32_t options = PCRE2_NO_UTF_CHECK | (where->end < s->len ? PCRE2_NOTEOL : 0);
    uint32_t steps = STEP_COUNT_MIN + STEPS_PER_CHAR * where->item_count;

    for (; steps <= STEP_COUNT_MAX / p->step_price; steps *= STEP_GROWTH) {
        int rc;

        if (steps * p->step_price > m->budget)
            return GIVEN_UP;
        m->budget -= steps * p->step_price;
        pcre2_set_match_limit(m->limits, steps);
        rc = pcre2_match(p->code, (PCRE2_SPTR)s->bytes, where->end, where->begin, options, m->data,
                         m->limits);
        if (rc >= 0)
            return FOUND;
        if (rc == PCRE2_ERROR_NOMATCH)
            return NOT_FOUND;
        if (rc == PCRE2_ERROR_NOMEMORY)
            return FAILED;
        if (rc != PCRE2_ERROR_MATCHLIMIT) /* depth, heap, the stack of machine code */
            return GIVEN_UP;
    }
    return GIVEN_UP;
}

static outcome search(matcher *m, const pattern *p, const subject *s)
{
    outcome result = NOT_FOUND;

    for (size_t i = 0; result == NOT_FOUND && i < s->piece_count; i++)
        if (has_needs(m->rules, p, &s->pieces[i].grams))
            result = search_piece(m, p, s, &s->pieces[i]);
    return result;
}

/* A group of that name which took part in the match. */
static jieda_str named_group(const matcher *m, const pattern *p, const subject *s, const char *name)
{
    const PCRE2_SIZE *range = pcre2_get_ovector_pointer(m->data);
    uint32_t range_count = pcre2_get_ovector_count(m->data);
    PCRE2_SPTR first, last;
    int size = pcre2_substring_nametable_scan(p->code, (PCRE2_SPTR)name, &first, &last);

    for (PCRE2_SPTR at = first; size > 0 && at <= last; at += size) {
        uint32_t group = (uint32_t)at[0] << 8 | at[1]; /* as the name table has it */

        if (group < range_count && range[2 * group] != PCRE2_UNSET)
            return (jieda_str){s->bytes + range[2 * group],
                               range[2 * group + 1] - range[2 * group]};
    }
    return (jieda_str){NULL, 0};
}

/* From the match just found. */
static void describe(const matcher *m, const pattern *p, const subject *s, jieda__rule_hit *hit)
{
    const PCRE2_SIZE *range = pcre2_get_ovector_pointer(m->data);
    const jieda__char *chars = m->reading->text.chars;
    size_t begin = range[0], end = range[1] > range[0] ? range[1] : range[0];
    size_t first, last;

    hit->group_n = named_group(m, p, s, "n");
    hit->group_rest = named_group(m, p, s, "rest");
    if (hit->pinyin) { /* the spaces around syllables stand for nothing in the original */
        while (begin < end && s->bytes[begin] == ' ')
            begin++;
        while (end > begin && s->bytes[end - 1] == ' ')
            end--;
    }
    first = s->source[item_at(s, begin)];
    last = s->source[item_at(s, end > begin ? end - 1 : begin)];
    if (hit->pinyin) {
        const jieda__unit *units = m->reading->pinyin.items;

        last = units[last].first + units[last].count - 1;
        first = units[first].first;
    }
    hit->begin = chars[first].begin;
    hit->end = begin < end ? chars[last].end : hit->begin;
}

/* Looks for the first of `count` patterns; *index_out is which. What is given up is counted and
 * passed over. */
static outcome search_any(matcher *m, const subject *s, const pattern *patterns, uint32_t count,
                          uint32_t *index_out, uint32_t *limit_count)
{
    for (uint32_t i = 0; i < count; i++) {
        outcome result = search(m, &patterns[i], s);

        *index_out = i;
        *limit_count += result == GIVEN_UP;
        if (result == FOUND || result == FAILED)
            return result;
    }
    return NOT_FOUND;
}

static jieda_status try_rule(matcher *m, const jieda__rule *rule, jieda__rule_trial *out)
{
    const pattern *patterns = m->rules->patterns + rule->first_pattern;
    const pattern *pinyin = patterns + rule->pattern_count;
    const pattern *unless = pinyin + rule->pinyin_count;
    jieda__rule_hit *hit = &out->hit;
    outcome result;

    *out = (jieda__rule_trial){.hit = {.rule = rule}, .unless = JIEDA__NONE};
    result =
        search_any(m, &m->text, patterns, rule->pattern_count, &hit->pattern, &out->limit_count);
    if (result == NOT_FOUND) {
        hit->pinyin = true;
        result =
            search_any(m, &m->sound, pinyin, rule->pinyin_count, &hit->pattern, &out->limit_count);
    }
    out->matched = result == FOUND;
    if (result != FOUND)
        return result == FAILED ? JIEDA_E_NOMEM : JIEDA_OK;
    describe(m, hit->pinyin ? &pinyin[hit->pattern] : &patterns[hit->pattern],
             hit->pinyin ? &m->sound : &m->text, hit);
    for (uint32_t i = 0; i < rule->unless_count && out->unless == JIEDA__NONE; i++) {
        result = search(m, &unless[i], &m->text);
        if (result == FAILED)
            return JIEDA_E_NOMEM;
        out->limit_count += result == GIVEN_UP;
        if (result == FOUND || (result == GIVEN_UP && !is_urgent(rule)))
            out->unless = i;
    }
    return JIEDA_OK;
}

/* ---- matching -------------------------------------------------------------------------------- */

static void end_matching(matcher *m)
{
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->limits);
}

static jieda_status begin_matching(matcher *m, const jieda__rules *rules, jieda__arena *arena,
                                   const jieda__reading *reading)
{
    jieda_status st;

    *m = (matcher){.rules = rules, .reading = reading, .budget = BUDGET};
    st = make_text(arena, &reading->text, &m->text);
    if (st == JIEDA_OK)
        st = make_sound(arena, &reading->pinyin, &m->sound);
    if (st != JIEDA_OK)
        return st;
    m->limits = pcre2_match_context_copy(rules->limits);
    m->data = pcre2_match_data_create(rules->group_count, rules->turn);
    if (m->limits && m->data)
        return JIEDA_OK;
    end_matching(m);
    return JIEDA_E_NOMEM;
}

/* Keeps hits in order of rank, which is the order of the rules themselves. */
static jieda_status add_hit(jieda__arena *arena, jieda__rule_hits *hits, size_t *capacity,
                            const jieda__rule_hit *hit)
{
    size_t at = hits->count;

    if (hits->count == *capacity) {
        size_t grown_capacity = *capacity ? *capacity * 2 : 8;
        jieda__rule_hit *grown = jieda__arena_alloc(arena, grown_capacity * sizeof *grown);

        if (!grown)
            return JIEDA_E_NOMEM;
        if (hits->count)
            memcpy(grown, hits->items, hits->count * sizeof *grown);
        hits->items = grown;
        *capacity = grown_capacity;
    }
    for (; at > 0 && hits->items[at - 1].rule > hit->rule; at--)
        hits->items[at] = hits->items[at - 1];
    hits->items[at] = *hit;
    hits->count++;
    return JIEDA_OK;
}

jieda_status jieda__rules_match(const jieda__rules *rules, jieda__arena *arena,
                                const jieda__reading *reading, jieda__rule_hits *out)
{
    size_t capacity = 0;
    matcher m;
    jieda_status st;

    *out = (jieda__rule_hits){0};
    if (rules->rule_count == 0 || reading->text.count == 0)
        return JIEDA_OK;
    st = begin_matching(&m, rules, arena, reading);
    if (st != JIEDA_OK)
        return st;
    for (uint32_t i = 0; st == JIEDA_OK && i < rules->rule_count; i++) {
        const jieda__rule *rule = &rules->rules[rules->order[i]];
        jieda__rule_trial trial;

        st = try_rule(&m, rule, &trial);
        out->limit_count += trial.limit_count;
        if (trial.limit_count > 0 && !out->limited)
            out->limited = rule;
        if (st == JIEDA_OK && trial.matched && trial.unless == JIEDA__NONE)
            st = add_hit(arena, out, &capacity, &trial.hit);
    }
    end_matching(&m);
    return st;
}

jieda_status jieda__rules_try(const jieda__rules *rules, jieda__arena *arena,
                              const jieda__reading *reading, const jieda__rule *rule,
                              jieda__rule_trial *out)
{
    matcher m;
    jieda_status st;

    *out = (jieda__rule_trial){.unless = JIEDA__NONE};
    if (reading->text.count == 0)
        return JIEDA_OK;
    st = begin_matching(&m, rules, arena, reading);
    if (st != JIEDA_OK)
        return st;
    st = try_rule(&m, rule, out);
    end_matching(&m);
    return st;
}
