/*
 * json.c - strict JSON: what cJSON does not check, and where everything stands.
 *
 * cJSON parses, but it keeps no positions, accepts a key twice, ill-formed UTF-8 and text after the
 * end, and rounds integers past 2^53. So a scanner goes over the text first: it finds the first
 * byte that is no JSON and says what should be there, and writes one small record per value, in
 * document order. cJSON's tree has the same order, so walking both together gives every item its
 * place:
 *
 *   {"a": [1, 2], "b": 3}      nodes 0 {}  1 "a" []  2 1  3 2  4 "b" 3
 *                              next  5     4         3    4    5
 *
 * The child of node n is n + 1, the sibling of node n is nodes[n].next. The alternative, a JSON
 * parser of our own that keeps positions, would have been no smaller and less trusted. cJSON sees
 * only texts the scanner accepted, which also keeps its quirks out (numbers of 64 characters and
 * more, control characters in strings, \u0000 ending a string early).
 *
 * What breaks the structure ends the scan of a text. What does not (a bad byte in a string, a lone
 * surrogate, an integer that does not survive) is reported and passed over, so that one run shows
 * all of it; after 20 such findings the text is given up as no text.
 */
#include "compiler/json.h"

#include <stdio.h>
#include <string.h>

#define FINDING_COUNT_MAX 20u
/* cJSON copies at most 63 bytes of a number; 40 are more than a double can use. */
#define NUMBER_BYTES_MAX 40u
/* Past this many keys a table of hashes finds duplicates, below a look at each pair is faster. */
#define KEY_PAIR_COUNT_MAX 16u

typedef struct scanner {
    jieda__json *json;
    const unsigned char *text;
    size_t len;
    size_t at;
    size_t mark; /* the offset that `line` and `column` belong to; at or before `at` */
    uint32_t line;
    uint32_t column;
} scanner;

/* ---- positions ------------------------------------------------------------------------------- */

static jieda__pos here(scanner *s)
{
    for (; s->mark < s->at; s->mark++)
        s->column += (s->text[s->mark] & 0xC0) != 0x80;
    return (jieda__pos){s->json->file, s->line, s->column};
}

/* White space, counting lines; only here can a line end, for strings hold no raw newline. */
static void skip_space(scanner *s)
{
    for (; s->at < s->len; s->at++) {
        unsigned char c = s->text[s->at];

        if (c == '\n') {
            s->line++;
            s->column = 1;
            s->mark = s->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

/* ---- findings of the scanner ----------------------------------------------------------------- */

/* Counts a finding that does not break the structure; false when there were too many. */
static bool go_on(scanner *s)
{
    return ++s->json->finding_count < FINDING_COUNT_MAX;
}

static bool is_full_width(uint32_t cp)
{
    return (cp >= 0xFF01 && cp <= 0xFF5E) || (cp >= 0x2018 && cp <= 0x201F) ||
           (cp >= 0x3001 && cp <= 0x3011);
}

/* The structure is broken here: `what` should have come. Always false. */
static bool expected(scanner *s, const char *what)
{
    jieda__pos pos = here(s);
    uint32_t cp = 0;
    size_t took = 0;

    s->json->finding_count++;
    if (s->at < s->len)
        took = jieda__utf8_decode(s->text + s->at, s->len - s->at, &cp);
    if (s->at >= s->len) {
        jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-json",
                      "expected %s, found the end of the text; add what is missing", what);
    } else if (cp == JIEDA__REPLACEMENT || cp < 0x20 || cp == 0x7F) {
        jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-json",
                      "expected %s, found byte 0x%02X; save the file as UTF-8 text", what,
                      s->text[s->at]);
    } else {
        const char *fix = "correct the JSON here or just before";

        if (is_full_width(cp))
            fix = "use the ASCII sign, not the full-width one";
        else if (cp == '/' || cp == '#')
            fix = "remove the comment, JSON has none";
        else if (cp == '\'')
            fix = "use double quotes";
        jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-json",
                      "expected %s, found \"%s\"; %s", what,
                      jieda__quote((jieda_str){(const char *)s->text + s->at, took}).text, fix);
    }
    return false;
}

