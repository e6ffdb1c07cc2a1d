/* json_template: a JSON document whose strings are blanks (blank.h), compiled once, written for each
 * delivery.
 *
 * A value never leaves the place where it stands: text is escaped, and numbers, lists and maps take the place
 * of the whole string. What is None is left out, with its key. Keys are as they are. */
#ifndef WORKER_CHANNEL_HTTP_JSON_TEMPLATE_H
#define WORKER_CHANNEL_HTTP_JSON_TEMPLATE_H

#include "worker/channel/http/blank.h"
#include "worker/config/secret.h"

typedef struct json_template json_template;

/* Compiles a document, in which each ${NAME} of a string stands for a secret. Lives in the arena. NULL with
 * ERROR_CONFIG (which string is wrong, as a JSON pointer, and how) or ERROR_OUT_OF_MEMORY. */
MUST_CHECK const json_template *json_template_compile(arena *a, const char *text, const secrets *known,
                                                      bool masked, const expression_scope *scope, error *e);

/* Appends the document; `a` is scratch and may be the buffer's. False with *x, whose position says nothing.
 */
MUST_CHECK bool json_template_write(const json_template *t, const value *values, arena *a, buffer *out,
                                    exception *x);

#endif
