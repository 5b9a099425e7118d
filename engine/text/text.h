/*
 * text.h - what are the words? Normalization, segmentation, and the three views matching works on.
 *
 * An utterance is read in three steps, by the same functions at build and at ask time:
 *
 *   normalize   bytes -> code points of one form, each with its byte range in the original
 *   segment     code points -> pieces that tile the text: lexicon words, single characters, Latin
 *               words, numbers; the cheapest path through the lexicon, not the greedy one
 *   views       raw: one unit per character, Latin word or number, as written
 *               canonical: the same after question words, fillers and synonyms are folded
 *               pinyin: one toneless syllable per unit, for homophone typos and pinyin input
 *
 * Example: "退款１２怎么还没到啊" -> raw 退 款 12 怎 么 还 没 到 啊
 *          words 退款 怎么 ... -> canonical 退 款 12 HOW 还 没 到   pinyin tui kuan 12 zen me ...
 */
#ifndef JIEDA__TEXT_H
#define JIEDA__TEXT_H

#include "base/base.h"
#include "jieda/jieda.h"

/* Raised whenever normalization, segmentation or the views change what a text becomes: a .kb built
 * by another version is refused, because index and query must agree on what a token is. */
#define JIEDA__TEXT_VERSION 1u

/* ---- normalize ------------------------------------------------------------------------------- */

typedef enum jieda__char_kind {
    JIEDA__CHAR_SPACE = 0, /* one per run: white space, emoji, symbols, broken bytes */
    JIEDA__CHAR_PUNCT,     /* punctuation, kept for patterns; separates tokens */
    JIEDA__CHAR_IDEOGRAPH, /* Han and the other scripts written without spaces */
    JIEDA__CHAR_LETTER,
    JIEDA__CHAR_DIGIT,
} jieda__char_kind;

typedef struct jieda__char {
    uint32_t cp;
    uint32_t begin; /* byte range in the original, [begin, end), on code point borders */
    uint32_t end;
    uint32_t kind; /* jieda__char_kind */
} jieda__char;

typedef struct jieda__text {
    jieda__char *chars;
    size_t count;
} jieda__text;

/* Whether it stands between tokens and is part of none. */
static inline bool jieda__char_is_separator(const jieda__char *c)
{
    return c->kind == JIEDA__CHAR_SPACE || c->kind == JIEDA__CHAR_PUNCT;
}

/* One documented form for index and query:
 *   ill-formed UTF-8 -> a separator; NFKC and case folding (full width, ligatures, Roman numerals);
 *   Traditional -> Simplified; zero-width, control and format characters dropped; emoji, symbols
 * and white space -> one space; a run of the same punctuation -> one; a run of three or more of the
 *   same letter or ideograph -> two (哈哈哈哈 -> 哈哈); numbers are left alone; no space at the
 * ends. Normalizing a normalized text changes nothing. Combining marks after the 30th of one
 * character are dropped (Unicode's stream-safe limit), which bounds the work an utterance can ask
 * for.
 *
 * @param input  any bytes, at most UINT32_MAX - 1 of them.
 * @return JIEDA_E_NOMEM, else JIEDA_OK; `out` lives in `arena`. */
jieda_status jieda__text_normalize(jieda__arena *arena, jieda_str input, jieda__text *out);

/* The normalized text as UTF-8, in `arena`; {NULL, 0} when out of memory. */
jieda_str jieda__text_utf8(jieda__arena *arena, const jieda__char *chars, size_t count);
/* The same without its separators: what type-ahead compares, stored and typed alike. */
jieda_str jieda__text_without_separators(jieda__arena *arena, const jieda__text *text);

/* ---- lexicon --------------------------------------------------------------------------------- */

/* What a lexicon word means to matching; bits of jieda__word.flags. */
enum {
    JIEDA__WORD_FILLER = 1u << 0,       /* may be deleted: 请问, 的 */
    JIEDA__WORD_QUESTION = 1u << 1,     /* a question word; `canon` is its class, such as HOW */
    JIEDA__WORD_SYNONYM = 1u << 2,      /* `canon` is what it is folded to */
    JIEDA__WORD_PROTECTED = 1u << 3,    /* never folded, and nothing inside it is */
    JIEDA__WORD_NEGATION = 1u << 4,     /* turns a statement round: 没, 无法 */
    JIEDA__WORD_NOT_NEGATION = 1u << 5, /* contains a negation that does not negate: 特别 */
    JIEDA__WORD_MINED = 1u << 6,        /* found in the knowledge base's own questions */
};

/* The compiled lexicon: a double array over code points and tables of what each word means.
 * Immutable, borrows the bytes it was loaded from. Threads: share freely. */
