#include "engine/expression/machine/arithmetic.h"

#include <math.h>

#include "engine/expression/machine/collection.h"
#include "engine/expression/machine/set_operation.h"
#include "engine/expression/text/text_methods.h"

enum { BYTES_PER_STEP = 64 };

static const char *const operator_texts[] = {
#define X(operator, text) text,
    BINARY_OPERATORS(X)
#undef X
};

static bool raise_operands(evaluation *ev, binary_operator op, const value *left, const value *right)
{
    const char *text = op == BINARY_POWER ? "** or pow()" : operator_texts[op];
    return evaluation_raise(ev, EXCEPTION_TYPE, "unsupported operand type(s) for %s: '%s' and '%s'", text,
                            object_type_name(left), object_type_name(right));
}

static bool raise_overflow(evaluation *ev)
{
    return evaluation_raise(ev, EXCEPTION_OVERFLOW, "an integer needs more than 64 bits");
}

static bool raise_division(evaluation *ev, const char *message)
{
    return evaluation_raise(ev, EXCEPTION_ZERO_DIVISION, "%s", message);
}

static bool set_int(value *result, int64_t integer)
{
    *result = value_int(integer);
    return true;
}

static bool set_float(value *result, double number)
{
    *result = value_float(number);
    return true;
}

bool arithmetic_float_to_int(evaluation *ev, double number, value *result)
{
    if (isnan(number))
        return evaluation_raise(ev, EXCEPTION_VALUE, "cannot convert float NaN to integer");
    if (isinf(number))
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "cannot convert float infinity to integer");
    double whole = trunc(number);
    if (whole < -9223372036854775808.0 || whole >= 9223372036854775808.0)
        return raise_overflow(ev);
    return set_int(result, (int64_t)whole);
}

/* ---- unary ---- */

static bool negate(evaluation *ev, const value *v, value *result)
{
    if (v->kind == VALUE_FLOAT)
        return set_float(result, -v->number);
    int64_t negative;
    if (__builtin_sub_overflow(0, v->integer, &negative))
        return raise_overflow(ev);
    return set_int(result, negative);
}

bool arithmetic_unary(evaluation *ev, unary_operator op, const value *operand, value *result)
{
    static const char *const texts[] = {"-", "+", "~"};
    if (op == UNARY_NOT) {
        *result = value_bool(!expression_truth(operand));
        return true;
    }
    if (op == UNARY_NEGATE && value_is_number(operand))
        return negate(ev, operand, result);
    if (op == UNARY_PLUS && operand->kind == VALUE_FLOAT)
        return set_float(result, operand->number);
    if (op == UNARY_PLUS && value_is_int(operand))
        return set_int(result, operand->integer);
    if (op == UNARY_INVERT && value_is_int(operand))
        return set_int(result, ~operand->integer);
    return evaluation_raise(ev, EXCEPTION_TYPE, "bad operand type for unary %s: '%s'", texts[op],
                            object_type_name(operand));
}

/* ---- division ---- */

/* a / b of ints, rounded once: where one of them is no exact double, the quotient is computed with more bits
 * than a double holds, the last of which says whether anything is left over. */
static double divide_exactly(int64_t a, int64_t b)
{
    const int64_t exact = INT64_C(1) << 53;
    if (a >= -exact && a <= exact && b >= -exact && b <= exact)
        return (double)a / (double)b;
    unsigned __int128 dividend = a < 0 ? 0 - (unsigned __int128)a : (unsigned __int128)a;
    uint64_t divisor = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
    int shift = 0;
    while (dividend >> 126 == 0 && dividend != 0) {
        dividend <<= 1;
        shift++;
    }
    unsigned __int128 quotient = dividend / divisor;
    bool inexact = dividend % divisor != 0;
    /* The quotient has at least 62 bits: keep 62, the rest goes into the last. */
    while (quotient >> 62 != 0) {
        inexact |= quotient & 1;
        quotient >>= 1;
        shift--;
    }
    double magnitude = ldexp((double)((uint64_t)quotient | inexact), -shift);
    return (a < 0) != (b < 0) ? -magnitude : magnitude;
}

