"""What lies in a project, and what it leads to outside: looked up once for all runs of an audit."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pytest_reprocheck.execution.layers import SKIPPED

_TEMPORARY = Path("/tmp")  # noqa: S108 - what programs write there by its name is what this is about
_NOT_FILES = tuple(Path(path) for path in ("/dev", "/proc", "/run", "/sys"))
_OF_ENVIRONMENTS = (".nox", ".tox")
_DEPTH = 2
"""How deep the sockets of other programs are looked for in a folder of temporary files."""
_COARSEST = 2 * 10**9
"""Nanoseconds: file systems tell times of modification no coarser."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """A project's folders that need a treatment of their own."""

    environments: tuple[Path, ...] = ()
    """Virtual and conda environments inside."""
    outside: tuple[Path, ...] = ()
    """Folders outside that symbolic links lead to and that runs must not share, none inside another."""
    special: tuple[Path, ...] = ()
    """Sockets and pipes of other programs, in the project and in the folders outside."""
    notes: tuple[str, ...] = ()
    """What links lead to and is left alone, as sentences without a full stop."""
    foreign: Path | None = None
    """A file of another user or group than an ordinary user's own, the first one found; root need not care."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Walk:
    """What was found by walking a project."""

    environments: tuple[Path, ...]
    links: tuple[Path, ...]
    special: tuple[Path, ...]
    foreign: Path | None
    folders: tuple[tuple[str, int], ...]
    """What was looked into, with times of modification in nanoseconds: entries that come and go change them."""
    begun: int
    """``time.time_ns()`` before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Looked:
    """What was found in a folder of temporary files."""

    changed: int
    """Its time of modification in nanoseconds: what comes and goes changes it."""
    begun: int
    """``time.time_ns()`` before."""
    special: tuple[Path, ...]
    folders: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class Surveyor:
    """Surveys projects, and looks into a folder again only when something in it has come or gone since."""

    walks: dict[Path, _Walk] = field(default_factory=dict)
    looked: dict[str, _Looked] = field(default_factory=dict)
    """Folders outside of projects."""

    def survey(self, root: Path) -> Survey:
        """What lies in a project now; environments, caches and version control are not looked into."""
        walk = self.walks.get(root)
        if walk is None or not _is_unchanged(walk):
            walk = self.walks[root] = _walk(root)
        return _survey(root, walk, self.looked)


def survey(root: Path) -> Survey:
    """Walk a project; environments, caches and version control are not looked into."""
    return _survey(root, _walk(root), {})


def _survey(root: Path, walk: _Walk, looked: dict[str, _Looked]) -> Survey:
    """Where links lead to, and what lies there, is nothing that a walk could remember."""
    found = [target for link in walk.links if (target := _target(link)) is not None]
    targets = {target for target in found if not target.is_relative_to(root)}
    targets.update(_repository(root))
    outside, notes = _isolated(root, targets)
    special = [*walk.special, *(path for folder in outside for path in _special(str(folder), _DEPTH, looked))]
    return Survey(
        environments=walk.environments,
        outside=outside,
        special=tuple(path for path in special if path not in outside),
        notes=notes,
        foreign=walk.foreign,
    )


def _walk(root: Path) -> _Walk:
    begun = time.time_ns()
    environments: list[Path] = []
    links: list[Path] = []
    special: list[Path] = []
    foreign: Path | None = None
    folders: list[tuple[str, int]] = []
    for folder in _folders(root, environments):
        # Before its entries are read: what comes meanwhile makes it another folder.
        folders.append((str(folder), folder.stat().st_mtime_ns))
        for entry in os.scandir(folder):
            if foreign is None and _is_foreign(entry):
                foreign = Path(entry.path)
            if entry.is_symlink():
                links.append(Path(entry.path))
            elif not entry.is_file() and not entry.is_dir():
                special.append(Path(entry.path))
    with suppress(OSError):  # what makes a folder an environment may go, and then it has to be looked into
        folders += [(str(folder), folder.stat().st_mtime_ns) for folder in environments]
    return _Walk(
        environments=tuple(sorted(environments)),
        links=tuple(links),
        special=tuple(special),
        foreign=foreign,
        folders=tuple(folders),
        begun=begun,
    )


def _is_unchanged(walk: _Walk) -> bool:
    """Whether nothing came or went since; a change just before the walk might have left the same time as one after."""
    if any(changed > walk.begun - _COARSEST for _folder, changed in walk.folders):
        return False
    try:
        return all(os.stat(folder).st_mtime_ns == changed for folder, changed in walk.folders)  # noqa: PTH116 - many
    except OSError:
        return False


