"""Requirements files as pip reads them: pins, hashes, markers, ``-r``, ``-c``, addresses, folders, editables."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from pytest_reprocheck.core.environments import Environment, Origin, Package, canonical
from pytest_reprocheck.core.errors import DecodeError
from pytest_reprocheck.core.trace import NotCompared
from pytest_reprocheck.environment.locks.lock import (
    ARCHIVES,
    Lock,
    archive,
    archive_names,
    directory,
    environment,
    repository,
    sorted_hashes,
)
from pytest_reprocheck.environment.locks.node import Node, read_text

_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"(?:^|\s)--hash[= ]\s*(\S+)")
_OTHERS = re.compile(r"\s--(?:config-settings?|global-option|install-option|build-option)[= ].*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_INCLUDES = {"-r": False, "--requirement": False, "-c": True, "--constraint": True}
_EDITABLE = ("-e", "--editable")
_NAME = re.compile(r"^\s*name\s*=\s*[\"']([^\"']+)[\"']\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One requirement, with the lines that continue it."""

    text: str
    where: str
    """``requirements.txt:3``."""
    constraint: bool = False
    """Whether it only says which version is allowed, if anything else asks for the package."""
    folder: Path = Path()
    """What relative paths in it are relative to."""


def read(lock: Lock) -> Environment:
    """What the file and those that it names ask for. Raises a located DecodeError.

    It is complete where everything has a hash, as tools that pin write it: then nothing else may be installed by pip.
    """
    packages, told = packages_of(lock, _lines(lock.path, lock.shown, constraint=False, inside=()))
    hashed = bool(packages) and all(each.hashes or each.origin.kind == "directory" for each in packages)
    return environment(lock, "requirements.txt", packages, complete=hashed, not_compared=told)


def packages_of(lock: Lock, lines: Iterable[Line]) -> tuple[list[Package], list[NotCompared]]:
    """The packages that lines ask for, each name once, and what could not be told."""
    found: dict[str, Package] = {}
    told = []
    for line in lines:
        package = _package(lock, line)
        if isinstance(package, NotCompared):
            told.append(package)
        elif package is not None:
            before = found.get(package.name)
            found[package.name] = package if before is None else _both(before, package, line)
    return [*found.values()], told


def _lines(path: Path, shown: str, *, constraint: bool, inside: tuple[Path, ...]) -> Iterator[Line]:
    """The requirements of a file and of those it names, without comments and options of pip."""
    if path.resolve() in inside:
        raise DecodeError("includes itself", where=shown)
    for number, text in _joined(read_text(path, shown)):
        where = f"{shown}:{number}"
        option, _, rest = text.replace("=", " ", 1).partition(" ") if text.startswith("--") else text.partition(" ")
        if text[:2] in ("-r", "-c", "-e") and not text.startswith("--"):
            option, rest = text[:2], text[2:]
        if option in _INCLUDES:
            target = shlex.split(rest.strip())[0] if rest.strip() else ""
            if "://" in target:
                raise DecodeError(f"{target} is on another machine, and is not read", where=where)
            other = path.parent / target
            if not target or not other.is_file():
                raise DecodeError(f"names {target or 'no file'}, which is not there", where=where)
            named = os.path.normpath(Path(shown).parent / target)
            yield from _lines(
                other, named, constraint=constraint or _INCLUDES[option], inside=(*inside, path.resolve())
            )
        elif option in _EDITABLE:
            yield Line(text=f"-e {rest.strip()}", where=where, constraint=constraint, folder=path.parent)
        elif not text.startswith("-"):
            yield Line(text=text, where=where, constraint=constraint, folder=path.parent)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, joined where one ends with a backslash, without comments and empty ones."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        start = start if parts else number
        comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not comment:
            parts.append(raw[:-1])
            continue
        joined = _COMMENT.sub("", "".join([*parts, "" if comment else raw])).strip()
        parts = []
        if joined:
            yield start, joined
    if joined := _COMMENT.sub("", "".join(parts)).strip():
        yield start, joined


