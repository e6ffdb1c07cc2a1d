#include "engine/expression/program/fold.h"

#include "engine/expression/machine/arithmetic.h"
#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/comparison.h"

enum { FOLD_STEPS = 4096, FOLD_MEMORY = 4096 };

/* A small budget of its own and an exception that nobody sees. */
static evaluation trial(const evaluation *ev, exception *x)
{
    return (evaluation){
        .arena = ev->arena, .steps_left = FOLD_STEPS, .memory_left = FOLD_MEMORY, .exception = x};
}

static bool all_constant(const node *first)
{
    for (const node *n = first; n != NULL; n = n->next)
        if (n->kind != NODE_CONSTANT)
            return false;
    return true;
}

static node *become(node *n, value v)
{
    n->kind = NODE_CONSTANT;
    n->value = v;
    n->first = NULL;
    n->count = 0;
    return n;
}

static bool build_sequence(evaluation *ev, const node *display, value *result)
{
    sequence_builder items;
    sequence_builder_init(&items, ev);
    for (const node *n = display->first; n != NULL; n = n->next)
        if (!sequence_builder_add(&items, n->value))
            return false;
    return sequence_builder_finish(&items, display->kind == NODE_LIST ? VALUE_LIST : VALUE_TUPLE, result);
}

static bool build_set(evaluation *ev, const node *display, value *result)
{
    set_builder items;
    set_builder_init(&items, ev);
    for (const node *n = display->first; n != NULL; n = n->next)
        if (!set_builder_add(&items, n->value))
            return false;
    return set_builder_finish(&items, result);
}

static bool build_map(evaluation *ev, const node *display, value *result)
{
    dict_builder members;
    dict_builder_init(&members, ev);
    for (const node *n = display->first; n != NULL; n = n->next->next)
        if (!dict_builder_put(&members, n->value, n->next->value))
            return false;
    return dict_builder_finish(&members, result);
}

node *fold_display(evaluation *ev, node *display)
{
    if (!all_constant(display->first))
        return display;
    exception x;
    evaluation attempt = trial(ev, &x);
    value result;
    bool built = display->kind == NODE_SET   ? build_set(&attempt, display, &result)
                 : display->kind == NODE_MAP ? build_map(&attempt, display, &result)
                                             : build_sequence(&attempt, display, &result);
    return built ? become(display, result) : display;
}

node *fold_unary(evaluation *ev, node *unary)
{
    if (unary->first->kind != NODE_CONSTANT)
        return unary;
    exception x;
    evaluation attempt = trial(ev, &x);
    value result;
    if (!arithmetic_unary(&attempt, unary->op, &unary->first->value, &result))
        return unary;
    return become(unary, result);
}

bool fold_link(evaluation *ev, node *constant, const node *link)
{
    if (link->first->kind != NODE_CONSTANT)
        return false;
    exception x;
    evaluation attempt = trial(ev, &x);
    value result;
    if (!arithmetic_binary(&attempt, link->op, &constant->value, &link->first->value, &result))
        return false;
    become(constant, result);
    return true;
}

node *fold_comparison(evaluation *ev, node *comparison)
{
    if (comparison->kind != NODE_COMPARISON || comparison->count != 2)
        return comparison;
    const node *left = comparison->first;
    const node *right = left->next->first;
    if (left->kind != NODE_CONSTANT || right->kind != NODE_CONSTANT)
        return comparison;
    exception x;
    evaluation attempt = trial(ev, &x);
    value result;
    if (!comparison_evaluate(&attempt, left->next->op, &left->value, &right->value, &result))
        return comparison;
    return become(comparison, result);
}
