"""``uv.lock``, and the lock of a script that uv writes: what is reached from the project, for one interpreter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pytest_reprocheck.core.environments import Environment, Origin, Package, canonical
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

VERSION = 1
_EXTRA = re.compile(r"extra == '([^']+)'")
_LOCAL = ("virtual", "editable", "directory")


def read(lock: Lock) -> Environment:
    """What the project needs; its extras and groups are there and not required. Raises a located DecodeError."""
    text = lock.text()
    whole = parse_toml(text, lock.shown)
    version = whole["version"]
    if version.data != VERSION:
        raise version.error(f"version {version.data!r} of uv's lock is unknown, {VERSION} is read")
    entries = [*whole.members("package")]
    by_name: dict[str, list[Node]] = {}
    for entry in entries:
        by_name.setdefault(named(entry), []).append(entry)
    roots = [*_roots(whole, entries)]
    edges = [*whole["manifest"].members("requirements")] if "manifest" in whole else []
    extras = frozenset(_EXTRA.findall(text))
    needed = _reached(lock, by_name, roots, edges, optional=False, extras=frozenset())
    allowed = _reached(lock, by_name, roots, edges, optional=True, extras=extras)
    packages = [
        _package(entry, required=entry.where in needed)
        for entry in entries
        if entry.where in allowed and "virtual" not in entry["source"]
    ]
    return environment(lock, "uv.lock", [*packages, *python_allowed(whole, "requires-python")])


def _roots(whole: Node, entries: Iterable[Node]) -> Iterator[Node]:
    """The projects that the lock was made for."""
    members = (
        {canonical(member.text()) for member in whole["manifest"].members("members")} if "manifest" in whole else set()
    )
    for entry in entries:
        local = [entry["source"].optional(kind) for kind in _LOCAL]
        if named(entry) in members or "." in local:
            yield entry


def _reached(
    lock: Lock,
    by_name: Mapping[str, list[Node]],
    roots: Iterable[Node],
    edges: Iterable[Node],
    *,
    optional: bool,
    extras: frozenset[str],
) -> set[str]:
    """The places of the entries that markers let be reached, through extras and groups of the roots too if wanted."""
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[Node, str]] = []

    def follow(found: Iterable[Node]) -> None:
        for edge in found:
            if lock.applies(optional_node(edge, "marker"), extras):
                asked = ["", *(item.text() for item in edge.members("extra"))]
                waiting.extend((entry, extra) for entry in _targets(lock, by_name, edge, extras) for extra in asked)

    follow(edges)
    for root in roots:
        waiting.append((root, ""))
        if optional:
            waiting.extend((root, name) for name, _ in root.entries("optional-dependencies"))
            for name, _ in root.entries("dev-dependencies"):
                follow(root["dev-dependencies"].members(name))
    while waiting:
        entry, extra = waiting.pop()
        if (entry.where, extra) in seen:
            continue
        seen.add((entry.where, extra))
        if not extra:
            follow(entry.members("dependencies"))
        elif "optional-dependencies" in entry:
            follow(entry["optional-dependencies"].members(extra))
    return {where for where, _ in seen}


def _targets(lock: Lock, by_name: Mapping[str, list[Node]], edge: Node, extras: frozenset[str]) -> Iterator[Node]:
    version = edge.optional("version")
    for entry in by_name.get(named(edge), []):
        forks = [*entry.members("resolution-markers")]
        if (not version or entry.optional("version") == version) and (
            not forks or any(lock.applies(fork, extras) for fork in forks)
        ):
            yield entry


def _package(entry: Node, *, required: bool) -> Package:
    files = [*entry.members("wheels"), *([entry["sdist"]] if "sdist" in entry else [])]
    return Package(
        name=named(entry),
        version=entry.optional("version"),
        origin=_origin(entry["source"]),
        hashes=sorted_hashes(found for file in files if (found := file.optional("hash"))),
        required=required,
    )


def _origin(source: Node) -> Origin:
    for kind in _LOCAL:
        if kind in source:
            return directory(source[kind].text(), editable=kind == "editable")
    if "git" in source:
        url = source["git"].text()
        return repository(url, url.rpartition("#")[2])
    if "url" in source:
        return archive(source["url"].text())
    if "path" in source:
        return archive(source["path"].text())
    return index(source.optional("registry"))
