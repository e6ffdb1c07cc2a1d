"""A trigger becomes steps, a record and completions; or a rejection that keeps it."""

import datetime
import decimal
import json
import re
import uuid
import zlib

import pytest

from rig import workflows
from rig.avro import ROOT, Schema
from rig.clients import header_values
from rig.processes import wait_for
from rig.site import EXECUTION_COMPLETION, STEP_COMPLETION, event_id, execution_id

TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=a1,other=b2"}
ADA = {"name": "Ada", "email": "ada@example.com", "amount": 250}


def texts(value):
    """Every string inside a JSON value."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def by_step(completions):
    assert len({completion["step_id"] for completion in completions}) == len(completions)
    return {completion["step_id"]: completion for completion in completions}


def is_now(moment):
    return abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 120


def run_one(site, workflow, data, **trigger):
    """Runs one trigger to its end; returns its step completions and its execution completion."""
    site.add_workflow(workflow)
    site.run_worker()
    site.send(workflow["workflow_id"], "user-1", data, **trigger)
    site.flush()
    site.wait_published("execution-completions", 1)
    (execution,) = site.execution_completions()
    return by_step(site.step_completions()), execution


def test_every_step_type(site):
    steps, execution = run_one(site, workflows.every_type(), ADA, trigger_id="t-1")
    assert {step["status"] for step in steps.values()} == {"COMPLETED"}
    expected = {"note": ["Order of Ada", "250 pieces", "user-1", "https://shop.example/"],
                "mail": ["ada@example.com", "Hello Ada", "You have 250."],
                "text": ["user-1", "Ada: 250"],
                "push": ["user-1", "Hello", "COMPLETED"]}
    types = {"note": "IN_APP", "mail": "EMAIL", "text": "SMS", "push": "PUSH"}
    assert steps.keys() == expected.keys()
    for step_id, step in steps.items():
        assert set(expected[step_id]) <= set(texts(json.loads(step["result"]))), step_id
        assert step["step_type"] == types[step_id]
        assert step["attempt"] >= 1 and step["error"] is None and step["reason"] is None
    assert (execution["steps_completed"], execution["steps_skipped"], execution["steps_failed"]) == (4, 0, 0)


def test_completions_carry_what_their_schemas_say(site):
    steps, execution = run_one(site, workflows.every_type(), ADA, trigger_id="t-1")
    for event in (*steps.values(), execution):
        assert event["execution_id"] == execution_id("every_type", "t-1")
        assert event["workflow_id"] == "every_type" and event["workflow_version"] == 1
        assert event["recipient"] == "user-1" and event["run"] == 1 and event["status"] == "COMPLETED"
        assert event["started_at"] <= event["completed_at"] and is_now(event["completed_at"])
    for step_id, step in steps.items():
        assert step["event_id"] == event_id(step["execution_id"], step_id)
    assert execution["event_id"] == event_id(execution["execution_id"])
    assert execution["trigger_id"] == "t-1"
    ids = [event["event_id"] for event in (*steps.values(), execution)]
    assert len(set(ids)) == 5 and all(uuid.UUID(text).version == 5 for text in ids)


def test_without_a_trigger_id_the_place_in_the_log_is_the_identity(make_site):
    site = make_site(partitions=3)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker()
    for _ in range(2):
        site.send("note_and_mail", "user-1", ADA, partition=2)
    site.flush()
    site.wait_published("execution-completions", 2)
    expected = {execution_id("note_and_mail", None, site.triggers, 2, offset) for offset in (0, 1)}
    assert {execution["execution_id"] for execution in site.execution_completions()} == expected
    assert {execution["trigger_id"] for execution in site.execution_completions()} == {None}


def test_step_completions_come_in_order_and_before_the_execution_s(site):
    steps, execution = run_one(site, workflows.every_type(), ADA)
    order = [step["step_id"] for step in site.step_completions()]
    assert order == ["note", "mail", "text", "push"]
    starts = [steps[step_id]["started_at"] for step_id in order]
    assert starts == sorted(starts) and execution["completed_at"] >= steps["push"]["completed_at"]


@pytest.mark.parametrize("key, expected", [("order-7", b"order-7"), (b"\xff\x00k", b"\xff\x00k"), (None, b"user-1")])
def test_the_key_is_the_trigger_s_else_the_recipient(site, key, expected):
    run_one(site, workflows.note_and_mail(), ADA, key=key)
    for kind in ("step-completions", "execution-completions"):
        assert {message.key() for message in site.published(kind)} == {expected}


def test_trace_context_is_carried_on(site):
    run_one(site, workflows.note_and_mail(), ADA, headers={**TRACE, "other": "stays behind"})
    for kind in ("step-completions", "execution-completions"):
        for message in site.published(kind):
            headers = header_values(message)
            assert {name: headers.get(name) for name in TRACE} == TRACE and "other" not in headers


def place_of(message):
    """Lane and number of the trigger that a completion belongs to."""
    lane, number = EXECUTION_COMPLETION.decode(message.value())["trigger_id"].split("-")
    return lane, int(number)


# Events with headers are handed over one by one, all others by the hundred; a small queue takes a part of these.
@pytest.mark.parametrize("producer", [{}, {"queue.buffering.max.messages": 100, "linger.ms": 1}], ids=["", "small queue"])
def test_equal_keys_keep_their_order_in_one_partition(make_site, producer):
    site = make_site(partitions=4)
    site.add_workflow(workflows.note_and_mail())
    for number in range(400):
        site.send("note_and_mail", "user", ADA, trigger_id=f"{number % 8}-{number}", key=f"key-{number % 8}",
                  headers=TRACE if number % 150 > 140 else {})
    site.flush()
    site.run_worker(site.config(**{"kafka.producer": producer}))
    site.wait_published("execution-completions", 400)
    seen = {}
    for message in site.published("execution-completions"):
        lane, number = place_of(message)
        assert number > seen.get(lane, (-1, None))[0]
        assert seen.get(lane, (0, message.partition()))[1] == message.partition()
        assert bool(message.headers()) == (number % 150 > 140)
        seen[lane] = (number, message.partition())
    assert len(seen) == 8
    assert len(site.published("step-completions")) == 800


def murmur2(key):
    """The hash by which Java's producers choose a partition (org.apache.kafka.common.utils.Utils), sign bit taken away."""
    mask, multiplier = 0xFFFFFFFF, 0x5BD1E995
    value = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at:at + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        value = (value * multiplier & mask) ^ word
    if whole < len(key):
        value = (value ^ int.from_bytes(key[whole:], "little")) * multiplier & mask
    value = (value ^ value >> 13) * multiplier & mask
    return (value ^ value >> 15) & 0x7FFFFFFF


