#include "engine/expression/machine/call.h"

#include "engine/expression/machine/collection.h"

enum { PARAMETERS_MAX = 8 };

static bool raise_count(evaluation *ev, const callable *c, size_t count)
{
    if (c->arguments_max == 0)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() takes no arguments (%zu given)", c->name, count);
    if (c->arguments_min == c->arguments_max)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() takes exactly %u argument%s (%zu given)", c->name,
                                c->arguments_min, c->arguments_min == 1 ? "" : "s", count);
    if (count < c->arguments_min)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s expected at least %u argument%s, got %zu", c->name,
                                c->arguments_min, c->arguments_min == 1 ? "" : "s", count);
    return evaluation_raise(ev, EXCEPTION_TYPE, "%s expected at most %u argument%s, got %zu", c->name,
                            c->arguments_max, c->arguments_max == 1 ? "" : "s", count);
}

static bool is_keyword_only(const char *parameter)
{
    return *parameter == '*';
}

/* dict(a=1): any names, which arrive as a map in the last argument. */
static bool takes_any_keyword(const callable *c)
{
    return c->keywords != NULL && c->keywords[0] != NULL && strcmp(c->keywords[0], "**") == 0;
}

/* The parameter with this name, or PARAMETERS_MAX. */
static size_t find_parameter(const callable *c, const value *name)
{
    for (size_t i = 0; c->keywords != NULL && c->keywords[i] != NULL; i++) {
        const char *parameter = c->keywords[i];
        if (*parameter != '\0' && value_is_text(name, is_keyword_only(parameter) ? parameter + 1 : parameter))
            return i;
    }
    return PARAMETERS_MAX;
}

static bool bind_keyword(evaluation *ev, const callable *c, const value *name, const value *argument,
                         value *bound, size_t *bound_count)
{
    size_t i = find_parameter(c, name);
    if (i == PARAMETERS_MAX)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() got an unexpected keyword argument '%.*s'", c->name,
                                (int)name->count, name->text);
    if (!value_is_omitted(&bound[i]))
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() got multiple values for argument '%.*s'", c->name,
                                (int)name->count, name->text);
    bound[i] = *argument;
    if (i >= *bound_count)
        *bound_count = i + 1;
    return true;
}

/* How many parameters positional arguments may fill: those before the first that may only be given by name.
 */
static size_t positional_max(const callable *c)
{
    if (takes_any_keyword(c))
        return c->arguments_max - 1u;
    for (size_t i = 0; c->keywords != NULL && c->keywords[i] != NULL; i++)
        if (is_keyword_only(c->keywords[i]))
            return i;
    return c->arguments_max;
}

static bool call_with_keywords(evaluation *ev, const callable *c, const value *self, const value *arguments,
                               size_t count, const value *names, value *result)
{
    value bound[PARAMETERS_MAX];
    size_t bound_count = count - names->count;
    if (c->keywords == NULL)
        return evaluation_raise(ev, EXCEPTION_TYPE, "%s() takes no keyword arguments", c->name);
    if (bound_count > positional_max(c))
        return raise_count(ev, c, bound_count);
    for (size_t i = 0; i < PARAMETERS_MAX; i++)
        bound[i] = i < bound_count ? arguments[i] : value_omitted();
    const value *named = arguments + bound_count;
    for (uint32_t i = 0; i < names->count; i++)
        if (!bind_keyword(ev, c, &names->items[i], &named[i], bound, &bound_count))
            return false;
    for (size_t i = 0; i < c->arguments_min; i++)
        if (value_is_omitted(&bound[i]))
            return raise_count(ev, c, i);
    return c->call(ev, self, bound, bound_count, result);
}

/* Functions of any number of arguments get what is given by name in front of them, in the order of their
 * keywords, omitted or not. */
static bool call_variadic(evaluation *ev, const callable *c, const value *self, const value *arguments,
                          size_t count, const value *names, value *result)
{
    size_t keyword_count = 0;
    while (c->keywords != NULL && c->keywords[keyword_count] != NULL)
        keyword_count++;
    size_t named_count = names == NULL ? 0 : names->count;
    size_t positional_count = count - named_count;
    if (positional_count < c->arguments_min)
        return raise_count(ev, c, positional_count);
    value *bound = evaluation_alloc(ev, (keyword_count + positional_count) * sizeof *bound);
    if (bound == NULL)
        return false;
    for (size_t i = 0; i < keyword_count; i++)
        bound[i] = value_omitted();
    if (positional_count > 0)
        memcpy(bound + keyword_count, arguments, positional_count * sizeof *bound);
    size_t ignored = 0;
    for (size_t i = 0; i < named_count; i++)
        if (!bind_keyword(ev, c, &names->items[i], &arguments[positional_count + i], bound, &ignored))
            return false;
    return c->call(ev, self, bound, keyword_count + positional_count, result);
}

static bool call_with_any_keywords(evaluation *ev, const callable *c, const value *self,
                                   const value *arguments, size_t count, const value *names, value *result)
{
    size_t positional_count = count - names->count;
    if (positional_count >= c->arguments_max)
        return raise_count(ev, c, positional_count);
    dict_builder named;
    dict_builder_init(&named, ev);
    for (uint32_t i = 0; i < names->count; i++)
        if (!dict_builder_put(&named, names->items[i], arguments[positional_count + i]))
            return false;
    value bound[PARAMETERS_MAX];
    for (size_t i = 0; i + 1 < c->arguments_max; i++)
        bound[i] = i < positional_count ? arguments[i] : value_omitted();
    return dict_builder_finish(&named, &bound[c->arguments_max - 1]) &&
           c->call(ev, self, bound, c->arguments_max, result);
}

static bool call_callable(evaluation *ev, const callable *c, const value *self, const value *arguments,
                          size_t count, const value *names, value *result)
{
    if (c->arguments_max == UINT8_MAX)
        return call_variadic(ev, c, self, arguments, count, names, result);
    if (names != NULL && takes_any_keyword(c))
        return call_with_any_keywords(ev, c, self, arguments, count, names, result);
    if (names != NULL)
        return call_with_keywords(ev, c, self, arguments, count, names, result);
    if (count < c->arguments_min || count > positional_max(c))
        return raise_count(ev, c, count);
    return c->call(ev, self, arguments, count, result);
}

bool call_value(evaluation *ev, const value *function, const value *self, const value *arguments,
                size_t count, const value *names, value *result)
{
    if (function->kind != VALUE_CALLABLE)
        return evaluation_raise(ev, EXCEPTION_TYPE, "'%s' object is not callable",
                                object_type_name(function));
    if (function->extra == CALLABLE_METHOD) {
        const bound_method *bound = function->object;
        return call_callable(ev, bound->method, &bound->self, arguments, count, names, result);
    }
    return call_callable(ev, function->object, self, arguments, count, names, result);
}
