"""Providers of the kind kafka: each step's request is published once, with the step's completion."""

import collections
import json
import subprocess
import time

from rig import workflows
from rig.avro import ROOT, Schema
from rig.clients import TopicReader, read_topic
from rig.processes import wait_for
from rig.receiver import Answer
from rig.site import event_id, execution_id

DELIVERY_REQUEST = Schema.load("schemas/delivery_request.avsc")
ADA = {"name": "Ada", "email": "ada@example.com", "amount": 3}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
COUNT = 1500


def asking(workflow_id="asking"):
    """A mail at once and an SMS a second later, both by requests; between them a note into the inbox."""
    return workflows.workflow(workflow_id, [
        workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "Hi \u00e4", "text": "{{ payload.name }}",
                                         "provider": "outside"}),
        workflows.step("note", "IN_APP", {"body": "Hello"}),
        workflows.step("text", "SMS", {"to": "{{ recipient }}", "body": "Later", "provider": "outside"}, delay=1),
    ])


class Requests:
    """A provider `outside` of a site, and what was published for it."""

    def __init__(self, site, create=True):
        self.site = site
        self.topic = f"{site.name}.requests"
        if create:
            site.kafka.create_topic(self.topic, site.partitions)
        site.add_workflow(asking())

    def config(self, **changes):
        return self.site.config(**{"provider.outside": {"kind": "kafka", "topic": self.topic}}, **changes)

    def reader(self, committed_only=True):
        return TopicReader(self.site.kafka.address, self.topic, committed_only)

    def published(self):
        return read_topic(self.site.kafka.address, self.topic)

    def check(self, numbers):
        """After the workers have ended: one request a step, as the completions say."""
        requests = [DELIVERY_REQUEST.decode(message.value()) for message in self.published()]
        expected = {(execution_id("asking", f"t-{number}"), step) for number in numbers for step in ("mail", "text")}
        counted = collections.Counter((request["execution_id"], request["step_id"]) for request in requests)
        assert counted == collections.Counter(expected)
        completions = {step["event_id"]: step for step in self.site.step_completions() if step["step_id"] != "note"}
        assert set(completions) == {request["event_id"] for request in requests}
        for request in requests:
            completion = completions[request["event_id"]]
            result = json.loads(completion["result"])
            assert result["message"] == json.loads(request["message"]) and result["provider"] == "outside"
            assert completion["completed_at"] == request["requested_at"]


def send(site, numbers):
    for number in numbers:
        site.send("asking", f"user-{number}", ADA, trigger_id=f"t-{number}", key=f"user-{number}")
    site.flush()


def test_a_request_says_all_that_a_deliverer_needs(site):
    requests = Requests(site)
    site.run_worker(requests.config())
    site.send("asking", "user-1", ADA, trigger_id="t-1", key="key-1", metadata={"campaign": "x"},
              headers={"traceparent": TRACE, "other": "1"})
    site.flush()
    site.wait_published("execution-completions", 1)
    messages = requests.published()
    execution = execution_id("asking", "t-1")
    mail = DELIVERY_REQUEST.decode(messages[0].value())
    assert mail.pop("requested_at").timestamp() > 0
    assert json.loads(mail.pop("message")) == {"to": "ada@example.com", "subject": "Hi \u00e4", "text": "Ada"}
    assert json.loads(mail.pop("metadata")) == {"campaign": "x"}
    assert mail == {"event_id": event_id(execution, "mail"), "execution_id": execution, "workflow_id": "asking",
                    "workflow_version": 1, "step_id": "mail", "step_type": "EMAIL", "recipient": "user-1", "run": 1,
                    "attempt": 1}
    assert [message.key() for message in messages] == [b"key-1"] * 2
    assert [message.headers() for message in messages] == [[("traceparent", TRACE.encode())]] * 2
    text = DELIVERY_REQUEST.decode(messages[1].value())
    assert text["step_id"] == "text" and text["metadata"] == '{"campaign":"x"}'
    requests.check([1])


