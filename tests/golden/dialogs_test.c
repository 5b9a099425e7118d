/*
 * dialogs_test.c - whole conversations with the wallet pack, as transcripts a person can read.
 *
 * dialogs/NAME.txt is one session: "> utterance", then what came of it:
 *
 *     > 怎么申请退款
 *     = answer refund.apply
 *       在「账单」里打开这笔订单就能申请退款。        the answer's first line
 *     > 转
 *     = clarify
 *       - transfer.how                                the options, when asked back
 *       ? 您想问的是下面哪一个？                      what the bot says besides, its first line
 *     > 转人工
 *     = handoff
 *       ! requested P2 queued general                 the ticket
 *       * ...                                         notices stand with a star
 *
 * It begins on a Monday at noon; every message is a minute after the one before. A line that begins
 * with @ is what others do: `@ agent NAME`, `@ close`, `@ return`, `@ request`, `@ cancel`,
 * `@ unhelpful`, `@ wait MINUTES`. Lines that begin with # and empty ones are kept.
 * JIEDA_UPDATE_GOLDEN=1 writes the transcripts anew; a person then reviews the difference. Only
 * obvious questions stand here: quality is measured by `jieda eval`, not by transcripts.
 */
#include "fixture.h"

#include <dirent.h>

#define FOLDER JIEDA_TESTS_DIR "/golden/dialogs"
#define LINE_COUNT_MAX 512
#define FILE_COUNT_MAX 64
#define MONDAY_NOON 1793592000 /* 2026-11-02T12:00:00+08:00 */

/* ---- replaying ------------------------------------------------------------------------------- */

typedef struct text {
    char bytes[256 * 1024];
    size_t len;
} text;

static void put(text *t, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(t->bytes + t->len, sizeof t->bytes - t->len, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof t->bytes - t->len);
    t->len += (size_t)len;
}

static size_t first_line_len(jieda_str s)
{
    const char *end = s.len ? memchr(s.ptr, '\n', s.len) : NULL;

    return end ? (size_t)(end - s.ptr) : s.len;
}

static void put_reply(text *t, const jieda_reply *r)
{
    size_t first_line = first_line_len(r->answer);

    put(t, "= %s%s%.*s\n", jieda_decision_name(r->decision), r->entry_id.len ? " " : "",
        (int)r->entry_id.len, r->entry_id.ptr ? r->entry_id.ptr : "");
    if (first_line > 0)
        put(t, "  %.*s\n", (int)first_line, r->answer.ptr);
    for (size_t i = 0; i < r->option_count; i++)
        put(t, "  - %.*s\n", (int)r->options[i].entry_id.len, r->options[i].entry_id.ptr);
    if (r->prompt.len > 0)
        put(t, "  ? %.*s\n", (int)first_line_len(r->prompt), r->prompt.ptr);
    if (r->ticket.id.len > 0)
        put(t, "  ! %s P%d %s %.*s\n", r->ticket.reason, (int)r->ticket.priority,
            jieda_ticket_state_name(r->ticket.state), (int)r->ticket.queue.len,
            r->ticket.queue.ptr);
    for (size_t i = 0; i < r->notice_count; i++)
        put(t, "  * %.*s\n", (int)r->notices[i].len, r->notices[i].ptr);
}

static int64_t now;

static int64_t the_time(void *ctx)
{
    (void)ctx;
    return now;
}

static jieda_handoff_result on_handoff(void *ctx, const jieda_handoff *handoff)
{
    (void)ctx;
    (void)handoff;
    return JIEDA_HANDOFF_ACCEPTED;
}

/* What follows "@ ". */
static void act(jieda_session *session, jieda_str line, text *out)
{
    static const jieda_feedback unhelpful = {.kind = JIEDA_FEEDBACK_UNHELPFUL};
    const jieda_reply *reply = NULL;
    char words[128], word[16] = "", rest[64] = "";
    jieda_status st = JIEDA_OK;

    snprintf(words, sizeof words, "%.*s", (int)line.len, line.ptr);
    sscanf(words, "@ %15s %63s", word, rest);
    if (strcmp(word, "agent") == 0)
        st = jieda_handoff_accepted(session, str(rest), NULL);
    else if (strcmp(word, "close") == 0)
        st = jieda_handoff_closed(session, NULL);
    else if (strcmp(word, "return") == 0)
        st = jieda_handoff_returned(session, NULL);
    else if (strcmp(word, "request") == 0)
        st = jieda_handoff_request(session, &reply, NULL);
    else if (strcmp(word, "cancel") == 0)
        st = jieda_handoff_cancel(session, &reply, NULL);
    else if (strcmp(word, "unhelpful") == 0)
        st = jieda_feedback_give(session, &unhelpful, &reply, NULL);
    else if (strcmp(word, "wait") == 0)
        now += strtol(rest, NULL, 10) * 60;
    else
        fail_msg("%s: no such act", words);
    if (st != JIEDA_OK)
        fail_msg("%s: %s", words, jieda_status_name(st));
    if (reply)
        put_reply(out, reply);
}

