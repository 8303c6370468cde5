"""``Pipfile.lock``."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reprocheck.core.environments import PYTHON, Environment, Origin, Package, canonical
from pytest_reprocheck.environment.locks.lock import (
    Lock,
    archive,
    archive_names,
    directory,
    environment,
    index,
    optional_node,
    repository,
    sorted_hashes,
)
from pytest_reprocheck.environment.locks.node import Node, parse_json

VERSION = 6
_DEFAULT = "default"


def read(lock: Lock) -> Environment:
    """The default packages; those of other categories are there and not required. Raises a located DecodeError."""
    whole = parse_json(lock.text(), lock.shown)
    version = whole["_meta"]["pipfile-spec"]
    if version.data != VERSION:
        raise version.error(f"version {version.data!r} of pipenv's lock is unknown, {VERSION} is read")
    sources = {source.optional("name"): source["url"].text() for source in whole["_meta"].members("sources")}
    packages = [
        _package(canonical(name), entry, sources, required=category == _DEFAULT)
        for category in whole.table()
        if category != "_meta"
        for name, entry in whole.entries(category)
        if lock.applies(optional_node(entry, "markers"))
    ]
    return environment(lock, "Pipfile.lock", [*packages, *_python(whole["_meta"])])


def _python(meta: Node) -> list[Package]:
    """The interpreter that the Pipfile asks for, in full or by its first numbers."""
    if "requires" not in meta:
        return []
    asked = meta["requires"]
    exact, series = asked.optional("python_full_version"), asked.optional("python_version")
    allowed = f"=={exact}" if exact else f"=={series}.*" if series else ""
    return [Package(name=PYTHON, specifier=allowed, required=False)] if allowed else []


def _package(name: str, entry: Node, sources: Mapping[str, str], *, required: bool) -> Package:
    version = entry.optional("version")
    if version and not version.startswith("=="):
        raise entry["version"].error("expected a version after '=='")
    return Package(
        name=name,
        version=version.removeprefix("==") or archive_names(entry.optional("file"))[1],
        origin=_origin(entry, sources),
        hashes=sorted_hashes(item.text() for item in entry.members("hashes")),
        required=required,
    )


def _origin(entry: Node, sources: Mapping[str, str]) -> Origin:
    if "git" in entry:
        return repository(entry["git"].text(), entry.optional("ref"))
    for key in ("path", "file"):
        if key in entry:
            place = entry[key].text()
            return archive(place) if "://" in place and not place.startswith("file:") else directory(place)
    return index(sources.get(entry.optional("index"), ""))
