/* Two ways to the store.
 *
 * Reads, and the fence's own SET, are rounds: a request a partition, sent together, each as often as it
 * takes. Only the last answer of a round tells custody. A round is free to outlive the assignment it was for:
 * custody knows by its number that nobody wants it any more.
 *
 * What is written behind the fences goes once, as one request of several commands, since it leans on the
 * connection's WATCH: whenever its answer is lost, custody is told so (custody_disarm) and begins with a
 * watch. */
#include "worker/shard/ledger.h"

#include <stdlib.h>
#include <time.h>
#include <uuid/uuid.h>

#include "engine/limits.h"
#include "worker/shard/keys.h"
#include "worker/shard/resp.h"

enum {
    BLOCK_BYTES = 64 << 20, /* of a block's commands: far above LIMIT_FENCE_BYTES and one record */
    NAMES_BYTES = 16 << 20,
    ROUND_BYTES = 1 << 20,
    PIECE_MIN = 512,  /* an argument of so many bytes is not copied */
    TEXT_BYTES = 256, /* what mostly stands between two records */
    WAIT_MS = 500,    /* for replicas, at a time; three digits (make_wait) */
    /* "+QUEUED" has nine bytes, and an error has more; so where there are many, the few others and what the
       parser has begun to read may have less. */
    ANSWER_BYTES = 8,
};

/* ---- rounds ---- */

typedef struct ledger_question {
    store_request request; /* first: the store hands it back */
    ledger_round *round;
    uint32_t topic;
    int32_t partition;
} ledger_question;

typedef void round_answer(ledger *l, ledger_question *q, const redisReply *reply);
typedef void round_end(ledger *l, uint64_t ask);

struct ledger_round {
    ledger_round *next;
    ledger *ledger;
    arena arena;
    uint64_t ask;
    uint32_t outstanding;
    round_answer *answer;
    round_end *end;
    ledger_question *questions;
};

static void fail(ledger *l, const char *message)
{
    error e;
    error_set(&e, ERROR_OUT_OF_MEMORY, 0, "%s", message);
    l->failed(l->context, &e);
}

static void free_round(ledger_round *r)
{
    ledger_round **link = &r->ledger->rounds;
    while (*link != r)
        link = &(*link)->next;
    *link = r->next;
    arena_free(&r->arena);
    free(r);
}

static ledger_round *new_round(ledger *l, uint32_t count, uint64_t ask, round_answer *answer, round_end *end)
{
    ledger_round *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    arena_init(&r->arena, 1024, ROUND_BYTES);
    r->questions = arena_calloc(&r->arena, count, sizeof *r->questions);
    *r = (ledger_round){.next = l->rounds,
                        .ledger = l,
                        .arena = r->arena,
                        .ask = ask,
                        .answer = answer,
                        .end = end,
                        .questions = r->questions};
    l->rounds = r;
    if (r->questions != NULL)
        return r;
    free_round(r);
    return NULL;
}

static void on_round_answer(store_request *request, const redisReply *reply, const error *e)
{
    ledger_question *q = (ledger_question *)(void *)request;
    ledger_round *r = q->round;
    ledger *l = r->ledger;
    if (reply == NULL && !l->closing)
        l->failed(l->context, e);
    else if (reply != NULL)
        r->answer(l, q, reply);
    if (--r->outstanding > 0)
        return;
    if (!l->closing && reply != NULL && r->end != NULL)
        r->end(l, r->ask);
    free_round(r);
}

static void send_question(ledger_round *r, ledger_question *q, const buffer *command)
{
    q->round = r;
    q->request = (store_request){.command = command->bytes, .size = command->size, .done = on_round_answer};
    r->outstanding++;
    store_send(r->ledger->store, &q->request);
}

static const char *topic_name(const ledger *l, uint32_t topic)
{
    return l->config->triggers.items[topic];
}

static resp_argument key(const ledger *l, arena *a, uint32_t topic, int32_t number, const char *suffix)
{
    buffer b;
    buffer_init(&b, a, KEY_BYTES_MAX);
    key_write(&b, l->config->group, topic_name(l, topic), number, suffix);
    return b.failed ? resp_bytes("", 0) : resp_bytes(b.bytes, b.size);
}

