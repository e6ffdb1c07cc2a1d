#include <criterion/criterion.h>

#include "engine/custody/fence.h"
#include "engine/limits.h"

enum { WRITE_COUNT = 2 * LIMIT_FENCE_WRITES };

static fence f;
static fenced_write writes[WRITE_COUNT];

static void set_up(void)
{
    fence_init(&f);
    memset(writes, 0, sizeof writes);
}

TestSuite(custody_fence, .init = set_up);

static void add(int first, int count)
{
    for (int i = first; i < first + count; i++)
        fence_add(&f, &writes[i]);
}

static void armed(void)
{
    add(0, 1);
    cr_assert_eq(fence_next(&f), FENCE_WATCH);
    fence_watched(&f, true);
    cr_assert_eq(f.state, FENCE_ARMED);
}

static void writing(void)
{
    armed();
    cr_assert_eq(fence_next(&f), FENCE_WRITE);
    cr_assert_eq(f.state, FENCE_WRITING);
}

/* The next one that comes back. */
static void comes_back(int write, write_outcome outcome)
{
    fenced_write *w = fence_take_done(&f);
    cr_assert_eq(w, &writes[write], "%td instead of %d", w == NULL ? -1 : w - writes, write);
    cr_expect_eq(w->outcome, outcome, "outcome %d of %d", w->outcome, write);
}

static void nothing_comes_back(void)
{
    cr_expect_null(fence_take_done(&f));
}

static int block_size(void)
{
    int count = 0;
    for (const fenced_write *w = f.block; w != NULL; w = w->next)
        count++;
    return count;
}

/* ---- the table of its states ---- */

Test(custody_fence, does_nothing_without_a_write)
{
    cr_expect(fence_idle(&f));
    cr_expect_eq(fence_next(&f), FENCE_WAIT);
    cr_expect_eq(f.state, FENCE_UNARMED);
    nothing_comes_back();
}

Test(custody_fence, a_write_goes_behind_a_watch_and_comes_back_done)
{
    add(0, 1);
    cr_expect_not(fence_idle(&f));
    cr_expect_eq(fence_next(&f), FENCE_WATCH);
    cr_expect_eq(fence_next(&f), FENCE_WAIT, "one thing at a time");
    fence_watched(&f, true);
    nothing_comes_back();
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    cr_expect_eq(f.block, &writes[0]);
    cr_expect_eq(writes[0].outcome, WRITE_UNDER_WAY);
    cr_expect_eq(fence_next(&f), FENCE_WAIT);
    nothing_comes_back(); /* invariant 3 */
    fence_written(&f, true, true);
    cr_expect_eq(f.state, FENCE_ARMED);
    comes_back(0, WRITE_DONE);
    nothing_comes_back();
    cr_expect(fence_idle(&f));
}

Test(custody_fence, the_watch_behind_a_block_serves_the_next)
{
    writing();
    fence_written(&f, true, true);
    add(1, 1);
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    cr_expect_eq(f.block, &writes[1]);
}

Test(custody_fence, what_comes_while_a_block_is_under_way_is_for_the_next_one)
{
    writing();
    add(1, 2);
    cr_expect_eq(fence_next(&f), FENCE_WAIT); /* invariant 2 */
    cr_expect_eq(block_size(), 1);
    fence_written(&f, true, true);
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    cr_expect_eq(block_size(), 2);
    fence_written(&f, true, true);
    for (int i = 0; i < 3; i++)
        comes_back(i, WRITE_DONE);
}

Test(custody_fence, a_watch_that_reads_anothers_token_brings_everything_back_fenced)
{
    add(0, 3);
    fence_next(&f);
    fence_watched(&f, false);
    cr_expect_eq(f.state, FENCE_UNARMED);
    for (int i = 0; i < 3; i++)
        comes_back(i, WRITE_FENCED);
    add(3, 1);
    cr_expect_eq(fence_next(&f), FENCE_WATCH, "what is added later waits for the next watch");
}

Test(custody_fence, an_exec_that_is_refused_by_a_touched_fence_of_ours_is_tried_again)
{
    writing();
    add(1, 1);
    fence_written(&f, false, true);
    nothing_comes_back();
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    cr_expect_eq(f.block, &writes[0]);
    cr_expect_eq(block_size(), 1, "the same block");
    fence_written(&f, true, true);
    comes_back(0, WRITE_DONE);
}

Test(custody_fence, an_exec_that_is_refused_by_anothers_fence_brings_everything_back_fenced)
{
    writing();
    add(1, 2);
    fence_written(&f, false, false);
    for (int i = 0; i < 3; i++)
        comes_back(i, WRITE_FENCED);
    cr_expect_eq(f.state, FENCE_UNARMED);
    cr_expect(fence_idle(&f));
}

Test(custody_fence, what_was_executed_is_done_even_if_the_fence_was_lost_right_behind_it)
{
    writing();
    add(1, 1);
    fence_written(&f, true, false);
    comes_back(0, WRITE_DONE);
    comes_back(1, WRITE_FENCED);
    cr_expect_eq(f.state, FENCE_UNARMED);
}

/* ---- lost connections ---- */

