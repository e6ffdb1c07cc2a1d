/* worker: one simulated shard: the real engine, and around it what worker/shard does with custody_next and
 * activation_next. It can be killed or put to sleep before anything that it is about to do. */
#ifndef TESTS_SIMULATION_WORKER_H
#define TESTS_SIMULATION_WORKER_H

#include "tests/simulation/redis.h"
#include "tests/simulation/workload.h"

typedef void worker_handler(worker *k, void *data);

worker *worker_make(world *w, uint32_t number);
/* Kills what is alive. */
void worker_free(worker *k);

void worker_start(worker *k);
/* At once. */
void worker_kill(worker *k);
/* Before the n-th thing that it does from now on: it dies, or sleeps so long. */
void worker_kill_later(worker *k, uint32_t n);
void worker_sleep_later(worker *k, uint32_t n, int64_t sleeps_ms);
/* SIGTERM. */
void worker_stop(worker *k);
/* Its wall clock is so far from the world's. */
void worker_set_clock(worker *k, int64_t skew_ms);
/* Its connection to the store breaks. */
void worker_disconnect(worker *k, bool late);

bool worker_is_alive(const worker *k);
bool worker_is_awake(const worker *k); /* and alive */
bool worker_is_stopping(const worker *k);
uint64_t worker_incarnation(const worker *k);
const char *worker_name(const worker *k);
uint64_t worker_store_losses(const worker *k);

/* Something happens to this incarnation of it, if that lives, and once it is awake. */
void worker_post(worker *k, uint64_t incarnation, int64_t delay_us, worker_handler *handler, void *data);
/* There is something new in the log. */
void workers_look(world *w);

/* What the group tells. */
void worker_assigned(worker *k, uint64_t incarnation, const uint32_t *partitions, uint32_t count,
                     uint64_t generation);
void worker_revoked(worker *k, uint64_t incarnation, bool lost);
/* A shipment comes back. */
void worker_replied(worker *k, void *data);

#endif
