/* agenda: the virtual clock and what is to happen when. What is due at the same time happens in an order that
 * the dice decide. */
#ifndef TESTS_SIMULATION_AGENDA_H
#define TESTS_SIMULATION_AGENDA_H

#include <stddef.h>

#include "tests/simulation/dice.h"

typedef void agenda_action(void *subject, uint64_t number, void *data);

typedef struct agenda_item {
    int64_t at_us;
    uint64_t tie;
    agenda_action *run;
    void *subject;
    uint64_t number;
    void *data;
} agenda_item;

typedef struct agenda {
    int64_t now_us;
    uint64_t steps;
    dice *dice;
    agenda_item *heap;
    size_t count;
    size_t capacity;
} agenda;

/* Empty, at 0; keeps its memory. */
void agenda_reset(agenda *a, dice *d);
void agenda_free(agenda *a);
void agenda_add(agenda *a, int64_t delay_us, agenda_action *run, void *subject, uint64_t number, void *data);
/* Moves the clock to the next item and runs it. False where there is none. */
bool agenda_step(agenda *a);

#endif
