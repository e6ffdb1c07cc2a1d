/* floor: moves the bytes of executions and does nothing else. What a worker costs beyond this is its own.
 *
 * For every trigger it asks Redis for a key that is not there, then sets it to a record, and publishes four
 * events; one transaction an epoch carries the events and the triggers' offsets, and runs on a thread of its
 * own while the next epoch fills. Records and events are those of real executions (the pool), in turn. It
 * never looks at a trigger's bytes. With `keys` events have their trigger's key, so that a latency can be
 * told.
 *
 * What makes it cheap: messages are taken by the hundred; the GETs of one batch go out together with the SETs
 * of the one before, in one write; commands are copied from templates; hiredis builds no replies; each
 * partition's events are given to librdkafka in one call, with nothing but their keys copied, and no commit
 * begins before the requests that are full have been answered. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <librdkafka/rdkafka.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    COMMIT_INTERVAL_MS = 100,
    INFLIGHT_MAX = 10000, /* as worker.max_inflight */
    BATCH_MAX = 500,
    PARTITIONS_MAX = 64,
    STEPS = 3,
    EVENTS = STEPS + 1,
    COMMAND_MAX = 512,
    ID_SIZE = 36,
    DIGITS = 16, /* of an id: what tells it from others */
    KEY_MAX = 16,
    REQUEST_BYTES = 1000000, /* batch.size */
};

enum { STEP_TOPIC, EXECUTION_TOPIC, OUTPUT_COUNT };

typedef struct slice {
    char *bytes;
    size_t size;
} slice;

/* One real execution. */
typedef struct sample {
    slice record; /* and what follows it in the SET */
    slice key;
    slice events[EVENTS];
    int32_t partition; /* of its events, as the worker's partitioner chose it */
} sample;

/* Up to the id of a key, and the id. */
typedef struct template
{
    char bytes[COMMAND_MAX];
    size_t size;
}
template;

typedef struct event_list {
    rd_kafka_message_t *items;
    int count;
    int capacity;
} event_list;

/* A trigger's own, where events have it. */
typedef struct short_key {
    size_t size;
    char bytes[KEY_MAX];
} short_key;

typedef struct epoch {
    short_key *keys; /* of its triggers; NULL without `keys` */
    event_list events[OUTPUT_COUNT][PARTITIONS_MAX];
    int64_t next_offset[PARTITIONS_MAX]; /* 0: none of this partition */
    int count;                           /* of triggers */
    int64_t opened_ms;
} epoch;

typedef struct place {
    int32_t partition;
    int64_t offset;
} place;

typedef struct batch {
    place places[BATCH_MAX];
    short_key keys[BATCH_MAX]; /* filled with `keys` alone */
    size_t count;
} batch;

static struct floor {
    const char *trigger_topic;
    rd_kafka_t *consumer;
    rd_kafka_queue_t *messages;
    rd_kafka_t *producer;
    rd_kafka_topic_t *outputs[OUTPUT_COUNT];
    redisContext *redis;
    sample *samples;
    uint32_t sample_count;
    uint32_t next_sample;
    template get[PARTITIONS_MAX];
    template set[PARTITIONS_MAX];
    slice commands;
    batch batches[2]; /* looked up now, written now */
    epoch epochs[2];
    epoch *open;
    int64_t under_way[OUTPUT_COUNT][PARTITIONS_MAX]; /* bytes of events that are not reported yet */
    bool has_keys;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    epoch *committing; /* behind the mutex */
    bool ended;        /* behind the mutex */
} f = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .open = &f.epochs[0]};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL)
        die("no memory");
    return memory;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the pool: u32 count, then for each execution i32 partition and, as u32 size and bytes, record, key,
 * events
 * ---- */

static uint32_t read_u32(FILE *file)
{
    uint32_t number;
    if (fread(&number, sizeof number, 1, file) != 1)
        die("the pool ends early");
    return number;
}

static slice read_slice(FILE *file)
{
    slice s = {.size = read_u32(file)};
    s.bytes = allocate(s.size + 1);
    if (fread(s.bytes, 1, s.size, file) != s.size)
        die("the pool ends early");
    return s;
}

