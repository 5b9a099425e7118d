/*
 * source_fault_test.c - each allocation of reading and checking a source fails once.
 *
 * Every failure must come back as JIEDA_E_NOMEM with a message, and leave nothing allocated. What
 * cJSON allocates is out of scope: its hooks are process-wide, so this allocator never sees it.
 */
#include "compiler/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct faulty {
    size_t allowed; /* allocations before the one that fails */
    bool for_ever;  /* all after it fail too */
    bool fired;
    size_t alive; /* blocks not freed */
} faulty;

static void *faulty_resize(void *ctx, void *ptr, size_t size)
{
    faulty *f = ctx;
    void *grown;

    if (size == 0) {
        f->alive -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (f->allowed == 0 && (!f->fired || f->for_ever)) {
        f->fired = true;
        return NULL;
    }
    f->allowed -= f->allowed > 0;
    grown = realloc(ptr, size);
    assert_non_null(grown);
    f->alive += ptr == NULL;
    return grown;
}

static const struct {
    const char *name, *path, *base; /* base: a lexicon file, or NULL */
} sources[] = {
    {"a folder", JIEDA_TESTS_DIR "/golden/kb_errors/duplicate-question", NULL},
    {"a whole pack", JIEDA_TESTS_DIR "/golden/kb_errors/unknown-placeholder/source.json", NULL},
    {"many keys", JIEDA_TESTS_DIR "/golden/kb_errors/duplicate-key-among-many/source.json", NULL},
    {"categories", JIEDA_TESTS_DIR "/golden/kb_errors/category-cycle/source.json", NULL},
    {"lexicons", JIEDA_TESTS_DIR "/golden/kb_errors/synonym-conflict-with-base/source.json",
     JIEDA_TESTS_DIR "/golden/kb_errors/synonym-conflict-with-base/base.lexicon"},
    {"many classes", JIEDA_TESTS_DIR "/golden/kb_errors/too-many-classes/source.json", NULL},
    {"opposites", JIEDA_TESTS_DIR "/golden/kb_errors/too-many-opposites/source.json", NULL},
    {"rules", JIEDA_TESTS_DIR "/golden/kb_errors/rules-patterns", NULL},
    {"defs", JIEDA_TESTS_DIR "/golden/kb_errors/rules-defs", NULL},
    {"a policy in a folder", JIEDA_TESTS_DIR "/golden/kb_errors/policy-file", NULL},
    {"its entries", JIEDA_TESTS_DIR "/golden/kb_errors/policy-entries/source.json", NULL},
    {"its reminders", JIEDA_TESTS_DIR "/golden/kb_errors/policy-reminders/source.json", NULL},
    {"its dates", JIEDA_TESTS_DIR "/golden/kb_errors/policy-dates/source.json", NULL},
    {"contacts", JIEDA_TESTS_DIR "/golden/kb_errors/unapproved-contact/source.json", NULL},
    {"a .tsv", JIEDA_TESTS_DIR "/golden/kb_errors/table-duplicate-question/source.tsv", NULL},
    {"a .csv", JIEDA_TESTS_DIR "/golden/kb_errors/table-bad-csv/source.csv", NULL},
    {"a .jsonl", JIEDA_TESTS_DIR "/golden/kb_errors/table-jsonl/source.jsonl", NULL},
    {"short groups", JIEDA_TESTS_DIR "/golden/kb_errors/wrong-length/source.json",
     JIEDA_TESTS_DIR "/golden/kb_errors/synonym-conflict-with-base/base.lexicon"},
};

/* A base lexicon, read by the test itself: its memory is none of the allocator's. */
static jieda_str load(const char *path)
{
    static char bytes[64 * 1024];
    FILE *file = fopen(path, "rb");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return (jieda_str){bytes, len};
}

static jieda_status compile(size_t which, const jieda_allocator *alloc, uint32_t *findings_out,
                            jieda_error *err)
{
    jieda__arena arena;
    jieda__diagnostics diagnostics = {0};
    jieda__source source;
    jieda_status st;

    jieda__arena_init(&arena, alloc, SIZE_MAX);
    st = jieda__source_read(&arena, sources[which].path, SIZE_MAX, &diagnostics, &source, err);
    if (st == JIEDA_OK && sources[which].base)
        st = jieda__lexicon_parse(&arena, "base", load(sources[which].base), &diagnostics,
                                  &source.base_lexicon, err);
    if (st == JIEDA_OK)
        st = jieda__source_check(&arena, &source, &diagnostics, err);
    jieda__source_release(&source, arena.alloc);
    jieda__arena_free(&arena);
    *findings_out = diagnostics.error_count + diagnostics.warning_count;
    return st;
}

static void fail_each(size_t which, bool for_ever)
{
    size_t n = 0;

    for (;; n++) {
        faulty f = {.allowed = n, .for_ever = for_ever};
        jieda_allocator alloc = {faulty_resize, &f};
        jieda_error err = {0};
        uint32_t findings;
        jieda_status st = compile(which, &alloc, &findings, &err);

        if (f.alive != 0)
            fail_msg("%s, allocation %zu: %zu blocks leak", sources[which].name, n, f.alive);
        if (!f.fired) {
            assert_int_equal(st, JIEDA_OK);
            assert_true(findings > 0);
            break;
        }
        if (st != JIEDA_E_NOMEM || err.status != JIEDA_E_NOMEM || err.message[0] == '\0')
            fail_msg("%s, allocation %zu: status %d, %s", sources[which].name, n, st, err.message);
    }
    assert_true(n > 3);
}

static void each_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        fail_each(i, false);
        fail_each(i, true);
    }
}

/* The arena's bound is another way to run out of memory, and a finer one: it may stop at any
 * array, not only where a block is full. */
static void the_arena_may_be_full_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        for (size_t bytes = 0;; bytes += bytes < 4096 ? 16 : 512) {
            jieda__arena arena;
            jieda__diagnostics diagnostics = {0};
            jieda__source source;
            jieda_error err = {0};
            jieda_status st;

            jieda__arena_init(&arena, jieda__default_allocator(), bytes);
            st = jieda__source_read(&arena, sources[i].path, SIZE_MAX, &diagnostics, &source, &err);
            if (st == JIEDA_OK)
                st = jieda__source_check(&arena, &source, &diagnostics, &err);
            jieda__source_release(&source, arena.alloc);
            jieda__arena_free(&arena);
            if (st == JIEDA_OK)
                break;
            assert_int_equal(st, JIEDA_E_NOMEM);
            assert_int_equal(err.status, JIEDA_E_NOMEM);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(the_arena_may_be_full_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
