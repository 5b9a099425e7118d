/*
 * slots_test.c - which facts are found in what visitors write, and which look-alikes are none.
 *
 * Every row is read at 2026-11-21 15:20 (a Saturday) in UTC+8. That ranges stay in bounds over
 * random texts, and that nothing personal survives redaction, is redact_test.c.
 */
#include "intent/slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENA_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define NOW 1795245600 /* 2026-11-21T07:20:00Z */
#define UTC8 480

struct row {
    const char *input;
    const char *slots; /* "kind=value; kind=value" */
};

static const struct row order_number_rows[] = {
    {"订单号202611211234", "order_number=202611211234"},
    {"订单号是 2026112112345678 没到账", "order_number=2026112112345678"},
    {"订单号：2026 1121 1234 5678", "order_number=2026112112345678"},
    {"我的流水号 4200001234202611211234567890", "order_number=4200001234202611211234567890"},
    {"4200001234202611211234567890", "order_number=4200001234202611211234567890"},
    {"2026112122001138001380001234", "order_number=2026112122001138001380001234"},
    {"单号WX20261121abcd", "order_number=WX20261121ABCD"},
    {"order no: ORD-2026-112233", "order_number=ORD2026112233"},
    {"Order number is 1234567890", "order_number=1234567890"},
    {"订單號１２３４５６７８９０１２", "order_number=123456789012"},
    {"交易号 6222021234567890128", "order_number=6222021234567890128"},
    {"6222021234567890123", "order_number=6222021234567890123"},
    {"110105194912310021", "order_number=110105194912310021"},
    {"WX20261121123456789", "order_number=WX20261121123456789"},
    {"订单号我发你了 2026112112345678", "order_number=2026112112345678"},
    {"dingdanhao shi 2026112112345678", "order_number=2026112112345678"},
    {"123456789012", "order_number=123456789012"},
    {"ABAAAA1234567890123的订单号", "order_number=ABAAAA1234567890123"},
    {"订单号aaaaaa1111", "order_number=AAAAAA1111"},
    {"订单12345", ""},
    {"订单号多少位", ""},
    {"12345678901", ""},
    {"123456", ""},
    {"订单号码在哪里看", ""},
    {"order a pizza", ""},
    {"123456789012345678901234567890123", ""}, /* 33 digits */
    {"怎么查订单", ""},
};

static const struct row amount_rows[] = {
    {"转了五百块", "amount=500.00 CNY"},
    {"充了3,999元", "amount=3999.00 CNY"},
    {"1.2万没到账", "amount=12000.00 CNY"},
    {"两千五没到", "amount=2500.00 CNY"},
    {"五千块钱", "amount=5000.00 CNY"},
    {"转了3k", "amount=3000.00 CNY"},
    {"¥500", "amount=500.00 CNY"},
    {"￥1,234.56到哪了", "amount=1234.56 CNY"},
    {"500rmb", "amount=500.00 CNY"},
    {"五毛", "amount=0.50 CNY"},
    {"三块五", "amount=3.50 CNY"},
    {"一万二", "amount=12000.00 CNY"},
    {"一万二千三百元", "amount=12300.00 CNY"},
    {"一百零五块", "amount=105.00 CNY"},
    {"2w", "amount=20000.00 CNY"},
    {"$20", "amount=20.00 USD"},
    {"100美元", "amount=100.00 USD"},
    {"100 dollars", "amount=100.00 USD"},
    {"500 yuan", "amount=500.00 CNY"},
    {"HK$300.5", "amount=300.50 HKD"},
    {"12元5角", "amount=12.50 CNY"},
    {"500多块", "amount=500.00 CNY"},
    {"２００元", "amount=200.00 CNY"},
    {"扣了我一块钱", "amount=1.00 CNY"},
    {"3千5百块", "amount=3500.00 CNY"},
    {"八分钱", "amount=0.08 CNY"},
    {"二十塊", "amount=20.00 CNY"},
    {"三点五万元", "amount=35000.00 CNY"},
    {"500元和三百块", "amount=500.00 CNY; amount=300.00 CNY"},
    {"等了三个月", ""},
    {"点一下", ""},
    {"万一转错了", ""},
    {"千万不要", ""},
    {"百分之五", ""},
    {"百分之五百", ""},
    {"第一百名", ""},
    {"一块去", ""},
    {"2026元旦", ""},
    {"三千人", ""},
    {"一百次", ""},
    {"4k视频", ""},
    {"区块链", ""},
    {"支持2wifi吗", ""},
    {"500", ""},
    {"99999999999元", ""},
};

