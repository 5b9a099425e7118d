/*
 * stability_test.c - a growing knowledge base does not change the answers it already gives.
 *
 * The wallet pack is asked as it is, and compiled with a thousand entries about cooking, sports,
 * stars and gardens beside its own. Document frequencies, the mined words and the candidate budget
 * all see the difference; the decisions on plain wallet questions must not. The unrelated entries
 * are composed from word lists, the same ones every time.
 */
#include "fixture.h"

#include <dirent.h>

#define UNRELATED_COUNT 1000

/* ---- the unrelated entries ------------------------------------------------------------------- */

static const char *const subjects[] = {
    /* cooking */ "红烧肉",
    "番茄炒蛋",
    "清蒸鲈鱼",
    "麻婆豆腐",
    "葱油饼",
    "酸菜鱼",
    "桂花糕",
    "腌黄瓜",
    /* sports */ "篮球",
    "羽毛球",
    "游泳",
    "马拉松",
    "攀岩",
    "滑雪",
    "太极拳",
    "乒乓球",
    /* astronomy */ "银河系",
    "土星环",
    "流星雨",
    "黑洞",
    "北斗七星",
    "日全食",
    "火星",
    "彗星",
    /* gardening */ "月季",
    "多肉植物",
    "绣球花",
    "薄荷",
    "柠檬树",
    "君子兰",
    "草莓苗",
    "吊兰",
    /* animals */ "橘猫",
    "金毛犬",
    "鹦鹉",
    "仓鼠",
    "海豚",
    "企鹅",
    "长颈鹿",
    "蓝鲸",
    /* music and crafts */ "古筝",
    "小提琴",
    "口琴",
    "毛线帽",
    "陶瓷杯",
    "剪纸",
    "水彩画",
    "毛笔字",
    /* travel */ "张家界",
    "敦煌壁画",
    "洱海",
    "布达拉宫",
    "兵马俑",
    "鼓浪屿",
    "喀纳斯湖",
    "长白山",
};

static const char *const shapes[] = {
    "%s怎么做才好吃",     "%s的历史有多久",     "%s要准备哪些工具",     "为什么大家喜欢%s",
    "%s和春天有什么关系", "学%s从哪里开始",     "%s最早出现在哪个朝代", "%s适合老人吗",
    "%s需要多少时间",     "夏天怎么照顾%s",     "%s为什么会变颜色",     "%s一般有多重",
    "孩子几岁可以学%s",   "%s有哪些有趣的故事", "怎样给%s拍照",         "%s在古诗里象征什么",
    "%s哪个季节最好看",   "写一篇关于%s的作文",
};

#define SUBJECT_COUNT (sizeof subjects / sizeof *subjects)
#define SHAPE_COUNT (sizeof shapes / sizeof *shapes)

/* Subject and shape of entry n run through all pairs: their counts' product is past a thousand. */
static void write_unrelated(const fixture *f)
{
    size_t capacity = UNRELATED_COUNT * 512, len = 0;
    char *json = malloc(capacity), question[128];

    assert_non_null(json);
    assert_true(SUBJECT_COUNT * SHAPE_COUNT >= UNRELATED_COUNT);
    len += (size_t)snprintf(json, capacity, "{'entries': [");
    for (size_t n = 0; n < UNRELATED_COUNT; n++) {
        snprintf(question, sizeof question, shapes[n / SUBJECT_COUNT], subjects[n % SUBJECT_COUNT]);
        len += (size_t)snprintf(json + len, capacity - len,
                                "%s\n{'id': 'world.e%04zu', 'title': {'zh': '%s', 'en': 'e%zu'},"
                                " 'category': 'app', 'questions': {'zh': ['%s']},"
                                " 'answers': [{'lang': 'zh', 'text': '不知道'},"
                                " {'lang': 'en', 'text': 'no idea'}]}",
                                n ? "," : "", n, question, n, question);
        assert_true(len < capacity);
    }
    len += (size_t)snprintf(json + len, capacity - len, "]}");
    assert_true(len < capacity);
    fixture_write(f, "world.json", json);
    free(json);
}

static void copy_wallet(const fixture *f)
{
    DIR *folder = opendir(JIEDA_SOURCE_DIR "/kb/wallet");
    struct dirent *item;

    assert_non_null(folder);
    while ((item = readdir(folder))) {
        char from[512];

        if (item->d_name[0] == '.')
            continue;
        snprintf(from, sizeof from, JIEDA_SOURCE_DIR "/kb/wallet/%s", item->d_name);
        fixture_copy(f, item->d_name, from);
    }
    closedir(folder);
}

/* ---- the questions --------------------------------------------------------------------------- */

