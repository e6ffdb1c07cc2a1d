/* resp: Redis commands as bytes (RESP2), appended to a buffer in the caller's arena. */
#ifndef WORKER_SHARD_RESP_H
#define WORKER_SHARD_RESP_H

#include "engine/value/buffer.h"

typedef struct resp_argument {
    const char *bytes; /* NULL: the integer, in decimal */
    size_t size;
    int64_t integer;
} resp_argument;

static inline resp_argument resp_bytes(const char *bytes, size_t size)
{
    return (resp_argument){.bytes = size == 0 ? "" : bytes, .size = size};
}
static inline resp_argument resp_text(const char *text)
{
    return resp_bytes(text, strlen(text));
}
static inline resp_argument resp_int(int64_t integer)
{
    return (resp_argument){.integer = integer};
}

/* Appends one command: its name and arguments. */
void resp_command(buffer *b, size_t argument_count, const resp_argument *arguments);

/* The parts of one, for a command whose bytes do not lie together: resp_begin, then for each argument
 * resp_add, or resp_open, its bytes wherever they are, and resp_close. */
void resp_begin(buffer *b, size_t argument_count);
void resp_add(buffer *b, const resp_argument *a);
void resp_open(buffer *b, size_t size);
void resp_close(buffer *b);

/* RESP_COMMAND(&b, resp_text("GET"), resp_bytes(key, key_size)) */
#define RESP_COMMAND(b, ...)                                                              \
    resp_command(b, sizeof((const resp_argument[]){__VA_ARGS__}) / sizeof(resp_argument), \
                 (const resp_argument[]){__VA_ARGS__})

#endif
