/*
 * sender_webhook.c - posts messages to a URL.
 *
 *     POST /tickets HTTP/1.1
 *     Content-Type: application/json
 *     Idempotency-Key: T1F3K9...-1
 *     X-Jieda-Timestamp: 1793000000
 *     X-Jieda-Signature: v1=5f1c...          HMAC-SHA256(secret, "1793000000." body)
 *
 * The signature covers the time, so that a receiver can refuse what was recorded long ago, and not
 * the key, which stands in the body of a ticket, too. A request is made and a response judged by
 * functions of their own, for a host that runs libcurl's multi interface instead of this handle.
 *
 * Whether a message has arrived is told by the status line alone: a response whose body is cut off,
 * endless or late comes from a receiver that has decided already.
 */
#include "webhook.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A response is read to its end, to keep the connection, if it is no longer than this. */
#define RESPONSE_BYTES_MAX 65536

struct jieda_webhook {
    CURL *curl;
    char *secret;
    size_t secret_len;
    jieda_clock_fn *clock;
    void *clock_ctx;
    size_t response_bytes; /* of the current response */
};

/* ---- requests and responses ------------------------------------------------------------------ */

bool jieda__webhook_hmac(jieda_str key_bytes, const jieda_str *parts, size_t count,
                         unsigned char out[JIEDA__HMAC_BYTES])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(
        EVP_PKEY_HMAC, NULL, (const unsigned char *)key_bytes.ptr, key_bytes.len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = JIEDA__HMAC_BYTES;
    bool ok = key && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1;

    for (size_t i = 0; ok && i < count; i++)
        ok = EVP_DigestSignUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
    ok = ok && EVP_DigestSignFinal(ctx, out, &len) == 1 && len == JIEDA__HMAC_BYTES;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok;
}

/* "Name: value"; false if the value is no header's. */
static bool put_header(char *out, size_t size, const char *name, jieda_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < ' ' || value.ptr[i] > '~')
            return false;
    return (size_t)snprintf(out, size, "%s: %.*s", name, (int)value.len,
                            value.len > 0 ? value.ptr : "") < size;
}

jieda_status jieda_webhook_prepare(jieda_str secret, const jieda_outbox_message *message,
                                   int64_t timestamp, jieda_webhook_headers *headers_out,
                                   jieda_error *err)
{
    static const char json[] = "application/json";
    jieda_webhook_headers *h = headers_out;
    unsigned char mac[JIEDA__HMAC_BYTES];
    char digits[24];
    jieda_str type = message->content_type, time_text = {digits, 0};
    size_t used;

    time_text.len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)timestamp);
    if (type.len == 0)
        type = (jieda_str){json, sizeof json - 1};
    if (message->idempotency_key.len == 0 || message->idempotency_key.len > INT32_MAX ||
        type.len > INT32_MAX ||
        !put_header(h->content_type, sizeof h->content_type, "Content-Type", type) ||
        !put_header(h->idempotency_key, sizeof h->idempotency_key, "Idempotency-Key",
                    message->idempotency_key) ||
        !put_header(h->timestamp, sizeof h->timestamp, "X-Jieda-Timestamp", time_text))
        return jieda__hooks_fail(err, JIEDA_E_INVALID, "webhook",
                                 "the key or the content type of the message is no header");
    h->signature[0] = '\0';
    if (secret.len == 0)
        return JIEDA_OK;
    if (!jieda__webhook_hmac(secret, (jieda_str[]){time_text, {".", 1}, message->body}, 3, mac))
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, "webhook", "libcrypto makes no signature");
    used = (size_t)snprintf(h->signature, sizeof h->signature, "X-Jieda-Signature: v1=");
    for (size_t i = 0; i < JIEDA__HMAC_BYTES; i++)
        used += (size_t)snprintf(h->signature + used, sizeof h->signature - used, "%02x", mac[i]);
    return JIEDA_OK;
}

void jieda_webhook_judge(long http_status, int64_t retry_after_s, jieda_outbox_outcome *outcome)
{
    memset(outcome, 0, sizeof *outcome);
    if ((http_status >= 200 && http_status <= 299) || http_status == 409) {
        outcome->delivery = JIEDA_DELIVERY_DONE;
        return;
    }
    outcome->delivery = http_status == 408 || http_status == 425 || http_status == 429 ||
                                (http_status >= 500 && http_status <= 599)
                            ? JIEDA_DELIVERY_FAILED
                            : JIEDA_DELIVERY_REFUSED;
    if (retry_after_s > 0)
        outcome->retry_after_ms = retry_after_s < JIEDA_OUTBOX_DELAY_MS_MAX / 1000
                                      ? retry_after_s * 1000
                                      : JIEDA_OUTBOX_DELAY_MS_MAX;
    snprintf(outcome->reason, sizeof outcome->reason, "HTTP %ld", http_status);
}

/* ---- the blocking sender --------------------------------------------------------------------- */

