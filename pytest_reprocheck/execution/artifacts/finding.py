"""Which files a run has made, changed or removed, and where they are."""

from __future__ import annotations

import filecmp
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_reprocheck.core.trace import Access, NotCompared, Trace
from pytest_reprocheck.execution.artifacts.nodes import COMPANIONS
from pytest_reprocheck.execution.layers import SKIPPED, View, stack
from pytest_reprocheck.execution.workspace import Prepared, RunFolder, left_files

LEFT_OUT_FOLDERS = SKIPPED | {
    ".cache", ".config", ".ipython", ".jupyter", ".local", ".matplotlib", ".numba_cache", ".nv", "catboost_info",
    "mlruns", "wandb",
}  # fmt: skip
"""Folders of caches, settings and records of trackers: no results."""
LEFT_OUT_FILES = re.compile(
    r".*\.(?:pyc|pyo|nbi|nbc|lock|pid|swp)|\.coverage(?:\..*)?|\.DS_Store|events\.out\.tfevents\..*|nohup\.out"
)
_JOBLIB_CACHE = re.compile(r"(?:^|/)joblib/(?:.*/)?(?:[0-9a-f]{32}/(?:output\.pkl|metadata\.json)|func_code\.py)\Z")
_SHARED = "it lies outside of what each run has to itself: all runs write the same file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file that is not as it was before the run."""

    name: str
    """POSIX path relative to the root, absolute for what lies outside."""
    path: Path | None
    """Where it is now; None for a removed one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What a run left."""

    files: tuple[Found, ...]
    """Sorted by name."""
    not_compared: tuple[NotCompared, ...]


def find_files(ready: Prepared, folder: RunFolder, trace: Trace, replaced: Collection[str]) -> Search:
    """Files that are not as the user has them; ``replaced`` were given other contents for the run.

    A run that began after another one is told by what both left, as the other one is.
    """
    written = left_files(ready, folder)
    changed = [name for name in written.changed if name not in replaced and is_result(name)]
    files = [Found(name=name, path=path) for name in changed if (path := _located(ready, folder, name)) is not None]
    # What is compared with a run in place is told whatever was there before, which is not there any more.
    if folder.mode != "in-place" and folder.writable is None:
        files = [found for found in files if not _as_before(found, ready.root.resolve())]
    files += [Found(name=name, path=None) for name in written.removed if is_result(name)]
    outside, not_compared = _outside(folder, trace)
    names = {found.name for found in files}
    files = [each for each in (*files, *outside) if not _belongs_to_database(each.name, names)]
    return Search(files=tuple(sorted(files, key=lambda each: each.name)), not_compared=tuple(not_compared))


def is_result(name: str) -> bool:
    """Whether a file is what comes out of a run, rather than a cache or a record of what was done."""
    path = PurePosixPath(name)
    return (
        LEFT_OUT_FOLDERS.isdisjoint(path.parts)
        and not LEFT_OUT_FILES.fullmatch(path.name)
        and not _JOBLIB_CACHE.search(name)
    )


def _located(ready: Prepared, folder: RunFolder, name: str) -> Path | None:
    if ready.plan is None:
        return folder.tree / name
    return _in_layers(folder, ready.plan.root / name)


def _in_layers(folder: RunFolder, path: Path) -> Path | None:
    """Where a file lies that a run saw at ``path`` of the user's."""
    inside = [layer for layer in folder.layers if not layer.again and path.is_relative_to(layer.source)]
    if not inside:
        return None
    layer = inside[-1]
    entry: Path | View | None = stack((layer.upper, *layer.lower))
    for part in path.relative_to(layer.source).parts:
        entry = entry.child(part) if isinstance(entry, View) else None
    return entry if isinstance(entry, Path) else None


def _as_before(found: Found, root: Path) -> bool:
    """Whether a file was written again with the content that it had."""
    before = root / found.name
    with suppress(OSError):
        assert found.path is not None
        new, old = found.path.lstat(), before.lstat()
        if stat.S_ISREG(new.st_mode) and stat.S_ISREG(old.st_mode) and new.st_size == old.st_size:
            return filecmp.cmp(found.path, before, shallow=False)
    return False


def _outside(folder: RunFolder, trace: Trace) -> tuple[list[Found], list[NotCompared]]:
    """Files outside of the project that user code wrote and that are still there."""
    files: list[Found] = []
    not_compared: list[NotCompared] = []
    for access in _written_outside(trace):
        path = Path(access.path)
        own = _in_layers(folder, path)
        if own is not None and _is_file(own):
            files.append(Found(name=access.path, path=own))
        elif own is None and not any(path.is_relative_to(layer.source) for layer in folder.layers) and _is_file(path):
            not_compared.append(NotCompared(what=f"file {access.path}", reason=_SHARED))
    return files, not_compared


def _written_outside(trace: Trace) -> Iterator[Access]:
    for access in trace.accesses:
        if access.kind == "written" and access.path.startswith("/") and is_result(access.path):
            yield access


def _is_file(path: Path) -> bool:
    with suppress(OSError):
        return stat.S_ISREG(path.lstat().st_mode)
    return False


def _belongs_to_database(name: str, names: Collection[str]) -> bool:
    return any(name.endswith(ending) and name.removesuffix(ending) in names for ending in COMPANIONS)
