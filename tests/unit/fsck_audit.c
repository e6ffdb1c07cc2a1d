#include <criterion/criterion.h>
#include <stdio.h>

#include "worker/fsck/audit.h"

static audit_partition p;
static record_found found;
static step_state steps[1];

static identity id_of(int number)
{
    identity id;
    char text[37];
    snprintf(text, sizeof text, "00000000-0000-5000-8000-%012d", number);
    const value v = value_cstring(text);
    cr_assert(identity_parse(&v, &id));
    return id;
}

static void begin(void)
{
    p = (audit_partition){.name = {value_cstring("t"), 3}, .committed = 100, .fenced = true};
    found = (record_found){.readable = true,
                           .execution = {.id = id_of(1),
                                         .status = EXECUTION_RUNNING,
                                         .origin = {value_cstring("t"), 3, 7},
                                         .steps = steps,
                                         .step_count = 1}};
}

static void end(void)
{
    audit_members_free(&p.members);
    audit_findings_free(&p.findings);
}

TestSuite(fsck_audit, .init = begin, .fini = end);

static void add_member(int number, int64_t due_ms)
{
    cr_assert(
        audit_members_add(&p.members, &(timer_entry){.due_ms = due_ms, .offset = 7, .id = id_of(number)}));
    audit_members_sort(&p.members);
}

static audit_verdict judge(void)
{
    identity id = id_of(1);
    return audit_judge(&p, &id, &found);
}

Test(fsck_audit, what_has_not_ended_needs_its_timer)
{
    add_member(0, 50);
    add_member(2, 50);
    cr_expect_eq(judge(), AUDIT_NO_TIMER);
    found.execution.due_ms = 60;
    cr_expect_eq(judge(), AUDIT_NO_TIMER);
    add_member(1, 50);
    cr_expect_eq(judge(), AUDIT_WRONG_TIMER);
    add_member(1, 60);
    cr_expect_eq(judge(), AUDIT_SOUND);
    found.execution.due_ms = 0; /* handed over, or to be run again: any time will do */
    cr_expect_eq(judge(), AUDIT_SOUND);
}

Test(fsck_audit, what_has_ended_or_is_in_the_log_needs_none)
{
    found.execution.origin.offset = 99;
    cr_expect_eq(judge(), AUDIT_NO_TIMER);
    found.execution.origin.offset = 100;
    cr_expect_eq(judge(), AUDIT_SOUND);
    found.execution.origin.offset = 7;
    found.execution.status = EXECUTION_FAILED;
    cr_expect_eq(judge(), AUDIT_SOUND);
    p.committed = -1;
    found.execution.status = EXECUTION_RUNNING;
    cr_expect_eq(judge(), AUDIT_SOUND);
}

Test(fsck_audit, a_timer_needs_a_record_of_its_partition)
{
    identity id = id_of(1);
    cr_expect_eq(audit_judge(&p, &id, NULL), AUDIT_SOUND);
    add_member(1, 50);
    cr_expect_eq(audit_judge(&p, &id, NULL), AUDIT_NO_RECORD);
    cr_expect_eq(judge(), AUDIT_SOUND);
    found.execution.origin.partition = 4;
    cr_expect_eq(judge(), AUDIT_BROKEN);
    found.execution.origin = (origin){value_cstring("u"), 3, 7};
    cr_expect_eq(judge(), AUDIT_BROKEN);
    found.readable = false;
    cr_expect_eq(judge(), AUDIT_BROKEN);
}

Test(fsck_audit, counts_executions_and_timers_left_behind)
{
    identity id = id_of(1);
    add_member(1, 50);
    add_member(1, 60);
    add_member(1, 60);
    cr_assert_eq(p.members.count, 2);
    found.execution.due_ms = 60;
    audit_count(&p, &id, &found);
    cr_expect_eq(p.waiting, 1);
    cr_expect_eq(p.stale, 1);
    cr_expect(p.members.items[0].seen && p.members.items[1].seen);
    found.execution.status = EXECUTION_COMPLETED;
    audit_count(&p, &id, &found);
    cr_expect_eq(p.ended, 1);
    cr_expect_eq(p.stale, 3);
    found.execution.status = EXECUTION_PENDING;
    found.execution.due_ms = 0;
    audit_count(&p, &id, &found);
    cr_expect_eq(p.running, 1);
    found.execution.origin.offset = 100;
    audit_count(&p, &id, &found);
    cr_expect_eq(p.uncommitted, 1);
}

Test(fsck_audit, finds_the_members_of_each_execution_among_many)
{
    size_t count;
    for (int i = 0; i < 500; i++)
        cr_assert(audit_members_add(
            &p.members, &(timer_entry){.due_ms = i, .offset = 7, .id = id_of((i * 7919) % 500 / 2 * 2)}));
    audit_members_sort(&p.members);
    for (int i = 0; i < 500; i++) {
        identity id = id_of(i);
        audit_member *first = audit_members_of(&p.members, &id, &count);
        cr_assert_eq(count, i % 2 == 0 ? 2 : 0);
        cr_assert(count == 0 || strcmp(audit_member_id(first).text, id.text) == 0);
    }
}

static void expect(size_t index, audit_verdict verdict, uint64_t from, uint64_t to)
{
    cr_assert_lt(index, p.findings.count);
    const audit_finding *f = &p.findings.items[index];
    cr_expect_eq(f->verdict, verdict);
    cr_expect_eq(f->from, from);
    cr_expect_eq(f->to, to);
}

Test(fsck_audit, what_is_given_is_published_or_in_the_outbox)
{
    uint64_t numbers[] = {9, 3, 7, 5, 8}; /* 3 is not trimmed yet */
    p.published = p.published_last = 4;
    p.last = 9;
    p.numbers = numbers;
    p.number_count = 5;
    cr_assert(audit_outbox(&p));
    cr_assert_eq(p.findings.count, 1);
    expect(0, AUDIT_GAP, 6, 6);
    p.last = 12;
    cr_assert(audit_outbox(&p));
    expect(2, AUDIT_GAP, 10, 12);
    p.findings.count = 0;
    p.published_last = 12; /* meanwhile */
    cr_assert(audit_outbox(&p));
    cr_expect_eq(p.findings.count, 0);
}

Test(fsck_audit, what_is_published_must_be_remembered)
{
    p.published = p.published_last = 5;
    p.last = 5;
    cr_assert(audit_outbox(&p));
    cr_assert_eq(p.findings.count, 0);
    p.last = 2;
    cr_assert(audit_outbox(&p));
    cr_assert_eq(p.findings.count, 1);
    expect(0, AUDIT_FORGOTTEN, 3, 5);
}

Test(fsck_audit, a_committed_partition_has_a_fence)
{
    p.fenced = false;
    cr_assert(audit_outbox(&p));
    expect(0, AUDIT_NO_FENCE, 0, 0);
    p.findings.count = 0;
    p.committed = -1;
    cr_assert(audit_outbox(&p));
    cr_expect_eq(p.findings.count, 0);
}
