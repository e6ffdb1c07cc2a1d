#include "engine/expression/text/text_unicode.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>

#include "engine/value/utf8.h"

static bool has_category(uint32_t c, uint32_t mask)
{
    return uc_is_general_category_withtable(c, mask);
}

bool unicode_is_alpha(uint32_t c)
{
    return has_category(c, UC_CATEGORY_MASK_L);
}

bool unicode_is_decimal(uint32_t c)
{
    return uc_decimal_value(c) >= 0;
}

bool unicode_is_digit(uint32_t c)
{
    return uc_digit_value(c) >= 0;
}

/* Ideographs that the Unihan database gives a number and UnicodeData.txt, libunistring's source, does not. */
static const uint32_t numeric_ideographs[] = {
    0x3405,  0x3483,  0x382A,  0x3B4D,  0x4E00,  0x4E03,  0x4E07,  0x4E09,  0x4E5D,  0x4E8C,  0x4E94,
    0x4E96,  0x4EBF,  0x4EC0,  0x4EDF,  0x4EE8,  0x4F0D,  0x4F70,  0x5104,  0x5146,  0x5169,  0x516B,
    0x516D,  0x5341,  0x5343,  0x5344,  0x5345,  0x534C,  0x53C1,  0x53C2,  0x53C3,  0x53C4,  0x56DB,
    0x58F1,  0x58F9,  0x5E7A,  0x5EFE,  0x5EFF,  0x5F0C,  0x5F0D,  0x5F0E,  0x5F10,  0x62FE,  0x634C,
    0x67D2,  0x6F06,  0x7396,  0x767E,  0x8086,  0x842C,  0x8CAE,  0x8CB3,  0x8D30,  0x9621,  0x9646,
    0x964C,  0x9678,  0x96F6,  0x20001, 0x20064, 0x200E2, 0x20121, 0x2092A, 0x20983, 0x2098C, 0x2099C,
    0x20AEA, 0x20AFD, 0x20B19, 0x22390, 0x22998, 0x23B1B, 0x2626D};

static int compare_code_points(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool unicode_is_numeric(uint32_t c)
{
    return uc_numeric_value(c).denominator != 0 ||
           bsearch(&c, numeric_ideographs, sizeof numeric_ideographs / sizeof *numeric_ideographs,
                   sizeof *numeric_ideographs, compare_code_points) != NULL;
}

bool unicode_is_wide_space(uint32_t c)
{
    int class = uc_bidi_class(c);
    return class == UC_BIDI_WS || class == UC_BIDI_B || class == UC_BIDI_S ||
           has_category(c, UC_CATEGORY_MASK_Zs);
}

bool unicode_is_upper(uint32_t c)
{
    return uc_is_property_uppercase(c);
}

bool unicode_is_lower(uint32_t c)
{
    return uc_is_property_lowercase(c);
}

bool unicode_is_title(uint32_t c)
{
    return has_category(c, UC_CATEGORY_MASK_Lt);
}

bool unicode_is_cased(uint32_t c)
{
    return uc_is_property_cased(c);
}

bool unicode_is_case_ignorable(uint32_t c)
{
    return uc_is_property_case_ignorable(c);
}

bool unicode_is_printable(uint32_t c)
{
    if (c < 0x80)
        return c >= ' ' && c < 0x7F;
    return !has_category(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

bool unicode_is_line_break(uint32_t c)
{
    return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

void unicode_add_mapped(buffer *out, unicode_case mapping, uint32_t c)
{
    static uint32_t *(*const functions[])(const uint32_t *, size_t, const char *, uninorm_t, uint32_t *,
                                          size_t *) = {
        [UNICODE_LOWER] = u32_tolower,
        [UNICODE_UPPER] = u32_toupper,
        [UNICODE_TITLE] = u32_totitle,
        [UNICODE_FOLDED] = u32_casefold,
    };
    if (c < 0x80) {
        if (mapping == UNICODE_UPPER || mapping == UNICODE_TITLE)
            buffer_add_byte(out, ascii_upper((char)c));
        else
            buffer_add_byte(out, ascii_lower((char)c));
        return;
    }
    uint32_t mapped[8];
    size_t count = sizeof mapped / sizeof *mapped;
    /* No language: nothing of Turkish or Lithuanian. The room is enough for any one code point. */
    if (functions[mapping](&c, 1, NULL, NULL, mapped, &count) != mapped) {
        buffer_fail(out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char bytes[4];
        buffer_add(out, bytes, utf8_encode(mapped[i], bytes));
    }
}
