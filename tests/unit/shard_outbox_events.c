#include <stdlib.h>

#include <criterion/criterion.h>

#include "engine/limits.h"
#include "worker/shard/outbox_events.h"

static arena memory;
static buffer bytes;
static batch *from, *to;

static void set_up(void)
{
    arena_init(&memory, 4096, 64 << 20);
    buffer_init(&bytes, &memory, 32 << 20);
    from = batch_new(NULL, NULL);
    to = batch_new(NULL, NULL);
    cr_assert(from != NULL && to != NULL);
}

static void tear_down(void)
{
    batch_free(from);
    batch_free(to);
    arena_free(&memory);
}

TestSuite(shard_outbox_events, .init = set_up, .fini = tear_down);

static event *add(event_kind kind, const char *key, value payload, size_t header_count)
{
    event *ev = batch_add(from, kind, header_count);
    cr_assert_not_null(ev);
    ev->key = key == NULL ? value_null() : value_cstring(key);
    ev->payload = payload;
    for (size_t i = 0; i < header_count; i++)
        ev->headers[i] = (event_header){.name = "traceparent", .value = value_cstring("00-1")};
    return ev;
}

static void add_some(void)
{
    event *ev = add(EVENT_STEP_COMPLETION, "key-1", value_string("a\0b\xff", 4), 2);
    ev->headers[1] = (event_header){.name = "tracestate", .value = value_null()};
    add(EVENT_EXECUTION_COMPLETION, NULL, value_cstring(""), 0);
    add(EVENT_REJECTED, "", value_null(), 8);
    add(EVENT_REQUEST, "key-2", value_cstring("b"), 1)->topic = "requests";
}

static void same_text(const value *x, const value *y)
{
    cr_assert_eq(x->kind, y->kind);
    if (x->kind == VALUE_STRING)
        cr_assert(value_same_text(x, y));
}

static void same_event(const event *x, const event *y)
{
    cr_assert_eq(x->kind, y->kind);
    cr_assert_eq(x->topic == NULL, y->topic == NULL);
    if (x->topic != NULL)
        cr_assert_str_eq(x->topic, y->topic);
    same_text(&x->key, &y->key);
    same_text(&x->payload, &y->payload);
    cr_assert_eq(x->header_count, y->header_count);
    for (size_t i = 0; i < x->header_count; i++) {
        cr_assert_str_eq(x->headers[i].name, y->headers[i].name);
        same_text(&x->headers[i].value, &y->headers[i].value);
    }
}

/* In a block of just this size, so that reading behind it is seen. */
static bool reads(const char *text, size_t size, error *e)
{
    char *exact = malloc(size + (size == 0));
    memcpy(exact, text, size);
    bool ok = outbox_events_read(to, exact, size, e);
    free(exact);
    return ok;
}

static void refuses(const char *text, size_t size)
{
    error e = {0};
    cr_expect_not(reads(text, size, &e), "%zu bytes", size);
    cr_expect_eq(e.code, ERROR_RECORD);
}

Test(shard_outbox_events, what_is_written_reads_back)
{
    error e = {0};
    add_some();
    outbox_events_write(&bytes, from);
    cr_assert_not(bytes.failed);
    cr_assert(reads(bytes.bytes, bytes.size, &e), "%s", e.message);
    cr_assert_eq(to->count, 4u);
    const event *copy = to->first; /* of memory that is gone */
    for (const event *ev = from->first; ev != NULL; ev = ev->next, copy = copy->next)
        same_event(ev, copy);
    cr_expect_null(copy);
}

Test(shard_outbox_events, it_is_appended_to_what_a_batch_has)
{
    error e = {0};
    add_some();
    outbox_events_write(&bytes, from);
    cr_assert(reads(bytes.bytes, bytes.size, &e));
    cr_assert(reads(bytes.bytes, bytes.size, &e));
    cr_expect_eq(to->count, 8u);
}

