"""What cannot run is on the rejected topic, untouched, with the reason; and the rest flows on."""

import json
import struct

import pytest

from rig import workflows
from rig.avro import Schema
from rig.clients import header_values
from rig.site import GENERIC_TRIGGER

GOOD = {"name": "Ada", "email": "ada@example.com", "amount": 250}
SECRET = "zq-secret-"


def trigger(workflow_id="good", recipient="user-1", data=None, raw=None):
    return GENERIC_TRIGGER.encode({"workflow_id": workflow_id, "recipient": recipient, "metadata": None,
                                   "data": raw if raw is not None else json.dumps(GOOD if data is None else data),
                                   "trigger_id": None})


def field_record(*fields):
    """A single-object framed record of string fields, with its schema."""
    schema = Schema({"type": "record", "name": "Odd", "fields": [{"name": name, "type": "string"} for name in fields]})
    return schema, schema.encode({name: "x" for name in fields})


ODD_SCHEMA, ODD = field_record("workflow_id", "data")
DOUBLE_SCHEMA = Schema({"type": "record", "name": "WithDouble", "fields": [
    {"name": "workflow_id", "type": "string"}, {"name": "recipient", "type": "string"},
    {"name": "data", "type": {"type": "map", "values": "double"}}]})

REJECTIONS = {
    "unknown workflow": (trigger("nowhere"), "unknown_workflow"),
    "draft": (trigger("draft"), "inactive_workflow"),
    "archived": (trigger("archived"), "inactive_workflow"),
    "empty recipient": (trigger(recipient=""), "empty_recipient"),
    "no value": (None, "decode_failed"),
    "empty value": (b"", "decode_failed"),
    "no framing": (b"\x07 not avro", "decode_failed"),
    "framing only": (trigger()[:10], "decode_failed"),
    "cut short": (trigger()[:-3], "decode_failed"),
    "trailing bytes": (trigger() + b"\x00", "decode_failed"),
    "not a number": (DOUBLE_SCHEMA.encode({"workflow_id": "good", "recipient": "r", "data": {"a": float("nan")}}),
                     "decode_failed"),
    "unknown fingerprint": (b"\xc3\x01" + struct.pack("<Q", 1) + b"\x00" * 20, "unknown_schema"),
    "confluent framing": (b"\x00" + struct.pack(">I", 1) + b"\x00" * 20, "decode_failed"),
    "no recipient field": (ODD, "invalid_trigger"),
    "broken JSON in data": (trigger(raw='{"name": '), "invalid_trigger"),
    "data is no object": (trigger(raw='[1, 2]'), "invalid_payload"),
    "missing property": (trigger(data={"name": "Ada"}), "invalid_payload"),
    "wrong type": (trigger(data={**GOOD, "amount": SECRET}), "invalid_payload"),
    "too small": (trigger(data={**GOOD, "amount": -1}), "invalid_payload"),
    "too big": (trigger(data={**GOOD, "name": "x" * 70000}), "too_large"),
}


@pytest.fixture
def running_site(site):
    site.add_workflow(workflows.every_type("good"))
    site.add_workflow({**workflows.every_type("draft"), "status": "draft"})
    site.add_workflow({**workflows.every_type("archived"), "status": "archived"})
    site.add_schema("odd", ODD_SCHEMA)
    site.add_schema("double", DOUBLE_SCHEMA)
    site.run_worker(site.config(worker={"max_trigger_bytes": 65536}))
    return site


def test_every_reason(running_site):
    site = running_site
    for number, (name, (value, _)) in enumerate(REJECTIONS.items()):
        site.send_bytes(value, key=f"key-{number}", headers={"case": name, "mine": "kept"})
        site.send("good", "user-1", GOOD, trigger_id=f"between-{number}")
    site.flush()
    site.wait_published("execution-completions", len(REJECTIONS))
    site.wait_published("rejected", len(REJECTIONS))
    site.stop_workers()
    assert len(site.published("execution-completions")) == len(REJECTIONS)

    rejected = site.published("rejected")
    reasons = {header_values(m)["case"]: header_values(m)["carillon.reason"] for m in rejected}
    assert reasons == {name: reason for name, (_, reason) in REJECTIONS.items()}
    assert len(rejected) == len(REJECTIONS)
    numbers = {name: number for number, name in enumerate(REJECTIONS)}
    for message in rejected:
        headers = header_values(message)
        number = numbers[headers["case"]]
        assert message.value() == REJECTIONS[headers["case"]][0]
        assert message.key() == f"key-{number}".encode() and headers["mine"] == "kept"
        assert headers["__connect.errors.topic"] == site.triggers
        assert headers["__connect.errors.partition"] == "0"
        assert headers["__connect.errors.offset"] == str(2 * number)
        assert headers["__connect.errors.exception.message"]
        # The original's own headers come first and in order.
        assert [name for name, _ in message.headers()][:2] == ["case", "mine"]


def test_an_invalid_payload_says_where(running_site):
    site = running_site
    site.send("good", "user-1", {"name": "Ada", "amount": -1})
    site.flush()
    (message,) = site.wait_published("rejected", 1)
    sentence = header_values(message)["__connect.errors.exception.message"]
    assert "/amount" in sentence and "minimum" in sentence


def test_headers_without_value_and_with_equal_names_stay(running_site):
    site = running_site
    headers = [("twice", b"1"), ("twice", b"2"), ("none", None), ("bytes", b"\xff\x00")]
    site.send_bytes(b"junk", headers=headers)
    site.flush()
    (message,) = site.wait_published("rejected", 1)
    assert message.headers()[:4] == headers and message.key() is None


def test_nothing_of_the_content_is_in_logs_or_headers(running_site):
    site = running_site
    secrets = {"name": SECRET + "name", "email": SECRET + "mail@example.com", "amount": 250}
    person = SECRET + "recipient"
    site.send("good", person, secrets)
    site.send("good", person, {**secrets, "amount": SECRET + "amount"})
    site.send("good", person, {**secrets, "name": ""})
    site.send(SECRET + "workflow", person, secrets)
    site.send_bytes(GENERIC_TRIGGER.header + SECRET.encode() * 4)
    site.flush()
    site.wait_published("rejected", 4)
    site.wait_published("execution-completions", 1)
    site.stop_workers()
    assert SECRET not in site.workers[0].stderr() + site.workers[0].stdout()
    for kind in site.outputs:
        for message in site.published(kind):
            assert SECRET not in str(message.headers())
    # What was rendered is where it belongs.
    assert any(SECRET + "mail@example.com" in (step["result"] or "") for step in site.step_completions())