# Kafka's own examples (UtilsTest.java).
assert [murmur2(key) for key in (b"21", b"foobar", b"a-little-bit-long-string")] == \
    [number & 0x7FFFFFFF for number in (-973932308, -790332482, -985981536)]


@pytest.mark.parametrize("partitioner, chosen", [(None, murmur2), ("consistent", zlib.crc32)])
def test_the_partition_is_that_of_the_partitioner(make_site, partitioner, chosen):
    site = make_site(partitions=5)
    site.add_workflow(workflows.note_and_mail())
    keys = [f"key-{'x' * (number % 7)}{number}" for number in range(700)]
    for key in keys:
        site.send("note_and_mail", "user", ADA, key=key)
    site.flush()
    site.run_worker(site.config(**{"kafka.producer": {"partitioner": partitioner} if partitioner else {}}))
    site.wait_published("execution-completions", len(keys))
    for kind in ("step-completions", "execution-completions"):
        assert all(chosen(message.key()) % 5 == message.partition() for message in site.published(kind))


def test_partitions_that_a_topic_gets_later_are_used(make_site):
    site = make_site(partitions=2)
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(site.config(**{"kafka.producer": {"topic.metadata.refresh.interval.ms": 200}}))
    topic = site.outputs["execution-completions"]
    for number in range(40):
        site.send("note_and_mail", f"user-{number}", ADA)
    site.flush()
    site.wait_published("execution-completions", 40)
    assert {message.partition() for message in site.published("execution-completions")} == {0, 1}
    site.kafka.add_partitions(topic, 5)

    def all_are_used():
        for number in range(40):
            site.send("note_and_mail", f"user-{number}", ADA)
        site.flush()
        return {message.partition() for message in site.published("execution-completions")} == set(range(5))

    wait_for(all_are_used, 30, "events in all partitions")


