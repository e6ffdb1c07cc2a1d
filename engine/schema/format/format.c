#include "engine/schema/format/format.h"

#include "engine/limits.h"
#include "engine/schema/format/ascii.h"
#include "engine/schema/pattern/ecma.h"

bool format_is_json_pointer(const char *text, size_t size)
{
    if (size > 0 && text[0] != '/')
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '~' && (i + 1 == size || (text[i + 1] != '0' && text[i + 1] != '1')))
            return false;
    return true;
}

bool format_is_relative_json_pointer(const char *text, size_t size)
{
    size_t digits = 0;
    while (digits < size && ascii_is_digit(text[digits]))
        digits++;
    if (digits == 0 || (digits > 1 && text[0] == '0'))
        return false;
    if (size - digits == 1 && text[digits] == '#')
        return true;
    return format_is_json_pointer(text + digits, size - digits);
}

bool format_is_uuid(const char *text, size_t size)
{
    if (size != 36)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text[i] != '-' : !ascii_is_hex(text[i]))
            return false;
    }
    return true;
}

bool format_is_regex(const char *text, size_t size)
{
    return size <= LIMIT_PATTERN_BYTES && ecma_translate(NULL, text, size, NULL);
}

const string_format *format_find(const value *name)
{
    static const string_format formats[] = {
        {"date-time", format_is_date_time},
        {"date", format_is_date},
        {"time", format_is_time},
        {"duration", format_is_duration},
        {"email", format_is_email},
        {"idn-email", format_is_idn_email},
        {"hostname", format_is_hostname},
        {"idn-hostname", format_is_idn_hostname},
        {"ipv4", format_is_ipv4},
        {"ipv6", format_is_ipv6},
        {"uri", format_is_uri},
        {"uri-reference", format_is_uri_reference},
        {"iri", format_is_iri},
        {"iri-reference", format_is_iri_reference},
        {"uuid", format_is_uuid},
        {"uri-template", format_is_uri_template},
        {"json-pointer", format_is_json_pointer},
        {"relative-json-pointer", format_is_relative_json_pointer},
        {"regex", format_is_regex},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (value_is_text(name, formats[i].name))
            return &formats[i];
    return NULL;
}