/* "$size\r\n", the record, and the rest of the SET. */
static slice make_value(const slice *record, const char *retention_ms)
{
    slice s = {.bytes = allocate(record->size + 128)};
    int head = sprintf(s.bytes, "$%zu\r\n", record->size);
    memcpy(s.bytes + head, record->bytes, record->size);
    s.size = (size_t)head + record->size;
    s.size += (size_t)sprintf(s.bytes + s.size, "\r\n$2\r\nPX\r\n$%zu\r\n%s\r\n", strlen(retention_ms),
                              retention_ms);
    return s;
}

static void read_pool(const char *path, const char *retention_ms)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        die("%s: %s", path, strerror(errno));
    f.sample_count = read_u32(file);
    f.samples = allocate(f.sample_count * sizeof *f.samples);
    for (uint32_t i = 0; i < f.sample_count; i++) {
        sample *s = &f.samples[i];
        s->partition = (int32_t)read_u32(file);
        slice record = read_slice(file);
        s->record = make_value(&record, retention_ms);
        free(record.bytes);
        s->key = read_slice(file);
        for (int e = 0; e < EVENTS; e++)
            s->events[e] = read_slice(file);
    }
    fclose(file);
}

/* ---- Redis ---- */

/* Keys as long as the worker's. */
static void make_templates(const char *group)
{
    char key[COMMAND_MAX / 2];
    for (int i = 0; i < PARTITIONS_MAX; i++) {
        int size =
            snprintf(key, sizeof key, "%s:{%s/%d}:execution:%0*d", group, f.trigger_topic, i, ID_SIZE, 0);
        f.get[i].size =
            (size_t)snprintf(f.get[i].bytes, COMMAND_MAX, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", size, key);
        f.set[i].size =
            (size_t)snprintf(f.set[i].bytes, COMMAND_MAX, "*5\r\n$3\r\nSET\r\n$%d\r\n%s\r\n", size, key);
    }
}

static char *add(char *to, const template *t, int64_t offset)
{
    static const char digits[] = "0123456789abcdef";
    memcpy(to, t->bytes, t->size);
    char *last = to + t->size - sizeof "\r\n";
    for (int i = 0; i < DIGITS; i++)
        last[-i] = digits[(uint64_t)offset >> (4 * i) & 15];
    return to + t->size;
}

static void *on_text(const redisReadTask *task, char *text, size_t size)
{
    if (task->type == REDIS_REPLY_ERROR)
        die("Redis: %.*s", (int)size, text);
    return f.redis;
}

static void *on_nil(const redisReadTask *task)
{
    (void)task;
    return f.redis;
}

static void forget(void *reply)
{
    (void)reply;
}

static redisReplyObjectFunctions no_replies = {
    .createString = on_text, .createNil = on_nil, .freeObject = forget};

static void connect_redis(const char *port)
{
    f.redis = redisConnect("127.0.0.1", atoi(port));
    if (f.redis == NULL || f.redis->err != 0)
        die("Redis: %s", f.redis == NULL ? "no memory" : f.redis->errstr);
    f.redis->reader->fn = &no_replies;
}

static void write_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(f.redis->fd, bytes, size);
        if (written < 0)
            die("Redis: %s", strerror(errno));
        bytes += written;
        size -= (size_t)written;
    }
}

static const sample *sample_at(size_t i)
{
    return &f.samples[(f.next_sample + i) % f.sample_count];
}

/* GETs of the one, SETs of the other, and all their answers. */
static void ask(const batch *looked_up, const batch *written)
{
    size_t needed = (looked_up->count + written->count) * COMMAND_MAX;
    for (size_t i = 0; i < written->count; i++)
        needed += sample_at(i)->record.size;
    if (needed > f.commands.size) {
        free(f.commands.bytes);
        f.commands = (slice){.bytes = allocate(2 * needed), .size = 2 * needed};
    }
    char *end = f.commands.bytes;
    for (size_t i = 0; i < looked_up->count; i++)
        end = add(end, &f.get[looked_up->places[i].partition], looked_up->places[i].offset);
    for (size_t i = 0; i < written->count; i++) {
        const slice *record = &sample_at(i)->record;
        end = add(end, &f.set[written->places[i].partition], written->places[i].offset);
        memcpy(end, record->bytes, record->size);
        end += record->size;
    }
    write_all(f.commands.bytes, (size_t)(end - f.commands.bytes));
    for (size_t i = 0; i < looked_up->count + written->count; i++) {
        void *reply;
        if (redisGetReply(f.redis, &reply) != REDIS_OK)
            die("Redis: %s", f.redis->errstr);
    }
}

