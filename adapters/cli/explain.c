/*
 * explain.c - `jieda explain`: why a question is answered as it is.
 *
 * The library explains in one JSON document; --json hands it on, else it becomes tables. Those
 * print what they find and skip what is missing, so a document with a new key or without an old one
 * still reads well. cJSON reads only up to a NUL; the library escapes those, so nothing is lost.
 */
#include "cli.h"

#include <string.h>

#define COMPARED_COUNT 3 /* matches whose features stand side by side */
#define TERM_COUNT_MAX 60
#define MATCH_COUNT_MAX 10

static const char *text(const cJSON *object, const char *key)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return s ? s : "";
}

static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

static const cJSON *list(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const cJSON *first(const cJSON *array)
{
    return array ? array->child : NULL;
}

static void heading(const cli *c, const char *name)
{
    printf("\n%s%s%s\n", out_style(c, STYLE_BOLD), name, out_style(c, STYLE_NONE));
}

static void row(const char *name, const char *value)
{
    printf("%-16s", name);
    out_text(stdout, text_of(value));
    fputc('\n', stdout);
}

static void print_words(const char *name, const cJSON *words)
{
    const cJSON *word;

    printf("  %-14s", name);
    for (word = first(words); word; word = word->next) {
        if (word != words->child)
            fputs(" | ", stdout);
        if (cJSON_IsString(word))
            out_text(stdout, text_of(word->valuestring));
        else if (cJSON_IsNumber(word))
            printf("%g", word->valuedouble);
    }
    fputc('\n', stdout);
}

static void print_views(const cli *c, const cJSON *doc)
{
    const cJSON *views = list(doc, "views"), *view, *opposites = list(doc, "opposites");

    heading(c, "How it was read");
    for (view = first(views); view; view = view->next)
        print_words(view->string, view);
    print_words("classes", list(doc, "question_classes"));
    printf("  %-14s%g\n", "negations", number(doc, "negations"));
    if (cJSON_IsBool(opposites))
        printf("  %-14s%s\n", "opposites", cJSON_IsTrue(opposites) ? "yes" : "no");
    else if (cJSON_IsArray(opposites))
        print_words("opposites", opposites);
}

/* The bytes of the question from "begin" to "end"; what comes from a document is checked. */
static jieda_str piece(const cJSON *doc, const cJSON *item)
{
    jieda_str question = text_of(text(doc, "question"));
    double begin = number(item, "begin"), end = number(item, "end");

    if (begin < 0 || begin > end || end > (double)question.len)
        return text_of("");
    return (jieda_str){question.ptr + (size_t)begin, (size_t)(end - begin)};
}

/* Rules that hold, best first, and where. */
static void print_rules(const cli *c, const cJSON *doc)
{
    const cJSON *rules = list(doc, "rules"), *rule;
    double given_up = number(doc, "patterns_given_up");

    if (!first(rules) && given_up == 0)
        return;
    heading(c, "Rules that hold");
    for (rule = first(rules); rule; rule = rule->next) {
        fputs("  ", stdout);
        out_cell(stdout, text_of(text(rule, "id")), 28);
        printf(" %-15s priority %-4.0f by its %s in ", text(rule, "action"),
               number(rule, "priority"),
               strcmp(text(rule, "searched"), "pinyin") == 0 ? "sound" : "text");
        fputc('"', stdout);
        out_text(stdout, piece(doc, rule));
        puts("\"");
    }
    if (given_up > 0)
        printf("  %.0f patterns took too long and were given up\n", given_up);
}

static void print_slots(const cli *c, const cJSON *doc)
{
    const cJSON *slot;

    if (!first(list(doc, "slots")))
        return;
    heading(c, "Slots found");
    for (slot = first(list(doc, "slots")); slot; slot = slot->next) {
        fputs("  ", stdout);
        out_cell(stdout, text_of(text(slot, "name")), 28);
        fputc(' ', stdout);
        out_text(stdout, piece(doc, slot));
        fputc('\n', stdout);
    }
}

static void print_terms(const cli *c, const cJSON *doc)
{
    const cJSON *terms = list(doc, "terms"), *term;
    int shown = 0, count = cJSON_GetArraySize(terms);

    heading(c, "Search terms");
    printf("  %-24s %-10s %8s %8s  %s\n", "term", "class", "df", "weight", "searched");
    for (term = first(terms); term; term = term->next) {
        if (shown++ == TERM_COUNT_MAX) {
            printf("  ... and %d more; --json lists them\n", count - TERM_COUNT_MAX);
            break;
        }
        fputs("  ", stdout);
        out_cell(stdout, text_of(text(term, "text")), 24);
        printf(" %-10s %8.0f %8.3f  %s\n", text(term, "class"), number(term, "df"),
               number(term, "weight"), cJSON_IsTrue(list(term, "searched")) ? "yes" : "no");
    }
    printf("  %.0f questions share a searched term\n", number(doc, "candidate_questions"));
}

static void print_matches(const cli *c, const cJSON *doc)
{
    const cJSON *match;
    int place = 0;

    heading(c, "Best matches");
    printf("   #  %-28s %8s %10s  %s\n", "entry", "score", "confidence", "its nearest question");
    for (match = first(list(doc, "matches")); match; match = match->next) {
        if (++place > MATCH_COUNT_MAX)
            break;
        printf("  %2d  ", place);
        out_cell(stdout, text_of(text(match, "id")), 28);
        printf(" %8.3f %10.3f  ", number(match, "score"), number(match, "confidence"));
        out_text(stdout, text_of(text(match, "question")));
        fputc('\n', stdout);
    }
    if (place == 0)
        puts("  none");
}

static const cJSON *find_named(const cJSON *array, const char *name)
{
    const cJSON *item;

    for (item = first(array); item; item = item->next)
        if (strcmp(text(item, "name"), name) == 0)
            return item;
    return NULL;
}

/* "-0.000" makes a reader look for what was subtracted. */
static double without_sign_of_zero(double points)
{
    return points > -0.0005 && points < 0.0005 ? 0.0 : points;
}

static void print_product(const cJSON *item)
{
    char cell[64];

    if (item)
        snprintf(cell, sizeof cell, "%.3f x %.3f = %+.3f", number(item, "value"),
                 number(item, "weight"), without_sign_of_zero(number(item, "points")));
    else
        snprintf(cell, sizeof cell, "-");
    printf("  %26s", cell);
}

/* Names of the first match lead; the library gives every match the same ones, in the same order. */
static void print_products(const cli *c, const cJSON *doc, const char *key, const char *title)
{
    const cJSON *matches = list(doc, "matches"), *item;
    int columns = cJSON_GetArraySize(matches);

    if (columns == 0 || cJSON_GetArraySize(list(matches->child, key)) == 0)
        return;
    columns = columns < COMPARED_COUNT ? columns : COMPARED_COUNT;
    heading(c, title);
    printf("  %-24s", "");
    for (int i = 0; i < columns; i++) {
        char cell[32];

        snprintf(cell, sizeof cell, "#%d value x weight", i + 1);
        printf("  %26s", cell);
    }
    fputc('\n', stdout);
    for (item = first(list(matches->child, key)); item; item = item->next) {
        fputs("  ", stdout);
        out_cell(stdout, text_of(text(item, "name")), 24);
        for (int i = 0; i < columns; i++)
            print_product(
                find_named(list(cJSON_GetArrayItem(matches, i), key), text(item, "name")));
        fputc('\n', stdout);
    }
}

static void print_decision(const cli *c, const cJSON *doc)
{
    const cJSON *thresholds = list(doc, "thresholds"), *oos = list(doc, "out_of_scope");
    const cJSON *expect = list(doc, "expect"), *least;

    heading(c, "Decision");
    printf("  %s%s%s because %s", out_style(c, STYLE_GREEN), text(doc, "decision"),
           out_style(c, STYLE_NONE), text(doc, "why"));
    if (text(doc, "rule")[0])
        printf(" %s", text(doc, "rule"));
    if (text(doc, "reason")[0])
        printf(" (%s)", text(doc, "reason"));
    if (text(doc, "id")[0])
        printf(": %s", text(doc, "id"));
    printf("\n  at least");
    for (least = first(thresholds); least; least = least->next)
        printf("%s %s %.2f", least == thresholds->child ? "" : ",", least->string,
               least->valuedouble);
    fputc('\n', stdout);
    if (cJSON_IsObject(oos)) {
        printf("  nearest out-of-scope question (score %.3f): ", number(oos, "score"));
        out_text(stdout, text_of(text(oos, "question")));
        fputc('\n', stdout);
    }
    if (!cJSON_IsObject(expect))
        return;
    heading(c, "Expected");
    printf("  %s: %s%s%s\n  ", text(expect, "id"), out_style(c, STYLE_YELLOW), text(expect, "step"),
           out_style(c, STYLE_NONE));
    out_text(stdout, text_of(text(expect, "detail")));
    fputc('\n', stdout);
}

static int print_tables(const cli *c, jieda_str json)
{
    cJSON *doc = cJSON_ParseWithLength(json.ptr, json.len);

    if (!doc)
        return out_of_memory(c); /* the library's own JSON is well-formed */
    row("question", text(doc, "question"));
    row("normalized", text(doc, "normalized"));
    if (strcmp(text(doc, "redacted"), text(doc, "question")) != 0)
        row("kept as", text(doc, "redacted"));
    print_views(c, doc);
    print_rules(c, doc);
    print_slots(c, doc);
    print_terms(c, doc);
    print_matches(c, doc);
    print_products(c, doc, "features", "Features");
    print_products(c, doc, "signals", "Signals");
    print_decision(c, doc);
    cJSON_Delete(doc);
    return CLI_OK;
}

/* On one line, whatever white space the library put between its tokens; in strings it is escaped.
 */
static void print_line(jieda_str json)
{
    for (size_t i = 0; i < json.len; i++)
        fputc(json.ptr[i] == '\n' || json.ptr[i] == '\r' ? ' ' : json.ptr[i], stdout);
    fputc('\n', stdout);
}

int run_explain(cli *c, const args *a)
{
    jieda_error err = {0};
    jieda_str json = {NULL, 0};
    kb k;
    int code = kb_open(c, a, &k);

    if (code == CLI_OK &&
        jieda_explain(k.session, text_of(a->words[0]), a->expect, &json, &err) != JIEDA_OK)
        code = out_library_error(c, &err);
    else if (code == CLI_OK && a->json)
        print_line(json);
    else if (code == CLI_OK)
        code = print_tables(c, json);
    kb_close(&k);
    return code;
}
