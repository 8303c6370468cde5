"""conda's ``environment.yml`` and conda-lock's ``conda-lock.yml``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from packaging.version import InvalidVersion, Version

from pytest_reprocheck.core.environments import Environment, Origin, Package, canonical, without_credentials
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.environment.locks import requirements
from pytest_reprocheck.environment.locks.lock import Lock, archive, environment, sorted_hashes
from pytest_reprocheck.environment.locks.node import Node, parse_yaml

VERSION = 1
_SPEC = re.compile(r"(?:(?P<channel>[^\s\[\]]+)::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<version>[^\[]*?)\s*(?:\[.*\])?")
_EXACT = re.compile(r"={1,2}\s*(?P<version>[^\s=<>!~,|*]+)(?:=(?P<build>[^\s=*]+))?")
_SPACED = re.compile(r"(?P<version>[^\s=<>!~,|*]+)\s+(?P<build>[^\s=*]+)")


def read_environment(lock: Lock) -> Environment:
    """What a conda environment was asked for, with its packages from PyPI. Raises a located DecodeError.

    ``conda env export`` names every package with its build; what people write names those they use, so other packages
    that are installed are no drift of it.
    """
    whole = parse_yaml(lock.text(), lock.shown)
    packages: list[Package] = []
    told: list[NotCompared] = []
    whole["dependencies"]
    for entry in whole.members("dependencies"):
        if isinstance(entry.data, dict):
            found, skipped = _from_pip(lock, entry)
            packages += found
            told += skipped
        else:
            packages.append(_asked(entry))
    named_all = bool(packages) and all(each.build for each in packages if each.manager == "conda")
    return environment(
        lock,
        "environment.yml",
        packages,
        managers=("conda", "pypi"),
        complete=named_all,
        not_compared=told,
    )


def _from_pip(lock: Lock, entry: Node) -> tuple[list[Package], list[NotCompared]]:
    """What the entry ``pip:`` holds: lines of a requirements file."""
    lines = [requirements.Line(text=item.text(), where=f"{item.file}: {item.where}") for item in entry.members("pip")]
    return requirements.packages_of(lock, lines)


def _asked(entry: Node) -> Package:
    """One spec: ``numpy``, ``numpy>=2``, ``numpy=2.1``, ``numpy==2.1``, ``conda-forge::numpy=2.1=py311h1234_0``."""
    match = _SPEC.fullmatch(entry.text().strip())
    if match is None:
        raise entry.error("expected a package of conda, as in numpy=2.1")
    wanted = match["version"].strip()
    channel = without_credentials(match["channel"] or "")
    asked = Package(
        name=match["name"].lower(),
        manager="conda",
        origin=Origin(kind="index", url=channel) if channel else Origin(),
    )
    exact = _EXACT.fullmatch(wanted) or _SPACED.fullmatch(wanted)
    if exact is None:
        return replace(asked, specifier=wanted)
    if exact["build"] or wanted.startswith("=="):
        return replace(asked, version=exact["version"], build=exact["build"] or "")
    # One '=' is conda's fuzzy match: numpy=2.1 takes 2.1.3 too.
    return replace(asked, specifier=_prefix(exact["version"]))


def _prefix(version: str) -> str:
    return f"=={version}.*" if _is_version(version) else f"={version}"


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def read_lock(lock: Lock) -> Environment:
    """The packages for this interpreter's platform. Raises a located DecodeError."""
    whole = parse_yaml(lock.text(), lock.shown)
    version = whole["version"]
    if version.data != VERSION:
        raise version.error(f"version {version.data!r} of conda-lock's file is unknown, {VERSION} is read")
    platform = _platform(lock)
    whole["package"]
    entries = [*whole.members("package")]
    packages = [_locked(entry) for entry in entries if entry["platform"].text() in (platform, "noarch")]
    told = []
    if entries and not packages:
        known = sorted({entry["platform"].text() for entry in entries})
        told.append(NotCompared(what=lock.shown, reason=f"locks {', '.join(known)} and not {platform}"))
    return environment(
        lock, "conda-lock.yml", packages, managers=("conda", "pypi"), complete=bool(packages), not_compared=told
    )


def _platform(lock: Lock) -> str:
    """The interpreter's platform in conda's words."""
    machine = lock.markers.get("platform_machine", "").lower()
    system = {"linux": "linux", "darwin": "osx", "win32": "win"}.get(lock.markers.get("sys_platform", ""), "")
    names = {"x86_64": "64", "amd64": "64", "aarch64": "aarch64" if system == "linux" else "arm64"}
    return f"{system}-{names.get(machine, machine)}"


def _locked(entry: Node) -> Package:
    manager = entry["manager"].text()
    if manager not in ("conda", "pip"):
        raise entry["manager"].error("expected 'conda' or 'pip'")
    conda = manager == "conda"
    optional = "optional" in entry and entry["optional"].data is True
    url = entry.optional("url")
    file = re.fullmatch(r"(?P<channel>.*)/(?P<subdir>[^/]+)/[^/]+-(?P<build>[^-/]+?)(\.conda|\.tar\.bz2)", url)
    name = entry["name"].text()
    return Package(
        name=name.lower() if conda else canonical(name),
        version=entry["version"].text(),
        manager="conda" if conda else "pypi",
        build=file["build"] if conda and file else "",
        origin=_channel(file["channel"]) if conda and file else Origin() if conda else _from_file(url),
        hashes=sorted_hashes(_hashes(entry)),
        required=not optional and entry.optional("category") in ("", "main"),
    )


def _channel(url: str) -> Origin:
    """A channel by its last part: mirrors of it have other addresses."""
    return Origin(kind="index", url=without_credentials(url).rstrip("/").rpartition("/")[2])


def _from_file(url: str) -> Origin:
    """A file that an index would hand out says nothing of the index; any other is an archive of its own."""
    return Origin() if "/packages/" in url or not url else archive(url)


def _hashes(entry: Node) -> Iterator[str]:
    for algorithm, value in entry.entries("hash"):
        if value.data is not None:
            yield f"{algorithm}:{value.text()}"
