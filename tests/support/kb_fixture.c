/*
 * kb_fixture.c - lexicons and knowledge bases for tests, made by the compiler under test.
 */
#include "support/kb_fixture.h"

#include "compiler/base_lexicon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_BYTES_MAX ((size_t)256 * 1024 * 1024)

const char fixture_pack[] =
    "{\"format\":1,\"name\":\"shop\",\"title\":{\"zh\":\"小店\",\"en\":\"Shop\"},"
    "\"languages\":[\"zh\",\"en\"],"
    "\"placeholders\":{\"brand\":{\"default\":\"小店\"},\"hotline\":{}},"
    "\"slots\":{\"order\":{\"zh\":\"订单号\",\"en\":\"order number\"}},"
    "\"categories\":[{\"id\":\"money\",\"title\":{\"zh\":\"资金\",\"en\":\"Money\"}},"
    "{\"id\":\"refund\",\"title\":{\"zh\":\"退款\",\"en\":\"Refunds\"},\"parent\":\"money\"},"
    "{\"id\":\"chat\",\"title\":{\"zh\":\"闲聊\",\"en\":\"Chat\"},\"kind\":\"smalltalk\"}],"
    "\"out_of_scope\":{\"zh\":[\"今天天气怎么样\"],\"en\":[\"what is the weather\"]},"
    "\"lexicon\":{\"format\":1,\"language\":\"zh\",\"words\":[\"小店币\"],"
    "\"readings\":{\"重庆\":\"chong qing\"},\"synonyms\":[[\"小店币\",\"店币\"]]},"
    "\"entries\":["
    "{\"id\":\"refund.apply\",\"title\":{\"zh\":\"怎么申请退款\",\"en\":\"Ask for a refund\"},"
    "\"category\":\"refund\",\"risk\":\"money\","
    "\"questions\":{\"zh\":[\"怎么退款\",\"想把钱退回来\",\"东西不想要了怎么退\"],"
    "\"en\":[\"how do I get a refund\",\"I want my money back\"]},"
    "\"not\":{\"zh\":[\"退款一直没到\"]},"
    "\"answers\":[{\"lang\":\"zh\",\"text\":\"打开{{brand}}的订单。\",\"steps\":[\"点订单\","
    "\"点申请退款\"],\"note\":\"七天内。\",\"actions\":[{\"label\":\"去退款\",\"link\":"
    "\"app://refund\"}]},{\"lang\":\"zh\",\"channel\":\"wechat\",\"text\":\"回复 1 申请退款。\"},"
    "{\"lang\":\"en\",\"text\":\"Open your order at {{brand}}.\"}],"
    "\"needs\":[\"order\"],\"related\":[\"refund.eta\"],\"followups\":[\"coin\"],"
    "\"tests\":[{\"ask\":\"退款咋弄\",\"expect\":\"top3\"}]},"
    "{\"id\":\"refund.eta\",\"title\":{\"zh\":\"退款多久到\",\"en\":\"When a refund arrives\"},"
    "\"category\":\"refund\",\"risk\":\"money\","
    "\"questions\":{\"zh\":[\"退款多久到账\",\"退款一直没到怎么办\",\"退的钱几天能到\"],"
    "\"en\":[\"how long does a refund take\"]},"
    "\"answers\":[{\"lang\":\"zh\",\"text\":\"一到三天。\"},{\"lang\":\"en\",\"text\":"
    "\"One to three days.\"}],\"handoff\":{\"policy\":\"offer\",\"priority\":\"P2\"}},"
    "{\"id\":\"stolen\",\"title\":{\"zh\":\"账号被盗\",\"en\":\"Stolen account\"},"
    "\"category\":\"money\",\"risk\":\"fraud\","
    "\"questions\":{\"zh\":[\"我的账号被盗了\",\"有人盗刷我的银行卡\"],"
    "\"en\":[\"somebody stole my account\"]},"
    "\"answers\":[{\"lang\":\"zh\",\"text\":\"请拨打{{hotline}}。\"},{\"lang\":\"en\",\"text\":"
    "\"Call {{hotline}}.\"}],\"handoff\":{\"policy\":\"always\",\"priority\":\"P0\"}},"
    "{\"id\":\"coin\",\"title\":{\"zh\":\"小店币是什么\",\"en\":\"Shop coins\"},"
    "\"category\":\"money\","
    "\"questions\":{\"zh\":[\"小店币是什么\",\"iPhone15上怎么看小店币\"],"
    "\"en\":[\"what are shop coins\"]},"
    "\"answers\":[{\"lang\":\"zh\",\"text\":\"一种积分。\"},{\"lang\":\"en\",\"text\":"
    "\"Bonus points.\"}],\"when\":{\"platform\":[\"ios\",\"android\"],\"app_version\":\">=2.1\"},"
    "\"valid_from\":\"2020-01-01\",\"valid_to\":\"2090-12-31\",\"review_by\":\"2089-01-01\","
    "\"owner\":\"coins\",\"source\":\"help\"},"
    "{\"id\":\"hello\",\"title\":{\"zh\":\"问好\",\"en\":\"Hello\"},\"category\":\"chat\","
    "\"questions\":{\"zh\":[\"你好\",\"在吗\"],\"en\":[\"hello\",\"hi there\"]},"
    "\"answers\":[{\"lang\":\"zh\",\"text\":\"您好。\"},{\"lang\":\"en\",\"text\":\"Hello.\"}]}"
    "]}";

