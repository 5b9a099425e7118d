/*
 * guard.c - reads outgoing answers for contacts and for requests for secrets.
 *
 * A knowledge base speaks in the name of a company that holds people's money. A hotline with one
 * wrong digit, a copied link or a "please send us the code" is worth more to a swindler than any
 * wrong answer costs, so contacts must be on the pack's list and secrets must not be asked for.
 *
 * A finding is an error, so it must be right; what is not sure is let pass. Digits alone say little
 * ("满120减10"), hence the rule of a number has up to four parts: its shape, what must stand near a
 * short one ("拨打110"), and what makes it an amount, a count or an order number, before or behind.
 *
 *   拨打110或96110报警    ->  110, 96110
 *   满110减10，限120次     ->  nothing
 *
 * A request is a verb of handing over with a secret as its object, within one clause. What the
 * system sends the reader ("点“发送验证码”"), descriptions of fraud and negated clauses are none.
 *
 *   请把验证码发给客服        ->  asks
 *   请不要把验证码发给任何人   ->  does not
 *
 * PCRE2 does the matching, under limits: patterns are bounded by construction, the limits are for
 * the mistake nobody saw. Width and dashes are folded first, byte offsets are those of the fold.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "compiler/guard.h"

#include <assert.h>
#include <pcre2.h>
#include <string.h>

#define MATCH_LIMIT 100000u
#define DEPTH_LIMIT 10000u
#define HEAP_LIMIT_KIB 4096u
/* What is looked at before and behind a number, bytes. */
#define WINDOW_BYTES 120u
/* Written over what was found, so that no later rule finds a part of it. */
#define FOUND_BYTE '\x1f'

/* ---- contacts -------------------------------------------------------------------------------- */

#define NO_DIGIT_BEFORE "(?<![0-9a-z])(?<![0-9][ .,:-])"
#define NO_DIGIT_BEHIND "(?![0-9a-z]|[.,][0-9])"
#define COUNTRY "(?:\\+|00)86[ -]?"
/* What a link ends with: not the full stop behind it. */
#define LINK_REST "[!-~]{0,2000}[a-z0-9/_=&#~%+}-]"

/* Digits that pay, count or name an order. */
#define NOT_BEFORE                                                                                                                \
    "(?:[¥￥$€£]|满|减|充值|充|付|扣|返|(?<!发)送|超过|不足|不到|最多|至少|最少|低于|高于|大于|" \
    "小于|少于|多于|等于|约|共|仅|只|第|每|达到|达|余额|金额|额度|限额|上限|单号|编号|流水号|"  \
    "代码|版本|错误码|(?<![a-z])(?:rmb|cny|usd|up to|at least|at most|over|under|about|than|"                              \
    "order|order number|code|error|version))(?:[是为:]|\\s){0,3}$"
#define NOT_BEHIND                                                                                                             \
    "^\\s*(?:[元块角毛百亿%秒米斤]|千(?!万)|万(?!一|分|不)|分(?!行|理|机)|天(?!天)|日(?!夜|常)|"       \
    "[月周个次笔条张位名户倍岁折字步度层楼]|年(?!中)|小时|点(?!击|开|按|此)|人(?!工)|号(?!码)|" \
    "积分|[~至到-]\\s*[0-9]|[x×*]\\s*[0-9]|(?:yuan|rmb|cny|usd|dollars?|cents?|percent|seconds?|"                         \
    "minutes?|hours?|days?|weeks?|working|business|months?|years?|times|points?|people|users?|"                                \
    "characters?|letters?|digits?|payments?|km|kg|mb|gb)(?![a-z]))"
/* Short numbers are lines only where somebody is called. */
#define CALL_BEFORE                                                                                  \
    "(?:(?:拨|致电|热线|专线|报警|报案|求助|投诉|举报|警方|公安|反诈|"        \
    "(?<![a-z])(?:call|dial|ring|hotline|helpline|police)(?![a-z]))[^,，。!！?？;；\\n]{0,16}|" \
    "(?:打|电话|短信|(?<![a-z])(?:tel|phone|text|line)(?![a-z]))(?:号码)?"                    \
    "(?:[是为到至给: “\"(]|is|to|at|on){0,4})$"
