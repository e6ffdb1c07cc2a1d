"""Mails through providers of kind smtp, counted at real receivers."""

import base64
import collections
import json
import pathlib
import time

import pytest

from rig import workflows
from rig.mail_receiver import MailReceiver
from rig.mail_server import MailServer
from rig.site import event_id, execution_id
from rig.volume import trigger_id

COUNT = 20000


@pytest.fixture
def folder(site):
    return pathlib.Path(site.folder)


@pytest.fixture
def make_receiver(folder):
    receivers = []

    def make(**options):
        receivers.append(MailReceiver(folder, **options))
        return receivers[-1]

    yield make
    for receiver in receivers:
        receiver.close()


def mailing(config, **step):
    """One mail an execution, and nothing else."""
    return workflows.workflow("mailing", [
        workflows.step("mail", "EMAIL", {"to": "{{ payload.email }}", "subject": "Hello", **config},
                       retry={"max_attempts": 3, "initial": "100ms"}, **step)])


def smtp(site, receiver, **provider):
    """The configuration in which e-mails go to the receiver."""
    settings = {"kind": "smtp", "url": receiver.url, "from": "Shop <shop@shop.example>", "tls": "none",
                "timeout.ms": 10000, **provider}
    return site.config(channels={"EMAIL": "post"}, **{"provider.post": settings})


def send(site, to, number=1, name="Ada"):
    site.send("mailing", f"user-{number}", {"name": name, "email": to, "amount": 1}, trigger_id=trigger_id(number),
              key=f"user-{number}")


def run_one(site, config, to, step_config=None, name="Ada"):
    """One mail to its end: the execution's completion and the step's."""
    site.add_workflow(mailing(step_config or {"text": "Hello {{ payload.name }}"}))
    site.run_worker(config)
    send(site, to, name=name)
    site.flush()
    (execution,) = site.wait_executions(1)
    (step,) = site.step_completions()
    return execution, step


def text_of(mail, kind):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_text_html_and_a_file_arrive(site, make_receiver):
    receiver = make_receiver()
    config = smtp(site, receiver, list_unsubscribe="https://shop.example/u/{{ recipient }}",
                  **{"header.X-Campaign": "{{ workflow.id }}", "message_id.domain": "id.example"})
    content = base64.b64encode(bytes(range(256))).decode()
    execution, step = run_one(site, config, "Ada <ada@example.com>", {
        "subject": "Grüße, {{ payload.name }} ☃", "text": "Hello {{ payload.name }}\n.\nÄ", "html": "<p>{{ payload.name }}</p>",
        "reply_to": "help@shop.example", "attachments": [{"name": "bill.pdf", "type": "application/pdf", "content": content}]},
        name="Ada <L> ä")
    assert execution["status"] == "COMPLETED"
    key = event_id(execution_id("mailing", trigger_id(1)), "mail")
    (mail,) = receiver.mails
    assert (mail.sender, mail.recipient, mail.key) == ("shop@shop.example", "ada@example.com", key)
    read = mail.read()
    assert read["Subject"] == "Grüße, Ada <L> ä ☃"
    assert read["From"] == "Shop <shop@shop.example>" and read["To"] == "Ada <ada@example.com>"
    assert read["Reply-To"] == "help@shop.example" and read["Message-ID"] == f"<{key}@id.example>"
    assert read["List-Unsubscribe"] == "<https://shop.example/u/user-1>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["X-Campaign"] == "mailing"
    assert abs(read["Date"].datetime.timestamp() - time.time()) < 60
    assert text_of(read, "plain") == "Hello Ada <L> ä\n.\nÄ"
    assert text_of(read, "html") == "<p>Ada &lt;L&gt; ä</p>"
    (attachment,) = read.iter_attachments()
    assert attachment.get_filename() == "bill.pdf" and attachment.get_content() == bytes(range(256))
    result = json.loads(step["result"])
    assert result["provider"] == "post" and result["message_id"] == "Q1"


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
def test_tls_and_a_login(site, make_receiver, tls):
    receiver = make_receiver(tls=tls, login=("shop", "secret word"))
    config = smtp(site, receiver, tls="tls" if tls == "smtps" else "starttls", user="shop", password="${MAIL_PASSWORD}",
                  **{"tls.ca_file": receiver.ca_file})
    site.add_workflow(mailing({"text": "t"}))
    worker = site.run_worker(config, env={"MAIL_PASSWORD": "secret word"})
    send(site, "a@b.example")
    site.flush()
    (execution,) = site.wait_executions(1)
    assert execution["status"] == "COMPLETED"
    (mail,) = receiver.mails
    assert mail.tls and mail.login == "shop"
    assert "secret word" not in worker.stderr() + worker.stdout()


