#include "tests/simulation/checks.h"

#include <stdio.h>

void checks_make(world *w)
{
    w->checks = memset(world_alloc(w, sizeof *w->checks), 0, sizeof *w->checks);
}

const witness *checks_any_execution(const checks *c, dice *d)
{
    return c->execution_count == 0 ? NULL : c->executions[dice_below(d, c->execution_count)];
}

static witness *find(const checks *c, const identity *id)
{
    for (uint32_t i = 0; i < c->execution_count; i++)
        if (memcmp(c->executions[i]->id.text, id->text, sizeof id->text) == 0)
            return c->executions[i];
    return NULL;
}

/* ---- events ---- */

static event_state *event_of(checks *c, event_mark e)
{
    for (uint32_t i = (uint32_t)e.id % EVENT_SLOTS;; i = (i + 1) % EVENT_SLOTS) {
        event_state *s = &c->events[i];
        if (s->event.id == 0)
            s->event = e;
        if (s->event.id == e.id)
            return s;
    }
}

const char *checks_event_name(world *w, const event_state *s)
{
    char name[96];
    if (s->what == NULL)
        return "that nobody knows";
    int size = snprintf(name, sizeof name, "%.12s/%.40s/%lld", s->of, s->what, (long long)s->run);
    return world_copy(w, name, (size_t)size + 1);
}

/* of, what: they stay. */
static void say(world *w, event_mark e, const char *what, const char *of, int64_t run)
{
    event_state *s = event_of(w->checks, e);
    if (s->said && s->event.content != e.content && !w->checks->forgot)
        world_break(w, "event %s: its content changed", checks_event_name(w, s));
    s->said = true;
    s->event = e;
    s->of = of;
    s->what = what;
    s->run = run;
}

static void see(world *w, event_mark e)
{
    event_state *s = event_of(w->checks, e);
    TRACE(w, "event", "%s", checks_event_name(w, s));
    s->seen++;
    if (w->checks->forgot)
        return;
    if (!s->said)
        world_break(w, "an event is visible, but no record says so");
    else if (s->event.content != e.content)
        world_break(w, "event %s says something else than the record", checks_event_name(w, s));
    else if (s->seen > 1)
        world_break(w, "event %s is visible twice", checks_event_name(w, s));
}

static void say_picture(world *w, const witness *x, const picture *p)
{
    for (size_t i = 0; i < p->step_count; i++)
        if (p->steps[i].event.id != 0)
            say(w, p->steps[i].event, x->message->workflow->steps[i].id.text, x->id.text, p->steps[i].run);
    if (p->event.id != 0)
        say(w, p->event, "execution", x->id.text, p->run);
}

void checks_sent(world *w, uint32_t place, int64_t offset, const message *m)
{
    checks *c = w->checks;
    static const char *const words[] = {"accepted", "rejected", "a duplicate"};
    TRACE(w, w->log->partitions[place].name, "trigger %lld: %s (%s), must be %s", (long long)offset,
          m->id.text, m->workflow_id.text, words[m->verdict]);
    if (m->verdict == VERDICT_REJECTED) {
        say(w, events_of_rejection(place, offset), "rejection", w->log->partitions[place].name, offset);
        return;
    }
    if (m->verdict == VERDICT_DUPLICATE)
        return;
    assert(c->execution_count < WITNESS_SLOTS);
    witness *x = memset(world_alloc(w, sizeof *x), 0, sizeof *x);
    x->id = m->id;
    x->partition = place;
    x->offset = offset;
    x->message = world_copy(w, m, sizeof *m);
    c->executions[c->execution_count++] = x;
}

/* ---- the store ---- */

static void check_token(world *w, const char *who, const block_write *b)
{
    const char *held = w->redis->now.partitions[b->partition].fence;
    const char *name = w->log->partitions[b->partition].name;
    if (strcmp(b->token, held) != 0)
        world_break(w, "%s writes to %s for work begun under the fence %s, and it is %s", who, name, b->token,
                    held);
}

static void check_custody(world *w, const char *who, const block_write *b)
{
    int64_t committed = w->log->partitions[b->partition].committed;
    if (!b->has_id || w->checks->forgot)
        return;
    if (b->in_log && b->picture->offset < committed)
        world_break(w, "%s writes %s in log custody, but its offset %lld is committed", who, b->id.text,
                    (long long)b->picture->offset);
    if (!b->in_log && b->picture->offset >= committed)
        world_break(w, "%s writes %s in store custody, but its offset %lld is not committed", who, b->id.text,
                    (long long)b->picture->offset);
}

