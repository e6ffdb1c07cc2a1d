#include "engine/execution/record.h"

#include "engine/limits.h"
#include "engine/value/base64.h"
#include "engine/value/json.h"
#include "engine/value/timestamp.h"
#include "engine/value/utf8.h"

/* ---- writing ---- */

/* A text known where this is compiled, so that a few stores write it: mostly a member's name with what stands
 * around it, `,"name":` or, for the first one, `{"name":`. Names need no escapes. */
typedef struct piece {
    const char *text;
    size_t size;
} piece;

#define PIECE(text) ((piece){text, sizeof(text) - 1})
#define NAME(before, name) PIECE(before "\"" name "\":")

enum { TIME_SIZE = sizeof "\"2026-11-24T11:53:05.123Z\"" - 1 };

typedef struct writer {
    buffer *out;
    int64_t time_ms; /* the last one written, since most times of an execution are the same; 0: none was */
    char time[TIMESTAMP_TEXT_SIZE + 2];
} writer;

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/* Where there is room for it. */
INLINE char *put_piece(char *at, piece known)
{
    memcpy(at, known.text, known.size);
    at += known.size;
    return at;
}

INLINE char *write_piece(writer *w, char *at, piece known)
{
    return buffer_has_room_at(w->out, &at, known.size) ? put_piece(at, known) : at;
}

INLINE char *write_null(writer *w, char *at, piece name)
{
    return buffer_has_room_at(w->out, &at, name.size + 4) ? put_piece(put_piece(at, name), PIECE("null"))
                                                          : at;
}

/* Strings and null are what most members are. */
INLINE char *write_value(writer *w, char *at, piece name, const value *v)
{
    if (v->kind == VALUE_NULL)
        return write_null(w, at, name);
    at = write_piece(w, at, name);
    return v->kind == VALUE_STRING ? json_put_string(w->out, at, v->text, v->count) : json_put(w->out, at, v);
}

INLINE char *write_int(writer *w, char *at, piece name, int64_t n)
{
    value v = value_int(n);
    if (n < 0 || n > 9)
        return json_put(w->out, write_piece(w, at, name), &v);
    if (!buffer_has_room_at(w->out, &at, name.size + 1))
        return at;
    at = put_piece(at, name);
    *at++ = (char)('0' + n);
    return at;
}

/* Of one second only the milliseconds differ. False where no text has this time. */
static NOINLINE bool format_time(writer *w, int64_t ms)
{
    enum { MILLIS_AT = sizeof "\"2026-11-24T11:53:05." - 1 };
    if (w->time_ms > 0 && ms > 0 && ms / 1000 == w->time_ms / 1000) {
        unsigned millis = (unsigned)(ms % 1000);
        w->time[MILLIS_AT] = (char)('0' + millis / 100);
        w->time[MILLIS_AT + 1] = (char)('0' + millis / 10 % 10);
        w->time[MILLIS_AT + 2] = (char)('0' + millis % 10);
    } else if (timestamp_format_millis(ms, w->time + 1) == TIME_SIZE - 2) {
        w->time[0] = w->time[TIME_SIZE - 1] = '"';
    } else {
        return false;
    }
    w->time_ms = ms;
    return true;
}

INLINE char *write_time(writer *w, char *at, piece name, int64_t ms)
{
    if (ms == 0)
        return write_null(w, at, name);
    if (ms != w->time_ms && !format_time(w, ms))
        return json_put_string(w->out, write_piece(w, at, name), "", 0);
    if (!buffer_has_room_at(w->out, &at, name.size + TIME_SIZE))
        return at;
    return put_piece(put_piece(at, name), (piece){w->time, TIME_SIZE});
}

/* Members that most records lack are left out rather than null. */
static char *write_rare_time(writer *w, char *at, piece name, int64_t ms)
{
    return ms != 0 ? write_time(w, at, name, ms) : at;
}

static char *write_rare_true(writer *w, char *at, piece name, bool is_true)
{
    return is_true ? write_piece(w, write_piece(w, at, name), PIECE("true")) : at;
}

static char *write_rare_value(writer *w, char *at, piece name, const value *v)
{
    return v->kind != VALUE_NULL ? write_value(w, at, name, v) : at;
}

#define X(code, name) \
    case code:        \
        return write_piece(w, at, PIECE(",\"status\":\"" name "\""));

static char *write_status(writer *w, char *at, execution_status status)
{
    switch (status) {
        EXECUTION_STATUSES(X)
    }
    return buffer_fail_at(w->out);
}

