"""carillon check-schema against python-jsonschema, on random schemas and instances over a small universe, so that
keywords meet instances that they are about. SCHEMA_RANDOM_BATCHES says how many batches (of 100 schemas each)."""

import json
import os
import random
import subprocess

import jsonschema
import pytest

BATCHES = int(os.environ.get("SCHEMA_RANDOM_BATCHES", "6"))
SCHEMAS = 100
INSTANCES = 40
DIALECTS = {
    "2020-12": ("https://json-schema.org/draft/2020-12/schema", jsonschema.Draft202012Validator),
    "draft-07": ("http://json-schema.org/draft-07/schema#", jsonschema.Draft7Validator),
}
NAMES = ["a", "b", "c", "ab", "x-1", "longer_than_eight", ""]
TEXTS = ["", "a", "b", "ab", "aab", "é", "😀😀", "abc-123", "2024-02-29"]
NUMBERS = [0, 1, -1, 2, 3, 1.0, 1.5, -2.25, 10, 100, 2**53, 2**53 + 1, 1e15]
PATTERNS = ["^a", "b$", "a+b", "^[a-z]*$", "[0-9]{3}", "^x-", "é|😀", "^$"]


def instance(r, depth=3):
    kind = r.randrange(9 if depth > 0 else 6)
    if kind < 2:
        return r.choice(TEXTS)
    if kind < 4:
        return r.choice(NUMBERS)
    if kind < 6:
        return r.choice([None, True, False])
    if kind == 6:
        return [instance(r, depth - 1) for _ in range(r.randrange(5))]
    return {name: instance(r, depth - 1) for name in r.sample(NAMES, r.randrange(5))}


class Generator:
    """Schemas whose references lead only to definitions with a higher number, so that none runs in circles."""

    def __init__(self, r, dialect, number, definitions):
        self.r, self.number, self.is_2020 = r, number, dialect == "2020-12"
        self.defs = "$defs" if self.is_2020 else "definitions"
        self.open = range(definitions)

    def schema(self, depth):
        if depth == 0 or self.r.random() < 0.1:
            return self.r.choice([True, True, False, {}, {"type": self.type()}])
        chosen = self.r.sample(self.keywords(), self.r.randint(1, 4))
        result = {}
        for keyword in chosen:
            result.update(keyword(depth - 1))
        return result

    def keywords(self):
        common = [self.types, self.values, self.numbers, self.texts, self.array, self.object_, self.object_, self.logic,
                  self.logic, self.condition, self.reference]
        return common + ([self.unevaluated] if self.is_2020 else [])

    def type(self):
        return self.r.choice(["null", "boolean", "integer", "number", "string", "array", "object"])

    def types(self, _):
        return {"type": self.r.choice([self.type(), self.r.sample(
            ["null", "boolean", "integer", "string", "array", "object"], self.r.randint(1, 4))])}

    def values(self, _):
        return self.r.choice([{"const": instance(self.r, 2)},
                              {"enum": [instance(self.r, 1) for _ in range(self.r.randint(1, 5))]},
                              {"enum": self.r.sample(TEXTS, 3)}])

    def numbers(self, _):
        keyword = self.r.choice(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
        # Where python-jsonschema divides floats, only those that binary represents are an oracle.
        return {keyword: self.r.choice([1, 2, 3, 10, 0.5, 0.25] if keyword == "multipleOf" else NUMBERS)}

    def texts(self, _):
        return self.r.choice([{"minLength": self.r.randrange(4)}, {"maxLength": self.r.randrange(4)},
                              {"pattern": self.r.choice(PATTERNS)}])

    def many(self, depth, least=1):
        return [self.schema(depth) for _ in range(self.r.randint(least, 3))]

    def by_name(self, depth):
        return {name: self.schema(depth) for name in self.r.sample(NAMES, self.r.randint(1, 4))}

    def array(self, depth):
        r = self.r
        tuples = ({"prefixItems": self.many(depth), "items": self.schema(depth)} if self.is_2020 else
                  {"items": self.many(depth), "additionalItems": self.schema(depth)})
        contains = {"contains": self.schema(depth)}
        if self.is_2020:
            contains |= r.choice([{}, {"minContains": r.randrange(3)}, {"maxContains": r.randrange(3)}])
        return r.choice([{"items": self.schema(depth)}, tuples, contains, {"uniqueItems": True},
                         {"minItems": r.randrange(4)}, {"maxItems": r.randrange(4)}])

    def object_(self, depth):
        r = self.r
        names = r.sample(NAMES, 2)
        dependent = ([{"dependentRequired": {r.choice(NAMES): names}}, {"dependentSchemas": self.by_name(depth)}]
                     if self.is_2020 else [{"dependencies": {**self.by_name(depth), r.choice(NAMES): names}}])
        return r.choice([{"properties": self.by_name(depth)},
                         {"properties": self.by_name(depth), "additionalProperties": self.schema(depth)},
                         {"patternProperties": {p: self.schema(depth) for p in r.sample(PATTERNS, 2)}},
                         {"required": names}, {"propertyNames": self.schema(depth)},
                         {"minProperties": r.randrange(4)}, {"maxProperties": r.randrange(4)}, *dependent])

    def logic(self, depth):
        keyword = self.r.choice(["allOf", "anyOf", "oneOf", "not"])
        return {keyword: self.schema(depth) if keyword == "not" else self.many(depth, 2)}

    def condition(self, depth):
        return {"if": self.schema(depth), "then": self.schema(depth), "else": self.schema(depth)}

    def reference(self, _):
        later = [number for number in self.open if number > self.number]
        return {"$ref": f"#/{self.defs}/{self.r.choice(later)}"} if later else {}

    def unevaluated(self, depth):
        return {self.r.choice(["unevaluatedItems", "unevaluatedProperties"]): self.schema(depth)}


def batch(r, dialect):
    """One document with many schemas, each the rule of the property that has its number as its name."""
    uri, _ = DIALECTS[dialect]
    defs = "$defs" if dialect == "2020-12" else "definitions"
    schemas = {str(n): Generator(r, dialect, n, SCHEMAS).schema(3) for n in range(SCHEMAS)}
    return {"$schema": uri, defs: schemas, "properties": {n: {"$ref": f"#/{defs}/{n}"} for n in schemas}}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(BATCHES))
def test_agrees_with_python_jsonschema(carillon, tmp_path, dialect, seed):
    r = random.Random(f"{dialect} {seed}")
    document = batch(r, dialect)
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(document))
    _, validator_class = DIALECTS[dialect]
    validator_class.check_schema(document)
    validator = validator_class(document)
    lines = [{str(n): instance(r)} for n in range(SCHEMAS) for _ in range(INSTANCES)]
    ran = subprocess.run([carillon, "check-schema", path], input="\n".join(map(json.dumps, lines)), text=True,
                         capture_output=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    found = [json.loads(line)["valid"] for line in ran.stdout.splitlines()]
    assert len(found) == len(lines)
    expected = [validator.is_valid(line) for line in lines]
    defs = document.get("$defs", document.get("definitions"))
    wrong = [{"schema": defs[next(iter(line))], "instance": line, "carillon": answer, "jsonschema": other}
             for line, answer, other in zip(lines, found, expected) if answer != other]
    assert not wrong, f"{len(wrong)} of {len(lines)}, the shortest: {min(map(json.dumps, wrong), key=len)}"
    assert 0.2 < sum(expected) / len(expected) < 0.8, "the generator has become blind on one eye"
