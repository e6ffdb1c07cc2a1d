#include "engine/schema/format/ascii.h"
#include "engine/schema/format/format.h"
#include "engine/schema/format/uri.h"
#include "engine/value/utf8.h"

#define SUB_DELIMS "!$&'()*+,;="

/* RFC 3987, 2.2: ucschar, and in queries iprivate. */
static bool is_iri_character(uint32_t c, bool is_private_allowed)
{
    if (c >= 0xE000 && c <= 0xF8FF)
        return is_private_allowed;
    if (c < 0x10000)
        return c >= 0xA0 && !(c >= 0xFDD0 && c <= 0xFDEF) && c < 0xFFF0;
    if ((c & 0xFFFF) >= 0xFFFE)
        return false;
    if (c >= 0xF0000)
        return is_private_allowed;
    return c < 0xE0000 || c >= 0xE1000;
}

typedef struct alphabet {
    const char *others; /* beside unreserved characters and %XX */
    bool is_international;
    bool is_private_allowed;
} alphabet;

static bool is_made_of(uri_part part, alphabet a)
{
    for (size_t i = 0; i < part.size; i++) {
        char c = part.text[i];
        if (c & 0x80) {
            size_t width;
            uint32_t code_point = utf8_decode(part.text + i, part.size - i, &width);
            if (!a.is_international || !is_iri_character(code_point, a.is_private_allowed))
                return false;
            i += width - 1;
        } else if (c == '%') {
            if (part.size - i < 3 || !ascii_is_hex(part.text[i + 1]) || !ascii_is_hex(part.text[i + 2]))
                return false;
            i += 2;
        } else if (!ascii_is_alnum(c) && (c == '\0' || strchr("-._~", c) == NULL) &&
                   (c == '\0' || strchr(a.others, c) == NULL)) {
            return false;
        }
    }
    return true;
}

/* Takes [text, stop) off the front of the part, and what stands at stop. */
static uri_part split_off(uri_part *part, const char *stop)
{
    uri_part front = {.text = part->text, .size = (size_t)(stop - part->text)};
    part->size -= front.size + 1;
    part->text = stop + 1;
    return front;
}

static bool is_port(uri_part port)
{
    for (size_t i = 0; i < port.size; i++)
        if (!ascii_is_digit(port.text[i]))
            return false;
    return true;
}

/* "v" hexadecimal digits "." and more. */
static bool is_future_address(uri_part literal)
{
    size_t i = 1;
    while (i < literal.size && ascii_is_hex(literal.text[i]))
        i++;
    if (literal.size < 4 || ascii_lower(literal.text[0]) != 'v' || i == 1 || i + 1 >= literal.size ||
        literal.text[i] != '.')
        return false;
    uri_part rest = {.text = literal.text + i + 1, .size = literal.size - i - 1};
    return memchr(rest.text, '%', rest.size) == NULL &&
           is_made_of(rest, (alphabet){.others = SUB_DELIMS ":"});
}

/* "[...]" with an optional port. */
static bool is_bracketed_host(uri_part host)
{
    const char *close = memchr(host.text, ']', host.size);
    if (close == NULL)
        return false;
    uri_part literal = {.text = host.text + 1, .size = (size_t)(close - host.text - 1)};
    uri_part rest = {.text = close + 1, .size = host.size - literal.size - 2};
    if (rest.size > 0 && *rest.text != ':')
        return false;
    if (rest.size > 0 && !is_port((uri_part){.text = rest.text + 1, .size = rest.size - 1}))
        return false;
    return format_is_ipv6(literal.text, literal.size) || is_future_address(literal);
}

static bool is_authority(uri_part authority, bool international)
{
    uri_part host = authority;
    const char *at = memchr(host.text, '@', host.size);
    if (at != NULL && !is_made_of(split_off(&host, at),
                                  (alphabet){.others = SUB_DELIMS ":", .is_international = international}))
        return false;
    if (host.size > 0 && host.text[0] == '[')
        return is_bracketed_host(host);
    const char *colon = memchr(host.text, ':', host.size);
    uri_part name = host;
    if (colon != NULL) {
        name = split_off(&host, colon);
        if (!is_port(host))
            return false;
    }
    return is_made_of(name, (alphabet){.others = SUB_DELIMS, .is_international = international});
}

