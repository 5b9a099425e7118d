/*
 * fuzz_kb.c - a .kb from anywhere: it is refused, or it answers; nothing else.
 *
 * Random bytes never get past the file's header and a random section never past its hash, so the
 * first byte of the input picks how the rest is used (modulo 11):
 *
 *   0      the rest is the file itself
 *   1      patches of the file: offset of 3 bytes (big-endian), value
 *   2..8   patches of one section, whose hash is made right again: lexicon, terms, questions,
 *          entries, profiles, names, suggest. A lexicon's hash is set in `meta` too.
 *   9, 10  the same of a file with a model: vectors, model. The hash in a model's header is made
 *          right as well.
 *
 * An offset past the end counts from the start again. The file is the small pack of the fixture;
 * with a model, one trained on it when the target starts, so patches outlive a change of its
 * format.
 */
#include "support/kb_fixture.h"

#include "jieda/jieda.h"
#include "match/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODE_COUNT 11
#define PATCH_BYTES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const sections[] = {
    JIEDA__SECTION_LEXICON, JIEDA__SECTION_TERMS,    JIEDA__SECTION_QUESTIONS,
    JIEDA__SECTION_ENTRIES, JIEDA__SECTION_PROFILES, JIEDA__SECTION_NAMES,
    JIEDA__SECTION_SUGGEST, JIEDA__SECTION_VECTORS,  JIEDA__SECTION_MODEL,
};
#define SECTION_COUNT (sizeof sections / sizeof *sections)
#define LEARNED_FIRST 7 /* from here on of the file with a model */

/* The good files, and where their sections' bytes and hashes can be changed: made once. */
typedef struct target {
    fixture_bytes kb;
    fixture_bytes learned_kb;
    fixture_bytes sections[SECTION_COUNT];
} target;

/* The pack with a model trained on it, in a folder of its own. */
static fixture_bytes build_learned(void)
{
    jieda_train_options train = JIEDA_TRAIN_OPTIONS_INIT;
    jieda_build_options build = JIEDA_BUILD_OPTIONS_INIT;
    char folder[] = "/tmp/jieda-fixture-XXXXXX", pack[64], model[64], out[64];
    const char *const inputs[] = {pack};
    jieda_error err = {0};
    fixture_bytes kb;
    FILE *file;

    if (!mkdtemp(folder))
        abort();
    snprintf(pack, sizeof pack, "%s/pack.json", folder);
    snprintf(model, sizeof model, "%s/pack.model", folder);
    snprintf(out, sizeof out, "%s/out.kb", folder);
    file = fopen(pack, "wb");
    if (!file || fputs(fixture_pack, file) < 0 || fclose(file) != 0)
        abort();
    train.sparse_bits = JIEDA__SPARSE_BITS_MIN;
    build.model_path = model;
    if (jieda_train(inputs, 1, model, &train, NULL, &err) != JIEDA_OK ||
        jieda_build(pack, out, &build, NULL, &err) != JIEDA_OK) {
        fprintf(stderr, "the model of the target: %s\n", err.message);
        abort();
    }
    kb = fixture_read_file(out);
    unlink(pack);
    unlink(model);
    unlink(out);
    rmdir(folder);
    return kb;
}

static const target *get_target(void)
{
    static target t;

    if (!t.kb.ptr) {
        t.kb = fixture_kb_build("pack.json", jieda__str(fixture_pack));
        t.learned_kb = build_learned();
        for (size_t i = 0; i < SECTION_COUNT; i++)
            t.sections[i] =
                fixture_kb_section(i < LEARNED_FIRST ? t.kb : t.learned_kb, sections[i]);
    }
    return &t;
}

/* So that patches of a model get past the hash it has of itself. */
static void hash_model(unsigned char *bytes, size_t len)
{
    jieda__model_header header;

    memcpy(&header, bytes, sizeof header);
    header.content_hash = jieda__model_hash(bytes, len);
    memcpy(bytes, &header, sizeof header);
}

