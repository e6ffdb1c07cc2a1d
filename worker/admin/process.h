/* process: what this process takes of the machine, for Prometheus' standard metrics. */
#ifndef WORKER_ADMIN_PROCESS_H
#define WORKER_ADMIN_PROCESS_H

#include <stdint.h>

typedef struct process_figures {
    double cpu_seconds;
    uint64_t resident_bytes;
    uint64_t virtual_bytes;
    uint64_t open_descriptors;
    uint64_t descriptors_max;
} process_figures;

/* What the system does not tell is 0. */
process_figures process_read(void);
/* When the process started, in seconds since 1970. It is reckoned from two clocks: ask once and keep it, or
 * it flutters. */
double process_start(void);

#endif
