#include "engine/limits.h"
#include "engine/schema/build.h"
#include "engine/schema/format/ascii.h"
#include "engine/schema/format/uri.h"

/* ---- the copy ---- */

static bool copy_text(build *c, const value *original, value *copy)
{
    const char *text = arena_copy(c->sources, original->text, original->count);
    *copy = *original;
    copy->text = text;
    return text != NULL || build_fail_memory(c);
}

static bool copy_list(build *c, const value *original, unsigned depth, value *copy)
{
    list_builder items;
    list_builder_init(&items, c->sources);
    if (!list_builder_reserve(&items, original->count))
        return build_fail_memory(c);
    for (uint32_t i = 0; i < original->count; i++) {
        value item;
        if (!outline_copy(c, &original->items[i], depth + 1, &item))
            return false;
        if (!list_builder_add(&items, item))
            return build_fail_memory(c);
    }
    *copy = list_builder_finish(&items);
    return true;
}

static bool copy_map(build *c, const value *original, unsigned depth, value *copy)
{
    map_builder members;
    map_builder_init(&members, c->sources);
    if (!map_builder_reserve(&members, original->count))
        return build_fail_memory(c);
    for (uint32_t i = 0; i < original->count; i++) {
        value key;
        value v;
        if (original->members[i].key.kind != VALUE_STRING)
            return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "a key of the schema is no string");
        if (!copy_text(c, &original->members[i].key, &key) ||
            !outline_copy(c, &original->members[i].value, depth + 1, &v))
            return false;
        if (!map_builder_put(&members, key, v))
            return build_fail_memory(c);
    }
    *copy = map_builder_finish(&members);
    return true;
}

bool outline_copy(build *c, const value *original, unsigned depth, value *copy)
{
    if (depth > LIMIT_SCHEMA_DEPTH)
        return error_set(c->error, ERROR_LIMIT, 0, "the schema is nested more than %d deep",
                         LIMIT_SCHEMA_DEPTH);
    switch ((value_kind)original->kind) {
    case VALUE_STRING:
        return copy_text(c, original, copy);
    case VALUE_LIST:
        return copy_list(c, original, depth, copy);
    case VALUE_MAP:
        return copy_map(c, original, depth, copy);
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
        *copy = *original;
        return true;
    default:
        return error_set(c->error, ERROR_INVALID_SCHEMA, 0, "the schema holds what JSON does not have");
    }
}

/* ---- records ---- */

static uint32_t find_slot(const build *c, const value *document)
{
    uint64_t hash = (uint64_t)(uintptr_t)document * 0x9E3779B97F4A7C15u;
    uint32_t slot = (uint32_t)(hash >> 32) & c->slot_mask;
    while (c->slots[slot] != 0 && c->subschemas[c->slots[slot] - 1].document != document)
        slot = (slot + 1) & c->slot_mask;
    return slot;
}

const subschema *outline_find(const build *c, const value *document)
{
    if (c->slots == NULL)
        return NULL;
    uint32_t number = c->slots[find_slot(c, document)];
    return number == 0 ? NULL : &c->subschemas[number - 1];
}

dialect outline_dialect(const build *c, const subschema *s)
{
    return c->resources[s->node->resource].dialect;
}

/* Keeps the table at most half full. */
static bool reserve_slots(build *c)
{
    if (c->slots != NULL && c->subschema_count * 2 < c->slot_mask)
        return true;
    uint32_t slot_count = c->slots == NULL ? 64 : (c->slot_mask + 1) * 2;
    uint32_t *slots = arena_calloc(&c->scratch, slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    c->slots = slots;
    c->slot_mask = slot_count - 1;
    for (uint32_t i = 0; i < c->subschema_count; i++)
        slots[find_slot(c, c->subschemas[i].document)] = i + 1;
    return true;
}

static node *add_subschema(build *c, const value *document, uint32_t resource_number, const place *where)
{
    node *n = arena_calloc(c->arena, 1, sizeof *n);
    place *own_place = arena_alloc(c->sources, sizeof *own_place);
    if (n == NULL || own_place == NULL || !reserve_slots(c) ||
        !build_reserve(c, (void **)&c->subschemas, c->subschema_count, &c->subschema_capacity,
                       sizeof *c->subschemas)) {
        build_fail_memory(c);
        return NULL;
    }
    *own_place = *where;
    n->place = own_place;
    n->resource = resource_number;
    c->slots[find_slot(c, document)] = c->subschema_count + 1;
    c->subschemas[c->subschema_count++] = (subschema){.document = document, .node = n};
    return n;
}

/* ---- identifiers ---- */

static bool known_dialect(const value *uri, dialect *d)
{
    static const struct {
        const char *uri;
        dialect dialect;
    } known[] = {
        {"https://json-schema.org/draft/2020-12/schema", DIALECT_2020},
        {"http://json-schema.org/draft-07/schema", DIALECT_7},
        {"https://json-schema.org/draft-07/schema", DIALECT_7},
    };
    value bare = *uri;
    if (bare.count > 0 && bare.text[bare.count - 1] == '#')
        bare.count--;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (value_is_text(&bare, known[i].uri)) {
            *d = known[i].dialect;
            return true;
        }
    }
    return false;
}