/* ---- the scanner ----------------------------------------------------------------------------- */

static bool hex4(const scanner *s, size_t at, uint32_t *out)
{
    uint32_t value = 0;

    if (at > s->len || s->len - at < 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = s->text[at + i];
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = c - (uint32_t)'0';
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (c | 0x20) - (uint32_t)'a' + 10;
        else
            return false;
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

static bool bad_escape(scanner *s, const char *message)
{
    /* The message carries no conversions; passing it as an argument would lose its fix. */
    jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "bad-escape", "%s", message);
    return go_on(s);
}

/* text[at] is the backslash. False: give up. */
static bool scan_escape(scanner *s)
{
    unsigned char c = s->at + 1 < s->len ? s->text[s->at + 1] : 0;
    uint32_t unit, low;

    if (c != 0 && strchr("\"\\/bfnrt", c)) {
        s->at += 2;
        return true;
    }
    if (c != 'u' || !hex4(s, s->at + 2, &unit)) {
        bool more =
            bad_escape(s, "a backslash that begins no escape; write a backslash itself as \\\\");

        s->at += 1;
        return more;
    }
    if (unit == 0) {
        bool more = bad_escape(s, "\\u0000 is not allowed in a text; remove it");

        s->at += 6;
        return more;
    }
    if (unit < 0xD800 || unit > 0xDFFF) {
        s->at += 6;
        return true;
    }
    if (unit < 0xDC00 && s->len - s->at >= 12 && s->text[s->at + 6] == '\\' &&
        s->text[s->at + 7] == 'u' && hex4(s, s->at + 8, &low) && low >= 0xDC00 && low <= 0xDFFF) {
        s->at += 12;
        return true;
    }
    if (!bad_escape(s, "half of a surrogate pair; write the character itself"))
        return false;
    s->at += 6;
    return true;
}

/* text[at] is the opening quote. */
static bool scan_string(scanner *s)
{
    s->at++;
    for (;;) {
        unsigned char c;

        if (s->at >= s->len)
            return expected(s, "a closing quote");
        c = s->text[s->at];
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c == '\n' || c == '\r') {
            s->json->finding_count++;
            jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "bad-json",
                          "the line ends inside a string; close the quotes, or write the line "
                          "break as \\n");
            return false;
        }
        if (c == '\\') {
            if (!scan_escape(s))
                return false;
        } else if (c < 0x20) {
            jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "bad-json",
                          "a raw control character 0x%02X inside a string; %s", c,
                          c == '\t' ? "write a tab as \\t" : "remove it");
            if (!go_on(s))
                return false;
            s->at++;
        } else if (c < 0x80) {
            s->at++;
        } else {
            uint32_t cp;
            size_t took = jieda__utf8_decode(s->text + s->at, s->len - s->at, &cp);

            if (cp == JIEDA__REPLACEMENT &&
                !(took == 3 && c == 0xEF && s->text[s->at + 1] == 0xBF &&
                  s->text[s->at + 2] == 0xBD)) {
                jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "bad-utf8",
                              "byte 0x%02X is not UTF-8; save the file as UTF-8", c);
                if (!go_on(s))
                    return false;
            }
            s->at += took;
        }
    }
}

static bool is_digit(const scanner *s)
{
    return s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9';
}

