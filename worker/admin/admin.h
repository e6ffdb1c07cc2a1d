/* admin: the HTTP server for those who watch over a worker: /metrics, /livez, /readyz, on a thread of its
 * own. It only reads (GET and HEAD), shows no content of triggers, and asks nobody who they are: where it
 * listens decides who may. */
#ifndef WORKER_ADMIN_ADMIN_H
#define WORKER_ADMIN_ADMIN_H

#include "worker/admin/vitals.h"

typedef struct admin admin;

/* Everything is borrowed for its life. Where an address that nobody asked for is taken, another port takes
 * its place. The log is told where it listens. NULL with ERROR_CONFIG where it cannot listen. */
MUST_CHECK admin *admin_start(const config_listen *where, const vitals *v, const logger *log, error *e);
/* Waits for its thread. NULL is allowed. */
void admin_stop(admin *a);

/* host:port with the port that it really has. */
const char *admin_address(const admin *a);

#endif
