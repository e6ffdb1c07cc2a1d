#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/value/number.h"

static void expect_text(double number, const char *text)
{
    char written[NUMBER_TEXT_SIZE];
    size_t size = number_format(number, written);
    cr_expect_str_eq(written, text);
    cr_expect_eq(size, strlen(text), "the length of %s", text);
}

/* A xorshift generator: the same doubles in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(value_number, zero_not_a_number_and_infinities_are_words_of_python)
{
    expect_text(0.0, "0.0");
    expect_text(-0.0, "-0.0");
    expect_text(NAN, "nan");
    expect_text(INFINITY, "inf");
    expect_text(-INFINITY, "-inf");
}

Test(value_number, few_decimals_are_written_as_people_wrote_them)
{
    expect_text(19.99, "19.99");
    expect_text(-0.5, "-0.5");
    expect_text(100.0, "100.0");
    expect_text(99999999999.9999, "99999999999.9999");
    expect_text(0.0001, "0.0001");
    expect_text(0.00015, "0.00015");
    expect_text(1234.56789, "1234.56789");
}

Test(value_number, few_decimals_are_what_printf_has_without_its_last_zeros)
{
    uint64_t state = 521288629;
    for (int i = 0; i < 100000; i++) {
        static const uint64_t bounds[] = {100, 100000, 1000000000, 1000000000000000};
        uint64_t tenthousandths = next_random(&state) % bounds[i % 4] + 1;
        double number = (double)tenthousandths / 1e4;
        char text[NUMBER_TEXT_SIZE];
        size_t size = (size_t)snprintf(text, sizeof text, "%.4f", number);
        while (text[size - 1] == '0' && text[size - 2] != '.')
            text[--size] = '\0';
        expect_text(number, text);
    }
}

static void expect_integer(int64_t number)
{
    char text[NUMBER_TEXT_SIZE], expected[NUMBER_TEXT_SIZE];
    size_t size = (size_t)snprintf(expected, sizeof expected, "%lld", (long long)number);
    cr_expect_eq(number_format_int(number, text), size, "the length of %s", expected);
    cr_expect_eq(memcmp(text, expected, size), 0, "%.*s for %s", (int)size, text, expected);
}

Test(value_number, integers_have_all_their_digits)
{
    for (int64_t n = -11000; n <= 11000; n++)
        expect_integer(n);
    for (int64_t power = 10; power < INT64_MAX / 10; power *= 10)
        for (int64_t n = power - 2; n <= power + 2; n++) {
            expect_integer(n);
            expect_integer(-n);
        }
    expect_integer(INT64_MAX);
    expect_integer(INT64_MIN);
    uint64_t state = 88675123;
    for (int i = 0; i < 100000; i++)
        expect_integer((int64_t)next_random(&state) >> (i % 64));
}

Test(value_number, the_exponent_begins_where_python_has_it_begin)
{
    expect_text(0.00001, "1e-05");
    expect_text(9999999999999998.0, "9999999999999998.0");
    expect_text(1e16, "1e+16");
    expect_text(12345678901234567890.0, "1.2345678901234567e+19");
    expect_text(1e22, "1e+22");
    expect_text(1e23, "1e+23");
    expect_text(-1.5e300, "-1.5e+300");
}

Test(value_number, sixteen_and_seventeen_digits_come_only_where_they_are_needed)
{
    expect_text(0.1 + 0.2, "0.30000000000000004");
    expect_text(1.0 / 3, "0.3333333333333333");
    expect_text(5e-324, "5e-324");
    expect_text(2.5e-323, "2.5e-323");
    expect_text(DBL_MIN, "2.2250738585072014e-308");
    expect_text(DBL_MAX, "1.7976931348623157e+308");
}

/* Below a power of two the doubles are twice as dense: the shortest text lies above it, not nearest to it. */
Test(value_number, powers_of_two_with_a_close_neighbour_below_are_shortest_too)
{
    expect_text(0x1p-44, "5.684341886080802e-14");
    expect_text(0x1p-1017, "7.120236347223045e-307");
    expect_text(0x1p-705, "5.940911144672375e-213");
}

