/* max, min, sorted: what builtins.h says of order. */
#include "engine/expression/expression.h"
#include "engine/expression/machine/builtins.h"
#include "engine/expression/machine/call.h"
#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/comparison.h"
#include "engine/expression/machine/iteration.h"

#define PARAMETERS                                                                                   \
    evaluation *ev, const value *self __attribute__((unused)), const value *arguments, size_t count, \
        value *result

static bool has_key(const value *key)
{
    return !value_is_omitted(key) && key->kind != VALUE_NULL;
}

static bool apply_key(evaluation *ev, const value *key, const value *item, value *result)
{
    if (!has_key(key)) {
        *result = *item;
        return true;
    }
    return evaluation_spend(ev, 1) && call_value(ev, key, NULL, item, 1, NULL, result);
}

/* ---- max and min ---- */

typedef struct extreme {
    const value *key;
    bool greatest;
    bool found;
    value item;
    value item_key;
} extreme;

/* The first of equals stays. */
static bool consider(evaluation *ev, extreme *e, const value *item)
{
    value key;
    if (!apply_key(ev, e->key, item, &key))
        return false;
    value better = value_bool(true);
    relation r = e->greatest ? RELATION_GREATER : RELATION_LESS;
    if (e->found && !comparison_evaluate(ev, r, &key, &e->item_key, &better))
        return false;
    if (better.integer) {
        e->item = *item;
        e->item_key = key;
        e->found = true;
    }
    return evaluation_spend(ev, 1);
}

static bool consider_all(evaluation *ev, extreme *e, const value *iterable)
{
    value cursor;
    if (!iteration_begin(ev, iterable, &cursor))
        return false;
    value item;
    iteration_step step;
    while ((step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM)
        if (!consider(ev, e, &item))
            return false;
    return step == ITERATION_END;
}

/* The arguments begin with key and default. */
static bool find_extreme(evaluation *ev, bool greatest, const value *arguments, size_t count, value *result)
{
    const char *name = greatest ? "max" : "min";
    const value *fallback = &arguments[1];
    const value *items = arguments + 2;
    size_t item_count = count - 2;
    extreme e = {.key = &arguments[0], .greatest = greatest};
    if (item_count > 1 && !value_is_omitted(fallback))
        return evaluation_raise(ev, EXCEPTION_TYPE,
                                "Cannot specify a default for %s() with multiple positional arguments", name);
    if (item_count == 1) {
        if (!consider_all(ev, &e, &items[0]))
            return false;
    } else {
        for (size_t i = 0; i < item_count; i++)
            if (!consider(ev, &e, &items[i]))
                return false;
    }
    if (!e.found && value_is_omitted(fallback))
        return evaluation_raise(ev, EXCEPTION_VALUE, "%s() arg is an empty sequence", name);
    *result = e.found ? e.item : *fallback;
    return true;
}

bool builtin_max(PARAMETERS)
{
    return find_extreme(ev, true, arguments, count, result);
}

bool builtin_min(PARAMETERS)
{
    return find_extreme(ev, false, arguments, count, result);
}

/* ---- sorted ---- */

typedef struct sort_entry {
    value key;
    value item;
} sort_entry;

/* Merges [from, middle) and [middle, to) of `in` into `out`; the left one goes first where neither is less.
 */
static bool merge(evaluation *ev, const sort_entry *in, sort_entry *out, size_t from, size_t middle,
                  size_t to)
{
    size_t left = from;
    size_t right = middle;
    for (size_t i = from; i < to; i++) {
        bool take_right = left == middle;
        if (left < middle && right < to && !comparison_less(ev, &in[right].key, &in[left].key, &take_right))
            return false;
        out[i] = take_right ? in[right++] : in[left++];
    }
    return true;
}

/* Bottom-up merge sort: stable, and n log n steps whatever the input. */
static bool sort(evaluation *ev, sort_entry *entries, sort_entry *scratch, size_t count, sort_entry **sorted)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            size_t to = from + 2 * width < count ? from + 2 * width : count;
            if (!merge(ev, entries, scratch, from, middle, to))
                return false;
        }
        sort_entry *swap = entries;
        entries = scratch;
        scratch = swap;
    }
    *sorted = entries;
    return true;
}

static bool make_entries(evaluation *ev, const value *items, const value *key, bool reverse,
                         sort_entry *entries)
{
    for (uint32_t i = 0; i < items->count; i++) {
        /* In reverse, equals keep their order: the input and the output are turned around. */
        sort_entry *entry = &entries[reverse ? items->count - 1 - i : i];
        entry->item = items->items[i];
        if (!apply_key(ev, key, &entry->item, &entry->key))
            return false;
    }
    return true;
}

bool builtin_sorted(PARAMETERS)
{
    value omitted = value_omitted();
    const value *key = count > 1 ? &arguments[1] : &omitted;
    bool reverse = count > 2 && expression_truth(&arguments[2]);
    value items;
    if (count > 2 && !value_is_omitted(&arguments[2]) && !value_is_int(&arguments[2]))
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object cannot be interpreted as an integer",
                                object_type_name(&arguments[2]));
    if (!sequence_from(ev, VALUE_LIST, &arguments[0], &items))
        return false;
    sort_entry *entries = evaluation_alloc(ev, items.count * sizeof *entries);
    sort_entry *scratch = evaluation_alloc(ev, items.count * sizeof *scratch);
    value *out = evaluation_alloc(ev, items.count * sizeof *out);
    if (entries == NULL || scratch == NULL || out == NULL ||
        !make_entries(ev, &items, key, reverse, entries) ||
        !sort(ev, entries, scratch, items.count, &entries))
        return false;
    for (uint32_t i = 0; i < items.count; i++)
        out[i] = entries[reverse ? items.count - 1 - i : i].item;
    items.items = out;
    *result = items;
    return true;
}
