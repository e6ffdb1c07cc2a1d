#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/controls.h"

static arena memory;
static validator *checker;
static const workflow *flow;

static const char text[] = "workflow_id: w\n"
                           "name: W\n"
                           "payload_schema: true\n"
                           "control_schema:\n"
                           "  schema_id: w-controls\n"
                           "  description: What marketing may change\n"
                           "  additionalProperties: true\n"
                           "  required: [greeting, sender]\n"
                           "  properties:\n"
                           "    greeting: {type: string, maxLength: 10, default: Hello}\n"
                           "    sender: {type: string}\n"
                           "    theme: {$ref: '#/$defs/Theme'}\n"
                           "    labels: {type: object, additionalProperties: {type: string}}\n"
                           "    links: {type: array, items: {properties: {url: {type: string}}}}\n"
                           "  $defs:\n"
                           "    Theme: {type: object, properties: {color: {enum: [red, blue], default: red}, "
                           "a/b: {type: integer}}}\n"
                           "steps:\n"
                           "  - step_id: mail\n"
                           "    step_type: SMS\n"
                           "    name: Mail\n"
                           "    config: {to: x, body: y}\n"
                           "    control_schema:\n"
                           "      properties:\n"
                           "        greeting: {type: string, default: Dear}\n"
                           "        limit: {type: integer, minimum: 1}\n"
                           "  - {step_id: plain, step_type: SMS, name: Plain, config: {to: x, body: y}}\n";

static const workflow *compile(const char *source, const workflow_standing *standing, workflow_findings *f)
{
    document d;
    error e = {0};
    workflow_findings_init(f, &memory);
    cr_assert(document_read(&d, &memory, "w.yaml", source, strlen(source), &e), "%s", e.message);
    return workflow_compile(&d, standing, f);
}

static void set_up(void)
{
    workflow_findings findings;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    checker = validator_new();
    flow = compile(text, NULL, &findings);
    cr_assert_not_null(flow, "%s", findings.count > 0 ? findings.items[0].message : "");
}

static void tear_down(void)
{
    workflow_release(flow);
    validator_free(checker);
    arena_free(&memory);
}

TestSuite(controls, .init = set_up, .fini = tear_down);

static value json(const char *source)
{
    value v;
    error e = {0};
    cr_assert(json_read(&memory, source, strlen(source), &v, &e), "%s: %s", source, e.message);
    return v;
}

static const char *shown(const value *v)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, v);
    buffer_add_byte(&b, '\0');
    return b.bytes;
}

static control_path path_of(const char *step_id, const char *pointer)
{
    return (control_path){step_id == NULL ? value_null() : value_cstring(step_id), pointer};
}

/* after NULL: takes the value back. */
static void assert_change(const char *stored, const char *step_id, const char *pointer, const char *after,
                          const char *changed, const char *before)
{
    value from = json(stored);
    value v = after != NULL ? json(after) : value_null();
    control_path path = path_of(step_id, pointer);
    value to;
    const value *was;
    error e = {0};
    cr_assert(controls_change(flow, &from, &path, after != NULL ? &v : NULL, checker, &memory, &to, &was, &e),
              "%s: %s", pointer, e.message);
    cr_assert_str_eq(shown(&to), changed);
    if (before == NULL)
        cr_assert_null(was);
    else
        cr_assert_str_eq(shown(was), before);
}

static void assert_refused(const char *stored, const char *step_id, const char *pointer, const char *after,
                           const char *sentence)
{
    value from = json(stored);
    value v = after != NULL ? json(after) : value_null();
    control_path path = path_of(step_id, pointer);
    value to;
    const value *was;
    error e = {0};
    cr_assert_not(
        controls_change(flow, &from, &path, after != NULL ? &v : NULL, checker, &memory, &to, &was, &e),
        "taken: %s", pointer);
    cr_assert(strstr(e.message, sentence) != NULL, "%s: %s", pointer, e.message);
}

Test(controls, a_value_is_set_changed_and_taken_back)
{
    assert_change("{}", NULL, "/greeting", "\"Hi\"", "{\"workflow\":{\"greeting\":\"Hi\"}}", NULL);
    assert_change("{\"workflow\":{\"greeting\":\"Hi\"}}", NULL, "/greeting", "\"Hey\"",
                  "{\"workflow\":{\"greeting\":\"Hey\"}}", "\"Hi\"");
    assert_change("{\"workflow\":{\"greeting\":\"Hi\"}}", NULL, "/greeting", NULL, "{}", "\"Hi\"");
    assert_change("{\"workflow\":{\"sender\":\"S\"}}", "mail", "/limit", "3",
                  "{\"workflow\":{\"sender\":\"S\"},\"steps\":{\"mail\":{\"limit\":3}}}", NULL);
    assert_change("{\"steps\":{\"mail\":{\"limit\":3}}}", "mail", "/limit", NULL, "{}", "3");
}

