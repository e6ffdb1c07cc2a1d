#include <criterion/criterion.h>

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/workflow.h"

static arena memory;
static workflow_findings findings;

static void set_up(void)
{
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(workflow, .init = set_up, .fini = tear_down);

static const workflow *compile_as(const char *text, const workflow_standing *standing)
{
    document d;
    error e = {0};
    cr_assert(document_read(&d, &memory, "w.yaml", text, strlen(text), &e), "line %zu: %s", e.position,
              e.message);
    return workflow_compile(&d, standing, &findings);
}

static const char *printed(const workflow_finding *finding)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 16);
    workflow_finding_write(&b, finding);
    buffer_add_byte(&b, '\0');
    return b.bytes;
}

static const workflow *compile_ok(const char *text)
{
    const workflow *w = compile_as(text, NULL);
    cr_assert(w != NULL, "%s", findings.count > 0 ? printed(&findings.items[0]) : "?");
    return w;
}

#define STEP_A "  - {step_id: a, step_type: SMS, name: A, config: {to: x, body: y}}\n"
#define HEAD                 \
    "workflow_id: w\n"       \
    "name: W\n"              \
    "payload_schema: true\n" \
    "steps:\n"
#define HEAD_LINES 4

static const char complete[] =
    "workflow_id: order.shipped\n"
    "name: Order shipped\n"
    "status: draft\n"
    "metadata: {owner: shop, tags: [a, 1]}\n"
    "payload_schema: {type: object}\n"
    "steps:\n"
    "  - step_id: inbox\n"
    "    step_type: IN_APP\n"
    "    name: Inbox\n"
    "    config:\n"
    "      subject: 'Order {{ payload.id }}'\n"
    "      body: 'Total {{ payload.total }}'\n"
    "      data: {id: '{{ payload.id }}', fixed: [1, true, null, 'x{{ payload.total }}'], empty: {}}\n"
    "      redirect_url: https://shop.example\n"
    "      provider: inbox\n"
    "  - step_id: mail\n"
    "    step_type: EMAIL\n"
    "    name: Mail\n"
    "    skip_condition: payload.total < 10\n"
    "    config: {to: '{{ recipient }}', subject: S, html: '<b>{{ payload.id }}</b>', from: null}\n";

Test(workflow, a_complete_document_compiles)
{
    const workflow *w = compile_ok(complete);
    cr_assert(value_is_text(&w->id, "order.shipped"));
    cr_assert(value_is_text(&w->name, "Order shipped"));
    cr_assert_eq(w->status, WORKFLOW_DRAFT);
    cr_assert_eq(w->version, 1);
    cr_assert_eq(w->step_count, 2);
    cr_assert_eq(w->line, 1);
    cr_assert_str_eq(w->file, "w.yaml");
    cr_assert(value_is_text(value_field(&w->metadata, "owner"), "shop"));
    cr_assert(value_equal(value_field(&w->names_value, "metadata"), &w->metadata));
    cr_assert_eq(value_field(&w->names_value, "version")->integer, 1);
    cr_assert_eq(w->steps[0].type, STEP_IN_APP);
    cr_assert(value_is_text(&w->steps[0].provider, "inbox"));
    cr_assert_null(w->steps[0].skip_condition);
    cr_assert_eq(w->steps[1].provider.kind, VALUE_NULL);
    cr_assert_not_null(w->steps[1].skip_condition);
    cr_assert_eq(workflow_step(w, "mail", 4), &w->steps[1]);
    cr_assert_null(workflow_step(w, "mai", 3));
    workflow_release(w);
}

Test(workflow, nothing_of_the_document_is_kept)
{
    arena other;
    arena_init(&other, 4096, LIMIT_DOCUMENT_MEMORY);
    char *text = arena_copy(&other, complete, sizeof complete - 1);
    document d;
    cr_assert(document_read(&d, &other, "w.yaml", text, sizeof complete - 1, NULL));
    const workflow *w = workflow_compile(&d, NULL, &findings);
    arena_free(&other);
    cr_assert(value_is_text(&w->steps[0].id, "inbox"));
    cr_assert_eq(value_field(&w->metadata, "tags")->count, 2);
    workflow_release(w);
}

Test(workflow, what_the_store_says_goes_before_the_document)
{
    const workflow *w = compile_as(complete, &(workflow_standing){.version = 7, .status = WORKFLOW_ARCHIVED});
    cr_assert_not_null(w);
    cr_assert_eq(w->version, 7);
    cr_assert_eq(w->status, WORKFLOW_ARCHIVED);
    cr_assert_eq(value_field(&w->names_value, "version")->integer, 7);
    workflow_release(w);
}

