"""Adds up the JUnit files below a folder: prints `N passed, N failed, N skipped`, and exits with 1 if any failed.

    tally.py [--list] FOLDER

With --list, what failed comes first, one line each with the first line of why. A file that is no XML counts as one failure, so that a program that died while it wrote is seen.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    tags = {child.tag for child in case}
    if tags & {"failure", "error"} or case.get("status") in ("FAILED", "ERROR"):
        return "failed"
    return "skipped" if "skipped" in tags else "passed"


def why(case):
    for child in case:
        if child.tag in ("failure", "error"):
            text = (child.get("message") or child.text or "").strip()
            return text.splitlines()[0] if text else "no reason given"
    return "no reason given"


def count(folder):
    """The counts, and a line for each case that failed."""
    counts, failures = collections.Counter(), []
    for path in sorted(pathlib.Path(folder).rglob("*.xml")):
        try:
            cases = ElementTree.parse(path).getroot().iter("testcase")
        except ElementTree.ParseError:
            counts["failed"] += 1
            failures.append(f"{path.name}: no XML")
            continue
        for case in cases:
            counts[outcome(case)] += 1
            if outcome(case) == "failed":
                failures.append(f"{case.get('classname', path.stem)}: {case.get('name')}: {why(case)}")
    return counts, failures


def main(*arguments):
    counts, failures = count(arguments[-1])
    if arguments[0] == "--list":
        for line in failures:
            print(f"FAILED {line}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
