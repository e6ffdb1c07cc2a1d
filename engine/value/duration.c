#include "engine/value/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 18 }; /* of a number that fits in 64 bits for certain */

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { UNIT_COUNT = sizeof units / sizeof units[0] };

/* What is left of a text. */
typedef struct scanner {
    const char *next;
    const char *end;
} scanner;

static bool scan_number(scanner *s, int64_t *number)
{
    const char *start = s->next;
    *number = 0;
    for (; s->next < s->end && *s->next >= '0' && *s->next <= '9'; s->next++) {
        if (s->next - start == DIGITS_MAX)
            return false;
        *number = *number * 10 + (*s->next - '0');
    }
    return s->next > start;
}

static void skip_spaces(scanner *s)
{
    while (s->next < s->end && *s->next == ' ')
        s->next++;
}

/* The index of the unit, UNIT_COUNT where it is none. */
static size_t scan_unit(scanner *s)
{
    const char *start = s->next;
    size_t i = 0;
    while (s->next < s->end && *s->next >= 'a' && *s->next <= 'z')
        s->next++;
    size_t size = (size_t)(s->next - start);
    while (i < UNIT_COUNT && (strlen(units[i].name) != size || memcmp(units[i].name, start, size) != 0))
        i++;
    return i;
}

/* `number` and what follows it, which has units. */
static bool scan_parts(scanner *s, int64_t number, int64_t *sum)
{
    *sum = 0;
    for (size_t longest = 0;;) {
        int64_t part;
        skip_spaces(s);
        size_t unit = scan_unit(s);
        if (unit < longest || unit == UNIT_COUNT || __builtin_mul_overflow(number, units[unit].ms, &part) ||
            __builtin_add_overflow(*sum, part, sum))
            return false;
        if (s->next == s->end)
            return true;
        longest = unit + 1;
        skip_spaces(s);
        if (!scan_number(s, &number))
            return false;
    }
}

bool duration_parse(const char *text, size_t size, int64_t bare_ms, int64_t *ms)
{
    scanner s = {text, text + size};
    int64_t number, sum;
    if (!scan_number(&s, &number))
        return false;
    bool read = s.next < s.end
                    ? scan_parts(&s, number, &sum)
                    : (bare_ms != 0 || number == 0) && !__builtin_mul_overflow(number, bare_ms, &sum);
    if (!read)
        return false;
    *ms = sum;
    return true;
}

size_t duration_format(int64_t ms, char text[DURATION_TEXT_SIZE])
{
    size_t i = ms == 0 ? UNIT_COUNT - 1 : 0;
    while (ms % units[i].ms != 0)
        i++;
    return (size_t)snprintf(text, DURATION_TEXT_SIZE, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}
