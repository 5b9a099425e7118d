/*
 * slots.c - one walk over the characters: words say what the number after them is, numbers say what
 * they are by their checksums, times and amounts by what they are made of. See slots.h for who
 * wins.
 *
 * The walk is greedy. At each place it asks: a placeholder (passed over as one thing, which makes
 * redacting twice harmless)? an e-mail address? a word of the table? a number? A word that
 * announces a value ("卡号") becomes the context, which survives connecting words ("是", "我的",
 * "is") and ends with anything else.
 *
 * People write numbers in groups: "6222 0212 ...", "138-0013-8000", "1.3.8.0.0 ...", "一三八零零
 * ...". So a number is read as digits and places where it may end (the end of a group; with Chinese
 * digits, which glue to the text around them, after every digit), and each shape is tried at those
 * places only: the phone number in the middle of a 28-digit order number is no phone number. A
 * group that is a whole card, ID or mobile number is never joined to the one before it.
 *
 *   "卡6222 0212 3456 7890 123元" -> digits 6222021234567890123, may end after 4, 8, 12, 16, 19
 *
 * When something personal was found, the walk is taken again with it covered, until it finds
 * nothing new: a value may be seen only once its neighbour is gone, and redacting twice must change
 * nothing.
 *
 * Every look ahead has a bound (33 digits, 3 signs between groups, 12 characters to a value, 64 of
 * a token) or happens once per character, so time is linear in the text.
 */
#include "intent/slots.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

/* ---- words ----------------------------------------------------------------------------------- */

enum word_kind {
    WORD_NONE,
    WORD_NOTHING, /* looks like a word below and is none: "qr code" */
    /* Announce a value. */
    WORD_ORDER,
    WORD_CARD,
    WORD_ID,
    WORD_PHONE,
    WORD_PASSPORT,
    WORD_TAIL,
    WORD_ERROR,
    WORD_CODE,
    WORD_PAYCODE,
    WORD_CVV,
    WORD_PASSWORD,
    /* Are a value. */
    WORD_BANK, /* arg: of bank_names */
    /* Parts of a time. */
    WORD_DAY,        /* arg: days from today; part */
    WORD_PART,       /* part */
    WORD_WEEK,       /* arg: weeks from this */
    WORD_WEEKDAY,    /* 周, before 一 to 日 */
    WORD_MONTH,      /* arg: months from this */
    WORD_YEAR,       /* arg: years from this */
    WORD_RECENT,     /* arg: minutes, before 前 */
    WORD_EN_MONTH,   /* arg: 1..12 */
    WORD_EN_WEEKDAY, /* arg: 0 = Monday; part 1: the one before today */
    WORD_EN_NUMBER,  /* arg: 1..10, before "days ago" */
};

enum part { PART_NONE, DAWN, MORNING, NOON, AFTERNOON, EVENING, NIGHT };

struct word {
    const char32_t *text; /* normalized */
    uint8_t kind;
    int8_t arg;
    uint8_t part;
};

/* As the banks' own names stand on their licences. */
static const char *const bank_names[] = {
    "中国工商银行",     "中国建设银行",     "中国农业银行", "中国银行",     "招商银行", "交通银行",
    "中国邮政储蓄银行", "上海浦东发展银行", "兴业银行",     "中国民生银行", "平安银行", "中信银行",
    "中国光大银行",     "广发银行",         "华夏银行",     "微众银行",     "网商银行", "汇丰银行",
    "渣打银行",         "花旗银行",         "东亚银行",     "恒生银行",     "北京银行", "上海银行",
    "江苏银行",         "南京银行",         "宁波银行",     "杭州银行",     "浙商银行", "渤海银行",
    "恒丰银行",         "农村信用社",       "农村商业银行",
};

/* By first character, so that it can be searched; jieda__slots_find() asserts it. A Latin word
 * needs its borders, a Chinese one has none. */
