/* input: files and lines, read whole and bounded. */
#ifndef WORKER_INPUT_H
#define WORKER_INPUT_H

#include <stdio.h>

#include "engine/error.h"

/* Reads a file ("-": standard input) into memory that the caller frees; a NUL follows the bytes. NULL with
 * ERROR_SYSTEM where it cannot be read and ERROR_LIMIT where it has more than size_max bytes. */
MUST_CHECK char *input_read_file(const char *path, size_t size_max, size_t *size, error *e);

typedef enum input_status {
    INPUT_LINE,
    INPUT_TOO_LONG, /* the line had more than size_max bytes and was passed over */
    INPUT_END,
    INPUT_FAILED, /* reading failed, or memory is out; nothing more comes */
} input_status;

/* Embedded by value. The line is borrowed until the next call; its newline is gone and a NUL follows. */
typedef struct input_lines {
    FILE *file;
    size_t size_max;
    char *line;
    size_t size;
    size_t capacity;
    size_t number; /* of the line, from 1 */
} input_lines;

/* Borrows the file. */
void input_lines_init(input_lines *l, FILE *file, size_t size_max);
void input_lines_free(input_lines *l);
/* The last line counts with or without its newline. */
input_status input_lines_next(input_lines *l);

#endif
