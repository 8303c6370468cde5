"""What an ordinary user's runs find, in a user namespace that maps the user to itself."""

from __future__ import annotations

import json
import os

import pytest

from tests.execution.ordinary import NOBODY, as_ordinary_user, ordinary_folder

DRIVER = """
import json, os, sys
from pathlib import Path
from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution.child import PROBES, environment, write_child_file
from pytest_reprocheck.execution.machine import probe_machine
from pytest_reprocheck.execution.workspace import Workspace, open_run, prepared, written_files
from tests.execution.confined import run_in
from tests.execution.trees import fingerprint, make_project

machine = probe_machine()
if machine.overlay != "user":
    sys.exit(print(json.dumps(machine.overlay_reason)))
project = make_project(Path(sys.argv[1]))
(project / "train.py").write_text(sys.argv[2])
before = fingerprint(project)
subject, conditions = Subject(root=project, path="train.py", kind="script"), baseline("train.py", threads=1)
with prepared(project, Workspace(mode="overlay", machine=machine)) as ready:
    folder = open_run(ready, 0, directory=sys.argv[3])
    write_child_file(subject, conditions, folder)
    variables = environment(subject, conditions, folder)
    said = run_in(folder, [sys.executable, str(PROBES / "run_script.py")], env=variables)
    written = written_files(ready, folder)
assert fingerprint(project) == before
assert not ready.base.exists()
print(json.dumps({"said": json.loads(said), "project": str(project), "changed": written.changed}))
"""
ASK = """
import json, os, subprocess, sys
status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True).stdout
mode = oct(os.stat("data").st_mode)
capable = [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")]
print(json.dumps([os.getuid(), os.getgid(), os.stat(".").st_uid, mode, status, capable, os.getcwd()]))
"""
RENAME = """
import json, os
os.rename("data", "moved")
try:
    os.rename("a.txt", "moved/nowhere/a.txt")
except OSError as error:
    failed = [error.strerror, error.__traceback__.tb_next is None]
os.mkdir("data")
print(json.dumps([sorted(os.listdir(".")), os.listdir("data"), open("moved/b.txt").read(), failed]))
"""


def answer(script: str, directory: str = "checkout") -> dict[str, object]:
    """What a script printed as an ordinary user's run, where the project was and what was written."""
    with ordinary_folder() as place:
        found = json.loads(as_ordinary_user(DRIVER, str(place), script, directory))
    if isinstance(found, str):
        pytest.skip(f"no overlay for an ordinary user here: {found}")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("directory", ["checkout", "elsewhere"])
def test_ids_modes_and_repository_are_the_users(directory: str) -> None:
    """And the run has no capabilities, which it would have if the user were root in its namespace."""
    user, group = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    found = answer(ASK, directory)
    said = found["said"]
    assert isinstance(said, list)
    assert said[:-1] == [user, group, user, "0o40750", "?? train.py\n", ["0000000000000000"]]
    assert (said[-1] == found["project"]) == (directory == "checkout")


def test_folders_can_be_renamed_though_the_kernel_refuses() -> None:
    """Where an overlay cannot record it, they are copied; other failures stay what they are."""
    found = answer(RENAME)
    assert found["said"] == [
        [".git", "a.txt", "data", "folder-link", "hard.txt", "link", "moved", "outside", "train.py"],
        [],
        "old data/b.txt",
        ["No such file or directory", True],
    ]
    assert found["changed"] == ["moved/b.txt", "moved/deep/c.txt"]
