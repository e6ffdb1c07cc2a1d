/* A node is read by recursion over libyaml's events, at most LIMIT_VALUE_DEPTH deep. The address of a list's
 * item or a map's member is known only when the list or map is complete, so the places of its children wait
 * on a stack until then.
 *
 * An alias shares the values of its anchor, which costs nothing here but multiplies the work of whoever walks
 * the document later. So every node has a weight (its text and a constant), an alias weighs what its anchor
 * weighs, and the sum is bounded; the depth below an alias counts as well. */
#include "engine/workflow/yaml.h"

#include <yaml.h>

#include "engine/limits.h"
#include "engine/value/utf8.h"
#include "engine/workflow/yaml_scalar.h"

enum { NODE_WEIGHT = 16 };

typedef struct node {
    value value;
    unsigned height; /* nesting below it */
    size_t weight;
} node;

typedef struct anchor {
    const char *name;
    node node;
} anchor;

typedef struct place {
    uint32_t line;
    uint32_t column;
} place;

typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one, until next_event */
    arena *arena;
    positions *positions;
    error *error;
    anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    place *places; /* of the children of collections that are not complete */
    size_t place_count;
    size_t place_capacity;
    size_t weight;
    unsigned depth;
} reader;

static bool read_node(reader *r, node *out);

/* ---- events and errors ---- */

static place event_place(const reader *r)
{
    return (place){.line = (uint32_t)r->event.start_mark.line + 1,
                   .column = (uint32_t)r->event.start_mark.column + 1};
}

static bool fail(reader *r, error_code code, const char *what)
{
    return error_set(r->error, code, event_place(r).line, "%s", what);
}

static bool fail_memory(reader *r)
{
    return fail(r, ERROR_LIMIT, "the document needs more memory than its bound");
}

static bool fail_parser(reader *r)
{
    if (r->parser.error == YAML_MEMORY_ERROR)
        return error_set(r->error, ERROR_OUT_OF_MEMORY, 0, "no memory for the YAML parser");
    const char *problem = r->parser.problem != NULL ? r->parser.problem : "the text is not YAML";
    if (r->parser.error == YAML_READER_ERROR)
        return error_set(r->error, ERROR_SYNTAX, r->parser.mark.line + 1, "%s", problem);
    const char *context = r->parser.context != NULL ? r->parser.context : "";
    return error_set(r->error, ERROR_SYNTAX, r->parser.problem_mark.line + 1, "%s%s%s", problem,
                     *context != '\0' ? " " : "", context);
}

static bool next_event(reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) != 0 || fail_parser(r);
}

/* ---- growing arrays ---- */

/* Room for one more item of `size` bytes. */
static bool reserve(reader *r, void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t grown = *capacity == 0 ? 32 : *capacity * 2;
    void *moved = arena_grow(r->arena, *items, *capacity * size, grown * size);
    if (moved == NULL)
        return fail_memory(r);
    *items = moved;
    *capacity = grown;
    return true;
}

static bool push_place(reader *r, place p)
{
    void *places = r->places;
    if (!reserve(r, &places, r->place_count, &r->place_capacity, sizeof p))
        return false;
    r->places = places;
    r->places[r->place_count++] = p;
    return true;
}

/* ---- anchors ---- */

static bool add_anchor(reader *r, const char *name, const node *n)
{
    if (r->anchor_count == LIMIT_DOCUMENT_ANCHORS)
        return fail(r, ERROR_LIMIT, "the document has too many anchors");
    void *anchors = r->anchors;
    if (!reserve(r, &anchors, r->anchor_count, &r->anchor_capacity, sizeof *r->anchors))
        return false;
    r->anchors = anchors;
    r->anchors[r->anchor_count++] = (anchor){.name = name, .node = *n};
    return true;
}

/* The newest one with the name: YAML lets a later anchor take the name over. */
static const anchor *find_anchor(const reader *r, const char *name)
{
    for (size_t i = r->anchor_count; i > 0; i--)
        if (strcmp(r->anchors[i - 1].name, name) == 0)
            return &r->anchors[i - 1];
    return NULL;
}

static bool add_weight(reader *r, size_t weight)
{
    r->weight += weight;
    if (r->weight > LIMIT_DOCUMENT_EXPANDED_BYTES)
        return fail(r, ERROR_LIMIT, "the document is too large with its aliases written out");
    return true;
}

static bool read_alias(reader *r, node *out)
{
    const anchor *found = find_anchor(r, (const char *)r->event.data.alias.anchor);
    if (found == NULL)
        return fail(r, ERROR_SYNTAX, "an alias needs its anchor before it, and not around it");
    if (r->depth + found->node.height >= LIMIT_VALUE_DEPTH)
        return fail(r, ERROR_LIMIT, "the document is nested too deeply with its aliases written out");
    *out = found->node;
    return add_weight(r, out->weight);
}

/* ---- nodes ---- */

static bool refuse_tag(reader *r, const yaml_char_t *tag)
{
    if (tag == NULL)
        return true;
    return fail(r, ERROR_SYNTAX, "tags are not supported: quote a value that must be a string");
}

