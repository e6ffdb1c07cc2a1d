/* The connection to the store, as worker/shard's store and ledger keep it: requests in order, sent again
 * after a loss, but for watches and blocks: when one of those is lost, custody is told. */
#include <stdio.h>

#include "tests/simulation/worker_state.h"

enum { RETRY_MS = 20 };

request *link_request(worker *k, request_kind kind)
{
    request *r = memset(world_alloc(k->world, sizeof *r), 0, sizeof *r);
    r->kind = kind;
    return r;
}

static bool is_once(const request *r)
{
    return r->kind == REQUEST_WATCH || r->kind == REQUEST_WRITE;
}

static void connect(worker *k, void *unused)
{
    (void)unused;
    if (k->connection != NULL || k->closing)
        return;
    k->connection = redis_connect(k->world, k);
    if (k->connection == NULL) {
        worker_post(k, k->incarnation, dice_between(&k->world->dice, RETRY_MS, 300) * MS, connect, NULL);
        return;
    }
    TRACE(k->world, k->name, "is connected to the store");
    for (const request *r = k->first_request; r != NULL; r = r->next)
        redis_send(k->world, k->connection, r);
}

void link_send(worker *k, request *r)
{
    r->next = NULL;
    *k->last_request = r;
    k->last_request = &r->next;
    if (k->connection != NULL)
        redis_send(k->world, k->connection, r);
    else if (k->first_request == r)
        connect(k, NULL);
}

void link_lose(worker *k)
{
    request **link = &k->first_request;
    TRACE(k->world, k->name, "sees that its connection is lost");
    k->connection = NULL;
    k->last_request = &k->first_request;
    while (*link != NULL) {
        request *r = *link;
        if (is_once(r)) {
            *link = r->next;
        } else {
            link = &r->next;
            k->last_request = link;
        }
    }
    custody_disarm(k->custody);
    worker_post(k, k->incarnation, dice_between(&k->world->dice, 1, RETRY_MS) * MS, connect, NULL);
}

void link_drop(worker *k)
{
    if (k->connection != NULL)
        redis_break(k->world, k->connection, dice_chance(&k->world->dice, 5000));
    k->connection = NULL;
    k->first_request = NULL;
    k->last_request = &k->first_request;
}

void link_close(worker *k)
{
    request *r = k->first_request;
    link_drop(k);
    custody_disarm(k->custody);
    for (; r != NULL; r = r->next)
        if (r->kind == REQUEST_RECORD)
            tasks_read(r->task, NULL);
}

/* ---- rounds: one request a partition ---- */

static void ask_all(worker *k, request_kind kind, uint64_t ask)
{
    request *round = link_request(k, kind);
    const partition *partitions = custody_partitions(k->custody);
    uint32_t count = custody_partition_count(k->custody);
    round->outstanding = count;
    for (uint32_t i = 0; i < count; i++) {
        request *r = link_request(k, kind);
        r->round = round;
        r->ask = ask;
        r->partition = log_find(k->world, partitions[i].topic, partitions[i].number);
        memcpy(r->token, k->token, sizeof r->token);
        link_send(k, r);
    }
}

void link_fence(worker *k, uint64_t ask)
{
    const partition *partitions = custody_partitions(k->custody);
    snprintf(k->token, sizeof k->token, "%s.%llu.%u", k->name, (unsigned long long)k->incarnation,
             ++k->tokens);
    k->fence_count = custody_partition_count(k->custody);
    for (uint32_t i = 0; i < k->fence_count; i++)
        k->fences[i] = log_find(k->world, partitions[i].topic, partitions[i].number);
    if (k->fence_count == 0)
        custody_fenced(k->custody, ask);
    else
        ask_all(k, REQUEST_FENCE, ask);
}

/* Rule 8 of custody: a store that has lost writes is not passed over in silence. */
static void on_loaded(worker *k, uint64_t ask)
{
    uint64_t before = custody_store_losses(k->custody);
    custody_loaded(k->custody, ask);
    if (ask != k->load_ask)
        return;
    uint64_t told = custody_store_losses(k->custody) - before;
    if (told != k->losses)
        world_break(k->world, "%s says that %llu outboxes have lost writes, and %llu have", k->name,
                    (unsigned long long)told, (unsigned long long)k->losses);
    if (told != 0)
        TRACE(k->world, k->name, "says that the store has lost writes");
}

void link_load(worker *k, uint64_t ask)
{
    k->losses = 0;
    k->load_ask = ask;
    if (custody_partition_count(k->custody) == 0)
        on_loaded(k, ask);
    else
        ask_all(k, REQUEST_OUTBOX, ask);
}

static void take_outbox(worker *k, const shipment *s)
{
    const request *r = s->request;
    const log_partition *p = &k->world->log->partitions[r->partition];
    for (uint32_t i = 0; i < s->count; i++)
        if (!custody_restore(k->custody, r->ask, p->topic, p->number, s->entries[i].number,
                             s->entries[i].bytes.bytes, s->entries[i].bytes.size))
            world_break(k->world, "out of memory");
    k->losses += r->ask == k->load_ask && s->last < k->published[r->partition];
    if (s->last != 0)
        custody_restore_last(k->custody, r->ask, p->topic, p->number, s->last);
}

