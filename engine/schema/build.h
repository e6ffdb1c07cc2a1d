/* build: the state in which a document becomes a program. Shared by the files that compile.
 *
 * 1. outline.c copies the document and walks it by its keywords: every subschema gets a record and a node,
 *    every $id a resource, every anchor a name.
 * 2. compile.c compiles the records one after another. A reference (reference.c) may add records behind: a
 *    target that no keyword leads to, a metaschema.
 *
 * 3. shortcuts.c looks at the finished program.
 *
 * So a node's address is known before its code is, and cycles need no care. */
#ifndef ENGINE_SCHEMA_BUILD_H
#define ENGINE_SCHEMA_BUILD_H

#include "engine/schema/program.h"

typedef enum dialect {
    DIALECT_2020 = 1,
    DIALECT_7 = 2,
    DIALECT_ALL = DIALECT_2020 | DIALECT_7,
} dialect;

typedef struct resource {
    value uri; /* absolute where the document has an absolute $id; without fragment */
    const value *root;
    const place *place;
    dialect dialect;
} resource;

typedef struct subschema {
    const value *document;
    node *node; /* its resource and place are set from the start */
} subschema;

typedef struct anchor {
    value name;
    const node *node; /* its resource is the anchor's */
    bool dynamic;
} anchor;

typedef struct build {
    schema *schema;
    arena *arena; /* the schema's two: what the program keeps */
    arena *sources;
    arena scratch; /* the rest */
    error *error;
    uint32_t keyword_count;

    subschema *subschemas;
    uint32_t subschema_count;
    uint32_t subschema_capacity;
    uint32_t *slots; /* subschemas by the address of their document: number + 1, 0 where free */
    uint32_t slot_mask;

    resource *resources;
    uint32_t resource_count;
    uint32_t resource_capacity;

    anchor *anchors;
    uint32_t anchor_count;
    uint32_t anchor_capacity;

    instruction *code; /* of the node at hand */
    uint32_t code_count;
    uint32_t code_capacity;
} build;

/* Where subschemas stand in a keyword's operand. */
typedef enum shape {
    SHAPE_NONE,
    SHAPE_SCHEMA,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_SCHEMA_OR_LIST,
    SHAPE_MAP_OR_NAMES, /* a map whose members are subschemas or lists of names */
} shape;

typedef struct keyword {
    const char *name;
    uint8_t dialects;
    uint8_t shape;
    uint8_t op;
    /* Emits what the keyword says; NULL where another keyword's function, or the index, reads it. */
    bool (*compile)(build *c, const subschema *s, const struct keyword *k, const value *operand);
} keyword;

/* keywords.c */
const keyword *keyword_find(const value *name, dialect dialects);
/* What several keywords say together; each emits nothing where none of them is there. */
MUST_CHECK bool keywords_compile_members(build *c, const subschema *s);
MUST_CHECK bool keywords_compile_items(build *c, const subschema *s);
MUST_CHECK bool keywords_compile_contains(build *c, const subschema *s);
MUST_CHECK bool keywords_compile_condition(build *c, const subschema *s);

/* outline.c: the copy lives among the schema's sources. */
MUST_CHECK bool outline_copy(build *c, const value *original, unsigned depth, value *copy);
/* Makes `document` the root of a new resource, and indexes all below. */
MUST_CHECK bool outline_index_root(build *c, const value *document, const value *uri, const place *where);
/* Indexes one subschema and all below, in a resource that is there. */
MUST_CHECK bool outline_index(build *c, const value *document, uint32_t resource, const place *where);
/* The record of the subschema at this address, or NULL. */
const subschema *outline_find(const build *c, const value *document);
dialect outline_dialect(const build *c, const subschema *s);

/* reference.c: the target of the reference `text` in `s`. *dynamic (may be NULL) gets the anchor where the
 * target was found by a $dynamicAnchor, else NULL. NULL after an error. The record is good until the next
 * one is made. */
MUST_CHECK const subschema *reference_resolve(build *c, const subschema *s, const char *keyword_name,
                                              const value *text, const anchor **dynamic);

/* shortcuts.c: what every node says about the nodes that it leads to. All of them are compiled. */
MUST_CHECK bool shortcuts_find(build *c);

/* compile.c */
/* Adds an instruction to the node at hand; NULL without memory. */
MUST_CHECK instruction *build_emit(build *c, opcode op);
/* The node of a subschema that was indexed. */
const node *build_node(const build *c, const value *document);
/* The number of a dynamic anchor's name; it must be one. */
uint32_t build_anchor_number(const build *c, const value *name);
/* Sets the error, its message beginning with the pointer of the keyword (or of `s` where NULL). False. */
bool build_fail(build *c, const subschema *s, const char *keyword_name, error_code code, const char *format,
                ...) PRINTF_LIKE(5, 6);
bool build_fail_at(build *c, const place *where, error_code code, const char *format, ...) PRINTF_LIKE(4, 5);
bool build_fail_memory(build *c);
/* Counts against LIMIT_SCHEMA_KEYWORDS. */
MUST_CHECK bool build_count(build *c, uint32_t count);
/* Room for one more in an array of the scratch arena; false without memory. */
MUST_CHECK bool build_reserve(build *c, void **items, uint32_t count, uint32_t *capacity, size_t size);

#endif