/* clang-format off */
static const struct word words[] = {
    {U"a", WORD_EN_NUMBER, 1, 0}, {U"abc bank", WORD_BANK, 2, 0}, {U"an", WORD_EN_NUMBER, 1, 0},
    {U"apr", WORD_EN_MONTH, 4, 0}, {U"april", WORD_EN_MONTH, 4, 0},
    {U"area code", WORD_NOTHING, 0, 0}, {U"aug", WORD_EN_MONTH, 8, 0},
    {U"august", WORD_EN_MONTH, 8, 0}, {U"bank of china", WORD_BANK, 3, 0},
    {U"bar code", WORD_NOTHING, 0, 0}, {U"boc", WORD_BANK, 3, 0}, {U"bocom", WORD_BANK, 5, 0},
    {U"call me at", WORD_PHONE, 0, 0}, {U"call me on", WORD_PHONE, 0, 0},
    {U"captcha", WORD_CODE, 0, 0}, {U"card", WORD_CARD, 0, 0}, {U"card no", WORD_CARD, 0, 0},
    {U"card num", WORD_CARD, 0, 0}, {U"card number", WORD_CARD, 0, 0}, {U"ccb", WORD_BANK, 1, 0},
    {U"cell", WORD_PHONE, 0, 0}, {U"cgb", WORD_BANK, 13, 0}, {U"citibank", WORD_BANK, 19, 0},
    {U"citic", WORD_BANK, 11, 0}, {U"cmb", WORD_BANK, 4, 0}, {U"cmbc", WORD_BANK, 9, 0},
    {U"code", WORD_CODE, 0, 0}, {U"country code", WORD_NOTHING, 0, 0},
    {U"coupon code", WORD_NOTHING, 0, 0}, {U"cvc", WORD_CVV, 0, 0}, {U"cvc2", WORD_CVV, 0, 0},
    {U"cvn", WORD_CVV, 0, 0}, {U"cvn2", WORD_CVV, 0, 0}, {U"cvv", WORD_CVV, 0, 0},
    {U"cvv2", WORD_CVV, 0, 0}, {U"dec", WORD_EN_MONTH, 12, 0}, {U"december", WORD_EN_MONTH, 12, 0},
    {U"dianhua", WORD_PHONE, 0, 0}, {U"dingdan", WORD_ORDER, 0, 0},
    {U"dingdanhao", WORD_ORDER, 0, 0}, {U"discount code", WORD_NOTHING, 0, 0},
    {U"eight", WORD_EN_NUMBER, 8, 0}, {U"ending in", WORD_TAIL, 0, 0},
    {U"ending with", WORD_TAIL, 0, 0}, {U"ends in", WORD_TAIL, 0, 0},
    {U"ends with", WORD_TAIL, 0, 0}, {U"err", WORD_ERROR, 0, 0}, {U"err code", WORD_ERROR, 0, 0},
    {U"errcode", WORD_ERROR, 0, 0}, {U"errno", WORD_ERROR, 0, 0}, {U"error", WORD_ERROR, 0, 0},
    {U"error code", WORD_ERROR, 0, 0}, {U"feb", WORD_EN_MONTH, 2, 0},
    {U"february", WORD_EN_MONTH, 2, 0}, {U"five", WORD_EN_NUMBER, 5, 0},
    {U"four", WORD_EN_NUMBER, 4, 0}, {U"friday", WORD_EN_WEEKDAY, 4, 0},
    {U"hsbc", WORD_BANK, 17, 0}, {U"icbc", WORD_BANK, 0, 0}, {U"id card", WORD_ID, 0, 0},
    {U"id no", WORD_ID, 0, 0}, {U"id number", WORD_ID, 0, 0},
    {U"invitation code", WORD_NOTHING, 0, 0}, {U"invite code", WORD_NOTHING, 0, 0},
    {U"jan", WORD_EN_MONTH, 1, 0}, {U"january", WORD_EN_MONTH, 1, 0}, {U"jul", WORD_EN_MONTH, 7, 0},
    {U"july", WORD_EN_MONTH, 7, 0}, {U"jun", WORD_EN_MONTH, 6, 0}, {U"june", WORD_EN_MONTH, 6, 0},
    {U"kahao", WORD_CARD, 0, 0}, {U"last 4", WORD_TAIL, 0, 0}, {U"last 4 digits", WORD_TAIL, 0, 0},
    {U"last four", WORD_TAIL, 0, 0}, {U"last four digits", WORD_TAIL, 0, 0},
    {U"last friday", WORD_EN_WEEKDAY, 4, 1}, {U"last monday", WORD_EN_WEEKDAY, 0, 1},
    {U"last month", WORD_MONTH, -1, 0}, {U"last night", WORD_DAY, -1, EVENING},
    {U"last saturday", WORD_EN_WEEKDAY, 5, 1}, {U"last sunday", WORD_EN_WEEKDAY, 6, 1},
    {U"last thursday", WORD_EN_WEEKDAY, 3, 1}, {U"last tuesday", WORD_EN_WEEKDAY, 1, 1},
    {U"last wednesday", WORD_EN_WEEKDAY, 2, 1}, {U"last week", WORD_WEEK, -1, 0},
    {U"last year", WORD_YEAR, -1, 0}, {U"liushuihao", WORD_ORDER, 0, 0},
    {U"mar", WORD_EN_MONTH, 3, 0}, {U"march", WORD_EN_MONTH, 3, 0}, {U"may", WORD_EN_MONTH, 5, 0},
    {U"mima", WORD_PASSWORD, 0, 0}, {U"mobile", WORD_PHONE, 0, 0},
    {U"mobile number", WORD_PHONE, 0, 0}, {U"monday", WORD_EN_WEEKDAY, 0, 0},
    {U"mybank", WORD_BANK, 16, 0}, {U"next month", WORD_MONTH, 1, 0},
    {U"next week", WORD_WEEK, 1, 0}, {U"next year", WORD_YEAR, 1, 0},
    {U"nine", WORD_EN_NUMBER, 9, 0}, {U"nov", WORD_EN_MONTH, 11, 0},
    {U"november", WORD_EN_MONTH, 11, 0}, {U"oct", WORD_EN_MONTH, 10, 0},
    {U"october", WORD_EN_MONTH, 10, 0}, {U"one", WORD_EN_NUMBER, 1, 0},
    {U"one time password", WORD_CODE, 0, 0}, {U"order", WORD_ORDER, 0, 0},
    {U"order id", WORD_ORDER, 0, 0}, {U"order no", WORD_ORDER, 0, 0},
    {U"order number", WORD_ORDER, 0, 0}, {U"otp", WORD_CODE, 0, 0},
    {U"passcode", WORD_PASSWORD, 0, 0}, {U"passcode sent", WORD_CODE, 0, 0},
    {U"passport", WORD_PASSPORT, 0, 0}, {U"passwd", WORD_PASSWORD, 0, 0},
    {U"password", WORD_PASSWORD, 0, 0}, {U"phone", WORD_PHONE, 0, 0},
    {U"phone number", WORD_PHONE, 0, 0}, {U"pin", WORD_PASSWORD, 0, 0},
    {U"pin code", WORD_PASSWORD, 0, 0}, {U"pin码", WORD_PASSWORD, 0, 0},
    {U"post code", WORD_NOTHING, 0, 0}, {U"postal code", WORD_NOTHING, 0, 0},
    {U"promo code", WORD_NOTHING, 0, 0}, {U"promotion code", WORD_NOTHING, 0, 0},
    {U"psbc", WORD_BANK, 6, 0}, {U"pwd", WORD_PASSWORD, 0, 0}, {U"qr code", WORD_NOTHING, 0, 0},
    {U"referral code", WORD_NOTHING, 0, 0}, {U"saturday", WORD_EN_WEEKDAY, 5, 0},
    {U"security code", WORD_CVV, 0, 0}, {U"sep", WORD_EN_MONTH, 9, 0},
    {U"sept", WORD_EN_MONTH, 9, 0}, {U"september", WORD_EN_MONTH, 9, 0},
    {U"seven", WORD_EN_NUMBER, 7, 0}, {U"shenfenzheng", WORD_ID, 0, 0},
    {U"shouji", WORD_PHONE, 0, 0}, {U"shoujihao", WORD_PHONE, 0, 0}, {U"six", WORD_EN_NUMBER, 6, 0},
    {U"sms code", WORD_CODE, 0, 0}, {U"source code", WORD_NOTHING, 0, 0},
    {U"spdb", WORD_BANK, 7, 0}, {U"status code", WORD_NOTHING, 0, 0},
    {U"sunday", WORD_EN_WEEKDAY, 6, 0}, {U"swift code", WORD_NOTHING, 0, 0},
    {U"tel", WORD_PHONE, 0, 0}, {U"telephone", WORD_PHONE, 0, 0}, {U"ten", WORD_EN_NUMBER, 10, 0},
    {U"this afternoon", WORD_DAY, 0, AFTERNOON}, {U"this evening", WORD_DAY, 0, EVENING},
    {U"this month", WORD_MONTH, 0, 0}, {U"this morning", WORD_DAY, 0, MORNING},
    {U"this week", WORD_WEEK, 0, 0}, {U"this year", WORD_YEAR, 0, 0},
    {U"three", WORD_EN_NUMBER, 3, 0}, {U"thursday", WORD_EN_WEEKDAY, 3, 0},
    {U"today", WORD_DAY, 0, 0}, {U"tomorrow", WORD_DAY, 1, 0},
    {U"tomorrow morning", WORD_DAY, 1, MORNING}, {U"tonight", WORD_DAY, 0, EVENING},
    {U"trade no", WORD_ORDER, 0, 0}, {U"transaction id", WORD_ORDER, 0, 0},
    {U"transaction no", WORD_ORDER, 0, 0}, {U"transaction number", WORD_ORDER, 0, 0},
    {U"travel permit", WORD_PASSPORT, 0, 0}, {U"tuesday", WORD_EN_WEEKDAY, 1, 0},
    {U"two", WORD_EN_NUMBER, 2, 0}, {U"verification code", WORD_CODE, 0, 0},
    {U"verify code", WORD_CODE, 0, 0}, {U"webank", WORD_BANK, 15, 0},
    {U"wednesday", WORD_EN_WEEKDAY, 2, 0}, {U"weihao", WORD_TAIL, 0, 0},
    {U"whatsapp", WORD_PHONE, 0, 0}, {U"yanzhengma", WORD_CODE, 0, 0},
    {U"yesterday", WORD_DAY, -1, 0}, {U"yesterday afternoon", WORD_DAY, -1, AFTERNOON},
    {U"yesterday evening", WORD_DAY, -1, EVENING}, {U"yesterday morning", WORD_DAY, -1, MORNING},
    {U"yinhangka", WORD_CARD, 0, 0}, {U"zip code", WORD_NOTHING, 0, 0},
    {U"一早", WORD_PART, 0, MORNING}, {U"上上个星期", WORD_WEEK, -2, 0},
    {U"上上个月", WORD_MONTH, -2, 0}, {U"上上个礼拜", WORD_WEEK, -2, 0},
    {U"上上周", WORD_WEEK, -2, 0}, {U"上上星期", WORD_WEEK, -2, 0}, {U"上上月", WORD_MONTH, -2, 0},
    {U"上个周", WORD_WEEK, -1, 0}, {U"上个星期", WORD_WEEK, -1, 0}, {U"上个月", WORD_MONTH, -1, 0},
    {U"上个礼拜", WORD_WEEK, -1, 0}, {U"上午", WORD_PART, 0, MORNING}, {U"上周", WORD_WEEK, -1, 0},
    {U"上星期", WORD_WEEK, -1, 0}, {U"上月", WORD_MONTH, -1, 0},
    {U"上海浦东发展银行", WORD_BANK, 7, 0}, {U"上海银行", WORD_BANK, 23, 0},
    {U"上礼拜", WORD_WEEK, -1, 0}, {U"下个星期", WORD_WEEK, 1, 0}, {U"下个月", WORD_MONTH, 1, 0},
    {U"下个礼拜", WORD_WEEK, 1, 0}, {U"下午", WORD_PART, 0, AFTERNOON}, {U"下周", WORD_WEEK, 1, 0},
    {U"下星期", WORD_WEEK, 1, 0}, {U"下月", WORD_MONTH, 1, 0}, {U"下礼拜", WORD_WEEK, 1, 0},
    {U"东亚银行", WORD_BANK, 20, 0}, {U"中信卡", WORD_BANK, 11, 0}, {U"中信银行", WORD_BANK, 11, 0},
    {U"中午", WORD_PART, 0, NOON}, {U"中国光大银行", WORD_BANK, 12, 0},
    {U"中国农业银行", WORD_BANK, 2, 0}, {U"中国工商银行", WORD_BANK, 0, 0},
    {U"中国建设银行", WORD_BANK, 1, 0}, {U"中国民生银行", WORD_BANK, 9, 0},
    {U"中国邮政储蓄银行", WORD_BANK, 6, 0}, {U"中国银行", WORD_BANK, 3, 0},
    {U"中行", WORD_BANK, 3, 0}, {U"二维码", WORD_NOTHING, 0, 0}, {U"交易单号", WORD_ORDER, 0, 0},
    {U"交易号", WORD_ORDER, 0, 0}, {U"交易编号", WORD_ORDER, 0, 0}, {U"交行", WORD_BANK, 5, 0},
    {U"交通银行", WORD_BANK, 5, 0}, {U"今儿", WORD_DAY, 0, 0}, {U"今夜", WORD_DAY, 0, EVENING},
    {U"今天", WORD_DAY, 0, 0}, {U"今年", WORD_YEAR, 0, 0}, {U"今日", WORD_DAY, 0, 0},
    {U"今早", WORD_DAY, 0, MORNING}, {U"今晚", WORD_DAY, 0, EVENING},
    {U"今晨", WORD_DAY, 0, MORNING}, {U"付款码", WORD_PAYCODE, 0, 0},
    {U"付款码数字", WORD_PAYCODE, 0, 0}, {U"代码", WORD_ERROR, 0, 0},
    {U"优惠码", WORD_NOTHING, 0, 0}, {U"信用卡", WORD_CARD, 0, 0}, {U"信用社", WORD_BANK, 31, 0},
    {U"借记卡", WORD_CARD, 0, 0}, {U"傍晚", WORD_PART, 0, EVENING}, {U"储蓄卡", WORD_CARD, 0, 0},
    {U"光大卡", WORD_BANK, 12, 0}, {U"光大银行", WORD_BANK, 12, 0}, {U"兑换码", WORD_NOTHING, 0, 0},
    {U"兴业卡", WORD_BANK, 8, 0}, {U"兴业银行", WORD_BANK, 8, 0}, {U"军官证", WORD_PASSPORT, 0, 0},
    {U"农业银行", WORD_BANK, 2, 0}, {U"农信", WORD_BANK, 31, 0}, {U"农信社", WORD_BANK, 31, 0},
    {U"农商行", WORD_BANK, 32, 0}, {U"农商银行", WORD_BANK, 32, 0},
    {U"农村信用社", WORD_BANK, 31, 0}, {U"农村商业银行", WORD_BANK, 32, 0},
    {U"农行", WORD_BANK, 2, 0}, {U"凌晨", WORD_PART, 0, DAWN}, {U"凭证号", WORD_ORDER, 0, 0},
    {U"前天", WORD_DAY, -2, 0}, {U"前年", WORD_YEAR, -2, 0}, {U"前日", WORD_DAY, -2, 0},
    {U"前晚", WORD_DAY, -2, EVENING}, {U"动态口令", WORD_CODE, 0, 0},
    {U"动态密码", WORD_CODE, 0, 0}, {U"动态码", WORD_CODE, 0, 0}, {U"北京银行", WORD_BANK, 22, 0},
    {U"午后", WORD_PART, 0, AFTERNOON}, {U"半个小时", WORD_RECENT, 30, 0},
    {U"半个钟", WORD_RECENT, 30, 0}, {U"半夜", WORD_PART, 0, NIGHT},
    {U"半小时", WORD_RECENT, 30, 0}, {U"华夏卡", WORD_BANK, 14, 0}, {U"华夏银行", WORD_BANK, 14, 0},
    {U"单号", WORD_ORDER, 0, 0}, {U"南京银行", WORD_BANK, 25, 0}, {U"卡号", WORD_CARD, 0, 0},
    {U"去年", WORD_YEAR, -1, 0}, {U"口令", WORD_PASSWORD, 0, 0}, {U"台胞证", WORD_PASSPORT, 0, 0},
    {U"后4位", WORD_TAIL, 0, 0}, {U"后四位", WORD_TAIL, 0, 0}, {U"后天", WORD_DAY, 2, 0},
    {U"周", WORD_WEEKDAY, 0, 0}, {U"商户单号", WORD_ORDER, 0, 0}, {U"商户订单号", WORD_ORDER, 0, 0},
    {U"回乡证", WORD_PASSPORT, 0, 0}, {U"固话", WORD_PHONE, 0, 0},
    {U"基金代码", WORD_NOTHING, 0, 0}, {U"夜晚", WORD_PART, 0, EVENING},
    {U"夜里", WORD_PART, 0, EVENING}, {U"大前天", WORD_DAY, -3, 0},
    {U"大半夜", WORD_PART, 0, NIGHT}, {U"大后天", WORD_DAY, 3, 0},
    {U"大早上", WORD_PART, 0, MORNING}, {U"宁波银行", WORD_BANK, 26, 0},
    {U"安全码", WORD_CVV, 0, 0}, {U"安全码头", WORD_NOTHING, 0, 0}, {U"密码", WORD_PASSWORD, 0, 0},
    {U"尾号", WORD_TAIL, 0, 0}, {U"居住证", WORD_PASSPORT, 0, 0}, {U"工商银行", WORD_BANK, 0, 0},
    {U"工行", WORD_BANK, 0, 0}, {U"平安卡", WORD_BANK, 10, 0}, {U"平安银行", WORD_BANK, 10, 0},
    {U"广发", WORD_BANK, 13, 0}, {U"广发银行", WORD_BANK, 13, 0}, {U"座机", WORD_PHONE, 0, 0},
    {U"建行", WORD_BANK, 1, 0}, {U"建设银行", WORD_BANK, 1, 0}, {U"异常码", WORD_ERROR, 0, 0},
    {U"微众银行", WORD_BANK, 15, 0}, {U"恒丰银行", WORD_BANK, 30, 0},
    {U"恒生银行", WORD_BANK, 21, 0}, {U"手机", WORD_PHONE, 0, 0}, {U"手机号", WORD_PHONE, 0, 0},
    {U"手机号码", WORD_PHONE, 0, 0}, {U"护照", WORD_PASSPORT, 0, 0}, {U"报错", WORD_ERROR, 0, 0},
    {U"报错代码", WORD_ERROR, 0, 0}, {U"报错码", WORD_ERROR, 0, 0}, {U"招商银行", WORD_BANK, 4, 0},
    {U"招行", WORD_BANK, 4, 0}, {U"提示码", WORD_ERROR, 0, 0}, {U"支付码", WORD_PAYCODE, 0, 0},
    {U"收付款码", WORD_PAYCODE, 0, 0}, {U"收款账号", WORD_CARD, 0, 0},
    {U"收款账户", WORD_CARD, 0, 0}, {U"早上", WORD_PART, 0, MORNING},
    {U"早晨", WORD_PART, 0, MORNING}, {U"早间", WORD_PART, 0, MORNING}, {U"明儿", WORD_DAY, 1, 0},
    {U"明天", WORD_DAY, 1, 0}, {U"明年", WORD_YEAR, 1, 0}, {U"明日", WORD_DAY, 1, 0},
    {U"明早", WORD_DAY, 1, MORNING}, {U"明晚", WORD_DAY, 1, EVENING},
    {U"明晨", WORD_DAY, 1, MORNING}, {U"星期", WORD_WEEKDAY, 0, 0}, {U"昨儿", WORD_DAY, -1, 0},
    {U"昨夜", WORD_DAY, -1, EVENING}, {U"昨天", WORD_DAY, -1, 0}, {U"昨日", WORD_DAY, -1, 0},
    {U"昨早", WORD_DAY, -1, MORNING}, {U"昨晚", WORD_DAY, -1, EVENING},
    {U"晚上", WORD_PART, 0, EVENING}, {U"晚间", WORD_PART, 0, EVENING}, {U"末4位", WORD_TAIL, 0, 0},
    {U"末四位", WORD_TAIL, 0, 0}, {U"末尾四位", WORD_TAIL, 0, 0}, {U"本周", WORD_WEEK, 0, 0},
    {U"本月", WORD_MONTH, 0, 0}, {U"机构代码", WORD_NOTHING, 0, 0}, {U"杭州银行", WORD_BANK, 27, 0},
    {U"校验码", WORD_CODE, 0, 0}, {U"正午", WORD_PART, 0, NOON}, {U"民生卡", WORD_BANK, 9, 0},
    {U"民生银行", WORD_BANK, 9, 0}, {U"汇丰", WORD_BANK, 17, 0}, {U"汇丰银行", WORD_BANK, 17, 0},
    {U"江苏银行", WORD_BANK, 24, 0}, {U"流水", WORD_ORDER, 0, 0}, {U"流水号", WORD_ORDER, 0, 0},
    {U"浙商银行", WORD_BANK, 28, 0}, {U"浦东发展银行", WORD_BANK, 7, 0}, {U"浦发", WORD_BANK, 7, 0},
    {U"浦发银行", WORD_BANK, 7, 0}, {U"深夜", WORD_PART, 0, NIGHT}, {U"清晨", WORD_PART, 0, DAWN},
    {U"渣打", WORD_BANK, 18, 0}, {U"渣打银行", WORD_BANK, 18, 0}, {U"渤海银行", WORD_BANK, 29, 0},
    {U"状态码", WORD_ERROR, 0, 0}, {U"电话", WORD_PHONE, 0, 0}, {U"电话号码", WORD_PHONE, 0, 0},
    {U"短信密码", WORD_CODE, 0, 0}, {U"短信码", WORD_CODE, 0, 0}, {U"确认码", WORD_CODE, 0, 0},
    {U"礼拜", WORD_WEEKDAY, 0, 0}, {U"网商银行", WORD_BANK, 16, 0}, {U"联系方式", WORD_PHONE, 0, 0},
    {U"股票代码", WORD_NOTHING, 0, 0}, {U"背面3位", WORD_CVV, 0, 0}, {U"背面三位", WORD_CVV, 0, 0},
    {U"背面三位数", WORD_CVV, 0, 0}, {U"背面三位数字", WORD_CVV, 0, 0},
    {U"背面后三位", WORD_CVV, 0, 0}, {U"背面末三位", WORD_CVV, 0, 0},
    {U"背面的三位", WORD_CVV, 0, 0}, {U"背面的三位数", WORD_CVV, 0, 0},
    {U"背面的三位数字", WORD_CVV, 0, 0}, {U"花旗", WORD_BANK, 19, 0},
    {U"花旗银行", WORD_BANK, 19, 0}, {U"订单", WORD_ORDER, 0, 0}, {U"订单号", WORD_ORDER, 0, 0},
    {U"订单编号", WORD_ORDER, 0, 0}, {U"证件号", WORD_ID, 0, 0}, {U"证件号码", WORD_ID, 0, 0},
    {U"身份证", WORD_ID, 0, 0}, {U"身份证号", WORD_ID, 0, 0}, {U"运单号", WORD_ORDER, 0, 0},
    {U"返回码", WORD_ERROR, 0, 0}, {U"这个星期", WORD_WEEK, 0, 0}, {U"这个月", WORD_MONTH, 0, 0},
    {U"这个礼拜", WORD_WEEK, 0, 0}, {U"这周", WORD_WEEK, 0, 0}, {U"这星期", WORD_WEEK, 0, 0},
    {U"这礼拜", WORD_WEEK, 0, 0}, {U"通行证", WORD_PASSPORT, 0, 0}, {U"邀请码", WORD_NOTHING, 0, 0},
    {U"邮储", WORD_BANK, 6, 0}, {U"邮储银行", WORD_BANK, 6, 0}, {U"邮政储蓄", WORD_BANK, 6, 0},
    {U"邮政储蓄银行", WORD_BANK, 6, 0}, {U"邮政编码", WORD_NOTHING, 0, 0},
    {U"邮政银行", WORD_BANK, 6, 0}, {U"银行代码", WORD_NOTHING, 0, 0}, {U"银行卡", WORD_CARD, 0, 0},
    {U"银行账号", WORD_CARD, 0, 0}, {U"银行账户", WORD_CARD, 0, 0}, {U"错误", WORD_ERROR, 0, 0},
    {U"错误代码", WORD_ERROR, 0, 0}, {U"错误码", WORD_ERROR, 0, 0}, {U"错误编号", WORD_ERROR, 0, 0},
    {U"错误编码", WORD_ERROR, 0, 0}, {U"验证码", WORD_CODE, 0, 0},
};
/* clang-format on */

