/*
 * candidates_test.c - the questions that share something rare with the utterance: all of them,
 * once, for a bounded price, whatever the utterance holds.
 *
 * Run over the wallet pack, whose thousands of questions have common terms worth leaving out. What
 * FTS5 finds is compared with the questions' texts and with the frequencies the matcher reads, so
 * none can drift apart unseen.
 */
#include "support/kb_fixture.h"

#include "index/index.h"
#include "jieda/jieda.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

static jieda__kb *kb;
static jieda__reader *reader;
static jieda__arena arena;

static int set_up_all(void **state)
{
    jieda_error err = {0};

    (void)state;
    if (jieda__kb_open(jieda__default_allocator(), JIEDA_WALLET_KB, NULL, 0, &kb, &err) !=
            JIEDA_OK ||
        jieda__reader_open(kb, &reader, &err) != JIEDA_OK) {
        print_error("%s: %s\n", JIEDA_WALLET_KB, err.message);
        return -1;
    }
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    jieda__reader_close(reader);
    jieda__kb_close(kb);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    jieda__arena_free(&arena);
    return 0;
}

static jieda__candidates find(jieda_str utterance, uint32_t budget, bool by_sound)
{
    jieda__reading reading;
    jieda__candidates out = {0};
    jieda_error err = {0};
    jieda_status st;

    assert_int_equal(jieda__text_read(&arena, kb->lexicon, utterance, &reading), JIEDA_OK);
    st = jieda__candidates_find(reader, &arena, &reading, budget, &out, &err);
    if (st == JIEDA_OK && by_sound)
        st = jieda__candidates_find_by_sound(reader, &arena, &reading, budget, &out, &err);
    if (st != JIEDA_OK)
        fail_msg("\"%.*s\": %s", (int)utterance.len, utterance.ptr, err.message);
    return out;
}

static const char *const utterances[] = {
    "怎么退款",
    "钱",
    "我的钱什么时候能到账啊",
    "退款退款退款",
    "零钱提现到银行卡要手续费吗",
    "how do I get a refund",
    "被骗了怎么办",
    "绑定手机号收不到验证码",
};
#define UTTERANCE_COUNT (sizeof utterances / sizeof *utterances)

static void beyond_two_terms_the_budget_holds(void **state)
{
    static const uint32_t budgets[] = {0, 1, 10, 100, 1000, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < UTTERANCE_COUNT; i++)
        for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
            jieda__candidates c = find(jieda__str(utterances[i]), budgets[b], false);
            uint64_t spent = 0;
            size_t used = 0, known = 0;

            for (size_t t = 0; t < c.term_count; t++) {
                const jieda__search_term *term = &c.terms[t];

                known += term->df > 0;
                assert_true(!term->used || term->df > 0);
                assert_true(t == 0 || term->df >= term[-1].df); /* rarest first */
                if (!term->used)
                    continue;
                /* The one that crosses the budget may count, what comes after it not. */
                if (used >= 2 && (spent > budgets[b] || term->df > budgets[b]))
                    fail_msg("%s: term %zu costs %u more when %u of %u are spent", utterances[i], t,
                             term->df, (unsigned)spent, budgets[b]);
                used++;
                spent += term->df;
            }
            assert_true(used >= (known < 2 ? known : 2));
            assert_true(c.count <= spent); /* no more rows than postings paid for */
            if (budgets[b] == UINT32_MAX)
                assert_int_equal(used, known);
        }
}

static void candidates_ascend_and_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < UTTERANCE_COUNT; i++)
        for (int by_sound = 0; by_sound < 2; by_sound++) {
            jieda__candidates c = find(jieda__str(utterances[i]), 1000, by_sound);

            assert_true(c.count > 0);
            for (size_t k = 0; k < c.count; k++) {
                assert_true(c.questions[k] < kb->question_count);
                assert_true(k == 0 || c.questions[k] > c.questions[k - 1]);
            }
        }
}

static bool holds(const uint32_t *list, size_t count, uint32_t wanted)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == wanted)
            return true;
    return false;
}

