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

void workload_init(workload *l);
void workload_free(workload *l);

/* Puts the scenario's triggers and people's commands onto the agenda. */
void workload_begin(world *w);
/* The name of a topic. */
value workload_topic(uint32_t topic);
/* The engine's view of a message at its place. */
trigger workload_trigger(const message *m, uint32_t topic, int32_t place, int64_t offset);
const workflow *workload_find(const workload *l, const value *id);
/* Of a step: it goes out of the house, so that its attempts must be recorded before. */
bool workload_is_outward(const step *s);
/* Of a step: an attempt of unknown outcome is made again. */
bool workload_retries_unknown(const step *s);

#endif
