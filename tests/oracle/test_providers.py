"""Each preset, rendered by the program, against the shape that the provider's public API reference gives a request:
providers/<preset>.schema.json. And requests from templates with hostile values, read back by Python's own parsers."""

import json
import pathlib
import subprocess
import urllib.parse

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SHAPES = pathlib.Path(__file__).parent / "providers"
PRESETS = pathlib.Path(__file__).parents[2] / "schemas" / "providers"
KEYS = {
    "twilio_sms": {"var.TWILIO_ACCOUNT_SID": "AC123", "var.TWILIO_AUTH_TOKEN": "hidden", "var.TWILIO_FROM": "+15005550006"},
    "fcm": {"var.FCM_PROJECT_ID": "my-project", "auth.key_file": __file__},
    "apns": {"var.APNS_TOPIC": "com.example.app", "auth.key_file": __file__, "auth.key_id": "K", "auth.team_id": "T"},
    "push_gateway": {"url": "https://push.example.com/v1", "var.PUSH_GATEWAY_TOKEN": "hidden"},
    "slack": {"var.SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/hidden"},
    "webhook": {"url": "https://hooks.example.com/x", "var.WEBHOOK_SECRET": "hidden"},
}
SMS = {"step_type": "SMS", "message": {"to": "+15551234567", "body": "Your code is 1234 & <soon> \"gone\"\u2603\n"}}
PUSH = {"step_type": "PUSH", "message": {"to": "a1b2/..", "title": "T \"q\"", "body": "line\nbreak",
                                         "data": {"n": 1, "yes": True, "deep": {"x": [1, None]}}}}
BARE_PUSH = {"step_type": "PUSH", "message": {"to": "a1b2", "title": "T", "body": "b"}}
MAIL = {"step_type": "EMAIL", "message": {"to": "ada@example.com", "subject": "S", "text": "T", "html": "<p>"}}
NOTE = {"step_type": "IN_APP", "message": {"body": "b"}}
STEPS = {"twilio_sms": [SMS], "fcm": [PUSH, BARE_PUSH], "apns": [PUSH, BARE_PUSH], "push_gateway": [PUSH, BARE_PUSH],
         "slack": [SMS, PUSH, MAIL, NOTE], "webhook": [SMS, PUSH, MAIL, NOTE]}


def render(carillon, keys, step, check=True):
    sets = [option for key, text in keys.items() for option in ("--set", f"provider.p.{key}={text}")]
    run = subprocess.run([carillon, "provider", "render", "p", "--step", "-", *sets], input=json.dumps(step),
                         capture_output=True, text=True, env={}, timeout=30)
    assert run.returncode == 0 or not check, run.stderr
    return run


def read(text):
    """The request that was printed."""
    head, _, body = text.partition("\n\n")
    first, *headers = head.split("\n")
    method, url = first.split(" ")
    headers = {name.lower(): rest for name, rest in (line.split(": ", 1) for line in headers)}
    body = body.removesuffix("\n")
    if headers.get("content-type") == "application/x-www-form-urlencoded":
        return {"method": method, "url": url, "headers": headers, "body": urllib.parse.parse_qs(body, strict_parsing=True)}
    return {"method": method, "url": url, "headers": headers, "body": json.loads(body)}


def shape(preset):
    return jsonschema.Draft202012Validator(json.loads((SHAPES / f"{preset}.schema.json").read_text()))


@pytest.mark.parametrize("preset, step", [(preset, step) for preset, steps in STEPS.items() for step in steps])
def test_a_preset_has_the_shape_of_the_api(carillon, preset, step):
    run = render(carillon, {"preset": preset, **KEYS[preset]}, step)
    shape(preset).validate(read(run.stdout))
    assert "hidden" not in run.stdout


def test_every_preset_is_listed_shown_and_tested(carillon):
    files = {path.stem: path.read_text() for path in PRESETS.glob("*.conf")}
    listed = subprocess.run([carillon, "provider", "list"], capture_output=True, text=True, check=True).stdout
    assert set(files) == {line.split()[0] for line in listed.splitlines()} == set(STEPS)
    for name, text in files.items():
        shown = subprocess.run([carillon, "provider", "show", name], capture_output=True, text=True, check=True).stdout
        assert shown == text


