/*
 * fuzz_ask.c - a visitor types any bytes at the wallet: every call answers, and what it gives is
 * readable, UTF-8 where it is text, and within its documented bounds.
 *
 * The input is one dialog: utterances parted by 0x1E (ASCII's record separator), so that what was
 * said before is fuzzed too. Texts of at most JIEDA_UTTERANCE_BYTES_MAX bytes must not fail.
 */
#include "base/base.h"
#include "jieda/jieda.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR 0x1E
#define TURN_COUNT_MAX 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(jieda_str text)
{
    check(jieda__utf8_valid_prefix(text.ptr, text.len) == text.len);
}

static jieda_engine *wallet(void)
{
    static jieda_engine *engine;
    jieda_options options = JIEDA_OPTIONS_INIT;
    jieda_error err = {0};

    if (!engine && jieda_open(JIEDA_WALLET_KB, &options, &engine, &err) != JIEDA_OK) {
        fprintf(stderr, "%s: %s\n", JIEDA_WALLET_KB, err.message);
        abort();
    }
    return engine;
}

static void check_reply(const jieda_reply *reply)
{
    check(reply->confidence >= 0.0f && reply->confidence <= 1.0f);
    check(reply->option_count <= JIEDA_OPTION_COUNT_MAX);
    check(reply->candidate_count <= JIEDA_CANDIDATE_COUNT_MAX);
    check(reply->why.len > 0);
    check_text(reply->answer);
    check_text(reply->title);
    for (size_t i = 0; i < reply->step_count; i++)
        check_text(reply->steps[i]);
    for (size_t i = 0; i < reply->option_count; i++)
        check_text(reply->options[i].title);
    for (size_t i = 0; i < reply->candidate_count; i++) {
        const jieda_candidate *c = &reply->candidates[i];

        check_text(c->question);
        check(c->confidence >= 0.0f && c->confidence <= 1.0f);
    }
}

static void ask_everything(jieda_session *session, jieda_str text)
{
    const jieda_reply *reply;
    const jieda_option *list;
    const jieda_token *tokens;
    jieda_str out;
    size_t count;

    check(jieda_tokens(session, text, &tokens, &count, &out, NULL) == JIEDA_OK);
    check_text(out);
    for (size_t i = 0; i < count; i++)
        check(tokens[i].begin < tokens[i].end && tokens[i].end <= text.len);
    check(jieda_suggest(session, text, 1 + text.len % 20, &list, &count, NULL) == JIEDA_OK);
    check(count <= 1 + text.len % 20);
    check(jieda_explain(session, text, NULL, &out, NULL) == JIEDA_OK);
    check(out.len > 2 && out.ptr[0] == '{');
    check_text(out);
    check(jieda_ask(session, text, &reply, NULL) == JIEDA_OK);
    check_reply(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    jieda_session *session = NULL;
    size_t at = 0;

    if (size > JIEDA_UTTERANCE_BYTES_MAX)
        return 0;
    check(jieda_session_new(wallet(), &session, NULL) == JIEDA_OK);
    for (int turn = 0; turn < TURN_COUNT_MAX && at <= size; turn++) {
        const uint8_t *end = size > at ? memchr(data + at, SEPARATOR, size - at) : NULL;
        size_t len = (end ? (size_t)(end - data) : size) - at;

        ask_everything(session, (jieda_str){(const char *)data + at, len});
        at += len + 1;
    }
    jieda_session_free(session);
    return 0;
}
