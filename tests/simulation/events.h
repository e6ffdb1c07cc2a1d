/* events: what executions tell the world, as the simulation carries it: which event, and a hash of all it
 * says. */
#ifndef TESTS_SIMULATION_EVENTS_H
#define TESTS_SIMULATION_EVENTS_H

#include "engine/execution/completion.h"
#include "tests/simulation/world.h"

typedef struct event_mark {
    uint64_t id; /* 0: none */
    uint64_t content;
} event_mark;

typedef struct event_list {
    event_mark *items;
    uint32_t count;
    uint32_t capacity;
} event_list;

uint64_t events_hash(const void *bytes, size_t size);
event_mark events_of_step(arena *scratch, const execution *x, size_t number);
event_mark events_of_execution(arena *scratch, const execution *x);
/* Of the trigger at this place of the log. */
event_mark events_of_rejection(uint32_t place, int64_t offset);

/* In the world's arena. */
void events_add(world *w, event_list *l, event_mark e);
/* The events of steps from `first` on that have ended, and of the execution where it has. */
void events_add_execution(world *w, event_list *l, arena *scratch, const execution *x, size_t first);
/* An outbox entry is a list's marks, one after the other. */
void events_add_entry(world *w, event_list *l, const char *bytes, size_t size);

#endif
