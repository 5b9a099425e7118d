/*
 * bench_ask.c - what asking costs, measured inside one process through the public header alone.
 *
 *   bench_ask [-n COUNT] [-r ROUNDS] [-t THREADS] ask FILE.kb QUESTIONS
 *   bench_ask [-r ROUNDS] tokens FILE.kb QUESTIONS
 *
 * QUESTIONS holds one question a line, up to its first tab, so a labelled set will do. Prints one
 * JSON object; tools/bench makes a table of several.
 *
 * `ask`, in this order, because each step would spoil the one before it:
 *
 *   1. the file is dropped from the page cache, where the system lets us, and opened: a cold open
 *   2. COUNT questions on one session (from the start again when the file has fewer), then VmRSS:
 *      what a process that answers is resident with, mapped pages of the file included
 *   3. ROUNDS times every question, one thread; each a fresh conversation, each call timed
 *   4. the same with THREADS threads at once: one engine, a session each, every question each
 *   5. closed, and opened ROUNDS - 1 times more cold and ROUNDS times warm
 *
 * A percentile is the nearest rank over one round; the best round counts, for each figure by
 * itself: what else the machine does can only make a round slower. That does not save the p99 on a
 * busy machine, where one lost time slice in a hundred questions decides it; the thread's own CPU
 * time, given beside the time a visitor waits, leaves that out.
 *
 * `tokens` is MB (10^6 bytes of UTF-8) a second through jieda_tokens(), one call a question. That
 * is the tokenizer with everything the engine reads of an utterance (normalize, segment, the raw,
 * canonical and pinyin views), and on top what only this call does: writing every token of the five
 * classes out as text. The tokenizer alone is faster; no public call runs it alone.
 */
#include "jieda/jieda.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUND_COUNT_MAX = 100, THREAD_COUNT_MAX = 1024 };

/* A round of tokens is repeated until it has taken so long: a clock is no judge of microseconds. */
#define TOKEN_ROUND_NS 200000000u

/* A file counts as dropped when at most this share of its pages is still in memory: a read-ahead by
 * somebody else is no reason to say nothing. */
#define CACHED_SHARE_MAX 0.01

typedef struct questions {
    char *text;
    jieda_str *line;
    size_t count;
} questions;

/* What one question took, nanoseconds. */
typedef struct cost {
    uint64_t wall, cpu;
} cost;

typedef struct timing {
    double p50_us, p99_us, max_us, cpu_p50_us, cpu_p99_us, per_second;
} timing;

typedef struct asker {
    const jieda_engine *engine;
    const questions *q;
    size_t first;         /* the question this thread begins with */
    uint64_t *wall, *cpu; /* [q->count] nanoseconds, filled in */
    uint64_t begin, end;  /* on the clock all threads share */
    pthread_barrier_t *start;
} asker;

