"""Deliveries over HTTP, counted at a real receiver."""

import collections
import json
import subprocess

import pytest

from rig import workflows
from rig.processes import free_ports, wait_for
from rig.receiver import CLOSE, HANG, MIDDLE, Answer, retry_after
from rig.site import event_id, execution_id

TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=a1,other=b2"}
ADA = {"name": "Ada \"L.\" \u00e4\u2603", "email": "ada@example.com", "amount": 250}
NO_PROXY = {"no_proxy": "127.0.0.1"}


def delivering(site, receiver, path="/mail", **provider):
    """The configuration in which e-mails go to the receiver."""
    return site.config(channels={"EMAIL": "mail"},
                       **{"provider.mail": {"kind": "http", "url": receiver.url(path), **provider}})


def run_one(site, config, workflow=None):
    """One trigger to its end: its execution completion and its step completions by step."""
    site.add_workflow(workflow or workflows.note_and_mail())
    site.run_worker(config, env=NO_PROXY)
    site.send("note_and_mail", "user-1", ADA, trigger_id="t-1", headers=list(TRACE.items()))
    site.flush()
    site.wait_published("execution-completions", 1)
    (execution,) = site.execution_completions()
    return execution, {step["step_id"]: step for step in site.step_completions()}


def test_a_step_is_posted_and_completes(site, receiver):
    execution, steps = run_one(site, delivering(site, receiver, "/mail?token=1"))
    (request,) = receiver.requests
    the_id = execution_id("note_and_mail", "t-1")
    message = {"to": "ada@example.com", "subject": "Hello", "text": f"Hello {ADA['name']}"}
    assert request.json() == {
        "execution_id": the_id, "workflow_id": "note_and_mail", "workflow_version": 1, "step_id": "mail",
        "step_type": "EMAIL", "run": 1, "attempt": 1, "recipient": "user-1", "message": message}
    assert request.path == "/mail?token=1" and request.key == event_id(the_id, "mail")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("carillon/")
    assert {name: request.headers[name] for name in TRACE} == TRACE
    assert execution["status"] == "COMPLETED"
    assert json.loads(steps["mail"]["result"]) == {"provider": "mail", "message": message}


def test_a_step_names_its_provider(site, receiver):
    config = delivering(site, receiver)
    config["channels"] = {}
    workflow = workflows.note_and_mail()
    workflow["steps"][0]["config"]["provider"] = "mail"
    _, steps = run_one(site, config, workflow)
    assert json.loads(steps["note"]["result"])["provider"] == "mail" and not site.inbox("user-1")
    assert json.loads(steps["mail"]["result"])["provider"] == "log"
    assert [request.json()["step_type"] for request in receiver.requests] == ["IN_APP"]


@pytest.mark.parametrize("status", [301, 400, 404, 422])
def test_what_is_refused_for_good_fails_at_once(site, receiver, status):
    receiver.answer("/mail", Answer(status, headers=(("Location", receiver.url("/elsewhere")), ("X-Secret", "x"))))
    execution, steps = run_one(site, delivering(site, receiver))
    assert execution["status"] == "FAILED" and steps["mail"]["error"]["code"] == f"http_{status}"
    assert [request.path for request in receiver.requests] == ["/mail"]
    (failure,) = site.workers[0].events("delivery_failed")
    assert failure["provider"] == "mail" and failure["retriable"] == "false"


def test_an_answer_that_breaks_off_is_an_answer(site, receiver):
    receiver.answer("/mail", MIDDLE)
    execution, _ = run_one(site, delivering(site, receiver))
    assert execution["status"] == "COMPLETED" and len(receiver.requests) == 1


@pytest.mark.parametrize("answer, code", [(HANG, "timeout"), (CLOSE, "connection_lost")])
def test_at_most_once_gives_up_what_nobody_knows(site, receiver, answer, code):
    receiver.answer("/mail", answer)
    execution, steps = run_one(site, delivering(site, receiver, on_unknown="fail", **{"timeout.ms": 300}))
    assert execution["status"] == "FAILED" and steps["mail"]["error"]["code"] == code
    assert len(receiver.requests) == 1


