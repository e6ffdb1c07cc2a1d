"""Replicas that die and come back, what they do meanwhile, and the exact counts that must come out of it.

CARILLON_CHAOS_SEED sets the seed of all that is random; a run prints its own."""

import collections
import datetime
import json
import os
import random
import signal
import threading
import time

from rig import workflows
from rig.admin import Admin
from rig.clients import committed_offsets, duplicates, written_ends
from rig.processes import wait_for
from rig.receiver import OK, Answer
from rig.site import event_id, execution_id
from rig.volume import differences, trigger_id

SEED = int(os.environ.get("CARILLON_CHAOS_SEED") or random.randrange(1 << 32))
WORKFLOW = "storm"
STEPS = ("note", "mail", "text")
PATH = "/mail"
# A result is on record some milliseconds after it came; far more than that on a machine that does other work as well.
RECORD_SECONDS_MAX = 5


def storm_workflow(delay="300ms", initial="200ms"):
    """Into the inbox, where a second run would be seen; out over HTTP, with retries; and after a pause to nobody."""
    return workflows.workflow(WORKFLOW, [
        workflows.step("note", "IN_APP", {"body": "Hello {{ payload.name }}"}),
        workflows.step("mail", "EMAIL",
                       {"to": "{{ payload.name }}@example.com", "subject": "Hello", "text": "{{ steps.note.status }}"},
                       retry={"max_attempts": 6, "initial": initial, "multiplier": 1.5, "jitter": 0.5}),
        workflows.step("text", "SMS", {"to": "{{ recipient }}", "body": "{{ steps.mail.status }}"}, delay=delay),
    ])


def share(key):
    """0 to 255, by chance and for good: what becomes of a key's deliveries."""
    return int(key[-2:], 16)


def mostly_fast(key, number):
    """3 in 256 are refused twice, 8 in 256 take half a second."""
    if share(key) < 3 and number <= 2:
        return Answer(503)
    if 3 <= share(key) < 11:
        return Answer(delay_seconds=0.5)
    return OK


