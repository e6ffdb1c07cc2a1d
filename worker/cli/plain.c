#include "worker/cli/plain.h"

#include <stdio.h>

#include "engine/value/timestamp.h"

/* The bytes of the control character that begins here, 0 where none does. U+0080 to U+009F are C2 80 to C2
 * 9F.
 */
static size_t control_size(const char *text, size_t size)
{
    unsigned char first = (unsigned char)text[0];
    if (first < 0x20 || first == 0x7F)
        return 1;
    return first == 0xC2 && size > 1 && (unsigned char)text[1] < 0xA0 ? 2 : 0;
}

void plain_write(buffer *b, const value *text)
{
    if (text->kind != VALUE_STRING) {
        buffer_add_byte(b, '-');
        return;
    }
    for (size_t i = 0; i < text->count;) {
        size_t size = control_size(text->text + i, text->count - i);
        buffer_add_byte(b, size > 0 ? '?' : text->text[i]);
        i += size > 0 ? size : 1;
    }
}

void plain_print(const value *text, int width)
{
    enum { PLAIN_BYTES_MAX = 1 << 20 };
    arena memory;
    buffer b;
    arena_init(&memory, 1024, 2 * PLAIN_BYTES_MAX);
    buffer_init(&b, &memory, PLAIN_BYTES_MAX);
    plain_write(&b, text);
    if (!b.failed)
        printf("%-*.*s", width, (int)b.size, b.size > 0 ? b.bytes : "");
    arena_free(&memory);
}

void plain_print_time(int64_t epoch_ms)
{
    char text[TIMESTAMP_TEXT_SIZE];
    printf("%s", epoch_ms != 0 && timestamp_format_millis(epoch_ms, text) > 0 ? text : "-");
}