static bool divide(evaluation *ev, const value *left, const value *right, value *result)
{
    bool ints = left->kind != VALUE_FLOAT && right->kind != VALUE_FLOAT;
    double divisor = value_as_double(right);
    if (divisor == 0)
        return raise_division(ev, ints ? "division by zero" : "float division by zero");
    return set_float(result,
                     ints ? divide_exactly(left->integer, right->integer) : value_as_double(left) / divisor);
}

/* Python's // and %: rounded to minus infinity, the remainder with the divisor's sign. */
static bool divide_ints(evaluation *ev, int64_t a, int64_t b, int64_t *quotient, int64_t *remainder)
{
    if (b == 0)
        return raise_division(ev, "integer division or modulo by zero");
    *remainder = b == -1 ? 0 : a % b; /* INT64_MIN % -1 traps */
    if (*remainder != 0 && (*remainder < 0) != (b < 0))
        *remainder += b;
    if (quotient == NULL)
        return true;
    if (a == INT64_MIN && b == -1)
        return raise_overflow(ev);
    *quotient = a / b;
    if (a % b != 0 && (a < 0) != (b < 0))
        --*quotient;
    return true;
}

static bool divide_floats(evaluation *ev, double a, double b, double *quotient, double *remainder)
{
    if (b == 0)
        return raise_division(ev, quotient == NULL ? "float modulo" : "float floor division by zero");
    double rest = fmod(a, b);
    double whole = (a - rest) / b;
    if (rest != 0) {
        if ((b < 0) != (rest < 0)) {
            rest += b;
            whole -= 1;
        }
    } else {
        rest = copysign(0, b);
    }
    *remainder = rest;
    if (quotient == NULL)
        return true;
    if (whole == 0) {
        *quotient = copysign(0, a / b);
        return true;
    }
    *quotient = floor(whole);
    if (whole - *quotient > 0.5)
        *quotient += 1;
    return true;
}

static bool are_ints(const value *left, const value *right)
{
    return left->kind != VALUE_FLOAT && right->kind != VALUE_FLOAT;
}

static bool floor_divide(evaluation *ev, const value *left, const value *right, value *result)
{
    if (are_ints(left, right)) {
        int64_t quotient = 0;
        int64_t remainder = 0;
        return divide_ints(ev, left->integer, right->integer, &quotient, &remainder) &&
               set_int(result, quotient);
    }
    double quotient = 0;
    double remainder = 0;
    return divide_floats(ev, value_as_double(left), value_as_double(right), &quotient, &remainder) &&
           set_float(result, quotient);
}

static bool modulo(evaluation *ev, const value *left, const value *right, value *result)
{
    if (are_ints(left, right)) {
        int64_t remainder = 0;
        return divide_ints(ev, left->integer, right->integer, NULL, &remainder) && set_int(result, remainder);
    }
    double remainder = 0;
    return divide_floats(ev, value_as_double(left), value_as_double(right), NULL, &remainder) &&
           set_float(result, remainder);
}

bool arithmetic_divmod(evaluation *ev, const value *left, const value *right, value *quotient,
                       value *remainder)
{
    if (!value_is_number(left) || !value_is_number(right))
        return evaluation_raise(ev, EXCEPTION_TYPE, "unsupported operand type(s) for divmod(): '%s' and '%s'",
                                object_type_name(left), object_type_name(right));
    return floor_divide(ev, left, right, quotient) && modulo(ev, left, right, remainder);
}

/* ---- power ---- */

static bool power_of_floats(evaluation *ev, double base, double exponent, value *result)
{
    if (base == 0 && exponent < 0 && isfinite(exponent))
        return raise_division(ev, "0.0 cannot be raised to a negative power");
    if (base < 0 && isfinite(base) && isfinite(exponent) && exponent != floor(exponent))
        return evaluation_raise(ev, EXCEPTION_VALUE,
                                "a negative number to a fractional power is complex, which is not supported");
    double power = pow(base, exponent);
    if (isinf(power) && isfinite(base) && isfinite(exponent))
        return evaluation_raise(ev, EXCEPTION_OVERFLOW, "(34, 'Numerical result out of range')");
    return set_float(result, power);
}

