/*
 * bytes_test.c - slices, the bounded buffer, UTF-8 in and out, and messages that fit.
 *
 * The ill-formed sequences are those of the Unicode standard (15.0, section 3.9, tables 3-7 to
 * 3-11) and one for every border of table 3-7: each gives U+FFFD for a "maximal subpart", which is
 * what browsers do too, so that a broken byte has the same width everywhere.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CODE_POINT_MAX 0x10FFFFu

static const struct {
    const char *name, *bytes;
    const char *decoded; /* code points in hex; "!n" is U+FFFD for n ill-formed bytes */
} decode_cases[] = {
    {"ASCII", "a~\x7F", "61 7E 7F"},
    {"the first and last of two bytes", "\xC2\x80\xDF\xBF", "80 7FF"},
    {"the first and last of three", "\xE0\xA0\x80\xEF\xBF\xBF", "800 FFFF"},
    {"the first and last of four", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "10000 10FFFF"},
    {"around the surrogates", "\xED\x9F\xBF\xEE\x80\x80", "D7FF E000"},
    {"a real U+FFFD", "\xEF\xBF\xBD", "FFFD"},
    {"a continuation alone", "\x80\xBF", "!1 !1"},
    {"C0 and C1 begin nothing", "\xC0\xAF\xC1\xBF", "!1 !1 !1 !1"},
    {"F5 to FF begin nothing", "\xF5\x80\xFE\xFF", "!1 !1 !1 !1"},
    {"three overlong bytes", "\xE0\x9F\xBF", "!1 !1 !1"},
    {"four overlong bytes", "\xF0\x8F\xBF\xBF", "!1 !1 !1 !1"},
    {"a surrogate", "\xED\xA0\x80", "!1 !1 !1"},
    {"past the last code point", "\xF4\x90\x80\x80", "!1 !1 !1 !1"},
    {"two bytes cut short", "\xC3", "!1"},
    {"three bytes cut short", "\xE9\x80", "!2"},
    {"four bytes cut short", "\xF0\x9F\x98", "!3"},
    {"cut short by a letter",
     "\xE9\x80"
     "a",
     "!2 61"},
    {"cut short by another lead", "\xF0\x9F\x98\xE9\x80\x80", "!3 9000"},
    {"table 3-8 of the standard", "\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",
     "61 !3 !2 !1 62 !1 63 !1 !1 64"},
    {"table 3-11 of the standard", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "!2 !1 !3 !2 41"},
    {"Han between", "\xE9\x80\x80\xFF\xE6\xAC\xBE", "9000 !1 6B3E"},
};

static void decode_gives_maximal_subparts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decode_cases / sizeof *decode_cases; i++) {
        size_t len = strlen(decode_cases[i].bytes), at = 0, used = 0;
        unsigned char *exact = malloc(len); /* the sanitizer sees a byte too many */
        char got[256] = "";

        assert_non_null(exact);
        memcpy(exact, decode_cases[i].bytes, len);
        while (at < len) {
            uint32_t cp;
            size_t took = jieda__utf8_decode(exact + at, len - at, &cp);
            bool real = took == 3 && memcmp(exact + at, "\xEF\xBF\xBD", 3) == 0;

            assert_in_range(took, 1, len - at);
            used += (size_t)(cp == JIEDA__REPLACEMENT && !real
                                 ? snprintf(got + used, sizeof got - used, " !%zu", took)
                                 : snprintf(got + used, sizeof got - used, " %X", cp));
            at += took;
        }
        free(exact);
        if (strcmp(got + 1, decode_cases[i].decoded) != 0)
            fail_msg("%s: got \"%s\"", decode_cases[i].name, got + 1);
    }
}

static void every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= CODE_POINT_MAX; cp++) {
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        char bytes[4];
        uint32_t back;
        size_t len = jieda__utf8_encode(cp, bytes);

        assert_int_equal(len, surrogate      ? 3
                              : cp < 0x80    ? 1
                              : cp < 0x800   ? 2
                              : cp < 0x10000 ? 3
                                             : 4);
        assert_int_equal(jieda__utf8_decode((unsigned char *)bytes, len, &back), len);
        assert_int_equal(back, surrogate ? JIEDA__REPLACEMENT : cp);
        assert_int_equal(jieda__utf8_valid_prefix(bytes, len), len);
        if (len > 1)
            assert_int_equal(jieda__utf8_valid_prefix(bytes, len - 1), 0);
    }
}

