/*
 * memory_test.c - the allocator's wrappers and the arena keep their promises: alignment, bounds,
 * lifetimes, and that a steady load of requests allocates nothing.
 *
 * An allocator that counts stands below, so that a block lost or freed twice shows in the count,
 * and the sanitizers see the rest.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_ALIGN 16u
#define LARGE ((size_t)1 << 30)

typedef struct counter {
    size_t alive;   /* blocks not freed */
    size_t calls;   /* allocations asked for */
    size_t allowed; /* allocations before all fail */
} counter;

static void *counting_resize(void *ctx, void *ptr, size_t size)
{
    counter *c = ctx;
    void *grown;

    if (size == 0) {
        c->alive -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    c->calls++;
    if (c->allowed == 0 || size > LARGE) /* the sanitizer takes a huge request for a mistake */
        return NULL;
    c->allowed--;
    grown = realloc(ptr, size);
    assert_non_null(grown);
    c->alive += ptr == NULL;
    return grown;
}

static jieda_allocator counting(counter *c)
{
    *c = (counter){.allowed = SIZE_MAX};
    return (jieda_allocator){counting_resize, c};
}

static void no_bytes_are_a_block_too(void **state)
{
    const jieda_allocator *alloc = jieda__default_allocator();
    void *a = jieda__alloc(alloc, 0), *b = jieda__alloc(alloc, 0);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    jieda__dealloc(alloc, a);
    jieda__dealloc(alloc, b);
    jieda__dealloc(alloc, NULL);
}

static void zeroed_memory_is_zero_and_a_product_past_size_max_is_refused(void **state)
{
    counter c;
    jieda_allocator alloc = counting(&c);
    unsigned char *bytes = jieda__alloc_zero(&alloc, 100, 7);

    (void)state;
    for (size_t i = 0; i < 700; i++)
        assert_int_equal(bytes[i], 0);
    jieda__dealloc(&alloc, bytes);
    c.calls = 0;
    assert_null(jieda__alloc_zero(&alloc, SIZE_MAX / 8 + 1, 8));
    assert_int_equal(c.calls, 0); /* refused by us, not by luck below */
    assert_int_equal(c.alive, 0);
}

static void every_arena_block_is_aligned_and_its_own(void **state)
{
    enum { COUNT = 400 };
    jieda__arena arena;
    unsigned char *blocks[COUNT];

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
    for (size_t size = 0; size < COUNT; size++) {
        blocks[size] = jieda__arena_alloc(&arena, size);
        assert_non_null(blocks[size]);
        assert_int_equal((uintptr_t)blocks[size] % ARENA_ALIGN, 0);
        memset(blocks[size], (int)(size & 0xFF), size);
    }
    for (size_t size = 0; size < COUNT; size++)
        for (size_t i = 0; i < size; i++)
            assert_int_equal(blocks[size][i], size & 0xFF);
    assert_ptr_not_equal(blocks[0], blocks[1]); /* no bytes are unique too */
    jieda__arena_free(&arena);
}

static const struct {
    const char *name;
    size_t bytes_max, first, second;
    bool first_fits, second_fits;
} bound_cases[] = {
    {"nothing fits into nothing", 0, 1, 1, false, false},
    {"exactly the bound fits", 4096, 4096, 1, true, false},
    {"one past the bound does not", 4096, 4097, 4096, false, true},
    {"two halves fill it", 4096, 2048, 2048, true, true},
    {"two halves and a byte do not", 4096, 2048, 2049, true, false},
    {"a large block counts whole", 1 << 20, 1 << 20, 16, true, false},
    {"a size that would wrap", SIZE_MAX, SIZE_MAX, SIZE_MAX - 15, false, false},
    {"a size that wraps with the header", SIZE_MAX, SIZE_MAX - 16, SIZE_MAX - 32, false, false},
    {"a size nobody has", SIZE_MAX, SIZE_MAX / 2, 16, false, true},
};

static void the_bound_of_an_arena_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bound_cases / sizeof *bound_cases; i++) {
        counter c;
        jieda_allocator alloc = counting(&c);
        jieda__arena arena;
        bool first, second;

        jieda__arena_init(&arena, &alloc, bound_cases[i].bytes_max);
        first = jieda__arena_alloc(&arena, bound_cases[i].first) != NULL;
        second = jieda__arena_alloc(&arena, bound_cases[i].second) != NULL;
        if (first != bound_cases[i].first_fits || second != bound_cases[i].second_fits)
            fail_msg("%s: %d %d", bound_cases[i].name, first, second);
        assert_true(arena.total <= arena.bytes_max);
        jieda__arena_free(&arena);
    }
}