def _package(lock: Lock, line: Line) -> Package | NotCompared | None:
    hashes = sorted_hashes(_OPTION.findall(line.text))
    text = _OTHERS.sub("", _OPTION.sub("", line.text)).strip()
    text = _VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), text)
    editable = text.startswith("-e ")
    text = text.removeprefix("-e ").strip()
    if editable or _is_place(text):
        return _from_place(lock, line, text, hashes)
    try:
        asked = Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise DecodeError(f"is no requirement: {reason}", where=line.where) from error
    marker = Node(data=str(asked.marker), file=line.where) if asked.marker else None
    if not lock.applies(marker):
        return None
    package = Package(name=canonical(asked.name), hashes=hashes, required=not line.constraint)
    if asked.url:
        origin = _origin(asked.url)
        return replace(package, origin=origin, version=archive_names(asked.url)[1])
    return _pinned(package, asked.specifier)


def _pinned(package: Package, specifier: SpecifierSet) -> Package:
    exact = [each.version for each in specifier if each.operator in ("==", "===") and not each.version.endswith(".*")]
    if len({*exact}) == 1:
        return replace(package, version=exact[0])
    return replace(package, specifier=str(specifier))


def _both(first: Package, second: Package, line: Line) -> Package:
    """What two lines about one package come to: a constraint says which version, a requirement that it is needed."""
    if first.version and second.version and first.version != second.version:
        raise DecodeError(f"{first.name} is asked for as {first.version} before", where=line.where)
    pinned = first if first.version or not second.version else second
    allowed = SpecifierSet(first.specifier) & SpecifierSet(second.specifier)
    return replace(
        pinned,
        specifier="" if pinned.version else str(allowed),
        origin=first.origin if first.origin.kind else second.origin,
        hashes=sorted_hashes([*first.hashes, *second.hashes]),
        required=first.required or second.required,
    )


def _is_place(text: str) -> bool:
    """Whether a line names a folder, a file or an address instead of a package."""
    head = re.split(r"[\s;\[]", text, maxsplit=1)[0]
    return "@ " not in text and (
        "://" in head or head.startswith((".", "/", "~")) or "/" in head or head.endswith(ARCHIVES)
    )


def _from_place(lock: Lock, line: Line, text: str, hashes: tuple[str, ...]) -> Package | NotCompared | None:
    place, _, marker = text.partition(" ; ")
    if marker and not lock.applies(Node(data=marker, file=line.where)):
        return None
    origin = _origin(place.strip())
    name = _egg(place) or archive_names(place)[0] or _name_of_folder(line.folder / re.split(r"[\[#]", place)[0])
    if not name:
        return NotCompared(what=place, reason=f"{line.where} does not say which package that is")
    version = archive_names(place)[1]
    return Package(name=name, version=version, origin=origin, hashes=hashes, required=not line.constraint)


def _origin(place: str) -> Origin:
    scheme, _, rest = place.partition("://")
    if "+" in scheme:
        plain = place.partition("#")[0]
        head, at, reference = plain.rpartition("@")
        # An '@' before the path parts a user from the host.
        return repository(head, reference) if at and "/" in head.partition("://")[2] else repository(plain, "")
    if rest and scheme != "file":
        return archive(place)
    plain = place.partition("#")[0]
    return archive(plain) if plain.endswith(ARCHIVES) else directory(plain)


def _egg(place: str) -> str:
    match = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", place)
    return canonical(match[1]) if match else ""


def _name_of_folder(folder: Path) -> str:
    """The name in a local project's ``pyproject.toml`` or ``setup.cfg``."""
    for file in ("pyproject.toml", "setup.cfg"):
        try:
            text = (folder / file).read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if match := _NAME.search(text) or re.search(r"^name\s*=\s*(\S+)\s*$", text, re.MULTILINE):
            return canonical(match[1])
    return ""
