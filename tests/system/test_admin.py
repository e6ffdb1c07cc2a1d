"""The admin server: figures that are exact, and health that says what is meant."""

import socket

import pytest

from rig import workflows
from rig.admin import Admin
from rig.processes import free_ports, wait_for
from rig.redis_server import RedisServer

DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}


@pytest.fixture
def quiet_site(site):
    site.add_workflow(workflows.every_type())
    return site


@pytest.fixture
def own_redis(session_folder, request):
    server = RedisServer(session_folder / request.node.name).start()
    yield server
    if server.process:
        server.kill()


def take_over(site):
    """A worker is ready when it has its partitions; it takes triggers when it has taken them over."""
    site.send("every_type", "user", DATA)
    site.flush()
    site.wait_published("execution-completions", 1)


def check_histogram(family, count):
    """As Prometheus wants it: buckets that only grow, up to the count."""
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    bounds = [float(sample.labels["le"]) for sample in buckets]
    assert bounds == sorted(bounds) and bounds[-1] == float("inf")
    values = [sample.value for sample in buckets]
    assert values == sorted(values)
    rest = {sample.name.removeprefix(family.name): sample.value for sample in family.samples}
    assert rest["_count"] == values[-1] == count
    assert (rest["_sum"] > 0) == (count > 0)


# Figures


def send_some_of_each(site):
    """40 triggers: 30 that run, of these 10 without an SMS and 5 whose SMS fails; 6 repeated; 4 of no use."""
    site.add_workflow(workflows.workflow("fails", [
        workflows.step("text", "SMS", {"to": "{{ recipient }}", "body": "{{ 1 // (payload.amount - 1) }}"})]))
    admin = Admin(site.run_worker())
    for number in range(25):
        site.send("every_type", f"user-{number}", {**DATA, "amount": 1 if number < 10 else 100}, f"t-{number}", key="k")
    for number in range(5):
        site.send("fails", "user", DATA, key="k")
    for number in range(6):
        site.send("every_type", f"user-{number}", {**DATA, "amount": 1}, f"t-{number}", key="k")
    site.send("nothing", "user", DATA)
    site.send("every_type", "user", {**DATA, "amount": -1})
    site.send("every_type", "user", {**DATA, "amount": -2})
    site.send_bytes(b"no avro")
    site.flush()
    site.wait_published("execution-completions", 30)
    site.wait_published("rejected", 4)
    return admin


def test_counts_are_those_of_the_topics(quiet_site):
    admin = send_some_of_each(quiet_site)
    admin.wait_value(40, "carillon_triggers_taken_total")
    admin.wait_value(0, "carillon_triggers_in_flight")
    values = {key: value for key, value in admin.samples().items() if value}
    expected = {
        ("carillon_triggers_taken_total", ()): 40,
        ("carillon_executions_total", (("status", "COMPLETED"),)): 25,
        ("carillon_executions_total", (("status", "FAILED"),)): 5,
        ("carillon_triggers_duplicate_total", ()): 6,
        ("carillon_triggers_rejected_total", (("reason", "unknown_workflow"),)): 1,
        ("carillon_triggers_rejected_total", (("reason", "invalid_payload"),)): 2,
        ("carillon_triggers_rejected_total", (("reason", "decode_failed"),)): 1,
        ("carillon_assigned_partitions", ()): 1,
        ("carillon_shard_ready", ()): 2,
    }
    for step_type, count in (("IN_APP", 25), ("EMAIL", 25), ("SMS", 15), ("PUSH", 25)):
        expected["carillon_steps_total", (("status", "COMPLETED"), ("type", step_type))] = count
    expected["carillon_steps_total", (("status", "SKIPPED"), ("type", "SMS"))] = 10
    expected["carillon_steps_total", (("status", "FAILED"), ("type", "SMS"))] = 5
    seen = {key: value for key, value in values.items()
            if key[0].startswith(("carillon_triggers", "carillon_executions", "carillon_steps", "carillon_assigned",
                                  "carillon_shard"))}
    assert seen == expected