Test(workflow, the_last_of_several_owners_frees_it)
{
    const workflow *w = compile_ok(complete);
    cr_assert_eq(workflow_retain(w), w);
    workflow_release(w);
    cr_assert(value_is_text(&w->id, "order.shipped"));
    workflow_release(w);
}

Test(workflow, the_status_is_active_where_none_is_said)
{
    const workflow *w = compile_ok(HEAD STEP_A);
    cr_assert_eq(w->status, WORKFLOW_ACTIVE);
    workflow_release(w);
}

Test(workflow, the_content_id_is_that_of_what_the_document_says)
{
    static const char *const same[] = {
        HEAD STEP_A,
        HEAD STEP_A "status: draft\n",
        "{\"$schema\": \"x\", \"steps\": [{\"name\": \"A\", \"step_type\": \"SMS\", \"step_id\": \"a\",\n"
        "\"config\": {\"body\": \"y\", \"to\": \"x\"}}], \"payload_schema\": true, \"name\": \"W\", "
        "\"workflow_id\": \"w\"}",
    };
    char first[CONTENT_ID_SIZE];
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        const workflow *w = compile_ok(same[i]);
        if (i == 0)
            memcpy(first, w->content_id, sizeof first);
        cr_assert_str_eq(w->content_id, first);
        workflow_release(w);
    }
    const workflow *w = compile_ok(HEAD STEP_A "metadata: {}\n");
    cr_assert_str_neq(w->content_id, first);
    cr_assert_eq(strlen(w->content_id), CONTENT_ID_SIZE - 1);
    workflow_release(w);
}

/* ---- rules ---- */

typedef struct broken {
    const char *text;
    const char *rule;
    size_t line;
    const char *location;
    const char *sentence; /* a part of it */
} broken;

#define FOUR "{name: a, content: b}, {name: a, content: b}, {name: a, content: b}, {name: a, content: b}"
#define SIXTEEN FOUR ", " FOUR ", " FOUR ", " FOUR
#define CONFIG_OF(type, config) HEAD "  - {step_id: a, step_type: " type ", name: A, config: {" config "}}\n"
#define STEP_WITH(more) HEAD "  - {step_id: a, step_type: SMS, name: A, config: {to: x, body: y}," more "}\n"

