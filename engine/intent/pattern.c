/*
 * pattern.c - one regular expression of a rule; see pattern.h.
 *
 * PCRE2 counts steps per attempt and makes an attempt at every character, so its match limit alone
 * bounds a search by limit * length. A pattern is therefore compiled as the tail of one that
 * passes over any text first:
 *
 *   转(?:人工|真人)   ->   (?s:.*?)\K(?:转(?:人工|真人))   anchored
 *
 * which is one attempt with one count. What this takes from PCRE2, skipping to where a match could
 * begin, is more than made up for by not searching texts that lack what the pattern needs.
 *
 * Needs are found by reading the pattern once. Of a sequence the rarest parts count, of
 * alternatives one part of each; what may be absent, and what is no plain text, needs nothing.
 * Syntax this reader does not know makes it give up on the whole pattern, never guess.
 */
#include "intent/pattern.h"

#include <string.h>

#define OPTIONS                                                                                    \
    (PCRE2_UTF | PCRE2_UCP | PCRE2_DUPNAMES | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C)

/* Of the one try that shows whether a pattern matches nothing at all. */
#define EMPTY_MATCH_LIMIT 100000u
#define EMPTY_HEAP_KIB 1024u

/* ---- grams ----------------------------------------------------------------------------------- */

static inline uint32_t gram_at(const unsigned char *at)
{
    uint32_t bytes = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;

    /* Multiplicative hashing by the golden ratio (Knuth, TAOCP 3, 6.4). */
    return bytes * 0x9E3779B1u >> (32 - JIEDA__GRAM_BITS);
}

void jieda__grams_fill(jieda__grams *grams, const char *bytes, size_t len)
{
    const unsigned char *at = (const unsigned char *)bytes;

    memset(grams, 0, sizeof *grams);
    for (size_t i = 0; i + 3 <= len; i++) {
        uint32_t gram = gram_at(at + i);

        grams->set[gram / 64] |= 1ULL << (gram % 64);
    }
}

/* Of a longer string four grams are plenty; those that begin a Chinese character come first. */
static jieda__literal literal_of(const unsigned char *bytes, size_t len, uint32_t *rarity_out)
{
    static const uint32_t rarity_by_count[] = {0, 64, 16, 8, 4};
    jieda__literal literal;
    size_t count = 0;

    for (size_t i = 0; i + 3 <= len && count < 4; i += 3)
        literal.gram[count++] = (uint16_t)gram_at(bytes + i);
    for (size_t i = 1; i + 3 <= len && count < 4; i++)
        if (i % 3 != 0)
            literal.gram[count++] = (uint16_t)gram_at(bytes + i);
    *rarity_out = rarity_by_count[count];
    for (size_t i = count; i < 4; i++)
        literal.gram[i] = literal.gram[0];
    return literal;
}

/* ---- needs ----------------------------------------------------------------------------------- */

#define DEPTH_MAX 12
#define RUN_BYTES_MAX 48

typedef struct needs {
    jieda__need by_rank[JIEDA__NEED_MAX]; /* the rarest first */
} needs;

typedef struct walker {
    const unsigned char *text;
    size_t len;
    size_t at;
    int depth;
    bool lost; /* met what it does not know */
} walker;

typedef enum atom_kind {
    ATOM_OTHER = 0, /* matches something, or nothing, that is not known */
    ATOM_TEXT,
    ATOM_NEEDS,
} atom_kind;

typedef struct atom {
    atom_kind kind;
    size_t begin, end; /* of ATOM_TEXT, in the pattern */
    needs needs;       /* of ATOM_NEEDS */
} atom;

static void walk_alternatives(walker *w, needs *out);

static unsigned char peek(const walker *w, size_t ahead)
{
    return w->at + ahead < w->len ? w->text[w->at + ahead] : 0;
}

static bool skip(walker *w, const char *word)
{
    size_t len = strlen(word);

    if (w->len - w->at < len || memcmp(w->text + w->at, word, len) != 0)
        return false;
    w->at += len;
    return true;
}

static void offer(needs *n, const jieda__need *need)
{
    size_t rank = JIEDA__NEED_MAX;

    if (need->count == 0)
        return;
    while (rank > 0 &&
           (n->by_rank[rank - 1].count == 0 || need->rarity < n->by_rank[rank - 1].rarity))
        rank--;
    if (rank == JIEDA__NEED_MAX)
        return;
    for (size_t i = JIEDA__NEED_MAX - 1; i > rank; i--)
        n->by_rank[i] = n->by_rank[i - 1];
    n->by_rank[rank] = *need;
}

