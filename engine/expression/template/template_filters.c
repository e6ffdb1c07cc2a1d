#include "engine/expression/template/template_filters.h"

#include "engine/expression/expression.h"
#include "engine/expression/machine/iteration.h"
#include "engine/expression/machine/object.h"
#include "engine/expression/template/date_text.h"
#include "engine/expression/template/html.h"
#include "engine/expression/template/money.h"
#include "engine/expression/text/text_methods.h"

/* The operand, or an item of it, as text. */
static bool to_text(evaluation *ev, const value *v, value *text)
{
    if (v->kind == VALUE_STRING) {
        *text = *v;
        return true;
    }
    if (v->kind == VALUE_NULL)
        return evaluation_raise(ev, EXCEPTION_TYPE, "the value is None (`| default(...)` gives it another)");
    return text_str(ev, v, text);
}

static bool finish(evaluation *ev, const buffer *b, value *result)
{
    if (b->failed)
        return evaluation_raise(ev, EXCEPTION_RESOURCE, "no memory is left for the expression");
    *result = b->size > 0 ? buffer_string(b) : value_string("", 0);
    return evaluation_charge(ev, b->capacity);
}

/* The method of str of this name; what was safe stays so. */
static bool call_method(evaluation *ev, const char *name, const value *self, value *result)
{
    value text;
    if (!to_text(ev, self, &text) || !text_method_find(name, strlen(name))->call(ev, &text, NULL, 0, result))
        return false;
    result->flags |= text.flags & VALUE_SAFE;
    return true;
}

static bool filter_upper(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                         value *result)
{
    (void)arguments, (void)argument_count;
    return call_method(ev, "upper", self, result);
}

static bool filter_lower(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                         value *result)
{
    (void)arguments, (void)argument_count;
    return call_method(ev, "lower", self, result);
}

static bool given(const value *arguments, size_t argument_count, size_t index)
{
    return index < argument_count && !value_is_omitted(&arguments[index]);
}

static bool filter_default(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                           value *result)
{
    (void)ev;
    bool all = given(arguments, argument_count, 1) && expression_truth(&arguments[1]);
    bool missing = self == NULL || self->kind == VALUE_NULL || (all && !expression_truth(self));
    if (!missing)
        *result = *self;
    else
        *result = given(arguments, argument_count, 0) ? arguments[0] : value_string("", 0);
    return true;
}

static bool test_defined(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                         value *result)
{
    (void)ev, (void)arguments, (void)argument_count;
    *result = value_bool(self != NULL);
    return true;
}

static bool filter_join(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                        value *result)
{
    value separator = value_string("", 0), cursor, item, text;
    if (given(arguments, argument_count, 0) && !to_text(ev, &arguments[0], &separator))
        return false;
    if (!iteration_begin(ev, self, &cursor))
        return false;
    buffer joined;
    buffer_init(&joined, ev->arena, ev->memory_left);
    iteration_step step;
    for (bool first = true; (step = iteration_next(ev, &cursor, &item)) == ITERATION_ITEM; first = false) {
        if (!to_text(ev, &item, &text))
            return false;
        if (!first)
            buffer_add(&joined, separator.text, separator.count);
        buffer_add(&joined, text.text, text.count);
    }
    return step == ITERATION_END && finish(ev, &joined, result);
}

static bool filter_money(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                         value *result)
{
    (void)argument_count;
    return money_format(ev, self, &arguments[0], result);
}

static bool filter_date(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                        value *result)
{
    (void)argument_count;
    return date_text_format(ev, self, &arguments[0], result);
}

static bool filter_escape(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                          value *result)
{
    (void)arguments, (void)argument_count;
    value text;
    if (!to_text(ev, self, &text))
        return false;
    if (text.flags & VALUE_SAFE) {
        *result = text;
        return true;
    }
    buffer escaped;
    buffer_init(&escaped, ev->arena, ev->memory_left);
    html_escape(&escaped, text.text, text.count);
    if (!evaluation_spend(ev, text.count) || !finish(ev, &escaped, result))
        return false;
    result->flags |= VALUE_SAFE;
    return true;
}

static bool filter_safe(evaluation *ev, const value *self, const value *arguments, size_t argument_count,
                        value *result)
{
    (void)arguments, (void)argument_count;
    if (!to_text(ev, self, result))
        return false;
    result->flags |= VALUE_SAFE;
    return true;
}

const callable *template_filter_find(const char *name, size_t size, bool *stands_in)
{
    static const char *const default_keywords[] = {"default_value", "boolean", NULL};
    static const char *const join_keywords[] = {"d", NULL};
    static const char *const money_keywords[] = {"currency", NULL};
    static const char *const date_keywords[] = {"format", NULL};
    static const struct {
        callable callable;
        bool stands_in;
    } filters[] = {
        {{"upper", 0, 0, NULL, filter_upper}, false},
        {{"lower", 0, 0, NULL, filter_lower}, false},
        {{"default", 0, 2, default_keywords, filter_default}, true},
        {{"join", 0, 1, join_keywords, filter_join}, false},
        {{"money", 1, 1, money_keywords, filter_money}, false},
        {{"date", 1, 1, date_keywords, filter_date}, false},
        {{"e", 0, 0, NULL, filter_escape}, false},
        {{"escape", 0, 0, NULL, filter_escape}, false},
        {{"safe", 0, 0, NULL, filter_safe}, false},
        {{"is defined", 0, 0, NULL, test_defined}, true},
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        const callable *filter = &filters[i].callable;
        if (strlen(filter->name) == size && memcmp(filter->name, name, size) == 0) {
            *stands_in = filters[i].stands_in;
            return filter;
        }
    }
    return NULL;
}