#define CALL_BEHIND                                                                                              \
    "^[、/和或及与 "                                                                                        \
    "”\")]{0,3}(?:报警|报案|热线|专线|电话(?!费)|急救|火警|反诈|投诉|举报|平台|政务|" \
    "市民|客服|hotline|helpline|police)"

typedef struct contact_rule {
    const char *what;
    bool in_texts, in_links;
    bool may_be_amount; /* NOT_BEFORE and NOT_BEHIND speak against it */
    bool needs_call;    /* CALL_BEFORE or CALL_BEHIND must speak for it */
    const char *pattern;
} contact_rule;

/* In this order: what one finds no later one does. */
static const contact_rule contact_rules[] = {
    {"e-mail address", true, true, false, false,
     "(?<![a-z0-9._%+{}-])[a-z0-9._%+{}-]{1,64}@(?:[a-z0-9-]{1,63}\\.){1,8}[a-z]{2,24}"
     "(?![a-z0-9-])"},
    /* A host that is a placeholder is the host program's business. */
    {"link", true, true, false, false,
     "(?:https?://|(?<![a-z0-9.@/_-])www\\.)"
     "(?!\\{\\{[a-z0-9_]{1,200}\\}\\}(?:[/?#:]|(?![!-~])))" LINK_REST},
    /* Endings that are also words ("balance.Top up") count only with a path. */
    {"link", true, true, false, false,
     "(?<![a-z0-9.@/_-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,8}"
     "(?:(?:com|cn|net|org|gov|edu|cc|io|hk|tw|xyz|vip|tv|biz|mobi|ltd)(?![a-z0-9_@-]|\\.[a-z0-9])"
     "(?::[0-9]{1,5})?(?:[/?#]" LINK_REST ")?|(?:top|shop|club|info|me|app|site|online|co)/"
     "(?:" LINK_REST ")?)"},
    {"phone number", false, true, false, false,
     "^(?:tel|sms|smsto|callto):(?://)?\\K\\+?[0-9][0-9 ()-]{2,30}"},
    {"ID number", true, false, false, false,
     NO_DIGIT_BEFORE "[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
                     "[0-9]{3}[0-9x]" NO_DIGIT_BEHIND},
    {"phone number", true, true, false, false,
     NO_DIGIT_BEFORE "(?:" COUNTRY "|86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}" NO_DIGIT_BEHIND},
    {"phone number", true, false, true, false,
     NO_DIGIT_BEFORE "(?:" COUNTRY ")?[48]00(?:[ -]?[0-9]){7}" NO_DIGIT_BEHIND},
    {"phone number", true, false, true, false,
     NO_DIGIT_BEFORE "(?:" COUNTRY "\\(?0?|\\(?0)(?:10|2[0-9]|[3-9][0-9]{2})\\)?[ -]?"
                     "[2-8][0-9]{3}[ -]?[0-9]{3,4}" NO_DIGIT_BEHIND},
    /* Not 20241122101530: no card begins so, but times and order numbers do. */
    {"card number", true, false, true, false,
     NO_DIGIT_BEFORE
     "(?!20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
     "(?:[1-9][0-9]{12,18}|[3-6][0-9]{3}(?:[ -][0-9]{4}){2}[ -][0-9]{1,4}(?:[ -][0-9]{1,3})?|"
     "3[0-9]{3}[ -][0-9]{6}[ -][0-9]{5}|6[0-9]{5}[ -][0-9]{10,13})" NO_DIGIT_BEHIND},
    {"service line", true, false, true, false,
     "(?<![0-9a-z])(?<![0-9][.:-])9[56][0-9]{3}" NO_DIGIT_BEHIND},
    {"service line", true, false, true, true,
     "(?<![0-9a-z])(?<![0-9][.,:-])(?:1(?:10|12|14|19|20|22)|12[0-3][0-9]{2}|"
     "100(?:0[0-3]|1[0-6]|6[0-9]|86|9[89])|9[56][0-9]{4})" NO_DIGIT_BEHIND},
};

