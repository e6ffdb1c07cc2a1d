/* fold: operations on constants, done while parsing by the functions that the machine calls.
 *
 * What raises or would need much memory is left as it is, for the evaluation. */
#ifndef ENGINE_EXPRESSION_FOLD_H
#define ENGINE_EXPRESSION_FOLD_H

#include "engine/expression/evaluation.h"
#include "engine/expression/syntax/syntax.h"

/* Each returns the node, which has become a NODE_CONSTANT where it could. */
node *fold_display(evaluation *ev, node *display); /* NODE_LIST, NODE_TUPLE, NODE_SET, NODE_MAP */
node *fold_unary(evaluation *ev, node *unary);
node *fold_comparison(evaluation *ev, node *comparison);

/* constant OP operand, where link is the NODE_OPERATION: true where constant has become the result. */
bool fold_link(evaluation *ev, node *constant, const node *link);

#endif
