/*
 * session.c - one visitor: settings, and asking.
 */
#include "api/exchange.h"

#include <string.h>

#define SECONDS_PER_DAY 86400

/* ---- settings -------------------------------------------------------------------------------- */

jieda_status jieda_session_new(const jieda_engine *engine, jieda_session **session_out,
                               jieda_error *err)
{
    jieda_session *session;

    if (!engine || !session_out)
        return jieda__fail(err, JIEDA_E_INVALID,
                           "an engine and a place for the session are needed");
    *session_out = NULL;
    session = jieda__alloc_zero(engine->alloc, 1, sizeof *session);
    if (!session)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    /* The engine is immutable to its users; its pool is not, and is safe to share. */
    session->engine = (jieda_engine *)(uintptr_t)engine;
    session->language = JIEDA__NONE;
    memcpy(session->channel, "text", sizeof "text");
    jieda__dialog_init(&session->dialog, (jieda_str){NULL, 0});
    jieda__arena_init(&session->arena, engine->alloc, engine->options.request_bytes_max);
    jieda__arena_init(&session->previous, engine->alloc, engine->options.request_bytes_max);
    *session_out = session;
    return JIEDA_OK;
}

void jieda_session_free(jieda_session *session)
{
    if (!session)
        return;
    jieda__bindings_free(&session->tags, session->engine->alloc);
    jieda__bindings_free(&session->placeholders, session->engine->alloc);
    jieda__arena_free(&session->arena);
    jieda__arena_free(&session->previous);
    jieda__dealloc(session->engine->alloc, session);
}

void jieda_session_reset(jieda_session *session)
{
    jieda__dialog_init(&session->dialog, (jieda_str){NULL, 0});
}

jieda_status jieda_session_set_language(jieda_session *session, const char *language,
                                        jieda_error *err)
{
    const jieda__kb *kb = session->engine->kb;

    if (!language || !*language) {
        session->language = JIEDA__NONE;
        return JIEDA_OK;
    }
    for (uint32_t i = 0; i < kb->language_count; i++) {
        if (jieda__str_equal(kb->languages[i], jieda__str(language))) {
            session->language = i;
            return JIEDA_OK;
        }
    }
    return jieda__fail(err, JIEDA_E_INVALID, "this knowledge base has no language \"%.32s\"",
                       language);
}

jieda_status jieda_session_set_channel(jieda_session *session, const char *channel,
                                       jieda_error *err)
{
    size_t len = channel ? strlen(channel) : 0;

    if (len == 0)
        return jieda_session_set_channel(session, "text", err);
    if (len >= sizeof session->channel)
        return jieda__fail(err, JIEDA_E_LIMIT, "a channel's name has at most %zu bytes",
                           sizeof session->channel - 1);
    memcpy(session->channel, channel, len + 1);
    return JIEDA_OK;
}

jieda_status jieda_session_set_tag(jieda_session *session, const char *name, jieda_str value,
                                   jieda_error *err)
{
    return jieda__bindings_set(&session->tags, session->engine->alloc, name, value, err);
}

jieda_status jieda_session_set_placeholder(jieda_session *session, const char *name,
                                           jieda_str value, jieda_error *err)
{
    return jieda__bindings_set(&session->placeholders, session->engine->alloc, name, value, err);
}

/* ---- a request ------------------------------------------------------------------------------- */

void jieda__session_begin(jieda_session *session)
{
    jieda__arena last = session->arena;

    session->arena = session->previous;
    session->previous = last;
    jieda__arena_reset(&session->arena);
    memset(&session->reply, 0, sizeof session->reply);
}

jieda__visitor jieda__session_visitor(jieda_session *session, jieda__reader *reader,
                                      jieda_error *err)
{
    const jieda_options *options = &session->engine->options;
    const jieda__kb *kb = session->engine->kb;
    int64_t now = options->clock(options->clock_ctx);
    jieda__visitor visitor = {
        .reader = reader,
        .tags = &session->tags,
        .today = (int32_t)(now / SECONDS_PER_DAY - (now % SECONDS_PER_DAY < 0)),
        .withheld_entry = JIEDA__NONE,
        .err = err,
        .status = JIEDA_OK,
    };

    for (uint32_t p = 0; p < kb->placeholder_count; p++)
        if (jieda__bindings_get(&session->placeholders, kb->placeholders[p]).ptr)
            visitor.bound_placeholders |= 1ULL << p;
    return visitor;
}