#define CONTACT_RULE_COUNT (sizeof contact_rules / sizeof *contact_rules)

/* ---- requests -------------------------------------------------------------------------------- */

#define SECRET_ZH "(?:密码|口令|验证码|校验码|动态码|安全码|cvv2?|cvc2?|(?<![a-z])pin码)"
/* "the code's error", "the password page": then something else is asked for. */
#define BEHIND_ZH                                                                                                                     \
    "(?!的(?!前|后|数字|内容)|错|有误|问题|失败|收不|相关|提示|页|界面|锁|被|输|重置|找回|修改|"      \
    "更改|变更|保护|设置|登录|未|没|是否|异常|功能|服务|申请|方式|截图|短信|类型|入口|按钮|以外|" \
    "之外|外|”|\"|」)"
#define ANY_ZH "[^,，。!！?？;；\\n]"
#define GAP_ZH                                                                                                                    \
    "(?:(?!找回|重置|重设|修改|更改|设置|忘|获取|接收|收不|输|填|办理|开通|关闭|以便|用于|用来|" \
    "是|"                                                                                                                        \
    "哪|想|怎|如何|为什么|关于|有关|没|未|除|问题|错|“|”|\"|「)" ANY_ZH "){0,16}?"
#define US_ZH "(?:我|客服|人工|在线客服|工作人员|专员|坐席|这里|此处|下方|本?(?:聊天|对话|会话))"
#define YOU_ZH "(?:您|你)"
#define PLEASE_ZH "(?:请|麻烦|务必|(?<!不)需要?|(?<![不只重主必需想])要|须|可以)"
#define HOW_ZH                                                                                                 \
    "(?:先|再|也|直接|立即|马上|立刻|尽快|及时|务必|一并|同时|主动|配合|如实){0,2}" \
    "(?:(?:在|于|向|给|跟|和|对|通过)" US_ZH "(?:们|客服|窗口|框|界面|窗)?(?:里|中|内|上)?)?"

#define US_EN                                                                                      \
    "(?:us|me|(?:our |the |an? |customer )?(?:\\w{1,12} )?(?:support|service|agents?|staff|team|"  \
    "representative)(?: team| agent| staff)?)"
#define SECRET_EN                                                                                  \
    "(?<![a-z])(?:passwords?|passcodes?|pin(?: code| number)?|(?:sms|text|verification|security|"  \
    "one-time|otp|confirmation|login|6-digit|six-digit) codes?|otps?|cvv2?|cvc2?|(?<!error )"      \
    "(?<!order )(?<!qr )(?<!promo )codes? (?:you (?:received?|got|get)|(?:that )?we (?:sent|send|" \
    "texted)))(?![a-z])(?!\\s*(?:errors?|problems?|issues?|screen|page|prompts?|reset|length|"     \
    "settings?|was|is|does|fail\\w*|field|hint|protection|manager|check|step|at least|in the app|" \
    "on the)(?![a-z]))"
#define GAP_EN                                                                                     \
    "(?:(?!(?<![a-z])(?:(?:if|when|whether|which|what|why|how|about|because|problem|reset|"        \
    "forg\\w+|chang\\w+|choos\\w+|set|enter\\w*|type|tap|click|help)(?![a-z])|and (?!your |the |"  \
    "sms |text |verif|security |one-time |otp|pass|pin|cvv|cvc|card |name|phone|id |account|"      \
    "bank)))[^,.;!?\\n]){0,40}?"
#define PLEASE_EN                                                                                  \
    "(?:^\\s*(?:then |next |and |now |first |also |just |simply )?|(?<![a-z])(?:please|kindly|"    \
    "you (?:can|may|must|should|need to|have to)|need you to) (?:also |just |first |then )?)"
