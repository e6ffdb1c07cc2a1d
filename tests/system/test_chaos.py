"""Whatever dies, in the middle of retries and delays: every event once, and no delivery again that was on record.

Each test says in one line what it has done and counted; CARILLON_CHAOS_SEED makes the same choices again."""

import random
import time

import pytest

from rig.chaos import SEED, Fleet, Storm, frozen, mostly_fast, share, storm_workflow
from rig.kafka_broker import KafkaBroker
from rig.processes import wait_for
from rig.receiver import CLOSE, HELD, OK, Answer
from rig.redis_server import RedisServer

# One after the other, beside the longest of them: each takes what it gets of the machine.
one_of_them = pytest.mark.xdist_group("storms")

FAST_SESSIONS = {"session.timeout.ms": 1500, "heartbeat.interval.ms": 300}
# Of one worker, whose outcome is not on record: two shards, each with deliveries in flight (provider.NAME.concurrency)
# and with a block of writes (LIMIT_FENCE_WRITES) on its way.
UNRECORDED_MAX = 2 * (256 + 512)


@pytest.fixture
def tell(request):
    """Leaves a line of what was counted: conftest.py prints them at the end."""
    began = time.monotonic()
    print(f"CARILLON_CHAOS_SEED={SEED}")

    def tell(**counts):
        line = " ".join(f"{name}={count}" for name, count in counts.items())
        line = f"{request.node.name}: {line} seconds={time.monotonic() - began:.0f} seed={SEED}"
        request.node.user_properties.append(("told", line))

    return tell


@pytest.fixture
def chance():
    return random.Random(SEED)


@pytest.fixture
def storm_site(make_site):
    site = make_site(partitions=8)
    site.add_workflow(storm_workflow())
    return site


def end(fleet, storm, budget_seconds=120):
    """When all is done and the workers have ended: returns how many events there are, each once."""
    storm.wait_done(budget_seconds)
    fleet.check_accounts()
    fleet.site.stop_workers()
    events = storm.check()
    assert set(fleet.receiver.accepted()) == set(storm.keys())
    return events


