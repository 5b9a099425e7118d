/*
 * source.h - a knowledge base as its editor wrote it: the model, and the front end that reads it.
 *
 * The front end (diagnostic, json, parse_*, check) turns files into this model and reports every
 * problem in one pass; the back end (lexicon_build, write) turns a model without errors into a .kb
 * file. A model lives in one arena; only the entries of a list of questions, a large part of what a
 * build needs and not needed to its end, are a block of their own.
 */
#ifndef JIEDA__KB_SOURCE_H
#define JIEDA__KB_SOURCE_H

#include "base/base.h"
#include "jieda/build.h"

/* ---- findings -------------------------------------------------------------------------------- */

/* A place in a source file. `file` is the path as the user gave it plus the file's name in it. */
typedef struct jieda__pos {
    const char *file;
    uint32_t line;   /* 1-based; 0 = the whole file */
    uint32_t column; /* 1-based, in code points; 0 = the whole line */
} jieda__pos;

/* Collects findings of one build. */
typedef struct jieda__diagnostics {
    jieda_diagnostic_fn *fn;
    void *ctx;
    uint32_t error_count;
    uint32_t warning_count;
} jieda__diagnostics;

/* Reports one finding; message and fix are formatted from `message_format` and its arguments, where
 * the fix follows the first "; " of the formatted text ("unknown key \"x\"; did you mean \"y\"?").
 */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void jieda__report(jieda__diagnostics *diagnostics, jieda_severity severity, jieda__pos pos,
                   const char *rule, const char *message_format, ...);

/* ---- the model ------------------------------------------------------------------------------- */

#define JIEDA__LANGUAGE_COUNT_MAX 8

/* Where the texts of a JSON source stand, for findings about a text that has no `pos` of its own (a
 * step, a related id, a date). Keyed by the text's address: every authored text is a copy of its
 * own. */
typedef struct jieda__place {
    const char *text;
    jieda__pos pos;
} jieda__place;

typedef struct jieda__places {
    jieda__place *items;
    size_t count;
} jieda__places;

typedef enum jieda__risk {
    JIEDA__RISK_INFO = 0,
    JIEDA__RISK_MONEY,
    JIEDA__RISK_ACCOUNT,
    JIEDA__RISK_FRAUD,
} jieda__risk;

typedef enum jieda__handoff_policy {
    JIEDA__HANDOFF_NEVER = 0,
    JIEDA__HANDOFF_OFFER,
    JIEDA__HANDOFF_ALWAYS,
} jieda__handoff_policy;

typedef enum jieda__category_kind {
    JIEDA__CATEGORY_FAQ = 0,
    JIEDA__CATEGORY_SMALLTALK, /* greetings and the like: never outrank an FAQ entry */
} jieda__category_kind;

/* A text per language, by index into pack.languages; {NULL, 0} where there is none. */
typedef struct jieda__localized {
    jieda_str text[JIEDA__LANGUAGE_COUNT_MAX];
} jieda__localized;

typedef struct jieda__src_category {
    jieda_str id;
    jieda_str parent; /* "" for a root */
    jieda__localized title;
    jieda__category_kind kind;
    jieda__pos pos;
} jieda__src_category;

typedef struct jieda__src_slot { /* a kind of information to have ready */
    jieda_str id;
    jieda__localized title;
} jieda__src_slot;

typedef struct jieda__src_placeholder {
    jieda_str name;
    jieda__localized fallback; /* "default" in the source; empty: the host must bind it */
} jieda__src_placeholder;

typedef struct jieda__src_question {
    jieda_str text;    /* as authored */
    uint32_t language; /* index into pack.languages */
    jieda__pos pos;
} jieda__src_question;

typedef struct jieda__src_action {
    jieda_str label;
    jieda_str link;
} jieda__src_action;

typedef struct jieda__src_answer {
    uint32_t language;
    jieda_str channel; /* "text" unless given */
    jieda_str text;    /* lead paragraph */
    jieda_str *steps;
    size_t step_count;
    jieda_str note; /* "" if none */
    jieda__src_action *actions;
    size_t action_count;
    jieda__pos pos;
} jieda__src_answer;

typedef struct jieda__src_condition { /* one host tag an entry asks for */
    jieda_str tag;
    jieda_str *values; /* any of them; ">=1.2", "<3", "!=x" or a plain value */
    size_t value_count;
} jieda__src_condition;

