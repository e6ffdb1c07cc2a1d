/* scenario: which faults a world has, and how many. */
#ifndef TESTS_SIMULATION_SCENARIO_H
#define TESTS_SIMULATION_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

/* X(code, word): what may happen at any moment. */
#define FAULTS(X)                                                                                \
    X(FAULT_KILL, "kill")             /* a worker dies, and is started again */                  \
    X(FAULT_PAUSE, "pause")           /* a worker sleeps, perhaps past its session */            \
    X(FAULT_REPLACE, "replace")       /* a worker sleeps, and another takes its place and ids */ \
    X(FAULT_STOP, "stop")             /* SIGTERM, and started again */                           \
    X(FAULT_EXPEL, "expel")           /* the group loses sight of a worker */                    \
    X(FAULT_REBALANCE, "rebalance")   /* the group divides anew */                               \
    X(FAULT_CLOCK, "clock")           /* a worker's wall clock jumps */                          \
    X(FAULT_CONNECTION, "connection") /* a connection to the store breaks */                     \
    X(FAULT_RESTART, "restart")       /* the store is away, and back with all it had */          \
    X(FAULT_FAILOVER, "failover")     /* a replica takes the store's place, lagging */           \
    X(FAULT_COUNT, "")

typedef enum fault_kind {
#define X(code, word) code,
    FAULTS(X)
#undef X
} fault_kind;

typedef struct scenario {
    const char *name;
    uint32_t workers; /* at most */
    uint32_t partitions;
    uint32_t triggers; /* at most */
    int64_t lasts_ms;  /* then faults stop, and everything must end */
    int64_t fault_every_ms;
    uint32_t weights[FAULT_COUNT];
    /* Shares of 10,000. */
    uint32_t transaction_fails; /* of transactions: refused, and aborted */
    uint32_t answer_lost;       /* of transactions: of their end, which took effect or did not */
    uint32_t late;       /* of broken connections: what was under way is carried out all the same, later */
    uint32_t slow;       /* of deliveries: longer than an epoch waits */
    uint32_t refused;    /* of deliveries: retriable */
    uint32_t permanent;  /* of deliveries: for good */
    uint32_t unknown;    /* of deliveries: nobody can tell whether they arrived */
    uint32_t closed;     /* of the times a provider is looked at: it takes nothing at present */
    uint32_t duplicates; /* of triggers: repeat a trigger_id */
    uint32_t invalid;    /* of triggers */
    uint32_t commands;   /* people's, per 100 triggers */
    uint32_t unbound;    /* of the times a version is looked for: not there at present */
    uint32_t unread;     /* of the pages of pending sets: cannot be read */
    uint32_t lag;        /* of what travels: ten to hundred times as long */
    bool loses;          /* the store may forget what it acknowledged */
    bool usual;          /* no other limits of custody than the usual ones */
    bool waits;          /* workflows with delays only: many timers */
} scenario;

/* NULL where there is none of the name. */
const scenario *scenario_find(const char *name);
/* The one that a seed is for. */
const scenario *scenario_of_seed(uint64_t seed);
const char *fault_word(fault_kind f);
/* Every name, one a line. */
void scenario_print_all(void);

#endif
