/* plain: text from outside on a person's terminal. */
#ifndef WORKER_CLI_PLAIN_H
#define WORKER_CLI_PLAIN_H

#include "engine/value/buffer.h"

/* Appends a string with '?' for each control character (C0, DEL, C1), which could move the cursor or worse;
 * "-" for any other value. */
void plain_write(buffer *b, const value *text);
/* The same to stdout, in at least `width` columns of ASCII. */
void plain_print(const value *text, int width);
/* An instant as carillon's logs have it, "-" for 0. */
void plain_print_time(int64_t epoch_ms);

#endif
