"""``poetry.lock``."""

from __future__ import annotations

from pytest_reprocheck.core.environments import Environment, Origin, Package
from pytest_reprocheck.environment.locks.lock import (
    Lock,
    archive,
    directory,
    environment,
    index,
    named,
    python_allowed,
    repository,
    sorted_hashes,
)
from pytest_reprocheck.environment.locks.node import Node, parse_toml

_VERSIONS = ("1", "2")
_MAIN = "main"


def read(lock: Lock) -> Environment:
    """What the main group needs; extras and other groups are there and not required. Raises a located DecodeError."""
    whole = parse_toml(lock.text(), lock.shown)
    version = whole["metadata"]["lock-version"]
    if version.text().partition(".")[0] not in _VERSIONS:
        raise version.error(f"version {version.data!r} of poetry's lock is unknown, 1 and 2 are read")
    extras = frozenset(name for name, _ in whole.entries("extras"))
    packages = []
    for entry in whole.members("package"):
        groups = [group.text() for group in entry.members("groups")] or [entry.optional("category") or _MAIN]
        markers = [marker for group in groups for marker in _markers(entry, group)]
        if any(lock.applies(marker, extras) for marker in markers):
            required = any(lock.applies(marker) for marker in _markers(entry, _MAIN)) if _MAIN in groups else False
            packages.append(_package(entry, required=required and not _is_extra(entry)))
    python = python_allowed(whole["metadata"], "python-versions")
    return environment(lock, "poetry.lock", [*packages, *python])


def _is_extra(entry: Node) -> bool:
    """Whether only an extra asks for a package."""
    return "optional" in entry and entry["optional"].data is True


def _markers(entry: Node, group: str) -> list[Node | None]:
    """The marker under which a group needs a package; it may be one for all groups, or a table by group."""
    if "markers" not in entry:
        return [None]
    markers = entry["markers"]
    if isinstance(markers.data, dict):
        return [markers[group]] if group in markers else [None]
    return [markers]


def _package(entry: Node, *, required: bool) -> Package:
    return Package(
        name=named(entry),
        version=entry["version"].text(),
        origin=_origin(entry["source"]) if "source" in entry else index("https://pypi.org/simple"),
        hashes=sorted_hashes(file["hash"].text() for file in entry.members("files")),
        required=required,
    )


def _origin(source: Node) -> Origin:
    url = source["url"].text()
    match source["type"].text():
        case "directory":
            return directory(url)
        case "file" | "url":
            return archive(url)
        case "git":
            return repository(url, source.optional("resolved_reference"))
        case _:
            return index(url)
