#include <criterion/criterion.h>

#include "engine/custody/partition.h"

static partition_table table;

static void tear_down(void)
{
    partition_table_free(&table);
}

TestSuite(custody_partition, .fini = tear_down);

static const partition keys[] = {{.topic = 1, .number = 2},
                                 {.topic = 0, .number = 7, .taken = 9, .committed = 9, .in_epoch = true},
                                 {.topic = 1, .number = 0},
                                 {.topic = 0, .number = 1}};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static void assign(void)
{
    cr_assert(partition_table_assign(&table, keys, KEY_COUNT));
}

/* Everything that work leaves in a partition. */
static partition *used(void)
{
    assign();
    partition *p = partition_table_find(&table, 0, 7);
    timer_entry first = {.due_ms = 1};
    timers_fetch_begin(&p->timers);
    cr_assert(timers_arm(&p->timers, &first));
    cr_assert_not_null(outbox_add(&p->outbox, 3, "events", 6));
    p->taken = 5;
    p->committed = 4;
    p->stored = 8;
    p->in_epoch = p->trimming = true;
    return p;
}

Test(custody_partition, an_assignment_is_sorted_and_begins_empty)
{
    assign();
    cr_assert_eq(table.count, (uint32_t)KEY_COUNT);
    for (uint32_t i = 0; i + 1 < table.count; i++) {
        const partition *x = &table.items[i], *y = x + 1;
        cr_expect(x->topic < y->topic || (x->topic == y->topic && x->number < y->number));
    }
    for (uint32_t i = 0; i < table.count; i++) {
        const partition *p = &table.items[i];
        cr_expect_eq(p->taken, -1);
        cr_expect_eq(p->committed, -1);
        cr_expect_not(p->in_epoch);
        cr_expect(timers_should_fetch(&p->timers));
        cr_expect_null(p->outbox.first);
    }
}

Test(custody_partition, finds_what_is_assigned_and_nothing_else)
{
    assign();
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < KEY_COUNT; i++) {
            const partition *p = partition_table_find(&table, keys[i].topic, keys[i].number);
            cr_assert_not_null(p);
            cr_expect_eq(p->topic, keys[i].topic);
            cr_expect_eq(p->number, keys[i].number);
            cr_expect_eq(partition_table_find(&table, keys[i].topic, keys[i].number), p,
                         "the same once more");
        }
    }
    cr_expect_null(partition_table_find(&table, 0, 2));
    cr_expect_null(partition_table_find(&table, 2, 0));
    cr_expect_null(partition_table_find(&table, 0, -1));
}

Test(custody_partition, an_empty_table_finds_nothing)
{
    cr_expect_null(partition_table_find(&table, 0, 0));
    cr_assert(partition_table_assign(&table, keys, 0));
    cr_expect_null(partition_table_find(&table, 0, 0));
    cr_expect_eq(table.count, 0u);
}

Test(custody_partition, a_later_assignment_takes_the_place_of_the_one_before)
{
    used();
    cr_assert(partition_table_assign(&table, keys, 1));
    cr_expect_eq(table.count, 1u);
    cr_expect_null(partition_table_find(&table, 0, 7));
    cr_assert_not_null(partition_table_find(&table, 1, 2));
    cr_assert(partition_table_assign(&table, keys, 0));
    cr_expect_null(partition_table_find(&table, 1, 2));
}

Test(custody_partition, a_rewind_forgets_what_was_taken_only)
{
    partition *p = used();
    partition_table_rewind(&table);
    cr_expect_eq(p->taken, -1);
    cr_expect_not(p->in_epoch);
    cr_expect_eq(p->committed, 4);
    cr_expect_not_null(p->outbox.first);
    cr_expect_eq(p->timers.count, 1u);
}

Test(custody_partition, forgetting_timers_voids_a_read_that_runs)
{
    partition *p = used();
    uint64_t fetch = p->fetch;
    partition_table_forget_timers(&table);
    cr_expect_eq(p->timers.count, 0u);
    cr_expect_not(p->timers.fetching);
    cr_expect(timers_should_fetch(&p->timers));
    cr_expect_neq(p->fetch, fetch);
    cr_expect_not_null(p->outbox.first);
}

Test(custody_partition, forgetting_the_store_keeps_what_the_log_says)
{
    partition *p = used();
    partition_table_forget(&table);
    cr_expect_eq(p->timers.count, 0u);
    cr_expect_null(p->outbox.first);
    cr_expect_eq(p->outbox.last, 0u);
    cr_expect_eq(p->stored, 0u);
    cr_expect_not(p->trimming);
    cr_expect_eq(p->committed, 4);
}
