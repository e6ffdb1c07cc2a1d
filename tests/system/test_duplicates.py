"""A second trigger with the same id is counted, not run."""

import collections

from rig import workflows
from rig.site import execution_id

DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}


def send(site, numbers, workflow_id="note_and_mail"):
    for number in numbers:
        site.send(workflow_id, f"user-{number}", DATA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()


def executions(site):
    return collections.Counter(execution["execution_id"] for execution in site.execution_completions())


def expected(numbers, workflow_id="note_and_mail"):
    return collections.Counter({execution_id(workflow_id, f"t-{number}"): 1 for number in numbers})


def finish(site, count):
    """A last trigger on every partition shows that all before it is done."""
    for partition in range(4):
        site.send("note_and_mail", "last", DATA, trigger_id=f"last-{partition}", partition=partition)
    site.flush()
    site.wait_published("execution-completions", count + 4)
    site.stop_workers()
    return {execution_id("note_and_mail", f"last-{partition}"): 1 for partition in range(4)}


def test_duplicates_at_once_and_later_run_once(make_site):
    site = make_site(partitions=4)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker()
    send(site, list(range(500)) * 2)
    site.wait_published("execution-completions", 500)
    send(site, range(500))
    last = finish(site, 500)
    assert executions(site) == expected(range(500)) + collections.Counter(last)
    assert len(site.published("rejected")) == 0
    assert site.inbox_sizes() == {**{f"user-{number}": 1 for number in range(500)}, "last": 4}


def test_a_new_worker_remembers(make_site):
    site = make_site(partitions=4)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker()
    send(site, range(100))
    site.wait_published("execution-completions", 100)
    site.stop_workers()
    site.run_worker()
    send(site, range(150))
    last = finish(site, 150)
    assert executions(site) == expected(range(150)) + collections.Counter(last)


def test_ids_belong_to_their_workflow(make_site):
    site = make_site(partitions=4)
    site.add_workflow(workflows.note_and_mail())
    site.add_workflow(workflows.note_and_mail("another"))
    site.run_worker()
    send(site, range(10))
    send(site, range(10), "another")
    last = finish(site, 20)
    assert executions(site) == expected(range(10)) + expected(range(10), "another") + collections.Counter(last)
