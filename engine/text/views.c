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

uint64_t jieda__unit_key_of_cp(uint32_t cp)
{
    return jieda__hash_mix((uint64_t)cp + 1);
}

static uint64_t key_of_cps(const uint32_t *cps, size_t count)
{
    uint64_t key = JIEDA__HASH_SEED;

    if (count == 1)
        return jieda__unit_key_of_cp(cps[0]);
    for (size_t i = 0; i < count; i++)
        key = jieda__hash_mix(key ^ cps[i]);
    return key;
}

static uint64_t key_of_chars(const jieda__char *chars, size_t count)
{
    uint64_t key = JIEDA__HASH_SEED;

    if (count == 1)
        return jieda__unit_key_of_cp(chars[0].cp);
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

/* Adds the units of the segment as written. A segment begins and ends where a unit does, so the
 * segments one after another give the raw view. */
static void put_raw(jieda__units *raw, const jieda__text *text, const jieda__segment *segment)
{
    size_t end = segment->first + segment->count;

    for (size_t i = segment->first; i < end;) {
        const jieda__char *c = &text->chars[i];
        jieda__unit *unit = &raw->items[raw->count];
        size_t next = i + 1;

        if (c->kind == JIEDA__CHAR_IDEOGRAPH) {
            *unit = (jieda__unit){
                jieda__unit_key_of_cp(c->cp), (uint32_t)i, 1, c->cp, JIEDA__UNIT_CHAR, 0};
        } else {
            while (next < end && text->chars[next].kind == c->kind)
                next++;
            *unit = (jieda__unit){.key = key_of_chars(c, next - i),
                                  .first = (uint32_t)i,
                                  .count = (uint32_t)(next - i),
                                  .kind = JIEDA__UNIT_WORD};
        }
        unit->glued = raw->count > 0 && is_glued(text, unit - 1, unit);
        raw->count++;
        i = next;
    }
}

/* ---- canonical ------------------------------------------------------------------------------- */

typedef struct canon_writer {
    jieda__unit *units;
    size_t count;
    bool after_gap; /* a separator stands before the next unit */
} canon_writer;

static void put_unit(canon_writer *w, jieda__unit unit)
{
    if (w->count == JIEDA__UNIT_COUNT_MAX)
        return;
    unit.glued = w->count > 0 && !w->after_gap;
    w->units[w->count++] = unit;
    w->after_gap = false;
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
        put_unit(w, (jieda__unit){.key = jieda__unit_key_of_cp(canon[i]),
                                  .first = segment->first,
                                  .count = segment->count,
                                  .cp = canon[i],
                                  .kind = question ? JIEDA__UNIT_CLASS : JIEDA__UNIT_CHAR});
}

/* `as_written` are the segment's raw units. */
static void put_canonical(canon_writer *w, const jieda__lexicon *lexicon, const jieda__word *word,
                          const jieda__segment *segment, jieda__units as_written)
{
    if (word && (word->flags & JIEDA__WORD_FILLER))
        return; /* its neighbours become neighbours: 我的订单 reads 我订单 */
    if (word && word->canon_count > 0) {
        put_folded(w, lexicon, word, segment);
        return;
    }
    for (size_t i = 0; i < as_written.count; i++)
        put_unit(w, as_written.items[i]);
}

/* What a word says beside its letters: question class, negation, opposites. */
static void note_meaning(const jieda__lexicon *lexicon, const jieda__word *word, jieda__reading *r)
{
    const uint16_t *marks = jieda__lexicon_opposites(lexicon, word);

    if (word->flags & JIEDA__WORD_QUESTION)
        r->question_classes |=
            1u << (*jieda__lexicon_canon(lexicon, word) - JIEDA__QUESTION_CLASS_FIRST);
    if (word->flags & JIEDA__WORD_NEGATION)
        r->negation_count++;
    for (size_t k = 0; k < word->opposite_count; k++)
        r->opposites[marks[k] & 1] |= 1ULL << (marks[k] >> 1);
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

/* @param reading  of the word the segment is, or NULL: each character's own. */
static void put_pinyin(jieda__units *pinyin, const jieda__text *text, const jieda__segment *segment,
                       const uint16_t *reading)
{
    const jieda__char *chars = text->chars + segment->first;

    if (chars[0].kind == JIEDA__CHAR_LETTER) {
        uint16_t syllables[PINYIN_LETTER_COUNT_MAX];
        size_t found = cut_pinyin(chars, segment->count, syllables);

        for (size_t i = 0; i < found; i++)
            put_syllable(pinyin, syllables[i], segment->first, segment->count);
        return;
    }
    for (uint32_t i = 0; i < segment->count; i++) {
        uint32_t syllable = reading ? reading[i] : jieda__text_syllable(chars[i].cp);

        if (syllable)
            put_syllable(pinyin, syllable, segment->first + i, 1);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

/* All views in one pass over the segments, which looks each word up once. */
static jieda_status make_views(jieda__arena *arena, const jieda__lexicon *lexicon,
                               jieda__reading *r)
{
    /* A character gives one unit at most, but for the canonical view: a word may be folded to a
     * longer one. */
    size_t most = r->text.count < JIEDA__UNIT_COUNT_MAX ? r->text.count : JIEDA__UNIT_COUNT_MAX;
    jieda__units raw = {jieda__arena_alloc(arena, r->text.count * sizeof *raw.items), 0};
    jieda__units pinyin = {jieda__arena_alloc(arena, most * sizeof *pinyin.items), 0};
    canon_writer canon = {
        .units = jieda__arena_alloc(arena, JIEDA__UNIT_COUNT_MAX * sizeof *canon.units)};
    uint32_t end = 0;

    if (!raw.items || !pinyin.items || !canon.units)
        return JIEDA_E_NOMEM;
    /* Views that drop much (fillers, what has no sound) are filled from further on, but not from
     * the whole of a message of 64 KB. */
    for (size_t i = 0; i < r->segments.count && raw.count < 2 * JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *segment = &r->segments.items[i];
        const jieda__word *word =
            lexicon && segment->word ? jieda__lexicon_word(lexicon, segment->word) : NULL;
        size_t before = raw.count;

        canon.after_gap = canon.after_gap || segment->first != end;
        end = segment->first + segment->count;
        put_raw(&raw, &r->text, segment);
        put_canonical(&canon, lexicon, word, segment,
                      (jieda__units){raw.items + before, raw.count - before});
        put_pinyin(&pinyin, &r->text, segment, word ? jieda__lexicon_reading(lexicon, word) : NULL);
        if (word)
            note_meaning(lexicon, word, r);
    }
    if (raw.count > JIEDA__UNIT_COUNT_MAX)
        raw.count = JIEDA__UNIT_COUNT_MAX;
    r->raw = raw;
    /* A text of fillers alone (的, 你好) would have nothing left to match: then nothing is dropped.
     */
    r->canonical = canon.count > 0 ? (jieda__units){canon.units, canon.count} : raw;
    r->pinyin = pinyin;
    return JIEDA_OK;
}

jieda_status jieda__text_read(jieda__arena *arena, const jieda__lexicon *lexicon, jieda_str input,
                              jieda__reading *out)
{
    jieda_status st;

    memset(out, 0, sizeof *out);
    st = jieda__text_normalize(arena, input, &out->text);
    if (st == JIEDA_OK)
        st = jieda__text_segment(arena, lexicon, &out->text, &out->segments);
    if (st == JIEDA_OK)
        st = make_views(arena, lexicon, out);
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

/* Adds a term whose text is bytes[0, len). */
static void put_term(term_writer *w, const char *bytes, size_t len, uint64_t term, uint32_t begin,
                     uint32_t end, jieda_token_class token_class)
{
    w->items[w->count++] = (jieda__index_term){
        .text = {bytes, len}, .term = term, .begin = begin, .end = end, .token_class = token_class};
}

/* Adds the term of one unit. */
static void put_one(term_writer *w, const jieda__unit *unit, const char *bytes, size_t len,
                    jieda__term_kind kind, jieda_token_class token_class)
{
    put_term(w, bytes, len, jieda__term(kind, unit->key), w->text->chars[unit->first].begin,
             w->text->chars[unit->first + unit->count - 1].end, token_class);
}

/* Adds the pairs of neighbours among the units whose terms were added last. Texts of neighbours
 * stand side by side in one block, so a pair's text is the slice from its first to its second. */
static void put_pairs(term_writer *w, const jieda__units *units, jieda__term_kind kind,
                      jieda_token_class token_class)
{
    const jieda__index_term *ones = w->items + w->count - units->count;

    for (size_t i = 1; i < units->count; i++) {
        const jieda__unit *unit = &units->items[i];
        const char *bytes = ones[i - 1].text.ptr;

        if (unit->glued)
            put_term(w, bytes, (size_t)(ones[i].text.ptr - bytes) + ones[i].text.len,
                     jieda__term_pair(kind, unit[-1].key, unit->key), ones[i - 1].begin,
                     ones[i].end, token_class);
    }
}

static size_t write_chars(char *bytes, const jieda__char *chars, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += jieda__utf8_encode(chars[i].cp, bytes + len);
    return len;
}

static bool put_raw_terms(term_writer *w, const jieda__reading *r)
{
    const jieda__char *chars = r->text.chars;
    const jieda__unit *last;
    uint32_t end = 0; /* chars[0, end) are written */
    char *at;

    if (r->raw.count == 0)
        return true;
    last = &r->raw.items[r->raw.count - 1];
    at = jieda__arena_alloc(w->arena, ((size_t)last->first + last->count) * 4);
    if (!at)
        return false;
    for (size_t i = 0; i < r->raw.count; i++) {
        const jieda__unit *unit = &r->raw.items[i];
        size_t len;

        at += write_chars(at, chars + end, unit->first - end); /* the space inside a Latin pair */
        len = write_chars(at, chars + unit->first, unit->count);
        put_one(w, unit, at, len, JIEDA__TERM_RAW, JIEDA_TOKEN_UNIGRAM);
        at += len;
        end = unit->first + unit->count;
    }
    put_pairs(w, &r->raw, JIEDA__TERM_RAW_PAIR, JIEDA_TOKEN_BIGRAM);
    return true;
}

static bool put_word_terms(term_writer *w, const jieda__lexicon *lexicon, const jieda__reading *r)
{
    for (size_t i = 0; i < r->segments.count && i < JIEDA__UNIT_COUNT_MAX; i++) {
        const jieda__segment *s = &r->segments.items[i];
        const jieda__char *chars = r->text.chars + s->first;
        const jieda__word *word;
        char *bytes;
        size_t len = 1;

        if (!jieda__segment_is_word(lexicon, s))
            continue;
        word = jieda__lexicon_word(lexicon, s->word);
        bytes = jieda__arena_alloc(
            w->arena, 1 + 4 * (size_t)(word->canon_count ? word->canon_count : s->count));
        if (!bytes)
            return false;
        bytes[0] = '=';
        for (size_t k = 0; k < word->canon_count; k++)
            len += jieda__utf8_encode(jieda__lexicon_canon(lexicon, word)[k], bytes + len);
        if (word->canon_count == 0)
            len += write_chars(bytes + len, chars, s->count);
        put_term(w, bytes, len,
                 jieda__term(JIEDA__TERM_WORD, jieda__word_key(lexicon, &r->text, s)),
                 chars[0].begin, chars[s->count - 1].end, JIEDA_TOKEN_WORD);
    }
    return true;
}

static bool put_pinyin_terms(term_writer *w, const jieda__reading *r)
{
    char *at = jieda__arena_alloc(w->arena, r->pinyin.count * (JIEDA__SYLLABLE_BYTES_MAX + 1));

    if (!at)
        return false;
    for (size_t i = 0; i < r->pinyin.count; i++) {
        const jieda__unit *unit = &r->pinyin.items[i];
        const char *begin = at;

        *at++ = '~';
        for (const char *name = jieda__text_syllable_name(unit->cp); *name; name++)
            *at++ = *name;
        put_one(w, unit, begin, (size_t)(at - begin), JIEDA__TERM_PINYIN, JIEDA_TOKEN_PINYIN);
    }
    put_pairs(w, &r->pinyin, JIEDA__TERM_PINYIN_PAIR, JIEDA_TOKEN_PINYIN);
    return true;
}

jieda_status jieda__text_index_terms(jieda__arena *arena, const jieda__lexicon *lexicon,
                                     const jieda__reading *reading, bool pinyin,
                                     jieda__index_terms *out)
{
    size_t word_count = reading->segments.count < JIEDA__UNIT_COUNT_MAX ? reading->segments.count
                                                                        : JIEDA__UNIT_COUNT_MAX;
    /* A unit gives a term of its own and a pair, a segment at most one word. */
    size_t capacity = pinyin ? 2 * reading->pinyin.count : 2 * reading->raw.count + word_count;
    term_writer w = {.arena = arena, .text = &reading->text};
    bool ok;

    *out = (jieda__index_terms){0};
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
