/*
 * views.c - the raw, canonical and pinyin views of an utterance, and the terms they give the index.
 *
 * Ranking short questions works best on single characters of the text as written; folding synonyms
 * helps recall but blurs neighbours. So both are kept side by side and the scorer weighs them, as a
 * third, weaker one is kept for sound. Nothing is replaced.
 */
#include "text/text.h"
#include "text/unihan.h"

#include <string.h>

/* Longest run of letters tried as pinyin: "zhuangzhangshoukuanfang" has 23. */
#define PINYIN_LETTER_COUNT_MAX 64

static uint64_t key_of_cp(uint32_t cp)
{
    return jieda__hash_mix((uint64_t)cp + 1);
}

static uint64_t key_of_cps(const uint32_t *cps, size_t count)
{
    uint64_t key = JIEDA__HASH_SEED;

    if (count == 1)
        return key_of_cp(cps[0]);
    for (size_t i = 0; i < count; i++)
        key = jieda__hash_mix(key ^ cps[i]);
    return key;
}

static uint64_t key_of_chars(const jieda__char *chars, size_t count)
{
    uint64_t key = JIEDA__HASH_SEED;

    if (count == 1)
        return key_of_cp(chars[0].cp);
    for (size_t i = 0; i < count; i++)
        key = jieda__hash_mix(key ^ chars[i].cp);
    return key;
}

uint64_t jieda__term(jieda__term_kind kind, uint64_t key)
{
    uint64_t term = jieda__hash_mix(key + (uint64_t)kind * 0x9e3779b97f4a7c15ULL);

    return term ? term : 1;
}

uint64_t jieda__term_pair(jieda__term_kind kind, uint64_t key, uint64_t next_key)
{
    return jieda__term(kind, jieda__hash_mix(key) + next_key);
}

/* ---- raw ------------------------------------------------------------------------------------- */

/* Two Latin words are neighbours over one space; everything else must touch. */
static bool is_glued(const jieda__text *text, const jieda__unit *before, const jieda__unit *unit)
{
    uint32_t gap = unit->first - (before->first + before->count);

    if (gap == 0)
        return true;
    return gap == 1 && text->chars[unit->first - 1].kind == JIEDA__CHAR_SPACE &&
           before->kind == JIEDA__UNIT_WORD && unit->kind == JIEDA__UNIT_WORD;
}

static jieda_status make_raw(jieda__arena *arena, const jieda__text *text, jieda__units *out)
{
    jieda__unit *units = jieda__arena_alloc(arena, (text->count + 1) * sizeof *units);
    size_t count = 0;

    if (!units)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < text->count && count < JIEDA__UNIT_COUNT_MAX;) {
        jieda__unit *unit = &units[count];
        size_t end = i + 1;

        if (jieda__char_is_separator(&text->chars[i])) {
            i++;
            continue;
        }
        *unit = (jieda__unit){.first = (uint32_t)i};
        if (text->chars[i].kind == JIEDA__CHAR_IDEOGRAPH) {
            unit->kind = JIEDA__UNIT_CHAR;
            unit->cp = text->chars[i].cp;
        } else {
            while (end < text->count && text->chars[end].kind == text->chars[i].kind)
                end++;
            unit->kind = JIEDA__UNIT_WORD;
        }
        unit->count = (uint32_t)(end - i);
        unit->key = key_of_chars(text->chars + i, end - i);
        unit->glued = count > 0 && is_glued(text, unit - 1, unit);
        count++;
        i = end;
    }
    *out = (jieda__units){units, count};
    return JIEDA_OK;
}

/* ---- canonical ------------------------------------------------------------------------------- */

typedef struct canon_writer {
    jieda__unit *units;
    size_t count;
    bool after_gap; /* a filler or separator stands before the next unit */
} canon_writer;

static void put_unit(canon_writer *w, jieda__unit unit)
{
    if (w->count == JIEDA__UNIT_COUNT_MAX)
        return;
    unit.glued = w->count > 0 && !w->after_gap;
    w->units[w->count++] = unit;
    w->after_gap = false;
}

