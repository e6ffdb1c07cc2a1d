/* render_mail: `carillon render --mail`: the mail that a provider of kind smtp would send. */
#ifndef WORKER_CLI_RENDER_MAIL_H
#define WORKER_CLI_RENDER_MAIL_H

#include "engine/value/buffer.h"

/* Appends the mail of a request: {"message": {"to": ..., "subject": ..., "text": ...}, "from": ..., "key":
 * ..., "headers": {...}, "list_unsubscribe": ...}; all but the message may be left out. Its date is that of
 * the epoch's beginning. ERROR_SYNTAX, ERROR_LIMIT. */
MUST_CHECK bool render_mail(arena *a, const value *request, buffer *out, error *e);

#endif
