/*
 * index.h - which entries could answer? The .kb file as the engine reads it.
 *
 * A .kb is an SQLite database with binary tables behind it:
 *
 *   the database    relational tables hold what people read (titles, questions, answers), two
 *                   contentless FTS5 tables hold postings, `section` says where the rest stands
 *   its sections    tables that matching reads, each from a multiple of JIEDA__SECTION_ALIGN
 *
 * Sections are used where they stand in the mapped file: nothing is copied, so a process pays for
 * the pages it touches and several share them. FTS5 only enumerates questions; it never ranks (a
 * rank over an OR of all tokens costs seconds at a million questions, and its value shifts with the
 * size of the collection).
 */
#ifndef JIEDA__INDEX_H
#define JIEDA__INDEX_H

#include "text/text.h"

#include <sqlite3.h>

/* ---- the file -------------------------------------------------------------------------------- */

#define JIEDA__KB_APPLICATION_ID 0x6a696564 /* "jied", PRAGMA application_id */
#define JIEDA__KB_SCHEMA_VERSION 3          /* PRAGMA user_version */

/* Sections begin at multiples of this, counted from the end of the database: a page of the system,
 * so that mapped ones are aligned and can be given back. */
#define JIEDA__SECTION_ALIGN 4096u

#define JIEDA__NONE UINT32_MAX /* no such ordinal, no such unit */

/* Names of sections. The lexicon alone is a blob in its row of `section`, where the loadable
 * extension finds it too. */
#define JIEDA__SECTION_LEXICON "lexicon"
#define JIEDA__SECTION_TERMS "terms"
#define JIEDA__SECTION_QUESTIONS "questions"
#define JIEDA__SECTION_ENTRIES "entries"
#define JIEDA__SECTION_PROFILES "profiles"
#define JIEDA__SECTION_NAMES "names"
#define JIEDA__SECTION_SUGGEST "suggest"
/* With a model: its bytes, and the vectors it gives (match/model.h, match/vectors.h). */
#define JIEDA__SECTION_MODEL "model"
#define JIEDA__SECTION_VECTORS "vectors"
/* With rules.json: its rules (intent/rules.h). */
#define JIEDA__SECTION_RULES "rules"
/* With policy.json: its policy (dialog/policy.h). */
#define JIEDA__SECTION_POLICY "policy"
#define JIEDA__MAPPED_SECTION_COUNT 10 /* all but the lexicon */

/* A table from 64-bit keys to numbers: the first `bits` bits of a key choose a bucket, the last 32
 * tell the few keys of a bucket apart. Some eight bytes a key, and one cache line a look-up. Two
 * keys that agree in both are one (at four million keys a chance of one in five hundred that any
 * do); all such a table is asked for is how common something is. In a section: uint32_t bits,
 * uint32_t count, uint32_t first[2^bits + 1], then the items. */
typedef struct jieda__lookup_item {
    uint32_t check; /* the key's last 32 bits, ascending in a bucket */
    uint32_t value;
} jieda__lookup_item;

typedef struct jieda__lookup {
    uint32_t bits; /* 1..JIEDA__LOOKUP_BITS_MAX */
    uint32_t count;
    const uint32_t *first;
    const jieda__lookup_item *items;
} jieda__lookup;

#define JIEDA__LOOKUP_BITS_MAX 28u

/* The value, JIEDA__NONE if the key is not there. */
uint32_t jieda__lookup_find(const jieda__lookup *lookup, uint64_t key);

/* The views kept of each question: sequences of units, numbered from 0 by falling document
 * frequency in each view, so that the common ones have small numbers. A pair is two neighbours
 * without a gap between them and is stored nowhere. Words have no pairs. */
typedef enum jieda__view {
    JIEDA__VIEW_RAW = 0,
    JIEDA__VIEW_CANON,
    JIEDA__VIEW_WORD,
    JIEDA__VIEW_PINYIN,
    JIEDA__VIEW_COUNT,
} jieda__view;

/* Section "terms": uint32_t question_count, uint32_t unit_count[JIEDA__VIEW_COUNT], then a look-up
 * of the terms somebody may ask for (units, pairs and words of the index, canonical pairs) to their
 * document frequency; then for each view a look-up of unit keys to unit ids, uint32_t
 * df[unit_count], uint32_t hash[unit_count] and uint32_t sound[unit_count]. */
