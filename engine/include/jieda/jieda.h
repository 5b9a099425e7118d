/*
 * jieda/jieda.h - answer questions from a compiled knowledge base.
 *
 *     jieda_engine *engine;              // one per knowledge base, shared by all threads
 *     jieda_session *session;            // one per visitor
 *     const jieda_reply *reply;
 *     jieda_open("wallet.kb", NULL, &engine, &err);
 *     jieda_session_new(engine, &session, &err);
 *     jieda_ask(session, question, &reply, &err);
 *     ... reply->decision, reply->answer ...
 *     jieda_session_free(session);
 *     jieda_close(engine);
 *
 * The library starts no thread, has no mutable global, prints nothing, never exits and reads no
 * environment. Strings going in are copied or borrowed for the call; strings coming out say how
 * long they live. "No answer" and "a person should take over" are results, not errors.
 */
#ifndef JIEDA_JIEDA_H
#define JIEDA_JIEDA_H

#include "jieda/types.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JIEDA_VERSION "0.1.0"

/** Longest utterance jieda_ask() takes, in bytes. */
#define JIEDA_UTTERANCE_BYTES_MAX 65536
/** Most options of a reply, and most candidates reported. */
#define JIEDA_OPTION_COUNT_MAX 3
#define JIEDA_CANDIDATE_COUNT_MAX 10
/** Longest name and value of a host tag or a placeholder binding, in bytes; most of each. */
#define JIEDA_BINDING_BYTES_MAX 1024
#define JIEDA_BINDING_COUNT_MAX 64

/** "0.1.0" of the library that runs, which may be newer than the header. Static. */
JIEDA_API const char *jieda_version(void);
/** A short English name of a status, such as "out of memory". Static. */
JIEDA_API const char *jieda_status_name(jieda_status status);

/* ---- engine ---------------------------------------------------------------------------------- */

/** A compiled knowledge base opened for reading, plus what ranks it.
 *  Threads: immutable after jieda_open(), share it freely (its idle database connections are handed
 *  from thread to thread with atomic operations). Lifetime: outlives every session made from it. */
typedef struct jieda_engine jieda_engine;

typedef struct jieda_handoff jieda_handoff;
typedef struct jieda_feedback jieda_feedback;

/** What became of something handed to the host. */
typedef enum jieda_handoff_result {
    JIEDA_HANDOFF_FAILED = 0, /* not stored: tried again with the visitor's next message */
    JIEDA_HANDOFF_ACCEPTED,   /* stored; a person will see it */
    JIEDA_HANDOFF_BUSY,       /* stored; everybody is busy, so it will take longer */
    JIEDA_HANDOFF_CLOSED,     /* stored; nobody works now */
} jieda_handoff_result;

/** Called for each event of a ticket, on the asking thread, before the call that caused it returns.
 *  Everything in `handoff` is borrowed for the call. It must not use the asking session. What it
 *  answers is what the visitor is told, so say JIEDA_HANDOFF_ACCEPTED only of what is stored. */
typedef jieda_handoff_result jieda_handoff_fn(void *ctx, const jieda_handoff *handoff);

/** Called for each feedback given, on the thread that gave it. Borrowed for the call. Return false
 *  if it could not be stored. */
typedef bool jieda_feedback_fn(void *ctx, jieda_str conversation_id,
                               const jieda_feedback *feedback);

/** Called for each personal detail found in an utterance, before a placeholder takes its place
 *  everywhere else: the only way an original leaves the engine. Passwords, codes and CVVs are not
 *  offered. Borrowed for the call.
 *  @param placeholder  "[手机号#1]": as in the transcript, the ticket and the slots
 *  @param kind         "phone", "bank_card", "id_number", "email", ... */
typedef void jieda_vault_fn(void *ctx, jieda_str conversation_id, jieda_str placeholder,
                            const char *kind, jieda_str value);

/** In place of a number below: what the knowledge base's own policy says. */
#define JIEDA_POLICY_CONFIDENCE (-1.0f)
#define JIEDA_POLICY_COUNT UINT32_MAX