Test(shard_outbox_events, no_events_are_a_format_byte)
{
    error e = {0};
    outbox_events_write(&bytes, from);
    cr_expect_eq(bytes.size, 1u);
    cr_expect(reads(bytes.bytes, bytes.size, &e));
    cr_expect_eq(to->count, 0u);
}

Test(shard_outbox_events, the_format_stays)
{
    /* What workers have left in Redis, later ones must read. */
    static const char kept[] = "\x01"
                               "\x00\x05\x00\x00\x00key-1\x02\x00\x00\x00\x00\x01"
                               "\x01\x01\x00\x00\x00n\xff\xff\xff\xff"
                               "\x03\x01\x00\x00\x00t\xff\xff\xff\xff\x01\x00\x00\x00\x07\x00";
    event *ev = add(EVENT_STEP_COMPLETION, "key-1", value_string("\0\1", 2), 1);
    ev->headers[0] = (event_header){.name = "n", .value = value_null()};
    add(EVENT_REQUEST, NULL, value_cstring("\7"), 0)->topic = "t";
    outbox_events_write(&bytes, from);
    cr_assert_eq(bytes.size, sizeof kept - 1);
    cr_expect_arr_eq(bytes.bytes, kept, sizeof kept - 1);
}

Test(shard_outbox_events, a_large_payload_is_kept_whole)
{
    error e = {0};
    enum { SIZE = 8 << 20 };
    char *payload = arena_calloc(&memory, SIZE, 1);
    cr_assert_not_null(payload);
    add(EVENT_STEP_COMPLETION, "key", value_string(payload, SIZE), 0);
    outbox_events_write(&bytes, from);
    cr_assert(outbox_events_read(to, bytes.bytes, bytes.size, &e));
    cr_expect_eq(to->first->payload.count, (uint32_t)SIZE);
}

/* ---- hostile bytes ---- */

Test(shard_outbox_events, every_part_of_an_entry_but_whole_events_is_refused)
{
    enum { MOST = 3 };
    size_t ends[MOST + 1] = {1};
    for (int count = 1; count <= MOST; count++) {
        add(EVENT_STEP_COMPLETION, "key-1", value_cstring("payload"), 2);
        bytes.size = 0;
        outbox_events_write(&bytes, from);
        ends[count] = bytes.size;
    }
    for (size_t size = 0, whole = 0; size <= bytes.size; size++) {
        error e = {0};
        bool is_end = size == ends[whole];
        cr_expect_eq(reads(bytes.bytes, size, &e), is_end, "%zu bytes", size);
        whole += is_end;
    }
}

Test(shard_outbox_events, other_formats_are_refused)
{
    refuses("", 0);
    refuses("\x00", 1);
    refuses("\x02", 1);
    refuses("{\"format\":1}", 12);
}

Test(shard_outbox_events, unknown_kinds_are_refused)
{
    static const char text[] = "\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    cr_assert_eq(EVENT_KIND_COUNT, 4);
    refuses(text, sizeof text - 1);
    refuses("\x01\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00", 11);
}

Test(shard_outbox_events, a_request_without_a_topic_is_refused)
{
    static const char text[] = "\x01\x03\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    refuses(text, sizeof text - 1);
}

Test(shard_outbox_events, sizes_beyond_the_end_are_refused_without_memory)
{
    refuses("\x01\x00\xfe\xff\xff\xff"
            "abc",
            9);
    refuses("\x01\x00\x04\x00\x00\x00"
            "abc",
            9);
    cr_expect_eq(to->count, 0u);
    cr_expect_lt(to->arena.used_bytes, (size_t)1 << 20);
}

Test(shard_outbox_events, too_many_headers_are_refused)
{
    static const char nine[] = "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"
                               "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x00\x00\x00\x00\x00\x00\x00\x00";
    refuses(nine, sizeof nine - 1);
}

Test(shard_outbox_events, a_header_without_a_name_is_refused)
{
    static const char text[] = "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00";
    refuses(text, sizeof text - 1);
}
