/* Random schemas and values, written by avro-c, read by us. */
#include <avro.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/avro.h"
#include "engine/value/base64.h"

enum { ROUNDS = 3000, SCHEMA_SIZE = 1 << 16, DEPTH_MAX = 4 };

/* ---- chance: xorshift, so that a failure repeats ---- */

static uint64_t chance = 88172645463325252u;

static uint64_t draw(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

static unsigned below(unsigned bound)
{
    return (unsigned)(draw() % bound);
}

/* ---- schemas ---- */

typedef struct schema_text {
    char text[SCHEMA_SIZE];
    size_t size;
    unsigned named;
} schema_text;

static void add(schema_text *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    s->size += (size_t)vsnprintf(s->text + s->size, SCHEMA_SIZE - s->size, format, arguments);
    va_end(arguments);
    cr_assert_lt(s->size, SCHEMA_SIZE);
}

static void add_type(schema_text *s, int depth);

static void add_record(schema_text *s, int depth)
{
    unsigned fields = below(6);
    add(s, "{\"type\":\"record\",\"name\":\"%sN%u\",\"fields\":[", below(2) ? "" : "some.space.", s->named++);
    for (unsigned i = 0; i < fields; i++) {
        add(s, "%s{\"name\":\"f%u\",\"type\":", i == 0 ? "" : ",", i);
        add_type(s, depth + 1);
        add(s, "}");
    }
    add(s, "]}");
}

static void add_enum(schema_text *s)
{
    unsigned symbols = 1 + below(100);
    add(s, "{\"type\":\"enum\",\"name\":\"N%u\",\"symbols\":[\"S0\"", s->named++);
    for (unsigned i = 1; i < symbols; i++)
        add(s, ",\"S%u\"", i);
    add(s, "]}");
}

static void add_simple(schema_text *s)
{
    static const char *const primitives[] = {"null",  "boolean", "int",   "long",
                                             "float", "double",  "bytes", "string"};
    unsigned kind = below(10);
    if (kind < 8)
        add(s, "\"%s\"", primitives[kind]);
    else if (kind == 8)
        add_enum(s);
    else
        add(s, "{\"type\":\"fixed\",\"name\":\"N%u\",\"size\":%u}", s->named++, 1 + below(20));
}

static void add_type(schema_text *s, int depth)
{
    unsigned kind = depth == DEPTH_MAX ? 0 : below(6);
    if (kind < 2) {
        add_simple(s);
    } else if (kind == 2) {
        add_record(s, depth);
    } else if (kind == 5) {
        add(s, "[\"null\",");
        add_record(s, depth);
        add(s, ",\"string\"]");
    } else {
        add(s, kind == 3 ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
        add_type(s, depth + 1);
        add(s, "}");
    }
}

/* ---- values, through avro-c ---- */

static void fill(avro_value_t *v);

static double draw_double(void)
{
    return (double)(int64_t)draw() / (double)(1 + below(1000));
}

static void fill_bytes(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)draw();
}

static void fill_string(avro_value_t *v)
{
    static const char *const texts[] = {"", "a", "hello, world", "\xC3\xA9t\xC3\xA9", "\xF0\x9F\x98\x80"};
    avro_value_set_string(v, texts[below(5)]);
}

/* What one value may still hold: nested arrays would grow without end. */
static unsigned items_left;

static void fill_items(avro_value_t *v, bool map)
{
    unsigned count = below(4) == 0 ? below(100) : below(4);
    for (unsigned i = 0; i < count && items_left > 0; i++) {
        items_left--;
        avro_value_t item;
        char key[16];
        snprintf(key, sizeof key, "k%u", i);
        if (map)
            avro_value_add(v, key, &item, NULL, NULL);
        else
            avro_value_append(v, &item, NULL);
        fill(&item);
    }
}

static void fill_record(avro_value_t *v)
{
    size_t count;
    avro_value_get_size(v, &count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t field;
        avro_value_get_by_index(v, i, &field, NULL);
        fill(&field);
    }
}

static void fill(avro_value_t *v)
{
    char bytes[64];
    avro_value_t branch;
    avro_schema_t schema = avro_value_get_schema(v);
    switch (avro_value_get_type(v)) {
    case AVRO_NULL:
        avro_value_set_null(v);
        break;
    case AVRO_BOOLEAN:
        avro_value_set_boolean(v, (int)below(2));
        break;
    case AVRO_INT32:
        avro_value_set_int(v, (int32_t)(draw() >> below(64)));
        break;
    case AVRO_INT64:
        avro_value_set_long(v, (int64_t)(draw() >> below(64)));
        break;
    case AVRO_FLOAT:
        avro_value_set_float(v, (float)draw_double());
        break;
    case AVRO_DOUBLE:
        avro_value_set_double(v, draw_double());
        break;
    case AVRO_BYTES: {
        size_t size = below(sizeof bytes);
        fill_bytes(bytes, size);
        avro_value_set_bytes(v, bytes, size);
        break;
    }
    case AVRO_STRING:
        fill_string(v);
        break;
    case AVRO_FIXED:
        fill_bytes(bytes, (size_t)avro_schema_fixed_size(schema));
        avro_value_set_fixed(v, bytes, (size_t)avro_schema_fixed_size(schema));
        break;
    case AVRO_ENUM:
        avro_value_set_enum(v, (int)below((unsigned)avro_schema_enum_number_of_symbols(schema)));
        break;
    case AVRO_ARRAY:
    case AVRO_MAP:
        fill_items(v, avro_value_get_type(v) == AVRO_MAP);
        break;
    case AVRO_RECORD:
        fill_record(v);
        break;
    case AVRO_UNION:
        avro_value_set_branch(v, (int)below((unsigned)avro_schema_union_size(schema)), &branch);
        fill(&branch);
        break;
    default:
        cr_assert(false);
    }
}

/* ---- comparison ---- */

static void expect_same(avro_value_t *peer, const value *ours);

static void expect_base64(const void *bytes, size_t size, const value *ours)
{
    char text[128];
    base64_encode(bytes, size, text);
    cr_assert_eq(ours->kind, VALUE_STRING);
    cr_assert_eq(ours->count, base64_size(size));
    cr_assert_eq(memcmp(ours->text, text, ours->count), 0);
}

static void expect_same_members(avro_value_t *peer, const value *ours)
{
    size_t count;
    avro_value_get_size(peer, &count);
    cr_assert_eq(ours->kind, avro_value_get_type(peer) == AVRO_ARRAY ? VALUE_LIST : VALUE_MAP);
    cr_assert_eq(ours->count, count);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        const char *key = NULL;
        avro_value_get_by_index(peer, i, &item, &key);
        if (ours->kind == VALUE_LIST) {
            expect_same(&item, &ours->items[i]);
        } else {
            cr_assert(value_is_text(&ours->members[i].key, key));
            cr_assert_eq(value_field(ours, key), &ours->members[i].value);
            expect_same(&item, &ours->members[i].value);
        }
    }
}

