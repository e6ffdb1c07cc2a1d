"""The methods of str, `%` formatting, str() and repr() against CPython: every code point through every method
that looks at one, and generated calls.

Every expression runs inside "%r" % (...,), so that what is compared is repr(), with the types of all parts.
CARILLON_ORACLE_TEXTS says how many calls to generate, CARILLON_ORACLE_SEED from which seed.
"""

import json
import math
import os
import random
import re
import subprocess

COUNT = int(os.environ.get("CARILLON_ORACLE_TEXTS", "100000"))
SEED = int(os.environ.get("CARILLON_ORACLE_SEED", "1"))

INT_MIN, INT_MAX = -(2**63), 2**63 - 1

# Small alphabets, so that parts are found, strips strip and cases meet.
ALPHABETS = [
    "abc ABC",
    "aB .,-",
    "a",
    "ab",
    "0123456789+-",
    "'\"\\\x00\x7f\xad\u200b\ue000\U000e0001",
    "  \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f",
    "\x85\xa0\u2028\u2029\u3000x",
    "éÉßẞſıİiI",
    "ΣσςΑα'.\u0301",
    "ǅǆǄﬁﬀŉ",
    "日本語一二",
    "😀𝔘𝟗٣²½",
    "ᾳᾼῼ\u0345",
    "Straße ΟΔΥΣΣΕΥΣ",
]
NO_ARGUMENTS = (
    "lower upper casefold title capitalize swapcase isdigit isalpha isalnum isspace isupper islower "
    "isdecimal isnumeric"
).split()