static void end_round(worker *k, const request *r)
{
    if (--r->round->outstanding > 0)
        return;
    if (r->kind == REQUEST_FENCE)
        custody_fenced(k->custody, r->ask);
    else
        on_loaded(k, r->ask);
}

/* ---- timers and commands ---- */

void link_fetch(worker *k, const custody_effect *effect)
{
    request *r = link_request(k, REQUEST_PENDING);
    r->partition = log_find(k->world, effect->partition->topic, effect->partition->number);
    r->ask = effect->ask;
    r->behind = effect->timer;
    link_send(k, r);
}

static void take_timers(worker *k, const shipment *s)
{
    const log_partition *p = &k->world->log->partitions[s->request->partition];
    int32_t found = world_fault(k->world, k->world->scenario->unread) ? -1 : (int32_t)s->count;
    if (!custody_fetched(k->custody, s->request->ask, p->topic, p->number, s->timers, found))
        world_break(k->world, "out of memory");
}

void link_read_commands(worker *k)
{
    const partition *partitions = custody_partitions(k->custody);
    if (!custody_is_owner(k->custody))
        return;
    for (uint32_t i = 0; i < custody_partition_count(k->custody); i++) {
        request *r = link_request(k, REQUEST_COMMANDS);
        r->partition = log_find(k->world, partitions[i].topic, partitions[i].number);
        link_send(k, r);
    }
}

static void take_commands(worker *k, const shipment *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        tasks_command(k, s->request->partition, &s->texts[i]);
}

/* ---- behind the fences ---- */

static request *fenced_request(worker *k, request_kind kind)
{
    request *r = link_request(k, kind);
    r->partition_count = k->fence_count;
    memcpy(r->partitions, k->fences, sizeof r->partitions);
    memcpy(r->token, k->token, sizeof r->token);
    return r;
}

/* A connection that does not exist yet cannot be leaned on. */
static void send_once(worker *k, request *r)
{
    if (k->connection == NULL)
        connect(k, NULL);
    link_send(k, r);
}

void link_watch(worker *k)
{
    send_once(k, fenced_request(k, REQUEST_WATCH));
}

static store_text copied(worker *k, const void *bytes, size_t size)
{
    return (store_text){.bytes = world_copy(k->world, bytes, size), .size = size};
}

static block_write *encode(worker *k, const fenced_write *w)
{
    block_write *b = memset(world_alloc(k->world, sizeof *b), 0, sizeof *b);
    const task *t = (const task *)(const void *)w->owner;
    b->partition = log_find(k->world, w->topic, w->partition);
    b->has_owner = t != NULL;
    memcpy(b->token, t != NULL ? t->token : k->token, sizeof b->token);
    b->in_log = t != NULL && t->activation.epoch != NULL;
    if (w->id != NULL) {
        b->has_id = true;
        b->id = *w->id;
        b->record = copied(k, w->record.text, w->record.count);
        b->picture = t->picture;
        b->expires = w->expires;
    }
    if (w->unpark != NULL) {
        b->unparks = true;
        b->unpark = *w->unpark;
    }
    if (w->park != NULL) {
        b->parks = true;
        b->park = *w->park;
    }
    if (w->entry != NULL) {
        b->entry = w->entry->number;
        b->entry_bytes = copied(k, w->entry->bytes, w->entry->size);
    }
    b->trim_from = w->trim_from;
    b->trim_to = w->trim_to;
    if (w->command != NULL)
        b->command = copied(k, w->command, w->command_size);
    return b;
}

void link_write(worker *k, const fenced_write *block, bool renew)
{
    request *r = fenced_request(k, REQUEST_WRITE);
    r->renews = renew;
    block_write **last = &r->block;
    for (; block != NULL; block = block->next) {
        *last = encode(k, block);
        last = &(*last)->next;
    }
    send_once(k, r);
}

static bool is_current(const shipment *s)
{
    for (uint32_t i = 0; i < s->request->partition_count; i++)
        if (strcmp(s->fences[i], s->connection->worker->token) != 0)
            return false;
    return true;
}

/* ---- replies ---- */

void worker_replied(worker *k, void *data)
{
    const shipment *s = data;
    request *r = k->first_request;
    if (s->connection != k->connection || r == NULL)
        return;
    assert(r == s->request);
    k->first_request = r->next;
    if (k->first_request == NULL)
        k->last_request = &k->first_request;
    switch (r->kind) {
    case REQUEST_FENCE:
        end_round(k, r);
        break;
    case REQUEST_OUTBOX:
        take_outbox(k, s);
        end_round(k, r);
        break;
    case REQUEST_PENDING:
        take_timers(k, s);
        break;
    case REQUEST_COMMANDS:
        take_commands(k, s);
        break;
    case REQUEST_RECORD:
        tasks_read(r->task, &s->record);
        break;
    case REQUEST_WATCH:
        TRACE(k->world, k->name, "has watched: the fences are %s", is_current(s) ? "ours" : "not ours");
        custody_watched(k->custody, is_current(s), worker_now_ms(k));
        break;
    case REQUEST_WRITE:
        TRACE(k->world, k->name, "has written: %s, the fences are %s", s->executed ? "done" : "refused",
              is_current(s) ? "ours" : "not ours");
        custody_written(k->custody, s->executed, is_current(s), worker_now_ms(k));
        break;
    }
}
