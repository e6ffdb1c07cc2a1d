#include "engine/schema/validator.h"
#include "engine/value/utf8.h"

/* Code points are counted only where bytes do not decide. */
static bool has_min_length(const value *text, uint64_t bound)
{
    if (text->count < bound)
        return false;
    if (text->flags & VALUE_ASCII || text->count / 4 >= bound)
        return true;
    return utf8_length(text->text, text->count) >= bound;
}

static bool has_max_length(const value *text, uint64_t bound)
{
    return text->count <= bound ||
           (!(text->flags & VALUE_ASCII) && utf8_length(text->text, text->count) <= bound);
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

static bool in_list(validator *v, const value *list, const value *instance)
{
    if (!validator_spend(v, list->count))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (value_equal(&list->items[i], instance))
            return true;
    return false;
}

static inline int compare(const value *a, const value *b)
{
    if (a->kind == VALUE_INT && b->kind == VALUE_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return value_compare_numbers(a, b);
}

static bool in_keys(const key_table *keys, const value *instance)
{
    return instance->kind == VALUE_STRING && key_table_get(keys, instance) != KEY_NONE;
}

static inline __attribute__((always_inline)) bool holds(validator *v, const instruction *i,
                                                        const value *instance)
{
    switch ((opcode)i->op) {
    case OP_MINIMUM:
        return compare(instance, &i->constant) >= 0;
    case OP_MAXIMUM:
        return compare(instance, &i->constant) <= 0;
    case OP_EXCLUSIVE_MINIMUM:
        return compare(instance, &i->constant) > 0;
    case OP_EXCLUSIVE_MAXIMUM:
        return compare(instance, &i->constant) < 0;
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

bool assertion_holds(validator *v, const instruction *i, const value *instance)
{
    return holds(v, i, instance);
}

bool assertions_hold(validator *v, const node *n, const value *instance)
{
    static const uint8_t group_of_kind[] = {
        [VALUE_NULL] = GROUP_VALUE,   [VALUE_BOOL] = GROUP_VALUE,    [VALUE_INT] = GROUP_NUMBER,
        [VALUE_FLOAT] = GROUP_NUMBER, [VALUE_STRING] = GROUP_STRING,
    };
    unsigned g = group_of_kind[instance->kind];
    const instruction *last = n->code + n->begin[GROUP_IN_PLACE];
    const instruction *i = n->code + n->begin[g];
    const instruction *end = n->begin[g + 1] == n->begin[GROUP_VALUE] ? last : n->code + n->begin[g + 1];
    for (;;) {
        for (; i < end; i++)
            if (!holds(v, i, instance))
                return false;
        if (end == last)
            return true;
        i = n->code + n->begin[GROUP_VALUE];
        end = last;
    }
}
