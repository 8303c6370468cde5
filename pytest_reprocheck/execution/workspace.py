"""Workspaces: no run writes to the user's tree or sees another run's files.

Three modes: ``overlay`` lays an empty layer over the project at its own place, ``copy`` copies it, ``in-place`` runs
in the user's tree and is taken only when asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pytest_reprocheck.core.conditions import FactorName, WorkspaceMode
from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.execution import in_place, overlay
from pytest_reprocheck.execution.copying import copy_tree, written_in
from pytest_reprocheck.execution.layers import Written
from pytest_reprocheck.execution.machine import Kind, Machine, attempt, candidates
from pytest_reprocheck.execution.mounts import read_only, shared_memory
from pytest_reprocheck.execution.removing import remove
from pytest_reprocheck.execution.sessions import open_session
from pytest_reprocheck.execution.surveying import Survey, Surveyor

Mode = Literal["overlay", "copy", "in-place"]
Directory = Literal["checkout", "elsewhere"]
_PACKAGE = Path(__file__).resolve().parents[1]
_OWN = (_PACKAGE / "probes", _PACKAGE / "execution" / "launch")
"""What a run's processes load by path."""


@dataclass(kw_only=True, slots=True)
class Known:
    """What the audits of one session have found out about their projects: it serves the next ones."""

    surveyor: Surveyor = field(default_factory=Surveyor)
    failures: dict[overlay.Plan, str] = field(default_factory=dict)
    """Why the overlays that were tried failed; empty for those that worked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """What is asked for, and what the machine can do; the default is a plain copy for each run."""

    mode: WorkspaceMode = "copy"
    """``auto``: overlay, and copy where there is none."""
    machine: Machine = field(default_factory=Machine)
    known: Known = field(default_factory=Known)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A project made ready for any number of runs."""

    root: Path
    """As the user names it."""
    base: Path
    """The folder of all runs."""
    mode: Mode
    machine: Machine
    kept: tuple[Path, ...]
    """Folders of the project that are no part of a run's: interpreters live there."""
    plan: overlay.Plan | None
    """For overlays."""
    notes: tuple[str, ...]
    """What is weaker than it could be, and why, as sentences without a full stop."""
    problems: Mapping[FactorName, str]
    """Factors that cannot be varied here, and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFolder:
    """Where one run lives, as absolute paths, the same for the run and for its parent except ``tree``.

    Folders of the same session have names of equal length, so that paths in outputs do.
    """

    tree: Path
    """The project as the run sees it."""
    log: Path
    """The probes' log files."""
    blobs: Path
    """Array data and images."""
    record: Path
    """What the run read from its surroundings."""
    scratch: Path
    """TMPDIR, captured streams, connection files."""
    queries: Path
    """The socket for questions about queries, the same for all runs of a session."""
    mode: Mode = "copy"
    enter: Mapping[str, Json] = field(default_factory=dict)
    """What the run's processes are confined to (``launch/namespaces.py``); empty for nothing."""
    kept: tuple[Path, ...] = ()
    """Folders of the user's project that are no part of the run's: interpreters live there."""
    copies_renamed: bool = False
    """Whether the kernel refuses to rename the user's folders here, so that they have to be copied."""
    layers: tuple[overlay.Layer, ...] = ()
    """What the run writes, where it writes over the user's folders."""
    origin: Path | None = None
    """The tree that was copied."""
    before: Mapping[str, tuple[int, int]] | None = None
    """The user's files before a run in place."""
    writable: tuple[Path, ...] | None = None
    """Where alone the run may write to files; None for wherever a program of the user's may."""
    attended: bool = False
    """Whether the run is the user's own, and only looked at: all that it does is real."""


@contextmanager
def session(folder: Path | None = None) -> Iterator[Path]:
    """A folder for all runs of one audit, removed at the end with everything in it."""
    with open_session(folder, remove) as base:
        yield base


@contextmanager
def prepared(root: Path, workspace: Workspace) -> Iterator[Prepared]:
    """Make a project ready for runs; their folders are gone afterwards.

    Raises WorkspaceError when the mode that was asked for is not possible here.
    """
    found = workspace.known.surveyor.survey(root.resolve())
    with session(_place(root.resolve(), found, workspace.machine)) as base:
        reason = ""
        if workspace.mode in ("auto", "overlay"):
            try:
                ready = _prepare_overlay(root, base, found, workspace)
            except WorkspaceError as error:
                if workspace.mode == "overlay":
                    raise
                reason = f"no overlay: {error.message}"
            else:
                yield ready
                return
        yield _prepare_other(root, base, found, workspace, reason)


