"""The overlay mode: a run sees the project at its own place, and what it writes goes to a layer of its own."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.execution.layers import View, Written, stack, written
from pytest_reprocheck.execution.mounts import bind, mounts_below, shared_memory
from pytest_reprocheck.execution.surveying import Survey

_FOR_MOUNTS = (Path("/mnt"), Path("/media"), Path("/srv"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One folder that a run has to itself."""

    source: Path
    """The user's folder."""
    at: Path
    """Where the run sees it: there, or elsewhere."""
    lower: tuple[Path, ...]
    """What it sees, the uppermost first: what earlier runs left, and the user's folder."""
    upper: Path
    """What the run writes."""
    work: Path
    """For the kernel."""
    again: bool = False
    """Whether this is an interpreter's folder at its own place, while the project that it belongs to is elsewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is done for every run on a project; made once."""

    root: Path
    folders: tuple[Path, ...]
    """Everything that each run has to itself, outer folders first; the root is one of them."""
    shown: tuple[Path, ...]
    """What an overlay would hide or break: other mounts inside, sockets and pipes of other programs."""
    kept: tuple[Path, ...]
    """Folders of the project that stay where they are when it is seen elsewhere: interpreters live there."""
    notes: tuple[str, ...]


def make_plan(root: Path, survey: Survey, kept: Sequence[Path], *, locked: bool) -> Plan:
    """Decide which folders each run has to itself.

    ``locked``: mounts inside a folder cannot be left out of an overlay over it, as in a user namespace. Raises
    WorkspaceError where that is so for the project.
    """
    folders: list[Path] = []
    shown = [path for path in survey.special if path.is_relative_to(root)]
    notes = list(survey.notes)
    for folder in (*survey.outside, root):
        inner = mounts_below(folder)
        if locked and inner and folder == root:
            raise WorkspaceError(
                f"something is mounted inside the project, at {inner[0][0]}",
                where=str(root),
                hint="An ordinary user cannot overlay it: use `--reprocheck-workspace=copy`",
            )
        if locked and inner:
            notes.append(f"something is mounted inside {folder}, which all runs share")
            continue
        folders += [folder, *(point for point, usable in inner if usable)]
        shown += [point for point, usable in inner if not usable]
        shown += [path for path in survey.special if path.is_relative_to(folder)]
    return Plan(
        root=root,
        folders=tuple(sorted(set(folders), key=lambda path: (len(path.parts), path))),
        shown=tuple(dict.fromkeys(shown)),
        kept=tuple(kept),
        notes=tuple(notes),
    )


def elsewhere(plan: Plan, base: Path) -> Path:
    """Another path for the project, the same in all audits: a result that depends on it must not flicker.

    It lies in an empty folder that systems have for mounts, where nobody but the run sees it. Without one it is below
    ``base``, the folder of all runs. The project's own name stays: a checkout elsewhere has it as well.
    """
    used = (plan.root, base, *plan.folders, *plan.kept)
    for folder in _FOR_MOUNTS:
        if folder.is_dir() and not any(path.is_relative_to(folder) for path in used) and not any(folder.iterdir()):
            return folder / "elsewhere" / plan.root.name
    return base / "else" / plan.root.name


def _empty_above(tree: Path) -> Path | None:
    """The system's folder for mounts that a path lies in."""
    return next((folder for folder in _FOR_MOUNTS if tree.is_relative_to(folder)), None)


def make_layers(plan: Plan, home: Path, after: Sequence[Layer], tree: Path) -> tuple[Layer, ...]:
    """Empty layers for one run in ``home``, over what an earlier run left; the project is seen at ``tree``."""
    earlier = {(layer.source, layer.again): (layer.upper, *layer.lower) for layer in after}
    wanted = [(folder, moved(folder, plan.root, tree), False) for folder in plan.folders]
    if tree != plan.root:
        if _empty_above(tree) is None:
            tree.mkdir(parents=True, exist_ok=True)
        wanted += [(folder, folder, True) for folder in plan.kept]
    layers = []
    for number, (source, at, again) in enumerate(wanted):
        lower = earlier.get((source, again), (source,))
        upper, work = home / f"upper{number}", home / f"work{number}"
        layers.append(Layer(source=source, at=at, lower=lower, upper=upper, work=work, again=again))
        work.mkdir()
        upper.mkdir()
        _make_like(lower[0], upper)
    return tuple(layers)


