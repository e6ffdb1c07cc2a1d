"""The official JSON Schema test suite, out of the sdist of jsonschema, kept in CARILLON_CACHE."""

import json
import os
import pathlib
import subprocess
import sys
import tarfile
from urllib.parse import urldefrag, urljoin

VERSION = "4.26.0"
REMOTE_BASE = "http://localhost:1234/"
DIALECTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
}


def suite_folder():
    """The folder with `tests` and `remotes`; fetched and unpacked once."""
    cache = pathlib.Path(os.environ.get("CARILLON_CACHE", pathlib.Path.home() / ".cache" / "carillon"))
    folder = cache / f"jsonschema-{VERSION}"
    if not (folder / "json" / "tests").exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps", "-d", cache,
                        f"jsonschema=={VERSION}"], check=True)
        with tarfile.open(cache / f"jsonschema-{VERSION}.tar.gz") as archive:
            archive.extractall(cache)
    return folder / "json"


def files(dialect):
    """Names of the suite's files of this dialect, e.g. "optional/format/date.json"."""
    folder = suite_folder() / "tests" / dialect
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.json"))


def groups(dialect, file):
    """[(description, schema, tests)] of one file; what the schema refers to is bundled with it."""
    remotes = remote_documents(dialect)
    path = suite_folder() / "tests" / dialect / file
    return [(group["description"], bundle(group["schema"], dialect, remotes), group["tests"])
            for group in json.loads(path.read_text())]


def remote_documents(dialect):
    """The documents that the suite expects to find by HTTP, by URL: those of the dialect and those of all."""
    folder = suite_folder() / "remotes"
    found = {}
    for path in folder.rglob("*.json"):
        name = str(path.relative_to(folder))
        if not name.startswith("draft") or name.startswith(dialect + "/"):
            found[REMOTE_BASE + name] = json.loads(path.read_text())
    return found


def identifiers(schema, base):
    """Every URI that $id gives something in the schema, itself included."""
    found = {base}
    if isinstance(schema, dict):
        if isinstance(schema.get("$id"), str):
            base = urljoin(base, schema["$id"])
            found.add(base)
        for member in schema.values():
            found |= identifiers(member, base)
    elif isinstance(schema, list):
        for item in schema:
            found |= identifiers(item, base)
    return found


def references(schema):
    if isinstance(schema, dict):
        for key, member in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(member, str):
                yield member
            yield from references(member)
    elif isinstance(schema, list):
        for item in schema:
            yield from references(item)


def needed_remotes(schema, base, remotes, found):
    """URLs of the remote documents that the schema may mean, whichever base its references have."""
    for reference in references(schema):
        for identifier in identifiers(schema, base):
            url = urldefrag(urljoin(identifier, reference))[0]
            if url in remotes and url not in found:
                found.append(url)
                needed_remotes(remotes[url], url, remotes, found)
    return found


def embedded(url, document, dialect):
    """The remote document as embedded resources, at its URL and at its own $id where that is another."""
    own = document.get("$id")
    if own is None and "$ref" in document and dialect == "draft7":
        return [{"$id": url, "allOf": [document]}]
    if own is None:
        return [{"$id": url, **document}]
    if urldefrag(urljoin(url, own))[0] == url:
        return [document]
    return [document, {"$id": url, "allOf": [{"$ref": own}]}]


def bundle(schema, dialect, remotes):
    """carillon follows no remote references, so what they mean comes along: as section 9.3 of the core has it."""
    if not isinstance(schema, dict):
        return schema
    keyword = "definitions" if dialect == "draft7" else "$defs"
    resources = [resource for url in needed_remotes(schema, "", remotes, [])
                 for resource in embedded(url, remotes[url], dialect)]
    bundled = {"$schema": DIALECTS[dialect], **schema}
    if resources:
        bundled[keyword] = {**schema.get(keyword, {}),
                            **{f"bundled {i}": resource for i, resource in enumerate(resources)}}
    return bundled
