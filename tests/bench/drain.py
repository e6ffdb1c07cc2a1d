"""Drains a topic with the worker and with the floor, in turn, and prints one JSON line (README.md)."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import workload
from confluent_kafka import Consumer, TopicPartition
from rig.clients import TopicReader, TriggerProducer
from rig.kafka_broker import KafkaBroker
from rig.processes import Process, wait_for
from rig.redis_server import RedisServer
from rig.site import EXECUTION_COMPLETION, STEP_COMPLETION
from rig.worker import Worker

POOL_SIZE = 1024
WARM_UP = 20000
STEPS = 3
RETENTION_MS = 24 * 60 * 60 * 1000
DRAIN_SECONDS_MAX = 600


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
    def __init__(self, folder):
        self.kafka = KafkaBroker(folder / "kafka", jvm=())
        self.redis = RedisServer(folder / "redis")

    def __enter__(self):
        self.kafka.start()
        self.redis.start()
        return self

    def __exit__(self, *_):
        for server in (self.kafka, self.redis):
            if server.process:
                server.kill()


class Corner:
    """Topics, group and folder of one run."""

    def __init__(self, servers, folder, name, partitions):
        self.servers = servers
        self.name = name
        self.partitions = partitions
        self.folder = folder / name
        self.topics = {kind: f"{name}.{kind}" for kind in
                       ("triggers", "step-completions", "execution-completions", "rejected")}
        for kind in ("workflows", "schemas"):
            (self.folder / kind).mkdir(parents=True)
        for topic in self.topics.values():
            servers.kafka.create_topic(topic, partitions)

    def start_worker(self, carillon, shards):
        (self.folder / "workflows" / "order_shipped.json").write_text(json.dumps(workload.workflow()))
        (self.folder / "schemas" / "order_shipped.avsc").write_text(json.dumps(workload.trigger_schema().definition))
        return Worker(carillon, {
            "worker": {
                "group": self.name, "id": "bench", "shards": shards, "create_topics": "false",
                "triggers": self.topics["triggers"], "step_completions": self.topics["step-completions"],
                "execution_completions": self.topics["execution-completions"], "rejected": self.topics["rejected"],
                "workflows": self.folder / "workflows", "schemas": self.folder / "schemas"},
            "kafka": {"bootstrap.servers": self.servers.kafka.address},
            "redis": {"url": self.servers.redis.url(), "retention": "24h"},
            "channels": {"IN_APP": "null", "EMAIL": "null", "SMS": "null", "PUSH": "null"},
        }, self.folder, "worker").wait_ready()

    def start_floor(self, floor, pool):
        process = Process([floor, self.servers.kafka.address, self.servers.redis.port, self.name,
                           self.topics["triggers"], self.topics["step-completions"],
                           self.topics["execution-completions"], pool, RETENTION_MS], self.folder, "floor")
        wait_for(lambda: "event=ready" in process.stderr() or not process.running(), 30, "the floor's start")
        assert process.running(), process.tail()
        return process

    def fill(self, triggers):
        producer = TriggerProducer(self.servers.kafka.address)
        for key, value in triggers:
            producer.send(self.topics["triggers"], value, key)
        producer.flush()

    @contextlib.contextmanager
    def committed(self):
        """A function that tells how many triggers are behind the group's committed offsets."""
        consumer = Consumer({"bootstrap.servers": self.servers.kafka.address, "group.id": self.name, "log_level": 0})
        places = [TopicPartition(self.topics["triggers"], number) for number in range(self.partitions)]
        yield lambda: sum(max(place.offset, 0) for place in consumer.committed(places, timeout=30))
        consumer.close()

    def published(self):
        """How many offsets the completion topics have."""
        consumer = Consumer({"bootstrap.servers": self.servers.kafka.address, "group.id": "count", "log_level": 0})
        places = [TopicPartition(self.topics[kind], number) for kind in ("step-completions", "execution-completions")
                  for number in range(self.partitions)]
        count = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
        consumer.close()
        return count

    def check(self, count):
        stored = sum(1 for _ in self.servers.redis.client().scan_iter(f"{self.name}:*:execution:*", count=10000))
        assert stored == count, f"{stored} records of {count} executions"
        assert self.published() >= (STEPS + 1) * count, "events are missing"

    def remove(self):
        self.servers.redis.client().flushall()
        admin = self.servers.kafka.admin()  # lives until the answer is there
        for done in admin.delete_topics(list(self.topics.values())).values():
            done.result(30)


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


