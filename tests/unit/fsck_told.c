#include <criterion/criterion.h>

#include "worker/fsck/told.h"

static const char *const names[] = {"77fe8e62-387b-5d93-96cc-e6fa17ff24ce",
                                    "177ae1fd-54bd-529a-9f80-4d2e8b2ec1e6",
                                    "ffffffff-54bd-529a-9f80-4d2e8b2ec1e6"};

static told t;
static arena memory;
static audit_findings findings;

static void begin(void)
{
    error e;
    arena_init(&memory, 4096, 1 << 20);
    cr_assert(told_init(&t, 1000, &e));
}

static void end(void)
{
    told_free(&t);
    audit_findings_free(&findings);
    arena_free(&memory);
}

TestSuite(fsck_told, .init = begin, .fini = end);

static identity id_of(int number)
{
    identity id;
    const value v = value_cstring(names[number]);
    cr_assert(identity_parse(&v, &id));
    return id;
}

static void add(int number, int64_t run, int64_t completed_ms)
{
    const execution x = {.id = id_of(number),
                         .status = EXECUTION_COMPLETED,
                         .run = run,
                         .workflow_id = value_cstring("w"),
                         .workflow_version = 1,
                         .trigger_id = value_null(),
                         .recipient = value_cstring("r"),
                         .started_ms = 1,
                         .completed_ms = completed_ms};
    int64_t told_ms;
    buffer b;
    buffer_init(&b, &memory, 4096);
    avro_write_frame(&b, avro_plan_fingerprint(t.plan));
    completion_write_execution(&b, &x);
    cr_assert_not(b.failed);
    cr_assert(told_add(&t, b.bytes, b.size, &told_ms));
    cr_assert_eq(told_ms, completed_ms);
}

static bool has(int number, int64_t run)
{
    identity id = id_of(number);
    return told_has(&t, &id, run);
}

Test(fsck_told, knows_each_run_that_was_told)
{
    add(0, 2, 5000);
    add(1, 1, 4000);
    add(0, 1, 3000);
    told_sort(&t);
    cr_expect(has(0, 1) && has(0, 2) && has(1, 1));
    cr_expect_not(has(0, 3) || has(1, 2) || has(2, 1) || has(1, 0));
    cr_expect_eq(t.read, 3);
}

Test(fsck_told, forgets_what_is_older_than_the_retention)
{
    add(0, 1, 999);
    add(1, 1, 1000);
    told_sort(&t);
    cr_expect_not(has(0, 1));
    cr_expect(has(1, 1));
    cr_expect_eq(t.read, 2);
}

Test(fsck_told, counts_what_is_no_completion)
{
    static const char *const messages[] = {"", "\xC3\x01", "no event", "\xC3\x01:2345678rest"};
    int64_t told_ms = 1;
    for (size_t i = 0; i < 4; i++) {
        cr_assert(told_add(&t, messages[i], strlen(messages[i]), &told_ms));
        cr_expect_eq(told_ms, 0);
    }
    cr_expect_eq(t.foreign, 4);
    cr_expect_eq(t.read, 0);
}

Test(fsck_told, finds_what_has_no_record_and_what_came_twice)
{
    identity recorded = id_of(1);
    add(0, 1, 5000);
    add(1, 1, 5000);
    add(1, 1, 5000);
    add(2, 1, 1500);
    told_sort(&t);
    told_mark(&t, &recorded);
    t.late = true;
    add(2, 2, 6000);
    told_sort(&t);
    cr_assert(told_find(&t, 2000, &findings));
    cr_assert_eq(findings.count, 2);
    cr_expect_eq(findings.items[0].verdict, AUDIT_TOLD_TWICE);
    cr_expect_str_eq(findings.items[0].id.text, names[1]);
    cr_expect_eq(findings.items[1].verdict, AUDIT_UNRECORDED);
    cr_expect_str_eq(findings.items[1].id.text, names[0]);
}

Test(fsck_told, a_finding_is_told_once_an_execution)
{
    add(0, 1, 5000);
    add(0, 2, 5000);
    told_sort(&t);
    cr_assert(told_find(&t, 0, &findings));
    cr_expect_eq(findings.count, 1);
}
