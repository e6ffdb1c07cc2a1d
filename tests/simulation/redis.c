#include "tests/simulation/redis.h"

#include "engine/limits.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/log.h"
#include "tests/simulation/worker.h"

void redis_make(world *w)
{
    w->redis = memset(world_alloc(w, sizeof *w->redis), 0, sizeof *w->redis);
}

/* ---- data ---- */

static uint32_t slot_of(const identity *id)
{
    return id->bytes[0] % RECORD_SLOTS;
}

static redis_record *find(const redis_data *d, const identity *id)
{
    for (redis_record *r = d->records[slot_of(id)]; r != NULL; r = r->next)
        if (memcmp(r->id.text, id->text, sizeof id->text) == 0)
            return r;
    return NULL;
}

const redis_record *redis_find(const redis_data *d, const identity *id)
{
    return find(d, id);
}

bool redis_is_pending(const redis_data *d, uint32_t place, const identity *id)
{
    const redis_partition *p = &d->partitions[place];
    for (uint32_t i = 0; i < p->pending_count; i++)
        if (memcmp(p->pending[i].id.text, id->text, sizeof id->text) == 0)
            return true;
    return false;
}

/* Grows an array of the world's arena. */
static void *grown(world *w, void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 16 : 2 * *capacity;
    void *moved = world_alloc(w, *capacity * size);
    if (count > 0)
        memcpy(moved, items, count * size);
    return moved;
}

static uint32_t place_of(const redis_partition *p, const timer_entry *t)
{
    uint32_t i = 0;
    while (i < p->pending_count && timer_compare(&p->pending[i], t) < 0)
        i++;
    return i;
}

static void unpark(redis_partition *p, const timer_entry *t)
{
    uint32_t i = place_of(p, t);
    if (i == p->pending_count || timer_compare(&p->pending[i], t) != 0)
        return;
    p->pending_count--;
    memmove(p->pending + i, p->pending + i + 1, (p->pending_count - i) * sizeof *p->pending);
}

static void park(world *w, redis_partition *p, const timer_entry *t)
{
    uint32_t i = place_of(p, t);
    if (i < p->pending_count && timer_compare(&p->pending[i], t) == 0)
        return;
    p->pending = grown(w, p->pending, p->pending_count, &p->pending_capacity, sizeof *p->pending);
    memmove(p->pending + i + 1, p->pending + i, (p->pending_count - i) * sizeof *p->pending);
    p->pending[i] = *t;
    p->pending_count++;
}

static void put_record(world *w, const block_write *b)
{
    redis_record *r = find(&w->redis->now, &b->id);
    if (r == NULL) {
        redis_record **slot = &w->redis->now.records[slot_of(&b->id)];
        r = world_alloc(w, sizeof *r);
        *r = (redis_record){.next = *slot, .id = b->id};
        *slot = r;
    }
    r->text = b->record;
    r->picture = b->picture;
    r->expires = b->expires;
}

static void put_entry(world *w, redis_partition *p, const block_write *b)
{
    p->last = b->entry;
    for (uint32_t i = 0; i < p->outbox_count; i++) {
        if (p->outbox[i].number == b->entry) {
            p->outbox[i].bytes = b->entry_bytes;
            return;
        }
    }
    p->outbox = grown(w, p->outbox, p->outbox_count, &p->outbox_capacity, sizeof *p->outbox);
    p->outbox[p->outbox_count++] = (redis_entry){.number = b->entry, .bytes = b->entry_bytes};
}

static void trim(redis_partition *p, uint64_t from, uint64_t to)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->outbox_count; i++)
        if (p->outbox[i].number < from || p->outbox[i].number > to)
            p->outbox[kept++] = p->outbox[i];
    p->outbox_count = kept;
}

static void remove_command(redis_partition *p, const store_text *t)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->command_count; i++) {
        bool same = p->commands[i].size == t->size && memcmp(p->commands[i].bytes, t->bytes, t->size) == 0;
        if (!same)
            p->commands[kept++] = p->commands[i];
    }
    p->command_count = kept;
}