/* By squaring; every product up to the last one is needed, so that the first overflow is final. */
static bool power_of_ints(evaluation *ev, int64_t base, int64_t exponent, value *result)
{
    int64_t power = 1;
    while (exponent > 0) {
        if (exponent & 1 && __builtin_mul_overflow(power, base, &power))
            return raise_overflow(ev);
        exponent >>= 1;
        if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
            return raise_overflow(ev);
    }
    return set_int(result, power);
}

static bool power(evaluation *ev, const value *left, const value *right, value *result)
{
    if (are_ints(left, right) && right->integer >= 0)
        return power_of_ints(ev, left->integer, right->integer, result);
    return power_of_floats(ev, value_as_double(left), value_as_double(right), result);
}

/* ---- numbers ---- */

static bool add_ints(evaluation *ev, binary_operator op, int64_t a, int64_t b, value *result)
{
    int64_t sum;
    bool overflow = op == BINARY_ADD        ? __builtin_add_overflow(a, b, &sum)
                    : op == BINARY_SUBTRACT ? __builtin_sub_overflow(a, b, &sum)
                                            : __builtin_mul_overflow(a, b, &sum);
    return overflow ? raise_overflow(ev) : set_int(result, sum);
}

static bool add_numbers(evaluation *ev, binary_operator op, const value *left, const value *right,
                        value *result)
{
    if (are_ints(left, right))
        return add_ints(ev, op, left->integer, right->integer, result);
    double a = value_as_double(left);
    double b = value_as_double(right);
    return set_float(result, op == BINARY_ADD ? a + b : op == BINARY_SUBTRACT ? a - b : a * b);
}

static bool compute(evaluation *ev, binary_operator op, const value *left, const value *right, value *result)
{
    switch (op) {
    case BINARY_DIVIDE:
        return divide(ev, left, right, result);
    case BINARY_FLOOR_DIVIDE:
        return floor_divide(ev, left, right, result);
    case BINARY_MODULO:
        return modulo(ev, left, right, result);
    case BINARY_POWER:
        return power(ev, left, right, result);
    default:
        return add_numbers(ev, op, left, right, result);
    }
}

/* ---- bits ---- */

static bool shift(evaluation *ev, binary_operator op, int64_t a, int64_t count, value *result)
{
    if (count < 0)
        return evaluation_raise(ev, EXCEPTION_VALUE, "negative shift count");
    if (op == BINARY_SHIFT_RIGHT)
        return set_int(result, count > 63 ? (a < 0 ? -1 : 0) : a >> count);
    if (a == 0)
        return set_int(result, 0);
    if (count > 63)
        return raise_overflow(ev);
    int64_t shifted = (int64_t)((uint64_t)a << count);
    return shifted >> count == a ? set_int(result, shifted) : raise_overflow(ev);
}

static bool combine_bits(evaluation *ev, binary_operator op, const value *left, const value *right,
                         value *result)
{
    int64_t a = left->integer;
    int64_t b = right->integer;
    if (op == BINARY_SHIFT_LEFT || op == BINARY_SHIFT_RIGHT)
        return shift(ev, op, a, b, result);
    int64_t bits = op == BINARY_AND ? a & b : op == BINARY_OR ? a | b : a ^ b;
    bool bools = left->kind == VALUE_BOOL && right->kind == VALUE_BOOL;
    *result = bools ? value_bool(bits != 0) : value_int(bits);
    return true;
}

/* ---- sequences ---- */

static bool is_sequence(const value *v)
{
    return v->kind == VALUE_STRING || v->kind == VALUE_LIST || v->kind == VALUE_TUPLE;
}

static void copy_items(char *to, const value *from, size_t size)
{
    if (from->count > 0)
        memcpy(to, from->text, from->count * size);
}

