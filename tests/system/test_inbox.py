"""Inboxes in Redis: what is in them, for how long, and what people and live clients see."""

import json
import pathlib
import re
import subprocess
import time

import pytest

from rig import workflows
from rig.processes import wait_for
from rig.redis_server import RedisServer
from rig.site import event_id, execution_id

ADA = {"name": "Ada", "amount": 1}
README = pathlib.Path(__file__).parent.parent.parent / "worker" / "README.md"


def noting(body="Hello {{ payload.name }}", subject="Greeting"):
    return workflows.workflow("noting", [workflows.step("note", "IN_APP", {"subject": subject, "body": body})])


def note_id(number):
    return event_id(execution_id("noting", f"t-{number}"), "note")


def send(site, numbers, recipient="user-1", **message):
    """Triggers one after another: t-<number>."""
    for number in numbers:
        site.send("noting", recipient, ADA | {"amount": number}, trigger_id=f"t-{number}", **message)
    site.flush()


def forget_executions(site):
    """So that the next trigger of the same id delivers again."""
    for key in list(site.redis.scan_iter("*:execution:*", count=1000)):
        site.redis.delete(key)


class Inbox:
    """`carillon inbox` on a site."""

    def __init__(self, site):
        self.site = site

    def run(self, command, *arguments):
        return subprocess.run(
            [self.site.carillon, "inbox", command, "--set", f"worker.group={self.site.name}", "--redis",
             self.site.redis_server.url(self.site.database), *arguments], capture_output=True, text=True, timeout=60)

    def ok(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr + result.stdout
        return result.stdout

    def fails(self, code, *arguments):
        result = self.run(*arguments)
        assert result.returncode == code, (result.returncode, result.stderr + result.stdout)
        return result.stdout + result.stderr

    def items(self, *arguments):
        return [json.loads(line) for line in self.ok("list", "--json", "--all", *arguments, "user-1").splitlines()]

    def ids(self, *arguments):
        return [item["id"] for item in self.items(*arguments)]

    def unread(self):
        return [item["id"] for item in self.items() if item["unread"]]


@pytest.fixture
def inbox(site):
    return Inbox(site)


def filled(site, count, **provider):
    """A worker, and so many notes of user-1 in their order."""
    site.add_workflow(noting("Note {{ payload.amount }}"))
    worker = site.run_worker(site.config(**{"provider.inbox": provider} if provider else {}))
    for number in range(count):
        send(site, [number])
        site.wait_published("execution-completions", number + 1)
    return worker


# What the documentation says any client can do

def documented(site):
    """The commands of the documentation's chapter: their words, by name."""
    chapter = README.read_text().split("\n## Inboxes\n")[1].split("\n## ")[0]
    lines = [line.split("#")[0].strip() for block in re.findall(r"```\n(.*?)```", chapter, re.DOTALL)
             for line in block.splitlines() if re.match(r"[A-Z]+\b", line)]

    def fill(line, id_):
        values = {"group": site.name, "recipient": "user-1", "id": id_, "now in ms": int(time.time() * 1000),
                  "redis.retention in ms": 86400000}
        return re.sub(r"<([^>]*)>", lambda found: str(values[found[1]]), line).split()

    return lines, fill


def test_any_redis_client_can_show_an_inbox(site):
    filled(site, 3)
    lines, fill = documented(site)
    newest, get, unread_count, unread = lines[:4]
    assert [line.split()[0] for line in lines] == ["ZREVRANGE", "HGET", "ZCARD", "ZSCORE", "SUBSCRIBE", "ZREM", "MULTI",
                                                   "ZADD", "PEXPIRE", "HDEL", "ZREM", "ZREM", "EXEC"]
    redis = site.redis
    ids = redis.execute_command(*fill(newest, None))
    assert ids == [note_id(number) for number in (2, 1, 0)]
    item = json.loads(redis.execute_command(*fill(get, ids[0])))
    assert item == {"id": note_id(2), "execution_id": execution_id("noting", "t-2"), "workflow_id": "noting",
                    "step_id": "note", "created_at": item["created_at"], "subject": "Greeting", "body": "Note 2"}
    assert redis.execute_command(*fill(unread_count, None)) == 3
    assert redis.execute_command(*fill(lines[5], ids[1])) == 1
    assert redis.execute_command(*fill(unread, ids[1])) is None and redis.execute_command(*fill(unread, ids[0]))
    with redis.pipeline() as transaction:
        for line in lines[7:12]:
            transaction.execute_command(*fill(line, ids[0]))
        transaction.execute()
    assert redis.execute_command(*fill(newest, None)) == ids[1:]
    assert redis.execute_command(*fill(unread_count, None)) == 1
    forget_executions(site)
    send(site, [2])
    site.wait_published("execution-completions", 4)
    assert redis.execute_command(*fill(newest, None)) == ids[1:], "archived by hand is archived"


# Once, whatever has become of it

def test_a_repeated_delivery_changes_nothing(site, inbox):
    filled(site, 4)
    inbox.ok("read", "user-1", note_id(0))
    inbox.ok("archive", "user-1", note_id(1), note_id(2))
    before = inbox.items()
    assert [item["id"] for item in before] == [note_id(3), note_id(0)] and inbox.unread() == [note_id(3)]
    forget_executions(site)
    send(site, range(4))
    site.wait_published("execution-completions", 8)
    assert inbox.items() == before


def test_the_oldest_make_room(site, inbox):
    filled(site, 6, **{"inbox.max_items": 4})
    assert inbox.ids() == [note_id(number) for number in (5, 4, 3, 2)]
    assert inbox.ids("--unread") == inbox.ids()
    forget_executions(site)
    send(site, [0, 1])
    site.wait_published("execution-completions", 8)
    assert inbox.ids() == [note_id(number) for number in (5, 4, 3, 2)], "what made room does not come back"


def test_old_items_leave_and_so_does_an_inbox_that_nothing_comes_to(site, inbox):
    filled(site, 2, **{"inbox.max_age": "1s"})
    time.sleep(1.1)
    site.stop_workers()
    site.run_worker(site.config(**{"provider.inbox": {"inbox.max_age": "1s"}, "redis": {"retention": "1s"}}))
    # The keys' time was set with the longer retention: the first append finds nothing to renew.
    for key in site.redis.scan_iter(f"{site.name}:inbox:*"):
        site.redis.pexpire(key, 900)
    send(site, [2])
    site.wait_published("execution-completions", 3)
    assert inbox.ids() == [note_id(2)] and len(list(site.redis.scan_iter(f"{site.name}:inbox:*"))) == 4
    wait_for(lambda: not list(site.redis.scan_iter(f"{site.name}:inbox:*")), 10, "the end of the keys")
    assert inbox.items() == []


def test_an_item_has_a_bound(site):
    site.add_workflow(noting("{{ 'x' * 70000 }}"))
    site.run_worker()
    send(site, [1])
    (completion,) = site.wait_executions(1)
    assert completion["status"] == "FAILED" and site.inbox("user-1") == []
    (step,) = site.step_completions()
    assert "inbox_item_too_large" in str(step)


def test_replicas_share_an_inbox(make_site):
    site = make_site(partitions=4)
    site.add_workflow(noting())
    config = site.config(**{"provider.inbox": {"inbox.max_items": 50}})
    for _ in range(2):
        site.run_worker(config)
    for number in range(400):
        site.send("noting", "user-1", ADA, trigger_id=f"t-{number}", partition=number % 4)
    site.flush()
    site.wait_published("execution-completions", 400)
    assert len(site.inbox("user-1")) == 50
    key = f"{site.name}:inbox:{{user-1}}"
    assert site.redis.zcard(f"{key}:unread") == 50 and site.redis.zcard(f"{key}:gone") == 350
    site.stop_workers()


def test_a_redis_that_was_restarted_is_told_the_script_again(make_site, tmp_path):
    server = RedisServer(tmp_path / "redis", aof=True).start()
    try:
        site = make_site(redis=server)
        filled(site, 2)
        server.kill()
        server.start()
        send(site, [2, 3])
        site.wait_published("execution-completions", 4)
        assert sorted(item["id"] for item in site.inbox("user-1")) == sorted(map(note_id, range(4)))
        stats = server.client().info("commandstats")
        assert stats["cmdstat_eval"]["calls"] >= 1 and stats["cmdstat_eval"]["failed_calls"] == 0
        send(site, range(4, 20))
        site.wait_published("execution-completions", 20)
        again = server.client().info("commandstats")
        assert again["cmdstat_eval"]["calls"] <= stats["cmdstat_eval"]["calls"] + 1, "its digest is enough"
        site.stop_workers()
    finally:
        server.kill()


# Live clients

def test_live_clients_are_told(site, inbox):
    site.add_workflow(noting())
    site.run_worker()
    with site.redis.pubsub(ignore_subscribe_messages=True) as live:
        live.subscribe(f"{site.name}:inbox:{{user-1}}")
        wait_for(lambda: site.redis.pubsub_numsub(f"{site.name}:inbox:{{user-1}}")[0][1] == 1, 5, "the subscription")
        told = []

        def tell(count):
            message = live.get_message(timeout=0.1)
            told.extend([json.loads(message["data"])] if message else [])
            return len(told) == count

        for number in range(2):
            send(site, [number])
            wait_for(lambda: tell(number + 1), 20, "a message")  # noqa: B023
        inbox.ok("read", "user-1", note_id(0))
        inbox.ok("archive", "user-1", "--all")
        wait_for(lambda: tell(5), 20, "the messages of what people did")
    assert told == [{"event": "appended", "id": note_id(0), "unread": 1},
                    {"event": "appended", "id": note_id(1), "unread": 2},
                    {"event": "read", "id": note_id(0), "unread": 1},
                    {"event": "archived", "id": note_id(1), "unread": 0},
                    {"event": "archived", "id": note_id(0), "unread": 0}]


# The command line

def test_list_for_people(site, inbox):
    filled(site, 3)
    inbox.ok("read", "user-1", note_id(1))
    result = inbox.run("list", "user-1")
    lines = result.stdout.splitlines()
    assert [line.split()[-3:] for line in lines] == [["noting", "note:", "Greeting"]] * 3
    assert [line[0] for line in lines] == ["*", " ", "*"] and note_id(2) in lines[0]
    assert result.stderr == "3 items, 2 unread\n"
    assert len(inbox.ok("list", "--limit=2", "user-1").splitlines()) == 2
    assert len(inbox.ok("list", "--unread", "user-1").splitlines()) == 2
    assert inbox.ok("list", "nobody") == ""


def test_what_is_listed_moves_no_cursor(site, inbox):
    key = f"{site.name}:inbox:{{user-1}}"
    site.redis.hset(f"{key}:items", "x", json.dumps({"id": "x", "subject": "\x1b[2J" + "ä" * 60}))
    site.redis.hset(f"{key}:items", "y", "not JSON")
    site.redis.zadd(f"{key}:index", {"x": 2, "y": 1})
    output = inbox.fails(1, "list", "user-1")
    assert "\x1b" not in output and "?[2J" + "ä" * 28 in output and "y: cannot be read" in output


def test_read_and_archive(site, inbox):
    filled(site, 3)
    assert inbox.ok("read", "user-1", note_id(0), note_id(1)) == "2 marked as read\n"
    assert inbox.ok("read", "user-1", note_id(0)) == "0 marked as read\n"
    assert inbox.ok("read", "--all", "user-1") == "1 marked as read\n" and inbox.unread() == []
    assert inbox.ok("archive", "user-1", note_id(2)) == "1 archived\n"
    assert inbox.fails(1, "archive", "user-1", note_id(2)) == f"0 archived\n{note_id(2)}: not in the inbox\n"
    assert inbox.ok("archive", "user-1", "--all") == "2 archived\n" and inbox.items() == []


def test_wrong_usage(site, inbox):
    assert "an argument is missing" in inbox.fails(2, "list")
    assert "RECIPIENT" in inbox.ok("list", "--help") and "exit codes" in inbox.ok("archive", "--help")
    assert "say which" in inbox.fails(2, "read", "user-1") and "say which" in inbox.fails(2, "read", "--all", "u", "x")
    assert "UUID" in inbox.fails(2, "archive", "user-1", "x")
    assert "--limit" in inbox.fails(2, "list", "--limit=0", "user-1")
    assert "1 to 512 bytes" in inbox.fails(2, "list", "x" * 513)
    assert "cannot connect" in inbox.fails(3, "list", "user-1", "--redis=redis://127.0.0.1:1/0")
