/*
 * hook_driver.c - a host that opens tickets and pumps its outbox until it is killed;
 * outbox_kill_test.py starts it, kills it, and starts it again.
 *
 *   hook_driver OUTBOX URL run CONTROL SLOT FIRST    until it is killed
 *   hook_driver OUTBOX URL drain                     until nothing waits; exit status 0
 *
 * Tickets are numbered from FIRST; the same number makes the same key and body, as an engine does
 * that tries again. CONTROL is appended to, a line in one write:
 *
 *   begin KEY BODY     about to give the ticket to the hook
 *   told KEY           the hook has accepted it: a visitor was told so
 */
#include "jieda/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECRET "kill test"
#define CONVERSATION_COUNT 5
/* A fast disk would store more within seconds than a slow receiver takes in minutes. */
#define PENDING_COUNT_MAX 40

static void complain(void *ctx, jieda_log_level level, jieda_str line)
{
    (void)ctx;
    (void)level;
    fprintf(stderr, "hook_driver: %.*s\n", (int)line.len, line.ptr);
}

static void sleep_ms(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

__attribute__((format(printf, 2, 3))) static void report(int control, const char *format, ...)
{
    char line[512];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (write(control, line, (size_t)len) != len)
        exit(1);
}

/* false if it was not stored and has to be tried again. */
static bool open_ticket(jieda_outbox *outbox, int control, int slot, int number)
{
    char key[64], conversation[64], body[256];
    jieda_handoff handoff = {.event = JIEDA_HANDOFF_OPENED, .reason = "requested"};

    snprintf(conversation, sizeof conversation, "s%d-c%d", slot, number % CONVERSATION_COUNT);
    snprintf(key, sizeof key, "s%d-%d", slot, number);
    snprintf(body, sizeof body, "{\"conversation\":\"%s\",\"number\":%d,\"text\":\"退款\"}",
             conversation, number);
    handoff.ticket_id = handoff.idempotency_key = (jieda_str){key, strlen(key)};
    handoff.conversation_id = (jieda_str){conversation, strlen(conversation)};
    handoff.ticket = (jieda_str){body, strlen(body)};
    report(control, "begin %s %s\n", key, body);
    if (jieda_outbox_hook(outbox, &handoff) != JIEDA_HANDOFF_ACCEPTED)
        return false;
    report(control, "told %s\n", key);
    return true;
}

static int run(jieda_outbox *outbox, jieda_webhook *webhook, const char *path, int slot, int number)
{
    int control = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (control < 0)
        return 1;
    srand((unsigned)(getpid() ^ (int)time(NULL)));
    for (;;) {
        jieda_outbox_counts counts = {.pending = PENDING_COUNT_MAX};

        if (jieda_outbox_stats(outbox, &counts, NULL) == JIEDA_OK &&
            counts.pending < PENDING_COUNT_MAX && open_ticket(outbox, control, slot, number))
            number++;
        if (jieda_outbox_deliver(outbox, NULL, (size_t)(rand() % 6), jieda_webhook_send, webhook,
                                 NULL, NULL) != JIEDA_OK)
            sleep_ms(1); /* locked: the other driver is busy */
    }
}

static int drain(jieda_outbox *outbox, jieda_webhook *webhook)
{
    jieda_error err = {0};

    for (;;) {
        jieda_status st =
            jieda_outbox_deliver(outbox, NULL, 1000, jieda_webhook_send, webhook, NULL, &err);
        jieda_outbox_counts counts;

        if (st == JIEDA_OK)
            st = jieda_outbox_stats(outbox, &counts, &err);
        if (st != JIEDA_OK) {
            fprintf(stderr, "hook_driver: %s\n", err.message);
            return 1;
        }
        if (counts.pending == 0)
            return 0;
        sleep_ms(2);
    }
}

int main(int argc, char **argv)
{
    jieda_outbox_options outbox_options = JIEDA_OUTBOX_OPTIONS_INIT;
    jieda_webhook_options webhook_options = JIEDA_WEBHOOK_OPTIONS_INIT;
    jieda_outbox *outbox = NULL;
    jieda_webhook *webhook = NULL;
    jieda_error err = {0};
    int code = 1;

    if (argc != 4 && argc != 7)
        return 2;
    /* Everything is over a hundred times sooner than in life. */
    outbox_options.backoff_base_ms = 5;
    outbox_options.backoff_max_ms = 40;
    outbox_options.lease_ms = 400;
    outbox_options.log = complain;
    webhook_options.url = argv[2];
    webhook_options.secret = (jieda_str){SECRET, sizeof SECRET - 1};
    webhook_options.connect_timeout_ms = 60;
    webhook_options.timeout_ms = 60;
    if (jieda_outbox_open(argv[1], &outbox_options, &outbox, &err) != JIEDA_OK ||
        jieda_webhook_new(&webhook_options, &webhook, &err) != JIEDA_OK)
        fprintf(stderr, "hook_driver: %s: %s\n", err.source, err.message);
    else
        code = argc == 4 ? drain(outbox, webhook)
                         : run(outbox, webhook, argv[4], atoi(argv[5]), atoi(argv[6]));
    jieda_webhook_free(webhook);
    jieda_outbox_close(outbox);
    return code;
}
