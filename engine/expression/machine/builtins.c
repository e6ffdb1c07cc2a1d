#include "engine/expression/machine/builtins.h"

#include "engine/expression/expression.h"
#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/iteration.h"
#include "engine/expression/text/text_methods.h"

#define PARAMETERS                                                                     \
    evaluation *ev, const value *self __attribute__((unused)), const value *arguments, \
        size_t count __attribute__((unused)), value *result

/* ---- conversions ---- */

static bool call_bool(PARAMETERS)
{
    (void)ev;
    *result = value_bool(count > 0 && expression_truth(&arguments[0]));
    return true;
}

static bool call_str(PARAMETERS)
{
    if (count == 0) {
        *result = value_string("", 0);
        return true;
    }
    return text_str(ev, &arguments[0], result);
}

static bool make_sequence(evaluation *ev, value_kind kind, const value *arguments, size_t count,
                          value *result)
{
    if (count > 0)
        return sequence_from(ev, kind, &arguments[0], result);
    *result = (value){.kind = (uint8_t)kind};
    return true;
}

static bool call_list(PARAMETERS)
{
    return make_sequence(ev, VALUE_LIST, arguments, count, result);
}

static bool call_tuple(PARAMETERS)
{
    return make_sequence(ev, VALUE_TUPLE, arguments, count, result);
}

static bool call_set(PARAMETERS)
{
    if (count > 0)
        return set_from(ev, &arguments[0], result);
    *result = (value){.kind = VALUE_SET};
    return true;
}

/* One item of what dict() takes: any iterable of two. */
static bool put_pair(evaluation *ev, dict_builder *b, const value *item, uint32_t number)
{
    value pair;
    value cursor;
    if (!iteration_begin(ev, item, &cursor)) {
        if (ev->exception->type == EXCEPTION_TYPE)
            evaluation_raise(ev, EXCEPTION_TYPE,
                             "cannot convert dictionary update sequence element #%u to a sequence", number);
        return false;
    }
    if (!sequence_from(ev, VALUE_TUPLE, item, &pair))
        return false;
    if (pair.count != 2)
        return evaluation_raise(ev, EXCEPTION_VALUE,
                                "dictionary update sequence element #%u has length %u; 2 is required", number,
                                pair.count);
    return dict_builder_put(b, pair.items[0], pair.items[1]);
}

