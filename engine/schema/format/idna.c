#include "engine/schema/format/idna.h"

#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>

#include "engine/schema/format/ascii.h"

/* ---- Punycode (RFC 3492, with its parameters) ---- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS_FIRST = 72, N_FIRST = 128 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    uint32_t k = 0;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

static int digit_of(char c)
{
    return ascii_is_digit(c) ? c - '0' + 26 : ascii_is_alpha(c) ? ascii_lower(c) - 'a' : -1;
}

/* Reads one variable-length integer, adding it to *i. */
static bool read_delta(const char **p, const char *end, uint32_t bias, uint32_t *i)
{
    uint64_t weight = 1;
    uint64_t sum = *i;
    for (uint32_t k = BASE;; k += BASE) {
        int digit = *p < end ? digit_of(*(*p)++) : -1;
        if (digit < 0)
            return false;
        sum += (uint64_t)digit * weight;
        if (sum > UINT32_MAX)
            return false;
        uint32_t t = threshold(k, bias);
        if ((uint32_t)digit < t)
            break;
        weight *= BASE - t;
        if (weight > UINT32_MAX)
            return false;
    }
    *i = (uint32_t)sum;
    return true;
}

/* Puts the ASCII characters before the last hyphen first, then inserts the others. */
static bool punycode_decode(const char *text, size_t size, uint32_t out[IDNA_LABEL_MAX], size_t *count)
{
    const char *p = text;
    const char *end = text + size;
    size_t basic = size;
    while (basic > 0 && text[basic - 1] != '-')
        basic--;
    *count = 0;
    if (basic > 0) {
        for (; *count < basic - 1; ++*count)
            out[*count] = (unsigned char)ascii_lower(text[*count]);
        p = text + basic;
    }
    uint32_t n = N_FIRST;
    uint32_t bias = BIAS_FIRST;
    for (uint32_t i = 0; p < end; i++) {
        uint32_t before = i;
        if (*count == IDNA_LABEL_MAX || !read_delta(&p, end, bias, &i))
            return false;
        uint32_t points = (uint32_t)*count + 1;
        bias = adapt(i - before, points, before == 0);
        if (i / points > 0x10FFFF - n)
            return false;
        n += i / points;
        i %= points;
        memmove(&out[i + 1], &out[i], (*count - i) * sizeof *out);
        out[i] = n;
        ++*count;
    }
    return true;
}

/* Writes one variable-length integer at `at`, as far as there is room; returns the position behind it. */
static size_t write_delta(uint32_t delta, uint32_t bias, char *out, size_t at, size_t room)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        bool last = delta < t;
        uint32_t digit = last ? delta : t + (delta - t) % (BASE - t);
        if (at < room)
            out[at] = digits[digit];
        at++;
        if (last)
            return at;
        delta = (delta - t) / (BASE - t);
    }
}

/* The size of the Punycode, which may be above `room`: then the text is cut. */
static size_t punycode_encode(const uint32_t *label, size_t count, char *out, size_t room)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (label[i] < 0x80 && at < room)
            out[at++] = (char)label[i];
    size_t basic = at;
    if (basic > 0 && at < room)
        out[at++] = '-';
    uint32_t n = N_FIRST;
    uint32_t bias = BIAS_FIRST;
    uint32_t delta = 0;
    for (size_t handled = basic; handled < count; delta++, n++) {
        uint32_t next = UINT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (label[i] >= n && label[i] < next)
                next = label[i];
        delta += (next - n) * (uint32_t)(handled + 1); /* at most 0x10FFFF * 64 */
        n = next;
        for (size_t i = 0; i < count; i++) {
            delta += label[i] < n;
            if (label[i] != n)
                continue;
            at = write_delta(delta, bias, out, at, room);
            bias = adapt(delta, (uint32_t)handled + 1, handled == basic);
            delta = 0;
            handled++;
        }
    }
    return at;
}

/* ---- code points (RFC 5892) ---- */

typedef enum code_point_class { DISALLOWED, VALID, CONTEXT_JOINER, CONTEXT_OTHER } code_point_class;

