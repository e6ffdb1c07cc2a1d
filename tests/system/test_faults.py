"""Servers that are away, come back, or say no: one clear line now and then, no crash, no busy loop, nothing lost."""

import signal
import time

import pytest

from rig import workflows
from rig.kafka_broker import SASL_USER, KafkaBroker
from rig.processes import free_ports, wait_for
from rig.redis_server import RedisServer
from rig.volume import Load

DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}
WATCH_SECONDS = 6
# Generous: starting alone takes some tenths of a second, a busy loop would take all of it.
CPU_SECONDS_MAX = 2.5


@pytest.fixture
def quiet_site(site):
    site.add_workflow(workflows.note_and_mail())
    return site


def complaints(worker):
    return [event for event in worker.events() if event["level"] in ("warn", "error")]


def check_waits(worker, word):
    """It is up, has said what is wrong with that word in it, says so again at a decent rate, and does not spin."""
    wait_for(lambda: complaints(worker), 15, f"a complaint\n{worker.tail()}")
    before = len(complaints(worker))
    cpu = worker.cpu_seconds()
    time.sleep(WATCH_SECONDS)
    assert worker.running(), worker.tail()
    assert worker.cpu_seconds() - cpu < CPU_SECONDS_MAX
    found = complaints(worker)
    assert len(found) - before <= 2 * WATCH_SECONDS, worker.tail()
    assert any(word in str(event).lower() for event in found), worker.tail()
    assert not worker.events("ready")


def check_flows(site, count=1):
    site.send("note_and_mail", "user-1", DATA)
    site.flush()
    site.wait_published("execution-completions", count)


def test_no_kafka(quiet_site):
    (port,) = free_ports(1)
    worker = quiet_site.start_worker(quiet_site.config(kafka={"bootstrap.servers": f"127.0.0.1:{port}"}))
    check_waits(worker, "kafka")
    assert worker.terminate() == 0


def test_no_redis_until_it_comes(make_site, session_folder):
    server = RedisServer(session_folder / "late")
    site = make_site(redis=server)
    site.add_workflow(workflows.note_and_mail())
    try:
        worker = site.start_worker()
        check_waits(worker, "redis")
        server.start()
        worker.wait_ready()
        check_flows(site)
        site.stop_workers()
    finally:
        if server.process:
            server.kill()


def test_kafka_comes_later(make_site, session_folder):
    broker = KafkaBroker(session_folder / "late-kafka").start()
    try:
        site = make_site(broker=broker)
        site.add_workflow(workflows.note_and_mail())
        broker.stop()
        worker = site.start_worker()
        check_waits(worker, "kafka")
        broker.start()
        worker.wait_ready(60)
        check_flows(site)
        site.stop_workers()
    finally:
        broker.kill()


@pytest.mark.parametrize("given", ["wrong", None])
def test_redis_refuses_the_password(make_site, session_folder, given):
    server = RedisServer(session_folder / f"locked-{given}", password="right").start()
    try:
        site = make_site(redis=server)
        site.add_workflow(workflows.note_and_mail())
        url = server.url(site.database, given)
        worker = site.start_worker(site.config(redis={"url": url}))
        check_waits(worker, "redis")
        assert ":wrong@" not in worker.stderr()
        assert worker.terminate() == 0
        site.run_worker(site.config(redis={"url": server.url(site.database, "right")}))
        check_flows(site)
        site.stop_workers()
    finally:
        server.kill()


def test_kafka_refuses_the_password(quiet_site):
    site = quiet_site
    user, password = SASL_USER
    sasl = {"bootstrap.servers": site.kafka.sasl_address, "security.protocol": "sasl_plaintext",
            "sasl.mechanisms": "PLAIN", "sasl.username": user}
    worker = site.start_worker(site.config(kafka={**sasl, "sasl.password": "wrong"}))
    check_waits(worker, "authentication")
    assert worker.terminate() == 0
    site.run_worker(site.config(kafka=sasl), env={"CARILLON_KAFKA_SASL_PASSWORD": password})
    check_flows(site)
    site.stop_workers()


