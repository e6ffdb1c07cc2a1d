/* Records as Redis hands them back: whatever is accepted is written again, and read again as the same; its
 * events can be made; and it goes on to its end, by itself, or cancelled and run again. */
#include <stdlib.h>

#include "engine/execution/completion.h"
#include "engine/execution/record.h"
#include "engine/limits.h"

enum { MEMORY_BYTES = 16 << 20, CALLS_MAX = 1000 };

/* Of the records in the corpus. */
static const char document_text[] =
    "workflow_id: orders\nname: Orders\npayload_schema: {}\nexpires_after: 3d\nsteps:\n"
    "  - {step_id: a, step_type: SMS, name: a, on_failure: continue,\n"
    "     config: {to: '{{ recipient }}', body: 'Hi {{ payload.name | default(1) }}'}}\n"
    "  - {step_id: b, step_type: EMAIL, name: b, delay: payload.wait, retry: {max_attempts: 3, initial: "
    "1s},\n"
    "     skip_condition: \"steps.a.status == 'FAILED'\",\n"
    "     config: {to: x, subject: s, text: '{{ steps.a.status }}'}}\n"
    "  - {step_id: c, step_type: IN_APP, name: c,\n"
    "     config: {body: '{{ now }} {{ steps.b.message.text }}', data: {a: ['{{ execution.run }}']}}}\n";

static const workflow *workflow_of_corpus(void)
{
    static const workflow *w;
    arena memory;
    document d;
    error e;
    workflow_findings findings;
    if (w != NULL)
        return w;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    if (document_read(&d, &memory, "orders.yaml", document_text, sizeof document_text - 1, &e))
        w = workflow_compile(&d, NULL, &findings);
    if (w == NULL)
        abort();
    arena_free(&memory);
    return w;
}

static void check(const execution *x)
{
    if (execution_fault(x) != NULL)
        abort();
}

static void write_events(const execution *x, arena *a)
{
    buffer events;
    buffer_init(&events, a, LIMIT_RECORD_BYTES);
    for (size_t i = 0; i < x->step_count; i++)
        if (completion_has_step(x, i))
            completion_write_step(&events, x, i);
    if (execution_ended(x))
        completion_write_execution(&events, x);
}

/* Whatever is accepted is written as something that is read as the same. */
static void check_writing(const execution *x, arena *a)
{
    execution again;
    error e;
    buffer first, second;
    buffer_init(&first, a, LIMIT_RECORD_BYTES);
    buffer_init(&second, a, LIMIT_RECORD_BYTES);
    record_write(&first, x);
    if (first.failed)
        return;
    if (!record_read(&again, a, first.bytes, first.size, &e)) {
        if (e.code == ERROR_RECORD)
            abort();
        return;
    }
    record_write(&second, &again);
    if (!second.failed && (first.size != second.size || memcmp(first.bytes, second.bytes, first.size) != 0))
        abort();
}

/* One of four is delivered; who refuses hands on, and the next is put off. */
static void report(execution *x, int call, int64_t now_ms)
{
    delivery_failure busy = {.provider = "p", .code = "c", .message = "m", .retriable = true};
    execution_choose(x, busy.provider);
    switch (call % 4) {
    case 0:
        execution_delivered(x, busy.provider, value_cstring("id"), now_ms);
        break;
    case 2:
        execution_postpone(x, now_ms + 1, now_ms);
        break;
    default:
        busy.more = call % 4 == 1;
        execution_delivery_failed(x, &busy, UINT64_MAX / CALLS_MAX * (uint64_t)call, now_ms);
    }
}

/* The clock is behind 1970. */
static int64_t begun_ms(const execution *x)
{
    return x->started_ms > 0 ? x->started_ms : 1;
}

static void run_to_end(execution *x, arena *a)
{
    error e;
    execution_need need;
    int64_t now_ms = begun_ms(x);
    if (!execution_resume(x, workflow_of_corpus(), a, &e))
        return;
    for (int call = 0; (need = execution_advance(x, now_ms)) != EXECUTION_ENDED; call++) {
        check(x);
        if (need == EXECUTION_DELIVER)
            report(x, call, now_ms);
        else
            now_ms = x->due_ms;
        check(x);
        if (call == CALLS_MAX)
            abort();
    }
    check(x);
    check_writing(x, a);
    write_events(x, a);
}

static void cancel_and_run_again(execution *x, arena *a)
{
    if (execution_cancel(x, begun_ms(x))) {
        check(x);
        write_events(x, a);
    }
    if (execution_retry(x, begun_ms(x))) {
        check(x);
        run_to_end(x, a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a;
    execution x;
    error e;
    const char *text = (const char *)data;
    arena_init(&a, 4096, MEMORY_BYTES);
    if (record_read(&x, &a, text, size, &e)) {
        check(&x);
        check_writing(&x, &a);
        write_events(&x, &a);
        run_to_end(&x, &a);
        if (record_read(&x, &a, text, size, &e))
            cancel_and_run_again(&x, &a);
    }
    arena_free(&a);
    return 0;
}
