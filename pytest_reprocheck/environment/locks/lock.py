"""What all readers of locks share: the file with the interpreter it is read for, and the environment it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from pytest_reprocheck.core.environments import (
    PYTHON,
    Environment,
    Manager,
    Origin,
    Package,
    canonical,
    without_credentials,
)
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.environment.locks.node import Node, read_text

ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2")
"""How the names of files that hold a package end."""
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """A lock's file, and the interpreter it is read for."""

    path: Path
    shown: str
    """The file as the user named it."""
    markers: Mapping[str, str]
    """The values of that interpreter for environment markers, as PEP 508 names them."""

    def text(self) -> str:
        """What is in the file; raises a located DecodeError."""
        return read_text(self.path, self.shown)

    def applies(self, marker: Node | None, extras: frozenset[str] = frozenset()) -> bool:
        """Whether a marker holds for this interpreter, when these extras (of locks: groups, too) are asked for."""
        if marker is None or not (text := marker.text().strip()):
            return True
        try:
            parsed = Marker(text)
            known: dict[str, str | AbstractSet[str]] = {**self.markers, "extras": extras, "dependency_groups": extras}
            asked = [known | {"extra": extra} for extra in (sorted(extras) or [""])]
            return any(parsed.evaluate(values, context="lock_file") for values in asked)
        except (InvalidMarker, UndefinedEnvironmentName) as error:
            raise marker.error(f"is no environment marker: {str(error).splitlines()[0]}") from error


def optional_node(node: Node, key: str) -> Node | None:
    """The piece under a key, if there is one."""
    return node[key] if key in node else None  # noqa: SIM401 - a Node has no get, whose result could be data


def environment(
    lock: Lock,
    kind: str,
    packages: Iterable[Package],
    *,
    managers: tuple[Manager, ...] = ("pypi",),
    complete: bool = True,
    not_compared: Iterable[NotCompared] = (),
) -> Environment:
    """The environment of these packages: of those with one name, the required one counts, and the others are told.

    Where none is required, each may be the one, so that no version is compared.
    """
    chosen: dict[tuple[str, str], Package] = {}
    told = [*not_compared]
    for package in sorted(packages, key=lambda each: (each.manager, each.name, not each.required, each.version)):
        key = (package.manager, package.name)
        first = chosen.setdefault(key, package)
        if package.version != first.version:
            told.append(
                NotCompared(what=f"{package.name} {package.shown}", reason="another version of it is locked, too")
            )
            if not first.required:
                # Which one is meant is up to the extra or group that is chosen, of which nothing is known here.
                chosen[key] = replace(first, version="", hashes=())
    return Environment(
        source=lock.shown,
        kind=kind,
        packages=tuple(chosen.values()),
        managers=managers,
        complete=complete,
        not_compared=tuple(told),
    )


def named(node: Node, key: str = "name") -> str:
    """The canonical name under a key."""
    name = canonical(node[key].text())
    if not name:
        raise node[key].error("expected the name of a package")
    return name


def index(url: str) -> Origin:
    """The origin of a package from this index; unknown for an empty address."""
    return Origin(kind="index", url=without_credentials(url).rstrip("/")) if url else Origin()


def archive(url: str) -> Origin:
    """The origin of a package from one file; what follows ``#`` speaks of the file, and is left out."""
    return Origin(kind="archive", url=without_credentials(url.partition("#")[0]))


def repository(url: str, reference: str) -> Origin:
    """The origin of a package from a repository, at a commit where the reference is one."""
    plain = without_credentials(url.removeprefix("git+").partition("#")[0].partition("?")[0])
    commit = reference if _COMMIT.fullmatch(reference) else ""
    return Origin(kind="vcs", url=plain, commit=commit)


def directory(path: str, *, editable: bool = False) -> Origin:
    """The origin of a package from a local folder."""
    return Origin(kind="directory", url=path, editable=editable)


def python_allowed(node: Node, key: str) -> list[Package]:
    """The interpreters that a lock was made for, as a package."""
    allowed = node.optional(key).strip()
    return [Package(name=PYTHON, specifier=allowed, required=False)] if allowed not in ("", "*") else []


def archive_names(place: str) -> tuple[str, str]:
    """The name and version that an archive's file name gives; empty for other names."""
    name = place.partition("#")[0].rpartition("/")[2]
    try:
        if name.endswith(".whl"):
            wheel = parse_wheel_filename(name)
            return wheel[0], str(wheel[1])
        if name.endswith(ARCHIVES):
            sdist = parse_sdist_filename(name)
            return sdist[0], str(sdist[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        pass
    return "", ""


def sorted_hashes(hashes: Iterable[str]) -> tuple[str, ...]:
    """Each hash once, sorted."""
    return tuple(sorted(set(hashes)))
