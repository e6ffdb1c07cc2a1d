#include "worker/cli/startup.h"

#include <sys/random.h>

#include "engine/limits.h"
#include "worker/channel/channel.h"
#include "worker/registry/registry_folder.h"

static void log_findings(const workflow_findings *f, const logger *log)
{
    for (size_t i = 0; i < f->count; i++) {
        const workflow_finding *finding = &f->items[i];
        log_error(log, "workflow_invalid", log_text("file", finding->file),
                  log_int("line", (int64_t)finding->line), log_text("location", finding->location),
                  log_text("rule", workflow_rule_name(finding->rule)), log_text("message", finding->message));
    }
    if (f->dropped > 0)
        log_error(log, "workflow_invalid", log_int("more", (int64_t)f->dropped));
}

typedef struct provider_check {
    const config *config;
    const logger *log;
    bool failed;
} provider_check;

/* Providers are the worker's, so the engine cannot know their names. */
static void check_providers(void *context, const workflow_file *file, const workflow *w)
{
    provider_check *check = context;
    const step *s = channel_find_unknown(check->config, w);
    if (s == NULL)
        return;
    log_error(check->log, "workflow_invalid", log_text("file", file->name),
              log_text("workflow_id", w->id.text), log_text("step_id", s->id.text),
              log_text("rule", "provider"), log_text("provider", s->provider.text),
              log_text("nearest", config_nearest_provider(check->config, s->provider.text)),
              log_text("message", "the step's provider is none of inbox, log, null, nor of a section "
                                  "[provider.NAME]"));
    check->failed = true;
}

static bool load_documents(startup *s, const config *c, const logger *log)
{
    arena memory;
    workflow_findings findings;
    provider_check check = {.config = c, .log = log};
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    bool sound = workflow_files_load_folder(&s->documents, c->workflows, check_providers, &check, &findings);
    if (!sound)
        log_findings(&findings, log);
    arena_free(&memory);
    return sound && !check.failed;
}

bool startup_load(startup *s, const config *c, const logger *log)
{
    error e;
    *s = (startup){0};
    if (getrandom(&s->hash_seed, sizeof s->hash_seed, 0) != (ssize_t)sizeof s->hash_seed) {
        log_error(log, "fatal", log_text("message", "the system gives no random numbers"));
        return false;
    }
    s->registry = registry_folder_load(c->schemas, &e);
    if (s->registry == NULL)
        log_error(log, "schema_invalid", log_text("message", e.message));
    if (load_documents(s, c, log) && s->registry != NULL)
        return true;
    startup_free(s);
    return false;
}

void startup_free(startup *s)
{
    workflow_files_free(&s->documents);
    registry_free(s->registry);
}
