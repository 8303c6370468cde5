"""What a run is kept from, and that a run which cannot be kept from it does not begin."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.core.subjects import Json
from pytest_reprocheck.execution import copying
from pytest_reprocheck.execution.machine import Machine, attempt
from pytest_reprocheck.execution.workspace import Workspace, open_run, prepared, written_files
from tests.execution.confined import python_in, run_in, start_in
from tests.execution.trees import fingerprint, make_project

REFUSED = """
import os, sys
root = sys.argv[1]
for what in (
    lambda: open(root + "/new.txt", "w"),
    lambda: open(root + "/a.txt", "r+"),
    lambda: os.truncate(root + "/a.txt", 0),
    lambda: os.remove(root + "/data/b.txt"),
    lambda: os.rename(root + "/a.txt", root + "/renamed"),
    lambda: os.mkdir(root + "/folder"),
    lambda: os.symlink("a", root + "/symlink"),
    lambda: os.link("a.txt", root + "/data/linked"),
    lambda: os.rename("a.txt", root + "/moved-here"),
):
    try:
        what()
    except OSError:
        print("refused")
    else:
        print("done")
open("own.txt", "w").write("own")
os.mkdir("folder")
os.rename("own.txt", "folder/own.txt")
"""


@pytest.fixture
def landlocked(machine: Machine) -> Machine:
    """A machine that can do nothing but Landlock, as a container that may not mount."""
    if not machine.landlock:
        pytest.skip(f"no Landlock here: {machine.landlock_reason}")
    return replace(machine, mounts="", overlay="", overlay_reason="not allowed", network="", network_reason="no")


def test_of_several_ways_those_up_to_the_first_that_works_are_tried(tmp_path: Path) -> None:
    """Each list for itself; the answer says what failed, also of what needs more than is given."""
    here: dict[str, Json] = {"enter": {}, "act": "nothing", "at": str(tmp_path)}
    gone: dict[str, Json] = {"enter": {}, "act": "nothing", "at": str(tmp_path / "gone")}
    bare: dict[str, Json] = {"enter": {"network": True}, "act": "loopback", "at": str(tmp_path)}
    missing = f"{tmp_path / 'gone'} cannot be seen"
    assert attempt([[gone, here, gone], [], [gone, bare]]) == [
        [missing, ""],
        [],
        [missing, "mounts and a network of its own need namespaces"],
    ]


def test_landlock_keeps_a_copys_run_from_the_original(landlocked: Machine, tmp_path: Path) -> None:
    """Nothing can be written, made, renamed or removed there by absolute paths, and everything in the copy."""
    project = make_project(tmp_path)
    before = fingerprint(project)
    with prepared(project, Workspace(mode="auto", machine=landlocked)) as ready:
        assert (ready.mode, ready.notes[0]) == ("copy", "no overlay: an overlay cannot be used here: not allowed")
        folder = open_run(ready, 0)
        assert python_in(folder, REFUSED, str(project)).split() == ["refused"] * 9
        assert "folder/own.txt" in written_files(ready, folder).changed
    assert fingerprint(project) == before


def test_landlock_leaves_everything_else_writable(landlocked: Machine, tmp_path: Path) -> None:
    """Beside the project, in devices, in shared memory, and by children of children."""
    project = make_project(tmp_path)
    with prepared(project, Workspace(mode="copy", machine=landlocked)) as ready:
        folder = open_run(ready, 0)
        outside = tmp_path / "outside"
        script = (
            f"echo x > /dev/null && echo x > {outside}/x && mv {outside}/x {folder.scratch}/x && sh -c 'echo y > y'"
        )
        run_in(folder, ["sh", "-c", script])
        assert (folder.tree / "y").read_text() == "y\n"


def test_large_files_are_linked_to_where_they_are_protected(
    landlocked: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They can be read, not written to, and count neither as copied nor as written; unprotected they are copied."""
    monkeypatch.setattr(copying, "LINKED_FROM", 100)
    monkeypatch.setattr(copying, "MAX_BYTES", 10_000)
    project = make_project(tmp_path)
    (project / ".git").rename(tmp_path / "git")
    (project / "large.bin").write_bytes(b"x" * 9_990)
    machine = replace(landlocked, reflinks=False)
    with prepared(project, Workspace(mode="copy", machine=machine)) as ready:
        folder = open_run(ready, 0)
        assert (folder.tree / "large.bin").is_symlink() or machine.reflinks
        code = "print(len(open('large.bin').read()))\ntry: open('large.bin', 'a')\nexcept OSError: print('refused')"
        assert python_in(folder, code) == "9990\nrefused\n"
        assert written_files(ready, folder).changed == ()
    unprotected = Workspace(mode="copy", machine=Machine())
    with prepared(project, unprotected) as ready, pytest.raises(WorkspaceError, match="larger than"):
        open_run(ready, 0)