static void apply(world *w, const block_write *b)
{
    redis_partition *p = &w->redis->now.partitions[b->partition];
    if (b->has_id)
        put_record(w, b);
    if (b->unparks)
        unpark(p, &b->unpark);
    if (b->parks)
        park(w, p, &b->park);
    if (b->entry != 0)
        put_entry(w, p, b);
    if (b->trim_from != 0)
        trim(p, b->trim_from, b->trim_to);
    if (b->command.bytes != NULL)
        remove_command(p, &b->command);
}

/* ---- requests ---- */

static void set_fence(world *w, const request *r, uint32_t place)
{
    redis_partition *p = &w->redis->now.partitions[place];
    memcpy(p->fence, r->token, sizeof p->fence);
    p->touched++;
}

static void read_outbox(world *w, shipment *s)
{
    const redis_partition *p = &w->redis->now.partitions[s->request->partition];
    s->count = p->outbox_count;
    s->last = p->last;
    s->entries = world_copy(w, p->outbox, p->outbox_count * sizeof *p->outbox);
}

static void read_pending(world *w, shipment *s)
{
    const redis_partition *p = &w->redis->now.partitions[s->request->partition];
    uint32_t first = 0;
    while (first < p->pending_count && s->request->behind.due_ms >= 0 &&
           timer_compare(&p->pending[first], &s->request->behind) <= 0)
        first++;
    s->count = p->pending_count - first < LIMIT_TIMER_PAGE ? p->pending_count - first : LIMIT_TIMER_PAGE;
    s->timers = world_copy(w, p->pending + first, s->count * sizeof *p->pending);
}

static void read_commands(world *w, shipment *s)
{
    const redis_partition *p = &w->redis->now.partitions[s->request->partition];
    s->count = p->command_count;
    s->texts = world_copy(w, p->commands, p->command_count * sizeof *p->commands);
}

static void watch(world *w, shipment *s)
{
    const request *r = s->request;
    connection *c = s->connection;
    for (uint32_t i = 0; i < r->partition_count; i++) {
        const redis_partition *p = &w->redis->now.partitions[r->partitions[i]];
        c->seen[r->partitions[i]] = p->touched;
        memcpy(s->fences[i], p->fence, TOKEN_SIZE);
    }
    c->watching = true;
}

/* EXEC refuses where a watched fence was touched, and ends the watch in any case. */
static void write_block(world *w, shipment *s)
{
    const request *r = s->request;
    connection *c = s->connection;
    s->executed = true;
    for (uint32_t i = 0; c->watching && i < r->partition_count; i++)
        s->executed &= c->seen[r->partitions[i]] == w->redis->now.partitions[r->partitions[i]].touched;
    for (uint32_t i = 0; s->executed && r->renews && i < r->partition_count; i++)
        set_fence(w, r, r->partitions[i]);
    for (const block_write *b = r->block; s->executed && b != NULL; b = b->next) {
        checks_writing(w, worker_name(c->worker), b);
        apply(w, b);
        checks_wrote(w, worker_name(c->worker), b);
    }
    TRACE(w, "redis", "%s: a block of %s %s", worker_name(c->worker), r->token,
          s->executed ? "is carried out" : "is refused: a fence was touched");
    watch(w, s);
}

static void execute(world *w, shipment *s)
{
    const redis_record *record;
    switch (s->request->kind) {
    case REQUEST_FENCE:
        set_fence(w, s->request, s->request->partition);
        break;
    case REQUEST_OUTBOX:
        read_outbox(w, s);
        break;
    case REQUEST_PENDING:
        read_pending(w, s);
        break;
    case REQUEST_COMMANDS:
        read_commands(w, s);
        break;
    case REQUEST_RECORD:
        record = redis_find(&w->redis->now, &s->request->id);
        s->record = record == NULL ? (store_text){0} : record->text;
        break;
    case REQUEST_WATCH:
        watch(w, s);
        break;
    case REQUEST_WRITE:
        write_block(w, s);
        break;
    }
}

