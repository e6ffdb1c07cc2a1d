/* refusal: whom a refusal speaks of. */
#ifndef WORKER_CHANNEL_REFUSAL_H
#define WORKER_CHANNEL_REFUSAL_H

#include <stdbool.h>

/* True where the code says that the provider cannot be reached, does not work, or does not let us in; false
 * where it took a look at the message and would not have it. */
bool refusal_is_of_provider(const char *code);

/* The code of deliveries that were not made, since their provider was given up before their turn. */
extern const char refusal_given_up[];

#endif
