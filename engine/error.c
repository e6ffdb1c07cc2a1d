#include "engine/error.h"

#include <stdio.h>
#include <string.h>

static const struct {
    error_class class;
    const char *reason;
} codes[] = {
#define X(code, class, reason) {class, reason},
    ERROR_CODES(X)
#undef X
};

/* A cut inside a UTF-8 sequence would make the sentence invalid where it lands next (JSON, headers). */
static void cut_at_boundary(char *message, int written)
{
    if (written < ERROR_MESSAGE_SIZE)
        return;
    size_t end = ERROR_MESSAGE_SIZE - 1;
    size_t start = end;
    while (start > 0 && ((unsigned char)message[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)message[start - 1] >= 0xC0)
        end = start - 1;
    message[end] = '\0';
}

void error_fill(error *e, error_code code, size_t position, const char *format, ...)
{
    if (e == NULL)
        return;
    e->code = code;
    e->position = position;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(e->message, sizeof e->message, format, arguments);
    va_end(arguments);
    cut_at_boundary(e->message, written);
}

void error_extend(error *e, const char *format, ...)
{
    if (e == NULL)
        return;
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int prefix = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (prefix < 0 || prefix >= ERROR_MESSAGE_SIZE)
        prefix = ERROR_MESSAGE_SIZE - 1;
    size_t room = sizeof message - (size_t)prefix;
    int rest = snprintf(message + prefix, room, ": %s", e->message);
    memcpy(e->message, message, sizeof message);
    cut_at_boundary(e->message, prefix + rest);
}

const char *error_reason(error_code code)
{
    return codes[code].reason;
}

error_class error_class_of(error_code code)
{
    return codes[code].class;
}
