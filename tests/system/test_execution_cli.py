"""`carillon execution`: what people see of executions, and what they may ask of a partition's owner."""

import json
import subprocess
import uuid

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.site import execution_id

ADA = {"name": "Ada", "email": "ada@example.com", "amount": 250}
NOBODY_S = str(uuid.uuid5(uuid.NAMESPACE_DNS, "nobody"))


def waiting(workflow_id="waiting", delay="1h"):
    """A note at once, and another one later."""
    return workflows.workflow(workflow_id, [
        workflows.step("note", "IN_APP", {"body": "Hello"}),
        workflows.step("later", "IN_APP", {"body": "Hello again"}, delay=delay),
    ])


def failing(workflow_id="failing"):
    """The second step's condition cannot be evaluated for those without a number."""
    return workflows.workflow(workflow_id, [
        workflows.step("note", "IN_APP", {"body": "Hello"}),
        workflows.step("broken", "IN_APP", {"body": "x"}, skip_condition="1 / payload['amount'] > 2"),
    ])


class Executions:
    """The commands on a site."""

    def __init__(self, site):
        self.site = site

    def run(self, *arguments):
        return subprocess.run(
            [self.site.carillon, "execution", *arguments, "--set", f"worker.group={self.site.name}",
             "--redis", self.site.redis_server.url(self.site.database)], capture_output=True, text=True, timeout=60)

    def ok(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr + result.stdout
        return result.stdout

    def fails(self, code, *arguments):
        result = self.run(*arguments)
        assert result.returncode == code, (result.returncode, result.stderr + result.stdout)
        return result.stdout + result.stderr

    def listed(self, *arguments):
        return [json.loads(line) for line in self.ok("list", "--json", *arguments).splitlines()]

    def commands(self, partition=0):
        return self.site.redis.lrange(f"{self.site.name}:{{{self.site.triggers}/{partition}}}:commands", 0, -1)


@pytest.fixture
def executions(site):
    return Executions(site)


def run_triggers(site, *triggers):
    """Sends (workflow id, trigger id, data) to a worker of their own, and waits until each ended or waits."""
    for workflow in (waiting(), failing(), workflows.note_and_mail()):
        site.add_workflow(workflow)
    worker = site.run_worker()
    for workflow_id, trigger_id, data in triggers:
        site.send(workflow_id, "user-1", data, trigger_id=trigger_id)
    site.flush()
    wait_for(lambda: len(site.recorded()) == len(triggers), 30, "records")
    wait_for(lambda: committed(site) == len(triggers), 30, "the commit")
    return worker


def committed(site):
    return sum(max(0, offset) for offset, _ in site.committed())


def put_record(site, name, record):
    site.redis.set(f"{site.name}:{{{site.triggers}/0}}:execution:{name}", json.dumps(record))


def test_show_tells_where_an_execution_stands(site, executions):
    run_triggers(site, ("note_and_mail", "t-1", ADA), ("waiting", "t-2", ADA), ("failing", "t-3", ADA | {"amount": 0}))
    ended, waits, failed = (execution_id(name, trigger) for name, trigger in
                            (("note_and_mail", "t-1"), ("waiting", "t-2"), ("failing", "t-3")))
    lines = [line.split() for line in executions.ok("show", ended).splitlines()]
    assert ["execution", ended] in lines and ["status", "COMPLETED,", "run", "1"] in lines
    assert ["workflow", "note_and_mail,", "version", "1,", "control", "version", "0"] in lines
    assert ["recipient", "user-1"] in lines and ["trigger", "t-1"] in lines
    assert ["origin", f"{site.triggers}/0,", "offset", "0"] in lines
    assert [line[:3] for line in lines if line[0] in ("note", "mail")] == [["note", "IN_APP", "COMPLETED"],
                                                                          ["mail", "EMAIL", "COMPLETED"]]
    assert "(delay of step later)" in executions.ok("show", waits)
    text = executions.ok("show", failed)
    assert "status     FAILED, run 1" in text and "      evaluation_failed: " in text
    assert json.loads(executions.ok("show", "--json", failed)) == site.record(failed)


def test_show_has_those_who_failed_to_deliver_and_what_nobody_takes(site, executions):
    run_triggers(site, ("note_and_mail", "t-1", ADA), ("waiting", "t-2", ADA))
    ended, waits = execution_id("note_and_mail", "t-1"), execution_id("waiting", "t-2")
    record = site.record(ended)
    record["steps"][1]["failures"] = [
        {"attempt": 1, "provider": "post", "code": "http_503", "at": "2026-11-24T10:00:00.000Z", "retriable": True,
         "retry_after_ms": 2000},
        {"attempt": 1, "provider": "pigeon\x1b", "code": "timeout", "at": "2026-11-24T10:00:01.000Z", "unknown": True}]
    put_record(site, ended, record)
    put_record(site, waits, site.record(waits) | {"postponed": True})
    text = executions.ok("show", ended)
    assert " attempt 1 by log 2" in text
    assert ("      attempt 1, 2026-11-24T10:00:00.000Z, post: http_503, retriable, not again for 2000 ms\n"
            "      attempt 1, 2026-11-24T10:00:01.000Z, pigeon?: timeout, perhaps delivered\n") in text
    assert json.loads(executions.ok("show", "--json", ended)) == record
    assert " (no provider takes step later)" in executions.ok("show", waits)


def test_show_of_what_is_not_there_says_what_may_be_the_reason(site, executions):
    said = executions.fails(1, "show", NOBODY_S)
    assert "no record of this execution in group" in said and "redis.retention" in said and "1d" in said
    executions.fails(2, "show", "17")
    executions.fails(2, "show")


def test_control_characters_do_not_reach_the_terminal(site, executions):
    run_triggers(site, ("waiting", "t", ADA))
    name = execution_id("waiting", "t")
    put_record(site, name, site.record(name) | {"recipient": "evil\x1b[2J\u009b\x7f\u00e9"})
    assert "recipient  evil?[2J??\u00e9\n" in executions.ok("show", name)


def test_list_filters_by_workflow_and_status(site, executions):
    run_triggers(site, *[("note_and_mail", f"n-{i}", ADA) for i in range(3)],
                 *[("waiting", f"w-{i}", ADA) for i in range(2)], ("failing", "f", ADA | {"amount": 0}))
    assert len(executions.listed()) == 6
    assert {item["workflow_id"] for item in executions.listed("--status", "waiting")} == {"waiting"}
    assert [item["execution_id"] for item in executions.listed("--status", "failed")] == [execution_id("failing", "f")]
    assert len(executions.listed("--workflow", "note_and_mail", "--status", "COMPLETED")) == 3
    assert executions.listed("--workflow", "note_and_mail", "--status", "FAILED") == []
    (item, _) = executions.listed("--status", "waiting")
    record = site.record(item["execution_id"])
    assert item == {"execution_id": record["execution_id"], "status": "RUNNING", "reason": None, "run": 1,
                    "workflow_id": "waiting", "workflow_version": 1, "recipient": "user-1", "current_step": "later",
                    "started_at": record["started_at"], "completed_at": None, "due_at": record["due_at"]}
    lines = executions.ok("list", "--status", "waiting").splitlines()
    assert len(lines) == 3 and lines[0].startswith("EXECUTION") and f"until {record['due_at']}" in lines[1] + lines[2]
    executions.fails(2, "list", "--status", "done")
    executions.fails(2, "list", "--limit", "0")


def test_list_has_the_newest_of_all_when_asked_to(site, executions):
    """Records without a worker: many more than one page, beside keys that are none."""
    run_triggers(site, ("note_and_mail", "t", ADA))
    record = site.record(execution_id("note_and_mail", "t"))
    pipeline = site.redis.pipeline(transaction=False)
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))) for number in range(3000)]
    for number, name in enumerate(ids):
        key = f"{site.name}:{{{site.triggers}/{number % 7}}}:execution:{name}"
        started = f"2020-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
        pipeline.set(key, json.dumps(record | {"execution_id": name, "started_at": started}))
    pipeline.set(f"{site.name}:{{{site.triggers}/0}}:execution:{NOBODY_S}", "no record")
    pipeline.set(f"{site.name}x:{{{site.triggers}/0}}:execution:{NOBODY_S}", "of another group")
    pipeline.execute()
    result = executions.run("list", "--json", "--all", "--limit", "4")
    found = [json.loads(line)["execution_id"] for line in result.stdout.splitlines()]
    assert found == [record["execution_id"], *ids[:-4:-1]]
    assert result.stderr == "1 records cannot be read; carillon fsck names them\nand 2997 more; see --limit\n"
    result = executions.run("list", "--json", "--limit", "100")
    started = [json.loads(line)["started_at"] for line in result.stdout.splitlines()]
    assert len(started) == 100 and started == sorted(started, reverse=True)
    assert "there are more" in result.stderr and "see --all and --limit" in result.stderr
    assert len(executions.listed("--limit", "10000")) == 3001