def test_fifty_kills(storm_site, receiver, chance, tell):
    """kill -9 of one of two workers or of both, again and again."""
    site, kills = storm_site, 50
    receiver.choose("/mail", mostly_fast)
    storm = Storm(site, 50000)
    fleet = Fleet(site, receiver, 2, **{"kafka.consumer": FAST_SESSIONS})
    fleet.wait_ready()
    while len(fleet.deaths) < kills:
        storm.send(storm.count * (len(fleet.deaths) + 1) // kills)
        time.sleep(chance.uniform(0.2, 3.2))
        victims = chance.choice(([0], [1], [0, 1]))
        for number in victims:
            fleet.kill(number)
        time.sleep(chance.uniform(0, 0.2))
        for number in victims:
            fleet.restart(number)
    storm.send()
    kills, events = len(fleet.deaths), end(fleet, storm)
    repeated = fleet.repeats()
    assert repeated <= len(fleet.deaths) * UNRECORDED_MAX
    tell(triggers=storm.count, kills=kills, events=events, requests=len(receiver.requests), repeated=repeated)


@one_of_them
def test_what_takes_longer_than_an_epoch_is_handed_over(storm_site, receiver, tell):
    """Every fourth delivery gets no answer: the others go on, and all offsets are committed; then one of the two
    workers is killed and a third one comes, and at last the answers come."""
    site = storm_site
    receiver.choose("/mail", lambda key, number: HELD if share(key) < 64 else OK)
    storm = Storm(site, 1000)
    held = sum(share(key) < 64 for key in storm.keys())
    fleet = Fleet(site, receiver, 2, provider={"timeout.ms": "120s"},
                  worker={"epoch.max.ms": "1s", "revoke.max.ms": "3s"}, **{"kafka.consumer": FAST_SESSIONS})
    fleet.wait_ready()
    storm.send()
    site.wait_published("execution-completions", storm.count - held, 60)
    wait_for(lambda: sum(site.redis.zcard(key) for key in site.redis.scan_iter("*:pending")) == held, 30, "hand-overs")
    assert len(receiver.held) == held
    fleet.kill(0)
    fleet.restart(0)
    fleet.wait_ready()
    fleet.members.append(fleet.start(2))
    fleet.wait_ready()
    receiver.release()
    events = end(fleet, storm)
    again = {key: count - 1 for key, count in receiver.keys().items() if count > 1}
    assert all(share(key) < 64 and count <= 2 for key, count in again.items()), "once a rebalance, where it was held"
    tell(triggers=storm.count, held=held, kills=1, events=events, requests=len(receiver.requests),
         repeated=sum(again.values()))


@one_of_them
def test_a_zombie_changes_nothing(storm_site, receiver, tell):
    """A worker stands still beyond its session, with deliveries under way, and finds their results when it wakes up and
    all is done."""
    site = storm_site
    slow = Answer(delay_seconds=0.5)
    receiver.choose("/mail", lambda key, number: slow if share(key) < 64 else mostly_fast(key, number))
    storm = Storm(site, 5000)
    sessions = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000}
    fleet = Fleet(site, receiver, 2, **{"kafka.consumer": sessions})
    fleet.wait_ready()
    storm.start(per_second=1000)
    storm.wait_sent(0.3)
    zombie = fleet.pause(0)
    storm.wait_done(90)
    before, published = frozen(site), len(site.published("step-completions"))
    requests = len(receiver.requests)
    zombie.resume()
    zombie.wait_event("ready", 60, count=2)
    assert frozen(site) == before and len(site.published("step-completions")) == published
    late = len(receiver.requests) - requests
    events, repeated = end(fleet, storm), fleet.repeats()
    assert repeated <= UNRECORDED_MAX
    tell(triggers=storm.count, events=events, requests=len(receiver.requests), repeated=repeated, late=late)


@one_of_them
def test_kafka_restarts(make_site, receiver, session_folder, tell):
    """An orderly end, and one by kill -9."""
    broker = KafkaBroker(session_folder / "chaos-kafka").start()
    try:
        site = make_site(partitions=8, broker=broker)
        site.add_workflow(storm_workflow())
        receiver.choose("/mail", mostly_fast)
        storm = Storm(site, 6000)
        fleet = Fleet(site, receiver, 2)
        fleet.wait_ready()
        storm.start(per_second=1000)
        for stop, part in ((broker.stop, 0.3), (broker.kill, 0.7)):
            storm.wait_sent(part)
            stop()
            broker.start()
        events, repeated = end(fleet, storm), fleet.repeats()
        tell(triggers=storm.count, restarts=2, events=events, requests=len(receiver.requests), repeated=repeated)
    finally:
        broker.kill()


@one_of_them
def test_redis_restarts(make_site, receiver, session_folder, tell):
    """An orderly end with appendfsync everysec, which is what most have, and kill -9 with always: exact counts need
    that nothing that Redis has acknowledged is lost."""
    server = RedisServer(session_folder / "chaos-restarts", aof=True, appendfsync="everysec").start()
    try:
        site = make_site(partitions=8, redis=server)
        site.add_workflow(storm_workflow())
        receiver.choose("/mail", mostly_fast)
        storm = Storm(site, 6000)
        fleet = Fleet(site, receiver, 2)
        fleet.wait_ready()
        storm.start(per_second=1000)
        for stop, part in ((server.stop, 0.2), (server.kill, 0.5), (server.kill, 0.8)):
            storm.wait_sent(part)
            stop()
            server.appendfsync = "always"
            time.sleep(0.5)
            server.start()
        events, repeated = end(fleet, storm), fleet.repeats()
        tell(triggers=storm.count, restarts=3, events=events, requests=len(receiver.requests), repeated=repeated)
    finally:
        server.kill()


