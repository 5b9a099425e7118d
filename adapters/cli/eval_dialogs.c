/*
 * eval_dialogs.c - does a conversation go as it should, turn by turn?
 *
 * A line of the set is a conversation:
 *
 *   {"id": "d5", "kind": "menu_choice", "turns": [
 *      {"user": "转账", "expect": "clarify", "ok": ["clarify", "answer"], "ids": []},
 *      {"user": "第二个", "expect": "answer", "ids": ["*menu:2"]}]}
 *
 * A turn is right when its decision is the expected one, or one of `ok`, and its entry is one of
 * `ids`: an id, "smalltalk.*", or "*menu:2", which is the second option that the bot showed last.
 * Without `ids`, any entry is; and a question back that is about no entry needs none.
 */
#include "eval.h"

#include <stdlib.h>
#include <string.h>

#define KIND_BYTES_MAX 32
#define KIND_COUNT_MAX 64
#define OTHER "other" /* of dialogs without a kind, and of kinds past the maximum */

typedef struct tally {
    uint64_t dialogs, dialogs_right, turns, turns_right;
} tally;

typedef struct counts {
    tally all;
    uint64_t wrong_decision, wrong_entry; /* of the turns that are not right */
    struct {
        char name[KIND_BYTES_MAX];
        tally n;
    } kinds[KIND_COUNT_MAX];
    size_t kind_count;
    char *menu[JIEDA_OPTION_COUNT_MAX]; /* ids of the options shown last in this dialog; owned */
    size_t menu_count;
} counts;

/* One turn and what became of it; everything is borrowed. */
typedef struct turn {
    const cJSON *dialog, *item;
    size_t number; /* from 1 */
    const jieda_reply *reply;
    const char *wrong; /* "decision" or "entry", NULL if it is right */
} turn;

/* ---- the form -------------------------------------------------------------------------------- */

static const cJSON *member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* A string member, or "". */
static const char *text(const cJSON *object, const char *key)
{
    const char *s = cJSON_GetStringValue(member(object, key));

    return s ? s : "";
}

static bool is_decision(const cJSON *item)
{
    const char *name = cJSON_GetStringValue(item);

    for (int d = JIEDA_DECISION_ANSWER; name && d <= JIEDA_DECISION_HANDOFF; d++)
        if (strcmp(name, jieda_decision_name((jieda_decision)d)) == 0)
            return true;
    return false;
}

/* A list of what `fits`, or nothing at all. */
static bool is_list(const cJSON *list, bool (*fits)(const cJSON *))
{
    const cJSON *item;

    if (!list)
        return true;
    if (!cJSON_IsArray(list))
        return false;
    for (item = list->child; item; item = item->next)
        if (!fits(item))
            return false;
    return true;
}

static bool is_string(const cJSON *item)
{
    return cJSON_IsString(item);
}

static int check_turn(const evaluation *e, const cJSON *item, size_t number)
{
    if (!cJSON_IsString(member(item, "user")))
        return eval_bad_line(e, 0, "turn %zu has no \"user\"; write what the visitor says", number);
    if (!is_decision(member(item, "expect")))
        return eval_bad_line(e, 0,
                             "turn %zu: \"expect\" is no decision; write answer, clarify, "
                             "smalltalk or handoff",
                             number);
    if (!is_list(member(item, "ok"), is_decision))
        return eval_bad_line(e, 0,
                             "turn %zu: \"ok\" is no list of decisions; write "
                             "[\"answer\", \"clarify\"] or leave it out",
                             number);
    if (!is_list(member(item, "ids"), is_string))
        return eval_bad_line(e, 0,
                             "turn %zu: \"ids\" is no list of ids; write [\"refund.apply\"] "
                             "or leave it out",
                             number);
    return CLI_OK;
}

static int check_dialog(const evaluation *e, const cJSON *dialog)
{
    const cJSON *turns = member(dialog, "turns"), *item;
    size_t number = 0;
    int code = CLI_OK;

    if (!cJSON_IsObject(dialog) || !cJSON_IsArray(turns) || !turns->child)
        return eval_bad_line(e, 0, "no \"turns\"; write %s", eval_dialogs.wants);
    for (item = turns->child; code == CLI_OK && item; item = item->next)
        code = check_turn(e, item, ++number);
    return code;
}

