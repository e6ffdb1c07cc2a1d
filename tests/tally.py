"""Adds up the JUnit files below a folder: prints `N passed, N failed, N skipped`, and exits with 1 if any failed.

    tally.py FOLDER

A file that is no XML counts as one failure, so that a program that died while it wrote is seen.
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


def count(folder):
    counts = collections.Counter()
    for path in sorted(pathlib.Path(folder).rglob("*.xml")):
        try:
            cases = ElementTree.parse(path).getroot().iter("testcase")
        except ElementTree.ParseError:
            counts["failed"] += 1
            continue
        counts.update(outcome(case) for case in cases)
    return counts


def main(folder):
    counts = count(folder)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
