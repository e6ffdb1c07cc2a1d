#include "engine/workflow/document.h"

#include "engine/limits.h"
#include "engine/value/json.h"
#include "engine/workflow/json_positions.h"
#include "engine/workflow/yaml.h"

static bool ends_with(const char *name, const char *ending)
{
    size_t name_size = strlen(name);
    size_t ending_size = strlen(ending);
    return name_size >= ending_size && strcmp(name + name_size - ending_size, ending) == 0;
}

static bool is_json(const char *name, const char *text, size_t size)
{
    if (ends_with(name, ".json"))
        return true;
    if (ends_with(name, ".yaml") || ends_with(name, ".yml"))
        return false;
    size_t at = 0;
    while (at < size && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at < size && text[at] == '{';
}

static size_t line_of_byte(const char *text, size_t size, size_t byte)
{
    size_t line = 1;
    for (size_t i = 0; i < size && i < byte; i++)
        line += text[i] == '\n';
    return line;
}

static bool read_json(document *d, arena *a, value *root, const char *text, size_t size, error *e)
{
    error local;
    if (!json_read(a, text, size, root, &local))
        return error_set(e, local.code, line_of_byte(text, size, local.position), "%s", local.message);
    return json_positions_read(&d->positions, text, size, root, e);
}

bool document_read(document *d, arena *a, const char *name, const char *text, size_t size, error *e)
{
    *d = (document){.name = name};
    positions_init(&d->positions, a);
    if (size > LIMIT_DOCUMENT_BYTES)
        return error_set(e, ERROR_LIMIT, 0, "the document is larger than %d bytes", LIMIT_DOCUMENT_BYTES);
    value *root = arena_alloc(a, sizeof *root);
    if (root == NULL)
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the document");
    d->root = root;
    bool read = is_json(name, text, size) ? read_json(d, a, root, text, size, e)
                                          : yaml_read(a, text, size, root, &d->positions, e);
    if (read)
        positions_freeze(&d->positions);
    return read;
}

size_t document_line(const document *d, const value *node)
{
    const position *found = positions_find(&d->positions, node);
    return found == NULL ? 0 : found->line;
}
