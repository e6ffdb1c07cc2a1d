#include "engine/workflow/step_compiler.h"

#include <stdio.h>

#include "engine/value/duration.h"
#include "engine/workflow/retry_compiler.h"
#include "engine/workflow/workflow.h"

static const key_rule step_keys[] = {
    {"step_id", KEY_STRING, KEY_REQUIRED},
    {"step_type", KEY_STRING, KEY_REQUIRED},
    {"name", KEY_STRING, KEY_REQUIRED},
    {"config", KEY_MAP, KEY_REQUIRED},
    {"skip_condition", KEY_STRING, KEY_OPTIONAL},
    {"control_schema", KEY_MAP, KEY_OPTIONAL},
    {"retry", KEY_MAP, KEY_OPTIONAL},
    {"on_failure", KEY_STRING, KEY_OPTIONAL},
    {"delay", KEY_DURATION, KEY_OPTIONAL},
};

/* Authors write `to:` beside `config:` rather than in it. */
static const char *inner_keys_place(const char *key)
{
    if (retry_has_key(key))
        return "retry";
    if (strcmp(key, "provider") == 0)
        return "config";
    for (int type = 0; type < STEP_TYPE_COUNT; type++) {
        size_t count;
        const step_field *fields = step_type_fields((step_type)type, &count);
        for (size_t i = 0; i < count; i++)
            if (strcmp(key, fields[i].name) == 0)
                return "config";
    }
    return NULL;
}

static bool compile_type(compiler *c, const value *v, step_type *type)
{
    if (v == NULL)
        return false;
    if (step_type_find(v, type))
        return true;
    workflow_findings_add(c->findings, c->document, v, RULE_STEP_TYPE,
                          "no step type \"%.*s\"; there are IN_APP, EMAIL, SMS and PUSH", compiler_shown(v),
                          v->text);
    return false;
}

static const expression *compile_skip_condition(compiler *c, const value *v)
{
    if (v == NULL)
        return NULL;
    exception x;
    const expression *p = expression_compile(c->arena, v->text, v->count, &workflow_scope, &x);
    if (p == NULL)
        compiler_add_exception(c, v, RULE_SKIP_CONDITION, &x);
    return p;
}

static step_on_failure compile_on_failure(compiler *c, const value *v)
{
    if (v == NULL || value_is_text(v, "stop"))
        return STEP_STOP;
    if (!value_is_text(v, "continue"))
        workflow_findings_add(c->findings, c->document, v, RULE_ON_FAILURE,
                              "\"on_failure\" is stop or continue, not \"%.*s\"", compiler_shown(v), v->text);
    return STEP_CONTINUE;
}

/* What begins with a digit may be meant as either. */
static void add_delay_exception(compiler *c, const value *v, exception *x)
{
    static const char hint[] = "; a duration is like " DURATION_EXAMPLES;
    size_t size = strlen(x->message);
    if (v->count > 0 && v->text[0] >= '0' && v->text[0] <= '9')
        snprintf(x->message + size, sizeof x->message - size, "%s", hint);
    compiler_add_exception(c, v, RULE_DELAY, x);
}

/* A text that is no duration is an expression. */
static void compile_delay(compiler *c, const value *step_map, step *s)
{
    const value *v = compiler_get(step_map, "delay", VALUE_STRING);
    int64_t ms;
    if (v == NULL || duration_parse(v->text, v->count, 0, &ms)) {
        (void)compiler_duration(c, step_map, "delay", 0, &s->delay_ms);
        return;
    }
    exception x;
    s->delay = expression_compile(c->arena, v->text, v->count, &workflow_scope, &x);
    if (s->delay == NULL)
        add_delay_exception(c, v, &x);
}

static const config_template *compile_field(compiler *c, const value *config, const step_field *field)
{
    const value *v = compiler_get(config, field->name, step_shape_kind(field->shape));
    if (v == NULL)
        return NULL;
    config_template_error e;
    const config_template *t = config_template_compile(c->arena, v, field->kind, &workflow_scope, &e);
    if (t == NULL && e.node == NULL)
        compiler_add_memory(c);
    else if (t == NULL)
        compiler_add_exception(c, e.node, RULE_TEMPLATE, &e.exception);
    return t;
}

