"""The rules of the house that a program can check (CONTRIBUTING.md states them)."""

import collections
import json
import re
import subprocess

import pytest

from conftest import ROOT

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 110

# Functions that may be longer, each with its reason.
LONG_FUNCTIONS = {"engine/expression/machine/machine.c:run": "an interpreter's loop: a case an instruction"}

# Calls with a better replacement, everywhere; and what would give the engine a clock, chance or a way out.
BANNED = "strcpy strcat sprintf vsprintf strtok gets atoi atol atof alloca".split()
BANNED_IN_ENGINE = BANNED + "rand srand random time clock localtime gmtime getenv printf puts perror fopen exit".split()

# An arrow may point down only: custody -> execution -> workflow -> {schema, expression} -> value.
LAYERS = {"value": 0, "schema": 1, "expression": 1, "workflow": 2, "execution": 3, "custody": 4}


def sources(*folders, suffixes=(".c", ".h")):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*")
                  if path.suffix in suffixes and path.is_file())


def name(path):
    return str(path.relative_to(ROOT))


def code_of(path):
    """The text without comments and literals, line breaks kept."""
    pattern = r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), path.read_text(), flags=re.DOTALL)


def calls_of(path, banned):
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(banned) + r")\s*\(")
    return [f"{name(path)}:{number}: {found[1]}" for number, line in enumerate(code_of(path).splitlines(), 1)
            for found in pattern.finditer(line)]


def functions():
    """(file, name, lines) of every function, as ctags sees them."""
    listed = subprocess.run(
        ["ctags", "--languages=C", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-", "-R",
         *(name for name in ("engine", "worker", "tests/unit", "tests/fuzz"))],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tags = [json.loads(line) for line in listed.splitlines()]
    return [(tag["path"], tag["name"], tag["end"] - tag["line"] + 1) for tag in tags if "end" in tag]


def test_ctags_sees_the_functions():
    found = functions()
    assert ("worker/main.c", "main") in {(path, function) for path, function, _ in found}
    assert len({path for path, _, _ in found}) > 5


def test_functions_are_one_thought():
    long = [f"{path}: {function} has {lines} lines" for path, function, lines in functions()
            if lines > FUNCTION_LINES_MAX and f"{path}:{function}" not in LONG_FUNCTIONS]
    assert not long


def test_files_are_one_noun():
    long = []
    for path in sources("engine", "worker", "tests", suffixes=(".c", ".h", ".py")):
        lines = path.read_text().count("\n")
        if lines > FILE_LINES_MAX:
            long.append(f"{name(path)} has {lines} lines")
    assert not long


def test_lines_fit():
    long = [f"{name(path)}:{number}" for path in sources("engine", "worker", "tests")
            for number, line in enumerate(path.read_text().splitlines(), 1) if len(line) > COLUMNS_MAX]
    assert not long


def test_banned_calls():
    assert not [call for path in sources("engine") for call in calls_of(path, BANNED_IN_ENGINE)]
    assert not [call for path in sources("worker") for call in calls_of(path, BANNED)]


def test_only_main_exits():
    # redis_child.c ends a child that could not become another program.
    inside = [path for path in sources("worker") if path.name not in ("main.c", "redis_child.c")]
    assert not [call for path in inside for call in calls_of(path, ["exit", "abort", "_exit"])]


def test_nothing_is_left_to_do():
    marks = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
    folders = ("engine", "worker", "tests", "deploy", "schemas")
    suffixes = (".c", ".h", ".py", ".txt", ".md", ".yaml", ".yml", ".avsc", ".conf", "")
    left = [f"{name(path)}:{number}" for path in sources(*folders, suffixes=suffixes)
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1) if marks.search(line)]
    assert not left


@pytest.mark.parametrize("layer", LAYERS)
def test_arrows_point_down(layer):
    wrong = []
    for path in sources(f"engine/{layer}"):
        for included in re.findall(r'^#include "([^"]+)"', path.read_text(), flags=re.MULTILINE):
            parts = included.split("/")
            below = parts[0] == "engine" and (len(parts) == 2 or parts[1] == layer
                                              or LAYERS.get(parts[1], 99) < LAYERS[layer])
            if not below:
                wrong.append(f"{name(path)} includes {included}")
    assert not wrong


def test_the_engine_includes_no_system_interface():
    allowed = set("assert ctype errno float inttypes limits math stdalign stdarg stdatomic stdbool stddef stdint stdio "
                  "stdlib string".split())
    headers = collections.defaultdict(set)
    for path in sources("engine"):
        for header in re.findall(r"^#include <([^>]+)>", path.read_text(), flags=re.MULTILINE):
            headers[header].add(name(path))
    libraries = re.compile(r"avro|pcre2|jansson|nettle|yaml|uni\w+|uuid")
    wrong = {header: sorted(files) for header, files in headers.items()
             if header.removesuffix(".h") not in allowed and not libraries.match(header)}
    assert not wrong
