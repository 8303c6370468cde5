"""The project's modules come from the run's own tree, also where an installation or a path names the user's.

A run sees the project in its place, or as a copy or a mount somewhere else. In the second case editable installs,
``.pth`` files and PYTHONPATH still name the original, which may be another run's or hidden. Environments inside the
project stay where they are.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH110, PTH112, PTH118, PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import sys
from _thread import get_ident
from os import listdir, path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_NO_PATHS = ("#", "import ", "import\t")
_DEPTH = 3
"""How deep the tables of a finder are searched for paths: mappings of lists of paths."""


def install(config: Mapping[str, Any]) -> None:
    """Let imports find the run's tree, where that is not at the project's own place."""
    move = Move(config)
    if not move.needed:
        return
    sys.path[:] = [move.to(entry) for entry in sys.path]
    # Python adds no folder that it does not find, so that those of a hidden project are missing.
    added = [move.to(entry) for entry in _installed_paths(sys.path)]
    sys.path += [entry for entry in dict.fromkeys(added) if move.is_in(entry) and entry not in sys.path]
    for finder in sys.meta_path:
        module = sys.modules.get(getattr(finder, "__module__", ""))
        for holder in (finder, type(finder), module):
            move.rewrite(getattr(holder, "__dict__", {}), holder)
    sys.meta_path.insert(0, MovedFinder(move))


def seen_at(config: Mapping[str, Any]) -> str:
    """Where this process sees the project, as it finds it: the fact ``directory``."""
    root, project = config["root"], config.get("project") or config["root"]
    if path.realpath(root) == path.realpath(project):
        return "in its place"
    return "elsewhere, beside the original" if path.exists(path.join(project, config["path"])) else "elsewhere"


class Move:
    """From a path below the user's project to the same in the run's tree."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._root: str = path.realpath(config["root"])
        self._project: str = path.realpath(config.get("project") or config["root"])
        own = path.dirname(path.realpath(__file__))
        self._kept = (own, *(path.realpath(folder) for folder in config.get("kept") or ()))
        self._folders: dict[str, str] = {}

    @property
    def needed(self) -> bool:
        """Whether the run's tree is not the project's own place."""
        return self._root != self._project

    def to(self, entry: str) -> str:
        """The path in the run's tree; the same path for what lies outside of the project, or only in the original."""
        if not entry.startswith("/"):
            return entry
        folder, name = path.split(entry)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = path.realpath(folder)
        real = path.join(real, name) if name else real
        if not _is_below(real, self._project) or any(_is_below(real, folder) for folder in self._kept):
            return entry
        moved = self._root + real[len(self._project) :]
        # Finders name modules without their suffix, so that neither may be a file.
        return moved if path.exists(moved) or not path.exists(real) else entry

    def is_in(self, entry: str) -> bool:
        """Whether a path is one of the run's tree."""
        return _is_below(entry, self._root)

    def rewrite(self, table: Any, owner: object = None, depth: int = _DEPTH) -> None:
        """Change the paths in a finder's table: it may look for files before it answers.

        Args:
            table: the attributes of an object, or a mapping or list that is one of them.
            owner: whose attributes they are.
            depth: how much deeper to look.
        """
        if depth and isinstance(table, list):
            table[:] = [self._rewritten(value, depth) for value in table]
        elif depth and hasattr(table, "items"):
            for name, value in list(table.items()):
                if isinstance(name, str) and name.startswith("__"):
                    continue
                new = self._rewritten(value, depth)
                if new is not value and owner is None:
                    table[name] = new
                elif new is not value:
                    setattr(owner, name, new)

    def _rewritten(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            moved = self.to(value)
            return value if moved == value else moved
        if isinstance(value, (set, frozenset, tuple)) and any(isinstance(item, str) for item in value):
            items = [self._rewritten(item, depth) for item in value]
            return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
        if isinstance(value, (dict, list)):
            self.rewrite(value, None, depth - 1)
        return value


class MovedFinder:
    """Finds what the other finders find, in the run's tree where that is in the project."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self._finding: set[tuple[int, str]] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with its files in the run's tree."""
        key = (get_ident(), name)
        if key in self._finding:
            return None
        self._finding.add(key)
        try:
            for finder in list(sys.meta_path):
                find_spec = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = find_spec(name, path, target) if find_spec and finder is not self else None
                if spec is not None:
                    return self._moved(spec)
        finally:
            self._finding.discard(key)
        return None

    def invalidate_caches(self) -> None:
        """Nothing is kept here that could be out of date."""

    def _moved(self, spec: ModuleSpec) -> ModuleSpec:
        origin, loader = spec.origin, spec.loader
        if spec.has_location and origin is not None and getattr(loader, "path", None) == origin:
            moved = self._move.to(origin)
            if moved != origin:
                spec.origin, spec.cached = moved, None
                spec.loader = _reading(loader, moved)
        locations = spec.submodule_search_locations
        if locations is not None:
            moved_locations = [self._move.to(entry) for entry in locations]
            if moved_locations != list(locations):
                spec.submodule_search_locations = moved_locations
        return spec


def _installed_paths(folders: Sequence[str]) -> Iterator[str]:
    """What the ``.pth`` files in folders of packages add to the path."""
    for folder in folders:
        if path.basename(folder) not in ("site-packages", "dist-packages") or not path.isdir(folder):
            continue
        for name in sorted(listdir(folder)):
            if name.endswith(".pth") and not name.startswith("."):
                with open(path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    lines = [line.strip() for line in file]
                yield from (path.join(folder, line) for line in lines if line and not line.startswith(_NO_PATHS))


def _reading(loader: Any, file: str) -> Any:
    """A loader of the same class for another file."""
    new = object.__new__(type(loader))
    vars(new).update(vars(loader))
    new.path = file
    return new


def _is_below(entry: str, folder: str) -> bool:
    return entry == folder or entry.startswith(folder.rstrip("/") + "/")
