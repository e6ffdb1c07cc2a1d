#include "engine/workflow/workflow.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/copy.h"
#include "engine/workflow/controls.h"
#include "engine/workflow/static_check.h"
#include "engine/workflow/step_compiler.h"

enum {
    CHUNK_BYTES = 4096,
    SPANS_MAX = 10,
    PREFETCHED_MAX =
        32 << 10, /* of a usual workflow all: more would push out of the caches what is needed first */
    LINE_BYTES = 64,
};

/* What retain and release find behind the workflow that others see. */
typedef struct owned_workflow {
    workflow workflow; /* first: the two share their address */
    atomic_uint references;
    arena arena;
    schema_list schemas;
    uint32_t span_count;
    arena_span spans[SPANS_MAX]; /* for workflow_prefetch */
} owned_workflow;

/* ---- names ---- */

static const char *const status_names[WORKFLOW_STATUS_COUNT] = {
#define X(code, name) name,
    WORKFLOW_STATUSES(X)
#undef X
};

const char *workflow_status_name(workflow_status status)
{
    return status_names[status];
}

bool workflow_status_find(const value *name, workflow_status *status)
{
    for (int i = 0; i < WORKFLOW_STATUS_COUNT; i++) {
        if (value_is_text(name, status_names[i])) {
            *status = (workflow_status)i;
            return true;
        }
    }
    return false;
}

static const char *const scope_names[WORKFLOW_NAME_COUNT] = {
#define X(code, name) name,
    WORKFLOW_NAMES(X)
#undef X
};

const expression_scope workflow_scope = {.names = scope_names, .count = WORKFLOW_NAME_COUNT};

/* ---- compiling ---- */

static const key_rule workflow_keys[] = {
    {"workflow_id", KEY_STRING, KEY_REQUIRED}, {"name", KEY_STRING, KEY_REQUIRED},
    {"status", KEY_STRING, KEY_OPTIONAL},      {"payload_schema", KEY_SCHEMA, KEY_REQUIRED},
    {"steps", KEY_LIST, KEY_REQUIRED},         {"metadata", KEY_MAP, KEY_OPTIONAL},
    {"$schema", KEY_STRING, KEY_OPTIONAL}, /* where editors look for the document's own schema */
    {"control_schema", KEY_MAP, KEY_OPTIONAL}, {"expires_after", KEY_DURATION, KEY_OPTIONAL},
};

static workflow_status compile_status(compiler *c, const value *v)
{
    workflow_status status = WORKFLOW_ACTIVE;
    if (v != NULL && !workflow_status_find(v, &status))
        workflow_findings_add(c->findings, c->document, v, RULE_STATUS,
                              "no status \"%.*s\"; there are draft, active and archived", compiler_shown(v),
                              v->text);
    return status;
}

/* Two steps with the same text under `key`: a finding at the second one. */
static void check_unique(compiler *c, const value *steps, uint32_t index, const char *key, workflow_rule rule)
{
    const value *v = compiler_get(&steps->items[index], key, VALUE_STRING);
    for (uint32_t i = 0; v != NULL && i < index; i++) {
        const value *earlier = compiler_get(&steps->items[i], key, VALUE_STRING);
        if (earlier != NULL && value_same_text(earlier, v)) {
            workflow_findings_add(c->findings, c->document, v, rule, "step %u has the same %s: \"%.*s\"",
                                  i + 1, key, compiler_shown(v), v->text);
            return;
        }
    }
}

/* NULL with a finding, or without steps to compile. */
static step *compile_steps(compiler *c, const value *v, workflow *w)
{
    if (v == NULL)
        return NULL;
    if (v->count == 0 || v->count > LIMIT_STEPS) {
        workflow_findings_add(c->findings, c->document, v, RULE_STEP_COUNT,
                              "a workflow has 1 to %d steps, not %u", LIMIT_STEPS, v->count);
        return NULL;
    }
    step *steps = arena_calloc(c->arena, v->count, sizeof *steps);
    if (steps == NULL) {
        compiler_add_memory(c);
        return NULL;
    }
    for (uint32_t i = 0; i < v->count; i++) {
        if (v->items[i].kind != VALUE_MAP) {
            workflow_findings_add(c->findings, c->document, &v->items[i], RULE_TYPE,
                                  "a step must be a mapping, not %s", value_kind_name(v->items[i].kind));
            continue;
        }
        step_compile(c, &v->items[i], &steps[i]);
        check_unique(c, v, i, "step_id", RULE_UNIQUE_STEP_ID);
        check_unique(c, v, i, "name", RULE_UNIQUE_STEP_NAME);
    }
    w->steps = steps;
    w->step_count = v->count;
    return steps;
}

static void check_controls(compiler *c, const workflow *w, const value *stored)
{
    error e = {0};
    validator *v = validator_new();
    if (v == NULL)
        compiler_add_memory(c);
    else if (!controls_check(w, stored, v, c->arena, &e))
        workflow_findings_add(c->findings, c->document, NULL, RULE_CONTROL_VALUE, "%s", e.message);
    validator_free(v);
}

static void resolve_controls(compiler *c, const workflow *w, step *steps, const value *stored)
{
    for (size_t i = 0; i < w->step_count; i++) {
        value resolved;
        error e = {0};
        if (!controls_resolve(w->control_schema, steps[i].control_schema, stored, &steps[i].id, c->arena,
                              &resolved, &e) ||
            !value_copy(c->arena, &resolved, &steps[i].controls))
            compiler_add_memory(c);
    }
}

