/* A workflow document, YAML or JSON by its first byte: read, compiled, and where it is sound each step is
 * delayed and rendered over empty names. */
#include <stdlib.h>

#include "engine/limits.h"
#include "engine/workflow/workflow.h"

static void run_steps(const workflow *w, arena *memory)
{
    value names[WORKFLOW_NAME_COUNT];
    for (int i = 0; i < WORKFLOW_NAME_COUNT; i++)
        names[i] = (value){.kind = VALUE_MAP};
    names[WORKFLOW_NAME_WORKFLOW] = w->names_value;
    for (size_t i = 0; i < w->step_count; i++) {
        bool skip;
        int64_t due_ms;
        value message;
        if (step_delay(&w->steps[i], names, memory, 0, &due_ms, NULL) &&
            (due_ms < 0 || due_ms > LIMIT_WAIT_SECONDS * INT64_C(1000)))
            abort();
        if (step_evaluate_skip(&w->steps[i], names, memory, &skip, NULL) &&
            !step_render(&w->steps[i], names, memory, &message, NULL))
            continue;
    }
}

static void check_findings(const workflow_findings *f, arena *memory)
{
    for (size_t i = 0; i < f->count; i++) {
        buffer b;
        buffer_init(&b, memory, 1 << 16);
        workflow_finding_write(&b, &f->items[i]);
        if (!b.failed && memchr(b.bytes, '\n', b.size) != NULL)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena memory;
    document d;
    workflow_findings findings;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    if (document_read(&d, &memory, "fuzz", (const char *)data, size, NULL)) {
        const workflow *w = workflow_compile(&d, NULL, &findings);
        if ((w == NULL) != (workflow_findings_total(&findings) > 0))
            abort();
        if (w != NULL)
            run_steps(w, &memory);
        workflow_release(w);
        check_findings(&findings, &memory);
    }
    arena_free(&memory);
    return 0;
}