typedef struct jieda__view_units {
    uint32_t count;
    jieda__lookup ids;
    const uint32_t *document_frequency; /* by id; falls */
    const uint32_t *hash;               /* by id: the first 32 bits of its key */
    const uint32_t *sound;              /* by id: names its syllable; the hash, if it has none */
} jieda__view_units;

typedef enum jieda__question_kind {
    JIEDA__QUESTION_POSITIVE = 0, /* a wording of its entry */
    JIEDA__QUESTION_NOT,          /* must not lead to its entry */
    JIEDA__QUESTION_OUT_OF_SCOPE, /* no entry answers it; its entry is JIEDA__NONE */
} jieda__question_kind;

/* Sums of weights of a question's units, and of its pairs, that a feature divides by. */
typedef enum jieda__mass {
    JIEDA__MASS_RAW = 0,
    JIEDA__MASS_CANON,
    JIEDA__MASS_PINYIN,
    JIEDA__MASS_PINYIN_PAIR,
    JIEDA__MASS_COUNT,
} jieda__mass;

typedef struct jieda__question_row {
    uint32_t entry;         /* ordinal, or JIEDA__NONE */
    uint32_t first_code;    /* of its views */
    uint32_t opposites;     /* which of the sets of opposite operations; 0 is the empty one */
    uint8_t kind;           /* jieda__question_kind */
    uint8_t negation_count; /* saturates */
    uint8_t language;
    uint8_t reserved;
    float mass[JIEDA__MASS_COUNT];
} jieda__question_row;

typedef struct jieda__opposite_set {
    uint64_t side[2]; /* as in jieda__reading */
} jieda__opposite_set;

/* Section "questions": a header, opposite_count sets, question_count rows, then the views of all
 * questions as 16-bit codes. Of each question: the number of codes of each view, then the codes.
 *
 *   0x0000 .. 0xEFFF  the unit of this id
 *   0xF000 .. 0xFFFE  and the code after it: 0xF000 + ((this - 0xF000) << 16) + the code after it
 *   0xFFFF            something stands between the unit before and the one after
 *
 * "花呗 怎么还" with ids 花 3, 呗 4, 怎 8, 么 9, 还 61500 -> raw 3 4 FFFF 8 9 F000 003C */
typedef struct jieda__questions_header {
    uint32_t question_count;
    uint32_t opposite_count;
    uint32_t code_count;
    uint32_t reserved;
} jieda__questions_header;

#define JIEDA__CODE_LONG 0xF000u
#define JIEDA__CODE_GAP 0xFFFFu
#define JIEDA__UNIT_ID_END (JIEDA__CODE_LONG + ((JIEDA__CODE_GAP - JIEDA__CODE_LONG) << 16))
/* Set in a decoded unit when it is not glued to the one before. The first of a view never has it
 * and has nothing before it all the same. */
#define JIEDA__UNIT_GAP 0x80000000u

/* Section "entries": entry_count rows. */
typedef struct jieda__entry_row {
    uint32_t category;     /* ordinal, or JIEDA__NONE */
    int32_t valid_from;    /* days since 1970-01-01, inclusive; INT32_MIN = always */
    int32_t valid_to;      /* inclusive; INT32_MAX = for ever */
    uint64_t placeholders; /* bit p: an answer uses placeholder p, which has no default */
    uint8_t risk;          /* jieda__risk of the source */
    uint8_t handoff;       /* jieda__handoff_policy of the source */
    uint8_t priority;      /* 0..3 */
    uint8_t smalltalk;     /* its category is small talk */
    uint8_t has_when;      /* rows of entry_when must hold */
    uint8_t has_needs;     /* it names what a person will want to know */
    uint8_t reserved[2];
    uint32_t wording_count;  /* its positive questions, */
    uint32_t first_question; /* which follow each other from here; 0 if it has none */
} jieda__entry_row;

/* Section "profiles": which terms are typical of which entries, over all wordings of an entry with
 * several; an entry with one wording is its own profile. By term, so that one walk over the
 * utterance's terms profiles every entry: uint32_t term_count, uint32_t item_count, a look-up of
 * terms to numbers, uint32_t first[term_count + 1], then the items, ascending by entry within a
 * term. A term of more than JIEDA__PROFILE_ENTRY_MAX entries is typical of none and left out, which
 * bounds the walk. */
#define JIEDA__PROFILE_ENTRY_MAX 512u

