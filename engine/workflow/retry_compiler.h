/* retry_compiler: the mapping `retry` of a step to its retry_policy. Private to engine/workflow. */
#ifndef ENGINE_WORKFLOW_RETRY_COMPILER_H
#define ENGINE_WORKFLOW_RETRY_COMPILER_H

#include "engine/workflow/compiler.h"
#include "engine/workflow/step.h"

/* True for the keys of the mapping. */
bool retry_has_key(const char *key);

/* The policy that v describes, v being a mapping or NULL; what it does not say is the default: eight attempts
 * within about half an hour. What is wrong becomes findings. */
retry_policy retry_compile(compiler *c, const value *v);

#endif