/* ---- epochs ---- */

static void add_event(event_list *list, const slice *key, const slice *event)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 1024 : 2 * list->capacity;
        list->items = realloc(list->items, (size_t)list->capacity * sizeof *list->items);
        if (list->items == NULL)
            die("no memory");
    }
    list->items[list->count++] = (rd_kafka_message_t){
        .payload = event->bytes, .len = event->size, .key = key->bytes, .key_len = key->size};
}

/* Of the events of trigger i of a batch: its own, which lives as long as the epoch, or the sample's. */
static slice event_key(epoch *e, const batch *b, size_t i)
{
    if (!f.has_keys)
        return sample_at(i)->key;
    short_key *kept = &e->keys[(size_t)e->count + i];
    *kept = b->keys[i];
    return (slice){.bytes = kept->bytes, .size = kept->size};
}

static void settle(const batch *b)
{
    epoch *e = f.open;
    if (e->count == 0)
        e->opened_ms = now_ms();
    for (size_t i = 0; i < b->count; i++) {
        const sample *s = sample_at(i);
        const slice key = event_key(e, b, i);
        for (int event = 0; event < EVENTS; event++)
            add_event(&e->events[event < STEPS ? STEP_TOPIC : EXECUTION_TOPIC][s->partition], &key,
                      &s->events[event]);
        e->next_offset[b->places[i].partition] = b->places[i].offset + 1;
    }
    e->count += (int)b->count;
    f.next_sample = (uint32_t)((f.next_sample + b->count) % f.sample_count);
}

static void check(rd_kafka_error_t *failure, const char *call)
{
    if (failure != NULL)
        die("%s: %s", call, rd_kafka_error_string(failure));
}

static int64_t size_of(const rd_kafka_message_t *event)
{
    return (int64_t)(event->len + event->key_len);
}

static void produce(int output, int32_t partition, const event_list *list)
{
    for (int i = 0; i < list->count; i++)
        f.under_way[output][partition] += size_of(&list->items[i]);
    if (list->count > 0 &&
        rd_kafka_produce_batch(f.outputs[output], partition, 0, list->items, list->count) != list->count)
        die("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
}

/* As the worker does: a flush would poll without a pause for what waits for the request in front of it. */
static void await_requests(void)
{
    for (int output = 0; output < OUTPUT_COUNT; output++)
        for (int i = 0; i < PARTITIONS_MAX; i++)
            while (f.under_way[output][i] > REQUEST_BYTES)
                rd_kafka_poll(f.producer, 10);
}

static void send_offsets(const epoch *e)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (int i = 0; i < PARTITIONS_MAX; i++)
        if (e->next_offset[i] > 0)
            rd_kafka_topic_partition_list_add(offsets, f.trigger_topic, i)->offset = e->next_offset[i];
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(f.consumer);
    check(rd_kafka_send_offsets_to_transaction(f.producer, offsets, group, -1),
          "send_offsets_to_transaction");
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void commit(epoch *e)
{
    check(rd_kafka_begin_transaction(f.producer), "begin_transaction");
    for (int output = 0; output < OUTPUT_COUNT; output++)
        for (int i = 0; i < PARTITIONS_MAX; i++)
            produce(output, i, &e->events[output][i]);
    send_offsets(e);
    await_requests();
    check(rd_kafka_commit_transaction(f.producer, -1), "commit_transaction");
    for (int output = 0; output < OUTPUT_COUNT; output++)
        for (int i = 0; i < PARTITIONS_MAX; i++)
            e->events[output][i].count = 0;
    memset(e->next_offset, 0, sizeof e->next_offset);
    e->count = 0;
}

static void *run_commits(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&f.mutex);
    for (;;) {
        while (f.committing == NULL && !f.ended)
            pthread_cond_wait(&f.changed, &f.mutex);
        if (f.committing == NULL)
            break;
        epoch *e = f.committing;
        pthread_mutex_unlock(&f.mutex);
        commit(e);
        pthread_mutex_lock(&f.mutex);
        f.committing = NULL;
        pthread_cond_broadcast(&f.changed);
    }
    pthread_mutex_unlock(&f.mutex);
    return NULL;
}

