/*
 * pattern_test.c - what a pattern needs is never more than what it needs.
 *
 * A need that is wrong keeps a rule from being heard, and nothing else would show it. So beside a
 * table, random patterns are run on random texts: whatever PCRE2 finds, the needs must let through.
 */
#include "fixture.h"
#include "intent/pattern.h"
#include "support/kb_fixture.h"

static bool may_match(const char *pattern, jieda_str text)
{
    jieda__need needs[JIEDA__NEED_MAX];
    jieda__grams grams;

    jieda__pattern_needs(jieda__str(pattern), needs);
    jieda__grams_fill(&grams, text.ptr, text.len);
    for (size_t n = 0; n < JIEDA__NEED_MAX; n++) {
        bool met = needs[n].count == 0;

        for (uint32_t i = 0; i < needs[n].count; i++) {
            bool all = true;

            for (size_t g = 0; g < 4; g++)
                all = all && jieda__grams_have(&grams, needs[n].literals[i].gram[g]);
            met = met || all;
        }
        if (!met)
            return false;
    }
    return true;
}

/* `needs` tells how many strings each of the two needs has: "2 2", "1 0". */
static const struct {
    const char *name, *pattern, *needs;
} shapes[] = {
    {"one string", "人工客服", "1 0"},
    {"strings about a gap", "我.{0,6}骗", "1 1"},
    {"alternatives", "(?:被|让人)(?:骗|坑)", "2 2"},
    {"the two rarest of three", "我.*(?:被|让).*转走了", "1 1"},
    {"a class of characters", "[被让给]", "3 0"},
    {"a class turned round", "[^被让]", "0 0"},
    {"a range", "[一-三]", "0 0"},
    {"what may be absent", "(?:转)?(?:给)*我{0,3}", "0 0"},
    {"what is there at least once", "(?:转)+我{1,3}", "1 1"},
    {"a string ends where its last character is repeated", "转人工+客", "1 1"},
    {"an optional character is no part of a string", "转人?工", "1 1"},
    {"letters", "scam(?:med)?", "1 0"},
    {"letters too short to look for", "ok", "0 0"},
    {"one side without need", "被骗|\\d+", "0 0"},
    {"one side with two, one with one", "我.*骗|盗", "2 2"},
    {"a look-ahead needs nothing", "(?=我).", "0 0"},
    {"nor does what must not be there", "(?<!没)骗", "1 0"},
    {"named groups", "第(?<n>[一二三])个", "1 1"},
    {"groups of other kinds", "(?>人工)(?|客服|真人)(?P<x>转)", "1 2"},
    {"an escaped sign is text", "转账\\.", "1 0"},
    {"a class of signs breaks a string", "转\\s账", "1 1"},
    {"anchors", "^转账$", "1 0"},
    {"a back reference is not understood", "(转)\\1", "0 0"},
    {"nor a property", "\\p{Han}转", "0 0"},
    {"nor a quotation", "\\Q转账\\E", "0 0"},
    {"nor an option", "(?x)转 账", "0 0"},
    {"nor a condition", "(?(?=转)转账|提现)", "0 0"},
    {"nor a brace that is text", "a{转账", "0 0"},
    {"nor a class in a class", "[[:alpha:]]转", "0 0"},
    {"nor a call", "(?<x>转)(?&x)账", "0 0"},
    {"nor what does not end", "(转账", "0 0"},
    {"nor what ends twice", "转账)", "0 0"},
    {"nested deeper than is looked", "((((((((((((((转账))))))))))))))", "0 0"},
};

static void needs_have_their_shape(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        jieda__need needs[JIEDA__NEED_MAX];
        char got[32];

        jieda__pattern_needs(jieda__str(shapes[i].pattern), needs);
        snprintf(got, sizeof got, "%u %u", needs[0].count, needs[1].count);
        if (strcmp(got, shapes[i].needs) != 0)
            fail_msg("%s: %s needs %s, not %s", shapes[i].name, shapes[i].pattern, got,
                     shapes[i].needs);
    }
}

