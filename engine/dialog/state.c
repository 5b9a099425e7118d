/*
 * state.c - the conversation's memory, and its bytes.
 *
 * Saving and loading walk the same list of fields, so they cannot disagree: transfer() names each
 * field once, and a coder either appends it or reads it. Layout: magic, version, the fields, a hash
 * of all before it. Numbers are little-endian varints (7 bits a byte), texts their length and
 * bytes; a short conversation is a few hundred bytes.
 */
#include "dialog/state.h"

#include <sqlite3.h>
#include <string.h>

#define MAGIC "JDS"
#define STATE_VERSION 1
#define HASH_BYTES 8
/* 9999-12-31T23:59:59Z. Sums of later times and the years they are in would not fit their types. */
#define TIME_MAX 253402300799

/* ---- a conversation -------------------------------------------------------------------------- */

static void set_text(char *place, size_t bytes_max, jieda_str text)
{
    if (text.len > bytes_max)
        text.len = 0;
    if (text.len > 0)
        memcpy(place, text.ptr, text.len);
    place[text.len] = '\0';
}

void jieda__id_set(jieda__id id, jieda_str text)
{
    set_text(id, JIEDA__ENTRY_ID_BYTES_MAX, text);
}

void jieda__name_set(jieda__name name, jieda_str text)
{
    set_text(name, JIEDA__NAME_BYTES_MAX, text);
}

void jieda__dialog_init(jieda__dialog *dialog, jieda_str conversation)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char random[16];

    memset(dialog, 0, sizeof *dialog);
    if (conversation.len > 0) {
        jieda__dialog_name(dialog, conversation);
        return;
    }
    sqlite3_randomness(sizeof random, random);
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (unsigned char)letters[random[i] % 32];
    jieda__dialog_name(dialog, (jieda_str){(const char *)random, sizeof random});
}

void jieda__dialog_name(jieda__dialog *dialog, jieda_str conversation)
{
    jieda__name_set(dialog->conversation, conversation);
    if (dialog->pii.count == 0)
        dialog->pii.salt =
            jieda__hash_mix(jieda__hash(JIEDA__HASH_SEED, conversation.ptr, conversation.len));
}

void jieda__dialog_begin(jieda__dialog *dialog, int64_t now, uint32_t session_seconds)
{
    if (dialog->begun == 0)
        dialog->begun = now;
    if (dialog->last_time == 0 || now - dialog->last_time <= (int64_t)session_seconds)
        return;
    dialog->pending = JIEDA__PENDING_NONE;
    dialog->miss_count = 0;
    dialog->complaint_count = 0;
    dialog->repeat_count = 0;
    dialog->reminded = 0;
    dialog->last_entry[0] = '\0';
    dialog->option_count = 0;
    dialog->asked_slot = 0;
    dialog->tried_count = 0;
    dialog->slot_count = 0;
}

void jieda__dialog_say(jieda__dialog *dialog, jieda_role role, int64_t now, const char *decision_id,
                       jieda_str text)
{
    jieda__said *said = &dialog->transcript[dialog->said_count % JIEDA__TRANSCRIPT_COUNT_MAX];
    jieda_str kept = jieda__redact_cut(text, JIEDA__MESSAGE_BYTES_MAX);

    if (kept.len == 0)
        return;
    said->role = (uint8_t)role;
    said->time = now;
    set_text(said->decision_id, JIEDA__DECISION_ID_LEN, jieda__str(decision_id));
    set_text(said->text, JIEDA__MESSAGE_BYTES_MAX, kept);
    dialog->said_count++;
}

const jieda__said *jieda__dialog_said(const jieda__dialog *dialog, size_t i)
{
    size_t kept = dialog->said_count < JIEDA__TRANSCRIPT_COUNT_MAX ? dialog->said_count
                                                                   : JIEDA__TRANSCRIPT_COUNT_MAX;

    if (i >= kept)
        return NULL;
    return &dialog->transcript[(dialog->said_count - kept + i) % JIEDA__TRANSCRIPT_COUNT_MAX];
}

