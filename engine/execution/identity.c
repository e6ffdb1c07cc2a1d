#include "engine/execution/identity.h"

#include <nettle/sha1.h>
#include <uuid.h>

#include "engine/limits.h"

enum { SEPARATOR = 0x1F };

static const unsigned char carillon_namespace[16] = {0x77, 0xfe, 0x8e, 0x62, 0x38, 0x7b, 0x5d, 0x93,
                                                     0x96, 0xcc, 0xe6, 0xfa, 0x17, 0xff, 0x24, 0xce};

/* The name under a namespace, in pieces. Its bounds are those of the parts: a workflow id, and a trigger id,
 * or a topic (249 characters in Kafka) and two numbers. */
typedef struct name {
    size_t size;
    char bytes[LIMIT_IDENTIFIER_BYTES + LIMIT_TRIGGER_ID_BYTES + 64];
} name;

static void name_add(name *n, const char *bytes, size_t size)
{
    assert(size <= sizeof n->bytes - n->size);
    memcpy(n->bytes + n->size, bytes, size);
    n->size += size;
}

static void name_add_part(name *n, const char *bytes, size_t size)
{
    static const char separator = SEPARATOR;
    name_add(n, &separator, 1);
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

static void write_text(identity *id)
{
    static const char hex[] = "0123456789abcdef";
    /* Where the digits of each byte begin: 8-4-4-4-12. */
    static const unsigned char places[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    for (int i = 0; i < 16; i++) {
        id->text[places[i]] = hex[id->bytes[i] >> 4];
        id->text[places[i] + 1] = hex[id->bytes[i] & 15];
    }
    id->text[8] = id->text[13] = id->text[18] = id->text[23] = '-';
    id->text[36] = '\0';
}

/* As uuid_generate_sha1, of which an execution would have five: libuuid's own SHA-1 took a fifth of all the
 * instructions of one. */
static identity identity_of_name(const unsigned char namespace[16], const name *n)
{
    struct sha1_ctx hash;
    identity id;
    sha1_init(&hash);
    sha1_update(&hash, sizeof id.bytes, namespace);
    sha1_update(&hash, n->size, (const uint8_t *)n->bytes);
    sha1_digest(&hash, sizeof id.bytes, id.bytes);
    id.bytes[6] = (unsigned char)((id.bytes[6] & 0x0F) | 5 << 4); /* the version, */
    id.bytes[8] = (unsigned char)((id.bytes[8] & 0x3F) | 0x80);   /* and the variant of RFC 9562 */
    write_text(&id);
    return id;
}

identity identity_of_execution(const value *workflow_id, const value *trigger_id, const origin *from)
{
    name n;
    n.size = 0;
    name_add(&n, workflow_id->text, workflow_id->count);
    if (trigger_id->kind == VALUE_STRING) {
        name_add_part(&n, trigger_id->text, trigger_id->count);
    } else {
        name_add_part(&n, from->topic.text, from->topic.count);
        name_add_number(&n, from->partition);
        name_add_number(&n, from->offset);
    }
    return identity_of_name(carillon_namespace, &n);
}

identity identity_of_event(const identity *execution, const value *step_id, int64_t run)
{
    name n;
    n.size = 0;
    name_add(&n, step_id->text, step_id->count);
    name_add_number(&n, run);
    return identity_of_name(execution->bytes, &n);
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
