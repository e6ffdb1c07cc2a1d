/* The life of an execution and of its steps.
 *
 *   execution  PENDING    -> RUNNING    execution_advance: the first of a run
 *              PENDING    -> FAILED     execution_cancel
 *              RUNNING    -> COMPLETED  end_step: the last step has ended
 *              RUNNING    -> FAILED     end_step: a step has failed and stops it, or it was cancelled
 *              RUNNING    -> FAILED     execution_cancel: no attempt was made or is under way
 *              FAILED     -> PENDING    execution_retry
 *
 *   step       PENDING    -> EXECUTING  begin_attempt: its message is rendered and must be delivered
 *              EXECUTING  -> PENDING    execution_delivery_failed: it waits for its next attempt;
 *                                       execution_postpone: it waits for the same one
 *              EXECUTING  -> COMPLETED  execution_delivered
 *              EXECUTING  -> FAILED     no other attempt is to be made
 *              PENDING    -> FAILED     its condition, delay or a template cannot be evaluated; it expired or
 *                                       was cancelled between attempts
 *              PENDING    -> SKIPPED    its condition is true, its address renders empty, it has expired
 *                                       without an attempt
 *              FAILED     -> PENDING    execution_retry: as if it had never begun
 *
 * move_execution and move_step alone write a status. The current step is taken up in three ways: enter_step,
 * once, evaluates its delay; start_step, when it is due, its condition and templates; begin_attempt offers
 * the message that start_step has left, again and again, since a provider that sees one idempotency key twice
 * must see the same message. A postponement takes the last begin_attempt back; of the first one, if nobody
 * was asked, nothing remains at all, and start_step follows again.
 *
 * Invariants (execution_fault checks them, and whatever comes from a record is checked):
 *
 *   1. The steps before current_step have ended and are frozen; those behind it are PENDING and untouched.
 *   2. current_step is the step that goes on next, or the one that ended the execution: FAILED, or PENDING
 *      where it was cancelled. All steps of a COMPLETED one, and only of that, are before current_step.
 *   3. Only the current step of a RUNNING execution is EXECUTING, or waits: for its delay before the first
 *      attempt, for its next attempt after one, for a provider that takes it before either. due_ms is set
 *      while it waits, and only then.
 *   4. A step keeps its message from the first attempt to its end, its last error until it succeeds, and who
 *      failed it for good. The attempt of these is the present one at most, or the next where that has been
 *      postponed. It has a provider while one is asked, and when one has delivered it.
 *   5. Until it has ended, only an execution whose delivery is under way has a reason: it was cancelled, and
 *      ends when the outcome is known.
 *   6. What has ended has its time and run, a SKIPPED step its reason, a FAILED one its error. */
#include "engine/execution/execution.h"

#include "engine/execution/backoff.h"
#include "engine/limits.h"
#include "engine/value/copy.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "engine/value/utf8.h"

static const char cancelled_reason[] = "cancelled";
static const char expired_reason[] = "expired";
static const char interrupted_code[] = "interrupted";

/* ---- what conditions and templates see ---- */

static value_member *member(value_member *m, const char *key, value v)
{
    *m = (value_member){.key = value_cstring(key), .value = v};
    return m + 1;
}

static bool fail_memory(error *e)
{
    return error_set(e, ERROR_LIMIT, 0, "the trigger needs more memory than its bound");
}

/* The names that stay the same through the whole run. */
static bool bind_names(execution *x, error *e)
{
    enum { EXECUTION_MEMBERS = 3 };
    char *started = arena_alloc(x->arena, TIMESTAMP_TEXT_SIZE);
    value_member *about = arena_alloc(x->arena, EXECUTION_MEMBERS * sizeof *about);
    if (started == NULL || about == NULL)
        return fail_memory(e);
    value now = value_string(started, timestamp_format_millis(x->started_ms, started));
    value_member *next = member(about, "id", value_cstring(x->id.text));
    next = member(next, "run", value_int(x->run));
    member(next, "started_at", now);
    x->names[WORKFLOW_NAME_PAYLOAD] = x->payload;
    x->names[WORKFLOW_NAME_STEPS] = (value){.kind = VALUE_MAP};
    x->names[WORKFLOW_NAME_RECIPIENT] = x->recipient;
    x->names[WORKFLOW_NAME_METADATA] = x->metadata;
    x->names[WORKFLOW_NAME_WORKFLOW] = x->workflow->names_value;
    x->names[WORKFLOW_NAME_EXECUTION] =
        (value){.kind = VALUE_MAP, .count = EXECUTION_MEMBERS, .members = about};
    x->names[WORKFLOW_NAME_NOW] = now;
    map_builder_init(&x->results, x->arena);
    return schema_fill_defaults(x->workflow->payload_schema, x->arena, &x->names[WORKFLOW_NAME_PAYLOAD], e);
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
    member(next, "message", state->message);
    value result = {.kind = VALUE_MAP, .count = RESULT_MEMBERS, .members = members};
    if (!map_builder_put(&x->results, state->step_id, result))
        return false;
    x->names[WORKFLOW_NAME_STEPS] = map_builder_finish(&x->results);
    return true;
}

