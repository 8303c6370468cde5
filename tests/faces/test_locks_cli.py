"""``reprocheck lock`` and ``reprocheck drift``: what they print and write, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_reprocheck import locking
from pytest_reprocheck.cli import main
from pytest_reprocheck.core.environments import Advisory, AdvisoryCheck, Environment, Locked, Package
from pytest_reprocheck.core.findings import Audit
from pytest_reprocheck.report.machine import keep_last

OLD = "numpy==2.0.0\nclick==8.1.7\nidna==3.4\n"
NEW = "numpy==2.1.0\nclick==8.1.8\nidna==3.4\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two locks."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "old.txt").write_text(OLD)
    (tmp_path / "new.txt").write_text(NEW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_drift_between_two_locks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 where a package moved, 0 where none did; the JSON says the same."""
    assert main(["drift", "old.txt", "new.txt", "--json", "drift.json"]) == 1
    assert capsys.readouterr().out == (
        "old.txt -> new.txt\n"
        "  changed  click  8.1.7 -> 8.1.8\n"
        "  changed  numpy  2.0.0 -> 2.1.0\n"
        "2 packages moved, 1 the same\n"
    )
    data = json.loads((here / "drift.json").read_text())
    assert (data["format"], data["version"]) == ("reprocheck-drift", 1)
    assert [each["name"] for each in data["drift"]["changes"]] == ["click", "numpy"]
    assert main(["drift", "old.txt", "old.txt"]) == 0
    assert capsys.readouterr().out.endswith("0 packages moved, 3 the same\n")


def test_what_subjects_import_is_told_first(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As their last audits saw it; the rest is folded unless ``--all`` is given."""
    audits = [
        Audit(path="a.py", kind="script", verdict="reproducible", environment={"packages": {"NumPy": "2.0.0"}}),
        Audit(path="b.py", kind="script", verdict="reproducible", environment={"packages": {"click": "8"}}),
    ]
    keep_last(here, audits, {}, tool_version="0")
    (here / ".reprocheck/last/broken.json").write_text("{")
    main(["drift", "old.txt", "new.txt", "--subject", "a.py"])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "imported by subjects",
        "  changed  numpy  2.0.0 -> 2.1.0",
        "changed: click (1; --all shows more)",
        "2 packages moved, 1 the same",
    ]
    main(["drift", "old.txt", "new.txt", "--subject", "a.py", "--all"])
    assert capsys.readouterr().out.splitlines()[3:5] == ["other packages", "  changed  click  8.1.7 -> 8.1.8"]
    main(["drift", "old.txt", "new.txt"])
    assert "folded" not in capsys.readouterr().out
    assert main(["drift", "old.txt", "new.txt", "--subject", "c.py"]) == 2
    assert "c.py: has no last audit" in capsys.readouterr().err


def test_drift_against_what_is_installed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a second lock it is the running interpreter's environment."""
    (here / "want.txt").write_text("pytest>=1\nno-such-package==1\n")
    assert main(["drift", "want.txt"]) == 1
    assert "removed  no-such-package  1\n" in capsys.readouterr().out
    assert main(["drift", "want.txt", "--python", "/no/python"]) == 2
    assert "/no/python: cannot be run" in capsys.readouterr().err


def test_a_wrong_lock_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and nothing is written."""
    (here / "pylock.toml").write_text('lock-version = "1.0"\n[[packages]]\nname = 3\n')
    assert main(["drift", "pylock.toml", "old.txt", "--json", "d.json"]) == 2
    out, err = capsys.readouterr()
    expected = "pylock.toml: packages[0].name: expected a string"
    assert (out, err) == ("", f"reprocheck: error: {expected}\n")
    assert not (here / "d.json").exists()
    assert main(["drift", "missing/uv.lock"]) == 2
    assert "missing/uv.lock: cannot be read: No such file or directory" in capsys.readouterr().err


LIVE = Environment(source="Python", kind="live", packages=(Package(name="jinja2", version="2.10"),))
FOUND = Advisory(package="jinja2", version="2.10", id="PYSEC-1", aliases=(), fixed_in=(), summary="An escape.")


@pytest.mark.parametrize(
    ("locked", "check", "code", "line"),
    [
        (Locked(environment=LIVE, written=("a", "b")), AdvisoryCheck(checked=1), 0, "no advisory; packages checked: 1"),
        (
            Locked(environment=LIVE, written=("b",), problem="uv: no"),
            AdvisoryCheck(checked=1),
            1,
            "snapshot alone: uv: no",
        ),
        (Locked(environment=LIVE, written=("a", "b")), AdvisoryCheck(problem="gone"), 1, "could not be checked: gone"),
        (
            Locked(environment=LIVE, written=("a", "b")),
            AdvisoryCheck(checked=1, advisories=(FOUND,)),
            1,
            "jinja2 2.10  PYSEC-1: no version without it",
        ),
    ],
)
@pytest.mark.usefixtures("here")
def test_lock_and_advisories(
    locked: Locked, check: AdvisoryCheck, code: int, line: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Exit code 0 only with a lock, and where advisories are asked for, with an answer that names none."""
    monkeypatch.setattr(locking, "lock", lambda *_: locked)
    monkeypatch.setattr(locking, "known_advisories", lambda _: check)
    assert main(["lock", "--advisories"]) == code
    assert line in capsys.readouterr().out
    assert main(["lock"]) == int(bool(locked.problem))
    assert "advisor" not in capsys.readouterr().out
