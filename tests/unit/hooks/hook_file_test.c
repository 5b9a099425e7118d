/*
 * hook_file_test.c - an event is a whole line on the disk, or the visitor is told that it failed.
 */
#include "unit/hooks/events.h"

#include <sys/stat.h>
#include <sys/wait.h>

static fixture folder;
static char path[128];
static log_lines lines;

static int begin(void **state)
{
    (void)state;
    fixture_folder(&folder);
    path_in(&folder, "tickets.jsonl", path);
    memset(&lines, 0, sizeof lines);
    return 0;
}

static int end(void **state)
{
    (void)state;
    fixture_remove(&folder);
    return 0;
}

static jieda_file_hook_options options_for(const char *where)
{
    jieda_file_hook_options options = JIEDA_FILE_HOOK_OPTIONS_INIT;

    options.path = where;
    options.log = remember_line;
    options.log_ctx = &lines;
    return options;
}

static jieda_handoff_result take(const char *key, const char *ticket)
{
    jieda_file_hook_options options = options_for(path);
    jieda_handoff handoff = event(key, "c1", ticket);

    return jieda_file_hook(&options, &handoff);
}

static void assert_file(const char *expected)
{
    char *bytes = read_whole(path, NULL);

    assert_string_equal(bytes, expected);
    free(bytes);
}

#define LINE(key, ticket)                                                                          \
    "{\"event\":\"opened\",\"idempotency_key\":\"" key                                             \
    "\",\"conversation_id\":\"c1\",\"ticket\":" ticket "}\n"

static void an_event_is_a_line(void **state)
{
    struct stat info;

    (void)state;
    assert_int_equal(take("T1-1", "{\"a\":1}"), JIEDA_HANDOFF_ACCEPTED);
    assert_int_equal(take("T1-2", "{\"text\":\"退款\"}"), JIEDA_HANDOFF_ACCEPTED);
    assert_file(LINE("T1-1", "{\"a\":1}") LINE("T1-2", "{\"text\":\"退款\"}"));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(lines.count, 0);
}

static const struct {
    const char *name;
    jieda_handoff_event event;
    const char *conversation, *ticket, *line;
} line_cases[] = {
    {"a message", JIEDA_HANDOFF_MESSAGE, "c", "{}",
     "{\"event\":\"message\",\"idempotency_key\":\"k\",\"conversation_id\":\"c\",\"ticket\":{}}\n"},
    {"an escalation", JIEDA_HANDOFF_ESCALATED, "c", "{}",
     "{\"event\":\"escalated\",\"idempotency_key\":\"k\",\"conversation_id\":\"c\","
     "\"ticket\":{}}\n"},
    {"a reopened ticket", JIEDA_HANDOFF_REOPENED, "c", "{}",
     "{\"event\":\"reopened\",\"idempotency_key\":\"k\",\"conversation_id\":\"c\","
     "\"ticket\":{}}\n"},
    {"a cancelled ticket", JIEDA_HANDOFF_CANCELLED, "c", "{}",
     "{\"event\":\"cancelled\",\"idempotency_key\":\"k\",\"conversation_id\":\"c\","
     "\"ticket\":{}}\n"},
    {"a quote, a backslash, a tab", JIEDA_HANDOFF_OPENED, "\"\\\t", "{}",
     "{\"event\":\"opened\",\"idempotency_key\":\"k\",\"conversation_id\":\"\\\"\\\\\\u0009\","
     "\"ticket\":{}}\n"},
    {"ill-formed UTF-8", JIEDA_HANDOFF_OPENED, "\xff退\xe9\x80", "{}",
     "{\"event\":\"opened\",\"idempotency_key\":\"k\","
     "\"conversation_id\":\"\xEF\xBF\xBD退\xEF\xBF\xBD\xEF\xBF\xBD\",\"ticket\":{}}\n"},
    {"surrogates and overlong forms", JIEDA_HANDOFF_OPENED, "\xed\xa0\x80\xc0\xaf😀", "{}",
     "{\"event\":\"opened\",\"idempotency_key\":\"k\",\"conversation_id\":\""
     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD😀\",\"ticket\":{}}\n"},
    {"a ticket of several lines", JIEDA_HANDOFF_OPENED, "c", "{\r\n\"a\":1\n}",
     "{\"event\":\"opened\",\"idempotency_key\":\"k\",\"conversation_id\":\"c\","
     "\"ticket\":{  \"a\":1 }}\n"},
};

static void what_is_in_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof line_cases / sizeof *line_cases; i++) {
        jieda_file_hook_options options = options_for(path);
        jieda_handoff handoff = event("k", line_cases[i].conversation, line_cases[i].ticket);
        char *bytes;

        unlink(path);
        handoff.event = line_cases[i].event;
        assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_ACCEPTED);
        bytes = read_whole(path, NULL);
        if (strcmp(bytes, line_cases[i].line) != 0)
            fail_msg("%s: %s", line_cases[i].name, bytes);
        free(bytes);
    }
}

static void events_have_the_names_of_the_engine(void **state)
{
    (void)state;
    for (int i = JIEDA_HANDOFF_OPENED; i <= JIEDA_HANDOFF_CANCELLED; i++) {
        jieda_file_hook_options options = options_for(path);
        jieda_handoff handoff = event("k", "c", "{}");
        char *bytes, expected[64];

        unlink(path);
        handoff.event = (jieda_handoff_event)i;
        assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_ACCEPTED);
        snprintf(expected, sizeof expected, "{\"event\":\"%s\",",
                 jieda_handoff_event_name(handoff.event));
        bytes = read_whole(path, NULL);
        assert_memory_equal(bytes, expected, strlen(expected));
        free(bytes);
    }
}

