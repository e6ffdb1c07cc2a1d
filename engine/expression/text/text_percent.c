/* format % arguments.
 *
 * The conversions take their arguments one after the other from a tuple, or the one value that is no tuple.
 * %(key)s takes the mapping's value instead, which then is the one argument left. Arguments that are left
 * over at the end are an error, unless they came as a mapping (for Python a list and a range are such, too).
 */
#include "engine/expression/text/text_percent.h"

#include "engine/expression/text/text_repr.h"
#include "engine/expression/text/text_support.h"
#include "engine/value/utf8.h"

typedef struct formatter {
    evaluation *ev;
    const value *format;
    size_t at; /* the next byte of the format */
    buffer out;
    const value *arguments; /* the next one */
    uint32_t arguments_left;
    const value *mapping; /* NULL: there is none */
} formatter;

/* ---- the format ---- */

static bool raise_incomplete(formatter *f)
{
    return evaluation_raise(f->ev, EXCEPTION_VALUE, "incomplete format");
}

/* The next byte, or 0 at the end. (A NUL in the format is no valid conversion either.) */
static char peek(const formatter *f)
{
    if (f->at == f->format->count)
        return '\0';
    return f->format->text[f->at];
}

static bool at_end(const formatter *f)
{
    return f->at == f->format->count;
}

/* NULL with the exception where there is none. */
static const value *next_argument(formatter *f)
{
    if (f->arguments_left == 0) {
        evaluation_raise(f->ev, EXCEPTION_TYPE, "not enough arguments for format string");
        return NULL;
    }
    f->arguments_left--;
    return f->arguments++;
}

/* Behind "(": up to the ")" that belongs to it. */
static bool parse_key(formatter *f, value *key)
{
    size_t start = f->at;
    for (size_t open = 1; open > 0; f->at++) {
        if (at_end(f))
            return evaluation_raise(f->ev, EXCEPTION_VALUE, "incomplete format key");
        open += peek(f) == '(';
        open -= peek(f) == ')';
    }
    *key = text_part(f->format, start, f->at - 1);
    return true;
}

static bool take_key(formatter *f)
{
    value key = {0};
    if (peek(f) != '(')
        return true;
    if (f->mapping == NULL)
        return evaluation_raise(f->ev, EXCEPTION_TYPE, "format requires a mapping");
    f->at++;
    if (!parse_key(f, &key))
        return false;
    if (f->mapping->kind != VALUE_MAP)
        return evaluation_raise(f->ev, EXCEPTION_TYPE, "%s indices must be integers or slices, not str",
                                object_type_name(f->mapping));
    if (!text_spend(f->ev, key.count))
        return false;
    const value *found = value_get_key(f->mapping, &key);
    if (found == NULL)
        return evaluation_raise(f->ev, EXCEPTION_KEY, "the mapping lacks a key of the format");
    f->arguments = found;
    f->arguments_left = 1;
    return true;
}

static void parse_flags(formatter *f, percent_conversion *c)
{
    for (;; f->at++) {
        switch (peek(f)) {
        case '-':
            c->left = true;
            break;
        case '+':
            c->plus = true;
            break;
        case ' ':
            c->blank = true;
            break;
        case '#':
            c->alternate = true;
            break;
        case '0':
            c->zeros = true;
            break;
        default:
            return;
        }
    }
}

/* Digits, none giving 0. */
static bool parse_number(formatter *f, int64_t max, const char *name, int64_t *number)
{
    *number = 0;
    for (; peek(f) >= '0' && peek(f) <= '9'; f->at++) {
        int digit = peek(f) - '0';
        if (*number > (max - digit) / 10)
            return evaluation_raise(f->ev, EXCEPTION_VALUE, "%s too big", name);
        *number = *number * 10 + digit;
    }
    return true;
}

/* The int that a "*" stands for. */
static bool take_star(formatter *f, int64_t *number)
{
    f->at++;
    const value *argument = next_argument(f);
    if (argument == NULL)
        return false;
    if (!value_is_int(argument))
        return evaluation_raise(f->ev, EXCEPTION_TYPE, "* wants int");
    *number = argument->integer;
    return true;
}

static bool parse_width(formatter *f, percent_conversion *c)
{
    int64_t width = 0;
    if (!(peek(f) == '*' ? take_star(f, &width) : parse_number(f, INT64_MAX, "width", &width)))
        return false;
    c->left = c->left || width < 0;
    c->width = width < 0 ? 0 - (uint64_t)width : (uint64_t)width;
    return true;
}

static bool parse_precision(formatter *f, percent_conversion *c)
{
    int64_t precision = 0;
    c->precision = -1;
    if (peek(f) != '.')
        return true;
    f->at++;
    if (!(peek(f) == '*' ? take_star(f, &precision) : parse_number(f, INT32_MAX, "precision", &precision)))
        return false;
    if (precision < INT32_MIN || precision > INT32_MAX)
        return evaluation_raise(f->ev, EXCEPTION_OVERFLOW, "Python int too large to convert to C int");
    c->precision = precision < 0 ? 0 : (int32_t)precision;
    return true;
}

