"""Private copies of the project: no run writes to the user's tree or sees another run's files.

This is the copy mode: everything below the project's root except what is made again anyway (environments, caches,
version control).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.execution.sessions import open_session

MAX_BYTES = 2 * 1024**3
MAX_FILES = 50_000

_LEFT_OUT = frozenset(
    {
        ".git", ".hg", ".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pytest_cache", ".reprocheck",
        ".ruff_cache", ".svn", ".tox", "__pycache__", "node_modules",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFolder:
    """Where one run lives, as absolute paths.

    Folders of the same session have names of equal length, so that paths in outputs do.
    """

    tree: Path
    """The run's copy of the project."""
    log: Path
    """The probes' log files."""
    blobs: Path
    """Array data and images."""
    record: Path
    """What the run read from its surroundings."""
    scratch: Path
    """TMPDIR, captured streams, connection files."""


@contextmanager
def session() -> Iterator[Path]:
    """A folder for all runs of one audit, removed at the end with everything in it."""
    with open_session(_remove) as base:
        yield base


def open_run(base: Path, number: int, root: Path, replaced: Mapping[str, bytes]) -> RunFolder:
    """Copy the project at ``root`` for run ``number``.

    ``replaced`` gives other contents for some files, named by their POSIX paths relative to the root.
    Raises WorkspaceError when the project is too large to be copied, or cannot be read.
    """
    home = base / f"{number:03d}"
    folder = RunFolder(
        tree=home / "tree", log=home / "log", blobs=home / "blobs", record=home / "record", scratch=home / "tmp"
    )
    for path in (folder.tree, folder.log, folder.blobs, folder.record, folder.scratch):
        path.mkdir(parents=True)
    _copy_tree(root, folder.tree)
    for name, content in replaced.items():
        (folder.tree / name).write_bytes(content)
    return folder


def written_files(folder: RunFolder, root: Path) -> tuple[str, ...]:
    """Files that a run made or changed in its copy of the project at ``root``, as sorted POSIX paths."""
    found = []
    for here, folders, names in os.walk(folder.tree):
        folders[:] = [name for name in folders if _is_kept(Path(here, name)) and not Path(here, name).is_symlink()]
        for name in names:
            made = Path(here, name)
            original = root / made.relative_to(folder.tree)
            if made.is_file() and not made.is_symlink() and not _is_untouched(made, original):
                found.append(made.relative_to(folder.tree).as_posix())
    return tuple(sorted(found))


def _is_untouched(made: Path, original: Path) -> bool:
    """Copies keep size and time of modification, and nobody keeps both while writing something else by accident."""
    if not original.is_file():
        return False
    now, before = made.stat(), original.stat()
    return (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def close_run(folder: RunFolder) -> None:
    """Remove a run's copy of the project; its log and blobs stay until the session ends."""
    _remove(folder.tree)
    _remove(folder.scratch)


def _copy_tree(root: Path, target: Path) -> None:
    files = size = 0
    for here, folders, names in os.walk(root):
        source = Path(here)
        folders[:] = sorted(name for name in folders if _is_kept(source / name))
        copy = target / source.relative_to(root)
        for name in folders:
            if (source / name).is_symlink():
                _copy_link(source / name, copy / name, root)
            else:
                (copy / name).mkdir()
        for name in sorted(names):
            entry = source / name
            files += 1
            if entry.is_symlink():
                _copy_link(entry, copy / name, root)
                continue
            if not entry.is_file():
                continue  # sockets and pipes belong to processes, not to the project
            size += entry.stat().st_size
            if size > MAX_BYTES or files > MAX_FILES:
                raise _too_large(root)
            _copy_file(entry, copy / name)


def _is_kept(folder: Path) -> bool:
    if folder.name in _LEFT_OUT:
        return False
    return not ((folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists())


def _copy_file(source: Path, target: Path) -> None:
    try:
        shutil.copy2(source, target)
    except OSError as error:
        raise WorkspaceError(
            f"cannot copy the project: {error.strerror}",
            where=str(source),
            hint="Make it readable or move it out of the project",
        ) from error


def _copy_link(source: Path, target: Path, root: Path) -> None:
    """Relative links within the project point within the copy; all others point where they did."""
    goal = source.readlink()
    if not goal.is_absolute():
        full = Path(os.path.normpath(source.parent / goal))
        goal = goal if full.is_relative_to(root) else full
    target.symlink_to(goal, target_is_directory=source.is_dir())


def _too_large(root: Path) -> WorkspaceError:
    return WorkspaceError(
        f"the project is larger than {MAX_BYTES // 1024**3} GiB or {MAX_FILES} files, too much to copy for each run",
        where=str(root),
        hint="Run from a smaller project root: a folder with a pyproject.toml of its own beside the subject",
    )


def _remove(path: Path) -> None:
    def make_writable(_function: object, name: str, _error: object) -> None:
        # A subject may leave folders without write permission behind.
        parent = Path(name).parent
        parent.chmod(0o700)
        Path(name).chmod(0o700)
        if Path(name).is_dir():
            shutil.rmtree(name, ignore_errors=True)
        else:
            Path(name).unlink(missing_ok=True)

    shutil.rmtree(path, onerror=make_writable)