def test_decode_knows_requests(site):
    requests = Requests(site)
    site.run_worker(requests.config())
    send(site, [1])
    site.wait_published("execution-completions", 1)
    lines = "".join(f"{message.value().hex()}\n" for message in requests.published())
    result = subprocess.run([site.carillon, "decode", f"--framed={ROOT / 'schemas'}"], input=lines, capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert [json.loads(line)["step_id"] for line in result.stdout.splitlines()] == ["mail", "text"]


def test_a_missing_topic_is_made(site):
    requests = Requests(site, create=False)
    worker = site.run_worker(requests.config(worker={"create_topics": "true"}))
    assert [event["topic"] for event in worker.events("topic_created")] == [requests.topic]
    send(site, [1])
    site.wait_published("execution-completions", 1)
    requests.check([1])


def test_a_missing_topic_is_told(site):
    requests = Requests(site, create=False)
    worker = site.start_worker(requests.config())
    assert requests.topic in worker.wait_event("topic_missing", 20)[0]["message"]


def test_it_takes_over_from_a_provider_that_refuses(site, receiver):
    requests = Requests(site)
    receiver.answer("/web", Answer(404))
    site.add_workflow(workflows.workflow("pushing", [workflows.step("push", "PUSH", {"to": "x", "title": "t", "body": "b"})]))
    site.run_worker(requests.config(channels={"PUSH": "web, outside"},
                                    **{"provider.web": {"kind": "http", "url": receiver.url("/web")}}),
                    env={"no_proxy": "*"})
    site.send("pushing", "user-1", ADA, trigger_id="t-1")
    site.flush()
    site.wait_published("execution-completions", 1)
    (request,) = [DELIVERY_REQUEST.decode(message.value()) for message in requests.published()]
    (step,) = site.step_completions()
    assert step["status"] == "COMPLETED" and step["event_id"] == request["event_id"] and len(receiver.requests) == 1


def is_open(requests):
    """Whether requests are written that are not decided, and whoever could decide it has said all that it will say."""
    time.sleep(0.2)  # what was sent arrives, and the markers of what was committed
    with requests.reader() as reader:
        visible = len(reader.read_to_end())
    with requests.reader(committed_only=False) as reader:
        return len(reader.read_to_end()) > visible


def kill_while_it_commits(site, requests, count):
    """Has a worker stand still again and again until it does so inside of a transaction, which is where it is killed.
    How many triggers that took."""
    small_epochs = requests.config(worker={"max_inflight": 4})
    sent = 0
    with site.reader("step-completions") as told:
        for _ in range(8):
            send(site, range(sent, sent + count))
            sent += count
            worker = site.start_worker(small_epochs)
            told.read_until(len(told.messages) + 1, 60)
            for _ in range(20):
                worker.pause()
                if is_open(requests):
                    worker.kill()
                    return sent
                worker.resume()
                time.sleep(0.013)
            site.stop_workers()
            told.read_settled()
    raise AssertionError("no transaction was ever left open")


def test_killed_while_it_commits_each_request_is_there_once(make_site):
    """Executions are told from their records, waiting ones go through the outbox."""
    site = make_site(partitions=4)
    requests = Requests(site)
    sent = kill_while_it_commits(site, requests, COUNT)
    site.run_worker(requests.config())
    site.wait_published("execution-completions", sent, 60)
    site.stop_workers()
    requests.check(range(sent))


def test_a_request_without_its_provider_is_missed_loudly(site):
    """The worker dies between the record and the transaction, and who comes next has another configuration."""
    requests = Requests(site)
    site.add_workflow(workflows.workflow("short", [
        workflows.step("mail", "EMAIL", {"to": "x@example.com", "subject": "s", "text": "t", "provider": "outside"})]))
    worker = site.run_worker(requests.config(worker={"commit.interval.ms": "60s"}))
    site.send("short", "user-1", ADA, trigger_id="t-1")
    site.flush()
    wait_for(lambda: site.recorded(), 30, "the record")
    worker.kill()
    worker = site.run_worker(site.config(**{"provider.outside": {"kind": "log"}}))
    site.wait_published("execution-completions", 1)
    (dropped,) = worker.events("request_dropped")
    assert dropped["execution"] == execution_id("short", "t-1") and dropped["step_id"] == "mail"
    assert dropped["level"] == "error"
    assert [step["status"] for step in site.step_completions()] == ["COMPLETED"] and requests.published() == []


def test_the_run_of_a_retry_asks_again(site):
    requests = Requests(site)
    site.add_workflow(workflows.workflow("failing", [
        workflows.step("mail", "EMAIL", {"to": "x@example.com", "subject": "s", "text": "t", "provider": "outside"}),
        workflows.step("broken", "SMS", {"to": "1", "body": "x"}, skip_condition="1 / payload['amount'] > 2"),
    ]))
    site.run_worker(requests.config())
    site.send("failing", "user-1", ADA | {"amount": 0}, trigger_id="t-1")
    site.flush()
    site.wait_published("execution-completions", 1)
    execution = execution_id("failing", "t-1")
    subprocess.run([site.carillon, "execution", "retry", execution, "--set", f"worker.group={site.name}", "--redis",
                    site.redis_server.url(site.database)], check=True, capture_output=True, timeout=60)
    site.wait_published("execution-completions", 2)
    site.stop_workers()
    (request,) = [DELIVERY_REQUEST.decode(message.value()) for message in requests.published()]
    assert request["event_id"] == event_id(execution, "mail", 1), "what was asked for in run 1 is not asked for again"
    assert site.record(execution)["run"] == 2
