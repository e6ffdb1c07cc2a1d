"""Oracle tests drive the built program from outside; CARILLON names it (tests/run: the one with the sanitizers)."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent


def pytest_addoption(parser):
    parser.addoption("--expressions", type=int, default=100_000, help="how many random expressions")
    parser.addoption("--seed", type=int, default=1, help="of what is random; printed")


@pytest.fixture(scope="session")
def carillon():
    """The path of the program under test."""
    path = pathlib.Path(os.environ.get("CARILLON", ROOT / "build" / "carillon"))
    if not path.exists():
        pytest.fail(f"{path} is not built")
    return path
