/*
 * main.c - the table of commands, help, and the one place that ends the process.
 */
#include "cli.h"

#include <string.h>

static const command commands[] = {
    {"build", "SOURCE -o FILE.kb", "compile a knowledge base source to one file",
     "SOURCE is a folder with pack.json, a .json pack in one file, or a .tsv, .csv or .jsonl list\n"
     "of questions. Findings go to standard error as `file:line:col: error[rule]: message; fix`;\n"
     "with an error nothing is written and the exit code is 1. A folder's pack.model, or the file "
     "of\n"
     "--model, goes into the .kb: what `jieda train` learned.",
     OPTION_BIT(OPTION_OUTPUT) | OPTION_BIT(OPTION_STRICT) | OPTION_BIT(OPTION_MODEL) |
         OPTION_BIT(OPTION_NO_MODEL),
     1, 1, "source", run_build},
    {"train", "SOURCE|PAIRS.tsv... -o MODEL", "learn from questions what means the same",
     "SOURCE is what `jieda build` takes: an entry's wordings mean the same. A line of PAIRS.tsv "
     "is\n"
     "`question TAB question TAB 0 or 1`. With a SOURCE, a .jsonl file of feedback is taken as "
     "well:\n"
     "{\"utterance\": \"...\", \"entry\": \"id\", \"right\": 0 or 1} on each line. The model is "
     "for\n"
     "`jieda build --model` and holds no text of what it was trained on.",
     OPTION_BIT(OPTION_OUTPUT) | OPTION_BIT(OPTION_SEED) | OPTION_BIT(OPTION_THREADS) |
         OPTION_BIT(OPTION_SPARSE_BITS),
     1, WORD_COUNT_MAX, "source or list of pairs", run_train},
    {"compare", "PAIRS.tsv [--model MODEL] [-k FILE.kb]", "score how alike two questions are",
     "A line is `question TAB question`, raw, and a third column may be its label. Standard\n"
     "output has one line for each, its score: higher is closer. If every line has a label (a\n"
     "number), Spearman's rank correlation is printed on standard error, and for labels of 0 and "
     "1\n"
     "AUROC and the best F1; --json prints these instead of the scores.",
     OPTION_BIT(OPTION_KB) | OPTION_BIT(OPTION_MODEL) | OPTION_BIT(OPTION_JSON), 1, 1,
     "list of pairs", run_compare},
    {"ask", "-k FILE.kb [QUESTION]", "answer one question, or one a line from standard input",
     "Every question is a conversation of its own. With --json each line of input has exactly one\n"
     "line of output, also when it is empty or refused; a refused one has \"error\". A handoff's\n"
     "ticket calls nobody: it is only kept, with --tickets.\n"
     "Put -- before a question that begins with -.",
     OPTIONS_SESSION | OPTION_BIT(OPTION_TICKETS) | OPTION_BIT(OPTION_INCIDENTS), 0, 1, "question",
     run_ask},
    {"chat", "-k FILE.kb", "one conversation, on a terminal with line editing",
     "On a terminal /help lists commands: feedback, an agent's side, saving. Ctrl-D leaves. "
     "Without\n"
     "a terminal, or with --json, it reads and prints as `jieda ask` does, but remembers. Tickets\n"
     "call nobody: they are only kept, with --tickets. While one is open every decision is "
     "handoff.",
     OPTIONS_SESSION | OPTION_BIT(OPTION_TICKETS) | OPTION_BIT(OPTION_FEEDBACK) |
         OPTION_BIT(OPTION_INCIDENTS),
     0, 0, "", run_chat},
    {"explain", "-k FILE.kb QUESTION [--expect ID]", "why a question is answered as it is", "",
     OPTIONS_SESSION | OPTION_BIT(OPTION_EXPECT), 1, 1, "question", run_explain},
    {"eval", "-k FILE.kb SET", "measure a knowledge base against a labelled set",
     "Three kinds of sets, told apart by their first row; further columns are ignored:\n"
     "  questions  `question TAB id[,id...]`. The id \"oos\" means that no entry may be answered,\n"
     "             \"smalltalk.*\" any entry that begins so. An entry that hands over is right\n"
     "             where fraud.*, service.human or service.complaint is expected.\n"
     "  urgent     `text TAB 1 or 0 TAB reason`: 1 means that a person must be called at once,\n"
     "             because of fraud, distress, complaint or requested; 0 goes with none.\n"
     "  dialogs    {\"id\": \"d1\", \"kind\": \"ellipsis\", \"turns\": [{\"user\": \"...\",\n"
     "             \"expect\": \"answer\", \"ok\": [...], \"ids\": [...]}]} on each line. A turn "
     "is\n"
     "             right when its decision is `expect` or in `ok`, and its entry in `ids`;\n"
     "             \"*menu:2\" is the second option that was shown last.",
     OPTIONS_SESSION | OPTION_BIT(OPTION_AS) | OPTION_BIT(OPTION_MISSES) |
         OPTION_BIT(OPTION_MIN_TOP1) | OPTION_BIT(OPTION_MIN_TOP3) | OPTION_BIT(OPTION_MIN_RIGHT) |
         OPTION_BIT(OPTION_MAX_WRONG) | OPTION_BIT(OPTION_MIN_RECALL) |
         OPTION_BIT(OPTION_MAX_FALSE_ALARMS) | OPTION_BIT(OPTION_MIN_TURNS),
     1, 1, "labelled set", run_eval},
    {"browse", "-k FILE.kb [CATEGORY|ENTRY]", "categories, a category's entries, an entry's answer",
     "", OPTIONS_SESSION, 0, 1, "category or entry", run_browse},
    {"suggest", "-k FILE.kb PREFIX", "complete what a visitor is typing",
     "PREFIX is written in characters, in pinyin (zhifu) or in its initials (zfsb).",
     OPTIONS_SESSION | OPTION_BIT(OPTION_COUNT), 1, 1, "prefix", run_suggest},
    {"tokens", "-k FILE.kb [TEXT]",
     "how a text is read; one a line from standard input without TEXT", "",
     OPTION_BIT(OPTION_KB) | OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_RANGES), 0, 1, "text",
     run_tokens},
    {"version", "[-k FILE.kb]", "versions of jieda and of a knowledge base", "",
     OPTION_BIT(OPTION_KB) | OPTION_BIT(OPTION_JSON), 0, 0, "", run_version},
};