static void broken(const char *what, const char *why)
{
    fprintf(stderr, "fixture: %s: %s\n", what, why);
    abort();
}

static void *need(void *ptr)
{
    if (!ptr)
        broken("memory", "none left");
    return ptr;
}

/* ---- lexicon --------------------------------------------------------------------------------- */

void fixture_lexicon_init(fixture_lexicon *fixture)
{
    jieda__diagnostics diagnostics = {0};
    jieda_error err = {0};
    jieda__source source = {0};
    jieda__build build = {
        .alloc = jieda__default_allocator(), .arena = &fixture->arena, .source = &source};
    jieda_str text = {(const char *)jieda__base_lexicon, jieda__base_lexicon_len};
    uint32_t word_count;

    memset(fixture, 0, sizeof *fixture);
    jieda__arena_init(&fixture->arena, build.alloc, FIXTURE_BYTES_MAX);
    if (jieda__lexicon_parse(&fixture->arena, "base", text, &diagnostics, &source.base_lexicon,
                             &err) != JIEDA_OK ||
        diagnostics.error_count > 0 ||
        jieda__lexicon_build(&build, &fixture->blob, &word_count, &err) != JIEDA_OK ||
        jieda__lexicon_load(build.alloc, fixture->blob.bytes, fixture->blob.len, &fixture->lexicon,
                            &err) != JIEDA_OK)
        broken("base lexicon", err.message);
}

void fixture_lexicon_free(fixture_lexicon *fixture)
{
    jieda__lexicon_free(fixture->lexicon);
    jieda__blob_free(jieda__default_allocator(), &fixture->blob);
    jieda__arena_free(&fixture->arena);
}

/* ---- files ----------------------------------------------------------------------------------- */

void fixture_bytes_free(fixture_bytes *bytes)
{
    free(bytes->ptr);
    *bytes = (fixture_bytes){0};
}

static fixture_bytes copy_bytes(const void *ptr, size_t len)
{
    fixture_bytes copy = {need(malloc(len + 1)), len};

    if (len)
        memcpy(copy.ptr, ptr, len);
    copy.ptr[len] = '\0';
    return copy;
}

fixture_bytes fixture_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    jieda__buf buf;
    char piece[65536];
    size_t got;
    fixture_bytes bytes;

    if (!file)
        broken(path, "cannot open");
    jieda__buf_init(&buf, jieda__default_allocator(), FIXTURE_BYTES_MAX);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        jieda__buf_append(&buf, piece, got);
    fclose(file);
    if (buf.status != JIEDA_OK)
        broken(path, "too long");
    bytes = copy_bytes(buf.ptr, buf.len);
    jieda__buf_free(&buf);
    return bytes;
}

static void on_finding(void *ctx, const jieda_diagnostic *finding)
{
    (void)ctx;
    if (finding->severity == JIEDA_SEVERITY_ERROR)
        fprintf(stderr, "fixture: %.*s:%u:%u: %.*s\n", (int)finding->file.len, finding->file.ptr,
                finding->line, finding->column, (int)finding->message.len, finding->message.ptr);
}

fixture_bytes fixture_kb_build(const char *file_name, jieda_str text)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    char folder[] = "/tmp/jieda-fixture-XXXXXX";
    char source[256], out[256];
    jieda_error err = {0};
    fixture_bytes kb;
    FILE *file;

    if (!mkdtemp(folder))
        broken(folder, "cannot create");
    snprintf(source, sizeof source, "%s/%s", folder, file_name);
    snprintf(out, sizeof out, "%s/out.kb", folder);
    file = fopen(source, "wb");
    if (!file || fwrite(text.ptr, 1, text.len, file) != text.len || fclose(file) != 0)
        broken(source, "cannot write");
    options.diagnostic = on_finding;
    if (jieda_build(source, out, &options, NULL, &err) != JIEDA_OK)
        broken(source, err.message);
    kb = fixture_read_file(out);
    unlink(source);
    unlink(out);
    rmdir(folder);
    return kb;
}

/* ---- changes --------------------------------------------------------------------------------- */

/* A .kb is a database and, behind it, its sections: each change takes it apart and puts it together
 * again. */

/* Bytes of the database, as its header has them. */
static size_t database_len(fixture_bytes kb)
{
    const unsigned char *header = (const unsigned char *)kb.ptr;
    size_t page_size = (size_t)header[16] << 8 | header[17];
    size_t page_count =
        (size_t)header[28] << 24 | (size_t)header[29] << 16 | (size_t)header[30] << 8 | header[31];

    if (page_size * page_count > kb.len)
        broken("a knowledge base", "shorter than its database");
    return page_size * page_count;
}