def mount_spec(plan: Plan, layers: Sequence[Layer], base: Path, tree: Path, options: Sequence[str]) -> list[Json]:
    """The mounts of a run, for ``launch/namespaces.py``; outer ones come first."""
    mounts = shared_memory(base, plan.folders)
    if tree != plan.root and (empty := _empty_above(tree)) is not None:
        mounts.append({"kind": "tmpfs", "at": str(empty), "options": ["mode=0755"], "folders": [str(tree)]})
    mounts += [_mount(layer, options) for layer in layers if not layer.again]
    if tree != plan.root:
        hidden: dict[str, Json] = {
            "kind": "tmpfs", "at": str(plan.root), "options": ["mode=0555"], "readonly": True,
            "folders": [str(folder) for folder in plan.kept],
        }  # fmt: skip
        mounts.append(hidden)
        mounts += [_mount(layer, options) for layer in layers if layer.again]
    mounts += [bind(path, moved(path, plan.root, tree), optional=True) for path in plan.shown]
    return mounts


def put_files(plan: Plan, layers: Sequence[Layer], files: Mapping[str, bytes]) -> None:
    """Give files of the project, named relative to its root, another content; all else about them stays."""
    for name, content in files.items():
        path = (plan.root / name).resolve()
        inside = [layer for layer in layers if not layer.again and path.is_relative_to(layer.source)]
        if not inside:
            raise WorkspaceError(f"cannot be given another text: it is a link to {path}", where=name)
        # The last one is the innermost.
        _put(inside[-1], path.relative_to(inside[-1].source), content)


def written_below(
    plan: Plan, layers: Sequence[Layer], environments: Sequence[Path], *, since_project: bool = False
) -> Written:
    """What a run did to the files of the project; ``since_project``: together with the runs that it began after."""
    changed: list[str] = []
    removed: list[str] = []
    for layer in layers:
        if layer.again or not layer.source.is_relative_to(plan.root):
            continue
        left_out = frozenset(
            path.relative_to(layer.source) for path in environments if path.is_relative_to(layer.source)
        )
        before = layer.lower[-1:] if since_project else layer.lower
        found = written(stack((layer.upper, *layer.lower)), stack(before), left_out=left_out)
        prefix = PurePath(layer.source.relative_to(plan.root))
        changed += [(prefix / path).as_posix() for path in found.changed]
        removed += [(prefix / path).as_posix() for path in found.removed]
    return Written(changed=tuple(sorted(changed)), removed=tuple(sorted(removed)))


def moved(path: Path, root: Path, tree: Path) -> Path:
    """Where a path of the project at ``root`` is when the project is seen at ``tree``; others stay."""
    return tree / path.relative_to(root) if path.is_relative_to(root) else path


def _mount(layer: Layer, options: Sequence[str]) -> dict[str, Json]:
    return {
        "kind": "overlay",
        "at": str(layer.at),
        "lower": [str(path) for path in layer.lower],
        "upper": str(layer.upper),
        "work": str(layer.work),
        "options": list(options),
    }


def _put(layer: Layer, name: Path, content: bytes) -> None:
    entry: Path | View | None = stack(layer.lower)
    target = layer.upper
    made: list[tuple[Path, Path]] = [(layer.lower[0], target)]
    for part in name.parts[:-1]:
        entry = entry.child(part) if isinstance(entry, View) else None
        assert isinstance(entry, View), f"{name} lies in a folder"
        target /= part
        target.mkdir(exist_ok=True)
        made.append((entry.parts[0][1], target))
    original = entry.child(name.name) if isinstance(entry, View) else None
    (target / name.name).write_bytes(content)
    if isinstance(original, Path):
        made.append((original, target / name.name))
    # The innermost first: making an entry changes the times of its folder.
    for like, path in reversed(made):
        _make_like(like, path)


def _make_like(original: Path, path: Path) -> None:
    """Give a file or folder the owner, mode, times and access lists of another one."""
    status = original.stat()
    with suppress(PermissionError):  # only root can give files away; in its own layer the user is the owner
        os.chown(path, status.st_uid, status.st_gid)
    with suppress(OSError):
        for name in os.listxattr(original):
            if name.startswith("system.posix_acl"):
                os.setxattr(path, name, os.getxattr(original, name))
    path.chmod(stat.S_IMODE(status.st_mode))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
