"""The worker's log lines, read back."""

import json
import re

FIELD = re.compile(r'([\w.]+)=("(?:\\.|[^"\\])*"|[^\s"]*)(?: |$)')


def parse_logfmt(line):
    """The fields of a line, or None where it is no logfmt."""
    fields, position = {}, 0
    while position < len(line):
        found = FIELD.match(line, position)
        if not found:
            return None
        value = found[2]
        fields[found[1]] = json.loads(value) if value.startswith('"') else value
        position = found.end()
    return fields


def parse_json(line):
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def events(text, parse=parse_logfmt):
    """The complete lines that are log events."""
    complete = text[:text.rfind("\n") + 1]
    return [fields for fields in map(parse, complete.splitlines()) if fields and "event" in fields]
