/*
 * reply.c - a reply as a visitor reads it, in the reply's language.
 *
 * Our own sentences exist in Chinese and English; a knowledge base in another language gets the
 * English ones. The answer's text already holds its numbered steps, so they are not printed again.
 */
#include "cli.h"

typedef enum phrase {
    PHRASE_NOTHING,
    PHRASE_WHICH,
    PHRASE_REPHRASE,
    PHRASE_PERSON,
    PHRASE_MEANWHILE,
    PHRASE_NEEDS,
    PHRASE_ACTIONS,
    PHRASE_OFFER,
    PHRASE_JOIN,
} phrase;

static const char *say(const jieda_reply *reply, phrase p)
{
    static const char *const phrases[][2] = {
        [PHRASE_NOTHING] = {"请输入您的问题。", "Please type a question."},
        [PHRASE_WHICH] = {"您想问的是哪一个？", "Which of these do you mean?"},
        [PHRASE_REPHRASE] = {"没有找到相关内容，请换个说法再问一次。",
                             "I found nothing about that. Please put it in other words."},
        [PHRASE_PERSON] = {"这个问题需要人工客服来处理。", "A person needs to take over here."},
        [PHRASE_MEANWHILE] = {"在此之前，您可以先这样做：", "Until then, here is what you can do:"},
        [PHRASE_NEEDS] = {"请准备：", "Have ready: "},
        [PHRASE_ACTIONS] = {"快捷操作：", "Shortcuts:"},
        [PHRASE_OFFER] = {"没有解决？可以转人工客服。", "Not solved? You can ask for a person."},
        [PHRASE_JOIN] = {"、", ", "},
    };

    return phrases[p][text_begins(reply->language, "zh") ? 0 : 1];
}

static void print_line(jieda_str text)
{
    out_text(stdout, text);
    fputc('\n', stdout);
}

static void print_entry(const cli *c, const jieda_reply *reply)
{
    if (reply->title.len) {
        fputs(out_style(c, STYLE_BOLD), stdout);
        out_text(stdout, reply->title);
        printf("%s\n", out_style(c, STYLE_NONE));
    }
    if (reply->answer.len)
        print_line(reply->answer);
    if (reply->need_count > 0)
        fputs(say(reply, PHRASE_NEEDS), stdout);
    for (size_t i = 0; i < reply->need_count; i++) {
        fputs(i > 0 ? say(reply, PHRASE_JOIN) : "", stdout);
        out_text(stdout, reply->needs[i]);
    }
    if (reply->need_count > 0)
        fputc('\n', stdout);
    if (reply->action_count > 0)
        printf("%s\n", say(reply, PHRASE_ACTIONS));
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
    if (reply->option_count == 0) {
        printf("%s\n", say(reply, PHRASE_REPHRASE));
        return;
    }
    printf("%s\n", say(reply, PHRASE_WHICH));
    for (size_t i = 0; i < reply->option_count; i++) {
        printf("  %s%zu.%s ", out_style(c, STYLE_BOLD), i + 1, out_style(c, STYLE_NONE));
        print_line(reply->options[i].title);
    }
}

void reply_print(const cli *c, const jieda_reply *reply)
{
    switch (reply->decision) {
    case JIEDA_DECISION_NONE:
        printf("%s\n", say(reply, PHRASE_NOTHING));
        return;
    case JIEDA_DECISION_CLARIFY:
        print_options(c, reply);
        return;
    case JIEDA_DECISION_SMALLTALK:
        print_line(reply->answer);
        return;
    case JIEDA_DECISION_HANDOFF:
        printf("%s%s%s\n", out_style(c, STYLE_YELLOW), say(reply, PHRASE_PERSON),
               out_style(c, STYLE_NONE));
        if (reply->entry_id.len) {
            printf("%s\n", say(reply, PHRASE_MEANWHILE));
            print_entry(c, reply);
        }
        return;
    case JIEDA_DECISION_ANSWER:
        print_entry(c, reply);
        if (reply->handoff_offer)
            printf("%s%s%s\n", out_style(c, STYLE_DIM), say(reply, PHRASE_OFFER),
                   out_style(c, STYLE_NONE));
        return;
    }
}
