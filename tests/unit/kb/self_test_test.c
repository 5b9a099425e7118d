/*
 * self_test_test.c - a build asks the source's own tests and questions, and what it says of them.
 *
 * The packs are small enough that what is answered is obvious: wordings that share nothing with the
 * other entry. Findings are compared as "rule line:column words", the words being ones that the
 * message must hold; confidences are not pinned.
 */
#include "fixture.h"

#include "base/base.h"

#include <dirent.h>

#define FINDING_COUNT_MAX 256

typedef struct finding {
    jieda_severity severity;
    char rule[32];
    uint32_t line, column;
    char message[512], fix[256];
} finding;

typedef struct findings {
    finding items[FINDING_COUNT_MAX];
    size_t count;
    size_t testing_calls; /* of the progress hook in stage "testing" */
} findings;

static void take_finding(void *ctx, const jieda_diagnostic *d)
{
    findings *all = ctx;
    finding *f;

    assert_true(all->count < FINDING_COUNT_MAX);
    f = &all->items[all->count++];
    f->severity = d->severity;
    f->line = d->line;
    f->column = d->column;
    snprintf(f->rule, sizeof f->rule, "%s", d->rule);
    snprintf(f->message, sizeof f->message, "%.*s", (int)d->message.len, d->message.ptr);
    snprintf(f->fix, sizeof f->fix, "%.*s", (int)d->fix.len, d->fix.ptr);
}

static bool take_progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
    assert_true(done <= total);
    ((findings *)ctx)->testing_calls += strcmp(stage, "testing") == 0;
    return true;
}

static jieda_status build(const fixture *f, const char *source, bool strict, findings *out,
                          jieda_build_result *result, jieda_error *err)
{
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;

    memset(out, 0, sizeof *out);
    options.diagnostic = take_finding;
    options.diagnostic_ctx = out;
    options.progress = take_progress;
    options.progress_ctx = out;
    options.strict = strict;
    return jieda_build(source, f->kb, &options, result, err);
}

static size_t count_of(const findings *all, const char *rule)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++)
        count += strcmp(all->items[i].rule, rule) == 0;
    return count;
}

static size_t file_count(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    size_t count = 0;

    assert_non_null(dir);
    while ((item = readdir(dir)) != NULL)
        count += item->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* ---- tests[] --------------------------------------------------------------------------------- */

#define REFUND "'怎么申请退款', '退款在哪里点', '我要退款', '想把钱退回来'"
#define INVOICE "'怎么开发票', '发票在哪里开', '电子发票怎么下载', '发票抬头开错了'"

#define REFUND_ENTRY FIXTURE_ENTRY("refund", REFUND, ",\n'tests': [%s]")
#define INVOICE_ENTRY FIXTURE_ENTRY("invoice", INVOICE, "")

static const struct {
    const char *name, *tests; /* of entry "refund", on line 2 */
    const char *words;        /* of the one failed-test; NULL: none */
} cases[] = {
    {"an answer that comes", "{'ask': '退款怎么申请呀', 'expect': 'answer'}", NULL},
    {"an answer that does not", "{'ask': '电子发票在哪里下载', 'expect': 'answer'}", "\"invoice\""},
    {"an answer nobody knows", "{'ask': 'xyzzy', 'expect': 'answer'}", "nothing was found"},
    {"the best three", "{'ask': '退款怎么申请呀', 'expect': 'top3'}", NULL},
    {"not among any", "{'ask': 'xyzzy', 'expect': 'top3'}", "among the best three"},
    {"what must not come and does not", "{'ask': '电子发票在哪里下载', 'expect': 'not'}", NULL},
    {"what must not come, unknown", "{'ask': 'xyzzy', 'expect': 'not'}", NULL},
    {"what must not come and does", "{'ask': '退款怎么申请呀', 'expect': 'not'}",
     "\"refund\" not to be answered with"},
    {"the second of two",
     "{'ask': '退款怎么申请呀', 'expect': 'top3'}, {'ask': 'xyzzy', 'expect': 'answer'}", "xyzzy"},
};

static void tests_of_entries_are_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static findings all;
        jieda_build_result result;
        jieda_error err = {0};
        char entries[2048];
        fixture f;

        fixture_folder(&f);
        fixture_write(&f, "pack.json", FIXTURE_PACK_ZH);
        snprintf(entries, sizeof entries, FIXTURE_ENTRIES(REFUND_ENTRY ", " INVOICE_ENTRY),
                 cases[i].tests);
        fixture_write(&f, "entries.json", entries);
        if (build(&f, f.folder, false, &all, &result, &err) != JIEDA_OK)
            fail_msg("%s: %s", cases[i].name, err.message);
        if (count_of(&all, "failed-test") != (cases[i].words != NULL) ||
            all.count != (cases[i].words != NULL))
            fail_msg("%s: %zu findings, %s", cases[i].name, all.count,
                     all.count ? all.items[0].message : "");
        assert_int_equal(result.warning_count, all.count);
        assert_int_equal(result.error_count, 0);
        if (cases[i].words) {
            const finding *got = &all.items[0];

            assert_int_equal(got->severity, JIEDA_SEVERITY_WARNING);
            assert_int_equal(got->line, 2);
            assert_true(got->column > 0);
            if (!strstr(got->message, cases[i].words))
                fail_msg("%s: no %s in: %s", cases[i].name, cases[i].words, got->message);
            assert_non_null(strstr(got->fix, "--expect refund`"));
        }
        assert_true(all.testing_calls > 0);
        fixture_remove(&f);
    }
}

