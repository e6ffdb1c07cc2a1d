#include "worker/catalog/catalog_watch.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine/limits.h"
#include "worker/catalog/catalog_store.h"
#include "worker/catalog/redis_session.h"
#include "worker/channel/channel.h"

enum { PAUSE_MS = 1000 }; /* between two looks, and before trying to connect again */

struct catalog_watch {
    catalog_watch_options options;
    uv_thread_t thread;
    int stop; /* an eventfd: readable when the thread is to end */
    atomic_bool unreachable;
    catalog_store *store;
    redis_session *subscription;
    bool applied;    /* the documents are in the store */
    int64_t counter; /* of the catalog in the cell; -1: none yet */
    log_limiter limiter;
};

/* ---- telling ---- */

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void tell_unreachable(catalog_watch *w, const error *e)
{
    uint64_t suppressed;
    if (log_limiter_allow(&w->limiter, (uint64_t)now_ms(CLOCK_MONOTONIC), &suppressed))
        log_error(w->options.log, "catalog_unreachable", log_text("message", e->message),
                  log_int("suppressed", (int64_t)suppressed));
    if (!atomic_exchange(&w->unreachable, true))
        uv_async_send(w->options.changed);
}

static void tell_findings(const catalog_watch *w, const workflow_findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        log_error(w->options.log, "workflow_not_loaded", log_text("workflow_id", f->items[i].file),
                  log_text("rule", workflow_rule_name(f->items[i].rule)),
                  log_text("message", f->items[i].message));
}

/* ---- the folder's documents ---- */

/* Where a control keeps a workflow from being active, the document is stored as a draft at least: there the
 * control can be given a value. */
static bool apply_document(catalog_watch *w, const compiled_file *file, catalog_applied *applied, error *e)
{
    const catalog_author author = {.name = w->options.config->id, .time_ms = now_ms(CLOCK_REALTIME)};
    const workflow *flow = file->workflow;
    error unused;
    if (catalog_store_apply(w->store, &file->document, flow, flow->status, &author, applied, e))
        return true;
    if (e->code == ERROR_CONTROL &&
        !catalog_store_apply(w->store, &file->document, flow, WORKFLOW_DRAFT, &author, applied, &unused))
        *e = unused;
    return false;
}

static bool apply_compiled(catalog_watch *w, const compiled_file *file, error *e)
{
    catalog_applied applied;
    error refused = {0};
    const logger *log = w->options.log;
    if (apply_document(w, file, &applied, &refused)) {
        if (applied.is_new || applied.is_activated || applied.is_archived)
            log_info(log, "workflow_applied", log_text("workflow_id", file->workflow->id.text),
                     log_int("version", applied.version), log_bool("activated", applied.is_activated));
        return true;
    }
    if (refused.code == ERROR_REDIS)
        return error_set(e, refused.code, 0, "%s", refused.message);
    log_error(log, "workflow_not_applied", log_text("file", file->workflow->file),
              log_text("workflow_id", file->workflow->id.text), log_text("message", refused.message));
    return true;
}

/* They were sound when the worker started: only memory can be missing now. */
static bool apply_one(catalog_watch *w, const workflow_file *file, error *e)
{
    arena memory;
    workflow_findings findings;
    compiled_file compiled;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    bool ok = workflow_file_compile(file, &compiled, &findings)
                  ? apply_compiled(w, &compiled, e)
                  : error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory for %s", file->name);
    compiled_file_free(&compiled);
    arena_free(&memory);
    return ok;
}

static bool apply_documents(catalog_watch *w, error *e)
{
    for (size_t i = 0; i < w->options.documents->count; i++)
        if (!apply_one(w, &w->options.documents->items[i], e))
            return false;
    w->applied = true;
    return true;
}

/* ---- the catalog ---- */

/* Providers are the worker's, so the store cannot know their names; a step of an unknown one fails when it
 * runs. */
static void tell_unknown_providers(const catalog_watch *w, const catalog *c)
{
    for (size_t i = 0; i < catalog_count(c); i++) {
        const workflow *checked = catalog_at(c, i);
        const step *s = channel_find_unknown(w->options.config, checked);
        if (s != NULL)
            log_error(w->options.log, "provider_unknown", log_text("workflow_id", checked->id.text),
                      log_text("step_id", s->id.text), log_text("provider", s->provider.text));
    }
}

