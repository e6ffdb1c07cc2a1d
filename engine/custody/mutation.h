/* mutation: ways to get custody wrong, one of which a test build may choose. The simulation must find each of
 * them (tests/simulation): what it cannot find, it does not prove. In every other build they are constants,
 * and gone. */
#ifndef ENGINE_CUSTODY_MUTATION_H
#define ENGINE_CUSTODY_MUTATION_H

/* X(name), which CMakeLists.txt of the simulation reads. */
#define MUTATIONS(X)                                                                      \
    X(LOST_ANSWER_IS_SUCCESS)  /* a write whose answer is lost counts as done */          \
    X(NO_FENCE_CHECK)          /* every fence is ours */                                  \
    X(WATCH_SURVIVES_LOSS)     /* a new connection needs no new watch */                  \
    X(NO_RENEW)                /* a block that was lost cannot arrive any more */         \
    X(NO_PROOF)                /* a takeover needs no commit */                           \
    X(STALE_POSITIONS)         /* positions of the assignment before will do */           \
    X(STALE_GENERATION)        /* work goes on when the fences were given up */           \
    X(UNSETTLED_COMMIT)        /* an epoch commits when its time has come */              \
    X(NO_DROP_BEHIND_ABORT)    /* an abort concerns its own epoch only */                 \
    X(TIMERS_KEPT_AFTER_ABORT) /* an aborted transaction has armed nothing */             \
    X(TIMER_BEFORE_COMMIT)     /* a timer is armed as soon as its record is durable */    \
    X(UNCOMMITTED_PENDING)     /* everything in the pending set counts */                 \
    X(CURSOR_FORWARD)          /* an overflow skips what was not read */                  \
    X(REPLAY_IGNORES_ORIGIN)   /* every trigger with a record is a replay */              \
    X(REPLAY_RUNS_AGAIN)       /* a redelivered trigger begins anew */                    \
    X(NO_INTENT)               /* a delivery needs no record before it */                 \
    X(HAND_OVER_GOES_ON)       /* a result is used before the hand-over is committed */   \
    X(HANDED_DUPLICATES_WAIT)  /* a duplicate waits for what waits for it */              \
    X(TOLD_AGAIN)              /* events are told with every later step again */          \
    X(UNDURABLE_PUBLISHED)     /* an outbox entry is published before the store has it */ \
    X(PUBLISHED_AGAIN)         /* what a predecessor left in the outbox is published */   \
    X(NO_METADATA)             /* the offset says nothing of the outbox */                \
    X(NUMBERS_REUSED)          /* a takeover counts entries from 1 */                     \
    X(TRIM_BEFORE_COMMIT)      /* an entry is trimmed when it is durable */               \
    X(COMMAND_OFF_EARLY)       /* a command leaves the list with the next write */        \
    X(VOID_COMMAND_UNPARKS)    /* a command with nothing to do clears the place */        \
    X(INTENT_FOR_ALL)          /* one intent does for all providers of an attempt */      \
    X(REPEATS_UNKNOWN)         /* what may have arrived is given to the next provider */  \
    X(POSTPONEMENT_COUNTS)     /* a postponement uses up an attempt */                    \
    X(UNKNOWN_UNTOLD)          /* an interrupted delivery leaves no trace */

#ifdef CARILLON_MUTATION
enum {
    MUTATION_OF_NONE,
#define X(name) MUTATION_OF_##name,
    MUTATIONS(X)
#undef X
};
#define CHOSEN_MUTATION_(name) MUTATION_OF_##name
#define CHOSEN_MUTATION(name) CHOSEN_MUTATION_(name)
#define MUTATION(name) (CHOSEN_MUTATION(CARILLON_MUTATION) == MUTATION_OF_##name)
#else
#define MUTATION(name) false
#endif

#endif
