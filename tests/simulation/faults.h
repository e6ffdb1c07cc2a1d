/* faults: what goes wrong in a world, and when. */
#ifndef TESTS_SIMULATION_FAULTS_H
#define TESTS_SIMULATION_FAULTS_H

#include "tests/simulation/world.h"

/* Starts the workers, and lets things go wrong until the world is calm. */
void faults_begin(world *w);
/* From now on nothing does, and somebody is there to end everything. */
void faults_end(world *w);

#endif
