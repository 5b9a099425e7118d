/*
 * index.h - which entries could answer? The .kb file as the engine reads it.
 *
 * A .kb is one SQLite file: relational tables hold what people read (titles, questions, answers),
 * two contentless FTS5 tables hold postings, and the rows of `section` hold binary tables that are
 * read into memory once. FTS5 only enumerates questions; it never ranks (a rank over an OR of all
 * tokens costs seconds at a million questions, and its value shifts with the size of the
 * collection).
 */
#ifndef JIEDA__INDEX_H
#define JIEDA__INDEX_H

#include "text/text.h"

#include <sqlite3.h>

/* ---- the file -------------------------------------------------------------------------------- */

#define JIEDA__KB_APPLICATION_ID 0x6a696564 /* "jied", PRAGMA application_id */
#define JIEDA__KB_SCHEMA_VERSION 1          /* PRAGMA user_version */

#define JIEDA__NONE UINT32_MAX /* no such ordinal, no such term */

/* Names of sections. */
#define JIEDA__SECTION_LEXICON "lexicon"
#define JIEDA__SECTION_TERMS "terms"
#define JIEDA__SECTION_QUESTIONS "questions"
#define JIEDA__SECTION_ENTRIES "entries"
#define JIEDA__SECTION_PROFILES "profiles"
#define JIEDA__SECTION_NAMES "names"

/* Section "terms": every term of every question and how many questions hold it. A hash table with
 * linear probing: slot = term & (capacity - 1); a term's id is its slot. */
typedef struct jieda__terms_header {
    uint32_t capacity;       /* a power of two */
    uint32_t term_count;     /* slots in use, less than capacity */
    uint32_t question_count; /* N of the inverse document frequency */
    uint32_t reserved;
} jieda__terms_header; /* then uint64_t term[capacity] (0 = free), uint32_t df[capacity] */

typedef enum jieda__question_kind {
    JIEDA__QUESTION_POSITIVE = 0, /* a wording of its entry */
    JIEDA__QUESTION_NOT,          /* must not lead to its entry */
    JIEDA__QUESTION_OUT_OF_SCOPE, /* no entry answers it; its entry is JIEDA__NONE */
} jieda__question_kind;

/* The views kept of each question: sequences of term ids. The pair of position i joins i-1 and i;
 * JIEDA__NONE at position 0 and where something stands between. Words have no pairs. */
typedef enum jieda__view {
    JIEDA__VIEW_RAW = 0,
    JIEDA__VIEW_CANON,
    JIEDA__VIEW_WORD,
    JIEDA__VIEW_PINYIN,
    JIEDA__VIEW_COUNT,
} jieda__view;

/* One question's facts, then arrays; see jieda__question_table. */
typedef struct jieda__question_row {
    uint32_t entry; /* ordinal, or JIEDA__NONE */
    uint32_t reserved;
    uint64_t opposites[2];
    float mass[JIEDA__VIEW_COUNT];      /* sum of the weights of its units, by view */
    float pair_mass[JIEDA__VIEW_COUNT]; /* and of its pairs */
    uint8_t kind;                       /* jieda__question_kind */
    uint8_t negation_count;             /* saturates */
    uint8_t language;
    uint8_t reserved2[5];
} jieda__question_row;

/* Section "questions": a header, question_count rows, then for each view
 * uint32_t first[question_count + 1], uint32_t unit[first[question_count]], and for each view with
 * pairs uint32_t pair[] of the same length. */
typedef struct jieda__questions_header {
    uint32_t question_count;
    uint32_t unit_count[JIEDA__VIEW_COUNT];
    uint32_t reserved[3];
} jieda__questions_header;

typedef struct jieda__view_table {
    const uint32_t *first;
    const uint32_t *unit;
    const uint32_t *pair; /* NULL for words */
} jieda__view_table;

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
    uint8_t reserved[3];
    uint32_t wording_count;  /* its positive questions, */
    uint32_t first_question; /* which follow each other from here; 0 if it has none */
} jieda__entry_row;

/* Section "profiles": which terms are typical of which entries, over all wordings of an entry with
 * several; an entry with one wording is its own profile. By term, so that one walk over the
 * utterance's terms profiles every entry: uint32_t term_capacity, uint32_t item_count, uint32_t
 * first[term_capacity + 1], then the items, ascending by entry within a term. A term of more than
 * JIEDA__PROFILE_ENTRY_MAX entries is typical of none and left out, which bounds the walk. */
