"""Random expressions over realistic names, most of which evaluate; some raise. What differs from CPython by design is not
made: the order of sets, the identity of anything but None, True and False."""

import random

PAYLOADS = [
    {"amount": 120, "price": 19.99, "currency": "EUR", "phone": None, "name": "Ann Lee", "email": "ann@example.org",
     "tags": ["vip", "new", "vip"], "items": [{"sku": "A-1", "quantity": 2, "price": 9.5, "gift": False},
                                              {"sku": "b-22", "quantity": 1, "price": 120.0, "gift": True},
                                              {"sku": "C", "quantity": 0, "price": 3, "gift": False}],
     "address": {"city": "Zürich", "zip": "8001", "lines": ["Gasse 1", ""]}, "scores": [3, 1, 2.5, True],
     "count": 0, "ratio": 0.1, "matrix": [[1, 2, 3], [4, 5, 6]], "note": "", "paid": True,
     "text": "  Straße\tder İ Ǆ ς\n", "get": 7},
    {"amount": -7, "price": 0.5, "currency": "usd", "phone": "+41 79", "name": "x", "email": "", "tags": [],
     "items": [], "address": {"city": "", "zip": "0", "lines": []}, "scores": [], "count": 2**62, "ratio": -1e300,
     "matrix": [], "note": "a,b;c", "paid": False, "text": "ﬁn\u2028ΑΣ 12½ \U0001d54f", "get": 0},
]


def names(index):
    return {"payload": PAYLOADS[index],
            "controls": {"limit": 100, "greeting": "Hello %s", "enabled": True, "weights": [0.5, 0.25]},
            "steps": {"mail": {"status": "completed", "attempts": 1}, "sms": {"status": "skipped", "attempts": 0}},
            "recipient": "user-17", "metadata": {"source": "shop", "trace": None},
            "workflow": {"name": "Order placed", "version": 3},
            "execution": {"id": "0e37df36-f698-11e6-8dd4-cb9ced3df976"}, "now": "2026-11-24T11:53:05Z"}