static const broken documents[] = {
    {"[]\n", "type", 1, "", "must be a mapping, not array"},
    {"x\n", "type", 1, "", "must be a mapping, not string"},

    {"name: W\npayload_schema: {}\nsteps:\n" STEP_A, "required_key", 1, "", "needs \"workflow_id\""},
    {"workflow_id: w\npayload_schema: {}\nsteps:\n" STEP_A, "required_key", 1, "", "needs \"name\""},
    {"workflow_id: w\nname: W\nsteps:\n" STEP_A, "required_key", 1, "", "needs \"payload_schema\""},
    {"workflow_id: w\nname: W\npayload_schema: {}\n", "required_key", 1, "", "needs \"steps\""},
    {HEAD "  - {step_type: SMS, name: A, config: {to: x, body: y}}\n", "required_key", 5, "/steps/0",
     "needs \"step_id\""},
    {HEAD "  - {step_id: a, name: A, config: {to: x, body: y}}\n", "required_key", 5, "/steps/0",
     "needs \"step_type\""},
    {HEAD "  - {step_id: a, step_type: SMS, config: {to: x, body: y}}\n", "required_key", 5, "/steps/0",
     "needs \"name\""},
    {HEAD "  - {step_id: a, step_type: SMS, name: A}\n", "required_key", 5, "/steps/0", "needs \"config\""},

    {HEAD STEP_A "meta_data: {}\n", "unknown_key", 6, "/meta_data", "is \"metadata\" meant?"},
    {HEAD STEP_A "zzzzzz: {}\n", "unknown_key", 6, "/zzzzzz", "a workflow has no key \"zzzzzz\""},
    {HEAD STEP_A "a/b~c: {}\n", "unknown_key", 6, "/a~1b~0c", "no key"},
    {STEP_WITH("skip_conditon: 'True'"), "unknown_key", 5, "/steps/0/skip_conditon",
     "is \"skip_condition\" meant?"},
    {STEP_WITH("html: x"), "unknown_key", 5, "/steps/0/html", "belongs into config"},
    {STEP_WITH("provider: x"), "unknown_key", 5, "/steps/0/provider", "belongs into config"},
    {CONFIG_OF("SMS", "to: x, body: y, bodyy: z"), "unknown_key", 5, "/steps/0/config/bodyy",
     "the config of an SMS step has no key \"bodyy\"; is \"body\" meant?"},
    {CONFIG_OF("SMS", "to: x, body: y, html: z"), "unknown_key", 5, "/steps/0/config/html", "SMS"},

    {STEP_WITH("max_attempts: 3"), "unknown_key", 5, "/steps/0/max_attempts", "belongs into retry"},
    {STEP_WITH("retry: {max_attempt: 3}"), "unknown_key", 5, "/steps/0/retry/max_attempt",
     "a retry policy has no key \"max_attempt\"; is \"max_attempts\" meant?"},

    {HEAD STEP_A "expires_after: 0s\n", "duration", 6, "/expires_after",
     "\"expires_after\" must be a duration (500ms, 10s, 5m, 24h, 7d) or a number of seconds, from 1ms to "
     "366d"},
    {HEAD STEP_A "expires_after: 0\n", "duration", 6, "/expires_after", "from 1ms to 366d"},
    {HEAD STEP_A "expires_after: 0.0009\n", "duration", 6, "/expires_after", "from 1ms to 366d"},
    {HEAD STEP_A "expires_after: 367d\n", "duration", 6, "/expires_after", "from 1ms to 366d"},
    {HEAD STEP_A "expires_after: soon\n", "duration", 6, "/expires_after", "from 1ms to 366d"},
    {HEAD STEP_A "expires_after: true\n", "type", 6, "/expires_after",
     "must be a string or a number of seconds, not boolean"},
    {STEP_WITH("delay: [1]"), "type", 5, "/steps/0/delay",
     "must be a string or a number of seconds, not array"},
    {STEP_WITH("delay: -1"), "duration", 5, "/steps/0/delay",
     "\"delay\" must be a duration (500ms, 10s, 5m, 24h, 7d) or a number of seconds, from 0ms to 366d"},
    {STEP_WITH("delay: 366d1ms"), "duration", 5, "/steps/0/delay", "0ms to 366d"},
    {STEP_WITH("delay: 1.5h"), "delay", 5, "/steps/0/delay", "SyntaxError at character 1: "},
    {STEP_WITH("delay: 5min"), "delay", 5, "/steps/0/delay", "; a duration is like 500ms"},
    {STEP_WITH("delay: payload.at +"), "delay", 5, "/steps/0/delay", "SyntaxError at character "},
    {STEP_WITH("delay: soon"), "delay", 5, "/steps/0/delay", "NameError at character 1: "},
    {STEP_WITH("delay: execution.number"), "delay", 5, "/steps/0/delay",
     "at character 11: the schema has no key 'number'"},
    {STEP_WITH("delay: payload.x > 5"), "delay", 5, "/steps/0/delay",
     "a delay is a number of seconds or an RFC 3339 time, not a truth value"},
    {STEP_WITH("delay: metadata"), "delay", 5, "/steps/0/delay", "not an object"},
    {STEP_WITH("delay: 'None'"), "delay", 5, "/steps/0/delay", "not None"},
    {STEP_WITH("delay: '\"tomorrow\"'"), "delay", 5, "/steps/0/delay",
     "delay of step a must give seconds or an RFC 3339 time"},
    {STEP_WITH("delay: '60 * 60 * 24 * 367'"), "delay", 5, "/steps/0/delay",
     "delay of step a is longer than 366 days"},
    {STEP_WITH("delay: 'int(\"x\")'"), "delay", 5, "/steps/0/delay", "delay of step a: ValueError at byte "},
    {STEP_WITH("on_failure: ignore"), "on_failure", 5, "/steps/0/on_failure",
     "\"on_failure\" is stop or continue, not \"ignore\""},
    {STEP_WITH("on_failure: true"), "type", 5, "/steps/0/on_failure", "must be a string"},
    {STEP_WITH("retry: 3"), "type", 5, "/steps/0/retry", "\"retry\" must be a mapping, not integer"},
    {STEP_WITH("retry: {max_attempts: 0}"), "retry", 5, "/steps/0/retry/max_attempts",
     "\"max_attempts\" must be a whole number from 1 to 100"},
    {STEP_WITH("retry: {max_attempts: 101}"), "retry", 5, "/steps/0/retry/max_attempts", "from 1 to 100"},
    {STEP_WITH("retry: {max_attempts: 2.5}"), "retry", 5, "/steps/0/retry/max_attempts", "a whole number"},
    {STEP_WITH("retry: {max_attempts: '3'}"), "type", 5, "/steps/0/retry/max_attempts",
     "must be a number, not string"},
    {STEP_WITH("retry: {multiplier: 0.5}"), "retry", 5, "/steps/0/retry/multiplier",
     "\"multiplier\" must be a number from 1 to 10"},
    {STEP_WITH("retry: {multiplier: 10.1}"), "retry", 5, "/steps/0/retry/multiplier", "from 1 to 10"},
    {STEP_WITH("retry: {jitter: -0.1}"), "retry", 5, "/steps/0/retry/jitter",
     "\"jitter\" must be a number from 0 to 1"},
    {STEP_WITH("retry: {jitter: 1.1}"), "retry", 5, "/steps/0/retry/jitter", "from 0 to 1"},
    {STEP_WITH("retry: {initial: -1}"), "duration", 5, "/steps/0/retry/initial",
     "\"initial\" must be a duration (500ms, 10s, 5m, 24h, 7d) or a number of seconds, from 0ms to 366d"},
    {STEP_WITH("retry: {max: 400d}"), "duration", 5, "/steps/0/retry/max", "0ms to 366d"},
    {STEP_WITH("retry: {initial: 2m, max: 1m}"), "retry", 5, "/steps/0/retry/initial",
     "\"initial\" (2m) must not be longer than \"max\" (1m)"},
    {STEP_WITH("retry: {initial: 11m}"), "retry", 5, "/steps/0/retry/initial",
     "\"initial\" (11m) must not be longer than \"max\" (10m by default)"},
    {STEP_WITH("retry: {max: 1s}"), "retry", 5, "/steps/0/retry/max",
     "\"initial\" (5s by default) must not be longer than \"max\" (1s)"},
    {STEP_WITH("retry: {retry_on: timeout}"), "type", 5, "/steps/0/retry/retry_on",
     "must be a list, not string"},
    {STEP_WITH("retry: {retry_on: []}"), "retry", 5, "/steps/0/retry/retry_on",
     "\"retry_on\" has 1 to 32 error codes, not 0"},
    {STEP_WITH("retry: {retry_on: [429]}"), "type", 5, "/steps/0/retry/retry_on/0",
     "an error code must be a string, not integer"},
    {STEP_WITH("retry: {retry_on: [timeout, too many]}"), "identifier", 5, "/steps/0/retry/retry_on/1",
     "letters"},

    {"workflow_id: 5\nname: W\npayload_schema: {}\nsteps:\n" STEP_A, "type", 1, "/workflow_id",
     "must be a string, not integer"},
    {"workflow_id: w\nname: [W]\npayload_schema: {}\nsteps:\n" STEP_A, "type", 2, "/name",
     "must be a string, not array"},
    {"workflow_id: w\nname: null\npayload_schema: {}\nsteps:\n" STEP_A, "type", 2, "/name",
     "must be a string, not null"},
    {"workflow_id: w\nname: W\npayload_schema: []\nsteps:\n" STEP_A, "type", 3, "/payload_schema",
     "must be a JSON Schema"},
    {"workflow_id: w\nname: W\npayload_schema: {}\nsteps: {}\n", "type", 4, "/steps", "must be a list"},
    {HEAD STEP_A "metadata: 5\n", "type", 6, "/metadata", "must be a mapping, not integer"},
    {HEAD STEP_A "status: true\n", "type", 6, "/status", "must be a string, not boolean"},
    {HEAD "  - a\n", "type", 5, "/steps/0", "a step must be a mapping, not string"},
    {HEAD "  - {step_id: a, step_type: SMS, name: A, config: x}\n", "type", 5, "/steps/0/config",
     "must be a mapping"},
    {STEP_WITH("skip_condition: true"), "type", 5, "/steps/0/skip_condition",
     "must be a string, not boolean"},
    {CONFIG_OF("SMS", "to: x, body: 5"), "type", 5, "/steps/0/config/body", "must be a string, not integer"},
    {CONFIG_OF("IN_APP", "body: x, data: y"), "type", 5, "/steps/0/config/data", "must be a mapping"},

    {"workflow_id: ''\nname: W\npayload_schema: {}\nsteps:\n" STEP_A, "identifier", 1, "/workflow_id",
     "1 to 255"},
    {"workflow_id: a b\nname: W\npayload_schema: {}\nsteps:\n" STEP_A, "identifier", 1, "/workflow_id",
     "1 to 255"},
    {HEAD "  - {step_id: 'a{b}', step_type: SMS, name: A, config: {to: x, body: y}}\n", "identifier", 5,
     "/steps/0/step_id", "letters"},
    {CONFIG_OF("SMS", "to: x, body: y, provider: '{{ payload.p }}'"), "identifier", 5,
     "/steps/0/config/provider", "letters"},
    {"workflow_id: w\nname: '  '\npayload_schema: {}\nsteps:\n" STEP_A, "name", 2, "/name",
     "not only spaces"},
    {"workflow_id: w\nname: \"a\\nb\"\npayload_schema: {}\nsteps:\n" STEP_A, "name", 2, "/name", "one line"},

    {HEAD STEP_A "status: live\n", "status", 6, "/status", "no status \"live\""},
    {"workflow_id: w\nname: W\npayload_schema: {}\nsteps: []\n", "step_count", 4, "/steps",
     "1 to 100 steps, not 0"},
    {HEAD STEP_A "  - {step_id: a, step_type: SMS, name: B, config: {to: x, body: y}}\n", "unique_step_id", 6,
     "/steps/1/step_id", "step 1 has the same step_id: \"a\""},
    {HEAD STEP_A "  - {step_id: b, step_type: SMS, name: A, config: {to: x, body: y}}\n", "unique_step_name",
     6, "/steps/1/name", "step 1 has the same name: \"A\""},
    {CONFIG_OF("sms", "to: x, body: y"), "step_type", 5, "/steps/0/step_type", "no step type \"sms\""},

    {CONFIG_OF("IN_APP", "subject: x"), "required_key", 5, "/steps/0/config", "needs \"body\""},
    {CONFIG_OF("EMAIL", "subject: x, text: y"), "required_key", 5, "/steps/0/config", "needs \"to\""},
    {CONFIG_OF("EMAIL", "to: x, text: y"), "required_key", 5, "/steps/0/config", "needs \"subject\""},
    {CONFIG_OF("EMAIL", "to: x, subject: y"), "email_content", 5, "/steps/0/config", "\"text\" or \"html\""},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: null"), "email_content", 5, "/steps/0/config", "\"text\""},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: {}"), "type", 5,
     "/steps/0/config/attachments", "must be a list"},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: [a]"), "type", 5,
     "/steps/0/config/attachments/0", "an attachment must be a map, not string"},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: [{content: a}]"), "required_key", 5,
     "/steps/0/config/attachments/0", "an attachment needs \"name\""},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: [{name: a, content: b, size: 1}]"),
     "unknown_key", 5, "/steps/0/config/attachments/0/size", "no key"},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: [{name: a, content: '{{ b }}'}]"),
     "template", 5, "/steps/0/config/attachments/0/content", "NameError at character 4: "},
    {CONFIG_OF("SMS", "to: x, body: y, attachments: []"), "unknown_key", 5, "/steps/0/config/attachments",
     "no key"},
    {CONFIG_OF("EMAIL", "to: x, subject: y, text: z, attachments: [" SIXTEEN ", {name: a, content: b}]"),
     "limit", 5, "/steps/0/config/attachments", "at most 16 attachments"},
    {CONFIG_OF("SMS", "body: y"), "required_key", 5, "/steps/0/config", "needs \"to\""},
    {CONFIG_OF("SMS", "to: y"), "required_key", 5, "/steps/0/config", "needs \"body\""},
    {CONFIG_OF("PUSH", "title: x, body: y"), "required_key", 5, "/steps/0/config", "needs \"to\""},
    {CONFIG_OF("PUSH", "to: x, body: y"), "required_key", 5, "/steps/0/config", "needs \"title\""},
    {CONFIG_OF("PUSH", "to: x, title: y"), "required_key", 5, "/steps/0/config", "needs \"body\""},

    {"workflow_id: w\nname: W\npayload_schema:\n  properties:\n    a:\n      type: strin\nsteps:\n" STEP_A,
     "payload_schema", 6, "/payload_schema/properties/a/type", ""},
    {STEP_WITH("skip_condition: 'payload.a <'"), "skip_condition", 5, "/steps/0/skip_condition",
     "SyntaxError at character "},
    {STEP_WITH("skip_condition: 'nobody == 1'"), "skip_condition", 5, "/steps/0/skip_condition",
     "NameError at character 1: "},
    {STEP_WITH("skip_condition: steps.a.status == 'x'"), "skip_condition", 5, "/steps/0/skip_condition",
     "at character 7: the schema has no key 'a'"},
    {STEP_WITH("skip_condition: controls.limit > 1, control_schema: {properties: {limits: {}}}"),
     "skip_condition", 5, "/steps/0/skip_condition", "did you mean 'limits'?"},
    {STEP_WITH("skip_condition: execution.number > 1"), "skip_condition", 5, "/steps/0/skip_condition",
     "at character 11: the schema has no key 'number'"},
    {STEP_WITH("skip_condition: workflow.id == 'x'"), "skip_condition", 5, "/steps/0/skip_condition",
     "at character 10: the schema has no key 'id'"},
    {STEP_WITH("skip_condition: now < 5"), "skip_condition", 5, "/steps/0/skip_condition", "always fails"},
    {"workflow_id: w\nname: W\npayload_schema: {additionalProperties: false, properties: {amount: "
     "{}}}\nsteps:\n"
     "  - {step_id: a, step_type: SMS, name: A, config: {to: x, body: y}, skip_condition: payload.amuont > "
     "1}\n",
     "skip_condition", 5, "/steps/0/skip_condition", "did you mean 'amount'?"},
    {CONFIG_OF("SMS", "to: x, body: '\xc3\xa9{{ nobody }}'"), "template", 5, "/steps/0/config/body",
     "NameError at character 5: "},
    {HEAD "  - step_id: a\n    step_type: SMS\n    name: A\n    config:\n      to: x\n      body: |\n"
          "        one\n        {{ payload. }}\n",
     "template", 10, "/steps/0/config/body", "SyntaxError at line 2, character "},
    {CONFIG_OF("IN_APP", "body: x, data: {a: [1, {b: '{{ nobody }}'}]}"), "template", 5,
     "/steps/0/config/data/a/1/b", "NameError at character 4: "},
    {CONFIG_OF("SMS", "to: '{{ execution.number }}', body: y"), "template", 5, "/steps/0/config/to",
     "at character 14: the schema has no key 'number'"},
    {CONFIG_OF("EMAIL", "to: x, subject: '{{ workflow.nme }}', html: z"), "template", 5,
     "/steps/0/config/subject", "did you mean 'name'?"},
    {CONFIG_OF("SMS", "to: x, body: '{{ controls.sign }}'") "control_schema: {properties: {signs: {}}}\n",
     "template", 5, "/steps/0/config/body", "did you mean 'signs'?"},
    {CONFIG_OF("SMS", "to: x, body: '{% if steps.a.status %}{% endif %}'"), "template", 5,
     "/steps/0/config/body", "at character 13: the schema has no key 'a'"},
    {CONFIG_OF("IN_APP", "body: x, data: {a: [1, {b: '{{ recipient() }}'}]}"), "template", 5,
     "/steps/0/config/data/a/1/b", "is called, but is no function"},
    {"workflow_id: w\nname: W\npayload_schema:\n  additionalProperties: false\n  properties:\n    lines:\n"
     "      type: array\n      items: {additionalProperties: false, properties: {sku: {}}}\nsteps:\n"
     "  - step_id: a\n    step_type: SMS\n    name: A\n    config:\n      to: x\n      body: |\n"
     "        {% for line in payload.lines %}\n        {{ loop.index }}: {{ line.skuu }}\n        {% endfor "
     "%}\n",
     "template", 15, "/steps/0/config/body",
     "at line 2, character 27 of the text: the schema has no key 'skuu'"},
    {HEAD STEP_A "control_schema: true\n", "type", 6, "/control_schema", "must be a mapping, not boolean"},
    {HEAD STEP_A "control_schema: {}\n", "control_schema", 6, "/control_schema", "needs \"properties\""},
    {HEAD STEP_A "control_schema: {type: array, properties: {}}\n", "control_schema", 6,
     "/control_schema/type", "must be \"object\""},
    {HEAD STEP_A "control_schema: {schema_id: 5, properties: {}}\n", "control_schema", 6,
     "/control_schema/schema_id", "must be a string"},
    {HEAD STEP_A "control_schema:\n  properties:\n    a: {type: strin}\n", "control_schema", 8,
     "/control_schema/properties/a/type", ""},
    {HEAD STEP_A "control_schema: {properties: {a: {type: string, default: 5}}}\n", "control_default", 6,
     "/control_schema", "/a"},
    {STEP_WITH("control_schema: {properties: []}"), "control_schema", 5, "/steps/0/control_schema",
     "needs \"properties\""},
    {CONFIG_OF("PUSH", "to: x, body: y, title: \"a\\nb\""), "template", 5, "/steps/0/config/title", ""},
};