static bool scan_number(scanner *s)
{
    jieda__pos pos = here(s);
    size_t begin = s->at;
    uint64_t whole = 0;
    unsigned exponent = 0;
    bool plain = true, survives;

    s->at += s->text[s->at] == '-';
    if (!is_digit(s))
        return expected(s, "a digit");
    if (s->text[s->at] == '0') {
        s->at++;
        if (is_digit(s))
            return expected(s, "no digit after a leading 0");
    }
    for (; is_digit(s); s->at++)
        whole = whole > UINT64_MAX / 16 ? whole : whole * 10 + (s->text[s->at] - (uint64_t)'0');
    if (s->at < s->len && s->text[s->at] == '.') {
        plain = false;
        s->at++;
        if (!is_digit(s))
            return expected(s, "a digit");
        while (is_digit(s))
            s->at++;
    }
    if (s->at < s->len && (s->text[s->at] | 0x20) == 'e') {
        plain = false;
        s->at++;
        if (s->at < s->len && (s->text[s->at] == '+' || s->text[s->at] == '-'))
            s->at++;
        if (!is_digit(s))
            return expected(s, "a digit");
        for (; is_digit(s); s->at++)
            exponent =
                exponent > 1000 ? exponent : exponent * 10 + (s->text[s->at] - (unsigned)'0');
    }
    /* 2^53: the last integer before which a double holds every one. */
    survives = s->at - begin <= NUMBER_BYTES_MAX && exponent <= 250 &&
               (!plain || whole <= (uint64_t)1 << 53);
    if (survives)
        return true;
    jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, pos, "bad-number",
                  "a number too large or too long to be kept; write it as a string");
    return go_on(s);
}

static bool scan_literal(scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(words[i]);

        if (s->len - s->at >= len && memcmp(s->text + s->at, words[i], len) == 0) {
            s->at += len;
            return true;
        }
    }
    return expected(s, "a value");
}

static bool scan_value(scanner *s, unsigned depth, jieda__pos key);

/* Behind an item of a list or object: a comma and more (true), the closing sign or an error. */
static bool scan_separator(scanner *s, unsigned char close, bool *more)
{
    skip_space(s);
    *more = false;
    if (s->at < s->len && s->text[s->at] == close) {
        s->at++;
        return true;
    }
    if (s->at >= s->len || s->text[s->at] != ',')
        return expected(s, close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"");
    s->at++;
    skip_space(s);
    if (s->at < s->len && s->text[s->at] == close) {
        s->json->finding_count++;
        jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "bad-json",
                      "a \",\" before \"%c\"; remove the comma", close);
        return false;
    }
    *more = true;
    return true;
}

static bool scan_object(scanner *s, unsigned depth)
{
    bool more;

    s->at++;
    skip_space(s);
    if (s->at < s->len && s->text[s->at] == '}') {
        s->at++;
        return true;
    }
    do {
        jieda__pos key;

        if (s->at >= s->len || s->text[s->at] != '"')
            return expected(s, "a key in double quotes");
        key = here(s);
        if (!scan_string(s))
            return false;
        skip_space(s);
        if (s->at >= s->len || s->text[s->at] != ':')
            return expected(s, "\":\" after the key");
        s->at++;
        skip_space(s);
        if (!scan_value(s, depth, key) || !scan_separator(s, '}', &more))
            return false;
    } while (more);
    return true;
}

static bool scan_list(scanner *s, unsigned depth)
{
    bool more;

    s->at++;
    skip_space(s);
    if (s->at < s->len && s->text[s->at] == ']') {
        s->at++;
        return true;
    }
    do {
        if (!scan_value(s, depth, (jieda__pos){0}) || !scan_separator(s, ']', &more))
            return false;
    } while (more);
    return true;
}

static bool add_node(scanner *s, jieda__pos key, uint32_t *index_out)
{
    jieda__json *json = s->json;
    jieda__pos pos = here(s);

    if (json->node_count == json->node_capacity) {
        size_t capacity = json->node_capacity ? json->node_capacity * 2 : 256;
        const jieda_allocator *alloc = json->arena->alloc;
        jieda__json_node *grown = alloc->resize(alloc->ctx, json->nodes, capacity * sizeof *grown);

        if (!grown) {
            json->status = JIEDA_E_NOMEM;
            return false;
        }
        json->nodes = grown;
        json->node_capacity = capacity;
    }
    *index_out = (uint32_t)json->node_count;
    json->nodes[json->node_count++] =
        (jieda__json_node){key.line, key.column, pos.line, pos.column, 0};
    return true;
}

