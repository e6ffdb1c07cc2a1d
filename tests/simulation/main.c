/* Runs seeds, each a world of its own, in two processes, until one breaks a rule or all are done.
 *
 *     simulation [--seeds N] [--first-seed S] [--scenario NAME] [--trace]
 *                [--each-failure] [--failure KIND:N]
 *
 * The exit code is 0 only if no rule was broken. A broken seed is run once more, and the end of its trace
 * shown;
 * --each-failure runs a seed once for every single thing that can fail in it, --failure for one of them;
 * --trace shows everything of every seed, in one process. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/workload.h"

enum { PROCESSES = 2, SHOWN_LINES = 70 };

typedef struct options {
    uint64_t seeds;
    uint64_t first_seed;
    const scenario *scenario; /* NULL: by seed */
    failure failure;
    bool each;
    bool trace;
} options;

/* What the processes tell, in memory that they share. */
typedef struct progress {
    volatile bool stop;
    struct {
        volatile uint64_t seed;
        volatile uint64_t done, steps, faults;
        volatile bool broken;
        failure failure;
        char message[1024];
    } of[PROCESSES];
} progress;

static const scenario *scenario_for(const options *o, uint64_t seed)
{
    return o->scenario != NULL ? o->scenario : scenario_of_seed(seed);
}

static bool run_seed(world *w, const options *o, const workload *l, uint64_t seed, bool tracing)
{
    return world_run(w, seed, scenario_for(o, seed), &o->failure, l, tracing);
}

/* False where the process may stop. */
static bool run_one(world *w, const options *o, const workload *l, progress *p, uint32_t process,
                    uint64_t seed)
{
    p->of[process].seed = seed;
    p->of[process].failure = o->failure;
    bool sound = run_seed(w, o, l, seed, o->trace);
    p->of[process].steps += w->agenda.steps;
    p->of[process].faults += w->faults;
    p->of[process].done++;
    if (!sound) {
        memcpy(p->of[process].message, w->broken, sizeof w->broken);
        p->of[process].broken = true;
        p->stop = true;
    }
    return !p->stop;
}

/* Every failure of every kind in this seed: until there is no n-th thing that could fail. */
static void run_each(world *w, const options *o, const workload *l, progress *p, uint32_t process,
                     uint64_t seed)
{
    options one = *o;
    for (int k = FAILURE_NONE + 1; k < FAILURE_COUNT; k++) {
        one.failure.kind = (failure_kind)k;
        one.failure.number = 0;
        do {
            one.failure.number++;
            if (!run_one(w, &one, l, p, process, seed))
                return;
        } while (w->things >= one.failure.number);
    }
}

static void run_share(const options *o, progress *p, uint32_t process, uint32_t processes)
{
    workload l;
    world w = {0};
    workload_init(&l);
    for (uint64_t i = process; i < o->seeds && !p->stop; i += processes) {
        if (o->each)
            run_each(&w, o, &l, p, process, o->first_seed + i);
        else
            (void)run_one(&w, o, &l, p, process, o->first_seed + i);
    }
    world_free(&w);
    workload_free(&l);
}

/* Runs in a child, so that an assertion of the engine ends only that. Its exit status. */
static int in_child(void (*run)(const options *o, void *data), const options *o, void *data, FILE *output)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        dup2(fileno(output), STDERR_FILENO);
        setvbuf(stdout, NULL, _IOLBF, 0);
        run(o, data);
        fflush(NULL);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void run_traced(const options *o, void *data)
{
    workload l;
    world w = {0};
    workload_init(&l);
    (void)run_seed(&w, o, &l, *(const uint64_t *)data, true);
    world_free(&w);
    workload_free(&l);
}

static void show_end(FILE *trace)
{
    static char lines[SHOWN_LINES][512];
    uint64_t count = 0;
    rewind(trace);
    while (fgets(lines[count % SHOWN_LINES], sizeof lines[0], trace) != NULL)
        count++;
    for (uint64_t i = count < SHOWN_LINES ? 0 : count - SHOWN_LINES; i < count; i++)
        fputs(lines[i % SHOWN_LINES], stdout);
}