def test_cancel_ends_what_waits(site, executions):
    run_triggers(site, ("waiting", "t", ADA))
    name = execution_id("waiting", "t")
    assert executions.ok("cancel", name) == f"{name}: FAILED: cancelled\n"
    record = site.record(name)
    assert (record["status"], record["reason"]) == ("FAILED", "cancelled")
    (event,) = [json.loads(json.dumps(event, default=str)) for event in site.wait_executions(1)]
    assert (event["execution_id"], event["status"], event["reason"]) == (name, "FAILED", "cancelled")
    assert executions.fails(1, "cancel", name) == f"{name}: FAILED: it had ended already\n"
    assert executions.commands() == []


def test_retry_runs_a_failed_execution_again(site, executions):
    run_triggers(site, ("failing", "t", ADA | {"amount": 0}), ("waiting", "w", ADA))
    name = execution_id("failing", "t")
    assert executions.ok("retry", name).startswith(f"{name}: ")
    wait_for(lambda: site.record(name)["status"] == "FAILED" and site.record(name)["run"] == 2, 30, "the second run")
    assert {event["run"] for event in site.wait_executions(2)} == {1, 2}
    waits = execution_id("waiting", "w")
    assert executions.fails(1, "retry", waits) == f"{waits}: RUNNING: only a FAILED execution can be run again\n"
    assert executions.fails(1, "retry", NOBODY_S).startswith(f"carillon execution: {NOBODY_S}: no record")