static void what_is_no_code_point_is_written_as_the_replacement(void **state)
{
    static const uint32_t none[] = {0xD800, 0xDFFF, 0x110000, 0x7FFFFFFF, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char bytes[4];

        assert_int_equal(jieda__utf8_encode(none[i], bytes), 3);
        assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
    }
}

static const struct {
    const char *name, *bytes;
    size_t len, valid;
} prefix_cases[] = {
    {"nothing", "", 0, 0},
    {"all of it", "退款a", 7, 7},
    {"a NUL is a character", "a\0b", 3, 3},
    {"a real U+FFFD is well-formed", "a\xEF\xBF\xBD", 4, 4},
    {"up to the ill-formed byte", "退\xFF款", 7, 3},
    {"up to a character cut short", "退\xE6\xAC", 5, 3},
    {"up to a surrogate", "ab\xED\xA0\x80", 5, 2},
};

static void valid_prefix_ends_at_the_first_ill_formed_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prefix_cases / sizeof *prefix_cases; i++) {
        size_t got = jieda__utf8_valid_prefix(prefix_cases[i].bytes, prefix_cases[i].len);

        if (got != prefix_cases[i].valid)
            fail_msg("%s: %zu", prefix_cases[i].name, got);
    }
}

static void a_buffer_takes_its_maximum_and_no_byte_more(void **state)
{
    static const size_t bounds[] = {1, 255, 256, 257, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        jieda__buf buf;

        jieda__buf_init(&buf, jieda__default_allocator(), bounds[i]);
        for (size_t n = 0; n < bounds[i]; n++)
            jieda__buf_byte(&buf, 'x');
        assert_int_equal(buf.status, JIEDA_OK);
        assert_int_equal(buf.len, bounds[i]);
        jieda__buf_byte(&buf, 'y');
        assert_int_equal(buf.status, JIEDA_E_LIMIT);
        assert_int_equal(buf.len, bounds[i]);
        jieda__buf_free(&buf);
    }
}

static void after_a_failed_append_nothing_is_appended(void **state)
{
    jieda__buf buf;

    (void)state;
    jieda__buf_init(&buf, jieda__default_allocator(), 8);
    jieda__buf_cstr(&buf, "退");
    jieda__buf_cstr(&buf, "a long text");
    jieda__buf_byte(&buf, 'b'); /* would fit, but then the middle would be missing */
    assert_int_equal(buf.status, JIEDA_E_LIMIT);
    assert_int_equal(buf.len, 3);
    jieda__buf_append(&buf, NULL, 0);
    jieda__buf_free(&buf);
    jieda__buf_free(&buf);
}

static void *no_memory(void *ctx, void *ptr, size_t size)
{
    (void)ctx;
    (void)ptr;
    (void)size;
    return NULL;
}

static void a_buffer_without_memory_says_so(void **state)
{
    static const jieda_allocator none = {no_memory, NULL};
    jieda__buf buf, never = {0};

    (void)state;
    jieda__buf_init(&buf, &none, 100);
    jieda__buf_append(&buf, "", 0);
    assert_int_equal(buf.status, JIEDA_OK);
    jieda__buf_byte(&buf, 'a');
    assert_int_equal(buf.status, JIEDA_E_NOMEM);
    jieda__buf_free(&buf);
    jieda__buf_free(&never);
}

static void a_buffer_holds_what_was_written(void **state)
{
    jieda__buf buf;

    (void)state;
    jieda__buf_init(&buf, jieda__default_allocator(), 100);
    jieda__buf_str(&buf, (jieda_str){"a\0b", 3});
    jieda__buf_utf8(&buf, 0x9000);
    jieda__buf_utf8(&buf, 0x1F600);
    jieda__buf_str(&buf, (jieda_str){NULL, 0});
    assert_int_equal(buf.len, 10);
    assert_memory_equal(buf.ptr, "a\0b\xE9\x80\x80\xF0\x9F\x98\x80", 10);
    jieda__buf_free(&buf);
}

static const struct {
    const char *name;
    jieda_str a, b;
    int order;
} compare_cases[] = {
    {"equal", {"ab", 2}, {"ab", 2}, 0},
    {"empty and NULL", {"", 0}, {NULL, 0}, 0},
    {"a prefix is less", {"ab", 2}, {"abc", 3}, -1},
    {"by unsigned bytes", {"\x7F", 1}, {"\x80", 1}, -1},
    {"a NUL counts", {"a\0b", 3}, {"a\0c", 3}, -1},
    {"nothing is less than NUL", {NULL, 0}, {"\0", 1}, -1},
};