/* Whether a question has the term, read anew from its text. */
static bool question_has(uint32_t question, const jieda__search_term *term)
{
    static jieda__arena text_arena;
    sqlite3_stmt *stmt = jieda__reader_statement(reader, JIEDA__STMT_QUESTION_TEXT, NULL);
    jieda__index_terms terms;
    jieda__reading r;
    bool found = false;

    jieda__arena_init(&text_arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    sqlite3_bind_int64(stmt, 1, question);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(jieda__text_read(&text_arena, kb->lexicon,
                                      jieda__str((const char *)sqlite3_column_text(stmt, 0)), &r),
                     JIEDA_OK);
    sqlite3_reset(stmt);
    assert_int_equal(jieda__text_index_terms(&text_arena, kb->lexicon, &r, false, &terms),
                     JIEDA_OK);
    for (size_t i = 0; i < terms.count && !found; i++)
        found = jieda__str_equal(terms.items[i].text, term->text);
    jieda__arena_free(&text_arena);
    return found;
}

/* Every found question holds a used term; of those passed over a sample does not, but for what is
 * left out of a term of very many. The document
 * frequencies the budget counts with are what FTS5 finds. */
static void found_are_exactly_the_questions_that_hold_a_used_term(void **state)
{
    (void)state;
    for (size_t i = 0; i < UTTERANCE_COUNT; i++) {
        jieda__candidates c = find(jieda__str(utterances[i]), 1000, false);

        for (uint32_t q = 0; q < kb->question_count; q++) {
            bool found = holds(c.questions, c.count, q), shares = false;

            if (!found && q % 16 != 0)
                continue;
            for (size_t t = 0; t < c.term_count && !shares; t++)
                shares = c.terms[t].used && question_has(q, &c.terms[t]) &&
                         (found || c.terms[t].df <= JIEDA__CANDIDATE_ROW_MAX);
            if (shares != found)
                fail_msg("%s: question %u %s", utterances[i], q,
                         shares ? "is missing" : "shares nothing");
        }
    }
}

static void a_document_frequency_is_the_number_of_questions_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < UTTERANCE_COUNT; i++) {
        jieda__candidates c = find(jieda__str(utterances[i]), 0, false);
        uint32_t counted = 0;

        for (size_t t = 0; t < c.term_count; t++) {
            sqlite3_stmt *stmt = jieda__reader_statement(reader, JIEDA__STMT_POSTINGS, NULL);
            char match[256];

            snprintf(match, sizeof match, "\"\x02%.*s\"", (int)c.terms[t].text.len,
                     c.terms[t].text.ptr);
            sqlite3_bind_text(stmt, 1, match, -1, SQLITE_TRANSIENT);
            for (counted = 0; sqlite3_step(stmt) == SQLITE_ROW; counted++)
                continue;
            sqlite3_reset(stmt);
            assert_int_equal(counted, c.terms[t].df);
        }
    }
}

/* More questions with one character than are looked at: the first of them, all with a rarer one. */
static void the_commonest_term_is_cut_off_and_no_other(void **state)
{
    enum { QUESTIONS = JIEDA__CANDIDATE_ROW_MAX + 500 };
    jieda__kb *wallet = kb;
    jieda__reader *wallet_reader = reader;
    size_t len = 0;
    char *list = malloc((size_t)QUESTIONS * 40);
    fixture_bytes bytes;
    jieda__candidates c;

    (void)state;
    for (int q = 0; q < QUESTIONS; q++) /* 龘 in the last one alone */
        len +=
            (size_t)sprintf(list + len, "q%05d\t%d 款%s\n", q, q, q == QUESTIONS - 1 ? "龘" : "");
    bytes = fixture_kb_build("list.tsv", (jieda_str){list, len});
    assert_int_equal(
        jieda__kb_open(jieda__default_allocator(), NULL, bytes.ptr, bytes.len, &kb, NULL),
        JIEDA_OK);
    assert_int_equal(jieda__reader_open(kb, &reader, NULL), JIEDA_OK);
    c = find(jieda__str("款"), 400, false);
    assert_int_equal(c.count, JIEDA__CANDIDATE_ROW_MAX);
    for (uint32_t i = 0; i < c.count; i++)
        assert_int_equal(c.questions[i], i);
    c = find(jieda__str("龘 款"), 400, false);
    assert_int_equal(c.count, JIEDA__CANDIDATE_ROW_MAX + 1);
    assert_int_equal(c.questions[c.count - 1], QUESTIONS - 1);
    c = find(jieda__str("款"), QUESTIONS, false); /* a budget that pays for all */
    assert_int_equal(c.count, QUESTIONS);
    jieda__reader_close(reader);
    jieda__kb_close(kb);
    kb = wallet;
    reader = wallet_reader;
    fixture_bytes_free(&bytes);
    free(list);
}

