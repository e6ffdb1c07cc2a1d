"""What carillon writes as a mail is what Python's email package reads: subjects, names and bodies come back the same,
whatever is in them, and no text gets out of its place."""

import base64
import email
import email.header
import email.policy
import email.utils
import json
import random
import re
import subprocess

import pytest

KEY = "6f1d7c52-0c56-5b7e-9a43-1f3f0f5d2b11"

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz ABC",
    "a=?_.,;:<>@()[]\\\"'-+ \t~{}|%",
    "äöüßéçñøåŽžřł €–“”…",
    "привет мир",
    "日本語のメール題名、長い。",
    "😀👩‍👩‍👧‍👦🇨🇭é",
    "مرحبا שלום",
    "=?utf-8?q?x?= =?utf-8?b?eA==?=",
]


def texts(count, longest, lines, seed=1):
    """Texts of each alphabet and of all of them; with line ends or on one line."""
    dice = random.Random(seed)
    for i in range(count):
        alphabet = dice.choice([*ALPHABETS, "".join(ALPHABETS)])
        if not lines:
            alphabet = alphabet.replace("\t", "")
        text = "".join(dice.choice(alphabet) for _ in range(dice.randrange(1, longest)))
        if lines:
            text = "".join(c if dice.random() > 0.03 else dice.choice(["\n", "\n\n.", "\nFrom ", " \n", "\n--"]) for c in text)
        yield text


