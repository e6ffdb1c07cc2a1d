/* parser: the source of an expression to its tree, with the constants folded.
 *
 * Operations on constants are done by the same functions that the machine calls, so that a folded result
 * cannot differ from a computed one; what raises is left for the evaluation to raise. */
#ifndef ENGINE_EXPRESSION_PARSER_H
#define ENGINE_EXPRESSION_PARSER_H

#include "engine/expression/expression.h"
#include "engine/expression/syntax/syntax.h"

/* The tree, in ev's scratch, and its values, in ev's arena; text borrows from the source, and of the scope
 * only find_filter counts. NULL with SyntaxError for what the grammar lacks (by name where Python has it),
 * OverflowError for an integer literal beyond 64 bits, AttributeError for a private name, ResourceError past
 * LIMIT_EXPRESSION_BYTES or LIMIT_EXPRESSION_DEPTH. */
MUST_CHECK node *parser_parse(evaluation *ev, const char *source, size_t size, const expression_scope *scope);

#endif