#define WORD_COUNT (sizeof words / sizeof *words)

/* ---- characters ------------------------------------------------------------------------------ */

/* A slot, and the characters it was made of. */
struct found {
    jieda__slot slot;
    size_t first, end;
};

struct finder {
    jieda__arena *arena;
    const jieda__char *chars;
    size_t count;
    jieda_str original;
    int64_t now; /* local, seconds since 1970-01-01T00:00 there */
    int expect;
    unsigned context;     /* a word_kind that announced a value */
    size_t context_end;   /* where its word ended */
    size_t local_end;     /* up to here no e-mail address begins */
    jieda__char *covered; /* `chars` once they are a copy; see cover() */
    struct found *found;
    size_t found_count, found_capacity;
    jieda_status status;
};

static inline uint32_t cp_at(const struct finder *f, size_t i)
{
    return i < f->count ? f->chars[i].cp : 0;
}

static inline bool is_ascii_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static inline bool is_letter(uint32_t cp)
{
    return cp >= 'a' && cp <= 'z'; /* normalized: small */
}

static inline bool is_alnum(uint32_t cp)
{
    return is_letter(cp) || is_ascii_digit(cp);
}

static bool among(uint32_t cp, const char32_t *set)
{
    for (; *set; set++)
        if (*set == cp)
            return cp != 0;
    return false;
}

/* 0..9 of a Chinese digit as in telephone numbers, else -1. */
static int chinese_digit(uint32_t cp)
{
    static const char32_t digits[] = U"零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖";

    if (cp == U'幺')
        return 1;
    if (cp < 0x3007 || cp > 0x96F6) /* 〇 and 零 are the ends */
        return -1;
    for (int i = 0; i < 20; i++)
        if (digits[i] == cp)
            return i % 10;
    return -1;
}

/* The decimal digits of other scripts, which normalization leaves alone, stand in rows of ten that
 * begin at the multiples of 16, or six after them. */
static int foreign_digit(const jieda__char *c)
{
    uint32_t row = c->cp & ~0xFu;
    uint32_t value = c->cp - row;

    if (c->kind != JIEDA__CHAR_DIGIT)
        return -1;
    if (utf8proc_category((utf8proc_int32_t)row) != UTF8PROC_CATEGORY_ND)
        value = value >= 6 ? value - 6 : 10;
    return value < 10 ? (int)value : -1;
}

/* 0..9, or -1. */
static inline int digit_at(const struct finder *f, size_t i)
{
    uint32_t cp = cp_at(f, i);

    if (cp < 0x80)
        return is_ascii_digit(cp) ? (int)(cp - '0') : -1;
    return f->chars[i].kind == JIEDA__CHAR_IDEOGRAPH ? chinese_digit(cp)
                                                     : foreign_digit(&f->chars[i]);
}

/* Digits of a group are glued and of one script; a Chinese digit is a group of its own. */
static inline bool is_group_digit(const struct finder *f, size_t i)
{
    return i < f->count && f->chars[i].kind == JIEDA__CHAR_DIGIT && digit_at(f, i) >= 0;
}

static size_t group_end(const struct finder *f, size_t i)
{
    if (!is_group_digit(f, i))
        return digit_at(f, i) >= 0 ? i + 1 : i;
    while (is_group_digit(f, i))
        i++;
    return i;
}

/* Behind the Latin text that begins at i, if it is there as a word, else 0. */
static size_t latin_at(const struct finder *f, size_t i, const char *text)
{
    for (; *text; text++, i++)
        if (cp_at(f, i) != (unsigned char)*text)
            return 0;
    return is_letter(cp_at(f, i)) ? 0 : i;
}

/* The same for any of several texts with spaces between them. */
static size_t any_latin_at(const struct finder *f, size_t i, const char *texts)
{
    if (!is_letter(cp_at(f, i)))
        return 0;
    while (*texts) {
        size_t end = i;

        while (*texts && *texts != ' ' && cp_at(f, end) == (unsigned char)*texts) {
            texts++;
            end++;
        }
        if ((*texts == '\0' || *texts == ' ') && !is_letter(cp_at(f, end)))
            return end;
        while (*texts && *texts != ' ')
            texts++;
        texts += *texts == ' ';
    }
    return 0;
}

static size_t han_at(const struct finder *f, size_t i, const char32_t *text)
{
    for (; *text; text++, i++)
        if (cp_at(f, i) != *text)
            return 0;
    return i;
}

static size_t skip_spaces(const struct finder *f, size_t i)
{
    return cp_at(f, i) == ' ' ? i + 1 : i; /* normalized: never two */
}

/* The longest word that begins at i. */
static const struct word *word_at(const struct finder *f, size_t i, size_t *end_out)
{
    uint32_t first = cp_at(f, i);
    size_t low = 0, high = WORD_COUNT;
    const struct word *best = NULL;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (words[middle].text[0] < first)
            low = middle + 1;
        else
            high = middle;
    }
    *end_out = i;
    for (; low < WORD_COUNT && words[low].text[0] == first; low++) {
        size_t end = han_at(f, i, words[low].text);

        if (end <= *end_out ||
            (is_letter(cp_at(f, end - 1)) && (is_letter(cp_at(f, end)) || cp_at(f, end) == '_')))
            continue;
        best = &words[low];
        *end_out = end;
    }
    return best;
}

#ifndef NDEBUG
static bool words_are_sorted(void)
{
    for (size_t i = 1; i < WORD_COUNT; i++)
        if (words[i - 1].text[0] > words[i].text[0])
            return false;
    return true;
}
#endif

/* What redact.c writes; if you change its names, change these too. Lower case, as all here. */
static size_t placeholder_end(const struct finder *f, size_t i)
{
    static const char32_t *const placeholders[] = {
        U"[手机号", U"[电话",   U"[银行卡", U"[身份证", U"[邮箱",
        U"[证件",   U"[验证码", U"[密码",   U"[cvv",
    };

    if (cp_at(f, i) != '[')
        return 0;
    for (size_t k = 0; k < sizeof placeholders / sizeof *placeholders; k++) {
        size_t end = han_at(f, i, placeholders[k]);

        if (end && cp_at(f, end) == '#')
            for (int n = 0; n < 4 && (n == 0 || is_ascii_digit(cp_at(f, end))); n++)
                end++;
        if (end && cp_at(f, end) == ']')
            return end + 1;
    }
    return 0;
}

/* What counts things, so that the number before it is none of the values here: 6位, 60秒, 3次. */
static bool is_counter(uint32_t cp)
{
    return among(
        cp, U"位次个天日年月号时分秒点小周星条笔张元块角毛万千百亿岁倍度人家种%级步件层页户台");
}

static bool is_counted(const struct finder *f, size_t end)
{
    return is_counter(cp_at(f, end)) ||
           (cp_at(f, end) == ' ' && among(cp_at(f, end + 1), U"位次天年元块"));
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* Adds the slot of chars[first, end). `value` is copied. */
static void push(struct finder *f, jieda__slot_kind kind, size_t first, size_t end,
                 const char *value, size_t value_len)
{
    struct found found = {.slot = {.kind = kind}, .first = first, .end = end};

    f->context = WORD_NONE;
    if (f->found_count == f->found_capacity) {
        size_t capacity = f->found_capacity ? f->found_capacity * 2 : 4;
        struct found *grown = jieda__arena_alloc(f->arena, capacity * sizeof *grown);

        if (!grown) {
            f->status = JIEDA_E_NOMEM;
            return;
        }
        if (f->found_count)
            memcpy(grown, f->found, f->found_count * sizeof *grown);
        f->found = grown;
        f->found_capacity = capacity;
    }
    found.slot.value = jieda__arena_copy(f->arena, (jieda_str){value, value_len});
    if (!found.slot.value.ptr) {
        f->status = JIEDA_E_NOMEM;
        return;
    }
    f->found[f->found_count++] = found;
}

static void push_secret(struct finder *f, jieda__slot_kind kind, size_t first, size_t end)
{
    push(f, kind, first, end, "", 0);
}

#define TOKEN_COUNT_MAX 64

/* The slot of letters and digits among chars[first, end), as capitals. */
static void push_token(struct finder *f, jieda__slot_kind kind, size_t first, size_t end)
{
    char value[TOKEN_COUNT_MAX + 1];
    size_t len = 0;

    for (size_t i = first; i < end && len < TOKEN_COUNT_MAX; i++) {
        uint32_t cp = cp_at(f, i);
        int digit = digit_at(f, i);

        if (digit >= 0)
            value[len++] = (char)('0' + digit);
        else if (is_letter(cp))
            value[len++] = (char)(cp - 'a' + 'A');
        else if (kind == JIEDA__SLOT_ERROR_CODE && (cp == '-' || cp == '_'))
            value[len++] = (char)cp;
    }
    if (kind == JIEDA__SLOT_ERROR_CODE && len > 1 && value[0] == '0' && value[1] == 'X')
        value[1] = 'x'; /* as hexadecimal numbers are written */
    push(f, kind, first, end, value, len);
}

/* ---- numbers --------------------------------------------------------------------------------- */

#define RUN_COUNT_MAX 33 /* one more than the longest order number */
#define GAP_COUNT_MAX 3  /* signs between two groups */

struct run {
    size_t count; /* digits */
    uint8_t digits[RUN_COUNT_MAX];
    bool ends[RUN_COUNT_MAX + 1]; /* [n]: the first n digits end a group */
    size_t at[RUN_COUNT_MAX];     /* their characters */
};

static bool digits_date(const uint8_t *d, size_t year_count)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1900, month, day;

    if (year_count == 4)
        year = d[0] * 1000 + d[1] * 100 + d[2] * 10 + d[3];
    d += year_count;
    month = d[0] * 10 + d[1];
    day = d[2] * 10 + d[3];
    return year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1];
}

/* GB/T 2260: the first two digits are the province; 81 to 83 and 9x are residence permits. */
static bool is_province(const uint8_t *d)
{
    static const uint8_t counts[10] = {0, 5, 3, 7, 6, 4, 5, 1, 3, 9};

    /* 11-15, 21-23, 31-37, 41-46, 50-54, 61-65, 71, 81-83, 91 on */
    return d[0] == 5 ? d[1] < 5 : d[1] >= 1 && d[1] <= counts[d[0]];
}

/* GB 11643-1999; `last` is 10 for X. */
static bool is_id_number(const uint8_t *d, unsigned last)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = last;

    if (!is_province(d) || !digits_date(d + 6, 4))
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += (unsigned)weights[i] * d[i];
    return sum % 11 == 1; /* the last digit's own weight is 1 */
}

/* What ID numbers were until 1999: no century, no checksum. */
static bool is_old_id_number(const uint8_t *d)
{
    return d[0] < 8 && is_province(d) && digits_date(d + 6, 2);
}

/* ISO/IEC 7812-1: the first digits of cards in use, and Luhn's checksum. 9 and 81 are of China's
 * own and UnionPay's. */
static bool is_bank_card(const uint8_t *d, size_t count)
{
    unsigned first4 = d[0] * 1000u + d[1] * 100u + d[2] * 10u + d[3];
    unsigned first2 = first4 / 100, sum = 0;

    if (count < 13 || count > 19)
        return false;
    if (!(first2 == 30 || (first2 >= 34 && first2 <= 69) || first2 == 81 || first2 >= 90 ||
          (first4 >= 2221 && first4 <= 2720)))
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = d[count - 1 - i];

        if (i % 2 == 1)
            digit = digit < 5 ? digit * 2 : digit * 2 - 9;
        sum += digit;
    }
    return sum % 10 == 0;
}

/* The digits before a mainland mobile number (86, 0086, 0), if all `count` are one; else -1. */
static int mobile_prefix(const uint8_t *d, size_t count)
{
    size_t prefix = count - 11;

    if (count < 11 || d[prefix] != 1 || d[prefix + 1] < 3)
        return -1;
    if (prefix == 0 || (prefix == 1 && d[0] == 0) || (prefix == 2 && d[0] == 8 && d[1] == 6) ||
        (prefix == 4 && d[0] == 0 && d[1] == 0 && d[2] == 8 && d[3] == 6))
        return (int)prefix;
    return -1;
}

/* Area code (010, 02x, or 0 and three digits) and 7 or 8 digits. */
static bool is_landline(const uint8_t *d, size_t count)
{
    size_t area;

    if (count < 10 || count > 12 || d[0] != 0 || d[1] == 0)
        return false;
    area = d[1] <= 2 ? 3 : 4;
    if (d[1] == 1 && d[2] != 0)
        return false;
    return d[area] != 0 && (count - area == 8 || (count - area == 7 && area == 4));
}

/* The country code's digits if a number abroad begins here, else 0: of Hong Kong, Macao and Taiwan,
 * how many digits follow is known. */
static size_t abroad_count(const uint8_t *d, size_t count)
{
    if (count < 3 || d[0] != 8)
        return 0;
    if (d[1] == 5 && (d[2] == 2 || d[2] == 3))
        return 11;
    return d[1] == 8 && d[2] == 6 ? 12 : 0;
}

/* 400 and 800 numbers belong to companies. */
static bool is_hotline(const struct run *r, size_t count)
{
    return count == 10 && (r->digits[0] == 4 || r->digits[0] == 8) && r->digits[1] == 0 &&
           r->digits[2] == 0;
}

/* Whether the group at i is alone a mobile, ID or card number. */
static bool is_whole(const struct finder *f, size_t i)
{
    uint8_t digits[RUN_COUNT_MAX];
    size_t count = 0;

    while (is_group_digit(f, i + count)) {
        if (count == 19)
            return false;
        digits[count] = (uint8_t)digit_at(f, i + count);
        count++;
    }
    if (count == 17 && cp_at(f, i + count) == 'x')
        return is_id_number(digits, 10);
    return mobile_prefix(digits, count) >= 0 || is_bank_card(digits, count) ||
           (count == 18 && is_id_number(digits, digits[17]));
}

/* Signs inside of numbers; 杠 is a hyphen read aloud. */
static bool is_gap(uint32_t cp)
{
    return among(cp, U" -._·•–—‐−~/\\,、。()|杠");
}

