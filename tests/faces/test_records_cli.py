"""Records from the command line and from pytest: written, compared, told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_reprocheck import keeping, locking
from pytest_reprocheck.cli import main
from pytest_reprocheck.core.environments import Environment, Locked
from tests.execution.helpers import write

COUNT = "print('count', sum([1, 2]))\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one script; environments are locked by other tests."""
    write(tmp_path, {"count.py": COUNT, "pytest.ini": ""})
    monkeypatch.chdir(tmp_path)
    locked = Locked(environment=Environment(source="", kind="live"), written=(".reprocheck/pylock.toml",))
    monkeypatch.setattr(locking, "lock", lambda *_args: locked)
    monkeypatch.setattr(locking, "lock_into", lambda *_args: locked)
    return tmp_path


def test_an_update_writes_records_and_drift_compares_two(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``lock`` with a path and ``audit --update`` write the record; ``drift`` tells what moved between two of them."""
    assert main(["lock", "count.py"]) == 0
    record = project / ".reprocheck/records/count.py.json"
    assert "wrote .reprocheck/records/count.py.json" in capsys.readouterr().out
    before = record.read_text(encoding="utf-8")
    assert main(["audit", "count.py", "--update", "--vary=seed"]) == 0
    assert "no record is another than before" in capsys.readouterr().out
    assert record.read_text(encoding="utf-8") == before
    (project / "old.json").write_text(before, encoding="utf-8")
    (project / "count.py").write_text(COUNT.replace("2]", "3]"), encoding="utf-8")
    assert main(["audit", "count.py", "--vary=seed"]) == 1
    assert "drifted" in capsys.readouterr().out
    assert main(["lock"]) == 0  # what has a record is recorded again
    assert main(["drift", "old.json", str(record)]) == 1
    told = capsys.readouterr().out
    assert "count.py: changed" in told
    assert "stdout: 1 of 2 lines differ" in told
    assert main(["drift", "old.json", "old.json"]) == 0
    assert main(["drift", "old.json", "--all"]) == 0  # against what is installed: nothing moved


def test_a_record_that_is_none_is_not_overwritten(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markers of a merge conflict: the update fails and says where; nothing is written."""
    record = ".reprocheck/records/count.py.json"
    write(project, {record: "<<<<<<< HEAD\n{}\n"})
    kept = keeping.keep(project, {record: "{}"})
    assert kept.failed
    assert "count.py.json: line 1 column 1: is not JSON" in " ".join(kept.lines)
    assert (project / record).read_text(encoding="utf-8") == "<<<<<<< HEAD\n{}\n"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_pytest_writes_the_records_of_a_run(tmp_path: Path, workers: list[str]) -> None:
    """With workers the controller does; the next run compares."""
    if workers:
        pytest.importorskip("xdist")
    write(tmp_path, {"count.py": COUNT, "other.py": COUNT, "pytest.ini": "", "empty/uv.toml": ""})
    env = {"PATH": "/usr/bin:/bin", "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "empty")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--reprocheck", "--reprocheck-vary=seed"]
    done = subprocess.run(
        [*command, "--reprocheck-update", *workers, "count.py", "other.py"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "wrote .reprocheck/records/count.py.json, .reprocheck/records/other.py.json" in done.stdout
    assert "no lock was made" in done.stdout
    if workers:
        return
    (tmp_path / "count.py").write_text(COUNT.replace("2]", "3]"), encoding="utf-8")
    done = subprocess.run([*command, "count.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "count.py: drifted" in done.stdout
    assert "if it is meant: reprocheck audit count.py --update" in done.stdout


def test_update_needs_reprocheck(tmp_path: Path) -> None:
    """The flag alone would do nothing, and says so."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--reprocheck-update"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "--reprocheck-update needs --reprocheck" in done.stderr
