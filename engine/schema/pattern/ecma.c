#include "engine/schema/pattern/ecma.h"

#include "engine/schema/format/ascii.h"
#include "engine/value/utf8.h"

enum {
    NESTING_MAX = 250, /* PCRE2's own limit of parentheses */
    COUNT_MAX = 65535, /* PCRE2's own limit of a repetition */
    NOT_A_CHARACTER = 0xFFFFFFFF,
    SURROGATE_FIRST = 0xD800,
    SURROGATE_LAST = 0xDFFF,
};

/* White space and line ends of ECMA-262, and everything else, as ranges for a class. */
#define SPACES \
    "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACES                                                                                      \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}" \
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

typedef struct translator {
    buffer *out; /* NULL: only check */
    const char *start;
    const char *at;
    const char *end;
    unsigned depth;
    bool is_assertion[NESTING_MAX]; /* of each open parenthesis: it cannot be repeated */
    bool has_atom;                  /* what stands before can be repeated */
    bool needs_groups;              /* some back reference: captures must be kept */
    error *error;
} translator;

static bool fail(translator *t, const char *what)
{
    return error_set(t->error, ERROR_INVALID_SCHEMA, (size_t)(t->at - t->start), "%s", what);
}

static void emit(translator *t, const char *text)
{
    if (t->out != NULL)
        buffer_add_text(t->out, text);
}

static void emit_bytes(translator *t, const char *bytes, size_t size)
{
    if (t->out != NULL)
        buffer_add(t->out, bytes, size);
}

static void emit_code_point(translator *t, uint32_t c)
{
    if (t->out != NULL)
        buffer_format(t->out, "\\x{%x}", c);
}

static bool is_surrogate(uint32_t c)
{
    return c >= SURROGATE_FIRST && c <= SURROGATE_LAST;
}

static bool at_text(const translator *t, const char *text)
{
    size_t size = strlen(text);
    return (size_t)(t->end - t->at) >= size && memcmp(t->at, text, size) == 0;
}

static bool take(translator *t, const char *text)
{
    if (!at_text(t, text))
        return false;
    t->at += strlen(text);
    return true;
}

/* ---- groups ---- */

/* Walks the opening parentheses of capturing groups. *name gets the group's name, size 0 where it has none.
 */
static const char *next_group(const char *p, const char *end, const char **name, size_t *name_size)
{
    bool in_class = false;
    for (; p < end; p++) {
        if (*p == '\\') {
            p++;
        } else if (*p == '[') {
            in_class = true;
        } else if (*p == ']') {
            in_class = false;
        } else if (*p == '(' && !in_class) {
            *name_size = 0;
            if (end - p < 2 || p[1] != '?')
                return p + 1;
            if (end - p < 4 || p[2] != '<' || p[3] == '=' || p[3] == '!')
                continue;
            *name = p + 3;
            const char *close = memchr(*name, '>', (size_t)(end - *name));
            *name_size = close == NULL ? 0 : (size_t)(close - *name);
            return p + 1;
        }
    }
    return NULL;
}

/* The number of the group with this name, 0 where there is none; with name NULL the number of all groups. */
static uint32_t find_group(const translator *t, const char *name, size_t size)
{
    uint32_t number = 0;
    const char *found;
    size_t found_size;
    for (const char *p = t->start; (p = next_group(p, t->end, &found, &found_size)) != NULL;) {
        number++;
        if (name != NULL && found_size == size && memcmp(found, name, size) == 0)
            return number;
    }
    return name == NULL ? number : 0;
}

static bool is_name_byte(char c, bool first)
{
    return ascii_is_alpha(c) || c == '_' || c == '$' || (c & 0x80) || (!first && ascii_is_digit(c));
}

/* `name>`, leaving `at` behind it. */
static bool read_group_name(translator *t, const char **name, size_t *size)
{
    *name = t->at;
    while (t->at < t->end && is_name_byte(*t->at, t->at == *name))
        t->at++;
    *size = (size_t)(t->at - *name);
    if (*size == 0 || !take(t, ">"))
        return fail(t, "the group name is not well-formed");
    return true;
}

static bool open_named_group(translator *t)
{
    const char *name;
    size_t size;
    if (!read_group_name(t, &name, &size))
        return false;
    /* The first group of this name must be this very one. */
    uint32_t number = 0;
    const char *found;
    size_t found_size = 0;
    for (const char *p = t->start; (p = next_group(p, t->end, &found, &found_size)) != NULL;) {
        number++;
        if (found_size > 0 && found == name)
            break;
    }
    if (find_group(t, name, size) != number)
        return fail(t, "two groups have the same name");
    emit(t, t->needs_groups ? "(" : "(?:");
    return true;
}

