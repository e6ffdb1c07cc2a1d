/* ecma: regular expressions of ECMA-262 (its `u` flag set) rewritten for PCRE2 in UTF mode.
 *
 * \d, \w and \b are ASCII and \s is Unicode's white space plus U+FEFF, `$` is the very end, `.` stops at four
 * line ends, \u and \c escapes, []/[^], named groups and \p{...} are as there. What only other dialects have
 * (\A, \Z, \a, atomic groups, possessive quantifiers, inline flags, verbs, POSIX classes) is an error or
 * means what ECMA-262 says. Where the `u` flag refuses what people write and every other engine takes (an
 * escaped punctuation mark, a lone brace, a class escape at the end of a range), it is taken as what it
 * plainly means. */
#ifndef ENGINE_SCHEMA_ECMA_H
#define ENGINE_SCHEMA_ECMA_H

#include "engine/value/buffer.h"

/* Appends PCRE2's form of the (valid UTF-8) pattern; `out` NULL only checks the syntax, without allocating.
 * False with ERROR_INVALID_SCHEMA and the byte position in `text`. */
MUST_CHECK bool ecma_translate(buffer *out, const char *text, size_t size, error *e);

#endif