/* ---- connections ---- */

connection *redis_connect(world *w, worker *k)
{
    if (w->agenda.now_us < w->redis->up_us)
        return NULL;
    connection *c = memset(world_alloc(w, sizeof *c), 0, sizeof *c);
    c->worker = k;
    c->incarnation = worker_incarnation(k);
    return c;
}

static void on_arrival(void *subject, uint64_t number, void *data)
{
    world *w = subject;
    shipment *s = data;
    connection *c = s->connection;
    (void)number;
    if (c->closed)
        return;
    if (!s->held && w->agenda.now_us < c->held_us) {
        s->held = true;
        agenda_add(&w->agenda, c->held_us++ - w->agenda.now_us, on_arrival, w, 0, s); /* in their order */
        return;
    }
    if (world_fails(w, FAILURE_REQUEST)) {
        worker_disconnect(c->worker, false);
        return;
    }
    execute(w, s);
    if (world_fails(w, FAILURE_STORE))
        w->redis->up_us = w->agenda.now_us + 4 * SECOND;
    if (w->agenda.now_us < w->redis->up_us || world_fails(w, FAILURE_REPLY)) {
        worker_disconnect(c->worker, false);
        return;
    }
    int64_t at_us = w->agenda.now_us + world_latency_us(w, MS / 4);
    c->answers_us = at_us > c->answers_us ? at_us : c->answers_us + 1;
    worker_post(c->worker, c->incarnation, c->answers_us - w->agenda.now_us, worker_replied, s);
}

void redis_send(world *w, connection *c, const request *r)
{
    shipment *s = world_alloc(w, sizeof *s);
    *s = (shipment){.world = w, .connection = c, .request = r};
    int64_t at_us = w->agenda.now_us + world_latency_us(w, MS / 4);
    c->arrives_us = at_us > c->arrives_us ? at_us : c->arrives_us + 1;
    agenda_add(&w->agenda, c->arrives_us - w->agenda.now_us, on_arrival, w, 0, s);
}

static void on_close(void *subject, uint64_t number, void *data)
{
    connection *c = data;
    (void)subject;
    (void)number;
    c->closed = true;
}

void redis_break(world *w, connection *c, bool late)
{
    if (!late) {
        c->closed = true;
        return;
    }
    int64_t held_us = dice_between(&w->dice, 0, 1500) * MS;
    c->held_us = w->agenda.now_us + held_us;
    agenda_add(&w->agenda, held_us + SECOND, on_close, w, 0, c);
}

void redis_command(world *w, uint32_t place, const char *bytes, size_t size)
{
    redis_partition *p = &w->redis->now.partitions[place];
    if (p->command_count < COMMANDS_MAX)
        p->commands[p->command_count++] = (store_text){bytes, size};
}

/* ---- replication ---- */

static redis_record *copy_records(world *w, const redis_record *from)
{
    redis_record *first = NULL, **last = &first;
    for (; from != NULL; from = from->next) {
        redis_record *r = world_copy(w, from, sizeof *from);
        r->next = NULL;
        *last = r;
        last = &r->next;
    }
    return first;
}

static redis_data copy_of(world *w, const redis_data *from)
{
    redis_data to = *from;
    for (uint32_t i = 0; i < PARTITIONS_MAX; i++) {
        redis_partition *p = &to.partitions[i];
        p->pending = world_copy(w, p->pending, p->pending_capacity * sizeof *p->pending);
        p->outbox = world_copy(w, p->outbox, p->outbox_capacity * sizeof *p->outbox);
    }
    for (uint32_t i = 0; i < RECORD_SLOTS; i++)
        to.records[i] = copy_records(w, from->records[i]);
    return to;
}

void redis_replicate(world *w)
{
    w->redis->replica = copy_of(w, &w->redis->now);
}

void redis_fail_over(world *w)
{
    w->redis->failovers++;
    w->redis->now = copy_of(w, &w->redis->replica);
    checks_forgot(w);
    w->postponed = true; /* what has come back is found by the next takeover */
}
