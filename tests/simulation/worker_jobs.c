/* The calls that wait for Kafka: registering the producer, reading positions, commits; and the group. */
#include "tests/simulation/worker_state.h"

/* ---- the group ---- */

static void on_join_arrives(void *subject, uint64_t incarnation, void *data)
{
    worker *k = subject;
    (void)data;
    if (k->incarnation == incarnation && k->membership == JOINING)
        group_join(k->world, k->number, incarnation);
}

static void join(worker *k)
{
    if (k->stopping)
        return;
    k->membership = JOINING;
    agenda_add(&k->world->agenda, world_latency_us(k->world, 3 * MS), on_join_arrives, k, k->incarnation,
               NULL);
}

typedef struct assignment {
    uint64_t generation;
    uint32_t partitions[PARTITIONS_MAX];
    uint32_t count;
} assignment;

static void on_assigned(worker *k, void *data)
{
    const assignment *a = data;
    partition keys[PARTITIONS_MAX];
    if (k->membership != JOINING || k->closing)
        return;
    for (uint32_t i = 0; i < a->count; i++) {
        const log_partition *p = &k->world->log->partitions[a->partitions[i]];
        keys[i] = (partition){.topic = p->topic, .number = p->number};
        k->assigned[i] = a->partitions[i];
        k->positions[a->partitions[i]] = -1;
        TRACE(k->world, k->name, "is assigned %s in generation %llu", p->name,
              (unsigned long long)a->generation);
    }
    k->assigned_count = a->count;
    k->generation = a->generation;
    k->membership = MEMBER;
    if (!custody_assign(k->custody, keys, a->count))
        world_break(k->world, "out of memory");
}

void worker_assigned(worker *k, uint64_t incarnation, const uint32_t *partitions, uint32_t count,
                     uint64_t generation)
{
    assignment a = {.generation = generation, .count = count};
    memcpy(a.partitions, partitions, sizeof a.partitions);
    worker_post(k, incarnation, 0, on_assigned, world_copy(k->world, &a, sizeof a));
}

static void on_revoked(worker *k, void *data)
{
    bool lost = *(const bool *)data;
    if (k->closing)
        return;
    if (k->membership == JOINING && lost) {
        join(k);
    } else if (k->membership == MEMBER || (k->membership == RELEASING_MEMBER && lost)) {
        TRACE(k->world, k->name, "%s", lost ? "has lost its partitions" : "is to give its partitions back");
        k->membership = RELEASING_MEMBER;
        custody_revoke(k->custody, worker_now_ms(k), lost);
    }
}

void worker_revoked(worker *k, uint64_t incarnation, bool lost)
{
    worker_post(k, incarnation, 0, on_revoked, world_copy(k->world, &lost, sizeof lost));
}

void jobs_release(worker *k)
{
    k->reading = false;
    k->assigned_count = 0;
    custody_released(k->custody);
    k->membership = OUTSIDE;
    join(k);
}

void jobs_leave(worker *k)
{
    k->reading = false;
    k->membership = OUTSIDE;
    group_leave(k->world, k->number, k->incarnation);
}

static void on_heartbeat_arrives(void *subject, uint64_t number, void *data)
{
    (void)number;
    group_heartbeat(subject, data);
}

void jobs_heartbeat(worker *k)
{
    member_id m = {.worker = k->number, .incarnation = k->incarnation, .generation = k->generation};
    if (k->membership == MEMBER)
        agenda_add(&k->world->agenda, world_latency_us(k->world, 2 * MS), on_heartbeat_arrives, k->world, 0,
                   world_copy(k->world, &m, sizeof m));
}

/* ---- registering ---- */

static void on_registered(worker *k, void *data)
{
    k->producer_epoch = *(const uint64_t *)data;
    k->registered = true;
    join(k);
}

static void on_register_arrives(void *subject, uint64_t incarnation, void *data)
{
    worker *k = subject;
    (void)data;
    if (k->incarnation != incarnation)
        return;
    uint64_t granted = log_register(k->world, worker_producer(k));
    worker_post(k, incarnation, world_latency_us(k->world, 2 * MS), on_registered,
                world_copy(k->world, &granted, sizeof granted));
}

void jobs_register(worker *k)
{
    agenda_add(&k->world->agenda, world_latency_us(k->world, 2 * MS), on_register_arrives, k, k->incarnation,
               NULL);
}

/* ---- positions ---- */