static char *write_step_status(writer *w, char *at, step_status status)
{
    switch (status) {
        STEP_STATUSES(X)
    }
    return buffer_fail_at(w->out);
}

#undef X

static char *write_key(writer *w, char *at, const value *key)
{
    if (key->kind != VALUE_STRING || utf8_valid(key->text, key->count, NULL))
        return write_value(w, at, NAME(",", "key"), key);
    at = write_piece(w, at, PIECE(",\"key_base64\":\""));
    if (!buffer_has_room_at(w->out, &at, base64_size(key->count)))
        return at;
    base64_encode(key->text, key->count, at);
    at += base64_size(key->count);
    return write_piece(w, at, PIECE("\""));
}

static char *write_failures(writer *w, char *at, const step_state *s)
{
    at = write_piece(w, at, NAME(",", "failures"));
    for (size_t i = 0; i < s->failure_count; i++) {
        const step_failure *f = &s->failures[i];
        at = i == 0 ? write_piece(w, at, PIECE("[")) : write_piece(w, at, PIECE(","));
        at = write_int(w, at, NAME("{", "attempt"), f->attempt);
        at = write_value(w, at, NAME(",", "provider"), &f->provider);
        at = write_value(w, at, NAME(",", "code"), &f->code);
        at = write_time(w, at, NAME(",", "at"), f->at_ms);
        at = write_rare_true(w, at, NAME(",", "retriable"), f->retriable);
        at = write_rare_true(w, at, NAME(",", "unknown"), f->unknown);
        if (f->retry_after_ms != 0)
            at = write_int(w, at, NAME(",", "retry_after_ms"), f->retry_after_ms);
        at = write_piece(w, at, PIECE("}"));
    }
    return write_piece(w, at, PIECE("]"));
}

/* It is JSON already, and never empty. */
static char *write_result(writer *w, char *at, const value *result)
{
    if (result->kind != VALUE_STRING)
        return write_null(w, at, NAME(",", "result"));
    at = write_piece(w, at, NAME(",", "result"));
    if (!buffer_has_room_at(w->out, &at, result->count))
        return at;
    return put_piece(at, (piece){result->text, result->count});
}

static char *write_error(writer *w, char *at, const step_state *s)
{
    if (s->error_code.kind != VALUE_STRING)
        return write_null(w, at, NAME(",", "error"));
    at = write_value(w, at, PIECE(",\"error\":{\"code\":"), &s->error_code);
    at = write_value(w, at, NAME(",", "message"), &s->error_message);
    return write_piece(w, at, PIECE("}"));
}

static char *write_step(writer *w, char *at, const step_state *s)
{
    at = write_value(w, at, NAME("{", "step_id"), &s->step_id);
    at = write_value(w, at, NAME(",", "step_type"), &s->step_type);
    at = write_step_status(w, at, s->status);
    at = write_int(w, at, NAME(",", "attempt"), s->attempt);
    at = write_value(w, at, NAME(",", "reason"), &s->reason);
    at = write_result(w, at, &s->result);
    at = write_error(w, at, s);
    at = write_time(w, at, NAME(",", "started_at"), s->started_ms);
    at = write_time(w, at, NAME(",", "completed_at"), s->completed_ms);
    if (s->run > 1)
        at = write_int(w, at, NAME(",", "run"), s->run);
    if (s->result.kind != VALUE_STRING) { /* which holds both for a completed step */
        at = write_rare_value(w, at, NAME(",", "message"), &s->message);
        at = write_rare_value(w, at, NAME(",", "provider"), &s->provider);
    }
    if (s->failure_count > 0)
        at = write_failures(w, at, s);
    return write_piece(w, at, PIECE("}"));
}

