/*
 * json.h - strict JSON with positions: cJSON's tree, and beside it where every value stands.
 *
 * A value is a pair of cJSON item and index into the position list; walk it with
 * jieda__json_child() and jieda__json_next(), which keep both in step. cJSON's own memory comes
 * from its process-wide hooks (malloc unless the host set others), not from the arena's allocator.
 */
#ifndef JIEDA__KB_JSON_H
#define JIEDA__KB_JSON_H

#include "compiler/front.h"

#include <cjson/cJSON.h>

#define JIEDA__JSON_DEPTH_MAX 32u

typedef struct jieda__json_node {
    uint32_t key_line; /* 0: no key */
    uint32_t key_column;
    uint32_t line;
    uint32_t column;
    uint32_t next; /* index of the first node after this value's whole subtree */
} jieda__json_node;

/* A reader; one text at a time. */
typedef struct jieda__json {
    jieda__arena *arena;   /* strings are copied to it; its allocator gives the nodes */
    jieda__places *places; /* where jieda__json_string() notes texts */
    jieda__diagnostics *diagnostics;
    const char *file;
    jieda_str text; /* the current one, borrowed while it is read */
    uint32_t first_line;
    cJSON *root;
    jieda__json_node *nodes;
    size_t node_count;
    size_t node_capacity;
    uint32_t finding_count; /* of the current text */
    jieda_status status;    /* JIEDA_E_NOMEM or JIEDA_E_LIMIT once something failed; sticky */
} jieda__json;

typedef struct jieda__json_value {
    const cJSON *item; /* NULL: absent */
    uint32_t node;
} jieda__json_value;

void jieda__json_init(jieda__json *json, jieda__arena *arena, jieda__diagnostics *diagnostics,
                      const char *file, jieda__places *places);
/* Reads one text, forgetting the one before. False: it is no JSON, which has been reported, or
 * json->status says why. Duplicate keys are reported and leave it true.
 * @param first_line  number of the text's first line. */
bool jieda__json_read(jieda__json *json, jieda_str text, uint32_t first_line);
void jieda__json_free(jieda__json *json);

jieda__json_value jieda__json_root(const jieda__json *json);
jieda__json_value jieda__json_child(jieda__json_value value);
jieda__json_value jieda__json_next(const jieda__json *json, jieda__json_value value);
jieda__pos jieda__json_pos(const jieda__json *json, jieda__json_value value);
jieda__pos jieda__json_key_pos(const jieda__json *json, jieda__json_value value);
/* Where the byte at `offset` of a string's value is written, between its quotes. It looks for the
 * line from the text's begin: for findings, not for loops. */
jieda__pos jieda__json_inside(const jieda__json *json, jieda__json_value value, size_t offset);
size_t jieda__json_count(jieda__json_value value);

/* ---- checked reading: a finding for whatever is not as expected ---------------------------------
 */

enum { /* types, to be combined */
       JIEDA__JSON_STRING = 1u << 0,
       JIEDA__JSON_INTEGER = 1u << 1,
       JIEDA__JSON_LIST = 1u << 2,
       JIEDA__JSON_OBJECT = 1u << 3,
       JIEDA__JSON_BOOLEAN = 1u << 4,
};

typedef struct jieda__json_key {
    const char *name;
    unsigned types;
    bool required;
    const char *example; /* a value, as it would be written */
} jieda__json_key;

/* Whether the value has one of `types`; reports wrong-type. `name` says what it is: "\"title\"". */
bool jieda__json_expect(jieda__json *json, jieda__json_value value, unsigned types,
                        const char *name, const char *example);
/* Checks the keys of an object against a table: unknown, missing and of the wrong type, the last
 * two giving an absent value. `what` names the object: "an entry". False if it is no object. */
bool jieda__json_keys(jieda__json *json, jieda__json_value object, const char *what,
                      const jieda__json_key *keys, size_t key_count, jieda__json_value *out);
/* A string that is not blank, copied to the arena and noted in `places` (jieda__json_copy: not
 * noted). False: reported, or out of memory. */
bool jieda__json_string(jieda__json *json, jieda__json_value value, const char *name,
                        jieda_str *out);
bool jieda__json_copy(jieda__json *json, jieda__json_value value, const char *name, jieda_str *out);
/* A list of strings that is not empty; items that are not as they should be are left out. */
void jieda__json_strings(jieda__json *json, jieda__json_value value, const char *name,
                         jieda_str **items_out, size_t *count_out);
/* Reports an object or list without content; true if there is some. */
bool jieda__json_filled(jieda__json *json, jieda__json_value value, const char *name);
/* The index of a string in `words`, or `count`: reported with what is allowed. */
size_t jieda__json_enum(jieda__json *json, jieda__json_value value, const char *name,
                        const char *const *words, size_t count);
/* Zeroed memory of the arena; NULL sets json->status. */
void *jieda__json_alloc(jieda__json *json, size_t count, size_t size);

#endif