/** Begin with JIEDA_OPTIONS_INIT. Fields are only ever appended. */
typedef struct jieda_options {
    uint32_t version;
    const jieda_allocator *allocator; /* NULL: realloc and free. Borrowed until jieda_close() */
    jieda_log_fn *log;                /* NULL: silent */
    void *log_ctx;                    /* borrowed; passed back unread */
    jieda_clock_fn *clock;            /* NULL: the system's wall clock */
    void *clock_ctx;
    /* NULL: there are no tickets; the decision is handoff all the same, and the conversation stays
     * with the bot. */
    jieda_handoff_fn *handoff;
    void *handoff_ctx;
    /* Least confidence, 0..1, at which an entry is answered; below it the engine asks back. By the
     * entry's risk class, because a wrong answer about money costs more than one question more. */
    float answer_confidence_min_info;  /* also of entries that always hand over, if it is less */
    float answer_confidence_min_money; /* also used for account and fraud entries */
    float option_confidence_min;       /* least confidence of an option offered when asking back */
    uint32_t miss_count_max;     /* misses in a row after which a person takes over; 0 = never */
    uint32_t posting_count_max;  /* document-frequency budget of candidate search, postings; 0: 400,
                                   or 150 where a model compares every entry as well */
    uint32_t rerank_count_max;   /* questions scored with all features, 1..512; a few more
                                   where one entry would fill them all */
    size_t request_bytes_max;    /* bound of one call's memory, bytes */
    jieda_feedback_fn *feedback; /* NULL: feedback only counts in the conversation */
    void *feedback_ctx;
    jieda_vault_fn *vault; /* NULL: originals are gone */
    void *vault_ctx;
} jieda_options;

#define JIEDA_OPTIONS_INIT                                                                         \
    {                                                                                              \
        1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, JIEDA_POLICY_CONFIDENCE,                      \
            JIEDA_POLICY_CONFIDENCE, JIEDA_POLICY_CONFIDENCE, JIEDA_POLICY_COUNT, 0, 32,           \
            (size_t)64 * 1024 * 1024, NULL, NULL, NULL, NULL                                       \
    }

/** Opens a .kb file made by `jieda build`.
 *
 *  @param options     NULL for the defaults; copied.
 *  @param engine_out  set on JIEDA_OK, else NULL; free with jieda_close().
 *  @return JIEDA_E_IO if there is no such file; JIEDA_E_FORMAT if it is not a knowledge base or is
 *          damaged; JIEDA_E_VERSION if another version of jieda built it; JIEDA_E_NOMEM. */
JIEDA_API jieda_status jieda_open(const char *path, const jieda_options *options,
                                  jieda_engine **engine_out, jieda_error *err);

/** The same for a .kb in memory, such as an app's bundled resource. `bytes` is borrowed until
 *  jieda_close() and must not change. */
JIEDA_API jieda_status jieda_open_memory(const void *bytes, size_t len,
                                         const jieda_options *options, jieda_engine **engine_out,
                                         jieda_error *err);

/** NULL is a no-op. Every session must be freed before. */
JIEDA_API void jieda_close(jieda_engine *engine);

/** What was opened. Strings live as long as the engine. */
typedef struct jieda_kb_info {
    jieda_str name;
    jieda_str title;
    jieda_str content_hash; /* 16 hex digits over the source */
    jieda_str lexicon_hash; /* 16 hex digits over the compiled lexicon */
    uint32_t entry_count;
    uint32_t question_count;
    uint32_t word_count;        /* words of the lexicon */
    const jieda_str *languages; /* the first is the one fallen back to */
    uint32_t language_count;
    const jieda_str *placeholders; /* names that jieda_session_set_placeholder() binds */
    uint32_t placeholder_count;
    /* What the model was trained on, its seed and scores, as JSON; "" without a model. */
    jieda_str model;
    jieda_str wording_hash; /* 16 hex digits over what a model is trained on */
} jieda_kb_info;

