/*
 * messages.c - what the bot says itself, in Chinese and in English.
 *
 * Short, and no more than is known: nothing here says that somebody will answer in so many minutes
 * unless the policy says so, and what was not stored is not called received. No brand and no
 * telephone number stands here; a pack that wants them, or another tone, has its own texts in
 * policy.json.
 *
 * Fields are filled in as phrases of the language: {{wait}} "约 10 分钟", {{due}}, {{opens}} and
 * {{created}} "3月12日 15:30", {{queue}} a title, {{slots}} titles in a row, {{agent}}
 * what the agent is called, or "人工客服".
 */
#include "dialog/policy.h"

const jieda__message_text jieda__message_texts[JIEDA__MESSAGE_COUNT] = {
    [JIEDA__MESSAGE_NONE] = {"", "", "", ""},
    [JIEDA__MESSAGE_CLARIFY] = {"clarify", "", "您想问的是下面哪一个？",
                                "Which of these did you mean?"},
    [JIEDA__MESSAGE_CLARIFY_MENU] =
        {"clarify_menu", "", "抱歉，我没有找到相近的问题。请换个说法，或者选一个主题：",
         "Sorry, I found nothing close to that. Please put it another way, or choose a topic:"},
    [JIEDA__MESSAGE_NONE_OF_THESE] = {"none_of_these", "", "都不是", "None of these"},
    [JIEDA__MESSAGE_CHOSEN_NONE] =
        {"chosen_none", "", "好的，请换个说法再描述一下：您在做什么，看到了什么提示？",
         "All right. Please describe it another way: what were you doing, and what did you see?"},
    [JIEDA__MESSAGE_QUEUED] =
        {"queued", "ticket queue wait",
         "已为您转接{{queue}}，工单号 {{ticket}}，预计等待{{wait}}。等待期间您可以继续提问。",
         "I have passed this on to {{queue}}, ticket {{ticket}}. Expected wait: {{wait}}. You can "
         "keep asking meanwhile."},
    [JIEDA__MESSAGE_BUSY] = {"busy", "",
                             "目前咨询较多，等待会久一些。您的问题已经登记，无需重复提交。",
                             "Everybody is busy, so this will take longer than usual. Your request "
                             "is registered; there "
                             "is no need to send it again."},
    [JIEDA__MESSAGE_CLOSED] =
        {"closed", "ticket opens due",
         "现在不是人工服务时间，工单 {{ticket}} 已登记。下次服务时间：{{opens}}，"
         "预计回复时间：{{due}}前。",
         "Nobody is on duty at the moment. Ticket {{ticket}} is registered. Next open: {{opens}}; "
         "a reply is expected by {{due}}."},
    [JIEDA__MESSAGE_UNDELIVERED] =
        {"undelivered", "",
         "抱歉，暂时没能转给人工，您的下一条消息会触发重试。如果资金正在受损，请不要等待，"
         "立即通过 App 内公布的官方热线联系我们。",
         "Sorry, this could not be passed on to a person. It will be tried again with your next "
         "message. If money is being lost right now, do not wait: call the official line shown in "
         "the app."},
    [JIEDA__MESSAGE_URGENT_QUEUED] =
        {"urgent_queued", "ticket",
         "已按紧急情况通知专员，工单号 {{ticket}}。请留在这里，并先按上面的提示保护好自己和账户。",
         "A specialist has been alerted to this as an emergency, ticket {{ticket}}. Please stay "
         "here, and keep yourself and your account safe as described above."},
    [JIEDA__MESSAGE_WAITING] =
        {"waiting", "ticket wait",
         "收到，已补充到工单 {{ticket}}，您的排队位置不变，预计等待{{wait}}。",
         "Got it, and added to ticket {{ticket}}. You keep your place; expected wait: {{wait}}."},
    [JIEDA__MESSAGE_ESCALATED] = {"escalated", "ticket", "工单 {{ticket}} 已升级，将优先处理。",
                                  "Ticket {{ticket}} has been escalated and now takes priority."},
    [JIEDA__MESSAGE_CANCELLED] =
        {"cancelled", "ticket", "好的，已取消工单 {{ticket}}。需要时再告诉我“转人工”即可。",
         "All right, ticket {{ticket}} is cancelled. Just ask for a person "
         "whenever you need one."},
    [JIEDA__MESSAGE_REOPENED] =
        {"reopened", "ticket", "抱歉没有解决。工单 {{ticket}} 已重新打开，人工会继续处理。",
         "Sorry that it is not solved. Ticket {{ticket}} is open again, and "
         "a person will go on with it."},
    [JIEDA__MESSAGE_PROGRESS_QUEUED] =
        {"progress_queued", "ticket queue created due",
         "工单 {{ticket}} 于{{created}}提交，正在等待{{queue}}处理，预计回复时间：{{due}}前。",
         "Ticket {{ticket}} of {{created}} is waiting for {{queue}}; a reply is expected by "
         "{{due}}."},
    [JIEDA__MESSAGE_PROGRESS_AGENT] = {"progress_agent", "ticket agent",
                                       "工单 {{ticket}} 由{{agent}}处理中。",
                                       "Ticket {{ticket}} is being handled by {{agent}}."},
    [JIEDA__MESSAGE_PROGRESS_CLOSED] =
        {"progress_closed", "ticket", "工单 {{ticket}} 已结束。如果还没解决，请回复“没解决”。",
         "Ticket {{ticket}} is closed. If it is not solved, please reply \"not solved\"."},
    [JIEDA__MESSAGE_PROGRESS_NONE] = {"progress_none", "",
                                      "您在本次会话中没有工单。需要人工时，请回复“转人工”。",
                                      "There is no ticket in this conversation. If you need a "
                                      "person, reply \"agent\"."},
    [JIEDA__MESSAGE_NEED_SLOTS] =
        {"need_slots", "slots", "为了更快处理，请补充：{{slots}}。不方便提供可以回复“跳过”。",
         "To speed things up, please also tell us: {{slots}}. Reply \"skip\" if you would rather "
         "not."},
    [JIEDA__MESSAGE_SECRET_WARNING] =
        {"secret_warning", "",
         "请不要发送密码、验证码或卡背面的安全码，任何客服都不会索要。刚才的内容没有保存。",
         "Please never send a password, a verification code or a card's security code: no support "
         "asks for them. What you sent was not kept."},
    [JIEDA__MESSAGE_REPEATED] =
        {"repeated", "", "这个回答似乎没有帮到您。可以说说卡在哪一步，或者回复“转人工”。",
         "This answer does not seem to help. Tell me which step you are stuck at, or reply "
         "\"agent\"."},
    [JIEDA__MESSAGE_SECOND_QUESTION] =
        {"second_question", "question", "您还问到“{{question}}”，回复 1 查看。",
         "You also asked \"{{question}}\". Reply 1 to see the answer."},
    [JIEDA__MESSAGE_UNHELPFUL_SORRY] =
        {"unhelpful_sorry", "", "抱歉没帮到您。请再具体说说遇到的情况，或者回复“转人工”。",
         "Sorry that this did not help. Please tell me more about what happened, or reply "
         "\"agent\"."},
    [JIEDA__MESSAGE_RESOLVED] = {"resolved", "", "太好了，有其他问题随时问我。",
                                 "Good to hear. Ask me any time if there is something else."},
    [JIEDA__MESSAGE_CORRECT_ASK] = {"correct_ask", "", "好的，请说说您想问什么。",
                                    "All right, what would you like to ask?"},
    [JIEDA__MESSAGE_THANKS_FEEDBACK] = {"thanks_feedback", "", "谢谢您的反馈。",
                                        "Thank you for your feedback."},
    [JIEDA__MESSAGE_TRANSCRIPT_HEAD] = {"transcript_head", "", "以下是本次会话的最近记录：",
                                        "The latest messages of this conversation:"},
    [JIEDA__MESSAGE_ROLE_VISITOR] = {"role_visitor", "", "我：", "Me: "},
    [JIEDA__MESSAGE_ROLE_BOT] = {"role_bot", "", "助手：", "Assistant: "},
    [JIEDA__MESSAGE_ROLE_AGENT] = {"role_agent", "", "客服：", "Agent: "},
    [JIEDA__MESSAGE_HANDOFF_NO_HOOK] =
        {"handoff_no_hook", "", "这个问题需要人工处理。请通过 App 内的“客服”入口联系人工客服。",
         "This needs a person. Please contact the support team through the help section of the "
         "app."},
};
