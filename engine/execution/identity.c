#include "engine/execution/identity.h"

#include <nettle/sha1.h>
#include <uuid.h>

#include "engine/limits.h"

enum { SEPARATOR = 0x1F, NAMESPACE_SIZE = 16 };

static const unsigned char carillon_namespace[NAMESPACE_SIZE] = {
    0x77, 0xfe, 0x8e, 0x62, 0x38, 0x7b, 0x5d, 0x93, 0x96, 0xcc, 0xe6, 0xfa, 0x17, 0xff, 0x24, 0xce};

/* What is hashed: a namespace, the name in pieces, and room for what ends a message of SHA-1. The name's
 * bounds are those of its parts: a workflow id, and a trigger id, or a topic (249 characters in Kafka) and
 * two numbers. */
typedef struct name {
    size_t size;
    unsigned char
        bytes[NAMESPACE_SIZE + LIMIT_IDENTIFIER_BYTES + LIMIT_TRIGGER_ID_BYTES + 64 + 2 * SHA1_BLOCK_SIZE];
} name;

static void name_begin(name *n, const unsigned char namespace[NAMESPACE_SIZE])
{
    memcpy(n->bytes, namespace, NAMESPACE_SIZE);
    n->size = NAMESPACE_SIZE;
}

static void name_add(name *n, const void *bytes, size_t size)
{
    assert(n->size + size <= sizeof n->bytes - 2 * SHA1_BLOCK_SIZE);
    memcpy(n->bytes + n->size, bytes, size);
    n->size += size;
}

static void name_add_part(name *n, const char *bytes, size_t size)
{
    n->bytes[n->size++] = SEPARATOR;
    name_add(n, bytes, size);
}

static void name_add_number(name *n, int64_t number)
{
    char digits[20];
    size_t start = sizeof digits;
    uint64_t rest = (uint64_t)number;
    assert(number >= 0);
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    name_add_part(n, digits + start, sizeof digits - start);
}

static void store_big_endian(unsigned char *to, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(word >> (24 - 8 * i));
}

/* A message of SHA-1 ends with a bit, zeros up to a block's end, and there its size in bits, big-endian in
 * eight bytes (FIPS 180-4, 5.1.1), of which names need two. Gives the count of blocks. */
static size_t name_end(name *n)
{
    size_t blocks = (n->size + 1 + 8 + SHA1_BLOCK_SIZE - 1) / SHA1_BLOCK_SIZE;
    unsigned char *end = n->bytes + blocks * SHA1_BLOCK_SIZE;
    /* One block's worth of zeros is of a size that the compiler knows; at most a block and eight bytes are
     * ours. */
    memset(n->bytes + n->size, 0, SHA1_BLOCK_SIZE + 8);
    n->bytes[n->size] = 0x80;
    store_big_endian(end - 4, (uint32_t)n->size * 8);
    return blocks;
}

typedef unsigned char sixteen __attribute__((vector_size(16)));

static sixteen hex_digits(sixteen nibbles)
{
    return nibbles + '0' + ((sixteen)(nibbles > 9) & ('a' - '0' - 10));
}

/* 8-4-4-4-12 digits. */
static void write_text(identity *id)
{
    sixteen bytes;
    memcpy(&bytes, id->bytes, sizeof bytes);
    const sixteen high = hex_digits(bytes >> 4), low = hex_digits(bytes & 15);
    const sixteen halves[] = {
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
        __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
    };
    char digits[sizeof halves];
    memcpy(digits, halves, sizeof digits);
    memcpy(id->text, digits, 8);
    memcpy(id->text + 9, digits + 8, 4);
    memcpy(id->text + 14, digits + 12, 4);
    memcpy(id->text + 19, digits + 16, 4);
    memcpy(id->text + 24, digits + 20, 12);
    id->text[8] = id->text[13] = id->text[18] = id->text[23] = '-';
    id->text[IDENTITY_TEXT_SIZE] = '\0';
}

/* As uuid_generate_sha1, of which an execution would have five: libuuid's own SHA-1 took a fifth of all the
 * instructions of one. Ends the name. The blocks are put together where they are hashed: nettle's sha1_update
 * and sha1_digest copy them once more, byte by byte, and take another argument since nettle 4.0. */
static identity identity_of_name(name *n)
{
    uint32_t state[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    identity id;
    size_t blocks = name_end(n);
    for (size_t i = 0; i < blocks; i++)
        nettle_sha1_compress(state, n->bytes + i * SHA1_BLOCK_SIZE);
    for (size_t i = 0; i < 4; i++)
        store_big_endian(id.bytes + 4 * i, state[i]);
    id.bytes[6] = (unsigned char)((id.bytes[6] & 0x0F) | 5 << 4); /* the version, */
    id.bytes[8] = (unsigned char)((id.bytes[8] & 0x3F) | 0x80);   /* and the variant of RFC 9562 */
    write_text(&id);
    return id;
}

identity identity_of_execution(const value *workflow_id, const value *trigger_id, const origin *from)
{
    name n;
    name_begin(&n, carillon_namespace);
    name_add(&n, workflow_id->text, workflow_id->count);
    if (trigger_id->kind == VALUE_STRING) {
        name_add_part(&n, trigger_id->text, trigger_id->count);
    } else {
        name_add_part(&n, from->topic.text, from->topic.count);
        name_add_number(&n, from->partition);
        name_add_number(&n, from->offset);
    }
    return identity_of_name(&n);
}

identity identity_of_event(const identity *execution, const value *step_id, int64_t run)
{
    name n;
    name_begin(&n, execution->bytes);
    name_add(&n, step_id->text, step_id->count);
    name_add_number(&n, run);
    return identity_of_name(&n);
}

bool identity_parse(const value *text, identity *out)
{
    if (text->kind != VALUE_STRING || text->count != sizeof out->text - 1)
        return false;
    memcpy(out->text, text->text, text->count);
    out->text[text->count] = '\0';
    if (uuid_parse(out->text, out->bytes) != 0)
        return false;
    write_text(out);
    return true;
}
