"""Deliveries that fail are tried again, from the store; what takes too long is handed over to it."""

import collections
import json

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.receiver import Answer, retry_after
from rig.site import event_id, execution_id

ADA = {"name": "Ada", "email": "ada@example.com", "amount": 250}
NO_PROXY = {"no_proxy": "127.0.0.1"}
BUSY = Answer(503)
QUICK = {"max_attempts": 4, "initial": "100ms", "multiplier": 2, "max": "1s"}


def with_policy(**policy):
    workflow = workflows.note_and_mail()
    workflow["steps"][1] |= policy
    return workflow


def delivering(site, receiver, worker=None, **provider):
    return site.config(channels={"EMAIL": "mail"}, worker=worker or {},
                       # The receiver refuses messages one by one here: it is never down.
                       **{"provider.mail": {"kind": "http", "url": receiver.url("/mail"), "breaker.failures": 0,
                                            **provider}})


def send(site, numbers):
    for number in numbers:
        site.send("note_and_mail", f"user-{number}", ADA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()


def key_of(number, run=1):
    return event_id(execution_id("note_and_mail", f"t-{number}"), "mail", run)


def outcome(site):
    (execution,) = site.execution_completions()
    return execution, {step["step_id"]: step for step in site.step_completions()}


def run_one(site, receiver, workflow, *answers):
    receiver.answer("/mail", *answers)
    site.add_workflow(workflow)
    site.run_worker(delivering(site, receiver), env=NO_PROXY)
    send(site, [1])
    site.wait_published("execution-completions", 1, 60)
    return outcome(site)


def test_a_busy_receiver_is_asked_again_with_the_same_key(site, receiver):
    execution, steps = run_one(site, receiver, with_policy(retry=QUICK), BUSY, BUSY, Answer(200))
    assert execution["status"] == "COMPLETED" and steps["mail"]["attempt"] == 3
    assert [(request.key, request.json()["attempt"]) for request in receiver.requests] == \
        [(key_of(1), attempt) for attempt in (1, 2, 3)]
    assert len({request.body.replace(b'"attempt":%d' % (at + 1), b"") for at, request in enumerate(receiver.requests)}) == 1
    assert len(site.inbox("user-1")) == 1


def test_after_the_last_attempt_the_step_and_the_execution_fail(site, receiver):
    execution, steps = run_one(site, receiver, with_policy(retry=QUICK), BUSY)
    assert execution["status"] == "FAILED" and len(receiver.requests) == 4
    assert steps["mail"]["status"] == "FAILED" and steps["mail"]["error"]["code"] == "http_503"
    assert steps["mail"]["attempt"] == 4 and steps["note"]["status"] == "COMPLETED"


def test_a_failed_step_may_let_the_others_go_on(site, receiver):
    workflow = with_policy(retry=QUICK | {"max_attempts": 2}, on_failure="continue")
    workflow["steps"].append(workflows.step("last", "IN_APP", {"body": "{{ steps.mail.status }}"}))
    execution, steps = run_one(site, receiver, workflow, BUSY)
    assert execution["status"] == "COMPLETED"
    assert (steps["mail"]["status"], steps["last"]["status"]) == ("FAILED", "COMPLETED")
    assert json.loads(steps["last"]["result"])["message"]["body"] == "FAILED"


def test_what_may_not_be_retried_is_not(site, receiver):
    execution, _ = run_one(site, receiver, with_policy(retry=QUICK | {"retry_on": ["http_429"]}), BUSY)
    assert execution["status"] == "FAILED" and len(receiver.requests) == 1


def test_retry_after_is_obeyed(site, receiver):
    execution, _ = run_one(site, receiver, with_policy(retry=QUICK), retry_after(429, 2), Answer(200))
    first, second = receiver.requests
    assert execution["status"] == "COMPLETED" and second.at - first.at >= 2


def test_an_execution_expires_while_it_waits(site, receiver):
    workflow = with_policy(retry=QUICK | {"initial": "1h", "max": "1h"}) | {"expires_after": "1s"}
    execution, steps = run_one(site, receiver, workflow, BUSY)
    assert execution["status"] == "FAILED" and len(receiver.requests) == 1
    assert steps["mail"]["status"] == "FAILED"


@pytest.mark.parametrize("kills", [0, 3])
def test_many_retries_are_told_once(make_site, receiver, kills):
    site = make_site(partitions=4)
    count = 400
    site.add_workflow(with_policy(retry=QUICK | {"max_attempts": 10}))
    receiver.choose("/mail", lambda _, number: BUSY if number < 4 else Answer(200))
    config = delivering(site, receiver)
    worker = site.run_worker(config, env=NO_PROXY)
    send(site, range(count))
    for number in range(kills):
        receiver.wait_requests((number + 1) * count // 2, 60)
        worker.kill()
        worker = site.run_worker(config, env=NO_PROXY)
    site.wait_published("execution-completions", count, 120)
    site.stop_workers()
    executions = site.execution_completions()
    assert collections.Counter(execution["execution_id"] for execution in executions) == \
        collections.Counter(execution_id("note_and_mail", f"t-{number}") for number in range(count))
    assert {execution["status"] for execution in executions} == {"COMPLETED"}
    assert len(site.step_completions()) == 2 * count
    assert set(receiver.keys()) == {key_of(number) for number in range(count)}
    if kills == 0:
        assert set(receiver.keys().values()) == {4} and set(receiver.accepted().values()) == {1}
    assert list(site.redis.scan_iter("*:pending")) == []


def test_a_slow_delivery_is_handed_over_and_holds_nobody_up(site, receiver):
    slow = key_of(0)
    receiver.choose("/mail", lambda key, _: Answer(delay_seconds=6) if key == slow else Answer(200))
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(delivering(site, receiver, worker={"epoch.max.ms": 500}), env=NO_PROXY)
    send(site, [0])
    receiver.wait_requests(1)
    send(site, range(1, 50))
    site.wait_published("execution-completions", 49, 5)
    (pending,) = site.redis.scan_iter("*:pending")
    assert site.redis.zcard(pending) == 1
    site.wait_published("execution-completions", 50)
    wait_for(lambda: not site.redis.exists(pending), 10, "nothing that waits")
    site.stop_workers()
    assert collections.Counter(receiver.keys().values()) == {1: 50}
    assert len(site.step_completions()) == 100
    assert {execution["status"] for execution in site.execution_completions()} == {"COMPLETED"}


def test_what_was_handed_over_survives_its_worker(site, receiver):
    receiver.answer("/mail", Answer(delay_seconds=60), Answer(200))
    site.add_workflow(workflows.note_and_mail())
    config = delivering(site, receiver, worker={"epoch.max.ms": 300}, **{"timeout.ms": "90s"})
    worker = site.run_worker(config, env=NO_PROXY)
    send(site, range(10))
    site.wait_published("step-completions", 10)
    worker.kill()
    site.run_worker(config, env=NO_PROXY)
    site.wait_published("execution-completions", 10)
    site.stop_workers()
    assert {execution["status"] for execution in site.execution_completions()} == {"COMPLETED"}
    assert len(site.step_completions()) == 20
    assert receiver.keys() == {key_of(number): 2 for number in range(10)}


def test_at_most_once_fails_what_nobody_knows(site, receiver):
    receiver.answer("/mail", Answer(delay_seconds=60))
    site.add_workflow(workflows.note_and_mail())
    config = delivering(site, receiver, on_unknown="fail", **{"timeout.ms": "90s"})
    worker = site.run_worker(config, env=NO_PROXY)
    send(site, [1])
    receiver.wait_requests(1)
    worker.kill()
    site.run_worker(config, env=NO_PROXY)
    site.wait_published("execution-completions", 1)
    execution, steps = outcome(site)
    assert execution["status"] == "FAILED" and steps["mail"]["error"]["code"] == "unknown_outcome"
    assert len(receiver.requests) == 1
