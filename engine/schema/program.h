/* program: what a schema is compiled to, and the state that runs it. Shared by the files of this folder only.
 *
 * Every subschema becomes a node: the set of kinds that it accepts, and instructions grouped by the kind of
 * instance that they look at, so that a string never meets an instruction about arrays. A node and all that
 * hangs from it live in the schema's arenas and never change once schema_new has returned. */
#ifndef ENGINE_SCHEMA_PROGRAM_H
#define ENGINE_SCHEMA_PROGRAM_H

#include "engine/schema/decimal.h"
#include "engine/schema/format/format.h"
#include "engine/schema/keys.h"
#include "engine/schema/pattern/pattern.h"
#include "engine/schema/place.h"
#include "engine/schema/schema.h"

/* Sets of kinds: bit k stands for the value_kind k. */
enum {
    TYPE_NULL = 1 << VALUE_NULL,
    TYPE_BOOLEAN = 1 << VALUE_BOOL,
    TYPE_INT = 1 << VALUE_INT,
    TYPE_FLOAT = 1 << VALUE_FLOAT,
    TYPE_STRING = 1 << VALUE_STRING,
    TYPE_ARRAY = 1 << VALUE_LIST,
    TYPE_OBJECT = 1 << VALUE_MAP,
    TYPE_ANY = (1 << VALUE_TUPLE) - 1,
    TYPE_INTEGRAL = 1 << 15, /* not a kind: "integer", which admits floats without a fraction */
};

enum { KIND_COUNT = VALUE_TUPLE }; /* of those that JSON has */

/* The order in which a node's instructions run. Subschemas of the same instance come behind what looks at the
 * instance alone because they cost more; what is unevaluated is known only after them. */
typedef enum group {
    GROUP_NUMBER,
    GROUP_STRING,
    GROUP_ARRAY,
    GROUP_OBJECT,
    GROUP_VALUE,    /* any kind, the instance alone: const and enum */
    GROUP_IN_PLACE, /* any kind, by subschemas of the same instance */
    GROUP_UNEVALUATED_ITEMS,
    GROUP_UNEVALUATED_PROPERTIES,
    GROUP_COUNT,
} group;

/* X(op, keyword, group, operand): the instruction of each keyword, and the member of the union that it uses.
 */
#define SCHEMA_OPS(X)                                                          \
    X(OP_MINIMUM, "minimum", GROUP_NUMBER, constant)                           \
    X(OP_MAXIMUM, "maximum", GROUP_NUMBER, constant)                           \
    X(OP_EXCLUSIVE_MINIMUM, "exclusiveMinimum", GROUP_NUMBER, constant)        \
    X(OP_EXCLUSIVE_MAXIMUM, "exclusiveMaximum", GROUP_NUMBER, constant)        \
    X(OP_MULTIPLE_OF, "multipleOf", GROUP_NUMBER, divisor)                     \
    X(OP_MIN_LENGTH, "minLength", GROUP_STRING, bound)                         \
    X(OP_MAX_LENGTH, "maxLength", GROUP_STRING, bound)                         \
    X(OP_PATTERN, "pattern", GROUP_STRING, pattern)                            \
    X(OP_FORMAT, "format", GROUP_STRING, format)                               \
    X(OP_MIN_ITEMS, "minItems", GROUP_ARRAY, bound)                            \
    X(OP_MAX_ITEMS, "maxItems", GROUP_ARRAY, bound)                            \
    X(OP_ITEMS, "items", GROUP_ARRAY, items)                                   \
    X(OP_CONTAINS, "contains", GROUP_ARRAY, contains)                          \
    X(OP_UNIQUE_ITEMS, "uniqueItems", GROUP_ARRAY, bound)                      \
    X(OP_MIN_PROPERTIES, "minProperties", GROUP_OBJECT, bound)                 \
    X(OP_MAX_PROPERTIES, "maxProperties", GROUP_OBJECT, bound)                 \
    X(OP_MEMBERS, "properties", GROUP_OBJECT, members)                         \
    X(OP_PROPERTY_NAMES, "propertyNames", GROUP_OBJECT, node)                  \
    X(OP_DEPENDENT_REQUIRED, "dependentRequired", GROUP_OBJECT, names)         \
    X(OP_DEPENDENT_SCHEMA, "dependentSchemas", GROUP_OBJECT, dependent)        \
    X(OP_CONST, "const", GROUP_VALUE, constant)                                \
    X(OP_ENUM, "enum", GROUP_VALUE, constant)                                  \
    X(OP_ENUM_STRINGS, "enum", GROUP_VALUE, keys)                              \
    X(OP_REF, "$ref", GROUP_IN_PLACE, node)                                    \
    X(OP_DYNAMIC_REF, "$dynamicRef", GROUP_IN_PLACE, dynamic)                  \
    X(OP_ALL_OF, "allOf", GROUP_IN_PLACE, nodes)                               \
    X(OP_ANY_OF, "anyOf", GROUP_IN_PLACE, nodes)                               \
    X(OP_ONE_OF, "oneOf", GROUP_IN_PLACE, nodes)                               \
    X(OP_NOT, "not", GROUP_IN_PLACE, node)                                     \
    X(OP_IF, "if", GROUP_IN_PLACE, condition)                                  \
    X(OP_UNEVALUATED_ITEMS, "unevaluatedItems", GROUP_UNEVALUATED_ITEMS, node) \
    X(OP_UNEVALUATED_PROPERTIES, "unevaluatedProperties", GROUP_UNEVALUATED_PROPERTIES, node)

