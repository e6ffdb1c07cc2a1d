/* The end of a world: everything has ended, exactly once, and as an execution does that nobody disturbs. */
#include "tests/simulation/checks.h"

#include "engine/execution/record.h"
#include "engine/limits.h"

static bool log_is_done(const world *w)
{
    for (uint32_t i = 0; i < w->partition_count; i++) {
        const log_partition *p = &w->log->partitions[i];
        const redis_partition *r = &w->redis->now.partitions[i];
        if (p->count > 0 && p->committed != p->count)
            return false;
        if (r->pending_count > 0 || r->outbox_count > 0 || r->command_count > 0)
            return false;
    }
    return true;
}

bool checks_done(const world *w)
{
    const checks *c = w->checks;
    if (!log_is_done(w))
        return false;
    for (uint32_t i = 0; i < c->execution_count && !c->forgot; i++) {
        const redis_record *r = redis_find(&w->redis->now, &c->executions[i]->id);
        if (r == NULL || !r->picture->ended)
            return false;
    }
    return true;
}

static void check_leftovers(world *w)
{
    for (uint32_t i = 0; i < w->partition_count; i++) {
        const log_partition *p = &w->log->partitions[i];
        const redis_partition *r = &w->redis->now.partitions[i];
        if (p->count > 0 && p->committed != p->count)
            world_break(w, "%s has %lld triggers, and %lld is committed", p->name, (long long)p->count,
                        (long long)p->committed);
        if (r->pending_count > 0)
            world_break(w, "%s: %u are left in the pending set: %s", p->name, r->pending_count,
                        r->pending[0].id.text);
        if (r->outbox_count > 0)
            world_break(w, "%s: entry %llu is left in the outbox", p->name,
                        (unsigned long long)r->outbox[0].number);
        if (r->command_count > 0)
            world_break(w, "%s: a command is left: %.*s", p->name, (int)r->commands[0].size,
                        r->commands[0].bytes);
    }
}

static void check_events(world *w)
{
    for (uint32_t i = 0; i < EVENT_SLOTS; i++) {
        const event_state *s = &w->checks->events[i];
        if (s->said && s->seen == 0)
            world_break(w, "event %s was never visible", checks_event_name(w, s));
    }
}

/* The same execution with nothing in its way. */
static bool run_straight(execution *x, arena *a, const witness *y, const trigger *t, int64_t began_ms)
{
    error e;
    execution_need need;
    int64_t now_ms = began_ms;
    if (!execution_begin(x, &y->id, t, y->message->workflow, a, began_ms, &e))
        return false;
    while ((need = execution_advance(x, now_ms)) != EXECUTION_ENDED) {
        if (need == EXECUTION_WAITING)
            now_ms = x->due_ms;
        else
            execution_delivered(x, "provider", value_null(), now_ms);
    }
    return true;
}

/* Steps that completed behind steps that ended as they would undisturbed have delivered the same. */
static void compare(world *w, const execution *x, const execution *straight)
{
    for (size_t i = 0; i < x->step_count && x->steps[i].status == straight->steps[i].status; i++)
        if (x->steps[i].status == STEP_COMPLETED &&
            !value_equal(&x->steps[i].message, &straight->steps[i].message))
            world_break(w, "step %zu of %s has the result %.*s, not %.*s", i + 1, x->id.text,
                        (int)x->steps[i].result.count, x->steps[i].result.text,
                        (int)straight->steps[i].result.count, straight->steps[i].result.text);
}

/* ---- those who were asked ---- */

static const attempt *find_attempt(const witness *y, size_t nth, int64_t run, int64_t number,
                                   const value *name)
{
    const attempt *t = y->attempts;
    while (t != NULL && (t->step != nth || t->run != run || t->number != number ||
                         !value_is_text(name, t->provider->name)))
        t = t->next;
    return t;
}

static void check_failures(world *w, const witness *y, size_t nth, const step_state *s)
{
    uint32_t arrived = 0;
    bool unknown = s->failure_count == LIMIT_FAILURES_KEPT; /* perhaps of those that are not kept */
    for (size_t i = 0; i < s->failure_count; i++) {
        const step_failure *f = &s->failures[i];
        const attempt *t = find_attempt(y, nth, s->run, f->attempt, &f->provider);
        unknown |= f->unknown;
        if (t == NULL || (t->made == 0 && t->recorded == 0))
            world_break(w, "step %zu of %s was refused by %.*s, which was not asked", nth + 1, y->id.text,
                        (int)f->provider.count, f->provider.text);
    }
    for (const attempt *t = y->attempts; t != NULL; t = t->next)
        if (t->step == nth && t->run == s->run && t->provider->is_outward)
            arrived += t->arrived;
    if (arrived > 1 && !unknown)
        world_break(w, "step %zu of %s has arrived %u times, and knows no unknown outcome", nth + 1,
                    y->id.text, arrived);
}

static void check_step(world *w, const witness *y, size_t nth, const step_state *s)
{
    const attempt *t = find_attempt(y, nth, s->run, s->attempt, &s->provider);
    if (s->status == STEP_COMPLETED && (t == NULL || t->made == 0))
        world_break(w, "step %zu of %s says that %.*s has it, which was not asked", nth + 1, y->id.text,
                    (int)s->provider.count, s->provider.text);
    check_failures(w, y, nth, s);
}

static void check_execution(world *w, arena *a, const witness *y)
{
    error e;
    execution x, straight;
    const redis_record *r = redis_find(&w->redis->now, &y->id);
    const log_partition *p = &w->log->partitions[y->partition];
    if (r == NULL) {
        world_break(w, "%s, of trigger %lld of %s, has no record", y->id.text, (long long)y->offset, p->name);
        return;
    }
    if (!record_read(&x, a, r->text.bytes, r->text.size, &e)) {
        world_break(w, "the record of %s cannot be read: %s", y->id.text, e.message);
        return;
    }
    if (!execution_ended(&x))
        world_break(w, "%s has not ended: %s", y->id.text, picture_text(w, r->picture));
    if (x.status != r->picture->status || x.run != r->picture->run ||
        x.current_step != r->picture->current_step)
        world_break(w, "the record of %s does not say %s", y->id.text, picture_text(w, r->picture));
    trigger t = workload_trigger(y->message, p->topic, p->number, y->offset);
    if (run_straight(&straight, a, y, &t, x.started_ms))
        compare(w, &x, &straight);
    for (size_t i = 0; i < x.step_count; i++)
        if (step_status_has_ended(x.steps[i].status))
            check_step(w, y, i, &x.steps[i]);
}

void checks_end(world *w)
{
    arena scratch;
    check_leftovers(w);
    if (w->checks->forgot || w->broken[0] != '\0')
        return;
    check_events(w);
    arena_init(&scratch, 64 << 10, 64 << 20);
    for (uint32_t i = 0; i < w->checks->execution_count; i++) {
        check_execution(w, &scratch, w->checks->executions[i]);
        arena_reset(&scratch);
    }
    arena_free(&scratch);
}