static const struct row time_rows[] = {
    {"昨天下午", "time=2026-11-20 afternoon"},
    {"11月3号", "time=2026-11-03"},
    {"上周五", "time=2026-11-13"},
    {"前天晚上8点半", "time=2026-11-19T20:30"},
    {"2026-11-03 15:20", "time=2026-11-03T15:20"},
    {"2026/11/3", "time=2026-11-03"},
    {"2026年11月3日下午3点", "time=2026-11-03T15:00"},
    {"今早", "time=2026-11-21 morning"},
    {"三天前", "time=2026-11-18"},
    {"上个月", "time=2026-10"},
    {"上个月3号", "time=2026-10-03"},
    {"yesterday", "time=2026-11-20"},
    {"3 days ago", "time=2026-11-18"},
    {"two weeks ago", "time=2026-11-07"},
    {"Nov 3", "time=2026-11-03"},
    {"November 3rd, 2025", "time=2025-11-03"},
    {"3 Nov", "time=2026-11-03"},
    {"昨晚十一点四十", "time=2026-11-20T23:40"},
    {"昨天晚上12点", "time=2026-11-21T00:00"},
    {"下午3:20", "time=2026-11-21T15:20"},
    {"15:20", "time=2026-11-21T15:20"},
    {"3pm", "time=2026-11-21T15:00"},
    {"yesterday at 3pm", "time=2026-11-20T15:00"},
    {"半小时前", "time=2026-11-21T14:50"},
    {"两个小时之前", "time=2026-11-21T13:20"},
    {"上周", "time=2026-W46"},
    {"上星期天", "time=2026-11-15"},
    {"周三", "time=2026-11-18"},
    {"last Saturday", "time=2026-11-14"},
    {"12月3号", "time=2026-12-03"},
    {"1月5日", "time=2026-01-05"},
    {"12月25号", "time=2025-12-25"},
    {"3号转的", "time=2026-11-03"},
    {"25号扣的", "time=2026-10-25"},
    {"去年11月", "time=2025-11"},
    {"去年", "time=2025"},
    {"20261103", "time=2026-11-03"},
    {"20261103152000", "time=2026-11-03T15:20"},
    {"11-03 15:20", "time=2026-11-03T15:20"},
    {"二零二六年十一月三号", "time=2026-11-03"},
    {"凌晨两点", "time=2026-11-21T02:00"},
    {"昨天3点一刻", "time=2026-11-20T03:15"},
    {"13点四十", ""},
    {"三个月没用", ""},
    {"有一点慢", ""},
    {"一下午", ""},
    {"下午", ""},
    {"2月30日", "time=2026-02"},
    {"3号线", ""},
    {"周年庆", ""},
    {"一周", ""},
    {"may I ask", ""},
    {"25:80", ""},
    {"几天前", ""},
    {"当天还算逾期吗", ""},
};

