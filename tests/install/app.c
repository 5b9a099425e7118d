/*
 * app.c - the smallest program that embeds jieda and checks what can fail: asks one question and
 * prints the decision and the entry. The install test builds it against the installed tree.
 */
#include <jieda/jieda.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;
    const jieda_reply *reply = NULL;
    jieda_error err = {JIEDA_OK, 0, 0, "", ""};
    int code = 1;

    if (argc != 3) {
        fprintf(stderr, "usage: app FILE.kb QUESTION\n");
        return 2;
    }
    if (jieda_open(argv[1], NULL, &engine, &err) != JIEDA_OK ||
        jieda_session_new(engine, &session, &err) != JIEDA_OK ||
        jieda_ask(session, (jieda_str){argv[2], strlen(argv[2])}, &reply, &err) != JIEDA_OK) {
        fprintf(stderr, "app: %s: %s\n", err.source, err.message);
        goto done;
    }
    printf("%s %.*s\n%.*s\n", jieda_decision_name(reply->decision), (int)reply->entry_id.len,
           reply->entry_id.ptr, (int)reply->answer.len, reply->answer.ptr);
    code = 0;

done:
    jieda_session_free(session);
    jieda_close(engine);
    return code;
}
