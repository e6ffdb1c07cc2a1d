/* timers: the executions of one partition that wait for a time, as a bounded window over what the store
 * holds.
 *
 * The store keeps every waiting execution under a member of its pending set; members sort by due time, then
 * offset, then id, and so does the window. A million of them cost no more memory here than the first few. */
#ifndef ENGINE_CUSTODY_TIMERS_H
#define ENGINE_CUSTODY_TIMERS_H

#include "engine/execution/identity.h"
#include "engine/value/buffer.h"

typedef struct timer_entry {
    int64_t due_ms; /* since the epoch, UTC */
    int64_t offset; /* of the execution's trigger */
    identity id;
} timer_entry;

/* Negative, 0 or positive, in the order of the members. */
int timer_compare(const timer_entry *a, const timer_entry *b);

/* "<due, 13 digits>:<offset, 19 digits>:<id>": sorts as text the way timer_compare does. */
enum { TIMER_MEMBER_SIZE = 13 + 1 + 19 + 1 + 36 };
void timer_write_member(buffer *b, const timer_entry *t);
/* False where the text is no member. */
MUST_CHECK bool timer_read_member(timer_entry *t, const char *text, size_t size);

typedef struct timers {
    timer_entry *items; /* ascending */
    uint32_t count;
    timer_entry cursor; /* everything up to here is in the window or has left it */
    bool complete;      /* nothing lies behind the cursor */
    bool fetching;      /* what lies behind the cursor is being read */
    bool overflowed;    /* since the read began: it counts for nothing */
} timers;

/* Empty, nothing known. No memory is taken before the first timer. */
void timers_init(timers *t);
void timers_free(timers *t);

/* A timer that the store holds. False without memory. */
MUST_CHECK bool timers_arm(timers *t, const timer_entry *x);
/* Takes the first timer out if it is due and surely the first of all. */
MUST_CHECK bool timers_pop(timers *t, int64_t now_ms, timer_entry *out);
/* When the first one is due; INT64_MAX where the window is empty. */
int64_t timers_next_ms(const timers *t);

/* True when the window runs low and the store may hold more. Then timers_fetch_begin says behind which member
 * to read LIMIT_TIMER_PAGE of them, and timers_fetched takes them in: `found` is how many the store gave,
 * items those of them that count. Failed or unanswered reads end with timers_fetch_failed. */
bool timers_should_fetch(const timers *t);
timer_entry timers_fetch_begin(timers *t);
MUST_CHECK bool timers_fetched(timers *t, const timer_entry *items, uint32_t count, const timer_entry *last,
                               uint32_t found);
void timers_fetch_failed(timers *t);

#endif