/* ---- the menu -------------------------------------------------------------------------------- */

static void forget_menu(counts *n)
{
    for (size_t i = 0; i < n->menu_count; i++)
        free(n->menu[i]);
    n->menu_count = 0;
}

/* Of the last reply that had options. False without memory. */
static bool keep_menu(counts *n, const jieda_reply *reply)
{
    if (reply->option_count == 0)
        return true;
    forget_menu(n);
    for (size_t i = 0; i < reply->option_count && i < JIEDA_OPTION_COUNT_MAX; i++) {
        n->menu[i] = text_repair(reply->options[i].entry_id);
        if (!n->menu[i])
            return false;
        n->menu_count = i + 1;
    }
    return true;
}

/* The id that "*menu:2" stands for, "" if there was no such option; other ids stand for themselves.
 */
static jieda_str id_meant(const counts *n, const char *id)
{
    static const char menu[] = "*menu:";
    unsigned long number;

    if (strncmp(id, menu, sizeof menu - 1) != 0)
        return text_of(id);
    number = strtoul(id + sizeof menu - 1, NULL, 10);
    return text_of(number >= 1 && number <= n->menu_count ? n->menu[number - 1] : "");
}

/* ---- one turn -------------------------------------------------------------------------------- */

static bool decision_fits(const cJSON *item, jieda_decision decision)
{
    const char *name = jieda_decision_name(decision);
    const cJSON *ok = member(item, "ok"), *one;

    if (strcmp(text(item, "expect"), name) == 0)
        return true;
    for (one = ok ? ok->child : NULL; one; one = one->next)
        if (strcmp(one->valuestring, name) == 0)
            return true;
    return false;
}

static bool entry_fits(const counts *n, const cJSON *item, const jieda_reply *reply)
{
    const cJSON *ids = member(item, "ids"), *id;

    if (!ids || !ids->child)
        return true;
    if (reply->decision == JIEDA_DECISION_CLARIFY && reply->entry_id.len == 0)
        return true;
    for (id = ids->child; id; id = id->next)
        if (eval_id_accepts(id_meant(n, id->valuestring), reply->entry_id))
            return true;
    return false;
}

static void print_ids(const counts *n, const cJSON *item)
{
    const cJSON *ids = member(item, "ids"), *id;

    for (id = ids ? ids->child : NULL; id; id = id->next) {
        jieda_str meant = id_meant(n, id->valuestring);

        fputs(id == ids->child ? " " : ",", stdout);
        out_text(stdout, text_of(id->valuestring));
        if (strcmp(id->valuestring, meant.ptr) != 0) {
            fputc('=', stdout);
            out_text(stdout, meant.len ? meant : text_of("-"));
        }
    }
}

/* Tabs between the fields, so that sort and cut work on the list. */
static void print_miss(const cli *c, const counts *n, const turn *t)
{
    const jieda_reply *reply = t->reply;

    printf("%s%s%s\t", out_style(c, STYLE_YELLOW), t->wrong, out_style(c, STYLE_NONE));
    out_text(stdout, text_of(text(t->dialog, "id")));
    printf(":%zu\t", t->number);
    out_text(stdout, text_of(text(t->dialog, "kind")));
    fputc('\t', stdout);
    out_text(stdout, text_of(text(t->item, "user")));
    printf("\texpected %s", text(t->item, "expect"));
    print_ids(n, t->item);
    printf("\tgot %s ", jieda_decision_name(reply->decision));
    out_text(stdout, reply->entry_id.len ? reply->entry_id : text_of("-"));
    printf(" %.2f\t", (double)reply->confidence);
    out_text(stdout, reply->rule.len ? reply->rule : reply->why);
    fputc('\n', stdout);
}