static void half_a_line_gets_a_line_of_its_own(void **state)
{
    static const char half[] = LINE("T1-1", "{}") "{\"event\":\"opened\",\"idempo";

    (void)state;
    write_whole(path, half, sizeof half - 1);
    assert_int_equal(take("T1-2", "{}"), JIEDA_HANDOFF_ACCEPTED);
    assert_int_equal(take("T1-3", "{}"), JIEDA_HANDOFF_ACCEPTED);
    assert_file(LINE("T1-1", "{}") "{\"event\":\"opened\",\"idempo\n" LINE("T1-2", "{}")
                    LINE("T1-3", "{}"));
}

static void a_line_without_its_newline_is_completed(void **state)
{
    static const char whole[] = LINE("T1-1", "{}");

    (void)state;
    write_whole(path, whole, sizeof whole - 2);
    assert_int_equal(take("T1-2", "{}"), JIEDA_HANDOFF_ACCEPTED);
    assert_file(LINE("T1-1", "{}") LINE("T1-2", "{}"));
}

static void a_full_disk_leaves_the_file_as_it_was(void **state)
{
    char *ticket = malloc(100001);

    (void)state;
    assert_non_null(ticket);
    memset(ticket, ' ', 100000);
    ticket[0] = '{';
    ticket[99999] = '}';
    ticket[100000] = '\0';
    assert_int_equal(take("T1-1", "{}"), JIEDA_HANDOFF_ACCEPTED);
    disk_fills_up_at(50000);
    assert_int_equal(take("T1-2", ticket), JIEDA_HANDOFF_FAILED);
    disk_has_room();
    assert_file(LINE("T1-1", "{}"));
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.text, "T000000000000001"));
    assert_null(strstr(lines.text, "c1")); /* an id of the host's */
    assert_int_equal(take("T1-2", "{}"), JIEDA_HANDOFF_ACCEPTED);
    free(ticket);
}

static void what_cannot_be_written_has_failed(void **state)
{
    static const char *const paths[] = {"/no/such/folder/file", "/proc/jieda.jsonl", "/dev/full",
                                        "/tmp"};
    jieda_handoff handoff = event("k", "c", "{}");

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        jieda_file_hook_options options = options_for(paths[i]);

        assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_FAILED);
        assert_int_equal(lines.count, i + 1);
    }
}

static void the_host_says_who_is_there(void **state)
{
    jieda_handoff_result said = JIEDA_HANDOFF_CLOSED;
    jieda_file_hook_options options = options_for(path);
    jieda_handoff handoff = event("k", "c", "{}");

    (void)state;
    options.staffing = say;
    options.staffing_ctx = &said;
    assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_CLOSED);
    said = JIEDA_HANDOFF_BUSY;
    assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_BUSY);
    said = JIEDA_HANDOFF_FAILED; /* makes no sense of what is stored */
    assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_ACCEPTED);
    options.path = "/no/such/folder/file";
    said = JIEDA_HANDOFF_CLOSED;
    assert_int_equal(jieda_file_hook(&options, &handoff), JIEDA_HANDOFF_FAILED);
}

enum { WRITER_COUNT = 4, EVENT_COUNT = 50 };

/* Each line is longer than what a kernel writes in one piece, and there is half a line at first. */
static void processes_share_a_file(void **state)
{
    size_t len, count = 0, body = 20000;
    char *ticket = malloc(body + 1), *bytes;

    (void)state;
    assert_non_null(ticket);
    memset(ticket, 'x', body);
    ticket[0] = ticket[body - 1] = '"';
    ticket[body] = '\0';
    write_whole(path, "{\"ha", 4);
    for (int w = 0; w < WRITER_COUNT; w++)
        if (fork() == 0) {
            int wrong = 0;

            for (int i = 0; i < EVENT_COUNT; i++)
                wrong += take("k", ticket) != JIEDA_HANDOFF_ACCEPTED;
            _exit(wrong);
        }
    for (int w = 0; w < WRITER_COUNT; w++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    bytes = read_whole(path, &len);
    for (char *at = strchr(bytes, '\n') + 1; *at; at = strchr(at, '\n') + 1) {
        static const char head[] = "{\"event\":\"opened\",";
        const char *newline = strchr(at, '\n');

        assert_memory_equal(at, head, sizeof head - 1);
        assert_memory_equal(newline - 3, "x\"}", 3);
        count++;
    }
    assert_int_equal(count, WRITER_COUNT * EVENT_COUNT);
    free(bytes);
    free(ticket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_is_a_line, begin, end),
        cmocka_unit_test_setup_teardown(what_is_in_a_line, begin, end),
        cmocka_unit_test_setup_teardown(events_have_the_names_of_the_engine, begin, end),
        cmocka_unit_test_setup_teardown(half_a_line_gets_a_line_of_its_own, begin, end),
        cmocka_unit_test_setup_teardown(a_line_without_its_newline_is_completed, begin, end),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_the_file_as_it_was, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_has_failed, begin, end),
        cmocka_unit_test_setup_teardown(the_host_says_who_is_there, begin, end),
        cmocka_unit_test_setup_teardown(processes_share_a_file, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
