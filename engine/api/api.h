/*
 * api.h - what stands behind the opaque handles of jieda.h. Check arguments, call the layers.
 */
#ifndef JIEDA__API_H
#define JIEDA__API_H

#include "handoff/ticket.h"
#include "match/learned.h"

#include <stdatomic.h>

/* Idle database connections an engine keeps; more threads than this open and close their own. */
#define JIEDA__POOL_SIZE 16

struct jieda_engine {
    const jieda_allocator *alloc;
    jieda_options options;
    jieda__policy policy;
    jieda__kb *kb;
    jieda__learned learned;
    jieda__rules *rules;
    _Atomic(jieda__reader *) pool[JIEDA__POOL_SIZE];
};

struct jieda_session {
    jieda_engine *engine;
    /* Memory of this request and of the one before, taking turns: what a host asks next may be a
     * text of the last result. */
    jieda__arena arena;
    jieda__arena previous;
    jieda__bindings tags;
    jieda__bindings placeholders;
    uint32_t language; /* index, or JIEDA__NONE: follow the utterance */
    char channel[32];
    jieda__dialog dialog;
    const jieda_incidents *incidents; /* NULL: none; borrowed */
    jieda_reply reply;
};

/* A connection of the pool, or a new one. Give it back with jieda__engine_give_back(). */
jieda_status jieda__engine_borrow(jieda_engine *engine, jieda__reader **out, jieda_error *err);
void jieda__engine_give_back(jieda_engine *engine, jieda__reader *reader);
void jieda__engine_log(const jieda_engine *engine, jieda_log_level level, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* The visitor of a session at this moment. */
jieda__visitor jieda__session_visitor(jieda_session *session, jieda__reader *reader,
                                      jieda_error *err);
/* Starts a request: takes the other arena, empties it and the reply. */
void jieda__session_begin(jieda_session *session);
/* The request's reading of a text; refuses one that is too long. */
jieda_status jieda__session_read(jieda_session *session, jieda_str text, jieda__reading *out,
                                 jieda_error *err);
/* Matches for this visitor; logs withheld entries. */
jieda_status jieda__session_match(jieda_session *session, jieda__reader *reader,
                                  const jieda__reading *reading, jieda__matches *out,
                                  jieda_error *err);
/* The language to reply in: the session's, else that of the nearest question, if the utterance is
 * written in letters only; else the pack's first. */
uint32_t jieda__session_language(const jieda_session *session, const jieda__reading *reading,
                                 const jieda__matches *matches);

/* ---- reply.c: rows become texts in the session's arena ----------------------------------------
 */

typedef struct jieda__renderer {
    jieda_session *session;
    jieda__reader *reader;
    uint32_t language;
    jieda_error *err;
} jieda__renderer;

jieda_status jieda__render_question(jieda__renderer *r, uint32_t question, jieda_str *out);
/* Title, answer, steps, actions, needs and related entries of one entry, into the reply. */
jieda_status jieda__render_entry(jieda__renderer *r, uint32_t entry, jieda_reply *reply);
/* What a person will want to know of an entry: slot ids, and their titles in the renderer's
 * language. At most `max`. */
jieda_status jieda__render_needs(jieda__renderer *r, uint32_t entry, jieda_str *ids,
                                 jieda_str *titles, size_t max, size_t *count_out);

#endif
