/*
 * load.c - what building, training and comparing begin with: a source with its base lexicon,
 * checked, its words as the engine reads them, a model that goes with them.
 */
#include "compiler/compiler.h"
#include "compiler/files.h"
#include "match/model.h"

#include "compiler/base_lexicon.h"

#define LEXICON_FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define MODEL_BYTES_MAX ((size_t)256 * 1024 * 1024)

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

jieda_status jieda__model_read(jieda__arena *arena, const char *path, uint64_t lexicon_hash,
                               const char *remedy, jieda__model *out, jieda_error *err)
{
    jieda_str bytes;
    jieda_status st = jieda__file_read(arena, path, MODEL_BYTES_MAX, &bytes, err);

    if (st == JIEDA_OK)
        st = jieda__model_load(bytes.ptr, bytes.len, out, err);
    if (st == JIEDA_OK && out->header->lexicon_hash != lexicon_hash)
        st = jieda__fail(err, JIEDA_E_VERSION, "the model was trained with another lexicon; %s",
                         remedy);
    if (st != JIEDA_OK)
        jieda__error_source(err, path);
    return st;
}
