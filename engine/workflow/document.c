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

/* ---- JSON Pointers (RFC 6901) ---- */

static void add_token(buffer *b, const value *key)
{
    buffer_add_byte(b, '/');
    for (uint32_t i = 0; i < key->count; i++) {
        if (key->text[i] == '~')
            buffer_add_text(b, "~0");
        else if (key->text[i] == '/')
            buffer_add_text(b, "~1");
        else
            buffer_add_byte(b, key->text[i]);
    }
}

/* Appends the way from v to the node; leaves the buffer as it was and returns false where there is none. */
static bool write_way(const value *v, const value *node, buffer *b)
{
    if (v == node)
        return true;
    size_t size = b->size;
    for (uint32_t i = 0; v->kind == VALUE_LIST && i < v->count; i++) {
        buffer_add_byte(b, '/');
        buffer_add_int(b, i);
        if (write_way(&v->items[i], node, b))
            return true;
        b->size = size;
    }
    for (uint32_t i = 0; v->kind == VALUE_MAP && i < v->count; i++) {
        add_token(b, &v->members[i].key);
        if (write_way(&v->members[i].value, node, b))
            return true;
        b->size = size;
    }
    return false;
}

void document_write_pointer(const document *d, const value *node, buffer *b)
{
    (void)write_way(d->root, node, b);
}

static bool token_is(const char *token, size_t size, const value *key)
{
    size_t at = 0;
    for (uint32_t i = 0; i < key->count; i++) {
        if (at == size)
            return false;
        char c = token[at++];
        if (c == '~' && at < size)
            c = token[at++] == '0' ? '~' : '/';
        if (c != key->text[i])
            return false;
    }
    return at == size;
}

static const value *follow_index(const value *list, const char *token, size_t size)
{
    size_t index = 0;
    for (size_t i = 0; i < size; i++) {
        if (token[i] < '0' || token[i] > '9' || index > list->count)
            return NULL;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    return size > 0 && index < list->count ? &list->items[index] : NULL;
}

static const value *follow_token(const value *v, const char *token, size_t size)
{
    if (v->kind == VALUE_LIST)
        return follow_index(v, token, size);
    for (uint32_t i = 0; v->kind == VALUE_MAP && i < v->count; i++)
        if (token_is(token, size, &v->members[i].key))
            return &v->members[i].value;
    return NULL;
}

const value *document_follow(const value *from, const char *pointer, size_t size)
{
    const char *end = pointer + size;
    while (from != NULL && pointer < end) {
        if (*pointer != '/')
            return NULL;
        const char *token = pointer + 1;
        const char *stop = memchr(token, '/', (size_t)(end - token));
        pointer = stop != NULL ? stop : end;
        from = follow_token(from, token, (size_t)(pointer - token));
    }
    return from;
}