static void check_config_keys(compiler *c, const value *config, step_type type)
{
    static const char *const whats[STEP_TYPE_COUNT] = {
        [STEP_IN_APP] = "the config of an IN_APP step",
        [STEP_EMAIL] = "the config of an EMAIL step",
        [STEP_SMS] = "the config of an SMS step",
        [STEP_PUSH] = "the config of a PUSH step",
    };
    static const key_kind kinds[] = {
        [STEP_TEXT] = KEY_STRING, [STEP_TREE] = KEY_MAP, [STEP_FILES] = KEY_LIST};
    size_t count;
    const step_field *fields = step_type_fields(type, &count);
    key_rule rules[STEP_FIELDS_MAX + 1] = {{"provider", KEY_STRING, KEY_OPTIONAL}};
    for (size_t i = 0; i < count; i++)
        rules[i + 1] = (key_rule){fields[i].name, kinds[fields[i].shape],
                                  fields[i].required ? KEY_REQUIRED : KEY_OPTIONAL};
    compiler_check_keys(c, config, rules, count + 1, whats[type], NULL);
}

static void check_email_content(compiler *c, const value *config)
{
    const value *text = value_field(config, "text");
    const value *html = value_field(config, "html");
    if ((text == NULL || text->kind == VALUE_NULL) && (html == NULL || html->kind == VALUE_NULL))
        workflow_findings_add(c->findings, c->document, config, RULE_EMAIL_CONTENT,
                              "an EMAIL step needs \"text\" or \"html\" or both");
}

static void check_attachments(compiler *c, const value *config)
{
    static const key_rule rules[] = {{"name", KEY_STRING, KEY_REQUIRED},
                                     {"type", KEY_STRING, KEY_OPTIONAL},
                                     {"content", KEY_STRING, KEY_REQUIRED}};
    const value *files = compiler_get(config, "attachments", VALUE_LIST);
    if (files == NULL)
        return;
    if (files->count > LIMIT_ATTACHMENTS)
        workflow_findings_add(c->findings, c->document, files, RULE_LIMIT,
                              "a mail has at most %d attachments", LIMIT_ATTACHMENTS);
    for (uint32_t i = 0; i < files->count; i++) {
        const value *file = &files->items[i];
        if (file->kind == VALUE_MAP)
            compiler_check_keys(c, file, rules, sizeof rules / sizeof rules[0], "an attachment", NULL);
        else
            workflow_findings_add(c->findings, c->document, file, RULE_TYPE,
                                  "an attachment must be a map, not %s", value_kind_name(file->kind));
    }
}

static void name_message_keys(compiler *c, const step_field *fields, size_t count, step *s)
{
    map_builder keys;
    size_t present = 0;
    for (size_t i = 0; i < count; i++)
        present += s->config[i] != NULL;
    map_builder_init(&keys, c->arena);
    if (!map_builder_reserve(&keys, present))
        compiler_add_memory(c);
    for (size_t i = 0; i < count; i++)
        if (s->config[i] != NULL && !map_builder_put(&keys, value_cstring(fields[i].name), value_null()))
            compiler_add_memory(c);
    s->message_keys = map_builder_finish(&keys);
}

static void compile_config(compiler *c, const value *config, step *s)
{
    check_config_keys(c, config, s->type);
    if (s->type == STEP_EMAIL)
        check_email_content(c, config);
    check_attachments(c, config);
    const value *provider = compiler_get(config, "provider", VALUE_STRING);
    if (provider != NULL)
        s->provider = compiler_identifier(c, provider);
    size_t count;
    const step_field *fields = step_type_fields(s->type, &count);
    for (size_t i = 0; i < count; i++)
        s->config[i] = compile_field(c, config, &fields[i]);
    name_message_keys(c, fields, count, s);
}

void step_compile(compiler *c, const value *v, step *s)
{
    *s = (step){.provider = value_null()};
    compiler_check_keys(c, v, step_keys, sizeof step_keys / sizeof step_keys[0], "a step", inner_keys_place);
    s->id = compiler_identifier(c, compiler_get(v, "step_id", VALUE_STRING));
    s->name = compiler_name(c, compiler_get(v, "name", VALUE_STRING));
    s->skip_condition = compile_skip_condition(c, compiler_get(v, "skip_condition", VALUE_STRING));
    s->retry = retry_compile(c, compiler_get(v, "retry", VALUE_MAP));
    s->on_failure = compile_on_failure(c, compiler_get(v, "on_failure", VALUE_STRING));
    compile_delay(c, v, s);
    s->control_schema = control_schema_compile(c, compiler_get(v, "control_schema", VALUE_MAP));
    const value *config = compiler_get(v, "config", VALUE_MAP);
    if (compile_type(c, compiler_get(v, "step_type", VALUE_STRING), &s->type) && config != NULL)
        compile_config(c, config, s);
}
