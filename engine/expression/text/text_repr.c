/* str() and repr() of every kind of value. */
#include "engine/expression/text/text_repr.h"

#include "engine/expression/machine/collection.h"
#include "engine/expression/text/text_support.h"
#include "engine/expression/text/text_unicode.h"
#include "engine/limits.h"
#include "engine/value/number.h"

/* Recursion over values: given data is at most LIMIT_VALUE_DEPTH deep, an expression's displays add as many
 * levels as it can nest. */
enum { REPR_DEPTH_MAX = LIMIT_VALUE_DEPTH + 2 * LIMIT_EXPRESSION_DEPTH };

/* ---- text ---- */

static void add_escaped(buffer *out, uint32_t c)
{
    switch (c) {
    case '\t':
        buffer_add_text(out, "\\t");
        return;
    case '\n':
        buffer_add_text(out, "\\n");
        return;
    case '\r':
        buffer_add_text(out, "\\r");
        return;
    default:
        buffer_format(out, c <= 0xFF ? "\\x%02x" : c <= 0xFFFF ? "\\u%04x" : "\\U%08x", c);
    }
}

/* The end of the run from `at` on that is shown as it is, judged by ASCII alone. */
static size_t skip_plain(const value *text, size_t at, char quote)
{
    while (at < text->count && text->text[at] >= ' ' && text->text[at] < 0x7F && text->text[at] != quote &&
           text->text[at] != '\\')
        at++;
    return at;
}

/* Single quotes, unless the text has such and no double ones. */
static void add_text(buffer *out, const value *text, bool ascii_only)
{
    bool single = text->count > 0 && memchr(text->text, '\'', text->count) != NULL;
    char quote = single && memchr(text->text, '"', text->count) == NULL ? '"' : '\'';
    buffer_reserve(out, (size_t)text->count + 2);
    buffer_add_byte(out, quote);
    size_t width;
    for (size_t at = 0;; at += width) {
        size_t start = at;
        at = skip_plain(text, at, quote);
        buffer_add(out, text->text + start, at - start);
        if (at == text->count)
            break;
        uint32_t c = text_decode(text->text + at, text->count - at, &width);
        if (c == (unsigned char)quote || c == '\\')
            buffer_add_byte(out, '\\');
        if (unicode_is_printable(c) && (c < 0x80 || !ascii_only))
            buffer_add(out, text->text + at, width);
        else
            add_escaped(out, c);
    }
    buffer_add_byte(out, quote);
}

/* ---- containers ---- */

static bool add_repr(evaluation *ev, buffer *out, const value *v, bool ascii_only, unsigned depth);

static bool add_items(evaluation *ev, buffer *out, const value *sequence, bool ascii_only, unsigned depth)
{
    for (uint32_t i = 0; i < sequence->count; i++) {
        if (i > 0)
            buffer_add_text(out, ", ");
        if (!add_repr(ev, out, &sequence->items[i], ascii_only, depth))
            return false;
    }
    return true;
}

typedef struct map_style {
    const char *open, *before_key, *before_value, *after_value, *close; /* NULL: keys or values left out */
} map_style;

static bool add_members(evaluation *ev, buffer *out, const value *map, const map_style *style,
                        bool ascii_only, unsigned depth)
{
    buffer_add_text(out, style->open);
    for (uint32_t i = 0; i < map->count; i++) {
        if (i > 0)
            buffer_add_text(out, ", ");
        if (style->before_key != NULL) {
            buffer_add_text(out, style->before_key);
            if (!add_repr(ev, out, &map->members[i].key, ascii_only, depth))
                return false;
        }
        if (style->before_value != NULL) {
            buffer_add_text(out, style->before_value);
            if (!add_repr(ev, out, &map->members[i].value, ascii_only, depth))
                return false;
        }
        buffer_add_text(out, style->after_value);
    }
    buffer_add_text(out, style->close);
    return true;
}

static bool add_tuple(evaluation *ev, buffer *out, const value *tuple, bool ascii_only, unsigned depth)
{
    buffer_add_byte(out, '(');
    if (!add_items(ev, out, tuple, ascii_only, depth))
        return false;
    buffer_add_text(out, tuple->count == 1 ? ",)" : ")");
    return true;
}

static bool add_set(evaluation *ev, buffer *out, const value *set, bool ascii_only, unsigned depth)
{
    if (set->count == 0) {
        buffer_add_text(out, "set()");
        return true;
    }
    buffer_add_byte(out, '{');
    if (!add_items(ev, out, set, ascii_only, depth))
        return false;
    buffer_add_byte(out, '}');
    return true;
}

