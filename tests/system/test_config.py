"""Configuration and workflow documents: what is wrong is said before anything starts."""

import json
import os

import pytest

from rig import workflows
from rig.avro import ROOT
from rig.logs import parse_json

DATA = {"name": "Ada", "email": "ada@example.com", "amount": 1}


def refused(site, config=None, options=(), env=None):
    """What a worker that does not start says."""
    worker = site.start_worker(config or site.config(), options, env)
    assert worker.wait(15) > 0
    return worker.stderr()


def check_flows(site):
    site.send("note_and_mail", "user-1", DATA)
    site.flush()
    site.wait_published("execution-completions", 1)


@pytest.fixture
def quiet_site(site):
    site.add_workflow(workflows.note_and_mail())
    return site


@pytest.mark.parametrize("section, key, nearest", [
    ("worker", "trigger", "triggers"), ("worker", "step_completion", "step_completions"),
    ("worker", "commit.intervall.ms", "commit.interval.ms"), ("redis", "urll", "url"),
    ("redis", "retenton", "retention"), ("channels", "E_MAIL", "EMAIL")])
def test_an_unknown_key_names_the_nearest(quiet_site, section, key, nearest):
    said = refused(quiet_site, quiet_site.config(**{section: {key: "x"}}))
    assert key in said and nearest in said


def test_an_unknown_section_names_the_nearest(quiet_site):
    said = refused(quiet_site, quiet_site.config(**{"kafka.consumr": {"client.id": "x"}}))
    assert "kafka.consumr" in said and "kafka.consumer" in said


@pytest.mark.parametrize("section, key, value", [
    ("worker", "shards", "many"), ("worker", "shards", "-1"), ("worker", "commit.interval.ms", "soon"),
    ("worker", "log.format", "xml"), ("worker", "log.level", "loud"), ("worker", "framing", "json"),
    ("worker", "framing", "confluent"), ("worker", "max_trigger_bytes", "0"), ("redis", "url", "http://127.0.0.1"),
    ("redis", "url", "rediss://127.0.0.1:6379"), ("redis", "retention", "a while"), ("channels", "EMAIL", "pigeon"),
    ("kafka", "bootstrap.server", "127.0.0.1:1")])
def test_a_wrong_value_is_refused_by_name(quiet_site, section, key, value):
    said = refused(quiet_site, quiet_site.config(**{section: {key: value}}))
    assert key in said, said


def test_what_librdkafka_must_not_be_told(quiet_site):
    """What would break the transactions that carillon is about."""
    said = refused(quiet_site, quiet_site.config(**{"kafka.consumer": {"enable.auto.commit": "true"}}))
    assert "enable.auto.commit" in said


@pytest.mark.parametrize("key", ["workflows", "schemas"])
def test_a_missing_folder(quiet_site, key):
    assert "/nowhere" in refused(quiet_site, quiet_site.config(worker={key: "/nowhere"}))


def test_a_missing_file(quiet_site, tmp_path):
    worker = quiet_site.start_worker(options=["-c", tmp_path / "nowhere.conf"])
    assert worker.wait(15) > 0
    assert "nowhere.conf" in worker.stderr()


def test_environment_and_options_override_the_file(quiet_site):
    site = quiet_site
    wrong = site.config(worker={"triggers": "file", "group": "file"}, redis={"url": "redis://127.0.0.1:1/0"})
    worker = site.run_worker(wrong, ["--set", f"worker.triggers={site.triggers}"],
                    {"CARILLON_WORKER_TRIGGERS": "environment", "CARILLON_WORKER_GROUP": site.name,
                     "CARILLON_REDIS_URL": site.redis_server.url(site.database)})
    check_flows(site)
    assert worker.events("ready")[0]["group"] == site.name


def test_properties_of_librdkafka_come_from_the_environment_too(quiet_site):
    site = quiet_site
    config = site.config()
    del config["kafka"]
    site.run_worker(config, env={"CARILLON_KAFKA_BOOTSTRAP_SERVERS": site.kafka.address})
    check_flows(site)


@pytest.mark.parametrize("options", [["--set", "worker.nonsense=1"], ["--set", "worker.shards"], ["--nonsense"], ["more"]])
def test_wrong_options_are_refused(quiet_site, options):
    assert refused(quiet_site, options=options)


def test_redis_over_its_unix_socket(quiet_site):
    site = quiet_site
    site.run_worker(site.config(redis={"url": f"{site.redis_server.unix_url()}?db={site.database}"}))
    check_flows(site)
    assert site.inbox("user-1")