def test_durations_and_the_rest(quiet_site):
    admin = send_some_of_each(quiet_site)
    admin.wait_value(0, "carillon_triggers_in_flight")
    admin.wait_value(40, "carillon_triggers_taken_total")
    families = admin.families()
    epochs = admin.value("carillon_epochs_committed_total")
    assert 1 <= epochs <= 40
    check_histogram(families["carillon_trigger_latency_seconds"], 40)
    check_histogram(families["carillon_commit_duration_seconds"], epochs)
    timestamp = quiet_site.published("execution-completions")[-1].timestamp()[1] / 1000
    assert abs(admin.value("carillon_last_commit_timestamp_seconds") - timestamp) < 10
    assert admin.value("carillon_unaccounted_triggers") == 0
    assert admin.value("carillon_epochs_aborted_total") == 0
    admin.wait_value(0, "carillon_lag_triggers", topic=quiet_site.triggers, partition="0")
    assert ("carillon_lag_triggers", (("partition", "0"), ("topic", quiet_site.triggers))) in admin.samples()
    (build,) = families["carillon_build_info"].samples
    assert build.value == 1 and build.labels["version"]
    assert all(family.documentation and family.type != "unknown" for family in families.values())


def test_the_process_as_the_system_sees_it(quiet_site):
    worker = quiet_site.run_worker()
    admin = Admin(worker)
    resident = admin.value("process_resident_memory_bytes")
    assert 1 << 20 < resident <= (worker.memory_peak_mib() + 1) * 1024 * 1024
    assert abs(admin.value("process_cpu_seconds_total") - worker.cpu_seconds()) < 0.5
    assert abs(admin.value("process_start_time_seconds") - worker.started_seconds()) < 1
    assert admin.value("process_start_time_seconds") == admin.value("process_start_time_seconds")
    assert abs(admin.value("process_open_fds") - worker.descriptors()) <= 2
    assert admin.value("process_max_fds") >= admin.value("process_open_fds")


def test_what_waits_is_seen(make_site, own_redis):
    site = make_site(redis=own_redis)
    site.add_workflow(workflows.every_type())
    admin = Admin(site.run_worker(site.config(worker={"max_inflight": 10})))
    take_over(site)
    own_redis.kill()
    for number in range(50):
        site.send("every_type", f"user-{number}", DATA)
    site.flush()
    admin.wait_value(10, "carillon_triggers_in_flight")
    admin.wait_value(40, "carillon_lag_triggers", topic=site.triggers, partition="0")
    assert admin.value("carillon_store_pending_requests") >= 10
    assert admin.value("carillon_unaccounted_triggers") == 0
    own_redis.start()
    site.wait_published("execution-completions", 51)
    admin.wait_value(51, "carillon_executions_total", status="COMPLETED")
    admin.wait_value(0, "carillon_lag_triggers", topic=site.triggers, partition="0")
    admin.wait_value(2, "carillon_store_reconnects_total")  # one a shard


def test_what_was_aborted_is_not_told_as_done(quiet_site):
    site = quiet_site
    small = site.kafka.create_topic(f"{site.name}.small", config={"max.message.bytes": "300"})
    admin = Admin(site.run_worker(site.config(worker={"rejected": small})))
    site.send("every_type", "user", DATA)
    site.send("nothing", "user", {**DATA, "name": "x" * 1000})
    site.flush()
    wait_for(lambda: admin.value("carillon_epochs_aborted_total") >= 2, 30, "two aborted epochs")
    values = admin.samples()
    assert values["carillon_triggers_returned_total", ()] >= 2
    assert values["carillon_triggers_rejected_total", (("reason", "unknown_workflow"),)] == 0
    assert values["carillon_unaccounted_triggers", ()] == 0
    assert values["carillon_triggers_taken_total", ()] == \
        values["carillon_triggers_returned_total", ()] + values["carillon_triggers_in_flight", ()] + \
        values["carillon_executions_total", (("status", "COMPLETED"),)]


def test_what_was_run_before_is_told_as_replayed(make_site, own_redis):
    """A worker whose events cannot be published is killed: the next one finds the records."""
    site = make_site(redis=own_redis)
    site.add_workflow(workflows.every_type())
    small = site.kafka.create_topic(f"{site.name}.small", config={"max.message.bytes": "100"})
    first = site.run_worker(site.config(worker={"execution_completions": small}))
    for number in range(5):
        site.send("every_type", f"user-{number}", DATA)
    site.flush()
    wait_for(lambda: len(site.recorded()) == 5, 30, "five records")
    first.kill()
    admin = Admin(site.run_worker())
    admin.wait_value(5, "carillon_executions_replayed_total", 30)
    assert admin.value("carillon_executions_total", status="COMPLETED") == 5
    assert admin.value("carillon_unaccounted_triggers") == 0


