#include "worker/config/secret.h"

#include <ctype.h>
#include <stdlib.h>

#include "worker/input.h"

static const char file_prefix[] = "file:";

static const char *fail(error *e, error_code code, const char *sentence)
{
    error_set(e, code, 0, "%s", sentence);
    return NULL;
}

static const char *find_own(const secrets *known, const char *name, size_t size)
{
    for (size_t i = 0; i < known->count; i++) {
        if (strlen(known->items[i].name) == size && memcmp(known->items[i].name, name, size) == 0)
            return known->items[i].value;
    }
    return NULL;
}

static const char *find_variable(char *const *environment, const char *name, size_t size)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, size) == 0 && (*environment)[size] == '=')
            return *environment + size + 1;
    }
    return NULL;
}

const char *secret_look_up(const secret_source *source, const char *name, size_t size, error *e)
{
    const char *own = find_own(&source->own, name, size);
    if (own != NULL)
        return own;
    const char *set = find_variable(source->environment, name, size);
    if (set != NULL && *set != '\0')
        return set;
    error_set(e, ERROR_CONFIG, 0, "the environment variable %.*s is %s", (int)size, name,
              set == NULL ? "not set" : "empty");
    return NULL;
}

static const char *read_variable(arena *a, const secret_place *place, const secret_source *source, error *e)
{
    const char *set = secret_look_up(source, place->name, place->name_size, e);
    if (set == NULL)
        return NULL;
    const char *copy = arena_copy(a, set, strlen(set));
    return copy != NULL ? copy : fail(e, ERROR_OUT_OF_MEMORY, "out of memory");
}

static const char *keep_content(arena *a, const char *path, const char *bytes, size_t size, error *e)
{
    if (size > 0 && bytes[size - 1] == '\n')
        size -= size > 1 && bytes[size - 2] == '\r' ? 2 : 1;
    if (size == 0 || memchr(bytes, '\0', size) != NULL) {
        error_set(e, ERROR_CONFIG, 0, "the file %s %s", path, size == 0 ? "is empty" : "holds a NUL byte");
        return NULL;
    }
    const char *copy = arena_copy(a, bytes, size);
    return copy != NULL ? copy : fail(e, ERROR_OUT_OF_MEMORY, "out of memory");
}

static const char *read_file(arena *a, const char *path, error *e)
{
    size_t size;
    char *bytes = input_read_file(path, SECRET_BYTES_MAX, &size, e);
    if (bytes == NULL)
        return NULL;
    const char *content = keep_content(a, path, bytes, size, e);
    explicit_bzero(bytes, size);
    free(bytes);
    return content;
}

const char *secret_resolve(arena *a, const char *text, const secret_source *source, error *e)
{
    secret_place place;
    bool malformed;
    size_t size = strlen(text);
    if (size == 0)
        return fail(e, ERROR_CONFIG, "must not be empty");
    if (strncmp(text, file_prefix, sizeof file_prefix - 1) == 0)
        return read_file(a, text + sizeof file_prefix - 1, e);
    if (secret_find(text, size, 0, &place, &malformed) && place.size == size)
        return read_variable(a, &place, source, e);
    const char *copy = arena_copy(a, text, size);
    return copy != NULL ? copy : fail(e, ERROR_OUT_OF_MEMORY, "out of memory");
}

/* ---- in texts ---- */

bool secret_find(const char *text, size_t size, size_t from, secret_place *place, bool *malformed)
{
    *malformed = false;
    if (from >= size)
        return false;
    const char *start = memmem(text + from, size - from, "${", 2);
    if (start == NULL)
        return false;
    const char *name = start + 2, *end = name;
    while (end < text + size && (isalnum((unsigned char)*end) || *end == '_'))
        end++;
    if (end == name || end == text + size || *end != '}') {
        *malformed = true;
        return false;
    }
    *place = (secret_place){.position = (size_t)(start - text),
                            .size = (size_t)(end + 1 - start),
                            .name = name,
                            .name_size = (size_t)(end - name)};
    return true;
}

bool secret_expand(buffer *out, const char *text, size_t size, const secrets *known, bool masked, error *e)
{
    secret_place place;
    bool malformed;
    size_t at = 0;
    while (secret_find(text, size, at, &place, &malformed)) {
        const char *found = find_own(known, place.name, place.name_size);
        if (found == NULL)
            return error_set(e, ERROR_CONFIG, place.position, "nothing is known of ${%.*s}",
                             (int)place.name_size, place.name);
        buffer_add(out, text + at, place.position - at);
        buffer_add_text(out, masked ? "***" : found);
        at = place.position + place.size;
    }
    if (malformed)
        return error_set(e, ERROR_CONFIG, at, "${ must be followed by a name and }");
    buffer_add(out, text + at, size - at);
    return !out->failed || error_set(e, ERROR_OUT_OF_MEMORY, 0, "out of memory");
}

bool secret_is_in(const char *text, size_t size)
{
    secret_place place;
    bool malformed;
    return secret_find(text, size, 0, &place, &malformed);
}
