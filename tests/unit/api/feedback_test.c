/*
 * feedback_test.c - what visitors think, and what comes of it.
 */
#include "desk.h"

static fixture files;
static desk_host host;
static jieda_engine *engine;
static jieda_session *session;

static int open_desk(void **state)
{
    jieda_options options = desk_options(&host);

    (void)state;
    desk_make(&files);
    engine = fixture_open(files.kb, &options);
    return 0;
}

static int close_desk(void **state)
{
    (void)state;
    jieda_close(engine);
    fixture_remove(&files);
    return 0;
}

static int new_session(void **state)
{
    (void)state;
    desk_host_forget(&host);
    session = desk_session(engine, "c1");
    return 0;
}

static int free_session(void **state)
{
    (void)state;
    jieda_session_free(session);
    desk_host_forget(&host);
    return 0;
}

static const jieda_reply *give(jieda_feedback_kind kind, uint32_t stars, const char *comment)
{
    jieda_feedback f = {.kind = kind, .stars = stars, .comment = str(comment)};
    const jieda_reply *reply;
    jieda_error err = {0};

    if (jieda_feedback_give(session, &f, &reply, &err) != JIEDA_OK)
        fail_msg("%s", err.message);
    return reply;
}

static void thanks_are_no_turn(void **state)
{
    char decision[16];
    const jieda_reply *r = ask(session, "怎么申请退款");

    (void)state;
    desk_put(decision, sizeof decision, r->decision_id);
    assert_int_equal(r->decision_id.len, 8);
    r = give(JIEDA_FEEDBACK_HELPFUL, 0, "");
    assert_int_equal(r->decision, JIEDA_DECISION_NONE);
    assert_holds(r->prompt, "谢谢");
    assert_int_equal(host.feedback_count, 1);
    assert_int_equal(host.feedback_kind, JIEDA_FEEDBACK_HELPFUL);
    assert_string_equal(host.feedback_id, decision); /* of the last reply */
    give(JIEDA_FEEDBACK_COMMENT, 0, "写得清楚");
    assert_string_equal(host.feedback_id, decision); /* which thanks do not change */
    assert_string_equal(host.comment, "写得清楚");
    assert_int_equal(ask(session, "怎么申请退款")->decision, JIEDA_DECISION_ANSWER);
}

static void feedback_may_name_its_decision(void **state)
{
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_HELPFUL, .decision_id = {"abcdefgh", 8}};

    (void)state;
    ask(session, "怎么申请退款");
    assert_int_equal(jieda_feedback_give(session, &f, NULL, NULL), JIEDA_OK);
    assert_string_equal(host.feedback_id, "abcdefgh");
}

static void unhelpful_counts_as_a_miss(void **state)
{
    const jieda_reply *r;

    (void)state;
    ask(session, "怎么申请退款");
    r = give(JIEDA_FEEDBACK_UNHELPFUL, 0, "");
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_str(r->why, "unhelpful");
    assert_holds(r->prompt, "抱歉没帮到您");
    assert_int_equal(host.event_count, 0);
    r = give(JIEDA_FEEDBACK_UNHELPFUL, 0, "");
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_string_equal(r->ticket.reason, "unhelpful");
    assert_int_equal(host.event_count, 1);
    assert_string_equal(host.events[0].reason, "unhelpful");
    r = give(JIEDA_FEEDBACK_UNHELPFUL, 0, ""); /* while a person is called: thanks */
    assert_int_equal(r->decision, JIEDA_DECISION_NONE);
    assert_int_equal(host.event_count, 1);
}