static void ignore_answer(ledger *l, ledger_question *q, const redisReply *reply)
{
    (void)l;
    (void)q;
    (void)reply;
}

/* One question a partition: `write` appends its command. */
typedef void write_question(const ledger *l, arena *a, const partition *p, buffer *b);

static void ask_all(ledger *l, uint64_t ask, write_question *write, round_answer *answer, round_end *end)
{
    const partition *partitions = custody_partitions(l->custody);
    uint32_t count = custody_partition_count(l->custody);
    if (count == 0) {
        end(l, ask);
        return;
    }
    ledger_round *r = new_round(l, count, ask, answer, end);
    if (r == NULL) {
        fail(l, "no memory to take partitions over");
        return;
    }
    r->arena.budget_bytes = NAMES_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        buffer command;
        buffer_init(&command, &r->arena, ROUND_BYTES);
        write(l, &r->arena, &partitions[i], &command);
        r->questions[i].topic = partitions[i].topic;
        r->questions[i].partition = partitions[i].number;
        send_question(r, &r->questions[i], &command);
    }
}

/* ---- fences ---- */

static void name_fences(ledger *l)
{
    const partition *partitions = custody_partitions(l->custody);
    uint32_t count = custody_partition_count(l->custody);
    arena_reset(&l->names);
    resp_argument *arguments = arena_alloc(&l->names, (count + 1) * sizeof *arguments);
    buffer watch;
    buffer_init(&watch, &l->names, NAMES_BYTES);
    if (arguments != NULL) {
        for (uint32_t i = 0; i < count; i++)
            arguments[i + 1] = key(l, &l->names, partitions[i].topic, partitions[i].number, "fence");
        arguments[0] = resp_text("WATCH");
        resp_command(&watch, count + 1, arguments);
        arguments[0] = resp_text("MGET");
        resp_command(&watch, count + 1, arguments);
    }
    if (arguments == NULL || watch.failed) {
        fail(l, "no memory for the names of the fences");
        return;
    }
    l->partition_count = count;
    l->watch = (store_piece){.bytes = watch.bytes, .size = watch.size};
}

/* Unique for good: a fence that the store forgot can never be held by two. */
static void make_token(ledger *l)
{
    uuid_t random;
    char text[37];
    uuid_generate(random);
    uuid_unparse_lower(random, text);
    snprintf(l->token, sizeof l->token, "%.100s/%u/%s", l->config->id, l->shard, text);
}

static void write_fence(const ledger *l, arena *a, const partition *p, buffer *b)
{
    RESP_COMMAND(b, resp_text("SET"), key(l, a, p->topic, p->number, "fence"), resp_text(l->token));
}

static void on_fenced(ledger *l, uint64_t ask)
{
    custody_fenced(l->custody, ask);
}

static void register_partitions(ledger *l)
{
    const partition *partitions = custody_partitions(l->custody);
    uint32_t count = custody_partition_count(l->custody);
    ledger_round *r = count == 0 ? NULL : new_round(l, 1, 0, ignore_answer, NULL);
    if (r == NULL)
        return; /* only people who look executions up need it, and the next takeover does it again */
    r->arena.budget_bytes = NAMES_BYTES;
    resp_argument *arguments = arena_alloc(&r->arena, (count + 2) * sizeof *arguments);
    buffer set, command;
    buffer_init(&set, &r->arena, KEY_BYTES_MAX);
    buffer_init(&command, &r->arena, NAMES_BYTES);
    buffer_add_text(&set, l->config->group);
    buffer_add_text(&set, ":partitions");
    bool ok = arguments != NULL && !set.failed;
    for (uint32_t i = 0; ok && i < count; i++) {
        buffer name;
        buffer_init(&name, &r->arena, KEY_BYTES_MAX);
        buffer_format(&name, "%s/%d", topic_name(l, partitions[i].topic), partitions[i].number);
        ok = !name.failed;
        arguments[i + 2] = resp_bytes(name.bytes, name.size);
    }
    if (ok) {
        arguments[0] = resp_text("SADD");
        arguments[1] = resp_bytes(set.bytes, set.size);
        resp_command(&command, count + 2, arguments);
    }
    if (ok && !command.failed)
        send_question(r, r->questions, &command);
    else
        free_round(r);
}

