#include "engine/limits.h"
#include "engine/schema/build.h"
#include "engine/schema/format/ascii.h"
#include "engine/schema/format/uri.h"
#include "engine/schema/metaschema.h"
#include "engine/value/json.h"

static bool find_resource(const build *c, const value *uri, uint32_t *number)
{
    for (*number = 0; *number < c->resource_count; ++*number)
        if (value_same_text(&c->resources[*number].uri, uri))
            return true;
    return false;
}

/* A metaschema becomes part of the program like any embedded resource. */
static bool load_metaschema(build *c, const value *uri, const char *text)
{
    value *document = arena_alloc(c->sources, sizeof *document);
    char *name = arena_alloc(c->sources, (size_t)uri->count + 2);
    if (document == NULL || name == NULL)
        return build_fail_memory(c);
    memcpy(name, uri->text, uri->count);
    memcpy(name + uri->count, "#", 2);
    place where = {.raw = name, .index = PLACE_NO_INDEX};
    return json_read(c->sources, text, strlen(text), document, c->error) &&
           outline_index_root(c, document, uri, &where);
}

/* ---- JSON Pointers ---- */

/* Takes "/token" off the pointer and undoes ~0 and ~1 in place. */
static bool take_token(uri_part *pointer, char *out, value *token)
{
    const char *p = pointer->text + 1;
    const char *end = pointer->text + pointer->size;
    size_t size = 0;
    for (; p < end && *p != '/'; p++) {
        out[size] = *p;
        if (*p == '~') {
            if (++p == end || (*p != '0' && *p != '1'))
                return false;
            out[size] = *p == '0' ? '~' : '/';
        }
        size++;
    }
    *token = value_string(out, size);
    *pointer = (uri_part){.text = p, .size = (size_t)(end - p)};
    return true;
}

/* The item of a list by decimal digits without leading zeros, or NULL. */
static const value *item_by_token(const value *list, const value *token)
{
    uint64_t index = 0;
    if (token->count == 0 || token->count > 9 || (token->text[0] == '0' && token->count > 1))
        return NULL;
    for (uint32_t i = 0; i < token->count; i++) {
        if (!ascii_is_digit(token->text[i]))
            return NULL;
        index = index * 10 + (uint64_t)(token->text[i] - '0');
    }
    return index < list->count ? &list->items[index] : NULL;
}

/* The value at a JSON Pointer below `root`, or NULL. `scratch` has room for the pointer. */
static const value *walk_pointer(const value *root, uri_part pointer, char *scratch)
{
    const value *at = root;
    while (at != NULL && pointer.size > 0) {
        value token;
        if (*pointer.text != '/' || !take_token(&pointer, scratch, &token))
            return NULL;
        at = at->kind == VALUE_LIST ? item_by_token(at, &token) : value_get_key(at, &token);
    }
    return at;
}

/* ---- resolving ---- */

typedef struct request {
    const subschema *subschema; /* that holds the reference */
    const char *keyword;
    uint32_t resource; /* that it leads to */
} request;

static const subschema *fail(build *c, const request *r, const char *what)
{
    build_fail(c, r->subschema, r->keyword, ERROR_INVALID_SCHEMA, "%s", what);
    return NULL;
}

static const subschema *resolve_pointer(build *c, const request *r, const value *pointer)
{
    const resource *target = &c->resources[r->resource];
    char *scratch = arena_alloc(&c->scratch, pointer->count);
    char *raw = arena_copy(c->sources, pointer->text, pointer->count);
    if (scratch == NULL || raw == NULL)
        return fail(c, r, "no memory");
    const value *found =
        walk_pointer(target->root, (uri_part){.text = pointer->text, .size = pointer->count}, scratch);
    if (found == NULL)
        return fail(c, r, "refers to what is not there");
    if (found->kind != VALUE_MAP && found->kind != VALUE_BOOL)
        return fail(c, r, "refers to what is no schema");
    place where = {.parent = target->place, .raw = raw, .index = PLACE_NO_INDEX};
    if (!outline_index(c, found, r->resource, &where))
        return NULL;
    return outline_find(c, found);
}

static const subschema *resolve_anchor(build *c, const request *r, const value *name, const anchor **dynamic)
{
    const anchor *found = NULL;
    for (uint32_t i = 0; i < c->anchor_count; i++) {
        const anchor *a = &c->anchors[i];
        if (a->node->resource == r->resource && value_same_text(&a->name, name) &&
            (found == NULL || a->dynamic))
            found = a;
    }
    if (found == NULL)
        return fail(c, r, "refers to an anchor that is not there");
    if (found->dynamic && dynamic != NULL)
        *dynamic = found;
    for (uint32_t i = 0; i < c->subschema_count; i++)
        if (c->subschemas[i].node == found->node)
            return &c->subschemas[i];
    return NULL;
}

static bool resolve_resource(build *c, request *r, const value *text)
{
    value uri;
    if (!uri_resolve(c->sources, &c->resources[r->subschema->node->resource].uri, text, &uri))
        return build_fail_memory(c);
    if (find_resource(c, &uri, &r->resource))
        return true;
    const char *metaschema = metaschema_find(&uri);
    if (metaschema == NULL)
        return build_fail(c, r->subschema, r->keyword, ERROR_UNSUPPORTED,
                          "refers to another document (\"%.*s\"); remote references are not followed",
                          (int)(uri.count < 200 ? uri.count : 200), uri.text);
    return load_metaschema(c, &uri, metaschema) && find_resource(c, &uri, &r->resource);
}

const subschema *reference_resolve(build *c, const subschema *s, const char *keyword_name, const value *text,
                                   const anchor **dynamic)
{
    /* Records move when one is added. */
    subschema holder = *s;
    request r = {.subschema = &holder, .keyword = keyword_name};
    if (dynamic != NULL)
        *dynamic = NULL;
    if (text->kind != VALUE_STRING)
        return fail(c, &r, "must be a string");
    if (!resolve_resource(c, &r, text))
        return NULL;
    uri_part fragment = uri_split(text->text, text->count).fragment;
    value name;
    if (!uri_unescape(&c->scratch, fragment, &name))
        return fail(c, &r, "its fragment is not well-formed");
    if (name.count == 0)
        return outline_find(c, c->resources[r.resource].root);
    if (name.text[0] == '/')
        return resolve_pointer(c, &r, &name);
    return resolve_anchor(c, &r, &name, dynamic);
}