/* How many triggers are in the epoch that is committed now; with `wait`, once there is none. */
static int committing_count(bool wait)
{
    pthread_mutex_lock(&f.mutex);
    while (wait && f.committing != NULL)
        pthread_cond_wait(&f.changed, &f.mutex);
    int count = f.committing == NULL ? 0 : f.open == &f.epochs[0] ? f.epochs[1].count : f.epochs[0].count;
    pthread_mutex_unlock(&f.mutex);
    return count;
}

static void seal(void)
{
    committing_count(true);
    pthread_mutex_lock(&f.mutex);
    f.committing = f.open;
    pthread_cond_broadcast(&f.changed);
    pthread_mutex_unlock(&f.mutex);
    f.open = f.open == &f.epochs[0] ? &f.epochs[1] : &f.epochs[0];
}

/* ---- Kafka ---- */

static void on_delivery_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("delivery: %s", rd_kafka_err2str(message->err));
    f.under_way[message->rkt == f.outputs[STEP_TOPIC] ? STEP_TOPIC : EXECUTION_TOPIC][message->partition] -=
        size_of(message);
}

/* NULL-terminated names and values. */
static rd_kafka_conf_t *make_conf(const char *const *properties)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (; *properties != NULL; properties += 2)
        if (rd_kafka_conf_set(conf, properties[0], properties[1], reason, sizeof reason) != RD_KAFKA_CONF_OK)
            die("%s", reason);
    return conf;
}

static rd_kafka_t *make_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char reason[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client == NULL)
        die("%s", reason);
    return client;
}

