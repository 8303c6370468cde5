"""Which of the user's files ran, and which distributions were imported."""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH110, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import sys
from contextlib import suppress
from os import listdir, path, sep
from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .frames import Frames
    from .probe import Probe

_INSTALLED = (f"{sep}site-packages{sep}", f"{sep}dist-packages{sep}")
_OWN = __name__.rpartition(".")[0]
"""The probes' own modules, which are loaded with what they are for."""


class Reach:
    """Looks at modules as they come; each one is looked at once."""

    def __init__(self, probe: Probe, subject: str) -> None:
        self._probe = probe
        # What is there before the subject's first line (the probes, modules of .pth files) is not the subject's doing.
        self._seen = set(sys.modules) - {"__main__"}
        self._folders: dict[str, dict[str, str]] = {}
        """Folder of installed packages -> its distributions' entries, each with its name as names are compared."""
        self._regular: dict[str, bool] = {}
        """Path of a top-level name -> whether it is a package with a file of its own, so one distribution's."""
        self._looked_up: set[str] = set()
        self.files = {subject}
        """User files, as paths relative to the root."""
        self.packages: dict[str, str] = {}
        """Distribution -> version."""

    def look(self) -> None:
        """Take in the modules imported since the last look."""
        for name in sorted(sys.modules.keys() - self._seen):
            self._seen.add(name)
            if name.startswith(_OWN):
                continue
            file = _file(sys.modules.get(name))
            if file is None:
                continue
            source = self._probe.frames.source(file)
            if source is not None:
                self.files.add(source.path)
                continue
            for mark in _INSTALLED:
                folder, found, inside = file.rpartition(mark)
                if found:
                    self._installed(folder + mark, inside)

    def _installed(self, folder: str, inside: str) -> None:
        """Find the distribution that a file belongs to."""
        first, within, _ = inside.partition(sep)
        top = folder + first
        if top not in self._regular:
            self._regular[top] = not within or path.exists(path.join(top, "__init__.py"))
        # The first module of a namespace package stands for the part of it that its distribution brings.
        key = top if self._regular[top] else path.dirname(folder + inside)
        if key in self._looked_up:
            return
        self._looked_up.add(key)
        if folder not in self._folders:
            entries = [entry for entry in listdir(folder) if entry.endswith((".dist-info", ".egg-info"))]
            self._folders[folder] = {entry: _squeezed(entry.partition("-")[0]) for entry in entries}
        entry = _distribution(folder, self._folders[folder], first.partition(".")[0], inside)
        found = None if entry is None else _name_and_version(path.join(folder, entry))
        if found is not None:
            self.packages[found[0]] = found[1]


def used_by(function: object, frames: Frames) -> set[str]:
    """User files that a function can reach: its module's, and those of what their globals name."""
    waiting, seen = [str(getattr(function, "__module__", ""))], set()
    files: set[str] = set()
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        file = _file(module)
        source = None if name in seen or file is None else frames.source(file)
        seen.add(name)
        if module is not None and source is not None:
            files.add(source.path)
            waiting.extend(_defined_in(used) for used in list(vars(module).values()))
    return files


def _defined_in(obj: object) -> str:
    """The name of the module that an object is, or that a function or class stands in."""
    if isinstance(obj, ModuleType):
        return obj.__name__
    return str(obj.__module__) if isinstance(obj, (type, FunctionType)) else ""


def _file(module: ModuleType | None) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None


def _distribution(folder: str, names: Mapping[str, str], name: str, inside: str) -> str | None:
    """The one of a folder's distributions that a file is of: by its name, else by the files that it lists."""
    wanted = _squeezed(name)
    for entry in names:
        if names[entry] == wanted:
            return entry
    record = f"\n{inside.replace(sep, '/')},".encode()
    # Lists of files are long: those come first whose name has the module's (python-dateutil), or begins as it does.
    likely = sorted(names, key=lambda entry: (wanted not in names[entry], names[entry][:1] != wanted[:1], entry))
    return next((entry for entry in likely if record in b"\n" + _read(path.join(folder, entry, "RECORD"))), None)


def _squeezed(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def _read(file: str) -> bytes:
    with suppress(OSError), open(file, "rb") as opened:
        return opened.read()
    return b""


def _name_and_version(folder: str) -> tuple[str, str] | None:
    text = (_read(path.join(folder, "METADATA")) or _read(path.join(folder, "PKG-INFO"))).decode(errors="replace")
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if not colon:
            break
        fields.setdefault(name, value.strip())
    if "Name" not in fields or "Version" not in fields:
        return None
    return fields["Name"], fields["Version"]
