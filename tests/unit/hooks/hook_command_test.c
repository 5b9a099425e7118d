/*
 * hook_command_test.c - what a program says by its exit status, and what it may do wrong: never
 * read, never end, start others, not exist.
 */
#include "unit/hooks/events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static fixture folder;
static log_lines lines;

static int begin(void **state)
{
    (void)state;
    fixture_folder(&folder);
    memset(&lines, 0, sizeof lines);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_remove(&folder);
    return 0;
}

static jieda_handoff_result run(const char *const *argv, const char *ticket, uint32_t timeout_ms)
{
    jieda_command_hook_options options = JIEDA_COMMAND_HOOK_OPTIONS_INIT;
    jieda_handoff handoff = event("T1-1", "c1", ticket);

    options.argv = argv;
    options.timeout_ms = timeout_ms;
    options.log = remember_line;
    options.log_ctx = &lines;
    return jieda_command_hook(&options, &handoff);
}

static jieda_handoff_result run_script(const char *script, const char *ticket, uint32_t timeout_ms)
{
    const char *const argv[] = {"/bin/sh", "-c", script, folder.folder, NULL};

    return run(argv, ticket, timeout_ms);
}

static void assert_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static const struct {
    const char *name, *script;
    jieda_handoff_result result;
    const char *logged; /* "" for nothing */
} cases[] = {
    {"0 is stored", "exit 0", JIEDA_HANDOFF_ACCEPTED, ""},
    {"75 is busy", "exit 75", JIEDA_HANDOFF_BUSY, ""},
    {"1 is a failure", "exit 1", JIEDA_HANDOFF_FAILED, "neither 0 nor 75"},
    {"127 is a failure", "exit 127", JIEDA_HANDOFF_FAILED, "neither 0 nor 75"},
    {"a signal is a failure", "kill -9 $$", JIEDA_HANDOFF_FAILED, "signal"},
    {"the input is one line", "test \"$(cat)\" = '{\"a\": 1 }'", JIEDA_HANDOFF_ACCEPTED, ""},
    {"and ends with a newline", "test $(wc -l) = 1", JIEDA_HANDOFF_ACCEPTED, ""},
    {"it may be opened again", "test $(wc -l </dev/stdin) = 1", JIEDA_HANDOFF_ACCEPTED, ""},
    {"it may close its input", "exec <&-; exit 0", JIEDA_HANDOFF_ACCEPTED, ""},
    {"SIGPIPE has its default action",
     "(sleep 0.1; echo x; echo lived >&2) 2>\"$0/lived\" | true;"
     " sleep 0.2; test ! -s \"$0/lived\"",
     JIEDA_HANDOFF_ACCEPTED, ""},
    {"output goes nowhere", "echo x; echo y >&2; exit 0", JIEDA_HANDOFF_ACCEPTED, ""},
    {"the input is open once", "test $(ls -l /proc/self/fd | grep -c jieda-ticket) = 1",
     JIEDA_HANDOFF_ACCEPTED, ""},
    {"the environment is the host's", "test \"$JIEDA_TEST\" = seen", JIEDA_HANDOFF_ACCEPTED, ""},
};

static void the_exit_status_is_the_answer(void **state)
{
    (void)state;
    setenv("JIEDA_TEST", "seen", 1);
    signal(SIGPIPE, SIG_IGN); /* as servers do */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jieda_handoff_result result;

        memset(&lines, 0, sizeof lines);
        result = run_script(cases[i].script, "{\"a\":\n1\n}", 10000);
        if (result != cases[i].result)
            fail_msg("%s: %d, %s", cases[i].name, (int)result, lines.text);
        assert_int_equal(lines.count, cases[i].logged[0] != '\0');
        assert_non_null(strstr(lines.text, cases[i].logged));
        assert_no_child();
    }
    signal(SIGPIPE, SIG_DFL);
}

