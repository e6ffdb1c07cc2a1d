#include "worker/cli/pretty.h"

#include "engine/value/json.h"

static void write_value(buffer *b, const value *v, unsigned depth);

static void new_line(buffer *b, unsigned depth)
{
    buffer_add_byte(b, '\n');
    for (unsigned i = 0; i < depth; i++)
        buffer_add_text(b, "  ");
}

static void write_list(buffer *b, const value *list, unsigned depth)
{
    buffer_add_byte(b, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        buffer_add_text(b, i > 0 ? "," : "");
        new_line(b, depth + 1);
        write_value(b, &list->items[i], depth + 1);
    }
    new_line(b, depth);
    buffer_add_byte(b, ']');
}

static void write_map(buffer *b, const value *map, unsigned depth)
{
    buffer_add_byte(b, '{');
    for (uint32_t i = 0; i < map->count; i++) {
        buffer_add_text(b, i > 0 ? "," : "");
        new_line(b, depth + 1);
        json_write(b, &map->members[i].key);
        buffer_add_text(b, ": ");
        write_value(b, &map->members[i].value, depth + 1);
    }
    new_line(b, depth);
    buffer_add_byte(b, '}');
}

static void write_value(buffer *b, const value *v, unsigned depth)
{
    if (v->kind == VALUE_MAP && v->count > 0)
        write_map(b, v, depth);
    else if (v->kind == VALUE_LIST && v->count > 0)
        write_list(b, v, depth);
    else
        json_write(b, v);
}

void pretty_write(buffer *b, const value *v)
{
    write_value(b, v, 0);
}
