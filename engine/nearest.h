/* nearest: the known name that a mistyped one most likely meant. */
#ifndef ENGINE_NEAREST_H
#define ENGINE_NEAREST_H

#include <stddef.h>

/* Embedded by value; borrows every name it is shown. */
typedef struct nearest {
    const char *wanted;
    const char *best;
    size_t distance;
} nearest;

void nearest_init(nearest *n, const char *wanted);
/* Shows one known name. Of equally near ones the first is kept. */
void nearest_try(nearest *n, const char *name);
/* The nearest name, or NULL where none is near enough to be a slip of the fingers. */
const char *nearest_found(const nearest *n);

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b, case ignored; names longer
 * than 63 bytes are beyond comparison (SIZE_MAX). */
size_t nearest_distance(const char *a, const char *b);

#endif
