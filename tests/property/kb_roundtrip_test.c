/*
 * kb_roundtrip_test.c - what an editor wrote is what a visitor gets, over generated packs:
 *
 *   - titles, answers, steps, actions, needs, related entries and categories read back equal, and
 *     each question leads to its entry with its own wording;
 *   - the same source gives the same file, byte for byte;
 *   - a list gives the same answers whether it is .tsv, .csv or .jsonl.
 *
 * Texts are drawn with what breaks careless code: quotes, backslashes, commas, line breaks, emoji,
 * percent signs. JIEDA_SEED gives another draw.
 */
#include "support/kb_fixture.h"

#include "jieda/jieda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 40, QUESTIONS = 4, STEPS = 3, CATEGORIES = 4, LANGUAGES = 2, TEXT_MAX = 256 };

typedef struct text {
    char bytes[TEXT_MAX];
} text;

typedef struct model_entry {
    char id[32];
    int category;
    text title[LANGUAGES];
    text questions[QUESTIONS];
    size_t question_count;
    text lead[LANGUAGES];
    text steps[STEPS];
    size_t step_count; /* of the first language's answer */
    text note;         /* "" if none */
    text label, link;  /* an action, "" if none */
    bool needs;
    int related; /* -1 = none */
} model_entry;

static model_entry model[ENTRIES];
static const char *const languages[LANGUAGES] = {"zh", "en"};

/* ---- drawing --------------------------------------------------------------------------------- */

static const char *const words[] = {
    "退款", "支付", "银行卡", "密码", "怎么", "为什么", "订单", "修改", "绑定",   "手机号",
    "到账", "多久", "会员",   "发票", "提现", "充值",   "余额", "积分", "优惠券", "注销",
    "实名", "限额", "退",     "款",   "龙",   "wifi",   "app",  "12",   "轉帳",   "Ａ",
};
static const char *const spices[] = {"\"", "\\", ",",  "\n", "\t", "😀",
                                     "%s", "'",  "；", "  ", "{",  "/"};

static void append(text *out, const char *piece)
{
    size_t len = strlen(out->bytes);

    if (len + strlen(piece) < sizeof out->bytes)
        strcpy(out->bytes + len, piece);
}

static text draw_text(fixture_random *random, bool spiced)
{
    text out = {""};
    uint32_t count = 2 + fixture_random_below(random, 6);

    for (uint32_t i = 0; i < count; i++) {
        append(&out, words[fixture_random_below(random, sizeof words / sizeof *words)]);
        if (spiced && fixture_random_below(random, 2))
            append(&out, spices[fixture_random_below(random, sizeof spices / sizeof *spices)]);
    }
    append(&out, "。"); /* a text may not be blank, nor end in what trimming could take */
    return out;
}

/* A question of its own: the number in it is in no other. */
static text draw_question(fixture_random *random, int number)
{
    text out = draw_text(random, false);
    char tail[32];

    snprintf(tail, sizeof tail, "第%d号", 1000 + number);
    append(&out, tail);
    return out;
}