static bool read_dialect(build *c, const value *document, const place *where, dialect *d)
{
    const value *uri = value_field(document, "$schema");
    if (uri == NULL)
        return true;
    place at = {.parent = where, .keyword = "$schema", .index = PLACE_NO_INDEX};
    if (uri->kind != VALUE_STRING)
        return build_fail_at(c, &at, ERROR_INVALID_SCHEMA, "must be a string");
    if (!known_dialect(uri, d))
        return build_fail_at(c, &at, ERROR_UNSUPPORTED,
                             "names a dialect that is not supported (2020-12 and draft-07 are)");
    return true;
}

static bool add_resource(build *c, const value *document, const value *uri, const place *where, dialect d,
                         uint32_t *number)
{
    for (uint32_t i = 0; i < c->resource_count; i++)
        if (value_same_text(&c->resources[i].uri, uri))
            return build_fail_at(c, where, ERROR_INVALID_SCHEMA, "$id is used twice");
    if (!read_dialect(c, document, where, &d))
        return false;
    if (!build_reserve(c, (void **)&c->resources, c->resource_count, &c->resource_capacity,
                       sizeof *c->resources))
        return build_fail_memory(c);
    *number = c->resource_count;
    c->resources[c->resource_count++] =
        (resource){.uri = *uri, .root = document, .place = where, .dialect = d};
    return true;
}

static bool is_anchor_name(const char *text, size_t size)
{
    if (size == 0 || (!ascii_is_alpha(text[0]) && text[0] != '_'))
        return false;
    for (size_t i = 1; i < size; i++)
        if (!ascii_is_alnum(text[i]) && strchr("-._:", text[i]) == NULL)
            return false;
    return true;
}

static bool add_anchor(build *c, const node *n, const char *keyword_name, value name, bool dynamic)
{
    place at = {.parent = n->place, .keyword = keyword_name, .index = PLACE_NO_INDEX};
    if (name.kind != VALUE_STRING || !is_anchor_name(name.text, name.count))
        return build_fail_at(c, &at, ERROR_INVALID_SCHEMA, "must be the name of an anchor");
    for (uint32_t i = 0; i < c->anchor_count; i++)
        if (c->anchors[i].node->resource == n->resource && value_same_text(&c->anchors[i].name, &name) &&
            c->anchors[i].node != n)
            return build_fail_at(c, &at, ERROR_INVALID_SCHEMA, "the anchor is used twice");
    if (!build_reserve(c, (void **)&c->anchors, c->anchor_count, &c->anchor_capacity, sizeof *c->anchors))
        return build_fail_memory(c);
    c->anchors[c->anchor_count++] = (anchor){.name = name, .node = n, .dynamic = dynamic};
    return true;
}

static bool add_anchors(build *c, const node *n, const value *document)
{
    if (c->resources[n->resource].dialect == DIALECT_7)
        return true;
    const value *name = value_field(document, "$anchor");
    if (name != NULL && !add_anchor(c, n, "$anchor", *name, false))
        return false;
    name = value_field(document, "$dynamicAnchor");
    return name == NULL || add_anchor(c, n, "$dynamicAnchor", *name, true);
}

/* Reads $id: *number becomes the new resource's where it begins one; *anchor_name (draft-07: "#name") gets
 * the text behind '#' where it is an anchor. */
