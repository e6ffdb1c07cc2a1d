"""The rig counts right: what it would miss, nobody else would see."""

import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).parent.parent

CRITERION = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="Criterion Tests" tests="3" failures="1" errors="0" disabled="1"><testsuite name="a" tests="3">
<testcase name="skip" assertions="0" status="SKIPPED" time="0.000"><skipped/></testcase>
<testcase name="ok" assertions="1" status="PASSED" time="0.000"></testcase>
<testcase name="bad" assertions="1" status="FAILED"><failure type="assert" message="1 failed"></failure></testcase>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4">
<testcase classname="m" name="a"/><testcase classname="m" name="b"><failure message="x">y</failure></testcase>
<testcase classname="m" name="c"><error message="setup">z</error></testcase>
<testcase classname="m" name="d"><skipped message="why"/></testcase></testsuite></testsuites>"""


def tally(folder):
    ran = subprocess.run([sys.executable, TESTS / "tally.py", folder], capture_output=True, text=True)
    return ran.stdout.strip(), ran.returncode


def test_reports_of_every_kind_add_up(tmp_path):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "a.xml").write_text(CRITERION)
    (tmp_path / "pytest.xml").write_text(PYTEST)
    assert tally(tmp_path) == ("2 passed, 3 failed, 2 skipped", 1)


def test_a_torn_report_is_a_failure(tmp_path):
    (tmp_path / "a.xml").write_text(CRITERION[:200])
    assert tally(tmp_path) == ("0 passed, 1 failed, 0 skipped", 1)


def test_only_failures_make_the_exit_code(tmp_path):
    (tmp_path / "a.xml").write_text('<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>')
    assert tally(tmp_path) == ("1 passed, 0 failed, 0 skipped", 0)


PROGRAMS = {
    "passes": ("write; exit 0", "1 passed, 0 failed, 0 skipped"),
    "fails": ("fail; exit 1", "0 passed, 1 failed, 0 skipped"),
    "leaks": ("write; echo '==1==ERROR: LeakSanitizer: detected memory leaks' >&2; exit 0",
              "1 passed, 1 failed, 0 skipped"),
    "crashes_early": ("kill -SEGV $$", "0 passed, 1 failed, 0 skipped"),
    "crashes_late": ("write; kill -SEGV $$", "1 passed, 1 failed, 0 skipped"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_ends_badly_is_a_failure(tmp_path, name):
    body, expected = PROGRAMS[name]
    program = tmp_path / f"unit_{name}"
    program.write_text(f"""#!/bin/bash
    path=${{2#--xml=}}
    write() {{ echo '<testsuites><testsuite><testcase name="a"/></testsuite></testsuites>' > "$path"; }}
    fail() {{ echo '<testsuites><testsuite><testcase name="a"><failure/></testcase></testsuite></testsuites>' > "$path"; }}
    {body}
    """)
    program.chmod(0o755)
    results = tmp_path / "results"
    ran = subprocess.run([sys.executable, TESTS / "programs.py", "criterion", tmp_path, results],
                         capture_output=True, text=True, env=os.environ)
    assert tally(results)[0] == expected
    assert (ran.returncode == 0) == (name == "passes"), ran.stdout


def test_no_program_at_all_is_no_success(tmp_path):
    ran = subprocess.run([sys.executable, TESTS / "programs.py", "criterion", tmp_path, tmp_path / "results"],
                         capture_output=True, text=True)
    assert ran.returncode != 0
