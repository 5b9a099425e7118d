/*
 * kb_fixture.h - what many tests need before they can begin: a lexicon, a small knowledge base.
 *
 * Plain C without cmocka, because fuzz targets use it too: whatever fails here is a broken setup,
 * not a finding, so it says why and aborts.
 */
#ifndef JIEDA_TESTS_KB_FIXTURE_H
#define JIEDA_TESTS_KB_FIXTURE_H

#include "compiler/compiler.h"
#include "jieda/build.h"

/* The base lexicon, compiled as jieda_build() compiles it for a pack without questions. */
typedef struct fixture_lexicon {
    jieda__arena arena;
    jieda__blob blob; /* in the arena */
    jieda__lexicon *lexicon;
} fixture_lexicon;

void fixture_lexicon_init(fixture_lexicon *fixture);
void fixture_lexicon_free(fixture_lexicon *fixture);

/* A file in memory; free it with fixture_bytes_free(). */
typedef struct fixture_bytes {
    unsigned char *ptr;
    size_t len;
} fixture_bytes;

void fixture_bytes_free(fixture_bytes *bytes);

/* A pack of one file that uses every feature of the format once. */
extern const char fixture_pack[];

/* Compiles a source's text to the bytes of a .kb file.
 * @param file_name  decides how the text is read: "pack.json", "list.tsv", ... */
fixture_bytes fixture_kb_build(const char *file_name, jieda_str text);

/* A file's bytes. */
fixture_bytes fixture_read_file(const char *path);

/* Runs SQL on a copy of a database's bytes and gives the bytes of the result. */
fixture_bytes fixture_kb_change(fixture_bytes kb, const char *sql);

/* The same for a section: its data become `data`, its hash right for them. */
fixture_bytes fixture_kb_set_section(fixture_bytes kb, const char *name, const void *data,
                                     size_t len);
/* A copy of a section's data. */
fixture_bytes fixture_kb_section(fixture_bytes kb, const char *name);

/* Random numbers of a property test: JIEDA_SEED, else a fixed seed. Prints which, so that a failure
 * can be had again. */
typedef struct fixture_random {
    uint64_t state;
} fixture_random;

fixture_random fixture_random_init(const char *test_name);
uint64_t fixture_random_next(fixture_random *random);
uint32_t fixture_random_below(fixture_random *random, uint32_t bound);

#endif
