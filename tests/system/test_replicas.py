"""redis.wait.replicas: what a record needs to count as written."""

import time

import pytest

from rig import workflows
from rig.redis_server import RedisServer

ADA = {"name": "Ada", "email": "ada@example.com", "amount": 1}


@pytest.fixture
def servers(tmp_path):
    both = [RedisServer(tmp_path / name).start() for name in ("master", "replica")]
    yield both
    for server in both:
        server.kill()


def test_nothing_is_told_before_the_replicas_have_it(make_site, servers):
    master, replica = servers
    site = make_site(redis=master)
    site.add_workflow(workflows.note_and_mail())
    worker = site.run_worker(site.config(redis={"wait.replicas": 1}))
    for number in range(50):
        site.send("note_and_mail", f"user-{number}", ADA)
    site.flush()
    worker.wait_event("replicas_missing", 20)
    time.sleep(1)
    assert site.published("execution-completions") == [] and len(site.recorded()) == 50
    replica.client().replicaof("127.0.0.1", master.port)
    site.wait_published("execution-completions", 50)
    assert len(list(replica.client(site.database).scan_iter("*:execution:*", count=1000))) == 50
    site.stop_workers()
    assert len(site.step_completions()) == 100
