#include "engine/schema/report.h"

#include "engine/value/json.h"

enum { LOCATION_BYTES_MAX = 64 << 10, MESSAGE_BYTES_MAX = 8 << 10, QUOTED_BYTES_MAX = 200 };

static const char *const keyword_names[] = {
#define X(op, keyword, group, operand) keyword,
    SCHEMA_OPS(X)
#undef X
};

/* Closes the text; "" where memory ran out. */
static const char *finish(report *r, buffer *b)
{
    buffer_add_byte(b, '\0');
    r->failed |= b->failed;
    return b->failed ? "" : b->bytes;
}

static const char *location_text(report *r, const place *at)
{
    buffer b;
    buffer_init(&b, r->arena, LOCATION_BYTES_MAX);
    place_write(&b, at);
    return finish(r, &b);
}

/* `message` is unfinished. */
static void add(report *r, const node *n, const char *keyword, const place *at, buffer *message)
{
    if (report_full(r))
        return;
    place where = {.parent = n->place, .keyword = keyword, .index = PLACE_NO_INDEX};
    schema_finding finding = {
        .instance_location = location_text(r, at),
        .keyword_location = location_text(r, &where),
        .message = finish(r, message),
    };
    if (!r->failed)
        r->findings[r->count++] = finding;
}

/* A text of the schema, cut where it is long. */
static void write_quoted(buffer *b, const value *text)
{
    uint32_t size = text->count;
    if (size > QUOTED_BYTES_MAX) {
        size = QUOTED_BYTES_MAX;
        while ((text->text[size] & 0xC0) == 0x80)
            size--;
    }
    json_write_string(b, text->text, size);
    if (size < text->count)
        buffer_add_text(b, "...");
}

static void write_count(buffer *b, const char *verb, uint64_t count, const char *one, const char *many)
{
    buffer_format(b, "must %s %llu %s", verb, (unsigned long long)count, count == 1 ? one : many);
}

static void write_decimal(buffer *b, decimal d)
{
    buffer_format(b, "%llu", (unsigned long long)d.digits);
    if (d.exponent != 0)
        buffer_format(b, "e%d", d.exponent);
}

static void write_bound(buffer *b, const char *relation, const value *bound)
{
    buffer_add_text(b, relation);
    json_write(b, bound);
}

/* The rule of an instruction as a sentence. */
static void write_rule(buffer *b, const instruction *i)
{
    switch ((opcode)i->op) {
    case OP_MINIMUM:
        write_bound(b, "must be at least ", &i->constant);
        break;
    case OP_MAXIMUM:
        write_bound(b, "must be at most ", &i->constant);
        break;
    case OP_EXCLUSIVE_MINIMUM:
        write_bound(b, "must be greater than ", &i->constant);
        break;
    case OP_EXCLUSIVE_MAXIMUM:
        write_bound(b, "must be less than ", &i->constant);
        break;
    case OP_MULTIPLE_OF:
        buffer_add_text(b, "must be a multiple of ");
        write_decimal(b, i->divisor);
        break;
    case OP_MIN_LENGTH:
        write_count(b, "have at least", i->bound, "character", "characters");
        break;
    case OP_MAX_LENGTH:
        write_count(b, "have at most", i->bound, "character", "characters");
        break;
    case OP_PATTERN:
        buffer_add_text(b, "must match the pattern ");
        write_quoted(b, pattern_text(i->pattern));
        break;
    case OP_FORMAT:
        buffer_format(b, "must have the format %s", i->format->name);
        break;
    case OP_MIN_ITEMS:
        write_count(b, "have at least", i->bound, "item", "items");
        break;
    case OP_MAX_ITEMS:
        write_count(b, "have at most", i->bound, "item", "items");
        break;
    case OP_CONTAINS:
        buffer_format(b, "must contain at least %u ", i->contains->min);
        if (i->contains->max != UINT32_MAX)
            buffer_format(b, "and at most %u ", i->contains->max);
        buffer_add_text(b, "items that match");
        break;
    case OP_MIN_PROPERTIES:
        write_count(b, "have at least", i->bound, "property", "properties");
        break;
    case OP_MAX_PROPERTIES:
        write_count(b, "have at most", i->bound, "property", "properties");
        break;
    case OP_CONST:
        buffer_add_text(b, "must be the constant that the schema names");
        break;
    case OP_ENUM:
        buffer_format(b, "must be one of the %u values that the schema names", i->constant.count);
        break;
    case OP_ENUM_STRINGS:
        buffer_format(b, "must be one of the %u values that the schema names", i->keys->count);
        break;
    case OP_ANY_OF:
        buffer_format(b, "must match at least one of %u alternatives, and matches none", i->count);
        break;
    case OP_ONE_OF:
        buffer_format(b, "must match exactly one of %u alternatives", i->count);
        break;
    case OP_NOT:
        buffer_add_text(b, "must not match");
        break;
    default:
        buffer_add_text(b, "must match"); /* the others report what is broken inside them */
        break;
    }
}

static void begin(report *r, buffer *message)
{
    buffer_init(message, r->arena, MESSAGE_BYTES_MAX);
}

void report_refusal(report *r, const node *n, const instruction *i, const place *at)
{
    buffer message;
    begin(r, &message);
    write_rule(&message, i);
    add(r, n, keyword_names[i->op], at, &message);
}

void report_type(report *r, const node *n, const value *instance, const place *at)
{
    static const struct {
        uint16_t types;
        const char *name;
    } names[] = {
        {TYPE_NULL, "null"},        {TYPE_BOOLEAN, "boolean"}, {TYPE_FLOAT, "number"},
        {TYPE_INTEGRAL, "integer"}, {TYPE_STRING, "string"},   {TYPE_ARRAY, "array"},
        {TYPE_OBJECT, "object"},
    };
    buffer message;
    begin(r, &message);
    if (n->types == 0) {
        buffer_add_text(&message, "is not allowed");
        add(r, n, NULL, at, &message);
        return;
    }
    buffer_add_text(&message, "must be ");
    const char *between = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!(n->types & names[i].types) || (names[i].types == TYPE_INTEGRAL && (n->types & TYPE_FLOAT)))
            continue;
        buffer_add_text(&message, between);
        buffer_add_text(&message, names[i].name);
        between = " or ";
    }
    buffer_format(&message, ", not %s", value_kind_name(instance->kind));
    add(r, n, "type", at, &message);
}

void report_missing(report *r, const node *n, const char *keyword, const value *name, const place *at)
{
    buffer message;
    begin(r, &message);
    buffer_add_text(&message, "must have the property ");
    write_quoted(&message, name);
    add(r, n, keyword, at, &message);
}

void report_twins(report *r, const node *n, const place *at, uint32_t first, uint32_t second)
{
    buffer message;
    begin(r, &message);
    buffer_format(&message, "must have no equal items; %u and %u are", first, second);
    add(r, n, "uniqueItems", at, &message);
}
