/* idna: internationalized labels of host names (IDNA2008: RFC 5890 to 5893, Punycode RFC 3492).
 *
 * What a code point may do is derived from Unicode's properties by the rules of RFC 5892, so it follows the
 * Unicode version of libunistring. */
#ifndef ENGINE_SCHEMA_IDNA_H
#define ENGINE_SCHEMA_IDNA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDNA_LABEL_MAX = 63 }; /* of its ASCII form, in bytes; so of its code points too */

/* True for a U-label (one that is all ASCII too, then without the rules for case). *ascii_size gets the size
 * of its ASCII form. */
bool idna_is_label(const uint32_t *label, size_t count, size_t *ascii_size);
/* As idna_is_label, and writes the ASCII form, without a NUL. */
bool idna_to_ascii(const uint32_t *label, size_t count, char ascii[IDNA_LABEL_MAX], size_t *ascii_size);
/* True for an A-label: "xn--" (in any case) and the Punycode of a U-label. */
bool idna_is_a_label(const char *text, size_t size);

#endif
