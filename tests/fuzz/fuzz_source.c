/*
 * fuzz_source.c - feeds the compiler's parsers and the check any bytes.
 *
 * The first byte picks the kind of text, the rest is the text: 0 pack in one file, 1 entries after
 * a fixed pack, 2 lexicon (checked against itself as base), 3 .tsv, 4 .csv, 5 .jsonl; modulo 6, so
 * that corpus files can begin with the readable '0' (48) to '5'.
 */
#include "compiler/source.h"

#include <stdlib.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every byte of a finding, so that the sanitizers see a bad slice. */
static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    jieda_str parts[] = {finding->file, finding->message, finding->fix};
    uint64_t *sum = ctx;

    for (size_t i = 0; i < 3; i++)
        *sum = jieda__hash(*sum, parts[i].ptr, parts[i].len);
    if (parts[1].len == 0 || jieda__utf8_valid_prefix(parts[1].ptr, parts[1].len) != parts[1].len)
        abort();
}

static jieda_status parse(jieda__arena *arena, unsigned kind, jieda_str text,
                          jieda__diagnostics *diagnostics, jieda__source *source)
{
    static const char pack[] =
        "{\"format\":1,\"name\":\"p\",\"title\":{\"zh\":\"包\"},\"languages\":[\"zh\",\"en\"],"
        "\"slots\":{\"amount\":{\"zh\":\"金额\",\"en\":\"amount\"}},"
        "\"placeholders\":{\"brand\":{\"default\":\"b\"}},"
        "\"categories\":[{\"id\":\"c\",\"title\":{\"zh\":\"类\",\"en\":\"c\"}}],"
        "\"out_of_scope\":{\"zh\":[\"天气\"]}}";
    jieda_status st;

    switch (kind) {
    case 0:
        return jieda__pack_parse(arena, "f.json", text, true, diagnostics, source, NULL);
    case 1:
        st = jieda__pack_parse(arena, "pack.json", (jieda_str){pack, sizeof pack - 1}, false,
                               diagnostics, source, NULL);
        if (st != JIEDA_OK)
            return st;
        return jieda__entries_parse(arena, "f.json", text, diagnostics, source, NULL);
    case 2:
        st = jieda__lexicon_parse(arena, "f.json", text, diagnostics, &source->pack_lexicon, NULL);
        source->base_lexicon = source->pack_lexicon;
        return st;
    default:
        return jieda__table_parse(arena, "f", text, (jieda__table_kind)(kind - 3), diagnostics,
                                  source, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t sum = JIEDA__HASH_SEED;
    jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = &sum};
    jieda__source source = {0};
    jieda__arena arena;

    if (size == 0)
        return 0;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    if (parse(&arena, data[0] % 6u, (jieda_str){(const char *)data + 1, size - 1}, &diagnostics,
              &source) == JIEDA_OK)
        (void)jieda__source_check(&arena, &source, &diagnostics, NULL);
    jieda__source_release(&source, arena.alloc);
    jieda__arena_free(&arena);
    return 0;
}
