/*
 * kb_errors_test.c - bad knowledge base sources and the exact findings they give.
 *
 * Each folder under kb_errors/ is a case: a pack folder if it holds pack.json, else the file named
 * source.*, else what path.txt names. base.lexicon, if there, is read as the base lexicon. What is
 * reported must be expected.txt, line by line, with paths relative to the case. Run with
 * JIEDA_UPDATE_GOLDEN=1 to write the files anew, and read the difference.
 */
#define _POSIX_C_SOURCE 200809L

#include "compiler/source.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASE_COUNT_MIN 45
#define BYTES_MAX ((size_t)1024 * 1024)

typedef struct output {
    jieda__buf buf;
    char prefix[512]; /* "<case>/", taken out wherever it occurs */
} output;

static void write_text(output *out, jieda_str text)
{
    size_t prefix_len = strlen(out->prefix);

    for (size_t i = 0; i < text.len;) {
        if (text.len - i >= prefix_len && memcmp(text.ptr + i, out->prefix, prefix_len) == 0) {
            i += prefix_len;
            continue;
        }
        jieda__buf_byte(&out->buf, text.ptr[i++]);
    }
}

static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    output *out = ctx;
    char place[64];

    assert_true(finding->fix.len > 0); /* each finding has a remedy */
    write_text(out, finding->file);
    snprintf(place, sizeof place, ":%u:%u: %s[", finding->line, finding->column,
             finding->severity == JIEDA_SEVERITY_ERROR ? "error" : "warning");
    jieda__buf_cstr(&out->buf, place);
    jieda__buf_cstr(&out->buf, finding->rule);
    jieda__buf_cstr(&out->buf, "]: ");
    write_text(out, finding->message);
    jieda__buf_cstr(&out->buf, "; ");
    write_text(out, finding->fix);
    jieda__buf_byte(&out->buf, '\n');
}

static bool read_text(const char *folder, const char *name, jieda__buf *out)
{
    char path[1024], bytes[4096];
    size_t got;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file)
        return false;
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        jieda__buf_append(out, bytes, got);
    fclose(file);
    return out->status == JIEDA_OK;
}

/* What to compile of a case. */
static void find_source(const char *folder, char *path, size_t size)
{
    static const char *const names[] = {"source.json", "source.tsv", "source.csv", "source.jsonl"};
    char probe[256];
    FILE *file;

    snprintf(path, size, "%s/path.txt", folder);
    file = fopen(path, "r");
    if (file) {
        size_t len = fread(probe, 1, sizeof probe - 1, file);

        fclose(file);
        probe[len] = '\0';
        probe[strcspn(probe, "\n")] = '\0';
        snprintf(path, size, "%s/%s", folder, probe);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, size, "%s/%s", folder, names[i]);
        file = fopen(path, "r");
        if (file) {
            fclose(file);
            return;
        }
    }
    snprintf(path, size, "%s", folder);
}

static void compile_case(const char *folder, output *out)
{
    jieda__arena arena;
    jieda__diagnostics diagnostics = {.fn = on_finding, .ctx = out};
    jieda__source source;
    jieda__buf base;
    jieda_error err = {0};
    jieda_status st;
    char path[1024];

    find_source(folder, path, sizeof path);
    jieda__arena_init(&arena, jieda__default_allocator(), SIZE_MAX);
    jieda__buf_init(&base, jieda__default_allocator(), BYTES_MAX);
    st = jieda__source_read(&arena, path, BYTES_MAX, &diagnostics, &source, &err);
    if (st == JIEDA_OK && read_text(folder, "base.lexicon", &base)) {
        snprintf(path, sizeof path, "%s/base.lexicon", folder);
        st = jieda__lexicon_parse(&arena, path, (jieda_str){base.ptr, base.len}, &diagnostics,
                                  &source.base_lexicon, &err);
    }
    if (st == JIEDA_OK)
        st = jieda__source_check(&arena, &source, &diagnostics, &err);
    if (st != JIEDA_OK) {
        const char *name = strrchr(err.source, '/');
        char line[512];

        assert_int_equal(err.status, st);
        snprintf(line, sizeof line, "%s: error: %s\n", name ? name + 1 : err.source, err.message);
        jieda__buf_cstr(&out->buf, line);
    }
    jieda__buf_free(&base);
    jieda__source_release(&source, arena.alloc);
    jieda__arena_free(&arena);
}

/* True if the case is as expected. */
static bool run_case(const char *name)
{
    char folder[512], path[1024];
    output out = {0};
    jieda__buf expected;
    bool ok;

    snprintf(folder, sizeof folder, "%s/golden/kb_errors/%s", JIEDA_TESTS_DIR, name);
    snprintf(out.prefix, sizeof out.prefix, "%.500s/", folder);
    jieda__buf_init(&out.buf, jieda__default_allocator(), BYTES_MAX);
    jieda__buf_init(&expected, jieda__default_allocator(), BYTES_MAX);
    compile_case(folder, &out);
    if (getenv("JIEDA_UPDATE_GOLDEN")) {
        FILE *file;

        snprintf(path, sizeof path, "%s/expected.txt", folder);
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(out.buf.ptr, 1, out.buf.len, file), out.buf.len);
        assert_int_equal(fclose(file), 0);
    }
    ok = read_text(folder, "expected.txt", &expected) && out.buf.len > 0 &&
         expected.len == out.buf.len && memcmp(expected.ptr, out.buf.ptr, out.buf.len) == 0;
    if (!ok)
        print_error("%s\n--- expected\n%.*s--- got\n%.*s", name, (int)expected.len,
                    expected.ptr ? expected.ptr : "", (int)out.buf.len,
                    out.buf.ptr ? out.buf.ptr : "");
    jieda__buf_free(&expected);
    jieda__buf_free(&out.buf);
    return ok;
}

static void bad_sources_are_reported_exactly(void **state)
{
    struct dirent *item;
    size_t count = 0, failed = 0;
    DIR *dir = opendir(JIEDA_TESTS_DIR "/golden/kb_errors");

    (void)state;
    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL) {
        if (item->d_name[0] == '.')
            continue;
        count++;
        failed += !run_case(item->d_name);
    }
    closedir(dir);
    assert_int_equal(failed, 0);
    assert_true(count >= CASE_COUNT_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_sources_are_reported_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
