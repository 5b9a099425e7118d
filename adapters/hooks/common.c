/*
 * common.c - see common.h.
 */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

jieda_status jieda__hooks_fail(jieda_error *err, jieda_status status, const char *source,
                               const char *format, ...)
{
    va_list args;

    if (!err)
        return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    snprintf(err->source, sizeof err->source, "%s", source);
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return status;
}

void jieda__hooks_log(jieda_log_fn *log, void *log_ctx, jieda_log_level level, const char *format,
                      ...)
{
    char line[512];
    va_list args;

    if (!log)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log(log_ctx, level, (jieda_str){line, strlen(line)});
}

/* Length of the well-formed UTF-8 sequence at `bytes`, 0 if there is none (Unicode 15, table 3-7).
 */
static size_t sequence_len(const unsigned char *bytes, size_t len)
{
    unsigned char lead = bytes[0], low = 0x80, high = 0xBF;
    size_t need = lead < 0x80                    ? 1
                  : lead >= 0xC2 && lead <= 0xDF ? 2
                  : (lead & 0xF0) == 0xE0        ? 3
                  : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                 : 0;

    if (need == 0 || need > len)
        return 0;
    if (lead == 0xE0)
        low = 0xA0; /* shorter forms exist */
    if (lead == 0xED)
        high = 0x9F; /* surrogates */
    if (lead == 0xF0)
        low = 0x90;
    if (lead == 0xF4)
        high = 0x8F; /* past U+10FFFF */
    for (size_t i = 1; i < need; i++) {
        if (bytes[i] < low || bytes[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return need;
}

char *jieda__hooks_json(char *out, jieda_str text)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = (const unsigned char *)text.ptr;
    size_t left = text.len;

    *out++ = '"';
    while (left > 0) {
        size_t took = sequence_len(at, left);

        if (took == 0) {
            memcpy(out, "\xEF\xBF\xBD", 3);
            out += 3;
            took = 1;
        } else if (*at < 0x20 || *at == 0x7F) {
            memcpy(out, "\\u00", 4);
            out[4] = digits[*at >> 4];
            out[5] = digits[*at & 15];
            out += 6;
        } else {
            if (*at == '"' || *at == '\\')
                *out++ = '\\';
            memcpy(out, at, took);
            out += took;
        }
        at += took;
        left -= took;
    }
    *out++ = '"';
    return out;
}

void jieda__hooks_why(int number, char why[JIEDA__HOOKS_WHY_BYTES])
{
    snprintf(why, JIEDA__HOOKS_WHY_BYTES, "error %d", number);
    strerror_r(number, why, JIEDA__HOOKS_WHY_BYTES);
}

int64_t jieda__hooks_monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

jieda_handoff_result jieda__hooks_stored(jieda_staffing_fn *staffing, void *ctx,
                                         const jieda_handoff *handoff)
{
    jieda_handoff_result said = staffing ? staffing(ctx, handoff) : JIEDA_HANDOFF_ACCEPTED;

    return said == JIEDA_HANDOFF_BUSY || said == JIEDA_HANDOFF_CLOSED ? said
                                                                      : JIEDA_HANDOFF_ACCEPTED;
}
