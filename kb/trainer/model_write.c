/*
 * model_write.c - lays a trained model out as the file that match/model.c reads in place.
 *
 * Written beside its place and renamed into it, as a .kb is. If you change the layout, change
 * match/model.c and JIEDA__MODEL_MAGIC too.
 */
#include "compiler/files.h"
#include "trainer/trainer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE JIEDA__EMBEDDING_SIZE
#define KNOWN_WORDS (JIEDA__EMBEDDING_ROW_COUNT / 64)

static size_t padded(size_t len)
{
    return (len + JIEDA__MODEL_ALIGN - 1) / JIEDA__MODEL_ALIGN * JIEDA__MODEL_ALIGN;
}

static char *put(char *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + padded(len);
}

jieda_status jieda__model_lay_out(jieda__arena *arena, const jieda__trained *trained,
                                  const char *provenance, jieda__blob *out)
{
    jieda__model_header header = trained->header;
    size_t provenance_bytes = strlen(provenance), slots = (size_t)1 << header.sparse_bits;
    uint32_t rank[KNOWN_WORDS];
    char *at;

    header.row_count = 0;
    for (size_t i = 0; i < KNOWN_WORDS; i++) {
        rank[i] = header.row_count;
        header.row_count += (uint32_t)__builtin_popcountll(trained->known[i]);
    }
    out->len = padded(sizeof header) + padded(provenance_bytes) + padded(JIEDA__IDF_COUNT) +
               padded(KNOWN_WORDS * sizeof *trained->known) + padded(sizeof rank) +
               padded((size_t)header.row_count * SIZE) + 2 * padded(slots);
    out->bytes = jieda__arena_zero(arena, 1, out->len);
    if (!out->bytes)
        return JIEDA_E_NOMEM;
    header.magic = JIEDA__MODEL_MAGIC;
    header.text_version = JIEDA__TEXT_VERSION;
    header.bytes = out->len;
    header.provenance_bytes = (uint32_t)provenance_bytes;
    at = (char *)out->bytes + padded(sizeof header);
    at = put(at, provenance, provenance_bytes);
    at = put(at, trained->idf, JIEDA__IDF_COUNT);
    at = put(at, trained->known, KNOWN_WORDS * sizeof *trained->known);
    at = put(at, rank, sizeof rank);
    at = put(at, trained->rows, (size_t)header.row_count * SIZE);
    at = put(at, trained->joint, slots);
    put(at, trained->plain, slots);
    memcpy(out->bytes, &header, sizeof header);
    header.content_hash = jieda__model_hash(out->bytes, out->len);
    memcpy(out->bytes, &header, sizeof header);
    return JIEDA_OK;
}

jieda_status jieda__model_save(jieda__arena *arena, const jieda__blob *model, const char *path,
                               jieda_error *err)
{
    char *temporary;
    jieda_status st = jieda__file_temporary(arena, path, &temporary, err);
    int fd;

    if (st != JIEDA_OK)
        return st;
    fd = open(temporary, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || !jieda__file_append(fd, model->bytes, model->len)) {
        st = jieda__fail(err, JIEDA_E_IO, "cannot write: %s", strerror(errno));
        jieda__error_source(err, path);
    }
    if (fd >= 0)
        close(fd);
    if (st == JIEDA_OK)
        return jieda__file_publish(temporary, path, NULL, err);
    jieda__file_discard(temporary);
    return st;
}
