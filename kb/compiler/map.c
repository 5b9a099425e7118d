/*
 * map.c - growing arrays, names and numbers: the containers of the front end.
 *
 * All memory of a map is temporary and freed by who made it; arrays and places live in the model's
 * arena. A map keeps the whole 64-bit key in the slot, so growing needs no look at the texts, and a
 * look-up compares texts only where the keys agree, which is nearly never by accident.
 */
#include "compiler/front.h"

#include <string.h>

#define MAP_CAPACITY_MIN ((size_t)64)

void *jieda__grow(jieda__arena *arena, void *items, size_t count, size_t size)
{
    size_t capacity = count ? count * 2 : 1;
    void *grown;

    if (count & (count - 1))
        return items; /* not at a power of two: there is room */
    if (capacity > SIZE_MAX / size)
        return NULL;
    grown = jieda__arena_alloc(arena, capacity * size);
    if (grown && count)
        memcpy(grown, items, count * size);
    return grown;
}

bool jieda__places_add(jieda__arena *arena, jieda__places *places, jieda_str text, jieda__pos pos)
{
    jieda__place *items = jieda__grow(arena, places->items, places->count, sizeof *items);

    if (!items)
        return false;
    items[places->count] = (jieda__place){text.ptr, pos};
    places->items = items;
    places->count++;
    return true;
}

void jieda__map_init(jieda__map *map, const jieda_allocator *alloc)
{
    *map = (jieda__map){.alloc = alloc};
}

static void map_put(jieda__map *map, uint64_t key, uint32_t value)
{
    size_t at = (size_t)key & (map->capacity - 1);

    while (map->slots[at].key)
        at = (at + 1) & (map->capacity - 1);
    map->slots[at].key = key;
    map->slots[at].value = value;
}

bool jieda__map_add(jieda__map *map, uint64_t key, uint32_t value)
{
    if (map->count * 2 >= map->capacity) {
        jieda__map old = *map;

        map->capacity = old.capacity ? old.capacity * 2 : MAP_CAPACITY_MIN;
        map->slots = jieda__alloc_zero(map->alloc, map->capacity, sizeof *map->slots);
        if (!map->slots) {
            *map = old;
            return false;
        }
        for (size_t i = 0; i < old.capacity; i++) {
            if (old.slots[i].key)
                map_put(map, old.slots[i].key, old.slots[i].value);
        }
        jieda__dealloc(map->alloc, old.slots);
    }
    map_put(map, key ? key : 1, value);
    map->count++;
    return true;
}

/* *at is 0 before the first look, else 1 + the slot to look at next. */
bool jieda__map_next(const jieda__map *map, uint64_t key, size_t *at, uint32_t *value_out)
{
    size_t mask = map->capacity - 1;
    size_t slot;

    if (map->capacity == 0)
        return false;
    key = key ? key : 1;
    slot = *at ? *at - 1 : (size_t)key & mask;
    while (map->slots[slot].key) {
        size_t next = (slot + 1) & mask;

        if (map->slots[slot].key == key) {
            *value_out = map->slots[slot].value;
            *at = next + 1;
            return true;
        }
        slot = next;
    }
    return false;
}

void jieda__map_free(jieda__map *map)
{
    if (map->alloc)
        jieda__dealloc(map->alloc, map->slots);
    *map = (jieda__map){0};
}

jieda_str jieda__names_at(const jieda__names *names, size_t index)
{
    jieda_str name;

    memcpy(&name, (const char *)names->records + index * names->size, sizeof name);
    return name;
}

bool jieda__names_init(jieda__names *names, const jieda_allocator *alloc, const void *records,
                       size_t count, size_t size)
{
    jieda__map_init(&names->map, alloc);
    names->records = records;
    names->size = size;
    for (size_t i = 0; i < count; i++) {
        jieda_str name = jieda__names_at(names, i);

        if (name.len == 0 || jieda__names_find(names, name) != JIEDA__NAME_NONE)
            continue;
        if (!jieda__map_add(&names->map, jieda__hash(JIEDA__HASH_SEED, name.ptr, name.len),
                            (uint32_t)i))
            return false;
    }
    return true;
}

uint32_t jieda__names_find(const jieda__names *names, jieda_str name)
{
    uint64_t key = jieda__hash(JIEDA__HASH_SEED, name.ptr, name.len);
    size_t at = 0;
    uint32_t index;

    while (jieda__map_next(&names->map, key, &at, &index)) {
        if (jieda__str_equal(jieda__names_at(names, index), name))
            return index;
    }
    return JIEDA__NAME_NONE;
}

void jieda__names_free(jieda__names *names)
{
    jieda__map_free(&names->map);
}
