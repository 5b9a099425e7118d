/*
 * faulty.h - memory that runs out at a chosen allocation.
 *
 * A fault counts allocations down and then strikes, once or from there on. It stands behind an
 * allocator for the engine, and behind SQLite's and cJSON's, whose hooks are process-wide: only a
 * test program may set them.
 */
#ifndef JIEDA_TESTS_FAULTY_H
#define JIEDA_TESTS_FAULTY_H

#include "fixture.h"

#include <cjson/cJSON.h>
#include <sqlite3.h>

typedef struct fault {
    bool armed;
    bool for_ever; /* all after the first fail too */
    bool fired;
    size_t left;  /* allocations until it strikes */
    size_t alive; /* blocks not given back */
} fault;

static inline void fault_arm(fault *f, size_t n, bool for_ever)
{
    f->armed = true;
    f->for_ever = for_ever;
    f->fired = false;
    f->left = n;
}

static inline void fault_disarm(fault *f)
{
    f->armed = false;
}

static inline bool fault_strikes(fault *f)
{
    if (!f->armed || (f->fired && !f->for_ever))
        return false;
    if (f->left > 0) {
        f->left--;
        return false;
    }
    f->fired = true;
    return true;
}

/* jieda_allocator.resize with a fault as context. */
static inline void *faulty_resize(void *ctx, void *ptr, size_t size)
{
    fault *f = ctx;
    void *grown;

    if (size == 0) {
        f->alive -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (fault_strikes(f))
        return NULL;
    grown = realloc(ptr, size);
    assert_non_null(grown);
    f->alive += ptr == NULL;
    return grown;
}

/* ---- SQLite and cJSON ------------------------------------------------------------------------ */

static fault sqlite_fault, cjson_fault;
static sqlite3_mem_methods sqlite_memory; /* SQLite's own */

static inline void *faulty_sqlite_malloc(int size)
{
    return fault_strikes(&sqlite_fault) ? NULL : sqlite_memory.xMalloc(size);
}

static inline void *faulty_sqlite_realloc(void *ptr, int size)
{
    return fault_strikes(&sqlite_fault) ? NULL : sqlite_memory.xRealloc(ptr, size);
}

static inline void *faulty_cjson_malloc(size_t size)
{
    return fault_strikes(&cjson_fault) ? NULL : malloc(size);
}

/* Call it first of all in main(): SQLite takes its hooks before it is used. */
static inline void faulty_libraries(void)
{
    sqlite3_mem_methods methods;
    cJSON_Hooks hooks = {faulty_cjson_malloc, free};

    cJSON_InitHooks(&hooks);
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
        abort();
    methods = sqlite_memory;
    methods.xMalloc = faulty_sqlite_malloc;
    methods.xRealloc = faulty_sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
        abort();
}

/* What a call may say when an allocation failed in SQLite, which reports some as damage or as a
 * failed write. Always with a message. */
static inline bool is_failure_of_sqlite(jieda_status st, const jieda_error *err)
{
    return (st == JIEDA_E_NOMEM || st == JIEDA_E_FORMAT || st == JIEDA_E_IO) && err->status == st &&
           err->message[0] != '\0';
}

#endif
