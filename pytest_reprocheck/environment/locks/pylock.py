"""``pylock.toml`` and ``pylock.NAME.toml``, the locks of PEP 751."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reprocheck.core.environments import Environment, Origin, Package
from pytest_reprocheck.environment.locks.lock import (
    Lock,
    archive,
    directory,
    environment,
    index,
    named,
    optional_node,
    python_allowed,
    repository,
    sorted_hashes,
)
from pytest_reprocheck.environment.locks.node import Node, parse_toml

_SOURCES = ("vcs", "directory", "archive", "sdist", "wheels")


def read(lock: Lock) -> Environment:
    """What is installed by default; extras and other groups are not required. Raises a located DecodeError."""
    whole = parse_toml(lock.text(), lock.shown)
    version = whole["lock-version"]
    if version.text().partition(".")[0] != "1":
        raise version.error(f"version {version.data!r} of the lock is unknown, 1.0 is read")
    default = frozenset(item.text() for item in whole.members("default-groups"))
    every = default.union(
        *({item.text() for item in whole.members(key)} for key in ("extras", "dependency-groups")),
    )
    packages = []
    whole["packages"]
    for entry in whole.members("packages"):
        marker = optional_node(entry, "marker")
        required = lock.applies(marker, default)
        if required or lock.applies(marker, every):
            packages.append(_package(entry, required=required))
    return environment(lock, "pylock.toml", [*packages, *python_allowed(whole, "requires-python")])


def _package(entry: Node, *, required: bool) -> Package:
    name = named(entry)
    if not any(source in entry for source in _SOURCES):
        raise entry.error(f"expected one of {', '.join(_SOURCES)}")
    return Package(
        name=name,
        version=entry.optional("version"),
        origin=_origin(entry),
        hashes=sorted_hashes(_hashes(entry)),
        required=required,
    )


def _hashes(entry: Node) -> Iterator[str]:
    files = [*entry.members("wheels"), *(entry[key] for key in ("sdist", "archive") if key in entry)]
    for file in files:
        file["hashes"]
        for algorithm, value in file.entries("hashes"):
            yield f"{algorithm}:{value.text()}"


def _origin(entry: Node) -> Origin:
    if "vcs" in entry:
        source = entry["vcs"]
        return repository(source.optional("url") or source.optional("path"), source["commit-id"].text())
    if "directory" in entry:
        return directory(entry["directory"]["path"].text())
    if "archive" in entry:
        return archive(entry["archive"].optional("url") or entry["archive"].optional("path"))
    return index(entry.optional("index"))