static bool open_group(translator *t)
{
    static const char *const assertions[] = {"?=", "?!", "?<=", "?<!"};
    t->at++;
    if (t->depth == NESTING_MAX)
        return fail(t, "parentheses are nested too deeply");
    t->is_assertion[t->depth++] = false;
    t->has_atom = false;
    for (size_t i = 0; i < sizeof assertions / sizeof *assertions; i++) {
        if (take(t, assertions[i])) {
            t->is_assertion[t->depth - 1] = true;
            emit(t, "(");
            emit(t, assertions[i]);
            return true;
        }
    }
    if (take(t, "?:")) {
        emit(t, "(?:");
        return true;
    }
    if (take(t, "?<"))
        return open_named_group(t);
    if (at_text(t, "?"))
        return fail(t, "unknown kind of group");
    emit(t, t->needs_groups ? "(" : "(?:");
    return true;
}

static bool close_group(translator *t)
{
    if (t->depth == 0)
        return fail(t, "unmatched ')'");
    t->at++;
    t->has_atom = !t->is_assertion[--t->depth];
    emit(t, ")");
    return true;
}

/* ---- escapes ---- */

static bool read_hex(translator *t, int digits, uint32_t *c)
{
    *c = 0;
    for (int i = 0; i < digits; i++, t->at++) {
        if (t->at == t->end || !ascii_is_hex(*t->at))
            return fail(t, "the escape needs more hexadecimal digits");
        *c = *c * 16 + (uint32_t)ascii_hex(*t->at);
    }
    return true;
}

/* Behind \u: {...}, or four digits, or two times four that make one code point. */
static bool read_unicode_escape(translator *t, uint32_t *c)
{
    if (take(t, "{")) {
        *c = 0;
        const char *digits = t->at;
        while (t->at < t->end && ascii_is_hex(*t->at) && *c <= 0x10FFFF)
            *c = *c * 16 + (uint32_t)ascii_hex(*t->at++);
        if (t->at == digits || *c > 0x10FFFF || !take(t, "}"))
            return fail(t, "\\u{...} needs a code point");
        return true;
    }
    if (!read_hex(t, 4, c))
        return false;
    if (*c >= SURROGATE_FIRST && *c < 0xDC00 && at_text(t, "\\u")) {
        const char *behind_high = t->at;
        uint32_t low;
        t->at += 2;
        if (t->at < t->end && ascii_is_hex(*t->at) && read_hex(t, 4, &low) && low >= 0xDC00 &&
            low <= SURROGATE_LAST)
            *c = 0x10000 + ((*c - SURROGATE_FIRST) << 10) + (low - 0xDC00);
        else
            t->at = behind_high;
    }
    return true;
}

/* An escape that stands for one character; `at` is behind the backslash. */
static bool read_character_escape(translator *t, uint32_t *c)
{
    static const char letters[] = "fnrtv";
    static const char meanings[] = "\f\n\r\t\v";
    if (t->at == t->end)
        return fail(t, "the pattern ends in a backslash");
    char letter = *t->at++;
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);
    if (found != NULL) {
        *c = (uint32_t)meanings[found - letters];
        return true;
    }
    if (letter == 'x')
        return read_hex(t, 2, c);
    if (letter == 'u')
        return read_unicode_escape(t, c);
    if (letter == 'c' && t->at < t->end && ascii_is_alpha(*t->at)) {
        *c = (uint32_t)*t->at++ & 31;
        return true;
    }
    if (letter == '0' && (t->at == t->end || !ascii_is_digit(*t->at))) {
        *c = 0;
        return true;
    }
    t->at--;
    if (ascii_is_alnum(letter) || letter == '_')
        return fail(t, "unknown escape");
    size_t width;
    *c = utf8_decode(t->at, (size_t)(t->end - t->at), &width);
    t->at += width;
    return true;
}

typedef struct property_name {
    const char *name;
    const char *pcre; /* what stands between the braces there */
} property_name;

/* General categories by their long names, which PCRE2 does not know; Assigned is handled apart. */
static const property_name categories[] = {
    {"Cased_Letter", "L&"},
    {"LC", "L&"},
    {"Close_Punctuation", "Pe"},
    {"Combining_Mark", "M"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercase_Letter", "Lu"},
};

static void emit_category(translator *t, const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        if (strlen(categories[i].name) == size && memcmp(categories[i].name, name, size) == 0) {
            emit(t, categories[i].pcre);
            return;
        }
    }
    emit_bytes(t, name, size);
}