/* ---- beginning ---- */

bool execution_check(const trigger *t, const workflow *w, validator *v, error *e)
{
    if (w->status != WORKFLOW_ACTIVE)
        return error_set(e, ERROR_INACTIVE_WORKFLOW, 0, "the workflow is %s; only an active one executes",
                         workflow_status_name(w->status));
    return schema_validate(w->payload_schema, v, &t->data, e);
}

/* Within what a record can hold. */
static int64_t bounded_time(int64_t ms)
{
    const int64_t max_ms = TIMESTAMP_MAX / 1000;
    return ms < max_ms ? ms : max_ms;
}

static int64_t expiry_of(const trigger *t, const workflow *w, int64_t now_ms)
{
    int64_t expires_ms = w->expires_after_ms == 0 ? 0 : now_ms + w->expires_after_ms;
    if (t->expires_ms != 0 && (expires_ms == 0 || t->expires_ms < expires_ms))
        expires_ms = t->expires_ms;
    return bounded_time(expires_ms);
}

/* Copies, as a workflow's texts followed by a NUL: they are needed again when events are made, and by then
 * the workflow has left the caches where thousands take turns. False without memory. */
static bool copy_ids(execution *x)
{
    if (!value_copy(x->arena, &x->workflow->id, &x->workflow_id))
        return false;
    for (size_t i = 0; i < x->step_count; i++) {
        if (!value_copy(x->arena, &x->workflow->steps[i].id, &x->steps[i].step_id))
            return false;
        x->steps[i].step_type = value_cstring(step_type_name(x->workflow->steps[i].type));
    }
    return true;
}

bool execution_begin(execution *x, const identity *id, const trigger *t, const workflow *w, arena *a,
                     int64_t now_ms, error *e)
{
    *x = (execution){
        .id = *id,
        .status = EXECUTION_PENDING,
        .run = 1,
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
        .expires_ms = expiry_of(t, w, now_ms),
        .started_ms = now_ms,
        .arena = a,
        .workflow = w,
    };
    x->steps = arena_calloc(a, w->step_count, sizeof *x->steps);
    if (x->steps == NULL || !copy_ids(x))
        return fail_memory(e);
    return bind_names(x, e);
}

/* ---- resuming ---- */

/* Deliverers trust a message to be as step_render leaves it; a record is not trusted. */
static bool is_message_of(const value *message, const step *s)
{
    size_t count;
    const step_field *fields = step_type_fields(s->type, &count);
    uint32_t present = 0;
    for (size_t i = 0; i < count; i++) {
        if (s->config[i] == NULL)
            continue;
        const value *v = value_field(message, fields[i].name);
        if (v == NULL || v->kind != step_shape_kind(fields[i].shape))
            return false;
        present++;
    }
    return present == message->count;
}

static bool is_of(const execution *x, const workflow *w)
{
    if (!value_same_text(&x->workflow_id, &w->id) || x->workflow_version != w->version ||
        x->control_version != w->control_version || x->step_count != w->step_count)
        return false;
    for (size_t i = 0; i < w->step_count; i++)
        if (!value_same_text(&x->steps[i].step_id, &w->steps[i].id) ||
            !value_is_text(&x->steps[i].step_type, step_type_name(w->steps[i].type)) ||
            (x->steps[i].message.kind != VALUE_NULL && !is_message_of(&x->steps[i].message, &w->steps[i])))
            return false;
    return true;
}