Test(controls, a_path_leads_through_objects)
{
    assert_change("{}", NULL, "/theme/color", "\"blue\"", "{\"workflow\":{\"theme\":{\"color\":\"blue\"}}}",
                  NULL);
    assert_change("{}", NULL, "/theme/a~1b", "1", "{\"workflow\":{\"theme\":{\"a/b\":1}}}", NULL);
    assert_change("{\"workflow\":{\"theme\":{\"color\":\"blue\"},\"sender\":\"S\"}}", NULL, "/theme/color",
                  NULL, "{\"workflow\":{\"sender\":\"S\"}}", "\"blue\"");
    assert_change("{}", NULL, "/labels/any", "\"x\"", "{\"workflow\":{\"labels\":{\"any\":\"x\"}}}", NULL);
    assert_change("{}", NULL, "/links", "[{\"url\":\"u\"}]", "{\"workflow\":{\"links\":[{\"url\":\"u\"}]}}",
                  NULL);
}

Test(controls, what_the_schema_does_not_declare_or_allow_is_refused)
{
    assert_refused("{}", NULL, "/greting", "\"x\"", "/greting: the control schema declares no such property");
    assert_refused("{}", NULL, "/theme/size", "1",
                   "/theme/size: the control schema declares no such property");
    assert_refused("{}", NULL, "/theme", "{\"size\":1}", "/theme/size: the control schema declares");
    assert_refused("{}", NULL, "/links", "[{\"url\":\"u\",\"x\":1}]",
                   "/links/0/x: the control schema declares");
    assert_refused("{}", NULL, "/greeting", "\"much too long\"", "/greeting");
    assert_refused("{}", NULL, "/greeting", "5", "/greeting");
    assert_refused("{}", NULL, "/theme/color", "\"green\"", "/theme/color");
    assert_refused("{}", "mail", "/limit", "0", "/limit");
    assert_refused("{}", "plain", "/limit", "1", "step plain has no control schema");
    assert_refused("{}", "nobody", "/limit", "1", "no step \"nobody\"");
    assert_refused("{}", NULL, "/greeting", NULL, "/greeting has no value of its own");
    assert_refused("{\"workflow\":{\"greeting\":\"Hi\"}}", NULL, "/greeting/x", "1", "no object");
    assert_refused("{}", NULL, "greeting", "\"x\"", "begins with /");
    assert_refused("{}", NULL, "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "1", "more than 16 parts");
}

Test(controls, a_refusal_does_not_repeat_the_value)
{
    value from = json("{}");
    value v = json("\"secret-secret\"");
    control_path path = path_of(NULL, "/greeting");
    value to;
    const value *was;
    error e = {0};
    cr_assert_not(controls_change(flow, &from, &path, &v, checker, &memory, &to, &was, &e));
    cr_assert(strstr(e.message, "secret") == NULL, "%s", e.message);
}

Test(controls, stored_values_are_bounded_in_size_and_depth)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    buffer_add_text(&b, "{\"a\":\"");
    for (int i = 0; i < LIMIT_CONTROLS_BYTES; i++)
        buffer_add_byte(&b, 'x');
    buffer_add_text(&b, "\"}");
    buffer_add_byte(&b, '\0');
    assert_refused("{}", NULL, "/labels", b.bytes, "at most");
}

Test(controls, required_ones_must_have_a_value_or_a_default)
{
    error e = {0};
    value stored = json("{}");
    cr_assert_not(controls_complete(flow, &stored, &memory, &e));
    cr_assert(strstr(e.message, "\"sender\" needs a value") != NULL, "%s", e.message);
    stored = json("{\"workflow\":{\"sender\":\"S\"}}");
    cr_assert(controls_complete(flow, &stored, &memory, &e));
}

Test(controls, values_that_a_version_no_longer_declares_are_found)
{
    error e = {0};
    value stored = json("{\"workflow\":{\"gone\":1}}");
    cr_assert_not(controls_check(flow, &stored, checker, &memory, &e));
    cr_assert_str_eq(e.message,
                     "the workflow's controls: /gone: the control schema declares no such property");
    stored = json("{\"steps\":{\"plain\":{\"x\":1}}}");
    cr_assert_not(controls_check(flow, &stored, checker, &memory, &e));
    cr_assert_str_eq(e.message,
                     "the controls of step plain: there are values, but no control schema any more");
    stored = json("{\"steps\":{\"mail\":{\"limit\":2}},\"workflow\":{\"greeting\":\"Hi\"}}");
    cr_assert(controls_check(flow, &stored, checker, &memory, &e), "%s", e.message);
}

