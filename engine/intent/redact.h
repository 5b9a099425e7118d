/*
 * redact.h - what must not leave the engine: personal data become typed placeholders.
 *
 *   "我手机138 0013 8000，密码是abc123，订单202611211234" ->
 *   "我手机[手机号#1]，密码是[密码]，订单202611211234"
 *
 * [手机号#1] [电话#1] [银行卡#1] [身份证#1] [邮箱#1] [证件#1] are numbered by value: who gives the
 * same number again, in whatever writing, gets the same placeholder for the rest of the
 * conversation, so that an agent can follow. [验证码] [密码] [CVV] are secrets: they have no
 * number, no memory, and are handed to nobody. Order numbers, amounts, times, banks, public numbers
 * and card tails stay. The placeholders are Chinese in every language: agents read them, and one
 * form is one to test.
 */
#ifndef JIEDA__REDACT_H
#define JIEDA__REDACT_H

#include "intent/slots.h"

#define JIEDA__PII_VALUE_MAX 16
#define JIEDA__PII_NAME_COUNT 6 /* placeholders with numbers */
#define JIEDA__PLACEHOLDER_BYTES_MAX 24

/* Which values have their numbers; part of a session's state, and holds no value. Zero is the empty
 * memory; `salt` should differ from one conversation to the next. When all places are taken the
 * oldest value is forgotten: given again it gets a new number, and no number ever means two values
 * (up to 255 of a kind, the last one being shared by all that follow). */
typedef struct jieda__pii_memory {
    struct {
        uint8_t name; /* of the placeholder */
        uint8_t number;
        uint16_t check; /* 16 bits of a salted hash: enough to see a value again, too few to guess
                           it; two values meet once in 65,536 pairs */
    } items[JIEDA__PII_VALUE_MAX]; /* oldest first */
    uint8_t count;
    uint8_t last_number[JIEDA__PII_NAME_COUNT];
    uint64_t salt;
} jieda__pii_memory;

typedef struct jieda__pii_item {
    jieda__slot_kind kind;
    uint8_t number;        /* 0 for a secret */
    jieda_str placeholder; /* in the arena */
    jieda_str value;       /* in the original, for the host's vault only; empty for a secret */
} jieda__pii_item;

typedef struct jieda__redaction {
    jieda_str text; /* in the arena, with a NUL behind it */
    bool secret;    /* a password, a code or a CVV was dropped: warn the visitor */
    size_t count;
    jieda__pii_item *items; /* in the order of the text; NULL if there are none */
} jieda__redaction;

/* Redacts `original`, whose slots are those of jieda__slots_find(). The text is well-formed UTF-8
 * of one line: an ill-formed sequence is U+FFFD, white space a space, controls and marks of
 * direction are gone. Redacting what is redacted changes nothing.
 * @return JIEDA_E_NOMEM, else JIEDA_OK. On failure the memory is as it was. */
jieda_status jieda__redact(jieda__arena *arena, jieda__pii_memory *memory, jieda_str original,
                           const jieda__slot *slots, size_t count, jieda__redaction *out);

/* The longest head of a redacted text of at most `bytes_max` bytes that ends on a code point and
 * cuts no placeholder. */
jieda_str jieda__redact_cut(jieda_str text, size_t bytes_max);

#endif