static const struct row phone_rows[] = {
    {"13800138000", "phone=13800138000"},
    {"我手机是138-1234-5678", "phone=13812345678"},
    {"138 1234 5678", "phone=13812345678"},
    {"１３８１２３４５６７８", "phone=13812345678"},
    {"我手机是一三八零零一三八零零零", "phone=13800138000"},
    {"幺三八零零零零零零零零换了", "phone=13800000000"},
    {"一三八○○○○○○○○", "phone=13800000000"},
    {"13800138000手机号换了", "phone=13800138000"},
    {"138 0013 8000", "phone=13800138000"},
    {"1-3-8-0-0-1-3-8-0-0-0", "phone=13800138000"},
    {"1.3.8.0.0.1.3.8.0.0.0", "phone=13800138000"},
    {"138\xE2\x80\x8B"
     "0013\xE2\x80\x8B"
     "8000",
     "phone=13800138000"},
    {"138😀0013😀8000", "phone=13800138000"},
    {"1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣",
     "phone=13800138000"},
    {"138\xFF"
     "00138000",
     "phone=13800138000"},
    {"+86 138 0013 8000", "phone=13800138000"},
    {"+8613800138000", "phone=13800138000"},
    {"008613800138000", "phone=13800138000"},
    {"(+86)13800138000", "phone=13800138000"},
    {"tel:13800138000", "phone=13800138000"},
    {"tel13800138000abc", "phone=13800138000"},
    {"https://a.cn/?tel=13800138000&x=1", "phone=13800138000"},
    {"13800138000和13900139000", "phone=13800138000; phone=13900139000"},
    {"13800138000,13900139000", "phone=13800138000; phone=13900139000"},
    {"13800138000 一直打不通", "phone=13800138000"},
    {"一三八零零一三八零零零一直打不通", "phone=13800138000"},
    {"13800138000一下", "phone=13800138000"},
    {"订单号13800138000", "phone=13800138000"},
    {"500 138 0013 8000", "phone=13800138000"},
    {"010-12345678", "phone=01012345678"},
    {"(0755)2345678", "phone=07552345678"},
    {"+852 9123 4567", "phone=+85291234567"},
    {"00852-91234567", "phone=+85291234567"},
    {"+886912345678", "phone=+886912345678"},
    {"+1 415 555 2671", "phone=+14155552671"},
    {"电话 9123 4567", "phone=91234567"},
    {"١٣٨٠٠١٣٨٠٠٠", "phone=13800138000"},
    {"打95588没人接", ""},
    {"400-800-1234", ""},
    {"客服电话4008001234", ""},
    {"12315投诉", ""},
    {"电话110", ""},
    {"96110打给我", ""},
    {"12800138000", ""},
    {"1380013800", ""},
    {"91234567", ""},
    {"手机138****8000", ""},
};

static const struct row bank_card_rows[] = {
    {"6222021234567890128", "bank_card=6222021234567890128"},
    {"6222 0212 3456 7890 128", "bank_card=6222021234567890128"},
    {"6222-0212-3456-7890-128", "bank_card=6222021234567890128"},
    {"卡号6222 0212 3456 7890 123", "bank_card=6222021234567890123"},
    {"卡号是6222021234567890123", "bank_card=6222021234567890123"},
    {"６２２２０２１２３４５６７８９０１２８", "bank_card=6222021234567890128"},
    {"六二二二零二一二三四五六七八九零一二八", "bank_card=6222021234567890128"},
    {"4111111111111111", "bank_card=4111111111111111"},
    {"4111 1111 1111 1111", "bank_card=4111111111111111"},
    {"5555555555554444", "bank_card=5555555555554444"},
    {"378282246310005", "bank_card=378282246310005"},
    {"30569309025904", "bank_card=30569309025904"},
    {"4222222222222", "bank_card=4222222222222"},
    {"6222021234567890128绑不上", "bank_card=6222021234567890128"},
    {"card number 4111111111111112", "bank_card=4111111111111112"},
    {"我的银行卡 6222021234567890", "bank_card=6222021234567890"},
    {"信用卡4111-1111-1111-1111和手机13800138000", "bank_card=4111111111111111; phone=13800138000"},
    {"6222021234567890123是我的卡号", "bank_card=6222021234567890123"},
    {"6222 0212 3456 7890 128 500元", "bank_card=6222021234567890128; amount=500.00 CNY"},
    {"62220212\xE2\x80\x8B"
     "34567890128",
     "bank_card=6222021234567890128"},
    {"储蓄卡: 6222021234567890128", "bank_card=6222021234567890128"},
    {"银行卡号码6222021234567890128", "bank_card=6222021234567890128"},
    {"2223003122003222", "bank_card=2223003122003222"},
    {"卡号给你发了 6222021234567890128", "bank_card=6222021234567890128"},
    {"6222.0212.3456.7890.128", "bank_card=6222021234567890128"},
    {"4111111111111112", "order_number=4111111111111112"},
    {"订单号4111111111111111", "order_number=4111111111111111"},
    {"1111111111111117", "order_number=1111111111111117"},
    {"银行卡怎么绑", ""},
    {"卡号在哪看", ""},
    {"信用卡3张", ""},
};