void record_write(buffer *b, const execution *x)
{
    writer both = {.out = b}, *w = &both;
    char *at = write_int(w, buffer_open(b), NAME("{", "format"), RECORD_FORMAT);
    at = write_piece(w, at, PIECE(",\"execution_id\":\""));
    at = write_piece(w, at, (piece){x->id.text, sizeof x->id.text - 1});
    at = write_piece(w, at, PIECE("\""));
    at = write_status(w, at, x->status);
    at = write_int(w, at, NAME(",", "run"), x->run);
    at = write_value(w, at, NAME(",", "workflow_id"), &x->workflow_id);
    at = write_int(w, at, NAME(",", "workflow_version"), x->workflow_version);
    at = write_int(w, at, NAME(",", "control_version"), x->control_version);
    at = write_value(w, at, NAME(",", "trigger_id"), &x->trigger_id);
    at = write_value(w, at, NAME(",", "recipient"), &x->recipient);
    at = write_value(w, at, PIECE(",\"origin\":{\"topic\":"), &x->origin.topic);
    at = write_int(w, at, NAME(",", "partition"), x->origin.partition);
    at = write_int(w, at, NAME(",", "offset"), x->origin.offset);
    at = write_piece(w, at, PIECE("}"));
    at = write_key(w, at, &x->key);
    at = write_value(w, at, NAME(",", "traceparent"), &x->traceparent);
    at = write_value(w, at, NAME(",", "tracestate"), &x->tracestate);
    at = write_value(w, at, NAME(",", "payload"), &x->payload);
    at = write_value(w, at, NAME(",", "metadata"), &x->metadata);
    at = write_int(w, at, NAME(",", "current_step"), (int64_t)x->current_step);
    at = write_time(w, at, NAME(",", "started_at"), x->started_ms);
    at = write_time(w, at, NAME(",", "completed_at"), x->completed_ms);
    at = write_rare_time(w, at, NAME(",", "due_at"), x->due_ms);
    at = write_rare_true(w, at, NAME(",", "postponed"), x->postponed);
    at = write_rare_time(w, at, NAME(",", "expires_at"), x->expires_ms);
    at = write_rare_value(w, at, NAME(",", "reason"), &x->reason);
    at = write_piece(w, at, NAME(",", "steps"));
    for (size_t i = 0; i < x->step_count; i++) {
        at = i == 0 ? write_piece(w, at, PIECE("[")) : write_piece(w, at, PIECE(","));
        at = write_step(w, at, &x->steps[i]);
    }
    buffer_close(b, write_piece(w, at, PIECE("]}")));
}

/* ---- reading ---- */

static bool bad_field(error *e, const char *name)
{
    return error_set(e, ERROR_RECORD, 0, "the record's member \"%s\" is missing or wrong", name);
}

static bool fail_memory(error *e)
{
    return error_set(e, ERROR_LIMIT, 0, "the record needs more memory than its bound");
}

static bool read_text(const value *map, const char *name, bool nullable, value *out, error *e)
{
    const value *v = value_field(map, name);
    if (v == NULL || !(v->kind == VALUE_STRING || (nullable && v->kind == VALUE_NULL)))
        return bad_field(e, name);
    *out = *v;
    return true;
}

/* Ids and the recipient become parts of other ids and of keys, which have their bounds. */
static bool read_id(const value *map, const char *name, size_t size_max, value *out, error *e)
{
    return read_text(map, name, false, out, e) && (out->count <= size_max || bad_field(e, name));
}

static bool read_int(const value *map, const char *name, int64_t min, int64_t max, int64_t *out, error *e)
{
    const value *v = value_field(map, name);
    if (v == NULL || v->kind != VALUE_INT || v->integer < min || v->integer > max)
        return bad_field(e, name);
    *out = v->integer;
    return true;
}

static bool read_map(const value *map, const char *name, value *out, error *e)
{
    const value *v = value_field(map, name);
    if (v == NULL || v->kind != VALUE_MAP)
        return bad_field(e, name);
    *out = *v;
    return true;
}

static bool read_time(const value *map, const char *name, int64_t *ms, error *e)
{
    const value *v = value_field(map, name);
    int64_t us;
    *ms = 0;
    if (v != NULL && v->kind == VALUE_NULL)
        return true;
    if (v == NULL || v->kind != VALUE_STRING || !timestamp_parse(v->text, v->count, &us))
        return bad_field(e, name);
    *ms = us / 1000;
    return true;
}

/* The readers of rare members: absent is null, or 0. */
static bool read_rare_time(const value *map, const char *name, int64_t *ms, error *e)
{
    *ms = 0;
    return value_field(map, name) == NULL || read_time(map, name, ms, e);
}

static bool read_rare_bool(const value *map, const char *name, bool *out, error *e)
{
    const value *v = value_field(map, name);
    *out = v != NULL && v->kind == VALUE_BOOL && v->boolean;
    return v == NULL || v->kind == VALUE_BOOL || bad_field(e, name);
}

static bool read_rare_text(const value *map, const char *name, value *out, error *e)
{
    *out = value_null();
    return value_field(map, name) == NULL || read_text(map, name, true, out, e);
}

