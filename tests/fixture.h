/*
 * fixture.h - small knowledge bases for tests: written to a temporary folder, compiled, removed.
 *
 * The JSON of a fixture is written with 'single quotes', which become double ones: a pack inside a
 * C string stays readable. Texts of a fixture therefore hold no quote of either kind.
 */
#ifndef JIEDA_TESTS_FIXTURE_H
#define JIEDA_TESTS_FIXTURE_H

#include "jieda/build.h"
#include "jieda/jieda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define FIXTURE_WALLET_LEXICON JIEDA_SOURCE_DIR "/kb/wallet/lexicon.json"

/* A pack without categories. */
#define FIXTURE_PACK_ZH                                                                            \
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh']}"

/* One entry; `rest` begins with a comma or is "". Its title is its id, its answer "answer of ID".
 */
#define FIXTURE_ENTRY(id, questions, rest)                                                         \
    "{'id': '" id "', 'title': {'zh': '" id "'}, 'questions': {'zh': [" questions "]}, "           \
    "'answers': [{'lang': 'zh', 'text': 'answer of " id "'}]" rest "}"
#define FIXTURE_ENTRIES(list) "{'entries': [" list "]}"

typedef struct fixture {
    char folder[64];
    char kb[96]; /* the compiled file, in the folder */
} fixture;

static inline jieda_str str(const char *text)
{
    return (jieda_str){text, strlen(text)};
}

static inline void assert_str(jieda_str actual, const char *expected)
{
    if (actual.len != strlen(expected) ||
        (actual.len > 0 && memcmp(actual.ptr, expected, actual.len) != 0))
        fail_msg("\"%.*s\" where \"%s\" was expected", (int)actual.len,
                 actual.ptr ? actual.ptr : "", expected);
}

/* The bytes of a file with a NUL behind them; the caller frees them. */
static inline char *read_whole(const char *path, size_t *len_out)
{
    FILE *file = fopen(path, "rb");
    char *bytes;
    long len;

    if (!file)
        fail_msg("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    len = ftell(file);
    rewind(file);
    bytes = malloc((size_t)len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)len, file), len);
    bytes[len] = '\0';
    fclose(file);
    if (len_out)
        *len_out = (size_t)len;
    return bytes;
}

static inline void write_whole(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    if (!file)
        fail_msg("cannot write %s", path);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* Writes one file of the folder, ' turned into ". */
static inline void fixture_write(const fixture *f, const char *name, const char *text)
{
    size_t len = strlen(text);
    char path[512], *copy = malloc(len + 1);

    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        copy[i] = (char)(text[i] == '\'' ? '"' : text[i]);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    write_whole(path, copy, len);
    free(copy);
}

static inline void fixture_copy(const fixture *f, const char *name, const char *from)
{
    char path[512], *bytes;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    bytes = read_whole(from, &len);
    write_whole(path, bytes, len);
    free(bytes);
}

static inline void fixture_print_finding(void *ctx, const jieda_diagnostic *d)
{
    (void)ctx;
    if (d->severity == JIEDA_SEVERITY_ERROR)
        print_error("%.*s:%u:%u: %.*s\n", (int)d->file.len, d->file.ptr, d->line, d->column,
                    (int)d->message.len, d->message.ptr);
}

/* @param base_lexicon  a file, or NULL for the one of the library */
static inline void fixture_compile_with(const fixture *f, const char *base_lexicon)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    jieda_error err = {0};

    options.base_lexicon_path = base_lexicon;
    options.diagnostic = fixture_print_finding;
    if (jieda_build(f->folder, f->kb, &options, NULL, &err) != JIEDA_OK)
        fail_msg("the fixture does not compile: %s", err.message);
}

static inline void fixture_compile(const fixture *f)
{
    fixture_compile_with(f, NULL);
}

/* An empty folder of its own. */
static inline void fixture_folder(fixture *f)
{
    snprintf(f->folder, sizeof f->folder, "/tmp/jieda_test_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->kb, sizeof f->kb, "%s/fixture.kb", f->folder);
}

/* @param lexicon_path  NULL for the base lexicon alone */
static inline void fixture_make(fixture *f, const char *pack, const char *entries,
                                const char *lexicon_path)
{
    fixture_folder(f);
    fixture_write(f, "pack.json", pack);
    fixture_write(f, "entries.json", entries);
    if (lexicon_path)
        fixture_copy(f, "lexicon.json", lexicon_path);
    fixture_compile(f);
}

/* A base lexicon with one of everything, for tests that compile or open thousands of times. */
static const char fixture_small_lexicon[] =
    "{'format': 1, 'language': 'zh', 'interrogatives': {'HOW': ['怎么', '怎么办']},"
    " 'fillers': ['请问', '的'], 'synonyms': [['退款', '退钱', '退费']], 'protected': ['支付宝'],"
    " 'words': ['密码', '账号'], 'readings': {'重复': 'chong fu'},"
    " 'opposites': [['绑定', ['解绑', '解除绑定']]], 'negations': ['没'],"
    " 'negation_exceptions': ['没事']}";

/* The path of that lexicon, written into the folder under a name that is no source file's. */
static inline void fixture_write_small_lexicon(const fixture *f, char path[512])
{
    fixture_write(f, "base.lexicon", fixture_small_lexicon);
    snprintf(path, 512, "%s/base.lexicon", f->folder);
}

static inline void fixture_remove(const fixture *f)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
}

static inline jieda_engine *fixture_open(const char *kb, const jieda_options *options)
{
    jieda_engine *engine;
    jieda_error err = {0};

    if (jieda_open(kb, options, &engine, &err) != JIEDA_OK)
        fail_msg("cannot open %s: %s", kb, err.message);
    return engine;
}

static inline jieda_session *fixture_session(const jieda_engine *engine)
{
    jieda_session *session;
    jieda_error err = {0};

    if (jieda_session_new(engine, &session, &err) != JIEDA_OK)
        fail_msg("no session: %s", err.message);
    return session;
}

static inline const jieda_reply *ask(jieda_session *session, const char *utterance)
{
    const jieda_reply *reply;
    jieda_error err = {0};

    if (jieda_ask(session, str(utterance), &reply, &err) != JIEDA_OK)
        fail_msg("%s: %s", utterance, err.message);
    return reply;
}

#endif
