"""Restricted expressions against CPython: a corpus by hand, and random ones."""

import collections
import json
import subprocess

import pytest

import expression_corpus
from expression_generator import Generator, names
from python_expressions import evaluate, json_tells_all, plain, same

BATCH = 20_000
SHOWN_MAX = 20


def ask(carillon, requests):
    """What `carillon eval` answers to (source, names) pairs."""
    lines = "".join(json.dumps({"expression": source, "names": scope}) + "\n" for source, scope in requests)
    ran = subprocess.run([carillon, "eval"], input=lines, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    answers = [json.loads(line) for line in ran.stdout.split("\n")[:-1]]
    assert len(answers) == len(requests)
    return answers


def as_text(source):
    """repr() is none of the language's functions, but this is the same."""
    return f"'%r' % (({source}\n),)"


def from_text(text):
    """The value that repr() shows, where Python can read it: of what is lazy it shows only the type."""
    try:
        return eval(text["value"], {"nan": float("nan"), "inf": float("inf")})
    except (KeyError, NameError, SyntaxError):
        return None


def has_json(v):
    try:
        plain(v)
    except TypeError:
        return False
    return True


def judge(expected, answer, text):
    """None where the answers to an expression, and to its text, are right; else what is wrong. And a word for the
    statistics."""
    kind, want, seen = expected
    got = answer.get("error", {}).get("type")
    if seen.big and got == "OverflowError":
        return None, "beyond 64 bits"
    if seen.complex and got == "ValueError":
        return None, "complex"
    if kind == "error":
        too_much = want in ("MemoryError", "OverflowError") and got == "ResourceError"
        word = want if too_much or got != "ResourceError" else got
        return None if got == want or too_much else f"{want} expected", word
    if got == "TypeError" and not has_json(want):
        got = None
    if got is not None:
        return f"{want!r} expected", got
    if text is not None and not same(want, from_text(text)):
        return f"{want!r} expected, and its text is {text}", "value"
    return None if text is not None or same(plain(want), answer["value"]) else f"{want!r} expected", "value"


def compare(carillon, cases):
    """Failures and statistics of (source, names) pairs."""
    expected = [evaluate(source, scope) for source, scope in cases]
    texts = [i for i, (kind, want, _) in enumerate(expected) if kind == "value" and not json_tells_all(want)]
    answers = ask(carillon, cases + [(as_text(cases[i][0]), cases[i][1]) for i in texts])
    text_of = dict(zip(texts, answers[len(cases):]))
    failures, statistics = [], collections.Counter()
    for i, (source, _) in enumerate(cases):
        wrong, word = judge(expected[i], answers[i], text_of.get(i))
        # NaN is equal to nothing here, where CPython asks for identity first; and budgets are the language's own.
        exempt = "nan" if expected[i][2].nan else "ResourceError"
        word = exempt if wrong and (word == "ResourceError" or exempt == "nan") else word
        statistics[word] += 1
        if wrong and word not in ("nan", "ResourceError"):
            failures.append(f"{source!r}: {wrong}, got {json.dumps(answers[i], ensure_ascii=False)[:300]}")
    return failures, statistics


def shown(failures):
    return f"{len(failures)} wrong\n" + "\n".join(failures[:SHOWN_MAX])


def test_corpus(carillon):
    cases = [(source, names(0)) for source in expression_corpus.AS_CPYTHON]
    failures, _ = compare(carillon, cases)
    assert not failures, shown(failures)


@pytest.mark.parametrize("expected", expression_corpus.NOT_AS_CPYTHON)
def test_what_the_language_leaves_out(carillon, expected):
    sources = expression_corpus.NOT_AS_CPYTHON[expected]
    answers = ask(carillon, [(source, names(0)) for source in sources])
    wrong = [f"{source!r}: {answer}" for source, answer in zip(sources, answers)
             if answer.get("error", {}).get("type") != expected]
    assert not wrong


def test_messages_name_no_values(carillon):
    sources = ["payload.name + 1", "int(payload.email)", "float(payload.name)", "payload[payload.email]",
               "[1].index(payload.name)", "payload.tags[payload.name]", "{payload.tags: 1}", "payload.name()",
               "'%d' % payload.name", "payload.name.index(payload.email)", "dict([payload.name])", "max(payload.name, 1)",
               "payload.name.zzz", "zip(payload.tags, [1], strict=True) and list(zip(payload.tags, [1], strict=True))"]
    for source, answer in zip(sources, ask(carillon, [(source, names(0)) for source in sources])):
        message = answer["error"]["message"]
        assert not any(value in message for value in ("Ann", "example", "vip")), (source, message)


def test_positions_point_into_the_source(carillon):
    positions = {"1 + nope": 4, "payload.amount / 0": 15, "payload['x']": 7, "payload.nope": 8, "(1": 2, "1 +* 2": 3,
                 "[x for x in 5]": 12, "len()": 3, "'a' < 1": 4, "[1/0 for x in [1]]": 2, "ö": 0, "'ö' + ö": 7,
                 "9223372036854775807 + 1": 20, "x = 1": 2, "all(1/y for y in [1, 0])": 5}
    sources = list(positions)
    for source, answer in zip(sources, ask(carillon, [(source, names(0) | {"x": 1}) for source in sources])):
        assert answer["error"]["position"] == positions[source], (source, answer)


def test_random_expressions(carillon, request, capsys):
    count, seed = request.config.getoption("--expressions"), request.config.getoption("--seed")
    generator, failures, statistics = Generator(seed), [], collections.Counter()
    for start in range(0, count, BATCH):
        cases = [(generator.expression(), names(i % 2)) for i in range(start, min(start + BATCH, count))]
        wrong, counted = compare(carillon, cases)
        failures += wrong
        statistics += counted
    with capsys.disabled():
        print(f"\nseed {seed}, {count} expressions: " + ", ".join(f"{n} {word}" for word, n in statistics.most_common()))
    assert not failures, f"seed {seed}: {shown(failures)}"
    assert statistics["value"] > count / 2, "most of them must have a value"
    assert statistics["nan"] + statistics["ResourceError"] < count / 1000 + 10, "exemptions must stay few"


def test_a_million_steps_are_refused_fast(carillon):
    sources = ["sum(x for a in range(1000) for x in range(1000))", "len(range(10**9)) and list(range(10**9))",
               "'a' * 10**9", "[0] * 10**9", "10**9 in (x for x in range(10**10))", "max(range(10**12))",
               "[[0] * 1000 for x in range(1000)]", "'x'.join(str(i) for i in range(10**6))", "sorted(range(10**8))",
               "'%1000000000d' % 1", "'a'.ljust(10**9)", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.replace('a', 'b' * 100000)"]
    answers = ask(carillon, [(source, {}) for source in sources])
    assert {answer["error"]["type"] for answer in answers} == {"ResourceError"}, list(zip(sources, answers))
