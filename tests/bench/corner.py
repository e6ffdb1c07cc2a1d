"""Servers of a bench, a corner of them for each measurement, and what draining a topic costs."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import workload
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from counter import Counter
from rig.clients import TriggerProducer
from rig.kafka_broker import KafkaBroker
from rig.processes import Process, wait_for
from rig.redis_server import RedisServer
from rig.worker import Worker

CARILLON = os.environ["CARILLON"]
FLOOR = os.environ["FLOOR"]
RETENTION_MS = 24 * 60 * 60 * 1000
DRAIN_SECONDS_MAX = 1200
EVENTS_AT_ONCE = 10000
NOBODY = {"IN_APP": "null", "EMAIL": "null", "SMS": "null", "PUSH": "null"}


def log(text):
    print(text, file=sys.stderr, flush=True)


def cpu_seconds(process):
    """User and system of all its threads, to the nanosecond: the process's CPU clock (clock_getcpuclockid)."""
    return time.clock_gettime((~process.pid << 3) | 2)


def page_faults(process):
    """Minor ones, of all its threads: memory that the kernel had to give and clear."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[7])


class Servers:
    """A broker and a Redis with a folder, from `with` to its end."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-bench-"))
        self.kafka = KafkaBroker(self.folder / "kafka", jvm=())
        self.redis = RedisServer(self.folder / "redis")
        self.kafka.start()
        self.redis.start()
        return self

    def __exit__(self, *_):
        for server in (self.kafka, self.redis):
            if server.process:
                server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Corner:
    """Topics, group and folder of one measurement of a workload.Work."""

    def __init__(self, servers, name, work, partitions=8):
        self.servers = servers
        self.name = name
        self.work = work
        self.partitions = partitions
        self.folder = servers.folder / name
        self.triggers = f"{name}.triggers"
        self.outputs = {kind: f"{name}.{kind}" for kind in ("step-completions", "execution-completions", "rejected")}
        self.workers = 0
        self.reminders = workload.reminders()
        servers.kafka.create_topics([self.triggers], partitions)
        servers.kafka.create_topics(self.outputs.values(), output_partitions(partitions))
        for kind in ("workflows", "schemas"):
            (self.folder / kind).mkdir(parents=True)
        for document in (*work.workflows, self.reminders.workflows[0]):
            (self.folder / "workflows" / f"{document['workflow_id']}.json").write_text(json.dumps(document))
        for number, schema in enumerate({w.schema.header: w.schema for w in (work, self.reminders)}.values()):
            (self.folder / "schemas" / f"{number}.avsc").write_text(json.dumps(schema.definition))

    def start_worker(self, shards=1, channels=None, ready_seconds_max=60, sections=None):
        self.workers += 1
        return Worker(CARILLON, {
            "worker": {
                "group": self.name, "id": "bench", "shards": shards, "create_topics": "false",
                "triggers": self.triggers, "step_completions": self.outputs["step-completions"],
                "execution_completions": self.outputs["execution-completions"], "rejected": self.outputs["rejected"],
                "workflows": self.folder / "workflows", "schemas": self.folder / "schemas"},
            "kafka": {"bootstrap.servers": self.servers.kafka.address},
            "kafka.consumer": {"session.timeout.ms": 120000},
            "redis": {"url": self.servers.redis.url(), "retention": "24h"},
            "channels": NOBODY | (channels or {}),
            "admin": {"listen": ""}, **(sections or {}),
        }, self.folder, f"worker-{self.workers}", env={"no_proxy": "*"}).wait_ready(ready_seconds_max)

    def start_floor(self, pool, *options):
        process = Process([FLOOR, self.servers.kafka.address, self.servers.redis.port, self.name, self.triggers,
                           self.outputs["step-completions"], self.outputs["execution-completions"], pool, RETENTION_MS,
                           *options], self.folder, "floor")
        wait_for(lambda: "event=ready" in process.stderr() or not process.running(), 30, "the floor's start")
        assert process.running(), process.tail()
        return process

    def fill(self, triggers):
        producer = TriggerProducer(self.servers.kafka.address)
        for key, value in triggers:
            producer.send(self.triggers, value, key)
        producer.flush()

    @contextlib.contextmanager
    def committed(self):
        """A function that tells how many triggers are behind the group's committed offsets."""
        consumer = Consumer({"bootstrap.servers": self.servers.kafka.address, "group.id": self.name, "log_level": 0})
        places = [TopicPartition(self.triggers, number) for number in range(self.partitions)]
        yield lambda: sum(max(place.offset, 0) for place in consumer.committed(places, timeout=30))
        consumer.close()

    @contextlib.contextmanager
    def finished(self):
        """A function that tells how many executions have told that they are completed. A delivery that is on its way holds no
        offset back: committed() may be through long before."""
        consumer = Consumer({"bootstrap.servers": self.servers.kafka.address, "group.id": "finished", "log_level": 0})
        consumer.assign([TopicPartition(self.outputs["execution-completions"], number, OFFSET_BEGINNING)
                         for number in range(output_partitions(self.partitions))])
        count = 0

        def read():
            nonlocal count
            count += len(consumer.consume(EVENTS_AT_ONCE, timeout=0))
            return count

        yield read
        consumer.close()

    def wait_committed(self, count, subject):
        """Until that many are."""
        with self.committed() as committed:
            begun = time.monotonic()
            while committed() < count:
                assert subject.running(), subject.tail()
                assert time.monotonic() < begun + DRAIN_SECONDS_MAX, "not drained in time"
                time.sleep(0.01)

    def make_wait(self, count, worker):
        """That many executions that wait for a day."""
        if count > 0:
            self.fill(self.reminders.triggers(count))
            self.wait_committed(count, worker)

    def published(self):
        """How many offsets the completion topics have."""
        consumer = Consumer({"bootstrap.servers": self.servers.kafka.address, "group.id": "count", "log_level": 0})
        places = [TopicPartition(self.outputs[kind], number) for kind in ("step-completions", "execution-completions")
                  for number in range(output_partitions(self.partitions))]
        count = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
        consumer.close()
        return count

    def stored(self):
        """How many executions are on record."""
        redis = self.servers.redis.client()
        return sum(1 for _ in redis.scan_iter(f"{self.name}:*:execution:*", count=10000))

    def remove(self):
        self.servers.redis.client().flushall()
        admin = self.servers.kafka.admin()  # lives until the answer is there
        for done in admin.delete_topics([self.triggers, *self.outputs.values()]).values():
            done.result(30)
        shutil.rmtree(self.folder)