bool execution_resume(execution *x, const workflow *w, arena *a, error *e)
{
    if (!is_of(x, w))
        return error_set(e, ERROR_RECORD, 0, "the record is not of this version of its workflow");
    x->arena = a;
    x->workflow = w;
    if (!copy_ids(x))
        return fail_memory(e);
    if (!bind_names(x, e))
        return false;
    for (size_t i = 0; i < x->current_step; i++)
        if (!publish_result(x, &x->steps[i]))
            return fail_memory(e);
    return true;
}

/* ---- moving ---- */

/* Bit `to` of [from]: the tables at the top. */
static const unsigned execution_moves[] = {
    [EXECUTION_PENDING] = 1 << EXECUTION_RUNNING | 1 << EXECUTION_FAILED,
    [EXECUTION_RUNNING] = 1 << EXECUTION_COMPLETED | 1 << EXECUTION_FAILED,
    [EXECUTION_COMPLETED] = 0,
    [EXECUTION_FAILED] = 1 << EXECUTION_PENDING,
};
static const unsigned step_moves[] = {
    [STEP_PENDING] = 1 << STEP_EXECUTING | 1 << STEP_SKIPPED | 1 << STEP_FAILED,
    [STEP_EXECUTING] = 1 << STEP_PENDING | 1 << STEP_COMPLETED | 1 << STEP_FAILED,
    [STEP_COMPLETED] = 0,
    [STEP_SKIPPED] = 0,
    [STEP_FAILED] = 1 << STEP_PENDING,
};

static void stop_waiting(execution *x)
{
    x->due_ms = 0;
    x->postponed = false;
}

static void move_execution(execution *x, execution_status to)
{
    assert((execution_moves[x->status] >> to & 1) != 0);
    x->status = to;
    stop_waiting(x);
}

static void move_step(execution *x, step_status to)
{
    step_state *state = &x->steps[x->current_step];
    assert((step_moves[state->status] >> to & 1) != 0);
    state->status = to;
    stop_waiting(x);
}

/* ---- ending ---- */

static bool is_cancelled(const execution *x)
{
    return x->reason.kind == VALUE_STRING;
}

static void end_execution(execution *x, execution_status status, int64_t now_ms)
{
    move_execution(x, status);
    x->completed_ms = now_ms;
}

/* A failed step that ends the execution stays the current one. */
static bool stops(const execution *x, step_status status)
{
    return status == STEP_FAILED && (is_cancelled(x) || execution_step(x)->on_failure == STEP_STOP);
}

static void end_step(execution *x, step_status status, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    move_step(x, status);
    state->run = x->run;
    state->completed_ms = now_ms;
    if (state->started_ms == 0)
        state->started_ms = now_ms;
    if (status != STEP_COMPLETED)
        state->message = state->provider = value_null();
    if (stops(x, status)) {
        end_execution(x, EXECUTION_FAILED, now_ms);
        return;
    }
    /* The step itself is done, but later ones would see a wrong `steps`: they fail instead (enter_step). */
    if (!publish_result(x, state))
        x->starved = true;
    x->current_step++;
    if (x->current_step == x->step_count) {
        x->reason = value_null(); /* nothing was left to be cancelled */
        end_execution(x, EXECUTION_COMPLETED, now_ms);
    } else if (is_cancelled(x)) {
        end_execution(x, EXECUTION_FAILED, now_ms);
    }
}

/* The message is copied; without memory it is left out rather than the failure lost. */
static void note_error(execution *x, const char *code, const char *message)
{
    step_state *state = &x->steps[x->current_step];
    size_t size = strlen(message);
    char *copy = arena_copy(x->arena, message, size);
    state->error_code = value_cstring(code);
    state->error_message = copy != NULL ? value_string(copy, size) : value_cstring("out of memory");
}

static void fail_step(execution *x, const char *code, const char *message, int64_t now_ms)
{
    note_error(x, code, message);
    end_step(x, STEP_FAILED, now_ms);
}

static void skip_step(execution *x, const char *reason, int64_t now_ms)
{
    x->steps[x->current_step].reason = value_cstring(reason);
    end_step(x, STEP_SKIPPED, now_ms);
}

