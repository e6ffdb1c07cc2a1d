"""`carillon worker` as a process."""

import pathlib

from rig import logs
from rig.processes import Process, wait_for

READY_SECONDS_MAX = 30


def write_config(path, config):
    lines = []
    for section, keys in config.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in keys.items()]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")
    return path


class Worker(Process):
    def __init__(self, carillon, config, folder, name, options=(), env=None):
        path = write_config(pathlib.Path(folder) / f"{name}.conf", config)
        self.json = config["worker"].get("log.format") == "json"
        super().__init__([carillon, "worker", "-c", path, *options], folder, name, env)

    def events(self, name=None):
        parse = logs.parse_json if self.json else logs.parse_logfmt
        return [fields for fields in logs.events(self.stderr(), parse) if name in (None, fields["event"])]

    def wait_event(self, name, budget_seconds=READY_SECONDS_MAX, count=1):
        def seen():
            found = self.events(name)
            assert len(found) >= count or self.running(), f"{self.name} has ended:\n{self.tail()}"
            return len(found) >= count and found
        return wait_for(seen, budget_seconds, f"{self.name}: event={name}\n{self.tail()}")

    def wait_ready(self, budget_seconds=READY_SECONDS_MAX):
        self.wait_event("ready", budget_seconds)
        return self
