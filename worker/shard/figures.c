#include "worker/shard/figures.h"

#include <stdlib.h>
#include <string.h>

int64_t figures_unaccounted(const figures *f)
{
    return (int64_t)(f->taken - tally_triggers(&f->tally) - f->returned - f->in_flight);
}

void figures_board_init(figures_board *b)
{
    *b = (figures_board){0};
    uv_mutex_init(&b->mutex);
}

void figures_board_free(figures_board *b)
{
    free(b->lags.items);
    uv_mutex_destroy(&b->mutex);
}

bool figures_board_post(figures_board *b, const figures *f)
{
    if (uv_mutex_trylock(&b->mutex) != 0)
        return false;
    b->figures = *f;
    uv_mutex_unlock(&b->mutex);
    return true;
}

void figures_board_post_lags(figures_board *b, lag_list lags)
{
    lag_list dropped = lags;
    if (uv_mutex_trylock(&b->mutex) == 0) {
        dropped = b->lags;
        b->lags = lags;
        uv_mutex_unlock(&b->mutex);
    }
    free(dropped.items);
}

bool figures_board_read(figures_board *b, figures *f, lag_list *lags, arena *a)
{
    uv_mutex_lock(&b->mutex);
    *f = b->figures;
    lags->count = b->lags.count;
    lags->items = arena_calloc(a, lags->count, sizeof *lags->items);
    if (lags->items != NULL && lags->count > 0)
        memcpy(lags->items, b->lags.items, lags->count * sizeof *lags->items);
    uv_mutex_unlock(&b->mutex);
    return lags->items != NULL;
}
