/*
 * args.c - the options of all commands, in one table.
 *
 * getopt_long() is not used: it permutes argv, keeps state in globals and cannot say "did you
 * mean". The rules: `--name value`, `--name=value`, `-x value`, `-xvalue`; options and words in any
 * order;
 * `--` ends the options; a single `-` is a word.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUGGEST_COUNT_LIMIT 20

typedef struct option_row {
    const char *name;
    char letter;       /* 0: none */
    const char *value; /* what it is called in the help; NULL: takes none */
    const char *help;
} option_row;

static const option_row rows[OPTION_KINDS] = {
    [OPTION_KB] = {"kb", 'k', "FILE.kb", "the knowledge base, made by `jieda build`"},
    [OPTION_OUTPUT] = {"output", 'o', "FILE", "the file to write"},
    [OPTION_MODEL] = {"model", 0, "FILE", "a model, made by `jieda train`"},
    [OPTION_NO_MODEL] = {"no-model", 0, NULL, "without a model, also if the folder has pack.model"},
    [OPTION_SEED] = {"seed", 0, "N", "where chance begins (0); the same seed, the same model"},
    [OPTION_THREADS] = {"threads", 0, "N", "1 to 16 (as many as the machine has, at most 4)"},
    [OPTION_STRICT] = {"strict", 0, NULL, "warnings count as errors: nothing is written"},
    [OPTION_JSON] = {"json", 0, NULL, "JSON, one compact line for each thing asked"},
    [OPTION_SPARSE_BITS] = {"sparse-bits", 0, "N",
                            "10 to 20: two tables of 2^N bytes (by the number of pairs, 15 to 18)"},
    [OPTION_LANG] = {"lang", 0, "L",
                     "language of titles and answers (zh, en); else the question's"},
    [OPTION_TAG] = {"tag", 0, "K=V",
                    "a fact about the visitor that entries may ask for; repeatable"},
    [OPTION_SET] = {"set", 0, "NAME=VALUE", "fill a placeholder such as {{brand}}; repeatable"},
    [OPTION_CHANNEL] = {"channel", 0, "C", "the channel whose answers are preferred (text)"},
    [OPTION_EXPECT] = {"expect", 0, "ID", "tell at which step this entry lost"},
    [OPTION_COUNT] = {"count", 'n', "N", "at most so many, 1 to 20 (5)"},
    [OPTION_RANGES] = {"ranges", 0, NULL, "with the byte range of each token"},
    [OPTION_MISSES] = {"misses", 0, NULL, "list what went wrong, a line each"},
    [OPTION_MIN_TOP1] = {"min-top1", 0, "X", "exit 1 if the share ranked first is below X, 0 to 1"},
    [OPTION_MIN_TOP3] = {"min-top3", 0, "X", "the same for the first three"},
    [OPTION_MIN_RIGHT] = {"min-answered-right", 0, "X", "the same for answered and right"},
    [OPTION_MAX_WRONG] = {"max-wrong", 0, "N", "exit 1 if more than N were answered wrongly"},
    [OPTION_AS] = {"as", 0, "KIND",
                   "what the set holds: questions, urgent or dialogs; else its first row tells"},
    [OPTION_MIN_RECALL] = {"min-recall", 0, "X",
                           "urgent: exit 1 if the share handed over is below X"},
    [OPTION_MAX_FALSE_ALARMS] = {"max-false-alarms", 0, "X",
                                 "urgent: exit 1 if the share of false alarms is above X"},
    [OPTION_MIN_TURNS] = {"min-turns", 0, "X",
                          "dialogs: exit 1 if the share of turns right is below X"},
    [OPTION_TICKETS] = {"tickets", 0, "FILE",
                        "append each event of a ticket to FILE, a line of JSON"},
    [OPTION_FEEDBACK] = {"feedback", 0, "FILE", "append each feedback to FILE, a line of JSON"},
    [OPTION_INCIDENTS] = {"incidents", 0, "FILE", "what is out of order now, as JSON"},
    [OPTION_HELP] = {"help", 'h', NULL, "this text"},
};

static bool takes(const command *cmd, size_t o)
{
    return o == OPTION_HELP || (cmd->options & OPTION_BIT(o));
}

