"""Whatever a run does, the user's files stay as they are, and it finds them as its own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.execution.machine import Machine, probe_machine
from pytest_reprocheck.execution.workspace import (
    Prepared,
    RunFolder,
    Workspace,
    close_run,
    open_run,
    prepared,
    written_files,
)
from tests.execution.confined import python_in, run_in, start_in
from tests.execution.ordinary import as_ordinary_user, ordinary_folder
from tests.execution.trees import ACTIONS, NAMES, Operation, fingerprint, git, make_project, try_everything

EVERYTHING = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.sampled_from([*NAMES, *(f"ROOT/{name}" for name in NAMES)]),
        st.sampled_from([*NAMES, *(f"ROOT/{name}" for name in NAMES)]),
        st.integers(0, 19),
    ),
    min_size=1,
    max_size=25,
)
# A copy shares what lies outside, so that a run may change what an earlier one left by a hard link that leads there.
INSIDE = EVERYTHING.map(lambda steps: [step for step in steps if "outside" not in step[1] + step[2]])
_FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
_TRY_AS_USER = """
import json, sys
from pathlib import Path
from pytest_reprocheck.execution.machine import probe_machine
from pytest_reprocheck.execution.workspace import Workspace
from tests.execution.trees import make_project, try_everything
place, mode, cases = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
machine = probe_machine()
if mode == "overlay" and not machine.overlay:
    sys.exit(print(json.dumps(machine.overlay_reason)))
assert machine.overlay in ("", "user")
done = 0
for number, operations in enumerate(cases):
    (place / str(number)).mkdir()
    make_project(place / str(number))
    done += try_everything(place / str(number), Workspace(mode=mode, machine=machine), operations)
print(done)
"""


@contextmanager
def run_of(
    root: Path, machine: Machine, mode: str = "overlay", **options: object
) -> Iterator[tuple[Prepared, RunFolder]]:
    """One run's folder."""
    with prepared(root, Workspace(mode=mode, machine=machine)) as ready:  # type: ignore[arg-type]
        yield ready, open_run(ready, 0, **options)  # type: ignore[arg-type]


@_FEW
@given(operations=EVERYTHING)
def test_no_run_changes_what_an_overlay_lies_over(overlaying: Machine, operations: list[Operation]) -> None:
    """Content, modes, times and links are the user's; what was written is what the run sees changed."""
    with TemporaryDirectory() as place:
        make_project(Path(place))
        try_everything(Path(place), Workspace(mode="overlay", machine=overlaying), operations)


@_FEW
@given(operations=INSIDE)
def test_no_run_changes_what_was_copied(machine: Machine, operations: list[Operation]) -> None:
    """The same for copies, by absolute paths too where mounts can be read-only."""
    with TemporaryDirectory() as place:
        make_project(Path(place))
        absolute = bool(machine.mounts)
        chosen = [step for step in operations if absolute or "ROOT" not in step[1] + step[2]]
        try_everything(Path(place), Workspace(mode="copy", machine=machine), chosen)


@pytest.mark.parametrize("mode", ["overlay", "copy"])
def test_no_run_of_an_ordinary_user_changes_the_tree(mode: str) -> None:
    """The same without privileges, by a user namespace."""
    cases: list[list[Operation]] = []

    @settings(max_examples=8, database=None, deadline=None)
    @given(operations=EVERYTHING if mode == "overlay" else INSIDE)
    def collect(operations: list[Operation]) -> None:
        cases.append(operations)

    collect()
    with ordinary_folder() as place:
        said = json.loads(as_ordinary_user(_TRY_AS_USER, str(place), mode, json.dumps(cases)))
    if isinstance(said, str):
        pytest.skip(f"no overlay for an ordinary user here: {said}")
    assert said > 0


_LEAVE = """
import multiprocessing.shared_memory, sys
for path in sys.argv[1:]:
    open(path + "/left-by-a-run", "w").write("left")
open("/dev/shm/left-by-a-run", "w").write("left")
print("left", flush=True)
sys.stdin.read()
"""
_LOOK = """
import json, os, sys
names = [name for path in [*sys.argv[1:], "/dev/shm"] for name in os.listdir(path)]
print(json.dumps([name for name in names if name == "left-by-a-run"]))
"""


@pytest.mark.parametrize("mode", ["overlay", "copy"])
def test_runs_side_by_side_do_not_see_each_other(overlaying: Machine, tmp_path: Path, mode: str) -> None:
    """Neither in the project, nor where its links lead, nor in /tmp by its name, nor in shared memory."""
    project = make_project(tmp_path)
    places = [".", "data"] if mode == "copy" else [".", str(project / "outside"), "/tmp", str(tmp_path / "outside")]
    command = [sys.executable, "-I", "-S", "-c"]
    with run_of(project, overlaying, mode) as (ready, first):
        second = open_run(ready, 1)
        with start_in(first, [*command, _LEAVE, *places]) as writing:
            assert writing.stdout is not None
            assert writing.stdout.readline() == "left\n"
            assert json.loads(run_in(second, [*command, _LOOK, *places])) == []
    assert [path for path in places[1:] if (project / path / "left-by-a-run").exists()] == []
    assert not Path("/dev/shm/left-by-a-run").exists()


