/* delivery_names: what the templates of a provider's configuration see of a delivery. */
#ifndef WORKER_CHANNEL_DELIVERY_NAMES_H
#define WORKER_CHANNEL_DELIVERY_NAMES_H

#include "engine/expression/expression.h"
#include "worker/channel/delivery.h"

/* X(code, name): in the order of the values that rendering takes. */
#define DELIVERY_NAMES(X)                                                                                    \
    X(DELIVERY_NAME_MESSAGE, "message")     /* map: the step as it was rendered */                           \
    X(DELIVERY_NAME_STEP, "step")           /* map: id, type, name */                                        \
    X(DELIVERY_NAME_RECIPIENT, "recipient") /* string */                                                     \
    X(DELIVERY_NAME_EXECUTION, "execution") /* map: id, run */                                               \
    X(DELIVERY_NAME_WORKFLOW, "workflow")   /* map: id, version */                                           \
    X(DELIVERY_NAME_KEY, "idempotency_key") /* string: the same for all attempts and providers */            \
    X(DELIVERY_NAME_ATTEMPT, "attempt")     /* int, from 1 */                                                \
    X(DELIVERY_NAME_NOW, "now")           /* int: seconds since 1970, of this attempt; as | date takes it */ \
    X(DELIVERY_NAME_METADATA, "metadata") /* map: the trigger's */

typedef enum delivery_name {
#define X(code, name) code,
    DELIVERY_NAMES(X)
#undef X
        DELIVERY_NAME_COUNT
} delivery_name;

/* For templates, with their filters. */
extern const expression_scope delivery_scope;

/* Fills values[DELIVERY_NAME_COUNT]. They borrow from the delivery and live in its arena. False where that
 * has no memory left. */
MUST_CHECK bool delivery_names_fill(const delivery *d, value *values);

#endif