void ledger_fence(ledger *l, uint64_t ask)
{
    make_token(l);
    name_fences(l);
    register_partitions(l);
    ask_all(l, ask, write_fence, ignore_answer, on_fenced);
}

/* ---- outboxes ---- */

static void write_load(const ledger *l, arena *a, const partition *p, buffer *b)
{
    RESP_COMMAND(b, resp_text("HGETALL"), key(l, a, p->topic, p->number, "outbox"));
}

static bool read_number(const redisReply *r, uint64_t *number)
{
    *number = 0;
    if (r->type != REDIS_REPLY_STRING || r->len == 0 || r->len > 19)
        return false;
    for (size_t i = 0; i < (size_t)r->len; i++) {
        if (r->str[i] < '0' || r->str[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(r->str[i] - '0');
    }
    return true;
}

static void on_outbox(ledger *l, ledger_question *q, const redisReply *reply)
{
    uint64_t number;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2) {
        const redisReply *field = reply->element[i], *bytes = reply->element[i + 1];
        if (field->type != REDIS_REPLY_STRING || bytes->type != REDIS_REPLY_STRING)
            continue;
        if (strcmp(field->str, "last") == 0) {
            if (read_number(bytes, &number))
                custody_restore_last(l->custody, q->round->ask, q->topic, q->partition, number);
        } else if (read_number(field, &number) &&
                   !custody_restore(l->custody, q->round->ask, q->topic, q->partition, number, bytes->str,
                                    (size_t)bytes->len)) {
            fail(l, "no memory for an outbox");
            return;
        }
    }
}

static void on_loaded(ledger *l, uint64_t ask)
{
    uint64_t before = custody_store_losses(l->custody);
    custody_loaded(l->custody, ask);
    if (custody_store_losses(l->custody) > before)
        log_error(l->log, "store_forgot", log_int("shard", l->shard),
                  log_text("advice",
                           "Redis remembers less than was acknowledged: it lost writes (a failover, "
                           "a restart without AOF). Work goes on; run `carillon fsck`"));
}

void ledger_load(ledger *l, uint64_t ask)
{
    ask_all(l, ask, write_load, on_outbox, on_loaded);
}

/* ---- pending sets ---- */

static void on_pending(ledger *l, ledger_question *q, const redisReply *reply)
{
    timer_entry items[LIMIT_TIMER_PAGE];
    int32_t found = 0;
    bool ok = reply->type == REDIS_REPLY_ARRAY && reply->elements <= LIMIT_TIMER_PAGE;
    for (size_t i = 0; ok && i < reply->elements; i++) {
        const redisReply *member = reply->element[i];
        ok = member->type == REDIS_REPLY_STRING &&
             timer_read_member(&items[found++], member->str, (size_t)member->len);
    }
    if (!ok) {
        error e;
        error_set(&e, ERROR_REDIS, 0, "the pending set of %s/%d holds what no worker has put there",
                  topic_name(l, q->topic), q->partition);
        l->failed(l->context, &e);
        return;
    }
    if (!custody_fetched(l->custody, q->round->ask, q->topic, q->partition, items, found))
        fail(l, "no memory for timers");
}

void ledger_fetch(ledger *l, const partition *p, const timer_entry *behind, uint64_t ask)
{
    ledger_round *r = new_round(l, 1, ask, on_pending, NULL);
    buffer minimum, command;
    if (r == NULL) {
        fail(l, "no memory to read timers");
        return;
    }
    buffer_init(&minimum, &r->arena, KEY_BYTES_MAX);
    buffer_init(&command, &r->arena, ROUND_BYTES);
    if (behind->due_ms < 0) {
        buffer_add_byte(&minimum, '-');
    } else {
        buffer_add_byte(&minimum, '(');
        timer_write_member(&minimum, behind);
    }
    RESP_COMMAND(&command, resp_text("ZRANGEBYLEX"), key(l, &r->arena, p->topic, p->number, "pending"),
                 resp_bytes(minimum.bytes, minimum.size), resp_text("+"), resp_text("LIMIT"), resp_int(0),
                 resp_int(LIMIT_TIMER_PAGE));
    r->questions[0].topic = p->topic;
    r->questions[0].partition = p->number;
    send_question(r, &r->questions[0], &command);
}

/* ---- commands ---- */

enum { COMMANDS_A_LOOK = 16 };

static void write_look(const ledger *l, arena *a, const partition *p, buffer *b)
{
    RESP_COMMAND(b, resp_text("LRANGE"), key(l, a, p->topic, p->number, "commands"), resp_int(0),
                 resp_int(COMMANDS_A_LOOK - 1));
}

static void on_commands(ledger *l, ledger_question *q, const redisReply *reply)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        const redisReply *text = reply->element[i];
        if (text->type == REDIS_REPLY_STRING)
            l->commanded(l->context, q->topic, q->partition, text->str, (size_t)text->len);
    }
}

