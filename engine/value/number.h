/* number: doubles as text, as Python's repr() has them: the fewest digits that read back the same, an
 * exponent below 1e-4 and from 1e16 on; and rounding in decimal. Every JSON text that carillon writes has its
 * floats from here. */
#ifndef ENGINE_VALUE_NUMBER_H
#define ENGINE_VALUE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_TEXT_SIZE = 40 };

/* Writes the text and a NUL; returns its length. "nan", "inf" and "-inf" are what Python writes; JSON has no
 * such. */
size_t number_format(double number, char text[NUMBER_TEXT_SIZE]);
/* An integer's digits, at most 20 with the sign; no NUL. Returns their count. */
size_t number_format_int(int64_t number, char *text);

/* Python's round(number, digits): to the nearest multiple of 10^-digits of the double's exact value, to the
 * even one where two are equally near, correctly rounded to a double. digits may be negative and of any size.
 * NaN and infinities are returned as they are; a finite number that rounds beyond the range of a double gives
 * an infinity, for which Python raises OverflowError("rounded value too large to represent"). */
double number_round(double number, int digits);

#endif
