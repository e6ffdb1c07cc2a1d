/* static_check: what is certainly wrong with a step's condition, delay and templates, by what is known of the
 * names that they see. Private to engine/workflow. */
#ifndef ENGINE_WORKFLOW_STATIC_CHECK_H
#define ENGINE_WORKFLOW_STATIC_CHECK_H

#include "engine/workflow/compiler.h"
#include "engine/workflow/workflow.h"

/* Checks the skip conditions, the delays and the templates of all steps of w, which has compiled, against its
 * document; what is wrong becomes findings with position and advice. */
void static_check(compiler *c, const workflow *w);

#endif
