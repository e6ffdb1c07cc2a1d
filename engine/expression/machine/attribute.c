#include "engine/expression/machine/attribute.h"

#include "engine/expression/machine/container_methods.h"
#include "engine/expression/text/text_methods.h"

static const callable *find_method(const value *v, const value *name)
{
    if (v->kind == VALUE_STRING)
        return text_method_find(name->text, name->count);
    return container_method_find(v->kind, name->text, name->count);
}

static bool raise_missing(evaluation *ev, const value *v, const value *name)
{
    return evaluation_raise(ev, EXCEPTION_ATTRIBUTE, "'%s' object has no attribute '%.*s'",
                            object_type_name(v), (int)name->count, name->text);
}

bool attribute_is_method(const value *name)
{
    static const value_kind kinds[] = {VALUE_MAP, VALUE_LIST, VALUE_SET, VALUE_RANGE};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (container_method_find(kinds[i], name->text, name->count) != NULL)
            return true;
    return text_method_find(name->text, name->count) != NULL;
}

bool attribute_get_member(evaluation *ev, const value *v, const value *name, value *result)
{
    const value *member = value_get_key(v, name);
    if (member == NULL)
        return raise_missing(ev, v, name);
    *result = *member;
    return true;
}

bool attribute_get(evaluation *ev, const value *v, const value *name, value *result)
{
    const callable *method = find_method(v, name);
    if (method == NULL)
        return attribute_get_member(ev, v, name, result);
    bound_method *bound = evaluation_alloc(ev, sizeof *bound);
    if (bound == NULL)
        return false;
    *bound = (bound_method){.method = method, .self = *v};
    *result = (value){.kind = VALUE_CALLABLE, .extra = CALLABLE_METHOD, .object = bound};
    return true;
}

bool attribute_load_method(evaluation *ev, const value *name, value *pair)
{
    const callable *method = find_method(&pair[0], name);
    if (method != NULL) {
        pair[1] = pair[0];
        pair[0] = (value){.kind = VALUE_CALLABLE, .extra = CALLABLE_FUNCTION, .object = method};
        return true;
    }
    const value *member = value_get_key(&pair[0], name);
    if (member == NULL)
        return raise_missing(ev, &pair[0], name);
    pair[0] = *member;
    pair[1] = value_omitted();
    return true;
}