static size_t skip_gap(const struct finder *f, size_t i)
{
    size_t end = i;

    while (end < i + GAP_COUNT_MAX && is_gap(cp_at(f, end)))
        end++;
    return end;
}

/* Reads the digits from i on; i begins a group. */
static void read_run(const struct finder *f, size_t i, struct run *r)
{
    size_t group = i; /* where this group began */

    r->count = 0;
    memset(r->ends, 0, sizeof r->ends);
    while (r->count < RUN_COUNT_MAX) {
        size_t next;

        r->digits[r->count] = (uint8_t)digit_at(f, i);
        r->at[r->count++] = i++;
        if (is_group_digit(f, i) && is_group_digit(f, group))
            continue;
        r->ends[r->count] = true;
        next = skip_gap(f, i);
        if (digit_at(f, next) < 0 || (next > i && is_whole(f, next)))
            return;
        group = i = next;
    }
}

/* The digits of the run's first group, up to RUN_COUNT_MAX. */
static size_t first_group(const struct run *r)
{
    size_t count = 1;

    while (count < r->count && !r->ends[count])
        count++;
    return count;
}

/* The most digits, from `max` down to `min`, that end a group; 0 if there are none. */
static size_t longest_end(const struct run *r, size_t min, size_t max)
{
    for (size_t n = max < r->count ? max : r->count; n >= min && n > 0; n--)
        if (r->ends[n])
            return n;
    return 0;
}

/* The first group if its length is in bounds, else as many groups as fit. */
static size_t group_or_longest(const struct run *r, size_t min, size_t max)
{
    size_t first = first_group(r);

    return first >= min && first <= max && r->ends[first] ? first : longest_end(r, min, max);
}

static void push_run(struct finder *f, jieda__slot_kind kind, const struct run *r, size_t skip,
                     size_t count, size_t first, size_t end, const char *sign)
{
    char value[RUN_COUNT_MAX + 4];
    size_t len = 0;

    for (; *sign; sign++)
        value[len++] = *sign;
    for (size_t i = skip; i < count; i++)
        value[len++] = (char)('0' + r->digits[i]);
    if (end > r->at[count - 1] + 1) /* the X of an ID number, maybe behind a space */
        value[len++] = 'X';
    push(f, kind, first, end, value, len);
}

/* Behind the x after 17 digits; 0 if there is none. */
static size_t id_x_end(const struct finder *f, const struct run *r)
{
    size_t at;

    if (r->count < 17 || !r->ends[17])
        return 0;
    at = skip_gap(f, r->at[16] + 1);
    return cp_at(f, at) == 'x' ? at + 1 : 0;
}

static size_t take_id(struct finder *f, size_t i, const struct run *r)
{
    size_t x_end = id_x_end(f, r);
    size_t count = 0;

    if (x_end &&
        (is_id_number(r->digits, 10) || (f->context == WORD_ID && !is_alnum(cp_at(f, x_end))))) {
        push_run(f, JIEDA__SLOT_ID_NUMBER, r, 0, 17, i, x_end, "");
        return x_end;
    }
    if (r->count >= 18 && r->ends[18] && is_id_number(r->digits, r->digits[17]))
        count = 18;
    else if (f->context == WORD_ID)
        count = group_or_longest(r, 14, 19);
    if (count == 0)
        return 0;
    push_run(f, JIEDA__SLOT_ID_NUMBER, r, 0, count, i, r->at[count - 1] + 1, "");
    return r->at[count - 1] + 1;
}

/* After cards, for a date is a weaker sign than Luhn's checksum. */
static size_t take_old_id(struct finder *f, size_t i, const struct run *r)
{
    if (r->count < 15 || !r->ends[15] || f->context == WORD_ORDER || !is_old_id_number(r->digits))
        return 0;
    push_run(f, JIEDA__SLOT_ID_NUMBER, r, 0, 15, i, r->at[14] + 1, "");
    return r->at[14] + 1;
}

static size_t take_card(struct finder *f, size_t i, const struct run *r)
{
    size_t count = 0, first = first_group(r);

    if (f->context == WORD_ORDER)
        return 0;
    for (size_t n = 19; n >= 13 && count == 0; n--) {
        bool priced; /* an amount's digits were joined to a card's */

        if (n > r->count || !r->ends[n] || !is_bank_card(r->digits, n))
            continue;
        priced = n > first && among(cp_at(f, r->at[n - 1] + 1), U"元块");
        count = priced ? 0 : n;
    }
    if (count == 0 && f->context == WORD_CARD) {
        count = group_or_longest(r, 15, 19);
        if (count == 0)
            count = longest_end(r, 12, 14);
    }
    if (count == 0)
        return 0;
    push_run(f, JIEDA__SLOT_BANK_CARD, r, 0, count, i, r->at[count - 1] + 1, "");
    return r->at[count - 1] + 1;
}

static size_t take_mobile(struct finder *f, size_t i, const struct run *r)
{
    static const uint8_t counts[] = {11, 13, 15, 12};

    for (size_t k = 0; k < sizeof counts; k++) {
        size_t n = counts[k];
        int prefix = n <= r->count && r->ends[n] ? mobile_prefix(r->digits, n) : -1;

        bool plus = i > 0 && cp_at(f, i - 1) == '+';

        if (prefix < 0 || (plus && prefix == 0)) /* +1 is America */
            continue;
        i -= plus;
        push_run(f, JIEDA__SLOT_PHONE, r, (size_t)prefix, n, i, r->at[n - 1] + 1, "");
        return r->at[n - 1] + 1;
    }
    return 0;
}

static size_t take_other_phone(struct finder *f, size_t i, const struct run *r)
{
    bool plus = i > 0 && cp_at(f, i - 1) == '+';
    size_t zeros = r->count > 2 && r->digits[0] == 0 && r->digits[1] == 0 ? 2 : 0;
    size_t abroad = abroad_count(r->digits + zeros, r->count - zeros);
    size_t n = 0;

    if (abroad && zeros + abroad <= r->count && r->ends[zeros + abroad] &&
        (plus || zeros || r->ends[3] || f->context == WORD_PHONE)) {
        n = zeros + abroad;
    } else if (plus) {
        n = longest_end(r, 9, 15); /* ITU-T E.164: 15 digits at most */
        zeros = 0;
    } else {
        for (size_t k = 12; k >= 10 && n == 0; k--)
            if (k <= r->count && r->ends[k] && is_landline(r->digits, k))
                n = k;
        if (n == 0 && f->context == WORD_PHONE) {
            n = group_or_longest(r, 7, 12);
            zeros = 0;
        }
        if (n == 0)
            return 0;
        push_run(f, JIEDA__SLOT_PHONE, r, 0, n, i, r->at[n - 1] + 1, "");
        return r->at[n - 1] + 1;
    }
    if (n == 0)
        return 0;
    push_run(f, JIEDA__SLOT_PHONE, r, zeros, n, plus ? i - 1 : i, r->at[n - 1] + 1, "+");
    return r->at[n - 1] + 1;
}

/* ---- secrets --------------------------------------------------------------------------------- */

#define VALUE_GAP_MAX 12 /* characters between a word and its value */

/* What may stand between a word and its value: "验证码我收到了是123456", "卡号发你: 6222". */
static bool is_connector(uint32_t cp)
{
    return among(cp,
                 U" 是为:=的号码数字我就叫填写了在有这那个下面如收到发来给你您短信刚输选它也还,."
                 U"#(“\"'「【<、");
}

static size_t connecting_latin(const struct finder *f, size_t i)
{
    static const char texts[] =
        "is was no number num id are my the it s as to here i got sent shi wei";

    return any_latin_at(f, i, texts);
}

/* The kind of the word that the number before chars[i] belongs to: "123456是我的验证码". */
static unsigned word_after(const struct finder *f, size_t i)
{
    static const char texts[] = "is was my the this sms login payment card";
    size_t stop = i + VALUE_GAP_MAX;
    bool told = false; /* "是" was there */

    while (i < stop) {
        size_t end;
        const struct word *word = word_at(f, i, &end);
        size_t latin = any_latin_at(f, i, texts);

        if (word && word->kind >= WORD_CARD && word->kind <= WORD_PASSWORD &&
            word->kind != WORD_PHONE && !latin)
            return told ? word->kind : WORD_NONE;
        if (told && cp_at(f, i) == U'码' && !word)
            return WORD_CODE;
        if (latin) {
            told = told || latin_at(f, i, "is") || latin_at(f, i, "was");
            i = latin;
            continue;
        }
        if (!among(cp_at(f, i),
                   U" ,这就是我的收到刚你您要给短信了发来上手机支付登录银行取款交易那个"))
            return WORD_NONE;
        told = told || cp_at(f, i) == U'是';
        i++;
    }
    return WORD_NONE;
}

/* English words after "password is" that are not the password. */
static bool is_no_password(const struct finder *f, size_t i)
{
    static const char texts[] =
        "a an the my not wrong incorrect correct right invalid expired too required "
        "locked blocked reset always still only forgot lost weak strong what being set "
        "changed needed accepted same rejected working saved stored secure safe ok fine "
        "never no asked empty gone unknown app wifi iphone ios android vip face wechat "
        "sms bad forgotten different visible compromised leaked stolen known hacked it "
        "in where how why so just also now already apple for error failed";

    size_t end = any_latin_at(f, i, texts);

    return end && !is_alnum(cp_at(f, end));
}

/* Behind the password that begins at i, else 0. Without a word such as 是 before it (`told`) it
 * must look like one: 4 to 8 digits, or letters with digits. */
static size_t password_end(const struct finder *f, size_t i, bool told)
{
    size_t end = i, digit_count = 0, letter_count = 0;
    bool range = false;

    for (; end < i + TOKEN_COUNT_MAX && end < f->count; end++) {
        const jieda__char *c = &f->chars[end];

        if (is_letter(c->cp))
            letter_count++;
        else if (is_group_digit(f, end))
            digit_count++;
        else if (c->kind != JIEDA__CHAR_PUNCT || c->cp >= 0x80 || c->cp == '[' ||
                 (unsigned char)f->original.ptr[c->begin] >= 0x80) /* ，typed wide ends it */
            break;
        range = range || c->cp == '-' || c->cp == '~';
    }
    while (end > i && among(cp_at(f, end - 1), U",.;:?)]\"'>"))
        end--;
    if (end == i && digit_at(f, i) >= 0) { /* Chinese digits */
        while (end < i + 20 && digit_at(f, end) >= 0)
            end++;
        return end - i >= 4 && !is_counted(f, end) ? end : 0;
    }
    if (digit_count + letter_count == 0)
        return 0;
    /* "6位", "8-20位", "2023年" */
    if (letter_count == 0 && is_counted(f, end))
        return 0;
    if (end - i < 6 && letter_count == 0 && !range) { /* "135 246" */
        while (digit_count < 6) {
            size_t next = skip_gap(f, end);
            size_t next_end = group_end(f, next);

            if (next == end || next_end == next || next_end - next > 4 || is_counted(f, next_end) ||
                is_letter(cp_at(f, next_end)))
                break;
            digit_count += next_end - next;
            end = next_end;
        }
    }
    if (told)
        return digit_count + letter_count >= 3 && (digit_count > 0 || !is_no_password(f, i)) ? end
                                                                                             : 0;
    if (letter_count == 0)
        return !range && digit_count >= 4 && digit_count <= 8 ? end : 0;
    for (size_t k = i; k < end; k++)
        if (cp_at(f, k) == '@' || cp_at(f, k) == '/')
            return 0;
    return digit_count > 0 && digit_count + letter_count >= 6 && !is_no_password(f, i) &&
                   !han_at(f, i, U"iphone") && !han_at(f, i, U"android")
               ? end
               : 0;
}

/* The passwords after their word, which ends at i: "密码从123456改成abc123", "密码是a1b2或a1b3".
 * @return behind the last, or 0 if there is none. */
static size_t take_passwords(struct finder *f, size_t i)
{
    static const char telling[] = "is was shi wei";
    static const char passing[] = "to as"; /* "password to sign in" */
    bool told = false;
    size_t found = 0;

    for (size_t stop = i + VALUE_GAP_MAX; i < stop; stop = i + VALUE_GAP_MAX) {
        size_t end;

        for (; i < stop; i++) {
            size_t latin = any_latin_at(f, i, telling);

            if (latin) {
                told = true;
                i = latin - 1;
            } else if ((latin = any_latin_at(f, i, passing))) {
                i = latin - 1;
            } else if (among(cp_at(f, i), U"是为:=成叫从到")) {
                told = true;
            } else if (!among(cp_at(f, i), U" 改设置换就用的了我试过输入填写(“\"'「【<码变")) {
                break;
            }
        }
        end = password_end(f, i, told);
        if (!end)
            return found;
        push_secret(f, JIEDA__SLOT_PASSWORD, i, end);
        found = i = end;
        told = false;
        while (i < found + 3 && among(cp_at(f, i), U" 和跟或与者、,又"))
            i++;
    }
    return found;
}

/* A code or CVV that begins at i, after its word or where it is expected. */
static size_t take_code(struct finder *f, size_t i, const struct run *r)
{
    size_t min = f->context == WORD_CVV ? 3 : f->context == WORD_PAYCODE ? 16 : 4;
    size_t max = f->context == WORD_PAYCODE ? 24 : 8;
    size_t count = group_or_longest(r, min, max), end;
    bool cvv = f->context == WORD_CVV && count <= 4;

    if (count == 0)
        return 0;
    end = r->at[count - 1] + 1;
    if (is_counted(f, end) || is_letter(cp_at(f, end)) ||
        (among(cp_at(f, end), U"开打") && cp_at(f, end + 1) == U'头')) /* 1069开头 */
        return 0;
    push_secret(f, cvv ? JIEDA__SLOT_CVV : JIEDA__SLOT_CODE, i, end);
    return end;
}

/* ---- times ----------------------------------------------------------------------------------- */

enum span { SPAN_NONE, SPAN_DAY, SPAN_WEEK, SPAN_MONTH, SPAN_YEAR };

struct when {
    int64_t day; /* days since 1970-01-01; the first of the span */
    uint8_t span;
    uint8_t part;
    int minute; /* of the day, or -1 */
};

