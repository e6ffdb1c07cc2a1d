"""`carillon fsck`: nothing to find beside workers that run; and each thing that a store can lose is found by name."""

import json
import subprocess

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.site import event_id, execution_id
from rig.worker import write_config

ADA = {"name": "Ada", "email": "ada@example.com", "amount": 250}


def waiting():
    return workflows.workflow("waiting", [
        workflows.step("note", "IN_APP", {"body": "Hello"}),
        workflows.step("later", "IN_APP", {"body": "Hello again"}, delay="1h")])


def soon():
    """Goes through store custody and ends there."""
    return workflows.workflow("soon", [
        workflows.step("note", "IN_APP", {"body": "Hello"}),
        workflows.step("later", "IN_APP", {"body": "Hello again"}, delay="300ms")])


class Fsck:
    def __init__(self, site):
        self.site = site
        self.config = write_config(site.folder / "fsck.conf", site.config())

    def run(self, *arguments):
        return subprocess.run([self.site.carillon, "fsck", "-c", self.config, *arguments], capture_output=True,
                              text=True, timeout=120)

    def reports(self, code, *arguments):
        result = self.run("--json", *arguments)
        assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def sound(self, *arguments):
        reports = self.reports(0, *arguments)
        assert all(report["sound"] and report["findings"] == [] for report in reports)
        return reports

    def findings(self, *arguments):
        return [finding for report in self.reports(1, *arguments) for finding in report["findings"]]


@pytest.fixture
def fsck(site):
    return Fsck(site)


def key(site, suffix, partition=0):
    return f"{site.name}:{{{site.triggers}/{partition}}}:{suffix}"


def send_all(site, ended=3, waits=2, stored=2):
    """A worker takes triggers of each kind; what is to end has been told when this returns."""
    for workflow in (waiting(), soon(), workflows.note_and_mail()):
        site.add_workflow(workflow)
    worker = site.run_worker()
    for name, count in (("note_and_mail", ended), ("waiting", waits), ("soon", stored)):
        for number in range(count):
            site.send(name, "user-1", ADA, trigger_id=f"{name}-{number}")
    site.flush()
    site.wait_published("execution-completions", ended + stored)
    wait_for(lambda: len(site.recorded()) == ended + waits + stored, 30, "records")
    wait_for(lambda: sum(max(0, offset) for offset, _ in site.committed()) >= ended + waits + stored, 30, "commits")
    return worker


def published_number(site):
    """Of the last outbox entry that is published."""
    return int(site.committed()[0][1].removeprefix("outbox="))


def stop(worker):
    assert worker.terminate() == 0


def test_a_group_that_never_ran_is_sound(make_site):
    site = make_site(partitions=2)
    reports = Fsck(site).sound("--completions")
    assert [(report["partition"], report["committed"]) for report in reports[:2]] == [(0, None), (1, None)]
    assert reports[2]["completions"] == 0


def test_what_workers_leave_is_sound(site, fsck):
    worker = send_all(site)
    (partition, completions) = fsck.sound("--completions")
    stop(worker)
    assert (partition["topic"], partition["partition"]) == (site.triggers, 0)
    assert partition["committed"] == 7 and partition["ended"] == 5 and partition["waiting"] == 2
    assert partition["outbox_last"] >= 2 and partition["stale_timers"] == 0
    assert completions["completions"] == 5 and completions["unchecked"] == 0
    lines = fsck.run().stdout.splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"{site.triggers}/0: sound; committed 7; outbox ")


def test_nothing_is_found_while_workers_run(make_site):
    """Executions move between log, store and end while they are looked at."""
    site = make_site(partitions=4)
    fsck = Fsck(site)
    for workflow in (soon(), workflows.note_and_mail()):
        site.add_workflow(workflow)
    site.run_worker()
    for number in range(3000):
        site.send(("soon", "note_and_mail")[number % 2], f"user-{number % 50}", ADA, trigger_id=str(number),
                  partition=number % 4)
        if number % 300 == 299:
            site.flush()
            fsck.sound("--completions")
    site.wait_published("execution-completions", 3000, 60)
    reports = fsck.sound("--completions")
    assert sum(report.get("ended", 0) for report in reports) == reports[-1]["completions"] == 3000


