"""carillon check-schema against the official JSON Schema test suite: every test of draft2020-12 and draft7, the optional
ones too, except what EXCEPTIONS names. An exception that passes is a failure of the list."""

import collections
import concurrent.futures
import fnmatch
import json
import subprocess
import uuid

import pytest

import schema_suite

pytestmark = pytest.mark.xdist_group("schema suite")  # one process counts all of it

ASSERTED = "`format` asserts here; that is what payloads are checked for"
OTHER_DIALECT = "2019-09 and custom metaschemas are refused: a schema must mean the same wherever it is read"
CONTENT = "draft-07 leaves it open; contentEncoding and contentMediaType are annotations here, as 2020-12 has them"

# (file, description of the group, description of the test) -> reason; each may have wildcards.
EXCEPTIONS = {
    ("draft2020-12/format.json", "*", "invalid * only an annotation by default"): ASSERTED,
    ("draft2020-12/vocabulary.json", "*", "*"): OTHER_DIALECT,
    ("draft2020-12/optional/format-assertion.json", "*", "*"): OTHER_DIALECT,
    ("*/optional/cross-draft.json", "*", "*"): OTHER_DIALECT,
    ("draft7/optional/content.json", "*", "*invalid *"): CONTENT,
}

FILES = [(dialect, file) for dialect in schema_suite.DIALECTS for file in schema_suite.files(dialect)]
counts = collections.Counter()


def is_exception(file, group, test):
    for pattern in EXCEPTIONS:
        if all(fnmatch.fnmatchcase(text, part) for text, part in zip((file, group, test), pattern)):
            counts["used", pattern] += 1
            return True
    return False


def answers(carillon, schema, instances, folder):
    """True, False or an error's text for each instance."""
    path = folder / f"{uuid.uuid4()}.json"
    path.write_text(json.dumps(schema))
    ran = subprocess.run([carillon, "check-schema", path], input="\n".join(json.dumps(i) for i in instances),
                         capture_output=True, text=True, timeout=60)
    if not ran.stdout and ran.returncode != 0:
        return [ran.stderr] * len(instances)
    return [line.get("valid", line.get("error")) for line in map(json.loads, ran.stdout.splitlines())]


@pytest.mark.parametrize("dialect, file", FILES, ids=[f"{dialect}/{file}" for dialect, file in FILES])
def test_suite(carillon, tmp_path, dialect, file):
    wrong = []
    name = f"{dialect}/{file}"
    kind = "optional" if file.startswith("optional/") else "required"
    groups = schema_suite.groups(dialect, file)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        all_found = pool.map(lambda group: answers(carillon, group[1], [test["data"] for test in group[2]], tmp_path),
                             groups)
    for (group, _, tests), found in zip(groups, all_found):
        assert len(found) == len(tests)
        for test, answer in zip(tests, found):
            passed = answer == test["valid"]
            if is_exception(name, group, test["description"]):
                counts[dialect, kind, "excepted"] += 1
                if passed:
                    wrong.append(f"{group}: {test['description']}: passes, though it is on the list")
            elif passed:
                counts[dialect, kind, "passed"] += 1
            else:
                counts[dialect, kind, "failed"] += 1
                wrong.append(f"{group}: {test['description']}: {answer}")
    assert not wrong


def test_counts(capsys):
    unused = [pattern for pattern in EXCEPTIONS if not counts["used", pattern]]
    with capsys.disabled():
        for dialect in schema_suite.DIALECTS:
            for kind in ("required", "optional"):
                print(f"\n{dialect} {kind}: " + ", ".join(
                    f"{counts[dialect, kind, outcome]} {outcome}" for outcome in ("passed", "failed", "excepted")), end="")
    if sum(counts.values()) > 2000:  # the whole suite ran
        assert not unused