def evaluate(carillon, cases):
    """The outcomes of [(expression, names)]: ("ok", value) or (type, message)."""
    lines = "".join(json.dumps({"expression": source, "names": names}) + "\n" for source, names in cases)
    run = subprocess.run([carillon, "eval"], input=lines, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    outcomes = [json.loads(line) for line in run.stdout.removesuffix("\n").split("\n")]
    assert len(outcomes) == len(cases), run.stderr
    return [
        ("ok", o["value"]) if "value" in o else (o["error"]["type"], o["error"]["message"]) for o in outcomes
    ]


def expected(source, names):
    try:
        return "ok", eval(source, {}, dict(names))
    except Exception as error:
        return type(error).__name__, str(error)


def agree(theirs, ours):
    """Where CPython's message shows content, ours does not; and text that is UTF-8 has no surrogates."""
    if theirs == ours or (theirs[0], ours[0]) == ("MemoryError", "ResourceError"):
        return True
    if theirs[0] == "ok" or theirs[0] != ours[0]:
        return ours == ("ValueError", "%c arg is a surrogate, which no text can have")
    return theirs[0] == "KeyError" or theirs[1].startswith("unsupported format character")


def check(carillon, cases):
    cases = [(f"'%r' % ({source},)", names) for source, names in cases]
    outcomes = evaluate(carillon, cases)
    wrong = []
    for (source, names), ours in zip(cases, outcomes, strict=True):
        theirs = expected(source, names)
        if not agree(theirs, ours):
            wrong.append(f"{source} with {names}: {theirs} but here {ours}")
    assert not wrong, f"{len(wrong)} of {len(cases)}, such as\n" + "\n".join(wrong[:10])


# ---- every code point ----

BLOCK = 256
CODE_POINTS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
BLOCKS = [CODE_POINTS[i : i + BLOCK] for i in range(0, len(CODE_POINTS), BLOCK)]


def test_every_code_point_maps_as_in_cpython(carillon):
    """The case mappings, alone and around a sigma, whose form depends on what surrounds it."""
    check(
        carillon,
        [
            (f"[c.{method}() for c in t]", {"t": block})
            for block in BLOCKS
            for method in ("lower", "upper", "title", "casefold", "swapcase")
        ],
    )
    check(carillon, [("[('a' + c + 'Σ' + c + 'b').lower() for c in t]", {"t": block}) for block in BLOCKS])


def test_every_code_point_has_the_classes_of_cpython(carillon):
    tests = ", ".join(f"c.{method}()" for method in NO_ARGUMENTS if method.startswith("is"))
    check(
        carillon,
        [
            (f"[({tests}) for c in t]", {"t": block[i : i + 64]})
            for block in BLOCKS
            for i in range(0, BLOCK, 64)
        ],
    )


def test_every_code_point_separates_and_shows_as_in_cpython(carillon):
    check(carillon, [("t", {"t": "".join(block)}) for block in BLOCKS])
    check(
        carillon,
        [
            (f"t.{method}()", {"t": "".join(c + "-" for c in block)})
            for block in BLOCKS
            for method in ("split", "splitlines")
        ],
    )
    check(carillon, [("[c.strip() for c in t]", {"t": block}) for block in BLOCKS])


# ---- generated calls ----


class Generator:
    """Calls with the values of their parts as names where JSON can carry them, else written out."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def text(self, length_max=8):
        letters = self.random.choice(ALPHABETS)
        if self.chance(0.3):
            letters += self.random.choice(ALPHABETS)
        return "".join(self.random.choice(letters) for _ in range(self.random.randrange(length_max)))

    def part(self, text):
        if text and self.chance(0.6):
            start = self.random.randrange(len(text))
            return text[start : start + self.random.randrange(3)]
        return self.text(3)

    def junk(self):
        return self.random.choice([None, 1, 1.5, True, [], {}, "x", (1,), ("a",), range(2)])

    def index(self):
        if self.chance(0.1):
            return self.random.choice([None, None, "a", 1.0])
        return self.random.choice(
            [0, 1, 2, 3, -1, -2, -3, 5, 100, -100, 2**62, -(2**62), INT_MAX, INT_MIN, True]
        )

    def indices(self):
        return [self.index() for _ in range(self.random.randrange(3))]

    # ---- methods ----

    def strip_arguments(self, text):
        return (
            []
            if self.chance(0.3)
            else [self.random.choice([None, self.text(4), self.part(text), text, self.junk()])]
        )

    def affix_arguments(self, text):
        affix = self.part(text)
        if self.chance(0.3):
            affix = (
                tuple(self.part(text) for _ in range(self.random.randrange(4)))
                if self.chance(0.7)
                else self.junk()
            )
        return [affix, *self.indices()]

    def search_arguments(self, text):
        return [self.part(text) if self.chance(0.95) else self.junk(), *self.indices()]

    def split_arguments(self, text):
        if self.chance(0.15):
            return []
        separator = self.random.choice([None, self.part(text), self.part(text), self.text(2)])
        arguments = [separator if self.chance(0.93) else self.junk()]
        if self.chance(0.5):
            arguments.append(self.random.choice([-1, 0, 1, 2, 3, 2**40]) if self.chance(0.9) else self.junk())
        return arguments

    def replace_arguments(self, text):
        arguments = [self.part(text), self.text(4)]
        if self.chance(0.08):
            arguments[self.random.randrange(2)] = self.junk()
        if self.chance(0.5):
            arguments.append(self.random.choice([-1, 0, 1, 2, 3]) if self.chance(0.9) else self.junk())
        return arguments

    def join_arguments(self, text):
        items = [self.part(text) for _ in range(self.random.randrange(5))]
        if self.chance(0.15):
            items.insert(self.random.randrange(len(items) + 1), self.junk())
        shapes = [items, tuple(items), text, {str(item): 1 for item in items}]
        return [self.random.choice(shapes) if self.chance(0.92) else self.junk()]

    def pad_arguments(self, _text):
        width = self.random.choice([0, 5, 10, 11, 20, -3, True, "a", 1.5])
        return (
            [width]
            if self.chance(0.4)
            else [width, self.random.choice([" ", "*", "é", "😀", "", "ab", 1, None])]
        )

    def method_call(self):
        text = self.text(self.random.choice([4, 8, 30]))
        methods, arguments = self.random.choice(
            [
                (NO_ARGUMENTS, lambda _: []),
                (NO_ARGUMENTS, lambda _: []),
                (["strip", "lstrip", "rstrip"], self.strip_arguments),
                (["startswith", "endswith"], self.affix_arguments),
                (["find", "rfind", "index", "rindex", "count"], self.search_arguments),
                (["split", "rsplit"], self.split_arguments),
                (
                    ["splitlines"],
                    lambda _: (
                        [] if self.chance(0.5) else [self.random.choice([True, 0, 2, 2**40, "a", None])]
                    ),
                ),
                (["replace"], self.replace_arguments),
                (["join"], self.join_arguments),
                (
                    ["removeprefix", "removesuffix"],
                    lambda text: [self.random.choice([text[:2], text[-2:], self.junk()])],
                ),
                (["zfill"], lambda _: [self.random.choice([0, 5, 10, 20, -3, True, "a", 1.5, None])]),
                (["center", "ljust", "rjust"], self.pad_arguments),
                (
                    ["partition", "rpartition"],
                    lambda text: [self.part(text) if self.chance(0.95) else self.junk()],
                ),
            ]
        )
        method = self.random.choice(methods)
        return self.call(text, method, arguments(text))

    def call(self, text, method, arguments):
        names, written = {"s": text}, []
        keywords = {
            "split": ["sep", "maxsplit"],
            "rsplit": ["sep", "maxsplit"],
            "splitlines": ["keepends"],
        }.get(method)
        by_name_from = self.random.randrange(3) if keywords else len(arguments)
        for number, argument in enumerate(arguments):
            shown = self.as_name(names, f"a{number}", argument)
            written.append(shown if number < by_name_from else f"{keywords[number]}={shown}")
        return f"s.{method}({', '.join(written)})", names

    @staticmethod
    def as_name(names, name, value):
        """JSON carries it as a name, else it is written out."""
        if isinstance(value, (tuple, set, range, float)) or not json_can_carry(value):
            return written_out(value)
        names[name] = value
        return name

    # ---- values ----

    def number(self):
        return self.random.choice(
            [
                0,
                1,
                -1,
                7,
                255,
                -255,
                10**6,
                INT_MAX,
                INT_MIN,
                True,
                self.random.getrandbits(40) - 2**39,
                0.0,
                -0.0,
                1.5,
                -2.5,
                0.5,
                0.1,
                99.995,
                1e16,
                1e-5,
                123456.789,
                math.inf,
                -math.inf,
                math.nan,
                1e300,
                5e-324,
                self.random.random() * 10.0 ** self.random.randrange(-8, 20),
                round(self.random.random() * 1000, self.random.randrange(4)),
                10.0 ** self.random.randrange(-7, 16) - self.random.choice([0, 1e-9, 0.005, 0.5]),
            ]
        )

    def value(self, depth=0):
        kind = self.random.randrange(11 if depth < 3 else 6)
        if kind < 1:
            return self.random.choice([None, True, False])
        if kind < 3:
            return self.number()
        if kind < 6:
            return self.text(6)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if kind == 7:
            return tuple(self.value(depth + 1) for _ in range(self.random.randrange(4)))
        if kind == 8:
            return {self.text(4): self.value(depth + 1) for _ in range(self.random.randrange(4))}
        if kind == 9:
            return set() if self.chance(0.3) else {self.random.choice([1, "a", 2.5])}
        return range(
            self.random.randrange(-3, 5), self.random.randrange(9), self.random.choice([1, 1, 2, -1, 3])
        )

    # ---- formats ----

    def conversion(self, keys):
        """A conversion, and the kinds of arguments that it takes."""
        key = ""
        if keys and self.chance(0.85):
            key = f"({self.random.choice(keys if self.chance(0.95) else ['none', 'a(b)'])})"
        flags = "".join(self.random.choice("-+ #0") for _ in range(self.random.choice([0, 0, 0, 1, 1, 2, 3])))
        width = self.random.choice(["", "", "", "5", "10", "1", "20", "*", "0"])
        precision = self.random.choice(["", "", "", "", ".", ".0", ".1", ".2", ".3", ".10", ".20", ".*"])
        length = self.random.choice("hlL") if self.chance(0.03) else ""
        kind = self.random.choice("srasrdiduxXofFeEgGgc")
        if self.chance(0.03):
            kind = self.random.choice(["%", "y", "q", " ", "é", ""])
        return (
            "%" + key + flags + width + precision + length + kind,
            "*" * (width + precision).count("*") + kind,
        )

    def argument_of(self, kind):
        if kind == "*":
            return self.random.choice([0, 3, 8, -8, True])
        if self.chance(0.1) or kind in "sra":
            return self.value(1)
        if kind == "c":
            return self.random.choice(["a", "é", "😀", 65, 233, 0x1F600, 0x10FFFF])
        number = self.number()
        return int(number) if kind in "oxX" and isinstance(number, float) and abs(number) < 1e18 else number

    def percent(self):
        keys = ["a", "b", "é", "x y", ""] if self.chance(0.25) else None
        text = kinds = ""
        for _ in range(self.random.randrange(4)):
            conversion, taken = self.conversion(keys)
            text += self.text(3).replace("%", "%%") + conversion
            kinds += taken
            if taken in ("", "*", "**"):  # it would take what follows for its type
                break
        else:
            text += self.random.choice(["", "", "%%", self.text(3)]) + ("%" if self.chance(0.03) else "")
        if keys:
            arguments = {key: self.value(2) if self.chance(0.5) else self.number() for key in keys}
        elif self.chance(0.1):
            arguments = (self.value(1),) if "*" in kinds else self.value(1)
        else:
            arguments = tuple(map(self.argument_of, kinds))
            arguments = (
                arguments[:-1] if self.chance(0.05) else arguments + (1,) if self.chance(0.05) else arguments
            )
        names = {"f": text}
        return f"f % {self.as_name(names, 'a', arguments)}", names


def json_can_carry(value):
    if isinstance(value, (list, tuple)):
        return isinstance(value, list) and all(map(json_can_carry, value))
    if isinstance(value, dict):
        return all(map(json_can_carry, value.values()))
    return not isinstance(value, (set, range)) and value not in (math.inf, -math.inf) and value == value


def written_out(value):
    """An expression that makes the value: its repr(), less what is no literal."""
    text = repr(value)
    return re.sub(r"(?<![\w'\"])(-?)(inf|nan)(?![\w'\"])", r"float('\1\2')", text)


def test_methods_agree_with_cpython(carillon):
    generator = Generator(SEED)
    check(carillon, [generator.method_call() for _ in range(COUNT // 2)])


def test_percent_agrees_with_cpython(carillon):
    generator = Generator(SEED)
    check(carillon, [generator.percent() for _ in range(COUNT // 2)])


def test_str_and_repr_agree_with_cpython(carillon):
    generator = Generator(SEED)
    cases = []
    for _ in range(COUNT // 10):
        names = {}
        shown = generator.as_name(names, "v", generator.value())
        cases.append((generator.random.choice([f"str({shown})", shown, f"'%a' % ({shown},)"]), names))
    check(carillon, cases)


def test_budgets_hold(carillon):
    """What would take more than the memory or the steps of an evaluation is refused, and at once."""
    sources = [
        "'x'.zfill(10**9)",
        "'x'.center(10**18)",
        "'x'.ljust(2**62, 'é')",
        "'%1000000000d' % 1",
        "'%.999999999f' % 1.5",
        "'%*d' % (2**62, 1)",
        "','.join(['x' * 1000] * 2000)",
        "('a' * 100000).replace('a', 'b' * 100000)",
        "('a' * 1000000).split('a')",
        "('a' * 500000).rfind('b' + 'a' * 250000)",
        "('a' * 900000).upper().lower()",
    ]
    outcomes = evaluate(carillon, [(source, {}) for source in sources])
    assert [(source, kind) for source, (kind, _) in zip(sources, outcomes) if kind != "ResourceError"] == []
