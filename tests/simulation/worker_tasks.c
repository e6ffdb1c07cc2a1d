/* Executions under way, as worker/shard's tasks take them along: one at a time of each id; triggers of an
 * execution that is under way wait until it is over. */
#include <stdlib.h>

#include "engine/execution/record.h"
#include "engine/limits.h"
#include "tests/simulation/worker_state.h"

/* ---- tasks ---- */

static task *new_task(worker *k)
{
    task *t = calloc(1, sizeof *t);
    assert(t != NULL);
    t->worker = k;
    arena_init(&t->memory, 6 << 10, LIMIT_TRIGGER_DECODED_BYTES);
    memcpy(t->token, k->token, sizeof t->token);
    return t;
}

static void free_task(task *t)
{
    arena_free(&t->memory);
    free(t);
}

void tasks_free_all(worker *k)
{
    while (k->running != NULL) {
        task *t = k->running;
        k->running = t->next;
        while (t != NULL) {
            task *waiting = t->waiting;
            free_task(t);
            t = waiting;
        }
    }
    k->first_ready = NULL;
    k->last_ready = &k->first_ready;
}

static task *find(worker *k, const identity *id)
{
    for (task *t = k->running; t != NULL; t = t->next)
        if (memcmp(t->activation.execution.id.text, id->text, sizeof id->text) == 0)
            return t;
    return NULL;
}

void tasks_make_ready(worker *k, task *t)
{
    if (t->ready)
        return;
    t->ready = true;
    t->next_ready = NULL;
    *k->last_ready = t;
    k->last_ready = &t->next_ready;
}

static void enter(worker *k, task *t)
{
    t->next = k->running;
    k->running = t;
    tasks_make_ready(k, t);
}

static origin origin_of(const task *t)
{
    const log_partition *p = &t->worker->world->log->partitions[t->partition];
    return (origin){.topic = workload_topic(p->topic), .partition = p->number, .offset = t->offset};
}

/* A partition that was given back meanwhile has the numbers of the log still. */
static void start_trigger(task *t)
{
    origin from = origin_of(t);
    const log_partition *p = &t->worker->world->log->partitions[t->partition];
    partition key = {.topic = p->topic, .number = p->number};
    memcpy(t->token, t->worker->token, sizeof t->token);
    activation_start(&t->activation, t->worker->custody, t->epoch, &key, &from);
    enter(t->worker, t);
}

static void unready(worker *k, task *t)
{
    task **link = &k->first_ready;
    while (*link != t)
        link = &(*link)->next_ready;
    *link = t->next_ready;
    if (*link == NULL)
        k->last_ready = link;
}

/* What is not ours any more, or was begun under fences that were given up, is left to the next takeover. */
static bool start_timer(task *t)
{
    worker *k = t->worker;
    const log_partition *p = &k->world->log->partitions[t->partition];
    if (t->generation != custody_generation(k->custody) || !custody_is_owner(k->custody))
        return false;
    TRACE(k->world, k->name, "starts the timer of %s", t->timer.id.text);
    activation_start_timer(&t->activation, k->custody, custody_partition(k->custody, p->topic, p->number),
                           &t->timer);
    enter(k, t);
    return true;
}

/* Begins with the first that can; the others wait for it. */
static void start_waiting(task *t)
{
    while (t != NULL) {
        task *next = t->waiting;
        if (t->message != NULL) {
            start_trigger(t);
            return;
        }
        if (start_timer(t))
            return;
        free_task(t);
        t = next;
    }
}

/* A trigger is accounted for when it is over, or handed over; what was dropped comes again. */
static void account(task *t)
{
    batch *b = t->epoch == NULL || t->accounted ? NULL : t->epoch->shell;
    if (b == NULL || t->activation.end == ACTIVATION_DROPPED)
        return;
    t->accounted = true;
    b->accounted++;
}

static void leave(task *t)
{
    worker *k = t->worker;
    task **link = &k->running, *waiting = t->waiting;
    if (t->ready)
        unready(k, t);
    account(t);
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    free_task(t);
    start_waiting(waiting);
}

/* One at a time of each execution. */
static void start_or_wait(task *t)
{
    task *other = find(t->worker, &t->activation.execution.id);
    if (other == NULL || (t->message != NULL && activation_is_handed(&other->activation))) {
        start_waiting(t);
        return;
    }
    while (other->waiting != NULL)
        other = other->waiting;
    other->waiting = t;
}

/* ---- triggers ---- */

