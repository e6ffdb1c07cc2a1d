/* failure: one thing that goes wrong in a world where nothing else does: the n-th of its kind. Tried for
 * every n, it shows that no single failure does harm wherever it strikes (SQLite's fault simulation is the
 * model). */
#ifndef TESTS_SIMULATION_FAILURE_H
#define TESTS_SIMULATION_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

/* X(code, word) */
#define FAILURES(X)                                                                               \
    X(FAILURE_NONE, "none")                                                                       \
    X(FAILURE_REQUEST, "request")   /* the connection breaks, and the store never gets it */      \
    X(FAILURE_REPLY, "reply")       /* the connection breaks behind what the store has done */    \
    X(FAILURE_STORE, "store")       /* the store is away for seconds behind it */                 \
    X(FAILURE_OFFSETS, "offsets")   /* a transaction is refused */                                \
    X(FAILURE_COMMIT, "commit")     /* its end never arrives, and is given up */                  \
    X(FAILURE_ANSWER, "answer")     /* it is committed, and the worker believes that it is not */ \
    X(FAILURE_DELIVERY, "delivery") /* refused once */                                            \
    X(FAILURE_ADDRESS, "address")   /* refused for good */                                        \
    X(FAILURE_UNKNOWN, "unknown")   /* nobody can tell whether it arrived */                      \
    X(FAILURE_CLOSED, "closed")     /* a provider takes nothing */                                \
    X(FAILURE_KILL, "kill")         /* the worker dies before what it is about to do */           \
    X(FAILURE_SLEEP, "sleep")       /* the worker sleeps past its session before it */            \
    X(FAILURE_COUNT, "")

typedef enum failure_kind {
#define X(code, word) code,
    FAILURES(X)
#undef X
} failure_kind;

typedef struct failure {
    failure_kind kind;
    uint64_t number; /* 1: the first */
} failure;

const char *failure_word(failure_kind k);
/* "kill:17". False where the text is no failure. */
bool failure_parse(const char *text, failure *f);

#endif