# Health


def test_not_ready_before_kafka_is_there(quiet_site):
    (port,) = free_ports(1)
    worker = quiet_site.start_worker(quiet_site.config(kafka={"bootstrap.servers": f"127.0.0.1:{port}"}))
    admin = Admin(worker)
    assert admin.status("/livez") == 200
    status, _, text = admin.ask("/readyz")
    assert status == 503 and "starting" in text
    assert admin.value("carillon_triggers_taken_total") == 0
    assert worker.terminate() == 0


def test_health_follows_redis(make_site, own_redis):
    site = make_site(redis=own_redis)
    site.add_workflow(workflows.every_type())
    admin = Admin(site.run_worker())
    assert admin.ask("/readyz")[::2] == (200, "ok\n")
    own_redis.kill()
    assert "Redis" in admin.wait_status(503, "/readyz")
    assert admin.ask("/livez")[::2] == (200, "ok\n")
    own_redis.start()
    admin.wait_status(200, "/readyz")


def test_health_while_it_stops(make_site, own_redis):
    """It waits for Redis, to finish what it has begun."""
    site = make_site(redis=own_redis)
    site.add_workflow(workflows.every_type())
    worker = site.run_worker()
    admin = Admin(worker)
    take_over(site)
    own_redis.kill()
    site.send("every_type", "user", DATA)
    site.flush()
    admin.wait_value(1, "carillon_triggers_in_flight")
    worker.signal(15)
    wait_for(lambda: "stopping" in admin.ask("/readyz")[2], 15, "/readyz stopping")
    assert admin.status("/readyz") == 503 and admin.status("/livez") == 200
    own_redis.start()
    assert worker.wait(30) == 0


# HTTP


def test_head_is_get_without_the_text(quiet_site):
    admin = Admin(quiet_site.run_worker())
    for path in ("/metrics", "/livez", "/readyz", "/"):
        status, headers, text = admin.ask(path, "HEAD")
        assert status == 200 and text == "" and int(headers["Content-Length"]) > 0
        assert headers["Connection"] == "close"


def test_what_it_refuses(quiet_site):
    admin = Admin(quiet_site.run_worker())
    assert admin.status("/nothing") == admin.status("/metrics/") == admin.status("//metrics") == 404
    assert "/metrics" in admin.ask("/")[2]
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        status, headers, _ = admin.ask("/livez", method, b"x" * 10000)
        assert status == 405 and headers["Allow"] == "GET, HEAD"
    assert admin.ask("/livez?verbose=1")[0] == 200
    assert admin.ask("/livez", "GET", b"x" * 10000)[0] == 200


def test_silent_connections_do_not_keep_others_out(quiet_site):
    """Those of one address are bounded, and closed after a while."""
    worker = quiet_site.run_worker()
    admin = Admin(worker)
    host, port = admin.address.split(":")
    before = worker.descriptors()
    silent = [socket.create_connection((host, int(port)), 10, ("127.0.0.2", 0)) for _ in range(100)]
    try:
        assert admin.status("/livez") == 200
        wait_for(lambda: worker.descriptors() <= before, 30, "the end of the silent ones")
    finally:
        for connection in silent:
            connection.close()


# Where it listens


def test_an_address_that_is_taken_is_an_error(quiet_site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        worker = quiet_site.start_worker(quiet_site.config(admin={"listen": f"127.0.0.1:{port}"}))
        assert worker.wait(30) == 2
        (said,) = worker.events("fatal")
        assert said["message"] == f"admin.listen: cannot listen on 127.0.0.1:{port}: Address already in use"


def test_the_default_gives_way(quiet_site):
    """Several workers on one machine need no configuration."""
    config = quiet_site.config()
    del config["admin"]
    admins = [Admin(quiet_site.run_worker(config)) for _ in range(2)]
    assert len({admin.address for admin in admins}) == 2
    assert [admin.status("/livez") for admin in admins] == [200, 200]


def test_off(quiet_site):
    worker = quiet_site.run_worker(quiet_site.config(admin={"listen": ""}))
    assert not worker.events("admin")


def test_ipv6(quiet_site):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    admin = Admin(quiet_site.run_worker(quiet_site.config(admin={"listen": "[::1]:0"})))
    assert admin.address.startswith("[::1]:") and admin.status("/livez") == 200