static bool add_list(evaluation *ev, buffer *out, const value *list, bool ascii_only, unsigned depth)
{
    buffer_add_byte(out, '[');
    if (!add_items(ev, out, list, ascii_only, depth))
        return false;
    buffer_add_byte(out, ']');
    return true;
}

/* ---- what only expressions have ---- */

static void add_range(buffer *out, const range_object *range)
{
    buffer_format(out, "range(%lld, %lld", (long long)range->start, (long long)range->stop);
    if (range->step != 1)
        buffer_format(out, ", %lld", (long long)range->step);
    buffer_add_byte(out, ')');
}

/* As Python's, without the addresses. */
static void add_callable(buffer *out, const value *v)
{
    if (v->extra == CALLABLE_METHOD) {
        const bound_method *bound = v->object;
        buffer_format(out, "<built-in method %s of %s object>", bound->method->name,
                      object_type_name(&bound->self));
        return;
    }
    const callable *function = v->object;
    buffer_format(out, v->extra == CALLABLE_TYPE ? "<class '%s'>" : "<built-in function %s>", function->name);
}

static bool add_iterator(evaluation *ev, buffer *out, const value *v, bool ascii_only, unsigned depth)
{
    static const map_style keys = {"dict_keys([", "", NULL, "", "])"};
    static const map_style values = {"dict_values([", NULL, "", "", "])"};
    static const map_style members = {"dict_items([", "(", ", ", ")", "])"};
    if (!value_is_view(v)) {
        buffer_format(out, "<%s object>", object_type_name(v));
        return true;
    }
    value map = object_viewed_map(v);
    iterator_kind kind = value_iterator_kind(v);
    const map_style *style = kind == ITERATOR_KEYS ? &keys : kind == ITERATOR_VALUES ? &values : &members;
    return add_members(ev, out, &map, style, ascii_only, depth);
}

/* ---- any value ---- */

static void add_float(buffer *out, double number)
{
    char text[NUMBER_TEXT_SIZE];
    buffer_add(out, text, number_format(number, text));
}

static bool add_repr(evaluation *ev, buffer *out, const value *v, bool ascii_only, unsigned depth)
{
    static const map_style dict = {"{", "", ": ", "", "}"};
    if (depth >= REPR_DEPTH_MAX)
        return evaluation_raise(ev, EXCEPTION_RESOURCE, "the value is nested too deeply");
    if (!text_spend(ev, v->kind == VALUE_STRING ? v->count : 0))
        return false;
    switch ((value_kind)v->kind) {
    case VALUE_NULL:
        buffer_add_text(out, "None");
        return true;
    case VALUE_BOOL:
        buffer_add_text(out, v->integer != 0 ? "True" : "False");
        return true;
    case VALUE_INT:
        buffer_add_int(out, v->integer);
        return true;
    case VALUE_FLOAT:
        add_float(out, v->number);
        return true;
    case VALUE_STRING:
        add_text(out, v, ascii_only);
        return true;
    case VALUE_LIST:
        return add_list(ev, out, v, ascii_only, depth + 1);
    case VALUE_MAP:
        return add_members(ev, out, v, &dict, ascii_only, depth + 1);
    case VALUE_TUPLE:
        return add_tuple(ev, out, v, ascii_only, depth + 1);
    case VALUE_SET:
        return add_set(ev, out, v, ascii_only, depth + 1);
    case VALUE_RANGE:
        add_range(out, object_as_range(v));
        return true;
    case VALUE_CALLABLE:
        add_callable(out, v);
        return true;
    case VALUE_ITERATOR:
        return add_iterator(ev, out, v, ascii_only, depth + 1);
    }
    return true;
}

static bool make_repr(evaluation *ev, const value *v, bool ascii_only, value *result)
{
    buffer out;
    text_begin(ev, &out);
    return add_repr(ev, &out, v, ascii_only, 0) && text_finish(ev, &out, result);
}

bool text_repr(evaluation *ev, const value *v, value *result)
{
    return make_repr(ev, v, false, result);
}

bool text_ascii_repr(evaluation *ev, const value *v, value *result)
{
    return make_repr(ev, v, true, result);
}

bool text_str(evaluation *ev, const value *v, value *result)
{
    if (v->kind != VALUE_STRING)
        return make_repr(ev, v, false, result);
    *result = *v;
    return true;
}
