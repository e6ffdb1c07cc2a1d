"""One broker and one Redis serve all tests of a run; every test has topics, a group and a database of its own."""

import os
import pathlib
import shutil
import tempfile

import pytest

from rig.kafka_broker import KafkaBroker
from rig.redis_server import RedisServer

ROOT = pathlib.Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def carillon():
    """The path of the program under test."""
    path = pathlib.Path(os.environ.get("CARILLON", ROOT / "build" / "carillon"))
    if not path.exists():
        pytest.fail(f"{path} is not built")
    return path


@pytest.fixture(scope="session")
def session_folder():
    """Short, because unix sockets have short names."""
    folder = tempfile.mkdtemp(prefix="carillon-")
    yield pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(session_folder):
    broker = KafkaBroker(session_folder / "kafka")
    try:
        yield broker.start()
    finally:
        if broker.process:
            broker.kill()


@pytest.fixture(scope="session")
def redis_server(session_folder):
    server = RedisServer(session_folder / "redis")
    try:
        yield server.start()
    finally:
        if server.process:
            server.kill()