static bool load(catalog_watch *w, int64_t counter, error *e)
{
    arena memory;
    workflow_findings findings;
    arena_init(&memory, 4096, LIMIT_DOCUMENT_MEMORY);
    workflow_findings_init(&findings, &memory);
    const catalog *previous = catalog_cell_get(w->options.cell);
    const catalog *c = catalog_store_load(w->store, previous, &findings, e);
    catalog_release(previous);
    tell_findings(w, &findings);
    arena_free(&memory);
    if (c == NULL)
        return false;
    tell_unknown_providers(w, c);
    log_info(w->options.log, "catalog", log_int("workflows", (int64_t)catalog_count(c)),
             log_int("counter", counter));
    catalog_cell_put(w->options.cell, c);
    w->counter = counter;
    uv_async_send(w->options.changed);
    return true;
}

/* A counter that went back: Redis has lost what it knew. What this worker has goes on, and the folder's
 * documents are applied again. */
static bool look(catalog_watch *w, error *e)
{
    int64_t counter;
    if ((!w->applied && !apply_documents(w, e)) || !catalog_store_counter(w->store, &counter, e))
        return false;
    if (counter < w->counter) {
        log_error(w->options.log, "catalog_lost", log_int("counter", counter),
                  log_int("expected", w->counter),
                  log_text("message", "Redis remembers less of the catalog than it did"));
        if (!apply_documents(w, e) || !catalog_store_counter(w->store, &counter, e))
            return false;
    }
    return counter == w->counter || load(w, counter, e);
}

/* ---- the thread ---- */

static void disconnect(catalog_watch *w)
{
    catalog_store_close(w->store);
    redis_session_close(w->subscription);
    w->store = NULL;
    w->subscription = NULL;
}

/* The subscription comes first: what changes between the two is then heard of. */
static bool connect_both(catalog_watch *w, error *e)
{
    const config *c = w->options.config;
    char channel[CATALOG_CHANNEL_SIZE];
    if (w->store != NULL)
        return true;
    catalog_store_channel(c->group, channel);
    w->subscription = redis_session_open(&c->redis, c->redis_timeout_ms, e);
    if (w->subscription == NULL)
        return false;
    redisReply *reply = REDIS_CALL(w->subscription, e, redis_text("SUBSCRIBE"), redis_text(channel));
    freeReplyObject(reply);
    if (reply == NULL)
        return false;
    w->store = catalog_store_open(&c->redis, c->group, c->redis_timeout_ms, e);
    return w->store != NULL;
}

/* Until there is something to look at, or a pause is over. False where the thread is to end. */
static bool wait_for_change(catalog_watch *w)
{
    struct pollfd descriptors[2] = {{.fd = w->stop, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
    if (w->subscription != NULL)
        descriptors[1].fd = redis_session_descriptor(w->subscription);
    (void)poll(descriptors, 2, PAUSE_MS);
    if (descriptors[0].revents != 0)
        return false;
    if (descriptors[1].revents != 0 && !redis_session_drain(w->subscription))
        disconnect(w);
    return true;
}

static void run(void *argument)
{
    catalog_watch *w = argument;
    do {
        error e = {0};
        if (connect_both(w, &e) && look(w, &e)) {
            atomic_store(&w->unreachable, false);
        } else {
            tell_unreachable(w, &e);
            disconnect(w);
        }
    } while (wait_for_change(w));
    disconnect(w);
}

catalog_watch *catalog_watch_start(const catalog_watch_options *options, error *e)
{
    catalog_watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        error_set(e, ERROR_OUT_OF_MEMORY, 0, "no memory to watch the catalog");
        return NULL;
    }
    w->options = *options;
    w->counter = -1;
    w->stop = eventfd(0, EFD_CLOEXEC);
    if (w->stop >= 0 && uv_thread_create(&w->thread, run, w) == 0)
        return w;
    if (w->stop >= 0)
        close(w->stop);
    free(w);
    error_set(e, ERROR_SYSTEM, 0, "no thread to watch the catalog");
    return NULL;
}

bool catalog_watch_unreachable(const catalog_watch *w)
{
    return atomic_load(&w->unreachable);
}

void catalog_watch_stop(catalog_watch *w)
{
    if (w == NULL)
        return;
    const uint64_t one = 1;
    if (write(w->stop, &one, sizeof one) == (ssize_t)sizeof one)
        uv_thread_join(&w->thread);
    close(w->stop);
    free(w);
}