static void a_long_ticket_that_nobody_reads_blocks_nothing(void **state)
{
    size_t len = (size_t)4 * 1024 * 1024;
    char *ticket = malloc(len + 1);

    (void)state;
    assert_non_null(ticket);
    memset(ticket, 'x', len);
    ticket[len] = '\0';
    assert_int_equal(run_script("exit 0", ticket, 10000), JIEDA_HANDOFF_ACCEPTED);
    assert_int_equal(run_script("head -c 1 >/dev/null", ticket, 10000), JIEDA_HANDOFF_ACCEPTED);
    assert_int_equal(run_script("test $(wc -c) = 4194305", ticket, 10000), JIEDA_HANDOFF_ACCEPTED);
    free(ticket);
}

static bool exists(const char *name)
{
    char path[128];

    path_in(&folder, name, path);
    return access(path, F_OK) == 0;
}

static void what_is_late_is_killed_with_what_it_started(void **state)
{
    struct timespec a, b, pause = {.tv_nsec = 700000000};

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &a);
    assert_int_equal(
        run_script("trap '' TERM; (sleep 0.8; : >\"$0/child\") & sleep 30; exit 0", "{}", 300),
        JIEDA_HANDOFF_FAILED);
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_in_range((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000, 290, 10000);
    assert_non_null(strstr(lines.text, "timed out"));
    assert_no_child();
    nanosleep(&pause, NULL);
    assert_false(exists("child"));
}

static void a_program_that_cannot_run_is_a_failure(void **state)
{
    const char *const missing[] = {"/no/such/program", NULL};
    const char *const not_searched_for[] = {"true", NULL};
    char text[128];
    const char *const no_program[] = {text, NULL};

    (void)state;
    path_in(&folder, "text", text);
    write_whole(text, "hello", 5);
    assert_int_equal(run(missing, "{}", 1000), JIEDA_HANDOFF_FAILED);
    assert_non_null(strstr(lines.text, "No such file"));
    assert_int_equal(run(not_searched_for, "{}", 1000), JIEDA_HANDOFF_FAILED);
    assert_int_equal(run(no_program, "{}", 1000), JIEDA_HANDOFF_FAILED);
    assert_int_equal(lines.count, 3);
    assert_no_child();
}

static void output_can_be_the_hosts(void **state)
{
    jieda_command_hook_options options = JIEDA_COMMAND_HOOK_OPTIONS_INIT;
    const char *const argv[] = {"/bin/sh", "-c", "echo said", NULL};
    jieda_handoff handoff = event("T1-1", "c1", "{}");
    char path[128], *bytes;
    int kept, file;

    (void)state;
    path_in(&folder, "said", path);
    options.argv = argv;
    options.inherit_output = true;
    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    file = open(path, O_WRONLY | O_CREAT, 0600);
    dup2(file, STDOUT_FILENO);
    assert_int_equal(jieda_command_hook(&options, &handoff), JIEDA_HANDOFF_ACCEPTED);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(file);
    bytes = read_whole(path, NULL);
    assert_string_equal(bytes, "said\n");
    free(bytes);
}

/* Standard input closed: the ticket's own descriptor is then number 0. */
static void a_host_without_standard_input(void **state)
{
    int kept = dup(STDIN_FILENO);

    (void)state;
    close(STDIN_FILENO);
    assert_int_equal(run_script("test \"$(cat)\" = '{}'", "{}", 10000), JIEDA_HANDOFF_ACCEPTED);
    dup2(kept, STDIN_FILENO);
    close(kept);
}

static void a_host_that_ignores_its_children_learns_nothing(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run_script("exit 0", "{}", 10000), JIEDA_HANDOFF_FAILED);
    signal(SIGCHLD, SIG_DFL);
    assert_non_null(strstr(lines.text, "No child processes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_exit_status_is_the_answer, begin, end),
        cmocka_unit_test_setup_teardown(a_long_ticket_that_nobody_reads_blocks_nothing, begin, end),
        cmocka_unit_test_setup_teardown(what_is_late_is_killed_with_what_it_started, begin, end),
        cmocka_unit_test_setup_teardown(a_program_that_cannot_run_is_a_failure, begin, end),
        cmocka_unit_test_setup_teardown(output_can_be_the_hosts, begin, end),
        cmocka_unit_test_setup_teardown(a_host_without_standard_input, begin, end),
        cmocka_unit_test_setup_teardown(a_host_that_ignores_its_children_learns_nothing, begin,
                                        end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
