#include "engine/execution/status.h"

const char *execution_status_name(execution_status status)
{
#define X(code, name) name,
    static const char *const names[] = {EXECUTION_STATUSES(X)};
#undef X
    return names[status];
}

const char *step_status_name(step_status status)
{
#define X(code, name) name,
    static const char *const names[] = {STEP_STATUSES(X)};
#undef X
    return names[status];
}

bool execution_status_find(const value *name, execution_status *status)
{
    for (*status = EXECUTION_PENDING; *status <= EXECUTION_FAILED; (*status)++)
        if (value_is_text(name, execution_status_name(*status)))
            return true;
    return false;
}

bool step_status_find(const value *name, step_status *status)
{
    for (*status = STEP_PENDING; *status <= STEP_FAILED; (*status)++)
        if (value_is_text(name, step_status_name(*status)))
            return true;
    return false;
}
