/* CPU time of what an execution of the example workflow order_shipped consists of:
 *
 *     bench_micro_execution ROUNDS check|run|record|completions|read-record|all
 *
 * To be run from the top of the tree. */
#include <string.h>

#include "engine/execution/completion.h"
#include "engine/execution/record.h"
#include "engine/value/json.h"
#include "engine/workflow/document.h"
#include "tests/bench/measure.h"

enum { TEXT_MAX = 1 << 16, LIMIT = 64 << 20 };

static const char payload[] =
    "{\"order_id\":\"ORD-4711\",\"customer_name\":\"Ada Lovelace\",\"email\":\"ada@example.com\","
    "\"phone\":\"+442071838750\",\"amount\":149.95,\"currency\":\"GBP\","
    "\"lines\":[{\"sku\":\"BOK-0042\",\"title\":\"Notes on the Analytical Engine\",\"quantity\":1},"
    "{\"sku\":\"PEN-0007\",\"title\":\"Fountain pen\",\"quantity\":2}],"
    "\"tracking_url\":\"https://track.example/4711\",\"shipped_at\":\"2026-11-24T11:33:05.123Z\"}";

static struct bench {
    arena memory;  /* what stays */
    arena scratch; /* of one round */
    const workflow *workflow;
    validator *validator;
    trigger trigger;
    execution ended;
    buffer record;
    execution now; /* of one round */
} b;

static bool read_workflow(void)
{
    static char text[TEXT_MAX];
    FILE *file = fopen("schemas/examples/workflows/order_shipped.yaml", "r");
    if (file == NULL)
        return false;
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    document d;
    error e;
    workflow_findings findings;
    workflow_findings_init(&findings, &b.memory);
    if (!document_read(&d, &b.memory, "order_shipped.yaml", text, size, &e))
        return false;
    b.workflow = workflow_compile(&d, NULL, &findings);
    return b.workflow != NULL;
}

static bool read_trigger(void)
{
    error e;
    b.trigger = (trigger){
        .origin = {.topic = value_cstring("carillon.triggers"), .partition = 2, .offset = 4711},
        .workflow_id = value_cstring("order_shipped"),
        .recipient = value_cstring("customer-1001"),
        .trigger_id = value_cstring("shipment-4711"),
        .key = value_cstring("customer-1001"),
        .metadata = {.kind = VALUE_MAP},
    };
    return json_read(&b.memory, payload, strlen(payload), &b.trigger.data, &e);
}

static bool check(void)
{
    return execution_check(&b.trigger, b.workflow, b.validator, NULL);
}

static bool run_in(execution *x, arena *a)
{
    error e;
    identity id = identity_of_execution(&b.trigger.workflow_id, &b.trigger.trigger_id, &b.trigger.origin);
    if (!execution_begin(x, &id, &b.trigger, b.workflow, a, 1795519985123, &e))
        return false;
    while (execution_advance(x, 1795519985125) == EXECUTION_DELIVER)
        execution_delivered(x, "null", value_null(), 1795519985125);
    return x->status == EXECUTION_COMPLETED;
}

static bool run(void)
{
    return run_in(&b.now, &b.scratch);
}

static bool write_record(const execution *x, arena *a, buffer *out)
{
    buffer_init(out, a, LIMIT);
    record_write(out, x);
    return !out->failed;
}

static bool record(void)
{
    buffer out;
    return write_record(&b.ended, &b.scratch, &out);
}

static bool write_completions(const execution *x)
{
    buffer out;
    for (size_t i = 0; i < x->step_count; i++) {
        buffer_init(&out, &b.scratch, LIMIT);
        completion_write_step(&out, x, i);
        if (out.failed)
            return false;
    }
    buffer_init(&out, &b.scratch, LIMIT);
    completion_write_execution(&out, x);
    return !out.failed;
}

static bool completions(void)
{
    return write_completions(&b.ended);
}

static bool read_record(void)
{
    error e;
    return record_read(&b.now, &b.scratch, b.record.bytes, b.record.size, &e);
}

static bool all(void)
{
    buffer out;
    return check() && run() && write_record(&b.now, &b.scratch, &out) && write_completions(&b.now);
}

static const struct {
    const char *name;
    bool (*once)(void);
} operations[] = {{"check", check},
                  {"run", run},
                  {"record", record},
                  {"completions", completions},
                  {"read-record", read_record},
                  {"all", all}};

int main(int argc, char **argv)
{
    const char *name = argc > 2 ? argv[2] : "all";
    long rounds = measure_rounds(argc, argv);
    bool (*once)(void) = NULL;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0)
            once = operations[i].once;
    arena_init(&b.memory, 64 << 10, LIMIT);
    arena_init(&b.scratch, 64 << 10, LIMIT);
    b.validator = validator_new();
    if (once == NULL || b.validator == NULL || !read_workflow() || !read_trigger() ||
        !run_in(&b.ended, &b.memory) || !write_record(&b.ended, &b.memory, &b.record))
        return 1;
    double begun = measure_cpu_ns();
    for (long i = 0; i < rounds; i++) {
        arena_reset(&b.scratch);
        if (!once())
            return 1;
    }
    measure_print(name, begun, rounds);
    validator_free(b.validator);
    workflow_release(b.workflow);
    arena_free(&b.scratch);
    arena_free(&b.memory);
    return 0;
}
