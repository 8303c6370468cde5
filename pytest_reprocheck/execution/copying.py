"""The copy mode: each run has a copy of the project, and the user's own cannot be written to where that can be held."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.execution.layers import SKIPPED, Written, stack, untouched, written
from pytest_reprocheck.execution.machine import clone
from pytest_reprocheck.execution.surveying import git_folders, is_environment

MAX_BYTES = 2 * 1024**3
MAX_FILES = 50_000
LINKED_FROM = 8 * 1024**2
"""Files of this size are linked to instead of copied, where the original is protected."""
_GIT = ".git"
_OBJECTS = "objects"


@dataclass(kw_only=True, slots=True)
class _Copying:
    """What has been copied so far."""

    root: Path
    protected: bool
    """Whether a run cannot write to the original, so that it can be given links to it."""
    reflinks: bool = True
    """Until a file could not be cloned."""
    size: int = 0
    files: int = 0


def copy_tree(root: Path, target: Path, *, protected: bool) -> None:
    """Copy a project into an empty folder, without what is made again anyway; git works in the copy.

    Raises WorkspaceError when the project is too large to be copied, or cannot be read.
    """
    state = _Copying(root=root, protected=protected)
    folders = [root]
    for here, names, files in os.walk(root):
        source = Path(here)
        copy = target / source.relative_to(root)
        names[:] = sorted(name for name in names if _is_kept(source / name))
        for name in names:
            if (source / name).is_symlink():
                _copy_link(source / name, copy / name, root)
            else:
                (copy / name).mkdir()
                folders.append(source / name)
        for name in sorted(files):
            if not (source == root and name == _GIT and git_folders(root)):
                _copy_entry(source / name, copy / name, state)
    _copy_repository(root, target, state)
    for folder in reversed(folders):
        _copy_status(folder, target / folder.relative_to(root))


def written_in(tree: Path, origin: Path, environments: Sequence[Path]) -> Written:
    """What a run did to the files of its copy of ``origin``."""
    left_out = frozenset(path.relative_to(origin) for path in environments if path.is_relative_to(origin))

    def same(now: Path, before: Path) -> bool:
        if now.is_symlink():
            goal = before
            if before.is_symlink():
                goal = _goal(before, origin)
            return now.readlink() == goal
        return untouched(now, before)

    return written(stack((tree,)), stack((origin,)), left_out=left_out, same=same)


def _is_kept(folder: Path) -> bool:
    return folder.name not in SKIPPED and not is_environment(folder)


def _copy_entry(source: Path, target: Path, state: _Copying) -> None:
    state.files += 1
    if state.files > MAX_FILES:
        raise _too_large(state.root)
    if source.is_symlink():
        _copy_link(source, target, state.root)
    elif source.is_file():  # sockets and pipes belong to processes, not to the project
        _copy_file(source, target, state)


def _copy_file(source: Path, target: Path, state: _Copying) -> None:
    try:
        state.reflinks = state.reflinks and clone(source, target)
        if not state.reflinks:
            size = source.stat().st_size
            if state.protected and size >= LINKED_FROM:
                target.symlink_to(source)
                return
            state.size += size
            if state.size > MAX_BYTES:
                raise _too_large(state.root)
            shutil.copyfile(source, target)
        _copy_status(source, target)
    except OSError as error:
        raise WorkspaceError(
            f"cannot copy the project: {error.strerror}",
            where=str(source),
            hint="Make it readable or move it out of the project",
        ) from error


def _copy_status(source: Path, target: Path) -> None:
    status = source.stat()
    with suppress(PermissionError):  # only root can give files away
        os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(source, target)


def _copy_link(source: Path, target: Path, root: Path) -> None:
    target.symlink_to(_goal(source, root), target_is_directory=source.is_dir())


def _goal(link: Path, root: Path) -> Path:
    """Relative links within the project point within the copy; all others point where they did."""
    goal = link.readlink()
    if goal.is_absolute():
        return goal
    full = Path(os.path.normpath(link.parent / goal))
    return goal if full.is_relative_to(root) else full


def _copy_repository(root: Path, target: Path, state: _Copying) -> None:
    """A repository that knows the objects of the user's, and writes to its own."""
    outside = git_folders(root)
    if outside is not None:
        own, shared = outside
        _copy_git_folder(shared, target / _GIT, state, left_out=("worktrees",))
        if own != shared:
            # A linked working tree has its own HEAD and index; in the copy it is the only one.
            for name in ("HEAD", "index", "ORIG_HEAD", "MERGE_HEAD"):
                if (own / name).is_file():
                    shutil.copyfile(own / name, target / _GIT / name)
    elif (root / _GIT).is_dir():
        _copy_git_folder(root / _GIT, target / _GIT, state, left_out=())


def _copy_git_folder(source: Path, target: Path, state: _Copying, left_out: Sequence[str]) -> None:
    for here, names, files in os.walk(source):
        folder = Path(here)
        copy = target / folder.relative_to(source)
        copy.mkdir(exist_ok=True)
        if _OBJECTS in names and (folder / _OBJECTS / "info").is_dir():
            (copy / _OBJECTS / "info").mkdir(parents=True)
            (copy / _OBJECTS / "info/alternates").write_text(f"{folder / _OBJECTS}\n", encoding="utf-8")
            names.remove(_OBJECTS)
        names[:] = [name for name in names if folder != source or name not in left_out]
        for name in files:
            _copy_entry(folder / name, copy / name, state)
        _copy_status(folder, copy)


def _too_large(root: Path) -> WorkspaceError:
    return WorkspaceError(
        f"the project is larger than {MAX_BYTES // 1024**3} GiB or {MAX_FILES:,} files, too much to copy for each run",
        where=str(root),
        hint="Use `--reprocheck-workspace=overlay` where the machine can, or a smaller project root: a folder with a "
        "pyproject.toml of its own beside the subject",
    )