typedef struct jieda__profile_item {
    uint32_t entry;
    float share; /* of the entry's wordings in one language that hold the term, the largest; 0..1 */
    float share_of_one; /* what one wording contributes */
} jieda__profile_item;

/* Section "names": what every reply shows of an entry. uint32_t entry_count, uint32_t
 * language_count, uint32_t titles_are_questions (1 if every title is the text of the entry's first
 * question, as in a list), uint32_t first[entry_count * (1 + language_count) + 1], then bytes: for
 * each entry its id, then its title in each language, "" where it has none. */

/* Section "suggest": what visitors may type to be offered a question, as uint32_t count, then
 * uint32_t ref[count], ascending by their keys (see suggest.c), then by question:
 * ref = question << 2 | jieda__suggest_kind. */
typedef enum jieda__suggest_kind {
    JIEDA__SUGGEST_TEXT = 0, /* its characters without what separates them */
    JIEDA__SUGGEST_PINYIN,   /* its syllables */
    JIEDA__SUGGEST_INITIALS, /* the first letters of those */
    JIEDA__SUGGEST_KIND_COUNT,
} jieda__suggest_kind;

#define JIEDA__SUGGEST_KEY_BYTES_MAX 4096u /* a longer one is no completion */

/* Risk and handoff words, in the order of the source model. */
enum {
    JIEDA__ENTRY_RISK_INFO = 0,
    JIEDA__ENTRY_RISK_MONEY,
    JIEDA__ENTRY_RISK_ACCOUNT,
    JIEDA__ENTRY_RISK_FRAUD,
    JIEDA__ENTRY_RISK_COUNT
};
enum {
    JIEDA__ENTRY_HANDOFF_NEVER = 0,
    JIEDA__ENTRY_HANDOFF_OFFER,
    JIEDA__ENTRY_HANDOFF_ALWAYS,
    JIEDA__ENTRY_HANDOFF_COUNT
};

/* ---- the FTS5 tokenizer ---------------------------------------------------------------------- */

/* Registers tokenizer "jieda" on a connection. Arguments in SQL: none = the main index's terms,
 * 'pinyin' = syllables.
 * @param lexicon  borrowed while the connection lives; NULL: each table that is opened reads the
 *                 lexicon of its own database, and goes without where there is none.
 * @param given    NULL, or a place, borrowed as well, that holds the reading of the text of each
 * row while it is inserted: the compiler reads a question once for all its tables. */
jieda_status jieda__fts5_register(sqlite3 *db, const jieda__lexicon *lexicon,
                                  const jieda__reading *const *given, jieda_error *err);

/* In a query string, this byte in front of a text means: the rest is one term, take it as it is.
 * The engine asks for exact terms with it; no visitor's text ever gets there. */
#define JIEDA__FTS5_EXACT '\x02'

/* ---- an opened knowledge base ---------------------------------------------------------------- */

/* Everything the engine knows of a .kb. Engine lifetime; immutable; share freely. Tables point into
 * the file's bytes. */
typedef struct jieda__kb {
    const jieda_allocator *alloc;
    const unsigned char *bytes; /* the whole file: mapped, borrowed, or `copy` */
    size_t len;
    size_t database_len; /* of SQLite's part, which comes first */
    bool mapped;
    void *copy;         /* of borrowed bytes that are not aligned, or NULL */
    jieda__arena arena; /* names below */
    jieda__lexicon *lexicon;
    void *lexicon_bytes;
    /* terms */
    uint32_t question_count; /* N of the inverse document frequency, and number of rows */
    jieda__lookup terms;     /* to document frequencies */
    jieda__view_units views[JIEDA__VIEW_COUNT];
    /* questions */
    const jieda__question_row *questions;
    const jieda__opposite_set *opposites;
    const uint16_t *codes;
    /* entries */
    uint32_t entry_count;
    const jieda__entry_row *entries;
    bool always_visible; /* no entry has a condition on when and to whom it may be shown */
    /* profiles */
    jieda__lookup profile_terms;   /* to numbers */
    const uint32_t *profile_first; /* by number */
    const jieda__profile_item *profile_items;
    uint32_t profile_item_count;
    /* names of entries */
    const uint32_t *name_first;
    const char *name_bytes;
    bool titles_are_questions;
    /* of a model, {NULL, 0} if there is none; their hashes are right, the rest is for who reads
     * them */
    jieda_str model;
    jieda_str vectors;
    jieda_str rules;        /* of rules.json, likewise */
    jieda_str policy_bytes; /* of policy.json */
    /* type-ahead */
    const uint32_t *suggest;
    uint32_t suggest_count;
    /* names */
    jieda_str name;
    jieda_str title;
    jieda_str content_hash;
    jieda_str lexicon_hash;
    jieda_str authored_hash; /* of the words an editor wrote: what a model is bound to */
    jieda_str wording_hash;  /* of those and all wordings: what it learns from */
    jieda_str *languages;
    uint32_t language_count;
    jieda_str *categories;      /* ids, by ordinal */
    jieda_str *category_titles; /* by category, then language; "" where there is none */
    uint32_t category_count;
    jieda_str *placeholders; /* names, by ordinal */
    uint32_t placeholder_count;
} jieda__kb;