JIEDA_API void jieda_info(const jieda_engine *engine, jieda_kb_info *info_out);

/* ---- session --------------------------------------------------------------------------------- */

/** One visitor: language, host tags, placeholder bindings, what was said before.
 *  Threads: one at a time. Lifetime: must be freed before its engine. */
typedef struct jieda_session jieda_session;

JIEDA_API jieda_status jieda_session_new(const jieda_engine *engine, jieda_session **session_out,
                                         jieda_error *err);
JIEDA_API void jieda_session_free(jieda_session *session); /* NULL is a no-op */

/** Forgets the conversation, an open ticket too; keeps language, channel, tags and bindings. The
 *  conversation that begins has a new id. */
JIEDA_API void jieda_session_reset(jieda_session *session);

/** Names the conversation: the host's pseudonymous reference, which goes into tickets and feedback.
 *  Without it a session makes up a random one. A conversation that is not continued from saved
 * bytes needs an id of its own: tickets are told apart by it and by the second the conversation
 * began. Copied; 1..64 bytes, no control characters, else JIEDA_E_INVALID. Call it before the first
 *  question. */
JIEDA_API jieda_status jieda_session_set_conversation(jieda_session *session, jieda_str id,
                                                      jieda_error *err);

/** The conversation as bytes that another session, process or machine may go on with: what was
 *  said (redacted), what is pending, the open ticket. Some hundred bytes to 16 kB; holds no
 * language, channel, tag or binding. Belongs to the session until its next call. */
JIEDA_API jieda_status jieda_session_save(jieda_session *session, jieda_str *bytes_out,
                                          jieda_error *err);

/** Goes on with a saved conversation in place of the session's own. What another version of the
 *  knowledge base no longer has is forgotten, an open ticket never.
 *  @return JIEDA_E_FORMAT if the bytes are no saved conversation or are damaged, JIEDA_E_VERSION if
 *          a newer library saved them; the session is as before then. */
JIEDA_API jieda_status jieda_session_load(jieda_session *session, const void *bytes, size_t len,
                                          jieda_error *err);

/** The language of titles and answers, one of the knowledge base's ("zh", "en"). Without it an
 *  utterance of letters alone is answered in the language of the question nearest to it (English,
 *  or Chinese for pinyin), any other in the knowledge base's first. "" or NULL returns to that.
 *  @return JIEDA_E_INVALID when the knowledge base has no such language. */
JIEDA_API jieda_status jieda_session_set_language(jieda_session *session, const char *language,
                                                  jieda_error *err);

/** The channel whose answers are preferred ("app", "wechat"); "text" is the default and what every
 *  entry has. Copied; at most 31 bytes, else JIEDA_E_LIMIT. */
JIEDA_API jieda_status jieda_session_set_channel(jieda_session *session, const char *channel,
                                                 jieda_error *err);

/** Sets a fact about this visitor that entries may ask for in `when` (app version, region, order
 *  state, error code). Copied; an empty value removes it.
 *  @return JIEDA_E_LIMIT past JIEDA_BINDING_COUNT_MAX or JIEDA_BINDING_BYTES_MAX. */
JIEDA_API jieda_status jieda_session_set_tag(jieda_session *session, const char *name,
                                             jieda_str value, jieda_error *err);

/** Binds a placeholder such as {{brand}} of the answers. Copied; an empty value removes it. An
 *  answer with an unbound placeholder is never shown: its entry is withheld and logged.
 *  @return JIEDA_E_LIMIT as above. */
JIEDA_API jieda_status jieda_session_set_placeholder(jieda_session *session, const char *name,
                                                     jieda_str value, jieda_error *err);

/* ---- incidents ------------------------------------------------------------------------------- */

/** What is wrong at the moment (系统维护) and which topics it concerns. Immutable; share freely. */
typedef struct jieda_incidents jieda_incidents;

