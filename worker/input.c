#include "worker/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for `size` bytes and a NUL, doubling up to size_max; size must not be above it. */
static bool reserve(char **bytes, size_t *capacity, size_t size, size_t size_max)
{
    if (size < *capacity)
        return true;
    size_t wanted = *capacity < 4096 ? 4096 : *capacity * 2;
    if (wanted > size_max + 1)
        wanted = size_max + 1;
    char *grown = realloc(*bytes, wanted);
    if (grown == NULL)
        return false;
    *bytes = grown;
    *capacity = wanted;
    return true;
}

static char *read_all(FILE *file, const char *path, size_t size_max, size_t *size, error *e)
{
    char *bytes = NULL;
    size_t capacity = 0;
    size_t filled = 0;
    for (;;) {
        /* One byte more than allowed, to see that there is one. */
        if (!reserve(&bytes, &capacity, filled + 1, size_max + 1)) {
            error_set(e, ERROR_OUT_OF_MEMORY, 0, "%s: out of memory", path);
            break;
        }
        size_t got = fread(bytes + filled, 1, capacity - 1 - filled, file);
        filled += got;
        if (filled > size_max) {
            error_set(e, ERROR_LIMIT, 0, "%s: has more than %zu bytes", path, size_max);
            break;
        }
        if (got == 0 && ferror(file)) {
            error_set(e, ERROR_SYSTEM, 0, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
        if (got == 0) {
            bytes[filled] = '\0';
            *size = filled;
            return bytes;
        }
    }
    free(bytes);
    return NULL;
}

char *input_read_file(const char *path, size_t size_max, size_t *size, error *e)
{
    if (strcmp(path, "-") == 0)
        return read_all(stdin, "standard input", size_max, size, e);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        error_set(e, ERROR_SYSTEM, 0, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    char *bytes = read_all(file, path, size_max, size, e);
    fclose(file);
    return bytes;
}

void input_lines_init(input_lines *l, FILE *file, size_t size_max)
{
    *l = (input_lines){.file = file, .size_max = size_max};
}

void input_lines_free(input_lines *l)
{
    free(l->line);
    *l = (input_lines){0};
}

static input_status skip_line(input_lines *l)
{
    int c;
    while ((c = getc_unlocked(l->file)) != EOF && c != '\n')
        ;
    return ferror(l->file) ? INPUT_FAILED : INPUT_TOO_LONG;
}

input_status input_lines_next(input_lines *l)
{
    int c;
    l->size = 0;
    l->number++;
    while ((c = getc_unlocked(l->file)) != EOF && c != '\n') {
        if (l->size == l->size_max)
            return skip_line(l);
        if (!reserve(&l->line, &l->capacity, l->size + 1, l->size_max))
            return INPUT_FAILED;
        l->line[l->size++] = (char)c;
    }
    if (ferror(l->file))
        return INPUT_FAILED;
    if (c == EOF && l->size == 0)
        return INPUT_END;
    if (!reserve(&l->line, &l->capacity, l->size, l->size_max))
        return INPUT_FAILED;
    l->line[l->size] = '\0';
    return INPUT_LINE;
}
