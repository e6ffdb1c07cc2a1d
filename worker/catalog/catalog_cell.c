#include "worker/catalog/catalog_cell.h"

#include <assert.h>

void catalog_cell_init(catalog_cell *c)
{
    c->newest = NULL;
    int failed = uv_mutex_init(&c->mutex);
    assert(failed == 0); /* the kernel has no resources for a lock: nothing would work */
}

void catalog_cell_free(catalog_cell *c)
{
    catalog_release(c->newest);
    uv_mutex_destroy(&c->mutex);
}

void catalog_cell_put(catalog_cell *c, const catalog *newest)
{
    uv_mutex_lock(&c->mutex);
    const catalog *old = c->newest;
    c->newest = newest;
    uv_mutex_unlock(&c->mutex);
    catalog_release(old);
}

const catalog *catalog_cell_get(catalog_cell *c)
{
    uv_mutex_lock(&c->mutex);
    const catalog *newest = c->newest != NULL ? catalog_retain(c->newest) : NULL;
    uv_mutex_unlock(&c->mutex);
    return newest;
}