class Storm:
    """`count` executions, from their triggers to their last counts."""

    def __init__(self, site, count):
        self.site = site
        self.count = count
        self.sent = 0
        self.thread = None
        self.ids = [execution_id(WORKFLOW, trigger_id(number)) for number in range(count)]

    def keys(self):
        """The idempotency keys of all e-mails."""
        return [event_id(the_id, "mail") for the_id in self.ids]

    def send(self, until=None):
        """The next triggers, up to number `until`."""
        for number in range(self.sent, self.count if until is None else until):
            self.site.send(WORKFLOW, f"user-{number}", {"name": f"Name {number}", "amount": number},
                           trigger_id=trigger_id(number), key=f"user-{number}")
            self.sent = number + 1
        self.site.flush()

    def start(self, per_second):
        """Sends all in the background, at that pace."""
        def send():
            while self.sent < self.count:
                self.send(min(self.count, self.sent + per_second // 10))
                time.sleep(0.1)
        self.thread = threading.Thread(target=send, daemon=True)
        self.thread.start()

    def wait_sent(self, part, budget_seconds=60):
        """Until that part of all is sent."""
        wait_for(lambda: self.sent >= part * self.count, budget_seconds, f"{part} of {self.count} sent")

    def wait_done(self, budget_seconds):
        if self.thread:
            self.thread.join()
        assert self.sent == self.count
        self.site.wait_published("execution-completions", self.count, budget_seconds)

    def check(self, failures=None):
        """Each event once and only once, as a read_committed consumer sees them; nothing is left in the store.
        failures: execution id -> the error code of its e-mail."""
        failures = failures or {}
        executions, steps = self.site.execution_completions(), self.site.step_completions()
        assert differences(collections.Counter(event["execution_id"] for event in executions), self.ids) == {}
        assert {e["execution_id"] for e in executions if e["status"] == "FAILED"} == set(failures)
        pairs = collections.Counter((event["execution_id"], event["step_id"]) for event in steps)
        told = [(the_id, step) for the_id in self.ids for step in STEPS if step != "text" or the_id not in failures]
        assert differences(pairs, told) == {}
        assert not duplicates(event["event_id"] for event in (*steps, *executions))
        assert {e["execution_id"]: e["error"]["code"] for e in steps if e["status"] == "FAILED"} == failures
        assert self.site.inbox_sizes() == {f"user-{number}": 1 for number in range(self.count)}
        self.check_store()
        return len(executions) + len(steps)

    def check_store(self):
        """Nothing waits, nothing is unpublished, all records are of ended executions and will expire."""
        redis = self.site.redis
        assert list(redis.scan_iter(f"{self.site.name}:*:pending", count=10000)) == []
        committed = committed_offsets(self.site.kafka.port, self.site.name, self.site.triggers, self.site.partitions)
        ends = written_ends(self.site.kafka.address, self.site.triggers, range(self.site.partitions))
        assert {number: max(offset, 0) for number, (offset, _) in enumerate(committed)} == ends
        # The producer repeats what a restarted broker may not have taken: such a trigger is a duplicate.
        assert sum(ends.values()) >= self.count
        for key in redis.scan_iter(f"{self.site.name}:*:outbox", count=10000):
            _, metadata = committed[int(key.partition("/")[2].partition("}")[0])]
            published = int(metadata.removeprefix("outbox="))
            unpublished = [entry for entry in redis.hkeys(key) if entry != "last" and int(entry) > published]
            assert unpublished == [], key
        keys = list(redis.scan_iter(f"{self.site.name}:*:execution:*", count=10000))
        assert len(keys) == self.count
        pipeline = redis.pipeline(transaction=False)
        for key in keys:
            pipeline.pttl(key)
        assert min(pipeline.execute()) > 0


class Fleet:
    """Replicas of a worker whose e-mails go to a receiver, which sees by the path who has asked."""

    def __init__(self, site, receiver, size, provider=None, **changes):
        self.site = site
        self.receiver = receiver
        self.provider = provider or {}
        self.changes = changes
        self.deaths = {}  # name of a worker -> when it was killed
        self.zombies = set()  # names of those that stood still beyond their sessions
        self.members = [self.start(number) for number in range(size)]

    def start(self, number):
        """The next run of a replica: it keeps its worker.id, as a pod of a StatefulSet does."""
        name = f"worker-{len(self.site.workers) + 1}"
        config = self.site.config(**{
            "channels": {"EMAIL": "mail", "SMS": "null"}, **self.changes,
            "provider.mail": {"kind": "http", "url": self.receiver.url(f"{PATH}?by={name}"), **self.provider}})
        config["worker"] = {**config["worker"], "id": f"replica-{number}"}
        return self.site.start_worker(config, env={"no_proxy": "127.0.0.1"})

    def wait_ready(self):
        for worker in self.members:
            worker.wait_ready()

    def kill(self, number):
        """kill -9"""
        worker = self.members[number]
        assert worker.running(), f"{worker.name} has ended by itself:\n{worker.tail()}"
        worker.kill()
        self.deaths[worker.name] = time.monotonic()

    def restart(self, number):
        self.members[number] = self.start(number)

    def add(self):
        self.members.append(self.start(len(self.site.workers)))

    def remove(self, number):
        """An orderly end, which the others need not wait for."""
        self.members.pop(number).signal(signal.SIGTERM)

    def pause(self, number):
        """SIGSTOP; returns the worker, to be resumed."""
        worker = self.members[number]
        worker.pause()
        self.zombies.add(worker.name)
        return worker

    def check_accounts(self):
        """Nobody who lives has lost sight of a trigger; and nobody has told of content."""
        assert not [worker.name for worker in self.site.workers if "Name " in worker.stderr()]
        for worker in self.members:
            admin = Admin(worker)
            wait_for(lambda: admin.value("carillon_triggers_in_flight") == 0, 30, "an end")
            assert admin.value("carillon_unaccounted_triggers") == 0

    def repeats(self):
        """How many deliveries were made again though the one before was not refused: allowed only where whoever made that
        one died or lost its partitions before the result was on record, or one of the two is a zombie's."""
        count, unexplained, losses = 0, [], self.losses()
        for requests in by_key(self.receiver).values():
            for earlier, later in zip(requests, requests[1:]):
                if earlier.answer.status == 503:
                    continue
                count += 1
                if not self.explains(earlier, later, losses.get(made_by(earlier), [])):
                    unexplained.append((made_by(earlier), earlier.at, made_by(later), later.at, earlier.key))
        assert not unexplained, unexplained[:20]
        return count

    def losses(self):
        """Name of a worker -> when the group gave its partitions away unasked."""
        ahead = time.time() - time.monotonic()
        return {worker.name: [datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00")).timestamp() - ahead
                              for event in worker.events("assignment_lost")] for worker in self.site.workers}

    def explains(self, earlier, later, losses):
        if any(lost - RECORD_SECONDS_MAX < earlier.at < lost for lost in losses):
            return True
        makers = {made_by(earlier), made_by(later)}
        died = self.deaths.get(made_by(earlier), 0)
        return len(makers) == 2 and (makers & self.zombies or earlier.at > died - RECORD_SECONDS_MAX and died)


def frozen(site):
    """What is on record of executions and in inboxes."""
    keys = [key for key in site.redis.scan_iter(f"{site.name}:*:execution:*", count=10000)]
    return dict(zip(keys, site.redis.mget(keys), strict=True)), site.inbox_sizes()


def by_key(receiver):
    """Idempotency key -> its requests, in their order."""
    requests = collections.defaultdict(list)
    for request in list(receiver.requests):
        requests[request.key].append(request)
    return requests


def made_by(request):
    return request.path.partition("=")[2]
