/* The life of an execution and of its steps.
 *
 * Execution: PENDING -> RUNNING (the first execution_advance) -> COMPLETED (the last step ended, none failed)
 *                                                             -> FAILED    (a step failed: later steps do not
 * run) Step:      PENDING -> EXECUTING (its message is rendered and due) -> COMPLETED | FAILED PENDING ->
 * SKIPPED   (its condition is true, or its address renders empty) PENDING -> FAILED    (its condition or a
 * template cannot be evaluated)
 *
 * Invariants: the steps before current_step have ended and are frozen; those behind it are PENDING; at most
 * the current one is EXECUTING. end_step alone ends a step, end_execution alone an execution. */
#include "engine/execution/execution.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"

const char *execution_status_name(execution_status status)
{
#define X(code, name) name,
    static const char *const names[] = {EXECUTION_STATUSES(X)};
#undef X
    return names[status];
}

const char *step_status_name(step_status status)
{
#define X(code, name) name,
    static const char *const names[] = {STEP_STATUSES(X)};
#undef X
    return names[status];
}

bool execution_status_find(const value *name, execution_status *status)
{
    for (*status = EXECUTION_PENDING; *status <= EXECUTION_FAILED; (*status)++)
        if (value_is_text(name, execution_status_name(*status)))
            return true;
    return false;
}

bool step_status_find(const value *name, step_status *status)
{
    for (*status = STEP_PENDING; *status <= STEP_FAILED; (*status)++)
        if (value_is_text(name, step_status_name(*status)))
            return true;
    return false;
}

/* ---- beginning ---- */

bool execution_check(const trigger *t, const workflow *w, validator *v, error *e)
{
    if (w->status != WORKFLOW_ACTIVE)
        return error_set(e, ERROR_INACTIVE_WORKFLOW, 0, "the workflow is %s; only an active one executes",
                         workflow_status_name(w->status));
    return schema_validate(w->payload_schema, v, &t->data, e);
}

static value_member *member(value_member *m, const char *key, value v)
{
    *m = (value_member){.key = value_cstring(key), .value = v};
    return m + 1;
}

/* The names that stay the same through the whole execution. */
static bool bind_names(execution *x, const trigger *t, error *e)
{
    enum { EXECUTION_MEMBERS = 3 };
    char *started = arena_alloc(x->arena, TIMESTAMP_TEXT_SIZE);
    value_member *about = arena_alloc(x->arena, EXECUTION_MEMBERS * sizeof *about);
    if (started == NULL || about == NULL)
        return error_set(e, ERROR_LIMIT, 0, "the trigger needs more memory than its bound");
    value now = value_string(started, timestamp_format_millis(x->started_ms, started));
    value_member *next = member(about, "id", value_cstring(x->id.text));
    next = member(next, "run", value_int(x->run));
    member(next, "started_at", now);
    x->names[WORKFLOW_NAME_PAYLOAD] = t->data;
    x->names[WORKFLOW_NAME_STEPS] = (value){.kind = VALUE_MAP};
    x->names[WORKFLOW_NAME_RECIPIENT] = t->recipient;
    x->names[WORKFLOW_NAME_METADATA] = t->metadata;
    x->names[WORKFLOW_NAME_WORKFLOW] = x->workflow->names_value;
    x->names[WORKFLOW_NAME_EXECUTION] =
        (value){.kind = VALUE_MAP, .count = EXECUTION_MEMBERS, .members = about};
    x->names[WORKFLOW_NAME_NOW] = now;
    return schema_fill_defaults(x->workflow->payload_schema, x->arena, &x->names[WORKFLOW_NAME_PAYLOAD], e);
}

bool execution_begin(execution *x, const identity *id, const trigger *t, const workflow *w, arena *a,
                     int64_t now_ms, error *e)
{
    *x = (execution){
        .id = *id,
        .status = EXECUTION_PENDING,
        .run = 1,
        .workflow_id = w->id,
        .workflow_version = w->version,
        .control_version = w->control_version,
        .trigger_id = t->trigger_id,
        .recipient = t->recipient,
        .payload = t->data,
        .metadata = t->metadata,
        .origin = t->origin,
        .key = t->key,
        .traceparent = t->traceparent,
        .tracestate = t->tracestate,
        .step_count = w->step_count,
        .started_ms = now_ms,
        .arena = a,
        .workflow = w,
    };
    x->steps = arena_calloc(a, w->step_count, sizeof *x->steps);
    if (x->steps == NULL)
        return error_set(e, ERROR_LIMIT, 0, "the trigger needs more memory than its bound");
    for (size_t i = 0; i < w->step_count; i++)
        x->steps[i] = (step_state){.step_id = w->steps[i].id,
                                   .step_type = value_cstring(step_type_name(w->steps[i].type))};
    map_builder_init(&x->results, a);
    return bind_names(x, t, e);
}

/* ---- ending ---- */

static void end_execution(execution *x, execution_status status, int64_t now_ms)
{
    assert(x->status == EXECUTION_RUNNING);
    x->status = status;
    x->completed_ms = now_ms;
}