static bool in_ranges(uint32_t c, const uint32_t ranges[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

#define IN(c, ranges) in_ranges(c, ranges, sizeof(ranges) / sizeof *(ranges))

static bool is_exception(uint32_t c, code_point_class *class)
{
    static const uint32_t valid[][2] = {
        {0xDF, 0xDF}, {0x3C2, 0x3C2}, {0x6FD, 0x6FE}, {0xF0B, 0xF0B}, {0x3007, 0x3007}};
    static const uint32_t context[][2] = {{0xB7, 0xB7},   {0x375, 0x375}, {0x5F3, 0x5F4},
                                          {0x660, 0x669}, {0x6F0, 0x6F9}, {0x30FB, 0x30FB}};
    static const uint32_t disallowed[][2] = {
        {0x640, 0x640}, {0x7FA, 0x7FA}, {0x302E, 0x302F}, {0x3031, 0x3035}, {0x303B, 0x303B}};
    *class = IN(c, valid) ? VALID : IN(c, context) ? CONTEXT_OTHER : DISALLOWED;
    return *class != DISALLOWED || IN(c, disallowed);
}

/* It changes under NFKC(casefold(NFKC(c))). */
static bool is_unstable(uint32_t c)
{
    uint32_t normal[32];
    uint32_t folded[64];
    size_t normal_count = sizeof normal / sizeof *normal;
    size_t folded_count = sizeof folded / sizeof *folded;
    if (u32_normalize(UNINORM_NFKC, &c, 1, normal, &normal_count) != normal)
        return true;
    uint32_t *result = u32_casefold(normal, normal_count, NULL, UNINORM_NFKC, folded, &folded_count);
    return result != folded || folded_count != 1 || folded[0] != c;
}

static bool is_ignorable(uint32_t c)
{
    static const uint32_t blocks[][2] = {{0x20D0, 0x20FF}, {0x1D100, 0x1D1FF}, {0x1D200, 0x1D24F}};
    return uc_is_property_default_ignorable_code_point(c) || uc_is_property_white_space(c) ||
           uc_is_property_not_a_character(c) || IN(c, blocks);
}

static bool is_letter_or_digit(uint32_t c)
{
    static const uint32_t old_hangul[][2] = {
        {0x1100, 0x11FF}, {0xA960, 0xA97C}, {0xD7B0, 0xD7C6}, {0xD7CB, 0xD7FB}};
    const uint32_t mask = UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu | UC_CATEGORY_MASK_Lo |
                          UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Lm | UC_CATEGORY_MASK_Mn |
                          UC_CATEGORY_MASK_Mc;
    return !IN(c, old_hangul) && uc_is_general_category_withtable(c, mask);
}

static code_point_class classify(uint32_t c)
{
    code_point_class class;
    if (is_exception(c, &class))
        return class;
    if (c < 0x80)
        return c == '-' || ascii_is_digit((char)c) || (c >= 'a' && c <= 'z') ? VALID : DISALLOWED;
    if (uc_is_property_join_control(c))
        return CONTEXT_JOINER;
    if (is_unstable(c) || is_ignorable(c))
        return DISALLOWED;
    return is_letter_or_digit(c) ? VALID : DISALLOWED;
}

static bool follows_virama(const uint32_t *label, size_t i)
{
    return i > 0 && uc_combining_class(label[i - 1]) == UC_CCC_VR;
}

/* (L|D) T* ZWNJ T* (R|D), by joining types. */
static bool joins_around(const uint32_t *label, size_t count, size_t i)
{
    size_t before = i;
    size_t after = i + 1;
    while (before > 0 && uc_joining_type(label[before - 1]) == UC_JOINING_TYPE_T)
        before--;
    while (after < count && uc_joining_type(label[after]) == UC_JOINING_TYPE_T)
        after++;
    if (before == 0 || after == count)
        return false;
    int left = uc_joining_type(label[before - 1]);
    int right = uc_joining_type(label[after]);
    return (left == UC_JOINING_TYPE_L || left == UC_JOINING_TYPE_D) &&
           (right == UC_JOINING_TYPE_R || right == UC_JOINING_TYPE_D);
}

static bool has_script(uint32_t c, const char *name)
{
    const uc_script_t *script = uc_script(c);
    return script != NULL && strcmp(script->name, name) == 0;
}

static bool any_in(const uint32_t *label, size_t count, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < count; i++)
        if (label[i] >= first && label[i] <= last)
            return true;
    return false;
}

static bool any_japanese(const uint32_t *label, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (label[i] != 0x30FB && (has_script(label[i], "Hiragana") || has_script(label[i], "Katakana") ||
                                   has_script(label[i], "Han")))
            return true;
    return false;
}

/* RFC 5892, appendix A.3 to A.9. */
static bool fits_context(const uint32_t *label, size_t count, size_t i)
{
    uint32_t c = label[i];
    if (c == 0xB7)
        return i > 0 && label[i - 1] == 'l' && i + 1 < count && label[i + 1] == 'l';
    if (c == 0x375)
        return i + 1 < count && has_script(label[i + 1], "Greek");
    if (c == 0x5F3 || c == 0x5F4)
        return i > 0 && has_script(label[i - 1], "Hebrew");
    if (c == 0x30FB)
        return any_japanese(label, count);
    return c < 0x6F0 ? !any_in(label, count, 0x6F0, 0x6F9) : !any_in(label, count, 0x660, 0x669);
}

static bool fits(const uint32_t *label, size_t count, size_t i)
{
    switch (classify(label[i])) {
    case VALID:
        return true;
    case CONTEXT_JOINER:
        return follows_virama(label, i) || (label[i] == 0x200C && joins_around(label, count, i));
    case CONTEXT_OTHER:
        return fits_context(label, count, i);
    default:
        return false;
    }
}

/* ---- direction (RFC 5893) ---- */

#define BIT(class) (1u << (class))

static const uint32_t neutral_classes = BIT(UC_BIDI_EN) | BIT(UC_BIDI_ES) | BIT(UC_BIDI_CS) |
                                        BIT(UC_BIDI_ET) | BIT(UC_BIDI_ON) | BIT(UC_BIDI_BN) |
                                        BIT(UC_BIDI_NSM);

static uint32_t direction_of(uint32_t c)
{
    return BIT(uc_bidi_class(c));
}

static bool direction_valid(const uint32_t *label, size_t count)
{
    const uint32_t right_to_left = BIT(UC_BIDI_R) | BIT(UC_BIDI_AL);
    const uint32_t numbers = BIT(UC_BIDI_EN) | BIT(UC_BIDI_AN);
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= direction_of(label[i]);
    if (!(all & (right_to_left | BIT(UC_BIDI_AN))))
        return true;
    size_t last = count - 1;
    while (last > 0 && direction_of(label[last]) == BIT(UC_BIDI_NSM))
        last--;
    uint32_t first = direction_of(label[0]);
    uint32_t end = direction_of(label[last]);
    if (first & right_to_left)
        return !(all & ~(right_to_left | BIT(UC_BIDI_AN) | neutral_classes)) && (all & numbers) != numbers &&
               end & (right_to_left | numbers);
    return first == BIT(UC_BIDI_L) && !(all & ~(BIT(UC_BIDI_L) | neutral_classes)) &&
           end & (BIT(UC_BIDI_L) | BIT(UC_BIDI_EN));
}

/* ---- labels ---- */

static bool is_composed(const uint32_t *label, size_t count)
{
    uint32_t composed[IDNA_LABEL_MAX * 4];
    size_t composed_count = sizeof composed / sizeof *composed;
    uint32_t *result = u32_normalize(UNINORM_NFC, label, count, composed, &composed_count);
    return result == composed && composed_count == count &&
           memcmp(composed, label, count * sizeof *label) == 0;
}

static bool hyphens_valid(const uint32_t *label, size_t count)
{
    return label[0] != '-' && label[count - 1] != '-' && !(count >= 4 && label[2] == '-' && label[3] == '-');
}

static bool is_u_label(const uint32_t *label, size_t count)
{
    const uint32_t marks = UC_CATEGORY_MASK_M;
    if (!hyphens_valid(label, count) || uc_is_general_category_withtable(label[0], marks))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!fits(label, count, i))
            return false;
    return is_composed(label, count) && direction_valid(label, count);
}