ORDERED_TYPES = ["int", "float", "bool", "str", "ints", "strs", "dict", "tuple", "none", "items"]
TYPES = [*ORDERED_TYPES, "set"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.variables = []  # (name, type) of the comprehensions around
        self.depth = 0

    def pick(self, options):
        return self.random.choice(options)

    def chance(self, probability):
        return self.random.random() < probability

    def expression(self):
        self.variables, self.depth = [], 0
        return self.of(self.pick(TYPES))

    def of(self, kind):
        """An expression of this kind; now and then of another."""
        if self.chance(0.02):
            kind = self.pick(ORDERED_TYPES)
        self.depth += 1
        if self.depth > 5 or self.chance(0.12 * self.depth):
            text = self.leaf(kind)
        elif self.chance(0.08):
            text = self.any_kind(kind)
        else:
            text = getattr(self, "make_" + kind)()
        self.depth -= 1
        return text

    def leaf(self, kind):
        known = [name for name, variable_kind in self.variables if variable_kind == kind]
        if known and self.chance(0.7):
            return self.pick(known)
        return getattr(self, "leaf_" + kind)()

    def any_kind(self, kind):
        return self.pick([
            lambda: f"({self.of(kind)} if {self.of('bool')} else {self.of(kind)})",
            lambda: f"({self.of(kind)} or {self.of(kind)})",
            lambda: f"({self.of(kind)} and {self.of(kind)})",
            lambda: f"({self.of(kind)})",
            lambda: f"[{self.of(kind)}, {self.of(kind)}][{self.pick(['0', '1', '-1', '2', 'True'])}]",
            lambda: f"({self.of(kind)},)[0]",
            lambda: f"{{'k': {self.of(kind)}}}{self.pick(['.k', '[%r]' % 'k', '.get(%r)' % 'k', '.get(1, None)'])}",
        ])()

    # ---- int ----

    def leaf_int(self):
        return self.pick([
            "payload.amount", "payload['amount']", "payload.count", "payload['count']", "controls.limit", "workflow.version",
            "steps.mail.attempts", "payload['get']", str(self.random.randint(-3, 12)), str(self.random.randint(-3, 12)),
            self.pick(["0", "1", "-1", "2", "7", "0x1F", "0b101", "0o17", "1_000", "9223372036854775807",
                       "-9223372036854775808", "4611686018427387904", "100003", "00"])])

    def make_int(self):
        return self.pick([
            lambda: f"{self.of('int')} {self.pick(['+', '-', '*', '//', '%'])} {self.of('int')}",
            lambda: f"({self.of('int')} {self.pick(['&', '|', '^'])} {self.of('int')})",
            lambda: f"({self.of('int')} {self.pick(['<<', '>>'])} {self.pick(['0', '1', '3', '40', '63', '64', '-1'])})",
            lambda: f"(({self.of('int')}) ** {self.pick(['0', '1', '2', '3', '5', '10'])})",
            lambda: f"{self.pick(['-', '+', '~', '- -'])}({self.of('int')})",
            lambda: f"len({self.of(self.pick(['str', 'ints', 'strs', 'dict', 'tuple', 'set', 'items']))})",
            lambda: f"abs({self.of('int')})",
            lambda: f"int({self.of(self.pick(['float', 'int', 'bool', 'str']))})",
            lambda: f"int({self.pick(NUMERALS)!r})",
            lambda: f"int({self.pick(NUMERALS)!r}, {self.pick(['0', '2', '8', '10', '16', '36', '1'])})",
            lambda: f"round({self.of('float')})",
            lambda: f"round({self.of('int')}, {self.pick(['-1', '-2', '0', '1', 'None', '-18', '-19', '-20'])})",
            lambda: f"sum({self.of('ints')})",
            lambda: f"sum({self.comprehension('int', '(', ')')})",
            lambda: f"{self.pick(['max', 'min'])}({self.of('ints')})",
            lambda: f"{self.pick(['max', 'min'])}({self.of('int')}, {self.of('int')}, {self.of('float')})",
            lambda: f"max({self.of('ints')}, default={self.of('int')})",
            lambda: f"min({self.of('strs')}, key=len, default='')",
            lambda: f"{self.of('ints')}.index({self.of('int')})",
            lambda: f"{self.of('ints')}.count({self.of('int')})",
            lambda: f"{self.of('str')}.{self.pick(['find', 'rfind', 'index', 'rindex', 'count'])}({self.of('str')})",
            lambda: f"{self.of('str')}.{self.pick(['find', 'count', 'rindex'])}({self.short_text()}, {self.of('int')}, "
                    f"{self.of('int')})",
            lambda: f"{self.of('ints')}[{self.of('int')}]",
            lambda: f"divmod({self.of('int')}, {self.of('int')})[{self.pick(['0', '1'])}]",
            lambda: f"range({self.of('int')}, {self.of('int')}, {self.pick(['1', '2', '-1', '-3', '0'])})"
                    f"{self.pick(['[0]', '[-1]', '[::2][1]', '.count(3)', '.index(4)'])}",
        ])()

    # ---- float ----

    def leaf_float(self):
        return self.pick(["payload.price", "payload['ratio']", "controls.weights[0]", "0.1", "2.5", "-0.0", "1e16", "1e-5",
                          "0.5", "1.5", "3.0", "1e308", "123456.789", ".5e3", "5.", "1_0.0_1", "2.675", "1e22"])

    def make_float(self):
        return self.pick([
            lambda: f"{self.of('float')} {self.pick(['+', '-', '*', '/', '//', '%'])} {self.of('float')}",
            lambda: f"{self.of('int')} {self.pick(['+', '-', '*', '/', '//', '%'])} {self.of('float')}",
            lambda: f"{self.of('float')} {self.pick(['+', '-', '*', '/', '//', '%'])} {self.of('int')}",
            lambda: f"{self.of('int')} / {self.of('int')}",
            lambda: f"(({self.of('float')}) ** {self.pick(['2', '0.5', '-1', '0', '3.0', '-2.5', '1000'])})",
            lambda: f"(({self.of('int')}) ** {self.pick(['-1', '-2', '0.5', '-0.5'])})",
            lambda: f"float({self.of(self.pick(['int', 'float', 'bool', 'str']))})",
            lambda: f"float({self.pick(NUMERALS)!r})",
            lambda: f"round({self.of('float')}, {self.pick(['0', '1', '2', '3', '-1', '-2', '10', '17', '-300', '400'])})",
            lambda: f"{self.pick(['-', '+'])}({self.of('float')})",
            lambda: f"abs({self.of('float')})",
            lambda: f"sum({self.comprehension('float', '[', ']')})",
            lambda: f"sum(i.quantity * i.price for i in {self.of('items')})",
            lambda: f"divmod({self.of('float')}, {self.of('int')})[{self.pick(['0', '1'])}]",
            lambda: f"sum({self.of('ints')}, {self.of('float')})",
        ])()

    # ---- bool ----

    def leaf_bool(self):
        return self.pick(["True", "False", "payload.paid", "controls.enabled", "payload['phone'] is None",
                          "payload.phone is not None", "payload.note == ''", "'vip' in payload.tags",
                          "payload.amount < 100", "steps['mail']['status'] == 'completed'"])

    def make_bool(self):
        order = self.pick(["<", "<=", ">", ">=", "==", "!="])
        kind = self.pick(["int", "float", "str", "ints", "strs", "bool", "tuple"])
        return self.pick([
            lambda: f"({self.of(kind)} {order} {self.of(kind)})",
            lambda: f"({self.of('int')} {order} {self.of('float')})",
            lambda: f"({self.of('int')} {order} {self.of('int')} {self.pick(['<', '<=', '==', '!='])} {self.of('float')})",
            lambda: f"({self.of('int')} < {self.of('int')} < {self.of('int')} < {self.of('int')})",
            lambda: f"({self.of(self.pick(TYPES))} {self.pick(['==', '!='])} {self.of(self.pick(TYPES))})",
            lambda: f"({self.of('bool')} {self.pick(['and', 'or'])} {self.of('bool')})",
            lambda: f"(not {self.of(self.pick(TYPES))})",
            lambda: f"bool({self.of(self.pick(TYPES))})",
            lambda: f"({self.of('str')} {self.pick(['in', 'not in'])} {self.of('str')})",
            lambda: f"({self.of('int')} {self.pick(['in', 'not in'])} {self.of(self.pick(['ints', 'tuple', 'set']))})",
            lambda: f"({self.of('str')} {self.pick(['in', 'not in'])} {self.of(self.pick(['strs', 'dict', 'set']))})",
            lambda: f"({self.of('int')} in range(min({self.of('int')}, 1000)))",
            lambda: f"({self.of(self.pick(TYPES))} {self.pick(['is', 'is not'])} None)",
            lambda: f"({self.of('bool')} {self.pick(['is', 'is not'])} {self.pick(['True', 'False'])})",
            lambda: f"{self.pick(['any', 'all'])}({self.comprehension('bool', '', '')})",
            lambda: f"{self.pick(['any', 'all'])}({self.comprehension('bool', '[', ']')})",
            lambda: f"{self.pick(['any', 'all'])}({self.of('ints')})",
            lambda: f"{self.of('str')}.{self.pick(PREDICATES)}()",
            lambda: f"{self.of('str')}.{self.pick(['startswith', 'endswith'])}({self.short_text()})",
            lambda: f"{self.of('str')}.startswith(({self.short_text()}, {self.short_text()}), {self.of('int')})",
            lambda: f"({self.of('set')} {self.pick(['<', '<=', '==', '!=', '>', '>='])} {self.of('set')})",
            lambda: f"{self.of('set')}.{self.pick(['issubset', 'issuperset', 'isdisjoint'])}({self.of('ints')})",
            lambda: f"({self.of('bool')} {self.pick(['&', '|', '^'])} {self.of('bool')})",
            lambda: f"({self.of('dict')}.keys() {self.pick(['==', '<=', '>'])} {self.of('dict')}.keys())",
        ])()

    # ---- str ----

    def short_text(self):
        return self.pick(["'a'", "' '", "''", "','", "'e'", "'v'", "'-'", "'ß'", "'X'", "'an'", "'\\n'", "'Σ'", "'0'"])

    def leaf_str(self):
        return self.pick(["payload.name", "payload['email']", "payload.currency", "payload.text", "payload.address.city",
                          "payload['note']", "recipient", "now", "workflow.name", "metadata.source", "'Hello'", '"it\'s"',
                          "'a' 'b'", "r'\\d+'", "'''x\ny'''", "'\\u00e9\\t'", "u'ÄÖ'", "'12'", "'3.5'", "'ŉ ﬁ ǆ'", "'%'",
                          "'\\x41\\101\\N{BULLET}'", self.short_text()])

    def make_str(self):
        return self.pick([
            lambda: f"{self.of('str')} + {self.of('str')}",
            lambda: f"{self.of('str')} * {self.pick(['0', '2', '3', '-1', 'True'])}",
            lambda: f"{self.of('str')}.{self.pick(CASES)}()",
            lambda: f"{self.of('str')}.{self.pick(['strip', 'lstrip', 'rstrip'])}({self.pick(['', 'None', self.short_text()])})",
            lambda: f"{self.of('str')}.replace({self.short_text()}, {self.short_text()})",
            lambda: f"{self.of('str')}.replace({self.short_text()}, {self.of('str')}, {self.pick(['0', '1', '2', '-1'])})",
            lambda: f"{self.of('str')}.{self.pick(['removeprefix', 'removesuffix'])}({self.short_text()})",
            lambda: f"{self.of('str')}.{self.pick(['center', 'ljust', 'rjust'])}({self.pick(['0', '3', '9', '14'])})",
            lambda: f"{self.of('str')}.{self.pick(['center', 'ljust', 'rjust'])}({self.pick(['3', '9', '14'])}, "
                    f"{self.pick(['%r' % '*', '%r' % 'ß', '%r' % 'ab'])})",
            lambda: f"{self.of('str')}.zfill({self.pick(['0', '3', '9', '14'])})",
            lambda: f"{self.short_text()}.join({self.of('strs')})",
            lambda: f"{self.short_text()}.join({self.comprehension('str', '', '')})",
            lambda: f"str({self.of(self.pick(['int', 'float', 'bool', 'str', 'ints', 'strs', 'dict', 'tuple', 'none']))})",
            lambda: f"({self.of('str')})[{self.slice()}]",
            lambda: f"({self.of('str')})[{self.of('int')}]",
            lambda: f"{self.of('strs')}[{self.pick(['0', '-1', '1'])}]",
            lambda: f"{self.of('str')}.{self.pick(['partition', 'rpartition'])}({self.short_text()})[{self.pick('012')}]",
            lambda: self.percent(),
            lambda: f"{self.pick(['max', 'min'])}({self.of('strs')})",
        ])()

    def percent(self):
        kind, forms = self.pick([
            ("int", "%d %5d %-5d| %05d %+d %x %#X %o %i %c %s %r %e %.2f %g %3c"), ("str", "%s %10s %-10s| %r %.2s %a %5.1s"),
            ("float", "%f %.2f %g %e %10.3f %-8.1f| %+.1e %G %d %s %r %05.1f %#.0f"), ("bool", "%s %d %r"),
            ("none", "%s %r"), ("ints", "%s %r")])
        form = self.pick(forms.split())
        return self.pick([
            lambda: f"'{form}' % ({self.of(kind)},)",
            lambda: f"'{form} and %s%%' % ({self.of(kind)}, {self.of('str')})",
            lambda: f"'%(k)s: {form}' % {{'k': {self.of('str')}}}" if kind == "dict" else
                    f"'%(k){form[1:]}' % {{'k': {self.of(kind)}}}",
            lambda: f"controls.greeting % {self.of(self.pick(['str', 'int', 'tuple']))}",
        ])()

    # ---- containers ----

    def slice(self):
        def bound():
            return self.pick(["", "", "0", "1", "2", "-1", "-2", "5", "100", "-100", "None", self.leaf("int")])
        return self.pick([lambda: f"{bound()}:{bound()}", lambda: f"{bound()}:{bound()}:{bound()}", lambda: "::-1"])()

    def comprehension(self, kind, opening, closing):
        name = self.pick(["x", "y", "item"])
        source_kind, source = self.pick([
            ("int", "ints"), ("int", "ints"), ("str", "strs"), ("str", "strs"), ("str", "str"), ("item", "items"),
            ("int", None)])
        iterable = f"range({self.pick(['3', '5', 'len(payload.tags)', '2, 9, 3'])})" if source is None else self.of(source)
        if self.chance(0.05):
            iterable = f"({iterable})" if " if " in iterable else iterable
        pattern, bound = name, [(name, source_kind)]
        if self.chance(0.15):
            pattern, bound = f"i, {name}", [("i", "int"), (name, source_kind)]
            iterable = f"enumerate({iterable})"
        elif self.chance(0.1):
            pattern, bound = f"({name}, z)", [(name, source_kind), ("z", "str")]
            iterable = f"zip({iterable}, {self.of('strs')})"
        clauses = f"for {pattern} in ({iterable})"
        before = list(self.variables)
        self.variables += bound
        if self.chance(0.4):
            clauses += f" if ({self.of('bool')})"
        if self.chance(0.15):
            clauses += f" for w in ({self.of('ints')})"
            self.variables.append(("w", "int"))
        body = self.of(kind)
        self.variables = before
        return f"{opening}{body} {clauses}{closing}"

    def leaf_ints(self):
        return self.pick(["payload.scores", "[1, 2, 3]", "[]", "list(range(5))", "[3, -1, 2**3]", "payload.matrix[0]",
                          "[i.quantity for i in payload['items']]", "[True, 0, 1.5]"])

    def make_ints(self):
        return self.pick([
            lambda: f"[{self.of('int')}, {self.of('int')}, {self.of('float')}]",
            lambda: self.comprehension("int", "[", "]"),
            lambda: f"list({self.comprehension('int', '(', ')')})",
            lambda: f"sorted({self.of('ints')}{self.pick(['', ', reverse=True', ', reverse=0', ', key=abs'])})",
            lambda: f"list(reversed({self.of('ints')}))",
            lambda: f"({self.of('ints')})[{self.slice()}]",
            lambda: f"({self.of('ints')} + {self.of('ints')})",
            lambda: f"({self.of('ints')} * {self.pick(['0', '2', '-1'])})",
            lambda: f"list(range({self.pick(['0', '3', '-2'])}, {self.pick(['7', '-9', '4'])}, {self.pick(['1', '2', '-2'])}))",
            lambda: f"list({self.of('tuple')})",
            lambda: f"list({self.of('dict')}.values())",
            lambda: f"sorted({{{self.of('int')}, {self.of('int')}}})",
        ])()

    def leaf_strs(self):
        return self.pick(["payload.tags", "payload['tags']", "payload.address.lines", "['b', 'a', 'B']", "list('hello')",
                          "[i.sku for i in payload['items']]", "[]", "payload.name.split()"])

    def make_strs(self):
        return self.pick([
            lambda: f"[{self.of('str')}, {self.of('str')}]",
            lambda: self.comprehension("str", "[", "]"),
            lambda: f"{self.of('str')}.split({self.pick(['', 'None', self.short_text()])})",
            lambda: f"{self.of('str')}.{self.pick(['split', 'rsplit'])}({self.short_text()}, {self.pick(['0', '1', '2', '-1'])})",
            lambda: f"{self.of('str')}.{self.pick(['split', 'rsplit'])}(maxsplit={self.pick(['0', '1', '2'])})",
            lambda: f"{self.of('str')}.splitlines({self.pick(['', 'True', 'keepends=True'])})",
            lambda: f"sorted({self.of('strs')}{self.pick(['', ', reverse=True', ', key=len', ', key=len, reverse=True'])})",
            lambda: f"list({self.of('str')})",
            lambda: f"list({self.of('dict')})",
            lambda: f"({self.of('strs')} + {self.of('strs')})",
            lambda: f"({self.of('strs')})[{self.slice()}]",
            lambda: f"list(reversed({self.of('strs')}))",
            lambda: f"list({self.of('dict')}.keys())",
        ])()

    def leaf_items(self):
        return self.pick(["payload['items']", "payload.get('items')", "payload['items'][1:]", "payload['items'][::-1]",
                          "[{'sku': 'q', 'quantity': 3, 'price': 1.25, 'gift': True}]"])

    def make_items(self):
        return self.pick([
            lambda: f"[i for i in {self.leaf('items')} if {self.item_bool()}]",
            lambda: f"({self.leaf('items')} + {self.leaf('items')})",
            lambda: f"sorted({self.leaf('items')}, key=len)",
            self.leaf_items,
        ])()

    def item_bool(self):
        return self.pick(["i.gift", "i['price'] > 5", "i.quantity", "not i.gift", "i.sku.isupper()", "i.get('nope') is None",
                          "i.nope", "i.price * i.quantity < payload.amount", "'quantity' in i", "i['sku'][0] == 'A'"])

    def leaf_item(self):
        return self.pick(["payload['items'][0]", "payload['items'][-1]"])

    def leaf_dict(self):
        return self.pick(["payload", "payload.address", "controls", "steps.mail", "metadata", "{}", "{'a': 1, 'b': 2.0}",
                          "payload['items'][0]", "{1: 'x', True: 'y', 'z': None}"])

    def make_dict(self):
        return self.pick([
            lambda: f"{{{self.of('str')}: {self.of('int')}, {self.of('str')}: {self.of('str')}}}",
            lambda: f"{{k: v for k, v in {self.of('dict')}.items()}}",
            lambda: f"{{k: {self.of('int')} for k in {self.of('strs')}}}",
            lambda: f"{{v: k for k, v in enumerate({self.of('strs')})}}",
            lambda: f"({self.of('dict')} | {self.of('dict')})",
            lambda: f"dict(zip({self.of('strs')}, {self.of('ints')}))",
            lambda: f"dict({self.of('dict')}, extra={self.of('int')})",
            lambda: f"dict([({self.of('str')}, {self.of('int')})])",
            lambda: f"{{{self.of('int')}: {self.of('str')}, {self.of('float')}: {self.of('int')}}}",
        ])()

    def leaf_tuple(self):
        return self.pick(["(1, 2)", "()", "(1,)", "(3, 'a')", "(payload.amount, payload.price)", "tuple(payload.scores)"])

    def make_tuple(self):
        return self.pick([
            lambda: f"({self.of('int')}, {self.of('int')})",
            lambda: f"({self.of('str')}, {self.of('int')}, {self.of('none')})",
            lambda: f"tuple({self.of(self.pick(['ints', 'strs', 'str', 'dict']))})",
            lambda: f"tuple({self.comprehension('int', '', '')})",
            lambda: f"({self.of('tuple')} + {self.of('tuple')})",
            lambda: f"({self.of('tuple')})[{self.slice()}]",
            lambda: f"divmod({self.of('int')}, {self.of('float')})",
            lambda: f"{self.of('str')}.partition({self.short_text()})",
            lambda: f"tuple(zip({self.of('ints')}, {self.of('strs')}))",
            lambda: f"tuple(enumerate({self.of('strs')}, {self.of('int')}))",
            lambda: f"tuple({self.of('dict')}.items())",
        ])()

    def leaf_set(self):
        return self.pick(["{1, 2, 3}", "set()", "set(payload.tags)", "{'a', 'b'}", "{1, 1.0, True}", "set('hello')",
                          "{payload.amount, 3}"])

    def make_set(self):
        return self.pick([
            lambda: f"{{{self.of('int')}, {self.of('int')}}}",
            lambda: f"{{{self.of('str')}, {self.of('int')}, {self.of('none')}}}",
            lambda: f"({self.of('set')} {self.pick(['|', '&', '-', '^'])} {self.of('set')})",
            lambda: f"set({self.of(self.pick(['ints', 'strs', 'str', 'tuple', 'dict']))})",
            lambda: self.comprehension("int", "{", "}"),
            lambda: self.comprehension("str", "{", "}"),
            lambda: f"({self.of('dict')}.keys() {self.pick(['|', '&', '-', '^'])} {self.of('strs')})",
            lambda: f"{self.of('set')}.{self.pick(['union', 'intersection', 'difference'])}({self.of('ints')}, {self.of('strs')})",
        ])()

    def leaf_none(self):
        return self.pick(["None", "payload.phone", "metadata.trace", "payload.get('missing')", "{}.get('x')"])

    make_none = leaf_none


CASES = "lower upper casefold title capitalize swapcase".split()
PREDICATES = "isdigit isalpha isalnum isspace isupper islower isdecimal isnumeric".split()
NUMERALS = ["12", " -7 ", "+0", "1_000", "0x1f", "0b11", "0o7", "z", "", "1.5", "1e5", " inf", "-Infinity", "1__0", "_1", "1_",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "١٢", "½", "0012", ".5", "5.", "1e400",
            "1e", "1_0.2_5e1_0", "0x", "1 2", "--1", "\u2009\u20093\n"]
