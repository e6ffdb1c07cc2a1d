#include <float.h>
#include <math.h>

#include "tests/unit/expression_text.h"

TestSuite(expression_text_percent, .init = text_setup, .fini = text_teardown);

static const char *format_one(const char *format, value argument)
{
    value text = T(format), result;
    return shown(text_format_percent(&text_evaluation, &text, &argument, &result), &result);
}

#define FORMAT(format, ...)                                                     \
    format_one(format, tuple_of((const value[]){value_null(), __VA_ARGS__} + 1, \
                                sizeof((const value[]){value_null(), __VA_ARGS__}) / sizeof(value) - 1))
#define F(number) value_float(number)

Test(expression_text_percent, text_conversions)
{
    cr_expect_str_eq(FORMAT("%s %r %a", T("é"), T("é"), T("é")), "\"é 'é' '\\\\xe9'\"");
    cr_expect_str_eq(FORMAT("%s|%s|%s", I(1), F(1.0), value_null()), "'1|1.0|None'");
    cr_expect_str_eq(FORMAT("%5s|%-5s|%.2s|%5.1s", T("é"), T("é"), T("éàè"), T("éà")),
                     "'    é|é    |éà|    é'");
    cr_expect_str_eq(FORMAT("%05s|%+s|%.0s|%.s", T("a"), T("b"), T("c"), T("d")), "'    a|b||'");
    cr_expect_str_eq(FORMAT("100%% %s%%", T("x")), "'100% x%'");
    cr_expect_str_eq(FORMAT("%c%c%3c|%-3c|", I(0x20AC), T("é"), I('x'), T("y")), "'€é  x|y  |'");
}

Test(expression_text_percent, integers)
{
    cr_expect_str_eq(FORMAT("%d %i %u", I(-1), value_bool(true), F(-2.9)), "'-1 1 -2'");
    cr_expect_str_eq(FORMAT("%x %X %o", I(255), I(255), I(8)), "'ff FF 10'");
    cr_expect_str_eq(FORMAT("%#x %#X %#o", I(-255), I(255), I(0)), "'-0xff 0XFF 0o0'");
    cr_expect_str_eq(FORMAT("%5d|%-5d|%05d|%+d|% d", I(7), I(7), I(-7), I(7), I(7)),
                     "'    7|7    |-0007|+7| 7'");
    cr_expect_str_eq(FORMAT("%.3d|%6.3d|%06.3d|%-06d|", I(7), I(-7), I(7), I(7)),
                     "'007|  -007|000007|7     |'");
    cr_expect_str_eq(FORMAT("%#08x|%#.4x|%+#x", I(255), I(255), I(255)), "'0x0000ff|0x00ff|+0xff'");
    cr_expect_str_eq(FORMAT("%d %o", I(INT64_MIN), I(INT64_MIN)),
                     "'-9223372036854775808 -1000000000000000000000'");
    cr_expect_str_eq(FORMAT("%d", F(1e20)), "'100000000000000000000'");
    cr_expect_str_eq(FORMAT("%ld %hd %Ld", I(1), I(2), I(3)), "'1 2 3'");
}

Test(expression_text_percent, floats)
{
    cr_expect_str_eq(FORMAT("%f %e %g", F(1.5), F(12345.678), F(0.00001)), "'1.500000 1.234568e+04 1e-05'");
    cr_expect_str_eq(FORMAT("%.2f %.0f %.1f", F(2.675), F(2.5), F(-0.05)), "'2.67 2 -0.1'");
    cr_expect_str_eq(FORMAT("%G %E", F(1e-10), I(1)), "'1E-10 1.000000E+00'");
    cr_expect_str_eq(FORMAT("%#.0f %#.0e %#.3g", F(1), F(1), F(1)), "'1. 1.e+00 1.00'");
    cr_expect_str_eq(FORMAT("%#.2g %#.1g", F(99.995), F(0.00009995)), "'1.0e+02 0.0001'");
    cr_expect_str_eq(FORMAT("%08.3f|%-8.1f|%+f", F(-3.14159), F(1), F(0)), "'-003.142|1.0     |+0.000000'");
    cr_expect_str_eq(
        FORMAT("%f %F %05f %+f %-6f|", F(copysign(NAN, -1)), F(NAN), F(INFINITY), F(NAN), F(-INFINITY)),
        "'nan NAN 00inf +nan -inf  |'");
    cr_expect_str_eq(FORMAT("%.400f", F(0.5)),
                     show_call(T("0.5"), "ljust", (const value[]){I(402), T("0")}, 2));
}

Test(expression_text_percent, stars_take_arguments)
{
    cr_expect_str_eq(FORMAT("%*d|%-*d|%*d|", I(4), I(1), I(4), I(1), I(-4), I(1)), "'   1|1   |1   |'");
    cr_expect_str_eq(FORMAT("%.*f|%.*f|%*.*f", I(1), F(2.25), I(-3), F(2.25), I(6), I(2), F(2.25)),
                     "'2.2|2|  2.25'");
    cr_expect_str_eq(FORMAT("%*d", T("x"), I(1)), "TypeError: * wants int");
    cr_expect_str_eq(FORMAT("%.*d", I(1ll << 40), I(1)),
                     "OverflowError: Python int too large to convert to C int");
}