static void expect_same(avro_value_t *peer, const value *ours)
{
    union {
        int boolean;
        int32_t i;
        int64_t l;
        float f;
        double d;
        int symbol;
    } u;
    const char *text;
    const void *bytes;
    size_t size;
    avro_value_t branch;
    switch (avro_value_get_type(peer)) {
    case AVRO_NULL:
        cr_assert_eq(ours->kind, VALUE_NULL);
        break;
    case AVRO_BOOLEAN:
        avro_value_get_boolean(peer, &u.boolean);
        cr_assert(ours->kind == VALUE_BOOL && ours->boolean == u.boolean);
        break;
    case AVRO_INT32:
        avro_value_get_int(peer, &u.i);
        cr_assert(ours->kind == VALUE_INT && ours->integer == u.i);
        break;
    case AVRO_INT64:
        avro_value_get_long(peer, &u.l);
        cr_assert(ours->kind == VALUE_INT && ours->integer == u.l);
        break;
    case AVRO_FLOAT:
        avro_value_get_float(peer, &u.f);
        cr_assert(ours->kind == VALUE_FLOAT && ours->number == (double)u.f);
        break;
    case AVRO_DOUBLE:
        avro_value_get_double(peer, &u.d);
        cr_assert(ours->kind == VALUE_FLOAT && ours->number == u.d);
        break;
    case AVRO_BYTES:
        avro_value_get_bytes(peer, &bytes, &size);
        expect_base64(bytes, size, ours);
        break;
    case AVRO_FIXED:
        avro_value_get_fixed(peer, &bytes, &size);
        expect_base64(bytes, size, ours);
        break;
    case AVRO_STRING:
        avro_value_get_string(peer, &text, &size);
        cr_assert(value_is_text(ours, text));
        break;
    case AVRO_ENUM:
        avro_value_get_enum(peer, &u.symbol);
        cr_assert(value_is_text(ours, avro_schema_enum_get(avro_value_get_schema(peer), u.symbol)));
        break;
    case AVRO_UNION:
        avro_value_get_current_branch(peer, &branch);
        expect_same(&branch, ours);
        break;
    default:
        expect_same_members(peer, ours);
    }
}