Test(workflow, each_broken_rule_is_one_finding_with_its_place)
{
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        const broken *b = &documents[i];
        workflow_findings_init(&findings, &memory);
        cr_assert_null(compile_as(b->text, NULL), "taken: %s", b->text);
        cr_assert_eq(findings.count, 1, "%zu findings: %s\n%s\n%s", findings.count, b->text,
                     printed(&findings.items[0]), printed(&findings.items[1]));
        const workflow_finding *finding = &findings.items[0];
        cr_expect_str_eq(workflow_rule_name(finding->rule), b->rule, "%s: %s", b->text, printed(finding));
        cr_expect_eq(finding->line, b->line, "%s: %s", b->text, printed(finding));
        cr_expect_str_eq(finding->location, b->location, "%s: %s", b->text, printed(finding));
        cr_expect(strstr(finding->message, b->sentence) != NULL, "%s: %s", b->text, printed(finding));
        cr_expect_str_eq(finding->file, "w.yaml");
    }
}

Test(workflow, a_condition_may_use_earlier_steps_and_declared_controls)
{
    const workflow *w = compile_ok(
        HEAD STEP_A
        "  - {step_id: b, step_type: SMS, name: B, config: {to: x, body: y}, control_schema: {properties: "
        "{own: {}}}, skip_condition: steps.a.status == 'FAILED' or controls.own or controls.shared}\n"
        "control_schema: {properties: {shared: {}}}\n");
    workflow_release(w);
}