static size_t ignore_response(char *bytes, size_t size, size_t count, void *ctx)
{
    jieda_webhook *webhook = ctx;

    (void)bytes;
    webhook->response_bytes += size * count;
    return webhook->response_bytes <= RESPONSE_BYTES_MAX ? size * count : 0;
}

static bool url_fits(const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *user = NULL;
    bool ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
              curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;

    curl_free(scheme);
    curl_free(user);
    curl_url_cleanup(parts);
    return ok;
}

static bool set_up(jieda_webhook *w, const jieda_webhook_options *options)
{
    CURL *c = w->curl;

    return curl_easy_setopt(c, CURLOPT_URL, options->url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (!options->ca_path ||
            curl_easy_setopt(c, CURLOPT_CAINFO, options->ca_path) == CURLE_OK) &&
           /* "" is none, where NULL would ask the environment. */
           curl_easy_setopt(c, CURLOPT_PROXY, options->proxy ? options->proxy : "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)options->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && /* threads, and no SIGALRM */
           curl_easy_setopt(c, CURLOPT_USERAGENT, "jieda/" JIEDA_VERSION) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, ignore_response) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, w) == CURLE_OK;
}

jieda_status jieda_webhook_new(const jieda_webhook_options *options, jieda_webhook **webhook_out,
                               jieda_error *err)
{
    jieda_webhook *w;

    *webhook_out = NULL;
    if (!options->url || !url_fits(options->url) || options->connect_timeout_ms == 0 ||
        options->connect_timeout_ms > INT32_MAX || options->timeout_ms == 0 ||
        options->timeout_ms > INT32_MAX || options->secret.len > INT32_MAX)
        return jieda__hooks_fail(err, JIEDA_E_INVALID, "webhook",
                                 "a webhook needs an http: or https: URL without user and "
                                 "password, and timeouts above 0");
    w = calloc(1, sizeof *w);
    if (!w)
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, "webhook", "out of memory");
    w->clock = options->clock;
    w->clock_ctx = options->clock_ctx;
    w->secret_len = options->secret.len;
    w->secret = malloc(w->secret_len + 1);
    w->curl = curl_easy_init();
    if (!w->secret || !w->curl || !set_up(w, options)) {
        jieda_webhook_free(w);
        return jieda__hooks_fail(err, JIEDA_E_NOMEM, "webhook", "libcurl cannot be set up");
    }
    if (w->secret_len > 0)
        memcpy(w->secret, options->secret.ptr, w->secret_len);
    *webhook_out = w;
    return JIEDA_OK;
}

void jieda_webhook_free(jieda_webhook *w)
{
    if (!w)
        return;
    curl_easy_cleanup(w->curl);
    if (w->secret)
        OPENSSL_cleanse(w->secret, w->secret_len);
    free(w->secret);
    free(w);
}

static bool append_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = line[0] != '\0' ? curl_slist_append(*list, line) : *list;

    if (longer)
        *list = longer;
    return longer != NULL;
}

static CURLcode post(jieda_webhook *w, jieda_str body, struct curl_slist *headers)
{
    CURLcode rc = curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, headers);

    if (rc == CURLE_OK)
        rc = curl_easy_setopt(w->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(w->curl, CURLOPT_POSTFIELDS, body.len > 0 ? body.ptr : "");
    w->response_bytes = 0;
    if (rc == CURLE_OK)
        rc = curl_easy_perform(w->curl);
    curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, NULL);
    return rc;
}

void jieda_webhook_send(void *ctx, const jieda_outbox_item *item, jieda_outbox_outcome *outcome)
{
    jieda_webhook *w = ctx;
    jieda_str secret = {w->secret, w->secret_len};
    int64_t now = w->clock ? w->clock(w->clock_ctx) : (int64_t)time(NULL);
    struct curl_slist *list = NULL;
    jieda_webhook_headers headers;
    curl_off_t retry_after = 0;
    jieda_error err = {0};
    long status = 0;
    CURLcode rc;

    memset(outcome, 0, sizeof *outcome);
    if (jieda_webhook_prepare(secret, &item->message, now, &headers, &err) != JIEDA_OK) {
        snprintf(outcome->reason, sizeof outcome->reason, "%.90s", err.message);
        return;
    }
    /* "Expect:" removes a header that costs a round trip with long bodies. */
    if (!append_header(&list, headers.content_type) ||
        !append_header(&list, headers.idempotency_key) ||
        !append_header(&list, headers.timestamp) || !append_header(&list, headers.signature) ||
        !append_header(&list, "Expect:")) {
        curl_slist_free_all(list);
        snprintf(outcome->reason, sizeof outcome->reason, "out of memory");
        return;
    }
    rc = post(w, item->message.body, list);
    curl_slist_free_all(list);
    curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(w->curl, CURLINFO_RETRY_AFTER, &retry_after);
    if (status >= 200) /* below, only a promise of a response */
        jieda_webhook_judge(status, retry_after, outcome);
    else
        snprintf(outcome->reason, sizeof outcome->reason, "%s", curl_easy_strerror(rc));
}
