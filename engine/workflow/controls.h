/* controls: the values that people gave to a workflow's controls, as the store keeps them, and how one of
 * them changes.
 *
 * Stored values are one map: {"workflow": {name: value}, "steps": {step_id: {name: value}}}. Only what was
 * set is in it; defaults come from the schemas. Every change makes a new version of the whole map and one
 * control_change, which says what was undone and done. */
#ifndef ENGINE_WORKFLOW_CONTROLS_H
#define ENGINE_WORKFLOW_CONTROLS_H

#include "engine/workflow/control_change.h"
#include "engine/workflow/workflow.h"

/* Sets one control (`after` NULL: takes its value back) in a copy of `stored`, which must be a map, empty at
 * the beginning. *changed gets the new map, *before what was there (NULL: nothing). The result is valid under
 * the schema of the workflow or step, or else: ERROR_CONTROL (nothing to set there, an undeclared property, a
 * value that the schema refuses, nothing to take back) or ERROR_LIMIT. Shares memory with `stored` and
 * `after`. */
MUST_CHECK bool controls_change(const workflow *w, const value *stored, const control_path *path,
                                const value *after, validator *v, arena *a, value *changed,
                                const value **before, error *e);

/* True where every stored value fits this version of the workflow. ERROR_CONTROL names the first that does
 * not. */
MUST_CHECK bool controls_check(const workflow *w, const value *stored, validator *v, arena *scratch,
                               error *e);

/* True where every required control has a value or a default, so that the workflow may be active.
 * ERROR_CONTROL names the first that has none. */
MUST_CHECK bool controls_complete(const workflow *w, const value *stored, arena *scratch, error *e);

/* What a step's conditions and templates see: the step's controls over the workflow's, each with its
 * defaults. stored may be NULL. */
MUST_CHECK bool controls_resolve(const control_schema *workflow_schema, const control_schema *step_schema,
                                 const value *stored, const value *step_id, arena *a, value *out, error *e);

#endif