typedef struct jieda__lexicon jieda__lexicon;

typedef struct jieda__word {
    uint32_t flags;
    uint32_t canon_first;    /* first of canon_count code points in the canon table */
    uint32_t reading_first;  /* first of `length` syllables in the reading table; 0 = no override */
    uint32_t opposite_first; /* first of opposite_count marks */
    uint16_t canon_count;
    uint16_t opposite_count;
    uint16_t length; /* code points */
    uint16_t cost;   /* of a path through this word; see segment.c */
} jieda__word;

/* Question classes are canonical units of their own: code points of Unicode's private use area,
 * which normalization never lets through. */
#define JIEDA__QUESTION_CLASS_FIRST 0xE000u
#define JIEDA__QUESTION_CLASS_COUNT_MAX 32u

/* Checks `bytes` whole (a .kb may be hostile) and makes a reader over them.
 * @return JIEDA_E_FORMAT naming what is wrong, JIEDA_E_NOMEM. */
jieda_status jieda__lexicon_load(const jieda_allocator *alloc, const void *bytes, size_t len,
                                 jieda__lexicon **out, jieda_error *err);
void jieda__lexicon_free(jieda__lexicon *lexicon);
size_t jieda__lexicon_word_count(const jieda__lexicon *lexicon);

/* The words that begin at chars[0], shortest first: writes up to `max` ids and returns how many. */
size_t jieda__lexicon_prefixes(const jieda__lexicon *lexicon, const jieda__char *chars,
                               size_t count, uint32_t *word_ids, size_t max);
const jieda__word *jieda__lexicon_word(const jieda__lexicon *lexicon, uint32_t word_id);
const uint32_t *jieda__lexicon_canon(const jieda__lexicon *lexicon, const jieda__word *word);
/* Syllables of the word's reading, one per code point, or NULL when it has no override. */
const uint16_t *jieda__lexicon_reading(const jieda__lexicon *lexicon, const jieda__word *word);
#define JIEDA__OPPOSITE_PAIR_COUNT_MAX 64u

/* Marks 2*pair + side of the opposite operations the word names. */
const uint16_t *jieda__lexicon_opposites(const jieda__lexicon *lexicon, const jieda__word *word);
/* Path cost of a character no word covers; see segment.c. */
uint32_t jieda__lexicon_unknown_cost(const jieda__lexicon *lexicon);
/* The class's name as authored ("HOW"), "" for an unknown one. */
const char *jieda__lexicon_class_name(const jieda__lexicon *lexicon, uint32_t class_cp);

/* The serialized form, which the compiler writes and jieda__lexicon_load() reads. Sections follow
 * the header in this order, each 4-byte aligned; all integers little-endian. */
#define JIEDA__LEXICON_MAGIC 0x314c444au /* "JDL1" */

typedef struct jieda__lexicon_header {
    uint32_t magic;
    uint32_t symbol_count;   /* uint32_t cp[symbol_count], ascending; symbol = index + 1 */
    uint32_t node_count;     /* struct {int32_t base; uint32_t check; uint32_t word} nodes[] */
    uint32_t word_count;     /* jieda__word words[]; word ids are index + 1 */
    uint32_t canon_count;    /* uint32_t canon[] */
    uint32_t reading_count;  /* uint16_t readings[], index 0 unused, padded to 4 bytes */
    uint32_t opposite_count; /* uint16_t opposites[], padded to 4 bytes */
    uint32_t pair_count;     /* number of opposite pairs */
    uint32_t class_count;    /* char names[class_count][16] of question classes */
    uint32_t unknown_cost;   /* path cost of a character no word covers */
} jieda__lexicon_header;

typedef struct jieda__lexicon_node {
    uint32_t base;  /* child of symbol s is at base + s; 0 = no children */
    uint32_t check; /* parent's index + 1; 0 = free */
    uint32_t word;  /* word id ending here, 0 = none */
} jieda__lexicon_node;

/* ---- segment --------------------------------------------------------------------------------- */

/* A piece of the normalized text; pieces tile the runs of ideographs, letters and digits. */
typedef struct jieda__segment {
    uint32_t first; /* index into text.chars */
    uint32_t count;
    uint32_t word; /* lexicon word id, 0 = none */
} jieda__segment;

typedef struct jieda__segments {
    jieda__segment *items;
    size_t count;
} jieda__segments;

/* @param lexicon  NULL: every character, Latin word and number is its own piece. */
jieda_status jieda__text_segment(jieda__arena *arena, const jieda__lexicon *lexicon,
                                 const jieda__text *text, jieda__segments *out);