static cJSON *miss_json(const turn *t)
{
    const jieda_reply *reply = t->reply;
    const cJSON *ids = member(t->item, "ids");
    cJSON *copy = ids ? cJSON_Duplicate(ids, true) : cJSON_CreateArray();
    cJSON *o = cJSON_CreateObject();
    bool ok = o && json_put_str(o, "kind", text_of(t->wrong)) &&
              json_put_str(o, "dialog", text_of(text(t->dialog, "id"))) &&
              json_put_str(o, "dialog_kind", text_of(text(t->dialog, "kind"))) &&
              json_put_whole(o, "turn", t->number) &&
              json_put_str(o, "user", text_of(text(t->item, "user"))) &&
              json_put_str(o, "expected", text_of(text(t->item, "expect"))) && copy &&
              cJSON_AddItemToObject(o, "ids", copy);

    if (!ok)
        cJSON_Delete(copy);
    ok = ok && json_put_str(o, "decision", text_of(jieda_decision_name(reply->decision))) &&
         json_put_str_or_null(o, "id", reply->entry_id) &&
         json_put_real(o, "confidence", reply->confidence) &&
         json_put_str_or_null(o, "rule", reply->rule) && json_put_str_or_null(o, "why", reply->why);
    if (ok)
        return o;
    cJSON_Delete(o);
    return NULL;
}

static bool list_miss(evaluation *e, const turn *t)
{
    if (!e->a->misses || !t->wrong)
        return true;
    if (e->misses)
        return eval_add_miss(e, miss_json(t));
    out_progress_end(e->c);
    print_miss(e->c, e->counts, t);
    return true;
}

static int take_turn(evaluation *e, turn *t)
{
    counts *n = e->counts;
    int code = eval_ask(e, text_of(text(t->item, "user")), t->number == 1, &t->reply);

    if (code != CLI_OK)
        return code;
    if (!decision_fits(t->item, t->reply->decision))
        t->wrong = "decision";
    else if (!entry_fits(n, t->item, t->reply))
        t->wrong = "entry";
    n->wrong_decision += t->wrong && strcmp(t->wrong, "decision") == 0;
    n->wrong_entry += t->wrong && strcmp(t->wrong, "entry") == 0;
    return list_miss(e, t) && keep_menu(n, t->reply) ? CLI_OK : out_of_memory(e->c);
}

/* ---- one dialog ------------------------------------------------------------------------------ */

static tally *tally_of(counts *n, const char *kind)
{
    char name[KIND_BYTES_MAX];
    jieda_str cut = text_cut(text_of(kind[0] ? kind : OTHER), sizeof name - 1);
    size_t i = 0;

    memcpy(name, cut.ptr, cut.len);
    name[cut.len] = '\0';
    while (i < n->kind_count && strcmp(n->kinds[i].name, name) != 0)
        i++;
    if (i == KIND_COUNT_MAX)
        i = KIND_COUNT_MAX - 1; /* more kinds than anybody reads share the last row */
    else if (i == n->kind_count)
        snprintf(n->kinds[n->kind_count++].name, sizeof name, "%s",
                 i == KIND_COUNT_MAX - 1 ? OTHER : name);
    return &n->kinds[i].n;
}

static void add_dialog(tally *n, uint64_t turns, uint64_t turns_right)
{
    n->dialogs++;
    n->dialogs_right += turns == turns_right;
    n->turns += turns;
    n->turns_right += turns_right;
}

/* Only where an entry was missed can an id be misspelt. */
static void warn_unknown(evaluation *e, const cJSON *item)
{
    const cJSON *ids = member(item, "ids"), *id;

    for (id = ids ? ids->child : NULL; id; id = id->next)
        if (id->valuestring[0] != '*')
            eval_warn_unknown(e, text_of(id->valuestring));
}

static int hold(evaluation *e, const cJSON *dialog)
{
    counts *n = e->counts;
    const cJSON *item = member(dialog, "turns")->child, *missed = NULL;
    uint64_t turns = 0, right = 0;
    int code = CLI_OK;

    forget_menu(n);
    for (; code == CLI_OK && item; item = item->next) {
        turn t = {.dialog = dialog, .item = item, .number = (size_t)++turns};

        code = take_turn(e, &t);
        right += t.wrong == NULL;
        missed = !missed && t.wrong && strcmp(t.wrong, "entry") == 0 ? item : missed;
    }
    if (code != CLI_OK)
        return code;
    add_dialog(&n->all, turns, right);
    add_dialog(tally_of(n, text(dialog, "kind")), turns, right);
    if (missed)
        warn_unknown(e, missed);
    return CLI_OK;
}

