"""kill -9: what was running is run by whoever comes next, and told once."""

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.volume import Load

COUNT = 20000


@pytest.fixture
def busy_site(make_site):
    site = make_site(partitions=8)
    site.add_workflow(workflows.note_and_mail())
    return site


@pytest.mark.parametrize("kills", [1, 4])
def test_the_only_worker_is_killed(busy_site, kills):
    site = busy_site
    worker = site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.05 * (kills + 1))
    for part in range(1, kills + 1):
        wait_for(lambda: load.sent > COUNT * part // (kills + 1), 120, "the next part")
        assert worker.running()
        worker.kill()
        assert load.sent < COUNT, "the worker was to die in the middle"
        worker = site.run_worker()
    load.join()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()


def test_killed_over_a_backlog(busy_site):
    site = busy_site
    load = Load(site, COUNT)
    load.send_all()
    worker = site.run_worker()
    with site.reader("execution-completions") as reader:
        reader.read_until(1, 30)
    worker.kill()
    site.run_worker()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()


def test_one_of_two_is_killed(busy_site):
    site = busy_site
    first = site.run_worker()
    site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.1)
    wait_for(lambda: load.sent > COUNT // 2, 60, "half of the triggers")
    first.kill()
    load.join()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()


def test_a_worker_that_stood_still_does_no_harm(busy_site):
    """SIGSTOP beyond its session: a zombie that wakes up and finds its partitions gone."""
    site = busy_site
    first = site.run_worker()
    site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.2)
    wait_for(lambda: load.sent > COUNT // 4, 60, "a quarter of the triggers")
    first.pause()
    load.join()
    site.workers[1].wait_event("ready", 60, count=2)
    load.wait_done(120)
    first.resume()
    wait_for(lambda: not first.running() or len(first.events("ready")) > 1, 60, "the zombie's return or end")
    if first.running():
        site.stop_workers()
    else:
        assert site.workers[1].terminate() == 0
    load.check()
    load.check_inboxes()
