/* picture: what a record says, in short: enough to see whether a later one may follow it. Taken of the
 * execution whose record is written. */
#ifndef TESTS_SIMULATION_PICTURE_H
#define TESTS_SIMULATION_PICTURE_H

#include "tests/simulation/events.h"
#include "tests/simulation/workload.h"

typedef struct picture_step {
    step_status status;
    int64_t run;
    int64_t attempt;
    const provider *provider; /* that is asked, or has delivered it; NULL: none */
    event_mark event;         /* of one that has ended */
} picture_step;

typedef struct picture {
    execution_status status;
    bool ended;
    bool cancelled;
    bool postponed;
    int64_t run;
    int64_t due_ms;
    int64_t offset;
    size_t current_step;
    size_t step_count;
    picture_step steps[STEPS_MAX];
    event_mark event; /* of one that has ended */
} picture;

/* In the world's arena. */
const picture *picture_take(world *w, arena *scratch, const execution *x);
/* What is wrong with `next` behind `before`: a sentence; NULL: nothing. */
const char *picture_fault(const picture *before, const picture *next);
/* "RUNNING run 1 step 2/3 EXECUTING attempt 1", in the world's arena. */
const char *picture_text(world *w, const picture *p);

#endif