static void an_unhelpful_answer_after_a_miss_hands_over(void **state)
{
    (void)state;
    assert_int_equal(ask(session, "qqqqq")->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(give(JIEDA_FEEDBACK_UNHELPFUL, 0, "")->decision, JIEDA_DECISION_HANDOFF);
}

static void stars_go_into_the_ticket(void **state)
{
    (void)state;
    ask(session, "转人工");
    jieda_handoff_closed(session, NULL);
    give(JIEDA_FEEDBACK_SATISFACTION, 2, "等太久");
    assert_int_equal(host.stars, 2);
    ask(session, "还没解决");
    assert_non_null(strstr(host.events[1].json, "\"satisfaction\":2"));
}

static const struct {
    const char *name;
    jieda_feedback feedback;
    jieda_status status;
} refusals[] = {
    {"no such kind", {.kind = (jieda_feedback_kind)9}, JIEDA_E_INVALID},
    {"no stars", {.kind = JIEDA_FEEDBACK_SATISFACTION}, JIEDA_E_INVALID},
    {"six stars", {.kind = JIEDA_FEEDBACK_SATISFACTION, .stars = 6}, JIEDA_E_INVALID},
    {"stars for an answer", {.kind = JIEDA_FEEDBACK_HELPFUL, .stars = 3}, JIEDA_E_INVALID},
    {"a comment without words", {.kind = JIEDA_FEEDBACK_COMMENT}, JIEDA_E_INVALID},
    {"a length and no bytes",
     {.kind = JIEDA_FEEDBACK_COMMENT, .comment = {NULL, 3}},
     JIEDA_E_INVALID},
    {"an id likewise", {.kind = JIEDA_FEEDBACK_HELPFUL, .decision_id = {NULL, 3}}, JIEDA_E_INVALID},
};

static void what_makes_no_sense_is_refused(void **state)
{
    static char longest[4097];
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_COMMENT, .comment = {longest, sizeof longest}};
    const jieda_reply *r = (const jieda_reply *)(const void *)&files;
    jieda_error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        jieda_status st = jieda_feedback_give(session, &refusals[i].feedback, &r, &err);

        if (st != refusals[i].status || r || err.message[0] == '\0')
            fail_msg("%s: %s", refusals[i].name, jieda_status_name(st));
    }
    memset(longest, 'x', sizeof longest);
    assert_int_equal(jieda_feedback_give(session, &f, &r, &err), JIEDA_E_LIMIT);
    assert_int_equal(host.feedback_count, 0);
    f.comment.len--;
    assert_int_equal(jieda_feedback_give(session, &f, &r, &err), JIEDA_OK);
    assert_int_equal(jieda_feedback_give(session, NULL, &r, &err), JIEDA_E_INVALID);
    assert_int_equal(jieda_feedback_give(NULL, &f, &r, &err), JIEDA_E_INVALID);
}

static void what_could_not_be_stored_changes_nothing(void **state)
{
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_UNHELPFUL};
    const jieda_reply *r;
    jieda_error err = {0};

    (void)state;
    ask(session, "qqqqq");
    host.keeps_feedback = false;
    assert_int_equal(jieda_feedback_give(session, &f, &r, &err), JIEDA_E_IO);
    assert_null(r);
    assert_true(err.message[0] != '\0');
    host.keeps_feedback = true;
    assert_int_equal(host.event_count, 0);
    assert_int_equal(give(JIEDA_FEEDBACK_UNHELPFUL, 0, "")->decision, JIEDA_DECISION_HANDOFF);
}

static void without_a_hook_it_still_counts(void **state)
{
    jieda_feedback f = {.kind = JIEDA_FEEDBACK_UNHELPFUL};
    jieda_engine *deaf = fixture_open(files.kb, NULL);
    jieda_session *s = fixture_session(deaf);
    const jieda_reply *r;

    (void)state;
    ask(s, "怎么申请退款");
    assert_int_equal(jieda_feedback_give(s, &f, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_CLARIFY);
    assert_int_equal(jieda_feedback_give(s, &f, &r, NULL), JIEDA_OK);
    assert_int_equal(r->decision, JIEDA_DECISION_HANDOFF);
    assert_int_equal(r->ticket.id.len, 0);
    jieda_session_free(s);
    jieda_close(deaf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_session, free_session)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(thanks_are_no_turn),
        TEST(feedback_may_name_its_decision),
        TEST(unhelpful_counts_as_a_miss),
        TEST(an_unhelpful_answer_after_a_miss_hands_over),
        TEST(stars_go_into_the_ticket),
        TEST(what_makes_no_sense_is_refused),
        TEST(what_could_not_be_stored_changes_nothing),
        TEST(without_a_hook_it_still_counts),
    };

    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