static const struct row id_number_rows[] = {
    {"11010519491231002X", "id_number=11010519491231002X"},
    {"身份证11010519491231002X", "id_number=11010519491231002X"},
    {"身份证号是11010519491231002x", "id_number=11010519491231002X"},
    {"１１０１０５１９４９１２３１００２Ｘ", "id_number=11010519491231002X"},
    {"110105 19491231 002X", "id_number=11010519491231002X"},
    {"110105-1949-1231-002-X", "id_number=11010519491231002X"},
    {"110101199003070070", "id_number=110101199003070070"},
    {"身份证110101199003070071", "id_number=110101199003070071"},
    {"订单号110101199003070070", "id_number=110101199003070070"},
    {"一一零一零一一九九零零三零七零零七零", "id_number=110101199003070070"},
    {"110105491231002", "id_number=110105491231002"},
    {"身份证：A123456(7)", "id_number=A1234567"},
    {"我110101199003070070实名不了", "id_number=110101199003070070"},
    {"110101199003070070,13800138000", "id_number=110101199003070070; phone=13800138000"},
    {"id number 11010519491231002X", "id_number=11010519491231002X"},
    {"shenfenzheng 11010519491231002X", "id_number=11010519491231002X"},
    {"810000199408230021", "id_number=810000199408230021"},
    {"证件号码 11010519491231002X", "id_number=11010519491231002X"},
    {"110101199003070071是我的身份证", "id_number=110101199003070071"},
    {"110101\xE2\x80\x8B"
     "199003070070",
     "id_number=110101199003070070"},
    {"身份证11010119900307007", "id_number=11010119900307007"},
    {"110101199013070070", "order_number=110101199013070070"},
    {"110101199003070071", "order_number=110101199003070071"},
    {"090101199003070070", "order_number=090101199003070070"},
    {"身份证过期了", ""},
    {"身份证号怎么改", ""},
    {"身份证后四位1234", ""},
};

static const struct row bank_rows[] = {
    {"工商银行", "bank=中国工商银行"},
    {"工行卡", "bank=中国工商银行"},
    {"ICBC", "bank=中国工商银行"},
    {"我的建行", "bank=中国建设银行"},
    {"建設銀行", "bank=中国建设银行"},
    {"农行", "bank=中国农业银行"},
    {"中行", "bank=中国银行"},
    {"中国银行", "bank=中国银行"},
    {"中国农业银行", "bank=中国农业银行"},
    {"招行信用卡", "bank=招商银行"},
    {"招商银行", "bank=招商银行"},
    {"交行", "bank=交通银行"},
    {"邮储", "bank=中国邮政储蓄银行"},
    {"邮政储蓄", "bank=中国邮政储蓄银行"},
    {"浦发", "bank=上海浦东发展银行"},
    {"兴业银行", "bank=兴业银行"},
    {"民生银行", "bank=中国民生银行"},
    {"平安银行", "bank=平安银行"},
    {"中信银行", "bank=中信银行"},
    {"光大银行", "bank=中国光大银行"},
    {"广发", "bank=广发银行"},
    {"华夏银行", "bank=华夏银行"},
    {"HSBC card", "bank=汇丰银行"},
    {"微众银行", "bank=微众银行"},
    {"工行和建行", "bank=中国工商银行; bank=中国建设银行"},
    {"招行尾号1234", "bank=招商银行; card_tail=1234"},
    {"途中行驶", ""},
    {"成交行情", ""},
    {"修建行为", ""},
    {"平安到家", ""},
    {"哪些银行", ""},
    {"abc", ""},
    {"bocce", ""},
};

static const struct row error_code_rows[] = {
    {"错误码E1234", "error_code=E1234"},
    {"错误代码：-1001", "error_code=-1001"},
    {"error code 0x80070005", "error_code=0x80070005"},
    {"报错 ERR_CONNECTION_RESET", "error_code=ERR_CONNECTION_RESET"},
    {"ERR_TIMEOUT", "error_code=ERR_TIMEOUT"},
    {"提示错误40013", "error_code=40013"},
    {"代码是1001", "error_code=1001"},
    {"0x80070005怎么回事", "error_code=0x80070005"},
    {"报错404", "error_code=404"},
    {"Error: A-20", "error_code=A-20"},
    {"返回码 ５００１", "error_code=5001"},
    {"錯誤碼 E1234", "error_code=E1234"},
    {"状态码500", "error_code=500"},
    {"error e-40013", "error_code=E-40013"},
    {"显示错误代码(10086)", "error_code=10086"},
    {"提示码 SYS_0012", "error_code=SYS_0012"},
    {"密码错误代码1001", "error_code=1001"},
    {"errcode=40013", "error_code=40013"},
    {"错误代码是 E 1234", ""},
    {"报错3次", ""},
    {"密码错误", ""},
    {"错误 5 分钟", ""},
    {"股票代码600519", ""},
    {"报错了怎么办", ""},
    {"错误码是什么意思", ""},
    {"error again", ""},
};

