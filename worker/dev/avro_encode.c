#include "worker/dev/avro_encode.h"

#include <avro.h>

#include "engine/value/avro.h"

static bool put(avro_value_t *to, const value *v, arena *a, error *e);

static bool misfit(error *e, const char *expected)
{
    return error_set(e, ERROR_DECODE, 0, "the value does not fit the schema: %s is expected", expected);
}

static bool put_record(avro_value_t *to, const value *v, arena *a, error *e)
{
    size_t count = 0;
    avro_value_get_size(to, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        const char *name = "";
        if (avro_value_get_by_index(to, i, &field, &name) != 0)
            return misfit(e, "a field");
        const value *member = value_field(v, name);
        if (member == NULL)
            return error_set(e, ERROR_DECODE, 0, "the value lacks the field \"%s\"", name);
        if (!put(&field, member, a, e))
            return error_prefix(e, "%s", name);
    }
    return true;
}

static bool put_union(avro_value_t *to, const value *v, arena *a, error *e)
{
    avro_schema_t schema_of_union = avro_value_get_schema(to);
    avro_value_t branch;
    for (size_t i = 0; i < avro_schema_union_size(schema_of_union); i++) {
        bool null = avro_typeof(avro_schema_union_branch(schema_of_union, (int)i)) == AVRO_NULL;
        if (null != (v->kind == VALUE_NULL))
            continue;
        if (avro_value_set_branch(to, (int)i, &branch) == 0)
            return put(&branch, v, a, e);
    }
    return misfit(e, "a branch of the union");
}

static bool put_items(avro_value_t *to, const value *v, arena *a, error *e)
{
    for (uint32_t i = 0; i < v->count; i++) {
        avro_value_t item;
        if (avro_value_append(to, &item, NULL) != 0)
            return misfit(e, "fewer items");
        if (!put(&item, &v->items[i], a, e))
            return false;
    }
    return v->kind == VALUE_LIST || misfit(e, "an array");
}

static bool put_map(avro_value_t *to, const value *v, arena *a, error *e)
{
    for (uint32_t i = 0; i < v->count && v->kind == VALUE_MAP; i++) {
        avro_value_t item;
        const value_member *m = &v->members[i];
        const char *key = arena_copy(a, m->key.text, m->key.count); /* avro-c wants a NUL behind it */
        if (key == NULL || avro_value_add(to, key, &item, NULL, NULL) != 0 || !put(&item, &m->value, a, e))
            return false;
    }
    return v->kind == VALUE_MAP || misfit(e, "a map");
}

static bool put_string(avro_value_t *to, const value *v, arena *a, error *e)
{
    if (v->kind != VALUE_STRING)
        return misfit(e, "a string");
    const char *text = arena_copy(a, v->text, v->count); /* the same */
    return text != NULL && avro_value_set_string_len(to, text, v->count + 1) == 0;
}

static bool put_enum(avro_value_t *to, const value *v, error *e)
{
    char name[256] = "";
    if (v->kind != VALUE_STRING || v->count >= sizeof name)
        return misfit(e, "a symbol");
    memcpy(name, v->text, v->count);
    int symbol = avro_schema_enum_get_by_name(avro_value_get_schema(to), name);
    return (symbol >= 0 && avro_value_set_enum(to, symbol) == 0) || misfit(e, "a symbol");
}

static bool put_number(avro_value_t *to, const value *v, error *e)
{
    double number = v->kind == VALUE_INT ? (double)v->integer : v->number;
    if (v->kind != VALUE_INT && v->kind != VALUE_FLOAT)
        return misfit(e, "a number");
    switch (avro_value_get_type(to)) {
    case AVRO_DOUBLE:
        return avro_value_set_double(to, number) == 0;
    case AVRO_FLOAT:
        return avro_value_set_float(to, (float)number) == 0;
    case AVRO_INT32:
        return v->kind == VALUE_INT ? avro_value_set_int(to, (int32_t)v->integer) == 0 : misfit(e, "an int");
    default:
        return v->kind == VALUE_INT ? avro_value_set_long(to, v->integer) == 0 : misfit(e, "a long");
    }
}

/* Depth is that of the schema and of a JSON text, both bounded where they were read. */
static bool put(avro_value_t *to, const value *v, arena *a, error *e)
{
    switch (avro_value_get_type(to)) {
    case AVRO_RECORD:
        return put_record(to, v, a, e);
    case AVRO_UNION:
        return put_union(to, v, a, e);
    case AVRO_ARRAY:
        return put_items(to, v, a, e);
    case AVRO_MAP:
        return put_map(to, v, a, e);
    case AVRO_ENUM:
        return put_enum(to, v, e);
    case AVRO_STRING:
        return put_string(to, v, a, e);
    case AVRO_BOOLEAN:
        return v->kind == VALUE_BOOL ? avro_value_set_boolean(to, v->boolean) == 0 : misfit(e, "a boolean");
    case AVRO_NULL:
        return v->kind == VALUE_NULL ? avro_value_set_null(to) == 0 : misfit(e, "null");
    case AVRO_DOUBLE:
    case AVRO_FLOAT:
    case AVRO_INT32:
    case AVRO_INT64:
        return put_number(to, v, e);
    default:
        return misfit(e, "a type that JSON has");
    }
}

static bool write_framed(avro_value_t *encoded, uint64_t fingerprint, arena *a, value *bytes, error *e)
{
    size_t size;
    buffer b;
    buffer_init(&b, a, SIZE_MAX);
    avro_write_frame(&b, fingerprint);
    if (avro_value_sizeof(encoded, &size) != 0 || !buffer_reserve(&b, size))
        return error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for a message");
    avro_writer_t writer = avro_writer_memory(b.bytes + b.size, (int64_t)size);
    bool ok = avro_value_write(writer, encoded) == 0;
    avro_writer_free(writer);
    b.size += size;
    *bytes = buffer_string(&b);
    return ok || error_set(e, ERROR_DECODE, 0, "avro-c cannot write the value: %s", avro_strerror());
}

bool avro_encode(const char *schema_text, size_t schema_size, const value *v, arena *a, value *bytes,
                 error *e)
{
    avro_schema_t parsed;
    avro_value_t encoded;
    avro_plan *plan = avro_plan_new(schema_text, schema_size, e);
    if (plan == NULL)
        return false;
    uint64_t fingerprint = avro_plan_fingerprint(plan);
    avro_plan_free(plan);
    if (avro_schema_from_json_length(schema_text, schema_size, &parsed) != 0)
        return error_set(e, ERROR_INVALID_SCHEMA, 0, "%s", avro_strerror());
    avro_value_iface_t *iface = avro_generic_class_from_schema(parsed);
    avro_generic_value_new(iface, &encoded);
    bool ok = put(&encoded, v, a, e) && write_framed(&encoded, fingerprint, a, bytes, e);
    avro_value_decref(&encoded);
    avro_value_iface_decref(iface);
    avro_schema_decref(parsed);
    return ok;
}
