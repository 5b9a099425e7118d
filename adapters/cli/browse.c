/*
 * browse.c - `jieda browse` and `jieda suggest`: looking around without asking.
 *
 * One word names a category or an entry; categories are tried first, for an id such as "refund" is
 * a category in every pack whose entries are "refund.apply". What a category call returned dies
 * with the next call on the session, so the tree is copied out where both are needed.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* ---- the tree -------------------------------------------------------------------------------- */

/* Below this depth categories are printed flat; the compiler refuses cycles anyway. */
#define DEPTH_MAX 16

static bool same(jieda_str a, jieda_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void print_category(const cli *c, const jieda_category *category, size_t depth)
{
    size_t indent = depth * 2, width = text_width(category->id);

    printf("%*s%s", (int)indent, "", out_style(c, STYLE_BOLD));
    out_text(stdout, category->id);
    printf("%s%*s  ", out_style(c, STYLE_NONE),
           width + indent < 24 ? (int)(24 - width - indent) : 0, "");
    out_text(stdout, category->title);
    printf("  %s(%u)%s\n", out_style(c, STYLE_DIM), category->entry_count,
           out_style(c, STYLE_NONE));
}

static void print_tree(const cli *c, const jieda_category *list, size_t count, jieda_str parent,
                       size_t depth)
{
    for (size_t i = 0; depth < DEPTH_MAX && i < count; i++) {
        if (!same(list[i].parent, parent))
            continue;
        print_category(c, &list[i], depth);
        print_tree(c, list, count, list[i].id, depth + 1);
    }
}

static cJSON *tree_json(const jieda_category *list, size_t count)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *array = object ? cJSON_AddArrayToObject(object, "categories") : NULL;
    bool ok = array != NULL;

    for (size_t i = 0; ok && i < count; i++) {
        cJSON *item = cJSON_CreateObject();

        if (!item || !cJSON_AddItemToArray(array, item)) {
            cJSON_Delete(item);
            ok = false;
            break;
        }
        ok = json_put_str(item, "id", list[i].id) &&
             json_put_str_or_null(item, "parent", list[i].parent) &&
             json_put_str(item, "title", list[i].title) &&
             json_put_whole(item, "entries", list[i].entry_count);
    }
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

static int browse_tree(cli *c, const args *a, kb *k)
{
    const jieda_category *list;
    jieda_error err = {0};
    size_t count;

    if (jieda_categories(k->session, &list, &count, &err) != JIEDA_OK)
        return out_library_error(c, &err);
    if (a->json)
        return out_json(c, tree_json(list, count));
    print_tree(c, list, count, (jieda_str){NULL, 0}, 0);
    if (count == 0)
        puts("This knowledge base has no categories; `jieda suggest` finds its questions.");
    return CLI_OK;
}

/* ---- a list of entries ----------------------------------------------------------------------- */

static cJSON *list_json(const char *what, jieda_str name, const char *list_name,
                        const jieda_option *list, size_t count)
{
    cJSON *object = cJSON_CreateObject(), *array = NULL;
    bool ok = object && json_put_str(object, what, name);

    if (ok)
        array = cJSON_AddArrayToObject(object, list_name);
    ok = ok && array;
    for (size_t i = 0; ok && i < count; i++) {
        cJSON *item = cJSON_CreateObject();

        ok = item && json_put_str(item, "id", list[i].entry_id) &&
             json_put_str(item, "title", list[i].title) && cJSON_AddItemToArray(array, item);
        if (!ok)
            cJSON_Delete(item);
    }
    if (ok)
        return object;
    cJSON_Delete(object);
    return NULL;
}

static void print_list(const cli *c, const jieda_option *list, size_t count)
{
    size_t columns = 24;

    for (size_t i = 0; i < count; i++)
        if (text_width(list[i].entry_id) > columns)
            columns = text_width(list[i].entry_id);
    columns = columns > 60 ? 60 : columns;
    for (size_t i = 0; i < count; i++) {
        fputs(out_style(c, STYLE_BOLD), stdout);
        out_cell(stdout, list[i].entry_id, columns);
        printf("%s  ", out_style(c, STYLE_NONE));
        out_text(stdout, list[i].title);
        fputc('\n', stdout);
    }
}

/* ---- what one word names --------------------------------------------------------------------- */

typedef struct ids {
    char **items;
    size_t count, capacity;
} ids;

static bool ids_add(ids *list, jieda_str id)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        char **items = realloc(list->items, capacity * sizeof *items);

        if (!items)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count] = text_repair(id);
    return list->items[list->count] && ++list->count;
}

