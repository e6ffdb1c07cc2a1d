/* pace: how many deliveries a second a provider takes, measured, and when those that it has no room for are
 * to come back: one behind the other at that pace, so that they come neither all at once nor again and again.
 * Times are of any clock that never goes back. No I/O. */
#ifndef WORKER_CHANNEL_PACE_H
#define WORKER_CHANNEL_PACE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pace {
    double most;       /* a second, as it was asked for; 0: no bound */
    double per_second; /* what it takes, as far as is known */

    int64_t window_ms; /* when the present measurement began */
    int64_t ended;     /* deliveries in it */
    bool had_room;     /* it was not busy all the time, so it might take more than it was given */

    int64_t last_us; /* the latest slot that is given away */
} pace;

/* most: deliveries a second that are allowed; 0: any number. guess: what it may take until that is known. */
void pace_init(pace *p, double most, double guess, int64_t now_ms);
/* The provider has done with a delivery. */
void pace_ended(pace *p);
/* Measures, if enough time has passed since the last time; to be called at every change. is_busy: no more
 * deliveries could be under way than there were. */
void pace_measure(pace *p, bool is_busy, int64_t now_ms);

/* Those who were sent away are still to come back: who comes now does not go before them. */
bool pace_has_backlog(const pace *p, int64_t now_ms);
/* When one who is sent away now would come back; not before base_ms. */
int64_t pace_next_ms(const pace *p, int64_t base_ms, int64_t now_ms);
/* Gives that time away. */
int64_t pace_book_ms(pace *p, int64_t base_ms, int64_t now_ms);

#endif
