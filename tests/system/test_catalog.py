"""The life of workflows and their controls in a real Redis, through the program and seen by another client."""

import concurrent.futures
import itertools
import json
import subprocess

import pytest
import redis

numbers = itertools.count(1)

DOCUMENT = {
    "workflow_id": "w", "name": "W", "payload_schema": True,
    "control_schema": {"schema_id": "w-controls", "properties": {
        "greeting": {"type": "string", "default": "Hello"}, "count": {"type": "integer"},
        "theme": {"type": "object", "properties": {"color": {"enum": ["red", "blue"]}}}}},
    "steps": [{"step_id": "mail", "step_type": "SMS", "name": "Mail", "config": {"to": "x", "body": "y"},
               "control_schema": {"properties": {"limit": {"type": "integer", "minimum": 1, "default": 3}}}}],
}


class Catalog:
    """One database, commands on it, and the keys they leave."""

    def __init__(self, carillon, server, database, folder):
        self.carillon, self.folder = carillon, folder
        self.client = redis.Redis(unix_socket_path=str(server.socket), db=database, decode_responses=True)
        self.url = f"unix://{server.socket}?db={database}"

    def run(self, *arguments):
        return subprocess.run([self.carillon, *arguments, "--redis", self.url, *self.actor(arguments)],
                              capture_output=True, text=True)

    @staticmethod
    def actor(arguments):
        takes_actor = arguments[:2] == ("workflow", "apply") or arguments[1] in ("set", "unset", "revert")
        return ["--actor", "ann"] if takes_actor else []

    def ok(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr + result.stdout
        return result.stdout

    def refused(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 1, (result.returncode, result.stderr + result.stdout)
        return result.stderr + result.stdout

    def write(self, **changes):
        path = self.folder / f"{next(numbers)}.json"
        path.write_text(json.dumps(DOCUMENT | changes))
        return str(path)

    def life(self, workflow_id="w"):
        return json.loads(self.client.hget("carillon:{catalog}:lives", workflow_id))

    def counter(self):
        return int(self.client.get("carillon:{catalog}:counter") or 0)


@pytest.fixture
def catalog(carillon, redis_server, site_numbers, tmp_path):
    return Catalog(carillon, redis_server, next(site_numbers), tmp_path)


def test_the_same_content_is_the_same_version(catalog):
    assert catalog.ok("workflow", "apply", catalog.write()) == "w: version 1, stored\n"
    assert catalog.ok("workflow", "apply", catalog.write(status="draft")) == "w: version 1, stored before\n"
    assert catalog.counter() == 1
    assert catalog.ok("workflow", "apply", catalog.write(name="Other")) == "w: version 2, stored\n"
    assert catalog.ok("workflow", "apply", catalog.write()) == "w: version 1, stored before\n"
    assert catalog.life() == {"status": "draft", "latest": 2, "active": 0, "control_version": 0}


def test_draft_active_archived_and_never_back(catalog):
    first, second = catalog.write(), catalog.write(name="Other")
    catalog.ok("workflow", "apply", first)
    assert "never was active" in catalog.refused("workflow", "archive", "w")
    assert catalog.ok("workflow", "activate", "w") == "w: version 1 executes\n"
    assert catalog.ok("workflow", "apply", "--activate", second) == "w: version 2, stored and activated\n"
    assert catalog.ok("workflow", "activate", "--version", "1", "w") == "w: version 1 executes\n"
    assert "no version 3" in catalog.refused("workflow", "activate", "--version", "3", "w")
    assert catalog.life() == {"status": "active", "latest": 2, "active": 1, "control_version": 0}
    catalog.ok("workflow", "archive", "w")
    for command in (("workflow", "activate", "w"), ("workflow", "apply", second),
                    ("control", "set", "w", "greeting", "Hi")):
        assert "archived and never comes back" in catalog.refused(*command)
    assert catalog.life()["status"] == "archived"
    listed = catalog.ok("workflow", "list").splitlines()
    assert listed[1].split() == ["w", "archived", "1", "2", "0"]


def test_what_is_shown_can_be_applied_again(catalog):
    catalog.ok("workflow", "apply", catalog.write(metadata={"z": 1, "a": [None, 2.5, "é"]}))
    shown = catalog.ok("workflow", "show", "w")
    assert list(json.loads(shown)) == list(DOCUMENT) + ["metadata"]
    path = catalog.folder / "shown.json"
    path.write_text(shown)
    assert catalog.ok("workflow", "apply", str(path)) == "w: version 1, stored before\n"
    assert catalog.ok("workflow", "diff", str(path)) == ""


def test_a_difference_is_told_place_by_place(catalog):
    catalog.ok("workflow", "apply", catalog.write())
    other = catalog.write(name="Other", metadata={"a": 1})
    result = catalog.run("workflow", "diff", other)
    assert (result.returncode, result.stdout) == (1, '~ /name: "W" -> "Other"\n+ /metadata: {"a":1}\n')
    catalog.ok("workflow", "apply", other)
    result = catalog.run("workflow", "diff", "w", "--version", "2", "--to", "1")
    assert (result.returncode, result.stdout) == (1, '~ /name: "Other" -> "W"\n- /metadata: {"a":1}\n')


def test_nothing_is_stored_where_one_document_is_broken(catalog):
    assert "step_count" in catalog.refused("workflow", "apply", catalog.write(), catalog.write(workflow_id="v", steps=[]))
    assert catalog.client.keys("*") == []


def test_a_control_is_set_listed_and_undone(catalog):
    catalog.ok("workflow", "apply", "--activate", catalog.write())
    catalog.ok("control", "set", "w", "greeting", "Hi")
    catalog.ok("control", "set", "w", "theme.color", "blue")
    catalog.ok("control", "set", "--step", "mail", "w", "limit", "5")
    catalog.ok("control", "set", "w", "greeting", "Hey")
    assert json.loads(catalog.ok("control", "show", "--json", "w"))["steps"] == {
        "mail": {"greeting": "Hey", "theme": {"color": "blue"}, "limit": 5}}
    catalog.ok("control", "revert", "w", "4")
    catalog.ok("control", "revert", "w", "3")
    catalog.ok("control", "unset", "w", "/theme/color")
    assert json.loads(catalog.ok("control", "show", "--json", "w"))["stored"] == {"workflow": {"greeting": "Hi"}}
    history = [json.loads(line) for line in catalog.ok("control", "history", "--json", "w").splitlines()]
    assert [change["version"] for change in history] == list(range(1, 8))
    assert {change["actor"] for change in history} == {"ann"}
    assert [(change["step_id"], change["path"], change.get("before"), change.get("after")) for change in history[3:]] == [
        (None, "/greeting", "Hi", "Hey"), (None, "/greeting", "Hey", "Hi"), ("mail", "/limit", 5, None),
        (None, "/theme/color", "blue", None)]
    assert catalog.life()["control_version"] == 7
    assert json.loads(catalog.client.hget("carillon:{catalog}:controls:w", 4)) == {
        "workflow": {"greeting": "Hey", "theme": {"color": "blue"}}, "steps": {"mail": {"limit": 5}}}


def test_what_is_not_declared_or_not_valid_is_not_stored(catalog):
    catalog.ok("workflow", "apply", catalog.write())
    before = catalog.counter()
    for arguments, sentence in ((("w", "other", "1"), "declares no such property"),
                                (("w", "theme.size", "1"), "declares no such property"),
                                (("w", "count", "many"), "must be integer"),
                                (("--step", "mail", "w", "limit", "0"), "/limit"),
                                (("--step", "nobody", "w", "limit", "1"), "no step"),
                                (("nobody", "greeting", "x"), "no workflow")):
        assert sentence in catalog.refused("control", "set", *arguments)
    assert catalog.counter() == before
    assert catalog.life()["control_version"] == 0


def test_a_version_that_stored_values_do_not_fit_is_not_activated(catalog):
    catalog.ok("workflow", "apply", "--activate", catalog.write())
    catalog.ok("control", "set", "w", "greeting", "Hi")
    narrower = catalog.write(control_schema={"properties": {"count": {"type": "integer"}}})
    assert "/greeting" in catalog.refused("workflow", "apply", "--activate", narrower)
    assert catalog.life()["latest"] == 1
    catalog.ok("workflow", "apply", narrower)
    assert "/greeting" in catalog.refused("workflow", "activate", "w")
    assert catalog.life()["active"] == 1
    catalog.ok("control", "unset", "w", "greeting")
    catalog.ok("workflow", "activate", "w")


def test_a_required_control_without_a_value_keeps_a_workflow_from_being_active(catalog):
    document = catalog.write(control_schema={"required": ["sender"], "properties": {"sender": {"type": "string"}}})
    assert '"sender" needs a value' in catalog.refused("workflow", "apply", "--activate", document)
    assert catalog.client.keys("*") == []
    catalog.ok("workflow", "apply", document)
    catalog.ok("control", "set", "w", "sender", "Shop")
    catalog.ok("workflow", "activate", "w")
    assert '"sender" needs a value' in catalog.refused("control", "unset", "w", "sender")


def test_every_change_is_counted_and_published(catalog):
    told = "told"  # a channel belongs to all databases: other tests' changes are heard as well
    subscription = catalog.client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe("carillon:catalog")
    catalog.ok("workflow", "apply", "--activate", catalog.write(workflow_id=told))
    catalog.ok("workflow", "apply", "--activate", catalog.write(workflow_id=told))
    catalog.ok("control", "set", told, "greeting", "Hi")
    catalog.ok("control", "set", told, "greeting", "Hi")
    catalog.ok("workflow", "archive", told)
    heard = []
    while (message := subscription.get_message(timeout=1)) is not None or len(heard) == 0:
        heard += [message["data"]] if message and message["data"] == told else []
    assert heard == [told] * 3
    assert catalog.counter() == 3


def test_changes_at_the_same_time_are_all_kept(catalog):
    catalog.ok("workflow", "apply", "--activate", catalog.write())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: catalog.ok("control", "set", "w", "count", str(i)), range(1, 33)))
    history = [json.loads(line) for line in catalog.ok("control", "history", "--json", "w").splitlines()]
    assert [change["version"] for change in history] == list(range(1, 33))
    assert sorted(change["after"] for change in history) == list(range(1, 33))
    assert [change.get("before") for change in history] == [None] + [change["after"] for change in history[:-1]]
    stored = catalog.client.hgetall("carillon:{catalog}:controls:w")
    assert {int(version): json.loads(text)["workflow"]["count"] for version, text in stored.items()} == {
        change["version"]: change["after"] for change in history}


def test_redis_that_is_not_there_is_said_in_one_line(catalog, tmp_path):
    catalog.url = f"unix://{tmp_path}/nowhere"
    result = catalog.run("workflow", "list")
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1 and "cannot connect" in result.stderr
