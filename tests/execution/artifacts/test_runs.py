"""What real runs leave, as observations: which files, where they were written, and in which workspace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import WorkspaceMode, baseline
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.core.trace import Observation, Trace
from pytest_reprocheck.execution.artifacts.finding import is_result
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.machine import Machine
from pytest_reprocheck.execution.running import runner
from pytest_reprocheck.execution.workspace import Workspace
from tests.execution.helpers import write, write_notebook

SCRIPT = """\
import os, pathlib

def save(name, text):
    with open(name, "w") as file:
        file.write(text)

os.makedirs("out/__pycache__")
save("out/table.csv", "a,b\\n1,2\\n")
save("old.txt", "new")
save("same.txt", "same")
save("out/__pycache__/x.pyc", "cache")
os.remove("gone.txt")
os.symlink("old.txt", "link")
os.mkfifo("pipe")
"""
PROJECT = {"train.py": SCRIPT, "old.txt": "old", "same.txt": "same", "gone.txt": "gone", "kept.txt": "kept"}


def traces(root: Path, machine: Machine, mode: WorkspaceMode = "auto", runs: int = 1) -> list[Trace]:
    """Runs of ``train.py``, the second one on the tree that the first one left."""
    subject = Subject(root=root, path="train.py", kind="script")
    conditions = [baseline(subject.name, threads=1)]
    with runner(subject, limits=Limits(run=120), workspace=lambda: Workspace(mode=mode, machine=machine)) as executor:
        found = executor.run(conditions, keep=True)
        while len(found) < runs:
            found += executor.run(conditions, after=found[0])
    return found


def artifacts(trace: Trace) -> dict[str, Observation]:
    """The files observed, by name."""
    return {item.what.removeprefix("file "): item for item in trace.observations if item.aspect == "artifacts"}


@pytest.mark.parametrize("mode", ["auto", "copy", "in-place"])
def test_made_changed_and_removed_files_are_observed(tmp_path: Path, machine: Machine, mode: WorkspaceMode) -> None:
    """In every workspace, with the line that wrote them; caches, pipes and files written as they were are not."""
    write(tmp_path, PROJECT)
    (trace,) = traces(tmp_path, machine, mode)
    found = artifacts(trace)
    same = {"same.txt"} if mode == "in-place" else set()
    assert found.keys() == {"out/table.csv", "old.txt", "gone.txt", "link"} | same
    assert [str(call.place) for call in found["out/table.csv"].stack] == ["train.py:4", "train.py:8"]
    assert found["gone.txt"].value.kind == "scalar"
    assert not [item for item in trace.not_compared if item.what.startswith("file ")]
    seqs = [event.seq for event in trace.events] + [access.seq for access in trace.accesses]
    seqs += [item.seq for item in trace.observations]
    assert len(set(seqs)) == len(seqs)


def test_a_run_after_another_tells_what_both_left(tmp_path: Path, machine: Machine) -> None:
    """So that the two can be compared: a file that comes out as before is the same, one that is appended to is not."""
    script = "open('same.csv', 'w').write('a,b')\nopen('history.txt', 'a').write('run ')\n"
    write(tmp_path, {"train.py": script})
    first, second = (artifacts(trace) for trace in traces(tmp_path, machine, runs=2))
    assert first.keys() == second.keys() == {"same.csv", "history.txt"}
    assert first["same.csv"].value.digest == second["same.csv"].value.digest
    assert first["history.txt"].value.digest != second["history.txt"].value.digest


@pytest.mark.usefixtures("overlaying")
def test_files_outside_of_the_project_are_read_in_the_runs_own_folders(tmp_path: Path, machine: Machine) -> None:
    """``/tmp`` is each run's own in an overlay; what is left in the run's temporary folder is no result."""
    name = f"/tmp/reprocheck-{tmp_path.name}-{os.getpid()}.txt"
    script = (
        f"import tempfile\nopen({name!r}, 'w').write('far')\ntempfile.NamedTemporaryFile(delete=False).write(b'x')\n"
    )
    write(tmp_path, {"train.py": script})
    (trace,) = traces(tmp_path, machine)
    assert artifacts(trace).keys() == {name}
    assert not Path(name).exists()


def test_cells_of_a_notebook_are_where_files_come_from(tmp_path: Path, machine: Machine) -> None:
    """The cell and its line."""
    write_notebook(tmp_path / "nb.ipynb", "x = 1", "y = 2\nopen('out.txt', 'w').write('x')")
    subject = Subject(root=tmp_path, path="nb.ipynb", kind="notebook")
    with runner(subject, limits=Limits(run=120), workspace=lambda: Workspace(machine=machine)) as executor:
        (trace,) = executor.run([baseline(subject.name, threads=1)])
    assert str(artifacts(trace)["out.txt"].stack[0].place) == "nb.ipynb cell[1]:2"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_cannot_be_read_is_named(tmp_path: Path, machine: Machine) -> None:
    """With the system's reason."""
    write(tmp_path, {"train.py": "import os\nopen('x', 'w').write('x')\nos.chmod('x', 0)\n"})
    (trace,) = traces(tmp_path, machine)
    assert [(item.what, item.reason) for item in trace.not_compared] == [
        ("file x", "cannot be read: Permission denied")
    ]


RESULTS = ["out.csv", "models/model.pkl", "train.log", ".env", "joblib/model.pkl", "lock.csv"]
CACHED = "cache/joblib/train/fit/0123456789abcdef0123456789abcdef/output.pkl"
NO_RESULTS = [
    "a/__pycache__/x.cpython-311.pyc", ".ipynb_checkpoints/a.ipynb", ".pytest_cache/v", ".mypy_cache/x", ".git/index",
    "mlruns/0/meta.yaml", "wandb/run/x.log", "module.pyc", CACHED, "cache/joblib/train/fit/func_code.py",
    "logs/events.out.tfevents.1700000000.host.1.0", ".coverage", "/home/x/.cache/matplotlib/fontlist.json",
    "catboost_info/time_left.tsv",
]  # fmt: skip


def test_caches_and_records_are_no_results() -> None:
    """By a list."""
    assert [name for name in RESULTS if not is_result(name)] == []
    assert [name for name in NO_RESULTS if is_result(name)] == []