static void on_looked(ledger *l, uint64_t unused)
{
    (void)unused;
    l->looking = false;
}

void ledger_look_for_commands(ledger *l)
{
    if (l->looking)
        return;
    l->looking = true;
    ask_all(l, 0, write_look, on_commands, on_looked);
}

void ledger_discard_command(ledger *l, uint32_t topic, int32_t number, const char *text, size_t size)
{
    ledger_round *r = new_round(l, 1, 0, ignore_answer, NULL);
    buffer command;
    if (r == NULL)
        return; /* the next look finds it again */
    buffer_init(&command, &r->arena, ROUND_BYTES);
    RESP_COMMAND(&command, resp_text("LREM"), key(l, &r->arena, topic, number, "commands"), resp_int(0),
                 resp_bytes(text, size));
    if (command.failed)
        free_round(r);
    else
        send_question(r, r->questions, &command);
}

/* ---- behind the fences ---- */

static bool holds_token(const ledger *l, const redisReply *reply)
{
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != l->partition_count)
        return false;
    for (size_t i = 0; i < reply->elements; i++)
        if (reply->element[i]->type != REDIS_REPLY_STRING || strcmp(reply->element[i]->str, l->token) != 0)
            return false;
    return true;
}

/* EXEC's answer: an array with an answer of each command, or nil: a fence was touched. */
static void note_execution(ledger *l, const redisReply *reply)
{
    l->executed = reply != NULL && reply->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; l->executed && i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_ERROR)
            continue;
        error e;
        error_set(&e, ERROR_REDIS, 0, "a key of a partition is of another type than carillon gave it");
        l->failed(l->context, &e);
        return;
    }
}

/* WAIT's answer: how many replicas have the block. */
static void note_replicas(ledger *l, const redisReply *reply)
{
    uint64_t suppressed;
    int64_t replicas = reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    l->replicated = replicas >= l->config->redis_wait_replicas;
    if (!l->replicated && log_limiter_allow(&l->wait_limiter, uv_now(l->loop), &suppressed))
        log_error(l->log, "replicas_missing", log_int("shard", l->shard), log_int("replicas", replicas),
                  log_int("wanted", l->config->redis_wait_replicas),
                  log_text("advice", "nothing goes on until as many replicas of Redis have the records: see "
                                     "redis.wait.replicas"),
                  log_int("suppressed", (int64_t)suppressed));
}

static void wait_for_replicas(ledger *l);

static void on_written(store_request *request, const redisReply *reply, const error *e)
{
    ledger *l = (ledger *)(void *)((char *)request - offsetof(ledger, write));
    bool last = request->answered + 1 == request->expected;
    int64_t now_ms = (int64_t)uv_now(l->loop);
    if (request->answered == l->exec_answer)
        note_execution(l, reply);
    if (request->answered == l->wait_answer)
        note_replicas(l, reply);
    if (!last)
        return;
    bool current = holds_token(l, reply);
    l->writing = false;
    if (e != NULL)
        custody_disarm(l->custody);
    else if (!l->is_block)
        custody_watched(l->custody, current, now_ms);
    else if (l->executed && !l->replicated && current && !l->closing)
        wait_for_replicas(l);
    else
        custody_written(l->custody, l->executed && l->replicated, current, now_ms);
}

enum { WATCH_ANSWERS = 2 };

