"""What fails a gate: verdicts that are chosen, and findings that are new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_reprocheck.cli import main
from tests.conftest import Project, notebook

SCRIPT = "num = {'age', 'tenure', 'usage', 'charge'}\nprint(list(num))\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one script whose output has the order of a set."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fail_on_chooses_the_verdicts(project: Project) -> None:
    """A flag, or a key of the subject; ``never`` lets all pass, and the summary tells all the same."""
    project.write({"a.ipynb": "NONDETERMINISTIC", "b.ipynb": "BLOCKED"})
    project.run("--reprocheck").assert_outcomes(failed=1, skipped=1)
    result = project.run("--reprocheck", "--reprocheck-fail-on=failed,fragile")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["a.ipynb*nondeterministic*"])
    project.run("--reprocheck", "--reprocheck-fail-on=blocked").assert_outcomes(passed=1, failed=1)
    project.run("--reprocheck", "--reprocheck-fail-on=never").assert_outcomes(passed=1, skipped=1)
    wrong = project.run("--reprocheck", "--reprocheck-fail-on=flaky")
    wrong.stderr.fnmatch_lines(["*--reprocheck-fail-on: unknown verdict 'flaky'*"])


def test_a_comment_accepts_a_finding(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict does not count it, and the summary tells of it."""
    assert main(["audit", "train.py"]) == 1
    (here / "train.py").write_text(
        SCRIPT.replace("(num))", "(num))  # reprocheck: allow[hash-order] printed for people"), encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["audit", "train.py", "--json", "report.json"]) == 0
    assert "1 allowed: hash-order at train.py:2" in " ".join(capsys.readouterr().out.split())
    subject = json.loads((here / "report.json").read_text(encoding="utf-8"))["subjects"][0]
    assert subject["verdict"] == "reproducible"
    assert subject["findings"][0]["severity"] == "info"
    assert subject["findings"][0]["allowed"] == "printed for people (train.py:2)"


def test_a_cell_tag_accepts_a_finding(here: Path) -> None:
    """In a notebook."""
    data = json.loads(notebook(*SCRIPT.splitlines()))
    data["cells"][1]["metadata"]["tags"] = ["reprocheck-allow-hash-order"]
    (here / "a.ipynb").write_text(json.dumps(data), encoding="utf-8")
    assert main(["audit", "a.ipynb"]) == 0


def test_the_configuration_accepts_and_is_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it accepts without need is reported; what it lacks is an error with its place."""
    (here / "pyproject.toml").write_text(
        '[tool.reprocheck]\nallow = [{cause = "hash-order", path = "*.py", reason = "known"}, '
        '{cause = "clock", path = "train.py", reason = "once"}]\n',
        encoding="utf-8",
    )
    assert main(["audit", "train.py"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "tool.reprocheck.allow[1]: allows clock in train.py, and there is no such finding: remove it" in told
    (here / "pyproject.toml").write_text('[tool.reprocheck]\nallow = [{cause = "hash-order"}]\n', encoding="utf-8")
    assert main(["audit", "train.py"]) == 2
    assert "tool.reprocheck.allow[0]: missing key 'reason'" in " ".join(capsys.readouterr().err.split())


def test_a_baseline_lets_new_findings_alone_fail(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also after lines have moved; what is fixed is said."""
    file = here / ".reprocheck/baseline.json"
    assert main(["audit", "train.py", "--update-baseline"]) == 0
    assert [entry["cause"] for entry in json.loads(file.read_text(encoding="utf-8"))["findings"]] == ["hash-order"]
    (here / "train.py").write_text("# moved\n\n" + SCRIPT, encoding="utf-8")
    assert main(["audit", "train.py", "--baseline", str(file)]) == 0
    (here / "train.py").write_text(SCRIPT + "import random\nprint(random.random())\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["audit", "train.py", "--baseline", str(file)]) == 1
    told = capsys.readouterr().out
    assert "train.py: nondeterministic (1 confirmed)\nunseeded-random" in told
    assert "allowed:      hash-order train.py:2: known before (baseline)" in told
    (here / "train.py").write_text("print(1)\n", encoding="utf-8")
    assert main(["audit", "train.py", "--baseline", str(file)]) == 0
    assert "fixed since the baseline: hash-order in train.py: print(list(num))" in capsys.readouterr().out


def test_a_missing_or_broken_baseline_is_one_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is run, and nothing is overwritten."""
    assert main(["audit", "train.py", "--baseline", "none.json"]) == 2
    assert "none.json: no such baseline. update-baseline makes it" in " ".join(capsys.readouterr().err.split())
    (here / "none.json").write_text("<<<<<<< ours", encoding="utf-8")
    assert main(["audit", "train.py", "--baseline", "none.json", "--update-baseline"]) == 2
    assert (here / "none.json").read_text(encoding="utf-8") == "<<<<<<< ours"


def test_pytest_updates_a_baseline(project: Project) -> None:
    """And passes while it does; then new findings alone fail."""
    project.write({"a.ipynb": "NONDETERMINISTIC", "b.ipynb": "FAILED"})
    project.run("--reprocheck", "--reprocheck-update-baseline").assert_outcomes(passed=1, failed=1)
    stored = json.loads((project.root / ".reprocheck/baseline.json").read_text(encoding="utf-8"))
    assert [entry["subject"] for entry in stored["findings"]] == ["a.ipynb"]