static void draw_model(fixture_random *random)
{
    int number = 0;

    memset(model, 0, sizeof model);
    for (int i = 0; i < ENTRIES; i++) {
        model_entry *e = &model[i];

        /* Ids in no order, so that ordinals and authored order differ. */
        snprintf(e->id, sizeof e->id, "e%u.x%d", fixture_random_below(random, 1000), i);
        e->category = (int)fixture_random_below(random, CATEGORIES);
        for (int l = 0; l < LANGUAGES; l++) {
            e->title[l] = draw_text(random, true);
            e->lead[l] = draw_text(random, true);
        }
        e->question_count = 1 + fixture_random_below(random, QUESTIONS);
        for (size_t q = 0; q < e->question_count; q++)
            e->questions[q] = draw_question(random, number++);
        e->step_count = fixture_random_below(random, STEPS + 1);
        for (size_t s = 0; s < e->step_count; s++)
            e->steps[s] = draw_text(random, true);
        if (fixture_random_below(random, 2))
            e->note = draw_text(random, true);
        if (fixture_random_below(random, 2)) {
            e->label = draw_text(random, true);
            e->link = draw_text(random, true);
        }
        e->needs = fixture_random_below(random, 2);
        e->related = (int)fixture_random_below(random, ENTRIES);
        if (e->related == i)
            e->related = -1;
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put(jieda__buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(jieda__buf *out, const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    assert_true(vsnprintf(line, sizeof line, format, args) < (int)sizeof line);
    va_end(args);
    jieda__buf_cstr(out, line);
}

static void put_json(jieda__buf *out, const text *value)
{
    jieda__buf_byte(out, '"');
    for (const char *at = value->bytes; *at; at++) {
        if ((unsigned char)*at < 0x20) {
            put(out, "\\u%04x", *at);
            continue;
        }
        if (*at == '"' || *at == '\\')
            jieda__buf_byte(out, '\\');
        jieda__buf_byte(out, *at);
    }
    jieda__buf_byte(out, '"');
}

static void put_csv(jieda__buf *out, const text *value)
{
    jieda__buf_byte(out, '"');
    for (const char *at = value->bytes; *at; at++) {
        if (*at == '"')
            jieda__buf_byte(out, '"');
        jieda__buf_byte(out, *at);
    }
    jieda__buf_byte(out, '"');
}

static void put_entry(jieda__buf *out, const model_entry *e)
{
    put(out, "{\"id\":\"%s\",\"category\":\"c%d\",\"title\":{\"zh\":", e->id, e->category);
    put_json(out, &e->title[0]);
    put(out, ",\"en\":");
    put_json(out, &e->title[1]);
    put(out, "},\"questions\":{\"zh\":[");
    for (size_t q = 0; q < e->question_count; q++) {
        put(out, "%s", q ? "," : "");
        put_json(out, &e->questions[q]);
    }
    put(out, "]},\"answers\":[{\"lang\":\"zh\",\"text\":");
    put_json(out, &e->lead[0]);
    for (size_t s = 0; s < e->step_count; s++) {
        put(out, "%s", s ? "," : ",\"steps\":[");
        put_json(out, &e->steps[s]);
    }
    put(out, "%s", e->step_count ? "]" : "");
    if (e->note.bytes[0]) {
        put(out, ",\"note\":");
        put_json(out, &e->note);
    }
    if (e->label.bytes[0]) {
        put(out, ",\"actions\":[{\"label\":");
        put_json(out, &e->label);
        put(out, ",\"link\":");
        put_json(out, &e->link);
        put(out, "}]");
    }
    put(out, "},{\"lang\":\"en\",\"text\":");
    put_json(out, &e->lead[1]);
    put(out, "}]%s", e->needs ? ",\"needs\":[\"order\"]" : "");
    if (e->related >= 0)
        put(out, ",\"related\":[\"%s\"]", model[e->related].id);
    put(out, "}");
}

static fixture_bytes build_pack(void)
{
    jieda__buf out;
    fixture_bytes kb;

    jieda__buf_init(&out, jieda__default_allocator(), (size_t)1 << 24);
    put(&out, "{\"format\":1,\"name\":\"drawn\",\"title\":{\"zh\":\"题\",\"en\":\"t\"},"
              "\"languages\":[\"zh\",\"en\"],\"slots\":{\"order\":{\"zh\":\"单号\","
              "\"en\":\"number\"}},\"categories\":[");
    for (int c = 0; c < CATEGORIES; c++)
        put(&out, "%s{\"id\":\"c%d\",\"title\":{\"zh\":\"类%d\",\"en\":\"class %d\"}}",
            c ? "," : "", c, c, c);
    put(&out, "],\"entries\":[");
    for (int i = 0; i < ENTRIES; i++) {
        put(&out, "%s", i ? "," : "");
        put_entry(&out, &model[i]);
    }
    put(&out, "]}");
    assert_int_equal(out.status, JIEDA_OK);
    kb = fixture_kb_build("pack.json", (jieda_str){out.ptr, out.len});
    jieda__buf_free(&out);
    return kb;
}

/* ---- reading back ---------------------------------------------------------------------------- */

static void assert_text(const char *id, jieda_str got, const char *wanted)
{
    if (!jieda__str_equal(got, jieda__str(wanted)))
        fail_msg("%s: \"%.*s\" is not \"%s\"", id, (int)got.len, got.ptr ? got.ptr : "", wanted);
}

static void check_entry(jieda_session *session, const model_entry *e, int language)
{
    const jieda_reply *reply;
    jieda_error err = {0};
    size_t steps = language == 0 ? e->step_count : 0;
    bool action = language == 0 && e->label.bytes[0];

    if (jieda_entry(session, e->id, &reply, &err) != JIEDA_OK)
        fail_msg("%s: %s", e->id, err.message);
    assert_text(e->id, reply->entry_id, e->id);
    assert_text(e->id, reply->language, languages[language]);
    assert_text(e->id, reply->title, e->title[language].bytes);
    assert_true(reply->answer.len >= strlen(e->lead[language].bytes));
    assert_memory_equal(reply->answer.ptr, e->lead[language].bytes,
                        strlen(e->lead[language].bytes));
    if (steps == 0 && (language == 1 || !e->note.bytes[0]))
        assert_text(e->id, reply->answer, e->lead[language].bytes);
    assert_int_equal(reply->step_count, steps);
    for (size_t s = 0; s < steps; s++)
        assert_text(e->id, reply->steps[s], e->steps[s].bytes);
    if (language == 0 && e->note.bytes[0]) {
        size_t len = strlen(e->note.bytes);

        assert_true(reply->answer.len > len);
        assert_memory_equal(reply->answer.ptr + reply->answer.len - len, e->note.bytes, len);
    }
    assert_int_equal(reply->action_count, action);
    if (action) {
        assert_text(e->id, reply->actions[0].label, e->label.bytes);
        assert_text(e->id, reply->actions[0].link, e->link.bytes);
    }
    assert_int_equal(reply->need_count, e->needs);
    if (e->needs)
        assert_text(e->id, reply->needs[0], language ? "number" : "单号");
    assert_int_equal(reply->related_count, e->related >= 0);
    if (e->related >= 0)
        assert_text(e->id, reply->related[0].entry_id, model[e->related].id);
}

static void check_questions(jieda_session *session, const model_entry *e)
{
    for (size_t q = 0; q < e->question_count; q++) {
        const jieda_reply *reply;
        bool found = false;

        jieda_session_reset(session);
        assert_int_equal(jieda_ask(session, jieda__str(e->questions[q].bytes), &reply, NULL),
                         JIEDA_OK);
        for (size_t c = 0; c < reply->candidate_count && !found; c++) {
            if (!jieda__str_equal(reply->candidates[c].entry_id, jieda__str(e->id)))
                continue;
            assert_text(e->id, reply->candidates[c].question, e->questions[q].bytes);
            found = true;
        }
        if (!found)
            fail_msg("%s: \"%s\" does not lead there", e->id, e->questions[q].bytes);
    }
}

static void check_categories(jieda_session *session)
{
    const jieda_category *categories;
    size_t category_count;

    assert_int_equal(jieda_categories(session, &categories, &category_count, NULL), JIEDA_OK);
    assert_int_equal(category_count, CATEGORIES);
    for (int c = 0; c < CATEGORIES; c++) {
        const jieda_option *list;
        size_t count, at = 0;
        char id[16];

        snprintf(id, sizeof id, "c%d", c);
        assert_int_equal(jieda_entries(session, id, &list, &count, NULL), JIEDA_OK);
        for (int i = 0; i < ENTRIES; i++) { /* in authored order, not by id */
            if (model[i].category != c)
                continue;
            assert_true(at < count);
            assert_text(model[i].id, list[at].entry_id, model[i].id);
            assert_text(model[i].id, list[at].title, model[i].title[0].bytes);
            at++;
        }
        assert_int_equal(at, count);
    }
}

static void a_pack_reads_back_equal(void **state)
{
    fixture_random random = fixture_random_init("property/kb_roundtrip");
    uint32_t question_count = 0;
    jieda_engine *engine = NULL;
    jieda_session *session = NULL;
    jieda_error err = {0};
    jieda_kb_info info;
    fixture_bytes kb;

    (void)state;
    draw_model(&random);
    kb = build_pack();
    if (jieda_open_memory(kb.ptr, kb.len, NULL, &engine, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    assert_int_equal(jieda_session_new(engine, &session, &err), JIEDA_OK);
    jieda_info(engine, &info);
    for (int i = 0; i < ENTRIES; i++)
        question_count += (uint32_t)model[i].question_count;
    assert_text("info", info.name, "drawn");
    assert_text("info", info.title, "题");
    assert_int_equal(info.entry_count, ENTRIES);
    assert_int_equal(info.question_count, question_count);
    for (int l = LANGUAGES - 1; l >= 0; l--) {
        assert_int_equal(jieda_session_set_language(session, languages[l], &err), JIEDA_OK);
        for (int i = 0; i < ENTRIES; i++)
            check_entry(session, &model[i], l);
    }
    check_categories(session);
    for (int i = 0; i < ENTRIES; i++)
        check_questions(session, &model[i]);
    jieda_session_free(session);
    jieda_close(engine);
    fixture_bytes_free(&kb);
}

static void building_twice_gives_the_same_bytes(void **state)
{
    fixture_random random = fixture_random_init("property/kb_roundtrip");

    (void)state;
    for (int n = 0; n < 3; n++) {
        fixture_bytes first, second;

        draw_model(&random);
        first = build_pack();
        second = build_pack();
        assert_int_equal(first.len, second.len);
        assert_memory_equal(first.ptr, second.ptr, first.len);
        fixture_bytes_free(&first);
        fixture_bytes_free(&second);
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* A list of the model's questions; texts without what a .tsv cannot hold. */
static fixture_bytes build_list(const char *file_name)
{
    bool csv = strcmp(file_name, "list.csv") == 0, tsv = strcmp(file_name, "list.tsv") == 0;
    jieda__buf out;
    fixture_bytes kb;

    jieda__buf_init(&out, jieda__default_allocator(), (size_t)1 << 24);
    for (int i = 0; i < ENTRIES; i++)
        for (size_t q = 0; q < model[i].question_count; q++) {
            const model_entry *e = &model[i];

            if (tsv) {
                put(&out, "%s\t%s\t%s\n", e->id, e->questions[q].bytes, e->lead[0].bytes);
            } else if (csv) {
                put(&out, "%s,", e->id);
                put_csv(&out, &e->questions[q]);
                put(&out, ",");
                put_csv(&out, &e->lead[0]);
                put(&out, "\r\n");
            } else {
                put(&out, "{\"answer\":");
                put_json(&out, &e->lead[0]);
                put(&out, ",\"id\":\"%s\",\"question\":", e->id);
                put_json(&out, &e->questions[q]);
                put(&out, "}\n");
            }
        }
    assert_int_equal(out.status, JIEDA_OK);
    kb = fixture_kb_build(file_name, (jieda_str){out.ptr, out.len});
    jieda__buf_free(&out);
    return kb;
}

static void a_list_in_any_form_gives_the_same_replies(void **state)
{
    static const char *const names[] = {"list.tsv", "list.csv", "list.jsonl"};
    enum { FORMS = sizeof names / sizeof *names, UTTERANCES = 60 };
    fixture_random random = fixture_random_init("property/kb_roundtrip");
    fixture_bytes kb[FORMS];
    jieda_engine *engine[FORMS];
    jieda_session *session[FORMS];

    (void)state;
    draw_model(&random);
    for (int i = 0; i < ENTRIES; i++) { /* a .tsv knows no quoting */
        model[i].lead[0] = draw_text(&random, false);
        append(&model[i].lead[0], "\"a\", 'b'");
    }
    for (int f = 0; f < FORMS; f++) {
        kb[f] = build_list(names[f]);
        assert_int_equal(jieda_open_memory(kb[f].ptr, kb[f].len, NULL, &engine[f], NULL), JIEDA_OK);
        assert_int_equal(jieda_session_new(engine[f], &session[f], NULL), JIEDA_OK);
    }
    for (int n = 0; n < UTTERANCES; n++) {
        const model_entry *e = &model[fixture_random_below(&random, ENTRIES)];
        text asked = n % 2 ? draw_text(&random, true) : e->questions[0];
        const jieda_reply *reply[FORMS];

        for (int f = 0; f < FORMS; f++) {
            jieda_session_reset(session[f]);
            assert_int_equal(jieda_ask(session[f], jieda__str(asked.bytes), &reply[f], NULL),
                             JIEDA_OK);
            assert_int_equal(reply[f]->decision, reply[0]->decision);
            assert_true(jieda__str_equal(reply[f]->entry_id, reply[0]->entry_id));
            assert_true(jieda__str_equal(reply[f]->answer, reply[0]->answer));
            assert_true(reply[f]->confidence == reply[0]->confidence); /* to the last bit */
            assert_int_equal(reply[f]->candidate_count, reply[0]->candidate_count);
        }
    }
    for (int f = 0; f < FORMS; f++) {
        jieda_session_free(session[f]);
        jieda_close(engine[f]);
        fixture_bytes_free(&kb[f]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_reads_back_equal),
        cmocka_unit_test(building_twice_gives_the_same_bytes),
        cmocka_unit_test(a_list_in_any_form_gives_the_same_replies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
