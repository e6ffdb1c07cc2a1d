#include "engine/schema/place.h"

void place_write_token(buffer *b, const char *text, size_t size)
{
    buffer_add_byte(b, '/');
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '~')
            buffer_add_text(b, "~0");
        else if (text[i] == '/')
            buffer_add_text(b, "~1");
        else
            buffer_add_byte(b, text[i]);
    }
}

/* Recursion ends with the nesting of the document, which is bounded. */
void place_write(buffer *b, const place *p)
{
    if (p->parent != NULL)
        place_write(b, p->parent);
    if (p->raw != NULL)
        buffer_add_text(b, p->raw);
    if (p->keyword != NULL)
        place_write_token(b, p->keyword, strlen(p->keyword));
    if (p->key != NULL)
        place_write_token(b, p->key->text, p->key->count);
    if (p->index != PLACE_NO_INDEX) {
        buffer_add_byte(b, '/');
        buffer_add_int(b, p->index);
    }
}
