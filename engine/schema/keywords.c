/* keywords: the table of all keywords and what each becomes. Those that only make sense together (properties
 * and its like, prefixItems and items, contains and its counts, if/then/else) are compiled together, once a
 * node. */
#include <math.h>

#include "engine/limits.h"
#include "engine/schema/build.h"

static bool invalid(build *c, const subschema *s, const keyword *k, const char *what)
{
    return build_fail(c, s, k->name, ERROR_INVALID_SCHEMA, "%s", what);
}

static bool is_number(const value *v)
{
    return v->kind == VALUE_INT || (v->kind == VALUE_FLOAT && isfinite(v->number));
}

/* A count: a whole number of at least 0; what is too large for any instance is as good as infinite. */
static bool read_count(const value *v, uint64_t *count)
{
    if (v->kind == VALUE_INT && v->integer >= 0) {
        *count = (uint64_t)v->integer;
        return true;
    }
    if (v->kind != VALUE_FLOAT || !(v->number >= 0) || v->number != trunc(v->number))
        return false;
    *count = v->number < 9007199254740992.0 ? (uint64_t)v->number : UINT64_MAX;
    return true;
}

/* ---- single keywords ---- */

static bool compile_count(build *c, const subschema *s, const keyword *k, const value *operand)
{
    uint64_t count;
    if (!read_count(operand, &count))
        return invalid(c, s, k, "must be a whole number of at least 0");
    instruction *i = build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->bound = count;
    return true;
}

static bool compile_number(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (!is_number(operand))
        return invalid(c, s, k, "must be a number");
    instruction *i = build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->constant = *operand;
    return true;
}

static bool compile_multiple_of(build *c, const subschema *s, const keyword *k, const value *operand)
{
    value zero = value_int(0);
    if (!is_number(operand) || value_compare_numbers(operand, &zero) <= 0)
        return invalid(c, s, k, "must be a number above 0");
    instruction *i = build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->divisor = decimal_of(operand);
    return true;
}

static const pattern *compile_regex(build *c, const subschema *s, const char *keyword_name, const value *text)
{
    error why = {0};
    pattern *p = pattern_new(c->arena, text, c->schema->patterns, &why);
    if (p == NULL) {
        build_fail(c, s, keyword_name, why.code, "is not a regular expression of ECMA-262: %s at byte %zu",
                   why.message, why.position);
        return NULL;
    }
    c->schema->patterns = p;
    return p;
}

static bool compile_pattern(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (operand->kind != VALUE_STRING)
        return invalid(c, s, k, "must be a string");
    const pattern *p = compile_regex(c, s, k->name, operand);
    instruction *i = p == NULL ? NULL : build_emit(c, OP_PATTERN);
    if (i == NULL)
        return false;
    i->pattern = p;
    return true;
}

static bool compile_format(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (operand->kind != VALUE_STRING)
        return invalid(c, s, k, "must be a string");
    const string_format *f = format_find(operand);
    if (f == NULL)
        return true;
    instruction *i = build_emit(c, OP_FORMAT);
    if (i == NULL)
        return false;
    i->format = f;
    return true;
}

static bool compile_unique_items(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (operand->kind != VALUE_BOOL)
        return invalid(c, s, k, "must be a boolean");
    return !operand->boolean || build_emit(c, OP_UNIQUE_ITEMS) != NULL;
}

static bool compile_const(build *c, const subschema *s, const keyword *k, const value *operand)
{
    (void)s;
    instruction *i = build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->constant = *operand;
    return true;
}

static const key_table *compile_keys(build *c, const value *names, uint32_t count)
{
    key_table *table = arena_alloc(c->arena, sizeof *table);
    if (table == NULL || !key_table_init(table, c->arena, names, count)) {
        build_fail_memory(c);
        return NULL;
    }
    return table;
}

static bool all_strings(const value *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].kind != VALUE_STRING)
            return false;
    return true;
}

static bool compile_enum(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (operand->kind != VALUE_LIST)
        return invalid(c, s, k, "must be an array");
    bool strings = all_strings(operand);
    const key_table *keys = strings ? compile_keys(c, operand->items, operand->count) : NULL;
    instruction *i = strings && keys == NULL ? NULL : build_emit(c, strings ? OP_ENUM_STRINGS : OP_ENUM);
    if (i == NULL)
        return false;
    if (strings)
        i->keys = keys;
    else
        i->constant = *operand;
    return true;
}

