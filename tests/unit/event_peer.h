/* event_peer: an independent reader of the events that executions make, for tests. */
#ifndef TESTS_UNIT_EVENT_PEER_H
#define TESTS_UNIT_EVENT_PEER_H

#include <avro.h>

#include "tests/unit/execution_run.h"

/* avro-c, by the schemas in schemas/, as an independent reader: the event as JSON. */
static inline value peer_reads(const char *schema_text, const buffer *body)
{
    avro_schema_t parsed;
    avro_value_t decoded;
    char *text;
    cr_assert_eq(avro_schema_from_json_length(schema_text, strlen(schema_text), &parsed), 0, "%s",
                 avro_strerror());
    avro_value_iface_t *iface = avro_generic_class_from_schema(parsed);
    avro_reader_t reader = avro_reader_memory(body->bytes, (int64_t)body->size);
    avro_generic_value_new(iface, &decoded);
    cr_assert_eq(avro_value_read(reader, &decoded), 0, "%s", avro_strerror());
    char rest;
    cr_expect_neq(avro_read(reader, &rest, 1), 0, "bytes behind the event");
    cr_assert_eq(avro_value_to_json(&decoded, 1, &text), 0);
    value found = json(arena_copy(&memory, text, strlen(text)));
    free(text);
    avro_value_decref(&decoded);
    avro_value_iface_decref(iface);
    avro_reader_free(reader);
    avro_schema_decref(parsed);
    return found;
}

static inline void expect_field(const value *of, const char *name, const char *text)
{
    const value *v = value_field(of, name);
    cr_assert_not_null(v, "%s", name);
    if (v->kind == VALUE_MAP) /* a union's branch */
        v = &v->members[0].value;
    cr_expect(value_is_text(v, text), "%s is not %s", name, text);
}

#endif