/* The units of the segment as written. */
static void put_plain(canon_writer *w, const jieda__text *text, const jieda__segment *segment)
{
    size_t end = segment->first + segment->count;

    for (size_t i = segment->first; i < end;) {
        const jieda__char *c = &text->chars[i];
        size_t next = i + 1;

        if (c->kind != JIEDA__CHAR_IDEOGRAPH)
            while (next < end && text->chars[next].kind == c->kind)
                next++;
        put_unit(w, (jieda__unit){.key = key_of_chars(c, next - i),
                                  .first = (uint32_t)i,
                                  .count = (uint32_t)(next - i),
                                  .cp = c->kind == JIEDA__CHAR_IDEOGRAPH ? c->cp : 0,
                                  .kind = c->kind == JIEDA__CHAR_IDEOGRAPH ? JIEDA__UNIT_CHAR
                                                                           : JIEDA__UNIT_WORD});
        i = next;
    }
}

/* The units of what the segment is folded to. A canonical form is Han, or one Latin word. */
static void put_folded(canon_writer *w, const jieda__lexicon *lexicon, const jieda__word *word,
                       const jieda__segment *segment)
{
    const uint32_t *canon = jieda__lexicon_canon(lexicon, word);
    bool question = (word->flags & JIEDA__WORD_QUESTION) != 0;

    if (!question && canon[0] < 0x2E80) {
        put_unit(w, (jieda__unit){.key = key_of_cps(canon, word->canon_count),
                                  .first = segment->first,
                                  .count = segment->count,
                                  .kind = JIEDA__UNIT_WORD});
        return;
    }
    for (size_t i = 0; i < word->canon_count; i++)
        put_unit(w, (jieda__unit){.key = key_of_cp(canon[i]),
                                  .first = segment->first,
                                  .count = segment->count,
                                  .cp = canon[i],
                                  .kind = question ? JIEDA__UNIT_CLASS : JIEDA__UNIT_CHAR});
}

static jieda_status make_canonical(jieda__arena *arena, const jieda__lexicon *lexicon,
                                   jieda__reading *r)
{
    canon_writer w = {.units = jieda__arena_alloc(arena, JIEDA__UNIT_COUNT_MAX * sizeof *w.units)};
    uint32_t end = 0;

    if (!w.units)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i < r->segments.count; i++) {
        const jieda__segment *segment = &r->segments.items[i];
        const jieda__word *word =
            lexicon && segment->word ? jieda__lexicon_word(lexicon, segment->word) : NULL;

        if (segment->first != end)
            w.after_gap = true;
        end = segment->first + segment->count;
        if (word && (word->flags & JIEDA__WORD_FILLER))
            continue; /* its neighbours become neighbours: 我的订单 reads 我订单 */
        if (word && word->canon_count > 0)
            put_folded(&w, lexicon, word, segment);
        else
            put_plain(&w, &r->text, segment);
    }
    /* A text of fillers alone (的, 你好) would have nothing left to match: then nothing is dropped.
     */
    r->canonical = w.count > 0 ? (jieda__units){w.units, w.count} : r->raw;
    return JIEDA_OK;
}

/* What the words on the path say beside their letters: question classes, negation, opposites. */
static void note_meaning(const jieda__lexicon *lexicon, jieda__reading *r)
{
    for (size_t i = 0; i < r->segments.count; i++) {
        const jieda__word *word;
        const uint16_t *marks;

        if (!r->segments.items[i].word)
            continue;
        word = jieda__lexicon_word(lexicon, r->segments.items[i].word);
        if (word->flags & JIEDA__WORD_QUESTION)
            r->question_classes |=
                1u << (*jieda__lexicon_canon(lexicon, word) - JIEDA__QUESTION_CLASS_FIRST);
        if (word->flags & JIEDA__WORD_NEGATION)
            r->negation_count++;
        marks = jieda__lexicon_opposites(lexicon, word);
        for (size_t k = 0; k < word->opposite_count; k++)
            r->opposites[marks[k] & 1] |= 1ULL << (marks[k] >> 1);
    }
}

