/*
 * diagnostic.c - findings: counting them, handing them on, and wording them so that they help.
 *
 * A finding names the thing and the remedy. Callers write both in one format string, "message;
 * fix", because the two are read as one sentence; the callback gets them apart. Text from a source
 * may itself contain "; ", so the split looks only outside double quotes, and quoted text is
 * escaped:
 *
 *   question "a; b" is empty; remove it   ->   [question "a; b" is empty] [remove it]
 *
 * "Did you mean" counts the fewest edits of one byte (insert, delete, replace, swap two neighbours)
 * between what was written and what is known, and stays silent when they have little in common.
 */
#include "compiler/front.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES_MAX 2048
#define QUOTE_CHAR_COUNT_MAX 40
#define SUGGEST_BYTES_MAX 64

static const char *find_fix(const char *text)
{
    bool quoted = false;

    for (; *text; text++) {
        if (quoted && *text == '\\' && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted && text[0] == ';' && text[1] == ' ')
            return text;
    }
    return NULL;
}

void jieda__report(jieda__diagnostics *diagnostics, jieda_severity severity, jieda__pos pos,
                   const char *rule, const char *message_format, ...)
{
    char text[MESSAGE_BYTES_MAX];
    jieda_diagnostic finding = {.severity = severity, .rule = rule};
    const char *fix;
    va_list args;
    int written;

    if (severity == JIEDA_SEVERITY_ERROR)
        diagnostics->error_count++;
    else
        diagnostics->warning_count++;
    if (!diagnostics->fn)
        return;
    va_start(args, message_format);
    written = vsnprintf(text, sizeof text, message_format, args);
    va_end(args);
    if (written < 0)
        text[0] = '\0';
    else if ((size_t)written >= sizeof text)
        text[jieda__utf8_valid_prefix(text, sizeof text - 1)] = '\0';

    finding.file = jieda__str(pos.file);
    finding.line = pos.line;
    finding.column = pos.column;
    finding.message = jieda__str(text);
    fix = find_fix(text);
    if (fix) {
        finding.message.len = (size_t)(fix - text);
        finding.fix = jieda__str(fix + 2);
    }
    diagnostics->fn(diagnostics->ctx, &finding);
}

jieda__phrase jieda__quote(jieda_str text)
{
    jieda__phrase phrase;
    size_t at = 0, len = 0;

    for (size_t count = 0; at < text.len && count < QUOTE_CHAR_COUNT_MAX; count++) {
        uint32_t cp;
        size_t took = jieda__utf8_decode((const unsigned char *)text.ptr + at, text.len - at, &cp);
        int wrote;

        if (cp == '"' || cp == '\\') {
            phrase.text[len++] = '\\';
            phrase.text[len++] = (char)cp;
        } else if (cp == '\n' || cp == '\t' || cp == '\r') {
            phrase.text[len++] = '\\';
            phrase.text[len++] = cp == '\n' ? 'n' : cp == '\t' ? 't' : 'r';
        } else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) {
            wrote = snprintf(phrase.text + len, 8, "\\u%04X", (unsigned)cp);
            len += wrote > 0 ? (size_t)wrote : 0;
        } else {
            len += jieda__utf8_encode(cp, phrase.text + len);
        }
        at += took;
    }
    memcpy(phrase.text + len, at < text.len ? "..." : "", at < text.len ? 4 : 1);
    return phrase;
}

jieda__phrase jieda__place_phrase(jieda__pos pos)
{
    jieda__phrase phrase;

    snprintf(phrase.text, sizeof phrase.text, "%s:%u:%u", pos.file ? pos.file : "", pos.line,
             pos.column);
    phrase.text[jieda__utf8_valid_prefix(phrase.text, strlen(phrase.text))] = '\0';
    return phrase;
}

/* Optimal string alignment; both texts at most SUGGEST_BYTES_MAX bytes. */
static size_t edit_distance(jieda_str a, jieda_str b)
{
    size_t rows[3][SUGGEST_BYTES_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *free_row = before;

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        before = above;
        above = row;
        row = free_row;
    }
    return above[b.len];
}

jieda__suggestion jieda__suggest(jieda_str wanted)
{
    size_t limit = wanted.len / 3;

    /* A third of the letters may be wrong; of two letters one ("zn" for "zh"). */
    if (limit > 4)
        limit = 4;
    if (limit == 0)
        limit = 1;
    return (jieda__suggestion){.wanted = wanted, .distance = limit + 1};
}

void jieda__suggest_offer(jieda__suggestion *suggestion, jieda_str candidate)
{
    jieda_str wanted = suggestion->wanted;
    size_t apart =
        wanted.len > candidate.len ? wanted.len - candidate.len : candidate.len - wanted.len;
    size_t distance;

    if (wanted.len < 2 || candidate.len == 0 || apart >= suggestion->distance ||
        wanted.len > SUGGEST_BYTES_MAX || candidate.len > SUGGEST_BYTES_MAX)
        return;
    distance = edit_distance(wanted, candidate);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        suggestion->best = candidate;
    }
}

jieda__phrase jieda__suggest_fix(const jieda__suggestion *suggestion, const char *otherwise)
{
    jieda__phrase phrase;

    if (suggestion->best.len)
        snprintf(phrase.text, sizeof phrase.text, "did you mean \"%.300s\"?",
                 jieda__quote(suggestion->best).text);
    else
        snprintf(phrase.text, sizeof phrase.text, "%s", otherwise);
    phrase.text[jieda__utf8_valid_prefix(phrase.text, strlen(phrase.text))] = '\0';
    return phrase;
}

bool jieda__is_blank(jieda_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n\v\f", text.ptr[i]) || text.ptr[i] == '\0')
            return false;
    }
    return true;
}
