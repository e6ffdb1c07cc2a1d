/* format: the strings that `format` accepts, by the rules that JSON Schema 2020-12, section 7.3, names. */
#ifndef ENGINE_SCHEMA_FORMAT_H
#define ENGINE_SCHEMA_FORMAT_H

#include "engine/value/value.h"

typedef struct string_format {
    const char *name;
    bool (*accepts)(const char *text, size_t size); /* valid UTF-8; allocates nothing */
} string_format;

/* The format of this name, or NULL: an unknown one accepts everything, as the specification says. */
const string_format *format_find(const value *name);

#endif