def test_a_run_finds_the_project_as_the_user_has_it(overlaying: Machine, tmp_path: Path) -> None:
    """Path, ids, owners, modes, times and what git says are those of the user."""
    project = make_project(tmp_path)
    (project / "untracked.txt").write_text("new")
    asked = """
import json, os
status = os.stat(".")
print(json.dumps([os.getcwd(), os.getuid(), os.getgid(), status.st_mode, status.st_uid, status.st_mtime_ns]))
"""
    status = project.stat()
    with run_of(project, overlaying) as (_ready, folder):
        seen = json.loads(python_in(folder, asked))
        inside = run_in(folder, ["git", "status", "--porcelain"])
    assert seen == [str(project), os.getuid(), os.getgid(), status.st_mode, status.st_uid, status.st_mtime_ns]
    assert inside == git(project, "status", "--porcelain") == "?? untracked.txt\n"


@pytest.mark.parametrize("mode", ["overlay", "copy"])
def test_replaced_files_keep_all_but_their_content(machine: Machine, tmp_path: Path, mode: str) -> None:
    """A remedy is in the place of the user's file, and is no file that the run wrote."""
    if mode == "overlay" and not machine.overlay:
        pytest.skip(f"no overlay here: {machine.overlay_reason}")
    project = make_project(tmp_path)
    (project / "data/b.txt").chmod(0o640)
    before = fingerprint(project)
    with run_of(project, machine, mode, replaced={"data/b.txt": b"remedied", "link": b"by a link"}) as (_, folder):
        said = python_in(folder, "import os; print(open('link').read(), oct(os.stat('data/b.txt').st_mode))")
        others = run_in(folder, ["ls", "data", "data/deep"])
    assert said == "by a link 0o100640\n"
    assert others == "data:\nb.txt\ndeep\n\ndata/deep:\nc.txt\n"
    assert fingerprint(project) == before


@pytest.mark.parametrize("mode", ["overlay", "copy"])
def test_a_run_after_another_begins_with_what_it_left(machine: Machine, tmp_path: Path, mode: str) -> None:
    """What was removed is gone, what was renamed has its new name, and a third one begins with the user's again."""
    if mode == "overlay" and not machine.overlay:
        pytest.skip(f"no overlay here: {machine.overlay_reason}")
    project = make_project(tmp_path)
    with prepared(project, Workspace(mode=mode, machine=machine)) as ready:  # type: ignore[arg-type]
        first = open_run(ready, 0)
        run_in(first, ["sh", "-c", "rm a.txt; mv data moved; mkdir data; echo made > data/made"])
        close_run(first, keep=True)
        second = open_run(ready, 1, {"moved/b.txt": b"remedied"}, after=first)
        listing = run_in(second, ["sh", "-c", "find . -name .git -prune -o -type f -print; cat moved/b.txt"])
        run_in(second, ["rm", "data/made"])
        close_run(second, keep=True)
        third = open_run(ready, 2)
        assert sorted(listing.split("\n")) == [
            "./data/made",
            "./hard.txt",
            "./moved/b.txt",
            "./moved/deep/c.txt",
            "remedied",
        ]
        assert written_files(ready, second).removed == ("data/made",)
        assert "a.txt" in run_in(third, ["ls"])


def test_elsewhere_the_original_is_hidden(overlaying: Machine, tmp_path: Path) -> None:
    """The same tree at another path; at the old one nothing but the environments, and nothing can be made there."""
    project = make_project(tmp_path)
    (project / "envs/venv/bin").mkdir(parents=True)
    (project / "envs/venv/pyvenv.cfg").touch()
    before = fingerprint(project)
    look = "import os, sys; print(os.listdir(sys.argv[1]), sorted(os.listdir(sys.argv[1] + '/envs/venv')), os.getcwd())"
    with run_of(project, overlaying, directory="elsewhere") as (ready, folder):
        assert folder.tree.name == project.name
        assert folder.tree != project
        seen = python_in(folder, look, str(project))
        inside = run_in(folder, ["cat", "data/b.txt"])
        status = run_in(folder, ["git", "status", "--porcelain"])
        refused = python_in(
            folder,
            "import sys\ntry: open(sys.argv[1] + '/x', 'w')\nexcept OSError as e: print(e.strerror)",
            str(project),
        )
        run_in(folder, ["sh", "-c", f"echo made > made.txt; echo x > {project}/envs/venv/bin/x"])
        assert written_files(ready, folder).changed == ("made.txt",)
    assert seen == f"['envs'] ['bin', 'pyvenv.cfg'] {folder.tree}\n"
    assert inside == "old data/b.txt"
    assert status == "?? envs/\n"
    assert refused == "Read-only file system\n"
    assert fingerprint(project) == before


