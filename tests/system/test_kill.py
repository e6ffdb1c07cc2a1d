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


def kill(site, worker):
    """kill -9; returns the executions that have a record then, whose steps must not run again."""
    worker.kill()
    return site.recorded()


def check_not_run_again(recorded, worker):
    """A log line of the provider `log` is a delivery."""
    again = {event["execution_id"] for event in worker.events("delivered")} & recorded
    assert not again


@pytest.mark.parametrize("kills", [1, 4])
def test_the_only_worker_is_killed(busy_site, kills):
    site = busy_site
    load = Load(site, COUNT)
    part = COUNT // (kills + 1)
    recorded = []
    with site.reader("execution-completions") as reader:
        for number in range(1, kills + 1):
            worker = site.run_worker()
            load.start(until=number * part, pause_seconds=0.1, hold_at=number * part - part // 10)
            # Some of this part is committed now, and some is not: what follows would show a loss of either kind.
            reader.read_until(len(reader.messages) + 300, 60)
            recorded.append(kill(site, worker))
            load.release()
            load.join()
    site.run_worker()
    load.send()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()
    for before, worker in zip(recorded, site.workers[1:], strict=True):
        check_not_run_again(before, worker)


@pytest.mark.parametrize("seen", [1, 5000])
def test_killed_over_a_backlog(busy_site, seen):
    site = busy_site
    load = Load(site, COUNT)
    load.send()
    worker = site.run_worker()
    with site.reader("execution-completions") as reader:
        reader.read_until(seen, 30)
    recorded = kill(site, worker)
    worker = site.run_worker()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()
    check_not_run_again(recorded, worker)


def test_one_of_two_is_killed(busy_site):
    site = busy_site
    first = site.run_worker()
    site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.1, hold_at=COUNT // 2)
    load.wait_held()
    first.kill()
    load.release()
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