def open_run(
    ready: Prepared,
    number: int,
    replaced: Mapping[str, bytes] | None = None,
    *,
    directory: Directory = "checkout",
    network: Literal["on", "off"] = "on",
    after: RunFolder | None = None,
) -> RunFolder:
    """Make the folder of run ``number``.

    Args:
        ready: the project.
        number: tells the runs of a session apart.
        replaced: other contents for some files, named by their POSIX paths relative to the root.
        directory: where the run sees the project; only ``checkout`` where that is a problem (``Prepared.problems``).
        network: whether the run sees one; ignored where that is a problem.
        after: the folder of an earlier run, closed and kept: this one begins with the tree that it left.

    Raises:
        WorkspaceError: the project is too large to be copied, or cannot be read, or a file cannot be replaced.
    """
    home = ready.base / f"{number:03d}"
    folder = RunFolder(
        tree=ready.root,
        log=home / "log",
        blobs=home / "blobs",
        record=home / "record",
        scratch=home / "tmp",
        queries=queries_socket(ready.base),
        mode=ready.mode,
        kept=ready.kept,
    )
    for path in (folder.log, folder.blobs, folder.record, folder.scratch):
        path.mkdir(parents=True)
    cut_off = network == "off" and "network" not in ready.problems
    if ready.plan is not None:
        elsewhere = directory == "elsewhere" and "directory" not in ready.problems
        return _open_overlay(ready, ready.plan, folder, replaced or {}, after, cut_off=cut_off, elsewhere=elsewhere)
    if ready.mode == "copy":
        return _open_copy(ready, folder, replaced or {}, after, cut_off=cut_off)
    if replaced or after:
        raise WorkspaceError("no file can be replaced in place, and no run begins where another one ended")
    return replace(
        folder,
        enter=_enter(ready, shared_memory(ready.base, (ready.root,)), cut_off=cut_off),
        before=in_place.state_of(ready.root, ready.kept),
    )


def queries_socket(base: Path) -> Path:
    """Where a session answers its children's questions about queries."""
    return base / "queries"


def close_run(folder: RunFolder, *, keep: bool = False) -> None:
    """Remove what a run made, except its log, blobs and recordings, which stay until the session ends.

    ``keep``: the tree that it left stays as well, for a run ``after`` it.
    """
    remove(folder.scratch)
    if not keep:
        for layer in folder.layers:
            remove(layer.upper)
            remove(layer.work)
        if folder.mode == "copy":
            remove(folder.tree)


def written_files(ready: Prepared, folder: RunFolder) -> Written:
    """Files of the project that a run made, changed or removed; caches and environments do not count."""
    if ready.plan is not None:
        return overlay.written_below(ready.plan, folder.layers, folder.kept)
    if folder.origin is not None:
        return written_in(folder.tree, folder.origin, folder.kept)
    assert folder.before is not None
    return in_place.written_since(folder.before, in_place.state_of(folder.tree, folder.kept))


def left_files(ready: Prepared, folder: RunFolder) -> Written:
    """Files that are not as the user has them when a run has ended: by its doing, or by runs that it began after."""
    if ready.plan is not None:
        return overlay.written_below(ready.plan, folder.layers, folder.kept, since_project=True)
    if folder.origin is not None:
        return written_in(folder.tree, ready.root.resolve(), folder.kept)
    return written_files(ready, folder)


def project_files(ready: Prepared) -> frozenset[str]:
    """What a project has that runs see, as POSIX paths relative to its root."""
    return frozenset(in_place.state_of(ready.root, ready.kept))


def _place(root: Path, found: Survey, machine: Machine) -> Path:
    """A folder for runs: never inside the project, and not inside a folder that each run has to itself if possible."""
    places = [folder for folder in (machine.folder, *candidates()) if folder and not folder.is_relative_to(root)]
    if not places:
        raise WorkspaceError("there is no folder outside for the runs", where=str(root), hint="Set TMPDIR to one")
    free = [folder for folder in places if not any(folder.is_relative_to(other) for other in found.outside)]
    return (free or places)[0]


def _prepare_overlay(root: Path, base: Path, found: Survey, workspace: Workspace) -> Prepared:
    machine = workspace.machine
    if not machine.overlay:
        raise WorkspaceError(
            f"an overlay cannot be used here: {machine.overlay_reason}", hint="Use `--reprocheck-workspace=copy`"
        )
    if machine.overlay == "user" and found.foreign is not None:
        raise WorkspaceError(
            f"{found.foreign} belongs to another user or group, and could not be written to",
            hint="Use `--reprocheck-workspace=copy`",
        )
    usable, notes = [], list(found.notes)
    for folder in found.outside:
        if base.is_relative_to(folder):
            notes.append(f"the runs' own folders are in {folder}, which all runs share")
        else:
            usable.append(folder)
    found = replace(found, outside=tuple(usable), notes=tuple(notes))
    real = root.resolve()
    kept = _interpreters(real, found)
    plan = overlay.make_plan(real, found, kept, locked=machine.overlay == "user")
    problems = _network_problem(machine, machine.overlay)
    if real in kept:
        problems["directory"] = "the interpreter lies in the project's own folder, which therefore cannot be hidden"
    ready = Prepared(
        root=root, base=base, mode="overlay", machine=machine, kept=kept, plan=plan, notes=plan.notes,
        problems=problems,
    )  # fmt: skip
    _try_overlay(ready, plan, workspace.known.failures)
    return ready