static void check_record(world *w, const char *who, const block_write *b)
{
    witness *x = find(w->checks, &b->id);
    if (x == NULL) {
        world_break(w, "%s writes a record that no trigger asked for", who);
        return;
    }
    const char *wrong = x->latest == NULL ? NULL : picture_fault(x->latest, b->picture);
    if (wrong != NULL && !w->checks->forgot)
        world_break(w, "%s writes %s: %s: %s behind %s", who, x->id.text, wrong, picture_text(w, b->picture),
                    picture_text(w, x->latest));
    if (b->picture->offset != x->offset && !w->checks->forgot)
        world_break(w, "%s writes %s for the trigger at %lld, not %lld", who, x->id.text,
                    (long long)b->picture->offset, (long long)x->offset);
    if (b->expires != b->picture->ended)
        world_break(w, "%s: the record of %s expires before its end, or never", who, x->id.text);
    x->latest = b->picture;
}

static void check_entry(world *w, const char *who, const block_write *b)
{
    uint64_t *latest = &w->checks->entries[b->partition];
    const char *name = w->log->partitions[b->partition].name;
    if (w->checks->forgot)
        return;
    assert(b->entry < ENTRIES_MAX);
    uint64_t *content = &w->checks->contents[b->partition][b->entry];
    uint64_t written = events_hash(b->entry_bytes.bytes, b->entry_bytes.size);
    if (b->entry > *latest + 1)
        world_break(w, "%s writes outbox entry %llu of %s behind %llu", who, (unsigned long long)b->entry,
                    name, (unsigned long long)*latest);
    else if (b->entry <= *latest && *content != written)
        world_break(w, "%s uses the number %llu of an outbox entry of %s again", who,
                    (unsigned long long)b->entry, name);
    *content = written;
    *latest = b->entry > *latest ? b->entry : *latest;
}

static void check_trim(world *w, const char *who, const block_write *b)
{
    if (b->trim_to > w->checks->published[b->partition])
        world_break(w, "%s trims outbox entry %llu of %s, and %llu is published", who,
                    (unsigned long long)b->trim_to, w->log->partitions[b->partition].name,
                    (unsigned long long)w->checks->published[b->partition]);
}

void checks_writing(world *w, const char *who, const block_write *b)
{
    TRACE(w, "redis", "%s: %s%s%s%s entry %llu trim %llu-%llu %.*s", who, b->has_id ? b->id.text : "-",
          b->in_log ? " (log) " : " ", b->picture != NULL ? picture_text(w, b->picture) : "",
          b->parks     ? " parks"
          : b->unparks ? " unparks"
                       : "",
          (unsigned long long)b->entry, (unsigned long long)b->trim_from, (unsigned long long)b->trim_to,
          (int)b->command.size, b->command.size == 0 ? "" : b->command.bytes);
    check_token(w, who, b);
    check_custody(w, who, b);
    if (b->has_id)
        check_record(w, who, b);
    if (b->entry != 0)
        check_entry(w, who, b);
    if (b->trim_from != 0)
        check_trim(w, who, b);
}

static attempt *attempt_of(world *w, witness *x, size_t nth, int64_t run, int64_t number, const provider *p)
{
    for (attempt *t = x->attempts; t != NULL; t = t->next)
        if (t->step == nth && t->run == run && t->number == number && t->provider == p)
            return t;
    attempt *t = world_alloc(w, sizeof *t);
    *t = (attempt){.next = x->attempts, .step = nth, .run = run, .number = number, .provider = p};
    x->attempts = t;
    return t;
}

static attempt *present_attempt(world *w, witness *y, const execution *x, const provider *p)
{
    return attempt_of(w, y, x->current_step, x->run, x->steps[x->current_step].attempt, p);
}

/* A cancel leaves the list only when it was carried out, or cannot be any more. */
static void check_command(world *w, const char *who, const block_write *b)
{
    identity id;
    static const char cancel[] = "cancel:";
    if (b->command.size < sizeof cancel + 36 || memcmp(b->command.bytes, cancel, sizeof cancel - 1) != 0)
        return;
    value text = value_string(b->command.bytes + sizeof cancel - 1, 36);
    if (!identity_parse(&text, &id))
        return;
    const redis_record *r = redis_find(&w->redis->now, &id);
    if (r != NULL && !r->picture->ended && !r->picture->cancelled)
        world_break(w, "%s: %.*s is off the list, and %s", who, (int)b->command.size, b->command.bytes,
                    picture_text(w, r->picture));
}

void checks_wrote(world *w, const char *who, const block_write *b)
{
    if (b->command.bytes != NULL && !w->checks->forgot)
        check_command(w, who, b);
    if (!b->has_id)
        return;
    witness *x = find(w->checks, &b->id);
    const picture *p = b->picture;
    if (x == NULL)
        return;
    say_picture(w, x, p);
    const picture_step *s = &p->steps[p->current_step];
    if (p->current_step < p->step_count && s->status == STEP_EXECUTING)
        attempt_of(w, x, p->current_step, p->run, s->attempt, s->provider)->recorded = ++w->checks->moment;
    if (!p->ended && x->offset < w->log->partitions[x->partition].committed && !w->checks->forgot &&
        !redis_is_pending(&w->redis->now, x->partition, &x->id))
        world_break(w, "%s leaves %s (%s) in nobody's hands: it is not in the pending set", who, x->id.text,
                    picture_text(w, p));
}