Test(workflow, a_template_may_use_earlier_steps_and_declared_controls)
{
    const workflow *w =
        compile_ok(HEAD STEP_A "  - {step_id: b, step_type: SMS, name: B, config: {to: x, body: '{{ "
                               "steps.a.status }}{{ controls.own "
                               "}}{{ controls.shared }}'}, control_schema: {properties: {own: {}}}}\n"
                               "control_schema: {properties: {shared: {}}}\n");
    workflow_release(w);
}

Test(workflow, everything_wrong_in_a_step_is_found_at_once)
{
    workflow_findings_init(&findings, &memory);
    cr_assert_null(compile_as(
        HEAD
        "  - {step_id: a, step_type: IN_APP, name: A, config: {body: '{{ execution.a }}{{ execution.b }}', "
        "data: {c: '{{ execution.c }}', d: ['{{ execution.d }}']}}, skip_condition: execution.e}\n",
        NULL));
    static const char *const locations[] = {"/steps/0/skip_condition", "/steps/0/config/body",
                                            "/steps/0/config/body", "/steps/0/config/data/c",
                                            "/steps/0/config/data/d/0"};
    cr_assert_eq(findings.count, 5, "%zu", findings.count);
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(findings.items[i].location, locations[i], "%s", printed(&findings.items[i]));
}