static bool scan_value(scanner *s, unsigned depth, jieda__pos key)
{
    unsigned char c = s->at < s->len ? s->text[s->at] : 0;
    uint32_t index;
    bool ok;

    if ((c == '{' || c == '[') && depth >= JIEDA__JSON_DEPTH_MAX) {
        s->json->finding_count++;
        jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "too-deep",
                      "nested more than %u levels deep; nothing here needs that many",
                      JIEDA__JSON_DEPTH_MAX);
        return false;
    }
    if (!add_node(s, key, &index))
        return false;
    if (c == '{')
        ok = scan_object(s, depth + 1);
    else if (c == '[')
        ok = scan_list(s, depth + 1);
    else if (c == '"')
        ok = scan_string(s);
    else if (c == '-' || (c >= '0' && c <= '9'))
        ok = scan_number(s);
    else
        ok = scan_literal(s);
    s->json->nodes[index].next = (uint32_t)s->json->node_count;
    return ok;
}

/* ---- duplicate keys -------------------------------------------------------------------------- */

static void report_duplicate(jieda__json *json, jieda__json_value again, jieda__json_value first)
{
    json->finding_count++;
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_key_pos(json, again),
                  "duplicate-key", "key \"%s\" again, first at %s; remove one of the two",
                  jieda__quote(jieda__str(again.item->string)).text,
                  jieda__place_phrase(jieda__json_key_pos(json, first)).text);
}

/* An object of many keys, through a table of hashes. False: out of memory. */
static bool check_many_keys(jieda__json *json, jieda__json_value object)
{
    jieda__map seen;
    jieda__json_value first = jieda__json_child(object);
    bool ok = true;

    jieda__map_init(&seen, json->arena->alloc);
    for (jieda__json_value v = first; ok && v.item && json->finding_count < FINDING_COUNT_MAX;
         v = jieda__json_next(json, v)) {
        uint64_t key = jieda__hash(JIEDA__HASH_SEED, v.item->string, strlen(v.item->string));
        size_t at = 0;
        uint32_t node;
        bool duplicate = false;

        while (!duplicate && jieda__map_next(&seen, key, &at, &node)) {
            /* A search from the front, but at most FINDING_COUNT_MAX times. */
            jieda__json_value other = first;

            while (other.node != node)
                other = jieda__json_next(json, other);
            duplicate = strcmp(other.item->string, v.item->string) == 0;
            if (duplicate)
                report_duplicate(json, v, other);
        }
        if (!duplicate)
            ok = jieda__map_add(&seen, key, v.node);
    }
    jieda__map_free(&seen);
    return ok;
}

static bool check_keys(jieda__json *json, jieda__json_value value)
{
    size_t key_count = cJSON_IsObject(value.item) ? jieda__json_count(value) : 0;

    if (key_count > KEY_PAIR_COUNT_MAX && !check_many_keys(json, value))
        return false;
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v)) {
        if (key_count > 0 && key_count <= KEY_PAIR_COUNT_MAX) {
            jieda__json_value other = jieda__json_child(value);

            while (other.node != v.node && strcmp(other.item->string, v.item->string) != 0)
                other = jieda__json_next(json, other);
            if (other.node != v.node)
                report_duplicate(json, v, other);
        }
        if (v.item->child && !check_keys(json, v))
            return false;
    }
    return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

void jieda__json_init(jieda__json *json, jieda__arena *arena, jieda__diagnostics *diagnostics,
                      const char *file, jieda__places *places)
{
    *json =
        (jieda__json){.arena = arena, .places = places, .diagnostics = diagnostics, .file = file};
}