/* @param path   a file to map, or NULL to read `bytes`, borrowed until jieda__kb_close().
 * A mapped file may be replaced by renaming another over it; it must not be changed in place. */
jieda_status jieda__kb_open(const jieda_allocator *alloc, const char *path, const void *bytes,
                            size_t len, jieda__kb **out, jieda_error *err);
void jieda__kb_close(jieda__kb *kb);

/* How many questions hold a term of the index or a canonical pair. */
uint32_t jieda__kb_document_frequency(const jieda__kb *kb, uint64_t term);

/* The id of a unit in a view, by its key; JIEDA__NONE if no question has it there. */
static inline uint32_t jieda__kb_unit(const jieda__kb *kb, jieda__view view, uint64_t key)
{
    return jieda__lookup_find(&kb->views[view].ids, key);
}

/* The codes of one view of a question, [*at_out, return value). */
static inline const uint16_t *jieda__question_codes(const jieda__kb *kb, jieda__view view,
                                                    uint32_t question, const uint16_t **at_out)
{
    const uint16_t *counts = kb->codes + kb->questions[question].first_code;
    const uint16_t *at = counts + JIEDA__VIEW_COUNT;

    for (int v = 0; v < (int)view; v++)
        at += counts[v];
    *at_out = at;
    return at + counts[view];
}

/* Asks for memory that is looked at soon. A macro: GCC drops calls of functions that do nothing but
 * prefetch, for they have no effect. */
#if defined(__GNUC__)
#define JIEDA__PREFETCH(address) __builtin_prefetch(address)
#else
#define JIEDA__PREFETCH(address) ((void)(address))
#endif

/* The next unit: its id, with JIEDA__UNIT_GAP if it is not glued to the one before. Codes were
 * checked when the file was opened. */
static inline uint32_t jieda__unit_next(const uint16_t **at)
{
    uint32_t code = *(*at)++, gap = 0;

    if (code == JIEDA__CODE_GAP) {
        gap = JIEDA__UNIT_GAP;
        code = *(*at)++;
    }
    if (code >= JIEDA__CODE_LONG)
        code = JIEDA__CODE_LONG + ((code - JIEDA__CODE_LONG) << 16) + *(*at)++;
    return code | gap;
}

/* Decodes a view of a question: its first `max` units as jieda__unit_next() gives them. No question
 * has more than JIEDA__UNIT_COUNT_MAX. @return how many were written. */
size_t jieda__question_units(const jieda__kb *kb, jieda__view view, uint32_t question,
                             uint32_t *out, size_t max);

/* ---- tables.c: from bytes that may be damaged to the tables above ---------------------------- */

/* Points kb's tables into the section of that name. @return JIEDA_E_FORMAT if anything in it is out
 * of range. Needs the names and, in this order, terms, entries, questions. */
jieda_status jieda__tables_load(jieda__kb *kb, const char *section, const void *bytes, size_t len,
                                jieda_error *err);

/* Texts that live as long as the knowledge base. The title is that of the pack's first language
 * where there is none in `language`. */
jieda_str jieda__kb_entry_id(const jieda__kb *kb, uint32_t entry);
jieda_str jieda__kb_entry_title(const jieda__kb *kb, uint32_t entry, uint32_t language);
/* The title of a category, "" if it has none in this language. */
static inline jieda_str jieda__kb_category_title(const jieda__kb *kb, uint32_t category,
                                                 uint32_t language)
{
    return kb->category_titles[category * kb->language_count + language];
}