@one_of_them
def test_redis_stands_still_for_20_seconds(make_site, receiver, session_folder, tell):
    """It takes connections meanwhile, and answers nobody."""
    server = RedisServer(session_folder / "chaos-still").start()
    try:
        site = make_site(partitions=8, redis=server)
        site.add_workflow(storm_workflow())
        receiver.choose("/mail", mostly_fast)
        storm = Storm(site, 6000)
        fleet = Fleet(site, receiver, 2)
        fleet.wait_ready()
        storm.start(per_second=1000)
        storm.wait_sent(0.3)
        server.process.pause()
        time.sleep(20)
        server.process.resume()
        events, repeated = end(fleet, storm), fleet.repeats()
        tell(triggers=storm.count, events=events, requests=len(receiver.requests), repeated=repeated)
    finally:
        server.kill()


@one_of_them
def test_replicas_come_and_go(storm_site, receiver, chance, tell):
    """One to four of them, another number each second or two; all end in order, so no delivery is made twice."""
    site, changes = storm_site, 10
    receiver.choose("/mail", mostly_fast)
    storm = Storm(site, 10000)
    fleet = Fleet(site, receiver, 2)
    fleet.wait_ready()
    storm.start(per_second=700)
    for _ in range(changes):
        time.sleep(chance.uniform(0.5, 2.5))
        if len(fleet.members) == 1 or len(fleet.members) < 4 and chance.random() < 0.5:
            fleet.add()
        else:
            fleet.remove(chance.randrange(len(fleet.members)))
    events, repeated = end(fleet, storm), fleet.repeats()
    assert {worker.wait(30) for worker in site.workers} == {0}
    tell(triggers=storm.count, changes=changes, events=events, requests=len(receiver.requests), repeated=repeated)


@one_of_them
def test_at_most_once_whatever_dies(storm_site, receiver, chance, tell):
    """on_unknown = fail: workers are killed or stand still, and no key ever has a second request. What nobody knows of
    has failed."""
    site = storm_site
    blows = ["kill"] * 8 + ["pause"] * 2
    chance.shuffle(blows)
    answers = [*[CLOSE] * 4, *[Answer(delay_seconds=0.7)] * 40, *[OK] * 212]
    receiver.choose("/mail", lambda key, _: answers[share(key)])
    storm = Storm(site, 6000)
    fleet = Fleet(site, receiver, 2, provider={"on_unknown": "fail"}, **{"kafka.consumer": FAST_SESSIONS})
    fleet.wait_ready()
    for number, blow in enumerate(blows, 1):
        storm.send(storm.count * number // len(blows))
        time.sleep(chance.uniform(0.2, 2))
        victim = chance.randrange(2)
        if blow == "kill":
            fleet.kill(victim)
            fleet.restart(victim)
        else:
            zombie = fleet.pause(victim)
            time.sleep(3)
            zombie.resume()
    storm.wait_done(120)
    fleet.check_accounts()
    site.stop_workers()
    failures = {event["execution_id"]: event["error"]["code"] for event in site.step_completions() if event["error"]}
    events = storm.check(failures)
    requests = receiver.keys()
    assert set(requests.values()) == {1} and set(requests) <= set(storm.keys())
    for the_id, key in zip(storm.ids, storm.keys()):
        if the_id not in failures:
            assert requests[key] == 1 and answers[share(key)] is not CLOSE
        elif answers[share(key)] is not CLOSE:
            assert failures[the_id] == "unknown_outcome"
    assert set(failures.values()) == {"unknown_outcome", "connection_lost"}
    unknown = list(failures.values()).count("unknown_outcome")
    assert unknown <= len(blows) * UNRECORDED_MAX
    tell(triggers=storm.count, kills=blows.count("kill"), zombies=blows.count("pause"), events=events,
         requests=len(receiver.requests), unknown=unknown)