static bool read_id(build *c, const value *document, const place *where, uint32_t *number, value *anchor_name)
{
    dialect d = c->resources[*number].dialect;
    const value *id = value_field(document, "$id");
    if (id == NULL || (d == DIALECT_7 && value_field(document, "$ref") != NULL))
        return true;
    place at = {.parent = where, .keyword = "$id", .index = PLACE_NO_INDEX};
    if (id->kind != VALUE_STRING)
        return build_fail_at(c, &at, ERROR_INVALID_SCHEMA, "must be a string");
    uri_parts parts = uri_split(id->text, id->count);
    if (parts.fragment.size > 0) {
        if (d != DIALECT_7)
            return build_fail_at(c, &at, ERROR_INVALID_SCHEMA, "must have no fragment");
        *anchor_name = value_string(parts.fragment.text, parts.fragment.size);
        if (parts.fragment.text == id->text + 1)
            return true; /* nothing but the fragment */
    }
    value uri;
    if (!uri_resolve(c->sources, &c->resources[*number].uri, id, &uri))
        return build_fail_memory(c);
    if (c->resources[*number].root == document) {
        c->resources[*number].uri = uri;
        return true;
    }
    return add_resource(c, document, &uri, where, d, number);
}

/* ---- the walk ---- */

static bool index_list(build *c, const value *list, uint32_t number, place *where)
{
    for (uint32_t i = 0; i < list->count; i++) {
        where->index = i;
        if (!outline_index(c, &list->items[i], number, where))
            return false;
    }
    return true;
}

static bool index_map(build *c, const value *map, uint32_t number, place *where, bool may_have_names)
{
    if (!build_count(c, map->count))
        return false;
    for (uint32_t i = 0; i < map->count; i++) {
        where->key = &map->members[i].key;
        if (may_have_names && map->members[i].value.kind == VALUE_LIST)
            continue;
        if (!outline_index(c, &map->members[i].value, number, where))
            return false;
    }
    return true;
}

static bool index_operand(build *c, const node *n, const keyword *k, const value *operand)
{
    place where = {.parent = n->place, .keyword = k->name, .index = PLACE_NO_INDEX};
    bool is_list = operand->kind == VALUE_LIST;
    switch ((shape)k->shape) {
    case SHAPE_NONE:
        return true;
    case SHAPE_LIST:
        if (!is_list || operand->count == 0)
            return build_fail_at(c, &where, ERROR_INVALID_SCHEMA, "must be a non-empty array of schemas");
        return index_list(c, operand, n->resource, &where);
    case SHAPE_MAP:
    case SHAPE_MAP_OR_NAMES:
        if (operand->kind != VALUE_MAP)
            return build_fail_at(c, &where, ERROR_INVALID_SCHEMA, "must be an object");
        return index_map(c, operand, n->resource, &where, k->shape == SHAPE_MAP_OR_NAMES);
    case SHAPE_SCHEMA_OR_LIST:
        if (is_list)
            return index_list(c, operand, n->resource, &where);
        return outline_index(c, operand, n->resource, &where);
    case SHAPE_SCHEMA:
        return outline_index(c, operand, n->resource, &where);
    }
    return true;
}

static bool index_keywords(build *c, const node *n, const value *document)
{
    dialect d = c->resources[n->resource].dialect;
    if (!build_count(c, document->count))
        return false;
    for (uint32_t i = 0; i < document->count; i++) {
        const keyword *k = keyword_find(&document->members[i].key, d);
        if (k != NULL && !index_operand(c, n, k, &document->members[i].value))
            return false;
    }
    return true;
}

bool outline_index(build *c, const value *document, uint32_t number, const place *where)
{
    if (outline_find(c, document) != NULL)
        return true; /* a reference came first */
    if (document->kind != VALUE_MAP && document->kind != VALUE_BOOL)
        return build_fail_at(c, where, ERROR_INVALID_SCHEMA, "a schema must be an object or a boolean");
    if (!build_count(c, 1))
        return false;
    value anchor_name = value_null();
    if (document->kind == VALUE_MAP && !read_id(c, document, where, &number, &anchor_name))
        return false;
    node *n = add_subschema(c, document, number, where);
    if (n == NULL)
        return false;
    if (c->resources[number].root == document)
        c->resources[number].place = n->place;
    if (document->kind == VALUE_BOOL)
        return true;
    if (anchor_name.kind == VALUE_STRING && !add_anchor(c, n, "$id", anchor_name, false))
        return false;
    return add_anchors(c, n, document) && index_keywords(c, n, document);
}

bool outline_index_root(build *c, const value *document, const value *uri, const place *where)
{
    uint32_t number;
    return add_resource(c, document, uri, where, DIALECT_2020, &number) &&
           outline_index(c, document, number, where);
}
