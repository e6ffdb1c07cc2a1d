#include "engine/expression/text/text_methods.h"

#include <stdlib.h>

#include "engine/expression/text/text_support.h"

static const callable methods[] = {
#define X(name, minimum, maximum, keywords) {#name, minimum, maximum, keywords, text_call_##name},
    TEXT_METHODS(X)
#undef X
};

typedef struct method_name {
    const char *bytes;
    size_t size;
} method_name;

static int compare_names(const void *wanted, const void *method)
{
    const method_name *name = wanted;
    const char *other = ((const callable *)method)->name;
    int order = strncmp(name->bytes, other, name->size);
    return order != 0 ? order : -(other[name->size] != '\0');
}

const callable *text_method_find(const char *name, size_t name_size)
{
    method_name wanted = {name, name_size};
    return bsearch(&wanted, methods, sizeof methods / sizeof *methods, sizeof *methods, compare_names);
}
