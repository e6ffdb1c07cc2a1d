/* carillon render: templates from a file for a person, or in bulk as JSON Lines for a program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/expression/template/template.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/utf8.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/cli/render_mail.h"
#include "worker/input.h"

enum {
    MEMORY_BUDGET = 64 << 20, /* of one template, its names and its text */
    LINE_BYTES_MAX = 8 << 20,
};

static const cli_option options[] = {
    {'n', "names", "FILE", "a JSON object: the names that the template may use"},
    {'k', "kind", "KIND", "text (the default), html or url (values are escaped), or line (no line breaks)"},
    {'m', "mail", NULL, "FILE is a message as JSON; the mail that would be sent is written"},
};

static const cli_usage usage = {
    .synopsis = "render [OPTION...] [FILE]",
    .summary = "Renders the template in FILE and writes the text to standard output.\n"
               "Without FILE it reads JSON Lines from standard input and answers each in turn.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_max = 1,
    .notes =
        "JSON Lines in:  {\"template\": \"...\", \"kind\": \"text\", \"names\": {...}}\n"
        "JSON Lines out: {\"text\": \"...\"}\n"
        "            or  {\"error\": {\"type\": \"...\", \"message\": \"...\", \"position\": 0}}\n"
        "kind and names may be left out. The position is a byte in the template.\n"
        "With --mail, FILE and lines are {\"message\": {\"to\": ..., \"subject\": ..., \"text\": ...}}, and\n"
        "beside it from, key, headers and list_unsubscribe; lines are answered {\"mail\": \"...\"}.",
};

typedef struct request {
    value source;
    template_kind kind;
    value names; /* a map */
} request;

/* ---- one template ---- */

static bool out_of_memory(exception *x)
{
    *x = (exception){.type = EXCEPTION_RESOURCE, .message = "out of memory"};
    return false;
}

/* Names and values apart, as the compiler and the renderer want them. */
static bool split_names(arena *a, const value *map, expression_scope *scope, value **values, exception *x)
{
    const char **names = arena_alloc(a, map->count * sizeof *names);
    *values = arena_alloc(a, map->count * sizeof **values);
    if (names == NULL || *values == NULL)
        return out_of_memory(x);
    for (uint32_t i = 0; i < map->count; i++) {
        const value_member *member = &map->members[i];
        names[i] = arena_copy(a, member->key.text, member->key.count);
        if (names[i] == NULL)
            return out_of_memory(x);
        (*values)[i] = member->value;
    }
    *scope = (expression_scope){.names = names, .count = map->count};
    return true;
}

static bool render(arena *a, const request *r, buffer *text, exception *x)
{
    expression_scope scope;
    value *values;
    if (!split_names(a, &r->names, &scope, &values, x))
        return false;
    const template *t = template_compile(a, r->source.text, r->source.count, r->kind, &scope, x);
    return t != NULL && template_render(t, values, a, text, x);
}

static bool find_kind(const char *name, size_t size, template_kind *kind)
{
    static const char *const names[] = {
        [TEMPLATE_TEXT] = "text", [TEMPLATE_HTML] = "html", [TEMPLATE_LINE] = "line", [TEMPLATE_URL] = "url"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
            *kind = (template_kind)i;
            return true;
        }
    }
    return false;
}

/* ---- JSON Lines ---- */

/* What is wrong with the line, or NULL. */
static const char *read_request(arena *a, const input_lines *lines, request *r)
{
    value line;
    error e;
    if (!json_read(a, lines->line, lines->size, &line, &e))
        return "the line is not valid JSON";
    const value *source = value_field(&line, "template");
    const value *kind = value_field(&line, "kind");
    const value *names = value_field(&line, "names");
    *r = (request){.kind = TEMPLATE_TEXT, .names = {.kind = VALUE_MAP}};
    if (source == NULL || source->kind != VALUE_STRING)
        return "the line has no text at \"template\"";
    r->source = *source;
    if (kind != NULL && (kind->kind != VALUE_STRING || !find_kind(kind->text, kind->count, &r->kind)))
        return "\"kind\" must be text, html, line or url";
    if (names != NULL && names->kind != VALUE_MAP)
        return "\"names\" must be an object";
    if (names != NULL)
        r->names = *names;
    return NULL;
}

static void write_error(buffer *out, const char *type, const char *message, size_t position)
{
    out->size = 0;
    buffer_add_text(out, "{\"error\":{\"type\":");
    json_write_string(out, type, strlen(type));
    buffer_add_text(out, ",\"message\":");
    json_write_string(out, message, strlen(message));
    buffer_add_text(out, ",\"position\":");
    buffer_add_int(out, (int64_t)position);
    buffer_add_text(out, "}}\n");
}

static void answer(arena *a, const input_lines *lines, input_status status, buffer *out)
{
    request r;
    buffer text;
    exception x = {0};
    const char *wrong = status == INPUT_TOO_LONG ? "the line is too long" : read_request(a, lines, &r);
    if (wrong != NULL) {
        write_error(out, "InputError", wrong, 0);
        return;
    }
    buffer_init(&text, a, LIMIT_RENDERED_BYTES);
    if (!render(a, &r, &text, &x)) {
        write_error(out, exception_name(x.type), x.message, x.position);
        return;
    }
    buffer_add_text(out, "{\"text\":");
    json_write_string(out, text.bytes, text.size);
    buffer_add_text(out, "}\n");
}