/* Fails a step that was to be offered again; `why` is a stable word. */
static void give_up(execution *x, const char *why, int64_t now_ms)
{
    const step_state *state = &x->steps[x->current_step];
    error sentence; /* for its bounded formatting */
    error_set(&sentence, ERROR_NONE, 0, "%s before attempt %lld; the last one: %.*s, %.*s", why,
              (long long)state->attempt + 1, (int)state->error_code.count, state->error_code.text,
              (int)state->error_message.count, state->error_message.text);
    fail_step(x, why, sentence.message, now_ms);
}

/* The execution is cancelled, and no delivery is under way. */
static void stop_between_attempts(execution *x, int64_t now_ms)
{
    if (step_has_begun(&x->steps[x->current_step]))
        give_up(x, cancelled_reason, now_ms);
    else
        end_execution(x, EXECUTION_FAILED, now_ms);
}

/* ---- going on ---- */

/* True where nothing may begin at `at_ms`. */
static bool has_expired(const execution *x, int64_t at_ms)
{
    return x->expires_ms != 0 && at_ms > x->expires_ms;
}

/* The current step is PENDING, and no attempt of it begins any more. */
static void expire_step(execution *x, int64_t now_ms)
{
    if (step_has_begun(&x->steps[x->current_step]))
        give_up(x, expired_reason, now_ms);
    else
        skip_step(x, expired_reason, now_ms);
}

static bool has_no_address(const step *s, const value *message)
{
    if (!step_type_has_address(s->type))
        return false;
    const value *to = &message->members[0].value; /* "to" is the first field of all that have an address */
    for (uint32_t i = 0; i < to->count; i++)
        if (to->text[i] != ' ' && to->text[i] != '\t')
            return false;
    return true;
}

static void begin_attempt(execution *x, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    move_step(x, STEP_EXECUTING);
    state->attempt++;
    if (state->started_ms == 0)
        state->started_ms = now_ms;
}

/* Brings the current step, whose delay is over, to its end or to its first attempt. */
static void start_step(execution *x, int64_t now_ms)
{
    const step *s = execution_step(x);
    step_state *state = &x->steps[x->current_step];
    error e;
    bool skip;
    if (!step_evaluate_skip(s, x->names, x->arena, &skip, &e) ||
        (!skip && !step_render(s, x->names, x->arena, &state->message, &e)))
        fail_step(x, error_reason(e.code), e.message, now_ms);
    else if (skip)
        skip_step(x, "skip_condition", now_ms);
    else if (has_no_address(s, &state->message))
        skip_step(x, "no_address", now_ms);
    else
        begin_attempt(x, now_ms);
}

/* The current step has just become that. A wait that ends behind the expiry is not waited for. */
static void enter_step(execution *x, int64_t now_ms)
{
    error e;
    int64_t due_ms;
    if (!step_delay(execution_step(x), x->names, x->arena, now_ms, &due_ms, &e))
        fail_step(x, error_reason(e.code), e.message, now_ms);
    else if (due_ms <= now_ms)
        start_step(x, now_ms);
    else if (has_expired(x, due_ms))
        skip_step(x, expired_reason, now_ms);
    else
        x->due_ms = bounded_time(due_ms);
}

/* The current step is PENDING, and due. */
static void take_up_step(execution *x, int64_t now_ms)
{
    x->names[WORKFLOW_NAME_CONTROLS] = execution_step(x)->controls;
    if (has_expired(x, now_ms))
        expire_step(x, now_ms);
    else if (step_has_begun(&x->steps[x->current_step]))
        begin_attempt(x, now_ms);
    else if (x->starved)
        fail_step(x, error_reason(ERROR_LIMIT), "the execution needs more memory than its bound", now_ms);
    else if (x->due_ms == 0)
        enter_step(x, now_ms);
    else
        start_step(x, now_ms);
}

execution_need execution_advance(execution *x, int64_t now_ms)
{
    if (x->status == EXECUTION_PENDING)
        move_execution(x, EXECUTION_RUNNING);
    while (x->status == EXECUTION_RUNNING) {
        if (execution_is_delivering(x))
            return EXECUTION_DELIVER;
        if (x->due_ms > now_ms)
            return EXECUTION_WAITING;
        take_up_step(x, now_ms);
    }
    return EXECUTION_ENDED;
}

const step *execution_step(const execution *x)
{
    return &x->workflow->steps[x->current_step];
}