def test_sockets_of_other_programs_still_answer(overlaying: Machine, tmp_path: Path) -> None:
    """A server that listens in an overlaid folder can be reached."""
    import socket

    project = make_project(tmp_path)
    with TemporaryDirectory(prefix="socket-", dir="/tmp") as place, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{place}/it")
        server.listen()
        with run_of(project, overlaying) as (_ready, folder):
            code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1]); print('reached')"
            assert python_in(folder, code, f"{place}/it") == "reached\n"


def test_what_is_mounted_in_a_project_is_isolated_too(overlaying: Machine, tmp_path: Path) -> None:
    """A data volume inside is seen and not written to."""
    if overlaying.overlay != "root":
        pytest.skip("only root can mount something for this test")
    project, volume = make_project(tmp_path), tmp_path / "volume"
    volume.mkdir()
    (volume / "v.txt").write_text("volume")
    subprocess.run(["mount", "--bind", str(volume), str(project / "data/deep")], check=True)
    try:
        with run_of(project, overlaying) as (ready, folder):
            assert run_in(folder, ["cat", "data/deep/v.txt"]) == "volume"
            run_in(folder, ["sh", "-c", "echo more >> data/deep/v.txt"])
            assert written_files(ready, folder).changed == ("data/deep/v.txt",)
    finally:
        subprocess.run(["umount", str(project / "data/deep")], check=True)
    assert (volume / "v.txt").read_text() == "volume"


def test_a_linked_working_tree_keeps_its_repository(machine: Machine, tmp_path: Path) -> None:
    """Git works in copies and overlays of it, and writes to neither repository."""
    project = make_project(tmp_path)
    linked = tmp_path / "linked"
    git(project, "worktree", "add", "--quiet", str(linked))
    before = fingerprint(project / ".git")
    modes = ["overlay", "copy"] if machine.overlay else ["copy"]
    for mode in modes:
        with run_of(linked, machine, mode) as (_ready, folder):
            run_in(folder, ["sh", "-c", "echo more >> a.txt; git add a.txt"])
            assert run_in(folder, ["git", "status", "--porcelain"]) == "M  a.txt\n"
    assert fingerprint(project / ".git") == before


def test_nothing_is_left(overlaying: Machine, tmp_path: Path) -> None:
    """No mounts, and no folders, whatever modes a run gave its own."""
    project = make_project(tmp_path)
    mounts = Path("/proc/self/mountinfo").read_text()
    with run_of(project, overlaying) as (ready, folder):
        run_in(folder, ["sh", "-c", "mkdir -p new/deep; touch new/deep/x; chmod 0 new/deep new; chmod 0 data"])
        assert Path("/proc/self/mountinfo").read_text() == mounts
    assert not ready.base.exists()


def test_what_cannot_be_overlaid_is_copied_or_said(overlaying: Machine, tmp_path: Path) -> None:
    """``auto`` takes the next mode and says why; a mode that was asked for is an error."""
    project = make_project(tmp_path)
    broken = replace(overlaying, overlay_options=("no_such_option",))
    with prepared(project, Workspace(mode="auto", machine=broken)) as ready:
        assert ready.mode == "copy"
        assert any("cannot mount an overlay" in note for note in ready.notes)
    with (
        pytest.raises(WorkspaceError, match="cannot mount an overlay"),
        prepared(project, Workspace(mode="overlay", machine=broken)),
    ):
        pass


def test_links_that_are_left_alone_are_named(overlaying: Machine, tmp_path: Path) -> None:
    """A link to a parent of the project cannot be isolated without hiding the project."""
    project = make_project(tmp_path)
    (project / "up").symlink_to("/")
    with prepared(project, Workspace(mode="overlay", machine=overlaying)) as ready:
        assert "a link in the project leads to /, which all runs share" in ready.notes


def test_the_probing_machine_leaves_nothing_and_is_quick() -> None:
    """Every answer has a reason or a way, and folders of runs are short enough for sockets below."""
    machine = probe_machine()
    assert bool(machine.overlay) != bool(machine.overlay_reason)
    assert bool(machine.landlock) != bool(machine.landlock_reason)
    assert bool(machine.network) != bool(machine.network_reason)
    assert machine.folder is not None
    assert len(str(machine.folder / "rc-12345678/000/tmp/kernel.json-ipc-1")) < 90


def test_a_folder_that_is_read_only_is_still_removed(overlaying: Machine, tmp_path: Path) -> None:
    """Removing follows no link: what a run linked to keeps its mode."""
    project = make_project(tmp_path)
    outside = tmp_path / "outside/o.txt"
    outside.chmod(0o600)
    with run_of(project, overlaying, "copy") as (ready, folder):
        run_in(folder, ["sh", "-c", f"mkdir locked; ln -s {outside} locked/link; chmod 500 locked"])
    assert not ready.base.exists()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o600
