/*
 * tokens.c - `jieda tokens`: how the engine reads a text, one line for each class of token.
 *
 *   normalized  退款12天
 *   unigram     退 款 12 天
 *   bigram      退款
 *
 * With --ranges each token is followed by its place in the text as typed, in bytes: 退款[0,6).
 */
#include "cli.h"

#define CLASS_COUNT (JIEDA_TOKEN_CANONICAL + 1)

typedef struct reading {
    jieda_str text, normalized;
    const jieda_token *tokens;
    size_t count;
} reading;

typedef struct job {
    cli *c;
    kb *k;
    const args *a;
    bool several;
    int code;
} job;

static cJSON *token_json(const jieda_token *t)
{
    cJSON *item = cJSON_CreateObject();

    if (item && json_put_str(item, "text", t->text) && json_put_whole(item, "begin", t->begin) &&
        json_put_whole(item, "end", t->end))
        return item;
    cJSON_Delete(item);
    return NULL;
}

static bool put_class(cJSON *object, const reading *r, jieda_token_class token_class)
{
    cJSON *array = cJSON_AddArrayToObject(object, jieda_token_class_name(token_class));

    for (size_t i = 0; array && i < r->count; i++) {
        cJSON *item;

        if (r->tokens[i].token_class != token_class)
            continue;
        item = token_json(&r->tokens[i]);
        if (!item || !cJSON_AddItemToArray(array, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return array != NULL;
}

static cJSON *reading_json(const reading *r, const char *error)
{
    cJSON *object = cJSON_CreateObject();
    bool ok = object && json_put_str(object, "text", r->text) &&
              json_put_str(object, "normalized", r->normalized);

    for (int k = 0; ok && k < CLASS_COUNT; k++)
        ok = put_class(object, r, (jieda_token_class)k);
    if (ok && (!error || json_put_str(object, "error", text_of(error))))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static void print_class(const job *j, const reading *r, jieda_token_class token_class)
{
    printf("%-12s", jieda_token_class_name(token_class));
    for (size_t i = 0, printed = 0; i < r->count; i++) {
        const jieda_token *t = &r->tokens[i];

        if (t->token_class != token_class)
            continue;
        if (printed++ > 0)
            fputc(' ', stdout);
        out_text(stdout, t->text);
        if (j->a->ranges)
            printf("%s[%u,%u)%s", out_style(j->c, STYLE_DIM), t->begin, t->end,
                   out_style(j->c, STYLE_NONE));
    }
    fputc('\n', stdout);
}

static void print_reading(const job *j, const reading *r)
{
    printf("%-12s", "normalized");
    out_text(stdout, r->normalized);
    fputc('\n', stdout);
    for (int k = 0; k < CLASS_COUNT; k++)
        print_class(j, r, (jieda_token_class)k);
    if (j->several)
        fputc('\n', stdout);
}

static bool read_line(void *ctx, jieda_str line, bool too_long, uint64_t number)
{
    job *j = ctx;
    reading r = {.text = line};
    jieda_error err = {0};
    jieda_status st;

    if (too_long) {
        err = (jieda_error){.status = JIEDA_E_LIMIT,
                            .message = "the text is longer than 65536 bytes; shorten it"};
        st = JIEDA_E_LIMIT;
        r.text = text_cut(line, 256);
    } else {
        st = jieda_tokens(j->k->session, line, &r.tokens, &r.count, &r.normalized, &err);
    }
    if (st == JIEDA_E_NOMEM)
        j->code = CLI_INTERNAL;
    if (j->a->json) {
        int code = out_json(j->c, reading_json(&r, st == JIEDA_OK ? NULL : err.message));

        j->code = code == CLI_OK ? j->code : code;
    } else if (st == JIEDA_OK) {
        print_reading(j, &r);
    } else {
        out_error(j->c, "text %llu: %s", (unsigned long long)number, err.message);
    }
    return out_flush(j->c);
}

int run_tokens(cli *c, const args *a)
{
    kb k;
    int code = kb_open(c, a, &k);
    job j = {c, &k, a, a->word_count == 0, CLI_OK};

    if (code == CLI_OK && a->word_count > 0) {
        jieda_str text = text_of(a->words[0]);
        bool too_long = text.len > JIEDA_UTTERANCE_BYTES_MAX;

        read_line(&j, text, too_long, 1);
        code = too_long ? CLI_USAGE : j.code;
    } else if (code == CLI_OK) {
        interrupt_catch();
        code = line_each_of_stdin(c, read_line, &j);
        code = code == CLI_OK ? j.code : code;
    }
    kb_close(&k);
    return code;
}
