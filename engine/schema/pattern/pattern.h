/* pattern: a regular expression of ECMA-262 (with its `u` flag), compiled once: to a plain one where it can
 * be, else for PCRE2.
 *
 * A compiled pattern may be used by many threads at once, each with its own pattern_scratch. */
#ifndef ENGINE_SCHEMA_PATTERN_H
#define ENGINE_SCHEMA_PATTERN_H

#include "engine/value/value.h"

typedef struct pattern pattern;
typedef struct pattern_scratch pattern_scratch;

typedef enum pattern_result { PATTERN_MISMATCH, PATTERN_MATCH, PATTERN_LIMIT } pattern_result;

/* Lives in the arena, but for what PCRE2 takes, hence pattern_free. `text` must live as long; `next` chains
 * what one owner compiled. NULL with ERROR_INVALID_SCHEMA (position: the byte in `text`), ERROR_LIMIT or
 * ERROR_OUT_OF_MEMORY. */
MUST_CHECK pattern *pattern_new(arena *a, const value *text, pattern *next, error *e);
/* What it was compiled from; borrowed as pattern_new was given it. */
const value *pattern_text(const pattern *p);
/* Of the whole chain, before its arena ends; NULL is allowed. */
void pattern_free(pattern *p);

MUST_CHECK pattern_scratch *pattern_scratch_new(void); /* NULL without memory */
void pattern_scratch_free(pattern_scratch *s);         /* NULL is allowed */

/* Searches the (valid UTF-8) text; allocates nothing. PATTERN_LIMIT where a bound was hit first. */
pattern_result pattern_search(const pattern *p, pattern_scratch *s, const char *text, size_t size);

#endif
