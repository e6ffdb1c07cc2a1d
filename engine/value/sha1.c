#include "engine/value/sha1.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK_SIZE = 64, ROUND_COUNT = 80, LENGTH_SIZE = 8 };

typedef struct hasher {
    uint32_t h[5];
    unsigned char block[BLOCK_SIZE];
    size_t filled; /* of the block */
} hasher;

static uint32_t rotate(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

static uint32_t load(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(unsigned char *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* The functions of 4.1.1: choice, parity, majority. */
#define CHOICE(x, y, z) (((x) & ((y) ^ (z))) ^ (z))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

/* Instead of moving five words on in every round, five rounds are written out, each with the names moved. */
#define ROUND(a, b, c, d, e, function, constant, t)                \
    e += rotate(a, 5) + function(b, c, d) + (constant) + words[t]; \
    b = rotate(b, 30)
#define ROUNDS(from, function, constant)                 \
    for (int t = from; t < from + 20; t += 5) {          \
        ROUND(a, b, c, d, e, function, constant, t);     \
        ROUND(e, a, b, c, d, function, constant, t + 1); \
        ROUND(d, e, a, b, c, function, constant, t + 2); \
        ROUND(c, d, e, a, b, function, constant, t + 3); \
        ROUND(b, c, d, e, a, function, constant, t + 4); \
    }

static void add_block(hasher *s)
{
    uint32_t words[ROUND_COUNT];
    uint32_t a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
    for (int t = 0; t < BLOCK_SIZE / 4; t++)
        words[t] = load(s->block + 4 * t);
    for (int t = BLOCK_SIZE / 4; t < ROUND_COUNT; t++)
        words[t] = rotate(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
    ROUNDS(0, CHOICE, 0x5A827999)
    ROUNDS(20, PARITY, 0x6ED9EBA1)
    ROUNDS(40, MAJORITY, 0x8F1BBCDC)
    ROUNDS(60, PARITY, 0xCA62C1D6)
    s->h[0] += a;
    s->h[1] += b;
    s->h[2] += c;
    s->h[3] += d;
    s->h[4] += e;
    s->filled = 0;
}

static void add(hasher *s, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = size < BLOCK_SIZE - s->filled ? size : BLOCK_SIZE - s->filled;
        memcpy(s->block + s->filled, bytes, part);
        s->filled += part;
        bytes += part;
        size -= part;
        if (s->filled == BLOCK_SIZE)
            add_block(s);
    }
}

/* A one bit, zeroes, and the length in bits at the end of a block. */
static void finish(hasher *s, uint64_t size)
{
    static const unsigned char one = 0x80;
    add(s, &one, 1);
    if (s->filled > BLOCK_SIZE - LENGTH_SIZE) {
        memset(s->block + s->filled, 0, BLOCK_SIZE - s->filled);
        add_block(s);
    }
    memset(s->block + s->filled, 0, BLOCK_SIZE - LENGTH_SIZE - s->filled);
    store(s->block + BLOCK_SIZE - LENGTH_SIZE, (uint32_t)(size >> 29));
    store(s->block + BLOCK_SIZE - 4, (uint32_t)(size << 3));
    add_block(s);
}

void sha1(const void *first, size_t first_size, const void *second, size_t second_size,
          unsigned char hash[SHA1_SIZE])
{
    hasher s = {.h = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}};
    add(&s, first, first_size);
    add(&s, second, second_size);
    finish(&s, (uint64_t)first_size + second_size);
    for (int i = 0; i < 5; i++)
        store(hash + 4 * i, s.h[i]);
}
