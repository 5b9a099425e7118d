/*
 * sender_webhook_test.c - what goes over the wire, and what is made of what comes back.
 */
#include "unit/hooks/events.h"
#include "unit/hooks/http_server.h"

#include "hooks/webhook.h"

#include <time.h>

static jieda_error err;

static jieda_outbox_item item_of(const char *key, const char *body)
{
    return (jieda_outbox_item){
        .message = {.idempotency_key = str(key),
                    .conversation_id = str("c1"),
                    .destination = str("desk"),
                    .content_type = str("application/json"),
                    .body = str(body)},
        .attempt = 1,
    };
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* RFC 4231, sections 4.2, 4.3, 4.4, 4.7 and 4.8; a key is a byte that is repeated, or a text. */
static const struct {
    unsigned char key_byte;
    size_t key_len;
    const char *key, *data;
    const char *hex;
} hmac_cases[] = {
    {0x0b, 20, NULL, "Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {0, 4, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {0xaa, 20, NULL,
     "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
     "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
     "\xdd\xdd\xdd\xdd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {0xaa, 131, NULL, "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {0xaa, 131, NULL,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void hmac_is_that_of_rfc_4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hmac_cases / sizeof *hmac_cases; i++)
        for (size_t cut = 0; cut <= 1; cut++) { /* in one piece, and in two */
            unsigned char key[131], mac[JIEDA__HMAC_BYTES];
            jieda_str data = str(hmac_cases[i].data);
            char hex[2 * JIEDA__HMAC_BYTES + 1];

            memset(key, hmac_cases[i].key_byte, sizeof key);
            if (hmac_cases[i].key)
                memcpy(key, hmac_cases[i].key, hmac_cases[i].key_len);
            assert_true(jieda__webhook_hmac(
                (jieda_str){(char *)key, hmac_cases[i].key_len},
                (jieda_str[]){{data.ptr, cut}, {data.ptr + cut, data.len - cut}}, 2, mac));
            for (size_t n = 0; n < JIEDA__HMAC_BYTES; n++)
                snprintf(hex + 2 * n, 3, "%02x", mac[n]);
            assert_string_equal(hex, hmac_cases[i].hex);
        }
}

/* Expected values are those of Python's hmac module over "TIME.BODY". */
static const struct {
    const char *secret, *body;
    int64_t timestamp;
    const char *line;
} signature_cases[] = {
    {"Jefe", "{\"a\":1}", 1793000000,
     "X-Jieda-Signature: v1=6c6ed5bb32cc151d6f9a81bb7c0755c2aacdd25bcb1647cb661ff83a47145aab"},
    {"k", "", -5,
     "X-Jieda-Signature: v1=fb20eef0229e726d3f3025e11de3d39322d47728e174e3a8825459d1d33a8b49"},
    {"", "{}", 1793000000, ""},
};

static void a_signature_covers_time_and_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof signature_cases / sizeof *signature_cases; i++) {
        jieda_outbox_item item = item_of("T1-1", signature_cases[i].body);
        jieda_webhook_headers h;

        assert_int_equal(jieda_webhook_prepare(str(signature_cases[i].secret), &item.message,
                                               signature_cases[i].timestamp, &h, &err),
                         JIEDA_OK);
        assert_string_equal(h.signature, signature_cases[i].line);
        assert_string_equal(h.content_type, "Content-Type: application/json");
        assert_string_equal(h.idempotency_key, "Idempotency-Key: T1-1");
    }
}

