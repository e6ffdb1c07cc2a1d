#include "engine/expression/evaluation.h"

#include <stdio.h>

#include "engine/limits.h"

const char *exception_name(exception_type type)
{
    static const char *const names[] = {
#define X(code, name) name,
        EXCEPTION_TYPES(X)
#undef X
    };
    return names[type];
}

/* The position is the machine's to know: it adds it on the way out. */
void evaluation_fail(evaluation *ev, exception_type type, const char *format, ...)
{
    exception *x = ev->exception;
    x->type = type;
    x->position = 0;
    ev->located = false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(x->message, sizeof x->message, format, arguments);
    va_end(arguments);
}

bool evaluation_raise_steps(evaluation *ev)
{
    ev->steps_left = 0;
    return evaluation_raise(ev, EXCEPTION_RESOURCE, "the expression takes more than %d steps",
                            LIMIT_EXPRESSION_STEPS);
}

static bool raise_memory(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_RESOURCE, "the budget of memory is used up");
}

bool evaluation_charge(evaluation *ev, size_t size)
{
    if (size > ev->memory_left)
        return raise_memory(ev);
    ev->memory_left -= size;
    return true;
}

void *evaluation_alloc(evaluation *ev, size_t size)
{
    if (!evaluation_charge(ev, size))
        return NULL;
    void *block = arena_alloc(ev->arena, size);
    if (block == NULL)
        evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
    return block;
}