static const struct row code_rows[] = {
    {"验证码123456", "verification_code="},
    {"验证码是123456", "verification_code="},
    {"验证码：1234", "verification_code="},
    {"我的验证码１２３４５６", "verification_code="},
    {"驗證碼為123456", "verification_code="},
    {"验证码我收到了是123456", "verification_code="},
    {"123456是验证码", "verification_code="},
    {"123456 这是收到的码", "verification_code="},
    {"123456是我的验证码", "verification_code="},
    {"code 123456", "verification_code="},
    {"my code is 123456", "verification_code="},
    {"123456 is my code", "verification_code="},
    {"verification code: 123-456", "verification_code="},
    {"OTP 88888888", "verification_code="},
    {"验证码 123 456", "verification_code="},
    {"验证码G-123456", "verification_code="},
    {"验证码一二三四五六", "verification_code="},
    {"yanzhengma shi 123456", "verification_code="},
    {"短信码123456", "verification_code="},
    {"动态密码 123456", "verification_code="},
    {"付款码 134567890123456789", "verification_code="},
    {"校验码123456发你了", "verification_code="},
    {"123456 这个是短信验证码", "verification_code="},
    {"验证码收不到", ""},
    {"验证码60秒", ""},
    {"验证码是6位", ""},
    {"验证码5000元", "amount=5000.00 CNY"},
    {"验证码1069开头", ""},
    {"qr code 1234", ""},
    {"zip code 518000", ""},
    {"123456", ""},
    {"2026是二维码", ""},
};

static const struct row password_rows[] = {
    {"密码是abc123", "password="},
    {"密码：abc123!", "password="},
    {"支付密码135246", "password="},
    {"支付密码 135246", "password="},
    {"密碼為135246", "password="},
    {"密码是一二三四五六", "password="},
    {"my password is abc123!", "password="},
    {"password: hunter", "password="},
    {"pwd=abc", "password="},
    {"pin 1234", "password="},
    {"pin is 135 246", "password="},
    {"密码改成654321", "password="},
    {"密码从123456改成654321", "password=; password="},
    {"密码123456和654321都不对", "password=; password="},
    {"密码我试了135246", "password="},
    {"密码是a1b2c3，登不上", "password="},
    {"密码是1 2 3 4 5 6", "password="},
    {"登录密码 a123456", "password="},
    {"密码是１３５２４６", "password="},
    {"135246是我的支付密码", "password="},
    {"mima shi 135246", "password="},
    {"密码是“abc123”", "password="},
    {"密码设置成Qwerty12", "password="},
    {"密码就是13800138000", "password="},
    {"密码：P@ss-w0rd", "password="},
    {"密码错误", ""},
    {"密码是什么", ""},
    {"密码忘了", ""},
    {"密码是多少", ""},
    {"密码是6位", ""},
    {"密码是8-20位", ""},
    {"密码错了3次", ""},
    {"密码是2023年设的", "time=2023"},
    {"password is wrong", ""},
    {"I can't remember my password to sign in", ""},
    {"changed my password to abc123", "password="},
    {"my password is incorrect", ""},
    {"password is not accepted", ""},
    {"支付密码3000块转不了", "amount=3000.00 CNY"},
    {"忘记密码 13800138000", "phone=13800138000"},
    {"密码 iphone15 登不上", ""},
    {"支付密码怎么改", ""},
    {"shopping 1234", ""},
};

static const struct row cvv_rows[] = {
    {"cvv123", "cvv="},
    {"CVV: 123", "cvv="},
    {"cvv2是 123", "cvv="},
    {"cvc 1234", "cvv="},
    {"ＣＶＶ１２３", "cvv="},
    {"安全码 123", "cvv="},
    {"安全码是1234", "cvv="},
    {"卡背面三位123", "cvv="},
    {"背面三位数字是 123", "cvv="},
    {"cvv is 123", "cvv="},
    {"my cvv is 999", "cvv="},
    {"security code 123", "cvv="},
    {"背面后三位：123", "cvv="},
    {"卡背面的三位数是123", "cvv="},
    {"cvn2 456", "cvv="},
    {"CVV 一二三", "cvv="},
    {"123是cvv", "cvv="},
    {"安全码12345678", "verification_code="},
    {"cvv 1 2 3", "cvv="},
    {"卡号4111111111111111 cvv123", "bank_card=4111111111111111; cvv="},
    {"cvv是什么", ""},
    {"cvv在哪", ""},
    {"cvv3位", ""},
    {"安全码错误", ""},
    {"cvv12", ""},
    {"123", ""},
};

