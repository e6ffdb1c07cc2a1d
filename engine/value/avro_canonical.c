/* The Parsing Canonical Form of a compiled schema, and its fingerprint (Avro specification, "Transforming
 * into Parsing Canonical Form", "Schema Fingerprints").
 *
 * The plan's names are full already and hold nothing to escape, so writing its nodes in the order of the form
 * is all of the transformation. A named type is written out where it stands first and by its name after that.
 */
#include "engine/limits.h"
#include "engine/value/avro_plan.h"

typedef struct canonical_writer {
    buffer *out;
    bool defined[LIMIT_AVRO_SCHEMA_NODES]; /* by a named type's number */
} canonical_writer;

static void write_type(canonical_writer *w, const avro_node *n);

static void write_quoted(buffer *b, const char *text, size_t size)
{
    buffer_add_byte(b, '"');
    buffer_add(b, text, size);
    buffer_add_byte(b, '"');
}

static void write_fields(canonical_writer *w, const avro_node *n)
{
    buffer_add_text(w->out, ",\"fields\":[");
    for (uint32_t i = 0; i < n->count; i++) {
        const value *name = &n->prototype.members[i].key;
        buffer_add_text(w->out, i == 0 ? "{\"name\":" : ",{\"name\":");
        write_quoted(w->out, name->text, name->count);
        buffer_add_text(w->out, ",\"type\":");
        write_type(w, n->children[i]);
        buffer_add_byte(w->out, '}');
    }
    buffer_add_byte(w->out, ']');
}

static void write_symbols(canonical_writer *w, const avro_node *n)
{
    buffer_add_text(w->out, ",\"symbols\":[");
    for (uint32_t i = 0; i < n->count; i++) {
        if (i > 0)
            buffer_add_byte(w->out, ',');
        write_quoted(w->out, n->symbols[i].text, n->symbols[i].count);
    }
    buffer_add_byte(w->out, ']');
}

static void write_named(canonical_writer *w, const avro_node *n)
{
    if (w->defined[n->number]) {
        write_quoted(w->out, n->name.text, n->name.count);
        return;
    }
    w->defined[n->number] = true;
    buffer_add_text(w->out, "{\"name\":");
    write_quoted(w->out, n->name.text, n->name.count);
    buffer_add_text(w->out, ",\"type\":\"");
    buffer_add_text(w->out, avro_type_name(n->type));
    buffer_add_byte(w->out, '"');
    if (n->type == AVRO_TYPE_RECORD) {
        write_fields(w, n);
    } else if (n->type == AVRO_TYPE_ENUM) {
        write_symbols(w, n);
    } else {
        buffer_add_text(w->out, ",\"size\":");
        buffer_add_int(w->out, n->count);
    }
    buffer_add_byte(w->out, '}');
}

static void write_union(canonical_writer *w, const avro_node *n)
{
    buffer_add_byte(w->out, '[');
    for (uint32_t i = 0; i < n->count; i++) {
        if (i > 0)
            buffer_add_byte(w->out, ',');
        write_type(w, n->children[i]);
    }
    buffer_add_byte(w->out, ']');
}

static void write_type(canonical_writer *w, const avro_node *n)
{
    const char *name = avro_type_name(n->type);
    switch ((avro_type)n->type) {
    case AVRO_TYPE_RECORD:
    case AVRO_TYPE_ENUM:
    case AVRO_TYPE_FIXED:
        write_named(w, n);
        break;
    case AVRO_TYPE_UNION:
        write_union(w, n);
        break;
    case AVRO_TYPE_ARRAY:
    case AVRO_TYPE_MAP:
        buffer_add_text(w->out, n->type == AVRO_TYPE_ARRAY ? "{\"type\":\"array\",\"items\":"
                                                           : "{\"type\":\"map\",\"values\":");
        write_type(w, n->items);
        buffer_add_byte(w->out, '}');
        break;
    default:
        write_quoted(w->out, name, strlen(name));
    }
}

void avro_canonical_write(buffer *b, const avro_node *root)
{
    canonical_writer w = {.out = b};
    write_type(&w, root);
}

uint64_t avro_fingerprint(const char *bytes, size_t size)
{
    const uint64_t empty = UINT64_C(0xc15d213aa4d7a795); /* the fingerprint of no bytes, and the polynomial */
    uint64_t fingerprint = empty;
    for (size_t i = 0; i < size; i++) {
        fingerprint ^= (unsigned char)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            fingerprint = (fingerprint >> 1) ^ (empty & (0 - (fingerprint & 1)));
    }
    return fingerprint;
}
