/* string_literal: the text between a Python string's quotes, with its escapes resolved. */
#ifndef ENGINE_EXPRESSION_STRING_LITERAL_H
#define ENGINE_EXPRESSION_STRING_LITERAL_H

#include "engine/expression/evaluation.h"

/* Decodes the inside of a literal that is not raw: every escape of the language reference, \N{name} included;
 * a backslash before anything else stays. Line ends become \n. False with SyntaxError, its position being
 * relative to `text`. */
MUST_CHECK bool string_literal_decode(evaluation *ev, const char *text, size_t size, bool raw, value *result);

#endif
