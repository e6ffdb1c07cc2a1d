/* json_pointer: a place in a JSON document (RFC 6901). */
#ifndef WORKER_CHANNEL_HTTP_JSON_POINTER_H
#define WORKER_CHANNEL_HTTP_JSON_POINTER_H

#include "engine/value/value.h"

/* True where the text is a pointer: empty, or parts that each begin with a slash, with ~0 and ~1 alone for ~
 * and /. */
bool json_pointer_is_valid(const char *pointer);

/* What a valid pointer points to, borrowed from the document; NULL where there is nothing. */
const value *json_pointer_find(const value *document, const char *pointer);

#endif