static void send_once(ledger *l, const store_piece *first, uint32_t answers)
{
    assert(!l->writing);
    l->writing = true;
    l->write = (store_request){.command = first->bytes,
                               .size = first->size,
                               .further = first->next,
                               .expected = answers,
                               .answer_bytes = l->is_block ? ANSWER_BYTES : 0,
                               .once = true,
                               .done = on_written};
    store_send(l->store, &l->write);
}

void ledger_watch(ledger *l)
{
    l->is_block = false;
    l->exec_answer = l->wait_answer = UINT32_MAX;
    send_once(l, &l->watch, WATCH_ANSWERS);
}

/* The block is executed, but too few replicas have it: they are waited for once more. */
static void wait_for_replicas(ledger *l)
{
    l->exec_answer = UINT32_MAX;
    l->wait_answer = 0;
    send_once(l, &l->wait, 1 + WATCH_ANSWERS);
}

/* The bytes of a block: what is formatted here, and between that the records, which are sent from where they
 * lie. */
typedef struct block {
    ledger *ledger;
    store_piece *first;
    const store_piece **last;
    buffer text;    /* not in the list yet */
    uint32_t count; /* of commands */
    bool failed;
} block;

static void start_text(block *b)
{
    buffer_init(&b->text, &b->ledger->texts, BLOCK_BYTES);
    b->failed |= !buffer_reserve(&b->text, TEXT_BYTES);
}

static void add_piece(block *b, const char *bytes, size_t size)
{
    store_piece *piece = arena_alloc(&b->ledger->block, sizeof *piece);
    b->failed |= piece == NULL;
    if (b->failed)
        return;
    *piece = (store_piece){.bytes = bytes, .size = size};
    if (b->first == NULL)
        b->first = piece;
    else
        *b->last = piece;
    b->last = &piece->next;
}

static void end_text(block *b)
{
    b->failed |= b->text.failed;
    buffer_trim(&b->text);
    add_piece(b, b->text.bytes, b->text.size);
}

static void add_argument(block *b, const resp_argument *a)
{
    if (a->bytes == NULL || a->size < PIECE_MIN) {
        resp_add(&b->text, a);
        return;
    }
    resp_open(&b->text, a->size);
    end_text(b);
    add_piece(b, a->bytes, a->size);
    start_text(b);
    resp_close(&b->text);
}

static void add_command(block *b, size_t count, const resp_argument *arguments)
{
    resp_begin(&b->text, count);
    for (size_t i = 0; i < count; i++)
        add_argument(b, &arguments[i]);
    b->count++;
}

#define ADD_COMMAND(b, ...)                                                              \
    add_command(b, sizeof((const resp_argument[]){__VA_ARGS__}) / sizeof(resp_argument), \
                (const resp_argument[]){__VA_ARGS__})

static resp_argument member(block *b, const timer_entry *t)
{
    buffer text;
    buffer_init(&text, &b->ledger->block, TIMER_MEMBER_SIZE);
    timer_write_member(&text, t);
    b->failed |= text.failed;
    return text.failed ? resp_bytes("", 0) : resp_bytes(text.bytes, text.size);
}

static void add_record(block *b, const fenced_write *w)
{
    static const char set[] = "*3\r\n$3\r\nSET\r\n", set_expiring[] = "*5\r\n$3\r\nSET\r\n";
    static_assert(sizeof set == sizeof set_expiring, "one size for both");
    ledger *l = b->ledger;
    const resp_argument record = resp_bytes(w->record.text, w->record.count);
    execution_key_write(&l->key, &b->text, w->expires ? set_expiring : set, sizeof set - 1, w->topic,
                        w->partition, w->id);
    add_argument(b, &record);
    if (w->expires)
        buffer_add(&b->text, l->expiry, l->expiry_size);
    b->count++;
}

static void add_trim(block *b, const fenced_write *w)
{
    uint64_t count = w->trim_to - w->trim_from + 1;
    resp_argument *arguments = arena_alloc(&b->ledger->block, (count + 2) * sizeof *arguments);
    b->failed |= arguments == NULL;
    if (b->failed)
        return;
    arguments[0] = resp_text("HDEL");
    arguments[1] = key(b->ledger, &b->ledger->block, w->topic, w->partition, "outbox");
    for (uint64_t i = 0; i < count; i++)
        arguments[i + 2] = resp_int((int64_t)(w->trim_from + i));
    add_command(b, count + 2, arguments);
}