void args_help(const command *cmd)
{
    for (size_t o = 0; o < OPTION_KINDS; o++) {
        char left[48];

        if (!takes(cmd, o))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", rows[o].name, rows[o].value ? " " : "",
                 rows[o].value ? rows[o].value : "");
        if (rows[o].letter)
            printf("  -%c, %-24s %s\n", rows[o].letter, left, rows[o].help);
        else
            printf("      %-24s %s\n", left, rows[o].help);
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

static int bad_value(const cli *c, option o, const char *value, const char *wanted)
{
    out_error(c, "--%s does not take \"%s\"; give %s", rows[o].name, value, wanted);
    return CLI_USAGE;
}

static int read_share(const cli *c, option o, const char *value, double *out)
{
    char *end;
    double x = strtod(value, &end);

    if (end == value || *end || !(x >= 0.0 && x <= 1.0))
        return bad_value(c, o, value, "a number from 0 to 1, such as 0.9");
    *out = x;
    return CLI_OK;
}

static int read_whole(const cli *c, option o, const char *value, long least, long most, long *out)
{
    char *end, wanted[64];
    long n;

    errno = 0;
    n = strtol(value, &end, 10);
    if (end == value || *end || errno || n < least || n > most) {
        snprintf(wanted, sizeof wanted, "a whole number from %ld to %ld", least, most);
        return bad_value(c, o, value, wanted);
    }
    *out = n;
    return CLI_OK;
}

static int add_binding(const cli *c, option o, const char *value, const char **list, size_t *count)
{
    const char *equals = strchr(value, '=');

    if (!equals || equals == value)
        return bad_value(c, o, value, "NAME=VALUE");
    if (*count == JIEDA_BINDING_COUNT_MAX) {
        out_error(c, "--%s is given more than %d times; leave some out", rows[o].name,
                  JIEDA_BINDING_COUNT_MAX);
        return CLI_USAGE;
    }
    list[(*count)++] = value;
    return CLI_OK;
}

/* `value` is NULL for an option without one. */
static int set_option(const cli *c, option o, const char *value, args *out)
{
    long n = 0;
    int code;

    switch (o) {
    case OPTION_KB:
        out->kb = value;
        return CLI_OK;
    case OPTION_OUTPUT:
        out->output = value;
        return CLI_OK;
    case OPTION_MODEL:
        out->model = value;
        return CLI_OK;
    case OPTION_NO_MODEL:
        out->no_model = true;
        return CLI_OK;
    case OPTION_SEED:
        code = read_whole(c, o, value, 0, 1000000000L, &n);
        out->seed = (uint64_t)n;
        return code;
    case OPTION_THREADS:
        code = read_whole(c, o, value, 1, 16, &n);
        out->threads = (uint32_t)n;
        return code;
    case OPTION_SPARSE_BITS:
        code = read_whole(c, o, value, 10, 20, &n);
        out->sparse_bits = (uint32_t)n;
        return code;
    case OPTION_LANG:
        out->lang = value;
        return CLI_OK;
    case OPTION_CHANNEL:
        out->channel = value;
        return CLI_OK;
    case OPTION_EXPECT:
        out->expect = value;
        return CLI_OK;
    case OPTION_JSON:
        out->json = true;
        return CLI_OK;
    case OPTION_STRICT:
        out->strict = true;
        return CLI_OK;
    case OPTION_RANGES:
        out->ranges = true;
        return CLI_OK;
    case OPTION_MISSES:
        out->misses = true;
        return CLI_OK;
    case OPTION_HELP:
        out->help = true;
        return CLI_OK;
    case OPTION_TAG:
        return add_binding(c, o, value, out->tags, &out->tag_count);
    case OPTION_SET:
        return add_binding(c, o, value, out->sets, &out->set_count);
    case OPTION_COUNT:
        code = read_whole(c, o, value, 1, SUGGEST_COUNT_LIMIT, &n);
        out->count = code == CLI_OK ? (size_t)n : out->count;
        return code;
    case OPTION_MAX_WRONG:
        return read_whole(c, o, value, 0, 1000000000L, &out->max_wrong);
    case OPTION_MIN_TOP1:
        return read_share(c, o, value, &out->min_top1);
    case OPTION_MIN_TOP3:
        return read_share(c, o, value, &out->min_top3);
    case OPTION_MIN_RIGHT:
        return read_share(c, o, value, &out->min_right);
    case OPTION_MIN_RECALL:
        return read_share(c, o, value, &out->min_recall);
    case OPTION_MAX_FALSE_ALARMS:
        return read_share(c, o, value, &out->max_false_alarms);
    case OPTION_MIN_TURNS:
        return read_share(c, o, value, &out->min_turns);
    case OPTION_AS:
        out->as = value;
        return strcmp(value, "questions") == 0 || strcmp(value, "urgent") == 0 ||
                       strcmp(value, "dialogs") == 0
                   ? CLI_OK
                   : bad_value(c, o, value, "questions, urgent or dialogs");
    case OPTION_TICKETS:
        out->tickets = value;
        return CLI_OK;
    case OPTION_FEEDBACK:
        out->feedback = value;
        return CLI_OK;
    case OPTION_INCIDENTS:
        out->incidents = value;
        return CLI_OK;
    case OPTION_KINDS:
        break;
    }
    return CLI_INTERNAL;
}

/* ---- argv ------------------------------------------------------------------------------------ */

static int unknown_option(const cli *c, const command *cmd, const char *text, size_t len)
{
    const char *known[OPTION_KINDS], *near;
    char name[64];
    size_t count = 0;

    snprintf(name, sizeof name, "%.*s", (int)len, text);
    for (size_t o = 0; o < OPTION_KINDS; o++)
        if (takes(cmd, o))
            known[count++] = rows[o].name;
    near = text_nearest(name + strspn(name, "-"), known, count);
    if (near)
        out_error(c, "%s has no option \"%s\"; did you mean --%s?", cmd->name, name, near);
    else
        out_error(c,
                  "%s has no option \"%s\"; `jieda help %s` lists them, and -- comes before a "
                  "word that begins with -",
                  cmd->name, name, cmd->name);
    return CLI_USAGE;
}

/* The option `text` ("--kb=x", "-kx") names; its value if it is in the same word. */
static size_t find_option(const command *cmd, const char *text, const char **inside, size_t *len)
{
    bool is_long = text[1] == '-';

    *inside = NULL;
    *len = is_long ? strcspn(text, "=") : 2;
    for (size_t o = 0; o < OPTION_KINDS; o++) {
        if (!takes(cmd, o))
            continue;
        if (is_long && strlen(rows[o].name) == *len - 2 &&
            memcmp(rows[o].name, text + 2, *len - 2) == 0) {
            *inside = text[*len] == '=' ? text + *len + 1 : NULL;
            return o;
        }
        if (!is_long && rows[o].letter && rows[o].letter == text[1]) {
            *inside = text[2] ? text + 2 + (text[2] == '=') : NULL;
            return o;
        }
    }
    *len = is_long ? *len : strlen(text);
    return OPTION_KINDS;
}

static int read_option(const cli *c, const command *cmd, int argc, char **argv, int *at, args *out)
{
    const char *inside;
    size_t len, o = find_option(cmd, argv[*at], &inside, &len);

    if (o == OPTION_KINDS)
        return unknown_option(c, cmd, argv[*at], len);
    if (!rows[o].value && inside) {
        out_error(c, "--%s takes no value; leave \"%s\" out", rows[o].name, inside);
        return CLI_USAGE;
    }
    if (rows[o].value && !inside) {
        if (*at + 1 >= argc) {
            out_error(c, "--%s needs a value; give %s", rows[o].name, rows[o].value);
            return CLI_USAGE;
        }
        inside = argv[++*at];
    }
    return set_option(c, (option)o, inside, out);
}

static int add_word(const cli *c, const command *cmd, const char *word, args *out)
{
    if (out->word_count == cmd->word_count_max) {
        if (cmd->word_count_max == 0)
            out_error(c, "%s does not take \"%s\"; leave it out", cmd->name, word);
        else if (cmd->word_count_max > 1)
            out_error(c, "%s takes at most %zu files; join some", cmd->name, cmd->word_count_max);
        else
            out_error(c,
                      "%s takes one %s, and \"%s\" is another; put quotes around a text with "
                      "spaces",
                      cmd->name, cmd->word_name, word);
        return CLI_USAGE;
    }
    out->words[out->word_count++] = word;
    return CLI_OK;
}

/* What must be there. */
static int check(const cli *c, const command *cmd, const args *a)
{
    if ((cmd->options & OPTION_BIT(OPTION_KB)) && !a->kb && cmd->run != run_version &&
        cmd->run != run_compare) {
        out_error(c, "%s needs a knowledge base; add -k FILE.kb", cmd->name);
        return CLI_USAGE;
    }
    if ((cmd->options & OPTION_BIT(OPTION_OUTPUT)) && !a->output) {
        out_error(c, "%s needs a file to write; add -o FILE", cmd->name);
        return CLI_USAGE;
    }
    if (a->word_count < cmd->word_count_min) {
        out_error(c, "%s needs a %s; `jieda help %s` shows how", cmd->name, cmd->word_name,
                  cmd->name);
        return CLI_USAGE;
    }
    return CLI_OK;
}

int args_parse(const cli *c, const command *cmd, int argc, char **argv, args *out)
{
    bool options_ended = false;
    int code = CLI_OK;

    *out = (args){.count = 5,
                  .min_top1 = -1,
                  .min_top3 = -1,
                  .min_right = -1,
                  .min_recall = -1,
                  .max_false_alarms = -1,
                  .min_turns = -1,
                  .max_wrong = -1};
    for (int i = 0; code == CLI_OK && i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0)
            options_ended = true;
        else if (!options_ended && argv[i][0] == '-' && argv[i][1])
            code = read_option(c, cmd, argc, argv, &i, out);
        else
            code = add_word(c, cmd, argv[i], out);
    }
    if (code == CLI_OK && !out->help)
        code = check(c, cmd, out);
    return code;
}
