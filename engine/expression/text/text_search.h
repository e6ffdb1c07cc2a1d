/* text_search: a part of a text, from the front or from the back, in bytes: UTF-8 finds no part where the
 * code points do not match. */
#ifndef ENGINE_EXPRESSION_TEXT_SEARCH_H
#define ENGINE_EXPRESSION_TEXT_SEARCH_H

#include "engine/expression/evaluation.h"

/* The offset of the first occurrence, or TEXT_NOWHERE. Takes time in proportion to size + part->count. */
size_t text_search_forward(const char *bytes, size_t size, const value *part);
/* *found gets the offset of the last occurrence, or TEXT_NOWHERE. False where the budget is used up. */
MUST_CHECK bool text_search_backward(evaluation *ev, const char *bytes, size_t size, const value *part,
                                     size_t *found);

#endif
