/* numeral: the text of Python's numbers, as literals and as int() and float() read it: single underscores
 * between digits, bases from 2 to 36, "inf" and "nan". */
#ifndef ENGINE_EXPRESSION_NUMERAL_H
#define ENGINE_EXPRESSION_NUMERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum numeral_status {
    NUMERAL_OK,
    NUMERAL_INVALID,
    NUMERAL_TOO_BIG, /* well-formed, but beyond 64 bits without a sign */
} numeral_status;

/* Digits of the base, no sign, no prefix. `after_prefix`: an underscore may come first. */
numeral_status numeral_integer(const char *text, size_t size, unsigned base, bool after_prefix,
                               uint64_t *magnitude);
/* Base 16, 8 or 2 where the text begins with 0x, 0o or 0b (either case); else 0. */
unsigned numeral_prefix_base(const char *text, size_t size);
/* The value of a digit in bases up to 36, or 36 where it is none. */
unsigned numeral_digit(char c);

/* A decimal number with a sign, fraction and exponent as float() takes it, without whitespace around it.
 * `scratch` has room for size + 1 bytes. False where it is none. */
bool numeral_float(const char *text, size_t size, char *scratch, double *number);

#endif
