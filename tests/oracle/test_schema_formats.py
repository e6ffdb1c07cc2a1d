"""`format` against independent checkers: the idna package, ipaddress and datetime, on random texts near the rules."""

import datetime
import ipaddress
import json
import random
import subprocess
import unicodedata

import idna
import pytest

ROUNDS = 20000


def answers(carillon, folder, name, texts):
    path = folder / "schema.json"
    path.write_text(json.dumps({"format": name}))
    ran = subprocess.run([carillon, "check-schema", path], input="\n".join(map(json.dumps, texts)), text=True,
                         capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line)["valid"] for line in ran.stdout.splitlines()]


def succeeds(function, text):
    try:
        function(text)
    except ValueError:  # IDNAError is one
        return False
    return True


def mutated(r, text, alphabet):
    text = list(text)
    for _ in range(r.randrange(3)):
        at = r.randrange(len(text) + 1)
        if r.random() < 0.5 and at < len(text):
            text[at] = r.choice(alphabet)
        elif r.random() < 0.5 and at < len(text):
            del text[at]
        else:
            text.insert(at, r.choice(alphabet))
    return "".join(text)


def random_ipv4(r):
    return mutated(r, ".".join(str(r.randrange(300)) for _ in range(4)), "0123456789./a")


def random_ipv6(r):
    groups = [f"{r.randrange(65536):x}" for _ in range(r.choice([8, 8, 7, 6, 3]))]
    if r.random() < 0.6:
        groups.insert(r.randrange(len(groups) + 1), "")
    if r.random() < 0.3:
        groups.append(random_ipv4(r))
    return mutated(r, ":".join(groups), "0123456789abcdef::g.")


def random_date(r):
    return mutated(r, f"{r.randrange(1, 10000):04}-{r.randrange(0, 14):02}-{r.randrange(0, 33):02}", "0123456789-")


def is_date(text):
    if len(text) != 10 or text[4] != "-":  # fromisoformat takes week dates too
        raise ValueError
    datetime.date.fromisoformat(text)


@pytest.mark.parametrize("name, make, check", [
    ("ipv4", random_ipv4, ipaddress.IPv4Address),
    ("ipv6", random_ipv6, ipaddress.IPv6Address),
    ("date", random_date, is_date),
])
def test_agrees(carillon, tmp_path, name, make, check):
    r = random.Random(name)
    texts = [make(r) for _ in range(ROUNDS)]
    expected = [succeeds(check, text) for text in texts]
    wrong = [pair for pair in zip(texts, answers(carillon, tmp_path, name, texts), expected) if pair[1] != pair[2]]
    assert not wrong
    assert 0.1 < sum(expected) / len(expected) < 0.9


# Letters of several scripts, marks, joiners, digits of both Arabic kinds, what has a context rule, and what is refused.
LABEL_ALPHABET = ("abcxyz019--lßςéüñÅøαβγδאבגدبيляжক্ষ字漢ーあアカ한실\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d\u094d\u0915\u0937"
                  "\u0660\u0669\u06f0\u06f9\u0300\u0301\u0903\u0488\u0640\u302e\u3007\u0f0bAΑ_!²ﬁ①\u00ad\u1100\u2200😀")


def ulabel_is_valid(text):
    """Strict IDNA 2008, a label at a time."""
    for label in text.replace("。", ".").split("."):
        if not label.isascii():
            idna.alabel(label)
        elif label.lower().startswith("xn--"):
            if idna.alabel(idna.ulabel(label)).decode() != label.lower():
                raise ValueError
        elif not all(c.isalnum() or c == "-" for c in label):
            raise ValueError
        else:
            idna.check_label(label.lower())


def test_idn_hostname_agrees_with_idna(carillon, tmp_path):
    r = random.Random("idn-hostname")
    texts = []
    for _ in range(ROUNDS):
        label = "".join(r.choice(LABEL_ALPHABET) for _ in range(r.randint(1, 4)))
        texts.append(label if r.random() < 0.9 else label + "." + r.choice(["com", "한", "a。b"]))
    expected = [succeeds(ulabel_is_valid, text) for text in texts]
    wrong = [pair for pair in zip(texts, answers(carillon, tmp_path, "idn-hostname", texts), expected)
             if pair[1] != pair[2]]
    assert not wrong, f"{len(wrong)}: {[(ascii(t), a) for t, a, _ in wrong[:20]]}"
    assert 0.1 < sum(expected) / len(expected) < 0.9


def test_a_labels_agree_with_idna(carillon, tmp_path):
    r = random.Random("a-label")
    texts = []
    for _ in range(ROUNDS):
        label = "".join(r.choice(LABEL_ALPHABET) for _ in range(r.randint(1, 6)))
        try:
            texts.append(mutated(r, "xn--" + label.encode("punycode").decode(), "abcz09-"))
        except UnicodeError:
            continue
    texts = [text for text in texts if text.startswith("xn--")]
    expected = [succeeds(ulabel_is_valid, text) for text in texts]
    wrong = [pair for pair in zip(texts, answers(carillon, tmp_path, "hostname", texts), expected) if pair[1] != pair[2]]
    assert not wrong, f"{len(wrong)}: {[(t, a) for t, a, _ in wrong[:20]]}"


def test_every_code_point_is_classed_as_idna_has_it(carillon, tmp_path):
    """All code points, each between two letters, so that neither marks nor directions matter to it."""
    texts = [f"a{chr(c)}a" for c in range(0xA0, 0x30000) if not 0xD800 <= c < 0xE000]
    texts = [text for text in texts if text[1] not in "。．｡"]
    expected = [succeeds(ulabel_is_valid, text) for text in texts]
    wrong = [text[1] for text, answer, other in zip(texts, answers(carillon, tmp_path, "idn-hostname", texts), expected)
             if answer != other]
    # The package knows a newer Unicode than the library may: what is unassigned to one of them is no evidence.
    wrong = [c for c in wrong if unicodedata.category(c) != "Cn"]
    assert not wrong, f"{len(wrong)}: {[hex(ord(c)) for c in wrong[:40]]}"