#define HAND_EN                                                                                    \
    "(?:send|tell|give|provide|share|text|e-?mail|message|read(?: out)?|forward|submit|supply|"    \
    "reply(?: to (?:us|this \\w+))? with|respond with) "

static const char *const request_patterns[] = {
    /* 请提供短信验证码 */
    PLEASE_ZH YOU_ZH
    "?" HOW_ZH "(?:(?:提供|告诉|告知|回复|报给|报一下|报出|说出|出示|私信|发给|发来|发我|提交)"
    "(?!的|给?" YOU_ZH "(?!的))|(?:报|发送?)(?=(?:给|到|至)?(?:" US_ZH "|" YOU_ZH
    "的|收到的)))给?(?:" US_ZH "们?)?(?:一下|下)?" GAP_ZH SECRET_ZH BEHIND_ZH,
    /* 请把收到的验证码发给客服 */
    PLEASE_ZH ANY_ZH "{0,12}?[把将]" GAP_ZH SECRET_ZH BEHIND_ZH "(?:(?![填输点按])" ANY_ZH
                     "){0,10}?(?:发|提供|告诉|告知|回复|报给|报一下|"
                     "说给|交给|私信)(?!送?(?:到|至|给)?(?:" YOU_ZH "|手机|注册|绑定|预留|邮箱))",
    /* 验证码发给我们即可 */
    "^(?!" ANY_ZH "{0,400}(?:忘|找回|重置|重设|修改|更改|设置|收到不|没收到|没有收到|收不到|未收到|"
    "无法|不对|错|过期|失效|泄|丢|被|误|已|曾))" ANY_ZH "{0,400}?" SECRET_ZH BEHIND_ZH
    "(?:(?![填输点按]|问题)" ANY_ZH "){0,8}?(?:发送?|告诉|告知|提供|回复|报|说|交|私信|转发)"
    "(?:给|到|至)?" US_ZH,
    /* please send us the code, tell support your password */
    PLEASE_EN HAND_EN US_EN "(?: with)? " GAP_EN SECRET_EN,
    /* please provide your SMS code */
    PLEASE_EN HAND_EN GAP_EN "(?<![a-z])your " GAP_EN SECRET_EN,
    /* ... share your PIN with our support */
    "^(?!.{0,400}(?<![a-z])(?:if|once|when) )[^,;!?\\n]{0,400}?(?<![a-z])"
    "(?:send|give|share|text|e-?mail|forward|submit|read|provide) your " GAP_EN SECRET_EN
    " (?:to|with) " US_EN "(?![a-z])",
};

#define REQUEST_PATTERN_COUNT (sizeof request_patterns / sizeof *request_patterns)

/* A clause that forbids, or tells of others who ask. 识别, 特别, 区别 and 别人 do not forbid. */
static const char request_denied[] =
    "不[要会得可应该需必用宜报给发说把将提告透泄向索]|不能(?=[把将向给告提发报说回泄随])|[绝决从]"
    "不|"
    "[勿莫]|(?<![识特分区级类辨个性告])别(?![人的处名])|骗|诈|冒充|假冒|可疑|陌生|对方|任何|凡是|"
    "有人|自称|谨防|当心|警惕|防止|避免|禁止|严禁|拒绝|无需|无须|绝非|"
    "(?<![a-z])(?:never|not|no one|nobody|without|avoid|nor|refuse|anyone|anybody|someone|"
    "stranger|scam\\w*|fraud\\w*|fake|cannot)(?![a-z])|n['’]t(?![a-z])";

/* ---- the guard ------------------------------------------------------------------------------- */

enum {
    PATTERN_NOT_BEFORE,
    PATTERN_NOT_BEHIND,
    PATTERN_CALL_BEFORE,
    PATTERN_CALL_BEHIND,
    NEAR_COUNT
};