def _is_foreign(entry: os.DirEntry[str]) -> bool:
    """Whether a file belongs to somebody who does not exist in a user namespace: it could not be written to there."""
    if os.geteuid() == 0:
        return False
    status = entry.stat(follow_symlinks=False)
    return (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid())


def is_environment(folder: Path) -> bool:
    """Whether a folder is a virtual or conda environment."""
    return os.access(folder / "pyvenv.cfg", os.F_OK) or os.access(folder / "conda-meta", os.F_OK)


def git_folders(root: Path) -> tuple[Path, Path] | None:
    """(folder of this working tree, folder that all working trees share), where ``root/.git`` leads outside."""
    link = root / ".git"
    with suppress(OSError, UnicodeDecodeError):
        text = link.read_text("utf-8") if link.is_file() else ""
        if text.startswith("gitdir:"):
            own = (root / text.removeprefix("gitdir:").strip()).resolve()
            common = own / "commondir"
            shared = (own / common.read_text("utf-8").strip()).resolve() if common.is_file() else own
            return None if shared.is_relative_to(root) else (own, shared)
    return None


def _repository(root: Path) -> tuple[Path, ...]:
    """Git writes to its folder even when it is only asked for the status."""
    found = git_folders(root)
    return () if found is None else found


def _folders(root: Path, environments: list[Path]) -> Iterator[Path]:
    for here, names, _files in os.walk(root):
        folder = Path(here)
        if folder != root and is_environment(folder):
            environments.append(folder)
            names.clear()
            continue
        environments += [folder / name for name in names if name in _OF_ENVIRONMENTS]
        names[:] = [name for name in names if name not in SKIPPED]
        yield folder


def _target(link: Path) -> Path | None:
    """The folder that a link leads to or into; None for devices and links that lead in a circle."""
    with suppress(OSError, RuntimeError):
        target = link.resolve()
        if target.is_dir():
            return target
        if not target.exists() or target.is_file():
            # A file can be replaced by another one, or made where there was none: both change its folder.
            return target.parent if target.parent.is_dir() else None
    return None


def _isolated(root: Path, targets: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    home = Path(os.path.expanduser("~")).resolve()  # noqa: PTH111 - gives "~" itself where there is no home
    chosen: list[Path] = []
    notes: list[str] = []
    for folder in sorted({*targets, *_temporary(root)}):
        if any(folder.is_relative_to(other) for other in chosen):
            continue
        if folder != _TEMPORARY and (root.is_relative_to(folder) or home.is_relative_to(folder)):
            notes.append(f"a link in the project leads to {folder}, which all runs share")
        elif not any(folder.is_relative_to(other) for other in _NOT_FILES) and not _in_environment(folder):
            chosen.append(folder)
    return tuple(chosen), tuple(notes)


def _temporary(root: Path) -> tuple[Path, ...]:
    """Programs write to /tmp by its name, and two runs at once would find each other's files there."""
    usable = _TEMPORARY.is_dir() and not _TEMPORARY.is_symlink() and not _TEMPORARY.is_relative_to(root)
    return (_TEMPORARY,) if usable else ()


def _in_environment(folder: Path) -> bool:
    return any(is_environment(above) for above in (folder, *folder.parents))


def _special(folder: str, depth: int, looked: dict[str, _Looked]) -> Iterator[Path]:
    try:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - many
    except OSError:  # other programs remove their folders meanwhile
        looked.pop(folder, None)
        return
    known = looked.get(folder)
    # A change just before it was looked at might have left the same time as one after.
    if known is None or known.changed != changed or changed > known.begun - _COARSEST:
        known = looked[folder] = _look(folder, changed)
    yield from known.special
    for each in known.folders if depth > 1 else ():
        yield from _special(each, depth - 1, looked)


def _look(folder: str, changed: int) -> _Looked:
    begun = time.time_ns()
    special: list[Path] = []
    folders: list[str] = []
    entries: list[os.DirEntry[str]] = []
    with suppress(OSError):
        entries = list(os.scandir(folder))
    for entry in entries:
        with suppress(OSError):  # other programs remove their files meanwhile
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                continue  # told without asking the system once more
            elif stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode) in (stat.S_IFSOCK, stat.S_IFIFO):
                special.append(Path(entry.path))
    return _Looked(changed=changed, begun=begun, special=tuple(special), folders=tuple(folders))