/* \p or \P; `at` is behind the letter. */
static bool translate_property(translator *t, bool negated)
{
    if (!take(t, "{"))
        return fail(t, "\\p needs a property in braces");
    static const char *const scripts[] = {"Script_Extensions=", "scx=", "Script=", "sc="};
    const char *prefix = "";
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts && *prefix == '\0'; i++)
        if (take(t, scripts[i]))
            prefix = i < 2 ? "scx:" : "sc:";
    if (*prefix == '\0' && !take(t, "General_Category="))
        (void)take(t, "gc=");
    const char *name = t->at;
    while (t->at < t->end && (ascii_is_alnum(*t->at) || *t->at == '_'))
        t->at++;
    size_t size = (size_t)(t->at - name);
    if (size == 0 || !take(t, "}"))
        return fail(t, "the property name is not well-formed");
    bool assigned = *prefix == '\0' && size == 8 && memcmp(name, "Assigned", 8) == 0;
    emit(t, negated != assigned ? "\\P{" : "\\p{");
    emit(t, prefix);
    if (assigned)
        emit(t, "Cn");
    else
        emit_category(t, name, size);
    emit(t, "}");
    return true;
}

/* An escape that stands for a set of characters: *is_set tells whether there was one. `at` is behind the
 * backslash and moves only then. */
static bool translate_set_escape(translator *t, bool in_class, bool *is_set)
{
    *is_set = t->at < t->end && *t->at != '\0' && strchr("dDwWsSpP", *t->at) != NULL;
    if (!*is_set)
        return true;
    char letter = *t->at++;
    switch (letter) {
    case 's':
        emit(t, in_class ? SPACES : "[" SPACES "]");
        return true;
    case 'S':
        emit(t, in_class ? NOT_SPACES : "[^" SPACES "]");
        return true;
    case 'p':
    case 'P':
        return translate_property(t, letter == 'P');
    default:
        emit_bytes(t, (char[]){'\\', letter}, 2);
        return true;
    }
}

static void emit_character(translator *t, uint32_t c)
{
    if (is_surrogate(c))
        emit(t, "[]"); /* no text has one */
    else if (c < 0x80 && ascii_is_alnum((char)c))
        emit_bytes(t, (char[]){(char)c}, 1);
    else
        emit_code_point(t, c);
}

static bool translate_back_reference(translator *t)
{
    uint32_t number = 0;
    if (take(t, "k<")) {
        const char *name;
        size_t size;
        if (!read_group_name(t, &name, &size))
            return false;
        number = find_group(t, name, size);
    } else {
        while (t->at < t->end && ascii_is_digit(*t->at) && number < COUNT_MAX)
            number = number * 10 + (uint32_t)(*t->at++ - '0');
        if (number > find_group(t, NULL, 0))
            number = 0;
    }
    if (number == 0)
        return fail(t, "a back reference to no group");
    if (t->out != NULL)
        buffer_format(t->out, "\\g{%u}", number);
    return true;
}

static bool translate_escape(translator *t)
{
    t->at++;
    if (at_text(t, "b") || at_text(t, "B")) {
        emit(t, *t->at == 'b' ? "\\b" : "\\B");
        t->at++;
        t->has_atom = false;
        return true;
    }
    t->has_atom = true;
    bool is_set;
    if (!translate_set_escape(t, false, &is_set))
        return false;
    if (is_set)
        return true;
    if (at_text(t, "k<") || (t->at < t->end && *t->at >= '1' && *t->at <= '9'))
        return translate_back_reference(t);
    uint32_t c;
    if (!read_character_escape(t, &c))
        return false;
    emit_character(t, c);
    return true;
}

/* ---- classes ---- */

/* One member of a class: a character in *c, or a set that is written already and NOT_A_CHARACTER. */
static bool read_class_atom(translator *t, uint32_t *c)
{
    if (*t->at != '\\') {
        size_t width;
        *c = utf8_decode(t->at, (size_t)(t->end - t->at), &width);
        t->at += width;
        return true;
    }
    t->at++;
    if (take(t, "b")) {
        *c = '\b';
        return true;
    }
    bool is_set;
    if (!translate_set_escape(t, true, &is_set))
        return false;
    *c = NOT_A_CHARACTER;
    return is_set || read_character_escape(t, c);
}

/* Surrogates are cut off: no text has one, and PCRE2 refuses them. */
static void emit_range(translator *t, uint32_t first, uint32_t last)
{
    first = is_surrogate(first) ? SURROGATE_LAST + 1 : first;
    last = is_surrogate(last) ? SURROGATE_FIRST - 1 : last;
    if (first > last)
        return;
    emit_code_point(t, first);
    if (first == last)
        return;
    emit(t, "-");
    emit_code_point(t, last);
}

