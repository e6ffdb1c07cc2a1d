/* What the micro benches share. Each does one operation argv[1] times and prints what one took;
 * tests/bench/instructions counts how many instructions it took. */
#ifndef TESTS_BENCH_MEASURE_H
#define TESTS_BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double measure_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline long measure_rounds(int argc, char **argv)
{
    return argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
}

static inline void measure_print(const char *what, double begun_ns, long rounds)
{
    printf("%8.1f ns  %s\n", (measure_cpu_ns() - begun_ns) / (double)rounds, what);
}

#endif