static bool read_scalar(reader *r, node *out)
{
    const char *bytes = (const char *)r->event.data.scalar.value;
    size_t size = r->event.data.scalar.length;
    bool ascii;
    if (!refuse_tag(r, r->event.data.scalar.tag) || !add_weight(r, size))
        return false;
    if (!utf8_valid(bytes, size, &ascii))
        return fail(r, ERROR_SYNTAX, "the text is not valid UTF-8");
    const char *text = arena_copy(r->arena, bytes, size);
    if (text == NULL)
        return fail_memory(r);
    out->value = value_string(text, size);
    if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        !yaml_scalar_resolve(text, size, &out->value))
        return fail(r, ERROR_SYNTAX, "infinities, NaN and numbers beyond a double are not supported");
    if (out->value.kind == VALUE_STRING)
        out->value.flags = ascii ? VALUE_ASCII : 0;
    return true;
}

static void raise_height(node *collection, const node *child)
{
    if (child->height + 1 > collection->height)
        collection->height = child->height + 1;
}

static bool place_items(reader *r, const value *list, size_t base)
{
    for (uint32_t i = 0; i < list->count; i++) {
        place p = r->places[base + i];
        if (!positions_add(r->positions, &list->items[i], p.line, p.column))
            return fail_memory(r);
    }
    r->place_count = base;
    return true;
}

static bool read_sequence(reader *r, node *out)
{
    size_t base = r->place_count;
    list_builder items;
    list_builder_init(&items, r->arena);
    if (!refuse_tag(r, r->event.data.sequence_start.tag) || !next_event(r))
        return false;
    while (r->event.type != YAML_SEQUENCE_END_EVENT) {
        node item;
        if (!push_place(r, event_place(r)) || !read_node(r, &item))
            return false;
        if (!list_builder_add(&items, item.value))
            return fail_memory(r);
        raise_height(out, &item);
        if (!next_event(r))
            return false;
    }
    out->value = list_builder_finish(&items);
    return place_items(r, &out->value, base);
}

static bool read_key(reader *r, const map_builder *members, value *key)
{
    node n;
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail(r, ERROR_SYNTAX, "a key must be a string");
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (!read_node(r, &n))
        return false;
    *key = n.value;
    if (key->kind != VALUE_STRING)
        return fail(r, ERROR_SYNTAX, "a key must be a string: quote it");
    if (plain && value_is_text(key, "<<"))
        return fail(r, ERROR_SYNTAX, "merge keys (<<) are not supported");
    if (map_builder_has(members, key))
        return error_set(r->error, ERROR_SYNTAX, event_place(r).line, "the key \"%.*s\" is there twice",
                         key->count > 100 ? 100 : (int)key->count, key->text);
    return true;
}

static bool place_members(reader *r, const value *map, size_t base)
{
    for (uint32_t i = 0; i < map->count; i++) {
        place p = r->places[base + i];
        if (!positions_add(r->positions, &map->members[i].value, p.line, p.column))
            return fail_memory(r);
    }
    r->place_count = base;
    return true;
}

static bool read_mapping(reader *r, node *out)
{
    size_t base = r->place_count;
    map_builder members;
    map_builder_init(&members, r->arena);
    if (!refuse_tag(r, r->event.data.mapping_start.tag) || !next_event(r))
        return false;
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        value key;
        node member;
        if (!push_place(r, event_place(r)) || !read_key(r, &members, &key) || !next_event(r) ||
            !read_node(r, &member))
            return false;
        if (!map_builder_put(&members, key, member.value))
            return fail_memory(r);
        raise_height(out, &member);
        if (!next_event(r))
            return false;
    }
    out->value = map_builder_finish(&members);
    return place_members(r, &out->value, base);
}

static const yaml_char_t *event_anchor(const reader *r)
{
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        return r->event.data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return r->event.data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return r->event.data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static bool read_content(reader *r, node *out)
{
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, out);
    case YAML_SEQUENCE_START_EVENT:
        return read_sequence(r, out);
    case YAML_MAPPING_START_EVENT:
        return read_mapping(r, out);
    default:
        return fail(r, ERROR_SYNTAX, "expected a value");
    }
}

/* Leaves the node's last event as the current one. The anchor is known only behind the node, so that an alias
 * inside it finds none. */
static bool read_node(reader *r, node *out)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, out);
    *out = (node){.value = value_null()};
    size_t weight = r->weight;
    const yaml_char_t *anchor_bytes = event_anchor(r);
    const char *name = NULL;
    if (anchor_bytes != NULL) {
        name = arena_copy(r->arena, anchor_bytes, strlen((const char *)anchor_bytes));
        if (name == NULL)
            return fail_memory(r);
    }
    if (r->depth == LIMIT_VALUE_DEPTH)
        return fail(r, ERROR_LIMIT, "the document is nested too deeply");
    r->depth++;
    bool read = add_weight(r, NODE_WEIGHT) && read_content(r, out);
    r->depth--;
    out->weight = r->weight - weight;
    return read && (name == NULL || add_anchor(r, name, out));
}

static bool read_stream(reader *r, value *out)
{
    node root;
    if (!next_event(r) || !next_event(r)) /* the stream's start, then the document's, or its end */
        return false;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return fail(r, ERROR_SYNTAX, "the document is empty");
    if (!next_event(r))
        return false;
    place start = event_place(r);
    if (!read_node(r, &root) || !next_event(r) || !next_event(r))
        return false;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail(r, ERROR_SYNTAX, "only one document a file is supported");
    *out = root.value;
    return positions_add(r->positions, out, start.line, start.column) || fail_memory(r);
}

bool yaml_read(arena *a, const char *text, size_t size, value *out, positions *p, error *e)
{
    reader r = {.arena = a, .positions = p, .error = e};
    if (!yaml_parser_initialize(&r.parser))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for the YAML parser");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, size);
    bool read = read_stream(&r, out);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return read;
}
