#include <criterion/criterion.h>
#include <math.h>

#include "engine/expression/template/money.h"
#include "engine/limits.h"

static arena memory;

static void set_up(void)
{
    arena_init(&memory, 1024, 64 << 20);
}

static void tear_down(void)
{
    arena_free(&memory);
}

TestSuite(expression_money, .init = set_up, .fini = tear_down);

/* The text, or the exception's name. */
static const char *money(value amount, value currency)
{
    exception x = {0};
    evaluation ev;
    evaluation_init(&ev, &memory, &x);
    value result;
    if (!money_format(&ev, &amount, &currency, &result))
        return exception_name(x.type);
    return arena_copy(&memory, result.text, result.count);
}

static const char *euros(value amount)
{
    return money(amount, value_cstring("EUR"));
}

static const char *euros_of(const char *amount)
{
    return euros(value_cstring(amount));
}

Test(expression_money, groups_thousands_and_names_the_currency)
{
    cr_expect_str_eq(euros(value_float(1234.5)), "1,234.50 EUR");
    cr_expect_str_eq(euros(value_int(0)), "0.00 EUR");
    cr_expect_str_eq(euros(value_int(999)), "999.00 EUR");
    cr_expect_str_eq(euros(value_int(1000)), "1,000.00 EUR");
    cr_expect_str_eq(euros(value_int(-1234567)), "-1,234,567.00 EUR");
    cr_expect_str_eq(euros(value_int(INT64_MIN)), "-9,223,372,036,854,775,808.00 EUR");
    cr_expect_str_eq(euros_of("123456789012345678901234567890.12"),
                     "123,456,789,012,345,678,901,234,567,890.12 EUR");
    cr_expect_str_eq(money(value_int(5), value_cstring("eur")), "5.00 EUR");
}

Test(expression_money, has_the_minor_units_of_the_currency)
{
    value amount = value_cstring("1234.56789");
    static const struct {
        const char *code;
        const char *text;
    } cases[] = {
        {"JPY", "1,235 JPY"},      {"BIF", "1,235 BIF"},     {"XPF", "1,235 XPF"},
        {"KWD", "1,234.568 KWD"},  {"TND", "1,234.568 TND"}, {"CLF", "1,234.5679 CLF"},
        {"UYW", "1,234.5679 UYW"}, {"USD", "1,234.57 USD"},  {"XYZ", "1,234.57 XYZ"},
        {"IFC", "1,234.57 IFC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(money(amount, value_cstring(cases[i].code)), cases[i].text);
}

Test(expression_money, rounds_half_to_even_in_decimal)
{
    cr_expect_str_eq(euros_of("0.125"), "0.12 EUR");
    cr_expect_str_eq(euros_of("0.135"), "0.14 EUR");
    cr_expect_str_eq(euros_of("0.12500000000000000000000000000001"), "0.13 EUR");
    cr_expect_str_eq(euros(value_float(1.005)), "1.00 EUR"); /* not the double's 1.00499999999999989... */
    cr_expect_str_eq(euros(value_float(1.015)), "1.02 EUR");
    cr_expect_str_eq(euros(value_float(2.675)), "2.68 EUR");
    cr_expect_str_eq(euros_of("999.995"), "1,000.00 EUR");
    cr_expect_str_eq(euros_of("0.005"), "0.00 EUR");
    cr_expect_str_eq(euros_of("0.0051"), "0.01 EUR");
    cr_expect_str_eq(euros_of("0.0009"), "0.00 EUR");
    cr_expect_str_eq(euros_of("9.999"), "10.00 EUR");
    cr_expect_str_eq(money(value_cstring("0.5"), value_cstring("JPY")), "0 JPY");
    cr_expect_str_eq(money(value_cstring("1.5"), value_cstring("JPY")), "2 JPY");
    cr_expect_str_eq(money(value_cstring("0.05"), value_cstring("JPY")), "0 JPY");
}

Test(expression_money, zero_has_no_sign)
{
    cr_expect_str_eq(euros(value_float(-0.0)), "0.00 EUR");
    cr_expect_str_eq(euros_of("-0.004"), "0.00 EUR");
    cr_expect_str_eq(euros_of("-0.006"), "-0.01 EUR");
}

Test(expression_money, reads_decimal_text)
{
    cr_expect_str_eq(euros_of("+007.50"), "7.50 EUR");
    cr_expect_str_eq(euros_of(".5"), "0.50 EUR");
    cr_expect_str_eq(euros_of("5."), "5.00 EUR");
    cr_expect_str_eq(euros_of("1.5e3"), "1,500.00 EUR");
    cr_expect_str_eq(euros_of("15E-1"), "1.50 EUR");
    cr_expect_str_eq(euros_of("0e99999"), "0.00 EUR");
    cr_expect_str_eq(euros_of("1e-99999"), "0.00 EUR");
    cr_expect_str_eq(euros(value_float(1e21)), "1,000,000,000,000,000,000,000.00 EUR");
    cr_expect_str_eq(euros(value_float(1e-7)), "0.00 EUR");
}

Test(expression_money, refuses_what_is_no_amount)
{
    static const char *const bad[] = {"",    "-",  ".",   "1,5", "1 ",  " 1",
                                      "abc", "1e", "1e+", "nan", "0x1", "1.2.3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(euros_of(bad[i]), "ValueError", "%s", bad[i]);
    cr_expect_str_eq(euros(value_float((double)INFINITY)), "ValueError");
    cr_expect_str_eq(euros(value_float((double)NAN)), "ValueError");
    cr_expect_str_eq(euros(value_null()), "TypeError");
    cr_expect_str_eq(euros(value_bool(true)), "TypeError");
}

Test(expression_money, refuses_what_is_no_currency)
{
    static const char *const bad[] = {"", "EU", "EURO", "E R", "E1R", "\xE2\x82\xAC"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(money(value_int(1), value_cstring(bad[i])), "ValueError", "%s", bad[i]);
    cr_expect_str_eq(money(value_int(1), value_null()), "TypeError");
}

Test(expression_money, bounds_the_digits)
{
    char amount[LIMIT_NUMBER_CHARACTERS + 1];
    memset(amount, '9', sizeof amount);
    const char *text = money(value_string(amount, LIMIT_NUMBER_CHARACTERS), value_cstring("CLF"));
    cr_expect_eq(strlen(text),
                 LIMIT_NUMBER_CHARACTERS + (LIMIT_NUMBER_CHARACTERS - 1) / 3 + strlen(".0000 CLF"));
    amount[LIMIT_NUMBER_CHARACTERS - 5] = '.'; /* the carry runs through every digit that is kept */
    amount[LIMIT_NUMBER_CHARACTERS - 4] = '9';
    cr_expect_eq(*money(value_string(amount, LIMIT_NUMBER_CHARACTERS), value_cstring("JPY")), '1');
    cr_expect_str_eq(money(value_string(amount, sizeof amount), value_cstring("EUR")), "ValueError");
    cr_expect_str_eq(euros_of("1e400"), "ValueError");
    cr_expect_str_eq(euros_of("1e99999999999999999999"), "ValueError");
}
