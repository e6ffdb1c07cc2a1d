"""Requests that the configuration says, at a real receiver: templates, answers, redirections, signatures, tokens, TLS."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import ssl
import subprocess
import urllib.parse

import pytest

from rig import workflows
from rig.processes import Process, accepts, free_ports, wait_for
from rig.receiver import Answer, Receiver, retry_after
from rig.site import event_id, execution_id

ADA = {"name": "Ada \"L.\" \u00e4\u2603", "email": "ada@example.com", "amount": 250}
ENVIRONMENT = {"no_proxy": "*", "API_TOKEN": "hidden-token", "SECRET": "hidden-key"}


def run_one(site, url, keys=None, data=ADA):
    """One e-mail through a provider at this url with these keys: the execution's completion and the step's."""
    provider = {"kind": "http", "url": url, **(keys or {})}
    site.add_workflow(workflows.note_and_mail())
    site.run_worker(site.config(channels={"EMAIL": "mail"}, **{"provider.mail": provider}), env=ENVIRONMENT)
    site.send("note_and_mail", "user-1", data, trigger_id="t-1")
    site.flush()
    site.wait_published("execution-completions", 1)
    (execution,) = site.execution_completions()
    (mail,) = [step for step in site.step_completions() if step["step_id"] == "mail"]
    assert "hidden" not in site.workers[0].stderr() + str(mail)
    return execution, mail


def test_a_request_is_what_its_templates_say(site, receiver):
    receiver.answer("/v1/user-1/send", Answer(201, body=b'{"data": [{"id": "SM42"}]}'))
    _, mail = run_one(site, receiver.url("/v1/{{ recipient }}/send?to={{ message.to }}"), {
        "method": "PUT", "header.Authorization": "Bearer ${API_TOKEN}", "header.X-Workflow": "{{ workflow.id }}",
        "message_id": "/data/0/id",
        "body": '{"to": ["{{ message.to }}"], "text": "<{{ message.text }}>", "attempt": "{{ attempt }}", '
                '"html": "{{ message.get(\'html\') }}", "key": "{{ idempotency_key }}"}'})
    (request,) = receiver.requests
    assert request.path == "/v1/user-1/send?to=ada%40example.com"
    assert request.headers["authorization"] == "Bearer hidden-token" and request.headers["x-workflow"] == "note_and_mail"
    key = event_id(execution_id("note_and_mail", "t-1"), "mail")
    assert request.json() == {"to": ["ada@example.com"], "text": f"<Hello {ADA['name']}>", "attempt": 1, "key": key}
    assert json.loads(mail["result"])["message_id"] == "SM42"


def test_a_form_is_posted_with_a_login(site, receiver):
    run_one(site, receiver.url("/form"), {"user": "me", "password": "${SECRET}", "form.To": "{{ message.to }}",
                                          "form.Body": "{{ message.text }}"})
    (request,) = receiver.requests
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert urllib.parse.parse_qsl(request.body.decode()) == [("To", "ada@example.com"), ("Body", f"Hello {ADA['name']}")]
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"me:hidden-key"


def test_what_a_template_cannot_say_is_not_sent(site, receiver):
    execution, mail = run_one(site, receiver.url("/x"), {"header.X-Text": "{{ message.text }}"},
                              {**ADA, "name": "Ada\r\nX-Admin: yes"})
    assert execution["status"] == "FAILED" and mail["error"]["code"] == "template_failed"
    assert "header.X-Text" in mail["error"]["message"] and "Admin" not in mail["error"]["message"]
    assert not receiver.requests


def test_a_provider_that_asks_for_time_gets_it(site, receiver):
    receiver.answer("/x", retry_after(429, 1), Answer(body=b'{"id": 7}'))
    execution, mail = run_one(site, receiver.url("/x"), {"body": '{"a": 1}', "error": "/code", "message_id": "/id"})
    first, second = receiver.requests
    assert second.at - first.at >= 0.9 and first.key == second.key and execution["status"] == "COMPLETED"
    assert json.loads(mail["result"])["message_id"] == "7"


def test_the_providers_own_word_is_in_the_code(site, receiver):
    receiver.answer("/x", Answer(404, body=b'{"error": {"status": "NOT_FOUND", "message": "ada@example.com"}}'))
    _, mail = run_one(site, receiver.url("/x"), {"error": "/error/status"})
    assert mail["error"]["code"] == "http_404_NOT_FOUND" and "ada" not in mail["error"]["message"]


def test_a_webhook_is_signed(site, receiver):
    run_one(site, receiver.url("/hook"), {"preset": "webhook", "var.WEBHOOK_SECRET": "${SECRET}"})
    (request,) = receiver.requests
    signature = dict(part.split("=") for part in request.headers["x-carillon-signature"].split(","))
    expected = hmac.new(b"hidden-key", signature["t"].encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert signature["v1"] == expected and request.json()["step_id"] == "mail"


def test_a_redirection_is_followed_where_it_may(site, receiver):
    receiver.answer("/a", Answer(307, headers=(("Location", "/b"),)))
    execution, _ = run_one(site, receiver.url("/a"), {"redirects": 1, "body": '{"a": "{{ message.to }}"}'})
    assert [request.path for request in receiver.requests] == ["/a", "/b"] and execution["status"] == "COMPLETED"
    assert receiver.requests[1].json() == {"a": "ada@example.com"}


@pytest.mark.parametrize("to, code", [("http://169.254.169.254/latest/meta-data", "address_refused"),
                                      ("http://[::ffff:169.254.169.254]/", "address_refused"),
                                      ("http://127.0.0.2:1/", "http_308"), ("file:///etc/passwd", "http_308")])
def test_a_redirection_leads_nowhere_else(site, receiver, to, code):
    receiver.answer("/a", Answer(308, headers=(("Location", to),)))
    hosts = "127.0.0.1, 169.254.169.254, ::ffff:169.254.169.254"
    execution, mail = run_one(site, receiver.url("/a"), {"redirects": 3, "allowed.hosts": hosts})
    assert execution["status"] == "FAILED" and mail["error"]["code"] == code and len(receiver.requests) == 1


def test_an_address_of_the_link_is_refused_for_good(site):
    execution, mail = run_one(site, "http://169.254.169.254/latest/meta-data")
    assert execution["status"] == "FAILED" and mail["error"]["code"] == "address_refused"


def test_a_long_answer_is_not_read_to_its_end(site, receiver):
    receiver.answer("/x", Answer(body=b'{"id": "' + b"x" * 500_000 + b'"}'))
    execution, mail = run_one(site, receiver.url("/x"), {"message_id": "/id"})
    assert execution["status"] == "COMPLETED" and not json.loads(mail["result"]).get("message_id")


def test_a_wrong_template_ends_the_worker_at_its_start(site, receiver):
    site.add_workflow(workflows.note_and_mail())
    provider = {"kind": "http", "url": receiver.url("/"), "body": '{"a": "{{ nobody }}"}'}
    worker = site.start_worker(site.config(**{"provider.mail": provider}))
    assert worker.wait(15) == 2
    assert "provider.mail: body: /a: NameError: byte" in worker.stderr()


# ---- tokens ----


@pytest.fixture
def account(tmp_path, receiver):
    """The key file of a service account whose tokens come from the receiver."""
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                         capture_output=True, text=True, check=True).stdout
    path = tmp_path / "account.json"
    path.write_text(json.dumps({"type": "service_account", "client_email": "worker@project.example", "private_key": pem,
                                "private_key_id": "k1", "token_uri": receiver.url("/token")}))
    return path


def test_a_service_account_gets_its_token(site, receiver, account):
    receiver.answer("/token", Answer(body=b'{"access_token": "hidden-1", "expires_in": 3600, "token_type": "Bearer"}'))
    keys = {"preset": "fcm", "var.FCM_PROJECT_ID": "p", "auth.key_file": account, "http.version": "1.1",
            "body": '{"message": {"token": "{{ message.to }}"}}'}
    receiver.answer("/send", Answer(body=b'{"name": "projects/p/messages/1"}'))
    _, mail = run_one(site, receiver.url("/send"), keys)
    token, send = receiver.requests
    form = dict(urllib.parse.parse_qsl(token.body.decode()))
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in form["assertion"].split(".")[:2])
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims["iss"] == "worker@project.example" and claims["aud"] == receiver.url("/token")
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert claims["exp"] - claims["iat"] == 3600
    assert send.headers["authorization"] == "Bearer hidden-1"
    assert json.loads(mail["result"])["message_id"] == "projects/p/messages/1"


def test_a_token_that_is_refused_is_fetched_again(site, receiver, account):
    bodies = iter([b'{"access_token": "hidden-1"}', b'{"access_token": "hidden-2"}'])
    receiver.choose("/token", lambda key, number: Answer(body=next(bodies)))
    receiver.answer("/send", Answer(401), Answer())
    execution, _ = run_one(site, receiver.url("/send"), {"auth": "google_service_account", "auth.key_file": account})
    assert execution["status"] == "COMPLETED"
    assert [r.headers["authorization"] for r in receiver.requests if r.path == "/send"] == [
        "Bearer hidden-1", "Bearer hidden-2"]


# ---- TLS ----


@pytest.fixture
def tls_receiver(tmp_path):
    """One with a certificate of its own making, which stands beside it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver = Receiver(context)
    receiver.certificate, receiver.key_file = certificate, key
    yield receiver
    receiver.close()