static void take(worker *k, uint32_t place, int64_t offset)
{
    enum { TRIGGER_BYTES = 100 };
    const log_partition *p = &k->world->log->partitions[place];
    const message *m = &p->messages[offset];
    epoch *e = custody_take(k->custody, p->topic, p->number, offset, TRIGGER_BYTES, worker_now_ms(k));
    TRACE(k->world, k->name, "%s trigger %lld of %s", e == NULL ? "leaves" : "takes", (long long)offset,
          p->name);
    if (e == NULL)
        return;
    if (e->shell == NULL)
        e->shell = calloc(1, sizeof(batch));
    batch *b = e->shell;
    if (m->broken) {
        events_add(k->world, &b->events, events_of_rejection(place, offset));
        b->accounted++;
        custody_settle(k->custody, e);
        return;
    }
    task *t = new_task(k);
    t->message = m;
    t->partition = place;
    t->offset = offset;
    t->epoch = e;
    t->activation.execution.id = m->id;
    start_or_wait(t);
}

void tasks_take(worker *k)
{
    enum { TRIGGERS_A_TURN = 8 };
    for (int i = 0; i < TRIGGERS_A_TURN; i++) {
        uint32_t ahead[PARTITIONS_MAX], count = 0;
        if (!k->reading || !custody_may_poll(k->custody))
            return;
        for (uint32_t a = 0; a < k->assigned_count; a++)
            if (k->positions[k->assigned[a]] < k->world->log->partitions[k->assigned[a]].count)
                ahead[count++] = k->assigned[a];
        if (count == 0)
            return;
        uint32_t place = ahead[dice_below(&k->world->dice, count)];
        take(k, place, k->positions[place]++);
    }
}

/* ---- timers and commands ---- */

void tasks_start_timer(worker *k, const custody_effect *effect)
{
    uint32_t place = log_find(k->world, effect->partition->topic, effect->partition->number);
    checks_timer(k->world, k->name, place, &effect->timer);
    task *t = new_task(k);
    t->partition = place;
    t->timer = effect->timer;
    t->generation = custody_generation(k->custody);
    t->activation.execution.id = effect->timer.id;
    start_or_wait(t);
}

/* "cancel:<id>:<n>" or "retry:<id>:<n>" */
static activation_command parse(const store_text *command, identity *id)
{
    const char *colon = memchr(command->bytes, ':', command->size);
    value text = value_string(colon + 1, 36);
    if (!identity_parse(&text, id))
        return COMMAND_NONE;
    return command->bytes[0] == 'c' ? COMMAND_CANCEL : COMMAND_RETRY;
}

void tasks_command(worker *k, uint32_t place, const store_text *command)
{
    identity id;
    activation_command what = parse(command, &id);
    const log_partition *p = &k->world->log->partitions[place];
    const struct partition *known = custody_partition(k->custody, p->topic, p->number);
    if (known == NULL || !custody_is_owner(k->custody))
        return;
    task *t = find(k, &id);
    if (t != NULL) {
        if (t->ordered != NULL && memcmp(t->ordered, command->bytes, command->size) == 0)
            return;
        if (activation_order(&t->activation, what, command->bytes, command->size)) {
            TRACE(k->world, k->name, "orders %.*s", (int)command->size, command->bytes);
            t->ordered = command->bytes;
        }
        return;
    }
    TRACE(k->world, k->name, "begins %.*s", (int)command->size, command->bytes);
    t = new_task(k);
    t->partition = place;
    t->ordered = command->bytes;
    t->activation.execution.id = id;
    activation_start_command(&t->activation, k->custody, known, what, command->bytes, command->size);
    enter(k, t);
}

/* ---- what activations need ---- */

static void ask_for_record(task *t)
{
    request *r = link_request(t->worker, REQUEST_RECORD);
    r->id = t->activation.execution.id;
    r->task = t;
    link_send(t->worker, r);
}

void tasks_read(task *t, const store_text *record)
{
    error e;
    const char *bytes =
        record == NULL || record->bytes == NULL ? NULL : arena_copy(&t->memory, record->bytes, record->size);
    if (!activation_read(&t->activation, &t->memory, bytes, bytes == NULL ? 0 : record->size,
                         worker_wall_ms(t->worker), &e))
        world_break(t->worker->world, "%s cannot read a record: %s", t->worker->name, e.message);
    tasks_make_ready(t->worker, t);
}

static void reject(task *t)
{
    worker *k = t->worker;
    batch *b = t->epoch->shell;
    TRACE(k->world, k->name, "rejects trigger %lld of %s", (long long)t->offset,
          k->world->log->partitions[t->partition].name);
    if (t->message->verdict != VERDICT_REJECTED)
        world_break(k->world, "%s rejects %s, which is sound", k->name, t->activation.execution.id.text);
    events_add(k->world, &b->events, events_of_rejection(t->partition, t->offset));
    activation_rejected(&t->activation);
}