static sqlite3 *open_copy(fixture_bytes kb)
{
    size_t len = database_len(kb);
    unsigned char *copy = need(sqlite3_malloc64(len));
    sqlite3 *db = NULL;

    memcpy(copy, kb.ptr, len);
    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_deserialize(db, "main", copy, (sqlite3_int64)len, (sqlite3_int64)len,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) !=
            SQLITE_OK)
        broken("copy of a knowledge base", sqlite3_errmsg(db));
    return db;
}

/* The changed database with these sections behind it. */
static fixture_bytes close_copy(sqlite3 *db, const void *behind, size_t behind_len)
{
    sqlite3_int64 len;
    unsigned char *bytes = need(sqlite3_serialize(db, "main", &len, 0));
    fixture_bytes copy = {need(malloc((size_t)len + behind_len + 1)), (size_t)len + behind_len};

    memcpy(copy.ptr, bytes, (size_t)len);
    if (behind_len)
        memcpy(copy.ptr + len, behind, behind_len);
    copy.ptr[copy.len] = '\0';
    sqlite3_free(bytes);
    sqlite3_close(db);
    return copy;
}

fixture_bytes fixture_kb_change(fixture_bytes kb, const char *sql)
{
    size_t len = database_len(kb);
    sqlite3 *db = open_copy(kb);

    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        broken(sql, sqlite3_errmsg(db));
    return close_copy(db, kb.ptr + len, kb.len - len);
}

/* Where a section stands: its bytes, and whether they are a blob in its row. */
static sqlite3_stmt *find_section(sqlite3 *db, const char *name)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, "SELECT offset, length, data FROM section WHERE name = ?1", -1,
                           &stmt, NULL) != SQLITE_OK)
        broken(name, sqlite3_errmsg(db));
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_ROW)
        broken(name, "no such section");
    return stmt;
}

static void set_row(sqlite3 *db, const char *name, const char *sql, sqlite3_int64 number,
                    const void *data, size_t len)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        broken(name, sqlite3_errmsg(db));
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)jieda__hash(JIEDA__HASH_SEED, data, len));
    sqlite3_bind_int64(stmt, 2, (sqlite3_int64)len);
    sqlite3_bind_text(stmt, 3, name, -1, SQLITE_STATIC);
    if (number >= 0)
        sqlite3_bind_int64(stmt, 4, number);
    else
        sqlite3_bind_blob64(stmt, 4, data, len, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_DONE || sqlite3_changes(db) != 1)
        broken(name, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
}

fixture_bytes fixture_kb_set_section(fixture_bytes kb, const char *name, const void *data,
                                     size_t len)
{
    size_t database = database_len(kb), behind_len = kb.len - database;
    size_t offset =
        (behind_len + JIEDA__SECTION_ALIGN - 1) / JIEDA__SECTION_ALIGN * JIEDA__SECTION_ALIGN;
    sqlite3 *db = open_copy(kb);
    sqlite3_stmt *stmt = find_section(db, name);
    bool in_row = sqlite3_column_type(stmt, 0) == SQLITE_NULL;
    fixture_bytes changed;
    char *behind;

    sqlite3_finalize(stmt);
    if (in_row) {
        set_row(db, name, "UPDATE section SET hash = ?1, length = ?2, data = ?4 WHERE name = ?3",
                -1, data, len);
        return close_copy(db, kb.ptr + database, behind_len);
    }
    /* It may have grown, so it goes behind all others; its old bytes stay and mean nothing. */
    set_row(db, name, "UPDATE section SET hash = ?1, length = ?2, offset = ?4 WHERE name = ?3",
            (sqlite3_int64)offset, data, len);
    behind = need(calloc(1, offset + len + 1));
    memcpy(behind, kb.ptr + database, behind_len);
    if (len)
        memcpy(behind + offset, data, len);
    changed = close_copy(db, behind, offset + len);
    free(behind);
    return changed;
}

fixture_bytes fixture_kb_section(fixture_bytes kb, const char *name)
{
    sqlite3 *db = open_copy(kb);
    sqlite3_stmt *stmt = find_section(db, name);
    size_t len = (size_t)sqlite3_column_int64(stmt, 1);
    fixture_bytes copy;

    if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
        copy = copy_bytes(sqlite3_column_blob(stmt, 2), len);
    else
        copy = copy_bytes(kb.ptr + database_len(kb) + sqlite3_column_int64(stmt, 0), len);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return copy;
}

/* ---- random numbers -------------------------------------------------------------------------- */

fixture_random fixture_random_init(const char *test_name)
{
    const char *wanted = getenv("JIEDA_SEED");
    uint64_t seed = wanted ? strtoull(wanted, NULL, 0) : 20240607;

    printf("%s: JIEDA_SEED=%" PRIu64 "\n", test_name, seed);
    return (fixture_random){seed};
}

uint64_t fixture_random_next(fixture_random *random)
{
    return jieda__hash_mix(random->state += 0x9e3779b97f4a7c15ULL); /* splitmix64 */
}

uint32_t fixture_random_below(fixture_random *random, uint32_t bound)
{
    return (uint32_t)((fixture_random_next(random) >> 32) * bound >> 32);
}