/** Reads incidents from JSON:
 *
 *      {"incidents": [{"id": "topup-0312", "topics": ["topup", "payment.failed"],
 *                      "notice": {"zh": "充值维护中，预计 18:00 恢复。"},
 *                      "from": "2026-03-12T16:00:00+08:00", "until": "2026-03-12T18:00:00+08:00"}]}
 *
 *  A topic is the id of a category (with all below it) or of an entry; "from" and "until" may be
 *  missing.
 *  @param incidents_out  set on JIEDA_OK, else NULL; free with jieda_incidents_free() once no
 *                        session uses it. Must be freed before its engine.
 *  @return JIEDA_E_FORMAT with what is wrong with the JSON; JIEDA_E_NOT_FOUND for an unknown topic.
 */
JIEDA_API jieda_status jieda_incidents_read(const jieda_engine *engine, jieda_str json,
                                            jieda_incidents **incidents_out, jieda_error *err);
JIEDA_API void jieda_incidents_free(jieda_incidents *incidents); /* NULL is a no-op */

/** From now on replies about their topics carry their notices, and tickets name them. Borrowed
 * until set again; NULL: none. */
JIEDA_API void jieda_session_set_incidents(jieda_session *session,
                                           const jieda_incidents *incidents);

/* ---- asking ---------------------------------------------------------------------------------- */

typedef enum jieda_decision {
    JIEDA_DECISION_NONE = 0,  /* nothing was asked: the utterance is empty */
    JIEDA_DECISION_ANSWER,    /* sure: `answer` is the reply */
    JIEDA_DECISION_CLARIFY,   /* not sure: ask back with `options`, which may be empty */
    JIEDA_DECISION_SMALLTALK, /* a greeting and the like: `answer` is the reply */
    JIEDA_DECISION_HANDOFF,   /* a person takes over; `answer` has the entry's steps, if any */
} jieda_decision;

/** "answer", "clarify", ...: the words of the JSON interface. Static. */
JIEDA_API const char *jieda_decision_name(jieda_decision decision);

typedef struct jieda_action {
    jieda_str label;
    jieda_str link; /* a URL of the host app, placeholders filled in */
} jieda_action;

typedef struct jieda_option {
    jieda_str entry_id;
    jieda_str title;
    float confidence; /* 0..1 */
} jieda_option;

typedef struct jieda_candidate {
    jieda_str entry_id;
    jieda_str title;
    jieda_str question; /* its question that is nearest to the utterance, as authored */
    float score;        /* raw; only the order of one utterance's candidates means something */
    float confidence;   /* calibrated 0..1 chance that this entry is what was asked for */
} jieda_candidate;

typedef enum jieda_priority {
    JIEDA_PRIORITY_P0 = 0, /* somebody is in danger or losing money now */
    JIEDA_PRIORITY_P1,
    JIEDA_PRIORITY_P2,
    JIEDA_PRIORITY_P3,
} jieda_priority;

/** Who owns the conversation. One at a time. */
typedef enum jieda_owner {
    JIEDA_OWNER_BOT = 0,
    JIEDA_OWNER_QUEUE, /* a ticket waits for a person; the bot helps on */
    JIEDA_OWNER_AGENT, /* a person answers; the bot is mute */
} jieda_owner;

typedef enum jieda_ticket_state {
    JIEDA_TICKET_NONE = 0,
    JIEDA_TICKET_QUEUED,
    JIEDA_TICKET_AGENT,
    JIEDA_TICKET_CLOSED, /* by an agent, or cancelled by the visitor */
} jieda_ticket_state;

/** "queued", "agent", "closed", "none". Static. */
JIEDA_API const char *jieda_ticket_state_name(jieda_ticket_state state);

/** The conversation's ticket. */
typedef struct jieda_ticket {
    jieda_str id;       /* 'T' and 15 letters and digits; "" if there is none */
    const char *reason; /* requested, fraud, distress, complaint, repeated_miss, no_match,
                           unhelpful, policy, identity_check; static */
    jieda_priority priority;
    jieda_ticket_state state;
    jieda_str queue;
    int64_t created; /* seconds since 1970-01-01 UTC */
    int64_t due;     /* when a person should have answered, by the policy */
    bool stored;     /* a hook took it; false: tried again with the next message */
} jieda_ticket;