void jieda__dialog_keep_slot(jieda__dialog *dialog, uint8_t kind, jieda_str value)
{
    size_t i = 0;

    while (i < dialog->slot_count && dialog->slots[i].kind != kind)
        i++;
    if (i == JIEDA__KNOWN_SLOT_COUNT_MAX || value.len > JIEDA__NAME_BYTES_MAX)
        return;
    dialog->slots[i].kind = kind;
    jieda__name_set(dialog->slots[i].value, value);
    if (i == dialog->slot_count)
        dialog->slot_count++;
}

bool jieda__dialog_knows(const jieda__dialog *dialog, jieda_str slot_id)
{
    for (size_t i = 0; i < dialog->slot_count; i++)
        if (jieda__str_equal(jieda__str(jieda__slot_name((jieda__slot_kind)dialog->slots[i].kind)),
                             slot_id))
            return true;
    return false;
}

void jieda__dialog_keep_tried(jieda__dialog *dialog, jieda_str entry_id)
{
    for (size_t i = 0; i < dialog->tried_count; i++)
        if (jieda__str_equal(jieda__str(dialog->tried[i]), entry_id))
            return;
    if (dialog->tried_count == JIEDA__TRIED_COUNT_MAX) {
        memmove(dialog->tried[0], dialog->tried[1],
                (JIEDA__TRIED_COUNT_MAX - 1) * sizeof dialog->tried[0]);
        dialog->tried_count--;
    }
    jieda__id_set(dialog->tried[dialog->tried_count++], entry_id);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Writes to `out`, or, when that is NULL, reads from `at`. Once broken, reading gives zeros. */
typedef struct coder {
    jieda__buf *out;
    const unsigned char *at;
    const unsigned char *end;
    bool broken;
} coder;

static uint64_t code(coder *c, uint64_t value, uint64_t value_max)
{
    if (c->out) {
        while (value >= 0x80) {
            jieda__buf_byte(c->out, (char)(0x80 | (value & 0x7F)));
            value >>= 7;
        }
        jieda__buf_byte(c->out, (char)value);
        return 0;
    }
    value = 0;
    for (unsigned shift = 0; !c->broken; shift += 7) {
        if (c->at == c->end || shift > 63) {
            c->broken = true;
            break;
        }
        value |= (uint64_t)(*c->at & 0x7F) << shift;
        if (!(*c->at++ & 0x80))
            break;
    }
    c->broken = c->broken || value > value_max;
    return c->broken ? 0 : value;
}

static void code_u8(coder *c, uint8_t *value, uint8_t value_max)
{
    uint64_t read = code(c, *value, value_max);

    if (!c->out)
        *value = (uint8_t)read;
}

static void code_u32(coder *c, uint32_t *value)
{
    uint64_t read = code(c, *value, UINT32_MAX);

    if (!c->out)
        *value = (uint32_t)read;
}

static void code_u64(coder *c, uint64_t *value)
{
    uint64_t read = code(c, *value, UINT64_MAX);

    if (!c->out)
        *value = read;
}

/* One before 1970 or past TIME_MAX is saved as that. */
static void code_time(coder *c, int64_t *value)
{
    int64_t bounded = *value > TIME_MAX ? TIME_MAX : *value;
    uint64_t read = code(c, bounded > 0 ? (uint64_t)bounded : 0, TIME_MAX);

    if (!c->out)
        *value = (int64_t)read;
}

static void code_text(coder *c, char *text, size_t bytes_max)
{
    uint64_t len = code(c, c->out ? strlen(text) : 0, bytes_max);

    if (c->out) {
        jieda__buf_append(c->out, text, strlen(text));
        return;
    }
    if (c->broken || len > (uint64_t)(c->end - c->at) || memchr(c->at, '\0', len) ||
        jieda__utf8_valid_prefix((const char *)c->at, len) != len) {
        c->broken = true;
        return;
    }
    memcpy(text, c->at, len);
    text[len] = '\0';
    c->at += len;
}

static void code_ticket(coder *c, jieda__ticket *t)
{
    code_text(c, t->id, JIEDA__TICKET_ID_LEN);
    if (c->out ? t->id[0] == '\0' : c->broken || t->id[0] == '\0')
        return;
    code_u8(c, &t->reason, JIEDA__REASON_COUNT - 1);
    code_u8(c, &t->priority, JIEDA_PRIORITY_P3);
    code_u8(c, &t->state, JIEDA_TICKET_CLOSED);
    code_u8(c, &t->level, UINT8_MAX);
    code_u8(c, &t->needs_asked, 1);
    code_u8(c, &t->unstored, 1 + JIEDA_HANDOFF_CANCELLED);
    code_u32(c, &t->event_count);
    code_time(c, &t->created);
    code_time(c, &t->due);
    code_time(c, &t->closed);
    code_text(c, t->queue, JIEDA__NAME_BYTES_MAX);
    code_text(c, t->agent, JIEDA__NAME_BYTES_MAX);
    code_text(c, t->incident, JIEDA__NAME_BYTES_MAX);
    code_text(c, t->entry, JIEDA__ENTRY_ID_BYTES_MAX);
    code_u8(c, &t->history_count, JIEDA__HISTORY_COUNT_MAX);
    for (size_t i = 0; i < t->history_count; i++) {
        code_time(c, &t->history[i].time);
        code_u8(c, &t->history[i].state, JIEDA_TICKET_CLOSED);
    }
    code_u8(c, &t->satisfaction, 5);
}

static void code_pii(coder *c, jieda__pii_memory *pii)
{
    code_u64(c, &pii->salt);
    code_u8(c, &pii->count, JIEDA__PII_VALUE_MAX);
    for (size_t i = 0; i < pii->count; i++) {
        uint32_t check = pii->items[i].check;

        code_u8(c, &pii->items[i].name, JIEDA__PII_NAME_COUNT - 1);
        code_u8(c, &pii->items[i].number, UINT8_MAX);
        code_u32(c, &check);
        pii->items[i].check = (uint16_t)check;
    }
    for (size_t i = 0; i < JIEDA__PII_NAME_COUNT; i++)
        code_u8(c, &pii->last_number[i], UINT8_MAX);
}

/* Oldest first, so that a loaded ring begins at its beginning. */
static void code_transcript(coder *c, jieda__dialog *d, const jieda__dialog *from)
{
    uint32_t kept = 0;

    while (c->out && jieda__dialog_said(from, kept))
        kept++;
    code_u32(c, &kept);
    if (kept > JIEDA__TRANSCRIPT_COUNT_MAX) {
        c->broken = true;
        return;
    }
    for (uint32_t i = 0; i < kept; i++) {
        jieda__said said = {0};

        if (c->out)
            said = *jieda__dialog_said(from, i);
        code_u8(c, &said.role, JIEDA_ROLE_AGENT);
        code_time(c, &said.time);
        code_text(c, said.decision_id, JIEDA__DECISION_ID_LEN);
        code_text(c, said.text, JIEDA__MESSAGE_BYTES_MAX);
        if (!c->out)
            d->transcript[i] = said;
    }
    if (!c->out)
        d->said_count = kept;
}

/* Every field, in the order of the file. `d` is not changed while writing. */
static void transfer(coder *c, jieda__dialog *d)
{
    code_text(c, d->conversation, JIEDA__NAME_BYTES_MAX);
    code_u8(c, &d->owner, JIEDA_OWNER_AGENT);
    code_u8(c, &d->pending, JIEDA__PENDING_COUNT - 1);
    code_u32(c, &d->turn_count);
    code_u32(c, &d->episode_count);
    code_u32(c, &d->miss_count);
    code_u32(c, &d->complaint_count);
    code_u32(c, &d->repeat_count);
    code_u64(c, &d->reminded);
    code_time(c, &d->begun);
    code_time(c, &d->last_time);
    code_text(c, d->decision_id, JIEDA__DECISION_ID_LEN);
    code_text(c, d->last_entry, JIEDA__ENTRY_ID_BYTES_MAX);
    code_u8(c, &d->option_count, JIEDA_OPTION_COUNT_MAX);
    for (size_t i = 0; i < d->option_count; i++)
        code_text(c, d->options[i], JIEDA__ENTRY_ID_BYTES_MAX);
    code_u8(c, &d->asked_slot, JIEDA__SLOT_KIND_COUNT);
    code_u8(c, &d->needs_reason, JIEDA__REASON_COUNT - 1);
    code_u8(c, &d->needs_priority, JIEDA_PRIORITY_P3);
    code_u8(c, &d->tried_count, JIEDA__TRIED_COUNT_MAX);
    for (size_t i = 0; i < d->tried_count; i++)
        code_text(c, d->tried[i], JIEDA__ENTRY_ID_BYTES_MAX);
    code_u8(c, &d->slot_count, JIEDA__KNOWN_SLOT_COUNT_MAX);
    for (size_t i = 0; i < d->slot_count; i++) {
        code_u8(c, &d->slots[i].kind, JIEDA__SLOT_KIND_COUNT - 1);
        code_text(c, d->slots[i].value, JIEDA__NAME_BYTES_MAX);
    }
    code_ticket(c, &d->ticket);
    code_pii(c, &d->pii);
    code_transcript(c, d, d);
}

void jieda__dialog_save(const jieda__dialog *dialog, jieda__buf *out)
{
    coder c = {.out = out};
    size_t begin = out->len;
    uint64_t hash;
    char tail[HASH_BYTES];

    jieda__buf_append(out, MAGIC, sizeof MAGIC - 1);
    jieda__buf_byte(out, STATE_VERSION);
    /* Writing changes nothing in it; see transfer(). */
    transfer(&c, (jieda__dialog *)(uintptr_t)dialog);
    if (out->status != JIEDA_OK)
        return;
    hash = jieda__hash(JIEDA__HASH_SEED, out->ptr + begin, out->len - begin);
    memcpy(tail, &hash, sizeof tail);
    jieda__buf_append(out, tail, sizeof tail);
}

jieda_status jieda__dialog_load(const void *bytes, size_t len, jieda__dialog *out, jieda_error *err)
{
    const unsigned char *at = bytes;
    jieda__dialog loaded = {0};
    coder c = {0};
    uint64_t hash;

    if (len < sizeof MAGIC + HASH_BYTES || memcmp(at, MAGIC, sizeof MAGIC - 1) != 0)
        return jieda__fail(err, JIEDA_E_FORMAT, "these bytes are no saved conversation");
    if (at[sizeof MAGIC - 1] > STATE_VERSION)
        return jieda__fail(err, JIEDA_E_VERSION,
                           "a newer jieda saved this conversation (version %u, %d is known)",
                           at[sizeof MAGIC - 1], STATE_VERSION);
    memcpy(&hash, at + len - HASH_BYTES, sizeof hash);
    c.at = at + sizeof MAGIC;
    c.end = at + len - HASH_BYTES;
    c.broken = at[sizeof MAGIC - 1] != STATE_VERSION ||
               hash != jieda__hash(JIEDA__HASH_SEED, at, len - HASH_BYTES);
    if (!c.broken)
        transfer(&c, &loaded);
    if (c.broken || c.at != c.end || !loaded.conversation[0])
        return jieda__fail(err, JIEDA_E_FORMAT, "the saved conversation is damaged");
    *out = loaded;
    return JIEDA_OK;
}
