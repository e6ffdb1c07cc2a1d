#include "engine/execution/identity.h"

#include <nettle/sha1.h>
#include <uuid.h>

#include "engine/limits.h"
#include "engine/value/number.h"

enum { SEPARATOR = 0x1F, NAMESPACE_SIZE = 16 };

static const unsigned char carillon_namespace[NAMESPACE_SIZE] = {
    0x77, 0xfe, 0x8e, 0x62, 0x38, 0x7b, 0x5d, 0x93, 0x96, 0xcc, 0xe6, 0xfa, 0x17, 0xff, 0x24, 0xce};

/* What is hashed: a namespace, the name in pieces, and room for what ends a message of SHA-1. The name's
 * bounds are those of its parts: a workflow id, and a trigger id, or a topic (249 characters in Kafka) and
 * two numbers. */
typedef struct name {
    size_t size;
    size_t blocks; /* once it is ended */
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
    char digits[NUMBER_TEXT_SIZE];
    assert(number >= 0);
    name_add_part(n, digits, number_format_int(number, digits));
}

/* Shifts and stores of single bytes are not always seen to be this, and then take forty instructions. */
static void store_big_endian(unsigned char *to, uint64_t number)
{
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        number = __builtin_bswap64(number);
    memcpy(to, &number, sizeof number);
}

/* A message of SHA-1 ends with a bit, zeros up to a block's end, and there its size in bits, big-endian in
 * eight bytes (FIPS 180-4, 5.1.1). */
static void name_end(name *n)
{
    const size_t blocks = (n->size + 1 + 8 + SHA1_BLOCK_SIZE - 1) / SHA1_BLOCK_SIZE;
    unsigned char *end = n->bytes + blocks * SHA1_BLOCK_SIZE;
    /* One block's worth of zeros is of a size that the compiler knows; at most a block and eight bytes are
     * ours. */
    memset(n->bytes + n->size, 0, SHA1_BLOCK_SIZE + 8);
    n->bytes[n->size] = 0x80;
    store_big_endian(end - 8, n->size * 8);
    n->blocks = blocks;
}

typedef unsigned char sixteen __attribute__((vector_size(16)));
typedef uint64_t two __attribute__((vector_size(16)));

/* Of eight bytes, as they were stored: a load of what several stores wrote would have to wait for all of
 * them. */
static sixteen hex_digits(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    const sixteen both = (sixteen)(two){word, 0}, high = both >> 4, low = both & 15;
    const sixteen nibbles =
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return nibbles + '0' + ((sixteen)(nibbles > 9) & ('a' - '0' - 10));
}

/* 8-4-4-4-12 digits. */
static void write_text(identity *id)
{
    char digits[2 * sizeof id->bytes];
    const sixteen first = hex_digits(id->bytes), second = hex_digits(id->bytes + 8);
    memcpy(digits, &first, sizeof first);
    memcpy(digits + sizeof first, &second, sizeof second);
    memcpy(id->text, digits, 8);
    memcpy(id->text + 9, digits + 8, 4);
    memcpy(id->text + 14, digits + 12, 4);
    memcpy(id->text + 19, digits + 16, 4);
    memcpy(id->text + 24, digits + 20, 12);
    id->text[8] = id->text[13] = id->text[18] = id->text[23] = '-';
    id->text[IDENTITY_TEXT_SIZE] = '\0';
}

/* As uuid_generate_sha1, of which an execution would have five: libuuid's own SHA-1 took a fifth of all the
 * instructions of one. The blocks are hashed where they were put together: nettle's sha1_update and
 * sha1_digest copy them once more, byte by byte, and the latter has other arguments since nettle 4.0. */
static void hash(const name *n, identity *out)
{
    uint32_t state[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (size_t i = 0; i < n->blocks; i++)
        nettle_sha1_compress(state, n->bytes + i * SHA1_BLOCK_SIZE);
    uint64_t high = (uint64_t)state[0] << 32 | state[1], low = (uint64_t)state[2] << 32 | state[3];
    high = (high & ~UINT64_C(0xF000)) | 0x5000; /* the version, */
    low = low << 2 >> 2 | UINT64_C(1) << 63;    /* and the variant of RFC 9562 */
    store_big_endian(out->bytes, high);
    store_big_endian(out->bytes + 8, low);
}

identity identity_of_execution(const value *workflow_id, const value *trigger_id, const origin *from)
{
    name n;
    identity id;
    name_begin(&n, carillon_namespace);
    name_add(&n, workflow_id->text, workflow_id->count);
    if (trigger_id->kind == VALUE_STRING) {
        name_add_part(&n, trigger_id->text, trigger_id->count);
    } else {
        name_add_part(&n, from->topic.text, from->topic.count);
        name_add_number(&n, from->partition);
        name_add_number(&n, from->offset);
    }
    name_end(&n);
    hash(&n, &id);
    write_text(&id);
    return id;
}

/* The names first, then the hashes, then the texts: a hash has to wait until what it reads is stored, and its
 * own rounds wait for each other, so that what it stands beside goes on meanwhile. */
void identity_of_events(const identity *execution, const event_name *events, size_t count, identity *out)
{
    name names[IDENTITIES_AT_ONCE];
    assert(count <= IDENTITIES_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        name_begin(&names[i], execution->bytes);
        name_add(&names[i], events[i].step_id.text, events[i].step_id.count);
        name_add_number(&names[i], events[i].run);
        name_end(&names[i]);
    }
    for (size_t i = 0; i < count; i++)
        hash(&names[i], &out[i]);
    for (size_t i = 0; i < count; i++)
        write_text(&out[i]);
}

identity identity_of_event(const identity *execution, const value *step_id, int64_t run)
{
    identity id;
    identity_of_events(execution, &(event_name){.step_id = *step_id, .run = run}, 1, &id);
    return id;
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