typedef enum jieda__test_expect {
    JIEDA__EXPECT_ANSWER = 0, /* this entry, with decision answer, smalltalk or handoff */
    JIEDA__EXPECT_TOP3,       /* this entry among the best three candidates */
    JIEDA__EXPECT_NOT,        /* this entry must not be answered */
} jieda__test_expect;

typedef struct jieda__src_test {
    jieda_str ask;
    jieda__test_expect expect;
    jieda__pos pos;
} jieda__src_test;

typedef struct jieda__src_entry {
    jieda_str id;
    jieda__localized title;
    jieda_str category; /* id; "" if the source has no categories */
    jieda__risk risk;
    jieda__src_question *questions;
    size_t question_count;
    jieda__src_question *not_questions;
    size_t not_count;
    jieda__src_answer *answers;
    size_t answer_count;
    jieda_str *needs; /* slot ids */
    size_t need_count;
    jieda_str *related; /* entry ids */
    size_t related_count;
    jieda_str *followups;
    size_t followup_count;
    jieda__handoff_policy handoff;
    uint32_t priority; /* 0..3 = P0..P3 */
    jieda__src_condition *when;
    size_t when_count;
    jieda_str valid_from; /* "YYYY-MM-DD" or "" */
    jieda_str valid_to;
    jieda_str review_by;
    jieda_str owner;
    jieda_str source;
    jieda__src_test *tests;
    size_t test_count;
    jieda__pos pos;
} jieda__src_entry;

/* A lexicon as authored; one from the base, one from the pack. All texts as authored. */
typedef struct jieda__src_words { /* a list of words, or one side of a pair */
    jieda_str *items;
    size_t count;
    jieda__pos pos;
} jieda__src_words;

typedef struct jieda__src_lexicon {
    struct jieda__src_class {
        jieda_str name; /* "HOW" */
        jieda__src_words words;
    } * classes;
    size_t class_count;
    jieda__src_words fillers;
    jieda__src_words *synonyms; /* groups; the first word is canonical */
    size_t synonym_count;
    jieda__src_words protected_words;
    jieda__src_words words;
    struct jieda__src_reading {
        jieda_str word;
        jieda_str syllables; /* "chong fu" */
        jieda__pos pos;
    } * readings;
    size_t reading_count;
    struct jieda__src_opposite {
        jieda__src_words sides[2];
    } * opposites;
    size_t opposite_count;
    jieda__src_words negations;
    jieda__src_words negation_exceptions;
    jieda__places places;
} jieda__src_lexicon;

/* A rule of rules.json; words by their numbers in intent/rules.h. */
typedef struct jieda__src_pattern {
    jieda_str text; /* {{defs}} filled in */
    jieda__pos pos;
} jieda__src_pattern;

typedef struct jieda__src_patterns {
    jieda__src_pattern *items;
    size_t count;
} jieda__src_patterns;

typedef struct jieda__src_rule {
    jieda_str id;
    jieda_str intent;
    jieda_str entry; /* id, "" if none */
    int32_t priority;
    uint32_t action;
    uint32_t reason;
    uint32_t ticket_priority; /* 0..3 = P0..P3 */
    jieda__src_patterns patterns;
    jieda__src_patterns pinyin;
    jieda__src_patterns unless;
    jieda__src_patterns matches; /* examples, as authored */
    jieda__src_patterns no_matches;
    jieda__pos pos;
} jieda__src_rule;

typedef struct jieda__source {
    jieda_str name;
    jieda__localized title;
    jieda_str languages[JIEDA__LANGUAGE_COUNT_MAX]; /* the first is the fallback */
    size_t language_count;
    jieda__src_category *categories; /* authored order */
    size_t category_count;
    jieda__src_slot *slots;
    size_t slot_count;
    jieda__src_placeholder *placeholders;
    size_t placeholder_count;
    jieda__src_question *out_of_scope; /* questions no entry answers */
    size_t out_of_scope_count;
    jieda_str *approved; /* contacts answers may give */
    size_t approved_count;
    jieda__src_entry *entries; /* sorted by file name, then authored order */
    size_t entry_count;
    jieda__src_rule *rules; /* authored order */
    size_t rule_count;
    struct jieda__src_policy *policy; /* policy.h; NULL: the engine's defaults */
    jieda__src_lexicon base_lexicon;
    jieda__src_lexicon pack_lexicon;
    const char *model_path; /* the folder's pack.model, NULL if there is none */
    uint64_t content_hash;  /* over the bytes of all files, in reading order */
    bool is_table;          /* a .tsv, .csv or .jsonl list: written by machines, so checked less */
    bool pack_read;         /* false: pack.json is broken, so nothing is compared with it */
    bool entries_broken;    /* a file of entries is, so an unknown id may be one of its entries */
    jieda__places places;
    void *list; /* the heap block behind `entries` of a list, or NULL */
} jieda__source;

