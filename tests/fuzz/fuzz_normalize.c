/*
 * fuzz_normalize.c - any bytes: normalizing twice changes nothing, ranges rise and stay inside.
 */
#include "text/text.h"

#include <stdlib.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* assert() may be compiled out; a fuzz target's checks may not. */
static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jieda__arena arena;
    jieda__text text, again;
    jieda_str once;

    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    if (jieda__text_normalize(&arena, (jieda_str){(const char *)data, size}, &text) != JIEDA_OK)
        goto done;
    for (size_t i = 0; i < text.count; i++) {
        const jieda__char *c = &text.chars[i];

        check(c->begin < c->end && c->end <= size && c->kind <= JIEDA__CHAR_DIGIT);
        check(i == 0 || (c->begin >= c[-1].begin && c->end >= c[-1].end));
        check((c->kind == JIEDA__CHAR_SPACE) == (c->cp == ' '));
        check(c->cp >= 0x20 && (c->cp < 0xD800 || c->cp >= 0xF900)); /* neither private use */
    }
    once = jieda__text_utf8(&arena, text.chars, text.count);
    if (!once.ptr || jieda__text_normalize(&arena, once, &again) != JIEDA_OK)
        goto done;
    check(again.count == text.count);
    for (size_t i = 0; i < text.count; i++)
        check(again.chars[i].cp == text.chars[i].cp && again.chars[i].kind == text.chars[i].kind);

done:
    jieda__arena_free(&arena);
    return 0;
}