static const char *const questions[] = {
    "怎么申请退款",
    "退款几天能到",
    "退款一直没有到",
    "退款被商家拒绝了",
    "退款会退到哪张卡",
    "付款老是失败",
    "付不了款怎么回事",
    "一天最多能付多少",
    "钱扣了订单却没付",
    "同一单扣了两次钱",
    "付款码在哪里找",
    "能用哪些方式付款",
    "优惠券为什么用不了",
    "怎么转账给朋友",
    "转错人了能追回吗",
    "转账对方没收到",
    "转账一天限额多少",
    "怎么提现到银行卡",
    "提现还没到账",
    "提现收手续费吗",
    "怎么给钱包充值",
    "充值失败了怎么办",
    "用钱包要收费吗",
    "换手机号怎么改绑定",
    "怎么绑定银行卡",
    "怎么解绑银行卡",
    "想换一张银行卡",
    "怎么改昵称和头像",
    "实名认证通不过",
    "怎么注销账户",
    "登录不上去",
    "忘记登录密码了",
    "支付密码忘了",
    "收不到短信验证码",
    "账户被冻结了怎么解冻",
    "账户被盗刷了",
    "被骗子骗走了钱",
    "手机丢了怎么办",
    "怎么紧急冻结账户",
    "这条短信是不是诈骗",
    "钱包安全吗",
    "怎么开通指纹支付",
    "收到异地登录提醒",
    "个人信息会泄露吗",
    "账单在哪里看",
    "余额对不上",
    "怎么开发票",
    "这个月花了多少钱",
    "返现怎么算",
    "返现没有到账",
    "怎么买理财",
    "怎么兑换外币",
    "App打不开",
    "系统在维护吗",
    "怎么更新App",
    "转人工客服",
    "客服电话多少",
    "客服一直没人理",
    "我要投诉",
    "我想提个建议",
    "工单处理到哪一步了",
    "怎么取消订单",
    "收货地址填错了",
    "你好",
    "谢谢你",
    "再见",
    "你是谁",
    "怎麼申請退款",
    "zenme tixian",
    "zhifu mima wangle",
    "How do I request a refund",
    "My account is frozen",
};

#define QUESTION_COUNT (sizeof questions / sizeof *questions)

typedef struct decided {
    jieda_decision decision;
    char id[64];
    float confidence;
} decided;

static void decide_all(const char *kb, decided *out)
{
    jieda_engine *engine = fixture_open(kb, NULL);
    jieda_session *session = fixture_session(engine);

    for (size_t i = 0; i < QUESTION_COUNT; i++) {
        const jieda_reply *r;

        jieda_session_reset(session);
        r = ask(session, questions[i]);
        out[i].decision = r->decision;
        out[i].confidence = r->confidence;
        snprintf(out[i].id, sizeof out[i].id, "%.*s", (int)r->entry_id.len,
                 r->entry_id.ptr ? r->entry_id.ptr : "");
    }
    jieda_session_free(session);
    jieda_close(engine);
}

static void a_thousand_unrelated_entries_change_no_decision(void **state)
{
    static decided alone[QUESTION_COUNT], among[QUESTION_COUNT];
    size_t changed = 0, answered = 0;
    jieda_engine *engine;
    jieda_kb_info info[2];
    fixture f;

    (void)state;
    assert_true(QUESTION_COUNT >= 60);
    fixture_folder(&f);
    copy_wallet(&f);
    engine = fixture_open(JIEDA_WALLET_KB, NULL);
    jieda_info(engine, &info[0]);
    jieda_close(engine);
    decide_all(JIEDA_WALLET_KB, alone);

    write_unrelated(&f);
    fixture_compile(&f);
    engine = fixture_open(f.kb, NULL);
    jieda_info(engine, &info[1]);
    jieda_close(engine);
    assert_int_equal(info[1].entry_count, info[0].entry_count + UNRELATED_COUNT);
    decide_all(f.kb, among);
    fixture_remove(&f);

    for (size_t i = 0; i < QUESTION_COUNT; i++) {
        answered += alone[i].decision != JIEDA_DECISION_CLARIFY;
        if (alone[i].decision == among[i].decision && strcmp(alone[i].id, among[i].id) == 0)
            continue;
        print_error("%s: %s %s (%.3f) alone, %s %s (%.3f) among unrelated entries\n", questions[i],
                    jieda_decision_name(alone[i].decision), alone[i].id,
                    (double)alone[i].confidence, jieda_decision_name(among[i].decision),
                    among[i].id, (double)among[i].confidence);
        changed++;
    }
    /* Questions that nobody answers would be stable for nothing. */
    assert_true(answered >= QUESTION_COUNT * 3 / 4);
    assert_int_equal(changed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_unrelated_entries_change_no_decision),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
