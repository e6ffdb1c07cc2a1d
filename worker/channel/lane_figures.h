/* lane_figures: what one provider of a shard has been doing. */
#ifndef WORKER_CHANNEL_LANE_FIGURES_H
#define WORKER_CHANNEL_LANE_FIGURES_H

#include <stdbool.h>

#include "worker/admin/histogram.h"

/* All zero at the start. */
typedef struct lane_figures {
    uint64_t delivered;
    uint64_t retriable; /* refusals that are not for good */
    uint64_t permanent;
    uint64_t unknown; /* nobody knows whether it arrived */
    uint64_t postponed;
    histogram duration;
    int64_t in_flight;
    int64_t queued;
    bool is_open; /* the provider is given up, or probed */
} lane_figures;

#endif
