#include "engine/schema/decimal.h"

#include "engine/value/number.h"

static decimal without_trailing_zeros(decimal d)
{
    while (d.digits != 0 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

/* Reads what number_format writes: digits, perhaps a point, perhaps an exponent; at most 17 digits. */
static decimal decimal_of_float(double number)
{
    char text[NUMBER_TEXT_SIZE];
    number_format(number, text);
    decimal d = {0};
    const char *p = text + (*text == '-');
    bool behind_point = false;
    for (; *p != '\0' && *p != 'e'; p++) {
        if (*p == '.') {
            behind_point = true;
            continue;
        }
        d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        d.exponent -= behind_point;
    }
    if (*p == 'e') {
        bool negative = p[1] == '-';
        int32_t exponent = 0;
        for (p += 1 + (p[1] == '-' || p[1] == '+'); *p != '\0'; p++)
            exponent = exponent * 10 + (*p - '0');
        d.exponent += negative ? -exponent : exponent;
    }
    return without_trailing_zeros(d);
}

decimal decimal_of(const value *number)
{
    if (number->kind == VALUE_FLOAT)
        return decimal_of_float(number->number);
    uint64_t magnitude = number->integer < 0 ? 0 - (uint64_t)number->integer : (uint64_t)number->integer;
    return without_trailing_zeros((decimal){.digits = magnitude});
}

/* digits * 10^power mod modulus */
static uint64_t scaled_modulo(uint64_t digits, uint32_t power, uint64_t modulus)
{
    unsigned __int128 result = digits % modulus;
    unsigned __int128 factor = 10 % modulus;
    for (; power > 0; power >>= 1) {
        if (power & 1)
            result = result * factor % modulus;
        factor = factor * factor % modulus;
    }
    return (uint64_t)result;
}

bool decimal_is_multiple(const value *number, decimal divisor)
{
    if (number->kind == VALUE_INT && divisor.exponent == 0)
        return number->integer % (int64_t)divisor.digits == 0;
    decimal d = decimal_of(number);
    if (d.digits == 0)
        return true;
    if (d.exponent >= divisor.exponent)
        return scaled_modulo(d.digits, (uint32_t)(d.exponent - divisor.exponent), divisor.digits) == 0;
    return false; /* its last digit, which is not 0, stands behind every digit of the divisor's multiples */
}