def _try_overlay(ready: Prepared, plan: overlay.Plan, failures: dict[overlay.Plan, str]) -> None:
    """Mount once for real: what works on a tiny tree may not work on this one's file system."""
    # Sockets of other programs come and go, and are bound where they still are.
    tried = replace(plan, shown=(), notes=())
    if tried not in failures:
        folder = open_run(ready, 0)
        ((failures[tried],),) = attempt([[{"enter": dict(folder.enter), "act": "nothing", "at": str(folder.tree)}]])
        remove(folder.log.parent)
    if failure := failures[tried]:
        raise WorkspaceError(f"the project cannot be overlaid: {failure}", hint="Use `--reprocheck-workspace=copy`")


def _prepare_other(root: Path, base: Path, found: Survey, workspace: Workspace, reason: str) -> Prepared:
    machine = workspace.machine
    mode: Mode = "in-place" if workspace.mode == "in-place" else "copy"
    problems = _network_problem(machine, machine.mounts)
    notes = [reason] if reason else []
    if mode == "copy":
        notes += [f"{folder} is outside of the project and the same for all runs" for folder in found.outside]
        problems["directory"] = "a copy has another path in every run, and the original cannot be hidden"
        if not (machine.mounts or machine.landlock):
            notes.append(f"nothing keeps runs from writing to the project by absolute paths: {machine.landlock_reason}")
    else:
        problems["directory"] = "runs in place see the project where it is"
        notes.append("runs write to the project itself")
    return Prepared(
        root=root, base=base, mode=mode, machine=machine, kept=_interpreters(root.resolve(), found), plan=None,
        notes=tuple(notes), problems=problems,
    )  # fmt: skip


def _network_problem(machine: Machine, mounts: Kind) -> dict[FactorName, str]:
    if machine.network and mounts in ("", machine.network):
        return {}
    return {"network": f"a run cannot be cut off: {machine.network_reason or 'it has namespaces of another kind'}"}


def _interpreters(root: Path, found: Survey) -> tuple[Path, ...]:
    """Folders of the project that interpreters, and the probes, are found in; none inside another."""
    prefixes = {Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    chosen: list[Path] = []
    for folder in sorted({*found.environments, *prefixes, *_OWN}):
        if folder.is_relative_to(root) and not any(folder.is_relative_to(other) for other in chosen):
            chosen.append(folder)
    return tuple(chosen)


def _enter(ready: Prepared, mounts: list[Json], *, protect: tuple[Path, ...] = (), cut_off: bool) -> Mapping[str, Json]:
    """What a run is confined to; mounts that the machine cannot do were not asked for, but for shared memory."""
    kind = ready.machine.overlay if ready.plan is not None else ready.machine.mounts
    spec: dict[str, Json] = {}
    if protect:
        spec["protect"] = [str(path) for path in protect]
    if kind:
        spec["mounts"] = mounts
    if cut_off:
        spec["network"] = True
    if kind or cut_off:
        spec["namespaces"] = kind or ready.machine.network
    return spec


def _open_overlay(
    ready: Prepared,
    plan: overlay.Plan,
    folder: RunFolder,
    replaced: Mapping[str, bytes],
    after: RunFolder | None,
    *,
    cut_off: bool,
    elsewhere: bool,
) -> RunFolder:
    home = folder.log.parent
    seen = overlay.elsewhere(plan, ready.base) if elsewhere else plan.root
    layers = overlay.make_layers(plan, home, after.layers if after else (), seen)
    overlay.put_files(plan, layers, replaced)
    mounts = overlay.mount_spec(plan, layers, ready.base, seen, ready.machine.overlay_options)
    return replace(
        folder,
        tree=seen if elsewhere else ready.root,
        layers=layers,
        copies_renamed="redirect_dir=on" not in ready.machine.overlay_options,
        enter=_enter(ready, mounts, cut_off=cut_off),
    )


def _open_copy(
    ready: Prepared, folder: RunFolder, replaced: Mapping[str, bytes], after: RunFolder | None, *, cut_off: bool
) -> RunFolder:
    machine = ready.machine
    origin = after.tree if after else ready.root.resolve()
    tree = folder.log.parent / "tree"
    tree.mkdir()
    copy_tree(origin, tree, protected=after is None and bool(machine.mounts or machine.landlock))
    for name, content in replaced.items():
        _replace_copied(tree, name, content)
    mounts = [*shared_memory(ready.base, (ready.root,)), *(read_only(ready.root.resolve()) if machine.mounts else ())]
    protect = (ready.root.resolve(),) if machine.landlock and not machine.mounts else ()
    return replace(folder, tree=tree, origin=origin, enter=_enter(ready, mounts, protect=protect, cut_off=cut_off))


def _replace_copied(tree: Path, name: str, content: bytes) -> None:
    path = tree / name
    if not path.resolve().is_relative_to(tree.resolve()):
        raise WorkspaceError(f"cannot be given another text: it is a link to {path.resolve()}", where=name)
    path.write_bytes(content)