#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static void help_all(FILE *file)
{
    fputs("jieda - answers questions from a knowledge base, on this machine\n\n"
          "Usage: jieda COMMAND [OPTIONS]\n\nCommands:\n",
          file);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("  help      this text, or `jieda help COMMAND`\n\n"
          "Exit codes:\n"
          "  0    done\n"
          "  1    the source has errors, or a minimum was missed\n"
          "  2    wrong usage\n"
          "  3    a file could not be read or written, or is no knowledge base\n"
          "  4    out of memory, or an internal error\n"
          "  130  interrupted\n\n"
          "Environment: NO_COLOR turns colours off; nothing else is read.\n",
          file);
}

static void help_command(const command *cmd)
{
    printf("Usage: jieda %s %s [OPTIONS]\n\n", cmd->name, cmd->synopsis);
    printf("%c%s.\n", cmd->summary[0] - 'a' + 'A', cmd->summary + 1);
    if (cmd->details[0])
        printf("\n%s\n", cmd->details);
    printf("\nOptions:\n");
    args_help(cmd);
}

/* The command of a name, NULL and a message if there is none. */
static const command *find_command(const cli *c, const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {"help"}, *near;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        names[i + 1] = commands[i].name;
    }
    near = text_nearest(name, names, COMMAND_COUNT + 1);
    if (near)
        out_error(c, "no command \"%s\"; did you mean `jieda %s`?", name, near);
    else
        out_error(c, "no command \"%s\"; `jieda help` lists them", name);
    return NULL;
}

static int run_help(const cli *c, int argc, char **argv)
{
    const command *cmd;

    if (argc == 0 || strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0) {
        help_all(stdout);
        return CLI_OK;
    }
    cmd = find_command(c, argv[0]);
    if (!cmd)
        return CLI_USAGE;
    help_command(cmd);
    return CLI_OK;
}

static int run(cli *c, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    const command *cmd;
    args a;
    int code;

    if (!name) {
        help_all(stderr);
        return CLI_USAGE;
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return run_help(c, argc - 2, argv + 2);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    cmd = find_command(c, name);
    if (!cmd)
        return CLI_USAGE;
    code = args_parse(c, cmd, argc - 2, argv + 2, &a);
    if (code != CLI_OK)
        return code;
    if (a.help) {
        help_command(cmd);
        return CLI_OK;
    }
    return cmd->run(c, &a);
}

int main(int argc, char **argv)
{
    cli c;

    out_init(&c);
    return out_finish(&c, run(&c, argc, argv));
}