static void many_alternatives_are_no_need(void **state)
{
    char pattern[4 * (JIEDA__NEED_LITERAL_MAX + 2)] = "";
    jieda__need needs[JIEDA__NEED_MAX];

    (void)state;
    for (uint32_t i = 0; i <= JIEDA__NEED_LITERAL_MAX; i++) {
        char bytes[5] = "";

        (void)jieda__utf8_encode(0x4E00 + i, bytes);
        if (i > 0)
            strcat(pattern, "|");
        strcat(pattern, bytes);
        jieda__pattern_needs(jieda__str(pattern), needs);
        assert_int_equal(needs[0].count, i < JIEDA__NEED_LITERAL_MAX ? i + 1 : 0);
    }
}

/* ---- random patterns ------------------------------------------------------------------------- */

static const char *const letters[] = {"我", "被", "骗", "人", "工", "a", "b", "é"};
#define LETTER_COUNT 8

static void put(jieda__buf *out, const char *text)
{
    jieda__buf_cstr(out, text);
}

static void write_alternatives(jieda__buf *out, fixture_random *random, unsigned depth);

static void write_atom(jieda__buf *out, fixture_random *random, unsigned depth)
{
    static const char *const other[] = {".", "\\w", "\\b", "^", "$", "[^我a]", "[我-骗]", "\\."};
    static const char *const open[] = {
        "(?:", "(", "(?<n>", "(?=", "(?!", "(?<!我)(?:", "(?>", "(?|"};

    switch (fixture_random_below(random, depth > 0 ? 8 : 6)) {
    case 0:
        put(out, other[fixture_random_below(random, 8)]);
        return;
    case 1:
        put(out, "[");
        for (uint32_t i = 0, count = 1 + fixture_random_below(random, 3); i < count; i++)
            put(out, letters[fixture_random_below(random, LETTER_COUNT)]);
        put(out, "]");
        return;
    case 6:
    case 7:
        put(out, open[fixture_random_below(random, 8)]);
        write_alternatives(out, random, depth - 1);
        put(out, ")");
        return;
    default:
        put(out, letters[fixture_random_below(random, LETTER_COUNT)]);
    }
}

static void write_alternatives(jieda__buf *out, fixture_random *random, unsigned depth)
{
    static const char *const repeats[] = {"?", "*", "+", "{2}", "{0,2}", "{1,}", "??", "+?", "{0}"};

    for (uint32_t a = 0, count = 1 + fixture_random_below(random, 3); a < count; a++) {
        if (a > 0)
            put(out, "|");
        for (uint32_t i = fixture_random_below(random, 5); i > 0; i--) {
            write_atom(out, random, depth);
            if (fixture_random_below(random, 4) == 0)
                put(out, repeats[fixture_random_below(random, 9)]);
        }
    }
}

static void needs_let_through_whatever_matches(void **state)
{
    fixture_random random = fixture_random_init("needs_let_through_whatever_matches");
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    size_t found = 0, held_back = 0;

    (void)state;
    for (int round = 0; round < 4000; round++) {
        jieda__buf pattern;
        pcre2_code *code;
        int error;

        jieda__buf_init(&pattern, jieda__default_allocator(), JIEDA__PATTERN_BYTES_MAX - 1);
        write_alternatives(&pattern, &random, 3);
        jieda__buf_byte(&pattern, '\0');
        code = pattern.status == JIEDA_OK
                   ? jieda__pattern_compile(jieda__str(pattern.ptr), NULL, &error)
                   : NULL;
        for (int t = 0; code && t < 20; t++) {
            jieda__buf text;
            bool matches, may;

            jieda__buf_init(&text, jieda__default_allocator(), 1024);
            for (uint32_t i = 1 + fixture_random_below(&random, 8); i > 0; i--)
                put(&text, letters[fixture_random_below(&random, LETTER_COUNT)]);
            matches = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, 0, 0, data, NULL) >= 0;
            may = may_match(pattern.ptr, (jieda_str){text.ptr, text.len});
            if (matches && !may)
                fail_msg("%s matches %.*s, but it is not looked for", pattern.ptr, (int)text.len,
                         text.ptr);
            found += matches;
            held_back += !may;
            jieda__buf_free(&text);
        }
        pcre2_code_free(code);
        jieda__buf_free(&pattern);
    }
    pcre2_match_data_free(data);
    /* Both kinds came up, so the test can tell. */
    assert_true(found > 1000);
    assert_true(held_back > 1000);
}