def test_json_log_lines(quiet_site):
    site = quiet_site
    worker = site.run_worker(site.config(worker={"log.format": "json", "log.level": "debug"}))
    check_flows(site)
    site.send_bytes(b"junk")
    site.flush()
    site.wait_published("rejected", 1)
    site.stop_workers()
    lines = worker.stderr().splitlines()
    assert lines and all(parse_json(line) for line in lines)
    assert {"ts", "level", "event"} <= parse_json(lines[0]).keys()


def broken(change):
    document = workflows.every_type("broken")
    change(document)
    return document


BROKEN = {
    "no steps": (lambda d: d.update(steps=[]), ["steps"]),
    "a step id twice": (lambda d: d["steps"][1].update(step_id="note"), ["note", "steps"]),
    "a step name twice": (lambda d: d["steps"][1].update(name="Step note"), ["steps"]),
    "unknown step type": (lambda d: d["steps"][0].update(step_type="FAX"), ["step_type"]),
    "unknown status": (lambda d: d.update(status="sleeping"), ["status"]),
    "unknown field": (lambda d: d.update(nonsense=1), ["nonsense"]),
    "unknown config field": (lambda d: d["steps"][2]["config"].update(subject="x"), ["subject"]),
    "missing config field": (lambda d: d["steps"][2]["config"].pop("body"), ["body"]),
    "mail without text": (lambda d: d["steps"][1]["config"].pop("text"), ["text"]),
    "condition does not compile": (lambda d: d["steps"][2].update(skip_condition="payload.amount <"),
                                   ["skip_condition"]),
    "template does not compile": (lambda d: d["steps"][2]["config"].update(body="{{ payload.amount"), ["body"]),
    "schema does not compile": (lambda d: d.update(payload_schema={"type": "thing"}), ["payload_schema", "type"]),
    "unknown provider": (lambda d: d["steps"][1].update(provider="pigeon"), ["provider"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_does_not_start(site, name):
    change, words = BROKEN[name]
    site.add_workflow(broken(change))
    said = refused(site)
    for word in ("broken.json", *words):
        assert word in said, said


def test_a_workflow_id_twice(site):
    site.add_workflow(workflows.note_and_mail())
    (site.folder / "workflows" / "again.json").write_text(json.dumps(workflows.note_and_mail()))
    said = refused(site)
    assert "note_and_mail" in said and "again.json" in said


def test_all_errors_are_told_at_once(site):
    for number in range(2):
        document = workflows.note_and_mail(f"w{number}")
        document["steps"] = []
        site.add_workflow(document)
    said = refused(site)
    assert "w0.json" in said and "w1.json" in said


def test_yaml_that_is_broken_says_the_line(site):
    (site.folder / "workflows" / "bad.yaml").write_text("workflow_id: bad\nname: Bad\nsteps:\n  - step_id: [\n")
    said = refused(site)
    assert "bad.yaml" in said and ("line=4" in said or "line=5" in said)


def test_a_broken_writer_schema_does_not_start(quiet_site):
    (quiet_site.folder / "schemas" / "odd.avsc").write_text('{"type": "record"}')
    assert "odd.avsc" in refused(quiet_site)


def test_folders_as_kubernetes_mounts_them(quiet_site):
    """A ConfigMap's volume: links into a hidden folder, which itself is no place to look."""
    site = quiet_site
    for kind in ("workflows", "schemas"):
        folder = site.folder / kind
        names = os.listdir(folder)
        (folder / "..2026_01_31").mkdir()
        for name in names:
            (folder / name).rename(folder / "..2026_01_31" / name)
        (folder / "..data").symlink_to("..2026_01_31")
        for name in names:
            (folder / name).symlink_to(f"..data/{name}")
    site.run_worker()
    check_flows(site)


def test_the_documented_configuration_is_the_real_one(quiet_site):
    """deploy/carillon.conf as it is, but for where things are."""
    site = quiet_site
    config = site.config()
    places = [("worker", key) for key in
              ("group", "triggers", "step_completions", "execution_completions", "rejected", "workflows", "schemas")]
    options = [part for section, key in (*places, ("kafka", "bootstrap.servers"), ("redis", "url"), ("admin", "listen"))
               for part in ("--set", f"{section}.{key}={config[section][key]}")]
    site.run_worker(options=["-c", ROOT / "deploy" / "carillon.conf", *options])
    check_flows(site)
