/* schema: a JSON Schema (2020-12, or draft-07 by `$schema`), compiled once, validating values many times.
 *
 * A compiled schema is immutable and may be used by many threads at once; what changes during validation
 * (PCRE2 match data, the trail of evaluated members) lives in a `validator`, one a thread. Rules: the JSON
 * Schema Core and Validation specifications, 2020-12; regular expressions as ECMA-262 with Unicode. */
#ifndef ENGINE_SCHEMA_SCHEMA_H
#define ENGINE_SCHEMA_SCHEMA_H

#include "engine/value/value.h"

typedef struct schema schema;
typedef struct validator validator;

/* One finding. Everything lives in the arena it was asked for with. */
typedef struct schema_finding {
    const char *instance_location; /* JSON Pointer into the instance, "" for the whole */
    const char *keyword_location;  /* JSON Pointer into the schema, ending in the keyword */
    const char *message;           /* a sentence that names the rule, never the value */
} schema_finding;

/* Compiles a document. It is copied: nothing of `document` is kept.
 * NULL with ERROR_INVALID_SCHEMA (the message begins with the JSON Pointer of the keyword), ERROR_UNSUPPORTED
 * (a remote reference), ERROR_LIMIT or ERROR_OUT_OF_MEMORY. */
MUST_CHECK schema *schema_new(const value *document, error *e);
void schema_free(schema *s); /* NULL is allowed */

/* As arena_spans, of what a validation mostly reads. */
size_t schema_spans(const schema *s, arena_span *spans, size_t most);

MUST_CHECK validator *validator_new(void); /* NULL without memory */
void validator_free(validator *v);         /* NULL is allowed */

/* True where the instance is valid; allocates nothing then. Otherwise *e is ERROR_INVALID_PAYLOAD with the
 * first finding (instance location, keyword location, sentence), or ERROR_LIMIT where a bound was hit. */
MUST_CHECK bool schema_validate(const schema *s, validator *v, const value *instance, error *e);

/* All findings, up to LIMIT_SCHEMA_ERRORS, into the arena; *count is 0 for a valid instance.
 * False with ERROR_LIMIT or ERROR_OUT_OF_MEMORY. */
MUST_CHECK bool schema_explain(const schema *s, validator *v, const value *instance, arena *a,
                               const schema_finding **findings, size_t *count, error *e);

/* Gives *instance the members that it lacks and for which the schema has a `default`, deeply, through
 * properties, items, $ref and allOf, as pydantic does. Unchanged parts are shared with the original; new ones
 * live in the arena; defaults borrow from the schema. Nothing is copied where nothing is missing. */
MUST_CHECK bool schema_fill_defaults(const schema *s, arena *a, value *instance, error *e);

#endif
