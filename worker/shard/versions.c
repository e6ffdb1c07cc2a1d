#include "worker/shard/versions.h"

#include "worker/catalog/catalog_store.h"

enum { RETRY_MS = 1000 };

static bool is_wanted(const workflow *w, const value *id, int64_t version, int64_t control_version)
{
    return w->version == version && w->control_version == control_version && value_same_text(&w->id, id);
}

const workflow *versions_find(const versions *v, const value *id, int64_t version, int64_t control_version)
{
    for (unsigned i = 0; i < VERSIONS_KEPT; i++)
        if (v->kept[i] != NULL && is_wanted(v->kept[i], id, version, control_version))
            return workflow_retain(v->kept[i]);
    return NULL;
}

static void keep(versions *v, const workflow *w)
{
    workflow_release(v->kept[v->next_kept]);
    v->kept[v->next_kept] = workflow_retain(w);
    v->next_kept = (v->next_kept + 1) % VERSIONS_KEPT;
}

/* ---- loading ---- */

/* On the pool's thread. */
static void load(uv_work_t *work)
{
    versions *v = work->data;
    const version_request *r = v->loading;
    catalog_store *s =
        catalog_store_open(&v->config->redis, v->config->group, v->config->redis_timeout_ms, &v->error);
    v->loaded = NULL;
    if (s != NULL)
        v->loaded = catalog_store_workflow(s, &r->id, (int)r->version, WORKFLOW_ACTIVE, r->control_version,
                                           &v->error);
    catalog_store_close(s);
}

static void load_next(versions *v);

static void on_retry(uv_timer_t *handle)
{
    load_next(handle->data);
}

static void after(uv_work_t *work, int status)
{
    versions *v = work->data;
    version_request *r = v->loading;
    (void)status; /* never cancelled */
    v->loading = NULL;
    if (v->closing)
        return;
    if (v->loaded == NULL && error_class_of(v->error.code) == ERROR_RETRIABLE) {
        r->next = v->first;
        v->first = r;
        if (r->next == NULL)
            v->last = &r->next;
        uv_timer_start(&v->retry, on_retry, RETRY_MS, 0);
        return;
    }
    const workflow *w = v->loaded;
    v->loaded = NULL;
    if (w != NULL)
        keep(v, w);
    r->done(r, w, w == NULL ? &v->error : NULL);
    load_next(v);
}

/* What was loaded for another one while this one waited is not loaded again. */
static void load_next(versions *v)
{
    while (v->loading == NULL && v->first != NULL && !v->closing) {
        version_request *r = v->first;
        v->first = r->next;
        if (v->first == NULL)
            v->last = &v->first;
        const workflow *w = versions_find(v, &r->id, r->version, r->control_version);
        if (w != NULL) {
            r->done(r, w, NULL);
            continue;
        }
        v->loading = r;
        v->work.data = v;
        uv_queue_work(v->loop, &v->work, load, after);
    }
}

void versions_load(versions *v, version_request *r)
{
    r->next = NULL;
    *v->last = r;
    v->last = &r->next;
    if (!uv_is_active((uv_handle_t *)&v->retry))
        uv_timer_start(&v->retry, on_retry, 0, 0); /* `done` comes in a turn of its own */
}

/* ---- life ---- */

void versions_init(versions *v, const config *c, const logger *log, uv_loop_t *loop)
{
    *v = (versions){.config = c, .log = log, .loop = loop};
    v->last = &v->first;
    uv_timer_init(loop, &v->retry);
    v->retry.data = v;
}

void versions_close(versions *v)
{
    v->closing = true;
    uv_timer_stop(&v->retry);
}

void versions_free(versions *v)
{
    workflow_release(v->loaded);
    for (unsigned i = 0; i < VERSIONS_KEPT; i++)
        workflow_release(v->kept[i]);
}