def test_many_are_each_delivered_once(make_site, receiver):
    site = make_site(partitions=4)
    count = 5000
    site.add_workflow(workflows.note_and_mail())
    receiver.answer("/mail", Answer(delay_seconds=0.02))
    worker = site.run_worker(delivering(site, receiver, concurrency=50), env=NO_PROXY)
    for number in range(count):
        site.send("note_and_mail", f"user-{number}", ADA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()
    site.wait_published("execution-completions", count, 120)
    assert receiver.accepted() == collections.Counter(
        event_id(execution_id("note_and_mail", f"t-{number}"), "mail") for number in range(count))
    assert 10 < receiver.in_flight_most <= 2 * 50, "two shards with 50 each"
    assert receiver.connections <= 2 * 50, "connections are used again"
    assert worker.events("delivery_failed") == []
    site.stop_workers()
    assert {execution["status"] for execution in site.execution_completions()} == {"COMPLETED"}


def test_a_worker_stops_while_a_receiver_is_slow(site, receiver):
    receiver.answer("/mail", Answer(delay_seconds=1))
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(delivering(site, receiver), env=NO_PROXY)
    for number in range(20):
        site.send("note_and_mail", f"user-{number}", ADA, trigger_id=f"t-{number}")
    site.flush()
    receiver.wait_requests(20)
    site.stop_workers()
    executions = site.execution_completions()
    assert len(executions) == 20 and {execution["status"] for execution in executions} == {"COMPLETED"}
    assert set(receiver.keys().values()) == {1} and len(receiver.requests) == 20


def test_a_failure_names_neither_address_nor_content(site, receiver):
    receiver.answer("/mail", retry_after(400, 5))
    _, steps = run_one(site, delivering(site, receiver, "/mail?token=secret"))
    said = site.workers[0].stderr() + json.dumps(steps["mail"]["error"])
    assert not [word for word in ("secret", "ada@example.com", str(receiver.port), "L.") if word in said]


def test_an_unknown_provider_of_a_step_names_the_nearest(site, receiver):
    workflow = workflows.note_and_mail()
    workflow["steps"][0]["config"]["provider"] = "mial"
    site.add_workflow(workflow)
    worker = site.start_worker(delivering(site, receiver))
    assert worker.wait(15) == 1
    (told,) = worker.events("workflow_invalid")
    assert told["step_id"] == "note" and told["provider"] == "mial" and told["nearest"] == "mail"


def test_the_configuration_is_shown_with_origins_and_without_secrets(carillon, tmp_path):
    (tmp_path / "c.conf").write_text("[channels]\nSMS = texts\n[provider.texts]\nkind = http\nurl = http://file/\n")
    shown = subprocess.run(
        [carillon, "worker", "-c", "c.conf", "--set", "provider.texts.timeout.ms=2s", "--print-config"],
        env={"CARILLON_PROVIDER_TEXTS_URL": "https://user:hidden@texts.example/v1?key=hidden"}, cwd=tmp_path,
        capture_output=True, text=True, check=True).stdout
    assert "\nSMS = texts ; c.conf:2\n" in shown
    assert ("\n[provider.texts]\nkind = http ; c.conf:4\nurl = https://***@texts.example/v1?*** ; "
            "CARILLON_PROVIDER_TEXTS_URL\n") in shown
    assert "\ntimeout.ms = 2s ; --set\n" in shown
    assert "hidden" not in shown


def test_a_receiver_that_comes_back_is_found_again(site, receiver):
    """Nothing is kept of connections that died."""
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(delivering(site, receiver), env=NO_PROXY)
    for number in range(3):
        site.send("note_and_mail", "user-1", ADA, trigger_id=f"t-{number}")
        site.flush()
        site.wait_published("execution-completions", number + 1)
        receiver.refuse_connections()
        receiver.listen()
    assert [execution["status"] for execution in site.execution_completions()] == ["COMPLETED"] * 3
    assert receiver.connections == 3 and len(receiver.requests) == 3


def test_nobody_at_the_address_is_told_in_the_log(site):
    (port,) = free_ports(1)
    site.add_workflow(workflows.note_and_mail())
    config = site.config(channels={"EMAIL": "mail"},
                         **{"provider.mail": {"kind": "http", "url": f"http://127.0.0.1:{port}/"}})
    worker = site.run_worker(config, env=NO_PROXY)
    site.send("note_and_mail", "user-1", ADA)
    site.flush()
    wait_for(lambda: worker.events("delivery_failed"), 30, "the failure in the log")
    failure = worker.events("delivery_failed")[0]
    assert failure["code"] == "connect" and failure["retriable"] == "true"
