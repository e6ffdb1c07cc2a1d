"""Routes of several providers, and what a provider that is slow, down or limited means for the rest; counted at real
receivers."""

import collections
import json
import time

import pytest

from rig import workflows
from rig.admin import Admin
from rig.processes import wait_for
from rig.receiver import HANG, Answer
from rig.site import event_id, execution_id

ADA = {"name": "Ada", "email": "ada@example.com", "amount": 250}
NO_PROXY = {"no_proxy": "127.0.0.1"}


def mail(attempts=1, workflow_id="mail", **config):
    """One e-mail with so many attempts, 50 ms apart."""
    step = workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "Hello", "text": "Hello", **config})
    if attempts > 1:
        step["retry"] = {"max_attempts": attempts, "initial": "50ms", "multiplier": 1, "max": "50ms"}
    return workflows.workflow(workflow_id, [step])


def routed(site, receiver, route="a", shards=1, **providers):
    """E-mails go along the route; each provider is a path of the receiver."""
    sections = {f"provider.{name}": {"kind": "http", "url": receiver.url(f"/{name}"), **keys}
                for name, keys in providers.items()}
    return site.config(worker={"shards": shards}, channels={"EMAIL": route}, **sections)


def send(site, count, workflow_id="mail"):
    for number in range(count):
        site.send(workflow_id, f"user-{number}", ADA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()


def keys(count, workflow_id="mail"):
    return {event_id(execution_id(workflow_id, f"t-{number}"), "mail") for number in range(count)}


def seen(receiver, path):
    return collections.Counter(request.key for request in receiver.requests if request.path == path)


def statuses(site):
    return collections.Counter(execution["status"] for execution in site.execution_completions())


def windows(times, seconds):
    """The most that were in any span of so many seconds."""
    times = sorted(times)
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


# One after the other

def test_who_refuses_hands_on_to_the_next_one_within_the_attempt(site, receiver):
    count = 200
    site.add_workflow(mail())
    receiver.answer("/a", Answer(503))
    receiver.answer("/b", Answer(404))
    site.run_worker(routed(site, receiver, "a, b, c", a={"breaker.failures": 0}, b={}, c={}), env=NO_PROXY)
    send(site, count)
    site.wait_published("execution-completions", count)
    assert statuses(site) == {"COMPLETED": count}
    for path in ("/a", "/b", "/c"):
        assert seen(receiver, path) == dict.fromkeys(keys(count), 1), path
    assert {json.loads(step["result"])["provider"] for step in site.step_completions()} == {"c"}
    (step,) = site.record(execution_id("mail", "t-0"))["steps"]
    assert [(failure["attempt"], failure["provider"], failure["code"]) for failure in step["failures"]] == [
        (1, "a", "http_503"), (1, "b", "http_404")]
    assert step["attempt"] == 1


def test_an_attempt_has_failed_when_all_have_refused(site, receiver):
    site.add_workflow(mail(attempts=2))
    receiver.answer("/a", Answer(503))
    receiver.answer("/b", Answer(500), Answer(200))
    site.run_worker(routed(site, receiver, "a, b", a={}, b={}), env=NO_PROXY)
    send(site, 1)
    site.wait_published("execution-completions", 1)
    assert statuses(site) == {"COMPLETED": 1}
    assert [request.path for request in receiver.requests] == ["/a", "/b", "/a", "/b"]
    assert [request.json()["attempt"] for request in receiver.requests] == [1, 1, 2, 2]


def test_what_may_have_arrived_is_handed_on_only_where_it_may_be_repeated(site, receiver):
    site.add_workflow(mail())
    receiver.answer("/a", HANG)
    site.run_worker(routed(site, receiver, "a, b", a={"timeout.ms": 200, "on_unknown": "fail"}, b={}), env=NO_PROXY)
    send(site, 1)
    site.wait_published("execution-completions", 1)
    assert statuses(site) == {"FAILED": 1} and [request.path for request in receiver.requests] == ["/a"]


# Who is down

def test_an_outage_costs_no_attempts(site, receiver):
    """Each message has two attempts, and the provider refuses far more often than that."""
    count = 200
    down = time.monotonic() + 3
    receiver.choose("/a", lambda key, number: Answer(503 if time.monotonic() < down else 200))
    site.add_workflow(mail(attempts=2))
    worker = site.run_worker(
        routed(site, receiver, a={"breaker.failures": 5, "breaker.open.ms": 100, "breaker.open.max.ms": 500,
                                  "concurrency": 20}), env=NO_PROXY)
    send(site, count)
    site.wait_published("execution-completions", count)
    assert statuses(site) == {"COMPLETED": count}
    refused = [request for request in receiver.requests if request.answer.status == 503]
    assert 20 <= len(refused) <= 80, "while it is given up it is only probed"
    assert receiver.accepted() == dict.fromkeys(keys(count), 1)
    assert worker.events("provider_given_up") and worker.events("provider_back")
    probes = [request.at for request in refused[-4:]]
    assert all(later - earlier > 0.09 for earlier, later in zip(probes, probes[1:]))


def test_who_is_given_up_is_passed_over(site, receiver):
    count = 500
    receiver.answer("/a", Answer(500))
    site.add_workflow(mail())
    worker = site.run_worker(routed(site, receiver, "a, b", a={"concurrency": 4, "breaker.open.ms": "1m"}, b={}),
                             env=NO_PROXY)
    send(site, count)
    site.wait_published("execution-completions", count)
    assert statuses(site) == {"COMPLETED": count}
    assert seen(receiver, "/b") == dict.fromkeys(keys(count), 1)
    assert len(receiver.requests) - count < 20, "a was asked in vain"
    assert Admin(worker).value("carillon_provider_open", provider="a") == 1


def test_a_provider_that_hangs_delays_nobody_else(make_site, receiver):
    """Its own messages wait in Redis; those of another provider go as if it were not there."""
    site = make_site(partitions=2)
    hanging, count = 2000, 5000
    receiver.answer("/slow", HANG)
    site.add_workflow(mail(workflow_id="slow", provider="slow"))
    site.add_workflow(mail(workflow_id="fast", provider="fast"))
    worker = site.run_worker(
        routed(site, receiver, "fast", slow={"concurrency": 20, "queue": 50, "timeout.ms": "1m"}, fast={}),
        env=NO_PROXY)
    send(site, hanging, "slow")
    wait_for(lambda: receiver.in_flight >= 20, 10, "the hanging deliveries")
    started = time.monotonic()
    send(site, count, "fast")
    site.wait_published("execution-completions", count)
    took = time.monotonic() - started
    assert receiver.accepted() == dict.fromkeys(keys(count, "fast"), 1)
    assert took < 10, f"{took:.1f} s"
    assert worker.memory_peak_mib() < 150
    assert len(seen(receiver, "/slow")) <= 40
    assert Admin(worker).value("carillon_deliveries_postponed_total", provider="slow") >= hanging - 100


# Limits

def test_a_rate_is_kept_and_its_backlog_comes_in_order(site, receiver):
    count, rate = 300, 100
    site.add_workflow(mail())
    site.run_worker(routed(site, receiver, shards=2, a={"rate": rate, "rate.burst": 10}), env=NO_PROXY)
    send(site, count)
    site.wait_published("execution-completions", count)
    times = [request.at for request in receiver.requests]
    assert statuses(site) == {"COMPLETED": count} and len(times) == count
    assert windows(times, 1) <= rate + 10 + 15, "what was on its way together counts in one window"
    assert max(times) - min(times) < 2.5 * count / rate, "one partition is one shard's, with half of the rate"


def test_replicas_share_a_rate(make_site, receiver):
    site = make_site(partitions=4)
    count, rate = 600, 100
    config = routed(site, receiver, shards=2, a={"rate": rate, "rate.burst": 10, "rate.shared": "true"})
    site.add_workflow(mail())
    workers = [site.run_worker(config, env=NO_PROXY) for _ in range(2)]
    for worker in workers:
        Admin(worker).wait_value(2, "carillon_assigned_partitions")
    send(site, count)
    site.wait_published("execution-completions", count, 60)
    times = [request.at for request in receiver.requests]
    assert statuses(site) == {"COMPLETED": count}
    assert receiver.accepted() == dict.fromkeys(keys(count), 1)
    assert windows(times, 2) <= 2 * rate + 10 + 15
    assert max(times) - min(times) < 2 * count / rate


@pytest.mark.parametrize("path, text", [("queue", "100001"), ("rate", "-1"), ("rate.shared", "true")])
def test_limits_that_make_no_sense_are_refused(site, receiver, path, text):
    worker = site.start_worker(routed(site, receiver, a={path: text}))
    assert worker.wait(15) == 2 and f"provider.a.{path}" in worker.stderr()