static const struct row email_rows[] = {
    {"abc@qq.com", "email=abc@qq.com"},
    {"邮箱ABC@QQ.com谢谢", "email=abc@qq.com"},
    {"ａｂｃ＠ｑｑ．ｃｏｍ", "email=abc@qq.com"},
    {"13800138000@139.com", "email=13800138000@139.com"},
    {"a.b-c_d+e@mail.example.co.uk", "email=a.b-c_d+e@mail.example.co.uk"},
    {"发到abc@163.com。", "email=abc@163.com"},
    {"abc @ qq.com", "email=abc@qq.com"},
    {"abc@qq.com,def@qq.com", "email=abc@qq.com; email=def@qq.com"},
    {"<abc@qq.com>", "email=abc@qq.com"},
    {"mailto:abc@qq.com", "email=abc@qq.com"},
    {"aaaa@qq.com", "email=aaaa@qq.com"},
    {"123456@qq.com 收不到", "email=123456@qq.com"},
    {"abc@qq.com13800138000", "email=abc@qq.com; phone=13800138000"},
    {"我的邮箱是tom.lee@gmail.com", "email=tom.lee@gmail.com"},
    {"email: x@y.io", "email=x@y.io"},
    {"a@b.cn", "email=a@b.cn"},
    {"(abc@qq.com)", "email=abc@qq.com"},
    {"abc@qq.com/123", "email=abc@qq.com"},
    {"x1@y2.com", "email=x1@y2.com"},
    {"ABC@EXAMPLE.ORG.", "email=abc@example.org"},
    {"@小明", ""},
    {"abc@qq", ""},
    {"abc@", ""},
    {"@qq.com", ""},
    {"a@1.2.3.4", ""},
    {"邮箱怎么换", ""},
};

static const struct row passport_rows[] = {
    {"护照E12345678", "id_document=E12345678"},
    {"护照号是 EA1234567", "id_document=EA1234567"},
    {"护照号码：G12345678", "id_document=G12345678"},
    {"港澳通行证C12345678", "id_document=C12345678"},
    {"通行证号 H1234567890", "id_document=H1234567890"},
    {"護照 E 12345678", "id_document=E12345678"},
    {"passport no. E12345678", "id_document=E12345678"},
    {"my passport is e12345678", "id_document=E12345678"},
    {"回乡证H12345678", "id_document=H12345678"},
    {"台胞证12345678", "id_document=12345678"},
    {"台胞证 0123456789", "id_document=0123456789"},
    {"护照Ｅ１２３４５６７８", "id_document=E12345678"},
    {"护照我填的是E12345678", "id_document=E12345678"},
    {"passport number: 123456789", "id_document=123456789"},
    {"军官证1234567", "id_document=1234567"},
    {"居住证 A1234567", "id_document=A1234567"},
    {"护照-E12345678", ""},
    {"护照过期了", ""},
    {"护照怎么实名", ""},
    {"护照3本", ""},
    {"E12345678", ""},
    {"passport expired", ""},
    {"通行证能用吗", ""},
    {"护照 abc", ""},
    {"护照 1234", ""},
};

static const struct row card_tail_rows[] = {
    {"尾号1234", "card_tail=1234"},
    {"尾号是1234", "card_tail=1234"},
    {"尾号為1234的卡", "card_tail=1234"},
    {"卡尾号：１２３４", "card_tail=1234"},
    {"工行尾号1234的卡", "bank=中国工商银行; card_tail=1234"},
    {"银行卡后四位1234", "card_tail=1234"},
    {"后四位是 1234", "card_tail=1234"},
    {"末四位0000", "card_tail=0000"},
    {"card ending in 1234", "card_tail=1234"},
    {"last four digits 1234", "card_tail=1234"},
    {"last 4 is 1234", "card_tail=1234"},
    {"尾号一二三四", "card_tail=1234"},
    {"weihao 1234", "card_tail=1234"},
    {"尾号（1234）", "card_tail=1234"},
    {"尾号1234和尾号5678", "card_tail=1234; card_tail=5678"},
    {"1234是尾号", "card_tail=1234"},
    {"尾号 1 2 3 4", "card_tail=1234"},
    {"后4位1234", "card_tail=1234"},
    {"尾号1234扣了500元", "card_tail=1234; amount=500.00 CNY"},
    {"储蓄卡尾号8888", "card_tail=8888"},
    {"手机尾号1234", ""},
    {"尾号12345", ""},
    {"尾号123", ""},
    {"尾号是多少", ""},
    {"尾号1234元", "amount=1234.00 CNY"},
    {"1234", ""},
};