@pytest.mark.parametrize("change, code", [
    ({"tls.ca_file": None}, "tls"),
    ({"password": "wrong"}, "smtp_auth"),
    ({"user": None, "password": None}, "smtp_auth"),
])
def test_who_is_not_trusted_gets_no_mail(site, make_receiver, change, code):
    receiver = make_receiver(tls="starttls", login=("shop", "secret"))
    settings = {"tls": "starttls", "user": "shop", "password": "secret", "tls.ca_file": receiver.ca_file, **change}
    config = smtp(site, receiver, **{name: value for name, value in settings.items() if value is not None})
    execution, step = run_one(site, config, "a@b.example")
    assert execution["status"] == "FAILED" and step["error"]["code"] == code
    assert receiver.mails == []


def test_a_server_without_starttls_gets_no_mail(site, make_receiver):
    receiver = make_receiver()
    execution, step = run_one(site, smtp(site, receiver, tls="starttls"), "a@b.example")
    assert execution["status"] == "FAILED" and step["error"]["code"] == "tls"
    assert receiver.mails == []


@pytest.mark.parametrize("to, code, times", [
    ("rcpt-550@b.example", "smtp_550", 1), ("data-554@b.example", "smtp_554", 1), ("rcpt-450@b.example", "smtp_450", 3),
    ("data-451@b.example", "smtp_451", 3)])
def test_refusals_are_for_good_or_not(site, make_receiver, to, code, times):
    receiver = make_receiver()
    execution, step = run_one(site, smtp(site, receiver), to)
    assert execution["status"] == "FAILED" and step["error"]["code"] == code
    assert len(receiver.handler.refused) + len(receiver.mails) == times
    (failure, *_) = site.workers[0].events("delivery_failed")
    assert failure["code"] == code and to not in site.workers[0].stderr()


def test_what_is_refused_for_now_is_sent_again(site, make_receiver):
    receiver = make_receiver()
    execution, _ = run_one(site, smtp(site, receiver), "data-451-once@b.example")
    assert execution["status"] == "COMPLETED" and [mail.reply[:3] for mail in receiver.mails] == ["451", "250"]
    first, second = (mail.content for mail in receiver.mails)
    assert [line for line in first.splitlines() if line not in second.splitlines()] in ([], [
        line for line in first.splitlines() if line.startswith(b"Date: ")])


@pytest.mark.parametrize("on_unknown, status, times", [("retry", "COMPLETED", 2), ("fail", "FAILED", 1)])
def test_a_connection_that_is_cut_behind_the_content(site, make_receiver, on_unknown, status, times):
    receiver = make_receiver()
    execution, step = run_one(site, smtp(site, receiver, on_unknown=on_unknown), "cut-once@b.example")
    assert execution["status"] == status and len(receiver.mails) == times
    (record,) = site.record(execution["execution_id"])["steps"]
    assert record["failures"][0]["code"] == "connection_lost" and record["failures"][0]["unknown"]
    if status == "FAILED":
        assert step["error"]["code"] == "connection_lost"


@pytest.mark.parametrize("to", ["a@b, c@d", "nobody", "a@b\u2028.c"])
def test_what_is_no_address_fails_without_a_connection(site, make_receiver, to):
    receiver = make_receiver()
    execution, step = run_one(site, smtp(site, receiver), to)
    assert execution["status"] == "FAILED" and step["error"]["code"] == "invalid_address"
    assert receiver.mails == [] and to not in site.workers[0].stderr()