#define DAY_SECONDS 86400
#define DAYS_AHEAD_MAX 30 /* "12月3号" in November is ahead, "12月3号" in January is past */

static int weekday_of(int64_t day) /* 0 = Monday; 1970-01-01 was a Thursday */
{
    return (int)((day + 3) % 7);
}

static int64_t today(const struct finder *f)
{
    return f->now / DAY_SECONDS;
}

static jieda__civil date_of(int64_t day)
{
    return jieda__civil_time(day * DAY_SECONDS);
}

static bool is_date(int year, int month, int day)
{
    return year >= 1970 && year <= 2099 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           date_of(jieda__days_of_date(year, month, day)).month == month;
}

static size_t set_day(struct when *w, int64_t day, size_t end)
{
    w->day = day;
    w->span = SPAN_DAY;
    return end;
}

static size_t set_date(struct when *w, int year, int month, int day, size_t end)
{
    return is_date(year, month, day) ? set_day(w, jieda__days_of_date(year, month, day), end) : 0;
}

/* A month so many after that of `day`. */
static size_t set_month(struct when *w, int64_t day, int months, size_t end)
{
    jieda__civil date = date_of(day);

    months += date.year * 12 + date.month - 1;
    w->day = jieda__days_of_date(months / 12, months % 12 + 1, 1);
    w->span = SPAN_MONTH;
    return end;
}

/* A date without its year. */
static size_t set_near_date(const struct finder *f, struct when *w, int month, int day, size_t end)
{
    int year = date_of(today(f)).year;

    if (is_date(year, month, day) &&
        jieda__days_of_date(year, month, day) > today(f) + DAYS_AHEAD_MAX)
        year--;
    return set_date(w, year, month, day, end);
}

/* A number below 10,000 written with digits or as people count: 12, 十二, 二十, 两. -1 if none. */
static int small_number(const struct finder *f, size_t i, size_t *end_out)
{
    int value = 0, digit = -1;
    size_t start = i;

    if (is_group_digit(f, i)) {
        size_t end = group_end(f, i);

        if (end - i > 4)
            return -1;
        for (; i < end; i++)
            value = value * 10 + digit_at(f, i);
        *end_out = end;
        return value;
    }
    for (; i < start + 4; i++) {
        uint32_t cp = cp_at(f, i);
        int d = cp == U'两' ? 2 : is_group_digit(f, i) ? -1 : digit_at(f, i);

        if (d >= 0 && digit < 0) {
            digit = d;
        } else if (cp == U'十' && value == 0) {
            value = (digit < 0 ? 1 : digit) * 10;
            digit = -1;
        } else {
            break;
        }
    }
    *end_out = i;
    return i == start ? -1 : value + (digit < 0 ? 0 : digit);
}

/* A number with exactly this many digits at most; -1 if none. */
static int number_of_digits(const struct finder *f, size_t i, size_t min, size_t max,
                            size_t *end_out)
{
    size_t end = group_end(f, i);
    int value = 0;

    if (!is_group_digit(f, i) || end - i < min || end - i > max)
        return -1;
    for (*end_out = end; i < end; i++)
        value = value * 10 + digit_at(f, i);
    return value;
}

/* 20261103, 202611031520, 20261103152000 */
static size_t compact_date(const struct finder *f, size_t i, struct when *w)
{
    size_t end = group_end(f, i);
    int field[7] = {0}; /* two digits each */

    if (end - i != 8 && end - i != 12 && end - i != 14)
        return 0;
    for (size_t k = i; k < end; k++)
        field[(k - i) / 2] = field[(k - i) / 2] * 10 + digit_at(f, k);
    if (field[0] != 20 || !set_date(w, 2000 + field[1], field[2], field[3], end))
        return 0;
    if (end - i > 8 && (field[4] > 23 || field[5] > 59 || field[6] > 59)) {
        w->span = SPAN_NONE;
        return 0;
    }
    if (end - i > 8)
        w->minute = field[4] * 60 + field[5];
    return end;
}

/* 2026-11-03, 2026/11/3, 2026.11.3, 2026年11月3日; 11-03 and 11/3 before a time of day */
static size_t numeric_date(const struct finder *f, size_t i, struct when *w)
{
    size_t end, next;
    int year = number_of_digits(f, i, 4, 4, &end), month, day;
    uint32_t sign = year < 0 ? 0 : cp_at(f, end);

    if (sign && among(sign, U"-/.")) {
        month = number_of_digits(f, end + 1, 1, 2, &end);
        if (month < 0 || cp_at(f, end) != sign)
            return 0;
        day = number_of_digits(f, end + 1, 1, 2, &end);
        return set_date(w, year, month, day, end);
    }
    month = number_of_digits(f, i, 1, 2, &end);
    sign = month < 0 ? 0 : cp_at(f, end);
    if (!sign || !among(sign, U"-/"))
        return 0;
    day = number_of_digits(f, end + 1, 1, 2, &end);
    if (day < 0 || cp_at(f, end) != ' ' || number_of_digits(f, end + 1, 1, 2, &next) < 0 ||
        cp_at(f, next) != ':')
        return 0;
    return set_near_date(f, w, month, day, end);
}

/* 2026年, 26年11月, 二零二六年; the year, or -1 */
static int year_number(const struct finder *f, size_t i, size_t *end_out)
{
    size_t end;
    int year = number_of_digits(f, i, 4, 4, &end);

    if (year < 0 && number_of_digits(f, i, 2, 2, &end) >= 0) {
        size_t next;

        year = 2000 + number_of_digits(f, i, 2, 2, &end);
        if (small_number(f, end + 1, &next) < 0 || cp_at(f, next) != U'月')
            return -1;
    } else if (year < 0) {
        year = 0;
        for (end = i; end < i + 4; end++) {
            if (is_group_digit(f, end) || digit_at(f, end) < 0)
                return -1;
            year = year * 10 + digit_at(f, end);
        }
    }
    if (cp_at(f, end) != U'年' || year < 1990 || year > 2099)
        return -1;
    *end_out = end + 1;
    return year;
}

/* 11月3号, 11月; of `year`, or of none (-1) */
static size_t month_and_day(const struct finder *f, size_t i, int year, struct when *w)
{
    size_t end, next;
    int month = small_number(f, i, &end), day;

    if (month < 1 || month > 12 || cp_at(f, end) != U'月')
        return 0;
    end++;
    day = small_number(f, end, &next);
    if (day >= 1 && day <= 31 && among(cp_at(f, next), U"号日")) {
        next = year < 0 ? set_near_date(f, w, month, day, next + 1)
                        : set_date(w, year, month, day, next + 1);
        if (next) /* no 30th of February */
            return next;
    }
    if (cp_at(f, end) == U'份')
        end++;
    if (year < 0 ? !set_near_date(f, w, month, 1, end) : !set_date(w, year, month, 1, end))
        return 0;
    w->span = SPAN_MONTH;
    return end;
}

/* "3号转的": a day of this month or the last. Numbers of lines, shops and counters are none. */
static size_t day_of_month(const struct finder *f, size_t i, struct when *w)
{
    size_t end;
    int day = small_number(f, i, &end);
    jieda__civil date = date_of(today(f));

    if (day < 1 || day > 31 || !among(cp_at(f, end), U"号日") ||
        !among(cp_at(f, end + 1), U"那的早上下中晚凌转付买扣充提还当"))
        return 0;
    if (day > date.day && --date.month == 0) {
        date.month = 12;
        date.year--;
    }
    return set_date(w, date.year, date.month, day, end + 1);
}

static size_t set_ago(const struct finder *f, struct when *w, char unit, int count, size_t end)
{
    int64_t then;

    if (count > (unit == 'y' ? 50 : unit == 'm' ? 600 : INT16_MAX))
        return 0; /* before 1970 or nearly */
    switch (unit) {
    case 'd':
        return set_day(w, today(f) - count, end);
    case 'w':
        return set_day(w, today(f) - 7 * (int64_t)count, end);
    case 'm':
        return set_month(w, today(f), -count, end);
    case 'y':
        set_month(w, today(f), -12 * count, end);
        w->span = SPAN_YEAR;
        return end;
    default: /* minutes */
        then = f->now - (int64_t)count * 60;
        w->minute = (int)(then % DAY_SECONDS / 60);
        return set_day(w, then / DAY_SECONDS, end);
    }
}

/* 三天前, 两个小时之前, 半个月前 */
static size_t ago(const struct finder *f, size_t i, struct when *w)
{
    static const struct {
        const char32_t *text;
        char unit;
        uint8_t factor;
    } units[] = {
        {U"天", 'd', 1},   {U"日", 'd', 1},     {U"小时", 0, 60},  {U"个小时", 0, 60},
        {U"个钟", 0, 60},  {U"分钟", 0, 1},     {U"周", 'w', 1},   {U"个星期", 'w', 1},
        {U"星期", 'w', 1}, {U"个礼拜", 'w', 1}, {U"礼拜", 'w', 1}, {U"个月", 'm', 1},
        {U"年", 'y', 1},
    };
    size_t end, next;
    int count = small_number(f, i, &end);
    const struct word *half;

    if (count < 0) {
        half = word_at(f, i, &end);
        if (!half || half->kind != WORD_RECENT)
            return 0;
        return cp_at(f, end) == U'前' ? set_ago(f, w, 0, half->arg, end + 1) : 0;
    }
    end = skip_spaces(f, end);
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        next = han_at(f, end, units[k].text);
        if (!next)
            continue;
        if (among(cp_at(f, next), U"之以"))
            next++;
        if (cp_at(f, next) == U'前')
            return set_ago(f, w, units[k].unit, count * units[k].factor, next + 1);
    }
    return 0;
}

/* "3 days ago", "an hour ago"; the number ends at i */
static size_t english_ago(const struct finder *f, size_t i, int count, struct when *w)
{
    static const struct {
        const char *text;
        char unit;
        uint8_t factor;
    } units[] = {
        {"day", 'd', 1},  {"days", 'd', 1},  {"hour", 0, 60},   {"hours", 0, 60},
        {"minute", 0, 1}, {"minutes", 0, 1}, {"min", 0, 1},     {"mins", 0, 1},
        {"week", 'w', 1}, {"weeks", 'w', 1}, {"month", 'm', 1}, {"months", 'm', 1},
        {"year", 'y', 1}, {"years", 'y', 1},
    };

    i = skip_spaces(f, i);
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        size_t end = latin_at(f, i, units[k].text);

        end = end && cp_at(f, end) == ' ' ? latin_at(f, end + 1, "ago") : 0;
        if (end)
            return set_ago(f, w, units[k].unit, count * units[k].factor, end);
    }
    return 0;
}

static size_t skip_ordinal(const struct finder *f, size_t i)
{
    static const char texts[] = "st nd rd th";
    size_t end = any_latin_at(f, i, texts);

    return end ? end : i;
}

/* "Nov 3", "November 3rd, 2026"; the month's name ends at i */
static size_t english_date(const struct finder *f, size_t i, int month, struct when *w)
{
    size_t end, next;
    int day, year;

    i = cp_at(f, i) == '.' ? i + 1 : i;
    if (cp_at(f, i) != ' ')
        return 0;
    day = number_of_digits(f, i + 1, 1, 2, &end);
    if (day < 0 || cp_at(f, end) == ':')
        return 0;
    end = skip_ordinal(f, end);
    next = cp_at(f, end) == ',' ? end + 1 : end;
    year = number_of_digits(f, skip_spaces(f, next), 4, 4, &next);
    return year >= 1990 && year < 2100 ? set_date(w, year, month, day, next)
                                       : set_near_date(f, w, month, day, end);
}

/* A date from i on that begins with a number. */
static size_t number_date(const struct finder *f, size_t i, struct when *w)
{
    size_t end, next;
    int year, number;
    const struct word *word;

    if ((end = compact_date(f, i, w)) || (end = numeric_date(f, i, w)) || (end = ago(f, i, w)))
        return end;
    year = year_number(f, i, &end);
    if (year >= 0) {
        next = month_and_day(f, end, year, w);
        if (next)
            return next;
        w->day = jieda__days_of_date(year, 1, 1);
        w->span = SPAN_YEAR;
        return end;
    }
    if ((end = month_and_day(f, i, -1, w)) || (end = day_of_month(f, i, w)))
        return end;
    number = number_of_digits(f, i, 1, 4, &end);
    if (number < 0)
        return 0;
    if ((next = english_ago(f, end, number, w)))
        return next;
    end = skip_spaces(f, skip_ordinal(f, end));
    word = word_at(f, end, &next);
    return word && word->kind == WORD_EN_MONTH && number <= 31
               ? set_near_date(f, w, word->arg, number, next)
               : 0;
}

/* The weekday after 周 or 上周, 0 to 6, or -1. */
static int weekday_at(const struct finder *f, size_t i)
{
    int digit = digit_at(f, i);

    if (among(cp_at(f, i), U"日天"))
        return 6;
    return digit >= 1 && digit <= 6 && digit_at(f, i + 1) < 0 ? digit - 1 : -1;
}

/* A date from i on that begins with a word. */
static size_t word_date(const struct finder *f, size_t i, struct when *w)
{
    size_t end, next;
    const struct word *word = word_at(f, i, &end);
    int64_t monday = today(f) - weekday_of(today(f));
    int day, year = date_of(today(f)).year;

    if (!word)
        return 0;
    switch (word->kind) {
    case WORD_DAY:
        w->part = word->part;
        return set_day(w, today(f) + word->arg, end);
    case WORD_WEEK:
        day = weekday_at(f, end);
        set_day(w, monday + word->arg * 7 + (day < 0 ? 0 : day), end);
        w->span = day < 0 ? SPAN_WEEK : SPAN_DAY;
        return day < 0 ? end : end + 1;
    case WORD_WEEKDAY:
        day = weekday_at(f, end);
        if (day < 0)
            return 0;
        return set_day(w, today(f) - (weekday_of(today(f)) - day + 7) % 7, end + 1);
    case WORD_EN_WEEKDAY:
        day = (weekday_of(today(f)) - word->arg + 7) % 7;
        return set_day(w, today(f) - (day == 0 && word->part ? 7 : day), end);
    case WORD_MONTH:
        set_month(w, today(f), word->arg, end);
        day = small_number(f, end, &next);
        if (day < 1 || !among(cp_at(f, next), U"号日"))
            return end;
        next = set_date(w, date_of(w->day).year, date_of(w->day).month, day, next + 1);
        return next ? next : end;
    case WORD_YEAR:
        next = month_and_day(f, end, year + word->arg, w);
        if (next)
            return next;
        w->day = jieda__days_of_date(year + word->arg, 1, 1);
        w->span = SPAN_YEAR;
        return end;
    case WORD_EN_MONTH:
        return english_date(f, end, word->arg, w);
    case WORD_EN_NUMBER:
        return english_ago(f, end, word->arg, w);
    case WORD_RECENT:
        return ago(f, i, w);
    default:
        return 0;
    }
}

