#include "engine/nearest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NAME_SIZE_MAX = 63 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(char a, char b)
{
    return lower(a) == lower(b);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows of the dynamic programme over prefixes of a: `before` is needed for swaps only. */
size_t nearest_distance(const char *a, const char *b)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > NAME_SIZE_MAX || b_size > NAME_SIZE_MAX)
        return SIZE_MAX;
    size_t rows[3][NAME_SIZE_MAX + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t cost = same(a[i - 1], b[j - 1]) ? 0 : 1;
            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_size];
}

void nearest_init(nearest *n, const char *wanted)
{
    *n = (nearest){.wanted = wanted, .distance = SIZE_MAX};
}

void nearest_try(nearest *n, const char *name)
{
    size_t distance = nearest_distance(n->wanted, name);
    if (distance < n->distance) {
        n->best = name;
        n->distance = distance;
    }
}

const char *nearest_found(const nearest *n)
{
    if (n->best == NULL)
        return NULL;
    /* A third of a name wrong is still a slip; more is another name. */
    size_t size = strlen(n->best);
    return n->distance <= (size < 6 ? 2 : size / 3) ? n->best : NULL;
}