Test(workflow, what_is_stored_is_not_searched_for_what_fails_when_it_runs)
{
    const workflow *w = compile_as(HEAD "  - {step_id: a, step_type: SMS, name: A, config: {to: x, body: '{{ "
                                        "execution.number }}'}, skip_condition: execution.number > 1}\n",
                                   &(workflow_standing){.version = 1, .status = WORKFLOW_ACTIVE});
    cr_assert_not_null(w);
    workflow_release(w);
}

Test(workflow, addresses_and_headlines_are_one_line)
{
    static const char *const configs[] = {
        CONFIG_OF("IN_APP", "body: x, subject: \"a\\nb\""),
        CONFIG_OF("IN_APP", "body: x, redirect_url: \"a\\nb\""),
        CONFIG_OF("EMAIL", "text: x, subject: y, to: \"a\\nb\""),
        CONFIG_OF("EMAIL", "text: x, subject: y, to: z, from: \"a\\nb\""),
        CONFIG_OF("EMAIL", "text: x, subject: y, to: z, reply_to: \"a\\nb\""),
        CONFIG_OF("EMAIL", "text: x, to: z, subject: \"a\\nb\""),
        CONFIG_OF("SMS", "body: x, to: \"a\\nb\""),
        CONFIG_OF("PUSH", "body: x, title: y, to: \"a\\nb\""),
        CONFIG_OF("PUSH", "body: x, to: y, title: \"a\\nb\""),
    };
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        workflow_findings_init(&findings, &memory);
        cr_assert_null(compile_as(configs[i], NULL), "taken: %s", configs[i]);
        cr_assert_eq(findings.items[0].rule, RULE_TEMPLATE);
    }
}