def drain(corner, subject, triggers, profile=None):
    """The subject is ready and its topic empty. It is held while the topic is filled, so that what is measured is
    the draining alone."""
    servers = corner.servers
    processes = {"": subject, "broker_": servers.kafka.process, "redis_": servers.redis.process}
    subject.pause()
    corner.fill(triggers)
    count = len(triggers)
    recorder = Profile(profile, subject)
    with corner.committed() as committed:
        committed()
        before = {name: cpu_seconds(process) for name, process in processes.items()}
        faults = page_faults(subject)
        begun = time.monotonic()
        subject.resume()
        while committed() < count:
            assert subject.running(), subject.tail()
            assert time.monotonic() < begun + DRAIN_SECONDS_MAX, "not drained in time"
            time.sleep(0.01)
        wall = time.monotonic() - begun
        spent = {name: cpu_seconds(process) - before[name] for name, process in processes.items()}
        faults = page_faults(subject) - faults
    recorder.end()
    figures = {"wall_seconds": round(wall, 3), "executions_per_second": round(count / wall)}
    figures |= {f"{name}cpu_us": round(seconds / count * 1e6, 2) for name, seconds in spent.items()}
    figures["page_faults"] = round(faults / count, 2)
    figures["peak_memory_mib"] = round(subject.memory_peak_mib(), 1)
    assert subject.terminate() == 0, subject.tail()
    corner.check(count)
    return figures


def write_pool(corner, path):
    """Records and events of POOL_SIZE executions, in the form that floor.c reads."""
    events = {}
    for kind, schema in (("step-completions", STEP_COMPLETION), ("execution-completions", EXECUTION_COMPLETION)):
        with TopicReader(corner.servers.kafka.address, corner.topics[kind]) as reader:
            for message in reader.read_to_end():
                events.setdefault(schema.decode(message.value())["execution_id"], []).append(message)
    redis = corner.servers.redis.client()
    redis.connection_pool.connection_kwargs["decode_responses"] = False
    keys = {key[-36:].decode(): key for key in redis.scan_iter(f"{corner.name}:*:execution:*", count=10000)}

    def sized(text):
        return struct.pack("<I", len(text)) + text

    with open(path, "wb") as pool:
        pool.write(struct.pack("<I", POOL_SIZE))
        for execution in sorted(events)[:POOL_SIZE]:
            messages = events[execution]
            assert len(messages) == STEPS + 1, f"{len(messages)} events"
            pool.write(struct.pack("<i", messages[0].partition()))
            for text in (redis.get(keys[execution]), messages[0].key(), *(message.value() for message in messages)):
                pool.write(sized(text))


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("--triggers", type=int, default=200000)
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=5, help="how often worker and floor are measured, in turn")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="20,000 triggers, one pair")
    parser.add_argument("--profile", metavar="FILE", help="perf record of the last pair: FILE.worker and FILE.floor")
    options = parser.parse_args()
    if options.quick:
        options.triggers, options.pairs = 20000, 1
    return options


def middle(pairs, subject):
    return {name: statistics.median(pair[subject][name] for pair in pairs) for name in pairs[0][subject]}


def bench(options, folder):
    carillon, floor, pool = os.environ["CARILLON"], os.environ["FLOOR"], folder / "pool"
    triggers = list(workload.triggers(max(options.triggers, WARM_UP)))
    with Servers(folder) as servers:
        def corner(name):
            return Corner(servers, folder, name, options.partitions)

        log("warming up")
        warm_up = corner("warm-up")
        drain(warm_up, warm_up.start_worker(carillon, options.shards), triggers[:WARM_UP])
        write_pool(warm_up, pool)
        warm_up.remove()
        pairs = []
        for number in range(1, options.pairs + 1):
            pair = {}
            for subject in ("worker", "floor"):
                # Keys have the group in them: of the same length for both.
                place = corner(f"{subject:-<6}-{number}")
                process = (place.start_worker(carillon, options.shards) if subject == "worker"
                           else place.start_floor(floor, pool))
                profile = f"{options.profile}.{subject}" if options.profile and number == options.pairs else None
                pair[subject] = drain(place, process, triggers[:options.triggers], profile)
                place.remove()
            pair["ratio"] = round(pair["worker"]["cpu_us"] / pair["floor"]["cpu_us"], 3)
            log(json.dumps(pair))
            pairs.append(pair)
    ratios = [pair["ratio"] for pair in pairs]
    return {
        "triggers": options.triggers, "partitions": options.partitions, "shards": options.shards,
        "trigger_bytes": round(statistics.mean(len(value) for _, value in triggers)),
        "worker": middle(pairs, "worker"), "floor": middle(pairs, "floor"),
        "ratio": statistics.median(ratios), "ratios": ratios,
    }


def main():
    options = parse_arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="carillon-bench-"))
    try:
        print(json.dumps(bench(options, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