/* Of what the bot has just asked for, a bare value is enough. */
static const struct {
    int expect;
    const char *input, *slots;
} expected_rows[] = {
    {JIEDA__SLOT_CODE, "123456", "verification_code="},
    {JIEDA__SLOT_CODE, "等了5000秒", ""},
    {JIEDA__SLOT_ORDER_NUMBER, "1234567890", "order_number=1234567890"},
    {JIEDA__SLOT_ORDER_NUMBER, "12345678", "order_number=12345678"},
    {JIEDA__SLOT_ORDER_NUMBER, "WX2026112233", "order_number=WX2026112233"},
    {JIEDA__SLOT_ORDER_NUMBER, "13800138000", "phone=13800138000"},
    {JIEDA__SLOT_ORDER_NUMBER, "11010519491231002X", "id_number=11010519491231002X"},
    {JIEDA__SLOT_ORDER_NUMBER, "4111111111111111", "order_number=4111111111111111"},
    {JIEDA__SLOT_ORDER_NUMBER, "不知道", ""},
    {JIEDA__SLOT_CARD_TAIL, "1234", "card_tail=1234"},
    {JIEDA__SLOT_CARD_TAIL, "是5678这张", "card_tail=5678"},
    {JIEDA__SLOT_AMOUNT, "500", "amount=500.00 CNY"},
    {JIEDA__SLOT_AMOUNT, "1,200.5", "amount=1200.50 CNY"},
    {JIEDA__SLOT_AMOUNT, "五十", "amount=50.00 CNY"},
    {JIEDA__SLOT_AMOUNT, "3次", ""},
    {JIEDA__SLOT_PHONE, "91234567", "phone=91234567"},
    {JIEDA__SLOT_PHONE, "4008001234", ""},
    {JIEDA__SLOT_BANK_CARD, "6222021234567890123", "bank_card=6222021234567890123"},
    {JIEDA__SLOT_ID_NUMBER, "110101199003070071", "id_number=110101199003070071"},
    {JIEDA__SLOT_CVV, "123", "cvv="},
    {JIEDA__SLOT_ERROR_CODE, "E1234", "error_code=E1234"},
    {JIEDA__SLOT_ERROR_CODE, "40013", "error_code=40013"},
    {JIEDA__SLOT_PASSPORT, "E12345678", "id_document=E12345678"},
    {JIEDA__SLOT_TIME, "昨天", "time=2026-11-20"},
    {JIEDA__SLOT_NONE, "1234567890", ""},
};

static void slots_as_text(jieda__arena *arena, const char *input, int expect, char *out,
                          size_t size)
{
    size_t len = strlen(input), count, used = 0;
    char *exact = malloc(len ? len : 1); /* no NUL at the end to hide behind */
    jieda_str original = {exact, len};
    jieda__text text;
    jieda__slot *slots;
    uint32_t free_from = 0;

    memcpy(exact, input, len);
    assert_int_equal(jieda__text_normalize(arena, original, &text), JIEDA_OK);
    assert_int_equal(jieda__slots_find(arena, &text, original, NOW, UTC8, expect, &slots, &count),
                     JIEDA_OK);
    *out = '\0';
    for (size_t i = 0; i < count; i++) {
        assert_true(slots[i].begin >= free_from && slots[i].begin < slots[i].end);
        assert_true(slots[i].end <= len);
        free_from = slots[i].end;
        used += (size_t)snprintf(out + used, size - used, "%s%s=%s", i ? "; " : "",
                                 jieda__slot_name(slots[i].kind), slots[i].value.ptr);
        assert_true(used < size);
        assert_int_equal(strlen(slots[i].value.ptr), slots[i].value.len);
    }
    free(exact);
}