/* ---- pinyin ---------------------------------------------------------------------------------- */

/* Cuts letters into the fewest syllables: writes their ids and returns how many, 0 if the letters
 * are not pinyin throughout. "zhifushibai" -> zhi fu shi bai. */
static size_t cut_pinyin(const jieda__char *chars, size_t count, uint16_t *syllables)
{
    char letters[PINYIN_LETTER_COUNT_MAX];
    uint16_t best[PINYIN_LETTER_COUNT_MAX + 1]; /* syllables of chars[i..]; UINT16_MAX = none */
    uint16_t length[PINYIN_LETTER_COUNT_MAX + 1];
    size_t found = 0;

    if (count < 2 || count > PINYIN_LETTER_COUNT_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (chars[i].cp < 'a' || chars[i].cp > 'z')
            return 0;
        letters[i] = (char)chars[i].cp;
    }
    best[count] = 0;
    for (size_t i = count; i-- > 0;) {
        best[i] = UINT16_MAX;
        for (size_t len = 1; len <= JIEDA__SYLLABLE_BYTES_MAX && i + len <= count; len++) {
            /* The longer first syllable wins a tie: xian, not xi an. */
            if (best[i + len] != UINT16_MAX && best[i + len] + 1 <= best[i] &&
                jieda__text_syllable_find(letters + i, len)) {
                best[i] = (uint16_t)(best[i + len] + 1);
                length[i] = (uint16_t)len;
            }
        }
    }
    if (best[0] == UINT16_MAX)
        return 0;
    for (size_t i = 0; i < count; i += length[i])
        syllables[found++] = (uint16_t)jieda__text_syllable_find(letters + i, length[i]);
    return found;
}

static void put_syllable(jieda__units *units, uint32_t syllable, uint32_t first, uint32_t count)
{
    if (units->count == JIEDA__UNIT_COUNT_MAX)
        return;
    units->items[units->count] =
        (jieda__unit){.key = jieda__hash_mix(((uint64_t)syllable << 32) + 7),
                      .first = first,
                      .count = count,
                      .cp = syllable,
                      .kind = JIEDA__UNIT_CHAR,
                      .glued = units->count > 0};
    units->count++;
}

