"""Avro as an independent client does it: fastavro and fingerprints of our own reckoning, nothing of carillon's."""

import io
import json
import pathlib

import fastavro
from fastavro.schema import to_parsing_canonical_form

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
EMPTY = 0xC15D213AA4D7A795


def fingerprint(schema):
    """CRC-64-AVRO, bit by bit as the specification defines it, little-endian as it is framed."""
    value = EMPTY
    for byte in to_parsing_canonical_form(schema).encode():
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (EMPTY if value & 1 else 0)
    return value.to_bytes(8, "little")


class Schema:
    """One Avro schema, to write and read single-object encoded values."""

    def __init__(self, definition):
        self.definition = definition
        self.parsed = fastavro.parse_schema(definition)
        self.header = b"\xc3\x01" + fingerprint(definition)

    @classmethod
    def load(cls, path):
        return cls(json.loads((ROOT / path).read_text()))

    def body(self, record):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self.parsed, record)
        return out.getvalue()

    def encode(self, record):
        return self.header + self.body(record)

    def decode(self, message):
        assert message[:10] == self.header, "framed with another schema's fingerprint"
        body = io.BytesIO(message[10:])
        record = fastavro.schemaless_reader(body, self.parsed)
        assert not body.read(), "bytes after the record"
        return record
