/*
 * rank_learn.c - which knowledge bases are asked which questions.
 *
 * With a source: its own, each while it is left out. With pairs alone: of the questions that mean
 * the same one becomes an entry, the others are asked, which is how a list of questions will be
 * used.
 */
#include "compiler/files.h"
#include "jieda/jieda.h"
#include "trainer/rank_fit.h"

#include <stdio.h>
#include <string.h>

/* Entries of a list made of pairs, and questions asked of it: enough for a dozen weights. */
#define LIST_ENTRY_COUNT_MAX 20000u
#define LIST_QUESTION_COUNT_MAX 6000u

typedef struct lesson {
    const jieda__rank_lesson *in;
    jieda__arena *arena;
    jieda_str list; /* of pairs: "id TAB question" lines */
    jieda__rank_question *questions;
    size_t question_count;
    jieda__rank_inputs inputs;
    jieda_error *err;
} lesson;

static jieda_status out_of_memory(jieda_error *err)
{
    return jieda__fail(err, JIEDA_E_NOMEM, "out of memory");
}

/* ---- a list made of pairs -------------------------------------------------------------------- */

static uint32_t root_of(uint32_t *parent, uint32_t question)
{
    while (parent[question] != question) {
        parent[question] = parent[parent[question]];
        question = parent[question];
    }
    return question;
}

/* The smallest question of those that mean the same as each; `parent` is flat afterwards. */
static uint32_t *find_meanings(const lesson *l)
{
    const jieda__corpus *corpus = l->in->corpus;
    uint32_t *parent = jieda__arena_alloc(l->arena, (corpus->question_count + 1) * sizeof *parent);

    for (uint32_t q = 0; parent && q < corpus->question_count; q++)
        parent[q] = q;
    for (size_t i = 0; parent && i < corpus->pair_count; i++) {
        uint32_t a = root_of(parent, corpus->pairs[i].a), b = root_of(parent, corpus->pairs[i].b);

        if (corpus->pairs[i].label)
            parent[a < b ? b : a] = a < b ? a : b;
    }
    for (uint32_t q = 0; parent && q < corpus->question_count; q++)
        parent[q] = root_of(parent, q);
    return parent;
}

/* Every `stride`-th meaning is an entry; so chosen that the whole list is thinned evenly. */
static bool is_chosen(uint32_t root, size_t stride)
{
    return jieda__hash_mix(root + 1) % stride == 0;
}

static jieda_status make_list(lesson *l)
{
    const jieda__corpus *corpus = l->in->corpus;
    size_t n = corpus->question_count, stride = n / LIST_ENTRY_COUNT_MAX + 1, asked = 0;
    uint32_t *meaning = find_meanings(l);
    uint32_t *entry_of = jieda__arena_alloc(l->arena, (n + 1) * sizeof *entry_of);
    uint32_t entry_count = 0;
    jieda__buf buf;

    l->questions = jieda__arena_alloc(l->arena, (n + 1) * sizeof *l->questions);
    if (!meaning || !entry_of || !l->questions)
        return JIEDA_E_NOMEM;
    jieda__buf_init(&buf, l->arena->alloc, SIZE_MAX / 2);
    for (uint32_t q = 0; q < n; q++) {
        char id[16];

        if (!is_chosen(meaning[q], stride))
            continue;
        if (meaning[q] != q) { /* its smaller one is an entry already */
            l->questions[l->question_count++] =
                (jieda__rank_question){.text = corpus->questions[q].text,
                                       .fold = corpus->questions[q].fold,
                                       .entry = entry_of[meaning[q]],
                                       .leave_out = JIEDA__NONE};
            continue;
        }
        entry_of[q] = entry_count++;
        snprintf(id, sizeof id, "q%08u\t", entry_of[q]); /* ids ascend as ordinals do */
        jieda__buf_cstr(&buf, id);
        jieda__buf_str(&buf, corpus->questions[q].text);
        jieda__buf_byte(&buf, '\n');
    }
    stride = l->question_count / LIST_QUESTION_COUNT_MAX + 1;
    for (size_t i = 0; i < l->question_count; i += stride)
        l->questions[asked++] = l->questions[i];
    l->question_count = asked;
    if (buf.status == JIEDA_OK)
        l->list = jieda__arena_copy(l->arena, (jieda_str){buf.ptr, buf.len});
    jieda__buf_free(&buf);
    return l->list.ptr ? JIEDA_OK : JIEDA_E_NOMEM;
}

