"""Templates against Jinja2: a corpus written by hand, and generated templates of the shared subset.

Jinja2 runs with strict undefined values and keep_trailing_newline, and is told our deliberate differences:
None is an error where it would be printed, upper-cased or joined, and `default` stands in for it. `money` and
`date` are written here again, on decimal and datetime. CARILLON_ORACLE_TEMPLATES says how many templates to
generate, CARILLON_ORACLE_SEED from which seed.
"""

import datetime
import decimal
import json
import os
import random
import subprocess

import jinja2
import pytest

COUNT = int(os.environ.get("CARILLON_ORACLE_TEMPLATES", "5000"))
SEED = int(os.environ.get("CARILLON_ORACLE_SEED", "1"))

NAMES = {
    "payload": {
        "name": "Ada <Lovelace>",
        "email": "ada@example.org",
        "note": "Tom & \"Jerry's\" \u00e9\u00df\u4e16",
        "none": None,
        "zero": 0,
        "empty": "",
        "qty": 7,
        "price": 1234.5,
        "cost": "99.995",
        "yes": True,
        "no": False,
        "when": "2026-03-01T08:05:09.25+01:30",
        "day": "2024-02-29",
        "epoch": 1700000000,
        "tags": ["red", "<b>", "blue"],
        "nothing": [],
        "lines": [
            {"sku": "A-1", "title": "pen & ink", "qty": 2, "price": 3.25},
            {"sku": "B-2", "title": "paper", "qty": 10, "price": 0.1, "gift": True},
        ],
        "address": {"city": "Z\u00fcrich", "zip": "8001"},
        "pairs": [["a", 1], ["b", 2]],
        "matrix": [[1, 2], [3], []],
    },
    "steps": {"welcome": {"status": "completed"}},
    "controls": {"brand": "Carillon", "greeting": "Hello"},
    "recipient": "ada",
}


# ---- Jinja2 with our differences ----


def refuse_none(value):
    if value is None:
        raise TypeError("None")
    return value


def default(value, default_value="", boolean=False):
    missing = isinstance(value, jinja2.Undefined) or value is None
    return default_value if missing or (boolean and not value) else value


MINOR_UNITS = {"JPY": 0, "KWD": 3, "CLF": 4}


def money(value, currency):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("amount")
    unit = decimal.Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2))
    amount = decimal.Decimal(str(value)).quantize(unit, rounding=decimal.ROUND_HALF_EVEN)
    return f"{abs(amount) if amount == 0 else amount:,} {currency}"


def date(value, form):
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError("instant")
    if isinstance(value, int):
        instant = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    else:
        instant = datetime.datetime.fromisoformat(value)
    return instant.strftime(form)


class Missing(jinja2.ChainableUndefined, jinja2.StrictUndefined):
    """What lies behind something missing is missing too; everything else raises."""


def environment(kind):
    env = jinja2.Environment(
        undefined=Missing, keep_trailing_newline=True, autoescape=kind == "html",
        finalize=refuse_none,
    )
    for name in ("upper", "lower", "e", "escape", "safe"):
        env.filters[name] = lambda value, original=env.filters[name]: original(refuse_none(value))
    joined = env.filters["join"]

    @jinja2.pass_eval_context
    def join(context, value, d=""):
        return joined(context, [refuse_none(item) for item in value], d)

    env.filters.update(default=default, join=join, money=money, date=date)
    env.globals = {"range": range, "len": len, "sum": sum}
    return env


ENVIRONMENTS = {kind: environment(kind) for kind in ("text", "html")}


def expected(template, kind):
    """The text, or None for any error."""
    try:
        return ENVIRONMENTS[kind].from_string(template).render(NAMES)
    except Exception:  # noqa: BLE001 - whatever Jinja2 or a filter raises
        return None


# ---- ours ----


