/* lane_figures: what one provider has been doing, in one shard or in several. */
#ifndef WORKER_CHANNEL_LANE_FIGURES_H
#define WORKER_CHANNEL_LANE_FIGURES_H

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
    int64_t given_up; /* shards in which it is, or is probed */
} lane_figures;

static inline void lane_figures_add(lane_figures *to, const lane_figures *from)
{
    to->delivered += from->delivered;
    to->retriable += from->retriable;
    to->permanent += from->permanent;
    to->unknown += from->unknown;
    to->postponed += from->postponed;
    histogram_add(&to->duration, &from->duration);
    to->in_flight += from->in_flight;
    to->queued += from->queued;
    to->given_up += from->given_up;
}

#endif