static void show_failure(const options *o, const char *program, uint64_t seed, const char *why)
{
    FILE *trace = tmpfile();
    const scenario *s = scenario_for(o, seed);
    printf("BROKEN by seed %llu (%s): %s\n", (unsigned long long)seed, s->name, why);
    if (trace != NULL && !o->trace) {
        (void)in_child(run_traced, o, &seed, trace);
        show_end(trace);
        fclose(trace);
    }
    printf("replay: %s --first-seed %llu --seeds 1 --scenario %s --trace\n", program,
           (unsigned long long)seed, s->name);
}

static bool read_number(const char *text, uint64_t *number)
{
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool read_options(options *o, char **arguments)
{
    for (; *arguments != NULL; arguments++) {
        if (strcmp(*arguments, "--trace") == 0)
            o->trace = true;
        else if (strcmp(*arguments, "--each-failure") == 0)
            o->each = true;
        else if (strcmp(*arguments, "--failure") == 0 && arguments[1] != NULL &&
                 failure_parse(arguments[1], &o->failure))
            arguments++;
        else if (strcmp(*arguments, "--seeds") == 0 && read_number(arguments[1], &o->seeds))
            arguments++;
        else if (strcmp(*arguments, "--first-seed") == 0 && read_number(arguments[1], &o->first_seed))
            arguments++;
        else if (strcmp(*arguments, "--scenario") == 0 && arguments[1] != NULL &&
                 (o->scenario = scenario_find(arguments[1])) != NULL)
            arguments++;
        else
            return false;
    }
    return true;
}

static void start(const options *o, progress *p, uint32_t processes, pid_t children[PROCESSES])
{
    fflush(NULL);
    for (uint32_t i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            setvbuf(stdout, NULL, _IOLBF, 0);
            if (!o->trace)
                freopen("/dev/null", "w", stderr); /* an assertion is told by the run that is traced */
            run_share(o, p, i, processes);
            fflush(NULL);
            exit(0);
        }
    }
}

/* False where a seed broke a rule. */
static bool await(const options *o, progress *p, uint32_t processes, const pid_t children[PROCESSES],
                  const char *program)
{
    bool sound = true;
    for (uint32_t i = 0; i < processes; i++) {
        int status = 0;
        waitpid(children[i], &status, 0);
        if (status != 0)
            p->stop = true;
        if (sound && (status != 0 || p->of[i].broken)) {
            const char *why = p->of[i].broken ? p->of[i].message : "an assertion or a sanitizer ended it";
            sound = false;
            options one = *o;
            one.failure = p->of[i].failure;
            show_failure(&one, program, p->of[i].seed, why);
        }
    }
    return sound;
}

int main(int count, char **arguments)
{
    options o = {.seeds = 1000, .first_seed = 1};
    pid_t children[PROCESSES];
    struct timespec begun, ended;
    (void)count;
    if (!read_options(&o, arguments + 1)) {
        fprintf(stderr,
                "usage: %s [--seeds N] [--first-seed S] [--scenario NAME] [--trace] [--each-failure] "
                "[--failure KIND:N]; scenarios:\n",
                arguments[0]);
        scenario_print_all();
        return 2;
    }
    progress *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return 2;
    uint32_t processes = o.trace || o.seeds == 1 ? 1 : PROCESSES;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    start(&o, p, processes, children);
    bool sound = await(&o, p, processes, children, arguments[0]);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    uint64_t done = 0, steps = 0, faults = 0;
    for (uint32_t i = 0; i < processes; i++) {
        done += p->of[i].done;
        steps += p->of[i].steps;
        faults += p->of[i].faults;
    }
    printf("%llu seeds, %llu steps, %llu faults, %.1f s: %s\n", (unsigned long long)done,
           (unsigned long long)steps, (unsigned long long)faults,
           (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9,
           sound ? "no rule was broken" : "a rule was broken");
    return sound ? 0 : 1;
}
