#include "engine/expression/shape.h"

#include <stdio.h>

/* How many references may lead to one another: a cycle ends here, and says nothing. */
enum { REFERENCES_MAX = 32 };

static shape of_schema(const value *document, const value *schema, unsigned references);

static shape anything(void)
{
    return shape_of_kinds(SHAPE_ANY_JSON);
}

/* ---- references ---- */

/* One token of a JSON pointer, with ~0 and ~1 resolved. */
static const value *step_into(const value *container, const char *token, size_t size)
{
    char name[256];
    size_t n = 0;
    for (size_t i = 0; i < size && n < sizeof name; i++) {
        bool escape = token[i] == '~' && i + 1 < size;
        name[n++] = escape ? (token[i + 1] == '1' ? '/' : '~') : token[i];
        i += escape;
    }
    return n < sizeof name ? value_get(container, name, n) : NULL;
}

/* What "#/$defs/Item" names, or NULL: anchors, other documents and percent signs are not followed. */
static const value *follow(const value *document, const value *reference)
{
    const char *p = reference->text;
    const char *end = p + reference->count;
    if (reference->count == 0 || *p++ != '#' || memchr(reference->text, '%', reference->count) != NULL)
        return NULL;
    const value *target = document;
    while (p < end && target != NULL) {
        if (*p++ != '/')
            return NULL;
        const char *slash = memchr(p, '/', (size_t)(end - p));
        const char *token_end = slash == NULL ? end : slash;
        target = step_into(target, p, (size_t)(token_end - p));
        p = token_end;
    }
    return target;
}

/* ---- types ---- */

static unsigned kinds_of_name(const value *name)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } types[] = {
        {"null", SHAPE_NULL},
        {"boolean", SHAPE_BOOL},
        {"integer", SHAPE_INT | SHAPE_FLOAT},
        {"number", SHAPE_INT | SHAPE_FLOAT},
        {"string", SHAPE_STRING},
        {"array", SHAPE_LIST},
        {"object", SHAPE_MAP},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (value_is_text(name, types[i].name))
            return types[i].kinds;
    return SHAPE_ANY_JSON;
}

static unsigned kinds_of_type(const value *type)
{
    if (type->kind != VALUE_LIST)
        return kinds_of_name(type);
    unsigned kinds = 0;
    for (uint32_t i = 0; i < type->count; i++)
        kinds |= kinds_of_name(&type->items[i]);
    return kinds;
}

static unsigned kind_of_value(const value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT ? SHAPE_INT | SHAPE_FLOAT : 1u << v->kind;
}

/* Types by `type`, `const` and `enum`. */
static unsigned own_kinds(const value *schema)
{
    unsigned kinds = SHAPE_ANY_JSON;
    const value *type = value_field(schema, "type");
    const value *constant = value_field(schema, "const");
    const value *options = value_field(schema, "enum");
    if (type != NULL)
        kinds &= kinds_of_type(type);
    if (constant != NULL)
        kinds &= kind_of_value(constant);
    if (options != NULL && options->kind == VALUE_LIST) {
        unsigned listed = 0;
        for (uint32_t i = 0; i < options->count; i++)
            listed |= kind_of_value(&options->items[i]);
        kinds &= listed;
    }
    return kinds;
}

/* ---- combinations ---- */

/* One more constraint on the same value. What describes maps and lists is kept where only one of the two
 * does. */
static void narrow(shape *s, shape more)
{
    s->kinds &= more.kinds;
    if (s->schema == NULL) {
        s->schema = more.schema;
        s->document = more.document;
    } else if (more.schema != NULL && shape_closed_properties(s) == NULL) {
        *s = shape_of_kinds(s->kinds); /* two descriptions: neither has the whole of it */
    }
}

shape shape_union(shape a, shape b)
{
    shape both = shape_of_kinds(a.kinds | b.kinds);
    const unsigned described = SHAPE_MAP | SHAPE_LIST;
    if ((a.kinds & described) == 0) {
        both.schema = b.schema;
        both.document = b.document;
    } else if ((b.kinds & described) == 0 || a.schema == b.schema) {
        both.schema = a.schema;
        both.document = a.document;
    }
    return both;
}

static shape of_alternatives(const value *document, const value *schemas, unsigned references)
{
    if (schemas->kind != VALUE_LIST || schemas->count == 0)
        return anything();
    shape all = of_schema(document, &schemas->items[0], references);
    for (uint32_t i = 1; i < schemas->count; i++)
        all = shape_union(all, of_schema(document, &schemas->items[i], references));
    return all;
}