static bool read_key(const value *map, arena *a, value *out, error *e)
{
    const value *encoded = value_field(map, "key_base64");
    if (encoded == NULL)
        return read_text(map, "key", true, out, e);
    char *bytes = encoded->kind == VALUE_STRING ? arena_alloc(a, encoded->count) : NULL;
    size_t size;
    if (bytes == NULL || !base64_decode(encoded->text, encoded->count, bytes, &size))
        return bad_field(e, "key_base64");
    *out = value_string(bytes, size);
    return true;
}

static bool read_error(const value *map, step_state *s, error *e)
{
    const value *failure = value_field(map, "error");
    if (failure == NULL)
        return bad_field(e, "error");
    if (failure->kind == VALUE_NULL)
        return true;
    return read_text(failure, "code", false, &s->error_code, e) &&
           read_text(failure, "message", false, &s->error_message, e);
}

/* The result was written by json_write, and writing it again gives the same bytes. It holds the message and
 * the provider. */
static bool read_result(const value *map, arena *a, step_state *s, error *e)
{
    const value *result = value_field(map, "result");
    if (result == NULL)
        return bad_field(e, "result");
    if (result->kind == VALUE_NULL)
        return true;
    buffer text;
    buffer_init(&text, a, LIMIT_RECORD_BYTES);
    json_write(&text, result);
    if (text.failed)
        return fail_memory(e);
    s->result = buffer_string(&text);
    return read_text(result, "provider", false, &s->provider, e) &&
           read_map(result, "message", &s->message, e);
}

static bool read_failure(const value *map, step_failure *f, error *e)
{
    *f = (step_failure){0};
    return read_int(map, "attempt", 1, LIMIT_ATTEMPTS, &f->attempt, e) &&
           read_text(map, "provider", true, &f->provider, e) && read_text(map, "code", false, &f->code, e) &&
           read_time(map, "at", &f->at_ms, e) && read_rare_bool(map, "retriable", &f->retriable, e) &&
           read_rare_bool(map, "unknown", &f->unknown, e) &&
           (value_field(map, "retry_after_ms") == NULL ||
            read_int(map, "retry_after_ms", 1, LIMIT_RETRY_AFTER_MS, &f->retry_after_ms, e));
}

static bool read_failures(const value *map, arena *a, step_state *s, error *e)
{
    const value *failures = value_field(map, "failures");
    if (failures == NULL)
        return true;
    if (failures->kind != VALUE_LIST || failures->count > LIMIT_FAILURES_KEPT)
        return bad_field(e, "failures");
    s->failures = arena_alloc(a, LIMIT_FAILURES_KEPT * sizeof *s->failures);
    if (s->failures == NULL)
        return fail_memory(e);
    s->failure_count = failures->count;
    for (uint32_t i = 0; i < failures->count; i++)
        if (!read_failure(&failures->items[i], &s->failures[i], e))
            return error_prefix(e, "failure %u", i);
    return true;
}

/* Looked for only where there are more members than those that every step has. */
static bool read_rare_members(const value *map, arena *a, step_state *s, error *e)
{
    return (value_field(map, "run") == NULL || read_int(map, "run", 1, INT32_MAX, &s->run, e)) &&
           (value_field(map, "message") == NULL || read_map(map, "message", &s->message, e)) &&
           (value_field(map, "provider") == NULL || read_text(map, "provider", false, &s->provider, e)) &&
           read_failures(map, a, s, e);
}

static bool read_step(const value *map, arena *a, step_state *s, error *e)
{
    enum { MEMBERS = 9 };
    value status;
    bool ok = read_id(map, "step_id", LIMIT_IDENTIFIER_BYTES, &s->step_id, e) &&
              read_text(map, "step_type", false, &s->step_type, e) &&
              read_text(map, "status", false, &status, e) &&
              (step_status_find(&status, &s->status) || bad_field(e, "status")) &&
              read_int(map, "attempt", 0, LIMIT_ATTEMPTS, &s->attempt, e) &&
              read_text(map, "reason", true, &s->reason, e) && read_result(map, a, s, e) &&
              read_error(map, s, e) && read_time(map, "started_at", &s->started_ms, e) &&
              read_time(map, "completed_at", &s->completed_ms, e);
    s->run = ok && step_status_has_ended(s->status) ? 1 : 0;
    return ok && (map->count == MEMBERS || read_rare_members(map, a, s, e));
}

