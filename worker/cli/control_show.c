#include <stdio.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "worker/cli/control.h"
#include "worker/cli/pretty.h"

enum { OPTION_JSON = CLI_LONG_ONLY };

static const cli_option options[] = {
    {OPTION_JSON, "json", NULL, "the stored values, and what each step sees, as JSON"},
    STORE_OPTIONS,
};

static const cli_usage usage = {
    .synopsis = "control show [OPTION...] ID",
    .summary = "Prints a workflow's controls and those of its steps: each with its value and\n"
               "where that comes from. A step sees its own controls over the workflow's.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_min = 1,
    .rest_max = 1,
};

static void print_text(const value *from, const char *key)
{
    const value *text = value_field(from, key);
    if (text != NULL && text->kind == VALUE_STRING)
        printf(": %.*s", (int)text->count, text->text);
}

static void print_control(const control_schema *s, const value *name, const value *set, arena *memory)
{
    const value *v = set != NULL ? value_get(set, name->text, name->count) : NULL;
    const char *source = "set";
    if (v == NULL) {
        v = value_get(&s->defaults, name->text, name->count);
        source = "default";
    }
    printf("  %.*s", (int)name->count, name->text);
    if (v == NULL) {
        printf(" is not set");
    } else {
        buffer b;
        buffer_init(&b, memory, LIMIT_CONTROLS_BYTES * 2);
        json_write(&b, v);
        printf(" = %.*s (%s)", (int)b.size, b.bytes, source);
    }
    const value *properties = value_field(&s->document, "properties");
    print_text(value_get(properties, name->text, name->count), "description");
    putchar('\n');
}

static void print_scope(const control_schema *s, const char *whose, const value *set, arena *memory)
{
    if (s == NULL)
        return;
    printf("%s", whose);
    print_text(&s->document, "schema_id");
    print_text(&s->document, "description");
    putchar('\n');
    const value *properties = value_field(&s->document, "properties");
    for (uint32_t i = 0; i < properties->count; i++)
        print_control(s, &properties->members[i].key, set, memory);
}

static void print_all(const workflow *w, const value *stored, arena *memory)
{
    char whose[LIMIT_IDENTIFIER_BYTES + 8];
    const value *steps = value_field(stored, "steps");
    printf("%s, version %d, control version %lld\n", w->id.text, w->version, (long long)w->control_version);
    print_scope(w->control_schema, "workflow", value_field(stored, "workflow"), memory);
    for (size_t i = 0; i < w->step_count; i++) {
        const step *s = &w->steps[i];
        snprintf(whose, sizeof whose, "step %s", s->id.text);
        print_scope(s->control_schema, whose,
                    steps != NULL ? value_get(steps, s->id.text, s->id.count) : NULL, memory);
    }
}

static bool build_json(const workflow *w, const value *stored, arena *a, value *out)
{
    map_builder steps, all;
    map_builder_init(&steps, a);
    map_builder_init(&all, a);
    for (size_t i = 0; i < w->step_count; i++)
        if (!map_builder_put(&steps, w->steps[i].id, w->steps[i].controls))
            return false;
    bool built = map_builder_put(&all, value_cstring("version"), value_int(w->version)) &&
                 map_builder_put(&all, value_cstring("control_version"), value_int(w->control_version)) &&
                 map_builder_put(&all, value_cstring("stored"), *stored) &&
                 map_builder_put(&all, value_cstring("steps"), map_builder_finish(&steps));
    *out = map_builder_finish(&all);
    return built;
}

static int print_json(const workflow *w, const value *stored, arena *memory)
{
    value all;
    buffer b;
    buffer_init(&b, memory, LIMIT_DOCUMENT_MEMORY);
    if (!build_json(w, stored, memory, &all))
        return cli_fail(&usage, CLI_FAILED, "the controls are too large to print");
    pretty_write(&b, &all);
    printf("%.*s\n", (int)b.size, b.bytes);
    return CLI_OK;
}

static bool take_option(void *data, const cli_options *o)
{
    (void)o;
    *(bool *)data = true;
    return true;
}

static int run(store_session *s, void *data, char **rest, size_t rest_count)
{
    (void)rest_count;
    const bool *json = data;
    const value id = value_cstring(rest[0]);
    workflow_life life;
    value stored;
    error e = {0};
    if (!catalog_store_life(s->store, &id, &life, &e) ||
        !catalog_store_controls(s->store, &id, life.control_version, &s->memory, &stored, &e))
        return store_session_fail(s, &e);
    const workflow *w = catalog_store_workflow(s->store, &id, workflow_life_version(&life), life.status,
                                               life.control_version, &e);
    if (w == NULL)
        return store_session_fail(s, &e);
    int code = CLI_OK;
    if (*json)
        code = print_json(w, &stored, &s->memory);
    else
        print_all(w, &stored, &s->memory);
    workflow_release(w);
    return code;
}

int cli_control_show(int argc, char **argv)
{
    static const store_command command = {.usage = &usage, .take_option = take_option, .run = run};
    bool json = false;
    return store_command_run(&command, &json, argc, argv);
}
