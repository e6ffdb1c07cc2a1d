/* carillon decode: Avro messages as JSON, for people who look at triggers and completions. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/base64.h"
#include "engine/value/json.h"
#include "worker/cli/cli.h"
#include "worker/cli/options.h"
#include "worker/input.h"
#include "worker/registry/registry_folder.h"

enum {
    LINE_BYTES_MAX = 2 * LIMIT_TRIGGER_BYTES + 64, /* hex of a message */
    /* JSON of what fits LIMIT_TRIGGER_DECODED_BYTES: at worst six characters a byte, and buffers double. */
    TEXT_BYTES_MAX = 16 * LIMIT_TRIGGER_DECODED_BYTES,
};

static const cli_option options[] = {
    {'s', "schema", "FILE", "lines are bare data, written by the schema in FILE (*.avsc)"},
    {'f', "framed", "FOLDER", "lines are whole messages; find their schemas in FOLDER"},
    {'b', "base64", NULL, "lines are base64 instead of hexadecimal"},
};

static const cli_usage usage = {
    .synopsis = "decode (--schema=FILE | --framed=FOLDER) [OPTION...]",
    .summary = "Reads Avro data from standard input, one message a line in hexadecimal, and\n"
               "prints each as one line of JSON, as workflows see it. A line that cannot be\n"
               "decoded gives {\"error\": ...} and, in the end, exit code 1.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .notes = "Framed messages carry their schema's fingerprint (Avro single-object encoding).",
};

typedef struct decoder {
    avro_plan *plan;    /* of bare data; NULL: framed */
    registry *registry; /* of framed messages */
    bool base64;
    arena values;
    arena text;
} decoder;

/* ---- a line's bytes ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool hex_decode(const char *text, size_t size, char *bytes)
{
    if (size % 2 != 0)
        return false;
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_digit(text[i]);
        int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    return true;
}

static bool line_bytes(decoder *d, const input_lines *line, const char **bytes, size_t *size, error *e)
{
    char *block = arena_alloc(&d->text, line->size);
    if (block == NULL)
        return error_set(e, arena_failure(&d->text), 0, "no memory for a line");
    *bytes = block;
    *size = line->size / 2;
    if (d->base64)
        return base64_decode(line->line, line->size, block, size) ||
               error_set(e, ERROR_SYNTAX, 0, "the line is not base64");
    return hex_decode(line->line, line->size, block) ||
           error_set(e, ERROR_SYNTAX, 0, "the line is not hexadecimal");
}

/* ---- decoding ---- */

static bool decode_framed(decoder *d, const char *bytes, size_t size, value *out, error *e)
{
    avro_frame frame;
    if (!avro_frame_read(bytes, size, &frame, e))
        return false;
    if (frame.framing != AVRO_SINGLE_OBJECT)
        return error_set(e, ERROR_UNSUPPORTED, 0,
                         "schema id %" PRIu64 ": schema registries are not supported yet", frame.schema);
    const avro_plan *plan = registry_find(d->registry, frame.schema);
    if (plan == NULL)
        return error_set(e, ERROR_UNKNOWN_SCHEMA, 0, "no schema has the fingerprint %016" PRIx64,
                         frame.schema);
    if (avro_decode(plan, &d->values, bytes + frame.header_size, size - frame.header_size, out, e))
        return true;
    e->position += frame.header_size;
    return false;
}

static bool decode_line(decoder *d, const input_lines *line, value *out, error *e)
{
    const char *bytes;
    size_t size;
    if (!line_bytes(d, line, &bytes, &size, e))
        return false;
    if (d->plan == NULL)
        return decode_framed(d, bytes, size, out, e);
    return avro_decode(d->plan, &d->values, bytes, size, out, e);
}

static void write_error(buffer *b, const error *e)
{
    buffer_add_text(b, "{\"error\":{\"reason\":\"");
    buffer_add_text(b, error_reason(e->code));
    buffer_add_text(b, "\",\"byte\":");
    buffer_add_int(b, (int64_t)e->position);
    buffer_add_text(b, ",\"message\":");
    json_write_string(b, e->message, strlen(e->message));
    buffer_add_text(b, "}}");
}

/* Prints one line; false where it could not be decoded. */
static bool print_line(decoder *d, input_status status, const input_lines *line)
{
    value v;
    error e = {0};
    buffer b;
    arena_reset(&d->values);
    arena_reset(&d->text);
    buffer_init(&b, &d->text, TEXT_BYTES_MAX);
    bool ok = status == INPUT_TOO_LONG ? error_set(&e, ERROR_LIMIT, 0, "the line is too long")
                                       : decode_line(d, line, &v, &e);
    if (ok)
        json_write(&b, &v);
    if (!ok || b.failed) {
        if (ok)
            ok = error_set(&e, ERROR_LIMIT, 0, "its JSON is too long");
        buffer_init(&b, &d->text, TEXT_BYTES_MAX);
        write_error(&b, &e);
    }
    fwrite(b.bytes, 1, b.size, stdout);
    putchar('\n');
    return ok;
}

static int decode_lines(decoder *d)
{
    input_lines lines;
    input_status status;
    bool all_ok = true;
    input_lines_init(&lines, stdin, LINE_BYTES_MAX);
    while ((status = input_lines_next(&lines)) == INPUT_LINE || status == INPUT_TOO_LONG)
        all_ok &= print_line(d, status, &lines);
    input_lines_free(&lines);
    if (status == INPUT_FAILED || fflush(stdout) != 0)
        return cli_fail(&usage, CLI_FAILED, "standard input or output failed");
    return all_ok ? CLI_OK : CLI_FAILED;
}

/* ---- the command ---- */

static avro_plan *load_schema(const char *path, error *e)
{
    size_t size;
    char *text = input_read_file(path, LIMIT_AVRO_SCHEMA_BYTES, &size, e);
    if (text == NULL)
        return NULL;
    avro_plan *plan = avro_plan_new(text, size, e);
    if (plan == NULL)
        (void)error_prefix(e, "%s", path);
    free(text);
    return plan;
}

static int decode(decoder *d, const char *schema, const char *folder)
{
    error e = {0};
    if (schema != NULL)
        d->plan = load_schema(schema, &e);
    else
        d->registry = registry_folder_load(folder, &e);
    if (d->plan == NULL && d->registry == NULL)
        return cli_fail(&usage, CLI_FAILED, "%s", e.message);
    return decode_lines(d);
}

int cli_decode(int argc, char **argv)
{
    decoder d = {0};
    const char *schema = NULL;
    const char *folder = NULL;
    cli_options o;
    cli_options_begin(&o, &usage, argc, argv);
    while (cli_options_next(&o)) {
        if (o.letter == 's')
            schema = o.argument;
        else if (o.letter == 'f')
            folder = o.argument;
        else
            d.base64 = true;
    }
    if (o.ended)
        return o.exit_code;
    if ((schema == NULL) == (folder == NULL))
        return cli_fail(&usage, CLI_USAGE, "give one of --schema and --framed; see --help");
    arena_init(&d.values, 64 << 10, LIMIT_TRIGGER_DECODED_BYTES);
    arena_init(&d.text, 64 << 10, TEXT_BYTES_MAX);
    int code = decode(&d, schema, folder);
    arena_free(&d.values);
    arena_free(&d.text);
    avro_plan_free(d.plan);
    registry_free(d.registry);
    return code;
}