def test_a_certificate_that_nobody_signed_is_not_trusted(site, tls_receiver):
    site.add_workflow(workflows.note_and_mail())
    config = site.config(channels={"EMAIL": "mail"},
                         **{"provider.mail": {"kind": "http", "url": tls_receiver.url("/x")}})
    worker = site.run_worker(config, env=ENVIRONMENT)
    site.send("note_and_mail", "user-1", ADA)
    site.flush()
    wait_for(lambda: worker.events("delivery_failed"), 30, "the failure in the log")
    assert worker.events("delivery_failed")[0]["code"] == "tls" and not tls_receiver.requests


def test_an_own_certificate_is_trusted(site, tls_receiver):
    execution, _ = run_one(site, tls_receiver.url("/x"), {"tls.ca_file": tls_receiver.certificate})
    assert execution["status"] == "COMPLETED" and len(tls_receiver.requests) == 1


def test_whoever_verifies_nothing_is_told_so(site, tls_receiver):
    execution, _ = run_one(site, tls_receiver.url("/x"), {"tls.verify": "false"})
    assert execution["status"] == "COMPLETED"
    assert {event["provider"] for event in site.workers[0].events("tls_not_verified")} == {"mail"}


def test_our_own_certificate_is_shown_to_who_asks_for_it(site, tls_receiver):
    tls_receiver.tls.load_verify_locations(tls_receiver.certificate)
    tls_receiver.tls.verify_mode = ssl.CERT_REQUIRED
    execution, _ = run_one(site, tls_receiver.url("/x"), {
        "tls.ca_file": tls_receiver.certificate, "tls.cert_file": tls_receiver.certificate,
        "tls.key_file": tls_receiver.key_file})
    assert execution["status"] == "COMPLETED"