typedef enum opcode {
#define X(op, keyword, group, operand) op,
    SCHEMA_OPS(X)
#undef X
} opcode;

typedef struct node node;

/* What `properties`, `patternProperties`, `additionalProperties` and `required` say together: one walk over
 * the members of an instance decides all four. */
typedef struct property {
    key_entry key;
    const node *node;           /* NULL: only required */
    const value *default_value; /* NULL: none */
    uint32_t required;          /* 0 or 1 */
} property;

typedef struct pattern_property {
    const pattern *pattern;
    const node *node;
} pattern_property;

typedef struct members_rule {
    key_table keys;             /* of declared and required names, to their number in `properties` */
    const property *properties; /* declared ones in the order of the schema, then those only required, then
                                 * one that no member is */
    const value *names;         /* of each property */
    const pattern_property *patterns;
    const node *additional; /* NULL: anything */
    uint32_t property_count;
    uint32_t pattern_count;
    uint32_t required_count;
    bool has_defaults;
} members_rule;

typedef struct items_rule {
    const node *const *prefix;
    const node *rest; /* NULL: anything */
    uint32_t prefix_count;
} items_rule;

typedef struct contains_rule {
    const node *node;
    uint32_t min;
    uint32_t max;
} contains_rule;

typedef struct names_rule {
    value name; /* where the instance has it ... */
    value list; /* ... it must have these */
    const char *keyword;
} names_rule;

typedef struct dependent_rule {
    value name; /* where the instance has it ... */
    const node *node;
} dependent_rule;

typedef struct dynamic_rule {
    const node *node; /* where the dynamic scope has no such anchor */
    uint32_t anchor;  /* number of its name */
} dynamic_rule;

/* if, then, else; the last two may be NULL */
typedef struct condition_rule {
    const node *test;
    const node *yes;
    const node *no;
} condition_rule;

typedef struct instruction {
    uint8_t op;
    uint32_t count; /* of nodes */
    union {
        value constant; /* for OP_ENUM the list */
        uint64_t bound;
        decimal divisor;
        const pattern *pattern;
        const string_format *format;
        const key_table *keys;
        const node *node;
        const node *const *nodes;
        const members_rule *members;
        const items_rule *items;
        const contains_rule *contains;
        const names_rule *names;
        const dependent_rule *dependent;
        const dynamic_rule *dynamic;
        const condition_rule *condition;
    };
} instruction;

/* Instructions one after the other. */
typedef struct row {
    const instruction *first;
    const instruction *end;
} row;

struct node {
    uint16_t types;              /* TYPE_... */
    uint16_t begin[GROUP_COUNT]; /* where each group begins in `code` */
    uint16_t end;
    bool has_defaults;       /* some default may belong into its instance, however deep */
    bool has_inner_defaults; /* into a member that is there */
    uint32_t resource;       /* the schema resource that it belongs to */
    const instruction *code; /* begin[0] is 0 */
    const node *target;      /* itself; or, where its only keyword is $ref, the node that this leads to */
    const place *place;
    /* By the kind of the instance: the instructions about it (without `unevaluated...`); and what decides it
     * without another node, be it from a branch, first being NULL where more than assertions does. */
    row rules[KIND_COUNT];
    row quick[KIND_COUNT];
};

typedef struct dynamic_anchor {
    uint32_t resource;
    uint32_t anchor; /* number of its name */
    const node *node;
} dynamic_anchor;

struct schema {
    arena arena;   /* what validating reads */
    arena sources; /* the document's copy, and where its parts stand: read for findings, and for long keys */
    const node *root;
    const dynamic_anchor *dynamic_anchors; /* sorted by resource, then anchor */
    uint32_t dynamic_anchor_count;
    bool has_defaults;
    pattern *patterns; /* all that were compiled, for schema_free */
};

#endif
