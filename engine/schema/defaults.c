/* defaults: schema_fill_defaults walks the instance and the program side by side. A container is built anew
 * only where something below it changed; a default is taken as it is written, so the walk ends with the
 * instance. What no default can be in is not walked. */
#include "engine/schema/validator.h"

typedef struct filler {
    const schema *schema;
    arena *arena;
    validator *validator; /* made when alternatives must be told apart, else NULL */
    uint32_t steps;       /* left */
    uint32_t depth;
    error *error;
} filler;

static bool fill(filler *f, const node *n, value *instance);

static bool fail(filler *f, const char *what)
{
    return error_set(f->error, ERROR_LIMIT, 0, "%s", what);
}

static bool fail_memory(filler *f)
{
    return fail(f, "defaults need more memory than their bound");
}

static bool same_container(const value *a, const value *b)
{
    return a->object == b->object && a->count == b->count;
}

/* ---- objects ---- */

static bool copy_members(const value *map, uint32_t count, map_builder *copy)
{
    for (uint32_t i = 0; i < count; i++)
        if (!map_builder_put(copy, map->members[i].key, map->members[i].value))
            return false;
    return true;
}

static bool fill_member(filler *f, const members_rule *rule, const value_member *member, value *v)
{
    uint32_t number = key_table_get(&rule->keys, &member->key);
    const node *n = number == KEY_NONE ? NULL : rule->properties[number].node;
    if (n == NULL && rule->pattern_count == 0)
        n = rule->additional;
    return n == NULL || fill(f, n, v);
}

/* Members mostly come in the order of the schema: the place of the property is looked at first. */
static bool has_member(const value *map, const value *name, uint32_t guess)
{
    return (guess < map->count && value_same_text(&map->members[guess].key, name)) ||
           value_get_key(map, name) != NULL;
}

static bool add_defaults(filler *f, const members_rule *rule, const value *map, map_builder *copy,
                         bool *copied)
{
    for (uint32_t i = 0; i < rule->property_count; i++) {
        const value *missing = rule->properties[i].default_value;
        if (missing == NULL || has_member(map, &rule->names[i], i))
            continue;
        if (!*copied && !copy_members(map, map->count, copy))
            return fail_memory(f);
        *copied = true;
        if (!map_builder_put(copy, rule->names[i], *missing))
            return fail_memory(f);
    }
    return true;
}

static bool fill_members(filler *f, const node *n, const members_rule *rule, value *instance)
{
    const value map = *instance;
    map_builder copy;
    bool copied = false;
    map_builder_init(&copy, f->arena);
    for (uint32_t i = 0; n->has_inner_defaults && i < map.count; i++) {
        const value_member *member = &map.members[i];
        value v = member->value;
        if (!fill_member(f, rule, member, &v))
            return false;
        if (!copied && same_container(&v, &member->value))
            continue;
        if (!copied && !copy_members(&map, i, &copy))
            return fail_memory(f);
        copied = true;
        if (!map_builder_put(&copy, member->key, v))
            return fail_memory(f);
    }
    if (rule->has_defaults && !add_defaults(f, rule, &map, &copy, &copied))
        return false;
    if (copied)
        *instance = map_builder_finish(&copy);
    return true;
}

/* ---- arrays ---- */

static bool fill_items(filler *f, const items_rule *rule, value *instance)
{
    value *copy = NULL;
    for (uint32_t i = 0; i < instance->count; i++) {
        const node *n = i < rule->prefix_count ? rule->prefix[i] : rule->rest;
        value item = instance->items[i];
        if (n == NULL)
            break;
        if (!fill(f, n, &item))
            return false;
        if (same_container(&item, &instance->items[i]))
            continue;
        if (copy == NULL) {
            copy = arena_alloc(f->arena, instance->count * sizeof *copy);
            if (copy == NULL)
                return fail_memory(f);
            memcpy(copy, instance->items, instance->count * sizeof *copy);
        }
        copy[i] = item;
    }
    if (copy != NULL)
        *instance = value_list(copy, instance->count);
    return true;
}

/* ---- alternatives ---- */

/* Whether the instance is valid against one of several alternatives that take its kind. */
static bool holds(filler *f, const node *n, const value *instance, bool *yes)
{
    static const place whole = {.index = PLACE_NO_INDEX};
    if (f->validator == NULL)
        f->validator = validator_new();
    if (f->validator == NULL)
        return error_set(f->error, ERROR_OUT_OF_MEMORY, 0, "no memory for a validator");
    validator_begin(f->validator, f->schema);
    *yes = validator_run(f->validator, n, instance, &whole, NULL);
    return f->validator->fault == NULL || fail(f, f->validator->fault);
}

/* The only alternative that takes this kind of instance, or the first that the instance is valid against. */
static bool fill_alternative(filler *f, const instruction *i, value *instance)
{
    const node *only = NULL;
    uint32_t count = 0;
    for (uint32_t k = 0; k < i->count; k++) {
        if (i->nodes[k]->target->types >> instance->kind & 1) {
            only = i->nodes[k];
            count++;
        }
    }
    if (count <= 1)
        return only == NULL || fill(f, only, instance);
    for (uint32_t k = 0; k < i->count; k++) {
        bool yes;
        if (!holds(f, i->nodes[k], instance, &yes))
            return false;
        if (yes)
            return fill(f, i->nodes[k], instance);
    }
    return true;
}

static bool fill_by(filler *f, const node *n, const instruction *i, value *instance)
{
    switch ((opcode)i->op) {
    case OP_MEMBERS:
        return instance->kind != VALUE_MAP || fill_members(f, n, i->members, instance);
    case OP_ITEMS:
        return instance->kind != VALUE_LIST || fill_items(f, i->items, instance);
    case OP_REF:
        return fill(f, i->node, instance);
    case OP_ALL_OF:
        for (uint32_t k = 0; k < i->count; k++)
            if (!fill(f, i->nodes[k], instance))
                return false;
        return true;
    case OP_ANY_OF:
    case OP_ONE_OF:
        return fill_alternative(f, i, instance);
    default:
        return true;
    }
}

static bool fill(filler *f, const node *n, value *instance)
{
    n = n->target;
    if (!n->has_defaults || (instance->kind != VALUE_MAP && instance->kind != VALUE_LIST))
        return true;
    if (f->steps == 0 || f->depth == LIMIT_SCHEMA_CALL_DEPTH)
        return fail(f, "defaults are nested too deeply");
    f->steps--;
    f->depth++;
    bool ok = true;
    for (uint16_t i = 0; ok && i < n->end; i++)
        ok = fill_by(f, n, &n->code[i], instance);
    f->depth--;
    return ok;
}

bool schema_fill_defaults(const schema *s, arena *a, value *instance, error *e)
{
    if (!s->has_defaults)
        return true;
    filler f = {.schema = s, .arena = a, .steps = LIMIT_SCHEMA_STEPS, .error = e};
    value filled = *instance;
    bool ok = fill(&f, s->root, &filled);
    validator_free(f.validator);
    if (ok)
        *instance = filled;
    return ok;
}
