/* duration: a span of time as people write it, in milliseconds: "500ms", "30s", "1h30m", "7d". */
#ifndef ENGINE_VALUE_DURATION_H
#define ENGINE_VALUE_DURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DURATION_TEXT_SIZE = 24 }; /* holds every text of duration_format and its NUL */

#define DURATION_EXAMPLES "500ms, 10s, 5m, 24h, 7d" /* for sentences about a text that is none */

/* Reads whole numbers with a unit each (d, h, m, s, ms), the longest unit first, each once; there may be
 * spaces before a unit and between the parts. A single number without a unit counts `bare_ms` each; where
 * that is 0 only zero, which is the same in every unit, may go without. False where it is not that or does
 * not fit. */
bool duration_parse(const char *text, size_t size, int64_t bare_ms, int64_t *ms);

/* Writes the span in the longest unit that it is a whole number of, and a NUL; returns its length. */
size_t duration_format(int64_t ms, char text[DURATION_TEXT_SIZE]);

#endif
