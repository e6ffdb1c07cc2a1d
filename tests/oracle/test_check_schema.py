"""The command line of carillon check-schema, and instances that hypothesis-jsonschema makes to fit a schema."""

import json
import subprocess

import hypothesis
import jsonschema
import pytest
from hypothesis_jsonschema import from_schema

ORDER = {
    "type": "object",
    "required": ["id", "items"],
    "properties": {
        "id": {"type": "string", "pattern": "^ord_[0-9a-f]{4}$"},
        "phone": {"anyOf": [{"type": "string", "maxLength": 12}, {"type": "null"}], "default": None},
        "status": {"enum": ["placed", "paid", 3, None]},
        "when": {"type": "string", "format": "date-time"},
        "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/item"}},
        "tags": {"type": "array", "uniqueItems": True, "items": {"type": "string", "maxLength": 2}},
    },
    "additionalProperties": False,
    "$defs": {
        "item": {"type": "object", "required": ["sku"], "additionalProperties": {"type": "boolean"},
                 "properties": {"sku": {"type": "string", "minLength": 1}, "price": {"type": "number", "minimum": 0},
                                "quantity": {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 5}}},
    },
}


def check(carillon, path, text):
    return subprocess.run([carillon, "check-schema", path], input=text, text=True, capture_output=True, timeout=60)


@pytest.fixture
def order(tmp_path):
    path = tmp_path / "order.json"
    path.write_text(json.dumps(ORDER))
    return path


def test_each_line_gets_its_answer(carillon, order):
    ran = check(carillon, order, '{"id":"ord_00ff","items":[{"sku":"a"}]}\n{"id":"x","items":[{"sku":""}],"z":1}')
    assert ran.returncode == 0
    assert [json.loads(line) for line in ran.stdout.splitlines()] == [
        {"valid": True},
        {"valid": False, "errors": [
            {"instance_location": "/id", "keyword_location": "/properties/id/pattern",
             "message": 'must match the pattern "^ord_[0-9a-f]{4}$"'},
            {"instance_location": "/items/0/sku", "keyword_location": "/$defs/item/properties/sku/minLength",
             "message": "must have at least 1 characters"},
            {"instance_location": "/z", "keyword_location": "/additionalProperties", "message": "is not allowed"}]}]


def test_a_line_that_is_no_json_is_said_and_passed_over(carillon, order):
    ran = check(carillon, order, '{"id":\n\n{"id":"ord_00ff","items":[{"sku":"a"}]}\n')
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 1
    assert [line.get("valid") for line in lines] == [None, None, True]
    assert lines[0]["error"]["type"] == "syntax" and lines[0]["error"]["message"]


def test_a_limit_is_no_answer(carillon, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text('{"not":{"pattern":"^(a+)+$"}}')
    ran = check(carillon, path, json.dumps("a" * 40 + "!"))
    assert ran.returncode == 1
    assert json.loads(ran.stdout)["error"]["type"] == "limit_exceeded"


@pytest.mark.parametrize("text, expected", [
    ("{", "schema.json, byte 1"), ('{"type":"x"}', "/type: must name types"),
    ('{"$ref":"https://example.com/s"}', "remote references are not followed"), ("[" * 200 + "]" * 200, "deep"),
])
def test_a_schema_that_is_none_is_refused(carillon, tmp_path, text, expected):
    path = tmp_path / "schema.json"
    path.write_text(text)
    ran = check(carillon, path, "1\n")
    assert ran.returncode == 1 and ran.stdout == ""
    assert expected in ran.stderr


def test_usage(carillon, tmp_path):
    assert "SCHEMA.json" in subprocess.run([carillon, "check-schema", "--help"], capture_output=True, text=True).stdout
    assert subprocess.run([carillon, "check-schema"], capture_output=True).returncode == 2
    assert check(carillon, tmp_path / "missing.json", "").returncode == 1


def test_made_to_fit(carillon, order):
    """Instances that fit, and the same with one value changed, as python-jsonschema judges them."""
    made = []

    @hypothesis.settings(max_examples=400, deadline=None, database=None, derandomize=True,
                         suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(from_schema(ORDER), hypothesis.strategies.data())
    def collect(instance, data):
        made.append(instance)
        if instance["items"]:
            changed = json.loads(json.dumps(instance))
            key = data.draw(hypothesis.strategies.sampled_from(sorted(changed)))
            changed[key] = data.draw(hypothesis.strategies.sampled_from([None, 1, "", [], {}, "ord_0000", [{"sku": 1}]]))
            made.append(changed)

    collect()
    validator = jsonschema.Draft202012Validator(ORDER, format_checker=jsonschema.FormatChecker())
    ran = check(carillon, order, "\n".join(map(json.dumps, made)))
    assert ran.returncode == 0, ran.stderr
    found = [json.loads(line)["valid"] for line in ran.stdout.splitlines()]
    expected = [validator.is_valid(instance) for instance in made]
    wrong = [(instance, answer) for instance, answer, other in zip(made, found, expected) if answer != other]
    assert not wrong
    assert 0.2 < sum(expected) / len(expected) < 0.95