#define PACK_WITH_CHAT                                                                             \
    "{'format': 1, 'name': 'tiny', 'title': {'zh': 'tiny'}, 'languages': ['zh'], "                 \
    "'categories': [{'id': 'faq', 'title': {'zh': 'faq'}}, "                                       \
    "{'id': 'chat', 'title': {'zh': 'chat'}, 'kind': 'smalltalk'}]}"
#define HELLO                                                                                      \
    FIXTURE_ENTRY("hello", "'你好呀', '早上好', '您好您好'",                                       \
                  ", 'category': 'chat', 'tests': [{'ask': '你好呀！！', 'expect': 'answer'}]")
#define STOLEN                                                                                     \
    FIXTURE_ENTRY("stolen", "'账号被别人盗了', '我的账号被盗', '有人盗刷我的卡'",                  \
                  ", 'category': 'faq', 'handoff': {'policy': 'always'}, "                         \
                  "'tests': [{'ask': '我的账号被盗了', 'expect': 'answer'}]")

/* Small talk that is answered and an entry that hands over count as answered. */
static void other_decisions_are_answers_too(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    fixture f;

    (void)state;
    fixture_folder(&f);
    fixture_write(&f, "pack.json", PACK_WITH_CHAT);
    fixture_write(&f, "entries.json", FIXTURE_ENTRIES(HELLO ", " STOLEN));
    assert_int_equal(build(&f, f.folder, false, &all, &result, &err), JIEDA_OK);
    if (all.count > 0)
        fail_msg("%s", all.items[0].message);
    fixture_remove(&f);
}

/* An entry is not asked for its validity, its tags or its placeholders: a build knows no visitor.
 */
static void nobody_is_the_visitor(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    fixture f;

    (void)state;
    fixture_folder(&f);
    fixture_write(&f, "pack.json", FIXTURE_PACK_ZH);
    fixture_write(
        &f, "entries.json",
        FIXTURE_ENTRIES(FIXTURE_ENTRY("refund", REFUND,
                                      ", 'valid_to': '2001-01-01', 'when': {'platform': 'ios'}, "
                                      "'tests': [{'ask': '退款怎么申请呀', 'expect': 'answer'}]")));
    assert_int_equal(build(&f, f.folder, false, &all, &result, &err), JIEDA_OK);
    assert_int_equal(all.count, 0);
    fixture_remove(&f);
}

/* ---- questions ------------------------------------------------------------------------------- */

#define LISTED_MAX 50 /* findings of a rule that are listed */

/* `count` entries, each with all wordings about a made-up thing of its own, and one entry "stray"
 * that has a wording about each of these things: what is typical of another entry leads there.
 * @param denied  the other entries list stray's wordings under their "not". */