const value *execution_message(const execution *x)
{
    return &x->steps[x->current_step].message;
}

bool execution_is_delivering(const execution *x)
{
    return x->status == EXECUTION_RUNNING && x->steps[x->current_step].status == STEP_EXECUTING;
}

/* ---- the route ---- */

bool execution_has_asked(const execution *x, const char *provider)
{
    const step_state *state = &x->steps[x->current_step];
    for (size_t i = state->failure_count; i-- > 0 && state->failures[i].attempt == state->attempt;)
        if (value_is_text(&state->failures[i].provider, provider) &&
            !value_is_text(&state->failures[i].code, interrupted_code))
            return true;
    return false;
}

const value *execution_provider(const execution *x)
{
    return &x->steps[x->current_step].provider;
}

void execution_choose(execution *x, const char *provider)
{
    assert(execution_is_delivering(x));
    x->steps[x->current_step].provider = value_cstring(provider);
}

static void take_attempt_back(execution *x)
{
    step_state *state = &x->steps[x->current_step];
    move_step(x, STEP_PENDING);
    state->provider = value_null();
    state->attempt--;
    if (step_has_begun(state))
        return;
    state->message = value_null();
    state->started_ms = 0;
}

void execution_postpone(execution *x, int64_t due_ms, int64_t now_ms)
{
    assert(execution_is_delivering(x));
    due_ms = bounded_time(due_ms > now_ms ? due_ms : now_ms + 1);
    take_attempt_back(x);
    if (is_cancelled(x)) {
        stop_between_attempts(x, now_ms);
    } else if (has_expired(x, due_ms)) {
        expire_step(x, now_ms);
    } else {
        x->due_ms = due_ms;
        x->postponed = true;
    }
}

/* ---- outcomes ---- */

/* It comes from a network. */
static bool can_be_message_id(const value *v)
{
    return v->kind == VALUE_STRING && v->count > 0 && v->count <= LIMIT_MESSAGE_ID_BYTES &&
           utf8_valid(v->text, v->count, NULL);
}

void execution_delivered(execution *x, const char *provider, value message_id, int64_t now_ms)
{
    enum { RESULT_BYTES_EXPECTED = 512 }; /* what it does not need is given back */
    step_state *state = &x->steps[x->current_step];
    buffer result;
    buffer_init(&result, x->arena, LIMIT_RECORD_BYTES);
    buffer_expect(&result, RESULT_BYTES_EXPECTED);
    state->provider = value_cstring(provider);
    buffer_add_text(&result, "{\"provider\":");
    json_write_string(&result, provider, state->provider.count);
    if (can_be_message_id(&message_id)) {
        buffer_add_text(&result, ",\"message_id\":");
        json_write_string(&result, message_id.text, message_id.count);
    }
    buffer_add_text(&result, ",\"message\":");
    json_write(&result, &state->message);
    buffer_add_byte(&result, '}');
    buffer_trim(&result);
    if (!result.failed)
        state->result = buffer_string(&result);
    else
        state->message = value_null(); /* later steps see what a record could tell them */
    state->error_code = state->error_message = value_null();
    end_step(x, STEP_COMPLETED, now_ms);
}

/* False without memory. */
static bool keep_failure(execution *x, const step_failure *f)
{
    step_state *state = &x->steps[x->current_step];
    if (state->failures == NULL)
        state->failures = arena_alloc(x->arena, LIMIT_FAILURES_KEPT * sizeof *f);
    if (state->failures == NULL)
        return false;
    if (state->failure_count == LIMIT_FAILURES_KEPT) {
        state->failure_count--;
        memmove(state->failures, state->failures + 1, state->failure_count * sizeof *f);
    }
    state->failures[state->failure_count++] = *f;
    return true;
}

/* Makes the best of all that failed the attempt, of which the latest counts even if it could not be kept.
 * False where none of it may pass. */