static const char *const near_patterns[NEAR_COUNT] = {
    [PATTERN_NOT_BEFORE] = NOT_BEFORE,
    [PATTERN_NOT_BEHIND] = NOT_BEHIND,
    [PATTERN_CALL_BEFORE] = CALL_BEFORE,
    [PATTERN_CALL_BEHIND] = CALL_BEHIND,
};

struct jieda__guard {
    const jieda_allocator *alloc;
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_code *contacts[CONTACT_RULE_COUNT];
    pcre2_code *near[NEAR_COUNT];
    pcre2_code *requests[REQUEST_PATTERN_COUNT];
    pcre2_code *denied;
    jieda_status status; /* JIEDA_E_NOMEM once memory ran out in a scan */
};

static void *pcre2_take(size_t size, void *alloc)
{
    return jieda__alloc(alloc, size);
}

static void pcre2_give(void *ptr, void *alloc)
{
    jieda__dealloc(alloc, ptr);
}

static pcre2_code *compile(const char *pattern, pcre2_compile_context *context)
{
    PCRE2_SIZE offset;
    int code;
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_CASELESS | PCRE2_DOLLAR_ENDONLY, &code, &offset, context);

    /* The patterns are ours: what can fail is memory. */
    assert(compiled || code == PCRE2_ERROR_HEAP_FAILED);
    return compiled;
}

static bool compile_all(jieda__guard *guard, pcre2_compile_context *context)
{
    bool ok = true;

    for (size_t i = 0; ok && i < CONTACT_RULE_COUNT; i++)
        ok = (guard->contacts[i] = compile(contact_rules[i].pattern, context)) != NULL;
    for (size_t i = 0; ok && i < NEAR_COUNT; i++)
        ok = (guard->near[i] = compile(near_patterns[i], context)) != NULL;
    for (size_t i = 0; ok && i < REQUEST_PATTERN_COUNT; i++)
        ok = (guard->requests[i] = compile(request_patterns[i], context)) != NULL;
    return ok && (guard->denied = compile(request_denied, context)) != NULL;
}