static void connect_kafka(const char *servers, const char *group, const char *step_topic,
                          const char *execution_topic)
{
    const char *const consumer[] = {"bootstrap.servers",
                                    servers,
                                    "group.id",
                                    group,
                                    "auto.offset.reset",
                                    "earliest",
                                    "isolation.level",
                                    "read_committed",
                                    "enable.auto.commit",
                                    "false",
                                    "enable.auto.offset.store",
                                    "false",
                                    "queued.min.messages",
                                    "20000",
                                    "queued.max.messages.kbytes",
                                    "32768",
                                    NULL};
    const char *const producer[] = {"bootstrap.servers",
                                    servers,
                                    "transactional.id",
                                    group,
                                    "transaction.timeout.ms",
                                    "10000",
                                    "message.timeout.ms",
                                    "9000",
                                    "linger.ms",
                                    "1000",
                                    "retry.backoff.ms",
                                    "2",
                                    "compression.codec",
                                    "lz4",
                                    "queue.buffering.max.messages",
                                    "1000000",
                                    "queue.buffering.max.kbytes",
                                    "1048576",
                                    NULL};
    rd_kafka_conf_t *conf = make_conf(producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery_report); /* without one a commit takes twice as long */
    f.producer = make_client(RD_KAFKA_PRODUCER, conf);
    f.outputs[STEP_TOPIC] = rd_kafka_topic_new(f.producer, step_topic, NULL);
    f.outputs[EXECUTION_TOPIC] = rd_kafka_topic_new(f.producer, execution_topic, NULL);
    check(rd_kafka_init_transactions(f.producer, 30000), "init_transactions");

    f.consumer = make_client(RD_KAFKA_CONSUMER, make_conf(consumer));
    rd_kafka_poll_set_consumer(f.consumer);
    f.messages = rd_kafka_queue_get_consumer(f.consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, f.trigger_topic, RD_KAFKA_PARTITION_UA);
    if (rd_kafka_subscribe(f.consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
}

static bool is_assigned(void)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    bool assigned = rd_kafka_assignment(f.consumer, &list) == RD_KAFKA_RESP_ERR_NO_ERROR && list->cnt > 0;
    rd_kafka_topic_partition_list_destroy(list);
    return assigned;
}

static void copy_key(short_key *to, const rd_kafka_message_t *message)
{
    if (message->key_len > KEY_MAX)
        die("a key of more than %d bytes", KEY_MAX);
    to->size = message->key_len;
    memcpy(to->bytes, message->key, message->key_len);
}

static void take(batch *b, size_t count_max, int timeout_ms)
{
    rd_kafka_message_t *messages[BATCH_MAX];
    b->count = 0;
    if (count_max == 0)
        return;
    ssize_t taken = rd_kafka_consume_batch_queue(f.messages, timeout_ms, messages, count_max);
    for (ssize_t i = 0; i < taken; i++) {
        if (messages[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die("consume: %s", rd_kafka_message_errstr(messages[i]));
        if (messages[i]->partition >= PARTITIONS_MAX)
            die("more than %d partitions", PARTITIONS_MAX);
        if (f.has_keys)
            copy_key(&b->keys[b->count], messages[i]);
        b->places[b->count++] = (place){.partition = messages[i]->partition, .offset = messages[i]->offset};
        rd_kafka_message_destroy(messages[i]);
    }
}

/* ---- the loop ---- */

static size_t room(const batch *in_work)
{
    int taken = f.open->count + (int)in_work->count + committing_count(false);
    int left = INFLIGHT_MAX - taken;
    return left <= 0 ? 0 : left < BATCH_MAX ? (size_t)left : BATCH_MAX;
}

static bool is_due(void)
{
    return f.open->count > INFLIGHT_MAX - BATCH_MAX ||
           (f.open->count > 0 && now_ms() - f.open->opened_ms >= COMMIT_INTERVAL_MS);
}

static void turn(batch *looked_up, batch *written)
{
    enum { WAIT_MS = 5 };
    size_t count_max = room(written);
    take(looked_up, count_max, 0);
    if (looked_up->count == 0 && written->count == 0) {
        if (count_max > 0)
            take(looked_up, 1, WAIT_MS);
        else
            committing_count(true);
    }
    if (looked_up->count > 0 || written->count > 0)
        ask(looked_up, written);
    settle(written);
    if (is_due())
        seal();
}

static void use_keys(void)
{
    f.has_keys = true;
    for (int i = 0; i < 2; i++)
        f.epochs[i].keys = allocate((INFLIGHT_MAX + BATCH_MAX) * sizeof *f.epochs[i].keys);
}

int main(int argc, char **argv)
{
    if (argc < 9 || argc > 10 || (argc == 10 && strcmp(argv[9], "keys") != 0)) {
        fputs("floor KAFKA REDIS_PORT GROUP TRIGGERS STEP_COMPLETIONS EXECUTION_COMPLETIONS POOL "
              "RETENTION_MS [keys]\n",
              stderr);
        return 2;
    }
    if (argc == 10)
        use_keys();
    signal(SIGTERM, on_signal);
    f.trigger_topic = argv[4];
    read_pool(argv[7], argv[8]);
    make_templates(argv[3]);
    connect_redis(argv[2]);
    connect_kafka(argv[1], argv[3], argv[5], argv[6]);
    pthread_t committer;
    pthread_create(&committer, NULL, run_commits, NULL);
    bool ready = false;
    for (size_t i = 0; !stopping; i++) {
        turn(&f.batches[i % 2], &f.batches[(i + 1) % 2]);
        if (!ready && is_assigned()) {
            fputs("event=ready\n", stderr);
            ready = true;
        }
    }
    pthread_mutex_lock(&f.mutex);
    f.ended = true;
    pthread_cond_broadcast(&f.changed);
    pthread_mutex_unlock(&f.mutex);
    pthread_join(committer, NULL);
    rd_kafka_queue_destroy(f.messages);
    rd_kafka_consumer_close(f.consumer);
    rd_kafka_destroy(f.consumer);
    rd_kafka_topic_destroy(f.outputs[STEP_TOPIC]);
    rd_kafka_topic_destroy(f.outputs[EXECUTION_TOPIC]);
    rd_kafka_destroy(f.producer);
    redisFree(f.redis);
    return 0;
}
