/* catalog_cell: where the newest catalog stands for all threads. */
#ifndef WORKER_CATALOG_CELL_H
#define WORKER_CATALOG_CELL_H

#include <uv.h>

#include "engine/workflow/catalog.h"

/* Embedded by value; the fields are its own. */
typedef struct catalog_cell {
    uv_mutex_t mutex;
    const catalog *newest;
} catalog_cell;

void catalog_cell_init(catalog_cell *c);
void catalog_cell_free(catalog_cell *c);

/* Takes the caller's reference and gives up the one that it had. Any thread. */
void catalog_cell_put(catalog_cell *c, const catalog *newest);
/* The newest, with a reference for the caller; NULL where there was none yet. Any thread. */
const catalog *catalog_cell_get(catalog_cell *c);

#endif
