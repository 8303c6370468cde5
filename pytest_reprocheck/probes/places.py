"""Which paths are the subject's own: in its project, or elsewhere but neither the system's nor Python's."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH100, PTH109, PTH110, PTH115, PTH118, PTH120, PTH206

from __future__ import annotations

import sys
from os import environ, fsdecode, fspath, getcwd, path, readlink, sep

from .records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SYSTEM = ("/proc", "/sys", "/dev", "/run", "/boot", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/etc")
_INSTALLED = frozenset({"site-packages", "dist-packages", "__pycache__"})
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


@record(frozen=True, kw_only=True, slots=True)
class Folder:
    """What a folder is to the subject."""

    kind: str
    """``project``, ``scratch`` (temporary files), ``elsewhere``, or ``foreign``: the system's, Python's, the run's."""
    hidden: bool
    """Whether it lies in a hidden folder outside the project: caches and settings of libraries."""


class Places:
    """Knows folders by their absolute path; answers are kept."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        given, real = path.abspath(config["root"]), path.realpath(config["root"])
        self._roots = tuple(dict.fromkeys((_closed(given), _closed(real))))
        own = (config.get(name) for name in ("log", "blobs", "record", "recording"))
        probes = path.dirname(path.realpath(__file__))
        python = (sys.prefix, sys.base_prefix, path.dirname(path.realpath(path.__file__)))
        named = [str(folder) for folder in (*own, probes, *python, *_SYSTEM) if folder]
        # Python in ``/`` or above the project would make everything foreign.
        self._foreign = tuple(_closed(path.realpath(folder)) for folder in named if path.dirname(folder) != folder)
        scratch = environ.get("TMPDIR") or "/tmp"  # noqa: S108  (where tempfile looks, not what is written)
        self._scratch = _closed(path.realpath(scratch))
        self._kept = tuple(_closed(path.realpath(folder)) for folder in config.get("kept", ()))
        """Folders below the one for temporary files that the subject was given."""
        self._known: dict[str, Folder] = {}

    def absolute(self, given: object, folder: object = None) -> str | None:
        """The absolute, normalised path that a call was given; None for what names no file.

        Args:
            given: text, bytes, anything with ``__fspath__``, an open descriptor, or None for the current folder.
            folder: descriptor that a relative path starts from.
        """
        if isinstance(given, int) and not isinstance(given, bool):
            return _opened(given)
        name = "." if given is None else fsdecode(fspath(given))  # type: ignore[call-overload]
        if "\0" in name:
            return None
        if not name.startswith(sep):
            start = _opened(folder) if isinstance(folder, int) and folder >= 0 else getcwd()
            if start is None:
                return None
            name = path.join(start, name)
        return path.normpath(name)

    def folder(self, absolute: str) -> Folder:
        """What a folder is to the subject."""
        try:
            return self._known[absolute]
        except KeyError:
            found = self._known[absolute] = self._look_up(absolute)
            return found

    def relative(self, absolute: str) -> str | None:
        """A path of the project as POSIX path relative to the root, ``.`` for the root itself; None outside."""
        closed = _closed(absolute)
        for root in self._roots:
            if closed.startswith(root):
                return closed[len(root) : -1] or "."
        return None

    def _look_up(self, absolute: str) -> Folder:
        relative = self.relative(absolute)
        if relative is not None:
            parts = [] if relative == "." else relative.split(sep)
            foreign = not _INSTALLED.isdisjoint(parts) or self._in_environment(absolute, parts)
            return Folder(kind="foreign" if foreign else "project", hidden=False)
        real = _closed(path.realpath(absolute))
        parts = absolute.split(sep)
        if not _INSTALLED.isdisjoint(parts) or real.startswith(self._foreign):
            return Folder(kind="foreign", hidden=False)
        scratch = real.startswith(self._scratch) and not real.startswith(self._kept)
        kind = "scratch" if scratch else "elsewhere"
        return Folder(kind=kind, hidden=any(part.startswith(".") for part in parts))

    @staticmethod
    def _in_environment(absolute: str, parts: list[str]) -> bool:
        place = absolute
        for _ in parts:
            if any(path.exists(path.join(place, mark)) for mark in _ENVIRONMENT_MARKS):
                return True
            place = path.dirname(place)
        return False


def _closed(folder: str) -> str:
    return path.join(folder, "")


def _opened(descriptor: int) -> str | None:
    """The file behind a descriptor, where the system tells."""
    try:
        found = readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None
    return found if found.startswith(sep) else None
