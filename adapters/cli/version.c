/*
 * version.c - `jieda version`: which jieda runs, and which knowledge base a file holds.
 */
#include "cli.h"

/* Its own JSON, or null. */
static bool put_model(cJSON *about, jieda_str model)
{
    cJSON *item = model.len ? cJSON_ParseWithLength(model.ptr, model.len) : NULL;

    if (!item)
        item = cJSON_CreateNull();
    if (item && cJSON_AddItemToObject(about, "model", item))
        return true;
    cJSON_Delete(item);
    return false;
}

static int print_json(cli *c, const jieda_kb_info *info)
{
    cJSON *object = cJSON_CreateObject(), *about = NULL;
    bool ok = object && json_put_str(object, "jieda", text_of(jieda_version()));

    if (ok && info) {
        about = cJSON_AddObjectToObject(object, "kb");
        ok = about && json_put_str(about, "name", info->name) &&
             json_put_str(about, "title", info->title) &&
             json_put_str(about, "content_hash", info->content_hash) &&
             json_put_str(about, "wording_hash", info->wording_hash) &&
             json_put_str(about, "lexicon_hash", info->lexicon_hash) &&
             json_put_whole(about, "entries", info->entry_count) &&
             json_put_whole(about, "questions", info->question_count) &&
             json_put_whole(about, "words", info->word_count) && put_model(about, info->model);
    }
    if (!ok) {
        cJSON_Delete(object);
        object = NULL;
    }
    return out_json(c, object);
}

static void print_row(const char *name, jieda_str value)
{
    printf("%-14s", name);
    out_text(stdout, value);
    fputc('\n', stdout);
}

static void print_table(const jieda_kb_info *info)
{
    printf("%-14s%s\n", "jieda", jieda_version());
    if (!info)
        return;
    print_row("name", info->name);
    print_row("title", info->title);
    print_row("content hash", info->content_hash);
    print_row("lexicon hash", info->lexicon_hash);
    printf("%-14s%u\n%-14s%u\n%-14s%u\n", "entries", info->entry_count, "questions",
           info->question_count, "words", info->word_count);
    print_row("model", info->model.len ? info->model : text_of("none"));
}

int run_version(cli *c, const args *a)
{
    jieda_kb_info info;
    kb k = {0};
    int code = a->kb ? kb_open(c, a, &k) : CLI_OK;

    if (code == CLI_OK && k.engine)
        jieda_info(k.engine, &info);
    if (code == CLI_OK && a->json)
        code = print_json(c, k.engine ? &info : NULL);
    else if (code == CLI_OK)
        print_table(k.engine ? &info : NULL);
    kb_close(&k);
    return code;
}
