/*
 * front.h - what the files of the compiler's front end share: arrays that grow in an arena, a hash
 * map, the places of texts, and the small parts findings are worded with.
 */
#ifndef JIEDA__KB_FRONT_H
#define JIEDA__KB_FRONT_H

#include "compiler/source.h"

/* ---- memory.c's arena, used for arrays ---------------------------------------------------------
 */

/* Room for one more after `count` items of `size` bytes: `items` itself, or a copy twice as large.
 * The capacity is implied, the power of two at or above `count`, so models need no field for it.
 * NULL when out of memory; `items` is as it was. */
void *jieda__grow(jieda__arena *arena, void *items, size_t count, size_t size);

/* Remembers where `text` stands; false when out of memory. */
bool jieda__places_add(jieda__arena *arena, jieda__places *places, jieda_str text, jieda__pos pos);

/* ---- map ------------------------------------------------------------------------------------- */

/* 64-bit keys to numbers, open addressing. A key may be added several times; who looks up compares
 * what the numbers stand for, since different texts can share a key. */
typedef struct jieda__map {
    const jieda_allocator *alloc;
    struct jieda__map_slot {
        uint64_t key; /* 0 = free */
        uint32_t value;
    } * slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} jieda__map;

void jieda__map_init(jieda__map *map, const jieda_allocator *alloc);
bool jieda__map_add(jieda__map *map, uint64_t key, uint32_t value); /* false: out of memory */
/* Begin with *at = 0; true for each value under `key`. */
bool jieda__map_next(const jieda__map *map, uint64_t key, size_t *at, uint32_t *value_out);
void jieda__map_free(jieda__map *map);

/* Records found by their name. Each record's first member is the name, a jieda_str. */
typedef struct jieda__names {
    jieda__map map;
    const void *records;
    size_t size; /* of one record */
} jieda__names;

#define JIEDA__NAME_NONE UINT32_MAX

/* Names all `count` records; of equal names the first is found. Empty names are left out. */
bool jieda__names_init(jieda__names *names, const jieda_allocator *alloc, const void *records,
                       size_t count, size_t size);
uint32_t jieda__names_find(const jieda__names *names, jieda_str name);
jieda_str jieda__names_at(const jieda__names *names, size_t index);
void jieda__names_free(jieda__names *names);

/* ---- wording of findings --------------------------------------------------------------------- */

/* A piece of a message, by value: it lives until the end of the call it is an argument of. */
typedef struct jieda__phrase {
    char text[400];
} jieda__phrase;

/* `text` without the quotes around it, one line of at most 40 code points, escaped as in C. */
jieda__phrase jieda__quote(jieda_str text);
/* "file:line:column" */
jieda__phrase jieda__place_phrase(jieda__pos pos);

/* "did you mean": offer what would have been right, and ask for the nearest. */
typedef struct jieda__suggestion {
    jieda_str wanted;
    jieda_str best; /* borrowed from what was offered */
    size_t distance;
} jieda__suggestion;

jieda__suggestion jieda__suggest(jieda_str wanted);
void jieda__suggest_offer(jieda__suggestion *suggestion, jieda_str candidate);
/* 'did you mean "y"?', or `otherwise` when nothing is near. */
jieda__phrase jieda__suggest_fix(const jieda__suggestion *suggestion, const char *otherwise);

/* Whether `text` holds nothing but ASCII white space. */
bool jieda__is_blank(jieda_str text);

/* ---- ids and dates: check.c ------------------------------------------------------------------ */

#define JIEDA__ID_BYTES_MAX 200u

/* [a-z0-9_]+(\.[a-z0-9_]+)*, at most JIEDA__ID_BYTES_MAX bytes; dots only where `dots`. */
bool jieda__is_id(jieda_str id, bool dots);
/* "2026-01-31" as 20260131, which compares as days do; 0 for what is no day of the calendar. */
uint32_t jieda__date_number(jieda_str text);

#endif
