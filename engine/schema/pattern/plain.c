/* A plain pattern is a row of pieces, and a piece some characters that must be there, then up to `more` of
 * one set: `^a{2,5}-b+$` is [a a, then 3 of a] [- b, then any number of b]. Of each byte `sets` tells which
 * of the pattern's sets have it, a bit each; none has a byte of a character beyond ASCII. */
#include "engine/schema/pattern/plain.h"

#include "engine/schema/format/ascii.h"

enum {
    SETS_MAX = 16,
    PIECES_MAX = 16,
    FIXED_MAX = 128,
    ASCII_COUNT = 128,
    COUNT_MAX = 65535, /* a larger bound is an error, which is not ours to report */
};

typedef uint16_t set_bits;

typedef struct piece {
    uint32_t fixed; /* how many of plain.fixed are this piece's */
    uint32_t more;
    set_bits more_of;
} piece;

/* One block of memory with what the pointers lead to, as large as it must be: it is read thousands of times a
 * second, among thousands of others. */
struct plain {
    const piece *pieces;
    const set_bits *fixed;
    const set_bits *sets; /* of each ASCII character */
    uint32_t piece_count;
    bool to_end; /* ends in `$` */
};

/* What is being compiled. */
typedef struct draft {
    set_bits sets[ASCII_COUNT];
    set_bits fixed[FIXED_MAX];
    piece pieces[PIECES_MAX];
    uint32_t set_count;
    uint32_t fixed_count;
    uint32_t piece_count;
    bool to_end;
} draft;

typedef struct reader {
    const char *at;
    const char *end;
} reader;

typedef struct ascii_set {
    bool has[ASCII_COUNT];
} ascii_set;

