/*
 * state.h - what is remembered of a conversation.
 *
 * One flat struct without pointers, so that taking a turn is: copy it, change the copy, and keep
 * the copy if all went well. It holds nothing an agent may not read: utterances are redacted before
 * they get here, and of a personal detail only 16 bits of a salted hash remain. Entries are
 * remembered by id, because a newer knowledge base numbers them anew.
 */
#ifndef JIEDA__DIALOG_STATE_H
#define JIEDA__DIALOG_STATE_H

#include "intent/reason.h"
#include "intent/redact.h"

#include "jieda/jieda.h"

#define JIEDA__ENTRY_ID_BYTES_MAX 200 /* of an entry; a longer one is not remembered */
#define JIEDA__NAME_BYTES_MAX 64
#define JIEDA__MESSAGE_BYTES_MAX 400
#define JIEDA__TRANSCRIPT_COUNT_MAX 24
#define JIEDA__TRIED_COUNT_MAX 8
#define JIEDA__KNOWN_SLOT_COUNT_MAX 12
#define JIEDA__HISTORY_COUNT_MAX 8
#define JIEDA__DECISION_ID_LEN 8
#define JIEDA__TICKET_ID_LEN 16

/* Texts in the state end with NUL and hold none. */
typedef char jieda__id[JIEDA__ENTRY_ID_BYTES_MAX + 1];
typedef char jieda__name[JIEDA__NAME_BYTES_MAX + 1];

/* What the bot asked and waits for. */
typedef enum jieda__pending {
    JIEDA__PENDING_NONE = 0,
    JIEDA__PENDING_OPTIONS, /* which of dialog.options is meant */
    JIEDA__PENDING_NEEDS,   /* what a ticket needs; then it is written, whatever came */
    JIEDA__PENDING_COUNT,
} jieda__pending;

typedef struct jieda__said {
    uint8_t role; /* jieda_role */
    int64_t time;
    char decision_id[JIEDA__DECISION_ID_LEN + 1]; /* "" if none */
    char text[JIEDA__MESSAGE_BYTES_MAX + 1];
} jieda__said;

typedef struct jieda__known_slot {
    uint8_t kind; /* jieda__slot_kind */
    jieda__name value;
} jieda__known_slot;

typedef struct jieda__ticket {
    char id[JIEDA__TICKET_ID_LEN + 1]; /* "" if there is none */
    uint8_t reason;                    /* jieda__reason */
    uint8_t priority;
    uint8_t state; /* jieda_ticket_state */
    uint8_t level; /* of a complaint, 1.., else 0 */
    uint8_t needs_asked;
    uint8_t unstored;     /* the last event was not taken: 1 + jieda_handoff_event; else 0 */
    uint32_t event_count; /* of events handed over, for their keys */
    int64_t created;
    int64_t due;
    int64_t closed;
    jieda__name queue;
    jieda__name agent;
    jieda__name incident;
    jieda__id entry; /* what it is about, "" if unknown */
    struct {
        int64_t time;
        uint8_t state;                   /* jieda_ticket_state */
    } history[JIEDA__HISTORY_COUNT_MAX]; /* the first and the last ones */
    uint8_t history_count;
    uint8_t satisfaction; /* stars, 0 = not said */
} jieda__ticket;

typedef struct jieda__dialog {
    jieda__name conversation;
    uint8_t owner;   /* jieda_owner */
    uint8_t pending; /* jieda__pending */
    uint32_t turn_count;
    uint32_t episode_count;   /* tickets opened */
    uint32_t miss_count;      /* in a row */
    uint32_t complaint_count; /* messages that complain */
    uint32_t repeat_count;    /* times last_entry was answered in a row, itself included */
    uint64_t reminded;        /* bit per reminder of the policy, already given */
    int64_t begun;            /* time of the first message; 0 = none yet */
    int64_t last_time;        /* of the last message; 0 = none yet */
    char decision_id[JIEDA__DECISION_ID_LEN + 1]; /* of the last turn */
    jieda__id last_entry;                         /* answered last; "" = none */
    jieda__id options[JIEDA_OPTION_COUNT_MAX];    /* of the last reply */
    uint8_t option_count;
    uint8_t asked_slot;   /* 1 + jieda__slot_kind the bot has just asked for; else 0 */
    uint8_t needs_reason; /* of the ticket that waits for what it needs */
    uint8_t needs_priority;
    jieda__id tried[JIEDA__TRIED_COUNT_MAX]; /* entries answered, oldest first */
    uint8_t tried_count;
    jieda__known_slot slots[JIEDA__KNOWN_SLOT_COUNT_MAX];
    uint8_t slot_count;
    jieda__ticket ticket;
    jieda__pii_memory pii;
    jieda__said transcript[JIEDA__TRANSCRIPT_COUNT_MAX]; /* a ring; the oldest is overwritten */
    uint32_t said_count;                                 /* ever; modulo gives the next place */
} jieda__dialog;

/* A new conversation. @param conversation  its id; "" makes one up from SQLite's generator. */
void jieda__dialog_init(jieda__dialog *dialog, jieda_str conversation);
/* Gives it another id. The salt of its placeholders comes of the first one it had when personal
 * data came up, so that the same conversation told again gives the same bytes. */
void jieda__dialog_name(jieda__dialog *dialog, jieda_str conversation);

/* Before a turn at `now`: after `session_seconds` of silence all is forgotten but the ticket, the
 * transcript and what placeholders stand for. */
void jieda__dialog_begin(jieda__dialog *dialog, int64_t now, uint32_t session_seconds);

/* Copies a text; one that is too long is left out, "" taking its place. */
void jieda__id_set(jieda__id id, jieda_str text);
void jieda__name_set(jieda__name name, jieda_str text);

/* Adds to the transcript, cut to JIEDA__MESSAGE_BYTES_MAX. `text` is redacted; empty adds none. */
void jieda__dialog_say(jieda__dialog *dialog, jieda_role role, int64_t now, const char *decision_id,
                       jieda_str text);
/* The i-th message that is remembered, oldest first; NULL past the last. */
const jieda__said *jieda__dialog_said(const jieda__dialog *dialog, size_t i);

/* Keeps a slot's value; the latest of a kind counts. */
void jieda__dialog_keep_slot(jieda__dialog *dialog, uint8_t kind, jieda_str value);
/* Whether a value of this slot is kept. */
bool jieda__dialog_knows(const jieda__dialog *dialog, jieda_str slot_id);
void jieda__dialog_keep_tried(jieda__dialog *dialog, jieda_str entry_id);

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Appends the conversation to `out`; see out->status. */
void jieda__dialog_save(const jieda__dialog *dialog, jieda__buf *out);
/* @return JIEDA_E_FORMAT or JIEDA_E_VERSION; `out` is unchanged then. */
jieda_status jieda__dialog_load(const void *bytes, size_t len, jieda__dialog *out,
                                jieda_error *err);

#endif
