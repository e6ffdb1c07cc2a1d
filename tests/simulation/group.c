#include "tests/simulation/group.h"

#include <assert.h>
#include <stdio.h>

#include "tests/simulation/worker.h"

void group_make(world *w)
{
    w->group = memset(world_alloc(w, sizeof *w->group), 0, sizeof *w->group);
}

bool group_is_current(const world *w, const member_id *m)
{
    const group_member *x = &w->group->members[m->worker];
    return x->present && x->incarnation == m->incarnation && m->generation == w->group->generation;
}

/* ---- telling members ---- */

typedef struct notice {
    uint32_t worker;
    bool assigned; /* else revoked, or lost */
    bool lost;
    uint64_t generation;
    uint32_t partitions[PARTITIONS_MAX];
    uint32_t count;
} notice;

static void on_notice(void *subject, uint64_t incarnation, void *data)
{
    world *w = subject;
    const notice *n = data;
    if (n->assigned)
        worker_assigned(w->workers[n->worker], incarnation, n->partitions, n->count, n->generation);
    else
        worker_revoked(w->workers[n->worker], incarnation, n->lost);
}

/* Nothing overtakes what was told before. */
static void tell(world *w, const notice *n, int64_t delay_us)
{
    group_member *m = &w->group->members[n->worker];
    int64_t at_us = w->agenda.now_us + delay_us;
    if (at_us <= m->told_us)
        at_us = m->told_us + 1;
    m->told_us = at_us;
    agenda_add(&w->agenda, at_us - w->agenda.now_us, on_notice, w, m->incarnation,
               world_copy(w, n, sizeof *n));
}

/* ---- generations ---- */

static void divide(world *w)
{
    group *g = w->group;
    notice notices[WORKERS_MAX] = {0};
    uint32_t order[WORKERS_MAX], count = 0;
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        if (g->members[i].present)
            order[count++] = i;
    g->generation++;
    g->preparing = false;
    uint64_t turn = dice_next(&w->dice) % WORKERS_MAX;
    for (uint32_t p = 0; count > 0 && p < w->partition_count; p++) {
        notice *n = &notices[order[(p + turn) % count]];
        n->partitions[n->count++] = p;
    }
    TRACE(w, "group", "generation %llu of %u members", (unsigned long long)g->generation, count);
    for (uint32_t i = 0; i < count; i++) {
        notice *n = &notices[order[i]];
        n->worker = order[i];
        n->assigned = true;
        n->generation = g->generation;
        g->members[order[i]].joined = false;
        tell(w, n, world_latency_us(w, 3 * MS));
    }
}

static void divide_when_complete(world *w)
{
    group *g = w->group;
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        if (g->members[i].present && !g->members[i].joined)
            return;
    divide(w);
}

static void on_deadline(void *subject, uint64_t rebalance, void *data)
{
    world *w = subject;
    group *g = w->group;
    (void)data;
    if (!g->preparing || g->rebalances != rebalance)
        return;
    for (uint32_t i = 0; i < WORKERS_MAX; i++) {
        if (!g->members[i].present || g->members[i].joined)
            continue;
        TRACE(w, "group", "w%u has not joined in time", i);
        g->members[i].present = false;
        tell(w, &(notice){.worker = i, .lost = true}, dice_between(&w->dice, 1, 1000) * MS);
    }
    divide_when_complete(w);
}

void group_rebalance(world *w)
{
    group *g = w->group;
    if (g->preparing)
        return;
    TRACE(w, "group", "rebalances");
    g->preparing = true;
    g->rebalances++;
    for (uint32_t i = 0; i < WORKERS_MAX; i++)
        if (g->members[i].present && !g->members[i].joined)
            tell(w, &(notice){.worker = i}, dice_between(&w->dice, 1, 300) * MS);
    agenda_add(&w->agenda, (int64_t)REBALANCE_MS * MS, on_deadline, w, g->rebalances, NULL);
}

void group_join(world *w, uint32_t number, uint64_t incarnation)
{
    group_member *m = &w->group->members[number];
    if (m->incarnation != incarnation)
        m->told_us = 0;
    m->present = true;
    m->joined = true;
    m->incarnation = incarnation;
    TRACE(w, "group", "w%u joins", number);
    group_rebalance(w);
    divide_when_complete(w);
}

static void remove_member(world *w, uint32_t number)
{
    w->group->members[number].present = false;
    group_rebalance(w);
    divide_when_complete(w);
}

void group_leave(world *w, uint32_t number, uint64_t incarnation)
{
    if (!w->group->members[number].present || w->group->members[number].incarnation != incarnation)
        return;
    TRACE(w, "group", "w%u leaves", number);
    remove_member(w, number);
}

void group_expel(world *w, uint32_t number)
{
    if (!w->group->members[number].present)
        return;
    TRACE(w, "group", "w%u is out of sight and no member any more", number);
    if (worker_is_awake(w->workers[number]))
        tell(w, &(notice){.worker = number, .lost = true}, dice_between(&w->dice, 1, 3000) * MS);
    remove_member(w, number);
}

static void on_session(void *subject, uint64_t incarnation, void *data)
{
    world *w = subject;
    uint32_t which = *(const uint32_t *)data;
    const group_member *m = &w->group->members[which];
    if (!m->present || m->incarnation != incarnation)
        return;
    if (!worker_is_awake(w->workers[which]) || worker_incarnation(w->workers[which]) != incarnation)
        group_expel(w, which);
}

void group_lose_sight(world *w, uint32_t number)
{
    const group_member *m = &w->group->members[number];
    if (m->present)
        agenda_add(&w->agenda, (int64_t)SESSION_MS * MS, on_session, w, m->incarnation,
                   world_copy(w, &number, sizeof number));
}

void group_heartbeat(world *w, const member_id *m)
{
    group_member *x = &w->group->members[m->worker];
    if (group_is_current(w, m) || x->incarnation != m->incarnation || (x->present && x->joined))
        return;
    tell(w, &(notice){.worker = m->worker, .lost = true}, dice_between(&w->dice, 1, 500) * MS);
    if (x->present)
        remove_member(w, m->worker);
}
