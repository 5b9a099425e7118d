/*
 * inputs.c - knowledge base sources, lists of labelled pairs and feedback become a corpus.
 *
 * A knowledge base teaches by itself: wordings of one entry mean the same, those of others do not.
 * Which of the many pairs are taken decides how much is learned: of each wording, some partners at
 * random, so that all an entry's ways of asking are tied together, and the nearest of a random
 * sample of foreign questions, since telling apart what nobody confuses teaches nothing.
 */
#include "compiler/files.h"
#include "compiler/json.h"
#include "trainer/trainer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Partners of its entry each wording is paired with. */
#define PARTNER_COUNT 3
/* Near misses of each wording, and how many questions each is sought among. */
#define MISS_COUNT 2
#define MISS_SAMPLE_COUNT 100
/* Wordings of an entry a piece of feedback, or a not[] question, is held against: the nearest. */
#define FEEDBACK_COUNT 3
#define PROBE_BYTES 65536

/* ---- files ----------------------------------------------------------------------------------- */

static jieda_status fail_file(const char *path, jieda_status status, const char *message,
                              jieda_error *err)
{
    jieda__fail(err, status, "%s", message);
    jieda__error_source(err, path);
    return status;
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t len = strlen(path), end = strlen(suffix);

    return len >= end && strcmp(path + len - end, suffix) == 0;
}

/* The field of a line that begins after `index` tabs; {NULL, 0} if there are not so many. */
static jieda_str field(jieda_str line, size_t index)
{
    for (; index > 0; index--) {
        const char *tab = line.len ? memchr(line.ptr, '\t', line.len) : NULL;

        if (!tab)
            return (jieda_str){NULL, 0};
        line.len -= (size_t)(tab + 1 - line.ptr);
        line.ptr = tab + 1;
    }
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\t')
            line.len = i;
    return line;
}

