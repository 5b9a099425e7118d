/*
 * load.c - what building and training begin with: a source with its base lexicon, checked, and its
 * words as the engine reads them.
 */
#include "compiler/compiler.h"
#include "compiler/files.h"

#include "compiler/base_lexicon.h"

#define LEXICON_FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)

jieda_status jieda__source_open(jieda__arena *arena, const char *source_path,
                                const char *base_lexicon_path, size_t source_bytes_max,
                                jieda__diagnostics *diagnostics, jieda__source *out,
                                jieda_error *err)
{
    const char *lexicon_name = base_lexicon_path ? base_lexicon_path : "base lexicon";
    jieda_str lexicon = {(const char *)jieda__base_lexicon, jieda__base_lexicon_len};
    jieda_status st = JIEDA_OK;

    if (source_path)
        st = jieda__source_read(arena, source_path, source_bytes_max, diagnostics, out, err);
    if (st == JIEDA_OK && base_lexicon_path)
        st = jieda__file_read(arena, base_lexicon_path, LEXICON_FILE_BYTES_MAX, &lexicon, err);
    if (st == JIEDA_OK)
        st = jieda__lexicon_parse(arena, lexicon_name, lexicon, diagnostics, &out->base_lexicon,
                                  err);
    if (st == JIEDA_OK)
        st = jieda__source_check(arena, out, diagnostics, err);
    return st;
}

jieda_status jieda__lexicon_compile(const jieda__build *build, jieda__compiled_lexicon *out,
                                    jieda_error *err)
{
    jieda_status st;

    *out = (jieda__compiled_lexicon){0};
    st = jieda__lexicon_build(build, &out->blob, &out->word_count, err);
    if (st == JIEDA_OK)
        st = jieda__lexicon_load(build->alloc, out->blob.bytes, out->blob.len, &out->lexicon, err);
    return st;
}

void jieda__compiled_lexicon_free(const jieda_allocator *alloc, jieda__compiled_lexicon *lexicon)
{
    jieda__lexicon_free(lexicon->lexicon);
    jieda__blob_free(alloc, &lexicon->blob);
}