static bool is_ascii_label(const uint32_t *label, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (label[i] >= 0x80 || (!ascii_is_alnum((char)label[i]) && label[i] != '-'))
            return false;
    return hyphens_valid(label, count);
}

bool idna_is_label(const uint32_t *label, size_t count, size_t *ascii_size)
{
    char ascii[IDNA_LABEL_MAX];
    return idna_to_ascii(label, count, ascii, ascii_size);
}

bool idna_to_ascii(const uint32_t *label, size_t count, char ascii[IDNA_LABEL_MAX], size_t *ascii_size)
{
    char punycode[IDNA_LABEL_MAX];
    if (count == 0 || count > IDNA_LABEL_MAX)
        return false;
    *ascii_size = count;
    if (is_ascii_label(label, count)) {
        for (size_t i = 0; i < count; i++)
            ascii[i] = (char)label[i];
        return true;
    }
    if (!is_u_label(label, count))
        return false;
    size_t size = punycode_encode(label, count, punycode, sizeof punycode);
    *ascii_size = 4 + size;
    if (*ascii_size > IDNA_LABEL_MAX)
        return false;
    memcpy(ascii, "xn--", 4);
    memcpy(ascii + 4, punycode, size);
    return true;
}

bool idna_is_a_label(const char *text, size_t size)
{
    uint32_t label[IDNA_LABEL_MAX];
    char ascii[IDNA_LABEL_MAX];
    size_t count;
    if (size <= 4 || size > IDNA_LABEL_MAX || ascii_lower(text[0]) != 'x' || ascii_lower(text[1]) != 'n' ||
        text[2] != '-' || text[3] != '-' || !punycode_decode(text + 4, size - 4, label, &count) ||
        !any_in(label, count, 0x80, 0x10FFFF) || !is_u_label(label, count))
        return false;
    size_t again = punycode_encode(label, count, ascii, sizeof ascii);
    if (again != size - 4)
        return false;
    for (size_t i = 0; i < again; i++)
        if (ascii[i] != ascii_lower(text[4 + i]))
            return false;
    return true;
}