static void check_rows(const struct row *rows, size_t count)
{
    jieda__arena arena;
    size_t wrong = 0;

    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        char got[512];

        slots_as_text(&arena, rows[i].input, JIEDA__SLOT_NONE, got, sizeof got);
        if (strcmp(got, rows[i].slots) != 0) {
            print_error("%s: got \"%s\", expected \"%s\"\n", rows[i].input, got, rows[i].slots);
            wrong++;
        }
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
    assert_int_equal(wrong, 0);
}

#define ROWS_TEST(kind)                                                                            \
    static void kind##s_are_found(void **state)                                                    \
    {                                                                                              \
        (void)state;                                                                               \
        check_rows(kind##_rows, sizeof kind##_rows / sizeof *kind##_rows);                         \
    }

ROWS_TEST(order_number)
ROWS_TEST(amount)
ROWS_TEST(time)
ROWS_TEST(phone)
ROWS_TEST(bank_card)
ROWS_TEST(id_number)
ROWS_TEST(bank)
ROWS_TEST(error_code)
ROWS_TEST(code)
ROWS_TEST(password)
ROWS_TEST(cvv)
ROWS_TEST(email)
ROWS_TEST(passport)
ROWS_TEST(card_tail)

static void what_was_asked_for_needs_no_word(void **state)
{
    jieda__arena arena;
    size_t wrong = 0;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof expected_rows / sizeof *expected_rows; i++) {
        char got[512];

        slots_as_text(&arena, expected_rows[i].input, expected_rows[i].expect, got, sizeof got);
        if (strcmp(got, expected_rows[i].slots) != 0) {
            print_error("%s: got \"%s\", expected \"%s\"\n", expected_rows[i].input, got,
                        expected_rows[i].slots);
            wrong++;
        }
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
    assert_int_equal(wrong, 0);
}

/* The calendar, day by day, against the C library's. */
static void every_day_has_its_date(void **state)
{
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (int64_t day = 0; day < 50000; day++) {
        static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
        static int year = 1970, month = 1, of_month = 1;
        jieda_str original = jieda__str("today");
        jieda__text text;
        jieda__slot *slots;
        size_t count;
        char expected[32];
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

        assert_int_equal(jieda__text_normalize(&arena, original, &text), JIEDA_OK);
        assert_int_equal(jieda__slots_find(&arena, &text, original, day * 86400, 0,
                                           JIEDA__SLOT_NONE, &slots, &count),
                         JIEDA_OK);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", year, month, of_month);
        assert_int_equal(count, 1);
        assert_string_equal(slots[0].value.ptr, expected);
        if (++of_month > lengths[month - 1] + (month == 2 && leap)) {
            of_month = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

/* A clock gone wrong must not take the calendar out of its bounds. */
static void any_clock_will_do(void **state)
{
    static const int64_t clocks[] = {INT64_MIN, -1, 0, 1, 4102444800, INT64_MAX};
    jieda_str original =
        jieda__str("昨天 上周五 上上个月 去年11月 3号转的 9999天前 600个月前 50年前");
    jieda__arena arena;

    (void)state;
    jieda__arena_init(&arena, jieda__default_allocator(), ARENA_BYTES_MAX);
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
        jieda__text text;
        jieda__slot *slots;
        size_t count;

        assert_int_equal(jieda__text_normalize(&arena, original, &text), JIEDA_OK);
        assert_int_equal(jieda__slots_find(&arena, &text, original, clocks[i], -720,
                                           JIEDA__SLOT_NONE, &slots, &count),
                         JIEDA_OK);
        assert_true(count >= 6);
        jieda__arena_reset(&arena);
    }
    jieda__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_numbers_are_found),
        cmocka_unit_test(amounts_are_found),
        cmocka_unit_test(times_are_found),
        cmocka_unit_test(phones_are_found),
        cmocka_unit_test(bank_cards_are_found),
        cmocka_unit_test(id_numbers_are_found),
        cmocka_unit_test(banks_are_found),
        cmocka_unit_test(error_codes_are_found),
        cmocka_unit_test(codes_are_found),
        cmocka_unit_test(passwords_are_found),
        cmocka_unit_test(cvvs_are_found),
        cmocka_unit_test(emails_are_found),
        cmocka_unit_test(passports_are_found),
        cmocka_unit_test(card_tails_are_found),
        cmocka_unit_test(what_was_asked_for_needs_no_word),
        cmocka_unit_test(every_day_has_its_date),
        cmocka_unit_test(any_clock_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
