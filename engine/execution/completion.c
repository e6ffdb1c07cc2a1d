#include "engine/execution/completion.h"

#include "engine/value/avro.h"

/* The order of the symbols in the schemas. */
enum { EVENT_STEP_COMPLETED, EVENT_STEP_SKIPPED, EVENT_STEP_FAILED };
enum { EVENT_EXECUTION_COMPLETED, EVENT_EXECUTION_FAILED };

/* The most that the fixed parts of an event take, which has up to 8 texts: what precedes them, two
 * identities, branches of unions and the status, and the numbers. */
enum {
    FIXED_ROOM = 8 * AVRO_LENGTH_SIZE_MAX + 2 * (1 + IDENTITY_TEXT_SIZE) + 4 + 8 * AVRO_LONG_SIZE_MAX,
};

static char *put_text(char *to, const value *text)
{
    return avro_put_string(to, text->text, text->count);
}

static size_t optional_size(const value *text)
{
    return text->kind == VALUE_STRING ? text->count : 0;
}

/* Branch 0 of the union is null, branch 1 the string. */
static char *put_optional(char *to, const value *text)
{
    bool there = text->kind == VALUE_STRING;
    to = avro_put_long(to, there);
    return there ? put_text(to, text) : to;
}

static char *put_identity(char *to, const identity *id)
{
    return avro_put_string(to, id->text, IDENTITY_TEXT_SIZE);
}

/* What all events of an execution begin with, but for their own ids. */
static char *put_start(char *to, const execution *x, const identity *id)
{
    to = put_identity(to, id);
    to = put_identity(to, &x->id);
    to = put_text(to, &x->workflow_id);
    return avro_put_long(to, x->workflow_version);
}

static int64_t step_symbol(step_status status)
{
    switch (status) {
    case STEP_COMPLETED:
        return EVENT_STEP_COMPLETED;
    case STEP_SKIPPED:
        return EVENT_STEP_SKIPPED;
    default:
        assert(status == STEP_FAILED);
        return EVENT_STEP_FAILED;
    }
}

bool completion_has_step(const execution *x, size_t step_index)
{
    return step_status_has_ended(x->steps[step_index].status);
}

static size_t step_text_size(const execution *x, const step_state *s)
{
    return (size_t)x->workflow_id.count + s->step_id.count + s->step_type.count + x->recipient.count +
           optional_size(&s->reason) + optional_size(&s->result) + optional_size(&s->error_code) +
           optional_size(&s->error_message);
}

static size_t execution_text_size(const execution *x)
{
    return (size_t)x->workflow_id.count + x->recipient.count + optional_size(&x->trigger_id) +
           optional_size(&x->reason);
}

size_t completion_room(const execution *x, size_t index)
{
    return FIXED_ROOM +
           (index == x->step_count ? execution_text_size(x) : step_text_size(x, &x->steps[index]));
}

static char *put_step(char *to, const execution *x, const step_state *s, const identity *id)
{
    to = put_start(to, x, id);
    to = put_text(to, &s->step_id);
    to = put_text(to, &s->step_type);
    to = put_text(to, &x->recipient);
    to = avro_put_long(to, step_symbol(s->status));
    to = put_optional(to, &s->reason);
    to = avro_put_long(to, s->run);
    to = avro_put_long(to, s->attempt);
    to = put_optional(to, &s->result);
    bool failed = s->error_code.kind == VALUE_STRING;
    to = avro_put_long(to, failed);
    if (failed) {
        to = put_text(to, &s->error_code);
        to = put_text(to, &s->error_message);
    }
    to = avro_put_long(to, s->started_ms);
    return avro_put_long(to, s->completed_ms);
}

/* How many steps have each status. */
static char *put_counts(char *to, const execution *x)
{
    int64_t counts[STEP_FAILED + 1] = {0};
    for (size_t i = 0; i < x->step_count; i++)
        counts[x->steps[i].status]++;
    to = avro_put_long(to, counts[STEP_COMPLETED]);
    to = avro_put_long(to, counts[STEP_SKIPPED]);
    return avro_put_long(to, counts[STEP_FAILED]);
}

static char *put_execution(char *to, const execution *x, const identity *id)
{
    to = put_start(to, x, id);
    to = put_optional(to, &x->trigger_id);
    to = put_text(to, &x->recipient);
    to = avro_put_long(to,
                       x->status == EXECUTION_COMPLETED ? EVENT_EXECUTION_COMPLETED : EVENT_EXECUTION_FAILED);
    to = avro_put_long(to, x->run);
    to = put_counts(to, x);
    to = avro_put_long(to, x->started_ms);
    to = avro_put_long(to, x->completed_ms);
    return put_optional(to, &x->reason);
}

static event_name name_of(const execution *x, size_t step_index)
{
    if (step_index == x->step_count)
        return (event_name){.step_id = value_string("", 0), .run = x->run};
    return (event_name){.step_id = x->steps[step_index].step_id, .run = x->steps[step_index].run};
}

static bool has_event(const execution *x, size_t step_index)
{
    return step_index == x->step_count ? execution_ended(x) : completion_has_step(x, step_index);
}

bool completion_next(const execution *x, size_t *next, completion_list *out)
{
    event_name names[COMPLETIONS_AT_ONCE];
    for (out->count = 0; *next <= x->step_count && out->count < COMPLETIONS_AT_ONCE; ++*next) {
        if (!has_event(x, *next))
            continue;
        names[out->count] = name_of(x, *next);
        out->indices[out->count++] = *next;
    }
    if (out->count == 0)
        return false;
    identity_of_events(&x->id, names, out->count, out->ids);
    return true;
}

void completion_write(buffer *b, const execution *x, size_t index, const identity *id)
{
    assert(has_event(x, index));
    if (!buffer_has_room(b, completion_room(x, index)))
        return;
    char *to = b->bytes + b->size;
    to = index == x->step_count ? put_execution(to, x, id) : put_step(to, x, &x->steps[index], id);
    b->size = (size_t)(to - b->bytes);
    assert(b->size <= b->capacity);
}

static void write_one(buffer *b, const execution *x, size_t index)
{
    const event_name name = name_of(x, index);
    const identity id = identity_of_event(&x->id, &name.step_id, name.run);
    completion_write(b, x, index, &id);
}

void completion_write_step(buffer *b, const execution *x, size_t step_index)
{
    write_one(b, x, step_index);
}

void completion_write_execution(buffer *b, const execution *x)
{
    write_one(b, x, x->step_count);
}
