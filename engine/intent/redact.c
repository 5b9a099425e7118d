/*
 * redact.c - copies an utterance and puts placeholders where personal data stood; see redact.h.
 *
 * What is personal was decided by slots.c. This file only writes: it numbers values by a salted
 * hash of their canonical form, so that "138-0013-8000" and "一三八零零一三八零零零" are one, and
 * forgets them.
 */
#include "intent/redact.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME_MOBILE,
    NAME_PHONE,
    NAME_CARD,
    NAME_ID,
    NAME_EMAIL,
    NAME_DOCUMENT,
    NAME_CODE, /* from here on: secrets */
    NAME_PASSWORD,
    NAME_CVV,
    NAME_COUNT,
    NAME_NONE = NAME_COUNT,
};

_Static_assert(NAME_CODE == JIEDA__PII_NAME_COUNT, "names with numbers come first");

/* slots.c passes over these: if you change them here, change `placeholders` there too. */
static const char *const names[NAME_COUNT] = {
    "手机号", "电话", "银行卡", "身份证", "邮箱", "证件", "验证码", "密码", "CVV",
};

static unsigned name_of(const jieda__slot *slot)
{
    switch (slot->kind) {
    case JIEDA__SLOT_PHONE: /* a mobile's canonical form is eleven digits from 1; no other's is */
        return slot->value.len == 11 && slot->value.ptr[0] == '1' ? NAME_MOBILE : NAME_PHONE;
    case JIEDA__SLOT_BANK_CARD:
        return NAME_CARD;
    case JIEDA__SLOT_ID_NUMBER:
        return NAME_ID;
    case JIEDA__SLOT_EMAIL:
        return NAME_EMAIL;
    case JIEDA__SLOT_PASSPORT:
        return NAME_DOCUMENT;
    case JIEDA__SLOT_CODE:
        return NAME_CODE;
    case JIEDA__SLOT_PASSWORD:
        return NAME_PASSWORD;
    case JIEDA__SLOT_CVV:
        return NAME_CVV;
    case JIEDA__SLOT_ORDER_NUMBER:
    case JIEDA__SLOT_AMOUNT:
    case JIEDA__SLOT_TIME:
    case JIEDA__SLOT_BANK:
    case JIEDA__SLOT_ERROR_CODE:
    case JIEDA__SLOT_CARD_TAIL:
    case JIEDA__SLOT_KIND_COUNT:
        break;
    }
    return NAME_NONE;
}

/* The number of a value under a name: the one it had before, or the next. */
static uint8_t number_of(jieda__pii_memory *memory, unsigned name, jieda_str value)
{
    uint64_t hash =
        jieda__hash(jieda__hash_mix(JIEDA__HASH_SEED ^ memory->salt) + name, value.ptr, value.len);
    uint16_t check = (uint16_t)(jieda__hash_mix(hash ^ memory->salt) >> 48);
    uint8_t number = memory->last_number[name];

    for (size_t i = 0; i < memory->count; i++)
        if (memory->items[i].name == name && memory->items[i].check == check)
            return memory->items[i].number;
    if (number < UINT8_MAX)
        number++;
    memory->last_number[name] = number;
    if (memory->count == JIEDA__PII_VALUE_MAX) {
        memory->count--;
        memmove(memory->items, memory->items + 1, memory->count * sizeof *memory->items);
    }
    memory->items[memory->count].name = (uint8_t)name;
    memory->items[memory->count].number = number;
    memory->items[memory->count].check = check;
    memory->count++;
    return number;
}

/* What can change how the text around it looks, and has no look of its own. */
static bool is_dropped(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF;
}

static bool is_line_space(uint32_t cp)
{
    return (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0x2028 || cp == 0x2029;
}

static char *write_plain(char *to, jieda_str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t cp;

        at += jieda__utf8_decode((const unsigned char *)text.ptr + at, text.len - at, &cp);
        if (is_line_space(cp))
            *to++ = ' ';
        else if (!is_dropped(cp))
            to += jieda__utf8_encode(cp, to);
    }
    return to;
}

