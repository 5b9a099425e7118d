/*
 * reply.c - a reply as a visitor reads it, in the reply's language: notices, answer, prompt,
 * options.
 *
 * What the bot says is the engine's. Our own sentences, in Chinese and English, are only about what
 * the engine leaves to a screen: labels, and a reply that says nothing. A knowledge base in another
 * language gets the English ones. The answer's text already holds its numbered steps, so they are
 * not printed again.
 */
#include "cli.h"

typedef enum phrase {
    PHRASE_NOTHING,
    PHRASE_MUTE,
    PHRASE_NEEDS,
    PHRASE_ACTIONS,
    PHRASE_OFFER,
    PHRASE_JOIN,
} phrase;

static const char *say(jieda_str language, phrase p)
{
    static const char *const phrases[][2] = {
        [PHRASE_NOTHING] = {"请输入您的问题。", "Please type a question."},
        [PHRASE_MUTE] = {"（人工客服正在处理，机器人不再回答。）",
                         "(A person has taken over; the bot keeps quiet.)"},
        [PHRASE_NEEDS] = {"请准备：", "Have ready: "},
        [PHRASE_ACTIONS] = {"快捷操作：", "Shortcuts:"},
        [PHRASE_OFFER] = {"没有解决？可以转人工客服。", "Not solved? You can ask for a person."},
        [PHRASE_JOIN] = {"、", ", "},
    };

    return phrases[p][text_begins(language, "zh") ? 0 : 1];
}

static void print_line(jieda_str text)
{
    out_text(stdout, text);
    fputc('\n', stdout);
}

static void print_entry(const cli *c, const jieda_reply *reply)
{
    if (reply->title.len && reply->decision != JIEDA_DECISION_SMALLTALK) {
        fputs(out_style(c, STYLE_BOLD), stdout);
        out_text(stdout, reply->title);
        printf("%s\n", out_style(c, STYLE_NONE));
    }
    if (reply->answer.len)
        print_line(reply->answer);
    if (reply->need_count > 0)
        fputs(say(reply->language, PHRASE_NEEDS), stdout);
    for (size_t i = 0; i < reply->need_count; i++) {
        fputs(i > 0 ? say(reply->language, PHRASE_JOIN) : "", stdout);
        out_text(stdout, reply->needs[i]);
    }
    if (reply->need_count > 0)
        fputc('\n', stdout);
    if (reply->action_count > 0)
        printf("%s\n", say(reply->language, PHRASE_ACTIONS));
    for (size_t i = 0; i < reply->action_count; i++) {
        fputs("  - ", stdout);
        out_text(stdout, reply->actions[i].label);
        printf("  %s", out_style(c, STYLE_DIM));
        out_text(stdout, reply->actions[i].link);
        printf("%s\n", out_style(c, STYLE_NONE));
    }
}

static void print_options(const cli *c, const jieda_reply *reply)
{
    for (size_t i = 0; i < reply->option_count; i++) {
        printf("  %s%zu.%s ", out_style(c, STYLE_BOLD), i + 1, out_style(c, STYLE_NONE));
        print_line(reply->options[i].title);
    }
    if (reply->none_of_these.len > 0) {
        printf("  %s-%s ", out_style(c, STYLE_BOLD), out_style(c, STYLE_NONE));
        print_line(reply->none_of_these);
    }
}

/* Titles of the categories that hold entries, which are questions the engine understands. */
static void print_topics(const cli *c, jieda_session *session, const char *join)
{
    const jieda_category *list;
    size_t count, printed = 0;

    if (jieda_categories(session, &list, &count, NULL) != JIEDA_OK)
        return; /* out of memory: the prompt was printed, the list is an extra */
    fputs(out_style(c, STYLE_DIM), stdout);
    for (size_t i = 0; i < count; i++) {
        if (list[i].entry_count == 0)
            continue;
        fputs(printed++ > 0 ? join : "  ", stdout);
        out_text(stdout, list[i].title);
    }
    printf("%s%s", out_style(c, STYLE_NONE), printed > 0 ? "\n" : "");
}

void reply_print(const cli *c, jieda_session *session, const jieda_reply *reply)
{
    bool handoff = reply->decision == JIEDA_DECISION_HANDOFF;

    for (size_t i = 0; i < reply->notice_count; i++) {
        fputs(out_style(c, STYLE_YELLOW), stdout);
        out_text(stdout, reply->notices[i]);
        printf("%s\n", out_style(c, STYLE_NONE));
    }
    print_entry(c, reply);
    if (reply->prompt.len > 0) {
        fputs(out_style(c, handoff ? STYLE_YELLOW : STYLE_NONE), stdout);
        out_text(stdout, reply->prompt);
        printf("%s\n", out_style(c, STYLE_NONE));
    } else if (reply->decision == JIEDA_DECISION_NONE) {
        printf("%s\n", say(reply->language, PHRASE_NOTHING));
    } else if (handoff && reply->answer.len == 0) {
        printf("%s%s%s\n", out_style(c, STYLE_DIM), say(reply->language, PHRASE_MUTE),
               out_style(c, STYLE_NONE));
    }
    print_options(c, reply);
    if (reply->handoff_offer && reply->decision == JIEDA_DECISION_ANSWER)
        printf("%s%s%s\n", out_style(c, STYLE_DIM), say(reply->language, PHRASE_OFFER),
               out_style(c, STYLE_NONE));
    if (session && text_equal(reply->why, "no-match") && reply->decision == JIEDA_DECISION_CLARIFY)
        print_topics(c, session, say(reply->language, PHRASE_JOIN));
}