Test(workflow, all_findings_come_at_once)
{
    cr_assert_null(compile_as("workflow_id: a b\nstatus: x\nsteps:\n"
                              "- {step_id: a, step_type: X, name: A, config: {}, extra: 1}\n"
                              "- {step_id: a, step_type: SMS, name: A, config: {}}\n",
                              NULL));
    cr_assert_eq(findings.count, 10);
}

Test(workflow, findings_beyond_the_bound_are_counted)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    buffer_add_text(&b, HEAD STEP_A);
    for (int i = 0; i < LIMIT_WORKFLOW_FINDINGS + 10; i++)
        buffer_format(&b, "unknown%d: 1\n", i);
    buffer_add_byte(&b, '\0');
    cr_assert_null(compile_as(b.bytes, NULL));
    cr_assert_eq(findings.count, LIMIT_WORKFLOW_FINDINGS);
    cr_assert_eq(findings.dropped, 10);
}

Test(workflow, a_finding_is_one_line)
{
    cr_assert_null(compile_as(HEAD STEP_A "\"a\\nb\": 1\n", NULL));
    cr_assert_str_eq(printed(&findings.items[0]),
                     "w.yaml:6: /a b: unknown_key: a workflow has no key \"a b\"");
}

Test(workflow, steps_are_bounded)
{
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    buffer_add_text(&b, HEAD);
    for (int i = 0; i <= LIMIT_STEPS; i++)
        buffer_format(&b, "  - {step_id: s%d, step_type: SMS, name: S%d, config: {to: x, body: y}}\n", i, i);
    buffer_add_byte(&b, '\0');
    cr_assert_null(compile_as(b.bytes, NULL));
    cr_assert_eq(findings.items[0].rule, RULE_STEP_COUNT);
}