def test_what_a_preset_says_is_what_the_step_has(carillon):
    sms = read(render(carillon, {"preset": "twilio_sms", **KEYS["twilio_sms"]}, SMS).stdout)
    assert sms["body"]["To"] == [SMS["message"]["to"]] and sms["body"]["Body"] == [SMS["message"]["body"]]
    fcm = read(render(carillon, {"preset": "fcm", **KEYS["fcm"]}, PUSH).stdout)
    assert fcm["body"]["message"]["data"] == {"n": "1", "yes": "True", "deep": "{'x': [1, None]}"}
    apns = read(render(carillon, {"preset": "apns", **KEYS["apns"]}, PUSH).stdout)
    assert apns["url"].endswith("/3/device/a1b2%2F..") and apns["body"]["data"] == PUSH["message"]["data"]
    assert "data" not in read(render(carillon, {"preset": "apns", **KEYS["apns"]}, BARE_PUSH).stdout)["body"]
    slack = read(render(carillon, {"preset": "slack", **KEYS["slack"]}, MAIL | {"message": {"subject": "<S>", "text": "a&b"}}).stdout)
    assert slack["body"] == {"text": "*&lt;S&gt;* a&amp;b"}


def test_a_messaging_service_takes_the_place_of_a_number(carillon):
    keys = {"preset": "twilio_sms", **KEYS["twilio_sms"], "form.From": "{{ None }}", "form.MessagingServiceSid": "MG1"}
    del keys["var.TWILIO_FROM"]
    request = read(render(carillon, keys, SMS).stdout)
    shape("twilio_sms").validate(request)
    assert request["body"]["MessagingServiceSid"] == ["MG1"] and "From" not in request["body"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
HOSTILE = TEXT | st.sampled_from(['"', '",\n"admin":true,"x":"', "\\", "\\u0022", "{{ recipient }}", "${HOME}", "../", "a&b=c", "\x00", "\r\nX: y", "%41"])


@settings(max_examples=60, deadline=None)
@given(to=HOSTILE, data=st.recursive(st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | HOSTILE,
                                     lambda items: st.lists(items, max_size=3) | st.dictionaries(HOSTILE, items, max_size=3),
                                     max_leaves=8))
def test_a_value_stays_in_its_place(carillon, to, data):
    step = {"step_type": "PUSH", "message": {"to": to, "title": "t", "body": "b", "data": {"d": data}}}
    keys = {"kind": "http", "url": "https://h.example/a/x{{ message.to }}/b?q={{ message.to }}&r=1",
            "body": '{"to": "<{{ message.to }}>", "data": "{{ message.data }}", "last": 1}'}
    request = read(render(carillon, keys, step).stdout)
    assert request["body"] == {"to": f"<{to}>", "data": {"d": data}, "last": 1}
    url = urllib.parse.urlsplit(request["url"])
    assert url.netloc == "h.example" and [urllib.parse.unquote(part) for part in url.path.split("/")] == ["", "a", "x" + to, "b"]
    assert urllib.parse.parse_qs(url.query, keep_blank_values=True) == {"q": [to], "r": ["1"]}


@settings(max_examples=60, deadline=None)
@given(to=HOSTILE, title=HOSTILE)
def test_a_form_and_a_header_hold_what_they_are_given_or_nothing(carillon, to, title):
    step = {"step_type": "PUSH", "message": {"to": to, "title": title, "body": "b"}}
    keys = {"kind": "http", "url": "https://h.example/", "form.to": "{{ message.to }}", "form.b&/": "{{ message.body }}"}
    body = render(carillon, keys, step).stdout.partition("\n\n")[2].removesuffix("\n")
    assert urllib.parse.parse_qsl(body, keep_blank_values=True) == [("to", to), ("b&/", "b")]
    run = render(carillon, keys | {"header.X-Title": "<{{ message.title }}>"}, step, check=False)
    if any(c < " " and c != "\t" or c == "\x7f" for c in title):
        assert run.returncode == 1 and "header.X-Title: " in run.stderr and run.stdout == ""
    else:
        assert f"\nX-Title: <{title}>\n" in run.stdout
