#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "engine/expression/program/disassembler.h"
#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/value/number.h"
#include "engine/value/timestamp.h"
#include "engine/value/utf8.h"
#include "engine/workflow/workflow.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/input.h"

/* A line holds an expression and what it is evaluated over, which is a payload or so. */
enum { LINE_BYTES_MAX = LIMIT_RECORD_BYTES, MEMORY_MAX = 8 * LIMIT_RECORD_BYTES };

static const cli_option options[] = {
    {'n', "names", "FILE", "a JSON object whose members are the names (- is standard input)"},
    {'d', "disassemble", NULL, "print the instructions that EXPRESSION compiles to"},
};

static const cli_usage usage = {
    .synopsis = "eval [OPTION...] [EXPRESSION]",
    .summary = "Evaluates a restricted Python expression, as skip conditions and templates do, and\n"
               "prints its value as JSON. Without EXPRESSION it reads JSON Lines\n"
               "{\"expression\": \"...\", \"names\": {...}} and writes, for each in order,\n"
               "{\"value\": ...} or {\"error\": {\"type\", \"message\", \"position\"}}.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .rest_max = 1,
    .notes = "The name `now` is there in any case: the present time, RFC 3339. Tuples and sets are written\n"
             "as lists, keys and floats as Python's json has them (NaN, Infinity). position: the byte in\n"
             "the source. With --disassemble and no --names, the names are those of a workflow's step.",
};

/* ---- values as Python's json.dumps() writes them ---- */

/* json_write has no form for what JSON lacks, and refuses keys that are no text. */
static bool write_value(buffer *out, const value *v, exception *x);

static bool refuse(exception *x, const char *message)
{
    x->type = EXCEPTION_TYPE;
    x->position = 0;
    snprintf(x->message, sizeof x->message, "%.*s", (int)sizeof x->message - 1, message);
    return false;
}

static void write_float(buffer *out, double number)
{
    char text[NUMBER_TEXT_SIZE];
    if (isnan(number))
        buffer_add_text(out, "NaN");
    else if (isinf(number))
        buffer_add_text(out, number < 0 ? "-Infinity" : "Infinity");
    else
        buffer_add(out, text, number_format(number, text));
}

static bool write_key(buffer *out, const value *key, exception *x)
{
    if (key->kind == VALUE_STRING) {
        json_write_string(out, key->text, key->count);
        return true;
    }
    if (key->kind > VALUE_FLOAT)
        return refuse(x, "keys must be str, int, float, bool or None");
    buffer_add_byte(out, '"');
    bool written = write_value(out, key, x);
    buffer_add_byte(out, '"');
    return written;
}

static bool write_members(buffer *out, const value *map, exception *x)
{
    buffer_add_byte(out, '{');
    for (uint32_t i = 0; i < map->count; i++) {
        if (i > 0)
            buffer_add_byte(out, ',');
        if (!write_key(out, &map->members[i].key, x))
            return false;
        buffer_add_byte(out, ':');
        if (!write_value(out, &map->members[i].value, x))
            return false;
    }
    buffer_add_byte(out, '}');
    return true;
}

static bool write_items(buffer *out, const value *list, exception *x)
{
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_add_byte(out, ',');
        if (!write_value(out, &list->items[i], x))
            return false;
    }
    buffer_add_byte(out, ']');
    return true;
}

static bool write_value(buffer *out, const value *v, exception *x)
{
    switch ((value_kind)v->kind) {
    case VALUE_FLOAT:
        write_float(out, v->number);
        return true;
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_SET:
        return write_items(out, v, x);
    case VALUE_MAP:
        return write_members(out, v, x);
    case VALUE_RANGE:
    case VALUE_CALLABLE:
    case VALUE_ITERATOR:
        return refuse(x, "functions, and iterators or views inside another value, have no JSON form");
    default:
        json_write(out, v);
        return true;
    }
}

static void write_error(buffer *out, const exception *x)
{
    buffer_format(out, "{\"error\":{\"type\":\"%s\",\"message\":", exception_name(x->type));
    json_write_string(out, x->message, strlen(x->message));
    buffer_format(out, ",\"position\":%zu}}", x->position);
}

/* ---- one evaluation ---- */

/* The names of a JSON object, with `now`. */
typedef struct scope {
    const char **names;
    value *values;
    size_t count;
} scope;