static void slices_compare_by_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof compare_cases / sizeof *compare_cases; i++) {
        int there = jieda__str_compare(compare_cases[i].a, compare_cases[i].b);
        int back = jieda__str_compare(compare_cases[i].b, compare_cases[i].a);
        int order = compare_cases[i].order;

        if ((there > 0) - (there < 0) != order || (back > 0) - (back < 0) != -order ||
            jieda__str_equal(compare_cases[i].a, compare_cases[i].b) != (order == 0))
            fail_msg("%s: %d %d", compare_cases[i].name, there, back);
    }
    assert_int_equal(jieda__str(NULL).len, 0);
    assert_int_equal(jieda__str("退").len, 3);
}

static void a_hash_depends_on_every_byte_the_length_and_the_seed(void **state)
{
    unsigned char bytes[40] = {0};
    uint64_t plain;

    (void)state;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        plain = jieda__hash(JIEDA__HASH_SEED, bytes, len);
        assert_int_equal(plain, jieda__hash(JIEDA__HASH_SEED, bytes, len));
        assert_true(plain != jieda__hash(1, bytes, len));
        if (len > 0)
            assert_true(plain != jieda__hash(JIEDA__HASH_SEED, bytes, len - 1));
        for (size_t i = 0; i < len; i++)
            for (int bit = 0; bit < 8; bit++) {
                bytes[i] ^= (unsigned char)(1 << bit);
                assert_true(plain != jieda__hash(JIEDA__HASH_SEED, bytes, len));
                bytes[i] ^= (unsigned char)(1 << bit);
            }
    }
}

static void a_long_message_is_cut_on_a_code_point(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) { /* the cut falls on every byte of a character */
        jieda_error err;
        char text[400] = "";
        size_t len;

        memset(text, 'x', shift);
        for (size_t at = shift; at + 7 < sizeof text; at += 7)
            memcpy(text + at, "退\xF0\x9F\x98\x80", 7);
        assert_int_equal(jieda__fail(&err, JIEDA_E_IO, "%s", text), JIEDA_E_IO);
        len = strlen(err.message);
        assert_int_equal(err.status, JIEDA_E_IO);
        assert_int_equal(jieda__utf8_valid_prefix(err.message, len), len);
        assert_in_range(len, sizeof err.message - 4, sizeof err.message - 1);
        assert_memory_equal(err.message, text, len);
        jieda__error_source(&err, text);
        len = strlen(err.source);
        assert_int_equal(jieda__utf8_valid_prefix(err.source, len), len);
        assert_in_range(len, sizeof err.source - 4, sizeof err.source - 1);
    }
}

static void a_message_that_fits_exactly_is_whole(void **state)
{
    jieda_error err;
    char text[sizeof err.message + 1];

    (void)state;
    memset(text, 'm', sizeof text);
    text[sizeof err.message - 1] = '\0';
    jieda__fail(&err, JIEDA_E_LIMIT, "%s", text);
    assert_string_equal(err.message, text);
    text[sizeof err.message - 1] = 'm';
    text[sizeof err.message] = '\0';
    jieda__fail(&err, JIEDA_E_LIMIT, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void an_error_starts_afresh_and_may_be_null(void **state)
{
    jieda_error err = {.line = 7, .column = 8, .source = "old", .message = "old"};

    (void)state;
    assert_int_equal(jieda__fail(NULL, JIEDA_E_NOMEM, "x"), JIEDA_E_NOMEM);
    jieda__error_source(NULL, "x");
    jieda__fail(&err, JIEDA_E_INVALID, "no %d", 5);
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_string_equal(err.source, "");
    assert_string_equal(err.message, "no 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_gives_maximal_subparts),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(what_is_no_code_point_is_written_as_the_replacement),
        cmocka_unit_test(valid_prefix_ends_at_the_first_ill_formed_byte),
        cmocka_unit_test(a_buffer_takes_its_maximum_and_no_byte_more),
        cmocka_unit_test(after_a_failed_append_nothing_is_appended),
        cmocka_unit_test(a_buffer_without_memory_says_so),
        cmocka_unit_test(a_buffer_holds_what_was_written),
        cmocka_unit_test(slices_compare_by_bytes),
        cmocka_unit_test(a_hash_depends_on_every_byte_the_length_and_the_seed),
        cmocka_unit_test(a_long_message_is_cut_on_a_code_point),
        cmocka_unit_test(a_message_that_fits_exactly_is_whole),
        cmocka_unit_test(an_error_starts_afresh_and_may_be_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
