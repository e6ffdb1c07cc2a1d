/* yaml_scalar: what a plain (unquoted) YAML scalar means under the core schema of YAML 1.2, section 10.3.2.
 */
#ifndef ENGINE_WORKFLOW_YAML_SCALAR_H
#define ENGINE_WORKFLOW_YAML_SCALAR_H

#include "engine/value/value.h"

/* null, boolean, integer or float; anything else is a string, borrowed from `text`. As in JSON, an integer
 * beyond 64 bits is a float. False for what values cannot hold: .inf, .nan, a number beyond a double or with
 * more than LIMIT_NUMBER_CHARACTERS. */
MUST_CHECK bool yaml_scalar_resolve(const char *text, size_t size, value *out);

#endif