static void add_literal(jieda__need *need, const unsigned char *bytes, size_t len)
{
    uint32_t rarity;

    need->literals[need->count++] = literal_of(bytes, len, &rarity);
    need->rarity += rarity;
}

/* Plain text that stands in the pattern without a break, gathered from its characters. */
typedef struct text_run {
    unsigned char bytes[RUN_BYTES_MAX];
    size_t len;
} text_run;

static void end_run(text_run *run, needs *out)
{
    jieda__need need = {0};

    if (run->len >= 3) {
        add_literal(&need, run->bytes, run->len);
        offer(out, &need);
    }
    run->len = 0;
}

static void add_to_run(text_run *run, const unsigned char *bytes, size_t len, needs *out)
{
    if (run->len + len > RUN_BYTES_MAX)
        end_run(run, out);
    memcpy(run->bytes + run->len, bytes, len);
    run->len += len;
}

/* Either side may be met: the need of a rank becomes one string out of both. A side that has none
 * of that rank gives its first again; two of those say nothing new. */
static void unite(needs *a, const needs *b)
{
    needs both = {0};

    for (size_t rank = 0; rank < JIEDA__NEED_MAX; rank++) {
        const jieda__need *left = &a->by_rank[rank], *right = &b->by_rank[rank];
        jieda__need *need = &both.by_rank[rank];

        if (left->count == 0 && right->count == 0)
            break;
        left = left->count ? left : &a->by_rank[0];
        right = right->count ? right : &b->by_rank[0];
        if (left->count == 0 || right->count == 0 ||
            left->count + right->count > JIEDA__NEED_LITERAL_MAX)
            continue;
        *need = *left;
        memcpy(need->literals + need->count, right->literals,
               right->count * sizeof *right->literals);
        need->count += right->count;
        need->rarity += right->rarity;
    }
    if (both.by_rank[0].count == 0) {
        both.by_rank[0] = both.by_rank[1];
        both.by_rank[1].count = 0;
    }
    *a = both;
}

/* text[at] is behind the "[". A class of plain Chinese characters is a need. */
static void walk_class(walker *w, atom *out)
{
    jieda__need need = {0};
    bool plain = peek(w, 0) != '^';

    w->at += !plain;
    for (bool first = true; !w->lost && (first || peek(w, 0) != ']'); first = false) {
        unsigned char c = peek(w, 0);
        uint32_t cp;
        size_t took;

        if (w->at >= w->len || c == '\\' || c == '[') {
            w->lost = true;
            return;
        }
        took = jieda__utf8_decode(w->text + w->at, w->len - w->at, &cp);
        plain = plain && took >= 3 && need.count < JIEDA__NEED_LITERAL_MAX;
        if (plain)
            add_literal(&need, w->text + w->at, took);
        w->at += took;
    }
    w->at++;
    if (plain) {
        out->kind = ATOM_NEEDS;
        out->needs.by_rank[0] = need;
    }
}