static void what_is_no_header_is_refused(void **state)
{
    jieda_outbox_item item = item_of("T1\r\nX: y", "{}");
    jieda_webhook_headers h;
    char longest[JIEDA_OUTBOX_NAME_BYTES_MAX + 8];

    (void)state;
    memset(longest, 'k', sizeof longest);
    assert_int_equal(jieda_webhook_prepare(str("s"), &item.message, 0, &h, &err), JIEDA_E_INVALID);
    item.message.idempotency_key = str("");
    assert_int_equal(jieda_webhook_prepare(str("s"), &item.message, 0, &h, &err), JIEDA_E_INVALID);
    item.message.idempotency_key = (jieda_str){longest, JIEDA_OUTBOX_NAME_BYTES_MAX};
    item.message.content_type = (jieda_str){longest, JIEDA_OUTBOX_NAME_BYTES_MAX};
    assert_int_equal(jieda_webhook_prepare(str("s"), &item.message, INT64_MIN, &h, &err), JIEDA_OK);
    assert_int_equal(strlen(h.idempotency_key), 17 + JIEDA_OUTBOX_NAME_BYTES_MAX);
    assert_int_equal(strlen(h.content_type), 14 + JIEDA_OUTBOX_NAME_BYTES_MAX);
    item.message.idempotency_key.len += 8;
    assert_int_equal(jieda_webhook_prepare(str("s"), &item.message, 0, &h, &err), JIEDA_E_INVALID);
    item = item_of("T1-1", "{}");
    item.message.content_type = str("text/plain\nX: y");
    assert_int_equal(jieda_webhook_prepare(str("s"), &item.message, 0, &h, &err), JIEDA_E_INVALID);
}

/* ---- statuses -------------------------------------------------------------------------------- */

static const struct {
    long status;
    int64_t retry_after_s;
    jieda_delivery delivery;
    int64_t retry_after_ms;
} judge_cases[] = {
    {200, 0, JIEDA_DELIVERY_DONE, 0},
    {202, 30, JIEDA_DELIVERY_DONE, 0},
    {299, 0, JIEDA_DELIVERY_DONE, 0},
    {301, 0, JIEDA_DELIVERY_REFUSED, 0},
    {302, 0, JIEDA_DELIVERY_REFUSED, 0},
    {400, 0, JIEDA_DELIVERY_REFUSED, 0},
    {401, 0, JIEDA_DELIVERY_REFUSED, 0},
    {403, 60, JIEDA_DELIVERY_REFUSED, 60000},
    {404, 0, JIEDA_DELIVERY_REFUSED, 0},
    {408, 0, JIEDA_DELIVERY_FAILED, 0},
    {409, 0, JIEDA_DELIVERY_DONE, 0},
    {410, 0, JIEDA_DELIVERY_REFUSED, 0},
    {425, 0, JIEDA_DELIVERY_FAILED, 0},
    {429, 30, JIEDA_DELIVERY_FAILED, 30000},
    {500, 0, JIEDA_DELIVERY_FAILED, 0},
    {503, 120, JIEDA_DELIVERY_FAILED, 120000},
    {503, INT64_MAX, JIEDA_DELIVERY_FAILED, JIEDA_OUTBOX_DELAY_MS_MAX},
    {503, -1, JIEDA_DELIVERY_FAILED, 0},
    {599, 0, JIEDA_DELIVERY_FAILED, 0},
    {600, 0, JIEDA_DELIVERY_REFUSED, 0},
};

static void a_status_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof judge_cases / sizeof *judge_cases; i++) {
        jieda_outbox_outcome outcome;

        jieda_webhook_judge(judge_cases[i].status, judge_cases[i].retry_after_s, &outcome);
        if (outcome.delivery != judge_cases[i].delivery ||
            outcome.retry_after_ms != judge_cases[i].retry_after_ms)
            fail_msg("HTTP %ld", judge_cases[i].status);
        assert_int_equal(outcome.reason[0] == '\0', outcome.delivery == JIEDA_DELIVERY_DONE);
    }
}

/* ---- on the wire ----------------------------------------------------------------------------- */

static int64_t fixed_time(void *ctx)
{
    (void)ctx;
    return 1793000000;
}

static http_server server;
static jieda_webhook *webhook;

