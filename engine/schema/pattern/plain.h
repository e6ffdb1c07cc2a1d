/* plain: the patterns that need no backtracking, as most that people write: `^[A-Z]{3}-[0-9]{4}$`.
 *
 * A `^`, then ASCII characters, \d, \w and classes of these that are not negated, each repeated or not, then
 * maybe a `$`. What a repetition may take must be disjoint from all that may follow it, so that taking the
 * most is the only way to match. These mean what pattern.h says of them; everything else is PCRE2's. */
#ifndef ENGINE_SCHEMA_PLAIN_H
#define ENGINE_SCHEMA_PLAIN_H

#include "engine/value/value.h"

typedef struct plain plain;

/* Lives in the arena. NULL where the pattern is not plain, be it wrong or too large for this, and without
 * memory. */
MUST_CHECK const plain *plain_new(arena *a, const char *text, size_t size);

/* At most one step a byte; `text` is not NULL. */
bool plain_matches(const plain *p, const char *text, size_t size);

#endif
