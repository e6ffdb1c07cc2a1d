"""One broker and one Redis serve all tests of a run; every test has topics, a group and a database of its own."""

import itertools
import os
import pathlib
import shutil
import tempfile

import pytest

from rig.kafka_broker import KafkaAddress
from rig.receiver import Receiver
from rig.redis_server import RedisAddress
from rig.shared_servers import SharedServers
from rig.site import Site

SERVERS = pytest.StashKey()
SITES_MAX = 512  # of one process

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


# The servers of the run. Where several processes share the tests (pytest -n), the one that hands the tests out starts them
# and tells the others where they are.


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config):
    config.stash[SERVERS] = SharedServers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["servers"] = node.config.stash[SERVERS].addresses()


def pytest_unconfigure(config):
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


@pytest.fixture(scope="session")
def shared_servers(request):
    shared = getattr(request.config, "workerinput", {}).get("servers")
    if shared:
        yield KafkaAddress(*shared["kafka"]), RedisAddress(*shared["redis"])
        return
    started = SharedServers()
    try:
        yield started.kafka, started.redis
    finally:
        started.close()


@pytest.fixture(scope="session")
def kafka(shared_servers):
    """The broker of the run: not to be stopped."""
    return shared_servers[0]


@pytest.fixture(scope="session")
def redis_server(shared_servers):
    """The Redis of the run: not to be stopped."""
    return shared_servers[1]


@pytest.fixture(scope="session")
def site_numbers(request):
    """Each process of the run has a range of its own."""
    name = getattr(request.config, "workerinput", {}).get("workerid", "gw0")
    return itertools.count(int(name.removeprefix("gw")) * SITES_MAX + 1)


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


def pytest_terminal_summary(terminalreporter):
    """Ends with what tests have counted."""
    for report in terminalreporter.getreports("passed"):
        for name, line in report.user_properties if report.when == "call" else ():
            if name == "told":
                terminalreporter.write_line(line)


@pytest.fixture
def make_site(carillon, kafka, redis_server, session_folder, site_numbers, request):
    """Makes a test's own corner of the servers; what it started ends with the test."""
    sites = request.node.sites = []

    def make(partitions=1, redis=redis_server, broker=kafka):
        number = next(site_numbers)
        folder = session_folder / f"site-{number}"
        folder.mkdir()
        sites.append(Site(carillon, broker, redis, folder, request.node.originalname, number, partitions))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site):
    return make_site()
