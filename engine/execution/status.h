/* status: where an execution stands, and where a step of it does; their lives are at the top of
 * execution.c. */
#ifndef ENGINE_EXECUTION_STATUS_H
#define ENGINE_EXECUTION_STATUS_H

#include "engine/value/value.h"

/* X(code, name): in the order of the enums in schemas/execution_completion.avsc where they appear there. */
#define EXECUTION_STATUSES(X)           \
    X(EXECUTION_PENDING, "PENDING")     \
    X(EXECUTION_RUNNING, "RUNNING")     \
    X(EXECUTION_COMPLETED, "COMPLETED") \
    X(EXECUTION_FAILED, "FAILED")

#define STEP_STATUSES(X)           \
    X(STEP_PENDING, "PENDING")     \
    X(STEP_EXECUTING, "EXECUTING") \
    X(STEP_COMPLETED, "COMPLETED") \
    X(STEP_SKIPPED, "SKIPPED")     \
    X(STEP_FAILED, "FAILED")

#define X(code, name) code,
typedef enum execution_status { EXECUTION_STATUSES(X) } execution_status;
typedef enum step_status { STEP_STATUSES(X) } step_status;
#undef X

/* "PENDING" and so on. Static. */
const char *execution_status_name(execution_status status);
const char *step_status_name(step_status status);
/* False where no status has this name. */
MUST_CHECK bool execution_status_find(const value *name, execution_status *status);
MUST_CHECK bool step_status_find(const value *name, step_status *status);

/* True for COMPLETED and FAILED. */
static inline bool execution_status_has_ended(execution_status status)
{
    return status == EXECUTION_COMPLETED || status == EXECUTION_FAILED;
}
/* True for COMPLETED, SKIPPED and FAILED. */
static inline bool step_status_has_ended(step_status status)
{
    return status == STEP_COMPLETED || status == STEP_SKIPPED || status == STEP_FAILED;
}

#endif
