/* format: the strings that `format` accepts, by the rules that JSON Schema 2020-12, section 7.3, names. None
 * allocates, but that libunistring may for the letters of an idn-hostname. */
#ifndef ENGINE_SCHEMA_FORMAT_H
#define ENGINE_SCHEMA_FORMAT_H

#include "engine/value/value.h"

typedef struct string_format {
    const char *name;
    bool (*accepts)(const char *text, size_t size); /* valid UTF-8 */
} string_format;

/* The format of this name, or NULL: an unknown one accepts everything, as the specification says. */
const string_format *format_find(const value *name);

/* format_time.c: RFC 3339 */
bool format_is_date(const char *text, size_t size);
bool format_is_time(const char *text, size_t size);
bool format_is_date_time(const char *text, size_t size);
bool format_is_duration(const char *text, size_t size);

/* format_host.c: RFC 1123, 5890 to 5893, 4291, 5321, 6531 */
bool format_is_ipv4(const char *text, size_t size);
bool format_is_ipv6(const char *text, size_t size);
bool format_is_hostname(const char *text, size_t size);
bool format_is_idn_hostname(const char *text, size_t size);
bool format_is_email(const char *text, size_t size);
bool format_is_idn_email(const char *text, size_t size);

/* format_uri.c: RFC 3986, 3987, 6570 */
bool format_is_uri(const char *text, size_t size);
bool format_is_uri_reference(const char *text, size_t size);
bool format_is_iri(const char *text, size_t size);
bool format_is_iri_reference(const char *text, size_t size);
bool format_is_uri_template(const char *text, size_t size);

/* format.c: RFC 6901 and its draft for relative pointers, RFC 4122, ECMA-262 */
bool format_is_json_pointer(const char *text, size_t size);
bool format_is_relative_json_pointer(const char *text, size_t size);
bool format_is_uuid(const char *text, size_t size);
bool format_is_regex(const char *text, size_t size);

#endif
