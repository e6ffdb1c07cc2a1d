#include "engine/schema/format/uri.h"

#include "engine/limits.h"
#include "engine/schema/format/ascii.h"
#include "engine/value/utf8.h"

static uri_part part_of(const char *start, const char *end)
{
    return (uri_part){.text = start, .size = (size_t)(end - start)};
}

/* The ':' behind a scheme, or NULL. */
static const char *scheme_end(const char *p, const char *end)
{
    if (p == end || !ascii_is_alpha(*p))
        return NULL;
    while (p < end && (ascii_is_alnum(*p) || *p == '+' || *p == '-' || *p == '.'))
        p++;
    return p < end && *p == ':' ? p : NULL;
}

/* The first of `stops` in [p, end), or end. */
static const char *find_any(const char *p, const char *end, const char *stops)
{
    while (p < end && (*p == '\0' || strchr(stops, *p) == NULL))
        p++;
    return p;
}

uri_parts uri_split(const char *text, size_t size)
{
    uri_parts parts = {0};
    const char *p = text;
    const char *end = text + size;
    const char *colon = scheme_end(p, end);
    if (colon != NULL) {
        parts.scheme = part_of(p, colon);
        p = colon + 1;
    }
    if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
        const char *stop = find_any(p + 2, end, "/?#");
        parts.authority = part_of(p + 2, stop);
        p = stop;
    }
    const char *stop = find_any(p, end, "?#");
    parts.path = part_of(p, stop);
    p = stop;
    if (p < end && *p == '?') {
        stop = find_any(p + 1, end, "#");
        parts.query = part_of(p + 1, stop);
        p = stop;
    }
    if (p < end && *p == '#')
        parts.fragment = part_of(p + 1, end);
    return parts;
}

/* Takes the last segment and its '/' off what was written since `start`. */
static void drop_segment(buffer *b, size_t start)
{
    while (b->size > start && b->bytes[b->size - 1] != '/')
        b->size--;
    if (b->size > start)
        b->size--;
}

/* RFC 3986, 5.2.4, a segment at a time. */
static void add_path(buffer *b, const char *p, size_t size)
{
    const char *end = p + size;
    size_t start = b->size;
    while (p < end) {
        const char *segment = p + (*p == '/');
        const char *stop = find_any(segment, end, "/");
        size_t length = (size_t)(stop - segment);
        bool last = stop == end;
        bool one_dot = length == 1 && segment[0] == '.';
        bool two_dots = length == 2 && segment[0] == '.' && segment[1] == '.';
        if (two_dots)
            drop_segment(b, start);
        if (!one_dot && !two_dots)
            buffer_add(b, p, (size_t)(stop - p));
        else if (last)
            buffer_add_byte(b, '/');
        p = stop;
    }
}

/* RFC 3986, 5.2.3: the base's path up to its last '/', then the reference's. */
static void add_merged_path(buffer *b, arena *a, const uri_parts *base, const uri_parts *reference)
{
    buffer merged;
    buffer_init(&merged, a, LIMIT_SCHEMA_BYTES);
    size_t kept = base->path.size;
    while (kept > 0 && base->path.text[kept - 1] != '/')
        kept--;
    if (kept == 0 && base->authority.text != NULL)
        buffer_add_byte(&merged, '/');
    buffer_add(&merged, base->path.text, kept);
    buffer_add(&merged, reference->path.text, reference->path.size);
    if (merged.failed)
        buffer_fail(b);
    else
        add_path(b, merged.bytes, merged.size);
}

static void add_authority(buffer *b, uri_part authority)
{
    if (authority.text == NULL)
        return;
    buffer_add_text(b, "//");
    buffer_add(b, authority.text, authority.size);
}

static void add_query(buffer *b, uri_part query)
{
    if (query.text == NULL)
        return;
    buffer_add_byte(b, '?');
    buffer_add(b, query.text, query.size);
}

/* RFC 3986, 5.2.2. */
static void add_resolved(buffer *b, arena *a, const uri_parts *base, const uri_parts *reference)
{
    uri_part scheme = reference->scheme.text != NULL ? reference->scheme : base->scheme;
    if (scheme.text != NULL) {
        buffer_add(b, scheme.text, scheme.size);
        buffer_add_byte(b, ':');
    }
    if (reference->scheme.text != NULL || reference->authority.text != NULL) {
        add_authority(b, reference->authority);
        add_path(b, reference->path.text, reference->path.size);
        add_query(b, reference->query);
        return;
    }
    add_authority(b, base->authority);
    if (reference->path.size == 0) {
        buffer_add(b, base->path.text, base->path.size);
        add_query(b, reference->query.text != NULL ? reference->query : base->query);
        return;
    }
    if (reference->path.text[0] == '/')
        add_path(b, reference->path.text, reference->path.size);
    else
        add_merged_path(b, a, base, reference);
    add_query(b, reference->query);
}

bool uri_resolve(arena *a, const value *base, const value *reference, value *out)
{
    uri_parts base_parts = uri_split(base->text, base->count);
    uri_parts parts = uri_split(reference->text, reference->count);
    buffer b;
    buffer_init(&b, a, LIMIT_SCHEMA_BYTES);
    add_resolved(&b, a, &base_parts, &parts);
    *out = value_string(b.bytes == NULL ? "" : b.bytes, b.size);
    return !b.failed;
}

bool uri_unescape(arena *a, uri_part part, value *out)
{
    char *bytes = arena_alloc(a, part.size);
    if (bytes == NULL)
        return false;
    size_t size = 0;
    for (size_t i = 0; i < part.size; i++) {
        bytes[size] = part.text[i];
        if (part.text[i] == '%') {
            if (part.size - i < 3 || !ascii_is_hex(part.text[i + 1]) || !ascii_is_hex(part.text[i + 2]))
                return false;
            bytes[size] = (char)(ascii_hex(part.text[i + 1]) << 4 | ascii_hex(part.text[i + 2]));
            i += 2;
        }
        size++;
    }
    *out = value_string(bytes, size);
    return utf8_valid(bytes, size, NULL);
}
