#include "engine/expression/template/percent.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void percent_encode(buffer *b, const char *text, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        if (is_unreserved(text[i]))
            continue;
        const unsigned char byte = (unsigned char)text[i];
        const char escape[] = {'%', digits[byte >> 4], digits[byte & 15]};
        buffer_add(b, text + kept, i - kept);
        buffer_add(b, escape, sizeof escape);
        kept = i + 1;
    }
    buffer_add(b, text + kept, size - kept);
}
