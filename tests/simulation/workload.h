/* workload: the workflows of the simulated worlds, and the triggers that come for them. Compiled once for all
 * seeds.
 */
#ifndef TESTS_SIMULATION_WORKLOAD_H
#define TESTS_SIMULATION_WORKLOAD_H

#include "engine/execution/execution.h"
#include "tests/simulation/world.h"

enum { WORKFLOWS_MAX = 12, PAYLOADS_MAX = 8, STEPS_MAX = 3 };

struct workload {
    arena arena;
    validator *validator;
    const workflow *workflows[WORKFLOWS_MAX];
    uint32_t workflow_count;
    uint32_t waiting_from; /* the workflows from here on only wait */
    value payloads[PAYLOADS_MAX];
    uint32_t payload_count;
    value wrong_payload;
};

typedef enum verdict { VERDICT_ACCEPTED, VERDICT_REJECTED, VERDICT_DUPLICATE } verdict;

/* What a message of a trigger topic holds. */
typedef struct message {
    bool broken;              /* cannot even be decoded */
    const workflow *workflow; /* NULL: one that nobody knows */
    value workflow_id;
    value trigger_id;
    value data;
    identity id;
    verdict verdict; /* what must come of it */
} message;

/* Whom a step's message may be given to. */
typedef struct provider {
    const char *name;
    bool is_outward;      /* it goes out of the house, so that asking it must be recorded before */
    bool retries_unknown; /* an attempt of unknown outcome is made again, here or with another one */
} provider;

enum { ROUTE_MAX = 3 };
/* The providers of a step, in order; NULL behind the last. */
typedef const provider *route[ROUTE_MAX + 1];

void workload_init(workload *l);
void workload_free(workload *l);

/* Puts the scenario's triggers and people's commands onto the agenda. */
void workload_begin(world *w);
/* The name of a topic. */
value workload_topic(uint32_t topic);
/* The engine's view of a message at its place. */
trigger workload_trigger(const message *m, uint32_t topic, int32_t place, int64_t offset);
const workflow *workload_find(const workload *l, const value *id);
const route *workload_route(const step *s);
/* Of a name that a record has; NULL: nobody's. */
const provider *workload_provider(const value *name);

#endif