@pytest.mark.parametrize("kind", ["triggers", "step_completions", "execution_completions", "rejected"])
def test_a_missing_topic_is_waited_for(quiet_site, kind):
    site = quiet_site
    missing = f"{site.name}.missing"
    worker = site.start_worker(site.config(worker={kind: missing}))
    check_waits(worker, missing)
    site.kafka.create_topic(missing)
    worker.wait_ready()
    site.stop_workers()


def test_missing_topics_are_created(quiet_site):
    site = quiet_site
    names = {kind: f"{site.name}.new.{kind}" for kind in
             ("triggers", "step_completions", "execution_completions", "rejected")}
    site.run_worker(site.config(worker={**names, "create_topics": "true", "create_topics.partitions": 3,
                                        "create_topics.replication": 1}))
    topics = site.kafka.admin().list_topics(timeout=10).topics
    assert {len(topics[name].partitions) for name in names.values()} == {3}
    site.stop_workers()


def test_exit_on_unreachable(quiet_site):
    (port,) = free_ports(1)
    for change in ({"kafka": {"bootstrap.servers": f"127.0.0.1:{port}"}},
                   {"redis": {"url": f"redis://127.0.0.1:{port}/0"}}):
        worker = quiet_site.start_worker(quiet_site.config(**change), ["--exit-on-unreachable"])
        assert worker.wait(60) == 3
        assert complaints(worker)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(quiet_site, number):
    worker = quiet_site.run_worker()
    check_flows(quiet_site)
    worker.signal(number)
    assert worker.wait(15) == 0


def test_a_signal_while_it_waits_for_servers(quiet_site):
    (port,) = free_ports(1)
    worker = quiet_site.start_worker(quiet_site.config(redis={"url": f"redis://127.0.0.1:{port}/0"}))
    wait_for(lambda: complaints(worker), 15, "a complaint")
    assert worker.terminate(15) == 0


def test_a_second_signal_ends_it_at_once(make_site, session_folder):
    """Redis stands still, so the epoch cannot end by itself."""
    server = RedisServer(session_folder / "still").start()
    try:
        site = make_site(redis=server)
        site.add_workflow(workflows.note_and_mail())
        worker = site.run_worker()
        check_flows(site)
        server.process.pause()
        site.send("note_and_mail", "user-2", DATA)
        site.flush()
        time.sleep(1)
        worker.signal(signal.SIGTERM)
        time.sleep(1)
        assert worker.running()
        worker.signal(signal.SIGTERM)
        assert worker.wait(5) != 0
    finally:
        server.kill()


def test_redis_restarts_in_the_middle(make_site, session_folder):
    server = RedisServer(session_folder / "restarted", aof=True).start()
    try:
        site = make_site(partitions=4, redis=server)
        site.add_workflow(workflows.note_and_mail())
        site.run_worker()
        load = Load(site, 5000)
        load.start(pause_seconds=0.3)
        for restart, part in ((server.stop, 1), (server.kill, 2)):
            wait_for(lambda: load.sent > load.count * part // 3, 60, "the next part")
            restart()
            time.sleep(0.5)
            server.start()
        load.join()
        load.wait_done(120)
        site.stop_workers()
        load.check()
        load.check_inboxes()
    finally:
        server.kill()


def test_kafka_restarts_in_the_middle(make_site, session_folder):
    broker = KafkaBroker(session_folder / "restarted-kafka").start()
    try:
        site = make_site(partitions=4, broker=broker)
        site.add_workflow(workflows.note_and_mail())
        site.run_worker()
        load = Load(site, 5000)
        load.start(pause_seconds=0.3)
        wait_for(lambda: load.sent > load.count // 3, 60, "a third of the triggers")
        broker.stop()
        broker.start()
        load.join()
        load.wait_done(180)
        site.stop_workers()
        load.check()
        load.check_inboxes()
    finally:
        broker.kill()
