/* Avro: a schema's text, a zero byte, data. Where the text is no schema, its first byte chooses one of a
 * fixed set, so that the data is read in any case. */
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/value/avro.h"
#include "engine/value/json.h"

/* A byte of a value is at most six of JSON, and the buffer doubles. */
enum { MEMORY_MAX = 4 << 20, CHECK_MEMORY_MAX = 32 * MEMORY_MAX };

/* In single quotes, to be read by people. */
static const char *const schemas[] = {
    /* a trigger */
    "{'type':'record','name':'T','fields':[{'name':'workflow_id','type':'string'},"
    "{'name':'recipient','type':'string'},"
    "{'name':'data','type':{'type':'map','values':['null','double','string','boolean']}},"
    "{'name':'metadata','type':['null',{'type':'map','values':'string'}]},"
    "{'name':'kind','type':{'type':'enum','name':'K','symbols':['A','B']}}]}",
    /* itself inside itself */
    "{'type':'record','name':'N','fields':[{'name':'v','type':['null','int','float','N']},"
    "{'name':'n','type':{'type':'array','items':'N'}}]}",
    /* items without bytes */
    "{'type':'array','items':{'type':'array','items':'null'}}",
    "{'type':'array','items':{'type':'record','name':'E','fields':[]}}",
    /* logical types */
    "{'type':'array','items':[{'type':'int','logicalType':'date'},"
    "{'type':'long','logicalType':'timestamp-millis'},"
    "{'type':'bytes','logicalType':'decimal','precision':60,'scale':9},"
    "{'type':'fixed','name':'U','size':16,'logicalType':'uuid'},"
    "{'type':'fixed','name':'D','size':12,'logicalType':'duration'}]}",
    "{'type':'array','items':[{'type':'int','logicalType':'time-millis'},"
    "{'type':'long','logicalType':'timestamp-micros'}]}",
    "{'type':'array','items':[{'type':'long','logicalType':'time-micros'},'bytes']}",
    "{'type':'array','items':{'type':'long','logicalType':'local-timestamp-millis'}}",
    "{'type':'array','items':{'type':'long','logicalType':'local-timestamp-micros'}}",
};

static avro_plan *fixed_plan(uint8_t choice)
{
    char text[1024];
    const char *quoted = schemas[choice % (sizeof schemas / sizeof *schemas)];
    size_t size = strlen(quoted);
    for (size_t i = 0; i < size; i++)
        text[i] = quoted[i] == '\'' ? '"' : quoted[i];
    avro_plan *plan = avro_plan_new(text, size, NULL);
    if (plan == NULL)
        abort();
    return plan;
}

/* A value has a JSON form, and reading that gives the value again. */
static void check_value(const value *v)
{
    arena memory;
    buffer b;
    value again;
    arena_init(&memory, 1024, CHECK_MEMORY_MAX);
    buffer_init(&b, &memory, CHECK_MEMORY_MAX);
    json_write(&b, v);
    if (b.failed || !json_read(&memory, b.bytes, b.size, &again, NULL) || !value_equal(v, &again))
        abort();
    arena_free(&memory);
}

static void read_data(const avro_plan *plan, const char *bytes, size_t size)
{
    arena memory;
    value v;
    error e = {0};
    arena_init(&memory, 1024, MEMORY_MAX);
    if (avro_decode(plan, &memory, bytes, size, &v, &e))
        check_value(&v);
    else if ((e.code != ERROR_DECODE && e.code != ERROR_LIMIT) || e.position > size)
        abort();
    arena_free(&memory);
}

/* The canonical form of a schema is a schema, and its own canonical form. */
static void check_canonical(const avro_plan *plan)
{
    const char *canonical = avro_plan_canonical(plan);
    error e = {0};
    avro_plan *again = avro_plan_new(canonical, strlen(canonical), &e);
    if (again == NULL && e.code == ERROR_LIMIT)
        return; /* full names are longer than the text that was given */
    if (again == NULL || avro_plan_fingerprint(plan) != avro_plan_fingerprint(again))
        abort();
    avro_plan_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *bytes = (const char *)data;
    const char *zero = memchr(bytes, 0, size);
    size_t text_size = zero != NULL ? (size_t)(zero - bytes) : size;
    size_t begin = zero != NULL ? text_size + 1 : size;
    avro_plan *plan = avro_plan_new(bytes, text_size, NULL);
    if (plan != NULL) {
        check_canonical(plan);
    } else {
        plan = fixed_plan(data[0]);
        begin = 1;
    }
    read_data(plan, bytes + begin, size - begin);
    avro_plan_free(plan);
    return 0;
}
