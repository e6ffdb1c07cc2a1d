/* carillon provider: the presets, and what a provider would be sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/limits.h"
#include "engine/nearest.h"
#include "engine/value/json.h"
#include "worker/channel/http/http_request.h"
#include "worker/cli/group.h"
#include "worker/cli/options.h"
#include "worker/config/config_preset.h"
#include "worker/input.h"

enum { MEMORY_MAX = 16 << 20, STEP_BYTES_MAX = 1 << 20, SETS_MAX = 64, OPTION_SET = CLI_LONG_ONLY };

/* ---- list, show ---- */

static const cli_usage list_usage = {
    .synopsis = "provider list",
    .summary = "Prints the presets, one a line: its name and what it is for.",
};

static int run_list(int argc, char **argv)
{
    cli_options o;
    cli_options_begin(&o, &list_usage, argc, argv);
    while (cli_options_next(&o))
        ;
    if (o.ended)
        return o.exit_code;
    for (size_t i = 0; i < config_preset_count; i++)
        printf("%-14s %s\n", config_presets[i].name, config_presets[i].summary);
    return CLI_OK;
}

static const cli_usage show_usage = {
    .synopsis = "provider show PRESET",
    .summary = "Prints a preset: a section of a configuration, with where each of its keys comes from.",
    .rest_min = 1,
    .rest_max = 1,
};

static int refuse_preset(const char *name)
{
    nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < config_preset_count; i++)
        nearest_try(&n, config_presets[i].name);
    if (nearest_found(&n) == NULL)
        return cli_fail(&show_usage, CLI_USAGE, "there is no preset '%s'; carillon provider list shows all",
                        name);
    return cli_fail(&show_usage, CLI_USAGE, "there is no preset '%s'; did you mean %s?", name,
                    nearest_found(&n));
}

static int run_show(int argc, char **argv)
{
    cli_options o;
    cli_options_begin(&o, &show_usage, argc, argv);
    while (cli_options_next(&o))
        ;
    if (o.ended)
        return o.exit_code;
    const config_preset *preset = config_preset_find(o.rest[0]);
    if (preset == NULL)
        return refuse_preset(o.rest[0]);
    fputs(preset->text, stdout);
    return CLI_OK;
}

/* ---- render ---- */

static const cli_option render_options[] = {
    {'c', "config", "FILE", "the configuration with the section [provider.NAME]"},
    {OPTION_SET, "set", "SECTION.KEY=VALUE", "override one key of it; may be repeated"},
    {'s', "step", "FILE", "the rendered step, as JSON; -: standard input"},
};

static const cli_usage render_usage = {
    .synopsis = "provider render [OPTION...] NAME --step FILE",
    .summary =
        "Prints the request that the provider NAME, of kind http, would be sent for a step. Nothing is\n"
        "sent; secrets are ***.",
    .options = render_options,
    .option_count = sizeof render_options / sizeof render_options[0],
    .rest_min = 1,
    .rest_max = 1,
    .notes = "The step: {\"step_type\": \"SMS\", \"message\": {\"to\": \"...\", \"body\": \"...\"}}; "
             "recipient, step_id,\n"
             "name, workflow_id, trigger_id, attempt and metadata may be given beside.",
};

typedef struct rendering {
    const char *config_path;
    const char *sets[SETS_MAX];
    size_t set_count;
    const char *step_path;
    config config;
    arena memory;
    value given; /* the step's file */
    execution execution;
    step_state state;
    step step;
    delivery delivery;
} rendering;

static value text_of(const rendering *r, const char *member, const char *fallback)
{
    const value *v = value_field(&r->given, member);
    return v != NULL && v->kind == VALUE_STRING ? *v : value_cstring(fallback);
}

static bool read_step(rendering *r, error *e)
{
    size_t size;
    char *bytes = input_read_file(r->step_path, STEP_BYTES_MAX, &size, e);
    const char *copy = bytes == NULL ? NULL : arena_copy(&r->memory, bytes, size);
    free(bytes);
    if (copy == NULL)
        return false;
    if (!json_read(&r->memory, copy, size, &r->given, e))
        return error_prefix(e, "%s, byte %zu", r->step_path, e->position);
    const value *message = value_field(&r->given, "message");
    const value type = text_of(r, "step_type", "");
    r->delivery.message = message;
    if (message == NULL || message->kind != VALUE_MAP || !step_type_find(&type, &r->step.type))
        return error_set(e, ERROR_SYNTAX, 0,
                         "%s: needs \"step_type\" (IN_APP, EMAIL, SMS or PUSH) and an object at \"message\"",
                         r->step_path);
    return true;
}