/** A fact the visitor gave. Personal data stand as placeholders. */
typedef struct jieda_slot {
    jieda_str name; /* the knowledge base's id: "order_number" */
    jieda_str value;
} jieda_slot;

/** The engine's answer to one utterance. Everything in it belongs to the session and lives until
 *  the next call on that session. Fields are only ever appended. */
typedef struct jieda_reply {
    jieda_decision decision;
    jieda_str language; /* of title and answer */
    jieda_str entry_id; /* "" unless the decision is about one entry */
    jieda_str title;
    jieda_str answer;       /* plain text: lead, numbered steps, note */
    const jieda_str *steps; /* the same steps one by one */
    size_t step_count;
    const jieda_action *actions;
    size_t action_count;
    const jieda_str *needs; /* titles of what to have ready, in `language` */
    size_t need_count;
    const jieda_option *related; /* entries a visitor may want next; confidence is 0 */
    size_t related_count;
    const jieda_option *options; /* best first, at most JIEDA_OPTION_COUNT_MAX */
    size_t option_count;
    const jieda_candidate *candidates; /* distinct entries, best first, whatever the decision */
    size_t candidate_count;
    float confidence;   /* of the entry decided for, else of the best candidate; 0..1 */
    jieda_str intent;   /* category id of what was probably meant; "" if unknown */
    jieda_str why;      /* a rule id: "confident", "ambiguous", "no-match", ...; docs/DIALOG.md */
    bool handoff_offer; /* the entry offers a person */
    bool handoff_accepted; /* the handoff hook was called and took it */
    jieda_str decision_id; /* 8 letters and digits a visitor can read to an agent; for feedback */
    /* Show in this order: notices, answer, prompt, options. */
    const jieda_str *notices; /* incidents, risk reminders, warnings */
    size_t notice_count;
    jieda_str prompt; /* what the bot says besides the answer: asks back, tells of the ticket */
    jieda_ticket ticket;
    const jieda_slot *slots; /* of the conversation */
    size_t slot_count;
    jieda_str rule;         /* id of the rule that decided; "" if none did */
    jieda_str incident;     /* id of the incident that concerns it; "" if none does */
    const char *asked_slot; /* first of what `prompt` asks for: "order_number"; "" if nothing */
    jieda_str
        none_of_these; /* label of a last option after `options`: 都不是; "" where none fits */
} jieda_reply;

/** Answer one utterance.
 *
 *  @param utterance  UTF-8, 0..JIEDA_UTTERANCE_BYTES_MAX bytes, no NUL needed; an ill-formed byte
 *                    reads as U+FFFD. Borrowed for the call.
 *  @param reply_out  set on JIEDA_OK, else NULL.
 *  @return JIEDA_OK, and that includes "no answer". JIEDA_E_LIMIT if the utterance is too long;
 *          JIEDA_E_NOMEM; JIEDA_E_FORMAT if the knowledge base turns out to be damaged.
 *          After a failure the dialog is as it was before the call. */
JIEDA_API jieda_status jieda_ask(jieda_session *session, jieda_str utterance,
                                 const jieda_reply **reply_out, jieda_error *err);

/** Why jieda_ask() would decide as it does, as one JSON document: tokens, search terms, every
 *  candidate's features, weights and confidence, the decision, and for `expect_id` (may be NULL)
 * the first step at which that entry lost. Does not change the dialog and calls no hook.
 *  @param json_out  belongs to the session until its next call.
 *  @return as jieda_ask(); JIEDA_E_NOT_FOUND if there is no entry `expect_id`. */
JIEDA_API jieda_status jieda_explain(jieda_session *session, jieda_str utterance,
                                     const char *expect_id, jieda_str *json_out, jieda_error *err);

/* ---- feedback -------------------------------------------------------------------------------- */