static bool compile_ref(build *c, const subschema *s, const keyword *k, const value *operand)
{
    const subschema *target = reference_resolve(c, s, k->name, operand, NULL);
    const node *n = target == NULL ? NULL : target->node;
    instruction *i = n == NULL ? NULL : build_emit(c, OP_REF);
    if (i == NULL)
        return false;
    i->node = n;
    return true;
}

/* Only a $dynamicRef that finds a $dynamicAnchor where it stands is dynamic; else it is a $ref. */
static bool compile_dynamic_ref(build *c, const subschema *s, const keyword *k, const value *operand)
{
    const anchor *found;
    const subschema *target = reference_resolve(c, s, k->name, operand, &found);
    if (target == NULL)
        return false;
    const node *n = target->node;
    dynamic_rule *rule = arena_alloc(c->arena, sizeof *rule);
    if (rule == NULL)
        return build_fail_memory(c);
    instruction *i = build_emit(c, found == NULL ? OP_REF : OP_DYNAMIC_REF);
    if (i == NULL)
        return false;
    if (found == NULL) {
        i->node = n;
        return true;
    }
    *rule = (dynamic_rule){.node = n, .anchor = build_anchor_number(c, &found->name)};
    i->dynamic = rule;
    return true;
}

static const node **compile_nodes(build *c, const value *items, uint32_t count)
{
    const node **nodes = arena_alloc(c->arena, count * sizeof *nodes);
    if (nodes == NULL) {
        build_fail_memory(c);
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = build_node(c, &items[i]);
    return nodes;
}

static bool compile_list(build *c, const subschema *s, const keyword *k, const value *operand)
{
    (void)s;
    const node **nodes = compile_nodes(c, operand->items, operand->count);
    instruction *i = nodes == NULL ? NULL : build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->nodes = nodes;
    i->count = operand->count;
    return true;
}

static bool compile_node(build *c, const subschema *s, const keyword *k, const value *operand)
{
    (void)s;
    instruction *i = build_emit(c, k->op);
    if (i == NULL)
        return false;
    i->node = build_node(c, operand);
    return true;
}

static bool emit_dependent_names(build *c, const subschema *s, const keyword *k, const value_member *member)
{
    if (member->value.kind != VALUE_LIST || !all_strings(&member->value))
        return invalid(c, s, k, "must be an object of arrays of strings");
    names_rule *rule = arena_alloc(c->arena, sizeof *rule);
    instruction *i = rule == NULL ? NULL : build_emit(c, OP_DEPENDENT_REQUIRED);
    if (i == NULL)
        return build_fail_memory(c);
    *rule = (names_rule){.name = member->key, .list = member->value, .keyword = k->name};
    i->names = rule;
    return true;
}

static bool emit_dependent_schema(build *c, const value_member *member)
{
    dependent_rule *rule = arena_alloc(c->arena, sizeof *rule);
    instruction *i = rule == NULL ? NULL : build_emit(c, OP_DEPENDENT_SCHEMA);
    if (i == NULL)
        return build_fail_memory(c);
    *rule = (dependent_rule){.name = member->key, .node = build_node(c, &member->value)};
    i->dependent = rule;
    return true;
}

/* dependentRequired, dependentSchemas and draft-07's dependencies, which is both. */
static bool compile_dependent(build *c, const subschema *s, const keyword *k, const value *operand)
{
    if (operand->kind != VALUE_MAP)
        return invalid(c, s, k, "must be an object");
    if (k->shape == SHAPE_NONE && !build_count(c, operand->count))
        return false;
    for (uint32_t i = 0; i < operand->count; i++) {
        const value_member *member = &operand->members[i];
        bool names =
            k->shape == SHAPE_NONE || (k->shape == SHAPE_MAP_OR_NAMES && member->value.kind == VALUE_LIST);
        if (!(names ? emit_dependent_names(c, s, k, member) : emit_dependent_schema(c, member)))
            return false;
    }
    return true;
}

/* ---- objects ---- */

enum { DEFAULT_HOPS_MAX = 16 };

/* The default of a property's subschema, or of what it refers to. */
static bool find_default(build *c, const subschema *s, const value **found)
{
    subschema at = *s;
    for (int hops = 0; hops < DEFAULT_HOPS_MAX && at.document->kind == VALUE_MAP; hops++) {
        *found = value_field(at.document, "default");
        const value *ref = value_field(at.document, "$ref");
        if (*found != NULL || ref == NULL)
            return true;
        const subschema *target = reference_resolve(c, &at, "$ref", ref, NULL);
        if (target == NULL)
            return false;
        at = *target;
    }
    return true;
}

/* Names in the order of their numbers: declared ones first, then those only required. */
static value *collect_names(build *c, const value *declared, const value *required, uint32_t *count)
{
    uint32_t declared_count = declared == NULL ? 0 : declared->count;
    uint32_t required_count = required == NULL ? 0 : required->count;
    value *names = arena_alloc(c->arena, (declared_count + required_count) * sizeof *names);
    if (names == NULL) {
        build_fail_memory(c);
        return NULL;
    }
    for (uint32_t i = 0; i < declared_count; i++)
        names[i] = declared->members[i].key;
    *count = declared_count;
    for (uint32_t i = 0; i < required_count; i++)
        if (declared == NULL || value_get_key(declared, &required->items[i]) == NULL)
            names[(*count)++] = required->items[i];
    return names;
}

static bool fill_properties(build *c, const value *declared, members_rule *rule, property *properties)
{
    for (uint32_t i = 0; declared != NULL && i < declared->count; i++) {
        const subschema s = *outline_find(c, &declared->members[i].value);
        properties[i].node = s.node;
        if (!find_default(c, &s, &properties[i].default_value))
            return false;
        rule->has_defaults |= properties[i].default_value != NULL;
    }
    c->schema->has_defaults |= rule->has_defaults;
    return true;
}

static bool compile_properties(build *c, const value *declared, const value *required, members_rule *rule)
{
    uint32_t count;
    value *names = collect_names(c, declared, required, &count);
    property *properties = arena_calloc(c->arena, names == NULL ? 0 : (size_t)count + 1, sizeof *properties);
    if (names == NULL || properties == NULL || !key_table_init(&rule->keys, c->arena, names, count))
        return build_fail_memory(c);
    for (uint32_t i = 0; i <= count; i++)
        properties[i].key = rule->keys.entries[i];
    rule->properties = properties;
    rule->names = names;
    for (uint32_t i = 0; required != NULL && i < required->count; i++) {
        property *p = &properties[key_table_get(&rule->keys, &required->items[i])];
        rule->required_count += !p->required;
        p->required = 1;
    }
    rule->property_count = count;
    return fill_properties(c, declared, rule, properties);
}

static bool compile_pattern_properties(build *c, const subschema *s, const value *map, members_rule *rule)
{
    pattern_property *patterns = arena_alloc(c->arena, map->count * sizeof *patterns);
    if (patterns == NULL)
        return build_fail_memory(c);
    for (uint32_t i = 0; i < map->count; i++) {
        const pattern *p = compile_regex(c, s, "patternProperties", &map->members[i].key);
        if (p == NULL)
            return false;
        patterns[i] = (pattern_property){.pattern = p, .node = build_node(c, &map->members[i].value)};
    }
    rule->patterns = patterns;
    rule->pattern_count = map->count;
    return true;
}

bool keywords_compile_members(build *c, const subschema *s)
{
    const value *declared = value_field(s->document, "properties");
    const value *patterns = value_field(s->document, "patternProperties");
    const value *additional = value_field(s->document, "additionalProperties");
    const value *required = value_field(s->document, "required");
    if (declared == NULL && patterns == NULL && additional == NULL && required == NULL)
        return true;
    if (required != NULL && (required->kind != VALUE_LIST || !all_strings(required)))
        return build_fail(c, s, "required", ERROR_INVALID_SCHEMA, "must be an array of strings");
    members_rule *rule = arena_calloc(c->arena, 1, sizeof *rule);
    if (rule == NULL)
        return build_fail_memory(c);
    if (!compile_properties(c, declared, required, rule) ||
        (patterns != NULL && !compile_pattern_properties(c, s, patterns, rule)))
        return false;
    if (additional != NULL)
        rule->additional = build_node(c, additional);
    instruction *i = build_emit(c, OP_MEMBERS);
    if (i == NULL)
        return false;
    i->members = rule;
    return true;
}

/* ---- arrays ---- */

/* prefixItems and items; in draft-07 a list of items, and additionalItems. */
bool keywords_compile_items(build *c, const subschema *s)
{
    bool is_draft7 = outline_dialect(c, s) == DIALECT_7;
    const value *rest = value_field(s->document, "items");
    const value *prefix = is_draft7 ? rest : value_field(s->document, "prefixItems");
    if (is_draft7 && prefix != NULL && prefix->kind == VALUE_LIST)
        rest = value_field(s->document, "additionalItems");
    else if (is_draft7)
        prefix = NULL;
    if (prefix == NULL && rest == NULL)
        return true;
    items_rule *rule = arena_calloc(c->arena, 1, sizeof *rule);
    if (rule == NULL)
        return build_fail_memory(c);
    if (prefix != NULL) {
        rule->prefix = compile_nodes(c, prefix->items, prefix->count);
        rule->prefix_count = prefix->count;
        if (rule->prefix == NULL)
            return false;
    }
    if (rest != NULL)
        rule->rest = build_node(c, rest);
    instruction *i = build_emit(c, OP_ITEMS);
    if (i == NULL)
        return false;
    i->items = rule;
    return true;
}

static bool read_contains_bound(build *c, const subschema *s, const char *name, uint32_t *bound)
{
    const value *operand = value_field(s->document, name);
    uint64_t count;
    if (operand == NULL || outline_dialect(c, s) == DIALECT_7)
        return true;
    if (!read_count(operand, &count))
        return build_fail(c, s, name, ERROR_INVALID_SCHEMA, "must be a whole number of at least 0");
    *bound = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    return true;
}

bool keywords_compile_contains(build *c, const subschema *s)
{
    contains_rule found = {.min = 1, .max = UINT32_MAX};
    if (!read_contains_bound(c, s, "minContains", &found.min) ||
        !read_contains_bound(c, s, "maxContains", &found.max))
        return false;
    const value *contains = value_field(s->document, "contains");
    if (contains == NULL)
        return true;
    found.node = build_node(c, contains);
    contains_rule *rule = arena_alloc(c->arena, sizeof *rule);
    instruction *i = rule == NULL ? NULL : build_emit(c, OP_CONTAINS);
    if (i == NULL)
        return build_fail_memory(c);
    *rule = found;
    i->contains = rule;
    return true;
}

bool keywords_compile_condition(build *c, const subschema *s)
{
    const value *test = value_field(s->document, "if");
    const value *yes = value_field(s->document, "then");
    const value *no = value_field(s->document, "else");
    if (test == NULL)
        return true;
    condition_rule *rule = arena_alloc(c->arena, sizeof *rule);
    instruction *i = rule == NULL ? NULL : build_emit(c, OP_IF);
    if (i == NULL)
        return build_fail_memory(c);
    *rule = (condition_rule){
        .test = build_node(c, test),
        .yes = yes == NULL ? NULL : build_node(c, yes),
        .no = no == NULL ? NULL : build_node(c, no),
    };
    i->condition = rule;
    return true;
}

/* ---- the table ---- */

static const keyword keywords[] = {
    {"$defs", DIALECT_ALL, SHAPE_MAP, 0, NULL},
    {"$dynamicRef", DIALECT_2020, SHAPE_NONE, OP_DYNAMIC_REF, compile_dynamic_ref},
    {"$ref", DIALECT_ALL, SHAPE_NONE, OP_REF, compile_ref},
    {"additionalItems", DIALECT_7, SHAPE_SCHEMA, 0, NULL},
    {"additionalProperties", DIALECT_ALL, SHAPE_SCHEMA, 0, NULL},
    {"allOf", DIALECT_ALL, SHAPE_LIST, OP_ALL_OF, compile_list},
    {"anyOf", DIALECT_ALL, SHAPE_LIST, OP_ANY_OF, compile_list},
    {"const", DIALECT_ALL, SHAPE_NONE, OP_CONST, compile_const},
    {"contains", DIALECT_ALL, SHAPE_SCHEMA, 0, NULL},
    {"contentSchema", DIALECT_2020, SHAPE_SCHEMA, 0, NULL},
    {"definitions", DIALECT_ALL, SHAPE_MAP, 0, NULL},
    {"dependencies", DIALECT_ALL, SHAPE_MAP_OR_NAMES, 0, compile_dependent},
    {"dependentRequired", DIALECT_2020, SHAPE_NONE, OP_DEPENDENT_REQUIRED, compile_dependent},
    {"dependentSchemas", DIALECT_2020, SHAPE_MAP, OP_DEPENDENT_SCHEMA, compile_dependent},
    {"else", DIALECT_ALL, SHAPE_SCHEMA, 0, NULL},
    {"enum", DIALECT_ALL, SHAPE_NONE, OP_ENUM, compile_enum},
    {"exclusiveMaximum", DIALECT_ALL, SHAPE_NONE, OP_EXCLUSIVE_MAXIMUM, compile_number},
    {"exclusiveMinimum", DIALECT_ALL, SHAPE_NONE, OP_EXCLUSIVE_MINIMUM, compile_number},
    {"format", DIALECT_ALL, SHAPE_NONE, OP_FORMAT, compile_format},
    {"if", DIALECT_ALL, SHAPE_SCHEMA, 0, NULL},
    {"items", DIALECT_2020, SHAPE_SCHEMA, 0, NULL},
    {"items", DIALECT_7, SHAPE_SCHEMA_OR_LIST, 0, NULL},
    {"maxItems", DIALECT_ALL, SHAPE_NONE, OP_MAX_ITEMS, compile_count},
    {"maxLength", DIALECT_ALL, SHAPE_NONE, OP_MAX_LENGTH, compile_count},
    {"maxProperties", DIALECT_ALL, SHAPE_NONE, OP_MAX_PROPERTIES, compile_count},
    {"maximum", DIALECT_ALL, SHAPE_NONE, OP_MAXIMUM, compile_number},
    {"minItems", DIALECT_ALL, SHAPE_NONE, OP_MIN_ITEMS, compile_count},
    {"minLength", DIALECT_ALL, SHAPE_NONE, OP_MIN_LENGTH, compile_count},
    {"minProperties", DIALECT_ALL, SHAPE_NONE, OP_MIN_PROPERTIES, compile_count},
    {"minimum", DIALECT_ALL, SHAPE_NONE, OP_MINIMUM, compile_number},
    {"multipleOf", DIALECT_ALL, SHAPE_NONE, OP_MULTIPLE_OF, compile_multiple_of},
    {"not", DIALECT_ALL, SHAPE_SCHEMA, OP_NOT, compile_node},
    {"oneOf", DIALECT_ALL, SHAPE_LIST, OP_ONE_OF, compile_list},
    {"pattern", DIALECT_ALL, SHAPE_NONE, OP_PATTERN, compile_pattern},
    {"patternProperties", DIALECT_ALL, SHAPE_MAP, 0, NULL},
    {"prefixItems", DIALECT_2020, SHAPE_LIST, 0, NULL},
    {"properties", DIALECT_ALL, SHAPE_MAP, 0, NULL},
    {"propertyNames", DIALECT_ALL, SHAPE_SCHEMA, OP_PROPERTY_NAMES, compile_node},
    {"then", DIALECT_ALL, SHAPE_SCHEMA, 0, NULL},
    {"unevaluatedItems", DIALECT_2020, SHAPE_SCHEMA, OP_UNEVALUATED_ITEMS, compile_node},
    {"unevaluatedProperties", DIALECT_2020, SHAPE_SCHEMA, OP_UNEVALUATED_PROPERTIES, compile_node},
    {"uniqueItems", DIALECT_ALL, SHAPE_NONE, OP_UNIQUE_ITEMS, compile_unique_items},
};

const keyword *keyword_find(const value *name, dialect dialects)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if ((keywords[i].dialects & dialects) && value_is_text(name, keywords[i].name))
            return &keywords[i];
    return NULL;
}
