#include <criterion/criterion.h>
#include <math.h>

#include "engine/expression/syntax/numeral.h"

static numeral_status integer(const char *text, unsigned base, bool after_prefix, uint64_t *magnitude)
{
    return numeral_integer(text, strlen(text), base, after_prefix, magnitude);
}

Test(expression_numeral, digits_of_a_base)
{
    uint64_t n = 0;
    cr_expect_eq(integer("1_000", 10, false, &n), NUMERAL_OK);
    cr_expect_eq(n, 1000);
    cr_expect_eq(integer("zZ", 36, false, &n), NUMERAL_OK);
    cr_expect_eq(n, 35 * 36 + 35);
    cr_expect_eq(integer("_f", 16, true, &n), NUMERAL_OK);
    cr_expect_eq(n, 15);
    cr_expect_eq(integer("18446744073709551615", 10, false, &n), NUMERAL_OK);
    cr_expect_eq(n, UINT64_MAX);
    cr_expect_eq(integer("18446744073709551616", 10, false, &n), NUMERAL_TOO_BIG);
}

Test(expression_numeral, what_is_no_integer)
{
    static const char *const wrong[] = {"", "_", "_1", "1_", "1__0", "8", "-1", "1 ", "1.0", "1e5"};
    uint64_t n;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(integer(wrong[i], 8, false, &n), NUMERAL_INVALID, "%s", wrong[i]);
}

Test(expression_numeral, prefixes)
{
    cr_expect_eq(numeral_prefix_base("0x1", 3), 16);
    cr_expect_eq(numeral_prefix_base("0O7", 3), 8);
    cr_expect_eq(numeral_prefix_base("0b", 2), 2);
    cr_expect_eq(numeral_prefix_base("0d1", 3), 0);
    cr_expect_eq(numeral_prefix_base("x0", 2), 0);
    cr_expect_eq(numeral_prefix_base("0", 1), 0);
}

static double number(const char *text)
{
    char scratch[64];
    double d;
    return numeral_float(text, strlen(text), scratch, &d) ? d : -12345;
}

Test(expression_numeral, floats)
{
    cr_expect_eq(number("1.5"), 1.5);
    cr_expect_eq(number("-.5e1"), -5);
    cr_expect_eq(number("+1_0.0_1E-1_0"), 10.01e-10);
    cr_expect_eq(number("5."), 5);
    cr_expect_eq(number("-InFiNiTy"), -INFINITY);
    cr_expect_eq(number("1e999"), INFINITY);
    cr_expect(isnan(number("nan")));
    cr_expect(signbit(number("-0")));
}

Test(expression_numeral, what_is_no_float)
{
    static const char *const wrong[] = {"",   ".",   "e5",   "1e",    "1e+",    "1__0",
                                        "_1", "1_",  "1_.5", "1._5",  "1e_5",   "0x1",
                                        "1 ", "--1", "+-1",  "infin", "nan(1)", "1.2.3"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_eq(number(wrong[i]), -12345, "%s", wrong[i]);
}
