/*
 * bytes.c - slices, the growing buffer, UTF-8, hashes and error messages.
 */
#include "base/base.h"

#include <stdio.h>
#include <string.h>

jieda_str jieda__str(const char *cstr)
{
    return cstr ? (jieda_str){cstr, strlen(cstr)} : (jieda_str){NULL, 0};
}

int jieda__str_compare(jieda_str a, jieda_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;

    if (order)
        return order;
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

bool jieda__str_equal(jieda_str a, jieda_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

void jieda__buf_init(jieda__buf *buf, const jieda_allocator *alloc, size_t bytes_max)
{
    memset(buf, 0, sizeof *buf);
    buf->alloc = alloc;
    buf->bytes_max = bytes_max;
}

static bool buf_reserve(jieda__buf *buf, size_t more)
{
    size_t capacity = buf->capacity ? buf->capacity : 256;
    char *grown;

    if (more > buf->bytes_max - buf->len) {
        buf->status = JIEDA_E_LIMIT;
        return false;
    }
    if (buf->len + more <= buf->capacity)
        return true;
    while (capacity < buf->len + more)
        capacity = capacity > SIZE_MAX / 2 ? buf->len + more : capacity * 2;
    grown = buf->alloc->resize(buf->alloc->ctx, buf->ptr, capacity);
    if (!grown) {
        buf->status = JIEDA_E_NOMEM;
        return false;
    }
    buf->ptr = grown;
    buf->capacity = capacity;
    return true;
}

void jieda__buf_append(jieda__buf *buf, const void *bytes, size_t len)
{
    if (buf->status != JIEDA_OK || len == 0 || !buf_reserve(buf, len))
        return;
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}

void jieda__buf_str(jieda__buf *buf, jieda_str text)
{
    jieda__buf_append(buf, text.ptr, text.len);
}

void jieda__buf_cstr(jieda__buf *buf, const char *text)
{
    jieda__buf_append(buf, text, strlen(text));
}

void jieda__buf_byte(jieda__buf *buf, char byte)
{
    jieda__buf_append(buf, &byte, 1);
}

void jieda__buf_utf8(jieda__buf *buf, uint32_t cp)
{
    char bytes[4];

    jieda__buf_append(buf, bytes, jieda__utf8_encode(cp, bytes));
}

void jieda__buf_free(jieda__buf *buf)
{
    if (buf->alloc)
        jieda__dealloc(buf->alloc, buf->ptr);
    buf->ptr = NULL;
    buf->len = buf->capacity = 0;
}

size_t jieda__utf8_decode(const unsigned char *bytes, size_t len, uint32_t *cp_out)
{
    unsigned char lead = bytes[0];
    /* Bounds of the second byte rule out overlong forms, surrogates and values past U+10FFFF;
     * table 3-7 of the Unicode standard. */
    unsigned char low = 0x80, high = 0xBF;
    size_t need;
    uint32_t cp;

    if (lead < 0x80) {
        *cp_out = lead;
        return 1;
    }
    *cp_out = JIEDA__REPLACEMENT;
    if (lead >= 0xC2 && lead <= 0xDF) {
        need = 1;
        cp = lead & 0x1Fu;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        need = 2;
        cp = lead & 0x0Fu;
        if (lead == 0xE0)
            low = 0xA0;
        else if (lead == 0xED)
            high = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        need = 3;
        cp = lead & 0x07u;
        if (lead == 0xF0)
            low = 0x90;
        else if (lead == 0xF4)
            high = 0x8F;
    } else {
        return 1;
    }
    for (size_t i = 1; i <= need; i++) {
        if (i >= len || bytes[i] < low || bytes[i] > high)
            return i;
        cp = cp << 6 | (bytes[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *cp_out = cp;
    return need + 1;
}

size_t jieda__utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = JIEDA__REPLACEMENT;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t jieda__utf8_valid_prefix(const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint32_t cp;
        size_t took = jieda__utf8_decode((const unsigned char *)bytes + at, len - at, &cp);

        /* A real U+FFFD in the text takes three bytes; an ill-formed one never encodes to it. */
        if (cp == JIEDA__REPLACEMENT && !(took == 3 && memcmp(bytes + at, "\xEF\xBF\xBD", 3) == 0))
            return at;
        at += took;
    }
    return len;
}

uint64_t jieda__hash_mix(uint64_t value)
{
    value ^= value >> 30;
    value *= 0xbf58476d1ce4e5b9ULL;
    value ^= value >> 27;
    value *= 0x94d049bb133111ebULL;
    value ^= value >> 31;
    return value;
}

uint64_t jieda__hash(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint64_t hash = seed;

    /* Eight bytes a step: sections of a large knowledge base are hashed whole when it is opened. */
    for (; len >= 8; len -= 8, at += 8) {
        uint64_t word;

        memcpy(&word, at, 8);
        hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
        hash ^= hash >> 32;
    }
    for (; len > 0; len--, at++)
        hash = (hash ^ *at) * 0x100000001b3ULL;
    return jieda__hash_mix(hash);
}

jieda_status jieda__fail(jieda_error *err, jieda_status status, const char *format, ...)
{
    va_list args;
    int written;

    if (!err)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    va_start(args, format);
    written = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (written >= (int)sizeof err->message)
        err->message[jieda__utf8_valid_prefix(err->message, sizeof err->message - 1)] = '\0';
    return status;
}

void jieda__error_source(jieda_error *err, const char *source)
{
    if (!err)
        return;
    snprintf(err->source, sizeof err->source, "%s", source);
    err->source[jieda__utf8_valid_prefix(err->source, strlen(err->source))] = '\0';
}
