/*
 * common.h - the little that all hooks share: errors, log lines, JSON strings, times.
 */
#ifndef JIEDA__HOOKS_COMMON_H
#define JIEDA__HOOKS_COMMON_H

#include "jieda/hooks.h"

/* Fills `err` (may be NULL) and returns `status`. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
jieda_status
jieda__hooks_fail(jieda_error *err, jieda_status status, const char *source, const char *format,
                  ...);

/* One line to the host; no-op without a log. Long lines are cut. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void
jieda__hooks_log(jieda_log_fn *log, void *log_ctx, jieda_log_level level, const char *format, ...);

/* Most bytes that jieda__hooks_json() writes for `len` bytes of text. */
#define JIEDA__HOOKS_JSON_BYTES_MAX(len) (6 * (len) + 2)

/* Writes a text as a JSON string, quotes included; what is no UTF-8 as U+FFFD. Returns where it
 * ends; no NUL is written. */
char *jieda__hooks_json(char *out, jieda_str text);

#define JIEDA__HOOKS_WHY_BYTES 100
/* What an errno means. */
void jieda__hooks_why(int number, char why[JIEDA__HOOKS_WHY_BYTES]);

int64_t jieda__hooks_monotonic_ms(void);

/* What the visitor is told of a stored event. */
jieda_handoff_result jieda__hooks_stored(jieda_staffing_fn *staffing, void *ctx,
                                         const jieda_handoff *handoff);

#endif