def test_an_execution_that_nothing_wakes(site, fsck):
    stop(send_all(site))
    (member, other) = site.redis.zrange(key(site, "pending"), 0, -1)
    site.redis.zrem(key(site, "pending"), member)
    (finding,) = fsck.findings()
    assert finding == {"finding": "no_timer", "execution_id": member[-36:]}
    text = fsck.run().stdout
    assert f"{site.triggers}/0: no_timer {member[-36:]}: it has not ended, but nothing will make it go on\n" in text
    assert f"{site.triggers}/0: 1 findings; committed 7;" in text and other[-36:] not in text
    # What the documentation says to do about it.
    site.run_worker()
    for verb in ("cancel", "retry"):
        subprocess.run([site.carillon, "execution", verb, "-c", fsck.config, member[-36:]], check=True, timeout=60)
    wait_for(lambda: site.record(member[-36:]).get("due_at"), 30, "its delay")
    fsck.sound()


def test_a_timer_at_another_time_and_one_that_is_left_behind(site, fsck):
    stop(send_all(site))
    (first, second) = site.redis.zrange(key(site, "pending"), 0, -1)
    site.redis.zrem(key(site, "pending"), first)
    site.redis.zadd(key(site, "pending"), {"0000000000007" + first[13:]: 0, "0000000000007" + second[13:]: 0})
    (report,) = fsck.reports(1)
    assert report["findings"] == [{"finding": "wrong_timer", "execution_id": first[-36:]}]
    assert report["stale_timers"] == 2


def test_a_record_that_is_lost_or_broken(site, fsck):
    stop(send_all(site))
    lost, broken = (execution_id("waiting", f"waiting-{number}") for number in range(2))
    site.redis.delete(key(site, f"execution:{lost}"))
    site.redis.set(key(site, f"execution:{broken}"), '{"format":1}')
    site.redis.zadd(key(site, "pending"), {"no member": 0})
    assert sorted(finding["finding"] for finding in fsck.findings()) == ["broken_record", "foreign_timer", "no_record"]
    found = {finding["finding"]: finding.get("execution_id") for finding in fsck.findings()}
    assert found == {"broken_record": broken, "no_record": lost, "foreign_timer": None}


def test_an_outbox_that_lost_acknowledged_writes(site, fsck):
    stop(send_all(site))
    published = published_number(site)
    assert published >= 2
    site.redis.hset(key(site, "outbox"), "last", published - 1)
    assert fsck.findings() == [{"finding": "outbox_forgotten", "from": published, "to": published}]
    site.redis.hset(key(site, "outbox"), mapping={"last": published + 4, str(published + 2): "x"})
    assert fsck.findings() == [{"finding": "outbox_gap", "from": published + 1, "to": published + 1},
                               {"finding": "outbox_gap", "from": published + 3, "to": published + 4}]


def test_a_redis_that_has_lost_everything(site, fsck):
    stop(send_all(site))
    site.redis.flushdb()
    findings = fsck.findings("--completions")
    assert [finding["finding"] for finding in findings[:2]] == ["no_fence", "outbox_forgotten"]
    assert {finding["execution_id"] for finding in findings[2:]} == {
        execution_id(name, f"{name}-{number}") for name, count in (("note_and_mail", 3), ("soon", 2))
        for number in range(count)}
    assert {finding["finding"] for finding in findings[2:]} == {"completion_without_record"}


def test_an_end_that_nobody_was_told(site, fsck):
    stop(send_all(site))
    name = execution_id("note_and_mail", "note_and_mail-0")
    record = site.record(name)
    untold = record | {"execution_id": execution_id("note_and_mail", "x")}
    site.redis.set(key(site, f"execution:{untold['execution_id']}"), json.dumps(untold))
    assert fsck.findings("--completions") == [{"finding": "no_completion", "execution_id": untold["execution_id"]}]
    fsck.sound()
    # It is going to be told: its event waits in the outbox.
    published = published_number(site)
    site.redis.hset(key(site, "outbox"), mapping={"last": published + 1, str(published + 1):
                                                  f"...{event_id(untold['execution_id'])}..."})
    fsck.sound("--completions")


def test_a_completion_that_was_published_twice(site, fsck):
    stop(send_all(site))
    message = site.published("execution-completions")[0]
    site.producer.send(site.outputs["execution-completions"], message.value(), key=message.key())
    site.producer.send(site.outputs["execution-completions"], b"no event")
    site.flush()
    result = fsck.run("--completions")
    assert result.returncode == 1
    assert result.stdout.splitlines()[-2].startswith("completions: completion_twice ")
    assert result.stdout.splitlines()[-1] == ("completions: 1 findings; 6 read, 1 other messages, 0 executions older "
                                              "than what the topic still has")


def test_servers_that_do_not_answer(site, fsck):
    result = fsck.run("--redis", "unix:///nowhere/redis")
    assert result.returncode == 3 and "cannot connect" in result.stderr
    result = fsck.run("--set", "kafka.bootstrap.servers=127.0.0.1:1")
    assert result.returncode == 3 and "Kafka at 127.0.0.1:1" in result.stderr
