/*
 * build_fault_test.c - each allocation of jieda_build() fails once, and then all from there on.
 *
 * A build that fails says so with a message, leaks nothing, leaves the file that was there and no
 * other; one that succeeds in spite of a fault, as SQLite often does, gives the same bytes as one
 * in plenty. The fixture has one of everything and a small base lexicon; the library's own lexicon
 * makes a hundred times the allocations, all of the same kinds.
 */
#include "fault/faulty.h"
#include "unit/api/shop.h"

#include <dirent.h>

/* A policy with a row of everything. */
static const char policy[] =
    "{'format': 1, 'queues': [{'id': 'desk', 'title': {'zh': '前台', 'en': 'Desk'}}],"
    " 'hours': [{'days': ['mon'], 'from': '08:00', 'to': '22:00'}], 'closed': ['2027-02-06'],"
    " 'open': [{'date': '2027-02-07', 'from': '09:00', 'to': '18:00'}],"
    " 'handoff': {'fraud': {'queue': 'desk'}},"
    " 'complaint_levels': [{'complaints': 2, 'due_minutes': 60}],"
    " 'tags': [{'tag': 'vip', 'values': ['1'], 'raise': 1}],"
    " 'entries': {'always': [{'entry': 'account.stolen', 'reason': 'fraud'}],"
    " 'never': ['refund.eta']}, 'identity_check': ['account.password'],"
    " 'reminders': [{'id': 'care', 'topics': ['money'], 'text': {'zh': '小心', 'en': 'Care'}}],"
    " 'messages': {'clarify': {'zh': '哪个'}}}";

static fixture files;
static char lexicon_path[512];
static char *expected;
static size_t expected_len;

static int make_source(void **state)
{
    (void)state;
    fixture_folder(&files);
    fixture_write(&files, "pack.json", shop_pack);
    fixture_write(&files, "entries.json", shop_entries);
    fixture_write(&files, "policy.json", policy);
    fixture_write_small_lexicon(&files, lexicon_path);
    fixture_compile_with(&files, lexicon_path);
    expected = read_whole(files.kb, &expected_len);
    return 0;
}

static int remove_source(void **state)
{
    (void)state;
    free(expected);
    fixture_remove(&files);
    return 0;
}

/* The source's four files and the fixture's .kb: nothing else may be left in the folder. */
#define FILE_COUNT 5

static size_t file_count(void)
{
    DIR *folder = opendir(files.folder);
    struct dirent *item;
    size_t count = 0;

    assert_non_null(folder);
    while ((item = readdir(folder)))
        count += item->d_name[0] != '.' || strlen(item->d_name) > 2;
    closedir(folder);
    return count;
}

enum { OURS, SQLITE, CJSON };

/* @return whether there was an allocation n. */
static bool build_with_fault(int memory, size_t n, bool for_ever)
{
    fault own = {0}, *const faults[] = {&own, &sqlite_fault, &cjson_fault};
    fault *struck = faults[memory];
    jieda_allocator allocator = {faulty_resize, &own};
    jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;
    jieda_error err = {0};
    jieda_status st;
    size_t len;
    char *bytes;

    options.allocator = &allocator;
    options.base_lexicon_path = lexicon_path;
    fault_arm(struck, n, for_ever);
    st = jieda_build(files.folder, files.kb, &options, NULL, &err);
    fault_disarm(struck);
    if (own.alive != 0)
        fail_msg("allocation %zu: %zu blocks leak", n, own.alive);
    if (st == JIEDA_OK ? struck->fired && memory != SQLITE
                       : (memory == SQLITE
                              ? !is_failure_of_sqlite(st, &err)
                              : st != JIEDA_E_NOMEM || err.status != st || err.message[0] == '\0'))
        fail_msg("allocation %zu: %s, \"%s\"", n, jieda_status_name(st), err.message);
    bytes = read_whole(files.kb, &len);
    if (len != expected_len || memcmp(bytes, expected, len) != 0)
        fail_msg("allocation %zu, %s: another file than expected", n, jieda_status_name(st));
    free(bytes);
    if (file_count() != FILE_COUNT)
        fail_msg("allocation %zu, %s: a file is left behind", n, jieda_status_name(st));
    return struck->fired;
}

static void build_with_faults(int memory, size_t step)
{
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t n = 0;

        while (build_with_fault(memory, n, for_ever))
            n += step;
        if (memory != CJSON)
            assert_true(n > 20);
    }
}

static void each_allocation_of_ours_may_fail(void **state)
{
    (void)state;
    build_with_faults(OURS, 1);
}

/* Thousands, and a build takes milliseconds: a prime step meets every kind of statement. */
static void allocations_of_sqlite_may_fail(void **state)
{
    (void)state;
    build_with_faults(SQLITE, 97);
}

static void each_allocation_of_cjson_may_fail(void **state)
{
    (void)state;
    build_with_faults(CJSON, 1);
}

/* A failed first build leaves no file at all. */
static void a_failed_build_leaves_no_file(void **state)
{
    char path[160];

    (void)state;
    snprintf(path, sizeof path, "%s/other.kb", files.folder);
    for (size_t n = 0; n < 2000; n += 37) {
        fault own = {0};
        jieda_allocator allocator = {faulty_resize, &own};
        jieda_build_options options = JIEDA_BUILD_OPTIONS_INIT;

        options.allocator = &allocator;
        options.base_lexicon_path = lexicon_path;
        fault_arm(&own, n, true);
        if (jieda_build(files.folder, path, &options, NULL, NULL) == JIEDA_OK) {
            unlink(path);
            break;
        }
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(file_count(), FILE_COUNT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_of_ours_may_fail),
        cmocka_unit_test(allocations_of_sqlite_may_fail),
        cmocka_unit_test(each_allocation_of_cjson_may_fail),
        cmocka_unit_test(a_failed_build_leaves_no_file),
    };

    faulty_libraries();
    return cmocka_run_group_tests(tests, make_source, remove_source);
}
