"""`carillon dev`: everything in one process, for a first look and for development."""

import json
import re

import psutil
import pytest
import redis
from confluent_kafka import Consumer

from rig.avro import ROOT, Schema
from rig.clients import TriggerProducer
from rig.processes import Process, wait_for
from rig.site import EXECUTION_COMPLETION

DEMO_SECONDS_MAX = 60


@pytest.fixture
def dev(carillon, tmp_path):
    started = []

    def start(*options):
        started.append(Process([carillon, "dev", *options], tmp_path, f"dev-{len(started)}"))
        return started[-1]

    yield start
    for process in started:
        children = psutil.Process(process.pid).children(recursive=True) if process.running() else []
        process.kill()
        for child in children:
            if child.is_running():
                child.kill()
        assert not process.sanitizer_reports()


def samples():
    return [(name, sample) for name in ("order_shipped", "payment_failed", "welcome")
            for sample in json.loads((ROOT / "schemas/examples/triggers" / f"{name}.json").read_text())]


def test_the_demo_ends_by_itself_and_shows_every_step(dev):
    demo = dev("--demo")
    assert demo.wait(DEMO_SECONDS_MAX) == 0, demo.tail()
    shown = demo.stdout()
    for _, sample in samples():
        assert sample["trigger"]["recipient"] in shown
    for word in ("COMPLETED", "SKIPPED", "skip_condition", "no_address", "invalid_payload"):
        assert word in shown, shown


def test_the_demo_delivers_mails_and_shows_them(dev):
    demo = dev("--demo")
    assert demo.wait(DEMO_SECONDS_MAX) == 0, demo.tail()
    shown = demo.stdout()
    assert "5 mails were delivered to smtp://127.0.0.1:" in shown
    assert "mail       orders@shop.example -> ada@example.com: Order ORD-4711 has left our warehouse\n" in shown
    assert "mail       carillon@localhost -> margaret@example.com: Welcome, Margaret\n" in shown
    first = shown.partition("The first of them:\n\n")[2]
    assert first.startswith("  From: ") and re.search(r"^  Message-ID: <[0-9a-f-]{36}@", first, re.M)


def test_the_demo_leaves_nothing_behind(dev, tmp_path):
    demo = dev("--demo")
    children = set()
    while demo.running():
        children |= set(psutil.Process(demo.pid).children(recursive=True)) if demo.running() else set()
        if children:
            break
    assert demo.wait(DEMO_SECONDS_MAX) == 0
    assert children and not any(child.is_running() for child in children)


def addresses(process):
    """Kafka's and Redis's addresses as they are printed for a person."""
    def printed():
        assert process.running(), process.tail()
        kafka = re.search(r"127\.0\.0\.1:\d+", process.stdout())
        store = re.search(r"(redis|unix)://\S+", process.stdout())
        return kafka and store and (kafka[0], store[0])
    return wait_for(printed, 30, f"addresses\n{process.tail()}")


def test_an_ordinary_client_can_use_it(dev):
    process = dev()
    kafka, store = addresses(process)
    producer = TriggerProducer(kafka)
    schema = Schema.load("schemas/examples/schemas/welcome.avsc")
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "mine", "auto.offset.reset": "earliest"})
    consumer.subscribe(["carillon.execution-completions"])
    producer.send("carillon.triggers", schema.encode({
        "workflow_id": "welcome", "recipient": "me", "metadata": None, "trigger_id": "mine-1",
        "data": {"first_name": "Me", "email": "me@example.com", "newsletter": False}}))
    producer.flush()

    def completed():
        message = consumer.poll(0.2)
        return message and not message.error() and EXECUTION_COMPLETION.decode(message.value())
    event = wait_for(completed, 30, "the completion")
    consumer.close()
    assert event["recipient"] == "me" and event["status"] == "COMPLETED"
    client = redis.Redis.from_url(store, decode_responses=True)
    assert any(event["execution_id"] in key for key in client.scan_iter("*"))
    children = psutil.Process(process.pid).children(recursive=True)
    assert process.terminate() == 0
    assert not any(child.is_running() for child in children)


def test_its_redis_does_not_outlive_a_kill(dev):
    process = dev()
    addresses(process)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children
    process.child.kill()
    wait_for(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children), 10,
             "the end of its redis-server")


def test_help_and_version(carillon, tmp_path):
    for arguments in (["--help"], ["worker", "--help"], ["dev", "--help"], ["version"]):
        process = Process([carillon, *arguments], tmp_path, "help")
        assert process.wait(10) == 0 and process.stdout()
    process = Process([carillon, "wroker"], tmp_path, "wrong")
    assert process.wait(10) == 2 and "worker" in process.stderr()