static bool describes_members(const value *schema)
{
    static const char *const keywords[] = {"properties", "additionalProperties", "patternProperties",
                                           "items",      "prefixItems",          "unevaluatedProperties"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (value_field(schema, keywords[i]) != NULL)
            return true;
    return false;
}

static shape of_schema(const value *document, const value *schema, unsigned references)
{
    if (schema == NULL || schema->kind != VALUE_MAP || references == REFERENCES_MAX ||
        value_field(schema, "$id") != NULL)
        return anything();
    shape s = shape_of_kinds(own_kinds(schema));
    if (describes_members(schema)) {
        s.schema = schema;
        s.document = document;
    }
    const value *reference = value_field(schema, "$ref");
    if (reference != NULL && reference->kind == VALUE_STRING)
        narrow(&s, of_schema(document, follow(document, reference), references + 1));
    static const char *const alternatives[] = {"anyOf", "oneOf"};
    for (size_t i = 0; i < 2; i++) {
        const value *schemas = value_field(schema, alternatives[i]);
        if (schemas != NULL)
            narrow(&s, of_alternatives(document, schemas, references + 1));
    }
    const value *all = value_field(schema, "allOf");
    for (uint32_t i = 0; all != NULL && all->kind == VALUE_LIST && i < all->count; i++)
        narrow(&s, of_schema(document, &all->items[i], references + 1));
    return s.kinds == 0 ? anything() : s; /* of what nothing fits, nothing is to be said */
}

/* A document may have an $id of its own. */
shape shape_of_document(const value *document)
{
    if (document == NULL || document->kind != VALUE_MAP)
        return anything();
    if (value_field(document, "$id") == NULL)
        return of_schema(document, document, 0);
    shape s = shape_of_kinds(own_kinds(document));
    s.schema = document;
    s.document = document;
    return s;
}

/* ---- members ---- */

const value *shape_closed_properties(const shape *map)
{
    if (map->schema == NULL)
        return NULL;
    const value *properties = value_field(map->schema, "properties");
    const value *additional = value_field(map->schema, "additionalProperties");
    bool closed = additional != NULL && additional->kind == VALUE_BOOL && !additional->integer;
    if (!closed || properties == NULL || value_field(map->schema, "patternProperties") != NULL)
        return NULL;
    return properties->kind == VALUE_MAP ? properties : NULL;
}

shape shape_member(const shape *map, const value *name)
{
    const value *properties = map->schema == NULL ? NULL : value_field(map->schema, "properties");
    const value *property = properties == NULL ? NULL : value_get_key(properties, name);
    return property == NULL ? shape_of_kinds(SHAPE_ANY) : of_schema(map->document, property, 0);
}

shape shape_items(const shape *list)
{
    if (list->schema == NULL || value_field(list->schema, "prefixItems") != NULL)
        return shape_of_kinds(SHAPE_ANY);
    const value *items = value_field(list->schema, "items");
    return items == NULL ? shape_of_kinds(SHAPE_ANY) : of_schema(list->document, items, 0);
}

/* ---- text ---- */

const char *shape_text(unsigned kinds, char text[SHAPE_TEXT_SIZE])
{
    static const struct {
        unsigned kinds;
        const char *name;
    } names[] = {
        {SHAPE_STRING, "a string"},     {SHAPE_INT | SHAPE_FLOAT, "a number"},
        {SHAPE_BOOL, "a truth value"},  {SHAPE_LIST, "a list"},
        {SHAPE_MAP, "an object"},       {SHAPE_TUPLE, "a tuple"},
        {SHAPE_SET, "a set"},           {SHAPE_RANGE, "a range"},
        {SHAPE_FUNCTION, "a function"}, {SHAPE_ITERATOR, "an iterator"},
        {SHAPE_NULL, "None"},
    };
    size_t size = 0;
    if ((kinds & SHAPE_ANY_JSON) == SHAPE_ANY_JSON)
        return "this";
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kinds & names[i].kinds && size < SHAPE_TEXT_SIZE)
            size += (size_t)snprintf(text + size, SHAPE_TEXT_SIZE - size, "%s%s", size > 0 ? " or " : "",
                                     names[i].name);
    return text;
}