def test_a_command_stays_until_there_is_an_owner(site, executions):
    worker = run_triggers(site, ("waiting", "t", ADA))
    assert worker.terminate() == 0
    name = execution_id("waiting", "t")
    said = executions.fails(4, "cancel", "--wait", "1", name)
    assert f"{name}: still to be done" in said and "no worker owns the partition" in said
    (text,) = executions.commands()
    verb, target, nonce = text.split(" ")
    assert (verb, target) == ("cancel", name) and str(uuid.UUID(nonce)) == nonce
    assert executions.ok("cancel", "--wait", "0", name) == f"{name}: asked for\n"
    assert len(set(executions.commands())) == 2
    site.run_worker()
    wait_for(lambda: site.record(name)["status"] == "FAILED" and not executions.commands(), 30, "the next owner")


def test_many_at_once_need_a_yes(site, executions):
    run_triggers(site, *[("waiting", f"w-{i}", ADA) for i in range(5)], ("failing", "f", ADA | {"amount": 0}))
    assert "5 executions match; add --yes to cancel them" in executions.fails(2, "cancel", "--workflow", "waiting")
    assert executions.commands() == []
    said = executions.ok("cancel", "--workflow", "waiting", "--yes")
    assert sorted(said.splitlines()) == sorted(f"{execution_id('waiting', f'w-{i}')}: FAILED: cancelled"
                                               for i in range(5))
    assert executions.ok("cancel", "--status", "waiting") == ""
    executions.ok("retry", "--status", "FAILED", "--workflow", "failing")
    executions.fails(2, "retry")
    executions.fails(2, "retry", "--workflow", "failing", execution_id("failing", "f"))


def test_a_list_that_nobody_works_off_takes_no_more(site, executions):
    worker = run_triggers(site, ("waiting", "t", ADA))
    assert worker.terminate() == 0
    site.redis.rpush(f"{site.name}:{{{site.triggers}/0}}:commands", *(f"x {number}" for number in range(10000)))
    said = executions.fails(1, "cancel", "--wait", "0", execution_id("waiting", "t"))
    assert f"10000 commands wait for the owner of {site.triggers}/0 already" in said
    assert len(executions.commands()) == 10000


def test_a_redis_that_is_not_there_is_unreachable(site):
    result = subprocess.run([site.carillon, "execution", "list", "--redis", "unix:///nowhere/redis"],
                            capture_output=True, text=True)
    assert result.returncode == 3 and "cannot connect" in result.stderr
