/* group: the coordinator of the workers' group, by Kafka's eager protocol: whenever somebody joins, leaves or
 * is lost from sight, everybody gives their partitions back and joins anew; when all have, or time is up, a
 * new generation divides the partitions. */
#ifndef TESTS_SIMULATION_GROUP_H
#define TESTS_SIMULATION_GROUP_H

#include "tests/simulation/world.h"

/* Who commits: refused unless it is a member of the present generation. */
typedef struct member_id {
    uint32_t worker;
    uint64_t incarnation;
    uint64_t generation;
} member_id;

typedef struct group_member {
    bool present;
    bool joined; /* for the next generation */
    uint64_t incarnation;
    int64_t told_us; /* its messages arrive in order */
} group_member;

struct group {
    uint64_t generation;
    bool preparing;
    uint64_t rebalances;
    group_member members[WORKERS_MAX];
};

enum { SESSION_MS = 2500, REBALANCE_MS = 3500 };

void group_make(world *w);
/* Requests of a worker, on arrival. */
void group_join(world *w, uint32_t number, uint64_t incarnation);
void group_leave(world *w, uint32_t number, uint64_t incarnation);
/* The coordinator has not heard of it for too long. */
void group_expel(world *w, uint32_t number);
/* A worker died or sleeps: it is expelled after the session, unless it is heard of again. */
void group_lose_sight(world *w, uint32_t number);
/* A worker believes to be a member of the generation; if it is not, it is told that all is lost. */
void group_heartbeat(world *w, const member_id *m);
/* Everybody joins anew. */
void group_rebalance(world *w);
bool group_is_current(const world *w, const member_id *m);

#endif
