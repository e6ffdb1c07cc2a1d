#include "worker/channel/delivery_names.h"

#include "engine/expression/template/template_filters.h"

static const char *const names[] = {
#define X(code, name) name,
    DELIVERY_NAMES(X)
#undef X
};

const expression_scope delivery_scope = {
    .names = names, .count = DELIVERY_NAME_COUNT, .find_filter = template_filter_find};

static bool put(map_builder *b, const char *key, value v)
{
    return map_builder_put(b, value_cstring(key), v);
}

static bool describe_step(const delivery *d, value *out)
{
    map_builder b;
    map_builder_init(&b, d->arena);
    if (!put(&b, "id", d->step->id) || !put(&b, "type", value_cstring(step_type_name(d->step->type))) ||
        !put(&b, "name", d->step->name))
        return false;
    *out = map_builder_finish(&b);
    return true;
}

static bool describe_execution(const delivery *d, value *out)
{
    map_builder b;
    const identity *id = &d->execution->id;
    map_builder_init(&b, d->arena);
    if (!put(&b, "id", value_string(id->text, sizeof id->text - 1)) ||
        !put(&b, "run", value_int(d->execution->run)))
        return false;
    *out = map_builder_finish(&b);
    return true;
}

static bool describe_workflow(const delivery *d, value *out)
{
    map_builder b;
    map_builder_init(&b, d->arena);
    if (!put(&b, "id", d->execution->workflow_id) ||
        !put(&b, "version", value_int(d->execution->workflow_version)))
        return false;
    *out = map_builder_finish(&b);
    return true;
}

static bool describe_key(const delivery *d, value *out)
{
    const identity key = delivery_key(d);
    const char *copy = arena_copy(d->arena, key.text, sizeof key.text - 1);
    if (copy == NULL)
        return false;
    *out = value_string(copy, sizeof key.text - 1);
    return true;
}

bool delivery_names_fill(const delivery *d, value *values)
{
    const execution *x = d->execution;
    values[DELIVERY_NAME_MESSAGE] = *d->message;
    values[DELIVERY_NAME_RECIPIENT] = x->recipient;
    values[DELIVERY_NAME_ATTEMPT] = value_int(x->steps[x->current_step].attempt);
    values[DELIVERY_NAME_NOW] = value_int(d->now_ms / 1000);
    values[DELIVERY_NAME_METADATA] = x->metadata.kind == VALUE_MAP ? x->metadata : (value){.kind = VALUE_MAP};
    return describe_step(d, &values[DELIVERY_NAME_STEP]) &&
           describe_execution(d, &values[DELIVERY_NAME_EXECUTION]) &&
           describe_workflow(d, &values[DELIVERY_NAME_WORKFLOW]) &&
           describe_key(d, &values[DELIVERY_NAME_KEY]);
}
