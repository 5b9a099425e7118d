/*
 * bench_text.c - how fast texts are read, apart from what the public interface adds: it is the
 * tokenizer that index and query share.
 *
 *   bench_text FILE.kb QUESTIONS
 *
 * FILE.kb lends its lexicon; QUESTIONS has one a line. Prints JSON: MB (10^6 bytes of UTF-8) a
 * second, one thread, the best of ROUND_COUNT rounds, of segment  normalizing and cutting into
 * words read     that and all views: what every question goes through, once, when built and when
 * asked terms    that and the texts of the main index's terms: what FTS5 is given
 */
#include "index/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND_COUNT 5
#define QUESTIONS_BYTES_MAX ((size_t)64 * 1024 * 1024)

typedef enum depth { SEGMENT = 0, READ, TERMS, DEPTH_COUNT } depth;

static void die(const char *what)
{
    fprintf(stderr, "bench_text: %s\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static jieda_str read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(QUESTIONS_BYTES_MAX);
    size_t len = file && bytes ? fread(bytes, 1, QUESTIONS_BYTES_MAX, file) : 0;

    if (len == 0)
        die("cannot read the questions");
    fclose(file);
    return (jieda_str){bytes, len};
}

static void read_question(jieda__arena *arena, const jieda__lexicon *lexicon, jieda_str question,
                          depth how_far)
{
    jieda__index_terms terms;
    jieda__segments segments;
    jieda__reading reading;
    jieda__text text;
    jieda_status st;

    jieda__arena_reset(arena);
    if (how_far == SEGMENT) {
        st = jieda__text_normalize(arena, question, &text);
        if (st == JIEDA_OK)
            st = jieda__text_segment(arena, lexicon, &text, &segments);
    } else {
        st = jieda__text_read(arena, lexicon, question, &reading);
        if (st == JIEDA_OK && how_far == TERMS)
            st = jieda__text_index_terms(arena, lexicon, &reading, false, &terms);
    }
    if (st != JIEDA_OK)
        die("out of memory");
}

static double measure(jieda__arena *arena, const jieda__lexicon *lexicon, jieda_str all,
                      depth how_far)
{
    double best = 0;

    for (int round = 0; round < ROUND_COUNT; round++) {
        double begin = seconds(), speed;
        jieda_str rest = all;

        while (rest.len > 0) {
            const char *end = memchr(rest.ptr, '\n', rest.len);
            size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

            read_question(arena, lexicon, (jieda_str){rest.ptr, len}, how_far);
            rest.ptr += len + (end != NULL);
            rest.len -= len + (end != NULL);
        }
        speed = (double)all.len / 1e6 / (seconds() - begin);
        best = speed > best ? speed : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    double speed[DEPTH_COUNT];
    jieda__arena arena;
    jieda_error err;
    jieda__kb *kb;
    jieda_str all;

    if (argc != 3)
        die("usage: bench_text FILE.kb QUESTIONS");
    if (jieda__kb_open(jieda__default_allocator(), argv[1], NULL, 0, &kb, &err) != JIEDA_OK)
        die(err.message);
    all = read_whole(argv[2]);
    jieda__arena_init(&arena, jieda__default_allocator(), QUESTIONS_BYTES_MAX);
    for (int d = 0; d < DEPTH_COUNT; d++)
        speed[d] = measure(&arena, kb->lexicon, all, (depth)d);
    printf("{\"bytes\":%zu,\"segment_mb_per_second\":%.2f,\"read_mb_per_second\":%.2f,"
           "\"terms_mb_per_second\":%.2f}\n",
           all.len, speed[SEGMENT], speed[READ], speed[TERMS]);
    jieda__arena_free(&arena);
    jieda__kb_close(kb);
    free((void *)(uintptr_t)all.ptr);
    return 0;
}