static value sample_map(void)
{
    map_builder b;
    map_builder_init(&b, &text_arena);
    cr_assert(map_builder_put(&b, T("name"), T("Ann")) && map_builder_put(&b, T("a(b)"), I(3)) &&
              map_builder_put(&b, T(""), F(0.5)));
    return map_builder_finish(&b);
}

Test(expression_text_percent, a_mapping_gives_values_by_key)
{
    cr_expect_str_eq(format_one("%(name)s %(name)5s %(a(b))03d %()f", sample_map()),
                     "'Ann   Ann 003 0.500000'");
    cr_expect_str_eq(format_one("no keys", sample_map()), "'no keys'");
    cr_expect_str_eq(format_one("%s", value_list(NULL, 0)), "'[]'");
    cr_expect_str_eq(format_one("no keys", value_list(NULL, 0)), "'no keys'");
    cr_expect_str_eq(format_one("%(nobody)s", sample_map()),
                     "KeyError: the mapping lacks a key of the format");
    cr_expect_str_eq(format_one("%(name)s %s", sample_map()),
                     "TypeError: not enough arguments for format string");
    cr_expect_str_eq(format_one("%(name)s", T("Ann")), "TypeError: format requires a mapping");
    cr_expect_str_eq(format_one("%(name", sample_map()), "ValueError: incomplete format key");
    cr_expect_str_eq(format_one("%(a)s", value_list(NULL, 0)),
                     "TypeError: list indices must be integers or slices, not str");
}

Test(expression_text_percent, arguments_and_conversions_must_match)
{
    cr_expect_str_eq(FORMAT("%s %s", I(1)), "TypeError: not enough arguments for format string");
    cr_expect_str_eq(FORMAT("%s", I(1), I(2)),
                     "TypeError: not all arguments converted during string formatting");
    cr_expect_str_eq(format_one("x", I(1)),
                     "TypeError: not all arguments converted during string formatting");
    cr_expect_str_eq(format_one("%%", I(1)),
                     "TypeError: not all arguments converted during string formatting");
    cr_expect_str_eq(format_one("%%", tuple_of(NULL, 0)), "'%'");
}

Test(expression_text_percent, wrong_types_are_named)
{
    cr_expect_str_eq(FORMAT("%d", T("1")), "TypeError: %d format: a real number is required, not str");
    cr_expect_str_eq(FORMAT("%x", F(1)), "TypeError: %x format: an integer is required, not float");
    cr_expect_str_eq(FORMAT("%f", T("1")), "TypeError: must be real number, not str");
    cr_expect_str_eq(FORMAT("%d", F(NAN)), "ValueError: cannot convert float NaN to integer");
    cr_expect_str_eq(FORMAT("%d", F(-INFINITY)), "OverflowError: cannot convert float infinity to integer");
    cr_expect_str_eq(FORMAT("%c", T("ab")), "TypeError: %c requires int or char");
    cr_expect_str_eq(FORMAT("%c", F(1)), "TypeError: %c requires int or char");
    cr_expect_str_eq(FORMAT("%c", I(-1)), "OverflowError: %c arg not in range(0x110000)");
    cr_expect_str_eq(FORMAT("%c", I(0xD800)), "ValueError: %c arg is a surrogate, which no text can have");
}

Test(expression_text_percent, formats_that_stop_short)
{
    static const char *const formats[] = {"%", "a%", "%5", "%-", "%.", "%5.", "%.3", "%l", "%#05.3l"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        cr_expect_str_eq(FORMAT(formats[i], I(1)), "ValueError: incomplete format", "%s", formats[i]);
    cr_expect_str_eq(FORMAT("é%y", I(1)), "ValueError: unsupported format character at index 2");
    cr_expect_str_eq(FORMAT("%5%", I(1)), "ValueError: unsupported format character at index 2");
    cr_expect_str_eq(FORMAT("%é", I(1)), "ValueError: unsupported format character at index 1");
    cr_expect_str_eq(FORMAT("%hld", I(1)), "ValueError: unsupported format character at index 2");
}

Test(expression_text_percent, sizes_are_bounded)
{
    static const char *const formats[] = {"%1000000000d", "%.1000000000d", "%.1000000000f", "%.2147483647g",
                                          "%9223372036854775807s"};
    size_t used = text_arena.used_bytes;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        value text = T(formats[i]), argument = I(1), result;
        cr_expect_not(text_format_percent(&text_evaluation, &text, &argument, &result));
        cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE, "%s", formats[i]);
        text_evaluation.steps_left = LIMIT_EXPRESSION_STEPS;
    }
    cr_expect_leq(text_arena.used_bytes, used + 4096);
    cr_expect_str_eq(FORMAT("%9223372036854775808d", I(1)), "ValueError: width too big");
    cr_expect_str_eq(FORMAT("%.2147483648d", I(1)), "ValueError: precision too big");
    value format = T("%*d"), star[] = {I(INT64_MIN), I(1)}, arguments = tuple_of(star, 2), result;
    cr_expect_not(text_format_percent(&text_evaluation, &format, &arguments, &result));
    cr_expect_eq(text_exception.type, EXCEPTION_RESOURCE);
}