static jieda_status make_pinyin(jieda__arena *arena, const jieda__lexicon *lexicon,
                                jieda__reading *r)
{
    jieda__units units = {jieda__arena_alloc(arena, JIEDA__UNIT_COUNT_MAX * sizeof *units.items),
                          0};

    if (!units.items)
        return JIEDA_E_NOMEM;
    for (size_t s = 0; s < r->segments.count; s++) {
        const jieda__segment *segment = &r->segments.items[s];
        const jieda__char *chars = r->text.chars + segment->first;
        const uint16_t *reading =
            lexicon && segment->word
                ? jieda__lexicon_reading(lexicon, jieda__lexicon_word(lexicon, segment->word))
                : NULL;

        if (chars[0].kind == JIEDA__CHAR_LETTER) {
            uint16_t syllables[PINYIN_LETTER_COUNT_MAX];
            size_t found = cut_pinyin(chars, segment->count, syllables);

            for (size_t i = 0; i < found; i++)
                put_syllable(&units, syllables[i], segment->first, segment->count);
            continue;
        }
        for (uint32_t i = 0; i < segment->count; i++) {
            uint32_t syllable = reading ? reading[i] : jieda__text_syllable(chars[i].cp);

            if (syllable)
                put_syllable(&units, syllable, segment->first + i, 1);
        }
    }
    r->pinyin = units;
    return JIEDA_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

jieda_status jieda__text_read(jieda__arena *arena, const jieda__lexicon *lexicon, jieda_str input,
                              jieda__reading *out)
{
    jieda_status st;

    memset(out, 0, sizeof *out);
    st = jieda__text_normalize(arena, input, &out->text);
    if (st == JIEDA_OK)
        st = jieda__text_segment(arena, lexicon, &out->text, &out->segments);
    if (st == JIEDA_OK)
        st = make_raw(arena, &out->text, &out->raw);
    if (st == JIEDA_OK)
        st = make_canonical(arena, lexicon, out);
    if (st == JIEDA_OK)
        st = make_pinyin(arena, lexicon, out);
    if (st == JIEDA_OK && lexicon)
        note_meaning(lexicon, out);
    return st;
}

jieda_str jieda__unit_utf8(jieda__arena *arena, const jieda__lexicon *lexicon,
                           const jieda__text *text, const jieda__unit *unit)
{
    char bytes[4];

    if (unit->kind == JIEDA__UNIT_CLASS)
        return jieda__str(jieda__lexicon_class_name(lexicon, unit->cp));
    if (unit->kind == JIEDA__UNIT_CHAR)
        return jieda__arena_copy(arena, (jieda_str){bytes, jieda__utf8_encode(unit->cp, bytes)});
    return jieda__text_utf8(arena, text->chars + unit->first, unit->count);
}

/* ---- index terms ----------------------------------------------------------------------------- */

bool jieda__segment_is_word(const jieda__lexicon *lexicon, const jieda__segment *segment)
{
    const jieda__word *word;

    if (!segment->word)
        return false;
    word = jieda__lexicon_word(lexicon, segment->word);
    if (word->flags & (JIEDA__WORD_FILLER | JIEDA__WORD_QUESTION))
        return false;
    return word->length > 1 || (word->flags & JIEDA__WORD_SYNONYM);
}

uint64_t jieda__word_key(const jieda__lexicon *lexicon, const jieda__text *text,
                         const jieda__segment *segment)
{
    const jieda__word *word = jieda__lexicon_word(lexicon, segment->word);

    if (word->canon_count > 0)
        return key_of_cps(jieda__lexicon_canon(lexicon, word), word->canon_count);
    return key_of_chars(text->chars + segment->first, segment->count);
}

typedef struct term_writer {
    jieda__arena *arena;
    const jieda__text *text;
    jieda__index_term *items;
    size_t count;
} term_writer;

/* Adds a term whose text is `sigil` and `bytes`; false when out of memory. */
static bool put_term(term_writer *w, const char *sigil, jieda_str bytes, uint64_t term,
                     uint32_t first, uint32_t last, jieda_token_class token_class)
{
    size_t sigil_len = strlen(sigil);
    char *copy;

    if (!bytes.ptr)
        return false;
    copy = jieda__arena_alloc(w->arena, sigil_len + bytes.len + 1);
    if (!copy)
        return false;
    memcpy(copy, sigil, sigil_len);
    memcpy(copy + sigil_len, bytes.ptr, bytes.len);
    copy[sigil_len + bytes.len] = '\0';
    w->items[w->count++] = (jieda__index_term){.text = {copy, sigil_len + bytes.len},
                                               .term = term,
                                               .begin = w->text->chars[first].begin,
                                               .end = w->text->chars[last].end,
                                               .token_class = token_class};
    return true;
}

static bool put_raw_terms(term_writer *w, const jieda__reading *r)
{
    for (size_t i = 0; i < r->raw.count; i++) {
        const jieda__unit *u = &r->raw.items[i];

        if (!put_term(w, "", jieda__text_utf8(w->arena, r->text.chars + u->first, u->count),
                      jieda__term(JIEDA__TERM_RAW, u->key), u->first, u->first + u->count - 1,
                      JIEDA_TOKEN_UNIGRAM))
            return false;
    }
    for (size_t i = 1; i < r->raw.count; i++) {
        const jieda__unit *a = &r->raw.items[i - 1], *b = &r->raw.items[i];
        uint32_t end = b->first + b->count;

        if (b->glued &&
            !put_term(w, "", jieda__text_utf8(w->arena, r->text.chars + a->first, end - a->first),
                      jieda__term_pair(JIEDA__TERM_RAW_PAIR, a->key, b->key), a->first, end - 1,
                      JIEDA_TOKEN_BIGRAM))
            return false;
    }
    return true;
}

static bool put_word_terms(term_writer *w, const jieda__lexicon *lexicon, const jieda__reading *r)
{
    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *s = &r->segments.items[i];
        const jieda__word *word;
        jieda_str text;

        if (!jieda__segment_is_word(lexicon, s))
            continue;
        word = jieda__lexicon_word(lexicon, s->word);
        if (word->canon_count > 0) {
            const uint32_t *canon = jieda__lexicon_canon(lexicon, word);
            char *bytes = jieda__arena_alloc(w->arena, word->canon_count * (size_t)4);
            size_t len = 0;

            for (size_t k = 0; bytes && k < word->canon_count; k++)
                len += jieda__utf8_encode(canon[k], bytes + len);
            text = (jieda_str){bytes, len};
        } else {
            text = jieda__text_utf8(w->arena, r->text.chars + s->first, s->count);
        }
        if (!put_term(w, "=", text,
                      jieda__term(JIEDA__TERM_WORD, jieda__word_key(lexicon, &r->text, s)),
                      s->first, s->first + s->count - 1, JIEDA_TOKEN_WORD))
            return false;
    }
    return true;
}