static value present_time(arena *a)
{
    struct timespec now;
    char text[TIMESTAMP_TEXT_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    size_t size = timestamp_format_millis((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, text);
    const char *copy = arena_copy(a, text, size);
    return copy == NULL ? value_null() : value_string(copy, size);
}

/* False without memory, or where a name has a NUL. */
static bool make_scope(arena *a, const value *object, scope *s)
{
    s->count = 0;
    s->names = arena_calloc(a, object->count + 1u, sizeof *s->names);
    s->values = arena_calloc(a, object->count + 1u, sizeof *s->values);
    if (s->names == NULL || s->values == NULL)
        return false;
    for (uint32_t i = 0; i < object->count; i++) {
        const value *name = &object->members[i].key;
        s->names[s->count] = arena_copy(a, name->text, name->count);
        s->values[s->count] = object->members[i].value;
        if (s->names[s->count++] == NULL || memchr(name->text, '\0', name->count) != NULL)
            return false;
    }
    if (value_field(object, "now") == NULL) {
        s->names[s->count] = "now";
        s->values[s->count++] = present_time(a);
    }
    return true;
}

static bool evaluate(arena *a, const value *source, const scope *s, buffer *out, exception *x)
{
    const expression_scope names = {.names = s->names, .count = s->count};
    value result;
    expression *p = expression_compile(a, source->text, source->count, &names, x);
    return p != NULL && expression_evaluate(p, s->values, a, &result, x) && write_value(out, &result, x);
}

/* ---- JSON Lines ---- */

static bool evaluate_request(arena *a, const value *request, buffer *out, exception *x)
{
    static const value no_names = {.kind = VALUE_MAP};
    const value *source = value_field(request, "expression");
    const value *names = value_field(request, "names");
    if (names == NULL)
        names = &no_names;
    scope s;
    if (source == NULL || source->kind != VALUE_STRING || names->kind != VALUE_MAP)
        return refuse(x, "a line must be an object with \"expression\": a string, and \"names\": an object");
    if (!make_scope(a, names, &s))
        return refuse(x, "the names do not fit");
    return evaluate(a, source, &s, out, x);
}

static void answer_line(arena *a, const input_lines *lines, buffer *out)
{
    error e;
    exception x;
    value request;
    buffer answer;
    buffer_init(&answer, a, MEMORY_MAX);
    buffer_init(out, a, MEMORY_MAX);
    bool done = false;
    if (!json_read(a, lines->line, lines->size, &request, &e)) {
        refuse(&x, e.message);
        x.position = e.position;
    } else {
        done = evaluate_request(a, &request, &answer, &x);
    }
    if (done && answer.failed)
        done = refuse(&x, "the value does not fit");
    if (!done) {
        write_error(out, &x);
        return;
    }
    buffer_add_text(out, "{\"value\":");
    buffer_add(out, answer.bytes, answer.size);
    buffer_add_byte(out, '}');
}

static int evaluate_lines(void)
{
    arena a;
    input_lines lines;
    input_status status;
    arena_init(&a, 1 << 16, MEMORY_MAX);
    input_lines_init(&lines, stdin, LINE_BYTES_MAX);
    while ((status = input_lines_next(&lines)) == INPUT_LINE || status == INPUT_TOO_LONG) {
        buffer out;
        if (status == INPUT_LINE) {
            answer_line(&a, &lines, &out);
        } else {
            exception x;
            refuse(&x, "the line is too long");
            buffer_init(&out, &a, LINE_BYTES_MAX);
            write_error(&out, &x);
        }
        fwrite(out.bytes, 1, out.size, stdout);
        putchar('\n');
        arena_reset(&a);
    }
    input_lines_free(&lines);
    arena_free(&a);
    return status == INPUT_END ? CLI_OK : cli_fail(&usage, CLI_FAILED, "cannot read standard input");
}

/* ---- for a person ---- */

/* The exception, and under the source's line a mark where it arose. */
static void explain(const value *source, const exception *x)
{
    size_t place = x->position < source->count ? x->position : source->count;
    size_t start = place;
    size_t end = place;
    while (start > 0 && source->text[start - 1] != '\n')
        start--;
    while (end < source->count && source->text[end] != '\n')
        end++;
    fprintf(stderr, "carillon eval: %s: %s\n", exception_name(x->type), x->message);
    size_t column = utf8_length(source->text + start, place - start);
    fprintf(stderr, "    %.*s\n    %*s^\n", (int)(end - start), source->text + start, (int)column, "");
}

static bool read_names(arena *a, const char *path, char **text, value *names)
{
    error e;
    size_t size;
    *text = input_read_file(path, LINE_BYTES_MAX, &size, &e);
    if (*text != NULL && json_read(a, *text, size, names, &e)) {
        if (names->kind == VALUE_MAP)
            return true;
        error_set(&e, ERROR_DECODE, 0, "the names must be a JSON object");
    }
    cli_fail(&usage, CLI_FAILED, "%s: %s", path, e.message);
    return false;
}

static bool disassemble(arena *a, const value *source, const expression_scope *names, buffer *out,
                        exception *x)
{
    const expression *p = expression_compile(a, source->text, source->count, names, x);
    if (p != NULL)
        disassembler_write(out, p);
    return p != NULL;
}

static int answer_person(arena *a, const char *text, const value *names, bool instructions)
{
    value source = value_cstring(text);
    exception x;
    scope s;
    buffer out;
    buffer_init(&out, a, MEMORY_MAX);
    static const value no_names = {.kind = VALUE_MAP};
    if (!make_scope(a, names == NULL ? &no_names : names, &s))
        return cli_fail(&usage, CLI_FAILED, "the names do not fit");
    const expression_scope given = {.names = s.names, .count = s.count};
    bool done = instructions ? disassemble(a, &source, names == NULL ? &workflow_scope : &given, &out, &x)
                             : evaluate(a, &source, &s, &out, &x);
    if (!done) {
        explain(&source, &x);
        return CLI_FAILED;
    }
    if (out.failed)
        return cli_fail(&usage, CLI_FAILED, "the value does not fit");
    fwrite(out.bytes, 1, out.size, stdout);
    if (!instructions)
        putchar('\n');
    return CLI_OK;
}

int cli_eval(int argc, char **argv)
{
    cli_options o;
    const char *names_path = NULL;
    bool instructions = false;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o)) {
        if (o.letter == 'n')
            names_path = o.argument;
        else
            instructions = true;
    }
    if (o.ended)
        return o.exit_code;
    if (o.rest_count == 0 && (names_path != NULL || instructions))
        return cli_fail(&usage, CLI_USAGE, "--names and --disassemble need an EXPRESSION");
    if (o.rest_count == 0)
        return evaluate_lines();
    arena a;
    char *text = NULL;
    value names;
    arena_init(&a, 1 << 16, MEMORY_MAX);
    int code = CLI_FAILED;
    if (names_path == NULL || read_names(&a, names_path, &text, &names))
        code = answer_person(&a, o.rest[0], names_path == NULL ? NULL : &names, instructions);
    arena_free(&a);
    free(text);
    return code;
}