/* ---- evaluating ---- */

static const char names_json[] =
    "[{\"id\": \"<7>\", \"total\": 12.5}, {}, {}, \"ann@example.com\", {}, {}, {}, \"2024-01-01T00:00:00Z\"]";

static const value *names(const char *json)
{
    value v;
    error e = {0};
    cr_assert(json_read(&memory, json, strlen(json), &v, &e), "%s", e.message);
    cr_assert_eq(v.count, WORKFLOW_NAME_COUNT);
    return v.items;
}

static void assert_message(const step *s, const value *values, const char *expected)
{
    value message;
    error e = {0};
    cr_assert(step_render(s, values, &memory, &message, &e), "%s", e.message);
    buffer b;
    buffer_init(&b, &memory, 1 << 20);
    json_write(&b, &message);
    buffer_add_byte(&b, '\0');
    cr_assert_str_eq(b.bytes, expected);
}

Test(workflow, a_step_renders_its_fields_in_order)
{
    const workflow *w = compile_ok(complete);
    assert_message(&w->steps[0], names(names_json),
                   "{\"subject\":\"Order <7>\",\"body\":\"Total 12.5\","
                   "\"data\":{\"id\":\"<7>\",\"fixed\":[1,true,null,\"x12.5\"],\"empty\":{}},"
                   "\"redirect_url\":\"https://shop.example\"}");
    assert_message(&w->steps[1], names(names_json),
                   "{\"to\":\"ann@example.com\",\"subject\":\"S\",\"html\":\"<b>&lt;7&gt;</b>\"}");
    workflow_release(w);
}

Test(workflow, a_field_that_fails_to_render_is_named)
{
    const workflow *w = compile_ok(complete);
    value message;
    error e = {0};
    cr_assert_not(
        step_render(&w->steps[0], names("[{}, {}, {}, \"\", {}, {}, {}, \"\"]"), &memory, &message, &e));
    cr_assert_eq(e.code, ERROR_TEMPLATE);
    cr_assert(strstr(e.message, "config/subject of step inbox: ") != NULL, "%s", e.message);
    workflow_release(w);
}

Test(workflow, a_skip_condition_says_yes_no_or_fails)
{
    const workflow *w = compile_ok(complete);
    bool skip = true;
    error e = {0};
    cr_assert(step_evaluate_skip(&w->steps[0], names(names_json), &memory, &skip, &e));
    cr_assert_not(skip);
    cr_assert(step_evaluate_skip(&w->steps[1], names(names_json), &memory, &skip, &e));
    cr_assert_not(skip);
    cr_assert(step_evaluate_skip(&w->steps[1], names("[{\"total\": 9}, {}, {}, \"\", {}, {}, {}, \"\"]"),
                                 &memory, &skip, &e));
    cr_assert(skip);
    cr_assert_not(step_evaluate_skip(
        &w->steps[1], names("[{\"total\": null}, {}, {}, \"\", {}, {}, {}, \"\"]"), &memory, &skip, &e));
    cr_assert_eq(e.code, ERROR_EVALUATION);
    cr_assert(strstr(e.message, "skip_condition of step mail: TypeError") != NULL, "%s", e.message);
    workflow_release(w);
}

Test(workflow, every_name_of_the_scope_can_be_used)
{
    const workflow *w = compile_ok(CONFIG_OF(
        "SMS",
        "to: '{{ recipient }}', body: \"{{ payload }}{{ steps }}{{ controls }}{{ metadata }}{{ workflow "
        "}}{{ execution }}{{ now }}\""));
    assert_message(
        &w->steps[0],
        names("[{\"p\": 1}, {\"s\": 1}, {\"c\": 1}, \"r\", {\"m\": 1}, {\"w\": 1}, {\"e\": 1}, \"n\"]"),
        "{\"to\":\"r\",\"body\":\"{'p': 1}{'s': 1}{'c': 1}{'m': 1}{'w': 1}{'e': 1}n\"}");
    workflow_release(w);
}