/* What later steps see of this one under `steps`. */
static bool publish_result(execution *x, const step_state *state)
{
    enum { RESULT_MEMBERS = 3 };
    value_member *members = arena_alloc(x->arena, RESULT_MEMBERS * sizeof *members);
    if (members == NULL)
        return false;
    value_member *next = member(members, "status", value_cstring(step_status_name(state->status)));
    next = member(next, "reason", state->reason);
    member(next, "message", state->status == STEP_COMPLETED ? x->message : value_null());
    value result = {.kind = VALUE_MAP, .count = RESULT_MEMBERS, .members = members};
    if (!map_builder_put(&x->results, state->step_id, result))
        return false;
    x->names[WORKFLOW_NAME_STEPS] = map_builder_finish(&x->results);
    return true;
}

static void end_step(execution *x, step_status status, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    assert(state->status == STEP_EXECUTING || (state->status == STEP_PENDING && status != STEP_COMPLETED));
    state->status = status;
    state->completed_ms = now_ms;
    /* The step itself is done, but the next one would see a wrong `steps`: it fails instead (start_step). */
    x->starved = !publish_result(x, state);
    x->current_step++;
    if (status == STEP_FAILED)
        end_execution(x, EXECUTION_FAILED, now_ms);
    else if (x->current_step == x->step_count)
        end_execution(x, EXECUTION_COMPLETED, now_ms);
}

/* `code` is static. The message is copied; without memory it is left out rather than the failure lost. */
static void fail_step(execution *x, const char *code, const char *message, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    size_t size = strlen(message);
    char *copy = arena_copy(x->arena, message, size);
    state->error_code = value_cstring(code);
    state->error_message = copy != NULL ? value_string(copy, size) : value_cstring("out of memory");
    end_step(x, STEP_FAILED, now_ms);
}

static void skip_step(execution *x, const char *reason, int64_t now_ms)
{
    x->steps[x->current_step].reason = value_cstring(reason);
    end_step(x, STEP_SKIPPED, now_ms);
}

/* ---- going on ---- */

static bool has_no_address(const execution *x, const step *s)
{
    if (!step_type_has_address(s->type))
        return false;
    const value *to = value_field(&x->message, "to");
    if (to == NULL || to->kind != VALUE_STRING)
        return true;
    for (uint32_t i = 0; i < to->count; i++)
        if (to->text[i] != ' ' && to->text[i] != '\t')
            return false;
    return true;
}

static void begin_delivery(step_state *state)
{
    state->status = STEP_EXECUTING;
    state->attempt = 1;
}

/* Brings the current step, PENDING, to its end or to EXECUTING. */
static void start_step(execution *x, int64_t now_ms)
{
    const step *s = &x->workflow->steps[x->current_step];
    step_state *state = &x->steps[x->current_step];
    error e;
    bool skip;
    state->started_ms = now_ms;
    x->names[WORKFLOW_NAME_CONTROLS] = s->controls;
    if (x->starved)
        fail_step(x, error_reason(ERROR_LIMIT), "the execution needs more memory than its bound", now_ms);
    else if (!step_evaluate_skip(s, x->names, x->arena, &skip, &e) ||
             (!skip && !step_render(s, x->names, x->arena, &x->message, &e)))
        fail_step(x, error_reason(e.code), e.message, now_ms);
    else if (skip)
        skip_step(x, "skip_condition", now_ms);
    else if (has_no_address(x, s))
        skip_step(x, "no_address", now_ms);
    else
        begin_delivery(state);
}

execution_need execution_advance(execution *x, int64_t now_ms)
{
    if (x->status == EXECUTION_PENDING)
        x->status = EXECUTION_RUNNING;
    while (x->status == EXECUTION_RUNNING) {
        if (x->steps[x->current_step].status == STEP_EXECUTING)
            return EXECUTION_DELIVER;
        start_step(x, now_ms);
    }
    return EXECUTION_ENDED;
}

const step *execution_step(const execution *x)
{
    return &x->workflow->steps[x->current_step];
}

const value *execution_message(const execution *x)
{
    return &x->message;
}

void execution_delivered(execution *x, const char *provider, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    buffer result;
    buffer_init(&result, x->arena, LIMIT_RECORD_BYTES);
    buffer_add_text(&result, "{\"provider\":");
    json_write_string(&result, provider, strlen(provider));
    buffer_add_text(&result, ",\"message\":");
    json_write(&result, &x->message);
    buffer_add_byte(&result, '}');
    if (!result.failed)
        state->result = buffer_string(&result);
    end_step(x, STEP_COMPLETED, now_ms);
}

void execution_delivery_failed(execution *x, const char *provider, const char *code, const char *message,
                               int64_t now_ms)
{
    error sentence; /* for its bounded formatting */
    error_set(&sentence, ERROR_NONE, 0, "provider %s: %s", provider, message);
    fail_step(x, code, sentence.message, now_ms);
}

bool execution_ended(const execution *x)
{
    return x->status == EXECUTION_COMPLETED || x->status == EXECUTION_FAILED;
}

size_t execution_count(const execution *x, step_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < x->step_count; i++)
        count += x->steps[i].status == status;
    return count;
}
