/*
 * chat.h - a conversation on a terminal, shared by chat.c, which reads lines, and chat_commands.c,
 * which does what a line that begins with / says.
 */
#ifndef JIEDA_CLI_CHAT_H
#define JIEDA_CLI_CHAT_H

#include "cli.h"

typedef struct chat {
    cli *c;
    kb *k;
    char decision_id[32]; /* of the last question's reply, which feedback is about; "" if none */
    bool quit;
} chat;

/* Prints a reply and what became of the ticket, then an empty line. The reply is gone then. */
void chat_show(chat *t, const jieda_reply *reply);

/* "/agent Li" and the like. */
void chat_command(chat *t, jieda_str line);

#endif
