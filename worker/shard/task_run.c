/* What an activation needs, done. Each need that waits for the outside world comes back through a callback,
 * which reports and proceeds. */
#include <stdlib.h>

#include "engine/execution/record.h"
#include "engine/limits.h"
#include "worker/shard/outbox_events.h"
#include "worker/shard/task.h"

enum {
    COMMAND_BYTES = 4 << 10,
    RECORD_BYTES_EXPECTED = 8 << 10, /* room for a record is made at once where it is as large as the last */
};

/* ---- reading ---- */

static bool read_reply(task *k, const redisReply *reply, error *e)
{
    activation *a = &k->activation;
    int64_t now_ms = task_wall_ms(k->owner);
    if (reply != NULL && reply->type == REDIS_REPLY_NIL)
        return activation_read(a, &k->arena, NULL, 0, now_ms, e);
    /* The reply's memory ends with the callback. What is no text, or too large a one, is no record. */
    const char *text = NULL;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        text = arena_copy(&k->arena, reply->str, (size_t)reply->len);
    if (text == NULL)
        return activation_read(a, &k->arena, "", 0, now_ms, e);
    return activation_read(a, &k->arena, text, (size_t)reply->len, now_ms, e);
}

static void log_unreadable(task *k, const error *e)
{
    log_error(k->owner->log, "record_unreadable", log_text("execution", k->running.id.text),
              log_text("message", e->message));
}

static void on_record(store_request *request, const redisReply *reply, const error *e)
{
    task *k = TASK_OF(request, request);
    error why;
    (void)e; /* WRONGTYPE, say: what is under the key is no record */
    if (k->owner->closing)
        return;
    if (!read_reply(k, reply, &why)) {
        if (k->kind == TASK_TRIGGER) {
            task_reject(k, &why);
            activation_rejected(&k->activation);
        } else {
            log_unreadable(k, &why);
            if (k->kind == TASK_COMMAND)
                k->owner->discard(k->owner->context, k->topic, k->partition, &k->command_text);
        }
    }
    k->tallied = k->activation.told;
    task_proceed(k);
}

/* NULL as well for what is in no epoch, be it not any more. */
static const workflow *find_named(const task *k)
{
    const value *id = &k->trigger.workflow_id;
    if (k->kind != TASK_TRIGGER || k->activation.epoch == NULL)
        return NULL;
    const batch *b = k->epoch->shell;
    return catalog_find(b->catalog, id->text, id->count);
}

static void on_upcoming(store_request *request)
{
    const task *k = TASK_OF(request, request);
    const tasks *t = k->owner;
    if (!t->closing && k->named != NULL && k->named != t->latest)
        workflow_prefetch(k->named);
}

static void read_record(task *k)
{
    static const char get[] = "*2\r\n$3\r\nGET\r\n";
    buffer command;
    buffer_init(&command, &k->arena, COMMAND_BYTES);
    execution_key_write(&k->owner->key, &command, get, sizeof get - 1, k->topic, k->partition,
                        &k->running.id);
    if (command.failed) {
        task_out_of_memory(k); /* a few bytes behind a trigger that was decoded within its bound */
        return;
    }
    k->named = find_named(k);
    k->request = (store_request){
        .command = command.bytes, .size = command.size, .done = on_record, .upcoming = on_upcoming};
    store_send(k->owner->store, &k->request);
}

/* ---- beginning ---- */

static bool begin(task *k, error *e)
{
    tasks *t = k->owner;
    const workflow *w = k->named;
    t->latest = w;
    if (w == NULL)
        return error_set(e, ERROR_UNKNOWN_WORKFLOW, 0, "no workflow has the trigger's workflow_id");
    return execution_check(&k->trigger, w, t->validator, e) &&
           execution_begin(&k->activation.execution, &k->running.id, &k->trigger, w, &k->arena,
                           task_wall_ms(t), e);
}

static void begin_or_reject(task *k)
{
    error e;
    if (begin(k, &e)) {
        activation_begun(&k->activation);
        return;
    }
    task_reject(k, &e);
    activation_rejected(&k->activation);
}

/* ---- going on with what a record says ---- */

static void refuse_binding(task *k, const error *e)
{
    if (k->kind == TASK_TRIGGER && k->activation.epoch != NULL) {
        task_reject(k, e);
        k->activation.binding = false;
        activation_rejected(&k->activation);
        return;
    }
    log_error(k->owner->log, "execution_stuck", log_text("execution", k->running.id.text),
              log_text("message", e->message));
    activation_unbound(&k->activation);
}

static void bind_workflow(task *k, const workflow *w)
{
    error e;
    k->workflow = w;
    if (!activation_bound(&k->activation, w, &k->arena, &e))
        refuse_binding(k, &e);
}

static void on_version(version_request *r, const workflow *w, const error *e)
{
    task *k = TASK_OF(r, version);
    if (w != NULL)
        bind_workflow(k, w);
    else
        refuse_binding(k, e);
    task_proceed(k);
}