static void many_small_blocks_stop_at_the_bound(void **state)
{
    enum { BYTES_MAX = 100000 };
    jieda__arena arena;
    size_t given = 0;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), BYTES_MAX);
    while (jieda__arena_alloc(&arena, 48)) {
        given += 48;
        assert_true(given <= BYTES_MAX);
    }
    assert_true(given > BYTES_MAX / 2); /* and most of it can be had */
    assert_true(arena.total <= BYTES_MAX);
    jieda__arena_free(&arena);
}

static void zeroed_arena_memory_is_zero_after_a_reset_too(void **state)
{
    jieda__arena arena;
    unsigned char *bytes;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
    memset(jieda__arena_alloc(&arena, 1000), 0xAA, 1000);
    jieda__arena_reset(&arena);
    bytes = jieda__arena_zero(&arena, 10, 100);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(bytes[i], 0);
    assert_null(jieda__arena_zero(&arena, SIZE_MAX / 2, 3));
    jieda__arena_free(&arena);
}

static void a_copy_ends_with_nul_and_keeps_a_nul_inside(void **state)
{
    jieda__arena arena;
    jieda_str copy;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), 64);
    copy = jieda__arena_copy(&arena, (jieda_str){"a\0b", 3});
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b\0", 4);
    copy = jieda__arena_copy(&arena, (jieda_str){NULL, 0});
    assert_non_null(copy.ptr); /* NULL would mean out of memory */
    assert_int_equal(copy.len, 0);
    assert_string_equal(copy.ptr, "");
    copy = jieda__arena_copy(&arena, (jieda_str){"0123456789012345678901234567890123456789", 40});
    assert_null(copy.ptr);
    assert_int_equal(copy.len, 0);
    jieda__arena_free(&arena);
}

static void a_steady_load_allocates_nothing(void **state)
{
    counter c;
    jieda_allocator alloc = counting(&c);
    jieda__arena arena;
    size_t calls_after_two = 0;

    (void)state;
    jieda__arena_init(&arena, &alloc, SIZE_MAX);
    for (int request = 0; request < 10; request++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(jieda__arena_alloc(&arena, 500));
        jieda__arena_reset(&arena);
        assert_int_equal(c.alive, 1);
        if (request == 2)
            calls_after_two = c.calls;
    }
    assert_int_equal(c.calls, calls_after_two);
    jieda__arena_free(&arena);
    assert_int_equal(c.alive, 0);
}

static void a_failed_allocation_leaves_the_arena_as_it_was(void **state)
{
    counter c;
    jieda_allocator alloc = counting(&c);
    jieda__arena arena;
    char *kept;

    (void)state;
    jieda__arena_init(&arena, &alloc, SIZE_MAX);
    c.allowed = 0;
    assert_null(jieda__arena_alloc(&arena, 1));
    c.allowed = 1;
    kept = jieda__arena_alloc(&arena, 16);
    assert_non_null(kept);
    memset(kept, 'k', 16);
    assert_null(jieda__arena_alloc(&arena, 1 << 20));
    assert_non_null(jieda__arena_alloc(&arena, 16)); /* the first block still has room */
    assert_memory_equal(kept, "kkkkkkkkkkkkkkkk", 16);
    jieda__arena_free(&arena);
    assert_int_equal(c.alive, 0);
}

static void an_arena_can_be_freed_at_any_time(void **state)
{
    jieda__arena never = {0}, empty;

    (void)state;
    jieda__arena_free(&never);
    jieda__arena_init(&empty, jieda__default_allocator(), 100);
    jieda__arena_reset(&empty);
    jieda__arena_free(&empty);
    jieda__arena_free(&empty);
    assert_non_null(jieda__arena_alloc(&empty, 96)); /* and used again */
    jieda__arena_free(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_are_a_block_too),
        cmocka_unit_test(zeroed_memory_is_zero_and_a_product_past_size_max_is_refused),
        cmocka_unit_test(every_arena_block_is_aligned_and_its_own),
        cmocka_unit_test(the_bound_of_an_arena_holds),
        cmocka_unit_test(many_small_blocks_stop_at_the_bound),
        cmocka_unit_test(zeroed_arena_memory_is_zero_after_a_reset_too),
        cmocka_unit_test(a_copy_ends_with_nul_and_keeps_a_nul_inside),
        cmocka_unit_test(a_steady_load_allocates_nothing),
        cmocka_unit_test(a_failed_allocation_leaves_the_arena_as_it_was),
        cmocka_unit_test(an_arena_can_be_freed_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