static void begin(task *t)
{
    const workload *l = t->worker->world->workload;
    const message *m = t->message;
    const log_partition *p = &t->worker->world->log->partitions[t->partition];
    error e;
    trigger tr = workload_trigger(m, p->topic, p->number, t->offset);
    identity id = t->activation.execution.id;
    if (m->workflow == NULL || !execution_check(&tr, m->workflow, l->validator, &e) ||
        !execution_begin(&t->activation.execution, &id, &tr, m->workflow, &t->memory,
                         worker_wall_ms(t->worker), &e))
        reject(t);
    else
        activation_begun(&t->activation);
}

static void on_bound(worker *k, void *data)
{
    task *t = data;
    error e;
    const workflow *w = workload_find(k->world->workload, &t->activation.execution.workflow_id);
    if (t->activation.epoch == NULL && world_fault(k->world, k->world->scenario->unbound)) {
        k->world->postponed = true;
        TRACE(k->world, k->name, "cannot get the workflow of %s now", t->activation.execution.id.text);
        activation_unbound(&t->activation);
    } else if (!activation_bound(&t->activation, w, &t->memory, &e)) {
        world_break(k->world, "%s cannot bind: %s", k->name, e.message);
    }
    tasks_make_ready(k, t);
}

static void bind(task *t)
{
    if (dice_chance(&t->worker->world->dice, 2000))
        worker_post(t->worker, t->worker->incarnation, world_latency_us(t->worker->world, 3 * MS), on_bound,
                    t);
    else
        on_bound(t->worker, t);
}

static void resolve(task *t)
{
    execution *x = &t->activation.execution;
    const provider *p = workload_provider(execution_provider(x));
    assert(p != NULL);
    TRACE(t->worker->world, t->worker->name, "does not know how step %zu of %s ended at %s: %s",
          x->current_step + 1, x->id.text, p->name, p->retries_unknown ? "again" : "it fails");
    checks_unknown(t->worker->world, x, p);
    activation_resolve(&t->activation, p->retries_unknown, worker_wall_ms(t->worker));
}

static void write_record(task *t)
{
    worker *k = t->worker;
    activation *a = &t->activation;
    event_list events = {0};
    buffer record;
    buffer_init(&record, &t->memory, LIMIT_RECORD_BYTES);
    if (a->purpose != PURPOSE_CLEAR) {
        record_write(&record, &a->execution);
        assert(!record.failed);
        t->picture = picture_take(k->world, &t->memory, &a->execution);
    }
    if (activation_tells(a))
        events_add_execution(k->world, &events, &t->memory, &a->execution, a->told);
    if (!activation_write(a, a->purpose == PURPOSE_CLEAR ? value_null() : buffer_string(&record),
                          (const char *)events.items, events.count * sizeof *events.items))
        world_break(k->world, "out of memory");
}

static void announce(task *t)
{
    activation *a = &t->activation;
    batch *b = a->epoch->shell;
    events_add_execution(t->worker->world, &b->events, &t->memory, &a->execution, a->told);
    if (!activation_announced(a))
        world_break(t->worker->world, "out of memory");
    if (a->hand == HANDED) {
        t->activation.end = ACTIVATION_PARKED;
        account(t);
        t->epoch = NULL;
    }
    if (activation_is_handed(a) && t->waiting != NULL) {
        task *waiting = t->waiting;
        t->waiting = NULL;
        start_waiting(waiting);
    }
}

/* ---- deliveries ---- */

static void on_delivered(worker *k, void *data)
{
    task *t = data;
    TRACE(k->world, k->name, "hears from %s of %s: %s", t->provider->name, t->activation.execution.id.text,
          t->result.delivered ? "delivered" : t->result.failure.code);
    activation_report(&t->activation, &t->result);
    tasks_make_ready(k, t);
}

static bool is_left(const execution *x, const provider *p)
{
    return !execution_has_asked(x, p->name);
}

static bool has_more(const task *t)
{
    const execution *x = &t->activation.execution;
    for (const provider *const *p = *workload_route(execution_step(x)); *p != NULL; p++)
        if (*p != t->provider && is_left(x, *p))
            return true;
    return false;
}

static bool takes_it(world *w, const provider *p)
{
    return p != NULL && !world_fails(w, FAILURE_CLOSED) && !world_fault(w, w->scenario->closed);
}

/* Who was asked already, or else the first that has not been, and takes it now. NULL: nobody does. */
static const provider *choose(const task *t)
{
    world *w = t->worker->world;
    const execution *x = &t->activation.execution;
    const provider *present = workload_provider(execution_provider(x));
    if (takes_it(w, present))
        return present;
    for (const provider *const *p = *workload_route(execution_step(x)); *p != NULL; p++)
        if (*p != present && is_left(x, *p) && takes_it(w, *p))
            return *p;
    return NULL;
}