typedef enum jieda_feedback_kind {
    JIEDA_FEEDBACK_HELPFUL = 0,
    JIEDA_FEEDBACK_UNHELPFUL,    /* counts as a miss */
    JIEDA_FEEDBACK_SATISFACTION, /* `stars` after a service */
    JIEDA_FEEDBACK_COMMENT,      /* only words */
} jieda_feedback_kind;

struct jieda_feedback {
    jieda_feedback_kind kind;
    jieda_str decision_id; /* of the reply it is about; "" = the last one */
    uint32_t stars;        /* 1..5 for satisfaction, else 0 */
    jieda_str comment;     /* "" if none; given to the hook redacted */
};

/** What the visitor thinks of an answer or a service.
 *  @param reply_out  may be NULL; what to show: thanks (decision none), or after too many unhelpful
 *                    answers a handoff. Belongs to the session until its next call.
 *  @return JIEDA_E_INVALID for stars out of range, JIEDA_E_LIMIT for a comment that is too long,
 *          JIEDA_E_IO when the hook could not store it. */
JIEDA_API jieda_status jieda_feedback_give(jieda_session *session, const jieda_feedback *feedback,
                                           const jieda_reply **reply_out, jieda_error *err);

/* ---- handoff --------------------------------------------------------------------------------- */

typedef enum jieda_handoff_event {
    JIEDA_HANDOFF_OPENED = 0, /* a new ticket */
    JIEDA_HANDOFF_MESSAGE,    /* the visitor wrote while the ticket is open */
    JIEDA_HANDOFF_ESCALATED,  /* its reason or priority rose */
    JIEDA_HANDOFF_REOPENED,   /* the visitor says it is not solved */
    JIEDA_HANDOFF_CANCELLED,  /* the visitor no longer needs a person */
} jieda_handoff_event;

/** "opened", "message", ... Static. */
JIEDA_API const char *jieda_handoff_event_name(jieda_handoff_event event);

/** One event of a ticket. Holds no personal data: placeholders stand in their places. */
struct jieda_handoff {
    jieda_handoff_event event;
    const char *reason; /* as in jieda_ticket */
    jieda_priority priority;
    jieda_str ticket_id;
    jieda_str idempotency_key; /* the same when this event is tried again: take it once */
    jieda_str conversation_id; /* events of one conversation come in order */
    jieda_str queue;
    int64_t due;
    jieda_str ticket; /* all of it as JSON: docs/handoff.schema.json */
};

/** An agent answers from now on: the bot is mute until the ticket is closed or returned.
 *  @param agent  a pseudonym shown to the visitor, or ""; at most 64 bytes of one line of UTF-8,
 * else JIEDA_E_INVALID.
 *  @return JIEDA_E_NOT_FOUND if no ticket is open. */
JIEDA_API jieda_status jieda_handoff_accepted(jieda_session *session, jieda_str agent,
                                              jieda_error *err);
/** The agent is done. The bot answers again; a visitor who says that it is not solved reopens it.
 *  @return as above. */
JIEDA_API jieda_status jieda_handoff_closed(jieda_session *session, jieda_error *err);
/** The agent gives the conversation back to the bot without closing it: the ticket waits in its
 *  queue again, and the bot may help on. @return as above. */
JIEDA_API jieda_status jieda_handoff_returned(jieda_session *session, jieda_error *err);
/** What an agent said, for the transcript; redacted like everything else. Cut to 400 bytes. */
JIEDA_API jieda_status jieda_handoff_said(jieda_session *session, jieda_str text, jieda_error *err);

/** The visitor pressed 「转人工」, or 「不用了」: as if he had said so. */
JIEDA_API jieda_status jieda_handoff_request(jieda_session *session, const jieda_reply **reply_out,
                                             jieda_error *err);
JIEDA_API jieda_status jieda_handoff_cancel(jieda_session *session, const jieda_reply **reply_out,
                                            jieda_error *err);

/** The conversation's ticket as it stands, and who owns the conversation. Belongs to the session
 *  until its next call. */