static bool build_names_value(arena *a, workflow *w)
{
    map_builder b;
    map_builder_init(&b, a);
    if (!map_builder_reserve(&b, 4) || !map_builder_put(&b, value_cstring("workflow_id"), w->id) ||
        !map_builder_put(&b, value_cstring("name"), w->name) ||
        !map_builder_put(&b, value_cstring("version"), value_int(w->version)) ||
        !map_builder_put(&b, value_cstring("metadata"), w->metadata))
        return false;
    w->names_value = map_builder_finish(&b);
    return true;
}

static void compile_metadata(compiler *c, const value *v, workflow *w)
{
    if (v == NULL)
        w->metadata = (value){.kind = VALUE_MAP};
    else if (!value_copy(c->arena, v, &w->metadata))
        compiler_add_memory(c);
}

/* Needs every other field; its scratch is given back at once. */
static void finish(compiler *c, workflow *w)
{
    const char *file = c->document->name;
    w->file = arena_copy(c->arena, file, strlen(file));
    w->line = document_line(c->document, value_field(c->document->root, "workflow_id"));
    if (w->file == NULL || !build_names_value(c->arena, w)) {
        compiler_add_memory(c);
        return;
    }
    arena_mark mark = arena_get_mark(c->arena);
    if (!content_id(c->document->root, c->arena, w->content_id))
        compiler_add_memory(c);
    arena_rewind(c->arena, mark);
}

static void compile_root(compiler *c, workflow *w, const workflow_standing *standing)
{
    const value *root = c->document->root;
    if (root->kind != VALUE_MAP) {
        workflow_findings_add(c->findings, c->document, root, RULE_TYPE,
                              "a workflow document must be a mapping, not %s", value_kind_name(root->kind));
        return;
    }
    compiler_check_keys(c, root, workflow_keys, sizeof workflow_keys / sizeof workflow_keys[0], "a workflow",
                        NULL);
    w->id = compiler_identifier(c, compiler_get(root, "workflow_id", VALUE_STRING));
    w->name = compiler_name(c, compiler_get(root, "name", VALUE_STRING));
    w->status = compile_status(c, compiler_get(root, "status", VALUE_STRING));
    w->version = 1;
    if (standing != NULL) {
        w->status = standing->status;
        w->version = standing->version;
        w->control_version = standing->control_version;
    }
    const value *payload_schema = value_field(root, "payload_schema");
    if (payload_schema != NULL && (payload_schema->kind == VALUE_MAP || payload_schema->kind == VALUE_BOOL))
        w->payload_schema = compiler_schema(c, payload_schema, payload_schema, RULE_PAYLOAD_SCHEMA);
    w->control_schema = control_schema_compile(c, compiler_get(root, "control_schema", VALUE_MAP));
    (void)compiler_duration(c, root, "expires_after", 1, &w->expires_after_ms);
    step *steps = compile_steps(c, compiler_get(root, "steps", VALUE_LIST), w);
    if (standing != NULL && standing->controls != NULL)
        check_controls(c, w, standing->controls);
    resolve_controls(c, w, steps, standing != NULL ? standing->controls : NULL);
    compile_metadata(c, compiler_get(root, "metadata", VALUE_MAP), w);
    finish(c, w);
}

static void find_spans(owned_workflow *o)
{
    size_t count = arena_spans(&o->arena, o->spans, SPANS_MAX);
    count += schema_spans(o->workflow.payload_schema, o->spans + count, SPANS_MAX - count);
    size_t left = PREFETCHED_MAX;
    for (size_t i = 0; i < count; i++) {
        arena_span *s = &o->spans[i];
        s->size = s->size < left ? s->size : left;
        left -= s->size;
    }
    o->span_count = (uint32_t)count;
}

const workflow *workflow_compile(const document *d, const workflow_standing *standing, workflow_findings *f)
{
    size_t before = workflow_findings_total(f);
    owned_workflow *o = calloc(1, sizeof *o);
    if (o == NULL) {
        workflow_findings_add(f, d, NULL, RULE_LIMIT, "no memory for the workflow");
        return NULL;
    }
    atomic_init(&o->references, 1);
    arena_init_steady(&o->arena, CHUNK_BYTES, LIMIT_WORKFLOW_MEMORY);
    compiler c = {.document = d, .findings = f, .arena = &o->arena, .schemas = &o->schemas};
    compile_root(&c, &o->workflow, standing);
    if (standing == NULL && workflow_findings_total(f) == before)
        static_check(&c, &o->workflow);
    if (workflow_findings_total(f) == before) {
        find_spans(o);
        return &o->workflow;
    }
    workflow_release(&o->workflow);
    return NULL;
}

/* ---- life ---- */

static owned_workflow *owner(const workflow *w)
{
    return (owned_workflow *)(uintptr_t)w;
}

const workflow *workflow_retain(const workflow *w)
{
    atomic_fetch_add_explicit(&owner(w)->references, 1, memory_order_relaxed);
    return w;
}

void workflow_release(const workflow *w)
{
    if (w == NULL || atomic_fetch_sub_explicit(&owner(w)->references, 1, memory_order_acq_rel) > 1)
        return;
    owned_workflow *o = owner(w);
    for (size_t i = 0; i < o->schemas.count; i++)
        schema_free(o->schemas.items[i]);
    arena_free(&o->arena);
    free(o);
}

void workflow_prefetch(const workflow *w)
{
    const owned_workflow *o = owner(w);
    for (uint32_t i = 0; i < o->span_count; i++)
        for (size_t at = 0; at < o->spans[i].size; at += LINE_BYTES)
            __builtin_prefetch(o->spans[i].bytes + at, 0, 3);
}

const step *workflow_step(const workflow *w, const char *id, size_t id_size)
{
    for (size_t i = 0; i < w->step_count; i++)
        if (w->steps[i].id.count == id_size && memcmp(w->steps[i].id.text, id, id_size) == 0)
            return &w->steps[i];
    return NULL;
}