/* Of an execution there is as much as a request may tell. */
static void make_delivery(rendering *r, const config_provider *p)
{
    const value *metadata = value_field(&r->given, "metadata"), *attempt = value_field(&r->given, "attempt");
    const value trigger_id = text_of(r, "trigger_id", "trigger");
    r->step.id = text_of(r, "step_id", "step");
    r->step.name = text_of(r, "name", "step");
    r->state.attempt = attempt != NULL && attempt->kind == VALUE_INT ? attempt->integer : 1;
    r->execution = (execution){.run = 1,
                               .workflow_id = text_of(r, "workflow_id", "workflow"),
                               .workflow_version = 1,
                               .recipient = text_of(r, "recipient", "recipient"),
                               .metadata = metadata == NULL ? value_null() : *metadata,
                               .steps = &r->state,
                               .step_count = 1};
    r->execution.id = identity_of_execution(&r->execution.workflow_id, &trigger_id, &r->execution.origin);
    r->delivery = (delivery){.provider = p,
                             .execution = &r->execution,
                             .step = &r->step,
                             .message = r->delivery.message,
                             .now_ms = time(NULL) * INT64_C(1000),
                             .arena = &r->memory};
}

/* The login is a secret. */
static void print_url(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *start = authority == NULL ? url : authority + 3;
    const char *at = memchr(start, '@', strcspn(start, "/?#"));
    if (at == NULL)
        puts(url);
    else
        printf("%.*s***%s\n", (int)(start - url), url, at);
}

static void print_message(const config_provider *p, const http_message *m)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "GET", "DELETE"};
    printf("%s ", methods[p->http.method]);
    print_url(m->url);
    for (const struct curl_slist *header = m->headers; header != NULL; header = header->next) {
        if (header->data[strlen(header->data) - 1] != ':') /* `Expect:` is a header that is not sent */
            printf("%s\n", header->data);
    }
    if (p->user != NULL)
        puts("Authorization: Basic ***");
    if (p->http.auth != CONFIG_AUTH_NONE)
        puts("Authorization: Bearer ***");
    if (p->http.sign != CONFIG_SIGN_NONE)
        printf("%s: ***\n", p->http.sign_header);
    putchar('\n');
    fwrite(m->body, 1, m->body_size, stdout);
    if (m->body_size > 0)
        putchar('\n');
}

static bool render(rendering *r, const char *name, error *e)
{
    const config_source source = {
        .path = r->config_path, .environment = environ, .sets = r->sets, .set_count = r->set_count};
    http_message m;
    if (!config_load(&r->config, &source, e) || !read_step(r, e))
        return false;
    size_t place = config_find_provider(&r->config, name, strlen(name));
    if (place == r->config.provider_count || r->config.providers[place].kind != CONFIG_HTTP)
        return error_set(e, ERROR_CONFIG, 0, "no provider of kind http is named '%s' in the configuration",
                         name);
    const config_provider *p = &r->config.providers[place];
    make_delivery(r, p);
    const http_request *request = http_request_compile(&r->memory, p, true, e);
    if (request == NULL || !http_request_render(request, &r->delivery, &m, e))
        return error_prefix(e, "provider.%s", p->name);
    print_message(p, &m);
    return true;
}

static int run_render(int argc, char **argv)
{
    cli_options o;
    error e = {0};
    rendering r = {0};
    cli_options_begin(&o, &render_usage, argc, argv);
    while (cli_options_next(&o)) {
        if (o.letter == 'c')
            r.config_path = o.argument;
        else if (o.letter == 's')
            r.step_path = o.argument;
        else if (r.set_count < SETS_MAX)
            r.sets[r.set_count++] = o.argument;
    }
    if (o.ended)
        return o.exit_code;
    if (r.step_path == NULL)
        return cli_fail(&render_usage, CLI_USAGE, "--step is missing");
    arena_init(&r.memory, 64 << 10, MEMORY_MAX);
    bool rendered = render(&r, o.rest[0], &e);
    if (!rendered)
        cli_fail(&render_usage, CLI_FAILED, "%s", e.message);
    arena_free(&r.memory);
    config_free(&r.config);
    return rendered ? CLI_OK : e.code == ERROR_CONFIG ? CLI_USAGE : CLI_FAILED;
}

/* ---- the group ---- */

static const cli_command commands[] = {
    {"list", "the presets", run_list},
    {"show", "a preset, as a section of a configuration", run_show},
    {"render", "the request that a provider would be sent", run_render},
};

static const cli_group group = {
    .name = "provider",
    .summary = "Providers: who brings messages to their recipients.",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};

int cli_provider(int argc, char **argv)
{
    return cli_group_run(&group, argc, argv);
}
