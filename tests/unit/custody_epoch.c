#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/custody/epoch.h"

static epoch *e;
static partition_table table;

static void set_up(void)
{
    static const partition keys[] = {{.number = 0}, {.number = 1}, {.number = 2}};
    e = epoch_new(3, 4);
    cr_assert_not_null(e);
    cr_assert(partition_table_assign(&table, keys, 3));
}

static void tear_down(void)
{
    epoch_free(e);
    partition_table_free(&table);
}

TestSuite(custody_epoch, .init = set_up, .fini = tear_down);

Test(custody_epoch, begins_open_and_empty)
{
    cr_expect_eq(e->state, EPOCH_OPEN);
    cr_expect_eq(e->assignment, 3u);
    cr_expect_eq(e->generation, 4u);
    cr_expect_eq(e->unsettled, 0u);
    cr_expect_null(e->under_way);
    epoch_free(NULL);
}

/* ---- the table of its states ---- */

Test(custody_epoch, lives_from_open_to_sealed_to_committing_to_ended)
{
    static const epoch_state path[] = {EPOCH_SEALED, EPOCH_COMMITTING, EPOCH_ENDED};
    for (size_t i = 0; i < 3; i++) {
        epoch_move(e, path[i]);
        cr_expect_eq(e->state, path[i]);
    }
}

Test(custody_epoch, is_dropped_from_every_state_before_its_end)
{
    static const epoch_state from[] = {EPOCH_OPEN, EPOCH_SEALED, EPOCH_COMMITTING};
    for (size_t i = 0; i < 3; i++) {
        e->state = from[i];
        epoch_move(e, EPOCH_DROPPED);
        epoch_move(e, EPOCH_ENDED);
    }
}

/* The move ends the process, as our bugs do. */
static bool aborts(epoch_state from, epoch_state to, uint32_t unsettled)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        static const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        close(STDERR_FILENO);
        e->state = from;
        e->unsettled = unsettled;
        epoch_move(e, to);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

Test(custody_epoch, no_other_move_is_allowed)
{
    static const bool allowed[5][5] = {
        [EPOCH_OPEN] = {[EPOCH_SEALED] = true, [EPOCH_DROPPED] = true},
        [EPOCH_SEALED] = {[EPOCH_COMMITTING] = true, [EPOCH_DROPPED] = true},
        [EPOCH_COMMITTING] = {[EPOCH_ENDED] = true, [EPOCH_DROPPED] = true},
        [EPOCH_DROPPED] = {[EPOCH_ENDED] = true},
    };
    for (int from = EPOCH_OPEN; from <= EPOCH_ENDED; from++)
        for (int to = EPOCH_OPEN; to <= EPOCH_ENDED; to++)
            if (!allowed[from][to])
                cr_expect(aborts(from, to, 0), "%d to %d", from, to);
    cr_expect(aborts(EPOCH_SEALED, EPOCH_COMMITTING, 1), "what is unsettled cannot commit");
}

/* ---- offsets ---- */

Test(custody_epoch, sealing_freezes_the_offsets_of_what_is_in_it)
{
    partition *p = &table.items[1];
    p->taken = 8;
    p->in_epoch = true;
    outbox_published(&p->outbox, 4);
    cr_assert(outbox_restore(&p->outbox, 5, "events", 6));
    cr_assert_not_null(outbox_add(&p->outbox, 1, "later", 5));
    cr_assert(epoch_seal(e, &table));
    cr_expect_eq(e->state, EPOCH_SEALED);
    cr_assert_eq(e->offset_count, 1u);
    const epoch_offset *o = &e->offsets[0];
    cr_expect_eq(o->partition, 1);
    cr_expect_eq(o->next, 8);
    cr_expect_eq(o->outbox_from, 4u);
    cr_expect_eq(o->outbox, 5u, "what is not durable is for another epoch");
    cr_expect_not(p->in_epoch);
    p->taken = 9;
    cr_expect_eq(o->next, 8);
}

Test(custody_epoch, a_partition_of_which_nothing_was_taken_commits_where_it_stands)
{
    table.items[0].in_epoch = true;
    table.items[0].committed = 6;
    cr_assert(epoch_seal(e, &table));
    cr_assert_eq(e->offset_count, 1u);
    cr_expect_eq(e->offsets[0].next, 6);
}

Test(custody_epoch, without_partitions_it_seals_empty)
{
    partition_table none = {0};
    cr_assert(epoch_seal(e, &none));
    cr_expect_eq(e->offset_count, 0u);
}

/* ---- timers ---- */

Test(custody_epoch, remembers_every_timer_in_order)
{
    for (int64_t i = 0; i < 100; i++) {
        timer_entry t = {.due_ms = i, .offset = 2 * i};
        cr_assert(epoch_add_timer(e, &table.items[i % 3], &t));
    }
    cr_assert_eq(e->timer_count, 100u);
    for (int64_t i = 0; i < 100; i++) {
        cr_expect_eq(e->timers[i].timer.due_ms, i);
        cr_expect_eq(e->timers[i].timer.offset, 2 * i);
        cr_expect_eq(e->timers[i].partition, i % 3);
    }
}
