/*
 * engine.c - open, close, and the pool of connections.
 *
 * The pool is an array of atomic pointers: taking one swaps NULL in, giving one back swaps it into
 * a free place, so threads share an engine without a lock and without the library owning a thread.
 */
#include "api/api.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define OPTIONS_VERSION 1
#define RERANK_COUNT_LIMIT 512

const char *jieda_version(void)
{
    return JIEDA_VERSION;
}

const char *jieda_status_name(jieda_status status)
{
    switch (status) {
    case JIEDA_OK:
        return "ok";
    case JIEDA_E_NOMEM:
        return "out of memory";
    case JIEDA_E_LIMIT:
        return "limit exceeded";
    case JIEDA_E_INVALID:
        return "invalid argument";
    case JIEDA_E_IO:
        return "input or output failed";
    case JIEDA_E_FORMAT:
        return "malformed data";
    case JIEDA_E_VERSION:
        return "version mismatch";
    case JIEDA_E_NOT_FOUND:
        return "not found";
    case JIEDA_E_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

static int64_t system_clock(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static jieda_status check_options(const jieda_options *options, jieda_error *err)
{
    const float shares[] = {options->answer_confidence_min_info,
                            options->answer_confidence_min_money, options->option_confidence_min};

    if (options->version != OPTIONS_VERSION)
        return jieda__fail(err, JIEDA_E_INVALID, "begin options with JIEDA_OPTIONS_INIT");
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (shares[i] != JIEDA_POLICY_CONFIDENCE && !(shares[i] >= 0.0f && shares[i] <= 1.0f))
            return jieda__fail(err, JIEDA_E_INVALID, "a confidence must be within 0..1");
    if (options->rerank_count_max < 1 || options->rerank_count_max > RERANK_COUNT_LIMIT)
        return jieda__fail(err, JIEDA_E_INVALID, "rerank_count_max must be within 1..%d",
                           RERANK_COUNT_LIMIT);
    return JIEDA_OK;
}

/* What stands in the opened file besides what is searched. */
static jieda_status load(jieda_engine *engine, jieda_error *err)
{
    const jieda__kb *kb = engine->kb;
    jieda_status st = jieda__learned_load(kb, &engine->learned, err);

    if (st == JIEDA_OK)
        st = jieda__rules_load(engine->alloc, kb->rules, kb->entry_count, &engine->rules, err);
    if (st == JIEDA_OK)
        st = jieda__policy_load(kb, &engine->policy, err);
    if (st == JIEDA_OK)
        jieda__policy_override(&engine->policy, &engine->options);
    return st;
}

static jieda_status engine_open(const char *path, const void *bytes, size_t len,
                                const jieda_options *options, jieda_engine **engine_out,
                                jieda_error *err)
{
    static const jieda_options defaults = JIEDA_OPTIONS_INIT;
    const jieda_allocator *alloc;
    jieda_engine *engine;
    jieda_status st;

    if (!engine_out || (!path && !bytes))
        return jieda__fail(err, JIEDA_E_INVALID, "a knowledge base and a place for it are needed");
    *engine_out = NULL;
    if (!options)
        options = &defaults;
    st = check_options(options, err);
    if (st != JIEDA_OK)
        return st;
    alloc = options->allocator ? options->allocator : jieda__default_allocator();
    engine = jieda__alloc_zero(alloc, 1, sizeof *engine);
    if (!engine)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    engine->alloc = alloc;
    engine->options = *options;
    if (!engine->options.clock)
        engine->options.clock = system_clock;
    st = jieda__kb_open(alloc, path, bytes, len, &engine->kb, err);
    if (st == JIEDA_OK) {
        st = load(engine, err);
        if (st != JIEDA_OK && path)
            jieda__error_source(err, path);
    }
    if (st != JIEDA_OK) {
        jieda__rules_free(engine->rules);
        jieda__kb_close(engine->kb);
        jieda__dealloc(alloc, engine);
        return st;
    }
    *engine_out = engine;
    return JIEDA_OK;
}

jieda_status jieda_open(const char *path, const jieda_options *options, jieda_engine **engine_out,
                        jieda_error *err)
{
    return engine_open(path, NULL, 0, options, engine_out, err);
}

jieda_status jieda_open_memory(const void *bytes, size_t len, const jieda_options *options,
                               jieda_engine **engine_out, jieda_error *err)
{
    return engine_open(NULL, bytes, len, options, engine_out, err);
}

void jieda_close(jieda_engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < JIEDA__POOL_SIZE; i++)
        jieda__reader_close(atomic_exchange(&engine->pool[i], NULL));
    jieda__rules_free(engine->rules);
    jieda__kb_close(engine->kb);
    jieda__dealloc(engine->alloc, engine);
}

void jieda_info(const jieda_engine *engine, jieda_kb_info *info_out)
{
    const jieda__kb *kb = engine->kb;

    *info_out = (jieda_kb_info){
        .name = kb->name,
        .title = kb->title,
        .content_hash = kb->content_hash,
        .lexicon_hash = kb->lexicon_hash,
        .wording_hash = kb->wording_hash,
        .entry_count = kb->entry_count,
        .word_count = (uint32_t)jieda__lexicon_word_count(kb->lexicon),
        .languages = kb->languages,
        .language_count = kb->language_count,
        .placeholders = kb->placeholders,
        .placeholder_count = kb->placeholder_count,
        .model = engine->learned.present ? engine->learned.model.provenance : (jieda_str){"", 0},
    };
    for (uint32_t i = 0; i < kb->question_count; i++)
        info_out->question_count += kb->questions[i].kind == JIEDA__QUESTION_POSITIVE;
}

jieda_status jieda__engine_borrow(jieda_engine *engine, jieda__reader **out, jieda_error *err)
{
    for (size_t i = 0; i < JIEDA__POOL_SIZE; i++) {
        *out = atomic_exchange(&engine->pool[i], NULL);
        if (*out)
            return JIEDA_OK;
    }
    return jieda__reader_open(engine->kb, out, err);
}

void jieda__engine_give_back(jieda_engine *engine, jieda__reader *reader)
{
    for (size_t i = 0; i < JIEDA__POOL_SIZE; i++) {
        jieda__reader *empty = NULL;

        if (atomic_compare_exchange_strong(&engine->pool[i], &empty, reader))
            return;
    }
    jieda__reader_close(reader);
}

void jieda__engine_log(const jieda_engine *engine, jieda_log_level level, const char *format, ...)
{
    char line[512];
    va_list args;
    int len;

    if (!engine->options.log)
        return;
    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len < 0)
        return;
    if ((size_t)len >= sizeof line)
        len = (int)jieda__utf8_valid_prefix(line, sizeof line - 1);
    engine->options.log(engine->options.log_ctx, level, (jieda_str){line, (size_t)len});
}