static bool scan_text(scanner *s)
{
    skip_space(s);
    if (!scan_value(s, 0, (jieda__pos){0}))
        return false;
    skip_space(s);
    if (s->at == s->len)
        return true;
    s->json->finding_count++;
    jieda__report(s->json->diagnostics, JIEDA_SEVERITY_ERROR, here(s), "trailing-text",
                  "text after the end of the JSON value; remove it");
    return false;
}

bool jieda__json_read(jieda__json *json, jieda_str text, uint32_t first_line)
{
    scanner s = {.json = json, .line = first_line, .column = 1};

    cJSON_Delete(json->root);
    json->root = NULL;
    json->node_count = 0;
    json->finding_count = 0;
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        text.ptr += 3;
        text.len -= 3;
    }
    if (text.len >= UINT32_MAX) {
        json->status = JIEDA_E_LIMIT;
        return false;
    }
    s.text = (const unsigned char *)text.ptr;
    s.len = text.len;
    json->text = text;
    json->first_line = first_line;
    if (!scan_text(&s) || json->finding_count > 0)
        return false;
    /* The scanner accepted the text, so cJSON can fail for want of memory only. */
    json->root = cJSON_ParseWithLength(text.ptr, text.len);
    if (!json->root || !check_keys(json, jieda__json_root(json))) {
        json->status = JIEDA_E_NOMEM;
        return false;
    }
    return true;
}

void jieda__json_free(jieda__json *json)
{
    cJSON_Delete(json->root);
    json->root = NULL;
    if (json->arena)
        jieda__dealloc(json->arena->alloc, json->nodes);
    json->nodes = NULL;
    json->node_count = json->node_capacity = 0;
}

jieda__json_value jieda__json_root(const jieda__json *json)
{
    return (jieda__json_value){json->root, 0};
}

jieda__json_value jieda__json_child(jieda__json_value value)
{
    return (jieda__json_value){value.item ? value.item->child : NULL, value.node + 1};
}

jieda__json_value jieda__json_next(const jieda__json *json, jieda__json_value value)
{
    return (jieda__json_value){value.item->next, json->nodes[value.node].next};
}

jieda__pos jieda__json_pos(const jieda__json *json, jieda__json_value value)
{
    const jieda__json_node *node = &json->nodes[value.node];

    return (jieda__pos){json->file, node->line, node->column};
}

jieda__pos jieda__json_key_pos(const jieda__json *json, jieda__json_value value)
{
    const jieda__json_node *node = &json->nodes[value.node];

    if (node->key_line == 0)
        return jieda__json_pos(json, value);
    return (jieda__pos){json->file, node->key_line, node->key_column};
}

/* One character of a string as it is written; `at` is before its end. Returns how many bytes of the
 * text it took; *len_out is how many of the value it gave. */
static size_t written_char(const scanner *s, size_t at, size_t *len_out)
{
    uint32_t cp;
    char bytes[4];

    if (s->text[at] != '\\')
        return *len_out = jieda__utf8_decode(s->text + at, s->len - at, &cp);
    *len_out = 1;
    if (!hex4(s, at + 2, &cp) || s->text[at + 1] != 'u')
        return 2;
    *len_out = cp >= 0xD800 && cp <= 0xDFFF ? 4 : jieda__utf8_encode(cp, bytes);
    return *len_out == 4 ? 12 : 6;
}

jieda__pos jieda__json_inside(const jieda__json *json, jieda__json_value value, size_t offset)
{
    scanner s = {.text = (const unsigned char *)json->text.ptr, .len = json->text.len};
    jieda__pos pos = jieda__json_pos(json, value);
    uint32_t line = json->first_line, column = 1;
    size_t at = 0, passed = 0;

    for (; line < pos.line; at++)
        line += s.text[at] == '\n';
    for (; column < pos.column; at++)
        column += (s.text[at + 1] & 0xC0) != 0x80;
    at++; /* the quote */
    pos.column++;
    while (s.text[at] != '"') {
        size_t len, took = written_char(&s, at, &len);

        if (passed + len > offset)
            break;
        passed += len;
        pos.column += s.text[at] == '\\' ? (uint32_t)took : 1;
        at += took;
    }
    return pos;
}

