/* step_compiler: one entry of a document's `steps` to a step. Private to engine/workflow. */
#ifndef ENGINE_WORKFLOW_STEP_COMPILER_H
#define ENGINE_WORKFLOW_STEP_COMPILER_H

#include "engine/workflow/compiler.h"
#include "engine/workflow/step.h"

/* Fills *s, whose memory is the compiler's arena; what is wrong becomes findings. */
void step_compile(compiler *c, const value *v, step *s);

#endif
