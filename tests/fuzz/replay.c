/*
 * replay.c - runs a fuzz target over corpus folders, as a plain program without libFuzzer.
 *
 * So every input that ever broke something is run by every `ctest`, with any compiler. Takes files
 * and folders (not their subfolders); says how many inputs it ran; fails when there were none, for
 * a moved corpus would otherwise pass unseen. Inputs go into blocks of exactly their size, so that
 * the address sanitizer sees one byte too many.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    uint8_t *data;
    size_t size;

    if (!file || fstat(fileno(file), &info) != 0) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(1);
    }
    size = (size_t)info.st_size;
    data = malloc(size ? size : 1);
    if (!data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(1);
    }
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last line before a crash names its input */
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int run_path(const char *path)
{
    struct dirent **items;
    struct stat info;
    int count, run = 0;

    if (stat(path, &info) != 0) {
        fprintf(stderr, "replay: no such file or folder: %s\n", path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode))
        return run_file(path);
    count = scandir(path, &items, NULL, by_name);
    for (int i = 0; i < count; i++) {
        char file[4096];

        snprintf(file, sizeof file, "%s/%s", path, items[i]->d_name);
        if (items[i]->d_name[0] != '.' && stat(file, &info) == 0 && S_ISREG(info.st_mode))
            run += run_file(file);
        free(items[i]);
    }
    if (count >= 0)
        free(items);
    return run;
}

int main(int argc, char **argv)
{
    int run = 0;

    for (int i = 1; i < argc; i++)
        run += run_path(argv[i]);
    printf("replayed %d inputs\n", run);
    return run > 0 ? 0 : 1;
}
