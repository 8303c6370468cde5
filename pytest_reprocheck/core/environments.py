"""Environments as values: what is installed or locked, on what machine, and what moved between two of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_reprocheck.core.trace import NotCompared

Manager = Literal["pypi", "conda"]
OriginKind = Literal["", "index", "directory", "archive", "vcs"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a package comes from, as far as its source says it."""

    kind: OriginKind = ""
    """Empty where the source does not say; ``directory`` is a local folder, ``archive`` one file by its address."""
    url: str = ""
    """Address of the index, the channel, the file or the repository, without credentials; a folder's path is only
    for people, because it differs between checkouts."""
    commit: str = ""
    """Full commit of a repository; empty where only a branch or a tag is named."""
    editable: bool = False
    """Whether a folder is used in place instead of being copied."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.url, self.commit) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """A package that a lock allows, or that is installed."""

    name: str
    """In its canonical form: ``pysocks`` for PySocks."""
    version: str = ""
    """Empty where the source does not fix one (a local folder, ``numpy>=2``)."""
    specifier: str = ""
    """The versions allowed, where the source does not fix one: ``<3,>=2``."""
    manager: Manager = "pypi"
    build: str = ""
    """Build string of a conda package."""
    origin: Origin = field(default_factory=Origin)
    hashes: tuple[str, ...] = ()
    """``sha256:...`` of all archives that the source allows, sorted; empty where it names none."""
    required: bool = True
    """Whether it has to be there: not so for extras, groups and constraints."""
    installer: str = ""
    """The tool that installed it, by its own word: ``pip``, ``uv``, ``conda``; empty for what is not installed."""
    contents: str = ""
    """Digest over the installed files' own digests; empty for what is not installed."""

    @property
    def shown(self) -> str:
        """The version as reports show it."""
        return " ".join(part for part in (self.version or self.specifier or "(no version)", self.build) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A lock as it applies to one interpreter, or what is installed for it."""

    source: str
    """The lock's file as the user named it, or the interpreter."""
    kind: str
    """Name of the format; ``live`` for an interpreter's own environment."""
    packages: tuple[Package, ...] = ()
    """Sorted by manager and name; each once."""
    managers: tuple[Manager, ...] = ("pypi",)
    """What it can speak of at all."""
    complete: bool = True
    """Whether it lists what is required indirectly too; if not, other packages are not drift."""
    host: Mapping[str, str] = field(default_factory=dict)
    """What no lock holds (Python's build, platform, processor, BLAS, driver, locale ...); empty for locks."""
    not_compared: tuple[NotCompared, ...] = ()


ChangeKind = Literal["changed", "removed", "added", "origin", "hashes", "contents"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One package that is not what it was."""

    kind: ChangeKind
    """``hashes``: the same version from other archives; ``contents``: the same version with other installed files."""
    name: str
    manager: Manager
    before: Package | None
    after: Package | None
    imported: bool
    """Whether the subject imported it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostChange:
    """One circumstance of the machine or the interpreter that is not what it was."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """What moved between two environments."""

    before: str
    """Name of the older source."""
    after: str
    changes: tuple[Change, ...]
    """What the subject imported comes first, then by kind and name."""
    host: tuple[HostChange, ...]
    same: int
    """Packages that were compared and are the same."""
    not_compared: tuple[NotCompared, ...]

    @property
    def moved(self) -> bool:
        """Whether a package or Python itself did; a machine alone is no drift of an environment."""
        return bool(self.changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Locked:
    """What locking gave."""

    environment: Environment
    """What is installed."""
    written: tuple[str, ...]
    """Files, relative to the root."""
    problem: str = ""
    """Why there is no lock beside the snapshot; empty when there is one."""
    outdated: str = ""
    """A lock of an earlier time that was left as it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Advisory:
    """A published weakness of one locked package."""

    package: str
    version: str
    id: str
    """``PYSEC-2019-133``, ``GHSA-...``."""
    aliases: tuple[str, ...]
    """Other names of the same, sorted: ``CVE-...``."""
    fixed_in: tuple[str, ...]
    """Versions without it, as the service has them; empty where there is none."""
    summary: str
    """The first line of the description."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisoryCheck:
    """What a service of advisories said of a set of packages."""

    advisories: tuple[Advisory, ...] = ()
    """Sorted by package and id."""
    checked: int = 0
    """Packages that the service gave an answer for."""
    skipped: tuple[NotCompared, ...] = ()
    """Packages that it gave none for, each with the reason."""
    problem: str = ""
    """Why nothing could be checked; empty when something was."""


PYTHON = "python"
"""The interpreter stands among the packages under this name."""
_SEPARATORS = re.compile(r"[-_.]+")
_CREDENTIALS = re.compile(r"(https?://)[^/\s\"']*@")
_PASSWORD = re.compile(r"(://[^/@:\s]*):[^/\s\"']*(?=@)")


def canonical(name: str) -> str:
    """A package's name as indexes compare it: lower case, one hyphen for runs of ``-``, ``_`` and ``.``."""
    return _SEPARATORS.sub("-", name).lower()


def without_credentials(text: str) -> str:
    """A text whose addresses hold no password and no token; who logs in by SSH stays, as its key does not."""
    return _PASSWORD.sub(r"\1", _CREDENTIALS.sub(r"\1", text))
