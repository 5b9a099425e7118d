/*
 * segment.c - cuts a normalized text into the cheapest sequence of pieces.
 *
 * Every lexicon word has a cost, every character no word covers another; the sequence with the
 * smallest sum wins (dynamic programming from the left), so a long greedy match cannot strand what
 * follows it:
 *
 *   怎么办理退款 -> 怎么 | 办理 | 退款   (three words)   not   怎么办 | 理 | 退款
 *
 * Boundaries are never trusted alone: the index also holds characters and pairs.
 */
#include "text/lexicon.h"

/* Words tried at one place, the shortest first: a bound on the work a hostile lexicon can ask for.
 */
#define PREFIX_COUNT_MAX 16

/* Whether a piece may begin at i: letters of one word and digits of one number stay together. */
static bool is_border(const jieda__text *text, size_t i)
{
    const jieda__char *c = &text->chars[i];

    if (i == 0 || i == text->count)
        return true;
    return c->kind == JIEDA__CHAR_IDEOGRAPH || c->kind != c[-1].kind;
}

/* The end of the piece no lexicon knows that begins at i. */
static size_t default_end(const jieda__text *text, size_t i)
{
    size_t end = i + 1;

    while (end < text->count && !is_border(text, end))
        end++;
    return end;
}

#define NO_PATH UINT64_MAX

typedef struct step {
    uint64_t cost; /* of the cheapest path that ends here: 64 bits never wrap; NO_PATH = none */
    uint32_t from; /* where its last piece begins */
    uint32_t word;
} step;

static void relax(step *steps, size_t from, size_t to, uint32_t word, uint32_t cost)
{
    uint64_t total = steps[from].cost + cost;

    /* On equal cost the later start wins nothing: the first path found stays, deterministically. */
    if (total < steps[to].cost)
        steps[to] = (step){total, (uint32_t)from, word};
}

/* Tries the words that begin at i, none of which goes past `end`: the walk of
 * jieda__lexicon_prefixes(), without a list in between, which cost a tenth of segmenting. */
static void try_words(const jieda__lexicon *lexicon, const jieda__text *text, size_t i, size_t end,
                      step *steps)
{
    uint32_t node = 0;
    int found = 0;

    for (size_t at = i; at < end && found < PREFIX_COUNT_MAX; at++) {
        uint32_t id;

        node = jieda__lexicon_child(lexicon, node, text->chars[at].cp);
        if (node == 0)
            break;
        id = jieda__lexicon_word_at(lexicon, node, at + 1 - i);
        if (id == 0)
            continue;
        found++;
        if (is_border(text, at + 1))
            relax(steps, i, at + 1, id, lexicon->words[id - 1].cost);
    }
}

/* Fills steps[begin..end] for one run without separators. */
static void find_path(const jieda__lexicon *lexicon, const jieda__text *text, size_t begin,
                      size_t end, step *steps)
{
    uint32_t unknown = lexicon ? jieda__lexicon_unknown_cost(lexicon) : 1;

    steps[begin].cost = 0;
    for (size_t i = begin; i < end; i++) {
        if (steps[i].cost == NO_PATH)
            continue;
        relax(steps, i, default_end(text, i), 0, unknown);
        if (lexicon)
            try_words(lexicon, text, i, end, steps);
    }
}

jieda_status jieda__text_segment(jieda__arena *arena, const jieda__lexicon *lexicon,
                                 const jieda__text *text, jieda__segments *out)
{
    step *steps = jieda__arena_alloc(arena, (text->count + 1) * sizeof *steps);
    jieda__segment *items = jieda__arena_alloc(arena, (text->count + 1) * sizeof *items);
    size_t count = 0;

    *out = (jieda__segments){0};
    if (!steps || !items)
        return JIEDA_E_NOMEM;
    for (size_t i = 0; i <= text->count; i++)
        steps[i].cost = NO_PATH;
    for (size_t begin = 0; begin < text->count;) {
        size_t end = begin, first = count;

        if (jieda__char_is_separator(&text->chars[begin])) {
            begin++;
            continue;
        }
        while (end < text->count && !jieda__char_is_separator(&text->chars[end]))
            end++;
        find_path(lexicon, text, begin, end, steps);
        for (size_t i = end; i > begin; i = steps[i].from)
            items[count++] =
                (jieda__segment){steps[i].from, (uint32_t)(i - steps[i].from), steps[i].word};
        for (size_t low = first, high = count; low + 1 < high; low++) { /* they came backwards */
            jieda__segment swap = items[low];

            items[low] = items[--high];
            items[high] = swap;
        }
        begin = end;
    }
    *out = (jieda__segments){items, count};
    return JIEDA_OK;
}
