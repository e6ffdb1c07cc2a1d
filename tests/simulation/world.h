/* world: one seed's world: the log, the store, the workers, the clock, the faults and what is known to be
 * true.
 *
 * Everything happens on the agenda, in one thread. Whatever travels between parts (requests, blocks,
 * transactions) lives in the world's arena until its end; what the engine may hold only for a while is a
 * worker's and is freed as soon as the engine's contracts allow, so that AddressSanitizer sees who keeps it
 * longer. */
#ifndef TESTS_SIMULATION_WORLD_H
#define TESTS_SIMULATION_WORLD_H

#include "engine/custody/custody.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/failure.h"
#include "tests/simulation/scenario.h"

enum {
    PARTITIONS_MAX = 6,
    WORKERS_MAX = 8,
    PRODUCERS_MAX =
        4, /* worker i and i + 4 have the same transactional id: a pod and the one that replaces it */
    MS = 1000,
    SECOND = 1000 * MS,
};

/* The wall clock at the beginning, in ms. */
#define WORLD_EPOCH_MS INT64_C(1790000000000)

typedef struct workload workload;
typedef struct trigger_log trigger_log;
typedef struct group group;
typedef struct redis redis;
typedef struct checks checks;
typedef struct worker worker;

typedef struct world {
    uint64_t seed;
    const scenario *scenario;
    dice dice;
    agenda agenda;
    arena arena;
    const workload *workload;
    trigger_log *log;
    group *group;
    redis *redis;
    checks *checks;
    worker *workers[WORKERS_MAX];
    uint32_t worker_count;
    uint32_t partition_count;
    custody_limits limits; /* of every worker */
    bool calm;             /* no faults any more: everything must come to its end */
    bool postponed;        /* something waits for the next takeover */
    bool tracing;
    uint64_t faults;
    failure failure;   /* that is to happen */
    uint64_t things;   /* of its kind, so far */
    char broken[1024]; /* which rule, and by whom; empty: none */
} world;

/* Runs one seed to its end. False where a rule was broken: see w->broken. */
bool world_run(world *w, uint64_t seed, const scenario *s, const failure *f, const workload *load,
               bool tracing);
/* Gives back what is left of the last seed. */
void world_free(world *w);

/* Of the world's arena; never NULL. */
void *world_alloc(world *w, size_t size);
void *world_copy(world *w, const void *bytes, size_t size);

void world_break(world *w, const char *format, ...) PRINTF_LIKE(2, 3);
void world_trace(world *w, const char *who, const char *format, ...) PRINTF_LIKE(3, 4);
/* A line of the trace, of the time, who, and what. */
#define TRACE(w, who, ...)                        \
    do {                                          \
        if ((w)->tracing)                         \
            world_trace((w), (who), __VA_ARGS__); \
    } while (0)

/* True in `share` of 10,000 cases, as long as faults happen; counted. */
bool world_fault(world *w, uint32_t share);
/* True where the failure that this world is made for happens now. */
bool world_fails(world *w, failure_kind k);
static inline int64_t world_now_ms(const world *w)
{
    return w->agenda.now_us / MS;
}
/* What a network takes: short mostly, long sometimes. */
int64_t world_latency_us(world *w, int64_t usual_us);

#endif