def test_completions_that_share_a_topic_keep_their_order(site):
    site.add_workflow(workflows.note_and_mail())
    for number in range(300):
        site.send("note_and_mail", "user", ADA, headers=TRACE if number % 100 > 90 else {})
    site.flush()
    site.run_worker(site.config(worker={"execution_completions": site.outputs["step-completions"]}))
    site.wait_published("step-completions", 900)
    told = []
    for message in site.published("step-completions"):
        whole = message.value().startswith(EXECUTION_COMPLETION.header)
        event = (EXECUTION_COMPLETION if whole else STEP_COMPLETION).decode(message.value())
        told.append((event["execution_id"], "" if whole else event["step_id"]))
    assert [step_id for _, step_id in told] == ["note", "mail", ""] * 300
    assert all(told[i][0] == told[i + 1][0] == told[i + 2][0] for i in range(0, 900, 3))


def test_the_record_is_readable_json(site):
    _, execution = run_one(site, workflows.every_type(), ADA, trigger_id="t-1", metadata={"source": "shop"})
    record = site.record(execution["execution_id"])
    assert record["execution_id"] == execution["execution_id"]
    assert record["status"] == "COMPLETED"
    assert record["payload"] == ADA and record["metadata"] == {"source": "shop"}
    assert record["origin"] == {"topic": site.triggers, "partition": 0, "offset": 0}
    assert [step["status"] for step in record["steps"]] == ["COMPLETED"] * 4
    (key,) = site.redis.scan_iter(f"*{execution['execution_id']}", count=10000, _type="string")
    assert 23 * 3600 < site.redis.ttl(key) <= 24 * 3600


def test_the_retention_is_the_configured_one(site):
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(site.config(redis={"retention": "90s"}))
    site.send("note_and_mail", "user-1", ADA, trigger_id="t-1")
    site.flush()
    site.wait_published("execution-completions", 1)
    (key,) = site.redis.scan_iter(f"*{execution_id('note_and_mail', 't-1')}", count=10000, _type="string")
    assert 60 < site.redis.ttl(key) <= 90


def test_the_inbox_holds_what_was_rendered(site):
    run_one(site, workflows.every_type(), ADA)
    (item,) = site.inbox("user-1")
    assert (item["subject"], item["body"], item["redirect_url"]) == ("Order of Ada", "250 pieces", "https://shop.example/")
    assert item["data"] == {"who": "user-1"} and item["step_id"] == "note"


def test_a_step_whose_condition_holds_is_skipped(site):
    steps, execution = run_one(site, workflows.every_type(), {**ADA, "amount": 99})
    assert steps["text"]["status"] == "SKIPPED" and steps["text"]["reason"] == "skip_condition"
    assert steps["text"]["attempt"] == 0 and steps["text"]["result"] is None
    assert steps["push"]["status"] == "COMPLETED"
    assert (execution["steps_completed"], execution["steps_skipped"]) == (3, 1)


@pytest.mark.parametrize("email", [None, ""])
def test_a_step_without_an_address_is_skipped(site, email):
    steps, execution = run_one(site, workflows.every_type(), {**ADA, "email": email})
    assert (steps["mail"]["status"], steps["mail"]["reason"]) == ("SKIPPED", "no_address")
    assert execution["status"] == "COMPLETED"


def test_a_missing_field_gets_the_schema_s_default(site):
    steps, _ = run_one(site, workflows.every_type(), {"name": "Ada", "amount": 1})
    assert steps["mail"]["reason"] == "no_address"


