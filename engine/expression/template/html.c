#include "engine/expression/template/html.h"

static const char *reference_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_escape(buffer *b, const char *text, size_t size)
{
    size_t plain = 0; /* start of the run that needs no reference */
    for (size_t i = 0; i < size; i++) {
        const char *reference = reference_of(text[i]);
        if (reference == NULL)
            continue;
        buffer_add(b, text + plain, i - plain);
        buffer_add_text(b, reference);
        plain = i + 1;
    }
    buffer_add(b, text + plain, size - plain);
}
