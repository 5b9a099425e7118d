/*
 * files.c - whole files in, whole files out; see files.h.
 */
#include "compiler/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writers of one process to one place at a time. */
#define TEMPORARY_COUNT_MAX 100

/* "what: why", naming the file. */
static jieda_status fail_io(const char *path, const char *what, int number, jieda_error *err)
{
    char why[100] = "unknown error";

    strerror_r(number, why, sizeof why);
    jieda__fail(err, JIEDA_E_IO, "%s: %s", what, why);
    jieda__error_source(err, path);
    return JIEDA_E_IO;
}

static jieda_status fail_plain(const char *path, jieda_status status, const char *message,
                               jieda_error *err)
{
    jieda__fail(err, status, "%s", message);
    jieda__error_source(err, path);
    return status;
}

static jieda_status read_open_file(jieda__arena *arena, int fd, const char *path, size_t bytes_max,
                                   jieda_str *out, jieda_error *err)
{
    struct stat info;
    size_t len = 0, size;
    char *bytes;

    if (fstat(fd, &info) != 0)
        return fail_io(path, "cannot read", errno, err);
    if (!S_ISREG(info.st_mode))
        return fail_plain(path, JIEDA_E_IO, "not a regular file", err);
    if ((uintmax_t)info.st_size > bytes_max)
        return fail_plain(path, JIEDA_E_LIMIT, "the file is too large", err);
    size = (size_t)info.st_size;
    bytes = jieda__arena_alloc(arena, size + 1);
    if (!bytes)
        return fail_plain(path, JIEDA_E_NOMEM, "out of memory", err);
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_io(path, "cannot read", errno, err);
        if (got == 0)
            return fail_plain(path, JIEDA_E_IO, "changed while it was being read; try again", err);
        len += (size_t)got;
    }
    bytes[len] = '\0';
    *out = (jieda_str){bytes, len};
    return JIEDA_OK;
}

jieda_status jieda__file_read(jieda__arena *arena, const char *path, size_t bytes_max,
                              jieda_str *out, jieda_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    jieda_status st;

    if (fd < 0)
        return fail_io(path, "cannot open", errno, err);
    st = read_open_file(arena, fd, path, bytes_max, out, err);
    close(fd);
    return st;
}

jieda_status jieda__file_temporary(jieda__arena *arena, const char *path, char **temporary_out,
                                   jieda_error *err)
{
    size_t bytes = strlen(path) + 32;
    char *temporary = jieda__arena_alloc(arena, bytes);
    int fd = -1;

    *temporary_out = NULL;
    if (!temporary)
        return fail_plain(path, JIEDA_E_NOMEM, "out of memory", err);
    /* mkstemp() would give mode 0600, and asking for the umask is not safe beside other threads. */
    for (unsigned n = 0; fd < 0 && n < TEMPORARY_COUNT_MAX; n++) {
        snprintf(temporary, bytes, "%s.%ld-%u", path, (long)getpid(), n);
        fd = open(temporary, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return fail_io(path, "cannot write beside it", errno, err);
    close(fd);
    *temporary_out = temporary;
    return JIEDA_OK;
}

bool jieda__file_append(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t wrote = write(fd, at, len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        at += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

jieda_status jieda__file_publish(const char *temporary, const char *path, uint64_t *bytes_out,
                                 jieda_error *err)
{
    struct stat info = {0};
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    jieda_status st = JIEDA_OK;

    if (fd < 0 || fsync(fd) != 0 || fstat(fd, &info) != 0)
        st = fail_io(path, "cannot write", errno, err);
    if (fd >= 0)
        close(fd);
    if (st == JIEDA_OK && rename(temporary, path) != 0)
        st = fail_io(path, "cannot rename into place", errno, err);
    if (st != JIEDA_OK)
        jieda__file_discard(temporary);
    else if (bytes_out)
        *bytes_out = (uint64_t)info.st_size;
    return st;
}

void jieda__file_discard(const char *temporary)
{
    unlink(temporary);
}
