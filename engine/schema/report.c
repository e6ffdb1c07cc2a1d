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

static void write_decimal(buffer *b, decimal d)
{
    buffer_format(b, "%llu", (unsigned long long)d.digits);
    if (d.exponent != 0)
        buffer_format(b, "e%d", d.exponent);
}

static void write_contains(buffer *b, const contains_rule *rule)
{
    buffer_format(b, "%u", rule->min);
    if (rule->max != UINT32_MAX)
        buffer_format(b, " and at most %u", rule->max);
}

/* What stands between the words of a rule. */
static void write_operand(buffer *b, const instruction *i)
{
    switch ((opcode)i->op) {
    case OP_MINIMUM:
    case OP_MAXIMUM:
    case OP_EXCLUSIVE_MINIMUM:
    case OP_EXCLUSIVE_MAXIMUM:
        json_write(b, &i->constant);
        break;
    case OP_MULTIPLE_OF:
        write_decimal(b, i->divisor);
        break;
    case OP_PATTERN:
        write_quoted(b, pattern_text(i->pattern));
        break;
    case OP_FORMAT:
        buffer_add_text(b, i->format->name);
        break;
    case OP_CONTAINS:
        write_contains(b, i->contains);
        break;
    case OP_ENUM:
        buffer_add_int(b, i->constant.count);
        break;
    case OP_ENUM_STRINGS:
        buffer_add_int(b, i->keys->count);
        break;
    case OP_ANY_OF:
    case OP_ONE_OF:
        buffer_add_int(b, i->count);
        break;
    case OP_MIN_LENGTH:
    case OP_MAX_LENGTH:
    case OP_MIN_ITEMS:
    case OP_MAX_ITEMS:
    case OP_MIN_PROPERTIES:
    case OP_MAX_PROPERTIES:
        buffer_format(b, "%llu", (unsigned long long)i->bound);
        break;
    default:
        break;
    }
}

/* The rule of an instruction as a sentence. What has none here reports what is broken inside it. */
static void write_rule(buffer *b, const instruction *i)
{
    static const struct {
        const char *before;
        const char *behind;
    } words[OP_UNEVALUATED_PROPERTIES + 1] = {
        [OP_MINIMUM] = {"must be at least ", ""},
        [OP_MAXIMUM] = {"must be at most ", ""},
        [OP_EXCLUSIVE_MINIMUM] = {"must be greater than ", ""},
        [OP_EXCLUSIVE_MAXIMUM] = {"must be less than ", ""},
        [OP_MULTIPLE_OF] = {"must be a multiple of ", ""},
        [OP_MIN_LENGTH] = {"must have at least ", " characters"},
        [OP_MAX_LENGTH] = {"must have at most ", " characters"},
        [OP_PATTERN] = {"must match the pattern ", ""},
        [OP_FORMAT] = {"must have the format ", ""},
        [OP_MIN_ITEMS] = {"must have at least ", " items"},
        [OP_MAX_ITEMS] = {"must have at most ", " items"},
        [OP_CONTAINS] = {"must have at least ", " items that match the subschema"},
        [OP_MIN_PROPERTIES] = {"must have at least ", " properties"},
        [OP_MAX_PROPERTIES] = {"must have at most ", " properties"},
        [OP_CONST] = {"must be the value that the schema names", ""},
        [OP_ENUM] = {"must be one of the ", " values that the schema names"},
        [OP_ENUM_STRINGS] = {"must be one of the ", " values that the schema names"},
        [OP_ANY_OF] = {"must match at least one of ", " alternatives"},
        [OP_ONE_OF] = {"must match exactly one of ", " alternatives"},
        [OP_NOT] = {"must not match the subschema", ""},
    };
    buffer_add_text(b, words[i->op].before);
    write_operand(b, i);
    buffer_add_text(b, words[i->op].behind);
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