_Noreturn static void die(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fputs("bench_ask: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

static void *allocate(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size);

    if (!block)
        die("out of memory");
    return block;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* ---- questions ------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *len_out)
{
    FILE *file = fopen(path, "rb");
    struct stat st;
    char *text;

    if (!file || fstat(fileno(file), &st) != 0)
        die("%s: %s", path, strerror(errno));
    text = allocate((size_t)st.st_size + 1, 1);
    *len_out = fread(text, 1, (size_t)st.st_size, file);
    if (ferror(file))
        die("%s: cannot be read", path);
    fclose(file);
    return text;
}

static questions read_questions(const char *path)
{
    size_t len, capacity = 1;
    questions q = {.text = read_file(path, &len)};
    const char *at = q.text, *end = q.text + len;

    for (size_t i = 0; i < len; i++)
        capacity += q.text[i] == '\n';
    q.line = allocate(capacity, sizeof *q.line);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line_len = stop ? (size_t)(stop - at) : (size_t)(end - at);
        const char *tab = memchr(at, '\t', line_len);
        jieda_str question = {at, tab ? (size_t)(tab - at) : line_len};

        if (question.len > 0 && question.len <= JIEDA_UTTERANCE_BYTES_MAX)
            q.line[q.count++] = question;
        at += line_len + (stop != NULL);
    }
    if (q.count == 0)
        die("%s: holds no questions; write one a line", path);
    return q;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* The share of the file's pages that is in memory; 1 where the system does not say. */
static double cached_share(int fd, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = (len + page - 1) / page, cached = 0;
    unsigned char *is_in = allocate(count, 1);
    void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    double share = 1;

    if (map != MAP_FAILED && mincore(map, len, is_in) == 0) {
        for (size_t i = 0; i < count; i++)
            cached += is_in[i] & 1;
        share = (double)cached / (double)count;
    }
    if (map != MAP_FAILED)
        munmap(map, len);
    free(is_in);
    return share;
}

/* Whether the next open will have to read the disk. */
static bool drop_from_cache(const char *path, size_t *len_out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool dropped;

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        die("%s: %s", path, fd < 0 ? strerror(errno) : "is empty");
    *len_out = (size_t)st.st_size;
    /* Only pages that stand on the disk already are dropped. */
    dropped = fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 &&
              cached_share(fd, *len_out) <= CACHED_SHARE_MAX;
    close(fd);
    return dropped;
}

static jieda_engine *open_kb(const char *path, uint64_t *elapsed_ns)
{
    uint64_t begin = now_ns();
    jieda_error err = {0};
    jieda_engine *engine;

    if (jieda_open(path, NULL, &engine, &err) != JIEDA_OK)
        die("%s: %s", path, err.message);
    *elapsed_ns = now_ns() - begin;
    return engine;
}

static jieda_session *new_session(const jieda_engine *engine)
{
    jieda_session *session;
    jieda_error err = {0};

    if (jieda_session_new(engine, &session, &err) != JIEDA_OK)
        die("no session: %s", err.message);
    return session;
}

static void keep_least(uint64_t *best, uint64_t value)
{
    if (value < *best)
        *best = value;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static cost ask(jieda_session *session, jieda_str question)
{
    const jieda_reply *reply;
    jieda_error err = {0};
    uint64_t begin, cpu_begin, end;

    jieda_session_reset(session); /* a fresh conversation: misses do not add up to a handoff */
    cpu_begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    begin = now_ns();
    if (jieda_ask(session, question, &reply, &err) != JIEDA_OK)
        die("asking \"%.*s\": %s", (int)question.len, question.ptr, err.message);
    end = now_ns();
    return (cost){end - begin, clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_begin};
}

static void ask_for_memory(const jieda_engine *engine, const questions *q, size_t count)
{
    jieda_session *session = new_session(engine);

    for (size_t i = 0; i < count; i++)
        ask(session, q->line[i % q->count]);
    jieda_session_free(session);
}

static void *ask_all(void *ctx)
{
    asker *a = ctx;
    jieda_session *session = new_session(a->engine);

    /* What a session keeps from its first question on is not part of a question's cost. */
    ask(session, a->q->line[a->first]);
    pthread_barrier_wait(a->start);
    a->begin = now_ns();
    for (size_t i = 0; i < a->q->count; i++) {
        cost c = ask(session, a->q->line[(a->first + i) % a->q->count]);

        a->wall[i] = c.wall;
        a->cpu[i] = c.cpu;
    }
    a->end = now_ns();
    jieda_session_free(session);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Of sorted times; the least one that `percent` of them do not exceed. */
static double percentile_us(const uint64_t *sorted, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;

    return (double)sorted[rank > 0 ? rank - 1 : 0] / 1e3;
}

/* `wall` and `cpu` have room for every question of every thread. */
static timing one_round(asker *askers, size_t thread_count, uint64_t *wall, uint64_t *cpu)
{
    size_t question_count = askers[0].q->count, count = thread_count * question_count;
    uint64_t begin = UINT64_MAX, end = 0;
    pthread_t *threads = allocate(thread_count, sizeof *threads);
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, (unsigned)thread_count);
    for (size_t t = 0; t < thread_count; t++) {
        askers[t].start = &start;
        askers[t].first = t * question_count / thread_count;
        askers[t].wall = wall + t * question_count;
        askers[t].cpu = cpu + t * question_count;
        if (pthread_create(&threads[t], NULL, ask_all, &askers[t]) != 0)
            die("cannot start thread %zu; give fewer with -t", t + 1);
    }
    for (size_t t = 0; t < thread_count; t++) {
        pthread_join(threads[t], NULL);
        begin = askers[t].begin < begin ? askers[t].begin : begin;
        end = askers[t].end > end ? askers[t].end : end;
    }
    pthread_barrier_destroy(&start);
    free(threads);
    qsort(wall, count, sizeof *wall, by_value);
    qsort(cpu, count, sizeof *cpu, by_value);
    return (timing){
        .p50_us = percentile_us(wall, count, 50),
        .p99_us = percentile_us(wall, count, 99),
        .max_us = percentile_us(wall, count, 100),
        .cpu_p50_us = percentile_us(cpu, count, 50),
        .cpu_p99_us = percentile_us(cpu, count, 99),
        .per_second = (double)count / ((double)(end - begin) / 1e9),
    };
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static timing best_rounds(const jieda_engine *engine, const questions *q, size_t thread_count,
                          int round_count)
{
    uint64_t *wall = allocate(thread_count * q->count, sizeof *wall);
    uint64_t *cpu = allocate(thread_count * q->count, sizeof *cpu);
    asker *askers = allocate(thread_count, sizeof *askers);
    timing best = {0};

    for (size_t t = 0; t < thread_count; t++)
        askers[t] = (asker){.engine = engine, .q = q};
    for (int round = 0; round < round_count; round++) {
        timing now = one_round(askers, thread_count, wall, cpu);

        if (round == 0)
            best = now;
        best.p50_us = least(best.p50_us, now.p50_us);
        best.p99_us = least(best.p99_us, now.p99_us);
        best.max_us = least(best.max_us, now.max_us);
        best.cpu_p50_us = least(best.cpu_p50_us, now.cpu_p50_us);
        best.cpu_p99_us = least(best.cpu_p99_us, now.cpu_p99_us);
        best.per_second = now.per_second > best.per_second ? now.per_second : best.per_second;
    }
    free(askers);
    free(cpu);
    free(wall);
    return best;
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* A line such as "VmRSS:     12345 kB"; -1 where there is none. */
static long status_kib(const char *name)
{
    FILE *file = fopen("/proc/self/status", "r");
    size_t len = strlen(name);
    char line[256];
    long kib = -1;

    while (file && kib < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            kib = strtol(line + len + 1, NULL, 10);
    if (file)
        fclose(file);
    return kib;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void print_timing(const char *name, size_t thread_count, timing t)
{
    printf(",\"%s\":{\"threads\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
           "\"cpu_p50_us\":%.1f,\"cpu_p99_us\":%.1f,\"per_second\":%.0f}",
           name, thread_count, t.p50_us, t.p99_us, t.max_us, t.cpu_p50_us, t.cpu_p99_us,
           t.per_second);
}

static void print_ms(const char *name, bool known, uint64_t ns)
{
    if (known)
        printf(",\"%s\":%.3f", name, (double)ns / 1e6);
    else
        printf(",\"%s\":null", name);
}

static void run_ask(const char *path, const questions *q, size_t memory_count, size_t thread_count,
                    int round_count)
{
    uint64_t cold_ns, warm_ns = UINT64_MAX, ns;
    jieda_kb_info info;
    jieda_engine *engine;
    size_t len;
    bool is_cold = drop_from_cache(path, &len);

    engine = open_kb(path, &cold_ns);
    jieda_info(engine, &info);
    printf("{\"entries\":%" PRIu32 ",\"questions\":%" PRIu32 ",\"words\":%" PRIu32
           ",\"file_bytes\":%zu,\"asked\":%zu",
           info.entry_count, info.question_count, info.word_count, len, q->count);

    ask_for_memory(engine, q, memory_count);
    printf(",\"memory\":{\"after\":%zu,\"rss_kib\":%ld,\"anonymous_kib\":%ld,\"file_kib\":%ld}",
           memory_count, status_kib("VmRSS"), status_kib("RssAnon"), status_kib("RssFile"));

    print_timing("one", 1, best_rounds(engine, q, 1, round_count));
    print_timing("all", thread_count, best_rounds(engine, q, thread_count, round_count));
    jieda_close(engine);

    for (int round = 0; round < round_count; round++) {
        if (round > 0) {
            is_cold = drop_from_cache(path, &len) && is_cold;
            jieda_close(open_kb(path, &ns));
            keep_least(&cold_ns, ns);
        }
        jieda_close(open_kb(path, &ns));
        keep_least(&warm_ns, ns);
    }
    print_ms("open_cold_ms", is_cold, cold_ns);
    print_ms("open_warm_ms", true, warm_ns);
    puts("}");
}

static void run_tokens(const char *path, const questions *q, int round_count)
{
    uint64_t open_ns;
    jieda_engine *engine = open_kb(path, &open_ns);
    jieda_session *session = new_session(engine);
    size_t byte_count = 0, token_count = 0;
    double best = 0;

    for (size_t i = 0; i < q->count; i++)
        byte_count += q->line[i].len;
    for (int round = 0; round < round_count; round++) {
        uint64_t begin = now_ns(), elapsed = 0, passes = 0;
        double mb_per_second;

        do {
            token_count = 0;
            for (size_t i = 0; i < q->count; i++) {
                const jieda_token *list;
                jieda_error err = {0};
                size_t count;

                if (jieda_tokens(session, q->line[i], &list, &count, NULL, &err) != JIEDA_OK)
                    die("tokens: %s", err.message);
                token_count += count;
            }
            passes++;
            elapsed = now_ns() - begin;
        } while (elapsed < TOKEN_ROUND_NS);
        mb_per_second = (double)(byte_count * passes) / 1e6 / ((double)elapsed / 1e9);
        best = mb_per_second > best ? mb_per_second : best;
    }
    printf("{\"questions\":%zu,\"bytes\":%zu,\"tokens\":%zu,\"mb_per_second\":%.2f}\n", q->count,
           byte_count, token_count, best);
    jieda_session_free(session);
    jieda_close(engine);
}

static long read_whole(const char *text, char option, long most)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (end == text || *end || n < 1 || n > most)
        die("-%c takes a whole number from 1 to %ld", option, most);
    return n;
}

int main(int argc, char **argv)
{
    long memory_count = 1000, round_count = 3, thread_count = sysconf(_SC_NPROCESSORS_ONLN);
    const char *command;
    questions q;
    int letter;

    thread_count = thread_count < 1                  ? 1
                   : thread_count > THREAD_COUNT_MAX ? THREAD_COUNT_MAX
                                                     : thread_count;
    while ((letter = getopt(argc, argv, "n:r:t:")) != -1) {
        if (letter == 'n')
            memory_count = read_whole(optarg, 'n', 1000000000L);
        else if (letter == 'r')
            round_count = read_whole(optarg, 'r', ROUND_COUNT_MAX);
        else if (letter == 't')
            thread_count = read_whole(optarg, 't', THREAD_COUNT_MAX);
        else
            return 2;
    }
    command = argc - optind == 3 ? argv[optind] : "";
    if (strcmp(command, "ask") != 0 && strcmp(command, "tokens") != 0) {
        fprintf(stderr,
                "usage: bench_ask [-n COUNT] [-r ROUNDS] [-t THREADS] ask FILE.kb QUESTIONS\n"
                "       bench_ask [-r ROUNDS] tokens FILE.kb QUESTIONS\n");
        return 2;
    }
    q = read_questions(argv[optind + 2]);
    if (strcmp(command, "ask") == 0)
        run_ask(argv[optind + 1], &q, (size_t)memory_count, (size_t)thread_count, (int)round_count);
    else
        run_tokens(argv[optind + 1], &q, (int)round_count);
    free(q.line);
    free(q.text);
    return 0;
}