/* ---- the tests ---- */

typedef struct pair {
    schema_text schema;
    avro_schema_t peer_schema;
    avro_value_t peer;
    avro_plan *plan;
    char *bytes;
    size_t size;
} pair;

static void make(pair *p)
{
    p->schema.size = p->schema.named = 0;
    add_type(&p->schema, 0);
    error e = {0};
    p->plan = avro_plan_new(p->schema.text, p->schema.size, &e);
    cr_assert_not_null(p->plan, "%s: %s", p->schema.text, e.message);
    cr_assert_eq(avro_schema_from_json_length(p->schema.text, p->schema.size, &p->peer_schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(p->peer_schema);
    avro_generic_value_new(class, &p->peer);
    avro_value_iface_decref(class);
    items_left = 200;
    fill(&p->peer);
    avro_value_sizeof(&p->peer, &p->size);
    p->bytes = malloc(p->size + 1);
    avro_writer_t writer = avro_writer_memory(p->bytes, (int64_t)p->size + 1);
    cr_assert_eq(avro_value_write(writer, &p->peer), 0, "%s", avro_strerror());
    p->size = (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
}

static void release(pair *p)
{
    avro_value_decref(&p->peer);
    avro_schema_decref(p->peer_schema);
    avro_plan_free(p->plan);
    free(p->bytes);
}

Test(value_avro_peer, reads_what_avro_c_writes)
{
    static pair p;
    for (int round = 0; round < ROUNDS; round++) {
        make(&p);
        arena a;
        arena_init(&a, 1024, LIMIT_TRIGGER_DECODED_BYTES);
        value v;
        error e = {0};
        cr_assert(avro_decode(p.plan, &a, p.bytes, p.size, &v, &e), "%s: %s", p.schema.text, e.message);
        expect_same(&p.peer, &v);
        arena_free(&a);
        release(&p);
    }
}

Test(value_avro_peer, refuses_every_prefix)
{
    static pair p;
    for (int round = 0; round < ROUNDS / 10; round++) {
        make(&p);
        for (size_t size = 0; size < p.size; size++) {
            char *part = malloc(size + 1); /* exact, so that a sanitizer sees a read past it */
            memcpy(part + 1, p.bytes, size);
            arena a;
            arena_init(&a, 1024, LIMIT_TRIGGER_DECODED_BYTES);
            value v;
            error e = {0};
            cr_assert_not(avro_decode(p.plan, &a, part + 1, size, &v, &e), "%s", p.schema.text);
            cr_assert_eq(e.code, ERROR_DECODE);
            arena_free(&a);
            free(part);
        }
        release(&p);
    }
}