def test_a_later_condition_sees_an_earlier_step(site):
    flow = workflows.workflow("chained", [
        workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "s", "text": "t"}),
        workflows.step("text", "SMS", {"to": "{{ recipient }}", "body": "b"},
                       skip_condition="steps.mail.status == 'COMPLETED'"),
    ])
    steps, _ = run_one(site, flow, ADA)
    assert steps["text"]["status"] == "SKIPPED"


def test_an_expression_that_fails_fails_its_step(site):
    flow = workflows.workflow("failing", [
        workflows.step("text", "SMS", {"to": "{{ recipient }}", "body": "{{ 1 // (payload.amount - 5) }}"})])
    steps, execution = run_one(site, flow, {**ADA, "amount": 5})
    assert steps["text"]["status"] == "FAILED" and execution["status"] == "FAILED"
    assert execution["steps_failed"] == 1
    assert re.fullmatch(r"\w+", steps["text"]["error"]["code"]) and "ZeroDivision" in steps["text"]["error"]["message"]


def plain_fields(schema, record):
    """A sample's record with what fastavro wants as objects: timestamps by their logical type."""
    out = dict(record, data=dict(record["data"]))
    for field in schema.definition["fields"][2]["type"]["fields"]:
        if isinstance(field["type"], dict) and field["type"].get("logicalType") == "timestamp-millis":
            moment = out["data"][field["name"]] / 1000
            out["data"][field["name"]] = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return out


def test_the_example_workflows_run_as_their_comments_say(site):
    examples = ROOT / "schemas" / "examples"
    sent = 0
    site.run_worker(site.config(worker={"workflows": examples / "workflows", "schemas": examples / "schemas"}))
    for name in ("order_shipped", "payment_failed", "welcome", "invalid"):
        for sample in json.loads((examples / "triggers" / f"{name}.json").read_text()):
            schema = Schema.load(f"schemas/examples/schemas/{sample['schema']}")
            site.send_bytes(schema.encode(plain_fields(schema, sample["trigger"])))
            sent += 1
    site.flush()
    site.wait_published("execution-completions", sent - 1)
    assert header_values(site.wait_published("rejected", 1)[0])["carillon.reason"] == "invalid_payload"
    skipped = {(step["recipient"], step["step_id"]): step["reason"] for step in site.step_completions()
               if step["status"] != "COMPLETED"}
    assert skipped == {("customer-1002", "sms"): "skip_condition", ("customer-1003", "mail"): "no_address",
                       ("customer-1002", "mail"): "skip_condition", ("customer-1004", "push"): "no_address"}


def test_typed_records_reach_the_workflow_as_json_shows_them(site):
    schema = Schema({"type": "record", "name": "Typed", "fields": [
        {"name": "workflow_id", "type": "string"}, {"name": "recipient", "type": "string"},
        {"name": "data", "type": {"type": "record", "name": "Data", "fields": [
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
            {"name": "raw", "type": "bytes"},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
            {"name": "list", "type": {"type": "array", "items": ["null", "long"]}},
            {"name": "ratio", "type": "double"}]}}]})
    site.add_schema("typed", schema)
    flow = workflows.workflow("typed", [workflows.step("note", "IN_APP", {"body": "{{ payload.price }}"})],
                              payload_schema={"type": "object"})
    site.add_workflow(flow)
    site.run_worker()
    moment = datetime.datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=datetime.timezone.utc)
    site.send_bytes(schema.encode({"workflow_id": "typed", "recipient": "user-1", "data": {
        "at": moment, "day": datetime.date(2026, 1, 31), "price": decimal.Decimal("12.30"),
        "raw": b"\x00\xff", "kind": "B", "list": [None, 7], "ratio": 0.5}}))
    site.flush()
    site.wait_published("execution-completions", 1)
    payload = site.record(site.execution_completions()[0]["execution_id"])["payload"]
    assert datetime.datetime.fromisoformat(payload.pop("at").replace("Z", "+00:00")) == moment
    assert payload == {"day": "2026-01-31", "price": "12.30", "raw": "AP8=", "kind": "B", "list": [None, 7],
                       "ratio": 0.5}
    assert site.step_completions()[0]["status"] == "COMPLETED"
