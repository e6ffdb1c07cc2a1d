"""CPython as the oracle of restricted expressions: eval() with the attributes of mappings, and a look at everything
that an expression computes on its way, for what the language leaves out on purpose (integers beyond 64 bits, complex
numbers) or orders otherwise (sets, NaN)."""

import ast
import json
import math
import types
import warnings

STR_METHODS = set("""lower upper casefold title capitalize swapcase strip lstrip rstrip startswith endswith split rsplit
    splitlines join replace find rfind index rindex count isdigit isalpha isalnum isspace isupper islower isdecimal
    isnumeric removeprefix removesuffix zfill center ljust rjust partition rpartition""".split())
SET_METHODS = set("union intersection difference symmetric_difference issubset issuperset isdisjoint".split())
METHODS = {str: STR_METHODS, dict: {"get", "keys", "values", "items"}, list: {"index", "count"},
           tuple: {"index", "count"}, range: {"index", "count"}, set: SET_METHODS}
BUILTINS = {function.__name__: function for function in (
    abs, all, any, bool, dict, divmod, enumerate, float, int, len, list, max, min, range, reversed, round, set, sorted, str,
    sum, tuple, zip)}
LAZY = (range, types.GeneratorType, zip, enumerate, reversed, type({}.keys()), type({}.values()), type({}.items()),
        type(iter(reversed([]))), type(reversed({})), type(reversed({}.items())), type(reversed({}.values())),
        type(reversed(range(0))))


class Lazy(list):
    """The items of a result that is an iterator, a view or a range: `carillon eval` gives a list of them."""


class Seen:
    """What came by while an expression was evaluated."""

    def __init__(self):
        self.big = self.complex = self.nan = False

    def look(self, v):
        if isinstance(v, int):
            self.big |= not -2**63 <= v < 2**63
        elif isinstance(v, range):
            length = (v.stop - v.start) // v.step  # less one where it is uneven; len() itself has a limit
            self.big |= not all(-2**63 <= n < 2**63 - 1 for n in (v.start, v.stop, v.step, length))
        elif isinstance(v, tuple):
            for item in v:
                self.look(item)
        elif isinstance(v, complex):
            self.complex = True
        elif isinstance(v, float):
            self.nan |= math.isnan(v)
        return v

    def attribute(self, v, name):
        if name in METHODS.get(type(v), ()):
            return getattr(v, name)
        if isinstance(v, dict) and name in v:
            return self.look(v[name])
        raise AttributeError(name)


    def sum(self, *arguments, **keywords):
        """sum() with a look at what it adds up."""
        def watched(items, total):
            for item in items:
                if isinstance(total, int) and isinstance(item, int):
                    total = self.look(total + item)
                yield item

        if arguments:
            start = keywords.get("start", arguments[1] if len(arguments) > 1 else 0)
            arguments = (watched(iter(arguments[0]), start), *arguments[1:])
        return sum(*arguments, **keywords)

    def abs(self, *arguments, **keywords):
        return self.look(abs(*arguments, **keywords))

    def enumerate(self, *arguments, **keywords):
        start = keywords.get("start", arguments[1] if len(arguments) > 1 else 0)
        self.big |= isinstance(start, int) and start > 2**62
        return enumerate(*arguments, **keywords)


class Rewrite(ast.NodeTransformer):
    """x.name becomes _attribute(x, "name"), and whatever can be a number is looked at."""

    PLACE = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}

    def call(self, function, *arguments):
        name = ast.Name(id=function, ctx=ast.Load(), **self.PLACE)
        return ast.Call(func=name, args=list(arguments), keywords=[], **self.PLACE)

    def visit_Attribute(self, node):
        self.generic_visit(node)
        return self.call("_attribute", node.value, ast.Constant(value=node.attr, **self.PLACE))

    def looked_at(self, node):
        self.generic_visit(node)
        return self.call("_look", node)

    visit_BinOp = visit_UnaryOp = visit_Call = visit_Constant = visit_Subscript = looked_at


def evaluate(source, names):
    """("value", result, seen) or ("error", class name, seen)."""
    seen = Seen()
    scope = {"__builtins__": {}, **BUILTINS, "abs": seen.abs, "sum": seen.sum, "enumerate": seen.enumerate, **names, "_attribute": seen.attribute, "_look": seen.look}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = Rewrite().visit(ast.parse(source.strip(" \t"), mode="eval"))
            result = eval(compile(tree, "<expression>", "eval"), scope)
        return "value", Lazy(result) if isinstance(result, LAZY) else result, seen
    except RecursionError:
        raise
    except Exception as error:
        kind = type(error)
        while kind.__module__ == "builtins" and kind in (UnboundLocalError, UnicodeError, IndentationError):
            kind = kind.__base__
        return "error", kind.__name__, seen


def plain(v):
    """As `carillon eval` writes it: tuples, sets and views as lists, keys as text."""
    if isinstance(v, dict):
        return {key_text(key): plain(item) for key, item in v.items()}
    if isinstance(v, set):
        return [plain(item) for item in v]
    if isinstance(v, (list, tuple)):
        return [plain(item) for item in v]
    return v


def key_text(key):
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise TypeError("a key has no JSON form")


def json_tells_all(v):
    """Whether the JSON form of a value has all that it is: no tuple, no set, no key but text."""
    if isinstance(v, dict):
        return all(isinstance(key, str) and json_tells_all(item) for key, item in v.items())
    if isinstance(v, Lazy):
        return True
    if isinstance(v, list):
        return all(map(json_tells_all, v))
    return v is None or isinstance(v, (bool, int, float, str))


def same(a, b):
    """Equal to the type, NaN included; sets in any order."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return math.isnan(a) and math.isnan(b) or a == b and math.copysign(1, a) == math.copysign(1, b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items()))
    if isinstance(a, set):
        return len(a) == len(b) and all(any(same(x, y) for y in b) for x in a)
    return a == b