def test_a_slow_server_delays_nobody_else(site, make_receiver):
    """Ten mails wait for a second each, one at a time; the in-app steps beside them do not."""
    receiver = make_receiver()
    site.add_workflow(mailing({"text": "t"}))
    site.add_workflow(workflows.workflow("note", [workflows.step("note", "IN_APP", {"body": "b"})]))
    config = smtp(site, receiver, concurrency=1)
    config["worker"]["epoch.max.ms"] = 1000
    site.run_worker(config)
    for number in range(10):
        send(site, f"slow-{number}@b.example", number)
    site.flush()
    receiver.wait_mails(1)
    began = time.monotonic()
    for number in range(200):
        site.send("note", f"other-{number}", {"name": "n", "amount": 1}, trigger_id=f"o-{number}", key=f"other-{number}")
    site.flush()
    site.wait_published("execution-completions", 200)
    assert time.monotonic() - began < 5
    site.wait_executions(210)


def unknown_outcomes(record):
    """How many of the mail's deliveries nobody knows the outcome of, as the record has them."""
    (step,) = record["steps"]
    return sum(failure.get("unknown", False) for failure in step.get("failures", []))


def test_many_arrive_and_only_unknown_ones_twice(make_site, tmp_path, capsys):
    """20,000 mails through one worker that is killed twice (kill -9)."""
    began = time.monotonic()
    site = make_site(partitions=4)
    receiver = MailReceiver(tmp_path)
    site.add_workflow(mailing({"text": "t"}))
    config = smtp(site, receiver, concurrency=20)
    config["kafka.consumer"].update({"session.timeout.ms": 1500, "heartbeat.interval.ms": 300})
    for number in range(COUNT):
        send(site, f"n{number}@b.example", number)
    site.flush()
    for part in (1, 2):
        worker = site.run_worker(config)
        receiver.wait_mails(COUNT * part // 3, 60)
        worker.kill()
    site.run_worker(config)
    completions = site.wait_executions(COUNT, 60)
    site.stop_workers()
    receiver.close()

    ids = [execution_id("mailing", trigger_id(number)) for number in range(COUNT)]
    assert collections.Counter(event["execution_id"] for event in completions) == collections.Counter(ids)
    assert {event["status"] for event in completions} == {"COMPLETED"}
    accepted = receiver.accepted()
    assert set(accepted) == {event_id(the_id, "mail") for the_id in ids}
    records = {key.rpartition(":")[2]: json.loads(text) for keys in [list(
        site.redis.scan_iter(f"{site.name}:*:execution:*", count=10000))] for key, text in zip(keys, site.redis.mget(keys))}
    owners = {event_id(the_id, "mail"): the_id for the_id in ids}
    twice = {key: count for key, count in accepted.items() if count > 1}
    assert all(count - 1 <= unknown_outcomes(records[owners[key]]) for key, count in twice.items())
    with capsys.disabled():
        print(f"\n{COUNT} mails: received={len(receiver.mails)} unknown={sum(map(unknown_outcomes, records.values()))} "
              f"twice={len(twice)} seconds={time.monotonic() - began:.0f}")


def test_a_real_mail_server_takes_them(site):
    """Exim, delivering into a maildir."""
    server = MailServer()
    try:
        site.add_workflow(mailing({"subject": "Grüße ☃", "text": "Ä\n.\n..\nend", "html": "<p>Ä</p>"}))
        site.run_worker(smtp(site, server, concurrency=4))
        for number in range(50):
            send(site, f"n{number}@local.example", number)
        send(site, "nobody@elsewhere.example", 50)
        site.flush()
        executions = site.wait_executions(51)
        mails = server.wait_mails(50)
    finally:
        server.close()
    assert collections.Counter(execution["status"] for execution in executions) == {"COMPLETED": 50, "FAILED": 1}
    keys = {event_id(execution_id("mailing", trigger_id(number)), "mail") for number in range(50)}
    assert {mail["Message-ID"][1:37] for mail in mails} == keys
    for mail in mails:
        assert mail["Subject"] == "Grüße ☃"
        assert text_of(mail, "plain") == "Ä\n.\n..\nend"
        assert text_of(mail, "html") == "<p>Ä</p>"
    completions = [step for step in site.step_completions() if step["status"] == "COMPLETED"]
    assert all(len(json.loads(step["result"])["message_id"]) > 10 for step in completions), "Exim's own ids"
    (failed,) = [step for step in site.step_completions() if step["status"] == "FAILED"]
    assert failed["error"]["code"] == "smtp_550"
