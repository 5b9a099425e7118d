/*
 * unihan.h - what Unicode's Han database knows of one character: its Simplified form, its sound.
 *
 * Normalizing folds 轉帳 and 转帐 into one; the syllables let 只付 find 支付, and zhifu too. Both
 * look at one character alone and know no words: 乾隆 becomes 干隆, 银行 reads "yin xing". That
 * does no harm as long as index, lexicon and question all pass through here, so a lexicon must be
 * folded when it is loaded: 著名 is 着名 afterwards. Text a visitor gets to read must never be
 * folded.
 *
 * Threads: the functions are pure and the tables constant; call them from any thread.
 */
#ifndef JIEDA_TEXT_UNIHAN_H
#define JIEDA_TEXT_UNIHAN_H

#include <stddef.h>
#include <stdint.h>

/** Syllables are numbered 1..JIEDA__SYLLABLE_COUNT; 0 is "none". The generated unihan_table.c
 *  asserts the number, so a newer Unihan that knows one more does not compile until it is set. */
#define JIEDA__SYLLABLE_COUNT 412

/** The longest name in bytes, without NUL: "zhuang". */
#define JIEDA__SYLLABLE_BYTES_MAX 6

/** The Simplified form of a Traditional character, or `cp` itself where there is none.
 *
 *  Idempotent. Never gives a character that NFKC would change, so it goes after NFKC; compatibility
 *  ideographs (U+F900..), which NFKC folds, are left alone here.
 *
 *  @param cp  any number; what is no code point comes back as it is.
 *  @return    a form above U+FFFF for under 200 rare characters, so UTF-8 may grow from 3 bytes
 * to 4. */
uint32_t jieda__text_simplify(uint32_t cp);

/** The first Mandarin reading without tone, as a number for comparing: U+652F 支 and U+53EA 只
 *  give the same one, "zhi".
 *
 *  Asks for no Simplified form first. Above U+9FFF only the mainland's standard characters have a
 *  reading here. Numbers follow the alphabet and so change with the Unicode version: keep names,
 *  not numbers, in a file.
 *
 *  @param cp  any number.
 *  @return    1..JIEDA__SYLLABLE_COUNT, or 0 where there is none. */
uint32_t jieda__text_syllable(uint32_t cp);

/** The spelling of a syllable: "zhong"; "v" stands for u with two dots, as on a keyboard ("lv").
 *
 *  @param syllable  any number.
 *  @return          NUL-terminated lower-case ASCII of 1..JIEDA__SYLLABLE_BYTES_MAX bytes, static;
 *                   "" for 0 or a number out of range. */
const char *jieda__text_syllable_name(uint32_t syllable);

/** The syllable with this spelling: the inverse of jieda__text_syllable_name().
 *
 *  Takes "lue" and "nue" for "lve" and "nve" as well: most input methods accept both, and there is
 *  no other syllable they could mean.
 *
 *  @param name  lower-case ASCII, no NUL needed; NULL if `len` is 0. Borrowed for the call.
 *  @param len   bytes, any number.
 *  @return      1..JIEDA__SYLLABLE_COUNT, or 0 where there is no such syllable. */
uint32_t jieda__text_syllable_find(const char *name, size_t len);

#endif