static void sound_adds_to_what_was_found(void **state)
{
    jieda__candidates silent = find(jieda__str("zhifushibai"), 1000, false);
    jieda__candidates sounding = find(jieda__str("zhifushibai"), 1000, true);
    jieda__candidates both = find(jieda__str("怎么退款"), 1000, false);
    jieda__candidates more = find(jieda__str("怎么退款"), 1000, true);

    (void)state;
    assert_true(sounding.count > silent.count); /* letters no question has, syllables many have */
    for (size_t i = 0; i < both.count; i++)
        assert_true(holds(more.questions, more.count, both.questions[i]));
    for (size_t t = 0; t < sounding.term_count; t++)
        assert_true(t >= silent.term_count ||
                    jieda__str_equal(sounding.terms[t].text, silent.terms[t].text));
}

static void a_repeated_term_is_looked_up_once(void **state)
{
    jieda__candidates c = find(jieda__str("退款退款退款"), 1000, true);

    (void)state;
    for (size_t a = 0; a < c.term_count; a++)
        for (size_t b = 0; b < a; b++)
            assert_false(jieda__str_equal(c.terms[a].text, c.terms[b].text));
}

/* Query syntax, quotes, NUL and broken bytes are text like any other. */
static void no_utterance_makes_the_search_fail(void **state)
{
    static const jieda_str hostile[] = {
        {"", 0},
        {"\"", 1},
        {"\"\"\"\"", 4},
        {"退款\" OR \"1", 13},
        {"AND OR NOT NEAR", 15},
        {"NEAR(退款, 10)", 16},
        {"退款*", 7},
        {"^退款 question_fts: x", 23},
        {"{a b} : c", 9},
        {"rank MATCH 'bm25(10)'", 21},
        {"退\0款", 7},
        {"\x02退款", 7},
        {"\x02", 1},
        {"=退款 ~tui", 12},
        {"\xFF\xFE\xC0\x80", 4},
        {"'; DROP TABLE question; --", 26},
        {"%s%s%n", 6},
        {"😀", 4},
        {"？！。，", 12},
        {"龘龘龘", 9},
    };

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        (void)find(hostile[i], 1000, true);
    assert_true(find(jieda__str("退\x01款"), 1000, false).count > 0);
}

static void the_longest_utterance_is_searched(void **state)
{
    char *text = malloc(JIEDA_UTTERANCE_BYTES_MAX);
    uint32_t cp = 0x4E00;
    size_t len = 0;

    (void)state;
    while (len + 3 <= JIEDA_UTTERANCE_BYTES_MAX) { /* every Han character in turn */
        len += jieda__utf8_encode(cp, text + len);
        cp = cp == 0x9FFF ? 0x4E00 : cp + 1;
    }
    (void)find((jieda_str){text, len}, 1000, true);
    free(text);
}

static void out_of_memory_is_said_wherever_it_happens(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t bytes = 0;; bytes += 1024) {
        jieda__arena small;
        jieda__reading reading;
        jieda__candidates c;
        jieda_error err = {0};
        jieda_status st;

        jieda__text_read(&arena, kb->lexicon, jieda__str("怎么退款"), &reading);
        jieda__arena_init(&small, jieda__default_allocator(), bytes);
        st = jieda__candidates_find(reader, &small, &reading, 1000, &c, &err);
        if (st == JIEDA_OK)
            st = jieda__candidates_find_by_sound(reader, &small, &reading, 1000, &c, &err);
        jieda__arena_free(&small);
        jieda__arena_reset(&arena);
        if (st == JIEDA_OK)
            break;
        assert_int_equal(st, JIEDA_E_NOMEM);
        assert_int_equal(err.status, JIEDA_E_NOMEM);
        failed++;
    }
    assert_true(failed > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(beyond_two_terms_the_budget_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(candidates_ascend_and_exist, set_up, tear_down),
        cmocka_unit_test_setup_teardown(found_are_exactly_the_questions_that_hold_a_used_term,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_document_frequency_is_the_number_of_questions_found,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_commonest_term_is_cut_off_and_no_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sound_adds_to_what_was_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_term_is_looked_up_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_utterance_makes_the_search_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_utterance_is_searched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_of_memory_is_said_wherever_it_happens, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
