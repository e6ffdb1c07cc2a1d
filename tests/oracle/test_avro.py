"""Avro: what fastavro writes, carillon reads, and shows as pydantic's JSON mode would."""

import base64
import datetime
import decimal
import io
import json
import math
import random
import struct
import subprocess
import uuid

import fastavro
import pydantic_core
import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from conftest import ROOT

SEEDS = 5
SCHEMAS = 200  # of one seed
RECORDS = 10   # of one schema
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TEXTS = ["", "a", "hello, world", "Grüße", "日本語", "😀", "\x00\x1f\"\\/", "x" * 300]


def body(schema, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def single_object(schema, record):
    digest = bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))
    return b"\xc3\x01" + digest + body(schema, record)


def run(carillon, *arguments, lines):
    done = subprocess.run([carillon, "decode", *arguments], input="".join(f"{line}\n" for line in lines),
                          capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def same(ours, theirs):
    """Equality that tells 1 from 1.0 and from True."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and list(ours) == list(theirs) and all(same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    return type(ours) is type(theirs) and ours == theirs


def pydantic_json(value):
    return json.loads(pydantic_core.to_json(value))


# ---- random schemas; each comes with a function that makes a value: what fastavro writes, and what is expected ----

def instant(chance, unit):
    """Microseconds of some instant of the calendar, a whole number of units."""
    shape = chance.random()
    if shape < 0.2:
        span = 2 * 365 * 86400 * 10**6
        micros = chance.randint(-span, span)
    else:
        micros = chance.randint(-62135596800 * 10**6, 253402300799 * 10**6)
    if shape < 0.4:
        micros -= micros % 10**6
    return micros - micros % unit


def at(micros):
    return EPOCH + datetime.timedelta(microseconds=micros)


def integer(chance, bits):
    return chance.getrandbits(chance.randint(1, bits - 1)) * chance.choice([1, -1])


def floating(chance, form):
    while True:
        number, = struct.unpack(form, chance.randbytes(struct.calcsize(form)))
        if math.isfinite(number):
            return number


class Generator:
    def __init__(self, chance):
        self.chance = chance
        self.names = 0

    def name(self):
        self.names += 1
        return f"{self.chance.choice(['', '', 'space.', 'other.space.'])}N{self.names}"

    def type(self, depth=0):
        simple = [self.primitive, self.primitive, self.primitive, self.logical, self.logical, self.decimal, self.fixed,
                  self.enum, self.bytes]
        nested = [self.record, self.record, self.array, self.map, self.union]
        make = self.chance.choice(simple if depth > 3 else simple + nested)
        return make(depth)

    def primitive(self, depth):
        chance = self.chance
        name, make = chance.choice([
            ("null", lambda: None),
            ("boolean", lambda: chance.random() < 0.5),
            ("int", lambda: integer(chance, 32)),
            ("long", lambda: integer(chance, 64)),
            ("float", lambda: floating(chance, "<f")),
            ("double", lambda: floating(chance, "<d")),
            ("string", lambda: chance.choice(TEXTS)),
        ])

        def value():
            made = make()
            return made, made
        return chance.choice([name, {"type": name}]), value

    def bytes(self, depth):
        def value():
            made = self.chance.randbytes(self.chance.randrange(40))
            return made, base64.b64encode(made).decode()
        return "bytes", value

    def fixed(self, depth):
        size = self.chance.randrange(1, 20)

        def value():
            made = self.chance.randbytes(size)
            return made, base64.b64encode(made).decode()
        return {"type": "fixed", "name": self.name(), "size": size}, value

    def enum(self, depth):
        symbols = [f"S{i}" for i in range(self.chance.randrange(1, 80))]

        def value():
            made = self.chance.choice(symbols)
            return made, made
        return {"type": "enum", "name": self.name(), "symbols": symbols}, value

    def logical(self, depth):
        chance = self.chance
        day = 86400 * 10**6
        kind, base, make = chance.choice([
            ("date", "int", lambda: at(instant(chance, day)).date()),
            ("time-millis", "int", lambda: at(chance.randrange(0, day, 1000)).time()),
            ("time-micros", "long", lambda: at(chance.randrange(0, day)).time()),
            ("timestamp-millis", "long", lambda: at(instant(chance, 1000))),
            ("timestamp-micros", "long", lambda: at(instant(chance, 1))),
            ("local-timestamp-millis", "long", lambda: at(instant(chance, 1000)).replace(tzinfo=None)),
            ("local-timestamp-micros", "long", lambda: at(instant(chance, 1)).replace(tzinfo=None)),
            ("uuid", "string", lambda: uuid.UUID(bytes=chance.randbytes(16))),
        ])

        def value():
            made = make()
            return made, pydantic_json(made)
        return {"type": base, "logicalType": kind}, value

    def decimal(self, depth):
        precision = self.chance.randrange(1, 60)
        scale = self.chance.randrange(0, precision + 1)
        schema = {"type": "bytes"}
        if self.chance.random() < 0.5:
            schema = {"type": "fixed", "name": self.name(), "size": 25}
        context = decimal.Context(prec=precision + 1)

        def value():
            unscaled = integer(self.chance, 190) % 10**self.chance.randint(0, precision)
            made = decimal.Decimal(unscaled * self.chance.choice([1, -1])).scaleb(-scale, context)
            return made, pydantic_json(made)
        return {**schema, "logicalType": "decimal", "precision": precision, "scale": scale}, value

    def record(self, depth):
        name = self.name()
        made = [(f"f{i}", *self.type(depth + 1)) for i in range(self.chance.choice([0, 1, 2, 3, 5, 20]))]
        fields = [{"name": field, "type": schema} for field, schema, _ in made]

        def value():
            pairs = {field: make() for field, _, make in made}
            return {k: v[0] for k, v in pairs.items()}, {k: v[1] for k, v in pairs.items()}
        return {"type": "record", "name": name, "fields": fields}, value

    def array(self, depth):
        schema, make = self.type(depth + 1)

        def value():
            made = [make() for _ in range(self.chance.choice([0, 1, 2, 20]))]
            return [v[0] for v in made], [v[1] for v in made]
        return {"type": "array", "items": schema}, value

    def map(self, depth):
        schema, make = self.type(depth + 1)

        def value():
            made = {self.chance.choice(TEXTS): make() for _ in range(self.chance.choice([0, 1, 2, 20]))}
            return {k: v[0] for k, v in made.items()}, {k: v[1] for k, v in made.items()}
        return {"type": "map", "values": schema}, value

    def union(self, depth):
        schema, make = self.record(depth + 1)

        def value():
            return (None, None) if self.chance.random() < 0.5 else make()
        return self.chance.choice([["null", schema], [schema, "null"], ["int", "null", schema]]), value


# ---- the tests; many schemas in one folder, so that the program starts once ----

def generate(chance, folder, count):
    """Writes `count` schemas of records to the folder; gives each with its function."""
    for number in range(count):
        generator = Generator(chance)
        inner, make = generator.type()
        schema = {"type": "record", "name": f"Root{number}", "fields": [{"name": "v", "type": inner}]}
        (folder / f"{number}.avsc").write_text(json.dumps(schema))
        yield fastavro.parse_schema(schema, named_schemas={}), make


@pytest.mark.parametrize("seed", range(SEEDS))
def test_reads_what_fastavro_writes(carillon, tmp_path, seed):
    lines, expected = [], []
    for schema, make in generate(random.Random(seed), tmp_path, SCHEMAS):
        for _ in range(RECORDS):
            written, shown = make()
            lines.append(single_object(schema, {"v": written}).hex())
            expected.append({"v": shown})
    shown = run(carillon, f"--framed={tmp_path}", lines=lines)
    assert len(shown) == len(expected)
    wrong = [(ours, theirs) for ours, theirs in zip(shown, expected) if not same(ours, theirs)]
    assert not wrong


def test_refuses_every_prefix_and_every_extra_byte(carillon, tmp_path):
    lines = []
    for schema, make in generate(random.Random(11), tmp_path, SCHEMAS):
        message = single_object(schema, {"v": make()[0]})
        lines += [message[:size].hex() for size in range(min(len(message), 200))]
        lines.append((message + b"\0").hex())
    shown = run(carillon, f"--framed={tmp_path}", lines=lines)
    assert len(shown) == len(lines)
    assert all(line.keys() == {"error"} and line["error"]["reason"] == "decode_failed" for line in shown)


def test_survives_changed_bytes(carillon, tmp_path):
    """Whatever a damaged message becomes, it is one line of JSON."""
    chance = random.Random(13)
    messages = []
    for schema, make in generate(chance, tmp_path, SCHEMAS):
        message = single_object(schema, {"v": make()[0]})
        for _ in range(20):
            damaged = bytearray(message)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(10, len(damaged) + 1) % len(damaged)] = chance.choice(
                    [0, 1, 0x7f, 0x80, 0xff, chance.randrange(256)])
            messages.append(bytes(damaged))
    shown = run(carillon, f"--framed={tmp_path}", lines=[message.hex() for message in messages])
    assert len(shown) == len(messages)


def examples():
    for path in sorted((ROOT / "schemas" / "examples" / "triggers").glob("*.json")):
        for sample in json.loads(path.read_text()):
            yield pytest.param(sample, id=f"{path.stem}-{sample['trigger']['recipient']}")


@pytest.mark.parametrize("sample", list(examples()))
def test_reads_the_example_triggers(carillon, sample):
    folder = ROOT / "schemas" / "examples" / "schemas"
    schema = fastavro.schema.load_schema(folder / sample["schema"])
    message = single_object(json.loads((folder / sample["schema"]).read_text()), sample["trigger"])
    shown, = run(carillon, f"--framed={folder}", "--base64", lines=[base64.b64encode(message).decode()])
    data = fastavro.schemaless_reader(io.BytesIO(message[10:]), schema)
    assert same(shown, pydantic_json(data))


def test_the_schemas_of_events_are_read_by_fastavro(carillon):
    now = at(1795521185123000)
    event = {"event_id": "e", "execution_id": "x", "workflow_id": "w", "workflow_version": 1, "step_id": "s",
             "step_type": "EMAIL", "recipient": "r", "status": "FAILED", "reason": None, "run": 1, "attempt": 3,
             "result": None, "error": {"code": "c", "message": "m"}, "started_at": now, "completed_at": now}
    path = ROOT / "schemas" / "step_completion.avsc"
    shown, = run(carillon, f"--framed={path.parent}",
                 lines=[single_object(json.loads(path.read_text()), event).hex()])
    assert same(shown, pydantic_json(event))
