/* What the tests of custody share: one with three partitions, and the way it takes them over. */
#ifndef TESTS_UNIT_CUSTODY_RUN_H
#define TESTS_UNIT_CUSTODY_RUN_H

#include <stdio.h>

#include <criterion/criterion.h>

#include "engine/custody/custody.h"
#include "engine/limits.h"

enum { WALL_MS = 1000000 }; /* the wall clock when the other one is at 0 */

static const partition keys[] = {
    {.topic = 0, .number = 1}, {.topic = 0, .number = 0}, {.topic = 1, .number = 0}};
enum { KEY_COUNT = 3 };

static custody *c;

static const custody_limits limits = {.commit_interval_ms = 100,
                                      .epoch_max_ms = 2000,
                                      .revoke_max_ms = 1000,
                                      .fence_again_ms = 500,
                                      .triggers_max = 4,
                                      .bytes_max = 1000};

static inline void open_custody(void)
{
    c = custody_new(&limits);
    cr_assert(custody_assign(c, keys, KEY_COUNT));
}

static inline void close_custody(void)
{
    custody_free(c, NULL); /* no test gives an epoch a shell */
}

static inline timer_entry timer_at(int64_t due_ms, int64_t offset)
{
    timer_entry t = {.due_ms = due_ms, .offset = offset};
    snprintf(t.id.text, sizeof t.id.text, "00000000-0000-5000-8000-%012lld", (long long)offset);
    return t;
}

static inline custody_effect next(int64_t now_ms, custody_action expected)
{
    custody_effect effect = custody_next(c, now_ms, WALL_MS + now_ms);
    cr_assert_eq(effect.action, expected, "action %d instead of %d at %lld", effect.action, expected,
                 (long long)now_ms);
    return effect;
}

/* The fences are put down and the positions asked for. */
static inline void take_over_fences(int64_t now_ms)
{
    custody_fenced(c, next(now_ms, CUSTODY_FENCE).ask);
    next(now_ms, CUSTODY_POSITION);
}

static inline void end(int64_t now_ms, epoch *e, bool committed)
{
    custody_effect effect = next(now_ms, CUSTODY_END);
    cr_expect_eq(effect.epoch, e);
    cr_expect_eq(effect.committed, committed);
    epoch_free(e);
}

/* committed: the offset of partition 0 of topic 0; of the others nothing is committed, and they begin at 0.
 */
static inline void find_positions(int64_t committed, const char *metadata)
{
    custody_position(c, 0, 0, committed, metadata, strlen(metadata));
    custody_position(c, 0, 1, 0, "", 0);
    custody_position(c, 1, 0, 0, "", 0);
    custody_positioned(c);
}

/* The takeover's own transaction, and what follows it. */
static inline void prove(int64_t now_ms)
{
    epoch *e = next(now_ms, CUSTODY_COMMIT).epoch;
    cr_assert_eq(e->trigger_count, 0u);
    custody_committed(c, e);
    end(now_ms, e, true);
    if (custody_accepted(c))
        return;
    next(now_ms, CUSTODY_ACCEPT);
    custody_accept(c);
}

/* The outboxes are empty, and so are the pending sets. */
static inline void find_nothing(int64_t now_ms)
{
    custody_loaded(c, next(now_ms, CUSTODY_LOAD).ask);
    prove(now_ms);
}

static inline void fetch_nothing(int64_t now_ms)
{
    for (uint32_t i = 0; i < custody_partition_count(c); i++) {
        custody_effect fetch = next(now_ms, CUSTODY_FETCH);
        cr_assert(custody_fetched(c, fetch.ask, fetch.partition->topic, fetch.partition->number, NULL, 0));
    }
}

/* Everything up to OWNED. */
static inline void take_over(int64_t now_ms, int64_t committed)
{
    take_over_fences(now_ms);
    find_positions(committed, "");
    find_nothing(now_ms);
    fetch_nothing(now_ms);
}

static inline epoch *take(int64_t offset, int64_t now_ms)
{
    epoch *e = custody_take(c, 0, 0, offset, 10, now_ms);
    cr_assert_not_null(e);
    return e;
}

/* The positions are put back after an abort. */
static inline void rewind_to(int64_t now_ms, int64_t committed)
{
    next(now_ms, CUSTODY_POSITION);
    find_positions(committed, "");
    fetch_nothing(now_ms);
}

/* What a predecessor has left in the outbox of the same partition has been read. */
static inline void load(int64_t committed, const char *metadata, uint64_t entry, uint64_t last)
{
    take_over_fences(0);
    find_positions(committed, metadata);
    uint64_t ask = next(0, CUSTODY_LOAD).ask;
    if (entry > 0)
        cr_assert(custody_restore(c, ask, 0, 0, entry, "events", 6));
    custody_restore_last(c, ask, 0, 0, last);
    custody_loaded(c, ask);
}

#endif
