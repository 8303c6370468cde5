"""No run writes to the user's tree or sees another run's files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pytest_reprocheck.core.conditions import baseline
from pytest_reprocheck.core.errors import WorkspaceError
from pytest_reprocheck.core.subjects import Subject
from pytest_reprocheck.execution import copying, workspace
from pytest_reprocheck.execution.limits import Limits
from pytest_reprocheck.execution.running import runner
from tests.execution.helpers import outputs, write


def fingerprint(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(root.rglob("*"))
    }


def test_subjects_that_write_delete_and_rename_leave_the_tree_alone(tmp_path: Path) -> None:
    """Whatever a run does to files by relative paths and its own, the user's are the same afterwards."""
    write(
        tmp_path,
        {
            "data/keep.txt": "old",
            "data/gone.txt": "x",
            "train.py": """\
                import os, pathlib, shutil
                open("data/keep.txt", "w").write("new")
                os.remove("data/gone.txt")
                os.rename("data", "moved")
                pathlib.Path(__file__).with_name("made.txt").write_text("made")
                os.chmod("moved/keep.txt", 0o400)
                os.mkdir("locked"); os.chmod("locked", 0o500)
                shutil.copy(__file__, "copy.py")
                print(sorted(os.listdir(".")))
            """,
        },
    )
    before = fingerprint(tmp_path)
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    with runner(subject, limits=Limits(run=60)) as executor:
        base = executor.ready.base
        a, b = executor.run([baseline("train.py", threads=1)] * 2)
    assert fingerprint(tmp_path) == before
    assert outputs(a) == outputs(b) == "['copy.py', 'locked', 'made.txt', 'moved', 'train.py']\n"
    assert not base.exists()


def test_environments_and_caches_are_not_copied(tmp_path: Path) -> None:
    """Environments and caches stay behind; hidden and ignored data files come along, and links lead where they did."""
    write(
        tmp_path,
        {
            ".git/config": "",
            "venv/pyvenv.cfg": "",
            "__pycache__/a.pyc": "",
            ".env": "A=1",
            "data/big.csv": "1",
            "train.py": "import os; print(sorted(os.listdir('.')), open('link/outside/shared.csv').read())",
        },
    )
    (tmp_path / "link").symlink_to("data")
    write(tmp_path.parent / "beside", {"shared.csv": "shared"})
    (tmp_path / "data/outside").symlink_to("../../beside")
    subject = Subject(root=tmp_path, path="train.py", kind="script")
    with runner(subject, limits=Limits(run=60)) as executor:
        (trace,) = executor.run([baseline("train.py", threads=1)])
    assert outputs(trace) == "['.env', '.git', 'data', 'link', 'train.py'] shared\n"


def test_a_project_too_large_to_copy_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit, the place and the way out are named."""
    monkeypatch.setattr(copying, "MAX_FILES", 3)
    write(tmp_path, {f"{number}.txt": "" for number in range(5)})
    with workspace.prepared(tmp_path, workspace.Workspace()) as ready, pytest.raises(WorkspaceError) as caught:
        workspace.open_run(ready, 0)
    assert str(tmp_path) in str(caught.value)
    assert "pyproject.toml" in str(caught.value)
    assert "--reprocheck-workspace=overlay" in str(caught.value)