static void start(const char *const *responses, size_t count, size_t flood_bytes)
{
    jieda_webhook_options options = JIEDA_WEBHOOK_OPTIONS_INIT;
    char url[64];

    assert_true(http_server_start(&server, responses, count));
    server.flood_bytes = flood_bytes;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/tickets", server.port);
    options.url = url;
    options.secret = str("Jefe");
    options.timeout_ms = 2000;
    options.clock = fixed_time;
    if (jieda_webhook_new(&options, &webhook, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    memset(url, 'x', sizeof url); /* it was copied */
}

static jieda_outbox_outcome send_body(jieda_str body)
{
    jieda_outbox_item item = item_of("T1-1", "");
    jieda_outbox_outcome outcome;

    item.message.body = body;
    jieda_webhook_send(webhook, &item, &outcome);
    return outcome;
}

static void stop(void)
{
    jieda_webhook_free(webhook);
    http_server_stop(&server);
}

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static bool has_line(const char *line)
{
    const char *found = strstr(server.request, line);

    return found && memcmp(found + strlen(line), "\r\n", 2) == 0;
}

static void a_request_is_as_documented(void **state)
{
    const char *const responses[] = {OK_RESPONSE};

    (void)state;
    start(responses, 1, 0);
    assert_int_equal(send_body(str("{\"a\":1}")).delivery, JIEDA_DELIVERY_DONE);
    assert_int_equal(send_body(str("{\"a\":1}")).delivery, JIEDA_DELIVERY_DONE);
    stop();
    assert_int_equal(server.request_count, 2);
    assert_int_equal(server.connection_count, 1); /* kept open */
    assert_true(has_line("POST /tickets HTTP/1.1"));
    assert_true(has_line("Content-Type: application/json"));
    assert_true(has_line("Idempotency-Key: T1-1"));
    assert_true(has_line("X-Jieda-Timestamp: 1793000000"));
    assert_true(has_line("X-Jieda-Signature: v1="
                         "6c6ed5bb32cc151d6f9a81bb7c0755c2aacdd25bcb1647cb661ff83a47145aab"));
    assert_true(has_line("User-Agent: jieda/" JIEDA_VERSION));
    assert_null(strstr(server.request, "Jefe"));
    assert_string_equal(strstr(server.request, "\r\n\r\n") + 4, "{\"a\":1}");
    http_server_free(&server);
}

static void bodies_of_any_length_arrive(void **state)
{
    const char *const responses[] = {OK_RESPONSE};
    size_t len = 2000000;
    char *body = malloc(len);

    (void)state;
    assert_non_null(body);
    memset(body, 'x', len);
    start(responses, 1, 0);
    assert_int_equal(send_body((jieda_str){NULL, 0}).delivery, JIEDA_DELIVERY_DONE);
    assert_int_equal(send_body((jieda_str){body, len}).delivery, JIEDA_DELIVERY_DONE);
    stop();
    assert_null(strstr(server.request, "Expect:"));
    assert_int_equal(strlen(strstr(server.request, "\r\n\r\n") + 4), len);
    http_server_free(&server);
    free(body);
}

static const struct {
    const char *name, *response;
    size_t flood_bytes;
    jieda_delivery delivery;
    int64_t retry_after_ms;
    const char *reason;
} response_cases[] = {
    {"created", "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 0, JIEDA_DELIVERY_DONE, 0, ""},
    {"taken already", "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", 0, JIEDA_DELIVERY_DONE,
     0, ""},
    {"broken", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 0, JIEDA_DELIVERY_FAILED, 0,
     "HTTP 500"},
    {"asked to wait", "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", 0,
     JIEDA_DELIVERY_FAILED, 7000, "HTTP 429"},
    {"moved, and not followed",
     "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n", 0,
     JIEDA_DELIVERY_REFUSED, 0, "HTTP 302"},
    {"a wrong secret", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0, JIEDA_DELIVERY_REFUSED, 0,
     "HTTP 401"},
    {"a hint first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 0, JIEDA_DELIVERY_DONE,
     0, ""},
    {"a hint and no more", "HTTP/1.1 100 Continue\r\n\r\nConnection: close", 0,
     JIEDA_DELIVERY_FAILED, 0, NULL},
    {"a body cut off", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nshort",
     0, JIEDA_DELIVERY_DONE, 0, ""},
    {"a body without end", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
     (size_t)1024 * 1024 * 1024, JIEDA_DELIVERY_DONE, 0, ""},
    {"no HTTP", "220 ready for mail\r\nConnection: close\r\n", 0, JIEDA_DELIVERY_FAILED, 0, NULL},
    {"closed without a word", NULL, 0, JIEDA_DELIVERY_FAILED, 0, NULL},
};

static void responses_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof response_cases / sizeof *response_cases; i++) {
        jieda_outbox_outcome outcome;

        start(&response_cases[i].response, 1, response_cases[i].flood_bytes);
        outcome = send_body(str("{}"));
        stop();
        http_server_free(&server);
        if (outcome.delivery != response_cases[i].delivery ||
            outcome.retry_after_ms != response_cases[i].retry_after_ms ||
            (response_cases[i].reason && strcmp(outcome.reason, response_cases[i].reason) != 0))
            fail_msg("%s: %d, %s", response_cases[i].name, (int)outcome.delivery, outcome.reason);
        if (!response_cases[i].reason)
            assert_true(outcome.reason[0] != '\0');
    }
}

/* Milliseconds that one attempt to a URL took, with short timeouts. */
static long attempt(const char *url, jieda_outbox_outcome *outcome_out)
{
    jieda_webhook_options options = JIEDA_WEBHOOK_OPTIONS_INIT;
    jieda_outbox_item item = item_of("T1-1", "{}");
    struct timespec a, b;
    jieda_webhook *w;

    options.url = url;
    options.connect_timeout_ms = 300;
    options.timeout_ms = 300;
    assert_int_equal(jieda_webhook_new(&options, &w, &err), JIEDA_OK);
    clock_gettime(CLOCK_MONOTONIC, &a);
    jieda_webhook_send(w, &item, outcome_out);
    clock_gettime(CLOCK_MONOTONIC, &b);
    jieda_webhook_free(w);
    return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
}

static void silence_ends_in_time(void **state)
{
    const char *const responses[] = {""};
    jieda_outbox_outcome outcome;
    char url[64];

    (void)state;
    assert_true(http_server_start(&server, responses, 1));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    assert_in_range(attempt(url, &outcome), 290, 5000);
    assert_int_equal(outcome.delivery, JIEDA_DELIVERY_FAILED);
    http_server_stop(&server);
    http_server_free(&server);
    attempt("http://127.0.0.1:1/", &outcome); /* nobody listens */
    assert_int_equal(outcome.delivery, JIEDA_DELIVERY_FAILED);
    assert_true(outcome.reason[0] != '\0');
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
    const char *const responses[] = {OK_RESPONSE};

    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    start(responses, 1, 0);
    assert_int_equal(send_body(str("{}")).delivery, JIEDA_DELIVERY_DONE);
    stop();
    http_server_free(&server);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
}

static void only_http_is_spoken(void **state)
{
    static const char *const urls[] = {
        NULL,
        "",
        "tickets",
        "ftp://host/x",
        "file:///etc/passwd",
        "gopher://h/x",
        "http://u:p@host/",
        "http://u@h/",
    };
    jieda_webhook_options options = JIEDA_WEBHOOK_OPTIONS_INIT;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        options.url = urls[i];
        if (jieda_webhook_new(&options, &webhook, &err) != JIEDA_E_INVALID)
            fail_msg("%s", urls[i] ? urls[i] : "NULL");
        assert_null(webhook);
    }
    options.url = "https://desk.example/tickets";
    options.timeout_ms = 0;
    assert_int_equal(jieda_webhook_new(&options, &webhook, &err), JIEDA_E_INVALID);
    options.timeout_ms = 1000;
    options.connect_timeout_ms = 0;
    assert_int_equal(jieda_webhook_new(&options, &webhook, &err), JIEDA_E_INVALID);
    options.connect_timeout_ms = 1000;
    options.ca_path = "/no/such/file.pem"; /* told when it is needed */
    assert_int_equal(jieda_webhook_new(&options, &webhook, &err), JIEDA_OK);
    jieda_webhook_free(webhook);
    jieda_webhook_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_is_that_of_rfc_4231),
        cmocka_unit_test(a_signature_covers_time_and_body),
        cmocka_unit_test(what_is_no_header_is_refused),
        cmocka_unit_test(a_status_is_judged),
        cmocka_unit_test(a_request_is_as_documented),
        cmocka_unit_test(bodies_of_any_length_arrive),
        cmocka_unit_test(responses_are_judged),
        cmocka_unit_test(silence_ends_in_time),
        cmocka_unit_test(a_proxy_of_the_environment_is_not_used),
        cmocka_unit_test(only_http_is_spoken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