static const delivery_failure *refusal(world *w)
{
    static const delivery_failure busy = {.code = "busy", .message = "it is busy", .retriable = true};
    static const delivery_failure wrong = {.code = "no_such_address", .message = "there is no such address"};
    static const delivery_failure timeout = {
        .code = "timeout", .message = "it did not answer", .unknown = true};
    if (world_fails(w, FAILURE_DELIVERY) || world_fault(w, w->scenario->refused))
        return &busy;
    if (world_fails(w, FAILURE_ADDRESS) || world_fault(w, w->scenario->permanent))
        return &wrong;
    return world_fails(w, FAILURE_UNKNOWN) || world_fault(w, w->scenario->unknown) ? &timeout : NULL;
}

static activation_result outcome(const task *t)
{
    world *w = t->worker->world;
    const provider *p = t->provider;
    activation_result r = {.provider = p->name, .delivered = true, .random = dice_next(&w->dice)};
    const delivery_failure *f = refusal(w);
    if (f == NULL) {
        r.message_id = value_cstring("id");
        return r;
    }
    r.delivered = false;
    r.failure = *f;
    r.failure.provider = p->name;
    r.failure.retriable |= f->unknown && p->retries_unknown;
    r.failure.retry_after_ms = r.failure.retriable && dice_chance(&w->dice, 1000) ? 700 : 0;
    r.failure.more = has_more(t);
    return r;
}

/* False where nobody takes it. */
static bool choose_provider(task *t)
{
    worker *k = t->worker;
    const execution *x = &t->activation.execution;
    if (t->activation.intended)
        return true;
    t->provider = choose(t);
    if (t->provider != NULL) {
        activation_choose(&t->activation, t->provider->name);
        return true;
    }
    int64_t due_ms = worker_wall_ms(k) + dice_between(&k->world->dice, 1, 1500);
    TRACE(k->world, k->name, "postpones step %zu of %s", x->current_step + 1, x->id.text);
    activation_postpone(&t->activation, due_ms);
    return false;
}

/* What goes out of the house is recorded first; then it takes its time. */
static void deliver(task *t)
{
    worker *k = t->worker;
    world *w = k->world;
    const execution *x = &t->activation.execution;
    if (!choose_provider(t))
        return;
    bool outward = t->provider->is_outward;
    if (outward && !t->activation.intended) {
        activation_intend(&t->activation);
        return;
    }
    TRACE(w, k->name, "gives step %zu of %s to %s, run %lld, attempt %lld", x->current_step + 1, x->id.text,
          t->provider->name, (long long)x->run, (long long)x->steps[x->current_step].attempt);
    activation_deliver(&t->activation);
    t->result = outcome(t);
    bool is_unknown = t->result.failure.unknown;
    bool arrives = t->result.delivered || (is_unknown && dice_chance(&w->dice, 5000));
    checks_delivering(w, k->name, x, t->provider, arrives, is_unknown);
    if (!outward && dice_chance(&w->dice, 5000)) {
        on_delivered(k, t);
        return;
    }
    int64_t takes_us = world_latency_us(w, 4 * MS);
    if (world_fault(w, w->scenario->slow))
        takes_us = dice_between(&w->dice, 200, 3000) * MS;
    worker_post(k, k->incarnation, takes_us, on_delivered, t);
}

/* ---- going on ---- */

/* One need; false where nothing more can be asked for now. */
static bool serve(task *t, activation_need need)
{
    switch (need) {
    case ACTIVATION_NOTHING:
        return false;
    case ACTIVATION_READ:
        ask_for_record(t);
        return false;
    case ACTIVATION_BEGIN:
        begin(t);
        return true;
    case ACTIVATION_BIND:
        bind(t);
        return true;
    case ACTIVATION_RESOLVE:
        resolve(t);
        return true;
    case ACTIVATION_DELIVER:
        deliver(t);
        return true;
    case ACTIVATION_RECORD:
        write_record(t);
        return true;
    case ACTIVATION_ANNOUNCE:
        announce(t);
        return true;
    case ACTIVATION_OVER:
        leave(t);
        return false;
    }
    return false;
}

void tasks_proceed(task *t, activation_need need, bool held)
{
    worker *k = t->worker;
    for (;;) {
        if (!held)
            need = activation_next(&t->activation, worker_wall_ms(k));
        if (!held && need != ACTIVATION_NOTHING && need != ACTIVATION_OVER && worker_stalls(k)) {
            k->held_task = t;
            k->held_need = need;
            return;
        }
        held = false;
        if (!serve(t, need))
            return;
    }
}

void tasks_run_ready(worker *k)
{
    while (k->first_ready != NULL && !worker_is_stalled(k)) {
        task *t = k->first_ready;
        k->first_ready = t->next_ready;
        if (k->first_ready == NULL)
            k->last_ready = &k->first_ready;
        t->ready = false;
        tasks_proceed(t, ACTIVATION_NOTHING, false);
    }
}