/* ---- the log ---- */

static void check_trigger(world *w, uint32_t place, int64_t offset)
{
    const log_partition *p = &w->log->partitions[place];
    const message *m = &p->messages[offset];
    if (m->verdict == VERDICT_REJECTED && event_of(w->checks, events_of_rejection(place, offset))->seen == 0)
        world_break(w, "%s: offset %lld is committed, and its rejection is not visible", p->name,
                    (long long)offset);
    if (m->verdict != VERDICT_ACCEPTED)
        return;
    const redis_record *r = redis_find(&w->redis->now, &m->id);
    if (r == NULL)
        world_break(w, "%s: offset %lld is committed, and there is no record of it", p->name,
                    (long long)offset);
    else if (!r->picture->ended && !redis_is_pending(&w->redis->now, place, &m->id))
        world_break(w, "%s: offset %lld is committed, and %s (%s) is in nobody's hands", p->name,
                    (long long)offset, m->id.text, picture_text(w, r->picture));
}

static void check_publication(world *w, const log_offset *o)
{
    uint64_t *published = &w->checks->published[o->partition];
    const char *name = w->log->partitions[o->partition].name;
    uint64_t told = o->metadata_size == 0 ? 0 : outbox_read_metadata(o->metadata, o->metadata_size);
    if (told != o->outbox || told < *published)
        world_break(w, "%s: outbox entry %llu is published behind %llu, and the metadata says %llu", name,
                    (unsigned long long)o->outbox, (unsigned long long)*published, (unsigned long long)told);
    if (o->outbox_from != *published && !w->checks->forgot)
        world_break(w, "%s: outbox entries behind %llu are published, and %llu was the last", name,
                    (unsigned long long)o->outbox_from, (unsigned long long)*published);
    if (o->outbox > w->checks->entries[o->partition] && !w->checks->forgot)
        world_break(w, "%s: outbox entry %llu is published, and the store has never had it", name,
                    (unsigned long long)o->outbox);
    *published = told;
}

void checks_committing(world *w, const transaction *t)
{
    for (uint32_t i = 0; i < t->events.count; i++)
        see(w, t->events.items[i]);
    for (uint32_t i = 0; i < t->offset_count; i++) {
        const log_offset *o = &t->offsets[i];
        const log_partition *p = &w->log->partitions[o->partition];
        check_publication(w, o);
        if (o->next < p->committed)
            world_break(w, "%s: the committed offset goes back from %lld to %lld", p->name,
                        (long long)p->committed, (long long)o->next);
        int64_t first = p->committed < 0 ? 0 : p->committed;
        for (int64_t offset = first; offset < o->next && !w->checks->forgot; offset++)
            check_trigger(w, o->partition, offset);
    }
}

/* ---- work ---- */

void checks_timer(world *w, const char *who, uint32_t place, const timer_entry *t)
{
    const log_partition *p = &w->log->partitions[place];
    if (t->offset >= p->committed && !w->checks->forgot)
        world_break(w, "%s starts a timer of %s offset %lld, which is not committed", who, p->name,
                    (long long)t->offset);
}

/* Why this attempt should not be made, or NULL. */
static const char *attempt_fault(const witness *y, const attempt *t)
{
    bool has_gap = t->number > 1;
    for (const attempt *other = y->attempts; other != NULL; other = other->next) {
        if (other->step != t->step || other->run != t->run)
            continue;
        if (other->settled != 0 && t->recorded > other->settled)
            return "may have arrived, and must not be repeated";
        has_gap = has_gap && (other->number != t->number - 1 || other->made == 0);
    }
    if (has_gap)
        return "is given an attempt without the one before";
    if (!t->provider->is_outward)
        return NULL;
    if (t->recorded == 0)
        return "is given an attempt that is not recorded";
    return t->made > t->unknown ? "is given an attempt once too often" : NULL;
}

void checks_delivering(world *w, const char *who, const execution *x, const provider *p, bool arrives,
                       bool is_unknown)
{
    witness *y = find(w->checks, &x->id);
    if (y == NULL || w->checks->forgot)
        return;
    attempt *t = present_attempt(w, y, x, p);
    const char *wrong = attempt_fault(y, t);
    if (wrong != NULL)
        world_break(w, "step %zu of %s %s: attempt %lld, by %s to %s", t->step + 1, y->id.text, wrong,
                    (long long)t->number, who, p->name);
    t->made++;
    t->arrived += arrives;
    if (is_unknown && !p->retries_unknown)
        t->settled = ++w->checks->moment;
}

void checks_unknown(world *w, const execution *x, const provider *p)
{
    witness *y = find(w->checks, &x->id);
    if (y != NULL && !w->checks->forgot)
        present_attempt(w, y, x, p)->unknown += p->retries_unknown;
}

void checks_forgot(world *w)
{
    w->checks->forgot = true;
}
