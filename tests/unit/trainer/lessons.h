/*
 * lessons.h - labelled pairs to train from, made up from a few words, and folders to train in.
 *
 * What is done times what it is done to, asked in a few ways: pairs of one operation mean the same,
 * pairs of two do not. A few labels are wrong, as in life, so that there is something to weigh.
 */
#ifndef JIEDA_TESTS_LESSONS_H
#define JIEDA_TESTS_LESSONS_H

#include "fixture.h"

#include <dirent.h>

#define LESSON_BYTES_MAX 160 /* of a line */

static inline void lesson_question(char *out, size_t size, size_t operation, size_t wording)
{
    static const char *const verbs[] = {"绑定", "注销", "修改", "查询", "冻结",
                                        "提现", "充值", "申请", "取消", "恢复"};
    static const char *const things[] = {"银行卡", "手机号", "密码", "账单", "订单",
                                         "余额",   "红包",   "发票", "会员", "优惠券"};
    const char *verb = verbs[operation % 10], *thing = things[operation / 10 % 10];

    switch (wording % 5) {
    case 0:
        snprintf(out, size, "怎么%s%s", verb, thing);
        break;
    case 1:
        snprintf(out, size, "%s%s在哪里弄", thing, verb);
        break;
    case 2:
        snprintf(out, size, "我想%s我的%s", verb, thing);
        break;
    case 3:
        snprintf(out, size, "请问%s%s要多久", verb, thing);
        break;
    default:
        snprintf(out, size, "%s可以%s吗", thing, verb);
        break;
    }
}

/* `count` lines of `question TAB question TAB label`; free the text. */
static inline char *lesson_pairs(size_t count)
{
    char *text = malloc(count * LESSON_BYTES_MAX + 1), a[64], b[64];
    size_t len = 0;

    assert_non_null(text);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t operation = i / 2 * 7, other = i % 2 ? operation + 1 + i % 3 : operation;
        bool label = other == operation;

        if (i % 23 == 22)
            label = !label;
        lesson_question(a, sizeof a, operation, i / 2);
        lesson_question(b, sizeof b, other, i / 2 + 1 + i % 3);
        len += (size_t)snprintf(text + len, LESSON_BYTES_MAX, "%s\t%s\t%d\n", a, b, label);
    }
    return text;
}

/* A file of the folder: its path, of at most 159 bytes. */
static inline const char *lesson_path(const fixture *f, const char *name, char path[160])
{
    snprintf(path, 160, "%s/%s", f->folder, name);
    return path;
}

static inline void lesson_write(const fixture *f, const char *name, const char *text)
{
    char path[160];

    write_whole(lesson_path(f, name, path), text, strlen(text));
}

static inline void lesson_write_pairs(const fixture *f, const char *name, size_t count)
{
    char *text = lesson_pairs(count);

    lesson_write(f, name, text);
    free(text);
}

static inline size_t lesson_file_count(const fixture *f)
{
    DIR *folder = opendir(f->folder);
    struct dirent *item;
    size_t count = 0;

    assert_non_null(folder);
    while ((item = readdir(folder)))
        count += strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
    closedir(folder);
    return count;
}

#endif