/* ---- the front end --------------------------------------------------------------------------- */

/* Reads a source whole: a folder (pack.json, lexicon.json, rules.json and policy.json if there,
 * every other *.json as entries, in byte order of names), one .json file holding a pack with its
 * "entries" (and "lexicon", "rules" and "policy"), or a .tsv, .csv or .jsonl list. A folder's
 * pack.model is named, not read. Texts live in `arena`. `out` is overwritten: set its base_lexicon
 * afterwards. Reading order is pack.json, lexicon.json, rules.json, policy.json, then the entries.
 * @return JIEDA_OK also when findings were reported (see diagnostics->error_count); JIEDA_E_IO if
 *         nothing could be read, JIEDA_E_NOMEM, JIEDA_E_LIMIT. */
jieda_status jieda__source_read(jieda__arena *arena, const char *path, size_t source_bytes_max,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err);

/* The parsers below read one file's text from memory and add to `out`, which begins zeroed. `file`
 * names it in findings, is borrowed and must outlive the model. All return JIEDA_OK also when
 * findings were reported, else JIEDA_E_NOMEM or JIEDA_E_LIMIT (a text of 4 GB). */

/* pack.json. @param whole  the pack is this one file: "entries" must, "lexicon", "rules" and
 * "policy" may be in it. */
jieda_status jieda__pack_parse(jieda__arena *arena, const char *file, jieda_str text, bool whole,
                               jieda__diagnostics *diagnostics, jieda__source *out,
                               jieda_error *err);

/* A file of entries, after its pack: {"entries": [...]}. */
jieda_status jieda__entries_parse(jieda__arena *arena, const char *file, jieda_str text,
                                  jieda__diagnostics *diagnostics, jieda__source *out,
                                  jieda_error *err);

typedef enum jieda__table_kind {
    JIEDA__TABLE_TSV = 0,
    JIEDA__TABLE_CSV,
    JIEDA__TABLE_JSONL,
} jieda__table_kind;

/* A list of questions. Its entries are given back with jieda__source_release(), also after a
 * failure.
 * @param text  borrowed: the model points into it. */
jieda_status jieda__table_parse(jieda__arena *arena, const char *file, jieda_str text,
                                jieda__table_kind kind, jieda__diagnostics *diagnostics,
                                jieda__source *out, jieda_error *err);

/* Gives back the entries of a list, with their questions and answers; texts stay. No-op for other
 * sources, and twice. @param alloc  the arena's. */
void jieda__source_release(jieda__source *source, const jieda_allocator *alloc);

/* A lexicon file, the base's or the pack's. */
jieda_status jieda__lexicon_parse(jieda__arena *arena, const char *file, jieda_str text,
                                  jieda__diagnostics *diagnostics, jieda__src_lexicon *out,
                                  jieda_error *err);

/* A file of rules. Patterns are compiled to see whether they do; whether a rule's examples hold is
 * for the build, which has the words. */
jieda_status jieda__rules_parse(jieda__arena *arena, const char *file, jieda_str text,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err);

/* policy.json, after its pack, whose languages it may use. */
jieda_status jieda__policy_parse(jieda__arena *arena, const char *file, jieda_str text,
                                 jieda__diagnostics *diagnostics, jieda__source *out,
                                 jieda_error *err);

/* What needs the whole model: duplicate ids, the same question in two entries (compared as
 * normalized), dangling ids, unknown categories and slots, missing language fallbacks, unknown
 * placeholders, dates, contradictions of the lexicons. Useful after findings too: it skips what an
 * earlier finding explains. `arena` only lends its allocator: nothing stays allocated.
 * @return JIEDA_OK also when findings were reported, else JIEDA_E_NOMEM. */
jieda_status jieda__source_check(jieda__arena *arena, const jieda__source *source,
                                 jieda__diagnostics *diagnostics, jieda_error *err);

#endif