/* Behind "%": all up to the type, into *c, which is all zeros. */
static bool parse_conversion(formatter *f, percent_conversion *c)
{
    if (!take_key(f))
        return false;
    parse_flags(f, c);
    if (!parse_width(f, c) || !parse_precision(f, c))
        return false;
    if (peek(f) == 'h' || peek(f) == 'l' || peek(f) == 'L')
        f->at++; /* a C programmer's length: of no meaning here */
    if (at_end(f))
        return raise_incomplete(f);
    c->type = peek(f);
    f->at++;
    return true;
}

/* ---- the conversions of text ---- */

static bool add_padded(formatter *f, const percent_conversion *c, const value *text)
{
    size_t length = c->width == 0 ? 0 : text_length(text);
    uint64_t padding = c->width > length ? c->width - length : 0;
    if (!text_spend(f->ev, text->count) || (!c->left && !percent_add_fill(f->ev, &f->out, ' ', padding)))
        return false;
    buffer_add(&f->out, text->text, text->count);
    return !c->left || percent_add_fill(f->ev, &f->out, ' ', padding);
}

static bool add_text(formatter *f, const percent_conversion *c, const value *v)
{
    value text = {0};
    if (!(c->type == 's'   ? text_str(f->ev, v, &text)
          : c->type == 'r' ? text_repr(f->ev, v, &text)
                           : text_ascii_repr(f->ev, v, &text)))
        return false;
    if (c->precision >= 0 && (size_t)c->precision < text.count)
        text = text_part(&text, 0, text_offset(&text, (size_t)c->precision));
    return add_padded(f, c, &text);
}

static bool add_character(formatter *f, const percent_conversion *c, const value *v)
{
    char bytes[4];
    if (v->kind == VALUE_STRING && text_length(v) == 1)
        return add_padded(f, c, v);
    if (!value_is_int(v))
        return evaluation_raise(f->ev, EXCEPTION_TYPE, "%%c requires int or char");
    if (v->integer < 0 || v->integer > 0x10FFFF)
        return evaluation_raise(f->ev, EXCEPTION_OVERFLOW, "%%c arg not in range(0x110000)");
    if (v->integer >= 0xD800 && v->integer < 0xE000)
        return evaluation_raise(f->ev, EXCEPTION_VALUE, "%%c arg is a surrogate, which no text can have");
    value text = value_string(bytes, utf8_encode((uint32_t)v->integer, bytes));
    return add_padded(f, c, &text);
}

/* ---- the whole ---- */

static bool add_conversion(formatter *f)
{
    percent_conversion c = {0};
    if (at_end(f))
        return raise_incomplete(f);
    if (peek(f) == '%') {
        f->at++;
        buffer_add_byte(&f->out, '%');
        return true;
    }
    const value *v = parse_conversion(f, &c) ? next_argument(f) : NULL;
    if (v == NULL)
        return false;
    switch (c.type) {
    case 's':
    case 'r':
    case 'a':
        return add_text(f, &c, v);
    case 'c':
        return add_character(f, &c, v);
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        return percent_add_integer(f->ev, &f->out, &c, v);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        return percent_add_float(f->ev, &f->out, &c, v);
    default:
        return evaluation_raise(f->ev, EXCEPTION_VALUE, "unsupported format character at index %zu",
                                text_index(f->format, f->at - 1));
    }
}

bool text_format_percent(evaluation *ev, const value *format, const value *arguments, value *result)
{
    formatter f = {.ev = ev, .format = format, .arguments = arguments, .arguments_left = 1};
    if (arguments->kind == VALUE_TUPLE) {
        f.arguments = arguments->items;
        f.arguments_left = arguments->count;
    } else if (arguments->kind == VALUE_MAP || arguments->kind == VALUE_LIST ||
               arguments->kind == VALUE_RANGE) {
        f.mapping = arguments;
    }
    if (!text_spend(ev, format->count))
        return false;
    text_begin(ev, &f.out);
    while (!at_end(&f)) {
        const char *start = format->text + f.at;
        const char *percent = memchr(start, '%', format->count - f.at);
        size_t plain = percent == NULL ? format->count - f.at : (size_t)(percent - start);
        buffer_add(&f.out, start, plain);
        f.at += plain;
        if (percent == NULL)
            break;
        f.at++;
        if (!evaluation_spend(ev, 1) || !add_conversion(&f))
            return false;
    }
    if (f.arguments_left > 0 && f.mapping == NULL)
        return evaluation_raise(ev, EXCEPTION_TYPE, "not all arguments converted during string formatting");
    return text_finish(ev, &f.out, result);
}