JIEDA_API jieda_owner jieda_session_ticket(jieda_session *session, jieda_ticket *ticket_out);

typedef enum jieda_role {
    JIEDA_ROLE_VISITOR = 0,
    JIEDA_ROLE_BOT,
    JIEDA_ROLE_AGENT,
} jieda_role;

typedef struct jieda_message {
    jieda_role role;
    int64_t time;          /* seconds since 1970-01-01 UTC */
    jieda_str text;        /* redacted, cut to 400 bytes */
    jieda_str decision_id; /* of the bot's; "" for others */
} jieda_message;

/** What was said, oldest first: the last 24 messages. Belongs to the session until its next call.
 */
JIEDA_API jieda_status jieda_transcript(jieda_session *session, const jieda_message **list_out,
                                        size_t *count_out, jieda_error *err);

/* ---- browsing and typing ahead --------------------------------------------------------------- */

typedef struct jieda_category {
    jieda_str id;
    jieda_str parent; /* "" for a root */
    jieda_str title;
    uint32_t entry_count; /* entries directly in it that may be shown now */
} jieda_category;

/** The category tree in authored order. Belongs to the session until its
 *  next call. */
JIEDA_API jieda_status jieda_categories(jieda_session *session, const jieda_category **list_out,
                                        size_t *count_out, jieda_error *err);

/** The entries directly in a category that may be shown to this visitor now, in authored order;
 *  those without one for the category "".
 *  @return JIEDA_E_NOT_FOUND if there is no such category. */
JIEDA_API jieda_status jieda_entries(jieda_session *session, const char *category_id,
                                     const jieda_option **list_out, size_t *count_out,
                                     jieda_error *err);

/** Shows one entry, as if it had been asked for with confidence 1: an option the visitor chose. The
 *  decision is handoff where the entry always hands over. Opens no ticket; an event that the hook
 * did not take before is tried again. Ends a row of misses.
 *  @return JIEDA_E_NOT_FOUND if there is none or it may not be shown now. */
JIEDA_API jieda_status jieda_entry(jieda_session *session, const char *entry_id,
                                   const jieda_reply **reply_out, jieda_error *err);

/** Completes what a visitor is typing: questions that begin with `prefix`, written in characters,
 * in pinyin (zhifu) or in its initials (zfsb). At most `count_max` (1..20) distinct entries. Titles
 * are the completed questions. Belongs to the session until its next call. */
JIEDA_API jieda_status jieda_suggest(jieda_session *session, jieda_str prefix, size_t count_max,
                                     const jieda_option **list_out, size_t *count_out,
                                     jieda_error *err);

/* ---- looking at text ------------------------------------------------------------------------- */

typedef enum jieda_token_class {
    JIEDA_TOKEN_UNIGRAM = 0, /* one character of an unspaced script, a Latin word, a number */
    JIEDA_TOKEN_BIGRAM,      /* two neighbouring characters */
    JIEDA_TOKEN_WORD,        /* a word of the lexicon on the best path */
    JIEDA_TOKEN_PINYIN,      /* a toneless syllable; searched apart and weighted less */
    JIEDA_TOKEN_CANONICAL,   /* a unit of the canonical view: synonyms and question words folded */
} jieda_token_class;

/** "unigram", "bigram", ... Static. */
JIEDA_API const char *jieda_token_class_name(jieda_token_class token_class);

typedef struct jieda_token {
    jieda_token_class token_class;
    jieda_str text; /* normalized */
    uint32_t begin; /* byte range in the original utterance, [begin, end) */
    uint32_t end;
} jieda_token;

/** How the engine reads a text: its tokens by class, in order of class and position. Belongs to the
 *  session until its next call.
 *  @param normalized_out  may be NULL; the normalized text. */
JIEDA_API jieda_status jieda_tokens(jieda_session *session, jieda_str text,
                                    const jieda_token **list_out, size_t *count_out,
                                    jieda_str *normalized_out, jieda_error *err);

#ifdef __cplusplus
}
#endif
#endif