/* Asks every utterance of a transcript again; what is no utterance and no reply is kept. */
static void replay(jieda_engine *engine, const char *name, const char *transcript, text *out)
{
    jieda_session *session = fixture_session(engine);

    assert_int_equal(jieda_session_set_conversation(session, str(name), NULL), JIEDA_OK);
    now = MONDAY_NOON;
    out->len = 0;
    for (const char *line = transcript; *line;) {
        const char *end = strchr(line, '\n');
        size_t len = end ? (size_t)(end - line) : strlen(line);
        const jieda_reply *reply;

        if (line[0] == '>') {
            size_t skip = len > 1 && line[1] == ' ' ? 2 : 1;

            put(out, "%.*s\n", (int)len, line);
            assert_int_equal(jieda_ask(session, (jieda_str){line + skip, len - skip}, &reply, NULL),
                             JIEDA_OK);
            put_reply(out, reply);
            now += 60;
        } else if (line[0] == '@') {
            put(out, "%.*s\n", (int)len, line);
            act(session, (jieda_str){line, len}, out);
        } else if (len == 0 || line[0] == '#') {
            put(out, "%.*s\n", (int)len, line);
        }
        line = end ? end + 1 : line + len;
    }
    jieda_session_free(session);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static size_t split(const char *bytes, jieda_str lines[LINE_COUNT_MAX])
{
    size_t count = 0;

    while (*bytes) {
        const char *end = strchr(bytes, '\n');
        size_t len = end ? (size_t)(end - bytes) : strlen(bytes);

        assert_true(count < LINE_COUNT_MAX);
        lines[count++] = (jieda_str){bytes, len};
        bytes += end ? len + 1 : len;
    }
    return count;
}

static bool same_line(jieda_str a, jieda_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Prints the differing lines with - and +, the same ones with a blank, by longest common
 * subsequence; transcripts are short. */
static void print_difference(const char *name, const char *expected, const char *actual)
{
    static uint16_t common[LINE_COUNT_MAX + 1][LINE_COUNT_MAX + 1]; /* of the tails */
    static jieda_str a[LINE_COUNT_MAX], b[LINE_COUNT_MAX];
    size_t a_count = split(expected, a), b_count = split(actual, b), i, k;

    memset(common, 0, sizeof common);
    for (i = a_count; i-- > 0;)
        for (k = b_count; k-- > 0;)
            common[i][k] = same_line(a[i], b[k]) ? (uint16_t)(common[i + 1][k + 1] + 1)
                           : common[i + 1][k] > common[i][k + 1] ? common[i + 1][k]
                                                                 : common[i][k + 1];
    print_error("--- %s as recorded, +++ as answered now\n", name);
    for (i = k = 0; i < a_count || k < b_count;) {
        if (i < a_count && k < b_count && same_line(a[i], b[k])) {
            print_error("  %.*s\n", (int)a[i].len, a[i].ptr);
            i++, k++;
        } else if (k == b_count || (i < a_count && common[i + 1][k] >= common[i][k + 1])) {
            print_error("- %.*s\n", (int)a[i].len, a[i].ptr);
            i++;
        } else {
            print_error("+ %.*s\n", (int)b[k].len, b[k].ptr);
            k++;
        }
    }
}

/* ---- the transcripts ------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static size_t list_transcripts(char *names[FILE_COUNT_MAX])
{
    DIR *folder = opendir(FOLDER);
    struct dirent *item;
    size_t count = 0;

    assert_non_null(folder);
    while ((item = readdir(folder))) {
        size_t len = strlen(item->d_name);

        if (len < 5 || strcmp(item->d_name + len - 4, ".txt") != 0)
            continue;
        assert_true(count < FILE_COUNT_MAX);
        names[count++] = strdup(item->d_name);
    }
    closedir(folder);
    qsort(names, count, sizeof *names, by_name);
    return count;
}

static void every_transcript_reads_as_recorded(void **state)
{
    static text now_reads;
    jieda_options options = JIEDA_OPTIONS_INIT;
    jieda_engine *engine;
    bool update = getenv("JIEDA_UPDATE_GOLDEN") != NULL;
    char *names[FILE_COUNT_MAX];
    size_t count = list_transcripts(names), differing = 0;

    (void)state;
    options.handoff = on_handoff;
    options.clock = the_time;
    engine = fixture_open(JIEDA_WALLET_KB, &options);
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++) {
        char path[512], *recorded;

        snprintf(path, sizeof path, FOLDER "/%s", names[i]);
        recorded = read_whole(path, NULL);
        replay(engine, names[i], recorded, &now_reads);
        if (update) {
            write_whole(path, now_reads.bytes, now_reads.len);
        } else if (strcmp(recorded, now_reads.bytes) != 0) {
            print_difference(names[i], recorded, now_reads.bytes);
            differing++;
        }
        free(recorded);
        free(names[i]);
    }
    jieda_close(engine);
    assert_int_equal(differing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transcript_reads_as_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