#define JIEDA__PROFILE_ENTRY_MAX 512u

typedef struct jieda__profile_item {
    uint32_t entry;
    float share; /* of the entry's wordings in one language that hold the term, the largest; 0..1 */
    float share_of_one; /* what one wording contributes */
} jieda__profile_item;

/* Section "names": what every reply shows of an entry. uint32_t entry_count, uint32_t
 * language_count, uint32_t first[entry_count * (1 + language_count) + 1], then bytes: for each
 * entry its id, then its title in each language, "" where it has none. */

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
 *                 lexicon of its own database, and goes without where there is none. */
jieda_status jieda__fts5_register(sqlite3 *db, const jieda__lexicon *lexicon, jieda_error *err);

/* In a query string, this byte in front of a text means: the rest is one term, take it as it is.
 * The engine asks for exact terms with it; no visitor's text ever gets there. */
#define JIEDA__FTS5_EXACT '\x02'

/* ---- an opened knowledge base ---------------------------------------------------------------- */

/* Everything of a .kb that stays in memory. Engine lifetime; immutable; share freely. */
typedef struct jieda__kb {
    const jieda_allocator *alloc;
    const unsigned char *bytes; /* the whole file, mapped or borrowed */
    size_t len;
    bool mapped;
    jieda__arena arena; /* names below */
    jieda__lexicon *lexicon;
    void *sections[6]; /* heap blocks behind the tables below */
    /* terms */
    uint32_t term_capacity;
    uint32_t question_count; /* N of the inverse document frequency, and number of rows */
    const uint64_t *terms;
    const uint32_t *document_frequency;
    /* questions */
    const jieda__question_row *questions;
    jieda__view_table views[JIEDA__VIEW_COUNT];
    /* entries */
    uint32_t entry_count;
    const jieda__entry_row *entries;
    /* profiles */
    const uint32_t *profile_first; /* by term id */
    const jieda__profile_item *profile_items;
    uint32_t profile_item_count;
    /* names of entries */
    const uint32_t *name_first;
    const char *name_bytes;
    /* names */
    jieda_str name;
    jieda_str title;
    jieda_str content_hash;
    jieda_str lexicon_hash;
    jieda_str *languages;
    uint32_t language_count;
    jieda_str *categories; /* ids, by ordinal */
    uint32_t category_count;
    jieda_str *placeholders; /* names, by ordinal */
    uint32_t placeholder_count;
} jieda__kb;

/* @param path   a file to map, or NULL to read `bytes`, borrowed until jieda__kb_close().
 * A mapped file may be replaced by renaming another over it; it must not be changed in place. */
jieda_status jieda__kb_open(const jieda_allocator *alloc, const char *path, const void *bytes,
                            size_t len, jieda__kb **out, jieda_error *err);
void jieda__kb_close(jieda__kb *kb);

/* The id of a term, JIEDA__NONE if no question holds it. */
uint32_t jieda__kb_term(const jieda__kb *kb, uint64_t term);

/* Texts that live as long as the knowledge base. The title is that of the pack's first language
 * where there is none in `language`. */
jieda_str jieda__kb_entry_id(const jieda__kb *kb, uint32_t entry);
jieda_str jieda__kb_entry_title(const jieda__kb *kb, uint32_t entry, uint32_t language);

/* Weight of a term that `df` of `question_count` questions hold, > 0. See weight.c. */
float jieda__term_weight(uint32_t question_count, uint32_t df);

/* ---- reading rows ---------------------------------------------------------------------------- */

enum jieda__statement {
    JIEDA__STMT_POSTINGS = 0,
    JIEDA__STMT_PINYIN_POSTINGS,
    JIEDA__STMT_ENTRY_BY_ID,
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
    JIEDA__STMT_SUGGEST,
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
    uint32_t id; /* JIEDA__NONE if no question holds it */
    uint32_t df;
    jieda_token_class token_class;
    bool used; /* asked of FTS5, within the budget */
} jieda__search_term;

typedef struct jieda__candidates {
    uint32_t *questions; /* ordinals, ascending, distinct */
    size_t count;
    jieda__search_term *terms; /* all distinct terms, rarest first */
    size_t term_count;
} jieda__candidates;

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

#endif