/* 15:20, 3点半, 三点二十分, 3pm. Without a date or a part of the day before it (`loose`) a bare
 * 三点 is none. */
static size_t clock_time(const struct finder *f, size_t i, bool loose, struct when *w)
{
    size_t end, next;
    int hour = small_number(f, i, &end), minute = 0, quarter;
    bool sure = false;

    if (hour < 0 || hour > 24)
        return 0;
    if (cp_at(f, end) == ':') {
        minute = number_of_digits(f, end + 1, 2, 2, &end);
        if (minute < 0 || minute > 59)
            return 0;
        if (cp_at(f, end) == ':' && number_of_digits(f, end + 1, 2, 2, &next) >= 0)
            end = next;
        sure = true;
    } else if (cp_at(f, end) == U'点' || (cp_at(f, end) == U'时' && loose)) {
        end++;
        next = cp_at(f, end) == U'零' ? end + 1 : end;
        quarter = small_number(f, next, &next);
        if (cp_at(f, end) == U'半') {
            minute = 30;
            sure = true;
            end++;
        } else if ((quarter == 1 || quarter == 3) && cp_at(f, next) == U'刻') {
            minute = quarter * 15;
            sure = true;
            end = next + 1;
        } else if (quarter >= 0 && quarter < 60 && (loose || cp_at(f, next) == U'分') &&
                   !among(cp_at(f, next), U"元块万千百角毛个次")) {
            minute = quarter;
            sure = true;
            end = cp_at(f, next) == U'分' ? next + 1 : next;
        } else if (among(cp_at(f, end), U"钟整")) {
            sure = true;
            end++;
        }
    }
    next = skip_spaces(f, end);
    if (hour <= 12 && (latin_at(f, next, "am") || latin_at(f, next, "pm"))) {
        if (cp_at(f, next) == 'p')
            w->part = AFTERNOON;
        hour = cp_at(f, next) == 'a' && hour == 12 ? 0 : hour;
        sure = true;
        end = next + 2;
    }
    if (!sure && (!loose || !among(cp_at(f, end - 1), U"点时")))
        return 0;
    if ((w->part == AFTERNOON || w->part == EVENING) && hour < 12)
        hour += 12;
    else if ((w->part == NOON && hour < 11) || (w->part == NIGHT && hour > 8 && hour < 12))
        hour += 12;
    else if ((w->part == EVENING || w->part == NIGHT) && hour == 12)
        hour = 24;
    else if (w->part == DAWN && hour == 12)
        hour = 0;
    w->minute = hour * 60 + minute;
    return end;
}

static void push_time(struct finder *f, size_t first, size_t end, struct when *w)
{
    static const char *const parts[] = {"",           " dawn",    " morning", " noon",
                                        " afternoon", " evening", " night"};
    char value[48];
    jieda__civil date;
    int len = 0;
    int64_t thursday;

    if (w->minute >= 24 * 60) { /* 晚上12点 is the next day's first minute */
        w->day++;
        w->minute -= 24 * 60;
    }
    date = date_of(w->day);
    switch (w->span) {
    case SPAN_YEAR:
        len = snprintf(value, sizeof value, "%04d", date.year);
        break;
    case SPAN_MONTH:
        len = snprintf(value, sizeof value, "%04d-%02d", date.year, date.month);
        break;
    case SPAN_WEEK: /* ISO 8601: a week is of the year that its Thursday is of */
        thursday = w->day - weekday_of(w->day) + 3;
        date = date_of(thursday);
        len = snprintf(value, sizeof value, "%04d-W%02d", date.year,
                       (int)((thursday - jieda__days_of_date(date.year, 1, 1)) / 7) + 1);
        break;
    default:
        len = snprintf(value, sizeof value, "%04d-%02d-%02d", date.year, date.month, date.day);
        if (w->minute >= 0)
            len += snprintf(value + len, sizeof value - (size_t)len, "T%02d:%02d", w->minute / 60,
                            w->minute % 60);
        else
            len += snprintf(value + len, sizeof value - (size_t)len, "%s", parts[w->part]);
    }
    push(f, JIEDA__SLOT_TIME, first, end, value, (size_t)len);
}

/* A date, a part of the day, a time of day, in this order; any but not the part alone. */
static size_t take_time(struct finder *f, size_t i)
{
    static const char at_words[] = "at on t";
    struct when w = {.day = today(f), .minute = -1};
    bool number = digit_at(f, i) >= 0 || cp_at(f, i) == U'两' || cp_at(f, i) == U'十';
    size_t end = number ? number_date(f, i, &w) : word_date(f, i, &w);
    size_t next, at;
    const struct word *word;
    bool dated = end > 0, parted = false;

    if (w.span > SPAN_DAY || w.minute >= 0)
        goto done;
    next = end ? end : i;
    if (end) {
        next = skip_spaces(f, next);
        if (cp_at(f, next) == U'的')
            next++;
        if (any_latin_at(f, next, at_words))
            next = skip_spaces(f, any_latin_at(f, next, at_words));
    }
    word = word_at(f, next, &at);
    if (word && word->kind == WORD_PART) {
        w.part = word->part;
        parted = true;
        next = skip_spaces(f, at);
        if (dated)
            end = at;
    }
    at = clock_time(f, next, dated || parted, &w);
    if (at)
        end = at;
done:
    if (end)
        push_time(f, i, end, &w);
    return end;
}

/* ---- amounts --------------------------------------------------------------------------------- */

#define AMOUNT_SCALE 10000 /* so that 1.2345万 is exact */
#define AMOUNT_MAX ((int64_t)10000000000 * AMOUNT_SCALE)

struct amount {
    int64_t value;   /* times AMOUNT_SCALE */
    int64_t unit;    /* the last of 十百千万亿, or 0 */
    bool is_chinese; /* begins with a Chinese digit */
};

static int64_t unit_of(uint32_t cp)
{
    switch (cp) {
    case U'十':
    case U'拾':
        return 10;
    case U'百':
    case U'佰':
        return 100;
    case U'千':
    case U'仟':
        return 1000;
    case U'万':
        return 10000;
    case U'亿':
        return 100000000;
    default:
        return 0;
    }
}

/* 3999, 3,999.50; at most ten digits before the point. */
static size_t decimal_number(const struct finder *f, size_t i, int64_t *value_out)
{
    size_t end = group_end(f, i), start = i;
    int64_t value = 0, scale = AMOUNT_SCALE;

    if (!is_group_digit(f, i) || end - i > 10)
        return 0;
    for (; i < end; i++)
        value = value * 10 + digit_at(f, i);
    while (end - start <= 13 && cp_at(f, end) == ',' && group_end(f, end + 1) == end + 4 &&
           is_group_digit(f, end + 1)) {
        for (i = end + 1; i < end + 4; i++)
            value = value * 10 + digit_at(f, i);
        end = i;
    }
    value *= AMOUNT_SCALE;
    if (cp_at(f, end) == '.' && is_group_digit(f, end + 1)) {
        size_t stop = group_end(f, end + 1);

        for (i = end + 1; i < stop && scale > 1; i++) {
            scale /= 10;
            value += scale * digit_at(f, i);
        }
        end = stop;
    }
    *value_out = value;
    return end;
}

/* 五百, 两千五, 一万二, 1.2万, 3千5, 三点五, 3999. */
static size_t amount_number(const struct finder *f, size_t i, struct amount *out)
{
    int64_t total = 0, section = 0, number = -1;
    size_t start = i;
    bool zero = false; /* 一百零五 is 105, 一百五 is 150 */

    *out = (struct amount){.is_chinese = !is_group_digit(f, i)};
    while (i < start + TOKEN_COUNT_MAX) {
        uint32_t cp = cp_at(f, i);
        int64_t unit = unit_of(cp);
        int digit = cp == U'两' ? 2 : is_group_digit(f, i) ? -1 : digit_at(f, i);
        size_t end;

        if (unit > 0) {
            if (number < 0 && unit == 10 && section == 0)
                number = AMOUNT_SCALE; /* 十 is 一十 */
            if (number < 0 && (unit < 10000 || section == 0))
                break;
            if (number < 0)
                number = 0;
            if (unit >= 10000) {
                total += (section + number) * unit;
                section = 0;
            } else {
                section += number * unit;
            }
            if (total > AMOUNT_MAX || section > AMOUNT_MAX)
                return 0;
            out->unit = unit;
            number = -1;
            zero = false;
            i++;
        } else if (digit == 0 && number < 0 && out->unit) {
            zero = true;
            i++;
        } else if (digit >= 0 && number < 0) {
            number = digit * AMOUNT_SCALE;
            i++;
        } else if (cp == U'点' && number >= 0 && out->unit == 0 && out->is_chinese) {
            int64_t scale = AMOUNT_SCALE;

            for (i++; scale > 1 && digit_at(f, i) >= 0; i++) {
                scale /= 10;
                number += scale * digit_at(f, i);
            }
        } else if (number < 0 && (end = decimal_number(f, i, &number)) > 0) {
            i = end;
        } else {
            break;
        }
    }
    if (i == start)
        return 0;
    if (number >= 0) {
        if (out->unit >= 100 && !zero && number < 10 * AMOUNT_SCALE)
            number *= out->unit / 10;
        section += number;
    }
    out->value = total + section;
    return out->value < AMOUNT_MAX ? i : 0;
}

static const struct {
    const char32_t *text;
    const char *currency;
} currencies[] = {
    /* Longer ones before their heads. */
    {U"人民币", "CNY"}, {U"rmb", "CNY"},    {U"cny", "CNY"},    {U"yuan", "CNY"},
    {U"元", "CNY"},     {U"圆", "CNY"},     {U"块", "CNY"},     {U"美元", "USD"},
    {U"美金", "USD"},   {U"刀", "USD"},     {U"usd", "USD"},    {U"dollars", "USD"},
    {U"dollar", "USD"}, {U"bucks", "USD"},  {U"港币", "HKD"},   {U"港元", "HKD"},
    {U"港纸", "HKD"},   {U"hkd", "HKD"},    {U"澳门币", "MOP"}, {U"澳门元", "MOP"},
    {U"mop", "MOP"},    {U"新台币", "TWD"}, {U"台币", "TWD"},   {U"twd", "TWD"},
    {U"欧元", "EUR"},   {U"eur", "EUR"},    {U"euros", "EUR"},  {U"euro", "EUR"},
    {U"英镑", "GBP"},   {U"gbp", "GBP"},    {U"pounds", "GBP"}, {U"日元", "JPY"},
    {U"日币", "JPY"},   {U"jpy", "JPY"},    {U"yen", "JPY"},    {U"韩元", "KRW"},
    {U"韩币", "KRW"},   {U"krw", "KRW"},    {U"新币", "SGD"},   {U"新加坡元", "SGD"},
    {U"sgd", "SGD"},
};

static const char *currency_at(const struct finder *f, size_t i, size_t *end_out)
{
    for (size_t k = 0; k < sizeof currencies / sizeof *currencies; k++) {
        size_t end = han_at(f, i, currencies[k].text);

        if (!end || (is_letter(cp_at(f, end)) && is_letter(cp_at(f, end - 1))))
            continue;
        *end_out = end;
        return currencies[k].currency;
    }
    return NULL;
}

/* ¥, $, us$, hk$, rmb, ... before a number. */
static const char *currency_before(const struct finder *f, size_t i, size_t *end_out)
{
    static const struct {
        const char32_t *text;
        const char *currency;
    } signs[] = {
        {U"¥", "CNY"},   {U"$", "USD"},   {U"us$", "USD"}, {U"hk$", "HKD"},    {U"nt$", "TWD"},
        {U"€", "EUR"},   {U"£", "GBP"},   {U"rmb", "CNY"}, {U"cny", "CNY"},    {U"usd", "USD"},
        {U"hkd", "HKD"}, {U"eur", "EUR"}, {U"gbp", "GBP"}, {U"人民币", "CNY"},
    };

    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++) {
        size_t end = han_at(f, i, signs[k].text);

        if (!end)
            continue;
        end = skip_spaces(f, end);
        if (!is_group_digit(f, end))
            continue;
        *end_out = end;
        return signs[k].currency;
    }
    return NULL;
}

/* One digit of a smaller unit: the 五 of 三块五, the 5毛 of 12元5毛. */
static size_t minor_unit(const struct finder *f, size_t i, bool bare, int64_t *value)
{
    int digit = group_end(f, i) == i + 1 ? digit_at(f, i) : -1;
    uint32_t unit = cp_at(f, i + 1);

    if (digit < 0)
        return i;
    if (among(unit, U"毛角")) {
        *value += digit * (AMOUNT_SCALE / 10);
        return i + 2;
    }
    if (!bare || is_counter(unit) || digit_at(f, i + 1) >= 0)
        return i;
    *value += digit * (AMOUNT_SCALE / 10);
    return i + 1;
}

static size_t push_amount(struct finder *f, size_t first, size_t end, int64_t value,
                          const char *currency)
{
    char text[48];
    int len;

    if (value < 0 || value >= AMOUNT_MAX)
        return 0;
    len = snprintf(text, sizeof text, "%lld.%02d %s", (long long)(value / AMOUNT_SCALE),
                   (int)(value % AMOUNT_SCALE / (AMOUNT_SCALE / 100)), currency);
    push(f, JIEDA__SLOT_AMOUNT, first, end, text, (size_t)len);
    return end;
}

/* k and w as typed for 千 and 万; i is behind the number. */
static size_t letter_unit(const struct finder *f, size_t i, int64_t *value)
{
    uint32_t cp = cp_at(f, i);

    if ((cp != 'k' && cp != 'w') || is_alnum(cp_at(f, i + 1)))
        return i;
    *value *= cp == 'k' ? 1000 : 10000;
    return i + 1;
}