/* The ordinal of an entry id, JIEDA__NONE if there is none. */
uint32_t jieda__kb_find_entry(const jieda__kb *kb, jieda_str id);
/* A question's text if that is known without a look into the database, else {NULL, 0}. */
jieda_str jieda__kb_question_text(const jieda__kb *kb, uint32_t question);

/* Weight of a term that `df` of `question_count` questions hold, > 0. See weight.c. */
float jieda__term_weight(uint32_t question_count, uint32_t df);

/* ---- reading rows ---------------------------------------------------------------------------- */

enum jieda__statement {
    JIEDA__STMT_POSTINGS = 0,
    JIEDA__STMT_PINYIN_POSTINGS,
    JIEDA__STMT_QUESTION_TEXT,
    JIEDA__STMT_ANSWER,
    JIEDA__STMT_ANSWER_STEPS,
    JIEDA__STMT_ANSWER_ACTIONS,
    JIEDA__STMT_NEEDS,
    JIEDA__STMT_RELATED,
    JIEDA__STMT_WHEN,
    JIEDA__STMT_CATEGORIES,
    JIEDA__STMT_CATEGORY_ENTRIES,
    JIEDA__STMT_PLACEHOLDER,
    JIEDA__STMT_COUNT,
};

/* One database connection with its prepared statements. One thread at a time. */
typedef struct jieda__reader {
    const jieda__kb *kb;
    sqlite3 *db;
    sqlite3_stmt *statements[JIEDA__STMT_COUNT]; /* prepared at first use */
} jieda__reader;

/* A bare read-only connection over the file's bytes, hardened against hostile content. */
jieda_status jieda__kb_connect(const jieda__kb *kb, sqlite3 **out, jieda_error *err);

jieda_status jieda__reader_open(const jieda__kb *kb, jieda__reader **out, jieda_error *err);
void jieda__reader_close(jieda__reader *reader);
/* The statement, prepared and unbound; reset it when done. NULL with `err` filled on failure. */
sqlite3_stmt *jieda__reader_statement(jieda__reader *reader, enum jieda__statement which,
                                      jieda_error *err);
/* JIEDA_E_NOMEM or JIEDA_E_FORMAT from a failed step of a statement. */
jieda_status jieda__reader_fail(jieda__reader *reader, jieda_error *err);

/* ---- candidates ------------------------------------------------------------------------------ */

/* A term of the utterance to look up. */
typedef struct jieda__search_term {
    jieda_str text;
    uint32_t df; /* 0 if no question holds it */
    jieda_token_class token_class;
    bool used; /* asked of FTS5, within the budget */
} jieda__search_term;

typedef struct jieda__candidates {
    uint32_t *questions; /* ordinals, ascending, distinct */
    size_t count;
    jieda__search_term *terms; /* all distinct terms, rarest first */
    size_t term_count;
} jieda__candidates;

/* Of a term that more questions hold only the first so many are candidates: an utterance of nothing
 * but the commonest characters is as near to a thousand questions as to the next thousand. */
#define JIEDA__CANDIDATE_ROW_MAX 4096u

/* Questions that share a rare term with the utterance: terms are taken rarest first until their
 * document frequencies reach `posting_count_max`; the one that crosses it still counts if it alone
 * fits. At least two are taken. */
jieda_status jieda__candidates_find(jieda__reader *reader, jieda__arena *arena,
                                    const jieda__reading *reading, uint32_t posting_count_max,
                                    jieda__candidates *out, jieda_error *err);

/* Adds questions that sound like the utterance, within half of that budget. */
jieda_status jieda__candidates_find_by_sound(jieda__reader *reader, jieda__arena *arena,
                                             const jieda__reading *reading,
                                             uint32_t posting_count_max, jieda__candidates *out,
                                             jieda_error *err);

/* ---- type-ahead ------------------------------------------------------------------------------ */

/* One of the keys of a question's text, read with the knowledge base's lexicon; lives in `arena`.
 * @return {NULL, 0} when out of memory; empty if there is no such key or it is too long. */
jieda_str jieda__suggest_key(jieda__arena *arena, const jieda__reading *reading,
                             jieda__suggest_kind kind);

/* kb->suggest[*first_out, *end_out) are those whose key begins with `prefix`. */
jieda_status jieda__suggest_find(jieda__reader *reader, jieda_str prefix, uint32_t *first_out,
                                 uint32_t *end_out, jieda_error *err);
static inline uint32_t jieda__suggest_question(uint32_t ref)
{
    return ref >> 2;
}

#endif