static void answer_mail(arena *a, const input_lines *lines, input_status status, buffer *out)
{
    value line;
    buffer text;
    error e;
    buffer_init(&text, a, LIMIT_MAIL_BYTES);
    if (status == INPUT_TOO_LONG || !json_read(a, lines->line, lines->size, &line, NULL)) {
        write_error(out, "InputError", "the line is too long or not valid JSON", 0);
    } else if (!render_mail(a, &line, &text, &e)) {
        write_error(out, "MailError", e.message, 0);
    } else {
        buffer_add_text(out, "{\"mail\":");
        json_write_string(out, text.bytes, text.size);
        buffer_add_text(out, "}\n");
    }
}

typedef void answer_function(arena *a, const input_lines *lines, input_status status, buffer *out);

static int render_lines(answer_function *answer_line)
{
    input_lines lines;
    input_status status;
    arena memory;
    bool ok = true;
    input_lines_init(&lines, stdin, LINE_BYTES_MAX);
    arena_init(&memory, 64 << 10, MEMORY_BUDGET);
    while (ok && ((status = input_lines_next(&lines)) == INPUT_LINE || status == INPUT_TOO_LONG)) {
        buffer out;
        buffer_init(&out, &memory, MEMORY_BUDGET);
        answer_line(&memory, &lines, status, &out);
        ok = !out.failed && fwrite(out.bytes, 1, out.size, stdout) == out.size;
        arena_reset(&memory);
    }
    ok = ok && status == INPUT_END && fflush(stdout) == 0;
    arena_free(&memory);
    input_lines_free(&lines);
    return ok ? CLI_OK : cli_fail(&usage, CLI_FAILED, "reading or writing failed");
}

/* ---- a person's file ---- */

/* The names, or an empty map; the text that they borrow from lives in the arena. */
static bool read_names(arena *a, const char *path, value *names, error *e)
{
    *names = (value){.kind = VALUE_MAP};
    if (path == NULL)
        return true;
    size_t size;
    char *bytes = input_read_file(path, LINE_BYTES_MAX, &size, e);
    if (bytes == NULL)
        return false;
    const char *copy = arena_copy(a, bytes, size);
    free(bytes);
    if (copy == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
    if (!json_read(a, copy, size, names, e))
        return error_prefix(e, "%s, byte %zu", path, e->position);
    return names->kind == VALUE_MAP || error_set(e, ERROR_SYNTAX, 0, "%s: not a JSON object", path);
}

/* The line and column (in code points) of a byte, from 1. */
static void locate(const value *source, size_t position, size_t *line, size_t *column)
{
    size_t start = 0;
    *line = 1;
    for (size_t i = 0; i < position && i < source->count; i++) {
        if (source->text[i] == '\n') {
            ++*line;
            start = i + 1;
        }
    }
    *column = utf8_length(source->text + start, position - start) + 1;
}

static int render_request(arena *a, const char *path, const request *r)
{
    buffer text;
    exception x = {0};
    buffer_init(&text, a, LIMIT_RENDERED_BYTES);
    if (!render(a, r, &text, &x)) {
        size_t line, column;
        locate(&r->source, x.position, &line, &column);
        return cli_fail(&usage, CLI_FAILED, "%s:%zu:%zu: %s: %s", path, line, column, exception_name(x.type),
                        x.message);
    }
    bool ok = fwrite(text.bytes, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    return ok ? CLI_OK : cli_fail(&usage, CLI_FAILED, "writing failed");
}

static int render_file(const char *path, const char *names_path, template_kind kind)
{
    size_t size;
    error e;
    arena memory;
    request r = {.kind = kind};
    char *source = input_read_file(path, LIMIT_TEMPLATE_BYTES, &size, &e);
    if (source == NULL)
        return cli_fail(&usage, CLI_FAILED, "%s", e.message);
    arena_init(&memory, 64 << 10, MEMORY_BUDGET);
    r.source = value_string(source, size);
    int exit_code = read_names(&memory, names_path, &r.names, &e)
                        ? render_request(&memory, path, &r)
                        : cli_fail(&usage, CLI_FAILED, "%s", e.message);
    arena_free(&memory);
    free(source);
    return exit_code;
}

static int render_mail_file(const char *path)
{
    error e;
    arena memory;
    buffer text;
    value description;
    arena_init(&memory, 64 << 10, MEMORY_BUDGET);
    buffer_init(&text, &memory, LIMIT_MAIL_BYTES);
    bool ok = read_names(&memory, path, &description, &e) && render_mail(&memory, &description, &text, &e);
    int exit_code = ok ? CLI_OK : cli_fail(&usage, CLI_FAILED, "%s", e.message);
    if (ok && (fwrite(text.bytes, 1, text.size, stdout) != text.size || fflush(stdout) != 0))
        exit_code = cli_fail(&usage, CLI_FAILED, "writing failed");
    arena_free(&memory);
    return exit_code;
}

int cli_render(int argc, char **argv)
{
    cli_options o;
    const char *names_path = NULL;
    template_kind kind = TEMPLATE_TEXT;
    bool is_mail = false;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o)) {
        if (o.letter == 'n')
            names_path = o.argument;
        else if (o.letter == 'm')
            is_mail = true;
        else if (!find_kind(o.argument, strlen(o.argument), &kind))
            return cli_fail(&usage, CLI_USAGE, "--kind must be text, html, line or url");
    }
    if (o.ended)
        return o.exit_code;
    if (o.rest_count == 0 && names_path != NULL)
        return cli_fail(&usage, CLI_USAGE, "--names goes with FILE; JSON Lines bring their own");
    if (is_mail)
        return o.rest_count == 0 ? render_lines(answer_mail) : render_mail_file(o.rest[0]);
    return o.rest_count == 0 ? render_lines(answer) : render_file(o.rest[0], names_path, kind);
}
