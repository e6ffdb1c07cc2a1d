/* mail_sink: a mail server for a first look: it takes every mail on 127.0.0.1, delivers none, and keeps the
 * first ones. A thread of its own serves it. */
#ifndef WORKER_DEV_MAIL_SINK_H
#define WORKER_DEV_MAIL_SINK_H

#include <stddef.h>

#include "engine/error.h"

enum { MAIL_SINK_KEPT = 16, MAIL_SINK_ADDRESS_SIZE = 328 };

typedef struct mail_sink mail_sink;

/* As it came: the content with its CRLFs, NUL-terminated. */
typedef struct sunk_mail {
    char from[MAIL_SINK_ADDRESS_SIZE];
    char to[MAIL_SINK_ADDRESS_SIZE];
    char *content;
} sunk_mail;

/* NULL with ERROR_SYSTEM or ERROR_OUT_OF_MEMORY. */
mail_sink *mail_sink_start(error *e);
/* smtp://127.0.0.1:port. Borrowed. */
const char *mail_sink_url(const mail_sink *s);
/* How many mails were taken. */
size_t mail_sink_count(mail_sink *s);
/* The mail with this number, NULL where there is none or it was not kept. Valid until the sink is stopped. */
const sunk_mail *mail_sink_get(mail_sink *s, size_t number);
/* NULL is fine. */
void mail_sink_stop(mail_sink *s);

#endif