static void write_strays(const fixture *f, size_t count, bool denied, const char *stray_rest)
{
    static const char *const things[] = {"坏了", "坏", "怎么坏了", "坏掉", "又坏了"};
    jieda__buf out;

    jieda__buf_init(&out, jieda__default_allocator(), 1024 * 1024);
    jieda__buf_cstr(&out, "{'entries': [");
    for (size_t i = 0; i <= count; i++) {
        char piece[256];

        snprintf(piece, sizeof piece,
                 "%s{'id': '%s%02zu', 'title': {'zh': 'x'}, 'answers': [{'lang': 'zh', 'text': "
                 "'x'}], 'questions': {'zh': [",
                 i ? ",\n" : "", i < count ? "t" : "stray", i);
        jieda__buf_cstr(&out, piece);
        for (size_t k = 0; k < (i < count ? sizeof things / sizeof *things : count); k++) {
            size_t thing = i < count ? i : k;

            jieda__buf_cstr(&out, k ? ",\n'" : "'");
            jieda__buf_utf8(&out, 0x4E37 + 37 * (uint32_t)thing);
            jieda__buf_utf8(&out, 0x521D + 53 * (uint32_t)thing);
            jieda__buf_cstr(&out, i < count ? things[k] : "坏了吗");
            jieda__buf_byte(&out, '\'');
        }
        jieda__buf_cstr(&out, "]}");
        if (i < count && denied) {
            jieda__buf_cstr(&out, ", 'not': {'zh': ['");
            jieda__buf_utf8(&out, 0x4E37 + 37 * (uint32_t)i);
            jieda__buf_utf8(&out, 0x521D + 53 * (uint32_t)i);
            jieda__buf_cstr(&out, "坏了吗']}");
        }
        jieda__buf_cstr(&out, i < count ? "" : stray_rest);
        jieda__buf_byte(&out, '}');
    }
    jieda__buf_cstr(&out, "]}");
    jieda__buf_byte(&out, '\0');
    assert_int_equal(out.status, JIEDA_OK);
    fixture_write(f, "pack.json", FIXTURE_PACK_ZH);
    fixture_write(f, "entries.json", out.ptr);
    jieda__buf_free(&out);
}

static void questions_that_lead_elsewhere_are_lost(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    fixture f;

    (void)state;
    fixture_folder(&f);
    write_strays(&f, LISTED_MAX, false, "");
    assert_int_equal(build(&f, f.folder, false, &all, &result, &err), JIEDA_OK);
    assert_int_equal(count_of(&all, "lost-question"), LISTED_MAX);
    assert_int_equal(all.count, LISTED_MAX);
    for (size_t i = 0; i < all.count; i++) {
        const finding *got = &all.items[i];
        char winner[32];

        snprintf(winner, sizeof winner, "\"t%02zu\"", i);
        assert_int_equal(got->severity, JIEDA_SEVERITY_WARNING);
        assert_int_equal(got->line,
                         LISTED_MAX * 5 + 1 + i); /* each wording has a line of its own */
        assert_non_null(strstr(got->message, "of \"stray50\" leads to"));
        if (!strstr(got->message, winner))
            fail_msg("no %s in: %s", winner, got->message);
        assert_non_null(strstr(got->fix, "\"not\""));
    }
    fixture_remove(&f);
}

/* One of the remedies the finding names. */
static void what_the_winner_denies_is_not_lost(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    fixture f;

    (void)state;
    fixture_folder(&f);
    write_strays(&f, LISTED_MAX, true, "");
    assert_int_equal(build(&f, f.folder, false, &all, &result, &err), JIEDA_OK);
    if (all.count > 0)
        fail_msg("%s", all.items[0].message);
    fixture_remove(&f);
}

/* On the maximum and one past it. */
static void findings_are_listed_up_to_a_number(void **state)
{
    (void)state;
    for (size_t count = LISTED_MAX; count <= LISTED_MAX + 1; count++) {
        static findings all;
        jieda_build_result result;
        jieda_error err = {0};
        char rest[8192] = ", 'tests': [";
        fixture f;

        for (size_t i = 0; i < count; i++)
            snprintf(rest + strlen(rest), sizeof rest - strlen(rest),
                     "%s{'ask': 'xyzzy%zu', 'expect': 'top3'}", i ? ", " : "", i);
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), "]");
        fixture_folder(&f);
        write_strays(&f, count, false, rest);
        assert_int_equal(build(&f, f.folder, false, &all, &result, &err), JIEDA_OK);
        assert_int_equal(all.count, 2 * LISTED_MAX + (count > LISTED_MAX ? 2 : 0));
        assert_int_equal(count_of(&all, "lost-question"), all.count / 2);
        assert_int_equal(count_of(&all, "failed-test"), all.count / 2);
        assert_int_equal(result.warning_count, all.count);
        if (count > LISTED_MAX) {
            const finding *last = &all.items[all.count - 1];

            assert_int_equal(last->line, 0);
            assert_string_equal(last->message, "1 more of these");
            assert_true(last->fix[0] != '\0');
        }
        fixture_remove(&f);
    }
}

static void lists_are_not_asked(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    char path[160];
    fixture f;

    (void)state;
    fixture_folder(&f);
    fixture_write(&f, "list.tsv", "a\t怎么退款\t好的\nb\t怎么开发票\t好的\n");
    snprintf(path, sizeof path, "%s/list.tsv", f.folder);
    assert_int_equal(build(&f, path, true, &all, &result, &err), JIEDA_OK);
    assert_int_equal(all.count, 0);
    assert_int_equal(all.testing_calls, 0);
    fixture_remove(&f);
}

