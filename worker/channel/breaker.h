/* breaker: whether a provider is worth asking at present. It opens on failures in a row that speak of the
 * provider, not of a message, and lets one delivery through from time to time to see whether that is over.
 * Times are of any clock that never goes back. No I/O. */
#ifndef WORKER_CHANNEL_BREAKER_H
#define WORKER_CHANNEL_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

typedef enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING } breaker_state;

typedef struct breaker {
    /* Filled by the owner. */
    int64_t failures_max; /* so many in a row open it; 0: it never opens */
    int64_t open_ms;      /* for so long, the first time */
    int64_t open_max_ms;

    /* Its own. */
    breaker_state state;
    int64_t failures;    /* in a row */
    int64_t opened_ms;   /* when it opened last */
    int64_t open_for_ms; /* the time before the next probe, or before this one */
} breaker;

/* When a delivery may begin: `now_ms` at once, a time to come, or INT64_MAX: when the probe has ended. */
int64_t breaker_due_ms(const breaker *b, int64_t now_ms);
/* A delivery that may begin is going to be made. */
void breaker_begin(breaker *b, int64_t now_ms);
/* It was not made after all, nor is any other. */
void breaker_withdraw(breaker *b);
/* The provider has answered: it took the message, or refused it for what it is. */
void breaker_succeed(breaker *b);
/* It has failed in a delivery that began then. True where it has opened by that. */
bool breaker_fail(breaker *b, int64_t begun_ms, int64_t now_ms);

#endif
