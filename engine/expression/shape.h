/* shape: what a JSON Schema says of the values that it admits, as far as expressions care: which types they
 * may have, which members a map has and whether it may have others.
 *
 * It never claims more than the schema: what it does not understand admits everything. Schemas are documents
 * as values; only references within the document are followed. */
#ifndef ENGINE_EXPRESSION_SHAPE_H
#define ENGINE_EXPRESSION_SHAPE_H

#include "engine/value/value.h"

/* Types as bits; a shape may have several. */
enum {
    SHAPE_NULL = 1 << VALUE_NULL,
    SHAPE_BOOL = 1 << VALUE_BOOL,
    SHAPE_INT = 1 << VALUE_INT,
    SHAPE_FLOAT = 1 << VALUE_FLOAT,
    SHAPE_STRING = 1 << VALUE_STRING,
    SHAPE_LIST = 1 << VALUE_LIST,
    SHAPE_MAP = 1 << VALUE_MAP,
    SHAPE_TUPLE = 1 << VALUE_TUPLE,
    SHAPE_SET = 1 << VALUE_SET,
    SHAPE_RANGE = 1 << VALUE_RANGE,
    SHAPE_FUNCTION = 1 << VALUE_CALLABLE,
    SHAPE_ITERATOR = 1 << VALUE_ITERATOR,
    SHAPE_NUMBER = SHAPE_BOOL | SHAPE_INT | SHAPE_FLOAT,
    SHAPE_ANY = SHAPE_NUMBER | SHAPE_NULL | SHAPE_STRING | SHAPE_LIST | SHAPE_MAP | SHAPE_TUPLE | SHAPE_SET |
                SHAPE_RANGE | SHAPE_FUNCTION | SHAPE_ITERATOR,
    SHAPE_ANY_JSON = SHAPE_NUMBER | SHAPE_NULL | SHAPE_STRING | SHAPE_LIST | SHAPE_MAP,
};

typedef struct shape {
    unsigned kinds;
    const value *schema;   /* of the map or list among them; NULL where nothing is known */
    const value *document; /* what references in the schema are relative to */
} shape;

static inline shape shape_of_kinds(unsigned kinds)
{
    return (shape){.kinds = kinds};
}
/* What a schema document admits. `document` must outlive the shape; NULL: anything. */
shape shape_of_document(const value *document);
/* What both may be. */
shape shape_union(shape a, shape b);

/* The member of the map in the shape; anything where nothing is known. */
shape shape_member(const shape *map, const value *name);
/* The items of the list in the shape. */
shape shape_items(const shape *list);

/* The properties of the map in the shape where it can have no others, else NULL. */
const value *shape_closed_properties(const shape *map);

/* "a string", "a string or None" and so on, "this" where it can be anything: for messages. Writes into text
 * where it must. */
enum { SHAPE_TEXT_SIZE = 96 };
const char *shape_text(unsigned kinds, char text[SHAPE_TEXT_SIZE]);

#endif