static bool put_pairs(evaluation *ev, dict_builder *b, const value *iterable)
{
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    value item;
    iteration_step step;
    uint32_t number = 0;
    while ((step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        if (!put_pair(ev, b, &item, number++))
            return false;
    return step == ITERATION_END;
}

/* dict(map or pairs, **names); the names arrive as a map in the second argument. */
static bool call_dict(PARAMETERS)
{
    dict_builder b;
    dict_builder_init(&b, ev);
    if (count > 0 && !value_is_omitted(&arguments[0])) {
        bool is_map = arguments[0].kind == VALUE_MAP;
        if (is_map ? !dict_builder_add_all(&b, &arguments[0]) : !put_pairs(ev, &b, &arguments[0]))
            return false;
    }
    if (count > 1 && !dict_builder_add_all(&b, &arguments[1]))
        return false;
    return dict_builder_finish(&b, result);
}

/* ---- iterables ---- */

/* True at once where an item's truth is `wanted`, which any() and all() wait for. */
static bool find_truth(evaluation *ev, const value *iterable, bool wanted, bool *found)
{
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    *found = false;
    value item;
    iteration_step step = ITERATION_END;
    while (!*found && (step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        *found = expression_truth(&item) == wanted;
    return step != ITERATION_FAILED;
}

static bool call_any(PARAMETERS)
{
    bool found;
    if (!find_truth(ev, &arguments[0], true, &found))
        return false;
    *result = value_bool(found);
    return true;
}

static bool call_all(PARAMETERS)
{
    bool found;
    if (!find_truth(ev, &arguments[0], false, &found))
        return false;
    *result = value_bool(!found);
    return true;
}

static bool call_len(PARAMETERS)
{
    const value *v = &arguments[0];
    uint64_t length = v->count;
    if (v->kind == VALUE_STRING) {
        length = text_length(v);
        if (!evaluation_spend(ev, v->flags & VALUE_ASCII ? 0 : v->count / 64))
            return false;
    } else if (v->kind == VALUE_RANGE) {
        length = object_as_range(v)->length;
        if (length > INT64_MAX)
            return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
    } else if ((v->kind < VALUE_LIST || v->kind > VALUE_SET) && !value_is_view(v)) {
        return evaluation_raise(ev, EXCEPTION_TYPE, "object of type '%s' has no len()", object_type_name(v));
    }
    *result = value_int((int64_t)length);
    return true;
}

static bool check_integer(evaluation *ev, const value *v)
{
    return value_is_int(v) ||
           evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object cannot be interpreted as an integer",
                            object_type_name(v));
}

static bool call_range(PARAMETERS)
{
    for (size_t i = 0; i < count; i++)
        if (!check_integer(ev, &arguments[i]))
            return false;
    if (count == 3 && arguments[2].integer == 0)
        return evaluation_raise(ev, EXCEPTION_VALUE, "range() arg 3 must not be zero");
    int64_t step = count == 3 ? arguments[2].integer : 1;
    if (count == 1)
        return object_range(ev, 0, arguments[0].integer, step, result);
    return object_range(ev, arguments[0].integer, arguments[1].integer, step, result);
}

static bool call_enumerate(PARAMETERS)
{
    if (count > 1 && !check_integer(ev, &arguments[1]))
        return false;
    return iteration_enumerate(ev, &arguments[0], count > 1 ? arguments[1].integer : 0, result);
}

static bool call_reversed(PARAMETERS)
{
    return iteration_reversed(ev, &arguments[0], result);
}

/* strict comes first, as named arguments of variadic functions do. */
static bool call_zip(PARAMETERS)
{
    bool strict = !value_is_omitted(&arguments[0]) && expression_truth(&arguments[0]);
    return iteration_zip(ev, arguments + 1, count - 1, strict, result);
}

/* ---- the table ---- */

static const char *const start_keywords[] = {"iterable", "start", NULL};
static const char *const sum_keywords[] = {"", "start", NULL};
static const char *const int_keywords[] = {"", "base", NULL};
static const char *const round_keywords[] = {"number", "ndigits", NULL};
static const char *const sorted_keywords[] = {"", "*key", "*reverse", NULL};
static const char *const zip_keywords[] = {"*strict", NULL};
static const char *const extreme_keywords[] = {"*key", "*default", NULL};
static const char *const str_keywords[] = {"object", NULL};
static const char *const dict_keywords[] = {"**", NULL};

static const callable functions[] = {
    {"abs", 1, 1, NULL, builtin_abs},
    {"all", 1, 1, NULL, call_all},
    {"any", 1, 1, NULL, call_any},
    {"divmod", 2, 2, NULL, builtin_divmod},
    {"len", 1, 1, NULL, call_len},
    {"max", 1, UINT8_MAX, extreme_keywords, builtin_max},
    {"min", 1, UINT8_MAX, extreme_keywords, builtin_min},
    {"round", 1, 2, round_keywords, builtin_round},
    {"sorted", 1, 3, sorted_keywords, builtin_sorted},
    {"sum", 1, 2, sum_keywords, builtin_sum},
};

/* What Python calls types. */
static const callable types[] = {
    {"bool", 0, 1, NULL, call_bool},
    {"dict", 0, 2, dict_keywords, call_dict},
    {"enumerate", 1, 2, start_keywords, call_enumerate},
    {"float", 0, 1, NULL, builtin_float},
    {"int", 0, 2, int_keywords, builtin_int},
    {"list", 0, 1, NULL, call_list},
    {"range", 1, 3, NULL, call_range},
    {"reversed", 1, 1, NULL, call_reversed},
    {"set", 0, 1, NULL, call_set},
    {"str", 0, 1, str_keywords, call_str},
    {"tuple", 0, 1, NULL, call_tuple},
    {"zip", 0, UINT8_MAX, zip_keywords, call_zip},
};

static const callable *find(const callable *table, size_t table_count, const char *name, size_t size)
{
    for (size_t i = 0; i < table_count; i++)
        if (strlen(table[i].name) == size && memcmp(table[i].name, name, size) == 0)
            return &table[i];
    return NULL;
}

bool builtin_find(const char *name, size_t size, value *function)
{
    callable_kind kind = CALLABLE_FUNCTION;
    const callable *found = find(functions, sizeof functions / sizeof functions[0], name, size);
    if (found == NULL) {
        kind = CALLABLE_TYPE;
        found = find(types, sizeof types / sizeof types[0], name, size);
    }
    if (found == NULL)
        return false;
    *function = (value){.kind = VALUE_CALLABLE, .extra = (uint16_t)kind, .object = found};
    return true;
}