/* ---- the knowledge bases --------------------------------------------------------------------- */

static jieda_status build_one(lesson *l, jieda__build *build, uint32_t fold)
{
    jieda__built_index index;
    jieda__blob blob;
    jieda__model model;
    jieda_status st;

    if (jieda__model_lay_out(l->arena, &l->in->trained[fold], "{}", &blob) != JIEDA_OK)
        return out_of_memory(l->err);
    st = jieda__model_load(blob.bytes, blob.len, &model, l->err);
    if (st == JIEDA_OK)
        st = jieda__index_list(build, &index, l->err);
    if (st != JIEDA_OK)
        return st;
    return jieda__kb_write(build, l->in->beside, l->in->lexicon, &model, &index,
                           &l->inputs.kb_paths[fold], l->err);
}

/* A list's model is used up by writing it, so it is read anew for each. */
static jieda_status build_list(lesson *l, jieda__build *build, uint32_t fold)
{
    jieda__diagnostics quiet = {0};
    jieda__source source = {0};
    jieda_status st =
        jieda__table_parse(l->arena, "pairs", l->list, JIEDA__TABLE_TSV, &quiet, &source, l->err);

    source.base_lexicon = l->in->source->base_lexicon;
    build->source = &source;
    if (st == JIEDA_OK)
        st = build_one(l, build, fold);
    jieda__source_release(&source, build->alloc);
    return st;
}

static jieda_status build_all(lesson *l)
{
    jieda__build build = {.alloc = l->arena->alloc, .arena = l->arena, .source = l->in->source};
    jieda_status st = JIEDA_OK;

    for (uint32_t fold = 0; fold < JIEDA__FOLD_COUNT && st == JIEDA_OK; fold++)
        st = l->in->of_pairs ? build_list(l, &build, fold) : build_one(l, &build, fold);
    return st;
}

/* The source's own questions, but for those that must not lead to their entry. */
static jieda_status take_questions(lesson *l)
{
    jieda__build build = {.alloc = l->arena->alloc, .arena = l->arena, .source = l->in->source};
    jieda__built_index index;
    jieda_status st = jieda__index_list(&build, &index, l->err);

    if (st != JIEDA_OK)
        return st;
    l->questions = jieda__arena_alloc(l->arena, (index.question_count + 1) * sizeof *l->questions);
    if (!l->questions)
        return JIEDA_E_NOMEM;
    for (uint32_t i = 0; i < index.question_count; i++) {
        uint32_t question;

        if (index.questions[i].kind == JIEDA__QUESTION_NOT)
            continue;
        st = jieda__corpus_question(l->in->corpus, index.questions[i].text, &question);
        if (st != JIEDA_OK)
            return st;
        l->questions[l->question_count++] = (jieda__rank_question){
            .text = index.questions[i].text,
            .fold = l->in->corpus->questions[question].fold % JIEDA__FOLD_COUNT,
            .entry = index.questions[i].entry,
            .leave_out = i};
    }
    return JIEDA_OK;
}

jieda_status jieda__rank_learn(const jieda__rank_lesson *in, jieda__ranking *out, jieda_error *err)
{
    static const jieda_options defaults = JIEDA_OPTIONS_INIT;
    lesson l = {.in = in,
                .arena = in->corpus->arena,
                .inputs = {.alloc = in->corpus->arena->alloc,
                           .log = in->log,
                           .posting_count_max = defaults.posting_count_max,
                           .rerank_count_max = defaults.rerank_count_max,
                           .start = jieda__default_weights},
                .err = err};
    jieda_status st;

    if (!in->of_pairs)
        in->source->is_table = false; /* else the first build would give its entries back */
    st = in->of_pairs ? make_list(&l) : take_questions(&l);
    if (st == JIEDA_OK)
        st = build_all(&l);
    l.inputs.questions = l.questions;
    l.inputs.question_count = l.question_count;
    if (st == JIEDA_OK)
        st = jieda__rank_fit(&l.inputs, out, err);
    for (uint32_t i = 0; i < JIEDA__FOLD_COUNT; i++)
        if (l.inputs.kb_paths[i])
            jieda__file_discard(l.inputs.kb_paths[i]);
    return st;
}
