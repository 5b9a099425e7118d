/*
 * normalize.c - one form for every text, with a byte range of the original behind every character.
 *
 * libutf8proc knows Unicode; this file adds what search needs: byte ranges, Traditional to
 * Simplified, what separates, what is squeezed. Ranges are kept by working in pieces no composition
 * crosses, extended grapheme clusters: each result of a cluster stands for the whole cluster. Han
 * characters and ASCII, nearly all of real input, need none of this and take a short cut.
 *
 *   "退！！！款①Ａ" -> 退 [0,3)  ! [3,12)  款 [12,15)  1 [15,18)  a [18,21)
 */
#include "text/text.h"
#include "text/unihan.h"

#include <string.h>
#include <utf8proc.h>

/* A base and the 30 marks of Unicode's stream-safe text format (UAX #15, section 13). */
#define CLUSTER_COUNT_MAX 31
/* The longest compatibility decomposition has 18 code points (U+FDFA). */
#define CLUSTER_MAPPED_MAX (CLUSTER_COUNT_MAX * 18)
/* Rounds after the first; the property test finds no text that needs more than three. */
#define ROUND_COUNT_MAX 6

typedef struct writer {
    jieda__arena *arena;
    jieda__char *chars;
    size_t count;
    size_t capacity;
    bool joinable; /* something was met that can join what it now stands beside */
} writer;

static bool is_han(uint32_t cp)
{
    return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF);
}

/* Other scripts written without spaces, in which characters are the units, as in Han. */
static bool is_unspaced(uint32_t cp)
{
    return cp == 0x3005 || cp == 0x3007 || (cp >= 0x20000 && cp <= 0x3FFFD) || /* 々 〇, Han B.. */
           (cp >= 0xF900 && cp <= 0xFAFF) || (cp >= 0x3040 && cp <= 0x312F) || /* kana, zhuyin */
           (cp >= 0x31A0 && cp <= 0x31FF) || (cp >= 0xAC00 && cp <= 0xD7AF) || /* hangul */
           (cp >= 0x1100 && cp <= 0x11FF) || (cp >= 0x0E00 && cp <= 0x0EFF) || /* Thai, Lao */
           (cp >= 0x1000 && cp <= 0x109F) || (cp >= 0x1780 && cp <= 0x17FF);   /* Burmese, Khmer */
}