jieda__guard *jieda__guard_new(const jieda_allocator *alloc)
{
    jieda__guard *guard = jieda__alloc_zero(alloc, 1, sizeof *guard);
    pcre2_compile_context *context = NULL;
    bool ok = false;

    if (!guard)
        return NULL;
    guard->alloc = alloc;
    /* PCRE2 hands the pointer back unread; it is not const only because it is a void pointer. */
    guard->general = pcre2_general_context_create(pcre2_take, pcre2_give, (void *)(uintptr_t)alloc);
    if (guard->general) {
        context = pcre2_compile_context_create(guard->general);
        guard->context = pcre2_match_context_create(guard->general);
        guard->data = pcre2_match_data_create(1, guard->general);
        ok = context && guard->context && guard->data && compile_all(guard, context);
    }
    pcre2_compile_context_free(context);
    if (!ok) {
        jieda__guard_free(guard);
        return NULL;
    }
    pcre2_set_match_limit(guard->context, MATCH_LIMIT);
    pcre2_set_depth_limit(guard->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(guard->context, HEAP_LIMIT_KIB);
    return guard;
}

void jieda__guard_free(jieda__guard *guard)
{
    if (!guard)
        return;
    for (size_t i = 0; i < CONTACT_RULE_COUNT; i++)
        pcre2_code_free(guard->contacts[i]);
    for (size_t i = 0; i < NEAR_COUNT; i++)
        pcre2_code_free(guard->near[i]);
    for (size_t i = 0; i < REQUEST_PATTERN_COUNT; i++)
        pcre2_code_free(guard->requests[i]);
    pcre2_code_free(guard->denied);
    pcre2_match_data_free(guard->data);
    pcre2_match_context_free(guard->context);
    pcre2_general_context_free(guard->general);
    jieda__dealloc(guard->alloc, guard);
}

/* The first match at or behind `from`. A limit that is reached counts as none. */
static bool find(jieda__guard *guard, const pcre2_code *code, jieda_str text, size_t from,
                 size_t *begin_out, size_t *end_out)
{
    const PCRE2_SIZE *range;
    int rc = pcre2_match(code, (PCRE2_SPTR)text.ptr, text.len, from, PCRE2_NO_UTF_CHECK,
                         guard->data, guard->context);

    if (rc == PCRE2_ERROR_NOMEMORY)
        guard->status = JIEDA_E_NOMEM;
    if (rc < 0)
        return false;
    range = pcre2_get_ovector_pointer(guard->data);
    *begin_out = range[0];
    *end_out = range[1];
    return true;
}

static bool occurs(jieda__guard *guard, const pcre2_code *code, jieda_str text)
{
    size_t begin, end;

    return find(guard, code, text, 0, &begin, &end);
}

/* ---- folding --------------------------------------------------------------------------------- */

/* Full-width letters, digits and the signs numbers and addresses are written with, all dashes and
 * spaces; the invisible is left out. Commas and full stops keep their width: they end links. */
static uint32_t fold(uint32_t cp)
{
    if (cp >= 0x2010 && cp <= 0x2015)
        return '-';
    switch (cp) {
    case 0x2212:
        return '-';
    case 0x00A0:
    case 0x3000:
        return ' ';
    case 0x00AD:
    case 0x200B:
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF:
        return 0;
    case 0xFF0C: /* , */
    case 0xFF01: /* ! */
    case 0xFF1B: /* ; */
    case 0xFF1F: /* ? */
        return cp;
    default:
        return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
    }
}

/* A copy that is valid UTF-8 and never longer than three bytes for each of the text's. */
static char *fold_text(jieda__arena *arena, jieda_str text, size_t *len_out)
{
    char *folded = jieda__arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;

    for (size_t at = 0; folded && at < text.len;) {
        uint32_t cp;

        at += jieda__utf8_decode((const unsigned char *)text.ptr + at, text.len - at, &cp);
        cp = fold(cp);
        if (cp)
            len += jieda__utf8_encode(cp, folded + len);
    }
    *len_out = len;
    return folded;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

jieda_str jieda__guard_key(jieda__arena *arena, jieda_str contact)
{
    size_t len, kept = 0;
    char *key = fold_text(arena, contact, &len);
    bool number = true;

    if (!key)
        return (jieda_str){NULL, 0};
    for (size_t i = 0; i < len; i++) {
        if (key[i] >= 'A' && key[i] <= 'Z')
            key[i] = (char)(key[i] - 'A' + 'a');
        if (!is_digit(key[i]) && !strchr(" ()+-", key[i]))
            number = false;
    }
    for (size_t i = 0; i < len; i++)
        if (!number || is_digit(key[i]))
            key[kept++] = key[i];
    return (jieda_str){key, kept};
}

/* ---- scanning -------------------------------------------------------------------------------- */

/* A pass over one text. */
typedef struct scan {
    jieda__guard *guard;
    jieda__arena *arena;
    jieda__guard_findings *out;
    char *text; /* folded; what was found is blotted out */
    size_t len;
} scan;

static void add_finding(scan *s, const char *what, jieda_str text)
{
    jieda__guard_findings *out = s->out;

    while (text.len > 0 && text.ptr[text.len - 1] == ' ')
        text.len--;
    for (size_t i = 0; i < out->count; i++)
        if (!out->items[i].what == !what && jieda__str_equal(out->items[i].text, text))
            return;
    if (out->count == JIEDA__GUARD_FINDING_COUNT_MAX)
        return;
    text = jieda__arena_copy(s->arena, text);
    if (!text.ptr)
        s->guard->status = JIEDA_E_NOMEM;
    else
        out->items[out->count++] = (jieda__guard_finding){what, text};
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static jieda_str window_before(const scan *s, size_t end)
{
    size_t begin = end > WINDOW_BYTES ? end - WINDOW_BYTES : 0;

    while (begin < end && continues(s->text[begin]))
        begin++;
    return (jieda_str){s->text + begin, end - begin};
}

static jieda_str window_behind(const scan *s, size_t begin)
{
    size_t end = s->len - begin > WINDOW_BYTES ? begin + WINDOW_BYTES : s->len;

    while (end > begin && end < s->len && continues(s->text[end]))
        end--;
    return (jieda_str){s->text + begin, end - begin};
}

/* Whether what stands around the digits lets them be a number to call. */
static bool is_contact(const scan *s, const contact_rule *rule, size_t begin, size_t end)
{
    jieda__guard *guard = s->guard;
    jieda_str before = window_before(s, begin), behind = window_behind(s, end);

    if (rule->may_be_amount && (occurs(guard, guard->near[PATTERN_NOT_BEFORE], before) ||
                                occurs(guard, guard->near[PATTERN_NOT_BEHIND], behind)))
        return false;
    return !rule->needs_call || occurs(guard, guard->near[PATTERN_CALL_BEFORE], before) ||
           occurs(guard, guard->near[PATTERN_CALL_BEHIND], behind);
}

static void scan_contacts(scan *s, bool is_link)
{
    for (size_t i = 0; i < CONTACT_RULE_COUNT; i++) {
        const contact_rule *rule = &contact_rules[i];
        jieda_str text = {s->text, s->len};
        size_t at = 0, begin, end;

        if (is_link ? !rule->in_links : !rule->in_texts)
            continue;
        while (find(s->guard, s->guard->contacts[i], text, at, &begin, &end)) {
            at = end;
            if (!is_contact(s, rule, begin, end))
                continue;
            add_finding(s, rule->what, (jieda_str){s->text + begin, end - begin});
            memset(s->text + begin, FOUND_BYTE, end - begin);
        }
    }
}

/* Bytes of the sign at `at` that ends a clause, 0 if none does. A point does before a space. */
static size_t clause_end(const char *text, size_t len, size_t at)
{
    static const char *const signs[] = {",", ";", "!", "?", "\n", "，", "。", "；", "！", "？"};

    if (text[at] == '.' && (at + 1 == len || text[at + 1] == ' ' || text[at + 1] == '\n'))
        return 1;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t sign_len = strlen(signs[i]);

        if (len - at >= sign_len && memcmp(text + at, signs[i], sign_len) == 0)
            return sign_len;
    }
    return 0;
}

static void scan_clause(scan *s, jieda_str clause)
{
    jieda__guard *guard = s->guard;
    size_t begin, end;

    for (size_t i = 0; i < REQUEST_PATTERN_COUNT; i++) {
        if (!find(guard, guard->requests[i], clause, 0, &begin, &end))
            continue;
        if (!occurs(guard, guard->denied, clause))
            add_finding(s, NULL, (jieda_str){clause.ptr + begin, end - begin});
        return;
    }
}

static void scan_requests(scan *s)
{
    size_t begin = 0;

    for (size_t at = 0; at < s->len;) {
        size_t sign = clause_end(s->text, s->len, at);

        if (sign) {
            scan_clause(s, (jieda_str){s->text + begin, at - begin});
            begin = at + sign;
        }
        at += sign ? sign : 1;
    }
    scan_clause(s, (jieda_str){s->text + begin, s->len - begin});
}

jieda_status jieda__guard_scan(jieda__guard *guard, jieda__arena *arena, jieda_str text,
                               bool is_link, jieda__guard_findings *out)
{
    scan s = {.guard = guard, .arena = arena, .out = out};

    out->count = 0;
    if (text.len == 0)
        return JIEDA_OK;
    s.text = fold_text(arena, text, &s.len);
    if (!s.text)
        return JIEDA_E_NOMEM;
    guard->status = JIEDA_OK;
    if (!is_link)
        scan_requests(&s);
    scan_contacts(&s, is_link);
    return guard->status;
}
