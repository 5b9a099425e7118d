/*
 * files.c - small files as a whole: incidents, saved conversations.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int cannot(const cli *c, const char *what, const char *path, int why)
{
    out_error(c, "cannot %s %s: %s; check the path", what, path, strerror(why));
    return CLI_FILE;
}

int file_read(const cli *c, const char *path, size_t bytes_max, char **bytes_out, size_t *len_out)
{
    char *bytes = malloc(bytes_max + 1);
    FILE *file = bytes ? fopen(path, "rb") : NULL;
    int code = CLI_OK;

    if (!bytes) {
        code = out_of_memory(c);
    } else if (!file) {
        code = cannot(c, "read", path, errno);
    } else {
        *len_out = fread(bytes, 1, bytes_max + 1, file);
        if (ferror(file))
            code = cannot(c, "read", path, errno);
        else if (*len_out > bytes_max)
            code = cannot(c, "read", path, EFBIG);
    }
    if (file)
        fclose(file);
    if (code != CLI_OK) {
        free(bytes);
        bytes = NULL;
    }
    *bytes_out = bytes;
    return code;
}

int file_write(const cli *c, const char *path, jieda_str bytes)
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (!file)
        return cannot(c, "write to", path, errno);
    ok = fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len;
    ok = fclose(file) == 0 && ok;
    return ok ? CLI_OK : cannot(c, "write to", path, errno);
}