Test(controls, a_step_sees_its_own_over_the_workflows_over_defaults)
{
    cr_assert_str_eq(shown(&flow->steps[0].controls), "{\"greeting\":\"Dear\"}");
    cr_assert_str_eq(shown(&flow->steps[1].controls), "{\"greeting\":\"Hello\"}");

    workflow_findings findings;
    value stored =
        json("{\"workflow\":{\"greeting\":\"Hi\",\"theme\":{}},\"steps\":{\"mail\":{\"limit\":2}}}");
    workflow_standing standing = {
        .version = 2, .status = WORKFLOW_ACTIVE, .control_version = 5, .controls = &stored};
    const workflow *w = compile(text, &standing, &findings);
    cr_assert_not_null(w);
    cr_assert_eq(w->control_version, 5);
    cr_assert_str_eq(shown(&w->steps[0].controls),
                     "{\"greeting\":\"Dear\",\"theme\":{\"color\":\"red\"},\"limit\":2}");
    cr_assert_str_eq(shown(&w->steps[1].controls), "{\"greeting\":\"Hi\",\"theme\":{\"color\":\"red\"}}");
    workflow_release(w);
}

Test(controls, a_workflow_does_not_compile_with_values_that_do_not_fit)
{
    workflow_findings findings;
    value stored = json("{\"workflow\":{\"greeting\":5}}");
    workflow_standing standing = {.version = 2, .status = WORKFLOW_ACTIVE, .controls = &stored};
    cr_assert_null(compile(text, &standing, &findings));
    cr_assert_eq(findings.count, 1);
    cr_assert_eq(findings.items[0].rule, RULE_CONTROL_VALUE);
}

Test(controls, the_schema_keeps_its_id_and_description)
{
    cr_assert(value_is_text(value_field(&flow->control_schema->document, "schema_id"), "w-controls"));
    cr_assert(value_is_text(value_field(&flow->control_schema->document, "description"),
                            "What marketing may change"));
}

/* ---- change records ---- */

static void assert_round_trip(const control_change *change, const char *expected)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 16);
    control_change_write(&b, change);
    cr_assert_eq(b.size, strlen(expected), "%.*s", (int)b.size, b.bytes);
    cr_assert(memcmp(b.bytes, expected, b.size) == 0, "%.*s", (int)b.size, b.bytes);
    control_change back;
    error e = {0};
    cr_assert(control_change_read(&memory, b.bytes, b.size, &back, &e), "%s", e.message);
    cr_assert_eq(back.version, change->version);
    cr_assert_eq(back.time_ms, change->time_ms);
    cr_assert(value_equal(&back.actor, &change->actor));
    cr_assert(value_equal(&back.path.step_id, &change->path.step_id));
    cr_assert_str_eq(back.path.pointer, change->path.pointer);
    cr_assert_eq(back.before == NULL, change->before == NULL);
    cr_assert(back.before == NULL || value_equal(back.before, change->before));
    cr_assert_eq(back.after == NULL, change->after == NULL);
    cr_assert(back.after == NULL || value_equal(back.after, change->after));
}

Test(controls, a_change_is_written_and_read_back)
{
    value null = value_null();
    value five = value_int(5);
    assert_round_trip(
        &(control_change){.version = 1,
                          .time_ms = 1700000000123,
                          .actor = value_cstring("ann"),
                          .path = {value_null(), "/a"},
                          .after = &null},
        "{\"version\":1,\"time\":\"2023-11-14T22:13:20.123Z\",\"actor\":\"ann\",\"step_id\":null,"
        "\"path\":\"/a\",\"after\":null}");
    assert_round_trip(&(control_change){.version = 2,
                                        .time_ms = 1700000000000,
                                        .actor = value_cstring("bob \"b\""),
                                        .path = {value_cstring("mail"), "/a~1b"},
                                        .before = &five},
                      "{\"version\":2,\"time\":\"2023-11-14T22:13:20.000Z\",\"actor\":\"bob \\\"b\\\"\","
                      "\"step_id\":\"mail\",\"path\":\"/a~1b\",\"before\":5}");
}

Test(controls, a_change_that_lacks_something_is_refused)
{
    static const char *const records[] = {
        "",
        "[]",
        "{}",
        "{\"version\":1,\"time\":\"2023-11-14\",\"actor\":\"a\",\"step_id\":null,\"path\":\"/a\"}",
        "{\"version\":\"1\",\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"step_id\":null,\"path\":\"/"
        "a\"}",
        "{\"version\":1,\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"step_id\":5,\"path\":\"/a\"}",
        "{\"version\":1,\"time\":\"2023-11-14T22:13:20Z\",\"actor\":\"a\",\"step_id\":null}",
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        control_change change;
        error e = {0};
        cr_assert_not(control_change_read(&memory, records[i], strlen(records[i]), &change, &e), "%s",
                      records[i]);
        cr_assert_eq(e.code, ERROR_RECORD);
    }
}