def test_a_run_without_network_has_loopback_alone(machine: Machine, tmp_path: Path) -> None:
    """Servers of the run's own answer; there is no other interface."""
    if not machine.network:
        pytest.skip(f"no network namespaces here: {machine.network_reason}")
    project = make_project(tmp_path)
    code = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), 5):
    print([name for _number, name in socket.if_nameindex() if name == "lo"])
try:
    socket.create_connection(("192.0.2.1", 9), 5)
except OSError as error:
    print(error.strerror)
"""
    with prepared(project, Workspace(mode="copy", machine=machine)) as ready:
        assert "network" not in ready.problems
        assert python_in(open_run(ready, 0, network="off"), code) == "['lo']\nNetwork is unreachable\n"


def test_a_machine_that_can_do_nothing_still_copies(tmp_path: Path) -> None:
    """What is not possible is named, for the header and for the factors."""
    project = make_project(tmp_path)
    with prepared(project, Workspace(mode="auto", machine=Machine())) as ready:
        folder = open_run(ready, 0, directory="elsewhere", network="off")
        assert folder.enter == {}
        assert sorted(ready.problems) == ["directory", "network"]
        assert any(note.startswith("nothing keeps runs from writing to the project") for note in ready.notes)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"mounts": [{"kind": "tmpfs", "at": "/nowhere"}]}, "cannot mount an empty folder over /nowhere: No such file"),
        ({"mounts": [{"kind": "bind", "at": "/tmp", "source": "/nowhere"}]}, "cannot mount /nowhere: No such file"),
        ({"mounts": [{"kind": "tmpfs", "at": "/tmp"}], "namespaces": ""}, "need namespaces"),
    ],
)
def test_what_is_not_confined_does_not_begin(
    machine: Machine, tmp_path: Path, wrong: dict[str, object], text: str
) -> None:
    """A mount that fails ends the process that was to be confined, with a message that says which."""
    if not machine.mounts:
        pytest.skip("no mount namespaces here")
    with prepared(make_project(tmp_path), Workspace(machine=machine)) as ready:
        folder = open_run(ready, 0)
        enter = {"namespaces": machine.mounts, **wrong}
        broken = replace(folder, enter=enter)  # type: ignore[arg-type]
        process = start_in(broken, [sys.executable, "-c", "print('began')"])
        stdout, stderr = process.communicate()
    assert process.returncode == 1
    assert stdout == ""
    assert text in stderr


def test_runs_in_place_write_to_the_users_tree_and_say_what(machine: Machine, tmp_path: Path) -> None:
    """Asked for only; what was there before and changed is named."""
    project = make_project(tmp_path)
    with prepared(project, Workspace(mode="in-place", machine=machine)) as ready:
        folder = open_run(ready, 0)
        run_in(folder, ["sh", "-c", "echo more >> a.txt; rm data/b.txt; echo new > new.txt"])
        found = written_files(ready, folder)
        with pytest.raises(WorkspaceError, match="in place"):
            open_run(ready, 1, {"a.txt": b""})
    assert (found.changed, found.removed) == (("a.txt", "hard.txt", "new.txt"), ("data/b.txt",))
    assert (project / "new.txt").read_text() == "new\n"
    assert os.listdir(project / "data") == ["deep"]  # noqa: PTH208