# ---- HTTP/2 ----


@pytest.fixture
def http2_server(tmp_path, tls_receiver):
    """nghttpd: it answers a POST to /send with the file of this name, and tells what it receives. And the URL."""
    (tmp_path / "send").write_text('{"id": "m-1"}')
    (port,) = free_ports(1)
    nghttpd = shutil.which("nghttpd", path=os.environ["PATH"] + ":/usr/sbin")
    server = Process([nghttpd, "-v", "-d", tmp_path, "-a", "127.0.0.1", port, tls_receiver.key_file, tls_receiver.certificate],
                     tmp_path, "nghttpd")
    wait_for(lambda: accepts(port), 10, "nghttpd")
    yield server, f"https://127.0.0.1:{port}/send"
    server.terminate()


def test_many_deliveries_share_one_connection_of_http_2(site, http2_server, tls_receiver):
    server, url = http2_server
    count = 50
    keys = {"kind": "http", "url": url, "http.version": 2, "message_id": "/id", "tls.ca_file": tls_receiver.certificate}
    site.add_workflow(workflows.note_and_mail())
    config = site.config(channels={"EMAIL": "mail"}, **{"provider.mail": keys})
    config["worker"]["shards"] = 1
    site.run_worker(config, env=ENVIRONMENT)
    for number in range(count):
        site.send("note_and_mail", "user-1", ADA, trigger_id=f"t-{number}")
    site.flush()
    site.wait_published("execution-completions", count)
    assert {execution["status"] for execution in site.execution_completions()} == {"COMPLETED"}
    mails = [json.loads(step["result"]) for step in site.step_completions() if step["step_id"] == "mail"]
    assert [mail["message_id"] for mail in mails] == ["m-1"] * count
    told = server.stdout()
    assert len(set(re.findall(r"idempotency-key: (\S+)", told))) == count
    assert len(set(re.findall(r"\[id=(\d+)\].*:method: POST", told))) == 1, "connections"