static bool read_steps(const value *record, arena *a, execution *x, error *e)
{
    const value *steps = value_field(record, "steps");
    int64_t current_step;
    if (steps == NULL || steps->kind != VALUE_LIST || steps->count == 0 || steps->count > LIMIT_STEPS)
        return bad_field(e, "steps");
    x->step_count = steps->count;
    x->steps = arena_calloc(a, steps->count, sizeof *x->steps);
    if (x->steps == NULL)
        return fail_memory(e);
    for (uint32_t i = 0; i < steps->count; i++)
        if (!read_step(&steps->items[i], a, &x->steps[i], e))
            return error_prefix(e, "step %u", i);
    if (!read_int(record, "current_step", 0, steps->count, &current_step, e))
        return false;
    x->current_step = (size_t)current_step;
    return true;
}

static bool read_origin(const value *record, execution *x, error *e)
{
    value from;
    int64_t partition;
    if (!read_map(record, "origin", &from, e) || !read_text(&from, "topic", false, &x->origin.topic, e) ||
        !read_int(&from, "partition", 0, INT32_MAX, &partition, e) ||
        !read_int(&from, "offset", 0, INT64_MAX, &x->origin.offset, e))
        return false;
    x->origin.partition = (int32_t)partition;
    return true;
}

static bool read_header(const value *record, execution *x, error *e)
{
    int64_t format;
    value id, status;
    return read_int(record, "format", RECORD_FORMAT, RECORD_FORMAT, &format, e) &&
           read_text(record, "execution_id", false, &id, e) &&
           (identity_parse(&id, &x->id) || bad_field(e, "execution_id")) &&
           read_text(record, "status", false, &status, e) &&
           (execution_status_find(&status, &x->status) || bad_field(e, "status")) &&
           read_int(record, "run", 1, INT32_MAX, &x->run, e) &&
           read_id(record, "workflow_id", LIMIT_IDENTIFIER_BYTES, &x->workflow_id, e) &&
           read_int(record, "workflow_version", 1, INT32_MAX, &x->workflow_version, e) &&
           read_int(record, "control_version", 0, INT64_MAX, &x->control_version, e) &&
           read_text(record, "trigger_id", true, &x->trigger_id, e) &&
           read_id(record, "recipient", LIMIT_RECIPIENT_BYTES, &x->recipient, e) && read_origin(record, x, e);
}

static bool read_times(const value *record, execution *x, error *e)
{
    return read_time(record, "started_at", &x->started_ms, e) &&
           read_time(record, "completed_at", &x->completed_ms, e) &&
           read_rare_time(record, "due_at", &x->due_ms, e) &&
           read_rare_bool(record, "postponed", &x->postponed, e) &&
           read_rare_time(record, "expires_at", &x->expires_ms, e);
}

/* The first records of format 1 had current_step behind the step that failed. */
static void correct_current_step(execution *x)
{
    if (x->status == EXECUTION_FAILED && x->reason.kind == VALUE_NULL && x->current_step > 0 &&
        x->steps[x->current_step - 1].status == STEP_FAILED &&
        (x->current_step == x->step_count || x->steps[x->current_step].status == STEP_PENDING))
        x->current_step--;
}

static bool check_state(const execution *x, error *e)
{
    const char *fault = execution_fault(x);
    return fault == NULL || error_set(e, ERROR_RECORD, 0, "the record cannot be: %s", fault);
}

bool record_read(execution *x, arena *a, const char *text, size_t size, error *e)
{
    value record;
    *x = (execution){.arena = a};
    if (!json_read_deep(a, text, size, LIMIT_RECORD_DEPTH, &record, e)) {
        if (e->code == ERROR_SYNTAX)
            e->code = ERROR_RECORD;
        return error_prefix(e, "the record cannot be read, at byte %zu", e->position);
    }
    if (record.kind != VALUE_MAP)
        return error_set(e, ERROR_RECORD, 0, "the record is no object");
    const value *payload = value_field(&record, "payload");
    if (payload == NULL)
        return bad_field(e, "payload");
    x->payload = *payload;
    if (!read_header(&record, x, e) || !read_key(&record, a, &x->key, e) ||
        !read_text(&record, "traceparent", true, &x->traceparent, e) ||
        !read_text(&record, "tracestate", true, &x->tracestate, e) ||
        !read_map(&record, "metadata", &x->metadata, e) ||
        !read_rare_text(&record, "reason", &x->reason, e) || !read_steps(&record, a, x, e) ||
        !read_times(&record, x, e))
        return false;
    correct_current_step(x);
    return check_state(x, e);
}