typedef struct position_job {
    worker *worker;
    uint64_t incarnation;
    uint32_t partitions[PARTITIONS_MAX];
    uint32_t count;
    int64_t committed[PARTITIONS_MAX];
    char metadata[PARTITIONS_MAX][METADATA_SIZE];
    size_t metadata_size[PARTITIONS_MAX];
} position_job;

static void seek(worker *k, uint32_t place, int64_t to)
{
    const log_partition *p = &k->world->log->partitions[place];
    if (custody_partition(k->custody, p->topic, p->number) != NULL)
        k->positions[place] = to;
}

/* Where nothing was ever committed, the beginning. */
static int64_t position_of(int64_t committed)
{
    return committed >= 0 ? committed : 0;
}

static void on_positions(worker *k, void *data)
{
    const position_job *j = data;
    for (uint32_t i = 0; i < j->count; i++) {
        const log_partition *p = &k->world->log->partitions[j->partitions[i]];
        TRACE(k->world, k->name, "reads %s: committed %lld \"%.*s\"", p->name, (long long)j->committed[i],
              (int)j->metadata_size[i], j->metadata[i]);
        custody_position(k->custody, p->topic, p->number, position_of(j->committed[i]), j->metadata[i],
                         j->metadata_size[i]);
        k->published[j->partitions[i]] = outbox_read_metadata(j->metadata[i], j->metadata_size[i]);
        if (custody_accepted(k->custody))
            seek(k, j->partitions[i], position_of(j->committed[i]));
    }
    custody_positioned(k->custody);
}

/* Stable offsets: what is pending must be decided first. */
static void on_positions_arrive(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    position_job *j = data;
    (void)number;
    bool pending = false;
    for (uint32_t i = 0; i < j->count; i++)
        pending |= w->log->partitions[j->partitions[i]].pending > 0;
    if (pending) {
        agenda_add(&w->agenda, dice_between(&w->dice, 10, 100) * MS, on_positions_arrive, w, 0, j);
        return;
    }
    for (uint32_t i = 0; i < j->count; i++) {
        const log_partition *p = &w->log->partitions[j->partitions[i]];
        j->committed[i] = p->committed;
        j->metadata_size[i] = p->metadata_size;
        memcpy(j->metadata[i], p->metadata, METADATA_SIZE);
    }
    worker_post(j->worker, j->incarnation, world_latency_us(w, 2 * MS), on_positions, j);
}

void jobs_position(worker *k)
{
    position_job *j = memset(world_alloc(k->world, sizeof *j), 0, sizeof *j);
    j->worker = k;
    j->incarnation = k->incarnation;
    j->count = k->assigned_count;
    memcpy(j->partitions, k->assigned, sizeof j->partitions);
    agenda_add(&k->world->agenda, world_latency_us(k->world, 2 * MS), on_positions_arrive, k->world, 0, j);
}

void jobs_accept(worker *k)
{
    for (uint32_t i = 0; i < k->assigned_count; i++) {
        const log_partition *p = &k->world->log->partitions[k->assigned[i]];
        int64_t committed = custody_partition(k->custody, p->topic, p->number)->committed;
        k->positions[k->assigned[i]] = committed >= 0 ? committed : 0;
    }
    k->reading = true;
    custody_accept(k->custody);
}

/* ---- commits ---- */

typedef struct commit_job {
    transaction transaction; /* first */
    worker *worker;
    uint64_t incarnation;
    epoch *epoch;
    bool register_first;
    bool put; /* the offsets are */
    bool ok;
} commit_job;

static void send_end(commit_job *j);

static void on_aborted(worker *k, void *data)
{
    const commit_job *j = data;
    TRACE(k->world, k->name, "its transaction is aborted, as it believes");
    k->registered = false;
    k->committing = NULL;
    custody_aborted(k->custody, j->epoch);
}

static void on_commit_ended(worker *k, void *data)
{
    const commit_job *j = data;
    if (!j->ok) {
        on_aborted(k, data);
        return;
    }
    TRACE(k->world, k->name, "its transaction is committed");
    k->committing = NULL;
    custody_committed(k->custody, j->epoch);
}

static void on_end_arrives(void *subject, uint64_t lost, void *data)
{
    world *w = subject;
    commit_job *j = data;
    j->ok = log_end(w, &j->transaction, true);
    if (!lost)
        worker_post(j->worker, j->incarnation, world_latency_us(w, 3 * MS), on_commit_ended, j);
}