size_t jieda__json_count(jieda__json_value value)
{
    size_t count = 0;

    if (value.item) {
        for (const cJSON *item = value.item->child; item; item = item->next)
            count++;
    }
    return count;
}

/* ---- checked reading ------------------------------------------------------------------------- */

static const char *type_name(const cJSON *item)
{
    if (cJSON_IsString(item))
        return "a string";
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsArray(item))
        return "a list";
    if (cJSON_IsObject(item))
        return "an object";
    return cJSON_IsNull(item) ? "null" : cJSON_IsTrue(item) ? "true" : "false";
}

static unsigned type_of(const cJSON *item)
{
    if (cJSON_IsString(item))
        return JIEDA__JSON_STRING;
    if (cJSON_IsArray(item))
        return JIEDA__JSON_LIST;
    if (cJSON_IsObject(item))
        return JIEDA__JSON_OBJECT;
    if (cJSON_IsBool(item))
        return JIEDA__JSON_BOOLEAN;
    if (cJSON_IsNumber(item) && (double)item->valueint == item->valuedouble)
        return JIEDA__JSON_INTEGER;
    return 0;
}

bool jieda__json_expect(jieda__json *json, jieda__json_value value, unsigned types,
                        const char *name, const char *example)
{
    const char *wanted = "an object";

    if (type_of(value.item) & types)
        return true;
    if (types == (JIEDA__JSON_STRING | JIEDA__JSON_LIST))
        wanted = "a string or a list";
    else if (types == (JIEDA__JSON_STRING | JIEDA__JSON_OBJECT))
        wanted = "a string or an object";
    else if (types == JIEDA__JSON_STRING)
        wanted = "a string";
    else if (types == JIEDA__JSON_LIST)
        wanted = "a list";
    else if (types == JIEDA__JSON_INTEGER)
        wanted = "an integer";
    else if (types == JIEDA__JSON_BOOLEAN)
        wanted = "true or false";
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                  "wrong-type", "%s is %s where %s belongs; write %s", name, type_name(value.item),
                  wanted, example);
    return false;
}

static void report_unknown_key(jieda__json *json, jieda__json_value value, const char *what,
                               const jieda__json_key *keys, size_t key_count)
{
    jieda_str name = jieda__str(value.item->string);
    jieda__suggestion suggestion = jieda__suggest(name);
    char otherwise[300] = "known here: ";

    for (size_t i = 0; i < key_count; i++) {
        size_t len = strlen(otherwise);

        snprintf(otherwise + len, sizeof otherwise - len, "%s%s", i ? ", " : "", keys[i].name);
        jieda__suggest_offer(&suggestion, jieda__str(keys[i].name));
    }
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_key_pos(json, value),
                  "unknown-key", "unknown key \"%s\" in %s; %s", jieda__quote(name).text, what,
                  jieda__suggest_fix(&suggestion, otherwise).text);
}

bool jieda__json_keys(jieda__json *json, jieda__json_value object, const char *what,
                      const jieda__json_key *keys, size_t key_count, jieda__json_value *out)
{
    memset(out, 0, key_count * sizeof *out);
    if (!jieda__json_expect(json, object, JIEDA__JSON_OBJECT, what, "{...}"))
        return false;
    for (jieda__json_value v = jieda__json_child(object); v.item; v = jieda__json_next(json, v)) {
        size_t i = 0;

        while (i < key_count && strcmp(keys[i].name, v.item->string) != 0)
            i++;
        if (i == key_count)
            report_unknown_key(json, v, what, keys, key_count);
        else if (!out[i].item) /* of a duplicate, which has been reported, the first counts */
            out[i] = v;
    }
    for (size_t i = 0; i < key_count; i++) {
        char name[64];

        snprintf(name, sizeof name, "\"%s\"", keys[i].name);
        if (out[i].item) {
            if (!jieda__json_expect(json, out[i], keys[i].types, name, keys[i].example))
                out[i].item = NULL;
        } else if (keys[i].required) {
            jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, object),
                          "missing-key", "%s without \"%s\"; add \"%s\": %s", what, keys[i].name,
                          keys[i].name, keys[i].example);
        }
    }
    return true;
}

