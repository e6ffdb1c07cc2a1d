/* control_schema: what of a workflow or a step non-technical people may change: a JSON Schema of an object
 * whose `properties` are the controls, with their defaults.
 *
 * Only declared properties can be set, whatever else the schema would allow: everywhere an object has
 * `properties` (through $ref within the document, allOf, anyOf and oneOf), others are refused. `required` at
 * the top does not speak about stored values, which come one at a time, but about what must have a value or a
 * default before the workflow is active. Immutable; belongs to its workflow. */
#ifndef ENGINE_WORKFLOW_CONTROL_SCHEMA_H
#define ENGINE_WORKFLOW_CONTROL_SCHEMA_H

#include "engine/schema/schema.h"

struct compiler;

typedef struct control_schema {
    value document;       /* as written, with its schema_id and description */
    const schema *schema; /* of the document without the top's `required` */
    value defaults;       /* VALUE_MAP */
} control_schema;

/* Compiles the value of a `control_schema` key. NULL with a finding; v NULL gives NULL without one. */
MUST_CHECK const control_schema *control_schema_compile(struct compiler *c, const value *v);

/* True where `values` (a map of stored values) has declared properties only and is valid, its defaults filled
 * in. `scratch` is used. False with ERROR_CONTROL and the location, or ERROR_LIMIT. */
MUST_CHECK bool control_schema_check(const control_schema *s, validator *v, const value *values,
                                     arena *scratch, error *e);

/* Puts the defaults under the values: what a step sees. */
MUST_CHECK bool control_schema_fill(const control_schema *s, arena *a, value *values, error *e);

/* The first name that the top's `required` lists and `filled` lacks, or NULL. */
const value *control_schema_missing(const control_schema *s, const value *filled);

#endif