static bool take(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static void add_range(ascii_set *set, char first, char last)
{
    for (int c = first; c <= last; c++)
        set->has[c] = true;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

/* Behind a backslash: \d or \w, added to the set, or a punctuation mark in *c. */
static bool read_escape(reader *r, ascii_set *set, char *c)
{
    if (r->at == r->end)
        return false;
    char letter = *r->at++;
    *c = '\0';
    if (letter == 'd' || letter == 'w')
        add_range(set, '0', '9');
    if (letter == 'w') {
        add_range(set, 'A', 'Z');
        add_range(set, 'a', 'z');
        add_range(set, '_', '_');
    }
    if (letter == 'd' || letter == 'w')
        return true;
    *c = letter;
    return is_printable(letter) && !ascii_is_alnum(letter) && letter != '_';
}

/* One end of a range in *c, or a set that is added already and a NUL. */
static bool read_class_atom(reader *r, ascii_set *set, char *c)
{
    if (r->at == r->end)
        return false;
    *c = *r->at++;
    return *c == '\\' ? read_escape(r, set, c) : is_printable(*c);
}

static bool read_class(reader *r, ascii_set *set)
{
    if (r->at < r->end && *r->at == '^')
        return false;
    while (!take(r, ']')) {
        char first;
        if (!read_class_atom(r, set, &first))
            return false;
        char last = first;
        if (r->end - r->at >= 2 && r->at[0] == '-' && r->at[1] != ']') {
            r->at++;
            if (first == '\0' || !read_class_atom(r, set, &last) || last < first)
                return false;
        }
        if (first != '\0')
            add_range(set, first, last);
    }
    return true;
}

static bool read_atom(reader *r, ascii_set *set)
{
    char c = *r->at++;
    if (c == '[')
        return read_class(r, set);
    if (c == '\\') {
        if (!read_escape(r, set, &c))
            return false;
    } else if (!is_printable(c) || strchr("^$.]()*+?{}|", c) != NULL) {
        return false;
    }
    if (c != '\0')
        add_range(set, c, c);
    return true;
}

static bool read_number(reader *r, uint32_t *number)
{
    const char *digits = r->at;
    *number = 0;
    for (; r->at < r->end && ascii_is_digit(*r->at) && *number <= COUNT_MAX; r->at++)
        *number = *number * 10 + (uint32_t)(*r->at - '0');
    return r->at > digits && *number <= COUNT_MAX;
}

/* Behind the brace of {n}, {n,} or {n,m}. */
static bool read_bounds(reader *r, uint32_t *min, uint32_t *max)
{
    if (!read_number(r, min))
        return false;
    *max = *min;
    if (take(r, ',')) {
        *max = UINT32_MAX;
        if (r->at < r->end && *r->at != '}' && !read_number(r, max))
            return false;
    }
    return take(r, '}') && *min <= *max;
}

static bool read_repetition(reader *r, uint32_t *min, uint32_t *max)
{
    *min = 1;
    *max = 1;
    if (take(r, '{'))
        return read_bounds(r, min, max);
    if (take(r, '?')) {
        *min = 0;
    } else if (take(r, '*')) {
        *min = 0;
        *max = UINT32_MAX;
    } else if (take(r, '+')) {
        *max = UINT32_MAX;
    }
    return true; /* one `?` more would be read as an atom, which it is not */
}

static bool is_set(const draft *p, unsigned number, const ascii_set *set)
{
    for (unsigned c = 0; c < ASCII_COUNT; c++)
        if ((p->sets[c] >> number & 1) != set->has[c])
            return false;
    return true;
}

/* The bit of the set, 0 where there are too many. */
static set_bits intern_set(draft *p, const ascii_set *set)
{
    for (unsigned i = 0; i < p->set_count; i++)
        if (is_set(p, i, set))
            return (set_bits)(1u << i);
    if (p->set_count == SETS_MAX)
        return 0;
    set_bits bit = (set_bits)(1u << p->set_count++);
    for (unsigned c = 0; c < ASCII_COUNT; c++)
        if (set->has[c])
            p->sets[c] |= bit;
    return bit;
}

static piece *open_piece(draft *p)
{
    if (p->piece_count > 0 && p->pieces[p->piece_count - 1].more == 0)
        return &p->pieces[p->piece_count - 1];
    return p->piece_count == PIECES_MAX ? NULL : &p->pieces[p->piece_count++];
}

static bool add_element(draft *p, set_bits set, uint32_t min, uint32_t max)
{
    piece *last = open_piece(p);
    if (set == 0 || last == NULL || min > FIXED_MAX - p->fixed_count)
        return false;
    for (uint32_t i = 0; i < min; i++)
        p->fixed[p->fixed_count++] = set;
    last->fixed += min;
    last->more = max - min;
    last->more_of = set;
    return true;
}

static bool overlap(const draft *p, set_bits a, set_bits b)
{
    for (unsigned c = 0; c < ASCII_COUNT; c++)
        if (p->sets[c] & a && p->sets[c] & b)
            return true;
    return false;
}

/* From the last piece to the first, `next` being all that may follow the piece. Where the pattern may end
 * there, it matches however much was taken, or, with `$`, only if there is no more to take. */
static bool needs_no_backtracking(const draft *p)
{
    set_bits next = 0;
    uint32_t fixed = p->fixed_count;
    for (uint32_t i = p->piece_count; i-- > 0;) {
        const piece *at = &p->pieces[i];
        if (at->more > 0 && overlap(p, at->more_of, next))
            return false;
        next |= at->more > 0 ? at->more_of : 0;
        fixed -= at->fixed;
        if (at->fixed > 0)
            next = p->fixed[fixed];
    }
    return true;
}

static bool compile(draft *p, reader r)
{
    if (!take(&r, '^'))
        return false;
    p->to_end = r.end > r.at && r.end[-1] == '$';
    r.end -= p->to_end;
    while (r.at < r.end) {
        ascii_set set = {0};
        uint32_t min;
        uint32_t max;
        if (!read_atom(&r, &set) || !read_repetition(&r, &min, &max) ||
            !add_element(p, intern_set(p, &set), min, max))
            return false;
    }
    return needs_no_backtracking(p);
}

/* NULL without memory. */
static const plain *settle(arena *a, const draft *d)
{
    size_t pieces_size = d->piece_count * sizeof *d->pieces;
    size_t fixed_size = d->fixed_count * sizeof *d->fixed;
    plain *p = arena_alloc(a, sizeof *p + pieces_size + fixed_size + sizeof d->sets);
    if (p == NULL)
        return NULL;
    char *pieces = (char *)(p + 1);
    char *fixed = pieces + pieces_size;
    char *sets = fixed + fixed_size;
    memcpy(pieces, d->pieces, pieces_size);
    memcpy(fixed, d->fixed, fixed_size);
    memcpy(sets, d->sets, sizeof d->sets);
    *p = (plain){.pieces = (const piece *)(const void *)pieces,
                 .fixed = (const set_bits *)(const void *)fixed,
                 .sets = (const set_bits *)(const void *)sets,
                 .piece_count = d->piece_count,
                 .to_end = d->to_end};
    return p;
}

const plain *plain_new(arena *a, const char *text, size_t size)
{
    draft d = {0};
    return compile(&d, (reader){.at = text, .end = text + size}) ? settle(a, &d) : NULL;
}

static inline bool is_in(const plain *p, unsigned char byte, set_bits set)
{
    return byte < ASCII_COUNT && p->sets[byte] & set;
}

bool plain_matches(const plain *p, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    const set_bits *fixed = p->fixed;
    const piece *last = p->pieces + p->piece_count;
    for (const piece *now = p->pieces; now < last; now++) {
        size_t count = now->fixed;
        if ((size_t)(end - at) < count)
            return false;
        for (size_t i = 0; i < count; i++)
            if (!is_in(p, at[i], fixed[i]))
                return false;
        at += count;
        fixed += count;
        const unsigned char *most = (size_t)(end - at) > now->more ? at + now->more : end;
        while (at < most && is_in(p, *at, now->more_of))
            at++;
    }
    return at == end || !p->to_end;
}