def mails(carillon, requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([carillon, "render", "--mail"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(requests)
    return answers


def parse(answer):
    raw = answer["mail"].encode()
    assert_lines(raw)
    return email.message_from_bytes(raw, policy=email.policy.default)


def assert_lines(raw):
    """CRLF at every line's end and nowhere else, nothing that SMTP would stumble over."""
    assert raw.endswith(b"\r\n")
    assert b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
        assert b"\0" not in line


def message(**fields):
    return {"message": {"to": "a@b.c", "subject": "s", "text": "t", **fields}, "key": KEY, "from": "f@x.io"}


def test_subjects_come_back(carillon):
    subjects = list(texts(600, 200, lines=False))
    answers = mails(carillon, [message(subject=subject) for subject in subjects])
    for subject, answer in zip(subjects, answers):
        assert parse(answer)["Subject"] == subject


def test_lines_of_a_header_are_folded(carillon):
    subjects = list(texts(300, 400, lines=False, seed=2))
    for answer in mails(carillon, [message(subject=subject) for subject in subjects]):
        head = answer["mail"].partition("\r\n\r\n")[0]
        subject = re.search(r"^Subject:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head, re.M).group()
        assert max(len(line) for line in subject.split("\r\n")) <= 76, subject


def test_names_come_back(carillon):
    names = [name for name in (" ".join(text.split()) for text in texts(600, 80, lines=False, seed=3)) if name]
    quoted = ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names]
    answers = mails(carillon, [message(to=f"{name} <a.b@c.example>") for name in quoted])
    for name, answer in zip(names, answers):
        assert len(parse(answer)["To"].addresses) == 1
        # Up to 3.12.8 the newer parser leaves the spaces between encoded words of a name; the older one does not.
        phrase, mailbox = email.utils.parseaddr(email.message_from_string(answer["mail"])["To"].replace("\r\n", ""))
        assert str(email.header.make_header(email.header.decode_header(phrase))) == name
        assert mailbox == "a.b@c.example"


@pytest.mark.parametrize("part", ["text", "html"])
def test_bodies_come_back(carillon, part):
    bodies = list(texts(400, 3000, lines=True, seed=4))
    requests = [message(**{part: body}) for body in bodies]
    if part == "html":
        for request in requests:
            del request["message"]["text"]
    for body, answer in zip(bodies, mails(carillon, requests)):
        read = parse(answer)
        assert read.get_content_type() == ("text/plain" if part == "text" else "text/html")
        assert read.get_content_charset() == "utf-8"
        assert read.get_payload(decode=True).decode().replace("\r\n", "\n").removesuffix("\n") == body.removesuffix("\n")


def test_text_and_html_come_back_as_alternatives(carillon):
    bodies = list(texts(200, 2000, lines=True, seed=5))
    requests = [message(text=text, html=html) for text, html in zip(bodies, reversed(bodies))]
    for request, answer in zip(requests, mails(carillon, requests)):
        read = parse(answer)
        assert read.get_content_type() == "multipart/alternative"
        assert not read.defects
        plain, html = read.iter_parts()
        assert plain.get_payload(decode=True).decode().replace("\r\n", "\n") == request["message"]["text"]
        assert html.get_payload(decode=True).decode().replace("\r\n", "\n") == request["message"]["html"]
        assert html.get_content_type() == "text/html"


def test_attachments_come_back(carillon):
    dice = random.Random(6)
    files = []
    for name in texts(150, 120, lines=False, seed=7):
        content = dice.randbytes(dice.randrange(400))
        encoded = base64.encodebytes(content) if dice.random() < 0.5 else base64.b64encode(content)
        files.append((name.strip() or "x", content, encoded.decode()))
    requests = [
        message(html="<p>h</p>", attachments=[{"name": name, "type": "application/pdf", "content": encoded}] * 2)
        for name, _, encoded in files
    ]
    for (name, content, _), answer in zip(files, mails(carillon, requests)):
        read = parse(answer)
        assert read.get_content_type() == "multipart/mixed"
        assert read.get_body().get_content_type() == "text/html"
        attachments = list(read.iter_attachments())
        assert len(attachments) == 2
        for attachment in attachments:
            assert attachment.get_filename() == name
            assert attachment.get_content_type() == "application/pdf"
            assert attachment.get_content_disposition() == "attachment"
            assert attachment.get_payload(decode=True) == content


def test_a_mail_says_what_it_is(carillon):
    request = message(reply_to="Help <help@x.io>", **{"from": "Shop <shop@shop.example>"})
    request["headers"] = {"X-Campaign": "spring", "Feedback-ID": "ä"}
    request["list_unsubscribe"] = "https://x.io/u/1"
    read = parse(mails(carillon, [request])[0])
    assert read["From"] == "Shop <shop@shop.example>"
    assert read["Reply-To"] == "Help <help@x.io>"
    assert read["Message-ID"] == f"<{KEY}@shop.example>"
    assert read["Date"].datetime.timestamp() == 0
    assert read["MIME-Version"] == "1.0"
    assert read["X-Campaign"] == "spring"
    assert read["Feedback-ID"] == "ä"
    assert read["List-Unsubscribe"] == "<https://x.io/u/1>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert not read.defects


def test_the_same_mail_is_the_same_bytes(carillon):
    request = message(html="<p>h</p>", attachments=[{"name": "a", "content": "YQ=="}])
    first, second = mails(carillon, [request] * 2)
    assert first == second


def test_nothing_gets_out_of_its_place(carillon):
    """Line ends in what must be one line are refused, whichever they are."""
    breaks = ["\r\n", "\n", "\r", "\0", "\r\n\r\n", "\x0b", "\x0c", "\x1c", "\x1e", "\x7f"]
    requests = []
    for line_end in breaks:
        evil = f"x{line_end}Bcc: evil@x.io"
        requests += [message(subject=evil), message(to=f"{evil} <a@b>"), message(to=f"a@b{line_end}.c")]
        requests += [message(**{"from": evil + "@b"}), message(reply_to=f'"{evil}" <a@b>')]
        requests += [message(attachments=[{"name": evil, "content": ""}])]
        requests += [message(attachments=[{"name": "a", "type": evil, "content": ""}])]
        requests += [{**message(), "headers": {"X-Tag": evil}}, {**message(), "headers": {evil: "x"}}]
        requests += [{**message(), "list_unsubscribe": evil}]
    for request, answer in zip(requests, mails(carillon, requests)):
        assert "error" in answer, request


def test_line_ends_of_unicode_stay_in_their_field(carillon):
    """NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR are no line ends in mail, but some readers think so."""
    for separator in "\x85\u2028\u2029":
        answer = mails(carillon, [message(subject=f"a{separator}Bcc: evil@x.io")])[0]
        head = answer["mail"].partition("\r\n\r\n")[0]
        assert head.isascii() and "Bcc" not in head


def test_a_mail_from_a_file(carillon, tmp_path):
    path = tmp_path / "message.json"
    path.write_text(json.dumps(message(subject="Grüße")))
    done = subprocess.run([carillon, "render", "--mail", path], stdout=subprocess.PIPE, check=True)
    assert email.message_from_bytes(done.stdout, policy=email.policy.default)["Subject"] == "Grüße"
