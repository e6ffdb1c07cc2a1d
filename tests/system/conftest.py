"""One broker and one Redis serve all tests of a run; every test has topics, a group and a database of its own."""

import itertools
import os
import pathlib
import shutil
import tempfile

import pytest

from rig.kafka_broker import KafkaBroker
from rig.receiver import Receiver
from rig.redis_server import RedisServer
from rig.site import Site

site_numbers = itertools.count(1)

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


@pytest.fixture
def receiver():
    """Whom http providers deliver to."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows what the workers said last."""
    report = yield
    if report.failed:
        for worker in (worker for site in getattr(item, "sites", []) for worker in site.workers):
            report.sections.append((f"last lines of {worker.name}", worker.tail()))
    return report


@pytest.fixture
def make_site(carillon, kafka, redis_server, session_folder, request):
    """Makes a test's own corner of the servers; what it started ends with the test."""
    sites = request.node.sites = []

    def make(partitions=1, redis=redis_server, broker=kafka):
        number = next(site_numbers)
        folder = session_folder / f"site-{number}"
        folder.mkdir()
        sites.append(Site(carillon, broker, redis, folder, f"{request.node.originalname}.{number}", partitions))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site):
    return make_site()