static bool is_reference(const char *text, size_t size, bool international, bool needs_scheme)
{
    uri_parts parts = uri_split(text, size);
    alphabet path = {.others = SUB_DELIMS ":@/", .is_international = international};
    alphabet fragment = {.others = SUB_DELIMS ":@/?", .is_international = international};
    alphabet query = fragment;
    query.is_private_allowed = true;
    if (parts.scheme.text == NULL && needs_scheme)
        return false;
    if (parts.authority.text != NULL && !is_authority(parts.authority, international))
        return false;
    if (parts.scheme.text == NULL && parts.authority.text == NULL) {
        /* A colon in the first segment would make it a scheme. */
        const char *slash = memchr(parts.path.text, '/', parts.path.size);
        size_t first = slash == NULL ? parts.path.size : (size_t)(slash - parts.path.text);
        if (memchr(parts.path.text, ':', first) != NULL)
            return false;
    }
    return is_made_of(parts.path, path) && is_made_of(parts.query, query) &&
           is_made_of(parts.fragment, fragment);
}

bool format_is_uri(const char *text, size_t size)
{
    return is_reference(text, size, false, true);
}

bool format_is_uri_reference(const char *text, size_t size)
{
    return is_reference(text, size, false, false);
}

bool format_is_iri(const char *text, size_t size)
{
    return is_reference(text, size, true, true);
}

bool format_is_iri_reference(const char *text, size_t size)
{
    return is_reference(text, size, true, false);
}

/* ---- templates (RFC 6570, section 2) ---- */

static bool is_percent_triplet(const char *p, const char *end)
{
    return end - p >= 3 && p[0] == '%' && ascii_is_hex(p[1]) && ascii_is_hex(p[2]);
}

/* varname and modifier, exactly. */
static bool is_variable(const char *p, const char *end)
{
    bool needs_character = true; /* at the start and behind a dot */
    for (; p < end && *p != ':' && *p != '*'; p++) {
        if (*p == '.' && needs_character)
            return false;
        needs_character = *p == '.';
        if (is_percent_triplet(p, end))
            p += 2;
        else if (!ascii_is_alnum(*p) && *p != '_' && *p != '.')
            return false;
    }
    if (needs_character)
        return false;
    if (p == end || (*p == '*' && p + 1 == end))
        return true;
    const char *digits = p + 1;
    if (*p != ':' || digits == end || *digits == '0' || end - digits > 4)
        return false;
    for (p = digits; p < end; p++)
        if (!ascii_is_digit(*p))
            return false;
    return true;
}

/* Between the braces. */
static bool is_template_expression(const char *p, const char *end)
{
    if (p < end && *p != '\0' && strchr("+#./;?&=,!@|", *p) != NULL)
        p++;
    for (;;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma == NULL ? end : comma;
        if (!is_variable(p, stop))
            return false;
        if (comma == NULL)
            return true;
        p = comma + 1;
    }
}

bool format_is_uri_template(const char *text, size_t size)
{
    const char *end = text + size;
    for (const char *p = text; p < end; p++) {
        if (*p == '{') {
            const char *close = memchr(p, '}', (size_t)(end - p));
            if (close == NULL || !is_template_expression(p + 1, close))
                return false;
            p = close;
        } else if (*p & 0x80) {
            size_t width;
            if (!is_iri_character(utf8_decode(p, (size_t)(end - p), &width), true))
                return false;
            p += width - 1;
        } else if (*p <= ' ' || *p == 0x7F || strchr("\"<>\\^`|}", *p) != NULL ||
                   (*p == '%' && !is_percent_triplet(p, end))) {
            return false;
        }
    }
    return true;
}