static void on_end_again(worker *k, void *data)
{
    (void)k;
    send_end(data);
}

/* The answer does not come. The client asks again, or gives the transaction up, whatever has become of it. */
static void lose_end(commit_job *j)
{
    world *w = j->worker->world;
    bool arrives = dice_chance(&w->dice, 6000);
    int64_t later_us = dice_between(&w->dice, 50, 1500) * MS;
    TRACE(w, j->worker->name, "the answer to its commit is lost");
    if (arrives)
        agenda_add(&w->agenda, world_latency_us(w, 3 * MS) + (dice_chance(&w->dice, 3000) ? later_us : 0),
                   on_end_arrives, w, true, j);
    worker_post(j->worker, j->incarnation, dice_between(&w->dice, 50, 1000) * MS,
                dice_chance(&w->dice, 5000) ? on_end_again : on_aborted, j);
}

/* Whatever has become of it. */
static void give_up(commit_job *j, bool arrives)
{
    world *w = j->worker->world;
    if (arrives)
        agenda_add(&w->agenda, world_latency_us(w, 3 * MS), on_end_arrives, w, true, j);
    worker_post(j->worker, j->incarnation, (int64_t)500 * MS, on_aborted, j);
}

static void send_end(commit_job *j)
{
    world *w = j->worker->world;
    if (world_fails(w, FAILURE_COMMIT))
        give_up(j, false);
    else if (world_fails(w, FAILURE_ANSWER))
        give_up(j, true);
    else if (world_fault(w, w->scenario->answer_lost))
        lose_end(j);
    else
        agenda_add(&w->agenda, world_latency_us(w, 3 * MS), on_end_arrives, w, false, j);
}

static void on_put(worker *k, void *data)
{
    commit_job *j = data;
    (void)k;
    if (j->register_first)
        k->producer_epoch = j->transaction.producer_epoch;
    k->registered = true;
    if (j->ok)
        send_end(j);
    else
        on_aborted(k, j);
}

static void on_put_arrives(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    commit_job *j = data;
    (void)number;
    if (j->register_first)
        j->transaction.producer_epoch = log_register(w, j->transaction.producer);
    j->ok = log_put_offsets(w, &j->transaction);
    if (!j->ok)
        TRACE(w, "kafka", "refuses the offsets of %s", j->worker->name);
    if (j->ok && (world_fails(w, FAILURE_OFFSETS) || world_fault(w, w->scenario->transaction_fails))) {
        TRACE(w, "kafka", "fails the transaction of %s", j->worker->name);
        j->ok = false;
        (void)log_end(w, &j->transaction, false);
    }
    worker_post(j->worker, j->incarnation, world_latency_us(w, 3 * MS), on_put, j);
}

static void add_offset(worker *k, transaction *t, const epoch_offset *o)
{
    log_offset *to = &t->offsets[t->offset_count++];
    const partition *p = custody_partition(k->custody, o->topic, o->partition);
    *to = (log_offset){.partition = log_find(k->world, o->topic, o->partition),
                       .next = o->next,
                       .outbox_from = o->outbox_from,
                       .outbox = o->outbox};
    assert(p != NULL && o->next >= 0);
    for (const outbox_entry *x = p->outbox.first; x != NULL && x->number <= o->outbox; x = x->next)
        if (x->number > o->outbox_from)
            events_add_entry(k->world, &t->events, x->bytes, x->size);
    to->metadata_size = outbox_write_metadata(o->outbox, to->metadata);
}

void jobs_commit(worker *k, epoch *e)
{
    commit_job *j = memset(world_alloc(k->world, sizeof *j), 0, sizeof *j);
    const batch *b = e->shell;
    j->transaction = (transaction){
        .world = k->world,
        .producer = worker_producer(k),
        .producer_epoch = k->producer_epoch,
        .member = {.worker = k->number, .incarnation = k->incarnation, .generation = k->generation},
    };
    j->worker = k;
    j->incarnation = k->incarnation;
    j->epoch = k->committing = e;
    j->register_first = !k->registered;
    if (b != NULL)
        j->transaction.events = b->events;
    j->transaction.events.capacity = j->transaction.events.count; /* what is added goes elsewhere */
    for (uint32_t i = 0; i < e->offset_count; i++)
        add_offset(k, &j->transaction, &e->offsets[i]);
    agenda_add(&k->world->agenda, world_latency_us(k->world, 3 * MS), on_put_arrives, k->world, 0, j);
}