static bool translate_class_member(translator *t)
{
    uint32_t first;
    uint32_t last;
    if (!read_class_atom(t, &first))
        return false;
    if (t->end - t->at < 2 || t->at[0] != '-' || t->at[1] == ']') {
        if (first != NOT_A_CHARACTER)
            emit_range(t, first, first);
        return true;
    }
    const char *dash = t->at++;
    if (first == NOT_A_CHARACTER) {
        emit(t, "\\-");
        return true;
    }
    if (!read_class_atom(t, &last))
        return false;
    if (last == NOT_A_CHARACTER) {
        emit(t, "\\-");
        emit_range(t, first, first);
        return true;
    }
    if (first > last) {
        t->at = dash;
        return fail(t, "a range in a class is out of order");
    }
    emit_range(t, first, last);
    return true;
}

static bool translate_class(translator *t)
{
    t->at++;
    emit(t, take(t, "^") ? "[^" : "[");
    while (t->at < t->end && *t->at != ']')
        if (!translate_class_member(t))
            return false;
    if (!take(t, "]"))
        return fail(t, "a class does not end");
    emit(t, "]");
    t->has_atom = true;
    return true;
}

/* ---- repetition ---- */

static const char *read_count(const char *p, const char *end, uint32_t *count)
{
    *count = 0;
    for (; p < end && ascii_is_digit(*p); p++)
        if (*count <= COUNT_MAX)
            *count = *count * 10 + (uint32_t)(*p - '0');
    return p;
}

/* The end of `{n}`, `{n,}` or `{n,m}` at p, or NULL: a lone brace. */
static const char *counted_end(const char *p, const char *end, uint32_t *min, uint32_t *max)
{
    const char *digits = p + 1;
    p = read_count(digits, end, min);
    if (p == digits || p == end)
        return NULL;
    *max = *min;
    if (*p == ',') {
        digits = p + 1;
        p = read_count(digits, end, max);
        if (p == digits)
            *max = UINT32_MAX;
    }
    return p < end && *p == '}' ? p + 1 : NULL;
}

static bool translate_repetition(translator *t, const char *stop)
{
    if (!t->has_atom)
        return fail(t, "nothing to repeat");
    emit_bytes(t, t->at, (size_t)(stop - t->at));
    t->at = stop;
    if (take(t, "?"))
        emit(t, "?");
    t->has_atom = false;
    return true;
}

static bool translate_brace(translator *t)
{
    uint32_t min;
    uint32_t max;
    const char *stop = counted_end(t->at, t->end, &min, &max);
    if (stop == NULL) {
        t->at++;
        emit(t, "\\{");
        t->has_atom = true;
        return true;
    }
    if (min > max)
        return fail(t, "a repetition's bounds are out of order");
    if (min > COUNT_MAX || (max != UINT32_MAX && max > COUNT_MAX))
        return fail(t, "a repetition's bound is too large");
    return translate_repetition(t, stop);
}

static bool translate_literal(translator *t)
{
    size_t width;
    uint32_t c = utf8_decode(t->at, (size_t)(t->end - t->at), &width);
    t->at += width;
    emit_character(t, c);
    t->has_atom = true;
    return true;
}

static bool translate_next(translator *t)
{
    switch (*t->at) {
    case '(':
        return open_group(t);
    case ')':
        return close_group(t);
    case '[':
        return translate_class(t);
    case '\\':
        return translate_escape(t);
    case '{':
        return translate_brace(t);
    case '*':
    case '+':
    case '?':
        return translate_repetition(t, t->at + 1);
    case '|':
    case '^':
    case '$':
        emit(t, *t->at == '$' ? "\\z" : *t->at == '^' ? "^" : "|");
        t->at++;
        t->has_atom = false;
        return true;
    case '.':
        emit(t, "[^\\n\\r\\x{2028}\\x{2029}]");
        t->at++;
        t->has_atom = true;
        return true;
    default:
        return translate_literal(t);
    }
}

/* A backslash before a digit or k that is not itself escaped. */
static bool has_back_reference(const char *text, size_t size)
{
    for (size_t i = 0; i + 1 < size; i++)
        if (text[i] == '\\' && (++i, text[i] == 'k' || (text[i] >= '1' && text[i] <= '9')))
            return true;
    return false;
}

bool ecma_translate(buffer *out, const char *text, size_t size, error *e)
{
    translator t = {
        .out = out,
        .start = text,
        .at = text,
        .end = text + size,
        .needs_groups = has_back_reference(text, size),
        .error = e,
    };
    while (t.at < t.end)
        if (!translate_next(&t))
            return false;
    return t.depth == 0 || fail(&t, "a group does not end");
}