static bool is_worth_another(const execution *x, const step_failure *latest, int64_t *retry_after_ms)
{
    const step_state *state = &x->steps[x->current_step];
    const retry_policy *policy = &execution_step(x)->retry;
    const step_failure *all = state->failure_count > 0 ? state->failures : latest;
    size_t count = state->failure_count > 0 ? state->failure_count : 1;
    bool is_worth = false;
    *retry_after_ms = 0;
    for (size_t i = 0; i < count; i++) {
        const step_failure *f = &all[i];
        if (f->attempt != state->attempt || !f->retriable ||
            !backoff_allows(policy, state->attempt, &f->code))
            continue;
        is_worth = true;
        if (f->retry_after_ms > 0 && (*retry_after_ms == 0 || f->retry_after_ms < *retry_after_ms))
            *retry_after_ms = f->retry_after_ms;
    }
    return is_worth;
}

static void wait_for_attempt(execution *x, int64_t retry_after_ms, uint64_t random, int64_t now_ms)
{
    step_state *state = &x->steps[x->current_step];
    const retry_policy *policy = &execution_step(x)->retry;
    int64_t due_ms = bounded_time(now_ms + backoff_wait_ms(policy, state->attempt, retry_after_ms, random));
    if (has_expired(x, due_ms)) {
        give_up(x, expired_reason, now_ms);
        return;
    }
    move_step(x, STEP_PENDING);
    state->provider = value_null();
    x->due_ms = due_ms;
}

static step_failure failure_of(const execution *x, const delivery_failure *f, int64_t now_ms)
{
    return (step_failure){
        .attempt = x->steps[x->current_step].attempt,
        .at_ms = now_ms,
        .provider = value_cstring(f->provider),
        .code = value_cstring(f->code),
        .retriable = f->retriable,
        .unknown = f->unknown,
        .retry_after_ms = f->retry_after_ms < LIMIT_RETRY_AFTER_MS ? f->retry_after_ms : LIMIT_RETRY_AFTER_MS,
    };
}

void execution_delivery_failed(execution *x, const delivery_failure *f, uint64_t random, int64_t now_ms)
{
    assert(f->retry_after_ms >= 0);
    step_failure failure = failure_of(x, f, now_ms);
    bool kept = keep_failure(x, &failure);
    bool is_final = is_cancelled(x) || (f->unknown && !f->retriable);
    int64_t retry_after_ms;
    error sentence; /* for its bounded formatting */
    error_set(&sentence, ERROR_NONE, 0, "provider %s: %s", f->provider, f->message);
    note_error(x, f->code, sentence.message);
    /* What is not kept might be asked again within the attempt, without an end. */
    bool goes_on = f->more && kept && !is_final;
    if (goes_on && has_expired(x, now_ms))
        give_up(x, expired_reason, now_ms);
    else if (goes_on)
        x->steps[x->current_step].provider = value_null();
    else if (is_final || !is_worth_another(x, &failure, &retry_after_ms))
        end_step(x, STEP_FAILED, now_ms);
    else
        wait_for_attempt(x, retry_after_ms, random, now_ms);
}

void execution_delivery_unknown(execution *x, bool retry, int64_t now_ms)
{
    static const char code[] = "unknown_outcome";
    static const char message[] = "the worker died before the outcome of the delivery was known";
    const step_state *state = &x->steps[x->current_step];
    assert(execution_is_delivering(x));
    bool kept = keep_failure(x, &(step_failure){.attempt = state->attempt,
                                                .at_ms = now_ms,
                                                .provider = state->provider,
                                                .code = value_cstring(interrupted_code),
                                                .unknown = true});
    if (!retry || is_cancelled(x) || has_expired(x, now_ms))
        fail_step(x, code, message, now_ms);
    else if (kept)
        note_error(x, code, message);
}

/* ---- what people ask for ---- */

bool execution_cancel(execution *x, int64_t now_ms)
{
    if (execution_ended(x))
        return false;
    x->reason = value_cstring(cancelled_reason);
    if (!execution_is_delivering(x))
        stop_between_attempts(x, now_ms);
    return true;
}

bool execution_retry(execution *x, int64_t now_ms)
{
    if (x->status != EXECUTION_FAILED || x->run == INT32_MAX || has_expired(x, now_ms))
        return false;
    step_state *state = &x->steps[x->current_step];
    if (state->status == STEP_FAILED) {
        move_step(x, STEP_PENDING);
        *state =
            (step_state){.step_id = state->step_id, .step_type = state->step_type, .status = state->status};
    }
    move_execution(x, EXECUTION_PENDING);
    x->run++;
    x->reason = value_null();
    x->completed_ms = 0;
    return true;
}
