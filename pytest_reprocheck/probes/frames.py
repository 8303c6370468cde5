"""Which frames are the user's code, and where in the user's files they stand.

User code is what lies under the root, outside of installed packages and virtual environments, and the notebook's
cells.
"""

# Pathlib costs every child milliseconds at its start.
# ruff: noqa: PTH110, PTH114, PTH117, PTH118, PTH120, PTH206

from __future__ import annotations

from os import path, sep

from .records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

MOST_FRAMES = 20
"""A stack keeps this many user frames."""

HIDDEN = "<reprocheck importlib _bootstrap>"
"""File name of functions that stand between the user's call and a library: warnings do not count their frames.

``warnings.warn`` passes over frames whose file name has these two words, whatever the level.
"""
_IMPORTING = "<frozen importlib"
_INSTALLED = {"site-packages", "dist-packages"}
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


@record(frozen=True, kw_only=True, slots=True)
class Source:
    """What a code object's file name stands for in user code."""

    path: str
    """POSIX path relative to the root."""
    cell: int | None = None
    """Index of the notebook's cell."""
    shift: int = 0
    """Lines of the cell before the compiled text begins: a cell magic's own line."""


@record(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where in user code a draw or a call comes from."""

    user: FrameType
    """The nearest user frame."""
    library: tuple[FrameType, ...]
    """Frames of libraries between the draw and the user's frame, innermost first."""


class Frames:
    """Knows the user's files and cells; answers are kept by file name."""

    def __init__(self, root: str, subject: str, probes: str) -> None:
        self._root = path.join(path.realpath(root), "")
        self._subject = subject
        self._own = probes + sep
        self._outside = (path.realpath(probes) + sep, path.dirname(path.realpath(path.__file__)) + sep)
        self._known: dict[str, Source | None] = {}
        self._folders: dict[str, str] = {}

    def source(self, filename: str) -> Source | None:
        """The user's file or cell that a code object's file name stands for; None for anything else."""
        try:
            return self._known[filename]
        except KeyError:
            found = self._known[filename] = self._look_up(filename)
            return found

    def add_cell(self, filename: str, cell: int | None, *, shift: int = 0, path: str = "") -> None:
        """Code compiled under this file name belongs to this cell from now on: of the subject, or of ``path``."""
        self._known[filename] = Source(path=path or self._subject, cell=cell, shift=shift)

    def remove_cell(self, filename: str) -> None:
        """Code compiled under this file name is no cell's any more."""
        self._known.pop(filename, None)

    def origin(self, frame: FrameType | None) -> Origin | None:
        """The nearest user frame and the library frames before it; None without one, or with an import between."""
        library: list[FrameType] = []
        while frame is not None:
            filename = frame.f_code.co_filename
            if self.source(filename) is not None:
                return Origin(user=frame, library=tuple(library))
            if filename.startswith(_IMPORTING):
                return None
            if not filename.startswith(self._own) and filename != HIDDEN:
                library.append(frame)
            frame = frame.f_back
        return None

    def stack(self, frame: FrameType | None) -> list[dict[str, Any]]:
        """The user frames from this one outwards, as calls (``core.trace.Call``), innermost first."""
        calls: list[dict[str, Any]] = []
        while frame is not None and len(calls) < MOST_FRAMES:
            source = self.source(frame.f_code.co_filename)
            if source is not None:
                function = frame.f_code.co_name
                # Some versions of IPython name a cell's code ``<cell line: 1>``.
                function = "<module>" if function.startswith("<cell line") else function
                calls.append({"place": self.place(source, frame.f_lineno), "function": function})
            frame = frame.f_back
        return calls

    @staticmethod
    def place(source: Source, line: int | None) -> dict[str, Any]:
        """A line of user code as ``core.trace.Place``."""
        return {"path": source.path, "cell": source.cell, "line": None if line is None else line + source.shift}

    def _look_up(self, filename: str) -> Source | None:
        # Extension modules name their sources relative to some folder of their own.
        if filename.startswith("<") or not (path.isabs(filename) or path.exists(filename)):
            return None
        real = self._real(filename)
        if not real.startswith(self._root) or real.startswith(self._outside):
            return None
        parts = real[len(self._root) :].split(sep)
        folders = parts[:-1]
        if _INSTALLED.intersection(folders) or self._in_environment(folders):
            return None
        return Source(path="/".join(parts))

    def _real(self, filename: str) -> str:
        """The file's path without links; those of its folder are followed once for all files in it."""
        folder, name = path.split(filename)
        # The folder as it is now, wherever the process goes: relative names are looked up anew.
        if path.islink(filename) or not path.isabs(filename) or name in {"", ".", ".."}:
            return path.realpath(filename)
        return path.join(self._real_folder(folder), name)

    def _real_folder(self, folder: str) -> str:
        """A folder's path without links; of thousands of modules' folders most have their parents in common."""
        found = self._folders.get(folder)
        if found is None:
            parent, name = path.split(folder)
            if parent == folder or name in {"", ".", ".."} or path.islink(folder):
                found = path.realpath(folder)
            else:
                found = path.join(self._real_folder(parent), name)
            self._folders[folder] = found
        return found

    def _in_environment(self, folders: list[str]) -> bool:
        place = self._root
        for folder in folders:
            place = path.join(place, folder)
            if any(path.exists(path.join(place, mark)) for mark in _ENVIRONMENT_MARKS):
                return True
        return False


def site(stack: list[dict[str, Any]]) -> str:
    """A stack's nearest line as it stands in streams' names: ``train.py:12``, ``nb.ipynb[4]:2``, ``?`` without one."""
    if not stack:
        return "?"
    place = stack[0]["place"]
    cell = "" if place["cell"] is None else f"[{place['cell']}]"
    return f"{place['path']}{cell}:{place['line']}"


def importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported at this frame."""
    while frame is not None and not frame.f_code.co_filename.startswith(_IMPORTING):
        frame = frame.f_back
    return frame is not None


def without_this_frame(error: BaseException) -> None:
    """Take the catching frame out of an exception's traceback; the bare ``raise`` that follows does not put it back."""
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