/* -1: the character is dropped. */
static int kind_of(uint32_t cp, const jieda__char *before)
{
    if (is_han(cp))
        return JIEDA__CHAR_IDEOGRAPH;
    if (cp < 0x80) {
        if ((cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z'))
            return JIEDA__CHAR_LETTER;
        if (cp >= '0' && cp <= '9')
            return JIEDA__CHAR_DIGIT;
        if (cp == ' ' || (cp >= '\t' && cp <= '\r'))
            return JIEDA__CHAR_SPACE;
        return cp < 0x20 || cp == 0x7F ? -1 : JIEDA__CHAR_PUNCT;
    }
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return is_unspaced(cp) ? JIEDA__CHAR_IDEOGRAPH : JIEDA__CHAR_LETTER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        if (is_unspaced(cp))
            return JIEDA__CHAR_IDEOGRAPH;
        return before && before->kind == JIEDA__CHAR_LETTER ? JIEDA__CHAR_LETTER : -1;
    case UTF8PROC_CATEGORY_ND:
        return JIEDA__CHAR_DIGIT;
    case UTF8PROC_CATEGORY_NL:
        return is_unspaced(cp) ? JIEDA__CHAR_IDEOGRAPH : JIEDA__CHAR_SPACE;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_SC:
        return JIEDA__CHAR_PUNCT;
    case UTF8PROC_CATEGORY_CC:
        return cp == 0x85 ? JIEDA__CHAR_SPACE : -1;
    case UTF8PROC_CATEGORY_CF:
        return -1;
    default: /* symbols, emoji, separators, private use, unassigned */
        return JIEDA__CHAR_SPACE;
    }
}

/* Marks and Hangul's jamo compose with what is before them. What a fold uncovers or what vanishes
 * between can bring them together late, so a text with any is folded until nothing changes. */
static bool is_joinable(uint32_t cp)
{
    utf8proc_category_t category;

    if (cp < 0x300 || is_han(cp))
        return false;
    category = utf8proc_category((utf8proc_int32_t)cp);
    return (cp >= 0x1100 && cp <= 0x11FF) || category == UTF8PROC_CATEGORY_MN ||
           category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

/* Appends a normalized code point, squeezing runs. */
static jieda_status write_char(writer *w, uint32_t cp, uint32_t begin, uint32_t end)
{
    jieda__char *last = w->count ? &w->chars[w->count - 1] : NULL;
    int kind = kind_of(cp, last);

    if (kind < 0)
        return JIEDA_OK;
    if (kind == JIEDA__CHAR_SPACE) {
        cp = ' ';
        if (!last)
            return JIEDA_OK;
    }
    if (last && last->cp == cp && kind != JIEDA__CHAR_DIGIT) {
        bool alone = kind == JIEDA__CHAR_SPACE || kind == JIEDA__CHAR_PUNCT;

        if (alone || (w->count >= 2 && w->chars[w->count - 2].cp == cp)) {
            last->end = end;
            return JIEDA_OK;
        }
    }
    if (w->count == w->capacity) {
        size_t capacity = w->capacity * 2;
        jieda__char *grown = jieda__arena_alloc(w->arena, capacity * sizeof *grown);

        if (!grown)
            return JIEDA_E_NOMEM;
        memcpy(grown, w->chars, w->count * sizeof *grown);
        w->chars = grown;
        w->capacity = capacity;
    }
    w->chars[w->count++] = (jieda__char){cp, begin, end, (uint32_t)kind};
    return JIEDA_OK;
}

/* NFKC and case folding of one cluster until nothing changes; returns the code points in `out`. */
static size_t map_cluster(const uint32_t *cluster, size_t count, utf8proc_int32_t *out)
{
    const utf8proc_option_t options =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    char bytes[CLUSTER_MAPPED_MAX * 4];
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += jieda__utf8_encode(cluster[i], bytes + len);
    /* Folding can uncover something to compose and the other way round: three rounds are more than
     * any character of Unicode 15 needs. */
    for (int round = 0; round < 3; round++) {
        utf8proc_ssize_t got =
            utf8proc_decompose((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)len, out,
                               CLUSTER_MAPPED_MAX, options);
        size_t before = len;
        char again[sizeof bytes];

        if (got < 0 || got > CLUSTER_MAPPED_MAX)
            return 0;
        got = utf8proc_normalize_utf32(out, got, options);
        if (got < 0)
            return 0;
        count = (size_t)got;
        len = 0;
        for (size_t i = 0; i < count; i++)
            len += jieda__utf8_encode((uint32_t)out[i], again + len);
        if (len == before && memcmp(again, bytes, len) == 0)
            break;
        memcpy(bytes, again, len);
    }
    return count;
}

/* Characters that never take part in a composition with what follows them here: Han, and the two
 * blocks of punctuation Chinese is typed with. */
static bool is_plain(uint32_t cp)
{
    return is_han(cp) || cp < 0x80 || cp == 0x3002 || cp == 0x3001; /* 。 、 */
}

static jieda_status write_cluster(writer *w, const uint32_t *cluster, size_t count, uint32_t begin,
                                  uint32_t end)
{
    utf8proc_int32_t mapped[CLUSTER_MAPPED_MAX];
    size_t mapped_count;

    /* ASCII, its full-width forms, 。 and 、 need no tables when they stand alone. */
    if (count == 1) {
        uint32_t cp = cluster[0];

        if (cp >= 0xFF01 && cp <= 0xFF5E) /* ！ to ～, in the order of ! to ~ */
            cp -= 0xFF01 - '!';
        if (is_plain(cp))
            return write_char(w, cp >= 'A' && cp <= 'Z' ? cp + 32 : cp, begin, end);
    }
    mapped_count = map_cluster(cluster, count, mapped);
    for (size_t i = 0; i < mapped_count; i++) {
        jieda_status st = write_char(w, jieda__text_simplify((uint32_t)mapped[i]), begin, end);

        w->joinable = w->joinable || is_joinable((uint32_t)mapped[i]);
        if (st != JIEDA_OK)
            return st;
    }
    return JIEDA_OK;
}

/* What is dropped wherever it stands: control, zero-width and format characters. They go first, for
 * they would split clusters that are one without them. */
static bool is_ignorable(uint32_t cp)
{
    if (cp < 0xA0)
        return cp < 0x20 ? cp < '\t' || cp > '\r' : cp >= 0x7F && cp != 0x85;
    return !is_han(cp) && (utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_CF ||
                           utf8proc_get_property((utf8proc_int32_t)cp)->ignorable);
}

/* Where code points come from: bytes, or what an earlier round made of them. */
typedef struct reader {
    jieda_str bytes;
    jieda__text chars;
    bool again;
    size_t at;
} reader;

/* Spares Han the call: E4 to E9 lead U+4000 to U+9FFF, where no second byte is out of bounds. */
static inline size_t decode(const unsigned char *at, size_t len, uint32_t *cp_out)
{
    if (len < 3 || at[0] < 0xE4 || at[0] > 0xE9 || at[1] >> 6 != 2 || at[2] >> 6 != 2)
        return jieda__utf8_decode(at, len, cp_out);
    *cp_out = (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    return 3;
}

static bool read_char(reader *r, jieda__char *out)
{
    size_t took;

    if (r->at == (r->again ? r->chars.count : r->bytes.len))
        return false;
    if (r->again) {
        *out = r->chars.chars[r->at++];
        return true;
    }
    took = decode((const unsigned char *)r->bytes.ptr + r->at, r->bytes.len - r->at, &out->cp);
    out->begin = (uint32_t)r->at;
    out->end = (uint32_t)(r->at += took);
    return true;
}

/* One round over the text. */
static jieda_status fold(writer *w, reader *r)
{
    uint32_t cluster[CLUSTER_COUNT_MAX];
    size_t cluster_count = 0;
    uint32_t cluster_begin = 0, cluster_end = 0;
    utf8proc_int32_t break_state = 0;
    uint32_t before = 0; /* last code point of the open cluster, also when it was dropped */
    jieda_status st = JIEDA_OK;
    jieda__char c;

    while (st == JIEDA_OK && read_char(r, &c)) {
        if (is_ignorable(c.cp))
            continue;
        if (cluster_count > 0) {
            bool starts = is_plain(c.cp) ||
                          utf8proc_grapheme_break_stateful((utf8proc_int32_t)before,
                                                           (utf8proc_int32_t)c.cp, &break_state);

            if (!starts) {
                if (cluster_count < CLUSTER_COUNT_MAX)
                    cluster[cluster_count++] = c.cp;
                cluster_end = c.end;
                before = c.cp;
                continue;
            }
            st = write_cluster(w, cluster, cluster_count, cluster_begin, cluster_end);
            cluster_count = 0;
            if (st != JIEDA_OK)
                break;
        }
        if (is_han(c.cp)) {
            st = write_char(w, jieda__text_simplify(c.cp), c.begin, c.end);
            continue;
        }
        cluster[0] = c.cp;
        cluster_count = 1;
        cluster_begin = c.begin;
        cluster_end = c.end;
        before = c.cp;
        break_state = 0;
    }
    if (st == JIEDA_OK && cluster_count > 0)
        st = write_cluster(w, cluster, cluster_count, cluster_begin, cluster_end);
    while (w->count > 0 && w->chars[w->count - 1].kind == JIEDA__CHAR_SPACE)
        w->count--;
    return st;
}

static bool same_text(const jieda__text *a, const writer *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->chars[i].cp != b->chars[i].cp)
            return false;
    return true;
}

jieda_status jieda__text_normalize(jieda__arena *arena, jieda_str input, jieda__text *out)
{
    reader r = {.bytes = input};

    *out = (jieda__text){0};
    for (int round = 0;; round++) {
        writer w = {.arena = arena};
        jieda_status st;

        /* Han text has a character every three bytes; anything denser grows the array. */
        w.capacity = (r.again ? r.chars.count : input.len / 3) + 16;
        w.chars = jieda__arena_alloc(arena, w.capacity * sizeof *w.chars);
        st = w.chars ? fold(&w, &r) : JIEDA_E_NOMEM;
        if (st != JIEDA_OK)
            return st;
        if (!w.joinable || round == ROUND_COUNT_MAX || (r.again && same_text(&r.chars, &w))) {
            *out = (jieda__text){w.chars, w.count};
            return JIEDA_OK;
        }
        r = (reader){.chars = {w.chars, w.count}, .again = true};
    }
}

jieda_str jieda__text_utf8(jieda__arena *arena, const jieda__char *chars, size_t count)
{
    char *bytes = jieda__arena_alloc(arena, count * 4 + 1);
    size_t len = 0;

    if (!bytes)
        return (jieda_str){NULL, 0};
    for (size_t i = 0; i < count; i++)
        len += jieda__utf8_encode(chars[i].cp, bytes + len);
    bytes[len] = '\0';
    return (jieda_str){bytes, len};
}

jieda_str jieda__text_without_separators(jieda__arena *arena, const jieda__text *text)
{
    char *bytes = jieda__arena_alloc(arena, text->count * 4 + 1);
    size_t len = 0;

    for (size_t i = 0; bytes && i < text->count; i++)
        if (!jieda__char_is_separator(&text->chars[i]))
            len += jieda__utf8_encode(text->chars[i].cp, bytes + len);
    return (jieda_str){bytes, len};
}
