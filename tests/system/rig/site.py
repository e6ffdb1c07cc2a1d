"""A test's own corner of the servers: topics, group, database, workflows, schemas; and what it sends and reads there."""

import json
import pathlib
import re
import uuid

from rig.avro import Schema
from rig.clients import TopicReader, TriggerProducer, committed_offsets, read_topic
from rig.worker import Worker

STEP_COMPLETION = Schema.load("schemas/step_completion.avsc")
EXECUTION_COMPLETION = Schema.load("schemas/execution_completion.avsc")
GENERIC_TRIGGER = Schema.load("schemas/trigger.avsc")

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "carillon")


def execution_id(workflow_id, trigger_id=None, topic=None, partition=None, offset=None):
    parts = [workflow_id, trigger_id] if trigger_id is not None else [workflow_id, topic, str(partition), str(offset)]
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def event_id(execution, step_id="", run=1):
    return str(uuid.uuid5(uuid.UUID(execution), f"{step_id}\x1f{run}"))


class Site:
    """`number` is one that no other site of the run has: that of its database."""

    def __init__(self, carillon, kafka, redis_server, folder, name, number, partitions=1):
        self.carillon = carillon
        self.kafka = kafka
        self.redis_server = redis_server
        self.database = number
        self.folder = pathlib.Path(folder)
        self.name = f"{name}.{number}"
        self.partitions = partitions
        self.workers = []
        self.triggers = f"{self.name}.triggers"
        kinds = ("step-completions", "execution-completions", "rejected")
        self.outputs = {kind: f"{self.name}.{kind}" for kind in kinds}
        for kind in ("workflows", "schemas"):
            (self.folder / kind).mkdir()
        self.add_schema("trigger", GENERIC_TRIGGER)
        kafka.create_topics([self.triggers, *self.outputs.values()], partitions)
        self.producer = TriggerProducer(kafka.address)
        self.redis = redis_server.client(self.database)

    # What the worker is given

    def add_workflow(self, workflow):
        (self.folder / "workflows" / f"{workflow['workflow_id']}.json").write_text(json.dumps(workflow))

    def add_schema(self, name, schema):
        (self.folder / "schemas" / f"{name}.avsc").write_text(json.dumps(schema.definition))

    def config(self, **changes):
        """The configuration; changes are sections, merged in."""
        config = {
            "worker": {
                "group": self.name, "shards": 2, "triggers": self.triggers,
                "step_completions": self.outputs["step-completions"],
                "execution_completions": self.outputs["execution-completions"],
                "rejected": self.outputs["rejected"],
                "workflows": self.folder / "workflows", "schemas": self.folder / "schemas", "create_topics": "false"},
            "kafka": {"bootstrap.servers": self.kafka.address},
            # Tests that kill a worker wait for its session to end.
            "kafka.consumer": {"session.timeout.ms": 3000, "heartbeat.interval.ms": 500},
            "redis": {"url": self.redis_server.url(self.database)},
            "admin": {"listen": "127.0.0.1:0"},
        }
        for section, keys in changes.items():
            config.setdefault(section, {}).update(keys)
        return config

    def start_worker(self, config=None, options=(), env=None):
        """Starts one without waiting for it."""
        worker = Worker(self.carillon, config or self.config(), self.folder, f"worker-{len(self.workers) + 1}", options,
                        env)
        self.workers.append(worker)
        return worker

    def run_worker(self, config=None, options=(), env=None):
        """Starts one and waits until it is ready."""
        return self.start_worker(config, options, env).wait_ready()

    # What it is sent

    def send(self, workflow_id, recipient, data, trigger_id=None, metadata=None, **message):
        """A generic trigger; `message` is key, headers, partition."""
        record = {"workflow_id": workflow_id, "recipient": recipient, "data": json.dumps(data), "metadata": metadata,
                  "trigger_id": trigger_id}
        self.send_bytes(GENERIC_TRIGGER.encode(record), **message)

    def send_bytes(self, value, **message):
        self.producer.send(self.triggers, value, **message)

    def flush(self):
        self.producer.flush()

    # What it has published and stored

    def reader(self, kind):
        return TopicReader(self.kafka.address, self.outputs[kind])

    def published(self, kind):
        return read_topic(self.kafka.address, self.outputs[kind])

    def wait_published(self, kind, count, budget_seconds=30):
        """At least `count` messages, read committed."""
        with self.reader(kind) as reader:
            return reader.read_until(count, budget_seconds)

    def step_completions(self):
        return [STEP_COMPLETION.decode(message.value()) for message in self.published("step-completions")]

    def execution_completions(self):
        return [EXECUTION_COMPLETION.decode(message.value()) for message in self.published("execution-completions")]

    def wait_executions(self, count, budget_seconds=30):
        """At least `count` execution completions."""
        self.wait_published("execution-completions", count, budget_seconds)
        return self.execution_completions()

    def committed(self):
        """Of each trigger partition the group's committed offset (-1: none) and its metadata."""
        return committed_offsets(self.kafka.port, self.name, self.triggers, self.partitions)

    def record(self, execution):
        """The record of an execution: the one key that ends with its id."""
        keys = list(self.redis.scan_iter(f"*{execution}", count=10000, _type="string"))
        assert len(keys) == 1, keys
        return json.loads(self.redis.get(keys[0]))

    def recorded(self):
        """The ids of all executions that have a record."""
        keys = self.redis.scan_iter(count=10000, _type="string")
        return {found[0] for found in (re.search(r"[0-9a-f-]{36}$", key) for key in keys) if found}

    def inbox(self, recipient):
        """A recipient's inbox, oldest first."""
        key = f"{self.name}:inbox:{{{recipient}}}"
        items = self.redis.hgetall(f"{key}:items")
        order = self.redis.zrange(f"{key}:index", 0, -1)
        assert sorted(order) == sorted(items), "index and items differ"
        return [json.loads(items[item]) for item in order]

    def inbox_sizes(self):
        """Recipient -> how many items."""
        found = re.compile(f"{re.escape(self.name)}:inbox:{{(.*)}}:items")
        keys = list(self.redis.scan_iter(f"{self.name}:inbox:*:items", count=10000))
        pipeline = self.redis.pipeline(transaction=False)
        for key in keys:
            pipeline.hlen(key)
        return {found.fullmatch(key)[1]: size for key, size in zip(keys, pipeline.execute(), strict=True)}

    # The end

    def stop_workers(self):
        """SIGTERM to all that run; each must exit with 0."""
        running = [worker for worker in self.workers if worker.running()]
        for worker in running:
            worker.resume()
            worker.signal(15)
        assert [worker.wait(30) for worker in running] == [0] * len(running), [worker.tail() for worker in running]

    def close(self):
        for worker in self.workers:
            worker.kill()
        reports = [report for worker in self.workers for report in worker.sanitizer_reports()]
        assert not reports