static size_t write_placeholder(char out[JIEDA__PLACEHOLDER_BYTES_MAX], unsigned name,
                                uint8_t number)
{
    int len = number ? snprintf(out, JIEDA__PLACEHOLDER_BYTES_MAX, "[%s#%u]", names[name],
                                (unsigned)number)
                     : snprintf(out, JIEDA__PLACEHOLDER_BYTES_MAX, "[%s]", names[name]);

    return (size_t)len;
}

jieda_status jieda__redact(jieda__arena *arena, jieda__pii_memory *memory, jieda_str original,
                           const jieda__slot *slots, size_t count, jieda__redaction *out)
{
    bool valid = jieda__utf8_valid_prefix(original.ptr, original.len) == original.len;
    size_t personal_count = 0;
    size_t copied = 0;
    char *text, *to;

    *out = (jieda__redaction){0};
    for (size_t i = 0; i < count; i++)
        personal_count += jieda__slot_is_personal(slots[i].kind);
    /* An ill-formed byte grows to the three of U+FFFD. */
    text = jieda__arena_alloc(arena, original.len * (valid ? 1 : 3) +
                                         personal_count * JIEDA__PLACEHOLDER_BYTES_MAX + 1);
    if (!text)
        return JIEDA_E_NOMEM;
    if (personal_count > 0) {
        out->items = jieda__arena_alloc(arena, personal_count * sizeof *out->items);
        if (!out->items)
            return JIEDA_E_NOMEM;
    }
    to = text;
    for (size_t i = 0; i < count; i++) {
        const jieda__slot *slot = &slots[i];
        unsigned name = name_of(slot);
        bool secret = jieda__slot_is_secret(slot->kind);
        jieda__pii_item *item;
        size_t len;

        if (name == NAME_NONE)
            continue;
        item = &out->items[out->count++];
        item->kind = slot->kind;
        item->number = secret ? 0 : number_of(memory, name, slot->value);
        item->value = secret ? (jieda_str){NULL, 0}
                             : (jieda_str){original.ptr + slot->begin, slot->end - slot->begin};
        to = write_plain(to, (jieda_str){original.ptr + copied, slot->begin - copied});
        len = write_placeholder(to, name, item->number);
        item->placeholder = (jieda_str){to, len};
        to += len;
        copied = slot->end;
        out->secret = out->secret || secret;
    }
    to = write_plain(to, (jieda_str){original.ptr + copied, original.len - copied});
    *to = '\0';
    out->text = (jieda_str){text, (size_t)(to - text)};
    return JIEDA_OK;
}

/* The bytes of the placeholder that begins at `text`, or 0. */
static size_t placeholder_len(jieda_str text)
{
    for (unsigned name = 0; name < NAME_COUNT; name++) {
        size_t len = strlen(names[name]);
        size_t at = 1 + len;

        if (text.len <= at || memcmp(text.ptr + 1, names[name], len) != 0)
            continue;
        if (name < NAME_CODE && text.ptr[at] == '#')
            for (at++; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';)
                at++;
        if (at < text.len && text.ptr[at] == ']')
            return at + 1;
    }
    return 0;
}

jieda_str jieda__redact_cut(jieda_str text, size_t bytes_max)
{
    size_t end = bytes_max;

    if (text.len <= bytes_max)
        return text;
    while (end > 0 && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end--;
    for (size_t back = 1; back < JIEDA__PLACEHOLDER_BYTES_MAX && back <= end; back++) {
        size_t at = end - back;

        if (text.ptr[at] != '[')
            continue;
        if (at + placeholder_len((jieda_str){text.ptr + at, text.len - at}) > end)
            end = at;
        break;
    }
    return (jieda_str){text.ptr, end};
}
