/* demo: an ordinary client of a running worker: produces the sample triggers, prints every completion and
 * rejection as it arrives, and, when each trigger has had its answer, the mails that were delivered. */
#ifndef WORKER_DEV_DEMO_H
#define WORKER_DEV_DEMO_H

#include "worker/config/config.h"
#include "worker/dev/mail_sink.h"
#include "worker/registry/registry.h"

typedef struct demo_options {
    const config *config; /* topics and Kafka's address; borrowed */
    const char *examples; /* folder with schemas/ and triggers/ */
    mail_sink *mails;     /* where they are delivered */
} demo_options;

/* Blocks until all is told. ERROR_KAFKA (no answer in time), or what is wrong with the samples. */
MUST_CHECK bool demo_run(const demo_options *options, error *e);

#endif
