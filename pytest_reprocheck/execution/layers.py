"""Folders that lie over each other, read as the kernel's overlay shows them: what a run changed, without mounting.

The uppermost layer hides what is below: a character device 0/0 says that a name is gone, an attribute that a folder
replaces the one below (opaque) or continues another one (redirect, after a rename).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SKIPPED = frozenset(
    {
        ".git", ".hg", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".reprocheck",
        ".ruff_cache", ".svn", ".tox", "__pycache__", "node_modules",
    }
)  # fmt: skip
"""Folders that are made again anyway, or record what is done rather than what comes out."""
_NAMESPACES = ("trusted", "user")


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a run did to the files of its project, as sorted POSIX paths relative to the root."""

    changed: tuple[str, ...] = ()
    """Made, or given another content."""
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A folder in a stack of layers: the folders that it is merged from, the uppermost first."""

    parts: tuple[tuple[int, Path], ...]
    """(index of the layer, folder in it)"""
    layers: tuple[Path, ...]

    def names(self) -> set[str]:
        """Names of the entries in all parts; some of them may be gone. What cannot be looked into has none."""
        found: set[str] = set()
        for _index, folder in self.parts:
            with suppress(PermissionError):
                found.update(entry.name for entry in os.scandir(folder))
        return found

    def child(self, name: str) -> Path | View | None:
        """The entry of this name: a View for a folder, a path for anything else, None where there is none."""
        found: list[tuple[int, Path]] = []
        for position, (index, folder) in enumerate(self.parts):
            path = folder / name
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                status = path.lstat()
                if not stat.S_ISDIR(status.st_mode):
                    return View(tuple(found), self.layers) if found else None if _is_whiteout(status) else path
                found.append((index, path))
                redirect = _attribute(path, "redirect")
                if redirect:
                    return View((*found, *self._redirected(position, index, redirect)), self.layers)
                if _attribute(path, "opaque") == "y":
                    break
        return View(tuple(found), self.layers) if found else None

    def _redirected(self, position: int, index: int, redirect: str) -> tuple[tuple[int, Path], ...]:
        """The parts below ``index`` of a folder that was called ``redirect`` there."""
        if redirect.startswith("/"):
            lower = tuple(part for part in enumerate(self.layers) if part[0] > index)
            below: Path | View | None = View(lower, self.layers)
            for name in redirect.strip("/").split("/"):
                below = below.child(name) if isinstance(below, View) else None
        else:
            below = View(self.parts[position + 1 :], self.layers).child(redirect)
        return below.parts if isinstance(below, View) else ()


Same = Callable[[Path, Path], bool]
"""Whether a file now is the file before."""


def stack(layers: tuple[Path, ...]) -> View:
    """The root of a stack of layers, the uppermost first."""
    return View(tuple(enumerate(layers)), layers)


def untouched(now: Path, before: Path) -> bool:
    """Copies keep size and time of modification, and nobody keeps both while writing something else by accident."""
    new, old = now.lstat(), before.lstat()
    if stat.S_ISLNK(new.st_mode) and stat.S_ISLNK(old.st_mode):
        return now.readlink() == before.readlink()
    return (stat.S_IFMT(new.st_mode), new.st_size, new.st_mtime_ns) == (
        stat.S_IFMT(old.st_mode), old.st_size, old.st_mtime_ns,
    )  # fmt: skip


def written(now: View, before: View, *, left_out: frozenset[Path] = frozenset(), same: Same = untouched) -> Written:
    """Compare two folders, or what lies over a folder with the folder.

    ``before`` is the lower part of ``now``'s stack or another stack; what the upper layers do not mention is not looked
    at. ``left_out`` are folders of environments, relative to the root.
    """
    changes = dict(_changes(now, before, Path(), left_out, same))
    return Written(
        changed=tuple(sorted(path for path, exists in changes.items() if exists)),
        removed=tuple(sorted(path for path, exists in changes.items() if not exists)),
    )


def _changes(now: View, before: View, at: Path, left_out: frozenset[Path], same: Same) -> Iterator[tuple[str, bool]]:
    """(path, whether it is there now) for every file that is not the same."""
    below = [folder for _index, folder in before.parts]
    own = View(now.parts[: len(now.parts) - len(below)], now.layers)
    lies_over = [folder for _index, folder in now.parts[len(own.parts) :]] == below
    names = own.names() if lies_over else now.names() | before.names()
    for name in names - SKIPPED:
        path = at / name
        if path in left_out:
            continue
        new, old = now.child(name), before.child(name)
        if isinstance(new, View) and isinstance(old, View):
            yield from _changes(new, old, path, left_out, same)
        elif new is None or old is None or isinstance(new, View) or isinstance(old, View) or not same(new, old):
            yield from ((file, False) for file in _files(old, path, left_out))
            yield from ((file, True) for file in _files(new, path, left_out))


def _files(entry: Path | View | None, at: Path, left_out: frozenset[Path]) -> Iterator[str]:
    if isinstance(entry, View):
        for name in entry.names() - SKIPPED:
            if at / name not in left_out:
                yield from _files(entry.child(name), at / name, left_out)
    elif entry is not None and stat.S_IFMT(entry.lstat().st_mode) in (stat.S_IFREG, stat.S_IFLNK):
        yield at.as_posix()


def _is_whiteout(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _attribute(folder: Path, name: str) -> str:
    for namespace in _NAMESPACES:
        with suppress(OSError):
            return os.fsdecode(os.getxattr(folder, f"{namespace}.overlay.{name}"))
    return ""
