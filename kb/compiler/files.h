/*
 * files.h - reads a file whole; writes one so that a reader sees the old or the new, never half.
 */
#ifndef JIEDA__KB_FILES_H
#define JIEDA__KB_FILES_H

#include "base/base.h"

/* Reads a regular file into the arena, 16-byte aligned, with a NUL behind it.
 * @return JIEDA_E_IO, JIEDA_E_LIMIT if it is longer than `bytes_max`, JIEDA_E_NOMEM; `err` names
 *         the file. */
jieda_status jieda__file_read(jieda__arena *arena, const char *path, size_t bytes_max,
                              jieda_str *out, jieda_error *err);

/* Makes an empty file beside `path` under a name of its own.
 * @param temporary_out  the name, in the arena: publish or discard it. */
jieda_status jieda__file_temporary(jieda__arena *arena, const char *path, char **temporary_out,
                                   jieda_error *err);
/* Appends to an open file; false and errno after a failure. */
bool jieda__file_append(int fd, const void *bytes, size_t len);
/* Syncs a temporary file and renames it to `path`; after a failure it is gone.
 * @param bytes_out  may be NULL; its size. */
jieda_status jieda__file_publish(const char *temporary, const char *path, uint64_t *bytes_out,
                                 jieda_error *err);
void jieda__file_discard(const char *temporary);

#endif