static bool put_pinyin_terms(term_writer *w, const jieda__reading *r)
{
    for (size_t i = 0; i < r->pinyin.count; i++) {
        const jieda__unit *u = &r->pinyin.items[i];

        if (!put_term(w, "~", jieda__str(jieda__text_syllable_name(u->cp)),
                      jieda__term(JIEDA__TERM_PINYIN, u->key), u->first, u->first + u->count - 1,
                      JIEDA_TOKEN_PINYIN))
            return false;
    }
    for (size_t i = 1; i < r->pinyin.count; i++) {
        const jieda__unit *a = &r->pinyin.items[i - 1], *b = &r->pinyin.items[i];
        char pair[2 * JIEDA__SYLLABLE_BYTES_MAX + 2];
        jieda_str first = jieda__str(jieda__text_syllable_name(a->cp));
        jieda_str second = jieda__str(jieda__text_syllable_name(b->cp));

        memcpy(pair, first.ptr, first.len);
        pair[first.len] = '~';
        memcpy(pair + first.len + 1, second.ptr, second.len);
        if (!put_term(w, "~", (jieda_str){pair, first.len + 1 + second.len},
                      jieda__term_pair(JIEDA__TERM_PINYIN_PAIR, a->key, b->key), a->first,
                      b->first + b->count - 1, JIEDA_TOKEN_PINYIN))
            return false;
    }
    return true;
}

jieda_status jieda__text_index_terms(jieda__arena *arena, const jieda__lexicon *lexicon,
                                     const jieda__reading *reading, bool pinyin,
                                     jieda__index_terms *out)
{
    size_t capacity = (size_t)3 * JIEDA__UNIT_COUNT_MAX;
    term_writer w = {.arena = arena, .text = &reading->text};
    bool ok;

    *out = (jieda__index_terms){0};
    if (reading->raw.count < JIEDA__UNIT_COUNT_MAX)
        capacity = 2 * reading->raw.count + 2 * reading->pinyin.count + reading->segments.count;
    w.items = jieda__arena_alloc(arena, capacity * sizeof *w.items);
    if (!w.items)
        return JIEDA_E_NOMEM;
    ok = pinyin ? put_pinyin_terms(&w, reading)
                : put_raw_terms(&w, reading) && (!lexicon || put_word_terms(&w, lexicon, reading));
    if (!ok)
        return JIEDA_E_NOMEM;
    *out = (jieda__index_terms){w.items, w.count};
    return JIEDA_OK;
}
