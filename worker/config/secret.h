/* secret: a value that nobody may see: a password, a key, a token.
 *
 *     ${NAME}      the environment variable NAME
 *     file:PATH    the content of a file without the newline at its end
 *     anything else is the secret itself
 *
 * In texts around secrets ("Bearer ${TOKEN}") every ${NAME} stands for one. Errors name the variable or the
 * file, never a value. */
#ifndef WORKER_CONFIG_SECRET_H
#define WORKER_CONFIG_SECRET_H

#include "engine/value/buffer.h"

enum { SECRET_BYTES_MAX = 64 << 10 };

/* A name and what stands for it. */
typedef struct secret {
    const char *name;
    const char *value;
} secret;

typedef struct secrets {
    const secret *items;
    size_t count;
} secrets;

/* Where names are looked up: first among a section's own, then in the environment. */
typedef struct secret_source {
    secrets own;
    char *const *environment; /* NAME=value, ends with NULL; may be NULL: none */
} secret_source;

/* The secret that `text` means, in the arena. NULL with ERROR_CONFIG (a variable that is not set, a file that
 * cannot be read, nothing in it), ERROR_LIMIT or ERROR_OUT_OF_MEMORY. */
MUST_CHECK const char *secret_resolve(arena *a, const char *text, const secret_source *source, error *e);
/* The value of a name, borrowed. NULL with ERROR_CONFIG. */
MUST_CHECK const char *secret_look_up(const secret_source *source, const char *name, size_t size, error *e);

/* A ${NAME} in a text. */
typedef struct secret_place {
    size_t position; /* of the dollar sign */
    size_t size;     /* up to the closing brace, inclusive */
    const char *name;
    size_t name_size;
} secret_place;

/* The first ${NAME} at or behind `from`; false with *malformed where there is none, or what begins as one
 * does not end as one. A NAME is of letters, digits and underscores. */
MUST_CHECK bool secret_find(const char *text, size_t size, size_t from, secret_place *place, bool *malformed);

/* Appends the text with the value of each ${NAME}, or with *** where they are masked. False with ERROR_CONFIG
 * where a name is unknown or malformed. */
MUST_CHECK bool secret_expand(buffer *out, const char *text, size_t size, const secrets *known, bool masked,
                              error *e);
/* True where the text holds a ${NAME}. */
bool secret_is_in(const char *text, size_t size);

#endif