/* ---- views ----------------------------------------------------------------------------------- */

typedef enum jieda__unit_kind {
    JIEDA__UNIT_CHAR = 0, /* an ideograph */
    JIEDA__UNIT_WORD,     /* letters, or digits */
    JIEDA__UNIT_CLASS,    /* a question class of the canonical view */
} jieda__unit_kind;

/* One position of a view. `key` identifies its text: equal keys, equal texts. */
typedef struct jieda__unit {
    uint64_t key;
    uint32_t first; /* chars[first, first + count) it stands for */
    uint32_t count;
    uint32_t cp;    /* the code point of a CHAR or CLASS, else 0 */
    uint16_t kind;  /* jieda__unit_kind */
    uint16_t glued; /* 1 if nothing separates it from the unit before */
} jieda__unit;

/* The key of a unit of one code point: an ideograph, or a question class. */
uint64_t jieda__unit_key_of_cp(uint32_t cp);

typedef struct jieda__units {
    jieda__unit *items;
    size_t count;
} jieda__units;

typedef struct jieda__reading {
    jieda__text text;
    jieda__segments segments;
    jieda__units raw;
    jieda__units canonical; /* never empty unless raw is */
    jieda__units pinyin;
    uint32_t question_classes; /* bit set of question classes met */
    uint32_t negation_count;
    uint64_t opposites[2]; /* bit p of [s]: side s of the opposite pair p is named */
} jieda__reading;

/* Units of one view past this count are dropped, the head of the text being kept: past some hundred
 * characters more text adds no evidence about which question it is. */
#define JIEDA__UNIT_COUNT_MAX 512u

/* Normalizes, segments and makes the views. `out` lives in `arena`. */
jieda_status jieda__text_read(jieda__arena *arena, const jieda__lexicon *lexicon, jieda_str input,
                              jieda__reading *out);

/* The unit's text as UTF-8 in `arena` ("退", "iphone", "HOW"); {NULL, 0} when out of memory. */
jieda_str jieda__unit_utf8(jieda__arena *arena, const jieda__lexicon *lexicon,
                           const jieda__text *text, const jieda__unit *unit);

/* ---- terms ----------------------------------------------------------------------------------- */

/* Kinds of terms, the salt of their 64-bit identities. */
typedef enum jieda__term_kind {
    JIEDA__TERM_RAW = 1,  /* one unit of the raw view */
    JIEDA__TERM_RAW_PAIR, /* two neighbouring units */
    JIEDA__TERM_WORD,     /* a lexicon word on the best path, two code points or more */
    JIEDA__TERM_CANON,    /* one unit of the canonical view */
    JIEDA__TERM_CANON_PAIR,
    JIEDA__TERM_PINYIN, /* one unit of the pinyin view */
    JIEDA__TERM_PINYIN_PAIR,
} jieda__term_kind;

/* Never 0, which marks an empty slot in tables of terms. */
uint64_t jieda__term(jieda__term_kind kind, uint64_t key);
uint64_t jieda__term_pair(jieda__term_kind kind, uint64_t key, uint64_t next_key);
/* The key of a word's canonical form. */
uint64_t jieda__word_key(const jieda__lexicon *lexicon, const jieda__text *text,
                         const jieda__segment *segment);
/* Whether the segment makes a word term: two code points or more, or folded by a synonym, and
 * neither filler nor question word. */
bool jieda__segment_is_word(const jieda__lexicon *lexicon, const jieda__segment *segment);

/* What the FTS5 index stores. A term's text says its class: unigram "退", bigram "退款", word
 * "=退款", syllable "~tui", syllable pair "~tui~kuan"; '=' and '~' never occur in a normalized
 * token. A word's text is its canonical form, so that synonyms meet; fillers and question words,
 * which half of all questions contain, are left out of the words. */
typedef struct jieda__index_term {
    jieda_str text; /* in the arena; a pair shares the bytes of its two units */
    uint64_t term;  /* identity, as the forward index counts it */
    uint32_t begin; /* byte range in the original */
    uint32_t end;
    jieda_token_class token_class;
} jieda__index_term;

typedef struct jieda__index_terms {
    jieda__index_term *items;
    size_t count;
} jieda__index_terms;

/* The terms of a reading in order of class, then position; repeated terms are repeated.
 * @param pinyin  false: unigrams, bigrams and words, the main index; true: syllables and their
 * pairs, the pinyin index. */
jieda_status jieda__text_index_terms(jieda__arena *arena, const jieda__lexicon *lexicon,
                                     const jieda__reading *reading, bool pinyin,
                                     jieda__index_terms *out);

#endif
