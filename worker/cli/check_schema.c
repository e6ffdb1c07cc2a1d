/* carillon check-schema: instances as JSON Lines against one JSON Schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/schema/schema.h"
#include "engine/value/json.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/input.h"

enum {
    MEMORY_BUDGET = 128 << 20, /* of one instance and its findings */
    LINE_BYTES_MAX = 8 << 20,
};

static const cli_usage usage = {
    .synopsis = "check-schema SCHEMA.json",
    .summary = "Compiles a JSON Schema (2020-12, or draft-07 by its $schema) and validates instances,\n"
               "one JSON text a line on standard input, answering each in turn.",
    .rest_min = 1,
    .rest_max = 1,
    .notes = "JSON Lines out: {\"valid\": true}\n"
             "            or  {\"valid\": false, \"errors\": [{\"instance_location\": \"...\",\n"
             "                 \"keyword_location\": \"...\", \"message\": \"...\"}, ...]}\n"
             "            or  {\"error\": {\"type\": \"...\", \"message\": \"...\"}}: no answer, because the "
             "line\n"
             "                 is no JSON or a limit was met\n"
             "The exit code is 0 where every line got an answer, whatever it was, and 1 where one did not\n"
             "or the schema is not one. A schema without instances is only compiled.",
};

typedef struct session {
    schema *schema;
    validator *validator;
    arena memory; /* of one line */
    bool all_answered;
} session;

static void write_member(buffer *out, const char *name, const char *text)
{
    buffer_format(out, "\"%s\":", name);
    json_write_string(out, text, strlen(text));
}

static void write_findings(buffer *out, const schema_finding *findings, size_t count)
{
    buffer_add_text(out, "{\"valid\":false,\"errors\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(out, i == 0 ? "{" : ",{");
        write_member(out, "instance_location", findings[i].instance_location);
        buffer_add_byte(out, ',');
        write_member(out, "keyword_location", findings[i].keyword_location);
        buffer_add_byte(out, ',');
        write_member(out, "message", findings[i].message);
        buffer_add_byte(out, '}');
    }
    buffer_add_text(out, "]}\n");
}

static void write_error(session *s, buffer *out, const char *type, const char *message)
{
    s->all_answered = false;
    buffer_add_text(out, "{\"error\":{");
    write_member(out, "type", type);
    buffer_add_byte(out, ',');
    write_member(out, "message", message);
    buffer_add_text(out, "}}\n");
}

static void answer(session *s, const input_lines *lines, input_status status, buffer *out)
{
    value instance;
    const schema_finding *findings;
    size_t count;
    error e = {0};
    if (status == INPUT_TOO_LONG)
        write_error(s, out, error_reason(ERROR_LIMIT), "the line is too long");
    else if (!json_read(&s->memory, lines->line, lines->size, &instance, &e))
        write_error(s, out, error_reason(e.code), e.message);
    else if (schema_validate(s->schema, s->validator, &instance, NULL))
        buffer_add_text(out, "{\"valid\":true}\n");
    else if (schema_explain(s->schema, s->validator, &instance, &s->memory, &findings, &count, &e))
        write_findings(out, findings, count);
    else
        write_error(s, out, error_reason(e.code), e.message);
}

static int check_lines(session *s)
{
    input_lines lines;
    input_status status;
    bool ok = true;
    input_lines_init(&lines, stdin, LINE_BYTES_MAX);
    while (ok && ((status = input_lines_next(&lines)) == INPUT_LINE || status == INPUT_TOO_LONG)) {
        buffer out;
        buffer_init(&out, &s->memory, MEMORY_BUDGET);
        answer(s, &lines, status, &out);
        ok = !out.failed && fwrite(out.bytes, 1, out.size, stdout) == out.size;
        arena_reset(&s->memory);
    }
    ok = ok && status == INPUT_END && fflush(stdout) == 0;
    input_lines_free(&lines);
    if (!ok)
        return cli_fail(&usage, CLI_FAILED, "reading or writing failed");
    return s->all_answered ? CLI_OK : CLI_FAILED;
}

static schema *load_schema(const char *path, arena *a, error *e)
{
    size_t size;
    value document;
    char *text = input_read_file(path, LIMIT_SCHEMA_BYTES, &size, e);
    if (text == NULL)
        return NULL;
    schema *s = NULL;
    if (!json_read(a, text, size, &document, e))
        error_prefix(e, "%s, byte %zu", path, e->position);
    else if ((s = schema_new(&document, e)) == NULL)
        error_prefix(e, "%s", path);
    arena_reset(a);
    free(text);
    return s;
}

int cli_check_schema(int argc, char **argv)
{
    cli_options o;
    error e = {0};
    session s = {.all_answered = true};
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o))
        ;
    if (o.ended)
        return o.exit_code;
    arena_init(&s.memory, 64 << 10, MEMORY_BUDGET);
    s.schema = load_schema(o.rest[0], &s.memory, &e);
    s.validator = validator_new();
    int exit_code = CLI_FAILED;
    if (s.schema == NULL)
        cli_fail(&usage, CLI_FAILED, "%s", e.message);
    else if (s.validator == NULL)
        cli_fail(&usage, CLI_FAILED, "out of memory");
    else
        exit_code = check_lines(&s);
    validator_free(s.validator);
    schema_free(s.schema);
    arena_free(&s.memory);
    return exit_code;
}
