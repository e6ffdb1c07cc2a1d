"""The engine does no I/O: what its library calls is on a list (tests/unit/engine_symbols.allow)."""

import fnmatch
import subprocess

import pytest

from conftest import ROOT

LIBRARY = ROOT / "build" / "engine" / "libcarillon_engine.a"
ALLOWED = ROOT / "tests" / "unit" / "engine_symbols.allow"


def symbols(*options):
    listed = subprocess.run(["nm", "-P", *options, LIBRARY], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line and not line.endswith(":")}


def test_the_engine_calls_only_what_is_on_the_list():
    if not LIBRARY.exists():
        pytest.fail(f"{LIBRARY} is not built")
    patterns = [line for line in ALLOWED.read_text().splitlines() if line and not line.startswith("#")]
    called = symbols("-u") - symbols("--defined-only")
    assert called, "nm found nothing: is this the library?"
    refused = sorted(name for name in called if not any(fnmatch.fnmatchcase(name, p) for p in patterns))
    assert not refused, "move these calls out of engine/, or argue for them in engine_symbols.allow"
