#include "engine/value/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The last group, of one or two bytes, padded. */
static void encode_rest(const unsigned char *in, size_t size, char *text)
{
    uint32_t group = (uint32_t)in[0] << 16 | (size == 2 ? (uint32_t)in[1] << 8 : 0);
    text[0] = alphabet[group >> 18];
    text[1] = alphabet[group >> 12 & 63];
    text[2] = size == 2 ? alphabet[group >> 6 & 63] : '=';
    text[3] = '=';
}

void base64_encode(const char *bytes, size_t size, char *text)
{
    const unsigned char *in = (const unsigned char *)bytes;
    for (; size >= 3; size -= 3, in += 3, text += 4) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        text[0] = alphabet[group >> 18];
        text[1] = alphabet[group >> 12 & 63];
        text[2] = alphabet[group >> 6 & 63];
        text[3] = alphabet[group & 63];
    }
    if (size > 0)
        encode_rest(in, size, text);
}

/* The six bits of a character, 64 where it is none. */
static uint32_t digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0' + 52);
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* The last group: its '=' stand for bytes that are not there, and the bits left over must be clear. */
static bool decode_last(const char *text, char *out, size_t *size)
{
    size_t digits = text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        uint32_t digit = i < digits ? digit_of(text[i]) : 0;
        if (digit == 64)
            return false;
        group = group << 6 | digit;
    }
    if ((digits == 2 && (group & 0xFFFF) != 0) || (digits == 3 && (group & 0xFF) != 0))
        return false;
    for (size_t i = 0; i < digits - 1; i++)
        out[i] = (char)(group >> (16 - 8 * i));
    *size += digits - 1;
    return true;
}

bool base64_decode(const char *text, size_t text_size, char *bytes, size_t *size)
{
    *size = 0;
    if (text_size % 4 != 0)
        return false;
    for (size_t at = 0; at + 4 < text_size; at += 4, *size += 3) {
        uint32_t group = 0;
        for (size_t i = 0; i < 4; i++) {
            uint32_t digit = digit_of(text[at + i]);
            if (digit == 64)
                return false;
            group = group << 6 | digit;
        }
        bytes[*size] = (char)(group >> 16);
        bytes[*size + 1] = (char)(group >> 8);
        bytes[*size + 2] = (char)group;
    }
    return text_size == 0 || decode_last(text + text_size - 4, bytes + *size, size);
}