jieda_status jieda__session_read(jieda_session *session, jieda_str text, jieda__reading *out,
                                 jieda_error *err)
{
    if (text.len > JIEDA_UTTERANCE_BYTES_MAX)
        return jieda__fail(err, JIEDA_E_LIMIT, "the utterance has %zu bytes; at most %d are read",
                           text.len, JIEDA_UTTERANCE_BYTES_MAX);
    if (jieda__text_read(&session->arena, session->engine->kb->lexicon, text, out) != JIEDA_OK)
        return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
    return JIEDA_OK;
}

/* Names one entry that was hidden and one placeholder it lacks. */
static void log_withheld(const jieda_session *session, const jieda__visitor *visitor)
{
    const jieda__kb *kb = session->engine->kb;
    uint64_t missing =
        kb->entries[visitor->withheld_entry].placeholders & ~visitor->bound_placeholders;
    jieda_str id = jieda__kb_entry_id(kb, visitor->withheld_entry);
    jieda_str name = {"", 0};

    for (uint32_t p = kb->placeholder_count; p-- > 0;)
        if (missing >> p & 1)
            name = kb->placeholders[p];
    jieda__engine_log(session->engine, JIEDA_LOG_WARNING,
                      "%u questions withheld, such as those of entry %.*s: placeholder %.*s is not "
                      "bound",
                      visitor->withheld_count, (int)id.len, id.ptr, (int)name.len, name.ptr);
}

jieda_status jieda__session_match(jieda_session *session, jieda__reader *reader,
                                  const jieda__reading *reading, jieda__matches *out,
                                  jieda_error *err)
{
    const jieda_options *options = &session->engine->options;
    jieda__visitor visitor = jieda__session_visitor(session, reader, err);
    jieda__match_options match_options = {
        .learned = &session->engine->learned,
        .posting_count_max = options->posting_count_max,
        .rerank_count_max = options->rerank_count_max,
        .filter = session->engine->kb->always_visible ? NULL : jieda__visitor_may_see,
        .filter_ctx = &visitor,
        .leave_out = JIEDA__NONE,
    };
    jieda_status st = jieda__match_run(reader, &session->arena, reading, &match_options, out, err);

    if (st == JIEDA_OK)
        st = visitor.status;
    if (visitor.withheld_count > 0)
        log_withheld(session, &visitor);
    return st;
}

static bool has_ideograph(const jieda__reading *reading)
{
    for (size_t i = 0; i < reading->text.count; i++)
        if (reading->text.chars[i].kind == JIEDA__CHAR_IDEOGRAPH)
            return true;
    return false;
}

uint32_t jieda__session_language(const jieda_session *session, const jieda__reading *reading,
                                 const jieda__matches *matches)
{
    if (session->language != JIEDA__NONE)
        return session->language;
    /* Letters alone may be English or pinyin: what they matched tells. */
    if (matches && matches->count > 0 && !has_ideograph(reading))
        return session->engine->kb->questions[matches->items[0].question].language;
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

jieda_status jieda_ask(jieda_session *session, jieda_str utterance, const jieda_reply **reply_out,
                       jieda_error *err)
{
    jieda__exchange x;
    jieda_status st;

    if (reply_out)
        *reply_out = NULL;
    if (!session || !reply_out || (!utterance.ptr && utterance.len))
        return jieda__fail(err, JIEDA_E_INVALID, "a session, an utterance and a place are needed");
    st = jieda__exchange_begin(&x, session, err);
    if (st == JIEDA_OK)
        st = jieda__exchange_hear(&x, utterance);
    if (st == JIEDA_OK)
        st = jieda__exchange_finish(&x);
    if (st == JIEDA_OK)
        *reply_out = &session->reply;
    return jieda__exchange_end(&x, st);
}

const char *jieda_decision_name(jieda_decision decision)
{
    static const char *const names[] = {"none", "answer", "clarify", "smalltalk", "handoff"};

    return names[decision];
}