static bool concatenate(evaluation *ev, const value *left, const value *right, value *result)
{
    if (left->kind != right->kind)
        return evaluation_raise(ev, EXCEPTION_TYPE, "can only concatenate %s (not \"%s\") to %s",
                                object_type_name(left), object_type_name(right), object_type_name(left));
    bool text = left->kind == VALUE_STRING;
    size_t size = text ? 1 : sizeof(value);
    size_t total = ((size_t)left->count + right->count) * size;
    char *joined = evaluation_alloc(ev, total);
    if (joined == NULL || !evaluation_spend(ev, total / BYTES_PER_STEP))
        return false;
    copy_items(joined, left, size);
    copy_items(joined + left->count * size, right, size);
    uint8_t flags = text ? left->flags & right->flags & VALUE_ASCII : 0;
    unsigned depth_left = value_built_depth(left);
    unsigned depth_right = value_built_depth(right);
    *result = (value){
        .kind = left->kind,
        .flags = flags,
        .extra = (uint16_t)(depth_left > depth_right ? depth_left : depth_right),
        .count = left->count + right->count,
        .object = joined,
    };
    return true;
}

static bool repeat(evaluation *ev, const value *sequence, const value *times, value *result)
{
    if (!value_is_int(times))
        return evaluation_raise(ev, EXCEPTION_TYPE, "can't multiply sequence by non-int of type '%s'",
                                object_type_name(times));
    size_t count = times->integer < 0 ? 0 : (size_t)times->integer;
    size_t size = sequence->kind == VALUE_STRING ? 1 : sizeof(value);
    size_t total;
    if (__builtin_mul_overflow(count, sequence->count * size, &total))
        total = SIZE_MAX; /* more than any budget */
    char *repeated = evaluation_alloc(ev, total);
    if (repeated == NULL || !evaluation_spend(ev, total / BYTES_PER_STEP))
        return false;
    for (size_t done = 0; done < total; done += sequence->count * size)
        copy_items(repeated + done, sequence, size);
    value v = *sequence;
    v.count = (uint32_t)(total / size);
    v.object = repeated;
    *result = v;
    return true;
}

/* ---- all of them ---- */

static bool merge_maps(evaluation *ev, const value *left, const value *right, value *result)
{
    dict_builder merged;
    dict_builder_init(&merged, ev);
    return dict_builder_add_all(&merged, left) && dict_builder_add_all(&merged, right) &&
           dict_builder_finish(&merged, result);
}

/* | & - ^ between sets, where a view also takes any iterable as its partner. */
static bool is_set_operation(binary_operator op, const value *left, const value *right)
{
    if (op != BINARY_OR && op != BINARY_AND && op != BINARY_XOR && op != BINARY_SUBTRACT)
        return false;
    if (set_operation_is_set(left) && set_operation_is_set(right))
        return true;
    bool left_view = left->kind != VALUE_SET && set_operation_is_set(left);
    bool right_view = right->kind != VALUE_SET && set_operation_is_set(right);
    return left_view || right_view;
}

bool arithmetic_binary(evaluation *ev, binary_operator op, const value *left, const value *right,
                       value *result)
{
    bool bitwise = op >= BINARY_SHIFT_LEFT;
    if (!bitwise && value_is_number(left) && value_is_number(right))
        return compute(ev, op, left, right, result);
    if (bitwise && value_is_int(left) && value_is_int(right))
        return combine_bits(ev, op, left, right, result);
    if (op == BINARY_MODULO && left->kind == VALUE_STRING)
        return text_format_percent(ev, left, right, result);
    if (op == BINARY_ADD && is_sequence(left))
        return concatenate(ev, left, right, result);
    if (op == BINARY_MULTIPLY && is_sequence(left))
        return repeat(ev, left, right, result);
    if (op == BINARY_MULTIPLY && is_sequence(right))
        return repeat(ev, right, left, result);
    if (is_set_operation(op, left, right))
        return set_operation_combine(ev, op, left, right, result);
    if (op == BINARY_OR && left->kind == VALUE_MAP && right->kind == VALUE_MAP)
        return merge_maps(ev, left, right, result);
    return raise_operands(ev, op, left, right);
}