bool jieda__json_copy(jieda__json *json, jieda__json_value value, const char *name, jieda_str *out)
{
    *out = (jieda_str){NULL, 0};
    if (!jieda__json_expect(json, value, JIEDA__JSON_STRING, name, "\"...\""))
        return false;
    if (jieda__is_blank(jieda__str(value.item->valuestring))) {
        jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                      "empty-string", "%s is empty; write a text or leave it out", name);
        return false;
    }
    *out = jieda__arena_copy(json->arena, jieda__str(value.item->valuestring));
    if (!out->ptr)
        json->status = JIEDA_E_NOMEM;
    return out->ptr != NULL;
}

bool jieda__json_string(jieda__json *json, jieda__json_value value, const char *name,
                        jieda_str *out)
{
    if (!jieda__json_copy(json, value, name, out))
        return false;
    if (!jieda__places_add(json->arena, json->places, *out, jieda__json_pos(json, value)))
        json->status = JIEDA_E_NOMEM;
    return json->status == JIEDA_OK;
}

bool jieda__json_filled(jieda__json *json, jieda__json_value value, const char *name)
{
    if (value.item->child)
        return true;
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                  "empty-list", "%s is empty; fill it or leave it out", name);
    return false;
}

void jieda__json_strings(jieda__json *json, jieda__json_value value, const char *name,
                         jieda_str **items_out, size_t *count_out)
{
    size_t max = jieda__json_count(value);
    char item_name[96];
    size_t count = 0;
    jieda_str *items;

    *items_out = NULL;
    *count_out = 0;
    if (!jieda__json_filled(json, value, name))
        return;
    items = jieda__json_alloc(json, max, sizeof *items);
    if (!items)
        return;
    snprintf(item_name, sizeof item_name, "an item of %s", name);
    for (jieda__json_value v = jieda__json_child(value); v.item; v = jieda__json_next(json, v))
        count += jieda__json_string(json, v, item_name, &items[count]);
    *items_out = items;
    *count_out = count;
}

size_t jieda__json_enum(jieda__json *json, jieda__json_value value, const char *name,
                        const char *const *words, size_t count)
{
    jieda_str got;
    jieda__suggestion suggestion;
    char otherwise[160] = "use one of ";

    if (!jieda__json_expect(json, value, JIEDA__JSON_STRING, name, "a string"))
        return count;
    got = jieda__str(value.item->valuestring);
    suggestion = jieda__suggest(got);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(otherwise);

        if (jieda__str_equal(got, jieda__str(words[i])))
            return i;
        snprintf(otherwise + len, sizeof otherwise - len, "%s\"%s\"", i ? ", " : "", words[i]);
        if (got.len > 2) /* "P4" is as near to "P0" as to "P3" */
            jieda__suggest_offer(&suggestion, jieda__str(words[i]));
    }
    jieda__report(json->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value),
                  "wrong-value", "%s cannot be \"%s\"; %s", name, jieda__quote(got).text,
                  jieda__suggest_fix(&suggestion, otherwise).text);
    return count;
}

void *jieda__json_alloc(jieda__json *json, size_t count, size_t size)
{
    void *ptr = jieda__arena_zero(json->arena, count, size);

    if (!ptr)
        json->status = JIEDA_E_NOMEM;
    return ptr;
}
