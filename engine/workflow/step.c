#include "engine/workflow/step.h"

#include <math.h>

#include "engine/limits.h"
#include "engine/value/timestamp.h"

/* Rendered in this order. */
static const step_field in_app_fields[] = {
    {"subject", .kind = TEMPLATE_LINE},
    {"body", .required = true, .kind = TEMPLATE_TEXT},
    {"data", .shape = STEP_TREE, .kind = TEMPLATE_TEXT},
    {"redirect_url", .kind = TEMPLATE_LINE},
};
static const step_field email_fields[] = {
    {"to", .required = true, .kind = TEMPLATE_LINE},
    {"from", .kind = TEMPLATE_LINE},
    {"reply_to", .kind = TEMPLATE_LINE},
    {"subject", .required = true, .kind = TEMPLATE_LINE},
    {"text", .kind = TEMPLATE_TEXT},
    {"html", .kind = TEMPLATE_HTML},
    {"attachments", .shape = STEP_FILES, .kind = TEMPLATE_TEXT},
};
static const step_field sms_fields[] = {
    {"to", .required = true, .kind = TEMPLATE_LINE},
    {"body", .required = true, .kind = TEMPLATE_TEXT},
};
static const step_field push_fields[] = {
    {"to", .required = true, .kind = TEMPLATE_LINE},
    {"title", .required = true, .kind = TEMPLATE_LINE},
    {"body", .required = true, .kind = TEMPLATE_TEXT},
    {"data", .shape = STEP_TREE, .kind = TEMPLATE_TEXT},
};

#define FIELDS(table)                         \
    {                                         \
        table, sizeof table / sizeof table[0] \
    }
static const struct {
    const step_field *fields;
    size_t count;
} fields_of[STEP_TYPE_COUNT] = {
    [STEP_IN_APP] = FIELDS(in_app_fields),
    [STEP_EMAIL] = FIELDS(email_fields),
    [STEP_SMS] = FIELDS(sms_fields),
    [STEP_PUSH] = FIELDS(push_fields),
};
static_assert(sizeof email_fields / sizeof email_fields[0] == STEP_FIELDS_MAX, "the longest table");

static const char *const type_names[STEP_TYPE_COUNT] = {
#define X(code, name) name,
    STEP_TYPES(X)
#undef X
};

const char *step_type_name(step_type type)
{
    return type_names[type];
}

bool step_type_find(const value *name, step_type *type)
{
    for (int i = 0; i < STEP_TYPE_COUNT; i++) {
        if (value_is_text(name, type_names[i])) {
            *type = (step_type)i;
            return true;
        }
    }
    return false;
}

const step_field *step_type_fields(step_type type, size_t *count)
{
    *count = fields_of[type].count;
    return fields_of[type].fields;
}

value_kind step_shape_kind(step_shape shape)
{
    static const value_kind kinds[] = {
        [STEP_TEXT] = VALUE_STRING, [STEP_TREE] = VALUE_MAP, [STEP_FILES] = VALUE_LIST};
    return kinds[shape];
}

bool step_type_has_address(step_type type)
{
    return type != STEP_IN_APP;
}

bool step_evaluate_skip(const step *s, const value *values, arena *a, bool *skip, error *e)
{
    *skip = false;
    if (s->skip_condition == NULL)
        return true;
    exception x;
    value result;
    if (!expression_evaluate(s->skip_condition, values, a, &result, &x))
        return error_set(e, ERROR_EVALUATION, x.position, "skip_condition of step %s: %s at byte %zu: %s",
                         s->id.text, exception_name(x.type), x.position, x.message);
    *skip = expression_truth(&result);
    return true;
}

/* The whole milliseconds from now on that a delay gives; NaN where it gives no time. */
static double read_delay(const value *delay, int64_t now_ms)
{
    int64_t instant_us;
    if (delay->kind == VALUE_INT || delay->kind == VALUE_FLOAT)
        return rint(value_as_double(delay) * 1000);
    if (delay->kind == VALUE_STRING && timestamp_parse(delay->text, delay->count, &instant_us))
        return ceil((double)(instant_us - now_ms * 1000) / 1000); /* never too early */
    return NAN;
}

bool step_delay(const step *s, const value *values, arena *a, int64_t now_ms, int64_t *due_ms, error *e)
{
    *due_ms = now_ms + s->delay_ms;
    if (s->delay == NULL)
        return true;
    exception x;
    value delay;
    if (!expression_evaluate(s->delay, values, a, &delay, &x))
        return error_set(e, ERROR_EVALUATION, x.position, "delay of step %s: %s at byte %zu: %s", s->id.text,
                         exception_name(x.type), x.position, x.message);
    double ms = read_delay(&delay, now_ms);
    if (isnan(ms))
        return error_set(e, ERROR_EVALUATION, 0, "delay of step %s must give seconds or an RFC 3339 time",
                         s->id.text);
    if (ms > LIMIT_WAIT_SECONDS * 1000.0)
        return error_set(e, ERROR_EVALUATION, 0, "delay of step %s is longer than %d days", s->id.text,
                         LIMIT_WAIT_SECONDS / (24 * 3600));
    *due_ms = ms > 0 ? now_ms + (int64_t)ms : now_ms;
    return true;
}

static bool fail_rendering(const step *s, const step_field *field, const exception *x, error *e)
{
    return error_set(e, ERROR_TEMPLATE, x->position, "config/%s of step %s: %s at byte %zu: %s", field->name,
                     s->id.text, exception_name(x->type), x->position, x->message);
}

/* The contents together: each is bounded as any text is. */
static bool files_fit(const value *files)
{
    size_t size = 0;
    for (uint32_t i = 0; i < files->count; i++) {
        const value *content = value_field(&files->items[i], "content");
        size += content == NULL ? 0 : content->count;
    }
    return size <= LIMIT_ATTACHMENTS_BYTES;
}

bool step_render(const step *s, const value *values, arena *a, value *message, error *e)
{
    size_t count;
    const step_field *fields = step_type_fields(s->type, &count);
    const value_member *keys = s->message_keys.members;
    value_member *next = map_like(&s->message_keys, a, message);
    if (next == NULL)
        return error_set(e, ERROR_LIMIT, 0, "the message of step %s needs more memory than its bound",
                         s->id.text);
    for (size_t i = 0; i < count; i++) {
        if (s->config[i] == NULL)
            continue;
        exception x;
        value *rendered = &next->value;
        next++->key = keys++->key;
        if (!config_template_render(s->config[i], values, a, rendered, &x))
            return fail_rendering(s, &fields[i], &x, e);
        if (fields[i].shape == STEP_FILES && !files_fit(rendered))
            return error_set(e, ERROR_LIMIT, 0, "config/%s of step %s has more than %d bytes of base64",
                             fields[i].name, s->id.text, LIMIT_ATTACHMENTS_BYTES);
    }
    return true;
}