Test(value_number, random_doubles_read_back_the_same)
{
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&state);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (i % 2 == 0)
            number = ldexp((double)(bits >> 11), -(int)(bits % 110));
        if (!isfinite(number))
            continue;
        char text[NUMBER_TEXT_SIZE];
        number_format(number, text);
        cr_assert_eq(strtod(text, NULL), number, "%a became %s", number, text);
    }
}

/* One digit less never reads back: checked for what the scaled way writes with 16 or 17 digits. */
Test(value_number, no_shorter_text_reads_back)
{
    uint64_t state = 362436069;
    for (int i = 0; i < 50000; i++) {
        double number = ldexp((double)(next_random(&state) >> 11), -(int)(next_random(&state) % 90));
        char text[NUMBER_TEXT_SIZE];
        number_format(number, text);
        int digits = 0, zeros = 0;
        for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
            digits += *p != '.' && (digits > 0 || *p != '0');
            zeros = *p == '0' ? zeros + 1 : *p == '.' ? zeros : 0;
        }
        digits -= zeros;
        if (digits < 16)
            continue;
        char shorter[NUMBER_TEXT_SIZE];
        snprintf(shorter, sizeof shorter, "%.*e", digits - 2, number);
        cr_assert_neq(strtod(shorter, NULL), number, "%s for %s", text, shorter);
    }
}

static void expect_rounded(double number, int digits, double rounded)
{
    double result = number_round(number, digits);
    cr_expect(memcmp(&result, &rounded, sizeof result) == 0, "round(%a, %d) is %a, not %a", number, digits,
              rounded, result);
}

Test(value_number, ties_round_to_even_and_only_exact_ties_are_ties)
{
    expect_rounded(0.5, 0, 0.0);
    expect_rounded(1.5, 0, 2.0);
    expect_rounded(2.5, 0, 2.0);
    expect_rounded(-2.5, 0, -2.0);
    expect_rounded(-0.25, 1, -0.2);
    expect_rounded(2.675, 2, 2.67); /* the double is below 2.675 */
    expect_rounded(1.005, 2, 1.0);
    expect_rounded(1.115, 2, 1.11); /* the product 111.5 hides that the double is below */
    expect_rounded(0.285, 2, 0.28);
    expect_rounded(1.0000000000000002, 15, 1.0);
}

Test(value_number, negative_digits_round_before_the_point)
{
    expect_rounded(1234.5, -2, 1200.0);
    expect_rounded(1250.0, -2, 1200.0);
    expect_rounded(1250.0000000000002, -2, 1300.0);
    expect_rounded(1350.0, -2, 1400.0);
    expect_rounded(50.0, -2, 0.0);
    expect_rounded(50.5, -2, 100.0);
    expect_rounded(-99.0, -1, -100.0);
    expect_rounded(999.9, -3, 1000.0);
    expect_rounded(5.0, -1, 0.0);
    expect_rounded(-1.0, -400, -0.0);
}

Test(value_number, extremes_of_rounding)
{
    expect_rounded(DBL_MAX, -308, INFINITY);
    expect_rounded(DBL_MAX, 400, DBL_MAX);
    expect_rounded(5e-324, 323, 0.0);
    expect_rounded(5e-324, 324, 5e-324);
    expect_rounded(1e22, 2, 1e22);
    expect_rounded(123456789012345.67, 1, 123456789012345.7);
    expect_rounded(1e-20, 22, 1e-20);
    expect_rounded(-0.0, 2, -0.0);
    expect_rounded(-0.001, 2, -0.0);
    expect_rounded(INFINITY, -5, INFINITY);
    cr_expect(isnan(number_round(NAN, 2)));
}
