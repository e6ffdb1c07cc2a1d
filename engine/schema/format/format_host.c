#include "engine/schema/format/ascii.h"
#include "engine/schema/format/format.h"
#include "engine/schema/format/idna.h"
#include "engine/value/utf8.h"

enum { HOSTNAME_MAX = 253, LOCAL_PART_MAX = 64 };

/* ---- addresses ---- */

bool format_is_ipv4(const char *text, size_t size)
{
    const char *p = text;
    const char *end = text + size;
    for (int part = 0; part < 4; part++) {
        int number = 0;
        const char *digits = p;
        if (part > 0 && (p == end || *p++ != '.'))
            return false;
        for (digits = p; p < end && ascii_is_digit(*p) && p - digits < 4; p++)
            number = number * 10 + (*p - '0');
        if (p == digits || number > 255 || (*digits == '0' && p - digits > 1))
            return false;
    }
    return p == end;
}

/* Up to four hexadecimal digits; returns their end. */
static const char *skip_hex_group(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && ascii_is_hex(*p) && p - start < 4)
        p++;
    return p;
}

/* Groups with single colons between them, the last one perhaps an IPv4 address, which counts twice. -1 where
 * they are not well-formed; 0 for the empty text. */
static int count_groups(const char *p, const char *end, bool may_end_in_ipv4)
{
    int count = 0;
    if (p == end)
        return 0;
    for (;;) {
        const char *stop = skip_hex_group(p, end);
        count++;
        if (stop == end)
            return stop == p ? -1 : count;
        if (*stop == '.' && may_end_in_ipv4)
            return format_is_ipv4(p, (size_t)(end - p)) ? count + 1 : -1;
        if (stop == p || *stop != ':')
            return -1;
        p = stop + 1;
    }
}

bool format_is_ipv6(const char *text, size_t size)
{
    const char *end = text + size;
    const char *gap = NULL;
    for (const char *p = text; p + 1 < end && gap == NULL; p++)
        if (p[0] == ':' && p[1] == ':')
            gap = p;
    if (gap == NULL)
        return count_groups(text, end, true) == 8;
    int before = count_groups(text, gap, false);
    int behind = count_groups(gap + 2, end, true);
    return before >= 0 && behind >= 0 && before + behind <= 7;
}

/* ---- names ---- */

static bool is_hostname_label(const char *text, size_t size)
{
    if (size == 0 || size > IDNA_LABEL_MAX || text[0] == '-' || text[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!ascii_is_alnum(text[i]) && text[i] != '-')
            return false;
    bool is_encoded = size >= 4 && ascii_lower(text[0]) == 'x' && ascii_lower(text[1]) == 'n' &&
                      text[2] == '-' && text[3] == '-';
    return !is_encoded || idna_is_a_label(text, size);
}

bool format_is_hostname(const char *text, size_t size)
{
    const char *end = text + size;
    if (size > HOSTNAME_MAX)
        return false;
    for (const char *label = text;; label++) {
        const char *dot = memchr(label, '.', (size_t)(end - label));
        const char *stop = dot == NULL ? end : dot;
        if (!is_hostname_label(label, (size_t)(stop - label)))
            return false;
        if (dot == NULL)
            return true;
        label = dot;
    }
}

/* RFC 3490, 3.1: what counts as a dot between labels. */
static bool is_dot(uint32_t c)
{
    return c == '.' || c == 0x3002 || c == 0xFF0E || c == 0xFF61;
}

static bool is_idn_label(const uint32_t *label, size_t count, size_t *ascii_size)
{
    char text[IDNA_LABEL_MAX];
    if (count < 4 || (label[0] | 0x20) != 'x' || (label[1] | 0x20) != 'n' || label[2] != '-' ||
        label[3] != '-')
        return idna_is_label(label, count, ascii_size);
    for (size_t i = 0; i < count; i++) {
        if (label[i] >= 0x80)
            return false;
        text[i] = (char)label[i];
    }
    *ascii_size = count;
    return idna_is_a_label(text, count);
}

bool format_is_idn_hostname(const char *text, size_t size)
{
    uint32_t label[IDNA_LABEL_MAX];
    size_t count = 0;
    size_t total = 0;
    for (size_t at = 0;;) {
        size_t width = 0;
        uint32_t c = at < size ? utf8_decode(text + at, size - at, &width) : '.';
        if (!is_dot(c)) {
            if (count == IDNA_LABEL_MAX)
                return false;
            label[count++] = c;
        } else {
            size_t ascii_size;
            if (!is_idn_label(label, count, &ascii_size))
                return false;
            total += ascii_size + 1;
            count = 0;
            if (at == size)
                return total - 1 <= HOSTNAME_MAX;
            if (total > HOSTNAME_MAX)
                return false;
        }
        at += width;
    }
}

/* ---- mailboxes (RFC 5321, 4.1.2; RFC 6531 adds all of UTF-8) ---- */

static bool is_atom_byte(char c, bool international)
{
    return ascii_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL) ||
           (international && (c & 0x80));
}

static bool is_dotted_atoms(const char *p, const char *end, bool international)
{
    if (p == end || *p == '.' || end[-1] == '.')
        return false;
    for (; p < end; p++)
        if (*p == '.' ? p[1] == '.' : !is_atom_byte(*p, international))
            return false;
    return true;
}

/* Between the quotes. */
static bool is_quoted(const char *p, const char *end, bool international)
{
    for (; p < end; p++) {
        if (*p == '"' || (*p == '\\' && ++p == end))
            return false;
        if ((*p < ' ' || *p == 0x7F) && !(international && (*p & 0x80)))
            return false;
    }
    return true;
}

static bool is_address_literal(const char *text, size_t size)
{
    static const char tag[] = "ipv6:";
    size_t matched = 0;
    while (matched < 5 && matched < size && ascii_lower(text[matched]) == tag[matched])
        matched++;
    return matched == 5 ? format_is_ipv6(text + 5, size - 5) : format_is_ipv4(text, size);
}

static bool is_mailbox(const char *text, size_t size, bool international)
{
    const char *end = text + size;
    const char *at = size == 0 ? NULL : memrchr(text, '@', size);
    if (at == NULL || at == text || at - text > LOCAL_PART_MAX)
        return false;
    bool quoted = *text == '"' && at - text >= 2 && at[-1] == '"';
    if (quoted ? !is_quoted(text + 1, at - 1, international) : !is_dotted_atoms(text, at, international))
        return false;
    const char *domain = at + 1;
    size_t domain_size = (size_t)(end - domain);
    if (domain_size >= 2 && domain[0] == '[' && end[-1] == ']')
        return is_address_literal(domain + 1, domain_size - 2);
    return international ? format_is_idn_hostname(domain, domain_size)
                         : format_is_hostname(domain, domain_size);
}

bool format_is_email(const char *text, size_t size)
{
    return is_mailbox(text, size, false);
}

bool format_is_idn_email(const char *text, size_t size)
{
    return is_mailbox(text, size, true);
}
