/*
 * slots.h - which facts does an utterance hold? Order numbers, amounts, times, and personal data.
 *
 * A pure function over the normalized characters and the bytes they came from. It knows no entry
 * and no dialog; all it is told of the dialog is what the bot has just asked for. What becomes
 * of the personal ones is redact.h's business. Not good for: names and addresses of people, which
 * have no shape one could recognise; names of merchants; values spread over several messages.
 *
 * Precedence, where one number could be several things:
 *
 *   1. an ID number whose checksum holds
 *   2. a bank card: Luhn's checksum holds and an issuer could have given it; not after an order
 *      word (订单号, 流水号, order no), for one order number in ten passes Luhn by chance
 *      (then an old ID number of 15 digits, which has no checksum)
 *   3. a mobile number, also after an order word: eleven digits of that shape are rarely an order
 *   4. what the word before it says: 卡号, 身份证, 电话, 订单号, 尾号, 验证码, CVV, 错误码,
 *      护照. After its word a card or ID number counts with a wrong checksum too: a typo is as
 *      personal
 *   5. what the word after it says: "123456是验证码"
 *   6. a landline, a number with a country code
 *   7. a time, an amount
 *   8. an order number: 12 to 32 digits that are none of these
 *
 * A password is what follows its word, whatever it looks like, and an e-mail address holds whatever
 * digits are in it. Public numbers (95588, 400-xxx-xxxx, 12315, 110) are no slot.
 */
#ifndef JIEDA__SLOTS_H
#define JIEDA__SLOTS_H

#include "text/text.h"

typedef enum jieda__slot_kind {
    JIEDA__SLOT_ORDER_NUMBER,
    JIEDA__SLOT_AMOUNT,
    JIEDA__SLOT_TIME,
    JIEDA__SLOT_PHONE, /* mobile, landline, abroad */
    JIEDA__SLOT_BANK_CARD,
    JIEDA__SLOT_ID_NUMBER,
    JIEDA__SLOT_BANK,
    JIEDA__SLOT_ERROR_CODE,
    JIEDA__SLOT_CODE, /* sent by SMS, or shown to pay with */
    JIEDA__SLOT_PASSWORD,
    JIEDA__SLOT_CVV,
    JIEDA__SLOT_EMAIL,
    JIEDA__SLOT_PASSPORT,  /* and the travel permits of Hong Kong, Macao and Taiwan */
    JIEDA__SLOT_CARD_TAIL, /* 尾号1234; not personal */
    JIEDA__SLOT_KIND_COUNT,
} jieda__slot_kind;

#define JIEDA__SLOT_NONE (-1)

typedef struct jieda__slot {
    jieda__slot_kind kind;
    uint32_t begin; /* byte range in the original, [begin, end), on code point borders */
    uint32_t end;
    jieda_str value; /* canonical, in the arena, with a NUL behind it; empty for secrets */
} jieda__slot;

/* clang-format off */
/* Finds the slots of `text`, ascending and disjoint. Canonical values:
 *
 *   order_number, error_code, id_document   capital letters and digits: "WX20261121"
 *   amount    two decimals, cut off, and ISO 4217: "500.00 CNY", "20.00 USD"; below 10^10
 *   time      local: "2026-11-21T15:00", "2026-11-20 afternoon" (dawn, morning, noon, afternoon,
 *             evening, night), "2026-11-20", "2026-W46" (ISO week), "2026-10", "2025". A day without
 *             its year is the latest one not more than 30 days ahead; a weekday or a day of the
 *             month alone is the latest one not after today; an hour alone is today's
 *   phone     digits: "13800138000", "01012345678"; with a country code but 86: "+85291234567"
 *   bank_card, id_number, card_tail   digits, and X
 *   bank      its full name: "中国工商银行"
 *   email     in small letters
 *   verification_code, password, cvv  empty: nothing needs them, so no copy is made
 *
 * @param text       `original` normalized
 * @param now        seconds since 1970-01-01 UTC
 * @param expect     the kind the bot has just asked for, or JIEDA__SLOT_NONE: bare values count as
 * if their word stood before them
 * @param out        in `arena`
 * @return JIEDA_E_NOMEM, else JIEDA_OK. Takes time linear in the text. */
/* clang-format on */
jieda_status jieda__slots_find(jieda__arena *arena, const jieda__text *text, jieda_str original,
                               int64_t now, int32_t utc_offset_minutes, int expect,
                               jieda__slot **out, size_t *count_out);

/* The id under which packs and hosts know it: "order_number", "card_tail", ... Static. */
const char *jieda__slot_name(jieda__slot_kind kind);

bool jieda__slot_is_secret(jieda__slot_kind kind);
bool jieda__slot_is_personal(jieda__slot_kind kind); /* secrets too */

#endif
