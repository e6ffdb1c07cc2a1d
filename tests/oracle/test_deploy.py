"""What deploy/ says is what the program takes."""

import re
import subprocess

import pytest
import yaml

from conftest import ROOT

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def keys_of_the_program(carillon):
    """(section, key) -> default, or None where it is computed at start, as `carillon worker --keys` tells them."""
    listed = subprocess.run([carillon, "worker", "--keys"], capture_output=True, text=True, check=True).stdout
    keys, section = {}, None
    for line in listed.splitlines():
        if heading := re.fullmatch(r"\[(.+)\]", line):
            section = heading[1]
        elif (key := re.fullmatch(r"  ([\w.]+)(?: = (.*?))?(?: ; [a-z, ]+)?", line)) and not section.startswith("kafka"):
            keys[section, key[1]] = key[2] or None
    return keys


def keys_of_the_file():
    """(section, key) -> value of deploy/carillon.conf, the commented-out ones included, and a section of that sort."""
    keys, section = {}, None
    for line in (DEPLOY / "carillon.conf").read_text().splitlines():
        if heading := re.fullmatch(r"(?:; )?\[(.+)\]", line):
            section = heading[1]
        elif (key := re.fullmatch(r"(?:; )?([\w.]+) =(?: (.*))?", line)) and section != "kafka":
            keys[section, key[1]] = key[2]
    return keys


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def config_map(name):
    (found,) = [d for path in MANIFESTS for d in documents(path)
                if d["kind"] == "ConfigMap" and d["metadata"]["name"] == name]
    return found["data"]


def test_the_documented_configuration_has_every_key_with_its_default(carillon):
    known, written = keys_of_the_program(carillon), keys_of_the_file()
    required = {("provider.NAME", "kind"), ("provider.NAME", "url")}  # the file has examples of them
    assert written == {key: written.get(key) if key in required else default for key, default in known.items()}


@pytest.mark.parametrize("path", [*MANIFESTS, DEPLOY / "compose.yaml"], ids=lambda path: path.name)
def test_yaml_files_parse(path):
    assert all(isinstance(document, dict) for document in documents(path))


def test_the_kustomization_names_files_that_exist():
    (kustomization,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert all((DEPLOY / "kubernetes" / name).exists() for name in kustomization["resources"])


def test_the_deployment_fits_its_parts():
    """What it mounts and reads exists under that name; nothing is left to the defaults that bite."""
    (deployment,) = documents(DEPLOY / "kubernetes" / "deployment.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    for volume in pod["volumes"]:
        assert config_map(volume["configMap"]["name"])
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    (secret,) = documents(DEPLOY / "kubernetes" / "secret.example.yaml")
    for variable in container["env"]:
        reference = variable["valueFrom"]["secretKeyRef"]
        assert reference["name"] == secret["metadata"]["name"] and reference["key"] in secret["stringData"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert pod["terminationGracePeriodSeconds"] > 40, "an epoch may take 30 s, its transaction 10 s"


def test_the_config_map_is_a_configuration(carillon, tmp_path):
    (tmp_path / "carillon.conf").write_text(config_map("carillon-config")["carillon.conf"])
    printed = subprocess.run([carillon, "worker", "-c", tmp_path / "carillon.conf", "--print-config"],
                             capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr


def test_the_config_map_s_workflows_have_nothing_to_say_against(carillon, tmp_path):
    for name, text in config_map("carillon-workflows").items():
        (tmp_path / name).write_text(text)
    linted = subprocess.run([carillon, "workflow", "lint", tmp_path], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_what_starts_a_worker_gives_it_time_to_stop():
    unit = (DEPLOY / "systemd" / "carillon.service").read_text()
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, flags=re.MULTILINE)[1]) > 40
    (compose,) = documents(DEPLOY / "compose.yaml")
    assert int(compose["services"]["worker"]["stop_grace_period"].removesuffix("s")) > 40


def needs(*lists):
    """(package, what it is needed for) of each line."""
    return [tuple(line.split()) for path in lists for line in path.read_text().splitlines()
            if line and not line.startswith("#")]


def modules(folder):
    """What CMake asks pkg-config for."""
    pattern = r"pkg_check_modules\(\w+ REQUIRED IMPORTED_TARGET ([\w.-]+)"
    return {f"module:{name}" for path in (ROOT / folder).rglob("CMakeLists.txt")
            for name in re.findall(pattern, path.read_text())}


def test_what_the_build_looks_for_is_listed():
    """On a bare machine only what is listed is there."""
    program = re.findall(r"IMPORTED_TARGET ([\w.-]+)", (ROOT / "CMakeLists.txt").read_text())
    wanted = modules("engine") | modules("worker") | {f"module:{name}" for name in program}
    assert wanted <= {need for _, need in needs(DEPLOY / "packages.txt")}
    assert wanted | modules("tests") <= {need for _, need in needs(DEPLOY / "packages.txt",
                                                                   ROOT / "tests" / "packages.txt")}


def test_lists_of_packages_can_be_checked():
    """Every line names a package and a need of a kind that deploy/install-missing knows."""
    script = (DEPLOY / "install-missing").read_text()
    kinds = set(re.findall(r"^    (\w+):\*\)", script, flags=re.MULTILINE))
    for package, need in needs(DEPLOY / "packages.txt", ROOT / "tests" / "packages.txt"):
        assert re.fullmatch(r"[a-z0-9][a-z0-9.+-]*", package) and need.split(":")[0] in kinds
