"""Executions that wait for a time live in Redis, outlive every worker, and are told once."""

import json
import time
import uuid

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.receiver import Answer
from rig.site import execution_id

DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}


def reminder(delay, workflow_id="reminder"):
    return workflows.workflow(workflow_id, [
        workflows.step("note", "IN_APP", {"body": "Hello {{ payload.name }}"}),
        workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "Hello", "text": "After {{ steps.note.status }}"},
                       delay=delay),
    ])


def send(site, numbers, workflow_id="reminder"):
    for number in numbers:
        site.send(workflow_id, f"user-{number}", DATA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()


def of_kind(site, kind):
    """The keys of all partitions that end so."""
    return sorted(site.redis.scan_iter(f"*:{kind}", count=1000))


def outbox_entries(site):
    return [field for key in of_kind(site, "outbox") for field in site.redis.hkeys(key) if field != "last"]


def check(site, numbers, workflow_id="reminder"):
    ids = sorted(execution_id(workflow_id, f"t-{number}") for number in numbers)
    executions = site.execution_completions()
    assert sorted(execution["execution_id"] for execution in executions) == ids
    assert {execution["status"] for execution in executions} == {"COMPLETED"}
    steps = site.step_completions()
    assert sorted((step["execution_id"], step["step_id"]) for step in steps) == \
        sorted((execution, step) for execution in ids for step in ("note", "mail"))
    assert len({step["event_id"] for step in steps}) == len(steps)
    assert site.inbox_sizes() == {f"user-{number}": 1 for number in numbers}


def check_nothing_left(site):
    assert of_kind(site, "pending") == []
    wait_for(lambda: outbox_entries(site) == [], 10, "an outbox that is trimmed")


def test_a_delay_waits_in_the_store(site):
    site.add_workflow(reminder("3s"))
    worker = site.run_worker()
    began = time.monotonic()
    send(site, [1])
    site.wait_published("step-completions", 1)
    record = site.record(execution_id("reminder", "t-1"))
    assert record["status"] == "RUNNING" and record["due_at"] is not None
    assert [step["status"] for step in record["steps"]] == ["COMPLETED", "PENDING"]
    (pending,) = of_kind(site, "pending")
    assert site.redis.zcard(pending) == 1
    assert time.monotonic() - began < 3
    site.wait_published("execution-completions", 1)
    assert time.monotonic() - began >= 3
    check(site, [1])
    # A further trigger lets the worker write once more: what is published is trimmed then.
    send(site, [2])
    site.wait_published("execution-completions", 2)
    check_nothing_left(site)
    site.stop_workers()
    # The execution was read back from its record, whose text goes on behind the workflow's id.
    assert {event["workflow_id"] for event in worker.events("delivered")} == {"reminder"}
    assert "Ada" not in worker.stderr()


def test_a_delay_may_be_an_expression(site):
    site.add_workflow(reminder("payload.amount"))
    site.run_worker()
    send(site, [1])
    site.wait_published("execution-completions", 1)
    check(site, [1])
    site.stop_workers()


@pytest.mark.parametrize("kills", [1, 3])
def test_waiting_executions_outlive_killed_workers(make_site, kills):
    site = make_site(partitions=4)
    site.add_workflow(reminder("2s"))
    for number in range(kills + 1):
        worker = site.run_worker()
        send(site, range(number * 200, number * 200 + 200))
        site.wait_published("step-completions", len(site.published("step-completions")) + 50, 60)
        if number < kills:
            worker.kill()
    numbers = range((kills + 1) * 200)
    site.wait_published("execution-completions", len(numbers), 90)
    site.stop_workers()
    check(site, numbers)


def test_waiting_executions_move_with_their_partitions(make_site):
    site = make_site(partitions=4)
    site.add_workflow(reminder("4s"))
    first = site.run_worker()
    send(site, range(300))
    site.wait_published("step-completions", 300)
    site.run_worker()
    first.signal(15)
    assert first.wait(30) == 0
    site.wait_published("execution-completions", 300, 60)
    site.stop_workers()
    check(site, range(300))


def test_a_worker_stops_at_once_while_executions_wait(site):
    site.add_workflow(reminder("1h"))
    site.run_worker()
    send(site, range(20))
    site.wait_published("step-completions", 20)
    began = time.monotonic()
    site.stop_workers()
    assert time.monotonic() - began < 15
    (pending,) = of_kind(site, "pending")
    assert site.redis.zcard(pending) == 20
    assert all(site.redis.ttl(key) == -1 for key in site.redis.scan_iter("*:execution:*", count=1000))


def test_more_wait_than_a_window_holds(make_site):
    site = make_site(partitions=1)
    site.add_workflow(reminder("5s"))
    site.run_worker()
    send(site, range(3000))
    site.wait_published("step-completions", 3000, 60)
    site.wait_published("execution-completions", 3000, 60)
    site.stop_workers()
    check(site, range(3000))


def test_the_version_it_began_with_goes_on(site):
    site.add_workflow(reminder("4s"))
    worker = site.run_worker()
    send(site, [1])
    site.wait_published("step-completions", 1)
    worker.kill()
    changed = reminder("4s")
    changed["steps"][1]["config"]["text"] = "Changed"
    site.add_workflow(changed)
    site.run_worker()
    site.wait_published("execution-completions", 1)
    site.stop_workers()
    check(site, [1])
    (mail,) = [step for step in site.step_completions() if step["step_id"] == "mail"]
    assert json.loads(mail["result"])["message"]["text"] == "After COMPLETED"


def command(site, verb, number):
    """Asks the owner of the execution's partition, as `carillon execution` does."""
    the_id = execution_id("reminder", f"t-{number}")
    (key,) = site.redis.scan_iter(f"*:execution:{the_id}", count=1000)
    site.redis.rpush(key.partition(":execution:")[0] + ":commands", f"{verb} {the_id} {uuid.uuid4()}")


def no_commands(site):
    return of_kind(site, "commands") == []


def test_a_waiting_execution_is_cancelled(site):
    site.add_workflow(reminder("1h"))
    site.run_worker()
    send(site, range(3))
    site.wait_published("step-completions", 3)
    command(site, "cancel", 1)
    site.wait_published("execution-completions", 1)
    (execution,) = site.execution_completions()
    assert execution["execution_id"] == execution_id("reminder", "t-1")
    assert execution["status"] == "FAILED" and execution["reason"] == "cancelled"
    wait_for(lambda: no_commands(site), 5, "the command's end")
    record = site.record(execution["execution_id"])
    assert record["status"] == "FAILED" and [step["status"] for step in record["steps"]] == ["COMPLETED", "PENDING"]
    (pending,) = of_kind(site, "pending")
    assert site.redis.zcard(pending) == 2
    command(site, "cancel", 1)  # it has ended: nothing happens, and the command goes
    wait_for(lambda: no_commands(site), 5, "the command's end")
    assert len(site.execution_completions()) == 1
    site.stop_workers()


def test_a_failed_execution_is_retried_from_its_failed_step(site, receiver):
    workflow = reminder("0s")
    workflow["steps"].append(workflows.step("last", "IN_APP", {"body": "{{ execution.run }}"}))
    site.add_workflow(workflow)
    receiver.answer("/mail", Answer(404))
    config = site.config(channels={"EMAIL": "mail"}, **{"provider.mail": {"kind": "http", "url": receiver.url("/mail")}})
    site.run_worker(config, env={"no_proxy": "127.0.0.1"})
    send(site, [1])
    site.wait_published("execution-completions", 1)
    receiver.answer("/mail", Answer(200))
    command(site, "retry", 1)
    site.wait_published("execution-completions", 2)
    wait_for(lambda: no_commands(site), 5, "the command's end")
    site.stop_workers()
    first, second = site.execution_completions()
    assert [(e["status"], e["run"]) for e in (first, second)] == [("FAILED", 1), ("COMPLETED", 2)]
    assert [(s["step_id"], s["run"], s["status"]) for s in site.step_completions()] == \
        [("note", 1, "COMPLETED"), ("mail", 1, "FAILED"), ("mail", 2, "COMPLETED"), ("last", 2, "COMPLETED")]
    assert [request.json()["run"] for request in receiver.requests] == [1, 2]
    assert len({request.key for request in receiver.requests}) == 2
    assert len(site.inbox("user-1")) == 2


def test_what_is_no_command_leaves_the_list(site):
    site.add_workflow(reminder("1h"))
    site.run_worker()
    send(site, [1])
    site.wait_published("step-completions", 1)
    (pending,) = of_kind(site, "pending")
    site.redis.rpush(pending.removesuffix("pending") + "commands", "nonsense", "cancel me", "retry " + "x" * 1000)
    wait_for(lambda: no_commands(site), 5, "an empty list")
    site.stop_workers()


def test_a_command_for_a_record_that_nobody_can_read_leaves_the_list(site):
    site.add_workflow(reminder("1h"))
    worker = site.run_worker()
    send(site, [1])
    site.wait_published("step-completions", 1)
    (key,) = site.redis.scan_iter("*:execution:*", count=1000)
    site.redis.set(key, "no record")
    command(site, "cancel", 1)
    wait_for(lambda: no_commands(site), 5, "an empty list")
    assert worker.events("record_unreadable")
    site.stop_workers()