/* ---- compiling ------------------------------------------------------------------------------- */

static const struct {
    const char *name, *pattern;
    size_t offset; /* SIZE_MAX: nothing is wrong */
} checks[] = {
    {"a pattern", "(?<n>\\d)(?:被|让).{0,6}骗", SIZE_MAX},
    {"the same name twice", "(?<n>\\d)|第(?<n>\\d)", SIZE_MAX},
    {"a group that calls itself", "(?<g>a(?&g)?b)", SIZE_MAX},
    {"a verb in a class is text", "a[(*]", SIZE_MAX},
    {"an escaped parenthesis before a star", "a\\(*b", SIZE_MAX},
    {"a class that begins with its end", "a[]](?=b)", SIZE_MAX},
    {"a look-behind", "(?<=没)骗", SIZE_MAX},
    {"an open group", "骗(", 4},
    {"a verb", "骗(*SKIP)", 3},
    {"a setting", "(*LIMIT_MATCH=1)骗", 0},
    {"the whole pattern again", "骗(?R)?", 3},
    {"and by number", "骗(?0)?", 3},
    {"and by another name", "骗\\g<0>?", 3},
    {"a callout", "骗(?C1)", 3},
    {"one byte of a character", "骗\\C", 5},
    {"nothing", "", 0},
    {"what may be nothing", "(?:骗)?", 0},
    {"what looks for nothing", "(?!骗)", 0},
    {"a quotation without end", "骗\\Q了", 0},
};

static void patterns_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        jieda__pattern_fault fault = {0};
        jieda_status st =
            jieda__pattern_check(jieda__default_allocator(), jieda__str(checks[i].pattern), &fault);

        if (checks[i].offset == SIZE_MAX
                ? st != JIEDA_OK
                : st != JIEDA_E_FORMAT || fault.offset != checks[i].offset || !fault.message[0] ||
                      !fault.fix)
            fail_msg("%s: %s gives %s at %zu: %s", checks[i].name, checks[i].pattern,
                     jieda_status_name(st), fault.offset, fault.message);
    }
}

static void a_search_begins_where_it_is_told(void **state)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    const PCRE2_SIZE *range;
    pcre2_code *code;
    int error;

    (void)state;
    code = jieda__pattern_compile(str("a|bb"), NULL, &error);
    assert_non_null(code);
    range = pcre2_get_ovector_pointer(data);
    assert_true(pcre2_match(code, (PCRE2_SPTR) "xaxbbx", 6, 2, 0, data, NULL) > 0);
    assert_int_equal(range[0], 3);
    assert_int_equal(range[1], 5);
    pcre2_code_free(code);
    pcre2_match_data_free(data);
}

static void a_pattern_is_at_most_so_long(void **state)
{
    char *pattern = malloc(JIEDA__PATTERN_BYTES_MAX + 1);
    pcre2_code *code;
    int error;

    (void)state;
    assert_non_null(pattern);
    memset(pattern, 'a', JIEDA__PATTERN_BYTES_MAX + 1);
    code = jieda__pattern_compile((jieda_str){pattern, JIEDA__PATTERN_BYTES_MAX}, NULL, &error);
    assert_non_null(code);
    pcre2_code_free(code);
    assert_null(
        jieda__pattern_compile((jieda_str){pattern, JIEDA__PATTERN_BYTES_MAX + 1}, NULL, &error));
    free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needs_have_their_shape),
        cmocka_unit_test(many_alternatives_are_no_need),
        cmocka_unit_test(needs_let_through_whatever_matches),
        cmocka_unit_test(patterns_are_checked),
        cmocka_unit_test(a_search_begins_where_it_is_told),
        cmocka_unit_test(a_pattern_is_at_most_so_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
