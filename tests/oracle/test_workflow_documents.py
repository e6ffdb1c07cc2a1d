"""schemas/workflow.schema.json and `carillon workflow lint` must agree on the shape of a document."""

import copy
import itertools
import json
import subprocess

import jsonschema
import pytest
import yaml

from conftest import ROOT

SCHEMA = json.loads((ROOT / "schemas" / "workflow.schema.json").read_text())
EXAMPLES = sorted((ROOT / "schemas" / "examples" / "workflows").glob("*.yaml"))

SOUND = {
    "workflow_id": "w", "name": "W", "status": "draft", "payload_schema": {"type": "object"}, "metadata": {"a": [1]},
    "expires_after": "7d",
    "control_schema": {"schema_id": "c", "type": "object", "properties": {"greeting": {"type": "string"}}},
    "steps": [
        {"step_id": "a", "step_type": "IN_APP", "name": "A", "skip_condition": "payload['x'] is None",
         "control_schema": {"properties": {"limit": {"type": "integer", "default": 1}}},
         "delay": "1h30m", "on_failure": "continue",
         "retry": {"max_attempts": 3, "initial": "1s", "multiplier": 2, "max": "10m", "jitter": 0.5,
                   "retry_on": ["timeout", "http_429"]},
         "config": {"subject": "s", "body": "b", "data": {"k": ["v", 1, None]}, "redirect_url": "u", "provider": "p"}},
        {"step_id": "b", "step_type": "EMAIL", "name": "B", "delay": "payload['wait'] * 60",
         "config": {"to": "t", "from": "f", "reply_to": "r", "subject": "s", "text": "t", "html": "h"}},
        {"step_id": "c", "step_type": "SMS", "name": "C", "delay": 90, "config": {"to": "t", "body": "b"}},
        {"step_id": "d", "step_type": "PUSH", "name": "D",
         "config": {"to": "t", "title": "t", "body": "b", "data": {}}},
    ],
}

# Below these keys a document is free (or has rules of its own).
FREE = {"payload_schema", "metadata", "control_schema", "data"}


def places(node, path=()):
    """Paths of every member and item that the document's own rules speak about."""
    if path and path[-1] in FREE:
        return
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield path + (key,)
        yield from places(inner, path + (key,))


def changed(path, change):
    document = copy.deepcopy(SOUND)
    at = document
    for key in path[:-1]:
        at = at[key]
    change(at, path[-1])
    return document


YEAR = 366 * 86400
DURATIONS = [-1, -0.5, 0, 0.001, 1.5, YEAR, YEAR + 1, 1e300, "0", "000", "0s", "0ms", "1ms", "5", "1.5h", "-5s", "5 s", " 5s",
             "5s ", "1h30m", "1h 30m", "1d2h3m4s5ms", "30m1h", "1h1h", "5x", "5ms5s", "m", "1 h30", "5S"]
BOUNDARIES = {
    ("expires_after",): DURATIONS,
    ("steps", 0, "retry", "initial"): DURATIONS,
    ("steps", 0, "retry", "max"): DURATIONS,
    ("steps", 0, "delay"): [-1, -0.5, 0, 1.5, YEAR, YEAR + 1, 1e300, "0", "30", "1h30m", "1h 30m"],
    ("steps", 0, "retry", "max_attempts"): [-1, 0, 1, 3.0, 3.5, 100, 101, 1e300],
    ("steps", 0, "retry", "multiplier"): [0, 0.99, 1, 1.5, 10, 10.5],
    ("steps", 0, "retry", "jitter"): [-0.1, 0, 1, 1.1],
    ("steps", 0, "retry", "retry_on"): [[], ["x"] * 32, ["x"] * 33, ["a b"], [5], [None]],
    ("steps", 0, "on_failure"): ["stop", "continue", "Stop"],
}

# What a JSON Schema cannot say: unique ids, templates of one line, what compiles.
BEYOND = {"unique_step_id", "unique_step_name", "template", "skip_condition", "delay"}


def boundaries():
    """Values at the edges of what a key takes; the shortest pause is the longest one, so that every value of it fits."""
    for path, values in BOUNDARIES.items():
        for value in values:
            document = changed(path, lambda at, key: at.__setitem__(key, value))
            if path[-1] == "initial":
                document["steps"][0]["retry"]["max"] = YEAR
            if path[-1] == "max":
                document["steps"][0]["retry"]["initial"] = 0
            yield f"{path} = {value!r}", document


def mutants():
    for path in places(SOUND):
        for value in (None, True, 5, "", "x", "two\nlines", [], ["x"], {}, {"x": 1}):
            yield f"{path} = {value!r}", changed(path, lambda at, key: at.__setitem__(key, value))
        yield f"{path} removed", changed(path, lambda at, key: at.pop(key))
        if isinstance(path[-1], str):
            def rename(at, key):
                at[key + "s"] = at.pop(key)
            yield f"{path} renamed", changed(path, rename)


def lint(carillon, *arguments):
    return subprocess.run([carillon, "workflow", "lint", *map(str, arguments)], capture_output=True, text=True)


def rules_in(output):
    """The rule of each `file:line: [location: ]rule: sentence`."""
    parts = [line.split(": ") for line in output.splitlines()]
    return {part[2] if part[1].startswith("/") else part[1] for part in parts}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_matches_the_schema_and_compiles(carillon, path):
    jsonschema.Draft202012Validator(SCHEMA).validate(yaml.safe_load(path.read_text()))
    result = lint(carillon, path)
    assert (result.returncode, result.stdout) == (0, "1 workflow, nothing to say\n"), result.stderr


def test_the_schema_and_lint_agree_on_every_single_change(carillon, tmp_path):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(SOUND)
    disagreements = []
    for number, (name, document) in enumerate(itertools.chain(mutants(), boundaries())):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(document))
        result = lint(carillon, path)
        assert result.returncode in (0, 1), result.stderr
        rules = rules_in(result.stdout) if result.returncode else set()
        if rules - BEYOND if validator.is_valid(document) else not rules:
            disagreements.append((name, rules))
    assert number > 500
    assert not disagreements


def test_findings_are_printed_as_file_line_location_rule_sentence(carillon, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("workflow_id: w\nname: W\npayload_schema: {}\nsteps:\n- step_id: a\n  step_typ: SMS\n"
                    "  name: A\n  config: {}\n")
    result = lint(carillon, path)
    assert result.returncode == 1
    assert f"{path}:6: /steps/0/step_typ: unknown_key: a step has no key \"step_typ\"; is \"step_type\" meant?" \
        in result.stdout.splitlines()


def test_the_same_id_in_two_files_is_found(carillon, tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(SOUND))
    result = lint(carillon, tmp_path)
    assert result.returncode == 1
    assert "unique_workflow_id" in result.stdout
    assert lint(carillon, tmp_path / "a.json").returncode == 0