/* text[at] is behind the "\". */
static void walk_escape(walker *w, atom *out)
{
    unsigned char c = peek(w, 0);

    if (c >= '!' && c <= '~' && !(c >= '0' && c <= '9') &&
        !((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
        *out = (atom){.kind = ATOM_TEXT, .begin = w->at, .end = w->at + 1};
        w->at++;
    } else if (c != 0 && strchr("dDwWsSbBhHvVAzZRK", c)) {
        w->at++;
    } else {
        w->lost = true;
    }
}

/* text[at] is behind the "(". */
static void walk_group(walker *w, atom *out)
{
    bool counts = true;

    if (peek(w, 0) == '?') {
        static const char *const looks[] = {"?=", "?!", "?<=", "?<!"};
        static const char *const plain[] = {"?:", "?|", "?>"};
        bool known = false;

        for (size_t i = 0; !known && i < sizeof looks / sizeof *looks; i++)
            known = skip(w, looks[i]);
        counts = !known; /* what a look-around sees may stand elsewhere, or must not stand there */
        for (size_t i = 0; !known && i < sizeof plain / sizeof *plain; i++)
            known = skip(w, plain[i]);
        if (!known && (skip(w, "?P<") || skip(w, "?<"))) {
            while (w->at < w->len && peek(w, 0) != '>')
                w->at++;
            known = skip(w, ">");
        }
        w->lost = w->lost || !known;
    }
    if (++w->depth > DEPTH_MAX)
        w->lost = true;
    if (w->lost)
        return;
    walk_alternatives(w, &out->needs);
    w->depth--;
    w->lost = w->lost || !skip(w, ")");
    if (counts)
        out->kind = ATOM_NEEDS;
}

static void walk_atom(walker *w, atom *out)
{
    unsigned char c = peek(w, 0);
    uint32_t cp;

    *out = (atom){.kind = ATOM_OTHER};
    if (c == '\\') {
        w->at++;
        walk_escape(w, out);
    } else if (c == '(') {
        w->at++;
        walk_group(w, out);
    } else if (c == '[') {
        w->at++;
        walk_class(w, out);
    } else if (c == '.' || c == '^' || c == '$') {
        w->at++;
    } else if (c == '{' || c == '*' || c == '+' || c == '?') {
        w->lost = true; /* a brace that is text, or a pattern that does not compile */
    } else {
        *out = (atom){.kind = ATOM_TEXT, .begin = w->at};
        w->at += jieda__utf8_decode(w->text + w->at, w->len - w->at, &cp);
        out->end = w->at;
    }
}

/* What follows an atom. False if nothing does: it stands exactly once. */
static bool walk_quantifier(walker *w, bool *may_be_absent)
{
    unsigned char c = peek(w, 0);

    *may_be_absent = c == '?' || c == '*';
    if (c == '{') {
        size_t at = w->at + 1;
        uint32_t least = 0;

        if (peek(w, 1) < '0' || peek(w, 1) > '9') {
            w->lost = true;
            return true;
        }
        for (; at < w->len && w->text[at] >= '0' && w->text[at] <= '9'; at++)
            least |= w->text[at] - (uint32_t)'0';
        while (at < w->len && ((w->text[at] >= '0' && w->text[at] <= '9') || w->text[at] == ','))
            at++;
        w->lost = at >= w->len || w->text[at] != '}';
        *may_be_absent = least == 0;
        w->at = at;
    } else if (c != '?' && c != '*' && c != '+') {
        return false;
    }
    w->at++;
    if (peek(w, 0) == '?' || peek(w, 0) == '+')
        w->at++;
    return true;
}

static void walk_sequence(walker *w, needs *out)
{
    text_run run = {.len = 0};

    *out = (needs){0};
    while (!w->lost && w->at < w->len && peek(w, 0) != '|' && peek(w, 0) != ')') {
        bool may_be_absent, repeated;
        atom a;

        walk_atom(w, &a);
        repeated = walk_quantifier(w, &may_be_absent);
        if (a.kind == ATOM_TEXT && !may_be_absent)
            add_to_run(&run, w->text + a.begin, a.end - a.begin, out);
        if (a.kind != ATOM_TEXT || repeated)
            end_run(&run, out);
        for (size_t i = 0; a.kind == ATOM_NEEDS && !may_be_absent && i < JIEDA__NEED_MAX; i++)
            offer(out, &a.needs.by_rank[i]);
    }
    end_run(&run, out);
}

static void walk_alternatives(walker *w, needs *out)
{
    needs next;

    walk_sequence(w, out);
    while (!w->lost && skip(w, "|")) {
        walk_sequence(w, &next);
        unite(out, &next);
    }
}

void jieda__pattern_needs(jieda_str pattern, jieda__need needs_out[JIEDA__NEED_MAX])
{
    walker w = {.text = (const unsigned char *)pattern.ptr, .len = pattern.len};
    needs found;

    walk_alternatives(&w, &found);
    if (w.lost || w.at != w.len)
        found = (needs){0};
    memcpy(needs_out, found.by_rank, sizeof found.by_rank);
}

/* ---- what a pattern may not be --------------------------------------------------------------- */

static size_t skip_class(jieda_str p, size_t at)
{
    at++;
    at += at < p.len && p.ptr[at] == '^';
    at += at < p.len && p.ptr[at] == ']';
    for (; at < p.len && p.ptr[at] != ']'; at++)
        at += p.ptr[at] == '\\';
    return at + 1;
}

/* Verbs and recursion into the whole pattern would reach the part that passes over text; a callout
 * has nobody to call. Returns the offset of the first, or SIZE_MAX. */
static size_t find_forbidden(jieda_str p)
{
    static const char *const forbidden[] = {"(*", "(?R", "(?0", "(?C", "\\g<0", "\\g'0"};
    size_t at = 0;

    while (at < p.len) {
        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
            size_t len = strlen(forbidden[i]);

            if (p.len - at >= len && memcmp(p.ptr + at, forbidden[i], len) == 0)
                return at;
        }
        if (p.ptr[at] == '\\')
            at += 2;
        else if (p.ptr[at] == '[')
            at = skip_class(p, at);
        else
            at++;
    }
    return SIZE_MAX;
}

static jieda_status fault_at(jieda__pattern_fault *fault, size_t offset, const char *message,
                             const char *fix)
{
    fault->offset = offset;
    fault->fix = fix;
    memcpy(fault->message, message, strlen(message) + 1);
    return JIEDA_E_FORMAT;
}

/* ---- compiling ------------------------------------------------------------------------------- */

static void *take(size_t size, void *alloc)
{
    return jieda__alloc(alloc, size);
}

static void give(void *ptr, void *alloc)
{
    jieda__dealloc(alloc, ptr);
}

pcre2_general_context *jieda__pattern_memory(const jieda_allocator *alloc)
{
    /* PCRE2 hands the pointer back unread; it is not const only because it is a void pointer. */
    return pcre2_general_context_create(take, give, (void *)(uintptr_t)alloc);
}

pcre2_code *jieda__pattern_compile(jieda_str pattern, pcre2_compile_context *context,
                                   int *error_out)
{
    static const char head[] = "(?s:.*?)\\K(?:";
    char text[sizeof head + JIEDA__PATTERN_BYTES_MAX + 1];
    size_t len = sizeof head - 1;
    PCRE2_SIZE offset;

    *error_out = PCRE2_ERROR_BADDATA;
    if (pattern.len > JIEDA__PATTERN_BYTES_MAX || find_forbidden(pattern) != SIZE_MAX)
        return NULL;
    memcpy(text, head, len);
    memcpy(text + len, pattern.ptr, pattern.len);
    len += pattern.len;
    text[len++] = ')';
    return pcre2_compile((PCRE2_SPTR)text, len, OPTIONS | PCRE2_ANCHORED, error_out, &offset,
                         context);
}

/* What a pattern does where there is nothing: it must fail, and soon. */
static jieda_status check_on_nothing(const pcre2_code *code, pcre2_general_context *general,
                                     jieda__pattern_fault *fault)
{
    pcre2_match_context *limits = pcre2_match_context_create(general);
    pcre2_match_data *data = pcre2_match_data_create(1, general);
    int rc = PCRE2_ERROR_NOMEMORY;

    if (limits && data) {
        pcre2_set_match_limit(limits, EMPTY_MATCH_LIMIT);
        pcre2_set_heap_limit(limits, EMPTY_HEAP_KIB);
        rc = pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, data, limits);
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    if (rc == PCRE2_ERROR_NOMEMORY)
        return JIEDA_E_NOMEM;
    if (rc >= 0) {
        fault->is_empty = true;
        return fault_at(fault, 0, "it matches the empty text, so it would match everywhere",
                        "make some of it necessary");
    }
    if (rc != PCRE2_ERROR_NOMATCH)
        return fault_at(fault, 0, "it takes too many steps even on the empty text",
                        "nest no repetitions");
    return JIEDA_OK;
}

static jieda_status check(jieda_str pattern, pcre2_general_context *general,
                          pcre2_compile_context *context, jieda__pattern_fault *fault)
{
    pcre2_code *code;
    PCRE2_SIZE offset = 0;
    jieda_status st = JIEDA_E_NOMEM;
    int error = 0;

    code = pcre2_compile((PCRE2_SPTR)(pattern.ptr ? pattern.ptr : ""), pattern.len, OPTIONS, &error,
                         &offset, context);
    if (!code && error != PCRE2_ERROR_HEAP_FAILED) {
        char message[sizeof fault->message];

        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        return fault_at(fault, offset < pattern.len ? offset : pattern.len, message,
                        "correct the pattern");
    }
    if (code) {
        pcre2_code_free(code);
        code = jieda__pattern_compile(pattern, context, &error);
        if (code)
            st = check_on_nothing(code, general, fault);
        else if (error != PCRE2_ERROR_HEAP_FAILED)
            st = fault_at(fault, 0, "a part of it swallows the end of a group around it",
                          "end \\Q with \\E, and leave comments out");
    }
    pcre2_code_free(code);
    return st;
}

jieda_status jieda__pattern_check(const jieda_allocator *alloc, jieda_str pattern,
                                  jieda__pattern_fault *fault_out)
{
    pcre2_general_context *general;
    pcre2_compile_context *context;
    size_t forbidden = find_forbidden(pattern);
    jieda_status st;

    fault_out->is_empty = false;
    if (forbidden != SIZE_MAX)
        return fault_at(fault_out, forbidden,
                        "verbs, callouts and recursion into the whole pattern are not for rules",
                        "write it without; a named group may call itself");
    general = jieda__pattern_memory(alloc);
    context = general ? pcre2_compile_context_create(general) : NULL;
    st = context ? check(pattern, general, context, fault_out) : JIEDA_E_NOMEM;
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    return st;
}
