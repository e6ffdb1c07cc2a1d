/* pretty: values as indented JSON, for people. */
#ifndef WORKER_CLI_PRETTY_H
#define WORKER_CLI_PRETTY_H

#include "engine/value/buffer.h"

/* Appends the value, two spaces a level, without a newline at the end. */
void pretty_write(buffer *b, const value *v);

#endif