/* False where the version must be loaded first. */
static bool find_workflow(task *k)
{
    const execution *x = &k->activation.execution;
    const workflow *w =
        versions_find(&k->owner->versions, &x->workflow_id, x->workflow_version, x->control_version);
    if (w != NULL) {
        bind_workflow(k, w);
        return true;
    }
    k->version = (version_request){.id = x->workflow_id,
                                   .version = x->workflow_version,
                                   .control_version = x->control_version,
                                   .done = on_version};
    versions_load(&k->owner->versions, &k->version);
    return false;
}

/* ---- writing ---- */

/* The events of this transition, encoded for the outbox. */
static bool write_events(task *k, buffer *events)
{
    batch *b = batch_new(NULL, &k->owner->batches);
    bool ok = b != NULL &&
              announce_execution(&k->owner->announcer, b, &k->activation.execution, k->activation.told);
    if (ok)
        outbox_events_write(events, b);
    batch_free(b);
    return ok && !events->failed;
}

/* Under log custody the trigger is rejected; whoever has been notified by then has been. */
static void reject_for_size(task *k)
{
    error e;
    error_set(&e, ERROR_LIMIT, 0, "the execution's record is larger than %d bytes", LIMIT_RECORD_BYTES);
    task_reject(k, &e);
    activation_rejected(&k->activation);
}

/* Gives up the latest result that is kept: under store custody there is no way back, and a step that was
 * carried out is worth more than the copy of its message. Events were made of it before. */
static bool shed_result(execution *x)
{
    for (size_t i = x->step_count; i-- > 0;) {
        if (x->steps[i].result.kind != VALUE_STRING)
            continue;
        x->steps[i].result = x->steps[i].message = value_null();
        return true;
    }
    return false;
}

/* With room for one like the last, if there is so much: a smaller one may do with less. */
static void begin_record(task *k, buffer *record)
{
    buffer_init(record, &k->arena, LIMIT_RECORD_BYTES);
    if (!buffer_reserve(record, k->owner->record_bytes))
        buffer_init(record, &k->arena, LIMIT_RECORD_BYTES);
}

static void format_record(task *k, buffer *record)
{
    activation *a = &k->activation;
    arena_mark mark = arena_get_mark(&k->arena);
    bool is_final = a->epoch == NULL || a->hand != HAND_NONE;
    do {
        arena_rewind(&k->arena, mark);
        begin_record(k, record);
        record_write(record, &a->execution);
        buffer_trim(record);
    } while (record->failed && is_final && shed_result(&a->execution));
    if (!record->failed && record->size <= RECORD_BYTES_EXPECTED)
        k->owner->record_bytes = record->size;
}

static void write_record(task *k)
{
    activation *a = &k->activation;
    buffer record, events;
    buffer_init(&record, &k->arena, LIMIT_RECORD_BYTES);
    buffer_init(&events, &k->arena, LIMIT_RECORD_BYTES);
    bool made = !activation_tells(a) || write_events(k, &events);
    if (a->purpose != PURPOSE_CLEAR)
        format_record(k, &record);
    if (record.failed && a->epoch != NULL && a->hand == HAND_NONE) {
        reject_for_size(k);
        return;
    }
    bool ok =
        made && !record.failed && activation_write(a, buffer_string(&record), events.bytes, events.size);
    if (!ok)
        task_out_of_memory(k);
}

/* ---- telling ---- */

static void tally_told(task *k)
{
    const activation *a = &k->activation;
    tally *t = task_tally(k);
    tally_steps(t, &a->execution, k->tallied);
    k->tallied = a->execution.current_step;
    if (execution_ended(&a->execution))
        tally_execution(t, &a->execution);
    else
        t->waiting++;
    t->replayed += a->end == ACTIVATION_REPLAYED;
}

static void announce(task *k)
{
    activation *a = &k->activation;
    bool handed = a->hand == HAND_WRITING;
    tally_told(k);
    if (handed && k->workflow == NULL)
        k->workflow = workflow_retain(a->execution.workflow); /* it outlives the epoch's catalog */
    if (!announce_execution(&k->owner->announcer, k->epoch->shell, &a->execution, a->told) ||
        !activation_announced(a))
        task_out_of_memory(k);
    else if (handed)
        task_begin_triggers(k);
}

/* ---- all of it ---- */

void task_proceed(task *k)
{
    int64_t now_ms = task_wall_ms(k->owner); /* all through a turn of the loop */
    while (!k->owner->failed) {
        switch (activation_next(&k->activation, now_ms)) {
        case ACTIVATION_NOTHING:
            return;
        case ACTIVATION_READ:
            read_record(k);
            return;
        case ACTIVATION_BEGIN:
            begin_or_reject(k);
            break;
        case ACTIVATION_BIND:
            if (!find_workflow(k))
                return;
            break;
        case ACTIVATION_RESOLVE:
            task_resolve(k);
            break;
        case ACTIVATION_DELIVER:
            task_deliver(k);
            break;
        case ACTIVATION_RECORD:
            write_record(k);
            break;
        case ACTIVATION_ANNOUNCE:
            announce(k);
            break;
        case ACTIVATION_OVER:
            task_leave(k);
            return;
        }
    }
}
