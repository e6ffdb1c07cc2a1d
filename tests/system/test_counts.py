"""Twenty thousand triggers, two workers, one of them told to go in the middle: the counts are exact."""

from rig import workflows
from rig.processes import wait_for
from rig.volume import Load

COUNT = 20000


def test_two_workers_and_one_leaves(make_site):
    site = make_site(partitions=8)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker()
    site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.1, hold_at=COUNT // 2)
    load.wait_held()
    assert site.workers[0].terminate() == 0
    load.release()
    load.join()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()


def test_a_backlog_is_shared(make_site):
    site = make_site(partitions=8)
    site.add_workflow(workflows.note_and_mail())
    load = Load(site, COUNT)
    load.send()
    site.start_worker()
    site.start_worker()
    for worker in site.workers:
        worker.wait_ready()
    load.wait_done(120)
    site.stop_workers()
    load.check()


def test_a_worker_joins_and_leaves_again_and_again(make_site):
    site = make_site(partitions=8)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker()
    load = Load(site, COUNT)
    load.start(pause_seconds=0.25)
    for part in range(1, 4):
        wait_for(lambda: load.sent > COUNT * part // 5, 60, "the next part")
        assert site.run_worker().terminate() == 0
    load.join()
    load.wait_done(120)
    site.stop_workers()
    load.check()
    load.check_inboxes()
