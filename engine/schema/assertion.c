#include "engine/schema/validator.h"
#include "engine/value/utf8.h"

static APART bool has_points(const value *text, uint64_t min, uint64_t max)
{
    size_t count = utf8_length(text->text, text->count);
    return count >= min && count <= max;
}

/* Code points are counted only where bytes do not decide. */
static bool has_min_length(const value *text, uint64_t bound)
{
    if (text->count < bound)
        return false;
    if (text->flags & VALUE_ASCII || text->count / 4 >= bound)
        return true;
    return has_points(text, bound, UINT64_MAX);
}

static bool has_max_length(const value *text, uint64_t bound)
{
    if (text->count <= bound)
        return true;
    return !(text->flags & VALUE_ASCII) && has_points(text, 0, bound);
}

bool assertion_matches(validator *v, const pattern *p, const value *text)
{
    if (!validator_spend(v, 1 + text->count / 64))
        return false;
    pattern_result result = pattern_search(p, v->patterns, text->text, text->count);
    if (result == PATTERN_LIMIT)
        return validator_fault(v, "a pattern takes too many steps");
    return result == PATTERN_MATCH;
}

static APART bool in_list(validator *v, const value *list, const value *instance)
{
    if (!validator_spend(v, list->count))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (value_equal(&list->items[i], instance))
            return true;
    return false;
}

static APART bool in_keys(const key_table *keys, const value *instance)
{
    return instance->kind == VALUE_STRING && key_table_get(keys, instance) != KEY_NONE;
}

static APART bool compares(const value *instance, const instruction *i)
{
    int order = value_compare_numbers(instance, &i->constant); /* 2 cannot be: JSON has no NaN */
    switch ((opcode)i->op) {
    case OP_MINIMUM:
        return order >= 0;
    case OP_MAXIMUM:
        return order <= 0;
    case OP_EXCLUSIVE_MINIMUM:
        return order > 0;
    default:
        return order < 0;
    }
}

bool assertion_holds(validator *v, const instruction *i, const value *instance)
{
    switch ((opcode)i->op) {
    case OP_MINIMUM:
    case OP_MAXIMUM:
    case OP_EXCLUSIVE_MINIMUM:
    case OP_EXCLUSIVE_MAXIMUM:
        return compares(instance, i);
    case OP_MULTIPLE_OF:
        return decimal_is_multiple(instance, i->divisor);
    case OP_MIN_LENGTH:
        return has_min_length(instance, i->bound);
    case OP_MAX_LENGTH:
        return has_max_length(instance, i->bound);
    case OP_PATTERN:
        return assertion_matches(v, i->pattern, instance);
    case OP_FORMAT:
        return i->format->accepts(instance->count == 0 ? "" : instance->text, instance->count);
    case OP_MIN_ITEMS:
    case OP_MIN_PROPERTIES:
        return instance->count >= i->bound;
    case OP_MAX_ITEMS:
    case OP_MAX_PROPERTIES:
        return instance->count <= i->bound;
    case OP_CONST:
        return value_equal(&i->constant, instance);
    case OP_ENUM:
        return in_list(v, &i->constant, instance);
    case OP_ENUM_STRINGS:
        return in_keys(i->keys, instance);
    default:
        return false;
    }
}

bool assertions_hold(validator *v, const row *all, const value *instance)
{
    for (const instruction *i = all->first; i < all->end; i++)
        if (!assertion_holds(v, i, instance))
            return false;
    return true;
}

bool check_assertion(const visit *x, const instruction *i)
{
    return assertion_holds(x->v, i, x->instance) || visit_refuse(x, i);
}