Test(custody_fence, a_block_whose_answer_was_lost_is_written_again_before_anything_else)
{
    writing();
    add(1, 1);
    fence_disarm(&f);
    nothing_comes_back();
    cr_expect_eq(f.state, FENCE_UNARMED);
    cr_expect_eq(fence_next(&f), FENCE_WATCH);
    fence_watched(&f, true);
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    cr_expect_eq(f.block, &writes[0]); /* invariant 4 */
    cr_expect_eq(block_size(), 1);
}

Test(custody_fence, the_block_behind_a_lost_one_renews_the_fences_until_one_is_executed)
{
    writing();
    cr_expect_not(f.renew);
    fence_disarm(&f);
    cr_expect(f.renew); /* invariant 5 */
    fence_next(&f);
    fence_watched(&f, true);
    fence_next(&f);
    fence_written(&f, false, true);
    cr_expect(f.renew);
    fence_next(&f);
    fence_written(&f, true, true);
    cr_expect_not(f.renew);
}

Test(custody_fence, a_connection_lost_without_a_block_needs_a_new_watch_only)
{
    armed();
    fence_disarm(&f);
    cr_expect_not(f.renew);
    cr_expect_eq(fence_next(&f), FENCE_WATCH);
    fence_disarm(&f);
    cr_expect_eq(fence_next(&f), FENCE_WATCH, "the answer of that one is lost as well");
    cr_expect_not(f.renew);
}

/* ---- dropping ---- */

Test(custody_fence, dropping_brings_back_what_waits)
{
    add(0, 2);
    fence_drop(&f);
    comes_back(0, WRITE_FENCED);
    comes_back(1, WRITE_FENCED);
    cr_expect(fence_idle(&f));
}

Test(custody_fence, dropping_forgets_a_watch_that_stands)
{
    armed();
    fence_drop(&f);
    comes_back(0, WRITE_FENCED);
    add(1, 1);
    cr_expect_eq(fence_next(&f), FENCE_WATCH);
}

Test(custody_fence, dropping_lets_the_answer_of_a_block_decide)
{
    writing();
    add(1, 1);
    fence_drop(&f);
    comes_back(1, WRITE_FENCED);
    nothing_comes_back();
    fence_written(&f, true, true);
    comes_back(0, WRITE_DONE);
    cr_expect_eq(f.state, FENCE_UNARMED, "other fences may be meant from now on");
}

Test(custody_fence, a_dropped_block_that_was_refused_is_not_written_again)
{
    writing();
    fence_drop(&f);
    fence_written(&f, false, true);
    comes_back(0, WRITE_FENCED);
    cr_expect(fence_idle(&f));
}

Test(custody_fence, a_dropped_block_whose_answer_is_lost_is_not_written_again)
{
    writing();
    fence_drop(&f);
    fence_disarm(&f);
    comes_back(0, WRITE_FENCED);
    cr_expect(fence_idle(&f));
    cr_expect_eq(fence_next(&f), FENCE_WAIT);
}

Test(custody_fence, what_comes_after_a_drop_is_written_as_ever)
{
    writing();
    fence_drop(&f);
    fence_written(&f, true, true);
    comes_back(0, WRITE_DONE);
    add(1, 1);
    cr_expect_eq(fence_next(&f), FENCE_WATCH);
    fence_watched(&f, true);
    cr_expect_eq(fence_next(&f), FENCE_WRITE);
    fence_disarm(&f);
    cr_expect_eq(fence_next(&f), FENCE_WATCH, "this block was not dropped");
}

Test(custody_fence, dropping_brings_back_a_block_that_is_to_be_written_again)
{
    writing();
    fence_disarm(&f);
    add(1, 1);
    fence_drop(&f);
    comes_back(0, WRITE_FENCED);
    comes_back(1, WRITE_FENCED);
    cr_expect(fence_idle(&f));
}

/* ---- bounds ---- */

Test(custody_fence, a_block_takes_so_many_writes_and_no_more)
{
    add(0, WRITE_COUNT);
    fence_next(&f);
    fence_watched(&f, true);
    fence_next(&f);
    cr_expect_eq(block_size(), LIMIT_FENCE_WRITES);
    fence_written(&f, true, true);
    fence_next(&f);
    cr_expect_eq(f.block, &writes[LIMIT_FENCE_WRITES]);
    fence_written(&f, true, true);
    for (int i = 0; i < WRITE_COUNT; i++)
        comes_back(i, WRITE_DONE);
    nothing_comes_back();
}

Test(custody_fence, a_block_takes_so_many_bytes_but_at_least_one_write)
{
    static outbox_entry entry = {.size = LIMIT_FENCE_BYTES};
    writes[0].record = value_string("", 1); /* only its size counts here */
    writes[0].record.count = LIMIT_FENCE_BYTES - 1;
    writes[1].record = value_string("", 1);
    writes[2].entry = &entry;
    add(0, 4);
    fence_next(&f);
    fence_watched(&f, true);
    fence_next(&f);
    cr_expect_eq(block_size(), 2);
    fence_written(&f, true, true);
    fence_next(&f);
    cr_expect_eq(block_size(), 1);
    fence_written(&f, true, true);
    fence_next(&f);
    cr_expect_eq(f.block, &writes[3]);
}
