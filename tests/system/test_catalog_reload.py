"""Changes of workflows and controls reach a worker that runs, within a second and without a trigger lost."""

import json
import subprocess
import time

import pytest

from rig import workflows
from rig.processes import wait_for

ADA = {"name": "Ada", "email": None, "amount": 1}
CONTROLS = {"properties": {"greeting": {"type": "string", "default": "Hello"}}}


def greeter(workflow_id="greeter", **more):
    return workflows.workflow(workflow_id, [workflows.step("note", "IN_APP", {
        "body": "{{ controls.greeting }} {{ payload.name }}"})], control_schema=CONTROLS, **more)


@pytest.fixture
def command(site, carillon):
    def run(*arguments):
        result = subprocess.run([carillon, *arguments, "--redis", site.redis_server.url(site.database),
                                 "--set", f"worker.group={site.name}"], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr + result.stdout
    return run


def apply(site, command, document):
    path = site.folder / "changed.json"
    path.write_text(json.dumps(document))
    command("workflow", "apply", "--activate", str(path))


def run_one(site):
    """Version and greeting of one execution that begins now; None where its trigger is rejected."""
    before = len(site.published("execution-completions")), len(site.published("rejected"))
    site.send("greeter", "user-1", ADA)
    site.flush()
    wait_for(lambda: (len(site.published("execution-completions")), len(site.published("rejected"))) != before, 20,
             "the trigger's end")
    if len(site.published("rejected")) != before[1]:
        return None
    step = site.step_completions()[-1]
    return step["workflow_version"], json.loads(step["result"])["message"]["body"]


def test_what_is_applied_changed_or_archived_is_seen_within_a_second(site, command):
    site.add_workflow(greeter())
    site.run_worker()
    assert run_one(site) == (1, "Hello Ada")
    command("control", "set", "greeter", "greeting", "Hi")
    time.sleep(1)
    assert run_one(site) == (1, "Hi Ada")
    apply(site, command, greeter(metadata={"changed": True}))
    time.sleep(1)
    assert run_one(site) == (2, "Hi Ada")
    command("workflow", "activate", "--version", "1", "greeter")
    time.sleep(1)
    assert run_one(site) == (1, "Hi Ada")
    command("workflow", "archive", "greeter")
    time.sleep(1)
    assert run_one(site) is None


def test_a_workflow_that_no_folder_has_can_be_applied_while_the_worker_runs(site, command):
    site.run_worker()
    assert run_one(site) is None
    apply(site, command, greeter())
    time.sleep(1)
    assert run_one(site) == (1, "Hello Ada")


def test_the_folder_is_what_executes_after_a_start(site, command):
    site.add_workflow(greeter())
    site.run_worker()
    apply(site, command, greeter(metadata={"changed": True}))
    site.stop_workers()
    site.run_worker()
    assert run_one(site) == (1, "Hello Ada")


def test_an_archived_workflow_stays_so_whatever_the_folder_says(site, command):
    site.add_workflow(greeter())
    site.run_worker()
    command("workflow", "archive", "greeter")
    site.stop_workers()
    worker = site.run_worker()
    assert run_one(site) is None
    assert worker.events("workflow_not_applied")


def test_a_redis_that_forgets_takes_no_workflow_from_a_worker(site, command):
    site.add_workflow(greeter())
    worker = site.run_worker()
    apply(site, command, greeter(workflow_id="other"))
    time.sleep(1)
    site.redis.flushdb()
    worker.wait_event("catalog_lost", 5)
    assert run_one(site) == (1, "Hello Ada")
    assert site.redis.hkeys(f"{site.name}:{{catalog}}:lives") == ["greeter"]