static int take(evaluation *e, jieda_str line)
{
    const char *end = line.ptr;
    cJSON *dialog = cJSON_ParseWithLengthOpts(line.ptr, line.len, &end, 0);
    int code;

    if (!dialog) {
        jieda_str before = {line.ptr, (size_t)(end - line.ptr)};
        size_t column = 1;
        uint32_t cp;

        for (size_t at = 0; at < before.len; column++)
            at += text_decode(before, at, &cp);
        return eval_bad_line(e, column, "this is no JSON; write %s on one line",
                             eval_dialogs.wants);
    }
    code = check_dialog(e, dialog);
    if (code == CLI_OK)
        code = hold(e, dialog);
    cJSON_Delete(dialog);
    return code;
}

static void free_counts(evaluation *e)
{
    forget_menu(e->counts);
}

/* ---- figures --------------------------------------------------------------------------------- */

static void print_figures(const counts *n, const eval_times *times)
{
    eval_print_number("dialogs", n->all.dialogs);
    eval_print_count("all turns right", n->all.dialogs_right, n->all.dialogs);
    eval_print_number("turns", n->all.turns);
    eval_print_count("turns right", n->all.turns_right, n->all.turns);
    eval_print_count("wrong decision", n->wrong_decision, n->all.turns);
    eval_print_count("wrong entry", n->wrong_entry, n->all.turns);
    eval_times_print(times);
    puts("turns right, and dialogs, by kind");
    for (size_t i = 0; i < n->kind_count; i++) {
        const tally *k = &n->kinds[i].n;

        fputs("  ", stdout);
        out_cell(stdout, text_of(n->kinds[i].name), 18);
        printf(" %4llu of %4llu  %6.2f %%   %3llu of %3llu\n", (unsigned long long)k->turns_right,
               (unsigned long long)k->turns, 100.0 * eval_share(k->turns_right, k->turns),
               (unsigned long long)k->dialogs_right, (unsigned long long)k->dialogs);
    }
}

static bool put_tally(cJSON *o, const tally *n)
{
    return json_put_whole(o, "dialogs", n->dialogs) &&
           eval_count_json(o, "dialogs_right", n->dialogs_right, n->dialogs) &&
           json_put_whole(o, "turns", n->turns) &&
           eval_count_json(o, "turns_right", n->turns_right, n->turns);
}

static bool put_kinds(cJSON *o, const counts *n)
{
    cJSON *kinds = cJSON_AddObjectToObject(o, "kinds");
    bool ok = kinds != NULL;

    for (size_t i = 0; ok && i < n->kind_count; i++) {
        cJSON *kind = cJSON_AddObjectToObject(kinds, n->kinds[i].name);

        ok = kind && put_tally(kind, &n->kinds[i].n);
    }
    return ok;
}

/* NULL without memory. */
static cJSON *figures_json(const counts *n, const eval_times *times)
{
    cJSON *o = cJSON_CreateObject();

    if (o && put_tally(o, &n->all) &&
        eval_count_json(o, "wrong_decision", n->wrong_decision, n->all.turns) &&
        eval_count_json(o, "wrong_entry", n->wrong_entry, n->all.turns) && put_kinds(o, n) &&
        eval_times_json(o, times))
        return o;
    cJSON_Delete(o);
    return NULL;
}

static int report(evaluation *e)
{
    const counts *n = e->counts;
    bool passed;

    if (!e->a->json)
        print_figures(n, &e->times);
    out_flush(e->c); /* the figures before what is said about them */
    passed = eval_reaches(e->c, "the share of turns right",
                          eval_share(n->all.turns_right, n->all.turns), e->a->min_turns);
    return eval_finish(e, e->a->json ? figures_json(n, &e->times) : NULL, passed);
}

const eval_kind eval_dialogs = {
    .name = "dialogs",
    .wants = "{\"id\": ..., \"kind\": ..., \"turns\": [{\"user\": ..., \"expect\": ..., \"ids\": "
             "[...]}]}",
    .minima = OPTION_BIT(OPTION_MIN_TURNS),
    .counts_size = sizeof(counts),
    .take = take,
    .report = report,
    .free_counts = free_counts,
};
