"""Trees of files, everything about them that a run could change, and programs that try to.

Standard library and this project only: ordinary users without the tests' dependencies run it too.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_reprocheck.execution.machine import Machine
from pytest_reprocheck.execution.workspace import Prepared, RunFolder, Workspace, open_run, prepared, written_files
from tests.execution.confined import python_in

NAMES = (
    "a.txt", "hard.txt", "data", "data/b.txt", "data/deep", "data/deep/c.txt", "link", "folder-link",
    "folder-link/b.txt", "outside", "outside/o.txt", "outside/new.txt", "new", "new/x.txt",
)  # fmt: skip
"""Paths that a run may touch; some are there from the beginning."""

_SHOWN = """
def shown():
    found = {}
    for here, folders, names in os.walk("."):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names + [name for name in folders if os.path.islink(os.path.join(here, name))]:
            path = os.path.join(here, name)
            status = os.lstat(path)
            kind = os.readlink(path) if os.path.islink(path) else [status.st_size, status.st_mtime_ns]
            found[os.path.normpath(path)] = kind
    return found
"""

OPERATIONS = (
    "import json, os, shutil, sys\n"
    + _SHOWN
    + """
def write(path, other, number): open(path, "w").write("written" * (number + 1))
def append(path, other, number): open(path, "a").write("more")
def change(path, other, number): open(path, "r+").write("!")
def delete(path, other, number): os.remove(path)
def delete_tree(path, other, number): shutil.rmtree(path)
def rename(path, other, number): os.rename(path, other)
def change_mode(path, other, number): os.chmod(path, (0o700, 0o500, 0o755, 0o777)[number % 4])
def truncate(path, other, number): os.truncate(path, number)
def make_folder(path, other, number): os.mkdir(path)
def symlink(path, other, number): os.symlink(other, path)
def hard_link(path, other, number): os.link(other, path)
def touch(path, other, number): os.utime(path, (number, number))

before = shown()
done = 0
for name, path, other, number in json.loads(sys.argv[1]):
    try:
        globals()[name](path, other, number)
        done += 1
    except OSError:
        pass
print(json.dumps([before, shown(), done]))
"""
)
ACTIONS = (
    "write", "append", "change", "delete", "delete_tree", "rename", "change_mode", "truncate", "make_folder",
    "symlink", "hard_link", "touch",
)  # fmt: skip

Operation = tuple[str, str, str, int]
"""(action, path, other path, number); paths are relative or, after ``ROOT/``, to be made absolute."""


def make_project(place: Path) -> Path:
    """A project with links of every kind in a repository, and a folder outside that one leads to."""
    project, outside = place / "project", place / "outside"
    (project / "data/deep").mkdir(parents=True)
    outside.mkdir()
    (outside / "o.txt").write_text("outside")
    for name in ("a.txt", "data/b.txt", "data/deep/c.txt"):
        (project / name).write_text(f"old {name}")
    (project / "hard.txt").hardlink_to(project / "a.txt")
    (project / "link").symlink_to("data/b.txt")
    (project / "folder-link").symlink_to(project / "data")
    (project / "outside").symlink_to(outside)
    (project / "data").chmod(0o750)
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "--quiet", "-m", "all")
    return project


def git(folder: Path, *arguments: str) -> str:
    """Run git with no configuration but the repository's."""
    variables = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=True)
    return done.stdout


def fingerprint(folder: Path) -> dict[str, tuple[object, ...]]:
    """Name, kind, mode, owner, time and content of everything in a folder and of the folder itself."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        content = ""
        if stat.S_ISREG(status.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        elif stat.S_ISLNK(status.st_mode):
            content = os.readlink(path)  # noqa: PTH115
        facts = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_mtime_ns, content)
        found[path.relative_to(folder).as_posix()] = facts
    return found


def operate(ready: Prepared, folder: RunFolder, operations: Sequence[Operation]) -> int:
    """Do the operations as a run, check what is said to be written, and tell how many succeeded."""
    absolute = [
        (action, path.replace("ROOT", str(ready.root)), other.replace("ROOT", str(ready.root)), number)
        for action, path, other, number in operations
    ]
    before, after, done = json.loads(python_in(folder, OPERATIONS, json.dumps(absolute)))
    written = written_files(ready, folder)
    assert list(written.changed) == sorted(path for path, kind in after.items() if before.get(path) != kind)
    assert list(written.removed) == sorted(before.keys() - after.keys())
    return int(done)


def try_everything(place: Path, workspace: Workspace, operations: Sequence[Operation]) -> int:
    """Do the operations as a run, then in a run after it: the user's files are as before. How many succeeded."""
    project = place / "project"
    watched = [project] if workspace.mode == "copy" else [project, place / "outside"]
    before = [fingerprint(folder) for folder in watched]
    with prepared(project, workspace) as ready:
        assert ready.mode == workspace.mode
        first = open_run(ready, 0)
        done = operate(ready, first, operations)
        done += operate(ready, open_run(ready, 1, after=first), list(reversed(operations)))
    assert [fingerprint(folder) for folder in watched] == before
    assert not ready.base.exists()
    return done


def machine_from(text: str) -> Machine:
    """A machine that was written by ``machine_text``."""
    fields = json.loads(text)
    return Machine(**{**fields, "folder": Path(fields["folder"]), "overlay_options": tuple(fields["overlay_options"])})


def machine_text(machine: Machine) -> str:
    """A machine as JSON."""
    fields: Mapping[str, object] = {name: getattr(machine, name) for name in Machine.__dataclass_fields__}
    return json.dumps(fields, default=str)