static size_t take_amount(struct finder *f, size_t i)
{
    struct amount amount;
    uint32_t before = i > 0 ? cp_at(f, i - 1) : 0;
    size_t end, next;
    const char *currency;

    /* 第一百, 百分之五, and the tail of a number that begins with a point */
    if (among(before, U"第之") || before == '.')
        return 0;
    end = amount_number(f, i, &amount);
    if (end == 0)
        return 0;
    next = amount.is_chinese ? end : letter_unit(f, end, &amount.value);
    if (next > end) {
        if (among(cp_at(f, next), U"视画屏高超电显")) /* 4K */
            return 0;
        amount.unit = 1000;
        end = next;
    }
    if (amount.value >= AMOUNT_MAX)
        return 0;
    next = among(cp_at(f, end), U"多来余几") ? end + 1 : skip_spaces(f, end);
    currency = currency_at(f, next, &next);
    if (currency) {
        uint32_t unit = cp_at(f, next - 1);

        if (unit == U'元' && among(cp_at(f, next), U"旦宵素件"))
            return 0;
        if (unit == U'刀' && amount.is_chinese)
            return 0;
        if (unit == U'块') {
            /* 一块 is also "together" */
            if (amount.is_chinese && amount.value == AMOUNT_SCALE && next < f->count &&
                f->chars[next].kind == JIEDA__CHAR_IDEOGRAPH && cp_at(f, next) != U'钱' &&
                cp_at(f, next) != U'的' && digit_at(f, next) < 0)
                return 0;
            end = minor_unit(f, next, true, &amount.value);
            if (cp_at(f, end) == U'钱')
                end++;
            return push_amount(f, i, end, amount.value, currency);
        }
        end = unit == U'元' ? minor_unit(f, next, false, &amount.value) : next;
        if (currency_at(f, end, &next) && cp_at(f, end) == U'人') /* 500元人民币 */
            end = next;
        return push_amount(f, i, end, amount.value, currency);
    }
    if (among(cp_at(f, end), U"毛角") && amount.unit <= 10 &&
        !among(cp_at(f, end + 1), U"星形度色落")) {
        amount.value /= 10;
        next = end + 1;
        if (group_end(f, next) == next + 1 && !is_counter(cp_at(f, next + 1))) {
            amount.value += digit_at(f, next) * (AMOUNT_SCALE / 100);
            next++;
        }
        if (among(cp_at(f, next), U"钱分"))
            next++;
        return push_amount(f, i, next, amount.value, "CNY");
    }
    if (cp_at(f, end) == U'分' && cp_at(f, end + 1) == U'钱')
        return push_amount(f, i, end + 2, amount.value / 100, "CNY");
    /* 两千五, 1.2万, 3k: large round numbers that count nothing else are money here. */
    if (amount.unit >= 100 && !is_counter(cp_at(f, end)) &&
        !among(cp_at(f, end), U"多以强分里米公斤名集字年元本场项份只遍积粉吨克平事一") &&
        !is_letter(cp_at(f, end)))
        return push_amount(f, i, end, amount.value, "CNY");
    if (f->expect == JIEDA__SLOT_AMOUNT && !is_counted(f, end) && !is_letter(cp_at(f, end)) &&
        !is_gap(cp_at(f, end)) && (i == 0 || !is_alnum(cp_at(f, i - 1))))
        return push_amount(f, i, end, amount.value, "CNY");
    return 0;
}

