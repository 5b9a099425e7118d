/*
 * eval.h - what the files of `jieda eval` share.
 *
 *   eval.c            opens a set, tells its kind, hands it on line by line
 *   eval_questions.c  rows of `question TAB id[,id...]`
 *   eval_urgent.c     rows of `text TAB 1 or 0 TAB reason`: is a person called when one must be?
 *   eval_dialogs.c    conversations, one JSON object a line
 *   eval_report.c     fields, times, shares and minima, the same for all kinds
 *
 * A kind is a row of functions and keeps its counts to itself; the times and the list of what went
 * wrong are the evaluation's.
 */
#ifndef JIEDA_CLI_EVAL_H
#define JIEDA_CLI_EVAL_H

#include "cli.h"

typedef struct evaluation evaluation;

typedef struct eval_kind {
    const char *name;  /* of --as */
    const char *wants; /* the form of a line, for messages */
    unsigned minima;   /* OPTION_BIT()s of the minima that it knows */
    size_t counts_size;
    /* One line that is not empty, without its line end. Exit code. */
    int (*take)(evaluation *e, jieda_str line);
    /* Prints the figures, or one JSON object that takes e->misses over, and holds them against the
     * minima. Exit code. */
    int (*report)(evaluation *e);
    void (*free_counts)(evaluation *e); /* what counts point to; NULL: nothing */
} eval_kind;

extern const eval_kind eval_questions, eval_urgent, eval_dialogs;

typedef struct eval_times {
    uint64_t *us; /* of every question, in no order until eval_times_sort(); owned */
    size_t count, capacity;
} eval_times;

struct evaluation {
    cli *c;
    kb k;
    const args *a;
    line_reader *reader;
    const eval_kind *kind; /* NULL until the first row was seen */
    void *counts;          /* of the kind, zero at first */
    eval_times times;
    cJSON *misses; /* NULL unless both --json and --misses */
    size_t unknown_count;
};

/* ---- eval.c ---------------------------------------------------------------------------------- */

/* Asks and adds the time. Exit code; a failure was reported. */
int eval_ask(evaluation *e, jieda_str question, bool fresh, const jieda_reply **reply_out);
/* Reports "FILE:LINE:COLUMN: what", without a column that is 0. Exit code. */
int eval_bad_line(const evaluation *e, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A typing error in the set looks like a weakness of the knowledge base: warns of an id that is no
 * entry. The last reply is gone afterwards, and the session is to be made fresh. */
void eval_warn_unknown(evaluation *e, jieda_str id);
/* Adds an item to the list of misses; NULL means that memory ran out. False without memory. */
bool eval_add_miss(evaluation *e, cJSON *item);

/* ---- eval_report.c --------------------------------------------------------------------------- */

/* Cuts the next field off `rest`, which is empty and NULL after the last one. */
bool eval_next_field(jieda_str *rest, char separator, jieda_str *field);
/* Whether an id that a set expects, "refund.apply" or "smalltalk.*", is that of the entry. */
bool eval_is_wildcard(jieda_str id);
bool eval_id_accepts(jieda_str expected, jieda_str entry_id);

double eval_share(uint64_t part, uint64_t whole); /* 0 of nothing */
void eval_print_count(const char *name, uint64_t part, uint64_t whole);
void eval_print_number(const char *name, uint64_t number);
/* Sorts the times; then both may be printed. */
void eval_times_sort(eval_times *times);
void eval_times_print(const eval_times *times);
bool eval_times_json(cJSON *object, const eval_times *times);
/* "NAME_count" and "NAME", the share. */
bool eval_count_json(cJSON *object, const char *name, uint64_t part, uint64_t whole);

/* Whether a share reaches its minimum, or keeps to its maximum; says so if it does not. A limit
 * below 0 was not given. */
bool eval_reaches(const cli *c, const char *name, double value, double least);
bool eval_keeps_to(const cli *c, const char *name, double value, double most);
/* Prints `report`, taking over the misses, or frees it where people read. Exit code. */
int eval_finish(evaluation *e, cJSON *report, bool passed);

#endif