static void ids_free(ids *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

/* Every category, then every entry in one. Best effort: it only serves a hint. */
static void collect_ids(kb *k, ids *list)
{
    const jieda_category *categories;
    const jieda_option *entries;
    size_t count, category_count;

    if (jieda_categories(k->session, &categories, &count, NULL) != JIEDA_OK)
        return;
    for (size_t i = 0; i < count; i++)
        if (!ids_add(list, categories[i].id))
            return;
    category_count = list->count;
    for (size_t i = 0; i < category_count; i++) {
        if (jieda_entries(k->session, list->items[i], &entries, &count, NULL) != JIEDA_OK)
            return;
        for (size_t e = 0; e < count; e++)
            if (!ids_add(list, entries[e].entry_id))
                return;
    }
}

static int not_found(const cli *c, kb *k, const char *word)
{
    ids list = {0};
    const char *near;

    collect_ids(k, &list);
    near = text_nearest(word, (const char *const *)list.items, list.count);
    if (near)
        out_error(c, "no category or entry \"%s\" may be shown; did you mean \"%s\"?", word, near);
    else
        out_error(c,
                  "no category or entry \"%s\" may be shown; `jieda browse -k FILE.kb` lists "
                  "the categories",
                  word);
    ids_free(&list);
    return CLI_USAGE;
}

static int browse_entry(cli *c, const args *a, kb *k)
{
    const jieda_reply *reply;
    jieda_error err = {0};
    jieda_status st = jieda_entry(k->session, a->words[0], &reply, &err);

    if (st == JIEDA_E_NOT_FOUND)
        return not_found(c, k, a->words[0]);
    if (st != JIEDA_OK)
        return out_library_error(c, &err);
    if (a->json)
        return out_json(c, json_reply((jieda_str){NULL, 0}, reply, 0));
    reply_print(c, NULL, reply);
    return CLI_OK;
}

static int browse_word(cli *c, const args *a, kb *k)
{
    const jieda_category *children;
    const jieda_option *list;
    jieda_error err = {0};
    size_t count, child_count;
    jieda_status st = jieda_entries(k->session, a->words[0], &list, &count, &err);

    if (st == JIEDA_E_NOT_FOUND)
        return browse_entry(c, a, k);
    if (st != JIEDA_OK)
        return out_library_error(c, &err);
    if (a->json)
        return out_json(c, list_json("category", text_of(a->words[0]), "entries", list, count));
    print_list(c, list, count);
    if (jieda_categories(k->session, &children, &child_count, &err) != JIEDA_OK)
        return out_library_error(c, &err);
    print_tree(c, children, child_count, text_of(a->words[0]), 0);
    return CLI_OK;
}

int run_browse(cli *c, const args *a)
{
    kb k;
    int code = kb_open(c, a, &k);

    if (code == CLI_OK)
        code = a->word_count > 0 ? browse_word(c, a, &k) : browse_tree(c, a, &k);
    kb_close(&k);
    return code;
}

int run_suggest(cli *c, const args *a)
{
    const jieda_option *list = NULL;
    jieda_error err = {0};
    size_t count = 0;
    kb k;
    int code = kb_open(c, a, &k);

    if (code == CLI_OK &&
        jieda_suggest(k.session, text_of(a->words[0]), a->count, &list, &count, &err) != JIEDA_OK)
        code = out_library_error(c, &err);
    else if (code == CLI_OK && a->json)
        code = out_json(c, list_json("prefix", text_of(a->words[0]), "suggestions", list, count));
    else if (code == CLI_OK)
        print_list(c, list, count);
    kb_close(&k);
    return code;
}
