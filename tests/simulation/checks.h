/* checks: what must be true, looked at from outside: the store, the log and the deliverers tell what happens
 * to them, and whatever breaks a rule ends the world.
 *
 *  1. No event becomes visible twice, none before a record that says the same is in the store, none that no
 * record says.
 *  2. What has ended is frozen; an execution never goes back; a run follows a failed one only.
 *  3. A write carries its partition's token, and its owner began under that token.
 *  4. Under store custody moves only what is below the committed offset, under log custody only what is not.
 *  5. What is committed and has not ended is in the pending set at any time.
 *  6. An offset is committed only past triggers that ended, wait, were rejected or repeat others; it never
 * goes back.
 *  7. Outbox numbers come without gaps, are never used twice, are published once and in order, before they
 * are trimmed, and the offset's metadata says so.
 *  8. A provider that is out of the house is asked only where the record says so, within an attempt once, and
 * once more for each time that whoever asked died and it may be asked again. No record says that another is
 * asked behind an unknown outcome that must not be repeated.
 *  9. Attempts are numbered without a gap: what was postponed has used up none.
 * 10. In the end every accepted trigger has ended with exactly its events, every other was rejected once or
 * is silent, and nothing is left in pending sets, outboxes and lists of commands.
 * 11. What a record says in the end of those who were asked is true, and what arrived twice has an unknown
 * outcome there.
 *
 * A store that forgets (failover) breaks some of them for good; then only those hold that must
 * (checks.forgot). */
#ifndef TESTS_SIMULATION_CHECKS_H
#define TESTS_SIMULATION_CHECKS_H

#include "tests/simulation/log.h"
#include "tests/simulation/redis.h"

enum { EVENT_SLOTS = 2048, ENTRIES_MAX = 1024, WITNESS_SLOTS = 512 };

/* One provider within one attempt. */
typedef struct attempt attempt;
struct attempt {
    attempt *next; /* an earlier one */
    size_t step;
    int64_t run;
    int64_t number;
    const provider *provider;
    uint64_t recorded; /* when, as checks.moment counts; 0: never */
    uint64_t settled;  /* when nobody knew its outcome, and it must not be repeated */
    uint32_t made;
    uint32_t arrived; /* at the recipient */
    uint32_t unknown; /* times that it was decided to make it again */
};

/* One execution that a trigger has a right to. */
typedef struct witness {
    identity id;
    uint32_t partition;
    int64_t offset;
    const message *message;
    const picture *latest; /* of the record; NULL: none yet */
    attempt *attempts;     /* the latest first */
} witness;

typedef struct event_state {
    event_mark event;
    bool said; /* by a record in the store */
    uint32_t seen;
    const char *of;   /* whose, ... */
    const char *what; /* ... which, ... */
    int64_t run;      /* ... and of which run */
} event_state;

struct checks {
    witness *executions[WITNESS_SLOTS];
    uint32_t execution_count;
    event_state events[EVENT_SLOTS];
    uint64_t entries[PARTITIONS_MAX];               /* the latest number written, */
    uint64_t contents[PARTITIONS_MAX][ENTRIES_MAX]; /* and what was written under each */
    uint64_t published[PARTITIONS_MAX];             /* the latest number published */
    uint64_t moment;                                /* goes on with what attempts remember */
    bool forgot;
};

void checks_make(world *w);
/* NULL where there is none yet. */
const witness *checks_any_execution(const checks *c, dice *d);

void checks_sent(world *w, uint32_t place, int64_t offset, const message *m);
void checks_writing(world *w, const char *who, const block_write *b);
void checks_wrote(world *w, const char *who, const block_write *b);
void checks_committing(world *w, const transaction *t);
void checks_timer(world *w, const char *who, uint32_t place, const timer_entry *t);
/* is_unknown: nobody will be able to tell whether it arrives. */
void checks_delivering(world *w, const char *who, const execution *x, const provider *p, bool arrives,
                       bool is_unknown);
/* Whoever asked the provider died, and this is found. */
void checks_unknown(world *w, const execution *x, const provider *p);
void checks_forgot(world *w);

/* "4dc9b50f/second/1", in the world's arena. */
const char *checks_event_name(world *w, const event_state *s);
/* True where everything has come to its end. */
bool checks_done(const world *w);
/* What has not, or not as it must. */
void checks_end(world *w);

#endif