def render_all(carillon, cases):
    lines = "".join(json.dumps({"template": t, "kind": k, "names": NAMES}) + "\n" for t, k in cases)
    done = subprocess.run([carillon, "render"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def compare(carillon, cases):
    """Every case that differs; how many gave a text."""
    wrong, texts = [], 0
    for (template, kind), answer in zip(cases, render_all(carillon, cases)):
        want = expected(template, kind)
        texts += want is not None
        if answer.get("text") != want:
            wrong.append((kind, template, want, answer))
    return wrong, texts


def report(wrong):
    return "\n".join(f"{kind}: {template!r}\n  Jinja2 {want!r}\n  ours   {got!r}"
                     for kind, template, want, got in wrong[:10])


# ---- the corpus ----

CORPUS = [
    "",
    "plain\n",
    "{ { } } % # {",
    "Hi {{ payload.name }}, {{payload['email']}}!",
    "{{ '}}' }}{{ \"%}\" }}{{ {'a': {'b': '}}'}}['a']['b'] }}",
    "{{ payload.tags[0] }} {{ payload.tags[-1] }} {{ payload.tags[1:] }} {{ payload.name[:3] }}",
    "{{ payload.qty * 2 + 1 }} {{ payload.qty // 2 }} {{ payload.qty % 4 }} {{ payload.price / 2 }}",
    "{{ 1 < payload.qty <= 7 }} {{ payload.qty in [1, 7] }} {{ 'x' not in payload.address }}",
    "{{ payload.yes and payload.qty or 3 }} {{ not payload.zero }}",
    "{{ 'many' if payload.qty > 5 else 'few' }}",
    "{{ payload.lines }} {{ (1, 'a') }} {{ [1.0, None, True] }} {{ {'k': 'v'} }}",
    "{{ payload.missing }}",
    "{{ payload.none }}",
    "{{ payload.missing.deeper | default('x') }}",
    "{{ payload.missing | default }}|{{ payload.none | default(0) }}|{{ payload.zero | default(5, True) }}",
    "{{ payload.missing | default(payload.none) | default('last') }}",
    "{{ payload.zero | default(5, boolean=True) }}{{ payload.tags[9] | default('none there') }}",
    "{{ 'a' + payload.missing | default('b') | upper + 'c' }}",
    "{{ (payload.qty + 1) | money('JPY') }} {{ -payload.qty | money('KWD') }}",
    "{{ payload.price | money('EUR') }} {{ payload.cost | money('USD') }} {{ 0.005 | money('EUR') }}",
    "{{ payload.when | date('%Y-%m-%d %H:%M:%S %y %b %B %a %A %j %e %I %p %z %%') }}",
    "{{ payload.day | date('%A %-d %B') }}",
    "{{ payload.epoch | date('%Y-%m-%dT%H:%M:%S%z') }}",
    "{{ payload.tags | join(', ') | upper }} {{ payload.tags | join }} {{ payload.address | join('-') }}",
    "{{ payload.note | upper }} {{ payload.note | lower }} {{ 12 | upper }}",
    "{{ payload.name | e }} {{ payload.name | escape | e }} {{ payload.name | safe }} {{ 5 | e }}",
    "{{ payload.name | e | upper }} {{ payload.name | safe | e }} {{ payload.none | default('<') | safe }}",
    "{{ ('<' | safe) if payload.yes else '<' }}{{ '<' if payload.yes else ('<' | safe) }}",
    "{% if payload.qty > 5 %}many{% elif payload.qty %}some{% else %}none{% endif %}",
    "{% if payload.zero %}a{% elif payload.empty %}b{% elif payload.nothing %}c{% else %}d{% endif %}",
    "{% if payload.missing %}a{% endif %}",
    "{% if payload.get('missing') %}a{% else %}b{% endif %}",
    "{% if payload.missing is defined %}a{% else %}b{% endif %}{{ payload.name is defined }}",
    "{% if payload.missing is not defined %}a{% endif %}{{ not payload.a.b is defined }}",
    "{% for t in payload.tags %}{{ loop.index }}/{{ loop.length }}{% if not loop.last %}, {% endif %}"
    "{% endfor %}",
    "{% for t in payload.nothing %}{{ t }}{% else %}nothing{% endfor %}",
    "{% for t in payload.missing | default([]) %}{{ t }}{% else %}nothing{% endfor %}",
    "{% for k, v in payload.pairs %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in payload.address.items() %}{{ k }}{{ v }}{% endfor %}",
    "{% for k in payload.address %}{{ k }}{{ loop.first }}{{ loop.last }}{{ loop.index0 }}{% endfor %}",
    "{% for c in payload.note %}[{{ c }}]{% endfor %}",
    "{% for a, b in payload.matrix %}{{ a }}{% endfor %}",
    "{% for r in payload.matrix %}{{ loop.index }}:{% for x in r %}{{ x }}{{ loop.index }}{% else %}-"
    "{% endfor %};{% endfor %}",
    "{% for payload in [1, 2] %}{{ payload }}{% endfor %}{{ payload.qty }}",
    "{% for x in 'ab' %}{% for x in [1, 2] %}{{ x }}{% endfor %}{{ x }}{% endfor %}",
    "{% for i in range(3) %}{{ i }}{% endfor %}",
    "{% for x in payload.qty %}{% endfor %}",
    "{% for l in payload.lines %}{{ l.qty }} x {{ l.title }}: {{ (l.qty * l.price) | money('EUR') }}\n"
    "{% endfor %}",
    "a {#- gone -#} b {# kept #} c",
    "a\n {%- if 1 -%} \n b \n {%- endif -%}\n c {{- 1 -}} \t\n d {{ 2 -}} \n",
    "{{ 1 -}}  {# c #}  {{ 2 }} {{- 3 }}{{-4}}",
    "{{ 'multi' \n + \t'line' }}",
    "{% if 1 %}a{% else %}b{% endif %}\n",
    "{%if 1%}a{%endif%}{%-  if  1  -%} b {%- endif %}",
    "{% if 1 %}",
    "{% endif %}",
    "{{ 1",
    "{# a",
    "{{ }}",
    "{% if %}a{% endif %}",
    "{% else %}",
    "{% for x in %}{% endfor %}",
    "{% for x of [1] %}{% endfor %}",
    "{% nonsense %}",
    "{{ payload.name | nonsense }}",
]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_the_corpus_renders_as_jinja2_does(carillon, kind):
    wrong, _ = compare(carillon, [(template, kind) for template in CORPUS])
    assert not wrong, report(wrong)


# ---- generated templates ----


class Generator:
    """Templates of the shared subset; about one in six meets something missing, None or of the wrong type."""

    STRINGS = ["payload.name", "payload.email", "payload.note", "payload.address.city", "controls.brand",
               "recipient", "payload['name']", "steps.welcome.status", "payload.empty", "payload.cost"]
    NUMBERS = ["payload.qty", "payload.zero", "payload.price", "3", "0.5", "len(payload.tags)",
               "payload.lines[1].qty"]
    LISTS = ["payload.tags", "payload.nothing", "['x', '<y>']", "payload.tags[:2]", "payload.name[:4]"]
    FLAGS = ["payload.yes", "payload.no", "payload.lines[1].gift", "payload.get('vip')", "payload.qty > 5"]
    HOLES = ["payload.missing", "payload.none", "payload.address['street']", "payload.tags[7]",
             "payload.name.first", "payload.lines[0].gift"]
    FORMATS = ["%d.%m.%Y", "%-d %B %Y", "%a %e %b, %I:%M %p", "%H:%M %z", "%j%%"]
    CURRENCIES = ["EUR", "USD", "JPY", "KWD", "CLF"]
    TEXTS = ["Hello ", "\n", " <b>", "& ", "\u00e9 ", "  ", "{ ", "} ", "% ", "\t-", "'"]

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.variables = []

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, probability):
        return self.random.random() < probability

    def string(self, depth):
        roll = self.random.random()
        if depth == 0 or roll < 0.4:
            return self.pick(self.STRINGS + self.variables)
        if roll < 0.5:
            return f"({self.string(depth - 1)} + {self.pick(['!', ' & ', '<'])!r})"
        if roll < 0.6:
            return f"({self.string(depth - 1)} if {self.flag(depth - 1)} else {self.string(depth - 1)})"
        if roll < 0.7:
            return f"{self.string(depth - 1)} | {self.pick(['upper', 'lower'])}"
        if roll < 0.8:
            return f"{self.pick(self.HOLES)} | default({self.string(depth - 1)})"
        if roll < 0.87:
            return f"{self.list(depth - 1)} | join({self.pick([', ', '', '<'])!r})"
        if roll < 0.94:
            return f"{self.number(depth - 1)} | money({self.pick(self.CURRENCIES)!r})"
        instant = self.pick(["payload.when", "payload.day", "payload.epoch"])
        return f"{instant} | date({self.pick(self.FORMATS)!r})"

    def number(self, depth):
        if depth == 0 or self.chance(0.5):
            return self.pick(self.NUMBERS)
        return f"({self.number(depth - 1)} {self.pick(['+', '-', '*'])} {self.number(depth - 1)})"

    def list(self, depth):
        if depth == 0 or self.chance(0.7):
            return self.pick(self.LISTS)
        return f"({self.list(depth - 1)} if {self.flag(depth - 1)} else {self.list(depth - 1)})"

    def flag(self, depth):
        roll = self.random.random()
        if depth == 0 or roll < 0.4:
            return self.pick(self.FLAGS)
        if roll < 0.6:
            return f"({self.flag(depth - 1)} {self.pick(['and', 'or'])} not {self.flag(depth - 1)})"
        if roll < 0.8:
            return f"{self.number(depth - 1)} {self.pick(['<', '>=', '==', '!='])} {self.number(depth - 1)}"
        if roll < 0.9:
            return f"{self.pick(self.HOLES + self.STRINGS)} is {self.pick(['', 'not '])}defined"
        return f"{self.pick(['red', '<b>'])!r} {self.pick(['in', 'not in'])} payload.tags"

    def printed(self, depth):
        roll = self.random.random()
        if roll < 0.05:
            return self.pick(self.HOLES)
        if roll < 0.2:
            return self.number(depth)
        if roll < 0.25:
            return self.list(depth)
        if roll < 0.3:
            return self.flag(depth)
        if roll < 0.4:
            filters = self.pick(["e", "escape", "safe", "e | upper", "safe | e", "e | e"])
            return f"({self.string(depth)}) | {filters}"
        return self.string(depth)

    def tag(self, kind, body):
        left, right = self.pick(["", "", "", "-"]), self.pick(["", "", "", "-"])
        opening, closing = {"print": ("{{", "}}"), "statement": ("{%", "%}"), "comment": ("{#", "#}")}[kind]
        return f"{opening}{left} {body} {right}{closing}"

    def branches(self, depth):
        parts = [self.tag("statement", f"if {self.flag(2)}"), self.template(depth - 1)]
        for _ in range(self.random.randrange(3)):
            parts += [self.tag("statement", f"elif {self.flag(2)}"), self.template(depth - 1)]
        if self.chance(0.5):
            parts += [self.tag("statement", "else"), self.template(depth - 1)]
        return "".join(parts + [self.tag("statement", "endif")])

    def loop(self, depth):
        targets, iterable, variables = self.pick([
            ("t", self.list(1), ["t", "loop.index", "loop.last"]),
            ("line", "payload.lines", ["line.title", "line.sku", "loop.length"]),
            ("k, v", "payload.address.items()", ["k", "v", "loop.index0"]),
            ("k, v", "payload.pairs", ["k", "loop.first"]),
            ("t", f"{self.pick(self.HOLES)} | default({self.list(1)})", ["t"]),
        ])
        outer = self.variables
        self.variables = outer + variables
        parts = [self.tag("statement", f"for {targets} in {iterable}"), self.template(depth - 1)]
        self.variables = outer
        if self.chance(0.3):
            parts += [self.tag("statement", "else"), self.template(depth - 1)]
        return "".join(parts + [self.tag("statement", "endfor")])

    def template(self, depth):
        parts = []
        for _ in range(self.random.randrange(1, 4)):
            roll = self.random.random()
            if roll < 0.3:
                parts.append(self.pick(self.TEXTS))
            elif roll < 0.7 or depth == 0:
                parts.append(self.tag("print", self.printed(2)))
            elif roll < 0.75:
                parts.append(self.tag("comment", "{{ x }} {% if %}"))
            elif roll < 0.88:
                parts.append(self.branches(depth))
            else:
                parts.append(self.loop(depth))
        return "".join(parts)


def test_generated_templates_render_as_jinja2_does(carillon):
    generator = Generator(SEED)
    cases = [(generator.template(3), generator.pick(["text", "html"])) for _ in range(COUNT)]
    wrong, texts = compare(carillon, cases)
    print(f"seed {SEED}: {COUNT} templates, {texts} texts, {COUNT - texts} errors, {len(wrong)} differ")
    assert not wrong, report(wrong)
    assert texts > COUNT // 2