static void patch(unsigned char *bytes, size_t len, const uint8_t *data, size_t size)
{
    for (; size >= PATCH_BYTES; data += PATCH_BYTES, size -= PATCH_BYTES) {
        size_t at = (size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2];

        bytes[at % len] = data[3];
    }
}

static fixture_bytes copy_of(const void *bytes, size_t len)
{
    fixture_bytes copy = {malloc(len ? len : 1), len};

    if (!copy.ptr)
        abort();
    if (len)
        memcpy(copy.ptr, bytes, len);
    return copy;
}

/* The file with one section patched. */
static fixture_bytes with_section(const target *t, size_t which, const uint8_t *data, size_t size)
{
    fixture_bytes section = copy_of(t->sections[which].ptr, t->sections[which].len);
    fixture_bytes kb;

    patch(section.ptr, section.len, data, size);
    if (strcmp(sections[which], JIEDA__SECTION_MODEL) == 0)
        hash_model(section.ptr, section.len);
    kb = fixture_kb_set_section(which < LEARNED_FIRST ? t->kb : t->learned_kb, sections[which],
                                section.ptr, section.len);
    if (which == 0) {
        char sql[128];
        fixture_bytes bound;

        snprintf(sql, sizeof sql, "UPDATE meta SET value = '%016llx' WHERE key = 'lexicon_hash'",
                 (unsigned long long)jieda__hash(JIEDA__HASH_SEED, section.ptr, section.len));
        bound = fixture_kb_change(kb, sql);
        fixture_bytes_free(&kb);
        kb = bound;
    }
    fixture_bytes_free(&section);
    return kb;
}

static void use(jieda_engine *engine)
{
    static const char *const texts[] = {
        "怎么退款，钱没收到", "tuikuan", "how do I get a refund", "小店币", "你好", "今天天气"};
    const jieda_category *categories;
    const jieda_option *list;
    jieda_session *session;
    jieda_kb_info info;
    size_t count;

    jieda_info(engine, &info);
    if (jieda_session_new(engine, &session, NULL) != JIEDA_OK)
        return;
    (void)jieda_session_set_tag(session, "platform", jieda__str("ios"), NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const jieda_reply *reply;
        jieda_str json;

        (void)jieda_ask(session, jieda__str(texts[i]), &reply, NULL);
        (void)jieda_suggest(session, jieda__str(texts[i]), 20, &list, &count, NULL);
        if (i == 0)
            (void)jieda_explain(session, jieda__str(texts[i]), "coin", &json, NULL);
    }
    (void)jieda_categories(session, &categories, &count, NULL);
    (void)jieda_entries(session, "refund", &list, &count, NULL);
    (void)jieda_session_set_language(session, "en", NULL);
    for (const char *const *id = (const char *const[]){"refund.apply", "stolen", "coin", NULL}; *id;
         id++) {
        const jieda_reply *reply;

        (void)jieda_entry(session, *id, &reply, NULL);
    }
    jieda_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const target *t = get_target();
    jieda_engine *engine = NULL;
    unsigned mode = size > 0 ? data[0] % MODE_COUNT : 0;
    jieda_error err = {0};
    fixture_bytes kb;

    if (size > 0) {
        data++;
        size--;
    }
    if (mode >= 2) {
        kb = with_section(t, mode - 2, data, size);
    } else if (mode == 1) {
        kb = copy_of(t->kb.ptr, t->kb.len);
        patch(kb.ptr, kb.len, data, size);
    } else {
        kb = copy_of(data, size);
    }
    if (jieda_open_memory(kb.ptr, kb.len, NULL, &engine, &err) == JIEDA_OK)
        use(engine);
    else if (engine || err.message[0] == '\0')
        abort(); /* a refusal says why */
    jieda_close(engine);
    fixture_bytes_free(&kb);
    return 0;
}
