/*
 * fuzz_segment.c - any bytes through the base lexicon: pieces tile the text, views lie in it, terms
 * can go into a MATCH expression.
 */
#include "support/kb_fixture.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Made once; lives until the program ends, so the leak checker finds it reachable. */
static const jieda__lexicon *base_lexicon(void)
{
    static fixture_lexicon base;

    if (!base.lexicon)
        fixture_lexicon_init(&base);
    return base.lexicon;
}

static void check_reading(const jieda__reading *r)
{
    const jieda__units *views[] = {&r->raw, &r->canonical, &r->pinyin};
    size_t at = 0;

    for (size_t i = 0; i < r->segments.count; i++) {
        const jieda__segment *s = &r->segments.items[i];

        for (; at < s->first; at++)
            check(r->text.chars[at].kind <= JIEDA__CHAR_PUNCT);
        check(s->first == at && s->count > 0 && at + s->count <= r->text.count);
        for (; at < s->first + s->count; at++)
            check(r->text.chars[at].kind > JIEDA__CHAR_PUNCT);
    }
    for (; at < r->text.count; at++)
        check(r->text.chars[at].kind <= JIEDA__CHAR_PUNCT);
    for (size_t v = 0; v < 3; v++) {
        check(views[v]->count <= JIEDA__UNIT_COUNT_MAX);
        for (size_t i = 0; i < views[v]->count; i++)
            check(views[v]->items[i].count > 0 &&
                  views[v]->items[i].first + views[v]->items[i].count <= r->text.count);
    }
    check((r->canonical.count > 0) == (r->raw.count > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const jieda__lexicon *lexicon = base_lexicon();
    jieda__arena arena;
    jieda__reading r;

    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    if (jieda__text_read(&arena, lexicon, (jieda_str){(const char *)data, size}, &r) == JIEDA_OK) {
        check_reading(&r);
        for (int pinyin = 0; pinyin < 2; pinyin++) {
            jieda__index_terms terms;

            if (jieda__text_index_terms(&arena, lexicon, &r, pinyin, &terms) != JIEDA_OK)
                break;
            for (size_t i = 0; i < terms.count; i++) {
                const jieda__index_term *t = &terms.items[i];

                check(t->begin < t->end && t->end <= size && t->text.len > 0 && t->term != 0);
                check(!memchr(t->text.ptr, '"', t->text.len) &&
                      !memchr(t->text.ptr, 0, t->text.len));
            }
        }
    }
    jieda__arena_free(&arena);
    return 0;
}