/* ---- strict ---------------------------------------------------------------------------------- */

/* All is reported, nothing is left behind, and what stood there stays. */
static void strict_writes_nothing_with_a_warning(void **state)
{
    static const char old[] = "old";
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    size_t files, len;
    char *bytes;
    fixture f;

    (void)state;
    fixture_folder(&f);
    write_strays(&f, LISTED_MAX, false, ", 'tests': [{'ask': 'xyzzy', 'expect': 'answer'}]");
    write_whole(f.kb, old, strlen(old));
    files = file_count(f.folder);
    assert_int_equal(build(&f, f.folder, true, &all, &result, &err), JIEDA_E_FORMAT);
    assert_int_equal(err.status, JIEDA_E_FORMAT);
    assert_non_null(strstr(err.message, "51 warnings"));
    assert_int_equal(all.count, LISTED_MAX + 1);
    assert_int_equal(result.warning_count, LISTED_MAX + 1);
    assert_int_equal(result.error_count, 0);
    assert_int_equal(file_count(f.folder), files);
    bytes = read_whole(f.kb, &len);
    assert_string_equal(bytes, old);
    free(bytes);
    fixture_remove(&f);
}

static void strict_writes_without_a_warning(void **state)
{
    static findings all;
    jieda_build_result result;
    jieda_error err = {0};
    size_t files;
    fixture f;

    (void)state;
    fixture_folder(&f);
    fixture_write(&f, "pack.json", FIXTURE_PACK_ZH);
    fixture_write(&f, "entries.json",
                  FIXTURE_ENTRIES(FIXTURE_ENTRY("refund", REFUND, "") ", " INVOICE_ENTRY));
    files = file_count(f.folder);
    assert_int_equal(build(&f, f.folder, true, &all, &result, &err), JIEDA_OK);
    assert_int_equal(all.count, 0);
    assert_true(result.file_bytes > 0);
    assert_int_equal(file_count(f.folder), files + 1);
    fixture_remove(&f);
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct faulty {
    size_t allowed; /* allocations before the one that fails */
    bool fired;
    size_t alive; /* blocks not freed */
} faulty;

static void *faulty_resize(void *ctx, void *ptr, size_t size)
{
    faulty *f = ctx;
    void *grown;

    if (size == 0) {
        f->alive -= ptr != NULL;
        free(ptr);
        return NULL;
    }
    if (f->allowed == 0 && !f->fired) {
        f->fired = true;
        return NULL;
    }
    f->allowed -= f->allowed > 0;
    grown = realloc(ptr, size);
    assert_non_null(grown);
    f->alive += ptr == NULL;
    return grown;
}

/* Every allocation of a build would take minutes; the guard's and the test's are among these. */
static void a_build_without_memory_leaves_nothing(void **state)
{
    size_t files, n = 0;
    fixture f;

    (void)state;
    fixture_folder(&f);
    write_strays(&f, 3, false, ", 'tests': [{'ask': 'xyzzy', 'expect': 'answer'}]");
    files = file_count(f.folder);
    for (;; n += 1 + n / 64) {
        faulty memory = {.allowed = n};
        jieda_allocator alloc = {faulty_resize, &memory};
        jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
        jieda_error err = {0};
        jieda_status st;

        options.allocator = &alloc;
        st = jieda_build(f.folder, f.kb, &options, NULL, &err);
        if (memory.alive != 0)
            fail_msg("allocation %zu: %zu blocks leak", n, memory.alive);
        if (!memory.fired) {
            assert_int_equal(st, JIEDA_OK);
            break;
        }
        if (st != JIEDA_E_NOMEM || file_count(f.folder) != files)
            fail_msg("allocation %zu: status %d, %s", n, st, err.message);
    }
    assert_true(n > 50);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tests_of_entries_are_asked),
        cmocka_unit_test(other_decisions_are_answers_too),
        cmocka_unit_test(nobody_is_the_visitor),
        cmocka_unit_test(questions_that_lead_elsewhere_are_lost),
        cmocka_unit_test(what_the_winner_denies_is_not_lost),
        cmocka_unit_test(findings_are_listed_up_to_a_number),
        cmocka_unit_test(lists_are_not_asked),
        cmocka_unit_test(strict_writes_nothing_with_a_warning),
        cmocka_unit_test(strict_writes_without_a_warning),
        cmocka_unit_test(a_build_without_memory_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
