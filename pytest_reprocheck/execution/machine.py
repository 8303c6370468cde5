"""What this machine can keep runs from: found out by doing it on a tiny tree, once; the caller keeps the answer."""

from __future__ import annotations

import fcntl
import marshal
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.execution.launch import namespaces
from pytest_reprocheck.execution.removing import remove

T = TypeVar("T")

Kind = Literal["root", "user", ""]
"""How a namespace is made: with CAP_SYS_ADMIN and all ids kept, in a user namespace, or not at all."""

LAUNCH = Path(__file__).resolve().parent / "launch"
_FICLONE = 0x40049409
_TIMEOUT = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What was tried here and worked; the default is a machine on which nothing was tried."""

    folder: Path | None = None
    """Where run folders go; None: where there is room for them."""
    mounts: Kind = ""
    """Mounts that only a run sees."""
    overlay: Kind = ""
    overlay_reason: str = "not tried"
    """Why there is no overlay; empty where there is."""
    overlay_options: tuple[str, ...] = ()
    landlock: int = 0
    """Version of Landlock; 0 where it cannot be used."""
    landlock_reason: str = "not tried"
    network: Kind = ""
    """A network of a run's own, with nothing in it."""
    network_reason: str = "not tried"
    reflinks: bool = False
    """Whether ``folder`` shares blocks between copies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """One way to mount an overlay."""

    kind: Kind
    options: tuple[str, ...]


_WAYS = (
    # Without redirects a folder of the project cannot be renamed. Layers that refer to each other's data, or that know
    # each other's files, could not serve as lower layers of a later run.
    _Way(kind="root", options=("redirect_dir=on", "metacopy=off", "index=off")),
    # Root in a container's user namespace may mount, and may not write trusted attributes.
    _Way(kind="root", options=("userxattr",)),
    _Way(kind="user", options=("userxattr",)),
)


def probe_machine() -> Machine:
    """Try everything that a run may be confined by; takes a fraction of a second."""
    best = Machine(overlay_reason="no folder for runs can be written to")
    for candidate in candidates():
        home = Path(tempfile.mkdtemp(prefix="rc-", dir=candidate)).resolve()
        try:
            machine = _probe_in(home, candidate)
        finally:
            remove(home)
        if machine.overlay:
            return machine
        if best.folder is None:
            best = machine
    return best


def candidates() -> Iterator[Path]:
    """Folders in which run folders may lie, the best first: persistent, roomy, and no folder that runs must not share.

    Socket paths lie below, so that these are short.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    seen = set()
    for name in ("/var/tmp", cache, tempfile.gettempdir(), "/dev/shm"):  # noqa: S108
        folder = Path(name).resolve()
        if folder not in seen and os.access(folder, os.W_OK | os.X_OK) and folder.is_dir():
            seen.add(folder)
            yield folder


def attempt(jobs: Sequence[Sequence[Mapping[str, Json]]]) -> list[list[str]]:
    """What failed in the jobs of ``launch/trial.py``, tried in one process beside this one.

    Of each sequence those up to the first that works are tried; its failure is empty.
    """
    told = marshal.dumps([[dict(job) for job in each] for each in jobs]).hex()
    command = [sys.executable, "-I", "-S", str(LAUNCH / "trial.py"), told]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=False)
        results: list[list[str]] = marshal.loads(done.stdout)  # noqa: S302 - of a process that was just started
    except (OSError, ValueError, EOFError, subprocess.TimeoutExpired) as error:
        return [[f"could not be tried: {error}"] for _each in jobs]
    return results


def _probe_in(home: Path, candidate: Path) -> Machine:
    _make_tree(home / "tree")
    kinds = _kinds()
    (home / "protected").mkdir()
    (home / "beside").mkdir()
    ways = [way for way in _WAYS if way.kind in kinds]
    jobs = [
        [_overlay_job(home, number, way) for number, way in enumerate(ways)],
        [_job({"namespaces": kind}, "nothing", home) for kind in kinds],
        [_job({"namespaces": kind, "network": True}, "loopback", home) for kind in kinds],
        [_job({"protect": [str(home / "protected")]}, "protected", home / "protected")],
    ]
    before = _state(home / "tree")
    overlays, mounts, networks, (protecting,) = attempt(jobs)
    if _state(home / "tree") != before:
        overlays = ["the tree below an overlay changed"]
    way, overlay_reason = _first(ways, overlays)
    kind, network_reason = _first(kinds, networks)
    return Machine(
        folder=candidate,
        mounts=_first(kinds, mounts)[0] or "",
        overlay=way.kind if way else "",
        overlay_reason=overlay_reason,
        overlay_options=way.options if way else (),
        landlock=0 if protecting else namespaces.landlock_version(),
        landlock_reason=protecting,
        network=kind or "",
        network_reason=network_reason,
        reflinks=clone(home / "tree/kept", home / "clone"),
    )


def clone(source: Path, target: Path) -> bool:
    """Make a file that shares the source's blocks; False, and no file, where the file system cannot."""
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            fcntl.ioctl(writing, _FICLONE, reading.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        return False
    return True


def _kinds() -> tuple[Kind, ...]:
    """For root a user namespace would break the ownership of everybody else's files."""
    if sys.platform != "linux":
        return ()
    return ("root",) if os.geteuid() == 0 else ("user",)


def _make_tree(tree: Path) -> None:
    (tree / "folder").mkdir(parents=True)
    (tree / "kept").write_text("old")
    (tree / "folder/gone").write_text("old")
    # A caller that is a hook of git would have its own repository in the environment.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for command in (["init", "--quiet", "--template="], ["add", "."]):
        with suppress(OSError):
            subprocess.run(["git", *command], cwd=tree, env=variables, capture_output=True, check=False)
    if not (tree / ".git/index").exists():
        shutil.rmtree(tree / ".git", ignore_errors=True)


def _overlay_job(home: Path, number: int, way: _Way) -> dict[str, Json]:
    upper, work = home / f"upper{number}", home / f"work{number}"
    upper.mkdir()
    work.mkdir()
    tree = str(home / "tree")
    mount: dict[str, Json] = {
        "kind": "overlay", "at": tree, "lower": [tree], "upper": str(upper), "work": str(work),
        "options": list(way.options),
    }  # fmt: skip
    return _job({"namespaces": way.kind, "mounts": [mount]}, "tree", home / "tree")


def _job(enter: dict[str, Json], act: str, at: Path) -> dict[str, Json]:
    return {"enter": enter, "act": act, "at": str(at)}


def _first(ways: Sequence[T], failures: Sequence[str]) -> tuple[T | None, str]:
    for way, failure in zip(ways, failures, strict=False):
        if not failure:
            return way, ""
    return None, "; ".join(dict.fromkeys(failures)) or "not on this platform"


def _state(tree: Path) -> list[tuple[str, int, int, bytes]]:
    """Everything about the tree that a run could change."""
    found = []
    for path in sorted(tree.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found.append((str(path), status.st_mode, status.st_mtime_ns, content))
    return found