static void add_write(block *b, const fenced_write *w)
{
    ledger *l = b->ledger;
    arena *a = &l->block;
    if (w->id != NULL)
        add_record(b, w);
    if (w->unpark != NULL)
        ADD_COMMAND(b, resp_text("ZREM"), key(l, a, w->topic, w->partition, "pending"), member(b, w->unpark));
    if (w->park != NULL)
        ADD_COMMAND(b, resp_text("ZADD"), key(l, a, w->topic, w->partition, "pending"), resp_int(0),
                    member(b, w->park));
    if (w->entry != NULL)
        ADD_COMMAND(b, resp_text("HSET"), key(l, a, w->topic, w->partition, "outbox"),
                    resp_int((int64_t)w->entry->number), resp_bytes(w->entry->bytes, w->entry->size),
                    resp_text("last"), resp_int((int64_t)w->entry->number));
    if (w->trim_from != 0)
        add_trim(b, w);
    if (w->command != NULL)
        ADD_COMMAND(b, resp_text("LREM"), key(l, a, w->topic, w->partition, "commands"), resp_int(0),
                    resp_bytes(w->command, w->command_size));
}

static void renew_fences(block *b)
{
    ledger *l = b->ledger;
    const partition *partitions = custody_partitions(l->custody);
    for (uint32_t i = 0; i < custody_partition_count(l->custody); i++)
        ADD_COMMAND(b, resp_text("SET"),
                    key(l, &l->block, partitions[i].topic, partitions[i].number, "fence"),
                    resp_text(l->token));
}

void ledger_write(ledger *l, const fenced_write *writes, bool renew)
{
    block b = {.ledger = l};
    arena_reset(&l->block);
    arena_reset(&l->texts);
    start_text(&b);
    ADD_COMMAND(&b, resp_text("MULTI"));
    if (renew)
        renew_fences(&b);
    for (const fenced_write *w = writes; w != NULL && !b.failed; w = w->next)
        add_write(&b, w);
    ADD_COMMAND(&b, resp_text("EXEC"));
    end_text(&b);
    if (b.failed) {
        fail(l, "no memory for a block of records");
        return;
    }
    bool waits = l->config->redis_wait_replicas > 0;
    *b.last = waits ? &l->wait : &l->watch;
    l->is_block = true;
    l->executed = false;
    l->replicated = !waits;
    l->exec_answer = b.count - 1;
    l->wait_answer = waits ? b.count : UINT32_MAX;
    send_once(l, b.first, b.count + waits + WATCH_ANSWERS);
}

/* ---- life ---- */

/* "WAIT <replicas> <milliseconds>" */
static void make_wait(ledger *l)
{
    char replicas[24];
    int size = snprintf(replicas, sizeof replicas, "%d", (int)l->config->redis_wait_replicas);
    int total = snprintf(l->wait_bytes, sizeof l->wait_bytes, "*3\r\n$4\r\nWAIT\r\n$%d\r\n%s\r\n$3\r\n%d\r\n",
                         size, replicas, WAIT_MS);
    l->wait = (store_piece){.bytes = l->wait_bytes, .size = (size_t)total, .next = &l->watch};
}

/* "PX <milliseconds>", the end of a SET. */
static void make_expiry(ledger *l)
{
    char retention[24];
    int size = snprintf(retention, sizeof retention, "%lld", (long long)l->config->retention_ms);
    int total = snprintf(l->expiry, sizeof l->expiry, "$2\r\nPX\r\n$%d\r\n%s\r\n", size, retention);
    l->expiry_size = (size_t)total;
}

void ledger_init(ledger *l)
{
    make_wait(l);
    make_expiry(l);
    execution_key_init(&l->key, l->config);
    arena_init(&l->names, 4096, NAMES_BYTES);
    arena_init(&l->block, 64 << 10, BLOCK_BYTES);
    arena_init(&l->texts, 256 << 10, BLOCK_BYTES);
}

void ledger_free(ledger *l)
{
    while (l->rounds != NULL)
        free_round(l->rounds);
    execution_key_free(&l->key);
    arena_free(&l->names);
    arena_free(&l->block);
    arena_free(&l->texts);
}