def output_partitions(partitions):
    """Of the completions: more partitions of the triggers do not make more work of them."""
    return min(partitions, 8)


class Profile:
    """perf record of a process while it drains."""

    def __init__(self, path, process):
        self.recorder = path and subprocess.Popen(["perf", "record", "-q", "-F", "1999", "-g", "-o", path, "-p",
                                                   str(process.pid)], stderr=subprocess.DEVNULL)
        if self.recorder:
            time.sleep(1)

    def end(self):
        if self.recorder:
            self.recorder.send_signal(signal.SIGINT)
            self.recorder.wait()


def drain(corner, subject, triggers, profile=None, progress=Corner.committed):
    """What it costs the subject to run the triggers, until they are through by `progress`. It is ready and all before is
    committed; it is held while the topic is filled, so that what is measured is the draining alone."""
    servers = corner.servers
    processes = {"": subject, "broker_": servers.kafka.process, "redis_": servers.redis.process}
    stored, published = corner.stored(), corner.published()
    count = len(triggers)
    with progress(corner) as through:
        target = through() + count
        subject.pause()
        corner.fill(triggers)
        recorder = Profile(profile, subject)
        before = {name: cpu_seconds(process) for name, process in processes.items()}
        faults = page_faults(subject)
        counter = Counter(subject)
        begun = time.monotonic()
        subject.resume()
        while through() < target:
            assert subject.running(), subject.tail()
            assert time.monotonic() < begun + DRAIN_SECONDS_MAX, "not drained in time"
            time.sleep(0.01)
        wall = time.monotonic() - begun
        spent = {name: cpu_seconds(process) - before[name] for name, process in processes.items()}
        faults = page_faults(subject) - faults
        instructions = counter.end()
    recorder.end()
    figures = {"wall_seconds": round(wall, 3), "executions_per_second": round(count / wall)}
    figures |= {f"{name}cpu_us": round(seconds / count * 1e6, 2) for name, seconds in spent.items()}
    if instructions is not None:
        figures["instructions"] = round(instructions / count)
    figures["page_faults"] = round(faults / count, 2)
    figures["peak_memory_mib"] = round(subject.memory_peak_mib(), 1)
    assert subject.terminate(60) == 0, subject.tail()
    assert corner.stored() == stored + count, f"{corner.stored() - stored} records of {count} executions"
    assert corner.published() >= published + (corner.work.steps + 1) * count, "events are missing"
    return figures
