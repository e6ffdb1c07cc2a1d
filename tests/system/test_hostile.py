"""Bytes that mean harm: each is rejected, in little memory, and the next trigger runs."""

import random
import struct

import pytest

from rig import workflows
from rig.avro import Schema
from rig.clients import header_values
from rig.site import GENERIC_TRIGGER

MEMORY_MAX_MIB = 192
DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}

FIELDS = [{"name": "workflow_id", "type": "string"}, {"name": "recipient", "type": "string"}]
BOMBS = Schema({"type": "record", "name": "Bombs", "fields": FIELDS + [{"name": "data", "type": {
    "type": "record", "name": "Data", "fields": [
        {"name": "nulls", "type": {"type": "array", "items": "null"}},
        {"name": "empties", "type": {"type": "array", "items": {"type": "record", "name": "Empty", "fields": []}}},
        {"name": "map", "type": {"type": "map", "values": "long"}},
        {"name": "bytes", "type": "bytes"},
        {"name": "choice", "type": ["null", "long"]},
        {"name": "enum", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "flag", "type": "boolean"}]}}]})
LIST = Schema({"type": "record", "name": "List", "fields": FIELDS + [{"name": "data", "type": {
    "type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}}]})


def long(number):
    """Avro's zigzag varint."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def text(value):
    return long(len(value)) + value


HEAD = text(b"w") + text(b"r")
EMPTY_ARRAY = long(0)
# data in BOMBS with one field spoilt; the ones before it are valid.
PARTS = {"nulls": EMPTY_ARRAY, "empties": EMPTY_ARRAY, "map": EMPTY_ARRAY, "bytes": text(b""), "choice": long(0),
         "enum": long(0), "flag": b"\x00"}


def bomb(**changes):
    return BOMBS.header + HEAD + b"".join({**PARTS, **changes}.values())


HOSTILE = {
    "string of 2^62 bytes": GENERIC_TRIGGER.header + long(2**62) + b"x",
    "string of negative length": GENERIC_TRIGGER.header + long(-5) + b"xxxxx",
    "string longer than what is left": GENERIC_TRIGGER.header + long(100) + b"x",
    "varint without end": GENERIC_TRIGGER.header + b"\xff" * 40,
    "varint of 11 bytes": GENERIC_TRIGGER.header + b"\x80" * 10 + b"\x00",
    "not UTF-8": GENERIC_TRIGGER.header + text(b"\xff\xfe") + text(b"r") + text(b"{}") + long(0) + long(0),
    "2^62 nulls": bomb(nulls=long(2**62) + long(0)),
    "many blocks of nulls": bomb(nulls=long(2**40) * 2000 + long(0)),
    "2^40 empty records": bomb(empties=long(2**40) + long(0)),
    "block of -2^63 items": bomb(nulls=long(-2**63) + long(1) + long(0)),
    "block with a size that lies": bomb(map=long(-1) + long(2**50) + text(b"k") + long(1) + long(0)),
    "2^50 map entries": bomb(map=long(2**50) + text(b"k")),
    "bytes of 2^31": bomb(bytes=long(2**31)),
    "branch 2 of 2": bomb(choice=long(2)),
    "branch -1": bomb(choice=long(-1)),
    "symbol 2 of 2": bomb(enum=long(2)),
    "boolean 2": bomb(flag=b"\x02"),
    "bytes after the end": bomb() + b"\x00",
    "a list 200,000 deep": LIST.header + HEAD + long(1) * 200000 + long(0),
    "JSON 100,000 deep": GENERIC_TRIGGER.encode({"workflow_id": "note_and_mail", "recipient": "r", "metadata": None,
                                                 "data": "[" * 100000, "trigger_id": None}),
    "nearly a megabyte of zeros": GENERIC_TRIGGER.header + b"\x00" * 990000,
}


@pytest.fixture
def hostile_site(site):
    site.add_workflow(workflows.note_and_mail())
    site.add_schema("bombs", BOMBS)
    site.add_schema("list", LIST)
    site.run_worker(site.config(worker={"shards": 1}))
    return site


def test_the_unspoilt_message_decodes(hostile_site):
    """So that the spoilt ones are rejected for what is spoilt in them."""
    assert BOMBS.decode(bomb())["workflow_id"] == "w"
    hostile_site.send_bytes(bomb())
    hostile_site.flush()
    (message,) = hostile_site.wait_published("rejected", 1)
    assert header_values(message)["carillon.reason"] == "unknown_workflow"


def test_every_bomb_is_rejected_in_little_memory(hostile_site):
    site = hostile_site
    for name, value in HOSTILE.items():
        site.send_bytes(value, headers={"case": name})
        site.send("note_and_mail", "user-1", DATA)
    site.flush()
    site.wait_published("execution-completions", len(HOSTILE))
    rejected = {header_values(m)["case"]: header_values(m)["carillon.reason"]
                for m in site.wait_published("rejected", len(HOSTILE))}
    assert rejected.keys() == HOSTILE.keys()
    allowed = {"decode_failed", "limit_exceeded", "invalid_trigger", "too_large"}
    assert not {name: reason for name, reason in rejected.items() if reason not in allowed}
    assert site.workers[0].memory_peak_mib() < MEMORY_MAX_MIB
    site.stop_workers()


def test_every_prefix_and_many_flipped_bits(hostile_site):
    site = hostile_site
    good = GENERIC_TRIGGER.encode({"workflow_id": "note_and_mail", "recipient": "r", "metadata": {"a": "b"},
                                   "data": '{"name": "x", "amount": 1}', "trigger_id": "t"})
    values = [good[:size] for size in range(len(good))]
    chance = random.Random(3)
    for _ in range(2000):
        spoilt = bytearray(good)
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        values.append(bytes(spoilt))
    values += [GENERIC_TRIGGER.header + chance.randbytes(chance.randrange(200)) for _ in range(2000)]
    values.append(b"\xc3\x01" + struct.pack("<Q", 0))
    for value in values:
        site.send_bytes(value)
    for _ in range(3):
        site.send("note_and_mail", "last", DATA)
    site.flush()
    # Some spoilt bits still make a valid trigger, and equal ids a duplicate: what counts is that the end is reached.
    with site.reader("execution-completions") as reader:
        while sum(message.key() == b"last" for message in reader.messages) < 3:
            reader.read_until(len(reader.messages) + 1, 60)
    assert len(site.published("rejected")) > len(good) - 1
    assert site.workers[0].memory_peak_mib() < MEMORY_MAX_MIB
    site.stop_workers()