/* ¥500, $20, rmb 500, ¥1.2万 */
static size_t take_signed_amount(struct finder *f, size_t i)
{
    struct amount amount;
    size_t end, next;
    const char *currency = currency_before(f, i, &end);

    if (!currency)
        return 0;
    end = amount_number(f, end, &amount);
    if (end == 0 || amount.value >= AMOUNT_MAX)
        return 0;
    end = letter_unit(f, end, &amount.value);
    if (currency_at(f, end, &next))
        end = next;
    return push_amount(f, i, end, amount.value, currency);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

struct token {
    size_t end;
    size_t digit_count, letter_count;
};

/* Letters, digits, and `signs` between them. */
static struct token read_token(const struct finder *f, size_t i, const char32_t *signs)
{
    struct token t = {.end = i};

    for (; i < t.end + 2 && i < f->count && t.digit_count + t.letter_count < TOKEN_COUNT_MAX; i++) {
        if (is_letter(cp_at(f, i)))
            t.letter_count++;
        else if (is_group_digit(f, i))
            t.digit_count++;
        else if (!among(cp_at(f, i), signs))
            break;
        else
            continue;
        t.end = i + 1;
    }
    return t;
}

/* E1234, -1001, 0x80070005, err_timeout, 40013 */
static size_t take_error_code(struct finder *f, size_t i)
{
    size_t first = cp_at(f, i) == '-' ? i + 1 : i;
    struct token t = read_token(f, first, U"-_");
    bool named = han_at(f, first, U"err_") != 0;

    if (t.end == first || t.end - first > 40 || (t.digit_count == 0 && !named))
        return 0;
    if (t.letter_count == 0 && (t.digit_count < 2 || t.digit_count > 10 || is_counted(f, t.end)))
        return 0;
    push_token(f, JIEDA__SLOT_ERROR_CODE, i, t.end);
    return t.end;
}

/* What the context makes of the letters and digits at i: an order number, a passport's, ... */
static size_t take_token(struct finder *f, size_t i)
{
    struct token t = read_token(f, i, U"");
    struct token spaced;
    size_t end;

    switch (f->context) {
    case WORD_ERROR:
        return take_error_code(f, i);
    case WORD_ORDER:
        t = read_token(f, i, U"-_");
        if (t.letter_count == 0 || t.digit_count < 4 || t.digit_count + t.letter_count < 10 ||
            t.digit_count + t.letter_count > 32)
            break;
        push_token(f, JIEDA__SLOT_ORDER_NUMBER, i, t.end);
        return t.end;
    case WORD_PASSPORT:
        spaced = read_token(f, i, U" -");
        end = t.digit_count == 0 ? spaced.end : t.end;
        t = t.digit_count == 0 ? spaced : t;
        if (t.letter_count > 3 || t.digit_count < 5 || t.digit_count > 10)
            break;
        push_token(f, JIEDA__SLOT_PASSPORT, i, end);
        return end;
    case WORD_ID: /* Hong Kong: A123456(7) */
        if (t.letter_count < 1 || t.letter_count > 2 || t.digit_count < 6 || t.digit_count > 10)
            break;
        end = t.end;
        if (cp_at(f, end) == '(' && is_alnum(cp_at(f, end + 1)) && cp_at(f, end + 2) == ')')
            end += 3;
        push_token(f, JIEDA__SLOT_ID_NUMBER, i, end);
        return end;
    default:
        break;
    }
    if (han_at(f, i, U"err_") || (han_at(f, i, U"0x") && t.digit_count + t.letter_count >= 6 &&
                                  t.digit_count + t.letter_count <= 10))
        return take_error_code(f, i);
    return 0;
}

/* "WX20261121123456": the order number's prefix is part of it, unless what follows is personal. */
static size_t take_prefixed_order(struct finder *f, size_t i)
{
    struct token t = read_token(f, i, U"");
    size_t digits = i;
    struct run r;

    while (is_letter(cp_at(f, digits)))
        digits++;
    if (digits - i > 6 || t.digit_count < 12 || t.digit_count + t.letter_count > 32 ||
        group_end(f, digits) != t.end || is_whole(f, digits))
        return 0;
    read_run(f, digits, &r);
    if (r.count != t.digit_count) /* goes on in another group: the digits alone decide */
        return 0;
    push_token(f, JIEDA__SLOT_ORDER_NUMBER, i, t.end);
    return t.end;
}

static bool is_local(uint32_t cp)
{
    return is_alnum(cp) || cp == '.' || cp == '_' || cp == '%' || cp == '+' || cp == '-';
}

/* local@label.label, also with a space on either side of the @. */
static size_t take_email(struct finder *f, size_t i)
{
    size_t local = i, at, end, label, last = 0;
    char value[2 * TOKEN_COUNT_MAX + 256];
    size_t len = 0;

    while (is_local(cp_at(f, local)))
        local++;
    f->local_end = local;
    at = skip_spaces(f, local);
    if (cp_at(f, at) != '@')
        return 0;
    at = label = skip_spaces(f, at + 1);
    /* RFC 1035: 253 characters of a name. */
    for (end = at; end < at + 253 && (is_alnum(cp_at(f, end)) || cp_at(f, end) == '-' ||
                                      (cp_at(f, end) == '.' && is_alnum(cp_at(f, end + 1))));
         end++) {
        if (cp_at(f, end) != '.')
            continue;
        label = end + 1;
        /* The name may be glued to digits that follow it: only letters make a last label. */
        for (last = label; is_letter(cp_at(f, last));)
            last++;
        if (last - label < 2)
            last = 0;
    }
    if (label == at || last == 0)
        return 0;
    for (size_t k = i; k < last && len + 4 < sizeof value; k++)
        if (cp_at(f, k) != ' ')
            value[len++] = (char)cp_at(f, k);
    push(f, JIEDA__SLOT_EMAIL, i, last, value, len);
    return last;
}

/* Short names are parts of other words: 途中行驶, 成交行情. */
static size_t take_bank(struct finder *f, size_t i, const struct word *word, size_t end)
{
    const char *name = bank_names[word->arg];

    if (end == i + 2 && cp_at(f, i + 1) == U'行' &&
        (among(cp_at(f, end), U"为动驶走李程情业列人者车使政星书贿军进规事踪不") ||
         (cp_at(f, i) == U'中' && i > 0 && among(cp_at(f, i - 1), U"集其空途程路之心当"))))
        return 0;
    push(f, JIEDA__SLOT_BANK, i, end, name, strlen(name));
    return end;
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* The context where nothing was said: what the bot asked for. */
static unsigned expected_context(int expect)
{
    switch (expect) {
    case JIEDA__SLOT_ORDER_NUMBER:
        return WORD_ORDER;
    case JIEDA__SLOT_PHONE:
        return WORD_PHONE;
    case JIEDA__SLOT_BANK_CARD:
        return WORD_CARD;
    case JIEDA__SLOT_ID_NUMBER:
        return WORD_ID;
    case JIEDA__SLOT_ERROR_CODE:
        return WORD_ERROR;
    case JIEDA__SLOT_CODE:
        return WORD_CODE;
    case JIEDA__SLOT_CVV:
        return WORD_CVV;
    case JIEDA__SLOT_PASSPORT:
        return WORD_PASSPORT;
    case JIEDA__SLOT_CARD_TAIL:
        return WORD_TAIL;
    default:
        return WORD_NONE;
    }
}

/* The digits at i as what their checksum or shape says; 0 if they are not personal. */
static size_t take_personal(struct finder *f, size_t i, const struct run *r)
{
    size_t end = take_id(f, i, r);

    if (!end)
        end = take_card(f, i, r);
    if (!end)
        end = take_old_id(f, i, r);
    if (!end)
        end = take_mobile(f, i, r);
    return end;
}

/* An order number after its word: one group, letters and digits, or groups joined. */
static size_t take_order(struct finder *f, size_t i, const struct run *r)
{
    size_t end = take_token(f, i);
    size_t count;

    if (end)
        return end;
    count = group_or_longest(r, 10, 32);
    /* Asked for it, a visitor may give a shorter one. */
    if (count == 0 && f->expect == JIEDA__SLOT_ORDER_NUMBER)
        count = group_or_longest(r, 8, 9);
    if (count == 0)
        return 0;
    end = r->at[count - 1] + 1;
    push_token(f, JIEDA__SLOT_ORDER_NUMBER, i, end);
    return end;
}

/* What the word before the digits at i makes of them. */
static size_t take_announced(struct finder *f, size_t i, const struct run *r)
{
    size_t first = first_group(r), end = r->at[first - 1] + 1;

    switch (f->context) {
    case WORD_ORDER:
        return take_order(f, i, r);
    case WORD_TAIL:
        first = group_or_longest(r, 4, 4);
        end = first ? r->at[3] + 1 : 0;
        if (!first || digit_at(f, end) >= 0 || is_counted(f, end))
            return 0;
        push_token(f, JIEDA__SLOT_CARD_TAIL, i, end);
        return end;
    case WORD_CODE:
    case WORD_PAYCODE:
    case WORD_CVV:
        return take_code(f, i, r);
    case WORD_PASSPORT:
    case WORD_ID:
    case WORD_ERROR:
        return is_group_digit(f, i) ? take_token(f, i) : 0;
    default:
        return 0;
    }
}

/* What the word after the digits at i makes of them: 123456是验证码, 6222...是我卡号 */
static size_t take_told_after(struct finder *f, size_t i, const struct run *r)
{
    size_t count = r->count <= 19 && r->ends[r->count] ? r->count : first_group(r);
    size_t end = r->at[count - 1] + 1;
    unsigned kind;

    if (count < 3 || (count > 8 && count < 13) || count > 19 || is_counted(f, end))
        return 0;
    kind = word_after(f, end);
    if (count >= 13 && kind == WORD_CARD) {
        push_run(f, JIEDA__SLOT_BANK_CARD, r, 0, count, i, end, "");
        return end;
    }
    if (count >= 14 && kind == WORD_ID) {
        push_run(f, JIEDA__SLOT_ID_NUMBER, r, 0, count, i, end, "");
        return end;
    }
    if (count > 8)
        return 0;
    if (kind == WORD_CVV && count <= 4)
        push_secret(f, JIEDA__SLOT_CVV, i, end);
    else if (kind == WORD_CODE && count >= 4)
        push_secret(f, JIEDA__SLOT_CODE, i, end);
    else if (kind == WORD_PASSWORD && count >= 4)
        push_secret(f, JIEDA__SLOT_PASSWORD, i, end);
    else if (kind == WORD_TAIL && count == 4)
        push_token(f, JIEDA__SLOT_CARD_TAIL, i, end);
    else
        return 0;
    return end;
}

/* A number begins at i. @return behind what it is, or behind what it is certainly not. */
static size_t number(struct finder *f, size_t i)
{
    struct run r;
    size_t end, first;

    if (f->context == WORD_NONE)
        f->context = expected_context(f->expect);
    read_run(f, i, &r);
    first = first_group(&r);
    if (is_hotline(&r, r.count))
        return r.at[r.count - 1] + 1;
    if ((end = take_personal(f, i, &r)) || (end = take_announced(f, i, &r)) ||
        (end = take_told_after(f, i, &r)) || (end = take_other_phone(f, i, &r)) ||
        (end = take_time(f, i)) || (end = take_amount(f, i)) || (end = take_token(f, i)))
        return end;
    end = group_end(f, i);
    if (is_group_digit(f, i) && first >= 12 && first <= 32 && first == end - i)
        push_token(f, JIEDA__SLOT_ORDER_NUMBER, i, end);
    return end;
}

/* What a word of the table at i is, or sets. @return behind it; 0 if it is none here. */
static size_t take_word(struct finder *f, size_t i, const struct word *word, size_t end)
{
    size_t next;

    switch (word->kind) {
    case WORD_PASSWORD:
        f->context = WORD_NONE;
        next = take_passwords(f, end);
        return next ? next : end;
    case WORD_BANK:
        next = take_bank(f, i, word, end);
        /* "招行6222..." says no more than the digits do. */
        return next ? next : end;
    case WORD_TAIL: /* 手机尾号, 身份证后四位: of something else */
        next = f->context == WORD_PHONE || f->context == WORD_ID;
        f->context = next ? WORD_NOTHING : WORD_TAIL;
        f->context_end = end;
        return end;
    case WORD_DAY:
    case WORD_PART:
    case WORD_WEEK:
    case WORD_WEEKDAY:
    case WORD_MONTH:
    case WORD_YEAR:
    case WORD_RECENT:
    case WORD_EN_MONTH:
    case WORD_EN_WEEKDAY:
    case WORD_EN_NUMBER:
        return take_time(f, i);
    default:
        f->context = word->kind;
        f->context_end = end;
        return end;
    }
}

/* One step of the walk: takes what begins at i and returns behind it. */
static size_t step(struct finder *f, size_t i)
{
    uint32_t cp = cp_at(f, i);
    const struct word *word;
    size_t end;

    if ((end = placeholder_end(f, i))) {
        f->context = WORD_NONE;
        return end;
    }
    if (is_alnum(cp) && i >= f->local_end && (end = take_email(f, i)))
        return end;
    if (digit_at(f, i) >= 0) {
        end = number(f, i);
        f->context = WORD_NONE;
        return end;
    }
    if (f->context == WORD_ERROR && cp == '-' && is_group_digit(f, i + 1) &&
        (end = take_error_code(f, i)))
        return end;
    if (!is_letter(cp) && f->context != WORD_NONE && is_connector(cp) &&
        i < f->context_end + VALUE_GAP_MAX && !word_at(f, i, &end))
        return i + 1;
    if ((end = take_signed_amount(f, i)))
        return end;
    word = word_at(f, i, &end);
    if (word && (end = take_word(f, i, word, end)))
        return end;
    if (cp == U'两' || cp == U'十') {
        f->context = WORD_NONE;
        return (end = take_time(f, i)) || (end = take_amount(f, i)) ? end : i + 1;
    }
    if (!is_letter(cp)) {
        f->context = WORD_NONE;
        return i + 1;
    }
    if (f->context != WORD_NONE && (end = connecting_latin(f, i)))
        return end;
    if (f->context == WORD_CODE && cp == 'g' && cp_at(f, i + 1) == '-') /* G-123456 */
        return i + 2;
    if (f->context == WORD_NONE)
        f->context = expected_context(f->expect);
    if ((end = take_token(f, i)) || (end = take_prefixed_order(f, i)))
        return end;
    f->context = WORD_NONE;
    for (end = i + 1; is_letter(cp_at(f, end));)
        end++;
    return end;
}

/* ---- what normalization took ----------------------------------------------------------------- */

/* ○ and ❶ are digits to people and symbols to Unicode. */
static uint32_t digit_of_symbol(uint32_t cp)
{
    if (cp == 0x25CB || cp == 0x25EF || cp == 0x2B55) /* ○ ◯ ⭕ */
        return '0';
    if (cp >= 0x2776 && cp <= 0x277E) /* ❶ */
        return '1' + cp - 0x2776;
    if (cp >= 0x2780 && cp <= 0x2788) /* ➀ */
        return '1' + cp - 0x2780;
    if (cp >= 0x278A && cp <= 0x2792) /* ➊ */
        return '1' + cp - 0x278A;
    return 0;
}

/* Whether the character may stand for several of the original that are needed here: runs of the
 * same letter or ideograph are cut to two (零零零零), symbols and spaces to one space. */
static bool is_squeezed(const jieda__char *c)
{
    if (c->kind == JIEDA__CHAR_IDEOGRAPH)
        return c->end - c->begin > 4;
    return (c->kind == JIEDA__CHAR_LETTER || c->kind == JIEDA__CHAR_SPACE) &&
           c->end - c->begin > 1 && !(c->kind == JIEDA__CHAR_SPACE && c->cp != ' ');
}

/* Writes what the character stood for and returns how many; one if that was itself. */
static size_t unsqueeze(jieda_str original, const jieda__char *c, jieda__char *out)
{
    size_t count = 0;

    for (size_t at = c->begin; at < c->end;) {
        jieda__char piece = {.begin = (uint32_t)at, .kind = c->kind};
        uint32_t cp;

        at += jieda__utf8_decode((const unsigned char *)original.ptr + at, c->end - at, &cp);
        piece.end = (uint32_t)at;
        if (c->kind == JIEDA__CHAR_SPACE) {
            piece.cp = digit_of_symbol(cp);
            piece.kind = piece.cp ? JIEDA__CHAR_DIGIT : JIEDA__CHAR_SPACE;
            if (!piece.cp && count > 0 && out[count - 1].cp == ' ') {
                out[count - 1].end = piece.end;
                continue;
            }
            piece.cp = piece.cp ? piece.cp : ' ';
        } else {
            if (cp >= 0xFF21 && cp <= 0xFF5A) /* Ａ to ｚ */
                cp -= 0xFF21 - 'A';
            if (cp >= 'A' && cp <= 'Z')
                cp += 'a' - 'A';
            if (cp != c->cp)
                continue;
            piece.cp = cp;
        }
        out[count++] = piece;
    }
    if (count == 0) {
        *out = *c;
        count = 1;
    }
    return count;
}

/* Gives the walk its characters: those of the text, or a copy with the runs as long as they were
 * and with what was trimmed off the ends. */
static jieda_status unsqueeze_all(struct finder *f, const jieda__text *text)
{
    uint32_t len = (uint32_t)f->original.len;
    jieda__char head = {' ', 0, text->count ? text->chars[0].begin : len, JIEDA__CHAR_SPACE};
    jieda__char tail = {' ', text->count ? text->chars[text->count - 1].end : len, len,
                        JIEDA__CHAR_SPACE};
    size_t extra = 0, count = 0;
    jieda__char *chars;

    f->chars = text->chars;
    f->count = text->count;
    for (size_t i = 0; i < text->count; i++)
        if (is_squeezed(&text->chars[i]))
            extra += text->chars[i].end - text->chars[i].begin;
    extra += is_squeezed(&head) ? head.end : 0;
    extra += is_squeezed(&tail) ? len - tail.begin : 0;
    if (extra == 0)
        return JIEDA_OK;
    chars = jieda__arena_alloc(f->arena, (text->count + extra) * sizeof *chars);
    if (!chars)
        return JIEDA_E_NOMEM;
    if (is_squeezed(&head))
        count += unsqueeze(f->original, &head, chars);
    for (size_t i = 0; i < text->count; i++) {
        if (is_squeezed(&text->chars[i]))
            count += unsqueeze(f->original, &text->chars[i], chars + count);
        else
            chars[count++] = text->chars[i];
    }
    if (is_squeezed(&tail))
        count += unsqueeze(f->original, &tail, chars + count);
    f->chars = chars;
    f->count = count;
    return JIEDA_OK;
}

/* Local seconds; a clock that is off by centuries reads as 1970, for the calendar's arithmetic to
 * stay in bounds. */
static int64_t local_time(int64_t now, int32_t utc_offset_minutes)
{
    now = now < 0 || now > (int64_t)200 * 366 * DAY_SECONDS
              ? 0
              : now + (int64_t)utc_offset_minutes * 60;
    return now < 0 ? 0 : now;
}

bool jieda__slot_is_secret(jieda__slot_kind kind)
{
    return kind == JIEDA__SLOT_CODE || kind == JIEDA__SLOT_PASSWORD || kind == JIEDA__SLOT_CVV;
}

bool jieda__slot_is_personal(jieda__slot_kind kind)
{
    return kind == JIEDA__SLOT_PHONE || kind == JIEDA__SLOT_BANK_CARD ||
           kind == JIEDA__SLOT_ID_NUMBER || kind == JIEDA__SLOT_EMAIL ||
           kind == JIEDA__SLOT_PASSPORT || jieda__slot_is_secret(kind);
}

/* Rounds of the walk. Personal data can hide what stands right beside it: in "密码123456@138..."
 * the password ends only once the number is gone. So what one round finds is covered as a
 * placeholder would cover it, and the next round sees what is left to see. Most texts have nothing
 * personal and take one round. */
#define ROUND_COUNT_MAX 6

/* Covers the personal data of the last round: '[' is part of no value, as in a placeholder.
 * @return whether there were any; false when out of memory. */
static bool cover(struct finder *f)
{
    bool any = false;

    for (size_t i = 0; i < f->found_count; i++) {
        const struct found *found = &f->found[i];

        if (!jieda__slot_is_personal(found->slot.kind))
            continue;
        if (!f->covered) {
            f->covered = jieda__arena_alloc(f->arena, f->count * sizeof *f->covered);
            if (!f->covered) {
                f->status = JIEDA_E_NOMEM;
                return false;
            }
            memcpy(f->covered, f->chars, f->count * sizeof *f->covered);
            f->chars = f->covered;
        }
        for (size_t k = found->first; k < found->end; k++) {
            f->covered[k].cp = '[';
            f->covered[k].kind = JIEDA__CHAR_PUNCT;
        }
        any = true;
    }
    return any;
}

/* Puts what was kept of earlier rounds between what this one found. */
static void merge_kept(struct finder *f, const struct found *kept, size_t kept_count)
{
    size_t count = f->found_count + kept_count, from_kept = 0, from_new = 0;
    struct found *merged = jieda__arena_alloc(f->arena, count * sizeof *merged);

    if (!merged) {
        f->status = JIEDA_E_NOMEM;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_kept = from_new == f->found_count ||
                       (from_kept < kept_count && kept[from_kept].first < f->found[from_new].first);

        merged[i] = is_kept ? kept[from_kept++] : f->found[from_new++];
    }
    f->found = merged;
    f->found_count = count;
}

static void walk(struct finder *f)
{
    f->context = WORD_NONE;
    f->local_end = 0;
    f->found = NULL;
    f->found_count = f->found_capacity = 0;
    for (size_t i = 0; i < f->count && f->status == JIEDA_OK;)
        i = step(f, i);
}

static void find_all(struct finder *f)
{
    struct found *kept = NULL;
    size_t kept_count = 0;

    for (int round = 1; f->status == JIEDA_OK; round++) {
        bool more;

        walk(f);
        more = f->status == JIEDA_OK && cover(f);
        if (f->status == JIEDA_OK && kept_count > 0)
            merge_kept(f, kept, kept_count);
        if (f->status != JIEDA_OK || !more || round == ROUND_COUNT_MAX)
            return;
        kept = f->found;
        kept_count = 0;
        for (size_t i = 0; i < f->found_count; i++)
            if (jieda__slot_is_personal(kept[i].slot.kind))
                kept[kept_count++] = kept[i];
    }
}

jieda_status jieda__slots_find(jieda__arena *arena, const jieda__text *text, jieda_str original,
                               int64_t now, int32_t utc_offset_minutes, int expect,
                               jieda__slot **out, size_t *count_out)
{
    struct finder f = {.arena = arena,
                       .original = original,
                       .now = local_time(now, utc_offset_minutes),
                       .expect = expect};
    jieda__slot *slots = NULL;
    size_t count = 0;
    uint32_t free_from = 0;

    assert(words_are_sorted());
    *out = NULL;
    *count_out = 0;
    f.status = unsqueeze_all(&f, text);
    find_all(&f);
    if (f.status == JIEDA_OK && f.found_count > 0) {
        slots = jieda__arena_alloc(arena, f.found_count * sizeof *slots);
        f.status = slots ? JIEDA_OK : JIEDA_E_NOMEM;
    }
    if (f.status != JIEDA_OK)
        return f.status;
    for (size_t i = 0; i < f.found_count; i++) {
        jieda__slot slot = f.found[i].slot;

        slot.begin = f.chars[f.found[i].first].begin;
        slot.end = f.chars[f.found[i].end - 1].end;
        /* Characters of one cluster (⑴ is "(1)") share their bytes, and the slot before may have
         * had them. */
        if (slot.begin < free_from)
            slot.begin = free_from;
        if (slot.begin >= slot.end)
            continue;
        free_from = slot.end;
        slots[count++] = slot;
    }
    *out = slots;
    *count_out = count;
    return JIEDA_OK;
}

const char *jieda__slot_name(jieda__slot_kind kind)
{
    static const char *const names[JIEDA__SLOT_KIND_COUNT] = {
        [JIEDA__SLOT_ORDER_NUMBER] = "order_number",
        [JIEDA__SLOT_AMOUNT] = "amount",
        [JIEDA__SLOT_TIME] = "time",
        [JIEDA__SLOT_PHONE] = "phone",
        [JIEDA__SLOT_BANK_CARD] = "bank_card",
        [JIEDA__SLOT_ID_NUMBER] = "id_number",
        [JIEDA__SLOT_BANK] = "bank",
        [JIEDA__SLOT_ERROR_CODE] = "error_code",
        [JIEDA__SLOT_CODE] = "verification_code",
        [JIEDA__SLOT_PASSWORD] = "password",
        [JIEDA__SLOT_CVV] = "cvv",
        [JIEDA__SLOT_EMAIL] = "email",
        [JIEDA__SLOT_PASSPORT] = "id_document",
        [JIEDA__SLOT_CARD_TAIL] = "card_tail",
    };

    return names[kind];
}