/* Takes the next line off `rest`, without its end. */
static bool next_line(jieda_str *rest, jieda_str *line)
{
    const char *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->ptr, '\n', rest->len);
    *line = (jieda_str){rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    rest->ptr += line->len + (end != NULL);
    rest->len -= line->len + (end != NULL);
    if (line->len > 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    return true;
}

static bool is_label(jieda_str text)
{
    return text.len == 1 && (text.ptr[0] == '0' || text.ptr[0] == '1');
}

static jieda__input_kind kind_of_text(const char *path, jieda_str text)
{
    jieda_str line;

    while (next_line(&text, &line)) {
        if (line.len == 0)
            continue;
        if (has_suffix(path, ".tsv") && is_label(field(line, 2)))
            return JIEDA__INPUT_PAIRS;
        if (has_suffix(path, ".jsonl"))
            for (size_t i = 0; i + 11 <= line.len; i++)
                if (memcmp(line.ptr + i, "\"utterance\"", 11) == 0)
                    return JIEDA__INPUT_FEEDBACK;
        break;
    }
    return JIEDA__INPUT_SOURCE;
}

jieda_status jieda__input_kind_of(const char *path, jieda__input_kind *out, jieda_error *err)
{
    char block[PROBE_BYTES];
    struct stat info;
    size_t len;
    FILE *file;

    *out = JIEDA__INPUT_SOURCE;
    if (stat(path, &info) != 0)
        return fail_file(path, JIEDA_E_IO, strerror(errno), err);
    if (!S_ISREG(info.st_mode) || (!has_suffix(path, ".tsv") && !has_suffix(path, ".jsonl")))
        return JIEDA_OK;
    file = fopen(path, "rb");
    if (!file)
        return fail_file(path, JIEDA_E_IO, strerror(errno), err);
    len = fread(block, 1, sizeof block, file);
    fclose(file);
    *out = kind_of_text(path, (jieda_str){block, len});
    return JIEDA_OK;
}

static jieda_status read_file(jieda__train_inputs *in, const char *path, jieda_str *out,
                              jieda_error *err)
{
    jieda_status st = jieda__file_read(in->corpus->arena, path, in->bytes_left, out, err);

    if (st == JIEDA_OK)
        in->bytes_left -= out->len;
    return st;
}

/* Notes where the model comes from. The name only: a path would differ from machine to machine. */
static bool note_input(jieda__train_inputs *in, const char *path, const char *kind, uint64_t hash,
                       size_t pair_count)
{
    const char *name = strrchr(path, '/');
    cJSON *item = cJSON_CreateObject();
    char hex[17];

    if (!item || !cJSON_AddItemToArray(in->provenance, item)) {
        cJSON_Delete(item);
        return false;
    }
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash);
    return cJSON_AddStringToObject(item, "name", name && name[1] ? name + 1 : path) &&
           cJSON_AddStringToObject(item, "kind", kind) &&
           cJSON_AddStringToObject(item, "hash", hex) &&
           cJSON_AddNumberToObject(item, "pairs", (double)pair_count);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

static jieda_status out_of_memory(jieda_error *err)
{
    return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
}

jieda_status jieda__learn_pairs(jieda__train_inputs *in, const char *path, jieda_error *err)
{
    size_t before = in->corpus->pair_count;
    jieda_str text, rest, line;
    uint32_t number = 0;
    jieda_status st = read_file(in, path, &text, err);

    if (st != JIEDA_OK)
        return st;
    rest = text;
    while (next_line(&rest, &line)) {
        jieda_str a = field(line, 0), b = field(line, 1), label = field(line, 2);
        uint32_t question_a, question_b;

        number++;
        if (line.len == 0)
            continue;
        if (jieda__is_blank(a) || !b.ptr || jieda__is_blank(b) || !is_label(label)) {
            jieda__report(in->diagnostics, JIEDA_SEVERITY_ERROR, (jieda__pos){path, number, 0},
                          "bad-pair",
                          "not a labelled pair; write question TAB question TAB 0 or 1");
            continue;
        }
        st = jieda__corpus_question(in->corpus, a, &question_a);
        if (st == JIEDA_OK)
            st = jieda__corpus_question(in->corpus, b, &question_b);
        if (st == JIEDA_OK)
            st = jieda__corpus_pair(in->corpus, question_a, question_b, label.ptr[0] == '1', true);
        if (st != JIEDA_OK)
            return out_of_memory(err);
    }
    if (!note_input(in, path, "pairs", jieda__hash(JIEDA__HASH_SEED, text.ptr, text.len),
                    in->corpus->pair_count - before))
        return out_of_memory(err);
    return JIEDA_OK;
}

/* ---- knowledge bases ------------------------------------------------------------------------- */

/* A question of the source, and whose it is. */
typedef struct wording {
    uint32_t question;
    uint32_t entry; /* index, UINT32_MAX = out of scope */
    uint32_t language;
} wording;

typedef struct lesson {
    jieda__train_inputs *in;
    jieda__random random;
    wording *items;
    size_t count;
    size_t foreign_count; /* the out-of-scope ones, which stand last */
    uint32_t *first;      /* [entry_count + 1]: wordings of an entry stand together */
} lesson;

static jieda_status collect_wordings(lesson *l)
{
    const jieda__source *source = l->in->source;
    size_t count = source->out_of_scope_count;
    jieda_status st = JIEDA_OK;

    for (size_t e = 0; e < source->entry_count; e++)
        count += source->entries[e].question_count;
    l->items = jieda__arena_alloc(l->in->corpus->arena, (count + 1) * sizeof *l->items);
    l->first =
        jieda__arena_alloc(l->in->corpus->arena, (source->entry_count + 1) * sizeof *l->first);
    if (!l->items || !l->first)
        return JIEDA_E_NOMEM;
    for (size_t e = 0; e < source->entry_count && st == JIEDA_OK; e++) {
        l->first[e] = (uint32_t)l->count;
        for (size_t i = 0; i < source->entries[e].question_count && st == JIEDA_OK; i++) {
            const jieda__src_question *q = &source->entries[e].questions[i];

            l->items[l->count] = (wording){.entry = (uint32_t)e, .language = q->language};
            st = jieda__corpus_question(l->in->corpus, q->text, &l->items[l->count++].question);
        }
    }
    l->first[source->entry_count] = (uint32_t)l->count;
    for (size_t i = 0; i < source->out_of_scope_count && st == JIEDA_OK; i++) {
        l->items[l->count] = (wording){.entry = UINT32_MAX};
        st = jieda__corpus_question(l->in->corpus, source->out_of_scope[i].text,
                                    &l->items[l->count++].question);
        l->foreign_count++;
    }
    return st;
}

/* Dice of canonical units, unweighed: good enough to find near misses by. */
static float likeness(const jieda__corpus *corpus, uint32_t a, uint32_t b)
{
    const jieda__train_question *x = &corpus->questions[a], *y = &corpus->questions[b];
    const uint32_t *of_x = x->hashes + x->raw_count, *of_y = y->hashes + y->raw_count;
    uint64_t taken = 0;
    float common = 0.0f;

    for (uint32_t i = 0; i < x->canon_count; i++) {
        for (uint32_t k = 0; k < y->canon_count; k++) {
            if (of_x[i] == of_y[k] && !(taken >> k & 1)) {
                taken |= 1ULL << k;
                common += 1.0f;
                break;
            }
        }
    }
    return 2.0f * common / (float)(x->canon_count + y->canon_count + 1);
}

/* The most alike of a random sample of questions of other entries. */
static const wording *near_miss(lesson *l, const wording *of)
{
    const wording *best = NULL;
    float best_likeness = -1.0f;

    for (int i = 0; i < MISS_SAMPLE_COUNT; i++) {
        const wording *other = &l->items[jieda__random_below(&l->random, l->count)];
        float like;

        if (other->entry == of->entry)
            continue;
        like = likeness(l->in->corpus, of->question, other->question);
        if (like > best_likeness) {
            best_likeness = like;
            best = other;
        }
    }
    return best;
}

static jieda_status pair_up(lesson *l, const wording *of)
{
    uint32_t begin, end;
    jieda_status st = JIEDA_OK;

    if (of->entry == UINT32_MAX)
        return JIEDA_OK;
    begin = l->first[of->entry];
    end = l->first[of->entry + 1];
    for (int i = 0; i < PARTNER_COUNT && end - begin > 1 && st == JIEDA_OK; i++) {
        const wording *partner = &l->items[begin + jieda__random_below(&l->random, end - begin)];

        if (partner->question != of->question && partner->language == of->language)
            st = jieda__corpus_pair(l->in->corpus, of->question, partner->question, true, false);
    }
    for (int i = 0; i < MISS_COUNT && st == JIEDA_OK; i++) {
        const wording *miss = near_miss(l, of);

        if (miss)
            st = jieda__corpus_pair(l->in->corpus, of->question, miss->question, false, false);
    }
    return st;
}

/* Pairs a text with the wordings of an entry that are most like it. */
static jieda_status hold_against(jieda__corpus *corpus, const jieda__src_entry *entry,
                                 jieda_str text, bool label)
{
    struct near {
        uint32_t question;
        float like;
    } best[FEEDBACK_COUNT] = {{0}};
    size_t count = 0;
    uint32_t asked;
    jieda_status st = jieda__corpus_question(corpus, text, &asked);

    for (size_t i = 0; i < entry->question_count && st == JIEDA_OK; i++) {
        struct near one;

        st = jieda__corpus_question(corpus, entry->questions[i].text, &one.question);
        if (st != JIEDA_OK || one.question == asked)
            continue;
        one.like = likeness(corpus, asked, one.question);
        for (size_t k = 0; k < FEEDBACK_COUNT; k++) {
            if (k == count || one.like > best[k].like) {
                struct near swap = best[k];

                best[k] = one;
                one = swap;
                if (k == count) {
                    count++;
                    break;
                }
            }
        }
    }
    for (size_t k = 0; k < count && st == JIEDA_OK; k++)
        st = jieda__corpus_pair(corpus, asked, best[k].question, label, false);
    return st;
}

jieda_status jieda__learn_source(jieda__train_inputs *in, jieda_error *err)
{
    lesson l = {.in = in, .random = {jieda__hash_mix(in->corpus->seed + 2)}};
    const jieda__source *source = in->source;
    size_t before = in->corpus->pair_count;
    jieda_status st = collect_wordings(&l);

    for (size_t i = 0; i < l.count && st == JIEDA_OK; i++)
        st = pair_up(&l, &l.items[i]);
    for (size_t e = 0; e < source->entry_count; e++)
        for (size_t i = 0; i < source->entries[e].not_count && st == JIEDA_OK; i++)
            st = hold_against(in->corpus, &source->entries[e],
                              source->entries[e].not_questions[i].text, false);
    if (st != JIEDA_OK || !note_input(in, in->source_path, "source", jieda__wording_hash(source),
                                      in->corpus->pair_count - before))
        return out_of_memory(err);
    return JIEDA_OK;
}

/* ---- feedback -------------------------------------------------------------------------------- */

static jieda_status learn_line(jieda__train_inputs *in, jieda__json *json,
                               const jieda__names *entries)
{
    enum { UTTERANCE, ENTRY, RIGHT, KEY_COUNT };
    static const jieda__json_key keys[KEY_COUNT] = {
        [UTTERANCE] = {"utterance", JIEDA__JSON_STRING, true, "\"怎么还没到账\""},
        [ENTRY] = {"entry", JIEDA__JSON_STRING, true, "\"refund.not_arrived\""},
        [RIGHT] = {"right", JIEDA__JSON_INTEGER, true, "1"},
    };
    jieda__json_value value[KEY_COUNT];
    jieda_str utterance, id;
    uint32_t entry;

    if (!jieda__json_keys(json, jieda__json_root(json), "feedback", keys, KEY_COUNT, value) ||
        !value[UTTERANCE].item || !value[ENTRY].item || !value[RIGHT].item ||
        !jieda__json_copy(json, value[UTTERANCE], "\"utterance\"", &utterance) ||
        !jieda__json_copy(json, value[ENTRY], "\"entry\"", &id))
        return json->status;
    if (value[RIGHT].item->valueint != 0 && value[RIGHT].item->valueint != 1) {
        jieda__report(in->diagnostics, JIEDA_SEVERITY_ERROR, jieda__json_pos(json, value[RIGHT]),
                      "bad-feedback",
                      "\"right\" is neither 0 nor 1; write 1 if the entry was right");
        return JIEDA_OK;
    }
    entry = jieda__names_find(entries, id);
    if (entry == JIEDA__NAME_NONE) {
        jieda__report(in->diagnostics, JIEDA_SEVERITY_WARNING, jieda__json_pos(json, value[ENTRY]),
                      "unknown-entry", "the source has no entry \"%s\"; this line is passed over",
                      jieda__quote(id).text);
        return JIEDA_OK;
    }
    return hold_against(in->corpus, &in->source->entries[entry], utterance,
                        value[RIGHT].item->valueint != 0);
}

jieda_status jieda__learn_feedback(jieda__train_inputs *in, const char *path, jieda_error *err)
{
    size_t before = in->corpus->pair_count;
    jieda__places places = {0};
    jieda_str text, rest, line;
    jieda__names entries;
    jieda__json json;
    uint32_t number = 0;
    jieda_status st = read_file(in, path, &text, err);

    if (st != JIEDA_OK)
        return st;
    if (!jieda__names_init(&entries, in->corpus->arena->alloc, in->source->entries,
                           in->source->entry_count, sizeof *in->source->entries))
        return out_of_memory(err);
    jieda__json_init(&json, in->corpus->arena, in->diagnostics, path, &places);
    rest = text;
    while (next_line(&rest, &line) && st == JIEDA_OK) {
        number++;
        if (!jieda__is_blank(line) && jieda__json_read(&json, line, number))
            st = learn_line(in, &json, &entries);
        if (json.status != JIEDA_OK)
            st = json.status;
    }
    jieda__json_free(&json);
    jieda__names_free(&entries);
    if (st != JIEDA_OK ||
        !note_input(in, path, "feedback", jieda__hash(JIEDA__HASH_SEED, text.ptr, text.len),
                    in->corpus->pair_count - before))
        return out_of_memory(err);
    return JIEDA_OK;
}
