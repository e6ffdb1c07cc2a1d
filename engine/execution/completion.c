#include "engine/execution/completion.h"

/* The order of the symbols in the schemas. */
enum { EVENT_STEP_COMPLETED, EVENT_STEP_SKIPPED, EVENT_STEP_FAILED };
enum { EVENT_EXECUTION_COMPLETED, EVENT_EXECUTION_FAILED };

static void write_value(buffer *b, const value *text)
{
    avro_write_string(b, text->text, text->count);
}

/* Branch 0 of the union is null, branch 1 the string. */
static void write_optional(buffer *b, const value *text)
{
    bool there = text->kind == VALUE_STRING;
    avro_write_long(b, there);
    if (there)
        write_value(b, text);
}

static void write_identity(buffer *b, const identity *id)
{
    avro_write_string(b, id->text, sizeof id->text - 1);
}

static void write_event_id(buffer *b, const execution *x, const value *step_id, int64_t run)
{
    identity event = identity_of_event(&x->id, step_id, run);
    write_identity(b, &event);
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

void completion_write_step(buffer *b, const execution *x, size_t step_index)
{
    const step_state *s = &x->steps[step_index];
    write_event_id(b, x, &s->step_id, s->run);
    write_identity(b, &x->id);
    write_value(b, &x->workflow_id);
    avro_write_long(b, x->workflow_version);
    write_value(b, &s->step_id);
    write_value(b, &s->step_type);
    write_value(b, &x->recipient);
    avro_write_long(b, step_symbol(s->status));
    write_optional(b, &s->reason);
    avro_write_long(b, s->run);
    avro_write_long(b, s->attempt);
    write_optional(b, &s->result);
    bool failed = s->error_code.kind == VALUE_STRING;
    avro_write_long(b, failed);
    if (failed) {
        write_value(b, &s->error_code);
        write_value(b, &s->error_message);
    }
    avro_write_long(b, s->started_ms);
    avro_write_long(b, s->completed_ms);
}

void completion_write_execution(buffer *b, const execution *x)
{
    assert(execution_ended(x));
    value no_step = value_string("", 0);
    write_event_id(b, x, &no_step, x->run);
    write_identity(b, &x->id);
    write_value(b, &x->workflow_id);
    avro_write_long(b, x->workflow_version);
    write_optional(b, &x->trigger_id);
    write_value(b, &x->recipient);
    avro_write_long(b, x->status == EXECUTION_COMPLETED ? EVENT_EXECUTION_COMPLETED : EVENT_EXECUTION_FAILED);
    avro_write_long(b, x->run);
    avro_write_long(b, (int64_t)execution_count(x, STEP_COMPLETED));
    avro_write_long(b, (int64_t)execution_count(x, STEP_SKIPPED));
    avro_write_long(b, (int64_t)execution_count(x, STEP_FAILED));
    avro_write_long(b, x->started_ms);
    avro_write_long(b, x->completed_ms);
    write_optional(b, &x->reason);
}
