/*
 * webhook.h - what of the webhook its test looks at alone.
 */
#ifndef JIEDA__HOOKS_WEBHOOK_H
#define JIEDA__HOOKS_WEBHOOK_H

#include "common.h"

#define JIEDA__HMAC_BYTES 32

/* HMAC-SHA256 of some texts in a row. false if libcrypto fails, that is, out of memory. */
bool jieda__webhook_hmac(jieda_str key, const jieda_str *parts, size_t count,
                         unsigned char out[JIEDA__HMAC_BYTES]);

#endif
