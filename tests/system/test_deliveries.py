"""Many deliveries through one worker that dies in the middle, counted at the receiver."""

import collections
import json
import time

from rig import workflows
from rig.chaos import PATH, Fleet, made_by
from rig.receiver import Answer
from rig.site import event_id, execution_id
from rig.volume import trigger_id

COUNT = 20000
KILLS = 3


class Mails:
    """One e-mail an execution, and nothing else."""

    def __init__(self, site):
        self.site = site
        self.ids = [execution_id("mailing", trigger_id(number)) for number in range(COUNT)]
        self.sent = 0
        site.add_workflow(workflows.workflow("mailing", [
            workflows.step("mail", "EMAIL", {"to": "{{ payload.name }}@example.com", "subject": "s", "text": "t"},
                           retry={"max_attempts": 5, "initial": "100ms"})]))

    def send(self, until):
        for number in range(self.sent, until):
            self.site.send("mailing", f"user-{number}", {"name": f"n{number}", "amount": 1},
                           trigger_id=trigger_id(number), key=f"user-{number}")
        self.site.flush()
        self.sent = until

    def keys(self):
        return {event_id(the_id, "mail"): the_id for the_id in self.ids}

    def records(self):
        """Execution id -> its record."""
        keys = list(self.site.redis.scan_iter(f"{self.site.name}:*:execution:*", count=10000))
        return {key.rpartition(":")[2]: json.loads(text) for key, text in zip(keys, self.site.redis.mget(keys))}


def unknown_outcomes(record):
    """How many of the mail's deliveries nobody knows the outcome of, as the record has them."""
    (step,) = record["steps"]
    return sum(failure.get("unknown", False) for failure in step.get("failures", []))


def test_each_delivery_arrives_and_only_unknown_ones_twice(make_site, receiver, capsys):
    """20,000 over HTTP; kill -9 three times; 1 in 128 is refused once."""
    began = time.monotonic()
    site = make_site(partitions=8)
    mails = Mails(site)
    receiver.choose(PATH, lambda key, number: Answer(503 if key.endswith(("00", "80")) and number == 1 else 200))
    fleet = Fleet(site, receiver, 1, **{"kafka.consumer": {"session.timeout.ms": 1500, "heartbeat.interval.ms": 300}})
    fleet.wait_ready()
    for kill in range(1, KILLS + 1):
        mails.send(COUNT * kill // (KILLS + 1))
        receiver.wait_requests(COUNT * kill // (KILLS + 1) - 1500, 30)
        fleet.kill(0)
        fleet.restart(0)
    mails.send(COUNT)
    completions = site.wait_executions(COUNT, 60)
    fleet.check_accounts()
    site.stop_workers()

    assert collections.Counter(event["execution_id"] for event in completions) == collections.Counter(mails.ids)
    assert {event["status"] for event in completions} == {"COMPLETED"}
    accepted, keys, records = receiver.accepted(), mails.keys(), mails.records()
    assert set(accepted) == set(keys), "each key arrived, and no other"
    twice = {key: count for key, count in accepted.items() if count > 1}
    assert all(count - 1 <= unknown_outcomes(records[keys[key]]) for key, count in twice.items())
    assert fleet.repeats() >= len(twice)
    unknown = sum(map(unknown_outcomes, records.values()))
    refused = sum(not request.answer.accepts() for request in receiver.requests)
    assert {made_by(request) for request in receiver.requests} >= {worker.name for worker in site.workers[1:]}
    with capsys.disabled():
        print(f"\n{COUNT} deliveries: requests={len(receiver.requests)} kills={KILLS} refused={refused} unknown={unknown} "
              f"twice={len(twice)} seconds={time.monotonic() - began:.0f}")
